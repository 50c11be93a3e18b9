/* SPDX-License-Identifier: MIT */
/* All handles of a process on one file: handles.c, and letting go. */
#include "kvtest.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static int
let_go_at_once (void *vault)
{
  return kvault_let_go (*(kvault **) vault);
}

static int
refuse (void *data)
{
  return 1;
}

typedef struct {
  const char *path;
  atomic_int asked, stop, n_reads;
} Reader;

static int
ask_reader (void *data)
{
  atomic_store (&((Reader *) data)->asked, 1);
  return 0;
}

static kvault *
open_for (const char *path, kvault_access access, int (*let_go) (void *data), void *data, unsigned busy_timeout_ms)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = access;
  options.let_go = let_go;
  options.let_go_data = data;
  options.busy_timeout_ms = 60000;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  return vault;
}

static kvault *
open_with (const char *path, kvault_access access, int (*let_go) (void *data), void *data)
{
  return open_for (path, access, let_go, data, 500);
}

static void
takes_the_file_up_again (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_cursor *cursor;
  uint64_t before, after;

  assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
  assert_ok (vault, kvault_data_version (vault, &before));
  assert_ok (vault, kvault_let_go (vault));
  assert_ok (vault, kvault_let_go (vault));
  assert_alone (path);
  assert_value (vault, "a", 1, "1", 1);
  assert_ok (vault, kvault_let_go (vault));
  assert_ok (vault, kvault_put (vault, "b", 1, "2", 1));
  assert_ok (vault, kvault_let_go (vault));
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_result (vault, kvault_let_go (vault), KVAULT_EBUSY);
  kvault_cursor_close (cursor);
  assert_ok (vault, kvault_let_go (vault));
  assert_ok (vault, kvault_data_version (vault, &after));
  assert_int (after, !=, before);
  assert_ok (vault, kvault_let_go (vault));
  kvault_close (vault);
}

static void
every_call_takes_it_up (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_writer *writer;
  kvault_stats stats;
  kvault_blob *blob;
  uint64_t n;

  assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
#define LET_GO assert_ok (vault, kvault_let_go (vault))
  LET_GO;
  assert_ok (vault, kvault_count (vault, &n));
  LET_GO;
  assert_ok (vault, kvault_size (vault, "a", 1, &n));
  LET_GO;
  assert_ok (vault, kvault_exists (vault, "a", 1));
  LET_GO;
  assert_ok (vault, kvault_rename (vault, "a", 1, "b", 1, 0));
  LET_GO;
  assert_ok (vault, kvault_blob_open (vault, "b", 1, &blob));
  kvault_blob_close (blob);
  LET_GO;
  assert_ok (vault, kvault_stats_get (vault, &stats));
  LET_GO;
  assert_ok (vault, kvault_use_table (vault, "kv"));
  LET_GO;
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &(kvault_totals_result) { 0 }));
  LET_GO;
  assert_ok (vault, kvault_writer_open (vault, "w", 1, 3, &writer));
  LET_GO;
  assert_ok (vault, kvault_writer_write (writer, "abc", 3));
  assert_ok (vault, kvault_writer_commit (writer));
  LET_GO;
  kvault_writer_free (writer);
  assert_ok (vault, kvault_begin (vault));
  assert_ok (vault, kvault_commit (vault));
  LET_GO;
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "c", 1, "3", 1));
  LET_GO;
  assert_value (vault, "c", 1, "3", 1);
  LET_GO;
  assert_ok (vault, kvault_close (vault));
  assert_int (kvtest_sql_int (kvtest_path ("a.db"), "SELECT count(*) FROM kv"), ==, 3);
}

static void
notices_what_changed_meanwhile (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_ok (vault, kvault_let_go (vault));
  kvtest_sql (path, "CREATE TABLE other(x)");
  assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
  assert_ok (vault, kvault_let_go (vault));
  kvtest_sql (path, "DROP TABLE kv; CREATE TABLE kv(x)");
  assert_result (vault, kvault_exists (vault, "a", 1), KVAULT_ESTALE);
  assert_result (vault, kvault_put (vault, "a", 1, "1", 1), KVAULT_ESTALE);
  kvtest_sql (path, "DROP TABLE kv;" KVTEST_V2 ("kv"));
  assert_result (vault, kvault_exists (vault, "a", 1), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_let_go (vault));
  kvtest_remove (path);
  assert_result (vault, kvault_exists (vault, "a", 1), KVAULT_EMOVED);
  kvault_close (vault);
}

