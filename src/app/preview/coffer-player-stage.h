/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-stage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_PLAYER_STAGE (coffer_player_stage_get_type ())
G_DECLARE_FINAL_TYPE (CofferPlayerStage, coffer_player_stage, COFFER, PLAYER_STAGE, GtkWidget)

/** Clips and sounds. In a build without GStreamer it fails with each. What it fails with is of this domain, in words for people. */
#define COFFER_PLAYER_STAGE_ERROR (coffer_player_stage_error_quark ())
GQuark coffer_player_stage_error_quark  (void);

/** Go on or pause. */
void coffer_player_stage_toggle         (CofferPlayerStage *self);

/** As coffer_player_view_key_in_list(). */
gboolean coffer_player_stage_key        (CofferPlayerStage *self,
                                         guint              keyval,
                                         GdkModifierType    state);

/** In logical pixels. */
void coffer_player_stage_set_max_height (CofferPlayerStage *self,
                                         int                max_height);

G_END_DECLS
