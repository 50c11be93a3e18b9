/* SPDX-License-Identifier: MIT */
/*
 * Walking what is to be imported. Folders are walked by descriptors, never by paths, and no link inside them is followed; a folder
 * that is inside itself, by a mount, is entered once. No file is opened here: one of them may be a vault of ours.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-import-walk.h"

#include <coffer-archive.h>
#include <manifest.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH 256            /* folders in folders; each holds a descriptor */
#define MAX_TOLD_PATH 4096       /* bytes; one that is left out may have more */
#define LOOK_THROUGH_SIZE (64 << 20)   /* of what is compressed, to look for coffer.json before anybody asked for it */
#define LONG_SIZE 1000000000     /* from about here on a value is stored in parts */

typedef struct Folder Folder;

/* A folder that is being walked, in the one before it. */
struct Folder {
  const Folder *above;
  dev_t device;
  ino_t inode;
  guint depth;
};

typedef struct {
  CofferImportWalk *walk;
  CofferGuard *guard;
  GCancellable *cancellable;
  const char *root;
  GString *path;           /* in it */
} Tour;

static void
problem_free (gpointer data)
{
  CofferImportProblem *problem = data;

  g_free (problem->path);
  g_free (problem->reason);
  g_free (problem);
}

static void
clear_file (gpointer data)
{
  CofferImportFile *file = data;

  g_free (file->path);
  g_clear_pointer (&file->value, g_bytes_unref);
}

CofferImportWalk *
coffer_import_walk_new (GPtrArray *files)
{
  CofferImportWalk *self = g_new0 (CofferImportWalk, 1);
  g_autoptr(GStrvBuilder) roots = g_strv_builder_new ();

  g_mutex_init (&self->lock);
  self->files = g_array_new (FALSE, FALSE, sizeof (CofferImportFile));
  g_array_set_clear_func (self->files, clear_file);
  self->problems = g_ptr_array_new_with_free_func (problem_free);
  self->vaults = coffer_vault_dup_open_paths ();
  for (guint i = 0; i < files->len; i++)
    {
      const char *path = g_file_peek_path (g_ptr_array_index (files, i));

      if (path != NULL)
        g_strv_builder_add (roots, path);
      else
        {
          CofferImportProblem *problem = g_new (CofferImportProblem, 1);

          *problem = (CofferImportProblem) { g_file_get_parse_name (g_ptr_array_index (files, i)), g_strdup (_("It is not on this computer")) };
          g_ptr_array_add (self->problems, problem);
        }
    }
  self->roots = g_strv_builder_end (roots);
  return self;
}

void
coffer_import_walk_free (CofferImportWalk *self)
{
  g_array_unref (self->files);
  g_ptr_array_unref (self->problems);
  g_strfreev (self->roots);
  g_strfreev (self->vaults);
  g_mutex_clear (&self->lock);
  g_free (self);
}

CofferImportCounts
coffer_import_walk_get_counts (CofferImportWalk *self)
{
  CofferImportCounts counts;

  g_mutex_lock (&self->lock);
  counts = self->counts;
  g_mutex_unlock (&self->lock);
  return counts;
}

void
coffer_import_walk_leave_out (CofferImportWalk *self,
                              char             *path,
                              char             *reason)
{
  CofferImportProblem *problem = g_new (CofferImportProblem, 1);

  *problem = (CofferImportProblem) { path, reason };
  g_ptr_array_add (self->problems, problem);
}

/* @reason (transfer full) */
static void
leave_out (Tour *tour,
           char *reason)
{
  coffer_import_walk_leave_out (tour->walk, tour->path->len > 0 ? g_build_filename (tour->root, tour->path->str, NULL) : g_strdup (tour->root),
                                reason);
}

void
coffer_import_walk_count (CofferImportCounts *counts,
                          const char         *name,
                          guint64             size)
{
  g_autofree char *type = g_content_type_guess (name, NULL, 0, NULL);

  counts->n_files++;
  counts->n_bytes += size;
  counts->n_images += g_str_has_prefix (type, "image/");
  counts->n_videos += g_str_has_prefix (type, "video/");
  counts->n_long += size >= LONG_SIZE;
}

static void
note_depth (CofferImportWalk *self,
            guint             depth)
{
  if (depth <= self->depth)
    return;
  self->depth = depth;
  self->deepest = self->files->len - 1;
}

