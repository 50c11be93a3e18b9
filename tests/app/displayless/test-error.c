/* SPDX-License-Identifier: MIT */
/* Failures in words, and how every foreign and damaged file is refused. */
#include "displayless.h"

#include "coffer-error-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
describes_every_result (void)
{
  for (int result = KVAULT_NOTFOUND; result >= KVAULT_ENOTFILE; result--)
    {
      kvault_error failure = { .code = result, .message = "the engine's words" };
      g_autoptr(GError) error = coffer_error_new_open (&failure);
      g_autofree char *title = NULL;
      g_autofree char *advice = NULL;
      g_autofree char *line = coffer_error_dup_line (error), *write_line = coffer_error_dup_write_line (error);

      coffer_error_describe (error, "100%s.db", &title, &advice);
      g_assert_nonnull (strstr (title, "“100%s.db”"));
      g_assert_null (strstr (title, "Could Not Be Opened"));
      g_assert_cmpstr (advice, !=, "the engine's words");
      g_assert_true (g_str_has_suffix (advice, "."));
      g_assert_cmpstr (line, !=, "");
      g_assert_cmpstr (write_line, !=, "");
      g_assert_null (strstr (write_line, "could not be read"));

      if (result == KVAULT_ECANCELLED)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (result));
    }
}

static void
describes_others_by_their_message (void)
{
  g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "It took too long");
  g_autofree char *title = NULL;
  g_autofree char *advice = NULL;

  coffer_error_describe (error, "a.db", &title, &advice);
  g_assert_cmpstr (title, ==, "“a.db” Could Not Be Opened");
  g_assert_cmpstr (advice, ==, "It took too long");
}

