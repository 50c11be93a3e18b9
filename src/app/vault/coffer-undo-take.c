/* SPDX-License-Identifier: MIT */
/*
 * Taking a step back, or again. Main thread.
 *
 * Each kind of step begins here, and says at its end what came of it. What is done in many pieces goes in runs: a pause ends the one under
 * way, and the next takes what is left.
 */
#define G_LOG_DOMAIN "coffer-undo"

#include "coffer-undo-private.h"

#include "coffer-error-private.h"
#include "coffer-kept-value.h"

#include <glib/gi18n-lib.h>

#define LOOK_MS 200
#define BUSY_US (30 * G_USEC_PER_SEC)   /* that another program may keep us waiting */

typedef struct {
  CofferUndoStep *step;
  gboolean redo;
  CofferProgress *progress;    /* or NULL */
  guint n_taken, n_wrong;      /* of files that are added again: as it was before */
  guint n_others;              /* of those that only had to be shown: what somebody wrote to or deleted */
  guint n_back;                /* of what was moved here: given back first */
  guint n_moved;               /* from vault to vault, in all runs so far */
  guint n_gone;                /* from the vault that they came from, before this run */
  guint look_id;               /* while it is looked how far that is; 0: it is not */
  guint n_before;              /* that were taken back in runs before this one */
  GCancellable *stop;          /* of the run under way, or the last one */
  gboolean paused;
  gint64 busy_since;           /* another program has kept us waiting; 0: none does */
  void (*held) (GTask *task);  /* with a reference: the next run, once it goes on; NULL: it is not held */
} Taking;

static void
taking_free (gpointer data)
{
  Taking *taking = data;

  coffer_undo_step_unref (taking->step);
  g_clear_pointer (&taking->progress, coffer_progress_unref);
  g_clear_handle_id (&taking->look_id, g_source_remove);
  g_object_unref (taking->stop);
  g_free (taking);
}

/* For a run that begins: cancelled by a pause, or with the whole. (transfer none) */
static GCancellable *
renew_stop (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);
  GCancellable *all = g_task_get_cancellable (task);

  g_object_unref (taking->stop);
  taking->stop = g_cancellable_new ();
  if (all != NULL && g_cancellable_is_cancelled (all))
    g_cancellable_cancel (taking->stop);
  else if (all != NULL)
    g_signal_connect_object (all, "cancelled", G_CALLBACK (g_cancellable_cancel), taking->stop, G_CONNECT_SWAPPED);
  return taking->stop;
}

/* Whether a pause ended the run, which may be over by now. */
static gboolean
was_paused (GTask *task)
{
  const Taking *taking = g_task_get_task_data (task);

  return g_cancellable_is_cancelled (taking->stop) && !g_cancellable_is_cancelled (g_task_get_cancellable (task));
}

/* Whether it may go on though another program kept the run from the vault. */
static gboolean
is_patient_with (GTask        *task,
                 const GError *error)
{
  Taking *taking = g_task_get_task_data (task);
  gint64 now = g_get_monotonic_time ();

  if (error == NULL || !coffer_error_is_busy (error) || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return FALSE;
  if (taking->busy_since == 0)
    taking->busy_since = now;
  return now - taking->busy_since < BUSY_US;
}

/* With the next run, or, while it pauses, later. */
static void
go_on (GTask *task,
       void (*run) (GTask *task))
{
  Taking *taking = g_task_get_task_data (task);

  if (!taking->paused)
    {
      run (task);
      return;
    }
  g_object_ref (task);
  taking->held = run;
}

/* Whether what was done elsewhere is in the way, or nobody is there any more to do it. */
static gboolean
is_refusal (GTask        *task,
            const GError *error)
{
  return g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE) || g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY)) ||
         (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !g_cancellable_is_cancelled (g_task_get_cancellable (task)));
}

/* @text (transfer full), @error (transfer full) (nullable): one of them. After an error it is where it was, but the second refusal in a row
 * drops it: what was done before it is to be reached. @drop: it is no step any more. */
static void
end (GTask    *task,
     char     *text,
     GError   *error,
     gboolean  drop)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  self->taking = NULL;
  drop = drop || (taking->step->refused && is_refusal (task, error));
  taking->step->refused = is_refusal (task, error);
  if (error == NULL)
    coffer_undo_move_step (self, taking->step, taking->redo);
  coffer_undo_end_step (self, taking->step, drop);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, text, g_free);
}

