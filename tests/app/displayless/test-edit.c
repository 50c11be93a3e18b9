/* SPDX-License-Identifier: MIT */
/* Changing a vault: allowed when asked, told by "changed", and nothing left beside the file. */
#include "displayless.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  int n_changed;
} Fixture;

static void
bump_cb (gpointer data)
{
  ++*(int *) data;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  file)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_copy (fixture->folder, file);
  fixture->vault = test_open (fixture->path);
  g_signal_connect_swapped (fixture->vault, "changed", G_CALLBACK (bump_cb), &fixture->n_changed);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  file)
{
  g_autofree char *name = g_path_get_basename (fixture->path);
  g_autofree char *names = NULL;

  test_close (fixture->vault);
  names = test_folder_list (fixture->folder);
  g_assert_cmpstr (names, ==, name);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static gssize
delete (CofferVault  *vault,
        GPtrArray    *keys,
        GCancellable *cancellable,
        GError      **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_delete_async (vault, keys, cancellable, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_delete_finish (vault, result, error);
}

static gboolean
rename_key (CofferVault *vault,
            CofferKey   *key,
            const char  *new_name,
            GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = g_bytes_new (new_name, strlen (new_name));

  coffer_vault_rename_async (vault, key, bytes, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_rename_finish (vault, result, error);
}

static GPtrArray *
key_array (const char *first,
           ...) G_GNUC_NULL_TERMINATED;

static GPtrArray *
key_array (const char *first,
           ...)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  va_list names;

  va_start (names, first);
  for (const char *name = first; name != NULL; name = va_arg (names, const char *))
    g_ptr_array_add (keys, test_key (name));
  va_end (names);
  return keys;
}

static gpointer
exists_worker (kvault       *vault,
               gpointer      data,
               GCancellable *cancellable,
               GError      **error)
{
  int rc = kvault_exists (vault, data, strlen (data));

  g_assert_true (rc == KVAULT_OK || rc == KVAULT_NOTFOUND);
  return g_strdup (rc == KVAULT_OK ? "yes" : "no");
}

static gboolean
exists (CofferVault *vault,
        const char  *key)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *answer = NULL;

  coffer_vault_run_async (vault, COFFER_LANE_LIST, coffer_vault_get_table (vault), exists_worker, (char *) key, NULL, g_free,
                          NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  answer = coffer_vault_run_finish (vault, result, NULL);
  return g_str_equal (answer, "yes");
}

static void
viewing_refuses (Fixture       *fixture,
                 gconstpointer  file)
{
  g_autoptr(GPtrArray) keys = key_array ("img/photo.png", NULL);
  g_autoptr(GError) delete_error = NULL;
  g_autoptr(GError) rename_error = NULL;

  g_assert_cmpint (delete (fixture->vault, keys, NULL, &delete_error), ==, -1);
  g_assert_error (delete_error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  g_assert_false (rename_key (fixture->vault, keys->pdata[0], "new", &rename_error));
  g_assert_error (rename_error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  g_assert_cmpint (fixture->n_changed, ==, 0);
}

static void
editing_is_asked_for (Fixture       *fixture,
                      gconstpointer  file)
{
  int n_notified = 0;

  g_signal_connect_swapped (fixture->vault, "notify::editable", G_CALLBACK (bump_cb), &n_notified);
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  test_edit (fixture->vault);
  g_assert_true (coffer_vault_get_editable (fixture->vault));
  g_assert_cmpint (n_notified, ==, 1);
  coffer_vault_stop_editing (fixture->vault);
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  g_assert_cmpint (n_notified, ==, 2);
  viewing_refuses (fixture, file);
}

static void
deletes_keys (Fixture       *fixture,
              gconstpointer  file)
{
  g_autoptr(GPtrArray) keys = key_array ("img/photo.png", "not there", "img/alpha.png", NULL);
  g_autoptr(CofferSection) section = g_list_model_get_item (coffer_vault_get_sections (fixture->vault), 0);
  guint64 before;
  g_autoptr(GError) error = NULL;

  test_wait_for (coffer_section_get_count (section) != G_MAXUINT64);
  before = coffer_section_get_count (section);
  test_edit (fixture->vault);
  g_assert_cmpint (delete (fixture->vault, keys, NULL, &error), ==, 2);
  g_assert_no_error (error);
  g_assert_cmpint (fixture->n_changed, ==, 1);
  g_assert_false (exists (fixture->vault, "img/photo.png"));
  g_assert_true (exists (fixture->vault, "img/anim.gif"));
  test_wait_for (coffer_section_get_count (section) == before - 2);

  g_assert_cmpint (delete (fixture->vault, keys, NULL, &error), ==, 0);
  g_assert_cmpint (fixture->n_changed, ==, 1);   /* nothing was changed */
}

static void
cancelled_delete_does_nothing (Fixture       *fixture,
                               gconstpointer  file)
{
  g_autoptr(GPtrArray) keys = key_array ("img/photo.png", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_cancellable_cancel (cancellable);
  g_assert_cmpint (delete (fixture->vault, keys, cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (fixture->n_changed, ==, 0);
  g_assert_true (exists (fixture->vault, "img/photo.png"));
}

/* Cancelled somewhere between the first and the last of them. */
static void
cancelled_delete_deletes_all_or_none (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_make_vault (folder, "a.db", 20000);
  CofferVault *vault = test_open (path);
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *name = g_strdup_printf ("user:%010u", i);

      g_ptr_array_add (keys, test_key (name));
    }
  test_edit (vault);
  for (guint ms = 0; ms < 40; ms += 4)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gssize n;

      coffer_vault_delete_async (vault, keys, cancellable, test_store_result, &result);
      test_run_for (ms);
      g_cancellable_cancel (cancellable);
      test_wait_for (result != NULL);
      n = coffer_vault_delete_finish (vault, result, &error);
      if (n < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_cmpint (n, ==, 20000);
      g_assert_cmpint (exists (vault, "user:0000000000"), ==, n < 0);
      g_assert_cmpint (exists (vault, "user:0000019999"), ==, n < 0);
      if (n >= 0)
        break;
    }
  test_close (vault);
  test_folder_remove (folder);
}

static void
renames_keys (Fixture       *fixture,
              gconstpointer  file)
{
  g_autoptr(CofferKey) photo = test_key ("img/photo.png");
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_true (rename_key (fixture->vault, photo, "img/picture.png", &error));
  g_assert_no_error (error);
  g_assert_cmpint (fixture->n_changed, ==, 1);
  g_assert_false (exists (fixture->vault, "img/photo.png"));
  g_assert_true (exists (fixture->vault, "img/picture.png"));

  g_assert_false (rename_key (fixture->vault, photo, "img/other.png", &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_NOTFOUND));
  g_assert_cmpint (fixture->n_changed, ==, 1);
}

static void
rename_replaces_nothing (Fixture       *fixture,
                         gconstpointer  file)
{
  g_autoptr(CofferKey) photo = test_key ("img/photo.png");
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_false (rename_key (fixture->vault, photo, "img/alpha.png", &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EEXIST));
  g_assert_true (exists (fixture->vault, "img/photo.png"));
  g_assert_true (exists (fixture->vault, "img/alpha.png"));
  g_assert_cmpint (fixture->n_changed, ==, 0);
}

/* Looking goes on when editing is over: what was written is not left to others to put into the file. */
static void
editing_leaves_no_log (Fixture       *fixture,
                       gconstpointer  file)
{
  g_autoptr(GPtrArray) keys = key_array ("img/photo.png", NULL);

  test_edit (fixture->vault);
  g_assert_cmpint (delete (fixture->vault, keys, NULL, NULL), ==, 1);
  for (int lane = 0; lane < COFFER_LANE_WRITE; lane++)
    coffer_vault_let_go (fixture->vault, lane);
  g_assert_false (exists (fixture->vault, "img/photo.png"));   /* opens the file beside the log */
  coffer_vault_stop_editing (fixture->vault);
  g_assert_false (exists (fixture->vault, "img/photo.png"));
}

/* The file on show is gone, another is at its path: who asks to edit what is shown does not edit that one. */
static void
another_file_is_not_edited (Fixture       *fixture,
                            gconstpointer  file)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 7);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gsize size, size_after;

  g_assert_true (g_file_get_contents (other, &before, &size, NULL));
  test_hold (fixture->vault);   /* no lane has the file open */
  coffer_vault_resume (fixture->vault);
  g_assert_no_errno (g_rename (other, fixture->path));
  coffer_vault_edit_async (fixture->vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_edit_finish (fixture->vault, result, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  g_assert_true (g_file_get_contents (fixture->path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size, after, size_after);
}

/* Its facts are read before. */
static gpointer
read_no_more (GInputStream           *stream,
              const CofferValueFacts *facts,
              gpointer                data,
              GCancellable           *cancellable,
              GError                **error)
{
  return GINT_TO_POINTER (TRUE);
}

static gboolean
can_read (CofferVault *vault,
          const char  *name)
{
  g_autoptr(CofferKey) key = test_key (name);
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_read_value_async (vault, key, read_no_more, NULL, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_read_value_finish (vault, result, NULL) != NULL;
}

static CofferVaultTotals
get_totals (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;

  coffer_vault_totals_async (vault, coffer_vault_get_table (vault), NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_totals_finish (vault, result, &totals, &error));
  g_assert_no_error (error);
  return totals;
}

static void
assert_edit_fails (CofferVault *vault,
                   int          code)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_edit_async (vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_edit_finish (vault, result, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (code));
  g_assert_false (coffer_vault_get_editable (vault));
}

#define DAMAGED "The file is damaged, so nothing is written to it"

/* What one lane has met, the one that writes knows, for as long as it is this file. */
static void
damage_keeps_from_editing (Fixture       *fixture,
                           gconstpointer  file)
{
  g_autoptr(GPtrArray) keys = key_array ("row:00299", NULL);
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 7);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize size, size_after;
  int n_notified = 0;

  g_assert_true (g_file_get_contents (fixture->path, &before, &size, NULL));
  g_signal_connect_swapped (fixture->vault, "notify::lock-reason", G_CALLBACK (bump_cb), &n_notified);
  g_assert_null (coffer_vault_get_lock_reason (fixture->vault));
  g_assert_cmpint (get_totals (fixture->vault).unreadable, >, 0);
  g_assert_cmpstr (coffer_vault_get_lock_reason (fixture->vault), ==, DAMAGED);
  g_assert_cmpint (n_notified, ==, 1);
  for (int lane = 0; lane < COFFER_N_LANES; lane++)
    coffer_vault_let_go (fixture->vault, lane);
  g_assert_true (can_read (fixture->vault, "row:00299"));
  assert_edit_fails (fixture->vault, KVAULT_ECORRUPT);
  g_assert_cmpint (delete (fixture->vault, keys, NULL, NULL), ==, -1);
  g_assert_true (g_file_get_contents (fixture->path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size, after, size_after);

  g_assert_no_errno (g_rename (other, fixture->path));
  can_read (fixture->vault, "row:00299");
  test_wait_for (coffer_vault_get_lock_reason (fixture->vault) == NULL);
  g_assert_cmpint (n_notified, ==, 2);
  test_edit (fixture->vault);
}

/* Sums that are given up after they met damage; nothing of it shows in how they end. */
static gpointer
given_up_worker (kvault        *vault,
                 gpointer       cancelled,
                 GCancellable  *cancellable,
                 GError       **error)
{
  kvault_totals_result totals;
  uint64_t size;

  g_assert_cmpint (kvault_totals (vault, NULL, 0, NULL, NULL, &totals), ==, KVAULT_OK);
  g_assert_cmpint (totals.unreadable, >, 0);
  g_cancellable_cancel (cancelled);
  g_assert_cmpint (kvault_size (vault, "missing", 7, &size), !=, KVAULT_ECORRUPT);
  g_cancellable_set_error_if_cancelled (cancellable, error);
  return NULL;
}

static void
damage_is_told_by_what_was_cancelled (Fixture       *fixture,
                                      gconstpointer  file)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_run_async (fixture->vault, COFFER_LANE_BACKGROUND, coffer_vault_get_table (fixture->vault), given_up_worker,
                          cancellable, NULL, NULL, cancellable, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_run_finish (fixture->vault, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (coffer_vault_get_lock_reason (fixture->vault), ==, DAMAGED);
}

static void
damage_ends_editing (Fixture       *fixture,
                     gconstpointer  file)
{
  test_edit (fixture->vault);
  g_assert_true (can_read (fixture->vault, "row:00299"));
  g_assert_true (coffer_vault_get_editable (fixture->vault));
  g_assert_false (can_read (fixture->vault, "files/data.json"));
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  g_assert_cmpstr (coffer_vault_get_lock_reason (fixture->vault), ==, DAMAGED);
  assert_edit_fails (fixture->vault, KVAULT_ECORRUPT);
}

static void
odd_tables_stay_locked (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "odd.db", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVault *vault;

  test_sql (path,
            "CREATE TABLE plain (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "CREATE TABLE triggered (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "CREATE TRIGGER t AFTER INSERT ON triggered BEGIN SELECT 1; END;");
  vault = test_open (path);
  test_edit (vault);
  g_assert_true (coffer_vault_get_editable (vault));
  coffer_vault_set_table (vault, "triggered");
  g_assert_false (coffer_vault_get_editable (vault));
  coffer_vault_edit_async (vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_edit_finish (vault, result, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  g_clear_object (&result);
  coffer_vault_set_table (vault, "plain");
  g_assert_true (coffer_vault_get_editable (vault));
  test_close (vault);
  test_folder_remove (folder);
}

/* Keys that KohakuVault would not have made: deleted by row, and only the one meant. */
static void
deletes_keys_that_are_no_blobs (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "odd.db", NULL);
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("a", 1);
  g_autoptr(GError) error = NULL;
  CofferVault *vault;

  test_sql (path,
            "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "INSERT INTO kv (rowid, key, value) VALUES (1, CAST('a' AS BLOB), x'00'), (2, CAST('a' AS TEXT), x'01');");
  vault = test_open (path);
  test_edit (vault);
  g_ptr_array_add (keys, coffer_key_new (bytes, KVAULT_CLASS_TEXT, 2));
  g_assert_cmpint (delete (vault, keys, NULL, &error), ==, 1);
  g_assert_no_error (error);
  g_assert_true (exists (vault, "a"));
  test_close (vault);
  test_folder_remove (folder);
}

int
main (int   argc,
      char *argv[])
{
#define ADD(name, function) \
  g_test_add ("/edit/v1/" name, Fixture, "v010_media.db", set_up, function, tear_down); \
  g_test_add ("/edit/v2/" name, Fixture, "v086_all_vaults.db", set_up, function, tear_down)
#define ADD_V1(name, function) g_test_add ("/edit/" name, Fixture, "v010_media.db", set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("viewing-refuses", viewing_refuses);
  ADD ("editing-is-asked-for", editing_is_asked_for);
  ADD ("renames-keys", renames_keys);
  ADD ("cancelled-delete-does-nothing", cancelled_delete_does_nothing);
  g_test_add_func ("/edit/cancelled-delete-deletes-all-or-none", cancelled_delete_deletes_all_or_none);
  ADD_V1 ("editing-leaves-no-log", editing_leaves_no_log);
  ADD_V1 ("another-file-is-not-edited", another_file_is_not_edited);
  ADD_V1 ("deletes-keys", deletes_keys);
  ADD_V1 ("rename-replaces-nothing", rename_replaces_nothing);
  g_test_add ("/edit/damage-keeps-from-editing", Fixture, "damaged/table_leaf_wrecked.db", set_up, damage_keeps_from_editing,
              tear_down);
  g_test_add ("/edit/damage-ends-editing", Fixture, "damaged/table_leaf_wrecked.db", set_up, damage_ends_editing, tear_down);
  g_test_add ("/edit/damage-is-told-by-what-was-cancelled", Fixture, "damaged/table_leaf_wrecked.db", set_up,
              damage_is_told_by_what_was_cancelled, tear_down);
  g_test_add_func ("/edit/odd-tables-stay-locked", odd_tables_stay_locked);
  g_test_add_func ("/edit/deletes-keys-that-are-no-blobs", deletes_keys_that_are_no_blobs);
  return g_test_run ();
}
