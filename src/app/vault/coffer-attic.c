/* SPDX-License-Identifier: MIT */
/*
 * Values that were replaced. A row cannot be left where it is for them: its key is another value's now, and under any other key whoever
 * reads the file, after a crash above all, would meet it. So they are copied, and where they are long, into a file beside the vault: the
 * disk that holds the value itself, with its room, and what keeps others from reading it. Each lies there in one stretch, behind the one
 * before; what is given back becomes a hole, and the file is empty again once nothing of it is needed.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-attic-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE_SIZE (1u << 20)
#define MOST_IN_MEMORY (64u << 20)     /* where there is no file to be had */
#define ROOM_LEFT (16u << 20)          /* on the disk, for others and for the vault's own needs */
#define PLACE (4u << 10)               /* the file system frees whole blocks */

struct _CofferAttic {
  gatomicrefcount refs;
  gint wipes;                /* atomic */
  GMutex opening;            /* of `fd` and `end`; held over what blocks, so never by the main thread */
  int fd;                    /* -1: none yet */
  guint64 end;               /* of what lies in the file */
  guint n_in_file;

  GMutex lock;               /* of what follows; never held over what blocks */
  guint64 in_memory, in_file;
};

struct _CofferKept {
  gatomicrefcount refs;
  CofferAttic *attic;
  char *memory;              /* NULL: it is in the file, … */
  guint64 at;                /* … there */
  guint64 size;
  guint64 print[2];
  char *checksum;            /* (nullable) */
};

static guint64 most_in_memory = MOST_IN_MEMORY, most_in_file = G_MAXUINT64;

/* What is to be given back, of all attics. */
static GMutex pending_lock;
static GCond pending_none;
static guint n_pending;

void
coffer_attic_set_most (guint64 in_memory,
                       guint64 in_file)
{
  most_in_memory = in_memory;
  most_in_file = in_file;
}

CofferAttic *
coffer_attic_new (void)
{
  CofferAttic *self = g_new0 (CofferAttic, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->opening);
  g_mutex_init (&self->lock);
  self->fd = -1;
  return self;
}

