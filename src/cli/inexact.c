/* SPDX-License-Identifier: MIT */
/* inexact.c - what does not come back from a manifest as it was, in the same words when it goes out and when it comes in. */
#include "inexact.h"

#define MOST_TOLD 20

int
cli_tell_inexact (cli_bytes             what,
                  const manifest_entry *entry,
                  uint64_t             *n)
{
  if ((*n)++ < MOST_TOLD)
    cli_report ("%s: %s: an import makes bytes of it", cli_name (what), manifest_entry_describe (entry));
  return CLI_USAGE;
}

void
cli_tell_all_inexact (uint64_t n)
{
  if (n > MOST_TOLD)
    cli_report ("%llu keys or values in all are no bytes: an import makes bytes of them", (unsigned long long) n);
}
