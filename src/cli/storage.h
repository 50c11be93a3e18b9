/* SPDX-License-Identifier: MIT */
/* storage.h - where the bytes of the file are, and who has it open, as kvault stat and kvault compact --plan tell it. */
#ifndef CLI_STORAGE_H
#define CLI_STORAGE_H

#include "cli.h"

#define CLI_MAX_HOLDERS 64

/** The other processes that have the file open. */
typedef struct cli_holders {
  kvault_holder list[CLI_MAX_HOLDERS];
  size_t n;                /**< of those in the list */
} cli_holders;

/** A kvault_result. */
int cli_holders_find (cli *self, cli_holders *holders);

/** A member "holders" of the object that is open. */
void cli_holders_print_json (const cli_holders *holders);

/** A line of facts; none if there are no holders. */
void cli_holders_print (const cli_holders *holders);

typedef struct cli_storage {
  kvault_stats stats;
  uint64_t main_size;      /**< bytes of the main file on the disk */
  bool has_split;          /**< --split was given */
  kvault_split split;
  const kvault_split_table *tables;   /**< the handle's */
  size_t n_tables;
  cli_holders holders;
} cli_storage;

/** A kvault_result. With --split all pages are read, in the end for a moment in which nobody else writes. */
int cli_storage_get (cli *self, cli_storage *storage);

/** Members of the object that is open, or lines of facts. */
void cli_storage_print_json (const cli_storage *storage);
void cli_storage_print (const cli_storage *storage);

#endif /* CLI_STORAGE_H */
