/* SPDX-License-Identifier: MIT */
/* The menu "More": the volume, frame by frame, speed, and which of several tracks. Its actions carry what is chosen as their state. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-view-private.h"

#include <glib/gi18n-lib.h>

#define VOLUME "volume"
#define SCALE_WIDTH 120

static const double rates[] = { .25, .5, .75, 1, 1.25, 1.5, 2 };

static const char *const track_actions[COFFER_PLAYER_N_KINDS] = { "audio", "text" };

static void
rate_changed_cb (GSimpleAction *action,
                 GVariant      *value,
                 gpointer       data)
{
  CofferPlayerView *self = data;

  coffer_player_set_rate (self->player, g_variant_get_double (value));
}

static void
previous_frame_cb (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       data)
{
  coffer_player_step (((CofferPlayerView *) data)->player, -1);
}

static void
next_frame_cb (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       data)
{
  coffer_player_step (((CofferPlayerView *) data)->player, 1);
}

static void
track_changed_cb (GSimpleAction *action,
                  GVariant      *value,
                  gpointer       data)
{
  CofferPlayerView *self = data;
  gboolean text = g_str_equal (g_action_get_name (G_ACTION (action)), track_actions[COFFER_PLAYER_TEXT]);

  coffer_player_set_track (self->player, text ? COFFER_PLAYER_TEXT : COFFER_PLAYER_AUDIO, g_variant_get_int32 (value));
  g_simple_action_set_state (action, value);
}

static void
show_choice (CofferPlayerView *self,
             const char       *name,
             GVariant         *state)
{
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), name)), state);
}

static void
show_rate (CofferPlayerView *self)
{
  show_choice (self, "rate", g_variant_new_double (coffer_player_get_rate (self->player)));
}

/* Another clip begins with its own. */
static void
show_tracks (CofferPlayerView *self)
{
  for (CofferPlayerKind kind = 0; kind < COFFER_PLAYER_N_KINDS; kind++)
    show_choice (self, track_actions[kind], g_variant_new_int32 (coffer_player_get_track (self->player, kind)));
}

void
coffer_player_view_add_actions (CofferPlayerView *self)
{
  static const GActionEntry entries[] = {
    { "previous-frame", previous_frame_cb },
    { "next-frame", next_frame_cb },
    { "rate", NULL, "d", "1.0", rate_changed_cb },
    { "audio", NULL, "i", "0", track_changed_cb },
    { "text", NULL, "i", "-1", track_changed_cb },
  };
  g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new ();

  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (self->stage, "player", G_ACTION_GROUP (group));
  self->actions = group;
  g_signal_connect_object (self->player, "notify::rate", G_CALLBACK (show_rate), self, G_CONNECT_SWAPPED);
}

static void
add_item (GMenu      *menu,
          const char *label,
          const char *action,
          GVariant   *target)
{
  g_autoptr(GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target_value (item, action, target);
  g_menu_append_item (menu, item);
}

static GMenu *
rates_new (void)
{
  GMenu *menu = g_menu_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autofree char *label = rates[i] == 1 ? g_strdup (_("Normal")) : g_strdup_printf (_("%g×"), rates[i]);

      add_item (menu, label, "player.rate", g_variant_new_double (rates[i]));
    }

  return menu;
}

static GMenu *
tracks_new (CofferPlayerView *self,
            CofferPlayerKind  kind)
{
  int n = coffer_player_get_n_tracks (self->player, kind);
  g_autofree char *action = g_strconcat ("player.", track_actions[kind], NULL);
  GMenu *menu = g_menu_new ();

  if (kind == COFFER_PLAYER_TEXT)
    add_item (menu, _("None"), action, g_variant_new_int32 (-1));
  for (int i = 0; i < n; i++)
    {
      g_autofree char *label = coffer_player_dup_track_name (self->player, kind, i);

      add_item (menu, label, action, g_variant_new_int32 (i));
    }

  return menu;
}

/* A place in the menu for a widget. */
static void
add_volume (GMenu *menu)
{
  g_autoptr(GMenu) section = g_menu_new ();
  g_autoptr(GMenuItem) item = g_menu_item_new (NULL, NULL);

  g_menu_item_set_attribute (item, "custom", "s", VOLUME);
  g_menu_append_item (section, item);
  g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
}

/* The one beside the button goes where there is no room for it. */
static GtkWidget *
volume_new (CofferPlayerView *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (_("Volume")), *scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, self->volume);

  gtk_widget_add_css_class (box, "volume");
  gtk_widget_set_hexpand (scale, TRUE);
  gtk_widget_set_size_request (scale, SCALE_WIDTH, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (scale), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Volume"), -1);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), scale);

  return box;
}

static void
add_frames (GMenu *menu)
{
  g_autoptr(GMenu) section = g_menu_new ();

  g_menu_append (section, _("Previous Frame"), "player.previous-frame");
  g_menu_append (section, _("Next Frame"), "player.next-frame");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
}

void
coffer_player_view_update_menu (CofferPlayerView *self)
{
  g_autoptr(GMenu) menu = g_menu_new ();
  g_autoptr(GMenu) speed = rates_new ();

  if (coffer_player_has_audio (self->player))
    add_volume (menu);
  if (coffer_player_has_video (self->player))
    add_frames (menu);
  g_menu_append_section (menu, _("Speed"), G_MENU_MODEL (speed));
  if (coffer_player_get_n_tracks (self->player, COFFER_PLAYER_AUDIO) > 1)
    {
      g_autoptr(GMenu) tracks = tracks_new (self, COFFER_PLAYER_AUDIO);

      g_menu_append_section (menu, _("Sound"), G_MENU_MODEL (tracks));
    }
  if (coffer_player_get_n_tracks (self->player, COFFER_PLAYER_TEXT) > 0)
    {
      g_autoptr(GMenu) tracks = tracks_new (self, COFFER_PLAYER_TEXT);

      g_menu_append_section (menu, _("Subtitles"), G_MENU_MODEL (tracks));
    }
  show_tracks (self);
  gtk_menu_button_set_menu_model (self->more, G_MENU_MODEL (menu));
  if (coffer_player_has_audio (self->player))
    gtk_popover_menu_add_child (GTK_POPOVER_MENU (gtk_menu_button_get_popover (self->more)), volume_new (self), VOLUME);
}
