/* SPDX-License-Identifier: MIT */
/* test-kvaulthold.c - what kvaultsrc reads ahead, and whom it keeps waiting by that: a second process writes while a value
 * is played, in both journal modes. "--write PATH MS" makes the program that process. */
#include "gsttest.h"
#include "gstkvaultwindow.h"

#include <glib/gstdio.h>
#include <kvault.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1024u * 1024)
#define VALUE_SIZE (13 * MIB + 5)   /* more than is read ahead */
#define KEY "clip"
#define OTHER_KEY "other"
#define PIECE (64u * 1024)
#define BIT_RATE (20u * 1000 * 1000)
#define WRITER_PATIENCE_MS 5000

typedef struct {
  char *folder;
  char *path;
  char *uri;
  guint8 *value;
} Fixture;

static const int with_log = 0, with_rollback_journal = 1;

static void
fill_with_pattern (guint8 *bytes,
                   gsize   size,
                   guint32 seed)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (seed);

  for (gsize i = 0; i + 4 <= size; i += 4)
    {
      guint32 number = g_rand_int (random);

      memcpy (bytes + i, &number, 4);
    }
}

static void
put (const char *path,
     const char *key,
     const void *value,
     gsize       size)
{
  kvault *vault;

  g_assert_cmpint (kvault_open (path, NULL, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_put (vault, key, strlen (key), value, size), ==, KVAULT_OK);
  g_assert_cmpint (kvault_close (vault), ==, KVAULT_OK);
}

static void
set_up (Fixture      *fixture,
        gconstpointer rollback_journal)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  fixture->folder = g_dir_make_tmp ("kvaulthold-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "clips.kvault", NULL);
  fixture->uri = gsttest_make_uri (fixture->path, NULL, KEY, strlen (KEY));
  fixture->value = g_malloc0 (VALUE_SIZE);
  fill_with_pattern (fixture->value, VALUE_SIZE, 1);

  options.access = KVAULT_ACCESS_CREATE_NEW;
  options.rollback_journal = *(const int *) rollback_journal;
  g_assert_cmpint (kvault_open (fixture->path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_close (vault), ==, KVAULT_OK);
  put (fixture->path, OTHER_KEY, "value", 5);
  put (fixture->path, KEY, fixture->value, VALUE_SIZE);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->uri);
  g_free (fixture->value);
}

static void
assert_range (Fixture *fixture,
              GstPad  *pad,
              guint64  offset,
              guint    size)
{
  GBytes *got;

  g_assert_cmpint (gsttest_get_range (pad, offset, size, &got), ==, GST_FLOW_OK);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), fixture->value + offset, MIN (size, VALUE_SIZE - offset));
  g_bytes_unref (got);
}

/* --- another one who writes -------------------------------------------------------------- */

static sqlite3 *
open_bare (const char *path,
           int         timeout_ms)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, timeout_ms);
  return db;
}

static int
exec (sqlite3    *db,
      const char *sql)
{
  return sqlite3_exec (db, sql, NULL, NULL, NULL);
}

/* Tries until nobody keeps it from that. */
static void
exec_until_done (sqlite3    *db,
                 const char *sql)
{
  gint64 until = g_get_monotonic_time () + GSTTEST_SECONDS * G_TIME_SPAN_SECOND;
  int rc;

  while ((rc = exec (db, sql)) == SQLITE_BUSY && g_get_monotonic_time () < until)
    g_usleep (1000);
  g_assert_cmpint (rc, ==, SQLITE_OK);
}

static volatile sig_atomic_t must_end;

static void
end_cb (int number)
{
  must_end = 1;
}

/* The second process. Tells "COMMITS LONGEST_MS" at the end; fails when one of them comes to nothing. */
static int
write_until_told (const char *path,
                  int         every_ms)
{
  sqlite3 *db = open_bare (path, WRITER_PATIENCE_MS);
  gint64 longest = 0;
  int n = 0;

  signal (SIGTERM, end_cb);
  g_assert_cmpint (write (STDOUT_FILENO, "ready\n", 6), ==, 6);
  for (; !must_end; n++)
    {
      gint64 began = g_get_monotonic_time ();

      if (exec (db, "UPDATE kv SET value = randomblob (100) WHERE key = CAST ('" OTHER_KEY "' AS BLOB)") != SQLITE_OK)
        g_error ("%s", sqlite3_errmsg (db));
      longest = MAX (longest, g_get_monotonic_time () - began);
      g_usleep ((gulong) every_ms * 1000);
    }
  sqlite3_close (db);
  g_print ("%d %d\n", n, (int) (longest / 1000));
  return 0;
}

