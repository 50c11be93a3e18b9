/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

G_BEGIN_DECLS

#define COFFER_TYPE_BYTES_PAGES (coffer_bytes_pages_get_type ())
G_DECLARE_FINAL_TYPE (CofferBytesPages, coffer_bytes_pages, COFFER, BYTES_PAGES, GObject)

/**
 * The bytes of one value, read where somebody looks: pages of 64 KiB, 2 MiB of them at most. Values are read on the vault's
 * preview lane; everything here is for the main thread.
 *
 * Signals: "changed" (guint64 offset, guint64 size) when bytes that were asked for are there, or cannot be read.
 */
CofferBytesPages *coffer_bytes_pages_new         (CofferVault         *vault,
                                                  CofferKey           *key,
                                                  guint64              size);

/** Read nothing more: a load holds a reference until it ends. */
void              coffer_bytes_pages_stop        (CofferBytesPages    *self);

/** The value may be another of the same size: what is looked at is read again, and stays as it is until then. */
void              coffer_bytes_pages_renew       (CofferBytesPages    *self);

guint64           coffer_bytes_pages_get_size    (CofferBytesPages    *self);

/**
 * The bytes at an offset, as many as are in one page; what is not there is read, the last that was asked for first.
 *
 * @len  (out) bytes from @offset on, whether they are there or not; 0 at the end of the value
 *
 * Returns: (transfer none) (nullable) NULL if they are not there, or cannot be read; valid until the main loop runs
 */
const guint8     *coffer_bytes_pages_peek        (CofferBytesPages    *self,
                                                  guint64              offset,
                                                  gsize               *len);

/** Why something could not be read. Returns: (transfer none) (nullable) */
const GError     *coffer_bytes_pages_get_error   (CofferBytesPages    *self);

/**
 * Look for bytes, once around: from @from to the end and from the beginning to there, or backwards.
 *
 * @needle  one byte to 64 KiB
 * @from    where the first that counts may begin; backwards: the last
 *
 * Cost: reads at most all of the value, in pieces of a mebibyte.
 */
void              coffer_bytes_pages_find_async  (CofferBytesPages    *self,
                                                  GBytes              *needle,
                                                  guint64              from,
                                                  gboolean             backwards,
                                                  GCancellable        *cancellable,
                                                  GAsyncReadyCallback  callback,
                                                  gpointer             user_data);
/** Returns: TRUE and the place; FALSE without @error if there is none */
gboolean          coffer_bytes_pages_find_finish (CofferBytesPages    *self,
                                                  GAsyncResult        *result,
                                                  guint64             *offset,
                                                  GError             **error);

G_END_DECLS
