/* SPDX-License-Identifier: MIT */
/*
 * The thread of a lane and its kvault handle.
 *
 *     main thread      push ──► queue ──┐                ┌──► job->done()
 *     lane's thread                     └─ handle, func ─┘
 *
 * A job belongs to the main thread until it is pushed, to the lane's thread until it is posted back, and to the main thread
 * again after that; `handed_over` marks both moments, everything else in a job is plain memory. The handle is touched by
 * the lane's thread alone, which is asserted. The engine asks for cancellation on that thread too
 * (kvault_options.is_cancelled), so that an interrupt can never hit the wrong job.
 *
 * Two may ask a lane to let go of the file: the main thread, by a hold, and the engine, on the thread of another handle of this
 * process that needs the file for itself (kvault_options.let_go). Both cancel the turn of a repeatable job that runs: it comes
 * to its end as if it were cancelled, is put aside, and has another turn later.
 *
 * The end of a lane may take as long as SQLite does for a step, or for writing its log back, so nobody waits for it: the
 * thread says when it has closed its handle, and is joined then. Only the end of the program waits (wait_all).
 */
#define G_LOG_DOMAIN "coffer-worker"

#include "coffer-worker.h"

#include "coffer-error-private.h"

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define IDLE_MS 10000

struct _CofferWorker {
  guint refs;               /* the owner's and the thread's; the main thread's */
  char *name;
  char *path;
  GAsyncQueue *queue;
  GThread *thread;          /* NULL until the first job; the main thread's to see */
  kvault_veil *veil;        /* NULL: none */
  kvault_shelf *shelf;      /* NULL: none */
  gint idle_ms;             /* atomic */
  gint closing;             /* atomic */
  gint holds;               /* atomic; holds without their resume */
  gint secure_delete;       /* atomic */
  gint keeps_waiting;       /* atomic; see coffer_worker_keep_waiting() */
  gint asked;               /* atomic; another handle needs the file: close this one */
  pthread_mutex_t turn_lock;   /* one that ThreadSanitizer knows of */
  GCancellable *turn;           /* of the repeatable job that runs, or NULL; by turn_lock */
  GAsyncQueue *resumes;     /* a token for each resume */
  GQueue outstanding;       /* of jobs; the main thread's */
  GMainContext *context;
  GDestroyNotify ended;     /* see coffer_worker_end() */
  gpointer ended_data;
  GList link;               /* in `ending`, until the thread is joined */

  /* The lane's thread's: */
  GThread *own;             /* unowned; itself */
  kvault *vault;
  CofferJob *running;       /* unowned */
  CofferJob *stopped;       /* put aside to let go of the file; runs next, once there is no hold */
  CofferIdentity file;      /* that the last handle had open */
  gboolean wrote;           /* the last handle was open for writing */
  gboolean secures;         /* the handle writes zeros over what it deletes */
};

static CofferJob quit_job, wake_job;
static GQueue ending = G_QUEUE_INIT;   /* of workers; the main thread's */

gboolean
coffer_identity_equal (const CofferIdentity *a,
                       const CofferIdentity *b)
{
  uint64_t now_a, now_b;
  gboolean swapped_a = kvault_inode_now (a->device, a->inode, a->swaps, &now_a);
  gboolean swapped = kvault_inode_now (b->device, b->inode, b->swaps, &now_b) || swapped_a;   /* nobody knows when the new one was born */

  return a->device == b->device && now_a == now_b && (swapped || a->born == b->born);
}

CofferJob *
coffer_job_new (void)
{
  CofferJob *job = g_new0 (CofferJob, 1);

  job->cancellable = g_cancellable_new ();
  job->context = g_main_context_ref_thread_default ();
  return job;
}

void
coffer_job_free (CofferJob *job)
{
  g_clear_object (&job->cancellable);
  g_clear_error (&job->error);
  g_main_context_unref (job->context);
  g_free (job->table);
  g_free (job);
}

static void
hand_over (CofferJob *job)
{
  g_atomic_int_inc (&job->handed_over);
}

static void
take_over (CofferJob *job)
{
  g_assert (g_atomic_int_get (&job->handed_over) > 0);
}

static gboolean
job_done_cb (gpointer data)
{
  CofferJob *job = data;

  take_over (job);
  if (job->outstanding != NULL)
    g_queue_unlink (job->outstanding, &job->link);
  job->done (job, job->owner);
  return G_SOURCE_REMOVE;
}

