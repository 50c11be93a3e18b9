/* SPDX-License-Identifier: MIT */
/* Levels of prefixes: their names, counts and changes. */
#include "displayless.h"

#include "coffer-prefix-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferPrefixLevel *level;
  GArray *changes;   /* of guint: position, removed, added, … */
  guint n_items;     /* as the signals tell */
} Fixture;

static CofferSeparators separators;

/* A file with a table that is filled by SQL, whose keys are made from one column of numbers. */
static void
set_up (Fixture       *fixture,
        gconstpointer  sql)
{
  fixture->folder = test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "prefixes.db", NULL);
  test_sql (fixture->path, "PRAGMA synchronous=OFF; CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)");
  if (sql != NULL)
    test_sql (fixture->path, sql);
  fixture->vault = test_open (fixture->path);
  coffer_vault_note_count (fixture->vault, "no list is walked", 0);
  fixture->changes = g_array_new (FALSE, FALSE, sizeof (guint));
  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  sql)
{
  if (fixture->level != NULL)
    g_assert_finalize_object (fixture->level);
  test_close (fixture->vault);
  g_array_unref (fixture->changes);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
  coffer_prefix_level_set_slice_time (0);
}

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    data)
{
  Fixture *fixture = data;

  g_assert_cmpint (position + removed, <=, fixture->n_items);
  fixture->n_items += added;
  fixture->n_items -= removed;
  g_assert_cmpint (g_list_model_get_n_items (model), ==, fixture->n_items);
  g_array_append_vals (fixture->changes, (guint[]) { position, removed, added }, 3);
}

static gboolean
is_counted (CofferPrefixLevel *level)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (level)); i++)
    {
      g_autoptr(CofferPrefix) prefix = g_list_model_get_item (G_LIST_MODEL (level), i);

      if (coffer_prefix_get_count (prefix) == G_MAXUINT64)
        return FALSE;
    }
  return TRUE;
}

static CofferPrefixLevel *
load_bytes (Fixture *fixture,
            GBytes  *prefix)
{
  CofferPrefixLevel *level = coffer_prefix_level_new (fixture->vault, "kv", prefix, &separators);

  test_wait_for (!coffer_prefix_level_get_loading (level));
  g_assert_null (coffer_prefix_level_get_error (level));
  return level;
}

static CofferPrefixLevel *
load (Fixture    *fixture,
      const char *prefix)
{
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));
  CofferPrefixLevel *level = load_bytes (fixture, bytes);

  test_wait_for (is_counted (level));
  return level;
}

/* "a/ 3+, b: 1": names, counts, and a plus where there are children. */
static char *
describe (CofferPrefixLevel *level)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (level)); i++)
    {
      g_autoptr(CofferPrefix) prefix = g_list_model_get_item (G_LIST_MODEL (level), i);

      g_string_append_printf (text, "%s%s %" G_GUINT64_FORMAT "%s", i > 0 ? ", " : "", coffer_prefix_get_display_name (prefix),
                              coffer_prefix_get_count (prefix), coffer_prefix_get_has_children (prefix) ? "+" : "");
    }
  return g_string_free (text, FALSE);
}

static void
assert_level (Fixture    *fixture,
              const char *prefix,
              const char *expected)
{
  g_autoptr(CofferPrefixLevel) level = load (fixture, prefix);
  g_autofree char *found = describe (level);

  g_assert_cmpstr (found, ==, expected);
}

static void
watch (Fixture    *fixture,
       const char *prefix)
{
  fixture->level = load (fixture, prefix);
  fixture->n_items = g_list_model_get_n_items (G_LIST_MODEL (fixture->level));
  g_signal_connect (fixture->level, "items-changed", G_CALLBACK (items_changed_cb), fixture);
}

static void
assert_changes (Fixture *fixture,
                guint    n,
                ...)
{
  va_list numbers;

  g_assert_cmpint (fixture->changes->len, ==, n);
  va_start (numbers, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (fixture->changes, guint, i), ==, va_arg (numbers, guint));
  va_end (numbers);
  g_array_set_size (fixture->changes, 0);
}

static void
wait_reloaded (Fixture *fixture)
{
  g_assert_true (coffer_prefix_level_get_loading (fixture->level));
  test_wait_for (!coffer_prefix_level_get_loading (fixture->level));
}

