/* SPDX-License-Identifier: MIT */
/* args.c - from words to a struct cli.
 *
 * One table has every option; a command takes the ones in its mask. Options and operands
 * may be mixed; keys given by --key-hex and --key-file are operands in the place where
 * they stand, so `mv VAULT --key-hex 00ff name` reads as it is written.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BUSY_TIMEOUT_MS 3600000
#define MAX_KEY_SIZE 1000000000

typedef struct option_row {
  uint64_t option;
  const char *name;
  char letter;   /* 0: none */
  int argument;  /* no_argument or required_argument */
} option_row;

static const option_row rows[] = {
  { CLI_OPT_TABLE, "table", 't', required_argument },
  { CLI_OPT_QUIET, "quiet", 'q', no_argument },
  { CLI_OPT_JSON, "json", 0, no_argument },
  { CLI_OPT_BUSY_TIMEOUT, "busy-timeout", 0, required_argument },
  { CLI_OPT_HELP, "help", 'h', no_argument },
  { CLI_OPT_KEY_HEX, "key-hex", 0, required_argument },
  { CLI_OPT_KEY_FILE, "key-file", 0, required_argument },
  { CLI_OPT_PREFIX, "prefix", 'p', required_argument },
  { CLI_OPT_PREFIX_HEX, "prefix-hex", 0, required_argument },
  { CLI_OPT_LONG, "long", 'l', no_argument },
  { CLI_OPT_NULL, "null", '0', no_argument },
  { CLI_OPT_SORT, "sort", 's', required_argument },
  { CLI_OPT_REVERSE, "reverse", 'r', no_argument },
  { CLI_OPT_LIMIT, "limit", 'n', required_argument },
  { CLI_OPT_OFFSET, "offset", 0, required_argument },
  { CLI_OPT_LENGTH, "length", 0, required_argument },
  { CLI_OPT_YES, "yes", 'y', no_argument },
  { CLI_OPT_REPLACE, "replace", 0, no_argument },
  { CLI_OPT_PAGE_SIZE, "page-size", 0, required_argument },
  { CLI_OPT_ROLLBACK, "rollback-journal", 0, no_argument },
  { CLI_OPT_DRY_RUN, "dry-run", 0, no_argument },
  { CLI_OPT_ON_CONFLICT, "on-conflict", 0, required_argument },
  { CLI_OPT_OVERWRITE, "overwrite", 0, no_argument },
  { CLI_OPT_FULL, "full", 0, no_argument },
  { CLI_OPT_INTO, "into", 0, required_argument },
  { CLI_OPT_WAY, "way", 0, required_argument },
  { CLI_OPT_PAGE_MAPS, "page-maps", 0, no_argument },
  { CLI_OPT_PAGES, "pages", 0, required_argument },
  { CLI_OPT_MODE, "mode", 0, required_argument },
  { CLI_OPT_SECURE_DELETE, "secure-delete", 0, no_argument },
  { CLI_OPT_SALVAGE, "salvage", 0, no_argument },
  { CLI_OPT_MANIFEST, "manifest", 0, no_argument },
  { CLI_OPT_NO_MANIFEST, "no-manifest", 0, no_argument },
  { CLI_OPT_VERIFY, "verify", 0, no_argument },
  { CLI_OPT_ARCHIVE, "archive", 0, required_argument },
  { CLI_OPT_SPLIT, "split", 0, no_argument },
  { CLI_OPT_PLAN, "plan", 0, no_argument },
  { CLI_OPT_FORCE, "force", 'f', no_argument },
};

#define N_ROWS (sizeof rows / sizeof rows[0])
#define FIRST_LONG 256  /* above every letter */

/* What getopt_long() wants, for the options of one command. */
typedef struct option_set {
  char letters[3 + 2 * N_ROWS];
  struct option longs[N_ROWS + 1];
} option_set;

static cli_bytes
text_bytes (const char *text)
{
  return (cli_bytes) { text, strlen (text) };
}

static void *
allocate (void  *old,
          size_t size)
{
  void *memory = realloc (old, size > 0 ? size : 1);

  if (memory == NULL)
    {
      cli_report ("no memory for %zu bytes", size);
      exit (CLI_IO);
    }
  return memory;
}

static void
make_option_set (uint64_t    options,
                 option_set *set)
{
  char *letter = set->letters;
  struct option *next = set->longs;

  *letter++ = '-';  /* operands come in their place, as option 1 */
  *letter++ = ':';  /* tell a missing argument from an unknown option, print nothing */
  for (size_t i = 0; i < N_ROWS; i++)
    {
      if (!(options & rows[i].option))
        continue;
      *next++ = (struct option) { rows[i].name, rows[i].argument, NULL, FIRST_LONG + (int) i };
      if (rows[i].letter == 0)
        continue;
      *letter++ = rows[i].letter;
      if (rows[i].argument == required_argument)
        *letter++ = ':';
    }
  *letter = '\0';
  *next = (struct option) { NULL };
}

