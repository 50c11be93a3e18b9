/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-renames.h"

G_BEGIN_DECLS

#define COFFER_PLAN_SAMPLES 6

/** What finding and replacing would do to the names of some keys. */
typedef struct {
  CofferRenames *renames;      /* those that would get another name, and can */
  guint n_renamed;
  guint64 n_bytes;             /* of their values that are written anew: see kvault_rename_cost() */
  guint n_alike;               /* keep their names */
  guint n_not_text;            /* are no UTF-8, and are left alone */
  guint n_taken;               /* would get a name that is taken, or that another one gets, or none */
  GPtrArray *samples;          /* of char, pairs: old, new as they are shown; those that cannot be first, */
  guint n_bad_samples;         /* and how many those are */
} CofferRenamePlan;

void              coffer_rename_plan_free         (CofferRenamePlan *self);

/**
 * Work out new names, on the BACKGROUND lane. Changes nothing.
 *
 * @keys     not changed any more
 * @find     text to be found, everywhere in a key; as a regular expression if @regex, in which @replace may speak of groups: \1.
 *           A bad one fails with G_REGEX_ERROR
 */
void              coffer_vault_plan_renames_async  (CofferVault *self, GPtrArray *keys, const char *find, const char *replace,
                                                    gboolean regex, GCancellable *cancellable, GAsyncReadyCallback callback,
                                                    gpointer user_data);
CofferRenamePlan *coffer_vault_plan_renames_finish (CofferVault *self, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferRenamePlan, coffer_rename_plan_free)

G_END_DECLS
