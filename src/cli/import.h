/* SPDX-License-Identifier: MIT */
/* import.h - an import at work; what it does with a manifest, and with what it stored. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli.h"
#include <manifest.h>

/** A value put, until it is sure to be on the disk. */
typedef struct cli_stored {
  char *path;            /**< of the file if it is to be printed, and the key behind it */
  size_t path_size;
  size_t key_size;
  uint64_t size;
  size_t header_size;    /**< bytes of it that are in no file */
  unsigned char sum[MANIFEST_SUM_SIZE];   /**< of the others, with --verify */
  const char *result;
} cli_stored;

typedef struct cli_import {
  cli *self;
  int status;
  bool counting;         /**< the first walk */
  bool over;             /**< the vault failed: nothing more can be stored */
  names_text path;       /**< of the file at hand, as the person would give it */
  size_t key_from;       /**< its key is the prefix and the path from here on */
  const manifest_entry *entry;  /**< or, if not NULL, the prefix and the key of this */
  names_text key;
  names_set planned;     /**< keys a dry run would have stored */
  char *buffer;
  uint64_t n_files, n_bytes;    /**< counted */
  uint64_t n_bytes_seen;        /**< of the files that are dealt with */
  uint64_t n_put, n_bytes_put;
  uint64_t n_skipped, n_failed;
  struct cli_import_archive *archive;   /**< NULL: files, or not opened yet */
  cli_stored *puts;
  size_t puts_room;
  uint64_t n_inexact;    /**< that are stored, but not as they were in the vault they came from */
} cli_import;

/** The content of the file at hand, on its way to be a value. */
typedef struct cli_incoming {
  cli_import *at;
  uint64_t size;
  /** Store it at the key at hand, behind the header of the entry if there is one: in all @whole bytes. A kvault_result. */
  int (*store) (struct cli_incoming *self, uint64_t whole);
  manifest_sum sum;      /**< of the bytes that were read, if it is wanted */
  int fd;                /**< of cli_incoming_put_fd() */
  uint64_t offset;
  bool (*has_changed) (const struct cli_incoming *self);
  uint64_t summed;
  const char *fault;     /**< why it is not stored, if that is its own fault; for people */
  int fault_status;
} cli_incoming;

/* --- cmd-import.c */

/** The file at hand is not stored: @why is for people, @status for the shell. */
void cli_import_leave_out (cli_import *at, const char *why, int status);

/** Count or store the file at hand, which is in a folder; no link is followed. */
void cli_import_take_regular (cli_import *at, int folder, const char *name);

/** Count a file. */
void cli_import_count (cli_import *at, uint64_t size);

/** Make the key of the file at hand, whatever else it may come to be called; false without memory. */
bool cli_import_make_key (cli_import *at);

/** Store the file at hand, or do with it what is to be done where its key is there already, or in a dry run. */
void cli_import_take_incoming (cli_incoming *incoming);

/** It is its own fault that it is not stored. Always true, to be returned. */
bool cli_incoming_fail (cli_incoming *self, const char *why, int status);

/** Whether the sum, once all of it was added up, is that of the manifest; if not, that is its fault. */
bool cli_incoming_is_as_listed (cli_incoming *self);

/**
 * Store bytes of a file at the key at hand as they are; for `store`.
 *
 * @offset       of them in the file
 * @has_changed  asked once all were read
 */
int cli_incoming_put_fd (cli_incoming *self, int fd, uint64_t offset, bool (*has_changed) (const cli_incoming *self));

/** No memory: nothing more is stored. */
void cli_import_fail_memory (cli_import *at);

/** The vault failed, or it was ended. */
void cli_import_end_by_vault (cli_import *at, int result);

/* --- import-manifest.c */

/** True if a folder, whose path is that at hand, has a manifest: then its files are dealt with, or it was told why not. */
bool cli_import_take_manifest (cli_import *at, int folder);

/** Why there is no use in a manifest. */
const char *cli_import_describe_manifest (manifest_result result, int error);

/* --- import-archive.c */

/** All that is in the archive, which takes two calls as the files do; false if nothing of it can be. */
bool cli_import_take_archive (cli_import *at);

void cli_import_close_archive (cli_import *at);

/* --- import-verify.c */

/** Read back what was put, and compare. */
void cli_import_verify (cli_import *at);

#endif /* CLI_IMPORT_H */
