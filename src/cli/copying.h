/* SPDX-License-Identifier: MIT */
/* copying.h - a compacted and compared copy of the whole file elsewhere: kvault backup, and kvault compact --into. */
#ifndef CLI_COPYING_H
#define CLI_COPYING_H

#include "cli.h"

/** What a copy was looked at for, in words. */
#define CLI_COPY_VERIFIED "all pages; rows and bytes of every table as before"

/** Tell how large a copy would be and whether there is room; changes nothing. */
int cli_copy_plan (cli *self, const char *target);

/** Make it. With --force it takes the place of a file that is there. */
int cli_copy_make (cli *self, const char *target);

#endif /* CLI_COPYING_H */
