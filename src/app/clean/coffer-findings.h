/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-key.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

/** Keys that something was found about, together: equal ones, or one that is damaged. */
typedef struct {
  gboolean headed;       /* a row of its own above them: how many, how large */
  char *note;            /* owned (nullable): under each key */
  GPtrArray *keys;       /* owned: of CofferKey */
  guint64 size;          /* of each value */
  guint64 n_keys;        /* with those that are not named */
  guint8 digest[16];
} CofferFindingGroup;

CofferFindingGroup *coffer_finding_group_new  (GPtrArray *keys, guint64 size);
void                coffer_finding_group_free (gpointer group);

#define COFFER_TYPE_FINDING (coffer_finding_get_type ())
G_DECLARE_FINAL_TYPE (CofferFinding, coffer_finding, COFFER, FINDING, GObject)

/** A row: a key, or the heading above some. Both belong to the list. */
const CofferFindingGroup *coffer_finding_get_group (CofferFinding *self);
CofferKey                *coffer_finding_get_key   (CofferFinding *self);   /* (transfer none) (nullable): a heading */

#define COFFER_TYPE_FINDINGS (coffer_findings_get_type ())
G_DECLARE_FINAL_TYPE (CofferFindings, coffer_findings, COFFER, FINDINGS, GObject)

/**
 * What was found, as a GListModel of CofferFinding, and which keys of it are marked. A row is made when somebody looks at it. Main thread.
 *
 * Signal "marked": other keys are marked than before.
 */
CofferFindings *coffer_findings_new           (GPtrArray *groups);   /* (transfer full) of CofferFindingGroup */

gboolean        coffer_findings_is_marked     (CofferFindings *self, guint position);
void            coffer_findings_mark          (CofferFindings *self, guint position, gboolean marked);

/** Which of a group to keep; the others are marked. @group's keys are in their order. Returns: an index; G_MAXUINT: all */
typedef guint (*CofferFindingsRule) (const CofferFindingGroup *group, gpointer data);
void            coffer_findings_apply         (CofferFindings *self, CofferFindingsRule rule, gpointer data);
/** Mark those that do not begin with @prefix, in groups that have one that does. */
void            coffer_findings_keep_prefix   (CofferFindings *self, GBytes *prefix);
/** Mark every key of every group, or none. */
void            coffer_findings_mark_all      (CofferFindings *self, gboolean marked);

typedef struct {
  guint n_keys;
  guint64 n_bytes;
  guint n_whole_groups;  /* of which every key is marked */
} CofferFindingsTally;

CofferFindingsTally coffer_findings_tally     (CofferFindings *self);

/** Some of the keys that are marked, @most at the most: of CofferEntry. (transfer full) */
GPtrArray      *coffer_findings_dup_marked    (CofferFindings *self, guint most);

typedef void (*CofferFindingsFunc) (const CofferFindingGroup *group, GPtrArray *marked, GPtrArray *kept, gpointer data);
/** For each group of which a key is marked. */
void            coffer_findings_foreach       (CofferFindings *self, CofferFindingsFunc func, gpointer data);

typedef void (*CofferFindingsGroupFunc) (const CofferFindingGroup *group, gpointer data);
void            coffer_findings_each_group    (CofferFindings *self, CofferFindingsGroupFunc func, gpointer data);

/** Those keys are gone: so are their rows, and groups of less than @least keys. */
void            coffer_findings_remove        (CofferFindings *self, GPtrArray *keys, guint least);

G_END_DECLS
