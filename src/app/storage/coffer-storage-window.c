/* SPDX-License-Identifier: MIT */
/*
 * The window "Storage": all of it is what the model knows, written anew whenever that changes, and labels that stay the same cost nothing.
 * What is done to the file is asked before. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>

#include "coffer-long-page.h"
#include "coffer-row.h"

enum { SAVE_COPY, SAVE_SALVAGE, SHOW_KEY, DELETE_KEY, MAY_REWRITE, SECURE_DELETE_SET, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferStorageWindow, coffer_storage_window, ADW_TYPE_WINDOW)

char *
coffer_storage_window_dup_number (guint64 n)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
}

/* GTK asks the display where the pointer is, even if the text stays the same. */
static void
set_tooltip (GtkWidget  *widget,
             const char *text)
{
  if (g_strcmp0 (gtk_widget_get_tooltip_text (widget), text) != 0)
    gtk_widget_set_tooltip_text (widget, text);
}

void
coffer_storage_window_show_size (GtkLabel *label,
                                 guint64   size)
{
  g_autofree char *text = g_format_size (size);
  g_autofree char *exact = g_format_size_full (size, G_FORMAT_SIZE_LONG_FORMAT);

  gtk_label_set_text (label, size > 0 ? text : _("None"));
  set_tooltip (GTK_WIDGET (label), size > 0 ? exact : NULL);
}

/* ---- the bar ---- */

static GtkWidget *
make_legend_label (const char *css_class,
                   const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
add_legend_item (CofferStorageWindow *self,
                 const CofferSegment *segment)
{
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *dot = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *name = make_legend_label ("dim-label", coffer_segment_get_name (segment));
  GtkWidget *size = make_legend_label ("strong", NULL);
  GtkWidget *detail = NULL;

  gtk_widget_set_valign (dot, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (dot, "dot");
  gtk_widget_add_css_class (dot, coffer_segment_get_css_class (segment));
  gtk_widget_add_css_class (size, "num");
  gtk_label_set_ellipsize (GTK_LABEL (size), PANGO_ELLIPSIZE_NONE);
  if (segment->part == COFFER_PART_TABLE)
    gtk_widget_set_tooltip_text (name, coffer_segment_get_name (segment));
  else
    gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_NONE);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 8);
  gtk_grid_attach (GTK_GRID (grid), dot, 0, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), name, 1, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), size, 1, 1, 1, 1);
  if (segment->part == COFFER_PART_TABLE && segment->is_vault)
    {
      detail = make_legend_label ("dim-label", NULL);
      gtk_widget_add_css_class (detail, "smaller");
      gtk_widget_add_css_class (detail, "num");
      gtk_grid_attach (GTK_GRID (grid), detail, 1, 2, 1, 1);
    }
  gtk_flow_box_append (GTK_FLOW_BOX (self->legend), grid);
  gtk_widget_set_focusable (gtk_widget_get_parent (grid), FALSE);
  g_ptr_array_add (self->legend_sizes, size);
  g_ptr_array_add (self->legend_details, detail);
}

static void
build_legend (CofferStorageWindow *self,
              GPtrArray           *segments)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->legend)) != NULL)
    gtk_flow_box_remove (GTK_FLOW_BOX (self->legend), child);
  g_ptr_array_set_size (self->legend_sizes, 0);
  g_ptr_array_set_size (self->legend_details, 0);
  for (guint i = 0; i < segments->len; i++)
    add_legend_item (self, g_ptr_array_index (segments, i));
}

static void
update_detail (GtkLabel            *label,
               const CofferSegment *segment)
{
  g_autofree char *values = g_format_size (segment->size - segment->keys);
  g_autofree char *keys = g_format_size (segment->keys);
  /* Translators: of a table: "163.0 GB values, 0.9 GB keys" */
  g_autofree char *both = g_strdup_printf (_("%s values, %s keys"), values, keys);
  /* Translators: of a table of keys and values: so much of it */
  g_autofree char *text = g_strdup_printf (_("%s of it keys"), keys);

  gtk_label_set_text (label, text);
  set_tooltip (GTK_WIDGET (label), both);
}

static void
update_legend (CofferStorageWindow *self,
               GPtrArray           *segments)
{
  if (!coffer_segments_are_alike (self->legend_shown, segments))
    build_legend (self, segments);
  g_clear_pointer (&self->legend_shown, g_ptr_array_unref);
  self->legend_shown = g_ptr_array_ref (segments);
  for (guint i = 0; i < segments->len; i++)
    {
      const CofferSegment *segment = g_ptr_array_index (segments, i);

      coffer_storage_window_show_size (g_ptr_array_index (self->legend_sizes, i), segment->size);
      if (g_ptr_array_index (self->legend_details, i) != NULL)
        update_detail (g_ptr_array_index (self->legend_details, i), segment);
    }
}

