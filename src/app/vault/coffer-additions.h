/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-attic.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

/** What became of a file that was to be added. */
typedef enum {
  COFFER_ADDITION_WAITING,
  COFFER_ADDITION_ADDED,       /* under a key that was not there */
  COFFER_ADDITION_REPLACED,    /* the value of a key that was there, or hidden: see over */
  COFFER_ADDITION_SKIPPED,     /* the key was there */
  COFFER_ADDITION_IDENTICAL,   /* the key was there, with this very value */
  COFFER_ADDITION_FAILED,      /* see problem */
} CofferAdditionState;

/** What to do with a file whose key is there, with another value. */
typedef enum {
  COFFER_CONFLICT_ASK,
  COFFER_CONFLICT_SKIP,
  COFFER_CONFLICT_REPLACE,
  COFFER_CONFLICT_KEEP_BOTH,   /* the next free of "a (2).jpg", "a (3).jpg", … */
} CofferConflict;

#define COFFER_SUM_SIZE 32     /* of SHA-256 */

/** A file, or a value of another vault, and the key that it is to have. */
typedef struct {
  GBytes *value;           /* the key of the value in that vault; NULL: it is a file */
  gboolean no_bytes;       /* that key is text or a number: by its bytes it is not found, and it is not stored */
  char *root;              /* what a person named; of a value its key, to be shown */
  char *path;              /* of the file in that folder, or archive; NULL: @root is the file */
  gboolean packed;         /* it is in the archive @root … */
  guint64 at;              /* … there, see CofferMember */
  GBytes *key;             /* the one it has in the vault, once it is there */
  guint64 size;            /* of the value, as it was seen; as it was stored, once it is */
  GBytes *header;          /* that goes before what is in the file; (nullable) */
  guint8 *sum;             /* SHA-256 of the file, without which it is not stored; (nullable) */
  guint8 *stored_sum;      /* of what was read from it, where that is to be verified; (nullable) */
  guint64 found_size;      /* of the value its key had, see coffer_vault_find_additions_async(); G_MAXUINT64: none */
  gboolean identical;      /* found, with the same bytes */
  gboolean twice;          /* another one before it has the same key */
  CofferKept *old;         /* of a key that had another value: that one, if it is kept; (nullable) */
  gboolean over;           /* REPLACED a value that was deleted a moment ago, and not on show: it was added, to a person */
  gboolean name_deleted;   /* SKIPPED: it would have taken the place of such a one */
  gboolean wrong;          /* FAILED as it was read back: something is stored, but another value */
  guint8 *wrong_sum;       /* of all of that value; NULL: there is none, or it cannot be read */
  gboolean taken;          /* it was taken back, and is to be added if all is done again */
  gboolean printed;        /* a file that was stored: */
  guint64 print[2];        /* of the value, by which it is known again without the file */
  CofferKept *fresh;       /* once the old value is back: the one that was stored, if it is kept; (nullable) */
  gboolean no_room;        /* to keep it: so it was not taken back, the last time */
  gpointer hidden;         /* taken back as a deletion that is not written yet: which, unowned; (nullable) */
  CofferAdditionState state;
  char *problem;           /* translated; NULL unless FAILED */
} CofferAddition;

/**
 * Files on their way into one table of a vault, in order. Counted references; whoever works on it has it to himself, so the main
 * thread leaves it alone until the callback, but for coffer_additions_get_progress().
 */
typedef struct _CofferAdditions CofferAdditions;

#define COFFER_TYPE_ADDITIONS (coffer_additions_get_type ())
GType            coffer_additions_get_type     (void);

CofferAdditions *coffer_additions_new          (const char *table);
CofferAdditions *coffer_additions_ref          (CofferAdditions *self);
void             coffer_additions_unref        (CofferAdditions *self);

/** @path  (nullable) */
void             coffer_additions_append       (CofferAdditions *self, const char *root, const char *path, GBytes *key, guint64 size);
/** A member of an archive, @at as CofferMember has it. */
void             coffer_additions_append_member (CofferAdditions *self, const char *archive, const char *path, guint64 at, GBytes *key,
                                                 guint64 size);
