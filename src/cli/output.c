/* SPDX-License-Identifier: MIT */
/* output.c - standard output and standard error.
 *
 * Standard output has a buffer of its own instead of stdio's, because the first error must
 * be kept with its errno: a full disk and a reader that went away are failures of the
 * command. After it nothing more is written and cli_put_failed() says so.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
#define PROGRESS_INTERVAL_MS 100
#define RATE_INTERVAL_MS 500
#define MESSAGE_SIZE 4096

static struct {
  char data[BUFFER_SIZE];
  size_t size;
  int error;            /* errno of the first failure, or 0 */
  bool in_spite;        /* of a signal that came */
  bool json_comma;      /* a member came before in the innermost open object or array */
} out;

static bool progress_shown;

/* ------------------------------------------------------------------------------------- */

static void
write_out (const char *data,
           size_t      size)
{
  ssize_t n;

  while (size > 0 && out.error == 0)
    {
      /* A signal may have ended a write halfway, with a count and no error. */
      if (cli_cancelled () && !out.in_spite)
        out.error = EINTR;
      else if ((n = write (STDOUT_FILENO, data, size)) >= 0)
        {
          data += n;
          size -= (size_t) n;
        }
      else if (errno != EINTR || out.in_spite)   /* by a second one */
        out.error = errno;
    }
}

void
cli_put_in_spite (void)
{
  out.in_spite = true;
}

static void
flush_out (void)
{
  write_out (out.data, out.size);
  out.size = 0;
}

void
cli_put (const void *data,
         size_t      size)
{
  if (size > BUFFER_SIZE - out.size)
    flush_out ();
  if (size >= BUFFER_SIZE)
    {
      write_out (data, size);
      return;
    }
  memcpy (out.data + out.size, data, size);
  out.size += size;
}

static void
put_text (const char *text)
{
  cli_put (text, strlen (text));
}

void
cli_printf (const char *format,
            ...)
{
  char text[MESSAGE_SIZE];
  va_list arguments;
  int length;

  va_start (arguments, format);
  length = vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  cli_put (text, (size_t) length < sizeof text ? (size_t) length : sizeof text - 1);
}

static void
put_escaped (cli_bytes bytes,
             bool      backslash)
{
  const unsigned char *data = bytes.data;
  size_t plain = 0, i = 0;  /* data[plain..i) can go out as it is */
  char escape[CLI_ESCAPE_SIZE];
  uint32_t code_point;

  while (i < bytes.size)
    {
      size_t step = names_utf8_next (data + i, bytes.size - i, &code_point);

      if (names_is_unsafe (code_point) || (backslash && code_point == '\\'))
        {
          cli_put (data + plain, i - plain);
          cli_put (escape, cli_escape (code_point, data[i], escape));
          plain = i + step;
        }
      i += step;
    }
  cli_put (data + plain, i - plain);
}

void
cli_put_escaped (cli_bytes bytes)
{
  put_escaped (bytes, true);
}

void
cli_put_message (const char *message)
{
  put_escaped ((cli_bytes) { message, strlen (message) }, false);
}

void
cli_put_line_end (void)
{
  static int is_terminal = -1;

  if (is_terminal < 0)
    is_terminal = isatty (STDOUT_FILENO);
  cli_put ("\n", 1);
  if (is_terminal)
    flush_out ();
}

void
cli_put_fact (const char *label,
              const char *text)
{
  cli_printf ("%-14s ", label);
  cli_put_escaped ((cli_bytes) { text, strlen (text) });
  cli_put_line_end ();
}

void
cli_put_size_fact (const char *label,
                   uint64_t    size)
{
  cli_printf ("%-14s %llu bytes", label, (unsigned long long) size);
  if (size >= 1000)
    cli_printf (" (%s)", cli_size_text (size));
  cli_put_line_end ();
}

int
cli_put_failed (void)
{
  return out.error;
}

int
cli_put_finish (int status)
{
  flush_out ();
  /* Some file systems tell only at close that the bytes found no room. */
  if (close (STDOUT_FILENO) != 0 && out.error == 0 && errno != EBADF)
    out.error = errno;
  if (out.error == 0)
    return status;
  if (!cli_cancelled ())
    cli_report ("writing to standard output: %s", strerror (out.error));
  return CLI_IO;
}

