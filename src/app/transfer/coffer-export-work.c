/* SPDX-License-Identifier: MIT */
/*
 * An export at work: one value after the other becomes a file. What is left to do is kept between runs, since a lane has to let go of
 * the vault now and then, and people pause; the value at hand is begun anew then, and its file, which has no name yet, is gone.
 *
 * Large files, and those that replace others, are flushed before they get their names, so that a power cut leaves no empty file in
 * the place of a whole one. The others are flushed at the end at once: a flush for each of many small files would take minutes.
 *
 * Functions run on the lane's thread unless they say otherwise.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-export-work.h"

#include "coffer-export-archive.h"
#include "coffer-export-list.h"

#include <coffer-error.h>
#include <coffer-file-name.h>
#include <coffer-source.h>
#include <target.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE (1 << 20)
#define LARGE_SIZE (1 << 20)
#define LIST_SIZE 1024           /* keys of a prefix that are read at once */
#define MOST_INEXACT 100         /* that are told one by one */
#define MAX_TRIES 3              /* of a value that changes while it is read */

struct _CofferExportWork {
  GPtrArray *keys;               /* of CofferKey: all, or the next of the prefix */
  gboolean lists;                /* the keys under a prefix */
  GBytes *prefix;                /* nullable */
  char *name;                    /* nullable */
  char *archive_name;            /* nullable */
  GPtrArray *names;              /* of char *, for the keys; nullable */
  CofferExportOptions options;
  GStrv vaults;                  /* that are open */
  char *folder;

  target_dir dir;
  gboolean opened;
  names_paths *paths;
  target_made made;
  CofferExportArchive *archive;  /* nullable */
  CofferExportList list;         /* if options.lists */
  gboolean listed, packed;       /* they have their names */
  CofferGuard *guard;
  guint next;                    /* of keys */
  const char *path;              /* of it, as names_paths_take() gave it; NULL: not taken yet */
  gboolean lost;                 /* the handle was, as it was to be read */
  char *buffer;
  gboolean over;                 /* no other file can be written either */
  GPtrArray *skips;
  GArray *missing;               /* of guint: which of the names have no file */
  GPtrArray *inexact;            /* likewise, the first of them */
  guint64 n_inexact;
  GByteArray *sums;              /* of what is in the archive, one after the other, if it is to be verified; nullable */

  GMutex lock;
  CofferExportCounts counts;     /* by lock; without the value at hand */
  guint64 n_bytes_at_hand;       /* by lock */
};

/* A value on its way. */
typedef struct {
  CofferKey *key;
  GInputStream *stream;
  CofferValueFacts *facts;
  guint64 start;                 /* of what goes into the file */
  char header[MANIFEST_HEADER_MAX];   /* before that */
  guint8 sum[MANIFEST_SUM_SIZE]; /* of what went into it, where it is needed */
  target_place place;
  target_file file;
} Outgoing;

/* What went wrong */

static char *
describe_errno (int error)
{
  switch (error)
    {
    case ENOSPC:
    case EDQUOT:
      return g_strdup (_("There is no room left on the disk"));
    case EROFS:
    case EACCES:
    case EPERM:
      return g_strdup (_("The folder cannot be written"));
    case ENOENT:
      return g_strdup (_("The folder is gone"));
    case EFBIG:
      return g_strdup (_("It is too large for a file there"));
    default:
      return g_strdup (g_strerror (error));
    }
}

static gboolean
fail (CofferExportWork  *self,
      int                errsv,
      GError           **error)
{
  g_autofree char *words = describe_errno (errsv);

  self->over = self->over || errsv == ENOSPC || errsv == EDQUOT || errsv == EROFS || errsv == ENOENT || errsv == ENOMEM;
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errsv), words);
  return FALSE;
}

static gboolean
refuse (const char  *reason,
        GError     **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, reason);
  return FALSE;
}

