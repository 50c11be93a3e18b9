/* SPDX-License-Identifier: MIT */
/*
 * The sheet before an import. Every change of the rule shows at once in the samples, and is looked up in the vault behind; what comes
 * of an earlier change by then is dropped. Main thread.
 */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-import-sheet.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-error.h"
#include "coffer-import-keys.h"
#include "coffer-import-pictures.h"
#include "coffer-import-sample.h"
#include "coffer-import.h"
#include "coffer-upright.h"

#define WIDTH 580
#define HEIGHT 650
#define NARROW 480
#define N_SAMPLES 3
#define MAX_PROBLEMS 200    /* that are named */
#define MAX_NAME 200        /* bytes of a name */
#define PATIENCE_MS 1000    /* before it tells that it looks */
#define AGAIN_MS 500        /* until a vault that was busy is asked again */

struct _CofferImportSheet {
  AdwWindow parent_instance;

  AdwWindowTitle *heading;
  GtkWidget *cancel_button;
  GtkWidget *add_button;
  GtkWidget *waiting;
  GtkWidget *content;
  GtkLabel *kinds;
  GtkEditable *prefix_row;
  AdwActionRow *archive_row;
  GtkSwitch *archive_switch;
  AdwActionRow *restore_row;
  GtkSwitch *restore_switch;
  GtkWidget *folders_row;
  GtkSwitch *folders_switch;
  GtkWidget *separator_row;
  GtkDropDown *separator;
  GtkButton *more;
  GtkListBox *samples;
  AdwExpanderRow *problems_row;
  AdwActionRow *conflicts_row;
  GtkImage *conflicts_icon;
  GtkDropDown *conflicts;
  AdwActionRow *long_row;
  AdwActionRow *stays_row;
  GtkSwitch *verify_switch;
  AdwActionRow *disk_row;
  GtkImage *disk_icon;

  CofferVault *vault;
  GBytes *prefix;             /* of the place; (nullable) */
  GBytes *odd_prefix;         /* one that is no text, and cannot be changed here; (nullable) */
  CofferImportPlan *plan;     /* NULL: it is being made */
  GFile *archive;             /* that can be taken apart; (nullable) */
  CofferImportPlan *packed;   /* of it as one file … */
  CofferImportPlan *unpacked; /* … and of what is in it, once that was looked for */
  GCancellable *unpacking;
  CofferAdditions *additions; /* for the rule as it is; NULL while that is looked up */
  GCancellable *applying;
  guint again_id;             /* another program keeps the vault from being read: it will be asked again */
  guint patience_id;          /* with the look that is under way */
  GtkSizeGroup *names;        /* of the samples */
  CofferImportPictures *pictures; /* of the samples; NULL: no plan yet */
  GPtrArray *problem_rows;    /* unowned */
  gboolean narrow;            /* no room for more than keys */
  gboolean offered;           /* the keyboard was moved to Add, once it could be */
  guint64 free_bytes;         /* on the disk; G_MAXUINT64: not known */
};

static guint add_signal;

G_DEFINE_FINAL_TYPE (CofferImportSheet, coffer_import_sheet, ADW_TYPE_WINDOW)

/* Words */

static char *
format_number (guint number)
{
  return g_strdup_printf ("%'u", number);
}

static char *
count_words (const char *one,
             const char *many,
             guint       n)
{
  g_autofree char *number = format_number (n);
  g_autofree char *format = g_strdup (g_dngettext (GETTEXT_PACKAGE, one, many, n));
  g_auto(GStrv) parts = g_strsplit (format, "%s", 2);

  return g_strjoinv (number, parts);
}

static void
set_heading (CofferImportSheet        *self,
             const CofferImportCounts *counts)
{
  gboolean values = self->plan != NULL && coffer_import_plan_get_bundle (self->plan) != NULL;
  g_autofree char *title = values                ? count_words ("Copy %s Key", "Copy %s Keys", counts->n_files)
                           : counts->n_files > 0 ? count_words ("Add %s File", "Add %s Files", counts->n_files) : g_strdup (_("Add Files"));
  g_autofree char *size = g_format_size (counts->n_bytes);
  const char *folder = self->plan != NULL ? coffer_import_plan_get_folder (self->plan) : NULL;
  /* Translators: a folder and its size, "oslo-fjord-trip, 9.6 GB" */
  g_autofree char *subtitle = folder != NULL ? g_strdup_printf (_("%s, %s"), folder, size) : g_strdup (size);

  adw_window_title_set_title (self->heading, title);
  adw_window_title_set_subtitle (self->heading, subtitle);
  gtk_window_set_title (GTK_WINDOW (self), title);
}

