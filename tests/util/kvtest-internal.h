/* SPDX-License-Identifier: MIT */
/* What the files of the harness share. */
#pragma once

#include "kvtest.h"

/* Remembers memory that lives until the process ends. */
void *kvtest_keep (void *memory);
/* Fails where a file of the test's folder is open: SQLite's lock table would be inherited,
 * and the child would believe it holds locks it does not. */
void kvtest_assert_may_fork (void);
/* waitpid(), then: fails, skips or returns as the child did. */
void kvtest_settle (pid_t pid);

#define die_unless(condition) \
  ((condition) ? (void) 0 : kvtest_fail (__FILE__, __LINE__, "%s: %m", #condition))
