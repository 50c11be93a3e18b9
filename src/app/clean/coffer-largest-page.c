/* SPDX-License-Identifier: MIT */
/* Where the bytes are, and what people do there. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-largest-page-private.h"

#include <coffer-delete-dialog.h>
#include <coffer-entry.h>
#include <glib/gi18n-lib.h>

#include "coffer-largest-row.h"

enum {
  SHOW_KEY,
  DELETE_KEYS,
  EXPORT_KEYS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferLargestPage, coffer_largest_page, ADW_TYPE_BIN)

/* ---- what people do ---- */

static void
up_cb (CofferLargestPage *self)
{
  if (g_bytes_get_size (self->prefix) > 0)
    coffer_largest_page_go_up (self);
}

static void
crumb_cb (CofferLargestPage *self,
          GBytes            *prefix)
{
  coffer_largest_page_go_to (self, prefix);
}

/* Gives up what is under way: what is on show stays, or nothing is. */
static void
cancel_cb (CofferLargestPage *self)
{
  coffer_largest_page_stop (self);
  self->given_up = TRUE;
  if (self->shown == NULL || self->shown_prefix == NULL)
    {
      coffer_largest_page_show_problem (self, _("Sizes Not Gathered"),
                                        _("Nothing was changed. What was gathered so far is forgotten."));
      return;
    }
  g_bytes_unref (self->prefix);
  self->prefix = g_bytes_ref (self->shown_prefix);
  coffer_largest_page_update_busy (self);
}

static void
retry_cb (CofferLargestPage *self)
{
  coffer_largest_page_load (self);
}

static void
show_key (CofferLargestPage *self,
          CofferKey         *key)
{
  g_signal_emit (self, signals[SHOW_KEY], 0, key);
}

/* Selects it, and so shows it. Returns: whether it is in the list */
static gboolean
select_row (CofferLargestPage *self,
            CofferKey         *key)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->selection)); i++)
    {
      g_autoptr(CofferSizedKey) row = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (!coffer_key_equal (coffer_sized_key_get_key (row), key))
        continue;
      if (gtk_selection_model_is_selected (self->selection, i))
        return FALSE;
      gtk_selection_model_select_item (self->selection, i, TRUE);
      gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", i);
      return TRUE;
    }
  return FALSE;
}

static void
tile_cb (CofferLargestPage *self,
         guint              item)
{
  const CofferLargestPart *part = g_ptr_array_index (self->shown->parts, item);

  if (part->prefix != NULL)
    coffer_largest_page_go_to (self, part->prefix);
  else if (!select_row (self, part->key))
    show_key (self, part->key);
}

static void
row_cb (CofferLargestPage *self,
        guint              position)
{
  g_autoptr(CofferSizedKey) row = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  show_key (self, coffer_sized_key_get_key (row));
}

/* The keys that are selected. @bytes (out) (optional). (transfer full) */
static GPtrArray *
get_selected (CofferLargestPage *self,
              guint64           *bytes)
{
  g_autoptr(GtkBitset) set = gtk_selection_model_get_selection (self->selection);
  GPtrArray *keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  guint64 sum = 0;

  for (guint i = 0; i < gtk_bitset_get_size (set); i++)
    {
      g_autoptr(CofferSizedKey) row = g_list_model_get_item (G_LIST_MODEL (self->selection), gtk_bitset_get_nth (set, i));

      g_ptr_array_add (keys, coffer_key_ref (coffer_sized_key_get_key (row)));
      sum += coffer_sized_key_get_size (row);
    }
  if (bytes != NULL)
    *bytes = sum;
  return keys;
}

static void
update_selected (CofferLargestPage *self)
{
  guint64 bytes;
  g_autoptr(GPtrArray) keys = get_selected (self, &bytes);

  gtk_widget_set_sensitive (self->export_button, keys->len > 0);
  gtk_widget_set_sensitive (self->delete_button, keys->len > 0);
  if (keys->len > 0)
    {
      g_autofree char *size = g_format_size (bytes);
      g_autofree char *number = coffer_largest_page_format_keys (keys->len);
      /* Translators: "3 keys", "4.5 MB" */
      g_autofree char *text = g_strdup_printf (_("%s selected · %s"), number, size);

      gtk_label_set_text (self->heading, text);
    }
  else
    gtk_label_set_text (self->heading, _("Largest Keys"));
}

