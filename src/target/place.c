/* SPDX-License-Identifier: MIT */
/* place.c - whether a file may go where its name says. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* --- files that were made ---------------------------------------------------------------- */

typedef struct file_id {
  dev_t dev;
  ino_t ino;
} file_id;

static int
compare_ids (const void *one,
             const void *two)
{
  const file_id *a = one;
  const file_id *b = two;

  return a->dev != b->dev ? (a->dev > b->dev) - (a->dev < b->dev) : (a->ino > b->ino) - (a->ino < b->ino);
}

int
target_made_add (target_made *self,
                 int          fd)
{
  file_id *id = malloc (sizeof *id);
  file_id **found;
  struct stat facts;

  if (id == NULL || fstat (fd, &facts) != 0)
    {
      int error = id == NULL ? ENOMEM : errno;

      free (id);
      return error;
    }
  *id = (file_id) { facts.st_dev, facts.st_ino };
  found = (file_id **) tsearch (id, &self->tree, compare_ids);
  if (found == NULL || *found != id)
    free (id);
  return found != NULL ? 0 : ENOMEM;
}

void
target_made_clear (target_made *self)
{
  tdestroy (self->tree, free);
  self->tree = NULL;
}

/* --- places ------------------------------------------------------------------------------ */

void
target_place_set (target_place *self,
                  const char   *path)
{
  const char *slash = strrchr (path, '/');

  self->path = path;
  self->name = slash != NULL ? slash + 1 : path;
}

/* What has the name. 0 or errno; ENOENT: nothing. */
static int
look_at_name (target_place      *self,
              int                folder,
              names_paths       *paths,
              const target_made *made)
{
  while (fstatat (folder, self->name, &self->there, AT_SYMLINK_NOFOLLOW) == 0)
    {
      file_id id = { self->there.st_dev, self->there.st_ino };
      const char *path;

      if (tfind (&id, &made->tree, compare_ids) == NULL)
        return 0;
      if ((path = names_paths_take_another (paths)) == NULL)
        return ENOMEM;
      target_place_set (self, path);
    }
  return errno;
}

/* How much of a name is that of the SQLite file whose log or journal it would be; 0 if of none. */
static size_t
without_suffix (const char *name)
{
  static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
  size_t length = strlen (name);

  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    {
      size_t size = strlen (suffixes[i]);

      if (size < length && strcasecmp (name + length - size, suffixes[i]) == 0)
        return length - size;
    }
  return 0;
}

/* A log or journal put beside an SQLite file that was there would be played back into it, by whoever opens that next. Beside
 * one that came with it, it is in its place. */
static bool
is_foreign_journal (const target_place *self,
                    int                 folder,
                    names_paths        *paths)
{
  size_t length = without_suffix (self->name);
  char other[NAMES_PART_MAX + 32];
  struct stat there;

  if (length == 0 || length >= sizeof other)
    return false;
  memcpy (other, self->name, length);
  other[length] = '\0';
  return fstatat (folder, other, &there, AT_SYMLINK_NOFOLLOW) == 0
         && !names_paths_is_written (paths, (names_bytes) { self->path, (size_t) (self->name - self->path) + length });
}

target_obstacle
target_place_look (target_place      *self,
                   target_dir        *dir,
                   names_paths       *paths,
                   const target_made *made)
{
  int folder, missing;

  self->error = target_dir_enter (dir, self->path, (size_t) (self->name - self->path));
  if (self->error == ENOTDIR || self->error == ELOOP)
    return TARGET_BLOCKED;
  if (self->error != 0)
    return TARGET_ERROR;
  folder = target_dir_folder (dir);
  missing = look_at_name (self, folder, paths, made);
  if (missing != 0 && missing != ENOENT)
    {
      self->error = missing;
      return TARGET_ERROR;
    }
  if (is_foreign_journal (self, folder, paths))
    return TARGET_JOURNAL;
  if (missing == ENOENT)
    return TARGET_FREE;
  return S_ISDIR (self->there.st_mode) ? TARGET_FOLDER : TARGET_TAKEN;
}
