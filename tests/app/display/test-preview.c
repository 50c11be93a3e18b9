/* SPDX-License-Identifier: MIT */
/* The pane with a real vault behind it: what is on the screen, and that it is never another key's. */
#include <adwaita.h>
#include <coffer-image-stage.h>
#include <coffer-preview.h>
#include <coffer-picture.h>
#include <coffer-prefetch.h>
#include <coffer-value-view.h>
#include <string.h>

#include "fixture.h"
#include "screen.h"

typedef struct {
  CofferVault *vault;
  CofferPreview *preview;
  GtkWindow *window;
  const char *title;   /* waited for */
  guint n_titles;
} Fixture;

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault **vault = data;
  g_autoptr(GError) error = NULL;

  *vault = coffer_vault_open_finish (result, &error);
  g_assert_no_error (error);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

static void
title_cb (Fixture *self)
{
  self->n_titles++;
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autoptr(GFile) file = g_file_new_for_path (fixture_copy ("v010_media.db"));

  coffer_vault_open_async (file, NULL, opened_cb, &self->vault);
  g_assert_true (screen_wait (is_set, &self->vault));
  self->preview = COFFER_PREVIEW (coffer_preview_new ());
  coffer_preview_set_vault (self->preview, self->vault);
  self->window = screen_show (GTK_WIDGET (self->preview), 372, 720);
  g_signal_connect_swapped (self->preview, "notify::title", G_CALLBACK (title_cb), self);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  gtk_window_destroy (self->window);
  coffer_vault_close (self->vault);
  screen_assert_soon (G_OBJECT (self->vault)->ref_count == 1);   /* its lanes end behind the main loop */
  g_assert_finalize_object (self->vault);
}

static void
choose (Fixture    *self,
        const char *text)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr(CofferKey) key = coffer_key_new (bytes, 4, 0);

  coffer_preview_show_key (self->preview, key);
}

static CofferValueView *
view (Fixture *self)
{
  return COFFER_VALUE_VIEW (gtk_widget_get_template_child (GTK_WIDGET (self->preview), COFFER_TYPE_PREVIEW, "view"));
}

static GtkWidget *
part (Fixture    *self,
      const char *name)
{
  return GTK_WIDGET (gtk_widget_get_template_child (GTK_WIDGET (view (self)), COFFER_TYPE_VALUE_VIEW, name));
}

/* The first widget of a type, in the order of the tree. */
static GtkWidget *
find_type (GtkWidget *widget,
           GType      type)
{
  GtkWidget *found = g_type_is_a (G_OBJECT_TYPE (widget), type) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find_type (child, type);

  return found;
}

/* NULL until there was a picture. */
static CofferPicture *
picture (Fixture *self)
{
  return (CofferPicture *) find_type (GTK_WIDGET (self->preview), COFFER_TYPE_PICTURE);
}

static gboolean
has_note (Fixture *self)
{
  GtkWidget *stage = find_type (GTK_WIDGET (self->preview), COFFER_TYPE_IMAGE_STAGE);

  return stage != NULL &&
         gtk_widget_get_mapped (GTK_WIDGET (gtk_widget_get_template_child (stage, COFFER_TYPE_IMAGE_STAGE, "note")));
}

static const char *
words (Fixture    *self,
       const char *name)
{
  return gtk_widget_get_mapped (part (self, name)) ? gtk_label_get_label (GTK_LABEL (part (self, name))) : NULL;
}

static gboolean
has_title (gpointer data)
{
  Fixture *self = data;

  return g_strcmp0 (coffer_preview_get_title (self->preview), self->title) == 0;
}

static void
wait_for (Fixture    *self,
          const char *title)
{
  self->title = title;
  g_assert_true (screen_wait (has_title, self));
  screen_run (50);
}

/* The colour at a share of the picture's width and height. */
static guint32
color_at (Fixture *self,
          double   x,
          double   y)
{
  GdkPaintable *paintable = coffer_picture_get_paintable (picture (self));
  g_autofree guint32 *pixels = NULL;
  int width, height, drawn_width;

  g_assert_nonnull (paintable);
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (picture (self))));
  pixels = screen_draw (GTK_WIDGET (picture (self)), &width, &height);
  drawn_width = height * gdk_paintable_get_intrinsic_aspect_ratio (paintable);

  return pixels[(int) (height * y) * width + (int) ((width - drawn_width) / 2 + drawn_width * x)];
}

