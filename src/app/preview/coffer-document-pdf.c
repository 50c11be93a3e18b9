/* SPDX-License-Identifier: MIT */
/*
 * Version, title and number of pages of a PDF, as far as they stand in its plain parts near its beginning and its end: what is
 * compressed or encrypted stays unknown. Any thread. Source: ISO 32000-1.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PART_SIZE (512 << 10)   /* at either end */
#define MAX_DICTIONARY 8192     /* bytes around a name */
#define MAX_TITLE 1000
#define MAX_FINDS 500           /* of a name that might be it */

typedef struct {
  const char *begin, *end;
} Text;

/* ISO 32000-1, 7.2.2: white space and delimiters. */
static gboolean
ends_name (char c)
{
  return c == '\0' || strchr ("\t\n\f\r ()<>[]{}/%", c) != NULL;
}

static const char *
find (Text        text,
      const char *words)
{
  return text.begin < text.end ? memmem (text.begin, text.end - text.begin, words, strlen (words)) : NULL;
}

/* Not one that only begins so. */
static const char *
find_name (Text        text,
           const char *name)
{
  const char *at = text.begin;

  while ((at = find ((Text) { at, text.end }, name)) != NULL)
    {
      at += strlen (name);
      if (at == text.end || ends_name (*at))
        return at - strlen (name);
    }

  return NULL;
}

static const char *
find_last (Text        text,
           const char *words)
{
  const char *last = NULL;

  for (const char *at = text.begin; (at = find ((Text) { at, text.end }, words)) != NULL; at++)
    last = at;

  return last;
}

/* From the last << ahead of a place to the next >> behind it; dictionaries within would cut it short, which only loses a fact. */
static Text
dictionary_around (Text        text,
                   const char *at)
{
  Text found = { at - MIN (at - text.begin, MAX_DICTIONARY), at + MIN (text.end - at, MAX_DICTIONARY) };
  const char *end = find ((Text) { at, found.end }, ">>");

  for (const char *c = at; c > found.begin + 1; c--)
    if (c[-1] == '<' && c[-2] == '<')
      {
        found.begin = c;
        break;
      }
  if (end != NULL)
    found.end = end;

  return found;
}

/* Returns: the number behind a name; 0 for none */
static guint
number_of (Text        dictionary,
           const char *name)
{
  const char *c = find (dictionary, name);
  guint number = 0;

  if (c == NULL)
    return 0;

  c += strlen (name);
  while (c < dictionary.end && g_ascii_isspace (*c))
    c++;
  for (; c < dictionary.end && g_ascii_isdigit (*c) && number < 10 * 1000 * 1000; c++)
    number = number * 10 + (*c - '0');

  return number;
}

/* The root of the pages is the one that has no parent; the last that was written counts. */
static guint
count_pages (Text text)
{
  guint n = 0, n_found = 0;

  for (const char *at = text.begin; (at = find ((Text) { at, text.end }, "/Count")) != NULL && n_found++ < MAX_FINDS; at++)
    {
      Text dictionary = dictionary_around (text, at);

      if (find (dictionary, "/Kids") != NULL && find (dictionary, "/Pages") != NULL && find (dictionary, "/Parent") == NULL)
        n = number_of (dictionary, "/Count");
    }

  return n;
}

