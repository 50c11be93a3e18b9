/* SPDX-License-Identifier: MIT */
/* Sizes and types of rows as they are packed and kept, beside plain arrays of them. */
#include "coffer-census-private.h"
#include "displayless.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATH "/of/a/vault"
#define MUTATIONS 4000

typedef struct {
  gint64 id;
  guint64 size;
  const char *label;
} Row;

typedef struct {
  char *folder;
  char *file;
  GArray *rows;             /* of Row */
} Fixture;

static const CofferFileState state = { { 1, 2, 3, 4, 5 }, { 0 } };

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->file = g_build_filename (fixture->folder, "kept", NULL);
  fixture->rows = g_array_new (FALSE, FALSE, sizeof (Row));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_array_unref (fixture->rows);
  g_free (fixture->file);
  test_folder_remove (fixture->folder);
}

static void
add (Fixture    *fixture,
     gint64      id,
     guint64     size,
     const char *label)
{
  Row row = { id, size, label };

  g_array_append_val (fixture->rows, row);
}

static CofferCensus *
make_census (Fixture  *fixture,
             gboolean  has_types)
{
  CofferCensus *census = coffer_census_new (has_types);

  for (guint i = 0; i < fixture->rows->len; i++)
    {
      const Row *row = &g_array_index (fixture->rows, Row, i);

      coffer_census_add (census, row->id, row->size, row->label);
    }
  coffer_census_end (census);
  return census;
}

static void
assert_row (const CofferCensus *census,
            const Row          *row)
{
  const char *label = "";
  guint64 size = 0;

  g_assert_true (coffer_census_find (census, row->id, &size, &label));
  g_assert_cmpuint (size, ==, row->size);
  g_assert_cmpstr (label, ==, coffer_census_has_types (census) ? row->label : NULL);
}

/* Neither @id nor, at its ends, a number that wraps. */
static void
assert_nothing_between (const CofferCensus *census,
                        gint64              before,
                        gint64              after)
{
  guint64 size;

  if (after - 1 > before)
    {
      g_assert_false (coffer_census_find (census, before + 1, &size, NULL));
      g_assert_false (coffer_census_find (census, after - 1, &size, NULL));
    }
}

static void
assert_census (Fixture            *fixture,
               const CofferCensus *census)
{
  const Row *rows = (gconstpointer) fixture->rows->data;
  guint64 n_bytes = 0, unreadable = 0, size;
  guint n = fixture->rows->len;

  for (guint i = 0; i < n; i++)
    {
      assert_row (census, &rows[i]);
      if (i > 0)
        assert_nothing_between (census, rows[i - 1].id, rows[i].id);
      unreadable += rows[i].size == G_MAXUINT64;
      n_bytes += rows[i].size != G_MAXUINT64 ? rows[i].size : 0;
    }
  g_assert_cmpuint (coffer_census_get_n_rows (census), ==, n);
  g_assert_cmpuint (coffer_census_get_n_bytes (census), ==, n_bytes);
  g_assert_cmpuint (coffer_census_get_unreadable (census), ==, unreadable);
  if (n == 0 || rows[0].id > G_MININT64)
    g_assert_false (coffer_census_find (census, G_MININT64, &size, NULL));
  if (n == 0 || rows[n - 1].id < G_MAXINT64)
    g_assert_false (coffer_census_find (census, G_MAXINT64, &size, NULL));
}

/* As it was made, and as it comes back from a file. */
static void
assert_kept (Fixture  *fixture,
             gboolean  has_types)
{
  g_autoptr(CofferCensus) census = make_census (fixture, has_types);
  g_autoptr(CofferCensus) kept = NULL;
  g_autoptr(GError) error = NULL;

  assert_census (fixture, census);
  coffer_census_save (census, fixture->file, PATH, "kv", &state, &error);
  g_assert_no_error (error);
  kept = coffer_census_load (fixture->file, PATH, "kv", &state);
  g_assert_nonnull (kept);
  g_assert_cmpint (coffer_census_has_types (kept), ==, has_types);
  assert_census (fixture, kept);
}

