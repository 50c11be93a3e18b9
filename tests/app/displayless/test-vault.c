/* SPDX-License-Identifier: MIT */
/* Opening, looking, reading values, making and closing; that looking changes nothing. */
#include "displayless.h"

#include "coffer-entry-list.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static const char *const healthy[] = {
  "v010_media.db",
  "v010_odd_keys.db",
  "v010_two_tables.db",
  "v086_media_autopack.db",
  "v086_two_tables.db",
  "v086_all_vaults.db",
  "foreign/empty_vault_v2.db",
  "foreign/v2_page_1024_autovacuum.db",
  "hot/v010_hot_wal.db",
  "damaged/value_bytes_flipped.db",
};

static CofferSection *
find_section (CofferVault *vault,
              const char  *name)
{
  GListModel *sections = coffer_vault_get_sections (vault);

  for (guint i = 0; i < g_list_model_get_n_items (sections); i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (sections, i);

      if (g_str_equal (coffer_section_get_name (section), name))
        return section;
    }
  g_error ("no section %s", name);
}

static void
lists_sections (void)
{
  static const struct {
    const char *file, *name;
    int kind;
    guint64 count;
  } cases[] = {
    { "v010_media.db", "kv", KVAULT_SECTION_V1, 53 },
    { "v010_two_tables.db", "originals", KVAULT_SECTION_V1, 4 },
    { "v010_two_tables.db", "thumbs", KVAULT_SECTION_V1, 5 },
    { "v086_media_autopack.db", "kv", KVAULT_SECTION_V2, 93 },
    { "v086_two_tables.db", "kv", KVAULT_SECTION_V2, 5 },
    { "v086_two_tables.db", "thumbs", KVAULT_SECTION_V2, 5 },
    { "v086_all_vaults.db", "kv", KVAULT_SECTION_V2, 2 },
    { "v086_all_vaults.db", "col_meta", KVAULT_SECTION_COLUMNS, 7 },
    { "v086_all_vaults.db", "docs", KVAULT_SECTION_TEXT, 20 },
    { "v086_all_vaults.db", "vecs", KVAULT_SECTION_VECTOR, 20 },
    { "v086_all_vaults.db", "docs_values", KVAULT_SECTION_TEXT_VALUES, 20 },
    { "v086_all_vaults.db", "vecs_values", KVAULT_SECTION_VECTOR_VALUES, 20 },
    { "v086_all_vaults.db", "col_chunks", KVAULT_SECTION_CHUNKS, 10 },
    { "foreign/empty_vault_v2.db", "kv", KVAULT_SECTION_V2, 0 },
    { "foreign/v2_page_1024_autovacuum.db", "kv", KVAULT_SECTION_V2, 1 },
    { "hot/v010_hot_wal.db", "kv", KVAULT_SECTION_V1, 72 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *folder = test_folder_new ();
      g_autofree char *path = test_copy (folder, cases[i].file);
      CofferVault *vault = test_open (path);
      CofferSection *section = find_section (vault, cases[i].name);
      gboolean is_vault = cases[i].kind <= KVAULT_SECTION_V2;
      g_autofree char *name = NULL;
      guint64 count;

      g_test_message ("%s, %s", cases[i].file, cases[i].name);
      g_assert_cmpint (coffer_section_get_kind (section), ==, cases[i].kind);
      g_assert_cmpint (coffer_section_is_vault (section), ==, is_vault);
      g_assert_cmpint (coffer_section_has_keys (section), ==, is_vault || cases[i].kind >= KVAULT_SECTION_TEXT_VALUES);
      g_assert_cmpint (coffer_section_get_reason (section) == NULL, ==, is_vault);
      if (!is_vault)   /* said as a sentence of its own, not in the engine's words */
        g_assert_true (g_ascii_isupper (*coffer_section_get_reason (section)));
      test_wait_for (coffer_section_get_count (section) != G_MAXUINT64);
      g_object_get (section, "display-name", &name, "count", &count, NULL);
      g_assert_cmpstr (name, ==, cases[i].name);
      g_assert_cmpint (count, ==, cases[i].count);

      g_assert_false (coffer_vault_get_editable (vault));
      g_assert_null (coffer_vault_get_lock_reason (vault));
      g_assert_cmpint (coffer_vault_get_table_kind (vault), <=, KVAULT_SECTION_V2);
      test_close (vault);
      test_folder_remove (folder);
    }
}

static void
bump_cb (gpointer data)
{
  ++*(int *) data;
}

static void
changes_table (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_copy (folder, "v010_two_tables.db");
  CofferVault *vault = test_open (path);
  int n_notified = 0;

  g_assert_cmpstr (coffer_vault_get_display_name (vault), ==, "v010_two_tables.db");
  g_assert_cmpstr (coffer_vault_get_table (vault), ==, "originals");
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (bump_cb), &n_notified);
  coffer_vault_set_table (vault, "originals");
  g_assert_cmpint (n_notified, ==, 0);
  g_object_set (vault, "table", "thumbs", NULL);
  g_assert_cmpint (n_notified, ==, 1);
  g_assert_cmpstr (coffer_vault_get_table (vault), ==, "thumbs");
  test_close (vault);
  test_folder_remove (folder);
}

