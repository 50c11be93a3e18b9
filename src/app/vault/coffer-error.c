/* SPDX-License-Identifier: MIT */
/*
 * Failures in words. The one place that turns a kvault code into a GError, on the thread where it happened, and a GError
 * into a title and a piece of advice for people. Holds no state; any thread.
 */
#define G_LOG_DOMAIN "coffer-error"

#include "coffer-error-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

G_STATIC_ASSERT (COFFER_ERROR_EXISTS == COFFER_ERROR_CODE (KVAULT_EEXIST));
G_STATIC_ASSERT (COFFER_ERROR_CORRUPT == COFFER_ERROR_CODE (KVAULT_ECORRUPT));
G_STATIC_ASSERT (COFFER_ERROR_NOTFOUND == COFFER_ERROR_CODE (KVAULT_NOTFOUND));
G_STATIC_ASSERT (COFFER_ERROR_BUSY == COFFER_ERROR_CODE (KVAULT_EBUSY));
G_STATIC_ASSERT (COFFER_ERROR_STALE == COFFER_ERROR_CODE (KVAULT_ESTALE));

typedef struct {
  int code;            /* kvault_result or GIOErrorEnum */
  const char *title;   /* with one %s for the name */
  const char *advice;
} Words;

/* What happened, what was kept, what to do: in this order. */
static const Words vault_words[] = {
  { KVAULT_NOTFOUND, N_("Not in “%s” Any More"),
    N_("The key was deleted or renamed meanwhile. Look again to see the keys as they are now.") },
  { KVAULT_EEXIST, N_("“%s” Is There Already"),
    N_("Nothing was replaced. Choose another name.") },
  { KVAULT_EINVAL, N_("Not Possible in “%s”"),
    N_("Nothing was changed. What was asked for does not fit this vault.") },
  { KVAULT_ERANGE, N_("“%s” Has Changed"),
    N_("A value is shorter than it was. Look again to see it as it is now.") },
  { KVAULT_ENOMEM, N_("Not Enough Memory for “%s”"),
    N_("Nothing was changed. Close other programs, then try again.") },
  { KVAULT_EBUSY, N_("“%s” Is Busy"),
    N_("Another program is writing to it. Nothing was changed. Try again when that program is done, or close it.") },
  { KVAULT_EREADONLY, N_("“%s” Cannot Be Changed"),
    N_("The file, its folder or the table is read-only. Nothing was changed. To edit the vault, copy it to a place where you "
       "may write.") },
  { KVAULT_ESTALE, N_("“%s” Has Changed"),
    N_("Another program changed it meanwhile. Look again to see it as it is now.") },
  { KVAULT_EMOVED, N_("“%s” Was Replaced or Moved"),
    N_("Another file, or none, is in its place now, so nothing was written. Look again, or open the vault where it is now.") },
  { KVAULT_ETOOBIG, N_("Too Large for “%s”"),
    N_("A value and its key can have 1,000,000,000 bytes at most. Nothing was changed.") },
  { KVAULT_EFULL, N_("No Room for “%s”"),
    N_("The disk is full. Nothing was changed. Make room on it, then try again.") },
  { -COFFER_ERROR_FILE_LIMIT, N_("“%s” May Not Grow Further"),
    N_("The file would be larger than its disk, or a limit of your account, allows: some disks have no files over 4 GiB. Nothing was "
       "changed. Delete values and compact the vault, or copy it to another disk.") },
  { KVAULT_EIO, N_("“%s” Could Not Be Read or Written"),
    N_("The system reported a failure of the disk or of the connection to it. See that the disk is there and sound, then try "
       "again.") },
  { KVAULT_ECORRUPT, N_("“%s” Is Damaged"),
    N_("Part of the file is missing or was overwritten. Nothing was changed. Keep this file as it is, and open a backup if "
       "there is one.") },
  { KVAULT_ENOTDB, N_("“%s” Is Not a Vault"),
    N_("It does not begin like a database: it is another kind of file, or its beginning was overwritten. Nothing was changed. "
       "Open it with the program that made it, or choose another file.") },
  { KVAULT_EENCRYPTED, N_("“%s” Looks Encrypted"),
    N_("Its bytes look random, so it is encrypted or no vault at all. Nothing was changed. If a program encrypted it, decrypt it "
       "there, then open the result.") },
  { KVAULT_ENOTVAULT, N_("No Vault in “%s”"),
    N_("No table of keys and values is in it: the file is empty, or a database of another program. Nothing was changed. Open it "
       "with the program that made it, or choose another file.") },
  { KVAULT_ENOENT, N_("“%s” Is Not There"),
    N_("There is no such file: it was moved, renamed or deleted, or its disk is not connected. Look for it elsewhere, then open "
       "it there.") },
  { KVAULT_EPERM, N_("No Permission to Open “%s”"),
    N_("Your account may not read this file, or not look into its folder. Ask the owner for the right to do so, then try "
       "again.") },
  { KVAULT_EHOT, N_("The Last Write to “%s” Was Interrupted"),
    N_("A program stopped in the middle of a write, and it cannot be undone from here. Open the vault once where it can be "
       "written, or copy it together with the file beside it that ends in “-journal”.") },
  { KVAULT_ENOTFILE, N_("“%s” Is Not a File"),
    N_("It is a folder or a device. Choose the file of a vault.") },
  { -COFFER_ERROR_WAITING, N_("“%s” Is Another File Now"),
    N_("Values wait that were meant for the one before, so nothing was written. Write them to this file, or discard them, in the "
       "Storage window; then try again.") },
};

