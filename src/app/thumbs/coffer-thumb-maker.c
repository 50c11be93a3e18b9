/* SPDX-License-Identifier: MIT */
/*
 * From a value to its picture. Runs on a lane, for one value at a time.
 *
 * A picture of a value is looked for by the bytes of the value, all of them, which therefore are read first: what has other
 * bytes has another picture, whatever its key, row and size say. They are read into memory and the value is closed, so that
 * decoding holds up nobody; values too large for that are read twice while they are open.
 */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-maker.h"

#include <coffer-draw.h>
#include <string.h>
#include <xxhash.h>

#include "coffer-thumb-clip.h"

#define FLAGS (COFFER_IMAGE_STILL | COFFER_IMAGE_COVER)
#define SMALL_SIZE (16 << 20)
/* Of a clip, to find its picture by. */
#define HEAD_SIZE (64 << 10)
#define PIECE_SIZE (256 << 10)
/* Of what is kept on the disk: to be raised when the same value comes to have another picture. */
#define FORM 1

/* One value under work. */
typedef struct {
  const CofferThumbId *id;
  CofferThumbPicture *known;  /* (nullable) */
  const CofferThumbPlaces *places;
  CofferValueReader *reader;
  GCancellable *cancellable;
  GInputStream *stream;       /* over the value, until it is closed */
  CofferValueFacts *facts;
  GBytes *bytes;              /* all of it, or NULL if it is too large for that */
} Maker;

typedef enum {
  KIND_NONE,
  KIND_IMAGE,
  KIND_VIDEO,
  KIND_AUDIO,
} Kind;

static Kind
kind_of (const char *content_type)
{
  if (g_str_has_prefix (content_type, "image/"))
    return KIND_IMAGE;
  if (g_str_has_prefix (content_type, "video/") || g_str_equal (content_type, "application/ogg") ||
      g_str_equal (content_type, "application/x-matroska") || g_str_equal (content_type, "application/mxf"))
    return KIND_VIDEO;
  if (g_str_has_prefix (content_type, "audio/") && strstr (content_type, "mpegurl") == NULL && strstr (content_type, "scpls") == NULL)
    return KIND_AUDIO;

  return KIND_NONE;
}

gboolean
coffer_thumb_is_possible (const char *content_type)
{
  return content_type == NULL || kind_of (content_type) != KIND_NONE;
}

static void
close_value (Maker *self)
{
  coffer_value_reader_close (self->reader);
  g_clear_object (&self->stream);
}

static gboolean
rewind_to (Maker    *self,
           goffset   offset,
           GError  **error)
{
  return g_seekable_seek (G_SEEKABLE (self->stream), offset, G_SEEK_SET, self->cancellable, error);
}

static gboolean
read_small (Maker         *self,
            CofferDigest  *digest,
            GError       **error)
{
  gsize size = self->facts->size, len;
  g_autofree guint8 *data = g_malloc (size);

  if (!rewind_to (self, 0, error) ||
      !g_input_stream_read_all (self->stream, data, size, &len, self->cancellable, error))
    return FALSE;

  close_value (self);
  *digest = coffer_digest_of (data, size);
  self->bytes = g_bytes_new_take (g_steal_pointer (&data), size);

  return TRUE;
}

static gboolean
read_large (Maker         *self,
            CofferDigest  *digest,
            GError       **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  XXH3_state_t *state;
  XXH128_hash_t hash;
  gssize len;

  if (!rewind_to (self, 0, error))
    return FALSE;

  state = XXH3_createState ();
  XXH3_128bits_reset (state);
  while ((len = g_input_stream_read (self->stream, piece, PIECE_SIZE, self->cancellable, error)) > 0)
    XXH3_128bits_update (state, piece, len);
  hash = XXH3_128bits_digest (state);
  XXH3_freeState (state);
  *digest = (CofferDigest) { hash.low64, hash.high64 };

  return len == 0;
}

/* One that was read from the beginning. */
static GArray *
parts_of (guint64             size,
          const CofferDigest *digest)
{
  CofferThumbPart part = { 0, size, *digest };
  GArray *parts = coffer_thumb_parts_new ();

  g_array_append_val (parts, part);

  return parts;
}

