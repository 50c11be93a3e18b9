/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-additions.h"
#include "coffer-attic.h"
#include "coffer-deletion.h"
#include "coffer-move.h"
#include "coffer-renames.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_UNDO (coffer_undo_get_type ())
G_DECLARE_FINAL_TYPE (CofferUndo, coffer_undo, COFFER, UNDO, GObject)

/**
 * What was done to a vault, and can be taken back, the last first; and what was taken back, until something else is done. Lives as long as
 * the window does.
 *
 * Nothing that somebody else wrote meanwhile is overwritten: a step that meets such a thing fails with COFFER_ERROR_STALE or
 * COFFER_ERROR_EXISTS, and what can be taken back without it is. Deletions that were written to the file are no steps any more. Nor is a value
 * replaced that there is no room to keep: the step fails with G_IO_ERROR_NO_SPACE, and can be taken once there is.
 *
 * Properties (read-only, notify):
 *   "undo-label", "redo-label"  string  a menu's words, with a mnemonic: "_Undo Delete of 3 Keys"; translated; NULL: there is nothing
 *   "undo-step"                 uint64  the step that would be taken back, by a number that no other one of the process has; 0: there is none
 *   "busy"                      boolean  a step is being taken
 */
CofferUndo *coffer_undo_new            (CofferVault *vault);

/** Something was done. Another reference is taken. Of renames what has not its new name is forgotten: they ended before. */
void        coffer_undo_push_deletion  (CofferUndo *self, CofferDeletion *deletion);
void        coffer_undo_push_renames   (CofferUndo *self, CofferRenames *renames);
void        coffer_undo_push_additions (CofferUndo *self, CofferAdditions *additions);
/** Values were moved here from another vault: it is given back what it lost before they are taken back. */
void        coffer_undo_push_moved_in  (CofferUndo *self, CofferAdditions *additions, CofferMove *move);
/** Values were moved to another vault: what was lost comes back, and the copies stay. */
void        coffer_undo_push_moved_out (CofferUndo *self, CofferMove *move);
/** The value of a key was replaced. @old: the one before; @now: SHA-256 of the one there, in hex. */
void        coffer_undo_push_value     (CofferUndo *self, const char *table, CofferKey *key, CofferKept *old, const char *now);

const char *coffer_undo_get_undo_label (CofferUndo *self);
const char *coffer_undo_get_redo_label (CofferUndo *self);
guint64     coffer_undo_get_undo_step  (CofferUndo *self);
gboolean    coffer_undo_get_busy       (CofferUndo *self);

/**
 * Take a step back, or again. Fails with G_IO_ERROR_BUSY while another one is, and with G_IO_ERROR_NOT_FOUND if there is none. What fails
 * can be tried again.
 *
 * @progress  (nullable) is told fractions, as double
 * @cancellable  (nullable) ends renames and files where they stand, if they are many: what is left can be taken back then
 *
 * Returns: (finish) (transfer full) (nullable): what happened, for a toast: "3 keys are back"; translated
 */
void        coffer_undo_step_async     (CofferUndo *self, gboolean redo, CofferProgress *progress, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data);
char       *coffer_undo_step_finish    (CofferUndo *self, GAsyncResult *result, GError **error);

/**
 * Whether a step that is being taken can pause: what is done in many pieces, between which it can stop. It is "busy" meanwhile, and nothing is
 * lost if its cancellable is cancelled and it goes on, which ends it.
 */
gboolean    coffer_undo_can_pause      (CofferUndo *self, gboolean redo);
void        coffer_undo_set_paused     (CofferUndo *self, gboolean paused);
/** Whether another program keeps the step from the vault, for which it waits half a minute. */
gboolean    coffer_undo_is_kept_waiting (CofferUndo *self);
/** How far the step is that is being taken, of which its progress told @fraction last; leaves them as they are if none is. */
void        coffer_undo_look           (CofferUndo *self, double fraction, guint64 *items, guint64 *n_items, guint64 *bytes,
                                        guint64 *n_bytes);

/** The key that is to be looked at after the step that was just taken: of a rename of one key. (transfer full) (nullable) */
CofferKey  *coffer_undo_dup_followed   (CofferUndo *self, gboolean redo);

G_END_DECLS
