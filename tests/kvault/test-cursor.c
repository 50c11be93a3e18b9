/* SPDX-License-Identifier: MIT */
/* Walks over keys, against a model that does it the slow way: cursor.c. */
#include "kvtest.h"

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

/* ---- The model: every key in an array ---- */

typedef struct {
  uint8_t bytes[8];
  size_t size;
  size_t value_size;
} Key;

static int
compare_bytes (const void *a,
               size_t      a_size,
               const void *b,
               size_t      b_size)
{
  int order = memcmp (a, b, a_size < b_size ? a_size : b_size);

  return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static int
compare_keys (const void *a,
              const void *b)
{
  const Key *left = a, *right = b;

  return compare_bytes (left->bytes, left->size, right->bytes, right->size);
}

static Key
random_key (uint64_t *seed)
{
  static const uint8_t alphabet[] = { 0, 1, 'a', 'b', 0x7f, 0x80, 0xfe, 0xff, 0xff, 0xff };
  Key key = { .size = kvtest_random (seed) % 7 };

  for (size_t i = 0; i < key.size; i++)
    key.bytes[i] = alphabet[kvtest_random (seed) % sizeof alphabet];
  key.value_size = kvtest_random (seed) % 300;
  return key;
}

/* Fills @vault and @keys, which come out sorted and without doubles. */
static size_t
make_keys (kvault   *vault,
           Key      *keys,
           size_t    n,
           uint64_t  seed)
{
  uint8_t value[300] = { 0 };
  size_t kept = 0;

  for (size_t i = 0; i < n; i++)
    keys[i] = random_key (&seed);
  qsort (keys, n, sizeof *keys, compare_keys);
  for (size_t i = 0; i < n; i++)
    if (kept == 0 || compare_keys (&keys[kept - 1], &keys[i]) != 0)
      keys[kept++] = keys[i];
  for (size_t i = 0; i < kept; i++)
    {
      const Key *key = &keys[i * 7919 % kept];

      if (kept % 7919 == 0)
        key = &keys[i];
      assert_ok (vault, kvault_put (vault, key->bytes, key->size, value, key->value_size));
    }
  return kept;
}

static bool
is_wanted (const Key                   *key,
           const kvault_cursor_options *options)
{
  int order;

  if (options->prefix != NULL && (key->size < options->prefix_size
                                  || memcmp (key->bytes, options->prefix, options->prefix_size)))
    return false;
  if (!options->has_start)
    return true;
  order = compare_bytes (key->bytes, key->size, options->start, options->start_size);
  if (order == 0)
    return !(options->flags & KVAULT_CURSOR_AFTER);
  return options->flags & KVAULT_CURSOR_REVERSE ? order < 0 : order > 0;
}

static void
check_walk (kvault                      *vault,
            const kvault_cursor_options *options,
            const Key                   *keys,
            size_t                       n)
{
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_cursor_open (vault, options, &cursor));
  for (size_t i = 0; i < n; i++)
    {
      const Key *key = &keys[options->flags & KVAULT_CURSOR_REVERSE ? n - 1 - i : i];

      if (!is_wanted (key, options))
        continue;
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      assert_mem (entry->key, entry->key_size, key->bytes, key->size);
      assert_int (entry->key_class, ==, KVAULT_CLASS_BLOB);
      assert_int (entry->result, ==, KVAULT_OK);
      assert_int (entry->value_class, ==, KVAULT_CLASS_BLOB);
      if (options->flags & KVAULT_CURSOR_SIZES)
        assert_int (entry->value_size, ==, key->value_size);
      else
        assert_true (entry->value_size == KVAULT_SIZE_UNKNOWN);
      if (options->flags & (KVAULT_CURSOR_SIZES | KVAULT_CURSOR_IDS))
        assert_int (entry->id, >, 0);
      else
        assert_int (entry->id, ==, 0);
    }
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  assert_true (entry == NULL);
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
}

