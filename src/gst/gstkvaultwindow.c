/* SPDX-License-Identifier: MIT */
/* gstkvaultwindow.c - what is read ahead of a value. The one who calls holds the lock. */
#include "gstkvaultwindow.h"

#include <string.h>
#include <sys/mman.h>

#define MIB (1024u * 1024)
#define AHEAD (8 * MIB)              /* three seconds of video */
#define MOST_AHEAD (64 * MIB)
#define MOST_TOGETHER (80 * MIB)
#define LEAST_AHEAD (256u * 1024)
#define PAGE 4096u                   /* of memory; where it is larger, advice is not taken */
#define ALIGNMENT (64u * 1024)       /* of where a window begins: demuxers look back a little */
#define LARGEST_GAP (256u * 1024)    /* that is read rather than jumped over */

/* A quarter more, for what was taken already: demuxers look back. */
static gsize
room_for (gsize   most_ahead,
          guint64 size)
{
  return (gsize) CLAMP (size, 1, most_ahead + most_ahead / 4);
}

void
gst_kvault_windows_init (GstKvaultWindows *self,
                         guint64           size)
{
  memset (self, 0, sizeof *self);
  for (int i = 0; i < GST_KVAULT_N_WINDOWS; i++)
    {
      self->each[i].size = size;
      self->each[i].most_ahead = AHEAD;
    }
}

void
gst_kvault_windows_clear (GstKvaultWindows *self)
{
  for (int i = 0; i < GST_KVAULT_N_WINDOWS; i++)
    g_free (self->each[i].bytes);
  memset (self, 0, sizeof *self);
}

/* Memory is first touched while bytes are waited for; in pages of 4 KiB that takes twice as long as reading the bytes from the
 * system's cache. */
static guint8 *
allocate (gsize room)
{
  guint8 *bytes = g_try_malloc (room);
  gsize before = GPOINTER_TO_SIZE (bytes) % PAGE == 0 ? 0 : PAGE - GPOINTER_TO_SIZE (bytes) % PAGE;

  if (bytes != NULL && room >= MIB)
    madvise (bytes + before, (room - before) / PAGE * PAGE, MADV_HUGEPAGE);
  return bytes;
}

static void
move_to (GstKvaultWindow *window,
         guint64          offset)
{
  if (window->bytes == NULL)
    {
      window->room = room_for (window->most_ahead, window->size);
      window->bytes = allocate (window->room);
      g_assert (window->bytes != NULL);
    }
  window->start = window->end = offset - offset % ALIGNMENT;
  window->run = 0;
  window->filling = FALSE;
  window->epoch++;
}

static GstKvaultWindow *
find_near (GstKvaultWindows *self,
           guint64           offset,
           guint64           gap)
{
  for (int i = 0; i < GST_KVAULT_N_WINDOWS; i++)
    {
      GstKvaultWindow *window = &self->each[i];

      if (window->bytes != NULL && offset >= window->start && offset <= window->end + gap)
        return window;
    }
  return NULL;
}

static GstKvaultWindow *
newest (const GstKvaultWindows *self)
{
  const GstKvaultWindow *window = &self->each[0];

  for (int i = 1; i < GST_KVAULT_N_WINDOWS; i++)
    if (self->each[i].used > window->used)
      window = &self->each[i];
  return (GstKvaultWindow *) window;
}

static GstKvaultWindow *
oldest (GstKvaultWindows *self)
{
  GstKvaultWindow *window = &self->each[0];

  for (int i = 1; i < GST_KVAULT_N_WINDOWS; i++)
    if (self->each[i].used < window->used)
      window = &self->each[i];
  return window;
}

GstKvaultWindow *
gst_kvault_windows_find (GstKvaultWindows *self,
                         guint64           offset)
{
  GstKvaultWindow *window = find_near (self, offset, 0);

  if (window == NULL)
    window = find_near (self, offset, LARGEST_GAP);
  if (window == NULL)
    {
      window = oldest (self);
      move_to (window, offset);
    }
  window->at = offset;
  window->used = ++self->clock;
  return window;
}

static guint64
ahead (const GstKvaultWindow *self)
{
  return self->end > self->at ? self->end - self->at : 0;
}

gboolean
gst_kvault_window_wants_filling (GstKvaultWindow *self)
{
  guint64 wanted = CLAMP (self->run, LEAST_AHEAD, self->most_ahead);

  if (self->bytes == NULL || self->end >= self->size || ahead (self) >= MIN (wanted, self->room))
    self->filling = FALSE;
  else if (ahead (self) < wanted / 2)
    self->filling = TRUE;
  return self->filling;
}

GstKvaultWindow *
gst_kvault_windows_pick (GstKvaultWindows *self)
{
  GstKvaultWindow *picked = NULL;

  for (int i = 0; i < GST_KVAULT_N_WINDOWS; i++)
    if (gst_kvault_window_wants_filling (&self->each[i]) && (picked == NULL || self->each[i].used > picked->used))
      picked = &self->each[i];
  return picked;
}

gboolean
gst_kvault_windows_is_full (const GstKvaultWindows *self)
{
  const GstKvaultWindow *window = newest (self);

  return window->bytes != NULL && (ahead (window) >= window->most_ahead / 2 || window->end - window->start == window->size);
}

gsize
gst_kvault_window_take (GstKvaultWindow *self,
                        guint8          *to,
                        guint64          offset,
                        gsize            size)
{
  gsize n = offset < self->end ? (gsize) MIN (size, self->end - offset) : 0;
  gsize place = offset % self->room;
  gsize first = MIN (n, self->room - place);

  memcpy (to, self->bytes + place, first);
  memcpy (to + first, self->bytes, n - first);
  self->at = offset + n;
  self->run += n;
  return n;
}

guint8 *
gst_kvault_window_reserve (GstKvaultWindow *self,
                           guint64          goal,
                           gsize           *size)
{
  guint64 kept_from = MIN (self->at, self->end);
  gsize place = self->end % self->room;
  guint64 n = MIN (goal, self->size) - self->end;

  n = MIN (n, self->room - place);
  n = MIN (n, self->room - (self->end - kept_from));
  if (self->end + n > self->start + self->room)
    self->start = self->end + n - self->room;
  *size = (gsize) n;
  return self->bytes + place;
}

void
gst_kvault_window_add (GstKvaultWindow *self,
                       gsize            size)
{
  self->end += size;
}

void
gst_kvault_windows_grow (GstKvaultWindows *self,
                         GstKvaultWindow  *window)
{
  gsize together = window->most_ahead;
  gsize room = room_for (window->most_ahead * 2, window->size);
  guint8 *bytes;

  for (int i = 0; i < GST_KVAULT_N_WINDOWS; i++)
    together += self->each[i].most_ahead;
  if (window->most_ahead >= MOST_AHEAD || together > MOST_TOGETHER || (bytes = allocate (room)) == NULL)
    return;
  for (guint64 from = window->start, n; from < window->end; from += n)
    {
      n = MIN (window->end - from, MIN (window->room - from % window->room, room - from % room));
      memcpy (bytes + from % room, window->bytes + from % window->room, n);
    }
  g_free (window->bytes);
  window->bytes = bytes;
  window->room = room;
  window->most_ahead *= 2;
}
