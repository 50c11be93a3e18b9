/* SPDX-License-Identifier: MIT */
/*
 * One value on the screen. Owns its content; what runs is the stages' own. Main thread.
 *
 *   fills     the stage of a kind that scrolls by itself; or nothing
 *   scroller  stage (the stage of another kind, or a plate), heading, facts
 *
 * Stages are made when a value of their kind is first shown, and stay.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-value-view.h"

#include <glib/gi18n-lib.h>

#include "coffer-bytes-stage.h"
#include "coffer-error.h"
#include "coffer-facts-list.h"
#include "coffer-header-badge.h"
#include "coffer-image-stage.h"
#include "coffer-player-stage.h"
#include "coffer-stage.h"
#include "coffer-text-stage.h"
#include "coffer-tree-stage.h"

/* What is shown of a key: more than fits, its middle left out. */
#define KEY_BYTES 256

/* As in the style sheet: left and right of a picture. */
#define PADDING 18
#define DEFAULT_WIDTH 372
#define DEFAULT_HEIGHT 640
/* Of the view's height: the facts begin below. */
#define PICTURE_SHARE .62
#define PICTURE_HEIGHT_MIN 200
/* Of the view's height, for heading and facts under a stage that fills. */
#define FACTS_SHARE .4

struct _CofferValueView
{
  GtkWidget parent_instance;

  CofferKey *key;           /* on show, or NULL */
  CofferContent *content;   /* of key; NULL if it is loading or cannot be read */
  CofferStage *stages[COFFER_N_CONTENT_KINDS];   /* children of fills or stage; NULL until needed */
  gboolean large;
  gboolean no_heading;
  CofferStage *current;     /* unowned; one of them that has something to show */

  GtkStack *fills;
  GtkScrolledWindow *scroller;
  GtkStack *stage;
  GtkSpinner *spinner;
  GtkImage *plate_icon;
  GtkLabel *plate_title;
  GtkLabel *plate_advice;
  GtkWidget *plate_bytes;
  GtkLabel *heading;
  GtkLabel *prefix;
  GtkWidget *about;
  CofferHeaderBadge *header;
  CofferFactsList *facts;
  GtkWidget *note;
  GtkLabel *note_words;
};

static void show_facts (CofferValueView *self);
static void stage_failed_cb (CofferValueView *self, const GError *error);

G_DEFINE_FINAL_TYPE (CofferValueView, coffer_value_view, GTK_TYPE_WIDGET)

/* The stage of a kind, if this build has one. */
static GType
get_stage_type (CofferContentKind kind)
{
  switch (kind)
    {
    case COFFER_CONTENT_TEXT:
      return COFFER_TYPE_TEXT_STAGE;
    case COFFER_CONTENT_TREE:
      return COFFER_TYPE_TREE_STAGE;
    case COFFER_CONTENT_BYTES:
      return COFFER_TYPE_BYTES_STAGE;
    case COFFER_CONTENT_MEDIA:
      return COFFER_TYPE_PLAYER_STAGE;
    case COFFER_CONTENT_IMAGE:
      return COFFER_TYPE_IMAGE_STAGE;
    case COFFER_CONTENT_EMPTY:
    case COFFER_N_CONTENT_KINDS:
    default:
      return G_TYPE_NONE;
    }
}

static CofferStage *
get_stage (CofferValueView   *self,
           CofferContentKind  kind)
{
  GType type = get_stage_type (kind);
  CofferStage *stage;

  if (self->stages[kind] != NULL || type == G_TYPE_NONE)
    return self->stages[kind];

  stage = g_object_new (type, NULL);
  self->stages[kind] = stage;
  if (COFFER_IS_IMAGE_STAGE (stage))
    coffer_image_stage_set_large (COFFER_IMAGE_STAGE (stage), self->large);
  else if (COFFER_IS_TREE_STAGE (stage))
    coffer_tree_stage_set_large (COFFER_TREE_STAGE (stage), self->large);
  gtk_stack_add_child (coffer_stage_fills (stage) ? self->fills : self->stage, GTK_WIDGET (stage));
  g_signal_connect_swapped (stage, "facts-changed", G_CALLBACK (show_facts), self);
  g_signal_connect_swapped (stage, "failed", G_CALLBACK (stage_failed_cb), self);

  return stage;
}

