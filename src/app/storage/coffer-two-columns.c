/* SPDX-License-Identifier: MIT */
/* Two columns, or one. A flow box would ask how wide its children would like to be, which rows with long words do not tell. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-two-columns.h"

#define WIDE 720       /* from here on there are two */
#define COLUMN_GAP 22
#define ROW_GAP 18

struct _CofferTwoColumns {
  GtkWidget parent_instance;
};

static void coffer_two_columns_buildable_init (GtkBuildableIface *iface);

static GtkBuildableIface *parent_buildable;

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferTwoColumns, coffer_two_columns, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_BUILDABLE, coffer_two_columns_buildable_init))

static void
measure_child (GtkWidget      *child,
               GtkOrientation  orientation,
               int             for_size,
               int            *minimum,
               int            *natural)
{
  gtk_widget_measure (child, orientation, for_size, minimum, natural, NULL, NULL);
}

static GtkSizeRequestMode
coffer_two_columns_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
coffer_two_columns_measure (GtkWidget      *widget,
                            GtkOrientation  orientation,
                            int             for_size,
                            int            *minimum,
                            int            *natural,
                            int            *minimum_baseline,
                            int            *natural_baseline)
{
  gboolean upright = orientation == GTK_ORIENTATION_VERTICAL, wide = for_size >= WIDE;
  int least[2] = { 0, 0 }, best[2] = { 0, 0 };
  int size = upright && wide ? (for_size - COLUMN_GAP) / 2 : upright ? for_size : -1;
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && n < 2; child = gtk_widget_get_next_sibling (child), n++)
    measure_child (child, orientation, size, &least[n], &best[n]);
  if (upright && !wide)
    {
      *minimum = least[0] + ROW_GAP + least[1];
      *natural = best[0] + ROW_GAP + best[1];
      return;
    }
  *minimum = MAX (least[0], least[1]);
  *natural = upright ? MAX (best[0], best[1]) : 2 * MAX (best[0], best[1]) + COLUMN_GAP;
}

static void
coffer_two_columns_size_allocate (GtkWidget *widget,
                                  int        width,
                                  int        height,
                                  int        baseline)
{
  GtkWidget *first = gtk_widget_get_first_child (widget);
  GtkWidget *second = first != NULL ? gtk_widget_get_next_sibling (first) : NULL;
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int column = width >= WIDE ? (width - COLUMN_GAP) / 2 : width;
  int minimum, natural;

  if (second == NULL)
    return;
  measure_child (first, GTK_ORIENTATION_VERTICAL, column, &minimum, &natural);
  if (width >= WIDE)
    {
      gtk_widget_size_allocate (first, &(GtkAllocation) { rtl ? width - column : 0, 0, column, height }, -1);
      gtk_widget_size_allocate (second, &(GtkAllocation) { rtl ? 0 : width - column, 0, column, height }, -1);
      return;
    }
  gtk_widget_size_allocate (first, &(GtkAllocation) { 0, 0, width, natural }, -1);
  gtk_widget_size_allocate (second, &(GtkAllocation) { 0, natural + ROW_GAP, width, MAX (0, height - natural - ROW_GAP) }, -1);
}

static void
coffer_two_columns_add_child (GtkBuildable *buildable,
                              GtkBuilder   *builder,
                              GObject      *child,
                              const char   *type)
{
  if (GTK_IS_WIDGET (child))
    gtk_widget_set_parent (GTK_WIDGET (child), GTK_WIDGET (buildable));
  else
    parent_buildable->add_child (buildable, builder, child, type);
}

static void
coffer_two_columns_buildable_init (GtkBuildableIface *iface)
{
  parent_buildable = g_type_interface_peek_parent (iface);
  iface->add_child = coffer_two_columns_add_child;
}

static void
coffer_two_columns_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (coffer_two_columns_parent_class)->dispose (object);
}

static void
coffer_two_columns_class_init (CofferTwoColumnsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_two_columns_dispose;
  widget_class->get_request_mode = coffer_two_columns_get_request_mode;
  widget_class->measure = coffer_two_columns_measure;
  widget_class->size_allocate = coffer_two_columns_size_allocate;
}

static void
coffer_two_columns_init (CofferTwoColumns *self)
{
}

gboolean
coffer_two_columns_is_wide (CofferTwoColumns *self)
{
  g_return_val_if_fail (COFFER_IS_TWO_COLUMNS (self), FALSE);

  return gtk_widget_get_width (GTK_WIDGET (self)) >= WIDE;
}
