/* SPDX-License-Identifier: MIT */
/*
 * A player's picture and its controls. All of that lies on `stage`, which a window of its own takes for full screen and gives
 * back. Main thread.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-view-private.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "coffer-player-resources.h"

#define FADE_MS 2000
/* Over the controls, and without them. */
#define SUBTITLE_LIFT 66
#define SUBTITLE_MARGIN 16
#define SUBTITLE_MIN 14
#define SUBTITLE_MAX 60

G_DEFINE_FINAL_TYPE (CofferPlayerView, coffer_player_view, GTK_TYPE_WIDGET)

/* ---- Controls come and go ---- */

static gboolean
is_menu_open (CofferPlayerView *self)
{
  GtkPopover *popover = gtk_menu_button_get_popover (self->more);

  return popover != NULL && gtk_widget_get_visible (GTK_WIDGET (popover));
}

static gboolean
may_fade (CofferPlayerView *self)
{
  return coffer_player_get_state (self->player) == COFFER_PLAYER_PLAYING && coffer_player_has_video (self->player) &&
         !gtk_widget_get_visible (self->bubble) && !is_menu_open (self);
}

static void
show_controls (CofferPlayerView *self,
               gboolean          show)
{
  GtkWidget *widgets[] = { self->controls, GTK_WIDGET (self->notice) };

  for (guint i = 0; i < G_N_ELEMENTS (widgets); i++)
    {
      if (show)
        gtk_widget_remove_css_class (widgets[i], "faded");
      else
        gtk_widget_add_css_class (widgets[i], "faded");
    }
  gtk_widget_set_margin_bottom (GTK_WIDGET (self->subtitle), show ? SUBTITLE_LIFT : SUBTITLE_MARGIN);
  gtk_widget_set_can_target (self->controls, show);
  gtk_widget_set_cursor_from_name (self->stage, show || self->window == NULL ? NULL : "none");
}

static gboolean
fade_cb (gpointer data)
{
  CofferPlayerView *self = data;

  if (!may_fade (self))
    return G_SOURCE_CONTINUE;

  self->fade_id = 0;
  show_controls (self, FALSE);

  return G_SOURCE_REMOVE;
}

void
coffer_player_view_wake (CofferPlayerView *self)
{
  show_controls (self, TRUE);
  g_clear_handle_id (&self->fade_id, g_source_remove);
  if (coffer_player_get_state (self->player) == COFFER_PLAYER_PLAYING)
    self->fade_id = g_timeout_add (FADE_MS, fade_cb, self);
}

/* GTK tells of a pointer that stands still, too, when what is below it changes. */
static void
motion_cb (CofferPlayerView *self,
           double            x,
           double            y)
{
  if (x == self->pointer_x && y == self->pointer_y)
    return;

  self->pointer_x = x;
  self->pointer_y = y;
  coffer_player_view_wake (self);
}

/* ---- What the player tells ---- */

static void
name_button (GtkButton  *button,
             const char *icon_name,
             const char *label)
{
  gtk_button_set_icon_name (button, icon_name);
  gtk_widget_set_tooltip_text (GTK_WIDGET (button), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
show_play_sign (CofferPlayerView *self)
{
  CofferPlayerState state = coffer_player_get_state (self->player);

  gtk_widget_set_visible (self->play_sign, (state == COFFER_PLAYER_PAUSED || state == COFFER_PLAYER_ENDED) &&
                                           coffer_player_has_video (self->player));
}

static void
show_state (CofferPlayerView *self)
{
  CofferPlayerState state = coffer_player_get_state (self->player);
  gboolean plays = state == COFFER_PLAYER_PLAYING;

  name_button (self->play, plays ? "media-playback-pause-symbolic" : "media-playback-start-symbolic", plays ? _("Pause") : _("Play"));
  show_play_sign (self);
  gtk_widget_set_sensitive (self->controls, state != COFFER_PLAYER_FAILED && state != COFFER_PLAYER_EMPTY);
  coffer_player_view_wake (self);
}

static void
show_busy (CofferPlayerView *self)
{
  gboolean busy = coffer_player_get_busy (self->player);

  gtk_widget_set_visible (self->spinner, busy);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), busy);
}

static void
show_notice (CofferPlayerView *self)
{
  const char *notice = coffer_player_get_notice (self->player);

  gtk_label_set_label (self->notice, notice);
  gtk_widget_set_visible (GTK_WIDGET (self->notice), notice != NULL);
  if (notice != NULL)
    coffer_player_view_wake (self);
}

static void
show_subtitle (CofferPlayerView *self)
{
  const char *subtitle = coffer_player_get_subtitle (self->player);

  gtk_label_set_label (self->subtitle, subtitle);
  gtk_widget_set_visible (GTK_WIDGET (self->subtitle), subtitle != NULL);
}

