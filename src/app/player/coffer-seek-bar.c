/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-seek-bar.h"

#include "coffer-player-words.h"

#define HEIGHT 22
#define TRACK 4
#define KNOB 14
#define TICK 10

struct _CofferSeekBar
{
  GtkWidget parent_instance;

  gint64 position;
  gint64 duration;    /* 0: not known, nothing can be sought */
  double pointer;     /* its x, or -1 */
  gboolean dragged;
};

enum {
  DRAG,
  SEEK,
  HOVER,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferSeekBar, coffer_seek_bar, GTK_TYPE_WIDGET)

/* The way of the knob's middle. */
static double
get_length (CofferSeekBar *self)
{
  return MAX (gtk_widget_get_width (GTK_WIDGET (self)) - KNOB, 1);
}

static gboolean
is_rtl (CofferSeekBar *self)
{
  return gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
}

static double
to_x (CofferSeekBar *self,
      gint64         position)
{
  double part = self->duration > 0 ? CLAMP (position / (double) self->duration, 0, 1) : 0;

  return KNOB / 2. + get_length (self) * (is_rtl (self) ? 1 - part : part);
}

static gint64
to_position (CofferSeekBar *self,
             double         x)
{
  double part = CLAMP ((x - KNOB / 2.) / get_length (self), 0, 1);

  return self->duration * (is_rtl (self) ? 1 - part : part);
}

static void
append_bar (GtkSnapshot   *snapshot,
            const GdkRGBA *color,
            double         x,
            double         y,
            double         width,
            double         height)
{
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (x, y, width, height), MIN (width, height) / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, color, &outline.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
coffer_seek_bar_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  CofferSeekBar *self = COFFER_SEEK_BAR (widget);
  double width = gtk_widget_get_width (widget), middle = gtk_widget_get_height (widget) - HEIGHT / 2.;
  double x = to_x (self, self->position);
  GdkRGBA color, faint;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  faint = color;
  faint.alpha *= .32f;
  append_bar (snapshot, &faint, 0, middle - TRACK / 2., width, TRACK);
  if (self->duration <= 0)
    return;

  if (is_rtl (self))
    append_bar (snapshot, &color, x, middle - TRACK / 2., width - x, TRACK);
  else
    append_bar (snapshot, &color, 0, middle - TRACK / 2., x, TRACK);
  if (self->pointer >= 0 && !self->dragged)
    gtk_snapshot_append_color (snapshot, &color,
                               &GRAPHENE_RECT_INIT (CLAMP (self->pointer, KNOB / 2., width - KNOB / 2.) - 1,
                                                    middle - TRACK / 2. - TICK, 2, TICK - 2));
  append_bar (snapshot, &color, x - KNOB / 2., middle - KNOB / 2., KNOB, KNOB);
}

static void
coffer_seek_bar_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 4 * KNOB : HEIGHT;
}

static void
update_accessible (CofferSeekBar *self)
{
  g_autofree char *words = coffer_player_dup_length (self->position);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, self->duration / (double) GST_SECOND,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_NOW, self->position / (double) GST_SECOND,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, words,
                                  -1);
}

static void
set_position (CofferSeekBar *self,
              gint64         position)
{
  int before = to_x (self, self->position) * 2, second = self->position / GST_SECOND;

  self->position = position;
  if (self->position / GST_SECOND != second)
    update_accessible (self);
  if ((int) (to_x (self, self->position) * 2) != before)
    gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
point_at (CofferSeekBar *self,
          double         x)
{
  self->pointer = self->duration > 0 ? x : -1;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (x < 0 || self->duration <= 0)
    g_signal_emit (self, signals[HOVER], 0, -1., (gint64) -1);
  else
    g_signal_emit (self, signals[HOVER], 0, CLAMP (x, 0, gtk_widget_get_width (GTK_WIDGET (self))), to_position (self, x));
}

static void
motion_cb (CofferSeekBar *self,
           double         x)
{
  if (!self->dragged)
    point_at (self, MAX (x, 0));
}

static void
leave_cb (CofferSeekBar *self)
{
  if (!self->dragged)
    point_at (self, -1);
}

static void
drag_to (CofferSeekBar *self,
         double         x)
{
  gint64 position = to_position (self, x);

  set_position (self, position);
  point_at (self, MAX (x, 0));
  g_signal_emit (self, signals[SEEK], 0, position);
}

static void
drag_begin_cb (CofferSeekBar *self,
               double         x,
               double         y,
               GtkGesture    *gesture)
{
  if (self->duration <= 0)
    {
      gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
      return;
    }

  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  self->dragged = TRUE;
  g_signal_emit (self, signals[DRAG], 0, TRUE);
  drag_to (self, x);
}

static void
drag_update_cb (CofferSeekBar  *self,
                double          dx,
                double          dy,
                GtkGestureDrag *gesture)
{
  double x, y;

  if (self->dragged && gtk_gesture_drag_get_start_point (gesture, &x, &y))
    drag_to (self, x + dx);
}

static void
drag_end_cb (CofferSeekBar *self)
{
  if (!self->dragged)
    return;

  self->dragged = FALSE;
  g_signal_emit (self, signals[DRAG], 0, FALSE);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
coffer_seek_bar_class_init (CofferSeekBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = coffer_seek_bar_measure;
  widget_class->snapshot = coffer_seek_bar_snapshot;

  signals[DRAG] = g_signal_new ("drag", COFFER_TYPE_SEEK_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[SEEK] = g_signal_new ("seek", COFFER_TYPE_SEEK_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_INT64);
  signals[HOVER] = g_signal_new ("hover", COFFER_TYPE_SEEK_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_INT64);
  gtk_widget_class_set_css_name (widget_class, "seekbar");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_SLIDER);
}

static void
coffer_seek_bar_init (CofferSeekBar *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();

  self->pointer = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect_swapped (motion, "enter", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
}

void
coffer_seek_bar_set_position (CofferSeekBar *self,
                              gint64         position)
{
  g_return_if_fail (COFFER_IS_SEEK_BAR (self));

  if (!self->dragged)
    set_position (self, position);
}

void
coffer_seek_bar_set_duration (CofferSeekBar *self,
                              gint64         duration)
{
  g_return_if_fail (COFFER_IS_SEEK_BAR (self));

  if (duration == self->duration)
    return;

  self->duration = duration;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
