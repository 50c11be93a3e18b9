/* SPDX-License-Identifier: MIT */
/* coffer.json comes back as it was written, and a lie is none: src/manifest. */
#include "kvtest.h"
#include "sha256.h"

#include <manifest.h>

#include <stdlib.h>
#include <string.h>

#define BYTES(text) ((names_bytes) { text, sizeof text - 1 })
#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BEGIN "{\"coffer-manifest\": 1, \"values\": ["

/* A manifest in memory, or one without end, and what came of it. */
typedef struct source {
  const char *text;
  size_t size, at, piece;
  char endless;                /* what it goes on with; 0: it ends */
  uint64_t n_read;
  const manifest_entry *expected;
  size_t n_taken;
  size_t stop_at;
} source;

static ptrdiff_t
read_source (void  *buffer,
             size_t size,
             void  *data)
{
  source *from = data;
  size_t n = from->size - from->at;

  n = n < size ? n : size;
  n = from->piece > 0 && n > from->piece ? from->piece : n;
  if (n == 0 && from->endless != 0)
    memset (buffer, from->endless, n = size);
  else
    memcpy (buffer, from->text + from->at, n);
  from->at += from->at < from->size ? n : 0;
  from->n_read += n;
  return (ptrdiff_t) n;
}

static bool
take (const manifest_entry *entry,
      void                 *data)
{
  source *from = data;
  size_t i = from->n_taken++;

  if (from->expected != NULL)
    {
      assert_mem (entry->key.data, entry->key.size, from->expected[i].key.data, from->expected[i].key.size);
      assert_mem (entry->header.data, entry->header.size, from->expected[i].header.data, from->expected[i].header.size);
      assert_str (entry->file, from->expected[i].file);
      assert_true (entry->size == from->expected[i].size);
      assert_int (entry->key_class, ==, from->expected[i].key_class);
      assert_int (entry->value_class, ==, from->expected[i].value_class);
      assert_true (memcmp (entry->sum, from->expected[i].sum, MANIFEST_SUM_SIZE) == 0);
    }
  return from->stop_at == 0 || from->n_taken < from->stop_at;
}

static manifest_result
read_text (source *from)
{
  manifest_reader reader = { read_source, take, from, 0 };

  return manifest_read (&reader);
}

static manifest_result
result_of (const char *text)
{
  return read_text (&(source) { .text = text, .size = strlen (text) });
}

static char *
value_with (const char *members)
{
  return kvtest_format (BEGIN "{%s}], \"count\": 1}", members);
}

static const char *
plain_value (const char *file)
{
  return value_with (kvtest_format ("\"key\": \"k\", \"file\": \"%s\", \"size\": 0, \"sha256\": \"" SUM "\"", file));
}

