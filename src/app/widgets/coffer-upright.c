/* SPDX-License-Identifier: MIT */
/*
 * Before GTK 4.8 shows a window, and each time that something in it may want another size, it asks how high what it holds is at its
 * least width, and how wide at its least height: the smaller of both is the least size of the window. For the second a box looks by
 * halving, which lays out every label in it anew a dozen times, and so do the labels: 25 of 50 ms for a sheet of four rows.
 * Here it costs what the first does. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-upright.h"

G_DEFINE_TYPE (CofferUpright, coffer_upright, ADW_TYPE_BIN)

static GtkSizeRequestMode
coffer_upright_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* Both are sizes that GTK keeps. */
static void
measure_width (GtkWidget *child,
               int        height,
               int       *minimum,
               int       *natural)
{
  int needed;

  gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, minimum, natural, NULL, NULL);
  gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, *minimum, &needed, NULL, NULL, NULL);
  if (needed > height)
    *minimum = *natural;
}

static void
coffer_upright_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (widget));

  if (child == NULL || !gtk_widget_should_layout (child))
    return;   /* they are 0 */
  if (orientation == GTK_ORIENTATION_HORIZONTAL && for_size >= 0)
    measure_width (child, for_size, minimum, natural);
  else
    gtk_widget_measure (child, orientation, for_size, minimum, natural, minimum_baseline, natural_baseline);
}

static void
coffer_upright_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (widget));

  if (child != NULL && gtk_widget_should_layout (child))
    gtk_widget_allocate (child, width, height, baseline, NULL);
}

static void
coffer_upright_class_init (CofferUprightClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->get_request_mode = coffer_upright_get_request_mode;
  widget_class->measure = coffer_upright_measure;
  widget_class->size_allocate = coffer_upright_size_allocate;
}

static void
coffer_upright_init (CofferUpright *self)
{
  gtk_widget_set_layout_manager (GTK_WIDGET (self), NULL);   /* AdwBin has one, which would measure */
}

GtkWidget *
coffer_upright_new (void)
{
  return g_object_new (COFFER_TYPE_UPRIGHT, NULL);
}
