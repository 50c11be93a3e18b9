/* SPDX-License-Identifier: MIT */
/*
 * A pattern for whole keys: * ? [abc] [a-z] [!abc], by characters where a key is UTF-8 and by bytes where it is not. Only the
 * last * passed is ever gone back to, which is enough: so no pattern takes more than its length times the key's. Any thread.
 */
#define G_LOG_DOMAIN "coffer-filter"

#include "coffer-filter-private.h"

/* A tenth of a second or two; a key of 1 MB may be compared with 64 characters at each of its places. */
#define MAX_STEPS (64 << 20)
#define BAD_BYTE 0x80000000u   /* and the byte: no character, and in no range of them */

typedef enum { ONE, ANY_ONE, ANY_MANY, SET } Kind;

typedef struct { gunichar first, last; } Range;

typedef struct {
  Kind kind;
  gboolean negated;
  guint ranges, n_ranges;   /* of a SET; one of ONE */
} Item;

struct _CofferGlob {
  GArray *items;    /* of Item */
  GArray *ranges;   /* of Range */
};

static inline gunichar
char_at (const char *p,
         const char *end,
         gsize      *len)
{
  gunichar c;

  *len = 1;
  if ((guint8) *p < 0x80)
    return (guint8) *p;
  c = g_utf8_get_char_validated (p, end - p);
  if ((c & BAD_BYTE) != 0)
    return BAD_BYTE | (guint8) *p;
  *len = g_utf8_next_char (p) - p;
  return c;
}

static void
add_range (CofferGlob *self,
           Item       *item,
           gunichar    first,
           gunichar    last)
{
  Range range = { first, last };

  g_array_append_val (self->ranges, range);
  item->n_ranges++;
}

/* Of "[abc]" at @p, or NULL if it is not closed. A ] that comes first is one of the set. */
static const char *
find_set_end (const char *p)
{
  p++;
  if (*p == '!' || *p == '^')
    p++;
  if (*p == ']')
    p++;
  while (*p != '\0' && *p != ']')
    p++;
  return *p == ']' ? p : NULL;
}

static void
add_set (CofferGlob *self,
         const char *p,
         const char *end)
{
  Item item = { SET, FALSE, self->ranges->len, 0 };

  p++;
  if (*p == '!' || *p == '^')
    {
      item.negated = TRUE;
      p++;
    }
  while (p < end)
    {
      gunichar first = g_utf8_get_char (p), last = first;

      p = g_utf8_next_char (p);
      if (*p == '-' && p + 1 < end)
        {
          last = g_utf8_get_char (p + 1);
          p = g_utf8_next_char (p + 1);
        }
      add_range (self, &item, first, last);
    }
  g_array_append_val (self->items, item);
}

static void
add_one (CofferGlob *self,
         gunichar    c)
{
  Item item = { ONE, FALSE, self->ranges->len, 0 };

  add_range (self, &item, c, c);
  g_array_append_val (self->items, item);
}

static void
add_any (CofferGlob *self,
         Kind        kind)
{
  Item item = { kind, FALSE, 0, 0 };
  gboolean repeated = kind == ANY_MANY && self->items->len > 0 &&
                      g_array_index (self->items, Item, self->items->len - 1).kind == ANY_MANY;

  if (!repeated)
    g_array_append_val (self->items, item);
}

CofferGlob *
coffer_glob_new (const char *text)
{
  CofferGlob *self = g_new (CofferGlob, 1);

  self->items = g_array_new (FALSE, FALSE, sizeof (Item));
  self->ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      const char *set_end = *p == '[' ? find_set_end (p) : NULL;

      if (*p == '*' || *p == '?')
        add_any (self, *p == '*' ? ANY_MANY : ANY_ONE);
      else if (set_end == NULL)
        add_one (self, g_utf8_get_char (p));
      else
        {
          add_set (self, p, set_end);
          p = set_end;
        }
    }
  return self;
}

void
coffer_glob_free (CofferGlob *self)
{
  g_array_unref (self->items);
  g_array_unref (self->ranges);
  g_free (self);
}

static gboolean
fits (const CofferGlob *self,
      const Item       *item,
      gunichar          c)
{
  if (item->kind == ANY_ONE)
    return TRUE;
  for (guint i = 0; i < item->n_ranges; i++)
    {
      const Range *range = &g_array_index (self->ranges, Range, item->ranges + i);

      if (range->first <= c && c <= range->last)
        return !item->negated;
    }
  return item->negated;
}

CofferVerdict
coffer_glob_match (const CofferGlob *self,
                   const char       *key,
                   gsize             size)
{
  const Item *items = (const Item *) self->items->data;
  const char *p = key, *end = key + size, *tried = NULL;   /* where what follows the last * is looked for */
  guint n_items = self->items->len, i = 0, after_many = 0;
  gsize len;

  for (guint steps = 0; p < end; steps++)
    {
      if (steps >= MAX_STEPS)
        return COFFER_VERDICT_GAVE_UP;
      if (i < n_items && items[i].kind == ANY_MANY)
        {
          after_many = ++i;
          tried = p;
        }
      else if (i < n_items && fits (self, &items[i], char_at (p, end, &len)))
        {
          i++;
          p += len;
        }
      else if (tried != NULL)
        {
          char_at (tried, end, &len);
          p = tried += len;
          i = after_many;
        }
      else
        return COFFER_VERDICT_NO;
      if (tried != NULL && after_many == n_items)
        return COFFER_VERDICT_YES;   /* a * at the end takes the rest */
    }
  while (i < n_items && items[i].kind == ANY_MANY)
    i++;
  return i == n_items ? COFFER_VERDICT_YES : COFFER_VERDICT_NO;
}
