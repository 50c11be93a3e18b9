/* SPDX-License-Identifier: MIT */
/* Where the bytes are: the largest prefixes and keys of a place. */
#include "displayless.h"

#include "coffer-largest.h"
#include "coffer-vault-census.h"

#include <string.h>

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferCensus *census;
} Fixture;

#define ROW(key, size) "INSERT INTO kv VALUES (CAST('" key "' AS BLOB), zeroblob (" #size "));"

static const char rows[] =
  "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
  ROW ("alone", 700)
  ROW ("img", 5)
  ROW ("img/2023/a", 10) ROW ("img/2023/b", 20)
  ROW ("img/2024/a", 300) ROW ("img/2024/b", 400) ROW ("img/2024/deep/c", 50)
  ROW ("img/z", 300)
  ROW ("none/a", 0) ROW ("none/b", 0)
  ROW ("text:a", 60)
  "INSERT INTO kv VALUES ('text/key', zeroblob (90));"
  "INSERT INTO kv VALUES (7, zeroblob (80));";

static CofferCensus *
take_census (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_census_async (vault, "kv", FALSE, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_census_finish (vault, result, NULL);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "kv.db", NULL);
  test_sql (fixture->path, data);
  fixture->vault = test_open (fixture->path);
  fixture->census = take_census (fixture->vault);
  g_assert_nonnull (fixture->census);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  coffer_census_unref (fixture->census);
  test_close (fixture->vault);
  g_free (fixture->path);
  test_folder_remove (fixture->folder);
}

static void
count_cb (guint64  n_keys,
          gpointer data)
{
  g_assert_cmpuint (n_keys, >, *(guint64 *) data);
  *(guint64 *) data = n_keys;
}

static CofferLargest *
look (Fixture    *fixture,
      const char *prefix,
      guint       max_parts,
      guint       max_keys,
      guint64    *told)
{
  g_autoptr(GBytes) bytes = prefix != NULL ? g_bytes_new (prefix, strlen (prefix)) : NULL;
  g_autoptr(GAsyncResult) result = NULL;
  CofferSeparators separators;
  CofferLargest *largest;

  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  coffer_largest_async (fixture->vault, "kv", bytes, &separators, fixture->census, max_parts, max_keys, told != NULL ? count_cb : NULL,
                        told, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  largest = coffer_largest_finish (fixture->vault, result, NULL);
  g_assert_nonnull (largest);
  return largest;
}

/* "img/ 1080 6, alone 700 1" */
static char *
write_parts (const GPtrArray *parts)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < parts->len; i++)
    {
      const CofferLargestPart *part = g_ptr_array_index (parts, i);
      GBytes *name = part->prefix != NULL ? part->prefix : coffer_key_get_bytes (part->key);

      g_assert_true ((part->prefix != NULL) != (part->key != NULL));
      g_string_append_printf (text, "%s%.*s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, i > 0 ? ", " : "", (int) g_bytes_get_size (name),
                              (const char *) g_bytes_get_data (name, NULL), part->size, part->n_keys);
    }
  return g_string_free (text, FALSE);
}

static void
assert_parts (const GPtrArray *parts,
              const char      *expected)
{
  g_autofree char *text = write_parts (parts);

  g_assert_cmpstr (text, ==, expected);
}

/* Keys of other classes than blobs are in no prefix. */
static void
adds_up_prefixes (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(CofferLargest) largest = look (fixture, NULL, 100, 100, NULL);

  assert_parts (largest->parts, "img/ 1080 6, alone 700 1, text/key 90 1, 7 80 1, text: 60 1, img 5 1, none/ 0 2");
  g_assert_cmpuint (largest->n_parts, ==, 7);
  g_assert_cmpuint (largest->n_keys, ==, 13);
  g_assert_cmpuint (largest->n_bytes, ==, 2015);
  g_assert_cmpuint (largest->n_unmeasured, ==, 0);
}

static void
looks_into_a_prefix (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferLargest) largest = look (fixture, "img/", 100, 3, NULL);

  assert_parts (largest->parts, "img/2024/ 750 3, img/z 300 1, img/2023/ 30 2");
  assert_parts (largest->keys, "img/2024/b 400 1, img/2024/a 300 1, img/z 300 1");
  g_assert_cmpuint (largest->n_bytes, ==, 1080);
}

static void
keeps_the_largest_only (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferLargest) largest = look (fixture, NULL, 2, 2, NULL);

  assert_parts (largest->parts, "img/ 1080 6, alone 700 1");
  assert_parts (largest->keys, "alone 700 1, img/2024/b 400 1");
  g_assert_cmpuint (largest->n_parts, ==, 7);
  g_assert_cmpuint (largest->n_bytes, ==, 2015);
}

/* Among others a key that came after the sizes were gathered. */
static void
counts_what_has_no_size (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(CofferLargest) largest = NULL;

  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST('img/late' AS BLOB), zeroblob (9999))");
  largest = look (fixture, "img/", 100, 1, NULL);
  g_assert_cmpuint (largest->n_keys, ==, 7);
  g_assert_cmpuint (largest->n_unmeasured, ==, 1);
  g_assert_cmpuint (largest->n_bytes, ==, 1080);
}

