/* SPDX-License-Identifier: MIT */
/*
 * Archives that are to be added file by file: unpack.h, and a file for each member, so that what stores, compares and looks at files can
 * do the same with it. The archive itself is opened as every file from outside is, see coffer-source.c.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifdef HAVE_PACK
#include <unpack.h>

#define IN_MEMORY (16u << 20)   /* of one member */
#define PIECE_SIZE (256u << 10)

struct _CofferArchive {
  char *path;
  int fd;
  struct stat before;
  unpack *unpack;
  GCancellable *cancellable;
  CofferMember member;
};

static bool
is_ended_cb (void *data)
{
  return g_cancellable_is_cancelled (((CofferArchive *) data)->cancellable);
}

static void
set_error (CofferArchive *self,
           int            error,
           GError       **error_out)
{
  if (error == ENOEXEC)
    g_set_error_literal (error_out, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("It is no archive that can be read"));
  else if (error == EBADMSG)
    g_set_error_literal (error_out, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("It is damaged"));
  else if (error == ECANCELED)
    g_cancellable_set_error_if_cancelled (self->cancellable, error_out);
  else
    {
      g_autofree char *words = coffer_source_describe_errno (error);

      g_set_error_literal (error_out, G_IO_ERROR, g_io_error_from_errno (error), words);
    }
}

CofferArchive *
coffer_archive_open (const char         *path,
                     const CofferGuard  *guard,
                     GCancellable       *cancellable,
                     GError            **error)
{
  g_autoptr(CofferArchive) self = g_new0 (CofferArchive, 1);
  int why;

  g_set_object (&self->cancellable, cancellable);
  self->path = g_strdup (path);
  if ((self->fd = coffer_source_open (path, NULL, guard, &self->before, error)) < 0)
    return NULL;
  if ((why = unpack_new (&self->unpack, self->fd, is_ended_cb, self)) == 0)
    return g_steal_pointer (&self);
  set_error (self, why, error);
  return NULL;
}

void
coffer_archive_close (CofferArchive *self)
{
  unpack_free (self->unpack);
  if (self->fd >= 0)
    close (self->fd);
  g_clear_object (&self->cancellable);
  g_free (self->member.reason);
  g_free (self->path);
  g_free (self);
}

const char *
coffer_archive_get_path (CofferArchive *self)
{
  return self->path;
}

gboolean
coffer_archive_is_compressed (CofferArchive *self)
{
  return unpack_is_compressed (self->unpack);
}

void
coffer_archive_set_cancellable (CofferArchive *self,
                                GCancellable  *cancellable)
{
  g_set_object (&self->cancellable, cancellable);
}

/* Why a member cannot be read; NULL if it can. (transfer full) */
static char *
describe_kind (unpack_kind kind)
{
  switch (kind)
    {
    case UNPACK_LINK:
      return coffer_source_describe_errno (ELOOP);
    case UNPACK_SPECIAL:
      return g_strdup (_("It is neither a file nor a folder"));
    case UNPACK_OUTSIDE:
      return g_strdup (_("Its path leads out of the archive, or is too long"));
    case UNPACK_ENCRYPTED:
      return g_strdup (_("It is encrypted"));
    case UNPACK_FOREIGN:
      return g_strdup (_("It is packed in a way that cannot be read"));
    case UNPACK_FILE:
    case UNPACK_FOLDER:
    default:
      return NULL;
    }
}

const CofferMember *
coffer_archive_next (CofferArchive  *self,
                     GError        **error)
{
  const unpack_member *member;
  int why = unpack_next (self->unpack, &member);

  g_clear_pointer (&self->member.reason, g_free);
  if (why == ENODATA)
    return NULL;
  if (why != 0)
    {
      set_error (self, why, error);
      return NULL;
    }
  self->member = (CofferMember) { .path = member->path, .reason = describe_kind (member->kind), .size = member->size, .at = member->at };
  self->member.kind = self->member.reason != NULL         ? COFFER_MEMBER_REFUSED
                      : member->kind == UNPACK_FOLDER ? COFFER_MEMBER_FOLDER : COFFER_MEMBER_FILE;
  return &self->member;
}

