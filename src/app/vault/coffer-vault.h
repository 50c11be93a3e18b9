/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key.h"
#include "coffer-progress.h"
#include "coffer-value.h"

G_BEGIN_DECLS

/**
 * A vault file that a window has open.
 *
 * The main loop never calls SQLite: work is done by a few threads, the lanes, each with its own kvault handle, opened
 * when first needed and closed after ten idle seconds, so that this program holds nothing it does not use. Jobs of a lane keep
 * their order; lanes do not wait for each other. All functions are for the main thread; callbacks come there.
 *
 * Whatever in this process needs the file for itself, to compact it or to import at full speed, has it from the lanes in the
 * same way, without being asked for: they let go of it through kvault_options.let_go and open it again with their next job.
 *
 * Another file at the path is noticed by the next job of a lane: the lanes that look go on with it, the WRITE lane fails
 * once, and the sections are read anew.
 *
 * Other programs' writes are looked for twice a second while coffer_vault_set_watching(), by what the system tells of the file:
 * nothing is opened or held for it.
 *
 * Signal "touched": another program wrote to the file.
 * Signal "used": coffer_vault_get_use() may be another.
 * Signal "census": coffer_vault_peek_census() has something new.
 * Signal "changed": keys were deleted or renamed here, or another file is at the path: what was read before may be wrong.
 */
#define COFFER_MAX_THUMB_LANES 8
typedef enum {
  COFFER_LANE_LIST,        /* pages of the list, counts: short */
  COFFER_LANE_PREVIEW,     /* the value on show */
  COFFER_LANE_BACKGROUND,  /* totals and other long work that nobody waits for */
  COFFER_LANE_WALK,        /* walks that fill a list */
  COFFER_LANE_THUMBS,      /* the first of COFFER_MAX_THUMB_LANES: values to make small pictures of */
  COFFER_LANE_EXPORT = COFFER_LANE_THUMBS + COFFER_MAX_THUMB_LANES,   /* values on their way to files */
  COFFER_LANE_SCAN,        /* all values of a table looked through */
  COFFER_LANE_WRITE,       /* everything that changes the file */
} CofferLane;

#define COFFER_TYPE_SECTION (coffer_section_get_type ())
G_DECLARE_FINAL_TYPE (CofferSection, coffer_section, COFFER, SECTION, GObject)

typedef enum {
  COFFER_SECTION_V1 = 1,   /* a vault table, in the shape of KohakuVault 0.1 to 0.5 */
  COFFER_SECTION_V2,       /* a vault table in today's shape */
  COFFER_SECTION_COLUMNS,
  COFFER_SECTION_TEXT,
  COFFER_SECTION_VECTOR,
  COFFER_SECTION_TEXT_VALUES,     /* the values that the text index before it refers to */
  COFFER_SECTION_VECTOR_VALUES,
  COFFER_SECTION_CHUNKS,          /* of the columns before it */
} CofferSectionKind;

/** A table or another section of the file. Properties: "display-name" string, "count" uint64 (G_MAXUINT64 until known; notify). */
const char *coffer_section_get_name     (CofferSection *self);   /* as the file has it: not always UTF-8, so never shown */
const char *coffer_section_get_display_name (CofferSection *self);   /* escaped like a key, never empty */
int         coffer_section_get_kind     (CofferSection *self);   /* CofferSectionKind */
gboolean    coffer_section_is_vault     (CofferSection *self);   /* V1 or V2 and readable: its keys have prefixes */
gboolean    coffer_section_has_keys     (CofferSection *self);   /* a vault, or values: can be shown as keys */
const char *coffer_section_get_reason   (CofferSection *self);   /* (nullable) why not readable or writable, translated */
guint64     coffer_section_get_count    (CofferSection *self);

#define COFFER_TYPE_VAULT (coffer_vault_get_type ())
G_DECLARE_FINAL_TYPE (CofferVault, coffer_vault, COFFER, VAULT, GObject)

