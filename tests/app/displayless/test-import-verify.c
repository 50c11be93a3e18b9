/* SPDX-License-Identifier: MIT */
/* What an import has stored is read back and compared. */
#include "importing.h"

#include "coffer-archive.h"
#include "coffer-error-private.h"
#include "coffer-export.h"
#include "waiting.h"

#include <string.h>
#include <sys/stat.h>

static CofferImport *
run_verifying (Fixture *fixture)
{
  CofferImport *import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);

  coffer_additions_set_verifies (coffer_import_get_additions (import), TRUE);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  return import;
}

static void
reads_back_what_it_stored (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  CofferTransferProgress progress;

  test_make_text (fixture, "b", "bee");
  test_make_text (fixture, "empty", "");
  test_make_zeros (fixture, "large", 3000000);
  import = run_verifying (fixture);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (import), "");
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  progress = coffer_transfer_get_progress (COFFER_TRANSFER (import));
  g_assert_cmpuint (progress.bytes, ==, 2 * 3000003);
  g_assert_cmpuint (progress.n_bytes, ==, 2 * 3000003);
}

/* As if the disk had lost it. */
static void
finds_what_is_not_as_stored (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(GAsyncResult) added = NULL, verified = NULL;
  g_autoptr(GError) error = NULL;

  test_make_text (fixture, "changed", "bee");
  test_make_text (fixture, "fine", "sea");
  test_make_text (fixture, "gone", "gee");
  planned = test_plan (fixture->files);
  additions = test_apply (fixture, planned, "");
  coffer_additions_set_verifies (additions, TRUE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &added);
  test_wait_for (added != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, added, &error));
  g_free (test_ask (fixture, "UPDATE kv SET value = CAST('bad' AS BLOB) WHERE key = CAST('changed' AS BLOB)"));
  g_free (test_ask (fixture, "DELETE FROM kv WHERE key = CAST('gone' AS BLOB)"));

  coffer_vault_verify_additions_async (fixture->vault, additions, NULL, test_store_result, &verified);
  test_wait_for (verified != NULL);
  g_assert_true (coffer_vault_verify_additions_finish (fixture->vault, verified, &error));
  g_assert_true (coffer_additions_is_verified (additions));
  g_assert_cmpint (coffer_additions_get (additions, 0)->state, ==, COFFER_ADDITION_FAILED);
  g_assert_cmpint (coffer_additions_get (additions, 1)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_cmpint (coffer_additions_get (additions, 2)->state, ==, COFFER_ADDITION_FAILED);
  g_assert_cmpstr (coffer_additions_get (additions, 0)->problem, ==, "It was stored, but its key has another value now");
}

/* Keys and values that are text or numbers: told when they go out and when they come in; and a key of bytes that one of them would have
 * keeps its value. */
static void
tells_what_does_not_come_back_as_it_was (Fixture       *fixture,
                                         gconstpointer  data)
{
  CofferExportOptions options = { .lists = TRUE, .headers = TRUE };
  g_autofree char *path = g_build_filename (fixture->folder, "out", NULL);
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 0);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(CofferExport) export = NULL;
  g_autoptr(CofferImport) import = NULL;
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  Fixture second = { .folder = fixture->folder, .path = other, .vault = test_open (other) };
  GPtrArray *inexact;
  guint64 n;

  test_sql (fixture->path, "DELETE FROM kv; INSERT INTO kv (key, value) VALUES (x'6b', x'626c6f62'), ('k', x'74657874'), ('t', 't'), (7, x'37'),"
            "(x'76', 'v'), (x'69', 42), (x'62', x'62')");
  export = coffer_export_new_prefix (fixture->vault, "kv", NULL, target, &options);
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_DONE);
  inexact = coffer_export_get_inexact (export, &n);
  g_assert_cmpuint (n, ==, 5);
  g_assert_cmpuint (inexact->len, ==, 5);
  g_assert_cmpstr (((CofferTransferSkip *) g_ptr_array_index (inexact, 0))->name, ==, "7");
  g_assert_cmpstr (((CofferTransferSkip *) g_ptr_array_index (inexact, 0))->reason, ==,
                   "Its key is no bytes, but text or a number: an import makes bytes of it");

  test_edit (second.vault);
  planned = test_plan (path);
  g_assert_true (coffer_import_plan_get_restores (planned));
  g_assert_cmpuint (coffer_import_plan_get_n_inexact (planned), ==, 5);
  additions = test_apply (&second, planned, "");
  import = coffer_import_new (second.vault, additions, COFFER_CONFLICT_SKIP);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 6);
  test_assert_takes (test_ask (&second, TEST_NEW_KEYS), "7=7 b=b i=42 k=blob t=t v=v");
  test_assert_takes (test_ask (&second, "SELECT count(*) FROM kv WHERE typeof(key) = 'blob' AND typeof(value) = 'blob'"), "6");
  g_clear_object (&import);
  test_close (second.vault);
}

