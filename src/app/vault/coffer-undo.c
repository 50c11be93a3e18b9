/* SPDX-License-Identifier: MIT */
/*
 * Taking back what was done to a vault, and doing it again. Main thread.
 *
 * `steps` are what was done, in order; the first `n_done` of them stand. Each kind of step knows how to begin to be taken back or
 * again, and what to say of it. One at a time.
 */
#define G_LOG_DOMAIN "coffer-undo"

#include "coffer-undo.h"

#include "coffer-additions-private.h"
#include "coffer-error.h"
#include "coffer-kept-value.h"

#include <glib/gi18n-lib.h>

#define KEPT_IN_ALL (256u << 20)   /* bytes of values that were replaced; the oldest steps go */

typedef enum {
  DELETION,
  RENAMES,
  ADDITIONS,
  VALUE,
  MOVE,        /* away from here */
  COPIES,      /* for its words alone: ADDITIONS from another vault */
  N_KINDS
} Kind;

typedef struct {
  guint refs;              /* of the list, and of who takes it */
  Kind kind;
  gpointer what;           /* CofferDeletion, CofferRenames, CofferAdditions */
  CofferMove *move;        /* MOVE; of ADDITIONS: they were moved here; or NULL */
  CofferKey *key;          /* VALUE: whose, */
  char *table;             /* in which table, */
  GBytes *other;           /* what it had, or has again to get, */
  char *now;               /* and the SHA-256 of what is there */
} Step;

struct _CofferUndo {
  GObject parent_instance;

  CofferVault *vault;
  GPtrArray *steps;
  guint n_done;
  gboolean busy;
  char *undo_label, *redo_label;
};

enum {
  PROP_0,
  PROP_UNDO_LABEL,
  PROP_REDO_LABEL,
  PROP_BUSY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferUndo, coffer_undo, G_TYPE_OBJECT)

static void
step_unref (gpointer data)
{
  Step *step = data;

  if (--step->refs > 0)
    return;
  if (step->kind == DELETION)
    coffer_deletion_unref (step->what);
  else if (step->kind == RENAMES)
    coffer_renames_unref (step->what);
  else if (step->kind == ADDITIONS)
    coffer_additions_unref (step->what);
  g_clear_pointer (&step->move, coffer_move_unref);
  g_clear_pointer (&step->key, coffer_key_unref);
  g_clear_pointer (&step->other, g_bytes_unref);
  g_free (step->table);
  g_free (step->now);
  g_free (step);
}

/* ---- words ---- */

/* Of one key by its name. */
static const char *const undo_named[N_KINDS] = {
  [DELETION] = N_("_Undo Delete of “%s”"),
  [RENAMES] = N_("_Undo Rename of “%s”"),
  [VALUE] = N_("_Undo Replace of “%s”"),
};

static const char *const redo_named[N_KINDS] = {
  [DELETION] = N_("_Redo Delete of “%s”"),
  [RENAMES] = N_("_Redo Rename of “%s”"),
  [VALUE] = N_("_Redo Replace of “%s”"),
};

/* Of many by their number, for which there is one %s. */
static const char *
get_undo_words (Kind  kind,
                guint n)
{
  switch (kind)
    {
    case RENAMES:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Rename of %s Key", "_Undo Rename of %s Keys", n);
    case ADDITIONS:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Adding %s File", "_Undo Adding %s Files", n);
    case MOVE:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Move of %s Key", "_Undo Move of %s Keys", n);
    case COPIES:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Copying of %s Key", "_Undo Copying of %s Keys", n);
    case DELETION:
    case VALUE:
    case N_KINDS:
    default:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Delete of %s Key", "_Undo Delete of %s Keys", n);
    }
}

