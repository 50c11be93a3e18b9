/* SPDX-License-Identifier: MIT */
/*
 * The stack of what waits, and the list of what is answered.
 *
 *     main thread   push ──► waiting ──┐ lanes: pop, make ┌──► answers ──► one idle ──► answered()
 *
 * A work is in `waiting` (by the lock), or has one lane that makes it, or is on its way back; it goes from one to the next
 * whole. A lane that has to let go of the file puts what it was at back at the front.
 */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-queue.h"

#include <coffer-error.h>

#include "coffer-thumb-maker.h"

/* A value that is changed again and again while it is read. */
#define MAX_TRIES 3

struct _CofferThumbQueue {
  gatomicrefcount refs;
  CofferThumbPlaces places;   /* owned */
  GMainContext *context;
  CofferThumbAnswered answered;
  gpointer owner;        /* NULL once closed; the main thread's */

  GMutex lock;
  GQueue waiting;        /* of works, the next one first */
  GList *newest;         /* in it: what came last in this turn; NULL: nothing did, or it is gone */
  GQueue answers;        /* of works */
  gboolean told;         /* an idle is on its way to give the answers */
  guint generation;
};

CofferThumbWork *
coffer_thumb_work_new (const CofferThumbId *id,
                       CofferThumbPicture  *known)
{
  CofferThumbWork *self = g_new0 (CofferThumbWork, 1);

  g_atomic_ref_count_init (&self->refs);
  coffer_thumb_id_copy (&self->id, id);
  self->known = known != NULL ? coffer_thumb_picture_ref (known) : NULL;
  self->cancellable = g_cancellable_new ();
  self->link.data = self;
  self->thumbnails = g_ptr_array_new ();

  return self;
}

CofferThumbWork *
coffer_thumb_work_ref (CofferThumbWork *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
coffer_thumb_work_unref (CofferThumbWork *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  coffer_thumb_id_clear (&self->id);
  g_clear_pointer (&self->known, coffer_thumb_picture_unref);
  g_clear_pointer (&self->picture, coffer_thumb_picture_unref);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->thumbnails);
  g_free (self);
}

CofferThumbQueue *
coffer_thumb_queue_new (const char          *path,
                        CofferThumbDisk     *disk,
                        CofferThumbAnswered  answered,
                        gpointer             owner)
{
  CofferThumbQueue *self = g_new0 (CofferThumbQueue, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->places.path = g_strdup (path);
  self->places.disk = disk != NULL ? coffer_thumb_disk_ref (disk) : NULL;
  self->context = g_main_context_ref_thread_default ();
  self->answered = answered;
  self->owner = owner;

  return self;
}

CofferThumbQueue *
coffer_thumb_queue_ref (CofferThumbQueue *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
coffer_thumb_queue_unref (CofferThumbQueue *self)
{
  GList *link;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  while ((link = g_queue_pop_head_link (&self->waiting)) != NULL ||
         (link = g_queue_pop_head_link (&self->answers)) != NULL)
    coffer_thumb_work_unref (link->data);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->places.disk, coffer_thumb_disk_unref);
  g_free ((char *) self->places.path);
  g_main_context_unref (self->context);
  g_free (self);
}

void
coffer_thumb_queue_close (CofferThumbQueue *self)
{
  self->owner = NULL;
}

static gboolean
answer_cb (gpointer data)
{
  CofferThumbQueue *self = data;
  GQueue answers;
  guint generation;
  GList *link;

  g_mutex_lock (&self->lock);
  answers = self->answers;
  generation = self->generation;
  g_queue_init (&self->answers);
  self->told = FALSE;
  g_mutex_unlock (&self->lock);

  while ((link = g_queue_pop_head_link (&answers)) != NULL)
    {
      g_autoptr(CofferThumbWork) work = link->data;

      if (self->owner != NULL)
        self->answered (self->owner, work, work->generation != generation);
    }

  return G_SOURCE_REMOVE;
}

/* Any thread. Ahead of drawing: what is there should be in the frame. */
static void
tell (CofferThumbQueue *self)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[coffer] thumbnails made");
  g_source_set_callback (source, answer_cb, coffer_thumb_queue_ref (self), (GDestroyNotify) coffer_thumb_queue_unref);
  g_source_attach (source, self->context);
}

