/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-error.h"

#include <kvault.h>

G_BEGIN_DECLS

/** The code in a GError of a kvault_result: COFFER_ERROR_CODE (KVAULT_EBUSY). */
#define COFFER_ERROR_CODE(result) (-(result))

/**
 * What a failed kvault call left to say, as a GError; KVAULT_ECANCELLED becomes G_IO_ERROR_CANCELLED.
 * Call it on the thread where it failed, before the next call on @vault.
 */
GError *coffer_error_new      (kvault             *vault,
                               int                 result);

/** The same for a failed kvault_open(). */
GError *coffer_error_new_open (const kvault_error *error);

G_END_DECLS
