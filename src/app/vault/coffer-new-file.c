/* SPDX-License-Identifier: MIT */
/*
 * A file that is made whole and gets its name then, from another one if need be: the engine's kvault_new_file, with what this program knows
 * of its vaults, and in words for people. Any thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-new-file.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>
#include <sys/stat.h>

struct _CofferNewFile {
  kvault_new_file *file;
  char *shown;                 /* its name, for words */
  char *problem;
};

static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

static gboolean
is_file (const char        *path,
         const struct stat *st)
{
  struct stat found;

  return stat (path, &found) == 0 && found.st_dev == st->st_dev && found.st_ino == st->st_ino;
}

/* By any name, and its side files: who deletes a vault's log loses what is in it. */
static gboolean
is_of_vault (const char        *vault,
             const struct stat *st)
{
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (vault, suffixes[i], NULL);

      if (is_file (path, st))
        return TRUE;
    }
  return FALSE;
}

/* Of what this program shows: it may have let go of it for the moment. */
static gboolean
is_shown (const char *const *open_paths,
          const struct stat *st)
{
  for (guint i = 0; open_paths != NULL && open_paths[i] != NULL; i++)
    if (is_of_vault (open_paths[i], st))
      return TRUE;
  return FALSE;
}

/* @format: with the file's name. (The compiler sees to that in the macro.) */
#define set(self, code, format, error) g_set_error (error, COFFER_ERROR, code, format, (self)->shown)

static void
set_open_error (CofferNewFile  *self,
                GError        **error)
{
  const kvault_holder *holder = kvault_new_file_holder (self->file);
  g_autofree char *program = g_utf8_make_valid (holder->program, -1);

  if (holder->pid == 0 || *program == '\0')
    set (self, COFFER_ERROR_BUSY, _("“%s” is open, here or in another program. Close it there, or choose another name"), error);
  else
    /* Translators: a file, and a program with its number */
    g_set_error (error, COFFER_ERROR, COFFER_ERROR_BUSY, _("“%s” is open in %s (process %d). Close it there, or choose another name"),
                 self->shown, program, (int) holder->pid);
}

static gboolean
fail (CofferNewFile  *self,
      GError        **error)
{
  switch (kvault_new_file_hindrance (self->file))
    {
    case KVAULT_HINDRANCE_NO_FILE:
      set (self, COFFER_ERROR_EXISTS, _("“%s” is no file that could be replaced"), error);
      break;
    case KVAULT_HINDRANCE_NAMES:
      set (self, COFFER_ERROR_EXISTS, _("“%s” has more than one name (hard links). Choose another name"), error);
      break;
    case KVAULT_HINDRANCE_OPEN:
      set_open_error (self, error);
      break;
    case KVAULT_HINDRANCE_UNKNOWN:
      set (self, COFFER_ERROR_EXISTS, _("Whether “%s” is open in another program cannot be told here. Choose another name"), error);
      break;
    case KVAULT_HINDRANCE_LOG:
      set (self, COFFER_ERROR_EXISTS,
           _("“%s” was not closed properly, and what lies beside it would be read with the new file. Choose another name"), error);
      break;
    case KVAULT_HINDRANCE_IN_THE_MAKING:
      set (self, COFFER_ERROR_BUSY, _("“%s” is being made already"), error);
      break;
    case KVAULT_HINDRANCE_ANOTHER:
      set (self, COFFER_ERROR_EXISTS, _("Another file has come to the place of “%s” meanwhile"), error);
      break;
    case KVAULT_HINDRANCE_NO_EXCHANGE:
      set (self, COFFER_ERROR_EXISTS, _("No file can take the place of “%s” on this file system. Choose another name"), error);
      break;
    case KVAULT_HINDRANCE_NAME:
      set (self, COFFER_ERROR_EXISTS, _("A file named “%s” would be taken for the log of another one, and be deleted. Choose another name"), error);
      break;
    case KVAULT_HINDRANCE_UNFINISHED:
      set (self, COFFER_ERROR_CODE (KVAULT_EIO),
           _("“%s” could not be written whole: a part of it stayed in its log. Perhaps the disk is full"), error);
      break;
    case KVAULT_HINDRANCE_STUCK:
      {
        g_autofree char *kept = g_filename_display_name (kvault_new_file_path (self->file));

        g_set_error (error, COFFER_ERROR, COFFER_ERROR_BUSY, _("The file that was there could not get its name back, and is “%s” now"), kept);
      }
      break;
    case KVAULT_HINDRANCE_NONE:
    case KVAULT_HINDRANCE_UNSYNCED:
    default:
      g_propagate_error (error, coffer_error_new_open (kvault_new_file_error (self->file)));
      break;
    }
  return FALSE;
}

static gboolean
begin (CofferNewFile      *self,
       const char         *target,
       const char         *source,
       const char *const  *open_paths,
       GError            **error)
{
  g_autofree char *name = g_path_get_basename (target);
  struct stat st;

  self->shown = g_filename_display_name (name);
  self->file = kvault_new_file_new (target);
  if (self->file == NULL)
    g_error ("no memory");
  if (stat (target, &st) == 0 && is_of_vault (source, &st))
    {
      set (self, COFFER_ERROR_EXISTS, _("“%s” is this vault itself. Choose another name"), error);
      return FALSE;
    }
  if (stat (target, &st) == 0 && is_shown (open_paths, &st))
    {
      set (self, COFFER_ERROR_BUSY, _("“%s” is open, here or in another program. Close it there, or choose another name"), error);
      return FALSE;
    }
  return kvault_new_file_begin (self->file, TRUE) == KVAULT_OK || fail (self, error);
}

CofferNewFile *
coffer_new_file_begin (const char         *target,
                       const char         *source,
                       const char *const  *open_paths,
                       GError            **error)
{
  g_autoptr(CofferNewFile) self = g_new0 (CofferNewFile, 1);

  return begin (self, target, source, open_paths, error) ? g_steal_pointer (&self) : NULL;
}

const char *
coffer_new_file_get_path (CofferNewFile *self)
{
  return kvault_new_file_path (self->file);
}

gboolean
coffer_new_file_finish (CofferNewFile  *self,
                        GError        **error)
{
  if (kvault_new_file_finish (self->file) == KVAULT_OK)
    return TRUE;
  if (kvault_new_file_hindrance (self->file) != KVAULT_HINDRANCE_UNSYNCED)
    return fail (self, error);
  self->problem = g_strdup_printf (_("“%s” is whole, but a power cut now may lose its name: its folder could not be written to the disk"),
                                   self->shown);
  return TRUE;
}

const char *
coffer_new_file_get_problem (CofferNewFile *self)
{
  return self->problem;
}

void
coffer_new_file_free (CofferNewFile *self)
{
  kvault_new_file_free (self->file);
  g_free (self->shown);
  g_free (self->problem);
  g_free (self);
}
