/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-import-plan.h"

G_BEGIN_DECLS

/** A file that was found. */
typedef struct {
  const char *root;        /* what was named; interned in the walk */
  char *path;              /* in that folder, or archive; NULL: it is the file that was named */
  guint64 size;
  GBytes *value;           /* the key of a value of another vault, which it is then; root and path are NULL */
  guint64 at;              /* in the archive */
  gboolean no_bytes;       /* that key is text or a number, and its bytes are, if anything, another key's */
} CofferImportFile;

/** A walk over files and folders: on one thread; any may ask for coffer_import_walk_get_counts(). */
typedef struct _CofferImportWalk {
  GStrv roots;
  GStrv vaults;            /* that are open */
  GArray *files;           /* of CofferImportFile */
  GPtrArray *problems;     /* of CofferImportProblem */
  guint deepest, depth;    /* of files: where, and in how many folders */
  gboolean is_folder;      /* the only root is one, or an archive that was unpacked */
  gboolean is_archive;     /* that */
  gboolean can_unpack;     /* the only root is an archive … */
  gboolean has_list;       /* … that has a coffer.json, as far as it was looked for */
  GMutex lock;
  CofferImportCounts counts;   /* by lock */
} CofferImportWalk;

/** @files  of GFile */
CofferImportWalk  *coffer_import_walk_new        (GPtrArray *files);
void               coffer_import_walk_free       (CofferImportWalk *self);
/** Blocks. FALSE when cancelled. */
gboolean           coffer_import_walk_run        (CofferImportWalk *self, GCancellable *cancellable, GError **error);
/** The same of what is in the archive that is the only root, instead of a run. */
gboolean           coffer_import_walk_unpack     (CofferImportWalk *self, GCancellable *cancellable, GError **error);
/** A value of another vault, in @depth folders; instead of a run. */
void               coffer_import_walk_add_value  (CofferImportWalk *self, GBytes *value, gboolean no_bytes, guint64 size, guint depth);
/** What cannot be had. @path, @reason  (transfer full) */
void               coffer_import_walk_leave_out  (CofferImportWalk *self, char *path, char *reason);
CofferImportCounts coffer_import_walk_get_counts (CofferImportWalk *self);
/** Count a file. */
void               coffer_import_walk_count      (CofferImportCounts *counts, const char *name, guint64 size);

G_END_DECLS
