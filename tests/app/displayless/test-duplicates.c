/* SPDX-License-Identifier: MIT */
/* Values that are equal: all of them, none that are not, and none that are not any more. */
#include "displayless.h"

#include "coffer-duplicates.h"
#include "coffer-rows.h"
#include "coffer-vault-scan.h"

#include <string.h>

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

/* A value of so many bytes @fill, one of which may be another. */
static void
put (Fixture    *fixture,
     const char *key,
     guint       size,
     gint        other_at)
{
  g_autofree char *sql = other_at < 0 ? g_strdup_printf ("INSERT INTO kv VALUES (CAST('%s' AS BLOB), CAST(replace(hex(zeroblob(%u)), '00', 'x') AS BLOB))", key, size)
                                      : g_strdup_printf ("INSERT INTO kv VALUES (CAST('%s' AS BLOB), CAST(replace(hex(zeroblob(%u)), '00', 'x') || 'y' || replace(hex(zeroblob(%u)), '00', 'x') AS BLOB))",
                                                         key, (guint) other_at, size - 1 - (guint) other_at);

  test_sql (fixture->path, sql);
}

static CofferDuplicates *
find_some (Fixture    *fixture,
           const char *prefix,
           guint       most_keys)
{
  g_autoptr(GBytes) bytes = prefix != NULL ? g_bytes_new (prefix, strlen (prefix)) : NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferDuplicates *found;

  if (fixture->vault == NULL)
    fixture->vault = test_open (fixture->path);
  coffer_duplicates_find_async (fixture->vault, coffer_vault_get_table (fixture->vault), bytes, most_keys, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  found = coffer_duplicates_find_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  return found;
}

static CofferDuplicates *
find (Fixture    *fixture,
      const char *prefix)
{
  return find_some (fixture, prefix, COFFER_DUPLICATES_MOST_KEYS);
}

/* "2 × 5: a b; 3 × 1: c d e" */
static char *
describe (const CofferDuplicates *found)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < found->groups->len; i++)
    {
      CofferDuplicateGroup *group = g_ptr_array_index (found->groups, i);

      g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " × %" G_GUINT64_FORMAT ":", i > 0 ? "; " : "", group->n_keys, group->size);
      for (guint k = 0; k < group->keys->len; k++)
        {
          g_autofree char *key = coffer_key_dup_text (g_ptr_array_index (group->keys, k));

          g_string_append_printf (text, " %s", key);
        }
    }
  return g_string_free (text, FALSE);
}

static void
assert_found (Fixture    *fixture,
              const char *prefix,
              const char *expected)
{
  g_autoptr(CofferDuplicates) found = find (fixture, prefix);
  g_autofree char *text = describe (found);

  g_assert_cmpstr (text, ==, expected);
}

static void
finds_none_in_different_values (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferDuplicates) found = find (fixture, NULL);

  g_assert_cmpuint (found->groups->len, ==, 0);
  g_assert_cmpuint (found->n_looked_at, ==, 3);
}

static void
tells_values_by_every_byte (Fixture       *fixture,
                            gconstpointer  data)
{
  put (fixture, "b", 100000, -1);
  put (fixture, "a", 100000, -1);
  put (fixture, "begins-else", 100000, 0);
  put (fixture, "ends-else", 100000, 99999);
  put (fixture, "is-else-inside", 100000, 50000);
  put (fixture, "is-shorter", 99999, -1);
  put (fixture, "inside-too", 100000, 50000);
  put (fixture, "small-1", 7, -1);
  put (fixture, "small-2", 7, -1);
  put (fixture, "small-3", 7, -1);
  put (fixture, "small-else", 7, 3);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'65', x''), (x'66', x'')");

  assert_found (fixture, NULL, "2 × 100000: a b; 2 × 100000: inside-too is-else-inside; 3 × 7: small-1 small-2 small-3");
  assert_found (fixture, "small", "3 × 7: small-1 small-2 small-3");
  assert_found (fixture, "in", "");
}

