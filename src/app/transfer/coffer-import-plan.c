/* SPDX-License-Identifier: MIT */
/*
 * What is to be imported, and which keys that gives. The rule may change as often as a person likes: only the keys are made anew,
 * on a thread, and looked for in the vault. Main thread, but for the functions ending in _thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-import-plan.h"

#include "coffer-import-list.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define TELL_MS 100

struct _CofferImportPlan {
  GObject parent_instance;

  CofferImportWalk *walk;
  CofferImportList *list;      /* nullable */
  gboolean restores;
  char *folder;
  CofferBundle *bundle;        /* (nullable) */
  char *source_path;           /* of its vault */
  gsize common;                /* of its keys, which is no part of names */
};

G_DEFINE_FINAL_TYPE (CofferImportPlan, coffer_import_plan, G_TYPE_OBJECT)

/* Walking */

/* A walk under way; the thread has the walk, the main thread the rest. */
typedef struct {
  CofferImportWalk *walk;
  CofferImportList *list;
  gboolean unpacks;
  CofferImportProgress progress;
  gpointer progress_data;
  guint tell_id;
} Making;

static void
making_free (gpointer data)
{
  Making *making = data;

  g_clear_pointer (&making->walk, coffer_import_walk_free);
  g_clear_pointer (&making->list, coffer_import_list_free);
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

  if (making->unpacks ? coffer_import_walk_unpack (making->walk, cancellable, &error) : coffer_import_walk_run (making->walk, cancellable, &error))
    {
      making->list = coffer_import_list_new (making->walk, cancellable);
      g_task_return_boolean (task, TRUE);
    }
  else
    g_task_return_error (task, error);
}

/* Without what tells that it is an archive. */
static void
cut_ending (char *name)
{
  char *dot = strrchr (name, '.');

  if (dot != NULL && dot != name)
    *dot = '\0';
  if (g_str_has_suffix (name, ".tar") && strlen (name) > strlen (".tar"))
    name[strlen (name) - strlen (".tar")] = '\0';
}

