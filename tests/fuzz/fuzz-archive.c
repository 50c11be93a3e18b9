/* SPDX-License-Identifier: MIT */
/* Archives that nobody packed: unpack.h. Names lead nowhere, sizes are what they were told to be, and a member that is gone to is the same. */
#include "fuzz.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unpack.h>

const char *const fuzz_name = "archive";
const unsigned fuzz_rounds = 20000;
const bool fuzz_pages = false;

#define MOST_BYTES (8u << 20)   /* that are unpacked of one */
#define MOST_MEMBERS 64

static void
check_path (const unpack_member *member)
{
  fuzz_require (member->path[member->path_size] == '\0');
  if (member->kind != UNPACK_FILE)
    return;
  fuzz_require (member->path_size > 0 && strlen (member->path) == member->path_size && member->path[0] != '/');
  fuzz_require (member->path[member->path_size - 1] != '/');
  fuzz_require (strcmp (member->path, "..") != 0 && strncmp (member->path, "../", 3) != 0 && strstr (member->path, "/../") == NULL);
}

static void
read_member (unpack              *archive,
             const unpack_member *member,
             uint64_t            *left)
{
  char *buffer = malloc (5000);
  uint64_t size = member->size, done = 0;
  size_t n = 1;
  int error = 0;

  while (n > 0 && done < *left && (error = unpack_read (archive, buffer, 5000, &n)) == 0)
    {
      fuzz_require (n <= 5000);
      done += n;
      fuzz_require (done <= size);
    }
  fuzz_require (error != 0 || n > 0 || done == size);
  *left -= done < *left ? done : *left;
  free (buffer);
}

static void
walk (unpack *archive)
{
  uint64_t places[MOST_MEMBERS], left = MOST_BYTES;
  const unpack_member *member;
  size_t n = 0;

  while (n < MOST_MEMBERS && left > 0 && unpack_next (archive, &member) == 0)
    {
      check_path (member);
      places[n++] = member->at;
      if (member->kind == UNPACK_FILE && n % 3 != 0)
        read_member (archive, member, &left);
    }
  for (size_t i = n; i > 0 && i + 8 > n; i--)
    if (unpack_go (archive, places[i - 1]) == 0 && unpack_next (archive, &member) == 0)
      {
        fuzz_require (member->at == places[i - 1]);
        check_path (member);
      }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  unpack *archive = NULL;
  int error;

  fuzz_require (fd >= 0 && write (fd, data, size) == (ssize_t) size);
  error = unpack_new (&archive, fd, NULL, NULL);
  fuzz_require ((error == 0) == (archive != NULL));
  if (archive != NULL)
    walk (archive);
  unpack_free (archive);
  close (fd);
  return 0;
}