/* @work: (transfer full) */
static void
answer (CofferThumbQueue *self,
        CofferThumbWork  *work)
{
  gboolean told;

  g_mutex_lock (&self->lock);
  g_queue_push_tail_link (&self->answers, &work->link);
  told = self->told;
  self->told = TRUE;
  g_mutex_unlock (&self->lock);
  if (!told)
    tell (self);
}

/* The four that keep `newest` right; under the lock. */
static void
take_out (CofferThumbQueue *self,
          CofferThumbWork  *work)
{
  if (self->newest == &work->link)
    self->newest = work->link.prev;   /* of this turn too, or nothing: the turn's are at the front */
  g_queue_unlink (&self->waiting, &work->link);
  work->waits = FALSE;
}

static void
put_first (CofferThumbQueue *self,
           CofferThumbWork  *work)
{
  g_queue_push_head_link (&self->waiting, &work->link);
  work->waits = TRUE;
}

static void
put_last (CofferThumbQueue *self,
          CofferThumbWork  *work)
{
  g_queue_push_tail_link (&self->waiting, &work->link);
  work->waits = TRUE;
}

static void
put_newest (CofferThumbQueue *self,
            CofferThumbWork  *work)
{
  if (self->newest != NULL)
    g_queue_insert_after_link (&self->waiting, self->newest, &work->link);
  else
    g_queue_push_head_link (&self->waiting, &work->link);
  self->newest = &work->link;
  work->waits = TRUE;
}

/* @work: (transfer full) */
static void
put_back (CofferThumbQueue *self,
          CofferThumbWork  *work)
{
  g_mutex_lock (&self->lock);
  work->generation = self->generation;
  put_first (self, work);
  g_mutex_unlock (&self->lock);
}

void
coffer_thumb_queue_push (CofferThumbQueue *self,
                         CofferThumbWork  *work,
                         gboolean          behind)
{
  coffer_thumb_work_ref (work);
  g_mutex_lock (&self->lock);
  work->generation = self->generation;
  if (behind)
    put_last (self, work);
  else
    put_newest (self, work);
  g_mutex_unlock (&self->lock);
}

void
coffer_thumb_queue_end_turn (CofferThumbQueue *self)
{
  g_mutex_lock (&self->lock);
  self->newest = NULL;
  g_mutex_unlock (&self->lock);
}

void
coffer_thumb_queue_prefer (CofferThumbQueue *self,
                           CofferThumbWork  *work)
{
  g_mutex_lock (&self->lock);
  if (work->waits)
    {
      take_out (self, work);
      put_newest (self, work);
    }
  g_mutex_unlock (&self->lock);
}

void
coffer_thumb_queue_cancel (CofferThumbQueue *self,
                           CofferThumbWork  *work)
{
  gboolean waited;

  g_cancellable_cancel (work->cancellable);
  g_mutex_lock (&self->lock);
  if ((waited = work->waits))
    take_out (self, work);
  g_mutex_unlock (&self->lock);
  if (waited)
    coffer_thumb_work_unref (work);
}

void
coffer_thumb_queue_renew (CofferThumbQueue *self)
{
  g_mutex_lock (&self->lock);
  self->generation++;
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    ((CofferThumbWork *) link->data)->generation = self->generation;
  g_mutex_unlock (&self->lock);
}

guint
coffer_thumb_queue_get_generation (CofferThumbQueue *self)
{
  return self->generation;   /* written by the main thread alone */
}

