/* SPDX-License-Identifier: MIT */
/* All that can be read of a damaged vault: salvage.c. */
#include "kvtest.h"

#include <unistd.h>

#define VALUE_SIZE 6000

typedef struct {
  unsigned begun, whole, lost, nameless;
  unsigned char seen[2000];   /* by the number in the key "k0000" */
  char key[64];
  uint64_t size, announced;
  Sha256 sum;
  const char *file;           /* a fixture: sums are compared */
  int stop_after;
  bool has_no_key;            /* the one at hand */
  bool in_doubt;              /* damage may have doubled keys */
} Sink;

static int
begin (const kvault_entry *entry, void *data)
{
  Sink *sink = data;
  int n = -1;

  sink->begun++;
  sink->size = 0;
  sink->announced = entry->value_size;
  snprintf (sink->key, sizeof sink->key, "%.*s", (int) entry->key_size, (const char *) entry->key);
  sha256_init (&sink->sum);
  sink->has_no_key = entry->key_class == KVAULT_CLASS_NULL;
  if (sink->has_no_key)
    {
      sink->nameless++;
      assert_true (sink->in_doubt || entry->id != 0);   /* damage may number a row 0 */
    }
  else if (sscanf (sink->key, "k%d", &n) == 1)
    {
      assert_true (sink->in_doubt || (n >= 0 && n < 1000));
      if (!sink->in_doubt)
        assert_int (sink->seen[n]++, ==, 0);   /* each key once */
    }
  return sink->stop_after > 0 && sink->begun > (unsigned) sink->stop_after;
}

static int
take (const void *bytes, size_t len, void *data)
{
  Sink *sink = data;

  sha256_update (&sink->sum, bytes, len);
  sink->size += len;
  return 0;
}

static void
compare (Sink *sink)
{
  char sum[SHA256_HEX_SIZE];
  size_t key_size;

  sha256_finish (&sink->sum, sum);
  for (size_t i = 0; i < kvtest_n_fixture_keys; i++)
    if (strcmp (kvtest_fixture_keys[i].file, sink->file) == 0 &&
        strcmp ((const char *) kvtest_unhex (kvtest_fixture_keys[i].key_hex, &key_size), sink->key) == 0)
      {
        assert_str (sum, kvtest_fixture_keys[i].sha256);
        return;
      }
}

static int
end (int result, const char *message, void *data)
{
  Sink *sink = data;

  sink->whole += result == KVAULT_OK;
  sink->lost += result != KVAULT_OK;
  assert_true (result != KVAULT_OK || !sink->has_no_key);
  assert_int (result == KVAULT_OK, ==, message[0] == '\0');
  assert_true (strchr (message, '\n') == NULL);
  if (result == KVAULT_OK)
    assert_int (sink->size, ==, sink->announced);
  if (result == KVAULT_OK && sink->file != NULL)
    compare (sink);
  return 0;
}

static kvault_salvage_result
salvage (const char *path, Sink *sink)
{
  kvault_salvage_sink functions = { begin, take, end, sink };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_SALVAGE);
  kvault_salvage_result result;

  assert_ok (vault, kvault_salvage (vault, &functions, &result));
  assert_int (result.saved, ==, sink->whole);
  assert_int (result.lost, ==, sink->lost);
  kvault_close (vault);
  return result;
}

static void
saves_all_of_a_healthy_one (void)
{
  static const char *const names[] = { "v010_media.db", "v086_media_autopack.db", "v010_odd_keys.db" };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      char *path = kvtest_fixture (names[i]);
      KvSnapshot *snapshot = kvtest_snapshot (kvtest_folder ());
      Sink sink = { 0 };

      salvage (path, &sink);
      assert_int (sink.lost, ==, 0);
      assert_int (sink.whole, ==, kvtest_sql_int (path, kvtest_format ("SELECT count(*) FROM %s", "kv")));
      assert_unchanged (snapshot);
    }
}

static void
saves_what_fixtures_have_left (void)
{
  static const char *const names[] = { "damaged/table_leaf_wrecked.db", "damaged/truncated_half.db", "damaged/value_bytes_flipped.db" };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      char *path = kvtest_fixture (names[i]);
      KvSnapshot *snapshot = kvtest_snapshot (kvtest_folder ());
      Sink sink = { .file = strcmp (names[i], "damaged/value_bytes_flipped.db") != 0 ? "v010_media.db" : NULL };

      salvage (path, &sink);
      printf ("# %s: %u saved, %u lost, %u of them without a name\n", names[i], sink.whole, sink.lost, sink.nameless);
      assert_int (sink.whole, >, 0);
      assert_unchanged (snapshot);
    }
}

