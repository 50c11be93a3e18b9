/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-export.h"

G_BEGIN_DECLS

#define COFFER_TYPE_EXPORT_SHEET (coffer_export_sheet_get_type ())
G_DECLARE_FINAL_TYPE (CofferExportSheet, coffer_export_sheet, COFFER, EXPORT_SHEET, AdwWindow)

/** What is asked about. A plain value. */
typedef struct {
  guint n_keys;
  guint64 n_bytes;      /* 0: not known */
  gboolean archives;    /* to one file, not to a folder */
  gboolean headers;     /* some value has one */
} CofferExportQuestion;

/**
 * How several keys become files, asked before where to; a modal window.
 *
 * Signal "choose": a person is content with it and wants to say where; it closes then.
 *
 * @options  what is set at first
 */
CofferExportSheet *coffer_export_sheet_new         (GtkWindow                  *parent,
                                                    const CofferExportQuestion *question,
                                                    const CofferExportOptions  *options);

/** What is set. Only what was asked for is TRUE. */
void               coffer_export_sheet_get_options (CofferExportSheet *self, CofferExportOptions *options);
/** The ending of the kind of archive that is wanted, ".zip". (transfer none) */
const char        *coffer_export_sheet_get_ending  (CofferExportSheet *self);

G_END_DECLS
