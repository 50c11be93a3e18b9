/* SPDX-License-Identifier: MIT */
/*
 * The preview pane: what is asked for and when it is shown. Main thread; values are read and pictures decoded elsewhere
 * (coffer-content.h). One request is current at a time and is known by its cancellable: `current` is cancelled and replaced
 * with every choice, and an answer to any other steps aside.
 * Pictures of the keys beside it are made ahead (coffer-prefetch.h). The view changes key and content in one go, so that they
 * always belong together.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-preview.h"

#include <coffer-image-render.h>
#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "coffer-prefetch.h"
#include "coffer-content-sample.h"
#include "coffer-content.h"
#include "coffer-preview-resources.h"
#include "coffer-value-view.h"

#define LOADING_AFTER_MS 200
#define RENEW_AFTER_MS 150
#define BEHIND_AFTER_MS 300
#define PREFETCH_BUDGET (64 << 20)
#define N_AT_REST 2   /* pictures that are made ready, one on each side; in haste they are all on the way */
#define HASTE_US (150 * 1000)   /* between choices of somebody who goes through many keys */
#define TRAIL_AFTER_US (50 * 1000)

struct _CofferPreview
{
  GtkWidget parent_instance;

  CofferVault *vault;
  CofferKey *key;             /* chosen */
  CofferKey *last_key;        /* the one before, or NULL */
  CofferPrefetch *ahead;
  guint behind_id;            /* until the less likely neighbour is read, too */
  GCancellable *current;      /* of the request that runs or whose answer waits, or NULL */
  GCancellable *looking;      /* while it is seen whether the value is another by now */
  gboolean touched;           /* somebody wrote meanwhile: look again behind that */
  gint64 chosen_at;
  gint64 scrolled_at;
  gint64 waits_since;         /* the first choice since something was shown; 0: it is on show */
  GCancellable *trailing;     /* of a request for a key chosen before, or NULL */
  CofferKey *trailing_key;
  CofferProgress *progress;   /* of the request for a value that is not on show yet, or NULL */
  gboolean in_haste;
  CofferContent *waiting;     /* for a frame to come; NULL for the error */
  GError *waiting_error;
  gint64 waiting_since;       /* a frame */
  guint waiting_tick;
  guint waiting_idle;         /* after the tick */
  char *title;
  GSimpleActionGroup *actions;
  GHashTable *choices;        /* pattern of keys: CofferShowAs, while the window lives */
  gboolean plays;             /* once there is an answer */
  gboolean focuses;
  guint loading_id;           /* until "loading" shows */
  guint renew_id;

  AdwStatusPage *none;
  GtkStack *pages;
  CofferValueView *view;
};

enum {
  PROP_TITLE = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void renew_if_coarse (CofferPreview *self);
static void touched_cb (CofferPreview *self);

G_DEFINE_FINAL_TYPE (CofferPreview, coffer_preview, GTK_TYPE_WIDGET)

/* A request on its way; an answer is for the preview only while @cancellable is its current one. */
typedef struct {
  CofferPreview *self;
  GCancellable *cancellable;
} Request;

static Request *
request_new (CofferPreview *self)
{
  Request *request = g_new (Request, 1);

  request->self = g_object_ref (self);
  request->cancellable = g_object_ref (self->current);

  return request;
}

static void
request_free (Request *request)
{
  g_object_unref (request->self);
  g_object_unref (request->cancellable);
  g_free (request);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

static gboolean
request_is_current (Request *request)
{
  return request->self->current == request->cancellable;
}

static void
drop_waiting (CofferPreview *self)
{
  if (self->waiting_tick != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->waiting_tick);
  self->waiting_tick = 0;
  g_clear_handle_id (&self->waiting_idle, g_source_remove);
  g_clear_pointer (&self->waiting, coffer_content_free);
  g_clear_error (&self->waiting_error);
}

static gboolean
is_waiting (CofferPreview *self)
{
  return self->waiting_tick != 0 || self->waiting_idle != 0;
}

static void
stop_progress (CofferProgress *progress)
{
  coffer_progress_stop (progress);
  coffer_progress_unref (progress);
}

static void
stop_request (CofferPreview *self)
{
  drop_waiting (self);
  g_clear_pointer (&self->progress, stop_progress);
  self->touched = FALSE;
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_cancellable_cancel (self->current);
  g_clear_object (&self->current);
  g_clear_handle_id (&self->renew_id, g_source_remove);
}

static void
stop_trailing (CofferPreview *self)
{
  g_cancellable_cancel (self->trailing);
  g_clear_object (&self->trailing);
  g_clear_pointer (&self->trailing_key, coffer_key_unref);
}

/* Who goes on faster than pictures are made would see none: one that was begun is finished, now and then. */
static void
let_trail (CofferPreview *self)
{
  if (!self->in_haste || self->current == NULL || is_waiting (self) || self->trailing != NULL ||
      g_get_monotonic_time () - self->waits_since < TRAIL_AFTER_US)
    return;

  self->trailing = g_steal_pointer (&self->current);
  self->trailing_key = coffer_key_ref (self->key);
}

static CofferShowAs
get_choice (CofferPreview *self,
            CofferKey     *key)
{
  g_autoptr(GBytes) pattern = key != NULL ? coffer_show_as_dup_pattern (key) : NULL;

  return pattern != NULL ? GPOINTER_TO_INT (g_hash_table_lookup (self->choices, pattern)) : COFFER_SHOW_GUESS;
}

static CofferContentWish
get_wish (CofferPreview *self,
          CofferKey     *key)
{
  CofferContentWish wish = { get_choice (self, key) };

  coffer_value_view_get_room (self->view, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)),
                              &wish.width, &wish.height);

