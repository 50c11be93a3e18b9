/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-columns.h"
#include "coffer-key-cell.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_ROW (coffer_key_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyRow, coffer_key_row, COFFER, KEY_ROW, CofferKeyCell)

/** How rows look. */
typedef struct {
  CofferColumns *columns;
  CofferThumbnails *thumbnails;   /* nullable: who makes pictures of the values */
  const char *prefix;             /* nullable: what the keys on show begin with as they are shown: not what people look for */
  gboolean compact;               /* size and type in a second line, the prefix left out */
} CofferKeyRowStyle;

/** A row: what kind of value it is, its key, size and type. */
GtkWidget *coffer_key_row_new        (void);
/** @style: borrowed. The row reads it until it gets another one, and changes when it is given it again. */
void       coffer_key_row_set_style  (CofferKeyRow            *self,
                                      const CofferKeyRowStyle *style);

/** How high rows are that have the font of @widget, whatever they show; without padding. */
int        coffer_key_row_get_height (GtkWidget               *widget,
                                      gboolean                 compact);

G_END_DECLS
