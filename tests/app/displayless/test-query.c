/* SPDX-License-Identifier: MIT */
/* Lists that are not all keys in their order, lists that follow what others write, and what rows chosen by their positions are. */
#include "displayless.h"

#include "coffer-census.h"
#include "coffer-entry-list.h"
#include "coffer-entry-private.h"
#include "coffer-entry-query.h"
#include "coffer-error-private.h"
#include "coffer-prefix-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define MANY 20000   /* keys, half of them images */

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  GPtrArray *mirror;      /* of char: the keys as who follows "edited" has them; "?" for rows it has not asked for */
  guint n_told;           /* rows by items-changed */
  gboolean edited;
} Fixture;

/* ---- who follows the rows ---- */

static void
edited_cb (Fixture          *fixture,
           const CofferEdit *edits,
           guint             n_edits)
{
  for (guint i = n_edits; i-- > 0;)
    {
      g_ptr_array_remove_range (fixture->mirror, edits[i].position, edits[i].removed);
      for (guint k = 0; k < edits[i].added; k++)
        g_ptr_array_insert (fixture->mirror, (gint) edits[i].position, g_strdup ("?"));
    }
  fixture->edited = TRUE;
}

static void
items_changed_cb (Fixture *fixture,
                  guint    position,
                  guint    removed,
                  guint    added)
{
  g_assert_cmpint (position + removed, <=, fixture->n_told);
  fixture->n_told = fixture->n_told - removed + added;
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, fixture->n_told);
  if (coffer_entry_list_is_editing (fixture->list))
    {
      /* whoever asks in the middle of it gets an entry for every row, and the same one twice */
      for (guint i = position > 2 ? position - 2 : 0; i < MIN (position + added + 2, fixture->n_told); i++)
        {
          g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (fixture->list), i);
          g_autoptr(CofferEntry) again = g_list_model_get_item (G_LIST_MODEL (fixture->list), i);

          g_assert_true (entry != NULL && entry == again);
        }
      return;
    }
  g_ptr_array_remove_range (fixture->mirror, position, removed);
  for (guint k = 0; k < added; k++)
    g_ptr_array_insert (fixture->mirror, (gint) (position + k), g_strdup ("?"));
}

static void
open_list (Fixture *fixture)
{
  fixture->vault = test_open (fixture->path);
  fixture->list = coffer_entry_list_new (fixture->vault);
  fixture->mirror = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect_swapped (fixture->list, "edited", G_CALLBACK (edited_cb), fixture);
  g_signal_connect_swapped (fixture->list, "items-changed", G_CALLBACK (items_changed_cb), fixture);
}

static void
wait_loaded (Fixture *fixture)
{
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

/* img/00000.jpg with a value of so many bytes that sizes are in no order, doc/00000.txt with text. */
static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(GString) sql = g_string_new ("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL); BEGIN;");

  fixture->folder = test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "kv.db", NULL);
  for (guint i = 0; i < MANY / 2; i++)
    g_string_append_printf (sql,
                            "INSERT INTO kv VALUES (CAST('img/%05u.jpg' AS BLOB), x'ffd8ffe0' || zeroblob (%u)),"
                            "(CAST('doc/%05u.txt' AS BLOB), CAST('text %u' AS BLOB));",
                            i, i * 7919 % 1000, i, i);
  g_string_append (sql, "COMMIT;");
  test_sql (fixture->path, sql->str);
  open_list (fixture);
}

