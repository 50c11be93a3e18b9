/* SPDX-License-Identifier: MIT */
/* Selected keys that leave the window, by a drag or the clipboard. Main thread. */
#define G_LOG_DOMAIN "coffer-window-bundles"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-bundle-content.h"

static CofferTransfers *
get_transfers (CofferWindow *self)
{
  return coffer_application_get_transfers (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))));
}

/* (transfer full) */
static CofferBundle *
take_selection (CofferWindow *self)
{
  CofferKeySelection *selection = coffer_vault_view_get_selection (self->view);
  CofferEntry *entry = coffer_window_get_single_entry (self);

  if (entry == NULL)
    return coffer_bundle_new_rows (self->vault, coffer_key_selection_get_list (selection), coffer_key_selection_peek_rows (selection));
  return coffer_bundle_new_key (self->vault, coffer_entry_get_key (entry), coffer_entry_get_content_type (entry), coffer_entry_get_size (entry));
}

static void
failed_cb (CofferWindow *self,
           const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    coffer_window_report (self, error, _("Files"));
}

/* (transfer full) */
static GdkContentProvider *
make_content (CofferWindow *self,
              gboolean      moves)
{
  g_autoptr(CofferBundle) bundle = take_selection (self);
  CofferBundleContent *content = coffer_bundle_content_new (bundle, get_transfers (self));

  coffer_bundle_set_moves (bundle, moves);
  g_signal_connect_object (content, "failed", G_CALLBACK (failed_cb), self, G_CONNECT_SWAPPED);
  return GDK_CONTENT_PROVIDER (content);
}

/* Dragging */

static GdkContentProvider *
prepare_cb (gpointer data)
{
  CofferWindow *self = data;

  return self->vault != NULL && !coffer_bundle_content_is_busy () ? make_content (self, FALSE) : NULL;
}

static void
begin_cb (gpointer  data,
          GdkDrag  *drag)
{
  coffer_bundle_content_follow (COFFER_BUNDLE_CONTENT (gdk_drag_get_content (drag)), drag);
}

void
coffer_window_add_drag (CofferWindow *self)
{
  static const CofferKeyDrag drag = { prepare_cb, begin_cb };

  coffer_key_views_set_drag (coffer_vault_view_get_views (self->view), &drag, self);
}
