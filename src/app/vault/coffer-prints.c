/* SPDX-License-Identifier: MIT */
/*
 * Prints of keys, by blocks. Four bytes a key are 40 MB for ten million, of which one block is looked at now and then: the file
 * that they lie in costs the system's cache what it can spare. It has places of a block each, which are used again, no name, and
 * no reader but this process: it is gone with it, however that ends. Where there can be none, or it is full, prints stay in memory.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-prints.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define PLACE_SIZE (COFFER_PRINTS_BLOCK * sizeof (guint32))
#define NOWHERE G_MAXUINT32      /* in memory */
#define MOST_IN_MEMORY 512       /* a megabyte: lists of a quarter of a million keys never have a file */

struct _CofferPrints {
  gatomicrefcount refs;
  guint n;
  guint32 place;
  gboolean stored;               /* counts among those that may lie in the file */
  guint32 prints[];              /* none of those that do */
};

/* Of all lists: the lanes of several vaults come here. */
static GMutex mutex;             /* the main thread may wait for it: never held over what blocks */
static GMutex opening;           /* lanes alone */
static int file = -1;
static gboolean failed;          /* there is no file to be had, or it cannot be trusted */
static GArray *free_places;      /* of guint32 */
static guint32 n_places;
static guint n_in_memory;
static guint most_in_memory = MOST_IN_MEMORY;

void
coffer_prints_set_most_in_memory (guint n_blocks)
{
  g_mutex_lock (&mutex);
  most_in_memory = n_blocks;
  g_mutex_unlock (&mutex);
}

/* ---- the file ---- */

static int
open_file (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "coffer", NULL);
  g_autofree char *name = g_build_filename (folder, "prints-XXXXXX", NULL);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return -1;
  if ((fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600)) >= 0)
    g_unlink (name);
  return fd;
}

/* Whether one block more is to lie in the file. */
static gboolean
wants_place (guint n)
{
  gboolean wants;

  g_mutex_lock (&mutex);
  wants = n_in_memory >= most_in_memory && n <= COFFER_PRINTS_BLOCK && !failed;
  g_mutex_unlock (&mutex);
  return wants;
}

static gboolean
has_file (void)
{
  gboolean has;

  g_mutex_lock (&opening);
  if (file < 0 && (file = open_file ()) < 0)
    {
      g_mutex_lock (&mutex);
      failed = TRUE;
      g_mutex_unlock (&mutex);
    }
  has = file >= 0;
  g_mutex_unlock (&opening);
  return has;
}

/* A place in the file for one block more; NOWHERE if it is to stay in memory. */
static guint32
take_place (guint n)
{
  gboolean wanted = wants_place (n) && has_file ();
  guint32 place = NOWHERE;

  g_mutex_lock (&mutex);
  if (wanted && free_places != NULL && free_places->len > 0)
    {
      place = g_array_index (free_places, guint32, free_places->len - 1);
      g_array_set_size (free_places, free_places->len - 1);
    }
  else if (wanted && n_places < NOWHERE)
    place = n_places++;
  n_in_memory += place == NOWHERE;
  g_mutex_unlock (&mutex);
  return place;
}

/* Locked. */
static void
free_place (guint32 place)
{
  if (free_places == NULL)
    free_places = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_array_append_val (free_places, place);
}

static void
give_back (const CofferPrints *self)
{
  g_mutex_lock (&mutex);
  if (self->place != NOWHERE)
    free_place (self->place);
  else if (self->stored)
    n_in_memory--;
  g_mutex_unlock (&mutex);
}

static gboolean
write_place (guint32        place,
             const guint32 *prints,
             guint          n)
{
  gsize size = n * sizeof *prints;
  gssize done;

  do
    done = pwrite (file, prints, size, (off_t) place * (off_t) PLACE_SIZE);
  while (done < 0 && errno == EINTR);
  return done == (gssize) size;
}

static gboolean
read_place (guint32  place,
            guint32 *prints,
            guint    n)
{
  gsize size = n * sizeof *prints;
  gssize done;

  do
    done = pread (file, prints, size, (off_t) place * (off_t) PLACE_SIZE);
  while (done < 0 && errno == EINTR);
  return done == (gssize) size;
}

/* ---- prints ---- */

static CofferPrints *
make (const guint32 *prints,
      guint          n,
      guint32        place,
      gboolean       stored)
{
  gsize size = place == NOWHERE ? n * sizeof *prints : 0;
  CofferPrints *self = g_malloc (sizeof *self + size);

  g_atomic_ref_count_init (&self->refs);
  self->n = n;
  self->place = place;
  self->stored = stored;
  memcpy (self->prints, prints, size);
  return self;
}

CofferPrints *
coffer_prints_new (const guint32 *prints,
                   guint          n)
{
  return make (prints, n, NOWHERE, FALSE);
}

CofferPrints *
coffer_prints_store (const guint32 *prints,
                     guint          n)
{
  guint32 place = take_place (n);

  if (place == NOWHERE || write_place (place, prints, n))
    return make (prints, n, place, TRUE);

  g_mutex_lock (&mutex);   /* the disk is full: it will not do for others either */
  failed = TRUE;
  free_place (place);
  n_in_memory++;
  g_mutex_unlock (&mutex);
  return make (prints, n, NOWHERE, TRUE);
}

CofferPrints *
coffer_prints_ref (CofferPrints *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_prints_unref (gpointer data)
{
  CofferPrints *self = data;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->stored)
    give_back (self);
  g_free (self);
}

void
coffer_prints_read (const CofferPrints *self,
                    guint32            *prints)
{
  if (self->place == NOWHERE)
    {
      memcpy (prints, self->prints, self->n * sizeof *prints);
      return;
    }
  if (read_place (self->place, prints, self->n))
    return;
  memset (prints, 0, self->n * sizeof *prints);
  g_mutex_lock (&mutex);   /* what takes the place of these lies in memory, and is right */
  failed = TRUE;
  g_mutex_unlock (&mutex);
}
