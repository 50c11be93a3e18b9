/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-attic.h"
#include "coffer-source-sum.h"

#include <kvault.h>

G_BEGIN_DECLS

/** How many bytes of a value are copied. Returns: whether to end it */
typedef gboolean (*CofferKeptFunc) (guint64 n_bytes, gpointer data);

CofferAttic *coffer_attic_new         (void);
CofferAttic *coffer_attic_ref         (CofferAttic *self);
void         coffer_attic_unref       (CofferAttic *self);
/** Whether what is given back is written over with zeros before; not at first. */
void         coffer_attic_set_wipes   (CofferAttic *self, gboolean wipes);

/**
 * Lane. Copy a value, in pieces.
 *
 * @vault   whose value it is
 * @needed  bytes that are to be written to that disk next: there has to be room for them, too
 * @sums    whether its checksum will be asked for
 * @tell    (nullable)
 * @rc      (out) KVAULT_OK, KVAULT_ECANCELLED, or a failure of @blob
 *
 * Returns: (transfer full) (nullable): NULL with KVAULT_OK: there is no room for it
 */
CofferKept  *coffer_attic_keep        (CofferAttic *self, kvault *vault, kvault_blob *blob, guint64 needed, gboolean sums, CofferKeptFunc tell,
                                       gpointer data, int *rc);

/** SHA-256 in hex. (transfer full) (nullable): NULL: it was not asked for */
char        *coffer_kept_dup_checksum (const CofferKept *self);
/** Lane. Whether all of it came. */
gboolean     coffer_kept_read         (const CofferKept *self, gpointer buffer, gsize len, guint64 offset);
/** Lane. Add what is behind the first @start bytes to @sum; FALSE if it cannot be read. */
gboolean     coffer_kept_add_up       (const CofferKept *self, CofferSourceSum *sum, guint64 start);
/**
 * Lane, the WRITE lane of its vault. Store it, with a look at whether it still is what was kept; one transaction.
 *
 * @tell     (nullable)
 * @damaged  (out) it is another one, and nothing was stored
 *
 * Returns: as kvault_put_fd()
 */
int          coffer_kept_put          (CofferKept *self, kvault *vault, GBytes *key, CofferKeptFunc tell, gpointer data, gboolean *damaged);

G_END_DECLS
