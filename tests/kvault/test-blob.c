/* SPDX-License-Identifier: MIT */
/* Reading a value in pieces: blob.c. */
#include "kvtest.h"

#include <pthread.h>
#include <unistd.h>

#define MEBIBYTE 1048576u

static kvault_blob *
open_blob (kvault     *vault,
           const char *key)
{
  kvault_blob *blob;

  assert_ok (vault, kvault_blob_open (vault, key, strlen (key), &blob));
  return blob;
}

static void
reads_any_range (void)
{
  static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };
  size_t size = 3 * MEBIBYTE + 17;
  uint8_t *value = malloc (size), *buf = malloc (size);
  uint64_t seed = 3;

  kvtest_fill (value, size, 4);
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      kvault_blob *blob;

      assert_ok (vault, kvault_put (vault, "k", 1, value, size));
      blob = open_blob (vault, "k");
      assert_int (kvault_blob_size (blob), ==, size);
      for (unsigned i = 0; i < 300; i++)
        {
          size_t offset = kvtest_random (&seed) % (size + 1);
          size_t len = kvtest_random (&seed) % (size - offset + 1) >> kvtest_random (&seed) % 20;

          assert_ok (vault, kvault_blob_read (blob, buf, len, offset));
          assert_mem (buf, len, value + offset, len);
        }
      assert_ok (vault, kvault_blob_read (blob, buf, size, 0));
      assert_mem (buf, size, value, size);
      kvault_blob_close (blob);
      kvault_close (vault);
    }
  free (value);
  free (buf);
}

static void
refuses_ranges_that_leave_the_value (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_blob *blob;
  char buf[100];

  memset (buf, '-', sizeof buf);
  assert_ok (vault, kvault_put (vault, "k", 1, "0123456789", 10));
  blob = open_blob (vault, "k");
  assert_result (vault, kvault_blob_read (blob, buf, 11, 0), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, 1, 10), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, 2, 9), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, 1, UINT64_MAX), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, 2, UINT64_MAX), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, SIZE_MAX, 1), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, SIZE_MAX, UINT64_MAX), KVAULT_ERANGE);
  assert_result (vault, kvault_blob_read (blob, buf, 1, UINT64_C (1) << 32), KVAULT_ERANGE);
  for (size_t i = 0; i < sizeof buf; i++)
    assert_int (buf[i], ==, '-');
  assert_ok (vault, kvault_blob_read (blob, buf, 0, 0));
  assert_ok (vault, kvault_blob_read (blob, NULL, 0, 10));
  assert_ok (vault, kvault_blob_read (blob, buf, 1, 9)); /* and the reader still serves */
  assert_int (buf[0], ==, '9');
  kvault_blob_close (blob);
  kvault_close (vault);
}

static void
reads_empty_values (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_blob *blob;
  char byte;

  assert_ok (vault, kvault_put (vault, "k", 1, NULL, 0));
  blob = open_blob (vault, "k");
  assert_int (kvault_blob_size (blob), ==, 0);
  assert_ok (vault, kvault_blob_read (blob, &byte, 0, 0));
  assert_result (vault, kvault_blob_read (blob, &byte, 1, 0), KVAULT_ERANGE);
  kvault_blob_close (blob);
  kvault_close (vault);
}

static void
tells_what_is_not_there (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_blob *blob = (kvault_blob *) vault;

  assert_result (vault, kvault_blob_open (vault, "k", 1, &blob), KVAULT_NOTFOUND);
  assert_true (blob == NULL);
  kvault_close (vault);
}

