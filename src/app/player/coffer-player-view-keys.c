/* SPDX-License-Identifier: MIT */
/* The keyboard over a player. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-view-private.h"

#define SHORT_JUMP (5 * GST_SECOND)
#define LONG_JUMP (10 * GST_SECOND)
#define VOLUME_STEP .05

void
coffer_player_view_change_volume (CofferPlayerView *self,
                                  double            steps)
{
  coffer_player_set_volume (self->player, coffer_player_get_volume (self->player) + steps * VOLUME_STEP);
  coffer_player_set_muted (self->player, FALSE);
}

static gboolean
is_paused (CofferPlayerView *self)
{
  CofferPlayerState state = coffer_player_get_state (self->player);

  return state == COFFER_PLAYER_PAUSED || state == COFFER_PLAYER_ENDED;
}

static gboolean
go_sideways (CofferPlayerView *self,
             int               direction,
             gboolean          shift)
{
  if (shift && is_paused (self) && coffer_player_has_video (self->player))
    coffer_player_step (self->player, direction);
  else
    coffer_player_seek_by (self->player, direction * (gint64) SHORT_JUMP);

  return TRUE;
}

static gboolean
go_to_part (CofferPlayerView *self,
            int               tenths)
{
  coffer_player_seek (self->player, coffer_player_get_duration (self->player) / 10 * tenths);

  return TRUE;
}

static gboolean
move (CofferPlayerView *self,
      guint             keyval,
      gboolean          shift)
{
  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      return go_sideways (self, -1, shift);
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      return go_sideways (self, 1, shift);
    case GDK_KEY_j:
      coffer_player_seek_by (self->player, -(gint64) LONG_JUMP);
      return TRUE;
    case GDK_KEY_l:
      coffer_player_seek_by (self->player, LONG_JUMP);
      return TRUE;
    case GDK_KEY_comma:
      coffer_player_step (self->player, -1);
      return TRUE;
    case GDK_KEY_period:
      coffer_player_step (self->player, 1);
      return TRUE;
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
      return go_to_part (self, 0);
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
      coffer_player_seek (self->player, coffer_player_get_duration (self->player));
      return TRUE;
    default:
      if (keyval >= GDK_KEY_0 && keyval <= GDK_KEY_9)
        return go_to_part (self, keyval - GDK_KEY_0);
      return FALSE;
    }
}

gboolean
coffer_player_view_key (CofferPlayerView *self,
                        guint             keyval,
                        GdkModifierType   state)
{
  guint lower = gdk_keyval_to_lower (keyval);

  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) != 0)
    return FALSE;

  switch (lower)
    {
    case GDK_KEY_space:
    case GDK_KEY_k:
      coffer_player_toggle (self->player);
      return TRUE;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      coffer_player_view_change_volume (self, 1);
      return TRUE;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      coffer_player_view_change_volume (self, -1);
      return TRUE;
    case GDK_KEY_m:
      coffer_player_set_muted (self->player, !coffer_player_get_muted (self->player));
      return TRUE;
    case GDK_KEY_r:
      coffer_player_set_loop (self->player, !coffer_player_get_loop (self->player));
      return TRUE;
    case GDK_KEY_f:
    case GDK_KEY_F11:
      coffer_player_view_set_full_screen (self, !coffer_player_view_get_full_screen (self));
      return TRUE;
    case GDK_KEY_Escape:
      if (!coffer_player_view_get_full_screen (self))
        return FALSE;
      coffer_player_view_set_full_screen (self, FALSE);
      return TRUE;
    default:
      return move (self, lower, (state & GDK_SHIFT_MASK) != 0);
    }
}

static gboolean
is_for_list (guint keyval)
{
  switch (keyval)
    {
    case GDK_KEY_space:
    case GDK_KEY_KP_Space:
    case GDK_KEY_Escape:
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
coffer_player_view_key_in_list (CofferPlayerView *self,
                                guint             keyval,
                                GdkModifierType   state)
{
  g_return_val_if_fail (COFFER_IS_PLAYER_VIEW (self), FALSE);

  if (is_for_list (keyval) || !coffer_player_view_key (self, keyval, state))
    return FALSE;

  coffer_player_view_wake (self);

  return TRUE;
}