static void
close_list (Fixture *fixture)
{
  g_assert_finalize_object (fixture->list);
  test_close (fixture->vault);
  g_ptr_array_unref (fixture->mirror);
  fixture->n_told = 0;
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close_list (fixture);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static CofferEntry *
get_entry (Fixture *fixture,
           guint    position)
{
  return g_list_model_get_item (G_LIST_MODEL (fixture->list), position);
}

static char *
read_key (Fixture *fixture,
          guint    position)
{
  g_autoptr(CofferEntry) entry = get_entry (fixture, position);

  test_wait_for (coffer_entry_get_display_key (entry) != NULL);
  return g_strdup (coffer_entry_get_display_key (entry));
}

static guint64
read_size (Fixture *fixture,
           guint    position)
{
  g_autoptr(CofferEntry) entry = get_entry (fixture, position);

  test_wait_for (coffer_entry_get_size (entry) != G_MAXUINT64);
  return coffer_entry_get_size (entry);
}

static void
assert_key (Fixture    *fixture,
            guint       position,
            const char *expected)
{
  g_autofree char *key = read_key (fixture, position);

  g_assert_cmpstr (key, ==, expected);
}

static guint
get_n (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static void
search (Fixture         *fixture,
        CofferMatchMode  mode,
        const char      *text,
        guint            groups,
        guint64          min_size,
        guint64          max_size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferFilter) filter = coffer_filter_new (mode, text, groups, min_size, max_size, &error);

  g_assert_no_error (error);
  coffer_entry_list_set_filter (fixture->list, filter);
}

/* ---- searching ---- */

static void
searches (Fixture       *fixture,
          gconstpointer  data)
{
  static const struct {
    CofferMatchMode mode;
    const char *text;
    guint groups;
    guint64 min_size, max_size;
    guint n;
    const char *first;
  } cases[] = {
    { COFFER_MATCH_CONTAINS, "G/0012", 0, 0, G_MAXUINT64, 10, "img/00120.jpg" },
    { COFFER_MATCH_GLOB, "doc/*99.txt", 0, 0, G_MAXUINT64, 100, "doc/00099.txt" },
    { COFFER_MATCH_REGEX, "^img/.*(7)\\1\\.", 0, 0, G_MAXUINT64, 100, "img/00077.jpg" },
    { COFFER_MATCH_BYTES, "2f 30 30 31 31", 0, 0, G_MAXUINT64, 20, "doc/00110.txt" },
    { COFFER_MATCH_CONTAINS, "", COFFER_GROUP_IMAGE, 0, G_MAXUINT64, MANY / 2, "img/00000.jpg" },
    { COFFER_MATCH_CONTAINS, "0001", COFFER_GROUP_TEXT, 0, G_MAXUINT64, 11, "doc/00001.txt" },
    { COFFER_MATCH_CONTAINS, "", 0, 1003, 1003, 10, "img/00321.jpg" },
    { COFFER_MATCH_CONTAINS, "nowhere", 0, 0, G_MAXUINT64, 0, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      search (fixture, cases[i].mode, cases[i].text, cases[i].groups, cases[i].min_size, cases[i].max_size);
      wait_loaded (fixture);
      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (get_n (fixture), ==, cases[i].n);
      g_assert_cmpint (coffer_entry_list_get_n_scope (fixture->list), ==, MANY);
      if (cases[i].first != NULL)
        assert_key (fixture, 0, cases[i].first);
    }
  coffer_entry_list_set_filter (fixture->list, NULL);
  wait_loaded (fixture);
  g_assert_cmpint (get_n (fixture), ==, MANY);
  assert_key (fixture, 0, "doc/00000.txt");
}

static void
searches_below_a_prefix (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(GBytes) prefix = g_bytes_new_static ("img/", 4);

  wait_loaded (fixture);
  coffer_entry_list_set_prefix (fixture->list, prefix);
  wait_loaded (fixture);
  g_assert_cmpint (get_n (fixture), ==, MANY / 2);
  search (fixture, COFFER_MATCH_CONTAINS, "0011", 0, 0, G_MAXUINT64);
  wait_loaded (fixture);
  g_assert_cmpint (get_n (fixture), ==, 11);
  g_assert_cmpint (coffer_entry_list_get_n_scope (fixture->list), ==, MANY / 2);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, TRUE);
  wait_loaded (fixture);
  assert_key (fixture, 0, "img/00119.jpg");
}

/* The rows on show stay until there is a hit, and another text gives up the search for the last. */
static void
typing_gives_up_the_last_search (Fixture       *fixture,
                                 gconstpointer  data)
{
  wait_loaded (fixture);
  search (fixture, COFFER_MATCH_CONTAINS, "d", 0, 0, G_MAXUINT64);
  g_assert_cmpint (get_n (fixture), ==, MANY);
  search (fixture, COFFER_MATCH_CONTAINS, "do", 0, 0, G_MAXUINT64);
  search (fixture, COFFER_MATCH_CONTAINS, "doc/00123", 0, 0, G_MAXUINT64);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  wait_loaded (fixture);
  g_assert_cmpint (get_n (fixture), ==, 1);
  assert_key (fixture, 0, "doc/00123.txt");
}

/* ---- ordering ---- */

static void
assert_sizes_in_order (Fixture  *fixture,
                       gboolean  descending)
{
  guint64 last = descending ? G_MAXINT64 : 0;
  g_autofree char *last_key = g_strdup ("");

  for (guint i = 0; i < get_n (fixture); i += 1 + (i % 97 == 0 ? 0 : 60))
    {
      guint64 size = read_size (fixture, i);
      g_autofree char *key = read_key (fixture, i);

      if (descending)
        g_assert_cmpint (size, <=, last);
      else
        g_assert_cmpint (size, >=, last);
      if (size == last)
        g_assert_cmpstr (key, >, last_key);
      last = size;
      g_free (last_key);
      last_key = g_strdup (key);
    }
}

static void
orders_by_size (Fixture       *fixture,
                gconstpointer  data)
{
  wait_loaded (fixture);
  for (guint descending = 0; descending < 2; descending++)
    {
      coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, descending);
      wait_loaded (fixture);
      g_assert_null (coffer_entry_list_get_error (fixture->list));
      g_assert_cmpint (get_n (fixture), ==, MANY);
      assert_sizes_in_order (fixture, descending);
    }
  g_assert_cmpint (read_size (fixture, 0), ==, 1003);
  search (fixture, COFFER_MATCH_CONTAINS, "img/0", 0, 0, G_MAXUINT64);
  wait_loaded (fixture);
  assert_sizes_in_order (fixture, TRUE);
}

