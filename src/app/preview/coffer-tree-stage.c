/* SPDX-License-Identifier: MIT */
/*
 * A value taken apart. The content has its tree; of an array all values are looked at in turns (coffer-array-scan.h), for the facts
 * and the picture. Where there is room the bytes are beside the tree, and what is chosen in one is shown in the other. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-tree-stage.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "coffer-array-scan.h"
#include "coffer-bytes-stage.h"
#include "coffer-facts-list.h"
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
  CofferVault *vault;        /* unowned, and so the content: while there is a tree */
  CofferContent *content;
  gboolean large;            /* with its bytes beside it */
  guint followed;            /* the node that was chosen among the bytes, or G_MAXUINT */
  gboolean is_leading;       /* the bytes follow just now */

  GtkWidget *box;
  GtkWidget *beside;
  CofferStage *bytes_stage;  /* in it, or NULL */
  CofferFactsList *facts;
  GtkWidget *note;
  GtkImage *note_icon;
  GtkLabel *note_words;
  CofferPicture *picture;
  CofferTreeView *view;
};

static void coffer_tree_stage_iface_init (CofferStageInterface *iface);
static void range_changed_cb (CofferTreeStage *self);
static void selected_cb (CofferTreeStage *self);

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
hide_bytes (CofferTreeStage *self)
{
  if (self->bytes_stage != NULL)
    coffer_stage_clear (self->bytes_stage);
  gtk_widget_set_visible (self->beside, FALSE);
}

static void
show_bytes (CofferTreeStage *self)
{
  if (!self->large || self->tree == NULL)
    {
      hide_bytes (self);
      return;
    }

  if (self->bytes_stage == NULL)
    {
      self->bytes_stage = g_object_new (COFFER_TYPE_BYTES_STAGE, "vexpand", TRUE, NULL);
      gtk_box_prepend (GTK_BOX (self->beside), GTK_WIDGET (self->bytes_stage));
      g_signal_connect_swapped (self->bytes_stage, "range-changed", G_CALLBACK (range_changed_cb), self);
    }
  self->is_leading = TRUE;
  coffer_stage_show (self->bytes_stage, self->vault, self->key, self->content);
  self->is_leading = FALSE;
  gtk_widget_set_visible (self->beside, TRUE);
  selected_cb (self);
}

void
coffer_tree_stage_set_large (CofferTreeStage *self,
                             gboolean         large)
{
  g_return_if_fail (COFFER_IS_TREE_STAGE (self));

  self->large = large;
  show_bytes (self);
}

static void
coffer_tree_stage_clear (CofferStage *stage)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (stage);

  g_clear_pointer (&self->scan, coffer_array_scan_free);
  hide_bytes (self);
  self->vault = NULL;
  self->content = NULL;
  self->followed = G_MAXUINT;
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
    {
      self->content = content;
      show_bytes (self);
      return;
    }

  coffer_tree_stage_clear (stage);
  self->vault = vault;
  self->content = content;
  self->tree = coffer_tree_ref (content->tree);
  self->bytes = g_bytes_ref (content->bytes);
  self->key = coffer_key_ref (key);
  self->header = content->facts->data_offset;
  show_note (self);
  coffer_tree_view_set_tree (self->view, self->tree);
  begin_scan (self, vault);
  show_bytes (self);
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

static char *
dup_reading (CofferTreeStage *self,
             guint            node)
{
  gboolean is_dim;
  g_autofree char *type = coffer_tree_dup_type (self->tree, node);
  g_autofree char *value = coffer_tree_dup_value (self->tree, node, &is_dim);

  return *value != '\0' ? g_strdup_printf ("%s, %s", type, value) : g_strdup (type);
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
  add_fact (facts, _("Reads as"), dup_reading (self, node));
}

static void
show_facts_beside (CofferTreeStage *self)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) facts = NULL;

  add_selection_facts (self, builder);
  add_fact (builder, _("Stored as"), g_strdup (self->content->facts->stored_as));
  facts = g_strv_builder_end (builder);
  coffer_facts_list_set (self->facts, (const char * const *) facts);
}

