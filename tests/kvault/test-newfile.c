/* SPDX-License-Identifier: MIT */
/* A whole file on its way to a name: newfile.c and exchange.c, killed at each step, and with others at the same name at the worst moments. */
#include "kvtest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- the calls of newfile.c and exchange.c that change something, see meson.build ---- */

static int n_calls, die_at = -1;        /* before the call of that number */
static int fail_at = -1;                /* that call */
static void (*meanwhile) (const char *name);
static const char *fails, *fails_too;   /* calls */
static int fails_with;

static bool
before (const char *name)
{
  if (n_calls == die_at)
    raise (SIGKILL);
  if (meanwhile != NULL)
    meanwhile (name);
  if (n_calls++ == fail_at)
    {
      errno = ENOSPC;
      return false;
    }
  if ((fails == NULL || strcmp (fails, name) != 0) && (fails_too == NULL || strcmp (fails_too, name) != 0))
    return true;
  errno = fails_with;
  return false;
}

#define WRAP(name, parameters, arguments) \
  int __real_##name parameters; \
  int __wrap_##name parameters; \
  int __wrap_##name parameters { return before (#name) ? __real_##name arguments : -1; }

WRAP (mkdir, (const char *path, mode_t mode), (path, mode))
WRAP (rmdir, (const char *path), (path))
WRAP (fsync, (int fd), (fd))
WRAP (fchmod, (int fd, mode_t mode), (fd, mode))
WRAP (rename, (const char *from, const char *to), (from, to))
WRAP (renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
WRAP (linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
WRAP (unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
WRAP (flock, (int fd, int operation), (fd, operation))
WRAP (nanosleep, (const struct timespec *time, struct timespec *left), (time, left))

int __real_fcntl64 (int fd, int command, ...);
int __wrap_fcntl64 (int fd, int command, ...);
int
__wrap_fcntl64 (int fd, int command, ...)
{
  va_list args;
  long argument;

  va_start (args, command);
  argument = va_arg (args, long);   /* what newfile.c and exchange.c give is a number, or nothing */
  va_end (args);
  return before (command == F_SETLEASE ? "lease" : "fcntl") ? __real_fcntl64 (fd, command, argument) : -1;
}

/* ---- files ---- */

/* SQLite makes each once, and waits for the disk. */
static void
make (const char *path, const char *value)
{
  static struct { const char *value; uint8_t *bytes; size_t size; } made[8];
  size_t i = 0;

  while (made[i].value != NULL && strcmp (made[i].value, value) != 0)
    i++;
  assert_int (i, <, KVTEST_N (made) - 1);
  if (made[i].value == NULL)
    {
      kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', CAST('%s' AS BLOB))", value);
      made[i].value = value;
      made[i].bytes = kvtest_read_file (path, &made[i].size);
    }
  else
    kvtest_write_file (path, made[i].bytes, made[i].size);
}

static const char *
value_of (const char *path)
{
  return kvtest_sql_text (path, "SELECT CAST(value AS TEXT) FROM kv");
}

static char *
names_in_folder (void)
{
  struct dirent **names;
  int n = scandir (kvtest_folder (), &names, NULL, alphasort);
  char *list = kvtest_format ("%s", "");

  assert_true (n >= 0);
  for (int i = 0; i < n; i++)
    {
      if (strcmp (names[i]->d_name, ".") != 0 && strcmp (names[i]->d_name, "..") != 0)
        list = kvtest_format ("%s%s ", list, names[i]->d_name);
      free (names[i]);
    }
  free (names);
  return list;
}

static int last_errno;

static int
put (const char *target, int replace, const char *value, kvault_hindrance *hindrance, char **words)
{
  kvault_new_file *file = kvault_new_file_new (target);
  int rc = kvault_new_file_begin (file, replace);

  if (rc == KVAULT_OK)
    {
      make (kvault_new_file_path (file), value);
      rc = kvault_new_file_finish (file);
    }
  if (hindrance != NULL)
    *hindrance = kvault_new_file_hindrance (file);
  last_errno = kvault_new_file_error (file)->system_errno;
  if (words != NULL)
    *words = kvtest_format ("%s", kvault_new_file_error (file)->message);
  kvault_new_file_free (file);
  return rc;
}

static void
assert_not_put (const char *target, int code, kvault_hindrance expected, const char *part)
{
  kvault_hindrance hindrance;
  char *before_it = names_in_folder (), *words;

  assert_int (put (target, 1, "new", &hindrance, &words), ==, code);
  assert_int (hindrance, ==, expected);
  assert_contains (words, strrchr (target, '/') + 1);
  assert_contains (words, part);
  assert_true (strstr (words, ".kvault-new") == NULL);
  assert_str (names_in_folder (), before_it);
}

/* Whoever comes next to the folder clears up. */
static void
come_next (void)
{
  char *path = kvtest_path ("s.db");

  if (!kvtest_exists (path))
    make (path, "source");
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
}

/* ---- tests ---- */

static void
takes_a_free_name (void)
{
  char *target = kvtest_path ("a.db");

  assert_int (put (target, 0, "new", NULL, NULL), ==, KVAULT_OK);
  assert_str (value_of (target), "new");
  assert_int (put (target, 0, "other", NULL, NULL), ==, KVAULT_EEXIST);
  assert_str (value_of (target), "new");
  assert_int (put (kvtest_path ("none/a.db"), 0, "new", NULL, NULL), ==, KVAULT_ENOENT);
  kvtest_remove (target);
  kvtest_write_file (kvtest_format ("%s-wal", target), "log", 3);
  assert_not_put (target, KVAULT_EEXIST, KVAULT_HINDRANCE_LOG, "-wal");
  kvtest_remove (kvtest_format ("%s-wal", target));
  fails = "renameat2";   /* as some file systems do */
  fails_with = EINVAL;
  assert_int (put (target, 0, "linked", NULL, NULL), ==, KVAULT_OK);
  assert_int (put (target, 0, "other", NULL, NULL), ==, KVAULT_EEXIST);
  fails = NULL;
  assert_str (value_of (target), "linked");
  assert_str (names_in_folder (), "a.db ");
}

static void
keeps_what_is_the_persons (void)
{
  char *target = kvtest_path ("a.db"), attribute[8] = "";
  struct stat st, now;

  make (target, "old");
  chmod (target, 0640);
  setxattr (target, "user.note", "kept", 5, 0);
  if (geteuid () == 0)
    assert_int (chown (target, 12, 34), ==, 0);
  stat (target, &st);
  assert_int (symlink (target, kvtest_path ("link")), ==, 0);
  assert_int (put (kvtest_path ("link"), 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_str (value_of (target), "new");
  stat (target, &now);
  assert_int (now.st_ino, !=, st.st_ino);
  assert_int (now.st_mode, ==, st.st_mode);
  assert_int (now.st_uid, ==, st.st_uid);
  assert_int (now.st_gid, ==, st.st_gid);
  if (getxattr (target, "user.note", attribute, sizeof attribute) >= 0)
    assert_str (attribute, "kept");
  assert_str (names_in_folder (), "a.db link ");
}

/* "user::rw-, user:12:r--, group::---, mask::r--, other::---", as the kernel has it; little-endian. */
static const unsigned char access_list[] = {
  2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 12, 0, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255,
  32, 0, 0, 0, 255, 255, 255, 255,
};

/* Neither less than it had nor what the folder would give to a new file. */
static void
keeps_access_lists (void)
{
  char *target = kvtest_path ("a.db");
  unsigned char got[sizeof access_list + 1];

  make (target, "old");
  if (setxattr (target, "system.posix_acl_access", access_list, sizeof access_list, 0) != 0)
    kvtest_skip ("no access lists here");
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_mem (got, (size_t) getxattr (target, "system.posix_acl_access", got, sizeof got), access_list, sizeof access_list);
  assert_int (removexattr (target, "system.posix_acl_access"), ==, 0);
  assert_int (setxattr (kvtest_folder (), "system.posix_acl_default", access_list, sizeof access_list, 0), ==, 0);
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_int (getxattr (target, "system.posix_acl_access", got, sizeof got), <, 0);
}

static void
puts_as_nobody (void *target)
{
  struct stat st;

  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_int (stat (target, &st), ==, 0);
  assert_int (st.st_mode & 07777, ==, 0604);   /* the group is another one */
  assert_int (st.st_gid, !=, 34);
  assert_not_put (kvtest_path ("b.db"), KVAULT_EREADONLY, KVAULT_HINDRANCE_NONE, "cannot be made there");
}

static void
gives_no_other_group_its_rights (void)
{
  char *folder = kvtest_path ("folder"), *target = kvtest_path ("folder/a.db");

  kvtest_make_folder (folder);
  make (target, "old");
  if (chmod (folder, 0777) != 0 || chown (target, 65534, 34) != 0)
    kvtest_skip ("not root");
  chmod (target, 0664);
  kvtest_as_nobody (puts_as_nobody, target);
}

static void
refuses_what_is_no_file_of_its_own (void)
{
  char *target = kvtest_path ("a.db"), *other = kvtest_path ("b.db"), *folder = kvtest_path ("folder");

  kvtest_make_folder (folder);
  assert_not_put (folder, KVAULT_ENOTFILE, KVAULT_HINDRANCE_NO_FILE, "no file");
  assert_int (symlink ("nowhere", other), ==, 0);
  assert_not_put (other, KVAULT_ENOTFILE, KVAULT_HINDRANCE_NO_FILE, "no file");
  kvtest_remove (other);
  make (target, "old");
  assert_int (link (target, other), ==, 0);
  assert_not_put (target, KVAULT_EPERM, KVAULT_HINDRANCE_NAMES, "hard links");
  kvtest_remove (other);
  fails = "lease";   /* as on a network */
  fails_with = EINVAL;
  assert_not_put (target, KVAULT_EPERM, KVAULT_HINDRANCE_UNKNOWN, "cannot tell");
  fails = "renameat2";
  assert_not_put (target, KVAULT_EPERM, KVAULT_HINDRANCE_NO_EXCHANGE, "exchange");
  fails = "fsync";
  fails_with = EIO;
  assert_not_put (target, KVAULT_EIO, KVAULT_HINDRANCE_NONE, "new file");
  fails = NULL;
  assert_str (value_of (target), "old");
}

/* Before hours of work, not after them. */
static void
refuses_at_the_beginning (void)
{
  char *target = kvtest_path ("a.db");

  fails = "renameat2";
  fails_with = EINVAL;
  for (int replace = 0; replace < 2; replace++)
    {
      kvault_new_file *file = kvault_new_file_new (target);

      if (replace)
        make (target, "old");
      fails_too = replace ? NULL : "linkat";
      assert_int (kvault_new_file_begin (file, 1), ==, KVAULT_EPERM);
      assert_int (kvault_new_file_hindrance (file), ==, replace ? KVAULT_HINDRANCE_NO_EXCHANGE : KVAULT_HINDRANCE_NONE);
      assert_str (names_in_folder (), replace ? "a.db " : "");
      kvault_new_file_free (file);
    }
  fails = fails_too = NULL;
  assert_str (value_of (target), "old");
}

static void
refuses_what_is_open (void)
{
  char *target = kvtest_path ("a.db");
  KvChild *holder;

  make (target, "old");
  holder = kvtest_spawn_holder (target, NULL);
  assert_not_put (target, KVAULT_EBUSY, KVAULT_HINDRANCE_OPEN, "(process ");
  kvtest_release (holder);
  assert_str (value_of (target), "old");
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_str (value_of (target), "new");
}

static void
writes_if_it_can (KvChild *self, void *target)
{
  for (int i = 0; i < 2; i++)
    {
      kvault *vault;

      kvtest_await (self);
      vault = kvtest_open_waiting (target, KVAULT_BUSY_NOWAIT);
      assert_result (vault, kvault_put (vault, "a", 1, "lost", 4), KVAULT_EBUSY);
      kvault_close (vault);
      kvtest_step (self);
    }
}

/* A descriptor of it that is closed would drop the locks, and let the other process write in between. */
static void
keeps_the_locks_of_this_process (void)
{
  char *target = kvtest_path ("a.db");
  KvChild *writer;
  kvault *vault;

  make (target, "old");
  writer = kvtest_spawn (writes_if_it_can, target);
  vault = kvtest_open (target, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_begin (vault));
  assert_ok (vault, kvault_put (vault, "a", 1, "mine", 4));
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_EBUSY);
  kvtest_step (writer);
  kvtest_await (writer);
  assert_ok (vault, kvault_commit (vault));
  kvault_close (vault);

  kvtest_hold_lock (target, "IMMEDIATE");   /* of a connection that no handle has */
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_EBUSY);
  kvtest_step (writer);
  kvtest_await (writer);
  kvtest_join (writer);
  kvtest_release_lock ();
  assert_int (kvtest_sql_int (target, "SELECT count(*) FROM kv WHERE value = CAST('mine' AS BLOB)"), ==, 1);
}

/* A handle that would come while the file is at its most private. */
static void
handle_comes (const char *name)
{
  static const kvault_options options = { .busy_timeout_ms = KVAULT_BUSY_NOWAIT };
  kvault *vault;

  static int n_leases;

  if (strcmp (name, "lease") == 0 && ++n_leases != 2)   /* at the beginning, of the new file, at the end */
    assert_int (kvault_open (kvtest_path ("a.db"), &options, &vault, NULL), ==, KVAULT_EBUSY);
}

static void
keeps_handles_of_this_process_waiting (void)
{
  char *target = kvtest_path ("a.db");

  make (target, "old");
  meanwhile = handle_comes;
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  meanwhile = NULL;
  kvault_close (kvtest_open (target, KVAULT_ACCESS_WRITE));
  assert_str (value_of (target), "new");
}

static int sweeper = -1;
static char *third_target;

/* The name under which the files are exchanged, once they are about to be. */
static char *
record (void)
{
  char *folder = kvtest_path (".a.db.kvault-new");
  DIR *directory = opendir (folder);
  struct dirent *entry;
  char *found = NULL;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    if (strstr (entry->d_name, ".kvault-exchange") != NULL && entry->d_name[0] <= '9')
      found = kvtest_format ("%s/%s", folder, entry->d_name);
  if (directory != NULL)
    closedir (directory);
  return found;
}

static void
third_comes (const char *name)
{
  static bool came;

  if (strcmp (name, "renameat2") != 0 || came || record () == NULL)
    return;
  came = true;
  make (kvtest_path ("third"), "third");
  assert_int (__real_rename (kvtest_path ("third"), third_target), ==, 0);
}

/* It has found the old file by its name, and asks for it now. */
static void
opener_comes (const char *name)
{
  pid_t pid;
  int status;

  if (strcmp (name, "nanosleep") != 0)
    return;
  pid = fork ();
  if (pid == 0)
    {
      char *old = record ();

      _exit (old != NULL && open (old, O_RDONLY | O_NONBLOCK) < 0 && errno == EWOULDBLOCK ? 0 : 1);
    }
  assert_int (waitpid (pid, &status, 0), ==, pid);
  assert_int (status, ==, 0);
}

static void
gives_back_what_it_took (void)
{
  char *target = third_target = kvtest_path ("a.db");
  kvault_new_file *file;

  make (target, "old");
  file = kvault_new_file_new (target);
  assert_int (kvault_new_file_begin (file, 1), ==, KVAULT_OK);
  assert_not_put (target, KVAULT_EBUSY, KVAULT_HINDRANCE_IN_THE_MAKING, "makes it just now");
  make (kvault_new_file_path (file), "new");
  make (kvtest_path ("b.db"), "other");
  assert_int (rename (kvtest_path ("b.db"), target), ==, 0);
  assert_int (kvault_new_file_finish (file), ==, KVAULT_EEXIST);
  assert_int (kvault_new_file_hindrance (file), ==, KVAULT_HINDRANCE_ANOTHER);
  kvault_new_file_free (file);
  assert_str (value_of (target), "other");

  meanwhile = opener_comes;
  assert_not_put (target, KVAULT_EBUSY, KVAULT_HINDRANCE_OPEN, "last moment");
  assert_str (value_of (target), "other");
  meanwhile = third_comes;
  assert_not_put (target, KVAULT_EMOVED, KVAULT_HINDRANCE_ANOTHER, "replaced");
  meanwhile = NULL;
  assert_str (value_of (target), "third");
  assert_str (names_in_folder (), "a.db ");
}

/* SQLite deletes a file of such a name, or reads it as a log, when the one before the suffix is opened. */
static void
refuses_names_of_logs (void)
{
  static const char *const names[] = { "a.db-wal", "a.db-shm", "a.db-journal", "A.DB-JOURNAL" };
  char *source = kvtest_path ("s.db");
  kvault *vault;

  make (source, "source");
  vault = kvtest_open (source, KVAULT_ACCESS_VIEW);
  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      snprintf (kvtest_context, sizeof kvtest_context, "%s", names[i]);
      assert_not_put (kvtest_path (names[i]), KVAULT_EINVAL, KVAULT_HINDRANCE_NAME, "log");
      assert_result (vault, kvault_backup (vault, kvtest_path (names[i]), NULL, NULL), KVAULT_EINVAL);
    }
  kvtest_context[0] = '\0';
  assert_ok (vault, kvault_backup (vault, kvtest_path ("journal"), NULL, NULL));
  assert_int (put (kvtest_path ("-wal"), 0, "new", NULL, NULL), ==, KVAULT_OK);   /* of nothing */
  kvault_close (vault);
}

/* What was exchanged back is spoiled: it does not get the name by another try. */
static void
gives_up_what_it_took_back (void)
{
  char *target = kvtest_path ("a.db");
  kvault_new_file *file = kvault_new_file_new (target);

  make (target, "old");
  assert_int (kvault_new_file_begin (file, 1), ==, KVAULT_OK);
  make (kvault_new_file_path (file), "new");
  meanwhile = opener_comes;
  assert_int (kvault_new_file_finish (file), ==, KVAULT_EBUSY);
  meanwhile = NULL;
  assert_int (kvault_new_file_finish (file), ==, KVAULT_EINVAL);
  assert_contains (kvault_new_file_error (file)->message, "anew");
  assert_str (value_of (target), "old");
  kvault_new_file_free (file);
  assert_str (value_of (target), "old");
}

static void
snapshot_comes (const char *name)
{
  if (strcmp (name, "fsync") == 0 && !kvtest_exists (kvtest_path ("snapshot")))
    assert_int (link (kvtest_path ("a.db"), kvtest_path ("snapshot")), ==, 0);
}

/* As cp -al makes them. */
static void
spoils_no_snapshot (void)
{
  char *target = kvtest_path ("a.db"), *words;
  kvault_hindrance hindrance;

  make (target, "old");
  meanwhile = snapshot_comes;
  assert_int (put (target, 1, "new", &hindrance, &words), ==, KVAULT_EPERM);
  meanwhile = NULL;
  assert_int (hindrance, ==, KVAULT_HINDRANCE_NAMES);
  assert_contains (words, "hard links");
  assert_str (value_of (kvtest_path ("snapshot")), "old");
  assert_str (value_of (target), "old");
  assert_str (names_in_folder (), "a.db snapshot ");
}

static pid_t scanner;

static void
scanner_comes (const char *name)
{
  int ends[2];
  char byte;

  if (strcmp (name, "fsync") == 0 && scanner == 0)
    {
      assert_int (pipe (ends), ==, 0);
      if ((scanner = fork ()) == 0)
        {
          byte = open (kvtest_path (".a.db.kvault-new/a.db"), O_RDONLY) >= 0;
          _exit (write (ends[1], &byte, 1) == 1 && pause () == 0);
        }
      assert_int (read (ends[0], &byte, 1), ==, 1);
      assert_int (byte, ==, 1);
      close (ends[0]);
      close (ends[1]);
    }
  else if (strcmp (name, "nanosleep") == 0 && scanner > 0)
    {
      assert_int (kill (scanner, SIGKILL), ==, 0);
      assert_int (waitpid (scanner, NULL, 0), ==, scanner);
      scanner = -1;
    }
}

/* A look at the new file, as of programs that look at all that is new, is waited for. */
static void
waits_for_a_scanner (void)
{
  char *target = kvtest_path ("a.db");

  make (target, "old");
  meanwhile = scanner_comes;
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  meanwhile = NULL;
  assert_int (scanner, ==, -1);
  assert_str (value_of (target), "new");
}

static void
put_where_one_was (const char *target)
{
  kvault_new_file *file = kvault_new_file_new (target);

  assert_int (kvault_new_file_begin (file, 1), ==, KVAULT_OK);
  make (kvault_new_file_path (file), "new");
  kvtest_remove (target);
  assert_int (kvault_new_file_finish (file), ==, KVAULT_OK);
  kvault_new_file_free (file);
}

static void
puts_where_one_was_as_nobody (void *target)
{
  struct stat st;

  put_where_one_was (target);
  assert_int (stat (target, &st), ==, 0);
  assert_int (st.st_mode & 07777, ==, 0604);   /* the group is another one */
  assert_int (st.st_gid, !=, 34);
}

/* Deleted meanwhile, it has its rights still, and nobody else gets them. */
static void
replaces_what_is_gone (void)
{
  char *target = kvtest_path ("a.db"), *folder = kvtest_path ("folder"), *other = kvtest_path ("folder/a.db");
  unsigned char got[sizeof access_list];
  struct stat st;

  kvtest_make_folder (folder);
  make (target, "old");
  chmod (target, 0604);
  put_where_one_was (target);
  assert_str (value_of (target), "new");
  assert_int (stat (target, &st), ==, 0);
  assert_int (st.st_mode & 0777, ==, 0604);
  if (chmod (folder, 0777) != 0 || chown (target, 12, 34) != 0)
    kvtest_skip ("not root");
  chmod (target, 0660);
  setxattr (kvtest_folder (), "system.posix_acl_default", access_list, sizeof access_list, 0);
  put_where_one_was (target);
  removexattr (kvtest_folder (), "system.posix_acl_default");
  assert_int (stat (target, &st), ==, 0);
  assert_int (st.st_uid, ==, 12);
  assert_int (st.st_gid, ==, 34);
  assert_int (st.st_mode & 0777, ==, 0660);
  assert_int (getxattr (target, "system.posix_acl_access", got, sizeof got), <, 0);
  if (setxattr (target, "system.posix_acl_access", access_list, sizeof access_list, 0) == 0)   /* the group's bits are the mask then */
    {
      put_where_one_was (target);
      assert_int (stat (target, &st), ==, 0);
      assert_int (st.st_mode & 0777, ==, 0600);
    }
  make (other, "old");
  assert_int (chown (other, 65534, 34), ==, 0);
  chmod (other, 0664);
  kvtest_as_nobody (puts_where_one_was_as_nobody, other);
}

/* (-1: it came to its end) */
static int
put_and_die (const char *target, int replace, int at)
{
  int status;
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid == 0)
    {
      n_calls = 0;
      die_at = at;
      _exit (put (target, replace, "new", NULL, NULL) == KVAULT_OK ? 0 : 1);
    }
  assert_int (waitpid (pid, &status, 0), ==, pid);
  if (WIFSIGNALED (status))
    {
      assert_int (WTERMSIG (status), ==, SIGKILL);
      return at;
    }
  assert_int (status, ==, 0);
  return -1;
}

static void
dies_everywhere (int replace, const char *expected)
{
  char *target = kvtest_path ("a.db");
  int at, n_new = 0, n_rests = 0;
  bool done = false;

  for (at = 0; !done; at++)
    {
      kvtest_remove (target);
      if (replace)
        make (target, "old");
      snprintf (kvtest_context, sizeof kvtest_context, "killed at %d", at);
      done = put_and_die (target, replace, at) < 0;
      if (kvtest_exists (target) && strcmp (value_of (target), "new") == 0)
        n_new++;
      else if (replace)
        assert_str (value_of (target), expected);
      else
        assert_true (!kvtest_exists (target));
      n_rests += kvtest_exists (kvtest_path (".a.db.kvault-new"));
      come_next ();
      assert_str (names_in_folder (), kvtest_exists (target) ? "a.db s.db " : "s.db ");
    }
  assert_true (n_new > 1 && n_rests > 0 && at > (replace ? 10 : 3));
  printf ("# %d kills, %d after the name was given, %d rests\n", at - 1, n_new, n_rests);
}

static void
a_kill_leaves_one_or_the_other (void)
{
  dies_everywhere (1, "old");
  dies_everywhere (0, NULL);
}

/* Killed with a third file's name in its hands, nobody can give that back: but it is not deleted. */
static void
a_kill_keeps_a_third_file (void)
{
  char *target = third_target = kvtest_path ("a.db"), *kept = kvtest_path ("a.db.kept-1");
  bool done = false;
  int n_kept = 0;
  kvault *vault;

  for (int at = 0; !done; at++)
    {
      int status;
      pid_t pid;

      kvtest_remove (target);
      make (target, "old");
      snprintf (kvtest_context, sizeof kvtest_context, "killed at %d", at);
      pid = fork ();
      if (pid == 0)
        {
          meanwhile = third_comes;
          n_calls = 0;
          die_at = at;
          put (target, 1, "new", NULL, NULL);
          _exit (0);
        }
      assert_int (waitpid (pid, &status, 0), ==, pid);
      done = !WIFSIGNALED (status);
      vault = kvtest_open (target, KVAULT_ACCESS_WRITE);
      kvault_close (vault);
      if (strcmp (value_of (target), "new") == 0)
        {
          assert_str (value_of (kept), "third");
          n_kept++;
        }
      assert_true (!kvtest_exists (kvtest_path ("third")));
      assert_str (names_in_folder (), kvtest_exists (kept) ? "a.db a.db.kept-1 " : "a.db ");
      kvtest_remove (kept);
    }
  assert_int (n_kept, >, 0);
}

/* Whatever the system refuses, what is said is what there is. */
static void
tells_what_came_of_it (void)
{
  char *target = kvtest_path ("a.db");
  int n_failed = 0, n_done = 0;

  for (int replace = 0; replace < 2; replace++)
    for (int at = 0, n = 1; at < n; at++)
      {
        kvault_hindrance hindrance;
        bool done;

        kvtest_remove (target);
        if (replace)
          make (target, "old");
        snprintf (kvtest_context, sizeof kvtest_context, "%s, call %d fails", replace ? "over a file" : "new", at);
        n_calls = 0;
        fail_at = at;
        done = put (target, replace, "new", &hindrance, NULL) == KVAULT_OK || hindrance == KVAULT_HINDRANCE_UNSYNCED;
        fail_at = -1;
        n = n_calls > at ? at + 2 : at;   /* to the first that is not made any more */
        *(done ? &n_done : &n_failed) += 1;
        assert_int (hindrance, !=, KVAULT_HINDRANCE_STUCK);
        if (hindrance == KVAULT_HINDRANCE_UNSYNCED)
          assert_int (last_errno, ==, ENOSPC);
        assert_int (kvtest_exists (target), ==, done || replace);
        if (done || replace)
          assert_str (value_of (target), done ? "new" : "old");
        come_next ();
        assert_str (names_in_folder (), done || replace ? "a.db s.db " : "s.db ");
      }
  assert_int (n_failed, >, 10);
  assert_int (n_done, >, 4);
}

static void
onto_full_disk (void *folder)
{
  char *target = kvtest_format ("%s/a.db", (char *) folder);
  kvault *vault = kvtest_open (kvtest_path ("big.db"), KVAULT_ACCESS_VIEW);
  kvault_new_file *file = kvault_new_file_new (target);

  make (target, "old");
  assert_int (kvault_new_file_begin (file, 1), ==, KVAULT_OK);
  assert_result (vault, kvault_backup (vault, kvault_new_file_path (file), NULL, NULL), KVAULT_EFULL);
  assert_contains (kvault_errmsg (vault), target);
  kvault_new_file_free (file);
  assert_str (value_of (target), "old");
  assert_true (!kvtest_exists (kvtest_format ("%s/.a.db.kvault-new", (char *) folder)));
  kvault_close (vault);
}

static void
leaves_the_old_one_on_a_full_disk (void)
{
  char *folder = kvtest_path ("disk");

  kvtest_make_folder (folder);
  kvtest_sql (kvtest_path ("big.db"), KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', randomblob(9000000))");
  kvtest_on_small_disk (folder, 8 << 20, onto_full_disk, folder);
}

static void
has_room_for_long_names (void)
{
  char name[248], *target, *source = kvtest_path ("s.db");
  kvault *vault;

  memset (name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  target = kvtest_path (name);
  make (source, "source");
  make (target, "old");
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_str (value_of (target), "new");
  kvtest_remove (target);
  vault = kvtest_open (source, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_backup (vault, target, NULL, NULL));
  kvault_close (vault);
  assert_str (value_of (target), "source");
  vault = kvtest_open (target, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_vacuum (vault, &(kvault_vacuum_options) { .way = KVAULT_VACUUM_SWAP }, NULL));
  kvault_close (vault);
  assert_str (names_in_folder (), kvtest_format ("%s s.db ", name));
}

/* Letters of three bytes each; the folder is named after a part of them. */
static void
clears_up_behind_long_names (void)
{
  char name[67 * 3 + 1] = "", *target;
  kvault_new_file *file;
  int status;
  pid_t pid;

  for (size_t i = 0; i < 67; i++)
    strcat (name, "\xe8\xa8\x98");
  target = kvtest_path (name);
  for (int i = 0; i < 2; i++)
    {
      pid = fork ();
      if (pid == 0)
        {
          file = kvault_new_file_new (target);
          if (kvault_new_file_begin (file, 0) == KVAULT_OK)
            make (kvault_new_file_path (file), "stale");
          raise (SIGKILL);
        }
      assert_int (waitpid (pid, &status, 0), ==, pid);
      assert_str (names_in_folder (), kvtest_format (".%.99s~%s", name, strrchr (names_in_folder (), '~') + 1));
      if (i == 0)   /* the same again */
        {
          file = kvault_new_file_new (target);
          assert_int (kvault_new_file_begin (file, 0), ==, KVAULT_OK);
          assert_true (!kvtest_exists (kvault_new_file_path (file)));
          make (kvault_new_file_path (file), "new");
          make (target, "other");
          assert_int (kvault_new_file_finish (file), ==, KVAULT_EEXIST);
          kvault_new_file_free (file);
          assert_str (names_in_folder (), kvtest_format ("%s ", name));
          kvtest_remove (target);
        }
      else
        {
          char *rest = kvtest_format ("%s/.%.99s~%.16s.kvault-compact", kvtest_folder (), name, strrchr (names_in_folder (), '~') + 1);

          kvtest_write_file (rest, "", 0);   /* as kvault_backup() leaves it */
          kvtest_write_file (kvtest_format ("%s-journal", rest), "", 0);
          come_next ();
          assert_str (names_in_folder (), "s.db ");
        }
    }
}

/* A folder of that kind that was not made for this, or with something else in it, is not cleared. */
static void
clears_its_own_only (void)
{
  char *folder = kvtest_path (".a.db.kvault-new");

  for (int i = 0; i < 2; i++)
    {
      char *letter = kvtest_format ("%s/%s", folder, i == 0 ? "letter" : "a.db");

      kvtest_make_folder (folder);
      kvtest_write_file (letter, "dear", 4);
      if (i == 0)
        kvtest_write_file (kvtest_format ("%s/.kvault-lock", folder), "", 0);
      come_next ();
      assert_int (kvtest_file_size (letter), ==, 4);
      assert_int (put (kvtest_path ("a.db"), 1, "new", NULL, NULL), ==, i == 0 ? KVAULT_OK : KVAULT_EIO);
      assert_int (kvtest_file_size (letter), ==, 4);
      kvtest_remove (folder);
    }
}

/* A link leads to anybody's files, and another user's folder is not asked what is in it. */
static void
clears_nothing_of_others (void)
{
  char *elsewhere = kvtest_path ("elsewhere"), *link = kvtest_path (".letter.kvault-new"), *foreign = kvtest_path (".a.db.kvault-new");

  kvtest_make_folder (elsewhere);
  kvtest_write_file (kvtest_path ("elsewhere/letter"), "dear", 4);
  kvtest_write_file (kvtest_path ("elsewhere/.kvault-lock"), "", 0);
  assert_int (symlink ("elsewhere", link), ==, 0);
  come_next ();
  assert_int (kvtest_file_size (kvtest_path ("elsewhere/letter")), ==, 4);
  assert_int (put (kvtest_path ("letter"), 1, "new", NULL, NULL), ==, KVAULT_EIO);
  assert_int (kvtest_file_size (kvtest_path ("elsewhere/letter")), ==, 4);
  assert_true (kvtest_exists (kvtest_path ("elsewhere/.kvault-lock")));

  kvtest_make_folder (foreign);
  kvtest_write_file (kvtest_path (".a.db.kvault-new/a.db"), "dear", 4);
  kvtest_write_file (kvtest_path (".a.db.kvault-new/.kvault-lock"), "", 0);
  if (chown (foreign, 65534, 65534) != 0)
    kvtest_skip ("not root");
  come_next ();
  assert_int (put (kvtest_path ("a.db"), 1, "new", NULL, NULL), ==, KVAULT_EREADONLY);
  assert_int (kvtest_file_size (kvtest_path (".a.db.kvault-new/a.db")), ==, 4);
}

static void
sweeper_comes (const char *name)
{
  static bool came;

  if (strcmp (name, "flock") == 0 && !came)
    {
      came = true;
      sweeper = open (kvtest_path (".a.db.kvault-new/.kvault-lock"), O_RDWR | O_CLOEXEC);
      assert_int (__real_flock (sweeper, LOCK_EX | LOCK_NB), ==, 0);
    }
  else if (strcmp (name, "nanosleep") == 0 && sweeper >= 0)
    {
      kvtest_remove (kvtest_path (".a.db.kvault-new"));
      close (sweeper);
      sweeper = -1;
    }
}

static void
begins_whole_or_not_at_all (void)
{
  char *target = kvtest_path ("a.db");

  fails = "flock";   /* as on some networks */
  fails_with = ENOSYS;
  assert_not_put (target, KVAULT_EIO, KVAULT_HINDRANCE_NONE, "cannot be made there");
  assert_str (names_in_folder (), "");
  fails = NULL;
  meanwhile = sweeper_comes;
  assert_int (put (target, 1, "new", NULL, NULL), ==, KVAULT_OK);
  meanwhile = NULL;
  assert_str (names_in_folder (), "a.db ");
}

/* No rights and owners, as on a stick: all that is asked of the folder is that it can be made. */
static void
needs_no_rights (void)
{
  kvtest_make_folder (kvtest_path (".a.db.kvault-new"));
  chmod (kvtest_path (".a.db.kvault-new"), 0777);
  assert_int (put (kvtest_path ("a.db"), 1, "new", NULL, NULL), ==, KVAULT_OK);
  assert_str (names_in_folder (), "a.db ");
}

static const KvTest tests[] = {
  { "/kvault/newfile/takes-a-free-name", takes_a_free_name },
  { "/kvault/newfile/keeps-what-is-the-persons", keeps_what_is_the_persons },
  { "/kvault/newfile/keeps-access-lists", keeps_access_lists },
  { "/kvault/newfile/gives-no-other-group-its-rights", gives_no_other_group_its_rights },
  { "/kvault/newfile/refuses-what-is-no-file-of-its-own", refuses_what_is_no_file_of_its_own },
  { "/kvault/newfile/refuses-at-the-beginning", refuses_at_the_beginning },
  { "/kvault/newfile/refuses-what-is-open", refuses_what_is_open },
  { "/kvault/newfile/keeps-the-locks-of-this-process", keeps_the_locks_of_this_process },
  { "/kvault/newfile/keeps-handles-of-this-process-waiting", keeps_handles_of_this_process_waiting },
  { "/kvault/newfile/gives-back-what-it-took", gives_back_what_it_took },
  { "/kvault/newfile/gives-up-what-it-took-back", gives_up_what_it_took_back },
  { "/kvault/newfile/spoils-no-snapshot", spoils_no_snapshot },
  { "/kvault/newfile/waits-for-a-scanner", waits_for_a_scanner },
  { "/kvault/newfile/refuses-names-of-logs", refuses_names_of_logs },
  { "/kvault/newfile/replaces-what-is-gone", replaces_what_is_gone },
  { "/kvault/newfile/a-kill-leaves-one-or-the-other", a_kill_leaves_one_or_the_other },
  { "/kvault/newfile/a-kill-keeps-a-third-file", a_kill_keeps_a_third_file },
  { "/kvault/newfile/tells-what-came-of-it", tells_what_came_of_it },
  { "/kvault/newfile/leaves-the-old-one-on-a-full-disk", leaves_the_old_one_on_a_full_disk },
  { "/kvault/newfile/has-room-for-long-names", has_room_for_long_names },
  { "/kvault/newfile/clears-up-behind-long-names", clears_up_behind_long_names },
  { "/kvault/newfile/clears-its-own-only", clears_its_own_only },
  { "/kvault/newfile/clears-nothing-of-others", clears_nothing_of_others },
  { "/kvault/newfile/begins-whole-or-not-at-all", begins_whole_or_not_at_all },
  { "/kvault/newfile/needs-no-rights", needs_no_rights },
};

KVTEST_MAIN (tests)
