/* SPDX-License-Identifier: MIT */
/* The lazy list: what it says, what it makes, when it reads. */
#include "displayless.h"

#include "coffer-entry-private.h"
#include "coffer-error.h"
#include "coffer-prints.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define BIG 200000

typedef struct {
  guint position, removed, added;
} Change;

/* A list on a vault, and every items-changed it sent. */
typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  GArray *changes;
  guint n_items;   /* as the signals tell */
} Fixture;

static char *big_vault;   /* made once, copied by every test that wants it */

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    data)
{
  Fixture *fixture = data;
  Change change = { position, removed, added };

  g_assert_cmpint (position + removed, <=, fixture->n_items);
  fixture->n_items += added;
  fixture->n_items -= removed;
  g_assert_cmpint (g_list_model_get_n_items (model), ==, fixture->n_items);
  g_array_append_val (fixture->changes, change);
}

static void
make_list (Fixture *fixture)
{
  fixture->vault = test_open (fixture->path);
  fixture->list = coffer_entry_list_new (fixture->vault);
  fixture->changes = g_array_new (FALSE, FALSE, sizeof (Change));
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (items_changed_cb), fixture);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  file)
{
  fixture->folder = test_folder_new ();
  fixture->path = file != NULL ? test_copy (fixture->folder, file) : test_copy_file (fixture->folder, big_vault);
  make_list (fixture);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  file)
{
  g_assert_finalize_object (fixture->list);   /* jobs under way hold it not */
  test_close (fixture->vault);
  g_array_unref (fixture->changes);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static void
assert_changes (Fixture      *fixture,
                const Change *changes,
                guint         n)
{
  g_assert_cmpint (fixture->changes->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      Change *change = &g_array_index (fixture->changes, Change, i);

      g_assert_cmpint (change->position, ==, changes[i].position);
      g_assert_cmpint (change->removed, ==, changes[i].removed);
      g_assert_cmpint (change->added, ==, changes[i].added);
    }
  g_array_set_size (fixture->changes, 0);
}

#define ASSERT_CHANGES(fixture, ...) \
  assert_changes (fixture, (const Change[]) { __VA_ARGS__ }, G_N_ELEMENTS (((const Change[]) { __VA_ARGS__ })))

/* From empty: a first screen, then more behind it, and nothing else. */
static void
assert_filled (Fixture *fixture,
               guint    n_items)
{
  guint n = 0;

  for (guint i = 0; i < fixture->changes->len; i++)
    {
      Change *change = &g_array_index (fixture->changes, Change, i);

      g_assert_cmpint (change->position, ==, n);
      g_assert_cmpint (change->removed, ==, 0);
      g_assert_cmpint (change->added, >, 0);
      if (i == 0)
        g_assert_cmpint (change->added, ==, MIN (n_items, 512));
      g_assert_cmpint (change->added, <=, 262144);
      n += change->added;
    }
  g_assert_cmpint (n, ==, n_items);
  g_array_set_size (fixture->changes, 0);
}

static void
wait_loaded (Fixture *fixture)
{
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

static CofferEntry *
get_entry (Fixture *fixture,
           guint    position)
{
  return g_list_model_get_item (G_LIST_MODEL (fixture->list), position);
}

static gboolean
is_settled (CofferEntry *entry)
{
  return coffer_entry_get_error (entry) != NULL || coffer_entry_get_type_label (entry) != NULL;
}

/* A screen of rows, and how far it is to the next one looked at. */
#define SCREEN 200
#define STRIDE 7919

static gboolean
is_looked_at (guint position)
{
  return position < 10000 || position % STRIDE < SCREEN;
}

static void
unref_key (gpointer key)
{
  if (key != NULL)
    coffer_key_unref (key);
}

/* The keys of the table in use as a cursor gives them; NULL for those not looked at. */
static gpointer
keys_worker (kvault       *vault,
             gpointer      data,
             GCancellable *cancellable,
             GError      **error)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS | (data != NULL ? KVAULT_CURSOR_REVERSE : 0) };
  GPtrArray *keys = g_ptr_array_new_with_free_func (unref_key);
  kvault_cursor *cursor;
  const kvault_entry *entry;

  g_assert_cmpint (kvault_cursor_open (vault, &options, &cursor), ==, KVAULT_OK);
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    g_ptr_array_add (keys, is_looked_at (keys->len) ? coffer_key_new_from_entry (entry) : NULL);
  kvault_cursor_close (cursor);
  return keys;
}

static GPtrArray *
list_keys (Fixture  *fixture,
           gboolean  descending)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_run_async (fixture->vault, COFFER_LANE_PREVIEW, coffer_vault_get_table (fixture->vault), keys_worker,
                          GINT_TO_POINTER (descending), NULL, (GDestroyNotify) g_ptr_array_unref, NULL, test_store_result,
                          &result);
  test_wait_for (result != NULL);
  return coffer_vault_run_finish (fixture->vault, result, NULL);
}

