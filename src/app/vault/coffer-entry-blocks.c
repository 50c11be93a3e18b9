/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a list. A row's block is found by the position where each begins, which is reckoned anew, from the first block that
 * changed, when somebody asks: ten million keys have some 20,000 blocks. What is known of rows is bounded in blocks and in
 * bytes of keys (keys of a megabyte exist), least lately used out first; the block used last always stays. Main thread.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-blocks.h"

#define MAX_KNOWN_BLOCKS 48
#define MAX_KNOWN_BYTES (16 * 1024 * 1024)

struct _CofferBlocks {
  GPtrArray *blocks;
  GArray *starts;       /* of guint: a number more than blocks; right up to n_starts */
  guint n_starts;
  GQueue known;
  gsize n_bytes;
};

/* Of all lists of blocks: an answer may come when those that it is for have given way to others. */
static guint last_serial;

CofferBlock *
coffer_block_new (CofferKey    *fence,
                  CofferPrints *prints,
                  guint         n_rows)
{
  CofferBlock *self = g_new0 (CofferBlock, 1);

  self->fence = fence;
  self->prints = prints;
  self->n_rows = n_rows;
  self->link.data = self;
  return self;
}

CofferBlock *
coffer_block_new_ids (const gint64  *ids,
                      const guint32 *prints,
                      guint          n_rows)
{
  CofferBlock *self = coffer_block_new (NULL, coffer_prints_new (prints, n_rows), n_rows);

  self->ids = (gint64 *) (gpointer) g_atomic_rc_box_dup (n_rows * sizeof *ids, ids);
  return self;
}

static void
free_rows (CofferBlock *self)
{
  for (guint i = 0; self->rows != NULL && i < self->n_rows; i++)
    {
      g_clear_pointer (&self->rows[i].key, coffer_key_unref);
      coffer_row_facts_clear (&self->rows[i].facts);
    }
  g_clear_pointer (&self->rows, g_free);
  self->n_bytes = 0;
}

void
coffer_block_free (gpointer data)
{
  CofferBlock *self = data;

  free_rows (self);
  g_clear_pointer (&self->fence, coffer_key_unref);
  g_clear_pointer (&self->prints, coffer_prints_unref);
  g_clear_pointer (&self->ids, g_atomic_rc_box_release);
  g_free (self);
}

CofferBlocks *
coffer_blocks_new (void)
{
  CofferBlocks *self = g_new0 (CofferBlocks, 1);
  guint zero = 0;

  self->blocks = g_ptr_array_new_with_free_func (coffer_block_free);
  self->starts = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_val (self->starts, zero);
  self->n_starts = 1;
  return self;
}

void
coffer_blocks_free (CofferBlocks *self)
{
  g_ptr_array_unref (self->blocks);
  g_array_unref (self->starts);
  g_free (self);
}

static void
reckon_starts (CofferBlocks *self)
{
  guint *starts;

  if (self->n_starts == self->blocks->len + 1)
    return;
  g_array_set_size (self->starts, self->blocks->len + 1);
  starts = (guint *) (gpointer) self->starts->data;
  for (; self->n_starts <= self->blocks->len; self->n_starts++)
    starts[self->n_starts] = starts[self->n_starts - 1] + coffer_blocks_get (self, self->n_starts - 1)->n_rows;
}

guint
coffer_blocks_get_n_blocks (CofferBlocks *self)
{
  return self->blocks->len;
}

CofferBlock *
coffer_blocks_get (CofferBlocks *self,
                   guint         index)
{
  return g_ptr_array_index (self->blocks, index);
}

guint
coffer_blocks_get_start (CofferBlocks *self,
                         guint         index)
{
  reckon_starts (self);
  return g_array_index (self->starts, guint, index);
}

guint
coffer_blocks_get_n_rows (CofferBlocks *self)
{
  return coffer_blocks_get_start (self, self->blocks->len);
}

guint
coffer_blocks_find (CofferBlocks *self,
                    guint         position)
{
  guint low = 0;
  guint high = self->blocks->len;

  g_assert (position < coffer_blocks_get_n_rows (self));

  /* the last that begins at or before it: none is empty */
  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->starts, guint, middle) <= position)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static void
forget_rows (CofferBlocks *self,
             CofferBlock  *block)
{
  if (block->rows == NULL)
    return;
  g_queue_unlink (&self->known, &block->link);
  self->n_bytes -= block->n_bytes;
  free_rows (block);
}

void
coffer_blocks_forget_all (CofferBlocks *self)
{
  while (!g_queue_is_empty (&self->known))
    forget_rows (self, g_queue_peek_head (&self->known));
}

void
coffer_blocks_splice (CofferBlocks *self,
                      guint         index,
                      guint         n_removed,
                      GPtrArray    *added)
{
  guint n_added = added->len;

  for (guint i = 0; i < n_removed; i++)
    forget_rows (self, coffer_blocks_get (self, index + i));
  g_ptr_array_set_free_func (added, NULL);
  for (guint i = 0; i < n_added; i++)
    {
      CofferBlock *block = g_ptr_array_index (added, i);

      block->serial = ++last_serial;
      if (i < n_removed)
        {
          coffer_block_free (coffer_blocks_get (self, index + i));
          self->blocks->pdata[index + i] = block;
        }
      else
        g_ptr_array_insert (self->blocks, (gint) (index + i), block);
    }
  if (n_added < n_removed)
    g_ptr_array_remove_range (self->blocks, index + n_added, n_removed - n_added);
  g_ptr_array_set_size (added, 0);
  self->n_starts = MIN (self->n_starts, index + 1);
}

void
coffer_blocks_put_keys (CofferBlocks *self,
                        CofferBlock  *block,
                        GPtrArray    *keys)
{
  g_assert (keys->len == block->n_rows);

  forget_rows (self, block);
  block->rows = g_new0 (CofferBlockRow, block->n_rows);
  for (guint i = 0; i < keys->len; i++)
    {
      CofferKey *key = g_ptr_array_index (keys, i);

      if (key == NULL)
        continue;
      block->rows[i].key = coffer_key_ref (key);
      block->n_bytes += g_bytes_get_size (coffer_key_get_bytes (key));
    }
  g_queue_push_head_link (&self->known, &block->link);
  self->n_bytes += block->n_bytes;

  while (self->known.length > 1 && (self->known.length > MAX_KNOWN_BLOCKS || self->n_bytes > MAX_KNOWN_BYTES))
    forget_rows (self, g_queue_peek_tail (&self->known));
}

CofferBlockRow *
coffer_blocks_peek_row (CofferBlocks *self,
                        guint         position)
{
  guint index = coffer_blocks_find (self, position);
  CofferBlock *block = coffer_blocks_get (self, index);
  CofferBlockRow *row;

  if (block->rows == NULL)
    return NULL;
  if (self->known.head != &block->link)
    {
      g_queue_unlink (&self->known, &block->link);
      g_queue_push_head_link (&self->known, &block->link);
    }
  row = &block->rows[position - coffer_blocks_get_start (self, index)];
  return row->key != NULL ? row : NULL;
}

void
coffer_blocks_forget_facts (CofferBlocks *self)
{
  for (GList *link = self->known.head; link != NULL; link = link->next)
    {
      CofferBlock *block = link->data;

      for (guint i = 0; i < block->n_rows; i++)
        block->rows[i].facts.read = FALSE;
    }
}
