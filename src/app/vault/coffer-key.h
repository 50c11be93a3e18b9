/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * A key as it is in the file: its bytes, the storage class SQLite has them in and the row where it was last seen. Immutable;
 * may be used from any thread.
 */
typedef struct _CofferKey CofferKey;

#define COFFER_TYPE_KEY (coffer_key_get_type ())
GType       coffer_key_get_type    (void);

/** @bytes (transfer none); @key_class a kvault_class; @id the row, or 0 if not known. */
CofferKey  *coffer_key_new         (GBytes *bytes, int key_class, gint64 id);

/** A key as this program writes it, of which no row is known. */
CofferKey  *coffer_key_new_written (GBytes *bytes);

CofferKey  *coffer_key_ref         (CofferKey *self);
void        coffer_key_unref       (CofferKey *self);

GBytes     *coffer_key_get_bytes   (const CofferKey *self);
int         coffer_key_get_class   (const CofferKey *self);
gboolean    coffer_key_is_blob     (const CofferKey *self);
gint64      coffer_key_get_id      (const CofferKey *self);
gboolean    coffer_key_equal       (const CofferKey *a, const CofferKey *b);

/** SQLite's order: numbers by their value, then text, then bytes. */
int         coffer_key_compare     (const CofferKey *a, const CofferKey *b);

/**
 * The key as one line of valid UTF-8 that is safe to show: control characters, invalid UTF-8, line and bidi controls, and
 * blanks at its ends, are escaped (\n, \x1b, \u202e, \x20; a backslash of the key's own as \\ only where an escape
 * occurs); longer than @max_bytes of key: the middle is left out (“…”), never the end. 0: no limit. An empty key gives “(empty key)”,
 * translated.
 */
char       *coffer_key_to_display  (const CofferKey *self, gsize max_bytes);

/**
 * The same in two: the last part, behind the last separator ('/' or ':') that something follows, and what is before it.
 *
 * @prefix  (out) (transfer full): empty if there is none
 */
char       *coffer_key_split_display (const CofferKey *self, gsize max_bytes, char **prefix);

/** The same for bytes that are a name of another kind; none give none. */
char       *coffer_key_bytes_to_display (const char *data, gsize size, gsize max_bytes);

/** Exactly the key's bytes if they are UTF-8 without NUL, else NULL. (transfer full) (nullable) */
char       *coffer_key_dup_text    (const CofferKey *self);

/** Let go of an array of keys; of many on a thread of its own: a million take a tenth of a second. */
void        coffer_keys_unref      (GPtrArray *keys);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferKey, coffer_key_unref)

G_END_DECLS
