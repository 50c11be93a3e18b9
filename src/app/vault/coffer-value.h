/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key.h"

G_BEGIN_DECLS

/** What a value is, told from its first bytes. Immutable once filled; see coffer_value_facts_new(). */
typedef struct _CofferValueFacts {
  guint64  size;           /* bytes stored, header included */
  int      value_class;    /* kvault_class: as what it is stored, if it was read from a vault */
  gboolean has_header;
  int      encoding;       /* kvault_encoding */
  gsize    data_offset;    /* where the data begins: 0, or 10 behind a header */
  char    *content_type;   /* of the data: "image/jpeg" (GIO's guess from content, never from names) */
  char    *type_label;     /* short, for a column: "JPEG" */
  char    *description;    /* for a fact: "JPEG image" (translated by GIO) */
  char    *stored_as;      /* "Raw bytes, no header", "JSON behind a header" (translated) */
} CofferValueFacts;

/**
 * @table_kind  CofferSectionKind of the table
 * @head        the first bytes of the value, up to COFFER_VALUE_HEAD
 * @size        of the whole value
 */
#define COFFER_VALUE_HEAD 4096
CofferValueFacts *coffer_value_facts_new  (int table_kind, gconstpointer head, gsize head_len, guint64 size);
/** The same without what its data is: no type, no words. That takes a millisecond where nothing is found, as in noise. */
CofferValueFacts *coffer_value_facts_new_bare (int table_kind, gconstpointer head, gsize head_len, guint64 size);
CofferValueFacts *coffer_value_facts_copy (const CofferValueFacts *facts);
void              coffer_value_facts_free (CofferValueFacts *facts);

/**
 * The part of it that a list needs, without a copy.
 *
 * @content_type, @type_label  (out) (transfer none) interned, never freed
 */
void              coffer_value_classify   (int table_kind, gconstpointer head, gsize head_len, guint64 size,
                                           const char **content_type, const char **type_label);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferValueFacts, coffer_value_facts_free)

G_END_DECLS
