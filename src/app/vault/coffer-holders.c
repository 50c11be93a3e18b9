/* SPDX-License-Identifier: MIT */
/* Who else has a file open, from /proc, by device and inode so that hard links, renames and other mounts do not hide anybody.
 * Runs on a thread of GIO's pool. It only calls readlink(2) and stat(2) where the vault is concerned: closing a descriptor of
 * it here would drop SQLite's locks (see kvault.h).
 */
#define G_LOG_DOMAIN "coffer-holders"

#include "coffer-holders.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define N_FILES 4
#define FIRST_NAMESPACE "pid:[4026531836]"   /* PROC_PID_INIT_INO of Linux: that in which all processes are */

typedef struct {
  char *path;
  CofferUnseen unseen;
} Search;

typedef struct {
  struct stat files[N_FILES];  /* the main file and its side files */
  int n_files;
} Wanted;

void
coffer_holder_free (CofferHolder *self)
{
  g_free (self->name);
  g_free (self);
}

static void
stat_files (const char *path,
            Wanted     *wanted)
{
  const char *suffixes[N_FILES] = { "", "-wal", "-shm", "-journal" };

  wanted->n_files = 0;
  for (int i = 0; i < N_FILES; i++)
    {
      g_autofree char *name = g_strconcat (path, suffixes[i], NULL);

      wanted->n_files += stat (name, &wanted->files[wanted->n_files]) == 0;
    }
}

static gboolean
is_wanted (const Wanted *wanted,
           dev_t         device,
           ino_t         inode)
{
  for (int i = 0; i < wanted->n_files; i++)
    if (wanted->files[i].st_dev == device && wanted->files[i].st_ino == inode)
      return TRUE;

  return FALSE;
}

/* Whether a process has one of the files open, as far as we may see. */
static gboolean
has_open (const char   *pid,
          const Wanted *wanted)
{
  g_autofree char *folder = g_build_filename ("/proc", pid, "fd", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename (folder, name, NULL);
      struct stat st;
      char first;

      /* Pipes and sockets are no paths; asking about files alone spares a stat of most descriptors. */
      if (readlink (link, &first, 1) == 1 && first == '/' && stat (link, &st) == 0 && is_wanted (wanted, st.st_dev, st.st_ino))
        return TRUE;
    }

  return FALSE;
}

/* "1: POSIX  ADVISORY  READ 4711 08:01:123456 128 128": adds 4711 if the inode is one of the files. */
static void
add_lock_owner (const char   *line,
                const Wanted *wanted,
                GHashTable   *pids)
{
  unsigned major_number, minor_number;
  unsigned long inode;
  int pid;

  if (sscanf (line, "%*s %*s %*s %*s %d %x:%x:%lu", &pid, &major_number, &minor_number, &inode) == 4 && pid > 0 &&
      is_wanted (wanted, makedev (major_number, minor_number), inode))
    g_hash_table_add (pids, GINT_TO_POINTER (pid));
}

