/* SPDX-License-Identifier: MIT */
/*
 * One value in a file for other programs. It is written on the vault's preview lane; the folder is watched, not the file,
 * because many programs write a new file and give it the name of the old. Where watching fails, which it does not always tell
 * (the kernel's limits), coffer_outside_check() finds what happened. Main thread, but for the workers.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-outside.h"

#include "coffer-error.h"
#include "coffer-file-name.h"
#include "coffer-kept-value.h"
#include "coffer-outside-folder.h"
#include "coffer-regular-file.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define PIECE_SIZE (1 << 20)
#define QUIET_MS 500

/* What a lane finds out. */
typedef struct {
  char *folder;
  GFile *file;
  GBytes *header;
  char *checksum;      /* of the value as it is stored */
  char *content;       /* checksum of the file */
  char *content_type;
} Copy;

/* What a file was when it was looked at. */
typedef struct {
  char *checksum;
  guint64 inode;
  gint64 size;
  gint64 changed_ns;
} Look;

struct _CofferOutside
{
  GObject parent_instance;

  CofferVault *vault;
  char *table;
  CofferKey *key;
  Copy *copy;
  GFileMonitor *monitor;
  Look *seen;          /* when it was looked at last, or NULL */
  guint quiet_id;
  gboolean looking;
  gboolean checking;   /* the look is one that nothing but the window's focus asked for */
  gboolean again;      /* look again behind it: an older look must not have the last word */
  gboolean changed;
};

enum {
  PROP_CHANGED = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferOutside, coffer_outside, G_TYPE_OBJECT)

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->folder);
  g_clear_object (&copy->file);
  g_clear_pointer (&copy->header, g_bytes_unref);
  g_free (copy->checksum);
  g_free (copy->content);
  g_free (copy->content_type);
  g_free (copy);
}

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->checksum);
  g_free (look);
}

static void
leave_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  coffer_outside_folder_leave (data);
}

/* Nobody waits for it; what is left is swept at the end, or at the next start. */
static void
leave_folder (const char *folder)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, g_strdup (folder), g_free);
  g_task_run_in_thread (task, leave_thread);
}

/* Writing it */

static gboolean
copy_stream (GInputStream   *stream,
             GOutputStream  *file,
             GChecksum      *value,
             GChecksum      *content,
             GCancellable   *cancellable,
             GError        **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  gssize len;

  while ((len = g_input_stream_read (stream, piece, PIECE_SIZE, cancellable, error)) > 0)
    {
      g_checksum_update (value, piece, len);
      g_checksum_update (content, piece, len);
      if (!g_output_stream_write_all (file, piece, len, NULL, cancellable, error))
        return FALSE;
    }

  return len == 0 && g_output_stream_close (file, cancellable, error);
}

static gboolean
write_copy (Copy                    *copy,
            GInputStream            *stream,
            const CofferValueFacts  *facts,
            GCancellable            *cancellable,
            GError                 **error)
{
  g_autoptr(GChecksum) value = g_checksum_new (G_CHECKSUM_SHA256), content = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *header = g_malloc (facts->data_offset + 1);
  g_autoptr(GFileOutputStream) file = NULL;

  if (!g_input_stream_read_all (stream, header, facts->data_offset, NULL, cancellable, error))
    return FALSE;
  g_checksum_update (value, header, facts->data_offset);
  copy->header = g_bytes_new (header, facts->data_offset);
  if ((file = g_file_create (copy->file, G_FILE_CREATE_PRIVATE, cancellable, error)) == NULL ||
      !copy_stream (stream, G_OUTPUT_STREAM (file), value, content, cancellable, error))
    return FALSE;
  coffer_outside_folder_stamp (copy->folder);
  copy->checksum = g_strdup (g_checksum_get_string (value));
  copy->content = g_strdup (g_checksum_get_string (content));

  return TRUE;
}

/* A CofferValueFunc; may be called twice. */
static gpointer
copy_worker (GInputStream           *stream,
             const CofferValueFacts *facts,
             gpointer                data,
             GCancellable           *cancellable,
             GError                **error)
{
  const CofferKey *key = data;
  Copy *copy = g_new0 (Copy, 1);
  g_autofree char *name = coffer_file_name_for_key (key, facts->content_type), *path = NULL;

  if ((copy->folder = coffer_outside_folder_make (error)) == NULL)
    {
      copy_free (copy);
      return NULL;
    }
  path = g_build_filename (copy->folder, name, NULL);
  copy->file = g_file_new_for_path (path);
  copy->content_type = g_strdup (facts->content_type);
  if (!write_copy (copy, stream, facts, cancellable, error))
    {
      coffer_outside_folder_drop (copy->folder);
      copy_free (copy);
      return NULL;
    }

  return copy;
}

