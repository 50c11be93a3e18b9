/* SPDX-License-Identifier: MIT */
/* Is the vault whole: check.c. */
#include "kvtest.h"

#include <unistd.h>

typedef struct {
  unsigned n[11];        /* by kind */
  char text[4096];       /* the messages, a line each */
  char key[11][64];      /* of the last finding of each kind */
  int stop;
} Found;

static int
note (const kvault_finding *finding, void *data)
{
  Found *found = data;
  size_t used = strlen (found->text);

  assert_int (finding->kind, >=, 1);
  assert_int (finding->kind, <=, KVAULT_FINDING_MOVED);
  assert_true (finding->message[0] != '\0' && strchr (finding->message, '\n') == NULL);
  assert_int (finding->is_damage, ==, finding->kind <= KVAULT_FINDING_INDEX);
  found->n[finding->kind]++;
  snprintf (found->text + used, sizeof found->text - used, "%s\n", finding->message);
  if (finding->entry != NULL)
    snprintf (found->key[finding->kind], 64, "%.*s", (int) finding->entry->key_size, (const char *) finding->entry->key);
  return found->stop;
}

static kvault_check_result
check (kvault *vault, unsigned flags, Found *found)
{
  kvault_check_result result;
  unsigned n = 0;

  memset (found, 0, sizeof *found);
  assert_ok (vault, kvault_check (vault, flags, note, found, NULL, NULL, &result));
  for (int i = 0; i < 11; i++)
    n += found->n[i];
  assert_int (result.findings, ==, n);
  return result;
}

static void
healthy_vaults_are_healthy (void)
{
  static const char *const names[] = { "v010_two_tables.db", "v086_two_tables.db", "v086_media_autopack.db", "v086_all_vaults.db",
                                       "foreign/v2_page_1024_autovacuum.db", "foreign/empty_vault_v2.db" };
  Found found;

  for (size_t i = 0; i < KVTEST_N (names); i++)
    for (unsigned flags = 0; flags <= KVAULT_CHECK_FULL; flags++)
      {
        kvault *vault = kvtest_open (kvtest_fixture (names[i]), KVAULT_ACCESS_VIEW);
        kvault_check_result result = check (vault, flags, &found);

        if (result.damages > 0 || found.n[KVAULT_FINDING_SIZE] > 0)
          kvtest_fail (__FILE__, __LINE__, "%s: %s", names[i], found.text);
        kvault_close (vault);
      }
}

static void
finds_what_an_interrupted_stream_left (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_media.db"), KVAULT_ACCESS_VIEW);
  Found found;
  kvault_check_result result = check (vault, KVAULT_CHECK_FULL, &found);

  assert_int (found.n[KVAULT_FINDING_ZEROS], ==, 1);
  assert_int (result.damages, ==, 0);
  assert_int (result.bytes, >, 500000);
  result = check (vault, 0, &found);
  assert_int (found.n[KVAULT_FINDING_ZEROS], ==, 0);
  assert_int (result.bytes, ==, 0);
  kvault_close (vault);
}

static void
tells_a_zero_tail_from_data (void)
{
  static const struct { const char *key; const char *value; bool suspicious; } cases[] = {
    { "all", "zeroblob(5000)", true },
    { "broken off", "randomblob(1048576) || zeroblob(10000)", true },
    { "in the middle", "randomblob(1500000) || zeroblob(500000)", true },
    { "tar", "randomblob(20000) || zeroblob(10240)", false },
    { "short", "zeroblob(8)", false },
    { "end", "randomblob(3000000) || x'00000000'", false },
    { "empty", "x''", false },
  };
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  Found found;

  for (size_t i = 0; i < KVTEST_N (cases); i++)
    {
      kvtest_sql (kvault_location (vault), "DELETE FROM kv; INSERT INTO kv VALUES (CAST('%s' AS BLOB), CAST(%s AS BLOB))",
                  cases[i].key, cases[i].value);
      check (vault, KVAULT_CHECK_FULL, &found);
      assert_int (found.n[KVAULT_FINDING_ZEROS], ==, cases[i].suspicious);
    }
  kvault_close (vault);
}

