/* SPDX-License-Identifier: MIT */
/* import-archive.c - kvault import --archive: what is in a zip or a tar becomes values, as if it lay in a folder.
 *
 * It is walked twice, as folders are: first by its headers, to count, and for coffer.json, which may stand last; then to store, from
 * the archive into the vault without a file between. What coffer.json tells is kept in memory meanwhile, some 150 bytes a value.
 */
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_PACK
#include <unpack.h>

/* A value that the manifest tells of. */
typedef struct listed {
  manifest_entry entry;        /* what it points to is one block of memory, which begins with the file */
  bool met;                    /* it is in the archive, and was dealt with */
} listed;

struct cli_import_archive {
  int fd;
  struct stat before;
  unpack *unpack;
  size_t length;               /* of its path, with the "/" behind it */
  bool refused;                /* nothing of it is stored */
  bool has_manifest;
  int error;                   /* errno of reading that */
  listed *list;                /* by file, once it is whole */
  size_t n_listed, list_room;
  uint64_t n_needed;           /* bytes that are not there yet */
  uint64_t n_odd;              /* keys that were no bytes; they come last, see import-manifest.c */
  bool takes_odd;              /* these, or else the others */
};

/* A member on its way to be a value. */
typedef struct member {
  cli_incoming incoming;
  struct cli_import_archive *archive;
} member;

static cli_bytes
archive_path (const cli_import *at)
{
  return (cli_bytes) { at->self->archive, strlen (at->self->archive) };
}

static void
refuse (cli_import *at,
        const char *why,
        int         status)
{
  cli_report ("%s: %s", cli_name (archive_path (at)), why);
  at->status = cli_worse (at->status, status);
  at->archive->refused = true;
}

static void
refuse_errno (cli_import *at,
              int         error)
{
  at->archive->refused = true;
  if (error == ENOEXEC)
    refuse (at, "not an archive that can be read here: a zip, or a tar that may be compressed", CLI_USAGE);
  else if (error == EBADMSG)
    refuse (at, "damaged, so that nothing in it can be found; nothing is stored", CLI_DAMAGED);
  else if (error == ENOMEM)
    cli_import_fail_memory (at);
  else if (error != ECANCELED)
    refuse (at, strerror (error), error == ENOENT ? CLI_NOT_FOUND : CLI_IO);
}

/* The member becomes the file at hand. */
static bool
set_path (cli_import *at,
          const char *path,
          size_t      size)
{
  names_text_cut (&at->path, at->archive->length);
  if (names_text_add (&at->path, path, size))
    return true;
  cli_import_fail_memory (at);
  return false;
}

/* --- opening ----------------------------------------------------------------------------- */

static bool
is_ended (void *data)
{
  return cli_cancelled () != 0;
}

