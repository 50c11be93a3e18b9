/* SPDX-License-Identifier: MIT */
/* What the tests of imports have in common: a vault, a folder of files, plans and imports of them, other vaults that values come from. */
#pragma once

#include "displayless.h"

#include "coffer-import.h"
#include "coffer-import-plan.h"
#include "coffer-move.h"

typedef struct {
  char *folder;      /* for the vault */
  char *files;       /* for what is imported */
  char *path;
  CofferVault *vault;
} Fixture;

void              test_import_set_up    (Fixture *fixture, gconstpointer data);
void              test_import_tear_down (Fixture *fixture, gconstpointer data);

/** In the folder of files; in folders of it where @name has any. The first returns its path. */
char             *test_make_file        (Fixture *fixture, const char *name, const char *content, gssize size);
void              test_make_text        (Fixture *fixture, const char *name, const char *content);
void              test_make_zeros       (Fixture *fixture, const char *name, off_t size);
/** "a.txt" and "same" are in the vault, and files of these names; "a (2).txt" is only in the vault, "b" only a file. */
void              test_make_conflicts   (Fixture *fixture);
void              test_make_many_files  (Fixture *fixture, guint n, gsize size);
/** How many of those of test_make_many_files() are in the vault; each of them is as it was. */
guint             test_count_whole      (Fixture *fixture, gsize size);

CofferImportPlan *test_plan             (const char *path);
CofferImportPlan *test_plan_files       (const char *const *paths);
CofferAdditions  *test_apply            (Fixture *fixture, CofferImportPlan *planned, const char *prefix);
CofferImport     *test_new_import       (Fixture *fixture, const char *path, CofferConflict conflict);
/** Of all files, to its end. */
CofferImport     *test_run_import       (Fixture *fixture, CofferConflict conflict);
void              test_wait_until_over  (CofferImport *import);
/** "name: reason; …" */
char             *test_describe_skips   (CofferImport *import);
/** Returns: how many were taken back */
guint             test_take_back        (Fixture *fixture, CofferImport *import);

/** Another vault, and four values of it that are copied and verified: small ones, an empty one, and one that is more than a chunk. */
char             *test_make_source      (Fixture *fixture);
CofferAdditions  *test_copy_values      (Fixture *fixture, const char *source);
/** Of all four, as the window does. */
CofferMove       *test_new_move         (Fixture *fixture, CofferVault *other, CofferAdditions *additions);

void              test_put              (Fixture *fixture, const char *key, const char *value);
/** One text out of the vault, by SQLite alone. */
char             *test_ask              (Fixture *fixture, const char *sql);

#define TEST_NEW_KEYS "SELECT group_concat(CAST(key AS TEXT) || '=' || CAST(value AS TEXT), ' ') FROM " \
                      "(SELECT * FROM kv WHERE CAST(key AS TEXT) NOT LIKE 'user:%' ORDER BY key)"

#define test_assert_takes(expression, expected) \
  G_STMT_START { \
    g_autofree char *taken = (expression); \
    g_assert_cmpstr (taken, ==, expected); \
  } G_STMT_END
