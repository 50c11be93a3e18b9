/* SPDX-License-Identifier: MIT */
/*
 * The list of what was found: each group is a heading, if it has one, and its keys. Where a group begins is known, so that the row of a
 * position is found by bisection, and is made only when it is looked at. Main thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-findings.h"

#include <coffer-entry.h>
#include <string.h>

struct _CofferFinding {
  GObject parent_instance;

  CofferFindings *list;          /* owns the group */
  const CofferFindingGroup *group;
  CofferKey *key;                /* unowned (nullable) */
};

struct _CofferFindings {
  GObject parent_instance;

  GPtrArray *groups;
  GPtrArray *gone;               /* groups that rows somebody holds may still be of */
  GArray *firsts;                /* of guint: the row that a group begins at, and one behind the last */
  GtkBitset *marks;              /* of rows */
  GArray *counts;                /* of guint: the marks in each group */
  CofferFindingsTally tally;
};

static guint marked_signal;

G_DEFINE_FINAL_TYPE (CofferFinding, coffer_finding, G_TYPE_OBJECT)

static void list_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferFindings, coffer_findings, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_iface_init))

/* Rows */

const CofferFindingGroup *
coffer_finding_get_group (CofferFinding *self)
{
  return self->group;
}

CofferKey *
coffer_finding_get_key (CofferFinding *self)
{
  return self->key;
}

static void
coffer_finding_finalize (GObject *object)
{
  g_object_unref (COFFER_FINDING (object)->list);

  G_OBJECT_CLASS (coffer_finding_parent_class)->finalize (object);
}

static void
coffer_finding_class_init (CofferFindingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_finding_finalize;
}

static void
coffer_finding_init (CofferFinding *self)
{
}

/* Groups */

CofferFindingGroup *
coffer_finding_group_new (GPtrArray *keys,
                          guint64    size)
{
  CofferFindingGroup *group = g_new0 (CofferFindingGroup, 1);

  group->keys = g_ptr_array_ref (keys);
  group->n_keys = keys->len;
  group->size = size;
  return group;
}

void
coffer_finding_group_free (gpointer data)
{
  CofferFindingGroup *group = data;

  g_ptr_array_unref (group->keys);
  g_free (group->note);
  g_free (group);
}

static const CofferFindingGroup *
get_group (CofferFindings *self,
           guint           i)
{
  return g_ptr_array_index (self->groups, i);
}

static guint
get_first (CofferFindings *self,
           guint           group)
{
  return g_array_index (self->firsts, guint, group);
}

/* The row of the first key. */
static guint
get_first_key (CofferFindings *self,
               guint           group)
{
  return get_first (self, group) + (get_group (self, group)->headed ? 1 : 0);
}

static void
number_rows (CofferFindings *self)
{
  guint row = 0;

  g_array_set_size (self->firsts, 0);
  for (guint i = 0; i < self->groups->len; i++)
    {
      const CofferFindingGroup *group = get_group (self, i);

      g_array_append_val (self->firsts, row);
      row += group->keys->len + (group->headed ? 1 : 0);
    }
  g_array_append_val (self->firsts, row);
}

/* The group of a row. */
static guint
find_group (CofferFindings *self,
            guint           row)
{
  guint low = 0, high = self->groups->len - 1;

  while (low < high)
    {
      guint middle = (low + high + 1) / 2;

      if (get_first (self, middle) <= row)
        low = middle;
      else
        high = middle - 1;
    }
  return low;
}

/* The model */

static GType
get_item_type (GListModel *model)
{
  return COFFER_TYPE_FINDING;
}

static guint
get_n_items (GListModel *model)
{
  CofferFindings *self = COFFER_FINDINGS (model);

  return get_first (self, self->groups->len);
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  CofferFindings *self = COFFER_FINDINGS (model);
  CofferFinding *finding;
  guint group;

  if (position >= get_n_items (model))
    return NULL;
  group = find_group (self, position);
  finding = g_object_new (COFFER_TYPE_FINDING, NULL);
  finding->list = g_object_ref (self);
  finding->group = get_group (self, group);
  if (position >= get_first_key (self, group))
    finding->key = g_ptr_array_index (finding->group->keys, position - get_first_key (self, group));
  return finding;
}

static void
list_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* Marks */

gboolean
coffer_findings_is_marked (CofferFindings *self,
                           guint           position)
{
  return gtk_bitset_contains (self->marks, position);
}

