/* SPDX-License-Identifier: MIT */
/*
 * What programs do with a file, whatever is in it. Results do not matter here, only that there is one; but what was told must agree
 * with itself, and looking must change nothing.
 *
 * fsync() does nothing in these programs: no machine crashes here, and most of the time would go there. (Visible, so
 * that SQLite finds these, not libc's.)
 */
#include "fuzz.h"

#include <dirent.h>
#include <unistd.h>

__attribute__ ((visibility ("default"))) int
fsync (int fd)
{
  return 0;
}

__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  return 0;
}

void
fuzz_fail (const char *file,
           int         line,
           const char *what)
{
  fprintf (stderr, "%s:%d: not true: %s\n", file, line, what);
  abort ();
}

/* ---- files ---- */

static char folder[256];

static void
remove_folder (void)
{
  rmdir (folder);
}

const char *
fuzz_folder (void)
{
  const char *base = getenv ("TMPDIR");

  if (folder[0] == '\0')
    {
      snprintf (folder, sizeof folder, "%s/coffer-fuzz-XXXXXX", base != NULL ? base : access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
      fuzz_require (mkdtemp (folder) != NULL);
      atexit (remove_folder);
    }
  return folder;
}

const char *
fuzz_path (const char *name)
{
  static char path[512];

  snprintf (path, sizeof path, "%s/%s", fuzz_folder (), name);
  return path;
}

void
fuzz_write (const char *path,
            const void *bytes,
            size_t      size)
{
  FILE *file = fopen (path, "w");

  fuzz_require (file != NULL && fwrite (bytes, 1, size, file) == size && fclose (file) == 0);
}

bool
fuzz_is (const char *path,
         const void *bytes,
         size_t      size)
{
  FILE *file = fopen (path, "r");
  uint8_t *got = malloc (size + 1);
  bool same = file != NULL && fread (got, 1, size + 1, file) == size && memcmp (got, bytes, size) == 0;

  if (file != NULL)
    fclose (file);
  free (got);
  return same;
}

void
fuzz_remove (const char *path)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    {
      char name[600];

      snprintf (name, sizeof name, "%s%s", path, suffixes[i]);
      unlink (name);
    }
}

/* ---- looking ---- */

static void
read_entry (kvault            *vault,
            const kvault_entry *entry)
{
  kvault_value_info info;
  kvault_blob *blob = NULL;
  uint8_t buf[512];
  void *value;
  size_t size;

  if (entry->key_class == KVAULT_CLASS_BLOB && kvault_get (vault, entry->key, entry->key_size, &value, &size) == KVAULT_OK)
    {
      if (!fuzz_pages && entry->value_size != KVAULT_SIZE_UNKNOWN && entry->value_class == KVAULT_CLASS_BLOB && entry->result == KVAULT_OK)
        fuzz_require (size == entry->value_size);   /* where pages are damaged, a key may be there twice */
      kvault_value_parse (kvault_table_kind (vault), value, size, &info);
      kvault_guess_type ((uint8_t *) value + info.data_offset, size - info.data_offset);
      kvault_free (value);
    }
  if (kvault_blob_open_entry (vault, entry, &blob) == KVAULT_OK)
    {
      uint64_t at = kvault_blob_size (blob);

      size = at < sizeof buf ? at : sizeof buf;
      kvault_blob_read (blob, buf, size, 0);
      kvault_blob_read (blob, buf, size, at - size);
      fuzz_require (kvault_blob_read (blob, buf, 1, at) == KVAULT_ERANGE);
      kvault_blob_close (blob);
    }
}

static void
walk (kvault   *vault,
      unsigned  flags)
{
  kvault_cursor_options options = { .flags = flags };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  unsigned n = 0;

  if (kvault_cursor_open (vault, &options, &cursor) != KVAULT_OK)
    return;
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK && n++ < 1000)
    {
      fuzz_require (entry->key != NULL);
      if (n < 50 || n % 50 == 0)
        read_entry (vault, entry);
    }
  kvault_cursor_close (cursor);
}