/* Its bytes are those of another key, whose value was copied in its place, and moved. */
static void
copies_no_other_value_for_a_key_that_is_text (Fixture       *fixture,
                                              gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 0), *id = NULL;
  g_autoptr(GBytes) bytes = g_bytes_new_static ("k", 1);
  g_autoptr(CofferKey) key = NULL;
  g_autoptr(CofferBundle) bundle = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferImport) import = NULL;
  Fixture second = { .folder = fixture->folder, .path = other, .vault = test_open (other) };

  test_edit (second.vault);
  test_sql (fixture->path, "INSERT INTO kv (key, value) VALUES (x'6b', x'626c6f62'), ('k', x'74657874')");
  id = test_ask (fixture, "SELECT rowid FROM kv WHERE typeof(key) = 'text'");
  key = coffer_key_new (bytes, KVAULT_CLASS_TEXT, g_ascii_strtoll (id, NULL, 10));
  bundle = coffer_bundle_new_key (fixture->vault, key, NULL, 4);
  coffer_import_plan_new_values_async (bundle, TRUE, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  planned = coffer_import_plan_new_finish (result, &error);
  g_assert_no_error (error);
  additions = test_apply (&second, planned, "");
  import = coffer_import_new (second.vault, additions, COFFER_CONFLICT_SKIP);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  test_assert_takes (test_describe_skips (import), "k: Its key is no bytes, but text or a number");
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 0);
  g_assert_cmpint (test_count_rows (other, "1"), ==, 0);
  g_clear_object (&import);
  test_close (second.vault);
}