static gboolean
has_room (int     fd,
          guint64 size)
{
  struct statvfs disk;

  return fstatvfs (fd, &disk) != 0 || (guint64) disk.f_bavail * disk.f_frsize >= size;
}

/* -1 with errno. Room is looked for before all of a long member is unpacked to find that there is none. @folder is set to where it is, or
 * would have been; NULL: it is in memory. */
static int
open_nameless (guint64      size,
               const char **folder)
{
  const char *const folders[] = { "/var/tmp", g_get_tmp_dir () };
  int fd = size <= IN_MEMORY ? memfd_create ("coffer", MFD_CLOEXEC) : -1;
  int why = errno;

  *folder = NULL;
  for (guint i = 0; fd < 0 && i < G_N_ELEMENTS (folders); i++)
    {
      *folder = folders[i];
      fd = open (folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      why = errno;
      if (fd < 0 || has_room (fd, size))
        continue;
      close (fd);
      fd = -1;
      why = ENOSPC;
    }
  errno = why;
  return fd;
}

/* 0 or errno. */
static int
write_all (int         fd,
           const char *bytes,
           gsize       size)
{
  while (size > 0)
    {
      gssize n = write (fd, bytes, size);

      if (n < 0 && errno != EINTR)
        return errno;
      bytes += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return 0;
}

/* 0 or errno. */
static int
copy (CofferArchive *self,
      int            fd)
{
  g_autofree char *buffer = g_malloc (PIECE_SIZE);
  gsize n = 1;
  int why = 0;

  while (why == 0 && n > 0 && (why = unpack_read (self->unpack, buffer, PIECE_SIZE, &n)) == 0)
    why = write_all (fd, buffer, n);
  return why;
}

/* Whether it is the disk for what is unpacked that is full: people would look at that of the vault. */
static gboolean
set_error_of_folder (const char  *folder,
                     int          why,
                     GError     **error)
{
  if (folder == NULL || (why != ENOSPC && why != EDQUOT))
    return FALSE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (why), _("There is no room in %s to unpack it"), folder);
  return TRUE;
}

int
coffer_archive_unpack (CofferArchive  *self,
                       guint64         at,
                       const char     *path,
                       struct stat    *before,
                       GError        **error)
{
  const unpack_member *member = NULL;
  const char *folder = NULL;
  int fd = -1, why = unpack_go (self->unpack, at);

  if (why == 0)
    why = unpack_next (self->unpack, &member);
  if (coffer_source_changed (self->fd, &self->before) ||
      (why == 0 && (member->kind != UNPACK_FILE || !g_str_equal (member->path, path))))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("The archive has changed"));
      return -1;
    }
  if (why == 0 && (fd = open_nameless (member->size, &folder)) < 0)
    why = errno;
  if (why == 0)
    why = copy (self, fd);
  if (why == 0 && coffer_source_changed (self->fd, &self->before))   /* nobody looks at it again: a plain tar has no sums */
    {
      close (fd);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("The archive has changed"));
      return -1;
    }
  if (why == 0 && (lseek (fd, 0, SEEK_SET) != 0 || fstat (fd, before) != 0))
    why = errno;
  if (why == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  if (!set_error_of_folder (folder, why, error))
    set_error (self, why == ENODATA ? EBADMSG : why, error);
  return -1;
}

#else

CofferArchive *
coffer_archive_open (const char         *path,
                     const CofferGuard  *guard,
                     GCancellable       *cancellable,
                     GError            **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("It is no archive that can be read"));
  return NULL;
}

void
coffer_archive_close (CofferArchive *self)
{
  g_assert_not_reached ();
}

const char *
coffer_archive_get_path (CofferArchive *self)
{
  g_assert_not_reached ();
}

gboolean
coffer_archive_is_compressed (CofferArchive *self)
{
  g_assert_not_reached ();
}

void
coffer_archive_set_cancellable (CofferArchive *self,
                                GCancellable  *cancellable)
{
  g_assert_not_reached ();
}

const CofferMember *
coffer_archive_next (CofferArchive  *self,
                     GError        **error)
{
  g_assert_not_reached ();
}

int
coffer_archive_unpack (CofferArchive  *self,
                       guint64         at,
                       const char     *path,
                       struct stat    *before,
                       GError        **error)
{
  g_assert_not_reached ();
}

#endif
