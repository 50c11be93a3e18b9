/* SPDX-License-Identifier: MIT */
/*
 * What the files of the view of bytes have in common.
 */
#pragma once

#include "coffer-bytes-view.h"

G_BEGIN_DECLS

struct _CofferBytesView
{
  GtkWidget parent_instance;

  CofferBytesPages *pages;   /* or NULL */
  guint64 header_size;
  guint64 size;

  guint64 anchor;            /* where selecting began */
  guint64 cursor;
  gboolean has_cursor;
  gboolean is_stale;         /* other pages: until there is room for them, nothing is anywhere */
  gboolean reveals;          /* the cursor, then */
  guint64 mark;
  guint64 mark_size;

  GtkAdjustment *hadjustment;
  GtkAdjustment *vadjustment;
  GtkScrollablePolicy hpolicy;
  GtkScrollablePolicy vpolicy;

  double char_width;         /* logical pixels; 0 until measured */
  int line_height;
  guint columns;
  guint gap;                 /* characters between offset, hex and text */
  guint digits;              /* of an offset */
};

/* coffer-bytes-view.c. Places are logical pixels from where the widget begins. */
guint64 coffer_bytes_view_n_rows     (CofferBytesView *self);
double  coffer_bytes_view_hex_x      (CofferBytesView *self, guint column);
double  coffer_bytes_view_text_x     (CofferBytesView *self, guint column);
/* How far down, in whole pixels. */
double  coffer_bytes_view_get_scroll (CofferBytesView *self);

/* coffer-bytes-view-draw.c */
void    coffer_bytes_view_snapshot   (GtkWidget *widget, GtkSnapshot *snapshot);

G_END_DECLS