static void
an_empty_place_has_nothing (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autoptr(CofferLargest) largest = look (fixture, "nowhere/", 100, 100, NULL);

  g_assert_cmpuint (largest->parts->len, ==, 0);
  g_assert_cmpuint (largest->keys->len, ==, 0);
  g_assert_cmpuint (largest->n_keys, ==, 0);
}

static void
can_be_given_up (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferSeparators separators;

  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  coffer_largest_async (fixture->vault, "kv", NULL, &separators, fixture->census, 10, 10, NULL, NULL, cancellable, test_store_result,
                        &result);
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  g_assert_null (coffer_largest_finish (fixture->vault, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Sizes of many keys against a sum of their own; the job is longer than a slice, or is at least told of more than once. */
static const char many[] =
  "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59999)"
  "INSERT INTO kv SELECT CAST(printf ('%03d/%05d', i * 7 % 300, i) AS BLOB), zeroblob (i * 7919 % 97) FROM n;";

static void
many_are_added_up (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autofree guint64 *sums = g_new0 (guint64, 300);
  g_autoptr(CofferLargest) largest = look (fixture, NULL, 50, 100, NULL);
  guint64 all = 0;

  for (guint i = 0; i < 60000; i++)
    {
      sums[i * 7 % 300] += i * 7919 % 97;
      all += i * 7919 % 97;
    }
  g_assert_cmpuint (largest->n_parts, ==, 300);
  g_assert_cmpuint (largest->n_keys, ==, 60000);
  g_assert_cmpuint (largest->n_bytes, ==, all);
  g_assert_cmpuint (largest->parts->len, ==, 50);
  g_assert_cmpuint (largest->keys->len, ==, 100);
  for (guint i = 0; i < 50; i++)
    {
      const CofferLargestPart *part = g_ptr_array_index (largest->parts, i);
      guint number = (guint) g_ascii_strtoull (g_bytes_get_data (part->prefix, NULL), NULL, 10);

      g_assert_cmpuint (part->size, ==, sums[number]);
      g_assert_cmpuint (part->n_keys, ==, 200);
      if (i > 0)
        g_assert_cmpuint (part->size, <=, ((const CofferLargestPart *) g_ptr_array_index (largest->parts, i - 1))->size);
      sums[number] = 0;
    }
  for (guint i = 0; i < 300; i++)   /* what is left is smaller */
    g_assert_cmpuint (sums[i], <=, ((const CofferLargestPart *) g_ptr_array_index (largest->parts, 49))->size);
  g_assert_cmpuint (((const CofferLargestPart *) g_ptr_array_index (largest->keys, 99))->size, ==, 96);
}

/* A hold stops the walk wherever it is: it begins anew, and counts nothing twice. */
static void
an_interrupted_walk_counts_once (Fixture       *fixture,
                                 gconstpointer  data)
{
  CofferSeparators separators;

  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  for (guint pause_us = 0; pause_us < 12000; pause_us += 1500)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(CofferLargest) largest = NULL;

      coffer_largest_async (fixture->vault, "kv", NULL, &separators, fixture->census, 50, 100, NULL, NULL, NULL, test_store_result,
                            &result);
      g_usleep (pause_us);   /* into the walk: to no point in it */
      test_hold (fixture->vault);
      coffer_vault_resume (fixture->vault);
      test_wait_for (result != NULL);
      largest = coffer_largest_finish (fixture->vault, result, NULL);
      g_assert_nonnull (largest);
      g_assert_cmpuint (largest->n_keys, ==, 60000);
      g_assert_cmpuint (largest->n_parts, ==, 300);
    }
}

int
main (int    argc,
      char **argv)
{
  const char *path = g_getenv ("COFFER_MEASURE");   /* a vault to take the time of, by hand */

  g_test_init (&argc, &argv, NULL);
  if (path != NULL)
    {
      Fixture fixture = { .vault = test_open (path) };
      gint64 start = g_get_monotonic_time ();

      fixture.census = take_census (fixture.vault);
      g_print ("# sizes: %.0f ms\n", (double) (g_get_monotonic_time () - start) / 1000);
      start = g_get_monotonic_time ();
      coffer_largest_unref (look (&fixture, NULL, 120, 100, NULL));
      g_print ("# walk: %.0f ms\n", (double) (g_get_monotonic_time () - start) / 1000);
      coffer_census_unref (fixture.census);
      test_close (fixture.vault);
    }
#define ADD(name, sql, function) g_test_add ("/largest/" name, Fixture, sql, set_up, function, tear_down)
  ADD ("adds-up-prefixes", rows, adds_up_prefixes);
  ADD ("looks-into-a-prefix", rows, looks_into_a_prefix);
  ADD ("keeps-the-largest-only", rows, keeps_the_largest_only);
  ADD ("counts-what-has-no-size", rows, counts_what_has_no_size);
  ADD ("an-empty-place-has-nothing", rows, an_empty_place_has_nothing);
  ADD ("can-be-given-up", rows, can_be_given_up);
  ADD ("many-are-added-up", many, many_are_added_up);
  ADD ("an-interrupted-walk-counts-once", many, an_interrupted_walk_counts_once);
  return g_test_run ();
}
