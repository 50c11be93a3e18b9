/* SPDX-License-Identifier: MIT */
/* export-value.c - kvault export: one value becomes a file, or is told why not.
 *
 * Large files, and those that replace others, are flushed before they get their names, so that a power cut leaves no
 * empty file in the place of a whole one.
 */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE_SIZE (1024 * 1024)

/* --- what happened ----------------------------------------------------------------------- */

static void
print_result (cli_export         *at,
              const cli_outgoing *out,
              const char         *result)
{
  names_text full = { NULL };
  bool good = names_text_add (&full, at->target.path, strlen (at->target.path))
              && (full.data[full.size - 1] == '/' || names_text_add (&full, "/", 1))
              && names_text_add (&full, out->path, strlen (out->path));

  cli_progress_end ();
  if (good && cli_has (at->self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("key", out->key);
      cli_json_bytes ("file", (cli_bytes) { full.data, full.size });
      if (out->size != KVAULT_SIZE_UNKNOWN)
        cli_json_number ("size", out->size);
      cli_json_text ("result", result);
      cli_json_end_line ();
    }
  else if (good && cli_has (at->self, CLI_OPT_DRY_RUN))
    {
      cli_printf ("%-8s  ", result);
      cli_put_escaped ((cli_bytes) { full.data, full.size });
      cli_put_line_end ();
    }
  names_text_clear (&full);
}

void
cli_export_fail (cli_export         *at,
                 const cli_outgoing *out,
                 int                 status)
{
  at->status = cli_worse (at->status, status);
  at->n_failed++;
  print_result (at, out, "failed");
}

static void
fail_errno (cli_export         *at,
            const cli_outgoing *out,
            int                 error)
{
  cli_report ("%s in %s: %s", cli_name ((cli_bytes) { out->path, strlen (out->path) }),
              cli_name ((cli_bytes) { at->target.path, strlen (at->target.path) }), strerror (error));
  at->over = at->over || error == ENOSPC || error == EDQUOT || error == EROFS;
  cli_export_fail (at, out, CLI_IO);
}

static void
skip (cli_export         *at,
      const cli_outgoing *out,
      const char         *why)
{
  cli_report ("%s in %s: %s", cli_name ((cli_bytes) { out->path, strlen (out->path) }),
              cli_name ((cli_bytes) { at->target.path, strlen (at->target.path) }), why);
  at->status = cli_worse (at->status, CLI_USAGE);
  at->n_skipped++;
  print_result (at, out, "skipped");
}

/* --- files of this run ------------------------------------------------------------------- */

typedef struct file_id {
  dev_t dev;
  ino_t ino;
} file_id;

static int
compare_ids (const void *one,
             const void *two)
{
  const file_id *a = one;
  const file_id *b = two;

  return a->dev != b->dev ? (a->dev > b->dev) - (a->dev < b->dev) : (a->ino > b->ino) - (a->ino < b->ino);
}

/* 0 or errno. */
static int
remember_file (cli_export *at,
               int         fd)
{
  file_id *id = malloc (sizeof *id);
  struct stat facts;

  if (id == NULL || fstat (fd, &facts) != 0)
    {
      int error = id == NULL ? ENOMEM : errno;

      free (id);
      return error;
    }
  *id = (file_id) { facts.st_dev, facts.st_ino };
  if (tsearch (id, &at->made, compare_ids) != NULL)
    return 0;
  free (id);
  return ENOMEM;
}

static void
set_path (cli_outgoing *out,
          const char   *path)
{
  const char *slash = strrchr (path, '/');

  out->path = path;
  out->name = slash != NULL ? slash + 1 : path;
}

/* What has the name of a file. Where two names are one to the file system, as with one that does not tell "A" from "a", that may
 * be a file of this run: then the name gets a number, as where two keys come to one. 0 or errno; ENOENT: nothing. */
static int
look_at_place (cli_export   *at,
               cli_outgoing *out,
               struct stat  *there)
{
  int folder = cli_target_folder (&at->target);

  while (fstatat (folder, out->name, there, AT_SYMLINK_NOFOLLOW) == 0)
    {
      file_id id = { there->st_dev, there->st_ino };
      const char *path;

      if (tfind (&id, &at->made, compare_ids) == NULL)
        return 0;
      if ((path = names_paths_take_another (at->paths)) == NULL)
        return ENOMEM;
      set_path (out, path);
    }
  return errno;
}

/* --- values ------------------------------------------------------------------------------ */

void
cli_export_fail_memory (cli_export *at)
{
  cli_report ("no memory");
  at->status = CLI_IO;
  at->over = true;
}

void
cli_export_fail_value (cli_export   *at,
                       cli_outgoing *out,
                       int           result)
{
  int status = cli_fail_key (at->self, out->key, result);

  at->over = at->over || result == KVAULT_ECANCELLED;
  if (result != KVAULT_ECANCELLED)
    cli_export_fail (at, out, status);
}

bool
cli_export_begin_value (cli_export   *at,
                        cli_outgoing *out,
                        cli_bytes     key)
{
  const char *path;

  *out = (cli_outgoing) { .key = key, .size = KVAULT_SIZE_UNKNOWN, .file = { .fd = -1 } };
  if ((path = names_paths_take (at->paths, key, NULL)) == NULL)
    {
      cli_export_fail_memory (at);
      return false;
    }
  set_path (out, path);
  return true;
}

/* A log or journal put beside an SQLite file that was there would be played back into it, by whoever opens that next. Beside
 * one that came with it, it is in its place. */
static bool
is_foreign_journal (const cli_export   *at,
                    const cli_outgoing *out,
                    int                 folder)
{
  size_t length = cli_without_suffix (out->name);
  char other[NAMES_PART_MAX + 32];
  struct stat there;

  if (length == 0)
    return false;
  memcpy (other, out->name, length);
  other[length] = '\0';
  return fstatat (folder, other, &there, AT_SYMLINK_NOFOLLOW) == 0
         && !names_paths_is_written (at->paths, (cli_bytes) { out->path, (size_t) (out->name - out->path) + length });
}

bool
cli_export_check_place (cli_export   *at,
                        cli_outgoing *out)
{
  int error = cli_target_enter (&at->target, out->path, (size_t) (out->name - out->path));
  int folder = cli_target_folder (&at->target);
  struct stat there;
  int missing;

  if (error == ENOENT && at->target.dry)
    return true;
  missing = error == 0 ? look_at_place (at, out, &there) : 0;
  if (error == ENOTDIR || error == ELOOP)
    skip (at, out, "a link or a file is in the place of its folder");
  else if (error != 0 || (missing != 0 && missing != ENOENT))
    fail_errno (at, out, error != 0 ? error : missing);
  else if (cli_is_place_of_vault (at->self, folder, out->name))
    skip (at, out, "it would be a file of the vault itself");
  else if (is_foreign_journal (at, out, folder))
    skip (at, out, "it would be taken for the log or journal of the file beside it");
  else if (missing == ENOENT)
    return true;
  else if (S_ISDIR (there.st_mode))
    skip (at, out, "a folder is in its place");
  else if (cli_is_file_of_vault (at->self, &there))
    skip (at, out, "it is a file of the vault itself");
  else if (!cli_has (at->self, CLI_OPT_OVERWRITE))
    skip (at, out, "it is there already; see --overwrite");
  else
    return true;
  return false;
}

void
cli_export_begin_file (cli_export   *at,
                       cli_outgoing *out)
{
  if (!at->target.dry)
    out->error = cli_new_file_begin (&out->file, cli_target_folder (&at->target));
}

void
cli_export_write (cli_export   *at,
                  cli_outgoing *out,
                  const void   *data,
                  size_t        size,
                  uint64_t      done)
{
  if (out->error == 0 && !at->target.dry)
    out->error = cli_new_file_write (&out->file, data, size);
  cli_progress_bytes (at->self, at->n_bytes_done + done, at->n_bytes);
}

void
cli_export_finish_file (cli_export   *at,
                        cli_outgoing *out)
{
  bool overwrite = cli_has (at->self, CLI_OPT_OVERWRITE);
  int folder = cli_target_folder (&at->target);

  if (!at->target.dry)
    {
      /* Where hidden names are needed, only flushing may tell that there was no room. */
      if (out->error == 0 && (overwrite || out->file.hidden[0] != '\0' || out->size >= LARGE_SIZE)
          && fsync (out->file.fd) != 0)
        out->error = errno;
      if (out->error == 0)
        out->error = cli_new_file_name (&out->file, folder, out->name, overwrite);
      if (out->error == 0)
        out->error = remember_file (at, out->file.fd);
      cli_new_file_end (&out->file, folder);
    }
  if (out->error == EEXIST && !overwrite)
    skip (at, out, "it is there already; see --overwrite");
  else if (out->error != 0)
    fail_errno (at, out, out->error);
  else
    {
      names_paths_set_written (at->paths);
      at->n_done++;
      at->n_bytes_done += out->size;
      print_result (at, out, "exported");
    }
}
