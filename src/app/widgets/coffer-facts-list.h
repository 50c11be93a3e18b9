/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_FACTS_LIST (coffer_facts_list_get_type ())
G_DECLARE_FINAL_TYPE (CofferFactsList, coffer_facts_list, COFFER, FACTS_LIST, GtkWidget)

/** What is known of something as a boxed list: the name on the left, the value on the right, to be selected and copied. */
GtkWidget *coffer_facts_list_new (void);

/**
 * Show these facts in place of those before; the list hides itself when there are none.
 *
 * @facts  (nullable) name, value, name, value … and NULL
 */
void       coffer_facts_list_set (CofferFactsList    *self,
                                  const char * const *facts);

G_END_DECLS
