/* SPDX-License-Identifier: MIT */
/*
 * A text. Its bytes come in pieces (coffer-text-load.h); what is decoded waits in `waiting` and goes into the buffer in turns short
 * enough for the screen. `cancellable` is that of the piece on its way: an answer to any other steps aside. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-text-stage.h"

#include <adwaita.h>
#include <coffer-clip.h>
#include <glib/gi18n-lib.h>
#include <gtksourceview/gtksource.h>
#include <string.h>

#include "coffer-text-find.h"
#include "coffer-text-language.h"
#include "coffer-text-load.h"

/* A text of more would be slow to scroll, and takes memory for each of its lines. */
#define MAX_SHOWN (16 << 20)
/* What GtkTextBuffer takes in a few milliseconds. */
#define TURN_SIZE (16 << 10)
/* Behind drawing, and ahead of the view's measuring of what is in already, which would otherwise be done again and again. */
#define INSERT_PRIORITY (GDK_PRIORITY_REDRAW + 1)
#define NAME_BYTES 256

struct _CofferTextStage
{
  GtkWidget parent_instance;

  CofferVault *vault;
  CofferKey *key;
  GBytes *head;             /* the first piece: the content's */
  guint64 size, header;     /* of the data, and before them */
  char *content_type;
  CofferText text;
  guint64 n_used;           /* bytes of the data on show, or waiting */
  GCancellable *cancellable;
  GString *waiting;
  gsize n_inserted;         /* bytes of it */
  guint insert_id;
  GCancellable *finding;    /* while the language is looked for */
  GtkSourceLanguage *language;   /* unowned (nullable): never goes */

  GSimpleActionGroup *actions;
  GtkSourceBuffer *buffer;  /* unowned: the view's */
  GtkTextTag *plain;        /* unowned: the buffer's; on all of the text */
  GtkWidget *box;
  CofferTextFind *find;
  GtkSourceView *view;
  GtkScrolledWindow *scroller;
  GtkMenuButton *encoding;
  GtkLabel *status;
  GtkWidget *more;
};

static void coffer_text_stage_iface_init (CofferStageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferTextStage, coffer_text_stage, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (COFFER_TYPE_STAGE, coffer_text_stage_iface_init))

static void
stop (CofferTextStage *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->insert_id, g_source_remove);
  if (self->waiting != NULL)
    g_string_free (g_steal_pointer (&self->waiting), TRUE);
}

static gboolean
is_whole (CofferTextStage *self)
{
  return self->n_used >= self->size;
}

static char *
dup_status (CofferTextStage *self)
{
  g_autofree char *shown = g_format_size (self->n_used);
  g_autofree char *size = g_format_size (self->size);

  if (self->n_used == 0 || is_whole (self))
    return g_strdup ("");

  return g_strdup_printf (_("First %s of %s"), shown, size);
}

static void
update_bar (CofferTextStage *self)
{
  GAction *more = g_action_map_lookup_action (G_ACTION_MAP (self->actions), "more");
  g_autofree char *status = dup_status (self);
  gboolean can = self->n_used > 0 && !is_whole (self) && self->n_used < MAX_SHOWN;

  g_simple_action_set_enabled (G_SIMPLE_ACTION (more), can && self->cancellable == NULL && self->waiting == NULL);
  gtk_widget_set_visible (self->more, can);
  gtk_label_set_label (self->status, status);
  gtk_menu_button_set_label (self->encoding, self->text.charset != NULL ? coffer_text_get_title (self->text.charset) : "…");
}

/* Colours are sought line by line, and a line that had to be broken is far too long for that. */
static void
update_language (CofferTextStage *self)
{
  gtk_source_buffer_set_language (self->buffer, self->text.n_broken == 0 ? self->language : NULL);
}

/* How much of @text goes in in this turn: whole characters. */
static gsize
turn_length (const char *text,
             gsize       len)
{
  const char *end = text + TURN_SIZE;

  if (len <= TURN_SIZE)
    return len;
  while (((guchar) *end & 0xc0) == 0x80)
    end--;

  return end - text;
}

