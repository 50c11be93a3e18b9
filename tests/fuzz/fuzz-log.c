/* SPDX-License-Identifier: MIT */
/* Any bytes as the write-ahead log of a vault whose last program died, and as its rollback journal. */
#include "fuzz.h"

#include <unistd.h>

const char *const fuzz_name = "log";
const unsigned fuzz_rounds = 2000;
const bool fuzz_pages = true;

#define KEYS "a12"   /* one-byte keys */

/* What is in the file when the log says nothing. Made once, the same each time. */
static size_t
main_file (const uint8_t **bytes)
{
  static uint8_t file[65536];
  static size_t size;

  if (size == 0)
    {
      kvault_options options = { .access = KVAULT_ACCESS_CREATE, .page_size = 1024 };
      char path[512];
      kvault *vault;
      FILE *in;

      snprintf (path, sizeof path, "%s", fuzz_path ("main"));
      fuzz_require (kvault_open (path, &options, &vault, NULL) == KVAULT_OK);
      for (const char *key = KEYS; *key != '\0'; key++)
        fuzz_require (kvault_put (vault, key, 1, file, 2000) == KVAULT_OK);
      kvault_close (vault);
      in = fopen (path, "r");
      size = fread (file, 1, sizeof file, in);
      fclose (in);
      fuzz_remove (path);
    }
  *bytes = file;
  return size;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const uint8_t *bytes;
  size_t main_size = main_file (&bytes);
  char path[512], log[512];

  snprintf (path, sizeof path, "%s", fuzz_path ("vault"));
  snprintf (log, sizeof log, "%s", fuzz_path ("vault-wal"));
  fuzz_write (path, bytes, main_size);
  fuzz_write (log, data, size);
  fuzz_view (path);
  fuzz_require (fuzz_is (path, bytes, main_size) && (size == 0 || fuzz_is (log, data, size)));   /* an empty log may go */
  fuzz_require (access (fuzz_path ("vault-shm"), F_OK) != 0);
  fuzz_edit (path);
  fuzz_remove (path);
  fuzz_write (path, bytes, main_size);
  fuzz_write (fuzz_path ("vault-journal"), data, size);
  fuzz_view (path);
  fuzz_remove (path);
  return 0;
}
