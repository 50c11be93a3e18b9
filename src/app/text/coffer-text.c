/* SPDX-License-Identifier: MIT */
/*
 * From bytes to a text that can be shown, whatever they are. Pure functions but for the state that the caller keeps; any thread.
 */
#define G_LOG_DOMAIN "coffer-text"

#include "coffer-text.h"

#include <errno.h>
#include <string.h>

#define PIECE 8192

static void
append_escape (CofferText *self,
               GString    *out,
               guint8      byte)
{
  g_string_append_printf (out, "\\x%02x", byte);
  self->column += 4;
}

static void
end_line (CofferText *self,
          GString    *out)
{
  g_string_append_c (out, '\n');
  self->n_lines++;
  self->column = 0;
}

static void
break_line (CofferText *self,
            GString    *out)
{
  if (self->max_line == 0 || self->column < self->max_line)
    return;

  g_string_append (out, COFFER_TEXT_BREAK);
  self->n_broken++;
  self->column = 0;
}

/* Of what ends a line only "\n" and "\r" are looked at: all else that GTK takes for it is rare, and breaks a line all the same. */
static void
append_ascii (CofferText *self,
              GString    *out,
              char        c)
{
  gboolean ends_crlf = c == '\n' && self->after_cr;

  self->after_cr = c == '\r';
  if (ends_crlf)
    return;
  if (c == '\n' || c == '\r')
    {
      end_line (self, out);
      return;
    }

  break_line (self, out);
  if (c == '\0')
    {
      append_escape (self, out, 0);
      return;
    }
  g_string_append_c (out, c);
  self->column++;
}

static gboolean
is_plain (char c)
{
  return (guchar) c >= ' ' && (guchar) c < 0x7f;
}

/* How many of the next bytes can be taken as they are. */
static gsize
plain_run (const CofferText *self,
           const char       *text,
           gsize             len)
{
  gsize most = self->max_line == 0 ? len : MIN (len, self->max_line - MIN (self->column, self->max_line));
  gsize n = 0;

  while (n < most && is_plain (text[n]))
    n++;

  return n;
}

/* Takes what is UTF-8. Returns: how many bytes; those behind are none, or are cut short. */
static gsize
append_utf8 (CofferText *self,
             GString    *out,
             const char *text,
             gsize       len)
{
  gsize at = 0, run;

  while (at < len)
    {
      gunichar c;

      if ((run = plain_run (self, text + at, len - at)) > 0)
        {
          g_string_append_len (out, text + at, run);
          self->column += run;
          self->after_cr = FALSE;
          at += run;
        }
      else if ((guchar) text[at] < 0x80)
        {
          append_ascii (self, out, text[at++]);
        }
      else
        {
          c = g_utf8_get_char_validated (text + at, len - at);
          if (c == (gunichar) -1 || c == (gunichar) -2)
            break;
          break_line (self, out);
          run = g_utf8_next_char (text + at) - (text + at);
          g_string_append_len (out, text + at, run);
          self->column++;
          self->after_cr = FALSE;
          at += run;
        }
    }

  return at;
}

static void
append_invalid (CofferText *self,
                GString    *out,
                guint8      byte)
{
  break_line (self, out);
  append_escape (self, out, byte);
  self->after_cr = FALSE;
  self->n_invalid++;
}

/* Whether @bytes may become a character with more of them. */
static gboolean
is_cut (const guint8 *bytes,
        gsize         len)
{
  return len < 4 && g_utf8_get_char_validated ((const char *) bytes, len) == (gunichar) -2;
}

static gsize
decode_utf8 (CofferText   *self,
             GString      *out,
             const guint8 *bytes,
             gsize         len,
             gboolean      is_end)
{
  gsize at = 0;

  while ((at += append_utf8 (self, out, (const char *) bytes + at, len - at)) < len)
    {
      if (!is_end && is_cut (bytes + at, len - at))
        break;
      append_invalid (self, out, bytes[at++]);
    }

  return at;
}

static gsize
decode_other (CofferText   *self,
              GString      *out,
              GIConv        converter,
              const guint8 *bytes,
              gsize         len,
              gboolean      is_end)
{
  /* What is wrong is left out in whole units. */
  gsize unit = g_str_has_prefix (self->charset, "UTF-32") ? 4 : g_str_has_prefix (self->charset, "UTF-16") ? 2 : 1;
  char *in = (char *) bytes;
  gsize in_left = len;

  while (in_left > 0)
    {
      char piece[PIECE], *end = piece;
      gsize room = sizeof piece;
      gboolean failed = g_iconv (converter, &in, &in_left, &end, &room) == (gsize) -1;
      int problem = failed ? errno : 0;

      append_utf8 (self, out, piece, end - piece);
      if (problem == EINVAL && !is_end)
        break;
      if (problem == EILSEQ || problem == EINVAL)
        {
          for (gsize i = 0; i < unit && in_left > 0; i++, in_left--)
            append_invalid (self, out, (guint8) *in++);
          g_iconv (converter, NULL, NULL, NULL, NULL);
        }
    }

  return len - in_left;
}

/* A mark at the beginning says which order, and is none of the text. */
static gsize
mark_length (const CofferText *self,
             const guint8     *bytes,
             gsize             len)
{
  static const struct { const char *charset; const char *mark; gsize len; } marks[] = {
    { "UTF-8", "\xef\xbb\xbf", 3 }, { "UTF-16LE", "\xff\xfe", 2 }, { "UTF-16BE", "\xfe\xff", 2 },
    { "UTF-32LE", "\xff\xfe\0\0", 4 }, { "UTF-32BE", "\0\0\xfe\xff", 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (g_str_equal (self->charset, marks[i].charset) && len >= marks[i].len && memcmp (bytes, marks[i].mark, marks[i].len) == 0)
      return marks[i].len;

  return 0;
}

GString *
coffer_text_decode (CofferText   *self,
                    const guint8 *bytes,
                    gsize         len,
                    gboolean      is_end,
                    gsize        *n_used)
{
  GString *out = g_string_sized_new (len + len / 8);
  gsize mark = self->begun ? 0 : mark_length (self, bytes, len);
  GIConv converter;

  *n_used = 0;
  if (!self->begun && len < 4 && !is_end)   /* may be half a mark */
    return out;

  self->begun = TRUE;
  if (g_str_equal (self->charset, "UTF-8"))
    {
      *n_used = mark + decode_utf8 (self, out, bytes + mark, len - mark, is_end);
      return out;
    }

  converter = g_iconv_open ("UTF-8", self->charset);
  if (converter == (GIConv) -1)   /* a C library without it: what is ASCII in it can be read */
    {
      *n_used = decode_utf8 (self, out, bytes, len, is_end);
      return out;
    }
  *n_used = mark + decode_other (self, out, converter, bytes + mark, len - mark, is_end);
  g_iconv_close (converter);

  return out;
}
