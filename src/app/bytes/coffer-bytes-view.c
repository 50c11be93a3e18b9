/* SPDX-License-Identifier: MIT */
/*
 * Rows of bytes. Where a byte is follows from its offset alone: all characters are of one width, all rows of one height. Main thread.
 */
#define G_LOG_DOMAIN "coffer-bytes"

#include "coffer-bytes-view-private.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#define LINE_EXTRA 3       /* logical pixels between lines */

enum {
  PROP_HADJUSTMENT = 1,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
};

enum {
  SELECTION_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferBytesView, coffer_bytes_view, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

/* Where things are */

static void
measure_font (CofferBytesView *self)
{
  g_autoptr(PangoLayout) layout = NULL;
  int width, height;

  if (self->char_width > 0)
    return;

  layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), "00000000000000000000000000000000");
  pango_layout_get_size (layout, &width, &height);
  self->char_width = (double) width / PANGO_SCALE / 32;
  self->line_height = (height + PANGO_SCALE - 1) / PANGO_SCALE + LINE_EXTRA;
}

/* The hex of a row, with a wider gap in the middle of sixteen. */
static guint
hex_chars (guint columns)
{
  return 3 * columns - 1 + (columns == 16);
}

static guint
row_chars (CofferBytesView *self,
           guint            columns,
           guint            gap)
{
  return self->digits + gap + hex_chars (columns) + gap + columns;
}

/* More bytes in a row are worth more than the room between the columns. */
static void
choose_columns (CofferBytesView *self,
                int              width)
{
  for (self->columns = 16; self->columns > 4; self->columns /= 2)
    for (self->gap = 2; self->gap > 0; self->gap--)
      if (row_chars (self, self->columns, self->gap) * self->char_width <= width)
        return;

  self->gap = 2;
}

guint64
coffer_bytes_view_n_rows (CofferBytesView *self)
{
  return (self->size + self->columns - 1) / self->columns;
}

double
coffer_bytes_view_hex_x (CofferBytesView *self,
                         guint            column)
{
  return (self->digits + self->gap + 3 * column + (self->columns == 16 && column >= 8)) * self->char_width;
}

double
coffer_bytes_view_text_x (CofferBytesView *self,
                          guint            column)
{
  return (self->digits + self->gap + hex_chars (self->columns) + self->gap + column) * self->char_width;
}

double
coffer_bytes_view_get_scroll (CofferBytesView *self)
{
  return self->vadjustment != NULL ? floor (gtk_adjustment_get_value (self->vadjustment)) : 0;
}

/* The byte at a place, the nearest if it is beside them. */
static guint64
byte_at (CofferBytesView *self,
         double           x,
         double           y)
{
  double row = floor ((y + coffer_bytes_view_get_scroll (self)) / self->line_height);
  guint column = 0;

  if (x >= coffer_bytes_view_text_x (self, 0) - self->char_width)
    column = CLAMP ((x - coffer_bytes_view_text_x (self, 0)) / self->char_width, 0, self->columns - 1);
  else
    while (column + 1 < self->columns && x >= coffer_bytes_view_hex_x (self, column + 1) - self->char_width / 2)
      column++;

  row = CLAMP (row, 0, (double) coffer_bytes_view_n_rows (self) - 1);

  return MIN ((guint64) row * self->columns + column, self->size - 1);
}

/* Scrolling */

static void
configure_adjustments (CofferBytesView *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));
  double upper = MAX ((double) coffer_bytes_view_n_rows (self) * self->line_height, height);

  if (self->hadjustment != NULL)
    gtk_adjustment_configure (self->hadjustment, 0, 0, width, 0, 0, width);
  if (self->vadjustment != NULL)
    gtk_adjustment_configure (self->vadjustment, MIN (gtk_adjustment_get_value (self->vadjustment), upper - height), 0, upper,
                              self->line_height, MAX (self->line_height, height - self->line_height), height);
}

static void
reveal (CofferBytesView *self,
        guint64          offset)
{
  double top;

  self->reveals = self->is_stale || self->columns == 0;
  if (self->reveals)
    return;

  top = (double) (offset / self->columns) * self->line_height;
  if (self->vadjustment != NULL)
    gtk_adjustment_clamp_page (self->vadjustment, top, top + self->line_height);
}

