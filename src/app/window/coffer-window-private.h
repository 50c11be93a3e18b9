/* SPDX-License-Identifier: MIT */
/* What coffer-window.c and the files of its actions share. */
#pragma once

#include "coffer-bundle.h"
#include "coffer-change.h"
#include "coffer-export.h"
#include "coffer-import.h"
#include "coffer-problem-page.h"
#include "coffer-start-page.h"
#include "coffer-storage.h"
#include "coffer-take-back.h"
#include "coffer-toasts.h"
#include "coffer-undo.h"
#include "coffer-vault-view.h"
#include "coffer-vault.h"
#include "coffer-window.h"

typedef struct _CofferWindowExport CofferWindowExport;

struct _CofferWindow {
  AdwApplicationWindow parent_instance;

  AdwToastOverlay *toasts;
  GListModel *toast_widgets;     /* of these */
  CofferToasts *words;           /* on these; NULL: the window is gone */
  AdwToast *toast;               /* weak: the last one */
  AdwToast *undo_toast;          /* weak: the last one that offers to take back */
  guint64 undo_toast_step;       /* this step, and no other */
  GtkStack *pages;
  CofferStartPage *start_page;
  AdwWindowTitle *wait_title;
  GtkSpinner *spinner;
  CofferProblemPage *problem;
  CofferVaultView *view;         /* made with the first vault; a child of pages */

  GFile *file;
  CofferVault *vault;
  CofferVault *damaged;          /* instead: the file could not be opened, but something of it can be saved; then there is storage */
  CofferKey *replaced;           /* (nullable) whose value is to be replaced by what a file chooser is asked for */
  CofferUndo *undo;              /* of the vault; NULL without */
  gpointer writing;              /* deletions, see coffer-window-undo.c; NULL: none now */
  gpointer flushing;             /* the cache, see coffer-window-cache.c; NULL: not now */
  gboolean loses_deletions;      /* they may stay unwritten */
  gboolean closes_after_step;    /* once what is being taken back is */
  GCancellable *copying;         /* keys to the clipboard */
  CofferBundle *ahead;           /* (nullable) what is selected, before somebody drags it; see coffer-window-bundles.c */
  CofferRanges *ahead_rows;      /* these rows */
  guint ahead_id;                /* an idle, until it is taken */
  gboolean told_kept_out;        /* once is enough */
  GCancellable *opening;         /* while a vault is being opened */
  guint patience;
  guint unseen;                  /* asked to show, and waiting for the first rows: a timeout */
  CofferEntry *first_row;        /* which it waits for */
  gboolean problem_shown;
  GtkWidget *closing;            /* weak: the question about what goes on, before it closes; see coffer-window-closing.c */
  gboolean closes;               /* as soon as the transfers that it stops are over */
  gboolean stops_job;            /* of storage, and closes then */
  gboolean closes_when_done;     /* what goes on, if that ends well */
  GtkWidget *conflict;           /* weak: the question about one */
  GPtrArray *wanted;             /* (nullable) files for the vault that is being made */
  CofferWindowExport *exporting; /* (nullable) what a sheet or a file chooser is asked about */
  CofferExportOptions export_options[2]; /* as they were last time: to a folder, to an archive */
  gboolean choosing;             /* a file chooser is open or about to be */
  GPtrArray *outside;            /* of CofferOutside: values that other programs have open; NULL once disposed of */
  gboolean closes_when_updated;  /* all of them */
  GtkWidget *clean;              /* weak: the window "Clean Up" */
  CofferStorage *storage;        /* of the vault, once it was asked for, or of damaged */
  GtkWidget *storage_window;     /* weak */
  GtkFileChooserNative *chooser; /* while it is open: nobody else keeps it */
};

/** What a file chooser is for. */
typedef enum {
  COFFER_CHOICE_OPEN,
  COFFER_CHOICE_CREATE,
  COFFER_CHOICE_ADD_FILES,
  COFFER_CHOICE_ADD_FOLDER,
  COFFER_CHOICE_REPLACE,
  COFFER_CHOICE_EXPORT_FILE,
  COFFER_CHOICE_EXPORT_FOLDER,
  COFFER_CHOICE_EXPORT_ARCHIVE,
  COFFER_CHOICE_COPY,
  COFFER_CHOICE_SALVAGE,
} CofferChoice;

/** Add the actions win.*; once. */
void coffer_window_add_actions    (CofferWindow *self);

/** Enable what can be done with what is on show now. */
void coffer_window_update_actions (CofferWindow *self);

/* coffer-window-actions.c, for coffer-window-keys.c and the like. */

/** Tell of a failure; @name is what failed, the vault or a key. Nothing when cancelled or without a vault. */
void              coffer_window_report (CofferWindow *self, const GError *error, const char *name);

