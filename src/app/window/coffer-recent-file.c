/* SPDX-License-Identifier: MIT */
/* A recent vault. Made on a worker thread, then only read; any thread. */
#define G_LOG_DOMAIN "coffer-recent-file"

#include "coffer-recent-file.h"

#include <sys/stat.h>

struct _CofferRecentFile {
  GObject parent_instance;

  GFile *file;
  char *name;
  char *folder;
  guint64 size;
};

G_DEFINE_FINAL_TYPE (CofferRecentFile, coffer_recent_file, G_TYPE_OBJECT)

GFile *
coffer_recent_file_get_file (CofferRecentFile *self)
{
  g_return_val_if_fail (COFFER_IS_RECENT_FILE (self), NULL);

  return self->file;
}

const char *
coffer_recent_file_get_name (CofferRecentFile *self)
{
  g_return_val_if_fail (COFFER_IS_RECENT_FILE (self), NULL);

  return self->name;
}

const char *
coffer_recent_file_get_folder (CofferRecentFile *self)
{
  g_return_val_if_fail (COFFER_IS_RECENT_FILE (self), NULL);

  return self->folder;
}

guint64
coffer_recent_file_get_size (CofferRecentFile *self)
{
  g_return_val_if_fail (COFFER_IS_RECENT_FILE (self), 0);

  return self->size;
}

static char *
describe_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *shown = g_filename_display_name (folder);
  const char *home = g_get_home_dir ();
  gsize length = strlen (home);

  if (length > 1 && g_str_has_prefix (shown, home) && (shown[length] == '\0' || shown[length] == '/'))
    return g_strconcat ("~", shown + length, NULL);

  return g_steal_pointer (&shown);
}

static void
coffer_recent_file_finalize (GObject *object)
{
  CofferRecentFile *self = COFFER_RECENT_FILE (object);

  g_clear_object (&self->file);
  g_free (self->name);
  g_free (self->folder);

  G_OBJECT_CLASS (coffer_recent_file_parent_class)->finalize (object);
}

static void
coffer_recent_file_class_init (CofferRecentFileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_recent_file_finalize;
}

static void
coffer_recent_file_init (CofferRecentFile *self)
{
}

CofferRecentFile *
coffer_recent_file_new (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  CofferRecentFile *self;
  struct stat st;

  if (stat (path, &st) != 0 || !S_ISREG (st.st_mode))
    return NULL;

  self = g_object_new (COFFER_TYPE_RECENT_FILE, NULL);
  self->file = g_file_new_for_path (path);
  self->name = g_filename_display_name (base);
  self->folder = describe_folder (path);
  self->size = st.st_size;
  return self;
}
