/* SPDX-License-Identifier: MIT */
/* gstkvaultring.c - reads a value ahead and lets go of it; see gstkvaultring.h for when.
 *
 * Two threads: the one that reads from here, and the reader, which alone has the handle. All members but those of the reader
 * are under the lock, which is never held while libkvault is called. The reader writes into a window without the
 * lock, where nobody looks: behind its end. A window that is moved elsewhere meanwhile has another epoch afterwards.
 */
#include "gstkvaultring.h"

#include "gstkvaultwindow.h"

#include <kvault.h>
#include <string.h>

/* Opening happens on the thread that changes the state, often one that draws. */
#define BUSY_TIMEOUT_MS 1000
#define MS G_TIME_SPAN_MILLISECOND
#define PATIENCE (30 * G_TIME_SPAN_SECOND)     /* with others who hold the file, while bytes are waited for */
#define LONG_WAIT (150 * MS)
#define IDLE (250 * MS)
#define LONGEST_HOLD (1400 * MS)               /* and what one piece takes; libkvault itself sees to walks */
#define LINGER (100 * MS)                      /* for a demuxer that looks here and there before it goes on */
#define LONG_TAKING_UP (200 * MS)
#define LOG_INTERVAL (G_TIME_SPAN_SECOND)
#define LARGEST_LOG (64u * 1000 * 1000)
#define PIECE (256u * 1024)
#define WANTED_PIECE (1024u * 1024)
#define LITTLE (64u * 1024)

GST_DEBUG_CATEGORY_STATIC (kvault_ring_debug);
#define GST_CAT_DEFAULT kvault_ring_debug

struct _GstKvaultRing
{
  GstKvaultWaiting tell_waiting;
  gpointer data;
  const GstKvaultAddress *address;   /* from open() to close() */
  GThread *thread;

  GMutex lock;
  GCond asked;    /* the reader waits for it */
  GCond served;   /* the others do */
  GstKvaultWindows windows;
  guint64 size;
  gboolean opened;
  gboolean flushing;
  gboolean quits;
  gboolean must_let_go;        /* another handle of this process needs the file for itself */
  gboolean reads_ahead;        /* since bytes were asked for, until it flushes or fails */
  GstKvaultWindow *wanted;     /* somebody waits for bytes of it, … */
  guint64 wanted_from;         /* … from here, … */
  guint64 wanted_to;           /* … up to here at best */
  gint64 wanted_since;
  gint64 asked_last;           /* any bytes, also those that were there */
  GstKvaultWindow *reading;    /* the reader is at it */
  guint reading_epoch;
  GstKvaultFailure failure;    /* for who waits */

  int breaks_off;  /* atomic: what the reader is at is not wanted any more */

  /* The reader's. */
  kvault *vault;
  kvault_blob *blob;
  gboolean holds;
  gboolean lets_go;      /* is letting go, which must not be broken off: the value would be lost by it */
  gboolean keeps_out;    /* what it holds keeps others waiting, or their log growing */
  gboolean log_is_long;
  gint64 held_since;
  gint64 looked_at_log;
  gint64 read_last;
};

/* --- the reader: the value --------------------------------------------------------------- */

static int
is_cancelled_cb (void *data)
{
  GstKvaultRing *self = data;

  return !self->lets_go && g_atomic_int_get (&self->breaks_off);
}

/* Any thread of the process. */
static int
let_go_cb (void *data)
{
  GstKvaultRing *self = data;

  g_mutex_lock (&self->lock);
  self->must_let_go = TRUE;
  if (self->reading != NULL)
    g_atomic_int_set (&self->breaks_off, TRUE);
  g_cond_signal (&self->asked);
  g_mutex_unlock (&self->lock);
  return 0;
}

static void
note_failure (GstKvaultRing    *self,
              int               result,
              GstKvaultFailure *failure)
{
  gsize key_size;
  const void *key = g_bytes_get_data (self->address->key, &key_size);

  failure->result = result;
  g_strlcpy (failure->message, kvault_errmsg (self->vault), sizeof failure->message);
  failure->is_deleted = result == KVAULT_ESTALE && kvault_exists (self->vault, key, key_size) == KVAULT_NOTFOUND;
}

