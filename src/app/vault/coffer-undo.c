/* SPDX-License-Identifier: MIT */
/*
 * What was done to a vault, and can be taken back or done again. Main thread.
 *
 * `steps` are what was done, in order; the first `n_done` of them stand. One at a time is taken: coffer-undo-take.c.
 */
#define G_LOG_DOMAIN "coffer-undo"

#include "coffer-undo-private.h"

enum {
  PROP_0,
  PROP_UNDO_LABEL,
  PROP_REDO_LABEL,
  PROP_UNDO_STEP,
  PROP_BUSY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferUndo, coffer_undo, G_TYPE_OBJECT)

void
coffer_undo_step_unref (gpointer data)
{
  CofferUndoStep *step = data;

  if (--step->refs > 0)
    return;
  if (step->kind == COFFER_UNDO_DELETION)
    coffer_deletion_unref (step->what);
  else if (step->kind == COFFER_UNDO_RENAMES)
    coffer_renames_unref (step->what);
  else if (step->kind == COFFER_UNDO_ADDITIONS)
    coffer_additions_unref (step->what);
  g_clear_pointer (&step->move, coffer_move_unref);
  g_clear_pointer (&step->key, coffer_key_unref);
  g_clear_pointer (&step->other, coffer_kept_unref);
  g_free (step->table);
  g_free (step->now);
  g_free (step);
}

CofferUndoStep *
coffer_undo_peek_step (CofferUndo *self,
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
  CofferUndoStep *undo = coffer_undo_peek_step (self, FALSE), *redo = coffer_undo_peek_step (self, TRUE);
  guint64 number = undo != NULL ? undo->number : 0;

  set_label (self, &self->undo_label, undo != NULL ? coffer_undo_describe (undo, FALSE) : NULL, PROP_UNDO_LABEL);
  set_label (self, &self->redo_label, redo != NULL ? coffer_undo_describe (redo, TRUE) : NULL, PROP_REDO_LABEL);
  if (number == self->undo_step)
    return;
  self->undo_step = number;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_UNDO_STEP]);
}

static void
remove_step (CofferUndo *self,
             guint       i)
{
  g_ptr_array_remove_index (self->steps, i);
  if (i < self->n_done)
    self->n_done--;
}

/* What was deleted from the file cannot be taken back, and what the other window brought back need not. Where files were added at keys that were
 * deleted, these can be once that is taken back.
 */
static gboolean
is_over (CofferUndo *self,
         guint       i)
{
  CofferUndoStep *step = g_ptr_array_index (self->steps, i);

  return (step->kind == COFFER_UNDO_DELETION && coffer_deletion_get_n_left (step->what) + coffer_deletion_get_n_displaced (step->what) == 0) ||
         (step->kind == COFFER_UNDO_MOVE && i < self->n_done && coffer_move_get_n_gone (step->move) == 0);
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

static CofferUndoStep *
push (CofferUndo *self,
      CofferUndoKind        kind,
      gpointer    what)
{
  static guint64 last_number;
  CofferUndoStep *step = g_new0 (CofferUndoStep, 1);

  step->refs = 1;
  step->number = ++last_number;
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

  push (self, COFFER_UNDO_DELETION, coffer_deletion_ref (deletion));
  update_labels (self);
}

void
coffer_undo_push_renames (CofferUndo    *self,
                          CofferRenames *renames)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && renames != NULL);

  coffer_renames_keep_done (renames);   /* one that was stopped renames no more of them when it is done again */
  push (self, COFFER_UNDO_RENAMES, coffer_renames_ref (renames));
  update_labels (self);
}

void
coffer_undo_push_additions (CofferUndo      *self,
                            CofferAdditions *additions)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && additions != NULL);

  push (self, COFFER_UNDO_ADDITIONS, coffer_additions_ref (additions));
  update_labels (self);
}

void
coffer_undo_push_moved_in (CofferUndo      *self,
                           CofferAdditions *additions,
                           CofferMove      *move)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && additions != NULL && move != NULL);

  push (self, COFFER_UNDO_ADDITIONS, coffer_additions_ref (additions))->move = coffer_move_ref (move);
  update_labels (self);
}

void
coffer_undo_push_moved_out (CofferUndo *self,
                            CofferMove *move)
{
  g_return_if_fail (COFFER_IS_UNDO (self) && move != NULL);

  push (self, COFFER_UNDO_MOVE, NULL)->move = coffer_move_ref (move);
  update_labels (self);
}

void
coffer_undo_push_value (CofferUndo *self,
                        const char *table,
                        CofferKey  *key,
                        CofferKept *old,
                        const char *now)
{
  CofferUndoStep *step;

  g_return_if_fail (COFFER_IS_UNDO (self) && table != NULL && key != NULL && old != NULL && now != NULL);

  step = push (self, COFFER_UNDO_VALUE, NULL);
  step->key = coffer_key_ref (key);
  step->table = g_strdup (table);
  step->other = coffer_kept_ref (old);
  step->now = g_strdup (now);
  update_labels (self);
}

/* What was done meanwhile (an import that came to its end) took its place: then it cannot be done again, or is one more that was done. */
void
coffer_undo_move_step (CofferUndo     *self,
                       CofferUndoStep *step,
                       gboolean        redo)
{
  guint i;
  gboolean there = g_ptr_array_find (self->steps, step, &i);

  if (there && i == (redo ? self->n_done : self->n_done - 1))
    self->n_done += redo ? 1 : -1;
  else if (there && !redo)
    remove_step (self, i);
  else if (!there && redo)
    {
      step->refs++;
      g_ptr_array_insert (self->steps, self->n_done++, step);
    }
}

static void
set_busy (CofferUndo *self,
          gboolean    busy)
{
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

void
coffer_undo_begin_step (CofferUndo *self)
{
  set_busy (self, TRUE);
}

void
coffer_undo_end_step (CofferUndo     *self,
                      CofferUndoStep *step,
                      gboolean        drop)
{
  guint i;

  if (drop && g_ptr_array_find (self->steps, step, &i))
    remove_step (self, i);
  set_busy (self, FALSE);
  changed_cb (self);
}

CofferKey *
coffer_undo_dup_followed (CofferUndo *self,
                          gboolean    redo)
{
  CofferUndoStep *step = coffer_undo_peek_step (self, !redo);   /* it is on the other side now */

  if (step == NULL || step->kind != COFFER_UNDO_RENAMES || coffer_renames_get_n (step->what) != 1)
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

guint64
coffer_undo_get_undo_step (CofferUndo *self)
{
  g_return_val_if_fail (COFFER_IS_UNDO (self), 0);

  return self->undo_step;
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
    case PROP_UNDO_STEP:
      g_value_set_uint64 (value, self->undo_step);
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
  props[PROP_UNDO_STEP] = g_param_spec_uint64 ("undo-step", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_undo_init (CofferUndo *self)
{
  self->steps = g_ptr_array_new_with_free_func (coffer_undo_step_unref);
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
