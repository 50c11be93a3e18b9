/* SPDX-License-Identifier: MIT */
/* Readers that let go of the file and take the value up again: blob.c. What changes meanwhile is changed by another process. */
#include "kvtest.h"

#include <sys/mman.h>
#include <sys/stat.h>

#define MEBIBYTE 1048576u
#define SIZE (3 * MEBIBYTE)

/* ---- the other process ---- */

typedef struct {
  KvChild *child;
  char path[4096], sql[8192];
  int64_t result;
} Other;

static void
obey (KvChild *self, void *data)
{
  Other *other = data;

  for (kvtest_await (self); other->sql[0] != '\0'; kvtest_await (self))
    {
      if (strncmp (other->sql, "SELECT", 6) == 0 || strncmp (other->sql, "PRAGMA", 6) == 0)
        other->result = kvtest_sql_int (other->path, other->sql);
      else
        kvtest_sql (other->path, "%s", other->sql);
      kvtest_step (self);
    }
}

static Other *
spawn_other (const char *path)
{
  Other *other = mmap (NULL, sizeof *other, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  assert_true (other != MAP_FAILED);
  snprintf (other->path, sizeof other->path, "%s", path);
  other->child = kvtest_spawn (obey, other);
  return other;
}

/* Has the other process run one statement; its first column, if it gives one. */
static int64_t
has_it_run (Other *other, const char *sql)
{
  snprintf (other->sql, sizeof other->sql, "%s", sql);
  kvtest_step (other->child);
  kvtest_await (other->child);
  return other->result;
}

static void
end_other (Other *other)
{
  other->sql[0] = '\0';
  kvtest_step (other->child);
  kvtest_join (other->child);
}

/* ---- vaults ---- */

/* Key "k" with SIZE bytes of seed 1, and others, in a file without page maps or with. */
static char *
make (const char *shape, bool wal, int auto_vacuum)
{
  char *path = kvtest_path ("a.db");
  uint8_t *value = malloc (SIZE);
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = %d; PRAGMA journal_mode = %s; %s", auto_vacuum,
              wal ? "WAL" : "DELETE", shape);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvtest_fill (value, SIZE, 1);
  assert_ok (vault, kvault_put (vault, "a", 1, "x", 1));
  assert_ok (vault, kvault_put (vault, "k", 1, value, SIZE));
  kvault_close (vault);
  free (value);
  return path;
}

typedef struct {
  kvault *vault;
  kvault_blob *blob;
  uint8_t *value, *buf;
} Reader;

static Reader
open_reader (const char *path, kvault_access access)
{
  Reader self = { kvtest_open (path, access), NULL, malloc (SIZE), malloc (SIZE) };

  kvtest_fill (self.value, SIZE, 1);
  assert_ok (self.vault, kvault_blob_open (self.vault, "k", 1, &self.blob));
  return self;
}

static void
assert_reads (Reader *self, size_t size, size_t at)
{
  assert_ok (self->vault, kvault_blob_read (self->blob, self->buf, size, at));
  assert_mem (self->buf, size, self->value + at, size);
}

static void
assert_stale (Reader *self)
{
  assert_result (self->vault, kvault_blob_read (self->blob, self->buf, 10, 200000), KVAULT_ESTALE);
  assert_result (self->vault, kvault_blob_read (self->blob, self->buf, 0, 0), KVAULT_ESTALE);   /* and stays so */
  assert_ok (self->vault, kvault_blob_release (self->blob));
  assert_result (self->vault, kvault_blob_read (self->blob, self->buf, 10, 0), KVAULT_ESTALE);
}

static void
close_reader (Reader *self)
{
  kvault_blob_close (self->blob);
  kvault_close (self->vault);
  free (self->value);
  free (self->buf);
}

/* ---- the same value ---- */

static void
goes_on_at_the_same_place (void)
{
  static const char *const shapes[] = { KVTEST_V1 ("kv"), KVTEST_V2 ("kv") };

  for (unsigned i = 0; i < 8; i++)
    {
      char *path = make (shapes[i & 1], i & 2, i & 4 ? 2 : 0);
      Reader reader = open_reader (path, KVAULT_ACCESS_VIEW);
      uint64_t seed = i;

      assert_ok (reader.vault, kvault_blob_release (reader.blob));   /* before the first read, too */
      for (unsigned n = 0; n < 60; n++)
        {
          size_t at = kvtest_random (&seed) % SIZE, size = kvtest_random (&seed) % (SIZE - at) >> n % 12;

          assert_reads (&reader, size, at);
          if (n % 3 > 0)
            assert_ok (reader.vault, kvault_blob_release (reader.blob));
          assert_int (kvault_blob_size (reader.blob), ==, SIZE);
        }
      close_reader (&reader);
      assert_alone (path);
      kvtest_remove (path);
    }
}