/* What was opened is let go of again: before bytes are asked for, and so that libkvault may do it in a walk. */
static void
open_value (GstKvaultRing    *self,
            GstKvaultFailure *failure)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  gsize key_size;
  const void *key = g_bytes_get_data (self->address->key, &key_size);
  kvault_error error;
  int rc;

  options.access = KVAULT_ACCESS_VIEW;
  options.table = self->address->table;
  options.busy_timeout_ms = BUSY_TIMEOUT_MS;
  options.is_cancelled = is_cancelled_cb;
  options.is_cancelled_data = self;
  options.let_go = let_go_cb;
  options.let_go_data = self;
  failure->result = kvault_open (self->address->path, &options, &self->vault, &error);
  if (failure->result != KVAULT_OK)
    {
      g_strlcpy (failure->message, error.message, sizeof failure->message);
      return;
    }
  if ((rc = kvault_blob_open (self->vault, key, key_size, &self->blob)) != KVAULT_OK ||
      (rc = kvault_blob_release (self->blob)) != KVAULT_OK)
    note_failure (self, rc, failure);
}

static void
let_go (GstKvaultRing *self)
{
  if (!self->holds)
    return;
  self->lets_go = TRUE;
  kvault_blob_release (self->blob);   /* a failure is told by the next reading */
  self->lets_go = FALSE;
  self->holds = FALSE;
  GST_LOG ("let go after %" G_GINT64_FORMAT " us", g_get_monotonic_time () - self->held_since);
}

static void
look_at_log (GstKvaultRing *self)
{
  kvault_stats stats;
  gboolean has_log;

  self->looked_at_log = g_get_monotonic_time ();
  has_log = kvault_stats_get (self->vault, &stats) == KVAULT_OK && stats.journal == KVAULT_JOURNAL_WAL;
  self->log_is_long = has_log && stats.wal_size > LARGEST_LOG;
  self->keeps_out = !has_log || self->log_is_long;
}

/* --- the reader: what to do next --------------------------------------------------------- */

static void
give_way (GstKvaultRing *self)
{
  self->must_let_go = FALSE;
  g_mutex_unlock (&self->lock);
  let_go (self);
  kvault_let_go (self->vault);
  g_mutex_lock (&self->lock);
}

static void
let_go_unlocked (GstKvaultRing *self)
{
  g_mutex_unlock (&self->lock);
  let_go (self);
  g_mutex_lock (&self->lock);
}

/* Who waits is told; what was read ahead for nobody is tried again when somebody comes for it. */
static void
fail (GstKvaultRing          *self,
      const GstKvaultFailure *failure)
{
  if (failure->result == KVAULT_EBUSY && self->wanted != NULL && g_get_monotonic_time () - self->wanted_since < PATIENCE)
    return;
  self->reads_ahead = FALSE;
  if (self->wanted != NULL)
    self->failure = *failure;
  g_cond_broadcast (&self->served);
}

static void
read_piece (GstKvaultRing   *self,
            GstKvaultWindow *window,
            guint64          goal)
{
  gsize size;
  guint8 *to = gst_kvault_window_reserve (window, goal, &size);
  guint64 offset = window->end;
  gboolean takes_up = !self->holds;
  gint64 began = g_get_monotonic_time ();
  gint64 took;
  GstKvaultFailure failure;
  int rc;

  self->reading = window;
  self->reading_epoch = window->epoch;
  g_atomic_int_set (&self->breaks_off, self->quits || self->must_let_go);
  if (takes_up)
    self->held_since = began;
  self->holds = TRUE;
  g_mutex_unlock (&self->lock);

  rc = kvault_blob_read (self->blob, to, size, offset);
  self->read_last = g_get_monotonic_time ();
  took = self->read_last - began;
  if (rc == KVAULT_OK && (takes_up || began - self->looked_at_log > LOG_INTERVAL))
    look_at_log (self);
  if (rc != KVAULT_OK && rc != KVAULT_ECANCELLED)
    note_failure (self, rc, &failure);
  GST_LOG ("%" G_GSIZE_FORMAT " bytes from %" G_GUINT64_FORMAT ": %s, %" G_GINT64_FORMAT " us",
           size, offset, kvault_result_name (rc), took);

  g_mutex_lock (&self->lock);
  self->reading = NULL;
  if (rc == KVAULT_OK && window->epoch == self->reading_epoch)
    {
      gst_kvault_window_add (window, size);
      if (takes_up && took > LONG_TAKING_UP)
        gst_kvault_windows_grow (&self->windows, window);
      if (window == self->wanted && window->end > self->wanted_from)
        self->wanted = NULL;
      g_cond_broadcast (&self->served);
    }
  else if (rc != KVAULT_OK && rc != KVAULT_ECANCELLED)
    fail (self, &failure);
}

