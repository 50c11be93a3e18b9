/* SPDX-License-Identifier: MIT */
/*
 * A value taken apart: its nodes in one array, in the order of the bytes, and what they say, read from the bytes when it is asked
 * for. Filled by one thread, then immutable; any thread.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define ROW_TEXT 200
#define NAME_TEXT 100
#define COPY_TEXT (G_MAXSIZE / 8)
#define PATH_MAX_PARTS 200   /* from the end */

guint
coffer_tree_add (CofferTree     *self,
                 CofferTreeKind  kind,
                 guint           parent,
                 gsize           offset,
                 gsize           name,
                 gsize           name_length)
{
  CofferTreeNode node = { .offset = offset, .name = name, .name_length = name_length, .parent = parent, .kind = kind };

  g_array_append_val (self->nodes, node);
  if (parent != COFFER_TREE_NONE)
    coffer_tree_node (self, parent)->n_children++;

  return self->nodes->len - 1;
}

void
coffer_tree_stop (CofferTree *self,
                  gsize       offset,
                  const char *problem)
{
  if (self->problem != NULL)
    return;

  self->stop = offset;
  self->problem = problem;
}

void
coffer_tree_stop_at_end (CofferTree *self)
{
  coffer_tree_stop (self, self->len, self->is_cut ? _("More follows than is read of one value")
                                                  : _("The bytes end here, the value does not"));
}

static CofferTree *
tree_new (CofferTreeFormat  format,
          GBytes           *bytes,
          gboolean          is_cut)
{
  CofferTree *self = g_new0 (CofferTree, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->format = format;
  self->bytes = g_bytes_ref (bytes);
  self->data = g_bytes_get_data (bytes, &self->len);
  if (self->len > COFFER_TREE_MAX_BYTES)
    {
      self->len = COFFER_TREE_MAX_BYTES;
      is_cut = TRUE;
    }
  self->is_cut = is_cut;
  self->nodes = g_array_new (FALSE, FALSE, sizeof (CofferTreeNode));

  return self;
}

/* FALSE if cancelled. */
static gboolean
parse (CofferTree   *self,
       GCancellable *cancellable)
{
  static gboolean (*const parsers[COFFER_N_TREE_FORMATS]) (CofferTree *, GCancellable *) = {
    coffer_tree_parse_json, coffer_tree_parse_msgpack, coffer_tree_parse_cbor, coffer_tree_parse_pickle, coffer_tree_parse_array,
  };

  return parsers[self->format] (self, cancellable);
}

CofferTree *
coffer_tree_parse (CofferTreeFormat  format,
                   GBytes           *bytes,
                   gboolean          is_cut,
                   GCancellable     *cancellable)
{
  g_autoptr(CofferTree) self = NULL;

  g_return_val_if_fail (format < COFFER_TREE_ARRAY && bytes != NULL, NULL);

  self = tree_new (format, bytes, is_cut);

  return parse (self, cancellable) ? g_steal_pointer (&self) : NULL;
}

CofferTree *
coffer_tree_new_array (const CofferArray *array,
                       GBytes            *bytes)
{
  CofferTree *self = tree_new (COFFER_TREE_ARRAY, bytes, TRUE);

  self->array = *array;
  parse (self, NULL);

  return self;
}

/* Maps and arrays, and the protocol that all pickles begin with since 2003. */
gboolean
coffer_tree_may_be (const guint8 *head,
                    gsize         len)
{
  guint8 first = len > 0 ? head[0] : 0;

  return len > 0 && ((first >= 0x80 && first < 0xc0) || (first >= 0xdc && first < 0xe0) || first == 0xd9);
}

/* Words that happen to be opcodes have neither the name of a module nor a place of the memo. */
gboolean
coffer_tree_may_be_pickle (const guint8 *head,
                           gsize         len)
{
  static const char *const notes[] = { "p0\n", "p1\n", "q\001", "\nc", "(c", "(i" };

  if (len == 0 || memchr ("(cSVIFL]})", head[0], 10) == NULL)
    return FALSE;
  if (head[0] == 'c')
    return memchr (head, '\n', len) != NULL;
  for (guint i = 0; i < G_N_ELEMENTS (notes); i++)
    if (memmem (head, len, notes[i], strlen (notes[i])) != NULL)
      return TRUE;

  return FALSE;
}

static gboolean
is_whole_container (const CofferTree *self)
{
  return self->problem == NULL && self->nodes->len > 0 && coffer_tree_is_container (self, COFFER_TREE_ROOT) &&
         (self->format != COFFER_TREE_PICKLE || self->protocol >= 2 || coffer_tree_may_be_pickle (self->data, self->len));
}

/* The mark that CBOR may begin with says what it is meant to be, however broken. */
static gboolean
is_marked_cbor (GBytes *bytes)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);

  return len > 3 && memcmp (data, "\xd9\xd9\xf7", 3) == 0;
}

