/* SPDX-License-Identifier: MIT */
/* export-value.c - kvault export: one value becomes a file, or is told why not.
 *
 * Large files, and those that replace others, are flushed before they get their names, so that a power cut leaves no
 * empty file in the place of a whole one.
 */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
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
  at->archive.failed = at->over;
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
  target_place place;
  const char *path;

  *out = (cli_outgoing) { .key = key, .size = KVAULT_SIZE_UNKNOWN, .key_class = KVAULT_CLASS_BLOB, .value_class = KVAULT_CLASS_BLOB,
                          .file = { .fd = -1 } };
  if ((path = names_paths_take (at->paths, key, NULL)) == NULL)
    {
      cli_export_fail_memory (at);
      return false;
    }
  target_place_set (&place, path);
  out->path = place.path;
  out->name = place.name;
  return true;
}

bool
cli_export_check_place (cli_export   *at,
                        cli_outgoing *out)
{
  target_place place = { .path = out->path, .name = out->name };
  target_obstacle obstacle;
  int folder;

  if (at->self->archive != NULL)   /* nothing is in the way there */
    return true;
  obstacle = target_place_look (&place, &at->target, at->paths, &at->made);
  folder = target_dir_folder (&at->target);
  out->path = place.path;
  out->name = place.name;
  if (obstacle == TARGET_ERROR && place.error == ENOENT && at->target.dry)
    return true;
  if (obstacle == TARGET_BLOCKED)
    skip (at, out, "a link or a file is in the place of its folder");
  else if (obstacle == TARGET_ERROR)
    fail_errno (at, out, place.error);
  else if (cli_is_place_of_vault (at->self, folder, out->name))
    skip (at, out, "it would be a file of the vault itself");
  else if (obstacle == TARGET_JOURNAL)
    skip (at, out, "it would be taken for the log or journal of the file beside it");
  else if (obstacle == TARGET_FREE)
    return true;
  else if (obstacle == TARGET_FOLDER)
    skip (at, out, "a folder is in its place");
  else if (cli_is_file_of_vault (at->self, &place.there))
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
  manifest_sum_init (&out->sum);
  if (!at->target.dry)
    out->error = target_file_begin (&out->file, target_dir_folder (&at->target));
}

void
cli_export_write (cli_export   *at,
                  cli_outgoing *out,
                  const void   *data,
                  size_t        size,
                  uint64_t      done)
{
  if (out->error == 0 && !at->target.dry)
    out->error = target_file_write (&out->file, data, size);
  if (at->manifest.wanted || cli_has (at->self, CLI_OPT_VERIFY))
    manifest_sum_add (&out->sum, data, size);
  cli_progress_bytes (at->self, at->n_bytes_done + done, at->n_bytes);
}

/* Reads the file from the disk, before it has its name: EBADMSG if it is not what was written. */
static int
read_back (cli_export   *at,
           cli_outgoing *out)
{
  unsigned char wanted[MANIFEST_SUM_SIZE], found[MANIFEST_SUM_SIZE];
  manifest_sum written = out->sum, sum;
  off_t offset = 0;
  ssize_t n;

  manifest_sum_init (&sum);
  if (fsync (out->file.fd) != 0)
    return errno;
  posix_fadvise (out->file.fd, 0, 0, POSIX_FADV_DONTNEED);   /* of memory it would be no proof */
  while ((n = pread (out->file.fd, at->buffer, CLI_PIECE_SIZE, offset)) != 0 && !cli_cancelled ())
    {
      if (n < 0 && errno != EINTR)
        return errno;
      if (n > 0)
        manifest_sum_add (&sum, at->buffer, (size_t) n);
      offset += n > 0 ? n : 0;
    }
  manifest_sum_end (&sum, found);
  manifest_sum_end (&written, wanted);
  return cli_cancelled () ? ECANCELED : memcmp (found, wanted, sizeof found) == 0 ? 0 : EBADMSG;
}

static void
tell_difference (cli_export         *at,
                 const cli_outgoing *out)
{
  cli_report ("%s in %s: what was read back is not what was written; there is no such file now",
              cli_name ((cli_bytes) { out->path, strlen (out->path) }), cli_name ((cli_bytes) { at->target.path, strlen (at->target.path) }));
  cli_export_fail (at, out, CLI_DAMAGED);
}

void
cli_export_finish_file (cli_export   *at,
                        cli_outgoing *out)
{
  bool overwrite = cli_has (at->self, CLI_OPT_OVERWRITE);
  int folder = target_dir_folder (&at->target);

  if (at->archive.pack != NULL)
    {
      if (out->error == 0)
        out->error = cli_export_pack (at, out->path, &out->file, &out->sum);
      target_file_end (&out->file, folder);
    }
  else if (!at->target.dry)
    {
      /* Where hidden names are needed, only flushing may tell that there was no room. */
      if (out->error == 0 && (overwrite || out->file.hidden[0] != '\0' || out->size >= LARGE_SIZE)
          && fsync (out->file.fd) != 0)
        out->error = errno;
      if (out->error == 0 && cli_has (at->self, CLI_OPT_VERIFY))
        out->error = read_back (at, out);
      if (out->error == 0)
        out->error = target_file_name (&out->file, folder, out->name, overwrite);
      if (out->error == 0)
        out->error = target_made_add (&at->made, out->file.fd);
      target_file_end (&out->file, folder);
    }
  if (out->error == EEXIST && !overwrite)
    skip (at, out, "it is there already; see --overwrite");
  else if (out->error == ECANCELED)
    return;
  else if (out->error == EBADMSG)
    tell_difference (at, out);
  else if (out->error != 0)
    fail_errno (at, out, out->error);
  else
    {
      names_paths_set_written (at->paths);
      cli_export_list (at, out);
      at->n_done++;
      at->n_bytes_done += out->size;
      print_result (at, out, "exported");
    }
}
