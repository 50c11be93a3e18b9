/* SPDX-License-Identifier: MIT */
/*
 * The page of a file that could not be opened. It only shows and asks: what is done to the file is the window's, by its actions, and the job of
 * a CofferStorage. What can be done is there or is not; nothing of it is grey. What takes turns does so in stacks: of a widget that is hidden at
 * first GTK 4.8 tells those nothing who cannot see. Main thread.
 */
#define G_LOG_DOMAIN "coffer-problem-page"

#include "coffer-problem-page.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"
#include "coffer-storage-words.h"

struct _CofferProblemPage {
  AdwBin parent_instance;

  AdwWindowTitle *title;
  AdwStatusPage *status;
  GtkStack *states;
  GtkWidget *buttons;
  GtkStack *first;
  GtkWidget *salvage_button;
  GtkWidget *saved_button;
  GtkWidget *open_button;
  GtkWidget *job;
  GtkLabel *job_title;
  GtkProgressBar *job_bar;
  GtkLabel *job_bytes;
  GtkWidget *cancel_button;

  char *name;
  GError *error;
  CofferStorage *storage;      /* NULL: nothing can be saved */
  GtkWidget *main_button;      /* unowned: of these that show, who had the focus first */
};

G_DEFINE_FINAL_TYPE (CofferProblemPage, coffer_problem_page, ADW_TYPE_BIN)

static void
set_suggested (GtkWidget *button,
               gboolean   suggested)
{
  if (suggested)
    gtk_widget_add_css_class (button, "suggested-action");
  else
    gtk_widget_remove_css_class (button, "suggested-action");
}

/* What came of the job that ended last. (transfer full) (nullable) */
static char *
describe_end (CofferProblemPage *self)
{
  CofferStorageJob job;
  const GError *error = coffer_storage_get_job_error (self->storage, &job);
  g_autofree char *saved = coffer_storage_dup_salvaged (self->storage);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_strdup (coffer_storage_get_cancelled_words (job));
  if (error != NULL)
    return g_strdup_printf ("%s: %s", coffer_storage_get_failure_words (job), error->message);
  if (saved == NULL)
    return NULL;
  /* Translators: behind how many keys were saved, and how many could not be read */
  return g_strdup_printf (_("%s. Keys of which the damage left no trace are not counted."), saved);
}

/* (nullable) */
static const char *
get_hint (CofferProblemPage *self,
          gboolean           saved)
{
  if (saved)
    return NULL;
  return self->storage != NULL ? _("What is readable can be exported to a new vault.") : _("None of its values can be read here.");
}

static void
update_words (CofferProblemPage *self,
              gboolean           saved)
{
  g_autofree char *title = NULL, *advice = NULL, *end = self->storage != NULL ? describe_end (self) : NULL;
  g_autofree char *text = NULL, *escaped = NULL;

  coffer_error_describe_damaged (self->error, self->name, get_hint (self, saved), &title, &advice);
  text = end != NULL ? g_strdup_printf ("%s\n\n%s", advice, end) : g_strdup (advice);
  escaped = g_markup_escape_text (text, -1);
  adw_status_page_set_title (self->status, title);
  if (g_strcmp0 (adw_status_page_get_description (self->status), escaped) != 0)
    adw_status_page_set_description (self->status, escaped);
}

static void
update_job (CofferProblemPage *self)
{
  double fraction = coffer_storage_get_fraction (self->storage);
  g_autofree char *bytes = coffer_storage_dup_bytes (self->storage);
  g_autofree char *rate = coffer_storage_dup_rate (self->storage);
  /* Translators: bytes done, of all; and how fast */
  g_autofree char *text = rate != NULL ? g_strdup_printf (_("%s, %s"), bytes, rate) : g_strdup (bytes);

  gtk_label_set_text (self->job_title, coffer_storage_get_step_words (self->storage));
  gtk_label_set_text (self->job_bytes, text);
  gtk_progress_bar_set_fraction (self->job_bar, MAX (fraction, 0));
}

/* The focus stays with what is to be done next, when what had it goes. */
static void
update_cb (CofferProblemPage *self)
{
  gboolean busy = self->storage != NULL && coffer_storage_get_job (self->storage) != COFFER_STORAGE_IDLE;
  g_autofree char *saved = self->storage != NULL ? coffer_storage_dup_salvaged (self->storage) : NULL;
  GtkWidget *button = busy ? self->cancel_button : saved != NULL ? self->saved_button
                    : self->storage != NULL ? self->salvage_button : self->open_button;

  gtk_stack_set_visible_child (self->states, busy ? self->job : self->buttons);
  gtk_stack_set_visible_child (self->first, saved != NULL ? self->saved_button : self->salvage_button);
  if (busy)
    update_job (self);
  update_words (self, saved != NULL);
  if (button == self->main_button)
    return;
  self->main_button = button;
  gtk_widget_grab_focus (button);
}

static void
cancel_cb (CofferProblemPage *self)
{
  if (self->storage != NULL)
    coffer_storage_cancel (self->storage);
}

void
coffer_problem_page_clear (CofferProblemPage *self)
{
  g_return_if_fail (COFFER_IS_PROBLEM_PAGE (self));

  if (self->storage != NULL)
    g_signal_handlers_disconnect_by_func (self->storage, update_cb, self);
  g_clear_object (&self->storage);
}

void
coffer_problem_page_tell (CofferProblemPage *self,
                          const char        *name,
                          const GError      *error,
                          CofferStorage     *storage)
{
  g_return_if_fail (COFFER_IS_PROBLEM_PAGE (self));
  g_return_if_fail (error != NULL);

  coffer_problem_page_clear (self);
  g_free (self->name);
  self->name = g_strdup (name);
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  self->main_button = NULL;
  if (g_set_object (&self->storage, storage) && storage != NULL)
    g_signal_connect_swapped (storage, "changed", G_CALLBACK (update_cb), self);
  adw_window_title_set_title (self->title, name);
  gtk_widget_set_visible (GTK_WIDGET (self->first), storage != NULL);
  set_suggested (self->open_button, storage == NULL);
  update_cb (self);
}

/* As a window shows for the first time, GTK 4.8 takes the focus from what is in a stack. */
static void
coffer_problem_page_map (GtkWidget *widget)
{
  CofferProblemPage *self = COFFER_PROBLEM_PAGE (widget);

  GTK_WIDGET_CLASS (coffer_problem_page_parent_class)->map (widget);
  if (self->main_button != NULL)
    gtk_widget_grab_focus (self->main_button);
}

static void
coffer_problem_page_dispose (GObject *object)
{
  coffer_problem_page_clear (COFFER_PROBLEM_PAGE (object));
  gtk_widget_dispose_template (GTK_WIDGET (object), COFFER_TYPE_PROBLEM_PAGE);

  G_OBJECT_CLASS (coffer_problem_page_parent_class)->dispose (object);
}

static void
coffer_problem_page_finalize (GObject *object)
{
  CofferProblemPage *self = COFFER_PROBLEM_PAGE (object);

  g_free (self->name);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (coffer_problem_page_parent_class)->finalize (object);
}

static void
coffer_problem_page_class_init (CofferProblemPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_problem_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_problem_page_finalize;
  widget_class->map = coffer_problem_page_map;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-problem-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, title);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, status);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, states);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, buttons);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, first);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, salvage_button);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, saved_button);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, open_button);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, job);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, job_title);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, job_bar);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, job_bytes);
  gtk_widget_class_bind_template_child (widget_class, CofferProblemPage, cancel_button);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
}

static void
coffer_problem_page_init (CofferProblemPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
