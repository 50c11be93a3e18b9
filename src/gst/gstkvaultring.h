/* SPDX-License-Identifier: MIT */
/* gstkvaultring.h - reads a value ahead, on a thread and a handle of its own, and keeps nobody from writing for long.
 *
 * While it reads it holds a read transaction, in which no other program can move the write-ahead log or, in a file with a rollback
 * journal, write at all. So it lets go of the value
 *
 *  - when it has read far enough ahead (8 MiB, which is three seconds of video), until half of that is used up;
 *  - when nobody has asked for bytes for a quarter of a second;
 *  - in a file with a rollback journal a tenth of a second after it last read, and after at most 1.5 s, whatever it does;
 *  - with a write-ahead log, which keeps nobody waiting, only when that has grown over 64 MB, and when nobody asks.
 *
 * Where taking up again takes over 200 ms (far into a large value of a file without page maps, which is walked to) it reads
 * twice as far ahead from then on, up to 64 MiB.
 *
 * open(), read() and close() are for one thread at a time; set_flushing() for any.
 */
#pragma once

#include <gst/gst.h>

#include "gstkvaulturi.h"

G_BEGIN_DECLS

typedef struct _GstKvaultRing GstKvaultRing;

/** Why open() or read() failed. */
typedef struct {
  int result;           /* a kvault_result */
  gboolean is_deleted;  /* with KVAULT_ESTALE: the key is not there any more */
  char message[1024];
} GstKvaultFailure;

/** Told, on the thread that reads, when bytes are long in coming (150 ms), and when that is over. */
typedef void (*GstKvaultWaiting) (gpointer data,
                                  gboolean waiting);

GstKvaultRing *gst_kvault_ring_new (GstKvaultWaiting waiting,
                                    gpointer         data);
void gst_kvault_ring_free (GstKvaultRing *self);

/** Opens the value and lets go of it. Returns whether that worked; close() it then. @address must stay until then. */
gboolean gst_kvault_ring_open (GstKvaultRing          *self,
                               const GstKvaultAddress *address,
                               GstKvaultFailure       *failure);
void gst_kvault_ring_close (GstKvaultRing *self);

gboolean gst_kvault_ring_is_open (GstKvaultRing *self);

/** Of the value. */
guint64 gst_kvault_ring_size (GstKvaultRing *self);

/** Copies @size bytes from @offset, which are all in the value; waits for them. When it is flushing, @failure->result is
 * KVAULT_ECANCELLED. */
gboolean gst_kvault_ring_read (GstKvaultRing    *self,
                               guint8           *to,
                               guint64           offset,
                               gsize             size,
                               GstKvaultFailure *failure);

/** While it flushes nothing is read: read() returns at once, and what the thread was at is broken off. */
void gst_kvault_ring_set_flushing (GstKvaultRing *self,
                                   gboolean       flushing);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstKvaultRing, gst_kvault_ring_free)

G_END_DECLS
