/* SPDX-License-Identifier: MIT */
/* The title of the keys on show. It says the prefix once: as crumbs to go back along, in the place of the words of a title. Main
 * thread.
 */
#define G_LOG_DOMAIN "coffer-place-title"

#include "coffer-place-title.h"

#include "coffer-breadcrumbs.h"

#define DISPLAY_BYTES 512

struct _CofferPlaceTitle {
  AdwBin parent_instance;

  AdwWindowTitle *title;    /* owned, as `way`: one of them is the child */
  GtkWidget *way;
  CofferBreadcrumbs *crumbs;
  GtkLabel *subtitle;
};

static guint chosen_signal;

G_DEFINE_FINAL_TYPE (CofferPlaceTitle, coffer_place_title, ADW_TYPE_BIN)

void
coffer_place_title_set_place (CofferPlaceTitle       *self,
                              const char             *name,
                              GBytes                 *prefix,
                              const CofferSeparators *separators)
{
  g_return_if_fail (COFFER_IS_PLACE_TITLE (self));

  adw_bin_set_child (ADW_BIN (self), prefix != NULL ? self->way : GTK_WIDGET (self->title));
  adw_window_title_set_title (self->title, name);
  if (prefix != NULL)
    {
      gsize size;
      const char *data = g_bytes_get_data (prefix, &size);
      g_autofree char *shown = coffer_key_bytes_to_display (data, size, DISPLAY_BYTES);

      coffer_breadcrumbs_set_place (self->crumbs, name, prefix, separators);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->crumbs), GTK_ACCESSIBLE_PROPERTY_LABEL, shown, -1);
    }
}

void
coffer_place_title_set_subtitle (CofferPlaceTitle *self,
                                 const char       *subtitle)
{
  g_return_if_fail (COFFER_IS_PLACE_TITLE (self));

  adw_window_title_set_subtitle (self->title, subtitle);
  gtk_label_set_text (self->subtitle, subtitle);
  gtk_widget_set_visible (GTK_WIDGET (self->subtitle), *subtitle != '\0');   /* as a title does: else the crumbs are above the middle */
}

static void
crumb_chosen_cb (CofferPlaceTitle *self,
                 GBytes           *prefix)
{
  g_signal_emit (self, chosen_signal, 0, prefix);
}

static void
coffer_place_title_dispose (GObject *object)
{
  CofferPlaceTitle *self = COFFER_PLACE_TITLE (object);

  G_OBJECT_CLASS (coffer_place_title_parent_class)->dispose (object);

  g_clear_object (&self->title);
  g_clear_object (&self->way);
}

static void
coffer_place_title_class_init (CofferPlaceTitleClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_place_title_dispose;

  chosen_signal = g_signal_new ("chosen", COFFER_TYPE_PLACE_TITLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_BYTES);
}

static void
coffer_place_title_init (CofferPlaceTitle *self)
{
  self->title = g_object_ref_sink (ADW_WINDOW_TITLE (adw_window_title_new ("", "")));
  self->crumbs = COFFER_BREADCRUMBS (coffer_breadcrumbs_new ());
  g_signal_connect_swapped (self->crumbs, "chosen", G_CALLBACK (crumb_chosen_cb), self);
  self->subtitle = g_object_new (GTK_TYPE_LABEL, "visible", FALSE, "ellipsize", PANGO_ELLIPSIZE_END, "single-line-mode", TRUE,
                                 "css-classes", (const char *[]) { "subtitle", NULL }, NULL);
  self->way = g_object_new (GTK_TYPE_BOX, "orientation", GTK_ORIENTATION_VERTICAL, "valign", GTK_ALIGN_CENTER,
                            "css-classes", (const char *[]) { "way", NULL }, NULL);
  gtk_box_append (GTK_BOX (self->way), GTK_WIDGET (self->crumbs));
  gtk_box_append (GTK_BOX (self->way), GTK_WIDGET (self->subtitle));
  g_object_ref_sink (self->way);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->title));
}
