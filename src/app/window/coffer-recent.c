/* SPDX-License-Identifier: MIT */
/* Recent vaults, kept by the desktop's list of recent files. Which of them are still there and how large they are is asked
 * with stat(2) on a thread of GIO's pool, as a folder may be on a disk that sleeps or a server that is away; the model changes
 * when the answers are in. Nothing here opens a vault (see kvault.h), which is why the type is given and not asked for.
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-recent"

#include "coffer-recent.h"

#include <gtk/gtk.h>

#define N_RECENT 8
#define VAULT_TYPE "application/vnd.kohakuvault+sqlite3"

struct _CofferRecent {
  GObject parent_instance;

  GtkRecentManager *manager;  /* unowned: GTK's */
  GPtrArray *files;           /* CofferRecentFile */
  GCancellable *looking;
};

static void coffer_recent_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferRecent, coffer_recent, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, coffer_recent_list_model_init))

/* Pool thread. */
static void
look_worker (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GPtrArray *paths = task_data;
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < paths->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      CofferRecentFile *file = coffer_recent_file_new (g_ptr_array_index (paths, i));

      if (file != NULL)
        g_ptr_array_add (files, file);
    }

  g_task_return_pointer (task, g_steal_pointer (&files), (GDestroyNotify) g_ptr_array_unref);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  CofferRecent *self = COFFER_RECENT (source);
  GPtrArray *files = g_task_propagate_pointer (G_TASK (result), NULL);
  guint n_before = self->files->len;

  if (files == NULL)
    return;

  g_ptr_array_unref (self->files);
  self->files = files;
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_before, files->len);
}

static int
compare_visited (gconstpointer a,
                 gconstpointer b)
{
  return g_date_time_compare (gtk_recent_info_get_modified ((GtkRecentInfo *) b), gtk_recent_info_get_modified ((GtkRecentInfo *) a));
}

static void
look (CofferRecent *self)
{
  GList *items = g_list_sort (gtk_recent_manager_get_items (self->manager), compare_visited);
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GTask) task = NULL;

  for (GList *l = items; l != NULL; l = l->next)
    {
      char *path = gtk_recent_info_has_application (l->data, g_get_application_name ()) && paths->len < N_RECENT
                   ? g_filename_from_uri (gtk_recent_info_get_uri (l->data), NULL, NULL) : NULL;

      if (path != NULL)
        g_ptr_array_add (paths, path);
    }
  g_list_free_full (items, (GDestroyNotify) gtk_recent_info_unref);

  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  self->looking = g_cancellable_new ();
  task = g_task_new (self, self->looking, looked_cb, NULL);
  g_task_set_source_tag (task, look);
  g_task_set_task_data (task, g_steal_pointer (&paths), (GDestroyNotify) g_ptr_array_unref);
  g_task_run_in_thread (task, look_worker);
}

void
coffer_recent_add (CofferRecent *self,
                   GFile        *file)
{
  g_autofree char *uri = g_file_get_uri (file);
  g_autofree char *command = g_strconcat (g_get_prgname (), " %u", NULL);
  g_autofree char *application = g_strdup (g_get_application_name ());
  char type[] = VAULT_TYPE;
  GtkRecentData data = { NULL, NULL, type, application, command, NULL, FALSE };

  g_return_if_fail (COFFER_IS_RECENT (self));

  if (g_file_peek_path (file) != NULL)
    gtk_recent_manager_add_full (self->manager, uri, &data);
}

static GType
coffer_recent_get_item_type (GListModel *model)
{
  return COFFER_TYPE_RECENT_FILE;
}

static guint
coffer_recent_get_n_items (GListModel *model)
{
  return COFFER_RECENT (model)->files->len;
}

static gpointer
coffer_recent_get_item (GListModel *model,
                        guint       position)
{
  GPtrArray *files = COFFER_RECENT (model)->files;

  return position < files->len ? g_object_ref (g_ptr_array_index (files, position)) : NULL;
}

static void
coffer_recent_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = coffer_recent_get_item_type;
  iface->get_n_items = coffer_recent_get_n_items;
  iface->get_item = coffer_recent_get_item;
}

static void
coffer_recent_dispose (GObject *object)
{
  CofferRecent *self = COFFER_RECENT (object);

  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);

  G_OBJECT_CLASS (coffer_recent_parent_class)->dispose (object);
}

static void
coffer_recent_finalize (GObject *object)
{
  g_ptr_array_unref (COFFER_RECENT (object)->files);

  G_OBJECT_CLASS (coffer_recent_parent_class)->finalize (object);
}

static void
coffer_recent_class_init (CofferRecentClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_recent_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_recent_finalize;
}

static void
coffer_recent_init (CofferRecent *self)
{
  self->files = g_ptr_array_new_with_free_func (g_object_unref);
  self->manager = gtk_recent_manager_get_default ();
  g_signal_connect_object (self->manager, "changed", G_CALLBACK (look), self, G_CONNECT_SWAPPED);
  look (self);
}

CofferRecent *
coffer_recent_new (void)
{
  return g_object_new (COFFER_TYPE_RECENT, NULL);
}