static void
look (kvault *vault)
{
  const kvault_section *sections;
  kvault_totals_result totals;
  kvault_stats stats;
  uint64_t number;
  size_t n;

  fuzz_require (kvault_sections (vault, &sections, &n) == KVAULT_OK);
  for (size_t i = 0; i < n; i++)
    {
      if (kvault_use_table (vault, sections[i].name) != KVAULT_OK)
        {
          kvault_section_count (vault, sections[i].name, &number);
          continue;
        }
      kvault_stats_get (vault, &stats);
      kvault_count (vault, &number);
      walk (vault, KVAULT_CURSOR_SIZES);
      walk (vault, KVAULT_CURSOR_REVERSE);
      kvault_totals (vault, NULL, 0, NULL, NULL, &totals);
    }
}

static int
note_finding (const kvault_finding *finding,
              void                 *data)
{
  fuzz_require (finding->message != NULL && finding->message[0] != '\0' && strchr (finding->message, '\n') == NULL);
  return 0;
}

static void
check (kvault *vault)
{
  kvault_check_result result;

  kvault_check (vault, KVAULT_CHECK_FULL, note_finding, NULL, NULL, NULL, &result);
  fuzz_require (result.damages == 0 || kvault_is_readonly (vault));
}

/* ---- saving ---- */

typedef struct {
  bool open;
  uint64_t declared, bytes, saved;
} Sink;

static int
begin_value (const kvault_entry *entry,
             void               *data)
{
  Sink *sink = data;

  fuzz_require (!sink->open);
  sink->open = true;
  sink->declared = entry->value_size;
  sink->bytes = 0;
  return 0;
}

static int
write_value (const void *bytes,
             size_t      len,
             void       *data)
{
  Sink *sink = data;

  fuzz_require (sink->open);
  sink->bytes += len;
  return 0;
}

static int
end_value (int         result,
           const char *message,
           void       *data)
{
  Sink *sink = data;

  fuzz_require (sink->open && (result == KVAULT_OK || message != NULL));
  if (result == KVAULT_OK)
    fuzz_require (sink->declared == KVAULT_SIZE_UNKNOWN || sink->bytes == sink->declared);
  sink->open = false;
  sink->saved += result == KVAULT_OK;
  return 0;
}

static void
salvage (kvault *vault)
{
  Sink sink = { 0 };
  kvault_salvage_sink functions = { begin_value, write_value, end_value, &sink };
  kvault_salvage_result result;

  if (kvault_salvage (vault, &functions, &result) == KVAULT_OK)
    fuzz_require (result.saved == sink.saved);
}

void
fuzz_view (const char *path)
{
  kvault *vault = NULL;

  if (kvault_open (path, &(kvault_options) { .access = KVAULT_ACCESS_VIEW }, &vault, NULL) == KVAULT_OK)
    {
      look (vault);
      check (vault);
    }
  kvault_close (vault);
  if (kvault_open (path, &(kvault_options) { .access = KVAULT_ACCESS_SALVAGE }, &vault, NULL) == KVAULT_OK)
    salvage (vault);
  kvault_close (vault);
}

/* ---- writing ---- */

static void
change (kvault *vault)
{
  static uint8_t value[40000];
  kvault_vacuum_options in_place = { .way = KVAULT_VACUUM_IN_PLACE };
  uint64_t n;

  memset (value, 'v', sizeof value);
  kvault_put (vault, "new", 3, value, sizeof value);
  kvault_put (vault, "new", 3, value, 10);
  kvault_rename (vault, "new", 3, "other", 5, 1);
  kvault_rename (vault, "large", 5, "larger", 6, 0);
  kvault_delete (vault, "a", 1);
  kvault_rename_prefix (vault, "k", 1, "l", 1, 1, NULL, NULL, &n);
  kvault_delete_prefix (vault, "l", 1, NULL, NULL, &n);
  kvault_delete (vault, "other", 5);
  kvault_reclaim (vault, 0, NULL, NULL, &n);
  kvault_vacuum (vault, &in_place, NULL);
}

void
fuzz_edit (const char *path)
{
  kvault_options options = { .whole_value_max = 4096 };   /* so that values go in parts */
  kvault *vault = NULL;

  if (kvault_open (path, &options, &vault, NULL) == KVAULT_OK)
    {
      change (vault);
      look (vault);
    }
  kvault_close (vault);
}
