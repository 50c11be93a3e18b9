/* SPDX-License-Identifier: MIT */
/**
 * kvtest-faults.h - a disk that fails when told to, and tells what reaches it.
 *
 * kvtest_faults_install() puts it between SQLite and the system's VFS for the rest of the process; a test program that is linked with
 * kvtest_wraps_dep has the engine's own calls to libc go through it, too. Calls of the kinds that are armed are
 * counted; the n-th fails, alone or with all that follow it. There no call waits for the disk or for the clock: fsync() and
 * nanosleep() return at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
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
  KVFAULT_NAME = 1 << 8,     /* link, renameat2, fchown, fchmod */
  KVFAULT_MEMORY = 1 << 9,   /* malloc and its kin, SQLite's too; see kvtest_memory_install() */
  KVFAULT_DISK = KVFAULT_MEMORY - 1,
};

typedef struct {
  unsigned kinds;      /* KVFAULT_…; 0: nothing fails */
  uint64_t at;         /* the number of the call that fails, from 1 */
  bool lasting;        /* and all after it */
  bool disk_full;      /* a write that fails says "full", not "I/O error" */
  bool growth_only;    /* only writes that make a file longer count */
  bool cut_short;      /* a write that fails has written half; a read() or write() of the engine's own is cut short without failing */
} KvFault;

void     kvtest_faults_install (void);
void     kvtest_faults_arm     (const KvFault *fault);   /* NULL: nothing fails */
bool     kvtest_faults_struck  (void);                   /* since armed */
uint64_t kvtest_faults_syncs   (void);                   /* fsyncs of files since installed */
uint64_t kvtest_faults_bytes_read (void);                /* of files since installed */
uint64_t kvtest_faults_unsynced (void);                  /* bytes written to them since their last fsync */

/* SQLite's allocator goes through malloc() of a program linked with kvtest_wraps_dep, without its own reserves. Before SQLite is used. */
void     kvtest_memory_install (void);

/* ---- What reaches the disk ---- */

typedef enum {
  KVDISK_CREATE,
  KVDISK_WRITE,        /* @size of @bytes at @offset */
  KVDISK_TRUNCATE,     /* to @offset */
  KVDISK_SYNC,
  KVDISK_SYNC_FOLDER,  /* of the file named @name, or the folder @file itself */
  KVDISK_DELETE,
  KVDISK_EXCHANGE,     /* @name and @other */
  KVDISK_LINK,         /* @other is a further name of @name */
  KVDISK_MOVE,         /* @name becomes @other */
} KvDiskEventKind;

typedef struct {
  KvDiskEventKind kind;
  uint64_t file;       /* inode; 0 where only names matter */
  const char *name, *other;
  uint64_t offset;
  const void *bytes;
  size_t size;
} KvDiskEvent;

typedef void (*KvDiskObserver) (const KvDiskEvent *event);

void kvtest_faults_observe (KvDiskObserver observer);    /* NULL: nobody */

/* For kvtest-wraps.c. */
bool           kvtest_faults_strike (unsigned kind);     /* counts; true: this call is to fail */
const KvFault *kvtest_faults_armed  (void);
void           kvtest_faults_tell   (const KvDiskEvent *event);
