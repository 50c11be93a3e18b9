/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key.h"

G_BEGIN_DECLS

#define COFFER_TYPE_ENTRY (coffer_entry_get_type ())
G_DECLARE_FINAL_TYPE (CofferEntry, coffer_entry, COFFER, ENTRY, GObject)

/**
 * One row of the list, made when somebody looks at its position and blank until its page arrives; then it fills in through
 * notify. Main thread.
 *
 * Properties (all read-only, notify):
 *   "loaded"        gboolean  the key is known
 *   "display-key"   string    coffer_key_to_display (key, 512); NULL until loaded
 *   "size"          uint64    bytes; G_MAXUINT64 until known
 *   "content-type"  string    of the data, "image/jpeg"; NULL until known
 *   "type-label"    string    short: "JPEG", "PNG", "JSON", "Pickle", "Text", "Empty", "Damaged"; NULL until known
 *   "unsaved"       gboolean  the value waits in memory, see coffer-cache.h
 *   "error"         string    why size or type could not be read (one line, translated); NULL if fine
 */
/** One of a key that somebody found elsewhere, which no list fills in: its type stays unknown. */
CofferEntry *coffer_entry_new_for_key    (CofferKey *key, guint64 size);

guint       coffer_entry_get_position     (CofferEntry *self);
CofferKey  *coffer_entry_get_key          (CofferEntry *self);   /* (transfer none) (nullable) */
const char *coffer_entry_get_display_key  (CofferEntry *self);   /* (nullable) */
guint64     coffer_entry_get_size         (CofferEntry *self);   /* G_MAXUINT64 if unknown */
const char *coffer_entry_get_content_type (CofferEntry *self);   /* (nullable) */
const char *coffer_entry_get_type_label   (CofferEntry *self);   /* (nullable) */
const char *coffer_entry_get_error        (CofferEntry *self);   /* (nullable) */
gboolean    coffer_entry_get_unsaved      (CofferEntry *self);

G_END_DECLS
