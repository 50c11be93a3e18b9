/* SPDX-License-Identifier: MIT */
/*
 * journal.c - between write-ahead log and rollback journal, for good.
 *
 * Leaving the log fails at once if any other connection on the machine has the file open in that mode; taking it up, while somebody
 * reads or writes. So this process's handles let go first, and who is left is named.
 */
#include "internal.h"

#include <string.h>
#include <time.h>

#define TRIES 10
#define PAUSE_MS 20

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

/* Somebody may read for a moment. */
static int
change_mode (kvault         *vault,
             kvault_journal  journal)
{
  const char *sql = journal == KVAULT_JOURNAL_WAL ? "PRAGMA main.journal_mode=WAL" : "PRAGMA main.journal_mode=DELETE";
  int sqlite_rc = SQLITE_OK;

  for (int i = 0; i < TRIES; i++)
    {
      if (i > 0)
        nanosleep (&(struct timespec) { .tv_nsec = PAUSE_MS * 1000000L }, NULL);
      if (kvault__is_cancelled (vault))
        return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
      sqlite_rc = sqlite3_exec (vault->db, sql, NULL, NULL, NULL);
      if (sqlite_rc == SQLITE_OK && kvault__is_wal (vault) == (journal == KVAULT_JOURNAL_WAL))
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
  int rc;

  if (journal != KVAULT_JOURNAL_WAL && journal != KVAULT_JOURNAL_ROLLBACK)
    return kvault__fail (vault, KVAULT_EINVAL, "journal is not a kvault_journal");
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  kvault__statements_finalize (vault);   /* one that is not reset would hold the mode */
  if (kvault__is_wal (vault) == (journal == KVAULT_JOURNAL_WAL))
    return KVAULT_OK;
  if ((rc = kvault__claim (vault)) != KVAULT_OK)
    return rc;
  rc = change_mode (vault, journal);
  kvault__unclaim (vault);
  return rc;
}
