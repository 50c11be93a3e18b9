/* SPDX-License-Identifier: MIT */
/*
 * Starts GStreamer, which reads its list of plugins then, or makes it anew: nothing that a start of the program should wait for.
 */
#define G_LOG_DOMAIN "coffer-media"

#include "coffer-media.h"

#include <glib/gi18n-lib.h>
#include <gst/gst.h>

static gboolean (*register_source) (void);

void
coffer_media_set_source (gboolean (*function) (void))
{
  register_source = function;
}

gboolean
coffer_media_prepare (void)
{
  static gsize prepared;

  if (g_once_init_enter (&prepared))
    {
      gboolean ok = register_source != NULL && gst_init_check (NULL, NULL, NULL) && register_source ();

      g_once_init_leave (&prepared, ok ? 1 : 2);
    }

  return prepared == 1;
}

static void
prepare_thread (GTask        *task,
                gpointer      source,
                gpointer      data,
                GCancellable *cancellable)
{
  if (coffer_media_prepare ())
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s", _("GStreamer does not start"));
}

void
coffer_media_prepare_async (GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_media_prepare_async);
  g_task_run_in_thread (task, prepare_thread);
}

gboolean
coffer_media_prepare_finish (GAsyncResult  *result,
                             GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
