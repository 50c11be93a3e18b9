/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_CELL (coffer_key_cell_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyCell, coffer_key_cell, COFFER, KEY_CELL, GtkWidget)

/** The leading cell of a row: what kind of value it is, and its key; when compact, size and type in a second line. */
GtkWidget   *coffer_key_cell_new         (void);

/** @entry (nullable): what to show and follow. */
void         coffer_key_cell_set_entry   (CofferKeyCell *self,
                                          CofferEntry   *entry);
/** Returns: (transfer none) (nullable) */
CofferEntry *coffer_key_cell_get_entry   (CofferKeyCell *self);
void         coffer_key_cell_set_compact (CofferKeyCell *self,
                                          gboolean       compact);

/** The symbolic icon for a kind of value; NULL, and no icon, while @content_type is NULL. Static. */
const char  *coffer_key_cell_icon_name   (const char    *content_type);

G_END_DECLS