static void
selection_cb (CofferLargestPage *self)
{
  g_autoptr(GPtrArray) keys = get_selected (self, NULL);

  update_selected (self);
  if (keys->len == 1)
    show_key (self, g_ptr_array_index (keys, 0));
}

static void
export_cb (CofferLargestPage *self)
{
  guint64 bytes;
  g_autoptr(GPtrArray) keys = get_selected (self, &bytes);

  if (keys->len > 0)
    g_signal_emit (self, signals[EXPORT_KEYS], 0, keys, bytes);
}

static void
delete_cb (CofferLargestPage *self)
{
  g_autoptr(GtkBitset) set = gtk_selection_model_get_selection (self->selection);
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
  guint64 bytes;
  g_autoptr(GPtrArray) keys = get_selected (self, &bytes);

  for (guint i = 0; i < MIN (keys->len, COFFER_DELETE_DIALOG_MOST_PICTURES); i++)
    {
      g_autoptr(CofferSizedKey) row = g_list_model_get_item (G_LIST_MODEL (self->selection), gtk_bitset_get_nth (set, i));

      g_ptr_array_add (entries, coffer_entry_new_for_key (coffer_sized_key_get_key (row), coffer_sized_key_get_size (row)));
    }
  if (keys->len > 0)
    g_signal_emit (self, signals[DELETE_KEYS], 0, keys, bytes, entries);
}

static gboolean
delete_key_cb (GtkWidget *widget,
               GVariant  *arguments,
               gpointer   data)
{
  delete_cb (COFFER_LARGEST_PAGE (widget));
  return GDK_EVENT_STOP;
}

static gboolean
export_key_cb (GtkWidget *widget,
               GVariant  *arguments,
               gpointer   data)
{
  export_cb (COFFER_LARGEST_PAGE (widget));
  return GDK_EVENT_STOP;
}

static gboolean
up_key_cb (GtkWidget *widget,
           GVariant  *arguments,
           gpointer   data)
{
  up_cb (COFFER_LARGEST_PAGE (widget));
  return GDK_EVENT_STOP;
}

/* ---- GObject ---- */

static void
coffer_largest_page_map (GtkWidget *widget)
{
  CofferLargestPage *self = COFFER_LARGEST_PAGE (widget);

  GTK_WIDGET_CLASS (coffer_largest_page_parent_class)->map (widget);
  if (!self->given_up && self->loading == NULL)
    coffer_largest_page_load_if_needed (self);
}

static void
coffer_largest_page_dispose (GObject *object)
{
  CofferLargestPage *self = COFFER_LARGEST_PAGE (object);

  coffer_largest_page_set_vault (self, NULL);
  g_clear_object (&self->rows);
  g_clear_object (&self->selection);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_LARGEST_PAGE);

  G_OBJECT_CLASS (coffer_largest_page_parent_class)->dispose (object);
}

static void
coffer_largest_page_finalize (GObject *object)
{
  CofferLargestPage *self = COFFER_LARGEST_PAGE (object);

  g_hash_table_unref (self->kept);
  g_bytes_unref (self->prefix);

  G_OBJECT_CLASS (coffer_largest_page_parent_class)->finalize (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-largest-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, pages);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, wait_label);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, wait_bar);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, problem);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, up_button);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, breadcrumbs);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, spinner);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, facts);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, treemap);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, heading);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, export_button);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, delete_button);
  gtk_widget_class_bind_template_child (widget_class, CofferLargestPage, list);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, crumb_cb);
  gtk_widget_class_bind_template_callback (widget_class, delete_cb);
  gtk_widget_class_bind_template_callback (widget_class, export_cb);
  gtk_widget_class_bind_template_callback (widget_class, retry_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_cb);
  gtk_widget_class_bind_template_callback (widget_class, tile_cb);
  gtk_widget_class_bind_template_callback (widget_class, up_cb);
}

