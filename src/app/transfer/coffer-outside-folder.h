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
char      *coffer_outside_folder_make        (GError    **error);

/** What is in the folder is a copy, and may go with the process; what is written to it from now on stays. Blocks. */
void       coffer_outside_folder_stamp       (const char *folder);

/** What is in the folder now is being read to go into the vault, and then is there: the same, from the beginning of it on. Block. */
void       coffer_outside_folder_begin_stamp (const char *folder);
void       coffer_outside_folder_end_stamp   (const char *folder);

/** Nothing of the folder is to be kept, whatever is in it. Any thread, does not block. */
void       coffer_outside_folder_doom        (const char *folder);

/** Remove a folder that coffer_outside_folder_make() gave, and what is in it. Blocks. */
void       coffer_outside_folder_drop        (const char *folder);

/** Likewise, but for what another program wrote and nobody brought back, or still has open; see coffer_outside_folder_sweep(). Blocks. */
void       coffer_outside_folder_leave       (const char *folder);

/** Likewise, all of this process's folder. Blocks; for when it ends. */
void       coffer_outside_folder_finish      (void);

/**
 * Remove what processes left behind that are gone, but for what another program wrote and nobody brought back. Blocks.
 *
 * A process keeps its folder locked (flock(2)) while it lives: no number of a process can be taken for another's.
 *
 * Returns: (transfer full): paths of files with edits that were kept, one of each value
 */
GPtrArray *coffer_outside_folder_sweep       (void);

G_END_DECLS
