/* SPDX-License-Identifier: MIT */
/* A page of the window "Clean Up", from "what to look for" to what was found. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-clean-page.h"

#include <coffer-vault.h>
#include <glib/gi18n-lib.h>

#include "coffer-finding-row.h"
#include "coffer-wrap-box.h"

/*
 * GtkListView has two hundred rows, in view or not, and sets them anew for a jump: too long for one turn. GtkGridView with one
 * column has thirty, in a tall window with room between them. A row takes nearly a millisecond to make: they come in turns.
 */
#define FIRST_ROWS 12
#define MORE_ROWS 6
#define ENOUGH_ROWS 30

struct _CofferCleanPage {
  AdwBin parent_instance;

  GtkStack *states;
  AdwStatusPage *start, *nothing;
  GtkCheckButton *whole, *part;
  GtkButton *find;
  GtkLabel *doing, *progress_detail;
  GtkProgressBar *progress;
  GtkButton *cancel, *again;
  GtkLabel *summary, *total;
  GtkMenuButton *rules;
  GtkGridView *list;
  GtkButton *export, *delete;

  CofferFindings *findings;      /* (nullable) */
  GtkSliceListModel *rows;       /* (nullable) the first of them, and soon all */
  guint rows_id;
  GtkSingleSelection *selection; /* (nullable) over these */
  CofferThumbnails *thumbnails;  /* (nullable) */
  gboolean is_outdated;          /* what is said in place of findings */
  guint focus_id;
};

enum { FIND, CANCEL, SHOW_KEY, DELETE, EXPORT, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferCleanPage, coffer_clean_page, ADW_TYPE_BIN)

/* Rows */

static void
setup_cb (CofferCleanPage *self,
          GtkListItem     *item)
{
  gtk_list_item_set_child (item, coffer_finding_row_new ());
}

static void
bind_cb (CofferCleanPage *self,
         GtkListItem     *item)
{
  CofferFinding *finding = gtk_list_item_get_item (item);
  CofferKey *key = coffer_finding_get_key (finding);

  gtk_list_item_set_selectable (item, key != NULL);
  gtk_list_item_set_activatable (item, key != NULL);
  coffer_finding_row_set (COFFER_FINDING_ROW (gtk_list_item_get_child (item)), self->findings, gtk_list_item_get_position (item), finding,
                          self->thumbnails);
}

static void
unbind_cb (CofferCleanPage *self,
           GtkListItem     *item)
{
  coffer_finding_row_set (COFFER_FINDING_ROW (gtk_list_item_get_child (item)), NULL, 0, NULL, NULL);
}

static void
set_factory (CofferCleanPage *self)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, G_CONNECT_SWAPPED);
  gtk_grid_view_set_factory (self->list, factory);
}

static void
chosen_cb (CofferCleanPage *self)
{
  CofferFinding *finding = gtk_single_selection_get_selected_item (self->selection);
  CofferKey *key = finding != NULL ? coffer_finding_get_key (finding) : NULL;

  if (key != NULL)
    g_signal_emit (self, signals[SHOW_KEY], 0, key);
}

/* Enter, or a second click. */
static void
activate_cb (CofferCleanPage *self,
             guint            position)
{
  coffer_findings_mark (self->findings, position, !coffer_findings_is_marked (self->findings, position));
}

/* What is marked */

static void
marked_cb (CofferCleanPage *self)
{
  CofferFindingsTally tally = coffer_findings_tally (self->findings);
  g_autofree char *number = g_strdup_printf ("%'u", tally.n_keys);
  g_autofree char *size = g_format_size (tally.n_bytes);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key marked, %s", "%s keys marked, %s", tally.n_keys), number, size);

  gtk_label_set_text (self->total, tally.n_keys > 0 ? text : _("No key marked"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->export), tally.n_keys > 0);
  gtk_widget_set_sensitive (GTK_WIDGET (self->delete), tally.n_keys > 0);
}

static void
find_cb (CofferCleanPage *self)
{
  g_signal_emit (self, signals[FIND], 0, gtk_check_button_get_active (self->part));
}

static void
cancel_cb (CofferCleanPage *self)
{
  g_signal_emit (self, signals[CANCEL], 0);
}

static void
start_again_cb (CofferCleanPage *self)
{
  coffer_clean_page_show_start (self);
}

/* At once, unless there is something to choose. */
static void
again_cb (CofferCleanPage *self)
{
  if (self->is_outdated && !gtk_widget_get_visible (GTK_WIDGET (self->part)))
    find_cb (self);
  else
    coffer_clean_page_show_start (self);
}

