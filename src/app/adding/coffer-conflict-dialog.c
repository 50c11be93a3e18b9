/* SPDX-License-Identifier: MIT */
/*
 * The question about a key that exists: what is in the vault on one side, what is being added on the other. Both are looked at
 * behind; what is known of them comes as it is known, and what differs is bold. Main thread, but for what ends in _worker.
 */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-conflict-dialog.h"

#include <glib/gi18n-lib.h>

#include "coffer-looks.h"

#define PICTURE_WIDTH 232
#define PICTURE_HEIGHT 155
#define NARROW 600          /* of a window, in which two pictures of that width have no room */
#define NARROW_HEIGHT 96
#define N_LINES 2           /* size and type; dimensions */

/* One side. */
typedef struct {
  GtkStack *stack;          /* "icon" or "picture" */
  GtkImage *icon;
  GtkAspectFrame *frame;    /* as wide to its height as the picture */
  GtkPicture *picture;
  GtkLabel *lines[N_LINES];
  char *texts[N_LINES];     /* NULL: not known, or there is none */
} Side;

typedef struct {
  Side in_vault, being_added;
  GtkWidget *for_all;
  GCancellable *cancellable;
} Both;

static void
both_free (gpointer data)
{
  Both *both = data;

  g_cancellable_cancel (both->cancellable);
  g_object_unref (both->cancellable);
  for (guint i = 0; i < N_LINES; i++)
    {
      g_free (both->in_vault.texts[i]);
      g_free (both->being_added.texts[i]);
    }
  g_free (both);
}

static Both *
get_both (gpointer dialog)
{
  return g_object_get_data (dialog, "both");
}

/* Looking */

static gpointer
value_worker (GInputStream           *stream,
              const CofferValueFacts *facts,
              gpointer                data,
              GCancellable           *cancellable,
              GError                **error)
{
  g_autoptr(CofferLooks) looks = coffer_looks_new (stream, facts, PICTURE_WIDTH * 2, PICTURE_HEIGHT * 2, cancellable);

  return g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : g_steal_pointer (&looks);
}

/* Showing */

static void
show_lines (Both *both)
{
  for (guint i = 0; i < N_LINES; i++)
    {
      const char *left = both->in_vault.texts[i], *right = both->being_added.texts[i];

      gtk_label_set_text (both->in_vault.lines[i], left != NULL ? left : "");
      gtk_label_set_text (both->being_added.lines[i], right != NULL ? right : "");
      if (left != NULL && right != NULL && !g_str_equal (left, right))
        gtk_widget_add_css_class (GTK_WIDGET (both->being_added.lines[i]), "strong");
    }
}

static void
show_looks (Both        *both,
            Side        *side,
            CofferLooks *looks)
{
  g_autofree char *size = g_format_size (looks->size);
  g_autoptr(GIcon) icon = looks->content_type != NULL ? g_content_type_get_symbolic_icon (looks->content_type) : NULL;

  g_free (side->texts[0]);
  side->texts[0] = looks->type_label != NULL ? g_strdup_printf (_("%s, %s"), size, looks->type_label) : g_strdup (size);
  if (looks->image.width > 0)
    side->texts[1] = g_strdup_printf (_("%d × %d"), looks->image.width, looks->image.height);
  if (icon != NULL)
    gtk_image_set_from_gicon (side->icon, icon);
  if (looks->image.texture != NULL)
    {
      gtk_aspect_frame_set_ratio (side->frame, (float) gdk_texture_get_width (looks->image.texture) / gdk_texture_get_height (looks->image.texture));
      gtk_picture_set_paintable (side->picture, GDK_PAINTABLE (looks->image.texture));
      gtk_stack_set_visible_child_name (side->stack, "picture");
    }
  show_lines (both);
}

static void
value_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GtkWidget) dialog = data;
  g_autoptr(CofferLooks) looks = coffer_vault_read_value_finish (COFFER_VAULT (source), result, NULL);
  Both *both = get_both (dialog);

  if (looks != NULL && !g_cancellable_is_cancelled (both->cancellable))
    show_looks (both, &both->in_vault, looks);
}

static void
added_cb (GObject      *dialog,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(CofferLooks) looks = coffer_looks_finish (result, NULL);
  Both *both = get_both (dialog);

  if (looks != NULL && !g_cancellable_is_cancelled (both->cancellable))
    show_looks (both, &both->being_added, looks);
}

static void
start_looking (GtkWidget            *dialog,
               CofferVault          *vault,
               const CofferAddition *addition,
               CofferBundle         *bundle)
{
  g_autoptr(CofferKey) key = coffer_key_new_written (addition->key);

  coffer_vault_read_value_async (vault, key, value_worker, NULL, NULL, coffer_looks_free, get_both (dialog)->cancellable, value_cb, g_object_ref (dialog));
  if (bundle != NULL)
    coffer_looks_at_value_async (dialog, bundle, addition->value, PICTURE_WIDTH * 2, PICTURE_HEIGHT * 2, get_both (dialog)->cancellable,
                                 added_cb, NULL);
  else
    coffer_looks_at_file_async (dialog, addition, PICTURE_WIDTH * 2, PICTURE_HEIGHT * 2, get_both (dialog)->cancellable, added_cb, NULL);
}

/* Making it */