static const char *
get_redo_words (Kind  kind,
                guint n)
{
  switch (kind)
    {
    case RENAMES:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Rename of %s Key", "_Redo Rename of %s Keys", n);
    case ADDITIONS:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Adding %s File", "_Redo Adding %s Files", n);
    case MOVE:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Move of %s Key", "_Redo Move of %s Keys", n);
    case COPIES:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Copying of %s Key", "_Redo Copying of %s Keys", n);
    case DELETION:
    case VALUE:
    case N_KINDS:
    default:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Delete of %s Key", "_Redo Delete of %s Keys", n);
    }
}

static char *
fill_in (const char *format,
         const char *text)
{
  g_auto(GStrv) parts = g_strsplit (format, "%s", 2);

  return g_strjoinv (text, parts);
}

/* @words: with one %s, as they are for @n. */
static char *
count_words (const char *words,
             guint       n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);

  return fill_in (words, number);
}

/* Underscores of a key are no mnemonics. */
static char *
name_key (CofferKey *key)
{
  g_autofree char *shown = coffer_key_to_display (key, 40);
  g_auto(GStrv) parts = g_strsplit (shown, "_", -1);

  return g_strjoinv ("__", parts);
}

static guint
get_n (const Step *step,
       gboolean    redo)
{
  if (step->kind == DELETION)
    return coffer_deletion_get_n (step->what);
  if (step->kind == RENAMES)
    return coffer_renames_get_n (step->what);
  if (step->kind == ADDITIONS && step->move != NULL && !redo)
    return MAX (coffer_additions_count_undoable (step->what), coffer_move_get_n_gone (step->move));   /* some were there already */
  if (step->kind == ADDITIONS)
    return redo ? coffer_additions_count_taken (step->what) : coffer_additions_count_undoable (step->what);
  if (step->kind == MOVE)
    return redo ? coffer_move_get_n_there (step->move) : coffer_move_get_n_gone (step->move);
  return 1;
}

static CofferKey *
get_key (const Step *step)
{
  if (step->kind == DELETION)
    return coffer_deletion_peek_key (step->what);
  if (step->kind == RENAMES)
    return coffer_renames_get_key (step->what, 0);
  return step->key;
}

static Kind
get_kind_of_words (const Step *step)
{
  if (step->move != NULL)
    return MOVE;
  return step->kind == ADDITIONS && coffer_additions_are_values (step->what) ? COPIES : step->kind;
}

static char *
describe (const Step *step,
          gboolean    redo)
{
  guint n = get_n (step, redo);
  Kind kind = get_kind_of_words (step);
  const char *named = redo ? redo_named[step->kind] : undo_named[step->kind];
  g_autofree char *name = NULL;

  if (n != 1 || named == NULL)
    return count_words (redo ? get_redo_words (kind, n) : get_undo_words (kind, n), n);
  name = name_key (get_key (step));
  return fill_in (_(named), name);
}

/* ---- steps ---- */

static Step *
peek_step (CofferUndo *self,
           gboolean    redo)
{
  guint i = redo ? self->n_done : self->n_done - 1;

  return i < self->steps->len ? g_ptr_array_index (self->steps, i) : NULL;   /* before the first, too: it wraps */
}

