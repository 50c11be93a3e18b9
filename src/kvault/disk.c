/* SPDX-License-Identifier: MIT */
/*
 * disk.c - how fast the disk of a vault is, tried on a file of a few megabytes that never has a name.
 *
 * O_TMPFILE changes nothing in the folder, not even its times, and the file is gone with its descriptor, whatever ends the process. It is
 * written in pieces, and the disk must have all of them in the end, but it is never synced: fsync() may wait for what all
 * other programs have written by then, sync_file_range() waits for these bytes alone. They are read again once the system has forgotten them.
 */
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define PIECE (256u << 10)
#define AHEAD (4 * PIECE)
#define MAX_SIZE (8u << 20)
#define MIN_ROOM (32 * (uint64_t) MAX_SIZE)   /* a disk so full is not to be filled further */
#define WRITE_NS 60000000                      /* after which no other piece is written, */
#define READ_NS 40000000                       /* or read */

static int64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t
rate_of (uint64_t bytes,
         int64_t  ns)
{
  return (uint64_t) ((double) bytes * 1e9 / (double) (ns > 0 ? ns : 1)) + 1;
}

/* Such as no file system makes smaller. */
static void
fill_with_noise (unsigned char *piece)
{
  uint64_t x = 0x9e3779b97f4a7c15;

  for (size_t i = 0; i < PIECE; i += sizeof x)
    {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      memcpy (piece + i, &x, sizeof x);
    }
}

static bool
wait_for (int      fd,
          uint64_t offset,
          uint64_t size)
{
  return sync_file_range (fd, (off_t) offset, (off_t) size,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) == 0;
}

/* Some pieces are under way at any time, as in a copy. Returns the bytes written; 0: it failed. */
static uint64_t
write_pieces (int                  fd,
              const unsigned char *piece,
              int64_t             *ns)
{
  int64_t begun = now_ns ();
  uint64_t size = 0;

  do
    {
      if (pwrite (fd, piece, PIECE, (off_t) size) != (ssize_t) PIECE || sync_file_range (fd, (off_t) size, PIECE, SYNC_FILE_RANGE_WRITE) != 0)
        return 0;
      size += PIECE;
      if (size > AHEAD && !wait_for (fd, size - AHEAD - PIECE, PIECE))
        return 0;
    }
  while (size < MAX_SIZE && now_ns () - begun < WRITE_NS);
  if (!wait_for (fd, 0, size))
    return 0;
  *ns = now_ns () - begun;
  return size;
}

static uint64_t
read_pieces (int            fd,
             unsigned char *piece,
             uint64_t       size,
             int64_t       *ns)
{
  int64_t begun;
  uint64_t done = 0;

  posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
  begun = now_ns ();
  do
    {
      if (pread (fd, piece, PIECE, (off_t) done) != (ssize_t) PIECE)
        return 0;
      done += PIECE;
      *ns = now_ns () - begun;
    }
  while (done < size && *ns < READ_NS);
  return done;
}

static bool
measure (int            fd,
         unsigned char *piece,
         kvault_disk   *disk)
{
  int64_t write_ns = 0, read_ns = 0;
  uint64_t written, read;

  fill_with_noise (piece);
  if ((written = write_pieces (fd, piece, &write_ns)) == 0 || (read = read_pieces (fd, piece, written, &read_ns)) == 0)
    return false;
  disk->write_rate = rate_of (written, write_ns);
  disk->read_rate = rate_of (read, read_ns);
  return true;
}

static bool
has_room (int fd)
{
  struct rlimit limit;
  struct statvfs fs;

  return fstatvfs (fd, &fs) == 0 && (uint64_t) fs.f_bavail * fs.f_frsize >= MIN_ROOM &&
         getrlimit (RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MAX_SIZE);
}

int
kvault_disk_measure (const char  *path,
                     kvault_disk *disk)
{
  char *whole = realpath (path, NULL);   /* which opens nothing: a descriptor of a vault's file would take the process's locks with it */
  char *folder = whole != NULL ? kvault__folder_of (whole) : NULL;
  unsigned char *piece = malloc (PIECE);
  int fd = folder != NULL ? open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
  bool measured = false;

  *disk = (kvault_disk) { 0 };
  if (fd >= 0 && piece != NULL && has_room (fd))
    measured = measure (fd, piece, disk);
  if (fd >= 0)
    close (fd);
  free (piece);
  free (folder);
  free (whole);
  return measured;
}