static void
tells_what_would_be_free (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autoptr(CofferDuplicates) found = NULL;

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%u", i);

      put (fixture, key, 1000, -1);
    }
  put (fixture, "l1", 50, -1);
  put (fixture, "l2", 50, -1);
  found = find (fixture, NULL);
  g_assert_cmpuint (found->n_groups, ==, 2);
  g_assert_cmpuint (found->n_bytes, ==, 3050);
  g_assert_cmpuint (found->n_unreadable, ==, 0);
}

static void
names_a_bounded_number (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferDuplicates) found = NULL;
  CofferDuplicateGroup *group;

  test_sql (fixture->path, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) "
                           "INSERT INTO kv SELECT CAST(printf('z%06d', i) AS BLOB), x'2a2a' FROM n");
  found = find_some (fixture, NULL, 1000);
  group = g_ptr_array_index (found->groups, 0);
  g_assert_cmpuint (found->n_groups, ==, 1);
  g_assert_cmpuint (group->n_keys, ==, 2100);
  g_assert_cmpuint (group->keys->len, ==, 1000);
}

static void
stop_cb (gpointer latest,
         gpointer data)
{
  CofferDuplicatesProgress *progress = latest;
  guint *phase = data;

  *phase = MAX (*phase, progress->phase);
  g_free (latest);
}

/* At whatever it is: nothing is told, and it comes to its end soon. */
static void
can_be_cancelled (Fixture       *fixture,
                  gconstpointer  data)
{
  test_sql (fixture->path, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                           "INSERT INTO kv SELECT CAST(printf('z%06d', i) AS BLOB), zeroblob(1000) FROM n");
  fixture->vault = test_open (fixture->path);
  for (guint ms = 1; ms < 300; ms *= 2)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      guint phase = 0;
      CofferProgress *progress = coffer_progress_new (stop_cb, &phase, g_free);
      CofferDuplicates *found;
      gint64 begin;

      coffer_duplicates_find_async (fixture->vault, "kv", NULL, 1000, progress, cancellable, test_store_result, &result);
      test_run_for (ms);
      g_cancellable_cancel (cancellable);
      begin = g_get_monotonic_time ();
      test_wait_for (result != NULL);
      g_assert_cmpint (g_get_monotonic_time () - begin, <, 2 * G_USEC_PER_SEC);   /* on a busy machine; else 100 ms */
      found = coffer_duplicates_find_finish (fixture->vault, result, &error);
      g_clear_pointer (&found, coffer_duplicates_free);
      coffer_progress_stop (progress);
      coffer_progress_unref (progress);
    }
}

/* The lane lets go of the file in the middle, as often as it is asked. */
static void
goes_on_after_letting_go (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDuplicates) found = NULL;

  test_sql (fixture->path, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                           "INSERT INTO kv SELECT CAST(printf('z%06d', i / 2) || (i % 2) AS BLOB), CAST(printf('%0500d', i / 2) AS BLOB) FROM n");
  fixture->vault = test_open (fixture->path);
  coffer_duplicates_find_async (fixture->vault, "kv", NULL, 100000, NULL, NULL, test_store_result, &result);
  for (guint i = 0; i < 20 && result == NULL; i++)
    {
      test_run_for (10);
      test_hold (fixture->vault);
      coffer_vault_resume (fixture->vault);
    }
  test_wait_for (result != NULL);
  found = coffer_duplicates_find_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (found->n_groups, ==, 9999);
  g_assert_cmpuint (found->n_looked_at, ==, 20003);
}

/* Before deleting */

static char *
verify (Fixture              *fixture,
        CofferDuplicateGroup *group,
        guint                 n_kept)
{
  g_autoptr(GPtrArray) choices = g_ptr_array_new_with_free_func (coffer_duplicate_choice_free);
  CofferDuplicateChoice *choice = g_new0 (CofferDuplicateChoice, 1);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) good = NULL;
  GString *text = g_string_new (NULL);

  choice->gone = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  choice->kept = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  memcpy (choice->digest, group->digest, sizeof choice->digest);
  for (guint i = 0; i < group->keys->len; i++)
    g_ptr_array_add (i < n_kept ? choice->kept : choice->gone, coffer_key_ref (g_ptr_array_index (group->keys, i)));
  g_ptr_array_add (choices, choice);

  coffer_duplicates_verify_async (fixture->vault, "kv", choices, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  good = coffer_duplicates_verify_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < good->len; i++)
    {
      g_autofree char *key = coffer_key_dup_text (g_ptr_array_index (good, i));

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", key);
    }
  return g_string_free (text, FALSE);
}