typedef struct {
  GPid pid;
  int out;
} Writer;

static void
read_line (int   fd,
           char *line,
           gsize size)
{
  gsize n = 0;

  while (n + 1 < size && read (fd, line + n, 1) == 1 && line[n] != '\n')
    n++;
  line[n] = '\0';
}

static void
start_writer (Writer     *writer,
              const char *path,
              const char *every_ms)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  char *arguments[] = { program, (char *) "--write", (char *) path, (char *) every_ms, NULL };
  g_autoptr(GError) error = NULL;
  char line[32];

  g_spawn_async_with_pipes (NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &writer->pid, NULL, &writer->out,
                            NULL, &error);
  g_assert_no_error (error);
  read_line (writer->out, line, sizeof line);
  g_assert_cmpstr (line, ==, "ready");
}

/* Returns how often it wrote. */
static int
end_writer (Writer *writer,
            int    *longest_ms)
{
  char line[64];
  char *rest;
  int status, n;

  kill (writer->pid, SIGTERM);
  read_line (writer->out, line, sizeof line);
  g_assert_cmpint (waitpid (writer->pid, &status, 0), ==, writer->pid);
  g_assert_cmpint (status, ==, 0);
  close (writer->out);
  n = (int) strtol (line, &rest, 10);
  *longest_ms = (int) strtol (rest, NULL, 10);
  g_test_message ("%d commits, the longest took %d ms", n, *longest_ms);
  return n;
}

/* Reads on, round and round, as fast as a clip of that rate is played; 0: as fast as it goes. */
static void
play_for (Fixture *fixture,
          GstPad  *pad,
          int      seconds,
          guint    bit_rate)
{
  gint64 began = g_get_monotonic_time ();
  gint64 ends = began + seconds * G_TIME_SPAN_SECOND;
  guint64 offset = 0;
  guint64 n = 0;

  while (g_get_monotonic_time () < ends)
    {
      assert_range (fixture, pad, offset, PIECE);
      n += PIECE;
      offset = offset + PIECE < VALUE_SIZE ? offset + PIECE : 0;
      if (bit_rate != 0)
        g_usleep ((gulong) MAX (began + (gint64) (n * 8 * G_USEC_PER_SEC / bit_rate) - g_get_monotonic_time (), 0));
    }
}

static void
test_lets_others_write (Fixture      *fixture,
                        gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  Writer writer;
  int longest_ms;

  start_writer (&writer, fixture->path, "100");
  play_for (fixture, pad, 2, BIT_RATE);
  g_assert_cmpint (end_writer (&writer, &longest_ms), >, 5);
  g_assert_cmpint (longest_ms, <, WRITER_PATIENCE_MS / 2);
  gst_pad_set_active (pad, FALSE);
}

/* It reads all the time then. */
static void
test_lets_others_write_at_full_speed (Fixture      *fixture,
                                      gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  Writer writer;
  int longest_ms;

  start_writer (&writer, fixture->path, "20");
  play_for (fixture, pad, 2, 0);
  g_assert_cmpint (end_writer (&writer, &longest_ms), >, 1);
  g_assert_cmpint (longest_ms, <, WRITER_PATIENCE_MS / 2);
  gst_pad_set_active (pad, FALSE);
}

static void
truncate_log (sqlite3 *db)
{
  gint64 until = g_get_monotonic_time () + GSTTEST_SECONDS * G_TIME_SPAN_SECOND;
  int n_frames = -1, rc;

  while ((rc = sqlite3_wal_checkpoint_v2 (db, "main", SQLITE_CHECKPOINT_TRUNCATE, &n_frames, NULL)) == SQLITE_BUSY &&
         g_get_monotonic_time () < until)
    g_usleep (1000);
  g_assert_cmpint (rc, ==, SQLITE_OK);
  g_assert_cmpint (n_frames, ==, 0);
}

