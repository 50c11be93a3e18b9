/* SPDX-License-Identifier: MIT */
/*
 * First the names, then the files. Names need the endings by content, so the beginnings of the values whose keys have none are read;
 * of very many that is left out. Main thread, but for what ends in _worker.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-bundle-files.h"

#include <coffer-error.h>
#include <coffer-file-name.h>
#include <coffer-value.h>
#include <names.h>

#include "coffer-export.h"
#include "coffer-outside-folder.h"

#include <string.h>

#define MAX_LOOKED_AT 2000       /* values of which the content is found out */

/* One of the two things that are done once: who asks for it meanwhile, and how it ended. */
typedef struct {
  GPtrArray *waiting;            /* of GTask; NULL: not begun, or over */
  gboolean done;
  GError *error;
} Step;

struct _CofferBundleFiles {
  GObject parent_instance;

  CofferBundle *bundle;
  CofferTransfers *transfers;
  GPtrArray *keys;
  GPtrArray *names;              /* of char *: paths in the folder */
  char *folder;
  GSList *files;                 /* of GFile: what is at its top */
  CofferExport *export;          /* while it runs */
  Step naming, writing;
};

G_DEFINE_FINAL_TYPE (CofferBundleFiles, coffer_bundle_files, G_TYPE_OBJECT)

/* Waiting */

/* Takes @task. */
static void
answer (CofferBundleFiles *self,
        Step              *step,
        GTask             *task)
{
  if (step->error != NULL)
    g_task_return_error (task, g_error_copy (step->error));
  else
    g_task_return_pointer (task, self->files, NULL);
  g_object_unref (task);
}

/* Whether the step is to begin. Takes @task. */
static gboolean
wait_for (CofferBundleFiles *self,
          Step              *step,
          GTask             *task)
{
  gboolean begins = step->waiting == NULL;

  if (step->done)
    {
      answer (self, step, task);
      return FALSE;
    }
  if (begins)
    step->waiting = g_ptr_array_new ();
  g_ptr_array_add (step->waiting, task);
  return begins;
}

/* @error (transfer full) (nullable) */
static void
end_step (CofferBundleFiles *self,
          Step              *step,
          GError            *error)
{
  g_autoptr(GPtrArray) waiting = g_steal_pointer (&step->waiting);

  step->done = TRUE;
  step->error = error;
  for (guint i = 0; i < waiting->len; i++)
    answer (self, step, g_ptr_array_index (waiting, i));
}

/* Names */

/* What a lane finds out. */
typedef struct {
  GPtrArray *keys;
  char *content_type;            /* of the only one; NULL: not known */
  gboolean looks;                /* at the values */
  GPtrArray *names;
  char *folder;
} Naming;

static void
naming_free (gpointer data)
{
  Naming *naming = data;

  coffer_keys_unref (naming->keys);
  g_clear_pointer (&naming->names, g_ptr_array_unref);
  g_free (naming->content_type);
  g_free (naming->folder);
  g_free (naming);
}

/* (transfer none) (nullable) */
static const char *
find_ending (Naming            *naming,
             CofferValueReader *reader,
             CofferKey         *key,
             names_bytes        name,
             GCancellable      *cancellable)
{
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = NULL;
  names_bytes last = names_last_part (name);

  if (naming->content_type != NULL)
    return coffer_file_name_ending (naming->content_type);
  if (!naming->looks || names_has_ending (last.data, last.size))
    return NULL;
  stream = coffer_value_reader_open (reader, key, &facts, cancellable, NULL);
  coffer_value_reader_close (reader);
  return facts != NULL ? coffer_file_name_ending (facts->content_type) : NULL;
}

static gboolean
name_keys (Naming             *naming,
           CofferValueReader  *reader,
           names_paths        *paths,
           GCancellable       *cancellable,
           GError            **error)
{
  gsize common = coffer_bundle_measure_common (naming->keys);

  for (guint i = 0; i < naming->keys->len; i++)
    {
      CofferKey *key = g_ptr_array_index (naming->keys, i);
      gsize size;
      const char *bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
      names_bytes rest = { size > common ? bytes + common : "", size > common ? size - common : 0 };
      const char *path;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      path = names_paths_take (paths, rest, find_ending (naming, reader, key, rest, cancellable));
      if (path == NULL)
        g_error ("no memory for the names of files");
      g_ptr_array_add (naming->names, g_strdup (path));
    }
  return TRUE;
}

/* A CofferReaderFunc: may be called again. */
static gboolean
name_worker (CofferValueReader  *reader,
             gpointer            data,
             GCancellable       *cancellable,
             GError            **error)
{
  Naming *naming = data;
  names_paths *paths = names_paths_new (NAMES_PLAIN);
  gboolean named;

  g_clear_pointer (&naming->names, g_ptr_array_unref);
  naming->names = g_ptr_array_new_with_free_func (g_free);
  if (naming->folder == NULL)
    naming->folder = coffer_outside_folder_make (error);
  named = naming->folder != NULL && name_keys (naming, reader, paths, cancellable, error);
  names_paths_free (paths);
  return named;
}

/* Each file or folder at the top once. */
static GSList *
list_tops (const char *folder,
           GPtrArray  *names)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GSList *files = NULL;

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      char *top = g_strndup (name, strcspn (name, "/"));

      if (!g_hash_table_contains (seen, top))
        files = g_slist_prepend (files, g_file_new_build_filename (folder, top, NULL));
      g_hash_table_add (seen, top);
    }
  return g_slist_reverse (files);
}

