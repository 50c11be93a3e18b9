/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <kvault.h>

G_BEGIN_DECLS

/** Error codes are those of kvault_result, made positive: COFFER_ERROR_CODE (KVAULT_EBUSY). */
#define COFFER_ERROR (coffer_error_quark ())
#define COFFER_ERROR_CODE(result) (-(result))

GQuark  coffer_error_quark    (void);

/**
 * What a failed kvault call left to say, as a GError; KVAULT_ECANCELLED becomes G_IO_ERROR_CANCELLED.
 * Call it on the thread where it failed, before the next call on @vault.
 */
GError *coffer_error_new      (kvault             *vault,
                               int                 result);

/** The same for a failed kvault_open(). */
GError *coffer_error_new_open (const kvault_error *error);

/**
 * Words for people about a failure to open or read @display_name: a short title ("“x.db” Is Not a Vault") and what to
 * do ("It is a picture or another kind of file, with the ending of a vault. …"). Translated.
 *
 * @title, @advice  (out) (transfer full)
 */
void    coffer_error_describe (const GError       *error,
                               const char         *display_name,
                               char              **title,
                               char              **advice);

/** The same in a few words for the place where a value or the rest of a list would be. (transfer full) */
char   *coffer_error_dup_line (const GError       *error);

G_END_DECLS
