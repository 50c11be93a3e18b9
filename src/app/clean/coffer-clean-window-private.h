/* SPDX-License-Identifier: MIT */
/* What coffer-clean-window.c and the files of its pages have in common. */
#pragma once

#include "coffer-clean-page.h"
#include "coffer-clean-window.h"

/* A page and what runs for it. */
typedef struct {
  CofferCleanPage *page;         /* unowned; NULL: not made yet */
  GCancellable *running;         /* (nullable) */
  CofferProgress *progress;      /* (nullable) of that */
  char *table;                   /* that was looked through */
} CofferCleanJob;

struct _CofferCleanWindow {
  AdwWindow parent_instance;

  AdwToastOverlay *toasts;
  GtkStack *stack;
  CofferVault *vault;
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
/* It is over. */
void          coffer_clean_job_end           (CofferCleanJob *job);

/* Tell why something failed, in place of what would have been found. */
void          coffer_clean_window_show_error (CofferCleanWindow *self, CofferCleanJob *job, const GError *error);
void          coffer_clean_window_toast      (CofferCleanWindow *self, const char *text);
/* Whether keys can be deleted; if not, says why or offers to edit. */
gboolean      coffer_clean_window_can_delete (CofferCleanWindow *self);
/* Ask whether to delete what is marked: "delete" to @response_cb, which gets the window and the response. */
GtkWidget    *coffer_clean_window_ask        (CofferCleanWindow *self, const CofferFindingsTally *tally, const char *body, GCallback response_cb);
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
