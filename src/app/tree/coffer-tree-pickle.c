/* SPDX-License-Identifier: MIT */
/*
 * The opcodes of a pickle, of all protocols. Nothing is executed and nothing is looked up: a pickle is a program that can do
 * whatever Python can. Any thread. Source: the documentation of Python's pickletools.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

typedef enum {
  NO_ARGUMENT,
  UINT1, UINT2, UINT4, UINT8,   /* little-endian */
  INT4,
  FLOAT8,                       /* big-endian */
  LINE, TWO_LINES,
  LONG1, LONG4,                 /* an integer, its length first */
  BYTES1, BYTES4, BYTES8,
  TEXT1, TEXT4, TEXT8,
  N_ARGUMENTS,
} Argument;

typedef struct {
  const char *name;
  Argument argument;
} Opcode;

static const Opcode opcodes[256] = {
  ['I'] = { "INT", LINE },
  ['J'] = { "BININT", INT4 },
  ['K'] = { "BININT1", UINT1 },
  ['M'] = { "BININT2", UINT2 },
  ['L'] = { "LONG", LINE },
  [0x8a] = { "LONG1", LONG1 },
  [0x8b] = { "LONG4", LONG4 },
  ['S'] = { "STRING", LINE },
  ['T'] = { "BINSTRING", BYTES4 },
  ['U'] = { "SHORT_BINSTRING", BYTES1 },
  ['B'] = { "BINBYTES", BYTES4 },
  ['C'] = { "SHORT_BINBYTES", BYTES1 },
  [0x8e] = { "BINBYTES8", BYTES8 },
  [0x96] = { "BYTEARRAY8", BYTES8 },
  [0x97] = { "NEXT_BUFFER", NO_ARGUMENT },
  [0x98] = { "READONLY_BUFFER", NO_ARGUMENT },
  ['N'] = { "NONE", NO_ARGUMENT },
  [0x88] = { "NEWTRUE", NO_ARGUMENT },
  [0x89] = { "NEWFALSE", NO_ARGUMENT },
  ['V'] = { "UNICODE", LINE },
  [0x8c] = { "SHORT_BINUNICODE", TEXT1 },
  ['X'] = { "BINUNICODE", TEXT4 },
  [0x8d] = { "BINUNICODE8", TEXT8 },
  ['F'] = { "FLOAT", LINE },
  ['G'] = { "BINFLOAT", FLOAT8 },
  [']'] = { "EMPTY_LIST", NO_ARGUMENT },
  ['a'] = { "APPEND", NO_ARGUMENT },
  ['e'] = { "APPENDS", NO_ARGUMENT },
  ['l'] = { "LIST", NO_ARGUMENT },
  [')'] = { "EMPTY_TUPLE", NO_ARGUMENT },
  ['t'] = { "TUPLE", NO_ARGUMENT },
  [0x85] = { "TUPLE1", NO_ARGUMENT },
  [0x86] = { "TUPLE2", NO_ARGUMENT },
  [0x87] = { "TUPLE3", NO_ARGUMENT },
  ['}'] = { "EMPTY_DICT", NO_ARGUMENT },
  ['d'] = { "DICT", NO_ARGUMENT },
  ['s'] = { "SETITEM", NO_ARGUMENT },
  ['u'] = { "SETITEMS", NO_ARGUMENT },
  [0x8f] = { "EMPTY_SET", NO_ARGUMENT },
  [0x90] = { "ADDITEMS", NO_ARGUMENT },
  [0x91] = { "FROZENSET", NO_ARGUMENT },
  ['0'] = { "POP", NO_ARGUMENT },
  ['2'] = { "DUP", NO_ARGUMENT },
  ['('] = { "MARK", NO_ARGUMENT },
  ['1'] = { "POP_MARK", NO_ARGUMENT },
  ['g'] = { "GET", LINE },
  ['h'] = { "BINGET", UINT1 },
  ['j'] = { "LONG_BINGET", UINT4 },
  ['p'] = { "PUT", LINE },
  ['q'] = { "BINPUT", UINT1 },
  ['r'] = { "LONG_BINPUT", UINT4 },
  [0x94] = { "MEMOIZE", NO_ARGUMENT },
  [0x82] = { "EXT1", UINT1 },
  [0x83] = { "EXT2", UINT2 },
  [0x84] = { "EXT4", INT4 },
  ['c'] = { "GLOBAL", TWO_LINES },
  [0x93] = { "STACK_GLOBAL", NO_ARGUMENT },
  ['R'] = { "REDUCE", NO_ARGUMENT },
  ['b'] = { "BUILD", NO_ARGUMENT },
  ['i'] = { "INST", TWO_LINES },
  ['o'] = { "OBJ", NO_ARGUMENT },
  [0x81] = { "NEWOBJ", NO_ARGUMENT },
  [0x92] = { "NEWOBJ_EX", NO_ARGUMENT },
  [0x80] = { "PROTO", UINT1 },
  ['.'] = { "STOP", NO_ARGUMENT },
  [0x95] = { "FRAME", UINT8 },
  ['P'] = { "PERSID", LINE },
  ['Q'] = { "BINPERSID", NO_ARGUMENT },
};

