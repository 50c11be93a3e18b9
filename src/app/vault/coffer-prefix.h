/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * The bytes that part keys into segments, "img/" and "2024/" of "img/2024/a.png": ASCII, so that no character of UTF-8 is cut.
 * A plain value.
 */
typedef struct {
  gboolean is[128];
} CofferSeparators;

#define COFFER_SEPARATORS_DEFAULT "/:"

/** @characters  each ASCII one of them is a separator; others are passed by */
void  coffer_separators_init   (CofferSeparators *self, const char *characters);
/** The end of the segment of @data that begins at @from: behind its separator; 0 if there is none. */
gsize coffer_separators_find   (const CofferSeparators *self, gconstpointer data, gsize size, gsize from);
/** The size of the prefix that the key @data lies in, up to its last separator; 0: it lies in none. */
gsize coffer_separators_around (const CofferSeparators *self, gconstpointer data, gsize size);
/** The size of the prefix that @prefix, which ends with a separator, lies in; 0: it lies in none. */
gsize coffer_separators_parent (const CofferSeparators *self, GBytes *prefix);

#define COFFER_TYPE_PREFIX (coffer_prefix_get_type ())
G_DECLARE_FINAL_TYPE (CofferPrefix, coffer_prefix, COFFER, PREFIX, GObject)

/**
 * A prefix that keys have in common: like a folder, but only bytes up to and including a separator. Main thread.
 *
 * Properties (read-only, notify): "count" uint64 and "size" uint64, its keys and the bytes of their values, G_MAXUINT64 until
 * known; "has-children" gboolean, whether there is a prefix in it: TRUE until it is known that there is none.
 */
GBytes     *coffer_prefix_get_bytes        (CofferPrefix *self);   /* the whole prefix, "img/2024/" */
const char *coffer_prefix_get_display_name (CofferPrefix *self);   /* its last segment, "2024/", escaped like a key */
guint64     coffer_prefix_get_count        (CofferPrefix *self);
guint64     coffer_prefix_get_size         (CofferPrefix *self);
gboolean    coffer_prefix_get_has_children (CofferPrefix *self);

#define COFFER_TYPE_PREFIX_LEVEL (coffer_prefix_level_get_type ())
G_DECLARE_FINAL_TYPE (CofferPrefixLevel, coffer_prefix_level, COFFER, PREFIX_LEVEL, GObject)

/**
 * The prefixes right below a prefix of a table, in order, as a lazy GListModel of CofferPrefix. Keys without a further separator,
 * and those of other classes than blobs, belong to none of them.
 *
 * It begins to load as it is made, on the BACKGROUND lane: names first, which takes milliseconds when there are few, however
 * many keys they have, and come by appends; then the counts, which come by notify of the prefixes somebody holds, never by
 * items-changed. All in slices, so that others get their turn. A hundred thousand prefixes cost two or three megabytes.
 *
 * "changed" of the vault loads it anew behind what is there: items-changed tells of what came or went, and the same object
 * stands for a name that stays as long as somebody holds it; counts stay until they are known anew.
 *
 * Properties (read-only, notify): "loading" gboolean, names are still to come; "error" string, why they do not: translated, NULL
 * if nothing failed.
 */
/** @prefix  (nullable): NULL for the whole table */
CofferPrefixLevel *coffer_prefix_level_new         (CofferVault            *vault,
                                                    const char             *table,
                                                    GBytes                 *prefix,
                                                    const CofferSeparators *separators);
const char        *coffer_prefix_level_get_table   (CofferPrefixLevel      *self);
GBytes            *coffer_prefix_level_get_prefix  (CofferPrefixLevel      *self);   /* never NULL */
gboolean           coffer_prefix_level_get_loading (CofferPrefixLevel      *self);
const char        *coffer_prefix_level_get_error   (CofferPrefixLevel      *self);

/** Where a prefix is among those there are now; FALSE if it is not there. */
gboolean           coffer_prefix_level_find        (CofferPrefixLevel      *self,
                                                    GBytes                 *prefix,
                                                    guint                  *position);

/** What its prefixes' values measure: @sizes of @n_sizes of them from @position on. Forgotten when they are loaded anew. */
void               coffer_prefix_level_set_sizes   (CofferPrefixLevel      *self,
                                                    guint                   position,
                                                    const guint64          *sizes,
                                                    guint                   n_sizes);

/** Load anew. */
void               coffer_prefix_level_refresh     (CofferPrefixLevel      *self);

G_END_DECLS
