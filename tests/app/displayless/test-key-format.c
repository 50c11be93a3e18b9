/* SPDX-License-Identifier: MIT */
/* Keys written for Python, C and SQL: as literals, and back again by the rules of each language. */
#include "coffer-key-format.h"

#include <kvault.h>
#include <string.h>

#define BYTES(literal) literal, sizeof (literal) - 1
#define PLENTY (1024 * 1024)

static CofferKey *
key_new (const void *data,
         gsize       size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);

  return coffer_key_new (bytes, KVAULT_CLASS_BLOB, 0);
}

static void
assert_text (GPtrArray       *keys,
             CofferKeyFormat  format,
             const char      *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) text = coffer_keys_format (keys, format, PLENTY, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (text, NULL), g_bytes_get_size (text), expected, strlen (expected));
}

static void
writes_literals (void)
{
  static const struct {
    const char *data;
    gsize size;
    const char *expected[5];
  } cases[] = {
    { BYTES (""), { "", "", "b''", "\"\"", "X''" } },
    { BYTES ("img/a.png"), { "img/a.png", "696d672f612e706e67", "b'img/a.png'", "\"img/a.png\"", "X'696d672f612e706e67'" } },
    { BYTES ("it's"), { "it's", "69742773", "b\"it's\"", "\"it's\"", "X'69742773'" } },
    { BYTES ("\"q\""), { "\"q\"", "227122", "b'\"q\"'", "\"\\\"q\\\"\"", "X'227122'" } },
    { BYTES ("'\""), { "'\"", "2722", "b'\\'\"'", "\"'\\\"\"", "X'2722'" } },
    { BYTES ("a\\b"), { "a\\b", "615c62", "b'a\\\\b'", "\"a\\\\b\"", "X'615c62'" } },
    { BYTES ("\t\n\r"), { "\t\n\r", "090a0d", "b'\\t\\n\\r'", "\"\\t\\n\\r\"", "X'090a0d'" } },
    { BYTES ("\0" "7\x01" "f\x7f"), { "\\x007\\x01f\\x7f", "00370166" "7f", "b'\\x007\\x01f\\x7f'", "\"\\0007\\001f\\177\"", "X'003701667f'" } },
    { BYTES ("\xff" "8"), { "\\xff8", "ff38", "b'\\xff8'", "\"\\3778\"", "X'ff38'" } },
    { BYTES ("\xc3\xa9"), { "é", "c3a9", "b'\\xc3\\xa9'", "\"\\303\\251\"", "X'c3a9'" } },
    { BYTES ("?\?=?\?\?/"), { "?\?=?\?\?/", "3f3f3d3f3f3f2f", "b'?\?=?\?\?/'", "\"?\\?=?\\?\\?/\"", "X'3f3f3d3f3f3f2f'" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

      g_ptr_array_add (keys, key_new (cases[i].data, cases[i].size));
      for (guint format = 0; format < G_N_ELEMENTS (cases[i].expected); format++)
        assert_text (keys, format, cases[i].expected[format]);
    }
}

static void
writes_one_a_line (void)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  assert_text (keys, COFFER_KEY_FORMAT_TEXT, "");
  g_ptr_array_add (keys, key_new (BYTES ("a\tb")));
  g_ptr_array_add (keys, key_new (BYTES ("two\nlines")));
  g_ptr_array_add (keys, key_new (BYTES ("\xff")));
  assert_text (keys, COFFER_KEY_FORMAT_TEXT, "a\tb\ntwo\\nlines\n\\xff");
  assert_text (keys, COFFER_KEY_FORMAT_HEX, "610962\n74776f0a6c696e6573\nff");
  assert_text (keys, COFFER_KEY_FORMAT_PYTHON, "b'a\\tb'\nb'two\\nlines'\nb'\\xff'");
}

/* ---- and back ---- */

static gint
hex_value (char c)
{
  return g_ascii_xdigit_value (c);
}

/* One character of a Python bytes literal, or of a C string literal after its trigraphs. */
static guint8
read_escape (const char **at,
             gboolean     python)
{
  const char *s = *at;
  guint value = 0;

  if (*s != '\\')
    {
      *at = s + 1;
      return *s;
    }
  s++;
  if (python && *s == 'x')
    value = hex_value (s[1]) * 16 + hex_value (s[2]), s += 3;
  else if (!python && *s >= '0' && *s <= '7')
    for (guint n = 0; n < 3 && *s >= '0' && *s <= '7'; n++)
      value = value * 8 + (*s++ - '0');
  else
    {
      const char *which = strchr ("nrt\\'\"?", *s);

      g_assert_nonnull (which);
      value = "\n\r\t\\'\"?"[which - "nrt\\'\"?"];
      s++;
    }
  *at = s;
  return value;
}

static void
assert_reads_back (const guint8 *data,
                   gsize         size,
                   gboolean      python)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GByteArray) back = g_byte_array_new ();
  g_autofree char *literal = NULL;
  const char *at;
  char quote;

  g_ptr_array_add (keys, key_new (data, size));
  bytes = coffer_keys_format (keys, python ? COFFER_KEY_FORMAT_PYTHON : COFFER_KEY_FORMAT_C, PLENTY, NULL, NULL);
  literal = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_true (g_str_is_ascii (literal));
  g_assert_true (python || strstr (literal, "?\?") == NULL);
  at = literal;
  g_assert_true (!python || *at++ == 'b');
  quote = *at++;
  while (*at != quote)
    {
      guint8 byte = read_escape (&at, python);

      g_byte_array_append (back, &byte, 1);
    }
  g_assert_cmpstr (at + 1, ==, "");
  g_assert_cmpmem (back->data, back->len, data, size);
}

static void
every_byte_comes_back (void)
{
  guint8 all[256];

  for (guint i = 0; i < 256; i++)
    all[i] = i;
  assert_reads_back (all, 256, TRUE);
  assert_reads_back (all, 256, FALSE);
  for (guint first = 0; first < 256; first++)
    for (guint second = 0; second < 256; second++)
      {
        const guint8 both[] = { first, second };

        assert_reads_back (both, 2, TRUE);
        assert_reads_back (both, 2, FALSE);
      }
}

static void
knows_its_names (void)
{
  CofferKeyFormat format = COFFER_KEY_FORMAT_TEXT;

  g_assert_true (coffer_key_format_from_name ("python", &format));
  g_assert_cmpint (format, ==, COFFER_KEY_FORMAT_PYTHON);
  g_assert_true (coffer_key_format_from_name ("c", &format));
  g_assert_cmpint (format, ==, COFFER_KEY_FORMAT_C);
  g_assert_false (coffer_key_format_from_name ("rust", &format));
}

static void
stops_where_it_must (void)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GBytes) enough = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (keys, key_new (BYTES ("four")));
  enough = coffer_keys_format (keys, COFFER_KEY_FORMAT_TEXT, 49, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (enough), ==, 49);
  g_assert_null (coffer_keys_format (keys, COFFER_KEY_FORMAT_TEXT, 48, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_null (coffer_keys_format (keys, COFFER_KEY_FORMAT_TEXT, PLENTY, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/vault/key-format/writes-literals", writes_literals);
  g_test_add_func ("/vault/key-format/writes-one-a-line", writes_one_a_line);
  g_test_add_func ("/vault/key-format/every-byte-comes-back", every_byte_comes_back);
  g_test_add_func ("/vault/key-format/knows-its-names", knows_its_names);
  g_test_add_func ("/vault/key-format/stops-where-it-must", stops_where_it_must);

  return g_test_run ();
}