static void
update_measuring (CofferStorageWindow *self)
{
  double measured = coffer_storage_get_measured (self->storage);
  const GError *error = coffer_storage_get_split_error (self->storage);
  GDateTime *when = coffer_storage_get_split_time (self->storage);
  g_autofree char *time = when != NULL ? g_date_time_format (when, "%X") : NULL;
  g_autofree char *text = NULL;

  if (measured >= 0)
    text = g_strdup_printf (_("Looking at what the pages hold: %d %%"), (int) (measured * 100));
  else if (error != NULL)
    text = coffer_error_dup_line (error);
  else if (time != NULL)
    text = g_strdup_printf (_("What is in use is told as of %s; the file has changed since"), time);
  else
    text = g_strdup (_("What is in use can be told apart by reading the file"));
  gtk_label_set_text (self->measuring_words, text);
  gtk_button_set_label (self->measure_button, measured >= 0 ? _("Cancel") : time != NULL ? _("Find Out Again") : _("Find Out"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->measure_button), measured >= 0 || coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE);
  gtk_widget_set_visible (self->measuring, (when != NULL || !coffer_storage_is_split (self->storage)) && coffer_storage_get_space (self->storage) != NULL);
}

static void
update_card (CofferStorageWindow *self)
{
  guint64 parts[COFFER_N_PARTS];
  guint64 total = coffer_storage_get_parts (self->storage, parts);
  g_autoptr(GPtrArray) segments = coffer_storage_list_segments (self->storage);
  const GError *error = coffer_storage_get_error (self->storage);
  g_autofree char *size = g_format_size (total);
  g_autofree char *exact = g_format_size_full (total, G_FORMAT_SIZE_LONG_FORMAT);
  g_autofree char *problem = error != NULL ? coffer_error_dup_line (error) : NULL;
  g_autofree char *was = coffer_storage_window_dup_was (self);

  gtk_label_set_text (self->total, total > 0 ? size : "");
  set_tooltip (GTK_WIDGET (self->total), total > 0 ? exact : NULL);
  gtk_label_set_text (self->total_words, problem != NULL ? problem : was != NULL ? was : total > 0 ? _("on disk") : "");
  coffer_space_bar_set_segments (self->bar, segments);
  update_legend (self, segments);
  update_measuring (self);
}

static void
measure_cb (CofferStorageWindow *self)
{
  if (coffer_storage_get_measured (self->storage) >= 0)
    coffer_storage_stop_measuring (self->storage);
  else
    coffer_storage_measure (self->storage);
}

/* ---- editing ---- */

typedef struct {
  CofferStorageWindow *window;
  CofferStorageEdit then;
} Edit;

static void
edited_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autofree Edit *edit = user_data;
  g_autoptr(CofferStorageWindow) self = edit->window;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;

  if (self->storage == NULL)
    return;
  if (coffer_vault_edit_finish (COFFER_VAULT (source), result, &error))
    {
      edit->then (self);
      return;
    }
  line = coffer_error_dup_line (error);
  coffer_storage_window_toast (self, line);
}

/* A job locks the file, too, and its row says so. */
const char *
coffer_storage_window_get_lock (CofferStorageWindow *self)
{
  CofferVault *vault = coffer_storage_get_vault (self->storage);

  return coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE ? coffer_vault_get_lock_reason (vault) : NULL;
}

const char *
coffer_storage_window_get_file_lock (CofferStorageWindow *self)
{
  CofferVault *vault = coffer_storage_get_vault (self->storage);

  return coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE ? coffer_vault_get_file_lock_reason (vault) : NULL;
}

void
coffer_storage_window_show_lock (AdwActionRow *row,
                                 const char   *lock,
                                 const char   *otherwise)
{
  g_autofree char *escaped = g_markup_escape_text (lock != NULL ? lock : otherwise, -1);

  adw_action_row_set_subtitle (row, escaped);
}

/* The dialog before has said what happens to the file; to open it for editing is a part of that. */
void
coffer_storage_window_edit (CofferStorageWindow *self,
                            CofferStorageEdit    then)
{
  CofferVault *vault = coffer_storage_get_vault (self->storage);
  Edit *edit;

  if (coffer_vault_get_editable (vault))
    {
      then (self);
      return;
    }
  edit = g_new (Edit, 1);
  *edit = (Edit) { g_object_ref (self), then };
  coffer_vault_edit_async (vault, NULL, edited_cb, edit);
}