/* Asks for rows as a list view does, a screen at a time, and lets go of each. */
static void
assert_rows (Fixture  *fixture,
             gboolean  descending)
{
  g_autoptr(GPtrArray) keys = list_keys (fixture, descending);
  guint step = keys->len > 10000 ? STRIDE : SCREEN;

  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, keys->len);
  for (guint start = 0; start < keys->len; start += step)
    {
      guint n = MIN (SCREEN, keys->len - start);
      g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

      for (guint i = 0; i < n; i++)
        g_ptr_array_add (entries, get_entry (fixture, start + i));
      for (guint i = 0; i < n; i++)
        {
          CofferEntry *entry = g_ptr_array_index (entries, i);

          test_wait_for (is_settled (entry));
          g_assert_cmpint (coffer_entry_get_position (entry), ==, start + i);
          g_assert_true (coffer_key_equal (coffer_entry_get_key (entry), g_ptr_array_index (keys, start + i)));
        }
      g_assert_cmpint (coffer_entry_list_count_live (fixture->list), ==, n);
    }
  g_assert_cmpint (coffer_entry_list_count_live (fixture->list), ==, 0);
}

static void
order_is_the_cursors (Fixture       *fixture,
                      gconstpointer  file)
{
  guint64 n_keys;
  gboolean loading;

  wait_loaded (fixture);
  assert_rows (fixture, FALSE);
  g_assert_null (coffer_entry_list_get_error (fixture->list));
  g_object_get (fixture->list, "n-keys", &n_keys, "loading", &loading, NULL);
  g_assert_cmpint (n_keys, ==, fixture->n_items);
  g_assert_false (loading);
  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (fixture->list)) == COFFER_TYPE_ENTRY);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (fixture->list), fixture->n_items));
  assert_filled (fixture, fixture->n_items);
}

static void
descends (Fixture       *fixture,
          gconstpointer  file)
{
  guint n_items;

  wait_loaded (fixture);
  n_items = fixture->n_items;
  assert_filled (fixture, n_items);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, TRUE);
  if (n_items > 0)
    ASSERT_CHANGES (fixture, { 0, n_items, 0 });
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  wait_loaded (fixture);
  assert_filled (fixture, n_items);
  assert_rows (fixture, TRUE);
}

static void
one_object_a_row (Fixture       *fixture,
                  gconstpointer  file)
{
  g_autoptr(CofferEntry) first = NULL;
  g_autoptr(CofferEntry) again = NULL;

  wait_loaded (fixture);
  g_assert_cmpint (coffer_entry_list_count_live (fixture->list), ==, 0);   /* none ahead of need */
  first = get_entry (fixture, 123456);
  again = get_entry (fixture, 123456);
  g_assert_true (first == again);
  g_assert_null (coffer_entry_get_key (first));
  g_assert_null (coffer_entry_get_display_key (first));
  g_assert_cmpint (coffer_entry_get_size (first), ==, G_MAXUINT64);
  g_assert_cmpint (coffer_entry_list_count_live (fixture->list), ==, 1);
  test_wait_for (is_settled (first));
  g_assert_cmpstr (coffer_entry_get_display_key (first), ==, "user:0000123456");
  g_assert_cmpint (coffer_entry_get_size (first), ==, 6);
  g_assert_cmpstr (coffer_entry_get_content_type (first), ==, "text/plain");
  g_clear_object (&again);
  g_clear_object (&first);
  g_assert_cmpint (coffer_entry_list_count_live (fixture->list), ==, 0);

  first = get_entry (fixture, 123456);   /* what was read is known at once */
  g_assert_cmpstr (coffer_entry_get_display_key (first), ==, "user:0000123456");
  g_assert_cmpint (coffer_entry_get_size (first), ==, 6);
}