/** Say a word in passing. */
void              coffer_window_toast  (CofferWindow *self, const char *text);
/** Likewise, for as long as somebody needs to read it and to click on what it offers. Sets "toast", which a button may be added to. */
void              coffer_window_toast_for (CofferWindow *self, const char *text, guint seconds);
/** How many milliseconds it has to be until another toast takes the place of the one on show; 0 without a window, too. */
guint             coffer_window_get_toast_delay (CofferWindow *self);
/** One is shown. */
void              coffer_window_note_toast (CofferWindow *self);
/** Above the bar for keys that are selected, not over it. */
void              coffer_window_place_toasts (CofferWindow *self);
/** Place those to come, too. */
void              coffer_window_watch_toasts (CofferWindow *self);
void              coffer_window_clear_toasts (CofferWindow *self);

/** A question; Esc is Cancel, and Enter, too, unless @answer is suggested. Returns: (transfer none) */
AdwMessageDialog *coffer_window_ask    (CofferWindow *self, const char *heading, const char *body, const char *answer, const char *label,
                                        AdwResponseAppearance appearance, GCallback response_cb);

/** Show a file chooser, with all vaults closed meanwhile; nothing if one is up. */
void              coffer_window_choose (CofferWindow *self, CofferChoice choice);

void              coffer_window_enable (CofferWindow *self, const char *name, gboolean enabled);

/* coffer-window-keys.c: the actions on keys. */
void coffer_window_add_key_actions    (CofferWindow *self);
void coffer_window_update_key_actions (CofferWindow *self);

/** The only entry that is selected, if its key is known. Returns: (transfer none) (nullable) */
CofferEntry *coffer_window_get_single_entry (CofferWindow *self);

/* coffer-window-storage.c */
void coffer_window_storage_action     (GSimpleAction *action, GVariant *parameter, gpointer user_data);
/** There is one now. */
void coffer_window_begin_storage      (CofferWindow *self, CofferVault *vault);
/** The vault goes. */
void coffer_window_close_storage      (CofferWindow *self);
/** A file chooser for a copy: the name in it, and what was chosen. */
void coffer_window_suggest_copy       (CofferWindow *self, GtkFileChooser *chooser);
void coffer_window_save_copy          (CofferWindow *self, GFile *file);
/** The same, of what is readable. */
void coffer_window_save_salvage       (CofferWindow *self, GFile *file);

/* coffer-window-secure.c: what is remembered is told to the vault, and what was switched in it is remembered */
void coffer_window_follow_secure_delete (CofferWindow *self);
void coffer_window_remember_secure_delete (CofferWindow *self);

/* coffer-window-found.c: what the window "Storage" wants done with what a check found */
void coffer_window_follow_found       (CofferWindow *self, GtkWidget *window);

/* coffer-window.c, for the next. */
/** An opening is over, if it is not the window's any more: then FALSE, and nothing is to be done with what came of it. */
gboolean coffer_window_end_opening    (CofferWindow *self, CofferVault *vault, const GError *error);
void coffer_window_show_problem       (CofferWindow *self, const GError *error);

/* coffer-window-damaged.c */
/** The file could not be opened, as it is damaged: go on to find out whether something of it can be saved, then show the problem. */
void coffer_window_look_at_damaged    (CofferWindow *self, const GError *error);
gboolean coffer_window_is_salvaging   (CofferWindow *self);
void coffer_window_salvage_action     (GSimpleAction *action, GVariant *parameter, gpointer user_data);
void coffer_window_open_salvaged_action (GSimpleAction *action, GVariant *parameter, gpointer user_data);
void coffer_window_drop_damaged       (CofferWindow *self);

/* coffer-window-clean.c */
void coffer_window_clean_action       (GSimpleAction *action, GVariant *parameter, gpointer user_data);
/** The vault goes. */
void coffer_window_close_clean        (CofferWindow *self);

/* coffer-window-delete.c */
void coffer_window_delete_key_action  (GSimpleAction *action, GVariant *parameter, gpointer user_data);
void coffer_window_delete_shown_action (GSimpleAction *action, GVariant *parameter, gpointer user_data);
/** Select all that is on show. Returns: FALSE, told, while it is still being read */
gboolean coffer_window_select_shown   (CofferWindow *self);

/** As many bytes are written at once, or so many keys renamed: more is a transfer. */
#define COFFER_WINDOW_LONG_BYTES (32u << 20)
#define COFFER_WINDOW_LONG_KEYS 5000u

/* coffer-window-rename-one.c */
void coffer_window_rename_one         (CofferWindow *self, CofferEntry *entry);
/** In the place of its key. */
void coffer_window_add_rename         (CofferWindow *self);

