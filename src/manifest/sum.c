/* SPDX-License-Identifier: MIT */
/* sum.c - SHA-256 (FIPS 180-4).
 *
 * Of every byte that goes out or in, so it must not be what the disk waits for: processors with instructions for it do 1.5 GB/s,
 * plain C some 85 MB/s on the same machine.
 */
#include "manifest.h"

#include <string.h>

#if defined __x86_64__ && defined __GNUC__
#define HAVE_SHA_NI
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotate (uint32_t word,
        unsigned bits)
{
  return word >> bits | word << (32 - bits);
}

static void
expand (const unsigned char *block,
        uint32_t            *words)
{
  for (unsigned i = 0; i < 16; i++)
    words[i] = (uint32_t) block[4 * i] << 24 | (uint32_t) block[4 * i + 1] << 16 | (uint32_t) block[4 * i + 2] << 8 | block[4 * i + 3];
  for (unsigned i = 16; i < 64; i++)
    {
      uint32_t a = words[i - 15], b = words[i - 2];

      words[i] = words[i - 16] + (rotate (a, 7) ^ rotate (a, 18) ^ a >> 3) + words[i - 7]
                 + (rotate (b, 17) ^ rotate (b, 19) ^ b >> 10);
    }
}

static void
add_block (uint32_t            *state,
           const unsigned char *block)
{
  uint32_t words[64], v[8];

  expand (block, words);
  memcpy (v, state, sizeof v);
  for (unsigned i = 0; i < 64; i++)
    {
      uint32_t first = v[7] + (rotate (v[4], 6) ^ rotate (v[4], 11) ^ rotate (v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6]))
                       + constants[i] + words[i];
      uint32_t second = (rotate (v[0], 2) ^ rotate (v[0], 13) ^ rotate (v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

      memmove (v + 1, v, 7 * sizeof *v);
      v[4] += first;
      v[0] = first + second;
    }
  for (unsigned i = 0; i < 8; i++)
    state[i] += v[i];
}

static void
add_blocks_plain (uint32_t            *state,
                  const unsigned char *data,
                  size_t               n)
{
  for (; n > 0; n--, data += 64)
    add_block (state, data);
}

#ifdef HAVE_SHA_NI
/* The instructions keep the state as ABEF and CDGH. Four words of the schedule are a register; of the four that are at hand the oldest
 * makes room for the next. */
__attribute__ ((target ("sha,sse4.1"))) static void
add_blocks_sha (uint32_t            *state,
                const unsigned char *data,
                size_t               n)
{
  const __m128i swap = _mm_set_epi64x (0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i low = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *) (const void *) state), 0xb1);
  __m128i high = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *) (const void *) (state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8 (low, high, 8);
  __m128i cdgh = _mm_blend_epi16 (high, low, 0xf0);

  for (; n > 0; n--, data += 64)
    {
      __m128i words[4], abef_before = abef, cdgh_before = cdgh;

      for (int i = 0; i < 4; i++)
        words[i] = _mm_shuffle_epi8 (_mm_loadu_si128 ((const __m128i *) (const void *) (data + 16 * i)), swap);
      for (int i = 0; i < 16; i++)
        {
          __m128i sums = _mm_add_epi32 (words[i % 4], _mm_loadu_si128 ((const __m128i *) (const void *) (constants + 4 * i)));

          cdgh = _mm_sha256rnds2_epu32 (cdgh, abef, sums);
          abef = _mm_sha256rnds2_epu32 (abef, cdgh, _mm_shuffle_epi32 (sums, 0x0e));
          if (i >= 12)
            continue;
          sums = _mm_sha256msg1_epu32 (words[i % 4], words[(i + 1) % 4]);
          sums = _mm_add_epi32 (sums, _mm_alignr_epi8 (words[(i + 3) % 4], words[(i + 2) % 4], 4));
          words[i % 4] = _mm_sha256msg2_epu32 (sums, words[(i + 3) % 4]);
        }
      abef = _mm_add_epi32 (abef, abef_before);
      cdgh = _mm_add_epi32 (cdgh, cdgh_before);
    }
  low = _mm_shuffle_epi32 (abef, 0x1b);
  high = _mm_shuffle_epi32 (cdgh, 0xb1);
  _mm_storeu_si128 ((__m128i *) (void *) state, _mm_blend_epi16 (low, high, 0xf0));
  _mm_storeu_si128 ((__m128i *) (void *) (state + 4), _mm_alignr_epi8 (high, low, 8));
}

static bool
has_sha (void)
{
  unsigned a, b, c, d;

  return __get_cpuid_count (7, 0, &a, &b, &c, &d) && (b & 1u << 29) != 0 && __builtin_cpu_supports ("sse4.1");
}
#endif

static void
add_blocks (uint32_t            *state,
            const unsigned char *data,
            size_t               n)
{
#ifdef HAVE_SHA_NI
  static int known;   /* 1: has them, -1: has not; every thread finds the same */
  int has = __atomic_load_n (&known, __ATOMIC_RELAXED);

  if (has == 0)
    __atomic_store_n (&known, has = has_sha () ? 1 : -1, __ATOMIC_RELAXED);
  if (has > 0)
    {
      add_blocks_sha (state, data, n);
      return;
    }
#endif
  add_blocks_plain (state, data, n);
}

void
manifest_sum_init (manifest_sum *self)
{
  *self = (manifest_sum) {
    .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
  };
}

void
manifest_sum_add (manifest_sum *self,
                  const void   *data,
                  size_t        size)
{
  const unsigned char *bytes = data;
  size_t used = self->size % 64, n;

  if (size == 0)
    return;   /* @data may be NULL then */
  self->size += size;
  if (used > 0)
    {
      n = size < 64 - used ? size : 64 - used;
      memcpy (self->block + used, bytes, n);
      bytes += n;
      size -= n;
      if (used + n < 64)
        return;
      add_blocks (self->state, self->block, 1);
    }
  add_blocks (self->state, bytes, size / 64);
  if (size % 64 > 0)
    memcpy (self->block, bytes + size / 64 * 64, size % 64);
}

void
manifest_sum_end (manifest_sum  *self,
                  unsigned char  sum[MANIFEST_SUM_SIZE])
{
  static const unsigned char padding[64] = { 0x80 };
  uint64_t bits = self->size * 8;
  unsigned char length[8];

  for (unsigned i = 0; i < 8; i++)
    length[i] = (unsigned char) (bits >> (56 - 8 * i));
  manifest_sum_add (self, padding, 1 + (119 - self->size % 64) % 64);
  manifest_sum_add (self, length, sizeof length);
  for (unsigned i = 0; i < MANIFEST_SUM_SIZE; i++)
    sum[i] = (unsigned char) (self->state[i / 4] >> (24 - 8 * (i % 4)));
}
