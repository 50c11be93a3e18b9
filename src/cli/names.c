/* SPDX-License-Identifier: MIT */
/* names.c - names for files and keys that do no harm and meet no other.
 *
 * A key is cut at "/" into folders and a file. What a file name cannot hold, or would do
 * harm in a terminal, becomes %XX; an empty part becomes "%"; a part that is too long is cut
 * and a hash of all of it appended. Pure text: nothing here touches a disk.
 *
 * Two keys may still come to one name ("a\xff" and "a%FF"), and a key "a" beside a key "a/b"
 * needs a file and a folder of one name. Who comes second gets a number. Each name remembers
 * the last one given, so that many such keys do not search from 2 on.
 */
#include "names.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXTENSION_MAX 16
#define HASH_DIGITS 16

typedef enum name_kind {
  NAME_FILE,
  NAME_FOLDER
} name_kind;

typedef struct name {
  cli_bytes bytes;
  name_kind kind;
  unsigned last_number;  /* of those with a number that begin as this one */
  bool written;
} name;

struct cli_paths {
  void *tree;
  cli_text path;
};

/* --- text that grows --------------------------------------------------------------------- */

bool
cli_text_add (cli_text   *self,
              const void *data,
              size_t      size)
{
  size_t wanted = self->room > 0 ? self->room : 256;
  char *grown;

  while (wanted < self->size + size + 1)
    wanted *= 2;
  if (wanted > self->room)
    {
      if ((grown = realloc (self->data, wanted)) == NULL)
        return false;
      self->data = grown;
      self->room = wanted;
    }
  memcpy (self->data + self->size, data, size);
  self->size += size;
  self->data[self->size] = '\0';
  return true;
}

void
cli_text_cut (cli_text *self,
              size_t    size)
{
  self->size = size;
  self->data[size] = '\0';
}

void
cli_text_clear (cli_text *self)
{
  free (self->data);
  *self = (cli_text) { NULL };
}

/* --- a tree of names --------------------------------------------------------------------- */

static int
compare_names (const void *one,
               const void *two)
{
  const name *a = one;
  const name *b = two;
  size_t size = a->bytes.size < b->bytes.size ? a->bytes.size : b->bytes.size;
  int order = memcmp (a->bytes.data, b->bytes.data, size);

  return order != 0 ? order : (a->bytes.size > b->bytes.size) - (a->bytes.size < b->bytes.size);
}

static name *
find_name (void     **tree,
           cli_bytes  bytes)
{
  name wanted = { .bytes = bytes };
  void *node = tfind (&wanted, tree, compare_names);

  return node != NULL ? *(name **) node : NULL;
}

static name *
add_name (void    **tree,
          cli_bytes bytes,
          name_kind kind)
{
  name *added = malloc (sizeof *added + bytes.size + 1);

  if (added == NULL)
    return NULL;
  memcpy (added + 1, bytes.data, bytes.size);
  *added = (name) { { added + 1, bytes.size }, kind, 1, false };
  if (tsearch (added, tree, compare_names) != NULL)
    return added;
  free (added);
  return NULL;
}

bool
cli_names_has (cli_names *self,
               cli_bytes  bytes)
{
  return find_name (&self->tree, bytes) != NULL;
}

bool
cli_names_add (cli_names *self,
               cli_bytes  bytes)
{
  return cli_names_has (self, bytes) || add_name (&self->tree, bytes, NAME_FILE) != NULL;
}

void
cli_names_clear (cli_names *self)
{
  tdestroy (self->tree, free);
  self->tree = NULL;
}

/* --- numbers ----------------------------------------------------------------------------- */

/* Where the extension of the last part begins, or the end. */
static size_t
extension_start (const cli_text *text,
                 size_t          from)
{
  size_t i = text->size;

  while (i > from && text->data[i - 1] != '/' && text->data[i - 1] != '.')
    i--;
  if (i <= from + 1 || text->data[i - 1] != '.' || text->data[i - 2] == '/'
      || i == text->size || text->size - i > EXTENSION_MAX)
    return text->size;
  return i - 1;
}

bool
cli_number_name (cli_text *text,
                 size_t    from,
                 unsigned  number)
{
  size_t start = extension_start (text, from), size = text->size - start;
  char extension[EXTENSION_MAX + 1];
  char suffix[32];
  int length = snprintf (suffix, sizeof suffix, " (%u)", number);

  memcpy (extension, text->data + start, size);
  text->size = start;
  return cli_text_add (text, suffix, (size_t) length) && cli_text_add (text, extension, size);
}

/* --- safe parts -------------------------------------------------------------------------- */

/* FNV-1a: tells long names apart; that it could be forged does no harm, since names that meet
 * get numbers. */
static uint64_t
hash_bytes (cli_bytes bytes)
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