static gboolean
insert_cb (gpointer data)
{
  CofferTextStage *self = data;
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self->buffer);
  const char *text = self->waiting->str + self->n_inserted;
  gsize len = turn_length (text, self->waiting->len - self->n_inserted);
  gboolean is_first = gtk_text_buffer_get_char_count (buffer) == 0;
  GtkTextIter iter;

  gtk_text_buffer_get_end_iter (buffer, &iter);
  gtk_text_buffer_insert_with_tags (buffer, &iter, text, len, self->plain, NULL);
  if (is_first)
    {
      gtk_text_buffer_get_start_iter (buffer, &iter);
      gtk_text_buffer_place_cursor (buffer, &iter);
    }
  self->n_inserted += len;
  if (self->n_inserted < self->waiting->len)
    return G_SOURCE_CONTINUE;

  self->insert_id = 0;
  g_string_free (g_steal_pointer (&self->waiting), TRUE);
  update_language (self);
  update_bar (self);
  coffer_stage_facts_changed (COFFER_STAGE (self));

  return G_SOURCE_REMOVE;
}

static void
take_piece (CofferTextStage *self,
            CofferTextPiece *piece)
{
  g_clear_object (&self->cancellable);
  self->text = piece->text;
  self->n_used += piece->n_used;
  self->waiting = g_steal_pointer (&piece->decoded);
  self->n_inserted = 0;
  self->insert_id = g_idle_add_full (INSERT_PRIORITY, insert_cb, self, NULL);
  update_bar (self);
}

static void
decoded_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(CofferTextStage) self = data;
  g_autoptr(CofferTextPiece) piece = coffer_text_decode_finish (result, NULL);

  if (piece != NULL && self->cancellable == g_task_get_cancellable (G_TASK (result)))
    take_piece (self, piece);
}

static void
decode (CofferTextStage *self,
        GBytes          *bytes)
{
  CofferTextPiece *piece = g_new0 (CofferTextPiece, 1);

  piece->text = self->text;
  piece->bytes = g_bytes_ref (bytes);
  piece->is_end = self->n_used + g_bytes_get_size (bytes) >= self->size;
  coffer_text_decode_async (piece, self->cancellable, decoded_cb, g_object_ref (self));
}

static void
language_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(CofferTextStage) self = data;
  g_autoptr(GError) error = NULL;
  GtkSourceLanguage *language = coffer_text_language_find_finish (result, &error);

  if (error != NULL)   /* another value was chosen */
    return;

  g_clear_object (&self->finding);
  self->language = language;
  if (language == NULL || self->n_used == 0 || self->waiting != NULL)
    return;

  update_language (self);
  coffer_stage_facts_changed (COFFER_STAGE (self));
}

static void
find_language (CofferTextStage *self)
{
  g_autofree char *display = coffer_key_to_display (self->key, NAME_BYTES);
  const char *name = strrchr (display, '/');

  self->finding = g_cancellable_new ();
  coffer_text_language_find_async (name != NULL ? name + 1 : display, self->content_type, self->finding, language_cb,
                                   g_object_ref (self));
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(CofferTextStage) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);

  if (self->cancellable != g_task_get_cancellable (G_TASK (result)))
    return;

  if (bytes != NULL)
    {
      decode (self, bytes);
      return;
    }
  g_clear_object (&self->cancellable);
  update_bar (self);
  coffer_stage_fail (COFFER_STAGE (self), error);
}

static void
more_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  CofferTextStage *self = data;

  self->cancellable = g_cancellable_new ();
  coffer_text_read_async (self->vault, self->key, self->header + self->n_used, self->cancellable, read_cb, g_object_ref (self));
  update_bar (self);
}

static void
empty (CofferTextStage *self)
{
  stop (self);
  gtk_source_buffer_set_language (self->buffer, NULL);
  gtk_text_buffer_set_text (GTK_TEXT_BUFFER (self->buffer), "", 0);
  self->n_used = 0;
}

/* From the first byte on, in @charset; NULL to guess. */
static void
begin (CofferTextStage *self,
       const char      *charset)
{
  empty (self);
  self->text = (CofferText) { .charset = charset, .max_line = COFFER_TEXT_MAX_LINE };
  self->cancellable = g_cancellable_new ();
  decode (self, self->head);
  update_bar (self);
}

static const char *
find_charset (const char *name)
{
  guint n;
  const CofferTextEncoding *encodings = coffer_text_get_encodings (&n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (encodings[i].charset, name))
      return encodings[i].charset;

  return NULL;
}

static void
set_encoding_state (CofferTextStage *self,
                    const char      *name)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->actions), "encoding");

  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_string (name));
}

