/* SPDX-License-Identifier: MIT */
/* gstkvaultplugin.c - kvaultsrc as a plugin, for every program that plays URIs. */
#include "gstkvaultsrc.h"

#include <glib/gi18n-lib.h>

static gboolean
plugin_init (GstPlugin *plugin)
{
  bindtextdomain (GETTEXT_PACKAGE, COFFER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  return GST_ELEMENT_REGISTER (kvaultsrc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, kvault, "Plays values of vaults in place",
                   plugin_init, KVAULT_VERSION, "MIT/X11", PACKAGE, "https://coffervault.github.io/")
