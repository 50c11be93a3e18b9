/* SPDX-License-Identifier: MIT */
/* Texts and trees on the screen, with a real vault behind them. */
#include <adwaita.h>
#include <coffer-additions.h>
#include <coffer-cache.h>
#include <coffer-preview.h>
#include <coffer-facts-list.h>
#include <coffer-bytes-stage.h>
#include <coffer-text-stage.h>
#include <coffer-tree-stage.h>
#include <coffer-tree-view.h>
#include <coffer-value-view.h>
#include <glib/gstdio.h>
#include <gtksourceview/gtksource.h>
#include <sqlite3.h>
#include <string.h>

#include "fixture.h"
#include "screen.h"

typedef struct {
  char *path;
  CofferVault *vault;
  CofferPreview *preview;
  GtkWindow *window;
} Fixture;

#define TEXT_SIZE 2500000

static void
exec (const char *path,
      const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* What no fixture has: long, deep, wide. */
static void
add_values (const char *path)
{
  exec (path,
        "INSERT OR REPLACE INTO kv SELECT CAST (column1 AS BLOB), CAST (column2 AS BLOB) FROM (VALUES "
        "('big.txt', replace (hex (zeroblob (1250000)), '0000000000', 'words are' || char (10))),"
        "('line.txt', replace (hex (zeroblob (500000)), '00', 'x ')),"
        "('page.html', '<html><body>words</body></html>'),"
        "('zeros', zeroblob (100000)), ('', 'of an empty key'), ('a/', 'of a place'),"
        "('deep.json', replace (hex (zeroblob (50000)), '0', '[')),"
        "('claims', x'894b010400000000564bddffffffff0102'),"
        "('million', CAST (x'894b010400000000564bdd000f4240' || zeroblob (1000000) AS BLOB)))");
}

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
set_up (Fixture       *self,
        gconstpointer  name)
{
  g_autoptr(GFile) file = NULL;

  self->path = g_strdup (fixture_copy (name));
  if (g_str_equal (name, "v086_media_autopack.db"))
    add_values (self->path);
  file = g_file_new_for_path (self->path);
  coffer_vault_open_async (file, NULL, opened_cb, &self->vault);
  screen_assert_soon (self->vault != NULL);
  self->preview = COFFER_PREVIEW (coffer_preview_new ());
  coffer_preview_set_vault (self->preview, self->vault);
  self->window = screen_show (GTK_WIDGET (self->preview), 372, 720);
}

static void
tear_down (Fixture       *self,
           gconstpointer  name)
{
  gtk_window_destroy (self->window);
  coffer_vault_close (self->vault);
  screen_assert_soon (G_OBJECT (self->vault)->ref_count == 1);   /* its lanes end behind the main loop */
  g_assert_finalize_object (self->vault);
  g_free (self->path);
}

static void
choose (Fixture    *self,
        const char *text)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr(CofferKey) key = coffer_key_new (bytes, 4, 0);

  coffer_preview_show_key (self->preview, key);
}

static CofferValueView *
get_view (Fixture *self)
{
  return COFFER_VALUE_VIEW (gtk_widget_get_template_child (GTK_WIDGET (self->preview), COFFER_TYPE_PREVIEW, "view"));
}

/* The stage that fills the pane. (nullable) */
static GtkWidget *
get_stage (Fixture *self)
{
  GtkWidget *fills = GTK_WIDGET (gtk_widget_get_template_child (GTK_WIDGET (get_view (self)), COFFER_TYPE_VALUE_VIEW, "fills"));

  return gtk_widget_get_mapped (fills) ? gtk_stack_get_visible_child (GTK_STACK (fills)) : NULL;
}

static gpointer
text_part (Fixture    *self,
           const char *name)
{
  return gtk_widget_get_template_child (get_stage (self), COFFER_TYPE_TEXT_STAGE, name);
}

