/* SPDX-License-Identifier: MIT */
/* A veil and its deletions from within: veil.c hides them, displace.c sees to what takes their place, deletion.c looks at their rows and deletes
 * them. */
#ifndef KVAULT_VEIL_H
#define KVAULT_VEIL_H

#include "internal.h"

#include <pthread.h>

/* A row that is to be deleted. */
typedef struct kvault__hidden kvault__hidden;
struct kvault__hidden {
  kvault__hidden *next;             /* in its bucket */
  kvault_deletion *owner;
  const char *key;          /* followed by a NUL */
  size_t key_size;
  int64_t id;
  uint64_t size;            /* KVAULT_SIZE_UNKNOWN until it is measured */
  uint64_t sample;          /* a hash of what it begins with, from then on */
  const kvault *lifted_by;  /* in whose transaction a value took its place: from that handle it is not hidden any more; NULL: in none */
  unsigned char key_class;  /* kvault_class; never written to, and so read without the lock */
  unsigned char fate;       /* kvault_fate */
  bool hides;               /* it is hidden from somebody */
  bool displaced;           /* CHANGED, by a value that a handle with the veil stored: it may be resumed */
  bool linked;              /* in its bucket: it is one of the two */
  bool kept;                /* with the value that a transaction stored, which is not committed yet */
  uint64_t turn;            /* of its last displacement: the highest of a row was the last there */
};

/* What a transaction that is not committed yet did to a record. */
typedef struct {
  kvault__hidden *record;
  const kvault *vault;
  unsigned level;           /* of the transaction and its savepoints, from 1 on: those above are released already */
  bool resumed;             /* else a value took its place */
  bool dropped;             /* the commit is under way */
  bool late;                /* it was hidden only after the value was stored */
  bool kept;                /* it is hidden still, with that value: as it was looked at before, */
  uint64_t size, sample;    /* to be so again if it is rolled back */
} kvault__lift;

struct kvault_deletion {
  kvault_deletion *next;    /* of those that remain */
  char *table;
  kvault__hidden *records;
  size_t n, room;
  struct kvault__chunk *keys;
  kvault_veil *veil;
  uint64_t hiding;          /* which of the veil's it was, the last time */
  bool hidden;              /* this and the following are guarded by the lock of the veil */
  bool written;             /* just now, by kvault_deletion_write() */
  bool is_over;             /* it was, to the last key */
  bool is_dispensable;
  size_t n_displaced;
  size_t n_of[KVAULT_N_FATES];   /* records that met each; one that is there twice counts once */
  uint64_t bytes;           /* of those left whose size is known */
  size_t n_unmeasured;
};

struct kvault_veil {
  atomic_size_t refs;
  atomic_size_t n;          /* records that hide; read without the lock to see that there are none */
  pthread_mutex_t lock;
  kvault__hidden **buckets;
  size_t n_buckets;         /* a power of two */
  kvault__lift *lifts;      /* of each handle in the order of its levels */
  size_t n_lifts, lifts_room;
  uint64_t hidings;         /* how often something was hidden */
  uint64_t turns;           /* how often something was, or could have been, displaced */
  kvault_deletion *remains; /* freed, and not forgotten by who displaced some of it */
};

/* With the lock: it is deleted, or not to be deleted any more. */
void kvault__veil_drop (kvault__hidden *each, kvault_fate fate);

/* With the lock: where records of a row id are. */
kvault__hidden **kvault__veil_bucket (kvault_veil *self, int64_t id);

/* With the lock. What hides a row from @vault; NULL: from anybody. */
kvault__hidden *kvault__veil_find (kvault_veil *self, const kvault *vault, const char *table, int64_t id, kvault_class key_class, const void *key,
                                   size_t key_size);
bool kvault__veil_is_of_row (const kvault__hidden *each, const char *table, int64_t id, kvault_class key_class, const void *key, size_t key_size);

/* With the lock: a value took its place, or that is undone. @turn: as the record has it. */
void kvault__veil_displace (kvault__hidden *each, uint64_t turn);
void kvault__veil_put_back (kvault__hidden *each);
void kvault__veil_set_displaced (kvault__hidden *each, bool displaced);

/* With the lock: the records of a deletion are freed. */
void kvault__veil_forget (kvault_deletion *deletion);

/* What was displaced from a row is hidden again, as it was looked at just now. KVAULT_NOTFOUND: nothing; KVAULT_ESTALE: it was deleted for good
 * meanwhile.
 */
int kvault__veil_resume (kvault *vault, const kvault__hidden *row);

/* What the handle's open transaction took the place of stays hidden, as it was looked at just now. KVAULT_NOTFOUND: nothing. */
int kvault__veil_keep (kvault *vault, const kvault__hidden *row);

/* The row that the index of the keys leads to, hidden or not. KVAULT_NOTFOUND: none. */
int kvault__veil_find_row (kvault *vault, kvault_class key_class, const char *key, size_t key_size, int64_t *id);

#endif