static void
set_label (CofferUndo *self,
           char      **label,
           char       *text,
           guint       prop)
{
  g_autofree char *old = *label;

  *label = text;
  if (g_strcmp0 (old, text) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

static void
update_labels (CofferUndo *self)
{
  Step *undo = peek_step (self, FALSE), *redo = peek_step (self, TRUE);

  set_label (self, &self->undo_label, undo != NULL ? describe (undo, FALSE) : NULL, PROP_UNDO_LABEL);
  set_label (self, &self->redo_label, redo != NULL ? describe (redo, TRUE) : NULL, PROP_REDO_LABEL);
}

static void
remove_step (CofferUndo *self,
             guint       i)
{
  g_ptr_array_remove_index (self->steps, i);
  if (i < self->n_done)
    self->n_done--;
}

/* What was deleted from the file cannot be taken back, and what the other window brought back need not. */
static gboolean
is_over (CofferUndo *self,
         guint       i)
{
  Step *step = g_ptr_array_index (self->steps, i);

  return (step->kind == DELETION && coffer_deletion_get_n_left (step->what) == 0) ||
         (step->kind == MOVE && i < self->n_done && coffer_move_get_n_gone (step->move) == 0);
}

static void
changed_cb (CofferUndo *self)
{
  if (self->busy)
    return;
  for (guint i = self->steps->len; i > 0; i--)
    if (is_over (self, i - 1))
      remove_step (self, i - 1);
  update_labels (self);
}

static void
limit_kept (CofferUndo *self)
{
  guint64 n_bytes = 0;

  for (guint i = self->steps->len; i > 0; i--)
    {
      Step *step = g_ptr_array_index (self->steps, i - 1);

      guint64 size = step->other != NULL ? g_bytes_get_size (step->other) :
                     step->kind == ADDITIONS ? coffer_additions_get_kept (step->what) : 0;

      n_bytes += size;
      if (size > 0 && n_bytes > KEPT_IN_ALL)
        remove_step (self, i - 1);
    }
}

static Step *
push (CofferUndo *self,
      Kind        kind,
      gpointer    what)
{
  Step *step = g_new0 (Step, 1);

  step->refs = 1;
  step->kind = kind;
  step->what = what;
  g_ptr_array_set_size (self->steps, self->n_done);   /* what was taken back cannot be done again */
  g_ptr_array_add (self->steps, step);
  self->n_done = self->steps->len;
  return step;
}

void
coffer_undo_push_deletion (CofferUndo     *self,
                           CofferDeletion *deletion)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && deletion != NULL);

  push (self, DELETION, coffer_deletion_ref (deletion));
  update_labels (self);
}

void
coffer_undo_push_renames (CofferUndo    *self,
                          CofferRenames *renames)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && renames != NULL);

  push (self, RENAMES, coffer_renames_ref (renames));
  update_labels (self);
}

void
coffer_undo_push_additions (CofferUndo      *self,
                            CofferAdditions *additions)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && additions != NULL);

  push (self, ADDITIONS, coffer_additions_ref (additions));
  limit_kept (self);
  update_labels (self);
}

void
coffer_undo_push_moved_in (CofferUndo      *self,
                           CofferAdditions *additions,
                           CofferMove      *move)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && additions != NULL && move != NULL);

  push (self, ADDITIONS, coffer_additions_ref (additions))->move = coffer_move_ref (move);
  limit_kept (self);
  update_labels (self);
}

void
coffer_undo_push_moved_out (CofferUndo *self,
                            CofferMove *move)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && move != NULL);

  push (self, MOVE, NULL)->move = coffer_move_ref (move);
  update_labels (self);
}

void
coffer_undo_push_value (CofferUndo *self,
                        CofferKey  *key,
                        GBytes     *old,
                        const char *now)
{
  Step *step;

  g_return_if_fail (COFFER_IS_UNDO (self) && key != NULL && old != NULL && now != NULL);

  step = push (self, VALUE, NULL);
  step->key = coffer_key_ref (key);
  step->table = g_strdup (coffer_vault_get_table (self->vault));
  step->other = g_bytes_ref (old);
  step->now = g_strdup (now);
  limit_kept (self);
  update_labels (self);
}

/* ---- taking one ---- */

typedef struct {
  Step *step;
  gboolean redo;
  CofferProgress *progress;    /* or NULL */
  guint n_taken, n_wrong;      /* of files that are added again: as it was before */
  guint n_back;                /* of what was moved here: given back first */
} Taking;

static void
taking_free (gpointer data)
{
  Taking *taking = data;

  step_unref (taking->step);
  g_clear_pointer (&taking->progress, coffer_progress_unref);
  g_free (taking);
}

