/* SPDX-License-Identifier: MIT */
/*
 * Files of a test: fixtures copied, contents, folders seen before and after.
 *
 * A vault may be open in this process while a folder is looked at, and closing any
 * descriptor of it would drop its locks: sums are made in a child.
 */
#include "kvtest-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const sides[] = { "-wal", "-shm", "-journal" };

char *
kvtest_path (const char *name)
{
  return kvtest_format ("%s/%s", kvtest_folder (), name);
}

char *
kvtest_data (const char *name)
{
  const char *data = getenv ("COFFER_TEST_DATA");

  if (data == NULL)
    kvtest_fail (__FILE__, __LINE__, "COFFER_TEST_DATA is not set");
  return kvtest_format ("%s/%s", data, name);
}

void
kvtest_make_folder (const char *path)
{
  die_unless (mkdir (path, 0755) == 0);
}

bool
kvtest_exists (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0;
}

uint64_t
kvtest_file_size (const char *path)
{
  struct stat status;

  die_unless (stat (path, &status) == 0);
  return (uint64_t) status.st_size;
}

static uint8_t *
read_all (const char *path,
          size_t     *size)
{
  FILE *file = fopen (path, "rb");
  uint8_t *data;

  if (file == NULL)
    kvtest_fail (__FILE__, __LINE__, "%s: %m", path);
  *size = kvtest_file_size (path);
  die_unless ((data = malloc (*size + 1)) != NULL && fread (data, 1, *size, file) == *size);
  fclose (file);
  return data;
}

uint8_t *
kvtest_read_file (const char *path,
                  size_t     *size)
{
  return kvtest_keep (read_all (path, size));
}

void
kvtest_write_file (const char *path,
                   const void *data,
                   size_t      size)
{
  FILE *file = fopen (path, "wb");

  if (file == NULL)
    kvtest_fail (__FILE__, __LINE__, "%s: %m", path);
  die_unless (fwrite (data, 1, size, file) == size);
  die_unless (fclose (file) == 0);
}

void
kvtest_copy_file (const char *from,
                  const char *to)
{
  size_t size;
  uint8_t *data = read_all (from, &size);

  kvtest_write_file (to, data, size);
  free (data);
}

char *
kvtest_fixture_in (const char *folder,
                   const char *name)
{
  const char *base = strrchr (name, '/');
  char *from = kvtest_data (name);
  char *to = kvtest_format ("%s/%s", folder, base != NULL ? base + 1 : name);

  kvtest_copy_file (from, to);
  for (size_t i = 0; i < KVTEST_N (sides); i++)
    {
      char *side = kvtest_format ("%s%s", from, sides[i]);

      if (kvtest_exists (side))
        kvtest_copy_file (side, kvtest_format ("%s%s", to, sides[i]));
    }
  return to;
}

char *
kvtest_fixture (const char *name)
{
  return kvtest_fixture_in (kvtest_folder (), name);
}

static int
remove_one (const char        *path,
            const struct stat *status,
            int                type,
            struct FTW        *walk)
{
  return remove (path);
}

void
kvtest_remove (const char *path)
{
  if (kvtest_exists (path))
    nftw (path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- Snapshots ---- */

struct KvSnapshot {
  char *folder;
  char *text;   /* a line a file, by name */
};

static void
describe (FILE       *out,
          const char *folder,
          const char *name)
{
  char *path = kvtest_format ("%s/%s", folder, name);
  char sum[SHA256_HEX_SIZE] = "-";
  struct stat status;
  size_t size;

  if (lstat (path, &status) != 0)
    return;
  if (strlen (name) > 4 && strcmp (name + strlen (name) - 4, "-shm") == 0)
    {
      fprintf (out, "# %s\n", name); /* readers leave their marks in it, by design */
      return;
    }
  if (S_ISREG (status.st_mode) && access (path, R_OK) == 0)
    sha256_hex (kvtest_read_file (path, &size), (size_t) status.st_size, sum);
  fprintf (out, "# %-24s mode %o, inode %llu, %lld bytes, changed %lld.%09ld, %.12s\n", name,
           status.st_mode, (unsigned long long) status.st_ino, (long long) status.st_size,
           (long long) status.st_mtim.tv_sec, status.st_mtim.tv_nsec, sum);
}

static void
describe_all (FILE       *out,
              const char *folder)
{
  struct dirent **names;
  int n = scandir (folder, &names, NULL, alphasort);

  die_unless (n >= 0);
  for (int i = 0; i < n; i++)
    if (strcmp (names[i]->d_name, ".") != 0 && strcmp (names[i]->d_name, "..") != 0)
      describe (out, folder, names[i]->d_name);
}

static char *
look_at (const char *folder)
{
  FILE *out = tmpfile ();
  size_t size;
  char *text;
  pid_t pid;

  die_unless (out != NULL);
  fflush (NULL);
  if ((pid = fork ()) == 0)
    {
      describe_all (out, folder);
      fflush (out);
      _exit (0);
    }
  kvtest_settle (pid);
  fseek (out, 0, SEEK_END);
  size = (size_t) ftell (out);
  rewind (out);
  text = kvtest_keep (calloc (1, size + 1));
  die_unless (fread (text, 1, size, out) == size);
  fclose (out);
  return text;
}

KvSnapshot *
kvtest_snapshot (const char *folder)
{
  KvSnapshot *self = kvtest_keep (malloc (sizeof *self));

  *self = (KvSnapshot) { .folder = kvtest_format ("%s", folder), .text = look_at (folder) };
  return self;
}

void
kvtest_assert_unchanged (const char *file,
                         int         line,
                         KvSnapshot *snapshot)
{
  char *now = look_at (snapshot->folder);

  if (strcmp (now, snapshot->text) != 0)
    kvtest_fail (file, line, "%s changed; before:\n%s# now:\n%s", snapshot->folder,
                 snapshot->text, now);
}

void
kvtest_assert_alone (const char *file,
                     int         line,
                     const char *path)
{
  char *base = strrchr (path, '/') + 1;
  char *folder = kvtest_format ("%.*s", (int) (base - path - 1), path);
  struct dirent **names;
  int n = scandir (folder, &names, NULL, alphasort);

  die_unless (n >= 0);
  for (int i = 0; i < n; i++)
    {
      if (strncmp (names[i]->d_name, base, strlen (base)) == 0
          && strcmp (names[i]->d_name, base) != 0)
        kvtest_fail (file, line, "%s lies beside %s", names[i]->d_name, base);
      free (names[i]);
    }
  free (names);
}
