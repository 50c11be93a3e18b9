/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-storage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_STORAGE_WINDOW (coffer_storage_window_get_type ())
G_DECLARE_FINAL_TYPE (CofferStorageWindow, coffer_storage_window, COFFER, STORAGE_WINDOW, AdwWindow)

/**
 * The window "Storage" of a vault. Closing it leaves a job of @storage running.
 *
 * Signal "save-copy": a person wants coffer_storage_copy() of a file to be chosen.
 * Signal "save-salvage": a person wants coffer_storage_salvage() into a file to be chosen.
 * Signals "show-key", "delete-key" (const char *table, CofferKey *key): of what a check found.
 * Signal "secure-delete-set": a person switched coffer_vault_set_secure_delete(), which is to be remembered.
 * Signal "may-rewrite": the file is to be written anew. Returns: TRUE if that may not be now, which has been said.
 */
GtkWidget *coffer_storage_window_new  (CofferStorage       *storage);

/** Say a word in passing. */
void       coffer_storage_window_toast (CofferStorageWindow *self,
                                        const char          *text);
/** The program's, with the options of the cache. Once. */
void       coffer_storage_window_set_settings (CofferStorageWindow *self,
                                               GSettings           *settings);

typedef enum {
  COFFER_STORAGE_TOP,
  COFFER_STORAGE_CACHE,
  COFFER_STORAGE_LOG,
  COFFER_STORAGE_RECLAIMABLE,
} CofferStoragePlace;

/** Give the keyboard to what is about @place, which scrolls there. */
void       coffer_storage_window_go_to (CofferStorageWindow *self,
                                        CofferStoragePlace   place);

G_END_DECLS
