/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-bundle.h"
#include "coffer-transfers.h"

G_BEGIN_DECLS

#define COFFER_TYPE_BUNDLE_CONTENT (coffer_bundle_content_get_type ())
G_DECLARE_FINAL_TYPE (CofferBundleContent, coffer_bundle_content, COFFER, BUNDLE_CONTENT, GdkContentProvider)

/**
 * Keys for the clipboard or a drag: a COFFER_TYPE_BUNDLE for windows of this program, files for others, of a single picture also
 * that, and as text a value that is text, else the keys. Files are written when they are needed; see coffer_bundle_content_follow().
 *
 * Signals: "failed" (const GError *): the files could not be written. "left-out" (CofferExport *): not all of them; as that of
 * CofferBundleFiles, which may fail then, too, but there is no more to tell. "kept-out": files were handed over of which a program in a
 * sandbox gets none, as the portal for these takes no folders, or not so many.
 *
 * @transfers  where they are
 */
CofferBundleContent *coffer_bundle_content_new    (CofferBundle *bundle, CofferTransfers *transfers);

/** (transfer none) */
CofferBundle        *coffer_bundle_content_get_bundle (CofferBundleContent *self);

/** Whether what was offered was also offered by the portal for programs in a sandbox, or there is none. */
gboolean             coffer_bundle_content_is_portable (CofferBundleContent *self);
gboolean             coffer_bundle_content_has_portal (void);

/**
 * It is dragged. Where the windowing system lets us, which is X11, nothing is written before the drop, though file managers ask while
 * the pointer is over them.
 */
void                 coffer_bundle_content_follow (CofferBundleContent *self, GdkDrag *drag);

/** Whether one is being handed over now, while which no other drag can begin. */
gboolean             coffer_bundle_content_is_busy (void);

/** A window of this program would take the drag: there are no files needed if it is dropped now. */
void                 coffer_bundle_content_set_local (GdkDrag *drag, gboolean local);

G_END_DECLS
