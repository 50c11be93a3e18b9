/* SPDX-License-Identifier: MIT */
/* Gives libFuzzer the mutations of the tests beside its own, half of the time each. */
#include "fuzz.h"

size_t LLVMFuzzerMutate (uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t
LLVMFuzzerCustomMutator (uint8_t *data,
                         size_t   size,
                         size_t   max_size,
                         unsigned seed)
{
  return seed % 2 && size > 0 ? fuzz_mutate (data, size, max_size, seed) : LLVMFuzzerMutate (data, size, max_size);
}