/* Keys by a printf format of one number, 0 to n - 1. */
#define KEYS(n, format) \
  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " #n " - 1)" \
  "INSERT INTO kv SELECT CAST(printf('" format "', i) AS BLOB), x'' FROM n;"

#define MEDIA \
  KEYS (200000, "frame:%06d") KEYS (300, "img/2023/%d.jpg") KEYS (40, "img/2024/a/%d.jpg") KEYS (2, "img/2024/%d.jpg") \
  KEYS (7, "meta/%d") KEYS (5, "top-%d")

/* ---- */

static void
test_separators (void)
{
  g_autoptr(GBytes) deep = g_bytes_new_static ("a/b:c/", 6);
  g_autoptr(GBytes) flat = g_bytes_new_static ("a/", 2);
  CofferSeparators s;

  coffer_separators_init (&s, "/:\xc3\xa4");
  g_assert_cmpint (coffer_separators_find (&s, "a/b:c", 5, 0), ==, 2);
  g_assert_cmpint (coffer_separators_find (&s, "a/b:c", 5, 2), ==, 4);
  g_assert_cmpint (coffer_separators_find (&s, "a/b:c", 5, 4), ==, 0);
  g_assert_cmpint (coffer_separators_find (&s, "\xc3\xa4", 2, 0), ==, 0);
  g_assert_cmpint (coffer_separators_find (&s, "", 0, 0), ==, 0);
  g_assert_cmpint (coffer_separators_around (&s, "a/b:c", 5), ==, 4);
  g_assert_cmpint (coffer_separators_around (&s, "a/b:", 4), ==, 4);
  g_assert_cmpint (coffer_separators_around (&s, "a.Ã¤", 4), ==, 0);
  g_assert_cmpint (coffer_separators_around (&s, "", 0), ==, 0);
  g_assert_cmpint (coffer_separators_parent (&s, deep), ==, 4);
  g_assert_cmpint (coffer_separators_parent (&s, flat), ==, 0);
}

static void
test_levels (Fixture       *fixture,
             gconstpointer  sql)
{
  assert_level (fixture, "", "frame: 200000, img/ 342+, meta/ 7");
  assert_level (fixture, "img/", "2023/ 300, 2024/ 42+");
  assert_level (fixture, "img/2024/", "a/ 40");
  assert_level (fixture, "img/2024/a/", "");
  assert_level (fixture, "frame:", "");
  assert_level (fixture, "none/", "");
}

/* However little can be done at a time. */
static void
test_slices (Fixture       *fixture,
             gconstpointer  sql)
{
  coffer_prefix_level_set_slice_time (1);
  test_levels (fixture, sql);
}

static void
test_empty (Fixture       *fixture,
            gconstpointer  sql)
{
  assert_level (fixture, "", "");
}