static void
show_note (CofferValueView *self)
{
  g_autofree char *note = self->current != NULL ? coffer_stage_dup_note (self->current) : NULL;

  if (note != NULL && g_strcmp0 (note, gtk_label_get_label (self->note_words)) != 0)
    gtk_label_set_label (self->note_words, note);
  gtk_widget_set_visible (self->note, note != NULL);
}

/* NULL: what is shown is no stage's. */
static void
set_current (CofferValueView *self,
             CofferStage     *stage)
{
  gboolean fills = stage != NULL && coffer_stage_fills (stage);

  if (self->current != NULL && self->current != stage)
    coffer_stage_clear (self->current);
  self->current = stage;
  gtk_widget_set_valign (GTK_WIDGET (self->stage),
                         self->large && (stage == NULL || !COFFER_IS_IMAGE_STAGE (stage)) ? GTK_ALIGN_CENTER : GTK_ALIGN_FILL);
  gtk_widget_set_visible (GTK_WIDGET (self->fills), fills);
  gtk_widget_set_visible (GTK_WIDGET (self->stage), !fills);
  gtk_widget_set_visible (GTK_WIDGET (self->scroller), !fills || !self->large);
  if (stage != NULL)
    gtk_stack_set_visible_child (fills ? self->fills : self->stage, GTK_WIDGET (stage));
  show_note (self);
}

static void
clear_content (CofferValueView *self)
{
  set_current (self, NULL);
  g_clear_pointer (&self->content, coffer_content_free);
}

/* In GTK 4.8 even the same words make the window measure all it shows. @text (nullable) */
static void
set_label (GtkLabel   *label,
           const char *text)
{
  if (!g_str_equal (gtk_label_get_label (label), text != NULL ? text : ""))
    gtk_label_set_label (label, text);
}

/* The last part of a key is what people read; what is before it goes below. */
static void
show_heading (CofferValueView *self,
              CofferKey       *key)
{
  g_autofree char *prefix = NULL;
  g_autofree char *name = coffer_key_split_display (key, KEY_BYTES, &prefix);

  set_label (self->heading, name);
  set_label (self->prefix, prefix);
  gtk_widget_set_visible (GTK_WIDGET (self->prefix), !self->no_heading && *prefix != '\0');
}

static void
set_key (CofferValueView *self,
         CofferKey       *key)
{
  if (self->key == NULL || key == NULL || !coffer_key_equal (key, self->key))
    gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);

  if (key != NULL)
    coffer_key_ref (key);
  g_clear_pointer (&self->key, coffer_key_unref);
  self->key = key;
  if (key != NULL)
    show_heading (self, key);
  gtk_widget_set_visible (self->about, key != NULL && !self->large);
}

/* One of the view's own. */
static void
show_stage (CofferValueView *self,
            const char      *name)
{
  set_current (self, NULL);
  gtk_spinner_set_spinning (self->spinner, g_str_equal (name, "loading"));
  gtk_stack_set_visible_child_name (self->stage, name);
}

static void
show_plate (CofferValueView *self,
            GIcon           *icon,
            const char      *title,
            const char      *advice)
{
  GIcon *shown = gtk_image_get_gicon (self->plate_icon);

  if (shown == NULL || !g_icon_equal (shown, icon))
    gtk_image_set_from_gicon (self->plate_icon, icon);
  set_label (self->plate_title, title);
  gtk_widget_set_visible (GTK_WIDGET (self->plate_title), title != NULL);
  set_label (self->plate_advice, advice);
  gtk_widget_set_visible (GTK_WIDGET (self->plate_advice), advice != NULL);
  gtk_widget_set_visible (self->plate_bytes, FALSE);
  show_stage (self, "plate");
}