static void
finds_oddities (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V1);
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_check_result result;
  Found found;

  kvtest_sql (path, KVTEST_V2 ("new") "INSERT INTO kv(key, value, size) VALUES (x'61', x'0102', 3), (x'62', x'0102', 2);"
              "INSERT INTO new VALUES ('text', x'01'), (x'6e', 17), (x'6f', 'textual'),"
              "(x'70', x'894b0177'), (x'71', x'894b010700000000564b'), (x'72', x'894b010000000000564b')");
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  result = check (vault, 0, &found);
  if (result.damages > 0)
    kvtest_fail (__FILE__, __LINE__, "%s", found.text);
  assert_int (result.keys, ==, 8);
  assert_int (found.n[KVAULT_FINDING_SIZE], ==, 1);
  assert_str (found.key[KVAULT_FINDING_SIZE], "a");
  assert_int (found.n[KVAULT_FINDING_KEY_CLASS], ==, 1);
  assert_str (found.key[KVAULT_FINDING_KEY_CLASS], "text");
  assert_int (found.n[KVAULT_FINDING_VALUE_CLASS], ==, 2);
  assert_int (found.n[KVAULT_FINDING_HEADER], ==, 2);
  assert_ok (vault, kvault_put (vault, "still", 5, "writable", 8));
  kvault_close (vault);
}

static void
finds_damage (void)
{
  static const char *const names[] = { "damaged/table_leaf_wrecked.db", "damaged/truncated_half.db" };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      char *path = kvtest_fixture (names[i]);
      KvSnapshot *snapshot = kvtest_snapshot (kvtest_folder ());
      kvault_options options = KVAULT_OPTIONS_INIT;
      kvault_check_result result;
      kvault *vault;
      Found found;

      if (kvault_open (path, &options, &vault, NULL) != KVAULT_OK)
        {
          options.access = KVAULT_ACCESS_SALVAGE;
          assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
        }
      result = check (vault, KVAULT_CHECK_FULL, &found);
      printf ("# %s: %d findings, %d damages\n", names[i], (int) result.findings, (int) result.damages);
      assert_int (result.damages, >, 0);
      assert_true (kvault_is_readonly (vault));
      assert_int (kvault_put (vault, "a", 1, "b", 1), !=, KVAULT_OK);
      kvault_close (vault);
      assert_unchanged (snapshot);
    }
}

/* An index that has another table's rows: made by exchanging root pages. */
static void
finds_keys_the_index_has_not (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_check_result result;
  Found found;

  kvtest_sql (path, "INSERT INTO kv VALUES (x'61', x'01'), (x'62', x'02'), (x'63', x'03'); "
              "CREATE TABLE twin (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
              "INSERT INTO twin(rowid, key, value) VALUES (1, x'61', x'01'), (3, x'78', x'03'), (9, x'79', x'01');");
  kvault_close (vault);
  kvtest_sql (path, "PRAGMA writable_schema=1; "
              "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_twin_1')"
              " WHERE name = 'sqlite_autoindex_kv_1'; DELETE FROM sqlite_schema WHERE tbl_name = 'twin'");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  result = check (vault, 0, &found);
  assert_int (result.damages, >=, 4);
  assert_int (found.n[KVAULT_FINDING_INDEX], ==, 4);
  assert_contains (found.text, "key \"x\" of table \"kv\": the index leads to the row of another key");
  assert_contains (found.text, "key \"y\" of table \"kv\": the index has it, but there is no such row");
  assert_contains (found.text, "key \"b\" of table \"kv\": there is a row, but the index has it not");
  assert_contains (found.text, "key \"c\" of table \"kv\": there is a row, but the index has it not");
  check (vault, KVAULT_CHECK_FULL, &found);
  assert_int (found.n[KVAULT_FINDING_INDEX], ==, 4);
  kvault_close (vault);
}

static void
names_values_that_cannot_be_read (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint64_t size;
  Found found;

  kvtest_sql (path, "INSERT INTO kv VALUES (CAST('small' AS BLOB), x'01'), (CAST('cut' AS BLOB), randomblob(1000000))");
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  kvault_close (vault);
  size = kvtest_file_size (path);
  assert_int (truncate (path, (off_t) (size - 300000) / 32768 * 32768), ==, 0);
  vault = kvtest_open (path, KVAULT_ACCESS_SALVAGE);
  check (vault, KVAULT_CHECK_FULL, &found);
  assert_int (found.n[KVAULT_FINDING_UNREADABLE], ==, 1);
  assert_str (found.key[KVAULT_FINDING_UNREADABLE], "cut");
  kvault_close (vault);
}

static int
cancel_at_once (const kvault_progress *progress, void *data)
{
  return 1;
}

