/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-storage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_PROBLEM_PAGE (coffer_problem_page_get_type ())
G_DECLARE_FINAL_TYPE (CofferProblemPage, coffer_problem_page, COFFER, PROBLEM_PAGE, AdwBin)

/**
 * What a window shows of a file that could not be opened: why, what to do, and, of a damaged one of which something can be read, a way to
 * save that, how far it is, and what came of it.
 *
 * @name     of the file
 * @storage  (nullable) of a vault opened by coffer_vault_open_damaged_async(): it is followed until the next call
 */
void coffer_problem_page_tell  (CofferProblemPage *self,
                                const char        *name,
                                const GError      *error,
                                CofferStorage     *storage);

/** Of that file nothing is done any more. */
void coffer_problem_page_clear (CofferProblemPage *self);

G_END_DECLS
