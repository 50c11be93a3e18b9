/* SPDX-License-Identifier: MIT */
/* Lists that follow what others write to the file, what becomes of it, and an index that is damaged. */
#include "many-keys.h"

#include "coffer-entry-list-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

/* What the mirror knows by its positions is what the list has there. */
static void
assert_mirror (Fixture *fixture)
{
  g_assert_cmpint (fixture->mirror->len, ==, test_get_n (fixture));
  for (guint i = 0; i < fixture->mirror->len; i++)
    {
      const char *known = g_ptr_array_index (fixture->mirror, i);

      if (!g_str_equal (known, "?"))
        test_assert_key (fixture, i, known);
    }
}

static void
learn_rows (Fixture *fixture,
            guint    step)
{
  for (guint i = 0; i < test_get_n (fixture); i += step)
    {
      g_free (g_ptr_array_index (fixture->mirror, i));
      fixture->mirror->pdata[i] = test_read_key (fixture, i);
    }
}

static void
write_at_random (Fixture *fixture,
                 GRand   *random)
{
  g_autoptr(GString) sql = g_string_new ("BEGIN;");

  for (guint i = 0; i < 30; i++)
    {
      guint n = g_rand_int_range (random, 0, MANY / 2);

      g_string_append_printf (sql,
                              "DELETE FROM kv WHERE key = CAST('img/%05u.jpg' AS BLOB);"
                              "INSERT OR REPLACE INTO kv VALUES (CAST('doc/%05ux.txt' AS BLOB), x'00');", n, n);
    }
  if (g_rand_boolean (random))
    g_string_append_printf (sql, "DELETE FROM kv WHERE key BETWEEN CAST('doc/%05u' AS BLOB) AND CAST('doc/%05u' AS BLOB);",
                            (guint) g_rand_int_range (random, 0, 500) * 10, 5000u);
  g_string_append (sql, "COMMIT;");
  test_sql (fixture->path, sql->str);
}

static void
follows_what_others_write (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (4);
  CofferSort sort = GPOINTER_TO_INT (data) & 0xff;

  test_wait_loaded (fixture);
  if (GPOINTER_TO_INT (data) & 0x100)
    test_search (fixture, COFFER_MATCH_CONTAINS, "0", 0, 0, G_MAXUINT64);
  coffer_entry_list_set_order (fixture->list, sort, sort != COFFER_SORT_KEY);
  test_wait_loaded (fixture);
  for (guint round = 0; round < 5; round++)
    {
      g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);

      learn_rows (fixture, 101);
      for (guint i = 0; i < 60; i++)
        g_ptr_array_add (held, test_get_entry (fixture, test_get_n (fixture) / 2 + i));
      write_at_random (fixture, random);
      fixture->edited = FALSE;
      coffer_vault_drop_census (fixture->vault);
      coffer_entry_list_refresh (fixture->list);
      test_wait_loaded (fixture);
      g_assert_true (fixture->edited);
      assert_mirror (fixture);
      for (guint i = 0; i < held->len; i++)
        {
          CofferEntry *entry = g_ptr_array_index (held, i);
          g_autoptr(CofferEntry) there = NULL;

          if (entry->list == NULL)
            continue;
          there = test_get_entry (fixture, coffer_entry_get_position (entry));
          g_assert_true (there == entry);
        }
    }
}

/* The id of the last row is given again to the next one that comes. */
static void
rows_are_told_apart_by_their_keys (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferEntry) held = NULL;
  guint position;

  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST('mine' AS BLOB), x'0102')");
  coffer_entry_list_refresh (fixture->list);
  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  test_wait_loaded (fixture);
  position = test_find (fixture, "mine");
  held = test_get_entry (fixture, position);
  test_wait_for (coffer_entry_get_size (held) == 2);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('mine' AS BLOB);"
                           "INSERT INTO kv VALUES (CAST('yours' AS BLOB), x'0304')");
  coffer_ranges_add_range (rows, position, 1);
  coffer_entry_list_keys_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_entry_list_keys_finish (fixture->list, result, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE));

  fixture->edited = FALSE;
  coffer_vault_drop_census (fixture->vault);
  coffer_vault_tell_touched (fixture->vault);
  test_wait_for (fixture->edited);
  test_wait_loaded (fixture);
  g_assert_cmpstr (coffer_entry_get_display_key (held), ==, "mine");
  test_assert_key (fixture, test_find (fixture, "yours"), "yours");
}

