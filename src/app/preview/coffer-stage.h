/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>
#include <gtk/gtk.h>

#include "coffer-content.h"

G_BEGIN_DECLS

#define COFFER_TYPE_STAGE (coffer_stage_get_type ())
G_DECLARE_INTERFACE (CofferStage, coffer_stage, COFFER, STAGE, GtkWidget)

/**
 * A widget on which values of one kind are shown. It begins with what the content holds and gets the rest by itself, off
 * the main thread; with the value it is cleared or shown another, it forgets the one before.
 *
 * Signals: "facts-changed" when coffer_stage_dup_facts() has more to say; "range-changed" when something else was chosen; "failed"
 * (const GError *) when it cannot show the value: it is cleared then, and the reason shown in its place.
 */
struct _CofferStageInterface
{
  GTypeInterface parent_iface;

  void     (*show)      (CofferStage *self, CofferVault *vault, CofferKey *key, CofferContent *content);
  void     (*clear)     (CofferStage *self);
  void     (*leave)     (CofferStage *self);   /* or NULL */
  gboolean (*fills)     (CofferStage *self);
  GStrv    (*dup_facts) (CofferStage *self);
  char    *(*dup_note)  (CofferStage *self);   /* or NULL */
  gboolean (*get_range) (CofferStage *self, guint64 *offset, guint64 *size);   /* or NULL, and so the next */
  void     (*set_range) (CofferStage *self, guint64 offset, guint64 size);
};

/**
 * Show a value. Returns at once. The key that is shown already comes again when its value may have changed: what plays or
 * was scrolled then stays where it is.
 *
 * @content  stays the caller's, and as it is until coffer_stage_clear() or the next coffer_stage_show()
 */
void     coffer_stage_show      (CofferStage   *self,
                                 CofferVault   *vault,
                                 CofferKey     *key,
                                 CofferContent *content);

/** Stop whatever runs and drop what is held. Returns at once, whatever a decoder does. */
void     coffer_stage_clear     (CofferStage   *self);

/** Another value was chosen and is on its way; this one is still seen for a moment. What plays falls silent at once. */
void     coffer_stage_leave     (CofferStage   *self);

/** Whether it takes all room there is and scrolls by itself, rather than a picture's with the facts behind it. */
gboolean coffer_stage_fills     (CofferStage   *self);

/** What became known beyond the value's own facts: name, value, name, value …. Returns: (transfer full) (nullable) */
GStrv    coffer_stage_dup_facts (CofferStage   *self);

/** What is chosen in it, as bytes of the stored value. Returns: FALSE if nothing is */
gboolean coffer_stage_get_range (CofferStage   *self,
                                 guint64       *offset,
                                 guint64       *size);
/** Choose what these bytes are, if the stage knows. */
void     coffer_stage_set_range (CofferStage   *self,
                                 guint64        offset,
                                 guint64        size);

/** A sentence to be seen below the facts. Returns: (transfer full) (nullable) */
char    *coffer_stage_dup_note  (CofferStage   *self);

/** For stages: emit "facts-changed". */
void     coffer_stage_facts_changed (CofferStage *self);

/** For stages: emit "range-changed". */
void     coffer_stage_range_changed (CofferStage *self);

/** For stages: emit "failed". */
void     coffer_stage_fail      (CofferStage   *self,
                                 const GError  *error);

G_END_DECLS
