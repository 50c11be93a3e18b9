/* SPDX-License-Identifier: MIT */
/*
 * Anything in any order: what is on show after each step is what a model says, after a step back what was on show before it, and in the end
 * that is what the file has. A seed that fails is printed with all that was done; COFFER_TEST_SEED=… runs it alone, COFFER_TEST_FULL=1 minutes
 * of others.
 */
#include "undoing.h"

#include "coffer-cache-private.h"
#include "coffer-kept-value.h"
#include "coffer-renames.h"
#include "coffer-vault-private.h"

#include <string.h>

#define N_NAMES 6              /* keys "k0" and up; of these the first few are there at first; and in another vault "m0" and up */
#define N_OLD 4
#define MOST_COPIES 12         /* "k0 (2)" and up */
#define N_STEPS 25
#define MOST_FILLING 9000      /* bytes of a value behind its name: some are longer than what a deletion looks at */

typedef struct {
  Fixture windows[2];
  guint n_windows;
  gboolean apart;              /* see Variant */
  char *other_path;            /* of a vault that values are moved from */
  CofferVault *other;
  GRand *random;
  GHashTable *model;           /* key → value, as values are described */
  GPtrArray *shown;            /* what is on show before the first step that can be taken back, after it, … */
  GArray *whose;               /* the window of each of these steps */
  guint at;                    /* steps that can be taken back; those behind can be taken again */
  guint n_files;
  GString *told;               /* all that was done */
} Run;

typedef struct {
  guint n_windows;
  gboolean caches;             /* values wait in memory */
  gboolean attic;              /* what is kept lies in its file */
  gboolean apart;              /* each window takes its own steps, whatever the other one did since */
} Variant;

static guint
pick (Run   *run,
      guint  n)
{
  return (guint) g_rand_int_range (run->random, 0, (gint32) n);
}

static char *
pick_name (Run *run)
{
  return g_strdup_printf ("k%u", pick (run, N_NAMES));
}

/* ---- what is on show ---- */

/* A value begins with its name and a space. */
static char *
describe (const char *value,
          gsize       size)
{
  const char *end = memchr (value, ' ', size);

  g_assert_nonnull (end);
  return g_strdup_printf ("%.*s:%zu", (int) (end - value), value, size);
}

static void
append_shown (GString    *shown,
              kvault     *vault,
              const char *name)
{
  g_autofree char *described = NULL;
  void *value;
  size_t size;
  int rc = kvault_get (vault, name, strlen (name), &value, &size);

  if (rc == KVAULT_NOTFOUND)
    return;
  g_assert_cmpint (rc, ==, KVAULT_OK);
  described = describe (value, size);
  g_string_append_printf (shown, "%s=%s; ", name, described);
  kvault_free (value);
}

/* In one order, in which the model, a window and the file can be compared. */
static void
for_each_name (void     (*func) (const char *name, gpointer data),
               gpointer   data)
{
  for (guint i = 0; i < N_NAMES; i++)
    for (guint copy = 1; copy <= MOST_COPIES; copy++)
      {
        g_autofree char *name = copy == 1 ? g_strdup_printf ("k%u", i) : g_strdup_printf ("k%u (%u)", i, copy);

        func (name, data);
      }
  for (guint i = 0; i < N_NAMES; i++)
    {
      g_autofree char *name = g_strdup_printf ("m%u", i);

      func (name, data);
    }
}

typedef struct {
  GString *shown;
  kvault *vault, *other;
  Run *run;
} Look;

static void
look_cb (const char *name,
         gpointer    data)
{
  Look *look = data;

  append_shown (look->shown, *name == 'm' ? look->other : look->vault, name);
}

