/* SPDX-License-Identifier: MIT */
/* unpack-tar.c - a tar: POSIX ustar and pax, and what GNU adds to it; compressed as a whole or not.
 *
 * A header that is damaged ends it: what looks like one further on may be in a tar that is in this one.
 */
#include "unpack-private.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE 512u
#define NO_SIZE UINT64_MAX

typedef struct tar {
  struct archive *archive;     /* that undoes the compression; NULL: there is none */
  struct archive_entry *entry;
  uint64_t in_at;              /* of what is compressed */
  int error;                   /* errno of reading that */
  unsigned char buffer[UNPACK_PIECE_SIZE];

  uint64_t at;                 /* in what is not */
  uint64_t left;               /* of the member at hand */
  uint64_t padding;            /* behind it */
  bool over;                   /* it can be read no further */

  /* Told by what comes before a header: */
  bool has_path;               /* in unpack.path */
  uint64_t size;               /* NO_SIZE: not told */
  bool is_pax, has_holes;
} tar;

/* --- bytes ------------------------------------------------------------------------------- */

static la_ssize_t
read_cb (struct archive *archive,
         void           *data,
         const void    **buffer)
{
  unpack *self = data;
  tar *state = self->state;
  ssize_t n;

  while ((n = pread (self->fd, state->buffer, sizeof state->buffer, (off_t) state->in_at)) < 0 && errno == EINTR)
    ;
  if (n < 0 || unpack_is_ended (self))
    {
      state->error = n < 0 ? errno : ECANCELED;
      archive_set_error (archive, state->error, "read");
      return ARCHIVE_FATAL;
    }
  state->in_at += (uint64_t) n;
  *buffer = state->buffer;
  return n;
}

static void
close_stream (tar *state)
{
  if (state->archive != NULL)
    archive_read_free (state->archive);
  state->archive = NULL;
}