  return wish;
}

/* The menu shows what was chosen for keys like this one; there is nothing to choose without a value. */
static void
update_actions (CofferPreview *self)
{
  GSimpleAction *action = G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), "show-as"));

  g_simple_action_set_enabled (action, self->key != NULL);
  g_simple_action_set_state (action, g_variant_new_string (coffer_show_as_get_name (get_choice (self, self->key))));
}

static void
set_title (CofferPreview *self,
           const char    *title)
{
  if (g_strcmp0 (self->title, title) == 0)
    return;

  g_free (self->title);
  self->title = g_strdup (title);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TITLE]);
}

static gboolean
is_at_rest (CofferPreview *self)
{
  return !self->in_haste || g_get_monotonic_time () - MAX (self->chosen_at, self->scrolled_at) >= HASTE_US;
}

/* Words change the size of things, for which GTK measures the whole window: not with every key that flies by. */
static void
show_loading (CofferPreview *self)
{
  coffer_value_view_show_loading (self->view, is_at_rest (self) ? self->key : NULL);
  gtk_stack_set_visible_child_name (self->pages, "value");
}

static gboolean
loading_cb (gpointer data)
{
  CofferPreview *self = data;

  self->loading_id = 0;
  show_loading (self);

  return G_SOURCE_REMOVE;
}

/* The time runs from the first choice that has not been shown yet: who goes through many keys sees that they are under way. Once
 * they are, it runs from the last one, which is named then. */
static void
expect_loading (CofferPreview *self)
{
  if (coffer_value_view_is_loading (self->view))
    {
      show_loading (self);
      g_clear_handle_id (&self->loading_id, g_source_remove);
    }
  if (self->loading_id == 0)
    self->loading_id = g_timeout_add (LOADING_AFTER_MS, loading_cb, self);
}

static void
show_nothing (CofferPreview *self)
{
  g_clear_handle_id (&self->loading_id, g_source_remove);
  gtk_stack_set_visible_child_name (self->pages, "none");
  coffer_value_view_clear (self->view);
  set_title (self, NULL);
  update_actions (self);
}

static void
focus_if_wanted (CofferPreview *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->focuses && root != NULL && gtk_root_get_focus (root) == NULL)
    coffer_value_view_focus (self->view);
  self->focuses = FALSE;
}

/* @content (transfer full) (nullable): or else @error */
static void
show_answer (CofferPreview *self,
             CofferContent *content,
             const GError  *error)
{
  g_clear_object (&self->current);
  g_clear_handle_id (&self->loading_id, g_source_remove);
  self->waits_since = 0;

  if (content != NULL)
    coffer_value_view_show (self->view, self->vault, self->key, content);
  else
    coffer_value_view_show_error (self->view, self->key, error);

  gtk_stack_set_visible_child_name (self->pages, "value");
  set_title (self, content != NULL ? coffer_content_get_title (content) : _("Error"));
  renew_if_coarse (self);
  if (self->plays)
    coffer_value_view_play (self->view);
  self->plays = FALSE;
  focus_if_wanted (self);
  if (self->touched)
    touched_cb (self);
}

static gboolean
is_picture (const CofferContent *content)
{
  return content != NULL && content->kind == COFFER_CONTENT_IMAGE && content->problem == NULL;
}

