/* SPDX-License-Identifier: MIT */
/* copying.c - a copy of the whole file elsewhere, made by the library, which gives it a name that is free.
 *
 * Where it is to take another file's place (--force), the library does that, too (kvault_new_file): a failure, a signal or a kill leaves the older
 * copy, and what somebody has open is not replaced.
 */
#include "copying.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* Whether it would be taken for one of those itself. */
static bool
is_companion (const char *target)
{
  static const char *const suffixes[] = { "-wal", "-journal", "-shm" };
  size_t length = strlen (target);

  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    if (length > strlen (suffixes[i]) && strcasecmp (target + length - strlen (suffixes[i]), suffixes[i]) == 0)
      return true;
  return false;
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
  if (is_companion (target))
    return refuse (target, "SQLite would take a file of this name for the log of another one, and delete it", CLI_USAGE);
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

/* The library's words, with a status that tells what to do about it. */
static int
fail_new_file (const kvault_new_file *file)
{
  const kvault_error *error = kvault_new_file_error (file);

  cli_report ("%s", error->message);
  return kvault_new_file_hindrance (file) == KVAULT_HINDRANCE_ANOTHER || kvault_new_file_hindrance (file) == KVAULT_HINDRANCE_LOG ? CLI_BUSY
                                                                                                            : cli_status (error->code);
}

static int
replace (cli        *self,
         const char *target)
{
  kvault_new_file *file = kvault_new_file_new (target);
  int rc, status = CLI_DONE;

  if (file == NULL)
    return refuse (target, strerror (ENOMEM), CLI_IO);
  if (kvault_new_file_begin (file, true) != KVAULT_OK)
    status = fail_new_file (file);
  else if ((rc = kvault_backup (self->vault, kvault_new_file_path (file), cli_show_bytes, self)) != KVAULT_OK)
    status = fail (self, rc);
  else if (kvault_new_file_finish (file) != KVAULT_OK)
    status = fail_new_file (file);
  kvault_new_file_free (file);
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
