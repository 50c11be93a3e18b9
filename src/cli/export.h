/* SPDX-License-Identifier: MIT */
/* export.h - an export at work; what it does with one value, and with a damaged vault. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "cli.h"
#include <manifest.h>
#include <target.h>

/** A value on its way out. */
typedef struct cli_outgoing {
  cli_bytes key;
  int64_t id;            /**< where there is not even a key, the row; else 0 */
  const char *path;      /**< below the target; borrowed */
  const char *name;      /**< its last part */
  uint64_t size;
  kvault_class key_class, value_class;
  target_file file;
  manifest_sum sum;      /**< of its bytes, if there is to be a manifest */
  int error;             /**< errno of writing it, or 0 */
} cli_outgoing;

/** What was exported, on its way to coffer.json. */
typedef struct cli_manifest {
  bool wanted;
  target_file file;
  manifest_sum sum;      /**< of what is written */
  names_text text;       /**< that is not written yet */
  uint64_t count;
  uint64_t n_inexact;    /**< of them: an import does not give the same again */
} cli_manifest;

/** All that is exported as one file, if that was asked for. */
typedef struct cli_archive {
  struct pack *pack;     /**< NULL: not begun */
  const char *name;      /**< in the folder of the target */
  target_file file;
  unsigned char *sums;   /**< SHA-256 of all that is in it, one after the other, if it is to be verified */
  size_t sums_size, sums_room;
  bool failed;           /**< there will be none */
} cli_archive;

typedef struct cli_export {
  cli *self;
  int status;
  bool over;             /**< the disk is full, or the vault failed as a whole */
  target_dir target;
  size_t target_at;      /**< which operand it is, SIZE_MAX if none; the others are keys */
  cli_archive archive;
  names_paths *paths;
  target_made made;      /**< the files of this run */
  cli_manifest manifest;
  char *buffer;

  int64_t *seen;         /**< rows the walk has dealt with; sorted once that is over */
  size_t n_seen, seen_room;
  cli_outgoing salvaged; /**< the value that is being salvaged */
  bool is_wanted;        /**< and whether it is to be written */
  bool *found;           /**< which of the operands were met by the salvage */

  uint64_t n_bytes;      /**< to come, if they were counted */
  uint64_t n_done, n_bytes_done;
  uint64_t n_skipped, n_failed;
} cli_export;

/** True if keys are named, and only they are exported. */
static inline bool
cli_export_has_keys (const cli_export *at)
{
  return at->self->n_operands > (at->self->archive != NULL ? 0 : 1);
}

/* --- export-value.c */

void cli_export_fail_memory (cli_export *at);

/** A value was not exported: it is told and counted. */
void cli_export_fail (cli_export *at, const cli_outgoing *out, int status);

/** The same for a result of the library, after saying what it was. */
void cli_export_fail_value (cli_export *at, cli_outgoing *out, int result);

/** Find a path for a key; false without memory. The key is borrowed. */
bool cli_export_begin_value (cli_export *at, cli_outgoing *out, cli_bytes key);

/** True if a file may go to its place, which may get a number for that; else it has been told why not. */
bool cli_export_check_place (cli_export *at, cli_outgoing *out);

void cli_export_begin_file (cli_export *at, cli_outgoing *out);

/** Append bytes to the file, if nothing failed so far; @done is how many the value has given. */
void cli_export_write (cli_export *at, cli_outgoing *out, const void *data, size_t size, uint64_t done);

/** The value is whole: its file gets its name, and the result is told. */
void cli_export_finish_file (cli_export *at, cli_outgoing *out);

/* --- export-archive.c */

/** Begin the archive; false if there can be none. */
bool cli_export_begin_archive (cli_export *at);

/** Put a file that is whole into it, with the sum that it was written with; 0 or errno, after which there will be none. */
int cli_export_pack (cli_export *at, const char *path, const target_file *file, const manifest_sum *sum);

/** All is in it: it gets its name, once it was read back if that is wanted, or goes if something failed. */
void cli_export_end_archive (cli_export *at);

/* --- export-manifest.c */

/** Begin the manifest, if one is wanted; false if there can be none. */
bool cli_export_begin_manifest (cli_export *at);

/** A value was written. */
void cli_export_list (cli_export *at, cli_outgoing *out);

/** All are written: the manifest gets its name, or goes if the export was not ended. */
void cli_export_end_manifest (cli_export *at);

/* --- export-salvage.c */

/** Remember that a row was dealt with, if the vault should turn out to be damaged; false without memory. */
bool cli_export_remember (cli_export *at, int64_t id);

/** Export what is asked for and was not dealt with, from every place that may hold some. */
void cli_export_salvage (cli_export *at);

#endif /* CLI_EXPORT_H */
