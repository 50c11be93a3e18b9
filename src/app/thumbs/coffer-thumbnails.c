/* SPDX-License-Identifier: MIT */
/*
 * Who wants which picture. Main thread; what is read and decoded is on the vault's lanes (coffer-thumb-queue.h).
 *
 * What is kept true: a work is in `works` from its first request to its answer, or until nobody waits for it; each of its
 * thumbnails has it for their `work`. A picture in memory was true of the file in its generation; only one of the generation
 * that is current is shown without a look at the value.
 */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumbnails-private.h"

#include "coffer-thumb-maker.h"
#include "coffer-thumb-memory.h"
#include "coffer-thumbnail-private.h"

/* How often what is on show is compared with its values at the most. */
#define CHECK_INTERVAL_MS 2000

struct _CofferThumbnails {
  GObject parent_instance;

  CofferVault *vault;
  CofferThumbQueue *queue;
  CofferThumbMemory *memory;
  GHashTable *works;           /* of works, by their ids */
  GHashTable *live;            /* unowned thumbnails that are not cancelled */
  gboolean busy[COFFER_MAX_THUMB_LANES];
  gint64 checked;              /* monotonic, when the last look at all values began */
  guint check_id;
  guint turn_id;               /* until the turn of the main loop is over */
};

G_DEFINE_FINAL_TYPE (CofferThumbnails, coffer_thumbnails, G_TYPE_OBJECT)

static void pump (CofferThumbnails *self);

/* A lane at work. */
typedef struct {
  CofferThumbnails *self;
  guint lane;
} Turn;

typedef struct {
  CofferThumbQueue *queue;
  char *table;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  coffer_thumb_queue_unref (job->queue);
  g_free (job->table);
  g_free (job);
}

/* Lane. */
static gboolean
job_worker (CofferValueReader  *reader,
            gpointer            data,
            GCancellable       *cancellable,
            GError            **error)
{
  Job *job = data;

  return coffer_thumb_queue_work (job->queue, job->table, reader, cancellable, error);
}

static void
turn_over_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autofree Turn *turn = data;
  g_autoptr(CofferThumbnails) self = turn->self;
  g_autoptr(GError) error = NULL;

  self->busy[turn->lane] = FALSE;
  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error) || coffer_value_reader_is_lost (error))
    pump (self);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))   /* the vault is closed */
    coffer_thumb_queue_fail (self->queue, error);
}

static void
start_turn (CofferThumbnails *self,
            guint             lane,
            const char       *table)
{
  Turn *turn = g_new (Turn, 1);
  Job *job = g_new (Job, 1);

  *turn = (Turn) { g_object_ref (self), lane };
  *job = (Job) { coffer_thumb_queue_ref (self->queue), g_strdup (table) };
  self->busy[lane] = TRUE;
  coffer_vault_read_values_async (self->vault, lane, table, job_worker, job, job_free, NULL, turn_over_cb, turn);
}

/* Sets to work as many lanes as there is work for. */
static void
pump (CofferThumbnails *self)
{
  g_autofree char *table = NULL;
  guint n_waiting = coffer_thumb_queue_peek (self->queue, &table);

  for (guint i = 0; i < coffer_vault_get_n_thumb_lanes () && n_waiting > 0; i++)
    if (!self->busy[i])
      {
        start_turn (self, i, table);
        n_waiting--;
      }
}

static void
let_go_of_work (CofferThumbnails *self,
                CofferThumbnail  *thumbnail)
{
  CofferThumbWork *work = thumbnail->work;

  if (work == NULL)
    return;

  g_ptr_array_remove_fast (work->thumbnails, thumbnail);
  if (work->thumbnails->len == 0)
    {
      coffer_thumb_queue_cancel (self->queue, work);
      g_hash_table_remove (self->works, &work->id);
    }
  g_clear_pointer (&thumbnail->work, coffer_thumb_work_unref);
}

static void
let_go (gpointer         owner,
        CofferThumbnail *thumbnail)
{
  g_autoptr(CofferThumbnails) self = owner;   /* its reference to us */

  let_go_of_work (self, thumbnail);
  g_hash_table_remove (self->live, thumbnail);
}

static gboolean
end_turn_cb (gpointer data)
{
  CofferThumbnails *self = data;

  self->turn_id = 0;
  coffer_thumb_queue_end_turn (self->queue);

  return G_SOURCE_REMOVE;
}