CofferAttic *
coffer_attic_ref (CofferAttic *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/* Each value has a reference, so the file is empty by now, and closing it takes no time. */
void
coffer_attic_unref (CofferAttic *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_mutex_clear (&self->opening);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
coffer_attic_set_wipes (CofferAttic *self,
                        gboolean     wipes)
{
  g_atomic_int_set (&self->wipes, wipes);
}

static guint64
look_at (CofferAttic   *self,
         const guint64 *n_bytes)
{
  guint64 n;

  g_mutex_lock (&self->lock);
  n = *n_bytes;
  g_mutex_unlock (&self->lock);
  return n;
}

guint64
coffer_attic_get_in_memory (CofferAttic *self)
{
  return look_at (self, &self->in_memory);
}

guint64
coffer_attic_get_in_file (CofferAttic *self)
{
  return look_at (self, &self->in_file);
}

/* Whether there may be so many bytes more, which then there are. */
static gboolean
count (CofferAttic *self,
       guint64     *n_bytes,
       guint64      size,
       guint64      most)
{
  gboolean room;

  g_mutex_lock (&self->lock);
  room = *n_bytes <= most && size <= most - *n_bytes;
  *n_bytes += room ? size : 0;
  g_mutex_unlock (&self->lock);
  return room;
}

static void
count_out (CofferAttic *self,
           guint64     *n_bytes,
           guint64      size)
{
  g_mutex_lock (&self->lock);
  *n_bytes -= size;
  g_mutex_unlock (&self->lock);
}

/* ---- the file ---- */

/* Between the two steps of the second way a kill leaves an empty file. */
static int
open_file (const char *location)
{
  g_autofree char *path = NULL, *folder = NULL, *name = NULL;
  char *real = realpath (location, NULL);
  int fd;

  path = g_strdup (real != NULL ? real : location);
  free (real);
  folder = g_path_get_dirname (path);
  fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd;
  name = g_build_filename (folder, ".kvault-XXXXXX", NULL);
  if ((fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600)) >= 0)
    g_unlink (name);
  return fd;
}

static gboolean
has_room (int     fd,
          guint64 size,
          guint64 needed)
{
  struct statvfs fs;
  guint64 room;

  if (fstatvfs (fd, &fs) != 0)
    return TRUE;   /* writing tells */
  room = (guint64) fs.f_bavail * fs.f_frsize;
  room -= MIN (room, ROOM_LEFT);
  return size <= room && needed <= room - size;
}

/* So that the lack of room shows before anything is copied; where the file system cannot, it shows then. */
static gboolean
allocate (int     fd,
          guint64 at,
          guint64 size)
{
  int rc;

  if (size <= PIECE_SIZE)
    return TRUE;
  do
    rc = fallocate (fd, 0, (off_t) at, (off_t) size);
  while (rc != 0 && errno == EINTR);
  return rc == 0 || errno == EOPNOTSUPP || errno == ENOSYS;
}

/* A stretch of the file. */
static gboolean
take_place (CofferAttic *self,
            const char  *location,
            guint64      size,
            guint64      needed,
            guint64     *at)
{
  gboolean taken;

  if (!count (self, &self->in_file, size, most_in_file))
    return FALSE;
  g_mutex_lock (&self->opening);
  if (self->fd < 0)
    self->fd = open_file (location);
  taken = self->fd >= 0 && has_room (self->fd, size, needed) && allocate (self->fd, self->end, size);
  if (taken)
    {
      *at = self->end;
      self->end += (size + PLACE - 1) / PLACE * PLACE;
      self->n_in_file++;
    }
  else if (self->fd >= 0 && ftruncate (self->fd, (off_t) self->end) != 0)
    g_debug ("what could not be had of a file is not given back: %s", g_strerror (errno));
  g_mutex_unlock (&self->opening);
  if (!taken)
    count_out (self, &self->in_file, size);
  return taken;
}

static gboolean
write_piece (int         fd,
             const char *bytes,
             gsize       len,
             guint64     at)
{
  while (len > 0)
    {
      gssize n = pwrite (fd, bytes, len, (off_t) at);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      bytes += n;
      at += (guint64) n;
      len -= (gsize) n;
    }
  return TRUE;
}

/* Zeros that are in memory only when their blocks are freed never come to the disk. */
static void
wipe (CofferAttic *self,
      guint64      at,
      guint64      size)
{
  g_autofree char *zeros = g_malloc0 (PIECE_SIZE);
  gboolean written = TRUE;

  for (guint64 done = 0; written && done < size; done += PIECE_SIZE)
    written = write_piece (self->fd, zeros, MIN (PIECE_SIZE, size - done), at + done);
  if (!written || fdatasync (self->fd) != 0)
    g_debug ("what was kept is not written over: %s", g_strerror (errno));
}

/* Blocks. Where no hole can be made those at the end go nevertheless: the file is as long as what lies before them, which may be free. */
static void
give_place_back (CofferAttic *self,
                 guint64      at,
                 guint64      size)
{
  if (g_atomic_int_get (&self->wipes))
    wipe (self, at, size);
  if (fallocate (self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) at, (off_t) ((size + PLACE - 1) / PLACE * PLACE)) != 0)
    g_debug ("what was kept stays on the disk for now: %s", g_strerror (errno));
  g_mutex_lock (&self->opening);
  if (--self->n_in_file == 0)
    {
      self->end = 0;
      if (ftruncate (self->fd, 0) != 0)
        g_debug ("a file stays as long as it was: %s", g_strerror (errno));
    }
  else if (at + (size + PLACE - 1) / PLACE * PLACE == self->end)
    {
      self->end = at;
      if (ftruncate (self->fd, (off_t) at) != 0)
        g_debug ("a file stays as long as it was: %s", g_strerror (errno));
    }
  g_mutex_unlock (&self->opening);
  count_out (self, &self->in_file, size);
}

