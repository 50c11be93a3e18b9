/* SPDX-License-Identifier: MIT */
/* Bytes of a value at any offset, and what the files that look at formats have in common. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define COFFER_DAMAGE_WINDOW (64 << 10)

typedef struct {
  GInputStream *stream;
  GCancellable *cancellable;
  GError *error;
  guint64 base;          /* of the data in the stream */
  guint64 size;          /* of the data */
  guint64 at;            /* of what is in `bytes` */
  gsize len;
  guint8 bytes[COFFER_DAMAGE_WINDOW];
} CofferDamageReader;

/* @n bytes at @offset, at most a window; NULL: they are not all there, or cannot be read. */
const guint8 *coffer_damage_get       (CofferDamageReader *self, guint64 offset, gsize n);
/* What there is from @offset on, up to a window; 0 at the end. */
gsize         coffer_damage_get_some  (CofferDamageReader *self, guint64 offset, const guint8 **bytes);
/* Whether there are only zeros from @offset on; TRUE at the end. */
gboolean      coffer_damage_is_zero   (CofferDamageReader *self, guint64 offset);
/* Words for what ends too early: with zeros, or just so. */
const char   *coffer_damage_cut       (CofferDamageReader *self);

/* Of a part that begins at @offset and goes to the end, where even silence is not so long. */
const char   *coffer_damage_tail      (CofferDamageReader *self, guint64 offset);

/* Of each format; the words, or NULL. coffer-damage-pictures.c, coffer-damage-media.c */
const char   *coffer_damage_jpeg      (CofferDamageReader *self);
const char   *coffer_damage_png       (CofferDamageReader *self);
const char   *coffer_damage_gif       (CofferDamageReader *self);
const char   *coffer_damage_riff      (CofferDamageReader *self);
const char   *coffer_damage_boxes     (CofferDamageReader *self);
const char   *coffer_damage_matroska  (CofferDamageReader *self);
const char   *coffer_damage_ogg       (CofferDamageReader *self);
const char   *coffer_damage_zip       (CofferDamageReader *self);

G_END_DECLS
