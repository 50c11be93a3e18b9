/* SPDX-License-Identifier: MIT */
/* Any bytes as a vault file: looked at, which must change nothing, and then written to. */
#include "fuzz.h"

#include <unistd.h>

const char *const fuzz_name = "vault";
const unsigned fuzz_rounds = 6000;
const bool fuzz_pages = true;

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char path[512];

  snprintf (path, sizeof path, "%s", fuzz_path ("vault"));
  fuzz_write (path, data, size);
  fuzz_view (path);
  fuzz_require (fuzz_is (path, data, size));
  fuzz_require (access (fuzz_path ("vault-wal"), F_OK) != 0 && access (fuzz_path ("vault-shm"), F_OK) != 0);
  fuzz_edit (path);
  fuzz_remove (path);
  return 0;
}