static const Words io_words[] = {
  { G_IO_ERROR_CANCELLED, N_("“%s” Was Not Opened"),
    N_("It was cancelled. Nothing was changed.") },
  { G_IO_ERROR_NOT_FOUND, N_("“%s” Is Not There"),
    N_("There is no such file: it was moved, renamed or deleted, or its disk is not connected. Look for it elsewhere, then open "
       "it there.") },
  { G_IO_ERROR_EXISTS, N_("“%s” Is There Already"),
    N_("Nothing was replaced. Choose another name.") },
  { G_IO_ERROR_IS_DIRECTORY, N_("“%s” Is Not a File"),
    N_("It is a folder. Choose the file of a vault.") },
  { G_IO_ERROR_NOT_REGULAR_FILE, N_("“%s” Is Not a File"),
    N_("It is a folder or a device. Choose the file of a vault.") },
  { G_IO_ERROR_PERMISSION_DENIED, N_("No Permission to Open “%s”"),
    N_("Your account may not read this file, or not look into its folder. Ask the owner for the right to do so, then try "
       "again.") },
  { G_IO_ERROR_READ_ONLY, N_("“%s” Cannot Be Changed"),
    N_("The file or its folder is read-only. Nothing was changed. To edit the vault, copy it to a place where you may write.") },
  { G_IO_ERROR_NO_SPACE, N_("No Room for “%s”"),
    N_("The disk is full. Nothing was changed. Make room on it, then try again.") },
  { G_IO_ERROR_NOT_SUPPORTED, N_("“%s” Is Not on This Computer"),
    N_("Only files with a path can be opened. Copy the file to a folder of this computer, then open it there.") },
};

G_DEFINE_QUARK (coffer-error-quark, coffer_error)

static GError *
new_error (int         result,
           int         system_errno,
           const char *message)
{
  int code = result == KVAULT_EFULL && system_errno == EFBIG ? COFFER_ERROR_FILE_LIMIT : COFFER_ERROR_CODE (result);
  g_autofree char *text = g_utf8_make_valid (message, -1);

  if (result == KVAULT_ECANCELLED)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
  return g_error_new_literal (COFFER_ERROR, code, *text != '\0' ? text : kvault_result_name (result));
}