static void
add_words (GPtrArray *list,
           char      *words)
{
  g_ptr_array_add (list, words);
}

/* "1,206 images, 71 videos, 7 other files in 38 folders" */
static void
set_kinds (CofferImportSheet        *self,
           const CofferImportCounts *counts)
{
  guint n_other = counts->n_files - counts->n_images - counts->n_videos;
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *kinds = NULL, *folders = NULL, *text = NULL;

  if (counts->n_images > 0)
    add_words (list, count_words ("%s image", "%s images", counts->n_images));
  if (counts->n_videos > 0)
    add_words (list, count_words ("%s video", "%s videos", counts->n_videos));
  if (n_other > 0)
    add_words (list, list->len > 0 ? count_words ("%s other file", "%s other files", n_other) : count_words ("%s file", "%s files", n_other));
  g_ptr_array_add (list, NULL);
  kinds = g_strjoinv (_(", "), (char **) list->pdata);
  folders = counts->n_folders > 0 ? count_words ("%s folder", "%s folders", counts->n_folders) : NULL;
  /* Translators: files and the folders they are in, "7 files in 2 folders" */
  text = folders != NULL && *kinds != '\0' ? g_strdup_printf (_("%s in %s"), kinds, folders) : g_strdup (kinds);
  gtk_label_set_text (self->kinds, text);
  gtk_widget_set_visible (GTK_WIDGET (self->kinds), *text != '\0');
}

/* The rule */

char
coffer_import_sheet_separator (GBytes *prefix)
{
  gsize size = 0;
  const char *bytes = prefix != NULL ? g_bytes_get_data (prefix, &size) : NULL;

  return size > 0 && bytes[size - 1] == ':' ? ':' : '/';
}

GBytes *
coffer_import_sheet_make_prefix (CofferImportPlan *plan,
                                 GBytes           *prefix)
{
  const char *folder = coffer_import_plan_get_folder (plan);
  char *under;

  if (coffer_import_plan_get_restores (plan))   /* the keys are whole */
    return g_bytes_new (NULL, 0);
  if (prefix != NULL && g_bytes_get_size (prefix) > 0)
    return g_bytes_ref (prefix);
  if (folder == NULL)
    return g_bytes_new (NULL, 0);
  under = g_strconcat (folder, "/", NULL);
  return g_bytes_new_take (under, strlen (under));
}

static char
get_separator (CofferImportSheet *self)
{
  return gtk_drop_down_get_selected (self->separator) == 1 ? ':' : '/';
}

/* As it stands in the entry; what follows a prefix is parted from it. (transfer full) */
static GBytes *
dup_prefix (CofferImportSheet *self)
{
  const char *text = gtk_editable_get_text (self->prefix_row);
  gsize size = strlen (text);

  if (self->odd_prefix != NULL)
    return g_bytes_ref (self->odd_prefix);
  if (size > 0 && text[size - 1] != '/' && text[size - 1] != ':')
    {
      char *parted = g_strdup_printf ("%s%c", text, get_separator (self));

      return g_bytes_new_take (parted, size + 1);
    }
  return g_bytes_new (text, size);
}

static CofferImportRule
make_rule (CofferImportSheet *self,
           GBytes            *prefix)
{
  return (CofferImportRule) { prefix, gtk_switch_get_active (self->folders_switch), get_separator (self),
                              coffer_import_plan_get_restores (self->plan) };
}

/* Samples */

static GtkWidget *
new_sample (CofferImportSheet      *self,
            guint                   position,
            const CofferImportRule *rule)
{
  GtkWidget *row = gtk_list_box_row_new (), *sample = coffer_import_sample_new ();

  coffer_import_sample_set (COFFER_IMPORT_SAMPLE (sample), self->plan, self->additions, position, rule);
  coffer_import_sample_set_narrow (COFFER_IMPORT_SAMPLE (sample), self->narrow);
  if (self->additions != NULL)
    coffer_import_sample_set_picture (COFFER_IMPORT_SAMPLE (sample), coffer_import_pictures_get (self->pictures, position,
                                                                                                 coffer_additions_get (self->additions, position)));
  gtk_size_group_add_widget (self->names, coffer_import_sample_get_name (COFFER_IMPORT_SAMPLE (sample)));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), sample);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  return row;
}