/* Moves bytes, frees room, or gives a table another shape: that needs no editing of keys, and is no beginning of it. */
char *
coffer_storage_window_dup_once (CofferStorageWindow *self,
                                const char          *text)
{
  if (coffer_vault_get_editable (coffer_storage_get_vault (self->storage)))
    return g_strdup (text);
  return g_strconcat (text, "\n\n", _("The vault is open for viewing, and stays so: this alone is done to the file."), NULL);
}

/* ---- who else ---- */

static void
add_holder (CofferStorageWindow *self,
            const char          *title,
            const char          *subtitle)
{
  GtkWidget *row = coffer_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle != NULL)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 2);
  adw_preferences_group_add (self->holders, row);
  g_ptr_array_add (self->holder_rows, row);
}

void
coffer_storage_window_update_holders (CofferStorageWindow *self)
{
  CofferUnseen unseen;
  GPtrArray *holders = coffer_storage_get_holders (self->storage, &unseen);
  g_autofree char *detail = NULL;

  if (self->holders == NULL || (holders == self->holders_shown && self->holder_rows->len > 0))
    return;
  g_clear_pointer (&self->holders_shown, g_ptr_array_unref);
  self->holders_shown = holders != NULL ? g_ptr_array_ref (holders) : NULL;
  for (guint i = 0; i < self->holder_rows->len; i++)
    adw_preferences_group_remove (self->holders, g_ptr_array_index (self->holder_rows, i));
  g_ptr_array_set_size (self->holder_rows, 0);
  for (guint i = 0; holders != NULL && i < holders->len; i++)
    {
      const CofferHolder *holder = g_ptr_array_index (holders, i);
      g_autofree char *process = g_strdup_printf (_("process %d"), holder->pid);

      add_holder (self, holder->name, process);
    }
  if (holders == NULL)
    add_holder (self, _("Looking…"), NULL);
  else if (holders->len == 0)
    add_holder (self, coffer_holders_describe_none (unseen, &detail), detail);
}

char *
coffer_storage_window_dup_reason (CofferStorageWindow *self,
                                  const GError        *error)
{
  GPtrArray *holders = coffer_storage_get_holders (self->storage, NULL);
  const CofferHolder *holder = holders != NULL && holders->len > 0 ? g_ptr_array_index (holders, 0) : NULL;

  if (holder == NULL || !g_error_matches (error, COFFER_ERROR, COFFER_ERROR_BUSY))
    return g_strdup (error->message);
  return g_strdup_printf (_("%s (process %d) has the vault open. Close it there, and try again."), holder->name, holder->pid);
}

/* ---- the window ---- */

void
coffer_storage_window_toast (CofferStorageWindow *self,
                             const char          *text)
{
  g_autofree char *title = g_markup_escape_text (text, -1);

  g_return_if_fail (COFFER_IS_STORAGE_WINDOW (self));

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (title));
}

static void
changed_cb (CofferStorageWindow *self)
{
  update_card (self);
  coffer_storage_window_update_log (self);
  coffer_storage_window_update_journal (self);
  coffer_storage_window_update_wipe (self);
  coffer_storage_window_update_holders (self);
  coffer_storage_window_update_job (self);
  coffer_storage_window_update_check (self);
  coffer_storage_window_update_copy (self);
  coffer_storage_window_update_found (self);
}

/* What another program did to the log alone, or who opened the file, is not told: a look when a person comes back. */
static void
active_cb (CofferStorageWindow *self)
{
  gboolean active = gtk_window_is_active (GTK_WINDOW (self));

  if (self->storage != NULL && active && self->was_active)
    coffer_storage_look (self->storage);
  self->was_active |= active;
}

void
coffer_storage_window_set_settings (CofferStorageWindow *self,
                                    GSettings           *settings)
{
  g_return_if_fail (COFFER_IS_STORAGE_WINDOW (self));

  coffer_cache_group_set (self->cache_group, coffer_storage_get_vault (self->storage), settings);
}

static gboolean
is_seen (CofferStorageWindow *self)
{
  GdkSurface *surface = gtk_native_get_surface (GTK_NATIVE (self));

  return gtk_widget_get_mapped (GTK_WIDGET (self)) &&
         (gdk_toplevel_get_state (GDK_TOPLEVEL (surface)) & GDK_TOPLEVEL_STATE_MINIMIZED) == 0;
}

static void
seen_cb (CofferStorageWindow *self)
{
  if (self->storage != NULL)
    coffer_storage_set_watched (self->storage, is_seen (self));
}

static void
realize_cb (CofferStorageWindow *self)
{
  g_signal_connect_object (gtk_native_get_surface (GTK_NATIVE (self)), "notify::state", G_CALLBACK (seen_cb), self, G_CONNECT_SWAPPED);
}

