/* SPDX-License-Identifier: MIT */
/* What GStreamer tells of a clip, its end and its errors among that. Main thread. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define WATCH_MS 200
#define WALKING "kvault-walking"

void
coffer_player_stop (CofferPlayer *self)
{
  g_cancellable_cancel (self->preparing);
  g_clear_object (&self->preparing);
  g_clear_pointer (&self->playback, coffer_playback_close);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_handle_id (&self->renew_id, g_source_remove);
  coffer_player_forget_motion (self);
  coffer_player_update_subtitle (self);
  self->walking = FALSE;
}

/* @error (transfer full) */
void
coffer_player_fail (CofferPlayer *self,
                    GError       *error)
{
  coffer_player_stop (self);
  coffer_frames_clear (self->frames);
  g_clear_error (&self->error);
  self->error = error;
  self->wants_play = self->loaded = FALSE;
  coffer_player_update_state (self);
}

/* What came so far stays to be seen. */
static void
end_by_error (CofferPlayer *self,
              GError       *error)
{
  self->gave_out = self->at_end = TRUE;
  self->wants_play = FALSE;
  coffer_player_forget_motion (self);
  g_free (self->missing);
  self->missing = g_strdup (error->message);
  g_error_free (error);
  coffer_player_update_notice (self);
  coffer_player_update_state (self);
}

static void
handle_error (CofferPlayer *self,
              GstMessage   *message)
{
  GError *error = coffer_player_error_new (message, self->missing);

  if (self->loaded && error->code == COFFER_PLAYER_ERROR_BROKEN)
    end_by_error (self, error);
  else
    coffer_player_fail (self, error);
}

static void
handle_end (CofferPlayer *self,
            GstMessage   *message)
{
  if (self->loaded && !self->seeking)
    {
      coffer_player_end (self);
      return;
    }

  self->ended = self->seeking;
  self->ended_seqnum = gst_message_get_seqnum (message);
}

static void
finish_seek (CofferPlayer *self,
             gboolean      refused)
{
  if (coffer_player_end_seek (self, refused))
    coffer_player_end (self);
}

/* What was chosen for this clip before it failed, or while it was being loaded. */
static void
apply_choices (CofferPlayer *self)
{
  coffer_player_apply_track (self);
  if (self->rate != 1)
    coffer_player_begin_seek (self, self->position);
}

static void
handle_done (CofferPlayer *self)
{
  coffer_player_query_duration (self);
  if (self->loaded)
    {
      if (self->seeking)
        finish_seek (self, FALSE);
      return;
    }

  self->loaded = TRUE;
  g_clear_handle_id (&self->watch_id, g_source_remove);
  coffer_player_update_state (self);
  coffer_player_query_position (self);
  apply_choices (self);
  g_signal_emit_by_name (self, "loaded");
}

/* With its sound a sound card, or a server, is looked for; the sound then goes nowhere, in real time. */
static void
handle_warning (CofferPlayer *self,
                GstMessage   *message)
{
  GstElementFactory *factory = GST_IS_ELEMENT (GST_MESSAGE_SRC (message))
                                   ? gst_element_get_factory (GST_ELEMENT (GST_MESSAGE_SRC (message))) : NULL;

  if (factory == NULL || g_strcmp0 (GST_OBJECT_NAME (factory), "autoaudiosink") != 0)
    return;

  g_free (self->no_sound);
  self->no_sound = g_strdup (_("No sound device: it plays without sound"));
  coffer_player_update_notice (self);
}

static void
handle_missing (CofferPlayer *self,
                GstMessage   *message)
{
  g_autofree char *missing = coffer_player_dup_missing (message);
  g_autofree char *before = NULL;

  if (missing == NULL || (self->missing != NULL && strstr (self->missing, missing) != NULL))
    return;

  before = g_steal_pointer (&self->missing);
  self->missing = before != NULL ? g_strdup_printf ("%s\n%s", before, missing) : g_steal_pointer (&missing);
  coffer_player_update_notice (self);
}

static void
handle_element (CofferPlayer *self,
                GstMessage   *message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (structure != NULL && gst_structure_has_name (structure, WALKING))
    {
      if (!gst_structure_get_boolean (structure, "walking", &self->walking))
        self->walking = FALSE;
      coffer_player_update_busy (self);
      return;
    }

  handle_missing (self, message);
}

static void
handle_application (CofferPlayer *self,
                    GstMessage   *message)
{
  if (gst_message_has_name (message, COFFER_PLAYBACK_NO_SEEK))
    finish_seek (self, TRUE);
  else if (gst_message_has_name (message, COFFER_PLAYBACK_STEPPED))
    coffer_player_end_step (self);
  else if (gst_message_has_name (message, COFFER_CUE_TAP_ADDED))
    coffer_player_update_subtitle (self);
  else
    coffer_player_fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_REFUSED,
                                                   _("This is a list of addresses; they are not followed")));
}

static void
handle_tags (CofferPlayer *self,
             GstMessage   *message)
{
  g_autoptr(GstTagList) tags = NULL, before = g_steal_pointer (&self->tags);

  gst_message_parse_tag (message, &tags);
  self->tags = gst_tag_list_merge (before, tags, GST_TAG_MERGE_KEEP);
  /* They come again with every seek. */
  if (self->loaded && (before == NULL || !gst_tag_list_is_equal (before, self->tags)))
    g_signal_emit_by_name (self, "loaded");
}

void
coffer_player_message_cb (GstMessage *message,
                          gpointer    data)
{
  CofferPlayer *self = data;
  gboolean of_all = GST_MESSAGE_SRC (message) == GST_OBJECT (coffer_playback_get_element (self->playback));

  switch ((int) GST_MESSAGE_TYPE (message))   /* some are beyond the enum's int */
    {
    case GST_MESSAGE_ASYNC_DONE:
      if (of_all)
        handle_done (self);
      break;
    case GST_MESSAGE_STEP_DONE:
      coffer_player_end_step (self);
      break;
    case GST_MESSAGE_EOS:
      handle_end (self, message);
      break;
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_WARNING:
      handle_warning (self, message);
      break;
    case GST_MESSAGE_ELEMENT:
      handle_element (self, message);
      break;
    case GST_MESSAGE_APPLICATION:
      handle_application (self, message);
      break;
    case GST_MESSAGE_TAG:
      handle_tags (self, message);
      break;
    case GST_MESSAGE_DURATION_CHANGED:
      coffer_player_query_duration (self);
      break;
    default:
      break;
    }
}

static gboolean
watch_cb (gpointer data)
{
  CofferPlayer *self = data;

  if (!coffer_playback_has_given_up (self->playback))
    return G_SOURCE_CONTINUE;

  self->watch_id = 0;
  coffer_player_fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_BROKEN,
                                                 _("The clip is damaged or cut short")));

  return G_SOURCE_REMOVE;
}

void
coffer_player_watch (CofferPlayer *self)
{
  self->watch_id = g_timeout_add (WATCH_MS, watch_cb, self);
}
