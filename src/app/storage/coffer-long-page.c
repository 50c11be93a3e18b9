/* SPDX-License-Identifier: MIT */
/*
 * What a scrolled window shows a part of. That of GTK 4.8 asks how high it would like to be at any width, with each change of it, and does
 * nothing with the answer unless it is to be as high; a clamp in it answers for its own greatest width, which lays out every new label
 * a second time. Here only how high it is at the width that it gets costs anything. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-long-page.h"

struct _CofferLongPage {
  AdwBin parent_instance;
};

G_DEFINE_FINAL_TYPE (CofferLongPage, coffer_long_page, ADW_TYPE_BIN)

static GtkSizeRequestMode
coffer_long_page_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
coffer_long_page_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (widget));

  if (child == NULL || !gtk_widget_should_layout (child) || (orientation == GTK_ORIENTATION_VERTICAL && for_size < 0))
    return;   /* they are 0 */
  gtk_widget_measure (child, orientation, orientation == GTK_ORIENTATION_HORIZONTAL ? -1 : for_size, minimum, natural, NULL, NULL);
}

static void
coffer_long_page_size_allocate (GtkWidget *widget,
                                int        width,
                                int        height,
                                int        baseline)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (widget));

  if (child != NULL && gtk_widget_should_layout (child))
    gtk_widget_allocate (child, width, height, baseline, NULL);
}

static void
coffer_long_page_class_init (CofferLongPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->get_request_mode = coffer_long_page_get_request_mode;
  widget_class->measure = coffer_long_page_measure;
  widget_class->size_allocate = coffer_long_page_size_allocate;
}

static void
coffer_long_page_init (CofferLongPage *self)
{
  gtk_widget_set_layout_manager (GTK_WIDGET (self), NULL);   /* AdwBin has one, which would measure */
}