/* Tables that cannot be read or written say why, in a sentence. */
static void
explains_odd_tables (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "odd.db", NULL);
  CofferVault *vault;
  const char *names[] = { "triggered", "unkept", "rowless", "indexed" };

  test_sql (path,
            "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "CREATE TABLE \"we\"\"ird name\" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "CREATE TABLE triggered (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "CREATE TRIGGER t AFTER INSERT ON triggered BEGIN DELETE FROM kv; END;"
            "CREATE TABLE unkept (key BLOB NOT NULL, value BLOB NOT NULL);"
            "CREATE TABLE rowless (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE indexed (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
            "CREATE INDEX i ON indexed (length(value));");
  vault = test_open (path);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      CofferSection *section = find_section (vault, names[i]);

      g_test_message ("%s: %s", names[i], coffer_section_get_reason (section));
      g_assert_true (g_ascii_isupper (*coffer_section_get_reason (section)));
      if (!coffer_section_is_vault (section))
        continue;
      coffer_vault_set_table (vault, names[i]);
      g_assert_cmpstr (coffer_vault_get_lock_reason (vault), ==, coffer_section_get_reason (section));
    }
  coffer_vault_set_table (vault, "we\"ird name");
  g_assert_null (coffer_vault_get_lock_reason (vault));
  test_close (vault);
  test_folder_remove (folder);
}

static char *
fingerprint (const char *folder)
{
  g_autofree char *names = test_folder_list (folder);
  g_auto(GStrv) list = g_strsplit (names, " ", -1);
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folder, list[i], NULL);
      g_autofree char *content = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (path, &content, &size, NULL));
      g_checksum_update (sum, (guint8 *) list[i], strlen (list[i]) + 1);
      g_checksum_update (sum, (guint8 *) content, size);
    }
  return g_strdup (g_checksum_get_string (sum));
}

static gpointer
swallow (GInputStream            *stream,
         const CofferValueFacts  *facts,
         gpointer                 data,
         GCancellable            *cancellable,
         GError                 **error)
{
  g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable ();

  if (g_output_stream_splice (memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, cancellable, error) < 0)
    return NULL;
  g_assert_cmpint (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (memory)), ==, facts->size);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static GBytes *
read_value (CofferVault *vault,
            CofferKey   *key,
            GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_read_value_async (vault, key, swallow, NULL, NULL, (GDestroyNotify) g_bytes_unref, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_read_value_finish (vault, result, error);
}

/* SQLite takes any bytes for a name. What is shown is escaped; what is used is the name. */
static void
uses_tables_of_any_name (void)
{
  static const struct {
    const char *name;
    const char *shown;
  } cases[] = {
    { "k\xff\xfe", "k\\xff\\xfe" },
    { "k\xff", "k\\xff" },
    { " ", "\\x20" },
    { "a\nb", "a\\nb" },
  };
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "odd.db", NULL);
  CofferVault *vault;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *sql = g_strdup_printf ("CREATE TABLE \"%s\" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                                              "INSERT INTO \"%s\" VALUES (CAST ('a' AS BLOB), x'%02x')",
                                              cases[i].name, cases[i].name, i);

      test_sql (path, sql);
    }
  vault = test_open (path);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CofferSection *section = find_section (vault, cases[i].name);
      g_autoptr(CofferKey) key = test_key ("a");
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) value = NULL;

      g_test_message ("%s", cases[i].shown);
      g_assert_cmpstr (coffer_section_get_display_name (section), ==, cases[i].shown);
      g_assert_true (coffer_section_is_vault (section));
      coffer_vault_set_table (vault, cases[i].name);
      value = read_value (vault, key, &error);
      g_assert_no_error (error);
      g_assert_cmpint (*(guint8 *) g_bytes_get_data (value, NULL), ==, i);
      test_wait_for (coffer_section_get_count (section) == 1);
    }
  test_close (vault);
  test_folder_remove (folder);
}

