/* SPDX-License-Identifier: MIT */
/*
 * What the files of a content have in common.
 */
#pragma once

#include "coffer-content.h"

G_BEGIN_DECLS

/* coffer-content.c. @description (transfer full) */
void     coffer_content_set_type         (CofferContent *self, const char *content_type, char *description);

/* Of a text: what is shown at once. */
#define COFFER_CONTENT_TEXT_SIZE (1 << 20)

/* coffer-content-tree.c: on the lane, from where the data begin. */
gboolean coffer_content_load_tree        (CofferContent *self, GInputStream *stream, GCancellable *cancellable, GError **error);
/* Whether what has no type may be text after all, or a tree without a header: then kind or parse say so. */
gboolean coffer_content_load_unknown     (CofferContent *self, GInputStream *stream, GCancellable *cancellable, GError **error);
/* The same of what is taken for text in some old encoding, or is a pickle written in words. */
gboolean coffer_content_load_words       (CofferContent *self, GInputStream *stream, GCancellable *cancellable, GError **error);
/* On a thread of coffer-content.c. */
gboolean coffer_content_parse_tree       (CofferContent *self, GCancellable *cancellable, GError **error);

G_END_DECLS