static void
change_encoding (GSimpleAction *action,
                 GVariant      *state,
                 gpointer       data)
{
  CofferTextStage *self = data;

  g_simple_action_set_state (action, state);
  if (self->head != NULL)
    begin (self, find_charset (g_variant_get_string (state, NULL)));
}

static void
change_wrap (GSimpleAction *action,
             GVariant      *state,
             gpointer       data)
{
  CofferTextStage *self = data;

  g_simple_action_set_state (action, state);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (self->view), g_variant_get_boolean (state) ? GTK_WRAP_WORD_CHAR : GTK_WRAP_NONE);
}

static void
find_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  coffer_text_find_open (COFFER_TEXT_STAGE (data)->find);
}

static GMenuModel *
create_encoding_menu (void)
{
  guint n;
  const CofferTextEncoding *encodings = coffer_text_get_encodings (&n);
  g_autoptr(GMenu) list = g_menu_new ();
  GMenu *menu = g_menu_new ();

  g_menu_append (menu, _("Guess"), "text.encoding::guess");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *action = g_strconcat ("text.encoding::", encodings[i].charset, NULL);

      g_menu_append (list, encodings[i].title, action);
    }
  g_menu_append_section (menu, NULL, G_MENU_MODEL (list));

  return G_MENU_MODEL (menu);
}

/* What breaks long lines for display is not in the value; and GTK's own way is none for long text (coffer-clip.c). */
static void
copy_cb (CofferTextStage *self)
{
  GtkTextIter from, to;
  g_autofree char *text = NULL;
  g_auto(GStrv) parts = NULL;
  g_autofree char *whole = NULL;

  if (!gtk_text_buffer_get_selection_bounds (GTK_TEXT_BUFFER (self->buffer), &from, &to))
    return;

  text = gtk_text_buffer_get_slice (GTK_TEXT_BUFFER (self->buffer), &from, &to, TRUE);
  if (self->text.n_broken > 0)
    {
      parts = g_strsplit (text, COFFER_TEXT_BREAK, -1);
      whole = g_strjoinv ("", parts);
    }
  coffer_clip_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), whole != NULL ? whole : text);
  g_signal_stop_emission_by_name (self->view, "copy-clipboard");
}

static void
update_scheme (CofferTextStage *self)
{
  const char *name = adw_style_manager_get_dark (adw_style_manager_get_default ()) ? "Adwaita-dark" : "Adwaita";
  GtkSourceStyleSchemeManager *schemes = gtk_source_style_scheme_manager_get_default ();

  gtk_source_buffer_set_style_scheme (self->buffer, gtk_source_style_scheme_manager_get_scheme (schemes, name));
}

static void
forget (CofferTextStage *self)
{
  g_clear_object (&self->vault);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer (&self->head, g_bytes_unref);
  g_clear_pointer (&self->content_type, g_free);
  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  self->language = NULL;
}

static void
coffer_text_stage_clear (CofferStage *stage)
{
  CofferTextStage *self = COFFER_TEXT_STAGE (stage);

  empty (self);
  coffer_text_find_close (self->find);
  forget (self);
}

/* The same value as before stays as it is, with its place and encoding. */
static gboolean
is_on_show (CofferTextStage *self,
            CofferKey       *key,
            CofferContent   *content)
{
  return self->key != NULL && coffer_key_equal (self->key, key) && g_bytes_equal (self->head, content->bytes) &&
         self->size == content->facts->size - content->facts->data_offset;
}

static void
coffer_text_stage_show (CofferStage   *stage,
                        CofferVault   *vault,
                        CofferKey     *key,
                        CofferContent *content)
{
  CofferTextStage *self = COFFER_TEXT_STAGE (stage);

  if (is_on_show (self, key, content))
    return;

  coffer_text_stage_clear (stage);
  self->vault = g_object_ref (vault);
  self->key = coffer_key_ref (key);
  self->head = g_bytes_ref (content->bytes);
  self->header = content->facts->data_offset;
  self->size = content->facts->size - self->header;
  self->content_type = g_strdup (content->facts->content_type);
  set_encoding_state (self, "guess");
  gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (self->scroller), 0);
  begin (self, NULL);
  find_language (self);
}

static gboolean
coffer_text_stage_fills (CofferStage *stage)
{
  return TRUE;
}