static void
picture_cb (guint       position,
            GdkTexture *picture,
            gpointer    data)
{
  CofferImportSheet *self = data;
  GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->samples));

  for (; row != NULL; row = gtk_widget_get_next_sibling (row))
    {
      CofferImportSample *sample = COFFER_IMPORT_SAMPLE (gtk_list_box_row_get_child (GTK_LIST_BOX_ROW (row)));

      if (coffer_import_sample_get_position (sample) == position)
        coffer_import_sample_set_picture (sample, picture);
    }
}

/* Positions mean something else once it is restored, or not. */
static void
start_pictures (CofferImportSheet *self)
{
  g_clear_pointer (&self->pictures, coffer_import_pictures_close);
  self->pictures = coffer_import_pictures_new (coffer_import_plan_get_bundle (self->plan), picture_cb, self);
}

static int
compare_positions (gconstpointer a,
                   gconstpointer b)
{
  guint left = *(const guint *) a, right = *(const guint *) b;

  return left < right ? -1 : left > right;
}

/* An ordinary one, a conflict, the deepest, and as many others as there is room for. */
static void
choose_samples (CofferImportSheet *self,
                guint              n_files,
                GArray            *chosen)
{
  guint conflict = self->additions != NULL ? coffer_additions_get_foresight (self->additions)->first_there : 0;
  guint wanted[2 + N_SAMPLES] = { conflict, coffer_import_plan_get_deepest (self->plan) };

  for (guint i = 0; i < N_SAMPLES; i++)
    wanted[2 + i] = i;
  for (guint i = 0; i < G_N_ELEMENTS (wanted) && chosen->len < MIN (N_SAMPLES, n_files); i++)
    {
      gboolean known = wanted[i] >= n_files;

      for (guint j = 0; j < chosen->len; j++)
        known = known || g_array_index (chosen, guint, j) == wanted[i];
      if (!known)
        g_array_append_val (chosen, wanted[i]);
    }
  g_array_sort (chosen, compare_positions);
}

static void
show_samples (CofferImportSheet *self)
{
  g_autoptr(GBytes) prefix = dup_prefix (self);
  CofferImportRule rule = make_rule (self, prefix);
  guint n_files = coffer_import_plan_get_counts (self->plan).n_files;
  g_autoptr(GArray) chosen = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree char *more = n_files > N_SAMPLES ? count_words ("%s More…", "%s More…", n_files - N_SAMPLES) : NULL;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->samples))) != NULL)
    gtk_list_box_remove (self->samples, child);
  choose_samples (self, n_files, chosen);
  for (guint i = 0; i < chosen->len; i++)
    gtk_list_box_append (self->samples, new_sample (self, g_array_index (chosen, guint, i), &rule));
  gtk_button_set_label (self->more, more != NULL ? more : "");
  gtk_widget_set_visible (GTK_WIDGET (self->more), more != NULL);
}

static void
more_cb (CofferImportSheet *self)
{
  g_autoptr(GBytes) prefix = NULL;
  CofferImportRule rule;

  if (self->plan == NULL)
    return;
  prefix = dup_prefix (self);
  rule = make_rule (self, prefix);
  gtk_window_present (coffer_import_keys_new (GTK_WINDOW (self), self->plan, self->additions, &rule));
}

/* Before you add */

/* The row of the keys that exist, with a warning or without. */
static void
show_conflicts_row (CofferImportSheet *self,
                    gboolean           warns,
                    const char        *title,
                    const char        *subtitle)
{
  gtk_image_set_from_icon_name (self->conflicts_icon, warns ? "dialog-warning-symbolic" : "content-loading-symbolic");
  if (warns)
    gtk_widget_add_css_class (GTK_WIDGET (self->conflicts_icon), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->conflicts_icon), "warning");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->conflicts_row), title);
  adw_action_row_set_subtitle (self->conflicts_row, subtitle);
  gtk_widget_set_visible (GTK_WIDGET (self->conflicts), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->conflicts_row), TRUE);
}

