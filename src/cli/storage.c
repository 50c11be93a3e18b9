/* SPDX-License-Identifier: MIT */
/* storage.c - the numbers of the storage of a vault. They are those of stat(2) for its files, to the byte. */
#include "storage.h"

#include <stdio.h>

#define MAX_TRIES 5      /* of a split that others outrun */

/* --- who has it open --------------------------------------------------------------------- */

int
cli_holders_find (cli         *self,
                  cli_holders *holders)
{
  int rc = kvault_holders (self->vault, holders->list, CLI_MAX_HOLDERS, &holders->n);

  if (holders->n > CLI_MAX_HOLDERS)
    holders->n = CLI_MAX_HOLDERS;
  return rc;
}

void
cli_holders_print_json (const cli_holders *holders)
{
  cli_json_begin_array ("holders");
  for (size_t i = 0; i < holders->n; i++)
    {
      cli_json_begin ();
      cli_json_signed ("pid", holders->list[i].pid);
      cli_json_text ("program", holders->list[i].program);
      cli_json_end ();
    }
  cli_json_end_array ();
}

void
cli_holders_print (const cli_holders *holders)
{
  for (size_t i = 0; i < holders->n; i++)
    {
      const kvault_holder *holder = &holders->list[i];
      char text[80];

      snprintf (text, sizeof text, "%s (process %lld)", holder->program[0] != '\0' ? holder->program : "another program",
                (long long) holder->pid);
      cli_put_fact (i == 0 ? "Open in:" : "", text);
    }
}

/* --- where the bytes are ----------------------------------------------------------------- */

static uint64_t
size_on_disk (cli *self)
{
  struct stat file;

  return stat (self->location, &file) == 0 ? (uint64_t) file.st_size : 0;
}

int
cli_storage_get (cli         *self,
                 cli_storage *storage)
{
  int rc = cli_holders_find (self, &storage->holders);

  storage->has_split = cli_has (self, CLI_OPT_SPLIT);
  for (int i = 0; rc == KVAULT_OK && i < MAX_TRIES; i++)
    {
      if (storage->has_split && (rc = kvault_split_tables (self->vault, &storage->split, &storage->tables, &storage->n_tables, cli_show_bytes,
                                                              self)) != KVAULT_OK)
        break;
      rc = kvault_stats_get (self->vault, &storage->stats);
      storage->main_size = size_on_disk (self);
      if (!storage->has_split || storage->main_size == storage->split.main_size)
        break;
    }
  cli_progress_end ();
  if (storage->has_split)
    storage->main_size = storage->split.main_size;
  return rc;
}

static const char *
auto_vacuum_name (int auto_vacuum)
{
  static const char *const names[] = { "none", "full", "incremental" };

  return names[auto_vacuum];
}

/* How many pages the log's bytes have room for; of these some may be of before. */
static uint64_t
log_frames (const kvault_stats *stats)
{
  const uint64_t header = 32, frame_header = 24;   /* SQLite's file format, "WAL File Format" */

  return stats->wal_size > header ? (stats->wal_size - header) / (frame_header + stats->page_size) : 0;
}

static void
print_tables_json (const cli_storage *storage)
{
  cli_json_begin_array ("table_sizes");
  for (size_t i = 0; i < storage->n_tables; i++)
    {
      cli_json_begin ();
      cli_json_text ("name", storage->tables[i].name);
      cli_json_bool ("vault", storage->tables[i].is_vault != 0);
      cli_json_number ("table_size", storage->tables[i].table_size);
      cli_json_number ("index_size", storage->tables[i].index_size);
      cli_json_end ();
    }
  cli_json_end_array ();
}

void
cli_storage_print_json (const cli_storage *storage)
{
  const kvault_stats *stats = &storage->stats;

  cli_json_number ("disk_size", storage->main_size + stats->wal_size);
  cli_json_number ("main_size", storage->main_size);
  cli_json_number ("file_size", stats->file_size);
  cli_json_number ("reclaimable_size", stats->reclaimable_size);
  if (storage->has_split)
    {
      cli_json_number ("values_size", storage->split.values_size);
      cli_json_number ("keys_size", storage->split.keys_size);
      cli_json_number ("other_size", storage->split.other_size);
      cli_json_number ("free_size", storage->split.reclaimable_size);
      print_tables_json (storage);
    }
  cli_json_text ("journal", stats->journal == KVAULT_JOURNAL_WAL ? "wal" : "rollback");
  cli_json_number ("wal_size", stats->wal_size);
  cli_json_number ("wal_frames", log_frames (stats));
  cli_json_number ("wal_used_frames", stats->wal_frames);
  cli_json_number ("wal_waiting_frames", stats->wal_waiting);
  cli_json_number ("wal_waiting_size", stats->wal_waiting * stats->page_size);
  cli_json_number ("page_size", stats->page_size);
  cli_json_number ("page_count", stats->page_count);
  cli_json_number ("free_page_count", stats->free_page_count);
  cli_json_text ("auto_vacuum", auto_vacuum_name (stats->auto_vacuum));
  cli_json_bool ("frozen", stats->frozen);
  cli_holders_print_json (&storage->holders);
}

static void
print_split (const kvault_split *split)
{
  cli_put_size_fact ("  values:", split->values_size);
  cli_put_size_fact ("  keys:", split->keys_size);
  cli_put_size_fact ("  other:", split->other_size);
  cli_put_size_fact ("  free:", split->reclaimable_size);
}

void
cli_storage_print (const cli_storage *storage)
{
  const kvault_stats *stats = &storage->stats;

  cli_put_size_fact ("Size:", storage->has_split ? storage->main_size : stats->file_size);
  if (storage->has_split)
    print_split (&storage->split);
  cli_put_size_fact ("Reclaimable:", stats->reclaimable_size);
  cli_printf ("%-14s %llu of %llu bytes, %llu of them free\n", "Pages:", (unsigned long long) stats->page_count,
              (unsigned long long) stats->page_size, (unsigned long long) stats->free_page_count);
  cli_put_fact ("Page maps:", stats->auto_vacuum != 0 ? auto_vacuum_name (stats->auto_vacuum) : "no");
  cli_put_fact ("Journal:", stats->journal == KVAULT_JOURNAL_WAL ? "write-ahead log" : "rollback");
  if (stats->journal == KVAULT_JOURNAL_WAL)
    cli_printf ("%-14s %llu bytes, room for %s, %llu not yet in the file (%s)\n", "Log:", (unsigned long long) stats->wal_size,
                cli_count_text (log_frames (stats), "page"), (unsigned long long) stats->wal_waiting,
                cli_size_text (stats->wal_waiting * stats->page_size));
  cli_holders_print (&storage->holders);
}
