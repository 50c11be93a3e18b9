/* SPDX-License-Identifier: MIT */
/*
 * A scrolled window that asks for all the height of its content at the width that it gets, and lives with less. GtkScrolledWindow of
 * GTK 4.8 asks how high its content is at any width: wrapped text needs more. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-yielding.h"

#define LEAST_HEIGHT 120      /* of a choice and a half, so that it is seen to go on */
#define SHADOW 4              /* around a card, which would be cut off */

struct _CofferYielding {
  GtkWidget parent_instance;

  GtkWidget *scrolled;
  GtkWidget *content;         /* unowned: @scrolled has it */
};

G_DEFINE_FINAL_TYPE (CofferYielding, coffer_yielding, GTK_TYPE_WIDGET)

static GtkSizeRequestMode
coffer_yielding_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
coffer_yielding_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  CofferYielding *self = COFFER_YIELDING (widget);

  gtk_widget_measure (self->content, orientation, orientation == GTK_ORIENTATION_HORIZONTAL ? -1 : for_size, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_VERTICAL)
    *minimum = MIN (*minimum, LEAST_HEIGHT);
}

static void
coffer_yielding_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  gtk_widget_allocate (COFFER_YIELDING (widget)->scrolled, width, height, baseline, NULL);
}

static void
coffer_yielding_dispose (GObject *object)
{
  g_clear_pointer (&COFFER_YIELDING (object)->scrolled, gtk_widget_unparent);
  G_OBJECT_CLASS (coffer_yielding_parent_class)->dispose (object);
}

static void
coffer_yielding_class_init (CofferYieldingClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_yielding_dispose;
  widget_class->get_request_mode = coffer_yielding_get_request_mode;
  widget_class->measure = coffer_yielding_measure;
  widget_class->size_allocate = coffer_yielding_size_allocate;
}

static void
coffer_yielding_init (CofferYielding *self)
{
}

GtkWidget *
coffer_yielding_new (GtkWidget *child)
{
  CofferYielding *self = g_object_new (COFFER_TYPE_YIELDING, NULL);

  self->content = child;
  g_object_set (child, "margin-start", SHADOW, "margin-end", SHADOW, "margin-top", SHADOW, "margin-bottom", SHADOW, NULL);
  self->scrolled = g_object_new (GTK_TYPE_SCROLLED_WINDOW, "hscrollbar-policy", GTK_POLICY_NEVER, "child", child, NULL);
  gtk_widget_set_parent (self->scrolled, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
