/* SPDX-License-Identifier: MIT */
/*
 * error.c - result codes, their names and their messages.
 *
 * One place turns SQLite's codes into ours and remembers damage: once SQLite has called a file malformed,
 * the handle writes to it no more.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(code) case code: return #code
#define FILE_LIMIT "the file must not grow further: its file system, or a limit of this process (ulimit -f), allows no larger one"

const char *
kvault_result_name (int result)
{
  switch (result)
    {
    NAME (KVAULT_OK);
    NAME (KVAULT_NOTFOUND);
    NAME (KVAULT_EEXIST);
    NAME (KVAULT_EINVAL);
    NAME (KVAULT_ERANGE);
    NAME (KVAULT_ENOMEM);
    NAME (KVAULT_EBUSY);
    NAME (KVAULT_ECANCELLED);
    NAME (KVAULT_EREADONLY);
    NAME (KVAULT_ESTALE);
    NAME (KVAULT_EMOVED);
    NAME (KVAULT_ETOOBIG);
    NAME (KVAULT_EFULL);
    NAME (KVAULT_EIO);
    NAME (KVAULT_ECORRUPT);
    NAME (KVAULT_ENOTDB);
    NAME (KVAULT_EENCRYPTED);
    NAME (KVAULT_ENOTVAULT);
    NAME (KVAULT_ENOENT);
    NAME (KVAULT_EPERM);
    NAME (KVAULT_EHOT);
    NAME (KVAULT_ENOTFILE);
    NAME (KVAULT_ECACHEFULL);
    default: return "KVAULT_UNKNOWN";
    }
}

const char *
kvault_errmsg (const kvault *vault)
{
  return vault != NULL ? vault->error.message : "";
}

const kvault_error *
kvault_last_error (const kvault *vault)
{
  return &vault->error;
}

const char *
kvault_version (void)
{
  return KVAULT_VERSION;
}

/* Cutting a message in the middle of a character would make it invalid UTF-8. */
static void
end_at_character (char  *text,
                  size_t size)
{
  size_t len = strlen (text);
  size_t start = len;

  if (len + 1 < size)
    return;
  while (start > 0 && ((unsigned char) text[start - 1] & 0xc0) == 0x80)
    start--;
  if (start > 0 && (unsigned char) text[start - 1] >= 0xc0)
    text[start - 1] = '\0';
}

__attribute__ ((format (printf, 6, 0))) static int
fail (kvault     *vault,
      int         code,
      int         sqlite_code,
      int         system_errno,
      const char *words,
      const char *format,
      va_list     args)
{
  char *message = vault->error.message;
  size_t room = sizeof vault->error.message;
  int used;

  vault->error.code = code;
  vault->error.sqlite_code = sqlite_code;
  vault->error.system_errno = system_errno;
  used = vsnprintf (message, room, format, args);
  if (words != NULL && used >= 0 && (size_t) used < room)
    snprintf (message + used, room - (size_t) used, ": %s", words);
  end_at_character (message, room);
  return code;
}

int
kvault__fail (kvault     *vault,
              int         code,
              const char *format,
              ...)
{
  va_list args;

  va_start (args, format);
  fail (vault, code, 0, 0, NULL, format, args);
  va_end (args);
  return code;
}

