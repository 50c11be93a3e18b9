/* SPDX-License-Identifier: MIT */
/*
 * Time in here is the animation's own: each step moves `clock` by the delay of the frame before, so a late worker makes the
 * picture slow, never jump. One worker at most touches `iter`, and it owns it from start to answer (`busy`); everything else
 * is the main thread's.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-animation.h"

#include "coffer-image-render.h"

/* The shortest a frame is shown, whatever the file says; no shorter than GdkPixbuf's own limit for GIFs. */
#define DELAY_MIN_MS 20

struct _CofferAnimation
{
  GObject parent_instance;

  GdkPixbufAnimationIter *iter;
  gint64 clock;          /* µs */
  int max_width;
  int max_height;
  int next_max_width;    /* the main thread's: from the next frame on */
  int next_max_height;

  GdkTexture *frame;     /* on show */
  int delay_ms;          /* how long; below 0: for ever */
  GdkTexture *next;      /* ready to be shown, or NULL */
  int next_delay_ms;
  gint64 due;            /* monotonic µs */

  guint timeout_id;
  gboolean busy;
  gboolean playing;
};

static void paintable_iface_init (GdkPaintableInterface *iface);
static void go_on (CofferAnimation *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferAnimation, coffer_animation, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GDK_TYPE_PAINTABLE, paintable_iface_init))

static void
coffer_animation_snapshot (GdkPaintable *paintable,
                           GdkSnapshot  *snapshot,
                           double        width,
                           double        height)
{
  gdk_paintable_snapshot (GDK_PAINTABLE (COFFER_ANIMATION (paintable)->frame), snapshot, width, height);
}

static GdkPaintable *
coffer_animation_get_current_image (GdkPaintable *paintable)
{
  return g_object_ref (GDK_PAINTABLE (COFFER_ANIMATION (paintable)->frame));
}

static GdkPaintableFlags
coffer_animation_get_flags (GdkPaintable *paintable)
{
  return GDK_PAINTABLE_STATIC_SIZE;
}

static int
coffer_animation_get_intrinsic_width (GdkPaintable *paintable)
{
  return gdk_texture_get_width (COFFER_ANIMATION (paintable)->frame);
}

static int
coffer_animation_get_intrinsic_height (GdkPaintable *paintable)
{
  return gdk_texture_get_height (COFFER_ANIMATION (paintable)->frame);
}

static void
paintable_iface_init (GdkPaintableInterface *iface)
{
  iface->snapshot = coffer_animation_snapshot;
  iface->get_current_image = coffer_animation_get_current_image;
  iface->get_flags = coffer_animation_get_flags;
  iface->get_intrinsic_width = coffer_animation_get_intrinsic_width;
  iface->get_intrinsic_height = coffer_animation_get_intrinsic_height;
}

static void
coffer_animation_dispose (GObject *object)
{
  CofferAnimation *self = COFFER_ANIMATION (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_object (&self->iter);
  g_clear_object (&self->frame);
  g_clear_object (&self->next);

  G_OBJECT_CLASS (coffer_animation_parent_class)->dispose (object);
}

static void
coffer_animation_class_init (CofferAnimationClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_animation_dispose;
}

static void
coffer_animation_init (CofferAnimation *self)
{
}

static int
iter_get_delay_ms (GdkPixbufAnimationIter *iter)
{
  int delay_ms = gdk_pixbuf_animation_iter_get_delay_time (iter);

  return delay_ms < 0 ? -1 : MAX (delay_ms, DELAY_MIN_MS);
}

/* GdkPixbuf's interface is in the deprecated GTimeVal, and has no other. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
static GdkPixbufAnimationIter *
iter_new (GdkPixbufAnimation *frames)
{
  return gdk_pixbuf_animation_get_iter (frames, &(GTimeVal) { 0, 0 });
}

static void
iter_advance (GdkPixbufAnimationIter *iter,
              gint64                  clock)
{
  gdk_pixbuf_animation_iter_advance (iter, &(GTimeVal) { clock / G_USEC_PER_SEC, clock % G_USEC_PER_SEC });
}
G_GNUC_END_IGNORE_DEPRECATIONS

/* NULL if cancelled, out of memory or the loader fails at this frame. */
static GdkTexture *
render_frame (CofferAnimation *self,
              GCancellable    *cancellable,
              gboolean        *opaque)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_animation_iter_get_pixbuf (self->iter);

  return pixbuf != NULL ? coffer_image_render (pixbuf, 1, self->max_width, self->max_height, cancellable, opaque, NULL) : NULL;
}

