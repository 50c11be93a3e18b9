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
  cli_stored *puts;
  size_t puts_room;
} cli_import;

/* --- cmd-import.c */

/** The file at hand is not stored: @why is for people, @status for the shell. */
void cli_import_leave_out (cli_import *at, const char *why, int status);

/** Count or store the file at hand, which is in a folder; no link is followed. */
void cli_import_take_regular (cli_import *at, int folder, const char *name);

/* --- import-manifest.c */

/** True if a folder, whose path is that at hand, has a manifest: then its files are dealt with, or it was told why not. */
bool cli_import_take_manifest (cli_import *at, int folder);

/* --- import-verify.c */

/** Read back what was put, and compare. */
void cli_import_verify (cli_import *at);

#endif /* CLI_IMPORT_H */
