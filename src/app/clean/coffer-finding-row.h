/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-thumbnails.h>

#include "coffer-findings.h"

G_BEGIN_DECLS

#define COFFER_TYPE_FINDING_ROW (coffer_finding_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferFindingRow, coffer_finding_row, COFFER, FINDING_ROW, GtkWidget)

/** A row of what was found: a heading, or a key with its picture and a mark. */
GtkWidget *coffer_finding_row_new   (void);

/** Show the row at @position; NULL: none, and its picture is not asked for any more. */
void       coffer_finding_row_set   (CofferFindingRow *self, CofferFindings *list, guint position, CofferFinding *finding,
                                     CofferThumbnails *thumbnails);

G_END_DECLS
