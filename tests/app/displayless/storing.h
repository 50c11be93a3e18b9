/* SPDX-License-Identifier: MIT */
/* What the tests of a file's storage have in common: a vault with free pages, and its model. */
#pragma once

#include "displayless.h"

#include "coffer-storage.h"
#include "coffer-undo.h"

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferStorage *storage;
} Fixture;

#define TEST_STORAGE_ADD(name, function) \
  g_test_add ("/storage/" name, Fixture, NULL, test_storage_set_up, function, test_storage_tear_down)
void    test_storage_set_up    (Fixture *fixture, gconstpointer data);
void    test_storage_tear_down (Fixture *fixture, gconstpointer data);

/** Until the pages have been looked at. */
void    test_wait_for_split    (Fixture *fixture);
void    test_wait_for_job      (Fixture *fixture);
/** The parts are the file with its log. @parts: (out) */
void    test_assert_adds_up    (Fixture *fixture, guint64 parts[COFFER_N_PARTS]);

/** In bytes, of a file or of what is beside it; 0 if there is none. */
guint64 test_size_of           (const char *path, const char *suffix);
/** The number that SQL gives, as another program sees it. */
guint64 test_ask_number        (const char *path, const char *sql);

void    test_rename_key        (Fixture *fixture, const char *from, const char *to);
void    test_undo              (CofferVault *vault, CofferUndo *history);
