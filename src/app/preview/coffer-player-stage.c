/* SPDX-License-Identifier: MIT */
/*
 * Tells the player where a value is, and the view what the player finds. Main thread; the player reads the value by a handle of its
 * own, on threads of its own.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-player-stage.h"

#include <coffer-cache.h>
#include <coffer-player-view.h>
#include <coffer-readers.h>
#include <coffer-value-uri.h>
#include <glib/gi18n-lib.h>

struct _CofferPlayerStage
{
  GtkWidget parent_instance;

  CofferPlayerView *view;
  CofferVault *vault;           /* whose value is on show, or NULL */
  char *uri;                    /* of what is on show, or NULL */
  guint64 size;
  GBytes *sample;
};

static void coffer_player_stage_stage_init (CofferStageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferPlayerStage, coffer_player_stage, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (COFFER_TYPE_STAGE, coffer_player_stage_stage_init))

G_DEFINE_QUARK (coffer-player-stage-error-quark, coffer_player_stage_error)

static void
fail_with (CofferPlayerStage *self,
           const char        *words)
{
  g_autoptr(GError) error = g_error_new_literal (COFFER_PLAYER_STAGE_ERROR, 0, words);

  coffer_stage_fail (COFFER_STAGE (self), error);
}

static char *
dup_uri (CofferVault         *vault,
         CofferKey           *key,
         const CofferContent *content)
{
  const char *path = g_file_peek_path (coffer_vault_get_file (vault));

  if (path == NULL || !coffer_key_is_blob (key))
    return NULL;

  return coffer_value_dup_uri (path, coffer_vault_get_table (vault), coffer_key_get_bytes (key), content->facts->data_offset);
}

/* So that it can be told who holds the file. */
static void
tell_vault (CofferPlayerStage *self,
            CofferVault       *vault,
            CofferKey         *key)
{
  g_autofree char *prefix = NULL;
  g_autofree char *name = key != NULL ? coffer_key_split_display (key, 100, &prefix) : NULL;

  if (self->vault != NULL && self->vault != vault)
    coffer_vault_set_played (self->vault, self, NULL);
  g_set_object (&self->vault, vault);
  if (vault != NULL)
    coffer_vault_set_played (vault, self, name);
}

/* Whether it is the same value, as far as a look at parts of it can tell; if it is not, the source notices. */
static gboolean
shows (CofferPlayerStage   *self,
       const char          *uri,
       const CofferContent *content)
{
  return g_strcmp0 (uri, self->uri) == 0 && content->facts->size == self->size &&
         self->sample != NULL && content->sample != NULL && g_bytes_equal (self->sample, content->sample);
}

static void
coffer_player_stage_show (CofferStage   *stage,
                          CofferVault   *vault,
                          CofferKey     *key,
                          CofferContent *content)
{
  CofferPlayerStage *self = COFFER_PLAYER_STAGE (stage);
  g_autofree char *uri = dup_uri (vault, key, content);

  if (uri == NULL)
    {
      fail_with (self, _("The player finds only keys of bytes in files of this computer"));
      return;
    }

  if (coffer_cache_has (coffer_vault_get_cache (vault), coffer_vault_get_table (vault), key))
    {
      coffer_stage_clear (stage);   /* it would play the one before it */
      fail_with (self, _("This value waits to be written, and the player looks for it in the file. It plays once it is there: press Ctrl+S."));
      return;
    }

  if (shows (self, uri, content))
    return;

  g_free (self->uri);
  self->uri = g_steal_pointer (&uri);
  self->size = content->facts->size;
  g_clear_pointer (&self->sample, g_bytes_unref);
  self->sample = content->sample != NULL ? g_bytes_ref (content->sample) : NULL;
  coffer_player_view_set_uri (self->view, self->uri);
  tell_vault (self, vault, key);
}

static void
coffer_player_stage_clear (CofferStage *stage)
{
  CofferPlayerStage *self = COFFER_PLAYER_STAGE (stage);

  g_clear_pointer (&self->uri, g_free);
  g_clear_pointer (&self->sample, g_bytes_unref);
  self->size = 0;
  coffer_player_view_set_uri (self->view, NULL);
  tell_vault (self, NULL, NULL);
}

static void
coffer_player_stage_leave (CofferStage *stage)
{
  coffer_player_pause (coffer_player_view_get_player (COFFER_PLAYER_STAGE (stage)->view));
}

static gboolean
coffer_player_stage_fills (CofferStage *stage)
{
  return FALSE;
}

static GStrv
coffer_player_stage_dup_facts (CofferStage *stage)
{
  CofferPlayerStage *self = COFFER_PLAYER_STAGE (stage);

  return coffer_player_dup_facts (coffer_player_view_get_player (self->view), self->size);
}

/* The source holds the file only while it reads: neither writers nor a write-ahead log wait for the end of a film. */
static char *
coffer_player_stage_dup_note (CofferStage *stage)
{
  return g_strdup (_("Plays straight from the vault. Other programs can write to it meanwhile."));
}

static void
coffer_player_stage_stage_init (CofferStageInterface *iface)
{
  iface->show = coffer_player_stage_show;
  iface->clear = coffer_player_stage_clear;
  iface->leave = coffer_player_stage_leave;
  iface->fills = coffer_player_stage_fills;
  iface->dup_facts = coffer_player_stage_dup_facts;
  iface->dup_note = coffer_player_stage_dup_note;
}

static void
state_cb (CofferPlayerStage *self)
{
  CofferPlayer *player = coffer_player_view_get_player (self->view);

  if (coffer_player_get_state (player) == COFFER_PLAYER_FAILED)
    fail_with (self, coffer_player_get_error (player)->message);
}

static void
coffer_player_stage_dispose (GObject *object)
{
  CofferPlayerStage *self = COFFER_PLAYER_STAGE (object);

  tell_vault (self, NULL, NULL);
  g_clear_pointer (&self->uri, g_free);
  g_clear_pointer (&self->sample, g_bytes_unref);
  g_clear_pointer ((GtkWidget **) &self->view, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_player_stage_parent_class)->dispose (object);
}

static void
coffer_player_stage_class_init (CofferPlayerStageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_player_stage_dispose;

  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
coffer_player_stage_init (CofferPlayerStage *self)
{
  CofferPlayer *player;

  self->view = COFFER_PLAYER_VIEW (coffer_player_view_new ());
  player = coffer_player_view_get_player (self->view);
  gtk_widget_set_parent (GTK_WIDGET (self->view), GTK_WIDGET (self));
  g_signal_connect_object (player, "notify::state", G_CALLBACK (state_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (player, "loaded", G_CALLBACK (coffer_stage_facts_changed), self, G_CONNECT_SWAPPED);
}

void
coffer_player_stage_toggle (CofferPlayerStage *self)
{
  g_return_if_fail (COFFER_IS_PLAYER_STAGE (self));

  coffer_player_view_toggle (self->view);
}

gboolean
coffer_player_stage_key (CofferPlayerStage *self,
                         guint              keyval,
                         GdkModifierType    state)
{
  g_return_val_if_fail (COFFER_IS_PLAYER_STAGE (self), FALSE);

  return coffer_player_view_key_in_list (self->view, keyval, state);
}

void
coffer_player_stage_set_max_height (CofferPlayerStage *self,
                                    int                max_height)
{
  g_return_if_fail (COFFER_IS_PLAYER_STAGE (self));

  coffer_player_view_set_max_height (self->view, max_height);
}
