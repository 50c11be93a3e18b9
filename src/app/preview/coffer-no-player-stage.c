/* SPDX-License-Identifier: MIT */
/* In a build without GStreamer nothing is played. Main thread. */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-player-stage.h"

#include <glib/gi18n-lib.h>

struct _CofferPlayerStage
{
  GtkWidget parent_instance;
};

static void coffer_player_stage_stage_init (CofferStageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferPlayerStage, coffer_player_stage, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (COFFER_TYPE_STAGE, coffer_player_stage_stage_init))

G_DEFINE_QUARK (coffer-player-stage-error-quark, coffer_player_stage_error)

static void
coffer_player_stage_show (CofferStage   *stage,
                          CofferVault   *vault,
                          CofferKey     *key,
                          CofferContent *content)
{
  g_autoptr(GError) error = g_error_new_literal (COFFER_PLAYER_STAGE_ERROR, 0,
                                                  _("Coffer was built without GStreamer, which plays clips and sounds"));

  coffer_stage_fail (stage, error);
}

static void
coffer_player_stage_clear (CofferStage *stage)
{
}

static gboolean
coffer_player_stage_fills (CofferStage *stage)
{
  return FALSE;
}

static void
coffer_player_stage_stage_init (CofferStageInterface *iface)
{
  iface->show = coffer_player_stage_show;
  iface->clear = coffer_player_stage_clear;
  iface->fills = coffer_player_stage_fills;
}

static void
coffer_player_stage_class_init (CofferPlayerStageClass *klass)
{
}

static void
coffer_player_stage_init (CofferPlayerStage *self)
{
}

void
coffer_player_stage_toggle (CofferPlayerStage *self)
{
}

gboolean
coffer_player_stage_key (CofferPlayerStage *self,
                         guint              keyval,
                         GdkModifierType    state)
{
  return FALSE;
}

void
coffer_player_stage_set_max_height (CofferPlayerStage *self,
                                    int                max_height)
{
}