/* --- JSON -------------------------------------------------------------------------------- */

static void
json_string (cli_bytes bytes)
{
  const unsigned char *data = bytes.data;
  size_t plain = 0, i = 0;
  char escape[CLI_ESCAPE_SIZE];
  uint32_t code_point;

  cli_put ("\"", 1);
  while (i < bytes.size)
    {
      size_t step = names_utf8_next (data + i, bytes.size - i, &code_point);

      /* Every unsafe character is below U+10000, so one \uNNNN says it; only valid UTF-8
       * comes here. */
      if (names_is_unsafe (code_point) || code_point == '"' || code_point == '\\')
        {
          cli_put (data + plain, i - plain);
          cli_put (escape, (size_t) snprintf (escape, sizeof escape, "\\u%04X", code_point));
          plain = i + step;
        }
      i += step;
    }
  cli_put (data + plain, i - plain);
  cli_put ("\"", 1);
}

static void
json_name (const char *name)
{
  if (out.json_comma)
    put_text (", ");
  out.json_comma = true;
  cli_printf ("\"%s\": ", name);
}

void
cli_json_begin (void)
{
  put_text (out.json_comma ? ", {" : "{");
  out.json_comma = false;
}

void
cli_json_end (void)
{
  cli_put ("}", 1);
  out.json_comma = true;
}

void
cli_json_end_line (void)
{
  cli_json_end ();
  out.json_comma = false;
  cli_put_line_end ();
}

void
cli_json_begin_array (const char *name)
{
  json_name (name);
  cli_put ("[", 1);
  out.json_comma = false;
}

void
cli_json_end_array (void)
{
  cli_put ("]", 1);
  out.json_comma = true;
}

void
cli_json_bytes (const char *name,
                cli_bytes   bytes)
{
  static const char digits[] = "0123456789abcdef";
  const unsigned char *data = bytes.data;
  char hex_name[64];

  if (cli_is_utf8 (bytes))
    {
      json_name (name);
      json_string (bytes);
      return;
    }
  snprintf (hex_name, sizeof hex_name, "%s_hex", name);
  json_name (hex_name);
  cli_put ("\"", 1);
  for (size_t i = 0; i < bytes.size; i++)
    cli_put ((char[2]) { digits[data[i] >> 4], digits[data[i] & 15] }, 2);
  cli_put ("\"", 1);
}

void
cli_json_text (const char *name,
               const char *text)
{
  cli_json_bytes (name, (cli_bytes) { text, strlen (text) });
}

void
cli_json_number (const char *name,
                 uint64_t    number)
{
  json_name (name);
  cli_printf ("%llu", (unsigned long long) number);
}

void
cli_json_signed (const char *name,
                 int64_t     number)
{
  json_name (name);
  cli_printf ("%lld", (long long) number);
}

void
cli_json_bool (const char *name,
               bool        value)
{
  json_name (name);
  put_text (value ? "true" : "false");
}

/* --- standard error ---------------------------------------------------------------------- */

static void
write_err (const char *data,
           size_t      size)
{
  ssize_t n;

  /* A failure here has nowhere to be told. */
  while (size > 0 && (n = write (STDERR_FILENO, data, size)) > 0)
    {
      data += n;
      size -= (size_t) n;
    }
}

static void
clear_progress (void)
{
  if (progress_shown)
    write_err ("\r\033[K", 4);
  progress_shown = false;
}

/* The backslash stays: names in a message are escaped already. */
static size_t
escape_message (const char *message,
                char       *line,
                size_t      room)
{
  const unsigned char *data = (const unsigned char *) message;
  size_t size = strlen (message), length = 0;
  uint32_t code_point;

  for (size_t i = 0; i < size && length + CLI_ESCAPE_SIZE < room;)
    {
      size_t step = names_utf8_next (data + i, size - i, &code_point);

      if (names_is_unsafe (code_point))
        length += cli_escape (code_point, data[i], line + length);
      else
        {
          memcpy (line + length, data + i, step);
          length += step;
        }
      i += step;
    }
  return length;
}

