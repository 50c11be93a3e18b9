/* SPDX-License-Identifier: MIT */
/*
 * Damaged files of every kind: nothing may crash, hang, or write to a file that is only looked
 * at. The mutations come from fixed seeds, the same in every run. COFFER_FUZZ_SEED begins elsewhere,
 * COFFER_FUZZ_ROUNDS goes on for longer; together they bring one round back.
 */
#include "kvtest.h"

typedef void (*Mutation) (uint8_t *bytes, size_t *size, uint64_t *seed);

static size_t
page_of (const uint8_t *bytes,
         size_t         size)
{
  size_t page = size > 18 ? (size_t) bytes[16] << 8 | bytes[17] : 0;

  return page == 1 ? 65536 : page < 512 ? 4096 : page;
}

static void
flip_bits (uint8_t  *bytes,
           size_t   *size,
           uint64_t *seed)
{
  for (uint64_t n = 1 + kvtest_random (seed) % 20; n > 0; n--)
    bytes[kvtest_random (seed) % *size] ^= (uint8_t) (1 << kvtest_random (seed) % 8);
}

/* The header of the file, where the page size, the sizes and the freelist are. */
static void
spoil_file_header (uint8_t  *bytes,
                   size_t   *size,
                   uint64_t *seed)
{
  for (uint64_t n = 1 + kvtest_random (seed) % 3; n > 0; n--)
    bytes[16 + kvtest_random (seed) % 84] = (uint8_t) kvtest_random (seed);
}

/* Page headers, cell pointers and the first cells, where lengths and page numbers are. */
static void
spoil_page_heads (uint8_t  *bytes,
                  size_t   *size,
                  uint64_t *seed)
{
  size_t page = page_of (bytes, *size);

  for (uint64_t n = 1 + kvtest_random (seed) % 8; n > 0; n--)
    {
      size_t at = kvtest_random (seed) % (*size / page + 1) * page + kvtest_random (seed) % 64;

      if (at < *size && at >= 100)
        bytes[at] = (uint8_t) kvtest_random (seed);
    }
}

static void
swap_pages (uint8_t  *bytes,
            size_t   *size,
            uint64_t *seed)
{
  size_t page = page_of (bytes, *size), n = *size / page;
  uint8_t *spare = malloc (page);

  if (n > 2)
    {
      uint8_t *a = bytes + (1 + kvtest_random (seed) % (n - 1)) * page;
      uint8_t *b = bytes + (1 + kvtest_random (seed) % (n - 1)) * page;

      memcpy (spare, a, page);
      memmove (a, b, page);
      memcpy (b, spare, page);
    }
  free (spare);
}

/* Page numbers that lead back: loops in trees, chains and the freelist. */
static void
point_elsewhere (uint8_t  *bytes,
                 size_t   *size,
                 uint64_t *seed)
{
  size_t page = page_of (bytes, *size), n = *size / page + 2;

  for (uint64_t i = 1 + kvtest_random (seed) % 4; i > 0; i--)
    {
      size_t at = kvtest_random (seed) % n * page;
      uint32_t to = (uint32_t) (kvtest_random (seed) % n);

      if (at + 12 < *size && at > 0)
        {
          at += kvtest_random (seed) % 2 ? 0 : 8;
          bytes[at] = (uint8_t) (to >> 24);
          bytes[at + 1] = (uint8_t) (to >> 16);
          bytes[at + 2] = (uint8_t) (to >> 8);
          bytes[at + 3] = (uint8_t) to;
        }
    }
}

static void
cut_off (uint8_t  *bytes,
         size_t   *size,
         uint64_t *seed)
{
  *size = kvtest_random (seed) % *size;
}

/* The text of the schema, byte by byte. */
static void
spoil_schema (uint8_t  *bytes,
              size_t   *size,
              uint64_t *seed)
{
  size_t page = page_of (bytes, *size);
  uint8_t *found = memmem (bytes, page < *size ? page : *size, "CREATE TABLE", 12);

  if (found == NULL)
    return;
  for (uint64_t n = 1 + kvtest_random (seed) % 4; n > 0; n--)
    found[kvtest_random (seed) % 100] = (uint8_t) (32 + kvtest_random (seed) % 95);
}

static const Mutation mutations[] = { flip_bits, spoil_file_header, spoil_page_heads, swap_pages,
                                      point_elsewhere, cut_off, spoil_schema };

/* ---- What a program would do with it ---- */

static void
walk (kvault   *vault,
      unsigned  flags)
{
  kvault_cursor_options options = { .flags = flags };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  unsigned n = 0;

  if (kvault_cursor_open (vault, &options, &cursor) != KVAULT_OK)
    return;
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK && n++ < 3000)
    {
      kvault_blob *blob = NULL;
      char buf[512];
      void *value;
      size_t size;

      assert_true (entry->key != NULL);
      if (n > 100 && n % 50 != 0)
        continue;
      if (kvault_get (vault, entry->key, entry->key_size, &value, &size) == KVAULT_OK)
        {
          kvault_guess_type (value, size);
          kvault_free (value);
        }
      if (kvault_blob_open_entry (vault, entry, &blob) == KVAULT_OK)
        {
          uint64_t at = kvault_blob_size (blob);

          size = at < sizeof buf ? at : sizeof buf;
          kvault_blob_read (blob, buf, size, at - size);
          kvault_blob_close (blob);
        }
    }
  kvault_cursor_close (cursor);
}

