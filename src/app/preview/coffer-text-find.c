/* SPDX-License-Identifier: MIT */
/*
 * The search within a text. GtkSourceView searches in turns of its own, so that a long text holds nothing up. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-text-find.h"

#include <glib/gi18n-lib.h>

struct _CofferTextFind
{
  GtkWidget parent_instance;

  GtkSourceView *view;              /* unowned: a sibling that lives as long */
  GtkSourceSearchSettings *settings;
  GtkSourceSearchContext *context;
  GCancellable *current;            /* of the step on its way, or NULL */

  GtkSearchBar *bar;
  GtkSearchEntry *entry;
  GtkLabel *count;
};

G_DEFINE_FINAL_TYPE (CofferTextFind, coffer_text_find, GTK_TYPE_WIDGET)

static void
update_count (CofferTextFind *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view));
  int n = gtk_source_search_context_get_occurrences_count (self->context), position = -1;
  g_autofree char *words = NULL;
  GtkTextIter from, to;

  if (gtk_text_buffer_get_selection_bounds (buffer, &from, &to))
    position = gtk_source_search_context_get_occurrence_position (self->context, &from, &to);

  if (gtk_source_search_settings_get_search_text (self->settings) == NULL || n < 0)
    words = g_strdup ("");
  else if (position > 0)
    words = g_strdup_printf (_("%'d of %'d"), position, n);
  else
    words = n == 0 ? g_strdup (_("No matches")) : g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%'d match", "%'d matches", n), n);
  gtk_label_set_label (self->count, words);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(CofferTextFind) self = data;
  GtkTextIter from, to;
  g_autoptr(GError) error = NULL;
  gboolean found = gtk_source_search_context_forward_finish (GTK_SOURCE_SEARCH_CONTEXT (source), result, &from, &to, NULL, &error);

  if (!found || self->view == NULL)
    return;

  gtk_text_buffer_select_range (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view)), &from, &to);
  gtk_text_view_scroll_to_iter (GTK_TEXT_VIEW (self->view), &from, .1, FALSE, 0, 0);
  update_count (self);
}

static GCancellable *
begin_step (CofferTextFind *self)
{
  g_cancellable_cancel (self->current);
  g_clear_object (&self->current);
  self->current = g_cancellable_new ();

  return self->current;
}

/* From the beginning of the selection while the words are typed, so that it grows; from its end for the next. */
static void
go_forward (CofferTextFind *self,
            gboolean        from_end)
{
  GtkTextIter from, to;

  gtk_text_buffer_get_selection_bounds (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view)), &from, &to);
  gtk_source_search_context_forward_async (self->context, from_end ? &to : &from, begin_step (self), found_cb, g_object_ref (self));
}

static void
changed_cb (CofferTextFind *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  gtk_source_search_settings_set_search_text (self->settings, *text != '\0' ? text : NULL);
  if (*text != '\0')
    go_forward (self, FALSE);
  update_count (self);
}

static void
next_cb (CofferTextFind *self)
{
  go_forward (self, TRUE);
}

static void
previous_cb (CofferTextFind *self)
{
  GtkTextIter from, to;

  gtk_text_buffer_get_selection_bounds (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view)), &from, &to);
  gtk_source_search_context_backward_async (self->context, &from, begin_step (self), found_cb, g_object_ref (self));
}

static void
searching_changed_cb (CofferTextFind *self)
{
  gboolean open = gtk_search_bar_get_search_mode (self->bar);

  gtk_source_search_context_set_highlight (self->context, open);
  if (!open && gtk_widget_get_focus_child (GTK_WIDGET (self)) != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

void
coffer_text_find_set_view (CofferTextFind *self,
                           GtkSourceView  *view)
{
  g_return_if_fail (COFFER_IS_TEXT_FIND (self) && self->view == NULL);

  self->view = view;
  self->context = gtk_source_search_context_new (GTK_SOURCE_BUFFER (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view))), self->settings);
  gtk_source_search_context_set_highlight (self->context, FALSE);
  g_signal_connect_object (self->context, "notify::occurrences-count", G_CALLBACK (update_count), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->bar, "notify::search-mode-enabled", G_CALLBACK (searching_changed_cb), self, G_CONNECT_SWAPPED);
}

void
coffer_text_find_open (CofferTextFind *self)
{
  g_return_if_fail (COFFER_IS_TEXT_FIND (self));

  gtk_search_bar_set_search_mode (self->bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

void
coffer_text_find_close (CofferTextFind *self)
{
  g_return_if_fail (COFFER_IS_TEXT_FIND (self));

  g_cancellable_cancel (self->current);
  gtk_search_bar_set_search_mode (self->bar, FALSE);
}

static void
coffer_text_find_dispose (GObject *object)
{
  CofferTextFind *self = COFFER_TEXT_FIND (object);

  g_cancellable_cancel (self->current);
  g_clear_object (&self->current);
  self->view = NULL;
  g_clear_object (&self->context);
  g_clear_object (&self->settings);
  g_clear_pointer ((GtkWidget **) &self->bar, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_text_find_parent_class)->dispose (object);
}

static void
coffer_text_find_class_init (CofferTextFindClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_text_find_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-text-find.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTextFind, bar);
  gtk_widget_class_bind_template_child (widget_class, CofferTextFind, entry);
  gtk_widget_class_bind_template_child (widget_class, CofferTextFind, count);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_cb);
}

static void
coffer_text_find_init (CofferTextFind *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = gtk_source_search_settings_new ();
  gtk_source_search_settings_set_wrap_around (self->settings, TRUE);
  gtk_search_bar_connect_entry (self->bar, GTK_EDITABLE (self->entry));
}