static void
orders_by_type (Fixture       *fixture,
                gconstpointer  data)
{
  wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_TYPE, FALSE);
  wait_loaded (fixture);
  assert_key (fixture, 0, "img/00000.jpg");
  assert_key (fixture, MANY / 2 - 1, "img/09999.jpg");
  assert_key (fixture, MANY / 2, "doc/00000.txt");
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_TYPE, TRUE);
  wait_loaded (fixture);
  assert_key (fixture, 0, "doc/00000.txt");
  assert_key (fixture, MANY - 1, "img/09999.jpg");
}

static guint
find (Fixture    *fixture,
      const char *text)
{
  g_autoptr(GBytes) prefix = g_bytes_new (text, strlen (text));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint position;

  coffer_entry_list_find_async (fixture->list, prefix, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  position = coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_no_error (error);
  return position;
}

static void
finds_in_any_order (Fixture       *fixture,
                    gconstpointer  data)
{
  wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, TRUE);
  wait_loaded (fixture);
  assert_key (fixture, find (fixture, "img/00777.jpg"), "img/00777.jpg");
  assert_key (fixture, find (fixture, "img/"), "img/00321.jpg");   /* the first row of those, which is not the first key */
  g_assert_cmpint (find (fixture, "nowhere"), ==, G_MAXUINT);
}

/* ---- following ---- */

/* What the mirror knows by its positions is what the list has there. */
static void
assert_mirror (Fixture *fixture)
{
  g_assert_cmpint (fixture->mirror->len, ==, get_n (fixture));
  for (guint i = 0; i < fixture->mirror->len; i++)
    {
      const char *known = g_ptr_array_index (fixture->mirror, i);

      if (!g_str_equal (known, "?"))
        assert_key (fixture, i, known);
    }
}

static void
learn_rows (Fixture *fixture,
            guint    step)
{
  for (guint i = 0; i < get_n (fixture); i += step)
    {
      g_free (g_ptr_array_index (fixture->mirror, i));
      fixture->mirror->pdata[i] = read_key (fixture, i);
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

  wait_loaded (fixture);
  if (GPOINTER_TO_INT (data) & 0x100)
    search (fixture, COFFER_MATCH_CONTAINS, "0", 0, 0, G_MAXUINT64);
  coffer_entry_list_set_order (fixture->list, sort, sort != COFFER_SORT_KEY);
  wait_loaded (fixture);
  for (guint round = 0; round < 5; round++)
    {
      g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);

      learn_rows (fixture, 101);
      for (guint i = 0; i < 60; i++)
        g_ptr_array_add (held, get_entry (fixture, get_n (fixture) / 2 + i));
      write_at_random (fixture, random);
      fixture->edited = FALSE;
      coffer_vault_drop_census (fixture->vault);
      coffer_entry_list_refresh (fixture->list);
      wait_loaded (fixture);
      g_assert_true (fixture->edited);
      assert_mirror (fixture);
      for (guint i = 0; i < held->len; i++)
        {
          CofferEntry *entry = g_ptr_array_index (held, i);
          g_autoptr(CofferEntry) there = NULL;

          if (entry->list == NULL)
            continue;
          there = get_entry (fixture, coffer_entry_get_position (entry));
          g_assert_true (there == entry);
        }
    }
}

