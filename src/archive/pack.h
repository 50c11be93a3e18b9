/* SPDX-License-Identifier: MIT */
/* pack.h - many files as one: a zip or a tar on its way to a descriptor.
 *
 * libc and libarchive. Calls block; one thread at a time, whichever. Memory: some buffers, and for a zip what its directory at the end
 * takes, about 200 bytes a file.
 */
#ifndef PACK_H
#define PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum pack_format {
  PACK_NONE,           /**< no archive has such a name */
  PACK_ZIP,            /**< what compresses is compressed; longer than 4 GB and more than 65,535 files where need be */
  PACK_TAR,            /**< POSIX pax; not compressed */
  PACK_TAR_ZSTD
} pack_format;

/** Which one a name ends like: ".zip", ".tar", ".tar.zst". */
pack_format pack_format_of_name (const char *name);

typedef struct pack pack;

/**
 * Begin.
 *
 * @fd        it is written to from where it stands; the caller's
 * @time      of all files, in seconds
 * @is_ended  asked between pieces: true ends it with ECANCELED; or NULL
 *
 * Returns: 0 or errno
 */
int pack_new (pack **self, pack_format format, int fd, int64_t time, bool (*is_ended) (void *data), void *data);

/**
 * Add a file: its whole content, from the beginning of a descriptor. After a failure only freeing is left.
 *
 * @path  relative, of UTF-8; as names_paths_take() makes them
 *
 * Returns: 0 or errno, of reading or of writing
 */
int pack_add (pack *self, const char *path, int from, uint64_t size);

/** All are there: write what comes last. 0 or errno. */
int pack_end (pack *self);

/** NULL is fine. */
void pack_free (pack *self);

#endif /* PACK_H */
