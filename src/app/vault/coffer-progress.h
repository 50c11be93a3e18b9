/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CofferProgress CofferProgress;

/** @latest  (transfer full) */
typedef void (*CofferProgressFunc) (gpointer latest,
                                    gpointer data);

/**
 * From a thread that works to the main one: how far it is, as an object that the newest takes the place of.
 *
 * @free_func  for what nobody takes
 *
 * Returns: (transfer full); references may be held and let go on any thread
 */
CofferProgress *coffer_progress_new   (CofferProgressFunc  func,
                                       gpointer            data,
                                       GDestroyNotify      free_func);
CofferProgress *coffer_progress_ref   (CofferProgress     *self);
void            coffer_progress_unref (CofferProgress     *self);

/** Any thread. @latest (transfer full) */
void            coffer_progress_tell  (CofferProgress     *self,
                                       gpointer            latest);

/** Main thread: nobody is told any more. */
void            coffer_progress_stop  (CofferProgress     *self);

G_END_DECLS