/* Nothing is to be read: waits until something is, or until it is time to let go. */
static void
rest (GstKvaultRing *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 until = MAX (self->asked_last, self->read_last) + IDLE;

  if (!self->holds)
    {
      g_cond_wait (&self->asked, &self->lock);
      return;
    }
  if (self->keeps_out)
    until = self->log_is_long || gst_kvault_windows_is_full (&self->windows) ? now :
            MIN (self->read_last + LINGER, self->held_since + LONGEST_HOLD);
  if (now >= until)
    let_go_unlocked (self);
  else if (!self->keeps_out && now >= self->looked_at_log + LOG_INTERVAL)
    {
      g_mutex_unlock (&self->lock);
      look_at_log (self);
      g_mutex_lock (&self->lock);
    }
  else
    g_cond_wait_until (&self->asked, &self->lock, self->keeps_out ? until : MIN (until, self->looked_at_log + LOG_INTERVAL));
}

/* What is wanted and little more comes first, in one piece: it would be waited for as often as there are pieces. */
static guint64
goal_of (GstKvaultRing   *self,
         GstKvaultWindow *window)
{
  if (window == self->wanted)
    return MIN (window->end + WANTED_PIECE, self->wanted_to + LITTLE - self->wanted_to % LITTLE);
  return window->end + PIECE;
}

static void
work (GstKvaultRing *self)
{
  GstKvaultWindow *window = self->wanted;

  if (self->must_let_go)
    {
      give_way (self);
      return;
    }
  if (window == NULL && self->reads_ahead)
    window = gst_kvault_windows_pick (&self->windows);
  if (window == NULL)
    rest (self);
  else if (self->holds && self->keeps_out && g_get_monotonic_time () - self->held_since > LONGEST_HOLD)
    let_go_unlocked (self);
  else
    read_piece (self, window, goal_of (self, window));
}

static gpointer
reader_thread (gpointer data)
{
  GstKvaultRing *self = data;
  GstKvaultFailure failure = { .result = KVAULT_OK };

  open_value (self, &failure);
  g_mutex_lock (&self->lock);
  self->failure = failure;
  self->size = failure.result == KVAULT_OK ? kvault_blob_size (self->blob) : 0;
  gst_kvault_windows_init (&self->windows, self->size);
  self->opened = TRUE;
  g_cond_broadcast (&self->served);
  while (!self->quits && failure.result == KVAULT_OK)
    work (self);
  g_mutex_unlock (&self->lock);

  g_clear_pointer (&self->blob, kvault_blob_close);
  g_clear_pointer (&self->vault, kvault_close);
  return NULL;
}

/* --- the one that reads from here -------------------------------------------------------- */

/* What the reader is at is broken off unless it comes to these bytes. */
static void
want (GstKvaultRing   *self,
      GstKvaultWindow *window,
      guint64          offset,
      gsize            size)
{
  self->wanted = window;
  self->wanted_from = offset;
  self->wanted_to = offset + size;
  self->reads_ahead = TRUE;
  if (self->reading != NULL && (self->reading != window || self->reading_epoch != window->epoch))
    g_atomic_int_set (&self->breaks_off, TRUE);
  g_cond_signal (&self->asked);
}

static int
wait_for_bytes (GstKvaultRing    *self,
                GstKvaultWindow  *window,
                guint64           offset,
                gsize             size,
                gboolean         *is_told,
                GstKvaultFailure *failure)
{
  memset (&self->failure, 0, sizeof self->failure);
  want (self, window, offset, size);
  while (window->end <= offset && !self->flushing && self->failure.result == KVAULT_OK)
    if (*is_told)
      g_cond_wait (&self->served, &self->lock);
    else if (!g_cond_wait_until (&self->served, &self->lock, self->wanted_since + LONG_WAIT))
      {
        *is_told = TRUE;
        g_mutex_unlock (&self->lock);
        self->tell_waiting (self->data, TRUE);
        g_mutex_lock (&self->lock);
      }
  self->wanted = NULL;
  if (self->failure.result != KVAULT_OK)
    *failure = self->failure;
  return self->failure.result;
}

