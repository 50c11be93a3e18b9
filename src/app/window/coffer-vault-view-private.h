/* SPDX-License-Identifier: MIT */
/* The parts of CofferVaultView. */
#pragma once

#include "coffer-banner.h"
#include "coffer-entry-list.h"
#include "coffer-facts-list.h"
#include "coffer-history.h"
#include "coffer-large-view.h"
#include "coffer-pane.h"
#include "coffer-place-title.h"
#include "coffer-preview.h"
#include "coffer-selection-bar.h"
#include "coffer-sidebar.h"
#include "coffer-status-bar.h"
#include "coffer-vault-view.h"

G_BEGIN_DECLS

struct _CofferVaultView {
  AdwBin parent_instance;

  AdwLeaflet *outer;
  AdwLeaflet *inner;
  CofferPane *sidebar_pane;
  CofferPane *content_pane;
  CofferPane *preview_pane;
  CofferSidebar *sidebar;
  AdwHeaderBar *content_header;
  CofferPlaceTitle *content_title;
  GtkWidget *content_back;
  GtkMenuButton *more_button;
  GMenu *undo_section;
  GtkWidget *add_button;
  GtkWidget *list_button;
  GtkWidget *grid_button;
  CofferBanner *banner;
  GtkRevealer *incomplete;
  GtkLabel *incomplete_why;
  CofferSearchBar *search;
  GtkWidget *widen_button;
  GtkStack *pages;
  AdwStatusPage *empty;
  GtkWidget *empty_add_button;
  CofferKeyViews *keys;
  CofferSelectionBar *selection_bar;
  GtkSpinner *spinner;
  AdwStatusPage *problem;
  AdwStatusPage *section_page;
  CofferFactsList *section_facts;
  GtkWidget *values_button;
  AdwHeaderBar *preview_header;
  GtkWidget *preview_back;
  GtkMenuButton *preview_more;
  AdwWindowTitle *preview_title;
  GtkWidget *large_button;
  GtkWidget *show_as;
  GtkLabel *show_as_label;
  GtkLabel *show_as_kind;
  GtkBox *preview_box;
  CofferLargeView *large_view;
  CofferPreview *preview;
  CofferStatusBar *status_bar;

  CofferVault *vault;
  CofferEntryList *list;
  CofferKeySelection *selection;
  CofferThumbnails *thumbnails;
  CofferKeyTally *tally;
  CofferHistory *history;
  CofferSection *watched;  /* the section on show if it is no table */
  gboolean sidebar_shown;
  gboolean keys_awaited;   /* to give them the keyboard */
  guint patience;
  guint title_id;          /* of a title that is put off */
};

/** The keys are on show, where not all panes fit. */
void     coffer_vault_view_show_content      (CofferVaultView *self);
/** Gives pane 0 to 2 the keyboard. Returns: whether it takes it */
gboolean coffer_vault_view_focus_pane        (CofferVaultView *self,
                                              int              i);
/** Shows what the state of the list asks for. */
void     coffer_vault_view_update_page       (CofferVaultView *self);
/** The place on show, above the keys. */
void     coffer_vault_view_update_title      (CofferVaultView *self);
/** What a search is among. */
void     coffer_vault_view_update_scope      (CofferVaultView *self);
/** Any change of the list. */
void     coffer_vault_view_list_changed      (CofferVaultView *self);
/** Shows facts of a section that is no table; NULL: of none. */
void     coffer_vault_view_watch_section     (CofferVaultView *self,
                                              CofferSection   *section);
/** The key that is chosen, above its preview where that is alone. */
void     coffer_vault_view_update_preview_title (CofferVaultView *self);
/** What has no button of its own there. */
void     coffer_vault_view_fill_preview_menu (CofferVaultView *self);
/** Which header bar has which buttons. */
void     coffer_vault_view_update_folds      (CofferVaultView *self);

/** Each file's callbacks that coffer-vault-view.ui names. */
void     coffer_vault_view_bind_panes        (GtkWidgetClass *widget_class);
void     coffer_vault_view_bind_pages        (GtkWidgetClass *widget_class);
void     coffer_vault_view_bind_places       (GtkWidgetClass *widget_class);

G_END_DECLS
