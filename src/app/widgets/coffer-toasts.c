/* SPDX-License-Identifier: MIT */
/*
 * Words that go by themselves. Main thread.
 *
 * AdwToastOverlay 1.2 lets go of a toast 0.3 s after another took its place or it was dismissed, while the animation that shows it, of
 * 0.5 s, may still run and then touches what is gone. So each is there for as long as that takes; of those that come meanwhile the
 * last one follows.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-toasts.h"

#define SHOWING_MS 600

struct _CofferToasts {
  GObject parent_instance;

  AdwToastOverlay *overlay;   /* unowned */
  AdwToast *shown;            /* weak, */
  gint64 shown_at;            /* since when; 0: never */
  AdwToast *next;             /* (nullable) is to be shown */
  gboolean withdrawn;         /* the one on show is to go */
  guint next_id;              /* until either can be done */
};

G_DEFINE_FINAL_TYPE (CofferToasts, coffer_toasts, G_TYPE_OBJECT)

guint
coffer_toasts_get_delay (CofferToasts *self)
{
  gint64 shown_ms;

  g_return_val_if_fail (COFFER_IS_TOASTS (self), 0);

  shown_ms = (g_get_monotonic_time () - self->shown_at) / 1000;
  return self->shown_at == 0 || shown_ms >= SHOWING_MS ? 0 : SHOWING_MS - (guint) shown_ms;
}

void
coffer_toasts_note (CofferToasts *self)
{
  g_return_if_fail (COFFER_IS_TOASTS (self));

  self->shown_at = g_get_monotonic_time ();
}

static gboolean
next_cb (gpointer data)
{
  CofferToasts *self = data;

  self->next_id = 0;
  self->withdrawn = FALSE;
  if (self->shown != NULL)
    adw_toast_dismiss (self->shown);
  g_set_weak_pointer (&self->shown, self->next);
  if (self->next == NULL)
    return G_SOURCE_REMOVE;
  coffer_toasts_note (self);
  adw_toast_overlay_add_toast (self->overlay, g_steal_pointer (&self->next));
  return G_SOURCE_REMOVE;
}

static void
go_on (CofferToasts *self)
{
  guint delay = coffer_toasts_get_delay (self);

  if (self->next_id != 0)
    return;
  if (delay == 0)
    next_cb (self);
  else
    self->next_id = g_timeout_add (delay, next_cb, self);
}

void
coffer_toasts_show (CofferToasts *self,
                    AdwToast     *toast)
{
  g_return_if_fail (COFFER_IS_TOASTS (self) && ADW_IS_TOAST (toast));

  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);   /* over offers, which stay until they are answered */
  g_clear_object (&self->next);
  self->next = toast;
  go_on (self);
}

void
coffer_toasts_withdraw (CofferToasts *self,
                        AdwToast     *toast)
{
  g_return_if_fail (COFFER_IS_TOASTS (self) && ADW_IS_TOAST (toast));

  if (toast == self->next)
    {
      g_clear_object (&self->next);
      if (!self->withdrawn)   /* the one before it stays as long as it would have */
        g_clear_handle_id (&self->next_id, g_source_remove);
    }
  else if (toast == self->shown)
    {
      self->withdrawn = TRUE;
      go_on (self);
    }
}

static void
coffer_toasts_dispose (GObject *object)
{
  CofferToasts *self = COFFER_TOASTS (object);

  g_clear_handle_id (&self->next_id, g_source_remove);
  g_clear_object (&self->next);
  g_clear_weak_pointer (&self->shown);
  self->overlay = NULL;

  G_OBJECT_CLASS (coffer_toasts_parent_class)->dispose (object);
}

static void
coffer_toasts_class_init (CofferToastsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_toasts_dispose;
}

static void
coffer_toasts_init (CofferToasts *self)
{
}

CofferToasts *
coffer_toasts_new (AdwToastOverlay *overlay)
{
  CofferToasts *self = g_object_new (COFFER_TYPE_TOASTS, NULL);

  self->overlay = overlay;
  return self;
}
