/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * The files that this process has open as vaults, and those beside them. POSIX drops all locks of a process on a file when it closes
 * any descriptor of it, so these must never be opened by anybody but SQLite. Immutable; any thread.
 */
typedef struct _CofferGuard CofferGuard;

/** @paths  of vaults. It looks at the files, so not on the main thread. */
CofferGuard *coffer_guard_new  (const char *const *paths);
void         coffer_guard_free (CofferGuard *self);
gboolean     coffer_guard_has  (const CofferGuard *self, const struct stat *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferGuard, coffer_guard_free)

/**
 * Open a regular file to read it. Blocks.
 *
 * @root   what a person named: links that lead to it are followed
 * @path   (nullable) of the file in that folder: there no link is followed, whatever has become of it since it was looked at
 * @before (out) the file as it was opened
 * Returns: a descriptor, or -1 with an error in words for people
 */
int          coffer_source_open (const char *root, const char *path, const CofferGuard *guard, struct stat *before, GError **error);

/** Whether the file is another, or of another size, than when it was opened. */
gboolean     coffer_source_changed (int fd, const struct stat *before);

/** Words for people: why a file or folder cannot be read. (transfer full) */
char        *coffer_source_describe_errno (int error);

G_END_DECLS
