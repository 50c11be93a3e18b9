/* SPDX-License-Identifier: MIT */
/* cmd-export.c - kvault export: values become files.
 *
 * Keys are a stranger's: names.c makes safe paths of them, and the folders of a path are
 * opened one by one without following links, so nothing is ever written outside the folder
 * given. A file is written without a name and linked to its name when it is whole; where the
 * file system has no nameless files, under a hidden one until then.
 *
 * At the end everything is flushed to the disk at once: a flush for each of many small files
 * would take minutes. Large files, and those that replace others, are flushed before they get
 * their names, so that a power cut leaves no empty file in the place of a whole one.
 *
 * One walk holds one state of the vault for the whole export. Where the key index is damaged,
 * the keys behind the damage are reached by a walk from the other end.
 */
#include "entries.h"
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define HIDDEN_SIZE 32
#define LARGE_SIZE (1024 * 1024)

typedef struct export {
  cli *self;
  int status;
  bool over;             /* the disk is full, or the vault failed as a whole */
  const char *target;    /* the folder as given */
  int root;              /* its descriptor; -1 in a dry run if it is not there yet */
  cli_paths *paths;
  char *buffer;
  cli_entries last;      /* the last entry of the walk, if its first has come */

  int folder;            /* where the last file went; -1: none, or the root's */
  cli_text folder_path;  /* and its path, which ends in "/"; "" is the root */

  uint64_t n_bytes;      /* to come, if they were counted */
  uint64_t n_done, n_bytes_done;
  uint64_t n_skipped, n_failed;
} export;

/* A value on its way out. */
typedef struct outgoing {
  cli_bytes key;
  const char *path;      /* below the target; borrowed */
  const char *name;      /* its last part */
  uint64_t size;
  int fd;                /* -1: not open */
  char hidden[HIDDEN_SIZE];  /* the name until it is whole; "": none */
} outgoing;

/* --- what happened ----------------------------------------------------------------------- */