static void
notices_an_overwrite_by_its_own_handle (void)
{
  kvault *vault = kvtest_create ("a.db");
  uint8_t value[50000], buf[50000];
  kvault_blob *blob, *other;

  kvtest_fill (value, sizeof value, 1);
  assert_ok (vault, kvault_put (vault, "k", 1, value, sizeof value));
  assert_ok (vault, kvault_put (vault, "l", 1, value, sizeof value));
  blob = open_blob (vault, "k");
  other = open_blob (vault, "l");
  assert_ok (vault, kvault_blob_read (blob, buf, 100, 40000));

  assert_ok (vault, kvault_put (vault, "k", 1, "new", 3));
  assert_result (vault, kvault_blob_read (blob, buf, 100, 40000), KVAULT_ESTALE);
  assert_result (vault, kvault_blob_read (blob, buf, 1, 0), KVAULT_ESTALE);
  kvault_blob_close (blob);

  assert_ok (vault, kvault_blob_read (other, buf, sizeof buf, 0));
  assert_mem (buf, sizeof buf, value, sizeof value);
  assert_ok (vault, kvault_delete (vault, "l", 1));
  assert_result (vault, kvault_blob_read (other, buf, 1, 0), KVAULT_ESTALE);
  kvault_blob_close (other);

  blob = open_blob (vault, "k");
  assert_int (kvault_blob_size (blob), ==, 3);
  assert_ok (vault, kvault_blob_read (blob, buf, 3, 0));
  assert_mem (buf, 3, "new", 3);
  kvault_blob_close (blob);
  kvault_close (vault);
}

static void
shows_one_moment (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  size_t size = 200000;
  uint8_t *value = malloc (size), *buf = malloc (size);
  kvault_blob *blob;

  kvtest_fill (value, size, 1);
  assert_ok (vault, kvault_put (vault, "k", 1, value, size));
  blob = open_blob (vault, "k");
  assert_ok (vault, kvault_blob_read (blob, buf, size / 2, 0));
  memset (buf + size / 2, 'n', size / 2);
  assert_ok (other, kvault_put (other, "k", 1, buf, size));
  assert_ok (vault, kvault_blob_read (blob, buf + size / 2, size / 2, size / 2));
  assert_mem (buf, size, value, size);
  kvault_blob_close (blob);
  assert_ok (vault, kvault_delete (vault, "k", 1));
  kvault_close (other);
  kvault_close (vault);
  free (value);
  free (buf);
}

static void
many_are_open_at_once (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_blob *blobs[40];

  for (unsigned i = 0; i < KVTEST_N (blobs); i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, &i, sizeof i));
  for (unsigned i = 0; i < KVTEST_N (blobs); i++)
    assert_ok (vault, kvault_blob_open (vault, &i, sizeof i, &blobs[i]));
  for (unsigned i = 0; i < KVTEST_N (blobs); i++)
    {
      unsigned got = 0;

      assert_ok (vault, kvault_blob_read (blobs[i], &got, sizeof got, 0));
      assert_int (got, ==, i);
    }
  for (unsigned i = 0; i < KVTEST_N (blobs); i += 2)
    kvault_blob_close (blobs[i]);
  kvault_close (vault); /* closes the others */
}

/* ---- Entries ---- */

static void
opens_an_entry (void)
{
  char *path = kvtest_path ("odd.db");
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault *vault;
  unsigned n = 0;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'6b', x'0102'), "
                    "('k', 'h' || char(233)), (7, x'0304'), (2.5, zeroblob(70000));");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    {
      static const struct { uint64_t size; uint8_t first; } values[] = {
        { 70000, 0 }, { 2, 3 }, { 3, 'h' }, { 2, 1 },
      };
      kvault_blob *blob;
      uint8_t byte;

      assert_ok (vault, kvault_blob_open_entry (vault, entry, &blob));
      assert_int (kvault_blob_size (blob), ==, values[n].size);
      assert_ok (vault, kvault_blob_read (blob, &byte, 1, 0));
      assert_int (byte, ==, values[n].first);
      kvault_blob_close (blob);
    }
  assert_int (n, ==, 4);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