/* @vault: who looks; NULL: another program. */
static char *
look_at (Run         *run,
         CofferVault *vault)
{
  Look look = { .shown = g_string_new (NULL), .run = run };
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.access = KVAULT_ACCESS_VIEW;
  options.table = "kv";
  g_assert_cmpint (kvault_open (run->other_path, &options, &look.other, NULL), ==, KVAULT_OK);
  options.veil = vault != NULL ? vault->veil : NULL;
  options.shelf = vault != NULL ? coffer_cache_get_shelf (vault->cache) : NULL;
  g_assert_cmpint (kvault_open (run->windows[0].path, &options, &look.vault, NULL), ==, KVAULT_OK);
  for_each_name (look_cb, &look);
  kvault_close (look.vault);
  kvault_close (look.other);
  return g_string_free (look.shown, FALSE);
}

static void
list_cb (const char *name,
         gpointer    data)
{
  Look *look = data;
  const char *value = g_hash_table_lookup (look->run->model, name);

  if (value != NULL)
    g_string_append_printf (look->shown, "%s=%s; ", name, value);
}

static char *
list_model (Run *run)
{
  Look look = { .shown = g_string_new (NULL), .run = run };

  for_each_name (list_cb, &look);
  return g_string_free (look.shown, FALSE);
}

static void
restore_model (Run        *run,
               const char *listed)
{
  g_auto(GStrv) pairs = g_strsplit (listed, "; ", 0);

  g_hash_table_remove_all (run->model);
  for (guint i = 0; *pairs[i] != '\0'; i++)
    {
      g_auto(GStrv) pair = g_strsplit (pairs[i], "=", 2);

      g_hash_table_replace (run->model, g_strdup (pair[0]), g_strdup (pair[1]));
    }
}

/* In every window. */
static void
assert_shown (Run        *run,
              const char *expected)
{
  for (guint i = 0; i < run->n_windows; i++)
    {
      g_autofree char *found = look_at (run, run->windows[i].vault);

      if (strcmp (found, expected) != 0)
        g_error ("expected %s\nfound    %s\nafter\n%s", expected, found, run->told->str);
    }
}

/* ---- what is done ---- */

/* It can be taken back; what could have been taken again is forgotten. */
static void
note_step (Run   *run,
           guint  window)
{
  g_ptr_array_set_size (run->shown, run->at + 1);
  g_array_set_size (run->whose, run->at);
  g_array_append_val (run->whose, window);
  g_ptr_array_add (run->shown, list_model (run));
  run->at++;
}

static void
delete_some (Run   *run,
             guint  window)
{
  Fixture *fixture = &run->windows[window];
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean any = FALSE;

  g_string_append_printf (run->told, "window %u deletes", window);
  for (guint n = 1 + pick (run, 3); n > 0; n--)
    {
      g_autofree char *name = pick_name (run);

      g_string_append_printf (run->told, " %s", name);
      g_ptr_array_add (keys, test_key (name));
      any |= g_hash_table_remove (run->model, name);
    }
  g_string_append_c (run->told, '\n');
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &error);
  g_assert_true (any == (deletion != NULL));
  if (!any)
    return;
  coffer_undo_push_deletion (fixture->undo, deletion);
  note_step (run, window);
}

/* A file of a value that no other has. Returns: (transfer full): its path */
static char *
make_file (Run *run)
{
  g_autofree char *name = g_strdup_printf ("f%u", run->n_files++);
  g_autofree char *filling = g_strnfill (pick (run, 2) * pick (run, MOST_FILLING), 'x'), *value = g_strdup_printf ("%s %s", name, filling);
  char *path = g_build_filename (run->windows[0].folder, name, NULL);

  g_assert_true (g_file_set_contents (path, value, -1, NULL));
  return path;
}

/* Of a file, as it is described. */
static char *
describe_file (const char *path)
{
  g_autofree char *value = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &value, &size, NULL));
  return describe (value, size);
}

static void
append_file (Run             *run,
             CofferAdditions *additions)
{
  g_autofree char *name = pick_name (run), *path = make_file (run), *value = describe_file (path);
  g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));

  g_string_append_printf (run->told, " %s=%s", name, value);
  coffer_additions_append (additions, path, NULL, key, 0);
}

