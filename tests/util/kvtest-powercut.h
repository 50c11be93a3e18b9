/* SPDX-License-Identifier: MIT */
/**
 * kvtest-powercut.h - what a disk may hold after the power was cut.
 *
 * Between kvtest_powercut_record() and _stop() everything that reaches files of one folder is written down, in order. Then the folder is made
 * anew as it may be found after a cut behind any number of these events: what was synced is there; of what was not, all, none, or
 * any part, by sectors of 512 bytes; names that were made, exchanged or removed since their folder was synced likewise, in
 * order. The index of a log (-shm) is memory, and gone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  KVCUT_NOTHING,   /* of what was not synced is there */
  KVCUT_ALL,
  KVCUT_SOME,      /* by chance */
} KvCut;

void   kvtest_powercut_record (const char *folder);   /* as it is now is taken to be on the disk */
void   kvtest_powercut_stop   (void);
size_t kvtest_powercut_now    (void);                 /* events so far */
void   kvtest_powercut_make   (const char *folder, size_t n_events, KvCut cut, uint64_t seed);
