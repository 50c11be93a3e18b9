/* SPDX-License-Identifier: MIT */
/*
 * First the names, then the files. Names need the endings by content, so the beginnings of the values whose keys have none are read;
 * of very many that is left out. That waits for another program that keeps the vault from being read, and can be seen and cancelled, as
 * writing them can. Main thread, but for what ends in _worker.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-bundle-files.h"

#include <coffer-error.h>
#include <coffer-file-name.h>
#include <coffer-value.h>
#include <glib/gi18n-lib.h>
#include <names.h>

#include "coffer-export.h"
#include "coffer-outside-folder.h"
#include "coffer-preparation.h"

#include <string.h>

#define MAX_LOOKED_AT 2000       /* values of which the content is found out */
#define AGAIN_MS 250
#define BUSY_US (30 * G_USEC_PER_SEC)   /* that another program may keep us waiting */

/* Kept by whoever is told of them, too: what failed takes them away here. An rc box. */
typedef struct {
  GSList *files;                 /* of GFile: what is at the top */
} Files;

/* One of the two things that are done once, unless they fail: who asks for it meanwhile, and what came of it. */
typedef struct {
  GPtrArray *waiting;            /* of GTask; NULL: not begun, or over */
  Files *files;                  /* NULL: not done */
} Step;

struct _CofferBundleFiles {
  GObject parent_instance;

  CofferBundle *bundle;
  CofferTransfers *transfers;
  GPtrArray *keys;
  GPtrArray *names;              /* of char *: paths in the folder */
  char *folder;
  CofferTransfer *preparation;   /* while names are being found out, unless that was cancelled */
  GCancellable *stop;            /* of finding them out */
  gint64 busy_since;             /* another program has kept us waiting; 0: none does */
  CofferExport *export;          /* while it runs */
  CofferExport *lacking;         /* (nullable) which left some out */
  gboolean asked;                /* for the names */
  Step naming, writing;
};

static guint left_out_signal;

G_DEFINE_FINAL_TYPE (CofferBundleFiles, coffer_bundle_files, G_TYPE_OBJECT)

/* What is at the top */

static void
files_clear (gpointer data)
{
  g_slist_free_full (((Files *) data)->files, g_object_unref);
}

static void
files_unref (gpointer files)
{
  g_rc_box_release_full (files, files_clear);
}

/* Waiting */

/* Takes @task. @files: NULL: it failed */
static void
answer (GTask        *task,
        Files        *files,
        const GError *error)
{
  if (files != NULL)
    {
      g_task_set_task_data (task, g_rc_box_acquire (files), files_unref);
      g_task_return_pointer (task, files->files, NULL);
    }
  else
    g_task_return_error (task, g_error_copy (error));
  g_object_unref (task);
}

/* Whether the step is to begin. Takes @task. */
static gboolean
wait_for (Step  *step,
          GTask *task)
{
  gboolean begins = step->waiting == NULL;

  if (step->files != NULL)
    {
      answer (task, step->files, NULL);
      return FALSE;
    }
  if (begins)
    step->waiting = g_ptr_array_new ();
  g_ptr_array_add (step->waiting, task);
  return begins;
}

/* What failed can be asked for again, by those who are told of it here, too. @files, @error (transfer full) (nullable): one of them */
static void
end_step (Step   *step,
          Files  *files,
          GError *error)
{
  g_autoptr(GPtrArray) waiting = g_steal_pointer (&step->waiting);
  g_autoptr(GError) failure = error;

  step->files = files;
  for (guint i = 0; i < waiting->len; i++)
    answer (g_ptr_array_index (waiting, i), files, failure);
}

/* The folder */

static void
drop_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  coffer_outside_folder_drop (data);
}

/* What is not whole is nobody's. Takes @folder, which may be NULL. */
static void
drop_folder (char *folder)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  if (folder == NULL)
    return;
  g_task_set_task_data (task, folder, g_free);
  g_task_run_in_thread (task, drop_thread);
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

/* (transfer none) (nullable). What cannot be read has none; what cannot be read now is an error. */
static const char *
find_ending (Naming             *naming,
             CofferValueReader  *reader,
             CofferKey          *key,
             names_bytes         name,
             GCancellable       *cancellable,
             GError            **error)
{
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GError) problem = NULL;
  names_bytes last = names_last_part (name);

  if (naming->content_type != NULL)
    return coffer_file_name_ending (naming->content_type);
  if (!naming->looks || names_has_ending (last.data, last.size))
    return NULL;
  stream = coffer_value_reader_open (reader, key, &facts, cancellable, &problem);
  coffer_value_reader_close (reader);
  if (coffer_error_is_busy (problem) || coffer_value_reader_is_lost (problem) || g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&problem));
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
      const char *path, *ending;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      ending = find_ending (naming, reader, key, rest, cancellable, error);
      if (*error != NULL)
        return FALSE;
      path = names_paths_take (paths, rest, ending);
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

