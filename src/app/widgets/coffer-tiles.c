/* SPDX-License-Identifier: MIT */
/* A grid of textures over one block of pixels, made as they come into view. Main thread. */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-tiles.h"

#include <math.h>

#define TILE 256   /* pixels; what is drawn of one that is seen in part is all of it */
#define PIXEL 4

struct _CofferTiles
{
  GBytes *pixels;
  int width, height;
  int n_columns, n_rows;
  GdkTexture **textures;   /* NULL until seen */
};

CofferTiles *
coffer_tiles_new (GBytes *pixels,
                  int     width,
                  int     height)
{
  CofferTiles *self = g_new0 (CofferTiles, 1);

  self->pixels = g_bytes_ref (pixels);
  self->width = width;
  self->height = height;
  self->n_columns = (width + TILE - 1) / TILE;
  self->n_rows = (height + TILE - 1) / TILE;
  self->textures = g_new0 (GdkTexture *, (gsize) self->n_columns * self->n_rows);

  return self;
}

void
coffer_tiles_free (CofferTiles *self)
{
  for (int i = 0; i < self->n_columns * self->n_rows; i++)
    g_clear_object (&self->textures[i]);
  g_free (self->textures);
  g_bytes_unref (self->pixels);
  g_free (self);
}

int
coffer_tiles_get_width (CofferTiles *self)
{
  return self->width;
}

static GdkTexture *
get_texture (CofferTiles *self,
             int          column,
             int          row)
{
  GdkTexture **texture = &self->textures[row * self->n_columns + column];
  int x = column * TILE, y = row * TILE;
  int width = MIN (TILE, self->width - x), height = MIN (TILE, self->height - y);
  gsize stride = (gsize) self->width * PIXEL;
  g_autoptr(GBytes) bytes = NULL;

  if (*texture != NULL)
    return *texture;

  bytes = g_bytes_new_from_bytes (self->pixels, y * stride + (gsize) x * PIXEL, (height - 1) * stride + (gsize) width * PIXEL);
  *texture = gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);

  return *texture;
}

/* Where the edge before a column or row is. On whole pixels: two edges drawn soft would let through what is behind them. */
static float
edge (int    i,
      int    n_pixels,
      double origin,
      double size)
{
  return floor (origin + size * MIN (i * TILE, n_pixels) / n_pixels + .5);
}

/* The tile of @n in which a place is. */
static int
find (double at,
      double origin,
      double size,
      int    n_pixels,
      int    n)
{
  return CLAMP ((int) ((at - origin) / size * n_pixels / TILE), 0, n - 1);
}

void
coffer_tiles_snapshot (CofferTiles           *self,
                       GtkSnapshot           *snapshot,
                       const graphene_rect_t *box,
                       const graphene_rect_t *seen)
{
  double x = box->origin.x, y = box->origin.y, width = box->size.width, height = box->size.height;
  int first = find (seen->origin.x - 1, x, width, self->width, self->n_columns);
  int last = find (seen->origin.x + seen->size.width + 1, x, width, self->width, self->n_columns);
  int top = find (seen->origin.y - 1, y, height, self->height, self->n_rows);
  int bottom = find (seen->origin.y + seen->size.height + 1, y, height, self->height, self->n_rows);

  for (int row = top; row <= bottom; row++)
    for (int column = first; column <= last; column++)
      {
        float left = edge (column, self->width, x, width), right = edge (column + 1, self->width, x, width);
        float above = edge (row, self->height, y, height), below = edge (row + 1, self->height, y, height);

        if (right > left && below > above)
          gtk_snapshot_append_texture (snapshot, get_texture (self, column, row),
                                       &GRAPHENE_RECT_INIT (left, above, right - left, below - above));
      }
}
