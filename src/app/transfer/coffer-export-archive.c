/* SPDX-License-Identifier: MIT */
/* The archive of an export: pack.h over target.h, where there is libarchive. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-export-archive.h"

#include <manifest.h>
#include <target.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_PACK
#include <pack.h>
#include <unpack.h>

#define PIECE_SIZE (256u << 10)
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

/* The sum of the file at hand. */
static int
sum_up (unpack *archive,
        guint8  sum[MANIFEST_SUM_SIZE])
{
  g_autofree char *buffer = g_malloc (PIECE_SIZE);
  manifest_sum so_far;
  gsize n;
  int error;

  manifest_sum_init (&so_far);
  while ((error = unpack_read (archive, buffer, PIECE_SIZE, &n)) == 0 && n > 0)
    manifest_sum_add (&so_far, buffer, n);
  manifest_sum_end (&so_far, sum);
  return error;
}

/* Read from the disk, not from what the system holds of it still. */
static int
read_back (CofferExportArchive *self,
           GByteArray          *sums)
{
  unpack *archive = NULL;
  const unpack_member *member;
  guint8 sum[MANIFEST_SUM_SIZE];
  gsize at = 0;
  int error;

  posix_fadvise (self->file.fd, 0, 0, POSIX_FADV_DONTNEED);
  error = unpack_new (&archive, self->file.fd, is_ended, self);
  while (error == 0 && (error = unpack_next (archive, &member)) == 0)
    {
      if (member->kind != UNPACK_FILE || (error = sum_up (archive, sum)) == EBADMSG)
        error = EBADMSG;
      else if (error == 0 && (at + sizeof sum > sums->len || memcmp (sums->data + at, sum, sizeof sum) != 0))
        error = EBADMSG;
      at += sizeof sum;
    }
  unpack_free (archive);
  if (error == ENODATA)
    return at == sums->len ? 0 : EBADMSG;
  return error == ENOEXEC ? EBADMSG : error;
}

int
coffer_export_archive_end (CofferExportArchive *self,
                           int                  folder,
                           GByteArray          *sums)
{
  int error = pack_end (self->pack);

  if (error == 0 && fsync (self->file.fd) != 0)
    error = errno;
  if (error == 0 && sums != NULL)
    error = read_back (self, sums);
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
                           int                  folder,
                           GByteArray          *sums)
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
