/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>
#include <coffer-deletion.h>
#include <coffer-undo.h>
#include <coffer-vault.h>

G_BEGIN_DECLS

#define COFFER_TYPE_CLEAN_WINDOW (coffer_clean_window_get_type ())
G_DECLARE_FINAL_TYPE (CofferCleanWindow, coffer_clean_window, COFFER, CLEAN_WINDOW, AdwWindow)

/**
 * What can go from the table in use of a vault: equal values, damaged ones, the largest. It finds, shows and asks; it deletes nothing
 * itself.
 *
 * @undo  of the vault's window, to know whether a deletion that can be taken back still is the last thing that was done
 *
 * Signals:
 *   "show-key" (CofferKey)                     somebody wants to see it
 *   "delete" (GPtrArray of CofferKey)          somebody has said so; to be answered by coffer_clean_window_take_deleted()
 *   "export" (GPtrArray of CofferKey, uint64)  likewise; their values take so many bytes
 *   "undo"                               what was deleted last is to come back
 *   "redo"                               and to go again
 */
GtkWidget *coffer_clean_window_new          (CofferVault *vault, CofferUndo *undo);

/** Another page beside its own. */
void       coffer_clean_window_add_page     (CofferCleanWindow *self, GtkWidget *page, const char *name, const char *title);

/** Which prefix is on show (nullable): it can be looked through alone. */
void       coffer_clean_window_set_prefix   (CofferCleanWindow *self, GBytes *prefix);

/** Which bytes part keys into prefixes. */
void       coffer_clean_window_set_separators (CofferCleanWindow *self, const char *characters);

/**
 * @keys are gone, or @error (nullable) is why they are not. @deletion (nullable): by which they may come back, and the last step of undo;
 * they are told of then.
 */
void       coffer_clean_window_take_deleted (CofferCleanWindow *self, GPtrArray *keys, CofferDeletion *deletion, const GError *error);

G_END_DECLS
