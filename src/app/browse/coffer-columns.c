/* SPDX-License-Identifier: MIT */
/* The columns of the list, which the header changes and every row asks for its places. What is kept true: `order` has each column
 * once, and every width is between its limits. Main thread.
 */
#define G_LOG_DOMAIN "coffer-columns"

#include "coffer-columns.h"

#define MIN_KEY_WIDTH 132
#define MAX_WIDTH 600

static const struct {
  const char *name;
  int width, min_width;
} kinds[COFFER_N_COLUMNS] = {
  [COFFER_SORT_KEY] = { "key", 0, 0 },
  [COFFER_SORT_SIZE] = { "size", 72, 56 },
  [COFFER_SORT_TYPE] = { "type", 94, 48 },
};

struct _CofferColumns {
  GObject parent_instance;

  CofferColumn order[COFFER_N_COLUMNS];
  int widths[COFFER_N_COLUMNS];
  gboolean hidden[COFFER_N_COLUMNS];
  CofferSort sort;
  gboolean descending;
};

enum {
  PROP_SORT = 1,
  PROP_DESCENDING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint changed_signal;

G_DEFINE_FINAL_TYPE (CofferColumns, coffer_columns, G_TYPE_OBJECT)

static void
changed (CofferColumns *self)
{
  g_signal_emit (self, changed_signal, 0);
}

/* ---- places ---- */

/* Takes what the key lacks from those that have more than they need, each by its share. */
static void
make_room (CofferColumns *self,
           int            lacking,
           int            widths[COFFER_N_COLUMNS])
{
  int spare = 0;

  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (widths[i] > 0)
      spare += widths[i] - kinds[i].min_width;
  if (spare <= 0)
    return;

  lacking = MIN (lacking, spare);
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (widths[i] > 0)
      widths[i] -= lacking * (widths[i] - kinds[i].min_width) / spare;
}

void
coffer_columns_lay_out (CofferColumns   *self,
                        int              width,
                        CofferColumnBox  boxes[COFFER_N_COLUMNS])
{
  int widths[COFFER_N_COLUMNS] = { 0 };
  int taken = 0;
  int x = 0;

  g_return_if_fail (COFFER_IS_COLUMNS (self));

  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (i != COFFER_SORT_KEY && !self->hidden[i])
      {
        widths[i] = self->widths[i];
        taken += widths[i] + COFFER_COLUMN_GAP;
      }
  if (width - taken < MIN_KEY_WIDTH)
    make_room (self, MIN_KEY_WIDTH - (width - taken), widths);

  widths[COFFER_SORT_KEY] = width;
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (i != COFFER_SORT_KEY && !self->hidden[i])
      widths[COFFER_SORT_KEY] -= widths[i] + COFFER_COLUMN_GAP;
  widths[COFFER_SORT_KEY] = MAX (widths[COFFER_SORT_KEY], 0);

  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      CofferColumn column = self->order[i];

      boxes[column] = (CofferColumnBox) { self->hidden[column] ? 0 : x, widths[column] };
      if (!self->hidden[column])
        x += widths[column] + COFFER_COLUMN_GAP;
    }
}

CofferColumn
coffer_columns_get_nth (CofferColumns *self,
                        guint          place)
{
  g_return_val_if_fail (COFFER_IS_COLUMNS (self) && place < COFFER_N_COLUMNS, COFFER_SORT_KEY);

  return self->order[place];
}

guint
coffer_columns_get_place (CofferColumns *self,
                          CofferColumn   column)
{
  guint place = 0;

  g_return_val_if_fail (COFFER_IS_COLUMNS (self) && column < COFFER_N_COLUMNS, 0);

  while (self->order[place] != column)
    place++;
  return place;
}

gboolean
coffer_columns_move (CofferColumns *self,
                     CofferColumn   column,
                     int            step)
{
  int from, to;

  g_return_val_if_fail (COFFER_IS_COLUMNS (self) && (step == 1 || step == -1), FALSE);

  from = (int) coffer_columns_get_place (self, column);
  for (to = from + step; to >= 0 && to < COFFER_N_COLUMNS && self->hidden[self->order[to]];)
    to += step;
  if (to < 0 || to >= COFFER_N_COLUMNS)
    return FALSE;

  for (; from != to; from += step)
    self->order[from] = self->order[from + step];
  self->order[to] = column;
  changed (self);
  return TRUE;
}

gboolean
coffer_columns_get_visible (CofferColumns *self,
                            CofferColumn   column)
{
  g_return_val_if_fail (COFFER_IS_COLUMNS (self) && column < COFFER_N_COLUMNS, FALSE);

  return !self->hidden[column];
}

void
coffer_columns_set_visible (CofferColumns *self,
                            CofferColumn   column,
                            gboolean       visible)
{
  g_return_if_fail (COFFER_IS_COLUMNS (self) && column < COFFER_N_COLUMNS);

  if (column == COFFER_SORT_KEY || !!visible != self->hidden[column])
    return;

  self->hidden[column] = !visible;
  changed (self);
}

