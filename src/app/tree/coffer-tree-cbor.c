/* SPDX-License-Identifier: MIT */
/*
 * CBOR: tags, simple values, half floats, strings and containers of open length. A tag belongs to the item behind it. Any thread.
 *
 * Not with libcbor: its streaming decoder gives no places, follows tags by recursion of its caller, and its builder reserves
 * what a head claims. Source: RFC 8949.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MAX_TAGS 16     /* one behind the other; real data have one or two */
#define OPEN 31
#define MAX_BIGNUM 64
#define ROW_CHUNKS 1000 /* of a string in millions of them a row shows the first */

enum { MAJOR_UINT, MAJOR_NEGATIVE, MAJOR_BYTES, MAJOR_TEXT, MAJOR_LIST, MAJOR_MAP, MAJOR_TAG, MAJOR_SIMPLE };

/* The first byte and the number that follows it. */
typedef struct {
  guint8 major, info;
  gsize size;           /* 0: the bytes end within */
  guint64 number;       /* or length, or count, or bits of a float */
} Initial;

/* The bytes of the number: 0 if it is in the first byte. 28 to 30 are reserved. */
static gboolean
read_initial (const guint8 *bytes,
              gsize         len,
              Initial      *initial)
{
  guint n;

  *initial = (Initial) { .major = len > 0 ? bytes[0] >> 5 : 0, .info = len > 0 ? bytes[0] & 31 : 0 };
  if (len == 0)
    return TRUE;
  if (initial->info >= 28 && initial->info != OPEN)
    return FALSE;

  n = initial->info >= 24 && initial->info < 28 ? 1 << (initial->info - 24) : 0;
  if (n + 1 > len)
    return TRUE;
  initial->size = n + 1;
  initial->number = n > 0 ? coffer_tree_read_be (bytes + 1, n) : initial->info;

  return TRUE;
}

static void
set_wrong (CofferTreeHead *head,
           const char     *problem)
{
  head->kind = COFFER_TREE_HEAD_WRONG;
  head->problem = problem;
}

/* A string in chunks, each of the same kind and of known length, until a break. */
static void
read_open_string (const guint8   *bytes,
                  gsize           len,
                  gsize           at,
                  guint8          major,
                  CofferTreeHead *head)
{
  head->kind = COFFER_TREE_HEAD_CUT;
  while (at < len)
    {
      Initial chunk;

      if (bytes[at] == 0xff)
        {
          head->kind = COFFER_TREE_HEAD_SCALAR;
          head->size = at + 1;
          return;
        }
      if (!read_initial (bytes + at, len - at, &chunk) || chunk.major != major || chunk.info == OPEN)
        {
          set_wrong (head, _("A part of a string is of another kind"));
          return;
        }
      if (chunk.size == 0 || chunk.number > len - at - chunk.size)
        return;
      at += chunk.size + chunk.number;
    }
}

/* What comes behind the tags. */
static void
read_untagged (const guint8   *bytes,
               gsize           len,
               gsize           at,
               const Initial  *initial,
               CofferTreeHead *head)
{
  gboolean is_string = initial->major == MAJOR_BYTES || initial->major == MAJOR_TEXT;
  gboolean is_container = initial->major == MAJOR_LIST || initial->major == MAJOR_MAP;
  gsize size = at + initial->size;

  if (initial->info == OPEN && initial->major == MAJOR_SIMPLE)
    *head = (CofferTreeHead) { COFFER_TREE_HEAD_BREAK, size };
  else if (initial->info == OPEN && is_string)
    read_open_string (bytes, len, size, initial->major, head);
  else if (initial->info == OPEN && !is_container)
    set_wrong (head, _("A number cannot be of open length"));
  else if (is_container)
    *head = (CofferTreeHead) { initial->major == MAJOR_MAP ? COFFER_TREE_HEAD_MAP : COFFER_TREE_HEAD_LIST, size,
                               initial->number, initial->info == OPEN };
  else if (is_string && initial->number > len - size)
    head->kind = COFFER_TREE_HEAD_CUT;
  else
    *head = (CofferTreeHead) { COFFER_TREE_HEAD_SCALAR, size + (is_string ? initial->number : 0) };
}

static void
read_head (const guint8   *bytes,
           gsize           len,
           CofferTreeHead *head)
{
  gsize at = 0;

  for (guint n_tags = 0; n_tags <= MAX_TAGS; n_tags++)
    {
      Initial initial;

      if (!read_initial (bytes + at, len - at, &initial))
        {
          set_wrong (head, _("CBOR does not use this first byte"));
          return;
        }
      if (initial.size == 0)
        {
          head->kind = COFFER_TREE_HEAD_CUT;
          return;
        }
      if (initial.major != MAJOR_TAG)
        {
          read_untagged (bytes, len, at, &initial, head);
          if (head->kind == COFFER_TREE_HEAD_BREAK && at > 0)
            set_wrong (head, _("A tag belongs to nothing"));
          return;
        }
      if (initial.info == OPEN)
        break;
      at += initial.size;
    }
  set_wrong (head, _("More tags than any value has"));
}

gboolean
coffer_tree_parse_cbor (CofferTree   *self,
                        GCancellable *cancellable)
{
  return coffer_tree_parse_binary (self, read_head, cancellable);
}

static void
append_string (const guint8          *data,
               gsize                  len,
               gboolean               is_text,
               const CofferTreeStyle *style,
               CofferTreeScalar      *scalar)
{
  scalar->size += len;
  if (scalar->text->len >= style->max)
    return;
  if (is_text)
    {
      coffer_tree_append_text (scalar->text, data, len, style);
      return;
    }
  if (scalar->text->len > 0)
    g_string_append_c (scalar->text, ' ');
  coffer_tree_append_hex (scalar->text, data, len, style);
}