/* Pictures tell something at a glance. All else waits until somebody stops to look. */
static gboolean
is_its_time (CofferPreview *self,
             GdkFrameClock *clock)
{
  if (is_picture (self->waiting))
    return gdk_frame_clock_get_frame_counter (clock) >= self->waiting_since + 2;
  return is_at_rest (self);
}

static gboolean
show_waiting (gpointer data)
{
  CofferPreview *self = data;
  g_autoptr(GError) error = g_steal_pointer (&self->waiting_error);

  self->waiting_idle = 0;
  show_answer (self, g_steal_pointer (&self->waiting), error);
  return G_SOURCE_REMOVE;
}

/* What is no picture takes longer to put in place, and has a turn of the main loop to itself, with no frame in it. */
static gboolean
waiting_cb (GtkWidget     *widget,
            GdkFrameClock *clock,
            gpointer       data)
{
  CofferPreview *self = COFFER_PREVIEW (widget);

  if (!is_its_time (self, clock))
    return G_SOURCE_CONTINUE;

  self->waiting_tick = 0;
  if (is_picture (self->waiting))
    show_waiting (self);
  else
    self->waiting_idle = g_idle_add (show_waiting, self);
  return G_SOURCE_REMOVE;
}

static gboolean
behind_cb (gpointer data)
{
  CofferPreview *self = data;

  self->behind_id = 0;
  coffer_prefetch_begin (self->ahead, N_AT_REST, 1);

  return G_SOURCE_REMOVE;
}

/* Who goes through many keys scrolls with each: the next frame is for that, and a later one for this, unless another key has been
 * chosen by then. @content (transfer full) (nullable): or else @error
 */
static void
take_answer (CofferPreview *self,
             CofferContent *content,
             const GError  *error)
{
  if (!self->in_haste || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      show_answer (self, content, error);
      return;
    }

  self->waiting = content;
  self->waiting_error = error != NULL ? g_error_copy (error) : NULL;
  self->waiting_since = gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (GTK_WIDGET (self)));
  self->waiting_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), waiting_cb, NULL, NULL);
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
  if (content == NULL || content->image.texture == NULL || self->current == NULL || is_waiting (self))
    return;

  coffer_value_view_show (self->view, self->vault, key, g_steal_pointer (&unwanted));
  gtk_stack_set_visible_child_name (self->pages, "value");
  set_title (self, coffer_content_get_title (content));
  self->waits_since = g_get_monotonic_time ();
  g_clear_handle_id (&self->loading_id, g_source_remove);
  expect_loading (self);
}

/* @content (transfer full) (nullable): or else @error */
static void
answer (CofferContent *content,
        const GError  *error,
        gpointer       data)
{
  g_autoptr(Request) request = data;
  g_autoptr(CofferContent) unwanted = content;

  if (request->cancellable == request->self->trailing)
    show_trailing (request->self, g_steal_pointer (&unwanted));
  if (!request_is_current (request))
    return;

  g_clear_pointer (&request->self->progress, stop_progress);
  take_answer (request->self, g_steal_pointer (&unwanted), error);
  begin_ahead (request->self);
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferContent *content = coffer_content_read_finish (result, &error);

  answer (content, error, data);
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
  set_title (self, coffer_content_get_title (content));
}

/* @first: another value than the one on show, which is worth more than half of itself */
static void
request_value (CofferPreview *self,
               gboolean       first)
{
  CofferContentWish wish = get_wish (self, self->key);

  stop_request (self);
  if (first)
    self->progress = coffer_progress_new (progress_cb, self, (GDestroyNotify) coffer_content_free);
  wish.progress = self->progress;
  self->current = g_cancellable_new ();
  coffer_content_read_async (self->vault, self->key, &wish, self->current, read_cb, request_new (self));
}

static void
request (CofferPreview *self)
{
  request_value (self, FALSE);
}

/* Only pictures are read ahead: another value begins now. */
static void
taken_over_cb (CofferContent *content,
               const GError  *error,
               gpointer       data)
{
  Request *taken_over = data;

  if (request_is_current (taken_over) && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      request_value (taken_over->self, TRUE);
      request_free (taken_over);
    }
  else
    {
      answer (content, error, taken_over);
    }
}