static const option_row *
find_row (int code)
{
  if (code >= FIRST_LONG)
    return &rows[code - FIRST_LONG];
  for (size_t i = 0; i < N_ROWS; i++)
    if (rows[i].letter == code)
      return &rows[i];
  return NULL;
}

static int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

static bool
parse_hex (const char *name,
           const char *text,
           cli_bytes  *bytes)
{
  size_t size = strlen (text) / 2;
  unsigned char *data = allocate (NULL, size);

  for (size_t i = 0; i < size; i++)
    {
      int high = hex_digit (text[2 * i]);
      int low = hex_digit (text[2 * i + 1]);

      if (high < 0 || low < 0)
        goto bad;
      data[i] = (unsigned char) (high << 4 | low);
    }
  if (text[2 * size] != '\0')
    goto bad;
  *bytes = (cli_bytes) { data, size };
  return true;

bad:
  free (data);
  cli_report ("--%s takes two hexadecimal digits for each byte, not %s", name,
              cli_name (text_bytes (text)));
  return false;
}

static bool
parse_number (const char *name,
              const char *text,
              uint64_t    maximum,
              uint64_t   *number)
{
  unsigned long long parsed;
  char *end;

  errno = 0;
  parsed = strtoull (text, &end, 10);
  /* strtoull() takes spaces and signs; a number here is digits. */
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || parsed > maximum)
    {
      cli_report ("--%s takes a number from 0 to %llu, not %s", name,
                  (unsigned long long) maximum, cli_name (text_bytes (text)));
      return false;
    }
  *number = parsed;
  return true;
}

static bool
read_key_file (const char *path,
               cli_bytes  *bytes)
{
  unsigned char *data = NULL;
  size_t size = 0, room = 0;
  ssize_t n = -1;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  while (fd >= 0 && size <= MAX_KEY_SIZE)
    {
      if (size == room)
        data = allocate (data, room = room == 0 ? 4096 : room * 2);
      n = read (fd, data + size, room - size);
      if (n <= 0)
        break;
      size += (size_t) n;
    }
  if (n != 0)
    cli_report ("%s: %s", cli_name (text_bytes (path)),
                size > MAX_KEY_SIZE ? "longer than a key can be" : strerror (errno));
  if (fd >= 0)
    close (fd);
  if (n != 0)
    {
      free (data);
      return false;
    }
  *bytes = (cli_bytes) { data, size };
  return true;
}

static void
add_operand (cli      *self,
             cli_bytes bytes,
             bool      is_key)
{
  self->operands = allocate (self->operands, (self->n_operands + 1) * sizeof *self->operands);
  self->operands[self->n_operands++] = (cli_operand) { bytes, is_key };
}

/* The first word is VAULT, wherever it stands among the options. */
static void
add_word (cli        *self,
          const char *word)
{
  if (self->location == NULL)
    self->location = word;
  else
    add_operand (self, text_bytes (word), false);
}

/* The words of an option, one of which is to be chosen: in the order of their enumeration. */
static const char sort_words[] = "key, size";
static const char conflict_words[] = "skip, replace, rename";
static const char way_words[] = "swap, steps, in-place";
static const char mode_words[] = "passive, full, restart, truncate";

/* The number of a word among @words, or -1 after saying which there are. */
static int
parse_word (const char *name,
            const char *text,
            const char *words)
{
  const char *word = words;

  for (int i = 0; word != NULL; i++)
    {
      size_t length = strcspn (word, ",");

      if (strlen (text) == length && memcmp (text, word, length) == 0)
        return i;
      word = word[length] != '\0' ? word + length + 2 : NULL;
    }
  cli_report ("--%s takes one of %s, not %s", name, words, cli_name (text_bytes (text)));
  return -1;
}