static void
test_shows_a_picture (Fixture       *self,
                      gconstpointer  data)
{
  choose (self, "img/exif_orientation_6.jpg");
  wait_for (self, "Image");
  g_assert_cmpstr (words (self, "heading"), ==, "exif_orientation_6.jpg");
  g_assert_cmpstr (words (self, "prefix"), ==, "img/");
  g_assert_false (has_note (self));
  /* A test card on its side: red, then magenta, blue, yellow, green from the top. */
  g_assert_cmphex (color_at (self, .6, .3) & 0xf0f0f0, ==, 0xf000f0);
  g_assert_cmphex (color_at (self, .6, .44) & 0xf0f0f0, ==, 0x0000f0);
  g_assert_cmphex (color_at (self, .6, .56) & 0xf0f0f0, ==, 0xf0f000);
}

/* Large, a value is alone; its key is in the bar above. */
static void
test_shows_a_picture_alone (Fixture       *self,
                            gconstpointer  data)
{
  choose (self, "img/exif_orientation_6.jpg");
  wait_for (self, "Image");
  coffer_preview_set_large (self->preview, TRUE);
  g_assert_false (gtk_widget_get_visible (part (self, "about")));
  choose (self, "img/photo.png");
  screen_run (50);
  wait_for (self, "Image");
  g_assert_false (gtk_widget_get_visible (part (self, "about")));
  coffer_preview_set_large (self->preview, FALSE);
  g_assert_cmpstr (words (self, "heading"), ==, "photo.png");
}

static void
test_shows_nothing_without_a_key (Fixture       *self,
                                  gconstpointer  data)
{
  g_assert_null (coffer_preview_get_title (self->preview));
  choose (self, "img/plain.jpg");
  wait_for (self, "Image");
  coffer_preview_show_key (self->preview, NULL);
  screen_run (50);
  g_assert_null (coffer_preview_get_title (self->preview));
  g_assert_null (words (self, "heading"));
  g_assert_null (coffer_picture_get_paintable (picture (self)));
}

static void
test_ends_with_the_last_choice (Fixture       *self,
                                gconstpointer  data)
{
  static const char *keys[] = {
    "img/plain.jpg", "img/anim.gif", "doc/note.txt", "img/photo.png", "img/drawing.svg", "doc/random.bin",
  };

  /* Faster than any can be shown: only the last is. */
  for (int i = 0; i < 12; i++)
    choose (self, keys[i % G_N_ELEMENTS (keys)]);
  choose (self, "doc/data.json");
  wait_for (self, "Tree");
  g_assert_cmpuint (self->n_titles, ==, 1);
  g_assert_cmpstr (words (self, "heading"), ==, "data.json");

  /* As fast as a key repeats: what is on show always belongs together. */
  for (int i = 0; i < 60; i++)
    {
      choose (self, keys[i % G_N_ELEMENTS (keys)]);
      screen_run (7 * (i % 5));
      if (words (self, "heading") != NULL && g_str_equal (words (self, "heading"), "note.txt"))
        g_assert_true (gtk_widget_get_mapped (part (self, "fills")) || gtk_widget_get_mapped (part (self, "spinner")));
    }
  choose (self, "img/anim.gif");
  wait_for (self, "Animation");
  screen_run (300);   /* whatever was chosen before must not come now */
  g_assert_cmpstr (coffer_preview_get_title (self->preview), ==, "Animation");
  g_assert_cmpstr (words (self, "heading"), ==, "anim.gif");
}

/* Photos that take some tenths of a second, or nearly: 400 megapixels, most of which the loader makes up. */
static void
put_slow_photos (void)
{
  g_autoptr(GBytes) plain = fixture_value ("img/plain.jpg");
  gsize len = g_bytes_get_size (plain), at = 2;
  guint8 *data = g_memdup2 (g_bytes_get_data (plain, NULL), len);
  g_autoptr(GBytes) slow = NULL;

  while (data[at + 1] != 0xc0)
    at += 2 + (data[at + 2] << 8 | data[at + 3]);
  memcpy (data + at + 5, "\x4e\x20\x4e\x20", 4);
  slow = g_bytes_new_take (data, len);
  for (char key[] = "slow/0.jpg"; key[5] < '4'; key[5]++)
    fixture_put (key, slow);
}

