/* SPDX-License-Identifier: MIT */
/*
 * checkpoint.c - moving the write-ahead log into the main file, and who kept it from being done.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

static const int mode_of[] = {
  [KVAULT_CHECKPOINT_PASSIVE] = SQLITE_CHECKPOINT_PASSIVE,
  [KVAULT_CHECKPOINT_FULL] = SQLITE_CHECKPOINT_FULL,
  [KVAULT_CHECKPOINT_RESTART] = SQLITE_CHECKPOINT_RESTART,
  [KVAULT_CHECKPOINT_TRUNCATE] = SQLITE_CHECKPOINT_TRUNCATE,
};

static void
look_who (kvault                   *vault,
          kvault_checkpoint_result *result,
          kvault__who              *who)
{
  kvault__who_uses_log (vault, who);
  result->reader = who->reader;
  result->writer = who->writer;
  result->checkpointer = who->checkpointer;
  result->own = who->own;
  result->pid = who->pid;
  memcpy (result->program, who->program, sizeof result->program);
}

int
kvault__checkpoint_fail (kvault            *vault,
                         const kvault__who *who)
{
  const char *does = who->writer ? "writes to it" : who->checkpointer ? "moves its log" : "reads from it";

  if (who->pid > 0)
    return kvault__fail (vault, KVAULT_EBUSY, "%s: %s (process %lld) %s, and its log is needed for that", vault->name,
                         who->program[0] != '\0' ? who->program : "another program", (long long) who->pid, does);
  return kvault__fail (vault, KVAULT_EBUSY, "%s: %s %s, and its log is needed for that", vault->name,
                       who->own ? "this program" : "another program", does);
}

static int
checkpoint (kvault                   *vault,
            kvault_checkpoint_mode    mode,
            bool                      obeys,
            kvault_checkpoint_result *result)
{
  kvault__work work;
  kvault__who who;
  int frames = -1, moved = -1, still = -1, still_moved = -1;
  int sqlite_rc;

  *result = (kvault_checkpoint_result) { .finished = 1 };
  kvault__work_init (&work, vault, NULL, NULL);
  if (obeys)
    kvault__work_watch (&work, vault->db, 0);
  if (mode == KVAULT_CHECKPOINT_TRUNCATE)   /* which itself says 0 of 0 at the end */
    sqlite3_wal_checkpoint_v2 (vault->db, "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
  sqlite_rc = sqlite3_wal_checkpoint_v2 (vault->db, "main", mode_of[mode], &still, &still_moved);
  if (obeys)
    kvault__work_unwatch (&work);
  if (mode != KVAULT_CHECKPOINT_TRUNCATE || sqlite_rc != SQLITE_OK)
    {
      frames = still;
      moved = still_moved;
    }
  else
    moved = frames;
  if (frames > 0)
    {
      result->frames = (uint64_t) frames;
      result->moved = moved > 0 ? (uint64_t) moved : 0;
    }
  if (sqlite_rc != SQLITE_OK || result->moved < result->frames)
    {
      result->finished = 0;
      look_who (vault, result, &who);
    }
  if (sqlite_rc == SQLITE_OK || (mode == KVAULT_CHECKPOINT_PASSIVE && (sqlite_rc & 0xff) == SQLITE_BUSY))
    return KVAULT_OK;
  if ((sqlite_rc & 0xff) == SQLITE_BUSY && !(obeys && vault->cancelled))
    return kvault__checkpoint_fail (vault, &who);
  return kvault__fail_code (vault, sqlite_rc, "%s", vault->name);
}

/* PASSIVE never waits; what it could not move is no failure. The others are BUSY after the busy timeout. */
int
kvault__checkpoint (kvault                   *vault,
                    kvault_checkpoint_mode    mode,
                    kvault_checkpoint_result *result)
{
  return checkpoint (vault, mode, true, result);
}

/* TRUNCATE for what is done by now: a cancel ends only the wait for others, which is BUSY then. */
int
kvault__checkpoint_done (kvault                   *vault,
                         kvault_checkpoint_result *result)
{
  return checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, false, result);
}

int
kvault_checkpoint (kvault                   *vault,
                   kvault_checkpoint_mode    mode,
                   kvault_checkpoint_result *result)
{
  kvault_checkpoint_result own_result;
  int rc;

  if (result == NULL)
    result = &own_result;
  *result = (kvault_checkpoint_result) { 0 };
  if ((rc = kvault__enter_file (vault)) != KVAULT_OK)
    return rc;
  if ((unsigned) mode > KVAULT_CHECKPOINT_TRUNCATE)
    return kvault__fail (vault, KVAULT_EINVAL, "mode is not a kvault_checkpoint_mode");
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EBUSY, "%s: the handle's transaction is open", vault->name);
  return kvault__checkpoint (vault, mode, result);
}

int
kvault_checkpoint_alone (kvault                   *vault,
                         kvault_checkpoint_result *result)
{
  kvault_checkpoint_result own_result;
  int rc;

  if (result == NULL)
    result = &own_result;
  *result = (kvault_checkpoint_result) { 0 };
  if ((rc = kvault__enter_file (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK ||
      (rc = kvault__claim (vault)) != KVAULT_OK)
    return rc;
  rc = kvault__checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, result);
  kvault__unclaim (vault);
  return rc;
}

/* PRAGMA optimize analyses tables that were never analysed, and makes sqlite_stat1 for it: so only where that is. */
int
kvault_optimize (kvault *vault)
{
  kvault_checkpoint_result result;
  int64_t has_statistics;
  int rc;

  if ((rc = kvault__enter_file (vault)) != KVAULT_OK)
    return rc;
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EBUSY, "%s: the handle's transaction is open", vault->name);
  rc = kvault__pragma_int (vault, "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1')", &has_statistics);
  if (rc == KVAULT_OK && has_statistics)
    rc = kvault__exec (vault, "PRAGMA analysis_limit=1000; PRAGMA main.optimize");
  return rc == KVAULT_OK ? kvault__checkpoint (vault, KVAULT_CHECKPOINT_PASSIVE, &result) : rc;
}
