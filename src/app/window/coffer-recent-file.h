/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define COFFER_TYPE_RECENT_FILE (coffer_recent_file_get_type ())
G_DECLARE_FINAL_TYPE (CofferRecentFile, coffer_recent_file, COFFER, RECENT_FILE, GObject)

/**
 * A vault that was opened before, as it is on the disk now. Immutable.
 *
 * Asks the file system, which may take its time: not for the main thread. The file is not opened.
 *
 * Returns: (transfer full) (nullable) NULL if there is no such file any more
 */
CofferRecentFile *coffer_recent_file_new        (const char       *path);

/** Returns: (transfer none) */
GFile            *coffer_recent_file_get_file   (CofferRecentFile *self);
const char       *coffer_recent_file_get_name   (CofferRecentFile *self);
/** The folder for people, "~/Archive". */
const char       *coffer_recent_file_get_folder (CofferRecentFile *self);
/** Bytes of the main file. */
guint64           coffer_recent_file_get_size   (CofferRecentFile *self);

G_END_DECLS