/* A pipeline that is paused reads no more, wherever it is. */
static void
test_holds_nothing_when_paused (Fixture      *fixture,
                                gconstpointer rollback_journal)
{
  g_autoptr(GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = gsttest_make_source (fixture->uri);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  sqlite3 *db = open_bare (fixture->path, 0);

  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  for (int i = 0; i < 3; i++)
    {
      gsttest_set_paused (pipeline);
      exec_until_done (db, "UPDATE kv SET value = randomblob (100) WHERE key = CAST ('" OTHER_KEY "' AS BLOB)");
      exec_until_done (db, "BEGIN EXCLUSIVE");
      g_assert_cmpint (exec (db, "COMMIT"), ==, SQLITE_OK);
      if (*(const int *) rollback_journal == 0)
        truncate_log (db);
      g_assert_true (gst_element_seek_simple (source, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, (i + 1) * 4 * (gint64) MIB));
    }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  sqlite3_close (db);
}

typedef struct {
  const char *path;
  int is_done;   /* atomic */
} LongLog;

static gpointer
write_long_log_thread (gpointer data)
{
  LongLog *log = data;
  sqlite3 *db = open_bare (log->path, 0);

  exec_until_done (db, "UPDATE kv SET value = zeroblob (70000000) WHERE key = CAST ('" OTHER_KEY "' AS BLOB)");
  truncate_log (db);
  sqlite3_close (db);
  g_atomic_int_set (&log->is_done, TRUE);
  return NULL;
}

/* One that reads all the time keeps its state of the log, until that has grown long. */
static void
test_lets_a_long_log_go (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  LongLog log = { .path = fixture->path };
  GThread *thread;

  assert_range (fixture, pad, 0, PIECE);
  thread = g_thread_new ("writer", write_long_log_thread, &log);
  for (guint64 offset = PIECE; !g_atomic_int_get (&log.is_done); offset = offset + PIECE < VALUE_SIZE ? offset + PIECE : 0)
    {
      assert_range (fixture, pad, offset, PIECE);
      g_usleep (10000);
    }
  g_thread_join (thread);
  gst_pad_set_active (pad, FALSE);
}

/* Compacting takes the whole file, and asks the others of the process for it. */
static void
test_gives_the_file_away (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  kvault *vault;
  kvault_vacuum_result result;

  assert_range (fixture, pad, 0, PIECE);
  g_assert_cmpint (kvault_open (fixture->path, NULL, &vault, NULL), ==, KVAULT_OK);
  if (kvault_vacuum (vault, NULL, &result) != KVAULT_OK)
    g_error ("%s", kvault_errmsg (vault));
  g_test_message ("way %u", result.way);
  kvault_close (vault);
  assert_range (fixture, pad, 11 * MIB, PIECE);
  gst_pad_set_active (pad, FALSE);
}

/* --- a value that becomes another one ---------------------------------------------------- */

/* Plays until it fails. */
static GError *
play_to_failure (GstElement *source,
                 GstPad     *pad,
                 guint64     offset)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (source);
  g_autoptr(GstMessage) message = NULL;
  GError *error = NULL;
  GBytes *got;
  GstFlowReturn flow;

  do
    {
      flow = gsttest_get_range (pad, offset, PIECE, &got);
      g_clear_pointer (&got, g_bytes_unref);
      offset += PIECE;
    }
  while (flow == GST_FLOW_OK && offset < VALUE_SIZE);
  g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  return error;
}

static void
add_bus (GstElement *source)
{
  g_autoptr(GstBus) bus = gst_bus_new ();

  gst_element_set_bus (source, bus);
}

static void
wait_until_nothing_is_held (Fixture *fixture)
{
  sqlite3 *db = open_bare (fixture->path, 0);

  exec_until_done (db, "BEGIN EXCLUSIVE");
  exec (db, "COMMIT");
  sqlite3_close (db);
}

