/* SPDX-License-Identifier: MIT */
/* Thumbnails: their order, sharing the work, what nobody waits for any more, and giving way to others. */
#include "thumbs.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "coffer-vault-private.h"

static void
shares_the_work (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr(CofferThumbnail) first = test_request (fixture, "img/plain.jpg");
  g_autoptr(CofferThumbnail) second = test_request (fixture, "img/plain.jpg");
  g_autoptr(CofferThumbnail) other_box = test_request_sized (fixture, "img/plain.jpg", 1000, 50);
  g_autoptr(CofferThumbnail) third = NULL;

  coffer_thumbnail_cancel (first);
  test_wait_made (second);
  test_wait_made (other_box);
  g_assert_cmpint (coffer_thumbnail_get_state (first), ==, COFFER_THUMBNAIL_PENDING);
  g_assert_cmpint (gdk_texture_get_height (coffer_thumbnail_get_texture (other_box)), ==, 50);

  third = test_request (fixture, "img/plain.jpg");
  g_assert_cmpint (coffer_thumbnail_get_state (third), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (coffer_thumbnail_get_texture (third) == coffer_thumbnail_get_texture (second));
}

static void
note_cb (CofferThumbnail *thumbnail,
         GParamSpec      *pspec,
         GPtrArray       *order)
{
  g_ptr_array_add (order, thumbnail);
}

static CofferThumbnail *
request_noted (Fixture   *fixture,
               guint      i,
               GPtrArray *order)
{
  g_autofree char *key = g_strdup_printf ("%u", i);
  CofferThumbnail *thumbnail = test_request (fixture, key);

  g_signal_connect (thumbnail, "notify::state", G_CALLBACK (note_cb), order);

  return thumbnail;
}

/* A page, and then the one that is scrolled to: that goes first, each from its top down. */
static void
makes_what_came_last_first (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) order = g_ptr_array_new ();
  guint n_lanes = coffer_vault_get_n_thumb_lanes ();

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      test_put_colour (fixture, key, i << 24 | 0xff);
    }
  test_hold (fixture->vault);
  for (guint i = 0; i < 20; i++)
    {
      if (i == 10)
        test_run_for (50);   /* another turn of the main loop */
      g_ptr_array_add (all, request_noted (fixture, i, order));
    }
  coffer_vault_resume (fixture->vault);

  test_wait_for (order->len == 20);
  for (guint i = 0; i < 10; i++)   /* lanes beside each other may overtake */
    g_assert_cmpuint (ABS ((int) i - (int) (g_ptr_array_index (order, i) == all->pdata[10 + i] ? i : 10)), <=, n_lanes > 1 ? 10 : 0);
  if (n_lanes == 1)
    for (guint i = 0; i < 20; i++)
      g_assert_true (g_ptr_array_index (order, i) == all->pdata[(i + 10) % 20]);
}

static void
reads_nothing_for_nobody (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr(CofferThumbnail) kept = NULL;
  g_autoptr(CofferThumbnail) again = NULL;

  test_hold (fixture->vault);
  g_object_unref (test_request (fixture, "img/photo.png"));
  {
    g_autoptr(CofferThumbnail) cancelled = test_request (fixture, "img/small.bmp");

    coffer_thumbnail_cancel (cancelled);
    coffer_thumbnail_cancel (cancelled);
  }
  kept = test_request (fixture, "img/plain.jpg");
  coffer_vault_resume (fixture->vault);
  test_wait_made (kept);

  again = test_request (fixture, "img/photo.png");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
  g_clear_object (&again);
  again = test_request (fixture, "img/small.bmp");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
}

