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
#include "coffer-yielding.h"

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

/* Where nothing may be written it is not reckoned what there is room for. */
static gboolean
keeps_old (CofferStorageWindow     *self,
           const CofferCompactPlan *plan)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);

  return plan->disk_needed > 0 ? plan->keeps_old : space != NULL && space->wal_mode;
}

/* What becomes of the old file, too, while the new one has not been compared with it yet: in place only a log keeps it. */
const char *
coffer_storage_window_get_way_subtitle (CofferStorageWindow     *self,
                                        const CofferCompactPlan *plan,
                                        CofferCompactWay         way)
{
  switch (way)
    {
    case COFFER_COMPACT_STEPS:
      return _("Others may go on; what is done when you cancel stays done. No copy of the old file is kept");
    case COFFER_COMPACT_IN_PLACE:
      if (!keeps_old (self, plan))
        return _("Others cannot write meanwhile, and its second half can be neither watched nor stopped. No copy of the old file is kept");
      return _("Others cannot write meanwhile, and its second half can be neither watched nor stopped. The old pages stay until the new ones have "
               "been compared with them");
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
  if (plan->n_others > 0 || plan->log_held)
    return coffer_storage_dup_others (plan);
  if (!plan->possible && plan->disk_needed > 0 && !plan->disk_enough && plan->disk_needed <= plan->disk_free)
    {
      g_autofree char *needed = g_format_size (plan->temporary_needed);
      g_autofree char *room = g_format_size (plan->temporary_free);

      /* Translators: bytes of another disk than the vault's that are needed, and free */
      return g_strdup_printf (_("Not enough room for temporary files: %s are needed meanwhile, and %s are free"), needed, room);
    }
  if (!plan->possible && plan->disk_needed > 0 && !plan->disk_enough)
    {
      g_autofree char *needed = g_format_size (plan->disk_needed);
      g_autofree char *room = g_format_size (plan->disk_free);

      /* Translators: bytes of disk that are needed, and free */
      return g_strdup_printf (_("Not enough room on the disk: %s are needed meanwhile, and %s are free"), needed, room);
    }
  return g_strdup (plan->reason);
}

/* ---- the dialog ---- */

static const CofferCompactWay ways[] = { COFFER_COMPACT_SWAP, COFFER_COMPACT_STEPS, COFFER_COMPACT_IN_PLACE };

typedef struct {
  CofferStorageWindow *window;     /* unowned: the dialog goes with it */
  GtkCheckButton *buttons[G_N_ELEMENTS (ways)];
} WayDialog;

/* A time in one line, wherever the text around it breaks. (transfer full) */
static char *
dup_unbroken (const char *text)
{
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  return g_strjoinv ("\302\240", words);   /* no-break space */
}

/* What a way costs, or why it cannot be gone. (transfer full) */
static char *
describe_way (CofferStorageWindow     *self,
              const CofferCompactPlan *plan,
              CofferCompactWay         way)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  gboolean needs_maps = way == COFFER_COMPACT_STEPS && space != NULL && !space->page_maps;
  g_autofree char *obstacle = needs_maps ? g_strdup (_("Needs page maps, which the other ways can turn on"))
                            : plan->possible ? NULL : coffer_storage_window_describe_obstacle (plan);
  g_autofree char *freed = g_format_size (plan->freed);
  g_autofree char *needed = g_format_size (plan->disk_needed);
  g_autofree char *room = g_format_size (plan->disk_free);
  g_autofree char *memory = g_format_size (plan->memory_needed);
  g_autofree char *duration = coffer_storage_dup_duration (plan);
  g_autofree char *seconds = dup_unbroken (duration);
  /* Translators: bytes that come back; bytes of the disk that are needed, and free; bytes of memory; a time */
  g_autofree char *cost = g_strdup_printf (_("Frees %s; needs %s of disk (%s free), about %s of memory and %s"), freed, needed, room, memory,
                                           seconds);
  g_autofree char *temporary = coffer_storage_dup_temporary (plan);

  return g_strdup_printf ("%s\n%s%s%s", coffer_storage_window_get_way_subtitle (self, plan, way), obstacle != NULL ? obstacle : cost,
                          obstacle == NULL && temporary != NULL ? "\n" : "", obstacle == NULL && temporary != NULL ? temporary : "");
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
  g_autofree char *text = describe_way (dialog->window, plan, ways[i]);
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
  const char *lock = coffer_storage_window_get_lock (self);   /* since the question was put */
  gboolean refused = FALSE;

  if (lock == NULL)
    g_signal_emit_by_name (self, "may-rewrite", &refused);
  else
    coffer_storage_window_toast (self, lock);
  if (lock == NULL && !refused)
    then (self);
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
  const char *what = why != NULL ? why : _("Nothing of what is stored changes. You can go on looking and playing meanwhile.");
  g_autofree char *body = coffer_storage_window_dup_once (self, what);
  GtkWidget *widget = adw_message_dialog_new (GTK_WINDOW (self), _("Compact the Vault?"), body);
  GtkWidget *group = adw_preferences_group_new ();
  WayDialog *dialog = g_new0 (WayDialog, 1);

  dialog->window = self;
  self->way = way;
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), make_way_row (dialog, i, self->page_maps_wanted));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (widget), coffer_yielding_new (group));
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
  g_autofree char *body = coffer_storage_window_dup_once (self, _("Keys and values stay as they are, byte for byte. KohakuVault before 0.6 "
                                                                  "cannot write to the table afterwards. The room of the old shape can then be "
                                                                  "given back by compacting. Until the end the old table stays, and you can "
                                                                  "cancel."));
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Convert the Table?"), body);

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
                  const CofferSpace   *space,
                  const char          *lock)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  g_autofree char *added = g_format_size (plan != NULL && space->page_size > 0 ? (plan->live / space->page_size / (space->page_size / 5) + 1) * space->page_size : 0);
  g_autofree char *text = g_strdup_printf (_("Instant seeking in long values, and space can be given back in steps; adds %s"), added);

  gtk_widget_set_sensitive (GTK_WIDGET (self->page_maps), lock == NULL);
  coffer_storage_window_show_lock (self->page_maps_row, lock, text);
}

