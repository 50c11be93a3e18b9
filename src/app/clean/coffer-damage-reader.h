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
  guint64 begin;         /* of what it is, behind a tag */
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

/* The same where the value ends in so many zeros that they are not meant, in a format that never has them; else NULL. */
const char   *coffer_damage_zeros     (CofferDamageReader *self);

/* Of a part that begins at @offset and goes to the end, where even silence is not so long. */
const char   *coffer_damage_tail      (CofferDamageReader *self, guint64 offset);

/* Of each format; the words, or NULL. coffer-damage-pictures.c, -media.c, -sounds.c, -documents.c */
const char   *coffer_damage_jpeg      (CofferDamageReader *self);
const char   *coffer_damage_png       (CofferDamageReader *self);
const char   *coffer_damage_gif       (CofferDamageReader *self);
const char   *coffer_damage_riff      (CofferDamageReader *self);
const char   *coffer_damage_boxes     (CofferDamageReader *self);
const char   *coffer_damage_matroska  (CofferDamageReader *self);
const char   *coffer_damage_ogg       (CofferDamageReader *self);
const char   *coffer_damage_zip       (CofferDamageReader *self);
const char   *coffer_damage_webp      (CofferDamageReader *self);
const char   *coffer_damage_flac      (CofferDamageReader *self);
const char   *coffer_damage_mp3       (CofferDamageReader *self);
const char   *coffer_damage_adts      (CofferDamageReader *self);
const char   *coffer_damage_pdf       (CofferDamageReader *self);
const char   *coffer_damage_tiff      (CofferDamageReader *self);
const char   *coffer_damage_7z        (CofferDamageReader *self);
const char   *coffer_damage_xz        (CofferDamageReader *self);

/* Where a sound begins: behind its tag, if it has one. */
guint64       coffer_damage_behind_tag (CofferDamageReader *self);
/* Whether there are frames, one behind the other. */
gboolean      coffer_damage_has_mp3   (CofferDamageReader *self);
gboolean      coffer_damage_has_adts  (CofferDamageReader *self);

G_END_DECLS
