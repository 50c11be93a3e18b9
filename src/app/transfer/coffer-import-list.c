/* SPDX-License-Identifier: MIT */
/*
 * Reading coffer.json of an export that is to be imported again. It only tells of files that the walk has found, so nothing it says
 * leads anywhere else, and what it takes of memory is bounded by what there is. On the thread of the walk.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-import-list.h"

#include <coffer-archive.h>
#include <manifest.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PROBLEMS 1000     /* that are kept */

typedef struct {
  CofferImportList *list;
  CofferImportWalk *walk;
  GHashTable *positions;      /* path to position + 1 in the walk's files */
  GArray *odd;                /* of CofferImportListed: those that come last */
  GCancellable *cancellable;
  int fd;
  int error;                  /* errno of reading it */
} Reading;

static void
clear_listed (gpointer data)
{
  CofferImportListed *listed = data;

  g_bytes_unref (listed->key);
  g_clear_pointer (&listed->header, g_bytes_unref);
}

static void
problem_free (gpointer data)
{
  CofferImportProblem *problem = data;

  g_free (problem->path);
  g_free (problem->reason);
  g_free (problem);
}

void
coffer_import_list_free (CofferImportList *self)
{
  g_array_unref (self->listed);
  g_ptr_array_unref (self->problems);
  g_free (self->failure);
  g_free (self);
}

static void
leave_out (Reading    *reading,
           const char *path,
           const char *reason)
{
  CofferImportProblem *problem;

  if (reading->list->problems->len >= MAX_PROBLEMS)
    return;
  problem = g_new (CofferImportProblem, 1);
  *problem = (CofferImportProblem) { g_strdup (path), g_strdup (reason) };
  g_ptr_array_add (reading->list->problems, problem);
}

static ptrdiff_t
read_cb (void  *buffer,
         size_t size,
         void  *data)
{
  Reading *reading = data;
  gssize n;

  if (g_cancellable_is_cancelled (reading->cancellable))
    return -1;
  while ((n = read (reading->fd, buffer, size)) < 0 && errno == EINTR)
    ;
  if (n < 0)
    reading->error = errno;
  return n;
}

static guint
count_folders (const char *path)
{
  guint n = 0;

  for (; (path = strchr (path, '/')) != NULL; path++)
    n++;
  return n;
}

/* Takes what it points to. */
static void
append_listed (Reading                  *reading,
               const CofferImportListed *listed)
{
  CofferImportList *list = reading->list;
  const CofferImportFile *file = &g_array_index (reading->walk->files, CofferImportFile, listed->position);
  guint deepest;

  g_array_append_val (list->listed, *listed);
  coffer_import_walk_count (&list->counts, file->path, file->size);
  deepest = g_array_index (list->listed, CofferImportListed, list->deepest).position;
  if (count_folders (file->path) > count_folders (g_array_index (reading->walk->files, CofferImportFile, deepest).path))
    list->deepest = list->listed->len - 1;
}

static void
add_listed (Reading              *reading,
            const manifest_entry *entry,
            guint                 position)
{
  CofferImportListed listed = {
    .position = position,
    .key = g_bytes_new (entry->key.data, entry->key.size),
    .header = entry->header.size > 0 ? g_bytes_new (entry->header.data, entry->header.size) : NULL,
  };

  memcpy (listed.sum, entry->sum, sizeof listed.sum);
  reading->list->n_inexact += !manifest_entry_is_exact (entry);
  if (entry->key_class == MANIFEST_BLOB)
    append_listed (reading, &listed);
  else
    g_array_append_val (reading->odd, listed);
}

static bool
take_cb (const manifest_entry *entry,
         void                 *data)
{
  Reading *reading = data;
  gpointer found = g_hash_table_lookup (reading->positions, entry->file);
  guint position = GPOINTER_TO_UINT (found) - 1;

  if (found == NULL)
    leave_out (reading, entry->file, _("It is missing, though coffer.json tells of it"));
  else if (g_array_index (reading->walk->files, CofferImportFile, position).size != entry->size)
    leave_out (reading, entry->file, _("It is not what coffer.json says"));
  else
    add_listed (reading, entry, position);
  g_hash_table_remove (reading->positions, entry->file);
  return true;
}

