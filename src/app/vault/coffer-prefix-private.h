/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-prefix.h"
#include "coffer-vault-private.h"

G_BEGIN_DECLS

/** What is known of one child of a level; two words, for there may be very many. */
typedef struct {
  guint64 name : 61;         /* where its segment begins among the names; it ends where the next one's begins */
  guint64 has_children : 1;  /* TRUE while that is not known */
  guint64 known : 1;         /* whether it has children is known */
  guint64 counted : 1;       /* nothing is left to count */
  guint64 count;             /* G_MAXUINT64: not known */
} CofferPrefixChild;

/** Children in order, their segments one behind the other. A plain table, of one thread at a time. */
typedef struct {
  GByteArray *names;
  GArray *children;
} CofferPrefixTable;

CofferPrefixTable *coffer_prefix_table_new    (void);
void               coffer_prefix_table_free   (CofferPrefixTable *self);
void               coffer_prefix_table_add    (CofferPrefixTable *self, gconstpointer segment, gsize size);
void               coffer_prefix_table_append (CofferPrefixTable *self, const CofferPrefixTable *others);
CofferPrefixChild *coffer_prefix_table_child  (const CofferPrefixTable *self, guint position);
/** Borrowed until something is added. */
gconstpointer      coffer_prefix_table_name   (const CofferPrefixTable *self, guint position, gsize *size);
/** Whether @segment is there; @position is where, or where it would be. */
gboolean           coffer_prefix_table_find   (const CofferPrefixTable *self, gconstpointer segment, gsize size,
                                               guint *position);
int                coffer_prefix_compare      (gconstpointer a, gsize a_size, gconstpointer b, gsize b_size);

/** A piece of the search for names. The job may run again, so nothing here changes. */
typedef struct {
  GBytes *prefix;            /* owned, as `next` */
  CofferSeparators separators;
  GBytes *next;              /* the key to go on with; nullable: the first */
  guint max_children;
  guint max_us;
} CofferPrefixRequest;

typedef struct {
  CofferPrefixTable *found;
  GBytes *next;              /* NULL: that was all */
  GError *error;             /* why it was; nullable */
} CofferPrefixSlice;

void     coffer_prefix_request_free  (gpointer request);
void     coffer_prefix_slice_free    (gpointer slice);
gpointer coffer_prefix_names_worker  (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** A piece of the counting: of the children of @todo, the first of which may be counted in part. */
typedef struct {
  GBytes *prefix;            /* owned, as `todo` and `next` */
  CofferSeparators separators;
  CofferPrefixTable *todo;
  GBytes *next;              /* nullable: the key of the first child to go on with */
  guint max_us;
} CofferPrefixCountRequest;

typedef struct {
  GArray *counts;            /* of CofferPrefixChild without names: all counted but, perhaps, the last */
  GBytes *next;              /* the key of that one to go on with */
  GError *error;             /* why there are no more; nullable */
} CofferPrefixCounts;

void     coffer_prefix_count_request_free (gpointer request);
void     coffer_prefix_counts_free        (gpointer counts);
gpointer coffer_prefix_count_worker       (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** The bytes below each of @children, as far as @census knows them; it is walked with it in short jobs. */
void     coffer_prefix_sizes_async  (CofferVault             *vault,
                                     const char              *table,
                                     GBytes                  *prefix,
                                     const CofferPrefixTable *children,
                                     CofferCensus            *census,
                                     GCancellable            *cancellable,
                                     GAsyncReadyCallback      callback,
                                     gpointer                 user_data);
GArray  *coffer_prefix_sizes_finish (CofferVault *vault, GAsyncResult *result, GError **error);   /* of guint64 */

/* CofferPrefix, as its level sees it */
struct _CofferPrefix {
  GObject parent_instance;

  CofferPrefixLevel *level;  /* unowned; NULL once that is gone */
  GBytes *bytes;
  GBytes *segment;           /* the end of them */
  char *display_name;        /* made when asked for */
  guint64 count;
  guint64 size;
  gboolean has_children;
};

CofferPrefix *coffer_prefix_new     (CofferPrefixLevel *level, GBytes *parent, gconstpointer segment, gsize size);
void          coffer_prefix_update  (CofferPrefix *self, guint64 count, guint64 size, gboolean has_children);

/** Called by the prefix as it goes. */
void          coffer_prefix_level_forget     (CofferPrefixLevel *self, CofferPrefix *prefix);
/** Prefixes alive; for tests. */
guint         coffer_prefix_level_count_live (CofferPrefixLevel *self);

/** As long as a slice may take, for tests; 0 as usual. */
void          coffer_prefix_level_set_slice_time (guint max_us);

G_END_DECLS
