/* SPDX-License-Identifier: MIT */
/* Bytes of any kind become a text that can be shown, in pieces of any length. */
#include <coffer-text.h>
#include <string.h>

static const struct { const char *charset; const char *bytes; gsize len; const char *text; } samples[] = {
  { "UTF-8", "caf\xc3\xa9\n", 6, "café\n" },
  { "UTF-8", "\xef\xbb\xbfone\r\ntwo\r\n", 13, "one\ntwo\n" },
  { "UTF-8", "a\rb\n\nc", 6, "a\nb\n\nc" },
  { "UTF-8", "a\xff" "b\0c\xc3", 6, "a\\xffb\\x00c\\xc3" },
  { "UTF-8", "\xf0\x9f\x99\x82 \xed\xa0\x80", 8, "🙂 \\xed\\xa0\\x80" },
  { "UTF-16LE", "\xff\xfe~\x01l\0\n\0=\xd8\x42\xde", 12, "žl\n🙂" },
  { "UTF-16BE", "\0a\0\r\0\n\0b\xd8", 9, "a\nb\\xd8" },
  { "UTF-16BE", "\0a\xd8\1\0b\0c", 8, "a\\xd8\\x01bc" },
  { "ISO-8859-1", "na\xefve", 5, "naïve" },
  { "WINDOWS-1252", "\x93q\x94\x81", 4, "“q”\\x81" },
  { "SHIFT_JIS", "\x93\xfa\x96\x7b\x82\xcc\xff", 7, "日本の\\xff" },
  { "EUC-JP", "\xa4\xa2", 2, "あ" },
  { "GB18030", "\xc4\xe3\xba\xc3", 4, "你好" },
  { "KOI8-R", "\xf0\xd2", 2, "Пр" },
};

/* Fed @step bytes at a time, as the pieces of a value are. */
static char *
decode_in_steps (CofferText   *text,
                 const guint8 *bytes,
                 gsize         len,
                 gsize         step)
{
  GString *all = g_string_new (NULL);
  gsize at = 0, end = MIN (step, len);

  while (at < len)
    {
      gsize n_used;
      g_autofree guint8 *exact = g_memdup2 (bytes + at, end - at);
      GString *piece = coffer_text_decode (text, exact, end - at, end == len, &n_used);

      g_assert_true (g_utf8_validate_len (piece->str, piece->len, NULL));
      g_assert_cmpuint (n_used, <=, end - at);
      g_string_append_len (all, piece->str, piece->len);
      g_string_free (piece, TRUE);
      at += n_used;
      if (at < len)
        end = MIN (MAX (end, at) + step, len);
    }

  return g_string_free (all, FALSE);
}

static void
test_decodes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize step = 1; step <= samples[i].len; step++)
      {
        CofferText text = { .charset = samples[i].charset };
        g_autofree char *got = decode_in_steps (&text, (const guint8 *) samples[i].bytes, samples[i].len, step);

        g_test_message ("%s in steps of %zu", samples[i].charset, step);
        g_assert_cmpstr (got, ==, samples[i].text);
      }
}

static void
test_survives_anything (void)
{
  guint n;
  const CofferTextEncoding *encodings = coffer_text_get_encodings (&n);
  g_autoptr(GRand) random = g_rand_new_with_seed (7);

  for (guint round = 0; round < 300; round++)
    {
      guint8 bytes[200];
      gsize len = g_rand_int_range (random, 0, sizeof bytes);
      CofferText text = { .charset = encodings[round % n].charset, .max_line = 20 };
      g_autofree char *got = NULL;

      for (gsize i = 0; i < len; i++)
        bytes[i] = g_rand_int (random) >> (round % 3 == 0 ? 24 : 26);
      got = decode_in_steps (&text, bytes, len, 1 + round % 40);
      g_assert_nonnull (coffer_text_guess_charset (bytes, len, round % 2 == 0));
    }
}

static void
test_breaks_long_lines (void)
{
  CofferText text = { .charset = "UTF-8", .max_line = 1000 };
  g_autofree char *line = g_strnfill (1 << 20, 'x');
  g_autofree char *got = decode_in_steps (&text, (const guint8 *) line, 1 << 20, 100000);
  g_auto(GStrv) lines = g_strsplit (got, COFFER_TEXT_BREAK, -1);
  g_autofree char *joined = g_strjoinv ("", lines);

  for (char **each = lines; *each != NULL; each++)
    g_assert_cmpuint (strlen (*each), <=, 1000);
  g_assert_cmpstr (joined, ==, line);
  g_assert_cmpuint (text.n_broken, ==, g_strv_length (lines) - 1);
  g_assert_cmpuint (text.n_lines, ==, 0);
}