static void
print_result (export         *at,
              const outgoing *out,
              const char     *result)
{
  cli_text full = { NULL };
  bool good = cli_text_add (&full, at->target, strlen (at->target))
              && (full.data[full.size - 1] == '/' || cli_text_add (&full, "/", 1))
              && cli_text_add (&full, out->path, strlen (out->path));

  if (good && cli_has (at->self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("key", out->key);
      cli_json_bytes ("file", (cli_bytes) { full.data, full.size });
      if (out->size != KVAULT_SIZE_UNKNOWN)
        cli_json_number ("size", out->size);
      cli_json_text ("result", result);
      cli_json_end_line ();
    }
  else if (good && cli_has (at->self, CLI_OPT_DRY_RUN))
    {
      cli_printf ("%-8s  ", result);
      cli_put_escaped ((cli_bytes) { full.data, full.size });
      cli_put_line_end ();
    }
  cli_text_clear (&full);
}

static void
fail (export         *at,
      const outgoing *out,
      int             status)
{
  at->status = cli_worse (at->status, status);
  at->n_failed++;
  print_result (at, out, "failed");
}

static void
fail_errno (export         *at,
            const outgoing *out,
            int             error)
{
  cli_report ("%s in %s: %s", cli_name ((cli_bytes) { out->path, strlen (out->path) }),
              cli_name ((cli_bytes) { at->target, strlen (at->target) }), strerror (error));
  at->over = at->over || error == ENOSPC || error == EDQUOT || error == EROFS;
  fail (at, out, CLI_IO);
}

static void
skip (export         *at,
      const outgoing *out,
      const char     *why)
{
  cli_report ("%s in %s: %s", cli_name ((cli_bytes) { out->path, strlen (out->path) }),
              cli_name ((cli_bytes) { at->target, strlen (at->target) }), why);
  at->status = cli_worse (at->status, CLI_USAGE);
  at->n_skipped++;
  print_result (at, out, "skipped");
}

/* --- folders ----------------------------------------------------------------------------- */

/* The flush at the end is one of the root's file system; another may be mounted below it. */
static int
leave_folder (export *at)
{
  struct stat here, root;
  int error = 0;

  if (at->folder >= 0)
    {
      if ((fstat (at->folder, &here) != 0 || fstat (at->root, &root) != 0 || here.st_dev != root.st_dev)
          && syncfs (at->folder) != 0)
        error = errno;
      close (at->folder);
    }
  at->folder = -1;
  at->folder_path.size = 0;
  return error;
}

/* One step down, making the folder if it is not there. -1 with errno. */
static int
enter_part (export     *at,
            int         parent,
            const char *part)
{
  int fd = openat (parent, part, FOLDER_FLAGS);

  if (fd >= 0 || errno != ENOENT || cli_has (at->self, CLI_OPT_DRY_RUN))
    return fd;
  if (mkdirat (parent, part, 0777) != 0 && errno != EEXIST)
    return -1;
  return openat (parent, part, FOLDER_FLAGS);
}

/* Open the folder of a path. 0 or errno: ENOENT only in a dry run, ENOTDIR or ELOOP if
 * something else than a folder is in the way. */
static int
enter_folder (export     *at,
              const char *path,
              size_t      length)
{
  int parent = at->root, fd = -1, error;
  char part[CLI_PART_MAX + 32];

  if (at->root < 0)
    return ENOENT;
  if (length == at->folder_path.size
      && (length == 0 || memcmp (path, at->folder_path.data, length) == 0))
    return 0;
  if ((error = leave_folder (at)) != 0)
    return error;
  for (size_t start = 0; start < length;)
    {
      const char *slash = memchr (path + start, '/', length - start);
      size_t size = (size_t) (slash - path) - start;

      memcpy (part, path + start, size);
      part[size] = '\0';
      fd = enter_part (at, parent, part);
      error = errno;
      if (parent != at->root)
        close (parent);
      if (fd < 0)
        return error;
      parent = fd;
      start += size + 1;
    }
  at->folder = fd;
  return cli_text_add (&at->folder_path, path, length) ? 0 : ENOMEM;
}

static int
current_folder (const export *at)
{
  return at->folder >= 0 ? at->folder : at->root;
}

/* --- files ------------------------------------------------------------------------------- */

static int
make_hidden (int       folder,
             outgoing *out)
{
  uint64_t number;

  for (int tries = 0; tries < 100; tries++)
    {
      if (getrandom (&number, sizeof number, 0) != (ssize_t) sizeof number)
        break;
      snprintf (out->hidden, sizeof out->hidden, ".kvault-%016llx", (unsigned long long) number);
      out->fd = openat (folder, out->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
      if (out->fd >= 0 || errno != EEXIST)
        break;
    }
  if (out->fd < 0)
    out->hidden[0] = '\0';
  return out->fd >= 0 ? 0 : errno;
}

/* A file without a name needs /proc to get one. */
static int
make_nameless (int       folder,
               outgoing *out)
{
  if (access ("/proc/self/fd", X_OK) == 0)
    out->fd = openat (folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
  if (out->fd >= 0)
    return 0;
  return make_hidden (folder, out);
}

/* Give a hidden name to a nameless file, to be renamed over what is there. */
static int
link_hidden (int       folder,
             outgoing *out,
             const char *proc_path)
{
  uint64_t number;

  do
    {
      if (getrandom (&number, sizeof number, 0) != (ssize_t) sizeof number)
        return errno;
      snprintf (out->hidden, sizeof out->hidden, ".kvault-%016llx", (unsigned long long) number);
      if (linkat (AT_FDCWD, proc_path, folder, out->hidden, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    }
  while (errno == EEXIST);
  out->hidden[0] = '\0';
  return errno;
}

static int
rename_hidden (int       folder,
               outgoing *out,
               bool      overwrite)
{
  int done = overwrite ? renameat (folder, out->hidden, folder, out->name)
                       : renameat2 (folder, out->hidden, folder, out->name, RENAME_NOREPLACE);

  if (done != 0 && !overwrite && (errno == EINVAL || errno == ENOSYS))
    {
      /* Not every file system can; two names for a moment do it too. */
      if ((done = linkat (folder, out->hidden, folder, out->name, 0)) == 0)
        unlinkat (folder, out->hidden, 0);
    }
  if (done != 0)
    return errno;
  out->hidden[0] = '\0';
  return 0;
}

/* The file gets its name. 0 or errno: EEXIST if something has it. */
static int
name_file (int       folder,
           outgoing *out,
           bool      overwrite)
{
  char proc_path[64];
  int error;

  if (out->hidden[0] != '\0')
    return rename_hidden (folder, out, overwrite);
  snprintf (proc_path, sizeof proc_path, "/proc/self/fd/%d", out->fd);
  if (linkat (AT_FDCWD, proc_path, folder, out->name, AT_SYMLINK_FOLLOW) == 0)
    return 0;
  if (errno != EEXIST || !overwrite)
    return errno;
  if ((error = link_hidden (folder, out, proc_path)) != 0)
    return error;
  return rename_hidden (folder, out, true);
}

static void
close_file (int       folder,
            outgoing *out)
{
  if (out->fd >= 0)
    close (out->fd);
  out->fd = -1;
  if (out->hidden[0] != '\0')
    unlinkat (folder, out->hidden, 0);
}

static int
write_all (int         fd,
           const char *data,
           size_t      size)
{
  while (size > 0)
    {
      ssize_t n = write (fd, data, size);

      if (n < 0 && errno != EINTR)
        return errno;
      data += n > 0 ? n : 0;
      size -= n > 0 ? (size_t) n : 0;
    }
  return 0;
}

/* --- values ------------------------------------------------------------------------------ */

/* KVAULT_OK, or a failure of the vault; *@error is set to the errno of one of the file. */
static int
copy_value (export      *at,
            kvault_blob *blob,
            outgoing    *out,
            int         *error)
{
  uint64_t offset = 0;
  int rc = KVAULT_OK;

  *error = 0;
  while (rc == KVAULT_OK && *error == 0 && offset < out->size)
    {
      size_t size = out->size - offset < CLI_PIECE_SIZE ? (size_t) (out->size - offset) : CLI_PIECE_SIZE;

      if (cli_cancelled ())
        return KVAULT_ECANCELLED;
      if ((rc = kvault_blob_read (blob, at->buffer, size, offset)) == KVAULT_OK)
        *error = write_all (out->fd, at->buffer, size);
      offset += size;
      cli_progress_bytes (at->self, at->n_bytes_done + offset, at->n_bytes);
    }
  return rc;
}

static void
fail_value (export   *at,
            outgoing *out,
            int       result)
{
  int status = cli_fail (at->self, result);

  at->over = at->over || result == KVAULT_ECANCELLED;
  if (result != KVAULT_ECANCELLED)
    fail (at, out, status);
}

static void
write_value (export      *at,
             kvault_blob *blob,
             outgoing    *out)
{
  bool overwrite = cli_has (at->self, CLI_OPT_OVERWRITE);
  int folder = current_folder (at), rc = KVAULT_OK;
  int error = make_nameless (folder, out);

  if (error == 0)
    rc = copy_value (at, blob, out, &error);
  /* Where hidden names are needed, only flushing may tell that there was no room. */
  if (rc == KVAULT_OK && error == 0 && (overwrite || out->hidden[0] != '\0' || out->size >= LARGE_SIZE)
      && fsync (out->fd) != 0)
    error = errno;
  if (rc == KVAULT_OK && error == 0)
    error = name_file (folder, out, overwrite);
  close_file (folder, out);
  if (rc != KVAULT_OK)
    fail_value (at, out, rc);
  else if (error == EEXIST && !overwrite)
    skip (at, out, "it is there already; see --overwrite");
  else if (error != 0)
    fail_errno (at, out, error);
  else
    {
      at->n_done++;
      at->n_bytes_done += out->size;
      print_result (at, out, "exported");
    }
}

/* True if a file may go to its place; else it has been told why not. */
static bool
check_place (export   *at,
             outgoing *out,
             int       error)
{
  struct stat there;

  if (error == ENOENT && cli_has (at->self, CLI_OPT_DRY_RUN))
    return true;
  if (error == ENOTDIR || error == ELOOP)
    skip (at, out, "a link or a file is in the place of its folder");
  else if (error != 0)
    fail_errno (at, out, error);
  else if (cli_is_place_of_vault (at->self, current_folder (at), out->name))
    skip (at, out, "it would be a file of the vault itself");
  else if (fstatat (current_folder (at), out->name, &there, AT_SYMLINK_NOFOLLOW) != 0)
    {
      if (errno == ENOENT)
        return true;
      fail_errno (at, out, errno);
    }
  else if (S_ISDIR (there.st_mode))
    skip (at, out, "a folder is in its place");
  else if (cli_is_file_of_vault (at->self, &there))
    skip (at, out, "it is a file of the vault itself");
  else if (!cli_has (at->self, CLI_OPT_OVERWRITE))
    skip (at, out, "it is there already; see --overwrite");
  else
    return true;
  return false;
}

static void
export_value (export      *at,
              cli_bytes    key,
              kvault_blob *blob,
              int          result)
{
  outgoing out = { .key = key, .size = KVAULT_SIZE_UNKNOWN, .fd = -1 };
  const char *slash;

  if ((out.path = cli_paths_take (at->paths, key)) == NULL)
    {
      cli_report ("no memory");
      at->status = CLI_IO;
      at->over = true;
      return;
    }
  slash = strrchr (out.path, '/');
  out.name = slash != NULL ? slash + 1 : out.path;
  if (result != KVAULT_OK)
    {
      fail_value (at, &out, result);
      return;
    }
  out.size = kvault_blob_size (blob);
  if (!check_place (at, &out, enter_folder (at, out.path, (size_t) (out.name - out.path))))
    return;
  if (!cli_has (at->self, CLI_OPT_DRY_RUN))
    {
      write_value (at, blob, &out);
      return;
    }
  at->n_done++;
  at->n_bytes_done += out.size;
  print_result (at, &out, "exported");
}

/* --- which values ------------------------------------------------------------------------ */

static void
export_named (export   *at,
              cli_bytes key)
{
  kvault_blob *blob = NULL;
  int rc = cli_blob_open (at->self, key, &blob);

  if (rc == KVAULT_NOTFOUND)
    {
      at->status = cli_worse (at->status, cli_no_key (at->self, key));
      at->n_failed++;
    }
  else
    export_value (at, key, blob, rc);
  kvault_blob_close (blob);
}

static int
export_entry (export             *at,
              const kvault_entry *entry)
{
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open_entry (at->self->vault, entry, &blob);

  export_value (at, (cli_bytes) { entry->key, entry->key_size }, blob, rc);
  kvault_blob_close (blob);
  if (cli_cancelled ())
    return KVAULT_ECANCELLED;
  return at->over ? KVAULT_NOTFOUND : KVAULT_OK;
}

static bool
is_last (const export       *at,
         const kvault_entry *entry)
{
  kvault_entry last;

  if (at->last.n == 0)
    return false;
  last = cli_entries_get (&at->last, 0);
  return last.key_class == entry->key_class && last.key_size == entry->key_size
         && memcmp (last.key, entry->key, entry->key_size) == 0;
}

static int
remember_last (export             *at,
               const kvault_entry *entry)
{
  at->last.n = 0;
  at->last.keys_size = 0;
  return cli_entries_add (&at->last, entry);
}

/* KVAULT_OK at the end of the walk or of the export. */
static int
walk (export  *at,
      unsigned flags)
{
  kvault_cursor_options options = {
    .prefix = cli_has (at->self, CLI_OPTS_PREFIX) ? at->self->prefix.data : NULL,
    .prefix_size = at->self->prefix.size,
    .flags = KVAULT_CURSOR_IDS | flags,
  };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (at->self->vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      if (flags != 0 && is_last (at, entry))
        break;
      rc = export_entry (at, entry);
      if (rc == KVAULT_OK && flags == 0)
        rc = remember_last (at, entry);
    }
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Counting reads a page of each value, so it is done for a progress that somebody sees. */
static void
count_all (export *at)
{
  kvault_totals_result totals;
  cli *self = at->self;

  if (!cli_has_progress (self)
      || kvault_totals (self->vault, self->prefix.data, self->prefix.size, cli_show_count, self, &totals)
         != KVAULT_OK)
    return;
  at->n_bytes = totals.bytes;
}

static void
export_all (export *at)
{
  int rc;

  count_all (at);
  rc = walk (at, 0);
  if (rc == KVAULT_ECORRUPT)
    {
      cli_report ("%s: the index of keys is damaged; keys are missing from the export",
                  at->self->location);
      at->status = CLI_DAMAGED;
      rc = walk (at, KVAULT_CURSOR_REVERSE);
    }
  if (rc != KVAULT_OK && rc != KVAULT_ECORRUPT)
    at->status = cli_worse (at->status, cli_fail (at->self, rc));
}

/* --- the whole --------------------------------------------------------------------------- */

/* The first word is the folder, wherever it stands among the keys by their options. */
static bool
find_target (cli    *self,
             size_t *at)
{
  for (*at = 0; *at < self->n_operands; ++*at)
    if (!self->operands[*at].is_key && self->operands[*at].bytes.size > 0)
      return true;
  cli_report ("export needs a folder; see kvault export --help");
  return false;
}

static int
open_target (export *at)
{
  bool dry = cli_has (at->self, CLI_OPT_DRY_RUN);
  int error;

  if (!dry && mkdir (at->target, 0777) != 0 && errno != EEXIST)
    at->root = -1;
  else
    at->root = open (at->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  error = errno;
  if (at->root >= 0 || (dry && error == ENOENT))
    return CLI_DONE;
  cli_report ("%s: %s", cli_name ((cli_bytes) { at->target, strlen (at->target) }), strerror (error));
  return error == ENOENT ? CLI_NOT_FOUND : error == ENOTDIR ? CLI_USAGE : CLI_IO;
}

static void
print_summary (export *at)
{
  if (cli_cancelled () || at->over)
    cli_report ("%s; %llu values are there whole", cli_cancelled () ? "cancelled" : "not finished",
                (unsigned long long) at->n_done);
  if (cli_has (at->self, CLI_OPT_JSON | CLI_OPT_QUIET))
    return;
  cli_printf ("%s %llu %s (%s), %llu skipped, %llu failed\n",
              cli_has (at->self, CLI_OPT_DRY_RUN) ? "Would export" : "Exported",
              (unsigned long long) at->n_done, at->n_done == 1 ? "value" : "values",
              cli_size_text (at->n_bytes_done), (unsigned long long) at->n_skipped,
              (unsigned long long) at->n_failed);
}

static void
export_wanted (export *at,
               size_t  target_at)
{
  int error;

  if (at->self->n_operands == 1)
    export_all (at);
  for (size_t i = 0; at->self->n_operands > 1 && i < at->self->n_operands; i++)
    if (i != target_at && !at->over && !cli_cancelled ())
      export_named (at, at->self->operands[i].bytes);
  cli_progress_end ();
  error = leave_folder (at);
  if (at->root >= 0 && !cli_has (at->self, CLI_OPT_DRY_RUN) && syncfs (at->root) != 0)
    error = errno;
  if (error != 0)
    {
      cli_report ("%s: %s", cli_name ((cli_bytes) { at->target, strlen (at->target) }), strerror (error));
      at->status = CLI_IO;
    }
  print_summary (at);
}

static int
run (cli *self)
{
  export at = { .self = self, .root = -1, .folder = -1, .n_bytes = KVAULT_SIZE_UNKNOWN };
  size_t target_at;

  if (!find_target (self, &target_at))
    return CLI_USAGE;
  if (cli_has (self, CLI_OPTS_PREFIX) && self->n_operands > 1)
    {
      cli_report ("export takes keys or --prefix; see kvault export --help");
      return CLI_USAGE;
    }
  at.target = self->operands[target_at].bytes.data;
  at.paths = cli_paths_new ();
  at.buffer = malloc (CLI_PIECE_SIZE);
  if (at.paths == NULL || at.buffer == NULL)
    {
      cli_report ("no memory");
      at.status = CLI_IO;
    }
  else if ((at.status = cli_open (self, KVAULT_ACCESS_VIEW)) == CLI_DONE
           && (at.status = open_target (&at)) == CLI_DONE)
    export_wanted (&at, target_at);
  if (at.root >= 0)
    close (at.root);
  cli_paths_free (at.paths);
  cli_text_clear (&at.folder_path);
  cli_entries_clear (&at.last);
  free (at.buffer);
  return at.status;
}

const cli_command cli_command_export = {
  .name = "export",
  .summary = "Write values to files",
  .operands = "[OPTION…] VAULT DIR [KEY…]",
  .help =
    "All values, those of the KEYs, or those under a prefix, exactly as they are stored, become\n"
    "files in DIR, which is made if need be. Keys are split at \"/\" into folders. Nothing is\n"
    "written outside DIR: what a file name cannot hold becomes %XX, long names are cut, and of\n"
    "two keys that come to one name the second gets a number. Links in DIR are not followed.\n"
    "A file gets its name when it is whole; at the end all are on the disk.\n\n"
    "  -p, --prefix P             only keys that begin with P\n"
    "      --prefix-hex HEX       the same by the bytes of P in hexadecimal\n"
    "      --overwrite            replace files that are there; if not given they are kept\n"
    "                             and named, and the status is 2\n"
    "      --dry-run              show what would be written, and write nothing\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_DRY_RUN
             | CLI_OPT_OVERWRITE,
  .min_operands = 1,
  .max_operands = -1,
  .run = run,
};