/* Each file or folder at the top once, but for those of which all is missing. @missing: (nullable) of guint, ascending. (transfer full) */
static Files *
list_tops (const char *folder,
           GPtrArray  *names,
           GArray     *missing)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Files *tops = g_rc_box_new0 (Files);
  GSList *files = NULL;

  for (guint i = 0, n_missing = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      char *top;

      if (missing != NULL && n_missing < missing->len && g_array_index (missing, guint, n_missing) == i)
        {
          n_missing++;
          continue;
        }
      top = g_strndup (name, strcspn (name, "/"));
      if (!g_hash_table_contains (seen, top))
        files = g_slist_prepend (files, g_file_new_build_filename (folder, top, NULL));
      g_hash_table_add (seen, top);
    }
  tops->files = g_slist_reverse (files);
  return tops;
}

/* Somebody waits for the names, where another program has the vault or there are many. */

static void
preparation_cb (CofferBundleFiles *self,
                GParamSpec        *pspec,
                CofferTransfer    *preparation)
{
  if (coffer_transfer_is_active (preparation) || self->preparation != preparation)
    return;
  g_clear_object (&self->preparation);   /* it was cancelled */
  g_cancellable_cancel (self->stop);
}

static void
prepare (CofferBundleFiles *self)
{
  g_clear_object (&self->stop);
  self->stop = g_cancellable_new ();
  self->busy_since = 0;
  self->preparation = COFFER_TRANSFER (coffer_preparation_new (coffer_bundle_get_vault (self->bundle), coffer_bundle_get_size (self->bundle)));
  g_signal_connect_object (self->preparation, "notify::state", G_CALLBACK (preparation_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (self->transfers, self->preparation);
}

/* The transfer that comes after it, if any does, is there before it goes. @files, @error (transfer full) (nullable): one of them */
static void
end_naming (CofferBundleFiles *self,
            Files             *files,
            GError            *error)
{
  g_autoptr(CofferTransfer) preparation = NULL;

  if (error != NULL && g_cancellable_is_cancelled (self->stop))
    {
      g_error_free (error);
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
    }
  end_step (&self->naming, files, error);
  preparation = g_steal_pointer (&self->preparation);
  if (preparation != NULL)
    coffer_transfer_end (preparation, TRUE, NULL);
}

static void find_names (CofferBundleFiles *self);

static gboolean
again_cb (gpointer data)
{
  find_names (data);
  return G_SOURCE_REMOVE;
}

/* Whether it waits for another program. */
static gboolean
wait_for_other (CofferBundleFiles *self,
                const GError      *error)
{
  gint64 now = g_get_monotonic_time ();

  if ((!coffer_error_is_busy (error) && !coffer_value_reader_is_lost (error)) || self->preparation == NULL)
    return FALSE;
  if (self->busy_since == 0)
    self->busy_since = now;
  if (now - self->busy_since >= BUSY_US)
    return FALSE;
  coffer_transfer_set_waits_for (self->preparation, _("Waiting for another program that writes to the vault"));
  g_timeout_add_full (G_PRIORITY_DEFAULT, AGAIN_MS, again_cb, g_object_ref (self), g_object_unref);
  return TRUE;
}

static void
named_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferBundleFiles) self = user_data;
  Naming *naming = g_object_steal_data (G_OBJECT (self), "naming");
  Files *files = NULL;
  g_autoptr(GError) error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    {
      self->keys = g_ptr_array_ref (naming->keys);
      self->names = g_steal_pointer (&naming->names);
      self->folder = g_steal_pointer (&naming->folder);
      files = list_tops (self->folder, self->names, NULL);
    }
  else
    drop_folder (g_steal_pointer (&naming->folder));
  naming_free (naming);
  if (error == NULL || !wait_for_other (self, error))
    end_naming (self, files, g_steal_pointer (&error));
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
      end_naming (self, NULL, error);
      return;
    }
  naming = g_new0 (Naming, 1);
  naming->keys = keys;
  naming->content_type = g_strdup (coffer_bundle_get_content_type (self->bundle));
  naming->looks = keys->len <= MAX_LOOKED_AT;
  g_object_set_data (G_OBJECT (self), "naming", naming);
  coffer_vault_read_values_async (vault, 0, coffer_bundle_get_table (self->bundle), name_worker, naming, NULL, self->stop, named_cb,
                                  g_object_ref (self));
}

