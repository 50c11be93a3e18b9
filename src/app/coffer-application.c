/* SPDX-License-Identifier: MIT */
/* The application: command line, windows and the actions app.*. It runs once for a desktop session; a second start hands its
 * files to the first. Main thread.
 */
#define G_LOG_DOMAIN "coffer-application"

#include "coffer-application.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>

#include "coffer-outside-folder.h"
#include "coffer-vault.h"
#include "coffer-window.h"

struct _CofferApplication {
  AdwApplication parent_instance;

  CofferGate *gate;
  GFile *first;        /* of the command line; until it is begun */
  CofferRecent *recent;
  CofferTransfers *transfers;
  GSettings *settings;
  GPtrArray *left;     /* (nullable): files with edits, until a window has told of them */
  guint signal_ids[3];
};

G_DEFINE_FINAL_TYPE (CofferApplication, coffer_application, ADW_TYPE_APPLICATION)

static const GOptionEntry options[] = {
  { "version", 'v', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, NULL, N_("Print the version and exit"), NULL },
  { NULL },
};

static CofferWindow *
find_window (CofferApplication *self,
             GFile             *file)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    {
      GFile *shown = COFFER_IS_WINDOW (l->data) ? coffer_window_get_file (l->data) : NULL;

      if (shown != NULL && g_file_equal (shown, file))
        return l->data;
    }

  return NULL;
}

void
coffer_application_open_file (CofferApplication *self,
                              GFile             *file,
                              CofferWindow      *window)
{
  CofferWindow *there;

  g_return_if_fail (COFFER_IS_APPLICATION (self));
  g_return_if_fail (G_IS_FILE (file));

  there = find_window (self, file);
  if (there == NULL)
    there = window != NULL && coffer_window_is_free (window) ? window : coffer_window_new (self);
  if (coffer_window_is_free (there))
    coffer_window_open (there, file);
  coffer_window_present (there);
}

CofferGate *
coffer_application_get_gate (CofferApplication *self)
{
  g_return_val_if_fail (COFFER_IS_APPLICATION (self), NULL);

  return self->gate;
}

CofferTransfers *
coffer_application_get_transfers (CofferApplication *self)
{
  g_return_val_if_fail (COFFER_IS_APPLICATION (self), NULL);

  return self->transfers;
}

CofferRecent *
coffer_application_get_recent (CofferApplication *self)
{
  g_return_val_if_fail (COFFER_IS_APPLICATION (self), NULL);

  return self->recent;
}

GSettings *
coffer_application_get_settings (CofferApplication *self)
{
  g_return_val_if_fail (COFFER_IS_APPLICATION (self), NULL);

  return self->settings;
}

/* Actions */

static void
quit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  GList *windows = g_list_copy (gtk_application_get_windows (user_data));

  for (GList *l = windows; l != NULL; l = l->next)
    gtk_window_close (l->data);
  g_list_free (windows);
}

static void
new_window_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  gtk_window_present (GTK_WINDOW (coffer_window_new (user_data)));
}

static void
about_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  adw_show_about_window (gtk_application_get_active_window (user_data),
                         "application-name", _("Coffer"),
                         "application-icon", COFFER_APPLICATION_ID,
                         "version", COFFER_VERSION,
                         "developer-name", _("The Coffer authors"),
                         "comments", _("Look inside KohakuVault files: large media values, by key, in one SQLite file."),
                         "license-type", GTK_LICENSE_MIT_X11,
                         /* Translators: your names, one a line */
                         "translator-credits", _("translator-credits"),
                         NULL);
}

/* A path or a URI. */
static void
open_path_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (g_variant_get_string (parameter, NULL));

  coffer_application_open_file (user_data, file, NULL);
}

static void
open_paths_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  g_autofree const char **paths = g_variant_get_strv (parameter, NULL);

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autoptr(GFile) file = g_file_new_for_commandline_arg (paths[i]);

      coffer_application_open_file (user_data, file, NULL);
    }
}

static const GActionEntry entries[] = {
  { "about", about_action },
  { "new-window", new_window_action },
  { "open-path", open_path_action, "s" },
  { "open-paths", open_paths_action, "as" },
  { "quit", quit_action },
};

static const struct {
  const char *action;
  const char *accels[4];   /* and NULL */
} keys[] = {
  { "app.quit", { "<Control>q" } },
  { "win.add-files", { "<Control>i" } },
  { "win.change::redo", { "<Control><Shift>z", "<Control>y" } },   /* while the others are not enabled */
  { "win.change::undo", { "<Control>z" } },
  { "win.clean-up", { "<Control><Shift>k" } },
  { "win.export", { "<Control>e" } },
  { "win.export-archive", { "<Control><Shift>e" } },
  { "win.find", { "<Control>f" } },
  { "win.larger-thumbnails", { "<Control>plus", "<Control>equal", "<Control>KP_Add" } },
  { "win.go-back", { "<Alt>Left" } },
  { "win.go-forward", { "<Alt>Right" } },
  { "win.go-up", { "<Alt>Up" } },
  { "win.main-menu", { "F10" } },
  { "win.new-vault", { "<Control>n" } },
  { "win.next-pane", { "F6" } },
  { "win.open", { "<Control>o" } },
  { "win.same-vault-window", { "<Control><Shift>n" } },
  { "win.redo", { "<Control><Shift>z", "<Control>y" } },
  { "win.refresh", { "F5" } },
  { "win.sidebar", { "F9" } },
  { "win.storage::top", { "<Control><Shift>s" } },
  { "win.undo", { "<Control>z" } },
  { "win.write-deletions", { "<Control>s" } },
  { "win.smaller-thumbnails", { "<Control>minus", "<Control>KP_Subtract" } },
  { "win.view::grid", { "<Control>2" } },
  { "win.view::list", { "<Control>1" } },
  { "window.close", { "<Control>w" } },
};