/* In the order of the walk. */
static void
leave_out_others (Reading *reading)
{
  for (guint i = 0; i < reading->walk->files->len; i++)
    {
      const char *path = g_array_index (reading->walk->files, CofferImportFile, i).path;

      if (g_hash_table_contains (reading->positions, path) && strcmp (path, MANIFEST_NAME) != 0)
        leave_out (reading, path, _("coffer.json does not tell of it"));
    }
}

static char *
describe (Reading               *reading,
          manifest_result        result,
          const manifest_reader *from)
{
  g_autofree char *line = NULL;

  switch (result)
    {
    case MANIFEST_NEWER:
      return g_strdup (_("A later version of Coffer made it"));
    case MANIFEST_TWICE:
      return g_strdup (_("It is damaged: it tells of a key or a file twice"));
    case MANIFEST_NO_MEMORY:
      return coffer_source_describe_errno (ENOMEM);
    case MANIFEST_STOPPED:
      return coffer_source_describe_errno (reading->error != 0 ? reading->error : ECANCELED);
    case MANIFEST_OK:
    case MANIFEST_FOREIGN:
    case MANIFEST_BROKEN:
    default:
      line = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) from->line);
      return g_strdup_printf (_("It is damaged in line %s"), line);
    }
}

/* FALSE: it is some other file. */
static gboolean
read_list (Reading *reading)
{
  manifest_reader from = { read_cb, take_cb, reading, 0 };
  g_autoptr(GArray) odd = reading->odd = g_array_new (FALSE, FALSE, sizeof (CofferImportListed));
  manifest_result result = manifest_read (&from);

  for (guint i = 0; i < odd->len; i++)
    append_listed (reading, &g_array_index (odd, CofferImportListed, i));
  if (result == MANIFEST_OK)
    leave_out_others (reading);
  else
    reading->list->failure = describe (reading, result, &from);
  return result != MANIFEST_FOREIGN;
}

static GHashTable *
find_positions (CofferImportWalk *walk)
{
  GHashTable *positions = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < walk->files->len; i++)
    g_hash_table_insert (positions, g_array_index (walk->files, CofferImportFile, i).path, GUINT_TO_POINTER (i + 1));
  return positions;
}

/* NULL: there is none. */
static const CofferImportFile *
find_file (CofferImportWalk *walk)
{
  for (guint i = 0; i < walk->files->len; i++)
    if (g_strcmp0 (g_array_index (walk->files, CofferImportFile, i).path, MANIFEST_NAME) == 0)
      return &g_array_index (walk->files, CofferImportFile, i);
  return NULL;
}

/* -1: it cannot be. */
static int
open_file (CofferImportWalk       *walk,
           const CofferImportFile *file,
           GCancellable           *cancellable)
{
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) walk->vaults);
  g_autoptr(CofferArchive) archive = NULL;
  struct stat before;

  if (!walk->is_archive)
    return coffer_source_open (walk->roots[0], MANIFEST_NAME, guard, &before, NULL);
  archive = coffer_archive_open (walk->roots[0], guard, cancellable, NULL);
  return archive != NULL ? coffer_archive_unpack (archive, file->at, file->path, &before, NULL) : -1;
}

CofferImportList *
coffer_import_list_new (CofferImportWalk *walk,
                        GCancellable     *cancellable)
{
  g_autoptr(GHashTable) positions = NULL;
  CofferImportList *self;
  Reading reading = { .walk = walk, .cancellable = cancellable };
  const CofferImportFile *file = walk->is_folder ? find_file (walk) : NULL;
  gboolean known;

  if (file == NULL || (reading.fd = open_file (walk, file, cancellable)) < 0)
    return NULL;
  positions = find_positions (walk);
  self = g_new0 (CofferImportList, 1);
  self->listed = g_array_new (FALSE, FALSE, sizeof (CofferImportListed));
  g_array_set_clear_func (self->listed, clear_listed);
  self->problems = g_ptr_array_new_with_free_func (problem_free);
  self->counts.n_folders = coffer_import_walk_get_counts (walk).n_folders;
  reading.list = self;
  reading.positions = positions;
  known = read_list (&reading);
  close (reading.fd);
  if (!known)
    g_clear_pointer (&self, coffer_import_list_free);
  return self;
}
