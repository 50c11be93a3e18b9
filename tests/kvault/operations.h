/* SPDX-License-Identifier: MIT */
/**
 * operations.h - every call of kvault.h that touches the file, as a table to loop over.
 *
 * Each operation does one thing to a copy of one small vault with tables of both shapes and a value in parts, and takes the
 * vault from one state to one other. What it needs beside it is made beforehand: nothing it does itself can fail but the engine's calls.
 */
#pragma once

#include "kvtest.h"

typedef struct {
  const char *name;
  int (*run) (kvault *vault);
  unsigned flags;
} Operation;

enum {
  OPERATION_OPENS = 1 << 0,    /* what is tried is the opening: faults begin before it */
  OPERATION_READS = 1 << 1,    /* changes nothing */
  OPERATION_SWAPS = 1 << 2,    /* needs leases: not on every file system */
  OPERATION_LONG = 1 << 3,     /* megabytes: tried in fewer places */
  OPERATION_SHELF = 1 << 4,    /* the handle is to have a shelf */
};

extern const Operation operations[];
extern const size_t n_operations;
const Operation *operations_find (const char *name);

kvault_options operations_options (bool rollback_journal);
/* The same with what the operation needs. */
kvault_options operations_options_for (const Operation *operation, const kvault_options *options);
/* Makes "fresh.db" for operations_reset(), and what operations read from. */
void operations_prepare (const kvault_options *options);
/* "a.db" is a copy of "fresh.db" again, and nothing is beside it. */
char *operations_reset (void);
/* Keys, sizes and sums of all values, and the journal mode, of a file that passes SQLite's check. Good until the second call after it. */
const char *operations_contents (const char *path);
/* What is left beside "a.db" that an operation made for itself; NULL: nothing. */
const char *operations_untidy (void);
/* Where OPERATION backup writes to. */
char *operations_target (void);
/* Whether an operation that failed without a fault could not be done here at all. */
bool operations_cannot_be (const Operation *operation, int result);
