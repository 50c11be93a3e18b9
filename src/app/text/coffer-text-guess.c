/* SPDX-License-Identifier: MIT */
/*
 * Which encoding bytes are in. Any thread.
 */
#define G_LOG_DOMAIN "coffer-text"

#include "coffer-text.h"

#include <errno.h>
#include <string.h>

#define HEAD 4096           /* as much as tells */
#define PIECE 4096
/* UTF-16 of Western words has zeros in this share of the pairs, always in the same place. */
#define ZEROS_MIN 30
#define ZEROS_ELSEWHERE_MAX 3
/* Of the characters beyond ASCII, so many in a hundred are kana, or common Chinese characters, where the encoding is right. */
#define KANA_MIN 20
#define HAN_MIN 95
/* Bytes that are shown as text all the same have no more control characters in a hundred. */
#define CONTROLS_MAX 5

static const CofferTextEncoding encodings[] = {
  { "UTF-8", "UTF-8" },
  { "UTF-16LE", "UTF-16 LE" },
  { "UTF-16BE", "UTF-16 BE" },
  { "UTF-32LE", "UTF-32 LE" },
  { "UTF-32BE", "UTF-32 BE" },
  { "ISO-8859-1", "ISO-8859-1" },
  { "ISO-8859-15", "ISO-8859-15" },
  { "WINDOWS-1252", "Windows-1252" },
  { "WINDOWS-1250", "Windows-1250" },
  { "WINDOWS-1251", "Windows-1251" },
  { "KOI8-R", "KOI8-R" },
  { "SHIFT_JIS", "Shift-JIS" },
  { "EUC-JP", "EUC-JP" },
  { "GB18030", "GB18030" },
  { "BIG5", "Big5" },
  { "EUC-KR", "EUC-KR" },
};

const CofferTextEncoding *
coffer_text_get_encodings (guint *n)
{
  *n = G_N_ELEMENTS (encodings);

  return encodings;
}

const char *
coffer_text_get_title (const char *charset)
{
  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    if (g_str_equal (encodings[i].charset, charset))
      return encodings[i].title;

  return charset;
}

/* A person's text has none of these but tabs, ends of lines and pages, and the escape that colours a log. */
static gboolean
is_control (gunichar c)
{
  return c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b;
}

static gboolean
starts_with (const guint8 *bytes,
             gsize         len,
             const char   *mark)
{
  return len >= strlen (mark) && memcmp (bytes, mark, strlen (mark)) == 0;
}

gboolean
coffer_text_is_utf8 (const guint8 *bytes,
                     gsize         len,
                     gboolean      whole)
{
  const char *text = (const char *) bytes, *end;

  if (!g_utf8_validate_len (text, len, &end) &&
      (whole || text + len - end >= 4 || g_utf8_get_char_validated (end, text + len - end) != (gunichar) -2))
    return FALSE;

  for (const char *c = text; c < end; c++)
    if (is_control ((guchar) *c))
      return FALSE;

  return TRUE;
}

/* Turns the head into characters; a cut one at its end is left out. Returns: (transfer full) (nullable): NULL if they are none, or
 * some are zeros */
static gunichar *
dup_characters (const char   *charset,
                const guint8 *bytes,
                gsize         len,
                glong        *n)
{
  GIConv converter = g_iconv_open ("UTF-8", charset);
  g_autoptr(GString) text = g_string_new (NULL);
  char *in = (char *) bytes;
  int problem = 0;

  if (converter == (GIConv) -1)
    return NULL;

  while (len > 0 && problem == 0)
    {
      char piece[PIECE], *end = piece;
      gsize room = sizeof piece;

      if (g_iconv (converter, &in, &len, &end, &room) == (gsize) -1 && errno != E2BIG)
        problem = errno;
      g_string_append_len (text, piece, end - piece);
    }
  g_iconv_close (converter);

  if (problem == EILSEQ || memchr (text->str, '\0', text->len) != NULL)
    return NULL;

  return g_utf8_to_ucs4 (text->str, text->len, NULL, n, NULL);
}

static gboolean
reads_without_controls (const char   *charset,
                        const guint8 *bytes,
                        gsize         len)
{
  glong n = 0;
  g_autofree gunichar *characters = dup_characters (charset, bytes, len, &n);

  if (characters == NULL || n == 0)
    return FALSE;
  for (glong i = 0; i < n; i++)
    if (is_control (characters[i]) || characters[i] >= 0xfffe)
      return FALSE;

  return TRUE;
}

static gboolean
is_kana (gunichar c)
{
  return c >= 0x3040 && c <= 0x30ff;
}

static gboolean
is_han (gunichar c)
{
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3000 && c <= 0x303f) || (c >= 0xff00 && c <= 0xffef) ||
         (c >= 0x2010 && c <= 0x2026);
}

/* In an encoding that they are not in bytes are rarely valid, and never read as a language. */
static gboolean
reads_as (const char   *charset,
          const guint8 *bytes,
          gsize         len,
          gboolean    (*is_common) (gunichar),
          guint         percent)
{
  glong n = 0, n_common = 0, n_foreign = 0;
  g_autofree gunichar *characters = dup_characters (charset, bytes, len, &n);

  for (glong i = 0; characters != NULL && i < n; i++)
    {
      n_common += is_common (characters[i]);
      n_foreign += characters[i] >= 0x80;
    }

  return n_foreign > 0 && n_common * 100 >= n_foreign * percent;
}

