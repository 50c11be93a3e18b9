/* SPDX-License-Identifier: MIT */
/* The Key column's cell. It also speaks for its row: key, size and type are the accessible name of the row widget around it,
 * which GTK 4.8 gives no other way to set. Follows its entry while it is bound. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-cell"

#include "coffer-key-cell.h"

#include <glib/gi18n-lib.h>

#include "coffer-fact-cell.h"

struct _CofferKeyCell {
  GtkWidget parent_instance;

  GtkImage *plate;
  GtkWidget *lines;
  GtkInscription *key_text;
  GtkInscription *detail_text;  /* made for the first row of two lines */

  CofferEntry *entry;
  char *detail;                 /* as it is shown or spoken */
  gboolean named;
};

G_DEFINE_FINAL_TYPE (CofferKeyCell, coffer_key_cell, GTK_TYPE_WIDGET)

static const struct {
  const char *content_type; /* or its beginning, when it ends with a slash */
  const char *icon_name;
} icons[] = {
  { "image/", "image-x-generic-symbolic" },
  { "video/", "video-x-generic-symbolic" },
  { "audio/", "audio-x-generic-symbolic" },
  { "font/", "font-x-generic-symbolic" },
  { "text/", "text-x-generic-symbolic" },
  { "application/json", "text-x-generic-symbolic" },
  { "application/ogg", "audio-x-generic-symbolic" },
  { "application/rtf", "text-x-generic-symbolic" },
  { "application/x-matroska", "video-x-generic-symbolic" },
  { "application/xml", "text-x-generic-symbolic" },
  { "application/gzip", "package-x-generic-symbolic" },
  { "application/vnd.rar", "package-x-generic-symbolic" },
  { "application/x-7z-compressed", "package-x-generic-symbolic" },
  { "application/x-bzip", "package-x-generic-symbolic" },
  { "application/x-bzip2", "package-x-generic-symbolic" },
  { "application/x-lz4", "package-x-generic-symbolic" },
  { "application/x-tar", "package-x-generic-symbolic" },
  { "application/x-xz", "package-x-generic-symbolic" },
  { "application/zip", "package-x-generic-symbolic" },
  { "application/zstd", "package-x-generic-symbolic" },
  { "application/vnd.apache.parquet", "x-office-spreadsheet-symbolic" },
  { "application/vnd.ms-excel+xml", "x-office-spreadsheet-symbolic" },
  { "application/x-hdf", "x-office-spreadsheet-symbolic" },
  { "application/x-hdf5", "x-office-spreadsheet-symbolic" },
  { "application/x-npy", "x-office-spreadsheet-symbolic" },
  { "application/x-numpy", "x-office-spreadsheet-symbolic" },
  { "application/wasm", "application-x-executable-symbolic" },
  { "application/x-executable", "application-x-executable-symbolic" },
  { "application/x-shellscript", "application-x-executable-symbolic" },
};

const char *
coffer_key_cell_icon_name (const char *content_type)
{
  if (content_type == NULL)
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (icons); i++)
    if (g_str_has_suffix (icons[i].content_type, "/") ? g_str_has_prefix (content_type, icons[i].content_type)
                                                      : g_str_equal (content_type, icons[i].content_type))
      return icons[i].icon_name;

  return "x-office-document-symbolic";
}

/* "3.9 MB, JPEG": what is known of it. */
static char *
format_detail (CofferEntry *entry)
{
  g_autofree char *size = coffer_fact_format_size (coffer_entry_get_size (entry));
  const char *type = coffer_entry_get_type_label (entry);

  if (coffer_entry_get_error (entry) != NULL)
    return g_strdup (coffer_entry_get_error (entry));
  if (*size == '\0' || type == NULL)
    return g_strdup (type != NULL ? type : size);

  /* Translators: a size and a kind of value, as in "3.9 MB, JPEG" */
  return g_strdup_printf (_("%s, %s"), size, type);
}

