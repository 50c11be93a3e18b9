/* SPDX-License-Identifier: MIT */
/*
 * ahead.c - a file read by a thread of its own, a little ahead of whoever stores it.
 *
 * SQLite takes the bytes of a value from the thread that calls it, and the disk may be at work for a while in between. Meanwhile the next
 * ones are read here, and the first while room for the value is being made. The thread reads that descriptor and touches nothing
 * else: no vault, no SQLite. Whoever reads ahead ends it before giving the descriptor back.
 *
 * Chunks go round in a ring. One of them is the reader's to be filled, or is filled and waits, or is lent out.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define N_CHUNKS 3           /* one lent, one that waits, one being read */

typedef struct {
  char *bytes;
  ssize_t n;                 /* -1: it failed */
  int system_errno;
} chunk;

struct kvault__ahead {
  int fd;
  uint64_t size;             /* to be read */
  size_t chunk_size;
  chunk chunks[N_CHUNKS];
  pthread_t thread;

  pthread_mutex_t lock;      /* over what follows */
  pthread_cond_t changed;
  uint64_t n_read;           /* chunks */
  uint64_t n_given_back;
  bool over;                 /* nobody wants more */

  bool lent;                 /* the caller's alone: the chunk behind those given back */
};

/* Reader. False: no chunk is wanted any more. */
static bool
wait_for_room (kvault__ahead *self)
{
  bool wanted;

  pthread_mutex_lock (&self->lock);
  while (!self->over && self->n_read - self->n_given_back == N_CHUNKS)
    pthread_cond_wait (&self->changed, &self->lock);
  wanted = !self->over;
  pthread_mutex_unlock (&self->lock);
  return wanted;
}

/* Reader. */
static void
hand_over (kvault__ahead *self)
{
  pthread_mutex_lock (&self->lock);
  self->n_read++;
  pthread_cond_broadcast (&self->changed);
  pthread_mutex_unlock (&self->lock);
}

/* Reader. Ends with the file, with @size bytes, or with a failure, each of which the last chunk tells. */
static void *
read_chunks (void *data)
{
  kvault__ahead *self = data;
  uint64_t at = 0;
  bool more = true;

  for (unsigned i = 0; more && wait_for_room (self); i = (i + 1) % N_CHUNKS)
    {
      chunk *next = &self->chunks[i];
      size_t wanted = self->size - at < self->chunk_size ? (size_t) (self->size - at) : self->chunk_size;

      do
        next->n = read (self->fd, next->bytes, wanted);
      while (next->n < 0 && errno == EINTR);
      next->system_errno = errno;
      at += next->n > 0 ? (uint64_t) next->n : 0;
      more = next->n > 0 && at < self->size;
      hand_over (self);
    }
  return NULL;
}

/* Signals are for the threads of the program. */
static bool
start (kvault__ahead *self)
{
  sigset_t all, before;
  int error;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  error = pthread_create (&self->thread, NULL, read_chunks, self);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return error == 0;
}

static void
free_chunks (kvault__ahead *self)
{
  for (int i = 0; i < N_CHUNKS; i++)
    free (self->chunks[i].bytes);
  pthread_cond_destroy (&self->changed);
  pthread_mutex_destroy (&self->lock);
  free (self);
}

/* Begins with @size bytes from where @fd stands. NULL where that cannot be; then it is read without. */
kvault__ahead *
kvault__ahead_new (int      fd,
                   uint64_t size,
                   size_t   chunk_size)
{
  kvault__ahead *self = calloc (1, sizeof *self);
  bool has_room = true;

  if (self == NULL)
    return NULL;
  self->fd = fd;
  self->size = size;
  self->chunk_size = chunk_size;
  pthread_mutex_init (&self->lock, NULL);
  pthread_cond_init (&self->changed, NULL);
  for (int i = 0; i < N_CHUNKS; i++)
    has_room = (self->chunks[i].bytes = malloc (chunk_size)) != NULL && has_room;
  if (has_room && start (self))
    return self;
  free_chunks (self);
  return NULL;
}

/* The next bytes, up to a chunk, until the next call; 0 at the end of the file, -1 with errno after a failure. Not to be called behind
 * @size bytes or either of those. */
ssize_t
kvault__ahead_next (kvault__ahead  *self,
                    const char    **bytes)
{
  const chunk *next;

  pthread_mutex_lock (&self->lock);
  if (self->lent)
    {
      self->n_given_back++;
      pthread_cond_broadcast (&self->changed);
    }
  self->lent = true;
  while (self->n_read == self->n_given_back)
    pthread_cond_wait (&self->changed, &self->lock);
  next = &self->chunks[self->n_given_back % N_CHUNKS];
  pthread_mutex_unlock (&self->lock);
  *bytes = next->bytes;
  errno = next->system_errno;
  return next->n;
}

/* Waits for a read that is under way. Nothing of the descriptor is touched any more then. */
void
kvault__ahead_free (kvault__ahead *self)
{
  if (self == NULL)
    return;
  pthread_mutex_lock (&self->lock);
  self->over = true;
  pthread_cond_broadcast (&self->changed);
  pthread_mutex_unlock (&self->lock);
  pthread_join (self->thread, NULL);
  free_chunks (self);
}
