/* SPDX-License-Identifier: MIT */
/*
 * The name of a TrueType or OpenType font, and how many glyphs it has. Any thread. Source: the OpenType specification.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_NAMES (256 << 10)   /* of the table of names */
#define NAME_FULL 4
#define NAME_VERSION 5

static guint32
read_be (const guint8 *bytes,
         guint         n)
{
  guint32 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | bytes[i];

  return number;
}

/* @head  of one font, from its beginning. Returns: the table; empty if it has none */
static GBytes *
read_table (const CofferDocument *self,
            const guint8         *head,
            gsize                 len,
            const char           *tag,
            gsize                 max)
{
  guint n = read_be (head + 4, 2);

  for (gsize i = 0, at = 12; i < n && at + 16 <= len; i++, at += 16)
    if (memcmp (head + at, tag, 4) == 0)
      return coffer_document_read_part (self, read_be (head + at + 8, 4), MIN (read_be (head + at + 12, 4), max));

  return g_bytes_new (NULL, 0);
}

/* English where there is a choice: language 0x409 of Windows. */
static void
add_name (CofferDocument *self,
          const guint8   *table,
          gsize           len,
          guint           name_id,
          const char     *fact)
{
  guint n = len >= 6 ? read_be (table + 2, 2) : 0;
  gsize storage = len >= 6 ? read_be (table + 4, 2) : 0;
  const guint8 *best = NULL;

  for (gsize i = 0, at = 6; i < n && at + 12 <= len; i++, at += 12)
    {
      const guint8 *record = table + at;
      guint platform = read_be (record, 2);
      gsize size = read_be (record + 8, 2), offset = storage + read_be (record + 10, 2);

      if (read_be (record + 6, 2) != name_id || (platform != 0 && platform != 3) || offset > len || size > len - offset)
        continue;
      if (best == NULL || (platform == 3 && read_be (record + 4, 2) == 0x409))
        best = record;
    }
  if (best != NULL)
    coffer_document_add_utf16 (self, fact, table + storage + read_be (best + 10, 2), read_be (best + 8, 2));
}

static gboolean
is_font (const guint8 *head)
{
  return memcmp (head, "\0\1\0\0", 4) == 0 || memcmp (head, "OTTO", 4) == 0 || memcmp (head, "true", 4) == 0;
}

static void
read_one (CofferDocument *self,
          const guint8   *head,
          gsize           len)
{
  g_autoptr(GBytes) names = read_table (self, head, len, "name", MAX_NAMES);
  g_autoptr(GBytes) maxp = read_table (self, head, len, "maxp", 6);
  const guint8 *bytes = g_bytes_get_data (names, NULL);

  if (g_bytes_get_size (names) == 0 || g_bytes_get_size (maxp) < 6)
    return;

  add_name (self, bytes, g_bytes_get_size (names), NAME_FULL, _("Font"));
  add_name (self, bytes, g_bytes_get_size (names), NAME_VERSION, _("Version"));
  coffer_document_add (self, _("Glyphs"), g_strdup_printf ("%'u", read_be ((const guint8 *) g_bytes_get_data (maxp, NULL) + 4, 2)));
}

/* A collection shares tables: places in it count from its beginning, too. */
void
coffer_document_read_font (CofferDocument *self,
                           const guint8   *head,
                           gsize           len)
{
  g_autoptr(GBytes) first = NULL;

  if (len >= 16 && memcmp (head, "ttcf", 4) == 0)
    {
      coffer_document_add (self, _("Fonts"), g_strdup_printf ("%'u", read_be (head + 8, 4)));
      first = coffer_document_read_part (self, read_be (head + 12, 4), COFFER_DOCUMENT_HEAD);
      head = g_bytes_get_data (first, &len);
    }
  if (len >= 12 && is_font (head))
    read_one (self, head, len);
}
