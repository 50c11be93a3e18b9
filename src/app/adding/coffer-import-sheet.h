/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-import-plan.h"

G_BEGIN_DECLS

#define COFFER_TYPE_IMPORT_SHEET (coffer_import_sheet_get_type ())
G_DECLARE_FINAL_TYPE (CofferImportSheet, coffer_import_sheet, COFFER, IMPORT_SHEET, AdwWindow)

/**
 * What will be added to a vault, before it is: the keys, which can be changed, what stands in the way, and the room it takes.
 *
 * Signal "add" (CofferAdditions *additions, CofferConflict conflict): a person wants it so; it closes then.
 */
CofferImportSheet *coffer_import_sheet_new        (GtkWindow *parent, CofferVault *vault, GBytes *prefix);

/** Files are being counted; before the plan. */
void               coffer_import_sheet_set_counts (CofferImportSheet *self, const CofferImportCounts *counts);

/** What there is to add. */
void               coffer_import_sheet_set_plan   (CofferImportSheet *self, CofferImportPlan *plan);

/** Values of another vault are copied, though somebody wanted to move them: say @why. */
void               coffer_import_sheet_set_stays  (CofferImportSheet *self, const char *why);

/** How files get their keys, put under @prefix (nullable); a single folder keeps its name where there is no prefix. (transfer full) */
GBytes            *coffer_import_sheet_make_prefix (CofferImportPlan *plan, GBytes *prefix);
/** What parts folders in keys under @prefix (nullable). */
char               coffer_import_sheet_separator   (GBytes *prefix);

G_END_DECLS
