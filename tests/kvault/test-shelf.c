/* SPDX-License-Identifier: MIT */
/* Values that wait for all handles of a process on a file: what lies there, and what is taken off again: shelf.c. */
#include "shelved.h"

#define CROWD 100000

static void
putting_again_replaces (void)
{
  kvault_shelf_stats before, after;
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V1);
  shelved_put (self.one, "row", "four");
  shelved_lay (self.one, "key", "1");
  shelved_lay (self.two, "row", "2");
  before = shelved_stats (&self);
  assert_int (before.entries, ==, 2);
  assert_int (before.bytes, ==, 3 + 1 + 3 + 1);
  assert_int (before.new_keys, ==, 1);
  assert_int (before.replaced_bytes, ==, 4);
  while (shelved_stats (&self).oldest_age_ms < 20)
    kvtest_sleep (0.001);
  shelved_lay (self.two, "key", "three");
  shelved_lay (self.one, "row", "eight");
  after = shelved_stats (&self);
  assert_int (after.oldest_age_ms, >=, 20);   /* the key has waited, whatever for */
  assert_int (after.entries, ==, 2);
  assert_int (after.value_bytes, ==, 10);
  assert_int (after.new_keys, ==, 1);
  assert_int (after.replaced_bytes, ==, 4);
  shelved_assert (self.one, "key", "three");
  shelved_assert (self.two, "row", "eight");
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_str (shelved_in_file (&self), "key=three row=eight ");
  assert_int (shelved_stats (&self).entries, ==, 0);
  assert_int (shelved_stats (&self).oldest_age_ms, ==, 0);
  shelved_tear_down (&self);
}

/* Who deletes flushes first. Who does not has deleted the row, and nothing else: what lies there lies there for all. */
static void
deleting_is_of_rows (void)
{
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_put (self.one, "row", "old");
  shelved_lay (self.one, "row", "new");
  shelved_lay (self.one, "key", "waits");
  assert_result (self.one, kvault_delete (self.one, "key", 3), KVAULT_NOTFOUND);
  assert_ok (self.one, kvault_delete (self.one, "row", 3));
  shelved_assert (self.one, "key", "waits");
  shelved_assert (self.one, "row", "new");
  shelved_assert (self.two, "row", "new");
  assert_ok (self.two, kvault_shelf_flush (self.two));
  assert_ok (self.one, kvault_delete (self.one, "key", 3));
  assert_str (shelved_in_file (&self), "row=new ");
  shelved_assert_none (self.two, "key");
  shelved_tear_down (&self);
}

/* ---- taking off, and laying back ---- */

/* Off it, nobody sees it and nothing writes it; it comes back as it was, unless something newer is there. */
static void
what_is_taken_comes_back (void)
{
  kvault_taken *taken, *none;
  kvault_shelf_stats before, after;
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_put (self.one, "key", "old");
  shelved_lay (self.one, "key", "new");
  shelved_lay (self.one, "other", "waits");
  before = shelved_stats (&self);
  taken = shelved_take (self.two, "key");
  assert_result (self.one, kvault_shelf_take (self.one, "key", 3, &none), KVAULT_NOTFOUND);
  assert_int (kvault_shelf_has (self.shelf, "kv", "key", 3), ==, 0);
  assert_int (kvault_shelf_has (self.shelf, "kv", "other", 5), ==, 1);
  assert_int (kvault_shelf_has (self.shelf, "other", "other", 5), ==, 0);
  assert_true (none == NULL);
  assert_int (shelved_stats (&self).entries, ==, 1);
  shelved_assert (self.one, "key", "old");
  kvault_shelf_give_back (self.shelf, taken);
  kvault_shelf_give_back (self.shelf, taken);
  after = shelved_stats (&self);
  assert_int (after.entries, ==, 2);
  assert_int (after.bytes, ==, before.bytes);
  assert_int (after.replaced_bytes, ==, before.replaced_bytes);
  shelved_assert (self.one, "key", "new");
  shelved_assert (self.two, "key", "new");
  kvault_taken_free (taken);

  taken = shelved_take (self.one, "key");
  shelved_lay (self.two, "key", "newest");
  kvault_shelf_give_back (self.shelf, taken);
  kvault_taken_free (taken);
  shelved_assert (self.one, "key", "newest");
  taken = shelved_take (self.one, "key");
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_str (shelved_in_file (&self), "key=old other=waits ");
  kvault_taken_free (taken);
  shelved_tear_down (&self);
}

/* ---- many at once ---- */

#define POOL 60              /* keys that there are */
#define WANTED 40            /* of which so many are taken, some twice */

static const char *
name_of (uint64_t i)
{
  return kvtest_format ("key %02d", (int) i);
}

static void
assert_same (kvault *one, kvault_shelf *shelf, kvault *other, kvault_shelf *other_shelf)
{
  kvault_shelf_stats a, b;

  kvault_shelf_stats_get (shelf, NULL, &a);
  kvault_shelf_stats_get (other_shelf, NULL, &b);
  assert_int (a.entries, ==, b.entries);
  assert_int (a.bytes, ==, b.bytes);
  assert_int (a.value_bytes, ==, b.value_bytes);
  assert_int (a.new_keys, ==, b.new_keys);
  assert_int (a.replaced_bytes, ==, b.replaced_bytes);
  assert_str (shelved_walk (one, NULL), shelved_walk (other, NULL));
}