/** What is known of the last: @header (nullable), @sum: COFFER_SUM_SIZE bytes; its size is that of the file. */
void             coffer_additions_tell         (CofferAdditions *self, GBytes *header, const guint8 *sum);
/** Where the values are that come from another vault: a table of the file at a path. */
void             coffer_additions_set_source   (CofferAdditions *self, const char *path, const char *table);
/** Of the vault that they go into. */
const char      *coffer_additions_get_table    (CofferAdditions *self);
/** @value  its key there */
void             coffer_additions_append_value (CofferAdditions *self, GBytes *value, GBytes *key, guint64 size);
/** Whether they are values of another vault. */
gboolean         coffer_additions_are_values   (CofferAdditions *self);
guint            coffer_additions_get_n        (CofferAdditions *self);
/** To be looked at, or changed before the next count. (transfer none) */
CofferAddition  *coffer_additions_get          (CofferAdditions *self, guint position);

/** The first that is not dealt with: all before it are. */
guint            coffer_additions_get_next     (CofferAdditions *self);

/**
 * How many are in a state. This, and the counts that follow, look at them all if any was touched since the last count, which a lane does
 * after its work.
 */
guint            coffer_additions_count        (CofferAdditions *self, CofferAdditionState state);
/** How many of those that REPLACED a value were added, to a person: what they replaced was not on show. */
guint            coffer_additions_count_over   (CofferAdditions *self);
/** How many were SKIPPED since what was deleted a moment ago could not have come back. */
guint            coffer_additions_count_name_deleted (CofferAdditions *self);

/**
 * How many can be taken back: what was ADDED, and what was REPLACED if the old value is kept, whether it was found to be wrong since or
 * not.
 */
guint            coffer_additions_count_undoable (CofferAdditions *self);
/** How many cannot: what was REPLACED, and there was no room to keep the old value, as somebody was told before. */
guint            coffer_additions_count_lost   (CofferAdditions *self);
/** Of how many the key has another value than the one that was stored, as was found when it was read back. */
guint            coffer_additions_count_wrong  (CofferAdditions *self);
/** How many were not taken back since there is no room to keep them, and no file that has them. */
guint            coffer_additions_count_no_room (CofferAdditions *self);
/** How many were taken back. */
guint            coffer_additions_count_taken  (CofferAdditions *self);
/**
 * Add what was taken back once more, and nothing else: of keys that are there only those get the new value that have the one that was
 * kept. From the first on; and what is stored again is to be read back again.
 */
void             coffer_additions_begin_again  (CofferAdditions *self);

/** How many files have been dealt with, and bytes of all of them; any thread, at any time. */
void             coffer_additions_get_progress (CofferAdditions *self, guint *n_files, guint64 *n_bytes);
/** How far coffer_vault_take_back_async() is with looking at values that it may take back, of all of them; any thread, at any time. */
void             coffer_additions_get_looked   (CofferAdditions *self, guint *n_files, guint64 *n_bytes, guint *n_all, guint64 *all_bytes);
/** A number that grows while something is done that coffer_additions_get_looked() does not tell of; any thread. */
guint            coffer_additions_get_stirs    (CofferAdditions *self);
/** Whether coffer_vault_add_async() is past waiting for others to let it write; any thread. */
gboolean         coffer_additions_has_begun    (CofferAdditions *self);
/** Bytes of all, as they were seen; twice as many if they are to be read back. */
guint64          coffer_additions_get_size     (CofferAdditions *self);

/** Whether what is stored is to be read back; not at first. */
void             coffer_additions_set_verifies (CofferAdditions *self, gboolean verifies);
gboolean         coffer_additions_get_verifies (CofferAdditions *self);
/** Whether all that was stored was read back. */
gboolean         coffer_additions_is_verified  (CofferAdditions *self);

/** What to do with keys that are there; COFFER_CONFLICT_ASK at first. */
void             coffer_additions_set_conflict (CofferAdditions *self, CofferConflict conflict);
/** The same for the one that was asked about, and for no other. */
void             coffer_additions_answer       (CofferAdditions *self, CofferConflict conflict);
/** Whether it stands at a file of which somebody has to say what is to be done: the one at coffer_additions_get_next(). */
gboolean         coffer_additions_asks         (CofferAdditions *self);
/** The same, but there is no room to keep the value it would replace: to answer COFFER_CONFLICT_REPLACE is to lose that. */
gboolean         coffer_additions_asks_to_lose (CofferAdditions *self);
/** Replace the others, too, whether there is room to keep what they replace or not. */
void             coffer_additions_set_loses    (CofferAdditions *self);

