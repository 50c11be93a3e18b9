/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

#define COFFER_TYPE_TEXT_FIND (coffer_text_find_get_type ())
G_DECLARE_FINAL_TYPE (CofferTextFind, coffer_text_find, COFFER, TEXT_FIND, GtkWidget)

/** A bar that searches a text and shows what it finds. */
void coffer_text_find_set_view (CofferTextFind *self,
                                GtkSourceView  *view);

/** Open it and put the keyboard there. */
void coffer_text_find_open     (CofferTextFind *self);
void coffer_text_find_close    (CofferTextFind *self);

G_END_DECLS