/* There may be room, so nobody is told to make any. */
static void
tells_a_full_disk_from_a_file_that_may_not_grow (void)
{
  static const struct {
    int system_errno;
    const char *title, *advice, *line;
  } cases[] = {
    { ENOSPC, "No Room for “a.db”", "Make room", "The disk is full" },
    { EFBIG, "“a.db” May Not Grow Further", "another disk", "The file would be larger than its disk or a limit allows" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      kvault_error failure = { .code = KVAULT_EFULL, .system_errno = cases[i].system_errno, .message = "/folder/a.db: in English" };
      g_autoptr(GError) error = coffer_error_new_open (&failure);
      g_autofree char *line = coffer_error_dup_line (error), *write_line = coffer_error_dup_write_line (error);
      g_autofree char *title = NULL;
      g_autofree char *advice = NULL;

      coffer_error_describe (error, "a.db", &title, &advice);
      g_assert_cmpstr (title, ==, cases[i].title);
      g_assert_nonnull (strstr (advice, cases[i].advice));
      g_assert_cmpstr (line, ==, cases[i].line);
      g_assert_cmpstr (write_line, ==, cases[i].line);
    }
}

static void
keeps_messages_valid (void)
{
  kvault_error failure = { .code = KVAULT_ENOTDB, .message = "\xff.db" };
  g_autoptr(GError) error = coffer_error_new_open (&failure);

  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
refuses_what_is_no_vault (void)
{
  static const struct {
    const char *file;
    int result;
    const char *title;
  } cases[] = {
    { "foreign/other_app.sqlite", KVAULT_ENOTVAULT, "No Vault in “other_app.sqlite”" },
    { "foreign/sqlite_no_tables.db", KVAULT_ENOTVAULT, "No Vault in “sqlite_no_tables.db”" },
    { "foreign/zero_bytes.db", KVAULT_ENOTVAULT, "No Vault in “zero_bytes.db”" },
    { "foreign/really_a_jpeg.db", KVAULT_ENOTDB, "“really_a_jpeg.db” Is Not a Vault" },
    { "foreign/text_file.db", KVAULT_ENOTDB, "“text_file.db” Is Not a Vault" },
    { "damaged/header_magic_broken.db", KVAULT_ENOTDB, "“header_magic_broken.db” Is Not a Vault" },
    { "damaged/truncated_50_bytes.db", KVAULT_ECORRUPT, "“truncated_50_bytes.db” Is Damaged" },
    { "damaged/truncated_half.db", KVAULT_ECORRUPT, "“truncated_half.db” Is Damaged" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *folder = test_folder_new ();
      g_autofree char *path = test_copy (folder, cases[i].file);
      g_autofree char *name = g_path_get_basename (path);
      g_autofree char *title = NULL;
      g_autofree char *advice = NULL;
      g_autofree char *names = NULL;
      g_autoptr(GError) error = test_open_error (path);

      g_test_message ("%s: %s", cases[i].file, error->message);
      g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (cases[i].result));
      coffer_error_describe (error, name, &title, &advice);
      g_assert_cmpstr (title, ==, cases[i].title);
      g_assert_cmpint (strstr (advice, "check the vault in Storage") != NULL, ==, cases[i].result == KVAULT_ECORRUPT);
      g_clear_pointer (&title, g_free);
      g_clear_pointer (&advice, g_free);
      coffer_error_describe_damaged (error, name, "Or so.", &title, &advice);
      g_assert_cmpstr (title, ==, cases[i].title);
      g_assert_cmpint (g_str_has_suffix (advice, ". Or so."), ==, cases[i].result == KVAULT_ECORRUPT);
      names = test_folder_list (folder);
      g_assert_cmpstr (names, ==, name);
      test_folder_remove (folder);
    }
}

static void
refuses_what_is_no_file (void)
{
  char *folder = test_folder_new ();
  g_autofree char *missing = g_build_filename (folder, "missing.db", NULL);
  g_autofree char *pipe = g_build_filename (folder, "pipe.db", NULL);
  g_autoptr(GError) missing_error = test_open_error (missing);
  g_autoptr(GError) folder_error = test_open_error (folder);
  g_autoptr(GError) pipe_error = NULL;
  g_autofree char *names = NULL;

  g_assert_error (missing_error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOENT));
  g_assert_error (folder_error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOTFILE));
  g_assert_no_errno (mkfifo (pipe, 0600));
  pipe_error = test_open_error (pipe);
  g_assert_error (pipe_error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOTFILE));
  names = test_folder_list (folder);
  g_assert_cmpstr (names, ==, "pipe.db");
  test_folder_remove (folder);
}

static void
refuses_what_has_no_path (void)
{
  g_autoptr(GFile) file = g_file_new_for_uri ("sftp://example.org/a.db");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  if (g_file_peek_path (file) != NULL)
    {
      g_test_skip ("remote files have paths here");
      return;
    }
  coffer_vault_open_async (file, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_open_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
refuses_without_permission (void)
{
  char *folder;
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;

  if (geteuid () == 0)
    {
      g_test_skip ("root may read everything");
      return;
    }
  folder = test_folder_new ();
  path = test_copy (folder, "v010_media.db");
  g_assert_no_errno (g_chmod (path, 0));
  error = test_open_error (path);
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EPERM));
  test_folder_remove (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/describes-every-result", describes_every_result);
  g_test_add_func ("/error/describes-others-by-their-message", describes_others_by_their_message);
  g_test_add_func ("/error/tells-a-full-disk-from-a-file-that-may-not-grow", tells_a_full_disk_from_a_file_that_may_not_grow);
  g_test_add_func ("/error/keeps-messages-valid", keeps_messages_valid);
  g_test_add_func ("/error/refuses-what-is-no-vault", refuses_what_is_no_vault);
  g_test_add_func ("/error/refuses-what-is-no-file", refuses_what_is_no_file);
  g_test_add_func ("/error/refuses-what-has-no-path", refuses_what_has_no_path);
  g_test_add_func ("/error/refuses-without-permission", refuses_without_permission);
  return g_test_run ();
}
