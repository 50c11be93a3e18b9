/* SPDX-License-Identifier: MIT */
/*
 * split.c - what the pages of the file belong to, as SQLite's table "dbstat" tells, which reads each page in use once.
 *
 * All of it is of one moment: the statement over the pages holds its snapshot while the numbers of pages are asked for. What dbstat does not
 * name (page maps, the page of the locks) is other's, so the parts always add up to the file.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  kvault *vault;
  kvault_split *split;
  bool tables;              /* they are wanted, too: in the handle's list */
  sqlite3_stmt *pages;
  sqlite3_stmt *owner;      /* of a b-tree, by its name */
  char *name;               /* of the b-tree that the last page was of */
  uint64_t *part;           /* where its pages count; NULL: other's */
  size_t table;             /* and with which table; none: SIZE_MAX */
  bool is_index;            /* of that */
  bool is_first;            /* of the pages of its b-tree */
  uint64_t page_size;
  uint64_t last_page;       /* of the main file; those behind it are in the log only */
  uint64_t others;          /* bytes of the pages there of b-trees that are of no vault */
} splitting;

static bool
is_vault (kvault     *vault,
          const char *table)
{
  const kvault_section *sections;
  size_t n = 0;

  if (strcmp (table, "kvault_parts") == 0)
    return true;
  kvault_sections (vault, &sections, &n);
  for (size_t i = 0; i < n; i++)
    if ((sections[i].kind == KVAULT_SECTION_V1 || sections[i].kind == KVAULT_SECTION_V2) && strcmp (sections[i].name, table) == 0)
      return true;
  return false;
}

static int
prepare (splitting *self)
{
  static const char pages[] = "SELECT pageno, name FROM dbstat";
  static const char owner[] = "SELECT tbl_name, type = 'index' FROM main.sqlite_schema WHERE name = ?1";
  kvault *vault = self->vault;

  if (sqlite3_prepare_v2 (vault->db, pages, -1, &self->pages, NULL) == SQLITE_OK
      && sqlite3_prepare_v2 (vault->db, owner, -1, &self->owner, NULL) == SQLITE_OK)
    return KVAULT_OK;
  if (self->pages == NULL && sqlite3_errcode (vault->db) == SQLITE_ERROR)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: this SQLite cannot tell what pages belong to", vault->name);
  return kvault__fail_db (vault, "%s", vault->name);
}

void
kvault__split_free (kvault *vault)
{
  for (size_t i = 0; i < vault->n_split_tables; i++)
    free ((char *) vault->split_tables[i].name);
  free (vault->split_tables);
  vault->split_tables = NULL;
  vault->n_split_tables = 0;
}