gboolean
gst_kvault_ring_read (GstKvaultRing    *self,
                      guint8           *to,
                      guint64           offset,
                      gsize             size,
                      GstKvaultFailure *failure)
{
  gboolean is_told = FALSE;
  int rc = KVAULT_OK;

  g_mutex_lock (&self->lock);
  self->wanted_since = self->asked_last = g_get_monotonic_time ();
  while (size > 0 && rc == KVAULT_OK)
    {
      GstKvaultWindow *window = gst_kvault_windows_find (&self->windows, offset);
      gsize n;

      if (self->flushing)
        {
          rc = failure->result = KVAULT_ECANCELLED;
          break;
        }
      n = gst_kvault_window_take (window, to, offset, size);
      to += n;
      offset += n;
      size -= n;
      if (n == 0)
        rc = wait_for_bytes (self, window, offset, size, &is_told, failure);
    }
  self->asked_last = g_get_monotonic_time ();
  if (rc == KVAULT_OK && gst_kvault_windows_pick (&self->windows) != NULL)
    {
      self->reads_ahead = TRUE;
      g_cond_signal (&self->asked);
    }
  g_mutex_unlock (&self->lock);
  if (is_told)
    self->tell_waiting (self->data, FALSE);
  return rc == KVAULT_OK;
}

void
gst_kvault_ring_set_flushing (GstKvaultRing *self,
                              gboolean       flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  if (flushing)
    {
      self->reads_ahead = FALSE;
      if (self->reading != NULL)
        g_atomic_int_set (&self->breaks_off, TRUE);
      g_cond_broadcast (&self->served);
    }
  g_mutex_unlock (&self->lock);
}

guint64
gst_kvault_ring_size (GstKvaultRing *self)
{
  guint64 size;

  g_mutex_lock (&self->lock);
  size = self->size;
  g_mutex_unlock (&self->lock);
  return size;
}

gboolean
gst_kvault_ring_is_open (GstKvaultRing *self)
{
  gboolean opened;

  g_mutex_lock (&self->lock);
  opened = self->opened;
  g_mutex_unlock (&self->lock);
  return opened;
}

gboolean
gst_kvault_ring_open (GstKvaultRing          *self,
                      const GstKvaultAddress *address,
                      GstKvaultFailure       *failure)
{
  self->address = address;
  g_atomic_int_set (&self->breaks_off, FALSE);
  self->thread = g_thread_new ("kvaultsrc", reader_thread, self);
  g_mutex_lock (&self->lock);
  while (!self->opened)
    g_cond_wait (&self->served, &self->lock);
  *failure = self->failure;
  g_mutex_unlock (&self->lock);
  if (failure->result != KVAULT_OK)
    gst_kvault_ring_close (self);
  return failure->result == KVAULT_OK;
}

void
gst_kvault_ring_close (GstKvaultRing *self)
{
  if (self->thread == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->quits = TRUE;
  g_atomic_int_set (&self->breaks_off, TRUE);
  g_cond_signal (&self->asked);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);

  g_mutex_lock (&self->lock);
  gst_kvault_windows_clear (&self->windows);
  self->opened = self->quits = self->must_let_go = self->reads_ahead = self->keeps_out = FALSE;
  self->holds = self->log_is_long = FALSE;
  self->size = 0;
  g_mutex_unlock (&self->lock);
}

GstKvaultRing *
gst_kvault_ring_new (GstKvaultWaiting waiting,
                     gpointer         data)
{
  GstKvaultRing *self = g_new0 (GstKvaultRing, 1);

  GST_DEBUG_CATEGORY_INIT (kvault_ring_debug, "kvaultring", 0, "values of vaults, read ahead");
  g_mutex_init (&self->lock);
  g_cond_init (&self->asked);
  g_cond_init (&self->served);
  self->tell_waiting = waiting;
  self->data = data;
  return self;
}

void
gst_kvault_ring_free (GstKvaultRing *self)
{
  gst_kvault_ring_close (self);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->asked);
  g_cond_clear (&self->served);
  g_free (self);
}