/* ---- rows that move ---- */

static CofferMarks
make_marks (const gint64 *ids,
            guint         n)
{
  CofferMarks marks;

  coffer_marks_init (&marks);
  for (guint i = 0; i < n; i++)
    coffer_marks_add (&marks, ids[i], (guint32) ids[i] * 31);
  return marks;
}

/* Edits make the one of the other, and moves are those rows that are in both. Returns: the rows that the edits remove */
static guint
compare_orders (const gint64 *before,
                guint         n_before,
                const gint64 *after,
                guint         n_after)
{
  CofferMarks old = make_marks (before, n_before);
  CofferMarks now = make_marks (after, n_after);
  g_autoptr(GArray) moves = NULL;
  g_autoptr(GArray) edits = coffer_edits_of_ids (&old, &now, &moves);
  g_autoptr(GHashTable) added = g_hash_table_new (g_int64_hash, g_int64_equal);
  guint i = 0, j = 0, n_removed = 0, n_both = 0;

  for (guint e = 0; e <= edits->len; e++)
    {
      CofferEdit end = { n_before, 0, 0 };
      CofferEdit edit = e < edits->len ? g_array_index (edits, CofferEdit, e) : end;

      for (; i < edit.position; i++)
        g_assert_cmpint (before[i], ==, after[j++]);
      for (guint k = 0; k < edit.added; k++)
        g_hash_table_add (added, (gpointer) &after[j++]);
      i += edit.removed;
      n_removed += edit.removed;
    }
  g_assert_cmpuint (i, ==, n_before);
  g_assert_cmpuint (j, ==, n_after);
  for (guint e = 0; e < edits->len; e++)
    {
      const CofferEdit *edit = &g_array_index (edits, CofferEdit, e);

      for (guint k = 0; k < edit->removed; k++)
        n_both += g_hash_table_contains (added, &before[edit->position + k]);
    }
  g_assert_cmpuint (moves->len, ==, n_both);
  for (guint m = 0; m < moves->len; m++)
    {
      const CofferRowMove *move = &g_array_index (moves, CofferRowMove, m);

      g_assert_cmpint (before[move->from], ==, after[move->to]);
      if (m > 0)
        g_assert_cmpuint (move[-1].to, <, move->to);
    }
  coffer_marks_clear (&old);
  coffer_marks_clear (&now);
  return n_removed;
}

static void
move_id (gint64 *ids,
         guint   from,
         guint   to)
{
  gint64 id = ids[from];

  if (from < to)
    memmove (ids + from, ids + from + 1, (to - from) * sizeof *ids);
  else
    memmove (ids + to + 1, ids + to, (from - to) * sizeof *ids);
  ids[to] = id;
}

/* Wherever one row goes, no other does. */
static void
one_row_moves_alone (void)
{
  gint64 before[70], after[70];

  for (guint i = 0; i < G_N_ELEMENTS (before); i++)
    before[i] = i + 1;
  for (guint from = 0; from < G_N_ELEMENTS (before); from++)
    for (guint to = 0; to < G_N_ELEMENTS (before); to++)
      {
        memcpy (after, before, sizeof after);
        move_id (after, from, to);
        g_assert_cmpuint (compare_orders (before, G_N_ELEMENTS (before), after, G_N_ELEMENTS (after)), ==, from != to);
      }
}

