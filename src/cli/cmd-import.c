/* SPDX-License-Identifier: MIT */
/* cmd-import.c - kvault import: files and folders become values.
 *
 * Folders are walked twice by descriptors, never by paths, and no link inside them is
 * followed: once to count, once to store. What cannot be read is named and the rest goes on.
 * All is one bulk import of the library, which commits groups of whole values; a signal ends
 * it between two chunks, and what was stored before it is kept.
 *
 * No file of the vault may be opened and closed here, as that would drop the locks of this
 * process; one that gets in between the look and the opening stays open until the end.
 */
#include "import.h"
#include "inexact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 512            /* folders in folders; each holds a descriptor */
#define DEAF_SIZE 1000000000     /* longer values take long to commit, and may be ended then */
#define SOURCE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* A file being read. */
typedef struct source {
  cli_incoming incoming;
  int fd;
  struct stat before;
} source;

/* --- what happened ----------------------------------------------------------------------- */

static cli_bytes
path_of (const cli_import *at)
{
  return (cli_bytes) { at->path.data, at->path.size };
}

static cli_bytes
key_of (const cli_import *at)
{
  return (cli_bytes) { at->key.data, at->key.size };
}

static void
print_result (cli_import *at,
              cli_bytes   path,
              cli_bytes   key,
              uint64_t    size,
              const char *result)
{
  if (cli_has (at->self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("file", path);
      cli_json_bytes ("key", key);
      if (size != KVAULT_SIZE_UNKNOWN)
        cli_json_number ("size", size);
      cli_json_text ("result", result);
      cli_json_end_line ();
    }
  else if (cli_has (at->self, CLI_OPT_DRY_RUN))
    {
      cli_printf ("%-8s  ", result);
      cli_put_escaped (key);
      cli_put_line_end ();
    }
}

void
cli_import_fail_memory (cli_import *at)
{
  cli_report ("no memory");
  at->status = CLI_IO;
  at->over = true;
}

bool
cli_import_make_key (cli_import *at)
{
  /* Of a folder such as "." itself nothing is left. */
  size_t from = at->key_from < at->path.size ? at->key_from : at->path.size;
  cli_bytes own = at->entry != NULL ? at->entry->key : (cli_bytes) { at->path.data + from, at->path.size - from };

  at->key.size = 0;
  if (names_text_add (&at->key, at->self->prefix.data, at->self->prefix.size) && names_text_add (&at->key, own.data, own.size))
    return true;
  cli_import_fail_memory (at);
  return false;
}

void
cli_import_leave_out (cli_import *at,
                      const char *why,
                      int         status)
{
  if (at->counting)
    return;
  cli_report ("%s: %s", cli_name (path_of (at)), why);
  at->status = cli_worse (at->status, status);
  at->n_failed++;
  if (cli_import_make_key (at))
    print_result (at, path_of (at), key_of (at), KVAULT_SIZE_UNKNOWN, "failed");
}

static int
status_of_errno (int error)
{
  return error == ENOENT ? CLI_NOT_FOUND : CLI_IO;
}

void
cli_import_end_by_vault (cli_import *at,
                         int         result)
{
  at->status = cli_worse (at->status, cli_fail (at->self, result));
  at->over = true;
}

/* --- keys -------------------------------------------------------------------------------- */

/* KVAULT_OK, KVAULT_NOTFOUND, or a failure. */
static int
look_for_key (cli_import *at)
{
  if (names_set_has (&at->planned, key_of (at)))
    return KVAULT_OK;
  return kvault_exists (at->self->vault, at->key.data, at->key.size);
}

static int
find_free_key (cli_import *at)
{
  size_t from = at->self->prefix.size;
  int rc = KVAULT_OK;

  for (unsigned number = 2; rc == KVAULT_OK && !cli_cancelled (); number++)
    {
      if (!cli_import_make_key (at))
        return KVAULT_ENOMEM;
      if (!names_number (&at->key, from, number))
        return KVAULT_ENOMEM;
      rc = look_for_key (at);
    }
  return rc == KVAULT_OK ? KVAULT_ECANCELLED : rc;
}

/* What is to be done with the file at hand, as a word of the output; NULL if nothing, which
 * has been said then. */
static const char *
choose_key (cli_import *at)
{
  const char *result = "imported";
  int rc;

  if (!cli_import_make_key (at))
    return NULL;
  rc = look_for_key (at);
  if (rc == KVAULT_OK)
    switch (at->self->on_conflict)
      {
      case CLI_CONFLICT_SKIP:
        return "skipped";
      case CLI_CONFLICT_REPLACE:
        return "replaced";
      case CLI_CONFLICT_RENAME:
        result = "renamed";
        rc = find_free_key (at);
        break;
      case CLI_CONFLICT_REFUSE:
      default:
        cli_report ("%s: key %s exists; see --on-conflict", cli_name (path_of (at)),
                    cli_name (key_of (at)));
        at->status = cli_worse (at->status, CLI_USAGE);
        return "skipped";
      }
  if (rc == KVAULT_NOTFOUND)
    return result;
  if (!at->over)
    cli_import_end_by_vault (at, rc);
  return NULL;
}

/* --- storing ----------------------------------------------------------------------------- */

static bool
has_changed (const cli_incoming *incoming)
{
  const source *from = (const source *) incoming;
  struct stat now;

  return fstat (from->fd, &now) != 0 || now.st_size != from->before.st_size
         || now.st_mtim.tv_sec != from->before.st_mtim.tv_sec
         || now.st_mtim.tv_nsec != from->before.st_mtim.tv_nsec;
}

static bool
wants_sum (const cli_import *at)
{
  return at->entry != NULL || cli_has (at->self, CLI_OPT_VERIFY);
}

bool
cli_incoming_fail (cli_incoming *self,
                   const char   *why,
                   int           status)
{
  self->fault = why;
  self->fault_status = status;
  return true;
}

static bool
fail_changed (cli_incoming *self)
{
  return cli_incoming_fail (self, "it changed while it was read; not stored", CLI_IO);
}

/* What the library has just read is in memory: it is not read from the disk again. */
static void
add_up (cli_incoming *self,
        uint64_t      done)
{
  while (self->summed < done && self->fault == NULL)
    {
      size_t size = done - self->summed < CLI_PIECE_SIZE ? (size_t) (done - self->summed) : CLI_PIECE_SIZE;
      ssize_t n = pread (self->fd, self->at->buffer, size, (off_t) (self->offset + self->summed));

      if (n == 0 || (n < 0 && errno != EINTR))
        fail_changed (self);
      if (n > 0)
        manifest_sum_add (&self->sum, self->at->buffer, (size_t) n);
      self->summed += n > 0 ? (uint64_t) n : 0;
    }
}

bool
cli_incoming_is_as_listed (cli_incoming *self)
{
  manifest_sum sum = self->sum;
  unsigned char found[MANIFEST_SUM_SIZE];

  manifest_sum_end (&sum, found);
  if (self->at->entry == NULL || memcmp (found, self->at->entry->sum, sizeof found) == 0)
    return true;
  cli_incoming_fail (self, "it is not what " MANIFEST_NAME " says; not stored", CLI_DAMAGED);
  return false;
}

/* The last look comes before the value is whole, so that a changed file can still be left
 * out. */
static int
show_put (const kvault_progress *progress,
          void                  *data)
{
  cli_incoming *self = data;
  cli_import *at = self->at;

  cli_progress_bytes (at->self, at->n_bytes_seen + progress->bytes, at->n_bytes);
  if (wants_sum (at))
    add_up (self, progress->bytes);
  if (progress->bytes >= self->size && self->fault == NULL)
    {
      if (self->has_changed (self))
        fail_changed (self);
      else if (wants_sum (at))
        cli_incoming_is_as_listed (self);
    }
  return self->fault != NULL || cli_cancelled ();
}

static void
tell_inexact (cli_import *at)
{
  if (at->entry != NULL && !manifest_entry_is_exact (at->entry))
    at->status = cli_worse (at->status, cli_tell_inexact (path_of (at), at->entry, &at->n_inexact));
}

static bool
remember (cli_incoming *incoming,
          uint64_t      size,
          const char   *result)
{
  cli_import *at = incoming->at;
  cli_stored *put, *grown = at->puts;

  if (at->n_put == at->puts_room)
    {
      size_t room = at->puts_room > 0 ? at->puts_room * 2 : 256;

      if ((grown = realloc (at->puts, room * sizeof *grown)) == NULL)
        return false;
      at->puts = grown;
      at->puts_room = room;
    }
  put = &at->puts[at->n_put];
  *put = (cli_stored) {
    .path_size = cli_has (at->self, CLI_OPT_JSON) ? at->path.size : 0,
    .key_size = at->key.size,
    .size = size,
    .header_size = at->entry != NULL ? at->entry->header.size : 0,
    .result = result,
  };
  manifest_sum_end (&incoming->sum, put->sum);
  if ((put->path = malloc (put->path_size + put->key_size + 1)) == NULL)
    return false;
  memcpy (put->path, at->path.data, put->path_size);
  memcpy (put->path + put->path_size, at->key.data, put->key_size);
  at->n_put++;
  return true;
}

/* True for a failure of the file, not of the vault. */
static bool
is_of_source (cli_import *at,
              int     result)
{
  const kvault_error *error = kvault_last_error (at->self->vault);

  return result == KVAULT_ERANGE || result == KVAULT_ETOOBIG
         || (result == KVAULT_EIO && error->system_errno != 0 && error->sqlite_code == 0);
}

/* A value lost its header on the way to its file, and gets it back. */
static int
put_with_header (cli_incoming *self)
{
  cli_import *at = self->at;
  kvault_progress progress = { .bytes = 0 };
  kvault_writer *writer = NULL;
  int rc = kvault_writer_open (at->self->vault, at->key.data, at->key.size, at->entry->header.size + self->size, &writer);

  if (rc == KVAULT_OK)
    rc = kvault_writer_write (writer, at->entry->header.data, at->entry->header.size);
  while (rc == KVAULT_OK && progress.bytes < self->size)
    {
      uint64_t left = self->size - progress.bytes;
      ssize_t n = read (self->fd, at->buffer, left < CLI_PIECE_SIZE ? (size_t) left : CLI_PIECE_SIZE);

      if (n <= 0)
        fail_changed (self);
      if (n > 0 && (rc = kvault_writer_write (writer, at->buffer, (size_t) n)) == KVAULT_OK)
        progress.bytes += (uint64_t) n;
      if (rc == KVAULT_OK && show_put (&progress, self) != 0)
        rc = KVAULT_ECANCELLED;
    }
  if (rc == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  return rc;
}

int
cli_incoming_put_fd (cli_incoming *self,
                     int           fd,
                     uint64_t      offset,
                     bool        (*changed) (const cli_incoming *self))
{
  cli_import *at = self->at;

  self->fd = fd;
  self->offset = offset;
  self->has_changed = changed;
  self->summed = 0;
  if (at->entry != NULL && self->size == 0 && !cli_incoming_is_as_listed (self))
    return KVAULT_ECANCELLED;
  if (lseek (fd, (off_t) offset, SEEK_SET) < 0)
    {
      cli_incoming_fail (self, strerror (errno), CLI_IO);
      return KVAULT_ECANCELLED;
    }
  if (at->entry != NULL && at->entry->header.size > 0)
    return put_with_header (self);
  return kvault_put_fd (at->self->vault, at->key.data, at->key.size, fd, self->size, show_put, self);
}

static int
store_file (cli_incoming *incoming,
            uint64_t      size)
{
  return cli_incoming_put_fd (incoming, ((source *) incoming)->fd, 0, has_changed);
}

static void
put_incoming (cli_incoming *incoming,
              const char   *result)
{
  cli_import *at = incoming->at;
  uint64_t size = incoming->size + (at->entry != NULL ? at->entry->header.size : 0);
  int rc;

  manifest_sum_init (&incoming->sum);
  at->self->deaf = size <= DEAF_SIZE;
  rc = incoming->store (incoming, size);
  at->self->deaf = false;
  if (rc == KVAULT_OK && remember (incoming, size, result))
    {
      at->n_bytes_put += size;
      tell_inexact (at);
      return;
    }
  if (incoming->fault != NULL)
    cli_import_leave_out (at, incoming->fault, incoming->fault_status);
  else if (rc == KVAULT_ERANGE)
    cli_import_leave_out (at, "it changed while it was read; not stored", CLI_IO);
  else if (rc == KVAULT_EIO && is_of_source (at, rc))
    cli_import_leave_out (at, strerror (kvault_last_error (at->self->vault)->system_errno), CLI_IO);
  else if (rc == KVAULT_ETOOBIG)
    cli_import_leave_out (at, "too long for a vault", CLI_IO);
  else if (rc == KVAULT_OK)
    cli_import_fail_memory (at);
  else
    cli_import_end_by_vault (at, rc);
}

/* A file of /proc says it is empty; it could only be read as a stream. */
static bool
is_truly_empty (const source *from)
{
  char byte;

  return read (from->fd, &byte, 1) == 0;
}

void
cli_import_take_incoming (cli_incoming *incoming)
{
  cli_import *at = incoming->at;
  const char *result;

  if (at->entry != NULL && at->entry->size != incoming->size)
    {
      cli_import_leave_out (at, "its size is not what " MANIFEST_NAME " says; not stored", CLI_DAMAGED);
      return;
    }
  if ((result = choose_key (at)) == NULL)
    return;
  if (strcmp (result, "skipped") == 0)
    {
      at->n_skipped++;
      print_result (at, path_of (at), key_of (at), incoming->size, result);
    }
  else if (!cli_has (at->self, CLI_OPT_DRY_RUN))
    put_incoming (incoming, result);
  else if (names_set_add (&at->planned, key_of (at)))
    {
      at->n_put++;
      at->n_bytes_put += incoming->size;
      tell_inexact (at);
      print_result (at, path_of (at), key_of (at), incoming->size, result);
    }
}

static void
take_open_file (source *from)
{
  if (from->before.st_size == 0 && !is_truly_empty (from))
    cli_import_leave_out (from->incoming.at, "its size is not known; kvault put stores it", CLI_USAGE);
  else
    {
      from->incoming.size = (uint64_t) from->before.st_size;
      cli_import_take_incoming (&from->incoming);
    }
}

static void
take_file (cli_import *at,
           int         folder,
           const char *name,
           int         flags)
{
  source from = { .incoming = { .at = at, .store = store_file }, .fd = openat (folder, name, SOURCE_FLAGS | flags) };

  if (from.fd < 0 || fstat (from.fd, &from.before) != 0)
    cli_import_leave_out (at, strerror (errno), status_of_errno (errno));
  else if (!S_ISREG (from.before.st_mode))
    cli_import_leave_out (at, "it changed while it was opened", CLI_IO);
  else if (cli_is_file_of_vault (at->self, &from.before))
    return;  /* put there a moment ago; never to be closed */
  else
    take_open_file (&from);
  at->n_bytes_seen += from.fd >= 0 ? (uint64_t) from.before.st_size : 0;
  if (from.fd >= 0)
    close (from.fd);
}

/* --- walking ----------------------------------------------------------------------------- */

static int
compare_texts (const void *one,
               const void *two)
{
  return strcmp (*(char *const *) one, *(char *const *) two);
}

static void
free_list (char **names,
           size_t n)
{
  for (size_t i = 0; i < n; i++)
    free (names[i]);
  free (names);
}

/* The names in a folder, sorted. False with errno. */
static bool
list_folder (DIR    *folder,
             char ***names,
             size_t *n)
{
  struct dirent *entry;
  size_t room = 0;

  *names = NULL;
  *n = 0;
  while (errno = 0, (entry = readdir (folder)) != NULL)
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (*n == room)
        {
          char **grown = realloc (*names, (room = room > 0 ? room * 2 : 64) * sizeof *grown);

          if (grown == NULL)
            break;
          *names = grown;
        }
      if (((*names)[*n] = strdup (entry->d_name)) == NULL)
        break;
      ++*n;
    }
  if (errno == 0)
    {
      if (*n > 1)
        qsort (*names, *n, sizeof **names, compare_texts);
      return true;
    }
  free_list (*names, *n);
  return false;
}

static void take_entry (cli_import *at, int folder, const char *name, unsigned depth);

/* Takes @fd. */
static void
take_folder (cli_import  *at,
             int      fd,
             unsigned depth)
{
  DIR *folder = depth < MAX_DEPTH ? fdopendir (fd) : NULL;
  size_t length = at->path.size, n = 0;
  char **names = NULL;

  if (depth >= MAX_DEPTH)
    cli_import_leave_out (at, "too many folders in folders", CLI_IO);
  else if (folder == NULL || !list_folder (folder, &names, &n))
    cli_import_leave_out (at, strerror (errno), CLI_IO);
  for (size_t i = 0; i < n && !at->over && !cli_cancelled (); i++)
    {
      if ((length > 0 && at->path.data[length - 1] != '/' && !names_text_add (&at->path, "/", 1))
          || !names_text_add (&at->path, names[i], strlen (names[i])))
        at->over = true;
      else
        take_entry (at, dirfd (folder), names[i], depth);
      names_text_cut (&at->path, length);
    }
  if (n > 0)
    free_list (names, n);
  if (folder != NULL)
    closedir (folder);
  else
    close (fd);
}

static void
open_folder (cli_import *at,
             int         folder,
             const char *name,
             int         flags,
             unsigned    depth)
{
  int fd = openat (folder, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | flags);

  if (fd < 0)
    cli_import_leave_out (at, strerror (errno), status_of_errno (errno));
  else if (depth == 0 && cli_import_take_manifest (at, fd))
    close (fd);
  else
    take_folder (at, fd, depth);
}

void
cli_import_count (cli_import *at,
                  uint64_t    size)
{
  at->n_files++;
  at->n_bytes += size;
  cli_progress (at->self, "%llu files counted", (unsigned long long) at->n_files);
}

/* Something in a folder that is neither a folder nor a link. */
static void
take_seen (cli_import        *at,
           int                folder,
           const char        *name,
           const struct stat *file)
{
  if (!S_ISREG (file->st_mode))
    cli_import_leave_out (at, "neither a file nor a folder", CLI_USAGE);
  else if (cli_is_file_of_vault (at->self, file))
    return;  /* the folder holds the vault itself */
  else if (at->counting)
    cli_import_count (at, (uint64_t) file->st_size);
  else
    take_file (at, folder, name, O_NOFOLLOW);
}

/* Something in a folder. */
static void
take_entry (cli_import *at,
            int         folder,
            const char *name,
            unsigned    depth)
{
  struct stat file;

  if (fstatat (folder, name, &file, AT_SYMLINK_NOFOLLOW) != 0)
    cli_import_leave_out (at, strerror (errno), status_of_errno (errno));
  else if (S_ISDIR (file.st_mode))
    open_folder (at, folder, name, O_NOFOLLOW, depth + 1);
  else if (S_ISLNK (file.st_mode))
    cli_import_leave_out (at, "a symbolic link; not followed", CLI_USAGE);
  else
    take_seen (at, folder, name, &file);
}

void
cli_import_take_regular (cli_import *at,
                         int         folder,
                         const char *name)
{
  struct stat file;

  if (fstatat (folder, name, &file, AT_SYMLINK_NOFOLLOW) != 0)
    cli_import_leave_out (at, strerror (errno), status_of_errno (errno));
  else if (S_ISLNK (file.st_mode))
    cli_import_leave_out (at, "a symbolic link; not followed", CLI_USAGE);
  else
    take_seen (at, folder, name, &file);
}

/* Where keys begin in a path as given: at its base name, as with cp -r; behind a folder that
 * ends in "/", "." or "..", whose contents are meant. */
static size_t
find_key_start (cli_bytes path)
{
  const char *data = path.data;
  const char *slash = memrchr (data, '/', path.size);
  size_t start = slash != NULL ? (size_t) (slash - data) + 1 : 0, size = path.size - start;

  if (size > 0 && size <= 2 && data[start] == '.' && data[path.size - 1] == '.')
    return path.size + 1;  /* behind the "/" to come */
  return start;
}

/* A path as given: links are followed here, since the person named it. */
static void
take_path (cli_import    *at,
           cli_bytes  path)
{
  const char *name = path.data;
  struct stat file;

  at->path.size = 0;
  if (!names_text_add (&at->path, path.data, path.size))
    {
      at->over = true;
      return;
    }
  at->key_from = find_key_start (path);
  if (stat (name, &file) != 0)
    {
      at->key_from = 0;
      cli_import_leave_out (at, strerror (errno), status_of_errno (errno));
    }
  else if (S_ISDIR (file.st_mode))
    open_folder (at, AT_FDCWD, name, 0, 0);
  else if (!S_ISREG (file.st_mode))
    cli_import_leave_out (at, "neither a file nor a folder", CLI_USAGE);
  else if (cli_is_file_of_vault (at->self, &file))
    cli_import_leave_out (at, "it is the vault itself", CLI_USAGE);
  else if (at->counting)
    cli_import_count (at, (uint64_t) file.st_size);
  else
    take_file (at, AT_FDCWD, name, 0);
}

static void
take_all (cli_import *at)
{
  for (size_t i = 0; i < at->self->n_operands && !at->over && !cli_cancelled (); i++)
    take_path (at, at->self->operands[i].bytes);
}

/* --- the whole --------------------------------------------------------------------------- */

/* False if nothing can be stored. */
static bool
take_given (cli_import *at)
{
  if (at->self->archive != NULL)
    return cli_import_take_archive (at);
  take_all (at);
  return true;
}

/* After a failure what was not committed is undone. */
static void
forget_undone (cli_import *at)
{
  uint64_t n_committed = kvault_bulk_committed (at->self->vault);

  for (; at->n_put > n_committed; at->n_put--)
    {
      const cli_stored *put = &at->puts[at->n_put - 1];

      at->n_bytes_put -= put->size;
      at->n_failed++;
      print_result (at, (cli_bytes) { put->path, put->path_size },
                    (cli_bytes) { put->path + put->path_size, put->key_size }, put->size, "failed");
      free (put->path);
    }
}

static void
end_bulk (cli_import *at)
{
  int rc;

  at->self->deaf = true;  /* what is there already is kept, also when a signal came */
  cli_progress_end ();
  rc = kvault_bulk_end (at->self->vault);
  if (rc == KVAULT_OK)
    return;
  if (!at->over)
    at->status = cli_worse (at->status, cli_fail (at->self, rc));
  if (rc != KVAULT_EBUSY)
    forget_undone (at);
}

static void
print_stored (cli_import *at)
{
  for (uint64_t i = 0; i < at->n_put; i++)
    {
      const cli_stored *put = &at->puts[i];

      print_result (at, (cli_bytes) { put->path, put->path_size },
                    (cli_bytes) { put->path + put->path_size, put->key_size }, put->size, put->result);
    }
}

static void
print_summary (cli_import *at)
{
  if (cli_cancelled () || at->over)
    cli_report ("%s; %llu of %llu files are in the vault",
                cli_cancelled () ? "cancelled" : "not finished", (unsigned long long) at->n_put, (unsigned long long) at->n_files);
  if (cli_has (at->self, CLI_OPT_JSON | CLI_OPT_QUIET))
    return;
  cli_printf ("%s %s (%s), %llu skipped, %llu failed\n",
              cli_has (at->self, CLI_OPT_DRY_RUN) ? "Would import" : "Imported",
              cli_count_text (at->n_put, "file"), cli_size_text (at->n_bytes_put), (unsigned long long) at->n_skipped,
              (unsigned long long) at->n_failed);
}

static void
import_all (cli_import *at)
{
  bool dry = cli_has (at->self, CLI_OPT_DRY_RUN), possible;
  int rc;

  at->counting = true;
  possible = take_given (at);
  at->counting = false;
  if (!possible)
    return;
  if (!dry && (rc = kvault_bulk_begin (at->self->vault, at->n_bytes)) != KVAULT_OK)
    {
      cli_import_end_by_vault (at, rc);
      return;
    }
  take_given (at);
  cli_tell_all_inexact (at->n_inexact);
  if (!dry)
    {
      end_bulk (at);
      if (cli_has (at->self, CLI_OPT_VERIFY))
        cli_import_verify (at);
      print_stored (at);
    }
  print_summary (at);
}

static int
run (cli *self)
{
  cli_import at = { .self = self };

  if ((self->n_operands > 0) == (self->archive != NULL))
    {
      cli_report (self->archive != NULL ? "import takes a PATH or --archive, not both" : "usage: kvault import %s", self->command->operands);
      return CLI_USAGE;
    }
  for (size_t i = 0; i < self->n_operands; i++)
    if (self->operands[i].bytes.size == 0)
      {
        cli_report ("an empty path; see kvault import --help");
        return CLI_USAGE;
      }
  if ((at.buffer = malloc (CLI_PIECE_SIZE)) == NULL)
    {
      cli_report ("no memory");
      return CLI_IO;
    }
  at.status = cli_open (self, cli_has (self, CLI_OPT_DRY_RUN) ? KVAULT_ACCESS_VIEW : KVAULT_ACCESS_WRITE);
  if (at.status == CLI_DONE)
    import_all (&at);
  if (at.puts != NULL)
    for (uint64_t i = 0; i < at.n_put; i++)
      free (at.puts[i].path);
  free (at.puts);
  cli_import_close_archive (&at);
  free (at.buffer);
  names_text_clear (&at.path);
  names_text_clear (&at.key);
  names_set_clear (&at.planned);
  return at.status;
}

const cli_command cli_command_import = {
  .name = "import",
  .summary = "Store files and folders",
  .operands = "[OPTION…] VAULT {PATH… | --archive FILE}",
  .help =
    "A file gets its base name as key; files in a folder get the path from it on: img/cat.jpg\n"
    "for PATH img. Of a PATH that ends in \"/\", \".\" or \"..\" the contents are taken: cat.jpg.\n"
    "Symbolic links inside folders are not followed. What cannot be read is named and the rest\n"
    "goes on. Values are stored whole or not at all, also when the import is ended halfway.\n"
    "A PATH that is a folder in which export --manifest left coffer.json gives back the very keys\n"
    "and values it tells of, behind the prefix; files that are not what it says are left out.\n"
    "What it says was text or a number there becomes bytes, is named, and the status is 2.\n"
    "A zip or a tar that is a PATH becomes one value; with --archive what is in it does.\n\n"
    "  -p, --prefix P             put P before every key\n"
    "      --prefix-hex HEX       the same by the bytes of P in hexadecimal\n"
    "      --on-conflict skip|replace|rename\n"
    "                             what to do with keys that are there; if not given they are\n"
    "                             kept and named, and the status is 2\n"
    "      --archive FILE         take the files in FILE, a zip, or a tar that may be compressed by zstd,\n"
    "                             gzip, xz or bzip2, as those of a folder FILE/, coffer.json among them;\n"
    "                             links, devices, and what leads out of it, is encrypted or is damaged\n"
    "                             are named and left out\n"
    "      --no-manifest          take coffer.json for a file like others\n"
    "      --verify               read back what was stored and compare it; if a value differs it\n"
    "                             is named, and the status is 4\n"
    "      --dry-run              show what would be stored, and store nothing\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_DRY_RUN
             | CLI_OPT_ON_CONFLICT | CLI_OPT_SECURE_DELETE | CLI_OPT_ARCHIVE | CLI_OPT_NO_MANIFEST | CLI_OPT_VERIFY,
  .min_operands = 0,   /* PATH, unless there is --archive */
  .max_operands = -1,
  .run = run,
};
