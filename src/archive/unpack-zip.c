/* SPDX-License-Identifier: MIT */
/* unpack-zip.c - a zip by the directory at its end, as APPNOTE.TXT 6.3 of PKWARE has it.
 *
 * The directory is read as it is walked. Each file is found by it alone, so damage to one leaves the others.
 */
#include "unpack-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define END_SIZE 22u
#define END_64_SIZE 56u
#define LOCATOR_SIZE 20u
#define CENTRAL_SIZE 46u
#define LOCAL_SIZE 30u
#define COMMENT_MAX 65535u

enum { STORED = 0, DEFLATED = 8 };

typedef struct zip {
  uint64_t shift;              /* of all offsets: something is before the archive, which it does not know of */
  uint64_t directory, end;     /* of the directory */
  uint64_t at;                 /* of the next entry in it */

  /* The member at hand: */
  unsigned method;
  uint32_t crc, crc_so_far;
  uint64_t local;              /* where its own header is */
  uint64_t in_at, in_left;     /* of its bytes in the archive */
  uint64_t out_left;           /* of its own */
  bool begun;
  bool inflating;              /* `stream` is set up */
  bool damaged;
  z_stream stream;
  unsigned char buffer[UNPACK_PIECE_SIZE];
} zip;

static uint32_t
get_16 (const unsigned char *at)
{
  return at[0] | (uint32_t) at[1] << 8;
}

static uint32_t
get_32 (const unsigned char *at)
{
  return get_16 (at) | get_16 (at + 2) << 16;
}

static uint64_t
get_64 (const unsigned char *at)
{
  return get_32 (at) | (uint64_t) get_32 (at + 4) << 32;
}

/* --- the directory ----------------------------------------------------------------------- */

/* Where the record at the end of all is. */
static int
find_end (unpack   *self,
          uint64_t *found)
{
  size_t size = self->file_size < END_SIZE + COMMENT_MAX ? (size_t) self->file_size : END_SIZE + COMMENT_MAX;
  unsigned char *tail = malloc (size + 1);
  int error = tail != NULL ? unpack_pread (self, tail, size, self->file_size - size) : ENOMEM;
  size_t at = size < END_SIZE ? 0 : size - END_SIZE + 1;

  while (error == 0 && at > 0 && !(memcmp (tail + at - 1, "PK\5\6", 4) == 0 && get_16 (tail + at - 1 + 20) == size - (at - 1) - END_SIZE))
    at--;
  if (error == 0 && at == 0)
    error = EBADMSG;
  *found = error == 0 ? self->file_size - size + (at - 1) : 0;
  free (tail);
  return error;
}

/* The larger record, where there is one; *@end becomes its place. */
static int
read_end_64 (unpack        *self,
             uint64_t      *end,
             unsigned char *record,
             bool          *found)
{
  unsigned char locator[LOCATOR_SIZE];
  uint64_t at;
  int error;

  *found = false;
  if (*end < LOCATOR_SIZE + END_64_SIZE)
    return 0;
  if ((error = unpack_pread (self, locator, sizeof locator, *end - LOCATOR_SIZE)) != 0)
    return error;
  if (memcmp (locator, "PK\6\7", 4) != 0)
    return 0;
  at = *end - LOCATOR_SIZE - END_64_SIZE;
  if ((error = unpack_pread (self, record, END_64_SIZE, at)) == 0 && memcmp (record, "PK\6\6", 4) != 0)
    error = unpack_pread (self, record, END_64_SIZE, at = get_64 (locator + 8));
  if (error == 0 && memcmp (record, "PK\6\6", 4) != 0)
    error = EBADMSG;
  *found = error == 0;
  *end = error == 0 ? at : *end;
  return error;
}

static int
find_directory (unpack *self,
                zip    *state)
{
  unsigned char record[END_SIZE], larger[END_64_SIZE];
  uint64_t size, offset;
  bool is_64;
  int error = find_end (self, &state->end);

  if (error == 0)
    error = unpack_pread (self, record, sizeof record, state->end);
  if (error == 0)
    error = read_end_64 (self, &state->end, larger, &is_64);
  if (error != 0)
    return error;
  size = is_64 ? get_64 (larger + 40) : get_32 (record + 12);
  offset = is_64 ? get_64 (larger + 48) : get_32 (record + 16);
  if (size > state->end || offset > state->end - size)
    return EBADMSG;
  state->shift = state->end - size - offset;
  state->at = state->directory = state->end - size;
  return 0;
}

