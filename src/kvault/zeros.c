/* SPDX-License-Identifier: MIT */
/*
 * zeros.c - pages of zeros that are not written, since their content follows at once.
 *
 * A value that comes in pieces begins as a row of zeros. SQLite lays out the chain of its pages and, its page cache being small,
 * writes each, reads it again for its content and writes it a second time. While such a value is on its way the VFS
 * (heapwal.c) remembers pages of zeros here instead: where they belong, and the four bytes before the zeros, which name the next page
 * of the chain.
 *
 * To SQLite it is as if they had been written. What is left of them goes into the file before anything can depend on it: when SQLite syncs
 * or unlocks the file, and before the operation ends, which is before its transaction commits.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 4              /* bytes before the zeros */
#define MOST (1u << 20)     /* pages; 16 MB of memory */

typedef struct {
  int64_t offset;           /* 0: free; the first page of a file is never one of zeros */
  unsigned char head[HEAD];
  bool gone;                /* written by now, or cut off */
} slot;

struct kvault__zeros {
  int page_size;
  slot *slots;              /* a hash table, at most half full */
  size_t n_slots, n_used, n_left;
  int64_t end;              /* of the last one ever kept */
};

kvault__zeros *
kvault__zeros_new (int page_size)
{
  kvault__zeros *self = calloc (1, sizeof *self);

  if (self != NULL)
    self->page_size = page_size;
  return self;
}

void
kvault__zeros_free (kvault__zeros *self)
{
  if (self != NULL)
    free (self->slots);
  free (self);
}

/* The slot of an offset, or the free one where it belongs. */
static slot *
find (const kvault__zeros *self,
      int64_t              offset)
{
  size_t i = (uint64_t) offset / (uint64_t) self->page_size * 0x9e3779b97f4a7c15u >> 20;

  for (;; i++)
    {
      slot *at = &self->slots[i & (self->n_slots - 1)];

      if (at->offset == offset || at->offset == 0)
        return at;
    }
}

static bool
grow (kvault__zeros *self)
{
  kvault__zeros grown = *self;

  if (self->n_used * 2 < self->n_slots)
    return true;
  grown.n_slots = self->n_slots > 0 ? self->n_slots * 2 : 1024;
  if (grown.n_slots > MOST * 2 || (grown.slots = calloc (grown.n_slots, sizeof *grown.slots)) == NULL)
    return false;
  grown.n_used = 0;
  for (size_t i = 0; i < self->n_slots; i++)
    if (self->slots[i].offset != 0 && !self->slots[i].gone)
      {
        *find (&grown, self->slots[i].offset) = self->slots[i];
        grown.n_used++;
      }
  free (self->slots);
  *self = grown;
  return true;
}

static slot *
find_left (const kvault__zeros *self,
           int64_t              offset)
{
  slot *at = self->n_left > 0 ? find (self, offset) : NULL;

  return at != NULL && at->offset != 0 && !at->gone ? at : NULL;
}

static void
take (kvault__zeros *self,
      slot          *at)
{
  if (at == NULL)
    return;
  at->gone = true;
  self->n_left--;
}

/* What is written at @offset. True: it is kept here, and need not be written. */
bool
kvault__zeros_keep (kvault__zeros *self,
                    const void    *page,
                    int            n,
                    int64_t        offset)
{
  const unsigned char *bytes = page;
  slot *at;

  if (n != self->page_size)
    return false;
  if (bytes[HEAD] != 0 || memcmp (bytes + HEAD, bytes + HEAD + 1, (size_t) n - HEAD - 1) != 0 || offset <= 0 || !grow (self))
    {
      take (self, find_left (self, offset));
      return false;
    }
  at = find (self, offset);
  self->n_used += at->offset == 0;
  self->n_left += at->offset == 0 || at->gone;
  at->offset = offset;
  at->gone = false;
  memcpy (at->head, bytes, HEAD);
  if (offset + n > self->end)
    self->end = offset + n;
  return true;
}

/* True: @page is what would be read. */
bool
kvault__zeros_read (const kvault__zeros *self,
                    void                *page,
                    int                  n,
                    int64_t              offset)
{
  const slot *at = n == self->page_size ? find_left (self, offset) : NULL;

  if (at == NULL)
    return false;
  memcpy (page, at->head, HEAD);
  memset ((unsigned char *) page + HEAD, 0, (size_t) n - HEAD);
  return true;
}

/* The file ends at @size now. */
void
kvault__zeros_cut (kvault__zeros *self,
                   int64_t        size)
{
  for (size_t i = 0; i < self->n_slots; i++)
    if (self->slots[i].offset >= size && self->slots[i].offset != 0 && !self->slots[i].gone)
      take (self, &self->slots[i]);
  if (self->end > size)
    self->end = size;
}

/* How far the file reaches at least; 0 if all is written. */
int64_t
kvault__zeros_end (const kvault__zeros *self)
{
  return self->n_left > 0 ? self->end : 0;
}

/* Writes what is left; an SQLite result. */
int
kvault__zeros_write (kvault__zeros *self,
                     sqlite3_file  *file)
{
  unsigned char *page;
  int rc = SQLITE_OK;

  if (self->n_left == 0)
    return SQLITE_OK;
  if ((page = calloc (1, (size_t) self->page_size)) == NULL)
    return SQLITE_NOMEM;
  for (size_t i = 0; i < self->n_slots && rc == SQLITE_OK; i++)
    if (self->slots[i].offset != 0 && !self->slots[i].gone)
      {
        memcpy (page, self->slots[i].head, HEAD);
        if ((rc = file->pMethods->xWrite (file, page, self->page_size, self->slots[i].offset)) == SQLITE_OK)
          take (self, &self->slots[i]);
      }
  free (page);
  return rc;
}
