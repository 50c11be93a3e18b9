/* SPDX-License-Identifier: MIT */
/* Files that are too damaged to be opened: which of them have something left, and what is saved of it. */
#include "displayless.h"

#include "coffer-error-private.h"
#include "coffer-vault-upkeep.h"

#include <glib/gstdio.h>
#include <kvault.h>
#include <sqlite3.h>
#include <string.h>

#define MEDIA "v086_media_autopack.db"   /* of pages of 32,768 bytes: the schema, meta, its index, kv, its index */

/* A file of the folder with @n bytes of @byte at @at, or cut there if @n is 0. */
static char *
damage (const char *folder,
        const char *fixture,
        gsize       at,
        gsize       n,
        int         byte)
{
  char *path = test_copy (folder, fixture);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_cmpuint (at + n, <=, size);
  memset (data + at, byte, n);
  g_assert_true (g_file_set_contents (path, data, n > 0 ? (gssize) size : (gssize) at, NULL));
  return path;
}

static CofferVault *
open_damaged (const char  *path,
              GError     **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_open_damaged_async (file, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_open_finish (result, error);
}

static gboolean
has_names (const char *folder,
           const char *expected)
{
  g_autofree char *names = test_folder_list (folder);

  return g_str_equal (names, expected);
}

static void
test_which (void)
{
  static const struct {
    const char *fixture;
    gsize at, n;
    int byte;
    int result;          /* of opening it for viewing */
    gboolean readable;   /* some of it */
  } cases[] = {
    { "damaged/truncated_half.db", 100, 0, 0, KVAULT_ECORRUPT, FALSE },
    { "damaged/truncated_half.db", 63, 1, 1, KVAULT_ECORRUPT, TRUE },         /* as it is, but for a number nobody minds */
    { "damaged/truncated_50_bytes.db", 49, 1, 0, KVAULT_ECORRUPT, FALSE },
    { "damaged/header_magic_broken.db", 63, 1, 1, KVAULT_ENOTDB, FALSE },
    { MEDIA, 720896, 0, 0, KVAULT_ECORRUPT, TRUE },
    { MEDIA, 376832, 0, 0, KVAULT_ECORRUPT, TRUE },
    { MEDIA, 188416, 0, 0, KVAULT_ECORRUPT, FALSE },                          /* keys, and no value of any */
    { MEDIA, 65536, 0, 0, KVAULT_ECORRUPT, FALSE },                           /* the schema, and no table of it */
    { "v010_media.db", 253952, 0, 0, KVAULT_ECORRUPT, TRUE },
    { MEDIA, 28, 4, 0xff, KVAULT_ECORRUPT, TRUE },                            /* the number of pages */
    { MEDIA, 16, 2, 0xff, KVAULT_ECORRUPT, FALSE },                           /* their size */
    { MEDIA, 56, 4, 0xff, KVAULT_ECORRUPT, FALSE },                           /* the encoding */
    { MEDIA, 100, 8, 0xff, KVAULT_ECORRUPT, FALSE },                          /* the head of the schema's page */
    { MEDIA, 16384, 16384, 0xff, KVAULT_ECORRUPT, FALSE },                    /* its rows */
    { "foreign/other_app.sqlite", 63, 1, 1, KVAULT_ENOTVAULT, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *folder = test_folder_new ();
      g_autofree char *path = damage (folder, cases[i].fixture, cases[i].at, cases[i].n, cases[i].byte);
      g_autofree char *before = test_folder_list (folder);
      g_autoptr(GError) refused = test_open_error (path), error = NULL;
      CofferVault *vault = open_damaged (path, &error);

      g_test_message ("%s at %" G_GSIZE_FORMAT ": %s", cases[i].fixture, cases[i].at, error != NULL ? error->message : "something can be read");
      g_assert_error (refused, COFFER_ERROR, COFFER_ERROR_CODE (cases[i].result));
      g_assert_cmpint (vault != NULL, ==, cases[i].readable);
      g_assert_cmpint (error == NULL, ==, cases[i].readable);
      if (vault != NULL)
        test_close (vault);
      test_wait_for (has_names (folder, before));   /* of one that failed nobody tells when it has let go */
      test_folder_remove (folder);
    }
}

static guint64
ask_number (const char *path,
            const char *sql)
{
  sqlite3_stmt *statement;
  guint64 number;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = (guint64) sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return number;
}

typedef struct {
  char *folder;
  CofferVault *vault;
  GFile *target;
  GCancellable *cancellable;
  CofferProgress *progress;
  guint n_told;
} Saving;

static void
told_cb (gpointer latest,
         gpointer data)
{
  Saving *saving = data;

  saving->n_told++;
  g_free (latest);
}

/* Of 14 values of 3,000,000 bytes the last are cut off, one of them in its middle. */
static void
set_up (Saving        *saving,
        gconstpointer  data)
{
  g_autofree char *path = NULL, *target = NULL;
  g_autoptr(GError) error = NULL;

  saving->folder = test_folder_new ();
  path = test_make_vault (saving->folder, "cut.db", 1);
  test_sql (path, "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 113)"
                  " INSERT INTO kv SELECT CAST (i AS BLOB), zeroblob (3000000) FROM n; PRAGMA wal_checkpoint (TRUNCATE)");
  g_assert_no_errno (truncate (path, 29000000));
  saving->vault = open_damaged (path, &error);
  g_assert_no_error (error);
  target = g_build_filename (saving->folder, "saved.db", NULL);
  saving->target = g_file_new_for_path (target);
  saving->cancellable = g_cancellable_new ();
  saving->progress = coffer_progress_new (told_cb, saving, g_free);
}

static void
tear_down (Saving        *saving,
           gconstpointer  data)
{
  coffer_progress_stop (saving->progress);
  coffer_progress_unref (saving->progress);
  g_object_unref (saving->cancellable);
  g_object_unref (saving->target);
  test_close (saving->vault);
  test_folder_remove (saving->folder);
}

static void
assert_saved (Saving       *saving,
              GAsyncResult *result)
{
  g_autoptr(GError) error = NULL;
  CofferSalvage salvage;
  const char *path = g_file_peek_path (saving->target);

  coffer_vault_salvage_finish (saving->vault, result, &salvage, &error);
  g_assert_no_error (error);
  test_wait_for (has_names (saving->folder, "cut.db saved.db"));
  g_assert_cmpuint (salvage.saved, >, 6);
  g_assert_cmpuint (salvage.lost, >, 3);
  g_assert_cmpuint (salvage.saved + salvage.lost, ==, 15);
  g_assert_cmpuint (salvage.saved, ==, ask_number (path, "SELECT count (*) FROM kv"));
  g_assert_cmpuint (salvage.bytes, ==, ask_number (path, "SELECT sum (length (value)) FROM kv"));
}

static void
test_saves (Saving        *saving,
            gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_salvage_async (saving->vault, saving->target, saving->progress, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  assert_saved (saving, result);
  g_assert_cmpuint (saving->n_told, >, 0);
}

static void
test_cancelled (Saving        *saving,
                gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferSalvage salvage;

  coffer_vault_salvage_async (saving->vault, saving->target, saving->progress, saving->cancellable, test_store_result, &result);
  test_wait_for (saving->n_told > 0);
  g_cancellable_cancel (saving->cancellable);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_salvage_finish (saving->vault, result, &salvage, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_wait_for (has_names (saving->folder, "cut.db"));
}

/* A file chooser anywhere in the program need not wait for the end of it. */
static void
test_lets_go (Saving        *saving,
              gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *names = NULL;

  coffer_vault_salvage_async (saving->vault, saving->target, saving->progress, NULL, test_store_result, &result);
  test_wait_for (saving->n_told > 0);
  test_hold (saving->vault);
  g_assert_null (result);
  names = test_folder_list (saving->folder);
  g_assert_cmpstr (names, ==, "cut.db");
  coffer_vault_resume (saving->vault);
  test_wait_for (result != NULL);
  assert_saved (saving, result);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/damaged-file/opens-where-something-can-be-saved", test_which);
  g_test_add ("/damaged-file/saves-what-can-be-read", Saving, NULL, set_up, test_saves, tear_down);
  g_test_add ("/damaged-file/leaves-nothing-when-cancelled", Saving, NULL, set_up, test_cancelled, tear_down);
  g_test_add ("/damaged-file/lets-go-and-begins-again", Saving, NULL, set_up, test_lets_go, tear_down);
  return g_test_run ();
}
