/* SPDX-License-Identifier: MIT */
/* Searching the bytes of a value. No display needed. */
#include <coffer-bytes-find.h>
#include <string.h>

#define SIZE (3 << 20)

/* Zeros, with a needle at each of these places. */
static GInputStream *
make_stream (const gsize *places,
             gsize        n_places)
{
  guint8 *bytes = g_malloc0 (SIZE);

  for (gsize i = 0; i < n_places; i++)
    memcpy (bytes + places[i], "needle", 6);

  return g_memory_input_stream_new_from_data (bytes, SIZE, g_free);
}

static gint64
find (GInputStream *stream,
      const char   *text,
      guint64       begin,
      guint64       end,
      gboolean      last)
{
  g_autoptr(GBytes) needle = g_bytes_new (text, strlen (text));
  g_autoptr(GError) error = NULL;
  guint64 found;
  gboolean is_there = coffer_bytes_find (stream, needle, begin, end, last, &found, NULL, &error);

  g_assert_no_error (error);

  return is_there ? (gint64) found : -1;
}

/* The third lies across the border of two pieces, the last at the very end. */
static const gsize places[] = { 0, 100, (1 << 20) - 3, SIZE - 6 };

static void
test_finds_the_first_and_the_last (void)
{
  g_autoptr(GInputStream) stream = make_stream (places, G_N_ELEMENTS (places));

  g_assert_cmpint (find (stream, "needle", 0, SIZE, FALSE), ==, 0);
  g_assert_cmpint (find (stream, "needle", 1, SIZE, FALSE), ==, 100);
  g_assert_cmpint (find (stream, "needle", 101, SIZE, FALSE), ==, (1 << 20) - 3);
  g_assert_cmpint (find (stream, "needle", 1 << 20, SIZE, FALSE), ==, SIZE - 6);
  g_assert_cmpint (find (stream, "needle", 0, SIZE, TRUE), ==, SIZE - 6);
  g_assert_cmpint (find (stream, "needle", 0, SIZE - 6, TRUE), ==, (1 << 20) - 3);
  g_assert_cmpint (find (stream, "needle", 0, (1 << 20) - 3, TRUE), ==, 100);
}

static void
test_finds_nothing_where_nothing_is (void)
{
  g_autoptr(GInputStream) stream = make_stream (places, 3);

  g_assert_cmpint (find (stream, "needles", 0, SIZE, FALSE), ==, -1);
  g_assert_cmpint (find (stream, "needle", 101, 1 << 10, FALSE), ==, -1);
  g_assert_cmpint (find (stream, "needle", 1 << 20, SIZE, FALSE), ==, -1);
  g_assert_cmpint (find (stream, "needle", 5, 5, FALSE), ==, -1);
}

/* "aa" in "aaa" is there twice. */
static void
test_finds_what_overlaps (void)
{
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data ("aaab", 4, NULL);

  g_assert_cmpint (find (stream, "aa", 0, 4, FALSE), ==, 0);
  g_assert_cmpint (find (stream, "aa", 1, 4, FALSE), ==, 1);
  g_assert_cmpint (find (stream, "aa", 0, 4, TRUE), ==, 1);
}

static void
test_can_be_cancelled (void)
{
  g_autoptr(GInputStream) stream = make_stream (places, 0);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GBytes) needle = g_bytes_new ("x", 1);
  g_autoptr(GError) error = NULL;
  guint64 found;

  g_cancellable_cancel (cancellable);
  g_assert_false (coffer_bytes_find (stream, needle, 0, SIZE, FALSE, &found, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bytes/find/finds-the-first-and-the-last", test_finds_the_first_and_the_last);
  g_test_add_func ("/bytes/find/finds-nothing-where-nothing-is", test_finds_nothing_where_nothing_is);
  g_test_add_func ("/bytes/find/finds-what-overlaps", test_finds_what_overlaps);
  g_test_add_func ("/bytes/find/can-be-cancelled", test_can_be_cancelled);

  return g_test_run ();
}
