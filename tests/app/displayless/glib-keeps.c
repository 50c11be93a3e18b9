/* SPDX-License-Identifier: MIT */
/*
 * For AddressSanitizer: what GLib keeps to the end of the process without a pointer that could be found is made here, before any
 * test, where nothing of ours can hide behind it; a suppression would need a whole stack of every allocation, which makes the tests
 * three times as slow. These are
 * - the table of quarks of the first 2048, made while GLib is loaded and left behind where there are more (g_quark_from_string()'s
 *   source says so): GStreamer's plugins bring as many;
 * - GIO's tables of media types, made at the first guess.
 */
#include <gio/gio.h>
#include <sanitizer/lsan_interface.h>

/* Before the libraries are set up. */
static void
begin (void)
{
  __lsan_disable ();
}

__attribute__ ((section (".preinit_array"), used)) static void (*const preinit) (void) = begin;

/* After that. */
__attribute__ ((constructor)) static void
end (void)
{
  g_free (g_content_type_guess ("a.txt", (const guchar *) "a", 1, NULL));
  __lsan_enable ();
}
