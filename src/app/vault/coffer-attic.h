/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define COFFER_ATTIC_SMALL (4u << 20)        /* bytes of a value that lies in memory, … */
#define COFFER_ATTIC_MOST_SMALL (32u << 20)  /* … up to this; others lie in the file */

/**
 * Where values of a vault are kept that were replaced, or that replaced them and were taken back: small ones in memory, the others in a file
 * beside the vault. That has no name: it goes away with the process, however that ends. What is not needed any more is given back to the
 * disk by a thread of its own. Counted references; any thread, but for what says that it is a lane's.
 */
typedef struct _CofferAttic CofferAttic;

/** One of these values. Counted references; any thread. */
typedef struct _CofferKept CofferKept;

CofferKept  *coffer_kept_ref          (CofferKept *self);
void         coffer_kept_unref        (CofferKept *self);
guint64      coffer_kept_get_size     (const CofferKept *self);

/** Blocks until all that was given back before is. At the end of a process, which would not wait for it. */
void         coffer_attic_wait_all    (void);

/** Bytes of what is kept now, and of what is not given back yet. */
guint64      coffer_attic_get_in_memory (CofferAttic *self);
guint64      coffer_attic_get_in_file (CofferAttic *self);
/** How many bytes there may be in memory, and in a file, in each attic; for tests. */
void         coffer_attic_set_most    (guint64 in_memory, guint64 in_file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferKept, coffer_kept_unref)

G_END_DECLS