static void
rows_move_at_random (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (5);
  gint64 before[400], after[400];

  for (guint round = 0; round < 400; round++)
    {
      guint n_before = g_rand_int_range (random, 1, 400);
      guint n = n_before;

      for (guint i = 0; i < n; i++)
        before[i] = after[i] = i + 1;
      for (guint i = g_rand_int_range (random, 0, round + 2); i-- > 0;)
        {
          guint at = g_rand_int_range (random, 0, n);

          switch (g_rand_int_range (random, 0, 4))
            {
            case 0:
              if (n == G_N_ELEMENTS (after))
                break;
              after[n++] = 1000 + i;
              move_id (after, n - 1, at);
              break;
            case 1:
              if (n == 1)
                break;
              move_id (after, at, --n);
              break;
            default:
              move_id (after, at, g_rand_int_range (random, 0, n));
            }
        }
      compare_orders (before, n_before, after, n);
    }
}

typedef struct {
  guint n_removed, n_added, n_moves;
} Told;

static void
count_notify_cb (guint *n)
{
  (*n)++;
}

static void
told_cb (Told                *told,
         const CofferEdit    *edits,
         guint                n_edits,
         const CofferRowMove *moves,
         guint                n_moves)
{
  for (guint i = 0; i < n_edits; i++)
    {
      told->n_removed += edits[i].removed;
      told->n_added += edits[i].added;
    }
  told->n_moves += n_moves;
}

static void
assert_counts (Fixture *fixture,
               guint64  added,
               guint64  removed)
{
  guint64 n_added, n_removed;

  g_object_get (fixture->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
  g_assert_cmpuint (n_added, ==, added);
  g_assert_cmpuint (n_removed, ==, removed);
}

static void
look_again (Fixture    *fixture,
            const char *sql)
{
  test_sql (fixture->path, sql);
  coffer_vault_drop_census (fixture->vault);
  coffer_entry_list_refresh (fixture->list);
  test_wait_loaded (fixture);
}

/* A value that grew or shrank has its row elsewhere: no other row goes, and none is counted as one that came or went. */
static void
rows_that_move_are_told (Fixture       *fixture,
                         gconstpointer  data)
{
  Told told = { 0 };

  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  test_wait_loaded (fixture);
  g_signal_connect_swapped (fixture->list, "edited", G_CALLBACK (told_cb), &told);
  look_again (fixture, "UPDATE kv SET value = zeroblob (502) WHERE key = CAST('img/00500.jpg' AS BLOB);"
                       "UPDATE kv SET value = zeroblob (907) WHERE key = CAST('img/00900.jpg' AS BLOB);"
                       "DELETE FROM kv WHERE key = CAST('img/00321.jpg' AS BLOB)");
  g_assert_cmpuint (told.n_removed, ==, 3);
  g_assert_cmpuint (told.n_added, ==, 2);
  g_assert_cmpuint (told.n_moves, ==, 2);
  assert_counts (fixture, 0, 1);
}

static void
show_all (Fixture *fixture)
{
  coffer_entry_list_set_filter (fixture->list, NULL);
  coffer_entry_list_set_prefix (fixture->list, NULL);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, FALSE);
}

static void
show_prefix (Fixture    *fixture,
             const char *prefix)
{
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));

  coffer_entry_list_set_prefix (fixture->list, bytes);
  test_wait_loaded (fixture);
}

/* The rows are those of the file. */
static void
assert_rows (Fixture *fixture)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  guint n = 0;

  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT CAST(key AS TEXT) FROM kv ORDER BY key", -1, &statement, NULL), ==, SQLITE_OK);
  for (; sqlite3_step (statement) == SQLITE_ROW; n++)
    if (n % 101 == 0)
      test_assert_key (fixture, n, (const char *) sqlite3_column_text (statement, 0));
  g_assert_cmpuint (test_get_n (fixture), ==, n);
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

