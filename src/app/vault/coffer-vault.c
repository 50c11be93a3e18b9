/* SPDX-License-Identifier: MIT */
/*
 * A vault file that a window has open: its lanes, its sections and the table in use. Main thread; SQLite is called by the
 * functions marked "lane" alone, which see nothing of the object.
 *
 * What is kept true: a job holds the vault, and so do the lanes from its closing to their end; `table` names a readable vault
 * table; "editable" is true only when editing was asked for and the table in use can be written; what is known to be damaged
 * is not written to.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-entry-walk.h"

#include "coffer-attic-private.h"
#include "coffer-cache-private.h"
#include "coffer-deletion.h"
#include "coffer-error.h"
#include "coffer-vault-census.h"

#include <glib/gi18n-lib.h>

enum {
  PROP_0,
  PROP_TABLE,
  PROP_EDITABLE,
  PROP_LOCK_REASON,
  N_PROPS
};

enum {
  CHANGED,
  TOUCHED,
  CENSUS,
  USED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];
static GQueue vaults = G_QUEUE_INIT;   /* not closed yet */

G_DEFINE_FINAL_TYPE (CofferVault, coffer_vault, G_TYPE_OBJECT)

static CofferSection *
find_section (CofferVault *self,
              const char  *name)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->sections));

  for (guint i = 0; name != NULL && i < n; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (G_LIST_MODEL (self->sections), i);

      if (coffer_section_has_keys (section) && g_str_equal (coffer_section_get_name (section), name))
        return section;   /* the store keeps it */
    }
  return NULL;
}

guint64
coffer_vault_get_count (CofferVault *self,
                        const char  *table)
{
  CofferSection *section;

  g_return_val_if_fail (COFFER_IS_VAULT (self), G_MAXUINT64);

  section = find_section (self, table);
  return section != NULL ? coffer_section_get_count (section) : G_MAXUINT64;
}

gboolean
coffer_vault_has_ids_for_keys (CofferVault *self,
                               const char  *table)
{
  CofferSection *section = find_section (self, table);

  return section != NULL && !coffer_section_is_vault (section);
}

static void
update_editable (CofferVault *self)
{
  const char *reason = coffer_vault_get_lock_reason (self);
  gboolean editable = self->editing && reason == NULL;

  g_object_freeze_notify (G_OBJECT (self));
  if (g_strcmp0 (self->lock_reason, reason) != 0)
    {
      g_free (self->lock_reason);
      self->lock_reason = g_strdup (reason);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOCK_REASON]);
    }
  if (self->editable != editable)
    {
      self->editable = editable;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_EDITABLE]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

static void
use_table (CofferVault *self,
           const char  *table)
{
  if (g_strcmp0 (self->table, table) == 0)
    return;
  g_free (self->table);
  self->table = g_strdup (table);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TABLE]);
}

/* Shows what a lane found; keeps the table in use if it is still there. */
static void
apply_overview (CofferVault    *self,
                CofferOverview *overview)
{
  g_autofree char *table = NULL;

  self->shown = self->met;
  coffer_cache_meet (self->cache, &self->shown);
  self->state = overview->state;
  self->have_state = TRUE;
  self->settling = !coffer_file_state_is_settled (&self->state);
  self->file_reason = overview->file_reason;
  coffer_vault_take_sections (self, overview->sections);
  table = g_strdup (find_section (self, self->table) != NULL ? self->table : overview->table);
  use_table (self, table);
  update_editable (self);
  coffer_vault_start_counting (self);
}

