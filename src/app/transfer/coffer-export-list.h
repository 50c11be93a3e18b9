/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-source.h>
#include <manifest.h>
#include <target.h>

G_BEGIN_DECLS

/**
 * What was exported, on its way to coffer.json. It grows beside the files without a name, and has one once all of them have theirs: an
 * export that does not come to its end leaves none. On the lane's thread; functions give 0 or errno.
 */
typedef struct {
  target_file file;
  names_text text;         /* that is not written yet */
  guint64 count;
} CofferExportList;

/** All -1 and 0 before coffer_export_list_begin(). */
#define COFFER_EXPORT_LIST_INIT { .file = { .fd = -1 } }

/** EEXIST: there is another export's; EISDIR, or EPERM for a vault that is open here. @paths: its name is no key's from now on */
int  coffer_export_list_begin (CofferExportList *self, int folder, gboolean replaces, const CofferGuard *guard, names_paths *paths);
/** The same where it goes into an archive, in which nothing has its name. */
int  coffer_export_list_begin_in_archive (CofferExportList *self, int folder, names_paths *paths);
/** @sum is ended with it. */
int  coffer_export_list_add   (CofferExportList *self, const manifest_entry *entry);
/** All is in it: what is left of it goes to its file. */
int  coffer_export_list_flush (CofferExportList *self);
/** The same, and its name. */
int  coffer_export_list_end   (CofferExportList *self, int folder, gboolean replaces);
/** Without a name it is gone. */
void coffer_export_list_clear (CofferExportList *self, int folder);

G_END_DECLS