/* Program */

static GSettings *
open_settings (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr(GSettingsSchema) schema = source != NULL ? g_settings_schema_source_lookup (source, COFFER_APPLICATION_ID, TRUE) : NULL;

  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

/* The end of the session: vaults are closed in order, so that no side file stays beside them. */
static gboolean
terminated_cb (gpointer user_data)
{
  g_action_group_activate_action (user_data, "quit", NULL);
  return G_SOURCE_CONTINUE;
}

static int
coffer_application_handle_local_options (GApplication *application,
                                         GVariantDict *given)
{
  if (!g_variant_dict_contains (given, "version"))
    return -1;

  g_print ("Coffer %s\n", COFFER_VERSION);
  return 0;
}

/* Notes the first file, for the case that this is the process that shows it. */
static gboolean
coffer_application_local_command_line (GApplication   *application,
                                       char         ***arguments,
                                       int            *status)
{
  CofferApplication *self = COFFER_APPLICATION (application);
  const char *first = (*arguments)[0] != NULL ? (*arguments)[1] : NULL;

  if (first != NULL && *first != '-')
    self->first = g_file_new_for_commandline_arg (first);
  return G_APPLICATION_CLASS (coffer_application_parent_class)->local_command_line (application, arguments, status);
}

/* The first window tells, once there is one. */
static void
tell_left (CofferApplication *self)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (self));

  if (self->left == NULL || windows == NULL || !COFFER_IS_WINDOW (windows->data))
    return;

  if (self->left->len > 0)
    coffer_window_tell_left (windows->data, self->left);
  g_clear_pointer (&self->left, g_ptr_array_unref);
}

static void
swept_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  CofferApplication *self = COFFER_APPLICATION (source);

  self->left = g_task_propagate_pointer (G_TASK (result), NULL);
  tell_left (self);
}

static void
sweep_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  g_task_return_pointer (task, coffer_outside_folder_sweep (), (GDestroyNotify) g_ptr_array_unref);
}

static void
sweep (CofferApplication *self)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, swept_cb, NULL);

  g_task_run_in_thread (task, sweep_thread);
}

static void
coffer_application_startup (GApplication *application)
{
  CofferApplication *self = COFFER_APPLICATION (application);

  /* GTK takes its time to start; the vault is opened meanwhile. */
  if (self->first != NULL)
    coffer_gate_begin (self->gate, self->first);
  g_clear_object (&self->first);

  G_APPLICATION_CLASS (coffer_application_parent_class)->startup (application);

  gtk_window_set_default_icon_name (COFFER_APPLICATION_ID);
  self->settings = open_settings ();
  self->recent = coffer_recent_new ();
  self->transfers = coffer_transfers_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), keys[i].action, keys[i].accels);
  sweep (self);
  g_signal_connect_after (self, "window-added", G_CALLBACK (tell_left), NULL);
  self->signal_ids[0] = g_unix_signal_add (SIGHUP, terminated_cb, self);
  self->signal_ids[1] = g_unix_signal_add (SIGINT, terminated_cb, self);
  self->signal_ids[2] = g_unix_signal_add (SIGTERM, terminated_cb, self);
}

static void
coffer_application_shutdown (GApplication *application)
{
  CofferApplication *self = COFFER_APPLICATION (application);

  coffer_vault_close_all ();
  coffer_outside_folder_finish ();
  for (gsize i = 0; i < G_N_ELEMENTS (self->signal_ids); i++)
    g_clear_handle_id (&self->signal_ids[i], g_source_remove);

  G_APPLICATION_CLASS (coffer_application_parent_class)->shutdown (application);
}

static void
coffer_application_activate (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window == NULL)
    window = GTK_WINDOW (coffer_window_new (COFFER_APPLICATION (application)));
  gtk_window_present (window);
}

static void
coffer_application_open (GApplication  *application,
                         GFile        **files,
                         int            n_files,
                         const char    *hint)
{
  for (int i = 0; i < n_files; i++)
    coffer_application_open_file (COFFER_APPLICATION (application), files[i], NULL);
}

static void
coffer_application_finalize (GObject *object)
{
  CofferApplication *self = COFFER_APPLICATION (object);

  g_clear_object (&self->gate);
  g_clear_object (&self->first);
  g_clear_pointer (&self->left, g_ptr_array_unref);
  g_clear_object (&self->recent);
  g_clear_object (&self->transfers);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (coffer_application_parent_class)->finalize (object);
}

static void
coffer_application_class_init (CofferApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_application_finalize;
  application_class->handle_local_options = coffer_application_handle_local_options;
  application_class->local_command_line = coffer_application_local_command_line;
  application_class->startup = coffer_application_startup;
  application_class->shutdown = coffer_application_shutdown;
  application_class->activate = coffer_application_activate;
  application_class->open = coffer_application_open;
}

static void
coffer_application_init (CofferApplication *self)
{
  self->gate = coffer_gate_new ();
  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _("[FILE…]"));
}

CofferApplication *
coffer_application_new (void)
{
  return g_object_new (COFFER_TYPE_APPLICATION,
                       "application-id", COFFER_APPLICATION_ID,
                       "flags", G_APPLICATION_HANDLES_OPEN,
                       NULL);
}