/* What it is good for is said only where it can be done; else why it cannot. (transfer full) */
static char *
describe_reclaim (const CofferSpace       *space,
                  const CofferCompactPlan *plan)
{
  if (plan == NULL)
    return g_strdup ("");
  if (plan->freed == 0 && !plan->log_held)
    return g_strdup (_("Nothing to reclaim"));
  if (!space->page_maps)
    return g_strdup (_("Needs page maps, which compacting can turn on; then no copy is needed"));
  if (!plan->possible)
    return coffer_storage_window_describe_obstacle (plan);
  return g_strdup (_("No copy needed; stops when you say so, and keeps what is done"));
}

static void
update_reclaim (CofferStorageWindow *self,
                const CofferSpace   *space,
                const char          *lock)
{
  const CofferCompactPlan *plan = coffer_storage_get_way_plan (self->storage, COFFER_COMPACT_STEPS);
  g_autofree char *text = describe_reclaim (space, plan);

  gtk_widget_set_sensitive (GTK_WIDGET (self->reclaim_button), plan != NULL && plan->freed > 0 && plan->possible && !self->page_maps_wanted);
  coffer_storage_window_show_lock (self->reclaim_row, plan != NULL && plan->freed > 0 && !plan->possible ? lock : NULL, text);
}

void
coffer_storage_window_update_ways (CofferStorageWindow *self)
{
  CofferVault *vault = coffer_storage_get_vault (self->storage);
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  gboolean shown = space != NULL && coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE;
  const char *lock = coffer_storage_window_get_lock (self);
  gboolean old = coffer_vault_get_table (vault) != NULL && coffer_vault_get_table_kind (vault) == COFFER_SECTION_V1;

  if (lock != NULL)
    gtk_switch_set_active (self->page_maps, FALSE);
  if (space != NULL && space->page_maps)
    self->page_maps_wanted = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->page_maps_row), shown && !space->page_maps);
  gtk_widget_set_visible (GTK_WIDGET (self->reclaim_row), shown);
  gtk_widget_set_visible (GTK_WIDGET (self->convert_row), shown && old);
  gtk_widget_set_sensitive (GTK_WIDGET (self->convert_button), lock == NULL);
  coffer_storage_window_show_lock (self->convert_row, lock, _("The newer one has half the indexes, and long values need no memory to be written"));
  if (!shown)
    return;
  update_page_maps (self, space, lock);
  update_reclaim (self, space, lock);
}

const CofferStoragePart coffer_storage_window_ways_parts[] = {
  COFFER_STORAGE_CHILD (compact_button),
  COFFER_STORAGE_CHILD (page_maps_row),
  COFFER_STORAGE_CHILD (page_maps),
  COFFER_STORAGE_CHILD (reclaim_row),
  COFFER_STORAGE_CHILD (reclaim_button),
  COFFER_STORAGE_CHILD (convert_row),
  COFFER_STORAGE_CHILD (convert_button),
  COFFER_STORAGE_CALLBACK (compact_cb),
  COFFER_STORAGE_CALLBACK (reclaim_cb),
  COFFER_STORAGE_CALLBACK (page_maps_cb),
  COFFER_STORAGE_CALLBACK (convert_cb),
  { NULL }
};