/* Nobody asks for it: the file is looked at while somebody watches, and only then. */
static void
watches_the_file (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  coffer_vault_set_watching (fixture->vault, TRUE);
  entry = get_entry (fixture, 3);
  test_wait_for (coffer_entry_get_size (entry) != G_MAXUINT64);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'00', x'01'); UPDATE kv SET value = zeroblob (77) WHERE key = CAST('doc/00003.txt' AS BLOB);"
                           "DELETE FROM kv WHERE key = CAST('img/09000.jpg' AS BLOB)");
  test_wait_for (coffer_entry_get_size (entry) == 77);
  g_assert_cmpint (coffer_entry_get_position (entry), ==, 4);
  test_wait_for (get_n (fixture) == MANY);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
  {
    guint64 n_added, n_removed;

    g_object_get (fixture->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
    g_assert_cmpint (n_added, ==, 1);
    g_assert_cmpint (n_removed, ==, 1);
  }

  coffer_vault_set_watching (fixture->vault, FALSE);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = x'00'");
  test_run_for (1200);
  g_assert_cmpint (get_n (fixture), ==, MANY);
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_wait_for (get_n (fixture) == MANY - 1);
}

static gint slow;   /* atomic */

/* In the place of libc's: the moment between the last byte of a commit in the log and that it can be read. */
__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  if (g_atomic_int_get (&slow))
    g_usleep (1500 * 1000);
  return 0;
}

static gpointer
write_thread (gpointer path)
{
  test_sql (path, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; INSERT INTO kv VALUES (x'00', x'01')");
  return NULL;
}

/* The stamps tell of it before there is anything to see. */
static void
notices_slow_commits (Fixture       *fixture,
                      gconstpointer  data)
{
  GThread *thread;
  sqlite3 *db;

  wait_loaded (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode=WAL");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);   /* so that the writer leaves the log as it is */
  g_assert_cmpint (sqlite3_exec (db, "SELECT count(*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_run_for (3500);
  g_atomic_int_set (&slow, TRUE);
  thread = g_thread_new ("writer", write_thread, fixture->path);
  test_run_for (1000);
  g_assert_cmpint (get_n (fixture), ==, MANY);
  test_wait_for (get_n (fixture) == MANY + 1);
  g_atomic_int_set (&slow, FALSE);
  g_thread_join (thread);
  sqlite3_close (db);
}

static void
says_that_the_file_went (Fixture       *fixture,
                         gconstpointer  data)
{
  wait_loaded (fixture);
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_run_for (700);
  g_assert_no_errno (g_remove (fixture->path));
  test_wait_for (coffer_entry_list_get_error (fixture->list) != NULL);
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, "The file is not there any more");
  g_assert_cmpint (get_n (fixture), ==, MANY);
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

static void
lists_through_the_table (Fixture       *fixture,
                         gconstpointer  data)
{
  guint root;
  char garbage[512];
  FILE *file;

  wait_loaded (fixture);
  close_list (fixture);
  root = find_root (fixture->path);
  memset (garbage, 0xee, sizeof garbage);
  file = fopen (fixture->path, "r+");
  g_assert_no_errno (fseek (file, (long) (root - 1) * 4096, SEEK_SET));
  g_assert_cmpint (fwrite (garbage, sizeof garbage, 1, file), ==, 1);
  fclose (file);

  open_list (fixture);
  wait_loaded (fixture);
  g_assert_cmpint (get_n (fixture), ==, MANY);
  g_assert_nonnull (strstr (coffer_entry_list_get_error (fixture->list), "listed from the table itself"));
  assert_key (fixture, 0, "doc/00000.txt");
  assert_key (fixture, MANY - 1, "img/09999.jpg");
  g_assert_cmpint (read_size (fixture, MANY - 1), ==, 4 + 9999 * 7919 % 1000);
  search (fixture, COFFER_MATCH_CONTAINS, "img/0012", 0, 0, G_MAXUINT64);
  wait_loaded (fixture);
  g_assert_cmpint (get_n (fixture), ==, 10);
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
  test_run_for (700);
  g_assert_no_errno (g_rename (other, fixture->path));
  test_wait_for (get_n (fixture) == 600);
  wait_loaded (fixture);
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, NULL);
}

/* ---- rows chosen ---- */

static CofferVaultTotals
measure (Fixture            *fixture,
         const CofferRanges *rows)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;

  coffer_entry_list_measure_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_entry_list_measure_finish (fixture->list, result, &totals, &error);
  g_assert_no_error (error);
  return totals;
}

static void
measures_rows (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  guint64 bytes = 0;

  wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, GPOINTER_TO_INT (data), FALSE);
  wait_loaded (fixture);
  coffer_ranges_add_range (rows, 3, 1);
  coffer_ranges_add_range (rows, 500, 30);   /* over the end of a block */
  coffer_ranges_add_range (rows, MANY - 2, 2);
  for (guint i = 0; i < MANY; i++)
    if (coffer_ranges_contains (rows, i))
      bytes += read_size (fixture, i);
  g_assert_cmpint (measure (fixture, rows).keys, ==, 33);
  g_assert_cmpint (measure (fixture, rows).bytes, ==, bytes);
  coffer_ranges_add_range (rows, 0, MANY);
  g_assert_cmpint (measure (fixture, rows).keys, ==, MANY);
}

static void
keys_are_those_that_were_chosen (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) keys = NULL;

  wait_loaded (fixture);
  coffer_ranges_add_range (rows, 100, 2);
  coffer_entry_list_keys_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  keys = coffer_entry_list_keys_finish (fixture->list, result, &error);
  g_assert_no_error (error);
  g_assert_cmpint (keys->len, ==, 2);
  {
    g_autofree char *key = coffer_key_to_display (g_ptr_array_index (keys, 1), 0);

    g_assert_cmpstr (key, ==, "doc/00101.txt");
  }

  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('doc/00050.txt' AS BLOB)");   /* another is at that place now */
  coffer_entry_list_keys_async (fixture->list, rows, NULL, test_store_result, &again);
  test_wait_for (again != NULL);
  g_assert_null (coffer_entry_list_keys_finish (fixture->list, again, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE));
  test_wait_for (get_n (fixture) == MANY - 1);
}

