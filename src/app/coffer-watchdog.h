/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a frame has, at 60 a second. */
#define COFFER_WATCHDOG_FRAME_MS 16.0

/**
 * Log turns of the main loop of over @long_ms to @path, by default those long enough to lose a frame; a diagnostic for whoever works on
 * Coffer, and for the tests. Call it once, on the main thread, before the main loop runs.
 *
 * A line is "123.456789 28.2 17.9 10.1": the monotonic second at which the turn ended, how many milliseconds it took, how many
 * of them this thread was on a processor, and how many it was blocked, by a disk or a lock, which is as bad. The rest it waited for
 * a processor that others had. The first line, of the start, has zeros. A line is in the file before the next turn begins.
 */
void coffer_watchdog_start (const char *path, double long_ms);

G_END_DECLS
