/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>
#include <coffer-thumbnails.h>

#include "coffer-findings.h"

G_BEGIN_DECLS

#define COFFER_TYPE_CLEAN_PAGE (coffer_clean_page_get_type ())
G_DECLARE_FINAL_TYPE (CofferCleanPage, coffer_clean_page, COFFER, CLEAN_PAGE, AdwBin)

/** What a page says, translated; borrowed for good. */
typedef struct {
  const char *icon_name, *title, *description;   /* before anything was looked for */
  const char *find_label;                        /* with a mnemonic */
} CofferCleanWords;

/**
 * A page for keys that something was found about: what will be done and where, how far that is, and what was found, with marks. It
 * looks for nothing itself.
 *
 * Signals:
 *   "find" (boolean prefix_only)   begin
 *   "cancel"                       end what is shown as running
 *   "show-key" (CofferKey)         somebody chose it
 *   "delete", "export"             what is marked
 */
GtkWidget *coffer_clean_page_new             (const CofferCleanWords *words);

/** Where to look: a table, and the prefix on show (nullable) as another choice. */
void       coffer_clean_page_set_scope       (CofferCleanPage *self, const char *table, const char *prefix);

/** Rules, or the like. */
void       coffer_clean_page_set_menu        (CofferCleanPage *self, GMenuModel *menu);
/** Whether what is marked can be exported, too; not at first. */
void       coffer_clean_page_set_can_export  (CofferCleanPage *self, gboolean can_export);
/** @thumbnails (nullable) */
void       coffer_clean_page_set_thumbnails  (CofferCleanPage *self, CofferThumbnails *thumbnails);

void       coffer_clean_page_show_start      (CofferCleanPage *self);
/** @fraction below 0: not known */
void       coffer_clean_page_show_progress   (CofferCleanPage *self, const char *doing, const char *detail, double fraction);
/** Back to what was found before. */
void       coffer_clean_page_show_results    (CofferCleanPage *self);
void       coffer_clean_page_show_nothing    (CofferCleanPage *self, const char *icon_name, const char *title, const char *text);
/** What was found is not true any more: another look is offered. */
void       coffer_clean_page_show_outdated   (CofferCleanPage *self, const char *icon_name, const char *title, const char *text);
/** Whether it shows one of these two. */
gboolean   coffer_clean_page_shows_nothing   (CofferCleanPage *self);
void       coffer_clean_page_set_findings    (CofferCleanPage *self, CofferFindings *findings, const char *summary);
/** (transfer none) (nullable) */
CofferFindings *coffer_clean_page_get_findings (CofferCleanPage *self);

G_END_DECLS
