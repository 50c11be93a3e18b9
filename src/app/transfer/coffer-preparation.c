/* SPDX-License-Identifier: MIT */
/* Something to be seen and cancelled while the names of files are found out, which waits where another program has the vault. Main thread. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-preparation.h"

#include <glib/gi18n-lib.h>

struct _CofferPreparation {
  CofferTransfer parent_instance;

  guint64 n_bytes;
};

G_DEFINE_FINAL_TYPE (CofferPreparation, coffer_preparation, COFFER_TYPE_TRANSFER)

static void
coffer_preparation_start (CofferTransfer *transfer)
{
}

static void
coffer_preparation_stop (CofferTransfer *transfer)
{
  coffer_transfer_end (transfer, FALSE, NULL);
}

static void
coffer_preparation_look (CofferTransfer         *transfer,
                         CofferTransferProgress *progress)
{
  guint64 n_bytes = COFFER_PREPARATION (transfer)->n_bytes;

  progress->n_bytes = n_bytes != G_MAXUINT64 ? n_bytes : 0;
}

static void
coffer_preparation_class_init (CofferPreparationClass *klass)
{
  CofferTransferClass *transfer_class = COFFER_TRANSFER_CLASS (klass);

  transfer_class->start = coffer_preparation_start;
  transfer_class->stop = coffer_preparation_stop;
  transfer_class->look = coffer_preparation_look;
}

static void
coffer_preparation_init (CofferPreparation *self)
{
}

CofferPreparation *
coffer_preparation_new (CofferVault *vault,
                        guint64      n_bytes)
{
  CofferPreparation *self = g_object_new (COFFER_TYPE_PREPARATION, NULL);

  self->n_bytes = n_bytes;
  coffer_transfer_set_up (COFFER_TRANSFER (self), _("Handing over files"), "document-save-symbolic", NULL);
  coffer_transfer_set_vault (COFFER_TRANSFER (self), vault);
  coffer_transfer_set_can_pause (COFFER_TRANSFER (self), FALSE);
  coffer_transfer_set_waits_for (COFFER_TRANSFER (self), _("Finding out their names"));
  return self;
}
