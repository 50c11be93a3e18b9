/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-cover.h"

#include <coffer-image.h>

typedef struct {
  GstSample *sample;
  int size;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  gst_sample_unref (request->sample);
  g_free (request);
}

static const char *
media_type_of (GstSample *sample)
{
  GstCaps *caps = gst_sample_get_caps (sample);

  return caps != NULL && !gst_caps_is_empty (caps) ? gst_structure_get_name (gst_caps_get_structure (caps, 0)) : "";
}

/* What cannot be stopped, or is an address, is no cover. */
static GstSample *
find_sample (GstTagList *tags)
{
  static const char *const kinds[] = { GST_TAG_IMAGE, GST_TAG_PREVIEW_IMAGE };

  for (guint i = 0; tags != NULL && i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr(GstSample) sample = NULL;

      if (gst_tag_list_get_sample_index (tags, kinds[i], 0, &sample) && gst_sample_get_buffer (sample) != NULL &&
          coffer_image_is_incremental (media_type_of (sample)))
        return g_steal_pointer (&sample);
    }

  return NULL;
}

gboolean
coffer_cover_is_in (GstTagList *tags)
{
  g_autoptr(GstSample) sample = find_sample (tags);

  return sample != NULL;
}

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Request *request = data;
  g_autoptr(GInputStream) stream = NULL;
  GError *error = NULL;
  CofferImage image;
  gpointer bytes;
  gsize size;

  gst_buffer_extract_dup (gst_sample_get_buffer (request->sample), 0, -1, &bytes, &size);
  stream = g_memory_input_stream_new_from_data (bytes, size, g_free);
  if (coffer_image_decode_full (&image, media_type_of (request->sample), stream, request->size, request->size,
                                COFFER_IMAGE_STILL, cancellable, &error))
    g_task_return_pointer (task, g_object_ref (image.texture), g_object_unref);
  else
    g_task_return_error (task, error);
  coffer_image_clear (&image);
}

void
coffer_cover_load_async (GstTagList          *tags,
                         int                  size,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  GstSample *sample = find_sample (tags);
  Request *request;

  g_task_set_source_tag (task, coffer_cover_load_async);
  if (sample == NULL)
    {
      g_task_return_pointer (task, NULL, NULL);
      return;
    }

  request = g_new (Request, 1);
  request->sample = sample;
  request->size = size;
  g_task_set_task_data (task, request, request_free);
  g_task_run_in_thread (task, load_thread);
}

GdkTexture *
coffer_cover_load_finish (GAsyncResult  *result,
                          GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
