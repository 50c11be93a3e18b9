/* SPDX-License-Identifier: MIT */
/* The header of a value, and what its data may be: value.c. The bytes lie at the end of an allocation, so that a step too far shows. */
#include "fuzz.h"

const char *const fuzz_name = "value";
const unsigned fuzz_rounds = 60000;
const bool fuzz_pages = false;

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  uint8_t *bytes = malloc (size);
  kvault_value_info info;

  memcpy (bytes, data, size);
  for (int kind = KVAULT_SECTION_V1; kind <= KVAULT_SECTION_V2; kind++)
    {
      kvault_value_parse ((kvault_section_kind) kind, bytes, size, &info);
      fuzz_require (info.data_offset <= size);
      fuzz_require (info.data_offset == (info.has_header ? KVAULT_HEADER_SIZE : 0));
      fuzz_require (info.has_header || info.encoding == KVAULT_ENCODING_RAW);
      fuzz_require (kind == KVAULT_SECTION_V2 || !info.has_header);
      fuzz_require (strcmp (kvault_encoding_name (info.encoding), "unknown") != 0);
      fuzz_require ((kvault_encoding_type (info.encoding) == NULL) == (info.encoding == KVAULT_ENCODING_RAW));
      fuzz_require (strchr (kvault_guess_type (bytes + info.data_offset, size - info.data_offset), '/') != NULL);
    }
  free (bytes);
  return 0;
}
