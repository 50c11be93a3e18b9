/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-exif.h>
#include <coffer-image.h>
#include <coffer-key.h>
#include <coffer-tree.h>
#include <coffer-value.h>
#include <coffer-vault.h>

#include "coffer-progress.h"
#include "coffer-show-as.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_PARSE_NOT,
  COFFER_PARSE_FORMAT,   /* as what the value says it is */
  COFFER_PARSE_ANY,      /* as what a person says */
  COFFER_PARSE_SNIFF,    /* to see whether it is a tree at all */
} CofferParse;

/** What there is to show of one value. */
typedef struct {
  CofferContentKind  kind;
  CofferValueFacts  *facts;
  GBytes            *sample;    /* by which to see that the value changed */
  CofferImage        image;
  CofferExif        *exif;      /* (nullable) of a photo */
  GBytes            *bytes;     /* (nullable) of a text: how it begins; those that the tree is of */
  CofferTree        *tree;      /* (nullable) */
  GStrv              document;  /* (nullable) facts of what is shown as bytes: name, value, … */
  GError            *problem;   /* (nullable) why there is no picture */

  /*< private >*/
  int                max_width;
  int                max_height;
  CofferProgress    *progress;
  gboolean           enlarge;
  GBytes            *pending;   /* an image that is still to be decoded */
  gboolean           elsewhere; /* by coffer_draw() */
  CofferParse        parse;     /* what is to be done with bytes */
  CofferTreeFormat   format;    /* for COFFER_PARSE_FORMAT */
} CofferContent;

/** What is wanted of a value: a choice, and the room for a picture in pixels of the screen. */
typedef struct {
  CofferShowAs show_as;
  int          width, height;
  gboolean     enlarge;         /* a drawing, up to that room */
  gboolean     ahead;           /* perhaps: nothing but a picture, and none that takes long */
  CofferProgress *progress;     /* (nullable): told of a picture that takes long, CofferContents */
} CofferContentWish;

/**
 * A CofferValueFunc: looks at a value and takes from it what is to be shown. Of a picture the bytes are read, for
 * coffer_content_complete_async(); a large one that can be decoded in pieces is decoded here, and never in memory as a whole.
 *
 * @wish  a CofferContentWish
 *
 * Returns: a CofferContent; NULL if cancelled or the value cannot be read
 */
gpointer       coffer_content_load            (GInputStream           *stream,
                                               const CofferValueFacts *facts,
                                               gpointer                wish,
                                               GCancellable           *cancellable,
                                               GError                **error);

/** Whether coffer_content_complete_async() has something to do. */
gboolean       coffer_content_is_pending      (CofferContent          *self);

/**
 * Decode what is pending, on one of two threads of its own. What wants all bytes first and cannot be stopped is decoded by another
 * process; where it is too large for that, or moves, on two further threads.
 *
 * @self  (transfer full)
 */
void           coffer_content_complete_async  (CofferContent          *self,
                                               GCancellable           *cancellable,
                                               GAsyncReadyCallback     callback,
                                               gpointer                user_data);
/** Returns: (transfer full): NULL only if cancelled; a failure to decode is the content's problem */
CofferContent *coffer_content_complete_finish (GAsyncResult           *result,
                                               GError                **error);

/** Both, one after the other. */
void           coffer_content_read_async      (CofferVault             *vault,
                                               CofferKey               *key,
                                               const CofferContentWish *wish,
                                               GCancellable            *cancellable,
                                               GAsyncReadyCallback      callback,
                                               gpointer                 user_data);
/** Returns: (transfer full) */
CofferContent *coffer_content_read_finish     (GAsyncResult            *result,
                                               GError                 **error);

/** About how many bytes of memory it takes. */
gsize          coffer_content_get_size        (const CofferContent     *self);

/** The facts for people: name, value, name, value …, without empty ones. Returns: (transfer full) */
GStrv          coffer_content_dup_facts       (const CofferContent    *self,
                                               const CofferKey        *key);

/** What it is in a word or two: "Image", "Animation", "JSON". Returns: (transfer none) */
const char    *coffer_content_get_title       (const CofferContent    *self);

/** "6000 × 4000". Returns: (transfer full) */
char          *coffer_content_dup_dimensions  (const CofferContent    *self);

void           coffer_content_free            (CofferContent          *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferContent, coffer_content_free)

G_END_DECLS
