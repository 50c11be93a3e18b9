/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-additions-private.h"
#include "coffer-attic-private.h"
#include "coffer-source.h"
#include "coffer-source-sum.h"
#include "coffer-vault-private.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/** One job of those who add values, look for their keys, or take them back. */
typedef struct {
  CofferAdditions *additions;
  GCancellable *stop;
  GStrv vaults;                /* paths of what is open in this process */
  gssize n_stored;             /* of this job, durable, or waiting */
  kvault_shelf *shelf;         /* of the cache, where they wait; NULL: they do not */
  gboolean waits;              /* values are put into the cache */
  guint64 capacity;            /* of that */

  /* The lane's: */
  kvault *vault;
  CofferGuard *guard;
  GArray *puts;                /* of guint: positions, in the order they were put */
  gint64 until;
  int fd;                      /* of the file at hand; -1: it is a value */
  kvault_shelf *source_shelf;  /* what is not written there yet; (nullable) */
  kvault *source;              /* where values come from; NULL: not opened yet */
  GError *source_error;        /* why it cannot be, in this turn */
  kvault_blob *blob;           /* of the value at hand */
  CofferKept *fresh;           /* what is at hand was kept, unowned: the value with its header */
  CofferAttic *attic;          /* of the vault that it is put into */
  struct stat before;          /* of a value the size alone */
  CofferAddition *addition;    /* that it is */
  CofferSourceSum sum;         /* of it, where one is told */
  gboolean over;               /* its key was deleted a moment ago, and that value is kept */
  gboolean changed;            /* it did, while it was read */
  gboolean turned;             /* the next one does not wait: this turn is over */
  gboolean full;               /* the cache, which could not be written */
  gboolean lies;               /* its sum is another than that told */
  gboolean damaged;            /* what was kept */

  /* Taking back: */
  kvault_veil *veil;
  CofferCache *cache;
  CofferIdentity meant_for;
  GArray *deletions;           /* of CofferHidden: made by the lane; */
  guint looked;                /* values */
  guint64 bytes_looked;
  guint n_hidden;              /* the first so many are hidden, the one behind them could not be taken back */
  GError *shown_error;         /* why not all of them were shown; (nullable) */
} CofferAddJob;

/** Main thread. @stop (nullable) */
CofferAddJob  *coffer_add_job_new (CofferAdditions *additions, GCancellable *stop);
void           coffer_add_job_free (gpointer data);
/** The first look at what is open here. The lane's, as are those that follow. */
void           coffer_add_job_start (CofferAddJob *job, kvault *vault);
gsize          coffer_addition_get_header_size (const CofferAddition *addition);
/** The file or the value, to be closed again. Returns: whether it can be read */
gboolean       coffer_add_job_open (CofferAddJob *job, CofferAddition *addition, GError **error);
/** Whether all of it came. */
gboolean       coffer_add_job_read (CofferAddJob *job, char *buffer, gsize len, guint64 offset);
void           coffer_add_job_close (CofferAddJob *job);
/** Whether the value of a key is what is at hand, of @size bytes, behind the header. KVAULT_OK, KVAULT_ECANCELLED, or a failure of the vault. */
int            coffer_add_job_compare (CofferAddJob *job, const CofferAddition *addition, guint64 size, gboolean *identical);
/** The same of what it opens for that. What cannot be read leaves `identical` as it was. */
int            coffer_add_job_compare_addition (CofferAddJob *job, CofferAddition *addition);
/** At the end of each turn, so that nothing is held that is not needed. */
void           coffer_add_job_close_source (CofferAddJob *job);
/** Left open only from one turn to the next. */
void           coffer_add_job_close_archive (CofferAddJob *job);
void           coffer_add_job_close_archive_at_end (CofferAddJob *job);
/** Main thread. Whether @task has failed: the vault is open for viewing, or another file than they were added to is at its path. */
gboolean       coffer_vault_refuse_additions (CofferVault *self, CofferAdditions *additions, GTask *task);
/**
 * Main thread. The job of a task for the WRITE lane, and its data. @stop (nullable) ends waiting for another program to let us write by force,
 * through the task's own cancellable, as nothing is stored yet, and so reading before that.
 *
 * Returns: (nullable): NULL: @task has failed, as of the one before
 */
CofferAddJob  *coffer_add_job_begin (CofferVault *self, CofferAdditions *additions, GCancellable *stop, GTask *task);

G_END_DECLS