/* An entry whose row now belongs to another key must not show that key's value. */
static void
verifies_the_key_of_an_entry (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
  kvault_entry kept;
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_blob *blob;
  char byte;

  assert_ok (vault, kvault_put (vault, "a", 1, "A", 1));
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  kept = *entry;
  kept.key = "a";
  kvault_cursor_close (cursor);

  assert_ok (vault, kvault_delete (vault, "a", 1));
  assert_ok (vault, kvault_put (vault, "b", 1, "B", 1)); /* takes the row id over */
  assert_result (vault, kvault_blob_open_entry (vault, &kept, &blob), KVAULT_NOTFOUND);
  assert_true (blob == NULL);

  assert_ok (vault, kvault_put (vault, "a", 1, "new A", 5));
  assert_ok (vault, kvault_blob_open_entry (vault, &kept, &blob));
  assert_int (kvault_blob_size (blob), ==, 5);
  assert_ok (vault, kvault_blob_read (blob, &byte, 1, 4));
  assert_int (byte, ==, 'A');
  kvault_blob_close (blob);
  kvault_close (vault);
}

/* ---- Far into large values ---- */

/* A file without page maps, as KohakuVault makes them. */
static char *
make_large (size_t size,
            int    auto_vacuum)
{
  char *path = kvtest_path ("large.db");
  uint8_t *value = malloc (size);
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=32768; PRAGMA auto_vacuum=%d; PRAGMA journal_mode=WAL; "
                    KVTEST_V2 ("kv"), auto_vacuum);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvtest_fill (value, size, 7);
  assert_ok (vault, kvault_put (vault, "k", 1, value, size));
  kvault_close (vault);
  free (value);
  return path;
}

static void
reads_the_end_without_page_maps (void)
{
  size_t size = 40 * MEBIBYTE + 5;
  uint8_t *value = malloc (size), buf[1000];

  kvtest_fill (value, size, 7);
  for (int auto_vacuum = 0; auto_vacuum < 3; auto_vacuum += 2)
    {
      kvault *vault = kvtest_open (make_large (size, auto_vacuum), KVAULT_ACCESS_VIEW);
      kvault_blob *blob = open_blob (vault, "k");
      kvault_stats stats;

      assert_ok (vault, kvault_stats_get (vault, &stats));
      assert_int (stats.auto_vacuum, ==, auto_vacuum);
      for (size_t offset = size - sizeof buf; offset > 7 * MEBIBYTE; offset -= 7 * MEBIBYTE)
        {
          assert_ok (vault, kvault_blob_read (blob, buf, sizeof buf, offset));
          assert_mem (buf, sizeof buf, value + offset, sizeof buf);
        }
      kvault_blob_close (blob);
      kvault_close (vault);
      kvtest_remove (kvtest_path ("large.db"));
    }
  free (value);
}

static void
far_reads_can_be_cancelled (void)
{
  size_t size = 64 * MEBIBYTE;
  char *path = make_large (size, 0);
  kvault_options options = KVAULT_OPTIONS_INIT;
  uint8_t *value = malloc (size), buf[100];
  int left = INT32_MAX;
  kvault_error error;
  kvault_blob *blob;
  kvault *vault;

  options.access = KVAULT_ACCESS_VIEW;
  options.is_cancelled = kvtest_cancel_at_zero;
  options.is_cancelled_data = &left;
  assert_ok (NULL, kvault_open (path, &options, &vault, &error));
  blob = open_blob (vault, "k");
  left = 5;
  assert_result (vault, kvault_blob_read (blob, buf, sizeof buf, size - 100), KVAULT_ECANCELLED);
  left = INT32_MAX;
  assert_ok (vault, kvault_blob_read (blob, buf, sizeof buf, size - 100)); /* and again */
  kvtest_fill (value, size, 7);
  assert_mem (buf, sizeof buf, value + size - 100, sizeof buf);
  assert_int (INT32_MAX - left, >, 10); /* it was asked on the way */
  kvault_blob_close (blob);
  kvault_close (vault);
  free (value);
}

typedef struct {
  kvault *vault;
  int done;
} Interrupter;

static void *
keep_interrupting (void *data)
{
  Interrupter *self = data;

  while (!__atomic_load_n (&self->done, __ATOMIC_ACQUIRE))
    {
      kvault_interrupt (self->vault);
      kvtest_sleep (0.0002);
    }
  return NULL;
}

