/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <kvault.h>

G_BEGIN_DECLS

/**
 * A lane: one thread with one kvault handle and a queue of jobs. The handle is opened by the first job, closed after a
 * while without one, and touched by no other thread. All functions are for the main thread.
 */
typedef struct _CofferWorker CofferWorker;

/**
 * Work on the lane's thread; the answer is the result, or NULL with @error set. A repeatable one runs again if the file was
 * replaced under its handle, or if it was stopped for a hold.
 *
 * @cancellable  of this job alone; cancelled by the caller's and when the lane is closed
 */
typedef gpointer (*CofferVaultFunc) (kvault *vault, gpointer data, GCancellable *cancellable, GError **error);

typedef struct _CofferJob CofferJob;
struct _CofferJob {
  kvault_access access;      /* for opening, if no handle is open */
  char *table;               /* NULL: any; owned */
  CofferVaultFunc func;      /* NULL: close the handle */
  gboolean holds;            /* without a func: and start nothing before coffer_worker_resume() */
  gpointer data;
  gboolean repeatable;       /* may run again on a new handle */
  gboolean strict;           /* never on another file than the last job: fail with KVAULT_EMOVED once */
  void (*done) (CofferJob *job, gpointer owner);   /* main thread; frees the job */
  gpointer owner;

  /* the answer */
  gpointer result;
  GError *error;
  gboolean replaced;         /* another file was at the path than for the lane's last job, or a frozen one had changed */
  guint64 device;            /* which file the job was on; 0 if none could be opened */
  guint64 inode;

  /* of the worker */
  GCancellable *cancellable;
  GMainContext *context;
  gint handed_over;          /* atomic */
  GQueue *outstanding;       /* main thread: where `link` is, from push to done; NULL else */
  GList link;
};

CofferJob    *coffer_job_new              (void);
/** Frees what the job itself owns: not data, not result. */
void          coffer_job_free             (CofferJob *job);

CofferWorker *coffer_worker_new           (const char *name, const char *path);
void          coffer_worker_push          (CofferWorker *self, CofferJob *job);   /* (transfer full) */
/**
 * Ahead of all that waits: @job, which holds. A repeatable job that runs is stopped for it and runs again afterwards;
 * another one is waited for. Every hold needs its resume.
 */
void          coffer_worker_hold          (CofferWorker *self, CofferJob *job);   /* (transfer full) */
void          coffer_worker_resume        (CofferWorker *self);

void          coffer_worker_set_idle_time (CofferWorker *self, guint idle_ms);

/** End what runs, close the handle and the thread; jobs that wait or come later end as cancelled. Blocks for the running step. */
void          coffer_worker_close         (CofferWorker *self);
void          coffer_worker_free          (CofferWorker *self);

G_END_DECLS