/* What a writer has of a large value is in the file already, where only an open file says that it is somebody's; the rest is in its hands. */
static void
a_writer_goes_on_after_letting_go (void)
{
  static const size_t sizes[] = { 1000, 300000, 20000000 };
  kvault_options options = KVAULT_OPTIONS_INIT;
  char *path = kvtest_path ("a.db");
  char *value = malloc (sizes[2]);
  kvault *vault;

  for (size_t i = 0; i < sizes[2]; i++)
    value[i] = (char) (i * 7 + i / 4096);
  options.access = KVAULT_ACCESS_CREATE;
  options.whole_value_max = 5000000;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    for (int commit = 0; commit < 2; commit++)
      {
        int let_go = sizes[i] > 5000000 ? KVAULT_EBUSY : KVAULT_OK;
        kvault_writer *writer;

        assert_ok (vault, kvault_writer_open (vault, "key", 3, sizes[i], &writer));
        assert_ok (vault, kvault_let_go (vault));
        assert_ok (vault, kvault_writer_write (writer, value, sizes[i] / 3));
        assert_result (vault, kvault_let_go (vault), let_go);
        assert_ok (vault, kvault_writer_write (writer, value + sizes[i] / 3, sizes[i] - sizes[i] / 3));
        assert_result (vault, kvault_let_go (vault), let_go);
        if (commit)
          assert_ok (vault, kvault_writer_commit (writer));
        kvault_writer_free (writer);
      }
  assert_value (vault, "key", 3, value, sizes[2]);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_large WHERE state = 0"), ==, 0);
  free (value);
}

static void
others_let_go_or_refuse (void)
{
  char *path = kvtest_format ("%s", kvault_location (kvtest_create ("a.db")));
  kvault *one = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL), *two = NULL;

  /* The handle kvtest_create() gave has no let_go: it is in the way. */
  assert_result (one, kvault_vacuum (one, &(kvault_vacuum_options) { KVAULT_VACUUM_SWAP }, NULL), KVAULT_EBUSY);
  assert_contains (kvault_errmsg (one), "this program");
  kvault_close (one);

  path = kvtest_path ("b.db");
  one = open_with (path, KVAULT_ACCESS_CREATE_NEW, NULL, NULL);
  assert_ok (one, kvault_put (one, "a", 1, "1", 1));
  two = open_with (path, KVAULT_ACCESS_VIEW, refuse, NULL);
  assert_result (one, kvault_vacuum (one, &(kvault_vacuum_options) { KVAULT_VACUUM_SWAP }, NULL), KVAULT_EBUSY);
  assert_value (one, "a", 1, "1", 1);
  kvault_close (two);
  two = open_with (path, KVAULT_ACCESS_VIEW, let_go_at_once, &two);
  assert_value (two, "a", 1, "1", 1);
  assert_ok (one, kvault_vacuum (one, &(kvault_vacuum_options) { KVAULT_VACUUM_SWAP }, NULL));
  assert_value (two, "a", 1, "1", 1);
  assert_value (one, "a", 1, "1", 1);
  kvault_close (two);
  kvault_close (one);
}

static void *
read_worker (void *data)
{
  Reader *self = data;
  kvault *vault = open_for (self->path, KVAULT_ACCESS_WRITE, ask_reader, self, 120000);   /* however busy the machine is */

  while (!atomic_load (&self->stop))
    {
      char key[16];

      if (atomic_exchange (&self->asked, 0))
        assert_ok (vault, kvault_let_go (vault));
      assert_value (vault, "a", 1, "1", 1);
      assert_ok (vault, kvault_put (vault, key, (size_t) snprintf (key, sizeof key, "%d", self->n_reads), "x", 1));
      atomic_fetch_add (&self->n_reads, 1);
    }
  kvault_close (vault);
  return NULL;
}

/* Threads that read and write all the time lose nothing to swaps underneath, and each swap gets its turn. */
static void
threads_come_and_go (void)
{
  Reader readers[2] = { 0 };
  pthread_t threads[2];
  char *path = kvtest_path ("a.db");
  kvault *vault = open_for (path, KVAULT_ACCESS_CREATE_NEW, NULL, NULL, 120000);
  int done = 0, tries;

  assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
  for (int i = 0; i < 2; i++)
    {
      readers[i].path = path;
      readers[i].n_reads = i * 1000000;
      pthread_create (&threads[i], NULL, read_worker, &readers[i]);
    }
  for (tries = 0; tries < 20 || done == 0; tries++)
    {
      int rc = kvault_vacuum (vault, &(kvault_vacuum_options) { KVAULT_VACUUM_SWAP }, NULL);

      assert_true (rc == KVAULT_OK || rc == KVAULT_EBUSY);
      done += rc == KVAULT_OK;
    }
  for (int i = 0; i < 2; i++)
    {
      atomic_store (&readers[i].stop, 1);
      pthread_join (threads[i], NULL);
    }
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, 1 + readers[0].n_reads + readers[1].n_reads - 1000000);
  assert_str (kvtest_integrity (path), "ok");
  printf ("# %d swaps of %d beside %d writes\n", done, tries, readers[0].n_reads + readers[1].n_reads - 1000000);
}

