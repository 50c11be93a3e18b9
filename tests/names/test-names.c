/* SPDX-License-Identifier: MIT */
/* Keys become names that do no harm and meet no other: src/names. */
#include "kvtest.h"

#include <names.h>

#define BYTES(text) ((names_bytes) { text, sizeof text - 1 })

static void
assert_part (names_bytes part,
             unsigned    flags,
             const char *ending,
             const char *expected)
{
  names_text text = { NULL };

  assert_true (names_add_part (&text, part, flags, ending));
  assert_str (text.data, expected);
  names_text_clear (&text);
}

static void
loses_nothing_of_a_key (void)
{
  assert_part (BYTES (""), NAMES_WHOLE, NULL, "%");
  assert_part (BYTES (".."), NAMES_WHOLE, NULL, "%2E%2E");
  assert_part (BYTES ("a\0b\x1b\xff"), NAMES_WHOLE, NULL, "a%00b%1B%FF");
  assert_part (BYTES (".ssh: *"), NAMES_WHOLE, NULL, ".ssh: *");
  assert_part (BYTES ("a"), NAMES_WHOLE, "png", "a.png");
}

static void
is_plain_for_people (void)
{
  assert_part (BYTES (""), NAMES_PLAIN, NULL, "value");
  assert_part (BYTES ("  "), NAMES_PLAIN, "txt", "value.txt");
  assert_part (BYTES (".."), NAMES_PLAIN, NULL, "_._");
  assert_part (BYTES (".. odd:name "), NAMES_PLAIN, "txt", "_.. odd_name.txt");
  assert_part (BYTES ("ends."), NAMES_PLAIN, NULL, "ends_");
  assert_part (BYTES ("a\0b\nc\xff"), NAMES_PLAIN, NULL, "a_b_c_");
  assert_part (BYTES ("user:1\\x|"), NAMES_PLAIN, NULL, "user_1_x_");
  assert_part (BYTES ("evil\xe2\x80\xaegnp.exe"), NAMES_PLAIN, NULL, "evil_gnp.exe");
  assert_part (BYTES ("\xe5\x9c\x96\xf0\x9f\x90\xbb"), NAMES_PLAIN, NULL, "\xe5\x9c\x96\xf0\x9f\x90\xbb");
}

static void
adds_an_ending_where_there_is_none (void)
{
  assert_part (BYTES ("a.jpeg"), NAMES_PLAIN, "jpg", "a.jpeg");
  assert_part (BYTES ("photo.1"), NAMES_PLAIN, "png", "photo.1.png");
  assert_part (BYTES ("a.7z"), NAMES_PLAIN, "7z", "a.7z");
  assert_part (BYTES ("v1.b c"), NAMES_PLAIN, "txt", "v1.b c.txt");
  assert_part (BYTES ("a.thisisnoending"), NAMES_PLAIN, "txt", "a.thisisnoending.txt");
  assert_part (BYTES ("a."), NAMES_PLAIN, "txt", "a_.txt");
}

/* Long ones keep their ending, fit with a number, and do not become one. */
static void
tells_long_names_apart (void)
{
  static const unsigned ways[] = { NAMES_WHOLE, NAMES_PLAIN };
  char key[4096];

  for (size_t i = 0; i < KVTEST_N (ways); i++)
    {
      names_paths *paths = names_paths_new (ways[i]);
      char *first;

      memset (key, '\x1b', sizeof key);
      memcpy (key + sizeof key - 4, ".png", 4);
      first = strdup (names_paths_take (paths, (names_bytes) { key, sizeof key }, "png"));
      assert_int (strlen (first), <=, NAMES_PART_MAX);
      assert_str (first + strlen (first) - 4, ".png");
      key[2000] = 'a';
      assert_true (strcmp (first, names_paths_take (paths, (names_bytes) { key, sizeof key }, "png")) != 0);
      free (first);
      names_paths_free (paths);
    }
}

static void
assert_path (names_paths *paths,
             names_bytes  key,
             const char  *ending,
             const char  *expected)
{
  assert_str (names_paths_take (paths, key, ending), expected);
}

