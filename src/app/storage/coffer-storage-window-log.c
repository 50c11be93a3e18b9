/* SPDX-License-Identifier: MIT */
/* The write-ahead log in the window "Storage": how much of it is not in the main file, moving it there, and who is in the way. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-readers.h>
#include <glib/gi18n-lib.h>

#include "coffer-yielding.h"

#define REVEAL_FRAMES 2
#define REVEAL_MARGIN 6

/* ---- who is in the way ---- */

/* NULL: nobody, as far as can be seen. */
static CofferLogHolder *
get_holder (CofferStorageWindow *self)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);

  return space != NULL && space->wal_size > 0 ? coffer_storage_get_log_holder (self->storage) : NULL;
}

/* (transfer full) */
static char *
describe_holder (CofferStorageWindow *self,
                 CofferLogHolder     *holder,
                 const char          *readers,
                 gboolean             other_window)
{
  const char *name;
  int pid = coffer_log_holder_get_pid (holder, &name);
  GDateTime *when;
  g_autofree char *time = NULL;

  if (coffer_log_holder_is_unseen (holder))
    {
      coffer_storage_get_checkpoint (self->storage, &when);
      time = g_date_time_format (when, "%X");
      return g_strdup_printf (_("Held by another program at %s"), time);
    }
  if (pid == 0)
    return g_strdup (readers == NULL ? _("Held by this program")
                     : other_window ? _("Held by another window of this program") : _("Held by this window"));
  if (*name == '\0')
    return g_strdup (_("Held by another program"));
  /* Translators: a program, and its number */
  return g_strdup_printf (_("Held by %s (process %d)"), name, pid);
}

/* (transfer full) */
static char *
describe_what_it_does (CofferStorageWindow *self,
                       CofferLogHolder     *holder,
                       const char          *readers)
{
  GDateTime *when;
  const CofferCheckpoint *checkpoint = coffer_storage_get_checkpoint (self->storage, &when);
  const char *name;

  if (coffer_log_holder_is_unseen (holder))
    return g_strdup (_("Whether it still is cannot be seen from here. Try again."));
  if (coffer_log_holder_get_pid (holder, &name) == 0)
    return g_strdup_printf (_("%s Release closes it for the moment of a checkpoint; it can go on afterwards."),
                            readers != NULL ? readers : _("A clip, a preview or an export reads the vault."));
  if (coffer_log_holder_is_own (holder))
    return g_strdup (_("It needs the log, and so does what this program reads, which Release closes for the moment."));
  if (checkpoint != NULL && checkpoint->writer)
    return g_strdup (_("It writes to the vault. Try again when it is done."));
  return g_strdup (_("It reads the vault, and needs the log for that. Try again when it is done."));
}

static void
update_blocked (CofferStorageWindow *self)
{
  CofferLogHolder *holder = get_holder (self);
  g_autofree char *readers = NULL, *title = NULL, *text = NULL;
  gboolean other_window = FALSE, own;

  gtk_widget_set_visible (GTK_WIDGET (self->blocked_row), holder != NULL);
  if (holder == NULL)
    return;
  own = coffer_log_holder_is_own (holder);
  readers = own ? coffer_vault_dup_readers (coffer_storage_get_vault (self->storage), &other_window) : NULL;
  title = describe_holder (self, holder, readers, other_window);
  text = describe_what_it_does (self, holder, readers);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->blocked_row), FALSE);   /* a program has any name */
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->blocked_row), title);
  adw_action_row_set_subtitle (self->blocked_row, text);
  gtk_widget_set_visible (GTK_WIDGET (self->release_button), own);
  gtk_widget_set_sensitive (GTK_WIDGET (self->release_button), coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE &&
                                                               coffer_storage_window_get_file_lock (self) == NULL);
}

/* ---- what is known ---- */