/* All of the picture, in the room there is for the other one, too: what is told below them is to be compared line by line. */
static GtkWidget *
make_picture (Side       *side,
              const char *title,
              int         height)
{
  GtkWidget *room = g_object_new (ADW_TYPE_CLAMP, "orientation", GTK_ORIENTATION_VERTICAL, "maximum-size", height,
                                  "tightening-threshold", height, NULL);

  side->frame = GTK_ASPECT_FRAME (gtk_aspect_frame_new (0.5, 0.5, 1, FALSE));
  side->picture = g_object_new (GTK_TYPE_PICTURE, "content-fit", GTK_CONTENT_FIT_COVER, "alternative-text", title, NULL);
  gtk_widget_add_css_class (GTK_WIDGET (side->picture), "side-picture");
  gtk_widget_set_overflow (GTK_WIDGET (side->picture), GTK_OVERFLOW_HIDDEN);
  gtk_aspect_frame_set_child (side->frame, GTK_WIDGET (side->picture));
  adw_clamp_set_child (ADW_CLAMP (room), GTK_WIDGET (side->frame));
  return room;
}

static GtkWidget *
make_side (Side       *side,
           const char *title,
           int         height)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4), *label = gtk_label_new (title), *plate;

  gtk_widget_add_css_class (label, "caption-heading");
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_set_margin_bottom (label, 4);
  side->stack = g_object_new (GTK_TYPE_STACK, "height-request", height, NULL);
  side->icon = g_object_new (GTK_TYPE_IMAGE, "icon-name", "text-x-generic-symbolic", "pixel-size", 48, NULL);
  plate = GTK_WIDGET (side->icon);
  gtk_widget_add_css_class (plate, "side-plate");
  gtk_stack_add_named (side->stack, plate, "icon");
  gtk_stack_add_named (side->stack, make_picture (side, title, height), "picture");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (side->stack));
  for (guint i = 0; i < N_LINES; i++)
    {
      side->lines[i] = g_object_new (GTK_TYPE_LABEL, "css-classes", (const char *[]) { "num", "smaller", NULL }, "wrap", TRUE,
                                     "justify", GTK_JUSTIFY_CENTER, "margin-top", i == 0 ? 8 : 0, NULL);
      gtk_box_append (GTK_BOX (box), GTK_WIDGET (side->lines[i]));
    }
  gtk_widget_set_hexpand (box, TRUE);
  return box;
}

static GtkWidget *
make_content (Both     *both,
              guint     n_left,
              gboolean  wide)
{
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *sides = g_object_new (GTK_TYPE_BOX, "spacing", 18, "homogeneous", TRUE,
                                   "width-request", wide ? 2 * PICTURE_WIDTH + 18 : -1, NULL);
  int height = wide ? PICTURE_HEIGHT : NARROW_HEIGHT;
  g_autofree char *label = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Apply to %u other", "Apply to the %u others", n_left), n_left);

  gtk_box_append (GTK_BOX (sides), make_side (&both->in_vault, _("In the vault"), height));
  gtk_box_append (GTK_BOX (sides), make_side (&both->being_added, _("Being added"), height));
  gtk_box_append (GTK_BOX (content), sides);
  both->for_all = gtk_check_button_new_with_label (label);
  gtk_widget_set_halign (both->for_all, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (both->for_all, n_left > 0);
  gtk_box_append (GTK_BOX (content), both->for_all);
  return content;
}

/* Where the last part of a key begins. */
static gsize
find_last_part (const char *bytes,
                gsize       size)
{
  gsize at = size;

  while (at > 0 && bytes[at - 1] != '/' && bytes[at - 1] != ':')
    at--;
  return at < size ? at : 0;
}

static char *
describe_place (const char *bytes,
                gsize       size,
                guint       number,
                guint       n_all)
{
  g_autofree char *place = size > 0 ? coffer_key_bytes_to_display (bytes, size, 80) : NULL;
  g_autofree char *where = place != NULL ? g_strdup_printf (_("This key exists in %s already."), place)
                                         : g_strdup (_("This key exists already."));

  return n_all > 1 ? g_strdup_printf (_("%s Conflict %u of %u."), where, number, n_all) : g_steal_pointer (&where);
}

static void
add_responses (AdwMessageDialog *dialog)
{
  adw_message_dialog_add_responses (dialog, "cancel", _("_Cancel"), "skip", _("_Skip"), "keep", _("_Keep Both"), "replace", _("_Replace"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "replace", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (dialog, "skip");
  adw_message_dialog_set_close_response (dialog, "cancel");
}

GtkWidget *
coffer_conflict_dialog_new (GtkWindow            *parent,
                            CofferVault          *vault,
                            const CofferAddition *addition,
                            CofferBundle         *bundle,
                            guint                 number,
                            guint                 n_left,
                            gboolean              loses)
{
  gsize size, at;
  const char *bytes = g_bytes_get_data (addition->key, &size);
  g_autofree char *name = NULL, *heading = NULL, *body = NULL;
  Both *both = g_new0 (Both, 1);
  GtkWidget *dialog;

  at = find_last_part (bytes, size);
  name = coffer_key_bytes_to_display (bytes + at, size - at, 80);
  heading = g_strdup_printf (_("Replace “%s”?"), name);
  body = loses ? g_strdup (_("There is no room to keep the value in the vault: once it is replaced, it cannot be brought back."))
               : describe_place (bytes, at, number, number + n_left);
  dialog = adw_message_dialog_new (parent, heading, body);
  both->cancellable = g_cancellable_new ();
  g_object_set_data_full (G_OBJECT (dialog), "both", both, both_free);
  g_signal_connect_object (dialog, "destroy", G_CALLBACK (g_cancellable_cancel), both->cancellable, G_CONNECT_SWAPPED);
  add_responses (ADW_MESSAGE_DIALOG (dialog));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), make_content (both, n_left, gtk_widget_get_width (GTK_WIDGET (parent)) > NARROW));
  start_looking (dialog, vault, addition, bundle);
  return dialog;
}

gboolean
coffer_conflict_dialog_get_for_all (AdwMessageDialog *dialog)
{
  return gtk_check_button_get_active (GTK_CHECK_BUTTON (get_both (dialog)->for_all));
}