/* Seeing changes */

static void
set_changed (CofferOutside *self,
             gboolean       changed)
{
  if (changed == self->changed)
    return;

  self->changed = changed;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHANGED]);
}

/* NULL unless it is a regular file. */
static Look *
stat_file (GFile *file)
{
  GStatBuf status;
  Look *look;

  if (g_lstat (g_file_peek_path (file), &status) != 0 || !S_ISREG (status.st_mode))
    return NULL;

  look = g_new0 (Look, 1);
  look->inode = status.st_ino;
  look->size = status.st_size;
  look->changed_ns = status.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + status.st_mtim.tv_nsec;
  return look;
}

static gboolean
is_same (const Look *a,
         const Look *b)
{
  return a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

static char *
dup_file_checksum (GFile         *file,
                   GCancellable  *cancellable)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  guint64 size;
  g_autoptr(GInputStream) stream = coffer_regular_file_open (file, NULL, &size, NULL);
  gssize len = -1;

  while (stream != NULL && (len = g_input_stream_read (stream, piece, PIECE_SIZE, cancellable, NULL)) > 0)
    g_checksum_update (checksum, piece, len);

  return len == 0 ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

typedef struct {
  GFile *file;
  Look *known;   /* or NULL: one that is the same needs no further look */
} LookRequest;

static void
look_request_free (gpointer data)
{
  LookRequest *request = data;

  g_object_unref (request->file);
  g_clear_pointer (&request->known, look_free);
  g_free (request);
}

static void
look_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  LookRequest *request = data;
  Look *look = stat_file (request->file);

  if (look == NULL || (request->known != NULL && is_same (look, request->known)) ||
      (look->checksum = dup_file_checksum (request->file, cancellable)) == NULL)
    g_clear_pointer (&look, look_free);
  g_task_return_pointer (task, look, look_free);
}

static void begin_look (CofferOutside *self, Look *known, gboolean checking);

/* A file that is away, or cannot be read, is in the middle of being written. */
static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferOutside *self = COFFER_OUTSIDE (source);
  Look *look = g_task_propagate_pointer (G_TASK (result), NULL);
  gboolean is_new, is_changed;

  self->looking = FALSE;
  if (self->again)
    begin_look (self, NULL, FALSE);
  self->again = FALSE;
  if (look == NULL)
    return;

  is_new = self->seen == NULL || !g_str_equal (look->checksum, self->seen->checksum);
  g_clear_pointer (&self->seen, look_free);
  self->seen = look;
  is_changed = !g_str_equal (look->checksum, self->copy->content);
  if (self->changed && is_new && is_changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHANGED]);   /* once more, to other words */
  else
    set_changed (self, is_changed);
}

/* @known (transfer full) (nullable) */
static void
begin_look (CofferOutside *self,
            Look          *known,
            gboolean       checking)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, looked_cb, NULL);
  LookRequest *request = g_new (LookRequest, 1);

  *request = (LookRequest) { g_object_ref (self->copy->file), known };
  g_task_set_task_data (task, request, look_request_free);
  self->looking = TRUE;
  self->checking = checking;
  g_task_run_in_thread (task, look_thread);
}

static void
look (CofferOutside *self)
{
  if (self->looking)
    self->again = TRUE;
  else
    begin_look (self, NULL, FALSE);
}

void
coffer_outside_check (CofferOutside *self)
{
  Look *known = NULL;

  g_return_if_fail (COFFER_IS_OUTSIDE (self));

  if (self->looking)
    return;
  if (self->seen != NULL)
    {
      known = g_memdup2 (self->seen, sizeof *known);
      known->checksum = NULL;
    }
  begin_look (self, known, TRUE);
}

static gboolean
quiet_cb (gpointer data)
{
  CofferOutside *self = data;

  self->quiet_id = 0;
  look (self);

  return G_SOURCE_REMOVE;
}

static void
touched_cb (CofferOutside *self,
            GFile         *file)
{
  g_autofree char *name = g_file_get_basename (file);

  if (g_str_has_prefix (name, ".stamp"))   /* our own */
    return;
  g_clear_handle_id (&self->quiet_id, g_source_remove);
  self->quiet_id = g_timeout_add (QUIET_MS, quiet_cb, self);
}

