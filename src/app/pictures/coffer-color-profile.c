/* SPDX-License-Identifier: MIT */
/* As much of an ICC profile (ICC.1:2022) as its name needs. Pure functions. */
#include "coffer-color-profile.h"

#include <string.h>

#define HEADER 128
#define MAX_TAGS 100
#define MAX_NAME 128   /* bytes: no name is longer */

/* 0 behind the end. */
static guint32
number (const guint8 *data,
        gsize         len,
        gsize         at)
{
  guint32 value;

  if (at > len || len - at < 4)
    return 0;

  memcpy (&value, data + at, sizeof value);

  return GUINT32_FROM_BE (value);
}

/* Where the tag is whose data is the name; FALSE if it has none. */
static gboolean
find_description (const guint8 *data,
                  gsize         len,
                  gsize        *offset)
{
  guint32 n = MIN (number (data, len, HEADER), MAX_TAGS);

  for (guint32 i = 0; i < n; i++)
    {
      gsize at = HEADER + 4 + i * 12;

      if (at + 12 <= len && memcmp (data + at, "desc", 4) == 0)
        {
          *offset = number (data, len, at + 4);
          return *offset < len;
        }
    }

  return FALSE;
}

/* Before version 4: a length, then ASCII with a zero behind it. */
static char *
dup_ascii (const guint8 *data,
           gsize         len,
           gsize         at)
{
  gsize length = number (data, len, at + 8), begin = at + 12;

  if (begin >= len)
    return NULL;

  return g_strndup ((const char *) data + begin, MIN (MIN (length, len - begin), MAX_NAME));
}

/* Since: names in several languages, in UTF-16; the first is taken. */
static char *
dup_unicode (const guint8 *data,
             gsize         len,
             gsize         at)
{
  gsize length = number (data, len, at + 20), begin = at + number (data, len, at + 24);

  if (number (data, len, at + 8) == 0 || begin >= len)
    return NULL;

  length = MIN (MIN (length, len - begin), MAX_NAME) & ~(gsize) 1;

  return g_convert ((const char *) data + begin, length, "UTF-8", "UTF-16BE", NULL, NULL, NULL);
}

char *
coffer_color_profile_dup_name (const guint8 *data,
                               gsize         len)
{
  g_autofree char *name = NULL;
  char *valid;
  gsize at;

  if (!find_description (data, len, &at) || len - at < 4)
    return NULL;

  if (memcmp (data + at, "desc", 4) == 0)
    name = dup_ascii (data, len, at);
  else if (memcmp (data + at, "mluc", 4) == 0)
    name = dup_unicode (data, len, at);
  if (name == NULL)
    return NULL;

  valid = g_utf8_make_valid (name, -1);
  for (char *c = valid; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  g_strstrip (valid);
  if (*valid == '\0')
    g_clear_pointer (&valid, g_free);

  return valid;
}
