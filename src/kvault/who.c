/* SPDX-License-Identifier: MIT */
/*
 * who.c - who else has a vault open, as far as the system tells.
 *
 * Only to say it and to spare work that would be in vain: neither source is complete. /proc/locks shows who uses a write-ahead
 * log (SQLite's locks on bytes of the "-shm" file) but no one in another container; /proc/PID/fd shows who has the file open, but
 * not processes of other users. Proof is a lease (swap.c). No descriptor of the vault is opened here: closing it
 * would drop this process's locks.
 */
#include "internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of the "-shm" file that SQLite locks; its wal.c, "WALINDEX_LOCK_OFFSET" and what follows. */
#define SHM_WRITER 120
#define SHM_CHECKPOINTER 121
#define SHM_FIRST_READER 123
#define SHM_LAST_READER 127

static void
note_lock (kvault__who        *who,
           long                pid,
           unsigned long long  first,
           unsigned long long  last)
{
  bool reader = first <= SHM_LAST_READER && last >= SHM_FIRST_READER;
  bool writer = first <= SHM_WRITER && last >= SHM_WRITER;
  bool checkpointer = first <= SHM_CHECKPOINTER && last >= SHM_CHECKPOINTER;

  if (!reader && !writer && !checkpointer)
    return;
  who->reader = who->reader || reader;
  who->writer = who->writer || writer;
  who->checkpointer = who->checkpointer || checkpointer;
  if (pid == (long) getpid ())
    who->own = true;
  else if (pid > 0)
    who->pid = pid;
  for (unsigned i = 0; pid != (long) getpid () && i <= SHM_LAST_READER - SHM_FIRST_READER; i++)
    if (first <= SHM_FIRST_READER + i && last >= SHM_FIRST_READER + i)
      who->marks |= 1u << i;
}

/* Lines are "12: POSIX  ADVISORY  READ  4711 08:01:123456 123 123"; waiting ones have "->" behind the number. */
static void
read_locks (kvault__who *who,
            ino_t        shm)
{
  FILE *file = fopen ("/proc/locks", "re");
  char line[256];

  if (file == NULL)
    return;
  while (fgets (line, sizeof line, file) != NULL)
    {
      unsigned long long inode, first, last;
      long pid;

      if (sscanf (line, "%*d: POSIX %*s %*s %ld %*x:%*x:%llu %llu %llu", &pid, &inode, &first, &last) == 4 && inode == shm)
        note_lock (who, pid, first, last);
    }
  fclose (file);
}

static void
name_process (kvault__who *who)
{
  char path[64];
  FILE *file;

  if (who->pid <= 0)
    return;
  snprintf (path, sizeof path, "/proc/%lld/comm", (long long) who->pid);
  file = fopen (path, "re");
  if (file == NULL)
    return;
  if (fgets (who->program, sizeof who->program, file) != NULL)
    who->program[strcspn (who->program, "\n")] = '\0';
  for (char *c = who->program; *c != '\0'; c++)   /* a name is the process's own to choose */
    if (*c < ' ' || *c == 0x7f)
      *c = '?';
  fclose (file);
}

/* Who uses the write-ahead log. */
void
kvault__who_uses_log (const kvault *vault,
                      kvault__who  *who)
{
  char *shm = sqlite3_mprintf ("%s-shm", vault->path);
  struct stat st;

  memset (who, 0, sizeof *who);
  if (shm != NULL && stat (shm, &st) == 0)
    read_locks (who, st.st_ino);
  sqlite3_free (shm);
  name_process (who);
}

/* Links are read, not followed: what hangs on a dead mount would hang us. */
static bool
has_file_open (const char *pid,
               const char *path,
               char       *target,
               size_t      room)
{
  char folder_path[300];
  DIR *folder;
  struct dirent *each;
  bool found = false;

  snprintf (folder_path, sizeof folder_path, "/proc/%s/fd", pid);
  folder = opendir (folder_path);
  if (folder == NULL)
    return false;
  while (!found && (each = readdir (folder)) != NULL)
    {
      ssize_t n = readlinkat (dirfd (folder), each->d_name, target, room);

      found = n > 0 && (size_t) n < room && strlen (path) == (size_t) n && memcmp (target, path, (size_t) n) == 0;
    }
  closedir (folder);
  return found;
}

/* @take is called for each of the other processes that have the file open. */
static void
each_process (const kvault *vault,
              void        (*take) (long pid, void *data),
              void         *data)
{
  size_t room = strlen (vault->path) + 2;
  char *target = malloc (room);
  DIR *processes = opendir ("/proc");
  struct dirent *each;

  while (target != NULL && processes != NULL && (each = readdir (processes)) != NULL)
    {
      long pid = strtol (each->d_name, NULL, 10);

      if (pid > 0 && pid != (long) getpid () && has_file_open (each->d_name, vault->path, target, room))
        take (pid, data);
    }
  if (processes != NULL)
    closedir (processes);
  free (target);
}

static void
count_process (long  pid,
               void *data)
{
  kvault__who *who = data;

  who->n_processes++;
  who->pid = pid;
}

/* Which other processes have the file open. */
void
kvault__who_has_open (const kvault *vault,
                      kvault__who  *who)
{
  memset (who, 0, sizeof *who);
  each_process (vault, count_process, who);
  name_process (who);
}

typedef struct {
  kvault_holder *holders;
  size_t room, n;
} listing;

static void
list_process (long  pid,
              void *data)
{
  listing *self = data;
  kvault__who who = { .pid = pid };

  if (self->n < self->room)
    {
      name_process (&who);
      self->holders[self->n].pid = pid;
      memcpy (self->holders[self->n].program, who.program, sizeof who.program);
    }
  self->n++;
}

int
kvault_holders (kvault        *vault,
                kvault_holder *holders,
                size_t         room,
                size_t        *n)
{
  listing self = { .holders = holders, .room = room };
  int rc = kvault__enter (vault);

  if (rc == KVAULT_OK)
    each_process (vault, list_process, &self);
  *n = self.n;
  return rc;
}
