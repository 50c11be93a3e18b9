/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

#include "coffer-transfer.h"

G_BEGIN_DECLS

/** What becomes of a value where a file has its name. */
typedef enum {
  COFFER_EXPORT_NUMBER,    /* it gets a number */
  COFFER_EXPORT_SKIP,      /* it is left out, and told */
  COFFER_EXPORT_REPLACE,   /* the file is replaced */
} CofferExportExisting;

/** How values become files. A plain value. */
typedef struct {
  CofferExportExisting existing;
  gboolean endings;        /* names without one get the ending of what is in the file */
  gboolean headers;        /* those of values that have one are part of the file */
  gboolean verifies;       /* what was written is read back, and is no file if it is not the value */
  gboolean lists;          /* coffer.json tells what the files were, for an import to give it back */
} CofferExportOptions;

#define COFFER_TYPE_EXPORT (coffer_export_get_type ())
G_DECLARE_FINAL_TYPE (CofferExport, coffer_export, COFFER, EXPORT, CofferTransfer)

/**
 * Values on their way to files. Keys are split at "/" into folders, and made safe (names.h, NAMES_PLAIN): nothing is written outside
 * the folder, no link in it is followed. A file has its name when it is whole, and is on the disk when all are done; what is there
 * when it is cancelled stays.
 *
 * @keys    of CofferKey, of the table of the vault that is in use; must not change
 * @folder  local; made if it is not there
 */
CofferExport *coffer_export_new_keys    (CofferVault *vault, GPtrArray *keys, GFile *folder, const CofferExportOptions *options);
/** All keys of a table under a prefix; @prefix NULL: all. */
CofferExport *coffer_export_new_prefix  (CofferVault *vault, const char *table, GBytes *prefix, GFile *folder,
                                         const CofferExportOptions *options);
/** The same keys to one file, a zip or a tar by the ending of its name, which replaces another there. It is there when all is in it; of
 * @options it does not matter what is done with files that are there already. */
CofferExport *coffer_export_new_archive (CofferVault *vault, GPtrArray *keys, GFile *file, const CofferExportOptions *options);
/** Whether there can be archives of such a name; NULL: any at all. */
gboolean      coffer_export_can_archive (const char *name);
/** One key to the file that a person chose, which replaces another there; only the headers of @options count. */
CofferExport *coffer_export_new_file    (CofferVault *vault, CofferKey *key, GFile *file, const CofferExportOptions *options);

/**
 * Keys of a table to files in a new folder that only this program writes to, from which other programs copy soon: nothing is flushed,
 * and no header is part of a file.
 *
 * @names  of char *: as names.h makes them, no two alike; must not change
 */
CofferExport *coffer_export_new_named   (CofferVault *vault, const char *table, GPtrArray *keys, GPtrArray *names, GFile *folder);
/** Whether it is of that kind: if it is cancelled, nobody gets what is whole by then. */
gboolean      coffer_export_hands_over  (CofferExport *self);

/** Whether it is one file for all: if it is cancelled there is none, and what had its name stays. */
gboolean      coffer_export_is_archive  (CofferExport *self);

/** Of guint, ascending: which of those keys have no file, as they were left out. Not before it has ended. (transfer none) */
GArray       *coffer_export_get_missing (CofferExport *self);

/** How much is to come, where that is known: for the progress. */
void          coffer_export_set_expected (CofferExport *self, guint64 n_items, guint64 n_bytes);

/**
 * Keys and values that other programs stored as text or numbers: coffer.json tells of them, but an import makes bytes of them. Not before
 * it has ended.
 *
 * @n  (out) how many there were
 * Returns: (transfer none) of CofferTransferSkip: the first of them
 */
GPtrArray    *coffer_export_get_inexact (CofferExport *self, guint64 *n);

CofferVault  *coffer_export_get_vault   (CofferExport *self);
/** The folder, or the file. (transfer none) */
GFile        *coffer_export_get_file    (CofferExport *self);
guint64       coffer_export_get_n_files (CofferExport *self);

G_END_DECLS
