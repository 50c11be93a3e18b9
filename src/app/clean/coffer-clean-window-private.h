/* SPDX-License-Identifier: MIT */
/* What coffer-clean-window.c and the files of its pages have in common. */
#pragma once

#include "coffer-clean-page.h"
#include "coffer-clean-window.h"

#include <coffer-toasts.h>

/* A page and what runs for it. */
typedef struct {
  CofferCleanPage *page;         /* unowned; NULL: not made yet */
  GCancellable *running;         /* (nullable) */
  CofferProgress *progress;      /* (nullable) of that */
  char *table;                   /* that was looked through */
  GPtrArray *deletions;          /* (nullable) of what was found */
  guint n_back;                  /* keys of these that have come back */
  gboolean all_gone;             /* by them: there is nothing else to show */
} CofferCleanJob;

struct _CofferCleanWindow {
  AdwWindow parent_instance;

  AdwToastOverlay *toasts;
  CofferToasts *words;           /* on these */
  AdwToast *undo_toast;          /* weak: the last one that offers to take back */
  guint64 undo_toast_step;       /* this step, and no other */
  GtkStack *stack;
  CofferVault *vault;
  CofferUndo *undo;
  CofferThumbnails *thumbnails;
  GBytes *prefix;                /* (nullable) on show */

  CofferCleanJob duplicates;
  CofferCleanJob damaged;
  gboolean prefix_only;          /* damaged ones are looked for */
  GtkWidget *largest;            /* a page that looks for itself; NULL: not made yet */
  char *separators;              /* for it */
  guint fill_id;
  CofferCleanJob *deleting;      /* (nullable) whose keys are being deleted */
  guint n_left_out;              /* keys that were marked, but are not what they were */
};

/* Begin something: what ran before is cancelled. @func (nullable) is told how far it is. Returns: (transfer none) to be checked with */
GCancellable *coffer_clean_job_begin         (CofferCleanJob *job, CofferVault *vault, CofferProgressFunc func, gpointer data);
/* Whether @result is of what runs, which then is over; else another is under way, or the window is gone. */
gboolean      coffer_clean_job_take          (CofferCleanJob *job, GAsyncResult *result);
/* What was found is no more of interest. */
void          coffer_clean_job_forget        (CofferCleanJob *job);
/* What is left of what was found, as @summary says, and that deleted keys are back. */
void          coffer_clean_job_show_left     (CofferCleanJob *job, const char *summary);
/* All that was found is deleted, as @title and @text say, or was until that was taken back. */
void          coffer_clean_job_show_all_gone (CofferCleanJob *job, const char *title, const char *text);

/* Tell why something failed, in place of what would have been found. */
void          coffer_clean_window_show_error (CofferCleanWindow *self, CofferCleanJob *job, const GError *error);
void          coffer_clean_window_toast      (CofferCleanWindow *self, const char *text);
/* Whether keys can be deleted; if not, says why or offers to edit. */
gboolean      coffer_clean_window_can_delete (CofferCleanWindow *self);
/* Ask whether to delete what is marked, some of it being @entries, with @more (nullable) behind its size: "delete" to @response_cb, which
 * gets the window and the response. */
GtkWidget    *coffer_clean_window_ask        (CofferCleanWindow *self, const CofferFindingsTally *tally, GPtrArray *entries, const char *more,
                                              GCallback response_cb);
/* Have keys deleted. @job (nullable) on whose page they were found */
void          coffer_clean_window_delete     (CofferCleanWindow *self, CofferCleanJob *job, GPtrArray *keys, guint n_left_out);

/* coffer-clean-window-duplicates.c */
void          coffer_clean_window_add_duplicates (CofferCleanWindow *self);
/* Its keys are gone. */
void          coffer_clean_window_update_duplicates (CofferCleanWindow *self);

/* coffer-clean-window-damaged.c */
void          coffer_clean_window_add_damaged       (CofferCleanWindow *self);
void          coffer_clean_window_update_damaged    (CofferCleanWindow *self);

/* coffer-clean-window-largest.c */
void          coffer_clean_window_add_largest (CofferCleanWindow *self);
