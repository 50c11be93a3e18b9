/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-gate.h"
#include "coffer-recent.h"
#include "coffer-transfers.h"

G_BEGIN_DECLS

#define COFFER_APPLICATION_ID "io.github.coffervault.Coffer"

typedef struct _CofferWindow CofferWindow;

#define COFFER_TYPE_APPLICATION (coffer_application_get_type ())
G_DECLARE_FINAL_TYPE (CofferApplication, coffer_application, COFFER, APPLICATION, AdwApplication)

/** The program: one process, a window for each vault. */
CofferApplication *coffer_application_new          (void);

/**
 * Show @file: in the window that has it, else in @window if that is free, else in a new one.
 *
 * @window  (nullable)
 */
void               coffer_application_open_file    (CofferApplication *self,
                                                    GFile             *file,
                                                    CofferWindow      *window);

/** Where all vaults are opened. Returns: (transfer none) */
CofferGate        *coffer_application_get_gate     (CofferApplication *self);

/** Returns: (transfer none) */
CofferRecent      *coffer_application_get_recent   (CofferApplication *self);

/** What is on its way into vaults and out of them. Returns: (transfer none) */
CofferTransfers   *coffer_application_get_transfers (CofferApplication *self);

/** Returns: (transfer none) (nullable) NULL if the schema is not installed */
GSettings         *coffer_application_get_settings (CofferApplication *self);

G_END_DECLS
