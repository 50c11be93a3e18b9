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

#define KVAULT__RECORD_MAX 1000000000u  /* SQLite's default limit on a record: key, value, header */
#define KVAULT__RECORD_SLACK 32u        /* header and the other columns of a record */
#define KVAULT__STRIDE (1u << 20)       /* how far one uninterruptible read may walk into a value */

/* The statements that are prepared once for the table in use; statement.c has their SQL. */
typedef enum {
  KVAULT__GET,
  KVAULT__FIND,
  KVAULT__FIND_ROW,
  KVAULT__EXISTS,
  KVAULT__COUNT,
  KVAULT__COUNT_STEPWISE,
  KVAULT__PUT,
  KVAULT__RESERVE_UPDATE,
  KVAULT__RESERVE_INSERT,
  KVAULT__DELETE,
  KVAULT__DELETE_ROW,
  KVAULT__DELETE_ROW_OF_KEY,
  KVAULT__RENAME_ROW,
  KVAULT__VALUE_TEXT,
  KVAULT__BEGIN,
  KVAULT__COMMIT,
  KVAULT__ROLLBACK,
  KVAULT__DATA_VERSION,
  KVAULT__PAGE_COUNT,
  KVAULT__N_STATEMENTS
} kvault__statement_id;

/* What stat() says of a file and its side files: enough to see that somebody wrote. */
typedef struct {
  struct stat main;
  bool has_wal, has_shm, has_journal;  /* there and not empty (shm: there) */
  off_t wal_size;
  struct timespec wal_mtime;
} kvault__place;

struct kvault {
  sqlite3 *db;
  char *location;               /* as given */
  char *name;                   /* the same for messages: escaped where it is not plain text */
  char *path;                   /* absolute, symbolic links resolved: side files lie beside this */
  kvault_options options;       /* with the defaults filled in; strings are not used after opening */
  kvault_error error;

  kvault_section *sections;     /* strings owned */
  char **section_count_sql;     /* parallel to sections; NULL for vaults */
  size_t n_sections;
  const kvault_section *section;  /* the table in use, inside sections */

  sqlite3_stmt *statements[KVAULT__N_STATEMENTS];
  kvault_cursor *cursors;
  kvault_blob *blobs;
  kvault_writer *writers;

  _Atomic int interrupted;      /* set by kvault_interrupt(), forgotten by kvault__enter() */
  _Atomic int counting;         /* OP_Count runs, which asks no progress handler */
  bool cancelled;               /* a handler ended the running call: SQLite then says BUSY or INTERRUPT */
  int64_t busy_since_ms;

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
int kvault__set_busy_handler (kvault *vault);
bool kvault__is_cancelled (kvault *vault);
int kvault__begin (kvault *vault);
int kvault__end (kvault *vault, int result);  /* commits if @result is KVAULT_OK, else rolls back; gives the final result */
int kvault__exec (kvault *vault, const char *sql);
int kvault__pragma_int (kvault *vault, const char *sql, int64_t *value);
uint64_t kvault__memory_available (void);

/* viewing.c */
int kvault__look_at_place (const char *path, kvault__place *place);  /* 0 or errno */
bool kvault__place_changed (const kvault__place *before, const kvault__place *now);
int kvault__open_database (kvault *vault);

/* heapwal.c */
#define KVAULT__VFS "kvault-view"
int kvault__vfs_register (void);

/* schema.c */
int kvault__harden (kvault *vault);
int kvault__schema_load (kvault *vault);
int kvault__schema_create (kvault *vault, const char *table);
void kvault__schema_free (kvault *vault);
int kvault__schema_use (kvault *vault, const char *table);
void kvault__schema_switch (kvault *vault, const kvault_section *section);

/* statement.c */
int kvault__statement (kvault *vault, kvault__statement_id id, sqlite3_stmt **statement);
void kvault__statement_done (sqlite3_stmt *statement);
void kvault__statements_finalize (kvault *vault);
void kvault__bind_bytes (sqlite3_stmt *statement, int index, const void *bytes, size_t size);
void kvault__bind_key (sqlite3_stmt *statement, int index, kvault_class key_class, const void *key, size_t key_size);

/* entry.c */
typedef struct {
  int64_t id;
  uint64_t size;
  kvault_class value_class;
} kvault__row;
int kvault__row_find (kvault *vault, const void *key, size_t key_size, kvault__row *row);
int kvault__row_read (kvault *vault, sqlite3_stmt *statement, int64_t id, int type_column, uint64_t *size,
                      kvault_class *value_class);
int kvault__check_record (kvault *vault, const void *key, size_t key_size, uint64_t value_size);
int kvault__reserve (kvault *vault, const void *key, size_t key_size, uint64_t size, int64_t *id);
int kvault__put_bytes (kvault *vault, const void *key, size_t key_size, const void *value, size_t value_size);

/* cursor.c, blob.c, writer.c: what kvault_close() ends */
void kvault__cursor_detach (kvault_cursor *cursor);
void kvault__blob_detach (kvault_blob *blob);
void kvault__writer_detach (kvault_writer *writer);

#endif