static void
describe_problem (CofferValueView  *self,
                  const GError     *error,
                  char            **title,
                  char            **advice)
{
  g_autofree char *name = NULL;

  if (error->domain == COFFER_IMAGE_ERROR)
    {
      *title = g_strdup (error->code == COFFER_IMAGE_ERROR_TOO_LARGE   ? _("Too Large to Show")
                         : error->code == COFFER_IMAGE_ERROR_TOO_SLOW  ? _("Takes Too Long to Draw")
                         : error->code == COFFER_IMAGE_ERROR_NO_LOADER ? _("Cannot Be Shown Here")
                                                                       : _("Cannot Be Shown"));
      *advice = g_strdup (error->message);
      return;
    }

  if (error->domain == COFFER_PLAYER_STAGE_ERROR)
    {
      *title = g_strdup (_("Cannot Be Played"));
      *advice = g_strdup (error->message);
      return;
    }

  name = coffer_key_to_display (self->key, KEY_BYTES);
  coffer_error_describe (error, name, title, advice);
  if (coffer_error_is_missing (error))   /* which is not about the key */
    {
      g_free (*title);
      *title = g_strdup (_("The File Is Not There"));
    }
}

static void
show_problem (CofferValueView *self,
              const GError    *error)
{
  g_autoptr(GIcon) icon = g_themed_icon_new ("dialog-warning-symbolic");
  g_autofree char *title = NULL, *advice = NULL;

  describe_problem (self, error, &title, &advice);
  show_plate (self, icon, title, advice);
  gtk_widget_set_visible (self->plate_bytes, self->content != NULL);
}

/* The icon theme has symbolic icons for the great families only. */
static GIcon *
get_type_icon (CofferValueView *self)
{
  g_autofree char *family = g_content_type_get_generic_icon_name (self->content->facts->content_type);
  g_autofree char *name = family != NULL ? g_strconcat (family, "-symbolic", NULL) : NULL;
  GtkIconTheme *theme = gtk_icon_theme_get_for_display (gtk_widget_get_display (GTK_WIDGET (self)));

  return g_themed_icon_new (name != NULL && gtk_icon_theme_has_icon (theme, name) ? name : "text-x-generic-symbolic");
}

static void
show_type_plate (CofferValueView *self)
{
  g_autoptr(GIcon) icon = get_type_icon (self);

  show_plate (self, icon, NULL, self->content->kind == COFFER_CONTENT_EMPTY ? _("This value is empty") : NULL);
}

/* A stage that cannot go on. */
static void
stage_failed_cb (CofferValueView *self,
                 const GError    *error)
{
  show_problem (self, error);
}

static void
show_stage_of_content (CofferValueView *self,
                       CofferVault     *vault)
{
  CofferStage *stage = self->content->problem == NULL ? get_stage (self, self->content->kind) : NULL;

  if (stage != NULL)
    {
      gtk_spinner_stop (self->spinner);
      set_current (self, stage);
      coffer_stage_show (stage, vault, self->key, self->content);
    }
  else if (self->content->problem != NULL)
    {
      show_problem (self, self->content->problem);
    }
  else
    {
      show_type_plate (self);
    }
}

static void
show_facts (CofferValueView *self)
{
  g_auto(GStrv) facts = coffer_content_dup_facts (self->content, self->key);
  g_auto(GStrv) more = self->current != NULL ? coffer_stage_dup_facts (self->current) : NULL;
  g_autoptr(GPtrArray) all = g_ptr_array_new ();

  for (char **fact = facts; *fact != NULL; fact++)
    g_ptr_array_add (all, *fact);
  for (char **fact = more; fact != NULL && *fact != NULL; fact++)
    g_ptr_array_add (all, *fact);
  g_ptr_array_add (all, NULL);
  coffer_facts_list_set (self->facts, (const char * const *) all->pdata);
}

/* A stage may read the content it was shown until it has the next. What is chosen in one stays so in another of the same value. */
void
coffer_value_view_show (CofferValueView *self,
                        CofferVault     *vault,
                        CofferKey       *key,
                        CofferContent   *content)
{
  g_autoptr(CofferContent) last = NULL;
  CofferStage *before = self->current;
  guint64 offset = 0, size = 0;
  gboolean has_range = before != NULL && coffer_key_equal (key, self->key) && coffer_stage_get_range (before, &offset, &size);

  if (self->current != NULL && self->current == self->stages[content->kind])
    last = g_steal_pointer (&self->content);
  else
    clear_content (self);
  self->content = content;
  set_key (self, key);
  coffer_header_badge_set (self->header, vault, key, content->facts);
  show_stage_of_content (self, vault);
  if (has_range && self->current != NULL && self->current != before)
    coffer_stage_set_range (self->current, offset, size);
  show_facts (self);
}