static void
name_row (CofferKeyCell *self,
          const char    *key,
          const char    *detail)
{
  GtkWidget *cell = gtk_widget_get_parent (GTK_WIDGET (self));
  GtkWidget *row = cell != NULL ? gtk_widget_get_parent (cell) : NULL;
  g_autofree char *name = NULL;

  if (row == NULL || key == NULL)
    return;
  name = *detail != '\0' ? g_strdup_printf (_("%s, %s"), key, detail) : g_strdup (key);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
update_text (CofferKeyCell *self)
{
  const char *key = self->entry != NULL ? coffer_entry_get_display_key (self->entry) : NULL;
  g_autofree char *detail = self->entry != NULL ? format_detail (self->entry) : NULL;

  if (!self->named || g_strcmp0 (key, gtk_inscription_get_text (self->key_text)) != 0 || g_strcmp0 (detail, self->detail) != 0)
    {
      gtk_inscription_set_text (self->key_text, key);
      if (self->detail_text != NULL)
        gtk_inscription_set_text (self->detail_text, detail);
      if (self->entry != NULL)
        name_row (self, key, detail);
      self->named = self->entry != NULL;
      g_free (self->detail);
      self->detail = g_steal_pointer (&detail);
    }
}

static void
update_plate (CofferKeyCell *self)
{
  gboolean failed = self->entry != NULL && coffer_entry_get_error (self->entry) != NULL;
  const char *icon_name = self->entry == NULL ? NULL : coffer_key_cell_icon_name (coffer_entry_get_content_type (self->entry));

  gtk_image_set_from_icon_name (self->plate, failed ? "dialog-warning-symbolic" : icon_name);
  if (failed)
    gtk_widget_add_css_class (GTK_WIDGET (self->plate), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->plate), "warning");
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), failed);
}

/* What is known of an entry comes in several notifications at once: the first does it all. */
static void
update_cb (CofferKeyCell *self)
{
  update_text (self);
  update_plate (self);
}

/* Asked for only under the pointer: gtk_widget_set_tooltip_text() would ask the display server where that is for each row. */
static gboolean
coffer_key_cell_query_tooltip (GtkWidget  *widget,
                               int         x,
                               int         y,
                               gboolean    keyboard,
                               GtkTooltip *tooltip)
{
  CofferKeyCell *self = COFFER_KEY_CELL (widget);
  const char *error = self->entry != NULL ? coffer_entry_get_error (self->entry) : NULL;

  gtk_tooltip_set_text (tooltip, error);
  return error != NULL;
}

void
coffer_key_cell_set_entry (CofferKeyCell *self,
                           CofferEntry   *entry)
{
  g_return_if_fail (COFFER_IS_KEY_CELL (self));

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, update_cb, self);
  g_set_object (&self->entry, entry);
  self->named = FALSE;
  if (entry != NULL)
    g_signal_connect_swapped (entry, "notify", G_CALLBACK (update_cb), self);
  update_cb (self);
}

CofferEntry *
coffer_key_cell_get_entry (CofferKeyCell *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELL (self), NULL);

  return self->entry;
}

static void
make_detail (CofferKeyCell *self)
{
  self->detail_text = g_object_new (GTK_TYPE_INSCRIPTION,
                                    "min-chars", 6,
                                    "nat-chars", 24,
                                    "text-overflow", GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END,
                                    "hexpand", TRUE,
                                    "text", self->detail,
                                    "css-classes", (const char *[]) { "detail", "num", NULL },
                                    NULL);
  gtk_box_append (GTK_BOX (self->lines), GTK_WIDGET (self->detail_text));
}

void
coffer_key_cell_set_compact (CofferKeyCell *self,
                             gboolean       compact)
{
  g_return_if_fail (COFFER_IS_KEY_CELL (self));

  gtk_widget_set_size_request (GTK_WIDGET (self->plate), compact ? 48 : 34, compact ? 36 : 24);
  if (compact && self->detail_text == NULL)
    make_detail (self);
  if (self->detail_text != NULL)
    gtk_widget_set_visible (GTK_WIDGET (self->detail_text), compact);
}

static void
coffer_key_cell_dispose (GObject *object)
{
  CofferKeyCell *self = COFFER_KEY_CELL (object);

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, update_cb, self);
  g_clear_object (&self->entry);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_KEY_CELL);

  G_OBJECT_CLASS (coffer_key_cell_parent_class)->dispose (object);
}

static void
coffer_key_cell_finalize (GObject *object)
{
  g_free (COFFER_KEY_CELL (object)->detail);

  G_OBJECT_CLASS (coffer_key_cell_parent_class)->finalize (object);
}

static void
coffer_key_cell_class_init (CofferKeyCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_key_cell_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_key_cell_finalize;
  widget_class->query_tooltip = coffer_key_cell_query_tooltip;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-key-cell.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferKeyCell, plate);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyCell, lines);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyCell, key_text);
}

static void
coffer_key_cell_init (CofferKeyCell *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_key_cell_set_compact (self, FALSE);
}

GtkWidget *
coffer_key_cell_new (void)
{
  return g_object_new (COFFER_TYPE_KEY_CELL, NULL);
}
