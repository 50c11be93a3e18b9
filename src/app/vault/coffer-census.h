/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-file-state.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * The sizes, and perhaps types, of all values of a table by the ids of their rows, as they were at one moment: four bytes a
 * row, or five. While it is made it belongs to one thread; afterwards it does not change, and any may read it.
 */
typedef struct _CofferCensus CofferCensus;

CofferCensus *coffer_census_new            (gboolean has_types);
CofferCensus *coffer_census_ref            (CofferCensus *self);
void          coffer_census_unref          (CofferCensus *self);

/** Add a row; ids grow. @size G_MAXUINT64: not readable. @type_label (nullable) interned; "JPEG". */
void          coffer_census_add            (CofferCensus *self, gint64 id, guint64 size, const char *type_label);

gboolean      coffer_census_has_types      (const CofferCensus *self);
guint64       coffer_census_get_n_rows     (const CofferCensus *self);
guint64       coffer_census_get_n_bytes    (const CofferCensus *self);
guint64       coffer_census_get_unreadable (const CofferCensus *self);

/** @type_label (out) (optional) (nullable). Returns: FALSE if no such row was counted. Cost: O(log gaps between ids). */
gboolean      coffer_census_find           (const CofferCensus *self, gint64 id, guint64 *size, const char **type_label);

/** Keep it as what @path held in @state, in @file; nothing is left of a file that could not be written whole. */
gboolean      coffer_census_save           (const CofferCensus *self, const char *file, const char *path, const char *table,
                                            const CofferFileState *state, GError **error);
/** Returns: (transfer full) (nullable) what was kept so of exactly that file, table and state */
CofferCensus *coffer_census_load           (const char *file, const char *path, const char *table, const CofferFileState *state);

/** Where to keep it: a name of its own for a path and table, in the cache folder. */
char         *coffer_census_dup_file       (const char *path, const char *table);
/** See to it that what is kept stays within its bounds: what was used longest ago goes. */
void          coffer_census_sweep          (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferCensus, coffer_census_unref)

G_END_DECLS
