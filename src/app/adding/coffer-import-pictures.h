/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-bundle.h"
#include "coffer-additions.h"

G_BEGIN_DECLS

/** One has come. */
typedef void (*CofferImportPicturesFunc) (guint position, GdkTexture *picture, gpointer data);

/** Small pictures of what is to be added, each looked at once, however often the keys change. Counted references; main thread. */
typedef struct _CofferImportPictures CofferImportPictures;

/** @bundle  (nullable) whose values they are */
CofferImportPictures *coffer_import_pictures_new   (CofferBundle *bundle, CofferImportPicturesFunc func, gpointer data);
/** Drop it; nothing is told any more. */
void                  coffer_import_pictures_close (CofferImportPictures *self);
/** (transfer none) (nullable): it may come. What is no picture has none. */
GdkTexture           *coffer_import_pictures_get   (CofferImportPictures *self, guint position, const CofferAddition *addition);

G_END_DECLS
