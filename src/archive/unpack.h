/* SPDX-License-Identifier: MIT */
/* unpack.h - what is in a zip or a tar, file by file, whoever made it.
 *
 * libc, zlib, and libarchive for what a tar is compressed by. Names are bytes, just as they are in the archive: libarchive's own readers
 * would compose the accents of a name, and then "é" of a Mac were another key.
 *
 * What is read is a stranger's: nothing is believed but what was checked, nothing leads out of the archive, and memory is some buffers,
 * whatever it says. Calls block; one thread at a time, whichever.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum unpack_kind {
  UNPACK_FILE,
  UNPACK_FOLDER,
  UNPACK_LINK,       /**< of either sort */
  UNPACK_SPECIAL,    /**< a device, a FIFO, … */
  UNPACK_OUTSIDE,    /**< a file with a path that is absolute, has a part "..", is longer than 4 KiB, or is none */
  UNPACK_ENCRYPTED,
  UNPACK_FOREIGN     /**< a file compressed, or with holes left out, in a way that is not known here */
} unpack_kind;

/** One of an archive; borrowed until the next call. */
typedef struct unpack_member {
  const char *path;    /**< without "./" before it and "/" behind; a NUL follows */
  size_t path_size;
  unpack_kind kind;
  uint64_t size;       /**< of a FILE, as the archive says: it has no other */
  uint64_t at;         /**< where it is, for unpack_go() */
} unpack_member;

typedef struct unpack unpack;

/**
 * Begin with an archive: a zip, a tar, or a tar compressed by zstd, gzip, xz or bzip2, whatever it is called.
 *
 * @fd        of a regular file; the caller's, and where it stands is left alone
 * @is_ended  asked now and then: true ends a call with ECANCELED; or NULL
 *
 * Returns: 0, ENOEXEC if it is no archive, EBADMSG if it is a damaged one, of which nothing can be read, or errno
 */
int unpack_new (unpack **self, int fd, bool (*is_ended) (void *data), void *data);

/** Whether it is compressed as a whole: then all of it is read to see what is in it. */
bool unpack_is_compressed (const unpack *self);

/**
 * The next one, in the order of the archive.
 *
 * Cost:    what is left of the one before is passed over, which takes no time unless all of it is compressed
 * Returns: 0, ENODATA at the end, EBADMSG if nothing behind the one before can be read, or errno
 */
int unpack_next (unpack *self, const unpack_member **member);

/**
 * Go to a member, which is then the next one. In what is compressed as a whole this may mean to begin anew.
 *
 * @at  as it was told by this or another unpack of the same bytes
 */
int unpack_go (unpack *self, uint64_t at);

/**
 * Whether the bytes of the FILE that came from unpack_next() lie in the archive as they are, all of them, and nothing there tells what
 * they should be: then they may be read there as well.
 *
 * @offset  set to where
 */
bool unpack_is_plain (const unpack *self, uint64_t *offset);

/**
 * Read on in a FILE that came from unpack_next(), from its beginning.
 *
 * @n  set to how many bytes came; 0: all have come, and they are what the archive says of them
 *
 * Returns: 0, EBADMSG if this one is damaged, or errno
 */
int unpack_read (unpack *self, void *buffer, size_t size, size_t *n);

/** NULL is fine. */
void unpack_free (unpack *self);

#endif /* UNPACK_H */