/* A member that is said to be longer than any disk: it is told before it is unpacked, which folder has no room, and nothing stays there. */
static void
tells_where_there_is_no_room_to_unpack (Fixture       *fixture,
                                        gconstpointer  data)
{
  static const guint64 size = G_GUINT64_CONSTANT (1) << 50;
  guint8 tar[1024] = "long";
  g_autofree char *path = NULL, *checksum = NULL, *rest = NULL;
  g_autoptr(CofferArchive) archive = NULL;
  g_autoptr(GError) error = NULL;
  struct stat before;
  guint sum = 0;

  memcpy (tar + 100, "0000644", 7);
  tar[124] = 0x80;   /* binary */
  for (guint i = 0; i < 8; i++)
    tar[128 + i] = (guint8) (size >> (56 - 8 * i));
  tar[156] = '0';
  memcpy (tar + 257, "ustar\00000", 8);
  memset (tar + 148, ' ', 8);
  for (guint i = 0; i < 512; i++)
    sum += tar[i];
  checksum = g_strdup_printf ("%06o", sum);
  memcpy (tar + 148, checksum, 7);
  path = test_make_file (fixture, "long.tar", (const char *) tar, sizeof tar);

  archive = coffer_archive_open (path, NULL, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      g_test_skip ("built without libarchive");
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpint (coffer_archive_unpack (archive, 0, "long", &before, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  rest = g_strdup_printf ("There is no room in %s to unpack it", g_get_tmp_dir ());   /* tried last */
  g_assert_cmpstr (error->message, ==, rest);
}

static void
verify (Fixture         *fixture,
        CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) verified = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_verify_additions_async (fixture->vault, additions, NULL, test_store_result, &verified);
  test_wait_for (verified != NULL);
  g_assert_true (coffer_vault_verify_additions_finish (fixture->vault, verified, &error));
  g_assert_true (coffer_additions_is_verified (additions));
}

static void
reads_back_values_of_another_vault (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autofree char *source = test_make_source (fixture);
  g_autoptr(CofferAdditions) additions = test_copy_values (fixture, source);
  guint n_files;
  guint64 n_bytes;

  verify (fixture, additions);
  g_assert_cmpuint (coffer_additions_count (additions, COFFER_ADDITION_ADDED), ==, 4);
  coffer_additions_get_progress (additions, &n_files, &n_bytes);
  g_assert_cmpuint (n_bytes, ==, 2 * 3000006);
}

/* One bit of the last byte of the large one, and the small one, are others by then. Neither is taken for moved, verified or not. */
static void
moves_no_value_that_is_not_as_stored (Fixture       *fixture,
                                      gconstpointer  data)
{
  g_autofree char *source = test_make_source (fixture);
  g_autoptr(CofferAdditions) additions = test_copy_values (fixture, source);
  g_autoptr(CofferVault) other = NULL;
  g_autoptr(CofferMove) move = NULL;
  g_autoptr(GAsyncResult) gone = NULL;
  g_autoptr(GError) error = NULL;

  g_free (test_ask (fixture, "UPDATE kv SET value = CAST('bad' AS BLOB) WHERE key = CAST('a' AS BLOB)"));
  g_free (test_ask (fixture, "UPDATE kv SET value = CAST(substr(value, 1, 2999999) || "
                    "CASE hex(substr(value, -1)) WHEN '00' THEN x'01' ELSE x'00' END AS BLOB) "
                    "WHERE key = CAST('c' AS BLOB)"));
  verify (fixture, additions);
  g_assert_cmpuint (coffer_additions_count_wrong (additions), ==, 2);
  g_assert_cmpint (coffer_additions_get (additions, 0)->state, ==, COFFER_ADDITION_FAILED);
  g_assert_cmpint (coffer_additions_get (additions, 1)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_cmpint (coffer_additions_get (additions, 2)->state, ==, COFFER_ADDITION_FAILED);
  g_assert_cmpint (coffer_additions_get (additions, 3)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_cmpstr (coffer_additions_get (additions, 2)->problem, ==, "It was stored, but its key has another value now");

  other = test_open (source);
  test_edit (other);
  move = test_new_move (fixture, other, additions);
  coffer_move_go_async (move, NULL, test_store_result, &gone);
  test_wait_for (gone != NULL);
  g_assert_cmpint (coffer_move_go_finish (move, gone, &error), ==, 2);
  g_clear_pointer (&move, coffer_move_unref);
  g_clear_object (&gone);   /* it has the vault */
  test_close (g_steal_pointer (&other));
  g_assert_cmpint (test_count_rows (source, "key IN (CAST('a' AS BLOB), CAST('c' AS BLOB))"), ==, 2);
  g_assert_cmpint (test_count_rows (source, "key IN (CAST('b' AS BLOB), CAST('d' AS BLOB))"), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add ("/app/transfer/" path, Fixture, data, test_import_set_up, func, test_import_tear_down)
  ADD ("import/reads-back-what-it-stored", NULL, reads_back_what_it_stored);
  ADD ("import/finds-what-is-not-as-stored", NULL, finds_what_is_not_as_stored);
  ADD ("import/tells-what-does-not-come-back-as-it-was", NULL, tells_what_does_not_come_back_as_it_was);
  ADD ("import/copies-no-other-value-for-a-key-that-is-text", NULL, copies_no_other_value_for_a_key_that_is_text);
  ADD ("import/tells-where-there-is-no-room-to-unpack", NULL, tells_where_there_is_no_room_to_unpack);
  ADD ("import/reads-back-values-of-another-vault", NULL, reads_back_values_of_another_vault);
  ADD ("import/moves-no-value-that-is-not-as-stored", NULL, moves_no_value_that_is_not_as_stored);

  return g_test_run ();
}
