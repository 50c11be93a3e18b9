/* SPDX-License-Identifier: MIT */
/* A row of what was found. It is given other findings as people scroll: what it asked for before is let go of then. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-finding-row.h"

#include <glib/gi18n-lib.h>

#define PLATE_WIDTH 48
#define PLATE_HEIGHT 36
#define LONGEST_KEY 400

struct _CofferFindingRow {
  GtkWidget parent_instance;

  GtkStack *kinds;
  GtkLabel *heading, *detail;
  GtkCheckButton *mark;
  GtkImage *icon;
  GtkPicture *picture;
  GtkLabel *key, *note, *size;

  CofferFindings *list;          /* (nullable) */
  guint position;
  gulong marked_id;
  CofferThumbnail *thumbnail;
  gboolean setting;              /* the mark, by ourselves */
};

G_DEFINE_FINAL_TYPE (CofferFindingRow, coffer_finding_row, GTK_TYPE_WIDGET)

static void
let_go (CofferFindingRow *self)
{
  if (self->list != NULL)
    g_clear_signal_handler (&self->marked_id, self->list);
  g_clear_object (&self->list);
  if (self->thumbnail == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->thumbnail, self);
  coffer_thumbnail_cancel (self->thumbnail);
  g_clear_object (&self->thumbnail);
}

static void
toggled_cb (CofferFindingRow *self)
{
  if (self->list != NULL && !self->setting)
    coffer_findings_mark (self->list, self->position, gtk_check_button_get_active (self->mark));
}

static void
show_mark (CofferFindingRow *self)
{
  self->setting = TRUE;
  gtk_check_button_set_active (self->mark, coffer_findings_is_marked (self->list, self->position));
  self->setting = FALSE;
}

static void
show_picture (CofferFindingRow *self)
{
  GdkTexture *texture = self->thumbnail != NULL ? coffer_thumbnail_get_texture (self->thumbnail) : NULL;
  gboolean broken = self->thumbnail != NULL && coffer_thumbnail_get_state (self->thumbnail) == COFFER_THUMBNAIL_BROKEN;

  gtk_picture_set_paintable (self->picture, GDK_PAINTABLE (texture));
  gtk_widget_set_visible (GTK_WIDGET (self->icon), texture == NULL);
  gtk_image_set_from_icon_name (self->icon, broken ? "image-missing-symbolic" : "text-x-generic-symbolic");
}

static void
set_text (GtkLabel   *label,
          const char *text)
{
  gtk_label_set_text (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL);
}

static void
show_heading (CofferFindingRow         *self,
              const CofferFindingGroup *group)
{
  g_autofree char *size = g_format_size (group->size);
  g_autofree char *free_size = g_format_size ((group->n_keys - 1) * group->size);
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, group->n_keys);
  g_autofree char *shown = g_strdup_printf ("%'u", group->keys->len);
  /* Translators: how many equal values, and how large each is. */
  g_autofree char *heading = g_strdup_printf (_("%s × %s"), number, size);
  g_autofree char *detail = group->n_keys > group->keys->len ? g_strdup_printf (_("Would free %s; %s keys are shown"), free_size, shown)
                                                             : g_strdup_printf (_("Would free %s"), free_size);

  set_text (self->heading, heading);
  set_text (self->detail, detail);
}

static void
show_key (CofferFindingRow         *self,
          const CofferFindingGroup *group,
          CofferKey                *key,
          CofferThumbnails         *thumbnails)
{
  g_autofree char *shown = coffer_key_to_display (key, LONGEST_KEY);
  g_autofree char *size = !group->headed ? g_format_size (group->size) : NULL;
  g_autofree char *label = g_strdup_printf (_("Mark “%s”"), shown);
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));

  set_text (self->key, shown);
  set_text (self->note, group->note);
  set_text (self->size, size);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->note), group->note);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->mark), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  show_mark (self);
  if (thumbnails != NULL)
    {
      self->thumbnail = coffer_thumbnails_request (thumbnails, key, group->size, NULL, PLATE_WIDTH * scale, PLATE_HEIGHT * scale);
      g_signal_connect_swapped (self->thumbnail, "notify", G_CALLBACK (show_picture), self);
    }
  show_picture (self);
}

void
coffer_finding_row_set (CofferFindingRow *self,
                        CofferFindings   *list,
                        guint             position,
                        CofferFinding    *finding,
                        CofferThumbnails *thumbnails)
{
  const CofferFindingGroup *group = finding != NULL ? coffer_finding_get_group (finding) : NULL;
  CofferKey *key = finding != NULL ? coffer_finding_get_key (finding) : NULL;

  let_go (self);
  if (finding == NULL)
    return;
  gtk_stack_set_visible_child_name (self->kinds, key != NULL ? "key" : "heading");
  self->position = position;
  self->list = g_object_ref (list);
  if (key == NULL)
    {
      show_heading (self, group);
      return;
    }
  self->marked_id = g_signal_connect_swapped (list, "marked", G_CALLBACK (show_mark), self);
  show_key (self, group, key, thumbnails);
}

static void
coffer_finding_row_dispose (GObject *object)
{
  let_go (COFFER_FINDING_ROW (object));
  gtk_widget_dispose_template (GTK_WIDGET (object), COFFER_TYPE_FINDING_ROW);

  G_OBJECT_CLASS (coffer_finding_row_parent_class)->dispose (object);
}

static void
coffer_finding_row_class_init (CofferFindingRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_finding_row_dispose;

  gtk_widget_class_set_css_name (widget_class, "findingrow");
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-finding-row.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, kinds);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, heading);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, detail);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, mark);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, icon);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, picture);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, key);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, note);
  gtk_widget_class_bind_template_child (widget_class, CofferFindingRow, size);
  gtk_widget_class_bind_template_callback (widget_class, toggled_cb);
}

static void
coffer_finding_row_init (CofferFindingRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
coffer_finding_row_new (void)
{
  return g_object_new (COFFER_TYPE_FINDING_ROW, NULL);
}
