/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_PREVIEW (coffer_preview_get_type ())
G_DECLARE_FINAL_TYPE (CofferPreview, coffer_preview, COFFER, PREVIEW, GtkWidget)

/**
 * The value of one key as what it is, or as what is asked for ("preview.show-as", remembered for keys like this one while
 * the preview lives), and what is known of it.
 *
 * Another choice ends the work on the one before at once; until the new value is there the old one stays, as a whole and
 * for 200 ms at most.
 *
 * Properties: "title" string (read-only, notify): what is shown, "Image", "Animation", "Bytes"; NULL if nothing is.
 */
GtkWidget  *coffer_preview_new       (void);

/** Look into another vault, at no key. @vault (transfer none) (nullable) */
void        coffer_preview_set_vault (CofferPreview *self,
                                      CofferVault   *vault);

/** @key (transfer none) (nullable): of the table that the vault has in use */
void        coffer_preview_show_key  (CofferPreview *self,
                                      CofferKey     *key);

/** As many of the keys on each side as are of use. */
#define COFFER_PREVIEW_NEIGHBOURS 3

/**
 * The keys beside the one that is shown, whose pictures are made ready behind it. After each coffer_preview_show_key(), and
 * again when they are others.
 *
 * @next, @previous  (transfer none) COFFER_PREVIEW_NEIGHBOURS of them, the nearest first; NULL where none is known
 */
void        coffer_preview_set_neighbours (CofferPreview  *self,
                                           CofferKey     **next,
                                           CofferKey     **previous);

/** How many keys are selected, for when none of their values is shown. */
void        coffer_preview_set_n_selected (CofferPreview *self,
                                           guint          n);

/** Play or pause the value of the key, if it is one that plays; while it is on its way, as soon as it is there. */
void        coffer_preview_play      (CofferPreview *self);

/** Give the keyboard to the value, as soon as it is there, if nothing has it by then. */
void        coffer_preview_focus     (CofferPreview *self);

/** Somebody scrolls: what was put off because keys flew by waits until that rests, too. */
void        coffer_preview_note_scrolling (CofferPreview *self);

/** Read the value again, which may be another one now; the old one stays until that is done. */
void        coffer_preview_refresh   (CofferPreview *self);

/** Returns: (transfer none) (nullable) */
const char *coffer_preview_get_title (CofferPreview *self);

/** The actions that it has under "preview", for a menu beside it: "show-as" (s). Returns: (transfer none) */
GActionGroup *coffer_preview_get_actions (CofferPreview *self);

/** The value alone, as large as there is room; or with its key and the facts. */
void        coffer_preview_set_large (CofferPreview *self,
                                      gboolean       large);

/** Whether the key is told below the value; it is unless it is told elsewhere. */
void        coffer_preview_set_heading (CofferPreview *self,
                                        gboolean       heading);

/** What a key does that was typed elsewhere, to a picture or player that is alone. Returns: whether it does anything */
gboolean    coffer_preview_key       (CofferPreview   *self,
                                      guint            keyval,
                                      GdkModifierType  state);

G_END_DECLS