/* Interrupted at any moment, a read fails as such or gives the right bytes. */
static void
interrupts_leave_reads_right_or_cancelled (void)
{
  size_t size = 24 * MEBIBYTE;
  Interrupter interrupter = { kvtest_open (make_large (size, 0), KVAULT_ACCESS_VIEW), 0 };
  uint8_t *value = malloc (size), buf[5000];
  unsigned cancelled = 0, right = 0;
  uint64_t seed = 9;
  pthread_t thread;

  kvtest_fill (value, size, 7);
  assert_int (pthread_create (&thread, NULL, keep_interrupting, &interrupter), ==, 0);
  for (unsigned i = 0; i < 300; i++)
    {
      size_t offset = kvtest_random (&seed) % (size - sizeof buf);
      kvault_blob *blob = NULL;
      int rc = kvault_blob_open (interrupter.vault, "k", 1, &blob);

      if (rc == KVAULT_OK)
        rc = kvault_blob_read (blob, buf, sizeof buf, offset);
      if (rc == KVAULT_OK)
        {
          assert_mem (buf, sizeof buf, value + offset, sizeof buf);
          right++;
        }
      else
        {
          assert_result (interrupter.vault, rc, KVAULT_ECANCELLED);
          cancelled++;
        }
      kvault_blob_close (blob);
    }
  __atomic_store_n (&interrupter.done, 1, __ATOMIC_RELEASE);
  pthread_join (thread, NULL);
  printf ("# %u right, %u cancelled\n", right, cancelled);
  kvault_close (interrupter.vault);
  free (value);
}

/* ---- Damage ---- */

static uint32_t
page_count_of (const uint8_t *file)
{
  return (uint32_t) file[28] << 24 | (uint32_t) file[29] << 16 | (uint32_t) file[30] << 8 | file[31];
}

/* Half of the file is gone, and its header agrees. */
static char *
make_cut_short (void)
{
  char *path = kvtest_path ("cut.db");
  uint8_t *value = calloc (1, 2 * MEBIBYTE), *file;
  size_t size;
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=4096;" KVTEST_V2 ("kv"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "a", 1, "fine", 4));
  assert_ok (vault, kvault_put (vault, "k", 1, value, 2 * MEBIBYTE));
  kvault_close (vault);
  free (value);

  file = kvtest_read_file (path, &size);
  assert_int (page_count_of (file), ==, size / 4096);
  size = 100 * 4096;
  file[28] = file[29] = file[30] = 0;
  file[31] = 100;
  kvtest_write_file (path, file, size);
  return path;
}

