/* SPDX-License-Identifier: MIT */
/* session.c - the vault a command works on, and what its answers mean to a shell.
 *
 * Opening waits and works cancellably: the library asks cli_cancelled() now and then. Every
 * failure becomes one line on standard error and one of the statuses of kvault(1).
 */
#include "cli.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEAD_SIZE (KVAULT_HEADER_SIZE + 512)  /* enough for every guess behind a header */

int
cli_status (int result)
{
  switch (result)
    {
    case KVAULT_OK:
      return CLI_DONE;
    case KVAULT_NOTFOUND:
    case KVAULT_ENOENT:
      return CLI_NOT_FOUND;
    case KVAULT_EEXIST:
    case KVAULT_EINVAL:
    case KVAULT_ERANGE:
      return CLI_USAGE;
    case KVAULT_EBUSY:
    case KVAULT_ESTALE:
      return CLI_BUSY;
    case KVAULT_ECORRUPT:
    case KVAULT_ENOTDB:
    case KVAULT_EENCRYPTED:
    case KVAULT_ENOTVAULT:
    case KVAULT_ENOTFILE:
      return CLI_DAMAGED;
    default:  /* no right, no room, no memory, gone: the system would not */
      return CLI_IO;
    }
}

int
cli_worse (int status,
           int other)
{
  return status > other ? status : other;
}

static int
is_cancelled (void *data)
{
  const cli *self = data;

  return !self->deaf && cli_cancelled ();
}

/* A command that was asked to end ends without a word, as other programs do. */
static int
report_failure (int         result,
                const char *message)
{
  if (result != KVAULT_ECANCELLED)
    cli_report ("%s", message);
  return cli_status (result);
}

static int
open_vault (cli          *self,
            kvault_access mode,
            kvault_error *error)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.access = mode;
  options.table = self->table;
  options.busy_timeout_ms = self->busy_timeout_ms;
  options.page_size = self->page_size;
  options.rollback_journal = cli_has (self, CLI_OPT_ROLLBACK);
  options.secure_delete = cli_has (self, CLI_OPT_SECURE_DELETE);
  options.is_cancelled = is_cancelled;
  options.is_cancelled_data = self;
  return kvault_open (self->location, &options, &self->vault, error);
}

int
cli_open (cli          *self,
          kvault_access mode)
{
  kvault_error error;
  int rc = open_vault (self, mode, &error);

  if (rc == KVAULT_OK)
    return CLI_DONE;
  if (rc == KVAULT_ENOENT && mode == KVAULT_ACCESS_WRITE
      && access (self->location, F_OK) != 0 && errno == ENOENT)
    {
      cli_report ("%s; kvault new makes a vault", error.message);
      return CLI_NOT_FOUND;
    }
  if (rc == KVAULT_ECORRUPT && mode != KVAULT_ACCESS_SALVAGE)
    {
      cli_report ("%s; kvault export saves what can be read", error.message);
      return CLI_DAMAGED;
    }
  return report_failure (rc, error.message);
}

int
cli_open_damaged (cli *self)
{
  kvault_error error, of_salvage;
  int rc = open_vault (self, KVAULT_ACCESS_VIEW, &error);

  if (rc == KVAULT_OK)
    return CLI_DONE;
  if (rc == KVAULT_ECORRUPT)
    open_vault (self, KVAULT_ACCESS_SALVAGE, &of_salvage);
  return report_failure (rc, error.message);
}

static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

#define N_SUFFIXES (sizeof suffixes / sizeof suffixes[0])

/* Of a link to a vault the other files lie beside what it leads to. */
static const char *
real_location (cli *self)
{
  if (self->real_location == NULL)
    self->real_location = realpath (self->location, NULL);
  return self->real_location != NULL ? self->real_location : self->location;
}

int
cli_room_beside (const char *path,
                 uint64_t   *room)
{
  char *copy = strdup (path);
  struct statvfs fs;
  int error = copy != NULL && statvfs (dirname (copy), &fs) == 0 ? 0 : errno;

  *room = error == 0 ? (uint64_t) fs.f_bavail * fs.f_frsize : 0;
  free (copy);
  return error;
}

bool
cli_is_file_of_vault (cli               *self,
                      const struct stat *file)
{
  struct stat other;
  char *path;
  bool same = false;

  for (size_t i = 0; !same && i < N_SUFFIXES; i++)
    {
      if (asprintf (&path, "%s%s", real_location (self), suffixes[i]) < 0)
        return true;  /* no memory to be sure */
      same = stat (path, &other) == 0 && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
      free (path);
    }
  return same;
}

/* What would be read as part of a vault by the next who opens it, and what would be removed then. */
static bool
is_name_of_vault (const char *name,
                  const char *base)
{
  size_t length = strlen (base);
  bool same = false;

  if (name[0] == '.' && strncasecmp (name + 1, base, length) == 0)
    same = strcasecmp (name + 1 + length, ".kvault-compact") == 0 || strcasecmp (name + 1 + length, ".kvault-compact-lock") == 0;
  for (size_t i = 0; !same && strncasecmp (name, base, length) == 0 && i < N_SUFFIXES; i++)
    same = strcasecmp (name + length, suffixes[i]) == 0;
  return same;
}

bool
cli_is_place_of_vault (cli        *self,
                       int         folder,
                       const char *name)
{
  const char *location = real_location (self);
  const char *slash = strrchr (location, '/');
  const char *base = slash != NULL ? slash + 1 : location;
  struct stat here, home;
  char *path;
  bool same = is_name_of_vault (name, base);

  if (!same || asprintf (&path, "%.*s", slash != NULL ? (int) (base - location) : 1,
                         slash != NULL ? location : ".") < 0)
    return same;
  same = stat (path, &home) != 0 || fstat (folder, &here) != 0
         || (home.st_dev == here.st_dev && home.st_ino == here.st_ino);
  free (path);
  return same;
}