/* What is skipped is there, or was deleted and can still come back. */
static void
model_addition (Run                  *run,
                const CofferAddition *addition,
                const char           *value,
                CofferConflict        conflict)
{
  g_autofree char *name = g_strndup (g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key));
  gboolean there = g_hash_table_contains (run->model, name);

  if (addition->state == COFFER_ADDITION_SKIPPED)
    {
      g_assert_cmpint (conflict, ==, COFFER_CONFLICT_SKIP);
      g_assert_true (there || addition->name_deleted);
      return;
    }
  g_assert_true (addition->state == COFFER_ADDITION_REPLACED || addition->state == COFFER_ADDITION_ADDED);
  g_assert_true (!there || conflict == COFFER_CONFLICT_REPLACE);
  g_assert_true (!there || addition->state == COFFER_ADDITION_REPLACED);
  g_hash_table_replace (run->model, g_steal_pointer (&name), g_strdup (value));
}

static CofferConflict
pick_conflict (Run *run)
{
  const CofferConflict conflicts[] = { COFFER_CONFLICT_REPLACE, COFFER_CONFLICT_SKIP, COFFER_CONFLICT_KEEP_BOTH };

  return conflicts[pick (run, G_N_ELEMENTS (conflicts))];
}

static void
store (Run             *run,
       guint            window,
       CofferAdditions *additions,
       CofferConflict   conflict)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_additions_set_conflict (additions, conflict);
  coffer_vault_add_async (run->windows[window].vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (run->windows[window].vault, result, &error));
  g_assert_no_error (error);
}

static void
add_some (Run   *run,
          guint  window)
{
  CofferConflict conflict = pick_conflict (run);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  g_string_append_printf (run->told, "window %u adds (conflict %u)", window, conflict);
  for (guint n = 1 + pick (run, 3); n > 0; n--)
    append_file (run, additions);
  g_string_append_c (run->told, '\n');
  store (run, window, additions, conflict);
  for (guint i = 0; i < coffer_additions_get_n (additions); i++)
    {
      g_autofree char *value = describe_file (coffer_additions_get (additions, i)->root);

      model_addition (run, coffer_additions_get (additions, i), value, conflict);
    }
  if (coffer_additions_count_undoable (additions) == 0)
    return;
  coffer_undo_push_additions (run->windows[window].undo, additions);
  note_step (run, window);
}

static void
append_moved (Run             *run,
              CofferAdditions *additions,
              guint            from,
              guint            to)
{
  g_autofree char *there = g_strdup_printf ("m%u", from % N_NAMES), *here = g_strdup_printf ("k%u", to % N_NAMES);
  g_autoptr(GBytes) value = g_bytes_new (there, strlen (there)), key = g_bytes_new (here, strlen (here));

  if (!g_hash_table_contains (run->model, there))
    return;
  g_string_append_printf (run->told, " %s to %s", there, here);
  coffer_additions_append_value (additions, value, key, 0);
}

/* What was stored here goes there, as the window does it. */
static CofferMove *
finish_move (Run             *run,
             CofferAdditions *additions,
             CofferConflict   conflict)
{
  CofferAdditions *there = coffer_additions_new ("kv");
  CofferMove *move;

  coffer_additions_set_source (there, run->windows[0].path, "kv");
  for (guint i = 0; i < coffer_additions_get_n (additions); i++)
    {
      const CofferAddition *addition = coffer_additions_get (additions, i);
      g_autofree char *name = g_strndup (g_bytes_get_data (addition->value, NULL), g_bytes_get_size (addition->value));

      model_addition (run, addition, g_hash_table_lookup (run->model, name), conflict);
      if (addition->state == COFFER_ADDITION_SKIPPED)
        continue;
      coffer_additions_append_value (there, addition->key, addition->value, addition->size);
      coffer_additions_get (there, coffer_additions_get_n (there) - 1)->state = COFFER_ADDITION_ADDED;
      g_hash_table_remove (run->model, name);
    }
  move = coffer_move_new (run->other, there);
  coffer_additions_unref (there);
  return move;
}

