/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault-storage.h>

G_BEGIN_DECLS

#define COFFER_TYPE_LOG_HOLDER (coffer_log_holder_get_type ())
G_DECLARE_FINAL_TYPE (CofferLogHolder, coffer_log_holder, COFFER, LOG_HOLDER, GObject)

/**
 * Who a checkpoint found in the way of the write-ahead log of a vault, followed until that is over.
 *
 * Signal "changed": one of them let go.
 */
CofferLogHolder *coffer_log_holder_new         (CofferVault            *vault,
                                                const CofferCheckpoint *found);

/** Nobody looks (or somebody does, as at first): it does not follow them. */
void             coffer_log_holder_set_watched (CofferLogHolder        *self,
                                                gboolean                watched);

/** Somebody is still there, as far as that can be seen. */
gboolean         coffer_log_holder_is_there    (CofferLogHolder        *self);
/** It could not be seen who it was, so it cannot be seen either whether it still is. */
gboolean         coffer_log_holder_is_unseen   (CofferLogHolder        *self);
/** This program is among them. */
gboolean         coffer_log_holder_is_own      (CofferLogHolder        *self);
/** Another program that is among them, or 0. @name: (out) (transfer none) "" if it is not known */
int              coffer_log_holder_get_pid     (CofferLogHolder        *self,
                                                const char            **name);

/** Main thread of a test: look at once, not only after a while. */
void             coffer_log_holder_look        (CofferLogHolder        *self);

G_END_DECLS
