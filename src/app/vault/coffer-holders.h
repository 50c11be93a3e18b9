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

/** What cannot be seen, so that "nobody else" would be a guess. */
typedef enum {
  COFFER_UNSEEN_OUTSIDE = 1 << 0,     /* this program is in a sandbox or a container with processes of its own */
  COFFER_UNSEEN_USERS = 1 << 1,       /* what programs of other users have open */
  COFFER_UNSEEN_COMPUTERS = 1 << 2,   /* the folder is one that others on a network may use */
} CofferUnseen;

/** What can be said when nobody was found. @detail: (out) (transfer full) (nullable) what cannot be seen, in sentences. Returns: (transfer none) */
const char *coffer_holders_describe_none (CofferUnseen         unseen,
                                          char               **detail);

/** What @proc, a folder like /proc, does not tell; for tests, too. */
CofferUnseen coffer_holders_find_unseen (const char          *proc);

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
/** @unseen: (out) (optional). Returns: (transfer container) an array of CofferHolder, by pid; perhaps empty. NULL when cancelled. */
GPtrArray *coffer_holders_find_finish  (GAsyncResult        *result,
                                        CofferUnseen        *unseen,
                                        GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferHolder, coffer_holder_free)

G_END_DECLS