static void
skip_free (gpointer data)
{
  CofferTransferSkip *skip = data;

  g_free (skip->name);
  g_free (skip->reason);
  g_free (skip);
}

static void
add_told (GPtrArray *told,
          CofferKey *key,
          char      *why)
{
  CofferTransferSkip *skip = g_new (CofferTransferSkip, 1);

  *skip = (CofferTransferSkip) { coffer_key_to_display (key, 0), why };
  g_ptr_array_add (told, skip);
}

/* Of an import the key or the value will be another one, whatever is in the list. */
static void
note_inexact (CofferExportWork     *self,
              CofferKey            *key,
              const manifest_entry *entry)
{
  const char *why = entry->value_class == MANIFEST_BLOB ? _("Its key is no bytes, but text or a number: an import makes bytes of it")
                    : entry->key_class == MANIFEST_BLOB ? _("Its value is no bytes, but text or a number: an import makes bytes of it")
                                                        : _("Its key and its value are no bytes, but text or numbers: an import makes bytes of them");

  if (!manifest_entry_is_exact (entry) && self->n_inexact++ < MOST_INEXACT)
    add_told (self->inexact, key, g_strdup (why));
}

static void
skip (CofferExportWork *self,
      CofferKey        *key,
      const GError     *why)
{
  g_debug ("left out: %s", why->message);
  add_told (self->skips, key, coffer_error_dup_line (why));
}

/* Reading back */

/* All of a file, from its beginning. 0, errno or ECANCELED. */
static int
sum_file (CofferExportWork *self,
          int               fd,
          GCancellable     *cancellable,
          guint8            sum[MANIFEST_SUM_SIZE])
{
  manifest_sum adding;
  goffset at = 0;
  gssize size;

  manifest_sum_init (&adding);
  while ((size = pread (fd, self->buffer, PIECE_SIZE, at)) > 0)
    {
      if (g_cancellable_is_cancelled (cancellable))
        return ECANCELED;
      manifest_sum_add (&adding, self->buffer, (size_t) size);
      at += size;
    }
  manifest_sum_end (&adding, sum);
  return size < 0 ? errno : 0;
}

/* Before it has its name. A large file is read from the disk; a small one as the system holds it: to flush each of many takes minutes. */
static gboolean
read_back (CofferExportWork  *self,
           Outgoing          *out,
           GCancellable      *cancellable,
           GError           **error)
{
  guint8 sum[MANIFEST_SUM_SIZE];
  int errsv = 0;

  if (!self->options.verifies || self->archive != NULL)
    return TRUE;
  if (out->facts->size >= LARGE_SIZE && (errsv = fsync (out->file.fd) == 0 ? 0 : errno) == 0)
    posix_fadvise (out->file.fd, 0, 0, POSIX_FADV_DONTNEED);
  if (errsv == 0)
    errsv = sum_file (self, out->file.fd, cancellable, sum);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (errsv != 0)
    return fail (self, errsv, error);
  return memcmp (sum, out->sum, sizeof sum) == 0 || refuse (_("What was written is not what is in the vault"), error);
}

/* The list */

static gboolean
begin_list (CofferExportWork  *self,
            GError           **error)
{
  gboolean replaces = self->options.existing == COFFER_EXPORT_REPLACE;
  int errsv = self->archive != NULL ? coffer_export_list_begin_in_archive (&self->list, self->dir.root, self->paths)
                                    : coffer_export_list_begin (&self->list, self->dir.root, replaces, self->guard, self->paths);

  if (errsv == 0)
    return TRUE;
  self->over = TRUE;
  if (errsv == EEXIST)
    return refuse (_("The coffer.json of another export is there already. Choose an empty folder, or to replace files"), error);
  if (errsv == EISDIR)
    return refuse (_("A folder is in the place of coffer.json"), error);
  if (errsv == EPERM)
    return refuse (_("coffer.json is a vault that is open here"), error);
  return fail (self, errsv, error);
}

