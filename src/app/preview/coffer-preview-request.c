/* SPDX-License-Identifier: MIT */
/*
 * What the preview asks for. Main thread; values are read and pictures decoded elsewhere (coffer-content.h). One request is current
 * at a time and is known by its cancellable: `current` is cancelled and replaced with every choice, and an answer to any other
 * steps aside. Pictures of the keys beside it are made ahead (coffer-prefetch.h).
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-preview-private.h"

#include <coffer-image-render.h>

#include "coffer-content-sample.h"

#define RENEW_AFTER_MS 150
#define BEHIND_AFTER_MS 300
#define N_AT_REST 2   /* pictures that are made ready, one on each side; in haste they are all on the way */
#define TRAIL_AFTER_US (50 * 1000)

G_STATIC_ASSERT (COFFER_PREVIEW_NEIGHBOURS <= COFFER_PREFETCH_MAX && N_AT_REST <= COFFER_PREFETCH_MAX);

/* What was taken over from those ahead: its answer comes without a task. */
typedef struct {
  CofferPreview *self;
  GCancellable *cancellable;
} TakenOver;

static void
taken_over_free (TakenOver *taken_over)
{
  g_object_unref (taken_over->self);
  g_object_unref (taken_over->cancellable);
  g_free (taken_over);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TakenOver, taken_over_free)

static void
stop_progress (CofferProgress *progress)
{
  coffer_progress_stop (progress);
  coffer_progress_unref (progress);
}

void
coffer_preview_stop_request (CofferPreview *self)
{
  coffer_preview_drop_waiting (self);
  g_clear_pointer (&self->progress, stop_progress);
  self->touched = FALSE;
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_cancellable_cancel (self->current);
  g_clear_object (&self->current);
  g_clear_handle_id (&self->renew_id, g_source_remove);
}

void
coffer_preview_stop_trailing (CofferPreview *self)
{
  g_cancellable_cancel (self->trailing);
  g_clear_object (&self->trailing);
  g_clear_pointer (&self->trailing_key, coffer_key_unref);
}

/* Who goes on faster than pictures are made would see none: one that was begun is finished, now and then. */
void
coffer_preview_let_trail (CofferPreview *self)
{
  if (!self->in_haste || self->current == NULL || coffer_preview_is_waiting (self) || self->trailing != NULL ||
      g_get_monotonic_time () - self->waits_since < TRAIL_AFTER_US)
    return;

  self->trailing = g_steal_pointer (&self->current);
  self->trailing_key = coffer_key_ref (self->key);
}

CofferShowAs
coffer_preview_get_choice (CofferPreview *self,
                           CofferKey     *key)
{
  g_autoptr(GBytes) pattern = key != NULL ? coffer_show_as_dup_pattern (key) : NULL;

  return pattern != NULL ? GPOINTER_TO_INT (g_hash_table_lookup (self->choices, pattern)) : COFFER_SHOW_GUESS;
}

static CofferContentWish
get_wish (CofferPreview *self,
          CofferKey     *key)
{
  CofferContentWish wish = { coffer_preview_get_choice (self, key) };

  coffer_value_view_get_room (self->view, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)),
                              &wish.width, &wish.height);

  return wish;
}

static gboolean
behind_cb (gpointer data)
{
  CofferPreview *self = data;

  self->behind_id = 0;
  coffer_prefetch_begin (self->ahead, N_AT_REST, 1);

  return G_SOURCE_REMOVE;
}

/* Who goes through many keys needs them at once: each of the few steps to a picture waits for its turn of the main loop. */
static void
begin_ahead (CofferPreview *self)
{
  if (self->in_haste)
    coffer_prefetch_begin (self->ahead, COFFER_PREFETCH_MAX, 2);
  else
    coffer_prefetch_begin (self->ahead, 1, 1);
  g_clear_handle_id (&self->behind_id, g_source_remove);
  self->behind_id = g_timeout_add (BEHIND_AFTER_MS, behind_cb, self);
}