static char *
dup_text (Fixture *self)
{
  GtkTextBuffer *buffer;
  GtkTextIter from, to;

  if (!COFFER_IS_TEXT_STAGE (get_stage (self)))
    return g_strdup ("");

  buffer = gtk_text_view_get_buffer (text_part (self, "view"));
  gtk_text_buffer_get_bounds (buffer, &from, &to);

  return gtk_text_buffer_get_slice (buffer, &from, &to, TRUE);
}

static gboolean
text_begins (Fixture    *self,
             const char *words)
{
  g_autofree char *text = dup_text (self);

  return g_str_has_prefix (text, words);
}

static int
count_characters (Fixture *self)
{
  return gtk_text_buffer_get_char_count (gtk_text_view_get_buffer (text_part (self, "view")));
}

static char *
dup_fact (Fixture    *self,
          const char *name)
{
  g_auto(GStrv) facts = get_stage (self) != NULL ? coffer_stage_dup_facts (COFFER_STAGE (get_stage (self))) : NULL;

  for (char **fact = facts; fact != NULL && *fact != NULL; fact += 2)
    if (g_str_equal (*fact, name))
      return g_strdup (fact[1]);

  return NULL;
}

static gboolean
has_fact (Fixture    *self,
          const char *name,
          const char *value)
{
  g_autofree char *fact = dup_fact (self, name);

  return g_strcmp0 (fact, value) == 0;
}

static void
test_decodes_texts (Fixture       *self,
                    gconstpointer  name)
{
  choose (self, "doc/note_utf16le.txt");
  screen_assert_soon (text_begins (self, "UTF-16 text, žluťoučký"));
  screen_assert_soon (has_fact (self, "Encoding", "UTF-16 LE"));
  choose (self, "doc/note_sjis.txt");
  screen_assert_soon (text_begins (self, "日本語のテキスト"));
  choose (self, "doc/note_latin1.txt");
  screen_assert_soon (text_begins (self, "café naïve über\ncafé"));
  choose (self, "doc/note_crlf_bom.txt");
  screen_assert_soon (text_begins (self, "BOM and CRLF\nline two\n"));
  screen_assert_soon (has_fact (self, "Lines", "2"));
  g_assert_false (gtk_text_view_get_editable (text_part (self, "view")));
}

static void
test_changes_the_encoding (Fixture       *self,
                           gconstpointer  name)
{
  choose (self, "doc/note_latin1.txt");
  screen_assert_soon (text_begins (self, "café"));
  gtk_widget_activate_action (text_part (self, "view"), "text.encoding", "s", "UTF-8");
  screen_assert_soon (text_begins (self, "caf\\xe9 na\\xefve"));
  g_assert_true (has_fact (self, "Encoding", "UTF-8"));
  choose (self, "doc/note.txt");
  screen_assert_soon (text_begins (self, "Plain text.\n"));
  choose (self, "doc/note_latin1.txt");
  screen_assert_soon (text_begins (self, "café"));
}

static void
test_shows_more_on_demand (Fixture       *self,
                           gconstpointer  name)
{
  choose (self, "big.txt");
  screen_assert_soon (has_fact (self, "Lines", NULL) && text_begins (self, "words are\nwords are\n"));
  screen_assert_soon (gtk_widget_is_sensitive (text_part (self, "more")) && gtk_widget_get_mapped (text_part (self, "more")));
  for (int i = 0; i < 2; i++)
    {
      screen_assert_soon (gtk_widget_is_sensitive (text_part (self, "more")));
      gtk_widget_activate_action (text_part (self, "view"), "text.more", NULL);
    }
  screen_assert_soon (has_fact (self, "Lines", "250000"));
  g_assert_false (gtk_widget_get_visible (text_part (self, "more")));
  screen_assert_soon (count_characters (self) == TEXT_SIZE);
}

