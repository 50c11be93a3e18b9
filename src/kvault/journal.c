/* SPDX-License-Identifier: MIT */
/*
 * journal.c - between write-ahead log and rollback journal, for good.
 *
 * Leaving the log fails at once if any other connection on the machine has the file open in that mode; taking it up, while somebody
 * reads or writes. So this process's handles let go first, and who is left is named. SQLite would also take a log up where nobody
 * can share its index, after which no one could write to the file any more: that is found out before.
 */
#include "internal.h"

#include <string.h>
#include <time.h>

#define TRIES 10
#define PAUSE_MS 20

/* Whether the file, which has no log, could have none where it is. A statement that is not done holds its lock meanwhile: nobody can take
 * a log up, so the index that is made to find out is nobody's. */
int
kvault__log_refused (kvault *vault,
                     bool   *refused)
{
  sqlite3_stmt *statement = NULL;
  bool wal = true;
  int rc = KVAULT_OK;

  *refused = false;
  if (sqlite3_prepare_v2 (vault->db, "SELECT count(*) FROM main.sqlite_schema", -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step (statement) != SQLITE_ROW)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else if ((rc = kvault__find_wal (vault, &wal)) == KVAULT_OK && !wal)
    *refused = kvault__index_refused (vault, true);
  sqlite3_finalize (statement);
  return rc;
}

static int
check_log (kvault *vault)
{
  bool refused;
  int rc = kvault__log_refused (vault, &refused);

  if (rc != KVAULT_OK || !refused)
    return rc;
  return kvault__fail (vault, KVAULT_EINVAL, "%s: its file system lets programs share no memory, which a write-ahead log needs", vault->name);
}

static int
fail_others (kvault *vault,
             int     sqlite_rc)
{
  kvault__who who;

  if ((sqlite_rc & 0xff) != SQLITE_BUSY && sqlite_rc != SQLITE_OK)
    return kvault__fail_db (vault, "%s", vault->name);
  kvault__who_has_open (vault, &who);
  return kvault__swap_fail_others (vault, &who);
}

/* Somebody may read for a moment. Each try may wait as long as the busy timeout lets it; all of them together wait no longer. */
static int
change_mode (kvault         *vault,
             kvault_journal  journal)
{
  const char *sql = journal == KVAULT_JOURNAL_WAL ? "PRAGMA main.journal_mode=WAL" : "PRAGMA main.journal_mode=DELETE";
  int64_t until_ms = kvault__now_ms () + vault->options.busy_timeout_ms;
  int sqlite_rc = SQLITE_OK;
  bool wal;
  int rc;

  for (int i = 0; i < TRIES && (i == 0 || kvault__now_ms () < until_ms); i++)
    {
      if (i > 0)
        nanosleep (&(struct timespec) { .tv_nsec = PAUSE_MS * 1000000L }, NULL);
      if (kvault__is_cancelled (vault))
        return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
      sqlite_rc = sqlite3_exec (vault->db, sql, NULL, NULL, NULL);
      if (sqlite_rc == SQLITE_OK && (rc = kvault__find_wal (vault, &wal)) != KVAULT_OK)
        return rc;
      if (sqlite_rc == SQLITE_OK && wal == (journal == KVAULT_JOURNAL_WAL))
        return kvault__set_durability (vault);
      if (sqlite_rc != SQLITE_OK && (sqlite_rc & 0xff) != SQLITE_BUSY)
        break;
    }
  return fail_others (vault, sqlite_rc);
}

int
kvault_set_journal (kvault         *vault,
                    kvault_journal  journal)
{
  bool wal;
  int rc;

  if (journal != KVAULT_JOURNAL_WAL && journal != KVAULT_JOURNAL_ROLLBACK)
    return kvault__fail (vault, KVAULT_EINVAL, "journal is not a kvault_journal");
  if ((rc = kvault__enter_file (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  kvault__statements_finalize (vault);   /* one that is not reset would hold the mode */
  if ((rc = kvault__find_wal (vault, &wal)) != KVAULT_OK || wal == (journal == KVAULT_JOURNAL_WAL))
    return rc;
  if ((rc = kvault__claim (vault)) != KVAULT_OK)
    return rc;
  if (journal == KVAULT_JOURNAL_ROLLBACK || (rc = check_log (vault)) == KVAULT_OK)
    rc = change_mode (vault, journal);
  kvault__unclaim (vault);
  return rc;
}