/* A string in brackets, which nest; a backslash takes what is behind it. Returns: whether it ends */
static gboolean
read_string (const char *c,
             const char *end,
             GByteArray *bytes)
{
  static const char letters[] = "nrtbf", meanings[] = "\n\r\t\b\f";
  guint depth = 1;

  while (++c < end && bytes->len < MAX_TITLE)
    {
      guint8 byte = *c;

      if (byte == '\\' && c + 3 < end && c[1] >= '0' && c[1] <= '3' && c[2] >= '0' && c[2] <= '7' && c[3] >= '0' && c[3] <= '7')
        {
          byte = (c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0');
          c += 3;
        }
      else if (byte == '\\' && c + 1 < end)
        {
          const char *letter = *++c != '\0' ? strchr (letters, *c) : NULL;

          byte = letter != NULL ? meanings[letter - letters] : *c;
        }
      else if (byte == '(')
        depth++;
      else if (byte == ')' && --depth == 0)
        return TRUE;
      g_byte_array_append (bytes, &byte, 1);
    }

  return FALSE;
}

static gboolean
read_hex (const char *c,
          const char *end,
          GByteArray *bytes)
{
  while (c + 2 < end && g_ascii_isxdigit (c[1]) && g_ascii_isxdigit (c[2]) && bytes->len < MAX_TITLE)
    {
      guint8 byte = g_ascii_xdigit_value (c[1]) << 4 | g_ascii_xdigit_value (c[2]);

      g_byte_array_append (bytes, &byte, 1);
      c += 2;
    }

  return c + 1 < end && c[1] == '>';
}

/* UTF-16 or UTF-8 with their marks; else an encoding of PDF's own, which is Latin-1 but for a few. */
static void
add_title (CofferDocument   *self,
           const GByteArray *bytes)
{
  g_autofree char *latin = NULL;
  gsize n = 0;

  if (bytes->len >= 2 && memcmp (bytes->data, "\xfe\xff", 2) == 0)
    {
      coffer_document_add_utf16 (self, _("Title"), bytes->data + 2, bytes->len - 2);
      return;
    }
  if (bytes->len >= 3 && memcmp (bytes->data, "\xef\xbb\xbf", 3) == 0)
    {
      coffer_document_add_words (self, _("Title"), (const char *) bytes->data + 3, bytes->len - 3);
      return;
    }
  latin = g_convert ((const char *) bytes->data, bytes->len, "UTF-8", "ISO-8859-1", NULL, &n, NULL);
  if (latin != NULL)
    coffer_document_add_words (self, _("Title"), latin, n);
}

/* Bookmarks have titles, too: the document's stands beside who made it. */
static gboolean
find_title (CofferDocument *self,
            Text            text)
{
  guint n_found = 0;

  for (const char *at = text.begin; (at = find ((Text) { at, text.end }, "/Title")) != NULL && n_found++ < MAX_FINDS; at++)
    {
      Text dictionary = dictionary_around (text, at);
      g_autoptr(GByteArray) bytes = g_byte_array_new ();
      const char *c = at + strlen ("/Title");

      if (find (dictionary, "/Producer") == NULL && find (dictionary, "/Creator") == NULL &&
          find (dictionary, "/CreationDate") == NULL)
        continue;
      while (c < text.end && g_ascii_isspace (*c))
        c++;
      if (c < text.end && ((*c == '(' && read_string (c, text.end, bytes)) || (*c == '<' && read_hex (c, text.end, bytes))))
        {
          add_title (self, bytes);
          return TRUE;
        }
    }

  return FALSE;
}

/* From a place to the next of some words, if they are near. */
static Text
text_until (Text        text,
            const char *at,
            const char *words)
{
  Text found = { at, MIN (text.end, at + MIN (text.end - at, MAX_DICTIONARY)) };
  const char *end = find (found, words);

  if (end != NULL)
    found.end = end;

  return found;
}

/* All of the dictionary of a stream, with those within, around a place; nothing where that is not in one. */
static Text
stream_around (Text        text,
               const char *at)
{
  Text ahead = { MAX (text.begin, at - MIN (at - text.begin, MAX_DICTIONARY)), at };
  const char *begin = find_last (ahead, "obj");

  if (begin == NULL || find ((Text) { begin, at }, "stream") != NULL)
    return (Text) { at, at };

  return (Text) { begin, text_until (text, at, "stream").end };
}

/* Only a trailer says so, or the stream that is one; the page is free to speak of "/Encrypt". */
static gboolean
is_encrypted (Text text)
{
  const char *trailer = find_last (text, "trailer");
  guint n_found = 0;

  if (trailer != NULL && find_name (text_until (text, trailer, "startxref"), "/Encrypt") != NULL)
    return TRUE;

  for (const char *at = text.begin; (at = find_name ((Text) { at, text.end }, "/XRef")) != NULL && n_found++ < MAX_FINDS; at++)
    if (find_name (stream_around (text, at), "/Encrypt") != NULL)
      return TRUE;

  return FALSE;
}

static void
add_version (CofferDocument *self,
             Text            head)
{
  const char *from = head.begin + strlen ("%PDF-"), *c = from;

  while (c < head.end && c < from + 3 && (g_ascii_isdigit (*c) || *c == '.'))
    c++;
  coffer_document_add (self, _("Version"), g_strndup (from, c - from));
}

void
coffer_document_read_pdf (CofferDocument *self)
{
  g_autoptr(GBytes) first = coffer_document_read_part (self, 0, PART_SIZE);
  g_autoptr(GBytes) last = coffer_document_read_part (self, MAX (self->size, PART_SIZE) - PART_SIZE, PART_SIZE);
  gsize first_len, last_len;
  const char *first_bytes = g_bytes_get_data (first, &first_len), *last_bytes = g_bytes_get_data (last, &last_len);
  Text head = { first_bytes, first_bytes + first_len }, tail = { last_bytes, last_bytes + last_len };
  const char *linear = find ((Text) { head.begin, head.begin + MIN (first_len, 1024) }, "/Linearized");
  guint n = linear != NULL ? number_of (dictionary_around (head, linear), "/N ") : 0;

  if (first_len < strlen ("%PDF-1.0"))
    return;

  add_version (self, head);
  if (n == 0 && (n = count_pages (tail)) == 0)
    n = count_pages (head);
  if (n > 0)
    coffer_document_add (self, _("Pages"), g_strdup_printf ("%'u", n));
  if (is_encrypted (tail) || is_encrypted (head))
    coffer_document_add (self, _("Encrypted"), g_strdup (_("Yes")));
  else if (!find_title (self, tail) && (last_len > 0 || linear != NULL))   /* else it may be encrypted */
    find_title (self, head);
}