/* By the ids of their rows, in the order of numbers, and never to be edited. */
static void
browses_the_values_of_an_index (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_copy (folder, "v086_all_vaults.db");
  CofferVault *vault = test_open (path);
  CofferEntryList *list;

  test_edit (vault);
  g_assert_true (coffer_vault_get_editable (vault));
  coffer_vault_set_table (vault, "docs_values");
  g_assert_false (coffer_vault_get_editable (vault));
  g_assert_cmpstr (coffer_vault_get_lock_reason (vault), ==, coffer_section_get_reason (find_section (vault, "docs_values")));
  g_assert_cmpint (coffer_vault_get_table_kind (vault), ==, COFFER_SECTION_TEXT_VALUES);
  list = coffer_entry_list_new (vault);
  test_wait_for (!coffer_entry_list_get_loading (list) && g_list_model_get_n_items (G_LIST_MODEL (list)) == 20);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (list), i);
      g_autofree char *id = g_strdup_printf ("%u", i + 1);
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) value = NULL;

      test_wait_for (coffer_entry_get_display_key (entry) != NULL);
      g_assert_cmpstr (coffer_entry_get_display_key (entry), ==, id);
      value = read_value (vault, coffer_entry_get_key (entry), &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_bytes_get_size (value), ==, i % 2 == 0 ? strlen ("raw value") : 15);
    }
  coffer_vault_set_table (vault, "kv");
  g_assert_true (coffer_vault_get_editable (vault));
  g_assert_finalize_object (list);
  test_close (vault);
  test_folder_remove (folder);
}

/* Reads every value of the table in use, byte for byte as SQLite has it. Returns the sum of their sizes. */
static guint64
compare_values (CofferVault *vault,
                const char  *copy)
{
  g_autofree char *sql = g_strdup_printf ("SELECT key, value, rowid FROM \"%s\"", coffer_vault_get_table (vault));
  guint64 sum = 0;
  sqlite3_stmt *statement;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (copy, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (sqlite3_column_blob (statement, 0), sqlite3_column_bytes (statement, 0));
      g_autoptr(GBytes) expected = g_bytes_new (sqlite3_column_blob (statement, 1), sqlite3_column_bytes (statement, 1));
      g_autoptr(CofferKey) key = coffer_key_new (bytes, KVAULT_CLASS_BLOB, sqlite3_column_int64 (statement, 2) + (sum % 2));
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) value = read_value (vault, key, &error);

      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (value, expected));
      sum += g_bytes_get_size (value);
    }
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return sum;
}

static void
looking_changes_nothing (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (healthy); i++)
    {
      char *folder = test_folder_new ();
      char *other_folder = test_folder_new ();
      g_autofree char *path = test_copy (folder, healthy[i]);
      g_autofree char *copy = test_copy (other_folder, healthy[i]);
      g_autofree char *before = fingerprint (folder);
      g_autofree char *after = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GAsyncResult) stats_result = NULL;
      g_autoptr(GError) error = NULL;
      CofferVault *vault = test_open (path);
      CofferVaultTotals totals;
      CofferVaultStats stats;
      guint64 sum;

      g_test_message ("%s", healthy[i]);
      sum = compare_values (vault, copy);
      coffer_vault_totals_async (vault, coffer_vault_get_table (vault), NULL, NULL, NULL, test_store_result, &result);
      coffer_vault_stats_async (vault, NULL, test_store_result, &stats_result);
      test_wait_for (result != NULL && stats_result != NULL);
      g_assert_true (coffer_vault_totals_finish (vault, result, &totals, &error));
      g_assert_cmpint (totals.bytes, ==, sum);
      g_assert_cmpint (totals.unreadable, ==, 0);
      test_wait_for (coffer_section_get_count (find_section (vault, coffer_vault_get_table (vault))) == totals.keys);
      g_assert_true (coffer_vault_stats_finish (vault, stats_result, &stats, &error));
      g_assert_cmpint (stats.file_size % stats.page_size, ==, 0);
      g_assert_cmpint (stats.file_size, >, 0);

      g_clear_object (&result);
      g_clear_object (&stats_result);
      test_close (vault);
      after = fingerprint (folder);
      g_assert_cmpstr (after, ==, before);
      test_folder_remove (folder);
      test_folder_remove (other_folder);
    }
}