/* Names do not wait for the keys below them, and are appended. */
static void
test_names_first (Fixture       *fixture,
                  gconstpointer  sql)
{
  g_autoptr(CofferPrefix) prefix = NULL;

  coffer_vault_put_off_counting (fixture->vault);
  fixture->level = coffer_prefix_level_new (fixture->vault, "kv", NULL, &separators);
  g_signal_connect (fixture->level, "items-changed", G_CALLBACK (items_changed_cb), fixture);
  g_assert_true (coffer_prefix_level_get_loading (fixture->level));
  test_wait_for (!coffer_prefix_level_get_loading (fixture->level));
  assert_changes (fixture, 3, 0, 0, 3);
  prefix = g_list_model_get_item (G_LIST_MODEL (fixture->level), 0);
  g_assert_cmpuint (coffer_prefix_get_count (prefix), ==, G_MAXUINT64);
  g_assert_true (coffer_prefix_get_has_children (prefix));
  test_wait_for (coffer_prefix_get_count (prefix) == 200000);
  g_assert_false (coffer_prefix_get_has_children (prefix));
  assert_changes (fixture, 0);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

static void
test_notifies (Fixture       *fixture,
               gconstpointer  sql)
{
  g_autoptr(GString) told = g_string_new (NULL);
  g_autoptr(CofferPrefix) prefix = NULL;
  const guint64 sizes[] = { 1, 2 };

  coffer_vault_put_off_counting (fixture->vault);
  fixture->level = load_bytes (fixture, NULL);
  prefix = g_list_model_get_item (G_LIST_MODEL (fixture->level), 1);
  g_signal_connect (prefix, "notify", G_CALLBACK (notify_cb), told);
  test_wait_for (coffer_prefix_get_count (prefix) != G_MAXUINT64);
  g_assert_cmpstr (told->str, ==, "count ");
  coffer_prefix_level_set_sizes (fixture->level, 1, sizes, 2);
  g_assert_cmpstr (told->str, ==, "count size ");
  g_assert_cmpuint (coffer_prefix_get_size (prefix), ==, 1);
}

static void
test_same_object (Fixture       *fixture,
                  gconstpointer  sql)
{
  g_autoptr(CofferPrefix) prefix = NULL;
  g_autoptr(CofferPrefix) again = NULL;
  guint position;

  fixture->level = load (fixture, "img/");
  prefix = g_list_model_get_item (G_LIST_MODEL (fixture->level), 1);
  again = g_list_model_get_item (G_LIST_MODEL (fixture->level), 1);
  g_assert_true (prefix == again);
  g_assert_cmpmem (g_bytes_get_data (coffer_prefix_get_bytes (prefix), NULL), g_bytes_get_size (coffer_prefix_get_bytes (prefix)),
                   "img/2024/", 9);
  g_assert_cmpint (coffer_prefix_level_count_live (fixture->level), ==, 1);
  g_assert_true (coffer_prefix_level_find (fixture->level, coffer_prefix_get_bytes (prefix), &position));
  g_assert_cmpint (position, ==, 1);
  g_clear_object (&prefix);
  g_clear_object (&again);
  g_assert_cmpint (coffer_prefix_level_count_live (fixture->level), ==, 0);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (fixture->level), 2));
}

/* A prefix outlives its level. */
static void
test_level_goes (Fixture       *fixture,
                 gconstpointer  sql)
{
  CofferPrefixLevel *level = load (fixture, "");
  CofferPrefix *prefix = g_list_model_get_item (G_LIST_MODEL (level), 0);

  g_assert_finalize_object (level);
  g_assert_cmpstr (coffer_prefix_get_display_name (prefix), ==, "frame:");
  g_assert_finalize_object (prefix);
  for (guint i = 0; i < 20; i++)
    {
      level = coffer_prefix_level_new (fixture->vault, "kv", NULL, &separators);
      test_run_for (i / 2);
      g_assert_finalize_object (level);
    }
}

#define ODD \
  "INSERT INTO kv VALUES (x'', x''), (x'2f', x''), (x'2f2f', x''), (x'612f', x''), (x'612f2f62', x''), (x'00ff3a01', x''), (x'00ff3a02', x'')," \
  "(x'ff2f61', x''), (x'ffff2f', x''), ('img/text', x''), (17, x''), (1.5, x''), (x'c3a42fc3b6', x''), (x'0a2f', x''), (x'6e6f6e65', x'')"

static void
test_odd_keys (Fixture       *fixture,
               gconstpointer  sql)
{
  assert_level (fixture, "", "\\x00\\xff: 2, \\n/ 1, / 2+, a/ 2+, ä/ 1, \\xff/ 1, \\xff\\xff/ 1");
  assert_level (fixture, "/", "/ 1");
  assert_level (fixture, "a/", "/ 1");
  assert_level (fixture, "\xff\xff/", "");
}

/* The keys a, a/, a/a, …: 500 levels. */
#define DEEP "WITH RECURSIVE n(i, k) AS (SELECT 0, 'a' UNION ALL SELECT i + 1, k || '/a' FROM n WHERE i < 500)" \
  "INSERT INTO kv SELECT CAST(k AS BLOB), x'' FROM n"

static void
test_deep (Fixture       *fixture,
           gconstpointer  sql)
{
  g_autoptr(GString) prefix = g_string_new (NULL);

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *expected = g_strdup_printf ("a/ %u%s", 500 - i, i < 499 ? "+" : "");

      assert_level (fixture, prefix->str, expected);
      g_string_append (prefix, "a/");
    }
  assert_level (fixture, prefix->str, "");
}

#define LONG \
  "INSERT INTO kv VALUES (CAST(zeroblob(4096) AS BLOB) || x'2f61', x''), (CAST(zeroblob(4096) AS BLOB) || x'2f62', x'')," \
  "(CAST(zeroblob(4096) AS BLOB) || x'01' || x'2f61', x'');" \
  "UPDATE kv SET key = CAST(key AS BLOB)"