static void
set_busy (CofferUndo *self,
          gboolean    busy)
{
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

/* Where the step stands now. What was done meanwhile (an import that came to its end) took its place: then it cannot be done again, or is one
 * more that was done. */
static void
move_step (CofferUndo *self,
           Taking     *taking)
{
  guint i;
  gboolean there = g_ptr_array_find (self->steps, taking->step, &i);

  if (there && i == (taking->redo ? self->n_done : self->n_done - 1))
    self->n_done += taking->redo ? 1 : -1;
  else if (there && !taking->redo)
    remove_step (self, i);
  else if (!there && taking->redo)
    {
      taking->step->refs++;
      g_ptr_array_insert (self->steps, self->n_done++, taking->step);
    }
}

/* @text (transfer full), @error (transfer full) (nullable): one of them. After an error it is where it was. @drop: it is no step any more. */
static void
end (GTask  *task,
     char   *text,
     GError *error,
     gboolean drop)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  if (error == NULL)
    move_step (self, taking);
  if (drop)
    {
      guint i;

      if (g_ptr_array_find (self->steps, taking->step, &i))
        remove_step (self, i);
    }
  set_busy (self, FALSE);
  changed_cb (self);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, text, g_free);
}

static void
deletion_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  guint n_left, n;

  if (!coffer_vault_show_deletion_finish (COFFER_VAULT (source), result, &error))
    {
      end (task, NULL, error, g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE));
      return;
    }
  n_left = coffer_deletion_get_n_left (taking->step->what);
  n = coffer_deletion_get_n (taking->step->what);
  if (taking->redo)
    end (task, count_words (g_dngettext (GETTEXT_PACKAGE, "%s key deleted again", "%s keys deleted again", n_left), n_left), NULL,
         FALSE);
  else if (n_left == n)
    end (task, count_words (g_dngettext (GETTEXT_PACKAGE, "%s key is back", "%s keys are back", n), n), NULL, FALSE);
  else
    {
      g_autofree char *back = g_strdup_printf ("%'u", n_left);
      g_autofree char *all = g_strdup_printf ("%'u", n);

      /* Translators: of keys that were deleted; the numbers are of keys */
      end (task, g_strdup_printf (_("%s of %s are back; the others were written to or deleted meanwhile"), back, all), NULL, FALSE);
    }
}

static void
renames_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  guint n = coffer_renames_get_n (taking->step->what);

  if (!coffer_vault_rename_keys_finish (COFFER_VAULT (source), result, &error))
    end (task, NULL, error, FALSE);
  else if (taking->redo)
    end (task, count_words (g_dngettext (GETTEXT_PACKAGE, "%s key renamed", "%s keys renamed", n), n), NULL, FALSE);
  else
    end (task, count_words (g_dngettext (GETTEXT_PACKAGE, "%s key has its old name again", "%s keys have their old names again", n), n),
         NULL, FALSE);
}

static void
taken_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = coffer_vault_take_back_finish (COFFER_VAULT (source), result, &error);
  guint n_stay = coffer_additions_count_undoable (taking->step->what);
  g_autofree char *taken = NULL;

  if (n >= 0 && n_stay > 0 && g_cancellable_is_cancelled (g_task_get_cancellable (task)))   /* the rest can be taken back, too */
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, n > 0 ? _("Not all was taken back") : _("Nothing was taken back"));
  if (n == 0 && n_stay > 0 && coffer_additions_are_values (taking->step->what) && error == NULL)
    error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                 _("The values are not where they came from any more, or are others by now: here they may be the only ones"));
  if (error != NULL)
    {
      end (task, NULL, error, FALSE);
      return;
    }
  n = MAX (n, (gssize) taking->n_back);
  taken = taking->step->move != NULL ? count_words (g_dngettext (GETTEXT_PACKAGE, "%s key moved back", "%s keys moved back", n), n)
                                     : count_words (g_dngettext (GETTEXT_PACKAGE, "%s key taken back", "%s keys taken back", n), n);
  if (n_stay > 0)
    {
      g_autofree char *stay = count_words (g_dngettext (GETTEXT_PACKAGE, "%s stays: its value or its file is another by now",
                                                       "%s stay: their values or their files are others by now", n_stay), n_stay);

      end (task, g_strdup_printf ("%s; %s", taken, stay), NULL, n == 0);
    }
  else
    end (task, g_steal_pointer (&taken), NULL, FALSE);
}

