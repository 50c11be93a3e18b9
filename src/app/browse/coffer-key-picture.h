/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

/** What a row or a tile shows of its value: a plate with the picture, or the icon of its type until there is one. Main thread. */
typedef struct _CofferKeyPicture CofferKeyPicture;

/** @owner: redrawn when the picture changes; lives longer. @broken_cb (nullable): it turned out to be broken, or not to be. */
CofferKeyPicture *coffer_key_picture_new            (GtkWidget             *owner,
                                                     void                 (*broken_cb) (GtkWidget *owner));
void              coffer_key_picture_free           (CofferKeyPicture      *self);

/** @thumbnails (nullable): who makes pictures. @width, @height: of the plate, in logical pixels. */
void              coffer_key_picture_set_room       (CofferKeyPicture      *self,
                                                     CofferThumbnails      *thumbnails,
                                                     int                    width,
                                                     int                    height);

/** Make pictures as @other does, and of its entry. */
void              coffer_key_picture_imitate        (CofferKeyPicture      *self,
                                                     CofferKeyPicture      *other,
                                                     int                    width,
                                                     int                    height);

/** @entry (nullable): the picture of the one before is not waited for any longer. Call it again when more is known of the entry. */
void              coffer_key_picture_set_entry      (CofferKeyPicture      *self,
                                                     CofferEntry           *entry);

/** Whether it should have a picture, but the value is damaged. */
gboolean          coffer_key_picture_is_broken      (CofferKeyPicture      *self);
/** How to say that, translated. */
const char       *coffer_key_picture_broken_text    (void);
/** In nanoseconds; -1 if it is no clip. */
gint64            coffer_key_picture_get_duration   (CofferKeyPicture      *self);

/** Draws it at @x, @y of the owner. */
void              coffer_key_picture_snapshot       (CofferKeyPicture      *self,
                                                     GtkSnapshot           *snapshot,
                                                     int                    x,
                                                     int                    y,
                                                     int                    radius,
                                                     int                    icon_size);

G_END_DECLS
