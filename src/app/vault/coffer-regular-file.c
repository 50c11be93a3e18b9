/* SPDX-License-Identifier: MIT */
/* A file that must be one. Any thread but the main one. */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-regular-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_error (GError **error,
           int      code)
{
  if (code == ELOOP)   /* a link */
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("This is no regular file"));
  else
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
}

GInputStream *
coffer_regular_file_open (GFile              *file,
                          const CofferGuard  *guard,
                          guint64            *size,
                          GError            **error)
{
  struct stat status;
  int fd;

  if (lstat (g_file_peek_path (file), &status) == 0 && coffer_guard_has (guard, &status))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("It is part of a vault that is open here"));
      return NULL;
    }
  fd = open (g_file_peek_path (file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat (fd, &status) != 0)
    {
      set_error (error, errno);
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  if (!S_ISREG (status.st_mode))
    {
      close (fd);
      set_error (error, ELOOP);
      return NULL;
    }
  *size = status.st_size;
  return g_unix_input_stream_new (fd, TRUE);
}
