/* SPDX-License-Identifier: MIT */
/*
 * internal.h - what the files of libkvault share.
 *
 * Every public function that uses the file begins with kvault__enter() or kvault__enter_write(), which forget the last
 * interruption and look whether the file is still the one that was opened. All failures pass through kvault__fail() or
 * kvault__fail_db(), so that the message on the handle and the result always agree.
 */
#ifndef KVAULT_INTERNAL_H
#define KVAULT_INTERNAL_H

#include "kvault.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define KVAULT__RECORD_MAX 1000000000u  /* SQLite's default limit on a record: key, value, header */
#define KVAULT__RECORD_SLACK 32u        /* header and the other columns of a record */
#define KVAULT__MARKER_SIZE 112u         /* of the value that stands for one in parts */
#define KVAULT__LARGE_ID_MAX ((INT64_C (1) << 39) - 1)   /* of a value in parts: id << 24 is the row of its first */
#define KVAULT__TOKEN_SIZE 16u
#define KVAULT__STRIDE (1u << 20)       /* how far one uninterruptible read may walk into a value */

/* The marker that follows from a row of kvault_large, in SQL. */
#define KVAULT__MARKER_FROM(id, size, token) \
  "CAST(printf('libkvault large value v1 id=%%019lld size=%%019lld token=%%s', " id ", " size ", lower(hex(" token ")))" \
  " || char(10) AS BLOB)"

/* The statements that are prepared once for the table in use; statement.c has their SQL. */
typedef enum {
  KVAULT__GET,
  KVAULT__FIND,
  KVAULT__FIND_ROW,
  KVAULT__ROW_KEY,
  KVAULT__EXISTS,
  KVAULT__COUNT,
  KVAULT__PUT,
  KVAULT__RESERVE_UPDATE,
  KVAULT__RESERVE_INSERT,
  KVAULT__DELETE,
  KVAULT__DELETE_ROW,
  KVAULT__DELETE_ROW_OF_KEY,
  KVAULT__RENAME_ROW,
  KVAULT__VALUE_TEXT,
  KVAULT__LARGE_OF_ROW,
  KVAULT__LARGE_INSERT,
  KVAULT__LARGE_LIVES,
  KVAULT__LARGE_DIES,
  KVAULT__LARGE_RENAME,
  KVAULT__LARGE_DYING,
  KVAULT__LARGE_FORGET,
  KVAULT__LARGE_TOUCH,
  KVAULT__LARGE_ABANDON,
  KVAULT__PART_INSERT,
  KVAULT__PARTS_DELETE_SOME,
  KVAULT__BEGIN,
  KVAULT__COMMIT,
  KVAULT__ROLLBACK,
  KVAULT__SAVEPOINT,
  KVAULT__RELEASE,
  KVAULT__ROLLBACK_TO,
  KVAULT__DATA_VERSION,
  KVAULT__PAGE_COUNT,
  KVAULT__N_STATEMENTS
} kvault__statement_id;

/* What stat() says of a file and its side files: enough to see that somebody wrote. */
typedef struct {
  struct stat main;
  bool has_wal, has_shm, has_journal;  /* there and not empty (shm: there) */
  bool has_log_file;                   /* a log is there, be it empty */
  off_t wal_size;
  struct timespec wal_mtime;
} kvault__place;

typedef struct kvault__cached kvault__cached;
typedef struct kvault__cache kvault__cache;
typedef struct kvault__shelved kvault__shelved;

/* A key at which a transaction that is not committed yet has stored something. */
typedef struct {
  uint64_t hash;
  unsigned level;               /* as of kvault__lift */
} kvault__stored;

/* What handles.c knows of a handle; guarded by its mutex. */
typedef struct {
  kvault *next;
  dev_t dev;                    /* of the file it has open, or had last */
  ino_t ino, second_ino;
  bool was_open;                /* dev and ino are of the file it had open, or has */
  size_t n_swaps;               /* of this process, when it let go of it */
  bool holds;                   /* has it open */
  bool claims;                  /* has it for itself */
  bool cannot_log;              /* found that its file system has no log, while it has it open */
  _Atomic bool asked;           /* to let go of it, for the claim that is being made; also read without the mutex */
} kvault__handle;

