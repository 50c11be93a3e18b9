/* SPDX-License-Identifier: MIT */
/*
 * How people look closer: actions and their keys, wheel, pinch and drag, and the controls over the picture, which are there for
 * who moves the pointer or types, and fade then. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "coffer-picture-private.h"

#define FADE_MS 2000
#define MOST 32.   /* pixels of the screen for one of the picture */
#define INSET 8    /* of the controls, from the picture's edges */
/* A touchpad's way of one step of a wheel. */
#define STEP_PIXELS 50.

static const struct {
  guint keyval;
  GdkModifierType state;
  const char *action;
} keys[] = {
  { GDK_KEY_plus, 0, "picture.zoom-in" },
  { GDK_KEY_equal, 0, "picture.zoom-in" },
  { GDK_KEY_KP_Add, 0, "picture.zoom-in" },
  { GDK_KEY_minus, 0, "picture.zoom-out" },
  { GDK_KEY_KP_Subtract, 0, "picture.zoom-out" },
  { GDK_KEY_0, 0, "picture.zoom-fit" },
  { GDK_KEY_KP_0, 0, "picture.zoom-fit" },
  { GDK_KEY_1, 0, "picture.zoom-full" },
  { GDK_KEY_KP_1, 0, "picture.zoom-full" },
  { GDK_KEY_r, GDK_CONTROL_MASK, "picture.turn-right" },
  { GDK_KEY_R, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "picture.turn-left" },
};

/* The controls */

static gboolean
may_fade (CofferPicture *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  return (gtk_widget_get_state_flags (self->pill) & GTK_STATE_FLAG_PRELIGHT) == 0 &&
         (focus == NULL || !gtk_widget_is_ancestor (focus, self->pill));
}

void
coffer_picture_hide_controls (CofferPicture *self)
{
  g_clear_handle_id (&self->fade_id, g_source_remove);
  gtk_widget_add_css_class (self->pill, "faded");
  gtk_widget_set_can_target (self->pill, FALSE);
  gtk_widget_set_can_focus (self->pill, FALSE);
}

static gboolean
fade_cb (gpointer data)
{
  CofferPicture *self = data;

  if (!may_fade (self))
    return G_SOURCE_CONTINUE;

  self->fade_id = 0;
  coffer_picture_hide_controls (self);

  return G_SOURCE_REMOVE;
}

static gboolean
are_controls_shown (CofferPicture *self)
{
  return self->fade_id != 0;
}

static void
wake (CofferPicture *self)
{
  gboolean shown = are_controls_shown (self);

  if (self->paintable == NULL)
    return;

  g_clear_handle_id (&self->fade_id, g_source_remove);
  self->fade_id = g_timeout_add (FADE_MS, fade_cb, self);
  if (shown)
    return;

  gtk_widget_remove_css_class (self->pill, "faded");
  gtk_widget_set_can_target (self->pill, TRUE);
  gtk_widget_set_can_focus (self->pill, TRUE);
  coffer_picture_update_controls (self);
}

static void
enable (CofferPicture *self,
        const char    *action,
        gboolean       enabled)
{
  gtk_widget_action_set_enabled (GTK_WIDGET (self), action, self->paintable != NULL && enabled);
}

/* New words make the window measure all it shows: not for those who go from picture to picture and see none of this. */
void
coffer_picture_update_controls (CofferPicture *self)
{
  double scale = coffer_picture_get_scale (self);
  g_autofree char *percent = NULL;

  /* Keys work without them. */
  enable (self, "picture.zoom-out", !coffer_zoom_is_fit (&self->zoom));
  enable (self, "picture.zoom-in", scale < MOST);
  if (!are_controls_shown (self))
    return;

  /* Translators: how large a picture is seen, %.0f is a number of percent. */
  percent = g_strdup_printf (_("%.0f%%"), MAX (1, scale * 100));
  if (g_strcmp0 (gtk_button_get_label (self->percent), percent) != 0)
    gtk_button_set_label (self->percent, percent);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), coffer_zoom_can_move (&self->zoom) ? "grab" : NULL);
}

void
coffer_picture_place_controls (CofferPicture *self,
                               int            width,
                               int            height)
{
  GtkRequisition size;
  graphene_rect_t box;
  int right = width, bottom = height, x, y;

  gtk_widget_get_preferred_size (self->pill, NULL, &size);
  if (coffer_picture_get_box (self, &box))
    {
      right = MIN (right, (int) (box.origin.x + box.size.width));
      bottom = MIN (bottom, (int) (box.origin.y + box.size.height));
      if (box.size.width < size.width + 2 * INSET)   /* beside one that they would cover */
        right = MIN (width, right + size.width + 2 * INSET);
      if (box.size.height < size.height + 2 * INSET)
        bottom = box.origin.y + (box.size.height + size.height) / 2 + INSET;
    }
  x = right - INSET - size.width;
  y = bottom - INSET - size.height;
  gtk_widget_size_allocate (self->pill, &(GtkAllocation) { x, y, size.width, size.height }, -1);
}

