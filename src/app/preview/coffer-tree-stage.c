/* SPDX-License-Identifier: MIT */
/*
 * A value taken apart. The content has its tree; of an array all values are looked at in turns (coffer-array-scan.h), for the facts
 * and the picture. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-tree-stage.h"

#include <glib/gi18n-lib.h>

#include "coffer-array-scan.h"
#include "coffer-picture.h"
#include "coffer-tree-view.h"

#define PICTURE_HEIGHT 220
#define HEX_BYTES 16

struct _CofferTreeStage
{
  GtkWidget parent_instance;

  CofferTree *tree;
  CofferKey *key;
  gsize header;              /* bytes before the data */
  GBytes *bytes;             /* that the tree is of */
  CofferArrayScan *scan;     /* of an array */

  GtkWidget *box;
  GtkWidget *note;
  GtkImage *note_icon;
  GtkLabel *note_words;
  CofferPicture *picture;
  CofferTreeView *view;
};

static void coffer_tree_stage_iface_init (CofferStageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferTreeStage, coffer_tree_stage, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (COFFER_TYPE_STAGE, coffer_tree_stage_iface_init))

static char *
dup_note (CofferTreeStage *self)
{
  const char *problem = coffer_tree_get_problem (self->tree);
  gboolean is_pickle = coffer_tree_get_format (self->tree) == COFFER_TREE_PICKLE;
  const char *pickle = is_pickle ? _("Shown, never run. A pickle is a program: one from a stranger could do anything.") : NULL;
  g_autofree char *place = g_strdup_printf ("%'" G_GSIZE_FORMAT, coffer_tree_get_stop (self->tree) + self->header);
  g_autofree char *stop = problem != NULL ? g_strdup_printf (_("Stops at byte %s: %s"), place, problem) : NULL;

  return pickle != NULL && stop != NULL ? g_strconcat (pickle, "\n", stop, NULL) : g_strdup (stop != NULL ? stop : pickle);
}

static void
show_note (CofferTreeStage *self)
{
  g_autofree char *note = dup_note (self);
  gboolean is_problem = coffer_tree_get_problem (self->tree) != NULL;

  gtk_widget_set_visible (self->note, note != NULL);
  gtk_label_set_label (self->note_words, note);
  gtk_image_set_from_icon_name (self->note_icon, is_problem ? "dialog-warning-symbolic" : "dialog-information-symbolic");
}

static void
hide_picture (CofferTreeStage *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->picture), FALSE);
  coffer_picture_set_paintable (self->picture, NULL, 0, 0, TRUE);
}

static void
show_picture (CofferTreeStage *self)
{
  guint width, height;
  GBytes *pixels = coffer_array_scan_get_pixels (self->scan, &width, &height);
  g_autoptr(GdkTexture) texture = NULL;
  g_autofree char *spoken = NULL;

  if (pixels == NULL)
    return;

  texture = gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8, pixels, width * 3);
  spoken = g_strdup_printf (_("The array as a picture, %'u × %'u"), width, height);
  coffer_picture_set_paintable (self->picture, GDK_PAINTABLE (texture), width, height, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->picture), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  gtk_widget_set_visible (GTK_WIDGET (self->picture), TRUE);
}

static void
scanned_cb (gpointer data)
{
  CofferTreeStage *self = data;

  show_picture (self);
  coffer_stage_facts_changed (COFFER_STAGE (self));
}

static void
coffer_tree_stage_clear (CofferStage *stage)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (stage);

  g_clear_pointer (&self->scan, coffer_array_scan_free);
  coffer_tree_view_set_tree (self->view, NULL);
  hide_picture (self);
  g_clear_pointer (&self->tree, coffer_tree_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->key, coffer_key_unref);
}

static void
begin_scan (CofferTreeStage *self,
            CofferVault     *vault)
{
  const CofferArray *array = coffer_tree_get_array (self->tree);

  if (array != NULL && !array->is_number && array->n_values > 0)
    self->scan = coffer_array_scan_new (vault, self->key, self->header, array, scanned_cb, self);
}

/* What is open and chosen stays so when the value is the same as before. */
static gboolean
is_on_show (CofferTreeStage *self,
            CofferKey       *key,
            CofferContent   *content)
{
  return self->key != NULL && coffer_key_equal (self->key, key) && coffer_tree_get_array (self->tree) == NULL &&
         coffer_tree_get_format (self->tree) == coffer_tree_get_format (content->tree) &&
         g_bytes_equal (self->bytes, content->bytes);
}

static void
coffer_tree_stage_show (CofferStage   *stage,
                        CofferVault   *vault,
                        CofferKey     *key,
                        CofferContent *content)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (stage);

  if (is_on_show (self, key, content))
    return;

  coffer_tree_stage_clear (stage);
  self->tree = coffer_tree_ref (content->tree);
  self->bytes = g_bytes_ref (content->bytes);
  self->key = coffer_key_ref (key);
  self->header = content->facts->data_offset;
  show_note (self);
  coffer_tree_view_set_tree (self->view, self->tree);
  begin_scan (self, vault);
}

static gboolean
coffer_tree_stage_fills (CofferStage *stage)
{
  return TRUE;
}

