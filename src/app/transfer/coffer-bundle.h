/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-entry-list.h>
#include <coffer-vault.h>

G_BEGIN_DECLS

#define COFFER_TYPE_BUNDLE (coffer_bundle_get_type ())
G_DECLARE_FINAL_TYPE (CofferBundle, coffer_bundle, COFFER, BUNDLE, GObject)

/** Of more it is not found out whether their files lie beside one another. */
#define COFFER_BUNDLE_MOST_FLAT 20000

/**
 * Keys that somebody took, to drag them or to copy them: which they are is settled when they are taken, whatever becomes of the list
 * they were taken from. Main thread.
 *
 * Signal "known": the keys of rows were read, or could not be.
 *
 * @rows  of @list; the keys are of the table of @vault that is in use
 */
CofferBundle *coffer_bundle_new_rows    (CofferVault *vault, CofferEntryList *list, const CofferRanges *rows);
/** @keys  of CofferKey; not to be changed */
CofferBundle *coffer_bundle_new_keys    (CofferVault *vault, GPtrArray *keys);
/** One, of which more is known. @content_type  (nullable) of its data */
CofferBundle *coffer_bundle_new_key     (CofferVault *vault, CofferKey *key, const char *content_type, guint64 size);

CofferVault  *coffer_bundle_get_vault   (CofferBundle *self);
const char   *coffer_bundle_get_table   (CofferBundle *self);
/** Of the only one; (nullable) */
const char   *coffer_bundle_get_content_type (CofferBundle *self);
/** Of all values together; G_MAXUINT64 if it is not known */
guint64       coffer_bundle_get_size    (CofferBundle *self);
void          coffer_bundle_set_size    (CofferBundle *self, guint64 size);

/** Whether their files will lie beside one another, in no folder; until their keys are known, of rows only if the list has them all. */
gboolean      coffer_bundle_is_flat     (CofferBundle *self);

/** (nullable): not known yet */
GPtrArray    *coffer_bundle_peek_keys   (CofferBundle *self);

/** They are to go from where they are once they are somewhere else. */
void          coffer_bundle_set_moves   (CofferBundle *self, gboolean moves);
gboolean      coffer_bundle_get_moves   (CofferBundle *self);

/** Which they are. Finish: (transfer full) of CofferKey; not to be changed, for coffer_keys_unref() */
void          coffer_bundle_keys_async  (CofferBundle *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray    *coffer_bundle_keys_finish (CofferBundle *self, GAsyncResult *result, GError **error);

/**
 * How much of the keys says nothing of one among them, as all begin with it and a "/" ends it; of one, all but its last part. Looks at
 * them all; any thread.
 */
gsize         coffer_bundle_measure_common (GPtrArray *keys);

G_END_DECLS
