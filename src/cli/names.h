/* SPDX-License-Identifier: MIT */
/* names.h - names for files and keys that do no harm and meet no other. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli.h"

#define CLI_PART_MAX 240    /**< bytes of one name; room for a suffix below the 255 of Linux */
#define CLI_PATH_MAX 2048   /**< bytes of a relative path; beyond it the rest becomes one name */

/** Text that grows; all zero is empty. */
typedef struct cli_text {
  char *data;   /**< with a NUL behind it once something was added; may hold others */
  size_t size;
  size_t room;
} cli_text;

/** Append bytes; false without memory. */
bool cli_text_add (cli_text *self, const void *data, size_t size);

/** Drop all but the first @size bytes. */
void cli_text_cut (cli_text *self, size_t size);

void cli_text_clear (cli_text *self);

/** Names that are taken; all zero is none. */
typedef struct cli_names {
  void *tree;
} cli_names;

/** True if a name is taken. */
bool cli_names_has (cli_names *self, cli_bytes name);

/** Take a name; false without memory. */
bool cli_names_add (cli_names *self, cli_bytes name);

void cli_names_clear (cli_names *self);

/**
 * Put " (N)" into a path or key, from byte @from on: before the extension of its last part.
 * False without memory.
 */
bool cli_number_name (cli_text *text, size_t from, unsigned number);

/** The paths an export made out of keys. */
typedef struct cli_paths cli_paths;

/** NULL without memory. */
cli_paths *cli_paths_new (void);

/**
 * The path, relative to the folder of the export, for the file of a key: never absolute, no
 * part of it empty, "." or "..", UTF-8 without controls, and no other key's. Borrowed until
 * the next call; NULL without memory.
 */
const char *cli_paths_take (cli_paths *self, cli_bytes key);

/** Another path, with a number, for the key of the path taken last; likewise. */
const char *cli_paths_take_another (cli_paths *self);

/** The path taken last was written. */
void cli_paths_set_written (cli_paths *self);

/** True if a path was written. */
bool cli_paths_is_written (cli_paths *self, cli_bytes path);

void cli_paths_free (cli_paths *self);

#endif /* CLI_NAMES_H */
