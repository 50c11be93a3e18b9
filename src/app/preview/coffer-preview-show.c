/* SPDX-License-Identifier: MIT */
/*
 * When the preview shows what was asked for. The view changes key and content in one go, so that they always belong together.
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-preview-private.h"

#include <glib/gi18n-lib.h>

#define LOADING_AFTER_MS 200
#define HASTE_US (150 * 1000)   /* between choices of somebody who goes through many keys */

void
coffer_preview_drop_waiting (CofferPreview *self)
{
  if (self->waiting_tick != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->waiting_tick);
  self->waiting_tick = 0;
  g_clear_pointer (&self->waiting, coffer_content_free);
  g_clear_error (&self->waiting_error);
}

gboolean
coffer_preview_is_waiting (CofferPreview *self)
{
  return self->waiting_tick != 0;
}

static gboolean
is_at_rest (CofferPreview *self)
{
  return !self->in_haste || g_get_monotonic_time () - MAX (self->chosen_at, self->scrolled_at) >= HASTE_US;
}

/* Words change the size of things, for which GTK measures the whole window: not with every key that flies by. */
static void
show_loading (CofferPreview *self)
{
  coffer_value_view_show_loading (self->view, is_at_rest (self) ? self->key : NULL);
  gtk_stack_set_visible_child_name (self->pages, "value");
  /* What takes long to decode can be looked at as bytes meanwhile. */
  if (self->title == NULL)
    coffer_preview_set_title (self, _("Guess"));
}

static gboolean
loading_cb (gpointer data)
{
  CofferPreview *self = data;

  self->loading_id = 0;
  show_loading (self);

  return G_SOURCE_REMOVE;
}

/* The time runs from the first choice that has not been shown yet: who goes through many keys sees that they are under way. Once
 * they are, it runs from the last one, which is named then. */
void
coffer_preview_expect_loading (CofferPreview *self)
{
  if (coffer_value_view_is_loading (self->view))
    {
      show_loading (self);
      g_clear_handle_id (&self->loading_id, g_source_remove);
    }
  if (self->loading_id == 0)
    self->loading_id = g_timeout_add (LOADING_AFTER_MS, loading_cb, self);
}

void
coffer_preview_show_nothing (CofferPreview *self)
{
  g_clear_handle_id (&self->loading_id, g_source_remove);
  gtk_stack_set_visible_child_name (self->pages, "none");
  coffer_value_view_clear (self->view);
  coffer_preview_set_title (self, NULL);
  coffer_preview_update_actions (self);
}

static void
focus_if_wanted (CofferPreview *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->focuses && root != NULL && gtk_root_get_focus (root) == NULL)
    coffer_value_view_focus (self->view);
  self->focuses = FALSE;
}

/* @content (transfer full) (nullable): or else @error */
static void
show_answer (CofferPreview *self,
             CofferContent *content,
             const GError  *error)
{
  g_clear_object (&self->current);
  g_clear_handle_id (&self->loading_id, g_source_remove);
  self->waits_since = 0;

  if (content != NULL)
    coffer_value_view_show (self->view, self->vault, self->key, content);
  else
    coffer_value_view_show_error (self->view, self->key, error);

  gtk_stack_set_visible_child_name (self->pages, "value");
  coffer_preview_set_title (self, content != NULL ? coffer_content_get_title (content) : _("Error"));
  coffer_preview_renew_if_coarse (self);
  if (self->plays)
    coffer_value_view_play (self->view);
  self->plays = FALSE;
  focus_if_wanted (self);
  if (self->touched)
    coffer_preview_touched_cb (self);
}

static gboolean
is_picture (const CofferContent *content)
{
  return content != NULL && content->kind == COFFER_CONTENT_IMAGE && content->problem == NULL;
}

/* Pictures tell something at a glance. All else waits until somebody stops to look. */
static gboolean
is_its_time (CofferPreview *self,
             GdkFrameClock *clock)
{
  if (is_picture (self->waiting))
    return gdk_frame_clock_get_frame_counter (clock) >= self->waiting_since + 2;
  return is_at_rest (self);
}

static void
show_waiting (CofferPreview *self)
{
  g_autoptr(GError) error = g_steal_pointer (&self->waiting_error);

  show_answer (self, g_steal_pointer (&self->waiting), error);
}

static gboolean
waiting_cb (GtkWidget     *widget,
            GdkFrameClock *clock,
            gpointer       data)
{
  CofferPreview *self = COFFER_PREVIEW (widget);

  if (!is_its_time (self, clock))
    return G_SOURCE_CONTINUE;

  self->waiting_tick = 0;
  show_waiting (self);
  return G_SOURCE_REMOVE;
}

/* Who goes through many keys scrolls with each: the next frame is for that, and a later one for this, unless another key has been
 * chosen by then. @content (transfer full) (nullable): or else @error
 */
void
coffer_preview_take_answer (CofferPreview *self,
                            CofferContent *content,
                            const GError  *error)
{
  if (!self->in_haste || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      show_answer (self, content, error);
      return;
    }

  self->waiting = content;
  self->waiting_error = error != NULL ? g_error_copy (error) : NULL;
  self->waiting_since = gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (GTK_WIDGET (self)));
  self->waiting_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), waiting_cb, NULL, NULL);
}

/* At the pace of a key that is held the picture of each is seen, if there was a frame for the list since. */
void
coffer_preview_flush_waiting (CofferPreview *self)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (self));

  if (self->waiting != NULL && self->waiting->kind == COFFER_CONTENT_IMAGE && clock != NULL &&
      gdk_frame_clock_get_frame_counter (clock) > self->waiting_since)
    show_answer (self, g_steal_pointer (&self->waiting), NULL);
}

void
coffer_preview_note_choice (CofferPreview *self)
{
  gint64 now = g_get_monotonic_time ();

  self->in_haste = now - self->chosen_at < HASTE_US;
  self->chosen_at = now;
  if (self->waits_since == 0)
    self->waits_since = now;
}
