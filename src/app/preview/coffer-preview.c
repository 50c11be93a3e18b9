/* SPDX-License-Identifier: MIT */
/*
 * The preview pane. Main thread only; values are read and pictures decoded elsewhere (coffer-content.h). One request is current at
 * a time and is known by its cancellable: `current` is cancelled and replaced with every choice, and an answer to any
 * other steps aside. What is on show (`content`) and the key shown with it change in one go, so they always belong together.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-preview.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-content.h"
#include "coffer-error.h"
#include "coffer-facts-list.h"
#include "coffer-image-render.h"
#include "coffer-picture.h"
#include "coffer-preview-resources.h"

#define LOADING_AFTER_MS 200
#define RENEW_AFTER_MS 150
#define KEY_BYTES 256

/* As in the style sheet: left and right of a picture. */
#define PADDING 18
#define DEFAULT_WIDTH 372
#define DEFAULT_HEIGHT 640
/* Of the pane's height: the facts begin below. */
#define PICTURE_SHARE .62
#define PICTURE_HEIGHT_MIN 200

struct _CofferPreview
{
  GtkWidget parent_instance;

  CofferVault *vault;
  CofferKey *key;             /* chosen */
  GCancellable *current;      /* of the request that runs, or NULL */
  CofferContent *content;     /* on show, or NULL */
  CofferKey *content_key;     /* whose it is */
  char *title;
  guint loading_id;           /* until "loading" shows */
  guint renew_id;

  GtkStack *pages;
  GtkScrolledWindow *scroller;
  GtkStack *stage;
  GtkSpinner *spinner;
  CofferPicture *picture;
  GtkWidget *note;
  GtkImage *plate_icon;
  GtkLabel *plate_title;
  GtkLabel *plate_advice;
  GtkLabel *excerpt;
  GtkLabel *heading;
  GtkLabel *prefix;
  CofferFactsList *facts;
};

