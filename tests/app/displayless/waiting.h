/* SPDX-License-Identifier: MIT */
/* What tests of values that wait, and of deletions, do to a vault, and see of it in its file. */
#pragma once

#include "coffer-deletion.h"
#include "displayless.h"

/** Rows of the table "kv" for which the SQL of @where holds, as another program sees them. */
int             test_count_rows      (const char *path, const char *where);
/** Of the key of these bytes. */
int             test_count_named     (const char *path, const char *name);

/** Hides a key, which has to succeed. Returns: (transfer full) */
CofferDeletion *test_hide_key        (CofferVault *vault, const char *name);
/** Undo, or redo. */
void            test_show_deletion   (CofferVault *vault, CofferDeletion *deletion, gboolean shows);
/** Deletes from the file what is hidden. @deleted: (out) (nullable) */
void            test_write_deletions (CofferVault *vault, CofferDeleted *deleted);