static void
forget_member (zip *state)
{
  if (state->inflating)
    inflateEnd (&state->stream);
  state->inflating = state->begun = state->damaged = false;
}

static int
open_zip (unpack *self)
{
  zip *state = calloc (1, sizeof *state);

  self->state = state;
  return state != NULL ? find_directory (self, state) : ENOMEM;
}

static unpack_kind
find_kind (const unsigned char *entry,
           unsigned             method)
{
  unsigned host = entry[5], flags = get_16 (entry + 8);
  unsigned mode = host == 3 || host == 19 ? get_32 (entry + 38) >> 16 : 0;   /* Unix, and what a Mac says */

  if (S_ISLNK (mode))
    return UNPACK_LINK;
  if (S_ISDIR (mode))
    return UNPACK_FOLDER;
  if ((mode & S_IFMT) != 0 && !S_ISREG (mode))
    return UNPACK_SPECIAL;
  if ((flags & (1u | 1u << 6 | 1u << 13)) != 0)
    return UNPACK_ENCRYPTED;
  return method == STORED || method == DEFLATED ? UNPACK_FILE : UNPACK_FOREIGN;
}

/* What is too large for its place is in a field of its own: in this order, and only that. */
static bool
read_large (const unsigned char *extra,
            size_t               size,
            uint64_t            *values[3])
{
  size_t field = 0, length = 0, at = 0;

  if (*values[0] != UINT32_MAX && *values[1] != UINT32_MAX && *values[2] != UINT32_MAX)
    return true;
  for (field = 0; field + 4 <= size && get_16 (extra + field) != 1; field += 4 + get_16 (extra + field + 2))
    ;
  if (field + 4 > size || (length = get_16 (extra + field + 2)) > size - field - 4)
    return false;
  for (size_t i = 0; i < 3; i++)
    if (*values[i] == UINT32_MAX)
      {
        if (at + 8 > length)
          return false;
        *values[i] = get_64 (extra + field + 4 + at);
        at += 8;
      }
  return true;
}

/* The name and what else follows the fixed part of an entry. */
static int
read_entry (unpack              *self,
            const unsigned char *entry)
{
  zip *state = self->state;
  size_t name = get_16 (entry + 28), extra = get_16 (entry + 30);
  uint64_t packed = get_32 (entry + 20), *values[3] = { &self->member.size, &packed, &state->local };
  unsigned char *rest;
  int error;

  if (name + extra > state->end - state->at - CENTRAL_SIZE)
    return EBADMSG;
  if ((rest = malloc (name + extra + 1)) == NULL)
    return ENOMEM;
  error = unpack_pread (self, rest, name + extra, state->at + CENTRAL_SIZE);
  self->member.size = get_32 (entry + 24);
  state->local = get_32 (entry + 42);
  if (error == 0 && (!read_large (rest + name, extra, values) || self->member.size > INT64_MAX))
    error = EBADMSG;
  if (error == 0)
    error = unpack_set_path (self, rest, name);
  free (rest);
  state->in_left = packed;
  state->out_left = self->member.size;
  state->crc = get_32 (entry + 16);
  state->method = get_16 (entry + 10);
  self->member.kind = find_kind (entry, state->method);
  self->member.at = state->at;
  state->at += CENTRAL_SIZE + name + extra + get_16 (entry + 32);
  return error;
}

static int
next_zip (unpack *self)
{
  zip *state = self->state;
  unsigned char entry[CENTRAL_SIZE];
  int error;

  forget_member (state);
  if (state->at == state->end)
    return ENODATA;
  if (state->at > state->end || state->end - state->at < CENTRAL_SIZE)
    return EBADMSG;
  if ((error = unpack_pread (self, entry, sizeof entry, state->at)) != 0)
    return error;
  if (memcmp (entry, "PK\5\5", 4) == 0)   /* a signature of the directory */
    return ENODATA;
  return memcmp (entry, "PK\1\2", 4) == 0 ? read_entry (self, entry) : EBADMSG;
}

static int
go_zip (unpack   *self,
        uint64_t  at)
{
  zip *state = self->state;

  state->at = at < state->directory ? state->directory : at;
  return 0;
}

/* --- its files --------------------------------------------------------------------------- */