/* @behind: nobody waits for it, it is compared */
static void
ask (CofferThumbnails   *self,
     CofferThumbnail    *thumbnail,
     CofferThumbPicture *known,
     gboolean            behind)
{
  CofferThumbWork *work = g_hash_table_lookup (self->works, &thumbnail->id);

  if (work == NULL)
    {
      work = coffer_thumb_work_new (&thumbnail->id, known);
      g_hash_table_insert (self->works, &work->id, work);
      coffer_thumb_queue_push (self->queue, work, behind);
    }
  else if (!behind)
    coffer_thumb_queue_prefer (self->queue, work);

  g_ptr_array_add (work->thumbnails, thumbnail);
  thumbnail->work = coffer_thumb_work_ref (work);
  if (self->turn_id == 0)
    self->turn_id = g_idle_add_full (G_PRIORITY_HIGH, end_turn_cb, self, NULL);
  pump (self);
}

/* @picture: (nullable): it could not be read, which says nothing about it: what is shown stays, or else its type is */
static void
give (CofferThumbWork    *work,
      CofferThumbPicture *picture)
{
  g_autoptr(CofferThumbPicture) none = coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, work->id.value_size, NULL);
  g_autoptr(GPtrArray) thumbnails = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < work->thumbnails->len; i++)
    {
      CofferThumbnail *thumbnail = g_ptr_array_index (work->thumbnails, i);

      g_clear_pointer (&thumbnail->work, coffer_thumb_work_unref);
      g_ptr_array_add (thumbnails, g_object_ref (thumbnail));
    }
  g_ptr_array_set_size (work->thumbnails, 0);

  for (guint i = 0; i < thumbnails->len; i++)
    {
      CofferThumbnail *thumbnail = g_ptr_array_index (thumbnails, i);

      if (picture != NULL || thumbnail->picture == NULL)
        coffer_thumbnail_set_picture (thumbnail, picture != NULL ? picture : none);
    }
}

/* The one in memory, if it needs no look at the value. (transfer none) (nullable) */
static CofferThumbPicture *
get_current (CofferThumbnails    *self,
             const CofferThumbId *id)
{
  guint generation = 0;
  CofferThumbPicture *picture = coffer_thumb_memory_lookup (self->memory, id, &generation);

  return picture != NULL && generation == coffer_thumb_queue_get_generation (self->queue) ? picture : NULL;
}

/* Shown already, and compared behind what nobody sees yet. */
static void
check_all (CofferThumbnails *self)
{
  GHashTableIter iter;
  gpointer key;

  self->checked = g_get_monotonic_time ();
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      CofferThumbnail *thumbnail = key;

      if (thumbnail->work == NULL && get_current (self, &thumbnail->id) == NULL)
        ask (self, thumbnail, thumbnail->picture, TRUE);
    }
}

static gboolean
check_cb (gpointer data)
{
  CofferThumbnails *self = data;

  self->check_id = 0;
  check_all (self);

  return G_SOURCE_REMOVE;
}

/* Not too often: another program may write a thousand times a second. */
static void
schedule_check (CofferThumbnails *self)
{
  gint64 wait = self->checked + CHECK_INTERVAL_MS * 1000 - g_get_monotonic_time ();

  if (self->check_id == 0)
    self->check_id = g_timeout_add (MAX (wait, 0) / 1000, check_cb, self);
}

static void
answered (gpointer         owner,
          CofferThumbWork *work,
          gboolean         stale)
{
  CofferThumbnails *self = owner;
  g_autoptr(CofferThumbPicture) picture = NULL;

  if (g_hash_table_lookup (self->works, &work->id) != work)   /* cancelled meanwhile */
    return;

  g_hash_table_remove (self->works, &work->id);
  if (work->damaged)
    picture = coffer_thumb_picture_new (COFFER_THUMBNAIL_BROKEN, NULL, -1, work->id.value_size, NULL);
  else if (work->picture != NULL)
    picture = coffer_thumb_picture_ref (work->picture);
  if (work->picture != NULL)
    coffer_thumb_memory_put (self->memory, &work->id, picture, work->generation);
  give (work, picture);
  if (stale || work->passing)
    schedule_check (self);
}