static void
show_conflicts (CofferImportSheet *self)
{
  const CofferForesight *found = coffer_additions_get_foresight (self->additions);
  g_autofree char *title = count_words ("%s key exists already", "%s keys exist already", found->n_there);
  g_autofree char *subtitle = found->n_identical == 0 ? g_strdup (_("None is identical to the file being added"))
                              : count_words ("%s is identical, and left as it is", "%s are identical, and left as they are", found->n_identical);

  show_conflicts_row (self, TRUE, title, subtitle);
  gtk_widget_set_visible (GTK_WIDGET (self->conflicts_row), found->n_there > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->conflicts), found->n_identical < found->n_there);
}

static GtkWidget *
new_problem (const CofferImportProblem *problem)
{
  g_autofree char *name = coffer_key_bytes_to_display (problem->path, strlen (problem->path), MAX_NAME);

  return g_object_new (ADW_TYPE_ACTION_ROW, "use-markup", FALSE, "title", name, "title-lines", 1, "subtitle", problem->reason, NULL);
}

static void
show_problems (CofferImportSheet *self)
{
  GPtrArray *problems = coffer_import_plan_get_problems (self->plan);
  g_autofree char *title = coffer_import_plan_get_bundle (self->plan) != NULL
                             ? count_words ("%s key is left out", "%s keys are left out", problems->len)
                             : count_words ("%s file or folder is left out", "%s files and folders are left out", problems->len);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->problems_row), title);
  gtk_widget_set_visible (GTK_WIDGET (self->problems_row), problems->len > 0);
  for (guint i = 0; i < self->problem_rows->len; i++)
    adw_expander_row_remove (self->problems_row, g_ptr_array_index (self->problem_rows, i));
  g_ptr_array_set_size (self->problem_rows, 0);
  for (guint i = 0; i < MIN (problems->len, MAX_PROBLEMS); i++)
    {
      GtkWidget *row = new_problem (g_ptr_array_index (problems, i));

      g_ptr_array_add (self->problem_rows, row);
      adw_expander_row_add_row (self->problems_row, row);
    }
}

static CofferConflict
get_conflict (CofferImportSheet *self)
{
  return (CofferConflict) gtk_drop_down_get_selected (self->conflicts);
}

/* What is there already, byte for byte, is not written again. @n_kept  beyond that, of values that are replaced: those that there is no room to
 * keep are asked about */
static guint64
count_needed (CofferImportSheet *self,
              guint64           *n_kept)
{
  const CofferForesight *found = self->additions != NULL ? coffer_additions_get_foresight (self->additions) : NULL;
  guint64 n_bytes = coffer_import_plan_get_counts (self->plan).n_bytes;
  guint64 n_spared = found != NULL ? found->n_spared[get_conflict (self)] : 0;

  *n_kept = found != NULL ? found->n_kept[get_conflict (self)] : 0;
  return n_bytes - MIN (n_bytes, n_spared);
}

/* "412.8 GB free, about 20 s" (transfer full) */
static char *
describe_free (CofferImportSheet *self,
               guint64            n_needed)
{
  guint n_files = coffer_import_plan_get_counts (self->plan).n_files;
  double seconds = coffer_import_estimate (n_files, n_needed, gtk_switch_get_active (self->verify_switch));
  g_autofree char *size = self->free_bytes != G_MAXUINT64 ? g_format_size (self->free_bytes) : NULL;
  g_autofree char *free_text = size != NULL ? g_strdup_printf (_("%s free"), size) : NULL;
  g_autofree char *time = NULL;
  guint n = seconds < 20 ? (guint) (seconds + 0.5) : (guint) (MIN (seconds, 1e6) / 5 + 0.5) * 5;

  if (n < 2)
    return g_strdup (free_text != NULL ? free_text : "");
  time = n < 90     ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "about %u s", "about %u s", n), n)
         : n < 5400 ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "about %u min", "about %u min", (n + 30) / 60), (n + 30) / 60)
                    : g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "about %u h", "about %u h", (n + 1800) / 3600), (n + 1800) / 3600);
  /* Translators: room on the disk, and how long it will take, "412.8 GB free, about 20 s" */
  return free_text != NULL ? g_strdup_printf (_("%s, %s"), free_text, time) : g_steal_pointer (&time);
}

/* (transfer full) */
static char *
describe_room (CofferImportSheet *self,
               guint64            n_needed,
               guint64            n_kept)
{
  g_autofree char *room = describe_free (self, n_needed + n_kept);
  g_autofree char *size = g_format_size (n_kept);
  g_autofree char *kept = g_strdup_printf (get_conflict (self) == COFFER_CONFLICT_ASK
                                             ? _("Up to %s of it until the window closes: values that are replaced can be brought back")
                                             : _("%s of it until the window closes: values that are replaced can be brought back"), size);

  if (n_kept == 0)
    return g_steal_pointer (&room);
  return *room != '\0' ? g_strdup_printf ("%s\n%s", room, kept) : g_steal_pointer (&kept);
}

