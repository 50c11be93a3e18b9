/* SPDX-License-Identifier: MIT */
/*
 * The ways to compact in the window "Storage", each with what it costs, and the one that is recommended; and what else makes a file better by
 * writing it anew: page maps, and the newer shape of a table. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-deletion.h>
#include <glib/gi18n-lib.h>

#include "coffer-storage-words.h"

const char *
coffer_storage_window_get_way_title (CofferCompactWay way)
{
  switch (way)
    {
    case COFFER_COMPACT_STEPS:
      return _("Give free pages back in steps");
    case COFFER_COMPACT_IN_PLACE:
      return _("Rewrite the file in place");
    case COFFER_COMPACT_SWAP:
    case COFFER_COMPACT_AUTO:
    case COFFER_N_COMPACT_WAYS:
    default:
      return _("Into a new file that takes its place");
    }
}

const char *
coffer_storage_window_get_way_subtitle (CofferCompactWay way)
{
  switch (way)
    {
    case COFFER_COMPACT_STEPS:
      return _("Others may go on; what is done when you cancel stays done");
    case COFFER_COMPACT_IN_PLACE:
      return _("Others cannot write meanwhile, and its second half can be neither watched nor stopped");
    case COFFER_COMPACT_SWAP:
    case COFFER_COMPACT_AUTO:
    case COFFER_N_COMPACT_WAYS:
    default:
      return _("The quickest. The old file stays until the new one has been compared with it; can be cancelled at any time");
    }
}

char *
coffer_storage_window_describe_obstacle (const CofferCompactPlan *plan)
{
  if (plan->n_others > 0 && plan->program != NULL)
    return g_strdup_printf (_("%s (process %d) has the vault open. Close it there for the quickest way."), plan->program, plan->pid);
  if (plan->n_others > 0)
    return g_strdup (_("Another program has the vault open. Close it there for the quickest way."));
  return g_strdup (plan->reason);
}

/* ---- the dialog ---- */

static const CofferCompactWay ways[] = { COFFER_COMPACT_SWAP, COFFER_COMPACT_STEPS, COFFER_COMPACT_IN_PLACE };

typedef struct {
  CofferStorageWindow *window;     /* unowned: the dialog goes with it */
  GtkCheckButton *buttons[G_N_ELEMENTS (ways)];
} WayDialog;

/* What a way costs, or why it cannot be gone. (transfer full) */
static char *
describe_way (CofferStorage           *storage,
              const CofferCompactPlan *plan,
              CofferCompactWay         way)
{
  const CofferSpace *space = coffer_storage_get_space (storage);
  gboolean needs_maps = way == COFFER_COMPACT_STEPS && space != NULL && !space->page_maps;
  g_autofree char *obstacle = needs_maps ? g_strdup (_("Needs page maps, which the other ways can turn on"))
                            : plan->possible ? NULL : coffer_storage_window_describe_obstacle (plan);
  g_autofree char *freed = g_format_size (plan->freed);
  g_autofree char *needed = g_format_size (plan->disk_needed);
  g_autofree char *room = g_format_size (plan->disk_free);
  g_autofree char *memory = g_format_size (plan->memory_needed);
  g_autofree char *seconds = coffer_storage_format_seconds ((double) plan->duration_ms / 1000);
  /* Translators: bytes that come back; bytes of the disk that are needed, and free; bytes of memory; a time */
  g_autofree char *cost = g_strdup_printf (_("Frees %s; needs %s of disk (%s free), about %s of memory and %s"), freed, needed, room, memory,
                                           seconds);

  return g_strdup_printf ("%s\n%s", coffer_storage_window_get_way_subtitle (way), obstacle != NULL ? obstacle : cost);
}

static GtkWidget *
make_way_row (WayDialog *dialog,
              guint      i,
              gboolean   with_maps)
{
  CofferStorage *storage = dialog->window->storage;
  const CofferCompactPlan *plan = coffer_storage_get_way_plan (storage, ways[i]);
  const CofferCompactPlan *best = coffer_storage_get_plan (storage);
  gboolean possible = plan->possible && !(with_maps && ways[i] == COFFER_COMPACT_STEPS);
  const char *title = coffer_storage_window_get_way_title (ways[i]);
  /* Translators: a way to compact */
  g_autofree char *recommended = g_strdup_printf (_("%s (recommended)"), title);
  g_autofree char *text = describe_way (storage, plan, ways[i]);
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_check_button_new ();

  dialog->buttons[i] = GTK_CHECK_BUTTON (button);
  if (i > 0)
    gtk_check_button_set_group (dialog->buttons[i], dialog->buttons[0]);
  gtk_check_button_set_active (dialog->buttons[i], possible && ways[i] == dialog->window->way);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), best->way == ways[i] && possible ? recommended : title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), text);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), button);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), button);
  gtk_widget_set_sensitive (row, possible);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  return row;
}

static void
do_compact (CofferStorageWindow *self)
{
  coffer_storage_compact (self->storage, self->way, self->page_maps_wanted && self->way != COFFER_COMPACT_STEPS);
}

static void
do_convert (CofferStorageWindow *self)
{
  coffer_storage_convert (self->storage);
}

/* Whoever else writes in this program has a say first. */
static void
rewrite (CofferStorageWindow *self,
         CofferStorageEdit    then)
{
  gboolean refused = FALSE;

  g_signal_emit_by_name (self, "may-rewrite", &refused);
  if (!refused)
    coffer_storage_window_edit (self, then);
}

