/* SPDX-License-Identifier: MIT */
/* target.h - the folder an export writes into, and a file on its way to a name there. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli.h"

/** All zero but for the descriptors, which are -1, before cli_target_open(). */
typedef struct cli_target {
  const char *path;      /**< as given */
  bool dry;              /**< make nothing */
  int root;              /**< its descriptor; -1 in a dry run if it is not there yet */
  int folder;            /**< where the last file went; -1: none, or the root's */
  names_text folder_path;  /**< and its path, which ends in "/"; "" is the root */
} cli_target;

/** Open the folder, making it if it is not there; 0 or errno. In a dry run it may be missing. */
int cli_target_open (cli_target *self);

/**
 * Go to the folder of a path below it, making what is missing; the path is as names_paths_take() makes them, @length up to
 * and with its last "/". 0 or errno: ENOENT only in a dry run, ENOTDIR or ELOOP if something else than a
 * folder is in the way.
 */
int cli_target_enter (cli_target *self, const char *path, size_t length);

/** The descriptor of the folder entered. */
int cli_target_folder (const cli_target *self);

/** Have all that was written on the disk; 0 or errno. */
int cli_target_sync (cli_target *self);

void cli_target_close (cli_target *self);

#define CLI_HIDDEN_SIZE 32

/** A file without its name. */
typedef struct cli_new_file {
  int fd;                        /**< -1: not open */
  char hidden[CLI_HIDDEN_SIZE];  /**< the name until it is whole; "": none */
} cli_new_file;

/** Begin one in a folder; 0 or errno. */
int cli_new_file_begin (cli_new_file *self, int folder);

/** Append bytes, all of them; 0 or errno. */
int cli_new_file_write (cli_new_file *self, const char *data, size_t size);

/** Give it its name. 0 or errno: EEXIST if something has it and @overwrite is false. */
int cli_new_file_name (cli_new_file *self, int folder, const char *name, bool overwrite);

/** Close it; without a name it is gone. */
void cli_new_file_end (cli_new_file *self, int folder);

#endif /* CLI_TARGET_H */
