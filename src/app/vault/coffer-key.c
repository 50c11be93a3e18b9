/* SPDX-License-Identifier: MIT */
/*
 * A key: immutable bytes with the storage class and row they were seen with. Reference counted atomically, so a key may
 * travel between the main thread and the lanes.
 */
#define G_LOG_DOMAIN "coffer-key"

#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#define MANY_KEYS 10000

struct _CofferKey {
  gatomicrefcount refs;
  int key_class;
  gint64 id;
  GBytes *bytes;
};

G_DEFINE_BOXED_TYPE (CofferKey, coffer_key, coffer_key_ref, coffer_key_unref)

CofferKey *
coffer_key_new (GBytes *bytes,
                int     key_class,
                gint64  id)
{
  CofferKey *self;

  g_return_val_if_fail (bytes != NULL, NULL);

  self = g_new (CofferKey, 1);
  g_atomic_ref_count_init (&self->refs);
  self->key_class = key_class;
  self->id = id;
  self->bytes = g_bytes_ref (bytes);
  return self;
}

CofferKey *
coffer_key_new_from_entry (const kvault_entry *entry)
{
  char *copy = g_malloc (entry->key_size + 1);
  g_autoptr(GBytes) bytes = g_bytes_new_take (copy, entry->key_size);

  memcpy (copy, entry->key, entry->key_size);
  copy[entry->key_size] = '\0';   /* numbers are read back as text */
  return coffer_key_new (bytes, entry->key_class, entry->id);
}

kvault_entry
coffer_key_to_entry (const CofferKey *key)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (key->bytes, &size);

  return (kvault_entry) {
    .key = bytes != NULL ? bytes : "",
    .key_size = size,
    .key_class = key->key_class,
    .id = key->id,
    .value_size = KVAULT_SIZE_UNKNOWN,
    .value_class = KVAULT_CLASS_BLOB,
  };
}

CofferKey *
coffer_key_new_written (GBytes *bytes)
{
  return coffer_key_new (bytes, KVAULT_CLASS_BLOB, 0);
}

