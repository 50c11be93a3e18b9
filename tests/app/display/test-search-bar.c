/* SPDX-License-Identifier: MIT */
/* The search above the keys, with a real list under it: what it narrows the list to, and what it says. */
#include <adwaita.h>
#include <coffer-search-bar.h>

#include "fixture.h"
#include "screen.h"

#define N_KEYS 53   /* in v010_media.db */

typedef struct {
  CofferVault *vault;
  CofferEntryList *list;
  CofferSearchBar *bar;
  GtkWindow *window;
  guint n_left;
  guint n_scope_removed;
} Fixture;

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault **vault = data;
  g_autoptr(GError) error = NULL;

  *vault = coffer_vault_open_finish (result, &error);
  g_assert_no_error (error);
}

static void
count_cb (guint *n)
{
  (*n)++;
}

static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  g_autoptr(GFile) file = g_file_new_for_path (fixture_copy ("v010_media.db"));

  coffer_vault_open_async (file, NULL, opened_cb, &self->vault);
  screen_assert_soon (self->vault != NULL);
  self->list = coffer_entry_list_new (self->vault);
  self->bar = g_object_new (COFFER_TYPE_SEARCH_BAR, NULL);
  g_signal_connect_swapped (self->bar, "leave", G_CALLBACK (count_cb), &self->n_left);
  g_signal_connect_swapped (self->bar, "scope-removed", G_CALLBACK (count_cb), &self->n_scope_removed);
  coffer_search_bar_set_list (self->bar, self->list);
  self->window = screen_show (GTK_WIDGET (self->bar), 600, 300);
  screen_assert_soon (coffer_entry_list_get_n_keys (self->list) == N_KEYS);
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  gtk_window_destroy (self->window);
  g_assert_finalize_object (self->list);
  coffer_vault_close (self->vault);
  g_clear_object (&self->vault);
}

static GObject *
part (Fixture    *self,
      const char *name)
{
  return gtk_widget_get_template_child (GTK_WIDGET (self->bar), COFFER_TYPE_SEARCH_BAR, name);
}

static GObject *
filter_part (Fixture    *self,
             const char *name)
{
  GObject *popover = part (self, "popover");

  return gtk_widget_get_template_child (GTK_WIDGET (popover), G_OBJECT_TYPE (popover), name);
}

static void
type (Fixture    *self,
      const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (part (self, "entry")), text);
}

static const char *
text_of (Fixture    *self,
         const char *name)
{
  GtkWidget *label = GTK_WIDGET (part (self, name));

  return gtk_widget_get_visible (label) ? gtk_label_get_text (GTK_LABEL (label)) : "";
}

#define assert_says(self, name, text) screen_assert_soon (g_strcmp0 (text_of (self, name), text) == 0)

static guint
count_chips (Fixture *self)
{
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (part (self, "chips"))); GTK_IS_BUTTON (child);
       child = gtk_widget_get_next_sibling (child))
    n++;
  return n;
}

static void
press_chip (Fixture *self,
            guint    i)
{
  GtkWidget *chip = gtk_widget_get_first_child (GTK_WIDGET (part (self, "chips")));

  while (i-- > 0)
    chip = gtk_widget_get_next_sibling (chip);
  g_signal_emit_by_name (chip, "clicked");
}

static void
test_narrows_and_gives_back (Fixture       *self,
                             gconstpointer  unused)
{
  g_assert_false (coffer_search_bar_get_active (self->bar));
  coffer_search_bar_open (self->bar);
  g_assert_true (coffer_search_bar_get_active (self->bar));
  g_assert_false (coffer_search_bar_is_searching (self->bar));
  assert_says (self, "count", "");

  type (self, "FLAC");
  assert_says (self, "count", "1 of 53 keys");
  g_assert_true (coffer_search_bar_is_searching (self->bar));
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), ==, 1);
  type (self, "nothing like it");
  assert_says (self, "count", "0 of 53 keys");

  coffer_search_bar_set_active (self->bar, FALSE);
  g_assert_false (coffer_search_bar_is_searching (self->bar));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (part (self, "entry"))), ==, "");
  screen_assert_soon (coffer_entry_list_get_n_keys (self->list) == N_KEYS);
}

static void
test_modes (Fixture       *self,
            gconstpointer  unused)
{
  coffer_search_bar_open (self->bar);
  type (self, "*.flac");
  assert_says (self, "count", "0 of 53 keys");
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (self->bar), "search.mode", "s", "glob"));
  assert_says (self, "count", "1 of 53 keys");
  type (self, "tone\\.(flac|wav)$");
  gtk_widget_activate_action (GTK_WIDGET (self->bar), "search.mode", "s", "regex");
  assert_says (self, "count", "2 of 53 keys");
  g_assert_cmpstr (gtk_menu_button_get_label (GTK_MENU_BUTTON (part (self, "mode_button"))), ==, "Regular Expression");
  gtk_widget_activate_action (GTK_WIDGET (self->bar), "search.mode", "s", "bytes");
  assert_says (self, "problem", "“t” is not a hexadecimal digit");
  type (self, "66 6c 61 63");
  assert_says (self, "count", "1 of 53 keys");
  assert_says (self, "problem", "");
}