/* Looking closer */

void
coffer_picture_zoom (CofferPicture *self,
                     double         scale,
                     double         x,
                     double         y)
{
  g_return_if_fail (COFFER_IS_PICTURE (self));

  if (self->paintable == NULL)
    return;

  if (scale > 0)
    coffer_zoom_set_scale (&self->zoom, scale, MOST, x, y);
  else
    coffer_zoom_set_fit (&self->zoom);
  coffer_picture_update_zoom (self);
}

static void
zoom_in_middle (CofferPicture *self,
                double         scale)
{
  coffer_picture_zoom (self, scale, gtk_widget_get_width (GTK_WIDGET (self)) / 2., gtk_widget_get_height (GTK_WIDGET (self)) / 2.);
}

static void
zoom_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferPicture *self = COFFER_PICTURE (widget);

  if (g_str_equal (name, "picture.zoom-fit"))
    zoom_in_middle (self, 0);
  else if (g_str_equal (name, "picture.zoom-full"))
    zoom_in_middle (self, 1);
  else
    zoom_in_middle (self, coffer_zoom_get_next (&self->zoom, g_str_equal (name, "picture.zoom-in")));
  wake (self);
}

static void
turn_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferPicture *self = COFFER_PICTURE (widget);

  if (self->paintable == NULL)
    return;

  self->turns = (self->turns + (g_str_equal (name, "picture.turn-right") ? 1 : 3)) % 4;
  coffer_zoom_set_fit (&self->zoom);
  coffer_picture_update_zoom (self);
}

void
coffer_picture_class_add_actions (GtkWidgetClass *klass)
{
  gtk_widget_class_install_action (klass, "picture.zoom-in", NULL, zoom_action);
  gtk_widget_class_install_action (klass, "picture.zoom-out", NULL, zoom_action);
  gtk_widget_class_install_action (klass, "picture.zoom-fit", NULL, zoom_action);
  gtk_widget_class_install_action (klass, "picture.zoom-full", NULL, zoom_action);
  gtk_widget_class_install_action (klass, "picture.turn-right", NULL, turn_action);
  gtk_widget_class_install_action (klass, "picture.turn-left", NULL, turn_action);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding_action (klass, keys[i].keyval, keys[i].state, keys[i].action, NULL);
}

gboolean
coffer_picture_key (CofferPicture   *self,
                    guint            keyval,
                    GdkModifierType  state)
{
  g_return_val_if_fail (COFFER_IS_PICTURE (self), FALSE);

  state &= gtk_accelerator_get_default_mod_mask ();
  if (self->paintable == NULL)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keyval == keys[i].keyval && (state == keys[i].state || (keys[i].state == 0 && state == GDK_SHIFT_MASK)))
      return gtk_widget_activate_action (GTK_WIDGET (self), keys[i].action, NULL);

  return FALSE;
}

/* Before anybody does anything with it: Tab goes to controls that are seen. */
static gboolean
key_pressed_cb (CofferPicture *self)
{
  wake (self);

  return GDK_EVENT_PROPAGATE;
}

/* The pointer */

/* Where the pointer is in the widget: where it was last, for events of scrolling do not tell, and the picture may lie elsewhere
 * now.
 */
static void
get_pointer (CofferPicture *self,
             double        *x,
             double        *y)
{
  GtkWidget *root = GTK_WIDGET (gtk_widget_get_root (GTK_WIDGET (self)));

  if (root == NULL || !gtk_widget_translate_coordinates (root, GTK_WIDGET (self), self->pointer_x, self->pointer_y, x, y))
    {
      *x = gtk_widget_get_width (GTK_WIDGET (self)) / 2.;
      *y = gtk_widget_get_height (GTK_WIDGET (self)) / 2.;
    }
}

/* Returns: whether it moved; GTK tells of it, too, when something moves below it */
static gboolean
note_pointer (CofferPicture *self,
              double         x,
              double         y)
{
  GtkWidget *root = GTK_WIDGET (gtk_widget_get_root (GTK_WIDGET (self)));
  double root_x, root_y;

  if (root == NULL || !gtk_widget_translate_coordinates (GTK_WIDGET (self), root, x, y, &root_x, &root_y) ||
      (fabs (root_x - self->pointer_x) < 1 && fabs (root_y - self->pointer_y) < 1))
    return FALSE;

  self->pointer_x = root_x;
  self->pointer_y = root_y;

  return TRUE;
}