/* What comes and goes while a search, a prefix or another order is on show is counted too: at once what is seen, then the rest. */
static void
counts_go_on (Fixture       *fixture,
              gconstpointer  data)
{
  guint n_told = 0;

  test_wait_loaded (fixture);
  assert_counts (fixture, 0, 0);
  look_again (fixture, "INSERT INTO kv VALUES (CAST('img/a' AS BLOB), x'')");
  assert_counts (fixture, 1, 0);
  g_signal_connect_swapped (fixture->list, "notify::n-added", G_CALLBACK (count_notify_cb), &n_told);

  test_search (fixture, COFFER_MATCH_CONTAINS, "img/", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  assert_counts (fixture, 1, 0);
  g_assert_cmpuint (n_told, ==, 0);
  look_again (fixture, "DELETE FROM kv WHERE key = CAST('doc/00001.txt' AS BLOB);"
                       "INSERT INTO kv VALUES (CAST('img/c' AS BLOB), x''), (CAST('doc/b' AS BLOB), x'')");
  assert_counts (fixture, 2, 0);
  coffer_entry_list_set_filter (fixture->list, NULL);
  assert_counts (fixture, 2, 0);
  test_wait_loaded (fixture);
  assert_counts (fixture, 3, 1);
  assert_rows (fixture);

  show_prefix (fixture, "doc/");
  look_again (fixture, "DELETE FROM kv WHERE key IN (CAST('img/a' AS BLOB), CAST('doc/b' AS BLOB))");
  assert_counts (fixture, 3, 2);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, TRUE);
  test_wait_loaded (fixture);
  look_again (fixture, "INSERT INTO kv VALUES (CAST('img/d' AS BLOB), x''), (CAST('doc/d' AS BLOB), x'')");
  assert_counts (fixture, 4, 2);
  show_all (fixture);
  test_wait_loaded (fixture);
  assert_counts (fixture, 5, 3);
  assert_rows (fixture);
}

/* A key that came and went while it was seen is one of each; and what is counted never sinks. */
static void
counts_what_was_seen (Fixture       *fixture,
                      gconstpointer  data)
{
  test_wait_loaded (fixture);
  show_prefix (fixture, "doc/");
  look_again (fixture, "INSERT INTO kv VALUES (CAST('doc/a' AS BLOB), x''), (CAST('doc/b' AS BLOB), x''), (CAST('img/a' AS BLOB), x'')");
  look_again (fixture, "DELETE FROM kv WHERE key = CAST('doc/a' AS BLOB)");
  assert_counts (fixture, 2, 1);
  show_all (fixture);
  test_wait_loaded (fixture);
  assert_counts (fixture, 3, 1);
}

/* Nothing went that was seen, but something that was not; and what was empty may be full. */
static void
counts_what_was_not_seen (Fixture       *fixture,
                          gconstpointer  data)
{
  test_wait_loaded (fixture);
  show_prefix (fixture, "doc/");
  look_again (fixture, "DELETE FROM kv WHERE key BETWEEN CAST('img/00100.jpg' AS BLOB) AND CAST('img/00104.jpg' AS BLOB)");
  assert_counts (fixture, 0, 0);
  show_all (fixture);
  test_wait_loaded (fixture);
  assert_counts (fixture, 0, 5);
  assert_rows (fixture);

  look_again (fixture, "DELETE FROM kv");
  assert_counts (fixture, 0, MANY);
  test_search (fixture, COFFER_MATCH_CONTAINS, "img/", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST('doc/a' AS BLOB), x'')");
  show_all (fixture);
  test_wait_loaded (fixture);
  assert_rows (fixture);
  assert_counts (fixture, 1, MANY);
}

/* Keys the other way round are another list: of what went by unseen only how many more or fewer there are is known. */
static void
counts_both_ways (Fixture       *fixture,
                  gconstpointer  data)
{
  test_wait_loaded (fixture);
  show_prefix (fixture, "doc/");
  look_again (fixture, "INSERT INTO kv VALUES (CAST('img/a' AS BLOB), x''), (CAST('img/b' AS BLOB), x'')");
  assert_counts (fixture, 0, 0);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, TRUE);
  coffer_entry_list_set_prefix (fixture->list, NULL);
  test_wait_loaded (fixture);
  assert_counts (fixture, 2, 0);
  look_again (fixture, "DELETE FROM kv WHERE key = CAST('img/a' AS BLOB)");
  assert_counts (fixture, 2, 1);
  show_all (fixture);
  test_wait_loaded (fixture);
  assert_counts (fixture, 2, 1);
  assert_rows (fixture);
}