static gsize
get_kept_size (Fixture *fixture)
{
  GStatBuf st;

  g_assert_no_errno (g_stat (fixture->file, &st));
  return (gsize) st.st_size;
}

static void
no_rows_have_nothing (Fixture       *fixture,
                      gconstpointer  data)
{
  assert_kept (fixture, FALSE);
  assert_kept (fixture, TRUE);
}

static void
rows_alike_take_next_to_nothing (Fixture       *fixture,
                                 gconstpointer  data)
{
  for (gint64 id = 1; id <= 100 * 1000; id++)
    add (fixture, id, 8, "JPEG");
  assert_kept (fixture, TRUE);
  g_assert_cmpuint (get_kept_size (fixture), <, 100 * 1000 / 16);
}

/* Sizes up to a megabyte, three kinds, and a tenth of the ids left out. */
static void
pictures_take_three_bytes (Fixture       *fixture,
                           gconstpointer  data)
{
  const char *const labels[] = { "JPEG", "PNG", "WebP" };
  gint64 id = 0;

  for (guint i = 0; i < 100 * 1000; i++)
    {
      id += 1 + (g_test_rand_int_range (0, 10) == 0);
      add (fixture, id, (guint64) g_test_rand_int_range (1000, 1000 * 1000), labels[g_test_rand_int_range (0, 3)]);
    }
  assert_kept (fixture, FALSE);
  g_assert_cmpuint (get_kept_size (fixture), <, 100 * 1000 * 7 / 2);
  assert_kept (fixture, TRUE);
}

/* A number of as many bits as comes up, up to all of them. */
static guint64
pick_number (guint most_bits)
{
  guint bits = (guint) g_test_rand_int_range (0, (gint32) most_bits + 1);
  guint64 number = (guint64) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();

  return bits > 0 ? number >> (64 - bits) : 0;
}

static void
numbers_of_any_width_come_back (Fixture       *fixture,
                                gconstpointer  data)
{
  char *labels[300];

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    labels[i] = g_strdup_printf ("kind %u", i);
  for (guint round = 0; round < 200; round++)
    {
      guint n_rows = (guint) g_test_rand_int_range (1, 2000);
      guint size_bits = (guint) g_test_rand_int_range (0, 65), gap_bits = (guint) g_test_rand_int_range (0, 50);
      gint64 id = (gint64) pick_number (62) * (g_test_rand_bit () ? 1 : -1);

      g_array_set_size (fixture->rows, 0);
      for (guint i = 0; i < n_rows; i++)
        {
          add (fixture, id, g_test_rand_int_range (0, 100) == 0 ? G_MAXUINT64 : pick_number (size_bits),
               g_test_rand_bit () ? g_intern_string (labels[g_test_rand_int_range (0, 255)]) : NULL);
          id += 1 + (gint64) pick_number (gap_bits);
        }
      assert_kept (fixture, g_test_rand_bit ());
    }
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    g_free (labels[i]);
}

static void
ends_of_all_numbers_come_back (Fixture       *fixture,
                               gconstpointer  data)
{
  add (fixture, G_MININT64, G_MAXUINT64 - 1, NULL);
  add (fixture, G_MININT64 + 1, 0, NULL);
  add (fixture, -1, G_MAXUINT64, NULL);
  add (fixture, 0, G_GUINT64_CONSTANT (1) << 63, NULL);
  add (fixture, G_MAXINT64 - 1, G_GUINT64_CONSTANT (1) << 57, NULL);
  add (fixture, G_MAXINT64, 1, NULL);
  assert_kept (fixture, FALSE);

  g_array_set_size (fixture->rows, 0);
  for (gint64 i = 0; i < 2000; i++)   /* nothing can be read */
    add (fixture, i * i - 1000, G_MAXUINT64, NULL);
  assert_kept (fixture, FALSE);
}

