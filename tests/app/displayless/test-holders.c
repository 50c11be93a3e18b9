/* SPDX-License-Identifier: MIT */
/* Who else has a file open: real processes that open it, by its name, by another name, or not at all. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coffer-holders.h"
#include "displayless.h"

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  self->folder = test_folder_new ();
  self->path = g_build_filename (self->folder, "a vault", NULL);
  g_assert_true (g_file_set_contents (self->path, "not looked at", -1, NULL));
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  test_folder_remove (self->folder);
  g_free (self->path);
}

static gboolean
has_become (pid_t       pid,
            const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", pid);
  g_autofree char *comm = NULL;

  g_assert_true (g_file_get_contents (path, &comm, NULL, NULL));
  return g_str_equal (g_strchomp (comm), name);
}

/* A process that has @path open and does nothing with it. */
static pid_t
start_holder (const char *path)
{
  const char *argv[] = { "sh", "-c", "exec 3<\"$1\"; exec sleep 60", "sh", path, NULL };
  g_autoptr(GError) error = NULL;
  GPid pid;

  g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                 NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  test_wait_for (has_become (pid, "sleep"));
  return pid;
}

static void
end_holder (pid_t pid)
{
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

static GPtrArray *
find (GFile *file)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GPtrArray *holders;

  coffer_holders_find_async (file, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  holders = coffer_holders_find_finish (result, NULL, &error);
  g_assert_no_error (error);
  return holders;
}

static GPtrArray *
find_path (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);

  return find (file);
}

static void
assert_held_by (const char *path,
                pid_t       pid)
{
  g_autoptr(GPtrArray) holders = find_path (path);
  CofferHolder *holder;

  g_assert_cmpuint (holders->len, ==, 1);
  holder = g_ptr_array_index (holders, 0);
  g_assert_cmpint (holder->pid, ==, pid);
  g_assert_nonnull (strstr (holder->name, "sleep"));
}

static void
test_finds_and_forgets (Fixture       *self,
                        gconstpointer  data)
{
  g_autoptr(GPtrArray) before = find_path (self->path);
  g_autoptr(GPtrArray) after = NULL;
  pid_t pid = start_holder (self->path);

  g_assert_cmpuint (before->len, ==, 0);
  assert_held_by (self->path, pid);
  end_holder (pid);
  after = find_path (self->path);
  g_assert_cmpuint (after->len, ==, 0);
}

static void
test_sees_through_other_names (Fixture       *self,
                               gconstpointer  data)
{
  g_autofree char *other = g_build_filename (self->folder, "other", NULL);
  g_autofree char *symbolic = g_build_filename (self->folder, "symbolic", NULL);
  pid_t pid;

  g_assert_cmpint (link (self->path, other), ==, 0);
  g_assert_cmpint (symlink (self->path, symbolic), ==, 0);
  pid = start_holder (other);
  assert_held_by (self->path, pid);
  assert_held_by (symbolic, pid);
  end_holder (pid);
}

static void
test_sees_side_files (Fixture       *self,
                      gconstpointer  data)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  pid_t pid;

  g_assert_true (g_file_set_contents (wal, "", 0, NULL));
  pid = start_holder (wal);
  assert_held_by (self->path, pid);
  end_holder (pid);
}

static void
test_leaves_itself_out (Fixture       *self,
                        gconstpointer  data)
{
  int fd = open (self->path, O_RDONLY | O_CLOEXEC);
  g_autoptr(GPtrArray) holders = find_path (self->path);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (holders->len, ==, 0);
  close (fd);
}

static void
test_knows_nobody_elsewhere (Fixture       *self,
                             gconstpointer  data)
{
  g_autofree char *missing = g_strconcat (self->path, " that is not there", NULL);
  g_autoptr(GFile) remote = g_file_new_for_uri ("coffer-test://elsewhere/a.db");
  g_autoptr(GPtrArray) nobody = find_path (missing);
  g_autoptr(GPtrArray) none = find (remote);

  g_assert_cmpuint (nobody->len, ==, 0);
  g_assert_cmpuint (none->len, ==, 0);
}