static void
reloaded_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferOverview) overview = coffer_vault_run_finish (self, result, &error);

  self->reloading = FALSE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  coffer_vault_drop_census (self);
  if (overview != NULL)
    {
      CofferIdentity before = self->shown;

      apply_overview (self, overview);
      if (!coffer_identity_equal (&before, &self->shown))
        {
          coffer_vault_drop_deletions (self);
          coffer_cache_meet (self->cache, &self->shown);   /* again: what they had taken from the cache waits once more */
        }
    }
  else
    self->met = (CofferIdentity) { 0 };   /* whoever can open it again looks anew */
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
reload (CofferVault *self)
{
  self->reloading = TRUE;
  coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, coffer_overview_worker, NULL, NULL,
                          (GDestroyNotify) coffer_overview_free, NULL, reloaded_cb, NULL);
}

void
coffer_vault_read_anew (CofferVault *self)
{
  for (GList *l = vaults.head; l != NULL; l = l->next)
    {
      CofferVault *vault = l->data;

      if (vault->veil != self->veil)
        continue;
      for (guint i = 0; i < COFFER_N_LANES; i++)
        coffer_vault_let_go (vault, i);
      if (!vault->reloading)
        reload (vault);
    }
}

/* Every lane meets a new file for itself; the first to come tells. */
void
coffer_vault_note_file (CofferVault     *self,
                        const CofferJob *job)
{
  gboolean known = coffer_identity_equal (&self->met, &job->file);

  if (!job->replaced && self->met.inode != 0)
    return;
  self->met = job->file;
  if (job->replaced && !known && !self->reloading)
    reload (self);
}

/* What could not be opened, and was damaged, can only be the file on show, or is in its place. */
void
coffer_vault_note_damage (CofferVault     *self,
                          const CofferJob *job)
{
  if (!job->damaged || self->closed)
    return;
  self->damage_met = TRUE;
  self->damaged = job->file.inode != 0 ? job->file : self->shown;
  if (!coffer_vault_is_damaged (self))
    return;
  if (self->editing)
    coffer_vault_stop_editing (self);
  update_editable (self);
}

gboolean
coffer_vault_is_damaged (CofferVault *self)
{
  return self->damage_met && coffer_identity_equal (&self->damaged, &self->shown);
}

void
coffer_vault_set_idle_time (CofferVault *self,
                            guint        idle_ms)
{
  for (guint i = 0; i < COFFER_N_LANES; i++)
    coffer_worker_set_idle_time (self->lanes[i], idle_ms);
}