static void
look (kvault *vault)
{
  const kvault_section *sections;
  kvault_totals_result totals;
  kvault_stats stats;
  uint64_t number;
  size_t n;

  assert_ok (vault, kvault_sections (vault, &sections, &n));
  for (size_t i = 0; i < n; i++)
    {
      if (kvault_use_table (vault, sections[i].name) != KVAULT_OK)
        {
          kvault_section_count (vault, sections[i].name, &number);
          continue;
        }
      kvault_stats_get (vault, &stats);
      kvault_count (vault, &number);
      walk (vault, KVAULT_CURSOR_SIZES);
      walk (vault, KVAULT_CURSOR_REVERSE);
      kvault_totals (vault, NULL, 0, NULL, NULL, &totals);
    }
}

static void
change (kvault *vault)
{
  uint8_t value[40000];

  kvtest_fill (value, sizeof value, 1);
  kvault_put (vault, "new", 3, value, sizeof value);
  kvault_put (vault, "new", 3, value, 10);
  kvault_rename (vault, "new", 3, "other", 5, 1);
  kvault_delete (vault, "user:1:name", 11);
  kvault_delete (vault, "other", 5);
}

static void
check (const char *path,
       uint64_t    number)
{
  KvSnapshot *before = NULL;
  kvault *vault = NULL;

  if (number % 8 == 0)
    before = kvtest_snapshot (kvtest_folder ());
  if (kvault_open (path, &(kvault_options) { .access = KVAULT_ACCESS_VIEW }, &vault, NULL)
      == KVAULT_OK)
    look (vault);
  kvault_close (vault);
  if (before != NULL)
    assert_unchanged (before);

  if (kvault_open (path, NULL, &vault, NULL) == KVAULT_OK)
    {
      change (vault);
      look (vault);
    }
  kvault_close (vault);
}

static uint64_t
setting (const char *name,
         uint64_t    otherwise)
{
  const char *text = getenv (name);

  return text != NULL ? strtoull (text, NULL, 10) : otherwise;
}

static void
survives (const char *fixture,
          const char *side,
          unsigned    rounds)
{
  uint64_t first = setting ("COFFER_FUZZ_SEED", 0);
  char *path = kvtest_fixture (fixture), *target = kvtest_format ("%s%s", path, side);
  uint8_t *original, *bytes, *main_bytes;
  size_t size, main_size;

  main_bytes = kvtest_read_file (path, &main_size);
  original = kvtest_read_file (target, &size);
  bytes = malloc (size);
  for (uint64_t i = first; i < first + setting ("COFFER_FUZZ_ROUNDS", rounds); i++)
    {
      uint64_t seed = i * 1000003;
      size_t cut = size;
      double start = kvtest_cpu ();

      memcpy (bytes, original, size);
      mutations[i % KVTEST_N (mutations)] (bytes, &cut, &seed);
      kvtest_remove (kvtest_format ("%s-wal", path));
      kvtest_remove (kvtest_format ("%s-shm", path));
      kvtest_remove (kvtest_format ("%s-journal", path));
      kvtest_write_file (path, main_bytes, main_size);
      kvtest_write_file (target, bytes, cut);
      check (path, i);
      if (kvtest_cpu () - start > 5)
        kvtest_fail (__FILE__, __LINE__, "round %llu took %.1f s", (unsigned long long) i,
                     kvtest_cpu () - start);
    }
  free (bytes);
}

static void
survives_old_vaults (void)
{
  survives ("v010_odd_keys.db", "", 140);
}

static void
survives_new_vaults (void)
{
  survives ("foreign/v2_page_1024_autovacuum.db", "", 105);
}

static void
survives_media (void)
{
  survives ("v086_two_tables.db", "", 70);
}

static void
survives_every_section (void)
{
  survives ("v086_all_vaults.db", "", 35);
}

static void
survives_damaged_twice (void)
{
  survives ("damaged/value_bytes_flipped.db", "", 70);
}

static void
survives_logs (void)
{
  survives ("hot/v010_hot_wal.db", "-wal", 70);
}

static const KvTest tests[] = {
  { "/kvault/fuzz/survives-old-vaults", survives_old_vaults },
  { "/kvault/fuzz/survives-new-vaults", survives_new_vaults },
  { "/kvault/fuzz/survives-media", survives_media },
  { "/kvault/fuzz/survives-every-section", survives_every_section },
  { "/kvault/fuzz/survives-damaged-twice", survives_damaged_twice },
  { "/kvault/fuzz/survives-logs", survives_logs },
};

KVTEST_MAIN (tests)
