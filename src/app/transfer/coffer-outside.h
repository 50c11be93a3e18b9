/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-attic.h>
#include <coffer-vault.h>

G_BEGIN_DECLS

#define COFFER_TYPE_OUTSIDE (coffer_outside_get_type ())
G_DECLARE_FINAL_TYPE (CofferOutside, coffer_outside, COFFER, OUTSIDE, GObject)

/**
 * A value that another program has open: in a file of its own, without its header, which is looked after until the object
 * goes, and removed then. Main thread.
 *
 * Properties: "changed" gboolean (read-only, notify): whether the file is another than what the vault has, as far as it is
 * known; it is noticed half a second after the last write.
 */
void           coffer_outside_new_async        (CofferVault          *vault,
                                                CofferKey            *key,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
/** Returns: (transfer full) (nullable) */
CofferOutside *coffer_outside_new_finish       (GAsyncResult         *result,
                                                GError              **error);

GFile         *coffer_outside_get_file         (CofferOutside        *self);
CofferKey     *coffer_outside_get_key          (CofferOutside        *self);
/** Where that is. */
CofferVault   *coffer_outside_get_vault        (CofferOutside        *self);
const char    *coffer_outside_get_table        (CofferOutside        *self);
const char    *coffer_outside_get_content_type (CofferOutside        *self);
gboolean       coffer_outside_get_changed      (CofferOutside        *self);

/** Whether the file is at rest and "changed" says how it is; FALSE for some moments after each write. */
gboolean       coffer_outside_is_settled       (CofferOutside        *self);

/** Whether the file was written within the last half a second, and perhaps still is. */
gboolean       coffer_outside_is_busy          (CofferOutside        *self);

/** Look whether the file was written, whatever the system told of it: for when the window comes to the front again. */
void           coffer_outside_check            (CofferOutside        *self);

/** What is in the file, or is still to be written to it, goes with the object; else coffer_outside_folder_leave() says what stays. */
void           coffer_outside_discard          (CofferOutside        *self);

typedef enum {
  COFFER_OUTSIDE_UPDATE_KNOWN,   /* fails with COFFER_ERROR_STALE if somebody else changed the value meanwhile */
  COFFER_OUTSIDE_UPDATE_ANY,     /* replaces whatever is there by now */
  COFFER_OUTSIDE_UPDATE_COPY,    /* leaves it, and adds a key with a number, which is this object's from then on */
} CofferOutsideUpdate;

/**
 * Put what is in the file into the vault, behind the header the value had. Fails with G_IO_ERROR_NO_SPACE if there is no room to keep the
 * value before it.
 *
 * @loses     the value before it need not be kept
 * @progress  (nullable) as of coffer_vault_replace_async()
 * @old       (out) (transfer full) (nullable) the value before it; NULL: there was none, or it is not kept
 * @now       (out) (transfer full) SHA-256 of the one there, in hex
 */
void           coffer_outside_update_async     (CofferOutside        *self,
                                                CofferOutsideUpdate   how,
                                                gboolean              loses,
                                                CofferProgress       *progress,
                                                GCancellable         *cancellable,
                                                GAsyncReadyCallback   callback,
                                                gpointer              user_data);
gboolean       coffer_outside_update_finish    (CofferOutside        *self,
                                                GAsyncResult         *result,
                                                CofferKept          **old,
                                                char                **now,
                                                GError              **error);

G_END_DECLS
