/* SPDX-License-Identifier: MIT */
/* cli.h - what the commands of kvault(1) have in common.
 *
 * One process runs one command on one thread. main.c owns the table of commands, the
 * signals and the exit status; args.c turns words into a struct cli; session.c opens the
 * vault and turns its results into lines and statuses; text.c knows how bytes are shown;
 * output.c is the only file that writes to standard output and standard error.
 */
#ifndef CLI_H
#define CLI_H

#include <kvault.h>
#include <names.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define CLI_FORMAT(f, v) __attribute__ ((format (printf, f, v)))

/** Exit statuses; kvault(1) documents them. */
enum {
  CLI_DONE = 0,
  CLI_NOT_FOUND = 1,
  CLI_USAGE = 2,
  CLI_BUSY = 3,
  CLI_DAMAGED = 4,
  CLI_IO = 5,
  CLI_SIGNALLED = 128  /**< plus the number of the signal */
};

/** The options; a command names the ones it takes. More than an int has bits. */
enum {
  CLI_OPT_TABLE = 1ll << 0,
  CLI_OPT_QUIET = 1ll << 1,
  CLI_OPT_JSON = 1ll << 2,
  CLI_OPT_BUSY_TIMEOUT = 1ll << 3,
  CLI_OPT_HELP = 1ll << 4,
  CLI_OPT_KEY_HEX = 1ll << 5,
  CLI_OPT_KEY_FILE = 1ll << 6,
  CLI_OPT_PREFIX = 1ll << 7,
  CLI_OPT_PREFIX_HEX = 1ll << 8,
  CLI_OPT_LONG = 1ll << 9,
  CLI_OPT_NULL = 1ll << 10,
  CLI_OPT_SORT = 1ll << 11,
  CLI_OPT_REVERSE = 1ll << 12,
  CLI_OPT_LIMIT = 1ll << 13,
  CLI_OPT_OFFSET = 1ll << 14,
  CLI_OPT_LENGTH = 1ll << 15,
  CLI_OPT_YES = 1ll << 16,
  CLI_OPT_REPLACE = 1ll << 17,
  CLI_OPT_PAGE_SIZE = 1ll << 18,
  CLI_OPT_ROLLBACK = 1ll << 19,
  CLI_OPT_DRY_RUN = 1ll << 20,
  CLI_OPT_ON_CONFLICT = 1ll << 21,
  CLI_OPT_OVERWRITE = 1ll << 22,
  CLI_OPT_FULL = 1ll << 23,
  CLI_OPT_INTO = 1ll << 24,
  CLI_OPT_WAY = 1ll << 25,
  CLI_OPT_PAGE_MAPS = 1ll << 26,
  CLI_OPT_PAGES = 1ll << 27,
  CLI_OPT_MODE = 1ll << 28,
  CLI_OPT_SECURE_DELETE = 1ll << 29,
  CLI_OPT_SALVAGE = 1ll << 30,
  CLI_OPT_MANIFEST = 1ll << 31,
  CLI_OPT_NO_MANIFEST = 1ll << 32,
  CLI_OPT_VERIFY = 1ll << 33,
  CLI_OPT_ARCHIVE = 1ll << 34,
  CLI_OPT_SPLIT = 1ll << 35,
  CLI_OPT_PLAN = 1ll << 36,
  CLI_OPT_FORCE = 1ll << 37
};

#define CLI_OPTS_FILE (CLI_OPT_QUIET | CLI_OPT_BUSY_TIMEOUT | CLI_OPT_HELP)  /**< of a command on the whole file */
#define CLI_OPTS_COMMON (CLI_OPTS_FILE | CLI_OPT_TABLE)
#define CLI_OPTS_KEY (CLI_OPT_KEY_HEX | CLI_OPT_KEY_FILE)
#define CLI_OPTS_PREFIX (CLI_OPT_PREFIX | CLI_OPT_PREFIX_HEX)

#define CLI_NO_LIMIT UINT64_MAX
#define CLI_PIECE_SIZE (1024 * 1024)

typedef names_bytes cli_bytes;

/** A word after VAULT, in the order they came. */
typedef struct cli_operand {
  cli_bytes bytes;
  bool is_key;  /**< by --key-hex or --key-file: certainly a key, and our memory */
} cli_operand;

