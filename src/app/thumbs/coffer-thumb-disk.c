/* SPDX-License-Identifier: MIT */
/*
 * The folder of cached pictures. Any thread: what the process knows of the folder is under a lock, and files come and go by
 * rename() and unlink(), which need none. A file's time of change is the time of its last use.
 */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coffer-thumb-file.h"

#define NAME_LENGTH 32
#define UNFINISHED ".new"
/* Left behind by a process that was killed. */
#define UNFINISHED_SECONDS 3600
/* Writing the time of each use would be as much work as the use. */
#define USED_SECONDS 600
#define RETRY_US (60 * G_USEC_PER_SEC)
#define LARGEST_FILE (16 << 20)

struct _CofferThumbDisk {
  gatomicrefcount refs;
  char *folder;
  guint64 max_bytes;

  GMutex lock;
  gboolean looked;         /* at the folder, or just about to */
  gboolean sweeping;
  guint64 bytes;           /* in the folder, as far as is known */
  guint64 coming;          /* of files that are being written */
  guint64 written;         /* by this process, in all */
  guint64 seen;            /* of that, when it was looked at */
  gint64 retry;            /* monotonic; writing has failed, and is not tried before */
};

CofferThumbDisk *
coffer_thumb_disk_new (const char *folder,
                       guint64     max_bytes)
{
  CofferThumbDisk *self = g_new0 (CofferThumbDisk, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->folder = g_strdup (folder);
  self->max_bytes = max_bytes;

  return self;
}

CofferThumbDisk *
coffer_thumb_disk_get_default (void)
{
  static CofferThumbDisk *disk;

  if (g_once_init_enter (&disk))
    {
      g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "coffer", "thumbnails", NULL);

      g_once_init_leave (&disk, coffer_thumb_disk_new (folder, COFFER_THUMB_DISK_MAX));
    }

  return disk;
}