static void
test_counts (void)
{
  CofferText text = { .charset = "UTF-8" };
  g_autofree char *got = decode_in_steps (&text, (const guint8 *) "a\r\nb\xff\xfe\nc", 9, 2);

  g_assert_cmpuint (text.n_lines, ==, 2);
  g_assert_cmpuint (text.n_invalid, ==, 2);
}

static void
assert_guess (const char *expected,
              const char *bytes,
              gsize       len)
{
  g_assert_cmpstr (coffer_text_guess_charset ((const guint8 *) bytes, len, TRUE), ==, expected);
}

static void
test_guesses (void)
{
  assert_guess ("UTF-8", "", 0);
  assert_guess ("UTF-8", "plain", 5);
  assert_guess ("UTF-8", "\xc5\xbelu\xc5\xa5", 6);
  assert_guess ("UTF-8", "\xef\xbb\xbf\xff", 4);
  assert_guess ("UTF-8", "\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd k\xc5\xaf\xc5\x88 \xff", 18);
  assert_guess ("UTF-16LE", "\xff\xfeU\0T\0", 6);
  assert_guess ("UTF-16LE", "h\0e\0l\0l\0o\0", 10);
  assert_guess ("UTF-16BE", "\0h\0e\0l\0l\0o", 10);
  assert_guess ("ISO-8859-1", "caf\xe9 na\xefve \xfc" "ber\n", 16);
  assert_guess ("WINDOWS-1252", "\x93quoted\x94 words", 14);
  assert_guess ("SHIFT_JIS", "\x93\xfa\x96\x7b\x8c\xea\x82\xcc\x83\x65\x83\x4c\x83\x58\x83\x67\x82\xc5\x82\xb7\x81\x42\x0a", 23);
  assert_guess ("EUC-JP", "\xc6\xfc\xcb\xdc\xb8\xec\xa4\xce\xa5\xc6\xa5\xad\xa5\xb9\xa5\xc8", 16);
  assert_guess ("GB18030", "\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\n", 11);

  assert_guess ("UTF-8", "words are\nwords are\nwords are\nwords are\n", 40);
  assert_guess ("UTF-32LE", "\xff\xfe\0\0H\0\0\0i\0\0\0", 12);
  assert_guess ("UTF-32BE", "\0\0\xfe\xff\0\0\0H\0\0\0i", 12);

  g_assert_cmpstr (coffer_text_guess_charset ((const guint8 *) "cut \xc3", 5, FALSE), ==, "UTF-8");
}

static void
test_takes_no_data_for_utf16 (void)
{
  static const guint8 zeros[64];
  static const guint8 numbers[] = { 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0 };

  g_assert_false (coffer_text_is_utf16_or_32 (zeros, sizeof zeros));
  g_assert_false (coffer_text_is_utf16_or_32 (numbers, sizeof numbers));
  g_assert_false (coffer_text_is_utf16_or_32 ((const guint8 *) "\xff\xfe", 2));
  g_assert_true (coffer_text_is_utf16_or_32 ((const guint8 *) "\xff\xfe" "a\0b\0", 6));
}

static void
test_decodes_utf32 (void)
{
  CofferText text = { .charset = "UTF-32LE" };
  g_autofree char *got = decode_in_steps (&text, (const guint8 *) "\xff\xfe\0\0H\0\0\0\xff\xff\xff\xffi\0\0\0", 16, 3);

  g_assert_cmpstr (got, ==, "H\\xff\\xff\\xff\\xffi");
}

static void
test_tells_logs_from_data (void)
{
  static const guint8 log[] = "\033[1mStarted\033[0m\a and went on for a while, as logs do\n\303\251\0more words in it\n\303";
  static const guint8 data[] = "PK\3\4\1\2\5 and words";
  static const guint8 latin[] = "caf\351 na\357ve, a text without a control";

  g_assert_true (coffer_text_is_mostly_text (log, sizeof log - 1));
  g_assert_false (coffer_text_is_mostly_text (data, sizeof data - 1));
  g_assert_false (coffer_text_is_mostly_text (latin, sizeof latin - 1));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/text/decodes", test_decodes);
  g_test_add_func ("/text/survives-anything", test_survives_anything);
  g_test_add_func ("/text/breaks-long-lines", test_breaks_long_lines);
  g_test_add_func ("/text/counts", test_counts);
  g_test_add_func ("/text/guesses", test_guesses);
  g_test_add_func ("/text/decodes-utf32", test_decodes_utf32);
  g_test_add_func ("/text/tells-logs-from-data", test_tells_logs_from_data);
  g_test_add_func ("/text/takes-no-data-for-utf16", test_takes_no_data_for_utf16);

  return g_test_run ();
}
