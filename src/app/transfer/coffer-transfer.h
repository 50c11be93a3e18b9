/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  COFFER_TRANSFER_WAITING,     /* for its turn */
  COFFER_TRANSFER_RUNNING,
  COFFER_TRANSFER_PAUSED,
  COFFER_TRANSFER_DONE,
  COFFER_TRANSFER_CANCELLED,   /* what was done by then is kept */
  COFFER_TRANSFER_FAILED,      /* likewise; see coffer_transfer_get_error() */
} CofferTransferState;

#define COFFER_TYPE_TRANSFER_STATE (coffer_transfer_state_get_type ())
GType coffer_transfer_state_get_type (void);

/** How far it is. */
typedef struct {
  guint64 items, n_items;      /* dealt with, of all */
  guint64 bytes, n_bytes;
  double  rate;                /* bytes a second of late; 0: not known yet, or none are written */
  gint64  seconds_left;        /* -1: not known yet */
} CofferTransferProgress;

/** Something that was left out, and why: both to be shown. */
typedef struct {
  char *name;
  char *reason;
} CofferTransferSkip;

#define COFFER_TYPE_TRANSFER (coffer_transfer_get_type ())
G_DECLARE_DERIVABLE_TYPE (CofferTransfer, coffer_transfer, COFFER, TRANSFER, GObject)

/**
 * Files on their way into a vault or out of one, as people see it. Main thread.
 *
 * Properties (read-only, notify): "state" CofferTransferState; "waits-for" string, translated: what keeps it from going on, or NULL.
 * Signal "progress": ten times a second at most while it runs, and at its end.
 */
struct _CofferTransferClass {
  GObjectClass parent_class;

  /* Begin; call coffer_transfer_end() later, once. */
  void (*start)  (CofferTransfer *self);
  /* Come to that end soon. */
  void (*stop)   (CofferTransfer *self);
  /* Pause, if it can; @paused FALSE: go on. */
  void (*pause)  (CofferTransfer *self, gboolean paused);
  /* Fill items and bytes. */
  void (*look)   (CofferTransfer *self, CofferTransferProgress *progress);
};

/** "Adding 1,284 files"; translated. */
const char            *coffer_transfer_get_title     (CofferTransfer *self);
const char            *coffer_transfer_get_icon_name (CofferTransfer *self);
/** The CofferVault whose file is written to, which no two write to at once; NULL: none is. (transfer none) */
gpointer               coffer_transfer_get_target    (CofferTransfer *self);
/** Whether it writes to a vault, or is about it otherwise; compared only. */
gboolean               coffer_transfer_concerns      (CofferTransfer *self, gpointer vault);
CofferTransferState    coffer_transfer_get_state     (CofferTransfer *self);
/** For how long it has run, or did, pauses included. */
gint64                 coffer_transfer_get_seconds   (CofferTransfer *self);
/** Neither DONE, nor CANCELLED, nor FAILED. */
gboolean               coffer_transfer_is_active     (CofferTransfer *self);
const char            *coffer_transfer_get_waits_for (CofferTransfer *self);
CofferTransferProgress coffer_transfer_get_progress  (CofferTransfer *self);
/** Why it FAILED. (transfer none) (nullable) */
const GError          *coffer_transfer_get_error     (CofferTransfer *self);

/** Of CofferTransferSkip: what was left out, complete at the end. (transfer none) */
GPtrArray             *coffer_transfer_get_skips     (CofferTransfer *self);

/** Whether it makes sense to offer that. */
gboolean               coffer_transfer_can_pause     (CofferTransfer *self);

/** For CofferTransfers, when its turn has come. */
void                   coffer_transfer_start         (CofferTransfer *self);
void                   coffer_transfer_cancel        (CofferTransfer *self);
void                   coffer_transfer_set_paused    (CofferTransfer *self, gboolean paused);

/* For what derives from it: */

void                   coffer_transfer_set_up        (CofferTransfer *self, const char *title, const char *icon_name, gpointer target);
/** @vault  that it is about, too: that is only read, or from which it came */
void                   coffer_transfer_set_vault     (CofferTransfer *self, gpointer vault);
void                   coffer_transfer_set_can_pause (CofferTransfer *self, gboolean can_pause);
void                   coffer_transfer_set_waits_for (CofferTransfer *self, const char *what);
/** @name, @reason  (transfer full) */
void                   coffer_transfer_add_skip      (CofferTransfer *self, char *name, char *reason);
gboolean               coffer_transfer_is_cancelled  (CofferTransfer *self);
/** It is over. @error (transfer full) (nullable); CANCELLED if it was cancelled before all was done, which @complete tells. */
void                   coffer_transfer_end           (CofferTransfer *self, gboolean complete, GError *error);

G_END_DECLS