CofferThumbDisk *
coffer_thumb_disk_ref (CofferThumbDisk *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
coffer_thumb_disk_unref (CofferThumbDisk *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_mutex_clear (&self->lock);
  g_free (self->folder);
  g_free (self);
}

guint64
coffer_thumb_disk_get_bytes (CofferThumbDisk *self)
{
  guint64 bytes;

  g_mutex_lock (&self->lock);
  bytes = self->bytes;
  g_mutex_unlock (&self->lock);

  return bytes;
}

/* ---- Sweeping ---- */

typedef struct {
  char name[NAME_LENGTH + 1];
  gint64 used;
  guint64 bytes;
} File;

static int
compare_used (gconstpointer a,
              gconstpointer b)
{
  const File *left = a, *right = b;

  return (left->used > right->used) - (left->used < right->used);
}

static gboolean
is_picture (const char *name)
{
  return strlen (name) == NAME_LENGTH && strspn (name, "0123456789abcdef") == NAME_LENGTH;
}

/* What the file takes on the disk; a file system that packs or clones files may tell none. */
static guint64
room_of (const struct stat *st)
{
  return MAX ((guint64) st->st_size, (guint64) st->st_blocks * 512);
}

/* Of the folder's own files; other people's are left alone. Those never finished go at once. */
static GArray *
list_files (DIR     *dir,
            guint64 *bytes)
{
  GArray *files = g_array_new (FALSE, FALSE, sizeof (File));
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  struct dirent *entry;
  struct stat st;

  while ((entry = readdir (dir)) != NULL)
    {
      gboolean unfinished = g_str_has_suffix (entry->d_name, UNFINISHED);

      if ((!unfinished && !is_picture (entry->d_name)) ||
          fstatat (dirfd (dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG (st.st_mode))
        continue;

      *bytes += room_of (&st);
      if (!unfinished)
        {
          File file = { .used = st.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + st.st_mtim.tv_nsec, .bytes = room_of (&st) };

          memcpy (file.name, entry->d_name, NAME_LENGTH);
          g_array_append_val (files, file);
        }
      else if (ABS (now - st.st_mtim.tv_sec) > UNFINISHED_SECONDS && unlinkat (dirfd (dir), entry->d_name, 0) == 0)
        *bytes -= room_of (&st);
    }

  return files;
}

static guint64
room_without_the_last_eighth (CofferThumbDisk *self)
{
  return self->max_bytes - self->max_bytes / 8;
}

/* Returns: what the files that are left take */
static guint64
sweep (CofferThumbDisk *self)
{
  DIR *dir = opendir (self->folder);
  g_autoptr(GArray) files = NULL;
  guint64 bytes = 0;

  if (dir == NULL)
    return 0;

  files = list_files (dir, &bytes);
  if (bytes > room_without_the_last_eighth (self))
    {
      g_array_sort (files, compare_used);
      for (guint i = 0; i < files->len && bytes > self->max_bytes / 4 * 3; i++)
        {
          const File *file = &g_array_index (files, File, i);

          if (unlinkat (dirfd (dir), file->name, 0) == 0 || errno == ENOENT)
            bytes -= file->bytes;
        }
    }
  closedir (dir);

  return bytes;
}

void
coffer_thumb_disk_sweep (CofferThumbDisk *self)
{
  guint64 bytes, before;

  g_mutex_lock (&self->lock);
  self->sweeping = TRUE;
  self->looked = TRUE;
  before = self->written;
  g_mutex_unlock (&self->lock);

  bytes = sweep (self);

  g_mutex_lock (&self->lock);
  self->sweeping = FALSE;
  self->seen = before;
  self->bytes = bytes + (self->written - before);   /* some of that was seen: too much rather than too little */
  g_mutex_unlock (&self->lock);
}

static gpointer
sweep_worker (gpointer data)
{
  g_autoptr(CofferThumbDisk) self = data;

  coffer_thumb_disk_sweep (self);

  return NULL;
}

/* Under the lock. */
static gboolean
has_to_sweep (CofferThumbDisk *self)
{
  return !self->sweeping && (!self->looked || self->written - self->seen > self->max_bytes / 16 ||
                             self->bytes > room_without_the_last_eighth (self));
}

/* On a thread of its own: a folder of ten thousand files takes a while, and somebody waits for a picture. */
static void
sweep_if_due (CofferThumbDisk *self)
{
  gboolean due;

  g_mutex_lock (&self->lock);
  if ((due = has_to_sweep (self)))
    self->looked = self->sweeping = TRUE;
  g_mutex_unlock (&self->lock);
  if (due)
    g_thread_unref (g_thread_new ("thumbs-sweep", sweep_worker, coffer_thumb_disk_ref (self)));
}

/* ---- Files ---- */

static char *
path_of (CofferThumbDisk    *self,
         const CofferDigest *name)
{
  return g_strdup_printf ("%s/%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", self->folder, name->high, name->low);
}

static void
note_use (int                fd,
          const struct stat *st)
{
  if (ABS (g_get_real_time () / G_USEC_PER_SEC - st->st_mtim.tv_sec) > USED_SECONDS)
    futimens (fd, NULL);
}

static gboolean
read_all (int     fd,
          guint8 *data,
          gsize   size)
{
  while (size > 0)
    {
      gssize n = read (fd, data, size);

      if (n <= 0)
        return FALSE;
      data += n;
      size -= n;
    }

  return TRUE;
}

CofferThumbPicture *
coffer_thumb_disk_load (CofferThumbDisk    *self,
                        const CofferDigest *name)
{
  g_autofree char *path = path_of (self, name);
  g_autofree guint8 *data = NULL;
  CofferThumbPicture *picture = NULL;
  struct stat st;
  int fd;

  sweep_if_due (self);
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return NULL;

  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && st.st_size > 0 && st.st_size <= LARGEST_FILE)
    {
      data = g_malloc (st.st_size);
      if (read_all (fd, data, st.st_size) && (picture = coffer_thumb_file_read (name, data, st.st_size)) != NULL)
        note_use (fd, &st);
    }
  close (fd);

  return picture;
}

/* Whether @size bytes may be added. */
static gboolean
take_room (CofferThumbDisk *self,
           gsize            size)
{
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = g_get_monotonic_time () >= self->retry && self->bytes + self->coming + size <= self->max_bytes;
  if (ok)
    self->coming += size;
  g_mutex_unlock (&self->lock);

  return ok;
}

/* After that: they were, or they could not be. */
static void
note_written (CofferThumbDisk *self,
              gsize            size,
              gboolean         ok)
{
  g_mutex_lock (&self->lock);
  self->coming -= size;
  if (ok)
    {
      self->bytes += size;
      self->written += size;
    }
  else
    {
      self->retry = g_get_monotonic_time () + RETRY_US;
    }
  g_mutex_unlock (&self->lock);
}

static gboolean
write_all (int           fd,
           const guint8 *data,
           gsize         size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      if (n <= 0)
        return FALSE;
      data += n;
      size -= n;
    }

  return TRUE;
}

static int
create (CofferThumbDisk *self,
        const char      *path)
{
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  int fd = open (path, flags, 0600);

  if (fd < 0 && errno == ENOENT && g_mkdir_with_parents (self->folder, 0700) == 0)
    fd = open (path, flags, 0600);

  return fd;
}

/* Not forced onto the disk: a file that a crash left half is none. */
static gboolean
write_file (CofferThumbDisk *self,
            const char      *path,
            GBytes          *bytes)
{
  static gint count;   /* atomic */
  g_autofree char *unfinished = g_strdup_printf ("%s/%d-%d" UNFINISHED, self->folder, getpid (), g_atomic_int_add (&count, 1));
  int fd = create (self, unfinished);
  gboolean ok;

  if (fd < 0)
    return FALSE;

  ok = write_all (fd, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  ok = close (fd) == 0 && ok;
  if (ok && rename (unfinished, path) == 0)
    return TRUE;

  unlink (unfinished);

  return FALSE;
}

void
coffer_thumb_disk_save (CofferThumbDisk    *self,
                        const CofferDigest *name,
                        CofferThumbPicture *picture)
{
  g_autofree char *path = path_of (self, name);
  g_autoptr(GBytes) bytes = NULL;
  gsize size;

  sweep_if_due (self);
  if (picture->pixels == NULL || picture->parts == NULL || !take_room (self, 0))
    return;

  bytes = coffer_thumb_file_write (name, picture);
  size = bytes != NULL ? (g_bytes_get_size (bytes) + 4095) / 4096 * 4096 : 0;   /* whole blocks, as room_of() has it */
  if (size > 0 && size <= LARGEST_FILE && take_room (self, size))
    note_written (self, size, write_file (self, path, bytes));
}
