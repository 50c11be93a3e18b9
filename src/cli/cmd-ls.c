/* SPDX-License-Identifier: MIT */
/* cmd-ls.c - kvault ls: the keys.
 *
 * In key order lines go out as the walk goes, and a walk without sizes reads the key index
 * only. By size, keys and sizes are collected first (entries.c), never values; with --limit
 * no more than twice as many as are wanted are held.
 *
 * A key whose size or value cannot be read has "?" in its line and a line of its own on
 * standard error. Where the key index is damaged, the keys behind the damage are reached by
 * a walk from the other end.
 */
#include "cli.h"
#include "entries.h"

#include <stdlib.h>
#include <string.h>

#define FEWEST_BEFORE_DROP 4096

typedef struct listing {
  cli *self;
  int status;
  uint64_t left;      /* lines still to print */
  uint64_t n_seen;    /* entries collected, dropped ones too */
  bool details;       /* size and type are wanted */
  unsigned flags;     /* of the walk */
  cli_entries held;
  cli_entries last;   /* the last entry of the walk, if its first has come */
} listing;

typedef int (*visit_func) (listing *list, const kvault_entry *entry);

/* --- lines ------------------------------------------------------------------------------- */

static const char *
class_name (kvault_class key_class)
{
  static const char *const names[] = { "null", "integer", "real", "text", "blob" };

  return names[key_class];
}

static void
print_json (const kvault_entry *entry,
            const cli_value    *value,
            const char         *trouble)
{
  cli_json_begin ();
  cli_json_bytes ("key", (cli_bytes) { entry->key, entry->key_size });
  if (entry->key_class != KVAULT_CLASS_BLOB)
    cli_json_text ("key_class", class_name (entry->key_class));
  if (value->size != KVAULT_SIZE_UNKNOWN)
    cli_json_number ("size", value->size);
  if (value->type != NULL)
    cli_json_text ("type", value->type);
  if (value->info.has_header)
    cli_json_text ("encoding", kvault_encoding_name (value->info.encoding));
  if (trouble != NULL)
    cli_json_text ("error", trouble);
  cli_json_end_line ();
}

static void
print_long (const kvault_entry *entry,
            const cli_value    *value)
{
  if (value->size == KVAULT_SIZE_UNKNOWN)
    cli_printf ("%12s", "?");
  else
    cli_printf ("%12llu", (unsigned long long) value->size);
  cli_printf ("  %-28s  ", value->type != NULL ? value->type : "?");
  cli_put_escaped ((cli_bytes) { entry->key, entry->key_size });
  cli_put_line_end ();
}

/* NULL, or why the value cannot be read, after saying so: borrowed until the next call of
 * the library. */
static const char *
read_details (listing            *list,
              const kvault_entry *entry,
              cli_value          *value)
{
  cli *self = list->self;
  const char *trouble;
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open_entry (self->vault, entry, &blob);

  *value = (cli_value) { .size = entry->value_size };
  if (rc == KVAULT_OK)
    rc = cli_value_read (self, blob, value);
  kvault_blob_close (blob);
  if (rc == KVAULT_OK || rc == KVAULT_ECANCELLED)
    return NULL;
  if (rc == KVAULT_NOTFOUND)
    {
      cli_no_key (self, (cli_bytes) { entry->key, entry->key_size });
      trouble = "another program deleted it meanwhile";
    }
  else
    {
      trouble = kvault_errmsg (self->vault);
      cli_report ("%s", trouble);
    }
  list->status = cli_worse (list->status, cli_status (rc));
  return trouble;
}

/* KVAULT_NOTFOUND when that was the last line wanted. */
static int
print_entry (listing            *list,
             const kvault_entry *entry)
{
  cli *self = list->self;
  const char *trouble = NULL;
  cli_value value;

  if (list->left == 0)
    return KVAULT_NOTFOUND;
  if (list->details)
    trouble = read_details (list, entry, &value);
  if (cli_has (self, CLI_OPT_JSON))
    print_json (entry, &value, trouble);
  else if (cli_has (self, CLI_OPT_LONG))
    print_long (entry, &value);
  else if (cli_has (self, CLI_OPT_NULL))
    {
      cli_put (entry->key, entry->key_size);
      cli_put ("", 1);
    }
  else
    {
      cli_put_escaped ((cli_bytes) { entry->key, entry->key_size });
      cli_put_line_end ();
    }
  return --list->left == 0 || cli_put_failed () ? KVAULT_NOTFOUND : KVAULT_OK;
}

/* --- walks ------------------------------------------------------------------------------- */

static int
remember_last (listing            *list,
               const kvault_entry *entry)
{
  list->last.n = 0;
  list->last.keys_size = 0;
  return cli_entries_add (&list->last, entry);
}

static bool
is_last (const listing      *list,
         const kvault_entry *entry)
{
  kvault_entry last;

  if (list->last.n == 0)
    return false;
  last = cli_entries_get (&list->last, 0);
  return last.key_class == entry->key_class && last.key_size == entry->key_size
         && memcmp (last.key, entry->key, entry->key_size) == 0;
}

static int
print_and_remember (listing            *list,
                    const kvault_entry *entry)
{
  int rc = print_entry (list, entry);

  return rc == KVAULT_OK ? remember_last (list, entry) : rc;
}

