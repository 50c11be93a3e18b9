/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define COFFER_ARRAY_MAX_DIMS 32
/** The longest head: type, number of dimensions, 255 of them. */
#define COFFER_ARRAY_HEAD (2 + 255 * 4)
/** A picture of an array has at most so many columns and rows. */
#define COFFER_ARRAY_PICTURE 1024

#define COFFER_ARRAY_INT64 4
#define COFFER_ARRAY_FLOAT64 2

/** What packed numbers are. */
typedef struct {
  gboolean is_number;        /* eight bytes alone: an integer, or a float; nothing says which */
  guint8   type;             /* 1 to 10 */
  guint    n_dims;
  guint32  shape[COFFER_ARRAY_MAX_DIMS];
  guint    item_size;        /* bytes */
  guint64  n_values;
  gsize    data_offset;
} CofferArray;

/** What is found in all values. */
typedef struct {
  guint64 n;                 /* numbers so far */
  guint64 n_nan;
  gdouble min, max;          /* of those that are numbers; for people use the texts */
  gdouble low, high;         /* of those that are finite: what a picture goes from and to */
  gboolean has_finite;
  guint64 min_bits, max_bits;
  gdouble sum;
} CofferArrayStats;

/** A coarse picture of an array of two dimensions, or of three with colours. */
typedef struct {
  guint   width, height;     /* of the picture */
  guint   step;              /* rows and columns to one of its */
  guint   columns, channels; /* of the array */
  gfloat *values;            /* width × height × channels */
} CofferArrayPicture;

/**
 * @head  the first bytes of the data, COFFER_ARRAY_HEAD if there are so many
 * @size  of all the data
 *
 * Returns: (transfer none) (nullable): why these are no packed numbers, for people; NULL if they are
 */
const char *coffer_array_read_head     (CofferArray       *self,
                                        const guint8      *head,
                                        gsize              len,
                                        guint64            size);

/** "float32", "uint8". Returns: (transfer none) */
const char *coffer_array_get_type_name (const CofferArray *self);
/** "2 × 3 × 4". Returns: (transfer full) */
char       *coffer_array_dup_shape     (const CofferArray *self);
/** "0, 2" of value number @position. Returns: (transfer full) */
char       *coffer_array_dup_index     (const CofferArray *self,
                                        guint64            position);
/** One value as text. Returns: (transfer full) */
char       *coffer_array_dup_value     (const CofferArray *self,
                                        const guint8      *bytes,
                                        gboolean           for_row);
/** The least or greatest as text. Returns: (transfer full) */
char       *coffer_array_dup_bits      (const CofferArray *self,
                                        guint64            bits);

/** Take @n values that come next into account; also for a picture, if there is one. */
void        coffer_array_add           (const CofferArray  *self,
                                        CofferArrayStats   *stats,
                                        CofferArrayPicture *picture,
                                        const guint8       *bytes,
                                        guint64             n);

/** Returns: (transfer full) (nullable): NULL if an array of this kind makes no picture */
CofferArrayPicture *coffer_array_picture_new    (const CofferArray  *self);
/** Red, green and blue, a byte each: bytes as they are, floats from the least finite one to the greatest. Returns: (transfer full) */
GBytes             *coffer_array_picture_render (const CofferArray        *self,
                                                 const CofferArrayPicture *picture,
                                                 const CofferArrayStats   *stats);
void                coffer_array_picture_free   (CofferArrayPicture *picture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferArrayPicture, coffer_array_picture_free)

G_END_DECLS