typedef struct {
  kvault *vault;
  sem_t asked;
  int way;
} Busy;

static int
ask_busy (void *data)
{
  sem_post (&((Busy *) data)->asked);
  return 0;
}

/* Writes once it is asked to let go, and not before: who asks has the lock by then. */
static void *
busy_worker (void *data)
{
  Busy *self = data;
  kvault *vault = self->vault;
  kvault_writer *writer;
  int fd;

  while (sem_wait (&self->asked) != 0)
    ;
  switch (self->way)
    {
    case 0: assert_ok (vault, kvault_put (vault, "new", 3, "1", 1)); break;
    case 1: assert_ok (vault, kvault_put (vault, "old", 3, "1", 1)); break;
    case 2: assert_ok (vault, kvault_delete (vault, "old", 3)); break;
    case 3: assert_ok (vault, kvault_rename (vault, "old", 3, "new", 3, 0)); break;
    case 4:
      assert_ok (vault, kvault_begin (vault));
      assert_ok (vault, kvault_put (vault, "new", 3, "1", 1));
      assert_ok (vault, kvault_commit (vault));
      break;
    case 5:
      assert_ok (vault, kvault_cache_enable (vault, NULL));
      assert_ok (vault, kvault_put (vault, "new", 3, "1", 1));
      assert_ok (vault, kvault_cache_flush (vault));
      break;
    case 6:
      assert_ok (vault, kvault_writer_open (vault, "new", 3, 1, &writer));
      assert_ok (vault, kvault_writer_write (writer, "1", 1));
      assert_ok (vault, kvault_writer_commit (writer));
      kvault_writer_free (writer);
      break;
    default:
      fd = open (kvtest_path ("one"), O_RDONLY);
      assert_ok (vault, kvault_put_fd (vault, "new", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL));
      close (fd);
    }
  return NULL;
}

/* The other handle waits for the lock of the one that waits for it; without giving way until a timeout ends that. */
static void
who_waits_to_write_lets_go (void)
{
  kvtest_write_file (kvtest_path ("one"), "1", 1);
  for (int way = 0; way < 8; way++)
    for (int large = 0; large < 2; large++)
      {
        kvault_options options = KVAULT_OPTIONS_INIT;
        Busy busy = { .way = way };
        char *path = kvtest_path ("a.db");
        char value[9000] = "large";
        pthread_t thread;
        kvault *vault;

        options.access = KVAULT_ACCESS_CREATE;
        options.whole_value_max = 4096;
        options.busy_timeout_ms = 600000;
        assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
        assert_ok (vault, kvault_put (vault, "old", 3, "0", 1));
        if (large)
          assert_ok (vault, kvault_put (vault, "large", 5, value, sizeof value));
        options.busy_timeout_ms = 60000;
        options.let_go = ask_busy;
        options.let_go_data = &busy;
        assert_ok (NULL, kvault_open (path, &options, &busy.vault, NULL));
        assert_value (busy.vault, "old", 3, "0", 1);
        sem_init (&busy.asked, 0, 0);
        pthread_create (&thread, NULL, busy_worker, &busy);
        assert_ok (vault, kvault_vacuum (vault, &(kvault_vacuum_options) { KVAULT_VACUUM_SWAP }, NULL));
        pthread_join (thread, NULL);
        assert_int (kvault_exists (vault, "new", 3), ==, way == 1 || way == 2 ? KVAULT_NOTFOUND : KVAULT_OK);
        assert_int (kvault_exists (vault, "old", 3), ==, way == 2 || way == 3 ? KVAULT_NOTFOUND : KVAULT_OK);
        assert_ok (busy.vault, kvault_close (busy.vault));
        kvault_close (vault);
        sem_destroy (&busy.asked);
        assert_str (kvtest_integrity (path), "ok");
        kvtest_remove (path);
      }
}

