/* SPDX-License-Identifier: MIT */
/* A value out in a file and back: names that are safe, changes that are taken, and others' changes that are kept. */
#include "displayless.h"

#include "coffer-error-private.h"
#include "coffer-file-name.h"

#include <string.h>

static void
assert_name (const char *key_text,
             gssize      key_len,
             const char *content_type,
             const char *expected)
{
  g_autoptr(GBytes) bytes = g_bytes_new (key_text, key_len < 0 ? strlen (key_text) : (gsize) key_len);
  g_autoptr(CofferKey) key = coffer_key_new_written (bytes);
  g_autofree char *name = coffer_file_name_for_key (key, content_type);

  g_assert_cmpstr (name, ==, expected);
}

static void
names_are_safe (void)
{
  g_autofree char *endless = g_strnfill (4096, 'x');
  g_autofree char *cut = g_strnfill (196, 'x'), *cut_with_ending = g_strconcat (cut, ".png", NULL);

  assert_name ("img/2024/a.png", -1, "image/png", "a.png");
  assert_name ("img/a", -1, "image/jpeg", "a.jpg");
  assert_name ("a.b c", -1, "text/plain", "a.b c.txt");
  assert_name ("a/b/", -1, NULL, "b");
  assert_name ("..", -1, NULL, "_..");
  assert_name ("../../.ssh", -1, NULL, "_.ssh");
  assert_name ("", 0, "video/webm", "value.webm");
  assert_name ("///", -1, NULL, "value");
  assert_name ("a\0b\nc", 5, NULL, "a\357\277\275b_c");
  assert_name ("user:1\\x|", -1, NULL, "user_1_x_");
  assert_name ("\xff\xfe", -1, NULL, "\357\277\275\357\277\275");
  assert_name (endless, -1, "image/png", cut_with_ending);
}

typedef struct {
  char *folder;
  char *path;
  GFile *file;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autofree char *path = NULL;

  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
  path = g_build_filename (fixture->folder, "new", NULL);
  fixture->file = g_file_new_for_path (path);
  g_assert_true (g_file_set_contents (path, "new words", -1, NULL));
  fixture->vault = test_open (fixture->path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
  g_object_unref (fixture->file);
}

static gboolean
replace (Fixture     *fixture,
         GBytes      *header,
         const char  *expected,
         char       **value,
         GError     **error)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001");
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *content = NULL;

  coffer_vault_replace_async (fixture->vault, key, fixture->file, header, expected, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_replace_finish (fixture->vault, result, value, &content, error);
}

static gpointer
read_worker (GInputStream           *stream,
             const CofferValueFacts *facts,
             gpointer                data,
             GCancellable           *cancellable,
             GError                **error)
{
  char *bytes = g_malloc0 (facts->size + 1);

  g_input_stream_read_all (stream, bytes, facts->size, NULL, cancellable, error);
  return bytes;
}

static void
assert_value (Fixture    *fixture,
              const char *expected)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001");
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *value = NULL;

  coffer_vault_read_value_async (fixture->vault, key, read_worker, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  value = coffer_vault_read_value_finish (fixture->vault, result, NULL);
  g_assert_cmpstr (value, ==, expected);
}

static char *
checksum_of (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

static void
takes_a_file (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GBytes) header = g_bytes_new ("head:", 5);
  g_autofree char *value = NULL, *expected = checksum_of ("head:new words");
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_true (replace (fixture, header, NULL, &value, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (value, ==, expected);
  assert_value (fixture, "head:new words");
}

/* Somebody wrote between opening it elsewhere and bringing it back. */
static void
keeps_what_others_wrote (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *before = checksum_of ("1"), *value = NULL, *again = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  test_sql (fixture->path, "UPDATE kv SET value = CAST ('theirs' AS BLOB) WHERE key = CAST ('user:0000000001' AS BLOB)");
  g_assert_false (replace (fixture, NULL, before, &value, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE));
  assert_value (fixture, "theirs");

  /* What is as it was known is replaced. */
  g_clear_error (&error);
  g_free (before);
  before = checksum_of ("theirs");
  g_assert_true (replace (fixture, NULL, before, &again, &error));
  g_assert_no_error (error);
  assert_value (fixture, "new words");
}

static void
refuses_while_viewing (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  assert_value (fixture, "1");
}

static void
leaves_a_value_whose_file_is_gone (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_true (g_file_delete (fixture->file, NULL, NULL));
  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_value (fixture, "1");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/replace/names-are-safe", names_are_safe);
  g_test_add ("/replace/takes-a-file", Fixture, NULL, set_up, takes_a_file, tear_down);
  g_test_add ("/replace/keeps-what-others-wrote", Fixture, NULL, set_up, keeps_what_others_wrote, tear_down);
  g_test_add ("/replace/refuses-while-viewing", Fixture, NULL, set_up, refuses_while_viewing, tear_down);
  g_test_add ("/replace/leaves-a-value-whose-file-is-gone", Fixture, NULL, set_up, leaves_a_value_whose_file_is_gone, tear_down);

  return g_test_run ();
}
