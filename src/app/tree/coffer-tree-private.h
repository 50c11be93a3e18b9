/* SPDX-License-Identifier: MIT */
/*
 * What the formats of a tree have in common.
 */
#pragma once

#include "coffer-array.h"
#include "coffer-tree.h"

G_BEGIN_DECLS

#define COFFER_TREE_NONE G_MAXUINT32

typedef enum {
  COFFER_TREE_SCALAR,
  COFFER_TREE_LIST,
  COFFER_TREE_MAP,
} CofferTreeKind;

/* In the order of the bytes: a node's descendants follow it. 32 bytes, as there may be millions. */
typedef struct {
  guint32 offset, length;
  guint32 name, name_length;   /* in a map: where its key is */
  guint32 parent;              /* COFFER_TREE_NONE for the root */
  guint32 next;                /* behind its last descendant */
  guint32 n_children;
  guint32 kind;                /* CofferTreeKind */
} CofferTreeNode;

struct _CofferTree
{
  gatomicrefcount ref_count;
  CofferTreeFormat format;
  GBytes *bytes;
  const guint8 *data;          /* of bytes */
  gsize len;
  gboolean is_cut;
  GArray *nodes;               /* of CofferTreeNode */
  const char *problem;         /* (nullable) translated */
  gsize stop;
  guint protocol;
  CofferArray array;
};

/* What a scalar says. */
typedef enum {
  COFFER_TREE_WORD,            /* a number, true, nil, a date */
  COFFER_TREE_TEXT,
  COFFER_TREE_BYTES,           /* text is hex */
} CofferTreeWhat;

typedef struct {
  CofferTreeWhat what;
  char *type;
  GString *text;
  guint64 size;                /* of bytes */
  gboolean is_more;            /* there are more than size: not all were looked at for a row */
} CofferTreeScalar;

/* How much a person reads in a row, or copies, of one text. */
typedef struct {
  gsize max;                   /* bytes of the text */
  gboolean for_row;            /* one line, with marks in numbers */
  gboolean is_quoted;          /* with the escapes of a string in quotes */
} CofferTreeStyle;

#define COFFER_TREE_CANCEL_EVERY 4096   /* nodes */

/* The head of an item of the two binary formats. */
typedef enum {
  COFFER_TREE_HEAD_SCALAR,
  COFFER_TREE_HEAD_LIST,
  COFFER_TREE_HEAD_MAP,
  COFFER_TREE_HEAD_BREAK,      /* of an open one */
  COFFER_TREE_HEAD_CUT,        /* the bytes end within */
  COFFER_TREE_HEAD_WRONG,
} CofferTreeHeadKind;

typedef struct {
  CofferTreeHeadKind kind;
  gsize size;                  /* bytes: of a scalar all, of others those of the head */
  guint64 count;               /* items, or pairs */
  gboolean is_open;            /* until a break */
  const char *problem;
} CofferTreeHead;

typedef void (*CofferTreeHeadFunc) (const guint8 *bytes, gsize len, CofferTreeHead *head);

/* coffer-tree.c */
guint coffer_tree_add  (CofferTree *self, CofferTreeKind kind, guint parent, gsize offset, gsize name, gsize name_length);
void  coffer_tree_stop (CofferTree *self, gsize offset, const char *problem);
/* The bytes end: because no more are here, or because there are no more. */
void  coffer_tree_stop_at_end (CofferTree *self);
static inline CofferTreeNode *
coffer_tree_node (const CofferTree *self,
                  guint             node)
{
  return &g_array_index (self->nodes, CofferTreeNode, node);
}

/* coffer-tree-binary.c: what msgpack and CBOR have in common. FALSE if cancelled. */
gboolean coffer_tree_parse_binary (CofferTree *self, CofferTreeHeadFunc read_head, GCancellable *cancellable);

/* One file each. */
gboolean coffer_tree_parse_json       (CofferTree *self, GCancellable *cancellable);
gboolean coffer_tree_parse_msgpack    (CofferTree *self, GCancellable *cancellable);
gboolean coffer_tree_parse_cbor       (CofferTree *self, GCancellable *cancellable);
gboolean coffer_tree_parse_pickle     (CofferTree *self, GCancellable *cancellable);
gboolean coffer_tree_parse_array      (CofferTree *self, GCancellable *cancellable);
void     coffer_tree_describe_json    (const guint8 *bytes, gsize len, const CofferTreeStyle *style, CofferTreeScalar *scalar);
void     coffer_tree_describe_msgpack (const guint8 *bytes, gsize len, const CofferTreeStyle *style, CofferTreeScalar *scalar);
void     coffer_tree_describe_cbor    (const guint8 *bytes, gsize len, const CofferTreeStyle *style, CofferTreeScalar *scalar);
void     coffer_tree_describe_pickle  (const guint8 *bytes, gsize len, const CofferTreeStyle *style, CofferTreeScalar *scalar);

/* coffer-tree-text.c: appends what a person reads. */
void coffer_tree_append_text   (GString *out, const guint8 *text, gsize len, const CofferTreeStyle *style);
void coffer_tree_append_hex    (GString *out, const guint8 *bytes, gsize len, const CofferTreeStyle *style);
void coffer_tree_append_int    (GString *out, gint64 number, const CofferTreeStyle *style);
void coffer_tree_append_uint   (GString *out, guint64 number, const CofferTreeStyle *style);
void coffer_tree_append_double (GString *out, double number);
void coffer_tree_append_float  (GString *out, float number);
void coffer_tree_append_time   (GString *out, gint64 seconds, guint32 nanoseconds);
guint64 coffer_tree_read_be    (const guint8 *bytes, guint n);
guint64 coffer_tree_read_le    (const guint8 *bytes, guint n);

G_END_DECLS