/** Open for viewing. Fails with COFFER_ERROR; see coffer_error_describe(). */
void         coffer_vault_open_async        (GFile *file, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
/** The same while the program starts: the walk over the keys, which a list will want, is begun beside the opening. */
void         coffer_vault_open_ahead_async  (GFile *file, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
CofferVault *coffer_vault_open_finish       (GAsyncResult *result, GError **error);   /* (transfer full) */

/** Make a new empty vault (fails if the file is there) and open it for editing; finish with coffer_vault_open_finish(). */
void         coffer_vault_create_async      (GFile *file, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * Open a file that is too damaged for coffer_vault_open_async(), for coffer_vault_salvage_async() alone; fails if no value of it can be read.
 * Finish with coffer_vault_open_finish().
 */
void         coffer_vault_open_damaged_async (GFile *file, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

GFile       *coffer_vault_get_file          (CofferVault *self);   /* (transfer none) */
const char  *coffer_vault_get_display_name  (CofferVault *self);   /* base name as UTF-8 */
/** Whether both are of one file, by whatever names it was opened. */
gboolean     coffer_vault_is_same_file      (CofferVault *self, CofferVault *other);

/** What is done to a file for longer than a moment, each worse to be cut off than the one before. */
typedef enum {
  COFFER_VAULT_UNUSED,
  COFFER_VAULT_COPIED,             /* it is only read, but the copy would not be whole */
  COFFER_VAULT_WRITTEN,
} CofferVaultUse;

/** By a window; all of the process on the file emit "used". They nest. */
void           coffer_vault_begin_use       (CofferVault *self, CofferVaultUse use);
void           coffer_vault_end_use         (CofferVault *self, CofferVaultUse use);
/** The worst of what is done by any window of the process. */
CofferVaultUse coffer_vault_get_use         (CofferVault *self);

/** The sections, vault tables first (GListModel of CofferSection). Counts arrive later by themselves. (transfer none) */
GListModel  *coffer_vault_get_sections      (CofferVault *self);

/** The keys of a table, as far as they have been counted; G_MAXUINT64 until then. */
guint64      coffer_vault_get_count         (CofferVault *self, const char *table);

/** Property "table" (read-write, notify): the table that list and preview look at. */
const char  *coffer_vault_get_table         (CofferVault *self);
void         coffer_vault_set_table         (CofferVault *self, const char *table);
int          coffer_vault_get_table_kind    (CofferVault *self);

/** Property "editable" (read-only, notify): whether the WRITE lane may change the file now; FALSE at first. */
gboolean     coffer_vault_get_editable      (CofferVault *self);
void         coffer_vault_edit_async        (CofferVault *self, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_edit_finish       (CofferVault *self, GAsyncResult *result, GError **error);
/** Go back to viewing. */
void         coffer_vault_stop_editing      (CofferVault *self);

/** Whether values are written over with zeros when they are deleted; of this vault's handles alone, FALSE at first. */
gboolean     coffer_vault_get_secure_delete (CofferVault *self);
void         coffer_vault_set_secure_delete (CofferVault *self, gboolean on);

/**
 * Property "lock-reason" (read-only, notify): why the file or table could not be edited even if asked ("The folder cannot be
 * written"), translated; NULL if it can. Once damage is met in the file, by any lane, that is a reason for good.
 */
const char  *coffer_vault_get_lock_reason   (CofferVault *self);
/** The same of the file alone, whatever table is in use; changes with "lock-reason". */
const char  *coffer_vault_get_file_lock_reason (CofferVault *self);
/** Whether damage was met in the file on show: then nothing is written to it. */
gboolean     coffer_vault_is_damaged        (CofferVault *self);
/** Whether there was no file at the path when it was looked for last; a reason not to write. */
gboolean     coffer_vault_is_missing        (CofferVault *self);

/** A log that is larger has not been emptied for long: SQLite itself does that after a thousand pages, which are 65 MB at most. */
#define COFFER_LOG_LARGE (G_GUINT64_CONSTANT (256) << 20)

/** Facts about the file; copied. reclaimable and wal in bytes. */
typedef struct {
  guint64  file_size, reclaimable_size, wal_size;
  guint64  main_free_size;   /* of the main file: at least, while the log holds pages past its end */
  guint64  wal_waiting;   /* of the log, what is not in the main file yet */
  guint    page_size;
  gboolean wal_mode, frozen;
  int      auto_vacuum;
} CofferVaultStats;
void         coffer_vault_stats_async       (CofferVault *self, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_stats_finish      (CofferVault *self, GAsyncResult *result, CofferVaultStats *stats,
                                             GError **error);

/** Sum of keys and bytes of a table, on the BACKGROUND lane; @progress (nullable) comes at most ten times a second. */
typedef struct {
  guint64 keys, bytes, unreadable;
} CofferVaultTotals;
typedef void (*CofferTotalsProgress) (const CofferVaultTotals *so_far, gpointer data);
void         coffer_vault_totals_async      (CofferVault *self, const char *table, CofferTotalsProgress progress,
                                             gpointer progress_data, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_totals_finish     (CofferVault *self, GAsyncResult *result, CofferVaultTotals *totals,
                                             GError **error);

/**
 * Work on one value on the PREVIEW lane. @func runs on that thread with a seekable stream over the stored bytes (header
 * included), which is valid only during the call, and the value's facts. Reads on the stream fail with COFFER_ERROR, or
 * G_IO_ERROR_CANCELLED once @cancellable is cancelled; the stream reads ahead nothing and holds the value open, so leave
 * soon.
 * What @func returns is what finish gives; NULL with error set on failure. @func_data is freed on the main thread.
 * The @cancellable that @func gets is its own: cancelled with the caller's, by coffer_vault_close(), and when the vault has to
 * let go of the file; then @func is called once more later, if it failed with G_IO_ERROR_CANCELLED. The program does not
 * end before @func does, so it must never wait for the main loop.
 */
typedef gpointer (*CofferValueFunc) (GInputStream *stream, const CofferValueFacts *facts, gpointer func_data,
                                     GCancellable *cancellable, GError **error);
void         coffer_vault_read_value_async  (CofferVault *self, CofferKey *key, CofferValueFunc func,
                                             gpointer func_data, GDestroyNotify func_data_free,
                                             GDestroyNotify result_free, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
gpointer     coffer_vault_read_value_finish (CofferVault *self, GAsyncResult *result, GError **error);   /* (transfer full) */

/**
 * Work on many values, one after the other, on a lane for thumbnails. @func runs on that thread and opens one value at a
 * time through its reader. It must leave soon, with G_IO_ERROR_CANCELLED, once its @cancellable is cancelled, which is of
 * this run alone, and with the error it met if coffer_value_reader_is_lost(); it may then be called once more. It must never
 * wait for the main loop.
 *
 * @lane   0 to coffer_vault_get_n_thumb_lanes() - 1
 * @table  a table of the file that has keys
 * @data   freed with @data_free on the main thread
 */
typedef struct _CofferValueReader CofferValueReader;
typedef gboolean (*CofferReaderFunc) (CofferValueReader *reader, gpointer data, GCancellable *cancellable, GError **error);
void          coffer_vault_read_values_async  (CofferVault *self, guint lane, const char *table, CofferReaderFunc func,
                                               gpointer data, GDestroyNotify data_free, GCancellable *cancellable,
                                               GAsyncReadyCallback callback, gpointer user_data);
gboolean      coffer_vault_read_values_finish (CofferVault *self, GAsyncResult *result, GError **error);

/** The same on the lane for exports, for as long as it takes: nothing else waits there. */
void          coffer_vault_export_values_async (CofferVault *self, const char *table, CofferReaderFunc func, gpointer data,
                                                GDestroyNotify data_free, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);

/** Half the cores, at least one. */
guint         coffer_vault_get_n_thumb_lanes  (void);

/**
 * On the lane. A seekable stream over the stored bytes of a value, to be read until that is closed, which comes before the
 * next one.
 *
 * @facts        (out) (transfer full)
 * @cancellable  for reading
 * Returns: (transfer full) (nullable)
 */
GInputStream *coffer_value_reader_open        (CofferValueReader *self, CofferKey *key, CofferValueFacts **facts,
                                               GCancellable *cancellable, GError **error);
/** The same; the facts tell of size and header alone, as of coffer_value_facts_new_bare(). */
GInputStream *coffer_value_reader_open_bare   (CofferValueReader *self, CofferKey *key, CofferValueFacts **facts,
                                               GCancellable *cancellable, GError **error);
void          coffer_value_reader_close       (CofferValueReader *self);
/** On the lane. Whether the bytes of a key are enough to find it, and nothing else: not where they are those of a text or a number. */
gboolean      coffer_value_reader_finds_by_bytes (CofferValueReader *self, CofferKey *key);
/**
 * On the lane. Some keys, at least one unless there are no more, in their order.
 *
 * @prefix  (nullable) of all
 * @after   (nullable) the key before them
 * Returns: (transfer full) (nullable): of CofferKey
 */
GPtrArray    *coffer_value_reader_list        (CofferValueReader *self, GBytes *prefix, CofferKey *after, guint n_keys,
                                               GError **error);
/** Whether @error says that the handle is of no use any more: another file is at the path. */
gboolean      coffer_value_reader_is_lost     (const GError *error);

/**
 * Delete keys of the table in use, each if it is still there, and all or none; needs "editable". Finish gives their number. Emits
 * "changed". @keys must not change until then.
 */
void         coffer_vault_delete_async      (CofferVault *self, GPtrArray *keys, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
gssize       coffer_vault_delete_finish     (CofferVault *self, GAsyncResult *result, GError **error);   /* -1 on error */

/** Give a key another name; needs "editable"; fails with COFFER_ERROR_EXISTS. Emits "changed". */
void         coffer_vault_rename_async      (CofferVault *self, CofferKey *key, GBytes *new_key,
                                             GCancellable *cancellable, GAsyncReadyCallback callback,
                                             gpointer user_data);
gboolean     coffer_vault_rename_finish     (CofferVault *self, GAsyncResult *result, GError **error);

/**
 * Give a key of bytes, of @table, the content of a file as its value, whole or not at all; needs "editable". Emits "changed".
 *
 * @header    (nullable) bytes of the value before those of the file
 * @expected  (nullable) SHA-256 of the stored value as it was, in hex: a value that is another by now stays, and
 *            COFFER_ERROR_STALE is the answer
 * @progress  (nullable) told the fraction that is read, as a double, to be freed with g_free()
 */
void         coffer_vault_replace_async     (CofferVault *self, const char *table, CofferKey *key, GFile *file, GBytes *header,
                                             const char *expected, CofferProgress *progress, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/** Likewise, under a key that is free: @key, or that with a number. */
void         coffer_vault_add_copy_async    (CofferVault *self, const char *table, CofferKey *key, GFile *file, GBytes *header,
                                             CofferProgress *progress, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
/**
 * Of both.
 *
 * @value, @content  (out) (transfer full) SHA-256 of the value as it is stored now, and of what was in the file, in hex
 *
 * Returns: (transfer full) (nullable): the key that has it now
 */
CofferKey   *coffer_vault_replace_finish    (CofferVault *self, GAsyncResult *result, char **value, char **content,
                                             GError **error);

/** Whether to follow other programs' writes; FALSE at first. What was written meanwhile shows when it is turned on again. */
void         coffer_vault_set_watching      (CofferVault *self, gboolean watching);

/**
 * Let go of the file and stay off it until coffer_vault_resume(): before something else in this process opens and closes
 * files of its own accord (a file chooser sniffs all it shows, which drops SQLite's locks), or swaps the file. The callback
 * comes when no lane has it open; that takes as long as the change being written, while what only looks is stopped at
 * once and runs again later. Jobs given meanwhile wait. Holds nest; each needs its resume, also after coffer_vault_close().
 */
void         coffer_vault_hold_async        (CofferVault *self, GAsyncReadyCallback callback, gpointer user_data);
void         coffer_vault_hold_finish       (CofferVault *self, GAsyncResult *result);
void         coffer_vault_resume            (CofferVault *self);

/**
 * Cancel everything that runs, close all handles and end the threads. Returns at once; the vault lives until that is done,
 * which takes as long as the step that runs and, after editing, writing SQLite's log back. Jobs that wait or come later
 * end with G_IO_ERROR_CANCELLED, and a hold with the last handle. Called by dispose too; idempotent.
 */
void         coffer_vault_close             (CofferVault *self);

/** The paths of all vaults of this process, for coffer_guard_new(). (transfer full) */
GStrv        coffer_vault_dup_open_paths    (void);

/** At the end of the program: close every vault and wait for it, so that nothing stays beside the files. */
void         coffer_vault_close_all         (void);

G_END_DECLS