static void
delete_cb (CofferCleanPage *self)
{
  g_signal_emit (self, signals[DELETE], 0);
}

static void
export_cb (CofferCleanPage *self)
{
  g_signal_emit (self, signals[EXPORT], 0);
}

/* States */

void
coffer_clean_page_set_scope (CofferCleanPage *self,
                             const char      *table,
                             const char      *prefix)
{
  g_autofree char *whole = g_strdup_printf (_("The whole table “%s”"), table);
  g_autofree char *part = prefix != NULL ? g_strdup_printf (_("Only keys that begin with “%s”"), prefix) : NULL;

  gtk_check_button_set_label (self->whole, whole);
  gtk_check_button_set_label (self->part, part);
  gtk_widget_set_visible (GTK_WIDGET (self->whole), prefix != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->part), prefix != NULL);
  if (prefix == NULL)
    gtk_check_button_set_active (self->whole, TRUE);
}

void
coffer_clean_page_set_menu (CofferCleanPage *self,
                            GMenuModel      *menu)
{
  gtk_menu_button_set_menu_model (self->rules, menu);
}

void
coffer_clean_page_set_can_export (CofferCleanPage *self,
                                  gboolean         can_export)
{
  gtk_widget_set_visible (GTK_WIDGET (self->export), can_export);
}

void
coffer_clean_page_set_thumbnails (CofferCleanPage  *self,
                                  CofferThumbnails *thumbnails)
{
  g_set_object (&self->thumbnails, thumbnails);
}

/* The keyboard stays where it is while another page shows; a window that is yet to come takes it along. */
static void
take_focus (CofferCleanPage *self,
            GtkWidget       *widget)
{
  GtkWidget *root = GTK_WIDGET (gtk_widget_get_root (GTK_WIDGET (self)));

  if (root != NULL && (gtk_widget_get_mapped (GTK_WIDGET (self)) || !gtk_widget_get_mapped (root)))
    gtk_widget_grab_focus (widget);
}

void
coffer_clean_page_show_start (CofferCleanPage *self)
{
  gtk_stack_set_visible_child_name (self->states, "start");
  coffer_clean_page_set_findings (self, NULL, NULL);
  take_focus (self, GTK_WIDGET (self->find));
}

void
coffer_clean_page_show_progress (CofferCleanPage *self,
                                 const char      *doing,
                                 const char      *detail,
                                 double           fraction)
{
  gboolean is_new = !g_str_equal (gtk_stack_get_visible_child_name (self->states), "progress");

  gtk_label_set_text (self->doing, doing);
  gtk_label_set_text (self->progress_detail, detail);
  if (fraction >= 0)
    gtk_progress_bar_set_fraction (self->progress, MIN (fraction, 1));
  else
    gtk_progress_bar_pulse (self->progress);
  if (!is_new)
    return;
  gtk_stack_set_visible_child_name (self->states, "progress");
  take_focus (self, GTK_WIDGET (self->cancel));
}

/* Once it has been laid out: there are no rows before. */
static gboolean
focus_cb (gpointer user_data)
{
  CofferCleanPage *self = user_data;

  self->focus_id = 0;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    gtk_widget_child_focus (GTK_WIDGET (self->list), GTK_DIR_TAB_FORWARD);
  return G_SOURCE_REMOVE;
}

void
coffer_clean_page_show_results (CofferCleanPage *self)
{
  gtk_stack_set_visible_child_name (self->states, "results");
  g_clear_handle_id (&self->focus_id, g_source_remove);
  self->focus_id = g_idle_add (focus_cb, self);
}

static void
show_nothing (CofferCleanPage *self,
              const char      *icon_name,
              const char      *title,
              const char      *text,
              gboolean         is_outdated)
{
  g_autofree char *description = g_markup_escape_text (text, -1);

  self->is_outdated = is_outdated;
  gtk_button_set_label (self->again, is_outdated ? _("_Look Again") : _("_Back"));
  coffer_clean_page_set_findings (self, NULL, NULL);
  adw_status_page_set_icon_name (self->nothing, icon_name);
  adw_status_page_set_title (self->nothing, title);
  adw_status_page_set_description (self->nothing, description);
  gtk_stack_set_visible_child_name (self->states, "nothing");
  take_focus (self, GTK_WIDGET (self->again));
}

void
coffer_clean_page_show_nothing (CofferCleanPage *self,
                                const char      *icon_name,
                                const char      *title,
                                const char      *text)
{
  show_nothing (self, icon_name, title, text, FALSE);
}

