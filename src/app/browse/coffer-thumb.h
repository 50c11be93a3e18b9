/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_THUMB (coffer_thumb_get_type ())
G_DECLARE_FINAL_TYPE (CofferThumb, coffer_thumb, COFFER, THUMB, GtkWidget)

/** The small picture of a value by itself, in a question about it. */
GtkWidget *coffer_thumb_new (CofferThumbnails *thumbnails, CofferEntry *entry);

G_END_DECLS