static void
test_tells_that_the_value_was_changed (Fixture      *fixture,
                                       gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = NULL;
  g_autoptr(GError) error = NULL;

  add_bus (source);
  pad = gsttest_activate_pull (source);
  assert_range (fixture, pad, 0, PIECE);
  wait_until_nothing_is_held (fixture);
  fill_with_pattern (fixture->value, VALUE_SIZE, 2);
  put (fixture->path, KEY, fixture->value, VALUE_SIZE);
  error = play_to_failure (source, pad, PIECE);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
  g_assert_cmpstr (error->message, ==, "The value was changed while it was played");
  gst_pad_set_active (pad, FALSE);
}

static void
test_tells_that_the_value_was_deleted (Fixture      *fixture,
                                       gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = NULL;
  g_autoptr(GError) error = NULL;
  kvault *vault;

  add_bus (source);
  pad = gsttest_activate_pull (source);
  assert_range (fixture, pad, 0, PIECE);
  wait_until_nothing_is_held (fixture);
  g_assert_cmpint (kvault_open (fixture->path, NULL, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_delete (vault, KEY, strlen (KEY)), ==, KVAULT_OK);
  kvault_close (vault);
  error = play_to_failure (source, pad, PIECE);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "The value was deleted while it was played");
  gst_pad_set_active (pad, FALSE);
}

/* --- waiting ----------------------------------------------------------------------------- */

static void
assert_walking (GstBus  *bus,
                gboolean expected)
{
  g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered (bus, GSTTEST_SECONDS * GST_SECOND, GST_MESSAGE_ELEMENT);
  const GstStructure *structure;
  gboolean walking;

  g_assert_nonnull (message);
  structure = gst_message_get_structure (message);
  g_assert_cmpstr (gst_structure_get_name (structure), ==, GST_KVAULT_SRC_WALKING);
  g_assert_true (gst_structure_get_boolean (structure, "walking", &walking));
  g_assert_cmpint (walking, ==, expected);
}

typedef struct {
  GstPad *pad;
  guint64 offset;
  GstFlowReturn flow;
  gint64 ended;
} Pull;

static gpointer
pull_thread (gpointer data)
{
  Pull *pull = data;
  GBytes *got;

  pull->flow = gsttest_get_range (pull->pad, pull->offset, 1000, &got);
  pull->ended = g_get_monotonic_time ();
  g_clear_pointer (&got, g_bytes_unref);
  return NULL;
}

/* A writer that keeps readers out stands for a long walk. */
static void
test_tells_that_it_takes_long (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstBus) bus = NULL;
  Pull pull = { .offset = 11 * MIB };
  sqlite3 *db = open_bare (fixture->path, 0);
  GThread *thread;

  add_bus (source);
  bus = gst_element_get_bus (source);
  pull.pad = gsttest_activate_pull (source);
  exec_until_done (db, "BEGIN EXCLUSIVE");
  thread = g_thread_new ("pull", pull_thread, &pull);
  assert_walking (bus, TRUE);
  g_assert_cmpint (exec (db, "COMMIT"), ==, SQLITE_OK);
  assert_walking (bus, FALSE);
  g_thread_join (thread);
  g_assert_cmpint (pull.flow, ==, GST_FLOW_OK);
  sqlite3_close (db);
  gst_pad_set_active (pull.pad, FALSE);
  gst_object_unref (pull.pad);
}

