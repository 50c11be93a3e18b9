/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-key.h>
#include <coffer-tree.h>
#include <coffer-value.h>

G_BEGIN_DECLS

/** What a person asks a value to be shown as. */
typedef enum {
  COFFER_SHOW_GUESS,
  COFFER_SHOW_IMAGE,
  COFFER_SHOW_MEDIA,
  COFFER_SHOW_TEXT,
  COFFER_SHOW_TREE,
  COFFER_SHOW_BYTES,
} CofferShowAs;

typedef enum {
  COFFER_CONTENT_EMPTY,
  COFFER_CONTENT_IMAGE,
  COFFER_CONTENT_MEDIA,   /* what plays: video and sound */
  COFFER_CONTENT_TEXT,
  COFFER_CONTENT_TREE,    /* data with a shape of its own */
  COFFER_CONTENT_BYTES,   /* anything else */
  COFFER_N_CONTENT_KINDS,
} CofferContentKind;

/** As in menus and actions: "guess", "image", "media", "text", "tree", "bytes". Returns: (transfer none) */
const char        *coffer_show_as_get_name  (CofferShowAs            self);
/** Returns: COFFER_SHOW_GUESS for a name that is none */
CofferShowAs       coffer_show_as_from_name (const char             *name);

/** What is shown of a value, by its type unless @self asks for something else. */
CofferContentKind  coffer_show_as_get_kind  (CofferShowAs            self,
                                             const CofferValueFacts *facts);

/** Which format of a tree a type is. Returns: FALSE if it is none */
gboolean           coffer_show_as_find_format (const char           *content_type,
                                               CofferTreeFormat     *format);
/** Returns: (transfer none): the type of a format */
const char        *coffer_show_as_get_type  (CofferTreeFormat        format);

/**
 * What keys have in common for which one choice is likely right: the place up to the last separator, and the ending behind the
 * last dot. Returns: (transfer full)
 */
GBytes            *coffer_show_as_dup_pattern (const CofferKey      *key);

G_END_DECLS
