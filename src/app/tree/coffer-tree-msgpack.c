/* SPDX-License-Identifier: MIT */
/*
 * MessagePack, with its own types. Any thread.
 *
 * Not with msgpack-c: it gives neither the place of an item in the bytes nor what it read before it fails, and makes objects of
 * what a head claims. Source: the specification at msgpack.org.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TIMESTAMP -1

/* What the first byte says: how many bytes of length and of more head follow, or how long it is. */
typedef enum { INT_FIX, NIL, BOOL, UINT, INT, FLOAT32, FLOAT64, STR, BIN, EXT, LIST, MAP, NEVER } Family;

typedef struct {
  Family family;
  guint n_length;    /* bytes of a length behind the first one */
  guint64 length;    /* of the data, where the first byte says it */
} Form;

static Form
form_fixed (guint8 first)
{
  if (first < 0x80 || first >= 0xe0)
    return (Form) { INT_FIX, 0, 0 };
  if (first < 0x90)
    return (Form) { MAP, 0, first & 0x0f };
  if (first < 0xa0)
    return (Form) { LIST, 0, first & 0x0f };

  return (Form) { STR, 0, first & 0x1f };
}

static Form
get_form (guint8 first)
{
  static const Form forms[] = {
    { NIL, 0, 0 },     { NEVER, 0, 0 },   { BOOL, 0, 0 },    { BOOL, 0, 0 },      /* c0 */
    { BIN, 1, 0 },     { BIN, 2, 0 },     { BIN, 4, 0 },                          /* c4 */
    { EXT, 1, 0 },     { EXT, 2, 0 },     { EXT, 4, 0 },                          /* c7 */
    { FLOAT32, 0, 4 }, { FLOAT64, 0, 8 },                                         /* ca */
    { UINT, 0, 1 },    { UINT, 0, 2 },    { UINT, 0, 4 },    { UINT, 0, 8 },      /* cc */
    { INT, 0, 1 },     { INT, 0, 2 },     { INT, 0, 4 },     { INT, 0, 8 },       /* d0 */
    { EXT, 0, 1 },     { EXT, 0, 2 },     { EXT, 0, 4 },     { EXT, 0, 8 },   { EXT, 0, 16 },   /* d4 */
    { STR, 1, 0 },     { STR, 2, 0 },     { STR, 4, 0 },                          /* d9 */
    { LIST, 2, 0 },    { LIST, 4, 0 },    { MAP, 2, 0 },     { MAP, 4, 0 },       /* dc */
  };

  return first >= 0xc0 && first < 0xe0 ? forms[first - 0xc0] : form_fixed (first);
}

static void
read_head (const guint8   *bytes,
           gsize           len,
           CofferTreeHead *head)
{
  Form form = len > 0 ? get_form (bytes[0]) : (Form) { NIL };
  guint64 length = form.length;
  gsize size = 1 + form.n_length;

  head->kind = COFFER_TREE_HEAD_CUT;
  if (size > len)
    return;
  if (form.family == NEVER)
    {
      head->kind = COFFER_TREE_HEAD_WRONG;
      head->problem = _("MessagePack never uses the byte c1");
      return;
    }
  if (form.n_length > 0)
    length = coffer_tree_read_be (bytes + 1, form.n_length);
  if (form.family == LIST || form.family == MAP)
    {
      *head = (CofferTreeHead) { form.family == MAP ? COFFER_TREE_HEAD_MAP : COFFER_TREE_HEAD_LIST, size, length };
      return;
    }

  size += form.family == EXT;
  if (size > len || length > len - size)
    return;
  *head = (CofferTreeHead) { COFFER_TREE_HEAD_SCALAR, size + length };
}

gboolean
coffer_tree_parse_msgpack (CofferTree   *self,
                           GCancellable *cancellable)
{
  return coffer_tree_parse_binary (self, read_head, cancellable);
}