/* 0 or errno. */
static int
list_value (CofferExportWork *self,
            Outgoing         *out)
{
  GBytes *bytes = coffer_key_get_bytes (out->key);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  manifest_entry entry = {
    .key = { size > 0 ? data : "", size },
    .file = self->path,
    .size = out->facts->size - out->start,
    .header = { out->header, out->start },
    .key_class = manifest_class_of (coffer_key_get_class (out->key)),
    .value_class = manifest_class_of (out->facts->value_class),
  };

  if (!self->options.lists)
    return 0;
  memcpy (entry.sum, out->sum, sizeof entry.sum);
  note_inexact (self, out->key, &entry);
  return coffer_export_list_add (&self->list, &entry);
}

/* 0 or errno. It is part of the archive, too. */
static int
note_sum_of_list (CofferExportWork *self)
{
  guint8 sum[MANIFEST_SUM_SIZE];
  int errsv = 0;

  if (self->sums == NULL)
    return 0;
  if ((errsv = sum_file (self, self->list.file.fd, NULL, sum)) == 0)
    g_byte_array_append (self->sums, sum, sizeof sum);
  return errsv;
}

static gboolean
end_list (CofferExportWork  *self,
          GError           **error)
{
  int errsv;

  if (!self->options.lists || self->listed)
    return TRUE;
  if (self->archive == NULL)
    errsv = coffer_export_list_end (&self->list, self->dir.root, self->options.existing == COFFER_EXPORT_REPLACE);
  else if ((errsv = coffer_export_list_flush (&self->list)) == 0 && (errsv = note_sum_of_list (self)) == 0)
    errsv = coffer_export_archive_add (self->archive, MANIFEST_NAME, self->list.file.fd);
  self->listed = errsv == 0;
  return errsv == 0 || fail (self, errsv, error);
}

/* The archive */

static gboolean
begin_archive (CofferExportWork  *self,
               GError           **error)
{
  struct stat there;
  int errsv;

  self->over = TRUE;   /* nothing can be done without it */
  if (fstatat (self->dir.root, self->archive_name, &there, AT_SYMLINK_NOFOLLOW) == 0)
    {
      if (S_ISDIR (there.st_mode))
        return refuse (_("A folder is in its place"), error);
      if (coffer_guard_has (self->guard, &there))
        return refuse (_("It would replace a vault that is open here"), error);
    }
  if ((errsv = coffer_export_archive_begin (self->archive, self->dir.root)) != 0)
    return fail (self, errsv, error);
  self->over = FALSE;
  return TRUE;
}

/* 0 or errno. What failed in the middle leaves the archive of no use. */
static int
pack_value (CofferExportWork *self,
            Outgoing         *out)
{
  int errsv = coffer_export_archive_add (self->archive, self->path, out->file.fd);

  if (self->sums != NULL)
    g_byte_array_append (self->sums, out->sum, sizeof out->sum);
  self->over = errsv != 0;
  return errsv;
}

static gboolean
end_archive (CofferExportWork  *self,
             GError           **error)
{
  int errsv;

  if (self->archive == NULL || self->packed)
    return TRUE;
  errsv = coffer_export_archive_end (self->archive, self->dir.root, self->sums);
  self->packed = errsv == 0;
  if (errsv == EBADMSG)
    return refuse (_("What was written is not what is in the vault"), error);
  return errsv == 0 || fail (self, errsv, error);
}

/* Where to */

