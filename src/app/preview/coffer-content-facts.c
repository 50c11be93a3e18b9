/* SPDX-License-Identifier: MIT */
/*
 * What is known of a value, in words. Pure functions over a finished CofferContent.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-content.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>

/* Text keys up to here speak for themselves. */
#define LONG_KEY 128
#define HEX_BYTES 48

/* Digits are grouped from five on: 6000, 60,000. */
static char *
dup_pixels (int n)
{
  return n < 10000 ? g_strdup_printf ("%d", n) : g_strdup_printf ("%'d", n);
}

static char *
dup_size (guint64 size)
{
  return size < 1000 ? g_format_size (size) : g_format_size_full (size, G_FORMAT_SIZE_LONG_FORMAT);
}

/* Of more the header is too little to tell. */
static char *
dup_size_fact (const CofferValueFacts *facts)
{
  g_autofree char *size = dup_size (facts->size);

  return facts->data_offset > 0 && facts->size < 1000
             ? g_strdup_printf (_("%s, without header %u"), size, (guint) (facts->size - facts->data_offset)) : g_strdup (size);
}

char *
coffer_content_dup_dimensions (const CofferContent *self)
{
  g_autofree char *width = dup_pixels (self->image.width);
  g_autofree char *height = dup_pixels (self->image.height);

  return g_strdup_printf (_("%s × %s"), width, height);
}

static char *
dup_dimensions_fact (const CofferContent *self)
{
  double megapixels = (double) self->image.width * self->image.height / 1e6;
  char *dimensions = NULL;
  g_autofree char *plain = NULL;

  if (self->image.width <= 0 || self->image.height <= 0)
    return NULL;

  plain = coffer_content_dup_dimensions (self);
  if (self->image.vector || megapixels < 1)
    dimensions = g_steal_pointer (&plain);
  else if (megapixels < 10)
    dimensions = g_strdup_printf (_("%s, %.1f megapixels"), plain, megapixels);
  else
    dimensions = g_strdup_printf (_("%s, %'.0f megapixels"), plain, megapixels);

  return dimensions;
}

/* How the picture lies in the value, against what is shown. */
static const char *
orientation_fact (const CofferContent *self)
{
  switch (self->image.orientation)
    {
    case 2: return _("Mirrored");
    case 3: return _("Turned by 180°");
    case 4: return _("Upside down, mirrored");
    case 5: return _("Turned right by 90°, mirrored");
    case 6: return _("Turned right by 90°");
    case 7: return _("Turned left by 90°, mirrored");
    case 8: return _("Turned left by 90°");
    default: return NULL;
    }
}

static char *
dup_depth_fact (const CofferContent *self)
{
  int n = self->image.depth;

  return n > 0 ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d bit a channel", "%d bits a channel", n), n) : NULL;
}

static char *
dup_frames_fact (const CofferContent *self)
{
  return self->image.n_frames > 1
             ? g_strdup_printf (_("%'u in %.1f s"), self->image.n_frames, self->image.duration_ms / 1000.)
             : NULL;
}

static void
add (GPtrArray  *facts,
     const char *name,
     char       *value)
{
  if (value == NULL || *value == '\0')
    {
      g_free (value);
      return;
    }

  g_ptr_array_add (facts, g_strdup (name));
  g_ptr_array_add (facts, value);
}

/* "1/250 s", "2.5 s" */
static char *
dup_exposure_fact (const CofferExif *exif)
{
  if (exif->exposure <= 0)
    return NULL;

  return exif->exposure < .3 ? g_strdup_printf (_("1/%.0f s"), 1 / exif->exposure) : g_strdup_printf (_("%.4g s"), exif->exposure);
}

/* The clock of a camera knows no zone. */
static char *
dup_taken_fact (const CofferExif *exif)
{
  g_autoptr(GDateTime) time = NULL;
  int year, month, day, hour, minute;
  double seconds;

  if (exif->taken == NULL ||
      sscanf (exif->taken, "%4d:%2d:%2d %2d:%2d:%lf", &year, &month, &day, &hour, &minute, &seconds) != 6)
    return NULL;

  time = g_date_time_new_utc (year, month, day, hour, minute, seconds);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : NULL;
}

