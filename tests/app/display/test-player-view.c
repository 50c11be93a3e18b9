/* SPDX-License-Identifier: MIT */
/* The player on the screen. */
#include <adwaita.h>
#include <coffer-media.h>
#include <coffer-playback.h>
#include <coffer-player-private.h>
#include <coffer-player-view-private.h>
#include <coffer-value-uri.h>
#include <gstkvaultsrc.h>
#include <string.h>

#include "fixture.h"
#include "screen.h"

typedef struct {
  CofferPlayerView *view;
  GtkWindow *window;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->view = COFFER_PLAYER_VIEW (coffer_player_view_new ());
  gtk_widget_set_valign (GTK_WIDGET (fixture->view), GTK_ALIGN_START);
  fixture->window = screen_show (GTK_WIDGET (fixture->view), 400, 400);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  gtk_window_destroy (fixture->window);
  coffer_playback_wait_all ();
}

static gboolean
load (Fixture    *fixture,
      const char *key)
{
  g_autoptr(GBytes) bytes = g_bytes_new (key, strlen (key));
  g_autofree char *uri = coffer_value_dup_uri (fixture_copy ("v010_media.db"), "kv", bytes, 0);
  g_autoptr(GstElementFactory) decoder = coffer_media_prepare () ? gst_element_factory_find ("vp9dec") : NULL;

  if (decoder == NULL)
    {
      g_test_skip ("GStreamer cannot play VP9 here");
      return FALSE;
    }

  coffer_player_view_set_uri (fixture->view, uri);
  screen_assert_soon (coffer_player_get_state (fixture->view->player) == COFFER_PLAYER_PAUSED);

  return TRUE;
}

static gboolean
is_faded (Fixture *fixture)
{
  return gtk_widget_has_css_class (fixture->view->controls, "faded");
}

static void
has_the_proportions_of_the_clip (Fixture      *fixture,
                                 gconstpointer data)
{
  g_assert_cmpint (gtk_widget_get_height (GTK_WIDGET (fixture->view)), ==, 225);
  if (!load (fixture, "video/clip.webm"))
    return;

  screen_assert_soon (gtk_widget_get_height (GTK_WIDGET (fixture->view)) == 300);
  coffer_player_view_set_max_height (fixture->view, 200);
  screen_assert_soon (gtk_widget_get_height (GTK_WIDGET (fixture->view)) == 200);
}

static void
hides_the_controls_while_it_plays (Fixture      *fixture,
                                   gconstpointer data)
{
  CofferPlayerView *view = fixture->view;

  if (!load (fixture, "video/clip.webm"))
    return;

  coffer_player_set_loop (view->player, TRUE);
  g_assert_true (gtk_widget_get_visible (view->play_sign));
  coffer_player_view_play (view);
  g_assert_false (gtk_widget_get_visible (view->play_sign));
  g_assert_false (is_faded (fixture));
  screen_assert_soon (is_faded (fixture));
  g_assert_cmpint (gtk_widget_get_margin_bottom (GTK_WIDGET (view->subtitle)), <, 40);
  g_assert_cmpint (coffer_player_get_state (view->player), ==, COFFER_PLAYER_PLAYING);
  coffer_player_view_wake (view);
  g_assert_false (is_faded (fixture));
  screen_assert_soon (is_faded (fixture));
  coffer_player_view_toggle (view);
  g_assert_false (is_faded (fixture));
  g_assert_true (gtk_widget_get_visible (view->play_sign));
  coffer_player_set_loop (view->player, FALSE);
}

static void
shows_frames_over_the_bar (Fixture      *fixture,
                           gconstpointer data)
{
  CofferPlayerView *view = fixture->view;

  if (!load (fixture, "video/clip.webm"))
    return;

  g_signal_emit_by_name (view->bar, "hover", 100., (gint64) GST_SECOND);
  g_assert_true (gtk_widget_get_visible (view->bubble));
  g_assert_cmpstr (gtk_label_get_label (view->bubble_time), ==, "0:01");
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (view->bubble_frame)));
  screen_assert_soon (gtk_widget_get_visible (GTK_WIDGET (view->bubble_frame)));
  g_assert_cmpint (gdk_paintable_get_intrinsic_width (gtk_picture_get_paintable (view->bubble_frame)), ==, 160);
  g_assert_cmpint (gdk_paintable_get_intrinsic_height (gtk_picture_get_paintable (view->bubble_frame)), ==, 120);
  g_signal_emit_by_name (view->bar, "hover", -1., (gint64) -1);
  g_assert_false (gtk_widget_get_visible (view->bubble));
  coffer_player_view_set_uri (view, NULL);
  g_assert_null (view->peek);
}

