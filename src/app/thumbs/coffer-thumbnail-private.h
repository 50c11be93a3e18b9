/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumb-picture.h"
#include "coffer-thumb-queue.h"

G_BEGIN_DECLS

struct _CofferThumbnail {
  GObject parent_instance;

  CofferThumbPicture *picture;   /* NULL: pending */
  CofferThumbWork *work;         /* that it waits for, or NULL */
  CofferThumbId id;
  gpointer owner;                /* until it is cancelled: the CofferThumbnails that is told of that */
  void (*let_go) (gpointer owner, CofferThumbnail *self);
};

/** Tells of what changed. */
void coffer_thumbnail_set_picture (CofferThumbnail    *self,
                                   CofferThumbPicture *picture);

G_END_DECLS
