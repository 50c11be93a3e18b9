/* SPDX-License-Identifier: MIT */
/*
 * What is to be imported, and which keys that gives. The rule may change as often as a person likes: only the keys are made anew,
 * on a thread, and looked for in the vault. Main thread, but for the functions ending in _thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-import-plan.h"

#include "coffer-import-walk.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TELL_MS 100

struct _CofferImportPlan {
  GObject parent_instance;

  CofferImportWalk *walk;
  char *folder;
};

G_DEFINE_FINAL_TYPE (CofferImportPlan, coffer_import_plan, G_TYPE_OBJECT)

/* Walking */

/* A walk under way; the thread has the walk, the main thread the rest. */
typedef struct {
  CofferImportWalk *walk;
  CofferImportProgress progress;
  gpointer progress_data;
  guint tell_id;
} Making;

static void
making_free (gpointer data)
{
  Making *making = data;

  g_clear_pointer (&making->walk, coffer_import_walk_free);
  g_free (making);
}

static gboolean
tell_cb (gpointer data)
{
  Making *making = data;
  CofferImportCounts counts = coffer_import_walk_get_counts (making->walk);

  making->progress (&counts, making->progress_data);
  return G_SOURCE_CONTINUE;
}

static void
walk_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Making *making = data;
  GError *error = NULL;

  if (coffer_import_walk_run (making->walk, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static CofferImportPlan *
plan_new (CofferImportWalk *walk)
{
  CofferImportPlan *self = g_object_new (COFFER_TYPE_IMPORT_PLAN, NULL);

  self->walk = walk;
  if (walk->is_folder)
    {
      g_autofree char *name = g_path_get_basename (walk->roots[0]);

      self->folder = g_filename_display_name (name);
    }
  return self;
}

static void
walked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  Making *making = g_task_get_task_data (G_TASK (result));
  GError *error = NULL;

  g_clear_handle_id (&making->tell_id, g_source_remove);
  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_pointer (task, plan_new (g_steal_pointer (&making->walk)), g_object_unref);
  else
    g_task_return_error (task, error);
}

void
coffer_import_plan_new_async (GPtrArray            *files,
                              CofferImportProgress  progress,
                              gpointer              progress_data,
                              GCancellable         *cancellable,
                              GAsyncReadyCallback   callback,
                              gpointer              user_data)
{
  g_autoptr(GTask) walking = NULL;
  Making *making = g_new0 (Making, 1);
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_import_plan_new_async);
  making->walk = coffer_import_walk_new (files);
  making->progress = progress;
  making->progress_data = progress_data;
  if (progress != NULL)
    making->tell_id = g_timeout_add (TELL_MS, tell_cb, making);
  walking = g_task_new (NULL, cancellable, walked_cb, task);
  g_task_set_task_data (walking, making, making_free);
  g_task_run_in_thread (walking, walk_thread);
}

