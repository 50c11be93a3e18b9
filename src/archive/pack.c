/* SPDX-License-Identifier: MIT */
/* pack.c - a zip or a tar by libarchive.
 *
 * It is never told of a failure: after one it would not give back all of its memory. What it writes then goes nowhere.
 *
 * Names are UTF-8, and libarchive would have them in the character set of the locale: each call runs in one of UTF-8.
 */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PIECE_SIZE (1u << 20)
#define SAMPLE_SIZE 4096
#define TAR_BLOCK_SIZE 10240   /* POSIX */

struct pack {
  pack_format format;
  struct archive *archive;
  struct archive_entry *entry;
  locale_t locale;
  int fd;
  int64_t time;
  int error;                   /* errno of writing: nothing is written any more */
  bool over;                   /* nor if it is given up */
  bool (*is_ended) (void *data);
  void *data;
  unsigned char *buffer;
};

pack_format
pack_format_of_name (const char *name)
{
  static const struct { const char *ending; pack_format format; } endings[] = {
    { ".zip", PACK_ZIP }, { ".tar", PACK_TAR }, { ".tar.zst", PACK_TAR_ZSTD },
  };
  size_t length = strlen (name);

  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    {
      size_t size = strlen (endings[i].ending);

      if (length > size && strcasecmp (name + length - size, endings[i].ending) == 0)
        return endings[i].format;
    }
  return PACK_NONE;
}

static bool
is_ended (const pack *self)
{
  return self->is_ended != NULL && self->is_ended (self->data);
}

static la_ssize_t
write_cb (struct archive *archive,
          void           *data,
          const void     *bytes,
          size_t          size)
{
  pack *self = data;
  const char *at = bytes;
  size_t left = size;

  while (left > 0 && self->error == 0 && !self->over)
    {
      ssize_t n = write (self->fd, at, left);

      if (n < 0 && errno != EINTR)
        self->error = errno;
      at += n > 0 ? n : 0;
      left -= n > 0 ? (size_t) n : 0;
    }
  return (la_ssize_t) size;
}

/* 0 or errno: what came of a call of libarchive, and of the writing in it. */
static int
get_error (const pack *self,
           bool        done)
{
  int error = archive_errno (self->archive);

  if (self->error != 0 || done)
    return self->error;
  return error > 0 ? error : EIO;
}

static int
set_up (pack *self)
{
  struct archive *archive = self->archive;
  bool zip = self->format == PACK_ZIP;
  int rc = zip ? archive_write_set_format_zip (archive) : archive_write_set_format_pax_restricted (archive);

  if (rc == ARCHIVE_OK)
    rc = archive_write_set_format_option (archive, NULL, "hdrcharset", "UTF-8");
  if (rc == ARCHIVE_OK && self->format == PACK_TAR_ZSTD)
    rc = archive_write_add_filter_zstd (archive);
  if (rc == ARCHIVE_OK)
    rc = archive_write_set_bytes_per_block (archive, (int) PIECE_SIZE);
  if (rc == ARCHIVE_OK)
    rc = archive_write_set_bytes_in_last_block (archive, self->format == PACK_TAR ? TAR_BLOCK_SIZE : 1);
  if (rc == ARCHIVE_OK)
    rc = archive_write_open (archive, self, NULL, write_cb, NULL);
  return get_error (self, rc == ARCHIVE_OK);
}

int
pack_new (pack      **result,
          pack_format format,
          int         fd,
          int64_t     time,
          bool      (*ended) (void *data),
          void       *data)
{
  pack *self = calloc (1, sizeof *self);
  locale_t before;
  int error = ENOMEM;

  *result = NULL;
  if (self == NULL)
    return ENOMEM;
  *self = (pack) {
    .format = format,
    .archive = archive_write_new (),
    .entry = archive_entry_new (),
    .locale = newlocale (LC_CTYPE_MASK, "C.UTF-8", NULL),
    .fd = fd,
    .time = time,
    .is_ended = ended,
    .data = data,
    .buffer = malloc (PIECE_SIZE),
  };
  if (self->archive != NULL && self->entry != NULL && self->buffer != NULL && self->locale != NULL)
    {
      before = uselocale (self->locale);
      error = set_up (self);
      uselocale (before);
    }
  if (error != 0)
    {
      pack_free (self);
      return error;
    }
  *result = self;
  return 0;
}