/* @step more of a group are marked, or fewer. */
static void
count (CofferFindings *self,
       guint           i,
       int             step)
{
  const CofferFindingGroup *group = get_group (self, i);
  guint *n = &g_array_index (self->counts, guint, i);

  self->tally.n_whole_groups -= *n == group->keys->len;
  *n += (guint) step;
  self->tally.n_whole_groups += *n == group->keys->len;
  self->tally.n_keys += (guint) step;
  self->tally.n_bytes += (guint64) (gint64) step * group->size;
}

void
coffer_findings_mark (CofferFindings *self,
                      guint           position,
                      gboolean        marked)
{
  g_return_if_fail (position < get_n_items (G_LIST_MODEL (self)));

  if (!(marked ? gtk_bitset_add (self->marks, position) : gtk_bitset_remove (self->marks, position)))
    return;
  count (self, find_group (self, position), marked ? 1 : -1);
  g_signal_emit (self, marked_signal, 0);
}

static void
unmark_all (CofferFindings *self)
{
  gtk_bitset_remove_all (self->marks);
  self->tally = (CofferFindingsTally) { 0 };
  g_array_set_size (self->counts, 0);
  g_array_set_size (self->counts, self->groups->len);
}

/* All of a group but one; G_MAXUINT: all of it. */
static void
mark_group (CofferFindings *self,
            guint           i,
            guint           kept)
{
  guint n_keys = get_group (self, i)->keys->len;

  gtk_bitset_add_range (self->marks, get_first_key (self, i), n_keys);
  if (kept < n_keys)
    gtk_bitset_remove (self->marks, get_first_key (self, i) + kept);
  count (self, i, (int) n_keys - (kept < n_keys ? 1 : 0));
}

void
coffer_findings_apply (CofferFindings     *self,
                       CofferFindingsRule  rule,
                       gpointer            data)
{
  unmark_all (self);
  for (guint i = 0; i < self->groups->len; i++)
    {
      guint kept = rule (get_group (self, i), data);

      if (kept < get_group (self, i)->keys->len)
        mark_group (self, i, kept);
    }
  g_signal_emit (self, marked_signal, 0);
}

static gboolean
begins_with (CofferKey *key,
             GBytes    *prefix)
{
  gsize size, prefix_size;
  const char *bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
  const char *begin = g_bytes_get_data (prefix, &prefix_size);

  return size >= prefix_size && (prefix_size == 0 || memcmp (bytes, begin, prefix_size) == 0);
}

void
coffer_findings_keep_prefix (CofferFindings *self,
                             GBytes         *prefix)
{
  unmark_all (self);
  for (guint i = 0; i < self->groups->len; i++)
    {
      const CofferFindingGroup *group = get_group (self, i);
      guint n_others = 0;

      for (guint k = 0; k < group->keys->len; k++)
        if (!begins_with (g_ptr_array_index (group->keys, k), prefix))
          {
            gtk_bitset_add (self->marks, get_first_key (self, i) + k);
            n_others++;
          }
      if (n_others == group->keys->len)
        gtk_bitset_remove_range (self->marks, get_first_key (self, i), n_others);
      else if (n_others > 0)
        count (self, i, (int) n_others);
    }
  g_signal_emit (self, marked_signal, 0);
}

void
coffer_findings_mark_all (CofferFindings *self,
                          gboolean        marked)
{
  unmark_all (self);
  for (guint i = 0; marked && i < self->groups->len; i++)
    mark_group (self, i, G_MAXUINT);
  g_signal_emit (self, marked_signal, 0);
}

CofferFindingsTally
coffer_findings_tally (CofferFindings *self)
{
  return self->tally;
}

GPtrArray *
coffer_findings_dup_marked (CofferFindings *self,
                            guint           most)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->groups->len && entries->len < most; i++)
    {
      const CofferFindingGroup *group = get_group (self, i);

      if (g_array_index (self->counts, guint, i) == 0)
        continue;
      for (guint k = 0; k < group->keys->len && entries->len < most; k++)
        if (gtk_bitset_contains (self->marks, get_first_key (self, i) + k))
          g_ptr_array_add (entries, coffer_entry_new_for_key (g_ptr_array_index (group->keys, k), group->size));
    }
  return entries;
}

void
coffer_findings_foreach (CofferFindings     *self,
                         CofferFindingsFunc  func,
                         gpointer            data)
{
  for (guint i = 0; i < self->groups->len; i++)
    {
      const CofferFindingGroup *group = get_group (self, i);
      g_autoptr(GPtrArray) marked = NULL;
      g_autoptr(GPtrArray) kept = NULL;

      if (g_array_index (self->counts, guint, i) == 0)
        continue;
      marked = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
      kept = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
      for (guint k = 0; k < group->keys->len; k++)
        g_ptr_array_add (gtk_bitset_contains (self->marks, get_first_key (self, i) + k) ? marked : kept,
                         coffer_key_ref (g_ptr_array_index (group->keys, k)));
      func (group, marked, kept, data);
    }
}

