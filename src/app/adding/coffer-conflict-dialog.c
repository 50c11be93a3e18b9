/* SPDX-License-Identifier: MIT */
/*
 * The question about a key that exists: what is in the vault on one side, what is being added on the other. Both are looked at
 * behind; what is known of them comes as it is known, and what differs is bold. Main thread, but for what ends in _worker or _thread.
 */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-conflict-dialog.h"

#include <coffer-image.h>
#include <coffer-source.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE_WIDTH 232
#define PICTURE_HEIGHT 155
#define NARROW 600          /* of a window, in which two pictures of that width have no room */
#define N_LINES 2           /* size and type; dimensions */

/* One side. */
typedef struct {
  GtkStack *stack;          /* "icon" or "picture" */
  GtkImage *icon;
  GtkPicture *picture;
  GtkLabel *lines[N_LINES];
  char *texts[N_LINES];     /* NULL: not known, or there is none */
} Side;

typedef struct {
  Side in_vault, being_added;
  GtkWidget *for_all;
  GCancellable *cancellable;
} Both;

/* What is found out about a side. */
typedef struct {
  guint64 size;
  char *type_label;
  char *content_type;
  CofferImage image;
} Looks;

static void
looks_free (gpointer data)
{
  Looks *looks = data;

  coffer_image_clear (&looks->image);
  g_free (looks->type_label);
  g_free (looks->content_type);
  g_free (looks);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Looks, looks_free)

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

/* Any thread. What is not a picture has none. */
static Looks *
look (GInputStream           *stream,
      const CofferValueFacts *facts,
      GCancellable           *cancellable)
{
  Looks *looks = g_new0 (Looks, 1);

  looks->size = facts->size;
  looks->type_label = g_strdup (facts->type_label);
  looks->content_type = g_strdup (facts->content_type);
  if (facts->data_offset == 0 && facts->content_type != NULL && g_str_has_prefix (facts->content_type, "image/"))
    coffer_image_decode (&looks->image, facts->content_type, stream, PICTURE_WIDTH * 2, PICTURE_HEIGHT * 2, cancellable, NULL);
  return looks;
}

static gpointer
value_worker (GInputStream           *stream,
              const CofferValueFacts *facts,
              gpointer                data,
              GCancellable           *cancellable,
              GError                **error)
{
  g_autoptr(Looks) looks = look (stream, facts, cancellable);

  return g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : g_steal_pointer (&looks);
}

typedef struct {
  char *root, *path;
  GStrv vaults;
} Source;

static void
source_free (gpointer data)
{
  Source *source = data;

  g_free (source->root);
  g_free (source->path);
  g_strfreev (source->vaults);
  g_free (source);
}

static Looks *
look_at_file (const Source  *source,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) source->vaults);
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GFileInputStream) stream = NULL;
  g_autoptr(GFile) file = NULL;
  g_autofree char *link = NULL, *head = g_malloc (COFFER_VALUE_HEAD);
  struct stat before;
  int fd = coffer_source_open (source->root, source->path, guard, &before, error);
  Looks *looks;
  gssize n;

  if (fd < 0)
    return NULL;
  n = pread (fd, head, COFFER_VALUE_HEAD, 0);
  facts = coffer_value_facts_new (COFFER_SECTION_V1, head, MAX (n, 0), before.st_size);
  link = g_strdup_printf ("/proc/self/fd/%d", fd);   /* this very file, whatever is at its path by now */
  file = g_file_new_for_path (link);
  stream = g_file_read (file, cancellable, error);
  looks = stream != NULL ? look (G_INPUT_STREAM (stream), facts, cancellable) : NULL;
  close (fd);
  return looks;
}

static void
file_thread (GTask        *task,
             gpointer      dialog,
             gpointer      data,
             GCancellable *cancellable)
{
  GError *error = NULL;
  Looks *looks = look_at_file (data, cancellable, &error);

  if (looks != NULL)
    g_task_return_pointer (task, looks, looks_free);
  else
    g_task_return_error (task, error);
}

/* A value of another vault. */
typedef struct {
  CofferKey *key;
  Looks *looks;
} Other;

static void
other_free (gpointer data)
{
  Other *other = data;

  g_clear_pointer (&other->looks, looks_free);
  coffer_key_unref (other->key);
  g_free (other);
}

