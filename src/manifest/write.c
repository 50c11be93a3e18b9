/* SPDX-License-Identifier: MIT */
/* write.c - a manifest as text. */
#include "manifest.h"

#include <stdio.h>
#include <string.h>

static bool
add (names_text *text,
     const char *words)
{
  return names_text_add (text, words, strlen (words));
}

static bool
add_hex (names_text *text,
         names_bytes bytes)
{
  static const char digits[] = "0123456789abcdef";
  const unsigned char *data = bytes.data;
  bool good = add (text, "\"");

  for (size_t i = 0; good && i < bytes.size; i++)
    good = names_text_add (text, (char[2]) { digits[data[i] >> 4], digits[data[i] & 15] }, 2);
  return good && add (text, "\"");
}

static bool
is_utf8 (names_bytes bytes)
{
  const unsigned char *data = bytes.data;
  uint32_t code_point = 0;

  for (size_t i = 0; i < bytes.size && code_point != NAMES_NOT_UTF8;)
    i += names_utf8_next (data + i, bytes.size - i, &code_point);
  return code_point != NAMES_NOT_UTF8;
}

/* Valid UTF-8 comes here; what is unsafe is below U+10000, so one \uNNNN says it. */
static bool
add_string (names_text *text,
            names_bytes bytes)
{
  const unsigned char *data = bytes.data;
  size_t plain = 0, i = 0;
  bool good = add (text, "\"");

  while (good && i < bytes.size)
    {
      uint32_t code_point;
      size_t step = names_utf8_next (data + i, bytes.size - i, &code_point);

      if (names_is_unsafe (code_point) || code_point == '"' || code_point == '\\')
        {
          char escape[16];

          snprintf (escape, sizeof escape, "\\u%04X", (unsigned) code_point);
          good = names_text_add (text, data + plain, i - plain) && add (text, escape);
          plain = i + step;
        }
      i += step;
    }
  return good && names_text_add (text, data + plain, i - plain) && add (text, "\"");
}

const char *
manifest_class_name (manifest_class stored)
{
  static const char *const names[] = { "blob", "integer", "real", "text", "null" };

  return names[stored];
}

static bool
add_class (names_text    *text,
           const char    *member,
           manifest_class stored)
{
  return stored == MANIFEST_BLOB
         || (add (text, ", \"") && add (text, member) && add (text, "\": \"") && add (text, manifest_class_name (stored)) && add (text, "\""));
}

const char *
manifest_entry_describe (const manifest_entry *entry)
{
  static const char *const of_key[] = { NULL, "its key is an integer, no bytes", "its key is a number, no bytes", "its key is text, no bytes",
                                        "its key is NULL, no bytes" };
  static const char *const of_value[] = { NULL, "its value is an integer, no bytes", "its value is a number, no bytes",
                                          "its value is text, no bytes", "its value is NULL, no bytes" };

  if (entry->key_class != MANIFEST_BLOB && entry->value_class != MANIFEST_BLOB)
    return "neither its key nor its value is bytes";
  return entry->key_class != MANIFEST_BLOB ? of_key[entry->key_class] : of_value[entry->value_class];
}

bool
manifest_add_begin (names_text *text)
{
  return add (text, "{\"coffer-manifest\": 1, \"values\": [");
}

bool
manifest_add_entry (names_text           *text,
                    const manifest_entry *entry,
                    uint64_t              count)
{
  bool plain = is_utf8 (entry->key);
  char size[64];

  snprintf (size, sizeof size, ", \"size\": %llu, \"sha256\": ", (unsigned long long) entry->size);
  return add (text, count > 0 ? ",\n" : "\n") && add (text, plain ? "{\"key\": " : "{\"key_hex\": ")
         && (plain ? add_string (text, entry->key) : add_hex (text, entry->key))
         && add (text, ", \"file\": ") && add_string (text, (names_bytes) { entry->file, strlen (entry->file) })
         && add (text, size) && add_hex (text, (names_bytes) { entry->sum, MANIFEST_SUM_SIZE })
         && (entry->header.size == 0 || (add (text, ", \"header\": ") && add_hex (text, entry->header)))
         && add_class (text, "key_class", entry->key_class) && add_class (text, "value_class", entry->value_class)
         && add (text, "}");
}

bool
manifest_add_end (names_text *text,
                  uint64_t    count)
{
  char end[64];

  snprintf (end, sizeof end, "\n], \"count\": %llu}\n", (unsigned long long) count);
  return add (text, end);
}