/* Of pictures whose value was read whole. */
static gboolean
is_known (Maker              *self,
          const CofferDigest *digest)
{
  const CofferThumbPart *part;

  if (self->known == NULL || self->known->parts == NULL || self->known->parts->len != 1 ||
      self->known->value_size != self->facts->size)
    return FALSE;

  part = &g_array_index (self->known->parts, CofferThumbPart, 0);

  return part->size == self->facts->size && coffer_digest_equal (&part->digest, digest);
}

static CofferThumbnailState
state_for (const GError *error)
{
  return g_error_matches (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_NO_LOADER) ? COFFER_THUMBNAIL_NONE
                                                                                   : COFFER_THUMBNAIL_BROKEN;
}

static gboolean
decode (Maker        *self,
        CofferImage  *image,
        GError      **error)
{
  g_autoptr(GInputStream) stream = NULL;
  gsize offset = self->facts->data_offset;

  if (self->bytes != NULL)
    {
      g_autoptr(GBytes) data = g_bytes_new_from_bytes (self->bytes, offset, g_bytes_get_size (self->bytes) - offset);

      if (!coffer_image_is_incremental (self->facts->content_type))
        return coffer_draw (image, self->facts->content_type, data, self->id->width, self->id->height, FLAGS,
                            self->cancellable, error);
      stream = g_memory_input_stream_new_from_bytes (data);
    }
  else if (rewind_to (self, offset, error))
    {
      stream = g_object_ref (self->stream);
    }

  return stream != NULL && coffer_image_decode_full (image, self->facts->content_type, stream, self->id->width, self->id->height,
                                                     FLAGS, self->cancellable, error);
}

/* What a picture is found by on the disk. */
static CofferDigest
name_of (Maker              *self,
         const CofferDigest *digest)
{
  const guint64 all[] = {
    FORM, self->id->width, self->id->height, self->facts->size, self->facts->data_offset, digest->low, digest->high,
  };

  return coffer_digest_of (all, sizeof all);
}

static CofferThumbPicture *
load (Maker              *self,
      const CofferDigest *name)
{
  g_autoptr(CofferThumbPicture) picture = self->places->disk != NULL ? coffer_thumb_disk_load (self->places->disk, name) : NULL;

  return picture != NULL && picture->value_size == self->facts->size ? g_steal_pointer (&picture) : NULL;
}

static void
keep (Maker              *self,
      const CofferDigest *name,
      CofferThumbPicture *picture)   /* (nullable) */
{
  if (picture != NULL && self->places->disk != NULL)
    coffer_thumb_disk_save (self->places->disk, name, picture);
}

/* The value is read: nothing but its bytes in memory is needed, unless they are too many. */
static CofferThumbPicture *
draw_image (Maker               *self,
            const CofferDigest  *digest,
            GError             **error)
{
  g_autoptr(GError) problem = NULL;
  CofferThumbnailState state;
  CofferImage image;

  state = decode (self, &image, &problem) ? COFFER_THUMBNAIL_READY : state_for (problem);
  if (state == COFFER_THUMBNAIL_READY && image.cut_short)
    state = COFFER_THUMBNAIL_BROKEN;
  if (state != COFFER_THUMBNAIL_READY)
    coffer_image_clear (&image);
  if (problem != NULL && problem->domain != COFFER_IMAGE_ERROR)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }

  if (state == COFFER_THUMBNAIL_READY)
    return coffer_thumb_picture_new_drawn (image.texture, image.pixels, image.opaque, -1, self->facts->size,
                                           parts_of (self->facts->size, digest));

  return coffer_thumb_picture_new (state, NULL, -1, self->facts->size, parts_of (self->facts->size, digest));
}

static CofferThumbPicture *
make_image (Maker   *self,
            GError **error)
{
  gboolean whole = !coffer_image_is_incremental (self->facts->content_type);
  CofferThumbPicture *picture;
  CofferDigest digest, name;

  if (whole && self->facts->size > COFFER_DRAW_MAX_SIZE)
    return coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, self->facts->size, NULL);
  if (!(whole || self->facts->size <= SMALL_SIZE ? read_small (self, &digest, error) : read_large (self, &digest, error)))
    return NULL;
  if (is_known (self, &digest))
    return coffer_thumb_picture_ref (self->known);

  name = name_of (self, &digest);
  if ((picture = load (self, &name)) != NULL)
    return picture;

  picture = draw_image (self, &digest, error);
  keep (self, &name, picture);

  return picture;
}

/* ---- Clips: they are not read whole, but what was read for a picture is compared ---- */

