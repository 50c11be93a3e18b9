/* SPDX-License-Identifier: MIT */
/*
 * Packed numbers, as KohakuVault's DataPacker writes them: type, number of dimensions, their lengths as four bytes each, data; all
 * little-endian, the last dimension first in the bytes. Pure functions; any thread.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

enum { F32 = 1, F64, I32, I64, U8, U16, U32, U64, I8, I16, N_TYPES };

static const struct { const char *name; guint size; } types[N_TYPES] = {
  [F32] = { "float32", 4 }, [F64] = { "float64", 8 }, [I32] = { "int32", 4 }, [I64] = { "int64", 8 },  [U8] = { "uint8", 1 },
  [U16] = { "uint16", 2 },  [U32] = { "uint32", 4 },  [U64] = { "uint64", 8 }, [I8] = { "int8", 1 },   [I16] = { "int16", 2 },
};

static const char *
read_shape (CofferArray  *self,
            const guint8 *head,
            gsize         len)
{
  self->type = len > 0 ? head[0] : 0;
  self->n_dims = len > 1 ? head[1] : 0;
  self->data_offset = 2 + self->n_dims * 4;
  if (self->type < F32 || self->type >= N_TYPES)
    return _("No type of number begins like this");
  if (self->n_dims > COFFER_ARRAY_MAX_DIMS)
    return _("More dimensions than any array has");
  if (len < self->data_offset)
    return _("The bytes end within the shape");

  self->item_size = types[self->type].size;
  self->n_values = 1;
  for (guint i = 0; i < self->n_dims; i++)
    {
      self->shape[i] = coffer_tree_read_le (head + 2 + 4 * i, 4);
      if (!g_uint64_checked_mul (&self->n_values, self->n_values, self->shape[i]))
        return _("The shape is larger than any value");
    }

  return NULL;
}

/* Eight bytes are a number, but a few arrays are as long; one of zeros is more likely a small number. */
static gboolean
is_number (const CofferArray *self,
           const guint8      *head,
           guint64            size,
           const char        *problem)
{
  gboolean fits = problem == NULL && self->data_offset < 8 && self->n_values == (8 - self->data_offset) / self->item_size &&
                  self->n_values > 0 && coffer_tree_read_le (head + self->data_offset, 8 - self->data_offset) != 0;

  return size == 8 && !fits;
}

const char *
coffer_array_read_head (CofferArray  *self,
                        const guint8 *head,
                        gsize         len,
                        guint64       size)
{
  const char *problem;

  memset (self, 0, sizeof *self);
  problem = read_shape (self, head, len);
  if (len >= 8 && is_number (self, head, size, problem))
    {
      *self = (CofferArray) { .is_number = TRUE, .type = I64, .item_size = 8, .n_values = 1 };
      return NULL;
    }
  if (problem != NULL)
    return problem;
  if (self->n_values != (size - self->data_offset) / self->item_size || (size - self->data_offset) % self->item_size != 0)
    return _("The shape and the number of bytes disagree");

  return NULL;
}

const char *
coffer_array_get_type_name (const CofferArray *self)
{
  return types[self->type].name != NULL ? types[self->type].name : "?";
}

char *
coffer_array_dup_shape (const CofferArray *self)
{
  g_autoptr(GString) words = g_string_new (NULL);

  for (guint i = 0; i < self->n_dims; i++)
    g_string_append_printf (words, i > 0 ? " × %'u" : "%'u", self->shape[i]);

  return g_strdup (words->str);
}

char *
coffer_array_dup_index (const CofferArray *self,
                        guint64            position)
{
  g_autoptr(GString) words = g_string_new (NULL);
  guint64 indexes[COFFER_ARRAY_MAX_DIMS];

  for (guint i = self->n_dims; i > 0; i--)
    {
      indexes[i - 1] = self->shape[i - 1] > 0 ? position % self->shape[i - 1] : 0;
      position /= MAX (self->shape[i - 1], 1);
    }
  for (guint i = 0; i < self->n_dims; i++)
    g_string_append_printf (words, i > 0 ? ", %" G_GUINT64_FORMAT : "%" G_GUINT64_FORMAT, indexes[i]);

  return g_strdup (words->len > 0 ? words->str : "0");
}

/* @bits: as they are in the value. */
static char *
dup_number (guint8   type,
            guint64  bits,
            gboolean for_row)
{
  CofferTreeStyle style = { G_MAXSIZE, for_row };
  g_autoptr(GString) text = g_string_new (NULL);
  guint shift = 64 - 8 * types[type].size;
  guint32 bits32 = bits;
  float number32;
  double number;

  memcpy (&number32, &bits32, sizeof number32);
  memcpy (&number, &bits, sizeof number);
  switch (type)
    {
    case F32:
      coffer_tree_append_float (text, number32);
      break;
    case F64:
      coffer_tree_append_double (text, number);
      break;
    case I8:
    case I16:
    case I32:
    case I64:
      coffer_tree_append_int (text, (gint64) (bits << shift) >> shift, &style);
      break;
    default:
      coffer_tree_append_uint (text, bits, &style);
      break;
    }

  return g_strdup (text->str);
}

char *
coffer_array_dup_value (const CofferArray *self,
                        const guint8      *bytes,
                        gboolean           for_row)
{
  return dup_number (self->type, coffer_tree_read_le (bytes, self->item_size), for_row);
}

char *
coffer_array_dup_bits (const CofferArray *self,
                       guint64            bits)
{
  return dup_number (self->type, bits, TRUE);
}