static void
show_room (CofferImportSheet *self)
{
  guint64 n_kept, n_needed = count_needed (self, &n_kept);
  gboolean has_room = self->free_bytes >= n_needed && self->free_bytes - n_needed >= n_kept;
  g_autofree char *needed = g_format_size (n_needed + n_kept);
  g_autofree char *title = g_strdup_printf (_("%s of disk needed"), needed);
  g_autofree char *subtitle = describe_room (self, n_needed, n_kept);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->disk_row), title);
  adw_action_row_set_subtitle (self->disk_row, subtitle);
  gtk_image_set_from_icon_name (self->disk_icon, has_room ? "object-select-symbolic" : "dialog-error-symbolic");
  gtk_widget_remove_css_class (GTK_WIDGET (self->disk_icon), has_room ? "error" : "success");
  gtk_widget_add_css_class (GTK_WIDGET (self->disk_icon), has_room ? "success" : "error");
}

/* What can be added is added by Return, too, unless somebody has gone elsewhere. Until that is known nothing has the keyboard: who is
   quick would cancel. Then Cancel has it, if that is all one can do. */
static void
update_button (CofferImportSheet *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  gboolean known = self->additions != NULL, possible;
  guint64 n_kept;

  possible = known && coffer_additions_get_n (self->additions) > 0 && self->free_bytes >= count_needed (self, &n_kept);
  gtk_widget_set_sensitive (self->add_button, possible);
  if (self->offered || !known)
    return;
  self->offered = possible;
  if (focus == NULL || focus == self->cancel_button)
    gtk_window_set_focus (GTK_WINDOW (self), possible ? self->add_button : self->cancel_button);
}

static void
room_changed_cb (CofferImportSheet *self)
{
  if (self->plan == NULL)
    return;
  show_room (self);
  update_button (self);
}

static void
room_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(CofferImportSheet) self = data;
  g_autoptr(GFileInfo) info = g_file_query_filesystem_info_finish (G_FILE (source), result, NULL);

  if (self->heading == NULL)   /* closed meanwhile */
    return;
  if (info != NULL && g_file_info_has_attribute (info, G_FILE_ATTRIBUTE_FILESYSTEM_FREE))
    self->free_bytes = g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_FILESYSTEM_FREE);
  room_changed_cb (self);
}

static void
find_room (CofferImportSheet *self)
{
  g_autoptr(GFile) folder = g_file_get_parent (coffer_vault_get_file (self->vault));

  g_file_query_filesystem_info_async (folder, G_FILE_ATTRIBUTE_FILESYSTEM_FREE, G_PRIORITY_DEFAULT, NULL, room_cb, g_object_ref (self));
}

/* Looking it up */

static void look_up (CofferImportSheet *self);

static gboolean
again_cb (gpointer data)
{
  CofferImportSheet *self = data;

  self->again_id = 0;
  look_up (self);
  g_clear_handle_id (&self->patience_id, g_source_remove);   /* it says why it waits */
  return G_SOURCE_REMOVE;
}

static gboolean
patience_cb (gpointer data)
{
  CofferImportSheet *self = data;

  self->patience_id = 0;
  show_conflicts_row (self, FALSE, _("Looking up which keys exist already"), "");
  return G_SOURCE_REMOVE;
}

/* The sheet itself is what cancels it. */
static void
wait_for_other (CofferImportSheet *self)
{
  show_conflicts_row (self, TRUE, _("Waiting for another program that writes to the vault"), "");
  self->again_id = g_timeout_add (AGAIN_MS, again_cb, self);
}

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(CofferImportSheet) self = data;
  g_autoptr(GError) error = NULL;
  CofferAdditions *additions = coffer_import_plan_apply_finish (COFFER_IMPORT_PLAN (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->heading == NULL)
    {
      g_clear_pointer (&additions, coffer_additions_unref);
      return;
    }
  g_clear_handle_id (&self->patience_id, g_source_remove);
  if (additions == NULL)
    {
      if (coffer_error_is_busy (error))
        wait_for_other (self);
      else
        show_conflicts_row (self, TRUE, _("The vault could not be read"), error->message);
      return;
    }
  self->additions = additions;
  show_samples (self);
  show_conflicts (self);
  show_room (self);
  update_button (self);
}

