/* SPDX-License-Identifier: MIT */
/*
 * JSON, with the NaN and Infinity that Python writes. What is open is on a stack of our own: data nested as deep as they are long
 * are read like any other. Any thread.
 *
 * Not with json-glib: it follows what is nested by recursion (100,000 levels end the program), keeps no places, and shows
 * nothing of what is broken. Source: RFC 8259.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What may come next. */
typedef enum {
  EXPECT_VALUE,
  EXPECT_VALUE_OR_END,   /* of an array that has just begun */
  EXPECT_KEY,
  EXPECT_KEY_OR_END,     /* of an object that has just begun */
  EXPECT_COLON,
  EXPECT_COMMA_OR_END,
  EXPECT_NOTHING,        /* the value is whole */
} Expect;

typedef struct {
  CofferTree *tree;
  guint container;       /* the node that is open, or COFFER_TREE_NONE: its parents are in the nodes */
  Expect expect;
  gsize at;
  gsize key, key_length;
  gboolean is_lines;     /* the root is a list of values with nothing between */
} Reader;

static gboolean
stop (Reader     *reader,
      const char *problem)
{
  coffer_tree_stop (reader->tree, reader->at, problem);

  return FALSE;
}

static gboolean
stop_at_end (Reader *reader)
{
  coffer_tree_stop_at_end (reader->tree);

  return FALSE;
}

static guint
add_node (Reader         *reader,
          CofferTreeKind  kind)
{
  guint node = coffer_tree_add (reader->tree, kind, reader->container, reader->at, reader->key, reader->key_length);

  reader->key = reader->key_length = 0;

  return node;
}

static void
close_node (Reader *reader,
            guint   index)
{
  CofferTreeNode *node = coffer_tree_node (reader->tree, index);

  node->next = reader->tree->nodes->len;
  node->length = reader->at - node->offset;
}

static void
after_value (Reader *reader)
{
  reader->expect = reader->container == COFFER_TREE_NONE ? EXPECT_NOTHING : EXPECT_COMMA_OR_END;
}

/* Returns: bytes of the string with its quotes; 0 if the bytes end within */
static gsize
string_length (const guint8 *bytes,
               gsize         len)
{
  for (gsize i = 1; i < len; i++)
    {
      if (bytes[i] == '"')
        return i + 1;
      if (bytes[i] == '\\')
        i++;
    }

  return 0;
}

/* Whether a number may only have been cut: nothing else comes until the end. */
static gboolean
is_cut_number (const guint8 *bytes,
               gsize         len)
{
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isdigit (bytes[i]) && memchr ("-+.eE", bytes[i], 5) == NULL)
      return FALSE;

  return bytes[0] == '-' || g_ascii_isdigit (bytes[0]);
}

/* Returns: bytes of the number; 0 if it is none */
static gsize
number_length (const guint8 *bytes,
               gsize         len)
{
  gsize i = len > 0 && bytes[0] == '-', begin = i;

  while (i < len && g_ascii_isdigit (bytes[i]))
    i++;
  if (i == begin || (bytes[begin] == '0' && i > begin + 1))
    return 0;
  if (i < len && bytes[i] == '.')
    {
      begin = ++i;
      while (i < len && g_ascii_isdigit (bytes[i]))
        i++;
      if (i == begin)
        return 0;
    }
  if (i < len && (bytes[i] == 'e' || bytes[i] == 'E'))
    {
      i++;
      i += i < len && (bytes[i] == '+' || bytes[i] == '-');
      begin = i;
      while (i < len && g_ascii_isdigit (bytes[i]))
        i++;
      if (i == begin)
        return 0;
    }

  return i;
}

static const char *const words[] = { "true", "false", "null", "NaN", "Infinity", "-Infinity" };

/* Returns: the word that begins here; NULL for none. @is_cut (out) the bytes end within one */
static const char *
find_word (const guint8 *bytes,
           gsize         len,
           gboolean     *is_cut)
{
  *is_cut = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize n = strlen (words[i]);

      if (memcmp (bytes, words[i], MIN (n, len)) != 0)
        continue;
      if (n <= len)
        return words[i];
      *is_cut = TRUE;
    }

  return NULL;
}

static gboolean
take_scalar (Reader *reader,
             gsize   length)
{
  guint node = add_node (reader, COFFER_TREE_SCALAR);

  reader->at += length;
  close_node (reader, node);
  after_value (reader);

  return TRUE;
}

static gboolean
read_string (Reader *reader)
{
  gsize length = string_length (reader->tree->data + reader->at, reader->tree->len - reader->at);

  if (length == 0)
    return stop_at_end (reader);
  if (reader->expect == EXPECT_VALUE || reader->expect == EXPECT_VALUE_OR_END)
    return take_scalar (reader, length);

  reader->key = reader->at;
  reader->key_length = length;
  reader->at += length;
  reader->expect = EXPECT_COLON;

  return TRUE;
}