static void
move_some (Run   *run,
           guint  window)
{
  CofferConflict conflict = pick_conflict (run);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(CofferMove) move = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint from = pick (run, N_NAMES), to = pick (run, N_NAMES), n_moved;

  coffer_additions_set_source (additions, run->other_path, "kv");
  g_string_append_printf (run->told, "window %u moves here (conflict %u)", window, conflict);
  for (guint i = 0, n = 1 + pick (run, 2); i < n; i++)
    append_moved (run, additions, from + i, to + i);
  g_string_append_c (run->told, '\n');
  if (coffer_additions_get_n (additions) == 0)
    return;
  store (run, window, additions, conflict);
  move = finish_move (run, additions, conflict);
  n_moved = coffer_additions_get_n (coffer_move_get_additions (move));
  if (n_moved == 0)
    return;
  coffer_move_go_async (move, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_move_go_finish (move, result, &error), ==, n_moved);
  g_assert_no_error (error);
  coffer_undo_push_moved_in (run->windows[window].undo, additions, move);
  note_step (run, window);
}

/* What another program was given comes back changed. */
static void
replace_one (Run   *run,
             guint  window)
{
  Fixture *fixture = &run->windows[window];
  g_autofree char *name = pick_name (run), *path = make_file (run), *checksum = NULL, *value = NULL, *content = NULL;
  g_autoptr(CofferKey) key = test_key (name), now = NULL;
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) kept = NULL, replaced = NULL;
  g_autoptr(CofferKept) old = NULL;
  g_autoptr(GError) error = NULL;

  if (!g_hash_table_contains (run->model, name))
    return;
  g_string_append_printf (run->told, "window %u replaces %s by %s\n", window, name, path);
  coffer_vault_keep_value_async (fixture->vault, "kv", key, file, NULL, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
  old = coffer_vault_keep_value_finish (fixture->vault, kept, &checksum, &error);
  g_assert_no_error (error);
  g_assert_nonnull (old);
  coffer_vault_replace_async (fixture->vault, "kv", key, file, NULL, checksum, NULL, NULL, test_store_result, &replaced);
  test_wait_for (replaced != NULL);
  now = coffer_vault_replace_finish (fixture->vault, replaced, &value, &content, &error);
  g_assert_no_error (error);
  g_hash_table_replace (run->model, g_strdup (name), describe_file (path));
  coffer_undo_push_value (fixture->undo, "kv", key, old, value);
  note_step (run, window);
}

static void
append_rename (Run           *run,
               CofferRenames *renames,
               const char    *from,
               const char    *to)
{
  g_autoptr(CofferKey) key = test_key (from);
  g_autoptr(GBytes) new_key = g_bytes_new (to, strlen (to));

  g_string_append_printf (run->told, " %s to %s", from, to);
  coffer_renames_add (renames, key, new_key);
}

/* Two change their names; @to has none if it is not there. */
static void
model_rename (Run        *run,
              const char *from,
              const char *to)
{
  char *moved = g_strdup (g_hash_table_lookup (run->model, from)), *back = g_strdup (g_hash_table_lookup (run->model, to));

  g_hash_table_replace (run->model, g_strdup (to), moved);
  if (back != NULL)
    g_hash_table_replace (run->model, g_strdup (from), back);
  else
    g_hash_table_remove (run->model, from);
}

/* One, or two that change their names; it fails if a name is taken, or was by what can still come back. */
static void
rename_some (Run   *run,
             guint  window)
{
  Fixture *fixture = &run->windows[window];
  g_autofree char *from = pick_name (run), *to = pick_name (run);
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean both = pick (run, 2);

  if (strcmp (from, to) == 0)
    return;
  g_string_append_printf (run->told, "window %u renames", window);
  append_rename (run, renames, from, to);
  if (both)
    {
      append_rename (run, renames, to, from);
      coffer_renames_arrange (renames);
    }
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  if (!coffer_vault_rename_keys_finish (fixture->vault, result, &error))
    {
      g_string_append_printf (run->told, ": %s\n", error->message);
      return;
    }
  g_string_append_c (run->told, '\n');
  g_assert_true (g_hash_table_contains (run->model, from));
  g_assert_true (both == g_hash_table_contains (run->model, to));
  model_rename (run, from, to);
  coffer_undo_push_renames (fixture->undo, renames);
  note_step (run, window);
}

