/* SPDX-License-Identifier: MIT */
/*
 * One answer tells of one place: sizes come from the census of the table, which the status bar and the sidebar ask for, too, and
 * are added up by one walk over the keys there.
 *
 *     load: census ──► walk ──► show;   a change of the file: the same again behind what is on show
 *
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-largest-page-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"
#include "coffer-vault-census.h"

#define MAX_PARTS 120           /* which a treemap has tiles for */
#define MAX_KEYS 100
#define MAX_KEPT 32             /* places one has been to */
#define FOLLOW_MS 1000          /* after the file has changed, if looking is quick */

typedef struct {
  CofferLargestPage *page;
  GCancellable *cancellable;
  GBytes *prefix;
} Load;

static void
load_free (Load *load)
{
  g_object_unref (load->page);
  g_object_unref (load->cancellable);
  g_bytes_unref (load->prefix);
  g_free (load);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Load, load_free)

/* Nothing turns while what is on show is looked at again: there may be no end to that. */
void
coffer_largest_page_update_busy (CofferLargestPage *self)
{
  gboolean awaited = self->loading != NULL && self->shown_prefix != NULL && !g_bytes_equal (self->prefix, self->shown_prefix);

  gtk_spinner_set_spinning (self->spinner, awaited);
  gtk_widget_set_visible (self->cancel_button, awaited);
}

void
coffer_largest_page_stop (CofferLargestPage *self)
{
  if (self->loading == NULL)
    return;
  g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  coffer_largest_page_update_busy (self);
}

/* Not while something is on show. */
static void
show_wait (CofferLargestPage *self)
{
  if (self->shown != NULL && gtk_stack_get_visible_child_name (self->pages) != NULL &&
      g_str_equal (gtk_stack_get_visible_child_name (self->pages), "content"))
    return;
  gtk_label_set_text (self->wait_label, _("Gathering sizes…"));
  gtk_progress_bar_set_fraction (self->wait_bar, 0);
  gtk_stack_set_visible_child_name (self->pages, "wait");
}

void
coffer_largest_page_show_problem (CofferLargestPage *self,
                                  const char        *title,
                                  const char        *why)
{
  adw_status_page_set_title (self->problem, title);
  adw_status_page_set_description (self->problem, why);
  gtk_stack_set_visible_child_name (self->pages, "problem");
}

/* @text (transfer full), @total 0: not known */
static void
tell (CofferLargestPage *self,
      char              *text,
      guint64            n,
      guint64            total)
{
  gtk_label_set_text (self->wait_label, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->spinner), text);
  if (total > 0)
    gtk_progress_bar_set_fraction (self->wait_bar, MIN (1, (double) n / total));
  else
    gtk_progress_bar_pulse (self->wait_bar);
  g_free (text);
}

static void
census_progress_cb (guint64  n_rows,
                    guint64  n_bytes,
                    guint64  n_total,
                    gpointer data)
{
  g_autofree char *keys = coffer_largest_page_format_keys (n_rows);

  /* Translators: "12 keys" */
  tell (data, g_strdup_printf (_("Gathering sizes: %s"), keys), n_rows, n_total);
}

static void
walk_progress_cb (guint64  n_keys,
                  gpointer data)
{
  CofferLargestPage *self = data;
  gboolean all = g_bytes_get_size (self->prefix) == 0;
  guint64 total = all ? coffer_vault_get_count (self->vault, coffer_vault_get_table (self->vault)) : 0;
  g_autofree char *keys = coffer_largest_page_format_keys (n_keys);

  /* Translators: "12 keys" */
  tell (self, g_strdup_printf (_("Adding up sizes: %s"), keys), n_keys, total != G_MAXUINT64 ? total : 0);
}

static gboolean
follow_cb (gpointer data)
{
  CofferLargestPage *self = data;

  self->follow_id = 0;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) && self->loading == NULL && !self->given_up)
    coffer_largest_page_load (self);
  return G_SOURCE_REMOVE;
}

/* Looking takes a tenth of the time at most, whoever writes. */
static void
follow (CofferLargestPage *self)
{
  guint pause_ms = (guint) MAX (FOLLOW_MS, self->loading_us / 100);

  if (self->follow_id == 0 && self->loading == NULL && gtk_widget_get_mapped (GTK_WIDGET (self)))
    self->follow_id = g_timeout_add (pause_ms, follow_cb, self);
}

/* It is over. */
static void
end_loading (CofferLargestPage *self)
{
  self->loading_us = g_get_monotonic_time () - self->loading_since;
  g_clear_object (&self->loading);
  coffer_largest_page_update_busy (self);
  if (self->stale)
    follow (self);
}

