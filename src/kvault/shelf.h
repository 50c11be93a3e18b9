/* SPDX-License-Identifier: MIT */
/* A shelf from within, for those that see and write it: mirror.c and flush.c. */
#ifndef KVAULT_SHELF_H
#define KVAULT_SHELF_H

#include "internal.h"

#include <pthread.h>

struct kvault__shelved {
  atomic_size_t refs;
  char *table;
  size_t key_size, value_size;
  uint64_t hash;               /* of table and key */

  /* With the shelf's lock: */
  bool lies;                   /* there, still */
  uint64_t version;            /* of the shelf, as it came */
  kvault__shelved *before, *after;   /* in the order of their versions */
  kvault__shelved *chain;      /* the next one of its bucket */
  int64_t since_ms;            /* when its key came to differ from the table */
  bool is_new;                 /* the table had no such key, when that was looked up last */
  uint64_t old_size;           /* of the value there, if it had */

  unsigned char bytes[];       /* the key, then the value */
};

struct kvault_shelf {
  atomic_size_t refs;
  atomic_uint_fast64_t version;   /* of the entries; never 0 */
  pthread_mutex_t lock;        /* of what follows */
  pthread_cond_t committed;    /* n_committing is less */
  kvault__shelved *first, *last;
  kvault__shelved **buckets;
  size_t n_buckets;            /* 0, or a power of two */
  uint64_t taken;              /* the version at which something left last, and nothing came for its key */
  uint64_t n_discards;
  unsigned n_committing;       /* flushes that are about to give up the file's lock, and have not taken away yet what they wrote */
  int64_t oldest_ms;           /* the first of all since_ms, if something lies there */
  kvault_shelf_stats stats;
};

/* Bytes of key and value. */
uint64_t kvault__shelved_size (const kvault__shelved *self);

/* With the lock. Those of @table (NULL: of all) that came after @version, each with a reference; NULL: no memory. */
kvault__shelved **kvault__shelf_list (kvault_shelf *self, const char *table, uint64_t version, size_t *n);
void kvault__shelf_free_list (kvault__shelved **entries, size_t n);

/* With the lock: sums up; where an entry is, or the one of its key; takes one out, and says so once some of them were. */
void kvault__shelf_count_in (kvault_shelf_stats *stats, const kvault__shelved *entry);
void kvault__shelf_count_out (kvault_shelf_stats *stats, const kvault__shelved *entry);
kvault__shelved **kvault__shelf_find (kvault_shelf *self, const kvault__shelved *entry);
void kvault__shelf_take_out (kvault_shelf *self, kvault__shelved *entry);
void kvault__shelf_note_taken (kvault_shelf *self);

/* With the lock, which is given up meanwhile: who commits now has written what lies there, and is about to take it away. */
void kvault__shelf_wait_for_commits (kvault_shelf *self);

/* What the table has for a key. */
int kvault__shelf_look_up_old (kvault *vault, const kvault__shelved *entry, bool *is_new, uint64_t *old_size);

#endif
