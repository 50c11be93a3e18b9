/* SPDX-License-Identifier: MIT */
/* What coffer-search-bar.c and coffer-search-bar-chips.c share. */
#pragma once

#include "coffer-filter-popover.h"
#include "coffer-filter.h"
#include "coffer-search-bar.h"

struct _CofferSearchBar {
  AdwBin parent_instance;

  GtkRevealer *revealer;
  GtkEditable *entry;
  GtkMenuButton *mode_button;
  GtkLabel *problem;
  GtkWidget *chips;
  GtkWidget *add_button;
  CofferFilterPopover *popover;
  GtkLabel *count;
  GtkProgressBar *progress;

  CofferEntryList *list;
  CofferFilter *filter;   /* the list's; (nullable) */
  CofferMatchMode mode;
  char *scope;
  gboolean running;
  guint gave_up_before;   /* by the filter, in walks before this one */
  guint gave_up;
  gboolean wrong;         /* the text means nothing, and the list is of the one before */
  guint apply_id;
  guint patience;
};

/** Search for what is typed and chosen now. */
void coffer_search_bar_apply        (CofferSearchBar *self);

/** Show a button for each filter there is now. */
void coffer_search_bar_update_chips (CofferSearchBar *self);
