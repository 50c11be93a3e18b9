/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-import-sample.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_NAME 200   /* bytes of a name */

struct _CofferImportSample {
  GtkBox parent_instance;

  GtkImage *icon;
  GtkPicture *picture;
  guint position;
  GtkWidget *name;
  GtkWidget *arrow;
  GtkWidget *key;
  GtkWidget *conflict;
};

G_DEFINE_FINAL_TYPE (CofferImportSample, coffer_import_sample, GTK_TYPE_BOX)

static GtkWidget *
new_label (gboolean is_key)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0f, "hexpand", is_key, "width-chars", 6, "max-width-chars", is_key ? 12 : 20,
                                   "ellipsize", PANGO_ELLIPSIZE_MIDDLE, NULL);

  if (!is_key)
    gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_set_direction (label, GTK_TEXT_DIR_LTR);
  return label;
}

/* A picture takes the place of the icon, and no more. */
static GtkWidget *
new_plate (CofferImportSample *self)
{
  GtkWidget *plate = gtk_overlay_new ();

  gtk_widget_set_valign (plate, GTK_ALIGN_CENTER);
  gtk_overlay_set_child (GTK_OVERLAY (plate), GTK_WIDGET (self->icon));
  gtk_overlay_add_overlay (GTK_OVERLAY (plate), GTK_WIDGET (self->picture));
  return plate;
}

static void
coffer_import_sample_class_init (CofferImportSampleClass *klass)
{
}

static void
coffer_import_sample_init (CofferImportSample *self)
{
  self->icon = GTK_IMAGE (gtk_image_new ());
  self->name = new_label (FALSE);
  self->picture = g_object_new (GTK_TYPE_PICTURE, "content-fit", GTK_CONTENT_FIT_COVER, "visible", FALSE, "overflow", GTK_OVERFLOW_HIDDEN, NULL);
  self->arrow = gtk_image_new_from_icon_name ("go-next-symbolic");
  self->key = new_label (TRUE);
  self->conflict = gtk_label_new (NULL);
  gtk_box_set_spacing (GTK_BOX (self), 10);
  gtk_widget_add_css_class (GTK_WIDGET (self->icon), "sample-plate");
  gtk_widget_add_css_class (GTK_WIDGET (self->picture), "sample-picture");
  gtk_widget_add_css_class (self->arrow, "dim-label");
  gtk_widget_add_css_class (self->conflict, "warning");
  gtk_widget_add_css_class (self->conflict, "caption-heading");
  gtk_box_append (GTK_BOX (self), new_plate (self));
  gtk_box_append (GTK_BOX (self), self->name);
  gtk_box_append (GTK_BOX (self), self->arrow);
  gtk_box_append (GTK_BOX (self), self->key);
  gtk_box_append (GTK_BOX (self), self->conflict);
}

GtkWidget *
coffer_import_sample_new (void)
{
  return g_object_new (COFFER_TYPE_IMPORT_SAMPLE, NULL);
}

static void
set_icon (GtkImage   *image,
          const char *name)
{
  g_autofree char *type = g_content_type_guess (name, NULL, 0, NULL);
  g_autoptr(GIcon) icon = g_content_type_get_symbolic_icon (type);

  gtk_image_set_from_gicon (image, icon);
}

/* The prefix is dimmed: the end of a key is what people read. */
static void
set_key (GtkLabel *label,
         GBytes   *key,
         gsize     prefix_size)
{
  gsize size;
  const char *bytes = g_bytes_get_data (key, &size);
  g_autofree char *prefix = prefix_size > 0 ? coffer_key_bytes_to_display (bytes, prefix_size, MAX_NAME) : g_strdup ("");
  g_autofree char *rest = coffer_key_bytes_to_display (bytes + prefix_size, size - prefix_size, MAX_NAME);
  g_autofree char *markup = g_markup_printf_escaped ("<span alpha=\"62%%\">%s</span>%s", prefix, rest);

  gtk_label_set_markup (label, markup);
}

/* What stands in the way, in a word. (nullable): nothing, or nobody knows */
static const char *
describe_conflict (const CofferAddition *addition)
{
  if (addition == NULL || (addition->found_size == G_MAXUINT64 && !addition->twice))
    return NULL;
  if (addition->identical)
    return _("identical");
  /* Translators: beside a key, in the vault already, or given to two files */
  return addition->twice ? _("twice") : _("exists");
}

void
coffer_import_sample_set (CofferImportSample     *self,
                          CofferImportPlan       *plan,
                          CofferAdditions        *additions,
                          guint                   position,
                          const CofferImportRule *rule)
{
  g_autofree char *name = NULL, *shown = NULL;
  g_autoptr(GBytes) key = NULL;
  const char *conflict;

  g_return_if_fail (COFFER_IS_IMPORT_SAMPLE (self));

  name = coffer_import_plan_dup_name (plan, position);
  shown = coffer_key_bytes_to_display (name, strlen (name), MAX_NAME);
  key = coffer_import_plan_dup_key (plan, position, rule);
  conflict = describe_conflict (additions != NULL ? coffer_additions_get (additions, position) : NULL);
  self->position = position;
  set_icon (self->icon, name);
  gtk_label_set_text (GTK_LABEL (self->name), shown);
  set_key (GTK_LABEL (self->key), key, rule->prefix != NULL ? g_bytes_get_size (rule->prefix) : 0);
  gtk_label_set_text (GTK_LABEL (self->conflict), conflict != NULL ? conflict : "");
  gtk_widget_set_visible (self->conflict, conflict != NULL);
}

void
coffer_import_sample_set_picture (CofferImportSample *self,
                                  GdkTexture         *picture)
{
  g_return_if_fail (COFFER_IS_IMPORT_SAMPLE (self));

  gtk_picture_set_paintable (self->picture, GDK_PAINTABLE (picture));
  gtk_widget_set_visible (GTK_WIDGET (self->picture), picture != NULL);
}

guint
coffer_import_sample_get_position (CofferImportSample *self)
{
  g_return_val_if_fail (COFFER_IS_IMPORT_SAMPLE (self), 0);

  return self->position;
}

void
coffer_import_sample_set_narrow (CofferImportSample *self,
                                 gboolean            narrow)
{
  g_return_if_fail (COFFER_IS_IMPORT_SAMPLE (self));

  gtk_widget_set_visible (self->name, !narrow);
  gtk_widget_set_visible (self->arrow, !narrow);
}

GtkWidget *
coffer_import_sample_get_name (CofferImportSample *self)
{
  g_return_val_if_fail (COFFER_IS_IMPORT_SAMPLE (self), NULL);

  return self->name;
}