void
coffer_thumbnails_check (CofferThumbnails *self)
{
  g_return_if_fail (COFFER_IS_THUMBNAILS (self));

  if (coffer_vault_is_missing (self->vault))   /* the pictures there are stay until there is a file to make others from */
    return;
  coffer_thumb_queue_renew (self->queue);
  schedule_check (self);
}

CofferThumbnail *
coffer_thumbnails_request (CofferThumbnails *self,
                           CofferKey        *key,
                           guint64           value_size,
                           const char       *content_type,
                           int               width,
                           int               height)
{
  const CofferThumbId id = { (char *) coffer_vault_get_table (self->vault), key, value_size, width, height };
  CofferThumbPicture *current;
  CofferThumbnail *thumbnail;
  guint generation;

  g_return_val_if_fail (COFFER_IS_THUMBNAILS (self), NULL);
  g_return_val_if_fail (key != NULL && width > 0 && height > 0, NULL);

  thumbnail = g_object_new (COFFER_TYPE_THUMBNAIL, NULL);
  if (!coffer_thumb_is_possible (content_type) || id.table == NULL)
    {
      thumbnail->picture = coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, value_size, NULL);
      return thumbnail;
    }

  coffer_thumb_id_copy (&thumbnail->id, &id);
  thumbnail->owner = g_object_ref (self);
  thumbnail->let_go = let_go;
  g_hash_table_add (self->live, thumbnail);
  if ((current = get_current (self, &id)) != NULL)
    coffer_thumbnail_set_picture (thumbnail, current);
  else
    ask (self, thumbnail, coffer_thumb_memory_lookup (self->memory, &id, &generation), FALSE);

  return thumbnail;
}

static void
coffer_thumbnails_dispose (GObject *object)
{
  CofferThumbnails *self = COFFER_THUMBNAILS (object);

  /* Every thumbnail that is not cancelled holds a reference to us, and so does every turn. */
  coffer_thumb_queue_close (self->queue);
  g_clear_handle_id (&self->check_id, g_source_remove);
  g_clear_handle_id (&self->turn_id, g_source_remove);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_thumbnails_parent_class)->dispose (object);
}

static void
coffer_thumbnails_finalize (GObject *object)
{
  CofferThumbnails *self = COFFER_THUMBNAILS (object);

  coffer_thumb_queue_unref (self->queue);
  coffer_thumb_memory_free (self->memory);
  g_hash_table_unref (self->works);
  g_hash_table_unref (self->live);

  G_OBJECT_CLASS (coffer_thumbnails_parent_class)->finalize (object);
}

static void
coffer_thumbnails_class_init (CofferThumbnailsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = coffer_thumbnails_dispose;
  object_class->finalize = coffer_thumbnails_finalize;
}

static void
coffer_thumbnails_init (CofferThumbnails *self)
{
  self->works = g_hash_table_new_full (coffer_thumb_id_hash, coffer_thumb_id_equal, NULL,
                                       (GDestroyNotify) coffer_thumb_work_unref);
  self->live = g_hash_table_new (NULL, NULL);
}

CofferThumbnails *
coffer_thumbnails_new_full (CofferVault     *vault,
                            CofferThumbDisk *disk,
                            gsize            memory)
{
  CofferThumbnails *self = g_object_new (COFFER_TYPE_THUMBNAILS, NULL);

  self->vault = g_object_ref (vault);
  self->queue = coffer_thumb_queue_new (g_file_peek_path (coffer_vault_get_file (vault)), disk, answered, self);
  self->memory = coffer_thumb_memory_new (memory);
  g_signal_connect_object (vault, "changed", G_CALLBACK (coffer_thumbnails_check), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (vault, "touched", G_CALLBACK (coffer_thumbnails_check), self, G_CONNECT_SWAPPED);

  return self;
}

CofferThumbnails *
coffer_thumbnails_new (CofferVault *vault)
{
  g_return_val_if_fail (COFFER_IS_VAULT (vault), NULL);

  return coffer_thumbnails_new_full (vault, coffer_thumb_disk_get_default (), COFFER_THUMBNAILS_MEMORY);
}

gsize
coffer_thumbnails_get_bytes (CofferThumbnails *self)
{
  return coffer_thumb_memory_get_bytes (self->memory);
}