static void
note_cb (GObject    *object,
         GParamSpec *pspec,
         gpointer    data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

static void
rows_fill_by_notify (Fixture       *fixture,
                     gconstpointer  file)
{
  g_autoptr(GString) notes = g_string_new (NULL);
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  entry = get_entry (fixture, 777);
  g_signal_connect (entry, "notify", G_CALLBACK (note_cb), notes);
  test_wait_for (is_settled (entry));
  g_assert_true (g_str_has_prefix (notes->str, "display-key loaded "));
  g_assert_nonnull (strstr (notes->str, "size "));
  g_assert_nonnull (strstr (notes->str, "content-type "));
  g_assert_nonnull (strstr (notes->str, "type-label "));
  g_assert_cmpint (notes->len, ==, strlen ("display-key loaded size content-type type-label "));
  g_assert_cmpint (fixture->changes->len, ==, 0);
}

/* The walk goes on behind; a screen asked for meanwhile does not wait for its end. */
static void
rows_come_during_the_walk (Fixture       *fixture,
                           gconstpointer  file)
{
  g_autoptr(CofferEntry) entry = NULL;

  test_wait_for (fixture->n_items > 0);
  g_assert_cmpint (fixture->n_items, ==, 512);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  entry = get_entry (fixture, 300);
  test_wait_for (coffer_entry_get_key (entry) != NULL);
  g_assert_cmpint (fixture->n_items, <, BIG);
  wait_loaded (fixture);
  g_assert_true (is_settled (entry));
  assert_filled (fixture, BIG);
}

/* A fling asks for far more rows than it keeps: what nobody holds any more is not read. */
static void
forgotten_rows_are_not_read (Fixture       *fixture,
                             gconstpointer  file)
{
  g_autoptr(CofferEntry) last = NULL;
  gint64 start;

  wait_loaded (fixture);
  start = g_get_monotonic_time ();
  for (guint position = 0; position < BIG; position++)
    {
      g_autoptr(CofferEntry) entry = get_entry (fixture, position);

      g_assert_cmpint (coffer_entry_list_count_live (fixture->list), ==, 1);
    }
  last = get_entry (fixture, BIG - 1);
  test_wait_for (is_settled (last));
  g_test_message ("%" G_GINT64_FORMAT " us", g_get_monotonic_time () - start);
  g_assert_cmpstr (coffer_entry_get_display_key (last), ==, "user:0000199999");
}

static void
switches_table (Fixture       *fixture,
                gconstpointer  file)
{
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 0, 4 });
  entry = get_entry (fixture, 0);
  test_wait_for (is_settled (entry));
  coffer_vault_set_table (fixture->vault, "thumbs");
  ASSERT_CHANGES (fixture, { 0, 4, 0 });
  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 0, 5 });
  assert_rows (fixture, FALSE);
  g_assert_nonnull (coffer_entry_get_key (entry));   /* who still holds a row may read it */
  g_clear_object (&entry);

  coffer_vault_set_table (fixture->vault, "originals");   /* there and back before anything is read: all keys are known */
  coffer_vault_set_table (fixture->vault, "thumbs");
  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 5, 0 }, { 0, 0, 4 }, { 0, 4, 0 }, { 0, 0, 5 });
  assert_rows (fixture, FALSE);
}

static void
refreshes (Fixture       *fixture,
           gconstpointer  file)
{
  g_autoptr(CofferEntry) held = NULL;
  g_autoptr(CofferEntry) again = NULL;

  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 0, 53 });
  held = get_entry (fixture, 52);
  test_sql (fixture->path, "INSERT INTO kv (key, value, size) VALUES (x'ff', x'0102', 2)");
  coffer_entry_list_refresh (fixture->list);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (fixture->n_items, ==, 53);
  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 53, 0, 1 });
  again = get_entry (fixture, 52);
  g_assert_true (again == held);
  g_clear_object (&again);
  g_clear_object (&held);
  assert_rows (fixture, FALSE);
}

/* Another program keeps the file to itself for longer than anybody waits. */
static void
failed_refresh_keeps_the_rows (Fixture       *fixture,
                               gconstpointer  file)
{
  g_autoptr(CofferEntry) held = NULL;
  g_autoptr(CofferEntry) again = NULL;
  sqlite3 *db = NULL;

  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  held = get_entry (fixture, 52);
  test_wait_for (is_settled (held));
  test_hold (fixture->vault);   /* no lane has the file open */
  coffer_vault_resume (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, "Another program is writing: could not be read");
  g_assert_cmpint (fixture->n_items, ==, 53);
  g_assert_cmpint (fixture->changes->len, ==, 0);
  again = get_entry (fixture, 52);
  g_assert_true (again == held);

  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  g_assert_cmpint (fixture->changes->len, ==, 0);
  g_assert_null (coffer_entry_list_get_error (fixture->list));
}

static void
count_cb (guint *n)
{
  (*n)++;
}

/* The rows, and who stands on one of them, stay; what is another value shows. */
static void
same_keys_keep_their_rows (Fixture       *fixture,
                           gconstpointer  file)
{
  g_autoptr(CofferEntry) changed = NULL;
  g_autoptr(CofferEntry) other = NULL;
  g_autoptr(CofferEntry) again = NULL;
  guint n_notified = 0;

  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  changed = get_entry (fixture, 0);
  other = get_entry (fixture, 1);
  test_wait_for (is_settled (changed) && is_settled (other));
  g_assert_cmpstr (coffer_entry_get_display_key (changed), ==, "audio/tone.flac");
  g_signal_connect_swapped (other, "notify", G_CALLBACK (count_cb), &n_notified);

  test_sql (fixture->path, "UPDATE kv SET value = x'010203', size = 3 WHERE key = CAST('audio/tone.flac' AS BLOB)");
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  test_wait_for (coffer_entry_get_size (changed) == 3);
  g_assert_cmpint (fixture->changes->len, ==, 0);
  g_assert_cmpint (n_notified, ==, 0);
  again = get_entry (fixture, 0);
  g_assert_true (again == changed);
}

