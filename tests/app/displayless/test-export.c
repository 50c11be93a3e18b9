/* SPDX-License-Identifier: MIT */
/* Values on their way to files: every byte of them, under safe names, in the folder and nowhere else, whole or not at all. */
#include "displayless.h"

#include "coffer-export.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *folder;
  char *target;      /* a folder in it */
  char *path;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->target = g_build_filename (fixture->folder, "target", NULL);
  g_assert_no_errno (g_mkdir (fixture->target, 0700));
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
}

static int
remove_cb (const char        *path,
           const struct stat *file,
           int                flag,
           struct FTW        *ftw)
{
  return remove (path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  g_assert_no_errno (nftw (fixture->folder, remove_cb, 16, FTW_DEPTH | FTW_PHYS));
  g_free (fixture->folder);
  g_free (fixture->target);
  g_free (fixture->path);
}

/* Before the vault is open. */
static void
put (Fixture    *fixture,
     const char *key,
     gssize      key_size,
     const char *value,
     gssize      value_size)
{
  GString *sql = g_string_new ("INSERT INTO kv (key, value) VALUES (x'");

  for (gssize i = 0; i < (key_size < 0 ? (gssize) strlen (key) : key_size); i++)
    g_string_append_printf (sql, "%02x", (guchar) key[i]);
  g_string_append (sql, "', x'");
  for (gssize i = 0; i < (value_size < 0 ? (gssize) strlen (value) : value_size); i++)
    g_string_append_printf (sql, "%02x", (guchar) value[i]);
  g_string_append (sql, "')");
  test_sql (fixture->path, sql->str);
  g_string_free (sql, TRUE);
}

static void
put_zeros (Fixture *fixture,
           guint    n_values,
           guint    size)
{
  g_autofree char *sql = g_strdup_printf ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                                          "INSERT INTO kv SELECT CAST(printf('zero/%%05d', i) AS BLOB), zeroblob(%u) FROM n",
                                          n_values, size);

  test_sql (fixture->path, sql);
}

/* Exporting */

static const CofferExportOptions plain = { COFFER_EXPORT_NUMBER, TRUE, FALSE };

/* The vault's own keys of test_make_vault() are not among it. */
static CofferExport *
new_export (Fixture                   *fixture,
            const char                *prefix,
            const CofferExportOptions *options)
{
  g_autoptr(GBytes) bytes = prefix != NULL ? g_bytes_new (prefix, strlen (prefix)) : NULL;
  g_autoptr(GFile) folder = g_file_new_for_path (fixture->target);

  if (fixture->vault == NULL)
    fixture->vault = test_open (fixture->path);
  return coffer_export_new_prefix (fixture->vault, coffer_vault_get_table (fixture->vault), bytes, folder, options);
}

static CofferTransferState
run (CofferExport *export)
{
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  return coffer_transfer_get_state (COFFER_TRANSFER (export));
}

static char *
describe_skips (CofferExport *export)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (export));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < skips->len; i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", skip->name, skip->reason);
    }
  return g_string_free (text, FALSE);
}

/* What is in a file of the target; NULL if there is none. */
static char *
read_file (Fixture    *fixture,
           const char *name)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  char *content = NULL;

  g_file_get_contents (path, &content, NULL, NULL);
  return content;
}

static void
make_file (Fixture    *fixture,
           const char *name,
           const char *content)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

#define assert_takes(expression, expected) \
  G_STMT_START { \
    g_autofree char *taken = (expression); \
    g_assert_cmpstr (taken, ==, expected); \
  } G_STMT_END

/* Files below the target, and what is in each. */
static GHashTable *walked;
static guint n_walked;

static int
walk_cb (const char        *path,
         const struct stat *file,
         int                flag,
         struct FTW        *ftw)
{
  char *content;

  if (flag != FTW_F)
    return 0;
  g_assert_true (g_utf8_validate (path, -1, NULL));
  g_assert_cmpint (path[ftw->base], !=, '.');
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_hash_table_add (walked, content);
  n_walked++;
  return 0;
}

static void
walk (Fixture *fixture)
{
  walked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  n_walked = 0;
  g_assert_no_errno (nftw (fixture->target, walk_cb, 16, FTW_PHYS));
}

static const struct {
  const char *key;
  gssize size;
} odd_keys[] = {
  { "", 0 }, { ".", -1 }, { "..", -1 }, { "../x", -1 }, { "a/../b", -1 }, { "a//b", -1 }, { "a/", -1 }, { "a", -1 }, { "/etc/passwd", -1 },
  { "A", -1 }, { "\xff\xfe", 2 }, { "\xff\xfd", 2 }, { "new\nline", -1 }, { "nul\0in", 6 }, { "q?", -1 }, { "q*", -1 }, { "q_", -1 },
  { ".hidden", -1 }, { "con", -1 }, { "con.txt", -1 }, { "end.", -1 }, { "end ", -1 }, { "\xe2\x80\xaegnp.exe", -1 },
};

