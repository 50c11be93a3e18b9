/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** What a disk does with a file; bytes a second. */
typedef struct {
  guint64 write_rate, read_rate;
} CofferDisk;

/** Try how fast the disk of a file is, see kvault_disk_measure(): in a thread of its own, in a tenth of a second. */
void     coffer_disk_measure_async  (GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/** Returns: FALSE: it cannot be measured */
gboolean coffer_disk_measure_finish (GAsyncResult *result, CofferDisk *disk);

G_END_DECLS
