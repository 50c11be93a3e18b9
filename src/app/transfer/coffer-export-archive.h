/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * One file for all that is exported, without a name until all is in it. On the lane's thread but for coffer_export_archive_stop();
 * functions give 0 or errno.
 */
typedef struct _CofferExportArchive CofferExportArchive;

/** Whether there can be one of such a name, by its ending; NULL: any at all. Any thread. */
gboolean             coffer_export_archive_is_possible (const char *name);

CofferExportArchive *coffer_export_archive_new   (const char *name);
/** @folder  it is to be in */
int                  coffer_export_archive_begin (CofferExportArchive *self, int folder);
/** Put a file that is whole into it. After a failure there will be no archive. */
int                  coffer_export_archive_add   (CofferExportArchive *self, const char *path, int fd);
/**
 * Give it its name, which another file may have had.
 *
 * @sums  (nullable) SHA-256 of all that was added, one after the other: it is read back first, and EBADMSG if it has anything else
 */
int                  coffer_export_archive_end   (CofferExportArchive *self, int folder, GByteArray *sums);
/** Have coffer_export_archive_add() come to an end, with ECANCELED. Any thread. */
void                 coffer_export_archive_stop  (CofferExportArchive *self);
/** Without a name it is gone. @folder: where it was begun */
void                 coffer_export_archive_free  (CofferExportArchive *self, int folder);

G_END_DECLS