static CofferThumbWork *
pop (CofferThumbQueue *self,
     const char       *table)
{
  GList *link;
  CofferThumbWork *work;

  g_mutex_lock (&self->lock);
  link = g_queue_peek_head_link (&self->waiting);
  work = link != NULL ? link->data : NULL;
  if (work != NULL && table != NULL && !g_str_equal (work->id.table, table))
    work = NULL;
  if (work != NULL)
    take_out (self, work);
  g_mutex_unlock (&self->lock);

  return work;
}

static gboolean
is_passing (const GError *error)
{
  return coffer_error_is_busy (error) || coffer_value_reader_is_lost (error);
}

void
coffer_thumb_queue_fail (CofferThumbQueue *self,
                         const GError     *error)
{
  CofferThumbWork *work;

  while ((work = pop (self, NULL)) != NULL)
    {
      work->passing = is_passing (error);
      answer (self, work);
    }
}

guint
coffer_thumb_queue_peek (CofferThumbQueue  *self,
                         char             **table)
{
  CofferThumbWork *work;
  guint n;

  g_mutex_lock (&self->lock);
  work = g_queue_peek_head (&self->waiting);
  *table = work != NULL ? g_strdup (work->id.table) : NULL;
  n = g_queue_get_length (&self->waiting);
  g_mutex_unlock (&self->lock);

  return n;
}

static void
chain_cb (GCancellable *cancellable,
          gpointer      data)
{
  g_cancellable_cancel (data);
}

/* Under a cancellable that both can cancel: who waits for it, and who needs the file. */
static CofferThumbPicture *
make (CofferThumbQueue   *self,
      CofferThumbWork    *work,
      CofferValueReader  *reader,
      GCancellable       *turn,
      GError            **error)
{
  g_autoptr(GCancellable) both = g_cancellable_new ();
  gulong turn_chain = g_cancellable_connect (turn, G_CALLBACK (chain_cb), both, NULL);
  gulong work_chain = g_cancellable_connect (work->cancellable, G_CALLBACK (chain_cb), both, NULL);
  CofferThumbPicture *picture = coffer_thumb_make (&work->id, work->known, &self->places, reader, both, error);

  g_cancellable_disconnect (turn, turn_chain);
  g_cancellable_disconnect (work->cancellable, work_chain);

  return picture;
}

/* FALSE: the lane has to come back. Takes over @work. */
static gboolean
do_work (CofferThumbQueue   *self,
         CofferThumbWork    *work,
         CofferValueReader  *reader,
         GCancellable       *turn,
         GError            **error)
{
  g_autoptr(GError) problem = NULL;
  gboolean stopped, lost;

  work->picture = make (self, work, reader, turn, &problem);
  if (g_cancellable_is_cancelled (work->cancellable))
    {
      coffer_thumb_work_unref (work);
      return TRUE;
    }

  stopped = work->picture == NULL && g_cancellable_is_cancelled (turn);
  lost = work->picture == NULL && coffer_value_reader_is_lost (problem) && ++work->n_tries < MAX_TRIES;
  if (!stopped && !lost)
    {
      work->damaged = work->picture == NULL && g_error_matches (problem, COFFER_ERROR, COFFER_ERROR_CORRUPT);
      work->passing = work->picture == NULL && is_passing (problem);
      answer (self, work);
      return TRUE;
    }

  put_back (self, work);
  if (stopped)
    g_cancellable_set_error_if_cancelled (turn, error);
  else
    g_propagate_error (error, g_steal_pointer (&problem));

  return FALSE;
}

gboolean
coffer_thumb_queue_work (CofferThumbQueue   *self,
                         const char         *table,
                         CofferValueReader  *reader,
                         GCancellable       *cancellable,
                         GError            **error)
{
  CofferThumbWork *work;

  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      if ((work = pop (self, table)) == NULL)
        return TRUE;
      if (!do_work (self, work, reader, cancellable, error))
        return FALSE;
    }

  return FALSE;
}