static void
describe_string (const guint8          *bytes,
                 gsize                  len,
                 const Initial         *initial,
                 const CofferTreeStyle *style,
                 CofferTreeScalar      *scalar)
{
  gboolean is_text = initial->major == MAJOR_TEXT;
  gsize at = initial->size;
  guint n_chunks = 0;
  Initial chunk;

  scalar->what = is_text ? COFFER_TREE_TEXT : COFFER_TREE_BYTES;
  if (initial->info != OPEN)
    {
      append_string (bytes + at, initial->number, is_text, style, scalar);
      return;
    }
  while (at < len && bytes[at] != 0xff && read_initial (bytes + at, len - at, &chunk))
    {
      if (style->for_row && n_chunks++ == ROW_CHUNKS)
        {
          scalar->is_more = TRUE;
          g_string_append (scalar->text, "…");
          return;
        }
      append_string (bytes + at + chunk.size, chunk.number, is_text, style, scalar);
      at += chunk.size + chunk.number;
    }
}

/* 1 bit of sign, 5 of exponent, 10 of fraction. */
static double
half_to_double (guint16 bits)
{
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double number = exponent == 0 ? ldexp (fraction, -24) : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                                                         : ldexp (fraction + 1024, exponent - 25);

  return bits & 0x8000 ? -number : number;
}

static void
describe_simple (const Initial         *initial,
                 const CofferTreeStyle *style,
                 CofferTreeScalar      *scalar)
{
  guint32 bits32 = initial->number;
  float number32;
  double number;

  memcpy (&number32, &bits32, sizeof number32);
  memcpy (&number, &initial->number, sizeof number);
  switch (initial->info)
    {
    case 20:
    case 21:
      g_string_append (scalar->text, initial->info == 20 ? "false" : "true");
      return;
    case 22:
    case 23:
      g_string_append (scalar->text, initial->info == 22 ? "null" : "undefined");
      return;
    case 25:
      coffer_tree_append_float (scalar->text, half_to_double (initial->number));
      return;
    case 26:
      coffer_tree_append_float (scalar->text, number32);
      return;
    case 27:
      coffer_tree_append_double (scalar->text, number);
      return;
    default:
      coffer_tree_append_uint (scalar->text, initial->number, style);
      return;
    }
}

/* -1 - n does not always fit. */
static void
describe_negative (guint64                n,
                   const CofferTreeStyle *style,
                   CofferTreeScalar      *scalar)
{
  if (n <= G_MAXINT64)
    coffer_tree_append_int (scalar->text, -1 - (gint64) n, style);
  else if (n < G_MAXUINT64)
    {
      g_string_append_c (scalar->text, '-');
      coffer_tree_append_uint (scalar->text, n + 1, style);
    }
  else
    g_string_append (scalar->text, "-18446744073709551616");
}

static const char *
base_type (const Initial *initial)
{
  static const char *const majors[] = { "uint", "int", "bytes", "text", "array", "map", "tag" };

  if (initial->major < MAJOR_SIMPLE)
    return majors[initial->major];

  switch (initial->info)
    {
    case 20: case 21: return "bool";
    case 22: return "null";
    case 23: return "undefined";
    case 25: return "float 16";
    case 26: return "float 32";
    case 27: return "float 64";
    default: return "simple";
    }
}

/* A date in seconds, a number in bytes. */
static void
describe_tagged (guint64           tag,
                 const Initial    *initial,
                 CofferTreeScalar *scalar)
{
  g_autofree char *hex = NULL;
  g_auto(GStrv) parts = NULL;

  if (tag == 1 && initial->major == MAJOR_UINT && initial->number <= G_MAXINT64)
    {
      g_string_truncate (scalar->text, 0);
      coffer_tree_append_time (scalar->text, initial->number, 0);
    }
  else if ((tag == 2 || tag == 3) && initial->major == MAJOR_BYTES && initial->info != OPEN && initial->number <= MAX_BIGNUM)
    {
      parts = g_strsplit (scalar->text->str, " ", -1);
      hex = g_strjoinv ("", parts);
      scalar->what = COFFER_TREE_WORD;
      g_string_printf (scalar->text, "%s0x%s", tag == 3 ? "-1 - " : "", hex);
    }
}

void
coffer_tree_describe_cbor (const guint8          *bytes,
                           gsize                  len,
                           const CofferTreeStyle *style,
                           CofferTreeScalar      *scalar)
{
  g_autoptr(GString) type = g_string_new (NULL);
  guint64 tag = G_MAXUINT64;
  Initial initial;

  while (read_initial (bytes, len, &initial) && initial.size > 0 && initial.major == MAJOR_TAG)
    {
      tag = initial.number;
      g_string_append_printf (type, "tag %" G_GUINT64_FORMAT " ", tag);
      bytes += initial.size;
      len -= initial.size;
    }
  g_string_append (type, base_type (&initial));
  scalar->type = g_strdup (type->str);

  if (initial.major == MAJOR_UINT)
    coffer_tree_append_uint (scalar->text, initial.number, style);
  else if (initial.major == MAJOR_NEGATIVE)
    describe_negative (initial.number, style, scalar);
  else if (initial.major == MAJOR_BYTES || initial.major == MAJOR_TEXT)
    describe_string (bytes, len, &initial, style, scalar);
  else if (initial.major == MAJOR_SIMPLE)
    describe_simple (&initial, style, scalar);
  else
    g_string_append (scalar->text, initial.major == MAJOR_MAP ? "{…}" : "[…]");   /* a key that is one */
  describe_tagged (tag, &initial, scalar);
}