static void
can_be_cancelled_anywhere (void)
{
  int left, n_cancelled = 0, rc = KVAULT_ECANCELLED;
  kvault *vault = kvtest_cancellable (kvtest_make (KVAULT_SECTION_V2), &left);
  kvault_check_result result;
  Found found = { 0 };

  kvtest_sql (kvault_location (vault), "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(2000000) FROM n");
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  for (int n = 0; rc != KVAULT_OK; n = n * 3 / 2 + 1)
    {
      left = n;
      rc = kvault_check (vault, KVAULT_CHECK_FULL, note, &found, NULL, NULL, &result);
      left = INT32_MAX;
      assert_true (rc == KVAULT_ECANCELLED || rc == KVAULT_OK);
      n_cancelled += rc == KVAULT_ECANCELLED;
      assert_int (result.damages, ==, 0);
      assert_true (!kvault_is_readonly (vault));
      assert_ok (vault, kvault_put (vault, "a", 1, "b", 1));
    }
  assert_int (n_cancelled, >, 8);
  assert_result (vault, kvault_check (vault, 0, NULL, NULL, cancel_at_once, NULL, &result), KVAULT_ECANCELLED);
  assert_result (vault, kvault_check (vault, 2, NULL, NULL, NULL, NULL, &result), KVAULT_EINVAL);
  kvault_close (vault);
}

static void
a_callback_can_end_it (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_media.db"), KVAULT_ACCESS_VIEW);
  Found found = { .stop = 1 };
  kvault_check_result result;

  assert_result (vault, kvault_check (vault, KVAULT_CHECK_FULL, note, &found, NULL, NULL, &result), KVAULT_ECANCELLED);
  assert_int (result.findings, ==, 1);
  kvault_close (vault);
}

/* Others put and delete all the while: nothing of it may look like damage. */
static void
write_always (KvChild *self, void *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  uint64_t seed = 3;

  kvtest_step (self);
  for (;;)
    {
      char *value = calloc (1, 3000), key[16];
      size_t n = (size_t) snprintf (key, sizeof key, "%u", (unsigned) (kvtest_random (&seed) % 20000));

      value[2999] = 1;
      if (kvtest_random (&seed) % 2)
        kvault_put (vault, key, n, value, 3000);
      else
        kvault_delete (vault, key, n);
      free (value);
    }
}

static void
others_may_write_meanwhile (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *writer;
  kvault *vault;
  Found found;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv") "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(1000) FROM n");
  writer = kvtest_spawn (write_always, path);
  kvtest_await (writer);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  for (int i = 0; i < 3; i++)
    if (check (vault, KVAULT_CHECK_FULL, &found).findings > found.n[KVAULT_FINDING_HEADER])   /* random bytes may look like one */
      kvtest_fail (__FILE__, __LINE__, "%s", found.text);
  kvtest_kill (writer);
  kvault_close (vault);
}

static void
rows_out_of_order_are_walked_once (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_check_result result;
  Found found;

  kvtest_sql (path, "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) INSERT INTO kv SELECT CAST(i AS BLOB), x'01' FROM n");
  kvault_close (vault);
  kvtest_sql (path, "PRAGMA journal_mode=DELETE");
  kvtest_disorder (path, "kv");
  vault = kvtest_open (path, KVAULT_ACCESS_SALVAGE);
  result = check (vault, 0, &found);
  assert_int (result.damages, >, 0);
  assert_int (found.n[KVAULT_FINDING_STRUCTURE], >=, 1);
  assert_int (result.keys, <=, 200);
  assert_contains (found.text, "out of order");
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/check/healthy-vaults-are-healthy", healthy_vaults_are_healthy },
  { "/kvault/check/finds-what-an-interrupted-stream-left", finds_what_an_interrupted_stream_left },
  { "/kvault/check/tells-a-zero-tail-from-data", tells_a_zero_tail_from_data },
  { "/kvault/check/finds-oddities", finds_oddities },
  { "/kvault/check/finds-damage", finds_damage },
  { "/kvault/check/finds-keys-the-index-has-not", finds_keys_the_index_has_not },
  { "/kvault/check/names-values-that-cannot-be-read", names_values_that_cannot_be_read },
  { "/kvault/check/can-be-cancelled-anywhere", can_be_cancelled_anywhere },
  { "/kvault/check/a-callback-can-end-it", a_callback_can_end_it },
  { "/kvault/check/others-may-write-meanwhile", others_may_write_meanwhile },
  { "/kvault/check/rows-out-of-order-are-walked-once", rows_out_of_order_are_walked_once },
};

KVTEST_MAIN (tests)
