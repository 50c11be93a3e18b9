/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * Whether a value looks damaged: cut off, overwritten with zeros, or something else than its name says. Told from the marks and lengths that
 * formats have; nothing is decoded. What is whole is never called damaged, as far as that can be told: what comes behind the end of a
 * picture or clip, as cameras put it there, is no damage.
 *
 * @stream        seekable; read at will
 * @start, @size  where the data is in it, behind a header
 * @content_type  as it was guessed from its beginning
 * @name          (nullable) of the key; its ending counts
 *
 * Returns: (nullable): what is wrong, in words, translated, static; NULL, without @error, if nothing is
 */
const char *coffer_damage_check (GInputStream *stream, guint64 start, guint64 size, const char *content_type, const char *name,
                                 GCancellable *cancellable, GError **error);

G_END_DECLS
