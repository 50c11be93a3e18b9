/* SPDX-License-Identifier: MIT */
/* The parts of CofferStorageWindow. */
#pragma once

#include "coffer-cache-group.h"
#include "coffer-space-bar.h"
#include "coffer-storage-window.h"
#include "coffer-two-columns.h"

G_BEGIN_DECLS

struct _CofferStorageWindow {
  AdwWindow parent_instance;

  AdwToastOverlay *toasts;
  AdwWindowTitle *title;
  GtkLabel *total;
  GtkLabel *total_words;
  CofferSpaceBar *bar;
  GtkWidget *legend;
  GPtrArray *legend_shown;       /* of CofferSegment: what there are rows for; NULL: nothing */
  GPtrArray *legend_sizes;       /* of GtkLabel, unowned: one a row */
  GPtrArray *legend_details;     /* likewise; NULL where a row has none */
  GtkWidget *measuring;
  GtkLabel *measuring_words;
  GtkButton *measure_button;
  GtkScrolledWindow *scrolled;
  CofferTwoColumns *columns;
  GtkBox *first_column, *second_column;
  guint build_id;                /* until the next group is built */
  gboolean opened;               /* all groups are there */
  gboolean was_active;           /* ever: the first look is under way by then */
  CofferCacheGroup *cache_group;

  /* What follows is NULL until its group is built. */
  GtkWidget *log_group;
  GtkButton *checkpoint_button;
  GtkLabel *log_size;
  AdwActionRow *log_size_row;
  AdwActionRow *checkpoint_row;
  AdwActionRow *blocked_row;
  guint blocked_tick, blocked_frames;   /* until that is in view, and for how many frames by now */
  AdwActionRow *journal_row, *journal_problem_row;
  GtkButton *journal_button;
  gboolean wal_wanted;
  GtkWidget *wipe_group;
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
  GtkWidget *plan_row, *disk_name, *memory_name, *time_name;
  AdwActionRow *way_row;
  GtkImage *disk_icon, *memory_icon;
  GtkLabel *frees, *disk, *memory, *time, *time_source;
  GtkWidget *compact_group;      /* of what is under way, too */
  GtkWidget *job_row, *job_numbers;
  guint pulse_id;                /* while nobody knows how far it is */
  gboolean busy;                 /* as it was told last */
  guint reveal_id;               /* until its progress is to be in view, */
  double revealed_from, revealed_at;   /* and from where to where that scrolled; at -1: it did not */
  GtkLabel *job_title, *job_percent, *job_bytes, *job_rate;
  GtkProgressBar *job_bar;
  AdwActionRow *meanwhile_row;
  AdwActionRow *page_maps_row, *reclaim_row, *convert_row;
  GtkButton *convert_button;
  GtkSwitch *page_maps;
  GtkButton *reclaim_button;
  AdwActionRow *receipt_row;
  GtkImage *receipt_icon;
  GtkWidget *receipt_table;      /* empty until there is the first */
  GtkLabel *receipt_labels[4][3];   /* of a row: name, before, after */
  AdwActionRow *problem_row;
  AdwPreferencesGroup *safety;
  AdwActionRow *check_row;
  GtkButton *check_button;
  const CofferInspection *check_shown;  /* unowned: to tell another one */
  GPtrArray *found_rows, *found_old;   /* of GtkWidget, unowned: on show; hidden, to be removed */
  GtkBitset *found_told;         /* positions of what there are rows for */
  guint found_tick;              /* while rows come and go */
  guint go_tick, go_frames;      /* while a place is gone to, and for how many frames by now */
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
  CofferCompactWay way;          /* that a person chose in the dialog */
  gboolean page_maps_wanted;
};

/** What is to be done once the vault may be edited, which is asked for if need be. */
typedef void (*CofferStorageEdit) (CofferStorageWindow *self);
void coffer_storage_window_edit        (CofferStorageWindow *self,
                                        CofferStorageEdit    then);
/** What a dialog says of one thing that is done to the file as a whole; also that a vault that is only viewed stays so. (transfer full) */
char *coffer_storage_window_dup_once   (CofferStorageWindow *self,
                                        const char          *text);
