/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a value and what one does with them. One search and one copy run at a time; a new one, and another value,
 * ends them. Main thread; reading and formatting are done elsewhere.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-bytes-stage.h"

#include <coffer-bytes-find.h>
#include <coffer-bytes-view.h>
#include <glib/gi18n-lib.h>

#include "coffer-bytes-copy.h"
#include "coffer-stage.h"

struct _CofferBytesStage
{
  GtkWidget parent_instance;

  CofferKey *key;             /* or NULL */
  CofferVault *vault;         /* while there are pages; unowned */
  CofferBytesPages *pages;    /* or NULL */
  guint64 header_size;
  GCancellable *finding;      /* or NULL */
  GCancellable *copying;      /* or NULL */

  GtkWidget *box;
  GtkEntry *place;
  GtkToggleButton *find_button;
  GtkEntry *needle;
  GtkDropDown *needle_kind;
  GtkLabel *find_note;
  GtkWidget *previous_button;
  GtkWidget *next_button;
  CofferBytesView *bytes;
  GtkWidget *header_legend;
  GtkLabel *header_label;
  GtkLabel *selection_label;
  GtkMenuButton *copy_button;
  GMenuModel *copy_menu;
  GMenuModel *header_menu;    /* the same for a value behind a header */
};

static void stage_iface_init (CofferStageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferBytesStage, coffer_bytes_stage, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (COFFER_TYPE_STAGE, stage_iface_init))

static void
stop (GCancellable **cancellable)
{
  g_cancellable_cancel (*cancellable);
  g_clear_object (cancellable);
}

/* What is selected */

static char *
describe_range (guint64 offset,
                guint64 size)
{
  g_autofree char *first = g_strdup_printf ("0x%" G_GINT64_MODIFIER "x", offset);
  g_autofree char *last = g_strdup_printf ("0x%" G_GINT64_MODIFIER "x", offset + size - 1);
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, size);

  if (size == 1)
    return g_strdup_printf (_("At %s"), first);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s–%s, %s byte", "%s–%s, %s bytes", size), first, last, number);
}

static void
selection_changed_cb (CofferBytesStage *self)
{
  g_autofree char *words = NULL;
  guint64 offset, size;

  if (coffer_bytes_view_get_selection (self->bytes, &offset, &size))
    words = describe_range (offset, size);
  gtk_label_set_label (self->selection_label, words != NULL ? words : "");
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "bytes.copy", words != NULL);
  coffer_stage_range_changed (COFFER_STAGE (self));
}

/* Going to a place */

/* "0x35", "53", with blanks around; what is behind the end is the end. */
static gboolean
parse_offset (const char *text,
              guint64    *offset)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  gboolean hex = g_ascii_strncasecmp (trimmed, "0x", 2) == 0;

  return g_ascii_string_to_unsigned (hex ? trimmed + 2 : trimmed, hex ? 16 : 10, 0, G_MAXUINT64, offset, NULL);
}

static void
place_changed_cb (CofferBytesStage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->place));
  guint64 offset;

  if (*text == '\0' || parse_offset (text, &offset))
    gtk_widget_remove_css_class (GTK_WIDGET (self->place), "error");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->place), "error");
}

static void
go_cb (CofferBytesStage *self)
{
  guint64 offset;

  if (self->pages == NULL || !parse_offset (gtk_editable_get_text (GTK_EDITABLE (self->place)), &offset))
    return;

  coffer_bytes_view_select (self->bytes, MIN (offset, MAX (1, coffer_bytes_pages_get_size (self->pages)) - 1), 1);
  gtk_widget_grab_focus (GTK_WIDGET (self->bytes));
}

static void
go_to_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  gtk_widget_grab_focus (GTK_WIDGET (COFFER_BYTES_STAGE (widget)->place));
}

/* Finding */

static int
hex_digit (char c)
{
  return g_ascii_isxdigit (c) ? g_ascii_xdigit_value (c) : -1;
}

/* (nullable) NULL if it is no row of pairs of digits; blanks may part them. */
static GBytes *
parse_hex (const char *text)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  while (*text != '\0')
    {
      guint8 byte;

      if (g_ascii_isspace (*text))
        {
          text++;
          continue;
        }
      if (hex_digit (text[0]) < 0 || hex_digit (text[1]) < 0)
        return NULL;
      byte = hex_digit (text[0]) << 4 | hex_digit (text[1]);
      g_byte_array_append (bytes, &byte, 1);
      text += 2;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/* (nullable) */
static GBytes *
dup_needle (CofferBytesStage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->needle));
  gboolean is_text = gtk_drop_down_get_selected (self->needle_kind) == 0;
  g_autoptr(GBytes) bytes = is_text ? g_bytes_new (text, strlen (text)) : parse_hex (text);

  if (bytes == NULL || g_bytes_get_size (bytes) == 0 || g_bytes_get_size (bytes) > COFFER_BYTES_FIND_MAX)
    return NULL;

  return g_steal_pointer (&bytes);
}

static void
say_found (CofferBytesStage *self,
           const char       *words)
{
  gtk_label_set_label (self->find_note, words);
  gtk_widget_set_visible (GTK_WIDGET (self->find_note), *words != '\0');
}

