/* SPDX-License-Identifier: MIT */
/*
 * Keys are untrusted as file names: src/names makes them safe, here is what GLib knows of contents. Pure functions; any thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-file-name.h"

#include <names.h>

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

const char *
coffer_file_name_ending (const char *content_type)
{
  for (guint i = 0; content_type != NULL && i < G_N_ELEMENTS (endings); i++)
    if (g_str_equal (endings[i].content_type, content_type))
      return endings[i].ending;

  return NULL;
}

char *
coffer_file_name_for_key (const CofferKey *key,
                          const char      *content_type)
{
  names_text name = { NULL };
  names_bytes bytes = { "", 0 };
  char *copy;

  g_return_val_if_fail (key != NULL, NULL);

  if (g_bytes_get_size (coffer_key_get_bytes (key)) > 0)
    bytes.data = g_bytes_get_data (coffer_key_get_bytes (key), &bytes.size);
  if (!names_add_part (&name, names_last_part (bytes), NAMES_PLAIN, coffer_file_name_ending (content_type)))
    g_error ("no memory for the name of a file");
  copy = g_strndup (name.data, name.size);
  names_text_clear (&name);

  return copy;
}