CofferTree *
coffer_tree_sniff (GBytes       *bytes,
                   GCancellable *cancellable)
{
  static const CofferTreeFormat formats[] = { COFFER_TREE_PICKLE, COFFER_TREE_MSGPACK, COFFER_TREE_CBOR };
  g_autoptr(CofferTree) found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (formats) && found == NULL; i++)
    {
      g_autoptr(CofferTree) tree = coffer_tree_parse (formats[i], bytes, FALSE, cancellable);

      if (tree != NULL && is_whole_container (tree))
        found = g_steal_pointer (&tree);
    }
  if (found == NULL && is_marked_cbor (bytes))
    found = coffer_tree_parse (COFFER_TREE_CBOR, bytes, FALSE, cancellable);

  return g_steal_pointer (&found);
}

static gsize
how_far (const CofferTree *self)
{
  return self->problem == NULL ? G_MAXSIZE : self->nodes->len > 0 ? self->stop : 0;
}

CofferTree *
coffer_tree_parse_any (GBytes       *bytes,
                       gboolean      is_cut,
                       GCancellable *cancellable)
{
  g_autoptr(CofferTree) best = NULL;

  for (CofferTreeFormat format = COFFER_TREE_JSON; format <= COFFER_TREE_PICKLE; format++)
    {
      g_autoptr(CofferTree) tree = coffer_tree_parse (format, bytes, is_cut, cancellable);

      if (tree == NULL)
        return NULL;
      if (best == NULL || how_far (tree) > how_far (best))
        {
          g_clear_pointer (&best, coffer_tree_unref);
          best = g_steal_pointer (&tree);
        }
    }

  return g_steal_pointer (&best);
}

