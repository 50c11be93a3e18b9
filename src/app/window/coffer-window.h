/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-application.h"

G_BEGIN_DECLS

#define COFFER_TYPE_WINDOW (coffer_window_get_type ())
G_DECLARE_FINAL_TYPE (CofferWindow, coffer_window, COFFER, WINDOW, AdwApplicationWindow)

/** A window with one vault, or with none yet. */
CofferWindow *coffer_window_new      (CofferApplication *application);

/** Open @file in this window, in place of what it shows. */
void          coffer_window_open     (CofferWindow      *self,
                                      GFile             *file);
/** Make an empty vault at @file, where nothing may be yet, and open it for editing. */
void          coffer_window_create   (CofferWindow      *self,
                                      GFile             *file);

/**
 * Show the window. One that has just begun to open a file shows with its first rows, so that it is drawn once; not later
 * than 0.3 s after, though.
 */
void          coffer_window_present  (CofferWindow      *self);

/** What the window shows or is opening. Returns: (transfer none) (nullable) */
GFile        *coffer_window_get_file (CofferWindow      *self);

/** Tell that these files (paths) are what other programs changed, and did not reach a vault. */
void          coffer_window_tell_left (CofferWindow     *self,
                                       GPtrArray        *files);

/** Whether the window shows no vault and opens none. */
gboolean      coffer_window_is_free  (CofferWindow      *self);

G_END_DECLS