/* ---- back and forth ---- */

static void
take_step (Run      *run,
           gboolean  redo)
{
  guint window = g_array_index (run->whose, guint, redo ? run->at : run->at - 1);
  g_autoptr(GError) error = NULL;
  g_autofree char *words = test_step (&run->windows[window], redo, &error);

  g_string_append_printf (run->told, "window %u %s: %s\n", window, redo ? "redo" : "undo", words != NULL ? words : error->message);
  run->at = redo ? run->at + 1 : run->at - 1;
  restore_model (run, g_ptr_array_index (run->shown, run->at));
}

/* Nobody says what becomes of it, but all have to see the same, which is what the file is to have in the end. */
static void
take_step_apart (Run      *run,
                 guint     window,
                 gboolean  redo)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *words = test_step (&run->windows[window], redo, &error), *found = look_at (run, run->windows[window].vault);

  g_string_append_printf (run->told, "window %u %s: %s\n", window, redo ? "redo" : "undo", words != NULL ? words : error->message);
  restore_model (run, found);
}

static void
take_step_if_any (Run      *run,
                  guint     window,
                  gboolean  redo)
{
  if (run->apart)
    take_step_apart (run, window, redo);
  else if (redo ? run->at < run->whose->len : run->at > 0)
    take_step (run, redo);
}

/* In all windows; what is kept of deletions is no step any more, and these begin anew. */
static void
write_out (Run *run)
{
  g_string_append (run->told, "deletions are written\n");
  for (guint i = 0; i < run->n_windows; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *shown = list_model (run);

      test_write_out (&run->windows[i], NULL, &error);
      g_assert_no_error (error);
      assert_shown (run, shown);
      g_object_unref (run->windows[i].undo);
      run->windows[i].undo = coffer_undo_new (run->windows[i].vault);
    }
  g_ptr_array_set_size (run->shown, 0);
  g_ptr_array_add (run->shown, list_model (run));
  g_array_set_size (run->whose, 0);
  run->at = 0;
}

/* Another window could take its steps again after this one's, which nobody says what to expect of. */
static gboolean
may_begin (Run   *run,
           guint  window)
{
  for (guint i = run->at; !run->apart && i < run->whose->len; i++)
    if (g_array_index (run->whose, guint, i) != window)
      return FALSE;
  return TRUE;
}

static void
do_something (Run *run)
{
  guint window = pick (run, run->n_windows), what = pick (run, 20);

  if (what < 11 && !may_begin (run, window))
    return;
  if (what < 4)
    delete_some (run, window);
  else if (what < 7)
    add_some (run, window);
  else if (what < 9)
    rename_some (run, window);
  else if (what == 9)
    move_some (run, window);
  else if (what == 10)
    replace_one (run, window);
  else if (what < 19)
    take_step_if_any (run, window, what >= 16);
  else
    write_out (run);
}

/* ---- a run ---- */