/* Slower than the key that is held: each choice is given up for the next, but something is seen. */
static void
test_shows_some_of_those_that_take_long (Fixture       *self,
                                         gconstpointer  data)
{
  char key[] = "slow/0.jpg";
  int n_shown = 0;

  for (int i = 0; i < 400 && n_shown < 2; i++)
    {
      g_autofree char *before = g_strdup (words (self, "heading"));

      key[5] = '0' + i % 4;
      choose (self, key);
      screen_run (25);
      if (coffer_value_view_get_content (view (self)) != NULL && g_strcmp0 (words (self, "heading"), before) != 0)
        n_shown++;
    }
  g_assert_cmpint (n_shown, ==, 2);
  choose (self, "img/anim.gif");
  wait_for (self, "Animation");
  screen_run (300);
  g_assert_cmpstr (words (self, "heading"), ==, "anim.gif");
}

/* At 30 keys a second, unless the machine is held up for so long that it is a rest. */
static void
test_puts_words_off_in_haste (Fixture       *self,
                              gconstpointer  data)
{
  static const char *keys[] = { "doc/note.txt", "doc/data.json" };
  gint64 longest = 0, before = 0;

  choose (self, "doc/random.bin");
  wait_for (self, "Bytes");
  for (int i = 0; i < 20; i++)
    {
      gint64 now = g_get_monotonic_time ();

      longest = before != 0 ? MAX (longest, now - before) : 0;
      before = now;
      choose (self, keys[i % G_N_ELEMENTS (keys)]);
      if (i == 1)
        self->n_titles = 0;   /* with the second key it becomes haste */
      screen_run (30);
    }
  if (longest < 140 * 1000)
    g_assert_cmpuint (self->n_titles, ==, 0);
  wait_for (self, "Tree");
  screen_assert_soon (g_strcmp0 (words (self, "heading"), "data.json") == 0);   /* the words come once nobody is in haste any more */
}

static void
test_says_what_cannot_be_shown (Fixture       *self,
                                gconstpointer  data)
{
  choose (self, "img/claims_60000x60000.png");
  wait_for (self, "Image");
  g_assert_cmpstr (words (self, "plate_title"), ==, "Too Large to Show");
  g_assert_nonnull (strstr (words (self, "plate_advice"), "too large to show"));

  choose (self, "img/corrupt_crc.png");
  screen_assert_soon (g_strcmp0 (words (self, "plate_title"), "Cannot Be Shown") == 0);
  g_assert_nonnull (strstr (words (self, "plate_advice"), "damaged"));

  choose (self, "img/truncated.jpg");
  screen_assert_soon (has_note (self));

  choose (self, "empty-value");
  wait_for (self, "Empty");
  g_assert_cmpstr (words (self, "plate_advice"), ==, "This value is empty");

  choose (self, "no such key");
  wait_for (self, "Error");
  g_assert_cmpstr (words (self, "heading"), ==, "no such key");
  g_assert_nonnull (words (self, "plate_title"));
}

static gboolean
shows_other_frame (GdkPaintable *paintable,
                   GdkPaintable *frame)
{
  g_autoptr(GdkPaintable) now = gdk_paintable_get_current_image (paintable);

  return now != frame;
}

static void
test_moves_if_wanted (Fixture       *self,
                      gconstpointer  data)
{
  GtkSettings *settings = gtk_widget_get_settings (GTK_WIDGET (self->preview));
  GdkPaintable *paintable;
  g_autoptr(GdkPaintable) before = NULL, still = NULL;

  g_object_set (settings, "gtk-enable-animations", FALSE, NULL);
  choose (self, "img/anim.gif");
  wait_for (self, "Animation");
  paintable = coffer_picture_get_paintable (picture (self));
  before = gdk_paintable_get_current_image (paintable);
  screen_run (400);
  still = gdk_paintable_get_current_image (paintable);
  g_assert_true (before == still);

  g_object_set (settings, "gtk-enable-animations", TRUE, NULL);
  screen_assert_soon (shows_other_frame (paintable, before));
  g_object_set (settings, "gtk-enable-animations", FALSE, NULL);
}