/* Name and value are marked, the value is selected, unless bytes of its own were selected there. */
static void
lead_bytes (CofferTreeStage *self,
            guint            node)
{
  gsize offset, length, name, name_length;

  coffer_tree_get_range (self->tree, node, &offset, &length);
  coffer_tree_get_name_range (self->tree, node, &name, &name_length);
  if (name_length == 0)
    name = offset;
  coffer_bytes_stage_set_mark (COFFER_BYTES_STAGE (self->bytes_stage), self->header + name, offset + length - name);
  if (node == self->followed || length == 0)
    return;

  self->followed = G_MAXUINT;
  self->is_leading = TRUE;
  coffer_stage_set_range (self->bytes_stage, self->header + offset, length);
  self->is_leading = FALSE;
}

static void
selected_cb (CofferTreeStage *self)
{
  guint node = self->tree != NULL ? coffer_tree_view_get_selected (self->view) : G_MAXUINT;

  if (self->tree != NULL && gtk_widget_get_visible (self->beside))
    {
      if (node != G_MAXUINT)
        lead_bytes (self, node);
      else
        coffer_bytes_stage_set_mark (COFFER_BYTES_STAGE (self->bytes_stage), 0, 0);
      show_facts_beside (self);
    }
  coffer_stage_facts_changed (COFFER_STAGE (self));
}

static guint
find_node (CofferTreeStage *self,
           guint64          offset)
{
  return offset >= self->header ? coffer_tree_find_node (self->tree, offset - self->header) : G_MAXUINT;
}

static void
range_changed_cb (CofferTreeStage *self)
{
  guint64 offset, size;

  if (self->is_leading || self->tree == NULL || !coffer_stage_get_range (self->bytes_stage, &offset, &size))
    return;

  self->followed = find_node (self, offset);
  coffer_tree_view_select (self->view, self->followed);
}

static gboolean
coffer_tree_stage_get_range (CofferStage *stage,
                             guint64     *offset,
                             guint64     *size)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (stage);
  guint node = self->tree != NULL ? coffer_tree_view_get_selected (self->view) : G_MAXUINT;
  gsize at, length;

  if (node == G_MAXUINT)
    return FALSE;

  coffer_tree_get_range (self->tree, node, &at, &length);
  *offset = self->header + at;
  *size = length;

  return length > 0;
}

static void
coffer_tree_stage_set_range (CofferStage *stage,
                             guint64      offset,
                             guint64      size)
{
  CofferTreeStage *self = COFFER_TREE_STAGE (stage);

  if (self->tree != NULL)
    coffer_tree_view_select (self->view, find_node (self, offset));
}

static void
too_large_cb (CofferTreeStage *self)
{
  g_autofree char *note = dup_note (self);
  g_autofree char *words = g_strconcat (_("Up to 16 MiB can be copied"), note != NULL ? "\n" : NULL, note, NULL);

  gtk_label_set_label (self->note_words, words);
  gtk_image_set_from_icon_name (self->note_icon, "dialog-information-symbolic");
  gtk_widget_set_visible (self->note, TRUE);
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
  else if (n > 1)
    add_fact (facts, coffer_tree_get_format (self->tree) == COFFER_TREE_PICKLE ? _("Opcodes") : _("Entries"),
              dup_count (n - 1));
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
  iface->get_range = coffer_tree_stage_get_range;
  iface->set_range = coffer_tree_stage_set_range;
}

static void
coffer_tree_stage_class_init (CofferTreeStageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_tree_stage_dispose;

  g_type_ensure (ADW_TYPE_LEAFLET);
  g_type_ensure (COFFER_TYPE_FACTS_LIST);
  g_type_ensure (COFFER_TYPE_PICTURE);
  g_type_ensure (COFFER_TYPE_TREE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-tree-stage.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, box);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, beside);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeStage, facts);
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
  self->followed = G_MAXUINT;
  g_signal_connect_swapped (self->view, "selected", G_CALLBACK (selected_cb), self);
  g_signal_connect_swapped (self->view, "too-large", G_CALLBACK (too_large_cb), self);
}
