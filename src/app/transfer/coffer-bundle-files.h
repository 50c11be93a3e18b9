/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-bundle.h"
#include "coffer-transfers.h"

G_BEGIN_DECLS

#define COFFER_TYPE_BUNDLE_FILES (coffer_bundle_files_get_type ())
G_DECLARE_FINAL_TYPE (CofferBundleFiles, coffer_bundle_files, COFFER, BUNDLE_FILES, GObject)

/**
 * Keys as files for other programs, in a folder of coffer_outside_folder_make(), which stays when the object goes: others copy from it
 * later. How the files are called is settled before they are there, and they are written once, however many ask. What failed or was
 * cancelled leaves nothing: who asks next has it done anew, in another folder. Main thread.
 *
 * Signal "left-out" (CofferExport *): it could not read or write all values, see coffer_transfer_get_skips(). Also for each who asks later.
 *
 * What all keys have in common up to a "/" is no part of the names; folders stay folders. Files have endings by content.
 *
 * @transfers  where the export is run
 */
CofferBundleFiles *coffer_bundle_files_new          (CofferBundle *bundle, CofferTransfers *transfers);

/** What the files and folders will be called: nothing but an empty folder is made. Finish: (transfer none) of GFile, for as long
 * as the result is there */
void               coffer_bundle_files_name_async   (CofferBundleFiles *self, GAsyncReadyCallback callback, gpointer user_data);
GSList            *coffer_bundle_files_name_finish  (CofferBundleFiles *self, GAsyncResult *result, GError **error);

/**
 * Write them, unless that was done; likewise, without the files and folders of which nothing could be written. Fails with
 * G_IO_ERROR_CANCELLED if somebody cancelled the transfer, with G_IO_ERROR_FAILED_HANDLED if "left-out" has told that nothing was written.
 */
void               coffer_bundle_files_write_async  (CofferBundleFiles *self, GAsyncReadyCallback callback, gpointer user_data);
GSList            *coffer_bundle_files_write_finish (CofferBundleFiles *self, GAsyncResult *result, GError **error);

/** While they are written; (transfer none) (nullable) */
CofferTransfer    *coffer_bundle_files_get_transfer (CofferBundleFiles *self);

/** Whether somebody asked for the names, and nothing is written yet. */
gboolean           coffer_bundle_files_is_promised  (CofferBundleFiles *self);

G_END_DECLS