static void
scrolled_cb (CofferBytesView *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
take_adjustment (CofferBytesView  *self,
                 GtkAdjustment   **slot,
                 GtkAdjustment    *adjustment)
{
  if (*slot != NULL)
    g_signal_handlers_disconnect_by_func (*slot, scrolled_cb, self);
  g_set_object (slot, adjustment);
  if (adjustment != NULL)
    g_signal_connect_swapped (adjustment, "value-changed", G_CALLBACK (scrolled_cb), self);
  if (self->columns > 0)
    configure_adjustments (self);
}

/* The first byte in view stays there when the columns change. */
static void
coffer_bytes_view_size_allocate (GtkWidget *widget,
                                 int        width,
                                 int        height,
                                 int        baseline)
{
  CofferBytesView *self = COFFER_BYTES_VIEW (widget);
  guint64 first = self->columns > 0 ? (guint64) (coffer_bytes_view_get_scroll (self) / self->line_height) * self->columns : 0;
  guint columns = self->columns;

  measure_font (self);
  choose_columns (self, width);
  configure_adjustments (self);
  if (columns != self->columns && self->vadjustment != NULL)
    gtk_adjustment_set_value (self->vadjustment, (double) (first / self->columns) * self->line_height);
  self->is_stale = FALSE;
  if (self->reveals && self->has_cursor)
    reveal (self, self->cursor);
}

static void
coffer_bytes_view_measure (GtkWidget      *widget,
                           GtkOrientation  orientation,
                           int             for_size,
                           int            *minimum,
                           int            *natural,
                           int            *minimum_baseline,
                           int            *natural_baseline)
{
  CofferBytesView *self = COFFER_BYTES_VIEW (widget);

  measure_font (self);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = ceil (row_chars (self, 4, 1) * self->char_width);
      *natural = ceil (row_chars (self, 16, 2) * self->char_width);
    }
  else
    {
      *minimum = 3 * self->line_height;
      *natural = 12 * self->line_height;
    }
}

/* Selecting */

gboolean
coffer_bytes_view_get_selection (CofferBytesView *self,
                                 guint64         *offset,
                                 guint64         *size)
{
  g_return_val_if_fail (COFFER_IS_BYTES_VIEW (self), FALSE);

  *offset = MIN (self->anchor, self->cursor);
  *size = self->has_cursor ? MAX (self->anchor, self->cursor) - *offset + 1 : 0;

  return self->has_cursor;
}

