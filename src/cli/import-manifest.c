/* SPDX-License-Identifier: MIT */
/* import-manifest.c - kvault import of a folder that an export left, by its coffer.json.
 *
 * It is read whole before anything is stored, and again to store: then the keys are those it tells, and the files are those it names.
 * Keys that were no bytes, and become bytes, come last: where the same bytes are a key of the vault's own, that one has them.
 * These are opened part by part below the folder, and no link is followed, whatever it says.
 */
#include "import.h"
#include <target.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct listing {
  cli_import *at;
  int fd;               /* of the manifest */
  int error;            /* errno of reading it */
  uint64_t n_odd;       /* keys that were no bytes */
  bool takes_odd;       /* these, or else the others */
  target_dir dir;
  size_t length;        /* of the folder's path, with the "/" behind it */
} listing;

static ptrdiff_t
read_listing (void  *buffer,
              size_t size,
              void  *data)
{
  listing *self = data;
  ssize_t n;

  if (self->at->over || cli_cancelled ())
    return -1;
  while ((n = read (self->fd, buffer, size)) < 0 && errno == EINTR && !cli_cancelled ())
    ;
  if (n < 0)
    self->error = errno;
  return n;
}

const char *
cli_import_describe_manifest (manifest_result result,
                              int             error)
{
  switch (result)
    {
    case MANIFEST_NEWER:
      return "a later version made it";
    case MANIFEST_TWICE:
      return "damaged: a key or a file is there twice";
    case MANIFEST_STOPPED:
      return strerror (error);
    case MANIFEST_NO_MEMORY:
      return "no memory";
    case MANIFEST_OK:
    case MANIFEST_FOREIGN:
    case MANIFEST_BROKEN:
    default:
      return "damaged";
    }
}

/* The file of an entry becomes the one at hand. */
static void
take_file (listing              *self,
           const manifest_entry *entry)
{
  const char *slash = strrchr (entry->file, '/');
  const char *name = slash != NULL ? slash + 1 : entry->file;
  int error = target_dir_enter (&self->dir, entry->file, (size_t) (name - entry->file));

  if (error != 0)
    cli_import_leave_out (self->at, error == ELOOP || error == ENOTDIR ? "a link or a file is in the place of its folder" : strerror (error),
                          error == ENOENT ? CLI_NOT_FOUND : CLI_IO);
  else
    cli_import_take_regular (self->at, target_dir_folder (&self->dir), name);
}

static bool
look_at_entry (const manifest_entry *entry,
               void                 *data)
{
  ((listing *) data)->n_odd += entry->key_class != MANIFEST_BLOB;
  return true;
}

static bool
take_entry (const manifest_entry *entry,
            void                 *data)
{
  listing *self = data;
  cli_import *at = self->at;

  if ((entry->key_class != MANIFEST_BLOB) != self->takes_odd)
    return !at->over && !cli_cancelled ();
  names_text_cut (&at->path, self->length);
  if (!names_text_add (&at->path, entry->file, strlen (entry->file)))
    {
      cli_report ("no memory");
      at->status = CLI_IO;
      at->over = true;
      return false;
    }
  at->entry = entry;
  take_file (self, entry);
  at->entry = NULL;
  return !at->over && !cli_cancelled ();
}

static manifest_result
read_all (listing *self,
          bool     act)
{
  manifest_reader reader = { read_listing, act ? take_entry : look_at_entry, self, 0 };
  manifest_result result = lseek (self->fd, 0, SEEK_SET) == 0 ? manifest_read (&reader) : MANIFEST_STOPPED;

  if (result == MANIFEST_OK || result == MANIFEST_FOREIGN || self->at->over || cli_cancelled ())
    return result;
  names_text_cut (&self->at->path, self->length);
  if (names_text_add (&self->at->path, MANIFEST_NAME, strlen (MANIFEST_NAME)) && self->at->counting)
    {
      if (result == MANIFEST_BROKEN)
        cli_report ("%s: damaged in line %llu; see --no-manifest", cli_name ((cli_bytes) { self->at->path.data, self->at->path.size }),
                    (unsigned long long) reader.line);
      else
        cli_report ("%s: %s; see --no-manifest", cli_name ((cli_bytes) { self->at->path.data, self->at->path.size }),
                    cli_import_describe_manifest (result, self->error));
      self->at->status = cli_worse (self->at->status, result == MANIFEST_STOPPED ? CLI_IO : CLI_DAMAGED);
    }
  return result;
}

/* Each walk reads it twice, or three times; what is not stored costs little, and nothing is kept of it in memory. */
static bool
take_listing (listing *self)
{
  manifest_result result = read_all (self, false);

  if (result == MANIFEST_OK)
    read_all (self, true);
  self->takes_odd = true;
  if (result == MANIFEST_OK && self->n_odd > 0 && !self->at->over && !cli_cancelled ())
    read_all (self, true);
  return result != MANIFEST_FOREIGN;
}

bool
cli_import_take_manifest (cli_import *at,
                          int         folder)
{
  struct stat file;
  size_t length = at->path.size;
  listing self = { .at = at, .dir = { .dry = true, .root = folder, .folder = -1 }, .length = length };
  bool taken;

  if (cli_has (at->self, CLI_OPT_NO_MANIFEST) || fstatat (folder, MANIFEST_NAME, &file, AT_SYMLINK_NOFOLLOW) != 0
      || !S_ISREG (file.st_mode) || cli_is_file_of_vault (at->self, &file))
    return false;
  if ((self.fd = openat (folder, MANIFEST_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
    return false;
  if (at->path.data[length - 1] != '/' && names_text_add (&at->path, "/", 1))
    self.length++;
  taken = take_listing (&self);
  close (self.fd);
  if (self.dir.folder >= 0)
    close (self.dir.folder);
  names_text_clear (&self.dir.folder_path);
  names_text_cut (&at->path, length);
  return taken;
}
