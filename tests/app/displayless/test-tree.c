/* SPDX-License-Identifier: MIT */
/* JSON, MessagePack, CBOR, pickles and packed numbers are taken apart, whatever they are. */
#include <coffer-tree-list.h>
#include <math.h>
#include <string.h>
#include <time.h>

static CofferTree *
parse (CofferTreeFormat  format,
       const void       *bytes,
       gsize             len)
{
  g_autoptr(GBytes) data = g_bytes_new (bytes, len);   /* at the end of an allocation, so that a step too far shows */

  return coffer_tree_parse (format, data, FALSE, NULL);
}

/* "name value type" of each node in order, nested ones behind their parent. */
static void
append_rows (CofferTree *tree,
             guint       node,
             guint       depth,
             GString    *out)
{
  g_autoptr(GArray) children = coffer_tree_dup_children (tree, node);

  for (guint i = 0; i < children->len; i++)
    {
      guint child = g_array_index (children, guint, i);
      gboolean is_dim;
      g_autofree char *name = coffer_tree_dup_name (tree, child, i);
      g_autofree char *value = coffer_tree_dup_value (tree, child, &is_dim);
      g_autofree char *type = coffer_tree_dup_type (tree, child);

      g_string_append_printf (out, "%*s%s = %s (%s)\n", (int) depth * 2, "", name, value, type);
      if (depth < 50)
        append_rows (tree, child, depth + 1, out);
    }
}

static void
assert_rows (CofferTree *tree,
             const char *expected)
{
  g_autoptr(GString) out = g_string_new (NULL);

  append_rows (tree, COFFER_TREE_ROOT, 0, out);
  g_assert_cmpstr (out->str, ==, expected);
}

static void
assert_root (CofferTreeFormat  format,
             const char       *bytes,
             gsize             len,
             const char       *value,
             const char       *type)
{
  g_autoptr(CofferTree) tree = parse (format, bytes, len);
  gboolean is_dim;
  g_autofree char *got_value = coffer_tree_dup_value (tree, COFFER_TREE_ROOT, &is_dim);
  g_autofree char *got_type = coffer_tree_dup_type (tree, COFFER_TREE_ROOT);

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  g_assert_cmpstr (got_value, ==, value);
  g_assert_cmpstr (got_type, ==, type);
}

#define JSON "{\"a\": 1, \"s\": \"\\u6f22\\ud83d\\ude42\\n\\\"\", \"f\": -2.50e3, \"n\": [true, null, [], {\"x\": NaN}], \"dup\": 1, \"dup\": 2}"

static void
test_json (void)
{
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_JSON, JSON, strlen (JSON));
  g_autofree char *path = coffer_tree_dup_path (tree, 9);
  g_autofree char *copy = coffer_tree_dup_copy (tree, 2);

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  assert_rows (tree,
               "a = 1 (number)\n"
               "s = “漢🙂\\n\"” (string)\n"
               "f = -2.50e3 (number)\n"
               "n = 4 items (array)\n"
               "  0 = true (bool)\n"
               "  1 = null (null)\n"
               "  2 = 0 items (array)\n"
               "  3 = 1 entry (object)\n"
               "    x = NaN (number)\n"
               "dup = 1 (number)\n"
               "dup = 2 (number)\n");
  g_assert_cmpstr (path, ==, "n[3].x");
  g_assert_cmpstr (copy, ==, "漢🙂\n\"");
}

static void
assert_paths (CofferTreeFormat  format,
              const char       *bytes,
              gsize             len,
              guint             node,
              const char       *path,
              const char       *exact_path)
{
  g_autoptr(CofferTree) tree = parse (format, bytes, len);
  g_autofree char *got = coffer_tree_dup_path (tree, node), *exact = coffer_tree_dup_exact_path (tree, node);

  g_assert_cmpstr (got, ==, path);
  g_assert_cmpstr (exact, ==, exact_path);
}