CofferTree *
coffer_tree_ref (CofferTree *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
coffer_tree_unref (CofferTree *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_bytes_unref (self->bytes);
  g_array_unref (self->nodes);
  g_free (self);
}

CofferTreeFormat
coffer_tree_get_format (const CofferTree *self)
{
  return self->format;
}

guint
coffer_tree_get_n_nodes (const CofferTree *self)
{
  return self->nodes->len;
}

guint
coffer_tree_get_protocol (const CofferTree *self)
{
  return self->protocol;
}

const CofferArray *
coffer_tree_get_array (const CofferTree *self)
{
  return self->format == COFFER_TREE_ARRAY ? &self->array : NULL;
}

const char *
coffer_tree_get_problem (const CofferTree *self)
{
  return self->problem;
}

gsize
coffer_tree_get_stop (const CofferTree *self)
{
  return self->stop;
}

gboolean
coffer_tree_is_container (const CofferTree *self,
                          guint             node)
{
  g_return_val_if_fail (node < self->nodes->len, FALSE);

  return coffer_tree_node (self, node)->kind != COFFER_TREE_SCALAR;
}

guint
coffer_tree_get_n_children (const CofferTree *self,
                            guint             node)
{
  g_return_val_if_fail (node < self->nodes->len, 0);

  return coffer_tree_node (self, node)->n_children;
}

GArray *
coffer_tree_dup_children (const CofferTree *self,
                          guint             node)
{
  const CofferTreeNode *parent;
  GArray *children;
  guint child = node + 1;

  g_return_val_if_fail (node < self->nodes->len, NULL);

  parent = coffer_tree_node (self, node);
  children = g_array_sized_new (FALSE, FALSE, sizeof (guint), parent->n_children);
  for (guint i = 0; i < parent->n_children; i++)
    {
      g_array_append_val (children, child);
      child = coffer_tree_node (self, child)->next;
    }

  return children;
}

void
coffer_tree_get_range (const CofferTree *self,
                       guint             node,
                       gsize            *offset,
                       gsize            *length)
{
  g_return_if_fail (node < self->nodes->len);

  *offset = coffer_tree_node (self, node)->offset;
  *length = coffer_tree_node (self, node)->length;
}

void
coffer_tree_get_name_range (const CofferTree *self,
                            guint             node,
                            gsize            *offset,
                            gsize            *length)
{
  g_return_if_fail (node < self->nodes->len);

  *offset = coffer_tree_node (self, node)->name;
  *length = coffer_tree_node (self, node)->name_length;
}

guint
coffer_tree_get_position (const CofferTree *self,
                          guint             node)
{
  guint parent, position = 0;

  g_return_val_if_fail (node < self->nodes->len, 0);

  parent = coffer_tree_node (self, node)->parent;
  for (guint child = parent + 1; parent != COFFER_TREE_NONE && child < node; child = coffer_tree_node (self, child)->next)
    position++;

  return position;
}

/* With its name a node begins where that does. */
static gsize
get_begin (const CofferTreeNode *node)
{
  return node->name_length > 0 ? node->name : node->offset;
}

/* The last node that begins at the byte or before it, or else the first of those around it that goes on until there. */
guint
coffer_tree_find_node (const CofferTree *self,
                       gsize             offset)
{
  guint low = 0, high = self->nodes->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (get_begin (coffer_tree_node (self, middle)) <= offset)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0)
    return G_MAXUINT;

  for (guint node = low - 1; node != COFFER_TREE_NONE; node = coffer_tree_node (self, node)->parent)
    if (offset < (gsize) coffer_tree_node (self, node)->offset + coffer_tree_node (self, node)->length)
      return node;

  return G_MAXUINT;
}

static void
describe (const CofferTree      *self,
          gsize                  offset,
          gsize                  length,
          const CofferTreeStyle *style,
          CofferTreeScalar      *scalar)
{
  const guint8 *bytes = self->data + offset;

  *scalar = (CofferTreeScalar) { .text = g_string_new (NULL) };
  switch (self->format)
    {
    case COFFER_TREE_JSON:
      coffer_tree_describe_json (bytes, length, style, scalar);
      break;
    case COFFER_TREE_MSGPACK:
      coffer_tree_describe_msgpack (bytes, length, style, scalar);
      break;
    case COFFER_TREE_CBOR:
      coffer_tree_describe_cbor (bytes, length, style, scalar);
      break;
    case COFFER_TREE_PICKLE:
      coffer_tree_describe_pickle (bytes, length, style, scalar);
      break;
    case COFFER_TREE_ARRAY:
    case COFFER_N_TREE_FORMATS:
    default:
      g_assert_not_reached ();
    }
}

static void
scalar_clear (CofferTreeScalar *scalar)
{
  g_free (scalar->type);
  g_string_free (scalar->text, TRUE);
}

static char *
dup_array_name (const CofferTree *self,
                guint             node,
                guint             position)
{
  if (self->array.is_number)
    return g_strdup (position == 0 ? _("As an integer") : _("As a float"));

  return coffer_array_dup_index (&self->array, position);
}

char *
coffer_tree_dup_name (const CofferTree *self,
                      guint             node,
                      guint             position)
{
  const CofferTreeNode *data;
  CofferTreeStyle style = { NAME_TEXT, TRUE };
  CofferTreeScalar scalar;
  char *name;

  g_return_val_if_fail (node < self->nodes->len, NULL);

  data = coffer_tree_node (self, node);
  if (self->format == COFFER_TREE_PICKLE)
    return g_strdup_printf ("%u", data->offset);
  if (node == COFFER_TREE_ROOT)
    return g_strdup (_("Value"));
  if (self->format == COFFER_TREE_ARRAY)
    return dup_array_name (self, node, position);
  if (data->name_length == 0)
    return g_strdup_printf ("%u", position);

  describe (self, data->name, data->name_length, &style, &scalar);
  name = g_strdup (scalar.text->str);
  scalar_clear (&scalar);

  return name;
}