static void
take (CofferArrayStats *stats,
      double            number,
      guint64           bits)
{
  if (isnan (number))
    {
      stats->n_nan++;
      return;
    }
  if (stats->n == 0 || number < stats->min)
    {
      stats->min = number;
      stats->min_bits = bits;
    }
  if (stats->n == 0 || number > stats->max)
    {
      stats->max = number;
      stats->max_bits = bits;
    }
  if (isfinite (number))
    {
      stats->low = stats->has_finite ? MIN (stats->low, number) : number;
      stats->high = stats->has_finite ? MAX (stats->high, number) : number;
      stats->has_finite = TRUE;
    }
  stats->sum += number;
  stats->n++;
}

/* Integers of eight bytes are compared as floats: those that differ by less than a float tells are taken for equal. */
#define TAKE_ALL(Type, Bits) \
  for (guint64 i = 0; i < n; i++) \
    { \
      Type number; \
      Bits bits; \
      memcpy (&number, bytes + i * sizeof number, sizeof number); \
      memcpy (&bits, &number, sizeof bits); \
      take (stats, (double) number, bits); \
    } \
  break

static void
take_all (guint8            type,
          CofferArrayStats *stats,
          const guint8     *bytes,
          guint64           n)
{
  switch (type)
    {
    case F32: TAKE_ALL (float, guint32);
    case F64: TAKE_ALL (double, guint64);
    case I32: TAKE_ALL (gint32, guint32);
    case I64: TAKE_ALL (gint64, guint64);
    case U8: TAKE_ALL (guint8, guint8);
    case U16: TAKE_ALL (guint16, guint16);
    case U32: TAKE_ALL (guint32, guint32);
    case U64: TAKE_ALL (guint64, guint64);
    case I8: TAKE_ALL (gint8, guint8);
    case I16: TAKE_ALL (gint16, guint16);
    default: break;
    }
}

static float
read_float (const CofferArray *self,
            const guint8      *bytes)
{
  float number32;
  double number;

  if (self->type == U8)
    return bytes[0];
  if (self->type == F32)
    {
      memcpy (&number32, bytes, sizeof number32);
      return number32;
    }
  memcpy (&number, bytes, sizeof number);

  return number;
}

/* Those of value @first and the @n from there that the picture has. */
static void
draw (const CofferArray  *self,
      CofferArrayPicture *picture,
      const guint8       *bytes,
      guint64             first,
      guint64             n)
{
  guint64 row_length = (guint64) picture->columns * picture->channels;
  guint64 from = first / row_length, to = (first + n - 1) / row_length;

  for (guint64 row = from + (picture->step - from % picture->step) % picture->step; row <= to; row += picture->step)
    for (guint x = 0; x < picture->width; x++)
      for (guint channel = 0; channel < picture->channels; channel++)
        {
          guint64 at = row * row_length + (guint64) x * picture->step * picture->channels + channel;

          if (at >= first && at < first + n)
            picture->values[((row / picture->step) * picture->width + x) * picture->channels + channel] =
              read_float (self, bytes + (at - first) * self->item_size);
        }
}

void
coffer_array_add (const CofferArray  *self,
                  CofferArrayStats   *stats,
                  CofferArrayPicture *picture,
                  const guint8       *bytes,
                  guint64             n)
{
  guint64 first = stats->n + stats->n_nan;

  if (n == 0)
    return;
  if (picture != NULL)
    draw (self, picture, bytes, first, n);
  take_all (self->type, stats, bytes, n);
}

CofferArrayPicture *
coffer_array_picture_new (const CofferArray *self)
{
  /* Three or four floats in a row are rather a point in space than a colour. */
  gboolean is_coloured = self->n_dims == 3 && self->type == U8 && (self->shape[2] == 1 || self->shape[2] == 3 || self->shape[2] == 4);
  CofferArrayPicture *picture;
  guint rows, columns;

  if (self->is_number || (self->type != U8 && self->type != F32 && self->type != F64) || (self->n_dims != 2 && !is_coloured))
    return NULL;
  rows = self->shape[0];
  columns = self->shape[1];
  if (rows < 2 || columns < 2)
    return NULL;

  picture = g_new0 (CofferArrayPicture, 1);
  picture->columns = columns;
  picture->channels = is_coloured ? self->shape[2] : 1;
  picture->step = (MAX (rows, columns) - 1) / COFFER_ARRAY_PICTURE + 1;
  picture->width = (columns - 1) / picture->step + 1;
  picture->height = (rows - 1) / picture->step + 1;
  picture->values = g_new0 (gfloat, (gsize) picture->width * picture->height * picture->channels);

  return picture;
}

/* One infinity would leave all else black. Halves: from one end of the floats to the other is more than any float. */
static guint8
scale (const CofferArray      *self,
       const CofferArrayStats *stats,
       double                  number)
{
  double range = stats->high / 2 - stats->low / 2;

  if (self->type == U8)
    return number;
  if (number >= stats->high && number > stats->low)
    return 255;
  if (!(range > 0) || !(number > stats->low))
    return 0;

  return (number / 2 - stats->low / 2) / range * 255 + .5;
}

GBytes *
coffer_array_picture_render (const CofferArray        *self,
                             const CofferArrayPicture *picture,
                             const CofferArrayStats   *stats)
{
  gsize n = (gsize) picture->width * picture->height;
  guint8 *pixels = g_malloc (n * 3);

  for (gsize i = 0; i < n; i++)
    for (guint c = 0; c < 3; c++)
      pixels[3 * i + c] = scale (self, stats, picture->values[i * picture->channels + (picture->channels >= 3 ? c : 0)]);

  return g_bytes_new_take (pixels, n * 3);
}

void
coffer_array_picture_free (CofferArrayPicture *picture)
{
  g_free (picture->values);
  g_free (picture);
}