static void
show_time (CofferPlayerView *self)
{
  gint64 end = coffer_player_get_duration (self->player);
  g_autofree char *position = coffer_player_dup_clock (coffer_player_get_position (self->player), end);
  g_autofree char *duration = coffer_player_dup_clock (end, end);
  g_autofree char *text = g_strdup_printf ("%s / %s", position, duration);

  coffer_waveform_set_part (self->waveform, coffer_player_get_position (self->player) / (double) MAX (end, 1));
  coffer_seek_bar_set_duration (self->bar, end);
  coffer_seek_bar_set_position (self->bar, coffer_player_get_position (self->player));
  if (g_strcmp0 (text, gtk_label_get_label (self->time)) != 0)
    gtk_label_set_label (self->time, text);
}

static void
show_sound (CofferPlayerView *self)
{
  gboolean muted = coffer_player_get_muted (self->player);
  double volume = coffer_player_get_volume (self->player);

  name_button (self->mute, muted || volume == 0 ? "audio-volume-muted-symbolic"
                           : volume < .34       ? "audio-volume-low-symbolic"
                           : volume < .67       ? "audio-volume-medium-symbolic"
                                                : "audio-volume-high-symbolic",
               muted ? _("Unmute") : _("Mute"));
}

static void
loaded_cb (CofferPlayerView *self)
{
  int width, height;

  coffer_player_get_size (self->player, &width, &height);
  if (width > 0 && height > 0)
    coffer_screen_set_size (self->screen, width, height);
  coffer_player_view_show_sound (self);
  coffer_player_view_update_menu (self);
  show_play_sign (self);
}

static void
watch_player (CofferPlayerView *self)
{
  static const struct { const char *signal; void (*function) (CofferPlayerView *); } watched[] = {
    { "notify::state", show_state },
    { "notify::busy", show_busy },
    { "notify::notice", show_notice },
    { "notify::subtitle", show_subtitle },
    { "notify::position", show_time },
    { "notify::duration", show_time },
    { "notify::volume", show_sound },
    { "notify::muted", show_sound },
    { "loaded", loaded_cb },
  };

  for (guint i = 0; i < G_N_ELEMENTS (watched); i++)
    {
      g_signal_connect_object (self->player, watched[i].signal, G_CALLBACK (watched[i].function), self, G_CONNECT_SWAPPED);
      watched[i].function (self);
    }
}

/* ---- What people do ---- */

static void
play_cb (CofferPlayerView *self)
{
  coffer_player_toggle (self->player);
}

static void
mute_cb (CofferPlayerView *self)
{
  coffer_player_set_muted (self->player, !coffer_player_get_muted (self->player));
}

static void
full_cb (CofferPlayerView *self)
{
  coffer_player_view_set_full_screen (self, self->window == NULL);
}

/* Twice is full screen; playing goes on as it did. */
static void
released_cb (CofferPlayerView *self,
             int               n_press)
{
  gtk_widget_grab_focus (self->stage);
  coffer_player_toggle (self->player);
  if (n_press == 2)
    full_cb (self);
}

/* Over the button: where there is little room it is all there is of the volume. */
static gboolean
scroll_cb (CofferPlayerView *self,
           double            dx,
           double            dy)
{
  coffer_player_view_wake (self);
  coffer_player_view_change_volume (self, -dy);

  return TRUE;
}

static gboolean
key_pressed_cb (CofferPlayerView *self,
                guint             keyval,
                guint             keycode,
                GdkModifierType   state)
{
  coffer_player_view_wake (self);

  return coffer_player_view_key (self, keyval, state);
}

/* In proportion to the picture. */
static void
size_subtitle (CofferPlayerView *self)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self->screen));
  g_autoptr(PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_size_new_absolute (CLAMP (height / 18, SUBTITLE_MIN, SUBTITLE_MAX) * PANGO_SCALE));
  gtk_label_set_attributes (self->subtitle, attributes);
}

static void
resized_cb (CofferPlayerView *self,
            int               width,
            int               height)
{
  GtkNative *native = gtk_widget_get_native (GTK_WIDGET (self->screen));

  coffer_frames_set_for_cairo (coffer_player_get_frames (self->player),
                               native != NULL && GSK_IS_CAIRO_RENDERER (gtk_native_get_renderer (native)));
  coffer_player_set_room (self->player, width, height);
  size_subtitle (self);
}

/* While the bar is held nothing plays on. */
static void
drag_cb (CofferPlayerView *self,
         gboolean          begins)
{
  if (begins)
    {
      gtk_widget_grab_focus (self->stage);
      self->plays_after = coffer_player_get_state (self->player) == COFFER_PLAYER_PLAYING;
      coffer_player_pause (self->player);
    }
  else if (self->plays_after)
    {
      coffer_player_play (self->player);
    }
}

