/* SPDX-License-Identifier: MIT */
/* cmd-export.c - kvault export: values become files.
 *
 * Keys are a stranger's: src/names makes safe paths of them, and the room target writes nowhere but below the folder given.
 *
 * At the end everything is flushed to the disk at once: a flush for each of many small files
 * would take minutes.
 *
 * One walk holds one state of the vault for the whole export. Where the index of the keys turns out to be damaged, and
 * in a file that is too damaged to be opened for viewing, the library salvages what can be read; rows that the walk has
 * dealt with by then are known by their ids.
 */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- which values ------------------------------------------------------------------------ */

static int
copy_value (cli_export   *at,
            kvault_blob  *blob,
            cli_outgoing *out)
{
  uint64_t offset = 0;
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK && out->error == 0 && offset < out->size)
    {
      size_t size = out->size - offset < CLI_PIECE_SIZE ? (size_t) (out->size - offset) : CLI_PIECE_SIZE;

      if (cli_cancelled ())
        return KVAULT_ECANCELLED;
      offset += size;
      if ((rc = kvault_blob_read (blob, at->buffer, size, offset - size)) == KVAULT_OK)
        cli_export_write (at, out, at->buffer, size, offset);
    }
  return rc;
}

static void
export_value (cli_export  *at,
              cli_bytes    key,
              kvault_class key_class,
              kvault_blob *blob,
              int          result)
{
  cli_outgoing out;
  int rc = KVAULT_OK;

  if (!cli_export_begin_value (at, &out, key))
    return;
  if (result != KVAULT_OK)
    {
      cli_export_fail_value (at, &out, result);
      return;
    }
  out.size = kvault_blob_size (blob);
  out.key_class = key_class;
  out.value_class = kvault_blob_class (blob);
  if (!cli_export_check_place (at, &out))
    return;
  cli_export_begin_file (at, &out);
  if (!at->target.dry)
    rc = copy_value (at, blob, &out);
  if (rc == KVAULT_OK)
    {
      cli_export_finish_file (at, &out);
      return;
    }
  target_file_end (&out.file, target_dir_folder (&at->target));
  cli_export_fail_value (at, &out, rc);
}

static void
export_named (cli_export *at,
              cli_bytes   key)
{
  kvault_blob *blob = NULL;
  int rc = cli_blob_open (at->self, key, &blob);

  if (rc == KVAULT_NOTFOUND)
    {
      at->status = cli_worse (at->status, cli_no_key (at->self, key));
      at->n_failed++;
    }
  else
    export_value (at, key, KVAULT_CLASS_BLOB, blob, rc);
  kvault_blob_close (blob);
}

/* A key that is named twice makes one file. */
static bool
was_named (const cli_export *at,
           size_t            i)
{
  const cli_operand *operands = at->self->operands;

  for (size_t j = 0; j < i; j++)
    if (j != at->target_at && operands[j].bytes.size == operands[i].bytes.size
        && memcmp (operands[j].bytes.data, operands[i].bytes.data, operands[i].bytes.size) == 0)
      return true;
  return false;
}

static int
export_entry (cli_export         *at,
              const kvault_entry *entry)
{
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open_entry (at->self->vault, entry, &blob);

  export_value (at, (cli_bytes) { entry->key, entry->key_size }, entry->key_class, blob, rc);
  kvault_blob_close (blob);
  if (cli_cancelled ())
    return KVAULT_ECANCELLED;
  return at->over || !cli_export_remember (at, entry->id) ? KVAULT_NOTFOUND : KVAULT_OK;
}

