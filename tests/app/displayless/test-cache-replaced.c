/* SPDX-License-Identifier: MIT */
/* Values that wait for a file when another one has its name: written to no other file, by no way. */
#include "caching.h"

#include "coffer-deletion.h"
#include "coffer-error.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>

/* What was meant for one file is not written to another. */
static void
test_replaced (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 3);
  g_autoptr(GError) error = NULL;
  CofferCacheState state;

  test_add_text (fixture, "new", "waits");
  test_hold (fixture->vault);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  coffer_vault_resume (fixture->vault);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.is_stale));
  g_assert_cmpuint (state.n_entries, ==, 1);
  g_assert_cmpint (state.retry_s, ==, -1);
  test_assert_risk (fixture, "Nothing is written at the moment: 1 value that waits would be lost in a crash");
  coffer_cache_discard (fixture->cache);
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577'"), ==, 0);
}

static void
replace_file (Fixture *fixture)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 3);

  test_hold (fixture->vault);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  coffer_vault_resume (fixture->vault);
}

/* The lane's first job on another file is refused. */
static void
edit_anew (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_edit_async (vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_edit_finish (vault, result, NULL));
  test_edit (vault);
}

/* Nothing that has what waits written first does so then; and whatever only looks goes on. */
static void
test_replaced_by_no_way (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(GError) refused = NULL, hidden = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GPtrArray) keys = g_ptr_array_new ();
  g_autoptr(CofferKey) key = test_key ("user:0000000001");
  g_autoptr(CofferInspection) found = NULL;
  g_autofree char *copy = NULL;

  test_add_text (fixture, "find me", "waits");
  replace_file (fixture);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_is_stale (fixture));

  test_search_for (fixture->list, "find");
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
  g_assert_false (test_flush (fixture->vault, &refused));
  g_assert_error (refused, COFFER_ERROR, COFFER_ERROR_WAITING);
  found = test_check (fixture->vault);
  g_assert_cmpuint (found->n_waiting, ==, 0);   /* for this file */
  copy = test_save_copy (fixture, fixture->vault);
  g_assert_cmpint (test_count_named (copy, "find me"), ==, 0);
  g_ptr_array_add (keys, key);
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_hide_finish (fixture->vault, result, &hidden));
  g_assert_error (hidden, COFFER_ERROR, COFFER_ERROR_WAITING);

  g_assert_true (test_is_stale (fixture));
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_cmpint (test_count_named (fixture->path, "find me"), ==, 0);
  g_clear_object (&result);   /* it holds the vault */
  edit_anew (fixture->vault);   /* has the new file open for writing */
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (test_count_named (fixture->path, "find me"), ==, 0);
}

/* A window that was opened since knows the new file alone, and shows what waits for the old one. */
static void
test_replaced_before_another_opens (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autofree char *new_file = test_make_vault (fixture->folder, "other.db", 3);
  g_autoptr(GError) refused = NULL;
  CofferVault *other;

  test_add_text (fixture, "new", "waits");
  test_hold (fixture->vault);   /* it notices nothing */
  g_assert_cmpint (g_rename (new_file, fixture->path), ==, 0);
  other = test_open (fixture->path);
  g_assert_true (test_is_stale (fixture));
  test_edit (other);
  g_assert_false (test_flush (other, &refused));
  g_assert_error (refused, COFFER_ERROR, COFFER_ERROR_WAITING);
  test_close (other);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 0);
  coffer_vault_resume (fixture->vault);
}

/* Once a person has said so. Other windows that come to know of the file later ask no more. */
static void
test_replaced_and_accepted (Fixture       *fixture,
                            gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  g_autoptr(GError) error = NULL;

  test_hold (other);
  test_add_text (fixture, "new", "waits");
  replace_file (fixture);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_is_stale (fixture));
  coffer_cache_accept_file (fixture->cache, fixture->vault);
  g_assert_false (test_is_stale (fixture));
  coffer_vault_resume (other);
  {
    g_autoptr(CofferEntryList) list = coffer_entry_list_new (other);

    test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (list)) == 4);
    test_wait_for (coffer_identity_equal (&other->shown, &fixture->vault->shown));
    g_assert_false (test_is_stale (fixture));
  }
  g_assert_true (test_flush (fixture->vault, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 1);
  test_close (other);
}

/* The file comes back: that is the one it waits for. */
static void
test_replaced_and_brought_back (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autofree char *aside = g_build_filename (fixture->folder, "aside.db", NULL);
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 3);
  g_autoptr(GError) error = NULL;

  test_add_text (fixture, "new", "waits");
  test_hold (fixture->vault);
  g_assert_cmpint (g_rename (fixture->path, aside), ==, 0);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  coffer_vault_resume (fixture->vault);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_is_stale (fixture));
  test_hold (fixture->vault);
  g_assert_cmpint (g_rename (aside, fixture->path), ==, 0);
  coffer_vault_resume (fixture->vault);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (!test_is_stale (fixture));
  g_assert_true (test_flush (fixture->vault, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 1);
}