/* coffer-window-rename.c */
/** Find and replace in the names of the keys that are selected. @prefix (nullable): that they all have, to begin with. */
void coffer_window_rename_several     (CofferWindow *self, GBytes *prefix);

/* coffer-window-replace.c */
void coffer_window_replace_action     (GSimpleAction *action, GVariant *parameter, gpointer user_data);
/** The file that is to become the value was chosen. */
void coffer_window_replace_with       (CofferWindow *self, GFile *file);

/* coffer-window-add.c: adding files. */
void     coffer_window_add_add_actions    (CofferWindow *self);
void     coffer_window_update_add_actions (CofferWindow *self);
/** Add files and folders under the prefix on show; asks first where need be. @files  of GFile, not changed any more */
void     coffer_window_add_files          (CofferWindow *self, GPtrArray *files);
/** Show a place, as of coffer_file_drop_place(). */
void     coffer_window_go_to              (CofferWindow *self, GVariant *place);
/** Add values of another vault likewise; of this one nothing is done. */
void     coffer_window_add_bundle         (CofferWindow *self, CofferBundle *bundle);
/** Files dropped where no vault is: vaults are opened, one here, more in windows of their own; for others a new one is made. */
void     coffer_window_take_files         (CofferWindow *self, GPtrArray *files);

/* coffer-window-import.c: what is being added. */
/** Begin to add what was planned; asks about keys that exist, as @conflict says. @bundle: (nullable) whose values they are; @stays: they do
 * not go from there, though they were to */
void     coffer_window_run_import         (CofferWindow *self, CofferAdditions *additions, CofferConflict conflict, CofferBundle *bundle,
                                           gboolean stays);
/** Begin to add what has its keys. */
void     coffer_window_start_import       (CofferWindow *self, CofferAdditions *additions);
/** Some of the values that an import brought are not where they were any more: tell it, and what did not come, or did not go. */
void     coffer_window_tell_moved         (CofferWindow *self, CofferImport *import, CofferTakeBack *moving);
/** Whether it moves keys from vault to vault: one of both halves. */
gboolean coffer_window_is_moving          (CofferTransfer *transfer);

/* coffer-window-closing.c: the question about what goes on. */
/** Ask about it before the window closes. Returns: whether there is such a thing */
gboolean coffer_window_keeps_work         (CofferWindow *self);
/** A job of storage goes on otherwise: the question follows. */
void     coffer_window_update_closing     (CofferWindow *self);
/** It is over. Returns: whether the window closes, and nothing is to be told */
gboolean coffer_window_job_ended          (CofferWindow *self, CofferStorageJob job);
/** The vault goes. */
void     coffer_window_forget_closing     (CofferWindow *self);

/* coffer-window-bundles.c: keys that leave by a drag or the clipboard. */
void     coffer_window_add_bundle_actions    (CofferWindow *self);
void     coffer_window_update_bundle_actions (CofferWindow *self);
/** The vault goes. */
void     coffer_window_drop_ahead            (CofferWindow *self);
/** Once there is a view. */
void     coffer_window_add_drag              (CofferWindow *self);
/** Whether the keys are in the file that the window shows. */
gboolean coffer_window_is_source             (CofferWindow *self, CofferBundle *bundle);
/** Paste keys that a window of this program copied. */
void     coffer_window_paste_bundle          (CofferWindow *self);
/** They are in this vault by now: begin to delete them where they were, each if it is the same as here. */
void     coffer_window_finish_move           (CofferWindow *self, CofferImport *import, CofferBundle *bundle);

/* coffer-window-editable.c */
typedef void (*CofferWindowFunc) (CofferWindow *self, gpointer data);

/**
 * There is a vault: do what changes it, at once, or once somebody has agreed to open it for editing; where it cannot be, say why.
 *
 * @why   translated: what can be done then
 * @data  (transfer full), freed in any case by @free_func (nullable)
 */
void coffer_window_do_editable   (CofferWindow *self, const char *why, CofferWindowFunc func, gpointer data, GDestroyNotify free_func);
const char *coffer_window_why_edit_to_add (void);
/** What a key means that does nothing, as the vault is open for viewing: the name of an action. */
void coffer_window_change_action (GSimpleAction *action, GVariant *parameter, gpointer user_data);

/* coffer-window-paste.c: what other programs have as pictures and texts. */
/** Ask for a key, and add the bytes. */
void coffer_window_add_bytes     (CofferWindow *self, GBytes *bytes, const char *content_type);
/** The same as a PNG. */
void coffer_window_add_texture   (CofferWindow *self, GdkTexture *texture);
/** The same with what is on the clipboard, which is no file. */
void coffer_window_paste_content (CofferWindow *self);