static void
seek_cb (CofferPlayerView *self,
         gint64            position)
{
  coffer_player_seek (self->player, position);
}

/* ---- Full screen ---- */

static void
take_stage (CofferPlayerView *self)
{
  g_autoptr(GtkWidget) stage = g_object_ref (self->stage);

  gtk_window_set_child (self->window, NULL);
  gtk_widget_set_parent (stage, GTK_WIDGET (self));
}

static void
give_stage (CofferPlayerView *self)
{
  g_autoptr(GtkWidget) stage = g_object_ref (self->stage);

  gtk_widget_unparent (stage);
  gtk_window_set_child (self->window, stage);
}

static gboolean
close_request_cb (CofferPlayerView *self)
{
  coffer_player_view_set_full_screen (self, FALSE);

  return TRUE;
}

/* What has the keyboard outside the player, as a list over which it is shown large, has it again afterwards. */
static void
remember_focus (CofferPlayerView *self,
                GtkRoot          *root)
{
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  g_set_weak_pointer (&self->had_focus, focus != NULL && !gtk_widget_is_ancestor (focus, self->stage) ? focus : NULL);
}

static void
give_focus (CofferPlayerView *self)
{
  g_autoptr(GtkWidget) before = self->had_focus != NULL ? g_object_ref (self->had_focus) : NULL;

  if (self->window == NULL)
    g_clear_weak_pointer (&self->had_focus);
  if (self->window != NULL || before == NULL || !gtk_widget_get_mapped (before) || !gtk_widget_grab_focus (before))
    gtk_widget_grab_focus (self->stage);
}

static void
enter_full_screen (CofferPlayerView *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  remember_focus (self, root);
  self->window = GTK_WINDOW (gtk_window_new ());
  gtk_window_set_title (self->window, _("Player"));
  if (GTK_IS_WINDOW (root))
    {
      gtk_window_set_transient_for (self->window, GTK_WINDOW (root));
      gtk_window_set_application (self->window, gtk_window_get_application (GTK_WINDOW (root)));
    }
  g_signal_connect_swapped (self->window, "close-request", G_CALLBACK (close_request_cb), self);
  give_stage (self);
  gtk_window_fullscreen (self->window);
  gtk_window_present (self->window);
}

static void
leave_full_screen (CofferPlayerView *self)
{
  take_stage (self);
  gtk_window_destroy (g_steal_pointer (&self->window));
}

gboolean
coffer_player_view_get_full_screen (CofferPlayerView *self)
{
  g_return_val_if_fail (COFFER_IS_PLAYER_VIEW (self), FALSE);

  return self->window != NULL;
}

void
coffer_player_view_set_full_screen (CofferPlayerView *self,
                                    gboolean          full_screen)
{
  g_return_if_fail (COFFER_IS_PLAYER_VIEW (self));

  if (!full_screen == (self->window == NULL))
    return;

  if (full_screen)
    enter_full_screen (self);
  else
    leave_full_screen (self);
  if (self->window != NULL)
    gtk_widget_add_css_class (self->stage, "full");
  else
    gtk_widget_remove_css_class (self->stage, "full");
  name_button (self->full, full_screen ? "view-restore-symbolic" : "view-fullscreen-symbolic",
               full_screen ? _("Leave Full Screen") : _("Full Screen"));
  give_focus (self);
  coffer_player_view_wake (self);
}

/* ---- The widget ---- */

static GtkSizeRequestMode
coffer_player_view_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* The stage's place stays while it is elsewhere. */
static void
coffer_player_view_measure (GtkWidget      *widget,
                            GtkOrientation  orientation,
                            int             for_size,
                            int            *minimum,
                            int            *natural,
                            int            *minimum_baseline,
                            int            *natural_baseline)
{
  CofferPlayerView *self = COFFER_PLAYER_VIEW (widget);

  if (self->window == NULL)
    gtk_widget_measure (self->stage, orientation, for_size, minimum, natural, NULL, NULL);
  else
    *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 0 : self->height;
}

static void
coffer_player_view_size_allocate (GtkWidget *widget,
                                  int        width,
                                  int        height,
                                  int        baseline)
{
  CofferPlayerView *self = COFFER_PLAYER_VIEW (widget);

  if (self->window != NULL)
    return;

  self->height = height;
  gtk_widget_allocate (self->stage, width, height, baseline, NULL);
}