static void
test_ends_waiting_at_once (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  GstBaseSrcClass *klass = GST_BASE_SRC_GET_CLASS (source);
  g_autoptr(GstBus) bus = NULL;
  Pull pull = { .offset = 11 * MIB };
  sqlite3 *db = open_bare (fixture->path, 0);
  gint64 began, stopping;
  GThread *thread;

  add_bus (source);
  bus = gst_element_get_bus (source);
  pull.pad = gsttest_activate_pull (source);
  exec_until_done (db, "BEGIN EXCLUSIVE");
  thread = g_thread_new ("pull", pull_thread, &pull);
  assert_walking (bus, TRUE);
  began = g_get_monotonic_time ();
  klass->unlock (GST_BASE_SRC (source));
  g_thread_join (thread);
  g_assert_cmpint (pull.flow, ==, GST_FLOW_FLUSHING);
  assert_walking (bus, FALSE);
  g_test_message ("unlock() took %d us", (int) (pull.ended - began));
  g_assert_cmpint (pull.ended - began, <, 200 * 1000);   /* some 0.1 ms on an idle machine */

  /* Nothing is lost by it. */
  klass->unlock_stop (GST_BASE_SRC (source));
  g_assert_cmpint (exec (db, "COMMIT"), ==, SQLITE_OK);
  assert_range (fixture, pull.pad, 11 * MIB, 1000);

  /* And so does stopping. */
  exec_until_done (db, "BEGIN EXCLUSIVE");
  pull.offset = 5 * MIB;
  thread = g_thread_new ("pull", pull_thread, &pull);
  assert_walking (bus, TRUE);
  stopping = g_get_monotonic_time ();
  gst_pad_set_active (pull.pad, FALSE);
  g_test_message ("stopping took %d us", (int) (g_get_monotonic_time () - stopping));
  g_assert_cmpint (g_get_monotonic_time () - stopping, <, 500 * 1000);
  g_thread_join (thread);
  sqlite3_close (db);
  gst_object_unref (pull.pad);
}

/* --- windows ----------------------------------------------------------------------------- */