/* What is not as it was, after a text. (transfer full) */
static char *
add_lost (const char        *text,
          const CofferFates *fates)
{
  const guint n[] = { fates->n_changed, fates->n_missing, fates->n_deleted };
  const char *const words[] = {
    /* Translators: of keys that were to be deleted; it follows “2 of 3 keys are back; ” */
    g_dngettext (GETTEXT_PACKAGE, "%s was written to meanwhile", "%s were written to meanwhile", n[0]),
    /* Translators: as the one before */
    g_dngettext (GETTEXT_PACKAGE, "%s was deleted by others meanwhile", "%s were deleted by others meanwhile", n[1]),
    /* Translators: as the one before */
    g_dngettext (GETTEXT_PACKAGE, "%s is deleted from the file already", "%s are deleted from the file already", n[2]),
  };
  g_autoptr(GString) all = g_string_new (text);

  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    {
      g_autofree char *part = coffer_undo_count_words (words[i], n[i]);

      if (n[i] > 0)
        g_string_append_printf (all, "; %s", part);
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* (transfer full) */
static char *
describe_deletion (const CofferFates *fates,
                   gboolean           redo)
{
  guint n = fates->n_left, n_all = n + fates->n_changed + fates->n_missing + fates->n_deleted;
  g_autofree char *left = NULL, *all = NULL, *text = NULL;

  if (n == n_all)
    return redo ? coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key deleted again", "%s keys deleted again", n), n)
                : coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key is back", "%s keys are back", n), n);
  left = g_strdup_printf ("%'u", n);
  all = g_strdup_printf ("%'u", n_all);
  if (n == 0)
    text = g_strdup (redo ? _("Nothing deleted again") : _("Nothing is back"));
  else
    text = g_strdup_printf (redo ? g_dngettext (GETTEXT_PACKAGE, "%s of %s key deleted again", "%s of %s keys deleted again", n_all)
                                 : g_dngettext (GETTEXT_PACKAGE, "%s of %s key is back", "%s of %s keys are back", n_all), left, all);
  return add_lost (text, fates);
}

/* They are there again, or hidden, all the same. (transfer full) */
static char *
describe_unlooked (const CofferFates *fates,
                   gboolean           redo,
                   const GError      *error)
{
  guint n = fates->n_left;
  g_autofree char *text = NULL;

  if (redo)
    return describe_deletion (fates, redo);
  text = coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key is shown again, but was not looked at",
                                               "%s keys are shown again, but were not looked at", n), n);
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? g_steal_pointer (&text) : g_strdup_printf ("%s: %s", text, error->message);
}

/* What is told is what is there. */
static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  CofferFates fates;

  if (coffer_vault_look_at_deletion_finish (COFFER_VAULT (source), result, &fates, &error))
    {
      g_autofree char *text = describe_deletion (&fates, taking->redo);

      if (fates.n_left > 0)
        end (task, g_steal_pointer (&text), NULL, FALSE);
      else
        end (task, NULL, g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE, text), TRUE);
    }
  else if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED)))
    end (task, NULL, g_steal_pointer (&error), TRUE);   /* it was of another file */
  else
    end (task, describe_unlooked (&fates, taking->redo, error), NULL, FALSE);
}

static void
deletion_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;

  if (!coffer_vault_show_deletion_finish (COFFER_VAULT (source), result, &error))
    end (task, NULL, error, g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE));
  else
    coffer_vault_look_at_deletion_async (COFFER_VAULT (source), taking->step->what, taking->progress, g_task_get_cancellable (task), looked_cb,
                                         g_object_ref (task));
}

static void rename_keys (GTask *task);

static void
renames_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  guint n = coffer_renames_get_n (taking->step->what);

  gboolean done = coffer_vault_rename_keys_finish (COFFER_VAULT (source), result, &error);

  if (!done && (was_paused (task) || is_patient_with (task, error)))
    {
      g_clear_error (&error);
      go_on (task, rename_keys);
    }
  else if (!done)
    end (task, NULL, error, FALSE);
  else if (taking->redo)
    end (task, coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key renamed", "%s keys renamed", n), n), NULL, FALSE);
  else
    end (task, coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key has its old name again", "%s keys have their old names again", n), n),
         NULL, FALSE);
}

static void
rename_keys (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  coffer_vault_rename_keys_async (self->vault, taking->step->what, !taking->redo, taking->progress, renew_stop (task), renames_cb,
                                  g_object_ref (task));
}