static gboolean
is_fine (gpointer data)
{
  Fixture *self = data;
  GdkPaintable *paintable = coffer_picture_get_paintable (picture (self));

  return gdk_paintable_get_intrinsic_width (paintable) == 640;
}

static void
test_renews_a_picture_for_more_room (Fixture       *self,
                                     gconstpointer  data)
{
  choose (self, "img/photo.png");
  wait_for (self, "Image");
  g_assert_false (is_fine (self));
  gtk_window_set_default_size (self->window, 800, 720);
  g_assert_true (screen_wait (is_fine, self));
}

/* The columns of pixels that there are, once there are more than @n. */
static int
wait_for_columns (Fixture *self,
                  int      n)
{
  screen_assert_soon (coffer_picture_get_n_columns (picture (self)) > n);

  return coffer_picture_get_n_columns (picture (self));
}

static void
test_looks_closer (Fixture       *self,
                   gconstpointer  data)
{
  g_autofree guint32 *before = NULL, *after = NULL;
  graphene_rect_t box, then;
  int width, height, n_columns;

  choose (self, "img/photo.png");   /* 640 × 400 */
  wait_for (self, "Image");
  n_columns = coffer_picture_get_n_columns (picture (self));
  g_assert_cmpint (n_columns, <, 640);
  coffer_picture_zoom (picture (self), 2, 10, 20);
  g_assert_true (coffer_picture_get_box (picture (self), &box));
  /* Its own pixels come, and nothing moves. */
  g_assert_cmpint (wait_for_columns (self, n_columns), ==, 640);
  g_assert_true (coffer_picture_get_box (picture (self), &then));
  g_assert_true (graphene_rect_equal (&box, &then));
  screen_run (50);
  after = screen_draw (GTK_WIDGET (picture (self)), &width, &height);
  coffer_picture_set_pixels (picture (self), NULL, 0, 0);
  screen_run (50);
  before = screen_draw (GTK_WIDGET (picture (self)), &width, &height);
  g_assert_cmpint (memcmp (before, after, 4 * width * height), !=, 0);
  for (int i = height / 2 * width; i < height / 2 * width + width; i++)
    g_assert_cmpint (abs ((int) (before[i] >> 8 & 0xff) - (int) (after[i] >> 8 & 0xff)), <, 80);

  /* A vault that changes reads it again, and it is still looked at. */
  coffer_picture_zoom (picture (self), 2, 10, 20);
  wait_for_columns (self, n_columns);
  coffer_preview_refresh (self->preview);
  screen_run (300);
  g_assert_true (coffer_picture_get_box (picture (self), &then));
  g_assert_true (graphene_rect_equal (&box, &then));
  g_assert_cmpint (coffer_picture_get_n_columns (picture (self)), ==, 640);

  /* All of it needs no more than there was; nor does another. */
  coffer_picture_zoom (picture (self), 0, 0, 0);
  g_assert_cmpint (coffer_picture_get_n_columns (picture (self)), ==, n_columns);
  coffer_picture_zoom (picture (self), 2, 10, 20);
  choose (self, "img/plain.jpg");
  screen_assert_soon (g_strcmp0 (words (self, "heading"), "plain.jpg") == 0);
  screen_run (200);
  g_assert_cmpfloat (coffer_picture_get_scale (picture (self)), <=, 1);
}

/* A drawing has as many pixels as it is looked at with; what it says is its size stays that. */
static void
test_draws_again_for_a_closer_look (Fixture       *self,
                                    gconstpointer  data)
{
  int n_columns;

  choose (self, "img/drawing.svg");
  wait_for (self, "Image");
  n_columns = coffer_picture_get_n_columns (picture (self));
  coffer_picture_zoom (picture (self), 8, 10, 20);
  g_assert_cmpint (wait_for_columns (self, 4 * n_columns), >=, 8 * n_columns - 1);
  g_assert_cmpfloat (coffer_picture_get_scale (picture (self)), ==, 8);
  g_assert_false (has_note (self));
  coffer_picture_zoom (picture (self), 0, 0, 0);
  g_assert_cmpint (coffer_picture_get_n_columns (picture (self)), ==, n_columns);
}