/** What an import does with a key that is there. */
typedef enum cli_conflict {
  CLI_CONFLICT_REFUSE = 0,  /**< keep the value, and say so */
  CLI_CONFLICT_SKIP,
  CLI_CONFLICT_REPLACE,
  CLI_CONFLICT_RENAME
} cli_conflict;

typedef struct cli cli;

typedef struct cli_command {
  const char *name;
  const char *summary;
  const char *operands;  /**< as in a usage line, VAULT included */
  const char *help;      /**< what it does and its own options */
  uint64_t options;      /**< CLI_OPT_… */
  int min_operands;      /**< after VAULT */
  int max_operands;      /**< -1: any number */
  int (*run) (cli *self);
} cli_command;

/** A command at work: its words, its vault. Lives from main() to exit. */
struct cli {
  const cli_command *command;
  const char *location;  /**< VAULT as given */
  char *real_location;   /**< without links, once it was asked for */
  cli_operand *operands;
  size_t n_operands;
  uint64_t given;        /**< CLI_OPT_… that were there */

  const char *table;
  unsigned busy_timeout_ms;
  cli_bytes prefix;
  void *owned_prefix;
  bool sort_by_size;
  uint64_t limit;
  uint64_t offset;
  uint64_t length;
  uint32_t page_size;
  uint64_t pages;
  const char *into;
  const char *archive;
  cli_conflict on_conflict;
  kvault_vacuum_way way;
  kvault_checkpoint_mode mode;

  kvault *vault;
  bool deaf;             /**< the library is not told of signals: a group would be lost */
};

extern const cli_command cli_command_backup;
extern const cli_command cli_command_cat;
extern const cli_command cli_command_check;
extern const cli_command cli_command_checkpoint;
extern const cli_command cli_command_compact;
extern const cli_command cli_command_convert;
extern const cli_command cli_command_export;
extern const cli_command cli_command_import;
extern const cli_command cli_command_ls;
extern const cli_command cli_command_mv;
extern const cli_command cli_command_new;
extern const cli_command cli_command_put;
extern const cli_command cli_command_reclaim;
extern const cli_command cli_command_rm;
extern const cli_command cli_command_stat;

static inline bool
cli_has (const cli *self,
         uint64_t   option)
{
  return (self->given & option) != 0;
}

/* --- main.c */

/** The signal that asked to end, or 0. */
int cli_cancelled (void);

/* --- args.c */

/** Read the words after the name of the command; says what is wrong and returns false. */
bool cli_args_parse (cli *self, int argc, char **argv);

void cli_args_clear (cli *self);

/* --- session.c */

/** Open VAULT; CLI_DONE, or the status after saying why not. */
int cli_open (cli *self, kvault_access mode);

/**
 * Open VAULT for viewing, also if it is damaged so badly that only salvage can: then this is said, and CLI_DAMAGED
 * returned with self->vault set.
 */
int cli_open_damaged (cli *self);

/** True if a file is VAULT or lies beside it as part of it: closing it would drop our locks. */
bool cli_is_file_of_vault (cli *self, const struct stat *file);

/** Free bytes in the folder of a path; 0 or errno. */
int cli_room_beside (const char *path, uint64_t *room);

/** True if a name in a folder is, or would become, a file of the vault. */
bool cli_is_place_of_vault (cli *self, int folder, const char *name);

/** Progress of kvault_totals(); its data is a struct cli. */
int cli_show_count (const kvault_totals_result *so_far, void *data);

/** Progress of what works key by key; its data is a struct cli. */
int cli_show_keys (const kvault_progress *progress, void *data);

/** Progress of what works on the whole file; its data is a struct cli. */
int cli_show_bytes (const kvault_progress *progress, void *data);

/** Count what begins with the prefix; a kvault_result. */
int cli_count_prefix (cli *self, kvault_totals_result *totals);

/** Say that no key begins with the prefix; CLI_NOT_FOUND. */
int cli_no_prefix (cli *self);

/** The status for a result of the library. */
int cli_status (int result);

/** Say what the library last said about a failure; the status for it. */
int cli_fail (cli *self, int result);

/** The same of a key whose value could not be read, and name it. */
int cli_fail_key (cli *self, cli_bytes key, int result);

/** Say that a key is not there; CLI_NOT_FOUND. */
int cli_no_key (cli *self, cli_bytes key);

/** The worse of two statuses. */
int cli_worse (int status, int other);

/** kvault_blob_open(), and if there is no such key, the one that is the same as TEXT. */
int cli_blob_open (cli *self, cli_bytes key, kvault_blob **blob);