/* What was asked for before is of no use, and no failure. */
static void
test_begins_anew_while_more_comes (Fixture       *self,
                                   gconstpointer  name)
{
  choose (self, "big.txt");
  screen_assert_soon (get_stage (self) != NULL && COFFER_IS_TEXT_STAGE (get_stage (self)) &&
                      gtk_widget_is_sensitive (text_part (self, "more")) && gtk_widget_get_mapped (text_part (self, "more")));
  gtk_widget_activate_action (text_part (self, "view"), "text.more", NULL);
  gtk_widget_activate_action (text_part (self, "view"), "text.encoding", "s", "UTF-8");
  screen_assert_soon (text_begins (self, "words are\nwords are\n") && gtk_widget_is_sensitive (text_part (self, "more")));
}

static void
test_breaks_long_lines (Fixture       *self,
                        gconstpointer  name)
{
  GtkTextBuffer *buffer;

  choose (self, "line.txt");
  screen_assert_soon (text_begins (self, "x x x "));
  screen_assert_soon (has_fact (self, "Lines", "1"));
  buffer = gtk_text_view_get_buffer (text_part (self, "view"));
  screen_assert_soon (gtk_text_buffer_get_line_count (buffer) == 250);
}

static void
test_takes_keys_without_a_name (Fixture       *self,
                                gconstpointer  name)
{
  choose (self, "a/");
  screen_assert_soon (text_begins (self, "of a place"));
  choose (self, "");
  screen_assert_soon (text_begins (self, "of an empty key"));
}

static void
test_finds_in_a_text (Fixture       *self,
                      gconstpointer  name)
{
  GtkTextBuffer *buffer;
  GtkTextIter from, to;
  GtkWidget *find, *entry;

  choose (self, "doc/note.txt");
  screen_assert_soon (text_begins (self, "Plain text."));
  gtk_widget_activate_action (text_part (self, "view"), "text.find", NULL);
  find = text_part (self, "find");
  entry = GTK_WIDGET (gtk_widget_get_template_child (find, G_OBJECT_TYPE (find), "entry"));
  buffer = gtk_text_view_get_buffer (text_part (self, "view"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "žlu");
  screen_assert_soon (gtk_text_buffer_get_selection_bounds (buffer, &from, &to));
  g_assert_cmpint (gtk_text_iter_get_line (&from), ==, 1);
}

static CofferTreeView *
get_tree_view (Fixture *self)
{
  return COFFER_TREE_VIEW (gtk_widget_get_template_child (get_stage (self), COFFER_TYPE_TREE_STAGE, "view"));
}

static GtkSelectionModel *
get_rows (Fixture *self)
{
  GtkColumnView *view;

  if (!COFFER_IS_TREE_STAGE (get_stage (self)))
    return NULL;
  view = GTK_COLUMN_VIEW (gtk_widget_get_template_child (GTK_WIDGET (get_tree_view (self)), COFFER_TYPE_TREE_VIEW, "view"));

  return gtk_column_view_get_model (view);
}

static guint
count_rows (Fixture *self)
{
  GtkSelectionModel *rows = get_rows (self);

  return rows != NULL ? g_list_model_get_n_items (G_LIST_MODEL (rows)) : 0;
}

static const char *
get_note (Fixture *self)
{
  GtkWidget *note = GTK_WIDGET (gtk_widget_get_template_child (get_stage (self), COFFER_TYPE_TREE_STAGE, "note_words"));

  return gtk_widget_get_mapped (note) ? gtk_label_get_label (GTK_LABEL (note)) : "";
}

static void
pasted_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);

  *(char **) data = text != NULL ? text : g_strdup ("");   /* nothing was copied yet */
}

static gboolean
pastes (Fixture    *self,
        const char *expected)
{
  char *text = NULL;
  gboolean same;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self->window)), NULL, pasted_cb, &text);
  screen_assert_soon (text != NULL);
  same = g_str_equal (text, expected);
  g_free (text);

  return same;
}