static void
agrees_with_a_model (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      Key keys[500];
      size_t n = make_keys (vault, keys, KVTEST_N (keys), 10 + kind);
      uint64_t seed = 20 + kind;

      for (unsigned i = 0; i < 800; i++)
        {
          Key prefix = random_key (&seed), start = random_key (&seed);
          uint64_t dice = kvtest_random (&seed);
          kvault_cursor_options options = { .flags = dice >> 8 & 15 };

          if (dice & 1)
            {
              options.prefix = prefix.bytes;
              options.prefix_size = prefix.size % 4;
            }
          if (dice & 2)
            {
              if (dice & 4) /* a key that is there */
                start = keys[kvtest_random (&seed) % n];
              options.start = start.bytes;
              options.start_size = start.size;
              options.has_start = 1;
            }
          check_walk (vault, &options, keys, n);
        }
      kvault_close (vault);
    }
}

static size_t
count_prefix (kvault     *vault,
              const void *prefix,
              size_t      size)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = size };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  size_t n = 0;
  int rc;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      assert_true (entry->key_size >= size && memcmp (entry->key, prefix, size) == 0);
      n++;
    }
  assert_result (vault, rc, KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
  return n;
}

static void
prefixes_reach_through_ff (void)
{
  kvault *vault = kvtest_create ("a.db");

  assert_ok (vault, kvault_put (vault, "a", 1, "", 0));
  assert_ok (vault, kvault_put (vault, "a\xff", 2, "", 0));
  assert_ok (vault, kvault_put (vault, "a\xff\xff\xff", 4, "", 0));
  assert_ok (vault, kvault_put (vault, "a\xff\x01", 3, "", 0));
  assert_ok (vault, kvault_put (vault, "b", 1, "", 0));
  assert_ok (vault, kvault_put (vault, "\xff", 1, "", 0));
  assert_ok (vault, kvault_put (vault, "\xff\xff", 2, "", 0));
  assert_ok (vault, kvault_put (vault, "\xff\xff\xff\x01", 4, "", 0));
  assert_int (count_prefix (vault, "a", 1), ==, 4);
  assert_int (count_prefix (vault, "a\xff", 2), ==, 3);
  assert_int (count_prefix (vault, "a\xff\xff", 3), ==, 1);
  assert_int (count_prefix (vault, "\xff", 1), ==, 3);
  assert_int (count_prefix (vault, "\xff\xff", 2), ==, 2);
  assert_int (count_prefix (vault, "\xff\xff\xff\xff", 4), ==, 0);
  assert_int (count_prefix (vault, "", 0), ==, 8);
  kvault_close (vault);
}

