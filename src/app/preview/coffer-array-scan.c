/* SPDX-License-Identifier: MIT */
/*
 * An array read from end to end. Each turn on the lane takes a state and gives the next one, so that a turn that had to let go of
 * the file begins again where it began; only the picture is drawn into by all, and the same values land in the same places.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-array-scan.h"

#define PIECE (256 << 10)        /* bytes; a multiple of every item */
#define TURN_US (200 * 1000)

/* Immutable but for the picture's values, which one turn at a time writes. */
typedef struct {
  CofferArray array;
  guint64 offset;
  CofferArrayPicture *picture;
} Plan;

typedef struct {
  Plan *plan;                    /* reference counted */
  guint64 next;                  /* value */
  CofferArrayStats stats;
  GBytes *pixels;
} State;

struct _CofferArrayScan
{
  gatomicrefcount ref_count;     /* those on their way have one */
  CofferVault *vault;
  CofferKey *key;
  State *state;
  GCancellable *cancellable;
  GError *error;
  void (*changed) (gpointer data);
  gpointer data;
};

static void
plan_clear (gpointer data)
{
  g_clear_pointer (&((Plan *) data)->picture, coffer_array_picture_free);
}

static void
state_free (gpointer data)
{
  State *self = data;

  g_atomic_rc_box_release_full (self->plan, plan_clear);
  g_clear_pointer (&self->pixels, g_bytes_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (State, state_free)

static State *
state_copy (const State *state)
{
  State *copy = g_memdup2 (state, sizeof *state);

  g_atomic_rc_box_acquire (copy->plan);
  copy->pixels = NULL;

  return copy;
}

static gboolean
is_done (const State *state)
{
  return state->next >= state->plan->array.n_values;
}

/* Returns: FALSE when it failed */
static gboolean
take_piece (State         *state,
            GInputStream  *stream,
            guint8        *bytes,
            GCancellable  *cancellable,
            GError       **error)
{
  const CofferArray *array = &state->plan->array;
  guint64 n = MIN (PIECE / array->item_size, array->n_values - state->next);
  gsize len;

  if (!g_input_stream_read_all (stream, bytes, n * array->item_size, &len, cancellable, error))
    return FALSE;

  coffer_array_add (array, &state->stats, state->plan->picture, bytes, len / array->item_size);
  state->next = len < n * array->item_size ? array->n_values : state->next + n;

  return TRUE;
}

static gpointer
scan_turn (GInputStream           *stream,
           const CofferValueFacts *facts,
           gpointer                data,
           GCancellable           *cancellable,
           GError                **error)
{
  g_autoptr(State) state = state_copy (data);
  const CofferArray *array = &state->plan->array;
  g_autofree guint8 *bytes = g_malloc (PIECE);
  gint64 end = g_get_monotonic_time () + TURN_US;
  goffset at = state->plan->offset + array->data_offset + state->next * array->item_size;

  if (!g_seekable_seek (G_SEEKABLE (stream), at, G_SEEK_SET, cancellable, error))
    return NULL;
  while (!is_done (state) && g_get_monotonic_time () < end)
    if (!take_piece (state, stream, bytes, cancellable, error))
      return NULL;
  if (is_done (state) && state->plan->picture != NULL)
    state->pixels = coffer_array_picture_render (array, state->plan->picture, &state->stats);

  return g_steal_pointer (&state);
}

static void
scan_unref (CofferArrayScan *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_object_unref (self->vault);
  coffer_key_unref (self->key);
  state_free (self->state);
  g_object_unref (self->cancellable);
  g_clear_error (&self->error);
  g_free (self);
}

static void
turned_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data);

static void
next_turn (CofferArrayScan *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  coffer_vault_read_value_async (self->vault, self->key, scan_turn, state_copy (self->state), state_free, state_free,
                                 self->cancellable, turned_cb, self);
}

static void
turned_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferArrayScan *self = data;
  GError *error = NULL;
  State *state = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      g_clear_pointer (&state, state_free);
      g_clear_error (&error);
    }
  else
    {
      self->error = error;
      if (state != NULL)
        {
          state_free (self->state);
          self->state = state;
          if (!is_done (state))
            next_turn (self);
        }
      self->changed (self->data);
    }
  scan_unref (self);
}

CofferArrayScan *
coffer_array_scan_new (CofferVault       *vault,
                       CofferKey         *key,
                       guint64            offset,
                       const CofferArray *array,
                       void             (*changed) (gpointer data),
                       gpointer           data)
{
  CofferArrayScan *self = g_new0 (CofferArrayScan, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->vault = g_object_ref (vault);
  self->key = coffer_key_ref (key);
  self->cancellable = g_cancellable_new ();
  self->changed = changed;
  self->data = data;
  self->state = g_new0 (State, 1);
  self->state->plan = g_atomic_rc_box_new0 (Plan);
  self->state->plan->array = *array;
  self->state->plan->offset = offset;
  self->state->plan->picture = coffer_array_picture_new (array);
  next_turn (self);

  return self;
}

void
coffer_array_scan_free (CofferArrayScan *self)
{
  g_cancellable_cancel (self->cancellable);
  scan_unref (self);
}

const CofferArrayStats *
coffer_array_scan_get_stats (const CofferArrayScan *self)
{
  return &self->state->stats;
}

double
coffer_array_scan_get_share (const CofferArrayScan *self)
{
  const State *state = self->state;

  return state->plan->array.n_values > 0 ? (double) state->next / state->plan->array.n_values : 1;
}

const GError *
coffer_array_scan_get_error (const CofferArrayScan *self)
{
  return self->error;
}

GBytes *
coffer_array_scan_get_pixels (const CofferArrayScan *self,
                              guint                 *width,
                              guint                 *height)
{
  if (self->state->pixels == NULL)
    return NULL;

  *width = self->state->plan->picture->width;
  *height = self->state->plan->picture->height;

  return self->state->pixels;
}
