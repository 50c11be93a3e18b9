/* SPDX-License-Identifier: MIT */
/*
 * Keys as text for other programs, and for source code. Any thread.
 */
#define G_LOG_DOMAIN "coffer-key-format"

#include "coffer-key-format.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const char *const names[] = {
  [COFFER_KEY_FORMAT_TEXT] = "text",
  [COFFER_KEY_FORMAT_HEX] = "hex",
  [COFFER_KEY_FORMAT_PYTHON] = "python",
  [COFFER_KEY_FORMAT_C] = "c",
  [COFFER_KEY_FORMAT_SQL] = "sql",
};

gboolean
coffer_key_format_from_name (const char      *name,
                             CofferKeyFormat *format)
{
  g_return_val_if_fail (name != NULL && format != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i]))
      {
        *format = i;
        return TRUE;
      }
  return FALSE;
}

static void
append_text (GString         *text,
             const CofferKey *key,
             gboolean         alone)
{
  g_autofree char *exact = coffer_key_dup_text (key);
  g_autofree char *shown = NULL;

  /* What else is taken for the end of a line is a control character, which other programs keep. */
  if (exact != NULL && (alone || strpbrk (exact, "\n\r") == NULL))
    {
      g_string_append (text, exact);
      return;
    }
  shown = coffer_key_to_display (key, 0);
  g_string_append (text, shown);
}

static void
append_hex (GString      *text,
            const guint8 *bytes,
            gsize         size)
{
  static const char digits[] = "0123456789abcdef";

  for (gsize i = 0; i < size; i++)
    {
      g_string_append_c (text, digits[bytes[i] >> 4]);
      g_string_append_c (text, digits[bytes[i] & 0xf]);
    }
}

/* A letter for what has an escape of its own in both languages; else 0. */
static char
get_escape (guint8 byte)
{
  switch (byte)
    {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\\':
      return '\\';
    default:
      return 0;
    }
}

static void
append_python (GString      *text,
               const guint8 *bytes,
               gsize         size)
{
  char quote = size > 0 && memchr (bytes, '\'', size) != NULL && memchr (bytes, '"', size) == NULL ? '"' : '\'';

  g_string_append_printf (text, "b%c", quote);
  for (gsize i = 0; i < size; i++)
    if (get_escape (bytes[i]) != 0 || bytes[i] == quote)
      g_string_append_printf (text, "\\%c", bytes[i] == quote ? quote : get_escape (bytes[i]));
    else if (g_ascii_isprint (bytes[i]))
      g_string_append_c (text, bytes[i]);
    else
      g_string_append_printf (text, "\\x%02x", bytes[i]);
  g_string_append_c (text, quote);
}

/* An octal escape ends with its third digit, where a hexadecimal one would go on through the digits that follow. */
static void
append_c (GString      *text,
          const guint8 *bytes,
          gsize         size)
{
  g_string_append_c (text, '"');
  for (gsize i = 0; i < size; i++)
    if (get_escape (bytes[i]) != 0)
      g_string_append_printf (text, "\\%c", get_escape (bytes[i]));
    else if (bytes[i] == '"' || (bytes[i] == '?' && i > 0 && bytes[i - 1] == '?'))
      g_string_append_printf (text, "\\%c", bytes[i]);
    else if (g_ascii_isprint (bytes[i]))
      g_string_append_c (text, bytes[i]);
    else
      g_string_append_printf (text, "\\%03o", bytes[i]);
  g_string_append_c (text, '"');
}

static void
append_key (GString         *text,
            const CofferKey *key,
            CofferKeyFormat  format,
            gboolean         alone)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);

  switch (format)
    {
    case COFFER_KEY_FORMAT_HEX:
      append_hex (text, bytes, size);
      break;
    case COFFER_KEY_FORMAT_PYTHON:
      append_python (text, bytes, size);
      break;
    case COFFER_KEY_FORMAT_C:
      append_c (text, bytes, size);
      break;
    case COFFER_KEY_FORMAT_SQL:
      g_string_append (text, "X'");
      append_hex (text, bytes, size);
      g_string_append_c (text, '\'');
      break;
    case COFFER_KEY_FORMAT_TEXT:
    default:
      append_text (text, key, alone);
    }
}

GBytes *
coffer_keys_format (GPtrArray        *keys,
                    CofferKeyFormat   format,
                    gsize             max_size,
                    GCancellable     *cancellable,
                    GError          **error)
{
  GString *text;

  g_return_val_if_fail (keys != NULL, NULL);

  text = g_string_new (NULL);
  for (guint i = 0; i < keys->len; i++)
    {
      if (i > 0)
        g_string_append_c (text, '\n');
      append_key (text, g_ptr_array_index (keys, i), format, keys->len == 1);
      if (text->len > max_size)
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("That is too much text"));
      if (text->len > max_size || g_cancellable_set_error_if_cancelled (cancellable, error))
        {
          g_string_free (text, TRUE);
          return NULL;
        }
    }
  return g_string_free_to_bytes (text);
}