/* A CofferReaderFunc: may be called again. */
static gboolean
other_worker (CofferValueReader  *reader,
              gpointer            data,
              GCancellable       *cancellable,
              GError            **error)
{
  Other *other = data;
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = coffer_value_reader_open (reader, other->key, &facts, cancellable, error);

  g_clear_pointer (&other->looks, looks_free);
  if (stream != NULL)
    other->looks = look (stream, facts, cancellable);
  coffer_value_reader_close (reader);
  return stream != NULL && !g_cancellable_set_error_if_cancelled (cancellable, error);
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
show_looks (Both  *both,
            Side  *side,
            Looks *looks)
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
  g_autoptr(Looks) looks = coffer_vault_read_value_finish (COFFER_VAULT (source), result, NULL);
  Both *both = get_both (dialog);

  if (looks != NULL && !g_cancellable_is_cancelled (both->cancellable))
    show_looks (both, &both->in_vault, looks);
}

static void
file_cb (GObject      *dialog,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(Looks) looks = g_task_propagate_pointer (G_TASK (result), NULL);
  Both *both = get_both (dialog);

  if (looks != NULL && !g_cancellable_is_cancelled (both->cancellable))
    show_looks (both, &both->being_added, looks);
}

static void
other_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GtkWidget) dialog = data;
  Other *other = g_object_get_data (G_OBJECT (dialog), "other");
  Both *both = get_both (dialog);

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, NULL) && !g_cancellable_is_cancelled (both->cancellable))
    show_looks (both, &both->being_added, other->looks);
}

static void
look_at_value (GtkWidget            *dialog,
               CofferBundle         *bundle,
               const CofferAddition *addition)
{
  Other *other = g_new0 (Other, 1);

  other->key = coffer_key_new_written (addition->value);
  g_object_set_data_full (G_OBJECT (dialog), "other", other, other_free);
  coffer_vault_read_values_async (coffer_bundle_get_vault (bundle), 0, coffer_bundle_get_table (bundle), other_worker, other, NULL,
                                  get_both (dialog)->cancellable, other_cb, g_object_ref (dialog));
}

static void
look_at_addition (GtkWidget            *dialog,
                  const CofferAddition *addition)
{
  g_autoptr(GTask) task = g_task_new (dialog, get_both (dialog)->cancellable, file_cb, NULL);
  Source *source = g_new (Source, 1);

  *source = (Source) { g_strdup (addition->root), g_strdup (addition->path), coffer_vault_dup_open_paths () };
  g_task_set_task_data (task, source, source_free);
  g_task_run_in_thread (task, file_thread);
}

static void
start_looking (GtkWidget            *dialog,
               CofferVault          *vault,
               const CofferAddition *addition,
               CofferBundle         *bundle)
{
  g_autoptr(CofferKey) key = coffer_key_new_written (addition->key);

  coffer_vault_read_value_async (vault, key, value_worker, NULL, NULL, looks_free, get_both (dialog)->cancellable, value_cb, g_object_ref (dialog));
  if (bundle != NULL)
    look_at_value (dialog, bundle, addition);
  else
    look_at_addition (dialog, addition);
}

/* Making it */

static GtkWidget *
make_side (Side       *side,
           const char *title)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4), *label = gtk_label_new (title), *plate;

  gtk_widget_add_css_class (label, "caption-heading");
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_set_margin_bottom (label, 4);
  side->stack = g_object_new (GTK_TYPE_STACK, "height-request", PICTURE_HEIGHT, NULL);
  side->icon = g_object_new (GTK_TYPE_IMAGE, "icon-name", "text-x-generic-symbolic", "pixel-size", 48, NULL);
  side->picture = g_object_new (GTK_TYPE_PICTURE, "content-fit", GTK_CONTENT_FIT_COVER, "alternative-text", title, NULL);
  plate = GTK_WIDGET (side->icon);
  gtk_widget_add_css_class (plate, "side-plate");
  gtk_widget_add_css_class (GTK_WIDGET (side->picture), "side-picture");
  gtk_widget_set_overflow (GTK_WIDGET (side->picture), GTK_OVERFLOW_HIDDEN);
  gtk_stack_add_named (side->stack, plate, "icon");
  gtk_stack_add_named (side->stack, GTK_WIDGET (side->picture), "picture");
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
  g_autofree char *label = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Apply to %u other", "Apply to the %u others", n_left), n_left);

  gtk_box_append (GTK_BOX (sides), make_side (&both->in_vault, _("In the vault")));
  gtk_box_append (GTK_BOX (sides), make_side (&both->being_added, _("Being added")));
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
                            guint                 n_left)
{
  gsize size, at;
  const char *bytes = g_bytes_get_data (addition->key, &size);
  g_autofree char *name = NULL, *heading = NULL, *body = NULL;
  Both *both = g_new0 (Both, 1);
  GtkWidget *dialog;

  at = find_last_part (bytes, size);
  name = coffer_key_bytes_to_display (bytes + at, size - at, 80);
  heading = g_strdup_printf (_("Replace “%s”?"), name);
  body = describe_place (bytes, at, number, number + n_left);
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