/* Any thread. Ahead of drawing: rows should be there before the frame that shows them. */
static void
post_done (CofferJob *job)
{
  g_autoptr(GMainContext) context = g_main_context_ref (job->context);   /* the job is gone soon */
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[coffer] job done");
  g_source_set_callback (source, job_done_cb, job, NULL);
  hand_over (job);
  g_source_attach (source, context);
}

static void
set_cancelled (CofferJob *job)
{
  g_clear_error (&job->error);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
}

static gboolean
must_let_go (CofferWorker *self)
{
  return g_atomic_int_get (&self->holds) > 0 || g_atomic_int_get (&self->asked);
}

/* Any thread, once must_let_go() is true: ends the turn of a job that can have another. */
static void
end_turn (CofferWorker *self)
{
  g_autoptr(GCancellable) turn = NULL;

  pthread_mutex_lock (&self->turn_lock);
  g_set_object (&turn, self->turn);
  pthread_mutex_unlock (&self->turn_lock);
  g_cancellable_cancel (turn);
}

static void
set_turn (CofferWorker *self,
          GCancellable *turn)
{
  pthread_mutex_lock (&self->turn_lock);
  g_set_object (&self->turn, turn);
  pthread_mutex_unlock (&self->turn_lock);
}

static int
is_cancelled_cb (void *data)
{
  CofferWorker *self = data;

  return g_atomic_int_get (&self->closing) ||
         (self->running != NULL && (g_cancellable_is_cancelled (self->running->cancellable) ||
                                    g_cancellable_is_cancelled (self->turn)));
}

/* On the thread of the handle that needs the file, while that keeps this one's from being closed: `self` is there. */
static int
let_go_cb (void *data)
{
  CofferWorker *self = data;

  g_atomic_int_set (&self->asked, TRUE);
  end_turn (self);
  g_async_queue_push_front (self->queue, &wake_job);
  return 0;
}

/* One after the other: the last one takes the side files away, and of two that close at once neither is the last. */
static void
close_handle (CofferWorker *self)
{
  static GMutex closing;

  g_assert (g_thread_self () == self->own);
  g_mutex_lock (&closing);
  g_clear_pointer (&self->vault, kvault_close);
  g_mutex_unlock (&closing);
  g_atomic_int_set (&self->asked, FALSE);   /* nobody asks who has no handle */
}

static gboolean
is_another (const CofferIdentity *file,
            const CofferIdentity *known)
{
  return known->inode != 0 && !coffer_identity_equal (file, known);
}

/* Which file is at the path. Opens no descriptor. */
static CofferIdentity
identify (const char *path)
{
  CofferIdentity file = { .swaps = kvault_swap_count () };
  struct statx stx;

  if (statx (AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &stx) != 0)
    return file;
  file.device = makedev (stx.stx_dev_major, stx.stx_dev_minor);
  file.inode = stx.stx_ino;
  if (stx.stx_mask & STATX_BTIME)
    file.born = stx.stx_btime.tv_sec * G_GINT64_CONSTANT (1000000000) + stx.stx_btime.tv_nsec;
  return file;
}

/* Notes which file is at the path; TRUE if it is another one than for the last handle. */
static gboolean
identity_changed (CofferWorker *self)
{
  CofferIdentity last = self->file;

  self->file = identify (self->path);
  return is_another (&self->file, &last);
}

static kvault_options
make_options (CofferWorker  *self,
              kvault_access  access_mode)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.access = access_mode;
  options.durability = KVAULT_DURABILITY_FULL;   /* "All saved" means that the disk may be unplugged */
  options.is_cancelled = is_cancelled_cb;
  options.is_cancelled_data = self;
  options.let_go = let_go_cb;
  options.let_go_data = self;
  options.veil = self->veil;
  options.secure_delete = g_atomic_int_get (&self->secure_delete);
  options.shelf = self->shelf;
  return options;
}

static gboolean
open_handle (CofferWorker *self,
             CofferJob    *job)
{
  kvault_options options = make_options (self, job->access);
  kvault_error error;

  g_assert (g_thread_self () == self->own);
  options.table = job->table;
  if (kvault_open (self->path, &options, &self->vault, &error) != KVAULT_OK)
    {
      job->error = coffer_error_new_open (&error);
      return FALSE;
    }
  self->secures = options.secure_delete;
  if (identity_changed (self))
    job->replaced = TRUE;
  self->wrote = job->access != KVAULT_ACCESS_VIEW;
  return TRUE;
}

