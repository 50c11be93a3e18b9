/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <kvault.h>

G_BEGIN_DECLS

/**
 * Which file something is: a path comes to name another one, and the number of an inode is used again. Compacting into a new file leaves
 * it the same one, though its inode and its birth are others then.
 */
typedef struct {
  guint64 device;
  guint64 inode;             /* 0: none is known */
  gint64 born;               /* in nanoseconds; 0 where the file system does not tell */
  guint64 swaps;             /* how often this program had compacted a file so by then */
} CofferIdentity;

gboolean      coffer_identity_equal       (const CofferIdentity *a, const CofferIdentity *b);

/**
 * A lane: one thread with one kvault handle and a queue of jobs. The handle is opened by the first job, closed after a
 * while without one, and touched by no other thread. All functions are for the main thread.
 */
typedef struct _CofferWorker CofferWorker;

/**
 * Work on the lane's thread; the answer is the result, or NULL with @error set. A repeatable one runs again if the file was
 * replaced under its handle, or if it ended with G_IO_ERROR_CANCELLED because the lane had to let go of the file.
 *
 * @cancellable  of this run alone; cancelled by the caller's, when the lane is closed, and to let go of the file
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
  CofferIdentity expected;   /* the file that it is meant for; none: any */
  gboolean settles;          /* first writes what waits on the shelf, and fails if that does */
  gboolean strict;           /* fail with KVAULT_EMOVED on another file than that, or than the lane's last job's */
  void (*done) (CofferJob *job, gpointer owner);   /* main thread; frees the job */
  gpointer owner;

  /* the answer */
  gpointer result;
  GError *error;
  gboolean replaced;         /* another file was at the path, or a frozen one had changed */
  CofferIdentity file;       /* which file the job was on; none if none could be opened */
  gboolean settled;          /* something was written before it that had waited, */
  gboolean unsettled;        /* or could not be: it was not run, for that error */
  gboolean damaged;          /* that file is, as this job or one before it met; or what could not be opened */

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

CofferWorker *coffer_worker_new           (const char *name, const char *path);   /* and coffer_worker_unref() */
void          coffer_worker_push          (CofferWorker *self, CofferJob *job);   /* (transfer full) */
/**
 * Ahead of all that waits: @job, which holds. A repeatable job that runs is stopped for it and runs again afterwards;
 * another one is waited for. Every hold needs its resume.
 */
void          coffer_worker_hold          (CofferWorker *self, CofferJob *job);   /* (transfer full) */
void          coffer_worker_resume        (CofferWorker *self);

/** Before the first job: what hides rows from the handle. */
void          coffer_worker_set_veil      (CofferWorker *self, kvault_veil *veil);
/** Whether what the lane deletes is written over with zeros, from its next job on. */
void          coffer_worker_set_secure_delete (CofferWorker *self, gboolean on);
/** Likewise: what the handle sees before it is in the file. */
void          coffer_worker_set_shelf     (CofferWorker *self, kvault_shelf *shelf);
/** Before its end: what waits on the shelf is not written then, as the file at the path is not the one it was meant for. */
void          coffer_worker_keep_waiting  (CofferWorker *self);
void          coffer_worker_set_idle_time (CofferWorker *self, guint idle_ms);

/** Whether there are jobs that are not done. */
gboolean      coffer_worker_is_busy       (CofferWorker *self);

/** Cancel what runs, waits or comes later. The handle stays open until coffer_worker_end(). */
void          coffer_worker_stop          (CofferWorker *self);

/**
 * After coffer_worker_stop(), once: begin to close the handle and to end the thread. Returns at once; what holds comes back
 * when the handle is closed.
 *
 * @ended  called with @data when the thread has ended; at once if there is none
 */
void          coffer_worker_end           (CofferWorker *self, GDestroyNotify ended, gpointer data);

/** Wait for all that are being ended, also those that the end of another ends. Needs no main loop. */
void          coffer_worker_wait_all      (void);
void          coffer_worker_unref         (CofferWorker *self);

G_END_DECLS
