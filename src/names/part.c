/* SPDX-License-Identifier: MIT */
/* part.c - a part of a key becomes the name of a file or a folder.
 *
 * What a file name cannot hold, or would do harm in a terminal, becomes %XX, and an empty part "%"; or, where people are to
 * read it and other file systems to take it, "_". A part that is too long is cut and a hash of all of it appended.
 */
#include "names.h"

#include <stdio.h>
#include <string.h>

#define HASH_DIGITS 16
#define ENDING_PLAIN_MAX 12   /* longer ones are words */

/* FNV-1a: tells long names apart; that it could be forged does no harm, since names that meet
 * get numbers. */
static uint64_t
hash_bytes (names_bytes bytes)
{
  const unsigned char *data = bytes.data;
  uint64_t hash = 14695981039346656037u;

  for (size_t i = 0; i < bytes.size; i++)
    hash = (hash ^ data[i]) * 1099511628211u;
  return hash;
}

static size_t
write_percent (const unsigned char *data,
               size_t               size,
               char                *text)
{
  for (size_t i = 0; i < size; i++)
    snprintf (text + 3 * i, 4, "%%%02X", data[i]);
  return 3 * size;
}

/* What Windows' file systems refuse, and a shell takes for something else. */
static bool
is_odd (uint32_t code_point)
{
  return code_point < 0x80 && code_point != 0 && strchr ("\\:*?\"<>|", (int) code_point) != NULL;
}

/* The safe form of a character of @size bytes; returns its length. */
static size_t
write_character (const unsigned char *data,
                 size_t               size,
                 uint32_t             code_point,
                 unsigned             flags,
                 char                *text)
{
  bool plain = (flags & NAMES_PLAIN) != 0;

  if (!names_is_unsafe (code_point) && code_point != '/' && !(plain && is_odd (code_point)))
    {
      memcpy (text, data, size);
      return size;
    }
  if (!plain)
    return write_percent (data, size, text);
  *text = '_';
  return 1;
}

/* The safe form of bytes, up to @room bytes of it; *@used is set to the bytes it stands for. */
static size_t
write_safe (names_bytes  part,
            unsigned     flags,
            char        *text,
            size_t       room,
            size_t      *used)
{
  const unsigned char *data = part.data;
  char one[3 * 4 + 1];
  size_t length = 0, i = 0;
  uint32_t code_point;

  while (i < part.size)
    {
      size_t step = names_utf8_next (data + i, part.size - i, &code_point);
      size_t n = write_character (data + i, step, code_point, flags, one);

      if (n > room - length)
        break;
      memcpy (text + length, one, n);
      length += n;
      i += step;
    }
  *used = i;
  return length;
}

/* The extension of a long name, if it is plain: it tells programs what the file is. */
static names_bytes
plain_extension (names_bytes part)
{
  const unsigned char *data = part.data;
  size_t size = 0;

  while (size < NAMES_ENDING_MAX && size < part.size && data[part.size - 1 - size] != '.')
    {
      unsigned char c = data[part.size - 1 - size++] | 0x20;

      if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
        return (names_bytes) { "", 0 };
    }
  if (size == 0 || size == NAMES_ENDING_MAX || size + 1 >= part.size)
    return (names_bytes) { "", 0 };
  return (names_bytes) { data + part.size - 1 - size, size + 1 };
}

/* Up to @room bytes. */
static size_t
write_part (names_bytes  part,
            unsigned     flags,
            char        *text,
            size_t       room)
{
  names_bytes extension;
  size_t used, length = write_safe (part, flags, text, room, &used);

  if (used == part.size)
    return length;
  extension = plain_extension (part);
  length = write_safe (part, flags, text, room - 1 - HASH_DIGITS - NAMES_ENDING_MAX, &used);
  length += (size_t) snprintf (text + length, HASH_DIGITS + 2, "~%016llx", (unsigned long long) hash_bytes (part));
  memcpy (text + length, extension.data, extension.size);
  return length + extension.size;
}

static size_t
write_whole (names_bytes  part,
             char        *text,
             size_t       room)
{
  const unsigned char *data = part.data;

  if (part.size == 0)
    return (size_t) snprintf (text, room, "%%");
  if (part.size <= 2 && data[0] == '.' && data[part.size - 1] == '.')
    return write_percent (data, part.size, text);
  return write_part (part, NAMES_WHOLE, text, room);
}

static names_bytes
trim_spaces (names_bytes part)
{
  const char *data = part.data;
  size_t size = part.size;

  while (size > 0 && data[size - 1] == ' ')
    size--;
  for (; size > 0 && *data == ' '; size--)
    data++;
  return (names_bytes) { data, size };
}

/* A first dot would hide it, and Windows' file systems drop spaces and dots at the end. */
static size_t
write_plain (names_bytes  part,
             char        *text,
             size_t       room)
{
  names_bytes trimmed = trim_spaces (part);
  size_t length = 0;

  if (trimmed.size == 0)
    return (size_t) snprintf (text, room, "value");
  if (*(const char *) trimmed.data == '.')
    text[length++] = '_';
  length += write_part (trimmed, NAMES_PLAIN, text + length, room - length);
  if (text[length - 1] == '.')
    text[length - 1] = '_';
  return length;
}

static bool
is_letter (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
names_has_ending (const char *name,
                  size_t      size)
{
  size_t start = size, n_letters = 0;

  while (start > 0 && (is_letter (name[start - 1]) || (name[start - 1] >= '0' && name[start - 1] <= '9')))
    n_letters += is_letter (name[--start]);
  return start > 1 && name[start - 1] == '.' && size - start <= ENDING_PLAIN_MAX && n_letters > 0;
}

names_bytes
names_last_part (names_bytes key)
{
  const char *data = key.data;
  size_t end = key.size, begin;

  while (end > 0 && data[end - 1] == '/')
    end--;
  for (begin = end; begin > 0 && data[begin - 1] != '/'; begin--)
    ;
  return (names_bytes) { data + begin, end - begin };
}

bool
names_add_part (names_text *text,
                names_bytes part,
                unsigned    flags,
                const char *ending)
{
  char safe[NAMES_PART_MAX + 1];
  size_t room = NAMES_PART_MAX - (ending != NULL ? NAMES_ENDING_MAX : 0);
  size_t length = flags & NAMES_PLAIN ? write_plain (part, safe, room) : write_whole (part, safe, room);

  if (ending != NULL && !names_has_ending (safe, length))
    length += (size_t) snprintf (safe + length, sizeof safe - length, ".%.*s", NAMES_ENDING_MAX - 1, ending);
  return names_text_add (text, safe, length);
}
