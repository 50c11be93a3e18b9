/* SPDX-License-Identifier: MIT */
/*
 * A box whose children go on in the next line where one is full. GtkFlowBox, the nearest in GTK 4.8, sets them in columns
 * and each in a row of its own that takes the keyboard; AdwWrapBox is not in libadwaita 1.2. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-wrap-box.h"

struct _CofferWrapBox {
  GtkWidget parent_instance;

  int spacing;
};

enum {
  PROP_SPACING = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferWrapBox, coffer_wrap_box, GTK_TYPE_WIDGET)

static GtkWidget *
skip_hidden (GtkWidget *child)
{
  while (child != NULL && !gtk_widget_should_layout (child))
    child = gtk_widget_get_next_sibling (child);
  return child;
}

static int
measure_child (GtkWidget      *child,
               GtkOrientation  orientation,
               int             for_size)
{
  int natural;

  gtk_widget_measure (child, orientation, for_size, NULL, &natural, NULL, NULL);
  return natural;
}

/* Children from @first on that fit into one line of @width, at least one. */
typedef struct {
  GtkWidget *end;   /* (nullable) the first that does not */
  int width;
  int height;
} Line;

static Line
fill_line (CofferWrapBox *self,
           GtkWidget     *first,
           int            width)
{
  Line line = { first, 0, 0 };

  for (GtkWidget *child = first; child != NULL; child = skip_hidden (gtk_widget_get_next_sibling (child)))
    {
      int child_width = MIN (measure_child (child, GTK_ORIENTATION_HORIZONTAL, -1), width);
      int needed = line.width + (child != first ? self->spacing : 0) + child_width;

      if (child != first && needed > width)
        return line;
      line.width = needed;
      line.height = MAX (line.height, measure_child (child, GTK_ORIENTATION_VERTICAL, child_width));
      line.end = skip_hidden (gtk_widget_get_next_sibling (child));
    }
  return line;
}

static int
get_height (CofferWrapBox *self,
            int            width)
{
  GtkWidget *child = skip_hidden (gtk_widget_get_first_child (GTK_WIDGET (self)));
  int height = 0;

  while (child != NULL)
    {
      Line line = fill_line (self, child, width);

      height += line.height + (height > 0 ? self->spacing : 0);
      child = line.end;
    }
  return height;
}

static void
get_widths (CofferWrapBox *self,
            int           *minimum,
            int           *natural)
{
  *minimum = *natural = 0;
  for (GtkWidget *child = skip_hidden (gtk_widget_get_first_child (GTK_WIDGET (self))); child != NULL;
       child = skip_hidden (gtk_widget_get_next_sibling (child)))
    {
      int child_minimum, child_natural;

      gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &child_minimum, &child_natural, NULL, NULL);
      *minimum = MAX (*minimum, child_minimum);
      *natural += child_natural + (*natural > 0 ? self->spacing : 0);
    }
}

static void
coffer_wrap_box_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  CofferWrapBox *self = COFFER_WRAP_BOX (widget);
  int least, all;

  get_widths (self, &least, &all);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = least;
      *natural = all;
    }
  else
    *minimum = *natural = get_height (self, for_size < 0 ? all : MAX (for_size, least));
}

static GtkSizeRequestMode
coffer_wrap_box_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
allocate_line (CofferWrapBox *self,
               GtkWidget     *first,
               const Line    *line,
               int            width,
               int            y)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int x = 0;

  for (GtkWidget *child = first; child != line->end; child = skip_hidden (gtk_widget_get_next_sibling (child)))
    {
      int child_width = MIN (measure_child (child, GTK_ORIENTATION_HORIZONTAL, -1), width);

      if (gtk_widget_get_halign (child) == GTK_ALIGN_END)
        x = MAX (x, width - child_width);
      gtk_widget_size_allocate (child, &(GtkAllocation) { rtl ? width - x - child_width : x, y, child_width, line->height }, -1);
      x += child_width + self->spacing;
    }
}

static void
coffer_wrap_box_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  CofferWrapBox *self = COFFER_WRAP_BOX (widget);
  GtkWidget *child = skip_hidden (gtk_widget_get_first_child (widget));

  for (int y = 0; child != NULL;)
    {
      Line line = fill_line (self, child, width);

      allocate_line (self, child, &line, width, y);
      y += line.height + self->spacing;
      child = line.end;
    }
}

static void
coffer_wrap_box_get_property (GObject    *object,
                              guint       id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_SPACING:
      g_value_set_int (value, COFFER_WRAP_BOX (object)->spacing);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_wrap_box_set_property (GObject      *object,
                              guint         id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  switch (id)
    {
    case PROP_SPACING:
      COFFER_WRAP_BOX (object)->spacing = g_value_get_int (value);
      gtk_widget_queue_resize (GTK_WIDGET (object));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_wrap_box_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);

  G_OBJECT_CLASS (coffer_wrap_box_parent_class)->dispose (object);
}

static void
coffer_wrap_box_class_init (CofferWrapBoxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_wrap_box_get_property;
  object_class->set_property = coffer_wrap_box_set_property;
  object_class->dispose = coffer_wrap_box_dispose;
  widget_class->measure = coffer_wrap_box_measure;
  widget_class->get_request_mode = coffer_wrap_box_get_request_mode;
  widget_class->size_allocate = coffer_wrap_box_size_allocate;

  properties[PROP_SPACING] = g_param_spec_int ("spacing", NULL, NULL, 0, G_MAXINT16, 0, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_css_name (widget_class, "wrapbox");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
coffer_wrap_box_init (CofferWrapBox *self)
{
}

GtkWidget *
coffer_wrap_box_new (int spacing)
{
  return g_object_new (COFFER_TYPE_WRAP_BOX, "spacing", spacing, NULL);
}