static void
is_driven_by_keys (Fixture      *fixture,
                   gconstpointer data)
{
  CofferPlayerView *view = fixture->view;

  if (!load (fixture, "video/clip.webm"))
    return;

  g_assert_true (coffer_player_view_key (view, GDK_KEY_5, 0));
  screen_assert_soon (coffer_player_get_position (view->player) / GST_MSECOND / 10 == 100);
  g_assert_true (coffer_player_view_key (view, GDK_KEY_Left, 0));
  screen_assert_soon (coffer_player_get_position (view->player) < 70 * (gint64) GST_MSECOND);
  g_assert_true (coffer_player_view_key (view, GDK_KEY_Right, GDK_SHIFT_MASK));
  screen_assert_soon ((coffer_player_get_position (view->player) + GST_MSECOND) / (GST_SECOND / 15) == 1);
  g_assert_true (coffer_player_view_key (view, GDK_KEY_Down, 0));
  g_assert_cmpfloat (gtk_adjustment_get_value (view->volume), <, .96);
  g_assert_true (coffer_player_view_key (view, GDK_KEY_Up, 0));
  g_assert_cmpfloat (coffer_player_get_volume (view->player), ==, 1);
  g_assert_true (coffer_player_view_key (view, GDK_KEY_M, GDK_SHIFT_MASK));
  g_assert_true (coffer_player_get_muted (view->player));
  g_assert_true (coffer_player_view_key (view, GDK_KEY_m, 0));
  g_assert_true (coffer_player_view_key (view, GDK_KEY_k, 0));
  g_assert_cmpint (coffer_player_get_state (view->player), ==, COFFER_PLAYER_PLAYING);
  g_assert_false (coffer_player_view_key (view, GDK_KEY_f, GDK_CONTROL_MASK));
  g_assert_false (coffer_player_view_key (view, GDK_KEY_Escape, 0));
  g_assert_false (coffer_player_view_key (view, GDK_KEY_F9, 0));
}

static GtkWidget *
find_scale (GtkWidget *widget)
{
  GtkWidget *found = GTK_IS_SCALE (widget) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find_scale (child);

  return found;
}

static void
scroll_over (GtkWidget *widget,
             double     by)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GtkEventController) controller = g_list_model_get_item (controllers, i);
      gboolean handled;

      if (GTK_IS_EVENT_CONTROLLER_SCROLL (controller))
        g_signal_emit_by_name (controller, "scroll", 0., by, &handled);
    }
}

/* Where there is no room for the slider, and for stepping there is no button at all. */
static void
is_driven_without_keys (Fixture      *fixture,
                        gconstpointer data)
{
  CofferPlayerView *view = fixture->view;
  GtkWidget *scale;

  if (!load (fixture, "video/clip.webm"))
    return;

  coffer_player_set_volume (view->player, .5);
  coffer_player_set_muted (view->player, TRUE);
  scroll_over (GTK_WIDGET (view->mute), -2);
  g_assert_cmpfloat_with_epsilon (coffer_player_get_volume (view->player), .6, .001);
  g_assert_false (coffer_player_get_muted (view->player));
  scroll_over (GTK_WIDGET (view->mute), 1);
  g_assert_cmpfloat_with_epsilon (coffer_player_get_volume (view->player), .55, .001);

  scale = find_scale (GTK_WIDGET (gtk_menu_button_get_popover (view->more)));
  g_assert_nonnull (scale);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (GTK_RANGE (scale)), .55, .001);
  gtk_range_set_value (GTK_RANGE (scale), .25);
  g_assert_cmpfloat_with_epsilon (coffer_player_get_volume (view->player), .25, .001);

  g_assert_true (gtk_widget_activate_action (view->stage, "player.next-frame", NULL));
  screen_assert_soon ((coffer_player_get_position (view->player) + GST_MSECOND) / (GST_SECOND / 15) == 1);
  g_assert_true (gtk_widget_activate_action (view->stage, "player.previous-frame", NULL));
  screen_assert_soon (coffer_player_get_position (view->player) < (gint64) GST_SECOND / 15);
}

/* Over a list the arrows go through that, and Space and Escape are of what is over it. */
static void
leaves_its_keys_to_a_list (Fixture      *fixture,
                           gconstpointer data)
{
  static const guint others[] = { GDK_KEY_space, GDK_KEY_Escape, GDK_KEY_Left, GDK_KEY_Right, GDK_KEY_Up, GDK_KEY_Down, GDK_KEY_Home,
                                  GDK_KEY_End, GDK_KEY_x };
  CofferPlayerView *view = fixture->view;

  if (!load (fixture, "video/clip.webm"))
    return;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (coffer_player_view_key_in_list (view, others[i], 0));
  g_assert_false (coffer_player_view_key_in_list (view, GDK_KEY_f, GDK_CONTROL_MASK));
  g_assert_true (coffer_player_view_key_in_list (view, GDK_KEY_5, 0));
  screen_assert_soon (coffer_player_get_position (view->player) / GST_MSECOND / 10 == 100);
  g_assert_true (coffer_player_view_key_in_list (view, GDK_KEY_k, 0));
  g_assert_cmpint (coffer_player_get_state (view->player), ==, COFFER_PLAYER_PLAYING);
}

