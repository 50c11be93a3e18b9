/* SPDX-License-Identifier: MIT */
/* Keys as bytes and as text to show. */
#include "coffer-key.h"

#include <kvault.h>
#include <string.h>

#define BYTES(literal) literal, sizeof (literal) - 1

static CofferKey *
key_new (const char *data,
         gsize       size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);

  return coffer_key_new (bytes, KVAULT_CLASS_BLOB, 0);
}

static void
shows_keys_safely (void)
{
  static const struct {
    const char *data;
    gsize size;
    const char *shown;
  } cases[] = {
    { BYTES (""), "(empty key)" },
    { BYTES ("img/a.png"), "img/a.png" },
    { BYTES ("späť/日本/😀"), "späť/日本/😀" },
    { BYTES ("a\\b"), "a\\b" },
    { BYTES ("a\\b\n"), "a\\\\b\\n" },
    { BYTES ("a\0b"), "a\\x00b" },
    { BYTES ("\0"), "\\x00" },
    { BYTES ("line\nfeed\r\ttab"), "line\\nfeed\\r\\ttab" },
    { BYTES ("\x1b[31mred"), "\\x1b[31mred" },
    { BYTES ("\x7f"), "\\x7f" },
    { BYTES ("\xc2\x85"), "\\u0085" },
    { BYTES ("\xff\xfe"), "\\xff\\xfe" },
    { BYTES ("ok\xe2\x82"), "ok\\xe2\\x82" },
    { BYTES ("\xe2\0\x80"), "\\xe2\\x00\\x80" },
    { BYTES ("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
    { BYTES ("\xc0\xaf"), "\\xc0\\xaf" },
    { BYTES ("a\xe2\x80\xaegnp.exe"), "a\\u202egnp.exe" },
    { BYTES ("\xe2\x81\xa6x\xe2\x81\xa9"), "\\u2066x\\u2069" },
    { BYTES ("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029" },
    { BYTES ("\xef\xbb\xbf" "bom"), "\\ufeffbom" },
    { BYTES ("zero\xe2\x80\x8bwidth"), "zero\\u200bwidth" },
    { BYTES ("\xf3\xa0\x81\xa5"), "\\U000e0065" },
    { BYTES ("\xd8\x80\xd9\xa1"), "\xd8\x80\xd9\xa1" },
    { BYTES ("👩\xe2\x80\x8d🚀"), "👩\xe2\x80\x8d🚀" },
    { BYTES ("שלום"), "שלום" },
    { BYTES (" "), "\\x20" },
    { BYTES ("   "), "\\x20\\x20\\x20" },
    { BYTES ("  lead"), "\\x20\\x20lead" },
    { BYTES ("img/a.png "), "img/a.png\\x20" },
    { BYTES (" between  us "), "\\x20between  us\\x20" },
    { BYTES ("a b"), "a b" },
    { BYTES (" \\ "), "\\x20\\\\\\x20" },
    { BYTES (" \n "), "\\x20\\n\\x20" },
    { BYTES ("\xc2\xa0\xe3\x80\x80x\xe3\x80\x80y\xe2\x80\x83"), "\\u00a0\\u3000x\xe3\x80\x80y\\u2003" },
    { BYTES ("\xe2\x80\x8d"), "\\u200d" },
    { BYTES ("\xe2\xa0\x80\xe3\x85\xa4"), "\\u2800\\u3164" },
    { BYTES (" \x80"), "\\x20\\x80" },
    { BYTES ("\x80 "), "\\x80\\x20" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferKey) key = key_new (cases[i].data, cases[i].size);
      g_autofree char *shown = coffer_key_to_display (key, 0);

      g_assert_cmpstr (shown, ==, cases[i].shown);
      g_assert_true (g_utf8_validate (shown, -1, NULL));
    }
}

static void
assert_parts (const char *text,
              const char *name,
              const char *prefix)
{
  g_autoptr(CofferKey) key = key_new (text, strlen (text));
  g_autofree char *got_prefix = NULL;
  g_autofree char *got_name = coffer_key_split_display (key, 0, &got_prefix);

  g_assert_cmpstr (got_name, ==, name);
  g_assert_cmpstr (got_prefix, ==, prefix);
}

static void
splits_at_the_last_separator (void)
{
  assert_parts ("a/b:c", "c", "a/b:");
  assert_parts ("a/b/", "b/", "a/");
  assert_parts ("plain", "plain", "");
  assert_parts ("/", "/", "");
  assert_parts ("a//", "/", "a/");
}

static void
leaves_out_the_middle (void)
{
  static const struct {
    const char *data;
    gsize max_bytes;
    const char *shown;
  } cases[] = {
    { "abcdefghij", 10, "abcdefghij" },
    { "abcdefghijk", 10, "abcde…ghijk" },
    { "abcdefghijk", 4, "ab…jk" },
    { "aäbbbbbbb€b", 4, "a…b" },             /* never half a character */
    { "ääääää", 6, "ä…ä" },
    { "\nbcdefg\\", 4, "\\nb…g\\\\" },
    { " bcdefghi ", 4, "\\x20b…i\\x20" },
    { "ab       cd", 8, "ab  …  cd" },       /* blanks at the cut are within */
    { "          ", 4, "\\x20\\x20…\\x20\\x20" },
    { "abc\ndefg\\", 4, "ab…g\\" },          /* the escape is in what is left out */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferKey) key = key_new (cases[i].data, strlen (cases[i].data));
      g_autofree char *shown = coffer_key_to_display (key, cases[i].max_bytes);

      g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

static void
shows_long_keys (void)
{
  g_autoptr(GString) long_text = g_string_new (NULL);
  g_autoptr(CofferKey) key = NULL;
  g_autoptr(CofferKey) huge = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *shown_huge = NULL;
  g_autofree char *bytes = g_malloc (1000000);

  while (long_text->len < 4092)
    g_string_append (long_text, "segment/");
  g_string_truncate (long_text, 4092);
  g_string_append (long_text, ".png");
  key = key_new (long_text->str, long_text->len);
  shown = coffer_key_to_display (key, 512);
  g_assert_cmpint (strlen (shown), ==, 512 + strlen ("…"));
  g_assert_true (g_str_has_prefix (shown, "segment/segment/"));
  g_assert_true (g_str_has_suffix (shown, ".png"));
  g_assert_nonnull (strstr (shown, "…"));

  memset (bytes, 0x80, 1000000);   /* not one character to cut at */
  huge = key_new (bytes, 1000000);
  shown_huge = coffer_key_to_display (huge, 512);
  g_assert_cmpint (strlen (shown_huge), ==, 512 * strlen ("\\x80") + strlen ("…"));
}

static void
gives_text_only_if_exact (void)
{
  static const struct {
    const char *data;
    gsize size;
    const char *text;
  } cases[] = {
    { BYTES (""), "" },
    { BYTES ("a\nb"), "a\nb" },
    { BYTES ("日本"), "日本" },
    { BYTES ("a\0b"), NULL },
    { BYTES ("a\0"), NULL },
    { BYTES ("\xff"), NULL },
    { BYTES ("\xe2\x82"), NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferKey) key = key_new (cases[i].data, cases[i].size);
      g_autofree char *text = coffer_key_dup_text (key);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
orders_by_class_then_bytes (void)
{
  g_autoptr(CofferKey) empty = key_new (BYTES (""));
  g_autoptr(CofferKey) a = key_new (BYTES ("a"));
  g_autoptr(CofferKey) a_nul = key_new (BYTES ("a\0"));
  g_autoptr(CofferKey) high = key_new (BYTES ("\xff"));
  g_autoptr(CofferKey) text = coffer_key_new (coffer_key_get_bytes (high), KVAULT_CLASS_TEXT, 7);
  g_autoptr(CofferKey) same = coffer_key_new (coffer_key_get_bytes (a), KVAULT_CLASS_BLOB, 9);
  CofferKey *order[] = { text, empty, a, a_nul, high };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    for (guint j = 0; j < G_N_ELEMENTS (order); j++)
      {
        int result = coffer_key_compare (order[i], order[j]);

        g_assert_cmpint (CLAMP (result, -1, 1), ==, i < j ? -1 : i > j);
        g_assert_cmpint (coffer_key_equal (order[i], order[j]), ==, i == j);
      }
  g_assert_true (coffer_key_equal (a, same));   /* rows are no part of what a key is */
  g_assert_cmpint (coffer_key_get_id (same), ==, 9);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/key/shows-keys-safely", shows_keys_safely);
  g_test_add_func ("/key/leaves-out-the-middle", leaves_out_the_middle);
  g_test_add_func ("/key/shows-long-keys", shows_long_keys);
  g_test_add_func ("/key/gives-text-only-if-exact", gives_text_only_if_exact);
  g_test_add_func ("/key/splits-at-the-last-separator", splits_at_the_last_separator);
  g_test_add_func ("/key/orders-by-class-then-bytes", orders_by_class_then_bytes);
  return g_test_run ();
}