/* What stays, after a text. (transfer full) */
static char *
add_stay (const char *text,
          guint       n_stay,
          guint       n_no_room,
          guint       n_lost)
{
  const guint n[] = { n_stay - n_no_room, n_no_room, n_lost };
  const char *const words[] = {
    g_dngettext (GETTEXT_PACKAGE, "%s stays: its value or its file is another by now, or gone",
                 "%s stay: their values or their files are others by now, or gone", n[0]),
    /* Translators: it follows “12 keys taken back; ” */
    g_dngettext (GETTEXT_PACKAGE, "%s stays: there is no room to keep what was added", "%s stay: there is no room to keep what was added", n[1]),
    /* Translators: it follows “12 keys taken back; ” */
    g_dngettext (GETTEXT_PACKAGE, "%s stays replaced: there was no room to keep its old value",
                 "%s stay replaced: there was no room to keep their old values", n[2]),
  };
  g_autoptr(GString) all = g_string_new (text);

  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    {
      g_autofree char *part = coffer_undo_count_words (words[i], n[i]);

      if (n[i] > 0)
        g_string_append_printf (all, "; %s", part);
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static void take_back (GTask *task);

static void
taken_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = coffer_vault_take_back_finish (COFFER_VAULT (source), result, &error);
  guint n_stay = coffer_additions_count_undoable (taking->step->what), n_no_room = coffer_additions_count_no_room (taking->step->what);
  g_autofree char *taken = NULL;

  g_clear_handle_id (&taking->look_id, g_source_remove);
  if ((n >= 0 && n_stay > 0 && was_paused (task)) || is_patient_with (task, error))
    {
      g_clear_error (&error);
      taking->n_before += (guint) MAX (n, 0);
      go_on (task, take_back);
      return;
    }
  n += n >= 0 ? taking->n_before : 0;
  if (n >= 0 && n_stay > 0 && g_cancellable_is_cancelled (g_task_get_cancellable (task)))   /* the rest can be taken back, too */
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, n > 0 ? _("Not all was taken back") : _("Nothing was taken back"));
  if (n == 0 && n_stay > 0 && coffer_additions_are_values (taking->step->what) && error == NULL)
    error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                 _("The values are not where they came from any more, or are others by now: here they may be the only ones"));
  if (n == 0 && n_no_room > 0 && error == NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("There is no room to keep what was added, which would be lost"));
  if (error != NULL)
    {
      end (task, NULL, error, FALSE);
      return;
    }
  n = MAX (n, (gssize) taking->n_back);
  taken = taking->step->move != NULL ? coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key moved back", "%s keys moved back", n), n)
                                     : coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key taken back", "%s keys taken back", n), n);
  end (task, add_stay (taken, n_stay, MIN (n_no_room, n_stay), coffer_additions_count_lost (taking->step->what)), NULL, n == 0 && n_stay > 0);
}

static void add_again    (GTask *task);
static void verify_again (GTask *task);

/* Nothing of it is known as long as @n_all is 0. */
static void
tell_fraction (Taking  *taking,
               guint64  n,
               guint64  n_all)
{
  double fraction;

  if (taking->progress == NULL || n_all == 0)
    return;
  fraction = (double) n / n_all;
  coffer_progress_tell (taking->progress, g_memdup2 (&fraction, sizeof fraction));
}

static void
tell_progress (Taking *taking)
{
  guint n_files;
  guint64 n_bytes;

  coffer_additions_get_progress (taking->step->what, &n_files, &n_bytes);
  tell_fraction (taking, n_bytes, coffer_additions_get_size (taking->step->what));
}

/* A run of a move begins. */
static GCancellable *
begin_moving (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);

  taking->n_gone = coffer_move_get_n_gone (taking->step->move);
  return renew_stop (task);
}

/* It has ended: whether there is another one, now or after the pause. */
static gboolean
moves_on (GTask   *task,
          void   (*run) (GTask *task),
          GError **error)
{
  Taking *taking = g_task_get_task_data (task);
  guint n = coffer_move_get_n_gone (taking->step->move), n_moved = MAX (n, taking->n_gone) - MIN (n, taking->n_gone);

  taking->n_moved += n_moved;
  if (n_moved > 0)
    taking->busy_since = 0;
  if (!was_paused (task) && !is_patient_with (task, *error))
    return FALSE;
  g_clear_error (error);
  go_on (task, run);
  return TRUE;
}

static void move_on (GTask *task);

