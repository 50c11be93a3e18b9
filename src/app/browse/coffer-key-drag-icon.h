/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-key-picture.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_DRAG_ICON (coffer_key_drag_icon_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyDragIcon, coffer_key_drag_icon, COFFER, KEY_DRAG_ICON, GtkWidget)

/** What hangs on the pointer while keys are dragged: the picture of one, and how many there are. */
GtkWidget *coffer_key_drag_icon_new (CofferKeyPicture *picture, guint n_keys);

G_END_DECLS
