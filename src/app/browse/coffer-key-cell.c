/* SPDX-License-Identifier: MIT */
/* Main thread. */
#define G_LOG_DOMAIN "coffer-key-cell"

#include "coffer-key-cell.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "coffer-key-words.h"

/* What is said of the entry. Copies: what an entry no longer says is freed, and other words may lie there then. */
typedef struct {
  char *key;
  guint64 size;
  const char *type;   /* lasts */
  char *error;
  gboolean unsaved;
} Known;

typedef struct {
  CofferKeyPicture *picture;
  CofferEntry *entry;
  Known known;
  gboolean selected;
  gboolean is_described;
} CofferKeyCellPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CofferKeyCell, coffer_key_cell, GTK_TYPE_WIDGET)

static CofferKeyCellPrivate *
get_private (gpointer self)
{
  return coffer_key_cell_get_instance_private (COFFER_KEY_CELL (self));
}

CofferKeyLine
coffer_key_cell_get_line (GtkWidget *widget,
                          double     scale)
{
  PangoFontMetrics *metrics = pango_context_get_metrics (gtk_widget_get_pango_context (widget), NULL, NULL);
  int ascent = pango_font_metrics_get_ascent (metrics);
  int descent = pango_font_metrics_get_descent (metrics);

  pango_font_metrics_unref (metrics);
  return (CofferKeyLine) { PANGO_PIXELS_CEIL (ascent * scale), PANGO_PIXELS_CEIL ((ascent + descent) * scale) };
}

double
coffer_key_cell_get_alpha (double alpha)
{
  return adw_style_manager_get_high_contrast (adw_style_manager_get_default ()) ? 1 : alpha;
}

/* Why there is no value, or no picture, is described. */
static void
describe (CofferKeyCell *self)
{
  CofferKeyCellPrivate *priv = get_private (self);
  const char *problem = priv->entry != NULL ? coffer_entry_get_error (priv->entry) : NULL;

  if (problem == NULL && coffer_key_picture_is_broken (priv->picture))
    problem = coffer_key_picture_broken_text ();
  if (problem == NULL && priv->entry != NULL && coffer_entry_get_unsaved (priv->entry))
    problem = _("Waits to be written");
  if (problem != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, problem, -1);
  else if (priv->is_described)
    gtk_accessible_reset_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
  priv->is_described = problem != NULL;
}

static void
describe_cb (GtkWidget *widget)
{
  describe (COFFER_KEY_CELL (widget));
}

static void
speak (CofferKeyCell *self)
{
  CofferEntry *entry = get_private (self)->entry;
  const char *key = coffer_entry_get_display_key (entry);
  g_autofree char *detail = coffer_key_words_format_size_and_type (entry);
  g_autofree char *spoken = NULL;

  if (key == NULL)
    key = _("Loading");
  spoken = *detail != '\0' ? g_strdup_printf (_("%s, %s"), key, detail) : g_strdup (key);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  describe (self);
}

static void
known_clear (Known *known)
{
  g_free (known->key);
  g_free (known->error);
  *known = (Known) { .size = 0 };   /* which no entry has that says nothing else */
}

/* Returns: whether it was another */
static gboolean
known_update (Known       *known,
              CofferEntry *entry)
{
  const char *key = coffer_entry_get_display_key (entry);
  guint64 size = coffer_entry_get_size (entry);
  const char *type = coffer_entry_get_type_label (entry);
  const char *error = coffer_entry_get_error (entry);

  if (size == known->size && type == known->type && coffer_entry_get_unsaved (entry) == known->unsaved && g_strcmp0 (key, known->key) == 0 && g_strcmp0 (error, known->error) == 0)
    return FALSE;

  known_clear (known);
  *known = (Known) { g_strdup (key), size, type, g_strdup (error), coffer_entry_get_unsaved (entry) };
  return TRUE;
}

/* What is known of an entry comes in several notifications at once: the first does it all. */
static void
update_cb (CofferKeyCell *self)
{
  CofferKeyCellPrivate *priv = get_private (self);

  if (!known_update (&priv->known, priv->entry))
    return;

  COFFER_KEY_CELL_GET_CLASS (self)->update (self);
  speak (self);
  coffer_key_picture_set_entry (priv->picture, priv->entry);
}

