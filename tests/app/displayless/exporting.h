/* SPDX-License-Identifier: MIT */
/* What the tests of exports have in common: a vault, the folder that is exported into, and what comes back from there. */
#pragma once

#include "displayless.h"

#include "coffer-export.h"
#include "coffer-import.h"
#include "coffer-import-plan.h"

typedef struct {
  char *folder;
  char *target;      /* a folder in it */
  char *path;
  CofferVault *vault;
} Fixture;

#define TEST_EXPORT_ADD(name, function) \
  g_test_add ("/export/" name, Fixture, NULL, test_export_set_up, function, test_export_tear_down)
void                test_export_set_up     (Fixture *fixture, gconstpointer data);
void                test_export_tear_down  (Fixture *fixture, gconstpointer data);

/** The header of a value that is JSON. */
#define HEADER "\x89\x4b\x01\x03\0\0\0\0\x56\x4b"

/** Rows, before the vault is open. Sizes of -1: of a text */
void                test_put_row           (Fixture *fixture, const char *key, gssize key_size, const char *value, gssize value_size);
/** "zero/00001" and on. */
void                test_put_zeros         (Fixture *fixture, guint n_values, guint size);
/** Fourteen keys that make no good names. */
void                test_put_odd_keys      (Fixture *fixture);

extern const CofferExportOptions test_plain;
/** With coffer.json. */
extern const CofferExportOptions test_listing;

/** @prefix: (nullable): of all keys. Returns: (transfer full) */
CofferExport       *test_new_export        (Fixture *fixture, const char *prefix, const CofferExportOptions *options);
/** To its end. */
CofferTransferState test_run_export        (CofferExport *export);
char               *test_describe_skips    (CofferExport *export);
/** As if the disk gave back something else than what was written to files in @folder that have no name yet. @folder: (nullable): no longer */
void                test_spoil             (const char *folder);
/** As if the disk stood still once 4 MiB were written to files in @folder. @folder: (nullable): it goes on */
void                test_stall             (const char *folder);

/** A file of the target. Returns: (transfer full) (nullable): what is in it */
char               *test_read_file         (Fixture *fixture, const char *name);
void                test_make_file         (Fixture *fixture, const char *name, const char *content);
/** How many of the values of 30 MB are there; every one of them is whole, and has its name. */
guint               test_count_whole       (Fixture *fixture);

CofferImportPlan   *test_plan_target       (Fixture *fixture);
CofferImport       *test_import_target     (CofferVault *vault, CofferImportPlan *plan);
char               *test_describe_problems (CofferImportPlan *plan);
/** How many rows of the one are not in the other. */
int                 test_count_differences (const char *path, const char *other);

#define test_assert_takes(expression, expected) \
  G_STMT_START { \
    g_autofree char *taken = (expression); \
    g_assert_cmpstr (taken, ==, expected); \
  } G_STMT_END
