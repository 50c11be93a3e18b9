/* SPDX-License-Identifier: MIT */
/*
 * A walk over the blocks of a GIF or the chunks of a WebP. Each step collects the few bytes at the head of a block, decides
 * and says what to skip, so pieces may end anywhere. No allocation, any thread.
 */
#include "coffer-frame-count.h"

#include <string.h>

/* What GdkPixbuf's GIF loader plays at the least. */
#define GIF_DELAY_MIN_MS 20

static void gif_block (CofferFrameCount *self);

static void
expect (CofferFrameCount *self,
        guint64           skip,
        gsize             want,
        void            (*step) (CofferFrameCount *))
{
  self->skip = skip;
  self->want = want;
  self->have = 0;
  self->step = step;
}

static guint
color_table_size (guint8 packed)
{
  return (packed & 0x80) != 0 ? 3u << ((packed & 7) + 1) : 0;
}

static void
gif_sub_block (CofferFrameCount *self)
{
  if (self->head[0] != 0)
    expect (self, self->head[0], 1, gif_sub_block);
  else
    expect (self, 0, 1, gif_block);
}

static void
gif_control (CofferFrameCount *self)
{
  guint hundredths = self->head[1] | self->head[2] << 8;

  self->delay_ms = MAX (GIF_DELAY_MIN_MS, hundredths * 10);
  expect (self, self->after, 1, gif_sub_block);
}

static void
gif_extension (CofferFrameCount *self)
{
  guint8 label = self->head[0], size = self->head[1];

  if (label == 0xf9 && size >= 4)
    {
      self->after = size - 4;
      expect (self, 0, 4, gif_control);
    }
  else if (size != 0)
    expect (self, size, 1, gif_sub_block);
  else
    expect (self, 0, 1, gif_block);
}

static void
gif_image (CofferFrameCount *self)
{
  self->n_frames++;
  self->duration_ms += self->delay_ms;
  self->delay_ms = GIF_DELAY_MIN_MS;
  /* The colours and the first code size; then the picture in sub-blocks. */
  expect (self, color_table_size (self->head[8]) + 1, 1, gif_sub_block);
}

static void
gif_block (CofferFrameCount *self)
{
  if (self->head[0] == 0x21)
    expect (self, 0, 2, gif_extension);
  else if (self->head[0] == 0x2c)
    expect (self, 0, 9, gif_image);
  else
    self->step = NULL;
}

static void webp_chunk (CofferFrameCount *self);

static void
webp_frame (CofferFrameCount *self)
{
  self->n_frames++;
  self->duration_ms += self->head[12] | self->head[13] << 8 | self->head[14] << 16;
  expect (self, self->after, 8, webp_chunk);
}

static void
webp_chunk (CofferFrameCount *self)
{
  guint64 size = self->head[4] | self->head[5] << 8 | self->head[6] << 16 | (guint64) self->head[7] << 24;

  size += size & 1;
  if (memcmp (self->head, "ANMF", 4) == 0 && size >= 16)
    {
      self->after = size - 16;
      expect (self, 0, 16, webp_frame);
    }
  else
    expect (self, size, 8, webp_chunk);
}

static void
webp_start (CofferFrameCount *self)
{
  if (memcmp (self->head, "WEBP", 4) == 0)
    expect (self, 0, 8, webp_chunk);
  else
    self->step = NULL;
}

static void
gif_start (CofferFrameCount *self)
{
  /* Background and aspect, and the colours that frames share. */
  expect (self, 2 + color_table_size (self->head[0]), 1, gif_block);
}

static void
start (CofferFrameCount *self)
{
  if (memcmp (self->head, "GIF8", 4) == 0)
    expect (self, 6, 1, gif_start);
  else if (memcmp (self->head, "RIFF", 4) == 0)
    expect (self, 4, 4, webp_start);
  else
    self->step = NULL;
}

void
coffer_frame_count_init (CofferFrameCount *self)
{
  *self = (CofferFrameCount) { .delay_ms = GIF_DELAY_MIN_MS };
  expect (self, 0, 4, start);
}

void
coffer_frame_count_feed (CofferFrameCount *self,
                         const guint8     *data,
                         gsize             len)
{
  while (len > 0 && self->step != NULL)
    {
      gsize n = MIN (self->skip > 0 ? self->skip : self->want - self->have, len);

      if (self->skip > 0)
        {
          self->skip -= n;
        }
      else
        {
          memcpy (self->head + self->have, data, n);
          self->have += n;
        }

      data += n;
      len -= n;
      if (self->skip == 0 && self->have == self->want)
        self->step (self);
    }
}
