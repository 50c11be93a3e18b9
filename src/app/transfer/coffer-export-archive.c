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

/* What is read back. */
typedef struct {
  CofferExportArchive *archive;
  GByteArray *sums;
  gsize next;                  /* of them */
  manifest_sum sum;
  gboolean differs;
} Check;

static bool
begin_cb (void *data)
{
  Check *check = data;

  manifest_sum_init (&check->sum);
  return !is_ended (check->archive);
}

static bool
take_cb (const void *bytes,
         size_t      size,
         void       *data)
{
  Check *check = data;

  manifest_sum_add (&check->sum, bytes, size);
  return !is_ended (check->archive);
}

static bool
end_cb (void *data)
{
  Check *check = data;
  guint8 sum[MANIFEST_SUM_SIZE];

  manifest_sum_end (&check->sum, sum);
  check->differs = check->next >= check->sums->len || memcmp (check->sums->data + check->next, sum, sizeof sum) != 0;
  check->next += sizeof sum;
  return !check->differs;
}

/* Read from the disk, not from what the system holds of it still. */
static int
read_back (CofferExportArchive *self,
           GByteArray          *sums)
{
  Check check = { self, sums };
  const pack_reader reader = { begin_cb, take_cb, end_cb, &check };
  int error;

  posix_fadvise (self->file.fd, 0, 0, POSIX_FADV_DONTNEED);
  error = pack_read (self->file.fd, &reader);
  if (check.differs || (error == 0 && check.next != sums->len))
    return EBADMSG;
  return error;
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