static void
test_long_segment (Fixture       *fixture,
                   gconstpointer  sql)
{
  g_autoptr(CofferPrefix) first = NULL;
  g_autoptr(CofferPrefix) second = NULL;

  fixture->level = load (fixture, "");
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->level)), ==, 2);
  first = g_list_model_get_item (G_LIST_MODEL (fixture->level), 0);
  second = g_list_model_get_item (G_LIST_MODEL (fixture->level), 1);
  g_assert_cmpint (g_bytes_get_size (coffer_prefix_get_bytes (first)), ==, 4098);
  g_assert_cmpint (g_bytes_get_size (coffer_prefix_get_bytes (second)), ==, 4097);
  g_assert_cmpuint (coffer_prefix_get_count (first), ==, 1);
  g_assert_cmpuint (coffer_prefix_get_count (second), ==, 2);
  g_assert_cmpint (strlen (coffer_prefix_get_display_name (first)), <, 4096);
}

static void
test_many_children (Fixture       *fixture,
                    gconstpointer  sql)
{
  g_autoptr(CofferPrefix) last = NULL;

  fixture->level = coffer_prefix_level_new (fixture->vault, "kv", NULL, &separators);
  g_signal_connect (fixture->level, "items-changed", G_CALLBACK (items_changed_cb), fixture);
  test_wait_for (!coffer_prefix_level_get_loading (fixture->level));
  g_assert_cmpint (fixture->n_items, ==, 100000);
  g_assert_cmpint (g_array_index (fixture->changes, guint, 2), ==, 256);
  for (guint i = 1; i < fixture->changes->len / 3; i++)
    {
      g_assert_cmpint (g_array_index (fixture->changes, guint, 3 * i + 1), ==, 0);
      g_assert_cmpint (g_array_index (fixture->changes, guint, 3 * i), ==, g_array_index (fixture->changes, guint, 3 * i - 3) + g_array_index (fixture->changes, guint, 3 * i - 1));
    }
  last = g_list_model_get_item (G_LIST_MODEL (fixture->level), 99999);
  g_assert_cmpstr (coffer_prefix_get_display_name (last), ==, "099999/");
  g_assert_cmpuint (coffer_prefix_get_count (last), ==, 1);
  g_assert_false (coffer_prefix_get_has_children (last));
}

static void
test_separators_of_choice (Fixture       *fixture,
                           gconstpointer  sql)
{
  coffer_separators_init (&separators, ".-");
  assert_level (fixture, "top-", "");
  assert_level (fixture, "", "img/2023/0. 1, img/2023/1. 1, top- 3");
  coffer_separators_init (&separators, "");
  assert_level (fixture, "", "");
}

#define DOTS KEYS (2, "img/2023/%d.jpg") KEYS (3, "top-%d")

/* ---- changes ---- */

static void
delete_keys (Fixture *fixture,
             ...)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;
  const char *name;
  va_list names;

  va_start (names, fixture);
  while ((name = va_arg (names, const char *)) != NULL)
    g_ptr_array_add (keys, test_key (name));
  va_end (names);
  coffer_vault_delete_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_vault_delete_finish (fixture->vault, result, NULL), ==, keys->len);
}

#define SHELF KEYS (3, "a/%d") KEYS (100, "b/%d") KEYS (1, "c/%d") KEYS (2, "d/x/%d")

static void
test_keys_deleted (Fixture       *fixture,
                   gconstpointer  sql)
{
  g_autoptr(CofferPrefix) a = NULL;
  g_autoptr(CofferPrefix) d = NULL;
  g_autofree char *found = NULL;

  test_edit (fixture->vault);
  watch (fixture, "");
  a = g_list_model_get_item (G_LIST_MODEL (fixture->level), 0);
  d = g_list_model_get_item (G_LIST_MODEL (fixture->level), 3);
  delete_keys (fixture, "a/0", "c/0", NULL);
  wait_reloaded (fixture);
  assert_changes (fixture, 3, 2, 1, 0);
  test_wait_for (coffer_prefix_get_count (a) == 2);
  g_assert_cmpuint (coffer_prefix_get_count (d), ==, 2);
  found = describe (fixture->level);
  g_assert_cmpstr (found, ==, "a/ 2, b/ 100, d/ 2+");
  g_clear_object (&d);
  d = g_list_model_get_item (G_LIST_MODEL (fixture->level), 2);
  g_assert_cmpstr (coffer_prefix_get_display_name (d), ==, "d/");
}

