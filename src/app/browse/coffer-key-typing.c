/* SPDX-License-Identifier: MIT */
/* Type-ahead: keys are found by their bytes, so what is typed is collected as such. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-typing"

#include "coffer-key-typing.h"

#define PAUSE_MS 1000   /* after this long typing begins a new key */

struct _CofferKeyTyping {
  GString *typed;
  guint timeout;
};

static gboolean
paused_cb (gpointer user_data)
{
  CofferKeyTyping *self = user_data;

  self->timeout = 0;
  g_string_truncate (self->typed, 0);
  return G_SOURCE_REMOVE;
}

GBytes *
coffer_key_typing_press (CofferKeyTyping *self,
                         guint            keyval,
                         GdkModifierType  state)
{
  gunichar c = gdk_keyval_to_unicode (keyval);

  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) != 0 || c == 0 || !g_unichar_isprint (c) ||
      (c == ' ' && self->typed->len == 0))
    return NULL;

  g_string_append_unichar (self->typed, c);
  g_clear_handle_id (&self->timeout, g_source_remove);
  self->timeout = g_timeout_add (PAUSE_MS, paused_cb, self);
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
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_string_free (self->typed, TRUE);
  g_free (self);
}