GError *
coffer_error_new (kvault *vault,
                  int     result)
{
  g_return_val_if_fail (result < 0, NULL);

  return new_error (result, kvault_last_error (vault)->system_errno, kvault_errmsg (vault));
}

GError *
coffer_error_new_open (const kvault_error *error)
{
  g_return_val_if_fail (error->code < 0, NULL);

  return new_error (error->code, error->system_errno, error->message);
}

static const Words *
find_words (const Words *words,
            gsize        n,
            int          code)
{
  for (gsize i = 0; i < n; i++)
    if (words[i].code == code)
      return &words[i];
  return NULL;
}

gboolean
coffer_error_is_busy (const GError *error)
{
  return g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EBUSY));
}

gboolean
coffer_error_is_missing (const GError *error)
{
  return g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOENT)) ||
         g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));
}

void
coffer_error_describe_damaged (const GError  *error,
                               const char    *display_name,
                               const char    *hint,
                               char         **title,
                               char         **advice)
{
  const Words *words = NULL;

  g_return_if_fail (error != NULL && display_name != NULL);

  if (error->domain == COFFER_ERROR)
    words = find_words (vault_words, G_N_ELEMENTS (vault_words), -error->code);
  else if (error->domain == G_IO_ERROR)
    words = find_words (io_words, G_N_ELEMENTS (io_words), error->code);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"   /* every title has one %s; a test checks it */
  *title = g_strdup_printf (words != NULL ? _(words->title) : _("“%s” Could Not Be Opened"), display_name);
#pragma GCC diagnostic pop
  if (hint != NULL && g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CORRUPT))
    *advice = g_strdup_printf ("%s %s", _(words->advice), hint);
  else
    *advice = g_strdup (words != NULL ? _(words->advice) : error->message);
}

void
coffer_error_describe (const GError  *error,
                       const char    *display_name,
                       char         **title,
                       char         **advice)
{
  coffer_error_describe_damaged (error, display_name, _("What is readable can be exported: check the vault in Storage."), title, advice);
}

const char *
coffer_error_get_word (const GError *error)
{
  return g_intern_string (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT)) ? _("Damaged") : _("Unreadable"));
}

char *
coffer_error_dup_line (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != COFFER_ERROR)
    return g_strdup (error->message);

  switch (-error->code)
    {
    case KVAULT_NOTFOUND:
      return g_strdup (_("Deleted or renamed meanwhile"));
    case KVAULT_ECORRUPT:
      return g_strdup (_("Damaged: cannot be read"));
    case KVAULT_EBUSY:
      return g_strdup (_("Another program is writing: could not be read"));
    case KVAULT_ENOENT:
    case KVAULT_EMOVED:
      return g_strdup (_("The file is not there any more"));
    case KVAULT_ESTALE:
      return g_strdup (_("Changed meanwhile"));
    case KVAULT_EPERM:
      return g_strdup (_("No permission to read the file"));
    case KVAULT_EIO:
      return g_strdup (_("The disk could not be read"));
    case KVAULT_EFULL:
      return g_strdup (_("The disk is full"));
    case -COFFER_ERROR_FILE_LIMIT:
      return g_strdup (_("The file would be larger than its disk or a limit allows"));
    case KVAULT_ENOMEM:
      return g_strdup (_("Not enough memory"));
    default:
      return g_strdup (error->message);
    }
}

char *
coffer_error_dup_write_line (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != COFFER_ERROR)
    return g_strdup (error->message);

  switch (-error->code)
    {
    case KVAULT_ECORRUPT:
      return g_strdup (_("The file is damaged, so nothing is written to it"));
    case KVAULT_EBUSY:
      return g_strdup (_("Another program is writing to the file"));
    case KVAULT_EPERM:
      return g_strdup (_("No permission to write to the file"));
    case KVAULT_EIO:
      return g_strdup (_("The disk could not be written to"));
    default:
      return coffer_error_dup_line (error);
    }
}
