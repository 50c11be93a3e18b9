/* SPDX-License-Identifier: MIT */
/*
 * What values say, taken apart: the readers of src/app/tree and src/app/text. The first byte chooses which one reads the others. What
 * they tell must lie within the bytes and agree with itself.
 */
#include "fuzz.h"

#include <coffer-text.h>
#include <coffer-tree.h>

const char *const fuzz_name = "tree";
const unsigned fuzz_rounds = 8000;
const bool fuzz_pages = false;

#define LOOKED_AT 60   /* nodes, from the beginning */

static void
look_at (const CofferTree *tree,
         guint             node,
         size_t            size)
{
  gsize offset, length;
  gboolean is_dim;
  g_autofree char *name = coffer_tree_dup_name (tree, node, 0);
  g_autofree char *value = coffer_tree_dup_value (tree, node, &is_dim);
  g_autofree char *copy = coffer_tree_dup_copy (tree, node);
  g_autofree char *type = coffer_tree_dup_type (tree, node);
  g_autofree char *path = coffer_tree_dup_path (tree, node);
  g_autofree char *exact = coffer_tree_dup_exact_path (tree, node);

  coffer_tree_get_range (tree, node, &offset, &length);
  fuzz_require (offset <= size && length <= size - offset);
  fuzz_require (name != NULL && g_utf8_validate (name, -1, NULL));
  fuzz_require (value != NULL && g_utf8_validate (value, -1, NULL));
  fuzz_require (copy != NULL && g_utf8_validate (copy, -1, NULL));
  fuzz_require (type != NULL && path != NULL && g_utf8_validate (path, -1, NULL));
  fuzz_require (exact != NULL && g_utf8_validate (exact, -1, NULL));
}

static void
walk (const CofferTree *tree,
      size_t            size)
{
  guint n = coffer_tree_get_n_nodes (tree);

  for (guint node = 0; node < n && node < LOOKED_AT; node++)
    {
      g_autoptr(GArray) children = coffer_tree_dup_children (tree, node);

      look_at (tree, node, size);
      for (guint i = 0; i < children->len; i++)
        fuzz_require (g_array_index (children, guint, i) > node && g_array_index (children, guint, i) < n);
    }
  fuzz_require (coffer_tree_get_stop (tree) <= size);
}

static void
read_tree (CofferTreeFormat format,
           const uint8_t   *data,
           size_t           size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(CofferTree) tree = coffer_tree_parse (format, bytes, false, NULL);
  g_autoptr(CofferTree) sniffed = coffer_tree_sniff (bytes, NULL);

  walk (tree, size);
  fuzz_require (sniffed == NULL || coffer_tree_get_problem (sniffed) == NULL);
}

static void
read_array (const uint8_t *data,
            size_t         size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(CofferTree) tree = NULL;
  g_autoptr(CofferArrayPicture) picture = NULL;
  CofferArrayStats stats = { 0 };
  CofferArray array;

  if (coffer_array_read_head (&array, data, size, size) != NULL)
    return;

  tree = coffer_tree_new_array (&array, bytes);
  walk (tree, size);
  if (array.is_number)
    return;

  fuzz_require (array.data_offset + array.n_values * array.item_size == size);
  picture = array.n_values > 0 ? coffer_array_picture_new (&array) : NULL;
  coffer_array_add (&array, &stats, picture, data + array.data_offset, array.n_values);
  if (picture != NULL)
    g_bytes_unref (coffer_array_picture_render (&array, picture, &stats));
}

static void
read_text (const uint8_t *data,
           size_t         size)
{
  CofferText text = { .charset = coffer_text_guess_charset (data, size, true), .max_line = 100 };
  gsize n_used;
  GString *decoded = coffer_text_decode (&text, data, size, true, &n_used);

  fuzz_require (n_used == size && g_utf8_validate_len (decoded->str, decoded->len, NULL));
  g_string_free (decoded, TRUE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  if (size == 0)
    return 0;

  switch (data[0] & 7)
    {
    case COFFER_TREE_JSON:
    case COFFER_TREE_MSGPACK:
    case COFFER_TREE_CBOR:
    case COFFER_TREE_PICKLE:
      read_tree (data[0] & 7, data + 1, size - 1);
      break;
    case COFFER_TREE_ARRAY:
      read_array (data + 1, size - 1);
      break;
    default:
      read_text (data + 1, size - 1);
      break;
    }
  return 0;
}