/* KohakuVault stops at 10,000. */
static void
has_no_end_but_the_end (void)
{
  char *path = kvtest_path ("many.db");
  kvault_cursor_options reverse = { .flags = KVAULT_CURSOR_REVERSE };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault *vault;
  unsigned n = 0;

  kvtest_sql (path, KVTEST_V2 ("kv") "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 "
                    "FROM n WHERE i < 29999) INSERT INTO kv SELECT "
                    "CAST(printf('key:%%08d', i) AS BLOB), zeroblob(3) FROM n;");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_int (count_prefix (vault, "", 0), ==, 30000);
  assert_int (count_prefix (vault, "key:0001", 8), ==, 10000);
  assert_ok (vault, kvault_cursor_open (vault, &reverse, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    assert_mem (entry->key, entry->key_size, kvtest_format ("key:%08u", 29999 - n++), 12);
  assert_int (n, ==, 30000);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static void
walks_the_odd_keys (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_odd_keys.db"), KVAULT_ACCESS_VIEW);
  kvault_cursor *cursor;
  const kvault_entry *entry;
  uint8_t last[5000];
  size_t last_size = 0;
  unsigned n = 0;

  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    {
      assert_true (entry->key != NULL);
      if (n == 0)
        assert_int (entry->key_size, ==, 0);
      else
        assert_int (compare_bytes (last, last_size, entry->key, entry->key_size), <, 0);
      memcpy (last, entry->key, entry->key_size);
      last_size = entry->key_size;
    }
  assert_int (n, ==, 74);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static void
walks_nothing (void)
{
  kvault_cursor_options reverse = { .flags = KVAULT_CURSOR_REVERSE | KVAULT_CURSOR_SIZES };
  kvault *vault = kvtest_create ("a.db");

  check_walk (vault, &(kvault_cursor_options) { 0 }, NULL, 0);
  check_walk (vault, &reverse, NULL, 0);
  kvault_close (vault);
}

static void
copies_its_options (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *prefix = strdup ("key"), *start = strdup ("key:5");
  kvault_cursor_options *options = calloc (1, sizeof *options);
  kvault_cursor *cursor;
  const kvault_entry *entry;

  for (char i = '0'; i <= '9'; i++)
    assert_ok (vault, kvault_put (vault, (char[]) { 'k', 'e', 'y', ':', i }, 5, "", 0));
  options->prefix = prefix;
  options->prefix_size = 3;
  options->start = start;
  options->start_size = 5;
  options->has_start = 1;
  assert_ok (vault, kvault_cursor_open (vault, options, &cursor));
  memset (prefix, 'x', 3);
  memset (start, 'x', 5);
  free (prefix);
  free (start);
  free (options);
  for (char i = '5'; i <= '9'; i++)
    {
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      assert_int (((const char *) entry->key)[4], ==, i);
    }
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

/* ---- Storage classes ---- */

static const char *const class_order[] = { "-5", "2.5", "7", "1000000000000", "", "text", "z" };

static void
make_classes (const char *path)
{
  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES "
                    "(x'', x'00'), (x'6b', x'0102'), (x'ff', x'01'), ('', x'01'), "
                    "('text', 'h' || char(233)), ('z', 3), (7, x'01'), (-5, x'01'), "
                    "(2.5, x'01'), (1000000000000, x'01');");
}

static kvault_class
class_at (size_t i)
{
  return i >= KVTEST_N (class_order) ? KVAULT_CLASS_BLOB : i >= 4 ? KVAULT_CLASS_TEXT
         : i == 1 ? KVAULT_CLASS_REAL : KVAULT_CLASS_INTEGER;
}

static void
lists_keys_of_every_class (void)
{
  char *path = kvtest_path ("odd.db");
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  uint64_t count;
  kvault *vault;
  size_t i = 0;

  make_classes (path);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, 10);
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; i++)
    {
      assert_int (entry->key_class, ==, class_at (i));
      assert_true (entry->key != NULL);
      if (i < KVTEST_N (class_order))
        assert_mem (entry->key, entry->key_size, class_order[i], strlen (class_order[i]));
      if (i == 5)
        {
          assert_int (entry->value_class, ==, KVAULT_CLASS_TEXT);
          assert_int (entry->value_size, ==, 3); /* bytes, not characters */
        }
      if (i == 6)
        assert_int (entry->value_class, ==, KVAULT_CLASS_INTEGER);
    }
  assert_int (i, ==, 10);
  kvault_cursor_close (cursor);
  assert_int (count_prefix (vault, "t", 1), ==, 0);
  assert_int (count_prefix (vault, "k", 1), ==, 1);
  kvault_close (vault);
}

/* A list in pages: each cursor begins behind the last entry of the one before. */
static size_t
walk_in_pages (kvault   *vault,
               unsigned  flags,
               size_t    page,
               char      seen[][32])
{
  kvault_cursor_options options = { .flags = flags };
  char start[32];
  size_t n = 0;

  for (bool more = true; more;)
    {
      kvault_cursor *cursor;
      const kvault_entry *entry;

      assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
      for (size_t i = 0; i < page; i++)
        {
          if (!(more = kvault_cursor_next (cursor, &entry) == KVAULT_OK))
            break;
          assert_int (n, <, 20);
          snprintf (seen[n++], 32, "%u:%.*s", entry->key_class, (int) entry->key_size,
                    (const char *) entry->key);
          memcpy (start, entry->key, entry->key_size);
          options.start = start;
          options.start_size = entry->key_size;
          options.start_class = entry->key_class;
          options.has_start = 1;
          options.flags = flags | KVAULT_CURSOR_AFTER;
        }
      kvault_cursor_close (cursor);
    }
  return n;
}

static void
goes_on_from_any_class (void)
{
  char *path = kvtest_path ("odd.db");
  char whole[20][32], pages[20][32];
  kvault *vault;

  make_classes (path);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  for (unsigned flags = 0; flags < 4; flags++) /* REVERSE and SIZES */
    {
      assert_int (walk_in_pages (vault, flags, 100, whole), ==, 10);
      for (size_t page = 1; page < 5; page++)
        {
          assert_int (walk_in_pages (vault, flags, page, pages), ==, 10);
          for (size_t i = 0; i < 10; i++)
            assert_str (pages[i], whole[i]);
        }
    }
  kvault_close (vault);
}

/* ---- Damage ---- */

static void
goes_on_behind_damage (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("damaged/table_leaf_wrecked.db"),
                               KVAULT_ACCESS_VIEW);
  kvault_cursor *cursor;
  const kvault_entry *entry;

  for (unsigned flags = 0; flags < 4; flags++) /* REVERSE and SIZES */
    {
      kvault_cursor_options options = { .flags = flags };
      unsigned n = 0, bad = 0;
      int rc;

      assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
      while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
        {
          n++;
          if (entry->result == KVAULT_OK)
            continue;
          bad++;
          assert_int (entry->result, ==, KVAULT_ECORRUPT);
          assert_true (entry->value_size == KVAULT_SIZE_UNKNOWN);
        }
      assert_result (vault, rc, KVAULT_NOTFOUND);
      assert_int (n, ==, 307);
      assert_int (bad, ==, flags & KVAULT_CURSOR_SIZES ? 84 : 0);
      kvault_cursor_close (cursor);
    }
  kvault_close (vault);
}

/* ---- Others, and oneself, writing meanwhile ---- */

static void
shows_one_moment (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  kvault_cursor *cursor;
  const kvault_entry *entry;
  unsigned n = 0;

  for (char i = 'a'; i <= 'j'; i++)
    assert_ok (vault, kvault_put (vault, &i, 1, "", 0));
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    {
      char extra[] = { 'j', (char) n };

      assert_ok (other, kvault_put (other, extra, 2, "", 0));
    }
  assert_int (n, ==, 10);
  kvault_cursor_close (cursor);
  assert_int (count_prefix (vault, "", 0), ==, 20);
  kvault_close (other);
  kvault_close (vault);
}

static void
lets_the_same_handle_delete_as_it_goes (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      kvault_cursor *cursor;
      const kvault_entry *entry;
      uint64_t left;
      unsigned n = 0;

      for (unsigned i = 0; i < 3000; i++)
        assert_ok (vault, kvault_put (vault, &i, sizeof i, &i, sizeof i));
      assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
      for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
        {
          unsigned key;

          memcpy (&key, entry->key, sizeof key);
          assert_ok (vault, kvault_delete (vault, &key, sizeof key));
        }
      kvault_cursor_close (cursor);
      assert_int (n, ==, 3000);
      assert_ok (vault, kvault_count (vault, &left));
      assert_int (left, ==, 0);
      kvault_close (vault);
    }
}