typedef struct {
  GThread *main_thread;
  gint freed;
  GInputStream *kept;
} Seen;

static void
seen_freed (gpointer data)
{
  Seen *seen = data;

  g_assert_true (g_thread_self () == seen->main_thread);
  seen->freed++;
}

static gpointer
seek_about (GInputStream            *stream,
            const CofferValueFacts  *facts,
            gpointer                 data,
            GCancellable            *cancellable,
            GError                 **error)
{
  Seen *seen = data;
  GSeekable *seekable = G_SEEKABLE (stream);
  char buffer[16];

  g_assert_true (g_thread_self () != seen->main_thread);
  g_assert_cmpstr (facts->content_type, ==, "image/png");
  g_assert_cmpint (facts->size, ==, 33783);
  g_assert_true (g_seekable_can_seek (seekable) && !g_seekable_can_truncate (seekable));

  g_assert_true (g_seekable_seek (seekable, -8, G_SEEK_END, cancellable, error));
  g_assert_cmpint (g_seekable_tell (seekable), ==, 33775);
  g_assert_cmpint (g_input_stream_read (stream, buffer, 16, cancellable, error), ==, 8);
  g_assert_cmpmem (buffer, 4, "IEND", 4);
  g_assert_cmpint (g_input_stream_read (stream, buffer, 16, cancellable, error), ==, 0);
  g_assert_true (g_seekable_seek (seekable, 1, G_SEEK_SET, cancellable, error));
  g_assert_cmpint (g_input_stream_read (stream, buffer, 3, cancellable, error), ==, 3);
  g_assert_cmpmem (buffer, 3, "PNG", 3);
  g_assert_true (g_seekable_seek (seekable, -3, G_SEEK_CUR, cancellable, error));
  g_assert_cmpint (g_seekable_tell (seekable), ==, 1);
  g_assert_cmpint (g_input_stream_skip (stream, 100000, cancellable, error), ==, 33782);
  g_assert_true (g_seekable_seek (seekable, 1, G_SEEK_END, cancellable, error));   /* behind the end: nothing there */
  g_assert_cmpint (g_input_stream_read (stream, buffer, 16, cancellable, error), ==, 0);
  g_assert_no_error (*error);
  g_assert_false (g_seekable_seek (seekable, -1, G_SEEK_SET, cancellable, error));
  g_assert_error (*error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (error);

  seen->kept = g_object_ref (stream);
  return g_strdup ("seen");
}

static void
reads_a_value (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_copy (folder, "v010_media.db");
  CofferVault *vault = test_open (path);
  g_autoptr(CofferKey) key = test_key ("img/photo.png");
  g_autoptr(CofferKey) missing = test_key ("img/missing.png");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = NULL;
  Seen seen = { g_thread_self () };
  char byte;

  coffer_vault_read_value_async (vault, key, seek_about, &seen, seen_freed, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  answer = coffer_vault_read_value_finish (vault, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (answer, ==, "seen");
  test_wait_for (seen.freed == 1);

  /* A stream that outlives its job reaches no handle. */
  g_assert_cmpint (g_input_stream_read (seen.kept, &byte, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_clear_object (&seen.kept);

  g_assert_null (read_value (vault, missing, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_NOTFOUND));
  g_clear_object (&result);
  test_close (vault);
  test_folder_remove (folder);
}

typedef struct {
  GCancellable *cancellable;
  gint results_freed;
} Cancelling;

static void
result_freed (gpointer data)
{
  g_atomic_int_inc (&((Cancelling *) data)->results_freed);
}

static gpointer
cancel_then_read (GInputStream            *stream,
                  const CofferValueFacts  *facts,
                  gpointer                 data,
                  GCancellable            *cancellable,
                  GError                 **error)
{
  Cancelling *cancelling = data;
  g_autoptr(GError) read_error = NULL;
  char byte;

  g_cancellable_cancel (cancelling->cancellable);
  g_assert_cmpint (g_input_stream_read (stream, &byte, 1, NULL, &read_error), ==, -1);
  g_assert_error (read_error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return data;   /* an answer all the same: nobody takes it */
}

static void
cancels_reading (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_copy (folder, "v010_media.db");
  CofferVault *vault = test_open (path);
  g_autoptr(CofferKey) key = test_key ("img/photo.png");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Cancelling cancelling = { cancellable };

  coffer_vault_read_value_async (vault, key, cancel_then_read, &cancelling, NULL, result_freed, cancellable, test_store_result,
                                 &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_read_value_finish (vault, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&result);
  test_wait_for (g_atomic_int_get (&cancelling.results_freed) == 1);
  test_close (vault);
  test_folder_remove (folder);
}

typedef struct {
  CofferVaultTotals latest;
  guint n_calls;
  GCancellable *cancel;
} Progress;

static void
progress_cb (const CofferVaultTotals *so_far,
             gpointer                 data)
{
  Progress *progress = data;

  g_assert_cmpint (so_far->keys, >=, progress->latest.keys);
  progress->latest = *so_far;
  progress->n_calls++;
  if (progress->cancel != NULL)
    g_cancellable_cancel (progress->cancel);
}

/* A million takes several of the turns that are told of between, on any machine. */
static void
tells_progress (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_make_vault (folder, "big.db", 1000000);
  CofferVault *vault = test_open (path);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Progress progress = { { 0 } };
  Progress cancelling = { { 0 }, 0, cancellable };
  GAsyncResult *results[2] = { NULL };
  g_autoptr(GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  CofferVaultTotals totals;

  coffer_vault_totals_async (vault, "kv", progress_cb, &progress, NULL, test_store_result, &results[0]);
  coffer_vault_totals_async (vault, "kv", progress_cb, &cancelling, cancellable, test_store_result, &results[1]);
  test_wait_for (results[0] != NULL && results[1] != NULL);
  g_assert_true (coffer_vault_totals_finish (vault, results[0], &totals, &error));
  g_assert_cmpint (totals.keys, ==, 1000000);
  g_assert_cmpint (totals.bytes, ==, 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 90000 * 5 + 900000 * 6);
  g_assert_cmpint (progress.n_calls, >, 0);
  g_assert_cmpint (progress.n_calls, <=, 2 + (g_get_monotonic_time () - start) * 10 / G_USEC_PER_SEC);
  g_assert_cmpint (progress.latest.keys, <=, 1000000);

  g_assert_false (coffer_vault_totals_finish (vault, results[1], &totals, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (totals.keys, ==, 0);
  g_assert_cmpint (cancelling.n_calls, ==, 1);   /* none after it was cancelled */
  g_object_unref (results[0]);
  g_object_unref (results[1]);
  test_close (vault);
  test_folder_remove (folder);
}

static void
makes_a_vault (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "new.kvault", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  GAsyncResult *results[2] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autofree char *names = NULL;
  CofferVault *vault;

  coffer_vault_create_async (file, NULL, test_store_result, &results[0]);
  test_wait_for (results[0] != NULL);
  vault = coffer_vault_open_finish (results[0], &error);
  g_assert_no_error (error);
  g_assert_true (coffer_vault_get_editable (vault));
  g_assert_cmpstr (coffer_vault_get_table (vault), ==, "kv");
  g_assert_cmpint (coffer_vault_get_table_kind (vault), ==, KVAULT_SECTION_V2);
  g_assert_true (g_file_equal (coffer_vault_get_file (vault), file));

  coffer_vault_create_async (file, NULL, test_store_result, &results[1]);
  test_wait_for (results[1] != NULL);
  g_assert_null (coffer_vault_open_finish (results[1], &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EEXIST));

  g_object_unref (results[0]);
  g_object_unref (results[1]);
  test_wait_for (coffer_section_get_count (find_section (vault, "kv")) == 0);
  test_close (vault);
  names = test_folder_list (folder);
  g_assert_cmpstr (names, ==, "new.kvault");
  test_folder_remove (folder);
}

static void
opening_can_be_cancelled (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_copy (folder, "v010_media.db");
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_open_async (file, cancellable, test_store_result, &result);
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_open_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_folder_remove (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vault/lists-sections", lists_sections);
  g_test_add_func ("/vault/changes-table", changes_table);
  g_test_add_func ("/vault/uses-tables-of-any-name", uses_tables_of_any_name);
  g_test_add_func ("/vault/explains-odd-tables", explains_odd_tables);
  g_test_add_func ("/vault/browses-the-values-of-an-index", browses_the_values_of_an_index);
  g_test_add_func ("/vault/looking-changes-nothing", looking_changes_nothing);
  g_test_add_func ("/vault/reads-a-value", reads_a_value);
  g_test_add_func ("/vault/cancels-reading", cancels_reading);
  g_test_add_func ("/vault/tells-progress", tells_progress);
  g_test_add_func ("/vault/makes-a-vault", makes_a_vault);
  g_test_add_func ("/vault/opening-can-be-cancelled", opening_can_be_cancelled);
  return g_test_run ();
}