/* Whoever listens instead of looks hears where the cursor is. */
static void
speak (CofferBytesView *self)
{
  gsize len;
  const guint8 *byte = coffer_bytes_pages_peek (self->pages, self->cursor, &len);
  g_autofree char *words = byte != NULL ? g_strdup_printf ("0x%" G_GINT64_MODIFIER "x: %02x", self->cursor, *byte)
                                        : g_strdup_printf ("0x%" G_GINT64_MODIFIER "x", self->cursor);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

static void
move_cursor (CofferBytesView *self,
             guint64          offset,
             gboolean         extend)
{
  if (self->size == 0)
    return;

  self->cursor = MIN (offset, self->size - 1);
  if (!extend || !self->has_cursor)
    self->anchor = self->cursor;
  self->has_cursor = TRUE;
  reveal (self, self->cursor);
  speak (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

void
coffer_bytes_view_select (CofferBytesView *self,
                          guint64          offset,
                          guint64          size)
{
  g_return_if_fail (COFFER_IS_BYTES_VIEW (self));
  g_return_if_fail (size > 0);

  move_cursor (self, offset + size - 1, FALSE);
  move_cursor (self, offset, TRUE);
}

void
coffer_bytes_view_set_mark (CofferBytesView *self,
                            guint64          offset,
                            guint64          size)
{
  g_return_if_fail (COFFER_IS_BYTES_VIEW (self));

  self->mark = offset;
  self->mark_size = size;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
pressed_cb (CofferBytesView *self,
            int              n_press,
            double           x,
            double           y,
            GtkGesture      *gesture)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (self->size > 0)
    move_cursor (self, byte_at (self, x, y), (state & GDK_SHIFT_MASK) != 0);
}

static void
dragged_cb (CofferBytesView *self,
            double           dx,
            double           dy,
            GtkGestureDrag  *gesture)
{
  double x, y;
  guint64 offset;

  gtk_gesture_drag_get_start_point (gesture, &x, &y);
  if (self->size == 0 || !self->has_cursor)
    return;

  offset = byte_at (self, x + dx, y + dy);
  if (offset != self->cursor)
    move_cursor (self, offset, TRUE);
}

static guint64
step (CofferBytesView *self,
      gint64           by)
{
  if (by < 0)
    return self->cursor >= (guint64) -by ? self->cursor + by : self->cursor % self->columns;
  if (self->cursor + by < self->size)
    return self->cursor + by;

  return by == 1 || self->cursor / self->columns == (self->size - 1) / self->columns ? self->cursor : self->size - 1;
}

/* Where a key takes the cursor; FALSE if it is none that does. */
static gboolean
find_target (CofferBytesView *self,
             guint            key,
             gboolean         control,
             guint64         *target)
{
  gint64 page = MAX (1, gtk_widget_get_height (GTK_WIDGET (self)) / self->line_height - 1) * (gint64) self->columns;
  guint64 row = self->cursor - self->cursor % self->columns;

  switch (key)
    {
    case GDK_KEY_Left: case GDK_KEY_KP_Left:
      *target = self->cursor > 0 ? self->cursor - 1 : 0;
      return TRUE;
    case GDK_KEY_Right: case GDK_KEY_KP_Right:
      *target = step (self, 1);
      return TRUE;
    case GDK_KEY_Up: case GDK_KEY_KP_Up:
      *target = self->cursor >= self->columns ? self->cursor - self->columns : self->cursor;
      return TRUE;
    case GDK_KEY_Down: case GDK_KEY_KP_Down:
      *target = step (self, self->columns);
      return TRUE;
    case GDK_KEY_Page_Up: case GDK_KEY_KP_Page_Up:
      *target = step (self, -page);
      return TRUE;
    case GDK_KEY_Page_Down: case GDK_KEY_KP_Page_Down:
      *target = step (self, page);
      return TRUE;
    case GDK_KEY_Home: case GDK_KEY_KP_Home:
      *target = control ? 0 : row;
      return TRUE;
    case GDK_KEY_End: case GDK_KEY_KP_End:
      *target = control ? self->size - 1 : row + self->columns - 1;
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
key_pressed_cb (CofferBytesView *self,
                guint            key,
                guint            code,
                GdkModifierType  state)
{
  gboolean control = (state & GDK_CONTROL_MASK) != 0;
  guint64 target;

  if (self->size == 0 || self->columns == 0)
    return GDK_EVENT_PROPAGATE;

  if (control && (key == GDK_KEY_a || key == GDK_KEY_A))
    {
      self->anchor = self->size - 1;
      self->has_cursor = TRUE;
      move_cursor (self, 0, TRUE);
      return GDK_EVENT_STOP;
    }
  if (!find_target (self, key, control, &target))
    return GDK_EVENT_PROPAGATE;

  move_cursor (self, target, (state & GDK_SHIFT_MASK) != 0);

  return GDK_EVENT_STOP;
}

/* The first key that comes finds a cursor. */
static void
focus_cb (CofferBytesView *self)
{
  if (!self->has_cursor && self->size > 0 && self->columns > 0)
    move_cursor (self, (guint64) (coffer_bytes_view_get_scroll (self) / self->line_height) * self->columns, FALSE);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* The widget */

static void
pages_changed_cb (CofferBytesView *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
coffer_bytes_view_set_pages (CofferBytesView  *self,
                             CofferBytesPages *pages,
                             guint64           header_size)
{
  g_return_if_fail (COFFER_IS_BYTES_VIEW (self));

  if (self->pages != NULL)
    g_signal_handlers_disconnect_by_func (self->pages, pages_changed_cb, self);
  g_set_object (&self->pages, pages);
  self->size = pages != NULL ? coffer_bytes_pages_get_size (pages) : 0;
  self->header_size = header_size;
  self->mark_size = 0;
  self->is_stale = TRUE;
  self->digits = MAX (8, (g_bit_storage (self->size) + 3) / 4);
  if (pages != NULL)
    g_signal_connect_object (pages, "changed", G_CALLBACK (pages_changed_cb), self, G_CONNECT_SWAPPED);
  if (self->cursor >= self->size || self->anchor >= self->size)
    self->has_cursor = FALSE;
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
coffer_bytes_view_css_changed (GtkWidget         *widget,
                               GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (coffer_bytes_view_parent_class)->css_changed (widget, change);
  COFFER_BYTES_VIEW (widget)->char_width = 0;
}

static void
coffer_bytes_view_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  CofferBytesView *self = COFFER_BYTES_VIEW (object);

  switch (prop_id)
    {
    case PROP_HADJUSTMENT:
      g_value_set_object (value, self->hadjustment);
      break;
    case PROP_VADJUSTMENT:
      g_value_set_object (value, self->vadjustment);
      break;
    case PROP_HSCROLL_POLICY:
      g_value_set_enum (value, self->hpolicy);
      break;
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, self->vpolicy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_bytes_view_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  CofferBytesView *self = COFFER_BYTES_VIEW (object);

  switch (prop_id)
    {
    case PROP_HADJUSTMENT:
      take_adjustment (self, &self->hadjustment, g_value_get_object (value));
      break;
    case PROP_VADJUSTMENT:
      take_adjustment (self, &self->vadjustment, g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
      self->hpolicy = g_value_get_enum (value);
      break;
    case PROP_VSCROLL_POLICY:
      self->vpolicy = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_bytes_view_dispose (GObject *object)
{
  CofferBytesView *self = COFFER_BYTES_VIEW (object);

  take_adjustment (self, &self->hadjustment, NULL);
  take_adjustment (self, &self->vadjustment, NULL);
  g_clear_object (&self->pages);

  G_OBJECT_CLASS (coffer_bytes_view_parent_class)->dispose (object);
}

static void
coffer_bytes_view_class_init (CofferBytesViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_bytes_view_get_property;
  object_class->set_property = coffer_bytes_view_set_property;
  object_class->dispose = coffer_bytes_view_dispose;

  widget_class->css_changed = coffer_bytes_view_css_changed;
  widget_class->measure = coffer_bytes_view_measure;
  widget_class->size_allocate = coffer_bytes_view_size_allocate;
  widget_class->snapshot = coffer_bytes_view_snapshot;

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");

  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", COFFER_TYPE_BYTES_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                             G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "bytes");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
add_controllers (CofferBytesView *self)
{
  GtkGesture *press = gtk_gesture_click_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  g_signal_connect_swapped (press, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (dragged_cb), self);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (focus_cb), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (gtk_widget_queue_draw), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (press));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}

static void
coffer_bytes_view_init (CofferBytesView *self)
{
  self->digits = 8;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Bytes"), -1);
  add_controllers (self);
}