static gboolean
has_waiting (CofferWorker *self)
{
  kvault_shelf_stats stats = { 0 };

  if (self->shelf != NULL)
    kvault_shelf_stats_get (self->shelf, NULL, &stats);
  return stats.entries > 0;
}

/* Before a job that writes: what waits is older, so it comes first. */
static gboolean
write_waiting (CofferWorker *self,
               CofferJob    *job)
{
  int rc = kvault_shelf_flush (self->vault);

  job->settled = rc == KVAULT_OK;
  if (rc != KVAULT_OK)
    job->error = coffer_error_new (self->vault, rc);
  return job->settled;
}

/* At the end of a lane that wrote: whoever ends it has seen to what waits, or could not. */
static void
write_last (CofferWorker *self)
{
  kvault_options options = make_options (self, KVAULT_ACCESS_WRITE);
  CofferIdentity now = identify (self->path);

  if (!self->wrote || g_atomic_int_get (&self->keeps_waiting) || !has_waiting (self) || is_another (&now, &self->file))
    return;
  close_handle (self);
  options.is_cancelled = NULL;
  if (kvault_open (self->path, &options, &self->vault, NULL) == KVAULT_OK && kvault_shelf_flush (self->vault) != KVAULT_OK)
    g_warning ("%s: %s", self->path, kvault_last_error (self->vault)->message);
}

/*
 * What was written is in SQLite's log until the last handle is closed, if that is one that may write: those that look leave
 * the log where it is. So a lane that wrote, and let go of the file before the others did, opens it once more at its end.
 */
static void
settle (CofferWorker *self)
{
  kvault_options options = make_options (self, KVAULT_ACCESS_WRITE);
  CofferIdentity now = identify (self->path);

  if (!self->wrote || self->vault != NULL || is_another (&now, &self->file))
    return;
  options.is_cancelled = NULL;   /* this is the end of all that was to be cancelled */
  kvault_open (self->path, &options, &self->vault, NULL);
}

/* Said between two jobs. */
static void
secure_handle (CofferWorker *self)
{
  gboolean on = g_atomic_int_get (&self->secure_delete);

  if (on != self->secures && kvault_set_secure_delete (self->vault, on) == KVAULT_OK)
    self->secures = on;
}

/* A handle on the file that is at the path now, and on the job's table. */
static gboolean
prepare_handle (CofferWorker *self,
                CofferJob    *job)
{
  uint64_t version;
  int rc;

  if (self->vault != NULL)
    {
      rc = kvault_data_version (self->vault, &version);
      if (rc == KVAULT_ESTALE || rc == KVAULT_EMOVED)
        {
          job->replaced = TRUE;
          close_handle (self);
        }
    }
  if (self->vault == NULL && !open_handle (self, job))
    return FALSE;
  secure_handle (self);
  job->file = self->file;
  if (is_another (&job->file, &job->expected))
    job->replaced = TRUE;
  if (job->strict && job->replaced)
    {
      job->error = g_error_new (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED),
                                _("“%s” was replaced; nothing was written"), self->path);
      return FALSE;
    }
  if (job->table != NULL && g_strcmp0 (kvault_table (self->vault), job->table) != 0 &&
      (rc = kvault_use_table (self->vault, job->table)) != KVAULT_OK)
    {
      job->error = coffer_error_new (self->vault, rc);
      return FALSE;
    }
  return TRUE;
}

static gboolean
is_about_another_file (const GError *error)
{
  return g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE)) ||
         g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));
}

static void
run_job (CofferWorker *self,
         CofferJob    *job,
         GCancellable *turn)
{
  gboolean waiting = job->settles && has_waiting (self);

  if (!prepare_handle (self, job) || (waiting && !write_waiting (self, job)))
    {
      job->unsettled = waiting;
      return;
    }

  job->result = job->func (self->vault, job->data, turn, &job->error);
  if (job->error != NULL && job->repeatable && is_about_another_file (job->error))
    {
      g_clear_error (&job->error);
      close_handle (self);
      job->replaced = TRUE;
      if (prepare_handle (self, job))
        job->result = job->func (self->vault, job->data, turn, &job->error);
    }
}

static void
cancel_turn_cb (GCancellable *cancellable,
                gpointer      turn)
{
  g_cancellable_cancel (turn);
}

