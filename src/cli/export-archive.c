/* SPDX-License-Identifier: MIT */
/* export-archive.c - kvault export --archive: the files go into one.
 *
 * Each value is a nameless file first, as on its way into a folder, and goes into the archive when it is whole: what cannot be read to
 * its end, or is cut off, leaves nothing in it. The archive is a nameless file too, until all is in it.
 */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_PACK
#include <pack.h>

static void
report (cli_export *at,
        const char *why)
{
  cli_report ("%s: %s", cli_name ((cli_bytes) { at->self->archive, strlen (at->self->archive) }), why);
}

static bool
refuse (cli_export *at,
        const char *why)
{
  report (at, why);
  at->status = cli_worse (at->status, CLI_USAGE);
  return false;
}

static bool
fail (cli_export *at,
      int         error)
{
  at->archive.failed = at->over = true;
  if (error == ECANCELED)
    return false;
  report (at, strerror (error));
  at->status = cli_worse (at->status, error == ENOENT ? CLI_NOT_FOUND : error == ENOTDIR ? CLI_USAGE : CLI_IO);
  return false;
}

static bool
is_ended (void *data)
{
  return cli_cancelled () != 0;
}

/* The folder it is in, and its name there. */
static bool
open_folder (cli_export *at)
{
  const char *path = at->self->archive, *slash = strrchr (path, '/');
  char *folder = slash == NULL ? strdup (".") : slash == path ? strdup ("/") : strndup (path, (size_t) (slash - path));

  at->archive.name = slash != NULL ? slash + 1 : path;
  if (folder == NULL)
    return fail (at, ENOMEM);
  at->target.root = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free (folder);
  return at->target.root >= 0 || fail (at, errno);
}

static bool
check_place (cli_export *at)
{
  struct stat there;

  if (cli_is_place_of_vault (at->self, at->target.root, at->archive.name))
    return refuse (at, "it would be a file of the vault itself");
  if (fstatat (at->target.root, at->archive.name, &there, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT || fail (at, errno);
  if (S_ISDIR (there.st_mode))
    return refuse (at, "a folder is in its place");
  if (cli_is_file_of_vault (at->self, &there))
    return refuse (at, "it is a file of the vault itself");
  return cli_has (at->self, CLI_OPT_OVERWRITE) || refuse (at, "it is there already; see --overwrite");
}

bool
cli_export_begin_archive (cli_export *at)
{
  pack_format format = pack_format_of_name (at->self->archive);
  int error;

  if (format == PACK_NONE)
    return refuse (at, "the name of an archive ends in .zip, .tar or .tar.zst");
  if (!open_folder (at) || !check_place (at))
    return false;
  if (at->target.dry)
    return true;
  if ((error = target_file_begin (&at->archive.file, at->target.root)) != 0)
    return fail (at, error);
  error = pack_new (&at->archive.pack, format, at->archive.file.fd, time (NULL), is_ended, NULL);
  return error == 0 || fail (at, error);
}

int
cli_export_pack (cli_export        *at,
                 const char        *path,
                 const target_file *file)
{
  struct stat whole;
  int error = fstat (file->fd, &whole) == 0 ? pack_add (at->archive.pack, path, file->fd, (uint64_t) whole.st_size) : errno;

  if (error != 0)
    at->archive.failed = at->over = true;
  return error;
}

void
cli_export_end_archive (cli_export *at)
{
  cli_archive *self = &at->archive;
  int error;

  if (self->pack != NULL && !self->failed && !cli_cancelled ())
    {
      if ((error = pack_end (self->pack)) == 0)
        error = fsync (self->file.fd) != 0 ? errno
                : target_file_name (&self->file, at->target.root, self->name, cli_has (at->self, CLI_OPT_OVERWRITE));
      if (error != 0)
        fail (at, error);
    }
  else if (self->pack != NULL)
    self->failed = true;
  pack_free (self->pack);
  target_file_end (&self->file, at->target.root);
}

#else

bool
cli_export_begin_archive (cli_export *at)
{
  cli_report ("this kvault was built without libarchive, so it writes no archives");
  at->status = CLI_USAGE;
  return false;
}

int
cli_export_pack (cli_export        *at,
                 const char        *path,
                 const target_file *file)
{
  return ENOSYS;
}

void
cli_export_end_archive (cli_export *at)
{
}

#endif
