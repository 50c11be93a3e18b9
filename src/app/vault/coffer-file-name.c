/* SPDX-License-Identifier: MIT */
/*
 * Keys are untrusted as file names. Pure functions; any thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-file-name.h"

#include <string.h>

#define MAX_NAME 200    /* bytes: below the 255 of Linux, with room for an ending and a number */
#define MAX_ENDING 12

/* Endings by which other programs know a content. GIO has no way from a type to an ending. */
static const struct { const char *content_type, *ending; } endings[] = {
  { "application/cbor", "cbor" },      { "application/epub+zip", "epub" },  { "application/gzip", "gz" },
  { "application/json", "json" },      { "application/ogg", "ogg" },        { "application/pdf", "pdf" },
  { "application/rtf", "rtf" },        { "application/vnd.msgpack", "msgpack" }, { "application/x-7z-compressed", "7z" },
  { "application/x-matroska", "mkv" }, { "application/x-python-pickle", "pickle" }, { "application/x-tar", "tar" },
  { "application/xml", "xml" },        { "application/zip", "zip" },        { "audio/flac", "flac" },
  { "audio/mp4", "m4a" },              { "audio/mpeg", "mp3" },             { "audio/ogg", "ogg" },
  { "audio/vnd.wave", "wav" },         { "audio/x-opus+ogg", "opus" },      { "audio/x-vorbis+ogg", "ogg" },
  { "audio/x-wav", "wav" },            { "font/otf", "otf" },               { "font/ttf", "ttf" },
  { "image/avif", "avif" },            { "image/bmp", "bmp" },              { "image/gif", "gif" },
  { "image/heif", "heif" },            { "image/jpeg", "jpg" },             { "image/jxl", "jxl" },
  { "image/png", "png" },              { "image/svg+xml", "svg" },          { "image/tiff", "tiff" },
  { "image/webp", "webp" },            { "text/csv", "csv" },               { "text/html", "html" },
  { "text/plain", "txt" },             { "video/mp4", "mp4" },              { "video/ogg", "ogv" },
  { "video/quicktime", "mov" },        { "video/webm", "webm" },            { "video/x-matroska", "mkv" },
  { "video/x-msvideo", "avi" },        { "video/x-theora+ogg", "ogv" },
};

static const char *
find_ending (const char *content_type)
{
  for (guint i = 0; content_type != NULL && i < G_N_ELEMENTS (endings); i++)
    if (g_str_equal (endings[i].content_type, content_type))
      return endings[i].ending;

  return NULL;
}

/* The last part that is one: "a/b/" ends in "b". */
static char *
dup_last_part (const CofferKey *key)
{
  gsize end, begin;
  const char *bytes = g_bytes_get_data (coffer_key_get_bytes (key), &end);

  while (end > 0 && bytes[end - 1] == '/')
    end--;
  for (begin = end; begin > 0 && bytes[begin - 1] != '/'; begin--)
    ;

  return g_utf8_make_valid (bytes != NULL ? bytes + begin : "", end - begin);
}

static gboolean
has_ending (const char *name)
{
  const char *dot = strrchr (name, '.');
  gsize len = dot != NULL && dot != name ? strspn (dot + 1, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS) : 0;

  return len > 0 && dot[1 + len] == '\0' && len <= MAX_ENDING;
}

/* What a file system, a shell or a person could stumble over. */
static gboolean
is_safe (gunichar c)
{
  return g_unichar_isprint (c) && strchr ("/\\:*?\"<>|", c < 0x80 ? (int) c : 'a') == NULL;
}

static void
append_safe (GString    *name,
             const char *part)
{
  for (const char *c = part; *c != '\0' && name->len < MAX_NAME - 4; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      g_string_append_unichar (name, is_safe (character) ? character : '_');
    }
}

char *
coffer_file_name_for_key (const CofferKey *key,
                          const char      *content_type)
{
  g_autofree char *part = NULL;
  GString *name = g_string_new (NULL);
  const char *ending = find_ending (content_type);

  g_return_val_if_fail (key != NULL, NULL);

  part = dup_last_part (key);
  append_safe (name, part);
  g_strstrip (name->str);
  name->len = strlen (name->str);
  if (name->len == 0)
    g_string_append (name, "value");
  if (name->str[0] == '.')
    g_string_prepend_c (name, '_');
  if (ending != NULL && !has_ending (name->str))
    g_string_append_printf (name, ".%s", ending);

  return g_string_free (name, FALSE);
}
