/* SPDX-License-Identifier: MIT */
/* gstkvaultplugin.c - kvaultsrc as a plugin, for every program that plays URIs. */
#include "gstkvaultsrc.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (kvaultsrc, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, kvault, "Plays values of vaults in place",
                   plugin_init, KVAULT_VERSION, "MIT/X11", PACKAGE, "https://coffervault.github.io/")