static gboolean
read_word (Reader *reader)
{
  const guint8 *bytes = reader->tree->data + reader->at;
  gsize len = reader->tree->len - reader->at, length;
  gboolean is_cut;
  const char *word = find_word (bytes, len, &is_cut);

  if (word != NULL)
    return take_scalar (reader, strlen (word));
  if ((length = number_length (bytes, len)) > 0)
    return take_scalar (reader, length);
  if (is_cut || is_cut_number (bytes, len))
    return stop_at_end (reader);

  return stop (reader, _("No value begins like this"));
}

static gboolean
read_value (Reader *reader)
{
  guint8 c = reader->tree->data[reader->at];

  if (c == '"')
    return read_string (reader);
  if (c != '{' && c != '[')
    return read_word (reader);

  reader->container = add_node (reader, c == '{' ? COFFER_TREE_MAP : COFFER_TREE_LIST);
  reader->expect = c == '{' ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
  reader->at++;

  return TRUE;
}

static gboolean
read_end (Reader *reader)
{
  CofferTreeNode *node = coffer_tree_node (reader->tree, reader->container);
  guint32 parent = node->parent;

  if ((node->kind == COFFER_TREE_MAP) != (reader->tree->data[reader->at] == '}'))
    return stop (reader, node->kind == COFFER_TREE_MAP ? _("An object ends with }, not with ]")
                                                       : _("An array ends with ], not with }"));

  reader->at++;
  close_node (reader, reader->container);
  reader->container = parent;
  after_value (reader);

  return TRUE;
}

static gboolean
read_comma (Reader *reader)
{
  guint8 c = reader->tree->data[reader->at];

  if (c == '}' || c == ']')
    return read_end (reader);
  if (c != ',')
    return stop (reader, _("A comma is missing, or the end"));

  reader->at++;
  reader->expect = coffer_tree_node (reader->tree, reader->container)->kind == COFFER_TREE_MAP ? EXPECT_KEY : EXPECT_VALUE;

  return TRUE;
}

/* Returns: FALSE where it cannot go on */
static gboolean
read_token (Reader *reader)
{
  guint8 c = reader->tree->data[reader->at];

  switch (reader->expect)
    {
    case EXPECT_VALUE_OR_END:
      return c == ']' ? read_end (reader) : read_value (reader);
    case EXPECT_VALUE:
      return read_value (reader);
    case EXPECT_KEY_OR_END:
      if (c == '}')
        return read_end (reader);
      G_GNUC_FALLTHROUGH;
    case EXPECT_KEY:
      return c == '"' ? read_string (reader) : stop (reader, _("A name in quotes is missing"));
    case EXPECT_COLON:
      if (c != ':')
        return stop (reader, _("A colon is missing"));
      reader->at++;
      reader->expect = EXPECT_VALUE;
      return TRUE;
    case EXPECT_COMMA_OR_END:
      return reader->is_lines && reader->container == COFFER_TREE_ROOT ? read_value (reader) : read_comma (reader);
    case EXPECT_NOTHING:
    default:
      return stop (reader, _("More bytes follow the end of the value"));
    }
}

static gboolean
skip_space (Reader *reader)
{
  const CofferTree *tree = reader->tree;

  while (reader->at < tree->len && memchr (" \t\n\r", tree->data[reader->at], 4) != NULL)
    reader->at++;

  return reader->at < tree->len;
}

static void
read_tokens (Reader       *reader,
             GCancellable *cancellable)
{
  CofferTree *tree = reader->tree;
  guint n_tokens = 0;

  while (skip_space (reader))
    {
      if (++n_tokens % COFFER_TREE_CANCEL_EVERY == 0 && g_cancellable_is_cancelled (cancellable))
        break;
      if (tree->nodes->len >= COFFER_TREE_MAX_NODES)
        {
          stop (reader, _("More entries than can be shown"));
          break;
        }
      if (!read_token (reader))
        break;
    }
}

/* JSON Lines: after a whole object or array comes another. */
static gboolean
are_lines (const Reader *reader)
{
  const CofferTree *tree = reader->tree;

  return tree->problem != NULL && reader->expect == EXPECT_NOTHING && coffer_tree_is_container (tree, COFFER_TREE_ROOT) &&
         reader->at < tree->len && (tree->data[reader->at] == '{' || tree->data[reader->at] == '[');
}

static void
begin_lines (Reader *reader,
             gsize   begin)
{
  CofferTree *tree = reader->tree;

  g_array_set_size (tree->nodes, 0);
  tree->problem = NULL;
  tree->stop = 0;
  *reader = (Reader) { .tree = tree, .container = COFFER_TREE_NONE, .at = begin, .is_lines = TRUE };
  reader->container = add_node (reader, COFFER_TREE_LIST);
}

static gboolean
is_whole (const Reader *reader)
{
  if (reader->is_lines)
    return reader->expect == EXPECT_COMMA_OR_END && reader->container == COFFER_TREE_ROOT && !reader->tree->is_cut;

  return reader->expect == EXPECT_NOTHING;
}

