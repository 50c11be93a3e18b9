/* SPDX-License-Identifier: MIT */
/* What the tests of values that wait have in common: a vault whose cache writes nothing unasked, and adding, reading and writing by it. */
#pragma once

#include "displayless.h"

#include "coffer-additions.h"
#include "coffer-cache.h"
#include "coffer-entry-list.h"
#include "coffer-storage-words.h"
#include "coffer-vault-upkeep.h"
#include "waiting.h"

#define N_KEYS 1500
#define NEVER 86400

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferCache *cache;
  CofferEntryList *list;
} Fixture;

#define TEST_CACHE_ADD(path, function) \
  g_test_add (path, Fixture, NULL, test_cache_set_up, function, test_cache_tear_down)
void              test_cache_set_up    (Fixture *fixture, gconstpointer data);
void              test_cache_tear_down (Fixture *fixture, gconstpointer data);
/** In bytes; @interval_s: after which what waits is written */
void              test_set_cache       (Fixture *fixture, guint64 capacity, guint64 threshold, guint interval_s);

/** From a file, by this window or another one. Returns: (transfer full) */
CofferAdditions  *test_add_value       (Fixture *fixture, const char *name, gconstpointer bytes, gsize size, CofferConflict conflict,
                                        GError **error);
CofferAdditions  *test_add_value_to    (Fixture *fixture, CofferVault *vault, const char *name, gconstpointer bytes, gsize size,
                                        CofferConflict conflict, GError **error);
/** Over what is there; it has to succeed. */
void              test_add_text        (Fixture *fixture, const char *name, const char *text);
void              test_add_text_to     (Fixture *fixture, CofferVault *vault, const char *name, const char *text);

guint64           test_n_waiting       (Fixture *fixture);
/** What is said that a crash would take. */
void              test_assert_risk     (Fixture *fixture, const char *expected);
gboolean          test_is_stale        (Fixture *fixture);
/** Writes what waits. */
gboolean          test_flush           (CofferVault *vault, GError **error);

guint             test_n_listed        (Fixture *fixture);
/** As who looks at a key sees it. Returns: (transfer full) (nullable) */
char             *test_read_value      (Fixture *fixture, const char *name);
void              test_search_for      (CofferEntryList *list, const char *text);
CofferInspection *test_check           (CofferVault *vault);
/** Returns: (transfer full): where it is */
char             *test_save_copy       (Fixture *fixture, CofferVault *vault);
/** @problem: (out): of a copy that is whole */
char             *test_save_copy_but   (Fixture *fixture, CofferVault *vault, char **problem);