/* A row is read after its key was changed: the other one is another row, and comes in the place of what nobody ever saw. */
static void
rows_are_never_of_another_moment (Fixture       *fixture,
                                  gconstpointer  file)
{
  g_autoptr(CofferEntry) gone = NULL;
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  test_sql (fixture->path, "UPDATE kv SET key = CAST('audio/tone.flad' AS BLOB) WHERE key = CAST('audio/tone.flac' AS BLOB)");
  gone = get_entry (fixture, 0);
  test_wait_for (fixture->changes->len >= 2);
  ASSERT_CHANGES (fixture, { 0, 1, 0 }, { 0, 0, 1 });
  g_assert_null (coffer_entry_get_key (gone));
  entry = get_entry (fixture, 0);
  g_assert_true (entry != gone);
  test_wait_for (is_settled (entry));
  g_assert_cmpstr (coffer_entry_get_display_key (entry), ==, "audio/tone.flad");
  g_clear_object (&entry);
  assert_rows (fixture, FALSE);
}

/* As many keys as before, but others. */
static void
another_key_brings_a_new_row (Fixture       *fixture,
                             gconstpointer  file)
{
  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  test_sql (fixture->path, "UPDATE kv SET key = CAST('audio/tone.flad' AS BLOB) WHERE key = CAST('audio/tone.flac' AS BLOB)");
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 1, 0 }, { 0, 0, 1 });
  assert_rows (fixture, FALSE);
}

/* The same text, but its row has another id, by which alone it is found. */
static void
keys_of_other_classes_bring_new_rows (Fixture       *fixture,
                                      gconstpointer  file)
{
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  test_sql (fixture->path, "DELETE FROM kv; INSERT INTO kv (key, value, size) VALUES ('text', x'01', 1)");
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  test_sql (fixture->path, "UPDATE kv SET id = id + 1");
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 1, 0 }, { 0, 0, 1 });
  entry = get_entry (fixture, 0);
  test_wait_for (is_settled (entry));
  g_assert_null (coffer_entry_get_error (entry));
}

static void
follows_own_changes (Fixture       *fixture,
                     gconstpointer  file)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;

  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 0, 53 });
  test_edit (fixture->vault);
  g_ptr_array_add (keys, test_key ("img/photo.png"));
  coffer_vault_delete_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_vault_delete_finish (fixture->vault, result, NULL), ==, 1);
  wait_loaded (fixture);
  g_assert_cmpint (fixture->changes->len, ==, 1);
  g_assert_cmpint (g_array_index (fixture->changes, Change, 0).removed, ==, 1);
  g_assert_cmpint (fixture->n_items, ==, 52);
  assert_rows (fixture, FALSE);
}

/* Another program changes keys between the walk and the look: shown is what is there, and a new walk follows. */
static void
other_writers_make_it_walk_again (Fixture       *fixture,
                                  gconstpointer  file)
{
  static const struct {
    const char *sql;
    guint position;   /* a row whose page shows the change */
    guint n_items;
  } cases[] = {
    { "DELETE FROM kv WHERE key = CAST('user:0000000512' AS BLOB)", 600, BIG - 1 },           /* a fence is gone */
    { "DELETE FROM kv WHERE key = CAST('user:0000001300' AS BLOB)", 1290, BIG - 2 },          /* a page is short */
    { "INSERT INTO kv VALUES (CAST('user:0000001300+' AS BLOB), x'')", 1400, BIG - 1 },       /* a block is longer */
    { "INSERT INTO kv VALUES (CAST('zzz' AS BLOB), x'')", BIG - 2, BIG },                     /* more at the end */
    { "DELETE FROM kv WHERE key >= CAST('user:0000100000' AS BLOB)", BIG - 2, 99999 },        /* half of it is gone */
  };

  wait_loaded (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferEntry) entry = NULL;

      g_test_message ("%s", cases[i].sql);
      test_sql (fixture->path, cases[i].sql);
      entry = get_entry (fixture, cases[i].position);
      test_wait_for (fixture->n_items == cases[i].n_items && !coffer_entry_list_get_loading (fixture->list));
    }
  assert_rows (fixture, FALSE);
}

