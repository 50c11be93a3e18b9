/* SPDX-License-Identifier: MIT */
/*
 * Running tests and telling how they went, as TAP. Each test is a child process; a page of
 * shared memory brings back why one was skipped.
 */
#include "kvtest-internal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_SKIP 77
#define TIME_LIMIT 240u /* seconds; generous, for sanitizers on a busy machine */

static char *skip_reason;  /* shared by all processes, as is */
static char *note;
int kvtest_n_passed;
static char folder[256];
char kvtest_context[256];

/* ---- Assertions ---- */

_Noreturn void
kvtest_fail (const char *file,
             int         line,
             const char *format,
             ...)
{
  va_list arguments;
  char message[4096];

  va_start (arguments, format);
  vsnprintf (message, sizeof message, format, arguments);
  va_end (arguments);
  if (kvtest_context[0] != '\0')
    snprintf (message + strlen (message), sizeof message - strlen (message), " [%s]", kvtest_context);
  printf ("# %s:%d: %s\n", file, line, message);
  fflush (stdout);
  fprintf (stderr, "%s:%d: %s\n", file, line, message); /* meson shows TAP's comments to nobody */
  _exit (1);
}

_Noreturn void
kvtest_skip (const char *reason)
{
  snprintf (skip_reason, 256, "%s", reason);
  _exit (EXIT_SKIP);
}

void
kvtest_note (const char *format,
             ...)
{
  va_list arguments;

  va_start (arguments, format);
  vsnprintf (note, 1024, format, arguments);
  va_end (arguments);
}

void
kvtest_assert_str (const char *file,
                   int         line,
                   const char *what,
                   const char *a,
                   const char *b)
{
  if (a == b || (a != NULL && b != NULL && strcmp (a, b) == 0))
    return;
  kvtest_fail (file, line, "%s is \"%s\", not \"%s\"", what, a ? a : "(null)", b ? b : "(null)");
}

void
kvtest_assert_contains (const char *file,
                        int         line,
                        const char *text,
                        const char *part)
{
  if (text == NULL || strstr (text, part) == NULL)
    kvtest_fail (file, line, "no \"%s\" in \"%s\"", part, text ? text : "(null)");
}

void
kvtest_assert_mem (const char *file,
                   int         line,
                   const char *what,
                   const void *a,
                   size_t      a_size,
                   const void *b,
                   size_t      b_size)
{
  const uint8_t *left = a, *right = b;

  if (a_size != b_size)
    kvtest_fail (file, line, "%s has %zu bytes, not %zu", what, a_size, b_size);
  for (size_t i = 0; i < a_size; i++)
    if (left[i] != right[i])
      kvtest_fail (file, line, "%s: byte %zu of %zu is %02x, not %02x", what, i, a_size,
                   left[i], right[i]);
}

void
kvtest_assert_result (const char *file,
                      int         line,
                      kvault     *vault,
                      const char *what,
                      int         got,
                      int         expected)
{
  if (got != expected)
    kvtest_fail (file, line, "%s: %s, not %s: %s", what, kvault_result_name (got),
                 kvault_result_name (expected),
                 vault != NULL ? kvault_errmsg (vault) : "no handle");
  if (got < KVAULT_NOTFOUND && vault != NULL)
    {
      if (kvault_errmsg (vault)[0] == '\0' || strchr (kvault_errmsg (vault), '\n') != NULL)
        kvtest_fail (file, line, "%s: not one line of message: \"%s\"", what,
                     kvault_errmsg (vault));
      if (kvault_last_error (vault)->code != got)
        kvtest_fail (file, line, "%s: the handle remembers %s", what,
                     kvault_result_name (kvault_last_error (vault)->code));
    }
}

/* ---- Memory, numbers, time ---- */

void *
kvtest_keep (void *memory)
{
  static void **kept;
  static size_t n;

  if (memory == NULL)
    abort ();
  kept = realloc (kept, (n + 1) * sizeof *kept);
  kept[n++] = memory;
  return memory;
}

char *
kvtest_format (const char *format,
               ...)
{
  va_list arguments;
  char *text = NULL;

  va_start (arguments, format);
  if (vasprintf (&text, format, arguments) < 0)
    abort ();
  va_end (arguments);
  return kvtest_keep (text);
}

bool
kvtest_in_full (void)
{
  return getenv ("COFFER_TEST_FULL") != NULL;
}

int
kvtest_times (int few, int full)
{
  return kvtest_in_full () ? full : few;
}

