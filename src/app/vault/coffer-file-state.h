/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 device, inode;     /* 0: there is none */
  guint64 size;
  gint64 changed, written;   /* of the inode (not of a log's), of the content; in nanoseconds since 1970 */
} CofferFileStamp;

/** What the system tells of a vault's file and its log without opening either: another one after every commit. */
typedef struct {
  CofferFileStamp main, wal;
} CofferFileState;

/** Blocks as long as the file system takes: not for the main thread. A file that is not there has an empty stamp, as an empty log. */
void     coffer_file_state_read       (CofferFileState *self, const char *path);
gboolean coffer_file_state_equal      (const CofferFileState *a, const CofferFileState *b);

/**
 * Whether a later change is sure to show: the clock that files are stamped with goes in steps, so one that was written to
 * within the last two seconds may be written to again under the same stamp.
 */
gboolean coffer_file_state_is_settled (const CofferFileState *self);

G_END_DECLS