/* coffer-window-notices.c */
/** It has ended: tell it to the desktop if it was long, and nobody is looking. */
void coffer_window_tell_desktop  (CofferWindow *self, CofferTransfer *transfer, const char *text);
/** Likewise for what took so long in all. */
void coffer_window_tell_desktop_after (CofferWindow *self, gint64 seconds, const char *text);

/* coffer-window-export.c */
void coffer_window_add_export_actions (CofferWindow *self);
/** Enable win.export-archive and -archive-shown, where there are archives, if anything is @selected, or @shown. */
void coffer_window_enable_export_archive (CofferWindow *self, gboolean selected, gboolean shown);
/** What a chooser is to ask beyond the place. */
void coffer_window_add_export_choices (CofferWindow *self, GtkFileChooser *chooser);
/** It was answered. */
void coffer_window_export_to          (CofferWindow *self, CofferWindowExport *wanted, GtkFileChooser *chooser);
void coffer_window_export_free        (CofferWindowExport *wanted);
/** Names what was left out, and why. @first  (nullable) line; @skips  of CofferTransferSkip */
void coffer_window_show_problems      (CofferWindow *self, const char *heading, const char *first, GPtrArray *skips);
/** Ask where to, then export these. @keys  of CofferKey, not changed any more; @n_bytes  of their values */
void coffer_window_export_keys        (CofferWindow *self, GPtrArray *keys, guint64 n_bytes);

/* coffer-window-views.c: the actions on how keys are shown, which are remembered. */
void coffer_window_add_view_actions    (CofferWindow *self);
void coffer_window_update_view_actions (CofferWindow *self);
void coffer_window_restore_views       (CofferWindow *self, GSettings *settings);

/* coffer-window-places.c: the actions on where one is. */
void coffer_window_add_place_actions    (CofferWindow *self);
void coffer_window_update_place_actions (CofferWindow *self);
/** Once there is a view. */
void coffer_window_follow_separators    (CofferWindow *self);
/** Those of now, to who shows prefixes. */
void coffer_window_apply_separators     (CofferWindow *self);

/* coffer-window-undo.c */
void coffer_window_add_undo_actions    (CofferWindow *self);
void coffer_window_update_undo_actions (CofferWindow *self);
/** A vault came (or went): there is nothing to be taken back. */
void coffer_window_start_undo          (CofferWindow *self);
void coffer_window_stop_undo           (CofferWindow *self);
/** Say that something was done, and offer to take it back. */
void coffer_window_toast_undo          (CofferWindow *self, const char *text);
/** Whoever is writing a text means that text: do what the action means there. @action  "undo", "redo". Returns: whether somebody is */
gboolean coffer_window_gives_to_text   (CofferWindow *self, const char *action);
/** Write what waits to be deleted before the window closes. Returns: whether there is such a thing */
gboolean coffer_window_keeps_deletions (CofferWindow *self);
/** Whether something is being taken back: the window closes once it is. */
gboolean coffer_window_keeps_step      (CofferWindow *self);
/** The same before the vault is for viewing only. */
void coffer_window_stop_editing        (CofferWindow *self);

/* coffer-window-cache.c */

/** The options of @settings are those of the vault's cache, until coffer_window_stop_cache(). */
void coffer_window_start_cache          (CofferWindow *self, GSettings *settings);
void coffer_window_stop_cache           (CofferWindow *self, GSettings *settings);
/** Whether values wait to be written. */
gboolean coffer_window_has_waiting      (CofferWindow *self);
/** Write them, then do what waits for it. @then (nullable) */
void coffer_window_flush                (CofferWindow *self, void (*then) (CofferWindow *self));
/** Write them before the window closes. Returns: whether there is such a thing */
gboolean coffer_window_keeps_cache      (CofferWindow *self);

/* coffer-window-outside.c */
void     coffer_window_open_with_action (GSimpleAction *action, GVariant *parameter, gpointer user_data);

/** Ask about what other programs changed and is not in the vault. Returns: whether there is such a thing */
gboolean coffer_window_keeps_outside    (CofferWindow *self);

/** The window may be in front again: look at what they have open. */
void     coffer_window_check_outside    (CofferWindow *self);

/* coffer-window-wait.c */
typedef struct _CofferWindowWait CofferWindowWait;

/** @text (transfer full): what is being done. Returns: (transfer full): until it is done */
CofferWindowWait *coffer_window_wait_new             (CofferWindow *window, char *text);
GCancellable     *coffer_window_wait_get_cancellable (CofferWindowWait *self);
/** That of coffer_vault_replace_async() and the like. Returns: (transfer none) */
CofferProgress   *coffer_window_wait_get_progress    (CofferWindowWait *self);
void              coffer_window_wait_free            (CofferWindowWait *self);