static gboolean
open_folder (CofferExportWork  *self,
             GError           **error)
{
  int errsv;

  if (self->opened)
    return TRUE;
  self->dir.path = self->folder;
  if ((errsv = target_dir_open (&self->dir)) != 0 ||
      (errsv = faccessat (self->dir.root, ".", W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno) != 0)
    {
      target_dir_close (&self->dir);
      self->dir = (target_dir) { .root = -1, .folder = -1 };
      return fail (self, errsv, error);
    }
  self->paths = names_paths_new (self->archive != NULL ? NAMES_PLAIN | NAMES_FOLDED : NAMES_PLAIN);   /* nobody knows where it is unpacked */
  self->guard = coffer_guard_new ((const char *const *) self->vaults);
  self->buffer = g_malloc (PIECE_SIZE);
  self->opened = TRUE;
  return (self->paths != NULL || fail (self, ENOMEM, error)) && (self->archive == NULL || begin_archive (self, error)) &&
         (!self->options.lists || begin_list (self, error));
}

/* The next place for the same file, with a number. */
static gboolean
take_another (CofferExportWork *self,
              Outgoing         *out)
{
  self->path = names_paths_take_another (self->paths);
  if (self->path != NULL)
    target_place_set (&out->place, self->path);
  return self->path != NULL;
}

/* Whether its ending has to be found. */
static gboolean
needs_type (CofferExportWork *self,
            CofferKey        *key)
{
  GBytes *bytes = coffer_key_get_bytes (key);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  names_bytes last = names_last_part ((names_bytes) { size > 0 ? data : "", size });

  return self->options.endings && self->name == NULL && self->names == NULL && !names_has_ending (last.data, last.size);
}

/* A value that is begun anew keeps the name it has. */
static gboolean
take_place (CofferExportWork *self,
            Outgoing         *out)
{
  GBytes *bytes = coffer_key_get_bytes (out->key);
  names_bytes key = { g_bytes_get_size (bytes) > 0 ? g_bytes_get_data (bytes, NULL) : "", g_bytes_get_size (bytes) };
  gboolean plain = out->start > 0 || !out->facts->has_header;   /* other programs know what is in the file */
  const char *ending = self->options.endings && plain && out->facts->content_type != NULL ? coffer_file_name_ending (out->facts->content_type) : NULL;

  if (self->name != NULL)
    self->path = self->name;
  else if (self->names != NULL)
    self->path = g_ptr_array_index (self->names, self->next);
  else if (self->path == NULL)
    self->path = names_paths_take (self->paths, key, ending);
  if (self->path != NULL)
    target_place_set (&out->place, self->path);
  return self->path != NULL;
}

static gboolean
replaces (CofferExportWork *self)
{
  return self->name != NULL || self->options.existing == COFFER_EXPORT_REPLACE;
}

/* Something has the name. */
static gboolean
may_replace (CofferExportWork  *self,
             Outgoing          *out,
             target_obstacle    obstacle,
             GError           **error)
{
  if (obstacle == TARGET_FOLDER)
    return refuse (_("A folder is in its place"), error);
  if (!replaces (self))
    return refuse (_("A file is there already"), error);
  if (coffer_guard_has (self->guard, &out->place.there))
    return refuse (_("It would replace a vault that is open here"), error);
  return TRUE;
}

static target_obstacle
look_at_place (CofferExportWork *self,
               Outgoing         *out)
{
  target_obstacle obstacle = target_place_look (&out->place, &self->dir, self->paths, &self->made);

  self->path = out->place.path;
  return obstacle;
}

static gboolean
find_place (CofferExportWork  *self,
            Outgoing          *out,
            GError           **error)
{
  gboolean numbers = self->name == NULL && self->names == NULL && self->options.existing == COFFER_EXPORT_NUMBER;
  target_obstacle obstacle;

  if (!take_place (self, out))
    return fail (self, ENOMEM, error);
  if (self->archive != NULL)   /* nothing is in the way there */
    return TRUE;
  while ((obstacle = look_at_place (self, out)) == TARGET_TAKEN || obstacle == TARGET_FOLDER)
    {
      if (!numbers)
        return may_replace (self, out, obstacle, error);
      if (!take_another (self, out))
        return fail (self, ENOMEM, error);
    }
  if (obstacle == TARGET_BLOCKED)
    return refuse (_("A link or a file is in the place of its folder"), error);
  if (obstacle == TARGET_JOURNAL)
    return refuse (_("It would be taken for the log or journal of the file beside it"), error);
  return obstacle == TARGET_FREE || fail (self, out->place.error, error);
}

/* Writing */

static void
note_bytes (CofferExportWork *self,
            guint64           n_bytes)
{
  g_mutex_lock (&self->lock);
  self->n_bytes_at_hand = n_bytes;
  g_mutex_unlock (&self->lock);
}

static gboolean
copy (CofferExportWork  *self,
      Outgoing          *out,
      GCancellable      *cancellable,
      GError           **error)
{
  gboolean sums = self->options.lists || self->options.verifies;
  manifest_sum sum;
  guint64 done = 0;
  gssize size;
  int errsv;

  if (out->start > sizeof out->header)
    return refuse (_("Its header is too long"), error);
  if (!g_input_stream_read_all (out->stream, out->header, out->start, NULL, cancellable, error))
    return FALSE;
  manifest_sum_init (&sum);
  while ((size = g_input_stream_read (out->stream, self->buffer, PIECE_SIZE, cancellable, error)) > 0)
    {
      if ((errsv = target_file_write (&out->file, self->buffer, (size_t) size)) != 0)
        return fail (self, errsv, error);
      if (sums)
        manifest_sum_add (&sum, self->buffer, (size_t) size);
      note_bytes (self, done += (guint64) size);
    }
  manifest_sum_end (&sum, out->sum);
  return size == 0;
}

/* 0 or errno. */
static int
give_name (CofferExportWork *self,
           Outgoing         *out)
{
  gboolean numbers = self->name == NULL && self->names == NULL && self->options.existing == COFFER_EXPORT_NUMBER;
  int folder = target_dir_folder (&self->dir);
  int error = 0;

  if (self->archive != NULL)
    return pack_value (self, out);
  /* Where hidden names are needed, only flushing may tell that there was no room. */
  if (self->names == NULL && (replaces (self) || out->file.hidden[0] != '\0' || out->facts->size >= LARGE_SIZE) &&
      fsync (out->file.fd) != 0)
    return errno;
  do
    error = target_file_name (&out->file, folder, out->place.name, replaces (self));
  while (error == EEXIST && numbers && take_another (self, out));
  return error != 0 ? error : target_made_add (&self->made, out->file.fd);
}

static gboolean
finish_file (CofferExportWork  *self,
             Outgoing          *out,
             GError           **error)
{
  int errsv = give_name (self, out);

  if (errsv == EEXIST)
    return refuse (_("A file is there already"), error);
  if (errsv == 0)
    errsv = list_value (self, out);
  if (errsv != 0)
    return fail (self, errsv, error);
  if (self->name == NULL && self->names == NULL)
    names_paths_set_written (self->paths);
  g_mutex_lock (&self->lock);
  self->counts.n_files++;
  self->counts.n_bytes += out->facts->size - out->start;
  self->n_bytes_at_hand = 0;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
write_file (CofferExportWork  *self,
            Outgoing          *out,
            GCancellable      *cancellable,
            GError           **error)
{
  gboolean done;
  int errsv;

  if (!find_place (self, out, error))
    return FALSE;
  if ((errsv = target_file_begin (&out->file, target_dir_folder (&self->dir))) != 0)
    return fail (self, errsv, error);
  done = copy (self, out, cancellable, error) && read_back (self, out, cancellable, error) && finish_file (self, out, error);
  target_file_end (&out->file, target_dir_folder (&self->dir));
  return done;
}

static gboolean
export_value (CofferExportWork   *self,
              CofferValueReader  *reader,
              CofferKey          *key,
              GCancellable       *cancellable,
              GError            **error)
{
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = needs_type (self, key) ? coffer_value_reader_open (reader, key, &facts, cancellable, error)
                                                          : coffer_value_reader_open_bare (reader, key, &facts, cancellable, error);
  Outgoing out = { .key = key, .stream = stream, .facts = facts, .file = { .fd = -1 } };
  gboolean done = FALSE;

  if (stream != NULL)
    {
      if (facts->has_header && !self->options.headers)
        out.start = facts->data_offset;
      done = write_file (self, &out, cancellable, error);
    }
  coffer_value_reader_close (reader);
  return done;
}

/* One after the other */

/* Whether the run ends with the error, to be gone on from or not; else the value is left out. The next run may have another handle. */
static gboolean
ends_run (CofferExportWork *self,
          const GError     *error)
{
  gboolean lost = coffer_value_reader_is_lost (error) && !self->lost;

  self->lost = self->lost || lost;
  return self->over || lost || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error);
}

static void
step (CofferExportWork *self)
{
  self->next++;
  self->path = NULL;
  self->lost = FALSE;
  g_mutex_lock (&self->lock);
  self->counts.n_items++;
  g_mutex_unlock (&self->lock);
}

/* A value that changes while it is read is read again. */
static gboolean
export_next (CofferExportWork   *self,
             CofferValueReader  *reader,
             GCancellable       *cancellable,
             GError            **error)
{
  CofferKey *key = g_ptr_array_index (self->keys, self->next);
  g_autoptr(GError) problem = NULL;
  gboolean done = FALSE;

  for (guint n = 0; !done && n < MAX_TRIES && (n == 0 || coffer_value_reader_is_lost (problem)); n++)
    {
      g_clear_error (&problem);
      done = export_value (self, reader, key, cancellable, &problem);
    }
  note_bytes (self, 0);
  if (!done && ends_run (self, problem))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (!done)
    {
      skip (self, key, problem);
      if (self->names != NULL)
        g_array_append_val (self->missing, self->next);
    }
  step (self);
  return TRUE;
}

/* FALSE at the end, or with an error. */
static gboolean
has_next (CofferExportWork   *self,
          CofferValueReader  *reader,
          GError            **error)
{
  CofferKey *last = self->keys->len > 0 ? g_ptr_array_index (self->keys, self->keys->len - 1) : NULL;
  GPtrArray *keys;

  if (self->next < self->keys->len || !self->lists)
    return self->next < self->keys->len;
  if ((keys = coffer_value_reader_list (reader, self->prefix, last, LIST_SIZE, error)) == NULL)
    return FALSE;
  self->lists = keys->len > 0;
  if (keys->len == 0)
    {
      g_ptr_array_unref (keys);
      return FALSE;
    }
  g_ptr_array_unref (self->keys);
  self->keys = keys;
  self->next = 0;
  return TRUE;
}

gboolean
coffer_export_work_run (CofferValueReader  *reader,
                        gpointer            data,
                        GCancellable       *cancellable,
                        GError            **error)
{
  CofferExportWork *self = data;
  int errsv;

  if (!open_folder (self, error))
    return FALSE;
  while (has_next (self, reader, error))
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !export_next (self, reader, cancellable, error))
      return FALSE;
  if (*error != NULL || !end_list (self, error) || !end_archive (self, error))
    return FALSE;
  errsv = self->names == NULL ? target_dir_sync (&self->dir) : 0;
  return errsv == 0 || fail (self, errsv, error);
}