/* By its mark: what begins with that of UTF-16 and a zero is no text in UTF-16. (nullable) */
static const char *
guess_utf32 (const guint8 *bytes,
             gsize         len)
{
  static const guint8 marks[][4] = { { 0xff, 0xfe, 0, 0 }, { 0, 0, 0xfe, 0xff } };
  static const char *const charsets[] = { "UTF-32LE", "UTF-32BE" };

  for (guint i = 0; i < G_N_ELEMENTS (charsets); i++)
    if (len >= 8 && memcmp (bytes, marks[i], sizeof marks[i]) == 0 &&
        reads_without_controls (charsets[i], bytes, MIN (len, HEAD) & ~(gsize) 3))
      return charsets[i];

  return NULL;
}

/* (nullable) */
static const char *
guess_utf16 (const guint8 *bytes,
             gsize         len)
{
  gsize n_pairs = MIN (len, HEAD) / 2, n_first = 0, n_second = 0;
  const char *charset = NULL;

  for (gsize i = 0; i < n_pairs; i++)
    {
      n_first += bytes[2 * i] == 0;
      n_second += bytes[2 * i + 1] == 0;
    }

  if (starts_with (bytes, len, "\xff\xfe"))
    charset = "UTF-16LE";
  else if (starts_with (bytes, len, "\xfe\xff"))
    charset = "UTF-16BE";
  else if (n_second * 100 >= n_pairs * ZEROS_MIN && n_first * 100 <= n_pairs * ZEROS_ELSEWHERE_MAX)
    charset = "UTF-16LE";
  else if (n_first * 100 >= n_pairs * ZEROS_MIN && n_second * 100 <= n_pairs * ZEROS_ELSEWHERE_MAX)
    charset = "UTF-16BE";

  return charset != NULL && n_pairs >= 2 && reads_without_controls (charset, bytes, n_pairs * 2) ? charset : NULL;
}

gboolean
coffer_text_is_utf16_or_32 (const guint8 *bytes,
                            gsize         len)
{
  return guess_utf32 (bytes, len) != NULL || guess_utf16 (bytes, len) != NULL;
}

gboolean
coffer_text_is_mostly_text (const guint8 *bytes,
                            gsize         len)
{
  const char *text = (const char *) bytes, *end;
  gsize n_controls = 0;

  /* A zero is valid here where it is one of few. */
  for (const char *at = text; at < text + len; at = end + 1)
    {
      if (!g_utf8_validate_len (at, text + len - at, &end) && *end != '\0' &&
          (text + len - end >= 4 || g_utf8_get_char_validated (end, text + len - end) != (gunichar) -2))
        return FALSE;
      if (end >= text + len || *end != '\0')
        break;
    }
  for (gsize i = 0; i < len; i++)
    n_controls += is_control (bytes[i]);

  return n_controls * 100 <= len * CONTROLS_MAX;
}

/* What stands alone between letters of ASCII is an accented letter, not half of a Chinese character. */
static gboolean
is_mostly_pairs (const guint8 *bytes,
                 gsize         len)
{
  gsize n = 0, n_alone = 0;

  for (gsize i = 0; i < len; i++)
    if (bytes[i] >= 0x80)
      {
        n++;
        n_alone += (i == 0 || bytes[i - 1] < 0x80) && (i + 1 == len || bytes[i + 1] < 0x80);
      }

  return n_alone * 5 < n;
}

/* UTF-8 that was damaged has a few wrong bytes among many right ones; in any other encoding right ones come by chance. */
static gboolean
is_mostly_utf8 (const guint8 *bytes,
                gsize         len)
{
  const char *at = (const char *) bytes, *end = at + len;
  gsize n_right = 0, n_wrong = 0;

  while (at < end)
    {
      gunichar c = *at != '\0' ? g_utf8_get_char_validated (at, end - at) : 0;

      if (c == (gunichar) -1)
        n_wrong++;
      else if (c >= 0x80 && c < (gunichar) -2)
        n_right++;
      at = c == 0 || c >= (gunichar) -2 ? at + 1 : g_utf8_next_char (at);
    }

  return n_right > 4 * n_wrong;
}

/* Of the two Latin encodings only one has letters from 0x80 to 0x9f. */
static const char *
guess_latin (const guint8 *bytes,
             gsize         len)
{
  for (gsize i = 0; i < len; i++)
    if (bytes[i] >= 0x80 && bytes[i] <= 0x9f)
      return "WINDOWS-1252";

  return "ISO-8859-1";
}

const char *
coffer_text_guess_charset (const guint8 *bytes,
                           gsize         len,
                           gboolean      whole)
{
  const char *utf32 = guess_utf32 (bytes, len), *utf16 = utf32 == NULL ? guess_utf16 (bytes, len) : NULL;
  gsize head = MIN (len, HEAD);

  if (utf32 != NULL || utf16 != NULL)
    return utf32 != NULL ? utf32 : utf16;
  if (starts_with (bytes, len, "\xef\xbb\xbf") || g_utf8_validate_len ((const char *) bytes, len, NULL) ||
      coffer_text_is_utf8 (bytes, len, whole))
    return "UTF-8";

  if (is_mostly_utf8 (bytes, head))
    return "UTF-8";
  if (is_mostly_pairs (bytes, head))
    {
      if (reads_as ("EUC-JP", bytes, head, is_kana, KANA_MIN))
        return "EUC-JP";
      if (reads_as ("SHIFT_JIS", bytes, head, is_kana, KANA_MIN))
        return "SHIFT_JIS";
      if (reads_as ("GB18030", bytes, head, is_han, HAN_MIN))
        return "GB18030";
    }

  return guess_latin (bytes, head);
}