static gboolean
digest_part (Maker            *self,
             guint64           offset,
             guint64           size,
             CofferDigest     *digest,
             GError          **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  XXH3_state_t *state;
  XXH128_hash_t hash;
  gboolean ok;
  gsize len;

  if (!rewind_to (self, offset, error))
    return FALSE;

  state = XXH3_createState ();
  XXH3_128bits_reset (state);
  do
    {
      ok = g_input_stream_read_all (self->stream, piece, MIN (size, PIECE_SIZE), &len, self->cancellable, error);
      XXH3_128bits_update (state, piece, len);
      size -= len;
    }
  while (ok && len > 0 && size > 0);
  hash = XXH3_128bits_digest (state);
  XXH3_freeState (state);
  *digest = (CofferDigest) { hash.low64, hash.high64 };

  return ok;
}

/* Whether the value has still what the picture was made of. FALSE with an error, too. */
static gboolean
is_still (Maker               *self,
          CofferThumbPicture  *picture,
          GError             **error)
{
  if (picture == NULL || picture->parts == NULL || picture->value_size != self->facts->size)
    return FALSE;

  for (guint i = 0; i < picture->parts->len; i++)
    {
      const CofferThumbPart *part = &g_array_index (picture->parts, CofferThumbPart, i);
      CofferDigest digest;

      if (part->offset > self->facts->size || part->size > self->facts->size - part->offset ||
          !digest_part (self, part->offset, part->size, &digest, error) || !coffer_digest_equal (&digest, &part->digest))
        return FALSE;
    }

  return TRUE;
}

static CofferThumbPicture *
draw_clip (Maker   *self,
           Kind     kind,
           GError **error)
{
  const CofferThumbClip clip = {
    .path = self->places->path,
    .table = self->id->table,
    .key = coffer_key_get_bytes (self->id->key),
    .value_size = self->facts->size,
    .data_offset = self->facts->data_offset,
    .width = self->id->width,
    .height = self->id->height,
  };
  g_autoptr(CofferThumbPicture) picture = NULL;

  if (kind == KIND_AUDIO)
    return coffer_thumb_cover_draw (&clip, self->cancellable, error);

  picture = coffer_thumb_clip_draw (&clip, self->cancellable, error);
  if (picture == NULL || picture->state != COFFER_THUMBNAIL_NONE)
    return g_steal_pointer (&picture);

  return coffer_thumb_cover_draw (&clip, self->cancellable, error);   /* no video in it: a sound after all */
}

static CofferThumbPicture *
make_clip (Maker   *self,
           Kind     kind,
           GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autoptr(CofferThumbPicture) picture = NULL;
  CofferDigest head, name;

  if (is_still (self, self->known, &problem))
    return coffer_thumb_picture_ref (self->known);
  if (problem == NULL && digest_part (self, 0, MIN (self->facts->size, HEAD_SIZE), &head, &problem))
    {
      name = name_of (self, &head);
      picture = load (self, &name);
      if (is_still (self, picture, &problem))
        return g_steal_pointer (&picture);
      g_clear_pointer (&picture, coffer_thumb_picture_unref);
    }
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }

  close_value (self);
  if (!coffer_key_is_blob (self->id->key) || !coffer_thumb_clip_is_possible ())
    return coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, self->facts->size, NULL);

  picture = draw_clip (self, kind, error);
  keep (self, &name, picture);

  return g_steal_pointer (&picture);
}

CofferThumbPicture *
coffer_thumb_make (const CofferThumbId  *id,
                   CofferThumbPicture   *known,
                   const CofferThumbPlaces *places,
                   CofferValueReader    *reader,
                   GCancellable         *cancellable,
                   GError              **error)
{
  Maker self = { .id = id, .known = known, .places = places, .reader = reader, .cancellable = cancellable };
  g_autoptr(CofferValueFacts) facts = NULL;
  CofferThumbPicture *picture;
  Kind kind;

  self.stream = coffer_value_reader_open (reader, id->key, &facts, cancellable, error);
  self.facts = facts;
  if (self.stream == NULL)
    return NULL;

  kind = facts->size > facts->data_offset ? kind_of (facts->content_type) : KIND_NONE;
  if (kind == KIND_IMAGE)
    picture = make_image (&self, error);
  else if (kind != KIND_NONE)
    picture = make_clip (&self, kind, error);
  else
    picture = coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, facts->size, NULL);

  close_value (&self);
  g_clear_pointer (&self.bytes, g_bytes_unref);

  return picture;
}