gboolean
coffer_tree_parse_json (CofferTree   *self,
                        GCancellable *cancellable)
{
  gsize begin = self->len >= 3 && memcmp (self->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  Reader reader = { .tree = self, .container = COFFER_TREE_NONE, .at = begin };

  read_tokens (&reader, cancellable);
  if (are_lines (&reader))
    {
      begin_lines (&reader, begin);
      read_tokens (&reader, cancellable);
    }

  if (self->problem == NULL && !is_whole (&reader))
    stop_at_end (&reader);
  while (reader.container != COFFER_TREE_NONE)
    {
      close_node (&reader, reader.container);
      reader.container = coffer_tree_node (self, reader.container)->parent;
    }

  return !g_cancellable_is_cancelled (cancellable);
}

/* Returns: the unit of \uXXXX at @bytes; -1 for none */
static int
read_unit (const guint8 *bytes,
           gsize         len)
{
  int unit = 0;

  if (len < 6 || bytes[0] != '\\' || bytes[1] != 'u')
    return -1;
  for (int i = 2; i < 6; i++)
    {
      if (!g_ascii_isxdigit (bytes[i]))
        return -1;
      unit = unit << 4 | g_ascii_xdigit_value (bytes[i]);
    }

  return unit;
}

/* Returns: how many bytes the escape takes; one that is none stays as it is */
static gsize
append_escape (GByteArray   *out,
               const guint8 *bytes,
               gsize         len)
{
  static const char *const letters = "\"\\/bfnrt";
  static const char *const meanings = "\"\\/\b\f\n\r\t";
  const char *letter = len > 1 && bytes[1] != '\0' ? strchr (letters, bytes[1]) : NULL;
  int unit = read_unit (bytes, len), low = unit >= 0xd800 && unit < 0xdc00 ? read_unit (bytes + 6, len - 6) : -1;
  gunichar c = low >= 0xdc00 && low < 0xe000 ? 0x10000u + ((unit - 0xd800) << 10) + (low - 0xdc00) : (gunichar) unit;
  char utf8[6];

  if (letter != NULL)
    {
      g_byte_array_append (out, (const guint8 *) meanings + (letter - letters), 1);
      return 2;
    }
  if (unit < 0 || (c >= 0xd800 && c < 0xe000))
    {
      g_byte_array_append (out, bytes, 1);
      return 1;
    }
  g_byte_array_append (out, (const guint8 *) utf8, g_unichar_to_utf8 (c, utf8));

  return c >= 0x10000 ? 12 : 6;
}

/* Between the quotes. */
static void
append_string (const guint8          *bytes,
               gsize                  len,
               const CofferTreeStyle *style,
               GString               *out)
{
  g_autoptr(GByteArray) plain = g_byte_array_new ();
  gsize at = 0;

  len = MIN (len, (style->max + 2) * 6);   /* an escape of six bytes may be one */
  while (at < len && plain->len <= style->max)
    {
      const guint8 *escape = memchr (bytes + at, '\\', len - at);
      gsize run = MIN (escape != NULL ? (gsize) (escape - bytes) - at : len - at, style->max + 1);

      g_byte_array_append (plain, bytes + at, run);
      at += run;
      if (escape != NULL && at == (gsize) (escape - bytes))
        at += append_escape (plain, bytes + at, len - at);
    }
  coffer_tree_append_text (out, plain->data != NULL ? plain->data : (const guint8 *) "", plain->len, style);
}

/* What is an integer gets its marks; all else stays as it was written. */
static void
append_number (const char            *number,
               gsize                  len,
               const CofferTreeStyle *style,
               GString               *out)
{
  g_autofree char *digits = len < 20 ? g_strndup (number, len) : NULL;
  gint64 whole;

  if (style->for_row && digits != NULL && g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, &whole, NULL) && whole != 0)
    {
      coffer_tree_append_int (out, whole, style);
      return;
    }
  g_string_append_len (out, number, MIN (len, style->max));
  if (len > style->max)
    g_string_append (out, "…");
}

void
coffer_tree_describe_json (const guint8          *bytes,
                           gsize                  len,
                           const CofferTreeStyle *style,
                           CofferTreeScalar      *scalar)
{
  guint8 c = bytes[0];

  if (c == '"')
    {
      scalar->what = COFFER_TREE_TEXT;
      scalar->type = g_strdup ("string");
      append_string (bytes + 1, len - 2, style, scalar->text);
    }
  else if (c == 't' || c == 'f' || c == 'n')
    {
      scalar->type = g_strdup (c == 'n' ? "null" : "bool");
      g_string_append_len (scalar->text, (const char *) bytes, len);
    }
  else
    {
      scalar->type = g_strdup (c == '{' ? "object" : c == '[' ? "array" : "number");
      if (c != '{' && c != '[')
        append_number ((const char *) bytes, len, style, scalar->text);
    }
}
