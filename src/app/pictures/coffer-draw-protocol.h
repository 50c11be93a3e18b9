/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/**
 * What the program and coffer-draw say to each other, over a socket: a request, the type, the bytes; an answer, the pixels.
 * Any number of times; numbers as the machine has them.
 */
#define COFFER_DRAW_MAGIC 0x57415243u
#define COFFER_DRAW_MAX_SIDE 16384
#define COFFER_DRAW_MAX_TYPE 256
#define COFFER_DRAW_MAX_PROFILE 128

typedef struct {
  guint32 magic;
  guint32 width;          /* the room */
  guint32 height;
  guint32 cover;          /* whether it is to be covered, see COFFER_IMAGE_COVER */
  guint32 enlarge;        /* see COFFER_IMAGE_ENLARGE */
  guint32 type_size;      /* of the content type, without a NUL */
  guint32 size;           /* of the picture, in bytes */
} CofferDrawRequest;

typedef enum {
  COFFER_DRAWN,
  COFFER_DRAWN_BROKEN,
  COFFER_DRAWN_NO_LOADER,
  COFFER_DRAWN_TOO_LARGE,
} CofferDrawn;

typedef struct {
  guint32 magic;
  guint32 drawn;          /* CofferDrawn */
  guint32 own_width;      /* the picture's own size, not turned; 0 if not known */
  guint32 own_height;
  guint32 width;          /* of the pixels that follow, if it is drawn: GDK_MEMORY_DEFAULT without gaps, not turned */
  guint32 height;
  guint32 orientation;    /* how to turn them, 1 to 8 */
  guint32 vector;
  char    profile[COFFER_DRAW_MAX_PROFILE];   /* the name of its colour profile, "" without one; no NUL if it is longer */
} CofferDrawAnswer;

