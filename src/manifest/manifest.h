/* SPDX-License-Identifier: MIT */
/* manifest.h - what the files of an export were in the vault: coffer.json, beside them.
 *
 * A file name cannot hold every key, and a value may have lost its header on the way to its file. The manifest has both, so that an
 * import gives the very same vault, and a sum of each file, so that it gives no other. It is JSON, one value a line:
 *
 *   {"coffer-manifest": 1, "values": [
 *   {"key": "img/a.png", "file": "img/a.png", "size": 226, "sha256": "5c1f…"},
 *   {"key_hex": "00ff", "file": "%00%FF", "size": 12, "sha256": "09ab…", "header": "894b010300000000564b"}
 *   ], "count": 2}
 *
 * "key_hex" is in place of "key" where a key is not UTF-8, as in the output of kvault(1); "header" goes before the bytes of the file;
 * size and sum are those of the file. Members that are not known are passed over.
 *
 * Vaults hold bytes. Where another program stored a key or a value as something else, "key_class" or "value_class" says as what: "text",
 * "integer", "real" or "null". An import makes bytes of them all the same, so that much of such a vault does not come back as it was, and
 * says so. Two keys of two classes are two keys, though their bytes be the same.
 *
 * Pure text, libc and names.h: nothing here touches a disk, and any thread may call it. What is read is a stranger's: nothing is
 * believed but its form, and memory for 32 bytes a value is all it can take.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <names.h>

#define MANIFEST_NAME "coffer.json"
#define MANIFEST_SUM_SIZE 32       /**< of SHA-256 */
#define MANIFEST_HEADER_MAX 64     /**< bytes; those of KohakuVault are ten */
#define MANIFEST_KEY_MAX (16u << 20)

/* --- sum.c */

/** A SHA-256 under way. */
typedef struct manifest_sum {
  uint32_t state[8];
  uint64_t size;
  unsigned char block[64];
} manifest_sum;

void manifest_sum_init (manifest_sum *self);
void manifest_sum_add (manifest_sum *self, const void *data, size_t size);
void manifest_sum_end (manifest_sum *self, unsigned char sum[MANIFEST_SUM_SIZE]);

/** How SQLite has a key or a value. */
typedef enum manifest_class {
  MANIFEST_BLOB = 0,
  MANIFEST_INTEGER = 1,
  MANIFEST_REAL = 2,
  MANIFEST_TEXT = 3,
  MANIFEST_NULL = 4
} manifest_class;

/** @stored  a kvault_class */
static inline manifest_class
manifest_class_of (int stored)
{
  return stored == 0 ? MANIFEST_NULL : stored == 4 ? MANIFEST_BLOB : (manifest_class) stored;
}

/** "text"; static. */
const char *manifest_class_name (manifest_class stored);

/* --- write.c */

/** A value. */
typedef struct manifest_entry {
  names_bytes key;
  const char *file;            /**< below the folder of the manifest, parts separated by "/"; safe to follow but for links */
  uint64_t size;               /**< of the file */
  unsigned char sum[MANIFEST_SUM_SIZE];
  names_bytes header;          /**< that goes before it; size 0: none */
  manifest_class key_class, value_class;   /**< in the vault it came from */
} manifest_entry;

/** Whether an import gives the very same key and value again. */
static inline bool
manifest_entry_is_exact (const manifest_entry *entry)
{
  return entry->key_class == MANIFEST_BLOB && entry->value_class == MANIFEST_BLOB;
}

/** What of it does not come back as it was, for people: "its key is text, no bytes"; in English, static. NULL: all does. */
const char *manifest_entry_describe (const manifest_entry *entry);

/** Append the beginning, a value, the end; false without memory. @count: how many values came before. */
bool manifest_add_begin (names_text *text);
bool manifest_add_entry (names_text *text, const manifest_entry *entry, uint64_t count);
bool manifest_add_end (names_text *text, uint64_t count);

/* --- read.c */

typedef enum manifest_result {
  MANIFEST_OK,
  MANIFEST_FOREIGN,            /**< no manifest, but some other file of that name */
  MANIFEST_NEWER,              /**< one that a later version wrote */
  MANIFEST_BROKEN,             /**< cut off, changed, or a lie: see `line` */
  MANIFEST_TWICE,              /**< two values have one key, or one file */
  MANIFEST_STOPPED,            /**< by a function of the caller */
  MANIFEST_NO_MEMORY
} manifest_result;

/** Where a manifest comes from and its values go. */
typedef struct manifest_reader {
  /** Up to @size of the next bytes: how many, 0 at the end, -1 to stop. */
  ptrdiff_t (*read) (void *buffer, size_t size, void *data);
  /** A value, borrowed for the call; false to stop. The whole is not known to be sound yet: nothing may be done by it but counting,
   * unless it was read before. NULL: only look whether it is sound. */
  bool (*take) (const manifest_entry *entry, void *data);
  void *data;
  uint64_t line;               /**< set: how far it came */
} manifest_reader;

manifest_result manifest_read (manifest_reader *reader);

#endif /* MANIFEST_H */