/* Each table has its own. */
static void
counts_by_table (Fixture       *fixture,
                 gconstpointer  data)
{
  test_sql (fixture->path, "CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL); INSERT INTO other VALUES (x'61', x'')");
  test_close_list (fixture);
  test_open_list (fixture);
  test_wait_loaded (fixture);
  look_again (fixture, "DELETE FROM kv WHERE key = CAST('img/00500.jpg' AS BLOB)");
  assert_counts (fixture, 0, 1);
  coffer_vault_set_table (fixture->vault, "other");
  test_wait_loaded (fixture);
  assert_counts (fixture, 0, 0);
  g_assert_cmpuint (test_get_n (fixture), ==, 1);
  look_again (fixture, "INSERT INTO other VALUES (x'62', x''); INSERT INTO kv VALUES (CAST('img/a' AS BLOB), x'')");
  assert_counts (fixture, 1, 0);
  coffer_vault_set_table (fixture->vault, "kv");
  assert_counts (fixture, 0, 1);
  test_wait_loaded (fixture);
  assert_counts (fixture, 1, 1);
  assert_rows (fixture);
  coffer_vault_set_table (fixture->vault, "other");
  test_wait_loaded (fixture);
  assert_counts (fixture, 1, 0);
}

/* ---- watching ---- */

/* Until all has been said and done of what was written. */
static void
wait_quiet (Fixture *fixture)
{
  test_wait_for (!fixture->vault->settling && !fixture->vault->looking);
  test_wait_for (fixture->list->refresh_id == 0 && !coffer_entry_list_get_loading (fixture->list) && !fixture->list->reading);
}

/* The first keys of a prefix, and of a table. */
static void
counts_from_nothing (Fixture       *fixture,
                     gconstpointer  data)
{
  test_wait_loaded (fixture);
  show_prefix (fixture, "new/");
  g_assert_cmpuint (test_get_n (fixture), ==, 0);
  look_again (fixture, "INSERT INTO kv VALUES (CAST('new/a' AS BLOB), x''), (CAST('new/b' AS BLOB), x'')");
  assert_counts (fixture, 2, 0);
  look_again (fixture, "DELETE FROM kv WHERE key >= CAST('new/' AS BLOB)");
  assert_counts (fixture, 2, 2);
  look_again (fixture, "INSERT INTO kv VALUES (CAST('new/c' AS BLOB), x'')");
  assert_counts (fixture, 3, 2);

  show_all (fixture);
  test_wait_loaded (fixture);
  assert_counts (fixture, 3, 2);
  look_again (fixture, "DELETE FROM kv");
  assert_counts (fixture, 3, 3 + MANY);
  look_again (fixture, "INSERT INTO kv VALUES (CAST('a' AS BLOB), x'')");
  assert_counts (fixture, 4, 3 + MANY);
}