static void
fail (Load         *load,
      const GError *error)
{
  g_autofree char *why = coffer_error_dup_line (error);

  end_loading (load->page);
  g_clear_pointer (&load->page->shown, coffer_largest_unref);
  coffer_largest_page_show_problem (load->page, _("Sizes Could Not Be Gathered"), why);
}

void
coffer_largest_page_go_up (CofferLargestPage *self)
{
  gsize size = coffer_separators_parent (&self->separators, self->prefix);
  g_autoptr(GBytes) parent = g_bytes_new_from_bytes (self->prefix, 0, size);

  coffer_largest_page_go_to (self, parent);
}

static void
walked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(Load) load = data;
  CofferLargestPage *self = load->page;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferLargest) answer = coffer_largest_finish (COFFER_VAULT (source), result, &error);

  if (self->loading != load->cancellable)
    return;
  if (answer == NULL)
    {
      fail (load, error);
      return;
    }
  if (answer->n_keys == 0 && g_bytes_get_size (load->prefix) > 0)
    {
      g_clear_object (&self->loading);
      coffer_largest_page_go_up (self);
      return;
    }
  if (g_hash_table_size (self->kept) >= MAX_KEPT)
    g_hash_table_remove_all (self->kept);
  g_hash_table_replace (self->kept, g_bytes_ref (load->prefix), coffer_largest_ref (answer));
  coffer_largest_page_show_answer (self, answer);
  end_loading (self);
}

static void
census_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(Load) load = data;
  CofferLargestPage *self = load->page;
  CofferVault *vault = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferCensus) census = coffer_vault_census_finish (vault, result, &error);

  if (self->loading != load->cancellable)
    return;
  if (census == NULL)
    {
      fail (load, error);
      return;
    }
  coffer_largest_async (vault, coffer_vault_get_table (vault), load->prefix, &self->separators, census, MAX_PARTS, MAX_KEYS,
                        walk_progress_cb, self, load->cancellable, walked_cb, load);
  g_steal_pointer (&load);
}

void
coffer_largest_page_load (CofferLargestPage *self)
{
  const char *table = self->vault != NULL ? coffer_vault_get_table (self->vault) : NULL;
  Load *load;

  coffer_largest_page_stop (self);
  g_clear_handle_id (&self->follow_id, g_source_remove);
  if (table == NULL)
    {
      gtk_stack_set_visible_child_name (self->pages, "empty");
      return;
    }
  self->loading = g_cancellable_new ();
  self->loading_since = g_get_monotonic_time ();
  if (self->stale)
    g_hash_table_remove_all (self->kept);
  self->stale = self->given_up = FALSE;
  load = g_new0 (Load, 1);
  *load = (Load) { g_object_ref (self), g_object_ref (self->loading), g_bytes_ref (self->prefix) };
  show_wait (self);
  coffer_largest_page_update_busy (self);
  coffer_vault_census_async (self->vault, table, FALSE, census_progress_cb, self, self->loading, census_cb, load);
}

void
coffer_largest_page_load_if_needed (CofferLargestPage *self)
{
  CofferLargest *known = !self->stale ? g_hash_table_lookup (self->kept, self->prefix) : NULL;

  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  if (known == NULL)
    {
      coffer_largest_page_load (self);
      return;
    }
  coffer_largest_page_stop (self);
  if (known != self->shown || !g_bytes_equal (self->prefix, self->shown_prefix))
    coffer_largest_page_show_answer (self, known);
  coffer_largest_page_update_busy (self);
}

void
coffer_largest_page_changed_cb (CofferLargestPage *self)
{
  self->stale = TRUE;
  follow (self);
}

void
coffer_largest_page_forget (CofferLargestPage *self)
{
  coffer_largest_page_stop (self);
  g_clear_handle_id (&self->follow_id, g_source_remove);
  g_clear_handle_id (&self->fill_id, g_source_remove);
  g_hash_table_remove_all (self->kept);
  g_clear_pointer (&self->shown, coffer_largest_unref);
  g_clear_pointer (&self->shown_prefix, g_bytes_unref);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  self->prefix = g_bytes_new_static ("", 0);
  self->stale = self->given_up = FALSE;
  if (self->rows != NULL)
    g_list_store_remove_all (self->rows);
}

void
coffer_largest_page_table_cb (CofferLargestPage *self)
{
  coffer_largest_page_forget (self);
  coffer_largest_page_load_if_needed (self);
}