/* Of a fixed argument its bytes, of others those of the length ahead of it. */
static const guint8 argument_sizes[N_ARGUMENTS] = {
  [UINT1] = 1, [UINT2] = 2, [UINT4] = 4, [UINT8] = 8, [INT4] = 4, [FLOAT8] = 8, [LONG1] = 1, [LONG4] = 4,
  [BYTES1] = 1, [BYTES4] = 4, [BYTES8] = 8, [TEXT1] = 1, [TEXT4] = 4, [TEXT8] = 8,
};

static gboolean
has_length (Argument argument)
{
  return argument >= LONG1;
}

/* Returns: bytes with the end of the line; 0 if the bytes end within */
static gsize
line_length (const guint8 *bytes,
             gsize         len)
{
  const guint8 *end = len > 0 ? memchr (bytes, '\n', len) : NULL;

  return end != NULL ? end - bytes + 1 : 0;
}

/* Returns: bytes with opcode and argument; 0 if the bytes end within */
static gsize
opcode_length (const guint8 *bytes,
               gsize         len)
{
  Argument argument = opcodes[bytes[0]].argument;
  gsize size = 1 + argument_sizes[argument], line;
  guint64 length;

  if (argument == LINE || argument == TWO_LINES)
    {
      if ((line = line_length (bytes + 1, len - 1)) == 0)
        return 0;
      size += line;
      if (argument == LINE)
        return size;
      return (line = line_length (bytes + size, len - size)) > 0 ? size + line : 0;
    }
  if (size > len)
    return 0;
  if (!has_length (argument))
    return size;

  length = coffer_tree_read_le (bytes + 1, argument_sizes[argument]);

  return length <= len - size ? size + length : 0;
}

static void
add_opcode (CofferTree *self,
            guint       root,
            gsize       at,
            gsize       length)
{
  guint node = coffer_tree_add (self, COFFER_TREE_SCALAR, root, at, 0, 0);

  coffer_tree_node (self, node)->length = length;
  coffer_tree_node (self, node)->next = node + 1;
  if (self->data[at] == 0x80 && at == 0)
    self->protocol = self->data[1];
}

/* Returns: where it stops */
static gsize
read_opcodes (CofferTree   *self,
              guint         root,
              GCancellable *cancellable)
{
  gsize at = 0;

  while (at < self->len)
    {
      gsize length;

      if (self->nodes->len % COFFER_TREE_CANCEL_EVERY == 0 && g_cancellable_is_cancelled (cancellable))
        return at;
      if (opcodes[self->data[at]].name == NULL)
        {
          coffer_tree_stop (self, at, _("No opcode of pickle has this byte"));
          return at;
        }
      if (self->nodes->len >= COFFER_TREE_MAX_NODES)
        {
          coffer_tree_stop (self, at, _("More opcodes than can be shown"));
          return at;
        }
      if ((length = opcode_length (self->data + at, self->len - at)) == 0)
        break;
      add_opcode (self, root, at, length);
      at += length;
      if (self->data[at - 1] == '.' && length == 1)
        {
          if (at < self->len)
            coffer_tree_stop (self, at, _("More bytes follow the end of the value"));
          return at;
        }
    }
  coffer_tree_stop_at_end (self);

  return at;
}