/* Only a picture, and only while there is no later one. @content (transfer full) (nullable) */
static void
show_trailing (CofferPreview *self,
               CofferContent *content)
{
  g_autoptr(CofferContent) unwanted = content;
  g_autoptr(CofferKey) key = g_steal_pointer (&self->trailing_key);

  g_clear_object (&self->trailing);
  if (content == NULL || content->image.texture == NULL || self->current == NULL || coffer_preview_is_waiting (self))
    return;

  coffer_value_view_show (self->view, self->vault, key, g_steal_pointer (&unwanted));
  gtk_stack_set_visible_child_name (self->pages, "value");
  coffer_preview_set_title (self, coffer_content_get_title (content));
  self->waits_since = g_get_monotonic_time ();
  g_clear_handle_id (&self->loading_id, g_source_remove);
  coffer_preview_expect_loading (self);
}

/* To what @cancellable stops. @content (transfer full) (nullable): or else @error */
static void
answer (CofferPreview *self,
        GCancellable  *cancellable,
        CofferContent *content,
        const GError  *error)
{
  g_autoptr(CofferContent) unwanted = content;

  if (cancellable == self->trailing)
    show_trailing (self, g_steal_pointer (&unwanted));
  if (cancellable != self->current)
    return;

  g_clear_pointer (&self->progress, stop_progress);
  coffer_preview_take_answer (self, g_steal_pointer (&unwanted), error);
  begin_ahead (self);
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(CofferPreview) self = data;
  g_autoptr(GError) error = NULL;
  CofferContent *content = coffer_content_read_finish (result, &error);

  answer (self, g_task_get_cancellable (G_TASK (result)), content, error);
}

/* A picture that takes long, as far as it is there. */
static void
progress_cb (gpointer latest,
             gpointer data)
{
  CofferPreview *self = data;
  CofferContent *content = latest;

  g_clear_handle_id (&self->loading_id, g_source_remove);
  coffer_value_view_show (self->view, self->vault, self->key, content);
  gtk_stack_set_visible_child_name (self->pages, "value");
  coffer_preview_set_title (self, coffer_content_get_title (content));
}

/* @first: another value than the one on show, which is worth more than half of itself */
static void
request_value (CofferPreview *self,
               gboolean       first)
{
  CofferContentWish wish = get_wish (self, self->key);

  coffer_preview_stop_request (self);
  if (first)
    self->progress = coffer_progress_new (progress_cb, self, (GDestroyNotify) coffer_content_free);
  wish.progress = self->progress;
  self->current = g_cancellable_new ();
  coffer_content_read_async (self->vault, self->key, &wish, self->current, read_cb, g_object_ref (self));
}

void
coffer_preview_request (CofferPreview *self)
{
  request_value (self, FALSE);
}

