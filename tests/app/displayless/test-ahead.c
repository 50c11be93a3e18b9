/* SPDX-License-Identifier: MIT */
/* The walk that begins with the opening: a list takes it, once, and only where it fits. */
#include "displayless.h"

#include "coffer-entry-list.h"
#include "coffer-entry-walk.h"

#define BIG 100000
#define PATIENT_US (60 * G_USEC_PER_SEC)   /* a busy machine reads all keys in that time */

typedef struct {
  char *folder;
  CofferVault *vault;
  CofferEntryList *list;
} Fixture;

static char *big_vault;

static void
set_up (Fixture       *fixture,
        gconstpointer  file)
{
  g_autoptr(GFile) location = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *path = NULL;

  fixture->folder = test_folder_new ();
  path = file != NULL ? test_copy (fixture->folder, file) : test_copy_file (fixture->folder, big_vault);
  location = g_file_new_for_path (path);
  coffer_vault_open_ahead_async (location, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  fixture->vault = coffer_vault_open_finish (result, &error);
  g_assert_no_error (error);
  test_wait_for (!fixture->vault->walking_ahead);
}

/* As at the moment when the file is opened and the walk is not over. */
static void
begin_again (Fixture *fixture)
{
  g_clear_pointer (&fixture->vault->ahead, coffer_ahead_free);
  coffer_vault_walk_ahead (fixture->vault);
  fixture->list = coffer_entry_list_new (fixture->vault);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  file)
{
  if (fixture->list != NULL)
    g_assert_finalize_object (fixture->list);
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
}

static void
assert_last_key (Fixture    *fixture,
                 const char *key)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
  g_autoptr(CofferEntry) last = g_list_model_get_item (G_LIST_MODEL (fixture->list), n - 1);

  test_wait_for (coffer_entry_get_type_label (last) != NULL);
  g_assert_cmpstr (coffer_entry_get_display_key (last), ==, key);
}

static void
assert_taken (Fixture *fixture)
{
  g_assert_null (fixture->vault->ahead);
  g_assert_null (fixture->vault->ahead_wanted);
}

/* All is there at once: no number changes after the first look. */
static void
gives_the_whole_list (Fixture       *fixture,
                      gconstpointer  file)
{
  g_autoptr(CofferSection) section = NULL;

  fixture->list = coffer_entry_list_new (fixture->vault);
  assert_taken (fixture);
  g_assert_false (coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, BIG);
  section = g_list_model_get_item (coffer_vault_get_sections (fixture->vault), 0);
  g_assert_cmpint (coffer_section_get_count (section), ==, BIG);
  assert_last_key (fixture, "user:0000099999");
}

/* The list has its first rows before the walk is over, and goes on with it. */
static void
is_waited_for (Fixture       *fixture,
               gconstpointer  file)
{
  begin_again (fixture);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
  assert_taken (fixture);
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, BIG);
  assert_last_key (fixture, "user:0000099999");
}

/* A walk that is not over by then goes on behind the first frame. */
static void
goes_on_from_its_end (Fixture       *fixture,
                      gconstpointer  file)
{
  coffer_ahead_us = 0;
  g_clear_pointer (&fixture->vault->ahead, coffer_ahead_free);
  coffer_vault_walk_ahead (fixture->vault);
  test_wait_for (!fixture->vault->walking_ahead);
  coffer_ahead_us = PATIENT_US;
  fixture->list = coffer_entry_list_new (fixture->vault);
  assert_taken (fixture);
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), >, 0);
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), <, BIG);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, BIG);
  assert_last_key (fixture, "user:0000099999");
}

/* The list goes while the next slice is put off. */
static void
is_given_up_with_the_list (Fixture       *fixture,
                           gconstpointer  file)
{
  coffer_ahead_us = 0;
  g_clear_pointer (&fixture->vault->ahead, coffer_ahead_free);
  coffer_vault_walk_ahead (fixture->vault);
  test_wait_for (!fixture->vault->walking_ahead);
  coffer_ahead_us = PATIENT_US;
  fixture->list = coffer_entry_list_new (fixture->vault);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  g_assert_finalize_object (g_steal_pointer (&fixture->list));
  test_run_for (300);
}

static void
is_for_its_table_alone (Fixture       *fixture,
                        gconstpointer  file)
{
  g_assert_cmpstr (coffer_vault_get_table (fixture->vault), !=, "thumbs");
  coffer_vault_set_table (fixture->vault, "thumbs");
  fixture->list = coffer_entry_list_new (fixture->vault);
  assert_taken (fixture);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, 5);
}

static void
turns_round (Fixture       *fixture,
             gconstpointer  file)
{
  begin_again (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, TRUE);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, BIG);
  assert_last_key (fixture, "user:0000000000");
}

static void
closes_under_way (Fixture       *fixture,
                  gconstpointer  file)
{
  begin_again (fixture);
}

int
main (int   argc,
      char *argv[])
{
  char *folder;
  int result;

#define ADD(name, file, function) g_test_add ("/vault-ahead/" name, Fixture, file, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("gives-the-whole-list", NULL, gives_the_whole_list);
  ADD ("is-waited-for", NULL, is_waited_for);
  ADD ("goes-on-from-its-end", NULL, goes_on_from_its_end);
  ADD ("is-given-up-with-the-list", NULL, is_given_up_with_the_list);
  ADD ("is-for-its-table-alone", "v010_two_tables.db", is_for_its_table_alone);
  ADD ("turns-round", NULL, turns_round);
  ADD ("closes-under-way", NULL, closes_under_way);

  coffer_ahead_us = PATIENT_US;
  folder = test_folder_new ();
  big_vault = test_make_vault (folder, "big.db", BIG);
  result = g_test_run ();
  g_free (big_vault);
  test_folder_remove (folder);
  return result;
}
