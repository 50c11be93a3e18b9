/* SPDX-License-Identifier: MIT */
/* gstkvaultsrc.h - an element that plays a value in place.
 *
 * kvaultsrc gives the bytes of one value of a vault, seekable, straight from the file. It
 * answers to URIs:
 *
 *     kvault:///home/me/photos.kvault?table=kv&key=clip%2Fin.webm
 *
 * The path is absolute. `key` is needed and may be empty; `table` may be left out and is then
 * the one kvault_open() takes by itself. Path, table and key are bytes, percent-encoded
 * where they are not unreserved characters (RFC 3986, 2.3; `/` may stand as it is): keys may
 * hold any byte, NUL included, and "+" is a plus. g_uri_escape_bytes() with "/" allowed
 * writes this form.
 *
 * The bytes are the stored ones; a value header is not skipped, unless `offset`, a decimal
 * number of bytes, says how long it is: `offset=10` gives what lies behind ten bytes.
 */
#pragma once

#include <gst/base/gstbasesrc.h>

G_BEGIN_DECLS

#define GST_TYPE_KVAULT_SRC (gst_kvault_src_get_type ())
G_DECLARE_FINAL_TYPE (GstKvaultSrc, gst_kvault_src, GST, KVAULT_SRC, GstBaseSrc)

GST_ELEMENT_REGISTER_DECLARE (kvaultsrc)

/** Make the element known to this process, without a plugin. After gst_init(). */
gboolean gst_kvault_src_register (void);

G_END_DECLS