static void
stop_applying (CofferImportSheet *self)
{
  g_cancellable_cancel (self->applying);
  g_clear_object (&self->applying);
  g_clear_handle_id (&self->again_id, g_source_remove);
  g_clear_handle_id (&self->patience_id, g_source_remove);
  g_clear_pointer (&self->additions, coffer_additions_unref);
}

/* What there is of it already. */
static void
look_up (CofferImportSheet *self)
{
  g_autoptr(GBytes) prefix = NULL;
  CofferImportRule rule;

  stop_applying (self);
  self->applying = g_cancellable_new ();
  prefix = dup_prefix (self);
  rule = make_rule (self, prefix);
  coffer_import_plan_apply_async (self->plan, self->vault, &rule, self->applying, applied_cb, g_object_ref (self));
  self->patience_id = g_timeout_add (PATIENCE_MS, patience_cb, self);
}

static void
rule_changed_cb (CofferImportSheet *self)
{
  if (self->plan == NULL)
    return;
  look_up (self);
  show_samples (self);
  update_button (self);
}

/* What a prefix ends with is meant for what follows it, too. */
static void
prefix_cb (CofferImportSheet *self)
{
  const char *text = gtk_editable_get_text (self->prefix_row);
  gsize size = strlen (text);

  if (size > 0 && (text[size - 1] == '/' || text[size - 1] == ':'))
    gtk_drop_down_set_selected (self->separator, text[size - 1] == ':');
  rule_changed_cb (self);
}

/* And the other way round. */
static void
separator_cb (CofferImportSheet *self)
{
  const char *text = gtk_editable_get_text (self->prefix_row);
  gsize size = strlen (text);
  g_autofree char *parted = NULL;

  if (self->odd_prefix == NULL && size > 0 && (text[size - 1] == '/' || text[size - 1] == ':') && text[size - 1] != get_separator (self))
    {
      parted = g_strdup_printf ("%.*s%c", (int) size - 1, text, get_separator (self));
      gtk_editable_set_text (self->prefix_row, parted);
    }
  rule_changed_cb (self);
}

static void
add_cb (CofferImportSheet *self)
{
  g_autoptr(CofferAdditions) additions = NULL;

  if (!gtk_widget_get_sensitive (self->add_button))
    return;
  additions = g_steal_pointer (&self->additions);
  coffer_additions_set_verifies (additions, gtk_switch_get_active (self->verify_switch));
  g_signal_emit (self, add_signal, 0, additions, (int) get_conflict (self));
  gtk_window_close (GTK_WINDOW (self));
}

void
coffer_import_sheet_set_counts (CofferImportSheet        *self,
                                const CofferImportCounts *counts)
{
  g_return_if_fail (COFFER_IS_IMPORT_SHEET (self));

  if (self->plan == NULL)
    set_heading (self, counts);
}

static void
show_prefix (CofferImportSheet *self)
{
  g_autoptr(GBytes) prefix = coffer_import_sheet_make_prefix (self->plan, self->prefix);
  g_autoptr(CofferKey) key = coffer_key_new_written (prefix);
  g_autofree char *text = coffer_key_dup_text (key);
  gboolean odd = text == NULL && g_bytes_get_size (prefix) > 0;

  if (odd)
    {
      self->odd_prefix = g_bytes_ref (prefix);
      text = coffer_key_to_display (key, 0);
    }
  gtk_drop_down_set_selected (self->separator, coffer_import_sheet_separator (prefix) == ':');
  gtk_editable_set_text (self->prefix_row, text != NULL ? text : "");
  gtk_widget_set_sensitive (GTK_WIDGET (self->prefix_row), !odd);
}

/* What depends on whether it is restored. */
static void
show_plan (CofferImportSheet *self)
{
  CofferImportPlan *plan = self->plan;
  CofferImportCounts counts = coffer_import_plan_get_counts (plan);
  g_autofree char *title = count_words ("%s file is longer than 1 GB", "%s files are longer than 1 GB", counts.n_long);

  g_clear_pointer (&self->odd_prefix, g_bytes_unref);
  show_prefix (self);
  set_heading (self, &counts);
  set_kinds (self, &counts);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->long_row), title);
  gtk_widget_set_visible (GTK_WIDGET (self->long_row), counts.n_long > 0);
  gtk_widget_set_visible (self->folders_row, !coffer_import_plan_get_restores (plan) &&
                                             (counts.n_folders > 0 || coffer_import_plan_get_folder (plan) != NULL));
  gtk_widget_set_visible (self->separator_row, gtk_widget_get_visible (self->folders_row));
  show_problems (self);
}