static void
gives_each_key_a_path (void)
{
  names_paths *paths = names_paths_new (NAMES_WHOLE);

  assert_path (paths, BYTES ("../x"), NULL, "%2E%2E/x");
  assert_path (paths, BYTES ("/etc/x"), NULL, "%/etc/x");
  assert_path (paths, BYTES ("a"), NULL, "a");
  assert_path (paths, BYTES ("a/b.png"), NULL, "a (2)/b.png");
  assert_path (paths, BYTES ("\xff"), NULL, "%FF");
  assert_path (paths, BYTES ("%FF"), NULL, "%FF (2)");
  assert_path (paths, BYTES ("A"), NULL, "A");
  assert_str (names_paths_take_another (paths), "A (2)");
  names_paths_set_written (paths);
  assert_true (names_paths_is_written (paths, BYTES ("A (2)")));
  assert_true (!names_paths_is_written (paths, BYTES ("A")));
  names_paths_free (paths);
}

/* As for files that are dragged out: one folder, and it may be one of Windows'. */
static void
gives_each_key_a_name_in_one_folder (void)
{
  names_paths *paths = names_paths_new (NAMES_PLAIN | NAMES_FLAT | NAMES_FOLDED);

  assert_path (paths, BYTES ("2023/Über.png"), "png", "Über.png");
  assert_path (paths, BYTES ("2024/über.PNG"), "png", "über (2).PNG");
  assert_path (paths, BYTES ("2024/über.png/"), "png", "über (3).png");
  assert_path (paths, BYTES ("a:b"), "txt", "a_b.txt");
  assert_path (paths, BYTES ("A?B"), "txt", "A_B (2).txt");
  assert_path (paths, BYTES ("///"), NULL, "value");
  assert_path (paths, BYTES ("ДОМ"), NULL, "ДОМ");
  assert_path (paths, BYTES ("дом"), NULL, "дом (2)");
  names_paths_set_written (paths);
  assert_true (names_paths_is_written (paths, BYTES ("Дом (2)")));
  names_paths_free (paths);
}

/* Nothing of a key, whatever it is, leads out of the folder. */
static void
stays_in_its_folder (void)
{
  uint64_t seed = 1;

  for (unsigned flags = NAMES_WHOLE; flags <= (NAMES_PLAIN | NAMES_FLAT | NAMES_FOLDED); flags++)
    {
      names_paths *paths = names_paths_new (flags);

      for (unsigned i = 0; i < 2000; i++)
        {
          static const char bytes[] = "../a.\0\xff\xc3\xa9\n ~B";
          char key[64];
          size_t size = kvtest_random (&seed) % sizeof key;
          const char *path;

          for (size_t at = 0; at < size; at++)
            key[at] = bytes[kvtest_random (&seed) % (sizeof bytes - 1)];
          path = names_paths_take (paths, (names_bytes) { key, size }, i % 2 ? "png" : NULL);
          assert_true (*path != '/' && *path != '\0' && strstr (path, "//") == NULL);
          assert_true (strncmp (path, "../", 3) != 0 && strstr (path, "/../") == NULL && strstr (path, "/./") == NULL);
          assert_true (strcmp (path, "..") != 0 && strcmp (path, ".") != 0 && path[strlen (path) - 1] != '/');
          assert_true (!(flags & NAMES_FLAT) || strchr (path, '/') == NULL);
          assert_true (!(flags & NAMES_PLAIN) || (*path != '.' && strstr (path, "/.") == NULL));
        }
      names_paths_free (paths);
    }
}

static const KvTest tests[] = {
  { "/names/loses-nothing-of-a-key", loses_nothing_of_a_key },
  { "/names/is-plain-for-people", is_plain_for_people },
  { "/names/adds-an-ending-where-there-is-none", adds_an_ending_where_there_is_none },
  { "/names/tells-long-names-apart", tells_long_names_apart },
  { "/names/gives-each-key-a-path", gives_each_key_a_path },
  { "/names/gives-each-key-a-name-in-one-folder", gives_each_key_a_name_in_one_folder },
  { "/names/stays-in-its-folder", stays_in_its_folder },
};

KVTEST_MAIN (tests)