/* Without a value there are no facts. */
static void
show_key_alone (CofferValueView *self,
                CofferKey       *key)
{
  clear_content (self);
  set_key (self, key);
  coffer_header_badge_set (self->header, NULL, NULL, NULL);
  coffer_facts_list_set (self->facts, NULL);
}

void
coffer_value_view_show_error (CofferValueView *self,
                              CofferKey       *key,
                              const GError    *error)
{
  show_key_alone (self, key);
  show_problem (self, error);
}

void
coffer_value_view_show_loading (CofferValueView *self,
                                CofferKey       *key)
{
  show_key_alone (self, key);
  show_stage (self, "loading");
}

gboolean
coffer_value_view_is_loading (CofferValueView *self)
{
  return gtk_spinner_get_spinning (self->spinner);
}

void
coffer_value_view_leave (CofferValueView *self)
{
  if (self->current != NULL)
    coffer_stage_leave (self->current);
}

void
coffer_value_view_play (CofferValueView *self)
{
  if (self->current != NULL && self->current == self->stages[COFFER_CONTENT_MEDIA])
    coffer_player_stage_toggle (COFFER_PLAYER_STAGE (self->current));
}

void
coffer_value_view_focus (CofferValueView *self)
{
  if (self->current != NULL)
    gtk_widget_child_focus (GTK_WIDGET (self->current), GTK_DIR_TAB_FORWARD);
}

void
coffer_value_view_clear (CofferValueView *self)
{
  clear_content (self);
  coffer_header_badge_set (self->header, NULL, NULL, NULL);
  g_clear_pointer (&self->key, coffer_key_unref);
  show_stage (self, "plate");
}

const CofferContent *
coffer_value_view_get_content (CofferValueView *self)
{
  return self->content;
}

static int
picture_max_height (CofferValueView *self,
                    int              pane_height)
{
  return MAX (PICTURE_HEIGHT_MIN, self->large ? pane_height - 2 * PADDING : (int) (pane_height * PICTURE_SHARE));
}

void
coffer_value_view_get_room (CofferValueView *self,
                            int              width,
                            int              height,
                            int             *picture_width,
                            int             *picture_height)
{
  int unit = gtk_widget_get_scale_factor (GTK_WIDGET (self));

  if (width <= 2 * PADDING)
    {
      width = DEFAULT_WIDTH;
      height = DEFAULT_HEIGHT;
    }

  *picture_width = (width - 2 * PADDING) * unit;
  *picture_height = picture_max_height (self, height) * unit;
}

static void
coffer_value_view_measure (GtkWidget      *widget,
                           GtkOrientation  orientation,
                           int             for_size,
                           int            *minimum,
                           int            *natural,
                           int            *minimum_baseline,
                           int            *natural_baseline)
{
  CofferValueView *self = COFFER_VALUE_VIEW (widget);
  int fill_minimum, fill_natural;

  gtk_widget_measure (GTK_WIDGET (self->scroller), orientation, for_size, minimum, natural, NULL, NULL);
  gtk_widget_measure (GTK_WIDGET (self->fills), orientation, for_size, &fill_minimum, &fill_natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = MAX (*minimum, fill_minimum);
      *natural = MAX (*natural, fill_natural);
    }
  else
    {
      *minimum += fill_minimum;
      *natural += fill_natural;
    }
}

static int
facts_height (CofferValueView *self,
              int              width,
              int              height)
{
  int minimum, natural;

  if (!gtk_widget_get_visible (GTK_WIDGET (self->fills)))
    return height;
  if (self->large)
    return 0;

  gtk_widget_measure (GTK_WIDGET (self->scroller), GTK_ORIENTATION_VERTICAL, width, &minimum, &natural, NULL, NULL);

  return MAX (minimum, MIN (natural, (int) (height * FACTS_SHARE)));
}