static void
restore_cb (CofferImportSheet *self)
{
  if (self->plan == NULL || !gtk_widget_get_sensitive (GTK_WIDGET (self->restore_row)))
    return;
  coffer_import_plan_set_restores (self->plan, gtk_switch_get_active (self->restore_switch));
  start_pictures (self);
  show_plan (self);
  rule_changed_cb (self);
  show_room (self);
}

/* What of it comes back (transfer full) */
static char *
describe_restore (CofferImportSheet *self)
{
  guint n = coffer_import_plan_get_n_inexact (self->plan);

  return n == 0 ? g_strdup (_("The same keys and values as in the vault it came from"))
                : count_words ("As in the vault it came from, but for %s key: it or its value was no bytes, and becomes bytes",
                               "As in the vault it came from, but for %s keys: they or their values were no bytes, and become bytes", n);
}

static void
show_restore (CofferImportSheet *self)
{
  g_autofree char *words = describe_restore (self);
  const char *failure;

  gtk_widget_set_visible (GTK_WIDGET (self->restore_row), FALSE);
  if (!coffer_import_plan_has_list (self->plan, &failure))
    return;
  adw_action_row_set_subtitle (self->restore_row, failure != NULL ? failure : words);
  gtk_widget_set_sensitive (GTK_WIDGET (self->restore_row), failure == NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->restore_row), TRUE);
}

/* The switch is set while there is no plan, so that nobody takes it for a person's. */
static void
use_plan (CofferImportSheet *self,
          CofferImportPlan  *plan)
{
  stop_applying (self);
  g_clear_object (&self->plan);
  gtk_switch_set_active (self->restore_switch, coffer_import_plan_get_restores (plan));
  g_set_object (&self->plan, plan);
  start_pictures (self);
  show_restore (self);
  show_plan (self);
  show_room (self);
  gtk_widget_set_visible (self->waiting, FALSE);
  gtk_widget_set_visible (self->content, TRUE);
  rule_changed_cb (self);
}

/* Archives */

static void
describe_archive (CofferImportSheet *self)
{
  adw_action_row_set_subtitle (self->archive_row, gtk_switch_get_active (self->archive_switch)
                                                    ? _("Each file in it becomes a value") : _("The archive itself becomes one value"));
}

static void
unpacked_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(CofferImportSheet) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferImportPlan) plan = coffer_import_plan_new_finish (result, &error);

  if (self->heading == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))   /* closed, or switched off meanwhile */
    return;
  g_clear_object (&self->unpacking);
  if (plan != NULL)
    {
      g_set_object (&self->unpacked, plan);
      use_plan (self, plan);
      return;
    }
  gtk_switch_set_active (self->archive_switch, FALSE);
  adw_action_row_set_subtitle (self->archive_row, error->message);
  gtk_widget_set_sensitive (GTK_WIDGET (self->archive_row), FALSE);
}

static void
unpack (CofferImportSheet *self)
{
  stop_applying (self);
  g_clear_object (&self->plan);
  update_button (self);
  gtk_widget_set_visible (self->waiting, TRUE);
  self->unpacking = g_cancellable_new ();
  coffer_import_plan_new_archive_async (self->archive, NULL, NULL, self->unpacking, unpacked_cb, g_object_ref (self));
}

static void
archive_cb (CofferImportSheet *self)
{
  if (self->archive == NULL)
    return;
  describe_archive (self);
  g_cancellable_cancel (self->unpacking);
  g_clear_object (&self->unpacking);
  if (!gtk_switch_get_active (self->archive_switch))
    use_plan (self, self->packed);
  else if (self->unpacked != NULL)
    use_plan (self, self->unpacked);
  else
    unpack (self);
}

