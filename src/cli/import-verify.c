/* SPDX-License-Identifier: MIT */
/* import-verify.c - kvault import --verify: what was stored is read back, once all of it is on the disk. */
#include "import.h"

#include <string.h>

/* KVAULT_OK, or why it could not be read. */
static int
add_up (cli_import   *at,
        kvault_blob  *blob,
        uint64_t      offset,
        manifest_sum *sum)
{
  uint64_t size = kvault_blob_size (blob);
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK && offset < size)
    {
      size_t piece = size - offset < CLI_PIECE_SIZE ? (size_t) (size - offset) : CLI_PIECE_SIZE;

      if (cli_cancelled ())
        return KVAULT_ECANCELLED;
      if ((rc = kvault_blob_read (blob, at->buffer, piece, offset)) == KVAULT_OK)
        manifest_sum_add (sum, at->buffer, piece);
      offset += piece;
      cli_progress_bytes (at->self, at->n_bytes_seen + offset, at->n_bytes_put);
    }
  return rc;
}

static void
verify (cli_import *at,
        cli_stored *put)
{
  cli_bytes key = { put->path + put->path_size, put->key_size };
  unsigned char found[MANIFEST_SUM_SIZE];
  kvault_blob *blob = NULL;
  manifest_sum sum;
  int rc = kvault_blob_open (at->self->vault, key.data, key.size, &blob);

  manifest_sum_init (&sum);
  if (rc == KVAULT_OK && kvault_blob_size (blob) == put->size)
    rc = add_up (at, blob, put->header_size, &sum);
  kvault_blob_close (blob);
  manifest_sum_end (&sum, found);
  at->n_bytes_seen += put->size;
  if (rc == KVAULT_ECANCELLED || (rc == KVAULT_OK && memcmp (found, put->sum, sizeof found) == 0))
    return;
  put->result = "differs";
  at->n_failed++;
  at->status = cli_worse (at->status, CLI_DAMAGED);
  if (rc != KVAULT_OK)
    cli_fail_key (at->self, key, rc);
  else
    cli_report ("%s: the value is not what was stored", cli_name (key));
}

void
cli_import_verify (cli_import *at)
{
  at->self->deaf = false;
  at->n_bytes_seen = 0;
  for (uint64_t i = 0; i < at->n_put && !cli_cancelled (); i++)
    verify (at, &at->puts[i]);
  cli_progress_end ();
  if (cli_cancelled ())
    cli_report ("not all values were verified");
}
