/* SPDX-License-Identifier: MIT */
/* The archive of an export: pack.h over target.h, where there is libarchive. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-export-archive.h"

#include <target.h>

#include <errno.h>
#include <unistd.h>

#ifdef HAVE_PACK
#include <pack.h>
#endif

struct _CofferExportArchive {
  char *name;
  target_file file;
  struct pack *pack;
  gint stopped;                /* atomic */
};

CofferExportArchive *
coffer_export_archive_new (const char *name)
{
  CofferExportArchive *self = g_new0 (CofferExportArchive, 1);

  self->name = g_strdup (name);
  self->file.fd = -1;
  return self;
}

void
coffer_export_archive_stop (CofferExportArchive *self)
{
  g_atomic_int_set (&self->stopped, TRUE);
}

#ifdef HAVE_PACK

gboolean
coffer_export_archive_is_possible (const char *name)
{
  return name == NULL || pack_format_of_name (name) != PACK_NONE;
}

static bool
is_ended (void *data)
{
  CofferExportArchive *self = data;

  return g_atomic_int_get (&self->stopped) != 0;
}

int
coffer_export_archive_begin (CofferExportArchive *self,
                             int                  folder)
{
  int error = target_file_begin (&self->file, folder);

  if (error == 0)
    error = pack_new (&self->pack, pack_format_of_name (self->name), self->file.fd, g_get_real_time () / G_USEC_PER_SEC, is_ended, self);
  return error;
}

int
coffer_export_archive_add (CofferExportArchive *self,
                           const char          *path,
                           int                  fd)
{
  struct stat whole;

  return fstat (fd, &whole) == 0 ? pack_add (self->pack, path, fd, (uint64_t) whole.st_size) : errno;
}

int
coffer_export_archive_end (CofferExportArchive *self,
                           int                  folder)
{
  int error = pack_end (self->pack);

  if (error == 0 && fsync (self->file.fd) != 0)
    error = errno;
  return error != 0 ? error : target_file_name (&self->file, folder, self->name, true);
}

void
coffer_export_archive_free (CofferExportArchive *self,
                            int                  folder)
{
  pack_free (self->pack);
  target_file_end (&self->file, folder);
  g_free (self->name);
  g_free (self);
}

#else

gboolean
coffer_export_archive_is_possible (const char *name)
{
  return FALSE;
}

int
coffer_export_archive_begin (CofferExportArchive *self,
                             int                  folder)
{
  return ENOTSUP;
}

int
coffer_export_archive_add (CofferExportArchive *self,
                           const char          *path,
                           int                  fd)
{
  return ENOTSUP;
}

int
coffer_export_archive_end (CofferExportArchive *self,
                           int                  folder)
{
  return ENOTSUP;
}

void
coffer_export_archive_free (CofferExportArchive *self,
                            int                  folder)
{
  g_free (self->name);
  g_free (self);
}

#endif