static void
test_folds_a_tree (Fixture       *self,
                   gconstpointer  name)
{
  choose (self, "msgpack/dict");
  screen_assert_soon (count_rows (self) > 2);
  g_assert_true (has_fact (self, "Path", NULL));
  /* name, nested, nested.a, … : a small tree is open */
  gtk_selection_model_select_item (get_rows (self), 2, TRUE);
  screen_assert_soon (has_fact (self, "Path", "nested.a"));
  gtk_widget_activate_action (GTK_WIDGET (get_tree_view (self)), "tree.copy-path", NULL);
  screen_assert_soon (pastes (self, "nested.a"));
  gtk_selection_model_select_item (get_rows (self), 0, TRUE);
  gtk_widget_activate_action (GTK_WIDGET (get_tree_view (self)), "tree.copy-value", NULL);
  screen_assert_soon (pastes (self, "x"));
  choose (self, "json/list");
  screen_assert_soon (has_fact (self, "Entries", "3"));
}

static void
show_as (Fixture    *self,
         const char *name)
{
  g_action_group_change_action_state (coffer_preview_get_actions (self->preview), "show-as", g_variant_new_string (name));
}

static gboolean
has_range (GtkWidget *stage,
           guint64    offset,
           guint64    size)
{
  guint64 got_offset, got_size;

  return stage != NULL && coffer_stage_get_range (COFFER_STAGE (stage), &got_offset, &got_size) && got_offset == offset && got_size == size;
}

/* {"name": "x", "nested": {"a": …}} behind a header of ten bytes. */
static void
test_chooses_in_another_stage (Fixture       *self,
                               gconstpointer  name)
{
  guint64 offset, size;

  choose (self, "msgpack/dict");
  screen_assert_soon (count_rows (self) > 2);
  gtk_selection_model_select_item (get_rows (self), 2, TRUE);
  g_assert_true (coffer_stage_get_range (COFFER_STAGE (get_stage (self)), &offset, &size));
  show_as (self, "bytes");
  screen_assert_soon (COFFER_IS_BYTES_STAGE (get_stage (self)) && has_range (get_stage (self), offset, size));
  coffer_stage_set_range (COFFER_STAGE (get_stage (self)), 16, 1);   /* in the value of name */
  show_as (self, "tree");
  screen_assert_soon (has_fact (self, "Path", "name"));

  choose (self, "million");
  screen_assert_soon (count_rows (self) >= 64 && count_rows (self) < 80);   /* for who passes by */
  show_as (self, "bytes");
  screen_assert_soon (COFFER_IS_BYTES_STAGE (get_stage (self)));
  coffer_stage_set_range (COFFER_STAGE (get_stage (self)), 10 + 5 + 999999, 1);
  show_as (self, "tree");
  screen_assert_soon (has_fact (self, "Path", "[999999]"));
  g_assert_cmpuint (count_rows (self), >, 1000);
}

static void
test_shows_bytes_beside_a_tree (Fixture       *self,
                                gconstpointer  name)
{
  GtkWidget *beside, *bytes;
  guint64 offset, size;

  choose (self, "msgpack/dict");
  screen_assert_soon (count_rows (self) > 2);
  beside = GTK_WIDGET (gtk_widget_get_template_child (get_stage (self), COFFER_TYPE_TREE_STAGE, "beside"));
  g_assert_false (gtk_widget_get_visible (beside));
  gtk_window_set_default_size (self->window, 1180, 720);
  coffer_preview_set_large (self->preview, TRUE);
  screen_assert_soon (gtk_widget_get_mapped (beside) && gtk_widget_get_child_visible (beside));
  bytes = gtk_widget_get_first_child (beside);
  gtk_selection_model_select_item (get_rows (self), 2, TRUE);
  g_assert_true (coffer_stage_get_range (COFFER_STAGE (get_stage (self)), &offset, &size));
  screen_assert_soon (has_range (bytes, offset, size));
  coffer_stage_set_range (COFFER_STAGE (bytes), 16, 1);
  screen_assert_soon (has_fact (self, "Path", "name"));
  g_assert_true (has_range (bytes, 16, 1));
  coffer_stage_set_range (COFFER_STAGE (bytes), 0, 1);   /* the header's */
  screen_assert_soon (has_fact (self, "Path", NULL));
  coffer_preview_set_large (self->preview, FALSE);
  screen_assert_soon (!gtk_widget_get_visible (beside));
}

