/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * A vault that is made where a person wants one, over a file that is there if need be: that person was asked. It is made beside that, takes
 * its name when it is whole and on the disk, and until then, whatever happens, the one before it is there, or none: see kvault_new_file. A
 * lane's, or any thread's.
 */
typedef struct _CofferNewFile CofferNewFile;

/**
 * @source      the vault that it is made of, which is never replaced
 * @open_paths  of vaults that this program shows, which are not replaced either
 *
 * Returns: (nullable) with @error: COFFER_ERROR_EXISTS, COFFER_ERROR_BUSY: it is not a file to be replaced
 */
CofferNewFile *coffer_new_file_begin    (const char         *target,
                                         const char         *source,
                                         const char *const  *open_paths,
                                         GError            **error);
/** Where it is made: nothing is there. What kvault calls say of it names the target. */
const char    *coffer_new_file_get_path (CofferNewFile      *self);
/** It is whole and closed: gives it the name. Refuses what coffer_new_file_begin() does, and a file whose log is not empty. */
gboolean       coffer_new_file_finish   (CofferNewFile      *self,
                                         GError            **error);
/** Returns: (nullable) what is to be said of a file that was finished */
const char    *coffer_new_file_get_problem (CofferNewFile   *self);
/** What was made and not finished is removed. */
void           coffer_new_file_free     (CofferNewFile      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferNewFile, coffer_new_file_free)

G_END_DECLS