/* Changes all the time, rows asked for all the time: every key shown was in the vault, and in order. */
static void
bears_a_busy_writer (Fixture       *fixture,
                     gconstpointer  file)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (11);

  for (guint round = 0; round < 30; round++)
    {
      g_autofree char *sql = g_strdup_printf ("DELETE FROM kv WHERE key BETWEEN CAST('user:%010u' AS BLOB) AND "
                                              "CAST('user:%010u' AS BLOB); INSERT OR IGNORE INTO kv VALUES "
                                              "(CAST('user:%010ux' AS BLOB), x'00');",
                                              round * 3000, round * 3000 + 700, (guint) g_rand_int_range (random, 0, BIG));
      g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
      guint start;

      test_sql (fixture->path, sql);
      if (round % 5 == 0)
        coffer_entry_list_refresh (fixture->list);
      start = fixture->n_items > 200 ? g_rand_int_range (random, 0, fixture->n_items - 200) : 0;
      for (guint i = 0; i < MIN (200, fixture->n_items); i++)
        g_ptr_array_add (entries, get_entry (fixture, start + i));
      test_run_for (20);
      for (guint i = 0; i < entries->len; i++)
        if (coffer_entry_get_key (entries->pdata[i]) != NULL)
          g_assert_true (g_str_has_prefix (coffer_entry_get_display_key (entries->pdata[i]), "user:"));
    }
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  assert_rows (fixture, FALSE);
}

static void
damaged_rows_say_so (Fixture       *fixture,
                     gconstpointer  file)
{
  guint n_errors = 0;

  wait_loaded (fixture);
  ASSERT_CHANGES (fixture, { 0, 0, 307 });
  g_assert_null (coffer_entry_list_get_error (fixture->list));
  for (guint i = 0; i < 307; i++)
    {
      g_autoptr(CofferEntry) entry = get_entry (fixture, i);

      test_wait_for (is_settled (entry));
      g_assert_nonnull (coffer_entry_get_display_key (entry));   /* the keys are in the index, which is sound */
      if (coffer_entry_get_error (entry) == NULL)
        g_assert_cmpint (coffer_entry_get_size (entry), !=, G_MAXUINT64);
      else
        {
          g_assert_cmpstr (coffer_entry_get_type_label (entry), ==, "Damaged");
          n_errors++;
        }
    }
  g_assert_cmpint (n_errors, >, 0);
  g_assert_cmpint (n_errors, <, 307);
  g_assert_nonnull (coffer_vault_get_lock_reason (fixture->vault));
}

/* Pages of the key index overwritten: the table has the keys too, and the list says where they are from. */
static void
damaged_keys_are_found_in_the_table (Fixture       *fixture,
                           gconstpointer  file)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_make_vault (folder, "broken.db", 20000);
  g_autofree char *content = NULL;
  gsize size;
  Fixture broken = { folder, path };

  test_sql (path, "PRAGMA journal_mode=DELETE");
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  for (gsize at = 32768; at + 32768 <= size; at += 32768)   /* pages of the index are of kind 10; the last ones go */
    if (content[at] == 10 && at > size / 2)
      memset (content + at, 0xee, 32768);
  g_assert_true (g_file_set_contents (path, content, size, NULL));

  make_list (&broken);
  wait_loaded (&broken);
  g_test_message ("%u keys, %s", broken.n_items, coffer_entry_list_get_error (broken.list));
  g_assert_nonnull (coffer_entry_list_get_error (broken.list));
  g_assert_cmpint (broken.n_items, ==, 20000);
  {
    g_autoptr(CofferEntry) entry = get_entry (&broken, broken.n_items - 1);

    test_wait_for (is_settled (entry));
    g_assert_cmpstr (coffer_entry_get_display_key (entry), ==, "user:0000019999");
  }
  g_assert_finalize_object (broken.list);
  test_close (broken.vault);
  g_array_unref (broken.changes);
  test_folder_remove (folder);
}

/* Takes the index away, some rows, and puts the index back. */
static char *
make_keys_without_rows (const char *folder)
{
  char *path = test_make_vault (folder, "broken.db", 5000);

  test_sql (path, "PRAGMA journal_mode=DELETE; PRAGMA writable_schema=ON;"
                  "CREATE TABLE kept AS SELECT name, rootpage FROM sqlite_schema WHERE type = 'index';"
                  "UPDATE sqlite_schema SET sql = replace (sql, 'PRIMARY KEY ', '') WHERE name = 'kv';"
                  "DELETE FROM sqlite_schema WHERE type = 'index'");
  test_sql (path, "DELETE FROM kv WHERE rowid BETWEEN 11 AND 20");
  test_sql (path, "PRAGMA writable_schema=ON;"
                  "UPDATE sqlite_schema SET sql = replace (sql, 'key BLOB ', 'key BLOB PRIMARY KEY ') WHERE name = 'kv';"
                  "INSERT INTO sqlite_schema SELECT 'index', name, 'kv', rootpage, NULL FROM kept");
  test_sql (path, "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'kept'");
  return path;
}