static void
several_walk_at_once (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_cursor_options reverse = { .flags = KVAULT_CURSOR_REVERSE };
  kvault_cursor *up, *down;
  const kvault_entry *first, *second;

  for (char i = 'a'; i <= 'z'; i++)
    assert_ok (vault, kvault_put (vault, &i, 1, "", 0));
  assert_ok (vault, kvault_cursor_open (vault, NULL, &up));
  assert_ok (vault, kvault_cursor_open (vault, &reverse, &down));
  for (char i = 'a'; i <= 'z'; i++)
    {
      assert_ok (vault, kvault_cursor_next (up, &first));
      assert_ok (vault, kvault_cursor_next (down, &second));
      assert_int (*(const char *) first->key, ==, i);
      assert_int (*(const char *) second->key, ==, 'a' + 'z' - i);
    }
  kvault_cursor_close (up);
  kvault_cursor_close (down);
  kvault_close (vault);
}

static void
closes_with_its_handle (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_media.db"), KVAULT_ACCESS_WRITE);
  kvault_cursor *cursor;
  const kvault_entry *entry;
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  kvault_close (vault);
  assert_alone (path);
}

/* ---- Totals ---- */

static int
watch_totals (const kvault_totals_result *so_far,
              void                       *data)
{
  uint64_t *seen = data;

  assert_int (so_far->keys, >=, seen[0]);
  assert_int (so_far->bytes, >=, seen[1]);
  seen[0] = so_far->keys;
  seen[1] = so_far->bytes;
  return ++seen[2] == seen[3];
}

