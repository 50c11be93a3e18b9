/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-file-state.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * The sizes, and perhaps types, of all values of a table by the ids of their rows, as they were at one moment. They are packed as
 * they come, by some hundred rows: next to nothing where ids follow each other and sizes are alike, two or three bytes a row of
 * pictures. While it is made it belongs to one thread; afterwards it does not change, and any may read it.
 */
typedef struct _CofferCensus CofferCensus;

CofferCensus *coffer_census_new            (gboolean has_types);
CofferCensus *coffer_census_ref            (CofferCensus *self);
void          coffer_census_unref          (CofferCensus *self);

/** Add a row; ids grow. @size G_MAXUINT64: not readable. @type_label (nullable) interned; "JPEG". */
void          coffer_census_add            (CofferCensus *self, gint64 id, guint64 size, const char *type_label);
/** There are no more to come: only now it can be asked for one, or kept. */
void          coffer_census_end            (CofferCensus *self);

gboolean      coffer_census_has_types      (const CofferCensus *self);
guint64       coffer_census_get_n_rows     (const CofferCensus *self);
guint64       coffer_census_get_n_bytes    (const CofferCensus *self);
guint64       coffer_census_get_unreadable (const CofferCensus *self);

/**
 * @type_label  (out) (optional) (nullable)
 *
 * Cost:    O(1) where ids follow each other, else O(log rows)
 * Returns: FALSE if no such row was counted
 */
gboolean      coffer_census_find           (const CofferCensus *self, gint64 id, guint64 *size, const char **type_label);
/**
 * An id that will be asked for: what is known of it is on its way from memory meanwhile. Worth it where many are asked for in no
 * order, a few ahead of each.
 */
void          coffer_census_expect         (const CofferCensus *self, gint64 id);

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