/* ---- answers that come too late ---- */

static gint busy;   /* atomic */

/* Keeps a lane busy until the test says otherwise. */
static gpointer
wait_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  while (g_atomic_int_get (&busy))
    g_usleep (1000);
  return vault;
}

/* What was asked of rows that have given way to others says nothing of those. */
static void
late_answers_are_void (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(GBytes) wanted = g_bytes_new_static ("doc/02000", 9);
  g_autoptr(GAsyncResult) result = NULL;

  wait_loaded (fixture);
  g_atomic_int_set (&busy, TRUE);
  coffer_vault_run_async (fixture->vault, COFFER_LANE_LIST, NULL, wait_worker, NULL, NULL, NULL, NULL, NULL, NULL);
  coffer_entry_list_find_async (fixture->list, wanted, NULL, test_store_result, &result);
  search (fixture, COFFER_MATCH_CONTAINS, "img/", 0, 0, G_MAXUINT64);
  wait_loaded (fixture);
  g_assert_null (result);
  g_atomic_int_set (&busy, FALSE);
  test_wait_for (result != NULL);
  coffer_entry_list_find_finish (fixture->list, result, NULL);
  g_assert_cmpint (get_n (fixture), ==, MANY / 2);
  for (guint i = 0; i < MANY / 2; i += 500)
    {
      g_autofree char *expected = g_strdup_printf ("img/%05u.jpg", i);

      assert_key (fixture, i, expected);
    }
}

/* The same of another question: it is asked again, unless nobody wants to know any more. */
static void
late_answers_are_asked_for_again (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autoptr(GBytes) prefix = g_bytes_new_static ("img/", 4);
  g_autoptr(GBytes) wanted = g_bytes_new_static ("img/02000", 9);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  wait_loaded (fixture);
  coffer_entry_list_find_async (fixture->list, wanted, cancellable, test_store_result, &result);
  coffer_entry_list_set_prefix (fixture->list, prefix);
  test_wait_for (result != NULL);
  coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_no_error (error);
}

/* While sizes are gathered the rows on show are those in the order that was wanted before. */
static void
rows_stay_as_they_are_until_others_come (Fixture       *fixture,
                                         gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  fixture->edited = FALSE;
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, TRUE);
  entry = get_entry (fixture, 5000);
  test_wait_for (coffer_entry_get_display_key (entry) != NULL || !coffer_entry_list_get_loading (fixture->list));
  g_assert_false (fixture->edited);
  g_assert_cmpstr (coffer_entry_get_display_key (entry), ==, "doc/05000.txt");
  wait_loaded (fixture);
  assert_sizes_in_order (fixture, TRUE);
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
  wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  wait_loaded (fixture);
  position = find (fixture, "mine");
  held = get_entry (fixture, position);
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
  wait_loaded (fixture);
  g_assert_cmpstr (coffer_entry_get_display_key (held), ==, "mine");
  assert_key (fixture, find (fixture, "yours"), "yours");
}

