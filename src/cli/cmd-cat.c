/* SPDX-License-Identifier: MIT */
/* cmd-cat.c - kvault cat: a value, or a range of it, on standard output.
 *
 * The bytes are the stored ones, a header included, in pieces of bounded size.
 */
#include "cli.h"

#include <stdlib.h>

#define SMALLEST_PIECE 512

/* A damaged value is given as far as it can be read: where a piece fails, smaller ones are
 * tried up to the damage. */
static int
copy_range (cli         *self,
            kvault_blob *blob,
            uint64_t     offset,
            uint64_t     end)
{
  size_t piece = CLI_PIECE_SIZE;
  char *buffer = malloc (piece);
  int rc = buffer != NULL ? KVAULT_OK : KVAULT_ENOMEM;

  while (rc == KVAULT_OK && offset < end && !cli_put_failed () && !cli_cancelled ())
    {
      size_t size = end - offset < piece ? (size_t) (end - offset) : piece;

      rc = kvault_blob_read (blob, buffer, size, offset);
      if (rc == KVAULT_ECORRUPT && size > SMALLEST_PIECE)
        {
          piece = size / 2;
          rc = KVAULT_OK;
        }
      else if (rc == KVAULT_OK)
        {
          cli_put (buffer, size);
          offset += size;
          cli_progress (self, "%.0f %% of %s", 100.0 * (double) offset / (double) end,
                        cli_size_text (end));
        }
    }
  free (buffer);
  return rc;
}

static int
run (cli *self)
{
  cli_bytes key = { "", 0 };
  kvault_blob *blob = NULL;
  uint64_t size, end;
  int status, rc;

  if ((status = cli_open (self, KVAULT_ACCESS_VIEW)) != CLI_DONE)
    return status;
  key = self->operands[0].bytes;
  rc = cli_blob_open (self, key, &blob);
  if (rc == KVAULT_NOTFOUND)
    return cli_no_key (self, key);
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);

  size = kvault_blob_size (blob);
  if (self->offset > size)
    {
      cli_report ("%s has %llu bytes; --offset %llu is behind them", cli_name (key),
                  (unsigned long long) size, (unsigned long long) self->offset);
      status = CLI_USAGE;
    }
  else
    {
      end = self->length < size - self->offset ? self->offset + self->length : size;
      if ((rc = copy_range (self, blob, self->offset, end)) != KVAULT_OK)
        status = cli_fail_key (self, key, rc);
    }
  cli_progress_end ();
  kvault_blob_close (blob);
  return status;
}

const cli_command cli_command_cat = {
  .name = "cat",
  .summary = "Write a value to standard output",
  .operands = "[OPTION…] VAULT KEY",
  .help =
    "The bytes are exactly those stored. Of a damaged value what comes before the damage is\n"
    "written, and the status is 4.\n\n"
    "      --offset N             begin at byte N of the value; 0 if not given\n"
    "      --length N             at most N bytes; to the end if not given\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPT_OFFSET | CLI_OPT_LENGTH,
  .min_operands = 1,
  .max_operands = 1,
  .run = run,
};
