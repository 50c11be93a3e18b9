/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-transfer.h"

G_BEGIN_DECLS

#define COFFER_TYPE_RUN (coffer_run_get_type ())
G_DECLARE_DERIVABLE_TYPE (CofferRun, coffer_run, COFFER, RUN, CofferTransfer)

/**
 * A transfer that goes in runs, each of which takes what is left: a pause ends the one under way, and so does another program that keeps the
 * vault from it, for which it waits half a minute.
 */
struct _CofferRunClass {
  CofferTransferClass parent_class;

  /* Begin one, which @stop ends; call coffer_run_goes_on() later, once. */
  void (*run) (CofferRun *self, GCancellable *stop);
};

/**
 * A run has ended.
 *
 * @done    nothing is left
 * @moved   something was done in it
 * @error   of it, cleared if it goes on
 *
 * Returns: whether there is another one, now or after the pause; else it is time for coffer_transfer_end()
 */
gboolean coffer_run_goes_on         (CofferRun *self, gboolean done, gboolean moved, GError **error);
/** Whether the last one was ended by a pause, or with the whole. */
gboolean coffer_run_was_stopped     (CofferRun *self);

gboolean coffer_run_is_running      (CofferRun *self);
/** Whether it runs again since another program had the vault. */
gboolean coffer_run_is_kept_waiting (CofferRun *self);
/** It has the vault by now. */
void     coffer_run_note_moved      (CofferRun *self);

G_END_DECLS