static void add_again    (GTask *task);
static void verify_again (GTask *task);

static void
tell_progress (Taking *taking)
{
  guint n_files;
  guint64 n_bytes, size = coffer_additions_get_size (taking->step->what);
  double fraction;

  if (taking->progress == NULL || size == 0)
    return;
  coffer_additions_get_progress (taking->step->what, &n_files, &n_bytes);
  fraction = (double) n_bytes / size;
  coffer_progress_tell (taking->progress, g_memdup2 (&fraction, sizeof fraction));
}

/* The copies are there: whether the values are gone from where they came from, or why not. */
static void
moved_on_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  gssize n = coffer_move_go_finish (taking->step->move, result, &error);

  if (n >= 0)
    end (task, count_words (g_dngettext (GETTEXT_PACKAGE, "%s key moved again", "%s keys moved again", n), n), NULL, FALSE);
  else
    end (task, g_strdup_printf (_("Copied again, but not moved: %s"), error->message), NULL, FALSE);
}

/* What was cancelled before anything was there again can be tried once more. */
static void
end_added_again (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);
  CofferAdditions *additions = taking->step->what;
  guint n = taking->n_taken - coffer_additions_count_taken (additions), n_wrong = coffer_additions_count_wrong (additions) - taking->n_wrong;
  gboolean drop = coffer_additions_count_undoable (additions) == 0;
  g_autofree char *added = coffer_additions_are_values (additions)
                           ? count_words (g_dngettext (GETTEXT_PACKAGE, "%s key copied again", "%s keys copied again", n), n)
                           : count_words (g_dngettext (GETTEXT_PACKAGE, "%s file added again", "%s files added again", n), n);

  if (taking->step->move != NULL && n > 0 && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    coffer_move_go_async (taking->step->move, g_task_get_cancellable (task), moved_on_cb, g_object_ref (task));
  else if (n == 0 && g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    end (task, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Nothing was added again")), FALSE);
  else if (n_wrong > 0)
    {
      g_autofree char *wrong = count_words (g_dngettext (GETTEXT_PACKAGE, "%s key has another value than was stored",
                                                        "%s keys have other values than were stored", n_wrong), n_wrong);

      end (task, g_strdup_printf ("%s; %s", added, wrong), NULL, drop);
    }
  else
    end (task, g_steal_pointer (&added), NULL, drop);
}

static void
added_again_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  CofferAdditions *additions = taking->step->what;
  gboolean cancelled = g_cancellable_is_cancelled (g_task_get_cancellable (task));
  GError *error = NULL;

  coffer_vault_add_finish (COFFER_VAULT (source), result, &error);
  if (cancelled && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)))
    {
      g_clear_error (&error);
      end_added_again (task);
    }
  else if (error != NULL)
    {
      if (coffer_additions_count_undoable (additions) > 0)
        move_step (g_task_get_source_object (task), taking);   /* what is there again can be taken back */
      end (task, NULL, error, FALSE);
    }
  else if (coffer_additions_get_next (additions) < coffer_additions_get_n (additions) && !cancelled)
    {
      tell_progress (taking);
      add_again (task);
    }
  else
    verify_again (task);
}

static void
verified_again_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;

  if (coffer_vault_verify_additions_finish (COFFER_VAULT (source), result, &error))
    {
      tell_progress (taking);
      verify_again (task);
    }
  else
    end_added_again (task);   /* it is there, if not looked at */
}

/* As much as was when it was added at first. */
static void
verify_again (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);
  CofferAdditions *additions = taking->step->what;

  if (!coffer_additions_get_verifies (additions) || coffer_additions_is_verified (additions) ||
      g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    end_added_again (task);
  else
    coffer_vault_verify_additions_async (self->vault, additions, g_task_get_cancellable (task), verified_again_cb, g_object_ref (task));
}