static void
way_response_cb (WayDialog  *dialog,
                 const char *response)
{
  CofferStorageWindow *self = dialog->window;

  if (!g_str_equal (response, "compact"))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (gtk_check_button_get_active (dialog->buttons[i]))
      {
        self->way = ways[i];
        rewrite (self, do_compact);
        return;
      }
}

static void
ask_for_way (CofferStorageWindow *self,
             CofferCompactWay     way)
{
  const CofferCompactPlan *best = coffer_storage_get_plan (self->storage);
  g_autofree char *why = best->way != COFFER_COMPACT_SWAP ? coffer_storage_window_describe_obstacle (best) : NULL;
  GtkWidget *widget = adw_message_dialog_new (GTK_WINDOW (self), _("Compact the Vault?"),
                                              why != NULL ? why : _("Nothing of what is stored changes. You can go on looking and playing meanwhile."));
  GtkWidget *group = adw_preferences_group_new ();
  WayDialog *dialog = g_new0 (WayDialog, 1);

  dialog->window = self;
  self->way = way;
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), make_way_row (dialog, i, self->page_maps_wanted));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (widget), group);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (widget), "cancel", _("_Cancel"), "compact", _("C_ompact"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (widget), "compact", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (widget), "cancel");
  g_object_set_data_full (G_OBJECT (widget), "dialog", dialog, g_free);
  g_signal_connect_swapped (widget, "response", G_CALLBACK (way_response_cb), dialog);
  gtk_window_present (GTK_WINDOW (widget));
}

static gboolean
have_plans (CofferStorageWindow *self)
{
  return coffer_storage_get_plan (self->storage) != NULL && coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE;
}

static void
compact_cb (CofferStorageWindow *self)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);

  if (coffer_storage_get_job (self->storage) != COFFER_STORAGE_IDLE)
    coffer_storage_cancel (self->storage);
  else if (have_plans (self))
    ask_for_way (self, self->page_maps_wanted && plan->way == COFFER_COMPACT_STEPS ? COFFER_COMPACT_IN_PLACE : plan->way);
}

static void
reclaim_cb (CofferStorageWindow *self)
{
  if (have_plans (self))
    ask_for_way (self, COFFER_COMPACT_STEPS);
}

static void
page_maps_cb (CofferStorageWindow *self)
{
  self->page_maps_wanted = gtk_switch_get_active (self->page_maps);
  coffer_storage_window_update_job (self);
}

static void
convert_response_cb (CofferStorageWindow *self,
                     const char          *response)
{
  if (g_str_equal (response, "convert"))
    rewrite (self, do_convert);
}

static void
convert_cb (CofferStorageWindow *self)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Convert the Table?"),
                                              _("Keys and values stay as they are, byte for byte. KohakuVault before 0.6 cannot write to the table afterwards. The room of the old shape can then be given back by compacting. Until the end the old table stays, and you can cancel."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "convert", _("Con_vert"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "convert", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (convert_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- the rows ---- */

/* A page in so many is a map: of five bytes for each of the others. */
static void
update_page_maps (CofferStorageWindow *self,
                  const CofferSpace   *space)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  g_autofree char *added = g_format_size (plan != NULL && space->page_size > 0 ? (plan->live / space->page_size / (space->page_size / 5) + 1) * space->page_size : 0);
  g_autofree char *text = g_strdup_printf (_("Instant seeking in long values, and space can be given back in steps; adds %s"), added);

  adw_action_row_set_subtitle (self->page_maps_row, text);
}

static void
update_reclaim (CofferStorageWindow *self,
                const CofferSpace   *space)
{
  const CofferCompactPlan *plan = coffer_storage_get_way_plan (self->storage, COFFER_COMPACT_STEPS);
  gboolean any = plan != NULL && plan->freed > 0;

  gtk_widget_set_sensitive (GTK_WIDGET (self->reclaim_button), any && plan->possible && !self->page_maps_wanted);
  adw_action_row_set_subtitle (self->reclaim_row, !space->page_maps ? _("No copy needed, once page maps are on")
                                                  : !any ? _("Nothing to reclaim") : _("No copy needed; stops when you say so, and keeps what is done"));
}

void
coffer_storage_window_update_ways (CofferStorageWindow *self)
{
  CofferVault *vault = coffer_storage_get_vault (self->storage);
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  gboolean shown = space != NULL && coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE;
  gboolean old = coffer_vault_get_table (vault) != NULL && coffer_vault_get_table_kind (vault) == COFFER_SECTION_V1;

  if (space != NULL && space->page_maps)
    self->page_maps_wanted = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->page_maps_row), shown && !space->page_maps);
  gtk_widget_set_visible (GTK_WIDGET (self->reclaim_row), shown);
  gtk_widget_set_visible (GTK_WIDGET (self->convert_row), shown && old);
  if (!shown)
    return;
  update_page_maps (self, space);
  update_reclaim (self, space);
}

void
coffer_storage_window_bind_ways (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, compact_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, page_maps_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, page_maps);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, reclaim_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, reclaim_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, convert_row);
  gtk_widget_class_bind_template_callback (widget_class, compact_cb);
  gtk_widget_class_bind_template_callback (widget_class, reclaim_cb);
  gtk_widget_class_bind_template_callback (widget_class, page_maps_cb);
  gtk_widget_class_bind_template_callback (widget_class, convert_cb);
}
