/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

#include "coffer-thumb-disk.h"
#include "coffer-thumb-id.h"
#include "coffer-thumb-picture.h"

G_BEGIN_DECLS

/** A picture to be made. What is not said otherwise is fixed from its making on. */
typedef struct {
  gatomicrefcount     refs;
  CofferThumbId       id;
  CofferThumbPicture *known;         /* (nullable) the one before: made anew only if it is not that any more */
  GCancellable       *cancellable;

  /* The queue's, by its lock: */
  GList               link;
  gboolean            waits;
  guint               generation;    /* of what may be read for it */
  guint               n_tries;

  /* The lane's, and the main thread's once it is answered: */
  CofferThumbPicture *picture;       /* NULL: could not be made, */
  gboolean            damaged;       /* because of damage, which stays, */
  gboolean            passing;       /* or of what passes, as another program that writes: to be tried again */

  /* The main thread's: */
  GPtrArray          *thumbnails;    /* unowned CofferThumbnail */
} CofferThumbWork;

CofferThumbWork  *coffer_thumb_work_new   (const CofferThumbId *id,
                                           CofferThumbPicture  *known);   /* (nullable) */
CofferThumbWork  *coffer_thumb_work_ref   (CofferThumbWork     *self);
void              coffer_thumb_work_unref (CofferThumbWork     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbWork, coffer_thumb_work_unref)

/**
 * What is to be made, and what was: between the main thread, which adds and takes away, and the lanes, each of which takes
 * one after the other. What came last goes first; but what came in one turn of the main loop, the tiles of a new page, in
 * the order in which it came.
 */
typedef struct _CofferThumbQueue CofferThumbQueue;

/**
 * Main thread: an answer came. The work was not cancelled, as far as the lane knew.
 *
 * @stale  the values may have changed since it was begun
 */
typedef void (*CofferThumbAnswered) (gpointer owner, CofferThumbWork *work, gboolean stale);

/**
 * @path  of the vault's file
 * @disk  (nullable): nothing is kept in files then
 */
CofferThumbQueue *coffer_thumb_queue_new   (const char          *path,
                                            CofferThumbDisk     *disk,
                                            CofferThumbAnswered  answered,
                                            gpointer             owner);
CofferThumbQueue *coffer_thumb_queue_ref   (CofferThumbQueue    *self);
void              coffer_thumb_queue_unref (CofferThumbQueue    *self);

/** The owner goes: nothing is answered any more. */
void              coffer_thumb_queue_close (CofferThumbQueue    *self);

/** What is not in it yet; @behind: last of all, else first. */
void              coffer_thumb_queue_push  (CofferThumbQueue    *self,
                                            CofferThumbWork     *work,
                                            gboolean             behind);

/** The turn is over: what comes now goes before what came. */
void              coffer_thumb_queue_end_turn (CofferThumbQueue *self);

/** If it waits still, it does so as if it had come now. */
void              coffer_thumb_queue_prefer (CofferThumbQueue   *self,
                                            CofferThumbWork     *work);

/** Takes it away, if it waits; what runs is told to stop. */
void              coffer_thumb_queue_cancel (CofferThumbQueue   *self,
                                            CofferThumbWork     *work);

/** What was read until now may be wrong. */
void              coffer_thumb_queue_renew (CofferThumbQueue    *self);
guint             coffer_thumb_queue_get_generation (CofferThumbQueue *self);

/** Takes away all that waits, and answers it without a picture: of none of it is more known than @error. */
void              coffer_thumb_queue_fail  (CofferThumbQueue    *self,
                                            const GError        *error);

/** How many wait; @table (out) (transfer full) (nullable): of the first one */
guint             coffer_thumb_queue_peek  (CofferThumbQueue    *self,
                                            char               **table);

/**
 * Lane. Makes what waits, as long as that is of this table.
 *
 * Returns: FALSE with @error set if it has to be called again: it was stopped, or the file is gone from under the handle
 */
gboolean          coffer_thumb_queue_work  (CofferThumbQueue    *self,
                                            const char          *table,
                                            CofferValueReader   *reader,
                                            GCancellable        *cancellable,
                                            GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbQueue, coffer_thumb_queue_unref)

G_END_DECLS
