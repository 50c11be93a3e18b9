/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumb-picture.h"

G_BEGIN_DECLS

/**
 * Pictures in files, found by what was read for them. Any thread; several processes may use the folder. What cannot be written
 * or read costs the time to make it again, and nothing else.
 *
 * The files take no more room than the ceiling, whoever writes them: a process looks at the folder when it begins and
 * after each sixteenth of the ceiling that it wrote, and takes away what was not used for the longest before the last
 * eighth is full. While that is done nothing is added that would go over it.
 */
typedef struct _CofferThumbDisk CofferThumbDisk;

#define COFFER_THUMB_DISK_MAX (256 << 20)

/** The one in $XDG_CACHE_HOME/coffer/thumbnails, up to COFFER_THUMB_DISK_MAX bytes. Returns: (transfer none): kept to the end of the program */
CofferThumbDisk    *coffer_thumb_disk_get_default (void);

/** One for tests. */
CofferThumbDisk    *coffer_thumb_disk_new         (const char         *folder,
                                                   guint64             max_bytes);
CofferThumbDisk    *coffer_thumb_disk_ref         (CofferThumbDisk    *self);
void                coffer_thumb_disk_unref       (CofferThumbDisk    *self);

/**
 * @name  what it is found by: a digest of the bytes that its picture depends on, or of some of them, and of the box. If only of some, the
 *        caller compares the picture's parts before it believes it
 *
 * Returns: (transfer full) (nullable): one that is READY; NULL if there is none, or its file is not whole
 */
CofferThumbPicture *coffer_thumb_disk_load        (CofferThumbDisk    *self,
                                                   const CofferDigest *name);

/** Keeps it, if it was drawn and has parts. It is there whole or not at all. */
void                coffer_thumb_disk_save        (CofferThumbDisk    *self,
                                                   const CofferDigest *name,
                                                   CofferThumbPicture *picture);

/** Looks at the folder, on this thread, and takes away what is over the ceiling. */
void                coffer_thumb_disk_sweep       (CofferThumbDisk    *self);

/** What all files in the folder take, as far as is known. */
guint64             coffer_thumb_disk_get_bytes   (CofferThumbDisk    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbDisk, coffer_thumb_disk_unref)

G_END_DECLS
