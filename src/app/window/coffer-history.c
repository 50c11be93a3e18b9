/* SPDX-License-Identifier: MIT */
/* Where somebody was. Going back or forward moves `at`, so that the visit which follows from it is no new one. Main thread. */
#define G_LOG_DOMAIN "coffer-history"

#include "coffer-history.h"

#define MAX_PLACES 50

typedef struct {
  char *section;
  GBytes *prefix;   /* nullable */
} Place;

struct _CofferHistory {
  GPtrArray *places;
  guint at;
};

static void
place_free (gpointer data)
{
  Place *place = data;

  g_free (place->section);
  g_clear_pointer (&place->prefix, g_bytes_unref);
  g_free (place);
}

CofferHistory *
coffer_history_new (void)
{
  CofferHistory *self = g_new0 (CofferHistory, 1);

  self->places = g_ptr_array_new_with_free_func (place_free);
  return self;
}

void
coffer_history_free (CofferHistory *self)
{
  g_ptr_array_unref (self->places);
  g_free (self);
}

void
coffer_history_clear (CofferHistory *self)
{
  g_ptr_array_set_size (self->places, 0);
  self->at = 0;
}

static gboolean
is_at (CofferHistory *self,
       const char    *section,
       GBytes        *prefix)
{
  const Place *place = self->at < self->places->len ? g_ptr_array_index (self->places, self->at) : NULL;

  return place != NULL && g_str_equal (place->section, section) && (place->prefix == NULL) == (prefix == NULL) &&
         (prefix == NULL || g_bytes_equal (place->prefix, prefix));
}

void
coffer_history_visit (CofferHistory *self,
                      const char    *section,
                      GBytes        *prefix)
{
  Place *place;

  if (is_at (self, section, prefix))
    return;
  if (self->places->len > 0)
    g_ptr_array_set_size (self->places, self->at + 1);
  if (self->places->len == MAX_PLACES)
    g_ptr_array_remove_index (self->places, 0);
  place = g_new0 (Place, 1);
  place->section = g_strdup (section);
  place->prefix = prefix != NULL ? g_bytes_ref (prefix) : NULL;
  g_ptr_array_add (self->places, place);
  self->at = self->places->len - 1;
}

gboolean
coffer_history_go (CofferHistory  *self,
                   int             step,
                   const char    **section,
                   GBytes        **prefix)
{
  const Place *place;

  if (step < 0 ? self->at == 0 : self->at + 1 >= self->places->len)
    return FALSE;
  self->at += step;
  place = g_ptr_array_index (self->places, self->at);
  *section = place->section;
  *prefix = place->prefix;
  return TRUE;
}
