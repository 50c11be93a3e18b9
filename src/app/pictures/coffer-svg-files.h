/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Whether a drawing names files besides itself: pictures, styles, parts, entities. None of them is ever loaded, so that it may
 * lack something, or everything.
 *
 * @data  SVG, unpacked, of any or no form
 *
 * Thread:  any.
 * Cost:    linear.
 */
gboolean coffer_svg_wants_files (const char *data, gsize len);

G_END_DECLS
