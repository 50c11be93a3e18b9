/* SPDX-License-Identifier: MIT */
/* Codes, names and messages: error.c. */
#include "kvtest.h"

static void
names_every_result (void)
{
  static const struct { int result; const char *name; } names[] = {
    { KVAULT_OK, "KVAULT_OK" }, { KVAULT_NOTFOUND, "KVAULT_NOTFOUND" },
    { KVAULT_EEXIST, "KVAULT_EEXIST" }, { KVAULT_EINVAL, "KVAULT_EINVAL" },
    { KVAULT_ERANGE, "KVAULT_ERANGE" }, { KVAULT_ENOMEM, "KVAULT_ENOMEM" },
    { KVAULT_EBUSY, "KVAULT_EBUSY" }, { KVAULT_ECANCELLED, "KVAULT_ECANCELLED" },
    { KVAULT_EREADONLY, "KVAULT_EREADONLY" }, { KVAULT_ESTALE, "KVAULT_ESTALE" },
    { KVAULT_EMOVED, "KVAULT_EMOVED" }, { KVAULT_ETOOBIG, "KVAULT_ETOOBIG" },
    { KVAULT_EFULL, "KVAULT_EFULL" }, { KVAULT_EIO, "KVAULT_EIO" },
    { KVAULT_ECORRUPT, "KVAULT_ECORRUPT" }, { KVAULT_ENOTDB, "KVAULT_ENOTDB" },
    { KVAULT_EENCRYPTED, "KVAULT_EENCRYPTED" }, { KVAULT_ENOTVAULT, "KVAULT_ENOTVAULT" },
    { KVAULT_ENOENT, "KVAULT_ENOENT" }, { KVAULT_EPERM, "KVAULT_EPERM" },
    { KVAULT_EHOT, "KVAULT_EHOT" }, { KVAULT_ENOTFILE, "KVAULT_ENOTFILE" },
    { KVAULT_ECACHEFULL, "KVAULT_ECACHEFULL" },
  };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      assert_str (kvault_result_name (names[i].result), names[i].name);
      assert_int (names[i].result, ==, -(int) i);
    }
  assert_str (kvault_result_name (1), "KVAULT_UNKNOWN");
  assert_str (kvault_result_name (-(int) KVTEST_N (names)), "KVAULT_UNKNOWN");
  assert_str (kvault_result_name (INT32_MIN), "KVAULT_UNKNOWN");
}

static void
tells_its_version (void)
{
  assert_str (kvault_version (), KVTEST_VERSION);
}

static void
says_nothing_before_a_failure (void)
{
  kvault *vault = kvtest_create ("a.db");

  assert_str (kvault_errmsg (vault), "");
  assert_int (kvault_last_error (vault)->code, ==, KVAULT_OK);
  kvault_close (vault);
}

static void
remembers_the_last_failure (void)
{
  char *path = kvtest_fixture ("v010_media.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  const kvault_error *error;

  assert_result (vault, kvault_delete (vault, "user:1:name", 11), KVAULT_EREADONLY);
  error = kvault_last_error (vault);
  assert_int (error->code, ==, KVAULT_EREADONLY);
  assert_str (error->message, kvault_errmsg (vault));
  assert_true (strstr (error->message, "user:1:name") || strstr (error->message, "v010_media.db"));
  kvault_close (vault);
}

/* Valid UTF-8 without control characters; the check is strict about length and range. */
static void
assert_printable (const char *text)
{
  const uint8_t *at = (const uint8_t *) text;

  while (*at != '\0')
    {
      unsigned n = *at < 0x80 ? 1 : *at >= 0xc2 && *at < 0xe0 ? 2 : *at >= 0xe0 && *at < 0xf0 ? 3
                   : *at >= 0xf0 && *at < 0xf5 ? 4 : 0;

      if (n == 0 || *at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0))
        kvtest_fail (__FILE__, __LINE__, "byte %02x in \"%s\"", *at, text);
      for (unsigned i = 1; i < n; i++)
        if ((at[i] & 0xc0) != 0x80)
          kvtest_fail (__FILE__, __LINE__, "cut character in \"%s\"", text);
      at += n;
    }
}

static void
messages_are_one_clean_line (void)
{
  static const char *const keys[] = {
    "\x1b]0;title\a\x1b[31m", "line\nfeed\r\t", "\xff\xfe\x80", "caf\xc3", "\xed\xa0\x80",
    "\xc2\x85\xc2\x9b", "\xf4\x90\x80\x80", "\u202e\u2066gnp.exe", "\u00e9\U0001f600", "",
  };
  kvault *vault = kvtest_create ("a.db");

  for (size_t i = 0; i < KVTEST_N (keys); i++)
    assert_ok (vault, kvault_put (vault, keys[i], strlen (keys[i]), "x", 1));
  assert_ok (vault, kvault_put (vault, "from", 4, "x", 1));
  for (size_t i = 0; i < KVTEST_N (keys); i++)
    {
      assert_result (vault, kvault_rename (vault, "from", 4, keys[i], strlen (keys[i]), 0),
                     KVAULT_EEXIST);
      assert_printable (kvault_errmsg (vault));
    }
  kvault_close (vault);
}