/* ---- giving back ---- */

static void
kept_free (CofferKept *self)
{
  coffer_attic_unref (self->attic);
  g_free (self->checksum);
  g_free (self);
}

static void
give_back_thread (gpointer data,
                  gpointer nothing)
{
  CofferKept *self = data;

  give_place_back (self->attic, self->at, self->size);
  kept_free (self);
  g_mutex_lock (&pending_lock);
  if (--n_pending == 0)
    g_cond_broadcast (&pending_none);
  g_mutex_unlock (&pending_lock);
}

static GThreadPool *
get_pool (void)
{
  static gsize pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize) g_thread_pool_new (give_back_thread, NULL, 1, FALSE, NULL));
  return (GThreadPool *) pool;
}

CofferKept *
coffer_kept_ref (CofferKept *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_kept_unref (CofferKept *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->memory != NULL)
    {
      count_out (self->attic, &self->attic->in_memory, self->size);
      g_free (self->memory);
      kept_free (self);
      return;
    }
  g_mutex_lock (&pending_lock);
  n_pending++;
  g_mutex_unlock (&pending_lock);
  g_thread_pool_push (get_pool (), self, NULL);
}

void
coffer_attic_wait_all (void)
{
  g_mutex_lock (&pending_lock);
  while (n_pending > 0)
    g_cond_wait (&pending_none, &pending_lock);
  g_mutex_unlock (&pending_lock);
}

/* ---- keeping ---- */

/* Lane. Whether it came to its end; else it does not fit, or @rc tells. */
static gboolean
copy_value (CofferKept     *self,
            kvault_blob    *blob,
            gboolean        sums,
            CofferKeptFunc  tell,
            gpointer        data,
            int            *rc)
{
  g_autofree char *piece = g_malloc (PIECE_SIZE);
  CofferSourceSum sum = { 0 };
  gboolean written = TRUE;

  coffer_source_sum_begin (&sum, sums, NULL);
  for (guint64 at = 0; written && *rc == KVAULT_OK && at < self->size; at += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, self->size - at);
      char *to = self->memory != NULL ? self->memory + at : piece;

      if ((*rc = kvault_blob_read (blob, to, len, at)) != KVAULT_OK)
        break;
      written = self->memory != NULL || write_piece (self->attic->fd, piece, len, self->at + at);
      coffer_source_sum_take (&sum, to, len);
      if (tell != NULL && tell (at + len, data))
        *rc = KVAULT_ECANCELLED;
    }
  coffer_print_get (&sum.print, self->print);
  if (sums)
    {
      guint8 bytes[MANIFEST_SUM_SIZE];
      GString *hex = g_string_new (NULL);

      coffer_source_sum_get (&sum, bytes);
      for (guint i = 0; i < sizeof bytes; i++)
        g_string_append_printf (hex, "%02x", bytes[i]);
      self->checksum = g_string_free (hex, FALSE);
    }
  coffer_source_sum_clear (&sum);
  return written && *rc == KVAULT_OK;
}

/* One that has no bytes yet. Small ones lie in memory, long ones only where they cannot lie elsewhere. */
static CofferKept *
make_kept (CofferAttic *self,
           const char  *location,
           guint64      size,
           guint64      needed)
{
  gboolean small = size <= COFFER_ATTIC_SMALL && count (self, &self->in_memory, size, MIN (COFFER_ATTIC_MOST_SMALL, most_in_memory));
  guint64 at = 0;
  CofferKept *kept;

  if (!small && !take_place (self, location, size, needed, &at))
    {
      small = count (self, &self->in_memory, size, most_in_memory);
      if (!small)
        return NULL;
    }
  kept = g_new0 (CofferKept, 1);
  g_atomic_ref_count_init (&kept->refs);
  kept->attic = coffer_attic_ref (self);
  kept->memory = small ? g_malloc (size + 1) : NULL;
  kept->at = at;
  kept->size = size;
  return kept;
}

