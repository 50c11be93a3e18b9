/* SPDX-License-Identifier: MIT */
/* unpack.c - an archive read once from its beginning to its end, by libarchive. */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE (256u << 10)

typedef struct source {
  const pack_reader *reader;
  int fd;
  int error;                   /* errno of reading */
  int64_t at;
  unsigned char *buffer;
} source;

static la_ssize_t
read_cb (struct archive *archive, void *data, const void **buffer)
{
  source *self = data;
  ssize_t size = pread (self->fd, self->buffer, PIECE_SIZE, self->at);

  if (size < 0)
    {
      self->error = errno;
      archive_set_error (archive, errno, "read");
      return ARCHIVE_FATAL;
    }
  self->at += size;
  *buffer = self->buffer;
  return size;
}

static la_int64_t
seek_cb (struct archive *archive, void *data, la_int64_t offset, int whence)
{
  source *self = data;
  struct stat whole;

  if (whence == SEEK_CUR)
    offset += self->at;
  else if (whence == SEEK_END && fstat (self->fd, &whole) == 0)
    offset += whole.st_size;
  else if (whence != SEEK_SET)
    return ARCHIVE_FATAL;
  self->at = offset;
  return offset;
}

/* 0 or errno. */
static int
read_entry (struct archive *archive, const source *self)
{
  const pack_reader *reader = self->reader;
  const void *data;
  size_t size;
  la_int64_t offset;
  int rc;

  if (!reader->begin (reader->data))
    return ECANCELED;
  while ((rc = archive_read_data_block (archive, &data, &size, &offset)) == ARCHIVE_OK)
    if (!reader->take (data, size, reader->data))
      return ECANCELED;
  if (rc != ARCHIVE_EOF)
    return self->error != 0 ? self->error : EBADMSG;
  return reader->end (reader->data) ? 0 : ECANCELED;
}

static int
read_all (struct archive *archive, source *self)
{
  struct archive_entry *entry;
  int error = 0, rc = ARCHIVE_OK;

  archive_read_support_format_zip (archive);
  archive_read_support_format_tar (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_set_read_callback (archive, read_cb);
  archive_read_set_seek_callback (archive, seek_cb);
  archive_read_set_callback_data (archive, self);
  if (archive_read_open1 (archive) != ARCHIVE_OK)
    return self->error != 0 ? self->error : EBADMSG;
  while (error == 0 && (rc = archive_read_next_header (archive, &entry)) == ARCHIVE_OK)
    error = read_entry (archive, self);
  if (error == 0 && rc != ARCHIVE_EOF)
    error = self->error != 0 ? self->error : EBADMSG;
  return error;
}

int
pack_read (int fd, const pack_reader *reader)
{
  struct archive *archive = archive_read_new ();
  source self = { .reader = reader, .fd = fd, .buffer = malloc (PIECE_SIZE) };
  int error = archive != NULL && self.buffer != NULL ? read_all (archive, &self) : ENOMEM;

  archive_read_free (archive);
  free (self.buffer);
  return error;
}
