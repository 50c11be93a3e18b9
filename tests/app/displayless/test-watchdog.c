/* SPDX-License-Identifier: MIT */
/* The watchdog of the main loop: which turns it logs, and what it says of them. */
#include "coffer-watchdog.h"

#include <glib/gstdio.h>
#include <string.h>
#include <time.h>

static char *path;
static gsize n_read;   /* bytes of the log, so far */

static gboolean
sleep_cb (gpointer data)
{
  g_usleep (GPOINTER_TO_UINT (data) * 1000);
  return G_SOURCE_REMOVE;
}

static gboolean
work_cb (gpointer data)
{
  clock_t end = clock () + GPOINTER_TO_UINT (data) * CLOCKS_PER_SEC / 1000;

  while (clock () < end)
    ;
  return G_SOURCE_REMOVE;
}

/* A turn of the main loop with one thing to do; the poll before the next one ends it. */
static void
run_turn (GSourceFunc callback,
          guint       ms)
{
  g_idle_add (callback, GUINT_TO_POINTER (ms));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* The lines that came since the last call. */
static char **
read_new_lines (void)
{
  g_autofree char *text = NULL;
  gsize size;
  char **lines;

  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  g_assert_cmpuint (size, >=, n_read);
  lines = g_strsplit (g_strchomp (text + n_read), "\n", -1);
  n_read = size;
  return lines;
}

static void
read_line (const char *line,
           double     *end,
           double     *took,
           double     *on_cpu,
           double     *blocked)
{
  char *rest;

  *end = g_ascii_strtod (line, &rest);
  *took = g_ascii_strtod (rest, &rest);
  *on_cpu = g_ascii_strtod (rest, &rest);
  *blocked = g_ascii_strtod (rest, &rest);
  g_assert_cmpstr (rest, ==, "");
}

static void
test_logs_a_long_turn (void)
{
  g_auto(GStrv) lines = NULL;
  double end, took, on_cpu, blocked;
  double before = g_get_monotonic_time () / 1e6;

  run_turn (sleep_cb, 40);
  lines = read_new_lines ();
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  read_line (lines[0], &end, &took, &on_cpu, &blocked);
  g_assert_cmpfloat (end, >, before + .039);
  g_assert_cmpfloat (end, <=, g_get_monotonic_time () / 1e6 + .001);
  g_assert_cmpfloat (took, >=, 39.9);
  g_assert_cmpfloat (on_cpu, <, 20);
  g_assert_cmpfloat (blocked, >=, 39.9);
}

static void
test_tells_work_from_waiting (void)
{
  g_auto(GStrv) lines = NULL;
  double end, took, on_cpu, blocked;

  run_turn (work_cb, 40);
  lines = read_new_lines ();
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  read_line (lines[0], &end, &took, &on_cpu, &blocked);
  g_assert_cmpfloat (on_cpu, >=, 38);
  g_assert_cmpfloat (took, >=, on_cpu - 1);
  g_assert_cmpfloat (blocked, <, 20);   /* but others may have had its core, as long as they like */
}

/* A machine that has other things to do may make any turn a long one, but hardly ten in a row. */
static void
test_is_silent_about_short_turns (void)
{
  for (guint i = 0; i < 10; i++)
    {
      g_auto(GStrv) lines = NULL;

      run_turn (work_cb, 1);
      lines = read_new_lines ();
      if (lines[0] == NULL || *lines[0] == '\0')
        return;
    }
  g_assert_not_reached ();
}

/* What passes between turns is nobody's. */
static void
test_does_not_count_the_wait_for_events (void)
{
  g_auto(GStrv) lines = NULL;

  g_timeout_add (200, sleep_cb, GUINT_TO_POINTER (0));
  g_main_context_iteration (NULL, TRUE);
  lines = read_new_lines ();
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      double end, took, on_cpu, blocked;

      read_line (lines[i], &end, &took, &on_cpu, &blocked);
      g_assert_cmpfloat (took, <, 200);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = NULL;
  g_auto(GStrv) first = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("coffer-watchdog-XXXXXX", NULL);
  path = g_build_filename (folder, "log", NULL);
  coffer_watchdog_start (path, COFFER_WATCHDOG_FRAME_MS);
  first = read_new_lines ();
  g_assert_true (g_str_has_suffix (first[0], " 0.0 0.0"));

  g_test_add_func ("/app/watchdog/logs-a-long-turn", test_logs_a_long_turn);
  g_test_add_func ("/app/watchdog/tells-work-from-waiting", test_tells_work_from_waiting);
  g_test_add_func ("/app/watchdog/is-silent-about-short-turns", test_is_silent_about_short_turns);
  g_test_add_func ("/app/watchdog/does-not-count-the-wait-for-events", test_does_not_count_the_wait_for_events);
  status = g_test_run ();

  g_remove (path);
  g_rmdir (folder);
  g_free (path);
  return status;
}
