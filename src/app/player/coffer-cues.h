/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * The words of a clip's subtitles, track by track, as they come out of a pipeline, ahead of their time, and when they are to be
 * seen. What came once is kept: a seek into words that began before it finds them again.
 */
typedef struct _CofferCues CofferCues;

CofferCues *coffer_cues_new    (void);
CofferCues *coffer_cues_ref    (CofferCues *self);
void        coffer_cues_unref  (CofferCues *self);

/** @markup: it is Pango's; else plain. Both are taken from anywhere and need not be valid. Any thread. */
void        coffer_cues_add    (CofferCues *self,
                                guint       track,
                                gint64      start,
                                gint64      end,    /* -1: until the next */
                                const char *text,
                                gsize       size,
                                gboolean    markup);

/** Pango markup of no more than bold, italic, underlined and struck out. Any thread. Returns: (transfer full) (nullable) */
char       *coffer_cues_dup_at (CofferCues *self,
                                guint       track,
                                gint64      position);

/** When the last of them all is gone, or begins if it has no end; 0 if there are none. Any thread. */
gint64      coffer_cues_get_end (CofferCues *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferCues, coffer_cues_unref)

G_END_DECLS