gboolean
coffer_tree_parse_pickle (CofferTree   *self,
                          GCancellable *cancellable)
{
  guint root = coffer_tree_add (self, COFFER_TREE_LIST, COFFER_TREE_NONE, 0, 0, 0);
  gsize end = read_opcodes (self, root, cancellable);

  coffer_tree_node (self, root)->length = end;
  coffer_tree_node (self, root)->next = self->nodes->len;

  return !g_cancellable_is_cancelled (cancellable);
}

/* Little-endian, of any length: those of more than eight bytes stay hex. */
static void
append_long (const guint8          *data,
             gsize                  len,
             const CofferTreeStyle *style,
             GString               *out)
{
  guint shift = 64 - 8 * MIN (len, 8);

  if (len == 0)
    g_string_append_c (out, '0');
  else if (len <= 8)
    coffer_tree_append_int (out, (gint64) (coffer_tree_read_le (data, len) << shift) >> shift, style);
  else
    coffer_tree_append_hex (out, data, len, style);
}

static void
append_lines (const guint8          *data,
              gsize                  len,
              const CofferTreeStyle *style,
              GString               *out)
{
  gsize seen = style->for_row ? MIN (len, style->max + 1) : len;
  gsize first = line_length (data, seen);

  if (first == 0)   /* a row has no room for its end */
    {
      coffer_tree_append_text (out, data, seen, style);
      return;
    }
  coffer_tree_append_text (out, data, first - 1, style);
  if (first < len)
    {
      g_string_append_c (out, ' ');
      coffer_tree_append_text (out, data + first, len - first - 1, style);
    }
}

static void
append_float (const guint8 *data,
              GString      *out)
{
  guint64 bits = coffer_tree_read_be (data, 8);
  double number;

  memcpy (&number, &bits, sizeof number);
  coffer_tree_append_double (out, number);
}

void
coffer_tree_describe_pickle (const guint8          *bytes,
                             gsize                  len,
                             const CofferTreeStyle *style,
                             CofferTreeScalar      *scalar)
{
  const Opcode *opcode = &opcodes[bytes[0]];
  guint n = argument_sizes[opcode->argument];
  const guint8 *data = bytes + 1 + (has_length (opcode->argument) ? n : 0);
  gsize length = bytes + len - data;

  scalar->type = g_strdup (opcode->name);
  switch (opcode->argument)
    {
    case UINT1:
    case UINT2:
    case UINT4:
    case UINT8:
      coffer_tree_append_uint (scalar->text, coffer_tree_read_le (data, n), style);
      break;
    case INT4:
      coffer_tree_append_int (scalar->text, (gint32) coffer_tree_read_le (data, 4), style);
      break;
    case FLOAT8:
      append_float (data, scalar->text);
      break;
    case LINE:
    case TWO_LINES:
      append_lines (data, length, style, scalar->text);
      break;
    case LONG1:
    case LONG4:
      append_long (data, length, style, scalar->text);
      break;
    case BYTES1:
    case BYTES4:
    case BYTES8:
      scalar->what = COFFER_TREE_BYTES;
      scalar->size = length;
      coffer_tree_append_hex (scalar->text, data, length, style);
      break;
    case TEXT1:
    case TEXT4:
    case TEXT8:
      scalar->what = COFFER_TREE_TEXT;
      coffer_tree_append_text (scalar->text, data, length, style);
      break;
    case NO_ARGUMENT:
    case N_ARGUMENTS:
    default:
      break;
    }
}
