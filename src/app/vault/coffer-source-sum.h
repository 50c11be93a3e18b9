/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <kvault.h>
#include <manifest.h>
#include <xxhash.h>

G_BEGIN_DECLS

/** By which a value is known again that was stored earlier: quick, and no proof against who wants two to be alike. */
typedef struct {
  XXH3_state_t *state;     /* nullable */
} CofferPrint;

void     coffer_print_begin      (CofferPrint *self);
void     coffer_print_add        (CofferPrint *self, gconstpointer data, gsize size);
/** Of what was added by now. */
void     coffer_print_get        (const CofferPrint *self, guint64 print[2]);
void     coffer_print_clear      (CofferPrint *self);

/** The print of what the library reads, from a file or from a value of another vault, and its SHA-256, taken meanwhile. On the lane's thread. */
typedef struct {
  manifest_sum sum;
  gboolean sums;           /* else only the print is taken */
  CofferPrint print;
  guint64 summed;
  char *buffer;            /* nullable */
} CofferSourceSum;

/** @header (nullable) is of the value, but not of the file. */
void     coffer_source_sum_begin (CofferSourceSum *self, gboolean sums, GBytes *header);
/** What is in no file. */
void     coffer_source_sum_take  (CofferSourceSum *self, gconstpointer data, gsize size);
/** Take the bytes up to @done, which are in memory still; FALSE if the file has none there any more. */
gboolean coffer_source_sum_add   (CofferSourceSum *self, int fd, guint64 done);
/** The same of a value of another vault, which stands still as long as it is open; FALSE if it cannot be read. */
gboolean coffer_source_sum_add_value (CofferSourceSum *self, kvault_blob *value, guint64 done);
/** Of what was taken by now. */
void     coffer_source_sum_get   (const CofferSourceSum *self, guint8 sum[MANIFEST_SUM_SIZE]);
void     coffer_source_sum_clear (CofferSourceSum *self);

/** As kvault_put_fd() of a regular file, but for bytes that go before its own. */
int      coffer_source_put       (kvault *vault, GBytes *key, GBytes *header, int fd, guint64 size, kvault_progress_func progress,
                                  gpointer data);

G_END_DECLS