static void
named_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferBundleFiles) self = user_data;
  Naming *naming = g_object_steal_data (G_OBJECT (self), "naming");
  GError *error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    {
      self->keys = g_ptr_array_ref (naming->keys);
      self->names = g_steal_pointer (&naming->names);
      self->folder = g_steal_pointer (&naming->folder);
      self->files = list_tops (self->folder, self->names);
    }
  naming_free (naming);
  end_step (self, &self->naming, error);
}

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferBundleFiles) self = user_data;
  GError *error = NULL;
  GPtrArray *keys = coffer_bundle_keys_finish (self->bundle, result, &error);
  CofferVault *vault = coffer_bundle_get_vault (self->bundle);
  Naming *naming;

  if (keys != NULL && keys->len == 0)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no keys");
  if (error != NULL)
    {
      g_clear_pointer (&keys, coffer_keys_unref);
      end_step (self, &self->naming, error);
      return;
    }
  naming = g_new0 (Naming, 1);
  naming->keys = keys;
  naming->content_type = g_strdup (coffer_bundle_get_content_type (self->bundle));
  naming->looks = keys->len <= MAX_LOOKED_AT;
  g_object_set_data (G_OBJECT (self), "naming", naming);
  coffer_vault_read_values_async (vault, 0, coffer_bundle_get_table (self->bundle), name_worker, naming, NULL, NULL, named_cb,
                                  g_object_ref (self));
}

void
coffer_bundle_files_name_async (CofferBundleFiles   *self,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, coffer_bundle_files_name_async);
  if (wait_for (self, &self->naming, task))
    coffer_bundle_keys_async (self->bundle, keys_cb, g_object_ref (self));
}

GSList *
coffer_bundle_files_name_finish (CofferBundleFiles  *self,
                                 GAsyncResult       *result,
                                 GError            **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Files */

static void
drop_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  coffer_outside_folder_drop (data);
}

/* What is not whole is nobody's. */
static void
drop_folder (CofferBundleFiles *self)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, g_strdup (self->folder), g_free);
  g_task_run_in_thread (task, drop_thread);
}

static void
state_cb (CofferBundleFiles *self,
          GParamSpec        *pspec,
          CofferTransfer    *export)
{
  const GError *failure = coffer_transfer_get_error (export);
  GError *error = NULL;

  if (coffer_transfer_is_active (export))
    return;
  g_signal_handlers_disconnect_by_func (export, state_cb, self);
  if (failure != NULL)
    error = g_error_copy (failure);
  else if (coffer_transfer_get_state (export) == COFFER_TRANSFER_CANCELLED)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  if (error != NULL)
    drop_folder (self);
  end_step (self, &self->writing, error);
  g_clear_object (&self->export);
  g_object_unref (self);   /* of the run */
}

static void
names_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferBundleFiles) self = user_data;
  g_autoptr(GFile) folder = NULL;
  GError *error = NULL;

  coffer_bundle_files_name_finish (self, result, &error);
  if (error != NULL)
    {
      end_step (self, &self->writing, error);
      return;
    }
  folder = g_file_new_for_path (self->folder);
  self->export = coffer_export_new_named (coffer_bundle_get_vault (self->bundle), coffer_bundle_get_table (self->bundle), self->keys,
                                          self->names, folder);
  if (coffer_bundle_get_size (self->bundle) != G_MAXUINT64)
    coffer_export_set_expected (self->export, self->keys->len, coffer_bundle_get_size (self->bundle));
  g_signal_connect_swapped (self->export, "notify::state", G_CALLBACK (state_cb), g_object_ref (self));
  coffer_transfers_add (self->transfers, COFFER_TRANSFER (self->export));
}

void
coffer_bundle_files_write_async (CofferBundleFiles   *self,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, coffer_bundle_files_write_async);
  if (wait_for (self, &self->writing, task))
    coffer_bundle_files_name_async (self, names_cb, g_object_ref (self));
}

GSList *
coffer_bundle_files_write_finish (CofferBundleFiles  *self,
                                  GAsyncResult       *result,
                                  GError            **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

CofferTransfer *
coffer_bundle_files_get_transfer (CofferBundleFiles *self)
{
  return (CofferTransfer *) self->export;
}

gboolean
coffer_bundle_files_is_promised (CofferBundleFiles *self)
{
  return (self->naming.done || self->naming.waiting != NULL) && !self->writing.done;
}

static void
coffer_bundle_files_finalize (GObject *object)
{
  CofferBundleFiles *self = COFFER_BUNDLE_FILES (object);

  if (self->folder != NULL && !self->writing.done)
    drop_folder (self);
  g_object_unref (self->bundle);
  g_object_unref (self->transfers);
  g_clear_pointer (&self->keys, coffer_keys_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_slist_free_full (self->files, g_object_unref);
  g_clear_error (&self->naming.error);
  g_clear_error (&self->writing.error);
  g_free (self->folder);

  G_OBJECT_CLASS (coffer_bundle_files_parent_class)->finalize (object);
}

static void
coffer_bundle_files_class_init (CofferBundleFilesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_bundle_files_finalize;
}

static void
coffer_bundle_files_init (CofferBundleFiles *self)
{
}

CofferBundleFiles *
coffer_bundle_files_new (CofferBundle    *bundle,
                         CofferTransfers *transfers)
{
  CofferBundleFiles *self = g_object_new (COFFER_TYPE_BUNDLE_FILES, NULL);

  self->bundle = g_object_ref (bundle);
  self->transfers = g_object_ref (transfers);
  return self;
}
