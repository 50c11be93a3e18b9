/* SPDX-License-Identifier: MIT */
/*
 * A walk over the segments of a JPEG up to its pixels, and over the first directory of EXIF on the way. Each step collects a few
 * bytes, decides and says what to skip, as coffer-frame-count.c does. No allocation, any thread.
 */
#include "coffer-jpeg-head.h"

#include <string.h>

#define ORIENTATION 0x0112

static void next_marker (CofferJpegHead *self);

static void
expect (CofferJpegHead *self,
        guint           skip,
        guint           want,
        void          (*step) (CofferJpegHead *))
{
  self->skip = skip;
  self->want = want;
  self->have = 0;
  self->step = step;
}

/* Goes on within the segment; with the next one if that is too short. */
static void
expect_inside (CofferJpegHead *self,
               guint           skip,
               guint           want,
               void          (*step) (CofferJpegHead *))
{
  if (skip > self->left || want > self->left - skip)
    {
      expect (self, self->left, 2, next_marker);
      return;
    }

  self->left -= skip + want;
  expect (self, skip, want, step);
}

static guint
number (CofferJpegHead *self,
        guint           at,
        guint           n_bytes)
{
  guint value = 0;

  for (guint i = 0; i < n_bytes; i++)
    value = value << 8 | self->head[self->little_endian ? at + n_bytes - 1 - i : at + i];

  return value;
}

static void
entry (CofferJpegHead *self)
{
  if (number (self, 0, 2) == ORIENTATION && number (self, 8, 2) >= 1 && number (self, 8, 2) <= 8)
    self->orientation = number (self, 8, 2);

  if (self->orientation == 0 && --self->n_entries > 0)
    expect_inside (self, 0, 12, entry);
  else
    expect (self, self->left, 2, next_marker);
}

static void
directory (CofferJpegHead *self)
{
  self->n_entries = number (self, 0, 2);
  if (self->n_entries > 0)
    expect_inside (self, 0, 12, entry);
  else
    expect (self, self->left, 2, next_marker);
}

/* "Exif", two zeros, the order of bytes, 42, where the directory is from that order on. */
static void
exif (CofferJpegHead *self)
{
  self->little_endian = self->head[6] == 'I';
  if (memcmp (self->head, "Exif\0\0", 6) == 0 && number (self, 10, 4) >= 8)
    expect_inside (self, number (self, 10, 4) - 8, 2, directory);
  else
    expect (self, self->left, 2, next_marker);
}

/* Precision, height, width, the number of components. */
static void
frame (CofferJpegHead *self)
{
  self->n_components = self->head[5];
  expect (self, self->left, 2, next_marker);
}

/* How many of them come first; the pixels are behind that. */
static void
scan (CofferJpegHead *self)
{
  self->at_pixels = TRUE;
  self->several_scans = self->head[0] < self->n_components;
  self->step = NULL;
}

static gboolean
is_frame (guint8 marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Marker and length. */
static void
segment (CofferJpegHead *self)
{
  guint8 marker = self->head[1];

  self->little_endian = FALSE;
  self->left = MAX (number (self, 2, 2), 2) - 2;
  if (is_frame (marker))
    {
      self->progressive = (marker & 3) == 2;
      expect_inside (self, 0, 6, frame);
    }
  else if (marker == 0xda)
    expect_inside (self, 0, 1, scan);
  else if (marker == 0xe1 && self->orientation == 0)
    expect_inside (self, 0, 14, exif);
  else
    expect (self, self->left, 2, next_marker);
}

/* Those that stand alone, without a length. */
static gboolean
is_lone (guint8 marker)
{
  return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/* Takes what it should not meet as libjpeg does, which goes on: stray bytes, ff 00, any number of ff before a marker. */
static void
next_marker (CofferJpegHead *self)
{
  guint8 marker = self->head[1];

  if (self->head[0] != 0xff || marker == 0xff)
    {
      self->head[0] = marker;
      self->have = 1;
    }
  else if (marker == 0xd9)
    self->step = NULL;
  else if (marker == 0 || is_lone (marker))
    expect (self, 0, 2, next_marker);
  else
    {
      self->want = 4;
      self->step = segment;
    }
}

static void
start (CofferJpegHead *self)
{
  if (self->head[0] == 0xff && self->head[1] == 0xd8)
    expect (self, 0, 2, next_marker);
  else
    self->step = NULL;
}

void
coffer_jpeg_head_init (CofferJpegHead *self)
{
  *self = (CofferJpegHead) { 0 };
  expect (self, 0, 2, start);
}

void
coffer_jpeg_head_feed (CofferJpegHead *self,
                       const guint8   *data,
                       gsize           len)
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
      while (self->step != NULL && self->skip == 0 && self->have == self->want)
        self->step (self);
    }
}
