/* SPDX-License-Identifier: MIT */
/* gstkvaultwindow.h - what is read ahead of a value: a few windows on it, each a ring of bytes around a place where reading
 * goes on.
 *
 * Demuxers read from several places in turns: an index and the pictures, or sound and pictures that lie far apart. Each of
 * them has a window then, and the one that was not used the longest goes where none is yet. A window begins small, so that a
 * few bytes from far away cost no more than that, and reads the further ahead the more was taken from it one after the other.
 *
 *           start           at                    end
 *     -------|---------------|---------------------|---------------
 *            taken already     ahead: up to 8 MiB     to be filled
 *
 * No locks in here: gstkvaultring.c has one.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_KVAULT_N_WINDOWS 3

typedef struct {
  guint8 *bytes;     /* that at offset o lies at o % room */
  gsize room;
  gsize most_ahead;
  guint64 size;      /* of the value */
  guint64 start;
  guint64 end;
  guint64 at;        /* where reading goes on */
  guint64 run;       /* bytes that were taken one after the other */
  guint64 used;      /* when, as a count */
  guint epoch;       /* another one once it was moved elsewhere */
  gboolean filling;
} GstKvaultWindow;

typedef struct {
  GstKvaultWindow each[GST_KVAULT_N_WINDOWS];
  guint64 clock;
} GstKvaultWindows;

void gst_kvault_windows_init (GstKvaultWindows *self, guint64 size);
void gst_kvault_windows_clear (GstKvaultWindows *self);

/** The window that reading goes on in at @offset: one that is there or nearly, else the oldest, moved there. */
GstKvaultWindow *gst_kvault_windows_find (GstKvaultWindows *self, guint64 offset);

/** The window that is to be filled next, the one used last before others; NULL if all are ahead as far as they are to be. */
GstKvaultWindow *gst_kvault_windows_pick (GstKvaultWindows *self);

/** Whether the one used last, which needs no filling now, is far ahead, or has the whole value. */
gboolean gst_kvault_windows_is_full (const GstKvaultWindows *self);

/** Copies up to @size bytes from @offset, which find() gave it for; returns how many were there. */
gsize gst_kvault_window_take (GstKvaultWindow *self, guint8 *to, guint64 offset, gsize size);

/** Whether it is to be filled: from when half of what should be ahead is taken until all of that is there again. */
gboolean gst_kvault_window_wants_filling (GstKvaultWindow *self);

/** Makes room behind the end, for bytes up to @goal or fewer; returns where they go, and how many, at least one. */
guint8 *gst_kvault_window_reserve (GstKvaultWindow *self, guint64 goal, gsize *size);

/** @size bytes were written to what was reserved. */
void gst_kvault_window_add (GstKvaultWindow *self, gsize size);

/** Lets it be twice as far ahead, up to 64 MiB, and all of them together not much more. */
void gst_kvault_windows_grow (GstKvaultWindows *self, GstKvaultWindow *window);

G_END_DECLS