/* A turn of a repeatable job ends when the job is cancelled, and may end before; another job has one turn. */
static void
give_turn (CofferWorker *self,
           CofferJob    *job)
{
  g_autoptr(GCancellable) turn = NULL;
  gulong chain;

  if (!job->repeatable)
    {
      run_job (self, job, job->cancellable);
      return;
    }
  turn = g_cancellable_new ();
  set_turn (self, turn);
  if (must_let_go (self))   /* asked before there was a turn to end */
    g_cancellable_cancel (turn);
  chain = g_cancellable_connect (job->cancellable, G_CALLBACK (cancel_turn_cb), turn, NULL);
  run_job (self, job, turn);
  g_cancellable_disconnect (job->cancellable, chain);
}

/* Not by the answer alone: who reads a list of rows, or a picture, may answer with what could be read. */
static gboolean
has_met_damage (CofferWorker *self,
                CofferJob    *job)
{
  return g_error_matches (job->error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT)) ||
         (self->vault != NULL && kvault_is_damaged (self->vault));
}

/* A job whose turn was ended to let go of the file, and by nothing else, has not been run. */
static gboolean
was_stopped (CofferWorker *self,
             CofferJob    *job)
{
  return g_cancellable_is_cancelled (self->turn) && g_error_matches (job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
         !g_cancellable_is_cancelled (job->cancellable) && !g_atomic_int_get (&self->closing);
}

static void
handle_job (CofferWorker *self,
            CofferJob    *job)
{
  gboolean holds, stopped;

  take_over (job);
  holds = job->holds;   /* the job is gone by the time it matters */
  self->running = job;
  if (holds)   /* one that is cancelled too: who waits for it relies on it */
    close_handle (self);
  else if (g_cancellable_is_cancelled (job->cancellable) || g_atomic_int_get (&self->closing))
    set_cancelled (job);
  else if (job->func == NULL)
    close_handle (self);
  else
    {
      give_turn (self, job);
      job->damaged = has_met_damage (self, job);
    }
  stopped = was_stopped (self, job);
  set_turn (self, NULL);
  self->running = NULL;

  if (stopped)
    {
      g_clear_error (&job->error);
      self->stopped = job;
      return;
    }
  post_done (job);
  if (holds)
    g_async_queue_pop (self->resumes);
}

/* The next job; lets go of the file when none comes for a while. */
static CofferJob *
next_job (CofferWorker *self)
{
  CofferJob *job;

  /* While a hold is on, its job is in the queue, ahead of everything else. */
  if (self->stopped != NULL && g_atomic_int_get (&self->holds) == 0)
    return g_steal_pointer (&self->stopped);
  if (self->vault != NULL)
    {
      job = g_async_queue_timeout_pop (self->queue, g_atomic_int_get (&self->idle_ms) * G_GUINT64_CONSTANT (1000));
      if (job != NULL)
        return job;
      close_handle (self);
    }
  return g_async_queue_pop (self->queue);
}

static void
cancel_job (CofferJob *job)
{
  set_cancelled (job);
  post_done (job);
}

/* Main thread. Returns when the handle is closed and the thread is gone. */
static void
end_thread (CofferWorker *self)
{
  CofferJob *job;

  g_thread_join (g_steal_pointer (&self->thread));
  g_queue_unlink (&ending, &self->link);
  if (self->stopped != NULL)
    cancel_job (g_steal_pointer (&self->stopped));
  while ((job = g_async_queue_try_pop (self->queue)) != NULL)
    if (job != &wake_job)
      cancel_job (job);
  self->ended (self->ended_data);
}

static gboolean
ended_cb (gpointer data)
{
  CofferWorker *self = data;

  if (self->thread != NULL)   /* wait_all() was not faster */
    end_thread (self);
  return G_SOURCE_REMOVE;
}

static void
post_ended (CofferWorker *self)
{
  g_autoptr(GMainContext) context = g_main_context_ref (self->context);
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[coffer] lane ended");
  g_source_set_callback (source, ended_cb, self, (GDestroyNotify) coffer_worker_unref);
  g_source_attach (source, context);
}

static gpointer
lane_worker (gpointer data)
{
  CofferWorker *self = data;
  CofferJob *job;

  self->own = g_thread_self ();
  while ((job = next_job (self)) != &quit_job)
    {
      if (job != &wake_job)
        handle_job (self, job);
      if (g_atomic_int_get (&self->asked))
        close_handle (self);
    }
  write_last (self);
  settle (self);
  close_handle (self);
  post_ended (self);
  return NULL;
}

CofferWorker *
coffer_worker_new (const char *name,
                   const char *path)
{
  CofferWorker *self = g_new0 (CofferWorker, 1);

  self->refs = 1;
  pthread_mutex_init (&self->turn_lock, NULL);
  self->context = g_main_context_ref_thread_default ();
  self->link.data = self;
  self->name = g_strdup (name);
  self->path = g_strdup (path);
  self->queue = g_async_queue_new ();
  self->resumes = g_async_queue_new ();
  self->idle_ms = IDLE_MS;
  return self;
}

void
coffer_worker_set_veil (CofferWorker *self,
                        kvault_veil  *veil)
{
  g_return_if_fail (self->thread == NULL && self->veil == NULL);

  self->veil = kvault_veil_ref (veil);
}

void
coffer_worker_set_secure_delete (CofferWorker *self,
                                 gboolean      on)
{
  g_atomic_int_set (&self->secure_delete, on);
}

void
coffer_worker_keep_waiting (CofferWorker *self)
{
  g_atomic_int_set (&self->keeps_waiting, TRUE);
}

void
coffer_worker_set_shelf (CofferWorker *self,
                         kvault_shelf *shelf)
{
  g_return_if_fail (self->thread == NULL && self->shelf == NULL);

  self->shelf = kvault_shelf_ref (shelf);
}

static void
start_thread (CofferWorker *self)
{
  self->refs++;
  self->thread = g_thread_new (self->name, lane_worker, self);
}

static void
push_job (CofferWorker *self,
          CofferJob    *job,
          gboolean      ahead)
{
  gboolean closing = g_atomic_int_get (&self->closing);

  if (closing && self->thread == NULL)
    {
      cancel_job (job);
      return;
    }
  if (!closing)
    {
      job->link.data = job;
      job->outstanding = &self->outstanding;
      g_queue_push_tail_link (job->outstanding, &job->link);
    }
  hand_over (job);
  if (ahead && !closing)   /* the end goes before all */
    g_async_queue_push_front (self->queue, job);
  else
    g_async_queue_push (self->queue, job);
  if (self->thread == NULL)
    start_thread (self);
}

void
coffer_worker_push (CofferWorker *self,
                    CofferJob    *job)
{
  push_job (self, job, FALSE);
}

void
coffer_worker_hold (CofferWorker *self,
                    CofferJob    *job)
{
  job->holds = TRUE;
  push_job (self, job, TRUE);
  g_atomic_int_inc (&self->holds);   /* now that the job is in the queue: see next_job() */
  end_turn (self);
}

void
coffer_worker_resume (CofferWorker *self)
{
  g_atomic_int_add (&self->holds, -1);
  g_async_queue_push (self->resumes, self);
}

void
coffer_worker_set_idle_time (CofferWorker *self,
                             guint         idle_ms)
{
  g_atomic_int_set (&self->idle_ms, idle_ms);
}

gboolean
coffer_worker_is_busy (CofferWorker *self)
{
  return !g_queue_is_empty (&self->outstanding);
}

void
coffer_worker_stop (CofferWorker *self)
{
  GList *link;

  g_atomic_int_set (&self->closing, TRUE);
  while ((link = g_queue_pop_head_link (&self->outstanding)) != NULL)
    {
      CofferJob *job = link->data;

      job->outstanding = NULL;
      g_cancellable_cancel (job->cancellable);
    }
}

void
coffer_worker_end (CofferWorker   *self,
                   GDestroyNotify  ended,
                   gpointer        data)
{
  g_return_if_fail (g_atomic_int_get (&self->closing));

  if (self->thread == NULL)
    {
      ended (data);
      return;
    }
  self->ended = ended;
  self->ended_data = data;
  g_queue_push_tail_link (&ending, &self->link);
  g_async_queue_push_front (self->queue, &quit_job);
  g_async_queue_push (self->resumes, self);   /* if it is held */
}

void
coffer_worker_wait_all (void)
{
  while (!g_queue_is_empty (&ending))
    end_thread (g_queue_peek_head (&ending));
}

void
coffer_worker_unref (CofferWorker *self)
{
  if (--self->refs > 0)
    return;
  g_assert (self->thread == NULL);
  pthread_mutex_destroy (&self->turn_lock);
  g_async_queue_unref (self->queue);
  g_async_queue_unref (self->resumes);
  g_main_context_unref (self->context);
  kvault_veil_unref (self->veil);
  kvault_shelf_unref (self->shelf);
  g_free (self->name);
  g_free (self->path);
  g_free (self);
}
