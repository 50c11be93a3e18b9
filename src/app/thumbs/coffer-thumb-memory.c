/* SPDX-License-Identifier: MIT */
/* Pictures that were made, the one used last at the head of `used`. Main thread. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-memory.h"

typedef struct {
  CofferThumbId id;
  CofferThumbPicture *picture;
  guint generation;
  gsize bytes;
  GList link;
} Item;

struct _CofferThumbMemory {
  gsize max_bytes;
  gsize bytes;
  GHashTable *items;   /* by their ids */
  GQueue used;
};

static void
item_free (gpointer data)
{
  Item *item = data;

  coffer_thumb_id_clear (&item->id);
  coffer_thumb_picture_unref (item->picture);
  g_free (item);
}

CofferThumbMemory *
coffer_thumb_memory_new (gsize max_bytes)
{
  CofferThumbMemory *self = g_new0 (CofferThumbMemory, 1);

  self->max_bytes = max_bytes;
  self->items = g_hash_table_new_full (coffer_thumb_id_hash, coffer_thumb_id_equal, NULL, item_free);

  return self;
}

void
coffer_thumb_memory_free (CofferThumbMemory *self)
{
  g_hash_table_unref (self->items);
  g_free (self);
}

static void
drop (CofferThumbMemory *self,
      Item              *item)
{
  self->bytes -= item->bytes;
  g_queue_unlink (&self->used, &item->link);
  g_hash_table_remove (self->items, &item->id);
}

CofferThumbPicture *
coffer_thumb_memory_lookup (CofferThumbMemory   *self,
                            const CofferThumbId *id,
                            guint               *generation)
{
  Item *item = g_hash_table_lookup (self->items, id);

  if (item == NULL)
    return NULL;

  g_queue_unlink (&self->used, &item->link);
  g_queue_push_head_link (&self->used, &item->link);
  *generation = item->generation;

  return item->picture;
}

/* Keys may be a megabyte long, so they count. */
static Item *
item_new (const CofferThumbId *id,
          CofferThumbPicture  *picture,
          guint                generation)
{
  Item *item = g_new0 (Item, 1);

  coffer_thumb_id_copy (&item->id, id);
  item->picture = coffer_thumb_picture_ref (picture);
  item->generation = generation;
  item->link.data = item;
  item->bytes = sizeof *item + g_bytes_get_size (coffer_key_get_bytes (id->key)) + coffer_thumb_picture_get_bytes (picture);

  return item;
}

void
coffer_thumb_memory_put (CofferThumbMemory   *self,
                         const CofferThumbId *id,
                         CofferThumbPicture  *picture,
                         guint                generation)
{
  Item *item = item_new (id, picture, generation);
  Item *before = g_hash_table_lookup (self->items, id);

  if (before != NULL)
    drop (self, before);

  g_hash_table_insert (self->items, &item->id, item);
  g_queue_push_head_link (&self->used, &item->link);
  self->bytes += item->bytes;
  while (self->bytes > self->max_bytes)
    drop (self, g_queue_peek_tail (&self->used));
}

gsize
coffer_thumb_memory_get_bytes (CofferThumbMemory *self)
{
  return self->bytes;
}
