/* SPDX-License-Identifier: MIT */
/* Keys moved from one vault to another, from either side of it. */
#include "undoing.h"

#include "coffer-error-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <unistd.h>

/* Another window, that had three values before they were moved. */
typedef struct {
  char *path;
  CofferVault *vault;
  CofferUndo *undo;
} Other;

static CofferAdditions *
add_values (Fixture    *fixture,
            const char *source)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  coffer_additions_set_source (additions, source, "kv");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("old%u", i), *new_text = g_strdup_printf ("moved%u", i);
      g_autoptr(GBytes) key = g_bytes_new (text, 4), new_key = g_bytes_new (new_text, 6);

      coffer_additions_append_value (additions, key, new_key, 5);
    }
  test_add (fixture, additions);
  return additions;
}

/* As the window does. */
static CofferMove *
turn_around (Other           *other,
             Fixture         *fixture,
             CofferAdditions *additions)
{
  g_autoptr(CofferAdditions) there = coffer_additions_new ("kv");

  coffer_additions_set_source (there, fixture->path, "kv");
  for (guint i = 0; i < 3; i++)
    {
      const CofferAddition *addition = coffer_additions_get (additions, i);

      coffer_additions_append_value (there, addition->key, addition->value, addition->size);
      coffer_additions_get (there, i)->state = COFFER_ADDITION_ADDED;
    }
  return coffer_move_new (other->vault, there);
}

static void
move_here (Fixture *fixture,
           Other   *other)
{
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferMove) move = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  other->path = test_make_vault (fixture->folder, "other.db", 10);
  test_sql (other->path, "INSERT INTO kv (key, value) VALUES (CAST('old0' AS BLOB), CAST('mine0' AS BLOB)),"
                         "(CAST('old1' AS BLOB), CAST('mine1' AS BLOB)), (CAST('old2' AS BLOB), CAST('mine2' AS BLOB))");
  other->vault = test_open (other->path);
  test_edit (other->vault);
  other->undo = coffer_undo_new (other->vault);
  additions = add_values (fixture, other->path);
  move = turn_around (other, fixture, additions);
  coffer_move_go_async (move, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_move_go_finish (move, result, &error), ==, 3);
  g_assert_no_error (error);
  coffer_undo_push_moved_out (other->undo, move);
  coffer_undo_push_moved_in (fixture->undo, additions, move);
}

static void
assert_at (Fixture *fixture,
           Other   *other,
           int      here,
           int      there)
{
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) || CAST(value AS TEXT) IN ('moved0mine0', 'moved1mine1', 'moved2mine2')"), ==, here);
  g_assert_cmpint (test_count_rows (other->path, "CAST(key AS TEXT) || CAST(value AS TEXT) IN ('old0mine0', 'old1mine1', 'old2mine2')"), ==, there);
}

static void
leave_other (Fixture *fixture,
             Other   *other)
{
  g_object_unref (fixture->undo);   /* it knows the other vault */
  fixture->undo = coffer_undo_new (fixture->vault);
  g_clear_object (&other->undo);
  test_close (other->vault);
  g_free (other->path);
}

/* A step of the other window. */
static void
assert_other_step (Fixture    *fixture,
                   Other      *other,
                   gboolean    redo,
                   const char *expected)
{
  CofferUndo *mine = fixture->undo;

  fixture->undo = other->undo;
  test_assert_step (fixture, redo, expected);
  fixture->undo = mine;
}

