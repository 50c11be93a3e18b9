/* SPDX-License-Identifier: MIT */
/* The ways to look at a key, one a file. Each is made once and then only read, by any thread. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** What became of a key. */
typedef enum {
  COFFER_VERDICT_NO,
  COFFER_VERDICT_YES,
  COFFER_VERDICT_GAVE_UP,
} CofferVerdict;

/** A text to be found in keys, whatever its case. */
typedef struct _CofferNeedle CofferNeedle;

/** @text  in UTF-8, not empty */
CofferNeedle     *coffer_needle_new       (const char              *text);
void              coffer_needle_free      (CofferNeedle            *self);
gboolean          coffer_needle_is_in     (const CofferNeedle      *self,
                                           const char              *key,
                                           gsize                    size);

/** A pattern for whole keys. Any text is one: a [ that is not closed means itself. */
typedef struct _CofferGlob CofferGlob;

CofferGlob       *coffer_glob_new         (const char              *text);
void              coffer_glob_free        (CofferGlob              *self);
CofferVerdict     coffer_glob_match       (const CofferGlob        *self,
                                           const char              *key,
                                           gsize                    size);

/** A regular expression. */
typedef struct _CofferExpression CofferExpression;

CofferExpression *coffer_expression_new   (const char              *text,
                                           GError                 **error);
void              coffer_expression_free  (CofferExpression        *self);
/** @hurried  many keys were too hard: try less */
CofferVerdict     coffer_expression_match (const CofferExpression  *self,
                                           const char              *key,
                                           gsize                    size,
                                           gboolean                 hurried);

/** Whether no byte is above 0x7f. */
gboolean          coffer_bytes_are_ascii  (const char              *data,
                                           gsize                    size);

G_END_DECLS
