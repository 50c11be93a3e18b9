/* SPDX-License-Identifier: MIT */
/*
 * What MessagePack and CBOR have in common: items with a head that says what it is and how much follows. What is open is on a
 * stack of our own; a count is only ever counted down, never reserved for. Any thread.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

#include <glib/gi18n-lib.h>

/* Within a key nothing becomes a node; this bounds what a key may hold. */
#define MAX_DEPTH (1 << 20)

typedef struct {
  guint32 node;        /* COFFER_TREE_NONE within a key */
  guint32 key;         /* of a map: where the last key is */
  guint32 key_length;
  guint8 is_map, is_open, at_value;
  guint64 left;        /* items, unless open */
} Frame;

typedef struct {
  CofferTree *tree;
  GArray *frames;
  gsize at;
} Walk;

static Frame *
top (Walk *walk)
{
  return walk->frames->len > 0 ? &g_array_index (walk->frames, Frame, walk->frames->len - 1) : NULL;
}

static gboolean
is_key (const Frame *frame)
{
  return frame != NULL && frame->is_map && !frame->at_value;
}

/* Whether the next item is to be a node. */
static gboolean
is_seen (const Frame *frame)
{
  return frame == NULL || (frame->node != COFFER_TREE_NONE && !is_key (frame));
}

static guint
add_node (Walk           *walk,
          CofferTreeKind  kind)
{
  const Frame *frame = top (walk);

  if (!is_seen (frame))
    return COFFER_TREE_NONE;

  return coffer_tree_add (walk->tree, kind, frame != NULL ? frame->node : COFFER_TREE_NONE, walk->at,
                          frame != NULL && frame->is_map ? frame->key : 0, frame != NULL && frame->is_map ? frame->key_length : 0);
}

static void
begin_item (Walk *walk)
{
  Frame *frame = top (walk);

  if (is_key (frame))
    frame->key = walk->at;
}

static void
end_item (Walk *walk)
{
  Frame *frame = top (walk);

  if (frame == NULL)
    return;
  if (is_key (frame))
    frame->key_length = walk->at - frame->key;
  if (frame->is_map)
    frame->at_value = !frame->at_value;
  if (!frame->is_open)
    frame->left--;
}

static void
close_node (Walk  *walk,
            guint  index)
{
  CofferTreeNode *node;

  if (index == COFFER_TREE_NONE)
    return;

  node = coffer_tree_node (walk->tree, index);
  node->next = walk->tree->nodes->len;
  node->length = walk->at - node->offset;
}

static void
pop (Walk *walk)
{
  close_node (walk, top (walk)->node);
  g_array_set_size (walk->frames, walk->frames->len - 1);
  end_item (walk);
}

static void
push (Walk                 *walk,
      const CofferTreeHead *head)
{
  Frame frame = { .is_map = head->kind == COFFER_TREE_HEAD_MAP, .is_open = head->is_open };

  frame.node = add_node (walk, frame.is_map ? COFFER_TREE_MAP : COFFER_TREE_LIST);
  frame.left = frame.is_map ? MIN (head->count, G_MAXUINT64 / 2) * 2 : head->count;
  begin_item (walk);
  g_array_append_val (walk->frames, frame);
  walk->at += head->size;
}

static void
add_scalar (Walk                 *walk,
            const CofferTreeHead *head)
{
  guint node = add_node (walk, COFFER_TREE_SCALAR);

  begin_item (walk);
  walk->at += head->size;
  close_node (walk, node);
  end_item (walk);
}

static gboolean
stop (Walk       *walk,
      const char *problem)
{
  coffer_tree_stop (walk->tree, walk->at, problem);

  return FALSE;
}

/* Returns: FALSE where it cannot go on */
static gboolean
read_item (Walk                 *walk,
           const CofferTreeHead *head)
{
  const Frame *frame = top (walk);

  switch (head->kind)
    {
    case COFFER_TREE_HEAD_SCALAR:
      add_scalar (walk, head);
      return TRUE;
    case COFFER_TREE_HEAD_LIST:
    case COFFER_TREE_HEAD_MAP:
      if (walk->frames->len >= MAX_DEPTH)
        return stop (walk, _("It is nested too deep"));
      push (walk, head);
      return TRUE;
    case COFFER_TREE_HEAD_BREAK:
      if (frame == NULL || !frame->is_open || (frame->is_map && frame->at_value))
        return stop (walk, _("Something ends here that did not begin"));
      walk->at += head->size;
      pop (walk);
      return TRUE;
    case COFFER_TREE_HEAD_CUT:
      coffer_tree_stop_at_end (walk->tree);
      return FALSE;
    case COFFER_TREE_HEAD_WRONG:
    default:
      return stop (walk, head->problem);
    }
}

/* What is open ends where reading stopped. */
static void
close_all (Walk *walk)
{
  for (guint i = walk->frames->len; i > 0; i--)
    close_node (walk, g_array_index (walk->frames, Frame, i - 1).node);
}

gboolean
coffer_tree_parse_binary (CofferTree         *self,
                          CofferTreeHeadFunc  read_head,
                          GCancellable       *cancellable)
{
  Walk walk = { self, g_array_new (FALSE, FALSE, sizeof (Frame)), 0 };
  guint n_read = 0;
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      const Frame *frame = top (&walk);
      CofferTreeHead head = { 0 };

      if (frame != NULL && !frame->is_open && frame->left == 0)
        {
          pop (&walk);
          continue;
        }
      if (frame == NULL && self->nodes->len > 0)
        break;
      if (++n_read % COFFER_TREE_CANCEL_EVERY == 0 && g_cancellable_is_cancelled (cancellable))
        break;
      if (self->nodes->len >= COFFER_TREE_MAX_NODES)
        {
          stop (&walk, _("More entries than can be shown"));
          break;
        }

      read_head (self->data + walk.at, self->len - walk.at, &head);
      goes_on = read_item (&walk, &head);
    }

  close_all (&walk);
  if (goes_on && walk.frames->len == 0 && walk.at < self->len)
    stop (&walk, _("More bytes follow the end of the value"));
  g_array_unref (walk.frames);

  return !g_cancellable_is_cancelled (cancellable);
}
