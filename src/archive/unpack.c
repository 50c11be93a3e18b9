/* SPDX-License-Identifier: MIT */
/* unpack.c - which kind of archive a file is, and which of its names may be taken. */
#include "unpack-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
unpack_is_ended (const unpack *self)
{
  return self->is_ended != NULL && self->is_ended (self->data);
}

int
unpack_pread (const unpack *self,
              void         *buffer,
              size_t        size,
              uint64_t      at)
{
  char *to = buffer;

  if (at > self->file_size || size > self->file_size - at)
    return EBADMSG;
  while (size > 0)
    {
      ssize_t n = pread (self->fd, to, size, (off_t) at);

      if (n == 0)
        return EBADMSG;
      if (n < 0 && errno != EINTR)
        return errno;
      to += n > 0 ? n : 0;
      at += n > 0 ? (uint64_t) n : 0;
      size -= n > 0 ? (size_t) n : 0;
    }
  return 0;
}

int
unpack_set_path (unpack     *self,
                 const void *path,
                 size_t      size)
{
  if (size + 1 > self->path_room)
    {
      char *grown = realloc (self->path, size + 256);

      if (grown == NULL)
        return ENOMEM;
      self->path = grown;
      self->path_room = size + 256;
    }
  memcpy (self->path, path, size);
  self->path[size] = '\0';
  self->path_size = size;
  return 0;
}

/* --- names ------------------------------------------------------------------------------- */

/* One that leads somewhere else, or nowhere, where a path is followed. */
static bool
is_outside (const char *path,
            size_t      size)
{
  if (size == 0 || path[0] == '/' || memchr (path, '\0', size) != NULL)
    return true;
  for (const char *part = path; part != NULL; part = strchr (part, '/'))
    {
      part += *part == '/';
      if (strncmp (part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
        return true;
    }
  return false;
}

static void
settle_member (unpack *self)
{
  unpack_member *member = &self->member;
  const char *path = self->path;
  size_t size = self->path_size;

  if (size > 0 && path[size - 1] == '/' && member->kind == UNPACK_FILE)
    member->kind = UNPACK_FOLDER;
  while (size >= 2 && path[0] == '.' && path[1] == '/')
    for (path++, size--; size > 0 && *path == '/'; path++)   /* ".//etc" leads nowhere else */
      size--;
  while (size > 0 && path[size - 1] == '/')
    self->path[path - self->path + (ptrdiff_t) --size] = '\0';
  member->path = path;
  member->path_size = size;
  if (member->kind == UNPACK_FILE && (size > UNPACK_NAME_MAX || is_outside (path, size)))
    member->kind = UNPACK_OUTSIDE;
  if (member->kind != UNPACK_FILE)
    member->size = 0;
}

/* --- the whole --------------------------------------------------------------------------- */

/* NULL: none. */
static const unpack_format *
find_format (const unpack *self)
{
  static const struct { unsigned char bytes[6]; size_t size; const unpack_format *format; } beginnings[] = {
    { "PK\3\4", 4, &unpack_zip }, { "PK\5\6", 4, &unpack_zip },       /* the second is empty */
    { "\x28\xb5\x2f\xfd", 4, &unpack_tar }, { "\x1f\x8b", 2, &unpack_tar },
    { { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, &unpack_tar }, { "BZh", 3, &unpack_tar },
  };
  unsigned char block[512] = { 0 };
  size_t size = self->file_size < sizeof block ? (size_t) self->file_size : sizeof block;

  if (size == 0 || unpack_pread (self, block, size, 0) != 0)
    return NULL;
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
    if (size >= beginnings[i].size && memcmp (block, beginnings[i].bytes, beginnings[i].size) == 0)
      return beginnings[i].format;
  return size == sizeof block && unpack_is_tar (block) ? &unpack_tar : NULL;
}

int
unpack_new (unpack **result,
            int      fd,
            bool   (*ended) (void *data),
            void    *data)
{
  unpack *self = calloc (1, sizeof *self);
  struct stat whole;
  int error = 0;

  *result = NULL;
  if (self == NULL)
    return ENOMEM;
  *self = (unpack) { .fd = fd, .is_ended = ended, .data = data };
  if (fstat (fd, &whole) != 0)
    error = errno;
  else if (!S_ISREG (whole.st_mode))
    error = ESPIPE;
  self->file_size = error == 0 ? (uint64_t) whole.st_size : 0;
  if (error == 0)
    error = (self->format = find_format (self)) != NULL ? self->format->open (self) : ENOEXEC;
  if (error == 0)
    error = unpack_set_path (self, "", 0);
  if (error == 0)
    *result = self;
  else
    unpack_free (self);
  return error;
}

bool
unpack_is_compressed (const unpack *self)
{
  return self->is_compressed;
}

int
unpack_next (unpack               *self,
             const unpack_member **member)
{
  int error = unpack_is_ended (self) ? ECANCELED : 0;

  *member = NULL;
  self->member = (unpack_member) { .kind = UNPACK_FILE };
  self->is_plain = false;
  if (error == 0)
    error = self->format->next (self);
  if (error != 0)
    return error;
  settle_member (self);
  *member = &self->member;
  return 0;
}

bool
unpack_is_plain (const unpack *self,
                 uint64_t     *offset)
{
  *offset = self->offset;
  return self->is_plain && self->offset <= self->file_size && self->member.size <= self->file_size - self->offset;
}

int
unpack_go (unpack   *self,
           uint64_t  at)
{
  return self->format->go (self, at);
}

int
unpack_read (unpack *self,
             void   *buffer,
             size_t  size,
             size_t *n)
{
  *n = 0;
  if (unpack_is_ended (self))
    return ECANCELED;
  return self->format->read (self, buffer, size, n);
}

void
unpack_free (unpack *self)
{
  if (self == NULL)
    return;
  if (self->format != NULL)
    self->format->close (self);
  free (self->path);
  free (self);
}
