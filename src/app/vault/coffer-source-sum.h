/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <kvault.h>
#include <manifest.h>

G_BEGIN_DECLS

/** The SHA-256 of a file that the library reads, taken meanwhile. On the lane's thread. */
typedef struct {
  manifest_sum sum;
  guint64 summed;
  char *buffer;            /* nullable */
} CofferSourceSum;

void     coffer_source_sum_begin (CofferSourceSum *self);
/** Take the bytes up to @done, which are in memory still; FALSE if the file has none there any more. */
gboolean coffer_source_sum_add   (CofferSourceSum *self, int fd, guint64 done);
/** Of what was taken by now. */
void     coffer_source_sum_get   (const CofferSourceSum *self, guint8 sum[MANIFEST_SUM_SIZE]);
void     coffer_source_sum_clear (CofferSourceSum *self);

/** As kvault_put_fd() of a regular file, but for bytes that go before its own. */
int      coffer_source_put       (kvault *vault, GBytes *key, GBytes *header, int fd, guint64 size, kvault_progress_func progress,
                                  gpointer data);

G_END_DECLS