int
cli_show_count (const kvault_totals_result *so_far,
                void                       *data)
{
  cli_progress (data, "%llu keys counted", (unsigned long long) so_far->keys);
  return cli_cancelled ();
}

int
cli_show_keys (const kvault_progress *progress,
               void                  *data)
{
  cli_progress (data, "%llu of %llu keys", (unsigned long long) progress->keys,
                (unsigned long long) progress->keys_total);
  return cli_cancelled ();
}

static const char *const step_words[] = {
  [KVAULT_STEP_NONE] = "",
  [KVAULT_STEP_COPY] = "copying",
  [KVAULT_STEP_CHECK] = "checking",
  [KVAULT_STEP_COMPARE] = "comparing",
  [KVAULT_STEP_PLACE] = "putting in place",
  [KVAULT_STEP_WRITE_BACK] = "writing back",
  [KVAULT_STEP_MOVE] = "moving pages",
};

int
cli_show_bytes (const kvault_progress *progress,
                void                  *data)
{
  if (progress->step != KVAULT_STEP_NONE)
    cli_progress_step (step_words[progress->step], progress->step_number, progress->n_steps);
  cli_progress_bytes (data, progress->bytes, progress->bytes_total);
  return cli_cancelled ();
}

int
cli_count_prefix (cli                  *self,
                  kvault_totals_result *totals)
{
  return kvault_totals (self->vault, self->prefix.data, self->prefix.size, cli_show_count, self, totals);
}

int
cli_no_prefix (cli *self)
{
  cli_report ("%s: no key begins with %s in table \"%s\"", self->location, cli_name (self->prefix),
              kvault_table (self->vault));
  return CLI_NOT_FOUND;
}

int
cli_fail (cli *self,
          int  result)
{
  if (kvault_last_error (self->vault)->code == result)
    return report_failure (result, kvault_errmsg (self->vault));
  if (result != KVAULT_ECANCELLED)   /* a failure of our own, not the library's */
    cli_report ("%s: %s", self->location, result == KVAULT_ENOMEM ? "no memory" : kvault_result_name (result));
  return cli_status (result);
}

int
cli_fail_key (cli      *self,
              cli_bytes key,
              int       result)
{
  if (result != KVAULT_ECORRUPT && result != KVAULT_EIO)
    return cli_fail (self, result);
  cli_report ("%s: key %s: the value %s", self->location, cli_name (key),
              result == KVAULT_EIO ? "could not be read by the system" : "is damaged and cannot be read");
  return cli_status (result);
}

int
cli_no_key (cli      *self,
            cli_bytes key)
{
  cli_report ("%s: no key %s in table \"%s\"", self->location, cli_name (key),
              kvault_table (self->vault));
  return CLI_NOT_FOUND;
}

/* An entry as TEXT with these bytes, and the walk that holds it; KVAULT_NOTFOUND if there is
 * none. Vaults' own keys are blobs; another program may have stored others. */
static int
find_text_key (cli                 *self,
               cli_bytes            key,
               kvault_cursor      **cursor,
               const kvault_entry **entry)
{
  kvault_cursor_options options = {
    .start = key.data,
    .start_size = key.size,
    .has_start = 1,
    .start_class = KVAULT_CLASS_TEXT,
    .flags = KVAULT_CURSOR_IDS,
  };
  int rc = kvault_cursor_open (self->vault, &options, cursor);

  if (rc == KVAULT_OK)
    rc = kvault_cursor_next (*cursor, entry);
  if (rc != KVAULT_OK)
    return rc;
  return (*entry)->key_class == KVAULT_CLASS_TEXT && (*entry)->key_size == key.size
         && memcmp ((*entry)->key, key.data, key.size) == 0 ? KVAULT_OK : KVAULT_NOTFOUND;
}

int
cli_blob_open (cli          *self,
               cli_bytes     key,
               kvault_blob **blob)
{
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_blob_open (self->vault, key.data, key.size, blob);

  if (rc == KVAULT_NOTFOUND
      && (rc = find_text_key (self, key, &cursor, &entry)) == KVAULT_OK)
    rc = kvault_blob_open_entry (self->vault, entry, blob);
  kvault_cursor_close (cursor);
  return rc;
}

int
cli_delete (cli      *self,
            cli_bytes key)
{
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_delete (self->vault, key.data, key.size);

  if (rc == KVAULT_NOTFOUND
      && (rc = find_text_key (self, key, &cursor, &entry)) == KVAULT_OK)
    rc = kvault_delete_entry (self->vault, entry);
  kvault_cursor_close (cursor);
  return rc;
}

int
cli_value_read (cli         *self,
                kvault_blob *blob,
                cli_value   *value)
{
  unsigned char head[HEAD_SIZE];
  size_t size;
  int rc;

  value->size = kvault_blob_size (blob);
  size = value->size < sizeof head ? (size_t) value->size : sizeof head;
  if ((rc = kvault_blob_read (blob, head, size, 0)) != KVAULT_OK)
    return rc;
  kvault_value_parse (kvault_table_kind (self->vault), head, size, &value->info);
  value->type = kvault_encoding_type (value->info.encoding);
  if (value->type == NULL)
    value->type = kvault_guess_type (head + value->info.data_offset,
                                     size - value->info.data_offset);
  return KVAULT_OK;
}
