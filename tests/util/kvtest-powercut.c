/* SPDX-License-Identifier: MIT */
#include "kvtest-powercut.h"
#include "kvtest-faults.h"
#include "kvtest-internal.h"

#include <dirent.h>
#include <sys/stat.h>

#define SECTOR 512u
#define MAX_NAMES 64

/* Files are numbered in the order of their making: an inode may be used again. */
typedef struct {
  KvDiskEventKind kind;
  int file;                 /* -1: names only */
  char *name, *other;       /* in the folder; NULL: none, or elsewhere */
  uint64_t offset;
  uint8_t *bytes;
  size_t size;
} Event;

typedef struct {
  uint8_t *bytes;
  size_t size, room;
} Content;

typedef struct {
  char *name;               /* NULL: free */
  int file;
} Name;

static struct {
  char *folder;
  Event *events;
  size_t n, room;
  uint64_t *inodes;         /* of each file by number */
  Content *initial;
  int n_files, n_initial;
  Name names[MAX_NAMES];    /* at first */
} tape;

/* ---- recording ---- */

static int
file_of (uint64_t inode)
{
  for (int i = tape.n_files - 1; inode != 0 && i >= 0; i--)
    if (tape.inodes[i] == inode)
      return i;
  return -1;
}

static int
new_file (uint64_t inode)
{
  tape.inodes = realloc (tape.inodes, (size_t) (tape.n_files + 1) * sizeof *tape.inodes);
  tape.inodes[tape.n_files] = inode;
  return tape.n_files++;
}

static char *
name_in_folder (const char *path)
{
  size_t n = strlen (tape.folder);

  return path != NULL && strncmp (path, tape.folder, n) == 0 && path[n] == '/' ? strdup (path + n + 1) : NULL;
}

static void
write_down (const KvDiskEvent *from)
{
  Event event = { .kind = from->kind, .file = file_of (from->file), .offset = from->offset, .size = from->size };

  if (from->kind != KVDISK_SYNC_FOLDER)
    {
      event.name = name_in_folder (from->name);
      event.other = name_in_folder (from->other);
    }
  if (from->kind == KVDISK_CREATE && event.name != NULL)
    event.file = new_file (from->file);
  if (event.file < 0 && event.name == NULL && from->kind != KVDISK_SYNC_FOLDER)
    return;
  if (from->bytes != NULL)
    {
      event.bytes = malloc (from->size);
      memcpy (event.bytes, from->bytes, from->size);
    }
  if (tape.n == tape.room)
    tape.events = realloc (tape.events, (tape.room = tape.room * 2 + 64) * sizeof *tape.events);
  tape.events[tape.n++] = event;
}

static void
forget (void)
{
  for (size_t i = 0; i < tape.n; i++)
    {
      free (tape.events[i].name);
      free (tape.events[i].other);
      free (tape.events[i].bytes);
    }
  for (size_t i = 0; i < MAX_NAMES; i++)
    free (tape.names[i].name);
  free (tape.events);
  free (tape.inodes);
  free (tape.initial);
  free (tape.folder);
  memset (&tape, 0, sizeof tape);
}

void
kvtest_powercut_record (const char *folder)
{
  DIR *all = opendir (folder);
  struct dirent *each;

  forget ();
  tape.folder = strdup (folder);
  while ((each = readdir (all)) != NULL)
    {
      char *path = kvtest_format ("%s/%s", folder, each->d_name);
      struct stat st;

      if (stat (path, &st) != 0 || !S_ISREG (st.st_mode))
        continue;
      die_unless (tape.n_initial < MAX_NAMES);
      tape.initial = realloc (tape.initial, (size_t) (tape.n_initial + 1) * sizeof *tape.initial);
      tape.initial[tape.n_initial].bytes = kvtest_read_file (path, &tape.initial[tape.n_initial].size);
      tape.names[tape.n_initial++] = (Name) { strdup (each->d_name), new_file (st.st_ino) };
    }
  closedir (all);
  kvtest_faults_observe (write_down);
}

void
kvtest_powercut_stop (void)
{
  kvtest_faults_observe (NULL);
}

size_t
kvtest_powercut_now (void)
{
  return tape.n;
}

/* ---- playing ---- */

typedef struct {
  Content *contents;        /* what is on the disk for sure, of each file */
  Name names[MAX_NAMES];
  KvCut cut;
  uint64_t seed;
} Disk;

static bool
keeps (Disk *disk)
{
  return disk->cut == KVCUT_ALL || (disk->cut == KVCUT_SOME && kvtest_random (&disk->seed) % 2 == 0);
}

static void
resize (Content *content, size_t size)
{
  if (size >= content->room)   /* by doubling: files grow by sectors here */
    content->bytes = realloc (content->bytes, content->room = size * 2 + 4096);
  if (size > content->size)
    memset (content->bytes + content->size, 0, size - content->size);
  content->size = size;
}