static int
open_stream (unpack *self)
{
  tar *state = self->state;
  struct archive *archive = archive_read_new ();

  close_stream (state);
  if ((state->archive = archive) == NULL)
    return ENOMEM;
  state->in_at = 0;
  state->error = 0;
  archive_read_support_format_raw (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_set_read_callback (archive, read_cb);
  archive_read_set_callback_data (archive, self);
  if (archive_read_open1 (archive) == ARCHIVE_OK && archive_read_next_header (archive, &state->entry) == ARCHIVE_OK)
    return 0;
  return state->error != 0 ? state->error : EBADMSG;
}

/* All of them, or EBADMSG. */
static int
read_bytes (unpack *self,
            void   *buffer,
            size_t  size)
{
  tar *state = self->state;
  size_t done = 0;
  la_ssize_t n = 1;
  int error;

  if (state->over)
    return EBADMSG;
  while (state->archive != NULL && done < size && n > 0)
    if ((n = archive_read_data (state->archive, (char *) buffer + done, size - done)) > 0)
      done += (size_t) n;
  if (state->archive == NULL)
    error = unpack_pread (self, buffer, size, state->at);
  else
    error = done == size ? 0 : state->error != 0 ? state->error : EBADMSG;
  state->at += size;
  state->over = error != 0;
  return error;
}

static int
skip_bytes (unpack   *self,
            uint64_t  size)
{
  tar *state = self->state;
  unsigned char buffer[16384];
  int error = 0;

  if (state->archive != NULL)
    for (; error == 0 && size > 0; size -= size < sizeof buffer ? size : sizeof buffer)
      error = read_bytes (self, buffer, size < sizeof buffer ? (size_t) size : sizeof buffer);
  else if (state->at > self->file_size || size > self->file_size - state->at)
    {
      state->over = true;
      error = EBADMSG;
    }
  else
    state->at += size;
  return error;
}

/* --- headers ----------------------------------------------------------------------------- */

static bool
is_zero (const unsigned char *block)
{
  for (size_t i = 0; i < BLOCK_SIZE; i++)
    if (block[i] != 0)
      return false;
  return true;
}

/* Octal, or for what is larger, binary. NO_SIZE if it is neither. */
static uint64_t
get_number (const unsigned char *field,
            size_t               size)
{
  uint64_t number = 0;
  size_t i = 0;

  if (field[0] == 0x80)
    {
      for (i = 1; i < size; i++)
        {
          if (number >> 54 != 0)
            return NO_SIZE;
          number = number << 8 | field[i];
        }
      return number;
    }
  while (i < size && field[i] == ' ')
    i++;
  for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
    number = number << 3 | (uint64_t) (field[i] - '0');
  return i == size || field[i] == ' ' || field[i] == '\0' ? number : NO_SIZE;
}

/* Some have summed up signed bytes. */
static bool
is_header (const unsigned char *block)
{
  uint64_t told = get_number (block + 148, 8), sum = 0;
  int64_t of_signed = 0;

  for (size_t i = 0; i < BLOCK_SIZE; i++)
    {
      unsigned char byte = i >= 148 && i < 156 ? ' ' : block[i];

      sum += byte;
      of_signed += (signed char) byte;
    }
  return told == sum || (of_signed >= 0 && told == (uint64_t) of_signed);
}

bool
unpack_is_tar (const unsigned char *block)
{
  return is_zero (block) || is_header (block);
}

static size_t
measure (const unsigned char *field,
         size_t               size)
{
  const unsigned char *end = memchr (field, '\0', size);

  return end != NULL ? (size_t) (end - field) : size;
}

/* By the header alone. */
static int
set_short_path (unpack              *self,
                const unsigned char *block)
{
  char path[155 + 1 + 100];
  size_t size = 0;

  if (memcmp (block + 257, "ustar", 6) == 0 && block[345] != '\0')
    {
      size = measure (block + 345, 155);
      memcpy (path, block + 345, size);
      path[size++] = '/';
    }
  memcpy (path + size, block, measure (block, 100));
  return unpack_set_path (self, path, size + measure (block, 100));
}

/* A line of a pax header. */
static int
take_record (unpack              *self,
             const unsigned char *key,
             size_t               size,
             const unsigned char *value,
             size_t               value_size)
{
  tar *state = self->state;

  if (size == 4 && memcmp (key, "path", 4) == 0)
    {
      state->has_path = true;
      return unpack_set_path (self, value, value_size);
    }
  if (size == 4 && memcmp (key, "size", 4) == 0)
    {
      state->size = 0;
      if (value_size == 0)
        return EBADMSG;
      for (size_t i = 0; i < value_size; i++)
        {
          if (value[i] < '0' || value[i] > '9' || state->size > UINT64_MAX / 32)
            return EBADMSG;
          state->size = state->size * 10 + (uint64_t) (value[i] - '0');
        }
    }
  state->has_holes = state->has_holes || (size > 11 && memcmp (key, "GNU.sparse.", 11) == 0);
  return 0;
}

/* "27 path=…\n", the first number being the length of the line. */
static int
take_records (unpack              *self,
              const unsigned char *text,
              size_t               size)
{
  int error = 0;

  while (error == 0 && size > 0 && text[0] != '\0')
    {
      size_t length = 0, i = 0;
      const unsigned char *equals;

      for (; i < size && i < 8 && text[i] >= '0' && text[i] <= '9'; i++)
        length = length * 10 + (size_t) (text[i] - '0');
      if (i == 0 || i >= size || text[i] != ' ' || length > size || length < i + 2 || text[length - 1] != '\n')
        return EBADMSG;
      if ((equals = memchr (text + i + 1, '=', length - i - 2)) == NULL)
        return EBADMSG;
      error = take_record (self, text + i + 1, (size_t) (equals - text) - i - 1, equals + 1, length - (size_t) (equals - text) - 2);
      text += length;
      size -= length;
    }
  return error;
}

static uint64_t
get_padding (uint64_t size)
{
  return (BLOCK_SIZE - size % BLOCK_SIZE) % BLOCK_SIZE;
}

/* What is told of the next member. */
static int
take_before (unpack              *self,
             const unsigned char *block)
{
  tar *state = self->state;
  uint64_t size = get_number (block + 124, 12);
  unsigned char *text;
  int error;

  if (size > UNPACK_PATH_MAX)
    return EBADMSG;
  if ((text = malloc ((size_t) size + 1)) == NULL)
    return ENOMEM;
  if ((error = read_bytes (self, text, (size_t) size)) == 0)
    error = skip_bytes (self, get_padding (size));
  if (error == 0 && block[156] == 'L')
    {
      state->has_path = true;
      error = unpack_set_path (self, text, measure (text, (size_t) size));
    }
  else if (error == 0 && (block[156] == 'x' || block[156] == 'X'))
    {
      state->is_pax = true;
      error = take_records (self, text, (size_t) size);
    }
  free (text);
  return error;
}

/* Those of a file of GNU's with many holes. */
static int
skip_holes (unpack              *self,
            const unsigned char *block)
{
  unsigned char more[BLOCK_SIZE];
  bool goes_on = block[482] != 0;
  int error = 0;

  while (goes_on && error == 0 && (error = read_bytes (self, more, sizeof more)) == 0)
    goes_on = more[504] != 0;
  return error;
}

static int
take_header (unpack              *self,
             const unsigned char *block)
{
  tar *state = self->state;
  unpack_member *member = &self->member;
  uint64_t size = state->size != NO_SIZE ? state->size : get_number (block + 124, 12);
  int error = 0;

  switch (block[156])
    {
    case '\0':
    case '0':
    case '7':
      member->kind = state->has_holes ? UNPACK_FOREIGN : UNPACK_FILE;
      break;
    case '1':
      member->kind = UNPACK_LINK;
      size = state->is_pax ? size : 0;   /* before that it told the size of what it leads to */
      break;
    case '2':
      member->kind = UNPACK_LINK;
      size = 0;
      break;
    case '5':
    case 'D':
      member->kind = UNPACK_FOLDER;
      size = block[156] == 'D' ? size : 0;
      break;
    case 'S':
      member->kind = UNPACK_FOREIGN;
      error = skip_holes (self, block);
      break;
    case 'M':
      member->kind = UNPACK_FOREIGN;
      break;
    case '3':
    case '4':
    case '6':
      member->kind = UNPACK_SPECIAL;
      size = 0;
      break;
    default:
      member->kind = UNPACK_SPECIAL;
      break;
    }
  if (size > INT64_MAX)
    return EBADMSG;
  member->size = state->left = size;
  state->padding = get_padding (size);
  self->is_plain = state->archive == NULL;
  self->offset = state->at;
  return error != 0 || state->has_path ? error : set_short_path (self, block);
}

static bool
is_before (unsigned char type)
{
  return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K' || type == 'V';
}

static int
read_headers (unpack *self)
{
  tar *state = self->state;
  unsigned char block[BLOCK_SIZE];
  int error;

  while ((error = read_bytes (self, block, sizeof block)) == 0)
    {
      if (is_zero (block))
        {
          state->over = true;
          return ENODATA;
        }
      if (!is_header (block))
        return EBADMSG;
      if (!is_before (block[156]))
        return take_header (self, block);
      if ((error = take_before (self, block)) != 0)
        return error;
      if (unpack_is_ended (self))
        return ECANCELED;
    }
  return error;
}

/* --- the whole --------------------------------------------------------------------------- */

static int
go_tar (unpack   *self,
        uint64_t  at)
{
  tar *state = self->state;
  int error = 0;

  if (state->archive == NULL)
    state->at = at;
  else if (at < state->at || state->over)
    {
      error = open_stream (self);
      state->at = 0;
    }
  state->over = error != 0;
  state->left = state->padding = 0;
  return error == 0 && at > state->at ? skip_bytes (self, at - state->at) : error;
}

/* Of what is compressed, only now can be told what it is. */
static int
check_stream (unpack *self)
{
  tar *state = self->state;
  unsigned char block[BLOCK_SIZE];
  int error = open_stream (self);

  if (error == 0 && (error = read_bytes (self, block, sizeof block)) == 0 && !unpack_is_tar (block))
    error = ENOEXEC;
  state->over = true;   /* begin anew */
  return error != 0 ? error : go_tar (self, 0);
}

static int
open_tar (unpack *self)
{
  tar *state = calloc (1, sizeof *state);
  unsigned char block[BLOCK_SIZE];

  if ((self->state = state) == NULL)
    return ENOMEM;
  if (self->file_size >= sizeof block && unpack_pread (self, block, sizeof block, 0) == 0 && unpack_is_tar (block))
    return 0;
  self->is_compressed = true;
  return check_stream (self);
}

static int
next_tar (unpack *self)
{
  tar *state = self->state;
  int error = 0;

  if (state->left > 0 || state->padding > 0)
    error = skip_bytes (self, state->left + state->padding);
  state->left = state->padding = 0;
  state->has_path = state->is_pax = state->has_holes = false;
  state->size = NO_SIZE;
  self->member.at = state->at;
  if (error == 0)
    error = read_headers (self);
  if (error == EBADMSG)
    state->over = true;
  return error;
}

static int
read_tar (unpack *self,
          void   *buffer,
          size_t  size,
          size_t *n)
{
  tar *state = self->state;
  int error;

  size = size < state->left ? size : (size_t) state->left;
  if ((error = read_bytes (self, buffer, size)) != 0)
    return error;
  state->left -= size;
  *n = size;
  return 0;
}

static void
close_tar (unpack *self)
{
  if (self->state != NULL)
    close_stream (self->state);
  free (self->state);
}

const unpack_format unpack_tar = { open_tar, next_tar, go_tar, read_tar, close_tar };
