/* SPDX-License-Identifier: MIT */
/* Small vaults with a veil. */
#include "veiled.h"

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

kvault_veil *veil;

kvault *
veiled_open (const char *path, kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault = NULL;
  kvault_error error;

  options.access = access;
  options.veil = veil;
  if (kvault_open (path, &options, &vault, &error) != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s", error.message);
  return vault;
}

void
veiled_put (kvault *vault, const char *key, const char *value)
{
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, strlen (value)));
}

kvault *
veiled_make (kvault_section_kind kind)
{
  kvault *vault = kvtest_make (kind);
  char *path = kvtest_format ("%s", kvault_location (vault));

  veiled_put (vault, "a/1", "one");
  veiled_put (vault, "a/2", "two!");
  veiled_put (vault, "a/3", "three");
  veiled_put (vault, "b", "bee");
  assert_ok (vault, kvault_close (vault));
  veil = kvault_veil_new ();
  return veiled_open (path, KVAULT_ACCESS_WRITE);
}

kvault_deletion *
veiled_new_deletion (kvault *vault, const char *prefix)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = strlen (prefix), .flags = KVAULT_CURSOR_IDS };
  kvault_deletion *deletion = kvault_deletion_new (veil, kvault_table (vault));
  const kvault_entry *entry;
  kvault_cursor *cursor;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    assert_int (kvault_deletion_add (deletion, entry), ==, KVAULT_OK);
  kvault_cursor_close (cursor);
  return deletion;
}

kvault_deletion *
veiled_hide (kvault *vault, const char *prefix)
{
  kvault_deletion *deletion = veiled_new_deletion (vault, prefix);

  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_measure (vault, deletion, NULL, NULL));
  return deletion;
}

char *
veiled_list (kvault *vault, unsigned flags)
{
  kvault_cursor_options options = { .flags = flags };
  const kvault_entry *entry;
  kvault_cursor *cursor;
  char *list = kvtest_format ("%s", "");

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    list = kvtest_format ("%s%s%.*s", list, *list != '\0' ? " " : "", (int) entry->key_size, (const char *) entry->key);
  kvault_cursor_close (cursor);
  return list;
}

uint64_t
veiled_count (kvault *vault)
{
  uint64_t n;

  assert_ok (vault, kvault_count (vault, &n));
  return n;
}

void
veiled_end (kvault *vault, kvault_deletion *deletion)
{
  kvault_deletion_free (deletion);
  assert_int (kvault_veil_count (veil), ==, 0);
  assert_ok (vault, kvault_close (vault));
  kvault_veil_unref (veil);
}

void
veiled_put_many (kvault *vault)
{
  assert_ok (vault, kvault_begin (vault));
  for (int i = 0; i < VEILED_MANY; i++)
    veiled_put (vault, kvtest_format ("key/%05d", i), "value");
  assert_ok (vault, kvault_commit (vault));
}

kvault *
veiled_make_many (void)
{
  kvault *vault = kvtest_create ("many.kvault");
  char *path = kvtest_format ("%s", kvault_location (vault));

  veiled_put_many (vault);
  assert_ok (vault, kvault_close (vault));
  veil = kvault_veil_new ();
  return veiled_open (path, KVAULT_ACCESS_WRITE);
}

void
veiled_run (void (*run) (kvault *vault))
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      kvtest_note ("shape %d", (int) kinds[i]);
      run (veiled_make (kinds[i]));
    }
}

/* Asked again and again while it waits. */
static int
tell_that_it_waits (void *data)
{
  VeiledWaiter *self = data;

  sem_post (&self->waits);
  return 0;
}

void *
veiled_waiter_thread (void *data)
{
  VeiledWaiter *self = data;

  while (sem_trywait (&self->waits) == 0)   /* of opening */
    ;
  if (self->deletion != NULL)
    assert_ok (self->vault, kvault_deletion_write (self->vault, self->deletion, NULL, NULL, &self->result));
  else
    assert_ok (self->vault, kvault_put (self->vault, "a/1", 3, "one", 3));
  return NULL;
}

void
veiled_open_waiter (VeiledWaiter *self, const char *path)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.veil = veil;
  options.is_cancelled = tell_that_it_waits;
  options.is_cancelled_data = self;
  sem_init (&self->waits, 0, 0);
  assert_int (kvault_open (path, &options, &self->vault, NULL), ==, KVAULT_OK);
}

/* Once it was asked so often, it is at the lock. */
void
veiled_wait_for (VeiledWaiter *self)
{
  for (int i = 0; i < 30; i++)
    sem_wait (&self->waits);
}
