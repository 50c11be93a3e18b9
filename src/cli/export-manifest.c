/* SPDX-License-Identifier: MIT */
/* export-manifest.c - kvault export --manifest: what was exported, as coffer.json.
 *
 * It grows beside the files, without a name, and gets its name when all of them have theirs: an export that did not come to its end
 * leaves none.
 */
#include "export.h"
#include "inexact.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 65536   /* of it that waits to be written */

static bool
refuse (cli_export *at,
        const char *why)
{
  cli_report ("%s in %s: %s", MANIFEST_NAME, cli_name ((cli_bytes) { at->target.path, strlen (at->target.path) }), why);
  at->status = cli_worse (at->status, CLI_USAGE);
  at->over = true;
  return false;
}

static bool
fail (cli_export *at,
      int         error)
{
  cli_report ("%s in %s: %s", MANIFEST_NAME, cli_name ((cli_bytes) { at->target.path, strlen (at->target.path) }), strerror (error));
  at->status = cli_worse (at->status, CLI_IO);
  at->over = at->archive.failed = true;
  return false;
}

/* Another export's manifest would lose its files. */
static bool
check_place (cli_export *at)
{
  struct stat there;

  if (cli_is_place_of_vault (at->self, at->target.root, MANIFEST_NAME))
    return refuse (at, "it would be a file of the vault itself");
  if (fstatat (at->target.root, MANIFEST_NAME, &there, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT || fail (at, errno);
  if (S_ISDIR (there.st_mode))
    return refuse (at, "a folder is in its place");
  if (cli_is_file_of_vault (at->self, &there))
    return refuse (at, "it is a file of the vault itself");
  return cli_has (at->self, CLI_OPT_OVERWRITE) || refuse (at, "it is there already; see --overwrite");
}

/* No key may have its name. */
static bool
reserve_name (cli_export *at)
{
  if (names_paths_take (at->paths, (names_bytes) { MANIFEST_NAME, strlen (MANIFEST_NAME) }, NULL) == NULL)
    return fail (at, ENOMEM);
  names_paths_set_written (at->paths);
  return true;
}

bool
cli_export_begin_manifest (cli_export *at)
{
  cli_manifest *self = &at->manifest;
  int error;

  self->file.fd = -1;
  if (!cli_has (at->self, CLI_OPT_MANIFEST))
    return true;
  if (!reserve_name (at) || (at->self->archive == NULL && at->target.root >= 0 && !check_place (at)))
    return false;
  self->wanted = !at->target.dry;
  manifest_sum_init (&self->sum);
  if (!self->wanted)
    return true;
  if ((error = target_file_begin (&self->file, at->target.root)) != 0)
    return fail (at, error);
  return manifest_add_begin (&self->text) || fail (at, ENOMEM);
}

static bool
write_text (cli_export *at)
{
  cli_manifest *self = &at->manifest;
  int error = target_file_write (&self->file, self->text.data, self->text.size);

  manifest_sum_add (&self->sum, self->text.data, self->text.size);
  names_text_cut (&self->text, 0);
  return error == 0 || fail (at, error);
}

void
cli_export_list (cli_export   *at,
                 cli_outgoing *out)
{
  cli_manifest *self = &at->manifest;
  manifest_entry entry = { .key = out->key, .file = out->path, .size = out->size, .header = { "", 0 },
                           .key_class = manifest_class_of (out->key_class), .value_class = manifest_class_of (out->value_class) };

  if (!self->wanted)
    return;
  manifest_sum_end (&out->sum, entry.sum);
  if (!manifest_entry_is_exact (&entry))
    at->status = cli_worse (at->status, cli_tell_inexact (out->key, &entry, &self->n_inexact));
  if (!manifest_add_entry (&self->text, &entry, self->count++))
    fail (at, ENOMEM);
  else if (self->text.size >= TEXT_SIZE)
    write_text (at);
}

void
cli_export_end_manifest (cli_export *at)
{
  cli_manifest *self = &at->manifest;
  int error;

  if (self->wanted && !cli_cancelled () && (at->archive.pack != NULL ? !at->archive.failed : !at->over))
    {
      if (!manifest_add_end (&self->text, self->count))
        fail (at, ENOMEM);
      else if (write_text (at))
        {
          error = at->archive.pack != NULL ? cli_export_pack (at, MANIFEST_NAME, &self->file, &self->sum)
                  : fsync (self->file.fd) != 0 ? errno
                  : target_file_name (&self->file, at->target.root, MANIFEST_NAME, cli_has (at->self, CLI_OPT_OVERWRITE));
          if (error != 0)
            fail (at, error);
        }
    }
  cli_tell_all_inexact (self->n_inexact);
  target_file_end (&self->file, at->target.root);
  names_text_clear (&self->text);
}