static void
watch (CofferOutside *self)
{
  g_autoptr(GFile) folder = g_file_get_parent (self->copy->file);

  g_autoptr(GError) error = NULL;

  self->monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);
  if (self->monitor == NULL)
    g_info ("%s is not watched: %s", g_file_peek_path (folder), error->message);
  else
    g_signal_connect_object (self->monitor, "changed", G_CALLBACK (touched_cb), self, G_CONNECT_SWAPPED);
}

/* Making one */

typedef struct {
  CofferVault *vault;
  char *table;
  CofferKey *key;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_object_unref (request->vault);
  g_free (request->table);
  coffer_key_unref (request->key);
  g_free (request);
}

static void
copied_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  const Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  Copy *copy = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);
  CofferOutside *self;

  if (copy == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  self = g_object_new (COFFER_TYPE_OUTSIDE, NULL);
  self->vault = g_object_ref (request->vault);
  self->table = g_strdup (request->table);
  self->key = coffer_key_ref (request->key);
  self->copy = copy;
  watch (self);
  g_task_return_pointer (task, self, g_object_unref);
}

static void
dropped_copy_free (gpointer data)
{
  Copy *copy = data;

  leave_folder (copy->folder);
  copy_free (copy);
}

void
coffer_outside_new_async (CofferVault         *vault,
                          CofferKey           *key,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  GTask *task;
  Request *request;

  g_return_if_fail (COFFER_IS_VAULT (vault) && key != NULL);

  task = g_task_new (NULL, cancellable, callback, user_data);
  request = g_new (Request, 1);
  *request = (Request) { g_object_ref (vault), g_strdup (coffer_vault_get_table (vault)), coffer_key_ref (key) };
  g_task_set_source_tag (task, coffer_outside_new_async);
  g_task_set_task_data (task, request, request_free);
  coffer_vault_read_value_async (vault, key, copy_worker, coffer_key_ref (key), (GDestroyNotify) coffer_key_unref, dropped_copy_free,
                                 cancellable, copied_cb, task);
}

CofferOutside *
coffer_outside_new_finish (GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, coffer_outside_new_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Bringing it back */

typedef struct {
  CofferOutsideUpdate how;
  gboolean loses;
  CofferProgress *progress;   /* or NULL */
  CofferKept *old;            /* or NULL */
} Update;

static void
update_free (gpointer data)
{
  Update *update = data;

  g_clear_pointer (&update->progress, coffer_progress_unref);
  g_clear_pointer (&update->old, coffer_kept_unref);
  g_free (update);
}

static void
end_stamp_thread (GTask        *task,
                  gpointer      source,
                  gpointer      data,
                  GCancellable *cancellable)
{
  coffer_outside_folder_end_stamp (data);
  g_task_return_boolean (task, TRUE);
}

static void
end_stamped_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  CofferOutside *self = COFFER_OUTSIDE (source);
  g_autoptr(GTask) task = data;

  set_changed (self, FALSE);
  look (self);   /* it may have been written again meanwhile */
  g_task_return_boolean (task, TRUE);
}

/* What was written before it was read is in the vault: only once the disk says so, too, the folder may go. */
static void
end_stamp (CofferOutside *self,
           GTask         *task)
{
  g_autoptr(GTask) stamping = g_task_new (self, NULL, end_stamped_cb, g_object_ref (task));

  g_task_set_task_data (stamping, g_strdup (self->copy->folder), g_free);
  g_task_run_in_thread (stamping, end_stamp_thread);
}

static void
updated_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferOutside *self = g_task_get_source_object (task);
  g_autofree char *value = NULL, *content = NULL;
  GError *error = NULL;
  CofferKey *key = coffer_vault_replace_finish (COFFER_VAULT (source), result, &value, &content, &error);

  if (key == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  coffer_key_unref (self->key);
  self->key = key;
  g_free (self->copy->checksum);
  self->copy->checksum = g_steal_pointer (&value);
  g_free (self->copy->content);
  self->copy->content = g_steal_pointer (&content);
  end_stamp (self, task);
}

static void
begin_stamp_thread (GTask        *task,
                    gpointer      source,
                    gpointer      data,
                    GCancellable *cancellable)
{
  coffer_outside_folder_begin_stamp (data);
  g_task_return_boolean (task, TRUE);
}

/* @expected (nullable) @task (transfer full) */
static void
replace (CofferOutside *self,
         const char    *expected,
         GTask         *task)
{
  const Update *update = g_task_get_task_data (task);

  coffer_vault_replace_async (self->vault, self->table, self->key, self->copy->file, self->copy->header, expected, update->progress,
                              g_task_get_cancellable (task), updated_cb, task);
}

