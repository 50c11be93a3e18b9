/* SPDX-License-Identifier: MIT */
/* target.h - the folder an export writes into, a file on its way to a name there, and what may be in its way.
 *
 * libc and names.h. Calls block; one thread at a time.
 */
#ifndef TARGET_H
#define TARGET_H

#include <names.h>
#include <sys/stat.h>

/* --- dir.c */

/** All zero but for the descriptors, which are -1, before target_dir_open(). */
typedef struct target_dir {
  const char *path;      /**< as given */
  bool dry;              /**< make nothing */
  int root;              /**< its descriptor; -1 in a dry run if it is not there yet */
  int folder;            /**< where the last file went; -1: none, or the root's */
  names_text folder_path;  /**< and its path, which ends in "/"; "" is the root */
} target_dir;

/** Open the folder, making it if it is not there; 0 or errno. In a dry run it may be missing. */
int target_dir_open (target_dir *self);

/**
 * Go to the folder of a path below it, making what is missing; the path is as names_paths_take() makes them, @length up to
 * and with its last "/". 0 or errno: ENOENT only in a dry run, ENOTDIR or ELOOP if something else than a
 * folder is in the way.
 */
int target_dir_enter (target_dir *self, const char *path, size_t length);

/** The descriptor of the folder entered. */
int target_dir_folder (const target_dir *self);

/** Have all that was written on the disk; 0 or errno. */
int target_dir_sync (target_dir *self);

void target_dir_close (target_dir *self);

/* --- file.c */

#define TARGET_HIDDEN_SIZE 32

/** A file without its name. */
typedef struct target_file {
  int fd;                           /**< -1: not open */
  char hidden[TARGET_HIDDEN_SIZE];  /**< the name until it is whole; "": none */
  size_t unpushed;                  /**< bytes that the system was not told to begin to write */
} target_file;

/** Begin one in a folder, to be written, and read; 0 or errno. */
int target_file_begin (target_file *self, int folder);

/** Append bytes, all of them; 0 or errno. */
int target_file_write (target_file *self, const char *data, size_t size);

/** Give it its name. 0 or errno: EEXIST if something has it and @overwrite is false. */
int target_file_name (target_file *self, int folder, const char *name, bool overwrite);

/** Close it; without a name it is gone. */
void target_file_end (target_file *self, int folder);

/* --- place.c */

/** Files that were made; all zero is none. */
typedef struct target_made {
  void *tree;
} target_made;

/** Remember a file by its descriptor; 0 or errno. */
int target_made_add (target_made *self, int fd);

void target_made_clear (target_made *self);

/** What is in the way of a file. */
typedef enum target_obstacle {
  TARGET_FREE,      /**< nothing */
  TARGET_TAKEN,     /**< something that is no folder has its name */
  TARGET_FOLDER,    /**< a folder has it */
  TARGET_BLOCKED,   /**< a link or a file is in the place of its folder */
  TARGET_JOURNAL,   /**< the SQLite file beside it, for whose log or journal it would be taken */
  TARGET_ERROR      /**< it could not be looked at */
} target_obstacle;

/** Where a file is to go. */
typedef struct target_place {
  const char *path;    /**< below the folder; borrowed */
  const char *name;    /**< its last part */
  struct stat there;   /**< TAKEN: what has the name */
  int error;           /**< ERROR: errno; ENOENT: a folder that a dry run did not make */
} target_place;

void target_place_set (target_place *self, const char *path);

/**
 * Go to the folder of a place, and look at what is there.
 *
 * @paths  that the path was taken of last. Where two names are one to the file system, as with one that does not tell "A" from "a",
 *         a file of @made may have it: then it gets a number, as where two keys come to one name
 */
target_obstacle target_place_look (target_place *self, target_dir *dir, names_paths *paths, const target_made *made);

#endif /* TARGET_H */