static bool
apply_option (cli              *self,
              const option_row *row,
              const char       *text)
{
  cli_bytes key = { "", 0 };
  uint64_t number = 0;
  bool good = true;
  int word;

  self->given |= row->option;
  switch (row->option)
    {
    case CLI_OPT_TABLE:
      self->table = text;
      break;
    case CLI_OPT_BUSY_TIMEOUT:
      good = parse_number (row->name, text, MAX_BUSY_TIMEOUT_MS, &number);
      self->busy_timeout_ms = number == 0 ? KVAULT_BUSY_NOWAIT : (unsigned) number;
      break;
    case CLI_OPT_KEY_HEX:
      if ((good = parse_hex (row->name, text, &key)))
        add_operand (self, key, true);
      break;
    case CLI_OPT_KEY_FILE:
      if ((good = read_key_file (text, &key)))
        add_operand (self, key, true);
      break;
    case CLI_OPT_PREFIX:
      self->prefix = text_bytes (text);
      break;
    case CLI_OPT_PREFIX_HEX:
      if ((good = parse_hex (row->name, text, &key)))
        {
          free (self->owned_prefix);
          self->owned_prefix = (void *) key.data;
          self->prefix = key;
        }
      break;
    case CLI_OPT_SORT:
      good = (word = parse_word (row->name, text, sort_words)) >= 0;
      self->sort_by_size = word == 1;
      break;
    case CLI_OPT_LIMIT:
      good = parse_number (row->name, text, CLI_NO_LIMIT - 1, &self->limit);
      break;
    case CLI_OPT_OFFSET:
      good = parse_number (row->name, text, CLI_NO_LIMIT - 1, &self->offset);
      break;
    case CLI_OPT_LENGTH:
      good = parse_number (row->name, text, CLI_NO_LIMIT - 1, &self->length);
      break;
    case CLI_OPT_PAGE_SIZE:
      good = parse_number (row->name, text, 65536, &number);
      self->page_size = (uint32_t) number;
      break;
    case CLI_OPT_ON_CONFLICT:
      good = (word = parse_word (row->name, text, conflict_words)) >= 0;
      self->on_conflict = (cli_conflict) (CLI_CONFLICT_SKIP + word);
      break;
    case CLI_OPT_WAY:
      good = (word = parse_word (row->name, text, way_words)) >= 0;
      self->way = (kvault_vacuum_way) (KVAULT_VACUUM_SWAP + word);
      break;
    case CLI_OPT_MODE:
      good = (word = parse_word (row->name, text, mode_words)) >= 0;
      self->mode = (kvault_checkpoint_mode) (KVAULT_CHECKPOINT_PASSIVE + word);
      break;
    case CLI_OPT_PAGES:
      good = parse_number (row->name, text, UINT32_MAX, &self->pages);
      break;
    case CLI_OPT_ARCHIVE:
      self->archive = text;
      break;
    case CLI_OPT_INTO:
      self->into = text;
      break;
    default:
      break;  /* a flag: self->given has it */
    }
  return good;
}

static bool
parse_words (cli   *self,
             int    argc,
             char **argv)
{
  option_set set;
  int code;

  make_option_set (self->command->options, &set);
  opterr = 0;
  while ((code = getopt_long (argc, argv, set.letters, set.longs, NULL)) != -1)
    {
      if (code == 1)
        add_word (self, optarg);
      else if (code == ':' || code == '?')
        {
          /* An unknown letter in a bundle such as -lx is named as its letter. */
          char letter[] = { '-', (char) optopt, '\0' };
          bool bundled = optopt > 0 && optopt < FIRST_LONG && argv[optind - 1][1] != '-';
          const char *word = bundled ? letter : argv[optind - 1];

          cli_report (code == ':' ? "%s needs an argument; see kvault %s --help"
                                  : "%s is no option here; see kvault %s --help",
                      cli_name (text_bytes (word)), self->command->name);
          return false;
        }
      else if (!apply_option (self, find_row (code), optarg))
        return false;
    }
  while (optind < argc)
    add_word (self, argv[optind++]);
  return true;
}

static bool
check_operands (cli *self)
{
  const cli_command *command = self->command;

  if (self->location != NULL
      && self->n_operands >= (size_t) command->min_operands
      && (command->max_operands < 0 || self->n_operands <= (size_t) command->max_operands))
    return true;
  cli_report ("usage: kvault %s %s", command->name, command->operands);
  return false;
}

bool
cli_args_parse (cli   *self,
                int    argc,
                char **argv)
{
  if (!parse_words (self, argc, argv))
    return false;
  if (cli_has (self, CLI_OPT_HELP))
    return true;
  if (cli_has (self, CLI_OPT_JSON) && cli_has (self, CLI_OPT_NULL))
    {
      cli_report ("--json and --null do not go together");
      return false;
    }
  return check_operands (self);
}

void
cli_args_clear (cli *self)
{
  for (size_t i = 0; i < self->n_operands; i++)
    if (self->operands[i].is_key)
      free ((void *) self->operands[i].bytes.data);
  free (self->operands);
  free (self->owned_prefix);
  free (self->real_location);
}
