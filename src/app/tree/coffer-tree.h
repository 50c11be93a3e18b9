/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "coffer-array.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_TREE_JSON,
  COFFER_TREE_MSGPACK,
  COFFER_TREE_CBOR,
  COFFER_TREE_PICKLE,   /* its opcodes, one after the other: it is a program, and never run */
  COFFER_TREE_ARRAY,    /* packed numbers: those that the bytes have, one after the other */
  COFFER_N_TREE_FORMATS,
} CofferTreeFormat;

/** A value with a shape of its own, taken apart. Immutable; any thread. */
typedef struct _CofferTree CofferTree;

/** The value itself: node 0. There is always one, unless nothing could be read at all. */
#define COFFER_TREE_ROOT 0u

/** Bytes that are looked at, and nodes that are kept: 32 bytes each. */
#define COFFER_TREE_MAX_BYTES (64 << 20)
#define COFFER_TREE_MAX_NODES (2 * 1000 * 1000)

/**
 * Take @bytes apart, however broken or hostile they are: what is nested is followed without recursion, what is claimed is
 * believed only as far as there are bytes for it. Where it cannot go on it stops, and has what it found until there.
 *
 * @is_cut  more follows in the value than is here
 *
 * Returns: (transfer full) (nullable): NULL only if cancelled
 */
CofferTree       *coffer_tree_parse          (CofferTreeFormat  format,
                                              GBytes           *bytes,
                                              gboolean          is_cut,
                                              GCancellable     *cancellable);

/** Whether what begins so may be one of the formats: the cheap question ahead of coffer_tree_sniff(). */
gboolean          coffer_tree_may_be         (const guint8     *head,
                                              gsize             len);

/** The same of bytes that are words: whether they may be a pickle of the first protocols, which are written in words. */
gboolean          coffer_tree_may_be_pickle  (const guint8     *head,
                                              gsize             len);

/**
 * Returns: (transfer full) (nullable): not NULL if all of @bytes is one map, array or program of exactly one format, or marked as one
 */
CofferTree       *coffer_tree_sniff          (GBytes           *bytes,
                                              GCancellable     *cancellable);

/** The same for bytes that a person says are a tree: the format that reads the most of them. */
CofferTree       *coffer_tree_parse_any      (GBytes           *bytes,
                                              gboolean          is_cut,
                                              GCancellable     *cancellable);

/** The values that @bytes begin with, which are an array's with its head. Returns: (transfer full) */
CofferTree       *coffer_tree_new_array      (const CofferArray *array,
                                              GBytes           *bytes);

CofferTree       *coffer_tree_ref            (CofferTree       *self);
void              coffer_tree_unref          (CofferTree       *self);

CofferTreeFormat  coffer_tree_get_format     (const CofferTree *self);
/** Returns: 0 if there is not even a root */
guint             coffer_tree_get_n_nodes    (const CofferTree *self);
/** Returns: (transfer none) (nullable): of a tree of that format */
const CofferArray *coffer_tree_get_array     (const CofferTree *self);
/** Pickle only. */
guint             coffer_tree_get_protocol   (const CofferTree *self);
/** Returns: (transfer none) (nullable): why it stops before the end, for people; NULL if it does not */
const char       *coffer_tree_get_problem    (const CofferTree *self);
/** Where: bytes from the beginning. */
gsize             coffer_tree_get_stop       (const CofferTree *self);

gboolean          coffer_tree_is_container   (const CofferTree *self,
                                              guint             node);
guint             coffer_tree_get_n_children (const CofferTree *self,
                                              guint             node);
/** Returns: (transfer full) (element-type guint): of its children */
GArray           *coffer_tree_dup_children   (const CofferTree *self,
                                              guint             node);
/** The number of a node among its siblings. Cost: looks at those before it. */
guint             coffer_tree_get_position   (const CofferTree *self,
                                              guint             node);
/** Returns: the node that a byte belongs to, as far down as can be; the root's if to no other, G_MAXUINT if not even there */
guint             coffer_tree_find_node      (const CofferTree *self,
                                              gsize             offset);
/** Where its name is; @length 0 for none. */
void              coffer_tree_get_name_range (const CofferTree *self,
                                              guint             node,
                                              gsize            *offset,
                                              gsize            *length);
/** Where the bytes of a node are; those of its name are not among them. */
void              coffer_tree_get_range      (const CofferTree *self,
                                              guint             node,
                                              gsize            *offset,
                                              gsize            *length);

/** @position  among its siblings, which is the name where they have none. Returns: (transfer full) */
char             *coffer_tree_dup_name       (const CofferTree *self,
                                              guint             node,
                                              guint             position);
/** In short, for a row. @is_dim (out) it only says how much there is. Returns: (transfer full) */
char             *coffer_tree_dup_value      (const CofferTree *self,
                                              guint             node,
                                              gboolean         *is_dim);
#define COFFER_TREE_MAX_COPY (16 << 20)
/**
 * All of it, to be copied: text as it is, numbers without marks, bytes in hex.
 *
 * Returns: (transfer full) (nullable): NULL if it is of more than COFFER_TREE_MAX_COPY bytes
 */
char             *coffer_tree_dup_copy       (const CofferTree *self,
                                              guint             node);
/** In the words of the format: "uint", "float 64", "object". Returns: (transfer full) */
char             *coffer_tree_dup_type       (const CofferTree *self,
                                              guint             node);
/** How to get there: place.lat, tags[2], ["two words"]; what is long is shortened. Returns: (transfer full) */
char             *coffer_tree_dup_path       (const CofferTree *self,
                                              guint             node);
/** The same to be copied: each name whole, with the escapes of Python where it is in quotes. Returns: (transfer full) */
char             *coffer_tree_dup_exact_path (const CofferTree *self,
                                              guint             node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferTree, coffer_tree_unref)

G_END_DECLS
