/* SPDX-License-Identifier: MIT */
/*
 * One row somebody looks at. Blank until its list fills it in; keeps what it knew when the list has let go of it. Main thread.
 */
#define G_LOG_DOMAIN "coffer-entry"

#include "coffer-entry-private.h"

#define DISPLAY_BYTES 512

enum {
  PROP_0,
  PROP_LOADED,
  PROP_DISPLAY_KEY,
  PROP_SIZE,
  PROP_CONTENT_TYPE,
  PROP_TYPE_LABEL,
  PROP_ERROR,
  PROP_UNSAVED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferEntry, coffer_entry, G_TYPE_OBJECT)

void
coffer_row_facts_clear (CofferRowFacts *facts)
{
  g_clear_pointer (&facts->error, g_ref_string_release);
}

void
coffer_row_facts_copy (const CofferRowFacts *facts,
                       CofferRowFacts       *copy)
{
  GRefString *error = facts->error != NULL ? g_ref_string_acquire (facts->error) : NULL;

  coffer_row_facts_clear (copy);
  *copy = *facts;
  copy->error = error;
}

static void
coffer_entry_dispose (GObject *object)
{
  CofferEntry *self = COFFER_ENTRY (object);

  coffer_entry_wait_in (self, NULL);
  if (self->list != NULL)
    coffer_entry_list_forget (g_steal_pointer (&self->list), self);

  G_OBJECT_CLASS (coffer_entry_parent_class)->dispose (object);
}

static void
coffer_entry_finalize (GObject *object)
{
  CofferEntry *self = COFFER_ENTRY (object);

  g_clear_pointer (&self->key, coffer_key_unref);
  g_free (self->display_key);
  coffer_row_facts_clear (&self->facts);

  G_OBJECT_CLASS (coffer_entry_parent_class)->finalize (object);
}

static void
coffer_entry_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  CofferEntry *self = COFFER_ENTRY (object);

  switch (prop_id)
    {
    case PROP_LOADED:
      g_value_set_boolean (value, self->key != NULL);
      break;
    case PROP_DISPLAY_KEY:
      g_value_set_string (value, coffer_entry_get_display_key (self));
      break;
    case PROP_SIZE:
      g_value_set_uint64 (value, self->facts.size);
      break;
    case PROP_CONTENT_TYPE:
      g_value_set_string (value, self->facts.content_type);
      break;
    case PROP_TYPE_LABEL:
      g_value_set_string (value, self->facts.type_label);
      break;
    case PROP_ERROR:
      g_value_set_string (value, self->facts.error);
      break;
    case PROP_UNSAVED:
      g_value_set_boolean (value, self->facts.unsaved);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_entry_class_init (CofferEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = coffer_entry_dispose;
  object_class->finalize = coffer_entry_finalize;
  object_class->get_property = coffer_entry_get_property;

  props[PROP_LOADED] = g_param_spec_boolean ("loaded", NULL, NULL, FALSE, flags);
  props[PROP_DISPLAY_KEY] = g_param_spec_string ("display-key", NULL, NULL, NULL, flags);
  props[PROP_SIZE] = g_param_spec_uint64 ("size", NULL, NULL, 0, G_MAXUINT64, G_MAXUINT64, flags);
  props[PROP_CONTENT_TYPE] = g_param_spec_string ("content-type", NULL, NULL, NULL, flags);
  props[PROP_TYPE_LABEL] = g_param_spec_string ("type-label", NULL, NULL, NULL, flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  props[PROP_UNSAVED] = g_param_spec_boolean ("unsaved", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_entry_init (CofferEntry *self)
{
  self->link.data = self;
  self->facts.size = G_MAXUINT64;
}

CofferEntry *
coffer_entry_new (CofferEntryList *list,
                  guint            position)
{
  CofferEntry *self = g_object_new (COFFER_TYPE_ENTRY, NULL);

  self->list = list;
  self->position = position;
  return self;
}

CofferEntry *
coffer_entry_new_for_key (CofferKey *key,
                          guint64    size)
{
  CofferEntry *self = coffer_entry_new (NULL, 0);

  self->key = coffer_key_ref (key);
  self->facts.size = size;
  return self;
}

void
coffer_entry_set_key (CofferEntry *self,
                      CofferKey   *key)
{
  gboolean first = self->key == NULL;
  gboolean same = !first && coffer_key_equal (self->key, key);

  coffer_key_ref (key);
  g_clear_pointer (&self->key, coffer_key_unref);
  self->key = key;   /* of the same bytes: it may lie in another row now */
  if (same)
    return;
  g_clear_pointer (&self->display_key, g_free);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DISPLAY_KEY]);
  if (first)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADED]);
}

void
coffer_entry_set_facts (CofferEntry          *self,
                        const CofferRowFacts *facts)
{
  GObject *object = G_OBJECT (self);
  CofferRowFacts old = self->facts;

  self->facts = (CofferRowFacts) { 0 };
  coffer_row_facts_copy (facts, &self->facts);

  g_object_freeze_notify (object);
  if (old.size != facts->size)
    g_object_notify_by_pspec (object, props[PROP_SIZE]);
  if (old.content_type != facts->content_type)
    g_object_notify_by_pspec (object, props[PROP_CONTENT_TYPE]);
  if (old.type_label != facts->type_label)
    g_object_notify_by_pspec (object, props[PROP_TYPE_LABEL]);
  if (g_strcmp0 (old.error, facts->error) != 0)
    g_object_notify_by_pspec (object, props[PROP_ERROR]);
  if (old.unsaved != facts->unsaved)
    g_object_notify_by_pspec (object, props[PROP_UNSAVED]);
  g_object_thaw_notify (object);
  coffer_row_facts_clear (&old);
}

void
coffer_entry_wait_in (CofferEntry *self,
                      GQueue      *queue)
{
  if (self->queue != NULL)
    g_queue_unlink (self->queue, &self->link);
  self->queue = queue;
  if (queue != NULL)
    g_queue_push_head_link (queue, &self->link);
}

guint
coffer_entry_get_position (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), 0);

  return self->position;
}

CofferKey *
coffer_entry_get_key (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), NULL);

  return self->key;
}

const char *
coffer_entry_get_display_key (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), NULL);

  if (self->display_key == NULL && self->key != NULL)
    self->display_key = coffer_key_to_display (self->key, DISPLAY_BYTES);
  return self->display_key;
}

guint64
coffer_entry_get_size (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), G_MAXUINT64);

  return self->facts.size;
}

const char *
coffer_entry_get_content_type (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), NULL);

  return self->facts.content_type;
}

const char *
coffer_entry_get_type_label (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), NULL);

  return self->facts.type_label;
}

const char *
coffer_entry_get_error (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), NULL);

  return self->facts.error;
}

gboolean
coffer_entry_get_unsaved (CofferEntry *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY (self), FALSE);

  return self->facts.unsaved;
}
