/* SPDX-License-Identifier: MIT */
/* In a build without GStreamer clips and sounds have no pictures. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-clip.h"

gboolean
coffer_thumb_clip_is_possible (void)
{
  return FALSE;
}

CofferThumbPicture *
coffer_thumb_clip_draw (const CofferThumbClip  *self,
                        GCancellable           *cancellable,
                        GError                **error)
{
  g_return_val_if_reached (NULL);
}

CofferThumbPicture *
coffer_thumb_cover_draw (const CofferThumbClip  *self,
                         GCancellable           *cancellable,
                         GError                **error)
{
  g_return_val_if_reached (NULL);
}