static void
others_writing_elsewhere_does_not_matter (void)
{
  for (int wal = 0; wal < 2; wal++)
    {
      char *path = make (KVTEST_V2 ("kv"), wal, 0);
      Other *other = spawn_other (path);
      Reader reader = open_reader (path, KVAULT_ACCESS_WRITE);

      for (size_t at = 0; at < SIZE; at += MEBIBYTE / 2)
        {
          assert_reads (&reader, 100000, at);
          assert_ok (reader.vault, kvault_blob_release (reader.blob));
          has_it_run (other, at == 0 ? "INSERT INTO kv VALUES (x'7a', zeroblob(50000))" : "UPDATE kv SET value = value || x'00' WHERE key = x'61'");
          assert_reads (&reader, 100000, at + 100000);
          assert_ok (reader.vault, kvault_put (reader.vault, "mine", 4, &at, sizeof at));   /* nor does what we do */
          assert_reads (&reader, 100, at + 200000);
        }
      close_reader (&reader);
      end_other (other);
      kvtest_remove (path);
    }
}

/* ---- another value ---- */

/* What KohakuVault and others do to a value; all leave its size. */
static void
notices_another_value (void)
{
  static const struct { const char *sql; bool stale; } changes[] = {
    { "INSERT OR REPLACE INTO kv VALUES (x'6b', randomblob(3145728))", true },
    { "INSERT INTO kv VALUES (x'6b', randomblob(3145728)) ON CONFLICT (key) DO UPDATE SET value = excluded.value", true },
    { "INSERT INTO kv VALUES (x'6b', randomblob(100)) ON CONFLICT (key) DO UPDATE SET value = excluded.value", true },
    { "DELETE FROM kv WHERE key = x'6b'", true },
    { "UPDATE kv SET key = x'6c' WHERE key = x'6b'", true },
    { "UPDATE kv SET key = CAST(key AS TEXT) WHERE key = x'6b'", true },
    { "DELETE FROM kv", true },
    /* The head, what was read last, what comes next: compared. What lies between: not. */
    { "UPDATE kv SET value = CAST(x'00' || substr(value, 2) AS BLOB) WHERE key = x'6b'", true },
    { "UPDATE kv SET value = CAST(substr(value, 1, 199990) || x'00' || substr(value, 199992) AS BLOB) WHERE key = x'6b'", true },
    { "UPDATE kv SET value = CAST(substr(value, 1, 201000) || x'00' || substr(value, 201002) AS BLOB) WHERE key = x'6b'", true },
    { "UPDATE kv SET value = CAST(substr(value, 1, 100000) || x'00' || substr(value, 100002) AS BLOB) WHERE key = x'6b'", false },
    { "UPDATE kv SET value = CAST(value || x'' AS BLOB) WHERE key = x'6b'", false },
  };

  for (int wal = 0; wal < 2; wal++)
    for (size_t i = 0; i < KVTEST_N (changes); i++)
      {
        char *path = make (KVTEST_V2 ("kv"), wal, 2);
        Other *other = spawn_other (path);
        Reader reader = open_reader (path, KVAULT_ACCESS_VIEW);

        assert_reads (&reader, 200000, 0);
        assert_ok (reader.vault, kvault_blob_release (reader.blob));
        has_it_run (other, changes[i].sql);
        if (changes[i].stale)
          assert_stale (&reader);
        else
          assert_reads (&reader, 100000, 200000);
        close_reader (&reader);
        end_other (other);
        kvtest_remove (path);
      }
}

/* The last row deleted and put again takes the same number. */
static void
notices_a_row_put_again (void)
{
  char *path = make (KVTEST_V2 ("kv"), true, 2);
  Other *other = spawn_other (path);
  Reader reader = open_reader (path, KVAULT_ACCESS_VIEW);
  int64_t id = has_it_run (other, "SELECT rowid FROM kv WHERE key = x'6b'");

  assert_reads (&reader, 200000, 0);
  assert_ok (reader.vault, kvault_blob_release (reader.blob));
  has_it_run (other, "DELETE FROM kv WHERE key = x'6b'");
  has_it_run (other, "INSERT INTO kv VALUES (x'6b', randomblob(3145728))");
  assert_int (has_it_run (other, "SELECT rowid FROM kv WHERE key = x'6b'"), ==, id);
  assert_stale (&reader);
  close_reader (&reader);
  end_other (other);
}

