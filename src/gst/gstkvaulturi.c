/* SPDX-License-Identifier: MIT */
/* gstkvaulturi.c - kvault: URIs taken apart. Any thread. */
#include "gstkvaulturi.h"

#include <string.h>

static GBytes *
decode (const char *start,
        const char *end,
        gboolean    may_have_nul)
{
  g_autoptr(GBytes) bytes = g_uri_unescape_bytes (start, end - start, NULL, NULL);

  if (bytes == NULL)
    return NULL;
  if (!may_have_nul && memchr (g_bytes_get_data (bytes, NULL), '\0', g_bytes_get_size (bytes)) != NULL)
    return NULL;
  return g_steal_pointer (&bytes);
}

static char *
decode_text (const char *start,
             const char *end)
{
  g_autoptr(GBytes) bytes = start < end ? decode (start, end, FALSE) : NULL;

  if (bytes == NULL)
    return NULL;
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* Parameters with other names are for readers to come. */
static gboolean
parse_query (const char       *query,
             GstKvaultAddress *address)
{
  g_auto(GStrv) parameters = g_strsplit (query, "&", -1);

  for (char **parameter = parameters; *parameter != NULL; parameter++)
    {
      const char *end = *parameter + strlen (*parameter);

      if (g_str_has_prefix (*parameter, "key=") && address->key == NULL)
        {
          if ((address->key = decode (*parameter + strlen ("key="), end, TRUE)) == NULL)
            return FALSE;
        }
      else if (g_str_has_prefix (*parameter, "table=") && address->table == NULL)
        {
          if ((address->table = decode_text (*parameter + strlen ("table="), end)) == NULL)
            return FALSE;
        }
      else if (g_str_has_prefix (*parameter, "offset=") &&
               !g_ascii_string_to_unsigned (*parameter + strlen ("offset="), 10, 0, G_MAXINT64, &address->skip, NULL))
        return FALSE;
    }
  return address->key != NULL;
}

static gboolean
parse (const char       *uri,
       GstKvaultAddress *address)
{
  const char *start, *query;

  if (!gst_uri_has_protocol (uri, "kvault") || strchr (uri, '#') != NULL)
    return FALSE;
  start = strchr (uri, ':') + 1;
  if (!g_str_has_prefix (start, "///"))
    return FALSE;
  start += strlen ("//");
  if ((query = strchr (start, '?')) == NULL)
    return FALSE;
  address->path = decode_text (start, query);
  return address->path != NULL && parse_query (query + 1, address);
}

GstKvaultAddress *
gst_kvault_address_new (const char *uri)
{
  g_autoptr(GstKvaultAddress) self = g_new0 (GstKvaultAddress, 1);

  return parse (uri, self) ? g_steal_pointer (&self) : NULL;
}

void
gst_kvault_address_free (GstKvaultAddress *self)
{
  g_free (self->path);
  g_free (self->table);
  g_clear_pointer (&self->key, g_bytes_unref);
  g_free (self);
}