CofferKept *
coffer_attic_keep (CofferAttic    *self,
                   kvault         *vault,
                   kvault_blob    *blob,
                   guint64         needed,
                   gboolean        sums,
                   CofferKeptFunc  tell,
                   gpointer        data,
                   int            *rc)
{
  CofferKept *kept = make_kept (self, kvault_location (vault), kvault_blob_size (blob), needed);

  *rc = KVAULT_OK;
  if (kept != NULL && !copy_value (kept, blob, sums, tell, data, rc))
    g_clear_pointer (&kept, coffer_kept_unref);
  return kept;
}

/* ---- what is kept ---- */

guint64
coffer_kept_get_size (const CofferKept *self)
{
  return self->size;
}

char *
coffer_kept_dup_checksum (const CofferKept *self)
{
  return g_strdup (self->checksum);
}

gboolean
coffer_kept_read (const CofferKept *self,
                  gpointer          buffer,
                  gsize             len,
                  guint64           offset)
{
  char *to = buffer;

  if (offset > self->size || len > self->size - offset)
    return FALSE;
  if (self->memory != NULL)
    {
      memcpy (to, self->memory + offset, len);
      return TRUE;
    }
  while (len > 0)
    {
      gssize n = pread (self->attic->fd, to, len, (off_t) (self->at + offset));

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      to += n;
      offset += (guint64) n;
      len -= (gsize) n;
    }
  return TRUE;
}

/* Up to @end. */
static gboolean
add_up (const CofferKept *self,
        CofferSourceSum  *sum,
        guint64           start,
        guint64           end)
{
  g_autofree char *piece = g_malloc (PIECE_SIZE);

  while (start + sum->summed < end)
    {
      gsize len = MIN (PIECE_SIZE, end - start - sum->summed);

      if (!coffer_kept_read (self, piece, len, start + sum->summed))
        return FALSE;
      coffer_source_sum_take (sum, piece, len);
      sum->summed += len;
    }
  return TRUE;
}

gboolean
coffer_kept_add_up (const CofferKept *self,
                    CofferSourceSum  *sum,
                    guint64           start)
{
  return add_up (self, sum, start, self->size);
}

typedef struct {
  CofferKept *kept;
  CofferSourceSum sum;
  CofferKeptFunc tell;
  gpointer data;
  gboolean damaged;
} Putting;

/* What the library just read is in memory still. */
static int
put_cb (const kvault_progress *progress,
        void                  *data)
{
  Putting *putting = data;
  guint64 print[2];

  putting->damaged = !add_up (putting->kept, &putting->sum, 0, progress->bytes);
  if (!putting->damaged && progress->bytes >= putting->kept->size)
    {
      coffer_print_get (&putting->sum.print, print);
      putting->damaged = memcmp (print, putting->kept->print, sizeof print) != 0;
    }
  return putting->damaged || (putting->tell != NULL && putting->tell (progress->bytes, putting->data));
}

int
coffer_kept_put (CofferKept     *self,
                 kvault         *vault,
                 GBytes         *key,
                 CofferKeptFunc  tell,
                 gpointer        data,
                 gboolean       *damaged)
{
  Putting putting = { .kept = self, .tell = tell, .data = data };
  gsize key_size;
  gconstpointer key_bytes = g_bytes_get_data (key, &key_size);
  int rc;

  *damaged = FALSE;
  if (self->memory != NULL)
    return kvault_put (vault, key_bytes, key_size, self->memory, self->size);
  coffer_source_sum_begin (&putting.sum, FALSE, NULL);
  *damaged = lseek (self->attic->fd, (off_t) self->at, SEEK_SET) < 0;
  rc = *damaged ? KVAULT_EIO : kvault_put_fd (vault, key_bytes, key_size, self->attic->fd, self->size, put_cb, &putting);
  *damaged |= putting.damaged;
  coffer_source_sum_clear (&putting.sum);
  return rc;
}