static void
notices_what_its_own_handle_did (void)
{
  for (int i = 0; i < 4; i++)
    {
      char *path = make (KVTEST_V2 ("kv"), true, 2);
      Reader reader = open_reader (path, KVAULT_ACCESS_WRITE);
      kvault *vault = reader.vault;

      reader.buf[0] = 0;
      assert_reads (&reader, 200000, 0);
      if (i < 3)
        assert_ok (vault, kvault_blob_release (reader.blob));
      reader.buf[0] ^= 1;
      if (i == 0)
        assert_ok (vault, kvault_put (vault, "k", 1, reader.buf, SIZE));
      else if (i == 1)
        assert_ok (vault, kvault_delete (vault, "k", 1));
      else if (i == 2)   /* what waits in the cache is the value at that key */
        {
          assert_ok (vault, kvault_cache_enable (vault, NULL));
          assert_ok (vault, kvault_put (vault, "k", 1, reader.buf, 1000));
        }
      else   /* and a change that comes first */
        {
          assert_ok (vault, kvault_put (vault, "k", 1, "new", 3));
          assert_result (vault, kvault_blob_release (reader.blob), KVAULT_ESTALE);
        }
      assert_stale (&reader);
      close_reader (&reader);
      kvtest_remove (path);
    }
}

/* ---- parts ---- */

static kvault *
open_parts (const char *path)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.whole_value_max = MEBIBYTE;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  return vault;
}

typedef struct {
  const char *path;
  const uint8_t *value;
} Writer;

static void
write_beside (KvChild *self, void *data)
{
  const Writer *writer = data;

  kvtest_await (self);
  for (int i = 0; i < 2; i++)
    {
      kvault *vault = open_parts (writer->path);

      if (i == 0)
        assert_ok (vault, kvault_put (vault, "other", 5, writer->value, 9 * MEBIBYTE));
      else   /* the same bytes again, but others */
        assert_ok (vault, kvault_put (vault, "k", 1, writer->value, 9 * MEBIBYTE));
      kvault_close (vault);
      kvtest_step (self);
      kvtest_await (self);
    }
}

static void
values_in_parts_are_known_exactly (void)
{
  char *path = make (KVTEST_V1 ("kv"), true, 2);
  uint8_t *value = malloc (9 * MEBIBYTE), *buf = malloc (9 * MEBIBYTE);
  Writer writer = { path, value };
  kvault *vault = open_parts (path);
  kvault_blob *blob;
  KvChild *child;

  kvtest_fill (value, 9 * MEBIBYTE, 3);
  assert_ok (vault, kvault_put (vault, "k", 1, value, 9 * MEBIBYTE));
  kvault_close (vault);
  child = kvtest_spawn (write_beside, &writer);
  vault = open_parts (path);
  assert_ok (vault, kvault_blob_open (vault, "k", 1, &blob));
  assert_ok (vault, kvault_blob_read (blob, buf, 100, 8 * MEBIBYTE));
  assert_ok (vault, kvault_blob_release (blob));
  kvtest_step (child);
  kvtest_await (child);
  assert_ok (vault, kvault_blob_read (blob, buf, 9 * MEBIBYTE, 0));
  assert_mem (buf, 9 * MEBIBYTE, value, 9 * MEBIBYTE);
  assert_ok (vault, kvault_blob_release (blob));
  kvtest_step (child);
  kvtest_await (child);
  assert_result (vault, kvault_blob_read (blob, buf, 100, 0), KVAULT_ESTALE);
  kvault_blob_close (blob);
  kvault_close (vault);
  kvtest_release (child);
  free (value);
  free (buf);
}

/* ---- what is let go of ---- */