static void
rename_key (Fixture    *fixture,
            const char *from,
            const char *to)
{
  g_autoptr(CofferKey) key = test_key (from);
  g_autoptr(GBytes) bytes = g_bytes_new (to, strlen (to));
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_rename_async (fixture->vault, key, bytes, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_finish (fixture->vault, result, NULL));
}

static void
test_key_renamed (Fixture       *fixture,
                  gconstpointer  sql)
{
  g_autoptr(CofferPrefix) d = NULL;
  g_autoptr(CofferPrefix) again = NULL;
  g_autofree char *found = NULL;

  test_edit (fixture->vault);
  watch (fixture, "");
  d = g_list_model_get_item (G_LIST_MODEL (fixture->level), 3);
  rename_key (fixture, "c/0", "aa/0");
  wait_reloaded (fixture);
  assert_changes (fixture, 6, 1, 0, 1, 3, 1, 0);
  again = g_list_model_get_item (G_LIST_MODEL (fixture->level), 3);
  g_assert_true (again == d);
  test_wait_for (is_counted (fixture->level));
  found = describe (fixture->level);
  g_assert_cmpstr (found, ==, "a/ 3, aa/ 1, b/ 100, d/ 2+");
}

/* Other prefixes than before come as one change when there are very many of them, and the rows are right all the same. */
static void
test_file_replaced (Fixture       *fixture,
                    gconstpointer  sql)
{
  g_autofree char *other = g_build_filename (fixture->folder, "other.db", NULL);
  g_autoptr(GBytes) nowhere = g_bytes_new_static ("x/", 2);
  g_autoptr(CofferPrefixLevel) prod = NULL;

  watch (fixture, "");
  test_sql (other, "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);" KEYS (2000, "d%04d0/") KEYS (2, "d00005/x/%d"));
  g_assert_no_errno (g_rename (other, fixture->path));
  prod = load_bytes (fixture, nowhere);   /* a job of the lane meets the file */
  test_wait_for (fixture->n_items == 2001);
  g_assert_cmpint (fixture->changes->len, ==, 3);
  test_wait_for (!coffer_prefix_level_get_loading (fixture->level));
  {
    g_autoptr(CofferPrefix) prefix = g_list_model_get_item (G_LIST_MODEL (fixture->level), 1);

    g_assert_cmpstr (coffer_prefix_get_display_name (prefix), ==, "d00005/");
    g_assert_cmpuint (coffer_prefix_get_count (prefix), ==, 2);
    g_assert_true (coffer_prefix_get_has_children (prefix));
  }
}

#define EVENS KEYS (2000, "d%04d1/")

static void
refresh_cb (CofferPrefixLevel *level)
{
  coffer_prefix_level_refresh (level);
}

/* Whoever is told of a change may ask for another walk at once. */
static void
test_refreshed_while_told (Fixture       *fixture,
                           gconstpointer  sql)
{
  g_autofree char *found = NULL;
  gulong id;

  test_edit (fixture->vault);
  watch (fixture, "");
  id = g_signal_connect (fixture->level, "items-changed", G_CALLBACK (refresh_cb), NULL);
  delete_keys (fixture, "c/0", NULL);
  test_wait_for (fixture->n_items == 3);
  g_signal_handler_disconnect (fixture->level, id);
  test_wait_for (!coffer_prefix_level_get_loading (fixture->level));
  test_wait_for (is_counted (fixture->level));
  found = describe (fixture->level);
  g_assert_cmpstr (found, ==, "a/ 3, b/ 100, d/ 2+");
  assert_changes (fixture, 3, 2, 1, 0);
}

static void
test_no_table (Fixture       *fixture,
               gconstpointer  sql)
{
  fixture->level = coffer_prefix_level_new (fixture->vault, "nothing", NULL, &separators);
  test_wait_for (!coffer_prefix_level_get_loading (fixture->level));
  g_assert_nonnull (coffer_prefix_level_get_error (fixture->level));
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->level)), ==, 0);
}

/* ---- against the obvious ---- */

typedef struct {
  guint64 count;
  gboolean has_children;
} Expected;