enum {
  PROP_TITLE = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

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
stop_request (CofferPreview *self)
{
  g_cancellable_cancel (self->current);
  g_clear_object (&self->current);
  g_clear_handle_id (&self->renew_id, g_source_remove);
}

/* Whether the pictures of an animation change: only where they are seen and wanted. */
static void
update_playing (CofferPreview *self)
{
  gboolean wanted;

  if (self->content == NULL || self->content->image.animation == NULL)
    return;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-enable-animations", &wanted, NULL);
  coffer_animation_set_playing (self->content->image.animation, wanted && gtk_widget_get_mapped (GTK_WIDGET (self)));
}

/* Takes @content (nullable) as that of the chosen key, ends the one before. */
static void
set_content (CofferPreview *self,
             CofferContent *content)
{
  if (self->content != NULL && self->content->image.animation != NULL)
    coffer_animation_set_playing (self->content->image.animation, FALSE);
  g_clear_pointer (&self->content, coffer_content_free);
  g_clear_pointer (&self->content_key, coffer_key_unref);
  if ((self->content = content) != NULL)
    self->content_key = coffer_key_ref (self->key);
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

/* The last part of the key is what people read; what is before it goes below. */
static void
show_heading (CofferPreview *self)
{
  g_autofree char *display = coffer_key_to_display (self->key, KEY_BYTES);
  char *name = display;

  for (char *c = display; *c != '\0'; c++)
    if ((*c == '/' || *c == ':') && c[1] != '\0')
      name = c + 1;

  gtk_label_set_label (self->heading, name);
  *name = '\0';
  gtk_label_set_label (self->prefix, display);
  gtk_widget_set_visible (GTK_WIDGET (self->prefix), *display != '\0');
}

static void
show_stage (CofferPreview *self,
            const char    *name)
{
  gtk_spinner_set_spinning (self->spinner, g_str_equal (name, "loading"));
  gtk_stack_set_visible_child_name (self->stage, name);
  gtk_stack_set_visible_child_name (self->pages, "value");
  if (!g_str_equal (name, "picture"))
    coffer_picture_set_paintable (self->picture, NULL, 0, 0, TRUE);
}

static void
show_plate (CofferPreview *self,
            GIcon         *icon,
            const char    *title,
            const char    *advice)
{
  gtk_image_set_from_gicon (self->plate_icon, icon);
  gtk_label_set_label (self->plate_title, title);
  gtk_widget_set_visible (GTK_WIDGET (self->plate_title), title != NULL);
  gtk_label_set_label (self->plate_advice, advice);
  gtk_widget_set_visible (GTK_WIDGET (self->plate_advice), advice != NULL);
  show_stage (self, "plate");
}

static void
describe_problem (CofferPreview  *self,
                  const GError   *error,
                  char          **title,
                  char          **advice)
{
  g_autofree char *name = NULL;

  if (error->domain == COFFER_IMAGE_ERROR)
    {
      *title = g_strdup (error->code == COFFER_IMAGE_ERROR_TOO_LARGE   ? _("Too Large to Show")
                         : error->code == COFFER_IMAGE_ERROR_NO_LOADER ? _("Cannot Be Shown Here")
                                                                       : _("Cannot Be Shown"));
      *advice = g_strdup (error->message);
      return;
    }

  name = coffer_key_to_display (self->key, KEY_BYTES);
  coffer_error_describe (error, name, title, advice);
}

static void
show_problem (CofferPreview *self,
              const GError  *error)
{
  g_autoptr(GIcon) icon = g_themed_icon_new ("dialog-warning-symbolic");
  g_autofree char *title = NULL, *advice = NULL;

  describe_problem (self, error, &title, &advice);
  show_plate (self, icon, title, advice);
}

static void
show_image (CofferPreview *self)
{
  const CofferImage *image = &self->content->image;
  g_autofree char *dimensions = coffer_content_dup_dimensions (self->content);
  g_autofree char *spoken = g_strdup_printf (_("%s, %s"), coffer_content_get_title (self->content), dimensions);
  GdkPaintable *paintable = image->animation != NULL ? GDK_PAINTABLE (image->animation) : GDK_PAINTABLE (image->texture);

  coffer_picture_set_paintable (self->picture, paintable, image->width, image->height, image->opaque);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->picture), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  gtk_widget_set_visible (self->note, image->cut_short);
  show_stage (self, "picture");
  update_playing (self);
}

/* The icon theme has symbolic icons for the great families only. */
static GIcon *
get_type_icon (CofferPreview *self)
{
  g_autofree char *family = g_content_type_get_generic_icon_name (self->content->facts->content_type);
  g_autofree char *name = family != NULL ? g_strconcat (family, "-symbolic", NULL) : NULL;
  GtkIconTheme *theme = gtk_icon_theme_get_for_display (gtk_widget_get_display (GTK_WIDGET (self)));

  return g_themed_icon_new (name != NULL && gtk_icon_theme_has_icon (theme, name) ? name : "text-x-generic-symbolic");
}

static void
show_type_plate (CofferPreview *self)
{
  g_autoptr(GIcon) icon = get_type_icon (self);

  show_plate (self, icon, NULL, self->content->kind == COFFER_CONTENT_EMPTY ? _("This value is empty") : NULL);
}

static void
show_content (CofferPreview *self)
{
  g_auto(GStrv) facts = coffer_content_dup_facts (self->content, self->key);

  if (self->content->problem != NULL)
    show_problem (self, self->content->problem);
  else if (self->content->kind == COFFER_CONTENT_IMAGE)
    show_image (self);
  else if (self->content->kind == COFFER_CONTENT_TEXT)
    {
      gtk_label_set_label (self->excerpt, self->content->excerpt);
      show_stage (self, "excerpt");
    }
  else
    show_type_plate (self);

  show_heading (self);
  coffer_facts_list_set (self->facts, (const char * const *) facts);
  set_title (self, coffer_content_get_title (self->content));
}

/* No value is to be had, and so no facts. */
static void
show_failure (CofferPreview *self,
              const GError  *error)
{
  set_content (self, NULL);
  show_heading (self);
  coffer_facts_list_set (self->facts, NULL);
  show_problem (self, error);
  set_title (self, _("Error"));
}

static void
show_nothing (CofferPreview *self)
{
  set_content (self, NULL);
  show_stage (self, "plate");
  gtk_stack_set_visible_child_name (self->pages, "none");
  set_title (self, NULL);
}

static gboolean
is_showing (CofferPreview *self,
            CofferKey     *key)
{
  return self->content_key != NULL && coffer_key_equal (self->content_key, key);
}

static void
scroll_to_top (CofferPreview *self)
{
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
}

static void
show_loading (CofferPreview *self)
{
  set_content (self, NULL);
  show_heading (self);
  coffer_facts_list_set (self->facts, NULL);
  show_stage (self, "loading");
  scroll_to_top (self);
}

static gboolean
loading_cb (gpointer data)
{
  CofferPreview *self = data;

  self->loading_id = 0;
  show_loading (self);

  return G_SOURCE_REMOVE;
}

/* The time runs from the first choice that has not been shown yet: who goes through many keys sees where they are. */
static void
expect_loading (CofferPreview *self)
{
  if (gtk_spinner_get_spinning (self->spinner))
    show_loading (self);
  else if (self->loading_id == 0)
    self->loading_id = g_timeout_add (LOADING_AFTER_MS, loading_cb, self);
}

static void
take_answer (CofferPreview *self,
             CofferContent *content,
             const GError  *error)
{
  gboolean renewed = is_showing (self, self->key);

  g_clear_object (&self->current);
  g_clear_handle_id (&self->loading_id, g_source_remove);
  if (content != NULL)
    {
      set_content (self, content);
      show_content (self);
    }
  else
    {
      show_failure (self, error);
    }

  if (!renewed)
    scroll_to_top (self);
}

static void
completed_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr(Request) request = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferContent) content = coffer_content_complete_finish (result, &error);

  if (request_is_current (request))
    take_answer (request->self, g_steal_pointer (&content), error);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(Request) request = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferContent) content = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);
  GCancellable *cancellable = request->cancellable;

  if (!request_is_current (request))
    return;

  if (content != NULL && coffer_content_is_pending (content))
    coffer_content_complete_async (g_steal_pointer (&content), cancellable, completed_cb, g_steal_pointer (&request));
  else
    take_answer (request->self, g_steal_pointer (&content), error);
}