/* What was deleted while it waited is shown again when another file comes: it waits for the one before still. */
static void
test_replaced_over_a_deletion (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(CofferKey) key = test_key ("new");
  g_autoptr(GPtrArray) keys = g_ptr_array_new ();
  g_autoptr(GError) hidden = NULL, refused = NULL;

  test_add_text (fixture, "new", "waits");
  g_ptr_array_add (keys, key);
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &hidden);
  g_assert_no_error (hidden);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  g_clear_object (&result);   /* it holds the vault */

  replace_file (fixture);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_n_waiting (fixture) == 1);
  g_assert_true (test_is_stale (fixture));
  g_assert_false (test_flush (fixture->vault, &refused));
  g_assert_error (refused, COFFER_ERROR, COFFER_ERROR_WAITING);
  coffer_cache_discard (fixture->cache);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 0);
}

/* A window that has noticed nothing of another file, and one that knows that file alone. What waited was deleted in the first. */
static CofferVault *
delete_and_replace (Fixture         *fixture,
                    CofferDeletion **deletion)
{
  g_autofree char *new_file = test_make_vault (fixture->folder, "other.db", 3);
  CofferVault *other;

  test_add_text (fixture, "new", "waits");
  *deletion = test_hide_key (fixture->vault, "new");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  test_hold (fixture->vault);
  g_assert_cmpint (g_rename (new_file, fixture->path), ==, 0);
  other = test_open (fixture->path);
  test_edit (other);
  return other;
}

static void
show_refused (Fixture        *fixture,
              CofferDeletion *deletion,
              int             code)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_show_deletion_async (fixture->vault, deletion, TRUE, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_show_deletion_finish (fixture->vault, result, &error));
  g_assert_error (error, COFFER_ERROR, code);
}

/* What a deletion gives back joins no other file's values, whether its window knows of that file or not. */
static void
test_given_back_beside_others (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GError) error = NULL;
  CofferVault *other = delete_and_replace (fixture, &deletion);

  test_add_text_to (fixture, other, "theirs", "waits");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  coffer_vault_resume (fixture->vault);
  show_refused (fixture, deletion, COFFER_ERROR_WAITING);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_false (test_is_stale (fixture));

  coffer_entry_list_refresh (fixture->list);
  test_wait_for (coffer_identity_equal (&other->shown, &fixture->vault->shown) && coffer_vault_get_n_deferred (fixture->vault) == 0);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_false (test_is_stale (fixture));
  show_refused (fixture, deletion, COFFER_ERROR_STALE);
  g_assert_true (test_flush (other, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_named (fixture->path, "theirs"), ==, 1);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 0);
  test_close (other);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 0);
}

/* The other file's are written by then: what comes back waits for a person, and the window that knows that file writes it not. */
static void
test_given_back_after_others (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GError) error = NULL, refused = NULL;
  CofferVault *other = delete_and_replace (fixture, &deletion);

  test_add_text_to (fixture, other, "theirs", "waits");
  g_assert_true (test_flush (other, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  coffer_vault_resume (fixture->vault);
  test_show_deletion (fixture->vault, deletion, TRUE);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_true (test_is_stale (fixture));
  g_assert_false (test_flush (other, &refused));
  g_assert_error (refused, COFFER_ERROR, COFFER_ERROR_WAITING);
  test_close (other);
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (test_count_named (fixture->path, "theirs"), ==, 1);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 0);
}

/* A window that closes takes its deletion back, whatever has come to wait. */
static void
test_given_back_by_closing (Fixture       *fixture,
                            gconstpointer  data)
{
  gboolean waits = GPOINTER_TO_INT (data);
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(CofferCache) cache = g_object_ref (fixture->cache);
  g_autoptr(GError) refused = NULL;
  CofferVault *other = delete_and_replace (fixture, &deletion);

  if (waits)
    test_add_text_to (fixture, other, "theirs", "waits");
  coffer_vault_resume (fixture->vault);
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_cmpint (test_is_stale (fixture), ==, !waits);
  g_assert_cmpint (test_flush (other, &refused), ==, waits);
  test_close (other);
  g_assert_cmpint (test_count_named (fixture->path, "theirs"), ==, waits);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_CACHE_ADD ("/cache/not-for-another-file", test_replaced);
  TEST_CACHE_ADD ("/cache/not-for-another-file-by-no-way", test_replaced_by_no_way);
  TEST_CACHE_ADD ("/cache/not-for-another-file-that-is-opened", test_replaced_before_another_opens);
  TEST_CACHE_ADD ("/cache/for-another-file-if-asked", test_replaced_and_accepted);
  TEST_CACHE_ADD ("/cache/for-the-file-that-comes-back", test_replaced_and_brought_back);
  TEST_CACHE_ADD ("/cache/not-for-another-file-over-a-deletion", test_replaced_over_a_deletion);
  TEST_CACHE_ADD ("/cache/not-beside-another-file's", test_given_back_beside_others);
  TEST_CACHE_ADD ("/cache/not-after-another-file's", test_given_back_after_others);
  g_test_add ("/cache/closing-beside-another-file's", Fixture, GINT_TO_POINTER (TRUE), test_cache_set_up, test_given_back_by_closing, test_cache_tear_down);
  g_test_add ("/cache/closing-over-another-file", Fixture, GINT_TO_POINTER (FALSE), test_cache_set_up, test_given_back_by_closing, test_cache_tear_down);

  return g_test_run ();
}