static void
lets_writers_and_checkpoints_through (void)
{
  for (int wal = 0; wal < 2; wal++)
    {
      char *path = make (KVTEST_V2 ("kv"), wal, 2);
      Other *other = spawn_other (path);
      Reader reader = open_reader (path, KVAULT_ACCESS_WRITE);

      assert_reads (&reader, 1000, 0);
      assert_ok (reader.vault, kvault_blob_release (reader.blob));
      has_it_run (other, "INSERT INTO kv VALUES (x'02', x'')");
      if (wal)
        {
          assert_int (has_it_run (other, "PRAGMA wal_checkpoint(TRUNCATE)"), ==, 0);
          assert_int (kvtest_file_size (kvtest_format ("%s-wal", path)), ==, 0);
        }
      assert_reads (&reader, 1000, 1000);
      close_reader (&reader);
      end_other (other);
      kvtest_remove (path);
    }
}

static void
its_handle_can_let_go (void)
{
  char *path = make (KVTEST_V2 ("kv"), true, 2);
  Reader reader = open_reader (path, KVAULT_ACCESS_WRITE);
  kvault *vault = reader.vault;

  assert_reads (&reader, 1000, 0);
  assert_result (vault, kvault_let_go (vault), KVAULT_EBUSY);
  assert_ok (vault, kvault_blob_release (reader.blob));
  assert_ok (vault, kvault_let_go (vault));
  assert_alone (path);
  assert_reads (&reader, 1000, 1000);
  assert_ok (vault, kvault_blob_release (reader.blob));
  assert_ok (vault, kvault_let_go (vault));
  kvtest_sql (path, "UPDATE kv SET value = randomblob(3145728) WHERE key = x'6b'");
  assert_stale (&reader);
  close_reader (&reader);
}

static void
stays_with_its_table (void)
{
  char *path = make (KVTEST_V2 ("kv") KVTEST_V2 ("other"), true, 2);
  Reader reader = open_reader (path, KVAULT_ACCESS_WRITE);

  assert_ok (reader.vault, kvault_use_table (reader.vault, "other"));
  assert_ok (reader.vault, kvault_put (reader.vault, "k", 1, "other", 5));
  assert_reads (&reader, 1000, 0);
  assert_ok (reader.vault, kvault_blob_release (reader.blob));
  assert_reads (&reader, 1000, 1000);
  assert_value (reader.vault, "k", 1, "other", 5);
  close_reader (&reader);
}

/* Keys that are no blobs, and values that are kept in memory. */
static void
serves_odd_entries (void)
{
  char *path = kvtest_path ("odd.db");
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
  const kvault_entry *entry;
  kvault_blob *blobs[5];
  kvault_cursor *cursor;
  kvault *vault;
  unsigned n = 0, n_stale = 0;
  char byte;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'6b', x'0102'), ('k', 'text'), (7, 77), (2.5, zeroblob(70000)), (x'', x'');");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    assert_ok (vault, kvault_blob_open_entry (vault, entry, &blobs[n++]));
  kvault_cursor_close (cursor);
  assert_int (n, ==, 5);
  for (unsigned i = 0; i < n; i++)
    assert_ok (vault, kvault_blob_release (blobs[i]));
  kvtest_sql (path, "INSERT INTO kv VALUES (x'01', x'')");
  for (unsigned i = 0; i < n; i++)
    {
      size_t size = kvault_blob_size (blobs[i]) > 0;

      assert_ok (vault, kvault_blob_read (blobs[i], &byte, size, 0));
    }
  for (unsigned i = 0; i < n; i++)
    assert_ok (vault, kvault_blob_release (blobs[i]));
  kvtest_sql (path, "UPDATE kv SET key = 'l' WHERE key = 'k'");
  for (unsigned i = 0; i < n; i++)
    {
      n_stale += kvault_blob_read (blobs[i], &byte, 0, 0) == KVAULT_ESTALE;
      kvault_blob_close (blobs[i]);
    }
  assert_int (n_stale, ==, 1);
  kvault_close (vault);
}

static void
tells_of_a_replaced_file (void)
{
  char *path = make (KVTEST_V2 ("kv"), false, 2);
  Reader reader = open_reader (path, KVAULT_ACCESS_WRITE);

  assert_reads (&reader, 1000, 0);
  assert_ok (reader.vault, kvault_blob_release (reader.blob));
  kvtest_copy_file (path, kvtest_path ("b.db"));
  assert_int (rename (kvtest_path ("b.db"), path), ==, 0);
  assert_result (reader.vault, kvault_blob_read (reader.blob, reader.buf, 10, 0), KVAULT_EMOVED);
  close_reader (&reader);
}