/* What is replaced is what was kept, whoever wrote it. One that somebody deleted is none that could come back. */
static void
kept_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferOutside *self = g_task_get_source_object (task);
  Update *update = g_task_get_task_data (task);
  gboolean known = update->how == COFFER_OUTSIDE_UPDATE_KNOWN;
  g_autofree char *checksum = NULL;
  GError *error = NULL;

  update->old = coffer_vault_keep_value_finish (COFFER_VAULT (source), result, &checksum, &error);
  if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_NOTFOUND))
    g_clear_error (&error);
  else if (error == NULL && update->old == NULL && !update->loses)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("There is no room to keep the value that is there, which would be lost"));
  if (error != NULL)
    g_task_return_error (task, error);
  else
    replace (self, known ? self->copy->checksum : checksum, g_steal_pointer (&task));
}

static void
stamped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferOutside *self = COFFER_OUTSIDE (source);
  GTask *task = data;
  const Update *update = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (update->how == COFFER_OUTSIDE_UPDATE_COPY)
    coffer_vault_add_copy_async (self->vault, self->table, self->key, self->copy->file, self->copy->header, update->progress, cancellable,
                                 updated_cb, task);
  else
    coffer_vault_keep_value_async (self->vault, self->table, self->key, self->copy->file, update->progress, cancellable, kept_cb, task);
}

void
coffer_outside_update_async (CofferOutside       *self,
                             CofferOutsideUpdate  how,
                             gboolean             loses,
                             CofferProgress      *progress,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr(GTask) stamping = NULL;
  GTask *task;
  Update *update;

  g_return_if_fail (COFFER_IS_OUTSIDE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_outside_update_async);
  g_task_set_check_cancellable (task, FALSE);
  update = g_new (Update, 1);
  *update = (Update) { how, loses, progress != NULL ? coffer_progress_ref (progress) : NULL };
  g_task_set_task_data (task, update, update_free);

  stamping = g_task_new (self, NULL, stamped_cb, task);
  g_task_set_task_data (stamping, g_strdup (self->copy->folder), g_free);
  g_task_run_in_thread (stamping, begin_stamp_thread);
}

gboolean
coffer_outside_update_finish (CofferOutside  *self,
                              GAsyncResult   *result,
                              CofferKept    **old,
                              char          **now,
                              GError        **error)
{
  Update *update;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  update = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *old = g_steal_pointer (&update->old);
  *now = g_strdup (self->copy->checksum);
  return TRUE;
}

/* The object */

GFile *
coffer_outside_get_file (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), NULL);

  return self->copy->file;
}

CofferVault *
coffer_outside_get_vault (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), NULL);

  return self->vault;
}

const char *
coffer_outside_get_table (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), NULL);

  return self->table;
}

CofferKey *
coffer_outside_get_key (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), NULL);

  return self->key;
}

const char *
coffer_outside_get_content_type (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), NULL);

  return self->copy->content_type;
}

gboolean
coffer_outside_get_changed (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), FALSE);

  return self->changed;
}

gboolean
coffer_outside_is_settled (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), TRUE);

  return self->quiet_id == 0 && !self->again && (!self->looking || self->checking);
}

void
coffer_outside_discard (CofferOutside *self)
{
  g_return_if_fail (COFFER_IS_OUTSIDE (self));

  coffer_outside_folder_doom (self->copy->folder);
}

gboolean
coffer_outside_is_busy (CofferOutside *self)
{
  g_return_val_if_fail (COFFER_IS_OUTSIDE (self), FALSE);

  return self->quiet_id != 0;
}

static void
coffer_outside_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_CHANGED:
      g_value_set_boolean (value, COFFER_OUTSIDE (object)->changed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_outside_finalize (GObject *object)
{
  CofferOutside *self = COFFER_OUTSIDE (object);

  g_clear_handle_id (&self->quiet_id, g_source_remove);
  g_clear_object (&self->monitor);
  g_clear_pointer (&self->seen, look_free);
  leave_folder (self->copy->folder);
  copy_free (self->copy);
  g_object_unref (self->vault);
  g_free (self->table);
  coffer_key_unref (self->key);

  G_OBJECT_CLASS (coffer_outside_parent_class)->finalize (object);
}

static void
coffer_outside_class_init (CofferOutsideClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = coffer_outside_get_property;
  object_class->finalize = coffer_outside_finalize;

  props[PROP_CHANGED] = g_param_spec_boolean ("changed", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_outside_init (CofferOutside *self)
{
}
