/* SPDX-License-Identifier: MIT */
/* What values a search is for, to be ticked and typed. A size is a number, as people write it, and a unit; nothing is any
 * size, and what is no number counts as nothing until it is one. Main thread.
 */
#define G_LOG_DOMAIN "coffer-filter-popover"

#include "coffer-filter-popover.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "coffer-filter.h"

#define N_GROUPS 6
#define N_UNITS 4

struct _CofferFilterPopover {
  GtkPopover parent_instance;

  GtkCheckButton *images;
  GtkCheckButton *video;
  GtkCheckButton *audio;
  GtkCheckButton *text;
  GtkCheckButton *data;
  GtkCheckButton *other;
  GtkEditable *least;
  GtkDropDown *least_unit;
  GtkEditable *most;
  GtkDropDown *most_unit;
  GtkBox *presets;

  gboolean setting;   /* from here: nobody is told */
};

static const double unit_sizes[N_UNITS] = { 1, 1e3, 1e6, 1e9 };

/* What people look for first: what takes the space. */
static const guint64 presets[] = { 1000000, 100000000, 1000000000 };

static guint changed_signal;

G_DEFINE_FINAL_TYPE (CofferFilterPopover, coffer_filter_popover, GTK_TYPE_POPOVER)

/* In the order of CofferGroup's bits. */
static GtkCheckButton *
get_check (CofferFilterPopover *self,
           int                  i)
{
  GtkCheckButton *checks[N_GROUPS] = { self->images, self->video, self->audio, self->text, self->data, self->other };

  return checks[i];
}

guint
coffer_filter_popover_get_groups (CofferFilterPopover *self)
{
  guint groups = 0;

  g_return_val_if_fail (COFFER_IS_FILTER_POPOVER (self), 0);

  for (int i = 0; i < N_GROUPS; i++)
    if (gtk_check_button_get_active (get_check (self, i)))
      groups |= 1u << i;
  return groups;
}

void
coffer_filter_popover_set_groups (CofferFilterPopover *self,
                                  guint                groups)
{
  g_return_if_fail (COFFER_IS_FILTER_POPOVER (self));

  self->setting = TRUE;
  for (int i = 0; i < N_GROUPS; i++)
    gtk_check_button_set_active (get_check (self, i), (groups & 1u << i) != 0);
  self->setting = FALSE;
}

/* FALSE if @entry has something in it that is no size; -1 is nothing. */
static gboolean
read_size (GtkEditable *entry,
           GtkDropDown *unit,
           double      *size)
{
  g_autofree char *number = g_strstrip (g_strdup (gtk_editable_get_text (entry)));
  char *end;

  *size = -1;
  if (*number == '\0')
    return TRUE;
  g_strdelimit (number, ",", '.');
  *size = g_ascii_strtod (number, &end);
  if (*end != '\0' || !(*size >= 0 && *size < 1e9))
    {
      *size = -1;
      return FALSE;
    }
  *size = round (*size * unit_sizes[MIN (gtk_drop_down_get_selected (unit), N_UNITS - 1)]);
  return TRUE;
}

static void
mark_wrong (GtkEditable *entry,
            gboolean     wrong)
{
  if (wrong)
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (entry), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID,
                               wrong ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

void
coffer_filter_popover_get_sizes (CofferFilterPopover *self,
                                 guint64             *min_size,
                                 guint64             *max_size)
{
  double least, most;

  g_return_if_fail (COFFER_IS_FILTER_POPOVER (self));

  mark_wrong (self->least, !read_size (self->least, self->least_unit, &least));
  mark_wrong (self->most, !read_size (self->most, self->most_unit, &most));
  *min_size = least > 0 ? (guint64) least : 0;
  *max_size = most >= 0 ? (guint64) most : G_MAXUINT64;
}

/* The largest unit that it is a whole number of. */
static guint
find_unit (guint64 size)
{
  guint i = N_UNITS - 1;

  while (i > 0 && (size == 0 || size % (guint64) unit_sizes[i] != 0))
    i--;
  return i;
}

char *
coffer_filter_format_size (guint64 size)
{
  guint unit = find_unit (size);
  guint number = MIN (size / (guint64) unit_sizes[unit], 1000);

  if (unit == 0 || number == 1000)
    return g_format_size (size);
  /* Translators: a size, with a no-break space */
  return unit == 1 ? g_strdup_printf (_("%u kB"), number)
         : unit == 2 ? g_strdup_printf (_("%u MB"), number) : g_strdup_printf (_("%u GB"), number);
}

static void
write_size (GtkEditable *entry,
            GtkDropDown *unit,
            guint64      size,
            gboolean     any)
{
  g_autofree char *number = NULL;
  guint i = find_unit (size);

  if (any)
    {
      gtk_editable_set_text (entry, "");
      return;
    }
  number = g_strdup_printf ("%" G_GUINT64_FORMAT, size / (guint64) unit_sizes[i]);
  gtk_editable_set_text (entry, number);
  gtk_drop_down_set_selected (unit, i);
}

void
coffer_filter_popover_set_sizes (CofferFilterPopover *self,
                                 guint64              min_size,
                                 guint64              max_size)
{
  g_return_if_fail (COFFER_IS_FILTER_POPOVER (self));

  self->setting = TRUE;
  write_size (self->least, self->least_unit, min_size, min_size == 0);
  write_size (self->most, self->most_unit, max_size, max_size == G_MAXUINT64);
  mark_wrong (self->least, FALSE);
  mark_wrong (self->most, FALSE);
  self->setting = FALSE;
}

static void
changed_cb (CofferFilterPopover *self)
{
  if (!self->setting)
    g_signal_emit (self, changed_signal, 0);
}

static void
done_cb (CofferFilterPopover *self)
{
  gtk_popover_popdown (GTK_POPOVER (self));
}

static void
preset_cb (CofferFilterPopover *self,
           GtkWidget           *button)
{
  guint64 size = presets[GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "preset"))];

  coffer_filter_popover_set_sizes (self, size, G_MAXUINT64);
  changed_cb (self);
  done_cb (self);
}

static void
add_preset (CofferFilterPopover *self,
            guint                i)
{
  g_autofree char *size = coffer_filter_format_size (presets[i]);
  /* Translators: sizes from there on, as "> 1 MB" */
  g_autofree char *label = g_strdup_printf (_("> %s"), size);
  g_autofree char *spoken = g_strdup_printf (_("Larger than %s"), size);
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  g_object_set_data (G_OBJECT (button), "preset", GUINT_TO_POINTER (i));
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (preset_cb), self);
  gtk_box_append (self->presets, button);
}

static void
coffer_filter_popover_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), COFFER_TYPE_FILTER_POPOVER);

  G_OBJECT_CLASS (coffer_filter_popover_parent_class)->dispose (object);
}

static void
coffer_filter_popover_class_init (CofferFilterPopoverClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_filter_popover_dispose;

  changed_signal = g_signal_new ("changed", COFFER_TYPE_FILTER_POPOVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-filter-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, images);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, video);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, audio);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, text);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, data);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, other);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, least);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, least_unit);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, most);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, most_unit);
  gtk_widget_class_bind_template_child (widget_class, CofferFilterPopover, presets);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, done_cb);
}

static void
coffer_filter_popover_init (CofferFilterPopover *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    add_preset (self, i);
}