/* The copies are there: whether the values are gone from where they came from, or why not. */
static void
moved_on_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  guint n;

  coffer_move_go_finish (taking->step->move, result, &error);
  if (moves_on (task, move_on, &error))
    return;
  n = taking->n_moved;
  if (error == NULL)
    end (task, coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key moved again", "%s keys moved again", n), n), NULL, FALSE);
  else
    end (task, g_strdup_printf (_("Copied again, but not moved: %s"), error->message), NULL, FALSE);
}

static void
move_on (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);

  coffer_move_go_async (taking->step->move, begin_moving (task), moved_on_cb, g_object_ref (task));
}

/* Whose names were deleted, behind a text. (transfer full) */
static char *
add_name_deleted (const char *text,
                  guint       n)
{
  /* Translators: it follows “12 files added again; ” */
  const char *words = g_dngettext (GETTEXT_PACKAGE, "%s was not: a key of its name was deleted a moment ago and can still be brought back",
                                   "%s were not: keys of their names were deleted a moment ago and can still be brought back", n);
  g_autofree char *part = coffer_undo_count_words (words, n);

  return n > 0 ? g_strdup_printf ("%s; %s", text, part) : g_strdup (text);
}

/* What was cancelled before anything was there again can be tried once more. */
static void
end_added_again (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);
  CofferAdditions *additions = taking->step->what;
  guint n = taking->n_taken - coffer_additions_count_taken (additions) - taking->n_others;
  guint n_wrong = coffer_additions_count_wrong (additions) - taking->n_wrong;
  gboolean drop = coffer_additions_count_undoable (additions) == 0;
  g_autofree char *added = coffer_additions_are_values (additions)
                           ? coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key copied again", "%s keys copied again", n), n)
                           : coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s file added again", "%s files added again", n), n);

  if (taking->step->move != NULL && n > 0 && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    move_on (task);
  else if (n == 0 && g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    end (task, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Nothing was added again")), FALSE);
  else if (n_wrong > 0)
    {
      g_autofree char *wrong = coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key has another value than was stored",
                                                                     "%s keys have other values than were stored", n_wrong), n_wrong);

      end (task, g_strdup_printf ("%s; %s", added, wrong), NULL, drop);
    }
  else
    end (task, add_name_deleted (added, coffer_additions_count_name_deleted (additions)), NULL, drop);
}

/* @error (transfer full): what is there again by now can be taken back. */
static void
fail_again (GTask  *task,
            GError *error)
{
  Taking *taking = g_task_get_task_data (task);

  if (coffer_additions_count_taken (taking->step->what) < taking->n_taken)
    coffer_undo_move_step (g_task_get_source_object (task), taking->step, taking->redo);
  end (task, NULL, error, FALSE);
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
  if ((was_paused (task) && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error))) ||
      is_patient_with (task, error))
    {
      g_clear_error (&error);
      go_on (task, add_again);
    }
  else if (cancelled && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)))
    {
      g_clear_error (&error);
      end_added_again (task);
    }
  else if (error != NULL)
    fail_again (task, error);
  else if (coffer_additions_get_next (additions) < coffer_additions_get_n (additions) && !cancelled)
    {
      taking->busy_since = 0;
      tell_progress (taking);
      go_on (task, add_again);
    }
  else
    go_on (task, verify_again);
}

static void
verified_again_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;

  if (coffer_vault_verify_additions_finish (COFFER_VAULT (source), result, &error) || was_paused (task))
    {
      tell_progress (taking);
      go_on (task, verify_again);
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
    coffer_vault_verify_additions_async (self->vault, additions, renew_stop (task), verified_again_cb, g_object_ref (task));
}

static void
add_again (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  coffer_vault_add_async (self->vault, taking->step->what, renew_stop (task), added_again_cb, g_object_ref (task));
}

/* What is not written yet needs no file to be there again. */
static void
shown_again_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  CofferAdditions *additions = taking->step->what;
  GError *error = NULL;
  gssize n = coffer_vault_show_taken_finish (COFFER_VAULT (source), result, &error);
  guint n_left = coffer_additions_count_taken (additions);

  if (n < 0)
    {
      fail_again (task, error);
      return;
    }
  taking->n_others = taking->n_taken - n_left - (guint) n;
  if (n_left > 0)
    go_on (task, add_again);
  else
    end_added_again (task);
}

static void take (GTask *task);

static void
swapped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  CofferUndoStep *step = taking->step;
  GError *error = NULL;
  CofferKept *old = NULL;
  char *now = NULL;

  if (!coffer_vault_swap_value_finish (COFFER_VAULT (source), result, &old, &now, &error))
    {
      if (is_patient_with (task, error))
        {
          g_clear_error (&error);
          take (task);
          return;
        }
      end (task, NULL, error, FALSE);
      return;
    }
  coffer_kept_unref (step->other);
  step->other = old;
  g_free (step->now);
  step->now = now;
  end (task, g_strdup (taking->redo ? _("Value replaced") : _("The old value is back")), NULL, FALSE);
}