/* The safe form of bytes, up to @room bytes of it; *@used is set to the bytes it stands for. */
static size_t
write_safe (const unsigned char *data,
            size_t               size,
            char                *text,
            size_t               room,
            size_t              *used)
{
  char one[3 * 4 + 1];
  size_t length = 0, i = 0;
  uint32_t code_point;

  while (i < size)
    {
      size_t step = cli_utf8_next (data + i, size - i, &code_point), n = step;

      if (cli_is_unsafe (code_point) || code_point == '/')
        n = write_percent (data + i, step, one);
      else
        memcpy (one, data + i, step);
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
static cli_bytes
plain_extension (cli_bytes part)
{
  const unsigned char *data = part.data;
  size_t size = 0;

  while (size < EXTENSION_MAX && size < part.size && data[part.size - 1 - size] != '.')
    {
      unsigned char c = data[part.size - 1 - size++] | 0x20;

      if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
        return (cli_bytes) { "", 0 };
    }
  if (size == 0 || size == EXTENSION_MAX || size + 1 >= part.size)
    return (cli_bytes) { "", 0 };
  return (cli_bytes) { data + part.size - 1 - size, size + 1 };
}

static bool
add_safe_part (cli_text *text,
               cli_bytes part)
{
  const unsigned char *data = part.data;
  char safe[CLI_PART_MAX + 1];
  cli_bytes extension;
  size_t length, used;

  if (part.size == 0)
    return cli_text_add (text, "%", 1);
  if (part.size <= 2 && data[0] == '.' && data[part.size - 1] == '.')
    return cli_text_add (text, safe, write_percent (data, part.size, safe));
  length = write_safe (data, part.size, safe, CLI_PART_MAX, &used);
  if (used == part.size)
    return cli_text_add (text, safe, length);
  extension = plain_extension (part);
  length = write_safe (data, part.size, safe, CLI_PART_MAX - 1 - HASH_DIGITS - EXTENSION_MAX, &used);
  length += (size_t) snprintf (safe + length, sizeof safe - length, "~%016llx",
                               (unsigned long long) hash_bytes (part));
  return cli_text_add (text, safe, length) && cli_text_add (text, extension.data, extension.size);
}

/* --- paths ------------------------------------------------------------------------------- */

/* Folders are shared with folders. */
static bool
is_free (const name *taken,
         name_kind   kind)
{
  return taken == NULL || (kind == NAME_FOLDER && taken->kind == NAME_FOLDER);
}

/* Make the last part of the path, which begins at @from, one that no other key has. */
static bool
settle_part (cli_paths *self,
             size_t     from,
             name_kind  kind)
{
  cli_text *path = &self->path;
  name *first = find_name (&self->tree, (cli_bytes) { path->data, path->size }), *taken = first;
  /* Folders search from 2 on: all keys under one name belong into one folder. */
  unsigned number = kind == NAME_FILE && first != NULL ? first->last_number : 1;
  cli_text plain = { NULL };
  bool good = is_free (first, kind) || cli_text_add (&plain, path->data, path->size);

  while (good && !is_free (taken, kind))
    {
      cli_text_cut (path, 0);
      good = cli_text_add (path, plain.data, plain.size) && cli_number_name (path, from, ++number);
      if (kind == NAME_FILE)
        first->last_number = number;
      taken = find_name (&self->tree, (cli_bytes) { path->data, path->size });
    }
  cli_text_clear (&plain);
  return good && (taken != NULL
                  || add_name (&self->tree, (cli_bytes) { path->data, path->size }, kind) != NULL);
}

cli_paths *
cli_paths_new (void)
{
  return calloc (1, sizeof (cli_paths));
}

const char *
cli_paths_take (cli_paths *self,
                cli_bytes  key)
{
  const char *data = key.data;
  size_t start = 0;
  bool good = true, last = false;

  self->path.size = 0;
  while (good && !last)
    {
      const char *slash = memchr (data + start, '/', key.size - start);
      size_t end = slash != NULL ? (size_t) (slash - data) : key.size, from;

      /* Too deep: the rest, slashes and all, is one name. */
      if (self->path.size + CLI_PART_MAX > CLI_PATH_MAX)
        end = key.size;
      last = end == key.size;
      if (self->path.size > 0)
        good = cli_text_add (&self->path, "/", 1);
      from = self->path.size;
      good = good && add_safe_part (&self->path, (cli_bytes) { data + start, end - start })
             && settle_part (self, from, last ? NAME_FILE : NAME_FOLDER);
      start = end + 1;
    }
  return good ? self->path.data : NULL;
}

const char *
cli_paths_take_another (cli_paths *self)
{
  const char *slash = strrchr (self->path.data, '/');
  size_t from = slash != NULL ? (size_t) (slash + 1 - self->path.data) : 0;

  return settle_part (self, from, NAME_FILE) ? self->path.data : NULL;
}

void
cli_paths_set_written (cli_paths *self)
{
  name *taken = find_name (&self->tree, (cli_bytes) { self->path.data, self->path.size });

  if (taken != NULL)
    taken->written = true;
}

bool
cli_paths_is_written (cli_paths *self,
                      cli_bytes  path)
{
  const name *taken = find_name (&self->tree, path);

  return taken != NULL && taken->written;
}

void
cli_paths_free (cli_paths *self)
{
  if (self == NULL)
    return;
  tdestroy (self->tree, free);
  cli_text_clear (&self->path);
  free (self);
}