static void
needle_changed_cb (CofferBytesStage *self)
{
  g_autoptr(GBytes) needle = dup_needle (self);
  gboolean wrong = needle == NULL && *gtk_editable_get_text (GTK_EDITABLE (self->needle)) != '\0';

  stop (&self->finding);
  gtk_widget_set_sensitive (self->previous_button, needle != NULL);
  gtk_widget_set_sensitive (self->next_button, needle != NULL);
  say_found (self, wrong ? _("Hex is pairs of digits: 89 50 4e 47") : "");
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(CofferBytesStage) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) needle = NULL;
  guint64 offset;
  gboolean found = coffer_bytes_pages_find_finish (COFFER_BYTES_PAGES (source), result, &offset, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_object (&self->finding);
  needle = dup_needle (self);
  say_found (self, error != NULL ? error->message : found ? "" : _("Not found"));
  if (found && needle != NULL)
    coffer_bytes_view_select (self->bytes, offset, g_bytes_get_size (needle));
}

/* The next begins behind the beginning of what is selected, so that matches may overlap. */
static void
find (CofferBytesStage *self,
      gboolean          backwards)
{
  g_autoptr(GBytes) needle = dup_needle (self);
  guint64 offset = 0, size = 0, from = 0, end;

  if (self->pages == NULL || needle == NULL)
    return;

  end = coffer_bytes_pages_get_size (self->pages);
  if (coffer_bytes_view_get_selection (self->bytes, &offset, &size))
    from = backwards ? (offset > 0 ? offset - 1 : end) : offset + 1;
  else if (backwards)
    from = end;

  stop (&self->finding);
  self->finding = g_cancellable_new ();
  say_found (self, _("Searching…"));
  coffer_bytes_pages_find_async (self->pages, needle, from, backwards, self->finding, found_cb, g_object_ref (self));
}

static void
find_next_cb (CofferBytesStage *self)
{
  find (self, FALSE);
}

static void
find_previous_cb (CofferBytesStage *self)
{
  find (self, TRUE);
}

static void
find_toggled_cb (CofferBytesStage *self)
{
  stop (&self->finding);
  say_found (self, "");
  gtk_widget_grab_focus (gtk_toggle_button_get_active (self->find_button) ? GTK_WIDGET (self->needle) : GTK_WIDGET (self->bytes));
}

static void
find_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (widget);

  if (gtk_toggle_button_get_active (self->find_button))
    gtk_widget_grab_focus (GTK_WIDGET (self->needle));
  else
    gtk_toggle_button_set_active (self->find_button, TRUE);
}

static gboolean
leave_cb (GtkWidget *widget,
          GVariant  *parameter,
          gpointer   data)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (widget);

  if (!gtk_toggle_button_get_active (self->find_button))
    return GDK_EVENT_PROPAGATE;

  gtk_toggle_button_set_active (self->find_button, FALSE);

  return GDK_EVENT_STOP;
}

/* Copying */

static void
say (CofferBytesStage *self,
     const char       *words)
{
  gtk_label_set_label (self->selection_label, words);
}

static void
copied_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(CofferBytesStage) self = data;
  g_autofree char *words = coffer_bytes_copy_finish (result, GTK_WIDGET (self));

  if (words == NULL)
    return;

  g_clear_object (&self->copying);
  say (self, words);
}

static void
copy_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (widget);
  CofferKeyFormat format;
  guint64 offset, size;

  if (self->pages == NULL || !coffer_bytes_view_get_selection (self->bytes, &offset, &size) ||
      !coffer_key_format_from_name (g_variant_get_string (parameter, NULL), &format))
    return;

  stop (&self->copying);
  self->copying = g_cancellable_new ();
  coffer_bytes_copy_async (self->vault, self->key, offset, size, format, self->copying, copied_cb, g_object_ref (self));
}

/* Of a value behind a header the data alone are selected at will. */
static void
select_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (widget);
  guint64 offset = g_variant_get_boolean (parameter) ? 0 : self->header_size;
  guint64 size = self->pages != NULL ? coffer_bytes_pages_get_size (self->pages) : 0;

  if (size <= offset)
    return;

  coffer_bytes_view_select (self->bytes, offset, size - offset);
  gtk_widget_grab_focus (GTK_WIDGET (self->bytes));
}

/* The stage */

static void
pages_changed_cb (CofferBytesStage *self)
{
  const GError *error = coffer_bytes_pages_get_error (self->pages);

  if (error != NULL)
    say (self, error->message);
}

static void
drop_pages (CofferBytesStage *self)
{
  stop (&self->finding);
  stop (&self->copying);
  if (self->pages == NULL)
    return;

  g_signal_handlers_disconnect_by_func (self->vault, coffer_bytes_pages_renew, self->pages);
  g_signal_handlers_disconnect_by_func (self->pages, pages_changed_cb, self);
  coffer_bytes_pages_stop (self->pages);
  g_clear_object (&self->pages);
}