static void
gives_back_every_key (void)
{
  static char long_key[4096], long_name[256];
  manifest_entry entries[] = {
    { BYTES (""), "%", 0, { 1 }, BYTES ("") },
    { BYTES ("plain"), "plain", 1, { 2 }, BYTES ("") },
    { BYTES ("\0\n\x1b\"\\/\x7f"), "%00", 2, { 3 }, BYTES ("") },
    { BYTES ("\xff\xfe"), "%FF%FE", UINT32_MAX, { 4 }, BYTES ("") },
    { BYTES ("../.."), "%2E%2E/%2E%2E", 999999999999999999u, { 5 }, BYTES ("\x89\x4b\x01\x03\0\0\0\0\x56\x4b") },
    { BYTES ("\xe6\xbc\xa2\xf0\x9f\x8e\x9e\xe2\x80\xae"), "\xe6\xbc\xa2/\xf0\x9f\x8e\x9e", 5, { 6 }, BYTES ("") },
    { BYTES ("A"), "A", 5, { 7 }, BYTES ("") },
    { BYTES ("a"), "a (2)", 5, { 8 }, BYTES ("x") },
    { { long_key, sizeof long_key }, "long", 6, { 9 }, BYTES ("") },
    { BYTES ("trailing. "), long_name, 6, { 10 }, BYTES ("") },
    { BYTES ("a"), "text", 5, { 11 }, BYTES (""), MANIFEST_TEXT, MANIFEST_BLOB },   /* another key than that of bytes */
    { BYTES ("7"), "7", 1, { 12 }, BYTES (""), MANIFEST_INTEGER, MANIFEST_TEXT },
    { BYTES ("7"), "7 (2)", 1, { 13 }, BYTES ("h"), MANIFEST_REAL, MANIFEST_REAL },
    { BYTES ("v"), "v", 0, { 14 }, BYTES (""), MANIFEST_BLOB, MANIFEST_NULL },
    { BYTES ("w"), "w", 0, { 15 }, BYTES (""), MANIFEST_BLOB, MANIFEST_INTEGER },
  };
  size_t n = sizeof entries / sizeof *entries;
  names_text text = { NULL };

  for (size_t i = 0; i < sizeof long_key; i++)
    long_key[i] = (char) (i * 7);
  memset (long_name, 'n', 255);
  assert_true (manifest_add_begin (&text));
  for (size_t i = 0; i < n; i++)
    assert_true (manifest_add_entry (&text, &entries[i], i));
  assert_true (manifest_add_end (&text, n));
  for (size_t piece = 1; piece < 4; piece++)
    {
      source from = { .text = text.data, .size = text.size, .piece = piece, .expected = entries };

      assert_int (read_text (&from), ==, MANIFEST_OK);
      assert_int (from.n_taken, ==, n);
    }
  names_text_clear (&text);
}

static void
is_sound_without_values (void)
{
  assert_int (result_of (BEGIN "\n], \"count\": 0}\n"), ==, MANIFEST_OK);
}

static void
refuses_every_beginning (void)
{
  const char *whole = plain_value ("a/b");
  size_t size = strlen (whole);

  assert_int (result_of (whole), ==, MANIFEST_OK);
  for (size_t i = 0; i < size; i++)
    {
      manifest_result result = read_text (&(source) { .text = whole, .size = i });

      assert_true (result == MANIFEST_BROKEN || result == MANIFEST_FOREIGN);
    }
}

static void
follows_no_path_out_of_the_folder (void)
{
  static const char *const paths[] = {
    "", "/", "/etc/passwd", "..", "../a", "a/..", "a/../b", ".", "./a", "a/.", "a//b", "a/", "a\\u0000b", "\\u002e./a", "..\\/a",
  };

  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    assert_int (result_of (plain_value (paths[i])), ==, MANIFEST_BROKEN);
  assert_int (result_of (plain_value (kvtest_format ("%0256d", 0))), ==, MANIFEST_BROKEN);
  assert_int (result_of (plain_value ("...")), ==, MANIFEST_OK);
  assert_int (result_of (plain_value (".a/..b/c..")), ==, MANIFEST_OK);
}

