/* SPDX-License-Identifier: MIT */
/*
 * Pages of a value. One is read at a time; while it is, the wishes of later frames take the place of those before them, for
 * who drags a scroll bar through a gigabyte wants only what is where it stops. Main thread, but for the readers.
 */
#define G_LOG_DOMAIN "coffer-bytes"

#include "coffer-bytes-pages.h"

#include "coffer-bytes-find.h"

#define PAGE_SIZE (64 * 1024)
#define MAX_PAGES 32
#define MAX_WISHES 4   /* as many as a screen can touch, and one ahead */

typedef struct {
  gint64 number;
  GBytes *bytes;   /* NULL: it cannot be read */
  guint64 used;
  gboolean stale;  /* read before the value may have changed */
} Page;

struct _CofferBytesPages
{
  GObject parent_instance;

  CofferVault *vault;
  CofferKey *key;
  guint64 size;

  GHashTable *pages;           /* number: Page */
  guint64 clock;
  gint64 wishes[MAX_WISHES];   /* the last is the newest */
  guint n_wishes;
  gint64 loading;              /* or -1 */
  gboolean loading_stale;      /* it began before the value may have changed */
  GCancellable *cancellable;
  GError *error;
};

enum {
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void load_next (CofferBytesPages *self);

G_DEFINE_FINAL_TYPE (CofferBytesPages, coffer_bytes_pages, G_TYPE_OBJECT)

static void
page_free (gpointer data)
{
  Page *page = data;

  g_clear_pointer (&page->bytes, g_bytes_unref);
  g_free (page);
}

/* Reading; on the lane. */

typedef struct {
  guint64 offset;
  gsize len;
} Range;

static gpointer
read_range (GInputStream           *stream,
            const CofferValueFacts *facts,
            gpointer                data,
            GCancellable           *cancellable,
            GError                **error)
{
  const Range *range = data;
  g_autofree guint8 *bytes = g_try_malloc (range->len);
  gsize len;

  if (bytes == NULL && range->len > 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, g_strerror (ENOMEM));
      return NULL;
    }
  if (!g_seekable_seek (G_SEEKABLE (stream), range->offset, G_SEEK_SET, cancellable, error) ||
      !g_input_stream_read_all (stream, bytes, range->len, &len, cancellable, error))
    return NULL;

  return g_bytes_new_take (g_steal_pointer (&bytes), len);
}

static void
read_range_async (CofferBytesPages    *self,
                  guint64              offset,
                  gsize                len,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  Range *range = g_new (Range, 1);

  *range = (Range) { offset, len };
  coffer_vault_read_value_async (self->vault, self->key, read_range, range, g_free, (GDestroyNotify) g_bytes_unref, cancellable,
                                 callback, user_data);
}

/* Pages */

static void
forget_oldest (CofferBytesPages *self)
{
  GHashTableIter iter;
  Page *page, *oldest = NULL;

  g_hash_table_iter_init (&iter, self->pages);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &page))
    if (oldest == NULL || page->used < oldest->used)
      oldest = page;
  if (oldest != NULL)
    g_hash_table_remove (self->pages, &oldest->number);
}

static void
keep_page (CofferBytesPages *self,
           gint64            number,
           GBytes           *bytes,
          gboolean          stale)
{
  Page *page = g_new (Page, 1);

  if (g_hash_table_size (self->pages) >= MAX_PAGES)
    forget_oldest (self);
  *page = (Page) { number, bytes, ++self->clock, stale };
  g_hash_table_replace (self->pages, &page->number, page);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(CofferBytesPages) self = data;
  g_autoptr(GError) error = NULL;
  GBytes *bytes = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);
  gint64 number = self->loading;

  self->loading = -1;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (error != NULL && self->error == NULL)
    self->error = g_steal_pointer (&error);
  keep_page (self, number, bytes, self->loading_stale);
  g_signal_emit (self, signals[CHANGED], 0, (guint64) number * PAGE_SIZE, (guint64) PAGE_SIZE);
  load_next (self);
}

static void
load_next (CofferBytesPages *self)
{
  if (self->loading >= 0 || self->n_wishes == 0)
    return;

  self->loading = self->wishes[--self->n_wishes];
  self->loading_stale = FALSE;
  read_range_async (self, (guint64) self->loading * PAGE_SIZE, MIN (PAGE_SIZE, self->size - (guint64) self->loading * PAGE_SIZE),
                    self->cancellable, loaded_cb, g_object_ref (self));
}

static void
wish (CofferBytesPages *self,
      gint64            number)
{
  guint n = 0;

  if (number == self->loading)
    return;

  for (guint i = 0; i < self->n_wishes; i++)
    if (self->wishes[i] != number)
      self->wishes[n++] = self->wishes[i];
  if (n == MAX_WISHES)
    {
      memmove (self->wishes, self->wishes + 1, (MAX_WISHES - 1) * sizeof *self->wishes);
      n--;
    }
  self->wishes[n++] = number;
  self->n_wishes = n;
  load_next (self);
}

