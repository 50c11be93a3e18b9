/* SPDX-License-Identifier: MIT */
/*
 * vault.c - open and close, options, interruption, transactions.
 *
 * A handle belongs to one thread at a time; only the two atomics are touched from others.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_BUSY_TIMEOUT_MS 5000
#define DEFAULT_PAGE_SIZE 32768
#define DEFAULT_PAGE_CACHE_KIB 2000
#define DEFAULT_CHUNK_SIZE (1u << 20)
#define PROGRESS_OPS 2000     /* virtual-machine steps between two looks at "cancelled": well under 20 ms */
#define LONGEST_WAIT_MS 20
#define FROZEN_CHECK_MS 50
#define SWEPT_NAMES 4096      /* of its folder, when a vault is opened for writing: some milliseconds */

/* ---- options ---- */

#define DEFAULT(member, value) do { if (options->member == 0) options->member = (value); } while (0)

static int
take_options (kvault               *vault,
              const kvault_options *given)
{
  kvault_options *options = &vault->options;

  if (given != NULL)
    *options = *given;
  DEFAULT (busy_timeout_ms, DEFAULT_BUSY_TIMEOUT_MS);
  DEFAULT (page_size, DEFAULT_PAGE_SIZE);
  DEFAULT (page_cache_kib, DEFAULT_PAGE_CACHE_KIB);
  DEFAULT (chunk_size, DEFAULT_CHUNK_SIZE);
  DEFAULT (whole_value_max, KVAULT__RECORD_MAX - KVAULT__RECORD_SLACK);

  if ((unsigned) options->access > KVAULT_ACCESS_SALVAGE)
    return kvault__fail (vault, KVAULT_EINVAL, "access is not a kvault_access");
  if ((unsigned) options->durability > KVAULT_DURABILITY_FULL)
    return kvault__fail (vault, KVAULT_EINVAL, "durability is not a kvault_durability");
  if (options->busy_timeout_ms == KVAULT_BUSY_NOWAIT)
    options->busy_timeout_ms = 0;
  else if (options->busy_timeout_ms > 3600000)
    return kvault__fail (vault, KVAULT_EINVAL, "busy_timeout_ms is over 3,600,000");
  if (options->page_size < 512 || options->page_size > 65536 || (options->page_size & (options->page_size - 1)) != 0)
    return kvault__fail (vault, KVAULT_EINVAL, "page_size is no power of two from 512 to 65,536");
  if (options->page_cache_kib < 64 || options->page_cache_kib > 4194304)
    return kvault__fail (vault, KVAULT_EINVAL, "page_cache_kib is not from 64 to 4,194,304");
  if (options->chunk_size < 4096 || options->chunk_size > 67108864)
    return kvault__fail (vault, KVAULT_EINVAL, "chunk_size is not from 4,096 to 67,108,864");
  if (options->whole_value_max < 4096 || options->whole_value_max > KVAULT__RECORD_MAX - KVAULT__RECORD_SLACK)
    return kvault__fail (vault, KVAULT_EINVAL, "whole_value_max is not from 4,096 to 999,999,968");
  if (options->table != NULL && (options->table[0] == '\0' || strlen (options->table) > 4096))
    return kvault__fail (vault, KVAULT_EINVAL, "a table's name is 1 to 4,096 bytes long");
  if (options->table != NULL && sqlite3_strnicmp (options->table, "sqlite_", 7) == 0)
    return kvault__fail (vault, KVAULT_EINVAL, "names that begin with \"sqlite_\" are SQLite's own");
  return KVAULT_OK;
}

/* ---- interruption and waiting ---- */

bool
kvault__is_cancelled (kvault *vault)
{
  if (!vault->cancelled &&
      (atomic_load (&vault->interrupted) ||
       (vault->options.is_cancelled != NULL && vault->options.is_cancelled (vault->options.is_cancelled_data))))
    vault->cancelled = true;
  return vault->cancelled;
}

static int
progress_cb (void *data)
{
  return kvault__is_cancelled (data);
}

