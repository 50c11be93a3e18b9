/* SPDX-License-Identifier: MIT */
/* Looking at what is to come into a vault, and at what is there: behind, and as far as it is needed for a picture of some size. */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-looks.h"

#include <coffer-archive.h>

#include <string.h>
#include <unistd.h>

void
coffer_looks_free (gpointer data)
{
  CofferLooks *looks = data;

  coffer_image_clear (&looks->image);
  g_free (looks->type_label);
  g_free (looks->content_type);
  g_free (looks);
}

CofferLooks *
coffer_looks_new (GInputStream           *stream,
                  const CofferValueFacts *facts,
                  int                     max_width,
                  int                     max_height,
                  GCancellable           *cancellable)
{
  CofferLooks *looks = g_new0 (CofferLooks, 1);

  looks->size = facts->size;
  looks->type_label = g_strdup (facts->type_label);
  looks->content_type = g_strdup (facts->content_type);
  if (facts->data_offset == 0 && facts->content_type != NULL && g_str_has_prefix (facts->content_type, "image/"))
    coffer_image_decode (&looks->image, facts->content_type, stream, max_width, max_height, cancellable, NULL);
  return looks;
}

/* What is looked at. */
typedef struct {
  char *root, *path;
  gboolean packed;         /* in the archive that is the root, there: */
  guint64 at;
  GStrv vaults;            /* that are open */
  CofferKey *key;          /* of a value; NULL: it is a file */
  int max_width, max_height;
  CofferLooks *looks;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_clear_pointer (&look->looks, coffer_looks_free);
  g_clear_pointer (&look->key, coffer_key_unref);
  g_strfreev (look->vaults);
  g_free (look->root);
  g_free (look->path);
  g_free (look);
}

/* Its thread. */
static int
open_file (const Look         *look,
           const CofferGuard  *guard,
           struct stat        *before,
           GCancellable       *cancellable,
           GError            **error)
{
  g_autoptr(CofferArchive) archive = NULL;

  if (!look->packed)
    return coffer_source_open (look->root, look->path, guard, before, error);
  archive = coffer_archive_open (look->root, guard, cancellable, error);
  return archive != NULL ? coffer_archive_unpack (archive, look->at, look->path, before, error) : -1;
}

/* Its thread. */
static CofferLooks *
look_at_file (const Look    *look,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) look->vaults);
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GFileInputStream) stream = NULL;
  g_autoptr(GFile) file = NULL;
  g_autofree char *link = NULL, *head = g_malloc (COFFER_VALUE_HEAD);
  struct stat before;
  int fd = open_file (look, guard, &before, cancellable, error);
  CofferLooks *looks;
  gssize n;

  if (fd < 0)
    return NULL;
  n = pread (fd, head, COFFER_VALUE_HEAD, 0);
  facts = coffer_value_facts_new (COFFER_SECTION_V1, head, MAX (n, 0), before.st_size);
  link = g_strdup_printf ("/proc/self/fd/%d", fd);   /* this very file, whatever is at its path by now */
  file = g_file_new_for_path (link);
  stream = g_file_read (file, cancellable, error);
  looks = stream != NULL ? coffer_looks_new (G_INPUT_STREAM (stream), facts, look->max_width, look->max_height, cancellable) : NULL;
  close (fd);
  return looks;
}

static void
file_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  GError *error = NULL;
  CofferLooks *looks = look_at_file (data, cancellable, &error);

  if (looks != NULL)
    g_task_return_pointer (task, looks, coffer_looks_free);
  else
    g_task_return_error (task, error);
}

/* A CofferReaderFunc: may be called again. */
static gboolean
value_worker (CofferValueReader  *reader,
              gpointer            data,
              GCancellable       *cancellable,
              GError            **error)
{
  Look *look = data;
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = coffer_value_reader_open (reader, look->key, &facts, cancellable, error);

  g_clear_pointer (&look->looks, coffer_looks_free);
  if (stream != NULL)
    look->looks = coffer_looks_new (stream, facts, look->max_width, look->max_height, cancellable);
  coffer_value_reader_close (reader);
  return stream != NULL && !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static void
value_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  Look *look = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    g_task_return_pointer (task, g_steal_pointer (&look->looks), coffer_looks_free);
  else
    g_task_return_error (task, error);
}

static GTask *
task_new (gpointer             source,
          int                  max_width,
          int                  max_height,
          GCancellable        *cancellable,
          GAsyncReadyCallback  callback,
          gpointer             user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);
  Look *look = g_new0 (Look, 1);

  look->max_width = max_width;
  look->max_height = max_height;
  g_task_set_task_data (task, look, look_free);
  return task;
}

void
coffer_looks_at_file_async (gpointer              source,
                            const CofferAddition *addition,
                            int                   max_width,
                            int                   max_height,
                            GCancellable         *cancellable,
                            GAsyncReadyCallback   callback,
                            gpointer              user_data)
{
  g_autoptr(GTask) task = task_new (source, max_width, max_height, cancellable, callback, user_data);
  Look *look = g_task_get_task_data (task);

  look->root = g_strdup (addition->root);
  look->path = g_strdup (addition->path);
  look->packed = addition->packed;
  look->at = addition->at;
  look->vaults = coffer_vault_dup_open_paths ();
  g_task_run_in_thread (task, file_thread);
}

void
coffer_looks_at_value_async (gpointer             source,
                             CofferBundle        *bundle,
                             GBytes              *key,
                             int                  max_width,
                             int                  max_height,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  GTask *task = task_new (source, max_width, max_height, cancellable, callback, user_data);
  Look *look = g_task_get_task_data (task);

  look->key = coffer_key_new_written (key);
  coffer_vault_read_values_async (coffer_bundle_get_vault (bundle), 0, coffer_bundle_get_table (bundle), value_worker, look, NULL,
                                  cancellable, value_cb, task);
}

CofferLooks *
coffer_looks_finish (GAsyncResult  *result,
                     GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
