/* SPDX-License-Identifier: MIT */
/*
 * What all transfers have in common: their state, and how far they are. A timer looks ten times a second while one runs; the rate
 * is that of the last seconds, since the one of the whole would lag behind. Main thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-transfer.h"

#define LOOK_MS 100
#define N_LOOKS 30               /* of which the rate is told: three seconds */
#define SURE_US (G_USEC_PER_SEC) /* before anything is told of it */

typedef struct {
  gint64 time;
  guint64 done;                /* bytes; where there are none, items */
} Look;

typedef struct {
  char *title;
  const char *icon_name;       /* interned */
  gpointer target, vault;      /* unowned; compared only */
  CofferTransferState state;
  char *waits_for;
  gboolean cancelled, cannot_pause;
  GError *error;
  GPtrArray *skips;
  CofferTransferProgress progress;
  Look looks[N_LOOKS];
  guint n_looks;
  guint look_id;
  gint64 started, ended;       /* 0: not yet */
} CofferTransferPrivate;

enum {
  PROP_STATE = 1,
  PROP_WAITS_FOR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint progress_signal;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CofferTransfer, coffer_transfer, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (CofferTransferState, coffer_transfer_state,
                    G_DEFINE_ENUM_VALUE (COFFER_TRANSFER_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (COFFER_TRANSFER_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (COFFER_TRANSFER_PAUSED, "paused"),
                    G_DEFINE_ENUM_VALUE (COFFER_TRANSFER_DONE, "done"),
                    G_DEFINE_ENUM_VALUE (COFFER_TRANSFER_CANCELLED, "cancelled"),
                    G_DEFINE_ENUM_VALUE (COFFER_TRANSFER_FAILED, "failed"))

static CofferTransferPrivate *
get_private (CofferTransfer *self)
{
  return coffer_transfer_get_instance_private (self);
}

static void
skip_free (gpointer data)
{
  CofferTransferSkip *skip = data;

  g_free (skip->name);
  g_free (skip->reason);
  g_free (skip);
}

/* How far */

static void
tell_rate (CofferTransferPrivate *private)
{
  const Look *now = &private->looks[(private->n_looks - 1) % N_LOOKS];
  const Look *then = &private->looks[private->n_looks > N_LOOKS ? private->n_looks % N_LOOKS : 0];
  CofferTransferProgress *progress = &private->progress;
  gint64 span = now->time - then->time;
  double rate = span >= SURE_US && now->done > then->done ? (double) (now->done - then->done) * G_USEC_PER_SEC / span : 0;
  guint64 all = progress->n_bytes > 0 ? progress->n_bytes : progress->n_items;

  progress->rate = progress->n_bytes > 0 ? rate : 0;
  progress->seconds_left = rate > 0 && all >= now->done ? (gint64) ((all - now->done) / rate + 0.5) : -1;
}

static void
look (CofferTransfer *self)
{
  CofferTransferPrivate *private = get_private (self);
  CofferTransferProgress *progress = &private->progress;

  COFFER_TRANSFER_GET_CLASS (self)->look (self, progress);
  private->looks[private->n_looks++ % N_LOOKS] = (Look) { g_get_monotonic_time (), progress->n_bytes > 0 ? progress->bytes : progress->items };
  tell_rate (private);
  g_signal_emit (self, progress_signal, 0);
}

static gboolean
look_cb (gpointer data)
{
  look (data);
  return G_SOURCE_CONTINUE;
}

static void
set_looking (CofferTransfer *self,
             gboolean        looking)
{
  CofferTransferPrivate *private = get_private (self);

  g_clear_handle_id (&private->look_id, g_source_remove);
  private->n_looks = 0;   /* a pause is no part of the rate */
  if (looking)
    private->look_id = g_timeout_add (LOOK_MS, look_cb, self);
}

/* Its state */

static void
set_state (CofferTransfer      *self,
           CofferTransferState  state)
{
  CofferTransferPrivate *private = get_private (self);

  if (private->state == state)
    return;
  private->state = state;
  set_looking (self, state == COFFER_TRANSFER_RUNNING);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
coffer_transfer_start (CofferTransfer *self)
{
  g_return_if_fail (COFFER_IS_TRANSFER (self));
  g_return_if_fail (get_private (self)->state == COFFER_TRANSFER_WAITING);

  get_private (self)->started = g_get_monotonic_time ();
  set_state (self, COFFER_TRANSFER_RUNNING);
  COFFER_TRANSFER_GET_CLASS (self)->start (self);
}

void
coffer_transfer_cancel (CofferTransfer *self)
{
  CofferTransferPrivate *private = get_private (self);

  g_return_if_fail (COFFER_IS_TRANSFER (self));

  if (private->cancelled || !coffer_transfer_is_active (self))
    return;
  private->cancelled = TRUE;
  if (private->state == COFFER_TRANSFER_WAITING)
    coffer_transfer_end (self, FALSE, NULL);
  else
    COFFER_TRANSFER_GET_CLASS (self)->stop (self);
}

void
coffer_transfer_set_paused (CofferTransfer *self,
                            gboolean        paused)
{
  CofferTransferPrivate *private = get_private (self);

  g_return_if_fail (COFFER_IS_TRANSFER (self));

  if (private->cancelled || private->cannot_pause || private->state != (paused ? COFFER_TRANSFER_RUNNING : COFFER_TRANSFER_PAUSED))
    return;
  set_state (self, paused ? COFFER_TRANSFER_PAUSED : COFFER_TRANSFER_RUNNING);
  COFFER_TRANSFER_GET_CLASS (self)->pause (self, paused);
}

void
coffer_transfer_end (CofferTransfer *self,
                     gboolean        complete,
                     GError         *error)
{
  CofferTransferPrivate *private = get_private (self);

  g_return_if_fail (coffer_transfer_is_active (self));

  look (self);
  coffer_transfer_set_waits_for (self, NULL);
  private->error = error;
  private->ended = g_get_monotonic_time ();
  if (error != NULL)
    set_state (self, COFFER_TRANSFER_FAILED);
  else
    set_state (self, complete ? COFFER_TRANSFER_DONE : COFFER_TRANSFER_CANCELLED);
}

/* What is known of it */

const char *
coffer_transfer_get_title (CofferTransfer *self)
{
  return get_private (self)->title;
}

const char *
coffer_transfer_get_icon_name (CofferTransfer *self)
{
  return get_private (self)->icon_name;
}

gpointer
coffer_transfer_get_target (CofferTransfer *self)
{
  return get_private (self)->target;
}

gboolean
coffer_transfer_concerns (CofferTransfer *self,
                          gpointer        vault)
{
  return get_private (self)->vault == vault || get_private (self)->target == vault;
}

CofferTransferState
coffer_transfer_get_state (CofferTransfer *self)
{
  g_return_val_if_fail (COFFER_IS_TRANSFER (self), COFFER_TRANSFER_DONE);

  return get_private (self)->state;
}

gint64
coffer_transfer_get_seconds (CofferTransfer *self)
{
  CofferTransferPrivate *private = get_private (self);
  gint64 end = private->ended != 0 ? private->ended : g_get_monotonic_time ();

  return private->started != 0 ? (end - private->started) / G_USEC_PER_SEC : 0;
}

gboolean
coffer_transfer_is_active (CofferTransfer *self)
{
  return coffer_transfer_get_state (self) <= COFFER_TRANSFER_PAUSED;
}

gboolean
coffer_transfer_can_pause (CofferTransfer *self)
{
  return !get_private (self)->cannot_pause;
}

const char *
coffer_transfer_get_waits_for (CofferTransfer *self)
{
  return get_private (self)->waits_for;
}

CofferTransferProgress
coffer_transfer_get_progress (CofferTransfer *self)
{
  CofferTransferPrivate *private = get_private (self);

  COFFER_TRANSFER_GET_CLASS (self)->look (self, &private->progress);
  return private->progress;
}

const GError *
coffer_transfer_get_error (CofferTransfer *self)
{
  return get_private (self)->error;
}

GPtrArray *
coffer_transfer_get_skips (CofferTransfer *self)
{
  return get_private (self)->skips;
}

/* For what derives from it */

void
coffer_transfer_set_up (CofferTransfer *self,
                        const char     *title,
                        const char     *icon_name,
                        gpointer        target)
{
  CofferTransferPrivate *private = get_private (self);

  g_free (private->title);
  private->title = g_strdup (title);
  private->icon_name = g_intern_string (icon_name);
  private->target = private->vault = target;
}

void
coffer_transfer_set_vault (CofferTransfer *self,
                           gpointer        vault)
{
  get_private (self)->vault = vault;
}

void
coffer_transfer_set_can_pause (CofferTransfer *self,
                               gboolean        can_pause)
{
  get_private (self)->cannot_pause = !can_pause;
}

void
coffer_transfer_set_waits_for (CofferTransfer *self,
                               const char     *what)
{
  CofferTransferPrivate *private = get_private (self);

  if (g_strcmp0 (private->waits_for, what) == 0)
    return;
  g_free (private->waits_for);
  private->waits_for = g_strdup (what);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WAITS_FOR]);
}

void
coffer_transfer_add_skip (CofferTransfer *self,
                          char           *name,
                          char           *reason)
{
  CofferTransferSkip *skip = g_new (CofferTransferSkip, 1);

  *skip = (CofferTransferSkip) { name, reason };
  g_ptr_array_add (get_private (self)->skips, skip);
}

gboolean
coffer_transfer_is_cancelled (CofferTransfer *self)
{
  return get_private (self)->cancelled;
}

static void
coffer_transfer_get_property (GObject    *object,
                              guint       id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  CofferTransferPrivate *private = get_private (COFFER_TRANSFER (object));

  switch (id)
    {
    case PROP_STATE:
      g_value_set_enum (value, private->state);
      break;
    case PROP_WAITS_FOR:
      g_value_set_string (value, private->waits_for);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_transfer_finalize (GObject *object)
{
  CofferTransferPrivate *private = get_private (COFFER_TRANSFER (object));

  g_clear_handle_id (&private->look_id, g_source_remove);
  g_clear_error (&private->error);
  g_ptr_array_unref (private->skips);
  g_free (private->waits_for);
  g_free (private->title);

  G_OBJECT_CLASS (coffer_transfer_parent_class)->finalize (object);
}

static void
coffer_transfer_class_init (CofferTransferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = coffer_transfer_get_property;
  object_class->finalize = coffer_transfer_finalize;

  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, COFFER_TYPE_TRANSFER_STATE, COFFER_TRANSFER_WAITING,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_WAITS_FOR] = g_param_spec_string ("waits-for", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  progress_signal = g_signal_new ("progress", COFFER_TYPE_TRANSFER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_transfer_init (CofferTransfer *self)
{
  CofferTransferPrivate *private = get_private (self);

  private->skips = g_ptr_array_new_with_free_func (skip_free);
  private->progress.seconds_left = -1;
}
