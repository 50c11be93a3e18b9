/* SPDX-License-Identifier: MIT */
/*
 * Who holds a write-ahead log ends a transaction without a trace in any file, so /proc/locks is asked, every two seconds, while somebody looks and
 * somebody is there. Only what the checkpoint found is followed: who else uses the log is in nobody's way yet, and this program
 * itself reads a little all the time. Main thread, but for the functions marked "thread", which open nothing of the vault.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-log-holder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_S 2

/* Bytes of the "-shm" file that SQLite locks: from that of the writer to that of the last reader; its wal.c, "WALINDEX_LOCK_OFFSET". */
#define FIRST_LOCK 120
#define LAST_LOCK 127

struct _CofferLogHolder {
  GObject parent_instance;

  char *path;                /* of the vault */
  gboolean own, unseen;
  int pid;
  char program[32];
  guint look_id;
  GCancellable *looking;     /* NULL: not under way */
};

static guint changed_signal;

G_DEFINE_FINAL_TYPE (CofferLogHolder, coffer_log_holder, G_TYPE_OBJECT)

/* Of one look: which of those that were there still are. */
typedef struct {
  char *path;
  int pid;
  gboolean has_own, has_other;
  gboolean can_tell;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->path);
  g_free (look);
}

/* Thread. "1: POSIX  ADVISORY  READ 4711 08:01:123456 123 123". Some file systems have another device there than for stat(2). */
static void
note_lock (Look       *look,
           const char *line,
           ino_t       shm)
{
  unsigned long long inode, first, last;
  int pid;

  if (sscanf (line, "%*d: POSIX %*s %*s %d %*x:%*x:%llu %llu %llu", &pid, &inode, &first, &last) != 4 || inode != shm || first > LAST_LOCK ||
      last < FIRST_LOCK)
    return;
  look->has_own = look->has_own || pid == getpid ();
  look->has_other = look->has_other || (pid > 0 && pid == look->pid);
}

/* Thread. Without an index of the log nobody uses it. */
static void
look_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Look *look = data;
  g_autofree char *real = realpath (look->path, NULL);
  g_autofree char *index = real != NULL ? g_strconcat (real, "-shm", NULL) : NULL;
  g_autofree char *locks = NULL;
  g_auto(GStrv) lines = NULL;
  struct stat shm;

  look->can_tell = index == NULL || stat (index, &shm) != 0;
  if (!look->can_tell && g_file_get_contents ("/proc/locks", &locks, NULL, NULL))
    {
      look->can_tell = TRUE;
      lines = g_strsplit (locks, "\n", -1);
      for (guint i = 0; lines[i] != NULL; i++)
        note_lock (look, lines[i], shm.st_ino);
    }
  g_task_return_boolean (task, look->can_tell);
}

gboolean
coffer_log_holder_is_there (CofferLogHolder *self)
{
  g_return_val_if_fail (COFFER_IS_LOG_HOLDER (self), FALSE);

  return self->unseen || self->own || self->pid > 0;
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  CofferLogHolder *self = COFFER_LOG_HOLDER (source);
  const Look *look = g_task_get_task_data (G_TASK (result));
  gboolean told = g_task_propagate_boolean (G_TASK (result), NULL);
  gboolean own = self->own && look->has_own;
  int pid = look->has_other ? self->pid : 0;
  gboolean changed = told && (own != self->own || pid != self->pid);

  if (self->looking != g_task_get_cancellable (G_TASK (result)))
    return;
  g_clear_object (&self->looking);
  if (changed)
    {
      self->own = own;
      self->pid = pid;
    }
  if (self->look_id != 0 && !coffer_log_holder_is_there (self))
    g_clear_handle_id (&self->look_id, g_source_remove);
  if (changed)
    g_signal_emit (self, changed_signal, 0);
}

void
coffer_log_holder_look (CofferLogHolder *self)
{
  g_autoptr(GTask) task = NULL;
  Look *look;

  g_return_if_fail (COFFER_IS_LOG_HOLDER (self));

  if (self->looking != NULL || (!self->own && self->pid == 0))
    return;
  look = g_new0 (Look, 1);
  look->path = g_strdup (self->path);
  look->pid = self->pid;
  self->looking = g_cancellable_new ();
  task = g_task_new (self, self->looking, looked_cb, NULL);
  g_task_set_source_tag (task, coffer_log_holder_look);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, look_thread);
}

static gboolean
look_cb (gpointer data)
{
  coffer_log_holder_look (data);
  return G_SOURCE_CONTINUE;
}

static void
schedule (CofferLogHolder *self)
{
  if (self->look_id == 0 && (self->own || self->pid > 0))
    self->look_id = g_timeout_add_seconds (LOOK_S, look_cb, self);
}

void
coffer_log_holder_set_watched (CofferLogHolder *self,
                               gboolean         watched)
{
  g_return_if_fail (COFFER_IS_LOG_HOLDER (self));

  if (watched)
    schedule (self);
  else
    g_clear_handle_id (&self->look_id, g_source_remove);
  if (watched)
    coffer_log_holder_look (self);
}

gboolean
coffer_log_holder_is_unseen (CofferLogHolder *self)
{
  g_return_val_if_fail (COFFER_IS_LOG_HOLDER (self), FALSE);

  return self->unseen;
}

gboolean
coffer_log_holder_is_own (CofferLogHolder *self)
{
  g_return_val_if_fail (COFFER_IS_LOG_HOLDER (self), FALSE);

  return self->own;
}

int
coffer_log_holder_get_pid (CofferLogHolder  *self,
                           const char      **name)
{
  g_return_val_if_fail (COFFER_IS_LOG_HOLDER (self), 0);

  *name = self->program;
  return self->pid;
}

static void
coffer_log_holder_dispose (GObject *object)
{
  CofferLogHolder *self = COFFER_LOG_HOLDER (object);

  g_clear_handle_id (&self->look_id, g_source_remove);
  g_clear_object (&self->looking);

  G_OBJECT_CLASS (coffer_log_holder_parent_class)->dispose (object);
}

static void
coffer_log_holder_finalize (GObject *object)
{
  g_free (COFFER_LOG_HOLDER (object)->path);

  G_OBJECT_CLASS (coffer_log_holder_parent_class)->finalize (object);
}

static void
coffer_log_holder_class_init (CofferLogHolderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = coffer_log_holder_dispose;
  object_class->finalize = coffer_log_holder_finalize;
  changed_signal = g_signal_new ("changed", COFFER_TYPE_LOG_HOLDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_log_holder_init (CofferLogHolder *self)
{
}

CofferLogHolder *
coffer_log_holder_new (CofferVault            *vault,
                       const CofferCheckpoint *found)
{
  CofferLogHolder *self = g_object_new (COFFER_TYPE_LOG_HOLDER, NULL);

  self->path = g_file_get_path (coffer_vault_get_file (vault));
  self->own = found->own;
  self->pid = found->pid;
  self->unseen = !found->own && found->pid == 0;
  g_strlcpy (self->program, found->program, sizeof self->program);
  schedule (self);
  return self;
}