struct kvault {
  sqlite3 *db;                  /* NULL: the handle has let go of the file */
  char *location;               /* as given */
  char *name;                   /* the same for messages: escaped where it is not plain text */
  char *path;                   /* absolute, symbolic links resolved: side files lie beside this */
  kvault_options options;       /* with the defaults filled in; strings are not used after opening */
  kvault_error error;

  kvault_section *sections;     /* strings owned */
  char **section_count_sql;     /* parallel to sections; NULL for vaults */
  size_t n_sections;
  const kvault_section *section;  /* the table in use, inside sections */

  kvault_split_table *split_tables;   /* what kvault_split_tables() gave last; names owned */
  size_t n_split_tables;

  sqlite3_stmt *statements[KVAULT__N_STATEMENTS];
  void *found_key;              /* what kvault_entry_by_id() gave last */
  sqlite3_blob *head;           /* kept by kvault_head() while cursors are open; NULL: none */
  const kvault_section *head_section;   /* whose values it reads */
  kvault_cursor *cursors;
  kvault_blob *blobs;
  kvault_writer *writers;

  kvault__cache *cache;         /* NULL: off */
  uint64_t n_flushes;           /* of all caches of the handle that moved something */
  uint64_t shelf_version;       /* of the shelf, as it is mirrored in the cache; 0: it is not */
  const kvault_section *shelf_section;   /* the table whose values are mirrored */
  bool has_large;               /* there are values in parts, or were */
  uint64_t no_large_at;         /* version at which there were none: kvault__seen_version() */
  bool sweep_due, sweeping;     /* parts of values that are gone wait to be deleted */
  bool defers_zeros;            /* a value that is reserved is on its way: heapwal.c */
  bool batch;                   /* a transaction of the caller's is open */
  bool lifts;                   /* values of a transaction that is not committed took the place of hidden ones */
  kvault__stored *stored;       /* at which keys that transaction stored something; with a veil only */
  size_t n_stored, stored_room;
  uint64_t stored_since;        /* hiding number so much was the last before it stored the first */
  uint64_t *late;               /* hashes of keys: see kvault_displaced_late() */
  size_t n_late, late_room;
  bool bulk;                    /* that transaction is one of a bulk import */
  bool left_wal;                /* which has left write-ahead logging */
  uint64_t bulk_bytes;          /* put since its last commit */
  uint64_t bulk_puts, bulk_committed;  /* since then; up to then */
  bool replaced;                /* while the handle had let go of its file, another came to its name */
  bool stuck;                   /* a transaction could not be taken back yet */
  int inside;                   /* operations that are running, one inside the other: transaction and savepoints */
  int spans;                    /* calls that are running and consist of others: an interruption is for all of it */

  _Atomic int interrupted;      /* set by kvault_interrupt(), forgotten by kvault__enter() */
  bool cancelled;               /* a handler ended the running call: SQLite then says BUSY or INTERRUPT */
  int64_t busy_since_ms;
  bool gives_way;               /* the step that runs may be tried again, after letting go of the file, where another handle asks for that */
  bool stays;                   /* what is under way needs the connection it began with */
  kvault__handle handle;
  uint32_t n_taken_up;          /* connections before this one: each counts data_version anew */

  const char *readonly_reason;  /* of the handle; a section has its own */
  bool damaged;                 /* SQLite has seen damage: nothing is written any more */
  uint32_t page_size;
  bool page_maps;               /* auto_vacuum is on: far offsets are near */
  bool frozen;                  /* read without locks; place must not change */
  kvault__place place;          /* at opening */
  int64_t frozen_checked_ms;    /* when it was last held against it */
};

