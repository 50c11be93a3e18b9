/* SPDX-License-Identifier: MIT */
/*
 * What the files of a document have in common.
 */
#pragma once

#include "coffer-document.h"

G_BEGIN_DECLS

#define COFFER_DOCUMENT_HEAD 4096

typedef struct {
  GInputStream *stream;
  guint64 begin, size;
  GStrvBuilder *facts;
  GCancellable *cancellable;
} CofferDocument;

/* coffer-document.c. Less than @size where the data end, cannot be read, or are further than COFFER_CONTENT_NEAR. */
GBytes *coffer_document_read_part (const CofferDocument *self, guint64 offset, gsize size);
/* @value (transfer full) (nullable) */
void    coffer_document_add       (CofferDocument *self, const char *name, char *value);
/* Bytes of a stranger, in UTF-8 or what looks like it. */
void    coffer_document_add_words (CofferDocument *self, const char *name, const char *bytes, gsize len);
/* The high byte first. */
void    coffer_document_add_utf16 (CofferDocument *self, const char *name, const guint8 *bytes, gsize len);

guint64 coffer_document_read_le   (const guint8 *bytes, guint n);

/* One file each. */
void    coffer_document_read_pdf  (CofferDocument *self);
void    coffer_document_read_tar  (CofferDocument *self);
void    coffer_document_read_zip  (CofferDocument *self);
void    coffer_document_read_font (CofferDocument *self, const guint8 *head, gsize len);

G_END_DECLS