/* ---- what is kept ---- */

static CofferCensus *
take_census (Fixture  *fixture,
             gboolean  with_types)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferCensus *census;

  coffer_vault_census_async (fixture->vault, "kv", with_types, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  census = coffer_vault_census_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  return census;
}

static void
wait_settled (const char *path)
{
  CofferFileState state;

  coffer_file_state_read (&state, path);
  while (!coffer_file_state_is_settled (&state))
    test_run_for (100);
}

/* Kept for exactly the file it was gathered from: any change makes it void, and so does any damage of what is kept. */
static void
sizes_are_kept_for_the_same_file (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autofree char *file = coffer_census_dup_file (fixture->path, "kv");
  g_autofree char *content = NULL;
  CofferFileState state;
  CofferCensus *census;
  gsize size;

  wait_loaded (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode=DELETE");
  wait_settled (fixture->path);
  census = take_census (fixture, TRUE);
  g_assert_cmpint (coffer_census_get_n_rows (census), ==, MANY);
  coffer_census_unref (census);
  coffer_file_state_read (&state, fixture->path);
  census = coffer_census_load (file, fixture->path, "kv", &state);
  g_assert_nonnull (census);
  {
    const char *label;
    guint64 bytes;

    g_assert_true (coffer_census_find (census, 1, &bytes, &label));
    g_assert_cmpint (bytes, ==, 4);
    g_assert_cmpstr (label, ==, "JPEG");
    g_assert_false (coffer_census_find (census, MANY + 1, &bytes, &label));
  }
  coffer_census_unref (census);
  g_assert_null (coffer_census_load (file, fixture->path, "other", &state));

  g_assert_true (g_file_get_contents (file, &content, &size, NULL));
  for (gsize cut = 0; cut < size; cut += size / 50 + 1)
    {
      g_assert_true (g_file_set_contents (file, content, (gssize) cut, NULL));
      g_assert_null (coffer_census_load (file, fixture->path, "kv", &state));
    }
  g_assert_true (g_file_set_contents (file, content, (gssize) size, NULL));

  test_sql (fixture->path, "UPDATE kv SET value = zeroblob (5) WHERE rowid = 1");
  coffer_file_state_read (&state, fixture->path);
  g_assert_null (coffer_census_load (file, fixture->path, "kv", &state));
}

/* The log lies beside the file that a link leads to. */
static void
links_have_the_state_of_their_files (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "link.db", NULL);
  CofferFileState before, after;
  sqlite3 *db;

  g_assert_no_errno (symlink (fixture->path, path));
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode=WAL; INSERT INTO kv VALUES (x'00', x'00')", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_file_state_read (&before, path);
  g_usleep (20000);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'01', x'00')", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_file_state_read (&after, path);
  g_assert_false (coffer_file_state_equal (&before, &after));
  sqlite3_close (db);
}

static void
gathering_can_be_given_up (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) other = NULL;
  g_autoptr(CofferCensus) census = NULL;

  wait_loaded (fixture);
  coffer_vault_census_async (fixture->vault, "kv", TRUE, NULL, NULL, cancellable, test_store_result, &result);
  coffer_vault_census_async (fixture->vault, "kv", FALSE, NULL, NULL, NULL, test_store_result, &other);
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_census_finish (fixture->vault, result, NULL));
  test_wait_for (other != NULL);   /* who shares the work has it all the same */
  census = coffer_vault_census_finish (fixture->vault, other, NULL);
  g_assert_cmpint (coffer_census_get_n_rows (census), ==, MANY);
}

typedef struct {
  CofferVault *vault;
  GAsyncResult *result;
  gboolean asked;
} More;

static void
want_more_cb (guint64  n_rows,
              guint64  n_bytes,
              guint64  n_total,
              gpointer data)
{
  More *more = data;

  if (!more->asked)
    coffer_vault_census_async (more->vault, "other", FALSE, NULL, NULL, NULL, test_store_result, &more->result);
  more->asked = TRUE;
}

/* Who hears how far it is may ask for something else. */
static void
gathering_can_give_way_to_another (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "many.db", 300000);
  GAsyncResult *result = NULL;
  More more = { 0 };

  test_sql (path, "CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL); INSERT INTO other VALUES (x'00', x'00')");
  more.vault = test_open (path);
  coffer_vault_census_async (more.vault, "kv", FALSE, want_more_cb, &more, NULL, test_store_result, &result);
  test_wait_for (result != NULL && more.result != NULL);
  g_assert_null (coffer_vault_census_finish (more.vault, result, NULL));
  {
    g_autoptr(CofferCensus) census = coffer_vault_census_finish (more.vault, more.result, NULL);

    g_assert_cmpuint (coffer_census_get_n_rows (census), ==, 1);
  }
  g_object_unref (result);
  g_object_unref (more.result);
  test_close (more.vault);
}

