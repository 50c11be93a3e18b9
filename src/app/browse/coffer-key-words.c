/* SPDX-License-Identifier: MIT */
/* Main thread. */
#include "coffer-key-words.h"

#include <glib/gi18n-lib.h>

static const struct {
  const char *content_type; /* or its beginning, when it ends with a slash */
  const char *icon_name;
} icons[] = {
  { "image/", "image-x-generic-symbolic" },
  { "video/", "video-x-generic-symbolic" },
  { "audio/", "audio-x-generic-symbolic" },
  { "font/", "font-x-generic-symbolic" },
  { "text/", "text-x-generic-symbolic" },
  { "application/json", "text-x-generic-symbolic" },
  { "application/ogg", "audio-x-generic-symbolic" },
  { "application/rtf", "text-x-generic-symbolic" },
  { "application/x-matroska", "video-x-generic-symbolic" },
  { "application/xml", "text-x-generic-symbolic" },
  { "application/gzip", "package-x-generic-symbolic" },
  { "application/vnd.rar", "package-x-generic-symbolic" },
  { "application/x-7z-compressed", "package-x-generic-symbolic" },
  { "application/x-bzip", "package-x-generic-symbolic" },
  { "application/x-bzip2", "package-x-generic-symbolic" },
  { "application/x-lz4", "package-x-generic-symbolic" },
  { "application/x-tar", "package-x-generic-symbolic" },
  { "application/x-xz", "package-x-generic-symbolic" },
  { "application/zip", "package-x-generic-symbolic" },
  { "application/zstd", "package-x-generic-symbolic" },
  { "application/vnd.apache.parquet", "x-office-spreadsheet-symbolic" },
  { "application/vnd.ms-excel+xml", "x-office-spreadsheet-symbolic" },
  { "application/x-hdf", "x-office-spreadsheet-symbolic" },
  { "application/x-hdf5", "x-office-spreadsheet-symbolic" },
  { "application/x-npy", "x-office-spreadsheet-symbolic" },
  { "application/x-numpy", "x-office-spreadsheet-symbolic" },
  { "application/wasm", "application-x-executable-symbolic" },
  { "application/x-executable", "application-x-executable-symbolic" },
  { "application/x-shellscript", "application-x-executable-symbolic" },
};

const char *
coffer_key_words_icon_name (const char *content_type)
{
  if (content_type == NULL)
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (icons); i++)
    if (g_str_has_suffix (icons[i].content_type, "/") ? g_str_has_prefix (content_type, icons[i].content_type)
                                                      : g_str_equal (content_type, icons[i].content_type))
      return icons[i].icon_name;

  return "x-office-document-symbolic";
}

char *
coffer_key_words_format_size (guint64 size)
{
  return size == G_MAXUINT64 ? g_strdup ("") : g_format_size (size);
}

char *
coffer_key_words_format_size_and_type (CofferEntry *entry)
{
  g_autofree char *size = coffer_key_words_format_size (coffer_entry_get_size (entry));
  const char *type = coffer_entry_get_type_label (entry);

  if (*size == '\0' || type == NULL)
    return g_strdup (type != NULL ? type : size);

  /* Translators: a size and a kind of value, as in "3.9 MB, JPEG" */
  return g_strdup_printf (_("%s, %s"), size, type);
}

char *
coffer_key_words_format_detail (CofferEntry *entry)
{
  if (coffer_entry_get_error (entry) != NULL)
    return g_strdup (coffer_entry_get_error (entry));

  return coffer_key_words_format_size_and_type (entry);
}

/* By the first letter, as Pango goes; its own function for that is deprecated. */
gboolean
coffer_key_words_are_rtl (const char *words,
                          gboolean    otherwise)
{
  while (*words != '\0' && !g_unichar_isalpha (g_utf8_get_char (words)))
    words = g_utf8_next_char (words);
  if (*words == '\0')
    return otherwise;

  switch ((int) g_unichar_get_script (g_utf8_get_char (words)))
    {
    case G_UNICODE_SCRIPT_ADLAM:
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_HEBREW:
    case G_UNICODE_SCRIPT_MANDAIC:
    case G_UNICODE_SCRIPT_NKO:
    case G_UNICODE_SCRIPT_SAMARITAN:
    case G_UNICODE_SCRIPT_SYRIAC:
    case G_UNICODE_SCRIPT_THAANA:
      return TRUE;
    default:
      return FALSE;
    }
}