CofferKey *
coffer_key_ref (CofferKey *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_key_unref (CofferKey *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_bytes_unref (self->bytes);
  g_free (self);
}

static gpointer
unref_thread (gpointer keys)
{
  g_ptr_array_unref (keys);
  return NULL;
}

void
coffer_keys_unref (GPtrArray *keys)
{
  if (keys->len <= MANY_KEYS)
    g_ptr_array_unref (keys);
  else
    g_thread_unref (g_thread_new ("coffer-free", unref_thread, keys));
}

GBytes *
coffer_key_get_bytes (const CofferKey *self)
{
  return self->bytes;
}

int
coffer_key_get_class (const CofferKey *self)
{
  return self->key_class;
}

gboolean
coffer_key_is_blob (const CofferKey *self)
{
  return self->key_class == KVAULT_CLASS_BLOB;
}

gint64
coffer_key_get_id (const CofferKey *self)
{
  return self->id;
}

gboolean
coffer_key_equal (const CofferKey *a,
                  const CofferKey *b)
{
  return a == b || (a->key_class == b->key_class && g_bytes_equal (a->bytes, b->bytes));
}

/* Exact: an integer of 64 bits is no double. */
static int
compare_with_real (gint64 integer,
                   double real)
{
  gint64 whole;

  if (real < -9223372036854775808.0)
    return 1;
  if (real >= 9223372036854775808.0)
    return -1;
  whole = (gint64) real;
  if (integer != whole)
    return integer < whole ? -1 : 1;
  return (double) integer < real ? -1 : (double) integer > real;
}

/* @text  of a number, as the engine writes it: its strtod() reads that, in the locale of the program */
static void
copy_number (const kvault_entry *entry,
             char                text[64])
{
  gsize size = MIN (entry->key_size, 63);

  memcpy (text, entry->key, size);
  text[size] = '\0';
}

static int
compare_numbers (const kvault_entry *a,
                 const kvault_entry *b)
{
  char a_text[64], b_text[64];
  gint64 x, y;

  copy_number (a, a_text);
  copy_number (b, b_text);
  if (a->key_class == KVAULT_CLASS_REAL && b->key_class == KVAULT_CLASS_REAL)
    {
      double p = strtod (a_text, NULL), q = strtod (b_text, NULL);

      return p < q ? -1 : p > q;
    }
  if (a->key_class == KVAULT_CLASS_REAL)
    return -compare_with_real (g_ascii_strtoll (b_text, NULL, 10), strtod (a_text, NULL));
  if (b->key_class == KVAULT_CLASS_REAL)
    return compare_with_real (g_ascii_strtoll (a_text, NULL, 10), strtod (b_text, NULL));
  x = g_ascii_strtoll (a_text, NULL, 10);
  y = g_ascii_strtoll (b_text, NULL, 10);
  return x < y ? -1 : x > y;
}

static gboolean
is_number (const kvault_entry *entry)
{
  return entry->key_class == KVAULT_CLASS_INTEGER || entry->key_class == KVAULT_CLASS_REAL;
}

int
coffer_key_compare_entries (const kvault_entry *a,
                            const kvault_entry *b)
{
  gsize both = MIN (a->key_size, b->key_size);
  int order;

  if (is_number (a) && is_number (b))
    return compare_numbers (a, b);
  if (a->key_class != b->key_class)
    return a->key_class < b->key_class ? -1 : 1;
  order = both > 0 ? memcmp (a->key, b->key, both) : 0;
  return order != 0 ? order : a->key_size < b->key_size ? -1 : a->key_size > b->key_size;
}

int
coffer_key_compare (const CofferKey *a,
                    const CofferKey *b)
{
  const kvault_entry x = coffer_key_to_entry (a), y = coffer_key_to_entry (b);

  return coffer_key_compare_entries (&x, &y);
}

/*
 * Format characters that show as something of their own or join letters as their script needs: the joiners of Indic,
 * Persian and emoji, and the number and name marks of Arabic, Syriac and Kaithi. All others (bidi controls, zero-width
 * marks, tags, annotations) can make one key look like another.
 */
static gboolean
is_shown_format (gunichar c)
{
  return c == 0x200c || c == 0x200d || (c >= 0x0600 && c <= 0x0605) || c == 0x06dd || c == 0x070f ||
         c == 0x0890 || c == 0x0891 || c == 0x08e2 || c == 0x110bd || c == 0x110cd;
}

static gboolean
needs_escape (gunichar c)
{
  switch ((int) g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return TRUE;
    case G_UNICODE_FORMAT:
      return !is_shown_format (c);
    default:
      return FALSE;
    }
}

/* The character at @p, or (gunichar) -1 for a byte that is no part of valid UTF-8; NUL is a character. */
static gunichar
char_at (const char *p,
         const char *end,
         gsize      *len)
{
  gunichar c = *p == '\0' ? 0 : g_utf8_get_char_validated (p, end - p);

  if ((c & 0x80000000) != 0)
    {
      *len = 1;
      return (gunichar) -1;
    }
  *len = *p == '\0' ? 1 : (gsize) (g_utf8_next_char (p) - p);
  return c;
}

/* What leaves no ink: at the ends of a key nobody would see it, and a key of nothing else would seem to be none. */
static gboolean
is_blank (gunichar c)
{
  return g_unichar_type (c) == G_UNICODE_SPACE_SEPARATOR || c == 0x200c || c == 0x200d ||
         c == 0x115f || c == 0x1160 || c == 0x2800 || c == 0x3164 || c == 0xffa0;
}

/* What is shown of a key; blanks are escaped outside of @ink. */
typedef struct {
  const char *ink;
  const char *ink_end;
  gboolean escape;   /* anything at all */
} Shown;

static gboolean
is_escaped (const Shown *shown,
            const char  *p,
            gunichar     c)
{
  return c == (gunichar) -1 || needs_escape (c) || p < shown->ink || p >= shown->ink_end;
}

static gboolean
any_escape (const Shown *shown,
            const char  *p,
            const char  *end)
{
  for (gsize len; p < end; p += len)
    {
      gunichar c = char_at (p, end, &len);

      if (is_escaped (shown, p, c))
        return TRUE;
    }
  return FALSE;
}

static void
append_escaped (GString     *text,
                const Shown *shown,
                const char  *p,
                const char  *end)
{
  for (gsize len; p < end; p += len)
    {
      gunichar c = char_at (p, end, &len);

      if (c == (gunichar) -1)
        g_string_append_printf (text, "\\x%02x", (guint8) *p);
      else if (c == '\n')
        g_string_append (text, "\\n");
      else if (c == '\t')
        g_string_append (text, "\\t");
      else if (c == '\r')
        g_string_append (text, "\\r");
      else if (c == '\\' && shown->escape)
        g_string_append (text, "\\\\");
      else if (!is_escaped (shown, p, c))
        g_string_append_len (text, p, len);
      else if (c < 0x80)
        g_string_append_printf (text, "\\x%02x", c);
      else
        g_string_append_printf (text, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
    }
}

static const char *
skip_blanks (const char *p,
             const char *end)
{
  gsize len;

  while (p < end && is_blank (char_at (p, end, &len)))
    p += len;
  return p;
}

/* The bytes of the blank that ends at @end, or 0. */
static gsize
blank_before (const char *begin,
              const char *end)
{
  for (gsize back = 1; back <= MIN ((gsize) (end - begin), 4); back++)
    {
      gsize len;
      gunichar c = char_at (end - back, end, &len);

      if (c != (gunichar) -1 && len == back)
        return is_blank (c) ? back : 0;
    }
  return 0;
}

static const char *
drop_blanks (const char *begin,
             const char *end)
{
  gsize len;

  while ((len = blank_before (begin, end)) > 0)
    end -= len;
  return end;
}

/* Where a cut at @at leaves no character in two: the start of the character that @at is in, if it is in one. */
static gsize
start_of_char (const char *data,
               gsize       size,
               gsize       at)
{
  for (gsize back = 1; back <= MIN (at, 3); back++)
    {
      gsize len;

      if (char_at (data + at - back, data + size, &len) != (gunichar) -1 && len > 1)
        return len > back ? at - back : at;
    }
  return at;
}

static gsize
end_of_char (const char *data,
             gsize       size,
             gsize       at)
{
  gsize start = start_of_char (data, size, at);
  gsize len = 0;

  if (start < at)
    char_at (data + start, data + size, &len);
  return start + len > at ? start + len : at;
}

char *
coffer_key_bytes_to_display (const char *data,
                             gsize       size,
                             gsize       max_bytes)
{
  gsize head = size, tail = size;
  Shown shown = { 0 };
  GString *text;

  if (max_bytes > 0 && size > max_bytes)
    {
      head = start_of_char (data, size, max_bytes / 2);
      tail = end_of_char (data, size, size - (max_bytes - max_bytes / 2));
    }
  /* Of a long key no more than is shown is looked at. */
  shown.ink = skip_blanks (data, data + head);
  shown.ink_end = drop_blanks (tail < size ? data + tail : shown.ink, data + size);
  shown.escape = any_escape (&shown, data, data + head) || any_escape (&shown, data + tail, data + size);

  text = g_string_sized_new (head + (size - tail) + 1);
  append_escaped (text, &shown, data, data + head);
  if (tail > head)
    g_string_append (text, "…");
  append_escaped (text, &shown, data + tail, data + size);
  return g_string_free (text, FALSE);
}

char *
coffer_key_to_display (const CofferKey *self,
                       gsize            max_bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (self->bytes, &size);

  return size == 0 ? g_strdup (_("(empty key)")) : coffer_key_bytes_to_display (data, size, max_bytes);
}

/* Separators are single bytes of UTF-8, and no escape has one. */
char *
coffer_key_split_display (const CofferKey  *self,
                          gsize             max_bytes,
                          char            **prefix)
{
  g_autofree char *display = coffer_key_to_display (self, max_bytes);
  const char *name = display;

  for (const char *c = display; *c != '\0'; c++)
    if ((*c == '/' || *c == ':') && c[1] != '\0')
      name = c + 1;
  *prefix = g_strndup (display, name - display);

  return g_strdup (name);
}

char *
coffer_key_dup_text (const CofferKey *self)
{
  gsize size;
  const char *data = g_bytes_get_data (self->bytes, &size);

  if (size == 0)
    return g_strdup ("");
  return g_utf8_validate_len (data, size, NULL) ? g_strndup (data, size) : NULL;
}