static void
remove_cache (char *folder)
{
  g_autofree char *sizes = g_build_filename (folder, "coffer", "sizes", NULL);
  g_autofree char *coffer = g_build_filename (folder, "coffer", NULL);

  if (g_file_test (sizes, G_FILE_TEST_IS_DIR))
    test_folder_remove (g_steal_pointer (&sizes));
  g_rmdir (coffer);
  test_folder_remove (folder);
}

static void
prefixes_learn_their_bytes (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autoptr(CofferPrefixLevel) level = NULL;
  g_autoptr(CofferPrefix) doc = NULL;
  g_autoptr(CofferPrefix) img = NULL;
  CofferSeparators separators;
  guint64 bytes = 0;

  wait_loaded (fixture);
  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  level = coffer_prefix_level_new (fixture->vault, "kv", NULL, &separators);
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (level)) == 2);
  doc = g_list_model_get_item (G_LIST_MODEL (level), 0);
  img = g_list_model_get_item (G_LIST_MODEL (level), 1);
  test_wait_for (coffer_prefix_get_count (img) == MANY / 2);
  g_assert_cmpuint (coffer_prefix_get_size (img), ==, G_MAXUINT64);
  coffer_census_unref (take_census (fixture, FALSE));
  test_wait_for (coffer_prefix_get_size (img) != G_MAXUINT64);
  for (guint i = 0; i < MANY / 2; i++)
    bytes += 4 + i * 7919 % 1000;
  g_assert_cmpuint (coffer_prefix_get_size (img), ==, bytes);

  coffer_vault_set_watching (fixture->vault, TRUE);
  test_run_for (700);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('doc/00000.txt' AS BLOB)");
  test_wait_for (coffer_prefix_get_count (doc) == MANY / 2 - 1);
}

/* ---- work that is interrupted ---- */

/* Lets the lanes let go of the file, and go on, again and again until there is an answer. */
static void
wait_while_let_go_of (Fixture       *fixture,
                      GAsyncResult **result)
{
  while (*result == NULL)
    {
      g_autoptr(GAsyncResult) held = NULL;

      g_usleep (g_random_int_range (0, 4000));
      coffer_vault_hold_async (fixture->vault, test_store_result, &held);
      test_wait_for (held != NULL);
      coffer_vault_hold_finish (fixture->vault, held);
      coffer_vault_resume (fixture->vault);
      test_run_for (1);
    }
}

static void
interrupted_measures_are_right (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  CofferVaultTotals expected;

  wait_loaded (fixture);
  coffer_ranges_add_range (rows, 0, MANY);
  expected = measure (fixture, rows);
  for (guint turn = 0; turn < 8; turn++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      CofferVaultTotals totals;

      coffer_entry_list_measure_async (fixture->list, rows, NULL, test_store_result, &result);
      wait_while_let_go_of (fixture, &result);
      g_assert_true (coffer_entry_list_measure_finish (fixture->list, result, &totals, NULL));
      g_assert_cmpuint (totals.unreadable, ==, 0);
      g_assert_cmpuint (totals.keys, ==, expected.keys);
      g_assert_cmpuint (totals.bytes, ==, expected.bytes);
    }
}

typedef struct {
  GCancellable *cancellable;
  guint n_left;           /* times that it is asked before it is cancelled */
} Turn;

static int
is_cancelled_cb (void *data)
{
  Turn *turn = data;

  if (turn->n_left > 0 && --turn->n_left == 0)
    g_cancellable_cancel (turn->cancellable);
  return g_cancellable_is_cancelled (turn->cancellable);
}

/* A value that was not looked at to the end is no reason to leave its row out. */
static void
interrupted_searches_find_all (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, "", 0, 0, 1000000, NULL);
  const CofferQueryRequest request = { .filter = filter, .max_us = 10 * G_USEC_PER_SEC };

  wait_loaded (fixture);
  for (guint n = 1; n < 80; n++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;
      Turn turn = { cancellable, n };
      kvault_options options = KVAULT_OPTIONS_INIT;
      CofferQuerySlice *slice;
      kvault *vault;

      options.access = KVAULT_ACCESS_VIEW;
      options.is_cancelled = is_cancelled_cb;
      options.is_cancelled_data = &turn;
      if (kvault_open (fixture->path, &options, &vault, NULL) != KVAULT_OK)
        continue;
      slice = coffer_query_worker (vault, (gpointer) &request, cancellable, &error);
      if (slice != NULL)
        g_assert_cmpuint (slice->rows.ids->len, ==, slice->n_scanned);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_pointer (&slice, coffer_query_slice_free);
      kvault_close (vault);
    }
}