static char *
dup_count (const CofferTreeNode *node)
{
  const char *format = node->kind == COFFER_TREE_MAP ? g_dngettext (GETTEXT_PACKAGE, "%'u entry", "%'u entries", node->n_children)
                                                     : g_dngettext (GETTEXT_PACKAGE, "%'u item", "%'u items", node->n_children);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"   /* one %'u each, in every language: msgfmt checks it */
  return g_strdup_printf (format, node->n_children);
#pragma GCC diagnostic pop
}

static char *
dup_array_value (const CofferTree *self,
                 guint             node,
                 gboolean          for_row)
{
  const guint8 *bytes = self->data + coffer_tree_node (self, node)->offset;
  CofferArray array = self->array;

  if (array.is_number)
    array.type = node == 1 ? COFFER_ARRAY_INT64 : COFFER_ARRAY_FLOAT64;

  return coffer_array_dup_value (&array, bytes, for_row);
}

static char *
dup_size (const CofferTreeScalar *scalar)
{
  g_autofree char *size = g_format_size_full (scalar->size, scalar->size < 1000 ? G_FORMAT_SIZE_DEFAULT : G_FORMAT_SIZE_LONG_FORMAT);

  return scalar->is_more ? g_strdup_printf (_("More than %s"), size) : g_strdup (size);
}

char *
coffer_tree_dup_value (const CofferTree *self,
                       guint             node,
                       gboolean         *is_dim)
{
  const CofferTreeNode *data;
  CofferTreeStyle style = { ROW_TEXT, TRUE };
  CofferTreeScalar scalar;
  char *value;

  g_return_val_if_fail (node < self->nodes->len, NULL);

  data = coffer_tree_node (self, node);
  *is_dim = data->kind != COFFER_TREE_SCALAR;
  if (data->kind != COFFER_TREE_SCALAR)
    return dup_count (data);
  if (self->format == COFFER_TREE_ARRAY)
    return dup_array_value (self, node, TRUE);

  describe (self, data->offset, data->length, &style, &scalar);
  *is_dim = scalar.what == COFFER_TREE_BYTES && self->format != COFFER_TREE_PICKLE;
  if (scalar.what == COFFER_TREE_TEXT)
    value = g_strdup_printf ("“%s”", scalar.text->str);
  else if (*is_dim)
    value = dup_size (&scalar);
  else
    value = g_strdup (scalar.text->str);
  scalar_clear (&scalar);

  return value;
}

/* As it is stored: JSON is text, all else hex. */
static char *
dup_container (const CofferTree      *self,
               const CofferTreeNode  *node,
               const CofferTreeStyle *style)
{
  g_autoptr(GString) text = g_string_new (NULL);

  if (self->format == COFFER_TREE_JSON)
    coffer_tree_append_text (text, self->data + node->offset, node->length, style);
  else
    coffer_tree_append_hex (text, self->data + node->offset, node->length, style);

  return g_strdup (text->str);
}

char *
coffer_tree_dup_copy (const CofferTree *self,
                      guint             node)
{
  const CofferTreeNode *data;
  CofferTreeStyle style = { COPY_TEXT, FALSE };
  CofferTreeScalar scalar;
  char *value;

  g_return_val_if_fail (node < self->nodes->len, NULL);

  data = coffer_tree_node (self, node);
  if (data->length > COFFER_TREE_MAX_COPY)
    return NULL;
  if (data->kind != COFFER_TREE_SCALAR)
    return dup_container (self, data, &style);
  if (self->format == COFFER_TREE_ARRAY)
    return dup_array_value (self, node, FALSE);

  describe (self, data->offset, data->length, &style, &scalar);
  value = g_strdup (scalar.text->str);
  scalar_clear (&scalar);

  return value;
}

