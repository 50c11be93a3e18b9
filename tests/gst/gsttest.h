/* SPDX-License-Identifier: MIT */
/* gsttest.h - what the tests of kvaultsrc share. */
#pragma once

#include "gstkvaultsrc.h"

#define GSTTEST_SECONDS 30

/** @table may be NULL. */
char *gsttest_make_uri (const char *path,
                        const char *table,
                        const void *key,
                        gsize       key_size);

/** Floating. */
GstElement *gsttest_make_source (const char *uri);

void gsttest_set_paused (GstElement *pipeline);

/** A pad activated for pulling, which is how demuxers read. */
GstPad *gsttest_activate_pull (GstElement *source);

/** @bytes is NULL unless the answer is GST_FLOW_OK. */
GstFlowReturn gsttest_get_range (GstPad  *pad,
                                 guint64  offset,
                                 guint    length,
                                 GBytes **bytes);
