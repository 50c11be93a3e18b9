/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * All values of a table looked through, on a lane of its own, for as long as it takes. Finish with coffer_vault_read_values_finish().
 *
 * @func  as for coffer_vault_read_values_async(), but called again as often as the lane has to let go of the file: what it has done
 *        is to be kept in @data
 */
void          coffer_vault_scan_values_async (CofferVault *self, const char *table, CofferReaderFunc func, gpointer data,
                                              GDestroyNotify data_free, GCancellable *cancellable, GAsyncReadyCallback callback,
                                              gpointer user_data);

/** How far a walk over rows has come; all zero: it has not begun. */
typedef struct {
  gboolean begun, ended;
  gint64 id;             /* of the last row */
  CofferKey *key;        /* owned: of the last row, where there is a prefix */
} CofferRowWalk;

void          coffer_row_walk_clear          (CofferRowWalk *self);

/** @size  of the value, in bytes; G_MAXUINT64 if it cannot be read */
typedef void (*CofferRowFunc) (gint64 id, guint64 size, gpointer data);

/**
 * On the lane. Goes on with a walk for some milliseconds, or to its end: rows in the order of the file, those of a prefix in the order
 * of their keys. Reads no value, and holds nothing afterwards.
 *
 * @prefix  (nullable)
 */
gboolean      coffer_value_reader_walk       (CofferValueReader *self, GBytes *prefix, CofferRowWalk *walk, CofferRowFunc func,
                                              gpointer data, GError **error);

/** On the lane. The key that a row has now. Returns: (transfer full) (nullable): fails with KVAULT_NOTFOUND's code if there is no such row */
CofferKey    *coffer_value_reader_find       (CofferValueReader *self, gint64 id, guint64 *size, GError **error);

/** On the lane. Copies the first bytes of the value of a row; cheap for many. @len, @size (out) of what is copied, and of all of it */
gboolean      coffer_value_reader_head_row   (CofferValueReader *self, gint64 id, gpointer buf, gsize room, gsize *len, guint64 *size,
                                              GError **error);

/** On the lane. coffer_value_reader_open() for the value of a row, without looking at what it is. @size (out) */
GInputStream *coffer_value_reader_open_row   (CofferValueReader *self, gint64 id, guint64 *size, GCancellable *cancellable,
                                              GError **error);

/** On the lane. Whether the handle is still that of the file at the path; a row may be gone, or changed, all the same. */
gboolean      coffer_value_reader_check      (CofferValueReader *self, GError **error);

/** On the lane. Whether the end of a large value is reached without all that is before it being read. */
gboolean      coffer_value_reader_can_skip   (CofferValueReader *self);

G_END_DECLS