/* 1,000 keys over many leaves; numbers in order. */
static char *
make (const char *name)
{
  char *path = kvtest_path (name);

  kvtest_sql (path, "PRAGMA page_size=4096;" KVTEST_V2 ("kv") "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
              "INSERT INTO kv SELECT CAST(printf('k%%04d', i) AS BLOB), randomblob(%d) FROM n", VALUE_SIZE);
  return path;
}

/* Writes noise over pages of one b-tree: @type 13 is a leaf of a table, 10 of an index, 5 and 2 above them. */
static unsigned
wreck (const char *path, unsigned char type, unsigned every)
{
  size_t size;
  uint8_t *data = kvtest_read_file (path, &size);
  unsigned n = 0;

  for (size_t at = 4096; at + 4096 <= size; at += 4096)
    if (data[at] == type && data[at + 1] == 0 && data[at + 7] < 2 && n++ % every == every / 2)
      kvtest_fill (data + at, 100, at);
  kvtest_write_file (path, data, size);
  return n;
}

static unsigned
wreck_last (const char *path, unsigned char type)
{
  size_t size, last = 0;
  uint8_t *data = kvtest_read_file (path, &size);
  unsigned n = 0;

  for (size_t at = 4096; at + 4096 <= size; at += 4096)
    if (data[at] == type && data[at + 1] == 0 && memmem (data + at, 4096, "CREATE TABLE", 12) != NULL)
      last = at;
    else
      n += data[at] == type && data[at + 1] == 0;
  assert_int (last, >, 0);
  kvtest_fill (data + last, 100, last);
  kvtest_write_file (path, data, size);
  return n + 1;
}

static void
goes_by_the_index_where_the_table_is_broken (void)
{
  char *path = make ("a.db");
  Sink sink = { 0 };
  unsigned n = wreck (path, 13, 10);

  salvage (path, &sink);
  printf ("# a tenth of %u table leaves broken: %u saved, %u named lost\n", n, sink.whole, sink.lost);
  assert_int (sink.whole, >, 800);
  assert_int (sink.lost, >, 0);
  for (int i = 0; i < 1000; i++)
    assert_int (sink.seen[i], ==, 1);   /* every key was named, in the index at least */
}

static void
goes_by_the_table_where_the_index_is_broken (void)
{
  char *path = make ("a.db");
  Sink sink = { 0 };

  wreck (path, 10, 2);
  wreck (path, 2, 1);
  salvage (path, &sink);
  assert_int (sink.whole, ==, 1000);
  assert_int (sink.lost, ==, 0);
}

static void
both_broken (void)
{
  char *path = make ("a.db");
  Sink sink = { 0 };

  wreck (path, 13, 5);
  wreck (path, 10, 3);
  salvage (path, &sink);
  printf ("# table and index broken: %u saved, %u lost\n", sink.whole, sink.lost);
  assert_int (sink.whole, >, 600);
}

static void
reads_files_that_are_cut_short (void)
{
  char *path = make ("a.db");
  uint64_t size = kvtest_file_size (path);
  unsigned last = 1000;

  for (int tenths = 9; tenths > 1; tenths -= 2)
    {
      Sink sink = { 0 };

      assert_int (truncate (path, (off_t) (size * (uint64_t) tenths / 10 / 4096 * 4096)), ==, 0);
      assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_ECORRUPT);
      salvage (path, &sink);
      printf ("# %d0 %% of the file: %u saved, %u lost\n", tenths, sink.whole, sink.lost);
      assert_int (sink.whole, >, (tenths - 1) * 100 - 100);
      assert_int (sink.whole, <=, last);
      last = sink.whole;
    }
}

/* What SQLite reads of half a page are zeros: rows 0 without a key, whose empty values are no values of anybody. */
static void
takes_no_row_of_zeros_for_a_value (void)
{
  char *path = kvtest_fixture ("v010_media.db");
  Sink sink = { .in_doubt = true };

  assert_int (truncate (path, 253952), ==, 0);   /* of pages of 32,768 */
  salvage (path, &sink);
  assert_int (sink.whole, >, 0);
  assert_int (sink.nameless, ==, 1);
}