/* Right-to-left overrides would let a key dress up the rest of the line. */
static void
messages_carry_no_direction_override (void)
{
  static const char key[] = "\u202egpj.exe";
  kvault *vault = kvtest_create ("a.db");

  assert_ok (vault, kvault_put (vault, "from", 4, "x", 1));
  assert_ok (vault, kvault_put (vault, key, sizeof key - 1, "x", 1));
  assert_result (vault, kvault_rename (vault, "from", 4, key, sizeof key - 1, 0), KVAULT_EEXIST);
  assert_true (strstr (kvault_errmsg (vault), "\u202e") == NULL);
  kvault_close (vault);
}

static void
messages_fit_however_long_the_key (void)
{
  size_t size = 1000000;
  char *key = malloc (size);
  kvault *vault = kvtest_create ("a.db");

  for (size_t i = 0; i < size; i++)
    key[i] = "\xc3\xa9"[i % 2];
  assert_ok (vault, kvault_put (vault, key, size, "x", 1));
  assert_ok (vault, kvault_put (vault, "from", 4, "x", 1));
  assert_result (vault, kvault_rename (vault, "from", 4, key, size, 0), KVAULT_EEXIST);
  assert_int (strlen (kvault_errmsg (vault)), <, sizeof ((kvault_error *) NULL)->message);
  assert_printable (kvault_errmsg (vault));
  kvault_close (vault);
  free (key);
}

static void
messages_name_odd_files (void)
{
  static const char *const names[] = { "new\nline.db", "\x1b[31mred.db", "\xff\xfe.db" };
  kvault_error error;
  kvault *vault;

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      assert_result (NULL, kvault_open (kvtest_path (names[i]), NULL, &vault, &error),
                     KVAULT_ENOENT);
      assert_printable (error.message);
      assert_contains (error.message, ".db");
    }
}

static void
closing_nothing_is_fine (void)
{
  kvault_close (NULL);
  kvault_cursor_close (NULL);
  kvault_blob_close (NULL);
  kvault_writer_free (NULL);
  kvault_free (NULL);
}

static void
outputs_are_null_after_failures (void)
{
  kvault *vault = kvtest_create ("a.db");
  void *value = vault;
  size_t size = 7;
  uint64_t number = 7;
  kvault_blob *blob = (kvault_blob *) vault;

  assert_result (vault, kvault_get (vault, "no", 2, &value, &size), KVAULT_NOTFOUND);
  assert_true (value == NULL && size == 0);
  assert_result (vault, kvault_blob_open (vault, "no", 2, &blob), KVAULT_NOTFOUND);
  assert_true (blob == NULL);
  assert_result (vault, kvault_size (vault, "no", 2, &number), KVAULT_NOTFOUND);
  assert_int (number, ==, 0);
  kvault_close (vault);
}

static void
refuses_keys_without_bytes (void)
{
  kvault *vault = kvtest_create ("a.db");

  assert_result (vault, kvault_put (vault, NULL, 3, "x", 1), KVAULT_EINVAL);
  assert_result (vault, kvault_put (vault, "k", 1, NULL, 3), KVAULT_EINVAL);
  assert_ok (vault, kvault_put (vault, NULL, 0, NULL, 0));
  assert_value (vault, NULL, 0, "", 0);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/error/names-every-result", names_every_result },
  { "/kvault/error/tells-its-version", tells_its_version },
  { "/kvault/error/says-nothing-before-a-failure", says_nothing_before_a_failure },
  { "/kvault/error/remembers-the-last-failure", remembers_the_last_failure },
  { "/kvault/error/messages-are-one-clean-line", messages_are_one_clean_line },
  { "/kvault/error/messages-carry-no-direction-override", messages_carry_no_direction_override },
  { "/kvault/error/messages-fit-however-long-the-key", messages_fit_however_long_the_key },
  { "/kvault/error/messages-name-odd-files", messages_name_odd_files },
  { "/kvault/error/closing-nothing-is-fine", closing_nothing_is_fine },
  { "/kvault/error/outputs-are-null-after-failures", outputs_are_null_after_failures },
  { "/kvault/error/refuses-keys-without-bytes", refuses_keys_without_bytes },
};

KVTEST_MAIN (tests)
