/* SPDX-License-Identifier: MIT */
/* main.c - kvault(1): the table of commands, signals, and the way out.
 *
 * A signal only sets a flag; the library asks for it through kvault_options.is_cancelled
 * and the loops of the commands through cli_cancelled(), so a command ends between two
 * steps with nothing half written. The second signal of a kind ends the process at once,
 * which is as safe: what is not committed is not there.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_command *const commands[] = {
  &cli_command_new,
  &cli_command_ls,
  &cli_command_cat,
  &cli_command_put,
  &cli_command_rm,
  &cli_command_mv,
  &cli_command_stat,
  &cli_command_import,
  &cli_command_export,
  &cli_command_check,
  &cli_command_compact,
  &cli_command_reclaim,
  &cli_command_checkpoint,
  &cli_command_backup,
  &cli_command_convert,
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static volatile sig_atomic_t signal_caught;

int
cli_cancelled (void)
{
  return signal_caught;
}

static void
catch_signal (int number)
{
  signal_caught = number;
}

/* No SA_RESTART: a read or write that waits must return. SIGPIPE is ignored so that a
 * reader that goes away is an error of writing like any other, SIGXFSZ so that a file that
 * must not grow further is one, too. */
static void
handle_signals (void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action = { .sa_handler = catch_signal, .sa_flags = (int) SA_RESETHAND };
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sigaction old;

  sigemptyset (&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction (numbers[i], &action, NULL);
  sigaction (SIGPIPE, &ignore, NULL);
  sigaction (SIGXFSZ, &ignore, NULL);
}

/* A closed standard stream would give its number to the next file opened, and messages
 * would go into it. The replacement is of the wrong direction, so using it still fails. */
static void
reserve_standard_streams (void)
{
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl (fd, F_GETFD) < 0 && errno == EBADF)
      if (open ("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
        _exit (CLI_IO);
}

static void
print_overview (void)
{
  cli_printf ("Usage: kvault COMMAND VAULT …\n\n"
              "Work with vaults: files that keep large values by key.\n\n"
              "Commands:\n");
  for (size_t i = 0; i < N_COMMANDS; i++)
    cli_printf ("  %-10s  %s\n", commands[i]->name, commands[i]->summary);
  cli_printf ("\nkvault COMMAND --help tells more of each; kvault(1) is the manual.\n"
              "\nOther options:\n"
              "  -h, --help                 this text\n"
              "      --version              the version\n"
              "\nExit status: 0 done, 1 not found, 2 usage, 3 busy, 4 not a vault or damaged,\n"
              "5 reading or writing failed.\n");
}

static void
print_help (const cli_command *command)
{
  cli_printf ("Usage: kvault %s %s\n\n%s.\n\n%s", command->name, command->operands,
              command->summary, command->help);
  if (command->options & CLI_OPT_KEY_HEX)
    cli_printf ("      --key-hex HEX          a key by its bytes in hexadecimal, in place of KEY\n"
                "      --key-file FILE        a key by a file that holds its bytes, in place of KEY\n");
  if (command->options & CLI_OPT_JSON)
    cli_printf ("      --json                 one JSON object a line\n");
  if (command->options & CLI_OPT_TABLE)
    cli_printf ("  -t, --table NAME           a table of the file; else \"kv\", or the first\n");
  if (command->options & CLI_OPT_SECURE_DELETE)
    cli_printf ("      --secure-delete        overwrite with zeros what is deleted or replaced\n");
  cli_printf ("  -q, --quiet                no progress, no summary\n"
              "      --busy-timeout MS      how long to wait for other programs; 5000 if not given\n"
              "  -h, --help                 this text\n"
              "  --                         ends the options\n");
}

static const cli_command *
find_command (const char *name)
{
  for (size_t i = 0; i < N_COMMANDS; i++)
    if (strcmp (commands[i]->name, name) == 0)
      return commands[i];
  return NULL;
}

static int
run_command (const cli_command *command,
             int                argc,
             char             **argv)
{
  cli self = {
    .command = command,
    .limit = CLI_NO_LIMIT,
    .length = CLI_NO_LIMIT,
    .prefix = { "", 0 },
    .mode = KVAULT_CHECKPOINT_TRUNCATE,
  };
  int status = CLI_DONE;

  if (!cli_args_parse (&self, argc, argv))
    status = CLI_USAGE;
  else if (cli_has (&self, CLI_OPT_HELP))
    print_help (command);
  else
    status = command->run (&self);
  kvault_close (self.vault);
  cli_args_clear (&self);
  return status;
}

static int
run (int    argc,
     char **argv)
{
  const cli_command *command;

  if (argc < 2)
    {
      cli_report ("no command; kvault --help lists them");
      return CLI_USAGE;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      cli_printf ("kvault %s\n", kvault_version ());
      return CLI_DONE;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
    {
      print_overview ();
      return CLI_DONE;
    }
  if ((command = find_command (argv[1])) == NULL)
    {
      cli_report ("no command %s; kvault --help lists them",
                  cli_name ((cli_bytes) { argv[1], strlen (argv[1]) }));
      return CLI_USAGE;
    }
  return run_command (command, argc - 1, argv + 1);
}

int
main (int    argc,
      char **argv)
{
  int status;

  reserve_standard_streams ();
  handle_signals ();
  status = cli_put_finish (run (argc, argv));
  return cli_cancelled () ? CLI_SIGNALLED + cli_cancelled () : status;
}