/* Keys in the index that lead to no row say so, in any order, and are not looked for again and again. */
static void
keys_without_rows_say_so (gconstpointer data)
{
  Fixture broken = { test_folder_new () };
  guint n_loads = 0;

  broken.path = make_keys_without_rows (broken.folder);
  make_list (&broken);
  coffer_entry_list_set_order (broken.list, GPOINTER_TO_INT (data), FALSE);
  wait_loaded (&broken);
  g_assert_cmpint (broken.n_items, ==, 5000);
  {
    g_autoptr(CofferEntry) entry = get_entry (&broken, GPOINTER_TO_INT (data) == COFFER_SORT_KEY ? 15 : 4995);

    test_wait_for (coffer_entry_get_error (entry) != NULL && !coffer_entry_list_get_loading (broken.list));
    g_assert_cmpstr (coffer_entry_get_type_label (entry), ==, "Damaged");
    g_signal_connect_swapped (broken.list, "notify::loading", G_CALLBACK (count_cb), &n_loads);
    test_run_for (2500);
    g_assert_cmpint (n_loads, ==, 0);
  }
  tear_down (&broken, NULL);
}

static void
follows_a_replaced_file (Fixture       *fixture,
                         gconstpointer  file)
{
  g_autofree char *other = NULL;
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  g_array_set_size (fixture->changes, 0);
  other = test_make_vault (fixture->folder, "other.db", 600);
  g_assert_no_errno (g_rename (other, fixture->path));
  entry = get_entry (fixture, 50);
  test_wait_for (fixture->n_items == 600);
  wait_loaded (fixture);
  assert_rows (fixture, FALSE);
}

static void
says_when_the_file_is_gone (Fixture       *fixture,
                            gconstpointer  file)
{
  g_autoptr(CofferEntry) entry = NULL;

  wait_loaded (fixture);
  g_assert_no_errno (g_remove (fixture->path));
  entry = get_entry (fixture, 5);
  test_wait_for (coffer_entry_list_get_error (fixture->list) != NULL);
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, "The file is not there any more");
  test_wait_for (is_settled (entry));
  g_assert_nonnull (coffer_entry_get_error (entry));
  coffer_entry_list_refresh (fixture->list);
  wait_loaded (fixture);
  g_assert_cmpint (fixture->n_items, ==, 53);
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, "The file is not there any more");
}

/* Keys of other storage classes come first, as SQLite has them, and are rows like others. */
static void
shows_keys_of_all_classes (void)
{
  Fixture odd = { test_folder_new () };
  g_autoptr(GString) sql = g_string_new ("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                                           "BEGIN;");

  for (guint i = 0; i < 600; i++)
    g_string_append_printf (sql,
                            "INSERT INTO kv VALUES (%u, 7), (%u.5, x'00'), ('t%u', 'text'), (CAST('b%u' AS BLOB), x'01');",
                            i, i, i, i);
  g_string_append (sql, "COMMIT;");
  odd.path = g_build_filename (odd.folder, "odd.db", NULL);
  test_sql (odd.path, sql->str);
  make_list (&odd);
  wait_loaded (&odd);
  g_assert_cmpint (odd.n_items, ==, 2400);
  assert_rows (&odd, FALSE);
  {
    g_autoptr(CofferEntry) number = get_entry (&odd, 0);

    test_wait_for (is_settled (number));
    g_assert_cmpstr (coffer_entry_get_display_key (number), ==, "0");
    g_assert_cmpint (coffer_entry_get_size (number), ==, 1);   /* a number is read as its text */
  }
  coffer_entry_list_set_order (odd.list, COFFER_SORT_KEY, TRUE);
  wait_loaded (&odd);
  assert_rows (&odd, TRUE);
  tear_down (&odd, NULL);
}

/* Numbers that are one as a double are rows in an order all the same. */
static void
shows_numbers_that_are_near (void)
{
  Fixture near = { test_folder_new () };

  near.path = g_build_filename (near.folder, "near.db", NULL);
  test_sql (near.path,
            "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 3000) INSERT INTO kv SELECT 4611686018427387000 + i, x'00' FROM n;"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 3000) INSERT INTO kv SELECT -4611686018427387000 - i, x'00' FROM n;"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 3000) INSERT INTO kv SELECT 0.25 + 1000 * i, x'00' FROM n;"
            "INSERT INTO kv VALUES (4611686018427387904.0 * 1.5, x'00'), (9.3e18, x'00'), (-9.3e18, x'00');");
  make_list (&near);
  wait_loaded (&near);
  g_assert_cmpint (near.n_items, ==, 9003);
  assert_rows (&near, FALSE);
  coffer_entry_list_refresh (near.list);
  wait_loaded (&near);
  g_assert_cmpint (near.n_items, ==, 9003);
  coffer_entry_list_set_order (near.list, COFFER_SORT_KEY, TRUE);
  wait_loaded (&near);
  assert_rows (&near, TRUE);
  coffer_entry_list_refresh (near.list);
  wait_loaded (&near);
  g_assert_cmpint (near.n_items, ==, 9003);
  tear_down (&near, NULL);
}

