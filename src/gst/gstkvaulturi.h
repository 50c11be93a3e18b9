/* SPDX-License-Identifier: MIT */
/* gstkvaulturi.h - kvault: URIs; gstkvaultsrc.h says what they look like. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** Where a value is. */
typedef struct {
  char *path;
  char *table;   /* or NULL */
  GBytes *key;
  guint64 skip;  /* bytes that are left out at the beginning */
} GstKvaultAddress;

/** NULL if it is no address of a value. */
GstKvaultAddress *gst_kvault_address_new (const char *uri);

void gst_kvault_address_free (GstKvaultAddress *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstKvaultAddress, gst_kvault_address_free)

G_END_DECLS