/* The picture may be ready, or on its way. */
static void
request_chosen (CofferPreview *self)
{
  CofferContentWish wish = get_wish (self, self->key);
  CofferContent *content = coffer_prefetch_take (self->ahead, self->key, &wish);
  Request *taken_over;

  if (content != NULL)
    {
      take_answer (self, content, NULL);
      return;
    }

  taken_over = g_new (Request, 1);
  if ((self->current = coffer_prefetch_take_over (self->ahead, self->key, &wish, taken_over_cb, taken_over)) != NULL)
    {
      *taken_over = (Request) { g_object_ref (self), g_object_ref (self->current) };
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
  request (self);

  return G_SOURCE_REMOVE;
}

/* A picture that was reduced for a smaller room than there is now is made again, once the room is still. */
static void
renew_if_coarse (CofferPreview *self)
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

void
coffer_preview_set_n_selected (CofferPreview *self,
                               guint          n)
{
  g_autofree char *title = NULL;

  g_return_if_fail (COFFER_IS_PREVIEW (self));

  title = n > 1 ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%'u Key Selected", "%'u Keys Selected", n), n)
                : g_strdup (_("No Key Selected"));
  adw_status_page_set_title (self->none, title);
  adw_status_page_set_description (self->none, n > 1 ? NULL : _("Select a key to see its value here"));
}

void
coffer_preview_play (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  if (self->current != NULL)
    self->plays = TRUE;
  else
    coffer_value_view_play (self->view);
}

void
coffer_preview_focus (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  if (self->current != NULL || is_waiting (self))
    self->focuses = TRUE;
  else
    coffer_value_view_focus (self->view);
}

void
coffer_preview_note_scrolling (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  self->scrolled_at = g_get_monotonic_time ();
}

void
coffer_preview_refresh (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  if (self->key != NULL)
    request (self);
}

static void
change_show_as (GSimpleAction *action,
                GVariant      *state,
                gpointer       data)
{
  CofferPreview *self = data;
  CofferShowAs choice = coffer_show_as_from_name (g_variant_get_string (state, NULL));

  if (self->key == NULL || choice == get_choice (self, self->key))
    return;

  g_hash_table_insert (self->choices, coffer_show_as_dup_pattern (self->key), GINT_TO_POINTER (choice));
  update_actions (self);
  request (self);
}

static void
table_changed_cb (CofferPreview *self)
{
  coffer_preview_show_key (self, NULL);
  coffer_prefetch_clear (self->ahead);
}

/* What was read may be another value now. */
static void
forget_ahead (CofferPreview *self)
{
  coffer_prefetch_clear (self->ahead);
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
  g_autoptr(Request) look = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) sample = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);

  if (look->self->looking != look->cancellable)
    return;

  g_clear_object (&look->self->looking);
  compare (look->self, sample);
  if (look->self->touched && look->self->current == NULL)
    touched_cb (look->self);
}

/* Another program wrote something, most likely something else. */
static void
touched_cb (CofferPreview *self)
{
  Request *look;

  self->touched = self->key != NULL && (self->current != NULL || self->looking != NULL);
  if (self->key == NULL || self->touched)
    return;

  self->looking = g_cancellable_new ();
  look = g_new (Request, 1);
  *look = (Request) { g_object_ref (self), g_object_ref (self->looking) };
  coffer_vault_read_value_async (self->vault, self->key, coffer_content_sample_func, NULL, NULL, (GDestroyNotify) g_bytes_unref,
                                 self->looking, looked_cb, look);
}

static void
disconnect_vault (CofferPreview *self)
{
  forget_ahead (self);
  if (self->vault == NULL)
    return;

  g_signal_handlers_disconnect_by_func (self->vault, coffer_preview_refresh, self);
  g_signal_handlers_disconnect_by_func (self->vault, forget_ahead, self);
  g_signal_handlers_disconnect_by_func (self->vault, table_changed_cb, self);
  g_signal_handlers_disconnect_by_func (self->vault, touched_cb, self);
  g_clear_object (&self->vault);
}

static void
coffer_preview_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  CofferPreview *self = COFFER_PREVIEW (widget);

  gtk_widget_allocate (GTK_WIDGET (self->pages), width, height, baseline, NULL);
  renew_if_coarse (self);
}

static void
coffer_preview_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  gtk_widget_measure (GTK_WIDGET (COFFER_PREVIEW (widget)->pages), orientation, for_size,
                      minimum, natural, minimum_baseline, natural_baseline);
}

static void
coffer_preview_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, COFFER_PREVIEW (object)->title);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_preview_dispose (GObject *object)
{
  CofferPreview *self = COFFER_PREVIEW (object);

  stop_request (self);
  stop_trailing (self);
  g_clear_handle_id (&self->loading_id, g_source_remove);
  g_clear_handle_id (&self->behind_id, g_source_remove);
  disconnect_vault (self);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer (&self->last_key, coffer_key_unref);
  g_clear_pointer ((GtkWidget **) &self->pages, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_preview_parent_class)->dispose (object);
}