static void
interrupted_prefixes_are_summed_once (Fixture       *fixture,
                                      gconstpointer  data)
{
  g_autoptr(CofferCensus) census = NULL;
  g_autoptr(GBytes) all = g_bytes_new_static ("", 0);
  CofferPrefixTable *children = coffer_prefix_table_new ();
  guint64 bytes = 0;

  wait_loaded (fixture);
  census = take_census (fixture, FALSE);
  for (guint i = 0; i < MANY / 2; i++)
    bytes += 4 + i * 7919 % 1000;
  coffer_prefix_table_add (children, "doc/", 4);
  coffer_prefix_table_add (children, "img/", 4);
  for (guint turn = 0; turn < 15; turn++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GArray) sizes = NULL;

      coffer_prefix_sizes_async (fixture->vault, "kv", all, children, census, NULL, test_store_result, &result);
      wait_while_let_go_of (fixture, &result);
      sizes = coffer_prefix_sizes_finish (fixture->vault, result, NULL);
      g_assert_cmpuint (g_array_index (sizes, guint64, 1), ==, bytes);
    }
  coffer_prefix_table_free (children);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *cache = NULL;
  int status;

  cache = test_folder_new ();
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, func) g_test_add ("/query/" name, Fixture, GINT_TO_POINTER (data), set_up, func, tear_down)
  ADD ("searches", 0, searches);
  ADD ("searches-below-a-prefix", 0, searches_below_a_prefix);
  ADD ("typing-gives-up-the-last-search", 0, typing_gives_up_the_last_search);
  ADD ("orders-by-size", 0, orders_by_size);
  ADD ("orders-by-type", 0, orders_by_type);
  ADD ("finds-in-any-order", 0, finds_in_any_order);
  ADD ("follows-what-others-write/keys", COFFER_SORT_KEY, follows_what_others_write);
  ADD ("follows-what-others-write/search", 0x100 | COFFER_SORT_KEY, follows_what_others_write);
  ADD ("follows-what-others-write/sizes", COFFER_SORT_SIZE, follows_what_others_write);
  ADD ("watches-the-file", 0, watches_the_file);
  ADD ("notices-slow-commits", 0, notices_slow_commits);
  ADD ("says-that-the-file-went", 0, says_that_the_file_went);
  ADD ("lists-through-the-table", 0, lists_through_the_table);
  ADD ("trusts-the-index-of-another-file", 0, trusts_the_index_of_another_file);
  ADD ("measures-rows/keys", COFFER_SORT_KEY, measures_rows);
  ADD ("measures-rows/sizes", COFFER_SORT_SIZE, measures_rows);
  ADD ("keys-are-those-that-were-chosen", 0, keys_are_those_that_were_chosen);
  ADD ("late-answers-are-void", 0, late_answers_are_void);
  ADD ("late-answers-are-asked-for-again", 0, late_answers_are_asked_for_again);
  ADD ("rows-stay-as-they-are-until-others-come", 0, rows_stay_as_they_are_until_others_come);
  ADD ("rows-are-told-apart-by-their-keys", 0, rows_are_told_apart_by_their_keys);
  ADD ("sizes-are-kept-for-the-same-file", 0, sizes_are_kept_for_the_same_file);
  ADD ("prefixes-learn-their-bytes", 0, prefixes_learn_their_bytes);
  ADD ("links-have-the-state-of-their-files", 0, links_have_the_state_of_their_files);
  ADD ("gathering-can-be-given-up", 0, gathering_can_be_given_up);
  ADD ("gathering-can-give-way-to-another", 0, gathering_can_give_way_to_another);
  ADD ("interrupted-measures-are-right/keys", COFFER_SORT_KEY, interrupted_measures_are_right);
  ADD ("interrupted-searches-find-all", 0, interrupted_searches_find_all);
  ADD ("interrupted-prefixes-are-summed-once", 0, interrupted_prefixes_are_summed_once);

  status = g_test_run ();
  remove_cache (g_steal_pointer (&cache));
  return status;
}
