/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-stage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_TEXT_STAGE (coffer_text_stage_get_type ())
G_DECLARE_FINAL_TYPE (CofferTextStage, coffer_text_stage, COFFER, TEXT_STAGE, GtkWidget)

/**
 * A text in colours: what the content holds of it at once, more when asked for. It cannot be changed. Its action "text.find"
 * opens the search within it.
 */

G_END_DECLS