static void
enter_cb (CofferPicture *self,
          double         x,
          double         y)
{
  note_pointer (self, x, y);
}

static void
motion_cb (CofferPicture *self,
           double         x,
           double         y)
{
  if (note_pointer (self, x, y))
    wake (self);
}

static gboolean
scroll_cb (CofferPicture      *self,
           double              dx,
           double              dy,
           GtkEventController *controller)
{
  gboolean by_pixels = gtk_event_controller_scroll_get_unit (GTK_EVENT_CONTROLLER_SCROLL (controller)) == GDK_SCROLL_UNIT_SURFACE;
  gboolean control = (gtk_event_controller_get_current_event_state (controller) & GDK_CONTROL_MASK) != 0;
  double x, y, scale;

  if (self->paintable == NULL)
    return GDK_EVENT_PROPAGATE;
  if (!control && by_pixels && coffer_zoom_move (&self->zoom, -dx, -dy))
    {
      coffer_picture_update_zoom (self);
      return GDK_EVENT_STOP;
    }
  if (!control && (by_pixels || !self->alone))
    return GDK_EVENT_PROPAGATE;
  if (dy == 0)
    return GDK_EVENT_STOP;

  scale = !by_pixels && fabs (dy) == 1 ? coffer_zoom_get_next (&self->zoom, dy < 0)
                                       : coffer_zoom_get_scale (&self->zoom) * pow (G_SQRT2, -dy / (by_pixels ? STEP_PIXELS : 1));
  get_pointer (self, &x, &y);
  coffer_picture_zoom (self, scale, x, y);
  wake (self);

  return GDK_EVENT_STOP;
}

static void
pinch_begin_cb (CofferPicture    *self,
                GdkEventSequence *sequence,
                GtkGesture       *gesture)
{
  self->pinched = coffer_picture_get_scale (self);
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

static void
pinch_cb (CofferPicture *self,
          double         by,
          GtkGesture    *gesture)
{
  double x, y;

  if (gtk_gesture_get_bounding_box_center (gesture, &x, &y))
    coffer_picture_zoom (self, self->pinched * by, x, y);
}

static void
drag_begin_cb (CofferPicture  *self,
               double          x,
               double          y,
               GtkGestureDrag *gesture)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  wake (self);
  self->dragged_x = self->dragged_y = 0;
  if (!coffer_zoom_can_move (&self->zoom))
    {
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grabbing");
}

static void
drag_cb (CofferPicture  *self,
         double          x,
         double          y,
         GtkGestureDrag *gesture)
{
  if (coffer_zoom_move (&self->zoom, x - self->dragged_x, y - self->dragged_y))
    coffer_picture_update_zoom (self);
  self->dragged_x = x;
  self->dragged_y = y;
}

static void
drag_end_cb (CofferPicture *self)
{
  coffer_picture_update_controls (self);
}

/* Making */

static void
add_button (GtkWidget  *pill,
            GtkWidget  *button,
            const char *action,
            const char *words)
{
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  gtk_widget_set_focus_on_click (button, FALSE);
  gtk_widget_set_tooltip_text (button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_widget_add_css_class (button, "flat");
  gtk_box_append (GTK_BOX (pill), button);
}

static void
add_pill (CofferPicture *self)
{
  GtkWidget *percent = gtk_button_new_with_label ("100%");

  self->pill = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  self->percent = GTK_BUTTON (percent);
  gtk_widget_add_css_class (self->pill, "osd-pill");
  add_button (self->pill, gtk_button_new_from_icon_name ("zoom-out-symbolic"), "picture.zoom-out", _("Zoom Out"));
  add_button (self->pill, percent, "picture.zoom-full", _("Original Size"));
  add_button (self->pill, gtk_button_new_from_icon_name ("zoom-in-symbolic"), "picture.zoom-in", _("Zoom In"));
  gtk_widget_add_css_class (percent, "num");
  gtk_widget_set_parent (self->pill, GTK_WIDGET (self));
  coffer_picture_hide_controls (self);
}

static void
add_gestures (CofferPicture *self)
{
  GtkGesture *pinch = gtk_gesture_zoom_new (), *drag = gtk_gesture_drag_new ();

  g_signal_connect_swapped (pinch, "begin", G_CALLBACK (pinch_begin_cb), self);
  g_signal_connect_swapped (pinch, "scale-changed", G_CALLBACK (pinch_cb), self);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (pinch));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
}

void
coffer_picture_add_controls (CofferPicture *self)
{
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  add_pill (self);
  add_gestures (self);
  g_signal_connect_swapped (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect_swapped (motion, "enter", G_CALLBACK (enter_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_event_controller_set_propagation_phase (key, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (key, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  coffer_picture_update_controls (self);
}