/* Looked at before it is opened: a file of the vault must never be closed here. */
static void
open_archive (cli_import *at)
{
  struct cli_import_archive *self = at->archive;
  const char *path = at->self->archive;
  int error;

  if (stat (path, &self->before) != 0)
    refuse_errno (at, errno);
  else if (!S_ISREG (self->before.st_mode))
    refuse (at, "an archive is read twice, so it must be a file", CLI_USAGE);
  else if (cli_is_file_of_vault (at->self, &self->before))
    refuse (at, "it is the vault itself", CLI_USAGE);
  else if ((self->fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0 || fstat (self->fd, &self->before) != 0)
    refuse_errno (at, errno);
  else if (cli_is_file_of_vault (at->self, &self->before))   /* put there a moment ago */
    {
      self->fd = -1;
      refuse (at, "it is the vault itself", CLI_USAGE);
    }
  else if ((error = unpack_new (&self->unpack, self->fd, is_ended, NULL)) != 0)
    refuse_errno (at, error);
}

static bool
has_changed (const struct cli_import_archive *self)
{
  struct stat now;

  return fstat (self->fd, &now) != 0 || now.st_size != self->before.st_size || now.st_mtim.tv_sec != self->before.st_mtim.tv_sec
         || now.st_mtim.tv_nsec != self->before.st_mtim.tv_nsec;
}

/* --- its manifest ------------------------------------------------------------------------ */

static ptrdiff_t
read_listing (void  *buffer,
              size_t size,
              void  *data)
{
  struct cli_import_archive *self = data;
  size_t n;

  self->error = unpack_read (self->unpack, buffer, size, &n);
  return self->error == 0 ? (ptrdiff_t) n : -1;
}

/* A copy: the file, the key and the header, one after the other. */
static bool
list_entry (const manifest_entry *entry,
            void                 *data)
{
  struct cli_import_archive *self = data;
  size_t file_size = strlen (entry->file) + 1;
  listed *grown = self->list;
  char *copy;

  self->error = ENOMEM;
  if (self->n_listed == self->list_room)
    {
      size_t room = self->list_room > 0 ? self->list_room * 2 : 256;

      if ((grown = realloc (self->list, room * sizeof *grown)) == NULL)
        return false;
      self->list = grown;
      self->list_room = room;
    }
  if ((copy = malloc (file_size + entry->key.size + entry->header.size)) == NULL)
    return false;
  memcpy (copy, entry->file, file_size);
  memcpy (copy + file_size, entry->key.data, entry->key.size);
  memcpy (copy + file_size + entry->key.size, entry->header.data, entry->header.size);
  self->list[self->n_listed] = (listed) { .entry = *entry };
  self->list[self->n_listed].entry.file = copy;
  self->list[self->n_listed].entry.key.data = copy + file_size;
  self->list[self->n_listed].entry.header.data = copy + file_size + entry->key.size;
  self->n_listed++;
  self->n_odd += entry->key_class != MANIFEST_BLOB;
  self->error = 0;
  return true;
}

static int
compare_files (const void *one,
               const void *two)
{
  return strcmp (((const listed *) one)->entry.file, ((const listed *) two)->entry.file);
}

/* NULL: the manifest does not tell of it. */
static listed *
find_listed (struct cli_import_archive *self,
             const unpack_member       *it)
{
  listed wanted = { .entry = { .file = it->path } };

  if (self->n_listed == 0 || strlen (it->path) != it->path_size)
    return NULL;
  return bsearch (&wanted, self->list, self->n_listed, sizeof *self->list, compare_files);
}

static void
forget_list (struct cli_import_archive *self)
{
  for (size_t i = 0; i < self->n_listed; i++)
    free ((void *) self->list[i].entry.file);
  free (self->list);
  self->list = NULL;
  self->n_listed = self->list_room = 0;
}

static bool
is_manifest_name (const unpack_member *it)
{
  return it->path_size == strlen (MANIFEST_NAME) && memcmp (it->path, MANIFEST_NAME, it->path_size) == 0;
}

/* False if it is some other file of that name. */
static bool
take_manifest (cli_import *at)
{
  struct cli_import_archive *self = at->archive;
  manifest_reader reader = { read_listing, list_entry, self, 0 };
  manifest_result result;

  if (self->has_manifest)
    {
      refuse (at, MANIFEST_NAME " is in it twice; see --no-manifest", CLI_DAMAGED);
      return true;
    }
  result = manifest_read (&reader);
  if (result == MANIFEST_FOREIGN)
    return false;
  self->has_manifest = true;
  if (result == MANIFEST_OK)
    {
      if (self->n_listed > 1)
        qsort (self->list, self->n_listed, sizeof *self->list, compare_files);
      return true;
    }
  self->refused = true;
  if (result == MANIFEST_STOPPED && self->error == ECANCELED)
    return true;
  if (result == MANIFEST_STOPPED && self->error == EBADMSG)
    result = MANIFEST_BROKEN;
  cli_report ("%s: %s: %s; see --no-manifest", cli_name (archive_path (at)), MANIFEST_NAME,
              cli_import_describe_manifest (result, self->error));
  at->status = cli_worse (at->status, result == MANIFEST_STOPPED ? CLI_IO : CLI_DAMAGED);
  return true;
}

/* --- counting ---------------------------------------------------------------------------- */

/* A file of which the key is known. What is not going to be stored needs no room. */
static void
count (cli_import *at,
       uint64_t    size)
{
  bool stays = at->self->on_conflict == CLI_CONFLICT_REFUSE || at->self->on_conflict == CLI_CONFLICT_SKIP;

  cli_import_count (at, size);
  if (!stays || !cli_import_make_key (at) || kvault_exists (at->self->vault, at->key.data, at->key.size) != KVAULT_OK)
    at->archive->n_needed += size < UINT64_MAX - at->archive->n_needed ? size : UINT64_MAX - at->archive->n_needed;
}

static void
count_member (cli_import          *at,
              const unpack_member *it)
{
  struct cli_import_archive *self = at->archive;

  if (it->kind != UNPACK_FILE)
    return;
  if (is_manifest_name (it) && !cli_has (at->self, CLI_OPT_NO_MANIFEST) && take_manifest (at))
    return;
  if (!self->has_manifest && set_path (at, it->path, it->path_size))
    count (at, it->size);
}

/* Only those it tells of are wanted. */
static void
count_listed (cli_import *at)
{
  struct cli_import_archive *self = at->archive;

  at->n_files = at->n_bytes = self->n_needed = 0;
  for (size_t i = 0; i < self->n_listed && !at->over && !cli_cancelled (); i++)
    {
      at->entry = &self->list[i].entry;
      count (at, at->entry->size);
    }
  at->entry = NULL;
}

static void
check_room (cli_import *at)
{
  uint64_t room;

  if (at->archive->refused || cli_has (at->self, CLI_OPT_DRY_RUN) || cli_room_beside (at->self->location, &room) != 0
      || at->archive->n_needed <= room)
    return;
  cli_report ("%s: unpacked it takes %s, and %s are free; nothing is stored", cli_name (archive_path (at)),
              cli_size_text (at->archive->n_needed), cli_size_text (room));
  at->status = cli_worse (at->status, CLI_IO);
  at->archive->refused = true;
}

static void
count_all (cli_import *at)
{
  struct cli_import_archive *self = at->archive;
  const unpack_member *it;
  int error = 0;

  while (!self->refused && !at->over && (error = unpack_next (self->unpack, &it)) == 0)
    count_member (at, it);
  if (self->refused || at->over)
    return;
  if (error != ENODATA && error != EBADMSG)
    refuse_errno (at, error);
  else if (error == EBADMSG && at->n_files == 0 && !self->has_manifest)
    refuse_errno (at, error);
  else if (error == EBADMSG && !self->has_manifest && !cli_has (at->self, CLI_OPT_NO_MANIFEST))
    refuse (at, "damaged, so that its " MANIFEST_NAME " may be missing and keys unknown; see --no-manifest", CLI_DAMAGED);
  if (self->has_manifest)
    count_listed (at);
  check_room (at);
}

/* --- storing ----------------------------------------------------------------------------- */

static bool
fail_read (cli_incoming *incoming,
           int           error)
{
  if (error == EBADMSG)
    return cli_incoming_fail (incoming, "damaged in the archive; not stored", CLI_DAMAGED);
  return error == ECANCELED || cli_incoming_fail (incoming, strerror (error), CLI_IO);
}

/* All of it; the last look comes before the value is whole. */
static int
write_member (cli_incoming  *incoming,
              kvault_writer *writer)
{
  cli_import *at = incoming->at;
  struct cli_import_archive *self = ((member *) incoming)->archive;
  uint64_t done = 0;
  size_t n;
  int error, rc = KVAULT_OK;

  while ((error = unpack_read (self->unpack, at->buffer, CLI_PIECE_SIZE, &n)) == 0 && n > 0 && rc == KVAULT_OK)
    {
      manifest_sum_add (&incoming->sum, at->buffer, n);
      rc = kvault_writer_write (writer, at->buffer, n);
      done += n;
      cli_progress_bytes (at->self, at->n_bytes_seen + done, at->n_bytes);
    }
  if (error != 0)
    fail_read (incoming, error);
  else if (rc == KVAULT_OK && has_changed (self))
    cli_incoming_fail (incoming, "the archive changed while it was read; not stored", CLI_IO);
  else if (rc == KVAULT_OK)
    cli_incoming_is_as_listed (incoming);
  return rc == KVAULT_OK && (error != 0 || incoming->fault != NULL) ? KVAULT_ECANCELLED : rc;
}

static bool
archive_has_changed (const cli_incoming *incoming)
{
  return has_changed (((const member *) incoming)->archive);
}

/* What lies there as it is goes straight in; what is to be unpacked waits until it is whole, in the library. */
static int
store_member (cli_incoming *incoming,
              uint64_t      whole)
{
  struct cli_import_archive *self = ((member *) incoming)->archive;
  cli_import *at = incoming->at;
  kvault_writer *writer = NULL;
  uint64_t offset;
  int rc;

  if (unpack_is_plain (self->unpack, &offset))
    return cli_incoming_put_fd (incoming, self->fd, offset, archive_has_changed);
  rc = kvault_writer_open (at->self->vault, at->key.data, at->key.size, whole, &writer);

  if (rc == KVAULT_OK && at->entry != NULL && at->entry->header.size > 0)
    rc = kvault_writer_write (writer, at->entry->header.data, at->entry->header.size);
  if (rc == KVAULT_OK)
    rc = write_member (incoming, writer);
  if (rc == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  return rc;
}

/* False: it is a file. */
static bool
leave_out_kind (cli_import          *at,
                const unpack_member *it)
{
  const char *why = NULL;

  switch (it->kind)
    {
    case UNPACK_FILE:
      return false;
    case UNPACK_FOLDER:
      return true;
    case UNPACK_LINK:
      why = "a link; not followed";
      break;
    case UNPACK_OUTSIDE:
      why = "its path leads out of the archive, or is too long";
      break;
    case UNPACK_ENCRYPTED:
      why = "it is encrypted";
      break;
    case UNPACK_FOREIGN:
      why = "it is packed in a way that cannot be read here";
      break;
    case UNPACK_SPECIAL:
    default:
      why = "neither a file nor a folder";
      break;
    }
  cli_import_leave_out (at, why, CLI_USAGE);
  return true;
}

static void
take_file (cli_import *at,
           uint64_t    size)
{
  member from = { .incoming = { .at = at, .size = size, .store = store_member }, .archive = at->archive };

  cli_import_take_incoming (&from.incoming);
  at->n_bytes_seen += size;
}

/* Those the manifest does not tell of are left alone, whatever they are; of two of one name the first counts. */
static void
take_member (cli_import          *at,
             const unpack_member *it)
{
  struct cli_import_archive *self = at->archive;
  listed *told = self->has_manifest ? find_listed (self, it) : NULL;

  if (self->has_manifest && (told == NULL || told->met || it->kind == UNPACK_FOLDER))
    return;
  if (told != NULL && (told->entry.key_class != MANIFEST_BLOB) != self->takes_odd)
    return;
  if (!set_path (at, it->path, it->path_size))
    return;
  at->entry = told != NULL ? &told->entry : NULL;
  if (told != NULL)
    told->met = true;
  if (!leave_out_kind (at, it))
    take_file (at, it->size);
  at->entry = NULL;
}

static void
tell_missing (cli_import *at)
{
  struct cli_import_archive *self = at->archive;

  for (size_t i = 0; i < self->n_listed && !at->over && !cli_cancelled (); i++)
    if (!self->list[i].met && set_path (at, self->list[i].entry.file, strlen (self->list[i].entry.file)))
      {
        at->entry = &self->list[i].entry;
        cli_import_leave_out (at, "it is not in the archive", CLI_NOT_FOUND);
      }
  at->entry = NULL;
}

/* From the first on; @last becomes the path of the last. What unpack_next() says of the end. */
static int
store_members (cli_import *at,
               names_text *last)
{
  unpack *archive = at->archive->unpack;
  const unpack_member *it;
  int error = unpack_go (archive, 0);

  while (error == 0 && !at->over && !cli_cancelled () && (error = unpack_next (archive, &it)) == 0)
    {
      last->size = 0;
      if (!names_text_add (last, it->path, it->path_size))
        cli_import_fail_memory (at);
      else
        take_member (at, it);
    }
  return error;
}

static void
store_all (cli_import *at)
{
  struct cli_import_archive *self = at->archive;
  names_text last = { NULL };
  int error = store_members (at, &last);

  self->takes_odd = true;
  if (self->n_odd > 0 && (error == ENODATA || error == EBADMSG) && !at->over && !cli_cancelled ())
    error = store_members (at, &last);
  if (error == EBADMSG)
    {
      cli_report ("%s: damaged: what may come after %s is missing", cli_name (archive_path (at)),
                  cli_name ((cli_bytes) { last.data != NULL ? last.data : "", last.size }));
      at->status = cli_worse (at->status, CLI_DAMAGED);
      at->n_failed++;
    }
  else if (error != 0 && error != ENODATA)
    refuse_errno (at, error);
  tell_missing (at);
  names_text_clear (&last);
}

bool
cli_import_take_archive (cli_import *at)
{
  cli_bytes path = archive_path (at);

  if (!at->counting)
    {
      if (!at->archive->refused)
        store_all (at);
      return !at->archive->refused;
    }
  if ((at->archive = calloc (1, sizeof *at->archive)) == NULL)
    {
      cli_import_fail_memory (at);
      return false;
    }
  at->archive->fd = -1;
  if (!names_text_add (&at->path, path.data, path.size) || !names_text_add (&at->path, "/", 1))
    cli_import_fail_memory (at);
  at->key_from = at->archive->length = at->path.size;
  open_archive (at);
  if (!at->archive->refused)
    count_all (at);
  return !at->archive->refused;
}

void
cli_import_close_archive (cli_import *at)
{
  struct cli_import_archive *self = at->archive;

  if (self == NULL)
    return;
  unpack_free (self->unpack);
  if (self->fd >= 0)
    close (self->fd);
  forget_list (self);
  free (self);
  at->archive = NULL;
}

#else

bool
cli_import_take_archive (cli_import *at)
{
  cli_report ("this kvault was built without libarchive, so it reads no archives");
  at->status = CLI_USAGE;
  return false;
}

void
cli_import_close_archive (cli_import *at)
{
}

#endif
