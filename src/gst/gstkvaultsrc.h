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
 *
 * It reads 8 MiB ahead, more where that takes long, on a thread of its own, and holds the file only while it reads: a
 * paused pipeline holds nothing, and one that plays keeps nobody from writing for over some 1.5 s, nor a write-ahead log over
 * 64 MB from being moved into the file. When the value is another one after that, playing ends with
 * GST_RESOURCE_ERROR_READ, or NOT_FOUND if it was deleted; what was read ahead until then, it plays.
 *
 * When bytes take long (over 150 ms: far into a large value of a file without page maps, or while somebody else writes), and
 * when they have come, it posts an element message GST_KVAULT_SRC_WALKING with a boolean "walking", for a busy sign.
 *
 * Its errors have an int "kvault-result" in their details, of enum kvault_result: what kept it from reading.
 */
#pragma once

#include <gst/base/gstbasesrc.h>

G_BEGIN_DECLS

#define GST_TYPE_KVAULT_SRC (gst_kvault_src_get_type ())
G_DECLARE_FINAL_TYPE (GstKvaultSrc, gst_kvault_src, GST, KVAULT_SRC, GstBaseSrc)

GST_ELEMENT_REGISTER_DECLARE (kvaultsrc)

/** The name of the structure of a message; see above. */
#define GST_KVAULT_SRC_WALKING "kvault-walking"

/** Make the element known to this process, without a plugin. After gst_init(). */
gboolean gst_kvault_src_register (void);

G_END_DECLS
