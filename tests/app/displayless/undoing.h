/* SPDX-License-Identifier: MIT */
/* What the tests of taking back have in common: a vault with its list and its history, steps, and files that are added. */
#pragma once

#include "displayless.h"

#include "coffer-additions.h"
#include "coffer-deletion.h"
#include "coffer-entry-list.h"
#include "coffer-undo.h"
#include "waiting.h"

#define N_KEYS 3000

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  CofferUndo *undo;
} Fixture;

#define TEST_UNDO_ADD(path, function) \
  g_test_add (path, Fixture, NULL, test_undo_set_up, function, test_undo_tear_down)
void             test_undo_set_up    (Fixture *fixture, gconstpointer data);
void             test_undo_tear_down (Fixture *fixture, gconstpointer data);

guint            test_n_listed       (CofferEntryList *list);
/** Of the vault's own keys. */
char            *test_name_of        (guint number);
CofferKey       *test_key_of         (guint number);

/** Deletes the keys from @from to before @to, as the window does. Returns: (transfer full) */
CofferDeletion  *test_hide           (Fixture *fixture, guint from, guint to);
/** Writes the deletions to the file, which may fail. @deleted: (out) (nullable) */
gboolean         test_write_out      (Fixture *fixture, CofferDeleted *deleted, GError **error);

/** Undo, or redo. Returns: (transfer full) (nullable): what was done, in words */
char            *test_step           (Fixture *fixture, gboolean redo, GError **error);
void             test_assert_step    (Fixture *fixture, gboolean redo, const char *expected);
void             test_assert_fails   (Fixture *fixture, gboolean redo, int code);

/** A file of the fixture's folder, that has its own name in it. */
void             test_append_file    (Fixture *fixture, CofferAdditions *additions, const char *name, const char *key_text);
/** All of them, over what is there. */
void             test_add            (Fixture *fixture, CofferAdditions *additions);
/** Three files, of which two have keys that are there. Returns: (transfer full) */
CofferAdditions *test_add_files      (Fixture *fixture, const char *contents, CofferConflict conflict);
/** "file0" to "file3", if they are there. */
void             test_remove_files   (Fixture *fixture);
void             test_verify         (Fixture *fixture, CofferAdditions *additions);