static void
keeps_every_byte_of_odd_keys (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferExport) export = NULL;
  g_autofree char *long_key = g_strnfill (300, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (odd_keys); i++)
    {
      g_autofree char *value = g_strdup_printf ("value %u", i);

      put (fixture, odd_keys[i].key, odd_keys[i].size, value, -1);
    }
  put (fixture, long_key, -1, "value of a long one", -1);
  export = new_export (fixture, NULL, &plain);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (export), "");
  g_assert_cmpuint (coffer_export_get_n_files (export), ==, G_N_ELEMENTS (odd_keys) + 1 + 3);
  walk (fixture);
  g_assert_cmpuint (n_walked, ==, G_N_ELEMENTS (odd_keys) + 1 + 3);
  for (guint i = 0; i < G_N_ELEMENTS (odd_keys); i++)
    {
      g_autofree char *value = g_strdup_printf ("value %u", i);

      g_assert_true (g_hash_table_contains (walked, value));
    }
  g_assert_true (g_hash_table_contains (walked, "value of a long one"));
  g_hash_table_unref (walked);
  g_clear_object (&export);   /* which keeps the vault */
  test_close (g_steal_pointer (&fixture->vault));
  assert_takes (test_folder_list (fixture->folder), "target v.db");
}

#define JPEG "\xff\xd8\xff\xe0\0\x10JFIF"

static void
takes_headers_off_or_not (Fixture       *fixture,
                          gconstpointer  data)
{
  static const char header[] = "\x89K\x01\0\0\0\0\0VK";
  g_autoptr(CofferExport) without = NULL, with = NULL;
  CofferExportOptions all = plain;
  g_autofree char *stored = g_malloc (10 + sizeof JPEG);
  g_autofree char *path = NULL, *content = NULL;
  gsize size;

  memcpy (stored, header, 10);
  memcpy (stored + 10, JPEG, sizeof JPEG);
  put (fixture, "p/pic", -1, stored, 10 + sizeof JPEG);
  put (fixture, "p/bare", -1, JPEG, sizeof JPEG);
  put (fixture, "p/named.dat", -1, JPEG, sizeof JPEG);
  without = new_export (fixture, "p/", &plain);
  g_assert_cmpint (run (without), ==, COFFER_TRANSFER_DONE);
  path = g_build_filename (fixture->target, "p", NULL);
  assert_takes (test_folder_list (path), "bare.jpg named.dat pic.jpg");
  g_clear_pointer (&path, g_free);
  path = g_build_filename (fixture->target, "p/pic.jpg", NULL);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, JPEG, sizeof JPEG);
  g_clear_pointer (&content, g_free);
  g_clear_pointer (&path, g_free);

  all.headers = TRUE;
  all.endings = FALSE;
  with = new_export (fixture, "p/", &all);
  g_assert_cmpint (run (with), ==, COFFER_TRANSFER_DONE);
  path = g_build_filename (fixture->target, "p/pic", NULL);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, stored, 10 + sizeof JPEG);
}

static void
leaves_what_is_there (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferExport) numbered = NULL, skipped = NULL, replaced = NULL;
  CofferExportOptions options = plain;

  put (fixture, "k.txt", -1, "mine", -1);
  make_file (fixture, "k.txt", "theirs");
  numbered = new_export (fixture, "k", &options);
  g_assert_cmpint (run (numbered), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "k.txt"), "theirs");
  assert_takes (read_file (fixture, "k (2).txt"), "mine");

  options.existing = COFFER_EXPORT_SKIP;
  skipped = new_export (fixture, "k", &options);
  g_assert_cmpint (run (skipped), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "k.txt"), "theirs");
  assert_takes (describe_skips (skipped), "k.txt: A file is there already");
  g_assert_cmpuint (coffer_export_get_n_files (skipped), ==, 0);

  options.existing = COFFER_EXPORT_REPLACE;
  replaced = new_export (fixture, "k", &options);
  g_assert_cmpint (run (replaced), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "k.txt"), "mine");
  assert_takes (test_folder_list (fixture->target), "k (2).txt k.txt");
}

static void
follows_no_link (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autofree char *link = g_build_filename (fixture->target, "a", NULL), *elsewhere = g_build_filename (fixture->folder, "elsewhere", NULL);
  g_autoptr(CofferExport) export = NULL;

  put (fixture, "a/b.txt", -1, "b", -1);
  put (fixture, "ab.txt", -1, "ab", -1);
  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  g_assert_no_errno (symlink ("../elsewhere", link));
  export = new_export (fixture, "a", &plain);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (export), "a/b.txt: A link or a file is in the place of its folder");
  assert_takes (read_file (fixture, "ab.txt"), "ab");
  assert_takes (test_folder_list (elsewhere), "");
}

