/* SPDX-License-Identifier: MIT */
/* unpack-private.h - what the files of unpack.h have in common. */
#ifndef UNPACK_PRIVATE_H
#define UNPACK_PRIVATE_H

#include "unpack.h"

#define UNPACK_PIECE_SIZE (64u << 10)
#define UNPACK_PATH_MAX (1u << 20)     /* bytes of what is told of one file */
#define UNPACK_NAME_MAX 4096           /* bytes of the path of one that is taken; it packs into next to nothing, and lists keep it */

/* A kind of archive. What is there of a member is filled in by next(): its path and size as they are written, and its kind if it is no
 * FILE. The functions return what those of unpack.h do. */
typedef struct unpack_format {
  int (*open) (unpack *self);
  int (*next) (unpack *self);
  int (*go) (unpack *self, uint64_t at);
  int (*read) (unpack *self, void *buffer, size_t size, size_t *n);
  void (*close) (unpack *self);
} unpack_format;

struct unpack {
  const unpack_format *format;
  void *state;                 /* of it */
  int fd;
  uint64_t file_size;
  bool is_compressed;          /* as a whole */
  bool (*is_ended) (void *data);
  void *data;
  unpack_member member;
  bool is_plain;               /* it lies in the file as it is … */
  uint64_t offset;             /* … there */
  char *path;                  /* of the member, as it is written, with a NUL behind */
  size_t path_size, path_room;
};

extern const unpack_format unpack_zip;
extern const unpack_format unpack_tar;

/* --- unpack.c */

bool unpack_is_ended (const unpack *self);

/* Bytes of the file: 0, EBADMSG if it is shorter, or errno. */
int unpack_pread (const unpack *self, void *buffer, size_t size, uint64_t at);

/* The path of the member, or a longer one to come in its place; 0 or ENOMEM. */
int unpack_set_path (unpack *self, const void *path, size_t size);

/* --- unpack-tar.c */

/* Whether a block of 512 bytes can begin a tar. */
bool unpack_is_tar (const unsigned char *block);

#endif /* UNPACK_PRIVATE_H */