static void
add_again (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  coffer_vault_add_async (self->vault, taking->step->what, g_task_get_cancellable (task), added_again_cb, g_object_ref (task));
}

static void
swapped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  Step *step = taking->step;
  GError *error = NULL;
  GBytes *old = NULL;
  char *now = NULL;

  if (!coffer_vault_swap_value_finish (COFFER_VAULT (source), result, &old, &now, &error))
    {
      end (task, NULL, error, FALSE);
      return;
    }
  g_bytes_unref (step->other);
  step->other = old;
  g_free (step->now);
  step->now = now;
  end (task, g_strdup (taking->redo ? _("Value replaced") : _("The old value is back")), NULL, old == NULL);
}

static void
take_back (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  coffer_vault_take_back_async (self->vault, taking->step->what, g_task_get_cancellable (task), taken_back_cb, g_object_ref (task));
}

/* What was moved here is where it came from again, and can go. */
static void
given_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;

  gssize n = coffer_move_back_finish (taking->step->move, result, &error);

  taking->n_back = MAX (n, 0);
  if (n >= 0)
    take_back (task);
  else
    end (task, NULL, error, FALSE);
}

static void
take_additions (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);
  CofferMove *move = taking->step->move;

  if (!taking->redo && move != NULL && coffer_move_get_n_gone (move) > 0)
    {
      coffer_move_back_async (move, g_task_get_cancellable (task), given_back_cb, g_object_ref (task));
      return;
    }
  if (!taking->redo)
    {
      take_back (task);
      return;
    }
  taking->n_taken = coffer_additions_count_taken (taking->step->what);
  taking->n_wrong = coffer_additions_count_wrong (taking->step->what);
  coffer_additions_begin_again (taking->step->what);
  add_again (task);
}

static void
brought_back_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = coffer_move_back_finish (taking->step->move, result, &error);
  guint n_gone = coffer_move_get_n_gone (taking->step->move);
  g_autofree char *back = NULL;

  if (n == 0)
    error = g_cancellable_is_cancelled (g_task_get_cancellable (task))
            ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Nothing was taken back"))
            : g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                   _("The keys are not where they were moved to any more, or their names are taken here"));
  if (error != NULL)
    {
      end (task, NULL, error, FALSE);
      return;
    }
  back = count_words (g_dngettext (GETTEXT_PACKAGE, "%s key is back", "%s keys are back", n), n);
  if (n_gone > 0)
    {
      g_autofree char *stay = count_words (g_dngettext (GETTEXT_PACKAGE, "%s stays where it was moved to", "%s stay where they were moved to", n_gone),
                                           n_gone);

      end (task, g_strdup_printf ("%s; %s", back, stay), NULL, FALSE);
    }
  else
    end (task, g_steal_pointer (&back), NULL, FALSE);
}

static void
gone_again_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = coffer_move_go_finish (taking->step->move, result, &error);

  if (n == 0)
    error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                 _("The keys are not where they were moved to any more: here they may be the only ones"));
  end (task, error == NULL ? count_words (g_dngettext (GETTEXT_PACKAGE, "%s key moved again", "%s keys moved again", n), n) : NULL, error, FALSE);
}

static void
take_move (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);

  if (taking->redo)
    coffer_move_go_async (taking->step->move, g_task_get_cancellable (task), gone_again_cb, g_object_ref (task));
  else
    coffer_move_back_async (taking->step->move, g_task_get_cancellable (task), brought_back_cb, g_object_ref (task));
}

static void
take (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);
  Step *step = taking->step;

  switch (step->kind)
    {
    case DELETION:
      coffer_vault_show_deletion_async (self->vault, step->what, !taking->redo, deletion_cb, g_object_ref (task));
      break;
    case RENAMES:
      coffer_vault_rename_keys_async (self->vault, step->what, !taking->redo, taking->progress, g_task_get_cancellable (task), renames_cb,
                                      g_object_ref (task));
      break;
    case ADDITIONS:
      take_additions (task);
      break;
    case VALUE:
      coffer_vault_swap_value_async (self->vault, step->table, step->key, step->other, step->now, swapped_cb, g_object_ref (task));
      break;
    case MOVE:
      take_move (task);
      break;
    case COPIES:
    case N_KINDS:
    default:
      g_assert_not_reached ();
    }
}