#define assert_takes(expression, expected) \
  G_STMT_START { \
    g_autofree char *taken = (expression); \
    g_assert_cmpstr (taken, ==, expected); \
  } G_STMT_END

static void
deletes_only_what_has_a_like_still (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(CofferDuplicates) found = NULL;
  CofferDuplicateGroup *group;

  for (char key[] = "a"; *key <= 'e'; (*key)++)
    put (fixture, key, 40000, -1);
  found = find (fixture, NULL);
  group = g_ptr_array_index (found->groups, 0);
  assert_takes (verify (fixture, group, 1), "b c d e");
  assert_takes (verify (fixture, group, 0), "a b c d e");

  /* One that goes is another by now, as large as it was; one is gone. */
  test_sql (fixture->path, "UPDATE kv SET value = CAST(replace(hex(zeroblob(40000)), '00', 'y') AS BLOB) WHERE key = x'64'");
  test_sql (fixture->path, "DELETE FROM kv WHERE key = x'65'");
  assert_takes (verify (fixture, group, 1), "b c");

  /* Of two that stay, one does not; then neither. */
  test_sql (fixture->path, "DELETE FROM kv WHERE key = x'61'");
  assert_takes (verify (fixture, group, 2), "c");
  test_sql (fixture->path, "UPDATE kv SET value = x'00' WHERE key = x'62'");
  assert_takes (verify (fixture, group, 2), "");
}

/* Packed rows */

static void
rows_are_sorted (void)
{
  CofferRows rows;
  GRand *random = g_rand_new_with_seed (7);
  guint64 sum = 0;

  for (guint stride = 2; stride <= 3; stride++)
    {
      coffer_rows_init (&rows, stride);
      for (guint i = 0; i < 20000; i++)
        {
          guint64 row[] = { i % 3 == 0 ? (guint64) g_rand_int_range (random, 0, 50) : (guint64) g_rand_int (random) << 32 | g_rand_int (random), i, 2 * i };

          coffer_rows_append (&rows, row);
        }
      g_assert_true (coffer_rows_sort (&rows, 0, rows.n, COFFER_ROW_BY, NULL));
      for (gsize i = 0; i < rows.n; i++)
        {
          const guint64 *row = coffer_rows_get (&rows, i);

          g_assert_true (i == 0 || coffer_rows_get (&rows, i - 1)[0] <= row[0]);
          g_assert_true (stride == 2 || row[2] == 2 * row[1]);
          sum += row[1];
        }
      g_assert_true (coffer_rows_sort (&rows, 0, rows.n, COFFER_ROW_ID, NULL));
      for (gsize i = 0; i < rows.n; i++)
        g_assert_cmpuint (coffer_rows_get (&rows, i)[1], ==, i);
      coffer_rows_clear (&rows);
    }
  g_assert_cmpuint (sum, ==, 2 * (guint64) 19999 * 10000);
  g_rand_free (random);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/clean/duplicates/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("finds-none-in-different-values", finds_none_in_different_values);
  ADD ("tells-values-by-every-byte", tells_values_by_every_byte);
  ADD ("tells-what-would-be-free", tells_what_would_be_free);
  ADD ("names-a-bounded-number", names_a_bounded_number);
  ADD ("can-be-cancelled", can_be_cancelled);
  ADD ("goes-on-after-letting-go", goes_on_after_letting_go);
  ADD ("deletes-only-what-has-a-like-still", deletes_only_what_has_a_like_still);
#undef ADD
  g_test_add_func ("/clean/rows/are-sorted", rows_are_sorted);

  return g_test_run ();
}