/* 36 megapixels of few bytes. */
static void
put_large (Fixture    *fixture,
           const char *key)
{
  g_autoptr(GBytes) bytes = test_picture_of (0x336699ff, 6000, "png");

  test_put (fixture, key, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
stops_what_nobody_waits_for (Fixture      *fixture,
                             gconstpointer data)
{
  CofferThumbnail *large;
  g_autoptr(CofferThumbnail) small = NULL;
  g_autoptr(CofferThumbnail) again = NULL;

  put_large (fixture, "large");
  test_put_colour (fixture, "small", 0x00ff00ff);
  large = test_request (fixture, "large");
  test_run_for (30);
  g_object_unref (large);
  small = test_request (fixture, "small");
  g_assert_cmpint (test_wait_made (small), ==, COFFER_THUMBNAIL_READY);
  again = test_request (fixture, "large");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
}

/* Work under way is put aside for whoever needs the file, and taken up again. */
static void
lets_go_of_the_file (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr(CofferThumbnail) large = NULL;
  g_autoptr(CofferThumbnail) small = NULL;

  put_large (fixture, "large");
  test_put_colour (fixture, "small", 0x00ff00ff);
  large = test_request (fixture, "large");
  small = test_request (fixture, "small");
  for (int i = 0; i < 3; i++)
    {
      test_run_for (20);
      test_hold (fixture->vault);
      coffer_vault_resume (fixture->vault);
    }
  g_assert_cmpint (test_wait_made (large), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpint (test_wait_made (small), ==, COFFER_THUMBNAIL_READY);
}

static void
survives_the_end_of_the_vault (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr(CofferThumbnail) large = NULL;
  g_autoptr(CofferThumbnail) late = NULL;

  put_large (fixture, "large");
  large = test_request (fixture, "large");
  test_run_for (20);
  coffer_vault_close (fixture->vault);
  late = test_request (fixture, "large too");
  test_run_for (200);
  g_assert_cmpint (coffer_thumbnail_get_state (late), ==, COFFER_THUMBNAIL_PENDING);
}

static void
uses_the_table_of_the_request (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr(CofferVault) vault = NULL;
  g_autoptr(CofferThumbnails) thumbnails = NULL;
  g_autoptr(CofferKey) key = test_key ("k");
  g_autoptr(CofferThumbnail) in_kv = NULL, in_other = NULL, in_kv_too = NULL;
  g_autoptr(GBytes) blue = test_picture_of (0x0000ffff, 100, "bmp");
  g_autoptr(GString) sql = g_string_new ("CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                                         "INSERT INTO other VALUES (CAST('k' AS BLOB), x'");

  for (gsize i = 0; i < g_bytes_get_size (blue); i++)
    g_string_append_printf (sql, "%02x", ((const guint8 *) g_bytes_get_data (blue, NULL))[i]);
  g_string_append (sql, "')");
  test_put_colour (fixture, "k", 0xff0000ff);
  test_sql (fixture->path, sql->str);

  vault = test_open (fixture->path);
  thumbnails = coffer_thumbnails_new_full (vault, NULL, MEMORY);
  coffer_vault_set_table (vault, "kv");
  in_kv = coffer_thumbnails_request (thumbnails, key, 1000, NULL, BOX, BOX);
  coffer_vault_set_table (vault, "other");
  in_other = coffer_thumbnails_request (thumbnails, key, 1000, NULL, BOX, BOX);
  coffer_vault_set_table (vault, "kv");
  in_kv_too = coffer_thumbnails_request (thumbnails, key, 1000, NULL, BOX, 2 * BOX);
  test_wait_made (in_kv);
  test_wait_made (in_other);
  test_wait_made (in_kv_too);
  g_assert_true (test_is_colour (in_kv, 0xffff0000));
  g_assert_true (test_is_colour (in_other, 0xff0000ff));
  g_assert_true (test_is_colour (in_kv_too, 0xffff0000));
  coffer_vault_close (vault);
}

static void
mark_cb (gboolean *mark)
{
  *mark = TRUE;
}

/* Whoever writes to a file with a rollback journal shuts readers out, and tells nobody when it ends. */
static void
outlasts_who_shuts_it_out (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr(CofferThumbnail) shown = NULL, next = NULL, last = NULL;
  gboolean changed = FALSE;
  sqlite3 *other;

  test_put_colour (fixture, "shown", 0x00ff00ff);
  test_put_colour (fixture, "next", 0x0000ffff);
  test_hold (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode=DELETE");
  coffer_vault_resume (fixture->vault);
  shown = test_request (fixture, "shown");
  g_assert_cmpint (test_wait_made (shown), ==, COFFER_THUMBNAIL_READY);
  g_signal_connect_swapped (shown, "notify", G_CALLBACK (mark_cb), &changed);

  test_hold (fixture->vault);
  coffer_vault_resume (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
  next = test_request (fixture, "next");
  last = test_request (fixture, "absent");
  coffer_thumbnails_check (fixture->thumbnails);
  g_assert_cmpint (test_wait_made (next), ==, COFFER_THUMBNAIL_NONE);
  g_assert_cmpint (test_wait_made (last), ==, COFFER_THUMBNAIL_NONE);
  sqlite3_close (other);
  test_wait_for (coffer_thumbnail_get_state (next) == COFFER_THUMBNAIL_READY);
  g_assert_true (test_is_colour (next, 0xff0000ff));
  g_assert_false (changed);
}

/* A file that is away, and nothing of it is damaged. */
static void
waits_for_the_file (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree char *away = g_build_filename (fixture->folder, "away.db", NULL);
  g_autoptr(CofferThumbnail) next = NULL;

  test_put_colour (fixture, "next", 0x0000ffff);
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_hold (fixture->vault);
  coffer_vault_resume (fixture->vault);
  g_assert_no_errno (g_rename (fixture->path, away));
  next = test_request (fixture, "next");
  g_assert_cmpint (test_wait_made (next), ==, COFFER_THUMBNAIL_NONE);
  test_wait_for (coffer_vault_is_missing (fixture->vault));
  g_assert_no_errno (g_rename (away, fixture->path));
  test_wait_for (coffer_thumbnail_get_state (next) == COFFER_THUMBNAIL_READY);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define MEDIA "v010_media.db"
#define ADD(name, vault, function) TEST_THUMBS_ADD ("/thumb-queue/" name, vault, function)
  ADD ("shares-the-work", MEDIA, shares_the_work);
  ADD ("makes-what-came-last-first", NULL, makes_what_came_last_first);
  ADD ("reads-nothing-for-nobody", MEDIA, reads_nothing_for_nobody);
  ADD ("stops-what-nobody-waits-for", NULL, stops_what_nobody_waits_for);
  ADD ("lets-go-of-the-file", NULL, lets_go_of_the_file);
  ADD ("survives-the-end-of-the-vault", NULL, survives_the_end_of_the_vault);
  ADD ("uses-the-table-of-the-request", NULL, uses_the_table_of_the_request);

  ADD ("outlasts-who-shuts-it-out", NULL, outlasts_who_shuts_it_out);
  ADD ("waits-for-the-file", NULL, waits_for_the_file);

  return g_test_run ();
}