static char *
dup_place_fact (const CofferExif *exif)
{
  if (!exif->has_place)
    return NULL;

  return g_strdup_printf ("%.5f° %s, %.5f° %s", ABS (exif->latitude), exif->latitude < 0 ? C_("latitude", "S") : C_("latitude", "N"),
                          ABS (exif->longitude), exif->longitude < 0 ? C_("longitude", "W") : C_("longitude", "E"));
}

static void
add_exif (GPtrArray        *facts,
          const CofferExif *exif)
{
  add (facts, _("Taken"), dup_taken_fact (exif));
  add (facts, _("Camera"), g_strdup (exif->camera));
  add (facts, _("Lens"), g_strdup (exif->lens));
  add (facts, _("Exposure"), dup_exposure_fact (exif));
  add (facts, _("Aperture"), exif->aperture > 0 ? g_strdup_printf (_("f/%.3g"), exif->aperture) : NULL);
  add (facts, _("Focal length"), exif->focal_length > 0 ? g_strdup_printf (_("%.4g mm"), exif->focal_length) : NULL);
  add (facts, _("ISO"), exif->iso > 0 ? g_strdup_printf ("%d", exif->iso) : NULL);
  add (facts, _("Place"), dup_place_fact (exif));
}

static char *
dup_key_length_fact (const CofferKey *key,
                     gboolean         is_text)
{
  gsize len = g_bytes_get_size (coffer_key_get_bytes (key));

  return !is_text || len > LONG_KEY ? dup_size (len) : NULL;
}

static char *
dup_key_hex_fact (const CofferKey *key)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (coffer_key_get_bytes (key), &len);
  g_autoptr(GString) hex = g_string_new (NULL);

  for (gsize i = 0; i < len; i++)
    {
      if (len > HEX_BYTES && i == HEX_BYTES / 2)
        {
          g_string_append (hex, " …");
          i = len - HEX_BYTES / 2;
        }
      g_string_append_printf (hex, i == 0 ? "%02x" : " %02x", data[i]);
    }

  return g_strdup (hex->str);
}

GStrv
coffer_content_dup_facts (const CofferContent *self,
                          const CofferKey     *key)
{
  GPtrArray *facts = g_ptr_array_new ();
  g_autofree char *key_text = coffer_key_dup_text (key);
  gboolean is_empty_key = g_bytes_get_size (coffer_key_get_bytes (key)) == 0;
  gboolean is_text = key_text != NULL || is_empty_key;

  add (facts, _("Type"), g_strdup (self->facts->description));
  add (facts, _("Size"), dup_size_fact (self->facts));
  add (facts, _("Dimensions"), dup_dimensions_fact (self));
  add (facts, _("Depth"), dup_depth_fact (self));
  add (facts, _("Color profile"), g_strdup (self->image.profile));
  add (facts, _("Orientation"), g_strdup (orientation_fact (self)));
  add (facts, _("Frames"), dup_frames_fact (self));
  if (self->exif != NULL)
    add_exif (facts, self->exif);
  for (char **fact = self->document; fact != NULL && *fact != NULL; fact += 2)
    add (facts, fact[0], g_strdup (fact[1]));
  add (facts, _("Stored as"), g_strdup (self->facts->stored_as));
  add (facts, _("Key length"), dup_key_length_fact (key, is_text));
  add (facts, _("Key in hex"), is_text ? NULL : dup_key_hex_fact (key));
  g_ptr_array_add (facts, NULL);

  return (GStrv) g_ptr_array_free (facts, FALSE);
}

/* As what it is shown. */
const char *
coffer_content_get_title (const CofferContent *self)
{
  switch (self->kind)
    {
    case COFFER_CONTENT_EMPTY:
      return _("Empty");
    case COFFER_CONTENT_IMAGE:
      return self->image.animation != NULL ? _("Animation") : _("Image");
    case COFFER_CONTENT_MEDIA:
      return g_str_has_prefix (self->facts->content_type, "audio/") ? _("Audio") : _("Video");
    case COFFER_CONTENT_TEXT:
      return _("Text");
    case COFFER_CONTENT_TREE:
      return _("Tree");
    case COFFER_CONTENT_BYTES:
    case COFFER_N_CONTENT_KINDS:
    default:
      return _("Bytes");
    }
}
