/* SPDX-License-Identifier: MIT */
/*
 * Mutations: bits and bytes of anything, and what hurts SQLite's files most: page numbers, lengths, pages in each other's place,
 * the words of the schema. All from one number, the same in every run.
 */
#include "fuzz.h"

/* Vigna's splitmix64. */
uint64_t
fuzz_random (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

typedef struct {
  uint8_t *bytes;
  size_t size, room;
  uint64_t seed;
} Input;

typedef void (*Mutation) (Input *in);

static size_t
below (Input  *in,
       size_t  n)
{
  return n > 0 ? fuzz_random (&in->seed) % n : 0;
}

static uint8_t *
any_byte (Input *in)
{
  return in->bytes + below (in, in->size);
}

static size_t
page_of (const Input *in)
{
  size_t page = in->size > 18 ? (size_t) in->bytes[16] << 8 | in->bytes[17] : 0;

  return page == 1 ? 65536 : page < 512 ? 4096 : page;
}

/* ---- of any bytes ---- */

static void
flip_bits (Input *in)
{
  for (size_t n = 1 + below (in, 20); n > 0; n--)
    *any_byte (in) ^= (uint8_t) (1 << below (in, 8));
}

/* What lengths and counts are wrong with. */
static void
set_bytes (Input *in)
{
  static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

  for (size_t n = 1 + below (in, 6); n > 0; n--)
    *any_byte (in) = below (in, 2) ? values[below (in, sizeof values)] : (uint8_t) fuzz_random (&in->seed);
}

static void
cut_off (Input *in)
{
  in->size = 1 + below (in, in->size);
}

static void
move_some (Input *in)
{
  size_t n = 1 + below (in, in->size < 64 ? in->size : 64);
  size_t from = below (in, in->size - n + 1), to = below (in, in->size - n + 1);

  memmove (in->bytes + to, in->bytes + from, n);
}

static void
put_some_in (Input *in)
{
  size_t n = 1 + below (in, 32), at = below (in, in->size);

  if (in->size + n > in->room)
    return;
  memmove (in->bytes + at + n, in->bytes + at, in->size - at);
  for (size_t i = 0; i < n; i++)
    in->bytes[at + i] = (uint8_t) fuzz_random (&in->seed);
  in->size += n;
}

/* ---- of SQLite's pages ---- */

/* The header of the file, where the page size, the sizes and the freelist are. */
static void
spoil_file_header (Input *in)
{
  for (size_t n = 1 + below (in, 3); n > 0; n--)
    in->bytes[(16 + below (in, 84)) % in->size] = (uint8_t) fuzz_random (&in->seed);
}

/* Page headers, cell pointers and the first cells, where lengths and page numbers are. */
static void
spoil_page_heads (Input *in)
{
  size_t page = page_of (in);

  for (size_t n = 1 + below (in, 8); n > 0; n--)
    {
      size_t at = below (in, in->size / page + 1) * page + below (in, 64);

      if (at < in->size && at >= 100)
        in->bytes[at] = (uint8_t) fuzz_random (&in->seed);
    }
}

static void
swap_pages (Input *in)
{
  size_t page = page_of (in), n = in->size / page;
  uint8_t *spare = malloc (page);

  if (n > 2)
    {
      uint8_t *a = in->bytes + (1 + below (in, n - 1)) * page;
      uint8_t *b = in->bytes + (1 + below (in, n - 1)) * page;

      memcpy (spare, a, page);
      memmove (a, b, page);
      memcpy (b, spare, page);
    }
  free (spare);
}

/* Page numbers that lead back: loops in trees, chains and the freelist. */
static void
point_elsewhere (Input *in)
{
  size_t page = page_of (in), n = in->size / page + 2;

  for (size_t i = 1 + below (in, 4); i > 0; i--)
    {
      size_t at = below (in, n) * page;
      size_t to = below (in, n);

      if (at + 12 >= in->size || at == 0)
        continue;
      at += below (in, 2) ? 0 : 8;
      for (int byte = 0; byte < 4; byte++)
        in->bytes[at + (size_t) byte] = (uint8_t) (to >> (24 - 8 * byte));
    }
}

/* The text of the schema, byte by byte. */
static void
spoil_schema (Input *in)
{
  size_t page = page_of (in);
  uint8_t *found = memmem (in->bytes, page < in->size ? page : in->size, "CREATE TABLE", 12);

  for (size_t n = 1 + below (in, 4); found != NULL && n > 0; n--)
    {
      size_t at = (size_t) (found - in->bytes) + below (in, 100);

      if (at < in->size)
        in->bytes[at] = (uint8_t) (32 + below (in, 95));
    }
}

static const Mutation of_bytes[] = { flip_bits, set_bytes, cut_off, move_some, put_some_in };
static const Mutation of_pages[] = { spoil_file_header, spoil_page_heads, swap_pages, point_elsewhere, spoil_schema };

size_t
fuzz_mutate (uint8_t  *bytes,
             size_t    size,
             size_t    room,
             uint64_t  seed)
{
  Input in = { bytes, size, room, seed };
  size_t n_bytes = sizeof of_bytes / sizeof *of_bytes, n_pages = fuzz_pages ? sizeof of_pages / sizeof *of_pages : 0;

  if (size == 0)
    return 0;
  for (size_t n = 1 + below (&in, 2); n > 0; n--)
    {
      size_t which = below (&in, n_bytes + n_pages);

      (which < n_bytes ? of_bytes[which] : of_pages[which - n_bytes]) (&in);
    }
  return in.size;
}
