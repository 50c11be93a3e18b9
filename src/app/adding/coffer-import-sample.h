/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-import-plan.h"

G_BEGIN_DECLS

#define COFFER_TYPE_IMPORT_SAMPLE (coffer_import_sample_get_type ())
G_DECLARE_FINAL_TYPE (CofferImportSample, coffer_import_sample, COFFER, IMPORT_SAMPLE, GtkBox)

/** One file of a plan beside the key it gets, and whether that is there already. */
GtkWidget  *coffer_import_sample_new        (void);

/** @additions (nullable): what the vault has of them, once that is known */
void        coffer_import_sample_set        (CofferImportSample     *self,
                                             CofferImportPlan       *plan,
                                             CofferAdditions        *additions,
                                             guint                   position,
                                             const CofferImportRule *rule);

/** (nullable): an icon stands for it */
void        coffer_import_sample_set_picture (CofferImportSample    *self,
                                              GdkTexture            *picture);
guint       coffer_import_sample_get_position (CofferImportSample   *self);

/** Only the key: there is no room for more. */
void        coffer_import_sample_set_narrow (CofferImportSample     *self,
                                             gboolean                narrow);

/** The file's name, to make those of several samples as wide. (transfer none) */
GtkWidget  *coffer_import_sample_get_name   (CofferImportSample     *self);

G_END_DECLS