static guint
find (Fixture    *fixture,
      const char *prefix)
{
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint position;

  coffer_entry_list_find_async (fixture->list, bytes, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  position = coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_no_error (error);
  return position;
}

static void
finds_by_prefix (Fixture       *fixture,
                 gconstpointer  file)
{
  static const struct {
    const char *prefix;
    guint ascending, descending;
  } cases[] = {
    { "", 0, 0 },
    { "a", 0, G_MAXUINT },
    { "user:", 0, 0 },
    { "user:0000000512", 512, BIG - 1 - 512 },
    { "user:0000000511", 511, BIG - 1 - 511 },
    { "user:000012345", 123450, BIG - 1 - 123459 },
    { "user:0000199999", BIG - 1, 0 },
    { "user:0000199999x", G_MAXUINT, 0 },
    { "user:0000000007x", 8, BIG - 1 - 7 },
    { "zebra", G_MAXUINT, 0 },
  };

  g_assert_cmpint (find (fixture, "user:"), ==, G_MAXUINT);   /* nothing is known yet */
  wait_loaded (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (find (fixture, cases[i].prefix), ==, cases[i].ascending);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, TRUE);
  wait_loaded (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (find (fixture, cases[i].prefix), ==, cases[i].descending);
}

/* More than a block may grow to by being read comes into one that nobody has looked at since. */
static void
finds_behind_many_that_came (Fixture       *fixture,
                             gconstpointer  file)
{
  wait_loaded (fixture);
  test_sql (fixture->path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000)"
                           " INSERT INTO kv SELECT CAST(printf('user:0000000100+%05d', i) AS BLOB), x'' FROM n");
  g_assert_cmpint (find (fixture, "user:0000000200"), ==, 9200);
  g_assert_cmpint (fixture->n_items, ==, BIG + 9000);
  g_assert_cmpint (find (fixture, "user:0000000600"), ==, 9600);
}

static const struct {
  const char *typed;
  guint ascending, descending;
} ids_sought[] = {
  { "3", 0, 5999 },
  { "4", 1, 5999 },   /* between 3 and 6 */
  { "1", 0, G_MAXUINT },
  { "-5", 0, G_MAXUINT },
  { "1536", 511, 5488 },
  { "1539", 512, 5487 },
  { "18000", 5999, 0 },
  { "9000", 2999, 3000 },
  { "99999999999999999999", G_MAXUINT, 0 },
  { "a", G_MAXUINT, 0 },
  { "", G_MAXUINT, 0 },
};

static char *
make_values (const char *folder)
{
  char *path = g_build_filename (folder, "values.db", NULL);

  test_sql (path, "CREATE VIRTUAL TABLE docs USING fts5(title, value_ref UNINDEXED);"
                  "CREATE TABLE docs_values (id INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL);"
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 6000)"
                  " INSERT INTO docs_values SELECT 3 * i, zeroblob(i % 7) FROM n");
  return path;
}

/* The values of a text index: their keys are numbers, in the order of these, over many fences; and they are followed. */
static void
shows_values_by_their_ids (void)
{
  Fixture fixture = { .folder = test_folder_new () };

  fixture.path = make_values (fixture.folder);
  make_list (&fixture);
  wait_loaded (&fixture);
  assert_filled (&fixture, 6000);
  assert_rows (&fixture, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (ids_sought); i++)
    g_assert_cmpint (find (&fixture, ids_sought[i].typed), ==, ids_sought[i].ascending);
  coffer_entry_list_set_order (fixture.list, COFFER_SORT_KEY, TRUE);
  wait_loaded (&fixture);
  assert_rows (&fixture, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (ids_sought); i++)
    g_assert_cmpint (find (&fixture, ids_sought[i].typed), ==, ids_sought[i].descending);
  coffer_entry_list_set_order (fixture.list, COFFER_SORT_SIZE, FALSE);
  wait_loaded (&fixture);
  g_assert_cmpint (find (&fixture, "21"), ==, 0);   /* the first of no bytes */
  g_assert_cmpint (find (&fixture, "22"), ==, G_MAXUINT);
  coffer_entry_list_set_order (fixture.list, COFFER_SORT_KEY, FALSE);
  wait_loaded (&fixture);
  coffer_vault_set_watching (fixture.vault, TRUE);
  test_sql (fixture.path, "DELETE FROM docs_values WHERE id = 3; INSERT INTO docs_values VALUES (10, x'01'), (18001, x'02')");
  test_wait_for (fixture.n_items == 6001 && !coffer_entry_list_get_loading (fixture.list));
  assert_rows (&fixture, FALSE);
  g_assert_cmpint (find (&fixture, "10"), ==, 2);
  tear_down (&fixture, NULL);
}