static void
refuses_what_is_no_value (void)
{
#define REST ", \"file\": \"f\", \"size\": 0, \"sha256\": \"" SUM "\""
  static const char *const members[] = {
    "\"key\": \"k\"",
    "\"size\": 0" REST,
    "\"key\": \"k\", \"key_hex\": \"00\"" REST,
    "\"key\": \"k\", \"key\": \"k\"" REST,
    "\"key\": 1" REST,
    "\"key\": null" REST,
    "\"key_hex\": \"0\"" REST,
    "\"key_hex\": \"0g\"" REST,
    "\"key\": \"\xff\"" REST,
    "\"key\": \"\n\"" REST,
    "\"key\": \"\\ud800\"" REST,
    "\"key\": \"\\ud800\\u0041\"" REST,
    "\"key\": \"\\x\"" REST,
    "\"key\": \"k\"" REST ", \"header\": \"\"",
    "\"key\": \"k\"" REST ", \"header\": 1",
    "\"key\": \"k\"" REST ", \"key_class\": \"TEXT\"",
    "\"key\": \"k\"" REST ", \"key_class\": 3",
    "\"key\": \"k\"" REST ", \"value_class\": \"\"",
    "\"key\": \"k\"" REST ", \"value_class\": \"text\", \"value_class\": \"text\"",
    "\"key\": \"k\"" REST ",",
    "\"key\": \"k\"" REST " \"x\": 1",
    "\"key\": \"k\", \"file\": \"f\", \"size\": -1, \"sha256\": \"" SUM "\"",
    "\"key\": \"k\", \"file\": \"f\", \"size\": 1.5, \"sha256\": \"" SUM "\"",
    "\"key\": \"k\", \"file\": \"f\", \"size\": 1e9, \"sha256\": \"" SUM "\"",
    "\"key\": \"k\", \"file\": \"f\", \"size\": 01, \"sha256\": \"" SUM "\"",
    "\"key\": \"k\", \"file\": \"f\", \"size\": 18446744073709551617, \"sha256\": \"" SUM "\"",
    "\"key\": \"k\", \"file\": \"f\", \"size\": 0, \"sha256\": \"e3\"",
  };

  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    assert_int (result_of (value_with (members[i])), ==, MANIFEST_BROKEN);
  assert_int (result_of (value_with ("\"key\": \"k\"" REST ", \"new\": {\"a\": [1, -2.5e3, true, null, \"\\n\"], \"b\": {}}")), ==,
              MANIFEST_OK);
}

static void
counts_and_ends (void)
{
#define VALUE "{\"key\": \"k\", \"file\": \"f\", \"size\": 0, \"sha256\": \"" SUM "\"}"
#define OF_CLASS(stored, file) \
  "{\"key_class\": \"" stored "\", \"key\": \"k\", \"file\": \"" file "\", \"size\": 0, \"sha256\": \"" SUM "\"}"
#define OTHER(key, file) "{\"key\": \"" key "\", \"file\": \"" file "\", \"size\": 0, \"sha256\": \"" SUM "\"}"
  assert_int (result_of (BEGIN VALUE "], \"count\": 2}"), ==, MANIFEST_BROKEN);
  assert_int (result_of (BEGIN VALUE "]}"), ==, MANIFEST_BROKEN);
  assert_int (result_of (BEGIN VALUE ",], \"count\": 1}"), ==, MANIFEST_BROKEN);
  assert_int (result_of (BEGIN VALUE "], \"count\": 1} x"), ==, MANIFEST_BROKEN);
  assert_int (result_of (BEGIN VALUE "], \"count\": 1, \"count\": 1}"), ==, MANIFEST_BROKEN);
  assert_int (result_of (BEGIN VALUE "], \"values\": [], \"count\": 1}"), ==, MANIFEST_BROKEN);
  assert_int (result_of (BEGIN VALUE ", " OTHER ("k", "g") "], \"count\": 2}"), ==, MANIFEST_TWICE);
  assert_int (result_of (BEGIN VALUE ", " OTHER ("l", "f") "], \"count\": 2}"), ==, MANIFEST_TWICE);
  assert_int (result_of (BEGIN VALUE ", " OTHER ("l", "g") "], \"count\": 2}"), ==, MANIFEST_OK);
  assert_int (result_of (BEGIN VALUE ", " OF_CLASS ("blob", "g") "], \"count\": 2}"), ==, MANIFEST_TWICE);
  assert_int (result_of (BEGIN VALUE ", " OF_CLASS ("text", "g") "], \"count\": 2}"), ==, MANIFEST_OK);
  assert_int (result_of (BEGIN VALUE ", " OF_CLASS ("text", "f") "], \"count\": 2}"), ==, MANIFEST_TWICE);
  assert_int (result_of (BEGIN OF_CLASS ("text", "f") ", " OF_CLASS ("text", "g") "], \"count\": 2}"), ==, MANIFEST_TWICE);
}