const guint8 *
coffer_bytes_pages_peek (CofferBytesPages *self,
                         guint64           offset,
                         gsize            *len)
{
  gint64 number = offset / PAGE_SIZE;
  gsize within = offset % PAGE_SIZE, size;
  const guint8 *bytes;
  Page *page;

  g_return_val_if_fail (COFFER_IS_BYTES_PAGES (self), NULL);

  *len = offset < self->size ? MIN (PAGE_SIZE - within, self->size - offset) : 0;
  if (*len == 0)
    return NULL;

  if ((page = g_hash_table_lookup (self->pages, &number)) == NULL)
    {
      wish (self, number);
      return NULL;
    }

  page->used = ++self->clock;
  if (page->stale)
    wish (self, number);
  bytes = page->bytes != NULL ? g_bytes_get_data (page->bytes, &size) : NULL;

  return bytes != NULL && within + *len <= size ? bytes + within : NULL;
}

void
coffer_bytes_pages_renew (CofferBytesPages *self)
{
  GHashTableIter iter;
  Page *page;

  g_return_if_fail (COFFER_IS_BYTES_PAGES (self));

  g_clear_error (&self->error);
  self->loading_stale = TRUE;
  g_hash_table_iter_init (&iter, self->pages);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &page))
    page->stale = TRUE;
  g_signal_emit (self, signals[CHANGED], 0, (guint64) 0, self->size);
}

guint64
coffer_bytes_pages_get_size (CofferBytesPages *self)
{
  g_return_val_if_fail (COFFER_IS_BYTES_PAGES (self), 0);

  return self->size;
}

const GError *
coffer_bytes_pages_get_error (CofferBytesPages *self)
{
  g_return_val_if_fail (COFFER_IS_BYTES_PAGES (self), NULL);

  return self->error;
}

/* A part as a whole */

/* Searching */

typedef struct {
  GBytes *needle;
  guint64 from;
  gboolean backwards;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_bytes_unref (search->needle);
  g_free (search);
}

/* Lane. The answer is the place and one more, in memory of its own; an empty one for none. */
static gpointer
find_worker (GInputStream           *stream,
             const CofferValueFacts *facts,
             gpointer                data,
             GCancellable           *cancellable,
             GError                **error)
{
  const Search *search = data;
  guint64 from = MIN (search->from, facts->size);
  guint64 first_begin = search->backwards ? 0 : from, first_end = search->backwards ? MIN (from + 1, facts->size) : facts->size;
  guint64 second_begin = search->backwards ? first_end : 0, second_end = search->backwards ? facts->size : from;
  GError *problem = NULL;
  guint64 found;

  if (coffer_bytes_find (stream, search->needle, first_begin, first_end, search->backwards, &found, cancellable, &problem) ||
      (problem == NULL &&
       coffer_bytes_find (stream, search->needle, second_begin, second_end, search->backwards, &found, cancellable, &problem)))
    return g_bytes_new (&found, sizeof found);
  if (problem == NULL)
    return g_bytes_new (NULL, 0);

  g_propagate_error (error, problem);
  return NULL;
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  GBytes *bytes = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);

  if (bytes != NULL)
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

void
coffer_bytes_pages_find_async (CofferBytesPages    *self,
                               GBytes              *needle,
                               guint64              from,
                               gboolean             backwards,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  Search *search;
  GTask *task;

  g_return_if_fail (COFFER_IS_BYTES_PAGES (self) && needle != NULL);

  search = g_new (Search, 1);
  *search = (Search) { g_bytes_ref (needle), from, backwards };
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_bytes_pages_find_async);
  coffer_vault_read_value_async (self->vault, self->key, find_worker, search, search_free, (GDestroyNotify) g_bytes_unref,
                                 cancellable, found_cb, task);
}

gboolean
coffer_bytes_pages_find_finish (CofferBytesPages  *self,
                                GAsyncResult      *result,
                                guint64           *offset,
                                GError           **error)
{
  g_autoptr(GBytes) found = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if ((found = g_task_propagate_pointer (G_TASK (result), error)) == NULL || g_bytes_get_size (found) != sizeof *offset)
    return FALSE;

  memcpy (offset, g_bytes_get_data (found, NULL), sizeof *offset);

  return TRUE;
}

/* The object */

static void
coffer_bytes_pages_finalize (GObject *object)
{
  CofferBytesPages *self = COFFER_BYTES_PAGES (object);

  g_object_unref (self->cancellable);
  g_object_unref (self->vault);
  coffer_key_unref (self->key);
  g_hash_table_unref (self->pages);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (coffer_bytes_pages_parent_class)->finalize (object);
}

static void
coffer_bytes_pages_class_init (CofferBytesPagesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = coffer_bytes_pages_finalize;

  signals[CHANGED] = g_signal_new ("changed", COFFER_TYPE_BYTES_PAGES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                   G_TYPE_UINT64, G_TYPE_UINT64);
}

static void
coffer_bytes_pages_init (CofferBytesPages *self)
{
  self->pages = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, page_free);
  self->cancellable = g_cancellable_new ();
  self->loading = -1;
}

CofferBytesPages *
coffer_bytes_pages_new (CofferVault *vault,
                        CofferKey   *key,
                        guint64      size)
{
  CofferBytesPages *self;

  g_return_val_if_fail (COFFER_IS_VAULT (vault) && key != NULL, NULL);

  self = g_object_new (COFFER_TYPE_BYTES_PAGES, NULL);
  self->vault = g_object_ref (vault);
  self->key = coffer_key_ref (key);
  self->size = size;

  return self;
}

void
coffer_bytes_pages_stop (CofferBytesPages *self)
{
  g_return_if_fail (COFFER_IS_BYTES_PAGES (self));

  g_cancellable_cancel (self->cancellable);
  self->n_wishes = 0;
}
