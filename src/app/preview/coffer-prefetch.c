/* SPDX-License-Identifier: MIT */
/*
 * A place for each neighbour. Work on its way belongs to its Slot, which lives until that ends: still in its place, left by it, or
 * handed over to whoever has chosen the key meanwhile. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-prefetch.h"

typedef struct {
  CofferPrefetch *ahead;      /* NULL once it has left its place */
  CofferKey *key;
  CofferContentWish wish;
  GCancellable *cancellable;  /* NULL until begun */
  gboolean done;
  CofferContent *content;     /* NULL if it takes too much, is no picture or cannot be read */
  CofferPrefetchFunc func;       /* it was handed over */
  gpointer data;
} Slot;

struct _CofferPrefetch
{
  gsize budget;
  CofferVault *vault;
  Slot *slots[COFFER_PREFETCH_MAX];   /* NULL: none */
  guint n_wanted;                  /* of them, from the first on */
  guint n_at_once;
};

static void begin_next (CofferPrefetch *self);

static void
slot_clear (gpointer data)
{
  Slot *slot = data;

  coffer_key_unref (slot->key);
  g_clear_object (&slot->cancellable);
  g_clear_pointer (&slot->content, coffer_content_free);
}

static void
slot_unref (Slot *slot)
{
  g_rc_box_release_full (slot, slot_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Slot, slot_unref)

static Slot *
slot_new (CofferPrefetch          *ahead,
          CofferKey               *key,
          const CofferContentWish *wish)
{
  Slot *slot = g_rc_box_new0 (Slot);

  slot->ahead = ahead;
  slot->key = coffer_key_ref (key);
  slot->wish = *wish;
  slot->wish.ahead = TRUE;

  return slot;
}

static gboolean
slot_is (Slot                    *slot,
         CofferKey               *key,
         const CofferContentWish *wish)
{
  return slot != NULL && slot->wish.show_as == wish->show_as && slot->wish.width == wish->width &&
         slot->wish.height == wish->height && coffer_key_equal (slot->key, key);
}

/* The place is free then; who works for it goes on for another or stops. */
static void
leave (CofferPrefetch *self,
       guint           i)
{
  self->slots[i]->ahead = NULL;
  if (self->slots[i]->func == NULL)
    g_cancellable_cancel (self->slots[i]->cancellable);
  g_clear_pointer (&self->slots[i], slot_unref);
}

gsize
coffer_prefetch_get_size (CofferPrefetch *self)
{
  gsize size = 0;

  for (guint i = 0; i < COFFER_PREFETCH_MAX; i++)
    if (self->slots[i] != NULL && self->slots[i]->content != NULL)
      size += coffer_content_get_size (self->slots[i]->content);

  return size;
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(Slot) slot = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferContent) content = coffer_content_read_finish (result, &error);

  slot->done = TRUE;
  if (slot->func != NULL)
    slot->func (g_steal_pointer (&content), error, slot->data);
  if (slot->ahead == NULL)
    return;

  if (content != NULL && coffer_prefetch_get_size (slot->ahead) + coffer_content_get_size (content) <= slot->ahead->budget)
    slot->content = g_steal_pointer (&content);
  begin_next (slot->ahead);
}

static void
begin_next (CofferPrefetch *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_wanted && n < self->n_at_once; i++)
    {
      Slot *slot = self->slots[i];

      if (slot == NULL || slot->done)
        continue;
      if (slot->cancellable == NULL)
        {
          slot->cancellable = g_cancellable_new ();
          coffer_content_read_async (self->vault, slot->key, &slot->wish, slot->cancellable, read_cb, g_rc_box_acquire (slot));
        }
      n++;
    }
}

void
coffer_prefetch_begin (CofferPrefetch *self,
                       guint           n,
                       guint           n_at_once)
{
  self->n_wanted = MIN (n, COFFER_PREFETCH_MAX);
  self->n_at_once = n_at_once;
  begin_next (self);
}

/* What there is for a key already goes into its new place. */
static Slot *
find_slot (CofferPrefetch          *self,
           CofferKey               *key,
           const CofferContentWish *wish)
{
  for (guint i = 0; i < COFFER_PREFETCH_MAX; i++)
    if (slot_is (self->slots[i], key, wish))
      return g_steal_pointer (&self->slots[i]);

  return slot_new (self, key, wish);
}

void
coffer_prefetch_set_keys (CofferPrefetch          *self,
                          CofferVault             *vault,
                          CofferKey              **keys,
                          const CofferContentWish *wishes,
                          guint                    n)
{
  Slot *slots[COFFER_PREFETCH_MAX] = { NULL };

  if (g_set_object (&self->vault, vault))
    coffer_prefetch_clear (self);
  for (guint i = 0; i < MIN (n, COFFER_PREFETCH_MAX); i++)
    slots[i] = find_slot (self, keys[i], &wishes[i]);
  for (guint i = 0; i < COFFER_PREFETCH_MAX; i++)
    {
      if (self->slots[i] != NULL)
        leave (self, i);
      self->slots[i] = slots[i];
    }
  self->n_wanted = 0;
}

CofferContent *
coffer_prefetch_take (CofferPrefetch          *self,
                      CofferKey               *key,
                      const CofferContentWish *wish)
{
  for (guint i = 0; i < COFFER_PREFETCH_MAX; i++)
    if (slot_is (self->slots[i], key, wish) && self->slots[i]->content != NULL)
      {
        CofferContent *content = g_steal_pointer (&self->slots[i]->content);

        leave (self, i);
        return content;
      }

  return NULL;
}

GCancellable *
coffer_prefetch_take_over (CofferPrefetch          *self,
                           CofferKey               *key,
                           const CofferContentWish *wish,
                           CofferPrefetchFunc       func,
                           gpointer                 data)
{
  for (guint i = 0; i < COFFER_PREFETCH_MAX; i++)
    if (slot_is (self->slots[i], key, wish) && self->slots[i]->cancellable != NULL && !self->slots[i]->done)
      {
        GCancellable *cancellable = g_object_ref (self->slots[i]->cancellable);

        self->slots[i]->func = func;
        self->slots[i]->data = data;
        leave (self, i);
        return cancellable;
      }

  return NULL;
}

void
coffer_prefetch_clear (CofferPrefetch *self)
{
  for (guint i = 0; i < COFFER_PREFETCH_MAX; i++)
    if (self->slots[i] != NULL)
      leave (self, i);
  self->n_wanted = 0;
}

CofferPrefetch *
coffer_prefetch_new (gsize budget)
{
  CofferPrefetch *self = g_new0 (CofferPrefetch, 1);

  self->budget = budget;

  return self;
}

void
coffer_prefetch_free (CofferPrefetch *self)
{
  coffer_prefetch_clear (self);
  g_clear_object (&self->vault);
  g_free (self);
}