static int
picture_max_height (int pane_height)
{
  return MAX (PICTURE_HEIGHT_MIN, (int) (pane_height * PICTURE_SHARE));
}

static CofferContentRoom
get_room (CofferPreview *self)
{
  int unit = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  int width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));

  if (width <= 2 * PADDING)
    {
      width = DEFAULT_WIDTH;
      height = DEFAULT_HEIGHT;
    }

  return (CofferContentRoom) { (width - 2 * PADDING) * unit, picture_max_height (height) * unit };
}

static void
request (CofferPreview *self)
{
  CofferContentRoom room = get_room (self);

  stop_request (self);
  self->current = g_cancellable_new ();
  coffer_vault_read_value_async (self->vault, self->key, coffer_content_load,
                                 g_memdup2 (&room, sizeof room), g_free, (GDestroyNotify) coffer_content_free,
                                 self->current, loaded_cb, request_new (self));
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
  CofferContentRoom room = get_room (self);
  int width, height;

  if (self->content == NULL || self->content->image.texture == NULL || self->current != NULL)
    return;

  coffer_image_fit (self->content->image.width, self->content->image.height, room.width, room.height, &width, &height);
  if (width <= gdk_texture_get_width (self->content->image.texture) + 1)
    return;

  g_clear_handle_id (&self->renew_id, g_source_remove);
  self->renew_id = g_timeout_add (RENEW_AFTER_MS, renew_cb, self);
}

static void
vault_changed_cb (CofferPreview *self)
{
  if (self->key != NULL)
    request (self);
}

static void
table_changed_cb (CofferPreview *self)
{
  coffer_preview_show_key (self, NULL);
}

static void
disconnect_vault (CofferPreview *self)
{
  if (self->vault == NULL)
    return;

  g_signal_handlers_disconnect_by_func (self->vault, vault_changed_cb, self);
  g_signal_handlers_disconnect_by_func (self->vault, table_changed_cb, self);
  g_clear_object (&self->vault);
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
coffer_preview_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  CofferPreview *self = COFFER_PREVIEW (widget);

  coffer_picture_set_max_height (self->picture, picture_max_height (height));
  gtk_widget_allocate (GTK_WIDGET (self->pages), width, height, baseline, NULL);
  renew_if_coarse (self);
}

static void
coffer_preview_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_preview_parent_class)->map (widget);
  update_playing (COFFER_PREVIEW (widget));
}

static void
coffer_preview_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_preview_parent_class)->unmap (widget);
  update_playing (COFFER_PREVIEW (widget));
}

static void
coffer_preview_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_preview_parent_class)->root (widget);
  g_signal_connect_object (gtk_widget_get_settings (widget), "notify::gtk-enable-animations",
                           G_CALLBACK (update_playing), widget, G_CONNECT_SWAPPED);
}

static void
coffer_preview_unroot (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_widget_get_settings (widget), update_playing, widget);
  GTK_WIDGET_CLASS (coffer_preview_parent_class)->unroot (widget);
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
  g_clear_handle_id (&self->loading_id, g_source_remove);
  set_content (self, NULL);
  disconnect_vault (self);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer ((GtkWidget **) &self->pages, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_preview_parent_class)->dispose (object);
}

static void
coffer_preview_finalize (GObject *object)
{
  g_free (COFFER_PREVIEW (object)->title);

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
  widget_class->map = coffer_preview_map;
  widget_class->unmap = coffer_preview_unmap;
  widget_class->root = coffer_preview_root;
  widget_class->unroot = coffer_preview_unroot;

  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (COFFER_TYPE_FACTS_LIST);
  g_type_ensure (COFFER_TYPE_PICTURE);
  /* The call links the resource, which registers itself. */
  coffer_preview_get_resource ();
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-preview.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, pages);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, stage);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, spinner);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, picture);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, note);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, plate_icon);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, plate_title);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, plate_advice);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, excerpt);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, heading);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, prefix);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, facts);
  gtk_widget_class_set_css_name (widget_class, "preview");
}

static void
coffer_preview_init (CofferPreview *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
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
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (vault_changed_cb), self);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_changed_cb), self);
}

void
coffer_preview_show_key (CofferPreview *self,
                         CofferKey     *key)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));
  g_return_if_fail (key == NULL || self->vault != NULL);

  if (key == self->key || (key != NULL && self->key != NULL && coffer_key_equal (key, self->key)))
    return;

  stop_request (self);
  g_clear_pointer (&self->key, coffer_key_unref);
  if (key == NULL)
    {
      g_clear_handle_id (&self->loading_id, g_source_remove);
      show_nothing (self);
      return;
    }

  self->key = coffer_key_ref (key);
  expect_loading (self);
  request (self);
}

const char *
coffer_preview_get_title (CofferPreview *self)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), NULL);

  return self->title;
}
