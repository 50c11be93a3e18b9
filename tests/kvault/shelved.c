/* SPDX-License-Identifier: MIT */
#include "shelved.h"

static int
hook_cb (void *data)
{
  ShelvedHook *hook = data;
  void (*act) (void *data) = hook->act;

  if (act == NULL || hook->left-- > 0)
    return 0;
  hook->act = NULL;
  act (hook->data);
  return 0;
}

kvault *
shelved_open (const char *path, kvault_shelf *shelf, ShelvedHook *hook)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;
  kvault_error error;

  options.shelf = shelf;
  options.busy_timeout_ms = 60000;
  if (hook != NULL)
    {
      options.is_cancelled = hook_cb;
      options.is_cancelled_data = hook;
    }
  assert_int (kvault_open (path, &options, &vault, &error), ==, KVAULT_OK);
  return vault;
}

kvault *
shelved_open_hasty (const char *path, kvault_shelf *shelf)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.shelf = shelf;
  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  return vault;
}

void
shelved_set_up (Shelved *self, kvault_section_kind kind)
{
  kvault *vault = kvtest_make (kind);

  *self = (Shelved) { .path = kvtest_format ("%s", kvault_location (vault)), .shelf = kvault_shelf_new () };
  kvault_close (vault);
  self->one = shelved_open (self->path, self->shelf, &self->hook);
  self->two = shelved_open (self->path, self->shelf, NULL);
}

void
shelved_tear_down (Shelved *self)
{
  assert_int (kvault_close (self->one), ==, KVAULT_OK);
  assert_int (kvault_close (self->two), ==, KVAULT_OK);
  kvault_shelf_unref (self->shelf);
}

void
shelved_lay (kvault *vault, const char *key, const char *value)
{
  assert_ok (vault, kvault_shelf_put (vault, key, strlen (key), value, strlen (value)));
}

void
shelved_put (kvault *vault, const char *key, const char *value)
{
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, strlen (value)));
}

void
shelved_assert (kvault *vault, const char *key, const char *value)
{
  assert_value (vault, key, strlen (key), value, strlen (value));
}

void
shelved_assert_none (kvault *vault, const char *key)
{
  assert_result (vault, kvault_exists (vault, key, strlen (key)), KVAULT_NOTFOUND);
}

kvault_shelf_stats
shelved_stats (const Shelved *self)
{
  kvault_shelf_stats stats;

  kvault_shelf_stats_get (self->shelf, NULL, &stats);
  return stats;
}

char *
shelved_walk (kvault *vault, const kvault_cursor_options *options)
{
  char *text = kvtest_format ("%s", "");
  const kvault_entry *entry;
  kvault_cursor *cursor;

  assert_ok (vault, kvault_cursor_open (vault, options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      char head[20];
      uint64_t size;
      size_t len;

      assert_ok (vault, kvault_head (vault, entry, head, sizeof head, &len, &size));
      assert_int (len, ==, size);
      text = kvtest_format ("%s%.*s=%.*s ", text, (int) entry->key_size, (const char *) entry->key, (int) len, head);
    }
  kvault_cursor_close (cursor);
  return text;
}

char *
shelved_in_file (const Shelved *self)
{
  kvault *vault = kvtest_open (self->path, KVAULT_ACCESS_VIEW);
  char *text = shelved_walk (vault, NULL);

  kvault_close (vault);
  return text;
}

void
shelved_set_up_tables (Shelved *self)
{
  shelved_set_up (self, KVAULT_SECTION_V1);
  shelved_tear_down (self);
  kvtest_sql (self->path, "%s", KVTEST_V2 ("other"));
  self->shelf = kvault_shelf_new ();
  self->one = shelved_open (self->path, self->shelf, &self->hook);
  self->two = shelved_open (self->path, self->shelf, NULL);
}

kvault_taken *
shelved_take (kvault *vault, const char *key)
{
  kvault_taken *taken;

  assert_ok (vault, kvault_shelf_take (vault, key, strlen (key), &taken));
  return taken;
}