static void
find_names (CofferBundleFiles *self)
{
  GError *stopped = NULL;

  if (g_cancellable_set_error_if_cancelled (self->stop, &stopped))
    end_naming (self, NULL, stopped);
  else
    coffer_bundle_keys_async (self->bundle, keys_cb, g_object_ref (self));
}

void
coffer_bundle_files_name_async (CofferBundleFiles   *self,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, coffer_bundle_files_name_async);
  self->asked = TRUE;
  if (!wait_for (&self->naming, task))
    return;
  prepare (self);
  find_names (self);
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

/* As if nobody had asked: the names go with the folder, which is another one next time. */
static void
forget (CofferBundleFiles *self)
{
  g_clear_pointer (&self->naming.files, files_unref);
  g_clear_pointer (&self->keys, coffer_keys_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  drop_folder (g_steal_pointer (&self->folder));
}

/* (transfer full) (nullable) */
static GError *
find_error (CofferBundleFiles *self,
            CofferExport      *export)
{
  const GError *failure = coffer_transfer_get_error (COFFER_TRANSFER (export));

  if (failure != NULL)
    return g_error_copy (failure);
  if (coffer_transfer_get_state (COFFER_TRANSFER (export)) == COFFER_TRANSFER_CANCELLED)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  if (coffer_export_get_missing (export)->len == self->names->len)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED, "no key could be written");
  return NULL;
}

static void
state_cb (CofferBundleFiles *self,
          GParamSpec        *pspec,
          CofferTransfer    *transfer)
{
  g_autoptr(CofferExport) export = NULL;
  GArray *missing;
  GError *error;
  Files *files = NULL;

  if (coffer_transfer_is_active (transfer))
    return;
  g_signal_handlers_disconnect_by_func (transfer, state_cb, self);
  export = g_steal_pointer (&self->export);
  missing = coffer_export_get_missing (export);
  error = find_error (self, export);
  if (error != NULL)
    forget (self);
  else if (missing->len == 0)
    files = g_rc_box_acquire (self->naming.files);
  else
    {
      files = list_tops (self->folder, self->names, missing);
      self->lacking = g_object_ref (export);
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED) || (error == NULL && missing->len > 0))
    g_signal_emit (self, left_out_signal, 0, export);
  end_step (&self->writing, files, error);
  g_object_unref (self);   /* of the run */
}

static void
begin_export (CofferBundleFiles *self)
{
  g_autoptr(GFile) folder = g_file_new_for_path (self->folder);

  self->export = coffer_export_new_named (coffer_bundle_get_vault (self->bundle), coffer_bundle_get_table (self->bundle), self->keys,
                                          self->names, folder);
  if (coffer_bundle_get_size (self->bundle) != G_MAXUINT64)
    coffer_export_set_expected (self->export, self->keys->len, coffer_bundle_get_size (self->bundle));
  g_signal_connect_swapped (self->export, "notify::state", G_CALLBACK (state_cb), g_object_ref (self));
  coffer_transfers_add (self->transfers, COFFER_TRANSFER (self->export));
}

static void
names_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferBundleFiles) self = user_data;
  GError *error = NULL;

  coffer_bundle_files_name_finish (self, result, &error);
  if (error == NULL)
    begin_export (self);
  else
    end_step (&self->writing, NULL, error);
}

void
coffer_bundle_files_write_async (CofferBundleFiles   *self,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, coffer_bundle_files_write_async);
  if (self->lacking != NULL)
    g_signal_emit (self, left_out_signal, 0, self->lacking);
  if (wait_for (&self->writing, task))
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
  return self->export != NULL ? COFFER_TRANSFER (self->export) : self->preparation;
}

gboolean
coffer_bundle_files_is_promised (CofferBundleFiles *self)
{
  return self->asked && self->writing.files == NULL;
}

static void
coffer_bundle_files_finalize (GObject *object)
{
  CofferBundleFiles *self = COFFER_BUNDLE_FILES (object);

  if (self->writing.files == NULL)
    drop_folder (g_steal_pointer (&self->folder));
  g_clear_object (&self->preparation);
  g_clear_object (&self->stop);
  g_object_unref (self->bundle);
  g_object_unref (self->transfers);
  g_clear_pointer (&self->keys, coffer_keys_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->naming.files, files_unref);
  g_clear_pointer (&self->writing.files, files_unref);
  g_clear_object (&self->lacking);
  g_free (self->folder);

  G_OBJECT_CLASS (coffer_bundle_files_parent_class)->finalize (object);
}

static void
coffer_bundle_files_class_init (CofferBundleFilesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_bundle_files_finalize;

  left_out_signal = g_signal_new ("left-out", COFFER_TYPE_BUNDLE_FILES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  COFFER_TYPE_EXPORT);
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