/* What waits belongs to the file that was let go of, and not to one that came to its name meanwhile. */
static void
nothing_is_written_to_another_file_of_the_name (void)
{
  kvault *vault = kvtest_create ("a.db"), *other = kvtest_create ("b.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_options options = KVAULT_OPTIONS_INIT;
  uint64_t n;

  assert_ok (other, kvault_put (other, "doc", 3, "precious", 8));
  assert_int (kvault_close (other), ==, KVAULT_OK);
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "doc", 3, "mine", 4));
  assert_ok (vault, kvault_let_go (vault));
  assert_int (rename (kvtest_path ("b.db"), path), ==, 0);
  assert_result (vault, kvault_cache_flush (vault), KVAULT_EMOVED);
  assert_result (vault, kvault_count (vault, &n), KVAULT_EMOVED);
  assert_result (vault, kvault_close (vault), KVAULT_EMOVED);
  kvault_cache_discard (vault);
  assert_result (vault, kvault_put (vault, "doc", 3, "mine", 4), KVAULT_EMOVED);
  assert_value (vault, "doc", 3, "precious", 8);
  assert_int (kvault_close (vault), ==, KVAULT_OK);
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_value (vault, "doc", 3, "precious", 8);
  kvault_close (vault);
}

/* Each connection counts data_version for itself. */
static void
what_was_known_of_parts_is_forgotten (void)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault = kvtest_create ("a.db"), *other;
  char *path = kvtest_format ("%s", kvault_location (vault));
  char value[9000] = "large", *got;
  size_t size;

  for (int i = 0; i < 3; i++)
    {
      assert_ok (vault, kvault_put (vault, "112", 3, value, 112));
      assert_ok (vault, kvault_get (vault, "112", 3, (void **) &got, &size));
      kvault_free (got);
      assert_ok (vault, kvault_let_go (vault));
      options.whole_value_max = 4096;
      assert_ok (NULL, kvault_open (path, &options, &other, NULL));
      assert_ok (other, kvault_put (other, "big", 3, value, sizeof value));
      kvault_close (other);
      assert_value (vault, "big", 3, value, sizeof value);
      assert_ok (vault, kvault_let_go (vault));
      kvtest_sql (path, "DELETE FROM kv WHERE key = CAST('big' AS BLOB); DROP TABLE kvault_large; DROP TABLE kvault_parts");
    }
  kvault_close (vault);
}

typedef struct {
  kvault *vault;
  atomic_bool done;
} Interrupter;

static void *
keep_interrupting (void *data)
{
  Interrupter *self = data;

  while (!atomic_load (&self->done))
    kvault_interrupt (self->vault);
  return NULL;
}

static void
interrupts_meet_a_handle_that_lets_go (void)
{
  Interrupter interrupter = { .vault = kvtest_open (kvtest_fixture ("v010_media.db"), KVAULT_ACCESS_VIEW) };
  pthread_t thread;
  uint64_t n;

  assert_int (pthread_create (&thread, NULL, keep_interrupting, &interrupter), ==, 0);
  for (int i = 0; i < 300; i++)
    {
      int rc = kvault_count (interrupter.vault, &n);

      assert_true (rc == KVAULT_OK ? n == 53 : rc == KVAULT_ECANCELLED);
      assert_ok (interrupter.vault, kvault_let_go (interrupter.vault));
    }
  atomic_store (&interrupter.done, true);
  pthread_join (thread, NULL);
  kvault_close (interrupter.vault);
}

static const KvTest tests[] = {
  { "/kvault/handles/takes-the-file-up-again", takes_the_file_up_again },
  { "/kvault/handles/a-writer-goes-on-after-letting-go", a_writer_goes_on_after_letting_go },
  { "/kvault/handles/every-call-takes-it-up", every_call_takes_it_up },
  { "/kvault/handles/notices-what-changed-meanwhile", notices_what_changed_meanwhile },
  { "/kvault/handles/others-let-go-or-refuse", others_let_go_or_refuse },
  { "/kvault/handles/threads-come-and-go", threads_come_and_go },
  { "/kvault/handles/who-waits-to-write-lets-go", who_waits_to_write_lets_go },
  { "/kvault/handles/nothing-is-written-to-another-file-of-the-name", nothing_is_written_to_another_file_of_the_name },
  { "/kvault/handles/what-was-known-of-parts-is-forgotten", what_was_known_of_parts_is_forgotten },
  { "/kvault/handles/interrupts-meet-a-handle-that-lets-go", interrupts_meet_a_handle_that_lets_go },
};

KVTEST_MAIN (tests)
