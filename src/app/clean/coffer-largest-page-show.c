/* SPDX-License-Identifier: MIT */
/* An answer in tiles, rows and words. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-largest-page-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-largest-row.h"

#define ROWS_A_TURN 10          /* of the list: each is some widgets */
#define DISPLAY_BYTES 256

static char *
name_part (CofferLargestPage       *self,
           const CofferLargestPart *part)
{
  GBytes *bytes = part->prefix != NULL ? part->prefix : coffer_key_get_bytes (part->key);
  gsize skip = g_bytes_get_size (self->shown_prefix);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  if (part->key != NULL && (!coffer_key_is_blob (part->key) || size <= skip))
    return coffer_key_to_display (part->key, DISPLAY_BYTES);
  return coffer_key_bytes_to_display (data + skip, size - skip, DISPLAY_BYTES);
}

char *
coffer_largest_page_format_keys (guint64 n)
{
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, n);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key", "%s keys", (gulong) n), number);
}

static char *
speak_part (const CofferLargestPart *part,
            const char              *name,
            const char              *size,
            guint64                  total)
{
  g_autofree char *share = coffer_format_share (part->size, total);
  g_autofree char *keys = part->prefix != NULL ? coffer_largest_page_format_keys (part->n_keys) : NULL;

  if (keys == NULL)
    return g_strdup_printf ("%s · %s · %s", name, size, share);
  return g_strdup_printf ("%s · %s · %s · %s", name, size, keys, share);
}

static void
show_treemap (CofferLargestPage *self)
{
  GPtrArray *parts = self->shown->parts;
  g_autoptr(GArray) items = g_array_sized_new (FALSE, FALSE, sizeof (CofferTreemapItem), parts->len);
  g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  guint64 others = self->shown->n_bytes;

  for (guint i = 0; i < parts->len; i++)
    {
      const CofferLargestPart *part = g_ptr_array_index (parts, i);
      char *name = name_part (self, part);
      char *size = g_format_size (part->size);
      char *spoken = speak_part (part, name, size, self->shown->n_bytes);
      CofferTreemapItem item = { name, size, spoken, part->size };

      g_array_append_val (items, item);
      g_ptr_array_add (words, name);
      g_ptr_array_add (words, size);
      g_ptr_array_add (words, spoken);
      others -= part->size;
    }
  coffer_treemap_set_items (self->treemap, (const CofferTreemapItem *) (gpointer) items->data, items->len,
                            self->shown->n_parts - parts->len, others);
}

static void
show_facts (CofferLargestPage *self)
{
  g_autofree char *size = g_format_size (self->shown->n_bytes);
  g_autofree char *keys = coffer_largest_page_format_keys (self->shown->n_keys);
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, self->shown->n_unmeasured);
  g_autofree char *unmeasured = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value could not be measured",
                                                              "%s values could not be measured", (gulong) self->shown->n_unmeasured),
                                                 number);
  g_autofree char *text = self->shown->n_unmeasured > 0 ? g_strdup_printf ("%s · %s · %s", size, keys, unmeasured)
                                                        : g_strdup_printf ("%s · %s", size, keys);

  gtk_label_set_text (self->facts, text);
}

static void
show_place (CofferLargestPage *self)
{
  const char *table = coffer_vault_get_table (self->vault);
  g_autofree char *name = coffer_key_bytes_to_display (table, strlen (table), DISPLAY_BYTES);

  coffer_breadcrumbs_set_place (self->breadcrumbs, name, self->shown_prefix, &self->separators);
  gtk_widget_set_sensitive (self->up_button, g_bytes_get_size (self->shown_prefix) > 0);
}

/* In the place of what was there: rows that stay are widgets that need not be made. */
static gboolean
fill_cb (gpointer data)
{
  CofferLargestPage *self = data;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->rows));
  guint end = MIN (self->n_filled + ROWS_A_TURN, self->shown->keys->len);
  gboolean is_end = end == self->shown->keys->len;
  guint n_left = n - MIN (n, self->n_filled);
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = self->n_filled; i < end; i++)
    {
      const CofferLargestPart *part = g_ptr_array_index (self->shown->keys, i);

      g_ptr_array_add (rows, coffer_sized_key_new (part->key, part->size, self->shown->n_bytes));
    }
  g_list_store_splice (self->rows, self->n_filled, is_end ? n_left : MIN (n_left, rows->len), rows->pdata, rows->len);
  self->n_filled = end;
  if (!is_end)
    return G_SOURCE_CONTINUE;
  self->fill_id = 0;
  return G_SOURCE_REMOVE;
}

/* Whether the list has these keys with these sizes already: then the selection stays. */
static gboolean
is_listed (CofferLargestPage   *self,
           const CofferLargest *now)
{
  if (self->shown == NULL || self->fill_id != 0 || self->shown->keys->len != now->keys->len || self->shown->n_bytes != now->n_bytes)
    return FALSE;
  for (guint i = 0; i < now->keys->len; i++)
    {
      const CofferLargestPart *a = g_ptr_array_index (self->shown->keys, i), *b = g_ptr_array_index (now->keys, i);

      if (a->size != b->size || !coffer_key_equal (a->key, b->key))
        return FALSE;
    }
  return TRUE;
}

static void
show_list (CofferLargestPage *self)
{
  gtk_selection_model_unselect_all (self->selection);
  self->n_filled = 0;
  if (self->fill_id == 0)
    self->fill_id = g_idle_add (fill_cb, self);
}

/* The tile that one came out of; at the same place, the one that had the keyboard. */
static void
find_tile (CofferLargestPage *self,
           GBytes            *from,
           guint              current)
{
  if (from != NULL && g_bytes_equal (from, self->shown_prefix))
    coffer_treemap_set_current (self->treemap, current);
  for (guint i = 0; from != NULL && i < self->shown->parts->len; i++)
    {
      GBytes *prefix = ((const CofferLargestPart *) g_ptr_array_index (self->shown->parts, i))->prefix;
      gsize size, from_size;
      gconstpointer data = prefix != NULL ? g_bytes_get_data (prefix, &size) : NULL;
      gconstpointer from_data = g_bytes_get_data (from, &from_size);

      if (data != NULL && from_size >= size && memcmp (data, from_data, size) == 0)
        {
          coffer_treemap_set_current (self->treemap, i);
          return;
        }
    }
}

void
coffer_largest_page_show_answer (CofferLargestPage *self,
                                 CofferLargest     *answer)
{
  g_autoptr(GBytes) from = g_steal_pointer (&self->shown_prefix);
  guint current = coffer_treemap_get_current (self->treemap);
  gboolean listed = is_listed (self, answer);

  coffer_largest_ref (answer);
  g_clear_pointer (&self->shown, coffer_largest_unref);
  self->shown = answer;
  self->shown_prefix = g_bytes_ref (self->prefix);
  if (answer->n_keys == 0)
    {
      gtk_stack_set_visible_child_name (self->pages, "empty");
      return;
    }
  show_treemap (self);
  find_tile (self, from, current);
  show_facts (self);
  show_place (self);
  if (!listed)
    show_list (self);
  if (from == NULL || !g_bytes_equal (from, self->shown_prefix))
    gtk_adjustment_set_value (gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list)), 0);
  gtk_stack_set_visible_child_name (self->pages, "content");
}
