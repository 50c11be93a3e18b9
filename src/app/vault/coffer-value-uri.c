/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-value-uri.h"

#include <string.h>

char *
coffer_value_dup_uri (const char *path,
                      const char *table,
                      GBytes     *key,
                      gsize       data_offset)
{
  gsize key_size;
  const guint8 *key_data = g_bytes_get_data (key, &key_size);
  g_autofree char *path_part = g_uri_escape_bytes ((const guint8 *) path, strlen (path), "/");
  g_autofree char *table_part = g_uri_escape_bytes ((const guint8 *) table, strlen (table), NULL);
  g_autofree char *key_part = g_uri_escape_bytes (key_data, key_size, NULL);

  return g_strdup_printf ("kvault://%s?table=%s&key=%s&offset=%" G_GSIZE_FORMAT, path_part, table_part, key_part, data_offset);
}
