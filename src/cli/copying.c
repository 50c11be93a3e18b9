/* SPDX-License-Identifier: MIT */
/* copying.c - a copy of the whole file elsewhere, made by the library, which gives it a name that is free.
 *
 * Where it is to take another file's place (--force), it is made under a name beside that, and renamed when it is whole and on the disk:
 * so a failure, a signal or a kill leaves the older copy. That must be at rest, since its log and journal would be taken for
 * those of the new one.
 */
#include "copying.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
name_of (const char *path)
{
  return cli_name ((cli_bytes) { path, strlen (path) });
}

static int
refuse (const char *target,
        const char *why,
        int         status)
{
  cli_report ("%s: %s", name_of (target), why);
  return status;
}

/* --- the place --------------------------------------------------------------------------- */

/* What an SQLite file of this name would be read with. */
static const char *
find_companion (const char *target)
{
  static const char *const suffixes[] = { "-wal", "-journal", "-shm" };
  const char *found = NULL;
  struct stat there;
  char *path;

  for (size_t i = 0; found == NULL && i < sizeof suffixes / sizeof suffixes[0]; i++)
    {
      if (asprintf (&path, "%s%s", target, suffixes[i]) < 0)
        return suffixes[i];   /* no memory to be sure */
      if (lstat (path, &there) == 0)
        found = suffixes[i];
      free (path);
    }
  return found;
}

/* Whether it may be replaced. */
static int
look_at_old (cli               *self,
             const char        *target,
             const struct stat *there)
{
  if (!cli_has (self, CLI_OPT_FORCE))
    return refuse (target, self->command->options & CLI_OPT_FORCE ? "it is there already; see --force" : "it is there already", CLI_USAGE);
  if (cli_is_file_of_vault (self, there))
    return refuse (target, "it is a file of the vault itself", CLI_USAGE);
  if (!S_ISREG (there->st_mode))
    return refuse (target, "what is there is no file", CLI_USAGE);
  return CLI_DONE;
}

static int
look_at_place (cli        *self,
               const char *target,
               bool       *replaces,
               uint64_t   *room)
{
  int rc = cli_room_beside (target, room);
  const char *companion;
  struct stat there;

  *replaces = false;
  if (rc != 0)
    return refuse (target, strerror (rc), rc == ENOENT ? CLI_NOT_FOUND : CLI_IO);
  if (lstat (target, &there) == 0)
    {
      int status = look_at_old (self, target, &there);

      if (status != CLI_DONE)
        return status;
      *replaces = true;
    }
  if ((companion = find_companion (target)) == NULL)
    return CLI_DONE;
  cli_report ("%s: it has a %s beside it, which would be read with the copy: it is in use, or was not closed", name_of (target), companion);
  return CLI_BUSY;
}

/* --- making it --------------------------------------------------------------------------- */

static int
fail (cli *self,
      int  result)
{
  if (result != KVAULT_ECORRUPT)
    return cli_fail (self, result);
  cli_report ("%s; kvault export --salvage saves what can be read", kvault_errmsg (self->vault));
  return CLI_DAMAGED;
}