static CofferImportPlan *
plan_new (CofferImportWalk *walk,
          CofferImportList *list)
{
  CofferImportPlan *self = g_object_new (COFFER_TYPE_IMPORT_PLAN, NULL);

  self->walk = walk;
  self->list = list;
  self->restores = list != NULL && list->failure == NULL;
  if (walk->is_folder)
    {
      g_autofree char *name = g_path_get_basename (walk->roots[0]);

      if (walk->is_archive)
        cut_ending (name);
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
    g_task_return_pointer (task, plan_new (g_steal_pointer (&making->walk), g_steal_pointer (&making->list)), g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
start_walking (GPtrArray            *files,
               gboolean              unpacks,
               CofferImportProgress  progress,
               gpointer              progress_data,
               GCancellable         *cancellable,
               GAsyncReadyCallback   callback,
               gpointer              user_data)
{
  g_autoptr(GTask) walking = NULL;
  Making *making = g_new0 (Making, 1);
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, start_walking);
  making->walk = coffer_import_walk_new (files);
  making->unpacks = unpacks;
  making->progress = progress;
  making->progress_data = progress_data;
  if (progress != NULL)
    making->tell_id = g_timeout_add (TELL_MS, tell_cb, making);
  walking = g_task_new (NULL, cancellable, walked_cb, task);
  g_task_set_task_data (walking, making, making_free);
  g_task_run_in_thread (walking, walk_thread);
}

void
coffer_import_plan_new_async (GPtrArray            *files,
                              CofferImportProgress  progress,
                              gpointer              progress_data,
                              GCancellable         *cancellable,
                              GAsyncReadyCallback   callback,
                              gpointer              user_data)
{
  start_walking (files, FALSE, progress, progress_data, cancellable, callback, user_data);
}

void
coffer_import_plan_new_archive_async (GFile                *archive,
                                      CofferImportProgress  progress,
                                      gpointer              progress_data,
                                      GCancellable         *cancellable,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_if_fail (G_IS_FILE (archive) && g_file_peek_path (archive) != NULL);

  g_ptr_array_add (files, g_object_ref (archive));
  start_walking (files, TRUE, progress, progress_data, cancellable, callback, user_data);
}

CofferImportPlan *
coffer_import_plan_new_finish (GAsyncResult  *result,
                               GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Values */

typedef struct {
  CofferBundle *bundle;
  GPtrArray *keys;
  gboolean whole;
  CofferImportWalk *walk;
  gsize common;
} Gathering;

static void
gathering_free (gpointer data)
{
  Gathering *gathering = data;

  g_object_unref (gathering->bundle);
  g_clear_pointer (&gathering->keys, coffer_keys_unref);
  g_clear_pointer (&gathering->walk, coffer_import_walk_free);
  g_free (gathering);
}

static gboolean
is_separator (char c)
{
  return c == '/' || c == ':';
}

/* In how many folders, so to speak. */
static guint
count_separators (GBytes *key,
                  gsize   from)
{
  gsize size;
  const char *bytes = g_bytes_get_data (key, &size);
  guint n = 0;

  for (gsize i = from; i + 1 < size; i++)
    n += is_separator (bytes[i]);
  return n;
}

/* A key that is gone is none of them any more; what cannot be read is told. FALSE: the others could not be read either. */
static gboolean
gather (Gathering          *gathering,
        CofferValueReader  *reader,
        CofferKey          *key,
        GCancellable       *cancellable,
        GError            **error)
{
  GBytes *bytes = coffer_key_get_bytes (key);
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GError) problem = NULL;
  g_autoptr(GInputStream) stream = coffer_value_reader_open (reader, key, &facts, cancellable, &problem);

  coffer_value_reader_close (reader);
  if (stream != NULL)
    coffer_import_walk_add_value (gathering->walk, bytes, !coffer_value_reader_finds_by_bytes (reader, key), facts->size,
                                  count_separators (bytes, gathering->common));
  else if (coffer_error_is_busy (problem) || coffer_value_reader_is_lost (problem) ||
           g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  else if (!g_error_matches (problem, COFFER_ERROR, COFFER_ERROR_NOTFOUND))
    coffer_import_walk_leave_out (gathering->walk, coffer_key_to_display (key, 0), coffer_error_dup_line (problem));
  return TRUE;
}

/* A CofferReaderFunc: may be called again. */
static gboolean
gather_worker (CofferValueReader  *reader,
               gpointer            data,
               GCancellable       *cancellable,
               GError            **error)
{
  Gathering *gathering = data;
  g_autoptr(GPtrArray) none = g_ptr_array_new ();

  g_clear_pointer (&gathering->walk, coffer_import_walk_free);
  gathering->walk = coffer_import_walk_new (none);
  gathering->common = gathering->whole || gathering->keys->len == 0 ? 0 : coffer_bundle_measure_common (gathering->keys);
  for (guint i = 0; i < gathering->keys->len; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
        !gather (gathering, reader, g_ptr_array_index (gathering->keys, i), cancellable, error))
      return FALSE;
  return TRUE;
}

static void
gathered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Gathering *gathering = g_task_get_task_data (task);
  GError *error = NULL;
  CofferImportPlan *self;

  if (!coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  self = plan_new (g_steal_pointer (&gathering->walk), NULL);
  self->bundle = g_object_ref (gathering->bundle);
  self->source_path = g_file_get_path (coffer_vault_get_file (COFFER_VAULT (source)));
  self->common = gathering->common;
  g_task_return_pointer (task, self, g_object_unref);
}

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  Gathering *gathering = g_task_get_task_data (task);
  CofferBundle *bundle = COFFER_BUNDLE (source);
  GError *error = NULL;

  if ((gathering->keys = coffer_bundle_keys_finish (bundle, result, &error)) != NULL)
    coffer_vault_read_values_async (coffer_bundle_get_vault (bundle), 0, coffer_bundle_get_table (bundle), gather_worker, gathering, NULL,
                                    g_task_get_cancellable (task), gathered_cb, g_object_ref (task));
  else
    g_task_return_error (task, error);
}

void
coffer_import_plan_new_values_async (CofferBundle        *bundle,
                                     gboolean             whole,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Gathering *gathering = g_new0 (Gathering, 1);

  g_task_set_source_tag (task, coffer_import_plan_new_values_async);
  gathering->bundle = g_object_ref (bundle);
  gathering->whole = whole;
  g_task_set_task_data (task, gathering, gathering_free);
  coffer_bundle_keys_async (bundle, keys_cb, task);
}

CofferBundle *
coffer_import_plan_get_bundle (CofferImportPlan *self)
{
  return self->bundle;
}

/* What was found */

GFile *
coffer_import_plan_dup_archive (CofferImportPlan *self,
                                gboolean         *restores)
{
  *restores = self->walk->has_list;
  return self->walk->can_unpack ? g_file_new_for_path (self->walk->roots[0]) : NULL;
}

gboolean
coffer_import_plan_has_list (CofferImportPlan  *self,
                             const char       **failure)
{
  *failure = self->list != NULL ? self->list->failure : NULL;
  return self->list != NULL;
}

guint
coffer_import_plan_get_n_inexact (CofferImportPlan *self)
{
  return self->list != NULL ? self->list->n_inexact : 0;
}

gboolean
coffer_import_plan_get_restores (CofferImportPlan *self)
{
  return self->restores;
}

void
coffer_import_plan_set_restores (CofferImportPlan *self,
                                 gboolean          restores)
{
  g_return_if_fail (!restores || (self->list != NULL && self->list->failure == NULL));

  self->restores = restores;
}

CofferImportCounts
coffer_import_plan_get_counts (CofferImportPlan *self)
{
  return self->restores ? self->list->counts : coffer_import_walk_get_counts (self->walk);
}

GPtrArray *
coffer_import_plan_get_problems (CofferImportPlan *self)
{
  return self->restores ? self->list->problems : self->walk->problems;
}

const char *
coffer_import_plan_get_folder (CofferImportPlan *self)
{
  return self->folder;
}

guint
coffer_import_plan_get_deepest (CofferImportPlan *self)
{
  return self->restores ? self->list->deepest : self->walk->deepest;
}

/* Any thread. */
static const CofferImportListed *
get_listed (CofferImportPlan *self,
            guint             position)
{
  return &g_array_index (self->list->listed, CofferImportListed, position);
}

/* Any thread. */
static const CofferImportFile *
get_file (CofferImportPlan *self,
          guint             position,
          gboolean          restores)
{
  return &g_array_index (self->walk->files, CofferImportFile, restores ? get_listed (self, position)->position : position);
}

static guint
get_n_files (CofferImportPlan *self,
             gboolean          restores)
{
  return restores ? self->list->listed->len : self->walk->files->len;
}

guint64
coffer_import_plan_get_size (CofferImportPlan *self,
                             guint             position)
{
  g_return_val_if_fail (position < get_n_files (self, self->restores), 0);

  return get_file (self, position, self->restores)->size;
}

/* Any thread. In the only folder that was named its own name says nothing. */
static char *
dup_name (CofferImportPlan       *self,
          const CofferImportFile *file)
{
  g_autofree char *base = NULL;

  if (file->value != NULL)
    return coffer_key_bytes_to_display ((const char *) g_bytes_get_data (file->value, NULL) + self->common,
                                        g_bytes_get_size (file->value) - self->common, 0);
  if (file->path != NULL && self->walk->is_folder)
    return g_strdup (file->path);
  base = g_path_get_basename (file->root);
  if (file->path == NULL)
    return g_steal_pointer (&base);
  return *base == '/' ? g_strdup (file->path) : g_strconcat (base, "/", file->path, NULL);
}

char *
coffer_import_plan_dup_name (CofferImportPlan *self,
                             guint             position)
{
  g_return_val_if_fail (position < get_n_files (self, self->restores), NULL);

  return dup_name (self, get_file (self, position, self->restores));
}

/* @own  what comes behind the prefix */
static GBytes *
make_key (const CofferImportRule *rule,
          gconstpointer           own,
          gsize                   size)
{
  gsize prefix_size = 0;
  gconstpointer prefix = rule->prefix != NULL ? g_bytes_get_data (rule->prefix, &prefix_size) : NULL;
  GByteArray *key = g_byte_array_sized_new (prefix_size + size);

  if (prefix_size > 0)
    g_byte_array_append (key, prefix, prefix_size);
  if (size > 0)
    g_byte_array_append (key, own, size);
  return g_byte_array_free_to_bytes (key);
}

/* A key stays what it is, byte by byte, but for what is before it. */
static GBytes *
make_key_of_value (CofferImportPlan       *self,
                   GBytes                 *value,
                   const CofferImportRule *rule)
{
  gsize size, from = self->common;
  const char *bytes = g_bytes_get_data (value, &size);

  for (gsize i = from; !rule->keep_folders && i + 1 < size; i++)
    if (is_separator (bytes[i]))
      from = i + 1;
  return make_key (rule, bytes + from, size - from);
}

/* Any thread. */
GBytes *
coffer_import_plan_dup_key (CofferImportPlan       *self,
                            guint                   position,
                            const CofferImportRule *rule)
{
  g_autofree char *name = NULL;
  const char *from;

  if (rule->restores)
    {
      GBytes *key = get_listed (self, position)->key;

      return make_key (rule, g_bytes_get_data (key, NULL), g_bytes_get_size (key));
    }
  if (get_file (self, position, FALSE)->value != NULL)
    return make_key_of_value (self, get_file (self, position, FALSE)->value, rule);
  from = name = dup_name (self, get_file (self, position, FALSE));
  if (!rule->keep_folders && strrchr (name, '/') != NULL)
    from = strrchr (name, '/') + 1;
  if (rule->separator != '/')
    g_strdelimit (name, "/", rule->separator);
  return make_key (rule, from, strlen (from));
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
  if (self->bundle != NULL)
    coffer_additions_set_source (applying->additions, self->source_path, coffer_bundle_get_table (self->bundle));
  for (guint i = 0; i < get_n_files (self, applying->rule.restores); i++)
    {
      const CofferImportFile *file = get_file (self, i, applying->rule.restores);
      g_autoptr(GBytes) key = coffer_import_plan_dup_key (self, i, &applying->rule);

      if (g_task_return_error_if_cancelled (task))
        return;
      if (file->value != NULL)
        {
          coffer_additions_append_value (applying->additions, file->value, key, file->size);
          coffer_additions_get (applying->additions, i)->no_bytes = file->no_bytes;
        }
      else if (self->walk->is_archive)
        coffer_additions_append_member (applying->additions, file->root, file->path, file->at, key, file->size);
      else
        coffer_additions_append (applying->additions, file->root, file->path, key, file->size);
      if (applying->rule.restores)
        coffer_additions_tell (applying->additions, get_listed (self, i)->header, get_listed (self, i)->sum);
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

  g_clear_pointer (&self->list, coffer_import_list_free);
  g_clear_pointer (&self->walk, coffer_import_walk_free);
  g_clear_object (&self->bundle);
  g_free (self->source_path);
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