static void
test_copies_with_and_without_header (Fixture       *self,
                                     gconstpointer  name)
{
  GtkWidget *badge = GTK_WIDGET (gtk_widget_get_template_child (GTK_WIDGET (get_view (self)), COFFER_TYPE_VALUE_VIEW, "header"));

  choose (self, "line.txt");
  screen_assert_soon (COFFER_IS_TEXT_STAGE (get_stage (self)));
  g_assert_false (gtk_widget_get_visible (badge));
  choose (self, "json/list");
  screen_assert_soon (gtk_widget_get_visible (badge));
  gtk_widget_activate_action (badge, "header.copy", "b", FALSE);
  screen_assert_soon (pastes (self, "[1, 2, 3]"));
  gtk_widget_activate_action (badge, "header.copy", "b", TRUE);
  screen_assert_soon (pastes (self, "894b010300000000564b5b312c20322c20335d"));
}

static void
test_knows_the_language (Fixture       *self,
                         gconstpointer  name)
{
  choose (self, "page.html");
  screen_assert_soon (has_fact (self, "Language", "HTML"));
  choose (self, "big.txt");
  screen_assert_soon (text_begins (self, "words are") && has_fact (self, "Language", NULL));
}

static void
test_stops_where_it_must (Fixture       *self,
                          gconstpointer  name)
{
  choose (self, "claims");
  screen_assert_soon (count_rows (self) == 2);
  screen_assert_soon (g_str_has_prefix (get_note (self), "Stops at byte 17: "));
  choose (self, "deep.json");
  screen_assert_soon (has_fact (self, "Entries", "99999"));
  g_assert_cmpuint (count_rows (self), ==, 1);
  choose (self, "million");
  screen_assert_soon (has_fact (self, "Entries", "1000000"));
  g_assert_cmpuint (count_rows (self), <=, 1000);
}

static void
test_never_runs_a_pickle (Fixture       *self,
                          gconstpointer  name)
{
  choose (self, "pickle/wrapped");
  screen_assert_soon (count_rows (self) == 12);
  screen_assert_soon (g_str_has_prefix (get_note (self), "Shown, never run"));
  g_assert_true (has_fact (self, "Protocol", "4"));
}

static void
test_looks_at_all_of_an_array (Fixture       *self,
                               gconstpointer  name)
{
  GtkWidget *picture;

  choose (self, "vec/u8 32x32x3 image");
  screen_assert_soon (has_fact (self, "Shape", "32 × 32 × 3"));
  screen_assert_soon (has_fact (self, "Least", "0") && has_fact (self, "Looked at", NULL));
  screen_assert_soon (count_rows (self) >= 16);
  picture = GTK_WIDGET (gtk_widget_get_template_child (get_stage (self), COFFER_TYPE_TREE_STAGE, "picture"));
  screen_assert_soon (gtk_widget_get_mapped (picture));
  choose (self, "f64/3.14159");
  screen_assert_soon (count_rows (self) == 2 && !gtk_widget_get_mapped (picture));
  choose (self, "vec/i64 3x3");
  screen_assert_soon (has_fact (self, "Mean", "4"));
}

