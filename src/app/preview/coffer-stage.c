/* SPDX-License-Identifier: MIT */
/*
 * What every kind of preview can do. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-stage.h"

enum {
  FACTS_CHANGED,
  RANGE_CHANGED,
  FAILED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (CofferStage, coffer_stage, GTK_TYPE_WIDGET)

static void
coffer_stage_default_init (CofferStageInterface *iface)
{
  signals[FACTS_CHANGED] = g_signal_new ("facts-changed", COFFER_TYPE_STAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[RANGE_CHANGED] = g_signal_new ("range-changed", COFFER_TYPE_STAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", COFFER_TYPE_STAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

void
coffer_stage_show (CofferStage   *self,
                   CofferVault   *vault,
                   CofferKey     *key,
                   CofferContent *content)
{
  g_return_if_fail (COFFER_IS_STAGE (self));

  COFFER_STAGE_GET_IFACE (self)->show (self, vault, key, content);
}

void
coffer_stage_clear (CofferStage *self)
{
  g_return_if_fail (COFFER_IS_STAGE (self));

  COFFER_STAGE_GET_IFACE (self)->clear (self);
}

void
coffer_stage_leave (CofferStage *self)
{
  g_return_if_fail (COFFER_IS_STAGE (self));

  if (COFFER_STAGE_GET_IFACE (self)->leave != NULL)
    COFFER_STAGE_GET_IFACE (self)->leave (self);
}

gboolean
coffer_stage_fills (CofferStage *self)
{
  g_return_val_if_fail (COFFER_IS_STAGE (self), FALSE);

  return COFFER_STAGE_GET_IFACE (self)->fills (self);
}

GStrv
coffer_stage_dup_facts (CofferStage *self)
{
  g_return_val_if_fail (COFFER_IS_STAGE (self), NULL);

  return COFFER_STAGE_GET_IFACE (self)->dup_facts != NULL ? COFFER_STAGE_GET_IFACE (self)->dup_facts (self) : NULL;
}

gboolean
coffer_stage_get_range (CofferStage *self,
                        guint64     *offset,
                        guint64     *size)
{
  g_return_val_if_fail (COFFER_IS_STAGE (self), FALSE);

  return COFFER_STAGE_GET_IFACE (self)->get_range != NULL && COFFER_STAGE_GET_IFACE (self)->get_range (self, offset, size);
}

void
coffer_stage_set_range (CofferStage *self,
                        guint64      offset,
                        guint64      size)
{
  g_return_if_fail (COFFER_IS_STAGE (self) && size > 0);

  if (COFFER_STAGE_GET_IFACE (self)->set_range != NULL)
    COFFER_STAGE_GET_IFACE (self)->set_range (self, offset, size);
}

char *
coffer_stage_dup_note (CofferStage *self)
{
  g_return_val_if_fail (COFFER_IS_STAGE (self), NULL);

  return COFFER_STAGE_GET_IFACE (self)->dup_note != NULL ? COFFER_STAGE_GET_IFACE (self)->dup_note (self) : NULL;
}

void
coffer_stage_facts_changed (CofferStage *self)
{
  g_return_if_fail (COFFER_IS_STAGE (self));

  g_signal_emit (self, signals[FACTS_CHANGED], 0);
}

void
coffer_stage_range_changed (CofferStage *self)
{
  g_return_if_fail (COFFER_IS_STAGE (self));

  g_signal_emit (self, signals[RANGE_CHANGED], 0);
}

void
coffer_stage_fail (CofferStage  *self,
                   const GError *error)
{
  g_return_if_fail (COFFER_IS_STAGE (self) && error != NULL);

  g_signal_emit (self, signals[FAILED], 0, error);
}
