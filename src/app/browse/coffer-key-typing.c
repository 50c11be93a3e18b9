/* SPDX-License-Identifier: MIT */
/* Type-ahead: keys are found by their bytes, so what is typed is collected as such. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-typing"

#include "coffer-key-typing.h"

#define PAUSE_MS 1000   /* after this long typing begins a new key */

struct _CofferKeyTyping {
  GString *typed;
  guint32 last_time;   /* of the event, in ms: it wraps around */
};

/* By the clock of the keyboard, not by a timer of ours: what was typed in one go belongs together however late the main loop
 * comes to it. */
static gboolean
has_paused (CofferKeyTyping *self,
            guint32          time)
{
  return time - self->last_time > PAUSE_MS;
}

GBytes *
coffer_key_typing_press (CofferKeyTyping *self,
                         guint            keyval,
                         GdkModifierType  state,
                         guint32          time)
{
  gunichar c = gdk_keyval_to_unicode (keyval);

  if (has_paused (self, time))
    g_string_truncate (self->typed, 0);
  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) != 0 || c == 0 || !g_unichar_isprint (c) ||
      (c == ' ' && self->typed->len == 0))
    return NULL;

  g_string_append_unichar (self->typed, c);
  self->last_time = time;
  return g_bytes_new (self->typed->str, self->typed->len);
}

CofferKeyTyping *
coffer_key_typing_new (void)
{
  CofferKeyTyping *self = g_new0 (CofferKeyTyping, 1);

  self->typed = g_string_new (NULL);
  return self;
}

void
coffer_key_typing_free (CofferKeyTyping *self)
{
  g_string_free (self->typed, TRUE);
  g_free (self);
}
