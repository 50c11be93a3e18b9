/* SPDX-License-Identifier: MIT */
/* Words that go by themselves. Main thread. */
#define G_LOG_DOMAIN "coffer-window"

#include "coffer-window-private.h"

guint
coffer_window_get_toast_delay (CofferWindow *self)
{
  return self->words != NULL ? coffer_toasts_get_delay (self->words) : 0;
}

void
coffer_window_note_toast (CofferWindow *self)
{
  coffer_toasts_note (self->words);
}

void
coffer_window_toast_for (CofferWindow *self,
                         const char   *text,
                         guint         seconds)
{
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast *toast = adw_toast_new (title);

  adw_toast_set_timeout (toast, seconds);   /* now: once it is shown its time runs */
  g_set_weak_pointer (&self->toast, toast);
  coffer_toasts_show (self->words, toast);
}

void
coffer_window_toast (CofferWindow *self,
                     const char   *text)
{
  coffer_window_toast_for (self, text, 3);
}

/* A class of theirs, not of what they lie on: that is all of the window, and GTK would look for the styles of each widget in it again, which
 * takes a third of a frame.
 */
void
coffer_window_place_toasts (CofferWindow *self)
{
  CofferKeySelection *selection = self->view != NULL ? coffer_vault_view_get_selection (self->view) : NULL;
  gboolean over_bar = selection != NULL && coffer_key_selection_get_n_selected (selection) > 1;

  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->toasts)); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (!g_str_equal (gtk_widget_get_css_name (child), "toast"))
      continue;
    else if (over_bar)
      gtk_widget_add_css_class (child, "over-bar");
    else
      gtk_widget_remove_css_class (child, "over-bar");
}

/* One comes, or goes. */
void
coffer_window_watch_toasts (CofferWindow *self)
{
  self->toast_widgets = gtk_widget_observe_children (GTK_WIDGET (self->toasts));
  g_signal_connect_swapped (self->toast_widgets, "items-changed", G_CALLBACK (coffer_window_place_toasts), self);
}

void
coffer_window_clear_toasts (CofferWindow *self)
{
  if (self->toast_widgets != NULL)
    g_signal_handlers_disconnect_by_data (self->toast_widgets, self);
  g_clear_object (&self->toast_widgets);
  g_clear_object (&self->words);
  g_clear_weak_pointer (&self->toast);
  g_clear_weak_pointer (&self->undo_toast);
}