void
coffer_import_walk_add_value (CofferImportWalk *self,
                              GBytes           *value,
                              gboolean          no_bytes,
                              guint64           size,
                              guint             depth)
{
  g_autofree char *name = coffer_key_bytes_to_display (g_bytes_get_data (value, NULL), g_bytes_get_size (value), 0);

  g_array_append_val (self->files, ((CofferImportFile) { NULL, NULL, size, g_bytes_ref (value), 0, no_bytes }));
  note_depth (self, depth);
  g_mutex_lock (&self->lock);
  coffer_import_walk_count (&self->counts, name, size);
  g_mutex_unlock (&self->lock);
}

static void
take_file (Tour              *tour,
           const struct stat *file,
           guint              depth)
{
  CofferImportWalk *walk = tour->walk;
  const char *path = tour->path->len > 0 ? tour->path->str : NULL;

  g_array_append_val (walk->files, ((CofferImportFile) { tour->root, g_strdup (path), file->st_size, NULL }));
  note_depth (walk, depth);
  g_mutex_lock (&walk->lock);
  coffer_import_walk_count (&walk->counts, path != NULL ? path : tour->root, file->st_size);
  g_mutex_unlock (&walk->lock);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names in a folder, sorted. NULL with errno. */
static GPtrArray *
list_folder (DIR *folder)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct dirent *entry;

  while (errno = 0, (entry = readdir (folder)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  if (errno != 0)
    return NULL;
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static gboolean
is_inside_itself (const Folder *folder)
{
  for (const Folder *above = folder->above; above != NULL; above = above->above)
    if (above->device == folder->device && above->inode == folder->inode)
      return TRUE;
  return FALSE;
}

static void take_entry (Tour *tour, int fd, const char *name, const Folder *above);

static void
take_names (Tour         *tour,
            DIR          *stream,
            const Folder *folder)
{
  g_autoptr(GPtrArray) names = list_folder (stream);
  gsize length = tour->path->len;

  if (names == NULL)
    leave_out (tour, coffer_source_describe_errno (errno));
  for (guint i = 0; names != NULL && i < names->len && !g_cancellable_is_cancelled (tour->cancellable); i++)
    {
      if (length > 0)
        g_string_append_c (tour->path, '/');
      g_string_append (tour->path, g_ptr_array_index (names, i));
      take_entry (tour, dirfd (stream), g_ptr_array_index (names, i), folder);
      g_string_truncate (tour->path, length);
    }
}

/* @flags  O_NOFOLLOW, or 0 for what was named */
static void
take_folder (Tour              *tour,
             int                at,
             const char        *name,
             int                flags,
             const struct stat *file,
             const Folder      *above)
{
  Folder folder = { above, file->st_dev, file->st_ino, above != NULL ? above->depth + 1 : 1 };
  DIR *stream;
  int fd;

  if (is_inside_itself (&folder))
    leave_out (tour, g_strdup (_("The folder is inside itself")));
  else if (folder.depth > MAX_DEPTH)
    leave_out (tour, g_strdup (_("There are too many folders in folders")));
  else if ((fd = openat (at, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | flags)) < 0)
    leave_out (tour, coffer_source_describe_errno (errno));
  else if ((stream = fdopendir (fd)) == NULL)
    {
      leave_out (tour, coffer_source_describe_errno (errno));
      close (fd);
    }
  else
    {
      g_mutex_lock (&tour->walk->lock);
      tour->walk->counts.n_folders += above != NULL;
      g_mutex_unlock (&tour->walk->lock);
      take_names (tour, stream, &folder);
      closedir (stream);
    }
}

/* Something in a folder, or what was named, where @above is NULL: then a link is followed. */
static void
take_entry (Tour         *tour,
            int           at,
            const char   *name,
            const Folder *above)
{
  int no_follow = above != NULL ? AT_SYMLINK_NOFOLLOW : 0;
  struct stat file;

  if (fstatat (at, name, &file, no_follow) != 0)
    leave_out (tour, coffer_source_describe_errno (errno));
  else if (S_ISDIR (file.st_mode))
    take_folder (tour, at, name, above != NULL ? O_NOFOLLOW : 0, &file, above);
  else if (S_ISLNK (file.st_mode))
    leave_out (tour, coffer_source_describe_errno (ELOOP));
  else if (!S_ISREG (file.st_mode))
    leave_out (tour, g_strdup (_("It is neither a file nor a folder")));
  else if (coffer_guard_has (tour->guard, &file))
    leave_out (tour, g_strdup (_("It is part of a vault that is open here")));
  else if (faccessat (at, name, R_OK, AT_EACCESS) != 0)
    leave_out (tour, coffer_source_describe_errno (errno));
  else
    take_file (tour, &file, above != NULL ? above->depth : 0);
}

/* Archives */

static gboolean
has_name_of_archive (const char *path)
{
  static const char *const endings[] = {
    ".zip", ".tar", ".tar.zst", ".tar.gz", ".tar.xz", ".tar.bz2", ".tzst", ".tgz", ".txz", ".tbz2", ".tbz",
  };
  g_autofree char *name = g_ascii_strdown (path, -1);

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (name, endings[i]))
      return TRUE;
  return FALSE;
}

/* A document that is a zip inside is no archive to those who made it, so the name counts, too. To look for coffer.json in what is
 * compressed as a whole, all of it has to be read.
 */
static void
look_inside (CofferImportWalk  *self,
             const CofferGuard *guard,
             GCancellable      *cancellable)
{
  g_autoptr(CofferArchive) archive = NULL;
  const CofferMember *member;

  if (self->files->len != 1 || g_strv_length (self->roots) != 1 || self->is_folder || !has_name_of_archive (self->roots[0]))
    return;
  archive = coffer_archive_open (self->roots[0], guard, cancellable, NULL);
  self->can_unpack = archive != NULL;
  if (archive == NULL || (coffer_archive_is_compressed (archive) && self->counts.n_bytes > LOOK_THROUGH_SIZE))
    return;
  while (!self->has_list && (member = coffer_archive_next (archive, NULL)) != NULL)
    self->has_list = member->kind == COFFER_MEMBER_FILE && g_str_equal (member->path, MANIFEST_NAME);
}

static guint
count_parts (const char *path)
{
  guint n = 0;

  for (; (path = strchr (path, '/')) != NULL; path++)
    n++;
  return n;
}

static void
take_member (Tour               *tour,
             const CofferMember *member,
             GHashTable         *folders)
{
  CofferImportWalk *walk = tour->walk;
  char *folder = g_path_get_dirname (member->path);

  g_string_assign (tour->path, member->path);
  g_string_truncate (tour->path, MIN (tour->path->len, MAX_TOLD_PATH));
  if (member->kind == COFFER_MEMBER_REFUSED)
    leave_out (tour, g_strdup (member->reason));
  if (member->kind != COFFER_MEMBER_FILE)
    {
      g_free (folder);
      return;
    }
  g_array_append_val (walk->files, ((CofferImportFile) { tour->root, g_strdup (member->path), member->size, NULL, member->at }));
  note_depth (walk, count_parts (member->path));
  g_mutex_lock (&walk->lock);
  coffer_import_walk_count (&walk->counts, member->path, member->size);
  if (g_str_equal (folder, ".") || g_hash_table_contains (folders, folder))
    g_free (folder);
  else
    g_hash_table_add (folders, folder);
  walk->counts.n_folders = g_hash_table_size (folders);
  g_mutex_unlock (&walk->lock);
}

/* What could be read is there, whatever is behind it. */
static void
tell_damage (Tour *tour)
{
  g_autofree char *last = g_filename_display_name (tour->path->str);
  char *reason = *last != '\0' ? g_strdup_printf (_("It is damaged: what may come after “%s” is missing"), last) : g_strdup (_("It is damaged"));

  g_string_truncate (tour->path, 0);
  leave_out (tour, reason);
}

gboolean
coffer_import_walk_unpack (CofferImportWalk  *self,
                           GCancellable      *cancellable,
                           GError           **error)
{
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) self->vaults);
  g_autoptr(GHashTable) folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GString) path = g_string_new (NULL);
  g_autoptr(CofferArchive) archive = coffer_archive_open (self->roots[0], guard, cancellable, error);
  g_autoptr(GError) problem = NULL;
  Tour tour = { .walk = self, .guard = guard, .cancellable = cancellable, .root = self->roots[0], .path = path };
  const CofferMember *member;

  if (archive == NULL)
    return FALSE;
  while ((member = coffer_archive_next (archive, &problem)) != NULL)
    take_member (&tour, member, folders);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (problem != NULL)
    tell_damage (&tour);
  self->is_folder = self->is_archive = TRUE;
  return TRUE;
}

gboolean
coffer_import_walk_run (CofferImportWalk  *self,
                        GCancellable      *cancellable,
                        GError           **error)
{
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) self->vaults);
  g_autoptr(GString) path = g_string_new (NULL);
  Tour tour = { .walk = self, .guard = guard, .cancellable = cancellable, .path = path };

  for (guint i = 0; self->roots[i] != NULL && !g_cancellable_is_cancelled (cancellable); i++)
    {
      tour.root = self->roots[i];
      take_entry (&tour, AT_FDCWD, tour.root, NULL);
    }
  self->is_folder = g_strv_length (self->roots) == 1 && g_file_test (self->roots[0], G_FILE_TEST_IS_DIR);
  look_inside (self, guard, cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
