/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

/** An empty folder of this test's own. */
char        *test_folder_new         (void);
/** Removes it with all that is in it, and frees @folder. */
void         test_folder_remove      (char *folder);
/** The names in it, sorted, with a space between. */
char        *test_folder_list        (const char *folder);

/** A disk with room for files of @size bytes and no more, for this process; G_MAXUINT64: for any. */
void         test_limit_files        (guint64 size);

/** Copies a fixture, "hot/v010_hot_wal.db", and the files beside it. */
char        *test_copy               (const char *folder, const char *fixture);
/** Copies any file into the folder. */
char        *test_copy_file          (const char *folder, const char *from);
/** Runs SQL on a file, which is made if need be. */
void         test_sql                (const char *path, const char *sql);
/** A vault of @n_keys keys "user:0000000000" and up, in both shapes' newer one, each with a value of its number as text. */
char        *test_make_vault         (const char *folder, const char *name, guint n_keys);

/** Runs the main loop until @condition holds; fails the test after two minutes. */
#define test_wait_for(condition) \
  G_STMT_START { \
    gint64 wait_until = g_get_monotonic_time () + 120 * G_USEC_PER_SEC; \
    while (!(condition)) \
      { \
        if (g_get_monotonic_time () > wait_until) \
          g_error ("%s:%d: waited in vain for: %s", __FILE__, __LINE__, #condition); \
        test_iterate (); \
      } \
  } G_STMT_END
void         test_iterate            (void);
/** Runs the main loop for so long. */
void         test_run_for            (guint ms);

/** A GAsyncReadyCallback that puts the result, referenced, at @data (a GAsyncResult **). */
void         test_store_result       (GObject *source, GAsyncResult *result, gpointer data);

CofferVault *test_open               (const char *path);
/** How opening fails, which it must. */
GError      *test_open_error         (const char *path);
void         test_edit               (CofferVault *vault);
/** Closes, and waits until nobody holds the vault any more, so that it has let go of the file. */
void         test_close              (CofferVault *vault);
/** Until every lane has let go of the file, as before an import; until coffer_vault_resume(). */
void         test_hold               (CofferVault *vault);

/** A key of bytes. */
CofferKey   *test_key                (const char *text);
