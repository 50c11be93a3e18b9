/* SPDX-License-Identifier: MIT */
/* The parts of CofferStorageWindow. */
#pragma once

#include "coffer-cache-group.h"
#include "coffer-space-bar.h"
#include "coffer-storage-window.h"

G_BEGIN_DECLS

struct _CofferStorageWindow {
  AdwWindow parent_instance;

  AdwToastOverlay *toasts;
  AdwWindowTitle *title;
  GtkLabel *total;
  GtkLabel *total_words;
  CofferSpaceBar *bar;
  GtkWidget *legend;
  GtkWidget *legend_items[COFFER_N_PARTS];
  GtkLabel *legend_sizes[COFFER_N_PARTS];
  GtkWidget *measuring;
  GtkLabel *measuring_words;
  GtkButton *measure_button;
  GtkScrolledWindow *scrolled;
  CofferCacheGroup *cache_group;
  GtkButton *checkpoint_button;
  GtkLabel *log_size;
  AdwActionRow *log_size_row;
  AdwActionRow *checkpoint_row;
  AdwActionRow *blocked_row;
  AdwActionRow *journal_row, *journal_problem_row;
  GtkButton *journal_button;
  gboolean wal_wanted;
  GtkSwitch *secure_switch;
  AdwActionRow *wipe_row, *optimize_row;
  GtkButton *wipe_button, *optimize_button;
  AdwActionRow *waiting_row;
  GtkLabel *waiting;
  AdwActionRow *growth_row;
  GtkButton *release_button;
  AdwPreferencesGroup *holders;
  GPtrArray *holder_rows;        /* of GtkWidget, unowned */
  GtkButton *compact_button;
  AdwActionRow *frees_row, *disk_row, *memory_row, *time_row, *way_row;
  GtkLabel *frees, *disk, *memory, *time;
  GtkWidget *job_row;
  GtkLabel *job_title, *job_percent, *job_bytes, *job_rate;
  GtkProgressBar *job_bar;
  AdwActionRow *meanwhile_row;
  AdwActionRow *page_maps_row, *reclaim_row, *convert_row;
  GtkSwitch *page_maps;
  GtkButton *reclaim_button;
  AdwActionRow *receipt_row;
  AdwActionRow *problem_row;
  AdwPreferencesGroup *safety;
  AdwActionRow *check_row;
  GtkButton *check_button;
  const CofferInspection *check_shown;  /* unowned: to tell another one */
  GPtrArray *found_rows;         /* of GtkWidget, unowned */
  AdwPreferencesGroup *found_group;
  AdwActionRow *salvage_row;
  GtkButton *salvage_button;
  const CofferInspection *found_shown;  /* unowned: to tell another one */
  GHashTable *ignored;           /* of char: what a person does not want to see any more */
  guint found_wanted;            /* that is to be deleted */
  AdwActionRow *copy_row;
  GtkButton *copy_button;

  CofferStorage *storage;
  GPtrArray *holders_shown;      /* to tell another one */
  CofferCheckpointMode mode_wanted;
  CofferCompactWay way;          /* that a person chose in the dialog */
  gboolean page_maps_wanted;
};

/** What is to be done once the vault may be edited, which is asked for if need be. */
typedef void (*CofferStorageEdit) (CofferStorageWindow *self);
void coffer_storage_window_edit        (CofferStorageWindow *self,
                                        CofferStorageEdit    then);
/** With separators, for words that are translated: xgettext knows no macros of GLib. */
char *coffer_storage_window_dup_number (guint64              n);
/** A row's number, or nothing. */
void coffer_storage_window_show_size   (GtkLabel            *label,
                                        guint64              size);
/** Plan, progress and receipt. */
void coffer_storage_window_update_job  (CofferStorageWindow *self);
/** The write-ahead log. */
void coffer_storage_window_update_log  (CofferStorageWindow *self);
void coffer_storage_window_bind_log    (GtkWidgetClass      *widget_class);
/** Between log and journal. */
void coffer_storage_window_update_journal (CofferStorageWindow *self);
void coffer_storage_window_bind_journal (GtkWidgetClass     *widget_class);
/** What deleted values leave. */
void coffer_storage_window_start_wipe  (CofferStorageWindow *self);
void coffer_storage_window_update_wipe (CofferStorageWindow *self);
void coffer_storage_window_bind_wipe   (GtkWidgetClass      *widget_class);
/** Who is in the way of @error, if it is that. (transfer full) */
char *coffer_storage_window_dup_reason (CofferStorageWindow *self,
                                        const GError        *error);
/** The ways to compact. */
const char *coffer_storage_window_get_way_title    (CofferCompactWay way);
const char *coffer_storage_window_get_way_subtitle (CofferCompactWay way);
/** Why it is not the quickest way, or none: who has the file open comes before the engine's reason. (transfer full) (nullable) */
char *coffer_storage_window_describe_obstacle (const CofferCompactPlan *plan);
void  coffer_storage_window_update_ways (CofferStorageWindow *self);
void  coffer_storage_window_bind_ways   (GtkWidgetClass      *widget_class);
/** What a check found, each with what to do. */
void coffer_storage_window_start_found (CofferStorageWindow *self);
void coffer_storage_window_update_found (CofferStorageWindow *self);
void coffer_storage_window_bind_found  (GtkWidgetClass      *widget_class);
/** What a check found. */
void coffer_storage_window_update_check (CofferStorageWindow *self);
void coffer_storage_window_bind_check  (GtkWidgetClass      *widget_class);
void coffer_storage_window_bind_compact (GtkWidgetClass     *widget_class);

G_END_DECLS