/* What is compressed already has bytes of all kinds, about as many of each: to try it again would take long, and give nothing. */
static bool
is_dense (const unsigned char *bytes,
          size_t               size)
{
  unsigned counts[256] = { 0 };
  uint64_t squares = 0;

  for (size_t i = 0; i < size; i++)
    counts[bytes[i]]++;
  for (size_t i = 0; i < 256; i++)
    squares += (uint64_t) counts[i] * counts[i];
  /* By chance alone it is size * (1 + size / 256); text has ten times as much. */
  return size >= 512 && squares < 2 * ((uint64_t) size + (uint64_t) size * size / 256);
}

/* How much could be read: all that was wanted, unless the file ended; -1 with errno. */
static ssize_t
read_all (int            fd,
          unsigned char *bytes,
          size_t         size,
          uint64_t       offset)
{
  size_t at = 0;
  ssize_t n = 1;

  while (at < size && (n = pread (fd, bytes + at, size - at, (off_t) (offset + at))) != 0)
    {
      if (n < 0 && errno != EINTR)
        return -1;
      at += n > 0 ? (size_t) n : 0;
    }
  return (ssize_t) at;
}

/* The end of a photo's header is plain, and of a film's: the middle tells. */
static int
choose_compression (pack    *self,
                    int      from,
                    uint64_t size)
{
  size_t sample = size < SAMPLE_SIZE ? (size_t) size : SAMPLE_SIZE;
  ssize_t n = read_all (from, self->buffer, sample, (size - sample) / 2);

  if (n < 0)
    return errno;
  if (size < 64 || is_dense (self->buffer, (size_t) n))
    return get_error (self, archive_write_zip_set_compression_store (self->archive) == ARCHIVE_OK);
  return get_error (self, archive_write_zip_set_compression_deflate (self->archive) == ARCHIVE_OK);
}

static int
write_header (pack       *self,
              const char *path,
              uint64_t    size)
{
  struct archive_entry *entry = archive_entry_clear (self->entry);

  archive_entry_copy_pathname (entry, path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, (la_int64_t) size);
  archive_entry_set_mtime (entry, (time_t) self->time, 0);
  return get_error (self, archive_write_header (self->archive, entry) == ARCHIVE_OK);
}

static int
write_content (pack    *self,
               int      from,
               uint64_t size)
{
  for (uint64_t done = 0; done < size;)
    {
      size_t wanted = size - done < PIECE_SIZE ? (size_t) (size - done) : PIECE_SIZE;
      ssize_t n = read_all (from, self->buffer, wanted, done);

      if (is_ended (self))
        return ECANCELED;
      if (n < 0)
        return errno;
      if ((size_t) n < wanted)
        return EIO;
      if (archive_write_data (self->archive, self->buffer, wanted) != (la_ssize_t) wanted || self->error != 0)
        return get_error (self, false);
      done += wanted;
    }
  return get_error (self, archive_write_finish_entry (self->archive) == ARCHIVE_OK);
}

int
pack_add (pack       *self,
          const char *path,
          int         from,
          uint64_t    size)
{
  locale_t before = uselocale (self->locale);
  int error = self->format == PACK_ZIP ? choose_compression (self, from, size) : 0;

  if (error == 0)
    error = write_header (self, path, size);
  if (error == 0)
    error = write_content (self, from, size);
  uselocale (before);
  return error;
}

int
pack_end (pack *self)
{
  locale_t before = uselocale (self->locale);
  int error = get_error (self, archive_write_close (self->archive) == ARCHIVE_OK);

  uselocale (before);
  return error;
}

void
pack_free (pack *self)
{
  if (self == NULL)
    return;
  self->over = true;   /* it writes an end */
  if (self->archive != NULL)
    archive_write_free (self->archive);
  archive_entry_free (self->entry);
  if (self->locale != NULL)
    freelocale (self->locale);
  free (self->buffer);
  free (self);
}