/* Values are read before they are taken back. */
static gboolean
look_cb (gpointer data)
{
  Taking *taking = data;
  guint n_files, n_all;
  guint64 n_bytes, all_bytes;

  coffer_additions_get_looked (taking->step->what, &n_files, &n_bytes, &n_all, &all_bytes);
  tell_fraction (taking, n_bytes, all_bytes);
  return G_SOURCE_CONTINUE;
}

static void
take_back (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  taking->look_id = g_timeout_add (LOOK_MS, look_cb, taking);
  coffer_vault_take_back_async (self->vault, taking->step->what, renew_stop (task), taken_back_cb, g_object_ref (task));
}

static void give_back (GTask *task);

/* What was moved here is where it came from again, and can go. */
static void
given_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;

  coffer_move_back_finish (taking->step->move, result, &error);
  if (moves_on (task, give_back, &error))
    return;
  taking->n_back = taking->n_moved;
  if (error == NULL)
    take_back (task);
  else
    end (task, NULL, error, FALSE);
}

static void
give_back (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);

  coffer_move_back_async (taking->step->move, begin_moving (task), given_back_cb, g_object_ref (task));
}

static void
take_additions (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);
  CofferMove *move = taking->step->move;

  if (!taking->redo && move != NULL && coffer_move_get_n_gone (move) > 0)
    {
      give_back (task);
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
  coffer_vault_show_taken_async (self->vault, taking->step->what, g_task_get_cancellable (task), shown_again_cb, g_object_ref (task));
}

static void bring_back (GTask *task);

static void
brought_back_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  guint n, n_gone = coffer_move_get_n_gone (taking->step->move);
  guint n_deleted = coffer_additions_count_name_deleted (coffer_move_get_additions (taking->step->move));
  g_autofree char *back = NULL, *told = NULL;

  coffer_move_back_finish (taking->step->move, result, &error);
  if (moves_on (task, bring_back, &error))
    return;
  n = taking->n_moved;
  if (n == 0 && error == NULL)
    error = g_cancellable_is_cancelled (g_task_get_cancellable (task))
            ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Nothing was taken back"))
            : n_deleted > 0
            ? g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                   _("Keys of these names were deleted here a moment ago and can still be brought back: their values would be lost"))
            : g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                   _("The keys are not where they were moved to any more, or their names are taken here"));
  if (error != NULL)
    {
      end (task, NULL, error, FALSE);
      return;
    }
  back = coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key is back", "%s keys are back", n), n);
  told = add_name_deleted (back, n_deleted);
  if (n_gone > n_deleted)
    {
      const char *words = g_dngettext (GETTEXT_PACKAGE, "%s stays where it was moved to", "%s stay where they were moved to", n_gone - n_deleted);
      g_autofree char *stay = coffer_undo_count_words (words, n_gone - n_deleted);

      end (task, g_strdup_printf ("%s; %s", told, stay), NULL, FALSE);
    }
  else
    end (task, g_steal_pointer (&told), NULL, FALSE);
}

static void
bring_back (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);

  coffer_move_back_async (taking->step->move, begin_moving (task), brought_back_cb, g_object_ref (task));
}

static void go_again (GTask *task);

static void
gone_again_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(GTask) task = data;
  Taking *taking = g_task_get_task_data (task);
  g_autofree char *words = NULL;
  GError *error = NULL;
  guint n;

  coffer_move_go_finish (taking->step->move, result, &error);
  if (moves_on (task, go_again, &error))
    return;
  n = taking->n_moved;
  if (n == 0 && error == NULL)
    error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                                 _("The keys are not where they were moved to any more: here they may be the only ones"));
  words = coffer_undo_count_words (g_dngettext (GETTEXT_PACKAGE, "%s key moved again", "%s keys moved again", n), n);
  end (task, error == NULL ? g_steal_pointer (&words) : NULL, error, FALSE);
}

static void
go_again (GTask *task)
{
  Taking *taking = g_task_get_task_data (task);

  coffer_move_go_async (taking->step->move, begin_moving (task), gone_again_cb, g_object_ref (task));
}