void
coffer_key_cell_set_entry (CofferKeyCell *self,
                           CofferEntry   *entry)
{
  CofferKeyCellPrivate *priv = get_private (self);

  g_return_if_fail (COFFER_IS_KEY_CELL (self));

  if (priv->entry != NULL)
    g_signal_handlers_disconnect_by_func (priv->entry, update_cb, self);
  g_set_object (&priv->entry, entry);
  known_clear (&priv->known);
  if (entry == NULL)
    {
      coffer_key_picture_set_entry (priv->picture, NULL);
      return;
    }

  g_signal_connect_swapped (entry, "notify", G_CALLBACK (update_cb), self);
  update_cb (self);
}

CofferEntry *
coffer_key_cell_get_entry (CofferKeyCell *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELL (self), NULL);

  return get_private (self)->entry;
}

CofferKeyPicture *
coffer_key_cell_get_picture (CofferKeyCell *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELL (self), NULL);

  return get_private (self)->picture;
}

gboolean
coffer_key_cell_is_content (CofferKeyCell *self,
                            double         x,
                            double         y)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELL (self), FALSE);

  return COFFER_KEY_CELL_GET_CLASS (self)->is_content (self, x, y);
}

void
coffer_key_cell_set_selected (CofferKeyCell *self,
                              gboolean       selected)
{
  CofferKeyCellPrivate *priv = get_private (self);

  g_return_if_fail (COFFER_IS_KEY_CELL (self));

  if (selected == priv->selected)
    return;

  priv->selected = selected;
  if (selected)
    gtk_widget_set_state_flags (GTK_WIDGET (self), GTK_STATE_FLAG_SELECTED, FALSE);
  else
    gtk_widget_unset_state_flags (GTK_WIDGET (self), GTK_STATE_FLAG_SELECTED);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_SELECTED, selected, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
coffer_key_cell_get_selected (CofferKeyCell *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELL (self), FALSE);

  return get_private (self)->selected;
}

/* Asked for only under the pointer: gtk_widget_set_tooltip_text() would ask the display server where that is for each cell. */
static gboolean
coffer_key_cell_query_tooltip (GtkWidget  *widget,
                               int         x,
                               int         y,
                               gboolean    keyboard,
                               GtkTooltip *tooltip)
{
  CofferKeyCellPrivate *priv = get_private (widget);
  const char *key = priv->entry != NULL ? coffer_entry_get_display_key (priv->entry) : NULL;
  const char *problem = priv->entry != NULL ? coffer_entry_get_error (priv->entry) : NULL;
  g_autofree char *text = NULL;

  if (key == NULL || !COFFER_KEY_CELL_GET_CLASS (widget)->is_key_cut (COFFER_KEY_CELL (widget)))
    key = NULL;
  if (problem == NULL && coffer_key_picture_is_broken (priv->picture))
    problem = coffer_key_picture_broken_text ();
  if (problem == NULL && priv->entry != NULL && coffer_entry_get_unsaved (priv->entry))
    problem = _("Waits to be written");
  text = key != NULL && problem != NULL ? g_strdup_printf ("%s\n%s", key, problem) : g_strdup (key != NULL ? key : problem);
  gtk_tooltip_set_text (tooltip, text);
  return text != NULL;
}

static void
coffer_key_cell_dispose (GObject *object)
{
  CofferKeyCellPrivate *priv = get_private (object);

  if (priv->picture != NULL)
    coffer_key_cell_set_entry (COFFER_KEY_CELL (object), NULL);
  g_clear_pointer (&priv->picture, coffer_key_picture_free);

  G_OBJECT_CLASS (coffer_key_cell_parent_class)->dispose (object);
}

static void
coffer_key_cell_class_init (CofferKeyCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_key_cell_dispose;
  widget_class->query_tooltip = coffer_key_cell_query_tooltip;

  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LIST_ITEM);
}

static void
coffer_key_cell_init (CofferKeyCell *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_has_tooltip (widget, TRUE);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_SELECTED, FALSE, -1);
  get_private (self)->picture = coffer_key_picture_new (widget, describe_cb);
}