static char *
dup_array_type (const CofferTree *self,
                guint             node)
{
  if (self->array.is_number)
    return g_strdup (node == 1 ? "int64" : "float64");

  return g_strdup (coffer_array_get_type_name (&self->array));
}

char *
coffer_tree_dup_type (const CofferTree *self,
                      guint             node)
{
  static const CofferTreeStyle style = { 16, TRUE };
  const CofferTreeNode *data;
  CofferTreeScalar scalar;
  char *type;

  g_return_val_if_fail (node < self->nodes->len, NULL);

  data = coffer_tree_node (self, node);
  if (self->format == COFFER_TREE_ARRAY)
    return dup_array_type (self, node);
  if (self->format == COFFER_TREE_PICKLE && data->kind != COFFER_TREE_SCALAR)
    return g_strdup ("pickle");

  describe (self, data->offset, data->length, &style, &scalar);
  type = g_steal_pointer (&scalar.type);
  scalar_clear (&scalar);

  return type;
}

static gboolean
is_identifier (const char *name)
{
  if (*name == '\0' || g_ascii_isdigit (*name))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if ((guchar) *c < 0x80 && !g_ascii_isalnum (*c) && *c != '_' && *c != '-')
      return FALSE;

  return TRUE;
}

/* A key of a map, as Python writes it. */
static char *
dup_key_step (const CofferTreeScalar *key,
              gboolean                is_first)
{
  g_auto(GStrv) bytes = NULL;
  g_autofree char *hex = NULL;

  if (key->what == COFFER_TREE_TEXT && is_identifier (key->text->str))
    return g_strconcat (is_first ? "" : ".", key->text->str, NULL);
  if (key->what == COFFER_TREE_TEXT)
    return g_strdup_printf ("[\"%s\"]", key->text->str);
  if (key->what == COFFER_TREE_WORD)
    return g_strdup_printf ("[%s]", key->text->str);

  bytes = g_strsplit (key->text->str, " ", -1);
  hex = g_strjoinv ("\\x", bytes);

  return g_strdup_printf (*hex != '\0' ? "[b\"\\x%s\"]" : "[b\"%s\"]", hex);
}

static char *
dup_step (const CofferTree      *self,
          guint                  node,
          gboolean               is_first,
          const CofferTreeStyle *style)
{
  const CofferTreeNode *data = coffer_tree_node (self, node);
  CofferTreeScalar scalar;
  char *step;

  if (data->name_length == 0)
    return g_strdup_printf ("[%u]", coffer_tree_get_position (self, node));

  describe (self, data->name, data->name_length, style, &scalar);
  step = dup_key_step (&scalar, is_first);
  scalar_clear (&scalar);

  return step;
}

static char *
dup_path (const CofferTree      *self,
          guint                  node,
          guint                  max_parts,
          const CofferTreeStyle *style)
{
  g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GString) path = g_string_new (NULL);

  while (node != COFFER_TREE_ROOT && steps->len < max_parts)
    {
      guint parent = coffer_tree_node (self, node)->parent;

      g_ptr_array_add (steps, dup_step (self, node, parent == COFFER_TREE_ROOT, style));
      node = parent;
    }
  if (node != COFFER_TREE_ROOT)
    g_string_append (path, "…");
  for (guint i = steps->len; i > 0; i--)
    g_string_append (path, g_ptr_array_index (steps, i - 1));

  return g_strdup (path->str);
}

char *
coffer_tree_dup_path (const CofferTree *self,
                      guint             node)
{
  static const CofferTreeStyle style = { NAME_TEXT, TRUE, TRUE };

  g_return_val_if_fail (node < self->nodes->len, NULL);

  return dup_path (self, node, PATH_MAX_PARTS, &style);
}

char *
coffer_tree_dup_exact_path (const CofferTree *self,
                            guint             node)
{
  static const CofferTreeStyle style = { COPY_TEXT, FALSE, TRUE };

  g_return_val_if_fail (node < self->nodes->len, NULL);

  return dup_path (self, node, G_MAXUINT, &style);
}
