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
 * Signal "failed" (const GError *): the files could not be written.
 *
 * @transfers  where they are
 */
CofferBundleContent *coffer_bundle_content_new    (CofferBundle *bundle, CofferTransfers *transfers);

/** (transfer none) */
CofferBundle        *coffer_bundle_content_get_bundle (CofferBundleContent *self);

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