/* SQLite's busy handler: bounded, cancellable backoff. */
static int
busy_cb (void *data,
         int   n_calls)
{
  kvault *vault = data;
  int64_t now = kvault__now_ms ();
  int64_t left;
  int wait_ms = n_calls < 4 ? 1 << n_calls : LONGEST_WAIT_MS;

  if (n_calls == 0)
    vault->busy_since_ms = now;
  left = vault->busy_since_ms + vault->options.busy_timeout_ms - now;
  if (left <= 0 || kvault__is_cancelled (vault) || (vault->gives_way && atomic_load (&vault->handle.asked)))
    return 0;
  if (wait_ms > left)
    wait_ms = (int) left;
  nanosleep (&(struct timespec) { .tv_nsec = wait_ms * 1000000L }, NULL);
  return !kvault__is_cancelled (vault);
}

void
kvault_interrupt (kvault *vault)
{
  atomic_store (&vault->interrupted, 1);
}

/* ---- entering a public function ---- */

static int take_up (kvault *vault);

static bool
has_moved (kvault *vault)
{
  int moved = 0;

  return sqlite3_file_control (vault->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

static int
check_frozen_place (kvault *vault)
{
  kvault__place now;

  vault->frozen_checked_ms = kvault__now_ms ();

  if (kvault__look_at_place (vault->path, &now) != 0)
    return kvault__fail (vault, KVAULT_EMOVED, "%s is not there any more", vault->name);
  if (kvault__place_changed (&vault->place, &now))
    return kvault__fail (vault, KVAULT_ESTALE, "%s: another program has changed it; open it again", vault->name);
  return KVAULT_OK;
}

/* A plain look is far cheaper than a store that other threads must see, and this runs for every key of a walk. */
static void
forget_interruption (kvault *vault)
{
  if (vault->inside > 0 || vault->spans > 0)   /* a step of a longer operation, which the interruption is for */
    return;
  if (atomic_load_explicit (&vault->interrupted, memory_order_relaxed))
    atomic_store (&vault->interrupted, 0);
  vault->cancelled = false;
}

/* What every call begins with. */
static int
get_ready (kvault *vault)
{
  int rc;

  forget_interruption (vault);
  if (vault->db == NULL && (rc = take_up (vault)) != KVAULT_OK)
    return rc;
  if (vault->options.shelf != NULL && (rc = kvault__shelf_sync (vault)) != KVAULT_OK)
    return rc;
  if (vault->replaced && kvault__cache_n_entries (vault) > 0 && !kvault__cache_is_mirror (vault))   /* they belong to the other one: no state of any file has both */
    return kvault__fail (vault, KVAULT_EMOVED, "%s was replaced while values waited for it", vault->name);
  return vault->stuck ? kvault__take_back (vault) : KVAULT_OK;
}

int
kvault__enter (kvault *vault)
{
  int rc;

  if ((rc = get_ready (vault)) != KVAULT_OK)
    return rc;
  /* Four looks at the disk: for every key of a walk they would be most of its cost. */
  return vault->frozen && kvault__now_ms () - vault->frozen_checked_ms >= FROZEN_CHECK_MS ? check_frozen_place (vault) : KVAULT_OK;
}

/* Why nothing is written to the file, whatever table is in use; NULL: it may be. */
static const char *
file_reason (const kvault *vault)
{
  if (vault->readonly_reason != NULL)
    return vault->readonly_reason;
  return vault->damaged ? "the file is damaged, so nothing is written to it" : NULL;
}

static int
check_reason (kvault     *vault,
              const char *reason)
{
  if (vault->replaced)
    return kvault__fail (vault, KVAULT_EMOVED, "%s was replaced, renamed or deleted; nothing was written", vault->name);
  if (reason == NULL)
    return KVAULT_OK;
  return kvault__fail (vault, vault->damaged ? KVAULT_ECORRUPT : KVAULT_EREADONLY, "%s: %s", vault->name, reason);
}

static int
check_rights (kvault *vault)
{
  return check_reason (vault, kvault_readonly_reason (vault));
}

static int
check_state (kvault *vault)
{
  if (has_moved (vault))
    return kvault__fail (vault, KVAULT_EMOVED, "%s was replaced, renamed or deleted; nothing was written", vault->name);
  if (vault->bulk && vault->bulk_puts == 0 && sqlite3_get_autocommit (vault->db))   /* between two groups */
    return kvault__run (vault, KVAULT__BEGIN);
  if (vault->batch && sqlite3_get_autocommit (vault->db))   /* what came now would last, without what came before */
    return kvault__fail (vault, KVAULT_EIO, "%s: the transaction was undone by an earlier failure", vault->name);
  return KVAULT_OK;
}

int
kvault__check_writable (kvault *vault)
{
  int rc = check_rights (vault);

  return rc == KVAULT_OK ? check_state (vault) : rc;
}

int
kvault__enter_write (kvault *vault)
{
  int rc = get_ready (vault);

  return rc == KVAULT_OK ? kvault__check_writable (vault) : rc;
}

/* For what is to wait in the cache. Whether the file is still the one that was opened is looked at when it is flushed: a look
 * at the disk for each put would cost as much as the rest of it. */
int
kvault__enter_waiting (kvault *vault)
{
  int rc;

  forget_interruption (vault);
  if (vault->db == NULL && (rc = take_up (vault)) != KVAULT_OK)
    return rc;
  return check_rights (vault);
}

/* For what works on the table alone. */
int
kvault__enter_settled (kvault *vault)
{
  int rc = kvault__enter_write (vault);

  return rc == KVAULT_OK ? kvault__cache_settle (vault) : rc;
}

/* For what is done to the file as a whole, and changes no row: what keeps keys from being written to a table is no reason. */
int
kvault__enter_file (kvault *vault)
{
  int rc;

  if ((rc = get_ready (vault)) != KVAULT_OK || (rc = check_reason (vault, file_reason (vault))) != KVAULT_OK || (rc = check_state (vault)) != KVAULT_OK)
    return rc;
  return kvault__cache_settle (vault);
}

int
kvault_is_readonly (const kvault *vault)
{
  return kvault_readonly_reason (vault) != NULL;
}

int
kvault_is_damaged (const kvault *vault)
{
  return vault->damaged;
}

const char *
kvault_readonly_reason (const kvault *vault)
{
  const char *reason = file_reason (vault);

  return reason != NULL || vault->section->writable ? reason : vault->section->reason;
}

const char *
kvault_location (const kvault *vault)
{
  return vault->location;
}

/* Another number, if anybody but this connection has committed since; inside a transaction, before it began. */
int
kvault__seen_version (kvault   *vault,
                      uint64_t *version)
{
  sqlite3_stmt *statement;
  int rc;

  *version = 0;
  if ((rc = kvault__statement (vault, KVAULT__DATA_VERSION, &statement)) != KVAULT_OK)
    return rc;
  if (sqlite3_step (statement) == SQLITE_ROW)
    *version = (uint64_t) vault->n_taken_up << 32 | (uint32_t) sqlite3_column_int64 (statement, 0);
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  return rc;
}

int
kvault__data_version (kvault   *vault,
                      uint64_t *version)
{
  if (has_moved (vault))
    return kvault__fail (vault, KVAULT_EMOVED, "%s was replaced, renamed or deleted", vault->name);
  return kvault__seen_version (vault, version);
}

int
kvault_data_version (kvault   *vault,
                     uint64_t *version)
{
  int rc;

  *version = 0;
  vault->frozen_checked_ms = 0;
  rc = kvault__enter (vault);
  return rc == KVAULT_OK ? kvault__data_version (vault, version) : rc;
}

/* ---- transactions ---- */

int
kvault__run (kvault              *vault,
             kvault__statement_id id)
{
  sqlite3_stmt *statement;
  int rc = kvault__statement (vault, id, &statement);

  if (rc != KVAULT_OK)
    return rc;
  if (id == KVAULT__COMMIT)
    kvault__veil_begin_commit (vault);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  if (id == KVAULT__COMMIT && rc == KVAULT_OK)
    kvault__veil_end_commit (vault);
  else if (id == KVAULT__COMMIT && sqlite3_get_autocommit (vault->db))
    kvault__veil_roll_back (vault, 0);
  return rc;
}

/* Ends the open transaction, if there is one, with nothing of it kept. Where not even that can be done (no memory), the next call
 * does it before anything else. */
int
kvault__take_back (kvault *vault)
{
  int rc;

  kvault__veil_roll_back (vault, 0);
  rc = sqlite3_get_autocommit (vault->db) ? KVAULT_OK : kvault__run (vault, KVAULT__ROLLBACK);
  vault->stuck = !sqlite3_get_autocommit (vault->db);
  return vault->stuck ? rc : KVAULT_OK;
}

/* Before a step that waits to write and comes before anything else of the operation: that wait need not last until the other handle of this
 * process which has the lock, and waits for this one to let go of the file, gives up. */
void
kvault__may_give_way (kvault *vault)
{
  vault->gives_way = vault->inside == 0 && !vault->batch && !vault->stays && !vault->sweeping && vault->cursors == NULL &&
                     !kvault__blobs_hold (vault) && !kvault__writes_parts (vault);
}

/* After it: whether the handle let go of the file, and has it again. Then the step is to be tried again, as all that it goes by. */
bool
kvault__gave_way (kvault *vault,
                  int    *result)
{
  bool gives_way = vault->gives_way && *result == KVAULT_EBUSY && atomic_load (&vault->handle.asked);

  vault->gives_way = false;
  if (!gives_way)
    return false;
  kvault__disconnect (vault);
  if ((*result = take_up (vault)) == KVAULT_OK)
    *result = kvault__check_writable (vault);
  return *result == KVAULT_OK;
}

/* The outermost transaction. */
int
kvault__begin_alone (kvault *vault)
{
  int rc;

  do
    {
      kvault__may_give_way (vault);
      rc = kvault__run (vault, KVAULT__BEGIN);
    }
  while (kvault__gave_way (vault, &rc));
  return rc;
}

/* An operation of several statements, whole or not at all. Inside a transaction of the caller's it is a savepoint. */
int
kvault__begin (kvault *vault)
{
  int rc = vault->inside > 0 || vault->batch ? kvault__run (vault, KVAULT__SAVEPOINT) : kvault__begin_alone (vault);

  if (rc == KVAULT_OK)
    vault->inside++;
  return rc;
}

/* Commits if @result is KVAULT_OK, else takes back; gives the final result. */
int
kvault__end (kvault *vault,
             int     result)
{
  bool nested = --vault->inside > 0 || vault->batch;
  kvault_error error;

  if (result == KVAULT_OK && vault->defers_zeros)
    result = kvault__write_zeros (vault);
  if (result == KVAULT_OK && (result = kvault__run (vault, nested ? KVAULT__RELEASE : KVAULT__COMMIT)) == KVAULT_OK)
    {
      kvault__veil_release (vault);
      if (vault->sweep_due && !nested && !vault->sweeping)
        kvault__large_sweep (vault);
      return KVAULT_OK;
    }
  /* SQLite takes back by itself after some failures; what follows must not hide the first one. */
  error = vault->error;
  kvault__forget_large (vault);
  kvault__veil_roll_back (vault, sqlite3_get_autocommit (vault->db) ? 0 : (unsigned) vault->inside + vault->batch);
  if (!nested || (!sqlite3_get_autocommit (vault->db) && (kvault__run (vault, KVAULT__ROLLBACK_TO) != KVAULT_OK ||
                                                          kvault__run (vault, KVAULT__RELEASE) != KVAULT_OK)))
    kvault__take_back (vault);
  if (vault->defers_zeros)
    kvault__forget_zeros (vault);
  vault->error = error;
  return result;
}

int
kvault__exec (kvault     *vault,
              const char *sql)
{
  if (sqlite3_exec (vault->db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return kvault__fail_db (vault, "%s", vault->name);
  return KVAULT_OK;
}

int
kvault__pragma_int (kvault     *vault,
                    const char *sql,
                    int64_t    *value)
{
  sqlite3_stmt *statement = NULL;
  int rc = KVAULT_OK;

  *value = 0;
  if (sqlite3_prepare_v2 (vault->db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step (statement) != SQLITE_ROW)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else
    *value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return rc;
}

/* ---- opening ---- */

/* Reserves the name, so that two who make the same file at once do not share it unawares. No handle on the
 * file can exist yet, so a descriptor of our own does no harm. */
static int
create_file (kvault *vault,
             bool   *created)
{
  int fd = open (vault->location, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

  if (fd >= 0)
    {
      close (fd);
      *created = true;
      return KVAULT_OK;
    }
  if (errno == EEXIST)
    {
      if (vault->options.access == KVAULT_ACCESS_CREATE_NEW)
        return kvault__fail (vault, KVAULT_EEXIST, "%s is there already", vault->name);
      return KVAULT_OK;
    }
  if (errno == ENOENT)
    return kvault__fail (vault, KVAULT_ENOENT, "%s: its folder does not exist", vault->name);
  if (errno == EACCES || errno == EPERM || errno == EROFS)
    return kvault__fail_errno (vault, KVAULT_EREADONLY, errno, "cannot make %s", vault->name);
  return kvault__fail_errno (vault, KVAULT_EIO, errno, "cannot make %s", vault->name);
}

static int
check_kind_of_file (kvault *vault)
{
  struct stat st;

  if (stat (vault->location, &st) != 0)
    {
      if (errno == ENOENT || errno == ENOTDIR)
        return kvault__fail (vault, KVAULT_ENOENT, "%s does not exist", vault->name);
      if (errno == EACCES)
        return kvault__fail (vault, KVAULT_EPERM, "%s: no right to enter its folder", vault->name);
      return kvault__fail_errno (vault, KVAULT_EIO, errno, "%s", vault->name);
    }
  if (S_ISDIR (st.st_mode))
    return kvault__fail (vault, KVAULT_ENOTFILE, "%s is a folder", vault->name);
  if (!S_ISREG (st.st_mode))
    return kvault__fail (vault, KVAULT_ENOTFILE, "%s is a pipe, socket or device", vault->name);
  if (faccessat (AT_FDCWD, vault->location, R_OK, AT_EACCESS) != 0)
    return kvault__fail (vault, KVAULT_EPERM, "%s: no right to read it", vault->name);
  return KVAULT_OK;
}

/* realpath() may fail only for a file that has gone meanwhile. */
static int
resolve_path (kvault *vault)
{
  vault->path = realpath (vault->location, NULL);
  if (vault->path == NULL)
    return kvault__fail_errno (vault, errno == ENOENT ? KVAULT_ENOENT : KVAULT_EIO, errno, "%s", vault->name);
  return KVAULT_OK;
}

/* With a rollback journal the name of the journal must be gone from the disk for a commit to last, or what was committed is played
 * back after a crash; only EXTRA waits for that. With a log EXTRA is FULL. */
int
kvault__set_durability (kvault *vault)
{
  bool may_wait = vault->options.durability == KVAULT_DURABILITY_NORMAL && kvault__is_wal (vault);

  return kvault__exec (vault, may_wait ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=EXTRA");
}

static int
set_pragmas (kvault *vault)
{
  char sql[512];
  int64_t auto_vacuum, page_size;
  int rc;

  snprintf (sql, sizeof sql,
            "PRAGMA cache_size=-%u; PRAGMA secure_delete=%d", vault->options.page_cache_kib, vault->options.secure_delete != 0);
  if ((rc = kvault__exec (vault, sql)) != KVAULT_OK ||
      (rc = kvault__set_durability (vault)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.auto_vacuum", &auto_vacuum)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.page_size", &page_size)) != KVAULT_OK)
    return rc;
  vault->page_size = (uint32_t) page_size;
  vault->page_maps = auto_vacuum != 0;
  return KVAULT_OK;
}

static int
connect_file (kvault *vault)
{
  int rc;

  if ((rc = kvault__handle_join (vault)) != KVAULT_OK ||
      (rc = kvault__open_database (vault)) != KVAULT_OK)
    return rc;
  sqlite3_progress_handler (vault->db, PROGRESS_OPS, progress_cb, vault);
  return KVAULT_OK;
}

static int
open_steps (kvault     *vault,
            const char *table,
            bool       *created)
{
  bool may_create = vault->options.access == KVAULT_ACCESS_CREATE || vault->options.access == KVAULT_ACCESS_CREATE_NEW;
  int rc;

  if (may_create && (rc = create_file (vault, created)) != KVAULT_OK)
    return rc;
  if ((rc = check_kind_of_file (vault)) != KVAULT_OK ||
      (rc = resolve_path (vault)) != KVAULT_OK)
    return rc;
  if (!kvault__only_looks (vault))
    {
      kvault__sweep (vault->path);
      kvault__sweep_folder (vault->path, SWEPT_NAMES);
    }
  if ((rc = connect_file (vault)) != KVAULT_OK)
    return rc;
  if (may_create && (rc = kvault__table_create (vault, table)) != KVAULT_OK)
    return rc;
  if ((rc = kvault__schema_load (vault)) != KVAULT_OK ||
      (rc = kvault__table_use (vault, table)) != KVAULT_OK ||
      (rc = kvault__bulk_recover (vault)) != KVAULT_OK)
    return rc;
  return set_pragmas (vault);
}

/* A creation that failed takes its empty file away, but never one that has become somebody's meanwhile. */
static void
remove_created (const kvault *vault,
                int           result)
{
  kvault__place place;

  if (result != KVAULT_EBUSY && kvault__look_at_place (vault->location, &place) == 0 &&
      place.main.st_size == 0 && !place.has_wal && !place.has_journal)
    unlink (vault->location);
}

int
kvault_open (const char           *location,
             const kvault_options *options,
             kvault              **vault,
             kvault_error         *error)
{
  kvault *self;
  bool created = false;
  int rc;

  *vault = NULL;
  if (error != NULL)
    *error = (kvault_error) { .code = KVAULT_OK };
  self = calloc (1, sizeof *self);
  if (self == NULL || location == NULL || (self->location = strdup (location)) == NULL ||
      (self->name = kvault__describe_path (location)) == NULL)
    {
      rc = location == NULL ? KVAULT_EINVAL : KVAULT_ENOMEM;
      if (error != NULL)
        *error = (kvault_error) { .code = rc, .message = "no memory, or no location" };
      if (self != NULL)
        free (self->location);
      free (self);
      return rc;
    }

  kvault__forget_large (self);
  if ((rc = take_options (self, options)) == KVAULT_OK)
    rc = open_steps (self, options != NULL ? options->table : NULL, &created);
  self->options.table = NULL;
  if (rc == KVAULT_OK)
    {
      if (self->options.veil != NULL)
        kvault_veil_ref (self->options.veil);
      if (self->options.shelf != NULL)
        kvault_shelf_ref (self->options.shelf);
      *vault = self;
      return KVAULT_OK;
    }
  if (error != NULL)
    *error = self->error;
  kvault__schema_free (self);
  sqlite3_close (self->db);
  kvault__handle_leave (self);
  if (created)
    remove_created (self, rc);
  free (self->path);
  free (self->name);
  free (self->location);
  free (self);
  return rc;
}

bool
kvault__only_looks (const kvault *vault)
{
  return vault->options.access == KVAULT_ACCESS_VIEW || vault->options.access == KVAULT_ACCESS_SALVAGE;
}

/* ---- letting go and taking up ---- */

void
kvault__disconnect (kvault *vault)
{
  kvault__forget_large (vault);   /* what is known goes by data_version, which each connection counts for itself */
  kvault__statements_finalize (vault);
  /* SQLite leaves the log of a file that was replaced where it is: beside the new file, which would take it for its own. Our
   * descriptors still lead to the old one, where its content belongs. */
  if (vault->db != NULL && vault->readonly_reason == NULL && has_moved (vault))
    sqlite3_exec (vault->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
  sqlite3_close (vault->db);
  vault->db = NULL;
  vault->stuck = false;
  kvault__handle_leave (vault);
}

/* What was found out at opening is kept: the caller may hold the list of sections. */
static int
take_up (kvault *vault)
{
  int rc;

  if ((rc = connect_file (vault)) == KVAULT_OK && (rc = kvault__schema_verify (vault)) == KVAULT_OK)
    rc = set_pragmas (vault);
  if (rc == KVAULT_OK)
    vault->n_taken_up++;
  else
    kvault__disconnect (vault);
  return rc;
}

/* Whether nothing of the handle's is under way that needs its connection. */
int
kvault__check_idle (kvault *vault)
{
  if (kvault__writes_parts (vault))
    return kvault__fail (vault, KVAULT_EBUSY, "%s: a value that is stored in parts is on its way in; commit or free its writer first", vault->name);
  if (vault->batch || vault->inside > 0 || vault->spans > 0 || vault->cursors != NULL || kvault__blobs_hold (vault))
    return kvault__fail (vault, KVAULT_EBUSY, "%s: close the handle's cursors, blobs and transaction first", vault->name);
  return KVAULT_OK;
}

int
kvault_let_go (kvault *vault)
{
  int rc;

  if (vault->db == NULL)
    return KVAULT_OK;
  if ((rc = kvault__check_idle (vault)) == KVAULT_OK)
    kvault__disconnect (vault);
  return rc;
}

/* A handle of our own for work beside the one on @vault. Nothing that needs a claim can run while it is open. */
int
kvault__open_beside (kvault       *vault,
                     const char   *path,
                     kvault_access access,
                     int         (*is_cancelled) (void *data),
                     void         *data,
                     kvault      **beside)
{
  kvault_options options = vault->options;
  kvault_error error;
  int rc;

  options.access = access;
  options.is_cancelled = is_cancelled;
  options.is_cancelled_data = data;
  options.let_go = NULL;
  options.veil = NULL;
  options.shelf = NULL;
  options.page_cache_kib = DEFAULT_PAGE_CACHE_KIB;
  if (options.busy_timeout_ms == 0)
    options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  if ((rc = kvault_open (path, &options, beside, &error)) != KVAULT_OK)
    vault->error = error;
  return rc;
}

/* What went wrong there went wrong here. */
int
kvault__fail_beside (kvault       *vault,
                     const kvault *beside)
{
  vault->error = beside->error;
  return vault->error.code;
}

int
kvault__set_busy_handler (kvault *vault)
{
  return sqlite3_busy_handler (vault->db, busy_cb, vault);
}

int
kvault_close (kvault *vault)
{
  int rc;

  if (vault == NULL)
    return KVAULT_OK;
  kvault_rollback (vault);
  if (vault->cache != NULL && (rc = kvault_cache_disable (vault)) != KVAULT_OK)
    return rc;
  while (vault->cursors != NULL)
    kvault__cursor_detach (vault->cursors);
  while (vault->blobs != NULL)
    kvault__blob_detach (vault->blobs);
  while (vault->writers != NULL)
    kvault__writer_detach (vault->writers);
  kvault__disconnect (vault);
  kvault__schema_free (vault);
  kvault__cache_free (vault);
  kvault__split_free (vault);
  kvault_shelf_unref (vault->options.shelf);
  kvault_veil_unref (vault->options.veil);
  kvault__veil_free_stored (vault);
  free (vault->found_key);
  free (vault->path);
  free (vault->name);
  free (vault->location);
  free (vault);
  return KVAULT_OK;
}