static CofferKey *
key_new (const char *text)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));

  return coffer_key_new (bytes, 4, 0);
}

static void
taken_over_cb (CofferContent *content,
               const GError  *error,
               gpointer       data)
{
  g_assert_no_error (error);
  *(CofferContent **) data = content;
}

static void
test_makes_neighbours_ready (Fixture       *self,
                             gconstpointer  data)
{
  CofferContentWish wish = { COFFER_SHOW_GUESS, 100, 100 }, other = { COFFER_SHOW_GUESS, 50, 50 }, wishes[] = { wish, wish };
  gsize size = 100 * 63 * 4;   /* of 640 × 400 reduced */
  g_autoptr(CofferPrefetch) prefetch = coffer_prefetch_new (2 * size);
  g_autoptr(CofferKey) photo = key_new ("img/photo.png"), plain = key_new ("img/plain.jpg"), note = key_new ("doc/note.txt");
  g_autoptr(CofferContent) content = NULL, taken_over = NULL;
  g_autoptr(GCancellable) cancellable = NULL;

  coffer_prefetch_set_keys (prefetch, self->vault, (CofferKey *[]) { photo, note }, wishes, 2);
  screen_run (50);
  g_assert_cmpuint (coffer_prefetch_get_size (prefetch), ==, 0);
  coffer_prefetch_begin (prefetch, 2, 1);
  screen_assert_soon (coffer_prefetch_get_size (prefetch) == size);
  g_assert_null (coffer_prefetch_take (prefetch, photo, &other));
  g_assert_null (coffer_prefetch_take (prefetch, plain, &wish));
  /* It is kept where it is still wanted, and nothing else. */
  coffer_prefetch_set_keys (prefetch, self->vault, (CofferKey *[]) { plain, photo }, wishes, 2);
  g_assert_cmpuint (coffer_prefetch_get_size (prefetch), ==, size);
  content = coffer_prefetch_take (prefetch, photo, &wish);
  g_assert_nonnull (content->image.texture);
  g_assert_cmpuint (coffer_prefetch_get_size (prefetch), ==, 0);
  g_assert_null (coffer_prefetch_take (prefetch, photo, &wish));

  /* What is under way goes to who has chosen it. */
  coffer_prefetch_begin (prefetch, 1, 1);
  cancellable = coffer_prefetch_take_over (prefetch, plain, &wish, taken_over_cb, &taken_over);
  g_assert_nonnull (cancellable);
  coffer_prefetch_clear (prefetch);
  screen_assert_soon (taken_over != NULL);
  g_assert_nonnull (taken_over->image.texture);
}

/* Only pictures are read ahead, and another value is no failure: it is read once it is chosen. */
static void
test_takes_over_what_is_under_way (Fixture       *self,
                                   gconstpointer  data)
{
  g_autoptr(CofferKey) plain = key_new ("img/plain.jpg"), tree = key_new ("doc/data.json");
  CofferKey *pictures[COFFER_PREVIEW_NEIGHBOURS] = { plain }, *others[COFFER_PREVIEW_NEIGHBOURS] = { tree };
  CofferKey *none[COFFER_PREVIEW_NEIGHBOURS] = { NULL };

  choose (self, "img/photo.png");
  wait_for (self, "Image");
  coffer_preview_set_neighbours (self->preview, others, none);
  choose (self, "doc/data.json");
  wait_for (self, "Tree");
  coffer_preview_set_neighbours (self->preview, pictures, none);
  choose (self, "img/plain.jpg");
  wait_for (self, "Image");
}

static void
test_keeps_within_the_budget (Fixture       *self,
                              gconstpointer  data)
{
  CofferContentWish wishes[] = { { COFFER_SHOW_GUESS, 400, 400 }, { COFFER_SHOW_GUESS, 40, 40 } };
  g_autoptr(CofferPrefetch) prefetch = coffer_prefetch_new (400 * 250 * 4 - 1);
  g_autoptr(CofferKey) photo = key_new ("img/photo.png"), plain = key_new ("img/plain.jpg");

  coffer_prefetch_set_keys (prefetch, self->vault, (CofferKey *[]) { photo, plain }, wishes, 2);
  coffer_prefetch_begin (prefetch, 2, 1);
  screen_assert_soon (coffer_prefetch_get_size (prefetch) > 0);
  g_assert_cmpuint (coffer_prefetch_get_size (prefetch), <=, 40 * 40 * 4);
  g_assert_null (coffer_prefetch_take (prefetch, photo, &wishes[0]));
}