/* error.c */
int kvault__fail (kvault *vault, int code, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
int kvault__fail_errno (kvault *vault, int code, int system_errno, const char *format, ...) __attribute__ ((format (printf, 4, 5)));
int kvault__fail_db (kvault *vault, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
int kvault__fail_code (kvault *vault, int sqlite_code, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

/* A key for a message: printable, quoted, at most some 80 bytes. */
typedef struct { char text[128]; } kvault__key_text;
char *kvault__describe_path (const char *path);
kvault__key_text kvault__describe_key (const void *key, size_t key_size);

/* vault.c */
int kvault__enter (kvault *vault);
int kvault__enter_write (kvault *vault);
int kvault__enter_waiting (kvault *vault);
int kvault__enter_settled (kvault *vault);
int kvault__enter_file (kvault *vault);
int kvault__check_writable (kvault *vault);
int kvault__set_busy_handler (kvault *vault);
int kvault__set_durability (kvault *vault);
bool kvault__is_cancelled (kvault *vault);
int kvault__data_version (kvault *vault, uint64_t *version);
int kvault__seen_version (kvault *vault, uint64_t *version);
int kvault__run (kvault *vault, kvault__statement_id id);
void kvault__may_give_way (kvault *vault);
bool kvault__gave_way (kvault *vault, int *result);
int kvault__begin_alone (kvault *vault);
int kvault__begin (kvault *vault);
int kvault__end (kvault *vault, int result);
int kvault__take_back (kvault *vault);
int kvault__exec (kvault *vault, const char *sql);
int kvault__pragma_int (kvault *vault, const char *sql, int64_t *value);

int kvault__open_beside (kvault *vault, const char *path, kvault_access access, int (*is_cancelled) (void *data), void *data, kvault **beside);
int kvault__fail_beside (kvault *vault, const kvault *beside);
void kvault__disconnect (kvault *vault);
int kvault__check_idle (kvault *vault);
bool kvault__only_looks (const kvault *vault);

/* handles.c */
int kvault__handle_join (kvault *vault);
bool kvault__handle_has (const kvault *vault, const struct stat *st);
void kvault__handle_leave (kvault *vault);
bool kvault__others_would_let_go (kvault *vault);
int kvault__claim (kvault *vault);
int kvault__claim_unused (kvault *vault, const struct stat *st);
void kvault__handle_swapped (kvault *vault, ino_t ino);
void kvault__claim_second (kvault *vault, ino_t ino);
void kvault__unclaim (kvault *vault);
bool kvault__is_only_handle (kvault *vault);
void kvault__note_cannot_log (kvault *vault);
bool kvault__knows_cannot_log (kvault *vault);

/* work.c */
typedef struct {
  kvault_step step;
  double share;                  /* of the time that all take, roughly */
} kvault__stage;
typedef struct kvault__work kvault__work;
struct kvault__work {
  kvault *vault;
  kvault_progress_func report;   /* may be NULL */
  void *data;
  bool (*stop) (kvault__work *work);   /* one more who is asked, and may end a step without cancelling all; NULL: nobody */
  kvault_progress progress;
  const kvault__stage *stages;   /* NULL: it has but one, and needs no name for it */
  double share, share_before;    /* of the stage it is at, and of those before it */
  kvault_step then;              /* the stage that comes by itself when the bytes of this one are moved; NONE: no such */
  uint64_t stage_end;
  sqlite3 *watched;
  int64_t reported_ms;
  int writes_fd;                 /* a file that the work writes: the disk is to begin with it at once, not at its end; -1: none */
  uint64_t unwritten;            /* bytes moved since the disk was last told so */
};
int64_t kvault__now_ms (void);
void kvault__work_init (kvault__work *work, kvault *vault, kvault_progress_func report, void *data);
void kvault__work_stages (kvault__work *work, const kvault__stage *stages, unsigned n);
void kvault__work_go (kvault__work *work, kvault_step step, uint64_t bytes);
int kvault__work_check (kvault__work *work);
int kvault__work_is_cancelled (void *work);
void kvault__work_watch (kvault__work *work, sqlite3 *db, uint64_t bytes);
void kvault__work_unwatch (kvault__work *work);

/* who.c */
typedef struct {
  bool reader, writer, checkpointer;   /* of the write-ahead log */
  bool own;                            /* one of them is this process */
  unsigned marks;                      /* of readers of other processes: a bit for each of the marks of the log's index that one has */
  unsigned n_processes;                /* others that have the file open */
  int64_t pid;                         /* of one of the others; 0: unknown */
  char program[32];                    /* its name */
} kvault__who;
void kvault__who_uses_log (const kvault *vault, kvault__who *who);
void kvault__who_has_open (const kvault *vault, kvault__who *who);

/* split.c */
void      kvault__split_free        (kvault              *vault);

/* stats.c */
bool kvault__log_is_held (kvault *vault, const kvault_stats *stats, kvault__who *who);

/* checkpoint.c */
int kvault__checkpoint_fail (kvault *vault, const kvault__who *who);
int kvault__checkpoint (kvault *vault, kvault_checkpoint_mode mode, kvault_checkpoint_result *result);
int kvault__checkpoint_done (kvault *vault, kvault_checkpoint_result *result);

/* viewing.c */
int kvault__look_at_place (const char *path, kvault__place *place);  /* 0 or errno */
bool kvault__place_changed (const kvault__place *before, const kvault__place *now);
int kvault__open_database (kvault *vault);
int kvault__fail_cannot_log (kvault *vault);

/* heapwal.c */
#define KVAULT__VFS "kvault-view"
typedef struct {
  void (*moved) (void *data, int n_bytes);   /* before each read and write; NULL: none */
  void *data;
} kvault__watch;
int kvault__vfs_register (void);
void kvault__watch_files (sqlite3 *db, const kvault__watch *watch);
bool kvault__index_refused (kvault *vault, bool remove);
void kvault__push_writes (kvault *vault);
void kvault__defer_zeros (kvault *vault);
int kvault__write_zeros (kvault *vault);
void kvault__forget_zeros (kvault *vault);

/* ahead.c */
typedef struct kvault__ahead kvault__ahead;
kvault__ahead *kvault__ahead_new (int fd, uint64_t size, size_t chunk_size);
ssize_t kvault__ahead_next (kvault__ahead *self, const char **bytes);
void kvault__ahead_free (kvault__ahead *self);

/* zeros.c */
typedef struct kvault__zeros kvault__zeros;
kvault__zeros *kvault__zeros_new (int page_size);
void kvault__zeros_free (kvault__zeros *self);
bool kvault__zeros_keep (kvault__zeros *self, const void *page, int n, int64_t offset);
bool kvault__zeros_read (const kvault__zeros *self, void *page, int n, int64_t offset);
void kvault__zeros_cut (kvault__zeros *self, int64_t size);
int64_t kvault__zeros_end (const kvault__zeros *self);
int kvault__zeros_write (kvault__zeros *self, sqlite3_file *file);

/* schema.c */
int kvault__harden (kvault *vault);
int kvault__schema_load (kvault *vault);
int kvault__schema_verify (kvault *vault);
void kvault__schema_free (kvault *vault);
bool kvault__is_vault (const kvault_section *section);
bool kvault__has_ids_for_keys (const kvault_section *section);
const char *kvault__key_column (const kvault_section *section);
const char *kvault__value_column (const kvault_section *section);
#define KVAULT__CREATE_META "CREATE TABLE IF NOT EXISTS main.kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"

/* table.c */
int kvault__table_use (kvault *vault, const char *table);
void kvault__table_switch (kvault *vault, const kvault_section *section);
void kvault__table_became (kvault *vault, const kvault_section *section, kvault_section_kind kind);
int kvault__table_create (kvault *vault, const char *table);

/* copy.c */
typedef struct {
  kvault *vault;
  kvault__work *work;
  char *path;
  int fd;                /* -1: none */
  uint64_t keys;         /* of all vaults in it, once it is compared */
} kvault__copy;
typedef struct {         /* of a whole file */
  uint64_t sum;          /* equal for equal content */
  uint64_t keys;         /* of all vaults */
} kvault__content;
#define KVAULT__N_COPY_STAGES 4
char *kvault__folder_of (const char *path);
char *kvault__copy_path (const char *path);
void kvault__sweep (const char *path);
void kvault__sweep_folder (const char *path, size_t max);
int kvault__copy_begin (kvault__copy *copy, kvault *vault, kvault__work *work, char *path, mode_t mode);
void kvault__copy_end (kvault__copy *copy, bool remove);
int kvault__copy_lock (kvault *vault, int *lock_fd);
int kvault__copy_note (kvault *vault, int lock_fd, uint64_t made, uint64_t old);
void kvault__copy_unlock (kvault *vault, int lock_fd);
int kvault__copy_check_room (kvault__copy *copy, uint64_t size);
int kvault__copy_fill (kvault__copy *copy, kvault *source, bool page_maps, uint64_t bytes);
int kvault__copy_check (kvault__copy *copy, kvault *source, kvault_journal journal, uint64_t bytes);
int kvault__content_get (kvault *handle, kvault__content *content);
int kvault__check_pages (kvault *vault, kvault *handle, kvault__work *work, uint64_t bytes, bool *sound);

/* Of a name that others are made of: so that "-journal" and what else is put to it still fits into the 255 bytes that a name may have, and a folder of
 * that name with the file in it into the 512 that SQLite takes of a path. */
#define KVAULT__LONGEST_NAME 100
size_t kvault__cut_name (const char *name, size_t size);
char *kvault__hidden_path (const char *path, const char *suffix);

extern const kvault__stage kvault__copy_stages[KVAULT__N_COPY_STAGES];

/* exchange.c */
typedef struct {
  const char *made, *target;   /* in one file system */
  int made_fd, old_fd;         /* with leases */
  struct stat old;
  bool stuck;                  /* at @made is a file now that is neither: for kvault__exchange_keep() */
  bool spoiled;                /* what was made is no database any more, though it has its name: it must be made anew */
} kvault__exchange;
bool kvault__take_lease (int fd);
int kvault__sync_folder (kvault *vault, const char *path);
int kvault__copy_attributes (kvault *vault, int fd, bool strict);
int kvault__exchange_try (kvault *vault, const char *a, const char *b);
int kvault__exchange_names (kvault__exchange *self, kvault *vault);
char *kvault__keep_beside (const char *path, const char *target);
char *kvault__exchange_keep (const kvault__exchange *self, kvault *vault);

/* newfolder.c */
#define KVAULT__RECORD_SUFFIX ".kvault-exchange"   /* of a file that is exchanged: "NEW.OLD" and this, the inodes of both */
typedef struct {
  char *path;
  int fd;                /* -1: it is not there, or not ours */
  int lock_fd;           /* in it */
} kvault__new_folder;
char *kvault__new_folder_path (const char *target);
int kvault__new_folder_make (kvault__new_folder *self);
void kvault__new_folder_leave (kvault__new_folder *self, bool keep);
void kvault__sweep_new_file (const char *folder, const char *name);

/* newfile.c */
bool kvault__is_companion (const char *path);

/* swap.c */
int kvault__swap_check (kvault *vault, kvault__who *who);
int kvault__swap_fail_others (kvault *vault, const kvault__who *who);
int kvault__swap (kvault *vault, const kvault_vacuum_options *options, kvault__work *work, uint64_t *keys);
bool kvault__was_alone (kvault *vault);

/* statement.c */
char *kvault__sql (const kvault_section *section, const char *format);
int kvault__statement (kvault *vault, kvault__statement_id id, sqlite3_stmt **statement);
void kvault__statement_done (sqlite3_stmt *statement);
void kvault__statements_finalize (kvault *vault);
void kvault__bind_bytes (sqlite3_stmt *statement, int index, const void *bytes, size_t size);
void kvault__bind_bytes_of_key (const kvault *vault, sqlite3_stmt *statement, int index, const void *key, size_t key_size);
void kvault__bind_key (sqlite3_stmt *statement, int index, kvault_class key_class, const void *key, size_t key_size);

/* large.c */
typedef struct {
  int64_t id;          /* 0: a value that is whole */
  uint64_t size;
  uint64_t part_size;
} kvault__large;
typedef struct {       /* a value in parts on its way in */
  int64_t id;          /* 0: not begun, or finished */
  uint64_t size;
  int64_t n_parts;
  unsigned char *buffer;
  size_t used;
  unsigned char token[KVAULT__TOKEN_SIZE];   /* tells the row from another one of its id, which a rollback sets free */
  bool in_batch;       /* some of it is in a transaction that may be rolled back yet … */
  bool undone;         /* … and was */
} kvault__parts;
int kvault__has_large (kvault *vault, bool *has);
void kvault__forget_large (kvault *vault);
int kvault__large_of_row (kvault *vault, int64_t row_id, kvault__large *large);
int kvault__large_drop (kvault *vault, int64_t id);
int kvault__large_rename (kvault *vault, int64_t id, const void *new_key, size_t new_key_size);
void kvault__large_sweep (kvault *vault);
int kvault__large_sweep_step (kvault *vault, int64_t id, uint64_t *n_deleted);
int kvault__parts_begin (kvault *vault, const void *key, size_t key_size, kvault__parts *parts);
int kvault__parts_write (kvault *vault, kvault__parts *parts, const void *bytes, size_t len);
void kvault__parts_settle (kvault__parts *parts, bool committed);
int kvault__parts_finish (kvault *vault, kvault__parts *parts, const void *key, size_t key_size);
void kvault__parts_end (kvault *vault, kvault__parts *parts);

/* orphans.c */
typedef enum {
  KVAULT__ORPHAN_LOST,       /* its marker is nowhere */
  KVAULT__ORPHAN_MOVED,      /* its marker is at another key */
  KVAULT__ORPHAN_PENDING,    /* on its way in, by a process that may live */
  KVAULT__ORPHAN_LEFT,       /* left on its way in, long ago */
  KVAULT__ORPHAN_DYING,      /* deleted, but for some parts */
  KVAULT__ORPHAN_OWNERLESS   /* parts without a row of kvault_large */
} kvault__orphan_kind;
typedef struct {
  int64_t id;                /* of kvault_large */
  kvault__orphan_kind kind;
  const kvault_section *section;   /* MOVED: where its marker is */
  int64_t row_id;
} kvault__orphan;
typedef struct {
  kvault__orphan *all;
  size_t n;
  int64_t after_row, after_part;   /* looked at so far */
  bool rows_done, parts_done;
  uint64_t version;                /* of the file before it was walked for moved markers */
} kvault__orphans;
int kvault__orphans_next (kvault *vault, kvault__work *work, kvault__orphans *self);
void kvault__orphans_free (kvault__orphans *self);
int kvault__orphans_remove (kvault *vault, kvault_progress_func progress, void *progress_data, kvault_orphans_result *result);
int kvault__parts_tally (kvault *vault, int64_t id, uint64_t *n, uint64_t *bytes);

/* entry.c */
typedef struct {
  int64_t id;
  uint64_t size;               /* of the whole value */
  kvault_class value_class;
  kvault__large large;         /* if it is in parts */
} kvault__row;
int kvault__put_through (kvault *vault, const void *key, size_t key_size, const void *value, size_t value_size);
int kvault__put_replacing (kvault *vault, const void *key, size_t key_size, const void *value, size_t value_size);
int kvault__row_find (kvault *vault, const void *key, size_t key_size, kvault__row *row);
int kvault__row_find_shown (kvault *vault, const void *key, size_t key_size, kvault__row *row);
int kvault__row_read (kvault *vault, sqlite3_stmt *statement, int type_column, kvault__row *row);
bool kvault__is_whole (const kvault *vault, size_t key_size, uint64_t value_size);
int kvault__check_key (kvault *vault, const void *key, size_t key_size);
int kvault__reserve (kvault *vault, const void *key, size_t key_size, uint64_t size, int64_t *id);
int kvault__delete_row (kvault *vault, int64_t id);
int kvault__row_key (kvault *vault, int64_t id, void *key, size_t key_size);
int kvault__put_bytes (kvault *vault, const void *key, size_t key_size, const void *value, size_t value_size);

/* veil.c */
bool kvault__veils (const kvault *vault);
bool kvault__is_veiled (const kvault *vault, const kvault_section *section, const kvault_entry *entry);
bool kvault__is_key_veiled (const kvault *vault, int64_t id, const void *key, size_t key_size);
bool kvault__is_key_kept (const kvault *vault, int64_t id, const void *key, size_t key_size);
int kvault__veil_count_rows (kvault *vault, uint64_t *n_hidden);
void kvault__veil_free_stored (kvault *vault);
int kvault__veil_lift (kvault *vault, const void *key, size_t key_size);
int kvault__veil_lift_stored (kvault *vault, const void *key, size_t key_size);
void kvault__veil_release (kvault *vault);
void kvault__veil_roll_back (kvault *vault, unsigned level);
void kvault__veil_begin_commit (kvault *vault);
void kvault__veil_end_commit (kvault *vault);

/* rename.c */
int kvault__rename (kvault *vault, const void *key, size_t key_size, const void *new_key, size_t new_key_size, bool replace);

/* cache.c */
typedef struct {   /* an entry that waits; borrowed until the cache changes */
  const unsigned char *key;
  size_t key_size;
  const unsigned char *value;
  size_t value_size;
} kvault__waiting;
bool kvault__cache_find (const kvault *vault, const void *key, size_t key_size, kvault__waiting *waiting);
bool kvault__cache_next (const kvault *vault, const void *key, size_t key_size, bool inclusive, bool reverse,
                         kvault__waiting *waiting);
uint64_t kvault__cache_n_entries (const kvault *vault);
bool kvault__cache_takes (const kvault *vault, size_t key_size, size_t value_size);
int kvault__cache_put (kvault *vault, const void *key, size_t key_size, const void *value, size_t value_size);
void kvault__cache_drop (kvault *vault, const void *key, size_t key_size);
int kvault__cache_settle (kvault *vault);
void kvault__cache_free (kvault *vault);
bool kvault__cache_is_mirror (const kvault *vault);
int kvault__cache_mirror (kvault *vault, kvault__shelved *shelved, const unsigned char *bytes, size_t key_size, size_t value_size);

/* shelf.c */
void kvault__shelved_unref (kvault__shelved *shelved);

/* mirror.c */
int kvault__shelf_sync (kvault *vault);

/* own.c */
typedef enum { KVAULT__OWN_LARGE, KVAULT__OWN_PARTS, KVAULT__OWN_BULK } kvault__own;
bool kvault__own_name (const char *name);
int kvault__own_find (kvault *vault, kvault__own which);
int kvault__own_create (kvault *vault, kvault__own which);
int kvault__own_drop (kvault *vault, kvault__own which);

/* stream.c */
int kvault__bulk_count (kvault *vault, uint64_t bytes);
int kvault__bulk_enter (kvault *vault, uint64_t expected_bytes);
int kvault__bulk_leave (kvault *vault);
int kvault__find_wal (kvault *vault, bool *wal);
bool kvault__is_wal (kvault *vault);
int kvault__bulk_recover (kvault *vault);

/* journal.c */
int kvault__log_refused (kvault *vault, bool *refused);

/* memory.c */
uint64_t kvault__available_memory (void);
int kvault__check_memory (kvault *vault, uint64_t size);

/* writer.c */
void kvault__writers_settle (kvault *vault, bool committed);
bool kvault__writes_parts (const kvault *vault);

/* cursor.c */
void kvault__entry_read_key (kvault_entry *entry, sqlite3_stmt *row, int column, char *number, size_t room);
int kvault__entry_read_value (kvault_entry *entry, kvault *vault, sqlite3_stmt *row, int type_column);

/* scan.c */
typedef struct {
  kvault *vault;
  const kvault_section *section;
  sqlite3_stmt *rows;
  bool keys;             /* they are asked for */
  bool reads_keys;       /* for the entry, or to see what is hidden */
  uint64_t n_rows;
  int64_t last_id;
  char number[32];       /* entry.key of a numeric key */
} kvault__scan;
int kvault__scan_open (kvault__scan *scan, kvault *vault, const int64_t *start, bool inclusive, bool keys);
int kvault__scan_next (kvault__scan *scan, kvault_entry *entry);
void kvault__scan_close (kvault__scan *scan);

/* blob.c */
bool kvault__is_key_of_row (sqlite3_stmt *row, const kvault_entry *entry);
bool kvault__blobs_hold (const kvault *vault);

/* head.c */
void kvault__head_let_go (kvault *vault);

/* cursor.c, blob.c, writer.c: what kvault_close() ends */
void kvault__cursor_detach (kvault_cursor *cursor);
void kvault__blob_detach (kvault_blob *blob);
void kvault__writer_detach (kvault_writer *writer);

#endif