/** Why the table in use cannot be changed even if asked: damage, a read-only place. (nullable) if it can, and while a job is at work on it */
const char *coffer_storage_window_get_lock (CofferStorageWindow *self);
/** Likewise, for what is done to the file whatever table is in use. */
const char *coffer_storage_window_get_file_lock (CofferStorageWindow *self);
/** That in the place of what a row says otherwise. */
void coffer_storage_window_show_lock   (AdwActionRow        *row,
                                        const char          *lock,
                                        const char          *otherwise);
/** With separators, for words that are translated: xgettext knows no macros of GLib. */
char *coffer_storage_window_dup_number (guint64              n);
/** A row's number, or nothing. */
void coffer_storage_window_show_size   (GtkLabel            *label,
                                        guint64              size);
/** What a file finds in the .ui of a group, or is called by it. A list of them ends with no name. */
typedef struct {
  const char *name;
  gsize       offset;            /* of a pointer in the window, to a widget; 0: @callback */
  GCallback   callback;
} CofferStoragePart;

#define COFFER_STORAGE_CHILD(name) { #name, G_STRUCT_OFFSET (CofferStorageWindow, name), NULL }
#define COFFER_STORAGE_CALLBACK(name) { #name, 0, G_CALLBACK (name) }

extern const CofferStoragePart coffer_storage_window_log_parts[], coffer_storage_window_journal_parts[], coffer_storage_window_wipe_parts[],
                               coffer_storage_window_compact_parts[], coffer_storage_window_ways_parts[], coffer_storage_window_receipt_parts[], coffer_storage_window_check_parts[],
                               coffer_storage_window_copy_parts[], coffer_storage_window_found_parts[];

/** Build the groups and show them, one with each frame. */
void coffer_storage_window_start_opening (CofferStorageWindow *self);
void coffer_storage_window_stop_opening (CofferStorageWindow *self);
/** The group for what a check found, which most windows never need. */
void coffer_storage_window_build_found (CofferStorageWindow *self);
/** Plan, progress and receipt. */
void coffer_storage_window_update_job  (CofferStorageWindow *self);
/** What was done last. */
void coffer_storage_window_update_receipt (CofferStorageWindow *self);
/** Words beside the size of the file that is smaller now. (transfer full) (nullable) */
char *coffer_storage_window_dup_was    (CofferStorageWindow *self);
/** As the window goes. */
void coffer_storage_window_stop_job    (CofferStorageWindow *self);
/** The write-ahead log. */
void coffer_storage_window_update_log  (CofferStorageWindow *self);
void coffer_storage_window_reveal_blocked (CofferStorageWindow *self,
                                          CofferStorageJob     job);
/** Between log and journal. */
void coffer_storage_window_update_journal (CofferStorageWindow *self);
/** Who else has the file open. */
void coffer_storage_window_update_holders (CofferStorageWindow *self);
/** What deleted values leave. */
void coffer_storage_window_start_wipe  (CofferStorageWindow *self);
void coffer_storage_window_update_wipe (CofferStorageWindow *self);
/** Who is in the way of @error, if it is that. (transfer full) */
char *coffer_storage_window_dup_reason (CofferStorageWindow *self,
                                        const GError        *error);
/** The ways to compact. */
const char *coffer_storage_window_get_way_title    (CofferCompactWay way);
const char *coffer_storage_window_get_way_subtitle (CofferStorageWindow *self, const CofferCompactPlan *plan, CofferCompactWay way);
/** Why it is not the quickest way, or none: who has the file open comes before the engine's reason. (transfer full) (nullable) */
char *coffer_storage_window_describe_obstacle (const CofferCompactPlan *plan);
void  coffer_storage_window_update_ways (CofferStorageWindow *self);
/** What a check found, each with what to do. */
void coffer_storage_window_start_found (CofferStorageWindow *self);
void coffer_storage_window_update_found (CofferStorageWindow *self);
/** What a check found. */
void coffer_storage_window_update_check (CofferStorageWindow *self);
/** A copy. */
void coffer_storage_window_update_copy (CofferStorageWindow *self);

G_END_DECLS
