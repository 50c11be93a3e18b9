/* SPDX-License-Identifier: MIT */
/* Which step would be taken back: a toast that offers one goes by this number. */
#include "coffer-undo.h"
#include "waiting.h"

typedef struct {
  char *folder;
  CofferVault *vault;
  CofferUndo *undo;
  guint n_told;
} Fixture;

static void
told_cb (Fixture *fixture)
{
  fixture->n_told++;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autofree char *path = NULL;

  fixture->folder = test_folder_new ();
  path = test_make_vault (fixture->folder, "v.db", 10);
  fixture->vault = test_open (path);
  test_edit (fixture->vault);
  fixture->undo = coffer_undo_new (fixture->vault);
  g_signal_connect_swapped (fixture->undo, "notify::undo-step", G_CALLBACK (told_cb), fixture);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_object_unref (fixture->undo);
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
}

static guint64
hide (Fixture    *fixture,
      const char *name)
{
  g_autoptr(CofferDeletion) deletion = test_hide_key (fixture->vault, name);

  coffer_undo_push_deletion (fixture->undo, deletion);
  return coffer_undo_get_undo_step (fixture->undo);
}

static guint64
take (Fixture  *fixture,
      gboolean  redo)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  coffer_undo_step_async (fixture->undo, redo, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  text = coffer_undo_step_finish (fixture->undo, result, &error);
  g_assert_no_error (error);
  return coffer_undo_get_undo_step (fixture->undo);
}

static void
keeps_its_number (Fixture       *fixture,
                  gconstpointer  data)
{
  guint64 first, second;

  g_assert_cmpuint (coffer_undo_get_undo_step (fixture->undo), ==, 0);
  first = hide (fixture, "user:0000000001");
  g_assert_cmpuint (first, >, 0);
  g_assert_cmpuint (fixture->n_told, ==, 1);
  second = hide (fixture, "user:0000000002");
  g_assert_cmpuint (second, !=, first);
  g_assert_cmpuint (fixture->n_told, ==, 2);

  g_assert_cmpuint (take (fixture, FALSE), ==, first);
  g_assert_cmpuint (fixture->n_told, ==, 3);
  g_assert_cmpuint (take (fixture, TRUE), ==, second);
  g_assert_cmpuint (take (fixture, FALSE), ==, first);
  g_assert_cmpuint (take (fixture, FALSE), ==, 0);
  g_assert_cmpuint (fixture->n_told, ==, 6);
  g_assert_cmpuint (hide (fixture, "user:0000000003"), >, second);
}

/* What was written to the file can be taken back no more: what was done before it comes to be the last. */
static void
goes_with_what_is_written (Fixture       *fixture,
                           gconstpointer  data)
{
  hide (fixture, "user:0000000001");
  hide (fixture, "user:0000000002");
  test_write_deletions (fixture->vault, NULL);
  test_wait_for (coffer_undo_get_undo_step (fixture->undo) == 0);
}

/* Steps of another vault that a window shows after this one have other numbers. */
static void
has_a_number_of_its_own (Fixture       *fixture,
                         gconstpointer  data)
{
  guint64 number = hide (fixture, "user:0000000001");

  g_object_unref (fixture->undo);
  fixture->undo = coffer_undo_new (fixture->vault);
  g_assert_cmpuint (hide (fixture, "user:0000000002"), >, number);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/undo-step/keeps-its-number", keeps_its_number);
  ADD ("/undo-step/goes-with-what-is-written", goes_with_what_is_written);
  ADD ("/undo-step/has-a-number-of-its-own", has_a_number_of_its_own);

  return g_test_run ();
}
