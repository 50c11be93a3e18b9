/* SPDX-License-Identifier: MIT */
/*
 * A box of GTK 4.8 asks a child beside others how wide it would be at a height, whenever it is measured or placed, and a label that may
 * take several lines finds that out by halving, with a layout for each try: of words of 130 letters there were 168 until a window was open.
 * Nobody needs the answer, since words take what width there is. So the box of a row's words gives its usual width at any height, and there
 * are 11. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-row.h"

/* ---- words ---- */

#define COFFER_TYPE_WORDS_LAYOUT (coffer_words_layout_get_type ())
G_DECLARE_FINAL_TYPE (CofferWordsLayout, coffer_words_layout, COFFER, WORDS_LAYOUT, GtkLayoutManager)

struct _CofferWordsLayout {
  GtkLayoutManager parent_instance;

  GtkLayoutManager *box;     /* does all else */
};

G_DEFINE_FINAL_TYPE (CofferWordsLayout, coffer_words_layout, GTK_TYPE_LAYOUT_MANAGER)

static GtkSizeRequestMode
coffer_words_layout_get_request_mode (GtkLayoutManager *manager,
                                      GtkWidget        *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
coffer_words_layout_measure (GtkLayoutManager *manager,
                             GtkWidget        *widget,
                             GtkOrientation    orientation,
                             int               for_size,
                             int              *minimum,
                             int              *natural,
                             int              *minimum_baseline,
                             int              *natural_baseline)
{
  CofferWordsLayout *self = COFFER_WORDS_LAYOUT (manager);

  gtk_layout_manager_measure (self->box, widget, orientation, orientation == GTK_ORIENTATION_HORIZONTAL ? -1 : for_size, minimum, natural,
                              minimum_baseline, natural_baseline);
}

static void
coffer_words_layout_allocate (GtkLayoutManager *manager,
                              GtkWidget        *widget,
                              int               width,
                              int               height,
                              int               baseline)
{
  CofferWordsLayout *self = COFFER_WORDS_LAYOUT (manager);

  gtk_layout_manager_allocate (self->box, widget, width, height, baseline);
}

static void
coffer_words_layout_dispose (GObject *object)
{
  g_clear_object (&COFFER_WORDS_LAYOUT (object)->box);

  G_OBJECT_CLASS (coffer_words_layout_parent_class)->dispose (object);
}

static void
coffer_words_layout_class_init (CofferWordsLayoutClass *klass)
{
  GtkLayoutManagerClass *layout_class = GTK_LAYOUT_MANAGER_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_words_layout_dispose;
  layout_class->get_request_mode = coffer_words_layout_get_request_mode;
  layout_class->measure = coffer_words_layout_measure;
  layout_class->allocate = coffer_words_layout_allocate;
}

static void
coffer_words_layout_init (CofferWordsLayout *self)
{
  self->box = gtk_box_layout_new (GTK_ORIENTATION_VERTICAL);
}

/* ---- the row ---- */

struct _CofferRow {
  AdwActionRow parent_instance;
};

G_DEFINE_FINAL_TYPE (CofferRow, coffer_row, ADW_TYPE_ACTION_ROW)

static void
coffer_row_class_init (CofferRowClass *klass)
{
}

/* The box has no name. Should a later libadwaita have another one, this is a row as any other. */
static void
coffer_row_init (CofferRow *self)
{
  GtkWidget *header = gtk_list_box_row_get_child (GTK_LIST_BOX_ROW (self));

  for (GtkWidget *child = header != NULL ? gtk_widget_get_first_child (header) : NULL; child != NULL; child = gtk_widget_get_next_sibling (child))
    if (GTK_IS_BOX (child) && gtk_widget_has_css_class (child, "title"))
      gtk_widget_set_layout_manager (child, g_object_new (COFFER_TYPE_WORDS_LAYOUT, NULL));
  adw_action_row_set_title_lines (ADW_ACTION_ROW (self), 0);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (self), 0);
}

GtkWidget *
coffer_row_new (void)
{
  return g_object_new (COFFER_TYPE_ROW, NULL);
}
