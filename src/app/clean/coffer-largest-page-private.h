/* SPDX-License-Identifier: MIT */
/* The parts of CofferLargestPage. */
#pragma once

#include "coffer-breadcrumbs.h"
#include "coffer-largest-page.h"
#include "coffer-largest.h"
#include "coffer-treemap.h"

G_BEGIN_DECLS

struct _CofferLargestPage {
  AdwBin parent_instance;

  GtkStack *pages;
  GtkLabel *wait_label;
  GtkProgressBar *wait_bar;
  AdwStatusPage *problem;
  GtkWidget *up_button;
  CofferBreadcrumbs *breadcrumbs;
  GtkSpinner *spinner;
  GtkWidget *cancel_button;
  GtkLabel *facts;
  CofferTreemap *treemap;
  GtkLabel *heading;
  GtkWidget *export_button;
  GtkWidget *delete_button;
  GtkListView *list;

  CofferVault *vault;
  CofferSeparators separators;
  GBytes *prefix;               /* wanted; empty: all */
  GBytes *shown_prefix;         /* (nullable) whose answer is on show */
  CofferLargest *shown;         /* (nullable) */
  GHashTable *kept;             /* GBytes to CofferLargest: while the file stays as it is */
  GCancellable *loading;        /* while it does */
  gint64 loading_since;
  gint64 loading_us;            /* as it took last */
  gboolean stale;               /* the file has changed since it was looked at */
  gboolean given_up;            /* by who looks */
  guint follow_id;

  GListStore *rows;             /* of CofferSizedKey */
  GtkSelectionModel *selection;
  guint fill_id;                /* more rows come */
  guint n_filled;               /* rows that are of what is on show */
};

/* coffer-largest-page-show.c */

/** Show an answer for the prefix that is wanted. */
void  coffer_largest_page_show_answer    (CofferLargestPage *self,
                                          CofferLargest     *answer);
/** "1,204 keys" (transfer full) */
char *coffer_largest_page_format_keys    (guint64            n);

/* coffer-largest-page-load.c */

/** Look again at the place that is wanted. */
void  coffer_largest_page_load           (CofferLargestPage *self);
/** The same if nothing is known of it, and somebody sees the page. */
void  coffer_largest_page_load_if_needed (CofferLargestPage *self);
/** Give up what is under way. */
void  coffer_largest_page_stop           (CofferLargestPage *self);
/** To the prefix around the one that is wanted. */
void  coffer_largest_page_go_up          (CofferLargestPage *self);
void  coffer_largest_page_update_busy    (CofferLargestPage *self);
void  coffer_largest_page_show_problem   (CofferLargestPage *self,
                                          const char        *title,
                                          const char        *why);
/** All that is known: it is of another table, or of another vault. */
void  coffer_largest_page_forget         (CofferLargestPage *self);

void  coffer_largest_page_changed_cb     (CofferLargestPage *self);
void  coffer_largest_page_table_cb       (CofferLargestPage *self);

G_END_DECLS