/* B-trees of a table need not follow each other; most do. */
static int
find_table (splitting  *self,
            const char *name,
            bool        is_vault)
{
  kvault *vault = self->vault;
  kvault_split_table *grown;
  char *copy;

  for (size_t i = vault->n_split_tables; i-- > 0;)
    if (strcmp (vault->split_tables[i].name, name) == 0)
      {
        self->table = i;
        return KVAULT_OK;
      }
  if ((grown = realloc (vault->split_tables, (vault->n_split_tables + 1) * sizeof *grown)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  vault->split_tables = grown;
  if ((copy = strdup (name)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  self->table = vault->n_split_tables;
  vault->split_tables[vault->n_split_tables++] = (kvault_split_table) { .name = copy, .is_vault = is_vault };
  return KVAULT_OK;
}

/* The row of a b-tree's owner is there. */
static int
take_owner (splitting *self)
{
  const char *table = (const char *) sqlite3_column_text (self->owner, 0);
  bool of_vault = is_vault (self->vault, table);

  self->is_index = sqlite3_column_int (self->owner, 1) != 0;
  if (of_vault)
    self->part = self->is_index ? &self->split->keys_size : &self->split->values_size;
  if (!self->tables || sqlite3_strnicmp (table, "sqlite_", 7) == 0)
    return KVAULT_OK;
  return find_table (self, table, of_vault);
}

/* The pages of a b-tree come one after the other. */
static int
take_name (splitting  *self,
           const char *name)
{
  int rc = KVAULT_OK;

  if (self->name != NULL && strcmp (self->name, name) == 0)
    return KVAULT_OK;
  sqlite3_free (self->name);
  if ((self->name = sqlite3_mprintf ("%s", name)) == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  self->part = NULL;
  self->table = SIZE_MAX;
  self->is_first = true;
  sqlite3_bind_text (self->owner, 1, self->name, -1, SQLITE_STATIC);
  if (sqlite3_step (self->owner) == SQLITE_ROW && sqlite3_column_type (self->owner, 0) == SQLITE_TEXT)
    rc = take_owner (self);
  if (sqlite3_reset (self->owner) != SQLITE_OK && rc == KVAULT_OK)
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  return rc;
}

static int
take_page (splitting *self)
{
  const char *name = (const char *) sqlite3_column_text (self->pages, 1);
  int rc = take_name (self, name != NULL ? name : "");
  kvault_split_table *table = NULL;

  if (rc != KVAULT_OK)
    return rc;
  if (self->table != SIZE_MAX)
    {
      table = &self->vault->split_tables[self->table];
      table->live_size += self->page_size;
      table->empty_size += self->is_first ? self->page_size : 0;
      self->is_first = false;
    }
  if ((uint64_t) sqlite3_column_int64 (self->pages, 0) > self->last_page)
    return KVAULT_OK;
  *(self->part != NULL ? self->part : &self->others) += self->page_size;
  if (table != NULL)
    *(self->is_index ? &table->index_size : &table->table_size) += self->page_size;
  return KVAULT_OK;
}

/* With the snapshot of the first page. */
static int
take_sizes (splitting *self)
{
  kvault *vault = self->vault;
  kvault_split *split = self->split;
  int64_t pages, free_pages, page_size;
  kvault__place place;
  int rc;

  if ((rc = kvault__pragma_int (vault, "PRAGMA main.page_count", &pages)) != KVAULT_OK
      || (rc = kvault__pragma_int (vault, "PRAGMA main.freelist_count", &free_pages)) != KVAULT_OK
      || (rc = kvault__pragma_int (vault, "PRAGMA main.page_size", &page_size)) != KVAULT_OK)
    return rc;
  self->page_size = (uint64_t) page_size;
  split->file_size = (uint64_t) pages * self->page_size;
  split->reclaimable_size = (uint64_t) free_pages * self->page_size;
  split->main_size = kvault__look_at_place (vault->path, &place) == 0 ? (uint64_t) place.main.st_size : split->file_size;
  self->last_page = split->main_size / self->page_size;
  return KVAULT_OK;
}

static int
walk (splitting    *self,
      kvault__work *work)
{
  int rc = KVAULT_OK, step;

  while ((step = sqlite3_step (self->pages)) == SQLITE_ROW)
    {
      if (self->page_size == 0 && (rc = take_sizes (self)) != KVAULT_OK)
        return rc;
      work->progress.bytes_total = self->split->file_size - self->split->reclaimable_size;
      work->progress.bytes += self->page_size;
      if ((rc = take_page (self)) != KVAULT_OK || (rc = kvault__work_check (work)) != KVAULT_OK)
        return rc;
    }
  return step == SQLITE_DONE ? KVAULT_OK : kvault__fail_db (self->vault, "%s", self->vault->name);
}

/*
 * Free pages are no more than what no b-tree has of the main file, since some of them may be in the log only; what is left besides is other's.
 */
static int
settle (const splitting *self)
{
  kvault *vault = self->vault;
  kvault_split *split = self->split;
  uint64_t used = split->values_size + split->keys_size + self->others;
  uint64_t cut = split->main_size > split->file_size ? split->main_size - split->file_size : 0;

  if (used > split->main_size)
    return kvault__fail (vault, KVAULT_ECORRUPT, "%s: the file is damaged: pages are used twice", vault->name);
  split->reclaimable_size += cut;
  if (split->reclaimable_size > split->main_size - used)
    split->reclaimable_size = split->main_size - used;
  split->other_size = split->main_size - split->values_size - split->keys_size - split->reclaimable_size;
  return KVAULT_OK;
}

static int
run (splitting            *self,
     kvault_progress_func  progress,
     void                 *progress_data)
{
  kvault *vault = self->vault;
  kvault_split *split = self->split;
  kvault__work work;
  int rc;

  memset (split, 0, sizeof *split);
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  kvault__work_init (&work, vault, progress, progress_data);
  if ((rc = prepare (self)) == KVAULT_OK && (rc = walk (self, &work)) == KVAULT_OK)
    rc = settle (self);
  sqlite3_finalize (self->pages);
  sqlite3_finalize (self->owner);
  sqlite3_free (self->name);
  if (rc != KVAULT_OK)
    memset (split, 0, sizeof *split);
  return rc;
}

int
kvault_split_get (kvault               *vault,
                  kvault_split         *split,
                  kvault_progress_func  progress,
                  void                 *progress_data)
{
  splitting self = { .vault = vault, .split = split };

  return run (&self, progress, progress_data);
}

static uint64_t
table_size (const kvault_split_table *table)
{
  return table->table_size + table->index_size;
}

static int
compare_tables (const void *a,
                const void *b)
{
  const kvault_split_table *first = a, *second = b;
  uint64_t size = table_size (first), other_size = table_size (second);

  return size != other_size ? (size < other_size) - (size > other_size) : strcmp (first->name, second->name);
}

int
kvault_split_tables (kvault                    *vault,
                     kvault_split              *split,
                     const kvault_split_table **tables,
                     size_t                    *n_tables,
                     kvault_progress_func       progress,
                     void                      *progress_data)
{
  splitting self = { .vault = vault, .split = split, .tables = true };
  int rc;

  *tables = NULL;
  *n_tables = 0;
  kvault__split_free (vault);
  rc = run (&self, progress, progress_data);
  if (rc != KVAULT_OK)
    kvault__split_free (vault);
  else if (vault->n_split_tables > 0)
    qsort (vault->split_tables, vault->n_split_tables, sizeof *vault->split_tables, compare_tables);
  *tables = vault->split_tables;
  *n_tables = vault->n_split_tables;
  return rc;
}