/* One after the other from one shelf, and together from another with the same on it: what is given and what is left is the same. */
static void
many_are_taken_like_single_ones (void)
{
  uint64_t seed = 7;

  for (int round = 0; round < 20; round++)
    {
      kvault_shelf *other_shelf = kvault_shelf_new ();
      kvault_taken *single[WANTED], *many[WANTED];
      kvault_entry keys[WANTED];
      kvault *other;
      Shelved self;

      kvtest_remove (kvtest_folder ());
      kvtest_make_folder (kvtest_folder ());
      snprintf (kvtest_context, sizeof kvtest_context, "round %d", round);
      shelved_set_up (&self, KVAULT_SECTION_V2);
      other = shelved_open (self.path, other_shelf, NULL);
      for (int i = 0; i < POOL; i += 3)
        shelved_put (self.one, name_of (kvtest_random (&seed) % POOL), "in the table");
      for (int i = 0; i < (round % 8) * 10; i++)
        {
          const char *key = name_of (kvtest_random (&seed) % POOL), *value = kvtest_format ("value %d", i);

          shelved_lay (self.one, key, value);
          shelved_lay (other, key, value);
        }
      for (int i = 0; i < WANTED; i++)
        {
          const char *key = name_of (kvtest_random (&seed) % POOL);
          int rc = kvault_shelf_take (self.one, key, strlen (key), &single[i]);

          keys[i] = (kvault_entry) { .key = key, .key_size = strlen (key) };
          assert_int (rc, ==, single[i] != NULL ? KVAULT_OK : KVAULT_NOTFOUND);
        }
      assert_ok (other, kvault_shelf_take_many (other, keys, WANTED, many));
      for (int i = 0; i < WANTED; i++)
        assert_int (single[i] != NULL, ==, many[i] != NULL);
      assert_same (self.one, self.shelf, other, other_shelf);

      for (int i = 0; i < WANTED; i++)
        if (single[i] != NULL && kvtest_random (&seed) % 2)
          {
            kvault_shelf_give_back (self.shelf, single[i]);
            kvault_shelf_give_back (other_shelf, many[i]);
          }
      assert_same (self.one, self.shelf, other, other_shelf);
      for (int i = 0; i < WANTED; i++)
        {
          kvault_taken_free (single[i]);
          kvault_taken_free (many[i]);
        }
      kvault_close (other);
      kvault_shelf_unref (other_shelf);
      shelved_tear_down (&self);
    }
}

/* All that waits, taken off one by one, would be looked through half of CROWD times CROWD times. */
static void
a_crowd_is_taken_in_one_pass (void)
{
  kvault_taken **taken = malloc (CROWD * sizeof *taken);
  kvault_entry *keys = malloc (CROWD * sizeof *keys);
  char (*names)[12] = malloc (CROWD * sizeof *names);
  double begun, put, took;
  Shelved self;
  uint64_t n;

  assert_true (taken != NULL && keys != NULL && names != NULL);
  shelved_set_up (&self, KVAULT_SECTION_V2);
  begun = kvtest_cpu ();
  for (int i = 0; i < CROWD; i++)
    {
      snprintf (names[i], sizeof names[i], "%08d", (int) ((int64_t) i * 7919 % CROWD));
      shelved_lay (self.one, names[i], "waits");
      keys[i] = (kvault_entry) { .key = names[i], .key_size = 8 };
    }
  put = kvtest_cpu () - begun;
  assert_int (shelved_stats (&self).entries, ==, CROWD);
  begun = kvtest_cpu ();
  assert_ok (self.two, kvault_shelf_take_many (self.two, keys, CROWD, taken));
  took = kvtest_cpu () - begun;
  assert_true (took < put);
  assert_int (shelved_stats (&self).entries, ==, 0);
  assert_int (shelved_stats (&self).bytes, ==, 0);
  for (int i = 0; i < CROWD; i++)
    {
      assert_true (taken[i] != NULL);
      kvault_shelf_give_back (self.shelf, taken[i]);
      kvault_taken_free (taken[i]);
    }
  assert_ok (self.one, kvault_count (self.one, &n));
  assert_int (n, ==, CROWD);
  free (names);
  free (keys);
  free (taken);
  shelved_tear_down (&self);
}

static const KvTest tests[] = {
  { "/kvault/shelf/putting-again-replaces", putting_again_replaces },
  { "/kvault/shelf/deleting-is-of-rows", deleting_is_of_rows },
  { "/kvault/shelf/what-is-taken-comes-back", what_is_taken_comes_back },
  { "/kvault/shelf/many-are-taken-like-single-ones", many_are_taken_like_single_ones },
  { "/kvault/shelf/a-crowd-is-taken-in-one-pass", a_crowd_is_taken_in_one_pass },
};

KVTEST_MAIN (tests)