static void
coffer_storage_window_dispose (GObject *object)
{
  CofferStorageWindow *self = COFFER_STORAGE_WINDOW (object);

  if (self->storage != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->storage, changed_cb, self);
      g_signal_handlers_disconnect_by_func (self->storage, coffer_storage_window_reveal_blocked, self);
      g_signal_handlers_disconnect_by_func (coffer_storage_get_vault (self->storage), changed_cb, self);
      coffer_storage_set_watched (self->storage, FALSE);
      coffer_storage_window_stop_job (self);
      coffer_storage_window_stop_opening (self);
    }
  g_clear_object (&self->storage);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_STORAGE_WINDOW);

  G_OBJECT_CLASS (coffer_storage_window_parent_class)->dispose (object);
}

static void
coffer_storage_window_finalize (GObject *object)
{
  CofferStorageWindow *self = COFFER_STORAGE_WINDOW (object);

  g_clear_pointer (&self->legend_shown, g_ptr_array_unref);
  g_ptr_array_unref (self->legend_sizes);
  g_ptr_array_unref (self->legend_details);
  g_ptr_array_unref (self->holder_rows);
  g_ptr_array_unref (self->found_rows);
  g_ptr_array_unref (self->found_old);
  gtk_bitset_unref (self->found_told);
  g_hash_table_unref (self->ignored);
  g_clear_pointer (&self->holders_shown, g_ptr_array_unref);

  G_OBJECT_CLASS (coffer_storage_window_parent_class)->finalize (object);
}

static void
coffer_storage_window_class_init (CofferStorageWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_storage_window_dispose;
  object_class->finalize = coffer_storage_window_finalize;
  signals[SAVE_COPY] = g_signal_new ("save-copy", COFFER_TYPE_STORAGE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[MAY_REWRITE] = g_signal_new ("may-rewrite", COFFER_TYPE_STORAGE_WINDOW, G_SIGNAL_RUN_LAST, 0, g_signal_accumulator_true_handled, NULL,
                                       NULL, G_TYPE_BOOLEAN, 0);

  signals[SAVE_SALVAGE] = g_signal_new ("save-salvage", COFFER_TYPE_STORAGE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SHOW_KEY] = g_signal_new ("show-key", COFFER_TYPE_STORAGE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
                                    COFFER_TYPE_KEY);
  signals[DELETE_KEY] = g_signal_new ("delete-key", COFFER_TYPE_STORAGE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
                                      COFFER_TYPE_KEY);
  signals[SECURE_DELETE_SET] = g_signal_new ("secure-delete-set", COFFER_TYPE_STORAGE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (COFFER_TYPE_CACHE_GROUP);
  g_type_ensure (COFFER_TYPE_LONG_PAGE);
  g_type_ensure (COFFER_TYPE_ROW);
  g_type_ensure (COFFER_TYPE_SPACE_BAR);
  g_type_ensure (COFFER_TYPE_TWO_COLUMNS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-storage-window.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, title);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, total);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, total_words);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, bar);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, legend);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, measuring);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, measuring_words);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, measure_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, scrolled);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, columns);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, first_column);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, second_column);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, cache_group);
  gtk_widget_class_bind_template_callback (widget_class, measure_cb);
}

static void
coffer_storage_window_init (CofferStorageWindow *self)
{
  self->legend_sizes = g_ptr_array_new ();
  self->legend_details = g_ptr_array_new ();
  self->holder_rows = g_ptr_array_new ();
  self->found_rows = g_ptr_array_new ();
  self->found_old = g_ptr_array_new ();
  self->found_told = gtk_bitset_new_empty ();
  self->ignored = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (self, "notify::is-active", G_CALLBACK (active_cb), NULL);
  g_signal_connect_after (self, "map", G_CALLBACK (seen_cb), NULL);
  g_signal_connect_after (self, "unmap", G_CALLBACK (seen_cb), NULL);
  g_signal_connect_after (self, "realize", G_CALLBACK (realize_cb), NULL);
}

GtkWidget *
coffer_storage_window_new (CofferStorage *storage)
{
  CofferStorageWindow *self = g_object_new (COFFER_TYPE_STORAGE_WINDOW, NULL);
  CofferVault *vault = coffer_storage_get_vault (storage);
  g_autofree char *path = g_file_get_parse_name (coffer_vault_get_file (vault));

  self->storage = g_object_ref (storage);
  coffer_storage_set_watched (storage, TRUE);
  adw_window_title_set_subtitle (self->title, path);
  g_signal_connect_swapped (storage, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (storage, "ended", G_CALLBACK (coffer_storage_window_reveal_blocked), self);
  g_signal_connect_object (vault, "notify::lock-reason", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  coffer_storage_window_start_found (self);
  coffer_storage_window_start_opening (self);
  changed_cb (self);
  return GTK_WIDGET (self);
}
