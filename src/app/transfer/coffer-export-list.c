/* SPDX-License-Identifier: MIT */
/* The list of an export, coffer.json. manifest.h tells what is in it. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-export-list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 65536   /* of it that waits to be written */

/* Another export's would lose its files. */
static int
check_place (int                folder,
             gboolean           replaces,
             const CofferGuard *guard)
{
  struct stat there;

  if (fstatat (folder, MANIFEST_NAME, &there, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? 0 : errno;
  if (S_ISDIR (there.st_mode))
    return EISDIR;
  if (coffer_guard_has (guard, &there))
    return EPERM;
  return replaces ? 0 : EEXIST;
}

int
coffer_export_list_begin_in_archive (CofferExportList *self,
                                     int               folder,
                                     names_paths      *paths)
{
  int error = 0;

  if (names_paths_take (paths, (names_bytes) { MANIFEST_NAME, strlen (MANIFEST_NAME) }, NULL) == NULL)
    error = ENOMEM;
  if (error != 0)
    return error;
  names_paths_set_written (paths);
  if ((error = target_file_begin (&self->file, folder)) != 0)
    return error;
  return manifest_add_begin (&self->text) ? 0 : ENOMEM;
}

int
coffer_export_list_begin (CofferExportList  *self,
                          int                folder,
                          gboolean           replaces,
                          const CofferGuard *guard,
                          names_paths       *paths)
{
  int error = check_place (folder, replaces, guard);

  return error != 0 ? error : coffer_export_list_begin_in_archive (self, folder, paths);
}

static int
write_text (CofferExportList *self)
{
  int error = target_file_write (&self->file, self->text.data, self->text.size);

  names_text_cut (&self->text, 0);
  return error;
}

int
coffer_export_list_add (CofferExportList     *self,
                        const manifest_entry *entry)
{
  if (!manifest_add_entry (&self->text, entry, self->count++))
    return ENOMEM;
  return self->text.size >= TEXT_SIZE ? write_text (self) : 0;
}

int
coffer_export_list_flush (CofferExportList *self)
{
  return manifest_add_end (&self->text, self->count) ? write_text (self) : ENOMEM;
}

int
coffer_export_list_end (CofferExportList *self,
                        int               folder,
                        gboolean          replaces)
{
  int error = coffer_export_list_flush (self);

  if (error == 0 && fsync (self->file.fd) != 0)
    error = errno;
  return error != 0 ? error : target_file_name (&self->file, folder, MANIFEST_NAME, replaces);
}

void
coffer_export_list_clear (CofferExportList *self,
                          int               folder)
{
  target_file_end (&self->file, folder);
  names_text_clear (&self->text);
}
