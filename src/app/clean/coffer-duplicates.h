/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

G_BEGIN_DECLS

typedef enum {
  COFFER_DUPLICATES_SIZES,      /* what is as large as another */
  COFFER_DUPLICATES_ENDS,       /* what begins and ends like another as large */
  COFFER_DUPLICATES_VALUES,     /* what is left, read whole */
  COFFER_DUPLICATES_KEYS,       /* the keys of what was found */
} CofferDuplicatesPhase;

/** How far a search is. */
typedef struct {
  CofferDuplicatesPhase phase;
  guint64 n_keys, n_keys_total;     /* of this phase; 0: not known */
  guint64 n_bytes, n_bytes_total;   /* read of values, where they are read whole */
} CofferDuplicatesProgress;

#define COFFER_DUPLICATES_DIGEST 16

/** Keys whose values have the same bytes, header included. */
typedef struct {
  guint64 size;                 /* of each value, not 0 */
  guint64 n_keys;               /* two or more; those beyond keys->len are not named */
  GPtrArray *keys;              /* owned: of CofferKey, in their order */
  guint8 digest[COFFER_DUPLICATES_DIGEST];   /* the first half of the SHA-256 of each value */
} CofferDuplicateGroup;

/** All that are to be found in a table or prefix. */
typedef struct {
  GPtrArray *groups;            /* owned: of CofferDuplicateGroup, those that take most first */
  guint64 n_groups;             /* all of them; those beyond groups->len are not named */
  guint64 n_bytes;              /* that would be free if one of each group were kept */
  guint64 n_looked_at;          /* keys */
  guint64 n_unreadable;         /* values that were left out for that */
} CofferDuplicates;

/** Keys to name at the most: with as many rows a list is still at hand. */
#define COFFER_DUPLICATES_MOST_KEYS 200000

/**
 * Look for values that are equal, on the lane for scans: by size, then by the beginning and the end of those that are as large as
 * another, then by the SHA-256 of those that are alike there too. Takes 16 bytes of memory a key, 24 more for each that is alike so far.
 * A value that changes meanwhile is left out.
 *
 * @prefix     (nullable)
 * @most_keys  how many keys to name; those of the groups that take most
 * @progress   (nullable) is told a CofferDuplicatesProgress, to be freed with g_free()
 */
void              coffer_duplicates_find_async  (CofferVault *vault, const char *table, GBytes *prefix, guint most_keys,
                                                 CofferProgress *progress, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
CofferDuplicates *coffer_duplicates_find_finish (CofferVault *vault, GAsyncResult *result, GError **error);   /* (transfer full) */

void              coffer_duplicates_free        (CofferDuplicates *self);

/** What is to go of a group, and what is to stay. */
typedef struct {
  GPtrArray *gone, *kept;       /* owned: of CofferKey; none kept: the whole group is to go */
  guint8 digest[COFFER_DUPLICATES_DIGEST];   /* of the group */
} CofferDuplicateChoice;

void              coffer_duplicate_choice_free  (gpointer choice);

/**
 * Before anything is deleted: read again whether what is to go has the very bytes of one that is to stay.
 *
 * @choices   of CofferDuplicateChoice; not changed until the callback
 * @progress  (nullable) is told a CofferDuplicatesProgress
 *
 * Returns: (finish) (transfer full) (nullable): of CofferKey, those that may go; others are not what they were, or nothing
 *          that was to stay is
 */
void              coffer_duplicates_verify_async  (CofferVault *vault, const char *table, GPtrArray *choices, CofferProgress *progress,
                                                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray        *coffer_duplicates_verify_finish (CofferVault *vault, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferDuplicates, coffer_duplicates_free)

G_END_DECLS