/* Nobody asks for it: the file is looked at while somebody watches, and only then. */
static void
watches_the_file (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;
  guint64 n_added, n_removed;

  test_wait_loaded (fixture);
  coffer_vault_set_watching (fixture->vault, TRUE);
  entry = test_get_entry (fixture, 3);
  test_wait_for (coffer_entry_get_size (entry) != G_MAXUINT64);
  test_sql (fixture->path, "BEGIN; INSERT INTO kv VALUES (x'00', x'01');"
                           "UPDATE kv SET value = zeroblob (77) WHERE key = CAST('doc/00003.txt' AS BLOB);"
                           "DELETE FROM kv WHERE key = CAST('img/09000.jpg' AS BLOB); COMMIT");
  test_wait_for (coffer_entry_get_size (entry) == 77);
  do
    {
      test_iterate ();
      g_object_get (fixture->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
    }
  while (n_added == 0 || n_removed == 0);
  wait_quiet (fixture);
  g_assert_cmpint (coffer_entry_get_position (entry), ==, 4);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  g_object_get (fixture->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
  g_assert_cmpint (n_added, ==, 1);
  g_assert_cmpint (n_removed, ==, 1);

  coffer_vault_set_watching (fixture->vault, FALSE);
  test_wait_for (!fixture->vault->looking);   /* the last of them */
  test_sql (fixture->path, "DELETE FROM kv WHERE key = x'00'");
  test_run_for (1200);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_wait_for (test_get_n (fixture) == MANY - 1);
}

static gint disk_is_slow;   /* atomic */

/* In the place of libc's: the moment between the last byte of a commit in the log and that it can be read. */
__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  while (g_atomic_int_get (&disk_is_slow))
    g_usleep (1000);
  return 0;
}

static gpointer
write_thread (gpointer path)
{
  test_sql (path, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; INSERT INTO kv VALUES (x'00', x'01')");
  return NULL;
}

static void
count_cb (CofferVault *vault,
          guint       *n)
{
  (*n)++;
}

/* The stamps tell of it before there is anything to see. */
static void
notices_slow_commits (Fixture       *fixture,
                      gconstpointer  data)
{
  guint n_touched = 0;
  GThread *thread;
  sqlite3 *db;

  test_wait_loaded (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode=WAL");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);   /* so that the writer leaves the log as it is */
  g_assert_cmpint (sqlite3_exec (db, "SELECT count(*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_vault_set_watching (fixture->vault, TRUE);
  wait_quiet (fixture);
  g_signal_connect (fixture->vault, "touched", G_CALLBACK (count_cb), &n_touched);

  g_atomic_int_set (&disk_is_slow, TRUE);
  thread = g_thread_new ("writer", write_thread, fixture->path);
  test_wait_for (n_touched > 0);
  test_wait_for (fixture->list->refresh_id == 0 && !coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  g_atomic_int_set (&disk_is_slow, FALSE);
  g_thread_join (thread);
  test_wait_for (test_get_n (fixture) == MANY + 1);
  sqlite3_close (db);
}

static void
says_that_the_file_went (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;
  guint64 size;

  test_wait_loaded (fixture);
  size = test_read_size (fixture, 3);
  entry = test_get_entry (fixture, 3);
  test_wait_for (coffer_entry_get_type_label (entry) != NULL);
  coffer_vault_set_watching (fixture->vault, TRUE);
  g_assert_no_errno (g_remove (fixture->path));
  test_wait_for (coffer_entry_list_get_error (fixture->list) != NULL);
  test_wait_for (coffer_vault_is_missing (fixture->vault) && !coffer_entry_list_get_loading (fixture->list));
  g_assert_nonnull (coffer_vault_get_lock_reason (fixture->vault));
  test_run_for (200);
  g_assert_cmpuint (coffer_entry_get_size (entry), ==, size);
  g_assert_cmpstr (coffer_entry_get_type_label (entry), !=, "Unreadable");
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, "The file is not there any more");
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
}

/* ---- our own looks ---- */

enum {
  WITH_A_LOG = 1 << 0,   /* the file is in the mode of write-ahead logs: with whoever opens it an empty one comes and goes */
  LOG_IS_LEFT = 1 << 1,  /* by a program that crashed */
  CONNECTED = 1 << 2,    /* the other program is there all the time, and does nothing */
};

/* Returns: (nullable): the other program's connection */
static sqlite3 *
leave_file (const char *path,
            int         how)
{
  g_autofree char *index = g_strconcat (path, "-shm", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (how & LOG_IS_LEFT) != 0, NULL), ==, SQLITE_OK);
  if (how & WITH_A_LOG)
    g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'00', x'01')", NULL, NULL, NULL), ==, SQLITE_OK);
  if (how & CONNECTED)
    return db;
  sqlite3_close (db);
  if (how & LOG_IS_LEFT)
    g_assert_no_errno (g_remove (index));   /* which is made anew at need */
  return NULL;
}

static gpointer
read_byte_func (GInputStream           *stream,
                const CofferValueFacts *facts,
                gpointer                data,
                GCancellable           *cancellable,
                GError                **error)
{
  char byte;

  return g_input_stream_read (stream, &byte, 1, cancellable, error) == 1 ? g_strdup ("read") : NULL;
}

/* Everything a window does. */
static void
look_around (Fixture *fixture)
{
  g_autoptr(CofferKey) key = test_key ("img/00007.jpg");
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *read = NULL;

  coffer_entry_list_refresh (fixture->list);
  test_wait_loaded (fixture);
  test_assert_key (fixture, test_find (fixture, "img/00007"), "img/00007.jpg");
  g_assert_cmpuint (test_read_size (fixture, MANY), ==, 4 + 9999 * 7919 % 1000);
  coffer_ranges_add_range (rows, 0, MANY);
  g_assert_cmpuint (test_measure (fixture, rows).keys, ==, MANY);
  coffer_vault_read_value_async (fixture->vault, key, read_byte_func, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  read = coffer_vault_read_value_finish (fixture->vault, result, NULL);
  g_assert_cmpstr (read, ==, "read");
  coffer_vault_drop_census (fixture->vault);
  coffer_census_unref (test_take_census (fixture, TRUE));
}

/* Until the file has been looked at, from now on. */
static void
wait_for_look (Fixture *fixture)
{
  test_wait_for (!fixture->vault->looking);
  test_wait_for (fixture->vault->looking);
  test_wait_for (!fixture->vault->looking);
}

/* With all handles open and with none. */
static void
own_looks_are_no_writes (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *names_before = NULL, *names_after = NULL;
  CofferFileState before, after;
  guint n_touched = 0;
  sqlite3 *other;

  test_wait_loaded (fixture);
  test_close_list (fixture);
  other = leave_file (fixture->path, GPOINTER_TO_INT (data));
  names_before = test_folder_list (fixture->folder);
  coffer_file_state_read (&before, fixture->path);
  test_wait_settled (fixture->path);   /* else it is looked at once more, which is told */
  test_open_list (fixture);
  test_wait_loaded (fixture);
  coffer_vault_set_watching (fixture->vault, TRUE);
  g_signal_connect (fixture->vault, "touched", G_CALLBACK (count_cb), &n_touched);

  fixture->edited = FALSE;
  for (guint i = 0; i < 2; i++)
    {
      look_around (fixture);
      wait_for_look (fixture);
      test_hold (fixture->vault);
      wait_for_look (fixture);
      coffer_vault_resume (fixture->vault);
    }
  g_assert_cmpuint (n_touched, ==, 0);
  g_assert_false (fixture->edited);

  test_hold (fixture->vault);
  coffer_file_state_read (&after, fixture->path);
  g_assert_true (coffer_file_state_equal (&before, &after));
  names_after = test_folder_list (fixture->folder);
  g_assert_cmpstr (names_after, ==, names_before);
  coffer_vault_resume (fixture->vault);
  sqlite3_close (other);
}

/* ---- a damaged index ---- */

static guint
find_root (const char *path)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  guint root;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT rootpage FROM sqlite_schema WHERE type = 'index'", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  root = (guint) sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return root;
}

/* Where the index cannot be read the first row behind what can is not the one that is sought. */
static void
finds_nothing_in_what_cannot_be_read (Fixture       *fixture,
                                      gconstpointer  data)
{
  g_autoptr(GBytes) behind = g_bytes_new_static ("doc/00500", 9);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_wait_loaded (fixture);
  test_wreck_index_page (fixture, "doc/00400.txt");
  g_assert_cmpint (test_find (fixture, "doc/00001"), ==, 1);   /* in front of it */
  coffer_entry_list_find_async (fixture->list, behind, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT));
}

static void
lists_through_the_table (Fixture       *fixture,
                         gconstpointer  data)
{
  guint root;
  char garbage[512];
  FILE *file;

  test_wait_loaded (fixture);
  test_close_list (fixture);
  root = find_root (fixture->path);
  memset (garbage, 0xee, sizeof garbage);
  file = fopen (fixture->path, "r+");
  g_assert_no_errno (fseek (file, (long) (root - 1) * 4096, SEEK_SET));
  g_assert_cmpint (fwrite (garbage, sizeof garbage, 1, file), ==, 1);
  fclose (file);

  test_open_list (fixture);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  g_assert_nonnull (strstr (coffer_entry_list_get_error (fixture->list), "listed from the table itself"));
  test_assert_key (fixture, 0, "doc/00000.txt");
  test_assert_key (fixture, MANY - 1, "img/09999.jpg");
  g_assert_cmpint (test_read_size (fixture, MANY - 1), ==, 4 + 9999 * 7919 % 1000);
  test_search (fixture, COFFER_MATCH_CONTAINS, "img/0012", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, 10);
}

/* What is wrong with a file is not wrong with the one that comes in its place. */
static void
trusts_the_index_of_another_file (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autofree char *other = NULL;

  lists_through_the_table (fixture, data);
  coffer_entry_list_set_filter (fixture->list, NULL);
  other = test_make_vault (fixture->folder, "other.db", 600);
  coffer_vault_set_watching (fixture->vault, TRUE);
  g_assert_no_errno (g_rename (other, fixture->path));
  test_wait_for (test_get_n (fixture) == 600);
  test_wait_loaded (fixture);
  /* A walk that began on the damaged file may have ended on this one, before the other file was noticed. */
  test_wait_for (coffer_entry_list_get_error (fixture->list) == NULL);
}

/* A walk over a damaged file that ends when another one is there already. */
static void
trusts_the_index_of_a_file_that_came_meanwhile (Fixture       *fixture,
                                                gconstpointer  data)
{
  g_autoptr(GError) error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT), "damaged");

  test_wait_loaded (fixture);
  coffer_entry_list_refresh (fixture->list);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  fixture->list->walk.file.inode++;
  coffer_entry_list_end_walk (fixture->list, error);
  test_wait_loaded (fixture);
  g_assert_false (fixture->list->by_table);
  g_assert_null (coffer_entry_list_get_error (fixture->list));
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
}

