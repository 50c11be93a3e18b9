/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** A copy of a file of tests/data in a folder of its own, which lasts until fixture_remove_all(). Returns: (transfer none) */
const char *fixture_copy       (const char *name);

/** The bytes of a value of v010_media.db, read with nothing but SQLite. Returns: (transfer full) */
GBytes     *fixture_value      (const char *key);

/** Another value in the copy of that file. */
void        fixture_put        (const char *key,
                                GBytes     *value);

/** Another program gives a key of v010_media.db another value. */
void        fixture_set_value  (const char *key, const char *text);

/** At the end of main(). */
void        fixture_remove_all (void);

G_END_DECLS
