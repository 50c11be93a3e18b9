/* SPDX-License-Identifier: MIT */
/* entries.c - entries of a walk held in memory.
 *
 * A record of 32 bytes and the bytes of the key, in two growing blocks: a million keys of
 * 30 bytes take some 60 MB. Where a key lies in its block also tells when it came, which
 * orders entries of one size; dropping keeps that true, since it copies keys in their order.
 */
#include "entries.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct cli_entry_record {
  int64_t id;
  uint64_t size;
  uint64_t key_offset;
  uint32_t key_size;
  uint32_t key_class;
};

static int
make_room (void  **data,
           size_t *room,
           size_t  need)
{
  size_t wanted = *room > 0 ? *room : 4096;
  void *grown;

  if (need <= *room)
    return KVAULT_OK;
  while (wanted < need)
    wanted *= 2;
  if ((grown = realloc (*data, wanted)) == NULL)
    return KVAULT_ENOMEM;
  *data = grown;
  *room = wanted;
  return KVAULT_OK;
}

int
cli_entries_add (cli_entries        *self,
                 const kvault_entry *entry)
{
  size_t records_room = self->room * sizeof *self->records;
  int rc = make_room ((void **) &self->records, &records_room,
                      (self->n + 1) * sizeof *self->records);

  if (rc == KVAULT_OK)
    {
      self->room = records_room / sizeof *self->records;
      /* One more, so that the empty key has a place too. */
      rc = make_room ((void **) &self->keys, &self->keys_room, self->keys_size + entry->key_size + 1);
    }
  if (rc != KVAULT_OK)
    return rc;
  memcpy (self->keys + self->keys_size, entry->key, entry->key_size);
  self->records[self->n++] = (cli_entry_record) {
    .id = entry->id,
    .size = entry->value_size,
    .key_offset = self->keys_size,
    .key_size = (uint32_t) entry->key_size,
    .key_class = (uint32_t) entry->key_class,
  };
  self->keys_size += entry->key_size;
  return KVAULT_OK;
}

kvault_entry
cli_entries_get (const cli_entries *self,
                 size_t             i)
{
  const cli_entry_record *record = &self->records[i];

  return (kvault_entry) {
    .key = self->keys + record->key_offset,
    .key_size = record->key_size,
    .key_class = (kvault_class) record->key_class,
    .id = record->id,
    .value_size = record->size,
    .value_class = KVAULT_CLASS_BLOB,
  };
}

/* An empty key shares its place with the key that came next, hence the last line. */
static int
compare_arrivals (const cli_entry_record *a,
                  const cli_entry_record *b)
{
  if (a->key_offset != b->key_offset)
    return a->key_offset < b->key_offset ? -1 : 1;
  return (a->key_size > b->key_size) - (a->key_size < b->key_size);
}

static int
compare_smallest_first (const void *one,
                        const void *two)
{
  const cli_entry_record *a = one;
  const cli_entry_record *b = two;

  if (a->size != b->size)
    return a->size < b->size ? -1 : 1;  /* KVAULT_SIZE_UNKNOWN is above all others */
  return compare_arrivals (a, b);
}

static int
compare_largest_first (const void *one,
                       const void *two)
{
  const cli_entry_record *a = one;
  const cli_entry_record *b = two;

  if (a->size == KVAULT_SIZE_UNKNOWN || b->size == KVAULT_SIZE_UNKNOWN)
    return compare_smallest_first (a, b);
  if (a->size != b->size)
    return a->size > b->size ? -1 : 1;
  return compare_arrivals (a, b);
}

void
cli_entries_sort (cli_entries *self,
                  bool         largest_first)
{
  if (self->n > 1)
    qsort (self->records, self->n, sizeof *self->records,
           largest_first ? compare_largest_first : compare_smallest_first);
}

int
cli_entries_keep (cli_entries *self,
                  size_t       n)
{
  cli_entries kept = { NULL };
  int rc = KVAULT_OK;

  for (size_t i = 0; rc == KVAULT_OK && i < n && i < self->n; i++)
    {
      kvault_entry entry = cli_entries_get (self, i);

      rc = cli_entries_add (&kept, &entry);
    }
  if (rc != KVAULT_OK)
    {
      cli_entries_clear (&kept);
      return rc;
    }
  cli_entries_clear (self);
  *self = kept;
  return KVAULT_OK;
}

void
cli_entries_clear (cli_entries *self)
{
  free (self->records);
  free (self->keys);
  *self = (cli_entries) { NULL };
}
