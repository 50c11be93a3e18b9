/* SPDX-License-Identifier: MIT */
/** veiled.h - small vaults with a veil, for the tests of veil.c and deletion.c. */
#pragma once

#include "kvtest.h"

#include <pthread.h>
#include <semaphore.h>

#define VEILED_MANY 5000

/* Of the vault that was made last. */
extern kvault_veil *veil;

/* With "a/1" (3 bytes), "a/2" (4), "a/3" (5) and "b" (3). */
kvault *veiled_make (kvault_section_kind kind);
/* With VEILED_MANY keys "key/00000" and up, of 5 bytes each. */
kvault *veiled_make_many (void);
void veiled_put_many (kvault *vault);
/* The same file once more, with the veil. */
kvault *veiled_open (const char *path, kvault_access access);
/* For tables of both shapes. */
void veiled_run (void (*run) (kvault *vault));
#define IN_BOTH(name) static void test_##name (void) { veiled_run (name); }

void veiled_put (kvault *vault, const char *key, const char *value);
/* Of every key that begins with @prefix, in their order; the second hides and measures it, too. */
kvault_deletion *veiled_new_deletion (kvault *vault, const char *prefix);
kvault_deletion *veiled_hide (kvault *vault, const char *prefix);
/* What a walk sees, with spaces between. */
char *veiled_list (kvault *vault, unsigned flags);
uint64_t veiled_count (kvault *vault);
/* Frees it, and closes. */
void veiled_end (kvault *vault, kvault_deletion *deletion);

/* Who waits for the file in a thread of its own. */
typedef struct {
  kvault *vault;
  kvault_deletion *deletion;    /* that is written; NULL: a value is put */
  sem_t waits;                  /* it does, for the file */
  kvault_deletion_result result;
} VeiledWaiter;

void veiled_open_waiter (VeiledWaiter *self, const char *path);
/* Its thread; the handle that it was opened with. */
void *veiled_waiter_thread (void *self);
/* Until it is at the lock. */
void veiled_wait_for (VeiledWaiter *self);