/** kvault_delete() likewise. */
int cli_delete (cli *self, cli_bytes key);

/** What the beginning of a value tells. */
typedef struct cli_value {
  uint64_t size;
  kvault_value_info info;
  const char *type;  /**< of the data behind a header; static */
} cli_value;

/** Read the beginning of a value; a kvault_result. */
int cli_value_read (cli *self, kvault_blob *blob, cli_value *value);

/* --- text.c */

#define CLI_ESCAPE_SIZE 16  /**< room for "\u{10FFFF}" and its NUL */
#define CLI_NAME_SIZE 512
#define CLI_NAME_ROOM (CLI_NAME_SIZE - 64)  /**< leaves space for an escape and the tail */

bool cli_is_utf8 (cli_bytes bytes);

/**
 * Write the escape of a character: \n, \t, \r, \\, \xNN for other bytes, \u{N}. Returns its
 * length.
 */
size_t cli_escape (uint32_t code_point, unsigned char byte, char text[CLI_ESCAPE_SIZE]);

/**
 * Bytes for a message: escaped, in quotes, cut after some 450 bytes. Borrowed; two may be
 * in use at once.
 */
const char *cli_name (cli_bytes bytes);

/** "1.5 MB", of 1,000 as the desktop has it; borrowed, four may be in use at once. */
const char *cli_size_text (uint64_t size);

/** "30 ms", "2.5 s", "42 s" or "2:03"; borrowed, two may be in use at once. */
const char *cli_time_text (uint64_t ms);

/** "1 key", "2 keys"; borrowed, four may be in use at once. */
const char *cli_count_text (uint64_t n, const char *noun);

/* --- output.c */

/** Print bytes on standard output as they are. */
void cli_put (const void *data, size_t size);

/** Print formatted text of the program's own on standard output. */
void cli_printf (const char *format, ...) CLI_FORMAT (1, 2);

/** Print bytes with what is unsafe, and the backslash, escaped. */
void cli_put_escaped (cli_bytes bytes);

/** Print a message of the library, in which keys are escaped already. */
void cli_put_message (const char *message);

/** End a line; on a terminal it shows at once. */
void cli_put_line_end (void);

/** A line of facts: a label and a text, which is escaped. */
void cli_put_fact (const char *label, const char *text);

/** The same for bytes: "1500 bytes (1.5 kB)". */
void cli_put_size_fact (const char *label, uint64_t size);

/** Nonzero once standard output has failed: more output is in vain. */
int cli_put_failed (void);

/** What is put from now on is written although a signal came: it tells what stays done. */
void cli_put_in_spite (void);

/** Write out what is held back and close; the status, after saying what went wrong. */
int cli_put_finish (int status);

/* One JSON object a line: begin, members, end_line. Arrays of objects may be members. */
void cli_json_begin (void);
void cli_json_end (void);
void cli_json_end_line (void);
void cli_json_begin_array (const char *name);
void cli_json_end_array (void);
void cli_json_text (const char *name, const char *text);
void cli_json_number (const char *name, uint64_t number);
void cli_json_signed (const char *name, int64_t number);
void cli_json_bool (const char *name, bool value);

/** A string, or `NAME_hex` with the bytes in hexadecimal if they are not UTF-8. */
void cli_json_bytes (const char *name, cli_bytes bytes);

/** Print "kvault: " and a line on standard error, its controls escaped. */
void cli_report (const char *format, ...) CLI_FORMAT (1, 2);

/** The same as a question, without an end of line. */
void cli_ask (const char *format, ...) CLI_FORMAT (1, 2);

/** Show how far the work is, now and then, if standard error is a terminal. */
void cli_progress (cli *self, const char *format, ...) CLI_FORMAT (2, 3);

/** What comes after that is told as a step of several, until cli_progress_end(). */
void cli_progress_step (const char *words, unsigned number, unsigned n);

/** The same for bytes, with the rate and the time left; @total may be KVAULT_SIZE_UNKNOWN. */
void cli_progress_bytes (cli *self, uint64_t done, uint64_t total);

/** True if progress is shown, so that it is worth counting for. */
bool cli_has_progress (const cli *self);

/** Milliseconds of a clock that only goes forward. */
uint64_t cli_now_ms (void);

/** Take the progress off the screen. */
void cli_progress_end (void);

#endif /* CLI_H */