static void
coffer_value_view_size_allocate (GtkWidget *widget,
                                 int        width,
                                 int        height,
                                 int        baseline)
{
  CofferValueView *self = COFFER_VALUE_VIEW (widget);
  int below = facts_height (self, width, height);

  if (self->stages[COFFER_CONTENT_IMAGE] != NULL)
    coffer_image_stage_set_max_height (COFFER_IMAGE_STAGE (self->stages[COFFER_CONTENT_IMAGE]), picture_max_height (self, height));
  if (self->stages[COFFER_CONTENT_MEDIA] != NULL)
    coffer_player_stage_set_max_height (COFFER_PLAYER_STAGE (self->stages[COFFER_CONTENT_MEDIA]), picture_max_height (self, height));
  if (gtk_widget_get_visible (GTK_WIDGET (self->fills)))
    gtk_widget_size_allocate (GTK_WIDGET (self->fills), &(GtkAllocation) { 0, 0, width, height - below }, -1);
  if (gtk_widget_get_visible (GTK_WIDGET (self->scroller)))
    gtk_widget_size_allocate (GTK_WIDGET (self->scroller), &(GtkAllocation) { 0, height - below, width, below }, -1);
}

static void
coffer_value_view_dispose (GObject *object)
{
  CofferValueView *self = COFFER_VALUE_VIEW (object);

  clear_content (self);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer ((GtkWidget **) &self->fills, gtk_widget_unparent);
  g_clear_pointer ((GtkWidget **) &self->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_value_view_parent_class)->dispose (object);
}

static void
coffer_value_view_class_init (CofferValueViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_value_view_dispose;

  widget_class->measure = coffer_value_view_measure;
  widget_class->size_allocate = coffer_value_view_size_allocate;

  g_type_ensure (COFFER_TYPE_FACTS_LIST);
  g_type_ensure (COFFER_TYPE_HEADER_BADGE);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-value-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, fills);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, stage);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, spinner);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, plate_icon);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, plate_title);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, plate_advice);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, plate_bytes);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, heading);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, prefix);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, about);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, header);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, facts);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, note);
  gtk_widget_class_bind_template_child (widget_class, CofferValueView, note_words);
}

static void
coffer_value_view_init (CofferValueView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
coffer_value_view_set_large (CofferValueView *self,
                             gboolean         large)
{
  g_return_if_fail (COFFER_IS_VALUE_VIEW (self));

  self->large = large;
  gtk_widget_set_visible (self->about, !large);
  gtk_widget_set_vexpand (GTK_WIDGET (self->stage), large);
  if (self->stages[COFFER_CONTENT_IMAGE] != NULL)
    coffer_image_stage_set_large (COFFER_IMAGE_STAGE (self->stages[COFFER_CONTENT_IMAGE]), large);
  if (self->stages[COFFER_CONTENT_TREE] != NULL)
    coffer_tree_stage_set_large (COFFER_TREE_STAGE (self->stages[COFFER_CONTENT_TREE]), large);
  set_current (self, self->current);
}

void
coffer_value_view_set_heading (CofferValueView *self,
                               gboolean         heading)
{
  g_return_if_fail (COFFER_IS_VALUE_VIEW (self));

  self->no_heading = !heading;
  gtk_widget_set_visible (GTK_WIDGET (self->heading), heading);
  gtk_widget_set_visible (GTK_WIDGET (self->prefix), heading && *gtk_label_get_label (self->prefix) != '\0');
}

gboolean
coffer_value_view_key (CofferValueView *self,
                       guint            keyval,
                       GdkModifierType  state)
{
  g_return_val_if_fail (COFFER_IS_VALUE_VIEW (self), FALSE);

  if (self->current == NULL)
    return FALSE;
  if (COFFER_IS_IMAGE_STAGE (self->current))
    return coffer_picture_key (coffer_image_stage_get_picture (COFFER_IMAGE_STAGE (self->current)), keyval, state);

  return COFFER_IS_PLAYER_STAGE (self->current) && coffer_player_stage_key (COFFER_PLAYER_STAGE (self->current), keyval, state);
}
