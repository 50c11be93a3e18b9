/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * What can be told at little cost of a document, an archive or a font, which is shown as bytes: pages, entries, a name.
 *
 * @stream  seekable
 * @begin   where the data begin in it
 * @size    of the data
 * @facts   name, value, name, value … for people are added; nothing for what is damaged or of another kind
 *
 * Thread:  any.
 * Cost:    reads at most 2 MiB from the beginning and the end, of a font its table of names, of a tar its heads; nothing behind
 *          COFFER_CONTENT_NEAR, so that less is told of what is larger.
 */
void coffer_document_read (GInputStream *stream,
                           guint64       begin,
                           guint64       size,
                           GStrvBuilder *facts,
                           GCancellable *cancellable);

G_END_DECLS