CofferExportCounts
coffer_export_work_get_counts (CofferExportWork *self)
{
  CofferExportCounts counts;

  g_mutex_lock (&self->lock);
  counts = self->counts;
  counts.n_bytes += self->n_bytes_at_hand;
  g_mutex_unlock (&self->lock);
  return counts;
}

GPtrArray *
coffer_export_work_get_skips (CofferExportWork *self)
{
  return self->skips;
}

GArray *
coffer_export_work_get_missing (CofferExportWork *self)
{
  return self->missing;
}

GPtrArray *
coffer_export_work_get_inexact (CofferExportWork *self,
                                guint64          *n)
{
  *n = self->n_inexact;
  return self->inexact;
}

/* Main thread. */
CofferExportWork *
coffer_export_work_new (GPtrArray                 *keys,
                        GBytes                    *prefix,
                        const char                *folder,
                        const char                *name,
                        gboolean                   archives,
                        const CofferExportOptions *options)
{
  CofferExportWork *self = g_new0 (CofferExportWork, 1);

  self->lists = keys == NULL;
  self->keys = keys != NULL ? g_ptr_array_ref (keys) : g_ptr_array_new ();
  self->prefix = prefix != NULL && g_bytes_get_size (prefix) > 0 ? g_bytes_ref (prefix) : NULL;
  self->folder = g_strdup (folder);
  self->name = archives ? NULL : g_strdup (name);
  self->archive_name = archives ? g_strdup (name) : NULL;
  self->archive = archives ? coffer_export_archive_new (name) : NULL;
  self->options = *options;
  self->options.lists = options->lists && (name == NULL || archives);
  self->sums = archives && options->verifies ? g_byte_array_new () : NULL;
  self->vaults = coffer_vault_dup_open_paths ();
  self->dir = (target_dir) { .root = -1, .folder = -1 };
  self->list = (CofferExportList) COFFER_EXPORT_LIST_INIT;
  self->skips = g_ptr_array_new_with_free_func (skip_free);
  self->inexact = g_ptr_array_new_with_free_func (skip_free);
  self->missing = g_array_new (FALSE, FALSE, sizeof (guint));
  g_mutex_init (&self->lock);
  return self;
}