static void
knows_other_files (void)
{
  assert_int (result_of (""), ==, MANIFEST_FOREIGN);
  assert_int (result_of ("[]"), ==, MANIFEST_FOREIGN);
  assert_int (result_of ("{}"), ==, MANIFEST_FOREIGN);
  assert_int (result_of ("{\"name\": \"coffer\"}"), ==, MANIFEST_FOREIGN);
  assert_int (result_of ("\x89PNG"), ==, MANIFEST_FOREIGN);
  assert_int (result_of ("{\"coffer-manifest\": 2}"), ==, MANIFEST_NEWER);
  assert_int (result_of ("{\"coffer-manifest\": \"1\"}"), ==, MANIFEST_BROKEN);
}

/* It may go on for as long as it likes: it is given up where it is more than a value may be. */
static void
ends_what_has_no_end (void)
{
  static const struct { const char *text; char endless; } endless[] = {
    { "{\"", 'a' },
    { BEGIN "{\"key\": \"", 'a' },
    { BEGIN "{\"key_hex\": \"", '0' },
    { BEGIN "{\"file\": \"", 'a' },
    { BEGIN "{\"size\": ", '1' },
    { BEGIN "{\"other\": ", '[' },
    { BEGIN "{\"other\": ", '1' },
    { BEGIN, '{' },
  };

  for (size_t i = 0; i < sizeof endless / sizeof *endless; i++)
    {
      source from = { .text = endless[i].text, .size = strlen (endless[i].text), .endless = endless[i].endless };
      manifest_result result = read_text (&from);

      assert_true (result == MANIFEST_BROKEN || result == MANIFEST_FOREIGN);
      assert_true (from.n_read < 3 * MANIFEST_KEY_MAX);
    }
}

static void
stops_when_told (void)
{
  const char *text = BEGIN OTHER ("a", "a") ", " OTHER ("b", "b") ", " OTHER ("c", "c") "], \"count\": 3}";
  source from = { .text = text, .size = strlen (text), .stop_at = 2 };

  assert_int (read_text (&from), ==, MANIFEST_STOPPED);
  assert_int (from.n_taken, ==, 2);
}

/* Of every length around the blocks, and in pieces; against another hand's work. */
static void
sums_as_others_do (void)
{
  static char data[1000];
  uint64_t random = 1;

  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (char) kvtest_random (&random);
  for (size_t size = 0; size < sizeof data; size++)
    {
      char expected[SHA256_HEX_SIZE], found[SHA256_HEX_SIZE];
      unsigned char sum[MANIFEST_SUM_SIZE];
      manifest_sum at;

      sha256_hex (data, size, expected);
      manifest_sum_init (&at);
      manifest_sum_add (&at, data, size / 3);
      manifest_sum_add (&at, data + size / 3, size - size / 3);
      manifest_sum_end (&at, sum);
      for (size_t i = 0; i < sizeof sum; i++)
        snprintf (found + 2 * i, 3, "%02x", sum[i]);
      assert_str (found, expected);
    }
}

static const KvTest tests[] = {
  { "/manifest/gives-back-every-key", gives_back_every_key },
  { "/manifest/is-sound-without-values", is_sound_without_values },
  { "/manifest/refuses-every-beginning", refuses_every_beginning },
  { "/manifest/follows-no-path-out-of-the-folder", follows_no_path_out_of_the_folder },
  { "/manifest/refuses-what-is-no-value", refuses_what_is_no_value },
  { "/manifest/counts-and-ends", counts_and_ends },
  { "/manifest/knows-other-files", knows_other_files },
  { "/manifest/ends-what-has-no-end", ends_what_has_no_end },
  { "/manifest/stops-when-told", stops_when_told },
  { "/manifest/sums-as-others-do", sums_as_others_do },
};

KVTEST_MAIN (tests)
