/* SPDX-License-Identifier: MIT */
/* What this program reads of a vault: by the lanes of all vaults of the process on the file, and in its players. Main thread. */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-readers.h"

#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

/* What a lane does that reads for long; the list reads a page at a time, and whoever asks reads by it. */
static const char *
describe_lane (guint lane)
{
  if (lane == COFFER_LANE_PREVIEW)
    return _("The preview reads a value.");
  if (lane == COFFER_LANE_WALK)
    return _("The list of keys is being read.");
  if (lane >= COFFER_LANE_THUMBS && lane < COFFER_LANE_EXPORT)
    return _("Thumbnails are being made.");
  if (lane == COFFER_LANE_EXPORT)
    return _("Values are being exported.");
  if (lane == COFFER_LANE_SCAN)
    return _("The values are being looked through.");
  return NULL;
}

/* Each sentence once: there are several lanes for thumbnails. */
static void
add_readers (CofferVault *self,
             GPtrArray   *sentences)
{
  GHashTableIter iter;
  gpointer name;

  if (self->played != NULL)
    {
      g_hash_table_iter_init (&iter, self->played);
      while (g_hash_table_iter_next (&iter, NULL, &name))
        g_ptr_array_add (sentences, g_strdup_printf (_("“%s” is open in the player."), (const char *) name));
    }
  for (guint i = 0; i < COFFER_LANE_WRITE; i++)
    {
      const char *words = coffer_worker_is_busy (self->lanes[i]) ? describe_lane (i) : NULL;

      if (words != NULL && !g_ptr_array_find_with_equal_func (sentences, words, g_str_equal, NULL))
        g_ptr_array_add (sentences, g_strdup (words));
    }
}

char *
coffer_vault_dup_readers (CofferVault *self,
                          gboolean    *other_window)
{
  g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) sharers = NULL;

  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  add_readers (self, sentences);
  *other_window = sentences->len == 0;
  if (sentences->len == 0)
    {
      sharers = coffer_vault_list_sharers (self);
      for (guint i = 0; i < sharers->len; i++)
        add_readers (g_ptr_array_index (sharers, i), sentences);
    }
  *other_window = *other_window && sentences->len > 0;
  if (sentences->len == 0)
    return NULL;
  g_ptr_array_add (sentences, NULL);
  return g_strjoinv (" ", (char **) sentences->pdata);
}

void
coffer_vault_set_played (CofferVault   *self,
                         gconstpointer  player,
                         const char    *name)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  if (name == NULL && self->played == NULL)
    return;
  if (self->played == NULL)
    self->played = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  if (name != NULL)
    g_hash_table_insert (self->played, (gpointer) player, g_strdup (name));
  else
    g_hash_table_remove (self->played, player);
}
