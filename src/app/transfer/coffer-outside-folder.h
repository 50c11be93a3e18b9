/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * A folder of this process in the cache folder, for files that other programs open; made when first asked for. It blocks, so
 * never call it on the main loop.
 *
 * Returns: (transfer full) (nullable): a new, empty folder in it
 */
char *coffer_outside_folder_make  (GError **error);

/** What is in the folder is a copy, and may go with the process; what is written to it from now on, coffer_outside_folder_sweep() leaves. */
void  coffer_outside_folder_stamp (const char *folder);

/** Remove a folder that coffer_outside_folder_make() gave, and what is in it. Blocks. */
void  coffer_outside_folder_drop  (const char *folder);

/** Remove all of this process's folder. Blocks; for when it ends. */
void  coffer_outside_folder_finish (void);

/**
 * Remove what processes left behind that are gone, but for what another program wrote and nobody brought back. Blocks.
 *
 * A process keeps its folder locked (flock(2)) while it lives: no number of a process can be taken for another's.
 */
void  coffer_outside_folder_sweep (void);

G_END_DECLS
