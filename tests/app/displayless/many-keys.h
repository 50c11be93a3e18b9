/* SPDX-License-Identifier: MIT */
#pragma once

#include "displayless.h"

#include "coffer-census.h"
#include "coffer-entry-list.h"
#include "coffer-file-state.h"
#include "coffer-ranges.h"

/** Keys of the fixture's vault, half of them images. */
#define MANY 20000

/** A vault of many keys with the list of them: img/00000.jpg with values of sizes that are in no order, doc/00000.txt with text. */
typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  GPtrArray *mirror;      /* of char: the keys as who follows "edited" has them; "?" for rows it has not asked for */
  guint n_told;           /* rows by items-changed */
  gboolean edited;
  long wrecked_at;        /* where a page was, */
  char wrecked[512];      /* and how it began */
} Fixture;

#define TEST_LIST_ADD(name, data, function) \
  g_test_add (name, Fixture, GINT_TO_POINTER (data), test_list_set_up, function, test_list_tear_down)

/** g_test_init() and g_test_run() with a cache folder, and the vault that each case has a copy of, of this process alone. */
void              test_list_init      (int *argc, char ***argv);
int               test_list_run       (void);
void              test_list_set_up    (Fixture *fixture, gconstpointer data);
void              test_list_tear_down (Fixture *fixture, gconstpointer data);

/** For cases that need the file for themselves in between. */
void              test_open_list      (Fixture *fixture);
void              test_close_list     (Fixture *fixture);

/** Until neither a walk nor a search nor an order is under way. */
void              test_wait_loaded    (Fixture *fixture);
guint             test_get_n          (Fixture *fixture);
CofferEntry      *test_get_entry      (Fixture *fixture, guint position);
/** These two wait until the row knows it. */
char             *test_read_key       (Fixture *fixture, guint position);
guint64           test_read_size      (Fixture *fixture, guint position);
void              test_assert_key     (Fixture *fixture, guint position, const char *expected);

void              test_search         (Fixture *fixture, CofferMatchMode mode, const char *text, guint groups,
                                       guint64 min_size, guint64 max_size);
/** The position of the first row whose key begins so; G_MAXUINT if there is none. */
guint             test_find           (Fixture *fixture, const char *text);
CofferVaultTotals test_measure        (Fixture *fixture, const CofferRanges *rows);
CofferCensus     *test_take_census    (Fixture *fixture, gboolean with_types);
/** The page of the index that has a key cannot be read any more; nor does anybody who has the file open remember it. */
void              test_wreck_index_page (Fixture *fixture, const char *key);
/** Undo that. */
void              test_mend_index_page  (Fixture *fixture);
/** Until the stamps of the file are so old that any later change is sure to show: two seconds after the last one. */
void              test_wait_settled   (const char *path);