static void
begin (Run           *run,
       const Variant *variant,
       guint          seed)
{
  char *folder = test_folder_new (), *path = test_make_vault (folder, "v.db", 0);
  g_autoptr(GString) sql = g_string_new (NULL);

  *run = (Run) { .n_windows = variant->n_windows, .apart = variant->apart, .random = g_rand_new_with_seed (seed), .told = g_string_new (NULL) };
  g_string_append_printf (run->told, "seed %u\n", seed);
  run->model = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  run->shown = g_ptr_array_new_with_free_func (g_free);
  run->whose = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < N_OLD; i++)
    {
      g_string_append_printf (sql, "INSERT INTO kv (key, value) VALUES (CAST('k%u' AS BLOB), CAST('o%u ' AS BLOB));", i, i);
      g_hash_table_replace (run->model, g_strdup_printf ("k%u", i), g_strdup_printf ("o%u:3", i));
    }
  test_sql (path, sql->str);
  run->other_path = test_make_vault (folder, "other.db", 0);
  g_string_truncate (sql, 0);
  for (guint i = 0; i < N_NAMES; i++)
    {
      g_string_append_printf (sql, "INSERT INTO kv (key, value) VALUES (CAST('m%u' AS BLOB), CAST('p%u ' AS BLOB));", i, i);
      g_hash_table_replace (run->model, g_strdup_printf ("m%u", i), g_strdup_printf ("p%u:3", i));
    }
  test_sql (run->other_path, sql->str);
  run->other = test_open (run->other_path);
  test_edit (run->other);
  for (guint i = 0; i < run->n_windows; i++)
    {
      Fixture *fixture = &run->windows[i];

      fixture->folder = folder;
      fixture->path = path;
      fixture->vault = test_open (path);
      test_edit (fixture->vault);
      fixture->undo = coffer_undo_new (fixture->vault);
      if (variant->caches)
        coffer_cache_set_options (fixture->vault->cache, &(CofferCacheOptions) { TRUE, 1 << 20, 1 << 19, 86400 });
    }
  g_ptr_array_add (run->shown, list_model (run));
}

/* What was on show is what is there, to anybody. */
static void
end (Run *run)
{
  g_autofree char *shown = list_model (run), *found = NULL;

  write_out (run);
  for (guint i = 0; i < run->n_windows; i++)
    {
      g_object_unref (run->windows[i].undo);
      test_close (run->windows[i].vault);
    }
  test_close (run->other);
  found = look_at (run, NULL);
  if (strcmp (found, shown) != 0)
    g_error ("expected %s\nthe file has %s\nafter\n%s", shown, found, run->told->str);
  g_free (run->other_path);
  g_free (run->windows[0].path);
  test_folder_remove (run->windows[0].folder);
  g_hash_table_unref (run->model);
  g_ptr_array_unref (run->shown);
  g_array_unref (run->whose);
  g_rand_free (run->random);
  g_string_free (run->told, TRUE);
}

static void
run_seed (const Variant *variant,
          guint          seed)
{
  Run run;

  begin (&run, variant, seed);
  for (guint i = 0; i < N_STEPS; i++)
    {
      g_autofree char *expected = NULL;

      do_something (&run);
      expected = list_model (&run);
      assert_shown (&run, expected);
    }
  end (&run);
}

static void
what_is_shown_is_what_was_done (gconstpointer data)
{
  const Variant *variant = data;
  const char *alone = g_getenv ("COFFER_TEST_SEED");
  gint64 until = g_get_monotonic_time () + (g_getenv ("COFFER_TEST_FULL") != NULL ? 60 : 1) * G_USEC_PER_SEC;
  guint first = alone != NULL ? (guint) g_ascii_strtoull (alone, NULL, 10) : (guint) g_test_rand_int_range (0, 1 << 30), n = 0;

  coffer_attic_set_most (variant->attic ? 0 : 64 << 20, G_MAXUINT64);
  do
    run_seed (variant, first + n++);
  while (alone == NULL && g_get_monotonic_time () < until);
  g_test_message ("seeds %u to %u", first, first + n - 1);
  coffer_attic_set_most (64 << 20, G_MAXUINT64);
}

int
main (int    argc,
      char **argv)
{
  static const Variant one = { 1, FALSE, FALSE }, attic = { 1, FALSE, TRUE }, two = { 2, FALSE, FALSE }, cache = { 2, TRUE, TRUE };
  static const Variant apart = { 2, FALSE, FALSE, TRUE };

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/undo/random/in-one-window", &one, what_is_shown_is_what_was_done);
  g_test_add_data_func ("/undo/random/kept-in-a-file", &attic, what_is_shown_is_what_was_done);
  g_test_add_data_func ("/undo/random/in-two-windows", &two, what_is_shown_is_what_was_done);
  g_test_add_data_func ("/undo/random/in-two-windows-apart", &apart, what_is_shown_is_what_was_done);
  g_test_add_data_func ("/undo/random/with-values-that-wait", &cache, what_is_shown_is_what_was_done);

  return g_test_run ();
}
