/* SPDX-License-Identifier: MIT */
/* The filters of a search, each a button that takes it away. Main thread. */
#define G_LOG_DOMAIN "coffer-search-bar"

#include "coffer-search-bar-private.h"

#include <glib/gi18n-lib.h>

/* What a chip takes away: a group of types, or one of these. */
#define CHIP_SIZES (1u << 30)
#define CHIP_SCOPE (1u << 31)

static void
chip_cb (CofferSearchBar *self,
         GtkWidget       *chip)
{
  guint what = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (chip), "chip"));

  if (what == CHIP_SCOPE)
    {
      g_signal_emit_by_name (self, "scope-removed");
      return;
    }
  if (what == CHIP_SIZES)
    coffer_filter_popover_set_sizes (self->popover, 0, G_MAXUINT64);
  else
    coffer_filter_popover_set_groups (self->popover, coffer_filter_popover_get_groups (self->popover) & ~what);
  coffer_search_bar_update_chips (self);
  coffer_search_bar_apply (self);
}

static void
add_chip (CofferSearchBar *self,
          guint            what,
          const char      *text)
{
  GtkWidget *chip = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (text);
  GtkWidget *image = gtk_image_new_from_icon_name ("window-close-symbolic");
  g_autofree char *spoken = g_strdup_printf (_("Remove Filter: %s"), text);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 30);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), image);
  gtk_button_set_child (GTK_BUTTON (chip), box);
  gtk_widget_set_valign (chip, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (chip, "chip");
  gtk_widget_set_tooltip_text (chip, spoken);
  gtk_accessible_update_property (GTK_ACCESSIBLE (chip), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  g_object_set_data (G_OBJECT (chip), "chip", GUINT_TO_POINTER (what));
  g_signal_connect_swapped (chip, "clicked", G_CALLBACK (chip_cb), self);
  gtk_widget_insert_before (chip, self->chips, self->add_button);
}

static char *
describe_sizes (guint64 min_size,
                guint64 max_size)
{
  g_autofree char *least = coffer_filter_format_size (min_size);
  g_autofree char *most = coffer_filter_format_size (max_size);

  if (max_size == G_MAXUINT64)
    return g_strdup_printf (_("Larger than %s"), least);
  if (min_size == 0)
    return g_strdup_printf (_("Smaller than %s"), most);
  /* Translators: a range of sizes */
  return g_strdup_printf (_("%s to %s"), least, most);
}

static void
add_chips (CofferSearchBar *self)
{
  static const char *const names[] = { N_("Images"), N_("Video"), N_("Audio"), N_("Text"), N_("Data"), N_("Other Types") };
  guint groups = coffer_filter_popover_get_groups (self->popover);
  guint64 min_size, max_size;

  coffer_filter_popover_get_sizes (self->popover, &min_size, &max_size);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if ((groups & 1u << i) != 0)
      add_chip (self, 1u << i, _(names[i]));
  if (min_size > 0 || max_size < G_MAXUINT64)
    {
      g_autofree char *sizes = describe_sizes (min_size, max_size);

      add_chip (self, CHIP_SIZES, sizes);
    }
  if (self->scope != NULL)
    {
      /* Translators: the search is among the keys with this prefix */
      g_autofree char *scope = g_strdup_printf (_("In %s"), self->scope);

      add_chip (self, CHIP_SCOPE, scope);
    }
}

/* The button that is pressed goes with its filter: the keyboard then is at the one to add. */
void
coffer_search_bar_update_chips (CofferSearchBar *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  GtkWidget *chip;
  gboolean had_focus = FALSE;

  while ((chip = gtk_widget_get_first_child (self->chips)) != self->add_button)
    {
      had_focus = had_focus || (focus != NULL && gtk_widget_is_ancestor (focus, chip)) || focus == chip;
      gtk_widget_unparent (chip);
    }
  add_chips (self);
  if (had_focus)
    gtk_widget_grab_focus (self->add_button);
}
