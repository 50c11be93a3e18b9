/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-text.h>
#include <coffer-vault.h>

G_BEGIN_DECLS

/** A text comes in pieces of this many bytes. */
#define COFFER_TEXT_PIECE (1 << 20)
/** A line of more characters would hold up the screen: Pango lays out a line as a whole. */
#define COFFER_TEXT_MAX_LINE 4000

/** A piece of a text on its way to the screen. */
typedef struct {
  CofferText  text;       /* before it was decoded, then after */
  GBytes     *bytes;
  gboolean    is_end;     /* of the value */

  GString    *decoded;    /* what to show */
  gsize       n_used;     /* of bytes */
} CofferTextPiece;

void             coffer_text_piece_free    (CofferTextPiece     *self);

/**
 * Decode a piece on a worker thread. Without a charset it is guessed.
 *
 * @self  (transfer full)
 */
void             coffer_text_decode_async  (CofferTextPiece     *self,
                                            GCancellable        *cancellable,
                                            GAsyncReadyCallback  callback,
                                            gpointer             user_data);
/** Returns: (transfer full) (nullable): NULL if cancelled */
CofferTextPiece *coffer_text_decode_finish (GAsyncResult        *result,
                                            GError             **error);

/** Read a piece of the stored value from @offset. coffer_vault_read_value_finish() gives a GBytes. */
void             coffer_text_read_async    (CofferVault         *vault,
                                            CofferKey           *key,
                                            guint64              offset,
                                            GCancellable        *cancellable,
                                            GAsyncReadyCallback  callback,
                                            gpointer             user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferTextPiece, coffer_text_piece_free)

G_END_DECLS