static void
tells_values_that_are_cut_short (void)
{
  kvault *vault = kvtest_open (make_cut_short (), KVAULT_ACCESS_VIEW);
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_blob *blob;
  char buf[100];
  void *value;
  size_t size;
  int rc;

  assert_value (vault, "a", 1, "fine", 4);
  assert_result (vault, kvault_get (vault, "k", 1, &value, &size), KVAULT_ECORRUPT);
  assert_true (value == NULL);
  rc = kvault_blob_open (vault, "k", 1, &blob);
  if (rc == KVAULT_OK)
    rc = kvault_blob_read (blob, buf, sizeof buf, 2 * MEBIBYTE - 100);
  assert_result (vault, rc, KVAULT_ECORRUPT);
  kvault_blob_close (blob);

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_int (entry->result, ==, KVAULT_OK);
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_int (entry->result, ==, KVAULT_ECORRUPT); /* longer than the whole file */
  assert_true (entry->value_size == KVAULT_SIZE_UNKNOWN);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static void
damage_forbids_writing (void)
{
  kvault *vault = kvtest_open (make_cut_short (), KVAULT_ACCESS_WRITE);
  void *value;
  size_t size;

  assert_true (!kvault_is_readonly (vault));
  assert_result (vault, kvault_get (vault, "k", 1, &value, &size), KVAULT_ECORRUPT);
  assert_result (vault, kvault_delete (vault, "a", 1), KVAULT_ECORRUPT);
  assert_true (kvault_is_readonly (vault));
  assert_true (kvault_is_damaged (vault));
  assert_contains (kvault_readonly_reason (vault), "damage");
  assert_value (vault, "a", 1, "fine", 4);
  kvault_close (vault);
}

/* Cut off under an open reader: an error, where a memory map would end the process. */
static void
truncate_it (KvChild *self,
             void    *path)
{
  kvtest_await (self);
  assert_int (truncate (path, 100 * 4096), ==, 0);
  kvtest_step (self);
}

static void
survives_a_file_cut_under_it (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *child = kvtest_spawn (truncate_it, path);
  uint8_t *value = calloc (1, 8 * MEBIBYTE);
  kvault_blob *blob;
  kvault *vault;
  int rc;

  kvtest_sql (path, "PRAGMA page_size=4096;" KVTEST_V2 ("kv"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "k", 1, value, 8 * MEBIBYTE));
  blob = open_blob (vault, "k");
  assert_ok (vault, kvault_blob_read (blob, value, 1000, 0));
  kvtest_step (child);
  kvtest_await (child);
  kvtest_join (child);
  rc = kvault_blob_read (blob, value, 1000, 8 * MEBIBYTE - 1000);
  assert_true (rc == KVAULT_ECORRUPT || rc == KVAULT_EIO);
  assert_true (kvault_errmsg (vault)[0] != '\0');
  kvault_blob_close (blob);
  kvault_close (vault);
  free (value);
}

static void
reads_beside_wrecked_pages (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("damaged/table_leaf_wrecked.db"),
                               KVAULT_ACCESS_VIEW);
  void *value;
  size_t size;
  kvault_blob *blob;
  uint64_t number;

  assert_result (vault, kvault_get (vault, "row:00000", 9, &value, &size), KVAULT_ECORRUPT);
  assert_result (vault, kvault_blob_open (vault, "row:00000", 9, &blob), KVAULT_ECORRUPT);
  assert_result (vault, kvault_size (vault, "row:00000", 9, &number), KVAULT_ECORRUPT);
  assert_result (vault, kvault_get (vault, "files/note.txt", 14, &value, &size), KVAULT_ECORRUPT);
  assert_result (vault, kvault_get (vault, "row:99999", 9, &value, &size), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_get (vault, "row:00250", 9, &value, &size));
  kvault_free (value);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/blob/reads-any-range", reads_any_range },
  { "/kvault/blob/refuses-ranges-that-leave-the-value", refuses_ranges_that_leave_the_value },
  { "/kvault/blob/reads-empty-values", reads_empty_values },
  { "/kvault/blob/tells-what-is-not-there", tells_what_is_not_there },
  { "/kvault/blob/notices-an-overwrite-by-its-own-handle",
    notices_an_overwrite_by_its_own_handle },
  { "/kvault/blob/shows-one-moment", shows_one_moment },
  { "/kvault/blob/many-are-open-at-once", many_are_open_at_once },
  { "/kvault/blob/opens-an-entry", opens_an_entry },
  { "/kvault/blob/verifies-the-key-of-an-entry", verifies_the_key_of_an_entry },
  { "/kvault/blob/reads-the-end-without-page-maps", reads_the_end_without_page_maps },
  { "/kvault/blob/far-reads-can-be-cancelled", far_reads_can_be_cancelled },
  { "/kvault/blob/interrupts-leave-reads-right-or-cancelled",
    interrupts_leave_reads_right_or_cancelled },
  { "/kvault/blob/tells-values-that-are-cut-short", tells_values_that_are_cut_short },
  { "/kvault/blob/damage-forbids-writing", damage_forbids_writing },
  { "/kvault/blob/survives-a-file-cut-under-it", survives_a_file_cut_under_it },
  { "/kvault/blob/reads-beside-wrecked-pages", reads_beside_wrecked_pages },
};

KVTEST_MAIN (tests)
