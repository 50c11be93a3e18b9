/* SPDX-License-Identifier: MIT */
/* paths.c - paths that meet no other.
 *
 * A key is cut at "/" into folders and a file. Two keys may still come to one name ("a\xff" and "a%FF"), and a key "a" beside
 * a key "a/b" needs a file and a folder of one name. Who comes second gets a number. Each name remembers the last one given,
 * so that many such keys do not search from 2 on. Where large and small letters are one, names are kept in small ones.
 */
#include "names.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

typedef enum name_kind {
  NAME_FILE,
  NAME_FOLDER
} name_kind;

typedef struct name {
  names_bytes bytes;
  name_kind kind;
  unsigned last_number;  /* of those with a number that begin as this one */
  bool written;
} name;

struct names_paths {
  void *tree;
  unsigned flags;
  names_text path;
  names_text folded;
};

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
find_name (void       **tree,
           names_bytes   bytes)
{
  name wanted = { .bytes = bytes };
  void *node = tfind (&wanted, tree, compare_names);

  return node != NULL ? *(name **) node : NULL;
}

static name *
add_name (void       **tree,
          names_bytes   bytes,
          name_kind     kind)
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
names_set_has (names_set  *self,
               names_bytes bytes)
{
  return find_name (&self->tree, bytes) != NULL;
}

bool
names_set_add (names_set  *self,
               names_bytes bytes)
{
  return names_set_has (self, bytes) || add_name (&self->tree, bytes, NAME_FILE) != NULL;
}

void
names_set_clear (names_set *self)
{
  tdestroy (self->tree, free);
  self->tree = NULL;
}

/* --- paths ------------------------------------------------------------------------------- */

static bool
fold (names_text *folded,
      names_bytes bytes)
{
  const unsigned char *data = bytes.data;
  uint32_t code_point;
  bool good = true;

  folded->size = 0;
  for (size_t i = 0, step; good && i < bytes.size; i += step)
    {
      uint32_t small;
      unsigned char pair[2];

      step = names_utf8_next (data + i, bytes.size - i, &code_point);
      small = names_fold (code_point);
      pair[0] = (unsigned char) (small < 0x80 ? small : 0xc0 | small >> 6);
      pair[1] = (unsigned char) (0x80 | (small & 0x3f));
      good = small != code_point ? names_text_add (folded, pair, small < 0x80 ? 1 : 2) : names_text_add (folded, data + i, step);
    }
  return good;
}

/* By what a path is known; no bytes without memory. */
static names_bytes
name_of (names_paths *self,
         names_bytes  path)
{
  if (!(self->flags & NAMES_FOLDED))
    return path;
  return fold (&self->folded, path) ? (names_bytes) { self->folded.data, self->folded.size } : (names_bytes) { "", 0 };
}

static name *
find_path (names_paths *self)
{
  return find_name (&self->tree, name_of (self, (names_bytes) { self->path.data, self->path.size }));
}

static bool
add_path (names_paths *self,
          name_kind    kind)
{
  names_bytes bytes = name_of (self, (names_bytes) { self->path.data, self->path.size });

  return bytes.size > 0 && add_name (&self->tree, bytes, kind) != NULL;
}

/* Folders are shared with folders. */
static bool
is_free (const name *taken,
         name_kind   kind)
{
  return taken == NULL || (kind == NAME_FOLDER && taken->kind == NAME_FOLDER);
}

/* Make the last part of the path, which begins at @from, one that no other key has. */
static bool
settle_part (names_paths *self,
             size_t       from,
             name_kind    kind)
{
  names_text *path = &self->path;
  name *first = find_path (self), *taken = first;
  /* Folders search from 2 on: all keys under one name belong into one folder. */
  unsigned number = kind == NAME_FILE && first != NULL ? first->last_number : 1;
  names_text plain = { NULL };
  bool good = is_free (first, kind) || names_text_add (&plain, path->data, path->size);

  while (good && !is_free (taken, kind))
    {
      names_text_cut (path, 0);
      good = names_text_add (path, plain.data, plain.size) && names_number (path, from, ++number);
      if (kind == NAME_FILE)
        first->last_number = number;
      taken = find_path (self);
    }
  names_text_clear (&plain);
  return good && (taken != NULL || add_path (self, kind));
}

names_paths *
names_paths_new (unsigned flags)
{
  names_paths *self = calloc (1, sizeof *self);

  if (self != NULL)
    self->flags = flags;
  return self;
}

/* Append one part of the key. */
static bool
take_part (names_paths *self,
           names_bytes  part,
           name_kind    kind,
           const char  *ending)
{
  size_t from;

  if (self->path.size > 0 && !names_text_add (&self->path, "/", 1))
    return false;
  from = self->path.size;
  return names_add_part (&self->path, part, self->flags, kind == NAME_FILE ? ending : NULL) && settle_part (self, from, kind);
}

const char *
names_paths_take (names_paths *self,
                  names_bytes  key,
                  const char  *ending)
{
  names_bytes rest = self->flags & NAMES_FLAT ? names_last_part (key) : key;
  const char *data = rest.data;
  size_t start = 0;
  bool good = true, last = false;

  self->path.size = 0;
  while (good && !last)
    {
      const char *slash = memchr (data + start, '/', rest.size - start);
      size_t end = slash != NULL ? (size_t) (slash - data) : rest.size;

      /* Too deep: the rest, slashes and all, is one name. */
      if (self->path.size + NAMES_PART_MAX > NAMES_PATH_MAX)
        end = rest.size;
      last = end == rest.size;
      good = take_part (self, (names_bytes) { data + start, end - start }, last ? NAME_FILE : NAME_FOLDER, ending);
      start = end + 1;
    }
  return good ? self->path.data : NULL;
}

const char *
names_paths_take_another (names_paths *self)
{
  const char *slash = strrchr (self->path.data, '/');
  size_t from = slash != NULL ? (size_t) (slash + 1 - self->path.data) : 0;

  return settle_part (self, from, NAME_FILE) ? self->path.data : NULL;
}

void
names_paths_set_written (names_paths *self)
{
  name *taken = find_path (self);

  if (taken != NULL)
    taken->written = true;
}

bool
names_paths_is_written (names_paths *self,
                        names_bytes  path)
{
  const name *taken = find_name (&self->tree, name_of (self, path));

  return taken != NULL && taken->written;
}

void
names_paths_free (names_paths *self)
{
  if (self == NULL)
    return;
  tdestroy (self->tree, free);
  names_text_clear (&self->path);
  names_text_clear (&self->folded);
  free (self);
}
