/* SPDX-License-Identifier: MIT */
/* read.c - a manifest from a stranger.
 *
 * JSON as RFC 8259 has it, read a byte at a time and kept no longer than a value: a file of any length takes a buffer, the key
 * at hand, and two short sums a value, by which it is told at the end whether two values have one key or one file.
 */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE 65536
#define FILE_MAX 4095        /* bytes of a path, and of one name in it: Linux has no longer ones */
#define PART_MAX 255
#define DEPTH_MAX 32         /* of what is passed over */
#define NAME_MAX_SIZE 256    /* bytes of a member's name */
#define END (-1)

/* The beginning of a sum; two that are alike by chance nobody will see. */
typedef struct brief {
  unsigned char bytes[16];
} brief;

typedef struct briefs {
  brief *all;
  size_t n, room;
} briefs;

typedef struct reading {
  manifest_reader *reader;
  manifest_result result;      /* the first that is not OK; nothing is read after it */
  unsigned char *buffer;
  size_t at, size;
  names_text name, key, file, hex;
  briefs keys, files;
  uint64_t count;
} reading;

static bool
fail (reading        *self,
      manifest_result result)
{
  if (self->result == MANIFEST_OK)
    self->result = result;
  return false;
}

static bool
broken (reading *self)
{
  return fail (self, MANIFEST_BROKEN);
}

/* --- bytes ------------------------------------------------------------------------------- */

static bool
fill (reading *self)
{
  ptrdiff_t n = self->result == MANIFEST_OK ? self->reader->read (self->buffer, BUFFER_SIZE, self->reader->data) : 0;

  if (n < 0)
    fail (self, MANIFEST_STOPPED);
  self->at = 0;
  self->size = n > 0 ? (size_t) n : 0;
  return n > 0;
}

/* The next byte, or END. */
static int
peek (reading *self)
{
  return self->at < self->size || fill (self) ? self->buffer[self->at] : END;
}

static int
next (reading *self)
{
  int byte = peek (self);

  if (byte != END)
    self->at++;
  if (byte == '\n')
    self->reader->line++;
  return byte;
}

