/* SPDX-License-Identifier: MIT */
/* The landscapes of the sample vault by name. */
#pragma once

#include "scene.h"

typedef enum {
  ALBUM_JPEG,
  ALBUM_JPEG_TURNED,  /* stored on its side, with the EXIF tag that says so */
  ALBUM_PNG
} AlbumFormat;

typedef struct {
  const char *key;
  AlbumFormat format;
  int width;
  int height;
  Scene scene;
} AlbumPicture;

extern const AlbumPicture album[];
extern const gsize album_size;