/* What is copied finds the value again: no name is shortened, none read two ways. */
static void
test_paths (void)
{
  g_autofree char *name = g_strnfill (300, 'x'), *json = g_strdup_printf ("{\"%s\": {\"a b\": [0, 1]}}", name);
  g_autofree char *whole = g_strdup_printf ("%s[\"a b\"][1]", name);
  g_autofree char *shown = g_strdup_printf ("%.100s…[\"a b\"][1]", name);

  assert_paths (COFFER_TREE_JSON, json, strlen (json), 4, shown, whole);
  assert_paths (COFFER_TREE_JSON, "{\"a\\\\n\": 1}", 11, 1, "[\"a\\\\n\"]", "[\"a\\\\n\"]");
  assert_paths (COFFER_TREE_JSON, "{\"a\\n\\\"\": 1}", 12, 1, "[\"a\\n\\\"\"]", "[\"a\\n\\\"\"]");
  assert_paths (COFFER_TREE_JSON, "{\"\": 1}", 7, 1, "[\"\"]", "[\"\"]");
  assert_paths (COFFER_TREE_MSGPACK, "\x81\x07\x81\xc4\x02\x00\xff\xc0", 8, 2, "[7][b\"\\x00\\xff\"]", "[7][b\"\\x00\\xff\"]");
}

static void
test_finds_nodes (void)
{
  /* 0 the object, 1 a, 2 b, 3 its first, 4 its second */
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_JSON, " {\"a\": 1, \"b\": [22, 33]} ", 25);
  static const guint nodes[] = { G_MAXUINT, 0, 1, 1, 1, 1, 1, 1, 0, 0, 2, 2, 2, 2, 2, 2, 3, 3, 2, 2, 4, 4, 2, 0, G_MAXUINT };
  g_autoptr(GListModel) top = coffer_tree_list_new_top (tree);

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    g_assert_cmpuint (coffer_tree_find_node (tree, i), ==, nodes[i]);
  g_assert_cmpuint (coffer_tree_get_position (tree, 4), ==, 1);
  g_assert_cmpuint (coffer_tree_list_find (COFFER_TREE_LIST (top), 4), ==, 1);
  g_assert_cmpuint (coffer_tree_list_find (COFFER_TREE_LIST (top), COFFER_TREE_ROOT), ==, G_MAXUINT);
}

/* A row is bound again and again, and costs the same whatever there is. */
static void
assert_quick_row (CofferTreeFormat  format,
                  GString          *bytes,
                  const char       *begins,
                  gsize             max)
{
  g_autoptr(CofferTree) tree = parse (format, bytes->str, bytes->len);
  clock_t begin;   /* of this process alone, however busy the machine is */

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  begin = clock ();
  for (guint i = 0; i < 100; i++)
    {
      gboolean is_dim;
      g_autofree char *value = coffer_tree_dup_value (tree, COFFER_TREE_ROOT, &is_dim);
      g_autofree char *type = coffer_tree_dup_type (tree, COFFER_TREE_ROOT);

      g_assert_true (g_str_has_prefix (value, begins));
      g_assert_cmpuint (strlen (value), <=, max);
    }
  g_assert_cmpint (clock () - begin, <, CLOCKS_PER_SEC / 2);
}

static void
test_rows_of_what_is_long (void)
{
  g_autoptr(GString) number = g_string_new ("-"), chunks = g_string_new ("\x5f"), texts = g_string_new ("\x7f");

  for (guint i = 0; i < 4 << 20; i++)
    {
      g_string_append_c (number, '7');
      g_string_append_c (chunks, '\x40');
      g_string_append_c (texts, '\x60');
    }
  g_string_append_c (chunks, '\xff');
  g_string_append_c (texts, '\xff');
  assert_quick_row (COFFER_TREE_JSON, number, "-777", 210);
  assert_quick_row (COFFER_TREE_CBOR, chunks, "More than 0", 30);
  assert_quick_row (COFFER_TREE_CBOR, texts, "“…”", 10);
}

