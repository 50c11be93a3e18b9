/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** Failures of a vault. Their codes are those of kvault_result, made positive; here are those that are more than shown. */
#define COFFER_ERROR (coffer_error_quark ())

typedef enum {
  COFFER_ERROR_NOTFOUND = 1, /* there is no such key, or row */
  COFFER_ERROR_EXISTS = 2,   /* there is such a file, or such a key, already */
  COFFER_ERROR_BUSY = 6,     /* somebody else was writing, for long */
  COFFER_ERROR_STALE = 9,    /* somebody else changed it meanwhile */
  COFFER_ERROR_CORRUPT = 14, /* the file is damaged there */
  COFFER_ERROR_FILE_LIMIT = 101,   /* KVAULT_EFULL, where there is room but not for a larger file */
  COFFER_ERROR_WAITING = 100,   /* values wait that are meant for another file: see coffer-cache.h. None of the engine's */
} CofferError;

GQuark  coffer_error_quark    (void);

/**
 * Words for people about a failure to open or read @display_name: a short title ("“x.db” Is Not a Vault") and what to
 * do ("It does not begin like a database: … Open it with the program that made it, …"). Translated.
 *
 * @title, @advice  (out) (transfer full)
 */
void    coffer_error_describe (const GError       *error,
                               const char         *display_name,
                               char              **title,
                               char              **advice);

/** The same. @hint  (nullable) what else is to be said if the file is damaged */
void    coffer_error_describe_damaged (const GError *error,
                                       const char   *display_name,
                                       const char   *hint,
                                       char        **title,
                                       char        **advice);

/** Whether another program only keeps us from it for now. */
gboolean coffer_error_is_busy (const GError *error);

/** Whether it is about the file, which is not at its path, or another one is. */
gboolean coffer_error_is_missing (const GError *error);

/** What is the matter with a value that cannot be read, in the one word of a column. (transfer none) interned */
const char *coffer_error_get_word (const GError *error);

/** The same in a few words for the place where a value or the rest of a list would be. (transfer full) */
char   *coffer_error_dup_line (const GError       *error);

/** Likewise, of a change that did not reach the file. (transfer full) */
char   *coffer_error_dup_write_line (const GError *error);

G_END_DECLS
