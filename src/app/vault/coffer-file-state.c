/* SPDX-License-Identifier: MIT */
/*
 * Whether a file is the one it was, told by its stamps. Never opens it: to close a descriptor of a vault drops SQLite's locks on
 * it. Any thread but the main one.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-file-state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SETTLED_NS (2 * G_GINT64_CONSTANT (1000000000))

static gint64
to_ns (const struct statx_timestamp *time)
{
  return time->tv_sec * G_GINT64_CONSTANT (1000000000) + time->tv_nsec;
}

static void
read_stamp (CofferFileStamp *stamp,
            const char      *path)
{
  struct statx stx;

  memset (stamp, 0, sizeof *stamp);
  if (statx (AT_FDCWD, path, 0, STATX_INO | STATX_SIZE | STATX_MTIME | STATX_CTIME, &stx) != 0)
    return;
  stamp->device = (guint64) stx.stx_dev_major << 32 | stx.stx_dev_minor;
  stamp->inode = stx.stx_ino;
  stamp->size = stx.stx_size;
  stamp->changed = to_ns (&stx.stx_ctime);
  stamp->written = to_ns (&stx.stx_mtime);
}

void
coffer_file_state_read (CofferFileState *self,
                        const char      *path)
{
  char *real = realpath (path, NULL);   /* beside what a link leads to SQLite has its log */
  g_autofree char *wal = g_strconcat (real != NULL ? real : path, "-wal", NULL);

  free (real);
  read_stamp (&self->main, path);
  read_stamp (&self->wal, wal);
  /* Whenever root opens the file, SQLite gives the log to the owner of the file. That stamps the inode and writes nothing. */
  self->wal.changed = 0;
  /* An empty log comes with whoever opens the file, ourselves too, and goes with the last one. */
  if (self->wal.size == 0)
    memset (&self->wal, 0, sizeof self->wal);
}

gboolean
coffer_file_state_equal (const CofferFileState *a,
                         const CofferFileState *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

gboolean
coffer_file_state_is_settled (const CofferFileState *self)
{
  gint64 latest = MAX (MAX (self->main.changed, self->main.written), self->wal.written);

  return self->main.inode != 0 && g_get_real_time () * 1000 - latest > SETTLED_NS;
}
