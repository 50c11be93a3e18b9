/* SPDX-License-Identifier: MIT */
/* export-salvage.c - kvault export of a damaged vault.
 *
 * The library brings what it can read, in no order; what was not asked for and what the walk has dealt with before it met the
 * damage is passed over.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>

static int
compare_ids (const void *one,
             const void *two)
{
  int64_t a = *(const int64_t *) one, b = *(const int64_t *) two;

  return (a > b) - (a < b);
}

bool
cli_export_remember (cli_export *at,
                     int64_t     id)
{
  if (at->n_seen == at->seen_room)
    {
      size_t room = at->seen_room * 2 + 1024;
      int64_t *grown = realloc (at->seen, room * sizeof *grown);

      if (grown == NULL)
        {
          cli_export_fail_memory (at);
          return false;
        }
      at->seen = grown;
      at->seen_room = room;
    }
  at->seen[at->n_seen++] = id;
  return true;
}

/* Of a row without a key nobody knows whether it was. */
static bool
is_asked_for (cli_export         *at,
              const kvault_entry *entry)
{
  cli_bytes prefix = at->self->prefix;
  bool asked = false;

  if (at->n_seen > 0 && bsearch (&entry->id, at->seen, at->n_seen, sizeof *at->seen, compare_ids) != NULL)
    return false;
  if (!cli_export_has_keys (at))
    return entry->key_class == KVAULT_CLASS_NULL
           || (entry->key_size >= prefix.size && memcmp (entry->key, prefix.data, prefix.size) == 0);
  for (size_t i = 0; i < at->self->n_operands; i++)
    {
      cli_bytes key = at->self->operands[i].bytes;

      if (i != at->target_at && key.size == entry->key_size && memcmp (key.data, entry->key, key.size) == 0)
        asked = at->found[i] = true;
    }
  return asked;
}

static int
is_ended (const cli_export *at)
{
  return at->over || cli_cancelled ();
}

static int
begin_salvaged (const kvault_entry *entry,
                void               *data)
{
  cli_export *at = data;
  cli_outgoing *out = &at->salvaged;

  at->is_wanted = is_asked_for (at, entry);
  if (!at->is_wanted)
    return is_ended (at);
  *out = (cli_outgoing) { .id = entry->id, .file = { .fd = -1 } };
  if (entry->key_class == KVAULT_CLASS_NULL)
    return is_ended (at);
  at->is_wanted = cli_export_begin_value (at, out, (cli_bytes) { entry->key, entry->key_size });
  out->size = entry->value_size;
  out->key_class = entry->key_class;
  out->value_class = entry->value_class;
  /* What is known to be lost is named as such, whatever is in its place. */
  if (at->is_wanted && out->size != KVAULT_SIZE_UNKNOWN && (at->is_wanted = cli_export_check_place (at, out)))
    cli_export_begin_file (at, out);
  return is_ended (at);
}

static int
write_salvaged (const void *bytes,
                size_t      len,
                void       *data)
{
  cli_export *at = data;

  if (at->is_wanted)
    cli_export_write (at, &at->salvaged, bytes, len, 0);
  return is_ended (at);
}

/* Of a row without a key there is nothing but its number. */
static void
fail_row (cli_export         *at,
          const cli_outgoing *out)
{
  at->status = cli_worse (at->status, CLI_DAMAGED);
  at->n_failed++;
  if (!cli_has (at->self, CLI_OPT_JSON))
    return;
  cli_json_begin ();
  cli_json_signed ("row", out->id);
  cli_json_text ("result", "failed");
  cli_json_end_line ();
}

static int
end_salvaged (int         result,
              const char *message,
              void       *data)
{
  cli_export *at = data;
  cli_outgoing *out = &at->salvaged;

  if (!at->is_wanted)
    return is_ended (at);
  if (result == KVAULT_OK)
    {
      cli_export_finish_file (at, out);
      return is_ended (at);
    }
  target_file_end (&out->file, target_dir_folder (&at->target));
  if (out->path != NULL)
    cli_export_fail (at, out, cli_fail_key (at->self, out->key, result));
  else
    {
      cli_report ("%s", message);
      fail_row (at, out);
    }
  return is_ended (at);
}

/* Named keys that damage leaves no trace of. */
static void
report_not_found (cli_export *at)
{
  for (size_t i = 0; cli_export_has_keys (at) && i < at->self->n_operands; i++)
    if (i != at->target_at && !at->found[i])
      {
        at->status = cli_worse (at->status, cli_no_key (at->self, at->self->operands[i].bytes));
        at->n_failed++;
      }
}

void
cli_export_salvage (cli_export *at)
{
  const kvault_salvage_sink sink = { begin_salvaged, write_salvaged, end_salvaged, at };
  int rc;

  if (at->n_seen > 1)
    qsort (at->seen, at->n_seen, sizeof *at->seen, compare_ids);
  rc = kvault_salvage (at->self->vault, &sink, NULL);
  cli_progress_end ();
  if (rc != KVAULT_OK)
    {
      /* Ended between two pieces. */
      target_file_end (&at->salvaged.file, target_dir_folder (&at->target));
      at->over = true;
      at->status = cli_worse (at->status, cli_fail (at->self, rc));
    }
  else
    report_not_found (at);
}