/* Far apart, where a guess is far off. */
static void
rows_in_heaps_are_found (Fixture       *fixture,
                         gconstpointer  data)
{
  const gint64 heaps[] = { G_MININT64 / 2, -5000 * 1000, 0, 30 * 1000, G_MAXINT64 / 2 };

  for (guint heap = 0; heap < G_N_ELEMENTS (heaps); heap++)
    for (gint64 i = 0; i < 700 << heap; i++)
      add (fixture, heaps[heap] + i, (guint64) i, NULL);
  assert_kept (fixture, FALSE);
}

/* One type more than there are numbers for: they have none. */
static void
types_beyond_all_numbers_have_none (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(CofferCensus) census = NULL;
  const char *label;
  guint64 size;

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *name = g_strdup_printf ("kind %u", i);

      add (fixture, i, i, g_intern_string (name));
    }
  census = make_census (fixture, TRUE);
  g_assert_true (coffer_census_find (census, 254, &size, &label));
  g_assert_cmpstr (label, ==, "kind 254");
  g_assert_true (coffer_census_find (census, 255, &size, &label));
  g_assert_cmpstr (label, ==, NULL);
}

/* ---- files that are not what was written ---- */

static char *
keep_some (Fixture *fixture,
           gsize   *size)
{
  g_autoptr(CofferCensus) census = NULL;
  char *content;

  for (guint i = 0; i < 1200; i++)
    add (fixture, i < 600 ? i : 3 * (gint64) i, i % 50 == 0 ? G_MAXUINT64 : i * 37 % 1000, i % 3 == 0 ? "PNG" : "JPEG");
  for (guint i = 0; i < fixture->rows->len; i++)
    g_array_index (fixture->rows, Row, i).label = g_intern_string (g_array_index (fixture->rows, Row, i).label);
  census = make_census (fixture, TRUE);
  g_assert_true (coffer_census_save (census, fixture->file, PATH, "kv", &state, NULL));
  g_assert_true (g_file_get_contents (fixture->file, &content, size, NULL));
  return content;
}

