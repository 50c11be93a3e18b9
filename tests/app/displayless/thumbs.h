/* SPDX-License-Identifier: MIT */
#pragma once

#include "displayless.h"

#include <coffer-thumbnails-private.h>

#define BOX 96
#define MEMORY (8 << 20)

typedef struct {
  char *folder;
  char *path;
  char *cache;
  CofferVault *vault;
  CofferThumbDisk *disk;
  CofferThumbnails *thumbnails;
} Fixture;

/** @vault: (nullable): which of the fixtures is copied; none: an empty vault */
#define TEST_THUMBS_ADD(name, vault, function) \
  g_test_add (name, Fixture, vault, test_thumbs_set_up, function, test_thumbs_tear_down)
void                 test_thumbs_set_up    (Fixture *fixture, gconstpointer data);
void                 test_thumbs_tear_down (Fixture *fixture, gconstpointer data);
/** Nobody may have a thumbnail of the ones before. */
void                 test_renew_thumbnails (Fixture *fixture, CofferThumbDisk *disk, gsize memory);

/** From beside, as another program would. */
void                 test_put              (Fixture *fixture, const char *key, gconstpointer value, gsize size);
void                 test_put_text         (Fixture *fixture, const char *key, const char *text);
void                 test_put_colour       (Fixture *fixture, const char *key, guint32 rgba);
GBytes              *test_get              (Fixture *fixture, const char *key);
/** A picture of one colour; as BMP all colours take the same bytes. */
GBytes              *test_picture_of       (guint32 rgba, int side, const char *format);
/** The same behind ten bytes that say "raw". */
GBytes              *test_behind_header    (GBytes *data);

CofferThumbnail     *test_request          (Fixture *fixture, const char *name);
CofferThumbnail     *test_request_sized    (Fixture *fixture, const char *name, guint64 value_size, int box);
CofferThumbnailState test_wait_made        (CofferThumbnail *thumbnail);
/** Of a request that is made for it. */
CofferThumbnailState test_state_of         (Fixture *fixture, const char *name);
guint32             *test_pixels_of        (CofferThumbnail *thumbnail);
/** About: files keep a picture as a JPEG, which is a little off. */
gboolean             test_is_colour        (CofferThumbnail *thumbnail, guint32 argb);
guint                test_count_files      (Fixture *fixture);
