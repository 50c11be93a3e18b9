/* SPDX-License-Identifier: MIT */
/** shelved.h - a vault with two handles on one shelf, for the tests of shelf.c, mirror.c and flush.c. */
#pragma once

#include "kvtest.h"

#define GROUP 5              /* keys "g0"… of one flush */

/* kvault_options.is_cancelled as a way to act in the middle of a flush, on its thread: once, after @left calls. */
typedef struct {
  void (*act) (void *data);
  void *data;
  int left;
} ShelvedHook;

typedef struct {
  char *path;
  kvault_shelf *shelf;
  kvault *one, *two;         /* with the shelf */
  ShelvedHook hook;          /* of the first */
} Shelved;

void shelved_set_up (Shelved *self, kvault_section_kind kind);
/* With a second table, "other". */
void shelved_set_up_tables (Shelved *self);
void shelved_tear_down (Shelved *self);

/* @hook: NULL for none. */
kvault *shelved_open (const char *path, kvault_shelf *shelf, ShelvedHook *hook);
/* One that waits for nobody. */
kvault *shelved_open_hasty (const char *path, kvault_shelf *shelf);

/* On the shelf; past it. */
void shelved_lay (kvault *vault, const char *key, const char *value);
void shelved_put (kvault *vault, const char *key, const char *value);
void shelved_assert (kvault *vault, const char *key, const char *value);
void shelved_assert_none (kvault *vault, const char *key);
kvault_taken *shelved_take (kvault *vault, const char *key);
/* Of all tables. */
kvault_shelf_stats shelved_stats (const Shelved *self);

/* "key=value …" of a walk, values by kvault_head(). */
char *shelved_walk (kvault *vault, const kvault_cursor_options *options);
/* As those see it who have no shelf. */
char *shelved_in_file (const Shelved *self);
