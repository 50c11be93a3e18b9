/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** Puts UTF-8 text of any length on a clipboard. */
void coffer_clip_set_text (GdkClipboard *clipboard, const char *text);

G_END_DECLS
