/* SPDX-License-Identifier: MIT */
/* A turn of the main loop is what lies between two polls, which is where its time is taken; nothing else of the loop changes.
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-watchdog"

#include "coffer-watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static FILE *log_file;
static double long_turn_ms;
static GPollFunc poll_before;
static struct timespec began;
static struct timespec began_on_cpu;
static int schedstat = -1;   /* of this thread; -1: the kernel has none */
static double waited_before;

static double
milliseconds_since (const struct timespec *then,
                    const struct timespec *now)
{
  return (now->tv_sec - then->tv_sec) * 1e3 + (now->tv_nsec - then->tv_nsec) / 1e6;
}

/* How many milliseconds this thread waited, all in all, for a core that others had. Source: Linux, Documentation/scheduler/sched-stats. */
static double
get_waited (void)
{
  char text[80];
  guint64 waited = 0;
  gssize size = schedstat >= 0 ? pread (schedstat, text, sizeof text - 1, 0) : -1;

  if (size <= 0)
    return 0;
  text[size] = '\0';
  sscanf (text, "%*u %" G_GUINT64_FORMAT, &waited);
  return (double) waited / 1e6;
}

static void
note (const struct timespec *now,
      double                 took,
      double                 on_cpu,
      double                 blocked)
{
  fprintf (log_file, "%" G_GINT64_FORMAT ".%06ld %.1f %.1f %.1f\n", (gint64) now->tv_sec, now->tv_nsec / 1000, took, on_cpu, blocked);
  fflush (log_file);
}

static void
begin_turn (void)
{
  clock_gettime (CLOCK_MONOTONIC, &began);
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &began_on_cpu);
  waited_before = get_waited ();
}

static void
end_turn (void)
{
  struct timespec now, now_on_cpu;
  double took, on_cpu;

  clock_gettime (CLOCK_MONOTONIC, &now);
  took = milliseconds_since (&began, &now);
  if (took <= long_turn_ms)
    return;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now_on_cpu);
  on_cpu = milliseconds_since (&began_on_cpu, &now_on_cpu);
  note (&now, took, on_cpu, MAX (took - on_cpu - (get_waited () - waited_before), 0));
}

static int
watched_poll (GPollFD *fds,
              guint    n_fds,
              int      timeout_ms)
{
  int n_ready, error;

  end_turn ();
  n_ready = poll_before (fds, n_fds, timeout_ms);
  error = errno;   /* GLib asks for it */
  begin_turn ();
  errno = error;
  return n_ready;
}

void
coffer_watchdog_start (const char *path,
                       double      long_ms)
{
  g_return_if_fail (path != NULL && log_file == NULL);

  log_file = fopen (path, "ae");
  if (log_file == NULL)
    {
      g_warning ("%s: %s", path, g_strerror (errno));
      return;
    }

  schedstat = open ("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  long_turn_ms = long_ms;
  begin_turn ();
  note (&began, 0, 0, 0);
  poll_before = g_main_context_get_poll_func (NULL);
  g_main_context_set_poll_func (NULL, watched_poll);
}