static void
show_header (CofferBytesStage *self)
{
  g_autofree char *words = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Header, %u byte", "Header, %u bytes", self->header_size),
                                            (guint) self->header_size);

  gtk_label_set_label (self->header_label, words);
  gtk_widget_set_visible (self->header_legend, self->header_size > 0);
  gtk_menu_button_set_menu_model (self->copy_button, self->header_size > 0 ? self->header_menu : self->copy_menu);
}

static void
coffer_bytes_stage_show (CofferStage   *stage,
                         CofferVault   *vault,
                         CofferKey     *key,
                         CofferContent *content)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (stage);
  gboolean same = self->key != NULL && coffer_key_equal (key, self->key);

  if (same && self->pages != NULL && coffer_bytes_pages_get_size (self->pages) == content->facts->size &&
      self->header_size == content->facts->data_offset)
    {
      coffer_bytes_pages_renew (self->pages);
      return;
    }

  drop_pages (self);
  if (!same)
    {
      coffer_bytes_view_set_pages (self->bytes, NULL, 0);
      gtk_editable_set_text (GTK_EDITABLE (self->place), "");
      gtk_toggle_button_set_active (self->find_button, FALSE);
      g_clear_pointer (&self->key, coffer_key_unref);
      self->key = coffer_key_ref (key);
    }
  self->pages = coffer_bytes_pages_new (vault, key, content->facts->size);
  self->vault = vault;
  self->header_size = content->facts->data_offset;
  /* What is looked at may be far from what tells other values. */
  g_signal_connect_object (vault, "touched", G_CALLBACK (coffer_bytes_pages_renew), self->pages, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->pages, "changed", G_CALLBACK (pages_changed_cb), self, G_CONNECT_SWAPPED);
  coffer_bytes_view_set_pages (self->bytes, self->pages, self->header_size);
  show_header (self);
}

static void
coffer_bytes_stage_clear (CofferStage *stage)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (stage);

  drop_pages (self);
  coffer_bytes_view_set_pages (self->bytes, NULL, 0);
  g_clear_pointer (&self->key, coffer_key_unref);
}

static gboolean
coffer_bytes_stage_fills (CofferStage *stage)
{
  return TRUE;
}

static gboolean
coffer_bytes_stage_get_range (CofferStage *stage,
                              guint64     *offset,
                              guint64     *size)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (stage);

  return self->pages != NULL && coffer_bytes_view_get_selection (self->bytes, offset, size);
}

static void
coffer_bytes_stage_set_range (CofferStage *stage,
                              guint64      offset,
                              guint64      size)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (stage);

  if (self->pages != NULL && offset < coffer_bytes_pages_get_size (self->pages))
    coffer_bytes_view_select (self->bytes, offset, MIN (size, coffer_bytes_pages_get_size (self->pages) - offset));
}

static void
stage_iface_init (CofferStageInterface *iface)
{
  iface->get_range = coffer_bytes_stage_get_range;
  iface->set_range = coffer_bytes_stage_set_range;
  iface->show = coffer_bytes_stage_show;
  iface->clear = coffer_bytes_stage_clear;
  iface->fills = coffer_bytes_stage_fills;
}

static void
coffer_bytes_stage_dispose (GObject *object)
{
  CofferBytesStage *self = COFFER_BYTES_STAGE (object);

  drop_pages (self);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_bytes_stage_parent_class)->dispose (object);
}

static void
add_keys (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "bytes.copy", "s", copy_action);
  gtk_widget_class_install_action (widget_class, "bytes.select", "b", select_action);
  gtk_widget_class_install_action (widget_class, "bytes.find", NULL, find_action);
  gtk_widget_class_install_action (widget_class, "bytes.go-to", NULL, go_to_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "bytes.copy", "s", "hex");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "bytes.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_g, GDK_CONTROL_MASK, "bytes.go-to", NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, leave_cb, NULL);
}

void
coffer_bytes_stage_set_mark (CofferBytesStage *self,
                             guint64           offset,
                             guint64           size)
{
  g_return_if_fail (COFFER_IS_BYTES_STAGE (self));

  coffer_bytes_view_set_mark (self->bytes, offset, size);
}

static void
coffer_bytes_stage_class_init (CofferBytesStageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_bytes_stage_dispose;

  g_type_ensure (COFFER_TYPE_BYTES_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-bytes-stage.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, box);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, place);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, find_button);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, needle);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, needle_kind);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, find_note);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, previous_button);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, next_button);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, bytes);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, header_legend);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, header_label);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, selection_label);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, copy_button);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, copy_menu);
  gtk_widget_class_bind_template_child (widget_class, CofferBytesStage, header_menu);
  gtk_widget_class_bind_template_callback (widget_class, find_next_cb);
  gtk_widget_class_bind_template_callback (widget_class, find_previous_cb);
  gtk_widget_class_bind_template_callback (widget_class, find_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, go_cb);
  gtk_widget_class_bind_template_callback (widget_class, needle_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, place_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, selection_changed_cb);
  add_keys (widget_class);
}

static void
coffer_bytes_stage_init (CofferBytesStage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  needle_changed_cb (self);
  selection_changed_cb (self);
}