/** What was found of the keys of files, and what that means for the disk. */
typedef struct {
  guint n_there;             /* in the vault, or given to a file before */
  guint n_identical;         /* of those: with the same bytes */
  guint first_there;         /* position of the first of those; 0: there is none */
  /* Bytes of coffer_additions_get_size() that are not written if those are dealt with in a way (ASK: if all are replaced) … */
  guint64 n_spared[COFFER_CONFLICT_KEEP_BOTH + 1];
  guint64 n_kept[COFFER_CONFLICT_KEEP_BOTH + 1];   /* … and bytes of the values they replace that are kept on the disk */
} CofferForesight;

/** Find out which keys are there already, and whether with the same bytes. On the BACKGROUND lane. */
void             coffer_vault_find_additions_async  (CofferVault *self, CofferAdditions *additions, GCancellable *cancellable,
                                                     GAsyncReadyCallback callback, gpointer user_data);
gboolean         coffer_vault_find_additions_finish (CofferVault *self, GAsyncResult *result, GError **error);
/** Nothing, before that. (transfer none) */
const CofferForesight *coffer_additions_get_foresight   (CofferAdditions *self);

/**
 * Store files from where it stands, for some seconds at most; then, or at one of which nobody said what to do, or once @stop is
 * cancelled, the callback comes, and all that is in a state by then is on the disk. Call it again until all are dealt with. Needs
 * "editable". Emits "changed" if something was stored.
 *
 * What was deleted a moment ago, in any window, and is hidden is kept like a value that is replaced.
 *
 * After a failure of the vault what is not on the disk is WAITING again. What cannot be read is FAILED, and the rest goes on.
 *
 * @stop  ends it between two pieces of a file, which is then not stored
 */
void             coffer_vault_add_async        (CofferVault *self, CofferAdditions *additions, GCancellable *stop,
                                                GAsyncReadyCallback callback, gpointer user_data);
gboolean         coffer_vault_add_finish       (CofferVault *self, GAsyncResult *result, GError **error);

/**
 * Read back what was stored, for some seconds at most; what differs is FAILED. Call it again until coffer_additions_is_verified(). On the
 * BACKGROUND lane.
 */
void             coffer_vault_verify_additions_async  (CofferVault *self, CofferAdditions *additions, GCancellable *cancellable,
                                                       GAsyncReadyCallback callback, gpointer user_data);
gboolean         coffer_vault_verify_additions_finish (CofferVault *self, GAsyncResult *result, GError **error);

/**
 * Delete the keys that were ADDED, and give those that were REPLACED the values that are kept, if their values still are those that were
 * stored, in batches; they are WAITING then. What has another value by now stays. What was found to be wrong is given its old value if
 * nobody wrote to it since. Reads the values once, and no file that is not needed. Emits "changed".
 *
 * What was deleted before it was added there is hidden again, if its deletion was not undone since.
 *
 * Keys are deleted as by coffer_vault_hide_async(): they can be shown again without the files until that is written. Only where there
 * is no room to keep a value that replaced another the file has to be there, or it stays, as there may be no other copy. Values of another
 * vault are deleted at once, and only if they are there still.
 *
 * @stop  (nullable) ends it between two batches, or while it reads or waits: what is taken back by then stays so
 *
 * Returns: (finish) how many were taken back, -1 on error
 */
void             coffer_vault_take_back_async  (CofferVault *self, CofferAdditions *additions, GCancellable *stop,
                                                GAsyncReadyCallback callback, gpointer user_data);
gssize           coffer_vault_take_back_finish (CofferVault *self, GAsyncResult *result, GError **error);

/**
 * Show again what was taken back as a deletion, as far as that is not written: it is ADDED then. The rest is to be added again, see
 * coffer_additions_begin_again(). What others deleted or wrote to meanwhile is to be added again, too, which skips what is there. Emits
 * "changed". What is shown stays so, whatever comes then.
 *
 * @stop  (nullable) ends it between two batches
 *
 * Returns: (finish) how many keys are there again, -1 on error
 */
void             coffer_vault_show_taken_async  (CofferVault *self, CofferAdditions *additions, GCancellable *stop,
                                                 GAsyncReadyCallback callback, gpointer user_data);
gssize           coffer_vault_show_taken_finish (CofferVault *self, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferAdditions, coffer_additions_unref)

G_END_DECLS