static void
test_copies_whole_or_not (void)
{
  g_autofree char *long_text = g_strnfill (COFFER_TREE_MAX_COPY, 'x');
  g_autofree char *fits = g_strdup_printf ("\"%s\"", long_text + 2), *too_long = g_strdup_printf ("\"%s\"", long_text);
  g_autoptr(CofferTree) most = parse (COFFER_TREE_JSON, fits, strlen (fits));
  g_autoptr(CofferTree) more = parse (COFFER_TREE_JSON, too_long, strlen (too_long));
  g_autofree char *copy = coffer_tree_dup_copy (most, COFFER_TREE_ROOT), *none = coffer_tree_dup_copy (more, COFFER_TREE_ROOT);

  g_assert_cmpstr (copy, ==, long_text + 2);
  g_assert_null (none);
}

static void
assert_stops (CofferTreeFormat  format,
              const char       *bytes,
              gsize             at)
{
  g_autoptr(CofferTree) tree = parse (format, bytes, strlen (bytes));

  g_assert_nonnull (coffer_tree_get_problem (tree));
  g_assert_cmpuint (coffer_tree_get_stop (tree), ==, at);
}

static void
test_broken_json (void)
{
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_JSON, "{\"a\": 1, ", 9);

  assert_rows (tree, "a = 1 (number)\n");
  g_assert_cmpuint (coffer_tree_get_stop (tree), ==, 9);

  assert_stops (COFFER_TREE_JSON, "", 0);
  assert_stops (COFFER_TREE_JSON, "   ", 3);
  assert_stops (COFFER_TREE_JSON, "[1 2]", 3);
  assert_stops (COFFER_TREE_JSON, "[1,]", 3);
  assert_stops (COFFER_TREE_JSON, "{\"a\" 1}", 5);
  assert_stops (COFFER_TREE_JSON, "{a: 1}", 1);
  assert_stops (COFFER_TREE_JSON, "[1}", 2);
  assert_stops (COFFER_TREE_JSON, "[01]", 1);
  assert_stops (COFFER_TREE_JSON, "[1.]", 1);
  assert_stops (COFFER_TREE_JSON, "tru", 3);
  assert_stops (COFFER_TREE_JSON, "truth", 0);
  assert_stops (COFFER_TREE_JSON, "1 2", 2);
  assert_stops (COFFER_TREE_JSON, "\"open", 5);
}

static void
test_deep_json (void)
{
  gsize depth = 100000;
  g_autofree char *open = g_strnfill (depth, '['), *close = g_strnfill (depth, ']');
  g_autofree char *both = g_strconcat (open, close, NULL);
  g_autoptr(CofferTree) whole = parse (COFFER_TREE_JSON, both, 2 * depth);
  g_autoptr(CofferTree) cut = parse (COFFER_TREE_JSON, both, depth);
  g_autofree char *path = coffer_tree_dup_path (whole, depth - 1);

  g_assert_cmpstr (coffer_tree_get_problem (whole), ==, NULL);
  g_assert_cmpuint (coffer_tree_get_n_nodes (whole), ==, depth);
  g_assert_nonnull (coffer_tree_get_problem (cut));
  g_assert_cmpuint (coffer_tree_get_n_nodes (cut), ==, depth);
  g_assert_true (g_str_has_prefix (path, "…[0]"));
}

static void
test_msgpack (void)
{
  static const char bytes[] =
    "\x8b\xa2id\xcd\xa0\xf7\xa3lat\xcb\x40\x4f\xd9\xde\x69\xad\x42\xc4\xa1n\xc0\xa1t\xc3\xa1s\xd9\x02\xc3\xa9\xa3" "bin\xc4\x02\xff\x00"
    "\x01\x92\xff\xd1\xff\x00\xa1" "e\xd4\x05\x07\xa2ts\xd6\xff\x67\x0c\xc6\xd0\xa1" "f\xca\x3f\xc0\x00\x00\x93\x01\x02\x03\xa1k";
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_MSGPACK, bytes, sizeof bytes - 1);

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  assert_rows (tree,
               "id = 41207 (uint)\n"
               "lat = 63.7021 (float 64)\n"
               "n = nil (nil)\n"
               "t = true (bool)\n"
               "s = “é” (str)\n"
               "bin = 2 bytes (bin)\n"
               "1 = 2 items (array)\n"
               "  0 = -1 (int)\n"
               "  1 = -256 (int)\n"
               "e = 1 byte (ext 5)\n"
               "ts = 2024-10-14 07:22:56 UTC (timestamp)\n"
               "f = 1.5 (float 32)\n"
               "[…] = “k” (str)\n");
}