/* Main thread. */
void
coffer_export_work_set_names (CofferExportWork *self,
                              GPtrArray        *names)
{
  self->names = g_ptr_array_ref (names);
}

void
coffer_export_work_stop (CofferExportWork *self)
{
  if (self->archive != NULL)
    coffer_export_archive_stop (self->archive);
}

typedef struct {
  CofferExportArchive *archive;
  CofferExportList list;
  target_dir dir;
} Dropped;

/* Any thread. */
static gpointer
drop_thread (gpointer data)
{
  Dropped *dropped = data;

  if (dropped->archive != NULL)
    coffer_export_archive_free (dropped->archive, dropped->dir.root);
  coffer_export_list_clear (&dropped->list, dropped->dir.root);
  target_dir_close (&dropped->dir);
  g_free (dropped);
  return NULL;
}

/* What has no name is given up by closing it, which takes as long as it is large. */
void
coffer_export_work_drop (CofferExportWork *self)
{
  Dropped *dropped = g_new (Dropped, 1);

  *dropped = (Dropped) { g_steal_pointer (&self->archive), self->list, self->dir };
  self->list = (CofferExportList) COFFER_EXPORT_LIST_INIT;
  self->dir = (target_dir) { .root = -1, .folder = -1 };
  g_thread_unref (g_thread_new ("export-drop", drop_thread, dropped));
}

/* Main thread. */
void
coffer_export_work_free (CofferExportWork *self)
{
  if (self->archive != NULL)
    coffer_export_archive_free (self->archive, self->dir.root);
  coffer_export_list_clear (&self->list, self->dir.root);
  target_dir_close (&self->dir);
  target_made_clear (&self->made);
  names_paths_free (self->paths);
  g_clear_pointer (&self->guard, coffer_guard_free);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->sums, g_byte_array_unref);
  coffer_keys_unref (self->keys);
  g_ptr_array_unref (self->skips);
  g_ptr_array_unref (self->inexact);
  g_array_unref (self->missing);
  g_strfreev (self->vaults);
  g_mutex_clear (&self->lock);
  g_free (self->folder);
  g_free (self->name);
  g_free (self->archive_name);
  g_free (self->buffer);
  g_free (self);
}