static void
test_explains_what_means_nothing (Fixture       *self,
                                  gconstpointer  unused)
{
  coffer_search_bar_open (self->bar);
  g_object_set (self->bar, "mode", "regex", NULL);
  type (self, "flac");
  assert_says (self, "count", "1 of 53 keys");
  type (self, "flac(");
  assert_says (self, "problem", "Missing ) at character 6");
  assert_says (self, "count", "");
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), ==, 1);
  type (self, "flac()");
  assert_says (self, "problem", "");
  assert_says (self, "count", "1 of 53 keys");
}

static void
test_filters_by_type_and_size (Fixture       *self,
                               gconstpointer  unused)
{
  coffer_search_bar_open (self->bar);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (filter_part (self, "audio")), TRUE);
  g_assert_cmpuint (count_chips (self), ==, 1);
  screen_assert_soon (coffer_search_bar_is_searching (self->bar) && !coffer_entry_list_get_loading (self->list));
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), >, 0);
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), <, N_KEYS);

  gtk_editable_set_text (GTK_EDITABLE (filter_part (self, "least")), "1000");
  g_assert_cmpuint (count_chips (self), ==, 2);
  assert_says (self, "count", "0 of 53 keys");
  press_chip (self, 0);
  g_assert_false (gtk_check_button_get_active (GTK_CHECK_BUTTON (filter_part (self, "audio"))));
  press_chip (self, 0);
  g_assert_cmpuint (count_chips (self), ==, 0);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (filter_part (self, "least"))), ==, "");
  g_assert_false (coffer_search_bar_is_searching (self->bar));
  screen_assert_soon (coffer_entry_list_get_n_keys (self->list) == N_KEYS);
}

static void
test_sizes_are_typed_in_units (Fixture       *self,
                               gconstpointer  unused)
{
  static const struct {
    const char *number;
    guint unit;
    const char *chip;   /* NULL: none */
  } cases[] = {
    { "1", 2, "Remove Filter: Larger than 1\u00a0MB" },
    { "1000", 1, "Remove Filter: Larger than 1\u00a0MB" },
    { "1,5", 2, "Remove Filter: Larger than 1.5\u00a0MB" },
    { " 20 ", 3, "Remove Filter: Larger than 20\u00a0GB" },
    { "7", 0, "Remove Filter: Larger than 7 bytes" },
    { "0", 2, NULL },
    { "x", 2, NULL },
    { "-1", 2, NULL },
    { "1e300", 2, NULL },
    { "nan", 2, NULL },
  };

  coffer_search_bar_open (self->bar);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gtk_editable_set_text (GTK_EDITABLE (filter_part (self, "least")), cases[i].number);
      gtk_drop_down_set_selected (GTK_DROP_DOWN (filter_part (self, "least_unit")), cases[i].unit);
      g_assert_cmpuint (count_chips (self), ==, cases[i].chip != NULL);
      if (cases[i].chip != NULL)
        g_assert_cmpstr (gtk_widget_get_tooltip_text (gtk_widget_get_first_child (GTK_WIDGET (part (self, "chips")))), ==,
                         cases[i].chip);
    }
  gtk_editable_set_text (GTK_EDITABLE (filter_part (self, "most")), "0");
  assert_says (self, "count", "1 of 53 keys");
}

static void
test_scope_is_a_chip (Fixture       *self,
                      gconstpointer  unused)
{
  coffer_search_bar_open (self->bar);
  coffer_search_bar_set_scope (self->bar, "audio/");
  g_assert_cmpuint (count_chips (self), ==, 1);
  press_chip (self, 0);
  g_assert_cmpuint (self->n_scope_removed, ==, 1);
  coffer_search_bar_set_scope (self->bar, NULL);
  g_assert_cmpuint (count_chips (self), ==, 0);
}

static void
test_says_what_was_too_hard (Fixture       *self,
                             gconstpointer  unused)
{
  coffer_search_bar_open (self->bar);
  g_object_set (self->bar, "mode", "regex", NULL);
  type (self, "^(([a-z0-9/._-])+)+$(?<=#)");
  screen_assert_soon (g_str_has_prefix (text_of (self, "problem"), "The expression was too hard for "));
  type (self, "flac");
  assert_says (self, "problem", "");
}

static void
test_leaves_at_once (Fixture       *self,
                     gconstpointer  unused)
{
  coffer_search_bar_open (self->bar);
  type (self, "flac");
  g_assert_false (coffer_search_bar_is_searching (self->bar));   /* more may be typed */
  g_signal_emit_by_name (part (self, "entry"), "activate");
  g_assert_true (coffer_search_bar_is_searching (self->bar));
  g_assert_cmpuint (self->n_left, ==, 1);
  screen_assert_soon (gtk_window_get_focus (self->window) != NULL);
  g_signal_emit_by_name (part (self, "entry"), "stop-search");
  g_assert_false (coffer_search_bar_get_active (self->bar));
  g_assert_cmpuint (self->n_left, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

#define add(name, function) g_test_add ("/search-bar/" name, Fixture, NULL, set_up, function, tear_down)
  add ("narrows-and-gives-back", test_narrows_and_gives_back);
  add ("modes", test_modes);
  add ("explains-what-means-nothing", test_explains_what_means_nothing);
  add ("filters-by-type-and-size", test_filters_by_type_and_size);
  add ("sizes-are-typed-in-units", test_sizes_are_typed_in_units);
  add ("scope-is-a-chip", test_scope_is_a_chip);
  add ("says-what-was-too-hard", test_says_what_was_too_hard);
  add ("leaves-at-once", test_leaves_at_once);
#undef add

  status = g_test_run ();
  fixture_remove_all ();
  return status;
}
