/* SPDX-License-Identifier: MIT */
/* inexact.h - what an export and an import say of keys and values that were no bytes, and will be. */
#ifndef CLI_INEXACT_H
#define CLI_INEXACT_H

#include "cli.h"
#include <manifest.h>

/**
 * Tell of one. Of many only the first are told, and all are counted.
 *
 * @what  the key, or the file
 * @n     how many there were; one more from now on
 *
 * Returns: the status of a run that had such a one
 */
int  cli_tell_inexact (cli_bytes what, const manifest_entry *entry, uint64_t *n);

/** There are no more: how many there were, if not each of them was told. */
void cli_tell_all_inexact (uint64_t n);

#endif /* CLI_INEXACT_H */