static void
add_fact (GStrvBuilder *facts,
          const char   *name,
          char         *value)
{
  if (value != NULL && *value != '\0')
    g_strv_builder_add_many (facts, name, value, NULL);
  g_free (value);
}

static char *
dup_count (guint64 n)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
}

static void
add_statistics (CofferTreeStage   *self,
                const CofferArray *array,
                GStrvBuilder      *facts)
{
  const CofferArrayStats *stats = coffer_array_scan_get_stats (self->scan);
  const GError *error = coffer_array_scan_get_error (self->scan);
  double share = coffer_array_scan_get_share (self->scan);

  if (error != NULL)
    add_fact (facts, _("Not all could be read"), g_strdup (error->message));
  else if (share < 1)
    add_fact (facts, _("Looked at"), g_strdup_printf ("%.0f %%", share * 100));
  if (stats->n_nan > 0)
    add_fact (facts, _("Not a number"), dup_count (stats->n_nan));
  if (stats->n == 0)
    return;
  add_fact (facts, _("Least"), coffer_array_dup_bits (array, stats->min_bits));
  add_fact (facts, _("Greatest"), coffer_array_dup_bits (array, stats->max_bits));
  add_fact (facts, _("Mean"), g_strdup_printf ("%'.6g", stats->sum / stats->n));
}

static void
add_array_facts (CofferTreeStage   *self,
                 const CofferArray *array,
                 GStrvBuilder      *facts)
{
  if (array->is_number)
    return;

  add_fact (facts, _("Numbers"), g_strdup (coffer_array_get_type_name (array)));
  add_fact (facts, _("Shape"), coffer_array_dup_shape (array));
  add_fact (facts, _("Values"), dup_count (array->n_values));
  if (self->scan != NULL)
    add_statistics (self, array, facts);
}

static char *
dup_hex (CofferTreeStage *self,
         gsize            offset,
         gsize            length)
{
  const guint8 *bytes = (const guint8 *) g_bytes_get_data (self->bytes, NULL) + offset;
  g_autoptr(GString) hex = g_string_new (NULL);

  for (gsize i = 0; i < MIN (length, HEX_BYTES); i++)
    g_string_append_printf (hex, i == 0 ? "%02x" : " %02x", bytes[i]);
  if (length > HEX_BYTES)
    g_string_append (hex, " …");

  return g_strdup (hex->str);
}

/* Where in the stored value, its header included, as the bytes view counts. */
static void
add_selection_facts (CofferTreeStage *self,
                     GStrvBuilder    *facts)
{
  guint node = coffer_tree_view_get_selected (self->view);
  gsize offset, length;

  if (node == G_MAXUINT)
    return;

  coffer_tree_get_range (self->tree, node, &offset, &length);
  if (coffer_tree_get_format (self->tree) != COFFER_TREE_PICKLE)
    add_fact (facts, _("Path"), coffer_tree_dup_path (self->tree, node));
  add_fact (facts, _("At"), g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "0x%x, %'u byte", "0x%x, %'u bytes", length),
                                             (guint) (offset + self->header), (guint) length));
  add_fact (facts, _("Bytes"), dup_hex (self, offset, length));
}

static GStrv
coffer_tree_stage_dup_facts (CofferStage *stage)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (stage);
  g_autoptr(GStrvBuilder) facts = g_strv_builder_new ();
  const CofferArray *array;
  guint n;

  if (self->tree == NULL)
    return NULL;

  array = coffer_tree_get_array (self->tree);
  n = coffer_tree_get_n_nodes (self->tree);
  if (array != NULL)
    add_array_facts (self, array, facts);
  else
    add_fact (facts, coffer_tree_get_format (self->tree) == COFFER_TREE_PICKLE ? _("Opcodes") : _("Entries"),
              dup_count (n > 0 ? n - 1 : 0));
  if (coffer_tree_get_protocol (self->tree) > 0)
    add_fact (facts, _("Protocol"), dup_count (coffer_tree_get_protocol (self->tree)));
  add_selection_facts (self, facts);

  return g_strv_builder_end (facts);
}

static void
coffer_tree_stage_dispose (GObject *object)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (object);

  if (self->box != NULL)
    coffer_tree_stage_clear (COFFER_STAGE (self));
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_tree_stage_parent_class)->dispose (object);
}

static void
coffer_tree_stage_iface_init (CofferStageInterface *iface)
{
  iface->show = coffer_tree_stage_show;
  iface->clear = coffer_tree_stage_clear;
  iface->fills = coffer_tree_stage_fills;
  iface->dup_facts = coffer_tree_stage_dup_facts;
}

static void
coffer_tree_stage_class_init (CofferTreeStageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_tree_stage_dispose;

  g_type_ensure (COFFER_TYPE_PICTURE);
  g_type_ensure (COFFER_TYPE_TREE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-tree-stage.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, box);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, note);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, note_icon);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, note_words);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, picture);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, view);
}

static void
coffer_tree_stage_init (CofferTreeStage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_picture_set_max_height (self->picture, PICTURE_HEIGHT);
  g_signal_connect_swapped (self->view, "selected", G_CALLBACK (coffer_stage_facts_changed), self);
}