int
coffer_columns_get_width (CofferColumns *self,
                          CofferColumn   column)
{
  g_return_val_if_fail (COFFER_IS_COLUMNS (self) && column < COFFER_N_COLUMNS, 0);

  return self->widths[column];
}

static int
limit_width (CofferColumn column,
             int          width)
{
  return column == COFFER_SORT_KEY ? 0 : CLAMP (width, kinds[column].min_width, MAX_WIDTH);
}

void
coffer_columns_set_width (CofferColumns *self,
                          CofferColumn   column,
                          int            width)
{
  g_return_if_fail (COFFER_IS_COLUMNS (self) && column < COFFER_N_COLUMNS);

  width = limit_width (column, width != 0 ? width : kinds[column].width);
  if (column == COFFER_SORT_KEY || width == self->widths[column])
    return;

  self->widths[column] = width;
  changed (self);
}

/* ---- order of the rows ---- */

CofferSort
coffer_columns_get_sort (CofferColumns *self)
{
  g_return_val_if_fail (COFFER_IS_COLUMNS (self), COFFER_SORT_KEY);

  return self->sort;
}

gboolean
coffer_columns_get_descending (CofferColumns *self)
{
  g_return_val_if_fail (COFFER_IS_COLUMNS (self), FALSE);

  return self->descending;
}

void
coffer_columns_set_order (CofferColumns *self,
                          CofferSort     sort,
                          gboolean       descending)
{
  GObject *object = G_OBJECT (self);
  gboolean other_sort, other_way;

  g_return_if_fail (COFFER_IS_COLUMNS (self) && sort < COFFER_N_COLUMNS);

  other_sort = sort != self->sort;
  other_way = !descending != !self->descending;
  self->sort = sort;
  self->descending = !!descending;
  g_object_freeze_notify (object);
  if (other_sort)
    g_object_notify_by_pspec (object, properties[PROP_SORT]);
  if (other_way)
    g_object_notify_by_pspec (object, properties[PROP_DESCENDING]);
  g_object_thaw_notify (object);
}

/* ---- names and settings ---- */

const char *
coffer_columns_name (CofferColumn column)
{
  g_return_val_if_fail (column < COFFER_N_COLUMNS, NULL);

  return kinds[column].name;
}

gboolean
coffer_columns_from_name (const char   *name,
                          CofferColumn *column)
{
  g_return_val_if_fail (name != NULL && column != NULL, FALSE);

  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (g_str_equal (name, kinds[i].name))
      {
        *column = i;
        return TRUE;
      }
  return FALSE;
}

GVariant *
coffer_columns_save (CofferColumns *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (COFFER_IS_COLUMNS (self), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sib)"));
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      CofferColumn column = self->order[i];

      g_variant_builder_add (&builder, "(sib)", kinds[column].name, self->widths[column], !self->hidden[column]);
    }
  return g_variant_builder_end (&builder);
}

void
coffer_columns_load (CofferColumns *self,
                     GVariant      *layout)
{
  gboolean placed[COFFER_N_COLUMNS] = { FALSE };
  CofferColumn order[COFFER_N_COLUMNS];
  guint n_placed = 0;
  GVariantIter iter;
  const char *name;
  int width;
  gboolean visible;

  g_return_if_fail (COFFER_IS_COLUMNS (self));
  g_return_if_fail (g_variant_is_of_type (layout, G_VARIANT_TYPE ("a(sib)")));

  g_variant_iter_init (&iter, layout);
  while (g_variant_iter_next (&iter, "(&sib)", &name, &width, &visible))
    {
      CofferColumn column;

      if (!coffer_columns_from_name (name, &column) || placed[column])
        continue;
      placed[column] = TRUE;
      order[n_placed++] = column;
      self->widths[column] = limit_width (column, width > 0 ? width : kinds[column].width);
      self->hidden[column] = !visible && column != COFFER_SORT_KEY;
    }
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (!placed[self->order[i]])
      order[n_placed++] = self->order[i];
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    self->order[i] = order[i];
  changed (self);
}

/* ---- the object ---- */

static void
coffer_columns_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  CofferColumns *self = COFFER_COLUMNS (object);

  switch (id)
    {
    case PROP_SORT:
      g_value_set_uint (value, self->sort);
      break;
    case PROP_DESCENDING:
      g_value_set_boolean (value, self->descending);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_columns_class_init (CofferColumnsClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  G_OBJECT_CLASS (klass)->get_property = coffer_columns_get_property;

  properties[PROP_SORT] = g_param_spec_uint ("sort", NULL, NULL, 0, COFFER_N_COLUMNS - 1, COFFER_SORT_KEY, flags);
  properties[PROP_DESCENDING] = g_param_spec_boolean ("descending", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, properties);
  changed_signal = g_signal_new ("changed", COFFER_TYPE_COLUMNS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_columns_init (CofferColumns *self)
{
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      self->order[i] = i;
      self->widths[i] = kinds[i].width;
    }
}

CofferColumns *
coffer_columns_new (void)
{
  return g_object_new (COFFER_TYPE_COLUMNS, NULL);
}
