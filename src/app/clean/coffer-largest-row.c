/* SPDX-License-Identifier: MIT */
/* A row of the list of the largest keys, and what it tells of. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-largest-row.h"

#include <glib/gi18n-lib.h>

#define DISPLAY_BYTES 512

struct _CofferSizedKey {
  GObject parent_instance;

  CofferKey *key;
  guint64 size;
  guint64 total;
};

G_DEFINE_FINAL_TYPE (CofferSizedKey, coffer_sized_key, G_TYPE_OBJECT)

static void
coffer_sized_key_finalize (GObject *object)
{
  coffer_key_unref (COFFER_SIZED_KEY (object)->key);

  G_OBJECT_CLASS (coffer_sized_key_parent_class)->finalize (object);
}

static void
coffer_sized_key_class_init (CofferSizedKeyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_sized_key_finalize;
}

static void
coffer_sized_key_init (CofferSizedKey *self)
{
}

CofferSizedKey *
coffer_sized_key_new (CofferKey *key,
                      guint64    size,
                      guint64    total)
{
  CofferSizedKey *self = g_object_new (COFFER_TYPE_SIZED_KEY, NULL);

  self->key = coffer_key_ref (key);
  self->size = size;
  self->total = total;
  return self;
}

CofferKey *
coffer_sized_key_get_key (CofferSizedKey *self)
{
  g_return_val_if_fail (COFFER_IS_SIZED_KEY (self), NULL);

  return self->key;
}

guint64
coffer_sized_key_get_size (CofferSizedKey *self)
{
  g_return_val_if_fail (COFFER_IS_SIZED_KEY (self), 0);

  return self->size;
}

char *
coffer_format_share (guint64 part,
                     guint64 total)
{
  double percent = total > 0 ? 100.0 * (double) part / (double) total : 0;

  if (part > 0 && percent < .1)
    return g_strdup_printf (_("<\u00a0%.1f\u00a0%%"), .1);
  return g_strdup_printf (_("%.1f\u00a0%%"), percent);
}

/* ---- rows ---- */

static GtkWidget *
add_label (GtkWidget          *row,
           PangoEllipsizeMode  ellipsize,
           int                 width_chars,
           const char *const  *classes)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "ellipsize", ellipsize, "single-line-mode", TRUE, "width-chars", width_chars,
                                   "xalign", width_chars > 0 ? 1. : 0., "hexpand", width_chars <= 0, "css-classes", classes, NULL);

  gtk_box_append (GTK_BOX (row), label);
  return label;
}

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item)
{
  static const char *const plain[] = { NULL }, *const size[] = { "num", NULL }, *const share[] = { "num", "dim-label", NULL };
  GtkWidget *row = g_object_new (GTK_TYPE_BOX, "spacing", 12, NULL);

  add_label (row, PANGO_ELLIPSIZE_MIDDLE, -1, plain);
  add_label (row, PANGO_ELLIPSIZE_NONE, 8, size);
  add_label (row, PANGO_ELLIPSIZE_NONE, 7, share);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  CofferSizedKey *self = gtk_list_item_get_item (item);
  GtkWidget *row = gtk_list_item_get_child (item);
  GtkWidget *key = gtk_widget_get_first_child (row);
  GtkWidget *size = gtk_widget_get_next_sibling (key);
  g_autofree char *name = coffer_key_to_display (self->key, DISPLAY_BYTES);
  g_autofree char *bytes = g_format_size (self->size);
  g_autofree char *share = coffer_format_share (self->size, self->total);
  g_autofree char *spoken = g_strdup_printf ("%s · %s · %s", name, bytes, share);

  gtk_label_set_text (GTK_LABEL (key), name);
  gtk_label_set_text (GTK_LABEL (size), bytes);
  gtk_label_set_text (GTK_LABEL (gtk_widget_get_next_sibling (size)), share);
  gtk_widget_set_tooltip_text (key, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_parent (row)), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

GtkListItemFactory *
coffer_largest_row_factory_new (void)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  return factory;
}