static void
test_msgpack_that_claims (void)
{
  g_autoptr(CofferTree) list = parse (COFFER_TREE_MSGPACK, "\xdd\xff\xff\xff\xff\x01\x02", 7);
  g_autoptr(CofferTree) map = parse (COFFER_TREE_MSGPACK, "\xdf\xff\xff\xff\xff\x01\x02", 7);
  g_autoptr(CofferTree) text = parse (COFFER_TREE_MSGPACK, "\x91\xdb\xff\xff\xff\xff" "abc", 9);
  g_autofree char *deep = g_strnfill (1 << 20, '\x91');
  g_autoptr(CofferTree) nested = parse (COFFER_TREE_MSGPACK, deep, 1 << 20);

  g_assert_cmpuint (coffer_tree_get_n_nodes (list), ==, 3);
  g_assert_cmpuint (coffer_tree_get_stop (list), ==, 7);
  g_assert_cmpuint (coffer_tree_get_n_nodes (map), ==, 2);
  g_assert_nonnull (coffer_tree_get_problem (map));
  g_assert_cmpuint (coffer_tree_get_n_nodes (text), ==, 1);
  g_assert_nonnull (coffer_tree_get_problem (nested));
}

static void
test_cbor (void)
{
  static const char bytes[] =
    "\xbf\x61" "a\x01\x61" "b\x83\xf5\xf6\xf9\x41\x00\x61n\x39\x03\xe7\x61" "d\xc1\x1a\x51\x4b\x67\xb0\x61g\xc2\x42\x01\x00"
    "\x61o\x7f\x62" "ab\x61" "c\xff\x61y\x42\x01\x02\x61u\xf7\x61s\xf8\xff\x61l\x9f\x01\xff\x61z\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a\xff";
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_CBOR, bytes, sizeof bytes - 1);

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  assert_rows (tree,
               "a = 1 (uint)\n"
               "b = 3 items (array)\n"
               "  0 = true (bool)\n"
               "  1 = null (null)\n"
               "  2 = 2.5 (float 16)\n"
               "n = -1000 (int)\n"
               "d = 2013-03-21 20:04:00 UTC (tag 1 uint)\n"
               "g = 0x0100 (tag 2 bytes)\n"
               "o = “abc” (text)\n"
               "y = 2 bytes (bytes)\n"
               "u = undefined (undefined)\n"
               "s = 255 (simple)\n"
               "l = 1 item (array)\n"
               "  0 = 1 (uint)\n"
               "z = 1.1 (float 64)\n");
  assert_root (COFFER_TREE_CBOR, "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", 9, "-18446744073709551616", "int");
  assert_root (COFFER_TREE_CBOR, "\xf9\x7c\x00", 3, "Infinity", "float 16");
  assert_root (COFFER_TREE_CBOR, "\xf9\x00\x01", 3, "5.9604645e-08", "float 16");
}