/* Segment → Expected, of random keys of few characters. */
static GHashTable *
fill_at_random (const char *path,
                GRand      *random,
                const char *prefix)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GString) sql = g_string_new ("BEGIN;");
  guint n = g_rand_int_range (random, 0, 400);
  GHashTableIter iter;
  const char *key;

  for (guint i = 0; i < n; i++)
    {
      GString *text = g_string_new (NULL);

      for (guint length = g_rand_int_range (random, 0, 9); length > 0; length--)
        g_string_append_c (text, "ab/:c"[g_rand_int_range (random, 0, g_rand_boolean (random) ? 2 : 5)]);
      g_string_append_printf (sql, "INSERT OR IGNORE INTO kv VALUES (CAST('%s' AS BLOB), x'');", text->str);
      g_hash_table_add (keys, g_string_free (text, FALSE));
    }
  g_string_append (sql, "COMMIT");
  test_sql (path, sql->str);

  g_hash_table_iter_init (&iter, keys);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, NULL))
    {
      gsize from = strlen (prefix), end = 0;
      Expected *expected;
      char *segment;

      if (g_str_has_prefix (key, prefix))
        end = coffer_separators_find (&separators, key, strlen (key), from);
      if (end == 0)
        continue;
      segment = g_strndup (key + from, end - from);
      if ((expected = g_hash_table_lookup (table, segment)) == NULL)
        g_hash_table_insert (table, g_strdup (segment), expected = g_new0 (Expected, 1));
      expected->count++;
      expected->has_children |= coffer_separators_find (&separators, key, strlen (key), end) > 0;
      g_free (segment);
    }
  return table;
}

static void
assert_expected (CofferPrefixLevel *level,
                 GHashTable        *table)
{
  g_autofree char *last = NULL;

  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (level)), ==, g_hash_table_size (table));
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (level)); i++)
    {
      g_autoptr(CofferPrefix) prefix = g_list_model_get_item (G_LIST_MODEL (level), i);
      const char *name = coffer_prefix_get_display_name (prefix);
      Expected *expected = g_hash_table_lookup (table, name);

      g_assert_nonnull (expected);
      g_assert_cmpuint (coffer_prefix_get_count (prefix), ==, expected->count);
      g_assert_cmpint (coffer_prefix_get_has_children (prefix), ==, expected->has_children);
      g_assert_true (last == NULL || strcmp (last, name) < 0);
      g_free (last);
      last = g_strdup (name);
    }
}

static void
test_random (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (4);
  static const char *const prefixes[] = { "", "a/", "b:", "/", "a/b/" };

  for (guint i = 0; i < 40; i++)
    {
      Fixture fixture = { 0 };
      g_autoptr(GHashTable) table = NULL;
      const char *prefix = prefixes[i % G_N_ELEMENTS (prefixes)];

      set_up (&fixture, NULL);
      table = fill_at_random (fixture.path, random, prefix);
      coffer_prefix_level_set_slice_time (i % 2);
      fixture.level = load (&fixture, prefix);
      assert_expected (fixture.level, table);
      tear_down (&fixture, NULL);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test, sql) g_test_add ("/prefix/" path, Fixture, sql, set_up, test, tear_down)

  g_test_add_func ("/prefix/separators", test_separators);
  ADD ("levels", test_levels, MEDIA);
  ADD ("slices", test_slices, MEDIA);
  ADD ("nothing-in-it", test_empty, NULL);
  ADD ("names-come-first", test_names_first, MEDIA);
  ADD ("counts-come-by-notify", test_notifies, MEDIA);
  ADD ("same-object", test_same_object, MEDIA);
  ADD ("level-goes", test_level_goes, MEDIA);
  ADD ("odd-keys", test_odd_keys, ODD);
  ADD ("deep", test_deep, DEEP);
  ADD ("long-segment", test_long_segment, LONG);
  ADD ("many-children", test_many_children, KEYS (100000, "%06d/x"));
  ADD ("separators-of-choice", test_separators_of_choice, DOTS);
  ADD ("keys-deleted", test_keys_deleted, SHELF);
  ADD ("key-renamed", test_key_renamed, SHELF);
  ADD ("file-replaced", test_file_replaced, EVENS);
  ADD ("refreshed-while-told", test_refreshed_while_told, SHELF);
  ADD ("no-such-table", test_no_table, NULL);
  g_test_add_func ("/prefix/random", test_random);

  return g_test_run ();
}