/* As demuxers do: mostly on and on at two places, now and then far away, now and then back a little. */
static void
test_gives_the_right_bytes (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (fixture->uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  g_autoptr(GRand) random = g_rand_new_with_seed (3);
  guint64 at[2] = { 0, VALUE_SIZE / 2 };

  for (int i = 0; i < 3000; i++)
    {
      guint64 *offset = &at[g_rand_int_range (random, 0, 2)];
      guint size = (guint) (g_rand_int_range (random, 0, 50) == 0 ? 3000000 : g_rand_int_range (random, 1, 40000));
      int dice = g_rand_int_range (random, 0, 100);

      if (dice == 0)
        *offset = (guint64) g_rand_int_range (random, 0, VALUE_SIZE);
      else if (dice == 1)
        *offset -= MIN (*offset, 50000);
      else if (dice == 2)
        *offset += 100000;
      if (*offset >= VALUE_SIZE)
        *offset = 0;
      assert_range (fixture, pad, *offset, size);
      *offset += size;
      if (*offset >= VALUE_SIZE)
        *offset = 0;
    }
  gst_pad_set_active (pad, FALSE);
}

/* What the reader does, at once; returns how many bytes it read. */
static guint64
fill_windows (GstKvaultWindows *windows)
{
  GstKvaultWindow *window;
  guint64 n = 0;

  while ((window = gst_kvault_windows_pick (windows)) != NULL)
    {
      gsize size;
      guint8 *to = gst_kvault_window_reserve (window, window->end + 100000, &size);

      for (gsize i = 0; i < size; i++)
        to[i] = (guint8) ((window->end + i) % 251);
      gst_kvault_window_add (window, size);
      n += size;
    }
  return n;
}

/* Returns how many bytes were read for it. */
static guint64
take (GstKvaultWindows *windows,
      guint64           offset,
      gsize             size)
{
  g_autofree guint8 *bytes = g_malloc (size);
  guint64 n_read = 0;
  gsize n = 0;

  while (n < size)
    {
      GstKvaultWindow *window = gst_kvault_windows_find (windows, offset + n);

      n += gst_kvault_window_take (window, bytes + n, offset + n, size - n);
      n_read += fill_windows (windows);
    }
  for (gsize i = 0; i < size; i++)
    g_assert_cmpint (bytes[i], ==, (guint8) ((offset + i) % 251));
  return n_read;
}

static void
test_windows_begin_small_and_read_ahead (void)
{
  GstKvaultWindows windows;
  guint64 n;

  gst_kvault_windows_init (&windows, 900 * (guint64) MIB);
  g_assert_cmpuint (take (&windows, 800 * (guint64) MIB, 16), <, MIB);
  n = take (&windows, 100, 20 * MIB);
  g_assert_cmpuint (n, >=, 24 * MIB);
  g_assert_cmpuint (n, <, 29 * MIB);
  g_assert_true (gst_kvault_windows_is_full (&windows));

  /* Half of it is used up before anything is read again. */
  for (guint i = 0; i < 64; i++)
    if ((n = take (&windows, 20 * MIB + 100 + i * 100000, 100000)) > 0)
      g_assert_cmpuint (n, >=, 4 * MIB);
  /* A look back costs nothing. */
  g_assert_cmpuint (take (&windows, 25 * MIB, MIB), ==, 0);
  gst_kvault_windows_clear (&windows);
}

static void
test_windows_stay_at_places_in_turns (void)
{
  GstKvaultWindows windows;
  guint64 size = 900 * (guint64) MIB;
  guint64 n = 0;

  gst_kvault_windows_init (&windows, size);
  for (guint i = 0; i < 200; i++)
    {
      n += take (&windows, i * 50000, 50000);
      n += take (&windows, 300 * (guint64) MIB + i * 5000, 5000);
      n += take (&windows, size - 10 * MIB + i * 500, 500);
    }
  g_assert_cmpuint (n, <, 200 * 55500 + 17 * MIB);
  gst_kvault_windows_clear (&windows);
}

static void
test_windows_grow (void)
{
  GstKvaultWindows windows;
  GstKvaultWindow *window;
  guint64 size = 900 * (guint64) MIB;

  gst_kvault_windows_init (&windows, size);
  take (&windows, 12345, 21 * MIB);
  window = gst_kvault_windows_find (&windows, 12345 + 21 * MIB);
  for (gsize ahead = 16; ahead <= 64; ahead *= 2)
    {
      gst_kvault_windows_grow (&windows, window);
      g_assert_cmpuint (window->most_ahead, ==, ahead * MIB);
      take (&windows, window->at - MIB, 3 * MIB);
    }
  gst_kvault_windows_grow (&windows, window);
  g_assert_cmpuint (window->most_ahead, ==, 64 * MIB);

  /* Not all of them at once. */
  take (&windows, 800 * (guint64) MIB, 10);
  window = gst_kvault_windows_find (&windows, 800 * (guint64) MIB);
  gst_kvault_windows_grow (&windows, window);
  g_assert_cmpuint (window->most_ahead, ==, 8 * MIB);
  gst_kvault_windows_clear (&windows);
}

#define TEST(name, mode, function) g_test_add ("/gst/kvaulthold/" name, Fixture, &mode, set_up, function, tear_down)
#define TEST_BOTH(name, function) \
  TEST (name "/log", with_log, function); \
  TEST (name "/rollback-journal", with_rollback_journal, function)

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && strcmp (argv[1], "--write") == 0)
    return write_until_told (argv[2], atoi (argv[3]));
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (gst_kvault_src_register ());

  TEST_BOTH ("lets-others-write", test_lets_others_write);
  TEST ("lets-others-write-at-full-speed", with_rollback_journal, test_lets_others_write_at_full_speed);
  TEST_BOTH ("holds-nothing-when-paused", test_holds_nothing_when_paused);
  TEST ("lets-a-long-log-go", with_log, test_lets_a_long_log_go);
  TEST ("gives-the-file-away", with_log, test_gives_the_file_away);
  TEST ("tells-that-the-value-was-changed", with_rollback_journal, test_tells_that_the_value_was_changed);
  TEST ("tells-that-the-value-was-deleted", with_rollback_journal, test_tells_that_the_value_was_deleted);
  TEST ("tells-that-it-takes-long", with_rollback_journal, test_tells_that_it_takes_long);
  TEST ("ends-waiting-at-once", with_rollback_journal, test_ends_waiting_at_once);
  TEST ("gives-the-right-bytes", with_log, test_gives_the_right_bytes);
  g_test_add_func ("/gst/kvaulthold/windows/begin-small-and-read-ahead", test_windows_begin_small_and_read_ahead);
  g_test_add_func ("/gst/kvaulthold/windows/stay-at-places-in-turns", test_windows_stay_at_places_in_turns);
  g_test_add_func ("/gst/kvaulthold/windows/grow", test_windows_grow);
  return g_test_run ();
}
