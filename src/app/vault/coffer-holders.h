/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** Another program that has a vault open. */
typedef struct {
  int   pid;
  char *name;  /* one line: its command, and the script it runs if it is an interpreter ("python3 ingest.py") */
} CofferHolder;

void       coffer_holder_free          (CofferHolder        *self);

/**
 * Find the processes other than this one that have @file or a side file of it (-wal, -shm, -journal) open.
 *
 * Looks at what Linux says about processes and their locks, and never opens the file. Descriptors of other people's
 * programs cannot be seen; only the locks they hold at the moment can.
 */
void       coffer_holders_find_async   (GFile               *file,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);
/** Returns: (transfer container) an array of CofferHolder, by pid; perhaps empty. NULL when cancelled. */
GPtrArray *coffer_holders_find_finish  (GAsyncResult        *result,
                                        GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferHolder, coffer_holder_free)

G_END_DECLS
