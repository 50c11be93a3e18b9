/* SPDX-License-Identifier: MIT */
/*
 * A playbin and the thread that moves it. The main thread puts down what it wants under the lock; a thread of a pool takes that
 * and does it until nothing is left. So no more than one works on a playback, and one that is stuck holds up no other.
 *
 * playbin and not playbin3, which as of GStreamer 1.22 may block for good when it is stopped before it knows what it plays.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-playback.h"

#include <coffer-media-guard.h>
#include <gst/base/gstbasesink.h>

#include "coffer-repair.h"

/*
 * video + audio + text + soft-volume + native-video, of playbin's GstPlayFlags. Text is read whether it is to be seen or not. The
 * sink converts and scales: a converter of playbin's before it would do that in its place, and hide the clip's own size.
 */
#define FLAGS (1 | 2 | 4 | 0x10 | 0x40)
#define NOTHING (-2)
/* A decoder that hangs keeps no program from ending. */
#define WAIT_LIMIT_US (5 * G_USEC_PER_SEC)

/* Scaled first, in the decoder's format: in one go with the conversion it costs twice as much. */
#define SINK "videoscale name=scale n-threads=2 add-borders=false ! videoconvert ! capsfilter name=filter ! " \
             "appsink name=sink max-buffers=2 drop=true sync=true qos=true enable-last-sample=false"

typedef struct {
  gboolean quit;
  GstState state;      /* GST_STATE_VOID_PENDING: as it is */
  gboolean sets_volume;
  double volume;
  gboolean muted;
  gboolean seeks;
  double rate;
  gint64 position;
  guint32 seqnum;
  gboolean steps;
  int audio;
} Wishes;

static const Wishes no_wishes = { .state = GST_STATE_VOID_PENDING, .audio = NOTHING };

struct _CofferPlayback {
  gatomicrefcount ref_count;
  GstElement *playbin;
  GstElement *scale;
  GstElement *filter;
  CofferMediaGuard *guard;
  CofferFrames *frames;
  CofferCues *cues;
  CofferPlaybackFunc func;
  gpointer data;
  guint watch_id;

  GMutex lock;
  Wishes wishes;       /* by the lock */
  gboolean working;    /* by the lock */
};

/* Playbacks, and other threads with a value open, that are not done yet. */
static GMutex count_lock;
static GCond count_cond;
static guint n_playbacks;

void
coffer_playback_hold_all (void)
{
  g_mutex_lock (&count_lock);
  n_playbacks++;
  g_mutex_unlock (&count_lock);
}

void
coffer_playback_release_all (void)
{
  g_mutex_lock (&count_lock);
  n_playbacks--;
  g_cond_broadcast (&count_cond);
  g_mutex_unlock (&count_lock);
}

static void
playback_unref (CofferPlayback *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  coffer_media_guard_free (self->guard);
  coffer_cues_unref (self->cues);
  gst_clear_object (&self->filter);
  gst_clear_object (&self->scale);
  gst_object_unref (self->playbin);
  g_mutex_clear (&self->lock);
  g_free (self);
  coffer_playback_release_all ();
}

static void
post (CofferPlayback *self,
      const char     *name)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (self->playbin);

  gst_bus_post (bus, gst_message_new_application (NULL, gst_structure_new_empty (name)));
}

static gboolean
seek (CofferPlayback *self,
      const Wishes   *wishes)
{
  GstEvent *event = gst_event_new_seek (wishes->rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                                        GST_SEEK_TYPE_SET, wishes->position, GST_SEEK_TYPE_NONE, -1);

  gst_event_set_seqnum (event, wishes->seqnum);

  return gst_element_send_event (self->playbin, event);
}

/* Worker. */
static void
fulfil (CofferPlayback *self,
        const Wishes   *wishes)
{
  if (wishes->quit)
    {
      gst_element_set_state (self->playbin, GST_STATE_NULL);
      return;
    }

  if (wishes->sets_volume)
    g_object_set (self->playbin, "volume", wishes->volume, "mute", wishes->muted, NULL);
  if (wishes->audio != NOTHING)
    g_object_set (self->playbin, "current-audio", wishes->audio, NULL);
  if (wishes->seeks && !seek (self, wishes))
    post (self, COFFER_PLAYBACK_NO_SEEK);
  /* Behind the seek: at the end a sink that is set to play only tells of the end once more. */
  if (wishes->state != GST_STATE_VOID_PENDING)
    gst_element_set_state (self->playbin, wishes->state);
  if (wishes->steps && !gst_element_send_event (self->playbin, gst_event_new_step (GST_FORMAT_BUFFERS, 1, 1, TRUE, FALSE)))
    post (self, COFFER_PLAYBACK_STEPPED);
}