#ifdef HAVE_PLAYER
static void
store_result (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static gboolean
says (Fixture    *self,
      const char *words)
{
  GtkWidget *label = GTK_WIDGET (gtk_widget_get_template_child (GTK_WIDGET (get_view (self)), COFFER_TYPE_VALUE_VIEW, "plate_advice"));

  return gtk_widget_get_mapped (label) && g_str_has_prefix (gtk_label_get_text (GTK_LABEL (label)), words);
}

/* The player finds the file alone: it neither plays the value that was there before, nor calls this one missing. */
static void
test_plays_nothing_that_waits (Fixture       *self,
                               gconstpointer  name)
{
  CofferCache *cache = coffer_vault_get_cache (self->vault);
  g_autofree char *path = g_strconcat (self->path, ".source", NULL);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GAsyncResult) edits = NULL, added = NULL, flushed = NULL;
  g_autoptr(GBytes) key = g_bytes_new_static ("waits", 5);
  g_autoptr(GError) error = NULL;

  coffer_vault_edit_async (self->vault, NULL, store_result, &edits);
  screen_assert_soon (edits != NULL);
  g_assert_true (coffer_vault_edit_finish (self->vault, edits, &error));
  coffer_cache_set_options (cache, &(CofferCacheOptions) { TRUE, 1000000, 500000, 86400 });
  g_assert_true (g_file_set_contents (path, "no sound", -1, &error));
  coffer_additions_append (additions, path, NULL, key, 8);
  coffer_vault_add_async (self->vault, additions, NULL, store_result, &added);
  screen_assert_soon (added != NULL);
  g_assert_true (coffer_vault_add_finish (self->vault, added, &error));
  g_assert_no_error (error);
  g_assert_false (coffer_cache_is_empty (cache));

  choose (self, "waits");
  screen_assert_soon (text_begins (self, "no sound"));
  show_as (self, "media");
  screen_assert_soon (says (self, "This value waits to be written"));
  coffer_vault_flush_async (self->vault, NULL, store_result, &flushed);
  screen_assert_soon (flushed != NULL);
  g_assert_true (coffer_vault_flush_finish (self->vault, flushed, &error));
  g_assert_no_error (error);
  screen_assert_soon (!says (self, "This value waits to be written"));
  g_clear_object (&flushed);   /* they hold the vault */
  g_clear_object (&edits);
  g_clear_object (&added);
  g_assert_cmpint (g_unlink (path), ==, 0);
}
#endif

static void
add (const char *path,
     const char *name,
     void      (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, name, set_up, test, tear_down);
}

int
main (int    argc,
      char **argv)
{
  const char *media = "v010_media.db", *packed = "v086_media_autopack.db";
  int result;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

  add ("/preview/text/decodes-texts", media, test_decodes_texts);
  add ("/preview/text/changes-the-encoding", media, test_changes_the_encoding);
  add ("/preview/text/shows-more-on-demand", packed, test_shows_more_on_demand);
  add ("/preview/text/begins-anew-while-more-comes", packed, test_begins_anew_while_more_comes);
  add ("/preview/text/breaks-long-lines", packed, test_breaks_long_lines);
  add ("/preview/text/takes-keys-without-a-name", packed, test_takes_keys_without_a_name);
  add ("/preview/text/finds-in-a-text", media, test_finds_in_a_text);
  add ("/preview/tree/folds-a-tree", packed, test_folds_a_tree);
  add ("/preview/text/knows-the-language", packed, test_knows_the_language);
  add ("/preview/tree/chooses-in-another-stage", packed, test_chooses_in_another_stage);
  add ("/preview/tree/shows-bytes-beside-a-tree", packed, test_shows_bytes_beside_a_tree);
  add ("/preview/copies-with-and-without-header", packed, test_copies_with_and_without_header);
  add ("/preview/tree/stops-where-it-must", packed, test_stops_where_it_must);
  add ("/preview/tree/never-runs-a-pickle", packed, test_never_runs_a_pickle);
  add ("/preview/tree/looks-at-all-of-an-array", packed, test_looks_at_all_of_an_array);
#ifdef HAVE_PLAYER
  add ("/preview/plays-nothing-that-waits", media, test_plays_nothing_that_waits);
#endif

  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