/* A folder as /proc is, with two processes. */
static char *
make_proc (Fixture    *self,
           const char *name,
           const char *namespace)
{
  char *proc = g_build_filename (self->folder, name, NULL);
  g_autofree char *first = g_build_filename (proc, "1", "fd", NULL);
  g_autofree char *second = g_build_filename (proc, "77", "fd", NULL);
  g_autofree char *own = g_build_filename (proc, "self", "ns", NULL);
  g_autofree char *link = g_build_filename (own, "pid", NULL);

  g_assert_cmpint (g_mkdir_with_parents (first, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (second, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (own, 0700), ==, 0);
  g_assert_cmpint (symlink (namespace, link), ==, 0);
  return proc;
}

static void
assert_described (CofferUnseen  unseen,
                  const char   *title,
                  const char   *expected)
{
  g_autofree char *detail = NULL;

  g_assert_cmpstr (coffer_holders_describe_none (unseen, &detail), ==, title);
  g_assert_cmpstr (detail, ==, expected);
}

/* "Nobody else" is said only where everybody could be seen. */
static void
test_tells_what_it_cannot_see (Fixture       *self,
                               gconstpointer  data)
{
  g_autofree char *all = make_proc (self, "all", "pid:[4026531836]");
  g_autofree char *sandbox = make_proc (self, "sandbox", "pid:[4026532000]");
  g_autofree char *users = make_proc (self, "users", "pid:[4026531836]");
  g_autofree char *hidden = make_proc (self, "hidden", "pid:[4026531836]");
  g_autofree char *closed = g_build_filename (users, "77", "fd", NULL);
  g_autofree char *first = g_build_filename (hidden, "1", NULL), *first_fd = g_build_filename (first, "fd", NULL);
  g_autofree char *gone = g_build_filename (all, "78", NULL);

  g_assert_cmpint (g_mkdir_with_parents (gone, 0700), ==, 0);   /* without anything in it, as one that ends */
  g_assert_cmpint (rmdir (closed), ==, 0);
  g_assert_true (g_file_set_contents (closed, "", 0, NULL));   /* nobody can list it, root neither */
  g_assert_cmpint (rmdir (first_fd), ==, 0);
  g_assert_cmpint (rmdir (first), ==, 0);
  g_assert_cmpuint (coffer_holders_find_unseen (all), ==, 0);
  g_assert_cmpuint (coffer_holders_find_unseen (sandbox), ==, COFFER_UNSEEN_OUTSIDE);
  g_assert_cmpuint (coffer_holders_find_unseen (users), ==, COFFER_UNSEEN_USERS);
  g_assert_cmpuint (coffer_holders_find_unseen (hidden), ==, COFFER_UNSEEN_USERS);

  for (guint i = 0; i < 4; i++)
    {
      const char *proc[] = { "rm", "-r", ((const char *[]) { all, sandbox, users, hidden })[i], NULL };

      g_assert_true (g_spawn_sync (NULL, (char **) proc, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    }

  assert_described (0, "No other program has it open", NULL);
  assert_described (COFFER_UNSEEN_USERS, "No other program of yours has it open", "Programs of other users cannot be seen.");
  assert_described (COFFER_UNSEEN_OUTSIDE | COFFER_UNSEEN_USERS, "No other program in this sandbox has it open",
                    "Programs outside of this sandbox cannot be seen.");
  assert_described (COFFER_UNSEEN_COMPUTERS, "No other program has it open", "Other computers that use the folder cannot be seen.");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/vault/holders/finds-and-forgets", Fixture, NULL, set_up, test_finds_and_forgets, tear_down);
  g_test_add ("/vault/holders/sees-through-other-names", Fixture, NULL, set_up, test_sees_through_other_names, tear_down);
  g_test_add ("/vault/holders/sees-side-files", Fixture, NULL, set_up, test_sees_side_files, tear_down);
  g_test_add ("/vault/holders/leaves-itself-out", Fixture, NULL, set_up, test_leaves_itself_out, tear_down);
  g_test_add ("/vault/holders/knows-nobody-elsewhere", Fixture, NULL, set_up, test_knows_nobody_elsewhere, tear_down);
  g_test_add ("/vault/holders/tells-what-it-cannot-see", Fixture, NULL, set_up, test_tells_what_it_cannot_see, tear_down);

  return g_test_run ();
}
