/* SPDX-License-Identifier: MIT */
/* cmd-rm.c - kvault rm: delete keys by name or by prefix.
 *
 * Each key is a transaction of its own. Under a prefix the keys are taken in batches and
 * the walk is closed before a batch is deleted: an open walk would hold a state of the file
 * that other programs' commits make too old to write from.
 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_KEYS 512
#define BATCH_BYTES (16 * 1024 * 1024)

typedef struct batch {
  cli_bytes keys[BATCH_KEYS];
  size_t n;
  size_t bytes;
} batch;

static void
report_deleted (cli      *self,
                cli_bytes key,
                bool      deleted)
{
  if (!cli_has (self, CLI_OPT_JSON))
    return;
  cli_json_begin ();
  cli_json_bytes ("key", key);
  cli_json_bool ("deleted", deleted);
  cli_json_end_line ();
}

static int
delete_named (cli *self)
{
  int status = CLI_DONE;

  for (size_t i = 0; i < self->n_operands && !cli_cancelled (); i++)
    {
      cli_bytes key = self->operands[i].bytes;
      int rc = cli_delete (self, key);

      if (rc == KVAULT_NOTFOUND)
        status = cli_worse (status, cli_no_key (self, key));
      else if (rc != KVAULT_OK)
        return cli_worse (status, cli_fail (self, rc));
      report_deleted (self, key, rc == KVAULT_OK);
    }
  return status;
}

static int
add_to_batch (batch             *keys,
              const kvault_entry *entry)
{
  void *copy = malloc (entry->key_size + 1);

  if (copy == NULL)
    return KVAULT_ENOMEM;
  memcpy (copy, entry->key, entry->key_size);
  keys->keys[keys->n++] = (cli_bytes) { copy, entry->key_size };
  keys->bytes += entry->key_size;
  return KVAULT_OK;
}

static void
clear_batch (batch *keys)
{
  for (size_t i = 0; i < keys->n; i++)
    free ((void *) keys->keys[i].data);
  keys->n = 0;
  keys->bytes = 0;
}

/* The next keys behind @after, or from the beginning; KVAULT_NOTFOUND if there are none. */
static int
fill_batch (cli       *self,
            cli_bytes *after,
            batch     *keys)
{
  kvault_cursor_options options = { .prefix = self->prefix.data, .prefix_size = self->prefix.size };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc;

  if (after != NULL)
    {
      options.start = after->data;
      options.start_size = after->size;
      options.has_start = 1;
      options.flags = KVAULT_CURSOR_AFTER;
    }
  rc = kvault_cursor_open (self->vault, &options, &cursor);
  while (rc == KVAULT_OK && keys->n < BATCH_KEYS && keys->bytes < BATCH_BYTES)
    if ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK
        && entry->key_class == KVAULT_CLASS_BLOB)
      rc = add_to_batch (keys, entry);
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND && keys->n > 0 ? KVAULT_OK : rc;
}

/* NOTFOUND from a deletion: another program was quicker, and the key is gone as wished. */
static int
delete_batch (cli         *self,
              const batch *keys,
              uint64_t    *deleted)
{
  for (size_t i = 0; i < keys->n; i++)
    {
      int rc = kvault_delete (self->vault, keys->keys[i].data, keys->keys[i].size);

      if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
        return rc;
      *deleted += rc == KVAULT_OK;
      report_deleted (self, keys->keys[i], rc == KVAULT_OK);
      cli_progress (self, "%llu keys deleted", (unsigned long long) *deleted);
      if (cli_cancelled ())
        return KVAULT_ECANCELLED;
    }
  return KVAULT_OK;
}

static int
delete_under_prefix (cli      *self,
                     uint64_t *deleted)
{
  batch *keys = calloc (1, sizeof *keys);
  cli_bytes after = { NULL, 0 };
  int rc = keys != NULL ? KVAULT_OK : KVAULT_ENOMEM;

  while (rc == KVAULT_OK
         && (rc = fill_batch (self, after.data != NULL ? &after : NULL, keys)) == KVAULT_OK
         && (rc = delete_batch (self, keys, deleted)) == KVAULT_OK)
    {
      free ((void *) after.data);
      after = keys->keys[--keys->n];
      clear_batch (keys);
    }
  free ((void *) after.data);
  if (keys != NULL)
    clear_batch (keys);
  free (keys);
  return rc;
}

static int
show_count (const kvault_totals_result *so_far,
            void                       *data)
{
  cli_progress (data, "%llu keys counted", (unsigned long long) so_far->keys);
  return cli_cancelled ();
}

/* 1: go on; 0: no; negative: a kvault_result. KVAULT_NOTFOUND if nothing is there to delete. */
static int
ask (cli *self)
{
  kvault_totals_result totals;
  char answer[16] = "";
  ssize_t n;
  int rc = kvault_totals (self->vault, self->prefix.data, self->prefix.size, show_count, self,
                          &totals);

  if (rc != KVAULT_OK)
    return rc;
  if (totals.keys == 0)
    return KVAULT_NOTFOUND;
  cli_ask ("%s: delete %llu %s (%s) that begin with %s? [y/N]", self->location,
           (unsigned long long) totals.keys, totals.keys == 1 ? "key" : "keys",
           cli_size_text (totals.bytes), cli_name (self->prefix));
  n = read (STDIN_FILENO, answer, sizeof answer - 1);
  return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

static int
delete_prefix (cli *self)
{
  uint64_t deleted = 0;
  int rc = cli_has (self, CLI_OPT_YES) ? 1 : ask (self);

  if (rc == 0)
    return CLI_DONE;
  if (rc > 0)
    rc = delete_under_prefix (self, &deleted);
  cli_progress_end ();
  if (rc != KVAULT_NOTFOUND)
    return cli_fail (self, rc);
  if (deleted == 0)
    {
      cli_report ("%s: no key begins with %s in table \"%s\"", self->location,
                  cli_name (self->prefix), kvault_table (self->vault));
      return CLI_NOT_FOUND;
    }
  return CLI_DONE;
}

static int
run (cli *self)
{
  bool by_prefix = cli_has (self, CLI_OPTS_PREFIX);
  int status;

  if (by_prefix == (self->n_operands > 0))
    {
      cli_report ("rm takes keys or --prefix; see kvault rm --help");
      return CLI_USAGE;
    }
  if (by_prefix && !cli_has (self, CLI_OPT_YES)
      && !(isatty (STDIN_FILENO) && isatty (STDERR_FILENO)))
    {
      cli_report ("rm --prefix asks first; without a terminal it needs --yes");
      return CLI_USAGE;
    }
  if ((status = cli_open (self, KVAULT_ACCESS_WRITE)) != CLI_DONE)
    return status;
  return by_prefix ? delete_prefix (self) : delete_named (self);
}

const cli_command cli_command_rm = {
  .name = "rm",
  .summary = "Delete keys and their values",
  .operands = "[OPTION…] VAULT KEY… | --prefix P",
  .help =
    "Keys that are not there are named, and the status is 1; the others are deleted. Before\n"
    "deleting by prefix the keys are counted and the question is asked on the terminal.\n\n"
    "  -p, --prefix P             every key that begins with P\n"
    "      --prefix-hex HEX       the same by the bytes of P in hexadecimal\n"
    "  -y, --yes                  do not ask\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_YES,
  .min_operands = 0,
  .max_operands = -1,
  .run = run,
};
