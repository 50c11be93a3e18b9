/* SPDX-License-Identifier: MIT */
/* gsttest.c - what the tests of kvaultsrc share. */
#include "gsttest.h"

#include <string.h>

char *
gsttest_make_uri (const char *path,
                  const char *table,
                  const void *key,
                  gsize       key_size)
{
  g_autofree char *path_part = g_uri_escape_bytes ((const guint8 *) path, strlen (path), "/");
  g_autofree char *key_part = g_uri_escape_bytes (key, key_size, NULL);
  g_autofree char *table_part = NULL;

  if (table == NULL)
    return g_strdup_printf ("kvault://%s?key=%s", path_part, key_part);
  table_part = g_uri_escape_bytes ((const guint8 *) table, strlen (table), NULL);
  return g_strdup_printf ("kvault://%s?table=%s&key=%s", path_part, table_part, key_part);
}

GstElement *
gsttest_make_source (const char *uri)
{
  GstElement *source = gst_element_factory_make ("kvaultsrc", NULL);

  g_assert_nonnull (source);
  g_object_set (source, "uri", uri, NULL);
  return source;
}

void
gsttest_set_paused (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, GSTTEST_SECONDS * GST_SECOND), ==,
                   GST_STATE_CHANGE_SUCCESS);
}

GstPad *
gsttest_activate_pull (GstElement *source)
{
  GstPad *pad = gst_element_get_static_pad (source, "src");

  g_assert_true (gst_pad_activate_mode (pad, GST_PAD_MODE_PULL, TRUE));
  return pad;
}

GstFlowReturn
gsttest_get_range (GstPad  *pad,
                   guint64  offset,
                   guint    length,
                   GBytes **bytes)
{
  GstBuffer *buffer = NULL;
  GstFlowReturn flow = gst_pad_get_range (pad, offset, length, &buffer);
  gpointer data;
  gsize size;

  *bytes = NULL;
  if (flow != GST_FLOW_OK)
    return flow;
  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  *bytes = g_bytes_new_take (data, size);
  gst_buffer_unref (buffer);
  return flow;
}
