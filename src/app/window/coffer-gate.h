/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_GATE (coffer_gate_get_type ())
G_DECLARE_FINAL_TYPE (CofferGate, coffer_gate, COFFER, GATE, GObject)

/** The one way the vaults of a program are opened, so that it can let go of all of them for a while. */
CofferGate  *coffer_gate_new          (void);

/**
 * Begin to open @file for coffer_gate_open_async(), which is about to be called for it and takes over what is there by then.
 * Only the last one counts.
 */
void         coffer_gate_begin        (CofferGate           *self,
                                       GFile                *file);

/** As coffer_vault_open_async(), but waits for the end of a hold. */
void         coffer_gate_open_async   (CofferGate           *self,
                                       GFile                *file,
                                       GCancellable         *cancellable,
                                       GAsyncReadyCallback   callback,
                                       gpointer              user_data);

/** As coffer_vault_create_async(), but waits for the end of a hold; finish with coffer_gate_open_finish(). */
void         coffer_gate_create_async (CofferGate           *self,
                                       GFile                *file,
                                       GCancellable         *cancellable,
                                       GAsyncReadyCallback   callback,
                                       gpointer              user_data);

/** As coffer_vault_open_damaged_async(), likewise. */
void         coffer_gate_open_damaged_async (CofferGate          *self,
                                             GFile               *file,
                                             GCancellable        *cancellable,
                                             GAsyncReadyCallback  callback,
                                             gpointer             user_data);

/** Returns: (transfer full) */
CofferVault *coffer_gate_open_finish  (CofferGate           *self,
                                       GAsyncResult         *result,
                                       GError              **error);

/**
 * Let go of the files of all vaults and open none until coffer_gate_resume(): see coffer_vault_hold_async(). The callback comes
 * once this process has none of them open. Holds nest; each needs its resume, in the callback at the earliest.
 */
void         coffer_gate_hold_async   (CofferGate           *self,
                                       GAsyncReadyCallback   callback,
                                       gpointer              user_data);
void         coffer_gate_hold_finish  (CofferGate           *self,
                                       GAsyncResult         *result);
void         coffer_gate_resume       (CofferGate           *self);

G_END_DECLS