/* No room on the disk, none for this user, or none in a file: the file system or RLIMIT_FSIZE lets it grow no further. */
static bool
tells_full (int system_errno)
{
  return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

/* @code is for what errno does not tell by itself. */
int
kvault__fail_errno (kvault     *vault,
                    int         code,
                    int         system_errno,
                    const char *format,
                    ...)
{
  va_list args;

  if (system_errno == ENOMEM)
    code = KVAULT_ENOMEM;
  else if (tells_full (system_errno))
    code = KVAULT_EFULL;
  va_start (args, format);
  fail (vault, code, 0, system_errno, system_errno == EFBIG ? FILE_LIMIT : strerror (system_errno), format, args);
  va_end (args);
  return code;
}

static int
result_of_io (int extended,
              int system_errno)
{
  if (extended == SQLITE_IOERR_NOMEM)
    return KVAULT_ENOMEM;
  if (tells_full (system_errno))
    return KVAULT_EFULL;
  return extended == SQLITE_IOERR_SHORT_READ ? KVAULT_ECORRUPT : KVAULT_EIO;
}

static int
result_of_sqlite (const kvault *vault,
                  int           extended,
                  int           system_errno)
{
  switch (extended & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return vault->cancelled ? KVAULT_ECANCELLED : KVAULT_EBUSY;
    case SQLITE_INTERRUPT:
      return KVAULT_ECANCELLED;
    case SQLITE_READONLY:
      if (extended == SQLITE_READONLY_DBMOVED)
        return KVAULT_EMOVED;
      return extended == SQLITE_READONLY_ROLLBACK ? KVAULT_EHOT : KVAULT_EREADONLY;
    case SQLITE_IOERR:
      return result_of_io (extended, system_errno);
    case SQLITE_CANTOPEN:
      return system_errno == EACCES ? KVAULT_EPERM : KVAULT_EIO;
    case SQLITE_CORRUPT:
      return KVAULT_ECORRUPT;
    case SQLITE_NOTADB:
      return KVAULT_ENOTDB;
    case SQLITE_FULL:
      return KVAULT_EFULL;
    case SQLITE_TOOBIG:
      return KVAULT_ETOOBIG;
    case SQLITE_NOMEM:
      return KVAULT_ENOMEM;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return KVAULT_EPERM;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return KVAULT_EINVAL;
    default:
      return KVAULT_EIO;
    }
}

static const char *
words_of_sqlite (const kvault *vault,
                 int           result,
                 int           extended,
                 int           system_errno)
{
  switch (result)
    {
    case KVAULT_EBUSY:
      return "another program holds the vault; try again when it is done";
    case KVAULT_ECANCELLED:
      return "cancelled";
    case KVAULT_ECORRUPT:
      return "the file is damaged";
    case KVAULT_EFULL:
      return system_errno == EFBIG ? FILE_LIMIT : "the disk is full";
    default:
      return (sqlite3_errcode (vault->db) & 0xff) == (extended & 0xff) ? sqlite3_errmsg (vault->db) : sqlite3_errstr (extended);
    }
}

/* SQLite 3.40 takes no errno down when a COMMIT fails; what it was is still there then. */
static int
errno_of_sqlite (kvault *vault,
                 int     extended,
                 int     now)
{
  if ((extended & 0xff) == SQLITE_IOERR && tells_full (now))
    return now;
  return vault->db != NULL ? sqlite3_system_errno (vault->db) : 0;
}

__attribute__ ((format (printf, 3, 0))) static int
fail_sqlite (kvault     *vault,
             int         extended,
             const char *format,
             va_list     args)
{
  int system_errno = errno_of_sqlite (vault, extended, errno);
  int result = result_of_sqlite (vault, extended, system_errno);

  if (result == KVAULT_ECORRUPT)
    vault->damaged = true;
  return fail (vault, result, extended, system_errno, words_of_sqlite (vault, result, extended, system_errno), format, args);
}

int
kvault__fail_db (kvault     *vault,
                 const char *format,
                 ...)
{
  va_list args;
  int result;

  va_start (args, format);
  result = fail_sqlite (vault, sqlite3_extended_errcode (vault->db), format, args);
  va_end (args);
  return result;
}

int
kvault__fail_code (kvault     *vault,
                   int         sqlite_code,
                   const char *format,
                   ...)
{
  va_list args;
  int result;

  va_start (args, format);
  result = fail_sqlite (vault, sqlite_code, format, args);
  va_end (args);
  return result;
}

/* Characters that show nothing themselves and turn or break the line around them: U+061C, U+200E-F, U+2028-E, U+2066-9, U+FEFF. */
static bool
is_invisible_control (const unsigned char *text)
{
  if (text[0] == 0xe2 && text[1] == 0x80)
    return text[2] == 0x8e || text[2] == 0x8f || (text[2] >= 0xa8 && text[2] <= 0xae);
  if (text[0] == 0xe2 && text[1] == 0x81)
    return text[2] >= 0xa6 && text[2] <= 0xa9;
  return (text[0] == 0xd8 && text[1] == 0x9c) || (text[0] == 0xef && text[1] == 0xbb && text[2] == 0xbf);
}

/* The bytes of the character at @text, or 0 if it is no printable character of UTF-8. */
static size_t
printable_length (const unsigned char *text)
{
  size_t n = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc2 ? 2 : 1;

  if (n == 1)
    return text[0] >= 0x20 && text[0] < 0x7f ? 1 : 0;
  if (text[0] > 0xf4 || (text[0] == 0xc2 && text[1] < 0xa0))   /* the second range is control characters */
    return 0;
  for (size_t i = 1; i < n; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return is_invisible_control (text) ? 0 : n;
}

/* The folder that a file is made in until it gets its name, see newfile.c, is nobody's to know. (NULL: there is none in @path) */
static const char *
find_hidden_folder (const char *path)
{
  static const char suffix[] = ".kvault-new/";
  const char *name = strrchr (path, '/');
  const char *folder = name;

  while (folder != NULL && folder > path && folder[-1] != '/')
    folder--;
  return folder != NULL && folder[0] == '.' && name[1] != '\0' && (size_t) (name + 1 - folder) > sizeof suffix &&
         strncmp (name + 1 - (sizeof suffix - 1), suffix, sizeof suffix - 1) == 0 ? folder : NULL;
}

/* A path as one line that a terminal can show; malloc()ed, NULL without memory. */
char *
kvault__describe_path (const char *path)
{
  const char *hidden = find_hidden_folder (path);
  char *text = malloc (strlen (path) * 4 + 1);
  char *out = text;

  if (text == NULL)
    return NULL;
  while (*path != '\0')
    {
      size_t n;

      if (path == hidden)
        path = strrchr (path, '/') + 1;
      n = printable_length ((const unsigned char *) path);
      if (n == 0)
        out += sprintf (out, "\\x%02x", (unsigned char) *path++);
      for (; n > 0; n--)
        *out++ = *path++;
    }
  *out = '\0';
  return text;
}

kvault__key_text
kvault__describe_key (const void *key,
                      size_t      key_size)
{
  kvault__key_text out;
  const unsigned char *bytes = key;
  unsigned char next[5] = { 0 };   /* the character at hand; zeros behind the end */
  size_t used = 0;

  out.text[used++] = '"';
  for (size_t i = 0; i < key_size; )
    {
      size_t n;

      if (used > sizeof out.text - 12)
        {
          memcpy (out.text + used, "...", 3);
          used += 3;
          break;
        }
      memset (next, 0, sizeof next);
      memcpy (next, bytes + i, key_size - i < 4 ? key_size - i : 4);
      n = next[0] == '\\' || next[0] == '"' ? 0 : printable_length (next);
      if (n > 0)
        memcpy (out.text + used, next, n);
      used += n > 0 ? n : (size_t) snprintf (out.text + used, 5, "\\x%02x", next[0]);
      i += n > 0 ? n : 1;
    }
  out.text[used++] = '"';
  out.text[used] = '\0';
  return out;
}
