/* SPDX-License-Identifier: MIT */
/*
 * A table or another section of the file: what the engine said of it, and its count once that is known. Made on a lane,
 * then the main thread's.
 */
#define G_LOG_DOMAIN "coffer-section"

#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

G_STATIC_ASSERT ((int) COFFER_SECTION_V1 == (int) KVAULT_SECTION_V1 && (int) COFFER_SECTION_V2 == (int) KVAULT_SECTION_V2 &&
                 (int) COFFER_SECTION_COLUMNS == (int) KVAULT_SECTION_COLUMNS &&
                 (int) COFFER_SECTION_TEXT == (int) KVAULT_SECTION_TEXT &&
                 (int) COFFER_SECTION_VECTOR == (int) KVAULT_SECTION_VECTOR &&
                 (int) COFFER_SECTION_TEXT_VALUES == (int) KVAULT_SECTION_TEXT_VALUES &&
                 (int) COFFER_SECTION_VECTOR_VALUES == (int) KVAULT_SECTION_VECTOR_VALUES &&
                 (int) COFFER_SECTION_CHUNKS == (int) KVAULT_SECTION_CHUNKS);

struct _CofferSection {
  GObject parent_instance;

  char *name;           /* as the file has it: any bytes but NUL */
  char *display_name;
  int kind;
  gboolean readable;
  gboolean writable;
  char *reason;
  guint64 count;
};

enum {
  PROP_0,
  PROP_DISPLAY_NAME,
  PROP_COUNT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferSection, coffer_section, G_TYPE_OBJECT)

/* The engine's reasons, which are parts of English sentences, as sentences for people. */
static const struct {
  const char *engine;
  const char *words;
} reasons[] = {
  { "the table has no row ids, so its values cannot be read in pieces",
    N_("The table has no row ids, so its values cannot be read in pieces") },
  { "nothing keeps its keys unique", N_("Nothing in the table keeps its keys unique") },
  { "the table has triggers, which would be skipped", N_("The table has triggers, which would be skipped") },
  { "the table has generated columns", N_("The table has generated columns") },
  { "an index lies over its values or over an expression", N_("The table has an index over its values or over an expression") },
  { "it is a text index, not a table of keys", N_("This is a text index, not a table of keys") },
  { "it is a vector index, not a table of keys", N_("This is a vector index, not a table of keys") },
  { "it holds columns, not keys", N_("This holds columns, not keys") },
  { "a text index refers to its rows, so nothing is written to them",
    N_("A text index refers to these values, so nothing is written to them") },
  { "a vector index refers to its rows, so nothing is written to them",
    N_("A vector index refers to these values, so nothing is written to them") },
  { "columns are made of its rows, so nothing is written to them",
    N_("Columns are made of these chunks, so nothing is written to them") },
};

const char *
coffer_section_translate_reason (const char *engine)
{
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_str_equal (reasons[i].engine, engine))
      return _(reasons[i].words);
  return engine;
}

static void
coffer_section_finalize (GObject *object)
{
  CofferSection *self = COFFER_SECTION (object);

  g_free (self->name);
  g_free (self->display_name);
  g_free (self->reason);

  G_OBJECT_CLASS (coffer_section_parent_class)->finalize (object);
}

static void
coffer_section_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  CofferSection *self = COFFER_SECTION (object);

  switch (prop_id)
    {
    case PROP_DISPLAY_NAME:
      g_value_set_string (value, self->display_name);
      break;
    case PROP_COUNT:
      g_value_set_uint64 (value, self->count);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_section_class_init (CofferSectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = coffer_section_finalize;
  object_class->get_property = coffer_section_get_property;

  props[PROP_DISPLAY_NAME] = g_param_spec_string ("display-name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  props[PROP_COUNT] = g_param_spec_uint64 ("count", NULL, NULL, 0, G_MAXUINT64, G_MAXUINT64,
                                           G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_section_init (CofferSection *self)
{
  self->count = G_MAXUINT64;
}

CofferSection *
coffer_section_new (const kvault_section *section)
{
  CofferSection *self = g_object_new (COFFER_TYPE_SECTION, NULL);

  self->name = g_strdup (section->name);
  self->display_name = *section->name != '\0' ? coffer_key_bytes_to_display (section->name, strlen (section->name), 0)
                                              : g_strdup (_("(no name)"));
  self->kind = section->kind;
  self->readable = section->readable;
  self->writable = section->writable;
  self->reason = section->reason != NULL ? g_strdup (coffer_section_translate_reason (section->reason)) : NULL;
  return self;
}

const char *
coffer_section_get_name (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), NULL);

  return self->name;
}

const char *
coffer_section_get_display_name (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), NULL);

  return self->display_name;
}

int
coffer_section_get_kind (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), 0);

  return self->kind;
}

gboolean
coffer_section_is_vault (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), FALSE);

  return self->readable && (self->kind == KVAULT_SECTION_V1 || self->kind == KVAULT_SECTION_V2);
}

gboolean
coffer_section_has_keys (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), FALSE);

  return self->readable;
}

gboolean
coffer_section_is_writable (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), FALSE);

  return self->writable;
}

const char *
coffer_section_get_reason (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), NULL);

  return self->reason;
}

guint64
coffer_section_get_count (CofferSection *self)
{
  g_return_val_if_fail (COFFER_IS_SECTION (self), G_MAXUINT64);

  return self->count;
}

void
coffer_section_set_count (CofferSection *self,
                          guint64        count)
{
  g_return_if_fail (COFFER_IS_SECTION (self));

  if (self->count == count)
    return;
  self->count = count;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_COUNT]);
}