/* KVAULT_OK at the end of the walk or of the export. */
static int
walk (cli_export *at)
{
  kvault_cursor_options options = {
    .prefix = cli_has (at->self, CLI_OPTS_PREFIX) ? at->self->prefix.data : NULL,
    .prefix_size = at->self->prefix.size,
    .flags = KVAULT_CURSOR_IDS,
  };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (at->self->vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    rc = export_entry (at, entry);
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Counting reads a page of each value, so it is done for a progress that somebody sees. */
static void
count_all (cli_export *at)
{
  kvault_totals_result totals;

  if (cli_has_progress (at->self) && cli_count_prefix (at->self, &totals) == KVAULT_OK)
    at->n_bytes = totals.bytes;
}

static void
export_all (cli_export *at)
{
  int rc;

  count_all (at);
  if ((rc = walk (at)) == KVAULT_OK)
    return;
  at->status = cli_worse (at->status, cli_fail (at->self, rc));
  if (rc == KVAULT_ECORRUPT)
    cli_export_salvage (at);
}

/* --- the whole --------------------------------------------------------------------------- */

/* The first word is the folder, wherever it stands among the keys by their options. If it is empty, the next one is
 * still a key. */
static bool
find_target (cli    *self,
             size_t *at)
{
  *at = SIZE_MAX;
  if (self->archive != NULL)
    return true;
  for (*at = 0; *at < self->n_operands && self->operands[*at].is_key;)
    ++*at;
  if (*at < self->n_operands && self->operands[*at].bytes.size > 0)
    return true;
  cli_report ("export needs a folder; see kvault export --help");
  return false;
}

static int
fail_target (const cli_export *at,
             int               error)
{
  cli_report ("%s: %s", cli_name ((cli_bytes) { at->target.path, strlen (at->target.path) }), strerror (error));
  return error == ENOENT ? CLI_NOT_FOUND : error == ENOTDIR ? CLI_USAGE : CLI_IO;
}

static void
print_summary (cli_export *at)
{
  if (at->self->archive != NULL && at->archive.failed)
    cli_report ("%s; there is no archive", cli_cancelled () ? "cancelled" : "not finished");
  else if (cli_cancelled () || at->over)
    cli_report ("%s; %llu values are there whole", cli_cancelled () ? "cancelled" : "not finished",
                (unsigned long long) at->n_done);
  if (cli_has (at->self, CLI_OPT_JSON | CLI_OPT_QUIET))
    return;
  cli_printf ("%s %s (%s), %llu skipped, %llu failed\n", at->target.dry ? "Would export" : "Exported",
              cli_count_text (at->n_done, "value"), cli_size_text (at->n_bytes_done),
              (unsigned long long) at->n_skipped, (unsigned long long) at->n_failed);
}

/* @is_damaged: it is known already. */
static void
export_wanted (cli_export *at,
               bool        is_damaged)
{
  cli *self = at->self;
  int error;

  if (is_damaged)
    cli_export_salvage (at);
  else if (!cli_export_has_keys (at))
    export_all (at);
  else
    for (size_t i = 0; i < self->n_operands; i++)
      if (i != at->target_at && !was_named (at, i) && !at->over && !cli_cancelled ())
        export_named (at, self->operands[i].bytes);
  cli_progress_end ();
  cli_export_end_manifest (at);
  cli_export_end_archive (at);
  if ((error = target_dir_sync (&at->target)) != 0)
    {
      fail_target (at, error);
      at->status = CLI_IO;
    }
  print_summary (at);
}

static void
open_and_export (cli_export *at)
{
  cli *self = at->self;
  int error;

  at->status = cli_has (self, CLI_OPT_SALVAGE) ? cli_open (self, KVAULT_ACCESS_SALVAGE) : cli_open_damaged (self);
  if (self->vault == NULL)
    return;
  if (self->archive != NULL)
    {
      if (!cli_export_begin_archive (at) || !cli_export_begin_manifest (at))
        return;
      export_wanted (at, at->status != CLI_DONE || cli_has (self, CLI_OPT_SALVAGE));
    }
  else if ((error = target_dir_open (&at->target)) != 0)
    at->status = cli_worse (at->status, fail_target (at, error));
  else if (cli_export_begin_manifest (at))
    export_wanted (at, at->status != CLI_DONE || cli_has (self, CLI_OPT_SALVAGE));
}

static int
run (cli *self)
{
  cli_export at = {
    .self = self,
    .target = { .dry = cli_has (self, CLI_OPT_DRY_RUN), .root = -1, .folder = -1 },
    .salvaged = { .file = { .fd = -1 } },
    .archive = { .file = { .fd = -1 } },
    .manifest = { .file = { .fd = -1 } },
    .n_bytes = KVAULT_SIZE_UNKNOWN,
  };

  if (!find_target (self, &at.target_at))
    return CLI_USAGE;
  if (cli_has (self, CLI_OPTS_PREFIX) && cli_export_has_keys (&at))
    {
      cli_report ("export takes keys or --prefix; see kvault export --help");
      return CLI_USAGE;
    }
  at.target.path = self->archive != NULL ? self->archive : self->operands[at.target_at].bytes.data;
  /* Nobody knows where an archive is unpacked. */
  at.paths = names_paths_new (self->archive != NULL ? NAMES_WHOLE | NAMES_FOLDED : NAMES_WHOLE);
  at.buffer = malloc (CLI_PIECE_SIZE);
  at.found = calloc (self->n_operands + 1, sizeof *at.found);
  if (at.paths != NULL && at.buffer != NULL && at.found != NULL)
    open_and_export (&at);
  else
    cli_export_fail_memory (&at);
  target_dir_close (&at.target);
  names_paths_free (at.paths);
  target_made_clear (&at.made);
  free (at.seen);
  free (at.found);
  free (at.buffer);
  return at.status;
}

const cli_command cli_command_export = {
  .name = "export",
  .summary = "Write values to files",
  .operands = "[OPTION…] VAULT {DIR | --archive FILE} [KEY…]",
  .help =
    "All values, those of the KEYs, or those under a prefix, exactly as they are stored, become\n"
    "files in DIR, which is made if need be. Keys are split at \"/\" into folders. Nothing is\n"
    "written outside DIR: what a file name cannot hold becomes %XX, long names are cut, and of\n"
    "two keys that come to one name the second gets a number. Links in DIR are not followed.\n"
    "A file gets its name when it is whole; at the end all are on the disk. Of a damaged vault all\n"
    "is saved that can be read, and what cannot is named; the status is 4.\n\n"
    "  -p, --prefix P             only keys that begin with P\n"
    "      --prefix-hex HEX       the same by the bytes of P in hexadecimal\n"
    "      --overwrite            replace files that are there; if not given they are kept\n"
    "                             and named, and the status is 2\n"
    "      --archive FILE         write one file, a .zip, .tar or .tar.zst, that holds them all: it is\n"
    "                             there when it is whole\n"
    "      --manifest             beside the files write coffer.json, which tells their keys exactly:\n"
    "                             kvault import {DIR | --archive FILE} then gives the same vault;\n"
    "                             keys and values that other programs stored as text or numbers\n"
    "                             become bytes then, are named now, and the status is 2\n"
    "      --verify               read each file, or the archive, back from the disk before it gets its\n"
    "                             name, and compare it; what differs is named, and the status is 4\n"
    "      --salvage              look for values in every place that may hold some, as is done\n"
    "                             by itself once damage is met; in no order\n"
    "      --dry-run              show what would be written, and write nothing\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_DRY_RUN
             | CLI_OPT_OVERWRITE | CLI_OPT_SALVAGE | CLI_OPT_MANIFEST
             | CLI_OPT_ARCHIVE | CLI_OPT_VERIFY,
  .min_operands = 0,   /* DIR, unless there is --archive */
  .max_operands = -1,
  .run = run,
};