void
coffer_undo_step_async (CofferUndo          *self,
                        gboolean             redo,
                        CofferProgress      *progress,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  Step *step;
  Taking *taking;

  g_return_if_fail (COFFER_IS_UNDO (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_undo_step_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told */
  step = peek_step (self, redo);
  if (self->busy || step == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, self->busy ? G_IO_ERROR_BUSY : G_IO_ERROR_NOT_FOUND, "%s",
                               self->busy ? _("The last step is still being taken back") : _("There is nothing to take back"));
      return;
    }
  taking = g_new0 (Taking, 1);
  *taking = (Taking) { step, redo, progress != NULL ? coffer_progress_ref (progress) : NULL };
  step->refs++;
  g_task_set_task_data (task, taking, taking_free);
  set_busy (self, TRUE);
  take (task);
}

char *
coffer_undo_step_finish (CofferUndo    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

CofferKey *
coffer_undo_dup_followed (CofferUndo *self,
                          gboolean    redo)
{
  Step *step = peek_step (self, !redo);   /* it is on the other side now */

  if (step == NULL || step->kind != RENAMES || coffer_renames_get_n (step->what) != 1)
    return NULL;
  return redo ? coffer_key_new_written (coffer_renames_get_new_key (step->what, 0)) : coffer_key_ref (coffer_renames_get_key (step->what, 0));
}

const char *
coffer_undo_get_undo_label (CofferUndo *self)
{
  g_return_val_if_fail (COFFER_IS_UNDO (self), NULL);

  return self->undo_label;
}

const char *
coffer_undo_get_redo_label (CofferUndo *self)
{
  g_return_val_if_fail (COFFER_IS_UNDO (self), NULL);

  return self->redo_label;
}

gboolean
coffer_undo_get_busy (CofferUndo *self)
{
  g_return_val_if_fail (COFFER_IS_UNDO (self), FALSE);

  return self->busy;
}

/* ---- the object ---- */

static void
coffer_undo_dispose (GObject *object)
{
  CofferUndo *self = COFFER_UNDO (object);

  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_data (self->vault, self);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_undo_parent_class)->dispose (object);
}

static void
coffer_undo_finalize (GObject *object)
{
  CofferUndo *self = COFFER_UNDO (object);

  g_ptr_array_unref (self->steps);
  g_free (self->undo_label);
  g_free (self->redo_label);

  G_OBJECT_CLASS (coffer_undo_parent_class)->finalize (object);
}

static void
coffer_undo_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  CofferUndo *self = COFFER_UNDO (object);

  switch (prop_id)
    {
    case PROP_UNDO_LABEL:
      g_value_set_string (value, self->undo_label);
      break;
    case PROP_REDO_LABEL:
      g_value_set_string (value, self->redo_label);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, self->busy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_undo_class_init (CofferUndoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = coffer_undo_dispose;
  object_class->finalize = coffer_undo_finalize;
  object_class->get_property = coffer_undo_get_property;

  props[PROP_UNDO_LABEL] = g_param_spec_string ("undo-label", NULL, NULL, NULL, flags);
  props[PROP_REDO_LABEL] = g_param_spec_string ("redo-label", NULL, NULL, NULL, flags);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_undo_init (CofferUndo *self)
{
  self->steps = g_ptr_array_new_with_free_func (step_unref);
}

CofferUndo *
coffer_undo_new (CofferVault *vault)
{
  CofferUndo *self;

  g_return_val_if_fail (COFFER_IS_VAULT (vault), NULL);

  self = g_object_new (COFFER_TYPE_UNDO, NULL);
  self->vault = g_object_ref (vault);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (changed_cb), self);
  return self;
}
