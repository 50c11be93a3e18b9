/* SPDX-License-Identifier: MIT */
/*
 * Names of other files in a drawing, found by their form alone: nothing is parsed, so nothing in it can be followed. Any thread.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-svg-files.h"

#include <string.h>

#define MAX_TAG 4096   /* bytes looked at before and behind a word */

static gboolean
begins_with (const char *at,
             const char *end,
             const char *word)
{
  gsize len = strlen (word);

  return (gsize) (end - at) >= len && memcmp (at, word, len) == 0;
}

static const char *
skip (const char *at,
      const char *end,
      const char *characters)
{
  while (at < end && *at != '\0' && strchr (characters, *at) != NULL)
    at++;

  return at;
}

/* Neither a place in the drawing nor in the words themselves. */
static gboolean
is_file (const char *at,
         const char *end)
{
  return at < end && strchr ("#\"')&", *at) == NULL && !begins_with (at, end, "data:");
}

/* A link to be clicked loads nothing. */
static gboolean
is_in_link (const char *data,
            const char *at)
{
  const char *begin = at - data > MAX_TAG ? at - MAX_TAG : data, *tag = memrchr (begin, '<', at - begin);

  return tag != NULL && (begins_with (tag, at, "<a ") || begins_with (tag, at, "<a\n") || begins_with (tag, at, "<svg:a "));
}

static gboolean
href_names_file (const char *data,
                 const char *at,
                 const char *end)
{
  const char *value = skip (at, end, " \t\r\n");

  if (value == end || *value != '=')
    return FALSE;
  value = skip (value + 1, end, " \t\r\n");

  return value < end && (*value == '"' || *value == '\'') && is_file (skip (value + 1, end, " \t\r\n"), end) &&
         !is_in_link (data, at);
}

static gboolean
url_names_file (const char *data,
                const char *at,
                const char *end)
{
  return is_file (skip (at, end, " \t\r\n\"'"), end);
}

/* What is declared elsewhere. The well-known DTD is PUBLIC, and an entity has but its own word. */
static gboolean
declares_file (const char *data,
               const char *at,
               const char *end)
{
  gsize len = MIN (end - at, MAX_TAG);

  for (gsize i = 0; i < len && strchr ("<>[\"'", at[i]) == NULL; i++)
    if (begins_with (at + i, end, " SYSTEM"))
      return TRUE;

  return FALSE;
}

static gboolean
is_enough (const char *data,
           const char *at,
           const char *end)
{
  return TRUE;
}

gboolean
coffer_svg_wants_files (const char *data,
                        gsize       len)
{
  static const struct {
    const char *word;
    gboolean (*names_file) (const char *data, const char *at, const char *end);
  } words[] = {
    { "href", href_names_file }, { "url(", url_names_file }, { "<!ENTITY", declares_file }, { "<!DOCTYPE", declares_file },
    { "<?xml-stylesheet", is_enough }, { "@import", is_enough },
  };
  const char *end = data + len;

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize size = strlen (words[i].word);

      for (const char *at = data; (at = memmem (at, end - at, words[i].word, size)) != NULL; at += size)
        if (words[i].names_file (data, at + size, end))
          return TRUE;
    }

  return FALSE;
}