/* Vigna's splitmix64. */
uint64_t
kvtest_random (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

void
kvtest_fill (void     *data,
             size_t    size,
             uint64_t  seed)
{
  uint8_t *bytes = data;

  for (size_t i = 0; i < size; i += 8)
    {
      uint64_t word = kvtest_random (&seed);

      memcpy (bytes + i, &word, size - i < 8 ? size - i : 8);
    }
}

static double
seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

double
kvtest_now (void)
{
  return seconds (CLOCK_MONOTONIC);
}

double
kvtest_cpu (void)
{
  return seconds (CLOCK_PROCESS_CPUTIME_ID);
}

void
kvtest_sleep (double seconds)
{
  struct timespec pause = { (time_t) seconds, (long) ((seconds - (double) (time_t) seconds) * 1e9) };

  while (nanosleep (&pause, &pause) != 0 && errno == EINTR)
    ;
}

const char *
kvtest_folder (void)
{
  return folder;
}

/* ---- Running ---- */

void
kvtest_settle (pid_t pid)
{
  int status;

  die_unless (waitpid (pid, &status, 0) == pid);
  if (WIFEXITED (status) && WEXITSTATUS (status) == EXIT_SKIP)
    _exit (EXIT_SKIP);
  if (WIFSIGNALED (status))
    kvtest_fail (__FILE__, __LINE__, "the other process died: %s", strsignal (WTERMSIG (status)));
  if (WEXITSTATUS (status) != 0)
    kvtest_fail (__FILE__, __LINE__, "the other process failed (exit %d)", WEXITSTATUS (status));
}

static void
make_folder (void)
{
  const char *base = getenv ("TMPDIR");

  snprintf (folder, sizeof folder, "%s/kvtest-XXXXXX", base != NULL && *base ? base : "/tmp");
  if (mkdtemp (folder) == NULL || chmod (folder, 0755) != 0)
    {
      printf ("Bail out! %s: %m\n", folder);
      exit (99);
    }
}

/* Zero and why it was skipped, or nonzero. */
static int
run_apart (const KvTest *test,
           char         *why,
           size_t        why_size)
{
  pid_t pid;
  int status;

  make_folder ();
  skip_reason[0] = note[0] = '\0';
  fflush (stdout);
  if ((pid = fork ()) == 0)
    {
      setpgid (0, 0);
      alarm (kvtest_in_full () ? 0 : TIME_LIMIT);
      test->run ();
      fflush (stdout);
      exit (0);
    }
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  kill (-pid, SIGKILL); /* what it left running */
  kvtest_remove (folder);

  if (WIFSIGNALED (status))
    printf ("# %s\n", WTERMSIG (status) == SIGALRM ? "it took too long"
                                                   : strsignal (WTERMSIG (status)));
  else if (WEXITSTATUS (status) == EXIT_SKIP)
    {
      snprintf (why, why_size, "%s", skip_reason);
      return 0;
    }
  else if (WEXITSTATUS (status) > 1)
    printf ("# exit %d\n", WEXITSTATUS (status));
  if (status != 0 && *note != '\0')
    fprintf (stderr, "%s: at %s\n", test->path, note);
  return status;
}

static bool
is_wanted (const KvTest  *test,
           char         **names)
{
  if (*names == NULL)
    return true;
  for (; *names != NULL; names++)
    if (strstr (test->path, *names) != NULL)
      return true;
  return false;
}

int
kvtest_main (int            argc,
             char         **argv,
             const KvTest  *tests,
             size_t         n)
{
  const char *flag = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
  char **names = argv + 1 + (*flag != '\0');
  int failed = 0, number = 0;

  skip_reason = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (skip_reason == MAP_FAILED)
    return 99;
  note = skip_reason + 1024;
  signal (SIGPIPE, SIG_IGN);

  for (size_t i = 0; i < n; i++)
    {
      char why[256] = "";

      if (!is_wanted (&tests[i], names))
        continue;
      if (strcmp (flag, "-l") == 0)
        puts (tests[i].path);
      else if (strcmp (flag, "-n") == 0)
        {
          make_folder ();
          tests[i].run ();
          kvtest_remove (folder);
        }
      else
        {
          double start = kvtest_now ();
          bool ok = run_apart (&tests[i], why, sizeof why) == 0;

          failed += !ok;
          kvtest_n_passed += ok && *why == '\0';
          printf ("%sok %d - %s%s%s\n", ok ? "" : "not ", ++number, tests[i].path,
                  *why ? " # SKIP " : "", why);
          if (kvtest_now () - start > 2)
            printf ("# %.1f s\n", kvtest_now () - start);
        }
    }
  if (*flag == '\0')
    printf ("1..%d\n", number);
  return failed != 0;
}
