/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** How the text of a search is meant. */
typedef enum {
  COFFER_MATCH_CONTAINS,   /* the key has the text in it, upper or lower case */
  COFFER_MATCH_GLOB,       /* the whole key fits a pattern of * ? [abc] [a-z] [!abc], with its case */
  COFFER_MATCH_REGEX,      /* the key has what a Perl-compatible expression describes in it, with its case */
  COFFER_MATCH_BYTES,      /* the key has these bytes in it: "ff d8", "0xffd8", "FFD8" */
} CofferMatchMode;

/** Kinds of values, bits of a set. Every content type is of one of them. */
typedef enum {
  COFFER_GROUP_IMAGE = 1 << 0,
  COFFER_GROUP_VIDEO = 1 << 1,
  COFFER_GROUP_AUDIO = 1 << 2,
  COFFER_GROUP_TEXT = 1 << 3,
  COFFER_GROUP_DATA = 1 << 4,   /* JSON, MessagePack, CBOR, pickles, arrays and tables */
  COFFER_GROUP_OTHER = 1 << 5,
} CofferGroup;

/**
 * What keys, and values, a search is for. Immutable, but for one counter; may be used from any thread and from several at
 * once.
 */
typedef struct _CofferFilter CofferFilter;

#define COFFER_TYPE_FILTER (coffer_filter_get_type ())
GType            coffer_filter_get_type        (void);

/**
 * @text      in UTF-8; empty (in bytes: nothing but blanks): every key
 * @groups    a set of CofferGroup; 0: any
 * @min_size  bytes of the value as it is stored, inclusive like @max_size; 0 and G_MAXUINT64: any
 * @error     what is wrong with @text, in one translated line for people: "Missing ) at character 5"
 *
 * Cost:    an expression takes up to a millisecond
 * Returns: (transfer full) (nullable)
 */
CofferFilter    *coffer_filter_new             (CofferMatchMode      mode,
                                                const char          *text,
                                                guint                groups,
                                                guint64              min_size,
                                                guint64              max_size,
                                                GError             **error);
CofferFilter    *coffer_filter_ref             (CofferFilter        *self);
void             coffer_filter_unref           (CofferFilter        *self);

CofferMatchMode  coffer_filter_get_mode        (const CofferFilter  *self);
const char      *coffer_filter_get_text        (const CofferFilter  *self);
guint            coffer_filter_get_groups      (const CofferFilter  *self);
guint64          coffer_filter_get_min_size    (const CofferFilter  *self);
guint64          coffer_filter_get_max_size    (const CofferFilter  *self);

/** Whether both let the same through; with NULL for one that lets everything through. */
gboolean         coffer_filter_equal           (const CofferFilter  *a,
                                                const CofferFilter  *b);

/** Whether keys matter at all. */
gboolean         coffer_filter_has_pattern     (const CofferFilter  *self);

/** Whether the types, the sizes of values have to be known: reading them costs a thousand times what keys do. */
gboolean         coffer_filter_wants_types     (const CofferFilter  *self);
gboolean         coffer_filter_wants_sizes     (const CofferFilter  *self);

/**
 * Cost: for ASCII in ASCII, what two memchr() cost, and no allocation. Whatever the text and the key are, it ends soon: what
 * takes too many steps is given up, and is no match.
 */
gboolean         coffer_filter_matches_key     (const CofferFilter  *self,
                                                gconstpointer        key,
                                                gsize                size);

/**
 * @content_type  (nullable) looked at if wants_types()
 * @size          looked at if wants_sizes(); G_MAXUINT64 if not known, which is of no size
 */
gboolean         coffer_filter_matches_value   (const CofferFilter  *self,
                                                const char          *content_type,
                                                guint64              size);

/** How many keys were too hard for the expression so far: they may match, or not. */
guint            coffer_filter_get_gave_up     (const CofferFilter  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferFilter, coffer_filter_unref)

G_END_DECLS