/* A list that goes while everything is under way. */
static void
goes_at_any_time (Fixture       *fixture,
                  gconstpointer  file)
{
  for (guint i = 0; i < 60; i++)
    {
      CofferEntryList *list = coffer_entry_list_new (fixture->vault);
      g_autoptr(CofferEntry) entry = NULL;

      for (guint k = 0; k < i / 2; k++)
        g_main_context_iteration (NULL, FALSE);
      entry = g_list_model_get_item (G_LIST_MODEL (list), i);
      if (i % 3 == 0)
        test_run_for (1);
      g_assert_finalize_object (list);
      if (i % 7 == 0)
        coffer_vault_stop_editing (fixture->vault);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *cache = NULL;
  char *folder;
  int result;

  folder = test_folder_new ();
  g_setenv ("XDG_CACHE_HOME", folder, TRUE);
#define ADD(name, file, function) g_test_add ("/entry-list/" name, Fixture, file, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("order/media", "v010_media.db", order_is_the_cursors);
  ADD ("order/odd-keys", "v010_odd_keys.db", order_is_the_cursors);
  ADD ("order/autopack", "v086_media_autopack.db", order_is_the_cursors);
  ADD ("order/hot-wal", "hot/v010_hot_wal.db", order_is_the_cursors);
  ADD ("order/empty", "foreign/empty_vault_v2.db", order_is_the_cursors);
  ADD ("order/big", NULL, order_is_the_cursors);
  ADD ("descends/odd-keys", "v010_odd_keys.db", descends);
  ADD ("descends/empty", "foreign/empty_vault_v2.db", descends);
  ADD ("descends/big", NULL, descends);
  ADD ("one-object-a-row", NULL, one_object_a_row);
  ADD ("rows-fill-by-notify", NULL, rows_fill_by_notify);
  ADD ("rows-come-during-the-walk", NULL, rows_come_during_the_walk);
  ADD ("forgotten-rows-are-not-read", NULL, forgotten_rows_are_not_read);
  ADD ("switches-table", "v010_two_tables.db", switches_table);
  ADD ("refreshes", "v010_media.db", refreshes);
  ADD ("failed-refresh-keeps-the-rows", "v010_media.db", failed_refresh_keeps_the_rows);
  ADD ("same-keys-keep-their-rows", "v010_media.db", same_keys_keep_their_rows);
  ADD ("rows-are-never-of-another-moment", "v010_media.db", rows_are_never_of_another_moment);
  ADD ("another-key-brings-a-new-row", "v010_media.db", another_key_brings_a_new_row);
  ADD ("keys-of-other-classes-bring-new-rows", "v010_media.db", keys_of_other_classes_bring_new_rows);
  ADD ("follows-own-changes", "v010_media.db", follows_own_changes);
  ADD ("other-writers-make-it-walk-again", NULL, other_writers_make_it_walk_again);
  ADD ("bears-a-busy-writer", NULL, bears_a_busy_writer);
  ADD ("damaged-rows-say-so", "damaged/table_leaf_wrecked.db", damaged_rows_say_so);
  ADD ("damaged-keys-are-found-in-the-table", "v010_media.db", damaged_keys_are_found_in_the_table);
  ADD ("follows-a-replaced-file", "v086_media_autopack.db", follows_a_replaced_file);
  ADD ("says-when-the-file-is-gone", "v010_media.db", says_when_the_file_is_gone);
  g_test_add_func ("/entry-list/shows-keys-of-all-classes", shows_keys_of_all_classes);
  g_test_add_func ("/entry-list/shows-values-by-their-ids", shows_values_by_their_ids);
  g_test_add_func ("/entry-list/shows-numbers-that-are-near", shows_numbers_that_are_near);
  g_test_add_data_func ("/entry-list/keys-without-rows-say-so/keys", GINT_TO_POINTER (COFFER_SORT_KEY), keys_without_rows_say_so);
  g_test_add_data_func ("/entry-list/keys-without-rows-say-so/sizes", GINT_TO_POINTER (COFFER_SORT_SIZE), keys_without_rows_say_so);
  ADD ("finds-by-prefix", NULL, finds_by_prefix);
  ADD ("finds-behind-many-that-came", NULL, finds_behind_many_that_came);
  ADD ("goes-at-any-time", NULL, goes_at_any_time);

  coffer_prints_set_most_in_memory (1);   /* as with many more keys */
  big_vault = test_make_vault (folder, "big.db", BIG);
  result = g_test_run ();
  g_free (big_vault);
  cache = g_build_filename (folder, "coffer", NULL);
  g_rmdir (cache);
  test_folder_remove (folder);
  return result;
}