static void
coffer_player_view_dispose (GObject *object)
{
  CofferPlayerView *self = COFFER_PLAYER_VIEW (object);

  g_clear_handle_id (&self->fade_id, g_source_remove);
  g_clear_weak_pointer (&self->had_focus);
  if (self->window != NULL)
    leave_full_screen (self);
  coffer_player_view_forget_peek (self);
  coffer_player_view_forget_sound (self);
  if (self->player != NULL)
    coffer_player_set_uri (self->player, NULL);
  g_clear_pointer (&self->stage, gtk_widget_unparent);
  g_clear_object (&self->settings);
  g_clear_object (&self->player);

  G_OBJECT_CLASS (coffer_player_view_parent_class)->dispose (object);
}

static void
coffer_player_view_class_init (CofferPlayerViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_player_view_dispose;

  widget_class->get_request_mode = coffer_player_view_get_request_mode;
  widget_class->measure = coffer_player_view_measure;
  widget_class->size_allocate = coffer_player_view_size_allocate;

  /* The call links the resource, which registers itself. */
  coffer_player_get_resource ();
  g_type_ensure (COFFER_TYPE_SCREEN);
  g_type_ensure (COFFER_TYPE_SEEK_BAR);
  g_type_ensure (COFFER_TYPE_WAVEFORM);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/player/coffer-player-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, stage);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, screen);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, waveform);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, play_sign);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, spinner);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, notice);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, subtitle);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, controls);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, bar);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, bubble);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, bubble_frame);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, bubble_time);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, play);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, time);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, mute);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, volume_room);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, volume);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, loop);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, more);
  gtk_widget_class_bind_template_child (widget_class, CofferPlayerView, full);
  gtk_widget_class_bind_template_callback (widget_class, play_cb);
  gtk_widget_class_bind_template_callback (widget_class, mute_cb);
  gtk_widget_class_bind_template_callback (widget_class, full_cb);
  gtk_widget_class_set_css_name (widget_class, "player");
}

static void
add_controllers (CofferPlayerView *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  gtk_widget_add_controller (self->stage, motion);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (self->stage, keys);
  g_signal_connect_swapped (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->mute), scroll);
  g_signal_connect_swapped (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->screen), GTK_EVENT_CONTROLLER (click));
}

static void
remember (CofferPlayerView *self)
{
  self->settings = g_settings_new ("io.github.coffervault.Coffer");
  g_settings_bind (self->settings, "player-volume", self->player, "volume", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "player-muted", self->player, "muted", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "player-loop", self->player, "loop", G_SETTINGS_BIND_DEFAULT);
}

static void
coffer_player_view_init (CofferPlayerView *self)
{
  GBindingFlags both = G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->player = coffer_player_new ();
  remember (self);
  g_object_bind_property (self->player, "volume", self->volume, "value", both);
  g_object_bind_property (self->player, "loop", self->loop, "active", both);
  coffer_screen_set_paintable (self->screen, GDK_PAINTABLE (coffer_player_get_frames (self->player)));
  coffer_player_view_add_actions (self);
  g_signal_connect_swapped (self->screen, "resized", G_CALLBACK (resized_cb), self);
  g_signal_connect_swapped (self->bar, "drag", G_CALLBACK (drag_cb), self);
  g_signal_connect_swapped (self->bar, "seek", G_CALLBACK (seek_cb), self);
  g_signal_connect_swapped (self->bar, "hover", G_CALLBACK (coffer_player_view_hover), self);
  g_signal_connect_swapped (self->stage, "get-child-position", G_CALLBACK (coffer_player_view_place_bubble), self);
  add_controllers (self);
  watch_player (self);
}

GtkWidget *
coffer_player_view_new (void)
{
  return g_object_new (COFFER_TYPE_PLAYER_VIEW, NULL);
}

void
coffer_player_view_set_uri (CofferPlayerView *self,
                            const char       *uri)
{
  g_return_if_fail (COFFER_IS_PLAYER_VIEW (self));

  if (uri == NULL)
    coffer_player_view_set_full_screen (self, FALSE);
  coffer_player_view_forget_peek (self);
  coffer_player_view_forget_sound (self);
  coffer_player_set_uri (self->player, uri);
}

void
coffer_player_view_play (CofferPlayerView *self)
{
  g_return_if_fail (COFFER_IS_PLAYER_VIEW (self));

  gtk_widget_grab_focus (self->stage);
  coffer_player_play (self->player);
}

void
coffer_player_view_toggle (CofferPlayerView *self)
{
  g_return_if_fail (COFFER_IS_PLAYER_VIEW (self));

  coffer_player_toggle (self->player);
}

void
coffer_player_view_set_max_height (CofferPlayerView *self,
                                   int               max_height)
{
  g_return_if_fail (COFFER_IS_PLAYER_VIEW (self));

  if (self->window == NULL)
    coffer_screen_set_max_height (self->screen, max_height);
}

CofferPlayer *
coffer_player_view_get_player (CofferPlayerView *self)
{
  g_return_val_if_fail (COFFER_IS_PLAYER_VIEW (self), NULL);

  return self->player;
}
