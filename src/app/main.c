/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer"

#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>

#include "coffer-application.h"
#include "coffer-attic.h"

#ifdef COFFER_HAVE_GST
#include <coffer-media.h>
#include <coffer-playback.h>
#include <gstkvaultsrc.h>
#endif
#include "coffer-watchdog.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr(CofferApplication) application = NULL;
  const char *watchdog_log = g_getenv ("COFFER_WATCHDOG"), *watchdog_ms = g_getenv ("COFFER_WATCHDOG_MS");
  int status;

  signal (SIGXFSZ, SIG_IGN);   /* a file that may not grow is told like a full disk */
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, COFFER_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  g_set_prgname ("coffer");
  g_set_application_name (_("Coffer"));
  if (watchdog_log != NULL)
    coffer_watchdog_start (watchdog_log, watchdog_ms != NULL ? g_ascii_strtod (watchdog_ms, NULL) : COFFER_WATCHDOG_FRAME_MS);
#ifdef COFFER_HAVE_GST
  coffer_media_set_source (gst_kvault_src_register);
#endif
  application = coffer_application_new ();
  status = g_application_run (G_APPLICATION (application), argc, argv);
#ifdef COFFER_HAVE_GST
  coffer_playback_wait_all ();
#endif

  g_clear_object (&application);
  coffer_attic_wait_all ();
  return status;
}
