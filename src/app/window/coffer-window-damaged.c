/* SPDX-License-Identifier: MIT */
/*
 * A file that is too damaged to be opened. Whether anything of it can be read is found out before its page shows, so that this says what is so;
 * what can is saved by a job of CofferStorage, as from the window "Storage". Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-damaged"

#include "coffer-window-private.h"

#include <coffer-storage-upkeep.h>

/* Why it could not be opened. */
typedef struct {
  CofferWindow *window;
  GError *error;
} Refusal;

static CofferApplication *
get_application (CofferWindow *self)
{
  return COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
}

static void
refusal_free (Refusal *refusal)
{
  g_object_unref (refusal->window);
  g_error_free (refusal->error);
  g_free (refusal);
}

/* It is of use for nothing else: nobody looks at what takes a file that can be opened. */
static void
take_damaged (CofferWindow *self,
              CofferVault  *vault)
{
  self->damaged = vault;
  coffer_window_begin_storage (self, vault);
  coffer_storage_set_watched (self->storage, FALSE);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Refusal *refusal = user_data;
  CofferWindow *self = refusal->window;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferVault) vault = coffer_gate_open_finish (COFFER_GATE (source), result, &error);

  if (coffer_window_end_opening (self, vault, error))
    {
      if (vault != NULL)
        take_damaged (self, g_steal_pointer (&vault));
      coffer_window_show_problem (self, refusal->error);
    }
  refusal_free (refusal);
}

void
coffer_window_look_at_damaged (CofferWindow *self,
                               const GError *error)
{
  Refusal *refusal = g_new (Refusal, 1);

  *refusal = (Refusal) { g_object_ref (self), g_error_copy (error) };
  coffer_gate_open_damaged_async (coffer_application_get_gate (get_application (self)), self->file, self->opening, looked_cb, refusal);
}

gboolean
coffer_window_is_salvaging (CofferWindow *self)
{
  return self->damaged != NULL && coffer_storage_get_job (self->storage) != COFFER_STORAGE_IDLE;
}

void
coffer_window_salvage_action (GSimpleAction *action,
                              GVariant      *parameter,
                              gpointer       user_data)
{
  coffer_window_choose (user_data, COFFER_CHOICE_SALVAGE);
}

void
coffer_window_open_salvaged_action (GSimpleAction *action,
                                    GVariant      *parameter,
                                    gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autoptr(GFile) saved = NULL;
  GFile *target;

  coffer_storage_get_salvage (self->storage, &target);
  if (target == NULL)
    return;
  saved = g_object_ref (target);   /* the window forgets it as it opens another */
  coffer_application_open_file (get_application (self), saved, self);
}

void
coffer_window_drop_damaged (CofferWindow *self)
{
  g_autoptr(CofferVault) damaged = g_steal_pointer (&self->damaged);

  if (damaged == NULL)
    return;
  coffer_problem_page_clear (self->problem);
  coffer_window_forget_closing (self);
  coffer_window_close_storage (self);
  coffer_vault_close (damaged);
}