static void
test_hostile_cbor (void)
{
  g_autofree char *tags = g_strnfill (1000, '\xc1');
  g_autoptr(CofferTree) tagged = parse (COFFER_TREE_CBOR, tags, 1000);
  g_autoptr(CofferTree) claims = parse (COFFER_TREE_CBOR, "\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
  g_autoptr(CofferTree) map = parse (COFFER_TREE_CBOR, "\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03", 12);

  g_assert_nonnull (coffer_tree_get_problem (tagged));
  g_assert_cmpuint (coffer_tree_get_n_nodes (claims), ==, 2);
  g_assert_cmpuint (coffer_tree_get_n_nodes (map), ==, 2);
  assert_stops (COFFER_TREE_CBOR, "\xff", 0);
  assert_stops (COFFER_TREE_CBOR, "\xbf\x01\xff", 2);
  assert_stops (COFFER_TREE_CBOR, "\x1c", 0);
  assert_stops (COFFER_TREE_CBOR, "\x7f\x41" "a\xff", 0);
}

static const char pickle4[] = "\x80\x04\x95\x0e\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01k\x94K\x01K\x02\x86\x94s.";

static void
test_pickle (void)
{
  static const char pickle0[] = "(dp0\nS'a'\nL12L\nscos\nsystem\n(F1.5\ntR.";
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_PICKLE, pickle4, sizeof pickle4 - 1);
  g_autoptr(CofferTree) old = parse (COFFER_TREE_PICKLE, pickle0, sizeof pickle0 - 1);

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  g_assert_cmpuint (coffer_tree_get_protocol (tree), ==, 4);
  assert_rows (tree,
               "0 = 4 (PROTO)\n"
               "2 = 14 (FRAME)\n"
               "11 =  (EMPTY_DICT)\n"
               "12 =  (MEMOIZE)\n"
               "13 = “k” (SHORT_BINUNICODE)\n"
               "16 =  (MEMOIZE)\n"
               "17 = 1 (BININT1)\n"
               "19 = 2 (BININT1)\n"
               "21 =  (TUPLE2)\n"
               "22 =  (MEMOIZE)\n"
               "23 =  (SETITEM)\n"
               "24 =  (STOP)\n");
  g_assert_cmpstr (coffer_tree_get_problem (old), ==, NULL);
  assert_rows (old,
               "0 =  (MARK)\n"
               "1 =  (DICT)\n"
               "2 = 0 (PUT)\n"
               "5 = 'a' (STRING)\n"
               "10 = 12L (LONG)\n"
               "15 =  (SETITEM)\n"
               "16 = os system (GLOBAL)\n"
               "27 =  (MARK)\n"
               "28 = 1.5 (FLOAT)\n"
               "33 =  (TUPLE)\n"
               "34 =  (REDUCE)\n"
               "35 =  (STOP)\n");
  assert_stops (COFFER_TREE_PICKLE, "(\x7f", 1);
  assert_stops (COFFER_TREE_PICKLE, "cos\nsystem", 10);
  assert_stops (COFFER_TREE_PICKLE, "N.N", 2);
}

