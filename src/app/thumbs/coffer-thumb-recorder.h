/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumb-picture.h"

G_BEGIN_DECLS

/**
 * Takes down which bytes of a value somebody else reads, and what they are, until it is stopped. Any thread.
 */
typedef struct _CofferThumbRecorder CofferThumbRecorder;

CofferThumbRecorder *coffer_thumb_recorder_new  (void);
void                 coffer_thumb_recorder_free (CofferThumbRecorder *self);

void                 coffer_thumb_recorder_add  (CofferThumbRecorder *self,
                                                 guint64              offset,
                                                 gconstpointer        data,
                                                 gsize                size);

/**
 * What comes from now on is not taken down.
 *
 * Returns: (transfer full) (nullable): the parts; NULL if they were too many or too much to be compared in place of making the
 *          picture anew
 */
GArray              *coffer_thumb_recorder_stop (CofferThumbRecorder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbRecorder, coffer_thumb_recorder_free)

G_END_DECLS
