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
#include <unpack.h>

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

/* 0 or ENOMEM. */
static int
remember_sum (cli_archive        *self,
              const manifest_sum *sum)
{
  manifest_sum whole = *sum;

  if (self->sums_size == self->sums_room)
    {
      size_t room = self->sums_room > 0 ? self->sums_room * 2 : 256 * MANIFEST_SUM_SIZE;
      unsigned char *grown = realloc (self->sums, room);

      if (grown == NULL)
        return ENOMEM;
      self->sums = grown;
      self->sums_room = room;
    }
  manifest_sum_end (&whole, self->sums + self->sums_size);
  self->sums_size += MANIFEST_SUM_SIZE;
  return 0;
}

int
cli_export_pack (cli_export         *at,
                 const char         *path,
                 const target_file  *file,
                 const manifest_sum *sum)
{
  struct stat whole;
  int error = fstat (file->fd, &whole) == 0 ? pack_add (at->archive.pack, path, file->fd, (uint64_t) whole.st_size) : errno;

  if (error == 0 && cli_has (at->self, CLI_OPT_VERIFY))
    error = remember_sum (&at->archive, sum);

  if (error != 0)
    at->archive.failed = at->over = true;
  return error;
}

/* The file at hand: EBADMSG if it is not what was put there. */
static int
compare (cli_export          *at,
         unpack              *archive,
         const unsigned char *sum)
{
  unsigned char found[MANIFEST_SUM_SIZE];
  manifest_sum so_far;
  size_t n;
  int error;

  manifest_sum_init (&so_far);
  while ((error = unpack_read (archive, at->buffer, CLI_PIECE_SIZE, &n)) == 0 && n > 0)
    manifest_sum_add (&so_far, at->buffer, n);
  manifest_sum_end (&so_far, found);
  return error != 0 ? error : memcmp (found, sum, sizeof found) == 0 ? 0 : EBADMSG;
}

/* All of it, from the disk: of memory it would be no proof. */
static int
read_back (cli_export *at)
{
  const cli_archive *self = &at->archive;
  unpack *archive = NULL;
  const unpack_member *member;
  size_t done = 0;
  int error;

  posix_fadvise (self->file.fd, 0, 0, POSIX_FADV_DONTNEED);
  error = unpack_new (&archive, self->file.fd, is_ended, NULL);
  while (error == 0 && (error = unpack_next (archive, &member)) == 0)
    {
      error = member->kind == UNPACK_FILE && done < self->sums_size ? compare (at, archive, self->sums + done) : EBADMSG;
      if (error == EBADMSG)
        cli_report ("%s in %s: what was read back is not what was written", cli_name ((cli_bytes) { member->path, member->path_size }),
                    cli_name ((cli_bytes) { at->self->archive, strlen (at->self->archive) }));
      done += MANIFEST_SUM_SIZE;
    }
  unpack_free (archive);
  if (error == ENODATA)
    return done == self->sums_size ? 0 : EBADMSG;
  return error == ENOEXEC ? EBADMSG : error;
}

static int
finish (cli_export *at)
{
  cli_archive *self = &at->archive;
  int error = pack_end (self->pack);

  if (error == 0 && fsync (self->file.fd) != 0)
    error = errno;
  if (error == 0 && cli_has (at->self, CLI_OPT_VERIFY))
    error = read_back (at);
  if (error == 0)
    error = target_file_name (&self->file, at->target.root, self->name, cli_has (at->self, CLI_OPT_OVERWRITE));
  return error;
}

void
cli_export_end_archive (cli_export *at)
{
  cli_archive *self = &at->archive;
  int error;

  if (self->pack != NULL && !self->failed && !cli_cancelled ())
    {
      if ((error = finish (at)) == EBADMSG)
        {
          report (at, "read back it is not what was written");
          at->status = cli_worse (at->status, CLI_DAMAGED);
          self->failed = at->over = true;
        }
      else if (error != 0)
        fail (at, error);
    }
  else if (self->pack != NULL)
    self->failed = true;
  pack_free (self->pack);
  free (self->sums);
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
cli_export_pack (cli_export         *at,
                 const char         *path,
                 const target_file  *file,
                 const manifest_sum *sum)
{
  return ENOSYS;
}

void
cli_export_end_archive (cli_export *at)
{
}

#endif
