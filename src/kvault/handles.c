/* SPDX-License-Identifier: MIT */
/*
 * handles.c - all handles of this process on one file, and how one of them gets the file for itself.
 *
 * Some work needs that nobody else has the file open: a swap, leaving the write-ahead log. Other processes are kept out by what
 * that work does; the handles of this one are asked, through kvault_options.let_go, to close their connections. Each does so on its
 * own thread with kvault_let_go() and takes the file up again by itself at its next call, which waits here
 * until the work is done. So does kvault_open(). A call that waits to write when its handle is asked lets go by itself and begins
 * again: who asks may hold the very lock that it waits for.
 *
 * A file is known by device and inode, of which a swap has two. One recursive mutex guards the list: let_go runs under it, so that the
 * handle it speaks of cannot be closed meanwhile, and may call kvault_let_go() at once where one thread has several handles.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define POLL_MS 10

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static kvault *handles;   /* every one that holds its file or has claimed one */

/* Swaps of this process: a handle that let go of the old file finds its own again in the new one. */
typedef struct {
  dev_t dev;
  ino_t ino, new_ino;
} swapped;
static swapped *swaps;
static size_t n_swaps;

static bool
is_file (const kvault__handle *handle,
         dev_t                 dev,
         ino_t                 ino)
{
  return handle->dev == dev && (handle->ino == ino || (handle->claims && handle->second_ino == ino));
}

static bool
claimed_by_other (const kvault *vault,
                  dev_t         dev,
                  ino_t         ino)
{
  for (const kvault *each = handles; each != NULL; each = each->handle.next)
    if (each != vault && each->handle.claims && is_file (&each->handle, dev, ino))
      return true;
  return false;
}

/* Waits a moment for a change of the list, without the lock while the caller's function is asked. */
static bool
wait_a_moment (kvault  *vault,
               int64_t  until_ms)
{
  struct timespec at;
  bool cancelled;

  clock_gettime (CLOCK_REALTIME, &at);
  at.tv_nsec += POLL_MS * 1000000L;
  at.tv_sec += at.tv_nsec / 1000000000L;
  at.tv_nsec %= 1000000000L;
  pthread_cond_timedwait (&changed, &lock, &at);
  pthread_mutex_unlock (&lock);
  cancelled = kvault__is_cancelled (vault);
  pthread_mutex_lock (&lock);
  return !cancelled && kvault__now_ms () < until_ms;
}

static int
fail_wait (kvault     *vault,
           const char *words)
{
  if (vault->cancelled)
    return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  return kvault__fail (vault, KVAULT_EBUSY, "%s: %s", vault->name, words);
}

static void
link_handle (kvault *vault)
{
  for (const kvault *each = handles; each != NULL; each = each->handle.next)
    if (each == vault)
      return;
  vault->handle.next = handles;
  handles = vault;
}

static void
unlink_handle (kvault *vault)
{
  kvault **link = &handles;

  while (*link != NULL && *link != vault)
    link = &(*link)->handle.next;
  if (*link != NULL)
    *link = vault->handle.next;
}

/* With the lock. Only from the swap on that came next: an inode's number is used again, for the next copy as a rule. */
static bool
follow (dev_t   dev,
        ino_t  *ino,
        size_t  since)
{
  bool moved = false;

  for (size_t i = since; i < n_swaps; i++)
    if (swaps[i].dev == dev && swaps[i].ino == *ino)
      {
        *ino = swaps[i].new_ino;
        moved = true;
      }
  return moved;
}

/* Whether the file at the name is not the one that the handle let go of. */
static bool
is_another (const kvault      *vault,
            const struct stat *st)
{
  const kvault__handle *handle = &vault->handle;

  ino_t ino = handle->ino;

  follow (handle->dev, &ino, handle->n_swaps);
  return handle->was_open && (st->st_dev != handle->dev || st->st_ino != ino);
}

uint64_t
kvault_swap_count (void)
{
  size_t n;

  pthread_mutex_lock (&lock);
  n = n_swaps;
  pthread_mutex_unlock (&lock);
  return n;
}

int
kvault_inode_now (uint64_t  device,
                  uint64_t  inode,
                  uint64_t  since,
                  uint64_t *now)
{
  ino_t ino = (ino_t) inode;
  bool moved;

  pthread_mutex_lock (&lock);
  moved = follow ((dev_t) device, &ino, (size_t) since);
  pthread_mutex_unlock (&lock);
  *now = ino;
  return moved;
}

/* Before the file is opened: waits while another handle has it for itself. */
int
kvault__handle_join (kvault *vault)
{
  int64_t until_ms = kvault__now_ms () + vault->options.busy_timeout_ms;
  struct stat st;
  int rc = KVAULT_OK;

  pthread_mutex_lock (&lock);
  while (rc == KVAULT_OK)
    {
      if (stat (vault->path, &st) != 0)   /* each time: a swap changes the inode */
        rc = kvault__fail_errno (vault, errno == ENOENT ? KVAULT_EMOVED : KVAULT_EIO, errno, "%s", vault->name);
      else if (!claimed_by_other (vault, st.st_dev, st.st_ino))
        break;
      else if (!wait_a_moment (vault, until_ms))
        rc = fail_wait (vault, "another part of this program is rearranging the file");
    }
  if (rc == KVAULT_OK)
    {
      vault->replaced = vault->replaced || is_another (vault, &st);
      vault->handle.dev = st.st_dev;
      vault->handle.ino = st.st_ino;
      vault->handle.was_open = vault->handle.holds = true;
      vault->handle.cannot_log = false;
      vault->handle.asked = false;
      link_handle (vault);
    }
  pthread_mutex_unlock (&lock);
  return rc;
}

