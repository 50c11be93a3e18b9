/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_SIZE 65

typedef struct {
  uint32_t state[8];
  uint64_t size;
  uint8_t block[64];
} Sha256;

void sha256_init   (Sha256 *self);
void sha256_update (Sha256 *self, const void *data, size_t len);
void sha256_finish (Sha256 *self, char hex[SHA256_HEX_SIZE]);

/* All three in one. */
void sha256_hex (const void *data, size_t len, char hex[SHA256_HEX_SIZE]);