static int
collect (listing            *list,
         const kvault_entry *entry)
{
  uint64_t wanted = list->left;
  size_t most = wanted < FEWEST_BEFORE_DROP ? FEWEST_BEFORE_DROP : (size_t) wanted;
  int rc;

  if (is_last (list, entry))
    return KVAULT_NOTFOUND;
  if (entry->result != KVAULT_OK && !list->details)
    list->status = cli_worse (list->status, cli_fail (list->self, entry->result));
  if ((rc = cli_entries_add (&list->held, entry)) != KVAULT_OK || !list->self->sort_by_size)
    return rc;
  if (wanted < SIZE_MAX / 2 && list->held.n >= 2 * most)
    {
      cli_entries_sort (&list->held, cli_has (list->self, CLI_OPT_REVERSE));
      rc = cli_entries_keep (&list->held, (size_t) wanted);
    }
  cli_progress (list->self, "%llu keys seen", (unsigned long long) ++list->n_seen);
  return rc;
}

static int
collect_and_remember (listing            *list,
                      const kvault_entry *entry)
{
  int rc = collect (list, entry);

  return rc == KVAULT_OK ? remember_last (list, entry) : rc;
}

/* KVAULT_OK when the walk or the visit came to its end. */
static int
walk (listing   *list,
      unsigned   flags,
      visit_func visit)
{
  kvault_cursor_options options = {
    .prefix = cli_has (list->self, CLI_OPTS_PREFIX) ? list->self->prefix.data : NULL,
    .prefix_size = list->self->prefix.size,
    .flags = flags,
  };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (list->self->vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    rc = cli_cancelled () ? KVAULT_ECANCELLED : visit (list, entry);
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

static int
print_held (listing *list,
            bool     backwards)
{
  int rc = KVAULT_OK;

  cli_progress_end ();
  for (size_t i = 0; rc == KVAULT_OK && i < list->held.n; i++)
    {
      kvault_entry entry = cli_entries_get (&list->held, backwards ? list->held.n - 1 - i : i);

      rc = cli_cancelled () ? KVAULT_ECANCELLED : print_entry (list, &entry);
    }
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* What a walk cannot pass, one from the other end may reach from behind. */
static int
go_on_behind_damage (listing *list)
{
  int rc = walk (list, list->flags ^ KVAULT_CURSOR_REVERSE, collect);

  cli_report ("%s: the index of keys is damaged; keys are missing from this list",
              list->self->location);
  list->status = CLI_DAMAGED;
  if (rc != KVAULT_OK && rc != KVAULT_ECORRUPT)
    return rc;
  return list->self->sort_by_size ? KVAULT_OK : print_held (list, true);
}

static int
list_keys (listing *list)
{
  bool by_size = list->self->sort_by_size;
  int rc = walk (list, list->flags, by_size ? collect_and_remember : print_and_remember);

  if (rc == KVAULT_ECORRUPT)
    rc = go_on_behind_damage (list);
  if (rc != KVAULT_OK || !by_size)
    return rc;
  cli_entries_sort (&list->held, cli_has (list->self, CLI_OPT_REVERSE));
  return print_held (list, false);
}

static int
run (cli *self)
{
  listing list = { .self = self, .left = self->limit };
  int rc;

  if (cli_has (self, CLI_OPT_NULL) && cli_has (self, CLI_OPT_LONG))
    {
      cli_report ("--long and --null do not go together");
      return CLI_USAGE;
    }
  if ((list.status = cli_open (self, KVAULT_ACCESS_VIEW)) != CLI_DONE)
    return list.status;
  list.details = cli_has (self, CLI_OPT_LONG | CLI_OPT_JSON);
  list.flags = (cli_has (self, CLI_OPT_REVERSE) ? KVAULT_CURSOR_REVERSE : 0)
               | (self->sort_by_size ? KVAULT_CURSOR_SIZES : 0)
               | (list.details ? KVAULT_CURSOR_IDS : 0);
  if ((rc = list_keys (&list)) != KVAULT_OK)
    list.status = cli_worse (list.status, cli_fail (self, rc));
  cli_entries_clear (&list.held);
  cli_entries_clear (&list.last);
  return list.status;
}

const cli_command cli_command_ls = {
  .name = "ls",
  .summary = "List the keys",
  .operands = "[OPTION…] VAULT",
  .help =
    "One key a line, in the order of their bytes. What would harm a terminal or a line is\n"
    "escaped (\\n, \\t, \\r, \\xNN, \\u{N}) and the backslash doubled, on a terminal and in a\n"
    "pipe alike; --null and --json give exact keys.\n\n"
    "  -l, --long                 size in bytes and type before each key\n"
    "  -p, --prefix P             only keys that begin with P\n"
    "      --prefix-hex HEX       the same by the bytes of P in hexadecimal\n"
    "  -s, --sort key|size        the order; key if not given; smallest size first\n"
    "  -r, --reverse              the other way round\n"
    "  -n, --limit N              at most N keys\n"
    "  -0, --null                 keys as they are, each with a NUL behind it\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_LONG | CLI_OPT_SORT
             | CLI_OPT_REVERSE | CLI_OPT_LIMIT | CLI_OPT_NULL,
  .min_operands = 0,
  .max_operands = 0,
  .run = run,
};