static void
coffer_preview_finalize (GObject *object)
{
  CofferPreview *self = COFFER_PREVIEW (object);

  coffer_prefetch_free (self->ahead);
  g_object_unref (self->actions);
  g_hash_table_unref (self->choices);
  g_free (self->title);

  G_OBJECT_CLASS (coffer_preview_parent_class)->finalize (object);
}

static void
coffer_preview_class_init (CofferPreviewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_preview_get_property;
  object_class->dispose = coffer_preview_dispose;
  object_class->finalize = coffer_preview_finalize;

  widget_class->measure = coffer_preview_measure;
  widget_class->size_allocate = coffer_preview_size_allocate;

  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /* The call links the resource, which registers itself. */
  coffer_preview_get_resource ();
  g_type_ensure (COFFER_TYPE_VALUE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-preview.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, none);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, pages);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, view);
  gtk_widget_class_set_css_name (widget_class, "preview");
}

static void
coffer_preview_init (CofferPreview *self)
{
  static const GActionEntry entries[] = {
    { "show-as", NULL, "s", "'guess'", change_show_as },
  };

  self->ahead = coffer_prefetch_new (PREFETCH_BUDGET);
  self->actions = g_simple_action_group_new ();
  self->choices = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "preview", G_ACTION_GROUP (self->actions));
  gtk_widget_init_template (GTK_WIDGET (self));
  update_actions (self);
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (renew_if_coarse), NULL);
}

GtkWidget *
coffer_preview_new (void)
{
  return g_object_new (COFFER_TYPE_PREVIEW, NULL);
}

void
coffer_preview_set_vault (CofferPreview *self,
                          CofferVault   *vault)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));
  g_return_if_fail (vault == NULL || COFFER_IS_VAULT (vault));

  coffer_preview_show_key (self, NULL);
  disconnect_vault (self);
  if (vault == NULL)
    return;

  self->vault = g_object_ref (vault);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (forget_ahead), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (forget_ahead), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_preview_refresh), self);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_changed_cb), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (touched_cb), self);
}

/* At the pace of a key that is held the picture of each is seen, if there was a frame for the list since. */
static void
flush_waiting (CofferPreview *self)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (self));

  if (self->waiting != NULL && self->waiting->kind == COFFER_CONTENT_IMAGE && clock != NULL &&
      gdk_frame_clock_get_frame_counter (clock) > self->waiting_since)
    show_answer (self, g_steal_pointer (&self->waiting), NULL);
}

static void
note_choice (CofferPreview *self)
{
  gint64 now = g_get_monotonic_time ();

  self->in_haste = now - self->chosen_at < HASTE_US;
  self->chosen_at = now;
  if (self->waits_since == 0)
    self->waits_since = now;
}

void
coffer_preview_show_key (CofferPreview *self,
                         CofferKey     *key)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));
  g_return_if_fail (key == NULL || self->vault != NULL);

  if (key == self->key || (key != NULL && self->key != NULL && coffer_key_equal (key, self->key)))
    return;

  if (key != NULL)
    {
      flush_waiting (self);
      let_trail (self);
    }
  else
    {
      stop_trailing (self);
    }
  stop_request (self);
  self->plays = self->focuses = FALSE;
  g_clear_pointer (&self->last_key, coffer_key_unref);
  self->last_key = g_steal_pointer (&self->key);
  if (key == NULL)
    {
      show_nothing (self);
      return;
    }

  self->key = coffer_key_ref (key);
  note_choice (self);
  update_actions (self);
  coffer_value_view_leave (self->view);
  expect_loading (self);
  request_chosen (self);
}

G_STATIC_ASSERT (COFFER_PREVIEW_NEIGHBOURS <= COFFER_PREFETCH_MAX && N_AT_REST <= COFFER_PREFETCH_MAX);

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

const char *
coffer_preview_get_title (CofferPreview *self)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), NULL);

  return self->title;
}

GActionGroup *
coffer_preview_get_actions (CofferPreview *self)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), NULL);

  return G_ACTION_GROUP (self->actions);
}

void
coffer_preview_set_large (CofferPreview *self,
                          gboolean       large)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  coffer_value_view_set_large (self->view, large);
}

gboolean
coffer_preview_key (CofferPreview   *self,
                    guint            keyval,
                    GdkModifierType  state)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), FALSE);

  return coffer_value_view_key (self->view, keyval, state);
}
