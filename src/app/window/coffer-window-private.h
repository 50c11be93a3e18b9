/* SPDX-License-Identifier: MIT */
/* What coffer-window.c and coffer-window-actions.c share. */
#pragma once

#include "coffer-start-page.h"
#include "coffer-vault-view.h"
#include "coffer-vault.h"
#include "coffer-window.h"

struct _CofferWindow {
  AdwApplicationWindow parent_instance;

  AdwToastOverlay *toasts;
  AdwToast *toast;               /* weak: the last one */
  GtkStack *pages;
  CofferStartPage *start_page;
  AdwWindowTitle *wait_title;
  GtkSpinner *spinner;
  AdwStatusPage *problem;
  AdwWindowTitle *problem_title;
  GtkWidget *problem_open;
  CofferVaultView *view;         /* made with the first vault; a child of pages */

  GFile *file;
  CofferVault *vault;
  GCancellable *opening;         /* while a vault is being opened */
  guint patience;
  guint unseen;                  /* asked to show, and waiting for the first rows: a timeout */
  CofferEntry *first_row;        /* which it waits for */
  gboolean problem_shown;
  gboolean choosing;             /* a file chooser is open or about to be */
  GtkFileChooserNative *chooser; /* while it is open: nobody else keeps it */
};

/** Add the actions win.*; once. */
void coffer_window_add_actions    (CofferWindow *self);

/** Enable what can be done with what is on show now. */
void coffer_window_update_actions (CofferWindow *self);