/* Whether a file is the one that the handle opened last. */
bool
kvault__handle_has (const kvault      *vault,
                    const struct stat *st)
{
  return st->st_dev == vault->handle.dev && st->st_ino == vault->handle.ino;
}

/* After the file is closed. A handle that has claimed it keeps the claim. */
void
kvault__handle_leave (kvault *vault)
{
  pthread_mutex_lock (&lock);
  vault->handle.holds = false;
  vault->handle.n_swaps = n_swaps;
  if (!vault->handle.claims)
    unlink_handle (vault);
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
}

/* ---- claims ---- */

static kvault *
next_holder (const kvault *vault,
             bool          asked_too)
{
  for (kvault *each = handles; each != NULL; each = each->handle.next)
    if (each != vault && each->handle.holds && (asked_too || !each->handle.asked) &&
        is_file (&vault->handle, each->handle.dev, each->handle.ino))
      return each;
  return NULL;
}

/* Whether every other handle on the file could be asked; tells early what kvault__claim() would say late. */
bool
kvault__others_would_let_go (kvault *vault)
{
  bool would = true;

  pthread_mutex_lock (&lock);
  for (kvault *each = handles; each != NULL; each = each->handle.next)
    if (each != vault && each->handle.holds && each->options.let_go == NULL && is_file (&vault->handle, each->handle.dev, each->handle.ino))
      would = false;
  pthread_mutex_unlock (&lock);
  return would;
}

static int
ask_others (kvault *vault)
{
  kvault *other;

  while ((other = next_holder (vault, false)) != NULL)   /* from the start each time: it may close handles */
    {
      other->handle.asked = true;
      if (other->options.let_go == NULL || other->options.let_go (other->options.let_go_data) != 0)
        return fail_wait (vault, "another part of this program has the file open and does not let go of it");
    }
  return KVAULT_OK;
}

/* Has every other handle of this process let go of the file, and keeps newcomers waiting until kvault__unclaim(). */
int
kvault__claim (kvault *vault)
{
  int64_t until_ms = kvault__now_ms () + vault->options.busy_timeout_ms;
  int rc = KVAULT_OK;

  pthread_mutex_lock (&lock);
  if (claimed_by_other (vault, vault->handle.dev, vault->handle.ino))
    rc = fail_wait (vault, "another part of this program is rearranging the file");
  else
    {
      vault->handle.claims = true;
      vault->handle.second_ino = vault->handle.ino;
      link_handle (vault);
      rc = ask_others (vault);
      while (rc == KVAULT_OK && next_holder (vault, true) != NULL)
        if (!wait_a_moment (vault, until_ms))
          rc = fail_wait (vault, "another part of this program has the file open and did not let go of it in time");
    }
  pthread_mutex_unlock (&lock);
  if (rc != KVAULT_OK)
    kvault__unclaim (vault);
  return rc;
}

/* Claims a file that is no vault of this handle's, and that no handle of this process has: none comes to it until kvault__unclaim(). */
int
kvault__claim_unused (kvault            *vault,
                      const struct stat *st)
{
  int rc = KVAULT_OK;

  pthread_mutex_lock (&lock);
  vault->handle.dev = st->st_dev;
  vault->handle.ino = vault->handle.second_ino = st->st_ino;
  if (next_holder (vault, true) != NULL || claimed_by_other (vault, st->st_dev, st->st_ino))
    rc = kvault__fail (vault, KVAULT_EBUSY, "%s: this program has it open itself", vault->name);
  else
    {
      vault->handle.claims = true;
      link_handle (vault);
    }
  pthread_mutex_unlock (&lock);
  return rc;
}

/* The same claim for the file that is about to take the name. */
void
kvault__claim_second (kvault *vault,
                      ino_t   ino)
{
  pthread_mutex_lock (&lock);
  vault->handle.second_ino = ino;
  pthread_mutex_unlock (&lock);
}

/* The claimed file has another inode from now on. Without memory to note it, handles that let go take the file for another one. */
void
kvault__handle_swapped (kvault *vault,
                        ino_t   ino)
{
  swapped *grown;

  pthread_mutex_lock (&lock);
  if ((grown = realloc (swaps, (n_swaps + 1) * sizeof *swaps)) != NULL)
    {
      swaps = grown;
      swaps[n_swaps++] = (swapped) { vault->handle.dev, vault->handle.ino, ino };
    }
  pthread_mutex_unlock (&lock);
}

void
kvault__unclaim (kvault *vault)
{
  pthread_mutex_lock (&lock);
  for (kvault *each = handles; each != NULL; each = each->handle.next)
    if (each != vault && is_file (&vault->handle, each->handle.dev, each->handle.ino))
      each->handle.asked = false;
  vault->handle.claims = false;
  if (!vault->handle.holds)
    unlink_handle (vault);
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
}

/* Whether no other handle of this process has the file. */
bool
kvault__is_only_handle (kvault *vault)
{
  bool only;

  pthread_mutex_lock (&lock);
  only = next_holder (vault, true) == NULL;
  pthread_mutex_unlock (&lock);
  return only;
}

/* That no log can be used where the file is. Who opens it next need not find out again: beside this handle it could not remove what SQLite
 * leaves then. */
void
kvault__note_cannot_log (kvault *vault)
{
  pthread_mutex_lock (&lock);
  vault->handle.cannot_log = true;
  pthread_mutex_unlock (&lock);
}

bool
kvault__knows_cannot_log (kvault *vault)
{
  bool known = false;

  pthread_mutex_lock (&lock);
  for (const kvault *each = handles; each != NULL && !known; each = each->handle.next)
    known = each->handle.holds && each->handle.cannot_log && is_file (&vault->handle, each->handle.dev, each->handle.ino);
  pthread_mutex_unlock (&lock);
  return known;
}