/* The header before its bytes says how long it is; all else is believed to the directory. */
static int
begin_member (unpack *self,
              zip    *state)
{
  unsigned char header[LOCAL_SIZE];
  int error;

  if (state->local > self->file_size || state->shift > self->file_size - state->local)
    return EBADMSG;
  state->in_at = state->local + state->shift;
  if ((error = unpack_pread (self, header, sizeof header, state->in_at)) != 0)
    return error;
  if (memcmp (header, "PK\3\4", 4) != 0)
    return EBADMSG;
  state->in_at += LOCAL_SIZE + get_16 (header + 26) + get_16 (header + 28);
  if (state->in_at > self->file_size || state->in_left > self->file_size - state->in_at)
    return EBADMSG;
  if (state->method == STORED && state->in_left != state->out_left)
    return EBADMSG;
  state->stream = (z_stream) { .next_in = NULL };
  if (state->method == DEFLATED && inflateInit2 (&state->stream, -MAX_WBITS) != Z_OK)
    return ENOMEM;
  state->inflating = state->method == DEFLATED;
  state->crc_so_far = (uint32_t) crc32 (0, NULL, 0);
  state->begun = true;
  return 0;
}

/* More of the compressed bytes, once all that were read are used up. */
static int
refill (unpack *self,
        zip    *state)
{
  size_t size = state->in_left < sizeof state->buffer ? (size_t) state->in_left : sizeof state->buffer;
  int error;

  if (state->stream.avail_in > 0)
    return 0;
  if ((error = unpack_pread (self, state->buffer, size, state->in_at)) != 0)
    return error;
  state->in_at += size;
  state->in_left -= size;
  state->stream.next_in = state->buffer;
  state->stream.avail_in = (unsigned) size;
  return 0;
}

static int
inflate_some (unpack *self,
              zip    *state,
              void   *buffer,
              size_t  size,
              size_t *n)
{
  int error = 0, rc = Z_OK;

  state->stream.next_out = buffer;
  state->stream.avail_out = (unsigned) size;
  while (error == 0 && rc == Z_OK && state->stream.avail_out > 0 && (error = refill (self, state)) == 0)
    rc = inflate (&state->stream, Z_NO_FLUSH);
  *n = size - state->stream.avail_out;
  if (error != 0)
    return error;
  return rc == Z_MEM_ERROR ? ENOMEM : rc == Z_OK || (rc == Z_STREAM_END && *n == size) ? 0 : EBADMSG;
}

/* No more is to come: what is packed must end there, too. */
static int
check_end (unpack *self,
           zip    *state)
{
  unsigned char more;
  int error = 0, rc = Z_OK;

  state->stream.next_out = &more;
  state->stream.avail_out = 1;
  while (state->inflating && error == 0 && rc == Z_OK && state->stream.avail_out > 0 && (error = refill (self, state)) == 0)
    rc = inflate (&state->stream, Z_NO_FLUSH);
  if (error != 0)
    return error;
  return (!state->inflating || rc == Z_STREAM_END) && state->stream.avail_out == 1 && state->crc_so_far == state->crc ? 0 : EBADMSG;
}

static int
read_some (unpack *self,
           zip    *state,
           void   *buffer,
           size_t  size,
           size_t *n)
{
  int error = state->begun ? 0 : begin_member (self, state);

  if (error != 0)
    return error;
  size = size < state->out_left ? size : (size_t) state->out_left;
  size = size < 1u << 30 ? size : 1u << 30;
  if (size == 0)
    return check_end (self, state);
  if (state->inflating)
    error = inflate_some (self, state, buffer, size, n);
  else if ((error = unpack_pread (self, buffer, size, state->in_at)) == 0)
    {
      *n = size;
      state->in_at += size;
    }
  state->crc_so_far = (uint32_t) crc32 (state->crc_so_far, buffer, (unsigned) *n);
  state->out_left -= *n;
  return error;
}

static int
read_zip (unpack *self,
          void   *buffer,
          size_t  size,
          size_t *n)
{
  zip *state = self->state;
  int error = state->damaged ? EBADMSG : read_some (self, state, buffer, size, n);

  state->damaged = error == EBADMSG;
  *n = error == 0 ? *n : 0;
  return error;
}

static void
close_zip (unpack *self)
{
  zip *state = self->state;

  if (state != NULL)
    forget_member (state);
  free (state);
}

const unpack_format unpack_zip = { open_zip, next_zip, go_zip, read_zip, close_zip };