int
main (int   argc,
      char *argv[])
{
  test_list_init (&argc, &argv);

#define ADD(name, data, func) TEST_LIST_ADD ("/follow/" name, data, func)
  ADD ("follows-what-others-write/keys", COFFER_SORT_KEY, follows_what_others_write);
  ADD ("follows-what-others-write/search", 0x100 | COFFER_SORT_KEY, follows_what_others_write);
  ADD ("follows-what-others-write/sizes", COFFER_SORT_SIZE, follows_what_others_write);
  ADD ("rows-are-told-apart-by-their-keys", 0, rows_are_told_apart_by_their_keys);
  g_test_add_func ("/follow/one-row-moves-alone", one_row_moves_alone);
  g_test_add_func ("/follow/rows-move-at-random", rows_move_at_random);
  ADD ("rows-that-move-are-told", 0, rows_that_move_are_told);
  ADD ("counts-go-on", 0, counts_go_on);
  ADD ("counts-what-was-seen", 0, counts_what_was_seen);
  ADD ("counts-what-was-not-seen", 0, counts_what_was_not_seen);
  ADD ("counts-both-ways", 0, counts_both_ways);
  ADD ("counts-by-table", 0, counts_by_table);
  ADD ("counts-from-nothing", 0, counts_from_nothing);
  ADD ("watches-the-file", 0, watches_the_file);
  ADD ("notices-slow-commits", 0, notices_slow_commits);
  ADD ("own-looks-are-no-writes/journal", 0, own_looks_are_no_writes);
  ADD ("own-looks-are-no-writes/log", WITH_A_LOG, own_looks_are_no_writes);
  ADD ("own-looks-are-no-writes/log-of-the-dead", WITH_A_LOG | LOG_IS_LEFT, own_looks_are_no_writes);
  ADD ("own-looks-are-no-writes/beside-another", WITH_A_LOG | CONNECTED, own_looks_are_no_writes);
  ADD ("says-that-the-file-went", 0, says_that_the_file_went);
  ADD ("finds-nothing-in-what-cannot-be-read", 0, finds_nothing_in_what_cannot_be_read);
  ADD ("lists-through-the-table", 0, lists_through_the_table);
  ADD ("trusts-the-index-of-another-file", 0, trusts_the_index_of_another_file);
  ADD ("trusts-the-index-of-a-file-that-came-meanwhile", 0, trusts_the_index_of_a_file_that_came_meanwhile);

  return test_list_run ();
}