static void
test_goes_away_while_loading (Fixture       *self,
                              gconstpointer  data)
{
  GtkWindow *other;

  choose (self, "img/plain.jpg");
  other = screen_show (gtk_label_new (NULL), 10, 10);
  gtk_window_set_child (self->window, NULL);
  self->preview = NULL;
  screen_run (200);
  gtk_window_destroy (other);
}

/* A CofferValueFunc. */
static gpointer
passed_worker (GInputStream           *stream,
               const CofferValueFacts *facts,
               gpointer                data,
               GCancellable           *cancellable,
               GError                **error)
{
  g_async_queue_push (data, data);

  return data;
}

static void
passed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  *(gboolean *) data = coffer_vault_read_value_finish (COFFER_VAULT (source), result, NULL) != NULL;
}

/* Waits until the lane has done what it was asked for, without a turn of the main loop, which would be told. */
static void
let_lane_pass (Fixture    *self,
               const char *text,
               gboolean   *passed)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr(CofferKey) key = coffer_key_new (bytes, 4, 0);
  GAsyncQueue *queue = g_async_queue_new ();

  coffer_vault_read_value_async (self->vault, key, passed_worker, queue, (GDestroyNotify) g_async_queue_unref, NULL, NULL, passed_cb, passed);
  g_assert_true (g_async_queue_timeout_pop (queue, 20 * G_USEC_PER_SEC) == queue);
}

/* A look at the value is over, and nobody knows of it yet, when it is changed: then it is looked at again. */
static void
test_follows_what_others_write (Fixture       *self,
                                gconstpointer  data)
{
  gboolean passed = FALSE;

  choose (self, "doc/random.bin");
  wait_for (self, "Bytes");
  g_signal_emit_by_name (self->vault, "touched");
  let_lane_pass (self, "doc/random.bin", &passed);
  fixture_set_value ("doc/random.bin", "words");
  g_signal_emit_by_name (self->vault, "touched");
  wait_for (self, "Text");
  screen_assert_soon (passed);

  /* Likewise while it is shown for the first time. */
  passed = FALSE;
  choose (self, "doc/note.txt");
  choose (self, "doc/random.bin");
  let_lane_pass (self, "doc/random.bin", &passed);
  fixture_set_value ("doc/random.bin", "{\"a\": [1, 2]}");
  g_signal_emit_by_name (self->vault, "touched");
  wait_for (self, "Tree");
  screen_assert_soon (passed);
}

static void
add (const char *path,
     void      (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int    argc,
      char **argv)
{
  int result;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  put_slow_photos ();

  add ("/preview/shows-a-picture", test_shows_a_picture);
  add ("/preview/shows-a-picture-alone", test_shows_a_picture_alone);
  add ("/preview/shows-nothing-without-a-key", test_shows_nothing_without_a_key);
  add ("/preview/ends-with-the-last-choice", test_ends_with_the_last_choice);
  add ("/preview/shows-some-of-those-that-take-long", test_shows_some_of_those_that_take_long);
  add ("/preview/puts-words-off-in-haste", test_puts_words_off_in_haste);
  add ("/preview/says-what-cannot-be-shown", test_says_what_cannot_be_shown);
  add ("/preview/moves-if-wanted", test_moves_if_wanted);
  add ("/preview/renews-a-picture-for-more-room", test_renews_a_picture_for_more_room);
  add ("/preview/looks-closer", test_looks_closer);
  add ("/preview/draws-again-for-a-closer-look", test_draws_again_for_a_closer_look);
  add ("/preview/makes-neighbours-ready", test_makes_neighbours_ready);
  add ("/preview/takes-over-what-is-under-way", test_takes_over_what_is_under_way);
  add ("/preview/keeps-within-the-budget", test_keeps_within_the_budget);
  add ("/preview/goes-away-while-loading", test_goes_away_while_loading);
  add ("/preview/follows-what-others-write", test_follows_what_others_write);

  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
