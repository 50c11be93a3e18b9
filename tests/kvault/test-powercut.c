/* SPDX-License-Identifier: MIT */
/*
 * The power is cut at any moment of some work: what was told to be on the disk is there, nothing half-written shows, and the file is
 * sound. The work runs once, and what it had the disk do is played again up to each moment.
 */
#include "kvtest-faults.h"
#include "kvtest-powercut.h"
#include "operations.h"

#define MAX_STEPS 4
#define CUTS 24              /* moments of each work in CI; all of them at full size */

typedef struct {
  const char *name;
  const char *steps[MAX_STEPS];
  kvault_durability durability;
  unsigned durable;          /* a bit for each step that is promised to be on the disk when it has returned */
} Work;

/* In write-ahead-log mode; with a rollback journal every step is durable. */
static const Work works[] = {
  { "puts", { "put", "put-over", "delete", "rename" }, KVAULT_DURABILITY_FULL, 0xf },
  { "batch", { "batch", "update", "pop", "rename-prefix" }, KVAULT_DURABILITY_FULL, 0xf },
  { "cache", { "cache-flush", "delete-prefix" }, KVAULT_DURABILITY_FULL, 0xf },
  { "shelf", { "put", "shelf-flush", "put-over" }, KVAULT_DURABILITY_NORMAL, 0x2 },
  { "journal", { "put", "journal", "put-over", "journal" }, KVAULT_DURABILITY_FULL, 0xf },
  { "wipe", { "put-over-parts", "wipe", "put" }, KVAULT_DURABILITY_FULL, 0xf },
  { "streams", { "stream", "put-fd", "put-over-parts", "delete-parts" }, KVAULT_DURABILITY_FULL, 0xf },
  { "bulk", { "put", "bulk", "put-over" }, KVAULT_DURABILITY_NORMAL, 0x2 },
  { "parts", { "stream-in-parts", "rename-parts" }, KVAULT_DURABILITY_FULL, 0xf },
  { "compact-swap", { "put", "compact-swap", "delete" }, KVAULT_DURABILITY_FULL, 0xf },
  { "compact-in-place", { "put", "compact-in-place", "delete" }, KVAULT_DURABILITY_FULL, 0xf },
  { "compact-steps", { "put", "compact-steps", "orphans-remove" }, KVAULT_DURABILITY_FULL, 0xf },
  { "lazy", { "put", "batch", "checkpoint", "put-over" }, KVAULT_DURABILITY_NORMAL, 0x0 },
  { "lazy-swap", { "put", "compact-swap", "put-over" }, KVAULT_DURABILITY_NORMAL, 0x2 },
};

typedef struct {
  const Work *work;
  kvault_options options;
  char states[MAX_STEPS + 1][16384];   /* before, and after each step */
  size_t begun[MAX_STEPS], done[MAX_STEPS];
  int n;
} Tape;

