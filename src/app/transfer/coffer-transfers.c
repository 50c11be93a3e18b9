/* SPDX-License-Identifier: MIT */
/*
 * The queue of transfers. One starts when no earlier one has the same target. Main thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-transfers.h"

#include <coffer-vault.h>

struct _CofferTransfers {
  GObject parent_instance;

  GPtrArray *transfers;
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferTransfers, coffer_transfers, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static CofferTransfer *
get_at (CofferTransfers *self,
        guint            position)
{
  return g_ptr_array_index (self->transfers, position);
}

static gboolean
is_first_on_target (CofferTransfers *self,
                    guint            position)
{
  CofferVault *target = coffer_transfer_get_target (get_at (self, position));

  for (guint i = 0; target != NULL && i < position; i++)
    {
      CofferVault *earlier = coffer_transfer_get_target (get_at (self, i));

      if (earlier != NULL && coffer_vault_is_same_file (earlier, target))   /* two windows may have it open */
        return FALSE;
    }
  return TRUE;
}

static void
start_next (CofferTransfers *self)
{
  for (guint i = 0; i < self->transfers->len; i++)
    if (coffer_transfer_get_state (get_at (self, i)) == COFFER_TRANSFER_WAITING && is_first_on_target (self, i))
      {
        coffer_transfer_start (get_at (self, i));
        start_next (self);   /* the list may be another by now */
        return;
      }
}

static void
state_cb (CofferTransfers *self,
          GParamSpec      *pspec,
          CofferTransfer  *transfer)
{
  guint position;

  if (coffer_transfer_is_active (transfer) || !g_ptr_array_find (self->transfers, transfer, &position))
    return;
  g_signal_handlers_disconnect_by_func (transfer, state_cb, self);
  g_object_ref (transfer);
  g_ptr_array_remove_index (self->transfers, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  g_object_unref (transfer);
  start_next (self);
}

void
coffer_transfers_add (CofferTransfers *self,
                      CofferTransfer  *transfer)
{
  g_return_if_fail (COFFER_IS_TRANSFERS (self) && COFFER_IS_TRANSFER (transfer));

  g_ptr_array_add (self->transfers, g_object_ref (transfer));
  g_signal_connect_object (transfer, "notify::state", G_CALLBACK (state_cb), self, G_CONNECT_SWAPPED);
  g_list_model_items_changed (G_LIST_MODEL (self), self->transfers->len - 1, 0, 1);
  start_next (self);
}

CofferTransfer *
coffer_transfers_find (CofferTransfers *self,
                       gpointer         vault)
{
  g_return_val_if_fail (COFFER_IS_TRANSFERS (self), NULL);

  for (guint i = 0; i < self->transfers->len; i++)
    if (vault == NULL || coffer_transfer_concerns (get_at (self, i), vault))
      return get_at (self, i);
  return NULL;
}

static GType
get_item_type (GListModel *model)
{
  return COFFER_TYPE_TRANSFER;
}

static guint
get_n_items (GListModel *model)
{
  return COFFER_TRANSFERS (model)->transfers->len;
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  CofferTransfers *self = COFFER_TRANSFERS (model);

  return position < self->transfers->len ? g_object_ref (get_at (self, position)) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
coffer_transfers_finalize (GObject *object)
{
  g_ptr_array_unref (COFFER_TRANSFERS (object)->transfers);

  G_OBJECT_CLASS (coffer_transfers_parent_class)->finalize (object);
}

static void
coffer_transfers_class_init (CofferTransfersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_transfers_finalize;
}

static void
coffer_transfers_init (CofferTransfers *self)
{
  self->transfers = g_ptr_array_new_with_free_func (g_object_unref);
}

CofferTransfers *
coffer_transfers_new (void)
{
  return g_object_new (COFFER_TYPE_TRANSFERS, NULL);
}
