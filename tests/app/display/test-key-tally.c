/* SPDX-License-Identifier: MIT */
/* The bytes of what is selected, of a list with a real vault behind it that is written to meanwhile; no widget, and no display. */
#include <coffer-key-tally.h>

#include "displayless.h"

#define N_KEYS 2000
#define ROWS 1000   /* from here on, each value has four bytes */

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  CofferKeySelection *selection;
  CofferKeyTally *tally;
  GString *told;     /* each text, and a bar behind it */
  guint n_to_add;    /* keys to be added, each after a look of the list */
} Fixture;

static void
text_cb (Fixture *self)
{
  g_string_append_printf (self->told, "%s|", coffer_key_tally_get_text (self->tally));
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  self->folder = test_folder_new ();
  self->path = test_make_vault (self->folder, "a.db", N_KEYS);
  self->vault = test_open (self->path);
  self->list = coffer_entry_list_new (self->vault);
  self->selection = coffer_key_selection_new (self->list);
  self->tally = coffer_key_tally_new (self->selection);
  self->told = g_string_new (NULL);
  g_signal_connect_swapped (self->tally, "notify::text", G_CALLBACK (text_cb), self);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_assert_finalize_object (self->tally);
  g_assert_finalize_object (self->selection);
  g_assert_finalize_object (self->list);
  test_close (self->vault);
  g_string_free (self->told, TRUE);
  g_free (self->path);
  test_folder_remove (self->folder);
}

static void
select_rows (Fixture *self,
             guint    n_rows)
{
  gtk_selection_model_select_range (GTK_SELECTION_MODEL (self->selection), ROWS, n_rows, TRUE);
}

static void
wait_for_bytes (Fixture *self,
                guint64  bytes)
{
  test_wait_for (coffer_key_tally_get_bytes (self->tally) == bytes);
}

static void
number_comes_before_bytes (Fixture       *self,
                           gconstpointer  data)
{
  g_assert_cmpstr (coffer_key_tally_get_text (self->tally), ==, "");
  select_rows (self, 3);
  g_assert_cmpstr (coffer_key_tally_get_text (self->tally), ==, "3 selected");
  g_assert_cmpuint (coffer_key_tally_get_bytes (self->tally), ==, G_MAXUINT64);
  wait_for_bytes (self, 12);
  g_assert_cmpstr (coffer_key_tally_get_text (self->tally), ==, "3 selected, 12 bytes");
  select_rows (self, 1);
  wait_for_bytes (self, 4);
  coffer_key_selection_clear (self->selection);
  g_assert_cmpstr (coffer_key_tally_get_text (self->tally), ==, "");
}

static void
all_have_the_bytes_of_the_list (Fixture       *self,
                                gconstpointer  data)
{
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (self->selection));
  g_assert_cmpstr (coffer_key_tally_get_text (self->tally), ==, "2000 selected");
  coffer_key_tally_set_total (self->tally, 7000);
  g_assert_cmpuint (coffer_key_tally_get_bytes (self->tally), ==, 7000);
}

/* Neither number nor rows are others then; and what was known stays until the other sum is there. */
static void
values_are_written_over (Fixture       *self,
                         gconstpointer  data)
{
  coffer_vault_set_watching (self->vault, TRUE);
  select_rows (self, 3);
  wait_for_bytes (self, 12);
  g_string_truncate (self->told, 0);
  test_sql (self->path, "UPDATE kv SET value = zeroblob(1002) WHERE key = CAST('user:0000001001' AS BLOB)");
  wait_for_bytes (self, 1010);
  g_assert_cmpstr (self->told->str, ==, "3 selected, 1.0\302\240kB|");
}

static void
values_are_replaced_here (Fixture       *self,
                          gconstpointer  data)
{
  g_autofree char *name = g_build_filename (self->folder, "new", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (name);
  g_autoptr(CofferKey) key = test_key ("user:0000001001");
  g_autoptr(GAsyncResult) result = NULL;

  test_edit (self->vault);
  select_rows (self, 3);
  wait_for_bytes (self, 12);
  g_assert_true (g_file_set_contents (name, "seventeen letters", 17, NULL));
  coffer_vault_replace_async (self->vault, "kv", key, file, NULL, NULL, NULL, NULL, test_store_result, &result);
  wait_for_bytes (self, 25);
  test_wait_for (result != NULL);
}

/* A writer who comes in between every time. */
static void
add_cb (Fixture *self)
{
  g_autofree char *sql = NULL;

  if (self->n_to_add == 0 || coffer_entry_list_get_loading (self->list))
    return;
  sql = g_strdup_printf ("INSERT INTO kv VALUES (CAST('user:0000000999/%02u' AS BLOB), 'x')", self->n_to_add--);
  test_sql (self->path, sql);
}

/* The sum is there once the writer has come to rest, and the list does not walk all the time beside it. */
static void
busy_writer_is_outlasted (Fixture       *self,
                          gconstpointer  data)
{
  gint64 start = g_get_monotonic_time ();

  g_signal_connect_swapped (self->list, "notify::loading", G_CALLBACK (add_cb), self);
  self->n_to_add = 6;
  add_cb (self);
  select_rows (self, 3);
  test_wait_for (self->n_to_add == 0);
  wait_for_bytes (self, 12);
  g_assert_cmpint (g_get_monotonic_time () - start, >, 5 * G_USEC_PER_SEC);
}

#define ADD(name, test) g_test_add ("/browse/key-tally/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("number-comes-before-bytes", number_comes_before_bytes);
  ADD ("all-have-the-bytes-of-the-list", all_have_the_bytes_of_the_list);
  ADD ("values-are-written-over", values_are_written_over);
  ADD ("values-are-replaced-here", values_are_replaced_here);
  ADD ("busy-writer-is-outlasted", busy_writer_is_outlasted);

  return g_test_run ();
}
