/* SPDX-License-Identifier: MIT */
/*
 * A small cache of pages for a list: by number, least lately used out first, bounded in pages and in bytes of keys (keys of
 * a megabyte exist). The page used last always stays. Main thread.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-pages.h"

#define MAX_PAGES 64
#define MAX_BYTES (16 * 1024 * 1024)

typedef struct {
  GList link;
  guint number;
  guint n_rows;
  gsize n_bytes;
  CofferPageRow rows[];
} Page;

struct _CofferPages {
  GHashTable *pages;   /* number → Page */
  GQueue recent;       /* of the same pages, used last first */
  gsize n_bytes;
};

static void
page_free (gpointer data)
{
  Page *page = data;

  for (guint i = 0; i < page->n_rows; i++)
    {
      coffer_key_unref (page->rows[i].key);
      coffer_row_facts_clear (&page->rows[i].facts);
    }
  g_free (page);
}

static void
drop_page (CofferPages *self,
           Page        *page)
{
  g_queue_unlink (&self->recent, &page->link);
  self->n_bytes -= page->n_bytes;
  g_hash_table_remove (self->pages, GUINT_TO_POINTER (page->number));
}

CofferPages *
coffer_pages_new (void)
{
  CofferPages *self = g_new0 (CofferPages, 1);

  self->pages = g_hash_table_new_full (NULL, NULL, NULL, page_free);
  return self;
}

void
coffer_pages_free (CofferPages *self)
{
  g_hash_table_unref (self->pages);
  g_free (self);
}

void
coffer_pages_clear (CofferPages *self)
{
  g_queue_init (&self->recent);
  self->n_bytes = 0;
  g_hash_table_remove_all (self->pages);
}

void
coffer_pages_forget_facts (CofferPages *self)
{
  for (GList *link = self->recent.head; link != NULL; link = link->next)
    {
      Page *page = link->data;

      for (guint i = 0; i < page->n_rows; i++)
        page->rows[i].facts.read = FALSE;
    }
}

void
coffer_pages_put (CofferPages *self,
                  guint        number,
                  GPtrArray   *keys)
{
  Page *page = g_hash_table_lookup (self->pages, GUINT_TO_POINTER (number));

  if (page != NULL)
    drop_page (self, page);

  page = g_malloc0 (sizeof *page + keys->len * sizeof page->rows[0]);
  page->link.data = page;
  page->number = number;
  page->n_rows = keys->len;
  for (guint i = 0; i < keys->len; i++)
    {
      page->rows[i].key = coffer_key_ref (g_ptr_array_index (keys, i));
      page->n_bytes += g_bytes_get_size (coffer_key_get_bytes (page->rows[i].key));
    }
  g_hash_table_insert (self->pages, GUINT_TO_POINTER (number), page);
  g_queue_push_head_link (&self->recent, &page->link);
  self->n_bytes += page->n_bytes;

  while (self->recent.length > 1 && (self->recent.length > MAX_PAGES || self->n_bytes > MAX_BYTES))
    drop_page (self, g_queue_peek_tail (&self->recent));
}

CofferPageRow *
coffer_pages_peek (CofferPages *self,
                   guint        position)
{
  Page *page = g_hash_table_lookup (self->pages, GUINT_TO_POINTER (position / COFFER_PAGE_ROWS));

  if (page == NULL || position % COFFER_PAGE_ROWS >= page->n_rows)
    return NULL;
  if (self->recent.head != &page->link)
    {
      g_queue_unlink (&self->recent, &page->link);
      g_queue_push_head_link (&self->recent, &page->link);
    }
  return &page->rows[position % COFFER_PAGE_ROWS];
}
