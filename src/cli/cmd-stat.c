/* SPDX-License-Identifier: MIT */
/* cmd-stat.c - kvault stat: facts about a vault, or about one value. */
#include "storage.h"

#include <stdlib.h>
#include <string.h>

/* --- a value ----------------------------------------------------------------------------- */

static void
print_value_json (cli_bytes        key,
                  const cli_value *value)
{
  cli_json_begin ();
  cli_json_bytes ("key", key);
  cli_json_number ("size", value->size);
  cli_json_text ("type", value->type);
  cli_json_bool ("header", value->info.has_header);
  cli_json_text ("encoding", kvault_encoding_name (value->info.encoding));
  cli_json_number ("flags", value->info.flags);
  cli_json_number ("data_offset", value->info.data_offset);
  cli_json_end_line ();
}

static void
print_value (cli_bytes        key,
             const cli_value *value)
{
  cli_printf ("%-14s ", "Key:");
  cli_put_escaped (key);
  cli_put_line_end ();
  cli_put_size_fact ("Size:", value->size);
  cli_put_fact ("Type:", value->type);
  if (value->info.has_header)
    cli_printf ("%-14s %s, %d bytes\n", "Header:", kvault_encoding_name (value->info.encoding), KVAULT_HEADER_SIZE);
  else
    cli_put_fact ("Header:", "none");
}

static int
stat_value (cli *self)
{
  cli_bytes key = self->operands[0].bytes;
  kvault_blob *blob = NULL;
  cli_value value;
  int rc = cli_blob_open (self, key, &blob);

  if (rc == KVAULT_NOTFOUND)
    return cli_no_key (self, key);
  if (rc == KVAULT_OK)
    rc = cli_value_read (self, blob, &value);
  kvault_blob_close (blob);
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if (cli_has (self, CLI_OPT_JSON))
    print_value_json (key, &value);
  else
    print_value (key, &value);
  return CLI_DONE;
}

/* --- a vault ----------------------------------------------------------------------------- */

/* A section with what counting it gave. */
typedef struct counted {
  kvault_section section;
  kvault_totals_result totals;  /* of a section that is no vault, and without --long: keys only */
  bool is_vault;
  bool known;                   /* the number of keys is good */
  bool known_bytes;             /* and of bytes */
} counted;

static bool
is_vault (const kvault_section *section)
{
  return section->kind == KVAULT_SECTION_V1 || section->kind == KVAULT_SECTION_V2;
}

static int
count_section (cli     *self,
               counted *item)
{
  int rc;

  if (!item->is_vault)
    rc = kvault_section_count (self->vault, item->section.name, &item->totals.keys);
  else if (!item->section.readable)
    return CLI_DONE;
  else if ((rc = kvault_use_table (self->vault, item->section.name)) != KVAULT_OK)
    return cli_fail (self, rc);
  else if (cli_has (self, CLI_OPT_LONG))
    rc = kvault_totals (self->vault, NULL, 0, cli_show_count, self, &item->totals);
  else
    rc = kvault_count (self->vault, &item->totals.keys);
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  item->known = true;
  item->known_bytes = item->is_vault && cli_has (self, CLI_OPT_LONG);
  if (item->totals.unreadable == 0)
    return CLI_DONE;
  cli_report ("%s: %llu values in table \"%s\" cannot be read; kvault ls --long names them",
              self->location, (unsigned long long) item->totals.unreadable, item->section.name);
  return CLI_DAMAGED;
}

/* With --table only that one; else every section. @n is the number of @sections, then of
 * @items. */
static int
count_sections (cli                  *self,
                const kvault_section *sections,
                counted              *items,
                size_t               *n)
{
  size_t n_sections = *n;
  int status = CLI_DONE;

  *n = 0;
  for (size_t i = 0; i < n_sections && !cli_cancelled (); i++)
    {
      counted *item = &items[*n];

      if (self->table != NULL && strcmp (self->table, sections[i].name) != 0)
        continue;
      *item = (counted) { .section = sections[i], .is_vault = is_vault (&sections[i]) };
      status = cli_worse (status, count_section (self, item));
      (*n)++;
    }
  cli_progress_end ();
  return status;
}

/* NULL if the file could be written. */
static const char *
unwritable_reason (cli *self)
{
  switch (kvault_obstacle_get (self->vault))
    {
    case KVAULT_OBSTACLE_FILE:
      return "the file cannot be written";
    case KVAULT_OBSTACLE_FOLDER:
      return "its folder cannot be written";
    case KVAULT_OBSTACLE_FILE_SYSTEM:
      return "it is on a read-only file system";
    case KVAULT_OBSTACLE_LOG:
      return "its file system lets programs share no memory, which the write-ahead log needs";
    case KVAULT_OBSTACLE_NONE:
    default:
      return NULL;
    }
}

static const char *
kind_name (kvault_section_kind kind)
{
  switch (kind)
    {
    case KVAULT_SECTION_V1:
      return "v1";
    case KVAULT_SECTION_V2:
      return "v2";
    case KVAULT_SECTION_COLUMNS:
      return "columns";
    case KVAULT_SECTION_TEXT:
      return "text";
    case KVAULT_SECTION_VECTOR:
      return "vectors";
    case KVAULT_SECTION_TEXT_VALUES:
      return "text-values";
    case KVAULT_SECTION_VECTOR_VALUES:
      return "vector-values";
    case KVAULT_SECTION_CHUNKS:
      return "chunks";
    default:
      return "unknown";
    }
}

/* A vault, or one that --table takes too. */
static bool
has_keys (const counted *item)
{
  return item->is_vault || item->section.readable;
}