/* Worker thread: owns iter and clock while busy. */
static void
next_frame_worker (GTask        *task,
                   gpointer      source,
                   gpointer      data,
                   GCancellable *cancellable)
{
  CofferAnimation *self = source;
  gboolean opaque;

  self->clock += (gint64) self->delay_ms * 1000;
  iter_advance (self->iter, self->clock);
  g_task_return_pointer (task, render_frame (self, NULL, &opaque), g_object_unref);
}

static void
next_frame_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  CofferAnimation *self = COFFER_ANIMATION (source);

  self->busy = FALSE;
  self->next = g_task_propagate_pointer (G_TASK (result), NULL);
  if (self->next == NULL)
    self->delay_ms = -1;
  else
    self->next_delay_ms = iter_get_delay_ms (self->iter);

  go_on (self);
}

static gboolean
turn_page_cb (gpointer data)
{
  CofferAnimation *self = data;
  gint64 now = g_get_monotonic_time ();

  self->timeout_id = 0;
  g_set_object (&self->frame, self->next);
  g_clear_object (&self->next);
  self->delay_ms = self->next_delay_ms;
  /* Late by a little: catch up. Late by a frame: go on from here. */
  self->due = MAX (self->due + (gint64) self->delay_ms * 1000, now);
  gdk_paintable_invalidate_contents (GDK_PAINTABLE (self));
  go_on (self);

  return G_SOURCE_REMOVE;
}

/* Whatever is to be done now: make the next frame, or wait until it is due. */
static void
go_on (CofferAnimation *self)
{
  if (!self->playing || self->busy || self->timeout_id != 0 || self->delay_ms < 0)
    return;

  if (self->next != NULL)
    {
      gint64 wait = self->due - g_get_monotonic_time ();

      self->timeout_id = g_timeout_add (MAX (wait, 0) / 1000, turn_page_cb, self);
    }
  else
    {
      g_autoptr(GTask) task = g_task_new (self, NULL, next_frame_cb, NULL);

      g_task_set_source_tag (task, go_on);
      self->max_width = self->next_max_width;
      self->max_height = self->next_max_height;
      self->busy = TRUE;
      g_task_run_in_thread (task, next_frame_worker);
    }
}

CofferAnimation *
coffer_animation_new (GdkPixbufAnimation *frames,
                      int                 max_width,
                      int                 max_height,
                      GCancellable       *cancellable,
                      gboolean           *opaque)
{
  g_autoptr(CofferAnimation) self = g_object_new (COFFER_TYPE_ANIMATION, NULL);

  self->max_width = self->next_max_width = max_width;
  self->max_height = self->next_max_height = max_height;
  if ((self->iter = iter_new (frames)) == NULL)
    return NULL;

  self->delay_ms = iter_get_delay_ms (self->iter);
  self->frame = render_frame (self, cancellable, opaque);

  return self->frame != NULL ? g_steal_pointer (&self) : NULL;
}

void
coffer_animation_set_playing (CofferAnimation *self,
                              gboolean         playing)
{
  g_return_if_fail (COFFER_IS_ANIMATION (self));

  if (self->playing == playing)
    return;

  self->playing = playing;
  if (playing)
    self->due = g_get_monotonic_time () + (gint64) MAX (self->delay_ms, 0) * 1000;
  else
    g_clear_handle_id (&self->timeout_id, g_source_remove);
  go_on (self);
}

void
coffer_animation_set_max_size (CofferAnimation *self,
                               int              max_width,
                               int              max_height)
{
  g_return_if_fail (COFFER_IS_ANIMATION (self));
  g_return_if_fail (max_width > 0 && max_height > 0);

  self->next_max_width = max_width;
  self->next_max_height = max_height;
}

GdkTexture *
coffer_animation_get_frame (CofferAnimation *self)
{
  g_return_val_if_fail (COFFER_IS_ANIMATION (self), NULL);

  return self->frame;
}