void
coffer_vault_emit_changed (CofferVault *self)
{
  coffer_vault_drop_census (self);
  coffer_vault_start_counting (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

void
coffer_vault_tell_sharers (CofferVault *self)
{
  for (GList *l = vaults.head, *next; l != NULL; l = next)
    {
      CofferVault *vault = l->data;

      next = l->next;
      if (vault != self && vault->veil == self->veil)
        coffer_vault_emit_changed (vault);
    }
  if (!self->closed)
    coffer_vault_emit_changed (self);
}

GPtrArray *
coffer_vault_list_sharers (CofferVault *self)
{
  GPtrArray *sharers = g_ptr_array_new ();

  for (GList *l = vaults.head; l != NULL; l = l->next)
    if (l->data != self && COFFER_VAULT (l->data)->veil == self->veil)
      g_ptr_array_add (sharers, l->data);
  return sharers;
}

void
coffer_vault_begin_rewrite (CofferVault *self)
{
  for (GList *l = vaults.head; l != NULL; l = l->next)
    {
      CofferVault *vault = l->data;

      if (vault->veil != self->veil)
        continue;
      vault->n_rewriting++;
      update_editable (vault);
    }
}

/* One that was closed meanwhile is not among them any more. */
void
coffer_vault_end_rewrite (CofferVault *self)
{
  for (GList *l = vaults.head; l != NULL; l = l->next)
    {
      CofferVault *vault = l->data;

      if (vault->veil != self->veil || vault->n_rewriting == 0)
        continue;
      vault->n_rewriting--;
      update_editable (vault);
    }
}

static void
change_use (CofferVault    *self,
            CofferVaultUse  use,
            int             n)
{
  if (use == COFFER_VAULT_UNUSED)
    return;
  self->n_uses[use] += n;
  for (GList *l = vaults.head, *next; l != NULL; l = next)
    {
      next = l->next;
      if (coffer_vault_is_same_file (self, l->data))
        g_signal_emit (l->data, signals[USED], 0);
    }
}

void
coffer_vault_begin_use (CofferVault    *self,
                        CofferVaultUse  use)
{
  change_use (self, use, 1);
}

void
coffer_vault_end_use (CofferVault    *self,
                      CofferVaultUse  use)
{
  change_use (self, use, -1);
}

CofferVaultUse
coffer_vault_get_use (CofferVault *self)
{
  CofferVaultUse most = COFFER_VAULT_UNUSED;

  g_return_val_if_fail (COFFER_IS_VAULT (self), COFFER_VAULT_UNUSED);

  for (GList *l = vaults.head; l != NULL; l = l->next)
    {
      CofferVault *vault = l->data;

      for (CofferVaultUse use = COFFER_VAULT_WRITTEN; use > most; use--)
        if (vault->n_uses[use] > 0 && coffer_vault_is_same_file (self, vault))
          most = use;
    }
  return most;
}

void
coffer_vault_tell_touched (CofferVault *self)
{
  coffer_vault_count_soon (self);
  g_signal_emit (self, signals[TOUCHED], 0);
}

static void
coffer_vault_dispose (GObject *object)
{
  CofferVault *self = COFFER_VAULT (object);

  coffer_vault_close (self);
  if (self->n_ending == 0)   /* else it goes with the last lane, and who watches it is told then */
    G_OBJECT_CLASS (coffer_vault_parent_class)->dispose (object);
}

static void
coffer_vault_finalize (GObject *object)
{
  CofferVault *self = COFFER_VAULT (object);

  for (guint i = 0; i < COFFER_N_LANES; i++)
    g_clear_pointer (&self->lanes[i], coffer_worker_unref);
  coffer_vault_drop_hold (self);
  coffer_vault_stop_counting (self);
  g_ptr_array_unref (self->quiet_wanted);
  coffer_vault_forget_census (self);
  g_clear_pointer (&self->ahead, coffer_ahead_free);
  g_ptr_array_unref (self->deferred);
  g_clear_pointer (&self->veil, kvault_veil_unref);
  g_clear_object (&self->cache);
  g_clear_pointer (&self->attic, coffer_attic_unref);
  g_clear_object (&self->sections);
  g_clear_object (&self->file);
  g_free (self->display_name);
  g_free (self->table);
  g_free (self->lock_reason);
  g_clear_pointer (&self->played, g_hash_table_unref);

  G_OBJECT_CLASS (coffer_vault_parent_class)->finalize (object);
}

static void
coffer_vault_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  CofferVault *self = COFFER_VAULT (object);

  switch (prop_id)
    {
    case PROP_TABLE:
      g_value_set_string (value, self->table);
      break;
    case PROP_EDITABLE:
      g_value_set_boolean (value, self->editable);
      break;
    case PROP_LOCK_REASON:
      g_value_set_string (value, coffer_vault_get_lock_reason (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_vault_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  CofferVault *self = COFFER_VAULT (object);

  switch (prop_id)
    {
    case PROP_TABLE:
      coffer_vault_set_table (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_vault_class_init (CofferVaultClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = coffer_vault_dispose;
  object_class->finalize = coffer_vault_finalize;
  object_class->get_property = coffer_vault_get_property;
  object_class->set_property = coffer_vault_set_property;

  props[PROP_TABLE] = g_param_spec_string ("table", NULL, NULL, NULL,
                                           G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  props[PROP_EDITABLE] = g_param_spec_boolean ("editable", NULL, NULL, FALSE,
                                               G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  props[PROP_LOCK_REASON] = g_param_spec_string ("lock-reason", NULL, NULL, NULL,
                                                 G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /* Keys were deleted or renamed by this vault, or another file is in its place: what was read before may be wrong now. */
  signals[TOUCHED] = g_signal_new ("touched", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CENSUS] = g_signal_new ("census", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[USED] = g_signal_new ("used", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
coffer_vault_init (CofferVault *self)
{
  self->sections = g_list_store_new (COFFER_TYPE_SECTION);
  self->deferred = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_deletion_unref);
  self->quiet_wanted = g_ptr_array_new_with_free_func (g_object_unref);
  self->attic = coffer_attic_new ();
  self->link.data = self;
  g_queue_push_tail_link (&vaults, &self->link);
}

/* What is deleted in one window is gone in another one, too; and what is rewritten there is so here. */
static kvault_veil *
dup_veil (CofferVault *self)
{
  kvault_veil *veil;

  for (GList *l = vaults.head; l != NULL; l = l->next)
    {
      CofferVault *vault = l->data;

      if (vault != self && vault->veil != NULL && g_file_equal (vault->file, self->file))
        {
          self->n_rewriting = vault->n_rewriting;
          return kvault_veil_ref (vault->veil);
        }
    }
  if ((veil = kvault_veil_new ()) == NULL)
    g_error ("no memory for a veil");
  return veil;
}

kvault_shelf *
coffer_vault_dup_shelf_of (const char *path)
{
  for (GList *l = vaults.head; l != NULL; l = l->next)
    if (g_strcmp0 (g_file_peek_path (COFFER_VAULT (l->data)->file), path) == 0)
      return kvault_shelf_ref (coffer_cache_get_shelf (COFFER_VAULT (l->data)->cache));
  return NULL;
}

/* So is what waits to be written there. */
static CofferCache *
dup_cache (CofferVault *self)
{
  for (GList *l = vaults.head; l != NULL; l = l->next)
    {
      CofferVault *vault = l->data;

      if (vault != self && vault->cache != NULL && g_file_equal (vault->file, self->file))
        return g_object_ref (vault->cache);
    }
  return coffer_cache_new ();
}

static CofferVault *
vault_new (GFile *file)
{
  static const char *const names[COFFER_N_LANES] = {
    [COFFER_LANE_LIST] = "list",
    [COFFER_LANE_PREVIEW] = "preview",
    [COFFER_LANE_BACKGROUND] = "background",
    [COFFER_LANE_WALK] = "walk",
    [COFFER_LANE_THUMBS ... COFFER_LANE_EXPORT - 1] = "thumbs",
    [COFFER_LANE_EXPORT] = "export",
    [COFFER_LANE_SCAN] = "scan",
    [COFFER_LANE_WRITE] = "write",
  };
  CofferVault *self = g_object_new (COFFER_TYPE_VAULT, NULL);
  g_autofree char *base_name = g_file_get_basename (file);

  self->file = g_object_ref (file);
  self->display_name = g_filename_display_name (base_name != NULL ? base_name : "");
  self->veil = dup_veil (self);
  self->cache = dup_cache (self);
  coffer_cache_add_vault (self->cache, self);
  for (guint i = 0; i < COFFER_N_LANES; i++)
    {
      self->lanes[i] = coffer_worker_new (names[i], g_file_peek_path (file) != NULL ? g_file_peek_path (file) : "");
      coffer_worker_set_veil (self->lanes[i], self->veil);
      coffer_worker_set_shelf (self->lanes[i], coffer_cache_get_shelf (self->cache));
    }
  return self;
}

static gboolean
return_cb (gpointer data)
{
  GTask *task = data;

  g_task_return_pointer (task, g_object_ref (g_task_get_task_data (task)), g_object_unref);
  return G_SOURCE_REMOVE;
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferOverview) overview = coffer_vault_run_finish (self, result, &error);

  if (overview == NULL)
    {
      coffer_vault_close (self);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  self->editing = GPOINTER_TO_INT (g_task_get_task_data (task)) == KVAULT_ACCESS_CREATE_NEW;
  apply_overview (self, overview);
  if (!self->walking_ahead)
    {
      g_task_return_pointer (task, g_object_ref (self), g_object_unref);
      return;
    }

  /* The walk may be over, too: that is told in this turn of the main loop, and whoever makes a list should know it by then. */
  g_task_set_task_data (task, g_object_ref (self), g_object_unref);
  g_idle_add_full (G_PRIORITY_DEFAULT, return_cb, g_steal_pointer (&task), g_object_unref);
}

/* Nothing is known of what is in it, and nothing will be asked: lanes that look could not open it. */
static void
damaged_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferVault *self = COFFER_VAULT (source);
  GError *error = NULL;

  if (coffer_vault_run_finish (self, result, &error) != NULL)
    {
      g_task_return_pointer (task, g_object_ref (self), g_object_unref);
      return;
    }
  coffer_vault_close (self);
  g_task_return_error (task, error);
}

/* (transfer full) (nullable) NULL: it has failed */
static GTask *
start_opening (GFile               *file,
               kvault_access        access_mode,
               gpointer             tag,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, GINT_TO_POINTER (access_mode), NULL);
  if (g_file_peek_path (file) != NULL)
    return g_steal_pointer (&task);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("Only files with a path can be opened"));
  return NULL;
}

static void
open_full (GFile               *file,
           kvault_access        access_mode,
           CofferLane           lane,
           gboolean             ahead,
           gpointer             tag,
           GCancellable        *cancellable,
           GAsyncReadyCallback  callback,
           gpointer             user_data)
{
  g_autoptr(CofferVault) self = vault_new (file);
  g_autoptr(GTask) task = start_opening (file, access_mode, tag, cancellable, callback, user_data);

  if (task == NULL)
    return;
  coffer_vault_run_full (self, lane, access_mode, NULL, FALSE, coffer_overview_worker, NULL, NULL,
                         (GDestroyNotify) coffer_overview_free, cancellable, opened_cb, g_steal_pointer (&task));
  if (ahead)
    coffer_vault_walk_ahead (self);
}

void
coffer_vault_open_async (GFile               *file,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (G_IS_FILE (file));

  open_full (file, KVAULT_ACCESS_VIEW, COFFER_LANE_LIST, FALSE, coffer_vault_open_async, cancellable, callback, user_data);
}

void
coffer_vault_open_ahead_async (GFile               *file,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_return_if_fail (G_IS_FILE (file));

  open_full (file, KVAULT_ACCESS_VIEW, COFFER_LANE_LIST, TRUE, coffer_vault_open_ahead_async, cancellable, callback, user_data);
}

void
coffer_vault_create_async (GFile               *file,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (G_IS_FILE (file));

  open_full (file, KVAULT_ACCESS_CREATE_NEW, COFFER_LANE_WRITE, FALSE, coffer_vault_create_async, cancellable, callback, user_data);
}

void
coffer_vault_open_damaged_async (GFile               *file,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_autoptr(CofferVault) self = NULL;
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (G_IS_FILE (file));

  self = vault_new (file);
  task = start_opening (file, KVAULT_ACCESS_SALVAGE, coffer_vault_open_damaged_async, cancellable, callback, user_data);
  if (task == NULL)
    return;
  coffer_vault_run_full (self, COFFER_LANE_SCAN, KVAULT_ACCESS_SALVAGE, NULL, TRUE, coffer_damaged_worker, NULL, NULL, NULL, cancellable, damaged_cb,
                         g_steal_pointer (&task));
  coffer_vault_let_go (self, COFFER_LANE_SCAN);
}

CofferVault *
coffer_vault_open_finish (GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

GFile *
coffer_vault_get_file (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  return self->file;
}

gboolean
coffer_vault_is_same_file (CofferVault *self,
                           CofferVault *other)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self) && COFFER_IS_VAULT (other), FALSE);

  return self == other || g_file_equal (self->file, other->file) ||
         (self->shown.inode != 0 && other->shown.inode != 0 && coffer_identity_equal (&self->shown, &other->shown));
}

const char *
coffer_vault_get_display_name (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  return self->display_name;
}

GListModel *
coffer_vault_get_sections (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  return G_LIST_MODEL (self->sections);
}

const char *
coffer_vault_get_table (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  return self->table;
}

void
coffer_vault_set_table (CofferVault *self,
                        const char  *table)
{
  g_return_if_fail (COFFER_IS_VAULT (self));
  g_return_if_fail (find_section (self, table) != NULL);

  use_table (self, table);
  update_editable (self);
}

int
coffer_vault_get_table_kind (CofferVault *self)
{
  CofferSection *section;

  g_return_val_if_fail (COFFER_IS_VAULT (self), 0);

  section = find_section (self, self->table);
  return section != NULL ? coffer_section_get_kind (section) : 0;
}

gboolean
coffer_vault_get_editable (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), FALSE);

  return self->editable;
}

void
coffer_vault_set_editing (CofferVault *self,
                          gboolean     editing)
{
  self->editing = editing;
  update_editable (self);
}

gboolean
coffer_vault_is_missing (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), FALSE);

  return self->have_state && self->state.main.inode == 0;
}

const char *
coffer_vault_get_file_lock_reason (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  if (coffer_vault_is_damaged (self))
    return _("The file is damaged, so nothing is written to it");
  if (coffer_vault_is_missing (self))
    return _("Editing waits for the file to be there again");
  if (self->n_rewriting > 0)
    return _("The file is being compacted; you can go on looking and playing");
  return self->file_reason;
}

const char *
coffer_vault_get_lock_reason (CofferVault *self)
{
  const char *reason = coffer_vault_get_file_lock_reason (self);
  CofferSection *section;

  if (reason != NULL)
    return reason;
  section = find_section (self, self->table);
  return section == NULL || coffer_section_is_writable (section) ? NULL : coffer_section_get_reason (section);
}

static void
lane_ended (gpointer data)
{
  CofferVault *self = data;

  if (--self->n_ending > 0)
    coffer_worker_end (self->lanes[COFFER_N_LANES - self->n_ending], lane_ended, self);
  else
    g_object_unref (self);
}

/* The lane that writes ends last: SQLite writes its log back when nobody else has the file open, and a viewer leaves it. */
void
coffer_vault_close (CofferVault *self)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  if (self->closed)
    return;
  self->closed = TRUE;
  g_queue_unlink (&vaults, &self->link);
  if (self->deferred->len > 0)
    {
      coffer_vault_drop_deletions (self);
      coffer_vault_tell_sharers (self);
    }
  if (coffer_cache_is_stale (self->cache))
    coffer_worker_keep_waiting (self->lanes[COFFER_LANE_WRITE]);
  coffer_cache_remove_vault (self->cache, self);
  self->n_ending = COFFER_N_LANES;
  g_object_ref (self);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  coffer_vault_stop_counting (self);
  for (guint i = 0; i < COFFER_N_LANES; i++)
    coffer_worker_stop (self->lanes[i]);
  coffer_worker_end (self->lanes[0], lane_ended, self);
}

GStrv
coffer_vault_dup_open_paths (void)
{
  g_autoptr(GStrvBuilder) paths = g_strv_builder_new ();

  for (GList *l = vaults.head; l != NULL; l = l->next)
    if (g_file_peek_path (COFFER_VAULT (l->data)->file) != NULL)
      g_strv_builder_add (paths, g_file_peek_path (COFFER_VAULT (l->data)->file));
  return g_strv_builder_end (paths);
}

void
coffer_vault_close_all (void)
{
  while (!g_queue_is_empty (&vaults))
    coffer_vault_close (g_queue_peek_head (&vaults));
  coffer_worker_wait_all ();
}
