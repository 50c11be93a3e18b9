/* SPDX-License-Identifier: MIT */
/* Files that were exported with a list of them: what comes back is the same vault, and nothing that is another file. */
#include "exporting.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
export_list (Fixture *fixture)
{
  g_autoptr(CofferExport) export = test_new_export (fixture, NULL, &test_listing);

  g_assert_cmpint (test_run_export (export), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (export), "");
}

static void
gives_back_the_same_vault (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0), *list = NULL;
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL;
  CofferVault *again;

  test_put_odd_keys (fixture);
  export_list (fixture);
  list = test_read_file (fixture, "coffer.json");
  g_assert_nonnull (strstr (list, "\"header\": \"894b010300000000564b\""));
  plan = test_plan_target (fixture);
  g_assert_true (coffer_import_plan_get_restores (plan));
  g_assert_cmpuint (coffer_import_plan_get_problems (plan)->len, ==, 0);
  g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 17);

  again = test_open (path);
  test_edit (again);
  import = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 17);
  g_clear_object (&import);
  import = test_import_target (again, plan);   /* what is there is the same, headers and all */
  g_assert_cmpuint (coffer_import_get_n_identical (import), ==, 17);
  g_clear_object (&import);
  test_close (again);
  g_assert_cmpint (test_count_differences (fixture->path, path), ==, 0);
}

static void
stores_nothing_that_is_another_file (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0);
  g_autofree char *missing = g_build_filename (fixture->target, "user_0000000002.txt", NULL);
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL;
  CofferVault *again;

  test_put_row (fixture, "b", -1, "tail", -1);
  test_put_row (fixture, "c", -1, "longer", -1);
  export_list (fixture);
  g_assert_no_errno (g_unlink (missing));
  g_assert_no_errno (symlink ("/etc/passwd", missing));
  test_make_file (fixture, "c.txt", "other");
  test_make_file (fixture, "b.txt", "liar");
  test_make_file (fixture, "more", "1");
  plan = test_plan_target (fixture);
  test_assert_takes (test_describe_problems (plan), "c.txt: It is not what coffer.json says; "
                                               "user_0000000002.txt: It is missing, though coffer.json tells of it; "
                                               "more: coffer.json does not tell of it");
  again = test_open (path);
  test_edit (again);
  import = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 2);
  g_assert_cmpuint (coffer_transfer_get_skips (COFFER_TRANSFER (import))->len, ==, 1);
  g_assert_cmpstr (((CofferTransferSkip *) coffer_transfer_get_skips (COFFER_TRANSFER (import))->pdata[0])->reason, ==,
                   "It is not what coffer.json says");
  g_clear_object (&import);
  test_close (again);
}

static void
believes_no_lie (Fixture       *fixture,
                 gconstpointer  data)
{
  static const struct { const char *content, *failure; } lies[] = {
    { "{\"coffer-manifest\": 1, \"values\": [", "It is damaged in line 1" },
    { "{\"coffer-manifest\": 1, \"values\": [\n{\"key\": \"k\", \"file\": \"../v.db\", \"size\": 1, \"sha256\": "
      "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}], \"count\": 1}", "It is damaged in line 2" },
    { "{\"coffer-manifest\": 2}", "A later version of Coffer made it" },
    { "{\"name\": \"mine\"}", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr(CofferImportPlan) plan = NULL;
      const char *failure;

      test_make_file (fixture, "coffer.json", lies[i].content);
      plan = test_plan_target (fixture);
      g_assert_false (coffer_import_plan_get_restores (plan));
      g_assert_cmpint (coffer_import_plan_has_list (plan, &failure), ==, lies[i].failure != NULL);
      g_assert_cmpstr (failure, ==, lies[i].failure);
      g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 1);
    }
}

/* What was exported into a folder before can still be told apart by its list. */
static void
keeps_another_list (Fixture       *fixture,
                    gconstpointer  data)
{
  CofferExportOptions replacing = test_listing;
  g_autoptr(CofferExport) refused = NULL, replaced = NULL;

  replacing.existing = COFFER_EXPORT_REPLACE;
  test_make_file (fixture, "coffer.json", "theirs");
  refused = test_new_export (fixture, NULL, &test_listing);
  g_assert_cmpint (test_run_export (refused), ==, COFFER_TRANSFER_FAILED);
  test_assert_takes (test_folder_list (fixture->target), "coffer.json");
  test_assert_takes (test_read_file (fixture, "coffer.json"), "theirs");
  replaced = test_new_export (fixture, NULL, &replacing);
  g_assert_cmpint (test_run_export (replaced), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_export_get_n_files (replaced), ==, 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_EXPORT_ADD ("gives-back-the-same-vault", gives_back_the_same_vault);
  TEST_EXPORT_ADD ("stores-nothing-that-is-another-file", stores_nothing_that_is_another_file);
  TEST_EXPORT_ADD ("believes-no-lie", believes_no_lie);
  TEST_EXPORT_ADD ("keeps-another-list", keeps_another_list);

  return g_test_run ();
}
