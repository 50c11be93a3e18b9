/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_FACT_SIZE,
  COFFER_FACT_TYPE,
} CofferFact;

#define COFFER_TYPE_FACT_CELL (coffer_fact_cell_get_type ())
G_DECLARE_FINAL_TYPE (CofferFactCell, coffer_fact_cell, COFFER, FACT_CELL, GtkWidget)

/** The cell that shows one fact of an entry, size or type, in its column. */
GtkWidget *coffer_fact_cell_new       (CofferFact      fact);

/** @entry (nullable): what to show and follow. */
void       coffer_fact_cell_set_entry (CofferFactCell *self,
                                       CofferEntry    *entry);

/** The size for a column or a line, "4.8 MB" with a no-break space; "" while it is not known. (transfer full) */
char      *coffer_fact_format_size    (guint64         size);

G_END_DECLS