CofferImportPlan *
coffer_import_plan_new_finish (GAsyncResult  *result,
                               GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* What was found */

CofferImportCounts
coffer_import_plan_get_counts (CofferImportPlan *self)
{
  return coffer_import_walk_get_counts (self->walk);
}

GPtrArray *
coffer_import_plan_get_problems (CofferImportPlan *self)
{
  return self->walk->problems;
}

const char *
coffer_import_plan_get_folder (CofferImportPlan *self)
{
  return self->folder;
}

guint
coffer_import_plan_get_deepest (CofferImportPlan *self)
{
  return self->walk->deepest;
}

static const CofferImportFile *
get_file (CofferImportPlan *self,
          guint             position)
{
  return &g_array_index (self->walk->files, CofferImportFile, position);
}

guint64
coffer_import_plan_get_size (CofferImportPlan *self,
                             guint             position)
{
  g_return_val_if_fail (position < self->walk->files->len, 0);

  return get_file (self, position)->size;
}

/* In the only folder that was named its own name says nothing. */
char *
coffer_import_plan_dup_name (CofferImportPlan *self,
                             guint             position)
{
  const CofferImportFile *file;
  g_autofree char *base = NULL;

  g_return_val_if_fail (position < self->walk->files->len, NULL);

  file = get_file (self, position);
  if (file->path != NULL && self->walk->is_folder)
    return g_strdup (file->path);
  base = g_path_get_basename (file->root);
  if (file->path == NULL)
    return g_steal_pointer (&base);
  return *base == '/' ? g_strdup (file->path) : g_strconcat (base, "/", file->path, NULL);
}

/* Any thread. */
GBytes *
coffer_import_plan_dup_key (CofferImportPlan       *self,
                            guint                   position,
                            const CofferImportRule *rule)
{
  g_autofree char *name = coffer_import_plan_dup_name (self, position);
  const char *from = name;
  gsize prefix_size = 0;
  gconstpointer prefix = rule->prefix != NULL ? g_bytes_get_data (rule->prefix, &prefix_size) : NULL;
  GByteArray *key = g_byte_array_sized_new (prefix_size + strlen (name));

  if (!rule->keep_folders && strrchr (name, '/') != NULL)
    from = strrchr (name, '/') + 1;
  if (rule->separator != '/')
    g_strdelimit (name, "/", rule->separator);
  if (prefix_size > 0)
    g_byte_array_append (key, prefix, prefix_size);
  g_byte_array_append (key, (const guint8 *) from, strlen (from));
  return g_byte_array_free_to_bytes (key);
}

/* Keys */

typedef struct {
  CofferVault *vault;
  char *table;
  CofferImportRule rule;
  CofferAdditions *additions;
} Applying;

static void
applying_free (gpointer data)
{
  Applying *applying = data;

  g_object_unref (applying->vault);
  g_free (applying->table);
  g_clear_pointer (&applying->rule.prefix, g_bytes_unref);
  g_clear_pointer (&applying->additions, coffer_additions_unref);
  g_free (applying);
}

static void
apply_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  CofferImportPlan *self = source;
  Applying *applying = data;

  applying->additions = coffer_additions_new (applying->table);
  for (guint i = 0; i < self->walk->files->len; i++)
    {
      const CofferImportFile *file = get_file (self, i);
      g_autoptr(GBytes) key = coffer_import_plan_dup_key (self, i, &applying->rule);

      if (g_task_return_error_if_cancelled (task))
        return;
      coffer_additions_append (applying->additions, file->root, file->path, key, file->size);
    }
  g_task_return_boolean (task, TRUE);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  Applying *applying = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_find_additions_finish (COFFER_VAULT (source), result, &error))
    g_task_return_pointer (task, g_steal_pointer (&applying->additions), (GDestroyNotify) coffer_additions_unref);
  else
    g_task_return_error (task, error);
}

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  Applying *applying = g_task_get_task_data (task);
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    coffer_vault_find_additions_async (applying->vault, applying->additions, g_task_get_cancellable (task), found_cb, g_object_ref (task));
  else
    g_task_return_error (task, error);
}

void
coffer_import_plan_apply_async (CofferImportPlan       *self,
                                CofferVault            *vault,
                                const CofferImportRule *rule,
                                GCancellable           *cancellable,
                                GAsyncReadyCallback     callback,
                                gpointer                user_data)
{
  g_autoptr(GTask) making = NULL;
  Applying *applying = g_new0 (Applying, 1);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_import_plan_apply_async);
  applying->vault = g_object_ref (vault);
  applying->table = g_strdup (coffer_vault_get_table (vault));
  applying->rule = *rule;
  if (rule->prefix != NULL)
    g_bytes_ref (rule->prefix);
  g_task_set_task_data (task, applying, applying_free);
  making = g_task_new (self, cancellable, applied_cb, task);
  g_task_set_task_data (making, applying, NULL);
  g_task_run_in_thread (making, apply_thread);
}

CofferAdditions *
coffer_import_plan_apply_finish (CofferImportPlan  *self,
                                 GAsyncResult      *result,
                                 GError           **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
coffer_import_plan_finalize (GObject *object)
{
  CofferImportPlan *self = COFFER_IMPORT_PLAN (object);

  g_clear_pointer (&self->walk, coffer_import_walk_free);
  g_free (self->folder);

  G_OBJECT_CLASS (coffer_import_plan_parent_class)->finalize (object);
}

static void
coffer_import_plan_class_init (CofferImportPlanClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_import_plan_finalize;
}

static void
coffer_import_plan_init (CofferImportPlan *self)
{
}