/* Nobody has it open, or nobody can tell. */
static int
take_lease (const char *target,
            int        *fd)
{
  signal (SIGIO, SIG_IGN);   /* who opens it meanwhile waits, and this is how we would be told */
  *fd = open (target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (*fd >= 0 && fcntl (*fd, F_SETLEASE, F_WRLCK) != 0 && errno == EAGAIN)
    return refuse (target, "another program has it open", CLI_BUSY);
  return CLI_DONE;
}

static int
sync_folder (const char *target)
{
  char *copy = strdup (target);
  int fd = copy != NULL ? open (dirname (copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  int status = CLI_DONE;

  if (fd < 0 || fsync (fd) != 0)
    status = refuse (target, strerror (errno), CLI_IO);
  if (fd >= 0)
    close (fd);
  free (copy);
  return status;
}

static int
take_place (const char *made,
            const char *target)
{
  int fd, status = take_lease (target, &fd);

  if (status == CLI_DONE && find_companion (target) != NULL)
    status = refuse (target, "another program has begun to use it", CLI_BUSY);
  if (status == CLI_DONE && rename (made, target) != 0)
    status = refuse (target, strerror (errno), CLI_IO);
  if (fd >= 0)
    close (fd);
  if (status == CLI_DONE)
    return sync_folder (target);
  unlink (made);
  return status;
}

/* ".NAME.new" beside it: what a killed process leaves is in nobody's way, and the next one removes it. */
static char *
name_beside (const char *target)
{
  const char *slash = strrchr (target, '/');
  const char *name = slash != NULL ? slash + 1 : target;
  char *path;

  return asprintf (&path, "%.*s.%s.kvault-new", (int) (name - target), target, name) < 0 ? NULL : path;
}

static int
replace (cli        *self,
         const char *target)
{
  char *made = name_beside (target);
  int rc, status;

  if (made == NULL)
    return refuse (target, strerror (ENOMEM), CLI_IO);
  if (unlink (made) != 0 && errno != ENOENT)
    status = refuse (target, strerror (errno), CLI_IO);
  else if ((rc = kvault_backup (self->vault, made, cli_show_bytes, self)) != KVAULT_OK)
    status = fail (self, rc);
  else
    status = take_place (made, target);
  free (made);
  return status;
}

/* --- what is said ------------------------------------------------------------------------ */

static void
print_copy (cli        *self,
            const char *target,
            uint64_t    size,
            uint64_t    ms)
{
  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_text ("file", self->location);
      cli_json_bytes ("into", (cli_bytes) { target, strlen (target) });
      cli_json_number ("size", size);
      cli_json_number ("duration_ms", ms);
      cli_json_bool ("verified", true);
      cli_json_end_line ();
      return;
    }
  if (cli_has (self, CLI_OPT_QUIET))
    return;
  cli_put_fact ("Copy:", target);
  cli_put_size_fact ("Size:", size);
  cli_put_fact ("Time:", cli_time_text (ms));
  cli_put_fact ("Verified:", CLI_COPY_VERIFIED);
}

static void
print_plan (cli        *self,
            const char *target,
            uint64_t    size,
            uint64_t    room)
{
  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_text ("file", self->location);
      cli_json_bytes ("into", (cli_bytes) { target, strlen (target) });
      cli_json_number ("size", size);
      cli_json_number ("disk_free", room);
      cli_json_end_line ();
      return;
    }
  cli_put_fact ("File:", self->location);
  cli_put_fact ("Copy:", target);
  cli_put_size_fact ("Size:", size);
  cli_put_size_fact ("Free disk:", room);
}

/* ----------------------------------------------------------------------------------------- */

int
cli_copy_plan (cli        *self,
               const char *target)
{
  kvault_stats stats;
  uint64_t room, size;
  bool replaces;
  int rc = kvault_stats_get (self->vault, &stats);
  int status;

  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if ((status = look_at_place (self, target, &replaces, &room)) != CLI_DONE)
    return status;
  size = stats.file_size - stats.reclaimable_size;
  print_plan (self, target, size, room);
  if (size <= room)
    return CLI_DONE;
  cli_report ("%s: no room for %s", name_of (target), cli_size_text (size));
  return CLI_IO;
}

int
cli_copy_make (cli        *self,
               const char *target)
{
  uint64_t begun = cli_now_ms (), room;
  struct stat made;
  bool replaces;
  int rc, status = look_at_place (self, target, &replaces, &room);

  if (status != CLI_DONE)
    return status;
  if (replaces)
    status = replace (self, target);
  else if ((rc = kvault_backup (self->vault, target, cli_show_bytes, self)) != KVAULT_OK)
    status = fail (self, rc);
  cli_progress_end ();
  if (status == CLI_DONE)
    print_copy (self, target, stat (target, &made) == 0 ? (uint64_t) made.st_size : 0, cli_now_ms () - begun);
  return status;
}
