/* SPDX-License-Identifier: MIT */
/* entries.h - entries of a walk held in memory, for orders that the vault does not have. */
#ifndef CLI_ENTRIES_H
#define CLI_ENTRIES_H

#include <kvault.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_entry_record cli_entry_record;

/** Entries in the order they came, or sorted; all zero is an empty list. */
typedef struct cli_entries {
  cli_entry_record *records;
  size_t n;
  size_t room;
  char *keys;
  size_t keys_size;
  size_t keys_room;
} cli_entries;

/** Copy an entry to the end: KVAULT_OK or KVAULT_ENOMEM. */
int cli_entries_add (cli_entries *self, const kvault_entry *entry);

/** An entry; its key is borrowed until the list changes. */
kvault_entry cli_entries_get (const cli_entries *self, size_t i);

/**
 * Order by size, and where sizes are equal as they came. Unknown sizes come last both ways.
 */
void cli_entries_sort (cli_entries *self, bool largest_first);

/** Drop all but the first @n: KVAULT_OK or KVAULT_ENOMEM. */
int cli_entries_keep (cli_entries *self, size_t n);

void cli_entries_clear (cli_entries *self);

#endif /* CLI_ENTRIES_H */