static void
update_checkpoint (CofferStorageWindow *self)
{
  GDateTime *when;
  const CofferCheckpoint *checkpoint = coffer_storage_get_checkpoint (self->storage, &when);
  gboolean moved_all = checkpoint != NULL && checkpoint->moved >= checkpoint->frames;
  g_autofree char *time = NULL, *text = NULL, *moved = NULL, *frames = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->checkpoint_row), checkpoint != NULL);
  update_blocked (self);
  if (checkpoint == NULL)
    return;
  time = g_date_time_format (when, "%X");
  moved = coffer_storage_window_dup_number (checkpoint->moved);
  frames = coffer_storage_window_dup_number (checkpoint->frames);
  if (!moved_all)
    text = g_strdup_printf (_("At %s: %s of %s pages moved"), time, moved, frames);
  else if (!checkpoint->finished)
    text = g_strdup_printf (_("At %s: everything is in the main file, but the log could not be emptied"), time);
  else
    text = g_strdup_printf (_("At %s: everything is in the main file"), time);
  adw_action_row_set_subtitle (self->checkpoint_row, text);
}

/* Pages, of as many as there is room for: a log that begins anew keeps its size. (transfer full) */
static char *
describe_frames (const CofferSpace *space)
{
  guint64 n_room = space->wal_size > 32 ? (space->wal_size - 32) / (space->page_size + 24) : 0;   /* a head; before each page are 24 bytes */
  g_autofree char *frames = coffer_storage_window_dup_number (space->wal_frames);
  g_autofree char *room = coffer_storage_window_dup_number (n_room);

  if (n_room == 0)
    return g_strdup ("");
  /* Translators: "120 of 1,000 pages in use", of the log */
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s of %s page in use", "%s of %s pages in use", n_room), frames, room);
}

static void
update_sizes (CofferStorageWindow *self,
              const CofferSpace   *space)
{
  g_autofree char *frames = describe_frames (space);

  coffer_storage_window_show_size (self->log_size, space->wal_size);
  adw_action_row_set_subtitle (self->log_size_row, space->wal_waiting > 0 ? frames : _("Everything is in the main file"));
  gtk_widget_set_visible (GTK_WIDGET (self->log_size_row), space->wal_mode);
  coffer_storage_window_show_size (self->waiting, space->wal_waiting);
  gtk_widget_set_visible (GTK_WIDGET (self->waiting_row), space->wal_mode && space->wal_waiting > 0);
  adw_action_row_set_subtitle (self->growth_row, space->wal_waiting > 0
                                 ? _("Somebody who reads or writes for long keeps it from being emptied. A checkpoint tells who.")
                                 : _("All of it is in the main file. Emptying it gives the room back."));
  gtk_widget_set_visible (GTK_WIDGET (self->growth_row), space->wal_size > COFFER_LOG_LARGE);
}

void
coffer_storage_window_update_log (CofferStorageWindow *self)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  gboolean idle = coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE;
  const char *lock = coffer_storage_window_get_file_lock (self);

  if (self->log_group == NULL)
    return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->checkpoint_button), idle && lock == NULL && space != NULL && space->wal_size > 0);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->checkpoint_button), lock);
  if (space == NULL)
    return;
  update_sizes (self, space);
  update_checkpoint (self);
}

/* The rows have taken their places a frame after they came and went. */
static gboolean
reveal_cb (GtkWidget     *widget,
           GdkFrameClock *clock,
           gpointer       data)
{
  CofferStorageWindow *self = COFFER_STORAGE_WINDOW (widget);
  GtkWidget *row = GTK_WIDGET (self->blocked_row);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  graphene_rect_t bounds;
  double below;

  if (gtk_widget_get_visible (row) && self->blocked_frames++ < REVEAL_FRAMES)
    return G_SOURCE_CONTINUE;
  self->blocked_tick = 0;
  if (!gtk_widget_get_visible (row) || !gtk_widget_compute_bounds (row, GTK_WIDGET (self->scrolled), &bounds))
    return G_SOURCE_REMOVE;
  below = bounds.origin.y + bounds.size.height - (double) gtk_widget_get_height (GTK_WIDGET (self->scrolled));
  if (bounds.origin.y < 0)
    gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + bounds.origin.y - REVEAL_MARGIN);
  else if (below > 0)
    gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + below + REVEAL_MARGIN);
  return G_SOURCE_REMOVE;
}

