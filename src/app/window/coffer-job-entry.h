/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-storage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_JOB_ENTRY (coffer_job_entry_get_type ())
G_DECLARE_FINAL_TYPE (CofferJobEntry, coffer_job_entry, COFFER, JOB_ENTRY, AdwBin)

/** What is being done to the file, how far it is, and the way to its place; not there when nothing is. */
void coffer_job_entry_set_storage (CofferJobEntry *self,
                                   CofferStorage  *storage);   /* (nullable) */
void coffer_job_entry_set_narrow  (CofferJobEntry *self,
                                   gboolean        narrow);

G_END_DECLS