static void
apply_write (Disk *disk, const Event *event, bool certain)
{
  Content *content = &disk->contents[event->file];

  for (size_t at = 0, n; at < event->size; at += n)
    {
      size_t offset = event->offset + at;

      n = SECTOR - offset % SECTOR < event->size - at ? SECTOR - offset % SECTOR : event->size - at;
      if (!certain && !keeps (disk))
        continue;
      if (offset + n > content->size)
        resize (content, offset + n);
      memcpy (content->bytes + offset, event->bytes + at, n);
    }
}

static Name *
find_name (Disk *disk, const char *name)
{
  for (size_t i = 0; name != NULL && i < MAX_NAMES; i++)
    if (disk->names[i].name != NULL && strcmp (disk->names[i].name, name) == 0)
      return &disk->names[i];
  return NULL;
}

static void
add_name (Disk *disk, char *name, int file)
{
  Name *at = find_name (disk, name);

  for (size_t i = 0; at == NULL && i < MAX_NAMES; i++)
    if (disk->names[i].name == NULL)
      at = &disk->names[i];
  die_unless (at != NULL);
  *at = (Name) { name, file };
}

static void
apply_name (Disk *disk, const Event *event)
{
  Name *from = find_name (disk, event->name), *to = find_name (disk, event->other);
  int file;

  switch (event->kind)
    {
    case KVDISK_CREATE:
      add_name (disk, event->name, event->file);
      break;
    case KVDISK_DELETE:
      if (from != NULL)
        from->name = NULL;
      break;
    case KVDISK_LINK:
    case KVDISK_MOVE:
      if (from == NULL || event->other == NULL)
        break;
      file = from->file;
      if (event->kind == KVDISK_MOVE)
        from->name = NULL;
      add_name (disk, event->other, file);
      break;
    case KVDISK_EXCHANGE:
      if (from != NULL && to != NULL)
        {
          file = from->file;
          from->file = to->file;
          to->file = file;
        }
      break;
    case KVDISK_WRITE:
    case KVDISK_TRUNCATE:
    case KVDISK_SYNC:
    case KVDISK_SYNC_FOLDER:
    default:
      break;
    }
}

static bool
is_of_names (KvDiskEventKind kind)
{
  return kind == KVDISK_CREATE || kind == KVDISK_DELETE || kind >= KVDISK_EXCHANGE;
}

/* The last sync of each file, and behind them of the folder, among the first @n events; 0: none. */
static size_t *
last_syncs (size_t n)
{
  size_t *last = calloc ((size_t) tape.n_files + 1, sizeof *last);

  for (size_t i = 0; i < n; i++)
    if (tape.events[i].kind == KVDISK_SYNC_FOLDER)
      last[tape.n_files] = i;
    else if (tape.events[i].kind == KVDISK_SYNC && tape.events[i].file >= 0)
      last[tape.events[i].file] = i;
  return last;
}

/* Whether event @i was on the disk for sure: a sync of its file, or folder, follows it. */
static bool
is_certain (size_t i, const size_t *last)
{
  const Event *event = &tape.events[i];

  return i < last[is_of_names (event->kind) || event->file < 0 ? tape.n_files : event->file];
}

static void
apply (Disk *disk, const Event *event, bool certain, bool *names_end)
{
  if (is_of_names (event->kind))
    {
      *names_end = *names_end || (!certain && !keeps (disk));   /* file systems keep the order of these */
      if (!*names_end)
        apply_name (disk, event);
    }
  else if (event->kind == KVDISK_WRITE && event->file >= 0)
    apply_write (disk, event, certain);
  else if (event->kind == KVDISK_TRUNCATE && event->file >= 0 && (certain || keeps (disk)))
    resize (&disk->contents[event->file], event->offset);
}

static void
lay_out (Disk *disk, const char *folder)
{
  if (kvtest_exists (folder))
    kvtest_remove (folder);
  kvtest_make_folder (folder);
  for (size_t i = 0; i < MAX_NAMES; i++)
    {
      const Content *content = &disk->contents[disk->names[i].file];
      char path[512];

      if (disk->names[i].name == NULL)
        continue;
      snprintf (path, sizeof path, "%s/%s", folder, disk->names[i].name);
      kvtest_write_file (path, content->bytes != NULL ? content->bytes : (const uint8_t *) "", content->size);
    }
}

void
kvtest_powercut_make (const char *folder, size_t n_events, KvCut cut, uint64_t seed)
{
  Disk disk = { .contents = calloc ((size_t) tape.n_files + 1, sizeof *disk.contents), .cut = cut, .seed = seed };
  size_t *last = last_syncs (n_events);
  bool names_end = false;

  memcpy (disk.names, tape.names, sizeof disk.names);
  for (int i = 0; i < tape.n_initial; i++)
    {
      resize (&disk.contents[i], tape.initial[i].size);
      memcpy (disk.contents[i].bytes, tape.initial[i].bytes, tape.initial[i].size);
    }
  for (size_t i = 0; i < n_events; i++)
    apply (&disk, &tape.events[i], is_certain (i, last), &names_end);
  lay_out (&disk, folder);
  for (int i = 0; i < tape.n_files; i++)
    free (disk.contents[i].bytes);
  free (disk.contents);
  free (last);
}