static kvault *
open_with (const char *path, const kvault_options *options)
{
  kvault_error error;
  kvault *vault;

  if (kvault_open (path, options, &vault, &error) != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s", error.message);
  return vault;
}

/* What is there after each step. False: not every step can be gone here. */
static bool
rehearse (Tape *self, const char *path)
{
  strcpy (self->states[0], operations_contents (path));
  for (self->n = 0; self->n < MAX_STEPS && self->work->steps[self->n] != NULL; self->n++)
    {
      const Operation *step = operations_find (self->work->steps[self->n]);
      kvault *vault = open_with (path, &self->options);
      int rc = step->run (vault);

      if (operations_cannot_be (step, rc))
        return kvault_close (vault), false;
      assert_ok (vault, rc);
      kvault_close (vault);
      strcpy (self->states[self->n + 1], operations_contents (path));
    }
  return true;
}

static void
record (Tape *self, const char *folder, const char *path)
{
  kvault *vault;

  kvtest_powercut_record (folder);
  vault = open_with (path, &self->options);
  for (int i = 0; i < self->n; i++)
    {
      self->begun[i] = kvtest_powercut_now ();
      assert_ok (vault, operations_find (self->work->steps[i])->run (vault));
      self->done[i] = kvtest_powercut_now ();
    }
  kvault_close (vault);
  kvtest_powercut_stop ();
}

static void
cut_at (const Tape *self, size_t moment, KvCut cut, uint64_t seed)
{
  static const char *const words[] = { "nothing", "all", "some" };
  static char *folder, *path;
  int least = 0, most = 0;
  const char *found;

  if (folder == NULL)
    {
      folder = kvtest_path ("cut");
      path = kvtest_path ("cut/a.db");
    }
  snprintf (kvtest_context, sizeof kvtest_context, "%s (%s), cut behind event %zu, %s of what was not synced kept, seed %llu", self->work->name,
            self->options.rollback_journal ? "journal" : "log", moment, words[cut], (unsigned long long) seed);
  for (int i = 0; i < self->n; i++)
    {
      if (self->done[i] <= moment && (self->options.rollback_journal || (self->work->durable >> i & 1) != 0))
        least = i + 1;
      if (self->begun[i] < moment)
        most = i + 1;
    }
  if (most < least)   /* steps that did nothing */
    most = least;
  kvtest_powercut_make (folder, moment, cut, seed);
  found = operations_contents (path);
  for (int i = least; i <= most; i++)
    if (strcmp (found, self->states[i]) == 0)
      return;
  kvtest_fail (__FILE__, __LINE__, "found none of the states %d to %d, the first of which is:\n%s\nbut:\n%s", least, most, self->states[least],
               found);
}

static void
cut_work (const Work *work, bool rollback_journal)
{
  static Tape self;
  char *folder = kvtest_path ("live"), *path = kvtest_path ("live/a.db"), *fresh;
  uint64_t seed = 1;
  size_t last;

  self = (Tape) { .work = work, .options = operations_options (rollback_journal) };
  self.options.durability = work->durability;
  for (int i = 0; i < MAX_STEPS && work->steps[i] != NULL; i++)
    self.options = operations_options_for (operations_find (work->steps[i]), &self.options);
  fresh = operations_reset ();
  kvtest_make_folder (folder);
  kvtest_copy_file (fresh, path);
  if (rehearse (&self, fresh))
    {
      record (&self, folder, path);
      last = kvtest_powercut_now ();
      for (size_t i = 0; i <= (kvtest_in_full () ? last : CUTS); i++)
        {
          size_t moment = kvtest_in_full () ? i : i < (size_t) self.n ? self.done[i] : kvtest_random (&seed) % (last + 1);

          cut_at (&self, moment, KVCUT_NOTHING, 0);
          cut_at (&self, moment, KVCUT_SOME, kvtest_random (&seed));
          cut_at (&self, moment, KVCUT_SOME, kvtest_random (&seed));
          if (kvtest_in_full ())
            cut_at (&self, moment, KVCUT_ALL, 0);
        }
      printf ("# %s: %zu events\n", work->name, last);
    }
  kvtest_context[0] = '\0';
  kvtest_remove (folder);
}

static void
cut_all (bool rollback_journal)
{
  kvault_options options = operations_options (rollback_journal);

  kvtest_faults_install ();
  operations_prepare (&options);
  for (size_t i = 0; i < KVTEST_N (works); i++)
    cut_work (&works[i], rollback_journal);
}

static void
keeps_what_was_promised_with_a_log (void)
{
  cut_all (false);
}

static void
keeps_what_was_promised_with_a_journal (void)
{
  cut_all (true);
}

static const KvTest tests[] = {
  { "/kvault/powercut/keeps-what-was-promised-with-a-log", keeps_what_was_promised_with_a_log },
  { "/kvault/powercut/keeps-what-was-promised-with-a-journal", keeps_what_was_promised_with_a_journal },
};

KVTEST_MAIN (tests)
