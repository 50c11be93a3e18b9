/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

G_BEGIN_DECLS

#define COFFER_SHA256_SIZE 32

void     coffer_digest_bytes  (gconstpointer bytes, gsize size, guint8 *digest);

typedef void (*CofferDigestFunc) (guint64 n_bytes, gpointer data);

/**
 * SHA-256 of all that is left of a stream, in pieces of a mebibyte. The stream's own thread.
 *
 * @func  (nullable): told after each piece how long that was
 */
gboolean coffer_digest_stream (GInputStream *stream, guint8 *digest, CofferDigestFunc func, gpointer data, GCancellable *cancellable,
                               GError **error);

/**
 * On the lane. Whether a run of many values ends with the @problem that one of them has: cancelled, or nothing else can be read either;
 * else that one is passed over.
 */
gboolean coffer_clean_ends_run (CofferValueReader *reader, const GError *problem);

G_END_DECLS
