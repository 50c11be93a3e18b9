/* SPDX-License-Identifier: MIT */
/* text.c - how bytes from a stranger's vault are shown to a person.
 *
 * Keys may hold anything: terminal escapes, ends of line, marks that turn the direction of
 * a line so that it reads as something else. Pure functions; they decide per character, and
 * output.c and cli_name() write the escapes.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

bool
cli_is_utf8 (cli_bytes bytes)
{
  const unsigned char *data = bytes.data;
  uint32_t code_point;

  for (size_t i = 0; i < bytes.size;)
    {
      i += names_utf8_next (data + i, bytes.size - i, &code_point);
      if (code_point == NAMES_NOT_UTF8)
        return false;
    }
  return true;
}

size_t
cli_escape (uint32_t      code_point,
            unsigned char byte,
            char          text[CLI_ESCAPE_SIZE])
{
  static const char *const short_forms[0x20] = { ['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r" };
  int length;

  if (code_point < 0x20 && short_forms[code_point] != NULL)
    length = snprintf (text, CLI_ESCAPE_SIZE, "%s", short_forms[code_point]);
  else if (code_point == '\\')
    length = snprintf (text, CLI_ESCAPE_SIZE, "\\\\");
  else if (code_point < 0x80 || code_point == NAMES_NOT_UTF8)
    length = snprintf (text, CLI_ESCAPE_SIZE, "\\x%02X", byte);
  else
    length = snprintf (text, CLI_ESCAPE_SIZE, "\\u{%X}", code_point);
  return (size_t) length;
}

const char *
cli_name (cli_bytes bytes)
{
  static char rooms[2][CLI_NAME_SIZE];
  static unsigned turn;
  const unsigned char *data = bytes.data;
  char *room = rooms[turn++ % 2];
  size_t length = 0, i = 0;
  uint32_t code_point;

  room[length++] = '"';
  while (i < bytes.size && length < CLI_NAME_ROOM)
    {
      size_t step = names_utf8_next (data + i, bytes.size - i, &code_point);

      if (names_is_unsafe (code_point) || code_point == '\\')
        length += cli_escape (code_point, data[i], room + length);
      else
        {
          memcpy (room + length, data + i, step);
          length += step;
        }
      i += step;
    }
  if (i < bytes.size)
    snprintf (room + length, CLI_NAME_SIZE - length, "…\" (%zu bytes)", bytes.size);
  else
    snprintf (room + length, CLI_NAME_SIZE - length, "\"");
  return room;
}

const char *
cli_size_text (uint64_t size)
{
  static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
  static char rooms[4][32];
  static unsigned turn;
  char *text = rooms[turn++ % 4];
  double number = (double) size / 1000;
  size_t unit = 0;

  if (size < 1000)
    {
      snprintf (text, sizeof rooms[0], size == 1 ? "%u byte" : "%u bytes", (unsigned) size);
      return text;
    }
  /* 999.95 would be rounded up to "1000.0". */
  for (; number >= 999.95 && unit + 1 < sizeof units / sizeof units[0]; unit++)
    number /= 1000;
  snprintf (text, sizeof rooms[0], "%.1f %s", number, units[unit]);
  return text;
}

const char *
cli_time_text (uint64_t ms)
{
  static char rooms[2][32];
  static unsigned turn;
  char *text = rooms[turn++ % 2];
  unsigned long long seconds = (ms + 500) / 1000;

  if (ms < 1000)
    snprintf (text, sizeof rooms[0], "%u ms", (unsigned) ms);
  else if (ms < 9950 && ms % 1000 != 0)
    snprintf (text, sizeof rooms[0], "%.1f s", (double) ms / 1000);
  else if (seconds < 60)
    snprintf (text, sizeof rooms[0], "%llu s", seconds);
  else if (seconds < 3600)
    snprintf (text, sizeof rooms[0], "%llu:%02llu", seconds / 60, seconds % 60);
  else
    snprintf (text, sizeof rooms[0], "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return text;
}

const char *
cli_count_text (uint64_t    n,
                const char *noun)
{
  static char rooms[4][48];
  static unsigned turn;
  char *text = rooms[turn++ % 4];

  snprintf (text, sizeof rooms[0], "%llu %s%s", (unsigned long long) n, noun, n == 1 ? "" : "s");
  return text;
}
