/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-source.h"

G_BEGIN_DECLS

/** What a member of an archive is. */
typedef enum {
  COFFER_MEMBER_FILE,
  COFFER_MEMBER_FOLDER,
  COFFER_MEMBER_REFUSED,       /* its reason tells why it cannot be read */
} CofferMemberKind;

typedef struct {
  const char *path;            /* as it is, not as UTF-8; until the next call */
  CofferMemberKind kind;
  char *reason;                /* of a REFUSED one, translated; until the next call */
  guint64 size;
  guint64 at;                  /* where it is in this archive */
} CofferMember;

/**
 * A zip or a tar outside of any vault, open to be read: on one thread at a time, and not on the main one. Without libarchive there are
 * none.
 */
typedef struct _CofferArchive CofferArchive;

/** NULL also if it is none: then with G_IO_ERROR_NOT_SUPPORTED. */
CofferArchive *coffer_archive_open    (const char *path, const CofferGuard *guard, GCancellable *cancellable, GError **error);
void           coffer_archive_close   (CofferArchive *self);
/** The one that coffer_archive_open() was given. */
const char    *coffer_archive_get_path (CofferArchive *self);
/** Whether all of it has to be read to see what is in it. */
gboolean       coffer_archive_is_compressed (CofferArchive *self);
/** What ends reading from now on; (nullable) */
void           coffer_archive_set_cancellable (CofferArchive *self, GCancellable *cancellable);

/** The next member. NULL at the end, and with an error if what comes cannot be read. */
const CofferMember *coffer_archive_next (CofferArchive *self, GError **error);

/**
 * Go to a member, and unpack it into a nameless file: up to 16 MB in memory, more in a folder for temporary files.
 *
 * @at, @path  as they were told of it: one that is another by now is an error
 * @before     (out) that file
 * Returns: a descriptor, or -1 with an error in words for people
 */
int            coffer_archive_unpack  (CofferArchive *self, guint64 at, const char *path, struct stat *before, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferArchive, coffer_archive_close)

G_END_DECLS
