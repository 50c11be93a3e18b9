/* SPDX-License-Identifier: MIT */
/*
 * A text in a key, whatever its case. Nearly all keys are ASCII, and a million of them are looked at while people type:
 * these take a search for the rarest byte of the text, in both its cases, and no memory. What else is UTF-8 in a key is
 * composed and folded by GLib; between that, bytes that are none match nothing. Any thread.
 *
 * Text and key are composed (NFC) first, so that a letter with a mark is the same however it is written, and never the
 * letter without.
 */
#define G_LOG_DOMAIN "coffer-filter"

#include "coffer-filter-private.h"

#include <string.h>

/* Comparing at each place where the rarest byte is may look at every byte of a longer text every time. */
#define SHORT_LEN 64

struct _CofferNeedle {
  char *folded;
  gsize len;
  gboolean ascii;      /* once folded */
  gsize rare_at;
  guint8 rare[2];      /* in both cases */
};

/* Keys are made of paths, numbers and words: from the most common byte on. What is not here is rarer. */
static const char common_bytes[] = "0123456789eaiotrnsl/_-.:cdumpghfbvykwjqxz";

static gsize
get_rarity (char c)
{
  const char *at = memchr (common_bytes, c, sizeof common_bytes - 1);

  return at != NULL ? (gsize) (at - common_bytes) : sizeof common_bytes;
}

static inline guint8
fold (guint8 c)
{
  return (guint) (c - 'A') < 26 ? c | 0x20 : c;
}

CofferNeedle *
coffer_needle_new (const char *text)
{
  CofferNeedle *self = g_new0 (CofferNeedle, 1);
  g_autofree char *composed = g_utf8_normalize (text, -1, G_NORMALIZE_NFC);

  self->folded = g_utf8_casefold (composed, -1);
  self->len = strlen (self->folded);
  self->ascii = coffer_bytes_are_ascii (self->folded, self->len);
  for (gsize i = 1; i < self->len; i++)
    if (get_rarity (self->folded[i]) > get_rarity (self->folded[self->rare_at]))
      self->rare_at = i;
  self->rare[0] = self->folded[self->rare_at];
  self->rare[1] = g_ascii_toupper (self->folded[self->rare_at]);
  return self;
}

void
coffer_needle_free (CofferNeedle *self)
{
  g_free (self->folded);
  g_free (self);
}

gboolean
coffer_bytes_are_ascii (const char *data,
                        gsize       size)
{
  guint64 high = 0, word;
  gsize i = 0;

  for (; i + sizeof word <= size; i += sizeof word)
    {
      memcpy (&word, data + i, sizeof word);
      high |= word;
    }
  for (; i < size; i++)
    high |= (guint8) data[i];
  return (high & G_GUINT64_CONSTANT (0x8080808080808080)) == 0;
}

static const guint8 *
find_byte (guint8        c,
           const guint8 *begin,
           const guint8 *end)
{
  const guint8 *at = memchr (begin, c, end - begin);

  return at != NULL ? at : end;
}

static gboolean
is_at (const CofferNeedle *self,
       const guint8       *key)
{
  for (gsize i = 0; i < self->len; i++)
    if (fold (key[i]) != (guint8) self->folded[i])
      return FALSE;
  return TRUE;
}

static gboolean
find_short (const CofferNeedle *self,
            const guint8       *key,
            gsize               size)
{
  const guint8 *begin = key + self->rare_at, *end = key + size - (self->len - 1 - self->rare_at);
  const guint8 *next[2];   /* where the rare byte is, in each of its cases */

  next[0] = find_byte (self->rare[0], begin, end);
  next[1] = self->rare[1] != self->rare[0] ? find_byte (self->rare[1], begin, end) : end;
  for (;;)
    {
      int i = next[1] < next[0];

      if (next[i] == end)
        return FALSE;
      if (is_at (self, next[i] - self->rare_at))
        return TRUE;
      next[i] = find_byte (self->rare[i], next[i] + 1, end);
    }
}

static gboolean
find_long (const CofferNeedle *self,
           const char         *key,
           gsize               size)
{
  g_autofree char *folded = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    folded[i] = fold (key[i]);
  return memmem (folded, size, self->folded, self->len) != NULL;
}

static gboolean
is_in_ascii (const CofferNeedle *self,
             const char         *key,
             gsize               size)
{
  if (!self->ascii || size < self->len)
    return FALSE;
  return self->len <= SHORT_LEN ? find_short (self, (const guint8 *) key, size) : find_long (self, key, size);
}

static gboolean
is_in_text (const CofferNeedle *self,
            const char         *text,
            gsize               size)
{
  g_autofree char *composed = g_utf8_normalize (text, size, G_NORMALIZE_NFC);
  g_autofree char *folded = g_utf8_casefold (composed, -1);

  return memmem (folded, strlen (folded), self->folded, self->len) != NULL;
}

gboolean
coffer_needle_is_in (const CofferNeedle *self,
                     const char         *key,
                     gsize               size)
{
  const char *end = key + size, *valid_end;

  if (coffer_bytes_are_ascii (key, size))
    return is_in_ascii (self, key, size);

  /* To GLib a NUL ends a text; what is looked for has none. */
  for (const char *p = key; p < end; p = valid_end + 1)
    {
      g_utf8_validate_len (p, end - p, &valid_end);
      if (coffer_bytes_are_ascii (p, valid_end - p) ? is_in_ascii (self, p, valid_end - p)
                                                    : is_in_text (self, p, valid_end - p))
        return TRUE;
    }
  return FALSE;
}