void
coffer_findings_each_group (CofferFindings          *self,
                            CofferFindingsGroupFunc  func,
                            gpointer                 data)
{
  for (guint i = 0; i < self->groups->len; i++)
    func (get_group (self, i), data);
}

/* What is gone */

static guint
hash_key (gconstpointer key)
{
  return g_bytes_hash (coffer_key_get_bytes (key));
}

static gboolean
keys_are_equal (gconstpointer a,
                gconstpointer b)
{
  return coffer_key_equal (a, b);
}

static gboolean
has_any (const CofferFindingGroup *group,
         GHashTable               *gone)
{
  for (guint i = 0; i < group->keys->len; i++)
    if (g_hash_table_contains (gone, g_ptr_array_index (group->keys, i)))
      return TRUE;
  return FALSE;
}

/* Returns: (transfer full) (nullable): the group without them; NULL if it has none of them */
static CofferFindingGroup *
copy_without (const CofferFindingGroup *group,
              GHashTable               *gone)
{
  g_autoptr(GPtrArray) keys = NULL;
  CofferFindingGroup *copy;

  if (!has_any (group, gone))
    return NULL;
  keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  for (guint i = 0; i < group->keys->len; i++)
    if (!g_hash_table_contains (gone, g_ptr_array_index (group->keys, i)))
      g_ptr_array_add (keys, coffer_key_ref (g_ptr_array_index (group->keys, i)));
  copy = coffer_finding_group_new (keys, group->size);
  *copy = (CofferFindingGroup) {
    group->headed, g_strdup (group->note), copy->keys, group->size, group->n_keys - (group->keys->len - keys->len),
  };
  memcpy (copy->digest, group->digest, sizeof copy->digest);
  return copy;
}

/* No mark stays: what was left of them was not deleted for a reason. */
void
coffer_findings_remove (CofferFindings *self,
                        GPtrArray      *keys,
                        guint           least)
{
  g_autoptr(GHashTable) gone = g_hash_table_new (hash_key, keys_are_equal);
  GPtrArray *groups = g_ptr_array_new_with_free_func (coffer_finding_group_free);
  guint n_before = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < keys->len; i++)
    g_hash_table_add (gone, g_ptr_array_index (keys, i));
  for (guint i = 0; i < self->groups->len; i++)
    {
      CofferFindingGroup *group = g_ptr_array_index (self->groups, i);
      CofferFindingGroup *copy = copy_without (group, gone);

      if (copy != NULL)
        g_ptr_array_add (self->gone, group);
      if (copy != NULL && copy->keys->len < least)
        coffer_finding_group_free (copy);
      else
        g_ptr_array_add (groups, copy != NULL ? copy : group);
    }
  g_ptr_array_set_free_func (self->groups, NULL);
  g_ptr_array_unref (self->groups);
  self->groups = groups;
  number_rows (self);
  unmark_all (self);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_before, get_n_items (G_LIST_MODEL (self)));
  g_signal_emit (self, marked_signal, 0);
}

static void
coffer_findings_finalize (GObject *object)
{
  CofferFindings *self = COFFER_FINDINGS (object);

  g_ptr_array_unref (self->groups);
  g_ptr_array_unref (self->gone);
  g_array_unref (self->firsts);
  g_array_unref (self->counts);
  gtk_bitset_unref (self->marks);

  G_OBJECT_CLASS (coffer_findings_parent_class)->finalize (object);
}

static void
coffer_findings_class_init (CofferFindingsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_findings_finalize;

  marked_signal = g_signal_new ("marked", COFFER_TYPE_FINDINGS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_findings_init (CofferFindings *self)
{
  self->gone = g_ptr_array_new_with_free_func (coffer_finding_group_free);
  self->firsts = g_array_new (FALSE, FALSE, sizeof (guint));
  self->counts = g_array_new (FALSE, TRUE, sizeof (guint));
  self->marks = gtk_bitset_new_empty ();
}

CofferFindings *
coffer_findings_new (GPtrArray *groups)
{
  CofferFindings *self = g_object_new (COFFER_TYPE_FINDINGS, NULL);

  self->groups = groups;
  number_rows (self);
  unmark_all (self);
  return self;
}
