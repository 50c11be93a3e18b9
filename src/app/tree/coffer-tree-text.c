/* SPDX-License-Identifier: MIT */
/*
 * Texts and numbers of values, as people read them. Any thread.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <math.h>
#include <string.h>

/* In a row nothing may break the line; what is copied is as it is. */
static void
append_char (GString               *out,
             gunichar               c,
             const CofferTreeStyle *style)
{
  if (style->is_quoted && (c == '"' || c == '\\'))
    g_string_append_printf (out, "\\%c", (char) c);
  else if (c == 0)
    g_string_append (out, style->is_quoted ? "\\x00" : "\\0");   /* no string for people goes on behind it */
  else if ((!style->for_row && !style->is_quoted) || (c >= ' ' && c != 0x7f && c != 0x2028 && c != 0x2029))
    g_string_append_unichar (out, c);
  else if (c == '\n')
    g_string_append (out, "\\n");
  else if (c == '\t')
    g_string_append (out, "\\t");
  else if (c == '\r')
    g_string_append (out, "\\r");
  else
    g_string_append_printf (out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
}

void
coffer_tree_append_text (GString               *out,
                         const guint8          *text,
                         gsize                  len,
                         const CofferTreeStyle *style)
{
  const char *at = (const char *) text, *end = at + len;

  while (at < end && out->len < style->max)
    {
      gunichar c = *at != '\0' ? g_utf8_get_char_validated (at, end - at) : 0;

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          g_string_append_printf (out, "\\x%02x", (guchar) *at++);
          continue;
        }
      append_char (out, c, style);
      at = *at != '\0' ? g_utf8_next_char (at) : at + 1;
    }
  if (at < end)
    g_string_append (out, "…");
}

void
coffer_tree_append_hex (GString               *out,
                        const guint8          *bytes,
                        gsize                  len,
                        const CofferTreeStyle *style)
{
  for (gsize i = 0; i < len; i++)
    {
      if (out->len >= style->max)
        {
          g_string_append (out, " …");
          return;
        }
      g_string_append_printf (out, i == 0 ? "%02x" : " %02x", bytes[i]);
    }
}

void
coffer_tree_append_int (GString               *out,
                        gint64                 number,
                        const CofferTreeStyle *style)
{
  g_string_append_printf (out, style->for_row ? "%'" G_GINT64_FORMAT : "%" G_GINT64_FORMAT, number);
}

void
coffer_tree_append_uint (GString               *out,
                         guint64                number,
                         const CofferTreeStyle *style)
{
  g_string_append_printf (out, style->for_row ? "%'" G_GUINT64_FORMAT : "%" G_GUINT64_FORMAT, number);
}

/* Digits alone would be taken for an integer. */
static void
append_digits (GString    *out,
               const char *digits)
{
  g_string_append (out, digits);
  if (strspn (digits, "-0123456789") == strlen (digits))
    g_string_append (out, ".0");
}

static gboolean
append_special (GString *out,
                double   number)
{
  if (isfinite (number))
    return FALSE;

  g_string_append (out, isnan (number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");

  return TRUE;
}

/* As few digits as give the same number back. */
void
coffer_tree_append_double (GString *out,
                           double   number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (append_special (out, number))
    return;
  for (int precision = fabs (number) < 1e-300 ? 1 : 15; precision <= 17; precision++)   /* those have fewer digits */
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", precision);
      g_ascii_formatd (digits, sizeof digits, format, number);
      if (g_ascii_strtod (digits, NULL) == number)
        break;
    }
  append_digits (out, digits);
}

void
coffer_tree_append_float (GString *out,
                          float    number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (append_special (out, number))
    return;
  for (int precision = 6; precision <= 9; precision++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", precision);
      g_ascii_formatd (digits, sizeof digits, format, number);
      if ((float) g_ascii_strtod (digits, NULL) == number)
        break;
    }
  append_digits (out, digits);
}

/* Far beyond the calendar the seconds have to do. */
void
coffer_tree_append_time (GString *out,
                         gint64   seconds,
                         guint32  nanoseconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc (seconds);
  g_autofree char *words = time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : NULL;

  if (words == NULL)
    {
      g_string_append_printf (out, "%" G_GINT64_FORMAT " s", seconds);
      return;
    }
  g_string_append (out, words);
  if (nanoseconds != 0)
    g_string_append_printf (out, ".%09u", nanoseconds);
  g_string_append (out, " UTC");
}

guint64
coffer_tree_read_be (const guint8 *bytes,
                     guint         n)
{
  guint64 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | bytes[i];

  return number;
}

guint64
coffer_tree_read_le (const guint8 *bytes,
                     guint         n)
{
  guint64 number = 0;

  for (guint i = n; i > 0; i--)
    number = number << 8 | bytes[i - 1];

  return number;
}
