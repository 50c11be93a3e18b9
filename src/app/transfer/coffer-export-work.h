/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-export.h"

G_BEGIN_DECLS

/**
 * What an export does on the vault's lane: made and freed on the main thread, run on the lane, perhaps more than once, and asked how
 * far it is from either.
 */
typedef struct _CofferExportWork CofferExportWork;

/**
 * @keys    (nullable) of CofferKey: these, or all under @prefix
 * @name    (nullable) of the only file, which replaces another
 * @archives  @name is that of an archive, in which all go
 */
CofferExportWork *coffer_export_work_new        (GPtrArray *keys, GBytes *prefix, const char *folder, const char *name,
                                                 gboolean archives, const CofferExportOptions *options);
void              coffer_export_work_free       (CofferExportWork *self);
/** It is over, whether it came to its end or not: what has no name is gone soon. Main thread. */
void              coffer_export_work_drop       (CofferExportWork *self);
/** It will not be gone on with: what would last is ended. Main thread, also while it runs. */
void              coffer_export_work_stop       (CofferExportWork *self);

/** What the keys are called in the folder, which is new and nobody else's; see coffer_export_new_named(). */
void              coffer_export_work_set_names  (CofferExportWork *self, GPtrArray *names);

/**
 * A CofferReaderFunc: goes on where it was. It can be gone on from G_IO_ERROR_CANCELLED, from another program that keeps it
 * waiting, and from coffer_value_reader_is_lost().
 */
gboolean          coffer_export_work_run        (CofferValueReader *reader, gpointer self, GCancellable *cancellable, GError **error);

typedef struct {
  guint64 n_items;         /* dealt with */
  guint64 n_files;         /* made */
  guint64 n_bytes;
} CofferExportCounts;

CofferExportCounts coffer_export_work_get_counts (CofferExportWork *self);

/** Of CofferTransferSkip, until now; not before it has ended. (transfer none) */
GPtrArray        *coffer_export_work_get_skips  (CofferExportWork *self);
/** See coffer_export_get_missing(). */
GArray           *coffer_export_work_get_missing (CofferExportWork *self);
/** The same for what is exported and listed, but will not be the same when it is imported; the first of @n. (transfer none) */
GPtrArray        *coffer_export_work_get_inexact (CofferExportWork *self, guint64 *n);

G_END_DECLS
