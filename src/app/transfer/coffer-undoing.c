/* SPDX-License-Identifier: MIT */
/* A step that is taken back, or again, as a transfer: how far it is, pausing and cancelling it. The step itself is CofferUndo's. Main thread. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-undoing.h"

#include <glib/gi18n-lib.h>

struct _CofferUndoing {
  CofferTransfer parent_instance;

  CofferUndo *undo;
  gboolean redo;
  GCancellable *cancellable;
  CofferProgress *progress;    /* while it is taken */
  double fraction;
  CofferTransferProgress seen; /* as it was last */
  char *text;
  GError *failure;
};

G_DEFINE_FINAL_TYPE (CofferUndoing, coffer_undoing, COFFER_TYPE_TRANSFER)

static void
stepped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(CofferUndoing) self = data;
  gboolean cancelled = coffer_transfer_is_cancelled (COFFER_TRANSFER (self));

  self->text = coffer_undo_step_finish (self->undo, result, &self->failure);
  coffer_progress_stop (self->progress);
  g_clear_pointer (&self->progress, coffer_progress_unref);
  if (self->text != NULL && !cancelled)
    {
      self->seen.items = self->seen.n_items;
      self->seen.bytes = self->seen.n_bytes;
    }
  coffer_transfer_end (COFFER_TRANSFER (self), self->text != NULL && !cancelled,
                       self->failure != NULL && !cancelled ? g_error_copy (self->failure) : NULL);
}

static void
progress_cb (gpointer latest,
             gpointer data)
{
  CofferUndoing *self = data;
  g_autofree double *fraction = latest;

  self->fraction = *fraction;
}

/* Once it is over nobody knows any more. */
static void
look (CofferUndoing *self)
{
  CofferTransferProgress *seen = &self->seen;

  if (self->progress != NULL)
    coffer_undo_look (self->undo, self->fraction, &seen->items, &seen->n_items, &seen->bytes, &seen->n_bytes);
}

static void
coffer_undoing_start (CofferTransfer *transfer)
{
  CofferUndoing *self = COFFER_UNDOING (transfer);

  self->progress = coffer_progress_new (progress_cb, self, g_free);
  coffer_undo_step_async (self->undo, self->redo, self->progress, self->cancellable, stepped_cb, g_object_ref (self));
  look (self);
}

/* One that pauses has to go on for that. */
static void
coffer_undoing_stop (CofferTransfer *transfer)
{
  CofferUndoing *self = COFFER_UNDOING (transfer);

  g_cancellable_cancel (self->cancellable);
  coffer_undo_set_paused (self->undo, FALSE);
}

static void
coffer_undoing_pause (CofferTransfer *transfer,
                      gboolean        paused)
{
  coffer_undo_set_paused (COFFER_UNDOING (transfer)->undo, paused);
}

static void
coffer_undoing_look (CofferTransfer         *transfer,
                     CofferTransferProgress *progress)
{
  CofferUndoing *self = COFFER_UNDOING (transfer);

  look (self);
  coffer_transfer_set_waits_for (transfer, self->progress != NULL && coffer_undo_is_kept_waiting (self->undo)
                                           ? _("Waiting for another program that writes to the vault") : NULL);
  progress->items = self->seen.items;
  progress->n_items = self->seen.n_items;
  progress->bytes = self->seen.bytes;
  progress->n_bytes = self->seen.n_bytes;
}

CofferUndo *
coffer_undoing_get_undo (CofferUndoing *self)
{
  return self->undo;
}

gboolean
coffer_undoing_is_redo (CofferUndoing *self)
{
  return self->redo;
}

const char *
coffer_undoing_get_text (CofferUndoing *self)
{
  return self->text;
}

const GError *
coffer_undoing_get_failure (CofferUndoing *self)
{
  return self->failure;
}

static void
coffer_undoing_finalize (GObject *object)
{
  CofferUndoing *self = COFFER_UNDOING (object);

  g_clear_object (&self->undo);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->failure);
  g_free (self->text);

  G_OBJECT_CLASS (coffer_undoing_parent_class)->finalize (object);
}

static void
coffer_undoing_class_init (CofferUndoingClass *klass)
{
  CofferTransferClass *transfer_class = COFFER_TRANSFER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_undoing_finalize;
  transfer_class->start = coffer_undoing_start;
  transfer_class->stop = coffer_undoing_stop;
  transfer_class->pause = coffer_undoing_pause;
  transfer_class->look = coffer_undoing_look;
}

static void
coffer_undoing_init (CofferUndoing *self)
{
  self->cancellable = g_cancellable_new ();
}

/* A menu's words, without their mnemonic; (transfer full) */
static char *
strip_mnemonic (const char *label)
{
  GString *plain = g_string_new (NULL);

  for (; label != NULL && *label != '\0'; label++)
    {
      if (*label == '_' && *++label == '\0')
        break;
      g_string_append_c (plain, *label);
    }
  return g_string_free (plain, FALSE);
}

CofferUndoing *
coffer_undoing_new (CofferUndo  *undo,
                    CofferVault *vault,
                    gboolean     redo)
{
  CofferUndoing *self = g_object_new (COFFER_TYPE_UNDOING, NULL);
  g_autofree char *title = strip_mnemonic (redo ? coffer_undo_get_redo_label (undo) : coffer_undo_get_undo_label (undo));

  self->undo = g_object_ref (undo);
  self->redo = redo;
  coffer_transfer_set_up (COFFER_TRANSFER (self), title, redo ? "edit-redo-symbolic" : "edit-undo-symbolic", vault);
  coffer_transfer_set_can_pause (COFFER_TRANSFER (self), coffer_undo_can_pause (undo, redo));
  return self;
}
