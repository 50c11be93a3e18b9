/* SPDX-License-Identifier: MIT */
/*
 * Taking back an import, as a transfer, or taking out of a vault what was moved to another one: values are compared before they go, which
 * takes as long as reading them. Each run takes what is left. Main thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-take-back.h"

#include <glib/gi18n-lib.h>

#define PATIENCE_US G_USEC_PER_SEC   /* before it tells that it waits */

struct _CofferTakeBack {
  CofferRun parent_instance;

  CofferVault *vault;
  CofferAdditions *additions;
  CofferMove *move;            /* NULL: an import is taken back */
  gint64 looked_at;            /* when more of them was compared, or kept */
  guint stirs;                 /* by then */
  guint n_looked;
  guint64 bytes_looked;
  guint n_at_start;            /* of the run */
  guint n;
};

G_DEFINE_FINAL_TYPE (CofferTakeBack, coffer_take_back, COFFER_TYPE_RUN)

static void
taken_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  g_autoptr(CofferTakeBack) self = data;
  gboolean cancelled = coffer_transfer_is_cancelled (COFFER_TRANSFER (self)), moved;
  GError *error = NULL;
  gssize n = self->move != NULL ? coffer_move_go_finish (self->move, result, &error)
                                : coffer_vault_take_back_finish (COFFER_VAULT (source), result, &error);

  moved = coffer_additions_count_undoable (self->additions) < self->n_at_start;
  self->n += n >= 0 ? n : self->n_at_start - coffer_additions_count_undoable (self->additions);
  if (coffer_run_goes_on (COFFER_RUN (self), n >= 0 && !coffer_run_was_stopped (COFFER_RUN (self)), moved, &error))
    return;
  coffer_transfer_end (COFFER_TRANSFER (self), !cancelled || coffer_additions_count_undoable (self->additions) == 0, error);
}

static void
coffer_take_back_run (CofferRun    *run,
                      GCancellable *stop)
{
  CofferTakeBack *self = COFFER_TAKE_BACK (run);

  self->looked_at = g_get_monotonic_time ();
  self->n_at_start = coffer_additions_count_undoable (self->additions);
  if (self->move != NULL)
    coffer_move_go_async (self->move, stop, taken_back_cb, g_object_ref (self));
  else
    coffer_vault_take_back_async (self->vault, self->additions, stop, taken_back_cb, g_object_ref (self));
}

/* Whether another program keeps us waiting, for long enough to tell: comparing and keeping need nobody's leave. */
static void
tell_waiting (CofferTakeBack *self,
              guint           n_looked,
              guint64         bytes_looked)
{
  gint64 now = g_get_monotonic_time ();
  gboolean begun = coffer_additions_has_begun (self->additions);
  guint stirs = coffer_additions_get_stirs (self->additions);

  if (begun)
    coffer_run_note_moved (COFFER_RUN (self));
  if (begun || n_looked != self->n_looked || bytes_looked != self->bytes_looked || stirs != self->stirs)
    self->looked_at = now;
  self->stirs = stirs;
  self->n_looked = n_looked;
  self->bytes_looked = bytes_looked;
  coffer_transfer_set_waits_for (COFFER_TRANSFER (self), coffer_run_is_kept_waiting (COFFER_RUN (self)) ||
                                 (coffer_run_is_running (COFFER_RUN (self)) && now - self->looked_at > PATIENCE_US)
                                 ? _("Waiting for another program that writes to the vault") : NULL);
}

static void
coffer_take_back_look (CofferTransfer         *transfer,
                       CofferTransferProgress *progress)
{
  CofferTakeBack *self = COFFER_TAKE_BACK (transfer);
  guint n_files, n_all;

  coffer_additions_get_looked (self->additions, &n_files, &progress->bytes, &n_all, &progress->n_bytes);
  tell_waiting (self, n_files, progress->bytes);
  progress->items = n_files;
  progress->n_items = n_all;
}

CofferVault *
coffer_take_back_get_vault (CofferTakeBack *self)
{
  return self->vault;
}

CofferAdditions *
coffer_take_back_get_additions (CofferTakeBack *self)
{
  return self->additions;
}

CofferMove *
coffer_take_back_get_move (CofferTakeBack *self)
{
  return self->move;
}

guint
coffer_take_back_get_n (CofferTakeBack *self)
{
  return self->n;
}

static void
coffer_take_back_finalize (GObject *object)
{
  CofferTakeBack *self = COFFER_TAKE_BACK (object);

  g_clear_object (&self->vault);
  g_clear_pointer (&self->additions, coffer_additions_unref);
  g_clear_pointer (&self->move, coffer_move_unref);

  G_OBJECT_CLASS (coffer_take_back_parent_class)->finalize (object);
}

static void
coffer_take_back_class_init (CofferTakeBackClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_take_back_finalize;
  COFFER_TRANSFER_CLASS (klass)->look = coffer_take_back_look;
  COFFER_RUN_CLASS (klass)->run = coffer_take_back_run;
}

static void
coffer_take_back_init (CofferTakeBack *self)
{
}

static CofferTakeBack *
new_of (CofferVault     *vault,
        CofferAdditions *additions)
{
  CofferTakeBack *self = g_object_new (COFFER_TYPE_TAKE_BACK, NULL);

  self->vault = g_object_ref (vault);
  self->additions = coffer_additions_ref (additions);
  return self;
}

CofferTakeBack *
coffer_take_back_new (CofferVault     *vault,
                      CofferAdditions *additions)
{
  CofferTakeBack *self = new_of (vault, additions);
  guint n = coffer_additions_count_undoable (additions);
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_autofree char *title = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Taking back %s key", "Taking back %s keys", n), number);

  coffer_transfer_set_up (COFFER_TRANSFER (self), title, "edit-undo-symbolic", vault);
  return self;
}

CofferTakeBack *
coffer_take_back_new_move (CofferMove  *move,
                           CofferVault *here)
{
  CofferVault *there = coffer_move_get_vault (move);
  CofferTakeBack *self = new_of (there, coffer_move_get_additions (move));
  guint n = coffer_move_get_n_there (move);
  g_autofree char *number = g_strdup_printf ("%'u", n);
  /* Translators: how many keys, and the name of the vault in which they do not stay */
  g_autofree char *title = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Moving %s key out of “%s”", "Moving %s keys out of “%s”", n), number,
                                            coffer_vault_get_display_name (there));

  self->move = coffer_move_ref (move);
  coffer_transfer_set_up (COFFER_TRANSFER (self), title, "edit-cut-symbolic", there);
  coffer_transfer_set_vault (COFFER_TRANSFER (self), here);
  return self;
}