/* What is taken for a census after all answers, whatever it answers. */
static void
assert_harmless (Fixture    *fixture,
                 const char *content,
                 gsize       size)
{
  g_autoptr(CofferCensus) census = NULL;
  guint64 n_found = 0;

  g_assert_true (g_file_set_contents_full (fixture->file, content, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  census = coffer_census_load (fixture->file, PATH, "kv", &state);
  if (census == NULL)
    return;
  for (gint64 id = -10; id < 4000; id++)
    {
      const char *label = NULL;
      guint64 bytes;

      if (coffer_census_find (census, id, &bytes, &label))
        n_found += label == NULL || strlen (label) < 1000;
    }
  g_assert_cmpuint (n_found, <=, coffer_census_get_n_rows (census));
}

static void
damaged_files_are_harmless (Fixture       *fixture,
                            gconstpointer  data)
{
  gsize size;
  g_autofree char *content = keep_some (fixture, &size);
  g_autofree char *damaged = g_malloc (size);

  for (guint i = 0; i < MUTATIONS; i++)
    {
      gsize head = i % 2 == 0 ? MIN (size, 400) : size;   /* all that numbers lead from is in front */

      memcpy (damaged, content, size);
      for (guint n = (guint) g_test_rand_int_range (1, 4); n > 0; n--)
        {
          gsize at = (gsize) g_test_rand_int_range (0, (gint32) head);

          damaged[at] = g_test_rand_bit () ? (char) g_test_rand_int () : (char) (damaged[at] ^ 1 << g_test_rand_int_range (0, 8));
        }
      assert_harmless (fixture, damaged, size);
    }
  for (gsize cut = 0; cut < size; cut += 7)
    assert_harmless (fixture, content, cut);
}

/* Numbers that no census has, as of a file that was made to deceive: there is an answer, from within the block. */
static void
blocks_of_any_numbers_answer (Fixture       *fixture,
                              gconstpointer  data)
{
  for (guint round = 0; round < MUTATIONS; round++)
    {
      CofferCensusShape shape = { .first_id = (gint64) pick_number (64), .least_size = pick_number (64),
                                  .n_rows = (guint16) g_test_rand_int_range (0, 600),
                                  .gap_bits = (guint8) g_test_rand_int_range (0, 66),
                                  .size_bits = (guint8) g_test_rand_int_range (0, 66),
                                  .type_bits = (guint8) g_test_rand_int_range (0, 10), .least_type = (guint8) g_test_rand_int (),
                                  .has_unreadable = (guint8) g_test_rand_bit () };
      CofferCensusBlock block;
      guint64 size;
      guint8 type;

      if (!coffer_census_shape_is_sound (&shape))
        continue;
      coffer_census_block_init (&block, &shape);
      for (gsize i = 0; i < coffer_census_shape_get_size (&shape); i++)
        block.packed[i] = (guint8) g_test_rand_int ();
      for (guint i = 0; i < 20; i++)
        {
          gint64 id = (gint64) ((guint64) shape.first_id + pick_number (64));

          coffer_census_block_expect (&block, id);
          coffer_census_block_find (&block, id, &size, &type);
        }
      for (guint i = 0; i < shape.n_rows; i++)
        {
          CofferCensusRow row;

          coffer_census_block_get (&block, i, &row);
        }
      g_free (block.packed);
    }
}

/* Every byte counts. */
static void
flipped_bits_are_noticed (Fixture       *fixture,
                          gconstpointer  data)
{
  gsize size;
  g_autofree char *content = keep_some (fixture, &size);

  for (gsize at = 0; at < size; at++)
    {
      g_autoptr(CofferCensus) census = NULL;

      content[at] ^= 0x20;
      g_assert_true (g_file_set_contents_full (fixture->file, content, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      census = coffer_census_load (fixture->file, PATH, "kv", &state);
      content[at] ^= 0x20;
      g_assert_null (census);
    }
}

static void
other_files_are_not_taken (Fixture       *fixture,
                           gconstpointer  data)
{
  CofferFileState other = state;
  g_autofree char *content = NULL;
  gsize size;

  content = keep_some (fixture, &size);
  other.wal.size = 1;
  g_assert_null (coffer_census_load (fixture->file, PATH, "kv", &other));
  g_assert_null (coffer_census_load (fixture->file, PATH, "other", &state));
  g_assert_null (coffer_census_load (fixture->file, PATH "s", "kv", &state));
  content[strlen ("coffer census ")] = '1';
  g_assert_true (g_file_set_contents (fixture->file, content, (gssize) size, NULL));
  g_assert_null (coffer_census_load (fixture->file, PATH, "kv", &state));
}

#define add_case(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_case ("/census-packed/no-rows-have-nothing", no_rows_have_nothing);
  add_case ("/census-packed/rows-alike-take-next-to-nothing", rows_alike_take_next_to_nothing);
  add_case ("/census-packed/pictures-take-three-bytes", pictures_take_three_bytes);
  add_case ("/census-packed/numbers-of-any-width-come-back", numbers_of_any_width_come_back);
  add_case ("/census-packed/ends-of-all-numbers-come-back", ends_of_all_numbers_come_back);
  add_case ("/census-packed/rows-in-heaps-are-found", rows_in_heaps_are_found);
  add_case ("/census-packed/types-beyond-all-numbers-have-none", types_beyond_all_numbers_have_none);
  add_case ("/census-packed/damaged-files-are-harmless", damaged_files_are_harmless);
  add_case ("/census-packed/blocks-of-any-numbers-answer", blocks_of_any_numbers_answer);
  add_case ("/census-packed/flipped-bits-are-noticed", flipped_bits_are_noticed);
  add_case ("/census-packed/other-files-are-not-taken", other_files_are_not_taken);
  return g_test_run ();
}