void
coffer_clean_page_show_outdated (CofferCleanPage *self,
                                 const char      *icon_name,
                                 const char      *title,
                                 const char      *text)
{
  show_nothing (self, icon_name, title, text, TRUE);
}

gboolean
coffer_clean_page_shows_nothing (CofferCleanPage *self)
{
  return g_str_equal (gtk_stack_get_visible_child_name (self->states), "nothing");
}

static gboolean
more_rows_cb (gpointer user_data)
{
  CofferCleanPage *self = user_data;
  guint n = gtk_slice_list_model_get_size (self->rows) + MORE_ROWS;
  gboolean is_enough = n >= MIN (ENOUGH_ROWS, g_list_model_get_n_items (G_LIST_MODEL (self->findings)));

  gtk_slice_list_model_set_size (self->rows, is_enough ? G_MAXUINT : n);
  if (is_enough)
    self->rows_id = 0;
  return !is_enough;
}

static void
let_go (CofferCleanPage *self)
{
  g_clear_handle_id (&self->rows_id, g_source_remove);
  if (self->findings == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->findings, self);
  g_signal_handlers_disconnect_by_data (self->selection, self);
  gtk_grid_view_set_model (self->list, NULL);
  g_clear_object (&self->selection);
  g_clear_object (&self->rows);
  g_clear_object (&self->findings);
}

void
coffer_clean_page_set_findings (CofferCleanPage *self,
                                CofferFindings  *findings,
                                const char      *summary)
{
  if (findings != self->findings)
    {
      let_go (self);
      g_set_object (&self->findings, findings);
    }
  if (findings == NULL)
    return;
  gtk_label_set_text (self->summary, summary);
  if (self->selection != NULL)
    return;
  self->rows = gtk_slice_list_model_new (g_object_ref (G_LIST_MODEL (findings)), 0, FIRST_ROWS);
  self->rows_id = g_idle_add (more_rows_cb, self);
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->rows));
  gtk_grid_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (chosen_cb), self);
  g_signal_connect_swapped (findings, "marked", G_CALLBACK (marked_cb), self);
  marked_cb (self);
}

CofferFindings *
coffer_clean_page_get_findings (CofferCleanPage *self)
{
  return self->findings;
}

static void
coffer_clean_page_dispose (GObject *object)
{
  CofferCleanPage *self = COFFER_CLEAN_PAGE (object);

  g_clear_handle_id (&self->focus_id, g_source_remove);
  if (self->list != NULL)
    let_go (self);
  g_clear_object (&self->thumbnails);
  adw_bin_set_child (ADW_BIN (self), NULL);   /* or both let go of it */
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_CLEAN_PAGE);

  G_OBJECT_CLASS (coffer_clean_page_parent_class)->dispose (object);
}

static void
coffer_clean_page_class_init (CofferCleanPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_clean_page_dispose;

  signals[FIND] = g_signal_new ("find", COFFER_TYPE_CLEAN_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[CANCEL] = g_signal_new ("cancel", COFFER_TYPE_CLEAN_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SHOW_KEY] = g_signal_new ("show-key", COFFER_TYPE_CLEAN_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, COFFER_TYPE_KEY);
  signals[EXPORT] = g_signal_new ("export", COFFER_TYPE_CLEAN_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[DELETE] = g_signal_new ("delete", COFFER_TYPE_CLEAN_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (COFFER_TYPE_WRAP_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-clean-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, states);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, start);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, nothing);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, whole);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, part);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, find);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, doing);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, progress);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, progress_detail);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, cancel);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, again);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, summary);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, total);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, rules);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, list);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, export);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanPage, delete);
  gtk_widget_class_bind_template_callback (widget_class, find_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, start_again_cb);
  gtk_widget_class_bind_template_callback (widget_class, again_cb);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, export_cb);
  gtk_widget_class_bind_template_callback (widget_class, delete_cb);
}

static void
coffer_clean_page_init (CofferCleanPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  set_factory (self);
}

GtkWidget *
coffer_clean_page_new (const CofferCleanWords *words)
{
  CofferCleanPage *self = g_object_new (COFFER_TYPE_CLEAN_PAGE, NULL);

  adw_status_page_set_icon_name (self->start, words->icon_name);
  adw_status_page_set_title (self->start, words->title);
  adw_status_page_set_description (self->start, words->description);
  gtk_button_set_label (self->find, words->find_label);
  return GTK_WIDGET (self);
}
