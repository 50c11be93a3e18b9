/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-additions.h>

#include "coffer-bundle.h"

G_BEGIN_DECLS

/** How files get their keys. A plain value. */
typedef struct {
  GBytes  *prefix;         /* before every key; (nullable) */
  gboolean keep_folders;   /* the folders they are in are part of it */
  char     separator;      /* between those */
  gboolean restores;       /* the keys are those that coffer.json tells, behind the prefix, and the files those it tells of */
} CofferImportRule;

/** What there is, counted. */
typedef struct {
  guint   n_files, n_folders;
  guint64 n_bytes;
  guint   n_images, n_videos;   /* by their names */
  guint   n_long;               /* that are stored in parts */
} CofferImportCounts;

/** A file, folder or key that is left out. */
typedef struct {
  char *path;
  char *reason;            /* translated */
} CofferImportProblem;

typedef void (*CofferImportProgress) (const CofferImportCounts *so_far, gpointer data);

#define COFFER_TYPE_IMPORT_PLAN (coffer_import_plan_get_type ())
G_DECLARE_FINAL_TYPE (CofferImportPlan, coffer_import_plan, COFFER, IMPORT_PLAN, GObject)

/**
 * What is in files and folders that somebody wants to put into a vault. It is walked once; immutable from then on. No link in a folder is
 * followed; what is neither file nor folder, cannot be read, or is part of an open vault, is a problem.
 *
 * Where the only folder that was named has the coffer.json of an export, positions, counts and problems are of what that tells of, as
 * long as coffer_import_plan_set_restores() leaves it so; a rule that "restores" goes with it.
 *
 * @files     of GFile
 * @progress  (nullable) ten times a second at most
 */
void              coffer_import_plan_new_async  (GPtrArray *files, CofferImportProgress progress, gpointer progress_data,
                                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
CofferImportPlan *coffer_import_plan_new_finish (GAsyncResult *result, GError **error);

/** The same of what is in an archive, of which nothing was unpacked by then. */
void              coffer_import_plan_new_archive_async (GFile *archive, CofferImportProgress progress, gpointer progress_data,
                                                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/**
 * Whether all there is is an archive that coffer_import_plan_new_archive_async() could be asked about. (transfer full) (nullable)
 *
 * @restores  (out) whether it is likely that this one restores keys and values
 */
GFile            *coffer_import_plan_dup_archive (CofferImportPlan *self, gboolean *restores);

/**
 * The same of values of another vault.
 *
 * @whole  names are whole keys; else without what all of them begin with, see coffer_bundle_measure_common()
 */
void              coffer_import_plan_new_values_async (CofferBundle *bundle, gboolean whole, GCancellable *cancellable,
                                                       GAsyncReadyCallback callback, gpointer user_data);
/** Whose values they are; (nullable) */
CofferBundle      *coffer_import_plan_get_bundle   (CofferImportPlan *self);

/** Whether there is a coffer.json, and why it is of no use: (transfer none), NULL if it is. */
gboolean          coffer_import_plan_has_list      (CofferImportPlan *self, const char **failure);
/** How many of the keys that it tells of were no bytes where they came from, or had such a value, and become bytes. */
guint             coffer_import_plan_get_n_inexact (CofferImportPlan *self);
/** At first TRUE where there is one of use. */
gboolean          coffer_import_plan_get_restores  (CofferImportPlan *self);
void              coffer_import_plan_set_restores  (CofferImportPlan *self, gboolean restores);

CofferImportCounts coffer_import_plan_get_counts   (CofferImportPlan *self);
/** Of CofferImportProblem. (transfer none) */
GPtrArray         *coffer_import_plan_get_problems (CofferImportPlan *self);
/** The only thing that was named, if it is a folder: its name, as UTF-8. (nullable) */
const char        *coffer_import_plan_get_folder   (CofferImportPlan *self);

/** The path of a file from where it was named on, and its size; as it is, not as UTF-8. (transfer full) */
char              *coffer_import_plan_dup_name     (CofferImportPlan *self, guint position);
guint64            coffer_import_plan_get_size     (CofferImportPlan *self, guint position);
/** (transfer full) */
GBytes            *coffer_import_plan_dup_key      (CofferImportPlan *self, guint position, const CofferImportRule *rule);
/** The file that lies in the most folders. */
guint              coffer_import_plan_get_deepest  (CofferImportPlan *self);

/** The files with their keys, and which of these are in the table of @vault that is in use. Finish: (transfer full) */
void               coffer_import_plan_apply_async  (CofferImportPlan *self, CofferVault *vault, const CofferImportRule *rule,
                                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
CofferAdditions   *coffer_import_plan_apply_finish (CofferImportPlan *self, GAsyncResult *result, GError **error);

G_END_DECLS
