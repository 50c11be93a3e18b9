/* SPDX-License-Identifier: MIT */
/* The parts of CofferPreview. */
#pragma once

#include <adwaita.h>

#include "coffer-content.h"
#include "coffer-prefetch.h"
#include "coffer-preview.h"
#include "coffer-value-view.h"

G_BEGIN_DECLS

struct _CofferPreview
{
  GtkWidget parent_instance;

  CofferVault *vault;
  CofferKey *key;             /* chosen */
  CofferKey *last_key;        /* the one before, or NULL */
  CofferPrefetch *ahead;
  guint behind_id;            /* until the less likely neighbour is read, too */
  GCancellable *current;      /* of the request that runs or whose answer waits, or NULL */
  GCancellable *looking;      /* while it is seen whether the value is another by now */
  gboolean touched;           /* somebody wrote meanwhile: look again behind that */
  gint64 chosen_at;
  gint64 scrolled_at;
  gint64 waits_since;         /* the first choice since something was shown; 0: it is on show */
  GCancellable *trailing;     /* of a request for a key chosen before, or NULL */
  CofferKey *trailing_key;
  CofferProgress *progress;   /* of the request for a value that is not on show yet, or NULL */
  gboolean in_haste;
  CofferContent *waiting;     /* for a frame to come; NULL for the error */
  GError *waiting_error;
  gint64 waiting_since;       /* a frame */
  guint waiting_tick;
  char *title;
  GSimpleActionGroup *actions;
  GHashTable *choices;        /* pattern of keys: CofferShowAs, while the window lives */
  gboolean plays;             /* once there is an answer */
  gboolean focuses;
  guint loading_id;           /* until "loading" shows */
  guint renew_id;

  AdwStatusPage *none;
  GtkStack *pages;
  CofferValueView *view;
};

/** Forget an answer that waits to be shown. */
void         coffer_preview_drop_waiting      (CofferPreview *self);
/** Whether an answer waits to be shown. */
gboolean     coffer_preview_is_waiting        (CofferPreview *self);
/** Nothing is asked for any more, nor an answer waited for. */
void         coffer_preview_stop_request      (CofferPreview *self);
/** Nor for the picture of a key before. */
void         coffer_preview_stop_trailing     (CofferPreview *self);
/** Who goes on faster than pictures are made would see none: one that was begun is finished, now and then. */
void         coffer_preview_let_trail         (CofferPreview *self);
/** How values of keys like @key are to be shown. */
CofferShowAs coffer_preview_get_choice        (CofferPreview *self,
                                               CofferKey     *key);
/** The menu shows what was chosen for keys like this one; there is nothing to choose without a value. */
void         coffer_preview_update_actions    (CofferPreview *self);
/** What the value is shown as; NULL: none is. */
void         coffer_preview_set_title         (CofferPreview *self,
                                               const char    *title);
/** The time runs from the first choice that has not been shown yet: who goes through many keys sees that they are under way. Once
 * they are, it runs from the last one, which is named then. */
void         coffer_preview_expect_loading    (CofferPreview *self);
/** No key is chosen. */
void         coffer_preview_show_nothing      (CofferPreview *self);
/** Who goes through many keys scrolls with each: the next frame is for that, and a later one for this, unless another key has been
 * chosen by then. @content (transfer full) (nullable): or else @error
 */
void         coffer_preview_take_answer       (CofferPreview *self,
                                               CofferContent *content,
                                               const GError  *error);
/** Ask for the value again; the one on show stays until the answer is there. */
void         coffer_preview_request           (CofferPreview *self);
/** Ask for the value of a key just chosen. Its picture may be ready, or on its way. */
void         coffer_preview_request_chosen    (CofferPreview *self);
/** A picture that was reduced for a smaller room than there is now is made again, once the room is still. */
void         coffer_preview_renew_if_coarse   (CofferPreview *self);
/** Another program wrote something, most likely something else. */
void         coffer_preview_touched_cb        (CofferPreview *self);
/** At the pace of a key that is held the picture of each is seen, if there was a frame for the list since. */
void         coffer_preview_flush_waiting     (CofferPreview *self);
/** A key was chosen just now. */
void         coffer_preview_note_choice       (CofferPreview *self);

G_END_DECLS