static void
add_lock_owners (const Wanted *wanted,
                 GHashTable   *pids)
{
  g_autofree char *locks = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/locks", &locks, NULL, NULL))
    return;
  lines = g_strsplit (locks, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    add_lock_owner (lines[i], wanted, pids);
}

static void
add_openers (const Wanted *wanted,
             GCancellable *cancellable,
             GHashTable   *pids)
{
  g_autoptr(GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while (proc != NULL && !g_cancellable_is_cancelled (cancellable) && (name = g_dir_read_name (proc)) != NULL)
    if (g_ascii_isdigit (*name) && has_open (name, wanted))
      g_hash_table_add (pids, GINT_TO_POINTER (atoi (name)));
}

/* ---- what cannot be seen ---- */

/* A process that is gone meanwhile is none that hides something. */
static gboolean
is_closed_to_us (const char *proc,
                 const char *pid)
{
  g_autofree char *folder = g_build_filename (proc, pid, "fd", NULL);
  g_autoptr(GDir) dir = NULL;

  errno = 0;
  dir = g_dir_open (folder, 0, NULL);
  return dir == NULL && errno != ENOENT && errno != ESRCH;
}

static gboolean
is_in_namespace (const char *proc)
{
  g_autofree char *link = g_build_filename (proc, "self", "ns", "pid", NULL);
  g_autofree char *name = g_file_read_link (link, NULL);

  return g_strcmp0 (name, FIRST_NAMESPACE) != 0;
}

/* Process 1 is somebody else's as a rule; where it is not to be found, /proc shows one's own processes alone ("hidepid"). */
CofferUnseen
coffer_holders_find_unseen (const char *proc)
{
  g_autofree char *first = g_build_filename (proc, "1", NULL);
  g_autoptr(GDir) dir = g_dir_open (proc, 0, NULL);
  CofferUnseen unseen = is_in_namespace (proc) ? COFFER_UNSEEN_OUTSIDE : 0;
  const char *name;

  if (dir == NULL || !g_file_test (first, G_FILE_TEST_EXISTS))
    unseen |= COFFER_UNSEEN_USERS;
  while (dir != NULL && (unseen & COFFER_UNSEEN_USERS) == 0 && (name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (*name) && is_closed_to_us (proc, name))
      unseen |= COFFER_UNSEEN_USERS;
  return unseen;
}

/* See statfs(2). What FUSE shows is somebody else's to know. */
static gboolean
is_shared_by_computers (const char *path)
{
  static const guint32 magics[] = { 0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f, 0x7461636f, 0x01161970 };
  struct statfs fs;

  if (statfs (path, &fs) != 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (magics); i++)
    if ((guint32) fs.f_type == magics[i])
      return TRUE;
  return FALSE;
}

const char *
coffer_holders_describe_none (CofferUnseen   unseen,
                              char         **detail)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) lines = NULL;

  if (unseen & COFFER_UNSEEN_OUTSIDE)
    g_strv_builder_add (builder, _("Programs outside of this sandbox cannot be seen."));
  else if (unseen & COFFER_UNSEEN_USERS)
    g_strv_builder_add (builder, _("Programs of other users cannot be seen."));
  if (unseen & COFFER_UNSEEN_COMPUTERS)
    g_strv_builder_add (builder, _("Other computers that use the folder cannot be seen."));
  lines = g_strv_builder_end (builder);
  *detail = lines[0] != NULL ? g_strjoinv (" ", lines) : NULL;
  if (unseen & COFFER_UNSEEN_OUTSIDE)
    return _("No other program in this sandbox has it open");
  if (unseen & COFFER_UNSEEN_USERS)
    return _("No other program of yours has it open");
  return _("No other program has it open");
}

/* ---- who it is ---- */

/* One line that is safe to show, whatever a process calls itself. */
static char *
make_presentable (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  GString *shown = g_string_new (NULL);

  for (const char *p = valid; *p != '\0' && shown->len < 120; p = g_utf8_next_char (p))
    if (g_unichar_isprint (g_utf8_get_char (p)))
      g_string_append_unichar (shown, g_utf8_get_char (p));

  return g_string_free (shown, FALSE);
}

static char *
name_process (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", pid);
  g_autofree char *comm_path = g_strdup_printf ("/proc/%d/comm", pid);
  g_autofree char *arguments = NULL;
  g_autofree char *comm = NULL;
  g_autofree char *command = NULL;
  g_autofree char *script = NULL;
  g_autofree char *both = NULL;
  gsize length = 0;
  const char *second;

  if (g_file_get_contents (comm_path, &comm, NULL, NULL))
    g_strchomp (comm);
  if (!g_file_get_contents (path, &arguments, &length, NULL) || length == 0)
    return make_presentable (comm != NULL ? comm : "?");

  command = g_path_get_basename (arguments);
  second = strlen (arguments) + 1 < length ? arguments + strlen (arguments) + 1 : "";
  if (*second == '\0' || *second == '-' || !g_str_has_prefix (command, "python"))
    return make_presentable (command);

  script = g_path_get_basename (second);
  both = g_strconcat (command, " ", script, NULL);
  return make_presentable (both);
}

static int
compare_pids (gconstpointer a,
              gconstpointer b)
{
  const CofferHolder *first = *(const CofferHolder * const *) a;
  const CofferHolder *second = *(const CofferHolder * const *) b;

  return first->pid - second->pid;
}

static void
find_worker (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  g_autoptr(GPtrArray) holders = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_holder_free);
  g_autoptr(GHashTable) pids = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer pid;
  Search *search = task_data;
  Wanted wanted;

  search->unseen = coffer_holders_find_unseen ("/proc") | (is_shared_by_computers (search->path) ? COFFER_UNSEEN_COMPUTERS : 0);
  stat_files (search->path, &wanted);
  add_lock_owners (&wanted, pids);
  add_openers (&wanted, cancellable, pids);
  g_hash_table_remove (pids, GINT_TO_POINTER (getpid ()));

  g_hash_table_iter_init (&iter, pids);
  while (g_hash_table_iter_next (&iter, &pid, NULL))
    {
      CofferHolder *holder = g_new0 (CofferHolder, 1);

      holder->pid = GPOINTER_TO_INT (pid);
      holder->name = name_process (holder->pid);
      g_ptr_array_add (holders, holder);
    }
  g_ptr_array_sort (holders, compare_pids);

  g_task_return_pointer (task, g_steal_pointer (&holders), (GDestroyNotify) g_ptr_array_unref);
}

static void
search_free (gpointer data)
{
  Search *search = data;

  g_free (search->path);
  g_free (search);
}

void
coffer_holders_find_async (GFile               *file,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Search *search;

  g_return_if_fail (G_IS_FILE (file));

  g_task_set_source_tag (task, coffer_holders_find_async);
  search = g_new0 (Search, 1);
  search->path = g_file_get_path (file);
  g_task_set_task_data (task, search, search_free);
  if (g_file_peek_path (file) == NULL)
    g_task_return_pointer (task, g_ptr_array_new (), (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_run_in_thread (task, find_worker);
}

GPtrArray *
coffer_holders_find_finish (GAsyncResult  *result,
                            CofferUnseen  *unseen,
                            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  if (unseen != NULL)
    *unseen = ((const Search *) g_task_get_task_data (G_TASK (result)))->unseen;
  return g_task_propagate_pointer (G_TASK (result), error);
}