static void
fails_without_a_folder (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferExport) gone = NULL, locked = NULL;

  g_assert_no_errno (g_rmdir (fixture->target));
  g_free (fixture->target);
  fixture->target = g_build_filename (fixture->folder, "gone", "target", NULL);
  gone = new_export (fixture, NULL, &plain);
  g_assert_cmpint (run (gone), ==, COFFER_TRANSFER_FAILED);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (gone))->message, ==, "The folder is gone");

  if (geteuid () == 0)   /* who may write everywhere */
    return;
  g_free (fixture->target);
  fixture->target = g_build_filename (fixture->folder, "locked", NULL);
  g_assert_no_errno (g_mkdir (fixture->target, 0500));
  locked = new_export (fixture, NULL, &plain);
  g_assert_cmpint (run (locked), ==, COFFER_TRANSFER_FAILED);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (locked))->message, ==, "The folder cannot be written");
}

/* Begin one of some size, and wait until it is in the middle of a value. */
static CofferExport *
start_large (Fixture *fixture)
{
  CofferExport *export;

  put_zeros (fixture, 3, 30000000);
  export = new_export (fixture, "zero/", &plain);
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes > 0);
  return export;
}

/* Everything that is there has its whole size, and a name. */
static guint
count_whole (Fixture *fixture)
{
  g_autofree char *folder = g_build_filename (fixture->target, "zero", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat file;

      g_assert_no_errno (stat (path, &file));
      g_assert_cmpint (file.st_size, ==, 30000000);
      g_assert_cmpuint (strlen (name), ==, 5);   /* what is begun anew has the same name, without a number */
      n++;
    }
  return n;
}

static void
leaves_nothing_half (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferExport) export = start_large (fixture);

  coffer_transfer_cancel (COFFER_TRANSFER (export));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_CANCELLED);
  g_assert_cmpuint (count_whole (fixture), ==, coffer_export_get_n_files (export));
  g_assert_cmpuint (count_whole (fixture), <, 3);
}

static void
goes_on_after_a_pause (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferExport) export = start_large (fixture);

  coffer_transfer_set_paused (COFFER_TRANSFER (export), TRUE);
  test_run_for (50);
  coffer_transfer_set_paused (COFFER_TRANSFER (export), FALSE);
  test_hold (fixture->vault);   /* what only looks is stopped at once, and runs again */
  coffer_vault_resume (fixture->vault);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (count_whole (fixture), ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes, ==, 90000000);
}

static void
takes_all_of_a_prefix (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferExport) export = NULL;

  put_zeros (fixture, 2100, 1);
  export = new_export (fixture, "zero/", &plain);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_export_get_n_files (export), ==, 2100);
  assert_takes (test_folder_list (fixture->target), "zero");
}

static void
writes_the_file_that_was_chosen (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001"), no_key = test_key ("nobody");
  g_autofree char *path = g_build_filename (fixture->target, "chosen", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path), vault = g_file_new_for_path (fixture->path);
  g_autoptr(CofferExport) good = NULL, bad = NULL, missing = NULL;

  make_file (fixture, "chosen", "theirs");
  fixture->vault = test_open (fixture->path);
  good = coffer_export_new_file (fixture->vault, key, file, &plain);
  g_assert_cmpint (run (good), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "chosen"), "1");

  missing = coffer_export_new_file (fixture->vault, no_key, file, &plain);
  g_assert_cmpint (run (missing), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (missing), "nobody: Deleted or renamed meanwhile");
  assert_takes (read_file (fixture, "chosen"), "1");

  bad = coffer_export_new_file (fixture->vault, key, vault, &plain);
  g_assert_cmpint (run (bad), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (bad), "user:0000000001: It would replace a vault that is open here");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/export/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("keeps-every-byte-of-odd-keys", keeps_every_byte_of_odd_keys);
  ADD ("takes-headers-off-or-not", takes_headers_off_or_not);
  ADD ("leaves-what-is-there", leaves_what_is_there);
  ADD ("follows-no-link", follows_no_link);
  ADD ("fails-without-a-folder", fails_without_a_folder);
  ADD ("leaves-nothing-half", leaves_nothing_half);
  ADD ("goes-on-after-a-pause", goes_on_after_a_pause);
  ADD ("takes-all-of-a-prefix", takes_all_of_a_prefix);
  ADD ("writes-the-file-that-was-chosen", writes_the_file_that_was_chosen);

  return g_test_run ();
}