/* Everything that is cut is told of, and what was there before stays. */
static void
test_cut_anywhere (void)
{
  static const char msgpack[] = "\x83\xa1" "a\x93\x01\xcd\x01\x00\xc4\x01x\xa1" "b\xd6\xff\x00\x00\x00\x01\xa1" "c\x81\x01\x02";
  static const char cbor[] = "\xbf\x61" "a\x9f\x01\xff\x61" "b\x7f\x61x\xff\x61" "c\xc1\x1a\x51\x4b\x67\xb0\xff";
  static const struct { CofferTreeFormat format; const char *bytes; gsize len; } whole[] = {
    { COFFER_TREE_JSON, JSON, sizeof JSON - 1 },
    { COFFER_TREE_MSGPACK, msgpack, sizeof msgpack - 1 },
    { COFFER_TREE_CBOR, cbor, sizeof cbor - 1 },
    { COFFER_TREE_PICKLE, pickle4, sizeof pickle4 - 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (whole); i++)
    for (gsize len = 0; len <= whole[i].len; len++)
      {
        g_autoptr(CofferTree) tree = parse (whole[i].format, whole[i].bytes, len);
        g_autoptr(GString) out = g_string_new (NULL);

        g_test_message ("format %u, %zu bytes", whole[i].format, len);
        g_assert_cmpint (coffer_tree_get_problem (tree) == NULL, ==, len == whole[i].len);
        if (coffer_tree_get_n_nodes (tree) > 0)
          append_rows (tree, COFFER_TREE_ROOT, 0, out);
      }
}

/* One value after the other is a list of them; what is broken among them stops it. */
static void
test_json_lines (void)
{
  static const char lines[] = "{\"a\": 1}\n[2]\n{}\n", broken[] = "{\"a\": 1}\n{\"b\"}\n", more[] = "{\"a\": 1} and words";
  g_autoptr(CofferTree) tree = parse (COFFER_TREE_JSON, lines, sizeof lines - 1);
  g_autoptr(CofferTree) stops = parse (COFFER_TREE_JSON, broken, sizeof broken - 1);
  g_autoptr(CofferTree) one = parse (COFFER_TREE_JSON, more, sizeof more - 1);

  g_assert_cmpstr (coffer_tree_get_problem (tree), ==, NULL);
  assert_rows (tree, "0 = 1 entry (object)\n  a = 1 (number)\n1 = 1 item (array)\n  0 = 2 (number)\n2 = 0 entries (object)\n");
  g_assert_nonnull (coffer_tree_get_problem (stops));
  g_assert_cmpuint (coffer_tree_get_stop (stops), ==, 13);
  g_assert_nonnull (coffer_tree_get_problem (one));
  assert_rows (one, "a = 1 (number)\n");
}

static void
assert_sniffs (const char *bytes,
               gsize       len,
               int         format)
{
  g_autoptr(GBytes) data = g_bytes_new (bytes, len);
  g_autoptr(CofferTree) tree = coffer_tree_sniff (data, NULL);

  g_assert_cmpint (tree != NULL ? (int) coffer_tree_get_format (tree) : -1, ==, format);
  if (format >= 0)
    g_assert_true (coffer_tree_may_be ((const guint8 *) bytes, len) || coffer_tree_may_be_pickle ((const guint8 *) bytes, len));
}

static void
test_sniffs (void)
{
  assert_sniffs ("\x81\xa1" "a\x01", 4, COFFER_TREE_MSGPACK);
  assert_sniffs ("\xa1\x61" "a\x01", 4, COFFER_TREE_CBOR);
  assert_sniffs (pickle4, sizeof pickle4 - 1, COFFER_TREE_PICKLE);
  assert_sniffs ("\x81\xa1" "a\x01\x01\x01", 6, -1);
  assert_sniffs ("\x81\xa1" "a", 3, -1);
  assert_sniffs ("\x01", 1, -1);
  assert_sniffs ("(dp0\nS'a'\np1\nI1\ns.", 18, COFFER_TREE_PICKLE);
  assert_sniffs ("cos\nsystem\n(S'ls'\ntR.", 21, COFFER_TREE_PICKLE);
  assert_sniffs ("(see below).", 12, -1);
  assert_sniffs ("I said so.", 10, -1);
  assert_sniffs ("call me\nlater.", 14, -1);
  assert_sniffs ("\xd9\xd9\xf7\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 12, COFFER_TREE_CBOR);
  assert_sniffs ("", 0, -1);
}

static void
assert_array (const char *bytes,
              gsize       len,
              const char *type,
              const char *shape,
              const char *rows)
{
  CofferArray array;
  g_autoptr(GBytes) data = g_bytes_new (bytes, len);
  g_autoptr(CofferTree) tree = NULL;
  g_autofree char *got = NULL;

  g_assert_cmpstr (coffer_array_read_head (&array, (const guint8 *) bytes, len, len), ==, NULL);
  tree = coffer_tree_new_array (&array, data);
  got = coffer_array_dup_shape (&array);
  if (type != NULL)
    g_assert_cmpstr (coffer_array_get_type_name (&array), ==, type);
  g_assert_cmpstr (got, ==, shape);
  assert_rows (tree, rows);
}

static void
test_arrays (void)
{
  CofferArray array;

  assert_array ("\x0a\x01\x02\0\0\0\xfe\xff\x01\0", 10, "int16", "2", "0 = -2 (int16)\n1 = 1 (int16)\n");
  assert_array ("\x05\x02\x01\0\0\0\x02\0\0\0\x07\xff", 12, "uint8", "1 × 2", "0, 0 = 7 (uint8)\n0, 1 = 255 (uint8)\n");
  assert_array ("\x01\x00\x00\x00\xc0\x3f", 6, "float32", "", "0 = 1.5 (float32)\n");
  assert_array ("\x01\x01\x00\x00\x00\x00", 6, "float32", "0", "");
  assert_array ("\x00\x00\x00\x00\x00\x00\xf0\x3f", 8, NULL, "",
                "As an integer = 4607182418800017408 (int64)\nAs a float = 1.0 (float64)\n");
  assert_array ("\x05\x01\x02\0\0\0\x01\x02", 8, "uint8", "2", "0 = 1 (uint8)\n1 = 2 (uint8)\n");
  assert_array ("\x05\x01\x02\0\0\0\0\0", 8, NULL, "", "As an integer = 131333 (int64)\nAs a float = 6.4887e-319 (float64)\n");

  g_assert_nonnull (coffer_array_read_head (&array, (const guint8 *) "\x0b\x00", 2, 2));
  g_assert_nonnull (coffer_array_read_head (&array, (const guint8 *) "", 0, 0));
  g_assert_nonnull (coffer_array_read_head (&array, (const guint8 *) "\x05\xff\x01\0", 4, 4));
  g_assert_nonnull (coffer_array_read_head (&array, (const guint8 *) "\x05\x01\xff\xff\xff\xff\x01", 7, 7));
  g_assert_nonnull (coffer_array_read_head (&array, (const guint8 *) "\x05\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 14, 14));
}

static void
test_array_statistics (void)
{
  static const float values[] = { 1, -2.5, __builtin_nanf (""), 4, 0, 3 };
  CofferArray array = { .type = 1, .n_dims = 2, .shape = { 2, 3 }, .item_size = 4, .n_values = 6, .data_offset = 10 };
  CofferArrayStats stats = { 0 };
  g_autoptr(CofferArrayPicture) picture = coffer_array_picture_new (&array);
  g_autoptr(GBytes) pixels = NULL;
  g_autofree char *least = NULL;
  const guint8 *colours;

  for (guint i = 0; i < 6; i += 2)   /* in pieces */
    coffer_array_add (&array, &stats, picture, (const guint8 *) (values + i), 2);
  least = coffer_array_dup_bits (&array, stats.min_bits);
  g_assert_cmpuint (stats.n, ==, 5);
  g_assert_cmpuint (stats.n_nan, ==, 1);
  g_assert_cmpstr (least, ==, "-2.5");
  g_assert_cmpfloat (stats.sum, ==, 5.5);
  pixels = coffer_array_picture_render (&array, picture, &stats);
  colours = g_bytes_get_data (pixels, NULL);
  g_assert_cmpuint (g_bytes_get_size (pixels), ==, 18);
  g_assert_cmpuint (colours[3], ==, 0);      /* the least */
  g_assert_cmpuint (colours[6], ==, 0);      /* no number */
  g_assert_cmpuint (colours[9], ==, 255);    /* the greatest */
}

static void
test_infinities_in_pictures (void)
{
  static const double values[] = { 0, -INFINITY, INFINITY, -G_MAXDOUBLE / 4, G_MAXDOUBLE / 4, 0 };
  CofferArray array = { .type = 2, .n_dims = 2, .shape = { 2, 3 }, .item_size = 8, .n_values = 6, .data_offset = 10 };
  static const float small[] = { 1, INFINITY, 2, 3, 4, 5 };
  CofferArray floats = { .type = 1, .n_dims = 2, .shape = { 2, 3 }, .item_size = 4, .n_values = 6, .data_offset = 10 };
  CofferArrayStats stats = { 0 }, small_stats = { 0 };
  g_autoptr(CofferArrayPicture) picture = coffer_array_picture_new (&array), small_picture = coffer_array_picture_new (&floats);
  g_autoptr(GBytes) pixels = NULL, small_pixels = NULL;
  g_autofree char *greatest = NULL;
  const guint8 *colours;

  coffer_array_add (&array, &stats, picture, (const guint8 *) values, 6);
  pixels = coffer_array_picture_render (&array, picture, &stats);
  colours = g_bytes_get_data (pixels, NULL);
  greatest = coffer_array_dup_bits (&array, stats.max_bits);
  g_assert_cmpstr (greatest, ==, "Infinity");
  g_assert_cmpuint (colours[0], ==, 128);
  g_assert_cmpuint (colours[3], ==, 0);
  g_assert_cmpuint (colours[6], ==, 255);

  coffer_array_add (&floats, &small_stats, small_picture, (const guint8 *) small, 6);
  small_pixels = coffer_array_picture_render (&floats, small_picture, &small_stats);
  colours = g_bytes_get_data (small_pixels, NULL);
  g_assert_cmpuint (colours[0], ==, 0);
  g_assert_cmpuint (colours[3], ==, 255);
  g_assert_cmpuint (colours[6], ==, 64);
  g_assert_cmpuint (colours[15], ==, 255);
}

static void
test_lists_of_a_million (void)
{
  gsize n = 1000000, len = 5 + n;
  g_autofree guint8 *bytes = g_malloc0 (len);
  g_autoptr(CofferTree) tree = NULL;
  g_autoptr(GListModel) list = NULL, group = NULL, none = NULL;
  g_autoptr(CofferTreeItem) last = NULL, leaf = NULL, again = NULL;
  g_autofree char *name = NULL, *leaf_name = NULL;

  memcpy (bytes, "\xdd\x00\x0f\x42\x40", 5);
  tree = parse (COFFER_TREE_MSGPACK, bytes, len);
  g_assert_cmpuint (coffer_tree_get_n_nodes (tree), ==, n + 1);
  list = coffer_tree_list_new_top (tree);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1000);
  last = g_list_model_get_item (list, 999);
  name = coffer_tree_item_dup_name (last);
  g_assert_cmpstr (name, ==, "999000 to 999999");
  group = coffer_tree_item_create_list (last);
  g_assert_cmpuint (g_list_model_get_n_items (group), ==, 1000);
  leaf = g_list_model_get_item (group, 999);
  again = g_list_model_get_item (group, 999);
  g_assert_true (leaf == again);
  leaf_name = coffer_tree_item_dup_name (leaf);
  g_assert_cmpstr (leaf_name, ==, "999999");
  g_assert_null (coffer_tree_item_create_list (leaf));
  g_assert_null (g_list_model_get_item (list, 1000));
}

static void
test_can_be_cancelled (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *zeros = g_strnfill (1 << 20, '\x91');
  g_autoptr(GBytes) bytes = g_bytes_new (zeros, 1 << 20);

  g_cancellable_cancel (cancellable);
  g_assert_null (coffer_tree_parse (COFFER_TREE_MSGPACK, bytes, FALSE, cancellable));
  g_assert_null (coffer_tree_sniff (bytes, cancellable));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tree/json", test_json);
  g_test_add_func ("/tree/json-lines", test_json_lines);
  g_test_add_func ("/tree/broken-json", test_broken_json);
  g_test_add_func ("/tree/paths", test_paths);
  g_test_add_func ("/tree/finds-nodes", test_finds_nodes);
  g_test_add_func ("/tree/rows-of-what-is-long", test_rows_of_what_is_long);
  g_test_add_func ("/tree/copies-whole-or-not", test_copies_whole_or_not);
  g_test_add_func ("/tree/deep-json", test_deep_json);
  g_test_add_func ("/tree/msgpack", test_msgpack);
  g_test_add_func ("/tree/msgpack-that-claims", test_msgpack_that_claims);
  g_test_add_func ("/tree/cbor", test_cbor);
  g_test_add_func ("/tree/hostile-cbor", test_hostile_cbor);
  g_test_add_func ("/tree/pickle", test_pickle);
  g_test_add_func ("/tree/cut-anywhere", test_cut_anywhere);
  g_test_add_func ("/tree/sniffs", test_sniffs);
  g_test_add_func ("/tree/arrays", test_arrays);
  g_test_add_func ("/tree/array-statistics", test_array_statistics);
  g_test_add_func ("/tree/infinities-in-pictures", test_infinities_in_pictures);
  g_test_add_func ("/tree/lists-of-a-million", test_lists_of_a_million);
  g_test_add_func ("/tree/can-be-cancelled", test_can_be_cancelled);

  return g_test_run ();
}