static void
take (GTask *task)
{
  CofferUndo *self = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);
  CofferUndoStep *step = taking->step;

  switch (step->kind)
    {
    case COFFER_UNDO_DELETION:
      coffer_vault_show_deletion_async (self->vault, step->what, !taking->redo, deletion_cb, g_object_ref (task));
      break;
    case COFFER_UNDO_RENAMES:
      rename_keys (task);
      break;
    case COFFER_UNDO_ADDITIONS:
      take_additions (task);
      break;
    case COFFER_UNDO_VALUE:
      coffer_vault_swap_value_async (self->vault, step->table, step->key, step->other, step->now, taking->progress,
                                     g_task_get_cancellable (task), swapped_cb, g_object_ref (task));
      break;
    case COFFER_UNDO_MOVE:
      if (taking->redo)
        go_again (task);
      else
        bring_back (task);
      break;
    case COFFER_UNDO_COPIES:
    case COFFER_UNDO_N_KINDS:
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
  CofferUndoStep *step;
  Taking *taking;

  g_return_if_fail (COFFER_IS_UNDO (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_undo_step_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told */
  step = coffer_undo_peek_step (self, redo);
  if (self->busy || step == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, self->busy ? G_IO_ERROR_BUSY : G_IO_ERROR_NOT_FOUND, "%s",
                               self->busy ? _("The last step is still being taken back") : _("There is nothing to take back"));
      return;
    }
  taking = g_new0 (Taking, 1);
  *taking = (Taking) { step, redo, progress != NULL ? coffer_progress_ref (progress) : NULL, .stop = g_cancellable_new () };
  step->refs++;
  g_task_set_task_data (task, taking, taking_free);
  self->taking = task;
  coffer_undo_begin_step (self);
  take (task);
}

gboolean
coffer_undo_can_pause (CofferUndo *self,
                       gboolean    redo)
{
  CofferUndoStep *step = coffer_undo_peek_step (self, redo);

  return step != NULL && (step->kind == COFFER_UNDO_RENAMES || step->kind == COFFER_UNDO_ADDITIONS || step->kind == COFFER_UNDO_MOVE) &&
         coffer_undo_step_get_n (step, redo) > 1;
}

void
coffer_undo_set_paused (CofferUndo *self,
                        gboolean    paused)
{
  Taking *taking = self->taking != NULL ? g_task_get_task_data (self->taking) : NULL;
  void (*held) (GTask *task);

  if (taking == NULL)
    return;
  taking->paused = paused;
  taking->busy_since = 0;
  if (paused)
    g_cancellable_cancel (taking->stop);
  else if ((held = taking->held) != NULL)
    {
      g_autoptr(GTask) task = self->taking;   /* the reference it was held with */

      taking->held = NULL;
      held (task);
    }
}

gboolean
coffer_undo_is_kept_waiting (CofferUndo *self)
{
  const Taking *taking = self->taking != NULL ? g_task_get_task_data (self->taking) : NULL;

  return taking != NULL && taking->busy_since != 0 && taking->held == NULL;
}

void
coffer_undo_look (CofferUndo *self,
                  double      fraction,
                  guint64    *items,
                  guint64    *n_items,
                  guint64    *bytes,
                  guint64    *n_bytes)
{
  const Taking *taking = self->taking != NULL ? g_task_get_task_data (self->taking) : NULL;
  const CofferUndoStep *step = taking != NULL ? taking->step : NULL;
  guint n = 0, n_all = 0;

  if (step == NULL)
    return;
  if (step->kind == COFFER_UNDO_ADDITIONS || step->kind == COFFER_UNDO_MOVE)
    {
      CofferAdditions *additions = step->kind == COFFER_UNDO_MOVE ? coffer_move_get_additions (step->move) : step->what;

      n_all = coffer_additions_get_n (additions);
      *n_bytes = coffer_additions_get_size (additions);
      if (taking->redo == (step->kind == COFFER_UNDO_ADDITIONS))
        coffer_additions_get_progress (additions, &n, bytes);
      else
        coffer_additions_get_looked (additions, &n, bytes, &n_all, n_bytes);
      *items = n;
      *n_items = n_all;
      return;
    }
  if (*n_items == 0)   /* as it was at first: it may get less by itself */
    *n_items = coffer_undo_step_get_n (step, taking->redo);
  *n_bytes = step->kind == COFFER_UNDO_VALUE ? coffer_kept_get_size (step->other) : 0;
  *items = (guint) (fraction * *n_items + 0.5);
  *bytes = (guint64) (fraction * *n_bytes);
}

char *
coffer_undo_step_finish (CofferUndo    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