static void
print_counted_json (const counted *item)
{
  cli_json_begin ();
  cli_json_text ("name", item->section.name);
  cli_json_text ("kind", kind_name (item->section.kind));
  if (item->known)
    cli_json_number (item->is_vault ? "keys" : "count", item->totals.keys);
  if (item->known_bytes)
    {
      cli_json_number ("bytes", item->totals.bytes);
      cli_json_number ("unreadable", item->totals.unreadable);
    }
  if (has_keys (item))
    {
      cli_json_bool ("readable", item->section.readable);
      cli_json_bool ("writable", item->section.writable);
    }
  if (has_keys (item) && item->section.reason != NULL)
    cli_json_text ("reason", item->section.reason);
  cli_json_end ();
}

static void
print_counted_array (const char    *name,
                     const counted *items,
                     size_t         n,
                     bool           vaults)
{
  cli_json_begin_array (name);
  for (size_t i = 0; i < n; i++)
    if (items[i].is_vault == vaults)
      print_counted_json (&items[i]);
  cli_json_end_array ();
}

static void
print_vault_json (cli               *self,
                  const cli_storage *storage,
                  const counted     *items,
                  size_t             n)
{
  const char *reason = unwritable_reason (self);

  cli_json_begin ();
  cli_json_text ("file", self->location);
  cli_storage_print_json (storage);
  cli_json_bool ("writable", reason == NULL);
  if (reason != NULL)
    cli_json_text ("reason", reason);
  print_counted_array ("tables", items, n, true);
  print_counted_array ("sections", items, n, false);
  cli_json_end_line ();
}

static void
print_number (uint64_t number,
              bool     known)
{
  if (known)
    cli_printf ("%14llu  ", (unsigned long long) number);
  else
    cli_printf ("%14s  ", "?");
}

/* Names come last: they are the one column a stranger chose. */
static void
print_counted (const counted *item,
               bool           bytes)
{
  print_number (item->totals.keys, item->known);
  if (item->is_vault && bytes)
    print_number (item->totals.bytes, item->known_bytes);
  cli_printf (item->is_vault ? "%-8s  " : "%-13s  ", kind_name (item->section.kind));
  cli_put_escaped ((cli_bytes) { item->section.name, strlen (item->section.name) });
  if (has_keys (item) && item->section.reason != NULL)
    {
      cli_printf (" (%s: ", item->section.readable ? "read-only" : "not readable");
      cli_put_escaped ((cli_bytes) { item->section.reason, strlen (item->section.reason) });
      cli_printf (")");
    }
  cli_put_line_end ();
}

static void
print_counted_list (const char    *heading,
                    const counted *items,
                    size_t         n,
                    bool           vaults,
                    bool           bytes)
{
  bool any = false;

  for (size_t i = 0; i < n; i++)
    {
      if (items[i].is_vault != vaults)
        continue;
      if (!any)
        cli_printf ("\n%s\n", heading);
      any = true;
      print_counted (&items[i], bytes);
    }
}

static void
print_vault (cli               *self,
             const cli_storage *storage,
             const counted     *items,
             size_t             n)
{
  const char *reason = unwritable_reason (self);
  bool bytes = cli_has (self, CLI_OPT_LONG);

  cli_put_fact ("File:", self->location);
  cli_storage_print (storage);
  cli_put_fact ("Read-only:", reason != NULL ? reason : "no");
  if (storage->stats.frozen)
    cli_put_fact ("Seen:", "as it was when opened, without locks");
  print_counted_list (bytes ? "          KEYS           BYTES  SHAPE     TABLE" : "          KEYS  SHAPE     TABLE", items, n,
                      true, bytes);
  print_counted_list ("         ITEMS  KIND           OTHER SECTION", items, n, false, bytes);
}

static int
stat_vault (cli *self)
{
  const kvault_section *sections = NULL;
  counted *items;
  cli_storage storage;
  size_t n = 0;
  int status;
  int rc = cli_storage_get (self, &storage);

  if (rc == KVAULT_OK)
    rc = kvault_sections (self->vault, &sections, &n);
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if ((items = calloc (n + 1, sizeof *items)) == NULL)
    {
      cli_report ("no memory");
      return CLI_IO;
    }
  status = count_sections (self, sections, items, &n);
  if (cli_has (self, CLI_OPT_JSON))
    print_vault_json (self, &storage, items, n);
  else
    print_vault (self, &storage, items, n);
  free (items);
  return status;
}

static int
run (cli *self)
{
  int status = cli_open (self, KVAULT_ACCESS_VIEW);

  if (status != CLI_DONE)
    return status;
  return self->n_operands > 0 ? stat_value (self) : stat_vault (self);
}

const cli_command cli_command_stat = {
  .name = "stat",
  .summary = "Tell about a vault or a value",
  .operands = "[OPTION…] VAULT [KEY]",
  .help =
    "Of a vault: its tables with their keys, the file, its pages, its journal and what can be\n"
    "reclaimed. Of a key: the size, the type and the header of its value. What waits in a write\n"
    "cache, and whether deleted values are overwritten, is each program's own and not in the file.\n\n"
    "  -l, --long                 also the bytes of each table's values, for which every row is\n"
    "                             looked at\n"
    "      --split                also what the bytes of the file belong to: values, keys and their\n"
    "                             index, other tables, free pages; all pages are read for it\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPT_JSON | CLI_OPT_LONG | CLI_OPT_SPLIT,
  .min_operands = 0,
  .max_operands = 1,
  .run = run,
};