/* Whoever was in the way of what a person asked for is told where they look. */
void
coffer_storage_window_reveal_blocked (CofferStorageWindow *self,
                                      CofferStorageJob     job)
{
  if (job != COFFER_STORAGE_CHECKPOINT || self->log_group == NULL || get_holder (self) == NULL || self->blocked_tick != 0)
    return;
  self->blocked_frames = 0;
  self->blocked_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), reveal_cb, NULL, NULL);
}

static void
release_cb (CofferStorageWindow *self)
{
  coffer_storage_checkpoint (self->storage, COFFER_CHECKPOINT_ALONE);
}

/* ---- checkpointing, asked for ---- */

static const struct {
  const char *title;
  const char *subtitle;
} modes[] = {
  [COFFER_CHECKPOINT_PASSIVE] = { N_("At once"), N_("Moves what can be moved without waiting for anybody") },
  [COFFER_CHECKPOINT_FULL] = { N_("Everything"), N_("Waits a moment for others, then moves all of it; the log keeps its size") },
  [COFFER_CHECKPOINT_TRUNCATE] = { N_("Everything, and empty the log"), N_("Waits a few seconds for others; if nobody needs the log then, gives its room back") },
};

typedef struct {
  CofferStorageWindow *window;     /* unowned: the dialog goes with it */
  GtkCheckButton *buttons[G_N_ELEMENTS (modes)];
} ModeDialog;

static void
mode_response_cb (ModeDialog *dialog,
                  const char *response)
{
  if (!g_str_equal (response, "checkpoint"))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    if (gtk_check_button_get_active (dialog->buttons[i]))
      coffer_storage_checkpoint (dialog->window->storage, i);
}

static GtkWidget *
make_mode_row (ModeDialog *dialog,
               guint       mode)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_check_button_new ();

  dialog->buttons[mode] = GTK_CHECK_BUTTON (button);
  if (mode > 0)
    gtk_check_button_set_group (dialog->buttons[mode], dialog->buttons[0]);
  gtk_check_button_set_active (dialog->buttons[mode], mode == COFFER_CHECKPOINT_TRUNCATE);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _(modes[mode].title));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _(modes[mode].subtitle));
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), button);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), button);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _(modes[mode].title), -1);
  return row;
}

static void
checkpoint_cb (CofferStorageWindow *self)
{
  g_autofree char *body = coffer_storage_window_dup_once (self, _("Nothing is lost either way: what is in the write-ahead log is safe there."));
  GtkWidget *widget = adw_message_dialog_new (GTK_WINDOW (self), _("Move the Log Into the Main File?"), body);
  GtkWidget *group = adw_preferences_group_new ();
  ModeDialog *dialog = g_new0 (ModeDialog, 1);

  dialog->window = self;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), make_mode_row (dialog, i));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (widget), coffer_yielding_new (group));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (widget), "cancel", _("_Cancel"), "checkpoint", _("Check_point"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (widget), "checkpoint", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (widget), "checkpoint");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (widget), "cancel");
  g_object_set_data_full (G_OBJECT (widget), "dialog", dialog, g_free);
  g_signal_connect_swapped (widget, "response", G_CALLBACK (mode_response_cb), dialog);
  gtk_window_present (GTK_WINDOW (widget));
}

const CofferStoragePart coffer_storage_window_log_parts[] = {
  COFFER_STORAGE_CHILD (log_group),
  COFFER_STORAGE_CHILD (checkpoint_button),
  COFFER_STORAGE_CHILD (log_size),
  COFFER_STORAGE_CHILD (log_size_row),
  COFFER_STORAGE_CHILD (waiting),
  COFFER_STORAGE_CHILD (waiting_row),
  COFFER_STORAGE_CHILD (growth_row),
  COFFER_STORAGE_CHILD (checkpoint_row),
  COFFER_STORAGE_CHILD (blocked_row),
  COFFER_STORAGE_CHILD (release_button),
  COFFER_STORAGE_CALLBACK (checkpoint_cb),
  COFFER_STORAGE_CALLBACK (release_cb),
  { NULL }
};
