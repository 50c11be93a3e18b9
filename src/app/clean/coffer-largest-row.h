/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-largest.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SIZED_KEY (coffer_sized_key_get_type ())
G_DECLARE_FINAL_TYPE (CofferSizedKey, coffer_sized_key, COFFER, SIZED_KEY, GObject)

/** A key in the list of the largest ones; @total: bytes of all keys where it is. */
CofferSizedKey     *coffer_sized_key_new      (CofferKey *key, guint64 size, guint64 total);
CofferKey          *coffer_sized_key_get_key  (CofferSizedKey *self);
guint64             coffer_sized_key_get_size (CofferSizedKey *self);

/** Makes a row for each: the key, its size, its share. (transfer full) */
GtkListItemFactory *coffer_largest_row_factory_new (void);

/** "12.3 %" (transfer full) */
char               *coffer_format_share       (guint64 part, guint64 total);

G_END_DECLS
