/* SPDX-License-Identifier: MIT */
/*
 * What a scrolled window shows a part of. That of GTK 4.8 asks how high it would like to be at any width, with each change of it, and does
 * nothing with the answer unless it is to be as high; a clamp in it answers for its own greatest width, which lays out every new label
 * a second time. Here only how high it is at the width that it gets costs anything. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-long-page.h"

struct _CofferLongPage {
  CofferUpright parent_instance;
};

G_DEFINE_FINAL_TYPE (CofferLongPage, coffer_long_page, COFFER_TYPE_UPRIGHT)

static void
coffer_long_page_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  if (orientation == GTK_ORIENTATION_VERTICAL && for_size < 0)
    return;   /* they are 0 */
  GTK_WIDGET_CLASS (coffer_long_page_parent_class)->measure (widget, orientation, orientation == GTK_ORIENTATION_HORIZONTAL ? -1 : for_size,
                                                             minimum, natural, NULL, NULL);
}

static void
coffer_long_page_class_init (CofferLongPageClass *klass)
{
  GTK_WIDGET_CLASS (klass)->measure = coffer_long_page_measure;
}

static void
coffer_long_page_init (CofferLongPage *self)
{
}