void
coffer_import_sheet_set_plan (CofferImportSheet *self,
                              CofferImportPlan  *plan)
{
  gboolean restores;

  g_return_if_fail (COFFER_IS_IMPORT_SHEET (self) && self->plan == NULL);

  use_plan (self, plan);
  find_room (self);
  if ((self->archive = coffer_import_plan_dup_archive (plan, &restores)) == NULL)
    return;
  g_set_object (&self->packed, plan);
  describe_archive (self);
  gtk_widget_set_visible (GTK_WIDGET (self->archive_row), TRUE);
  if (restores)   /* it was made to be taken apart again */
    gtk_switch_set_active (self->archive_switch, TRUE);
}

void
coffer_import_sheet_set_stays (CofferImportSheet *self,
                               const char        *why)
{
  g_return_if_fail (COFFER_IS_IMPORT_SHEET (self));

  adw_action_row_set_subtitle (self->stays_row, why);
  gtk_widget_set_visible (GTK_WIDGET (self->stays_row), TRUE);
}

static void
coffer_import_sheet_dispose (GObject *object)
{
  CofferImportSheet *self = COFFER_IMPORT_SHEET (object);

  stop_applying (self);
  g_cancellable_cancel (self->unpacking);
  g_clear_object (&self->unpacking);
  g_clear_object (&self->archive);
  g_clear_object (&self->packed);
  g_clear_object (&self->unpacked);
  g_clear_pointer (&self->pictures, coffer_import_pictures_close);
  g_clear_object (&self->vault);
  g_clear_object (&self->plan);
  g_clear_object (&self->names);
  g_clear_pointer (&self->problem_rows, g_ptr_array_unref);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer (&self->odd_prefix, g_bytes_unref);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_IMPORT_SHEET);

  G_OBJECT_CLASS (coffer_import_sheet_parent_class)->dispose (object);
}

/* A window gives the keyboard to its first button as it comes. */
static void
coffer_import_sheet_show (GtkWidget *widget)
{
  CofferImportSheet *self = COFFER_IMPORT_SHEET (widget);

  GTK_WIDGET_CLASS (coffer_import_sheet_parent_class)->show (widget);
  if (!self->offered && self->additions == NULL)
    gtk_window_set_focus (GTK_WINDOW (self), NULL);
}

static void
coffer_import_sheet_class_init (CofferImportSheetClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->show = coffer_import_sheet_show;
  G_OBJECT_CLASS (klass)->dispose = coffer_import_sheet_dispose;
  add_signal = g_signal_new ("add", COFFER_TYPE_IMPORT_SHEET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                             COFFER_TYPE_ADDITIONS, G_TYPE_INT);

  g_type_ensure (COFFER_TYPE_UPRIGHT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-import-sheet.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, heading);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, add_button);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, waiting);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, content);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, kinds);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, prefix_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, archive_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, archive_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, restore_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, restore_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, folders_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, folders_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, separator);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, separator_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, more);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, samples);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, problems_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, conflicts_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, conflicts_icon);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, conflicts);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, long_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, stays_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, verify_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, disk_row);
  gtk_widget_class_bind_template_child (widget_class, CofferImportSheet, disk_icon);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
  gtk_widget_class_bind_template_callback (widget_class, archive_cb);
  gtk_widget_class_bind_template_callback (widget_class, more_cb);
  gtk_widget_class_bind_template_callback (widget_class, restore_cb);
  gtk_widget_class_bind_template_callback (widget_class, prefix_cb);
  gtk_widget_class_bind_template_callback (widget_class, rule_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, separator_cb);
  gtk_widget_class_bind_template_callback (widget_class, room_changed_cb);
}

static void
coffer_import_sheet_init (CofferImportSheet *self)
{
  self->free_bytes = G_MAXUINT64;
  self->names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  self->problem_rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

CofferImportSheet *
coffer_import_sheet_new (GtkWindow   *parent,
                         CofferVault *vault,
                         GBytes      *prefix)
{
  CofferImportSheet *self = g_object_new (COFFER_TYPE_IMPORT_SHEET, "transient-for", parent, NULL);
  CofferImportCounts counts = { 0 };

  self->vault = g_object_ref (vault);
  self->prefix = prefix != NULL ? g_bytes_ref (prefix) : NULL;
  self->narrow = gtk_widget_get_width (GTK_WIDGET (parent)) < NARROW;
  set_heading (self, &counts);
  gtk_window_set_default_size (GTK_WINDOW (self), MIN (WIDTH, gtk_widget_get_width (GTK_WIDGET (parent))),
                               MIN (HEIGHT, gtk_widget_get_height (GTK_WIDGET (parent))));
  return self;
}
