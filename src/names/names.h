/* SPDX-License-Identifier: MIT */
/* names.h - names for files and keys that do no harm and meet no other.
 *
 * Keys are a stranger's. Pure text and libc: nothing here touches a disk, and any thread may call it.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_PART_MAX 240    /**< bytes of one name; room for a suffix below the 255 of Linux */
#define NAMES_PATH_MAX 2048   /**< bytes of a relative path; beyond it the rest becomes one name */
#define NAMES_ENDING_MAX 16   /**< bytes of an extension, its dot among them */

typedef struct names_bytes {
  const void *data;  /**< never NULL */
  size_t size;
} names_bytes;

/* --- characters.c */

#define NAMES_NOT_UTF8 UINT32_MAX

/** Step over a character: its length, and the code point or, with 1, NAMES_NOT_UTF8. */
size_t names_utf8_next (const unsigned char *text, size_t size, uint32_t *code_point);

/** True for what must not reach a terminal as it is: controls and marks that turn the line. */
bool names_is_unsafe (uint32_t code_point);

/** The small letter of a large one, Latin, Greek or Cyrillic; any other character is itself. */
uint32_t names_fold (uint32_t code_point);

/* --- text.c */

/** Text that grows; all zero is empty. */
typedef struct names_text {
  char *data;   /**< with a NUL behind it once something was added; may hold others */
  size_t size;
  size_t room;
} names_text;

/** Append bytes; false without memory. */
bool names_text_add (names_text *self, const void *data, size_t size);

/** Drop all but the first @size bytes. */
void names_text_cut (names_text *self, size_t size);

void names_text_clear (names_text *self);

/**
 * Put " (N)" into a path or key, from byte @from on: before the extension of its last part.
 * False without memory.
 */
bool names_number (names_text *text, size_t from, unsigned number);

/* --- part.c */

/** How a key becomes names; flags. */
enum {
  NAMES_WHOLE = 0,        /**< nothing of it is lost: what a name cannot hold becomes %XX */
  NAMES_PLAIN = 1 << 0,   /**< for a person, and any file system: "_" for it, and never hidden */
  NAMES_FLAT = 1 << 1,    /**< its last part alone, without folders */
  NAMES_FOLDED = 1 << 2,  /**< two that differ in case only are one, as on a memory stick */
};

/** The last part of a key that is one: "a/b/" ends in "b". */
names_bytes names_last_part (names_bytes key);

/**
 * True if a name has an extension by which a program could know what is in the file: letters and
 * digits behind a dot, but not digits alone, which count something.
 */
bool names_has_ending (const char *name, size_t size);

/**
 * Append the name for a part of a key: never empty, "." or "..", UTF-8 without "/" and controls,
 * NAMES_PART_MAX bytes at most.
 *
 * @ending  put behind a dot if the name has none; or NULL
 *
 * Returns: false without memory
 */
bool names_add_part (names_text *text, names_bytes part, unsigned flags, const char *ending);

/* --- paths.c */

/** Names that are taken; all zero is none. */
typedef struct names_set {
  void *tree;
} names_set;

/** True if a name is taken. */
bool names_set_has (names_set *self, names_bytes name);

/** Take a name; false without memory. */
bool names_set_add (names_set *self, names_bytes name);

void names_set_clear (names_set *self);

/** The paths that were made out of keys, for one folder. */
typedef struct names_paths names_paths;

/** NULL without memory. */
names_paths *names_paths_new (unsigned flags);

/**
 * The path, relative to the folder, for the file of a key: never absolute, no part of it empty,
 * "." or "..", UTF-8 without controls, and no other key's. Borrowed until the next call; NULL
 * without memory.
 *
 * @ending  as of names_add_part()
 */
const char *names_paths_take (names_paths *self, names_bytes key, const char *ending);

/** Another path, with a number, for the key of the path taken last; likewise. */
const char *names_paths_take_another (names_paths *self);

/** The path taken last was written. */
void names_paths_set_written (names_paths *self);

/** True if a path was written. */
bool names_paths_is_written (names_paths *self, names_bytes path);

void names_paths_free (names_paths *self);

#endif /* NAMES_H */
