/* SPDX-License-Identifier: MIT */
/* How fast a disk is. Main thread, but for the worker. */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-disk.h"

#include <kvault.h>

static void
measure_worker (GTask        *task,
                gpointer      source,
                gpointer      path,
                GCancellable *cancellable)
{
  kvault_disk found;
  CofferDisk *disk = NULL;

  if (path != NULL && kvault_disk_measure (path, &found))
    {
      disk = g_new (CofferDisk, 1);
      *disk = (CofferDisk) { .write_rate = found.write_rate, .read_rate = found.read_rate };
    }
  g_task_return_pointer (task, disk, g_free);
}

void
coffer_disk_measure_async (GFile               *file,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_return_if_fail (G_IS_FILE (file));

  g_task_set_source_tag (task, coffer_disk_measure_async);
  g_task_set_task_data (task, g_file_get_path (file), g_free);
  g_task_run_in_thread (task, measure_worker);
}

gboolean
coffer_disk_measure_finish (GAsyncResult *result,
                            CofferDisk   *disk)
{
  g_autofree CofferDisk *found = g_task_propagate_pointer (G_TASK (result), NULL);

  *disk = found != NULL ? *found : (CofferDisk) { 0 };
  return found != NULL;
}