static void
add_fact (GStrvBuilder *facts,
          const char   *name,
          char         *value)
{
  if (value != NULL)
    g_strv_builder_add_many (facts, name, value, NULL);
  g_free (value);
}

static char *
dup_lines_fact (CofferTextStage *self)
{
  guint64 n = self->text.n_lines + (self->text.column > 0 || self->text.n_lines == 0);

  return is_whole (self) ? g_strdup_printf ("%'" G_GUINT64_FORMAT, n) : NULL;
}

static char *
dup_language_fact (CofferTextStage *self)
{
  GtkSourceLanguage *language = gtk_source_buffer_get_language (self->buffer);

  return language != NULL ? g_strdup (gtk_source_language_get_name (language)) : NULL;
}

static char *
dup_invalid_fact (CofferTextStage *self)
{
  return self->text.n_invalid > 0
             ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%'u byte, shown as \\xNN", "%'u bytes, shown as \\xNN",
                                             (gulong) self->text.n_invalid), (guint) self->text.n_invalid)
             : NULL;
}

static GStrv
coffer_text_stage_dup_facts (CofferStage *stage)
{
  CofferTextStage *self = COFFER_TEXT_STAGE (stage);
  g_autoptr(GStrvBuilder) facts = g_strv_builder_new ();

  if (self->text.charset == NULL || self->n_used == 0)
    return NULL;

  add_fact (facts, _("Encoding"), g_strdup (coffer_text_get_title (self->text.charset)));
  add_fact (facts, _("Not in this encoding"), dup_invalid_fact (self));
  add_fact (facts, _("Lines"), dup_lines_fact (self));
  add_fact (facts, _("Language"), dup_language_fact (self));

  return g_strv_builder_end (facts);
}

static void
coffer_text_stage_dispose (GObject *object)
{
  CofferTextStage *self = COFFER_TEXT_STAGE (object);

  stop (self);
  forget (self);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_text_stage_parent_class)->dispose (object);
}

static void
coffer_text_stage_finalize (GObject *object)
{
  g_object_unref (COFFER_TEXT_STAGE (object)->actions);

  G_OBJECT_CLASS (coffer_text_stage_parent_class)->finalize (object);
}

static void
coffer_text_stage_iface_init (CofferStageInterface *iface)
{
  iface->show = coffer_text_stage_show;
  iface->clear = coffer_text_stage_clear;
  iface->fills = coffer_text_stage_fills;
  iface->dup_facts = coffer_text_stage_dup_facts;
}

static void
coffer_text_stage_class_init (CofferTextStageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_text_stage_dispose;
  object_class->finalize = coffer_text_stage_finalize;

  gtk_source_init ();
  g_type_ensure (GTK_SOURCE_TYPE_VIEW);
  g_type_ensure (COFFER_TYPE_TEXT_FIND);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-text-stage.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, box);
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, find);
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, view);
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, encoding);
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, status);
  gtk_widget_class_bind_template_child (widget_class, CofferTextStage, more);
  gtk_widget_class_set_css_name (widget_class, "textstage");
}

static void
coffer_text_stage_init (CofferTextStage *self)
{
  static const GActionEntry entries[] = {
    { "find", find_action },
    { "more", more_action },
    { "wrap", NULL, NULL, "true", change_wrap },
    { "encoding", NULL, "s", "'guess'", change_encoding },
  };
  g_autoptr(GMenuModel) menu = create_encoding_menu ();

  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "text", G_ACTION_GROUP (self->actions));
  gtk_widget_init_template (GTK_WIDGET (self));
  self->buffer = GTK_SOURCE_BUFFER (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->view)));
  gtk_source_buffer_set_highlight_matching_brackets (self->buffer, FALSE);
  /* Pango would put hyphens where it breaks a word. */
  self->plain = gtk_text_buffer_create_tag (GTK_TEXT_BUFFER (self->buffer), NULL, "insert-hyphens", FALSE, NULL);
  gtk_text_buffer_set_enable_undo (GTK_TEXT_BUFFER (self->buffer), FALSE);
  gtk_menu_button_set_menu_model (self->encoding, menu);
  coffer_text_find_set_view (self->find, self->view);
  g_signal_connect_swapped (self->view, "copy-clipboard", G_CALLBACK (copy_cb), self);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (update_scheme), self, G_CONNECT_SWAPPED);
  update_scheme (self);
  update_bar (self);
}
