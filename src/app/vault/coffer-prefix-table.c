/* SPDX-License-Identifier: MIT */
/*
 * The children of a level as two arrays, 16 bytes and a name each: a level may have a million of them, and few are ever looked
 * at. Filled on a lane, then the main thread's.
 */
#define G_LOG_DOMAIN "coffer-prefix"

#include "coffer-prefix-private.h"

#include <string.h>

CofferPrefixTable *
coffer_prefix_table_new (void)
{
  CofferPrefixTable *self = g_new (CofferPrefixTable, 1);

  self->names = g_byte_array_new ();
  self->children = g_array_new (FALSE, FALSE, sizeof (CofferPrefixChild));
  return self;
}

void
coffer_prefix_table_free (CofferPrefixTable *self)
{
  g_byte_array_unref (self->names);
  g_array_unref (self->children);
  g_free (self);
}

void
coffer_prefix_table_add (CofferPrefixTable *self,
                         gconstpointer      segment,
                         gsize              size)
{
  CofferPrefixChild child = { .name = self->names->len, .has_children = TRUE, .count = G_MAXUINT64 };

  g_byte_array_append (self->names, segment, size);
  g_array_append_val (self->children, child);
}

void
coffer_prefix_table_append (CofferPrefixTable       *self,
                            const CofferPrefixTable *others)
{
  guint n = self->children->len;
  guint names = self->names->len;

  g_byte_array_append (self->names, others->names->data, others->names->len);
  g_array_append_vals (self->children, others->children->data, others->children->len);
  for (guint i = n; i < self->children->len; i++)
    coffer_prefix_table_child (self, i)->name += names;
}

CofferPrefixChild *
coffer_prefix_table_child (const CofferPrefixTable *self,
                           guint                    position)
{
  return &g_array_index (self->children, CofferPrefixChild, position);
}

gconstpointer
coffer_prefix_table_name (const CofferPrefixTable *self,
                          guint                    position,
                          gsize                   *size)
{
  gsize begin = coffer_prefix_table_child (self, position)->name;
  gsize end = position + 1 < self->children->len ? coffer_prefix_table_child (self, position + 1)->name : self->names->len;

  *size = end - begin;
  return self->names->data + begin;
}

int
coffer_prefix_compare (gconstpointer a,
                       gsize         a_size,
                       gconstpointer b,
                       gsize         b_size)
{
  int order = memcmp (a, b, MIN (a_size, b_size));

  return order != 0 ? order : a_size < b_size ? -1 : a_size > b_size;
}

gboolean
coffer_prefix_table_find (const CofferPrefixTable *self,
                          gconstpointer            segment,
                          gsize                    size,
                          guint                   *position)
{
  guint low = 0, high = self->children->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      gsize name_size;
      gconstpointer name = coffer_prefix_table_name (self, middle, &name_size);
      int order = coffer_prefix_compare (name, name_size, segment, size);

      if (order == 0)
        {
          *position = middle;
          return TRUE;
        }
      if (order < 0)
        low = middle + 1;
      else
        high = middle;
    }
  *position = low;
  return FALSE;
}
