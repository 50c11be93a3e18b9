/* SPDX-License-Identifier: MIT */
/*
 * Other processes: ones that take turns with the test, and ones whose rights, mounts or disk
 * are other than the test's.
 */
#include "kvtest-internal.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

struct KvChild {
  pid_t pid;      /* 0 in the child itself */
  int in, out;
};

void
kvtest_assert_may_fork (void)
{
  DIR *open_files = opendir ("/proc/self/fd");
  struct dirent *each;
  char target[4096];

  while (open_files != NULL && (each = readdir (open_files)) != NULL)
    {
      ssize_t n = readlinkat (dirfd (open_files), each->d_name, target, sizeof target - 1);

      target[n > 0 ? n : 0] = '\0';
      if (strncmp (target, kvtest_folder (), strlen (kvtest_folder ())) == 0)
        kvtest_fail (__FILE__, __LINE__, "start other processes before %s is open", target);
    }
  if (open_files != NULL)
    closedir (open_files);
}

KvChild *
kvtest_spawn (KvChildFunc  run,
              void        *data)
{
  KvChild *self = kvtest_keep (calloc (1, sizeof *self));
  int to_child[2], from_child[2];

  kvtest_assert_may_fork ();
  die_unless (pipe (to_child) == 0 && pipe (from_child) == 0);
  fflush (NULL);
  die_unless ((self->pid = fork ()) >= 0);
  self->in = self->pid == 0 ? to_child[0] : from_child[0];
  self->out = self->pid == 0 ? from_child[1] : to_child[1];
  close (self->pid == 0 ? to_child[1] : from_child[1]);
  close (self->pid == 0 ? from_child[0] : to_child[0]);
  if (self->pid != 0)
    return self;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  run (self, data);
  fflush (stdout);
  exit (0);
}

void
kvtest_step (KvChild *self)
{
  die_unless (write (self->out, "", 1) == 1);
}

void
kvtest_await (KvChild *self)
{
  char byte;
  ssize_t n;

  while ((n = read (self->in, &byte, 1)) < 0 && errno == EINTR)
    ;
  if (n != 1)
    kvtest_fail (__FILE__, __LINE__, "the other process ended too soon");
}

void
kvtest_join (KvChild *self)
{
  pid_t pid = self->pid;

  close (self->out);
  self->pid = -1;
  kvtest_settle (pid);
  close (self->in);
}

void
kvtest_kill (KvChild *self)
{
  kill (self->pid, SIGKILL);
  die_unless (waitpid (self->pid, NULL, 0) == self->pid);
  close (self->in);
  close (self->out);
}

bool
kvtest_alive (KvChild *self)
{
  siginfo_t info = { 0 };

  return waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0
         && info.si_pid == 0;
}

typedef struct {
  const char *path, *sql;
} Holding;

static void
hold (KvChild *self,
      void    *data)
{
  const Holding *holding = data;
  sqlite3 *db;

  die_unless (sqlite3_open (holding->path, &db) == SQLITE_OK);
  if (sqlite3_exec (db, holding->sql, NULL, NULL, NULL) != SQLITE_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", holding->sql, sqlite3_errmsg (db));
  kvtest_step (self);
  kvtest_await (self);
  sqlite3_close (db);
}

KvChild *
kvtest_spawn_holder (const char *path,
                     const char *sql)
{
  KvChild *self = kvtest_spawn (hold, &(Holding) { path, sql });

  kvtest_await (self);
  return self;
}

void
kvtest_release (KvChild *self)
{
  kvtest_step (self);
  kvtest_join (self);
}

/* ---- Other circumstances ---- */

typedef struct {
  bool (*prepare) (const char *folder, size_t size);
  const char *folder;
  size_t size;
  void (*run) (void *data);
  void *data;
} Circumstance;

static void
run_so (const Circumstance *self,
        const char         *why_not)
{
  pid_t pid;

  kvtest_assert_may_fork ();
  fflush (NULL);
  die_unless ((pid = fork ()) >= 0);
  if (pid != 0)
    {
      kvtest_settle (pid);
      return;
    }
  if (!self->prepare (self->folder, self->size))
    kvtest_skip (why_not);
  self->run (self->data);
  fflush (stdout);
  exit (0);
}

static bool
drop_rights (const char *folder,
             size_t      size)
{
  return geteuid () == 0 && setgroups (0, NULL) == 0 && setgid (NOBODY) == 0
         && setuid (NOBODY) == 0 && prctl (PR_SET_DUMPABLE, 1) == 0; /* for the leak checker */
}

static bool
write_text (const char *path,
            const char *text)
{
  FILE *file = fopen (path, "w");

  return file != NULL && fputs (text, file) >= 0 && fclose (file) == 0;
}

/* Somebody who is not root may mount in a user namespace of his own, if at all. */
static bool
enter_own_mounts (void)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();

  if (uid == 0)
    return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0
         && write_text ("/proc/self/setgroups", "deny")
         && write_text ("/proc/self/uid_map", kvtest_format ("%u %u 1", uid, uid))
         && write_text ("/proc/self/gid_map", kvtest_format ("%u %u 1", gid, gid))
         && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool
mount_readonly (const char *folder,
                size_t      size)
{
  return enter_own_mounts () && mount (folder, folder, NULL, MS_BIND, NULL) == 0
         && mount (NULL, folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

static bool
mount_small (const char *folder,
             size_t      size)
{
  return enter_own_mounts ()
         && mount ("none", folder, "tmpfs", 0, kvtest_format ("size=%zu,mode=755", size)) == 0;
}

void
kvtest_as_nobody (void  (*run) (void *data),
                  void *data)
{
  run_so (&(Circumstance) { drop_rights, NULL, 0, run, data }, "needs root, to become nobody");
}

void
kvtest_on_readonly_mount (const char *folder,
                          void        (*run) (void *data),
                          void       *data)
{
  run_so (&(Circumstance) { mount_readonly, folder, 0, run, data }, "no right to mount");
}

void
kvtest_on_small_disk (const char *folder,
                      size_t      size,
                      void        (*run) (void *data),
                      void       *data)
{
  run_so (&(Circumstance) { mount_small, folder, size, run, data }, "no right to mount");
}
