/* SPDX-License-Identifier: MIT */
/* A lock, the newest object and at most one turn of the main loop on its way to it. */
#include "coffer-progress.h"

struct _CofferProgress
{
  CofferProgressFunc func;   /* the main thread's; NULL once stopped */
  gpointer data;
  GDestroyNotify free_func;

  GMutex lock;
  gpointer latest;           /* under it; not NULL while a turn is on its way */
};

static void
progress_clear (gpointer data)
{
  CofferProgress *self = data;

  g_clear_pointer (&self->latest, self->free_func);
  g_mutex_clear (&self->lock);
}

static gpointer
swap (CofferProgress *self,
      gpointer        latest)
{
  gpointer last;

  g_mutex_lock (&self->lock);
  last = self->latest;
  self->latest = latest;
  g_mutex_unlock (&self->lock);

  return last;
}

static gboolean
told_cb (gpointer data)
{
  CofferProgress *self = data;
  gpointer latest = swap (self, NULL);

  if (self->func != NULL)
    self->func (latest, self->data);
  else
    self->free_func (latest);

  return G_SOURCE_REMOVE;
}

void
coffer_progress_tell (CofferProgress *self,
                      gpointer        latest)
{
  gpointer last = swap (self, latest);

  if (last != NULL)
    self->free_func (last);
  else
    g_idle_add_full (G_PRIORITY_DEFAULT, told_cb, coffer_progress_ref (self), (GDestroyNotify) coffer_progress_unref);
}

void
coffer_progress_stop (CofferProgress *self)
{
  self->func = NULL;
}

CofferProgress *
coffer_progress_ref (CofferProgress *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
coffer_progress_unref (CofferProgress *self)
{
  g_atomic_rc_box_release_full (self, progress_clear);
}

CofferProgress *
coffer_progress_new (CofferProgressFunc func,
                     gpointer           data,
                     GDestroyNotify     free_func)
{
  CofferProgress *self = g_atomic_rc_box_new0 (CofferProgress);

  self->func = func;
  self->data = data;
  self->free_func = free_func;
  g_mutex_init (&self->lock);

  return self;
}