__attribute__ ((format (printf, 1, 0))) static void
say (const char *format,
     va_list     arguments,
     const char *end)
{
  char message[MESSAGE_SIZE];
  char line[2 * MESSAGE_SIZE];
  size_t length;

  vsnprintf (message, sizeof message, format, arguments);
  clear_progress ();
  length = (size_t) snprintf (line, sizeof line, "kvault: ");
  length += escape_message (message, line + length, sizeof line - length - 1);
  memcpy (line + length, end, 1);
  write_err (line, length + 1);
}

void
cli_report (const char *format,
            ...)
{
  va_list arguments;

  va_start (arguments, format);
  say (format, arguments, "\n");
  va_end (arguments);
}

void
cli_ask (const char *format,
         ...)
{
  va_list arguments;

  va_start (arguments, format);
  say (format, arguments, " ");
  va_end (arguments);
}

uint64_t
cli_now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

bool
cli_has_progress (const cli *self)
{
  static int is_terminal = -1;

  if (is_terminal < 0)
    is_terminal = !cli_has (self, CLI_OPT_QUIET) && isatty (STDERR_FILENO);
  return is_terminal;
}

static char step_text[64];
static bool step_is_new;

void
cli_progress_step (const char *words,
                   unsigned    number,
                   unsigned    n)
{
  char text[sizeof step_text];

  snprintf (text, sizeof text, "step %u of %u, %s", number, n, words);
  step_is_new = step_is_new || strcmp (text, step_text) != 0;
  memcpy (step_text, text, sizeof text);
}

void
cli_progress (cli        *self,
              const char *format,
              ...)
{
  static uint64_t last_ms;
  uint64_t now;
  bool first;
  char text[128];
  char line[sizeof step_text + sizeof text + 16];
  va_list arguments;
  int length;

  if (!cli_has_progress (self) || ((now = cli_now_ms ()) - last_ms < PROGRESS_INTERVAL_MS && !step_is_new))
    return;
  step_is_new = false;
  first = last_ms == 0;
  last_ms = now;
  if (first)
    return;  /* work that is done at once shows none */
  va_start (arguments, format);
  vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  length = snprintf (line, sizeof line, "\r%s%s%s\033[K", step_text, *step_text != '\0' && *text != '\0' ? ": " : "", text);
  write_err (line, (size_t) length);
  progress_shown = true;
}

/* The rate is that of the last seconds, not of all: what comes next is likelier to be like
 * what came last. */
void
cli_progress_bytes (cli     *self,
                    uint64_t done,
                    uint64_t total)
{
  static uint64_t since_ms, since_done;
  static double rate;
  uint64_t now;

  if (!cli_has_progress (self))
    return;
  now = cli_now_ms ();
  if (since_ms == 0 || done < since_done)   /* a step ended */
    {
      since_ms = now;
      since_done = done;
      rate = 0;
    }
  if (now - since_ms >= RATE_INTERVAL_MS)
    {
      double latest = (double) (done - since_done) * 1000 / (double) (now - since_ms);

      rate = rate > 0 ? 0.7 * rate + 0.3 * latest : latest;
      since_ms = now;
      since_done = done;
    }
  if (total == KVAULT_SIZE_UNKNOWN && done == 0 && *step_text != '\0')
    cli_progress (self, "%s", "");
  else if (total == KVAULT_SIZE_UNKNOWN || done > total)
    cli_progress (self, rate < 1 ? "%s" : "%s, %s/s", cli_size_text (done), cli_size_text ((uint64_t) rate));
  else if (done == total)   /* what comes then can be long, and has no measure */
    cli_progress (self, "%s of %s, finishing", cli_size_text (done), cli_size_text (total));
  else if (rate < 1)
    cli_progress (self, "%s of %s", cli_size_text (done), cli_size_text (total));
  else
    cli_progress (self, "%s of %s, %s/s, %s left", cli_size_text (done), cli_size_text (total), cli_size_text ((uint64_t) rate),
                  cli_time_text (1000 * (1 + (uint64_t) ((double) (total - done) / rate))));
}

void
cli_progress_end (void)
{
  clear_progress ();
  *step_text = '\0';
}