static void
a_move_comes_back (Fixture       *fixture,
                   gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  assert_at (fixture, &other, 3, 0);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Move of 3 Keys");
  test_assert_step (fixture, FALSE, "3 keys moved back");
  assert_at (fixture, &other, 0, 3);
  g_assert_null (coffer_undo_get_undo_label (other.undo));   /* it has them */
  test_assert_step (fixture, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  leave_other (fixture, &other);
}

/* Where they came from they come back, and the copies stay until that is taken back here. */
static void
a_move_comes_back_there (Fixture       *fixture,
                         gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  g_assert_cmpstr (coffer_undo_get_undo_label (other.undo), ==, "_Undo Move of 3 Keys");
  assert_other_step (fixture, &other, FALSE, "3 keys are back");
  assert_at (fixture, &other, 3, 3);
  assert_other_step (fixture, &other, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  assert_other_step (fixture, &other, FALSE, "3 keys are back");
  test_assert_step (fixture, FALSE, "3 keys moved back");
  assert_at (fixture, &other, 0, 3);
  leave_other (fixture, &other);
}

/* The other vault is open for viewing; one of the values is another by now, one is nowhere. */
static void
a_move_loses_nothing (Fixture       *fixture,
                      gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  coffer_vault_stop_editing (other.vault);
  test_assert_fails (fixture, FALSE, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  assert_at (fixture, &other, 3, 0);
  test_edit (other.vault);
  test_sql (other.path, "INSERT INTO kv (key, value) VALUES (CAST('old0' AS BLOB), CAST('newer' AS BLOB))");
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('moved1' AS BLOB)");
  assert_other_step (fixture, &other, FALSE, "1 key is back; 2 stay where they were moved to");
  assert_at (fixture, &other, 2, 1);
  test_assert_step (fixture, FALSE, "1 key moved back; 2 stay: their values or their files are others by now, or gone");
  assert_at (fixture, &other, 1, 1);
  g_assert_cmpint (test_count_rows (other.path, "CAST(value AS TEXT) = 'newer'"), ==, 1);
  leave_other (fixture, &other);
}

/* Where one is to come back to, a third window has put another value and deleted it, which is to come back there. */
static void
a_move_takes_no_deleted_name (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) hidden = NULL, shown = NULL;
  g_autoptr(GError) error = NULL;
  Other other;

  move_here (fixture, &other);
  test_sql (other.path, "INSERT INTO kv (key, value) VALUES (CAST('old0' AS BLOB), CAST('newer' AS BLOB))");
  g_ptr_array_add (keys, test_key ("old0"));
  coffer_vault_hide_async (other.vault, keys, NULL, test_store_result, &hidden);
  test_wait_for (hidden != NULL);
  deletion = coffer_vault_hide_finish (other.vault, hidden, &error);
  g_assert_no_error (error);
  assert_other_step (fixture, &other, FALSE, "2 keys are back; 1 was not: a key of its name was deleted a moment ago and can still be brought back");
  assert_at (fixture, &other, 3, 2);
  g_assert_cmpint (test_count_rows (other.path, "CAST(value AS TEXT) = 'newer'"), ==, 1);
  coffer_vault_show_deletion_async (other.vault, deletion, TRUE, test_store_result, &shown);
  test_wait_for (shown != NULL);
  g_assert_true (coffer_vault_show_deletion_finish (other.vault, shown, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (coffer_deletion_get_n_left (deletion), ==, 1);
  g_clear_object (&hidden);   /* they know the vault */
  g_clear_object (&shown);
  leave_other (fixture, &other);
}

/* The other window is the same vault by another name. */
static void
a_move_onto_itself_deletes_nothing (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(CofferAdditions) there = coffer_additions_new ("kv");
  g_autofree char *link = g_build_filename (fixture->folder, "link.db", NULL);
  g_autoptr(CofferVault) linked = NULL;
  g_autoptr(CofferMove) move = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (symlink (fixture->path, link), ==, 0);
  linked = test_open (link);
  g_assert_true (coffer_vault_is_same_file (fixture->vault, linked));
  test_close (g_steal_pointer (&linked));
  coffer_additions_set_source (there, link, "kv");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(CofferKey) key = test_key_of (i);

      coffer_additions_append_value (there, coffer_key_get_bytes (key), coffer_key_get_bytes (key), 1);
      coffer_additions_get (there, i)->state = COFFER_ADDITION_ADDED;
    }
  move = coffer_move_new (fixture->vault, there);
  coffer_move_go_async (move, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_move_go_finish (move, result, &error), <=, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
  g_unlink (link);
}

/* The window that they came from is closed: what was done before can be undone all the same. */
static void
a_move_bars_no_way (Fixture       *fixture,
                    gconstpointer  data)
{
  Other other;

  coffer_deletion_unref (test_hide (fixture, 10, 11));
  move_here (fixture, &other);
  g_object_unref (other.undo);
  coffer_vault_close (other.vault);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (test_step (fixture, FALSE, &error));
      g_assert_nonnull (error);
    }
  test_assert_step (fixture, FALSE, "1 key is back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'moved%'"), ==, 3);
  g_object_unref (other.vault);
  g_free (other.path);
}

/* While another program keeps a vault from being written to: nothing goes on when that ends, and all does after the pause. */
static void
assert_pauses (Fixture    *fixture,
               CofferUndo *undo,
               const char *locked,
               gboolean    redo,
               const char *expected)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  guint64 items = 0, n_items = 0, bytes = 0, n_bytes = 0;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (locked, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_true (coffer_undo_can_pause (undo, redo));
  coffer_undo_step_async (undo, redo, NULL, NULL, test_store_result, &result);
  test_run_for (50);
  coffer_undo_set_paused (undo, TRUE);
  test_run_for (200);
  g_assert_cmpint (sqlite3_exec (db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  test_run_for (200);
  g_assert_null (result);
  g_assert_true (coffer_undo_get_busy (undo));
  coffer_undo_look (undo, 0, &items, &n_items, &bytes, &n_bytes);
  if (undo != fixture->undo)   /* the other one counts what it looks at, once it does */
    {
      g_assert_cmpuint (n_items, ==, 3);
      g_assert_cmpuint (n_bytes, ==, 15);
    }
  coffer_undo_set_paused (undo, FALSE);
  test_wait_for (result != NULL);
  text = coffer_undo_step_finish (undo, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
a_move_pauses (Fixture       *fixture,
               gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  assert_pauses (fixture, fixture->undo, other.path, FALSE, "3 keys moved back");
  assert_at (fixture, &other, 0, 3);
  assert_pauses (fixture, fixture->undo, other.path, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  assert_pauses (fixture, fixture->undo, fixture->path, FALSE, "3 keys moved back");
  assert_at (fixture, &other, 0, 3);
  assert_pauses (fixture, fixture->undo, fixture->path, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  leave_other (fixture, &other);
}

static void
a_move_pauses_there (Fixture       *fixture,
                     gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  assert_pauses (fixture, other.undo, other.path, FALSE, "3 keys are back");
  assert_at (fixture, &other, 3, 3);
  assert_pauses (fixture, other.undo, other.path, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  leave_other (fixture, &other);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_UNDO_ADD ("/undo/moves/come-back", a_move_comes_back);
  TEST_UNDO_ADD ("/undo/moves/pause", a_move_pauses);
  TEST_UNDO_ADD ("/undo/moves/pause-there", a_move_pauses_there);
  TEST_UNDO_ADD ("/undo/moves/come-back-there", a_move_comes_back_there);
  TEST_UNDO_ADD ("/undo/moves/lose-nothing", a_move_loses_nothing);
  TEST_UNDO_ADD ("/undo/moves/take-no-deleted-name", a_move_takes_no_deleted_name);
  TEST_UNDO_ADD ("/undo/moves/onto-itself", a_move_onto_itself_deletes_nothing);
  TEST_UNDO_ADD ("/undo/moves/bar-no-way", a_move_bars_no_way);

  return g_test_run ();
}