static void
reads_on_where_the_schema_is_broken (void)
{
  char *path = make ("a.db");
  Sink sink = { 0 };

  for (int i = 0; i < 100; i++)
    kvtest_sql (path, "CREATE TABLE t%d (a, b, c, d, e, f, g, h, some_long_name_of_a_column, another_long_name_of_a_column)", i);
  assert_int (wreck_last (path, 13), >, 500);   /* of the schema, whose leaves came behind all of the table's */
  assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_ECORRUPT);
  salvage (path, &sink);
  assert_int (sink.whole, >, 990);
}

static void
random_damage_ends_in_order (void)
{
  char *path = make ("a.db"), *broken = kvtest_path ("broken.db");
  size_t size;
  uint8_t *data = kvtest_read_file (path, &size);
  uint64_t seed = 5;

  for (int i = 0; i < 60; i++)
    {
      uint8_t *copy = malloc (size);
      kvault_options options = { .access = KVAULT_ACCESS_SALVAGE };
      Sink sink = { .in_doubt = true };
      kvault_salvage_sink functions = { begin, take, end, &sink };
      kvault *vault;

      memcpy (copy, data, size);
      for (int k = 0; k < 30; k++)
        copy[4096 + kvtest_random (&seed) % (size - 4096)] = (uint8_t) kvtest_random (&seed);
      for (int k = 0; k < 6; k++)   /* and where it hurts */
        copy[(1 + kvtest_random (&seed) % (size / 4096 - 1)) * 4096 + kvtest_random (&seed) % 16] = (uint8_t) kvtest_random (&seed);
      kvtest_write_file (broken, copy, size);
      free (copy);
      if (kvault_open (broken, &options, &vault, NULL) != KVAULT_OK)
        continue;
      assert_ok (vault, kvault_salvage (vault, &functions, NULL));
      assert_int (sink.whole, >, 500);
      kvault_close (vault);
    }
}

static void
a_sink_can_end_it (void)
{
  kvault *vault = kvtest_open (make ("a.db"), KVAULT_ACCESS_SALVAGE);
  Sink sink = { .stop_after = 10 };
  kvault_salvage_sink functions = { begin, take, end, &sink };
  kvault_salvage_result result;

  assert_result (vault, kvault_salvage (vault, &functions, &result), KVAULT_ECANCELLED);
  assert_int (result.saved, ==, 10);
  functions.end = NULL;
  assert_result (vault, kvault_salvage (vault, &functions, &result), KVAULT_EINVAL);
  assert_result (vault, kvault_put (vault, "a", 1, "b", 1), KVAULT_EREADONLY);
  kvault_close (vault);
}

static void
rows_out_of_order_come_once (void)
{
  char *path = make ("a.db");
  Sink sink = { 0 };

  kvtest_disorder (path, "kv");
  salvage (path, &sink);
  assert_int (sink.begun, ==, 1000);
  assert_int (sink.whole, >, 990);
}

static const KvTest tests[] = {
  { "/kvault/salvage/saves-all-of-a-healthy-one", saves_all_of_a_healthy_one },
  { "/kvault/salvage/saves-what-fixtures-have-left", saves_what_fixtures_have_left },
  { "/kvault/salvage/goes-by-the-index-where-the-table-is-broken", goes_by_the_index_where_the_table_is_broken },
  { "/kvault/salvage/goes-by-the-table-where-the-index-is-broken", goes_by_the_table_where_the_index_is_broken },
  { "/kvault/salvage/both-broken", both_broken },
  { "/kvault/salvage/reads-files-that-are-cut-short", reads_files_that_are_cut_short },
  { "/kvault/salvage/takes-no-row-of-zeros-for-a-value", takes_no_row_of_zeros_for_a_value },
  { "/kvault/salvage/reads-on-where-the-schema-is-broken", reads_on_where_the_schema_is_broken },
  { "/kvault/salvage/random-damage-ends-in-order", random_damage_ends_in_order },
  { "/kvault/salvage/a-sink-can-end-it", a_sink_can_end_it },
  { "/kvault/salvage/rows-out-of-order-come-once", rows_out_of_order_come_once },
};

KVTEST_MAIN (tests)