/* FALSE: there is nothing left to do, and this is no longer at work. */
static gboolean
take_wishes (CofferPlayback *self,
             Wishes         *wishes,
             gboolean        did_quit)
{
  gboolean any;

  g_mutex_lock (&self->lock);
  *wishes = self->wishes;
  self->wishes = no_wishes;
  any = !did_quit && (wishes->quit || wishes->sets_volume || wishes->seeks || wishes->steps || wishes->audio != NOTHING ||
                      wishes->state != GST_STATE_VOID_PENDING);
  self->working = any;
  g_mutex_unlock (&self->lock);

  return any;
}

/* Worker. */
static void
work (gpointer data,
      gpointer unused)
{
  CofferPlayback *self = data;
  Wishes wishes = no_wishes;

  while (take_wishes (self, &wishes, wishes.quit))
    fulfil (self, &wishes);

  playback_unref (self);
}

/* With the lock held. */
static void
get_to_work (CofferPlayback *self)
{
  static GThreadPool *pool = NULL;

  if (self->working)
    return;

  if (pool == NULL)
    pool = g_thread_pool_new (work, NULL, -1, FALSE, NULL);
  self->working = TRUE;
  g_atomic_ref_count_inc (&self->ref_count);
  g_thread_pool_push (pool, self, NULL);
}

static gboolean
message_cb (GstBus     *bus,
            GstMessage *message,
            gpointer    data)
{
  CofferPlayback *self = data;

  self->func (message, self->data);

  return G_SOURCE_CONTINUE;
}

static GstElement *
sink_new (CofferPlayback *self,
          CofferFrames   *frames)
{
  GstElement *bin = gst_parse_bin_from_description (SINK, TRUE, NULL);
  g_autoptr(GstElement) sink = NULL;

  if (bin == NULL)
    return NULL;

  sink = gst_bin_get_by_name (GST_BIN (bin), "sink");
  self->filter = gst_bin_get_by_name (GST_BIN (bin), "filter");
  self->scale = gst_bin_get_by_name (GST_BIN (bin), "scale");
  coffer_frames_set_sink (frames, sink, self->scale);
  coffer_repair_add (bin);

  return bin;
}

/* Speed leaves the pitch as it is, where the filter for that is installed. */
static void
add_audio_filter (CofferPlayback *self)
{
  GstElement *filter = gst_element_factory_make ("scaletempo", NULL);

  if (filter != NULL)
    g_object_set (self->playbin, "audio-filter", filter, NULL);
}

static CofferPlayback *
playback_alloc (GstElement *playbin)
{
  CofferPlayback *self = g_new0 (CofferPlayback, 1);

  coffer_playback_hold_all ();
  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->wishes = no_wishes;
  self->playbin = gst_object_ref_sink (playbin);
  self->guard = coffer_media_guard_new (playbin, FALSE);
  self->cues = coffer_cues_new ();

  return self;
}

CofferPlayback *
coffer_playback_new (const char         *uri,
                     CofferFrames       *frames,
                     CofferPlaybackFunc  func,
                     gpointer            data)
{
  GstElement *playbin = gst_element_factory_make ("playbin", NULL);
  g_autoptr(GstBus) bus = NULL;
  CofferPlayback *self;
  GstElement *sink;

  if (playbin == NULL)
    return NULL;

  self = playback_alloc (playbin);
  sink = sink_new (self, frames);
  if (sink == NULL)
    {
      g_clear_pointer (&self, playback_unref);
      return NULL;
    }

  self->frames = frames;
  self->func = func;
  self->data = data;
  g_object_set (playbin, "uri", uri, "video-sink", sink, "flags", FLAGS, NULL);
  coffer_cue_tap_add (playbin, self->cues);
  add_audio_filter (self);
  bus = gst_element_get_bus (playbin);
  self->watch_id = gst_bus_add_watch (bus, message_cb, self);

  return self;
}

void
coffer_playback_close (CofferPlayback *self)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (self->playbin);

  gst_bus_remove_watch (bus);
  coffer_frames_set_sink (self->frames, NULL, NULL);

  g_mutex_lock (&self->lock);
  self->wishes = no_wishes;
  self->wishes.quit = TRUE;
  get_to_work (self);
  g_mutex_unlock (&self->lock);

  playback_unref (self);
}

