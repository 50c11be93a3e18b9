/* SPDX-License-Identifier: MIT */
/* Another key is written where the old one stands: an entry that goes with its cell, and a word below it where that key cannot be.
 * Whoever turns to something else has dropped it. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-cells"

#include "coffer-key-cells-private.h"

#include <glib/gi18n-lib.h>

/* Logical pixels. */
#define MIN_WIDTH 260    /* where the cells have them: a tile has fewer */
#define BEFORE_TEXT 9    /* in the entry, so that what is in it stands where the key stood */

guint coffer_key_cells_renamed_signal;

/* Where the key stands, in the widget. */
static GdkRectangle
get_key_box (CofferKeyCells *self,
             guint           position)
{
  GdkRectangle box = coffer_key_cells_get_box (self, position), key;
  CofferKeyCell *cell;
  double x, y;

  if (position < self->first || position - self->first >= self->cells->len)
    return box;
  cell = self->cells->pdata[position - self->first];
  COFFER_KEY_CELL_GET_CLASS (cell)->get_key_box (cell, &key);
  if (!gtk_widget_translate_coordinates (GTK_WIDGET (cell), GTK_WIDGET (self), key.x, key.y, &x, &y))
    return box;
  return (GdkRectangle) { x, y, key.width, key.height };
}

/* From where the key begins on in a row, around it in a tile. */
static int
find_x (CofferKeyCells     *self,
        const GdkRectangle *key,
        int                 width)
{
  int x = key->x + (key->width - width) / 2;

  if (self->full_width)
    x = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL ? key->x + key->width + BEFORE_TEXT - width : key->x - BEFORE_TEXT;
  return CLAMP (x, 0, MAX (gtk_widget_get_width (GTK_WIDGET (self)) - width, 0));
}

/* Called while sizes are given out. */
void
coffer_key_cells_place_writer (CofferKeyCells *self)
{
  int room = gtk_widget_get_width (GTK_WIDGET (self)), width, height, minimum;
  GdkRectangle key;

  if (self->writer == NULL)
    return;
  key = get_key_box (self, coffer_entry_get_position (self->renamed));
  gtk_widget_measure (self->writer, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  width = MAX (MAX (key.width + BEFORE_TEXT, minimum), MIN (MIN_WIDTH, room));
  gtk_widget_measure (self->writer, GTK_ORIENTATION_VERTICAL, width, NULL, &height, NULL, NULL);
  key.x = find_x (self, &key, width);
  key.y += (key.height - height) / 2;
  gtk_widget_size_allocate (self->writer, &(GtkAllocation) { key.x, key.y, width, height }, -1);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->refusal), &(GdkRectangle) { key.x, key.y, width, height });
  gtk_popover_present (GTK_POPOVER (self->refusal));
}

static void
focus_moved_cb (CofferKeyCells *self)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self)));

  if (self->writer != NULL && (focus == NULL || !gtk_widget_is_ancestor (focus, self->writer)))
    coffer_key_cells_end_rename (self);
}

/* Its key went, or came to lie elsewhere. */
void
coffer_key_cells_follow_renamed (CofferKeyCells *self)
{
  guint position = self->writer != NULL ? coffer_entry_get_position (self->renamed) : 0;
  g_autoptr(CofferEntry) entry = NULL;

  if (self->writer == NULL)
    return;
  entry = position < coffer_key_cells_get_n_keys (self) ? g_list_model_get_item (G_LIST_MODEL (self->selection), position) : NULL;
  if (entry != self->renamed)
    coffer_key_cells_end_rename (self);
}

void
coffer_key_cells_end_rename (CofferKeyCells *self)
{
  GtkWidget *writer = g_steal_pointer (&self->writer);
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  gboolean had_focus = writer != NULL && focus != NULL && gtk_widget_is_ancestor (focus, writer);

  if (writer == NULL)
    return;
  if (root != NULL)
    g_signal_handlers_disconnect_by_func (root, focus_moved_cb, self);
  g_clear_pointer (&self->refusal, gtk_widget_unparent);
  gtk_widget_unparent (writer);
  g_clear_object (&self->renamed);
  g_clear_pointer (&self->note, g_free);
  if (had_focus)
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

void
coffer_key_cells_finish_rename (CofferKeyCells *self,
                                CofferEntry    *entry)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  if (self->renamed == entry)
    coffer_key_cells_end_rename (self);
}

gboolean
coffer_key_cells_is_writing (CofferKeyCells *self,
                             double          x,
                             double          y)
{
  GtkWidget *widget = self->writer != NULL ? gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT) : NULL;

  return widget != NULL && (widget == self->writer || gtk_widget_is_ancestor (widget, self->writer));
}

static void
say (CofferKeyCells *self,
     const char     *text)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->writer), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  gtk_label_set_text (GTK_LABEL (gtk_popover_get_child (GTK_POPOVER (self->refusal))), text);
  gtk_popover_popup (GTK_POPOVER (self->refusal));
}