/* The next byte that is no blank; it stays. */
static int
look (reading *self)
{
  int byte;

  while ((byte = peek (self)) == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
    next (self);
  return byte;
}

static bool
expect (reading *self,
        int      byte)
{
  if (look (self) != byte)
    return broken (self);
  next (self);
  return true;
}

/* --- strings ----------------------------------------------------------------------------- */

static int
hex_digit (int c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_four (reading  *self,
           uint32_t *code)
{
  *code = 0;
  for (int i = 0; i < 4; i++)
    {
      int digit = hex_digit (next (self));

      if (digit < 0)
        return broken (self);
      *code = *code << 4 | (uint32_t) digit;
    }
  return true;
}

/* Behind "\u". */
static bool
read_code_point (reading  *self,
                 uint32_t *code)
{
  uint32_t low;

  if (!read_four (self, code))
    return false;
  if (*code < 0xd800 || *code > 0xdfff)
    return true;
  if (*code > 0xdbff || next (self) != '\\' || next (self) != 'u' || !read_four (self, &low) || low < 0xdc00 || low > 0xdfff)
    return broken (self);
  *code = 0x10000 + ((*code & 0x3ff) << 10) + (low & 0x3ff);
  return true;
}

static size_t
encode (uint32_t      code,
        unsigned char bytes[4])
{
  size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

  for (size_t i = size; i > 1; i--, code >>= 6)
    bytes[i - 1] = (unsigned char) (0x80 | (code & 0x3f));
  bytes[0] = (unsigned char) (lead[size] | code);
  return size;
}

/* Behind a backslash: the bytes it stands for. */
static size_t
read_escape (reading      *self,
             unsigned char bytes[4])
{
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  int letter = next (self);
  const char *at = letter > 0 ? strchr (letters, letter) : NULL;
  uint32_t code;

  if (at != NULL)
    {
      bytes[0] = (unsigned char) meant[at - letters];
      return 1;
    }
  if (letter == 'u')
    return read_code_point (self, &code) ? encode (code, bytes) : 0;
  broken (self);
  return 0;
}

static bool
is_utf8 (const names_text *text)
{
  const unsigned char *data = (const unsigned char *) text->data;
  uint32_t code_point = 0;

  for (size_t i = 0; i < text->size && code_point != NAMES_NOT_UTF8;)
    i += names_utf8_next (data + i, text->size - i, &code_point);
  return code_point != NAMES_NOT_UTF8;
}

/* @text NULL: pass it over. */
static bool
read_string (reading    *self,
             names_text *text,
             size_t      max)
{
  int byte;

  if (text != NULL)
    {
      text->size = 0;
      if (!names_text_add (text, "", 0))
        return fail (self, MANIFEST_NO_MEMORY);
    }
  if (!expect (self, '"'))
    return false;
  while ((byte = next (self)) != '"')
    {
      unsigned char bytes[4] = { (unsigned char) byte };
      size_t size = byte == '\\' ? read_escape (self, bytes) : 1;

      if (byte < ' ' || size == 0 || (text != NULL && text->size + size > max))   /* END is one of them */
        return broken (self);
      if (text != NULL && !names_text_add (text, bytes, size))
        return fail (self, MANIFEST_NO_MEMORY);
    }
  return text == NULL || is_utf8 (text) || broken (self);
}

/* Two digits a byte, as bytes. */
static bool
read_hex (reading    *self,
          names_text *text,
          size_t      max)
{
  size_t size = 0;

  if (!read_string (self, text, 2 * max) || text->size % 2 != 0)
    return broken (self);
  for (size_t i = 0; i < text->size; i += 2)
    {
      int high = hex_digit ((unsigned char) text->data[i]), low = hex_digit ((unsigned char) text->data[i + 1]);

      if (high < 0 || low < 0)
        return broken (self);
      text->data[size++] = (char) (high << 4 | low);
    }
  names_text_cut (text, size);
  return true;
}

/* --- other values ------------------------------------------------------------------------ */

static bool
read_number (reading  *self,
             uint64_t *number)
{
  int byte = look (self);
  unsigned digits = 0;

  *number = 0;
  while (byte >= '0' && byte <= '9')
    {
      if (++digits > 18 || (digits == 2 && *number == 0))
        return broken (self);
      *number = *number * 10 + (uint64_t) (byte - '0');
      next (self);
      byte = peek (self);
    }
  return (digits > 0 && byte != '.' && byte != 'e' && byte != 'E') || broken (self);
}

static bool
is_of_word (int byte)
{
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == 'E' || byte == '+' || byte == '-' || byte == '.';
}

static bool
skip_word (reading *self)
{
  size_t size = 0;

  look (self);
  while (is_of_word (peek (self)) && size < 64)
    {
      next (self);
      size++;
    }
  return (size > 0 && size < 64) || broken (self);
}

/* A member or element that is not known; lenient about words and numbers. */
static bool
skip_value (reading *self,
            unsigned depth)
{
  int open = look (self), byte;
  int closing = open == '{' ? '}' : ']';

  if (open == '"')
    return read_string (self, NULL, 0);
  if (open != '{' && open != '[')
    return skip_word (self);
  if (depth >= DEPTH_MAX)
    return broken (self);
  next (self);
  if (look (self) == closing)
    return expect (self, closing);
  do
    {
      if (open == '{' && (!read_string (self, NULL, 0) || !expect (self, ':')))
        return false;
      if (!skip_value (self, depth + 1))
        return false;
      byte = look (self);
      next (self);
    }
  while (byte == ',');
  return byte == closing || broken (self);
}

/* The name of the next member, behind which its value comes. False at the end of the object, or with a failure. */
static bool
read_member (reading *self,
             bool     first)
{
  int byte = look (self);

  if (byte == '}')
    {
      next (self);
      return false;
    }
  if (!first && !expect (self, ','))
    return false;
  return read_string (self, &self->name, NAME_MAX_SIZE) && expect (self, ':');
}

static bool
is_named (const reading *self,
          const char    *name)
{
  return self->name.size == strlen (name) && memcmp (self->name.data, name, self->name.size) == 0;
}

/* --- values of the vault ----------------------------------------------------------------- */

/* Nothing that leaves the folder, and nothing that some system would take for it. */
static bool
is_safe_path (const names_text *path)
{
  const char *data = path->data;
  size_t start = 0;

  if (path->size == 0 || path->size > FILE_MAX || memchr (data, '\0', path->size) != NULL)
    return false;
  for (size_t i = 0; i <= path->size; i++)
    if (i == path->size || data[i] == '/')
      {
        size_t size = i - start;

        if (size == 0 || size > PART_MAX || (size <= 2 && data[start] == '.' && data[i - 1] == '.'))
          return false;
        start = i + 1;
      }
  return true;
}

/* @stored: of a key; the same bytes are another one in another class. */
static bool
note (reading       *self,
      briefs        *seen,
      names_bytes    bytes,
      manifest_class stored)
{
  unsigned char whole[MANIFEST_SUM_SIZE];
  manifest_sum sum;

  if (seen->n == seen->room)
    {
      size_t room = seen->room * 2 + 1024;
      brief *grown = realloc (seen->all, room * sizeof *grown);

      if (grown == NULL)
        return fail (self, MANIFEST_NO_MEMORY);
      seen->all = grown;
      seen->room = room;
    }
  manifest_sum_init (&sum);
  manifest_sum_add (&sum, bytes.data, bytes.size);
  manifest_sum_end (&sum, whole);
  whole[0] ^= (unsigned char) stored;
  memcpy (seen->all[seen->n++].bytes, whole, sizeof seen->all->bytes);
  return true;
}

static int
compare_briefs (const void *one,
                const void *two)
{
  return memcmp (one, two, sizeof (brief));
}

static bool
has_twins (briefs *seen)
{
  if (seen->n > 1)
    qsort (seen->all, seen->n, sizeof *seen->all, compare_briefs);
  for (size_t i = 1; i < seen->n; i++)
    if (compare_briefs (&seen->all[i - 1], &seen->all[i]) == 0)
      return true;
  return false;
}

/* The members of a value, and which of them came. */
enum {
  HAS_KEY = 1 << 0,
  HAS_FILE = 1 << 1,
  HAS_SIZE = 1 << 2,
  HAS_SUM = 1 << 3,
  HAS_HEADER = 1 << 4,
  HAS_KEY_CLASS = 1 << 5,
  HAS_VALUE_CLASS = 1 << 6,
  HAS_ALL = HAS_KEY | HAS_FILE | HAS_SIZE | HAS_SUM
};

typedef struct value {
  manifest_entry entry;
  unsigned char header[MANIFEST_HEADER_MAX];
  unsigned has;
} value;

static bool
read_sum (reading *self,
          value   *to)
{
  if (!read_hex (self, &self->hex, MANIFEST_SUM_SIZE) || self->hex.size != MANIFEST_SUM_SIZE)
    return broken (self);
  memcpy (to->entry.sum, self->hex.data, MANIFEST_SUM_SIZE);
  return true;
}

static bool
read_header (reading *self,
             value   *to)
{
  if (!read_hex (self, &self->hex, MANIFEST_HEADER_MAX) || self->hex.size == 0)
    return broken (self);
  memcpy (to->header, self->hex.data, self->hex.size);
  to->entry.header = (names_bytes) { to->header, self->hex.size };
  return true;
}

static bool
read_class (reading        *self,
            manifest_class *stored)
{
  if (!read_string (self, &self->hex, NAME_MAX_SIZE))
    return false;
  for (*stored = MANIFEST_BLOB; *stored <= MANIFEST_NULL; ++*stored)
    if (self->hex.size == strlen (manifest_class_name (*stored)) && memcmp (self->hex.data, manifest_class_name (*stored), self->hex.size) == 0)
      return true;
  return broken (self);
}

static bool
read_value_member (reading *self,
                   value   *to)
{
  unsigned is = is_named (self, "key") || is_named (self, "key_hex") ? HAS_KEY
                : is_named (self, "file")                            ? HAS_FILE
                : is_named (self, "size")                            ? HAS_SIZE
                : is_named (self, "sha256")                          ? HAS_SUM
                : is_named (self, "header")                          ? HAS_HEADER
                : is_named (self, "key_class")                       ? HAS_KEY_CLASS
                : is_named (self, "value_class")                     ? HAS_VALUE_CLASS
                                                                     : 0;

  if ((to->has & is) != 0)
    return broken (self);
  to->has |= is;
  switch (is)
    {
    case HAS_KEY:
      return is_named (self, "key") ? read_string (self, &self->key, MANIFEST_KEY_MAX) : read_hex (self, &self->key, MANIFEST_KEY_MAX);
    case HAS_FILE:
      return read_string (self, &self->file, FILE_MAX);
    case HAS_SIZE:
      return read_number (self, &to->entry.size);
    case HAS_SUM:
      return read_sum (self, to);
    case HAS_HEADER:
      return read_header (self, to);
    case HAS_KEY_CLASS:
      return read_class (self, &to->entry.key_class);
    case HAS_VALUE_CLASS:
      return read_class (self, &to->entry.value_class);
    default:
      return skip_value (self, 0);
    }
}

static bool
read_value (reading *self)
{
  value found = { .entry.header = { "", 0 } };

  if (!expect (self, '{'))
    return false;
  for (bool first = true; read_member (self, first); first = false)
    if (!read_value_member (self, &found))
      return false;
  if (self->result != MANIFEST_OK || (found.has & HAS_ALL) != HAS_ALL || !is_safe_path (&self->file))
    return broken (self);
  found.entry.key = (names_bytes) { self->key.data, self->key.size };
  found.entry.file = self->file.data;
  if (!note (self, &self->keys, found.entry.key, found.entry.key_class)
      || !note (self, &self->files, (names_bytes) { self->file.data, self->file.size }, MANIFEST_BLOB))
    return false;
  self->count++;
  if (self->reader->take != NULL && !self->reader->take (&found.entry, self->reader->data))
    return fail (self, MANIFEST_STOPPED);
  return true;
}

static bool
read_values (reading *self)
{
  int byte;

  if (!expect (self, '['))
    return false;
  if (look (self) == ']')
    return expect (self, ']');
  do
    {
      if (!read_value (self))
        return false;
      byte = look (self);
      next (self);
    }
  while (byte == ',');
  return byte == ']' || broken (self);
}

/* --- the whole --------------------------------------------------------------------------- */

/* It comes first, so that any other file of that name is known at once. */
static bool
read_version (reading *self)
{
  uint64_t version;

  if (look (self) != '{')
    return fail (self, MANIFEST_FOREIGN);
  next (self);
  if (look (self) != '"' || !read_string (self, &self->name, NAME_MAX_SIZE) || !is_named (self, "coffer-manifest"))
    {
      if (self->result == MANIFEST_BROKEN)
        self->result = MANIFEST_OK;
      return fail (self, MANIFEST_FOREIGN);
    }
  if (!expect (self, ':') || !read_number (self, &version))
    return false;
  return version == 1 || fail (self, MANIFEST_NEWER);
}

static bool
read_whole (reading *self)
{
  bool has_values = false, has_count = false;
  uint64_t count = 0;

  if (!read_version (self))
    return false;
  while (read_member (self, false))
    {
      bool good = is_named (self, "values") && !has_values  ? (has_values = true) && read_values (self)
                  : is_named (self, "count") && !has_count ? (has_count = true) && read_number (self, &count)
                  : is_named (self, "values") || is_named (self, "count") ? broken (self)
                                                                          : skip_value (self, 0);

      if (!good)
        return false;
    }
  if (self->result != MANIFEST_OK)
    return false;
  if (look (self) != END || !has_values || !has_count || count != self->count)
    return broken (self);
  return (!has_twins (&self->keys) && !has_twins (&self->files)) || fail (self, MANIFEST_TWICE);
}

manifest_result
manifest_read (manifest_reader *reader)
{
  reading self = { .reader = reader, .buffer = malloc (BUFFER_SIZE) };

  reader->line = 1;
  if (self.buffer == NULL)
    return MANIFEST_NO_MEMORY;
  read_whole (&self);
  names_text_clear (&self.name);
  names_text_clear (&self.key);
  names_text_clear (&self.file);
  names_text_clear (&self.hex);
  free (self.keys.all);
  free (self.files.all);
  free (self.buffer);
  return self.result;
}
