/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"
#include "coffer-key-picture.h"

G_BEGIN_DECLS

/** Logical pixels, from the top of a line. */
typedef struct {
  int baseline;
  int height;
} CofferKeyLine;

#define COFFER_TYPE_KEY_CELL (coffer_key_cell_get_type ())
G_DECLARE_DERIVABLE_TYPE (CofferKeyCell, coffer_key_cell, COFFER, KEY_CELL, GtkWidget)

/**
 * What stands for one key in a list or grid: it follows its entry, has a picture of the value, can be selected, and speaks. How it
 * looks is for rows and tiles to say.
 */
struct _CofferKeyCellClass {
  GtkWidgetClass parent_class;

  /** Something else is known of the entry, or it is another one, which is not NULL. */
  void     (*update)      (CofferKeyCell *self);
  /** Whether some of the key does not show, so that a tooltip should say it. */
  gboolean (*is_key_cut)  (CofferKeyCell *self);
  /** Whether there is something at a point, which people take hold of, and not only the ground it lies on. */
  gboolean (*is_content)  (CofferKeyCell *self, double x, double y);
  /** Where there is room for the key. */
  void     (*get_key_box) (CofferKeyCell *self, GdkRectangle *box);
};

/** @entry (nullable): what to show and follow. */
void              coffer_key_cell_set_entry    (CofferKeyCell    *self,
                                                CofferEntry      *entry);
/** Returns: (transfer none) (nullable) */
CofferEntry      *coffer_key_cell_get_entry    (CofferKeyCell    *self);

void              coffer_key_cell_set_selected (CofferKeyCell    *self,
                                                gboolean          selected);
gboolean          coffer_key_cell_get_selected (CofferKeyCell    *self);

/** Whether the picture or the key is at a point of it. */
gboolean          coffer_key_cell_is_content   (CofferKeyCell    *self,
                                                double            x,
                                                double            y);

/** For subclasses. Returns: (transfer none): the picture, which asks for nothing before it has room */
CofferKeyPicture *coffer_key_cell_get_picture  (CofferKeyCell    *self);

/** Of a line at a scale of the font of @widget, whatever is written: other scripts may be higher, but nothing shall move. */
CofferKeyLine     coffer_key_cell_get_line     (GtkWidget        *widget,
                                                double            scale);
/** How much of its ink something has that is less important: all of it in high contrast. */
double            coffer_key_cell_get_alpha    (double            alpha);

G_END_DECLS
