/* SPDX-License-Identifier: MIT */
/* cmd-put.c - kvault put: a file or standard input becomes the value of a key.
 *
 * The source streams through a kvault_writer in pieces; the value shows whole at the end or
 * not at all. The source is opened before the vault and closed after it, and may not be a
 * file of the vault: closing any descriptor of a vault drops the locks this process has on
 * it.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct source {
  int fd;
  const char *name;  /* for messages, escaped; borrowed */
  uint64_t size;     /* KVAULT_SIZE_UNKNOWN for pipes */
} source;

/* The size of a regular file is declared, so that a full disk is noticed before the copying
 * and a change underneath after it. Files that say 0 may be of /proc: their end tells. */
static uint64_t
declared_size (int                fd,
               const struct stat *file)
{
  off_t position = lseek (fd, 0, SEEK_CUR);

  if (!S_ISREG (file->st_mode) || file->st_size == 0 || position < 0 || position > file->st_size)
    return KVAULT_SIZE_UNKNOWN;
  return (uint64_t) (file->st_size - position);
}

static int
source_open (cli        *self,
             const char *path,
             source     *from)
{
  struct stat file;

  from->fd = STDIN_FILENO;
  from->name = "standard input";
  if (path != NULL)
    {
      from->fd = open (path, O_RDONLY | O_CLOEXEC);
      from->name = cli_name ((cli_bytes) { path, strlen (path) });
    }
  if (from->fd < 0 || fstat (from->fd, &file) != 0)
    {
      cli_report ("%s: %s", from->name, strerror (errno));
      return errno == ENOENT ? CLI_NOT_FOUND : CLI_IO;
    }
  if (S_ISDIR (file.st_mode))
    {
      cli_report ("%s: %s", from->name, strerror (EISDIR));
      return CLI_USAGE;
    }
  if (cli_is_file_of_vault (self, &file))
    {
      cli_report ("%s is the vault itself", from->name);
      return CLI_USAGE;
    }
  from->size = declared_size (from->fd, &file);
  return CLI_DONE;
}

/* read() that a signal ends at once, even if it comes just before: signals are let in only
 * while waiting. -1 with EINTR when cancelled. */
static ssize_t
source_read (source *from,
             void   *buffer,
             size_t  size)
{
  struct pollfd input = { .fd = from->fd, .events = POLLIN };
  sigset_t ours, before;
  ssize_t n = -1;

  sigemptyset (&ours);
  sigaddset (&ours, SIGINT);
  sigaddset (&ours, SIGTERM);
  sigaddset (&ours, SIGHUP);
  sigprocmask (SIG_BLOCK, &ours, &before);
  errno = EINTR;
  while (n < 0 && errno == EINTR && !cli_cancelled ())
    if (ppoll (&input, 1, NULL, &before) > 0)
      n = read (from->fd, buffer, size);
  sigprocmask (SIG_SETMASK, &before, NULL);
  return n;
}

static int
copy_source (cli           *self,
             source        *from,
             kvault_writer *writer,
             uint64_t      *total)
{
  char *buffer = malloc (CLI_PIECE_SIZE);
  ssize_t n = 0;
  int rc = buffer != NULL ? KVAULT_OK : KVAULT_ENOMEM;

  *total = 0;
  while (rc == KVAULT_OK && (n = source_read (from, buffer, CLI_PIECE_SIZE)) > 0)
    {
      *total += (uint64_t) n;
      if (from->size != KVAULT_SIZE_UNKNOWN && *total > from->size)
        rc = KVAULT_ERANGE;
      else
        rc = kvault_writer_write (writer, buffer, (size_t) n);
      cli_progress (self, "%s", cli_size_text (*total));
    }
  cli_progress_end ();
  free (buffer);
  if (rc == KVAULT_ERANGE
      || (rc == KVAULT_OK && n == 0 && from->size != KVAULT_SIZE_UNKNOWN && *total < from->size))
    {
      cli_report ("%s changed while it was read; nothing is stored", from->name);
      return CLI_IO;
    }
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if (n < 0 && !cli_cancelled ())
    cli_report ("%s: %s", from->name, strerror (errno));
  return n < 0 ? CLI_IO : CLI_DONE;
}

static int
store (cli      *self,
       cli_bytes key,
       source   *from)
{
  kvault_writer *writer = NULL;
  uint64_t total = 0;
  int status, rc;

  if ((rc = kvault_writer_open (self->vault, key.data, key.size, from->size, &writer)) != KVAULT_OK)
    return cli_fail (self, rc);
  status = copy_source (self, from, writer, &total);
  if (status == CLI_DONE && (rc = kvault_writer_commit (writer)) != KVAULT_OK)
    status = cli_fail (self, rc);
  kvault_writer_free (writer);
  if (status == CLI_DONE && cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("key", key);
      cli_json_number ("size", total);
      cli_json_end_line ();
    }
  return status;
}

static int
run (cli *self)
{
  /* A key by its own option may stand behind FILE. */
  size_t key_at = self->n_operands == 2 && !self->operands[0].is_key && self->operands[1].is_key;
  const char *path = NULL;
  source from;
  int status;

  if (self->n_operands == 2)
    {
      const cli_operand *file = &self->operands[1 - key_at];

      if (file->is_key)
        {
          cli_report ("put takes one key");
          return CLI_USAGE;
        }
      path = file->bytes.data;
    }
  if ((status = source_open (self, path, &from)) == CLI_DONE
      && (status = cli_open (self, KVAULT_ACCESS_WRITE)) == CLI_DONE)
    status = store (self, self->operands[key_at].bytes, &from);
  return status;
}

const cli_command cli_command_put = {
  .name = "put",
  .summary = "Store a file or standard input as a value",
  .operands = "[OPTION…] VAULT KEY [FILE]",
  .help =
    "A value that is there is replaced. The new one shows when it is whole; until then, and\n"
    "after any failure, the old one is in its place. VAULT must be there: kvault new makes one.\n\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPT_JSON | CLI_OPT_SECURE_DELETE,
  .min_operands = 1,
  .max_operands = 2,
  .run = run,
};