static void
coffer_largest_page_class_init (CofferLargestPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_largest_page_dispose;
  object_class->finalize = coffer_largest_page_finalize;
  widget_class->map = coffer_largest_page_map;

  g_type_ensure (COFFER_TYPE_BREADCRUMBS);
  g_type_ensure (COFFER_TYPE_TREEMAP);
  bind_template (widget_class);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Delete, 0, delete_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_e, GDK_CONTROL_MASK, export_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_BackSpace, 0, up_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Up, GDK_ALT_MASK, up_key_cb, NULL);

  signals[SHOW_KEY] = g_signal_new ("show-key", COFFER_TYPE_LARGEST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                    COFFER_TYPE_KEY);
  signals[DELETE_KEYS] = g_signal_new ("delete-keys", COFFER_TYPE_LARGEST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 3, G_TYPE_PTR_ARRAY, G_TYPE_UINT64, G_TYPE_PTR_ARRAY);
  signals[EXPORT_KEYS] = g_signal_new ("export-keys", COFFER_TYPE_LARGEST_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 2, G_TYPE_PTR_ARRAY, G_TYPE_UINT64);
}

static void
coffer_largest_page_init (CofferLargestPage *self)
{
  g_autoptr(GtkListItemFactory) factory = coffer_largest_row_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_separators_init (&self->separators, COFFER_SEPARATORS_DEFAULT);
  self->prefix = g_bytes_new_static ("", 0);
  self->kept = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref,
                                      (GDestroyNotify) coffer_largest_unref);
  self->rows = g_list_store_new (COFFER_TYPE_SIZED_KEY);
  self->selection = GTK_SELECTION_MODEL (gtk_multi_selection_new (g_object_ref (G_LIST_MODEL (self->rows))));
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, self->selection);
  g_signal_connect_object (self->selection, "selection-changed", G_CALLBACK (selection_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (update_selected), self, G_CONNECT_SWAPPED);
  update_selected (self);
}

GtkWidget *
coffer_largest_page_new (void)
{
  return g_object_new (COFFER_TYPE_LARGEST_PAGE, NULL);
}

void
coffer_largest_page_set_vault (CofferLargestPage *self,
                               CofferVault       *vault)
{
  g_return_if_fail (COFFER_IS_LARGEST_PAGE (self));

  if (self->vault == vault)
    return;
  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_data (self->vault, self);
  coffer_largest_page_forget (self);
  g_set_object (&self->vault, vault);
  if (vault == NULL)
    return;
  g_signal_connect_object (vault, "notify::table", G_CALLBACK (coffer_largest_page_table_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (vault, "touched", G_CALLBACK (coffer_largest_page_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (vault, "changed", G_CALLBACK (coffer_largest_page_changed_cb), self, G_CONNECT_SWAPPED);
  coffer_largest_page_load_if_needed (self);
}

void
coffer_largest_page_set_separators (CofferLargestPage *self,
                                    const char        *characters)
{
  CofferSeparators separators;

  g_return_if_fail (COFFER_IS_LARGEST_PAGE (self));

  coffer_separators_init (&separators, characters);
  if (memcmp (&separators, &self->separators, sizeof separators) == 0)
    return;
  coffer_largest_page_forget (self);
  self->separators = separators;
  coffer_largest_page_load_if_needed (self);
}

void
coffer_largest_page_go_to (CofferLargestPage *self,
                           GBytes            *prefix)
{
  g_return_if_fail (COFFER_IS_LARGEST_PAGE (self));

  prefix = prefix != NULL ? g_bytes_ref (prefix) : g_bytes_new_static ("", 0);
  g_bytes_unref (self->prefix);
  self->prefix = prefix;
  self->given_up = FALSE;
  coffer_largest_page_load_if_needed (self);
}