static void
describe_time (const guint8     *data,
               guint64           length,
               CofferTreeScalar *scalar)
{
  guint64 both = length == 8 ? coffer_tree_read_be (data, 8) : 0;

  if (length == 4)
    coffer_tree_append_time (scalar->text, coffer_tree_read_be (data, 4), 0);
  else if (length == 8)
    coffer_tree_append_time (scalar->text, both & 0x3ffffffff, both >> 34);
  else
    coffer_tree_append_time (scalar->text, (gint64) coffer_tree_read_be (data + 4, 8), coffer_tree_read_be (data, 4));
}

static void
describe_ext (int                    type,
              const guint8          *data,
              guint64                length,
              const CofferTreeStyle *style,
              CofferTreeScalar      *scalar)
{
  if (type == TIMESTAMP && (length == 4 || length == 8 || length == 12))
    {
      scalar->type = g_strdup ("timestamp");
      describe_time (data, length, scalar);
      return;
    }

  scalar->type = g_strdup_printf ("ext %d", type);
  scalar->what = COFFER_TREE_BYTES;
  scalar->size = length;
  coffer_tree_append_hex (scalar->text, data, length, style);
}

static gint64
read_int (const guint8 *data,
          guint64       length)
{
  guint64 number = coffer_tree_read_be (data, length);

  return length == 8 ? (gint64) number : (gint64) (number << (64 - 8 * length)) >> (64 - 8 * length);
}

static void
describe_float (const guint8     *data,
                guint64           length,
                CofferTreeScalar *scalar)
{
  guint64 bits = coffer_tree_read_be (data, length);
  guint32 bits32 = bits;
  float number32;
  double number;

  if (length == 4)
    {
      memcpy (&number32, &bits32, sizeof number32);
      coffer_tree_append_float (scalar->text, number32);
      return;
    }
  memcpy (&number, &bits, sizeof number);
  coffer_tree_append_double (scalar->text, number);
}

/* Only ever of items whose head was read before: they are whole. */
void
coffer_tree_describe_msgpack (const guint8          *bytes,
                              gsize                  len,
                              const CofferTreeStyle *style,
                              CofferTreeScalar      *scalar)
{
  static const char *const types[] = {
    NULL, "nil", "bool", "uint", "int", "float 32", "float 64", "str", "bin", NULL, "array", "map", NULL,
  };
  Form form = get_form (bytes[0]);
  guint64 length = form.n_length > 0 ? coffer_tree_read_be (bytes + 1, form.n_length) : form.length;
  const guint8 *data = bytes + 1 + form.n_length + (form.family == EXT);

  if (types[form.family] != NULL)
    scalar->type = g_strdup (types[form.family]);
  switch (form.family)
    {
    case INT_FIX:
      scalar->type = g_strdup (bytes[0] < 0x80 ? "uint" : "int");
      coffer_tree_append_int (scalar->text, (gint8) bytes[0], style);
      break;
    case NIL:
      g_string_append (scalar->text, "nil");
      break;
    case BOOL:
      g_string_append (scalar->text, bytes[0] == 0xc3 ? "true" : "false");
      break;
    case UINT:
      coffer_tree_append_uint (scalar->text, coffer_tree_read_be (data, length), style);
      break;
    case INT:
      coffer_tree_append_int (scalar->text, read_int (data, length), style);
      break;
    case FLOAT32:
    case FLOAT64:
      describe_float (data, length, scalar);
      break;
    case STR:
      scalar->what = COFFER_TREE_TEXT;
      coffer_tree_append_text (scalar->text, data, length, style);
      break;
    case BIN:
      scalar->what = COFFER_TREE_BYTES;
      scalar->size = length;
      coffer_tree_append_hex (scalar->text, data, length, style);
      break;
    case EXT:
      describe_ext ((gint8) data[-1], data, length, style, scalar);
      break;
    case LIST:
    case MAP:
    case NEVER:
    default:
      g_string_append (scalar->text, form.family == MAP ? "{…}" : "[…]");   /* a key that is one */
      break;
    }
}