static void
goes_full_screen_and_back (Fixture      *fixture,
                           gconstpointer data)
{
  CofferPlayerView *view = fixture->view;
  int height;

  if (!load (fixture, "video/clip.webm"))
    return;

  screen_assert_soon ((height = gtk_widget_get_height (GTK_WIDGET (view))) == 300);
  coffer_player_view_set_full_screen (view, TRUE);
  screen_assert_soon (gtk_widget_get_width (view->stage) > 400);
  g_assert_cmpint (gtk_widget_get_height (GTK_WIDGET (view)), ==, height);
  coffer_player_view_play (view);
  screen_assert_soon (coffer_player_get_position (view->player) > 200 * (gint64) GST_MSECOND);
  gtk_window_close (view->window);
  screen_assert_soon (view->window == NULL);
  g_assert_true (gtk_widget_get_parent (view->stage) == GTK_WIDGET (view));
  screen_assert_soon (gtk_widget_get_width (view->stage) == 400);
  g_assert_cmpint (coffer_player_get_state (view->player), ==, COFFER_PLAYER_PLAYING);
}

static void
ends_with_its_window_while_full (Fixture      *fixture,
                                 gconstpointer data)
{
  if (!load (fixture, "video/clip.webm"))
    return;

  coffer_player_view_set_full_screen (fixture->view, TRUE);
  coffer_player_view_play (fixture->view);
  screen_run (100);
}

static void
draws_how_loud_a_sound_is (Fixture      *fixture,
                           gconstpointer data)
{
  CofferPlayerView *view = fixture->view;

  if (!load (fixture, "audio/tone.flac"))
    return;

  screen_assert_soon (gtk_widget_get_visible (GTK_WIDGET (view->waveform)));
  g_assert_nonnull (view->peaks);
  g_assert_false (gtk_widget_get_visible (view->play_sign));
  coffer_player_view_set_uri (view, NULL);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (view->waveform)));
  g_assert_null (view->peaks);
}

static double
bottom_of (GtkWidget *widget,
           GtkWidget *in)
{
  graphene_rect_t bounds;

  g_assert_true (gtk_widget_compute_bounds (widget, in, &bounds));

  return bounds.origin.y + bounds.size.height;
}

/* Which words when: see the test of the player. */
static void
keeps_subtitles_off_the_controls (Fixture      *fixture,
                                  gconstpointer data)
{
  CofferPlayerView *view = fixture->view;
  GtkWidget *subtitle = GTK_WIDGET (view->subtitle);

  if (!load (fixture, "video/clip.webm"))
    return;

  g_assert_false (gtk_widget_get_visible (subtitle));
  view->player->subtitle = g_strdup ("<i>a</i> &amp; b");
  g_object_notify (G_OBJECT (view->player), "subtitle");
  g_assert_true (gtk_widget_get_visible (subtitle));
  g_assert_cmpstr (gtk_label_get_text (view->subtitle), ==, "a & b");
  screen_assert_soon (gtk_widget_get_height (subtitle) > 0);
  g_assert_cmpfloat (bottom_of (subtitle, view->stage), <, gtk_widget_get_height (view->stage) - 60);
  g_clear_pointer (&view->player->subtitle, g_free);
  g_object_notify (G_OBJECT (view->player), "subtitle");
  g_assert_false (gtk_widget_get_visible (subtitle));
}

int
main (int    argc,
      char **argv)
{
  int result;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  coffer_media_set_source (gst_kvault_src_register);

#define ADD(name, function) g_test_add ("/player-view/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("has-the-proportions-of-the-clip", has_the_proportions_of_the_clip);
  ADD ("hides-the-controls-while-it-plays", hides_the_controls_while_it_plays);
  ADD ("shows-frames-over-the-bar", shows_frames_over_the_bar);
  ADD ("is-driven-by-keys", is_driven_by_keys);
  ADD ("is-driven-without-keys", is_driven_without_keys);
  ADD ("leaves-its-keys-to-a-list", leaves_its_keys_to_a_list);
  ADD ("goes-full-screen-and-back", goes_full_screen_and_back);
  ADD ("ends-with-its-window-while-full", ends_with_its_window_while_full);
  ADD ("draws-how-loud-a-sound-is", draws_how_loud_a_sound_is);
  ADD ("keeps-subtitles-off-the-controls", keeps_subtitles_off_the_controls);
  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