gboolean
coffer_key_cells_refuse_rename (CofferKeyCells *self,
                                CofferEntry    *entry,
                                const char     *problem)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELLS (self), FALSE);

  if (self->writer == NULL || self->renamed != entry)
    return FALSE;
  gtk_editable_set_editable (GTK_EDITABLE (self->writer), TRUE);
  gtk_widget_add_css_class (self->writer, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->writer), GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE, -1);
  say (self, problem);
  return TRUE;
}

static void
written_cb (CofferKeyCells *self)
{
  if (!gtk_widget_has_css_class (self->writer, "error"))
    return;
  gtk_widget_remove_css_class (self->writer, "error");
  gtk_accessible_reset_state (GTK_ACCESSIBLE (self->writer), GTK_ACCESSIBLE_STATE_INVALID);
  gtk_accessible_reset_property (GTK_ACCESSIBLE (self->writer), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
  if (self->note != NULL)
    say (self, self->note);
  else
    gtk_popover_popdown (GTK_POPOVER (self->refusal));
}

/* It stays until what is done with that key has ended: well or not. */
static void
activate_cb (CofferKeyCells *self)
{
  g_autofree char *text = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->writer)));

  if (!gtk_editable_get_editable (GTK_EDITABLE (self->writer)))
    return;
  written_cb (self);
  gtk_editable_set_editable (GTK_EDITABLE (self->writer), FALSE);
  g_signal_emit (self, coffer_key_cells_renamed_signal, 0, self->renamed, text);
}

/* What the entry has no use for is not for the cells around it either: they would select others, or look at one. */
static gboolean
key_pressed_cb (CofferKeyCells  *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  if (keyval == GDK_KEY_Escape)
    {
      coffer_key_cells_end_rename (self);
      return GDK_EVENT_STOP;
    }
  if (keyval == GDK_KEY_Tab || keyval == GDK_KEY_ISO_Left_Tab || keyval == GDK_KEY_KP_Tab)
    return GDK_EVENT_PROPAGATE;
  if ((state & GDK_CONTROL_MASK) != 0)
    return gdk_keyval_to_unicode (keyval) < 0x80 && strchr ("acxvACXV", gdk_keyval_to_unicode (keyval)) != NULL;   /* NUL: an arrow */
  return (state & (GDK_ALT_MASK | GDK_SUPER_MASK)) == 0 && (keyval < GDK_KEY_F1 || keyval > GDK_KEY_F35 || keyval == GDK_KEY_F2);
}

static GtkWidget *
make_refusal (CofferKeyCells *self)
{
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 40);
  gtk_popover_set_child (GTK_POPOVER (popover), label);
  gtk_popover_set_autohide (GTK_POPOVER (popover), FALSE);
  gtk_popover_set_position (GTK_POPOVER (popover), GTK_POS_BOTTOM);
  gtk_widget_set_can_focus (popover, FALSE);
  gtk_widget_set_parent (popover, GTK_WIDGET (self));
  return popover;
}

static GtkWidget *
make_writer (CofferKeyCells *self,
             const char     *text)
{
  GtkWidget *writer = gtk_entry_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_add_css_class (writer, "rename");
  gtk_accessible_update_property (GTK_ACCESSIBLE (writer), GTK_ACCESSIBLE_PROPERTY_LABEL, _("New key"), -1);
  gtk_editable_set_text (GTK_EDITABLE (writer), text);
  gtk_editable_set_width_chars (GTK_EDITABLE (writer), 6);
  g_signal_connect_swapped (writer, "changed", G_CALLBACK (written_cb), self);
  g_signal_connect_swapped (writer, "activate", G_CALLBACK (activate_cb), self);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (writer, keys);
  gtk_widget_set_parent (writer, GTK_WIDGET (self));
  return writer;
}

/* As file managers do: the last part, up to its ending. */
static void
select_name (GtkEditable *writer)
{
  const char *text = gtk_editable_get_text (writer);
  const char *name = text, *end;

  for (const char *c = text; *c != '\0'; c++)
    if ((*c == '/' || *c == ':') && c[1] != '\0')
      name = c + 1;
  end = strrchr (name, '.');
  gtk_editable_select_region (writer, g_utf8_pointer_to_offset (text, name),
                              end != NULL && end > name ? g_utf8_pointer_to_offset (text, end) : -1);
}

void
coffer_key_cells_rename (CofferKeyCells *self,
                         guint           position,
                         const char     *text,
                         const char     *note)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  coffer_key_cells_end_rename (self);
  if (position >= coffer_key_cells_get_n_keys (self))
    return;
  coffer_key_cells_stop_band (self);
  coffer_key_cells_reveal (self, position);
  self->renamed = g_list_model_get_item (G_LIST_MODEL (self->selection), position);
  self->refusal = make_refusal (self);
  self->writer = make_writer (self, text);
  self->note = g_strdup (note);
  gtk_widget_grab_focus (self->writer);
  select_name (GTK_EDITABLE (self->writer));
  g_signal_connect_object (gtk_widget_get_root (GTK_WIDGET (self)), "notify::focus-widget", G_CALLBACK (focus_moved_cb), self, G_CONNECT_SWAPPED);
  if (note != NULL)
    say (self, note);
}
