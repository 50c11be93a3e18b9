/* SPDX-License-Identifier: MIT */
/**
 * kvtest-faults.h - a file system that fails when told to, under SQLite.
 *
 * kvtest_faults_install() puts it between SQLite and the system's VFS for the rest of the process. Calls of the kinds that
 * are armed are counted; the n-th fails, alone or with all that follow it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
  KVFAULT_READ = 1 << 0,
  KVFAULT_WRITE = 1 << 1,
  KVFAULT_SYNC = 1 << 2,
  KVFAULT_TRUNCATE = 1 << 3,
  KVFAULT_LOCK = 1 << 4,
  KVFAULT_OPEN = 1 << 5,
  KVFAULT_DELETE = 1 << 6,
  KVFAULT_SHM = 1 << 7,
  KVFAULT_ALL = (1 << 8) - 1,
};

typedef struct {
  unsigned kinds;      /* KVFAULT_…; 0: nothing fails */
  uint64_t at;         /* the number of the call that fails, from 1 */
  bool lasting;        /* and all after it */
  bool disk_full;      /* a write that fails says "full", not "I/O error" */
  bool cut_short;      /* a write that fails has written half */
} KvFault;

void     kvtest_faults_install (void);
void     kvtest_faults_arm     (const KvFault *fault);   /* NULL: nothing fails */
bool     kvtest_faults_struck  (void);                   /* since armed */
uint64_t kvtest_faults_syncs   (void);                   /* fsyncs of main files, logs and journals since installed */
uint64_t kvtest_faults_unsynced (void);                  /* bytes written to them since their last fsync */
