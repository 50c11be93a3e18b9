/* SPDX-License-Identifier: MIT */
/* test-kvaultsrc.c - kvaultsrc: whole values, ranges, seeks, the end, cancelling, errors,
 * addresses, and a clip decoded straight from a vault. */
#include "gsttest.h"

#include <gst/check/gstharness.h>
#include <glib/gstdio.h>
#include <kvault.h>
#include <sqlite3.h>
#include <string.h>

#define MEDIA_VAULT "v010_media.db"

typedef struct {
  char *folder;
  char *path;  /* a copy of the media vault */
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autofree char *source = g_build_filename (g_getenv ("COFFER_TEST_DATA"), MEDIA_VAULT, NULL);
  g_autofree char *content = NULL;
  g_autoptr(GError) error = NULL;
  gsize size;

  fixture->folder = g_dir_make_tmp ("kvaultsrc-XXXXXX", &error);
  g_assert_no_error (error);
  /* What has a meaning in URIs must not have one in a path. */
  fixture->path = g_build_filename (fixture->folder, "a b%20?&#ü.db", NULL);
  g_file_get_contents (source, &content, &size, &error);
  g_assert_no_error (error);
  g_file_set_contents (fixture->path, content, size, &error);
  g_assert_no_error (error);
}

/* Reading leaves nothing beside the vault; the folder could not be removed otherwise. */
static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static kvault *
open_vault (const char   *path,
            kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error error;
  kvault *vault = NULL;

  options.access = access;
  if (kvault_open (path, &options, &vault, &error) != KVAULT_OK)
    g_error ("%s", error.message);
  return vault;
}

static GBytes *
value_of (const char *path,
          const void *key,
          gsize       key_size)
{
  kvault *vault = open_vault (path, KVAULT_ACCESS_VIEW);
  void *value;
  size_t size;
  GBytes *bytes;

  g_assert_cmpint (kvault_get (vault, key, key_size, &value, &size), ==, KVAULT_OK);
  bytes = g_bytes_new (value, size);
  kvault_free (value);
  kvault_close (vault);
  return bytes;
}

static GstHarness *
make_harness (const char *uri)
{
  static GstStaticPadTemplate sink =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  GstHarness *harness = gst_harness_new_empty ();
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (uri));

  gst_harness_add_element_full (harness, source, NULL, NULL, &sink, "src");
  return harness;
}

/* Takes buffers up to the end of the stream and puts them together. */
static GBytes *
pull_to_end (GstHarness *harness,
             guint64     offset)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  GstBuffer *buffer;
  GstMapInfo map;

  while (gst_harness_pull_until_eos (harness, &buffer) && buffer != NULL)
    {
      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, offset + bytes->len);
      gst_buffer_map (buffer, &map, GST_MAP_READ);
      g_byte_array_append (bytes, map.data, map.size);
      gst_buffer_unmap (buffer, &map);
      gst_buffer_unref (buffer);
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

static void
assert_bytes (GBytes *got,
              GBytes *expected,
              gsize   offset)
{
  g_autoptr(GBytes) tail = g_bytes_new_from_bytes (expected, offset, g_bytes_get_size (expected) - offset);

  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                   g_bytes_get_data (tail, NULL), g_bytes_get_size (tail));
}

static void
wait_for_end (GstElement *pipeline)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr(GstMessage) message =
    gst_bus_timed_pop_filtered (bus, GSTTEST_SECONDS * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *debug = NULL;

      gst_message_parse_error (message, &error, &debug);
      g_error ("%s: %s", error->message, debug);
    }
}

/* --- reading ----------------------------------------------------------------------------- */

static void
test_reads_every_value_whole (Fixture      *fixture,
                              gconstpointer data)
{
  kvault *vault = open_vault (fixture->path, KVAULT_ACCESS_VIEW);
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  kvault_cursor *cursor;
  const kvault_entry *entry;

  g_assert_cmpint (kvault_cursor_open (vault, NULL, &cursor), ==, KVAULT_OK);
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    g_ptr_array_add (keys, g_bytes_new (entry->key, entry->key_size));
  kvault_close (vault);
  g_assert_cmpuint (keys->len, ==, 53);

  for (guint i = 0; i < keys->len; i++)
    {
      gsize key_size;
      const void *key = g_bytes_get_data (keys->pdata[i], &key_size);
      g_autofree char *uri = gsttest_make_uri (fixture->path, i % 2 == 0 ? "kv" : NULL, key, key_size);
      g_autoptr(GBytes) expected = value_of (fixture->path, key, key_size);
      GstHarness *harness = make_harness (uri);
      g_autoptr(GBytes) got = NULL;

      gst_harness_play (harness);
      got = pull_to_end (harness, 0);
      assert_bytes (got, expected, 0);
      gst_harness_teardown (harness);
    }
}