/* ---- a walk that lets go ---- */

#define FAR (40 * MEBIBYTE)

typedef struct {
  KvChild *child;
  const char *path;
  bool armed;
  unsigned n_asked, written_at;
} Walk;

static void
write_once (KvChild *self, void *path)
{
  kvtest_await (self);
  kvtest_sql (path, "PRAGMA busy_timeout = 600000; INSERT INTO kv VALUES (x'01', x'')");
  kvtest_step (self);
}

/* Waits for the writer, who waits for readers: SQLite's PENDING byte, os.h, is locked then. */
static void
wait_for_writer (const char *path)
{
  struct stat st;
  bool waits = false;

  assert_int (stat (path, &st), ==, 0);
  while (!waits)
    {
      FILE *locks = fopen ("/proc/locks", "re");
      char line[256];

      while (fgets (line, sizeof line, locks) != NULL)
        {
          unsigned long long inode, first;

          waits = waits || (sscanf (line, "%*d: POSIX %*s WRITE %*d %*x:%*x:%llu %llu", &inode, &first) == 2 && inode == st.st_ino &&
                            first == 0x40000000);
        }
      fclose (locks);
      kvtest_sleep (0.01);
    }
}

/* Asked once a stride. The first time the writer comes, and the walk is made to have lasted long. */
static int
take_long (void *data)
{
  Walk *walk = data;

  if (!walk->armed)
    return 0;
  if (++walk->n_asked == 5)
    {
      kvtest_step (walk->child);
      wait_for_writer (walk->path);
      kvtest_sleep (1.6);
    }
  else if (walk->n_asked > 5 && walk->written_at == 0 && kvtest_sql_int (walk->path, "SELECT count(*) FROM kv") == 2)
    walk->written_at = walk->n_asked;
  return 0;
}

static void
a_long_walk_lets_writers_in (void)
{
  char *path = kvtest_path ("far.db");
  uint8_t *value = malloc (FAR), buf[100];
  kvault_options options = KVAULT_OPTIONS_INIT;
  Walk walk = { .path = path };
  kvault_blob *blob;
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size = 32768; PRAGMA auto_vacuum = 0;" KVTEST_V2 ("kv"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvtest_fill (value, FAR, 7);
  assert_ok (vault, kvault_put (vault, "k", 1, value, FAR));
  kvault_close (vault);
  walk.child = kvtest_spawn (write_once, path);
  options.access = KVAULT_ACCESS_VIEW;
  options.busy_timeout_ms = 3600000;
  options.is_cancelled = take_long;
  options.is_cancelled_data = &walk;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  assert_ok (vault, kvault_blob_open (vault, "k", 1, &blob));
  assert_ok (vault, kvault_blob_release (blob));
  walk.armed = true;
  assert_ok (vault, kvault_blob_read (blob, buf, sizeof buf, FAR - 100));
  assert_mem (buf, sizeof buf, value + FAR - 100, sizeof buf);
  assert_int (walk.written_at, >, 5);   /* in the middle of the walk */
  kvault_blob_close (blob);
  kvault_close (vault);
  kvtest_join (walk.child);
  free (value);
}

static const KvTest tests[] = {
  { "/kvault/blob-release/goes-on-at-the-same-place", goes_on_at_the_same_place },
  { "/kvault/blob-release/others-writing-elsewhere-does-not-matter", others_writing_elsewhere_does_not_matter },
  { "/kvault/blob-release/notices-another-value", notices_another_value },
  { "/kvault/blob-release/notices-a-row-put-again", notices_a_row_put_again },
  { "/kvault/blob-release/notices-what-its-own-handle-did", notices_what_its_own_handle_did },
  { "/kvault/blob-release/values-in-parts-are-known-exactly", values_in_parts_are_known_exactly },
  { "/kvault/blob-release/lets-writers-and-checkpoints-through", lets_writers_and_checkpoints_through },
  { "/kvault/blob-release/its-handle-can-let-go", its_handle_can_let_go },
  { "/kvault/blob-release/stays-with-its-table", stays_with_its_table },
  { "/kvault/blob-release/serves-odd-entries", serves_odd_entries },
  { "/kvault/blob-release/tells-of-a-replaced-file", tells_of_a_replaced_file },
  { "/kvault/blob-release/a-long-walk-lets-writers-in", a_long_walk_lets_writers_in },
};

KVTEST_MAIN (tests)