/* Only pictures are read ahead: another value begins now. */
static void
taken_over_cb (CofferContent *content,
               const GError  *error,
               gpointer       data)
{
  g_autoptr(TakenOver) taken_over = data;
  CofferPreview *self = taken_over->self;

  if (taken_over->cancellable == self->current && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    request_value (self, TRUE);
  else
    answer (self, taken_over->cancellable, content, error);
}

/* The picture may be ready, or on its way. */
void
coffer_preview_request_chosen (CofferPreview *self)
{
  CofferContentWish wish = get_wish (self, self->key);
  CofferContent *content = coffer_prefetch_take (self->ahead, self->key, &wish);
  TakenOver *taken_over;

  if (content != NULL)
    {
      coffer_preview_take_answer (self, content, NULL);
      return;
    }

  taken_over = g_new (TakenOver, 1);
  if ((self->current = coffer_prefetch_take_over (self->ahead, self->key, &wish, taken_over_cb, taken_over)) != NULL)
    {
      *taken_over = (TakenOver) { g_object_ref (self), g_object_ref (self->current) };
      return;
    }

  g_free (taken_over);
  request_value (self, TRUE);
}

static gboolean
renew_cb (gpointer data)
{
  CofferPreview *self = data;

  self->renew_id = 0;
  coffer_preview_request (self);

  return G_SOURCE_REMOVE;
}

/* A picture that was reduced for a smaller room than there is now is made again, once the room is still. */
void
coffer_preview_renew_if_coarse (CofferPreview *self)
{
  CofferContentWish wish = get_wish (self, self->key);
  const CofferContent *content = coffer_value_view_get_content (self->view);
  int width, height;

  if (content == NULL || content->image.texture == NULL || self->current != NULL)
    return;
  /* A loader that makes less than it announced will not make more of it another time. */
  if (content->max_width == wish.width && content->max_height == wish.height)
    return;

  coffer_image_fit (content->image.width, content->image.height, wish.width, wish.height, &width, &height);
  if (width <= gdk_texture_get_width (content->image.texture) + 1)
    return;

  g_clear_handle_id (&self->renew_id, g_source_remove);
  self->renew_id = g_timeout_add (RENEW_AFTER_MS, renew_cb, self);
}

/* @sample (nullable): of the value now, which may be gone */
static void
compare (CofferPreview *self,
         GBytes        *sample)
{
  const CofferContent *content = coffer_value_view_get_content (self->view);

  if (self->current == NULL && (content == NULL || sample == NULL || !g_bytes_equal (sample, content->sample)))
    coffer_preview_refresh (self);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(CofferPreview) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) sample = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);

  if (self->looking != g_task_get_cancellable (G_TASK (result)))
    return;

  g_clear_object (&self->looking);
  compare (self, sample);
  if (self->touched && self->current == NULL)
    coffer_preview_touched_cb (self);
}

/* Another program wrote something, most likely something else. */
void
coffer_preview_touched_cb (CofferPreview *self)
{
  self->touched = self->key != NULL && (self->current != NULL || self->looking != NULL);
  if (self->key == NULL || self->touched)
    return;

  self->looking = g_cancellable_new ();
  coffer_vault_read_value_async (self->vault, self->key, coffer_content_sample_func, NULL, NULL, (GDestroyNotify) g_bytes_unref,
                                 self->looking, looked_cb, g_object_ref (self));
}

/* The likeliest first: in the direction of the last step; further that way for those in haste, else on the other side, too. */
static guint
choose_neighbours (CofferPreview  *self,
                   CofferKey     **next,
                   CofferKey     **previous,
                   CofferKey     **chosen)
{
  gboolean goes_back = next[0] != NULL && self->last_key != NULL && coffer_key_equal (next[0], self->last_key);
  CofferKey **on = goes_back ? previous : next, **back = goes_back ? next : previous;
  CofferKey *at_rest[N_AT_REST] = { on[0], back[0] };
  CofferKey **keys = self->in_haste ? on : at_rest;
  guint n = 0;

  for (int i = 0; i < (self->in_haste ? COFFER_PREVIEW_NEIGHBOURS : N_AT_REST); i++)
    if (keys[i] != NULL)
      chosen[n++] = keys[i];

  return n;
}

void
coffer_preview_set_neighbours (CofferPreview  *self,
                               CofferKey     **next,
                               CofferKey     **previous)
{
  CofferContentWish wishes[COFFER_PREFETCH_MAX];
  CofferKey *chosen[COFFER_PREFETCH_MAX];
  guint n;

  g_return_if_fail (COFFER_IS_PREVIEW (self) && self->vault != NULL);

  n = choose_neighbours (self, next, previous, chosen);
  for (guint i = 0; i < n; i++)
    wishes[i] = get_wish (self, chosen[i]);
  coffer_prefetch_set_keys (self->ahead, self->vault, chosen, wishes, n);
  if (self->current == NULL)
    begin_ahead (self);
}