static void
collect_buffer (GstElement *sink,
                GstBuffer  *buffer,
                GstPad     *pad,
                gpointer    data)
{
  GByteArray *bytes = data;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_byte_array_append (bytes, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

static void
test_seeks (Fixture      *fixture,
            gconstpointer data)
{
  static const char key[] = "video/clip_moov_end.mp4";
  g_autofree char *uri = gsttest_make_uri (fixture->path, "kv", key, strlen (key));
  g_autoptr(GBytes) expected = value_of (fixture->path, key, strlen (key));
  gint64 size = (gint64) g_bytes_get_size (expected);
  const gint64 offsets[] = { size - 1, 0, size / 2, 1, size - 4096 };
  g_autoptr(GByteArray) got = g_byte_array_new ();
  g_autoptr(GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = gsttest_make_source (uri);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  gint64 duration;

  gst_base_src_set_blocksize (GST_BASE_SRC (source), 10000);
  g_object_set (sink, "sync", FALSE, "signal-handoffs", TRUE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (collect_buffer), got);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  gsttest_set_paused (pipeline);
  g_assert_true (gst_element_query_duration (source, GST_FORMAT_BYTES, &duration));
  g_assert_cmpint (duration, ==, size);

  /* In a paused pipeline the sink hands nothing on: all that comes is from behind the seek. */
  for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      g_autoptr(GBytes) tail = NULL;

      g_byte_array_set_size (got, 0);
      g_assert_true (gst_element_seek_simple (source, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, offsets[i]));
      gst_element_set_state (pipeline, GST_STATE_PLAYING);
      wait_for_end (pipeline);
      tail = g_bytes_new (got->data, got->len);
      assert_bytes (tail, expected, (gsize) offsets[i]);
      gsttest_set_paused (pipeline);
    }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_pulls_ranges_and_ends (Fixture      *fixture,
                            gconstpointer data)
{
  static const char key[] = "img/anim.gif";
  g_autofree char *uri = gsttest_make_uri (fixture->path, NULL, key, strlen (key));
  g_autoptr(GBytes) expected = value_of (fixture->path, key, strlen (key));
  guint64 size = g_bytes_get_size (expected);
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  g_autoptr(GstQuery) query = gst_query_new_scheduling ();
  GBytes *got;

  g_assert_true (gst_pad_query (pad, query));
  g_assert_true (gst_query_has_scheduling_mode_with_flags (query, GST_PAD_MODE_PULL, GST_SCHEDULING_FLAG_SEEKABLE));
  for (guint64 offset = size - 1; offset > 1000; offset -= 997)
    {
      guint length = (guint) MIN (size - offset, 1500);
      g_autoptr(GBytes) part = g_bytes_new_from_bytes (expected, offset, length);

      g_assert_cmpint (gsttest_get_range (pad, offset, length, &got), ==, GST_FLOW_OK);
      assert_bytes (got, part, 0);
      g_bytes_unref (got);
    }
  g_assert_cmpint (gsttest_get_range (pad, size - 10, 100, &got), ==, GST_FLOW_OK);
  g_assert_cmpuint (g_bytes_get_size (got), ==, 10);
  g_bytes_unref (got);
  g_assert_cmpint (gsttest_get_range (pad, size, 1, &got), ==, GST_FLOW_EOS);
  g_assert_cmpint (gsttest_get_range (pad, size + 1000, 1, &got), ==, GST_FLOW_EOS);
  gst_pad_set_active (pad, FALSE);
}

static void
test_leaves_out_a_beginning (Fixture      *fixture,
                             gconstpointer data)
{
  static const char key[] = "img/anim.gif";
  g_autoptr(GBytes) expected = value_of (fixture->path, key, strlen (key));
  gint64 size = (gint64) g_bytes_get_size (expected);
  const gint64 skips[] = { 0, 1, 10, size - 1, size, size + 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (skips); i++)
    {
      g_autofree char *address = gsttest_make_uri (fixture->path, NULL, key, strlen (key));
      g_autofree char *uri = g_strdup_printf ("%s&offset=%" G_GINT64_FORMAT, address, skips[i]);
      g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (uri));
      g_autoptr(GstPad) pad = gsttest_activate_pull (source);
      GBytes *got;
      gint64 given;

      g_assert_true (gst_element_query_duration (source, GST_FORMAT_BYTES, &given));
      g_assert_cmpint (given, ==, MAX (size - skips[i], 0));
      g_assert_cmpint (gsttest_get_range (pad, (guint64) given, 1, &got), ==, GST_FLOW_EOS);
      if (given > 0)
        {
          g_autoptr(GBytes) tail = g_bytes_new_from_bytes (expected, (gsize) skips[i], (gsize) given);

          g_assert_cmpint (gsttest_get_range (pad, 0, (guint) given + 10, &got), ==, GST_FLOW_OK);
          assert_bytes (got, tail, 0);
          g_bytes_unref (got);
        }
      gst_pad_set_active (pad, FALSE);
    }
}

static void
test_unlock_ends_reading_until_unlock_stop (Fixture      *fixture,
                                            gconstpointer data)
{
  static const char key[] = "img/anim.gif";
  g_autofree char *uri = gsttest_make_uri (fixture->path, NULL, key, strlen (key));
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (uri));
  g_autoptr(GstPad) pad = gsttest_activate_pull (source);
  GstBaseSrcClass *klass = GST_BASE_SRC_GET_CLASS (source);
  GBytes *got;

  klass->unlock (GST_BASE_SRC (source));
  g_assert_cmpint (gsttest_get_range (pad, 0, 10, &got), ==, GST_FLOW_FLUSHING);
  klass->unlock_stop (GST_BASE_SRC (source));
  g_assert_cmpint (gsttest_get_range (pad, 0, 10, &got), ==, GST_FLOW_OK);
  g_bytes_unref (got);
  gst_pad_set_active (pad, FALSE);
}

/* Streams a value over and over while it is flushed, stopped and started. */
static void
test_stops_and_starts_at_any_moment (Fixture      *fixture,
                                     gconstpointer data)
{
  static const char key[] = "video/clip.mkv";
  g_autofree char *uri = gsttest_make_uri (fixture->path, NULL, key, strlen (key));
  g_autoptr(GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *source = gsttest_make_source (uri);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  gst_base_src_set_blocksize (GST_BASE_SRC (source), 512);
  g_object_set (sink, "sync", FALSE, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  for (int i = 0; i < 20; i++)
    {
      gst_element_set_state (pipeline, GST_STATE_PLAYING);
      g_usleep (i * 100);
      if (i % 2 == 0)
        gst_element_seek_simple (pipeline, GST_FORMAT_BYTES, GST_SEEK_FLAG_FLUSH, i * 1000);
      g_assert_cmpint (gst_element_set_state (pipeline, i % 3 == 0 ? GST_STATE_READY : GST_STATE_NULL), ==,
                       GST_STATE_CHANGE_SUCCESS);
    }
  gsttest_set_paused (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_reads_keys_of_any_bytes (Fixture      *fixture,
                              gconstpointer data)
{
  static const struct { const char *bytes; gsize size; } keys[] = {
    { "", 0 }, { "\0", 1 }, { "a\0b", 3 }, { "\xff\xfe", 2 }, { "a&b=c", 5 }, { "100%", 4 }, { "%41", 3 },
    { "a+b c", 5 }, { "#frag?q", 7 }, { "\n\x1b[31m", 6 }, { "\xc3\xbc/../x", 7 },
  };
  kvault *vault = open_vault (fixture->path, KVAULT_ACCESS_WRITE);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *value = g_strdup_printf ("value %" G_GSIZE_FORMAT, i);

      g_assert_cmpint (kvault_put (vault, keys[i].bytes, keys[i].size, value, strlen (value)), ==, KVAULT_OK);
    }
  kvault_close (vault);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *uri = gsttest_make_uri (fixture->path, "kv", keys[i].bytes, keys[i].size);
      g_autoptr(GBytes) expected = value_of (fixture->path, keys[i].bytes, keys[i].size);
      GstHarness *harness = make_harness (uri);
      g_autoptr(GBytes) got = NULL;

      gst_harness_play (harness);
      got = pull_to_end (harness, 0);
      assert_bytes (got, expected, 0);
      gst_harness_teardown (harness);
    }
}

/* --- errors ------------------------------------------------------------------------------ */

static void
assert_start_fails (const char *uri,
                    int         code)
{
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (uri));
  g_autoptr(GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr(GstBus) bus = gst_element_get_bus (pipeline);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr(GstMessage) message = NULL;
  g_autoptr(GError) error = NULL;

  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  g_assert_cmpint (gst_element_set_state (pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, code);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_tells_what_is_missing (Fixture      *fixture,
                            gconstpointer data)
{
  g_autofree char *no_key = gsttest_make_uri (fixture->path, "kv", "absent", 6);
  g_autofree char *no_table = gsttest_make_uri (fixture->path, "absent", "img/anim.gif", 12);
  g_autofree char *no_file = gsttest_make_uri ("/nonexistent/vault.db", "kv", "a", 1);
  g_autofree char *no_vault = gsttest_make_uri ("/dev/null", "kv", "a", 1);

  assert_start_fails (no_key, GST_RESOURCE_ERROR_NOT_FOUND);
  assert_start_fails (no_table, GST_RESOURCE_ERROR_NOT_FOUND);
  assert_start_fails (no_file, GST_RESOURCE_ERROR_NOT_FOUND);
  assert_start_fails (no_vault, GST_RESOURCE_ERROR_OPEN_READ);
  assert_start_fails (NULL, GST_RESOURCE_ERROR_NOT_FOUND);
}

/* A writer of a file with a rollback journal shuts readers out. */
static void
test_tells_that_the_vault_is_busy (Fixture      *fixture,
                                   gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "busy.db", NULL);
  g_autofree char *uri = gsttest_make_uri (path, NULL, "key", 3);
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;
  sqlite3 *other;

  options.access = KVAULT_ACCESS_CREATE_NEW;
  options.rollback_journal = 1;
  g_assert_cmpint (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_put (vault, "key", 3, "value", 5), ==, KVAULT_OK);
  kvault_close (vault);
  g_assert_cmpint (sqlite3_open (path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_start_fails (uri, GST_RESOURCE_ERROR_BUSY);
  sqlite3_close (other);
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_refuses_bad_addresses (void)
{
  static const char *const bad[] = {
    "kvault:", "kvault://", "kvault:///", "kvault:///v.db", "kvault:///v.db?", "kvault:///v.db?table=kv",
    "kvault://host/v.db?key=a", "kvault:/v.db?key=a", "kvault:v.db?key=a", "kvault:///v.db?key=%",
    "kvault:///v.db?key=%4", "kvault:///v.db?key=%zz", "kvault:///v%00.db?key=a", "kvault:///v.db?table=&key=a",
    "kvault:///v.db?table=a%00&key=a", "kvault:///v.db?key=a#b", "kvault:///v.db?Key=a",
    "kvault:///v.db?key=a&offset=", "kvault:///v.db?key=a&offset=-1", "kvault:///v.db?key=a&offset=1x",
  };
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source ("kvault:///good.db?key="));

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *uri = NULL;

      g_assert_false (gst_uri_handler_set_uri (GST_URI_HANDLER (source), bad[i], &error));
      g_assert_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI);
      g_object_get (source, "uri", &uri, NULL);
      g_assert_cmpstr (uri, ==, "kvault:///good.db?key=");
    }
}

static void
test_keeps_its_address_while_it_runs (Fixture      *fixture,
                                      gconstpointer data)
{
  g_autofree char *uri = gsttest_make_uri (fixture->path, NULL, "img/anim.gif", 12);
  g_autoptr(GstElement) source = gst_object_ref_sink (gsttest_make_source (uri));
  g_autoptr(GError) error = NULL;

  gst_element_set_state (source, GST_STATE_PAUSED);
  g_assert_false (gst_uri_handler_set_uri (GST_URI_HANDLER (source), "kvault:///other.db?key=", &error));
  g_assert_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE);
  gst_element_set_state (source, GST_STATE_NULL);
}

/* --- playing ----------------------------------------------------------------------------- */

static gboolean
has_elements (const char *const *names)
{
  for (; *names != NULL; names++)
    {
      GstElementFactory *factory = gst_element_factory_find (*names);

      if (factory == NULL)
        {
          g_test_skip_printf ("no %s", *names);
          return FALSE;
        }
      gst_object_unref (factory);
    }
  return TRUE;
}

static void
count_frame (GstElement *sink,
             GstBuffer  *buffer,
             GstPad     *pad,
             gpointer    data)
{
  g_atomic_int_inc ((int *) data);
}

static GstElement *
make_counting_sink (int *count)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);

  g_object_set (sink, "signal-handoffs", TRUE, "sync", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (count_frame), count);
  return sink;
}

static void
play (const char *uri,
      int        *n_frames,
      int        *n_sounds)
{
  g_autoptr(GstElement) playbin = gst_object_ref_sink (gst_element_factory_make ("playbin3", NULL));

  g_object_set (playbin, "uri", uri, "video-sink", make_counting_sink (n_frames),
                "audio-sink", make_counting_sink (n_sounds), NULL);
  gst_util_set_object_arg (G_OBJECT (playbin), "flags", "video+audio");
  gst_element_set_state (playbin, GST_STATE_PLAYING);
  wait_for_end (playbin);
  gst_element_set_state (playbin, GST_STATE_NULL);
}

static void
test_decodes_a_clip (Fixture      *fixture,
                     gconstpointer data)
{
  static const char *const needed[] = { "playbin3", "matroskademux", "vp9dec", "opusdec", NULL };
  static const char key[] = "video/clip.webm";
  g_autofree char *uri = gsttest_make_uri (fixture->path, "kv", key, strlen (key));
  g_autofree char *file_path = g_build_filename (fixture->folder, "clip.webm", NULL);
  g_autofree char *file_uri = g_filename_to_uri (file_path, NULL, NULL);
  g_autoptr(GBytes) value = value_of (fixture->path, key, strlen (key));
  int n_frames = 0, n_sounds = 0, n_file_frames = 0, n_file_sounds = 0;

  if (!has_elements (needed))
    return;
  play (uri, &n_frames, &n_sounds);
  g_assert_cmpint (n_frames, >, 1);

  /* The same frames as from the extracted file. */
  g_assert_true (g_file_set_contents (file_path, g_bytes_get_data (value, NULL), (gssize) g_bytes_get_size (value),
                                      NULL));
  play (file_uri, &n_file_frames, &n_file_sounds);
  g_assert_cmpint (n_frames, ==, n_file_frames);
  g_assert_cmpint (n_sounds, ==, n_file_sounds);
  g_remove (file_path);
}

/* The index of this clip lies at its end: the demuxer pulls ranges back and forth. */
static void
test_demuxes_an_index_at_the_end (Fixture      *fixture,
                                  gconstpointer data)
{
  static const char *const needed[] = { "qtdemux", NULL };
  static const char key[] = "video/clip_moov_end.mp4";
  g_autofree char *uri = gsttest_make_uri (fixture->path, "kv", key, strlen (key));
  g_autoptr(GstElement) pipeline = NULL;
  g_autoptr(GstElement) source = NULL;
  g_autoptr(GstElement) sink = NULL;
  g_autoptr(GError) error = NULL;
  int n_frames = 0;

  if (!has_elements (needed))
    return;
  pipeline = gst_parse_launch ("kvaultsrc name=source ! qtdemux ! "
                               "fakesink name=sink signal-handoffs=true sync=false", &error);
  g_assert_no_error (error);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (source, "uri", uri, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (count_frame), &n_frames);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpint (n_frames, >, 1);
}

#define TEST(name, function) g_test_add ("/gst/kvaultsrc/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_true (gst_kvault_src_register ());

  TEST ("reads-every-value-whole", test_reads_every_value_whole);
  TEST ("seeks", test_seeks);
  TEST ("pulls-ranges-and-ends", test_pulls_ranges_and_ends);
  TEST ("leaves-out-a-beginning", test_leaves_out_a_beginning);
  TEST ("unlock-ends-reading-until-unlock-stop", test_unlock_ends_reading_until_unlock_stop);
  TEST ("stops-and-starts-at-any-moment", test_stops_and_starts_at_any_moment);
  TEST ("reads-keys-of-any-bytes", test_reads_keys_of_any_bytes);
  TEST ("tells-what-is-missing", test_tells_what_is_missing);
  TEST ("tells-that-the-vault-is-busy", test_tells_that_the_vault_is_busy);
  TEST ("keeps-its-address-while-it-runs", test_keeps_its_address_while_it_runs);
  TEST ("decodes-a-clip", test_decodes_a_clip);
  TEST ("demuxes-an-index-at-the-end", test_demuxes_an_index_at_the_end);
  g_test_add_func ("/gst/kvaultsrc/refuses-bad-addresses", test_refuses_bad_addresses);
  return g_test_run ();
}
