/* SPDX-License-Identifier: MIT */
/* Something of this window that takes its time: after a moment a toast says what, how far it is, and can cancel it. Main thread. */
#define G_LOG_DOMAIN "coffer-window-wait"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#define PATIENCE_MS 500

struct _CofferWindowWait {
  CofferWindow *window;
  char *text;
  GCancellable *cancellable;
  CofferProgress *progress;
  int percent;            /* or -1 */
  AdwToast *toast;        /* or NULL */
  guint patience_id;
};

static void
update_title (CofferWindowWait *self)
{
  /* Translators: what is being done, as "Updating “a key”…", and how much of it is done */
  g_autofree char *text = self->percent < 0 ? g_strdup (self->text) : g_strdup_printf (_("%s %d %%"), self->text, self->percent);
  g_autofree char *title = g_markup_escape_text (text, -1);

  adw_toast_set_title (self->toast, title);
}

static gboolean
patience_cb (gpointer data)
{
  CofferWindowWait *self = data;
  guint delay = coffer_window_get_toast_delay (self->window);

  self->patience_id = 0;
  if (self->window->outside == NULL)
    return G_SOURCE_REMOVE;
  if (delay > 0)
    {
      self->patience_id = g_timeout_add (delay, patience_cb, self);
      return G_SOURCE_REMOVE;
    }

  self->toast = adw_toast_new ("");
  update_title (self);
  adw_toast_set_timeout (self->toast, 0);
  adw_toast_set_priority (self->toast, ADW_TOAST_PRIORITY_HIGH);
  adw_toast_set_button_label (self->toast, _("_Cancel"));
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (g_cancellable_cancel), self->cancellable, G_CONNECT_SWAPPED);
  coffer_window_note_toast (self->window);
  adw_toast_overlay_add_toast (self->window->toasts, g_object_ref (self->toast));

  return G_SOURCE_REMOVE;
}

static void
progress_cb (gpointer latest,
             gpointer data)
{
  CofferWindowWait *self = data;
  g_autofree double *fraction = latest;
  int percent = (int) (*fraction * 100);

  if (percent == self->percent)
    return;

  self->percent = percent;
  if (self->toast != NULL)
    update_title (self);
}

CofferWindowWait *
coffer_window_wait_new (CofferWindow *window,
                        char         *text)
{
  CofferWindowWait *self = g_new0 (CofferWindowWait, 1);

  self->window = g_object_ref (window);
  self->text = text;
  self->percent = -1;
  self->cancellable = g_cancellable_new ();
  self->progress = coffer_progress_new (progress_cb, self, g_free);
  self->patience_id = g_timeout_add (PATIENCE_MS, patience_cb, self);

  return self;
}

GCancellable *
coffer_window_wait_get_cancellable (CofferWindowWait *self)
{
  return self->cancellable;
}

CofferProgress *
coffer_window_wait_get_progress (CofferWindowWait *self)
{
  return self->progress;
}

typedef struct {
  CofferWindow *window;
  AdwToast *toast;
} Dismissal;

static void
dismissal_free (gpointer data)
{
  Dismissal *self = data;

  g_object_unref (self->toast);
  g_object_unref (self->window);
  g_free (self);
}

/* The overlay of a window that is gone has let go of its toasts. */
static gboolean
dismiss_cb (gpointer data)
{
  Dismissal *self = data;

  if (self->window->outside != NULL)
    adw_toast_dismiss (self->toast);
  return G_SOURCE_REMOVE;
}

/* Not before it is shown: see coffer-window-toast.c. Until then it offers to cancel what is over, and does nothing. */
static void
dismiss (CofferWindowWait *self)
{
  Dismissal *dismissal = g_new (Dismissal, 1);

  *dismissal = (Dismissal) { g_object_ref (self->window), g_steal_pointer (&self->toast) };
  g_timeout_add_full (G_PRIORITY_DEFAULT, coffer_window_get_toast_delay (self->window), dismiss_cb, dismissal, dismissal_free);
}

void
coffer_window_wait_free (CofferWindowWait *self)
{
  g_clear_handle_id (&self->patience_id, g_source_remove);
  if (self->toast != NULL)
    dismiss (self);
  coffer_progress_stop (self->progress);
  coffer_progress_unref (self->progress);
  g_object_unref (self->cancellable);
  g_object_unref (self->window);
  g_free (self->text);
  g_free (self);
}