static void
totals_add_up (void)
{
  kvault *vault = kvtest_create ("a.db");
  uint64_t seen[4] = { 0 };
  uint8_t value[50] = { 0 };
  kvault_totals_result totals;
  char *path = kvtest_format ("%s", kvault_location (vault));

  kvault_close (vault);
  kvtest_sql (path, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 19999) INSERT INTO kv SELECT CAST(printf('%%05d', i) AS BLOB), "
                    "zeroblob(i %% 50) FROM n;");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "\xff", 1, value, 50));
  assert_ok (vault, kvault_totals (vault, NULL, 0, watch_totals, seen, &totals));
  assert_int (totals.keys, ==, 20001);
  assert_int (totals.bytes, ==, 20000 / 50 * (49 * 50 / 2) + 50);
  assert_int (totals.unreadable, ==, 0);
  assert_int (seen[2], >=, 4);
  assert_int (seen[2], <=, 8);

  assert_ok (vault, kvault_totals (vault, "001", 3, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 100);
  assert_int (totals.bytes, ==, 2 * (49 * 50 / 2));
  assert_ok (vault, kvault_totals (vault, "\xff", 1, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 1);
  assert_int (totals.bytes, ==, 50);
  assert_ok (vault, kvault_totals (vault, "nothing", 7, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 0);

  memset (seen, 0, sizeof seen);
  seen[3] = 2;
  assert_result (vault, kvault_totals (vault, NULL, 0, watch_totals, seen, &totals),
                 KVAULT_ECANCELLED);
  assert_int (seen[2], ==, 2);
  kvault_close (vault);
}

static void
totals_count_what_cannot_be_read (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("damaged/table_leaf_wrecked.db"),
                               KVAULT_ACCESS_VIEW);
  kvault_totals_result totals;

  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 307);
  assert_int (totals.unreadable, ==, 84);
  assert_int (totals.bytes, >, 0);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/cursor/agrees-with-a-model", agrees_with_a_model },
  { "/kvault/cursor/prefixes-reach-through-ff", prefixes_reach_through_ff },
  { "/kvault/cursor/has-no-end-but-the-end", has_no_end_but_the_end },
  { "/kvault/cursor/walks-the-odd-keys", walks_the_odd_keys },
  { "/kvault/cursor/walks-nothing", walks_nothing },
  { "/kvault/cursor/copies-its-options", copies_its_options },
  { "/kvault/cursor/lists-keys-of-every-class", lists_keys_of_every_class },
  { "/kvault/cursor/goes-on-from-any-class", goes_on_from_any_class },
  { "/kvault/cursor/goes-on-behind-damage", goes_on_behind_damage },
  { "/kvault/cursor/shows-one-moment", shows_one_moment },
  { "/kvault/cursor/lets-the-same-handle-delete-as-it-goes",
    lets_the_same_handle_delete_as_it_goes },
  { "/kvault/cursor/several-walk-at-once", several_walk_at_once },
  { "/kvault/cursor/closes-with-its-handle", closes_with_its_handle },
  { "/kvault/cursor/totals-add-up", totals_add_up },
  { "/kvault/cursor/totals-count-what-cannot-be-read", totals_count_what_cannot_be_read },
};

KVTEST_MAIN (tests)