GstElement *
coffer_playback_get_element (CofferPlayback *self)
{
  return self->playbin;
}

void
coffer_playback_set_state (CofferPlayback *self,
                           GstState        state)
{
  g_mutex_lock (&self->lock);
  self->wishes.state = state;
  get_to_work (self);
  g_mutex_unlock (&self->lock);
}

void
coffer_playback_set_volume (CofferPlayback *self,
                            double          linear,
                            gboolean        muted)
{
  g_mutex_lock (&self->lock);
  self->wishes.sets_volume = TRUE;
  self->wishes.volume = linear;
  self->wishes.muted = muted;
  get_to_work (self);
  g_mutex_unlock (&self->lock);
}

void
coffer_playback_seek (CofferPlayback *self,
                      double          rate,
                      gint64          position,
                      guint32         seqnum)
{
  g_mutex_lock (&self->lock);
  self->wishes.seeks = TRUE;
  self->wishes.rate = rate;
  self->wishes.position = position;
  self->wishes.seqnum = seqnum;
  self->wishes.steps = FALSE;
  get_to_work (self);
  g_mutex_unlock (&self->lock);
}

void
coffer_playback_step (CofferPlayback *self)
{
  g_mutex_lock (&self->lock);
  self->wishes.steps = TRUE;
  get_to_work (self);
  g_mutex_unlock (&self->lock);
}

void
coffer_playback_set_audio (CofferPlayback *self,
                           int             n)
{
  g_mutex_lock (&self->lock);
  self->wishes.audio = n;
  get_to_work (self);
  g_mutex_unlock (&self->lock);
}

char *
coffer_playback_dup_subtitle (CofferPlayback *self,
                              guint           track,
                              gint64          position)
{
  return coffer_cues_dup_at (self->cues, track, position);
}

gint64
coffer_playback_get_last_words (CofferPlayback *self)
{
  return coffer_cues_get_end (self->cues);
}

static gboolean
has_rendered (GstElement *element)
{
  g_autoptr(GstStructure) stats = NULL;
  guint64 rendered = 0, dropped = 0;

  if (!GST_IS_BASE_SINK (element))
    return FALSE;

  stats = gst_base_sink_get_stats (GST_BASE_SINK (element));
  gst_structure_get (stats, "rendered", G_TYPE_UINT64, &rendered, "dropped", G_TYPE_UINT64, &dropped, NULL);

  return rendered + dropped > 0;
}

gboolean
coffer_playback_has_rendered (CofferPlayback *self)
{
  g_autoptr(GstIterator) iterator = gst_bin_iterate_recurse (GST_BIN (self->playbin));
  GValue element = G_VALUE_INIT;
  gboolean rendered = FALSE;

  while (!rendered && gst_iterator_next (iterator, &element) == GST_ITERATOR_OK)
    {
      rendered = has_rendered (g_value_get_object (&element));
      g_value_unset (&element);
    }

  return rendered;
}

/* GTK 4.8 has no format without alpha for this order of bytes; it is cairo's own. */
void
coffer_playback_set_room (CofferPlayback *self,
                          int             width,
                          int             height)
{
  g_autoptr(GstCaps) caps = gst_caps_new_simple ("video/x-raw",
                                                 "format", G_TYPE_STRING, "BGRA",
                                                 "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1,
                                                 "width", GST_TYPE_INT_RANGE, 1, MAX (width, 2),
                                                 "height", GST_TYPE_INT_RANGE, 1, MAX (height, 2), NULL);

  g_object_set (self->filter, "caps", caps, NULL);
}

GstCaps *
coffer_playback_dup_video_caps (CofferPlayback *self)
{
  g_autoptr(GstPad) pad = gst_element_get_static_pad (self->scale, "sink");

  return gst_pad_get_current_caps (pad);
}

gboolean
coffer_playback_has_given_up (CofferPlayback *self)
{
  return coffer_media_guard_has_given_up (self->guard);
}

void
coffer_playback_wait_all (void)
{
  gint64 end = g_get_monotonic_time () + WAIT_LIMIT_US;

  g_mutex_lock (&count_lock);
  while (n_playbacks > 0 && g_cond_wait_until (&count_cond, &count_lock, end))
    ;
  g_mutex_unlock (&count_lock);
}
