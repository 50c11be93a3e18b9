/* SPDX-License-Identifier: MIT */
/* A row of the list of keys: what kind of value it is, its key, size and type. It is blank until they are known, so nothing moves
 * when they come, and it follows its entry while it is bound. Its text is also the accessible name of the list's own widget
 * around it, which GTK 4.8 gives no other way to set.
 *
 * A window opens as fast as its rows are made, so a row is no more than its leaves: no boxes, no template, and where they are
 * it asks the columns, which the header asks, too. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-row"

#include "coffer-key-row.h"

#include <glib/gi18n-lib.h>

#include "coffer-key-picture.h"

#define PLATE_WIDTH 34
#define PLATE_HEIGHT 24
#define COMPACT_PLATE_WIDTH 48
#define COMPACT_PLATE_HEIGHT 36
#define PLATE_GAP 10
#define PLATE_RADIUS 4
#define PLATE_ICON 16
#define MIN_KEY_WIDTH 60
#define WIDEST 16384   /* see coffer-key-view.c: more than half of any list's width keeps its rows in one column */

struct _CofferKeyRow {
  GtkWidget parent_instance;

  CofferKeyPicture *plate;
  int plate_x;
  int plate_y;
  CofferThumbnails *thumbnails;   /* unowned: the plate's */
  GtkWidget *key_text;
  GtkWidget *size_text;
  GtkWidget *type_text;
  GtkWidget *detail_text;   /* made for the first row of two lines */
  gboolean compact;

  CofferColumns *columns;
  CofferEntry *entry;
  char *detail;             /* as it is shown or spoken */
  gboolean named;
};

G_DEFINE_FINAL_TYPE (CofferKeyRow, coffer_key_row, GTK_TYPE_WIDGET)

static const struct {
  const char *content_type; /* or its beginning, when it ends with a slash */
  const char *icon_name;
} icons[] = {
  { "image/", "image-x-generic-symbolic" },
  { "video/", "video-x-generic-symbolic" },
  { "audio/", "audio-x-generic-symbolic" },
  { "font/", "font-x-generic-symbolic" },
  { "text/", "text-x-generic-symbolic" },
  { "application/json", "text-x-generic-symbolic" },
  { "application/ogg", "audio-x-generic-symbolic" },
  { "application/rtf", "text-x-generic-symbolic" },
  { "application/x-matroska", "video-x-generic-symbolic" },
  { "application/xml", "text-x-generic-symbolic" },
  { "application/gzip", "package-x-generic-symbolic" },
  { "application/vnd.rar", "package-x-generic-symbolic" },
  { "application/x-7z-compressed", "package-x-generic-symbolic" },
  { "application/x-bzip", "package-x-generic-symbolic" },
  { "application/x-bzip2", "package-x-generic-symbolic" },
  { "application/x-lz4", "package-x-generic-symbolic" },
  { "application/x-tar", "package-x-generic-symbolic" },
  { "application/x-xz", "package-x-generic-symbolic" },
  { "application/zip", "package-x-generic-symbolic" },
  { "application/zstd", "package-x-generic-symbolic" },
  { "application/vnd.apache.parquet", "x-office-spreadsheet-symbolic" },
  { "application/vnd.ms-excel+xml", "x-office-spreadsheet-symbolic" },
  { "application/x-hdf", "x-office-spreadsheet-symbolic" },
  { "application/x-hdf5", "x-office-spreadsheet-symbolic" },
  { "application/x-npy", "x-office-spreadsheet-symbolic" },
  { "application/x-numpy", "x-office-spreadsheet-symbolic" },
  { "application/wasm", "application-x-executable-symbolic" },
  { "application/x-executable", "application-x-executable-symbolic" },
  { "application/x-shellscript", "application-x-executable-symbolic" },
};

const char *
coffer_key_row_icon_name (const char *content_type)
{
  if (content_type == NULL)
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (icons); i++)
    if (g_str_has_suffix (icons[i].content_type, "/") ? g_str_has_prefix (content_type, icons[i].content_type)
                                                      : g_str_equal (content_type, icons[i].content_type))
      return icons[i].icon_name;

  return "x-office-document-symbolic";
}

char *
coffer_key_row_format_size (guint64 size)
{
  return size == G_MAXUINT64 ? g_strdup ("") : g_format_size (size);
}

char *
coffer_key_row_format_detail (CofferEntry *entry)
{
  g_autofree char *size = coffer_key_row_format_size (coffer_entry_get_size (entry));
  const char *type = coffer_entry_get_type_label (entry);

  if (coffer_entry_get_error (entry) != NULL)
    return g_strdup (coffer_entry_get_error (entry));
  if (*size == '\0' || type == NULL)
    return g_strdup (type != NULL ? type : size);

  /* Translators: a size and a kind of value, as in "3.9 MB, JPEG" */
  return g_strdup_printf (_("%s, %s"), size, type);
}

static void
name_row (CofferKeyRow *self,
          const char   *key)
{
  GtkWidget *around = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *name = NULL;

  if (around == NULL)
    return;
  if (key == NULL)   /* the widget may have the name of another row */
    key = _("Loading");
  name = *self->detail != '\0' ? g_strdup_printf (_("%s, %s"), key, self->detail) : g_strdup (key);
  gtk_accessible_update_property (GTK_ACCESSIBLE (around), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static gboolean
is_rtl (GtkWidget *widget)
{
  return gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
}

/* By the first letter, as Pango goes; its own function for that is deprecated. */
gboolean
coffer_key_row_words_are_rtl (const char *words,
                              gboolean    otherwise)
{
  while (*words != '\0' && !g_unichar_isalpha (g_utf8_get_char (words)))
    words = g_utf8_next_char (words);
  if (*words == '\0')
    return otherwise;

  switch ((int) g_unichar_get_script (g_utf8_get_char (words)))
    {
    case G_UNICODE_SCRIPT_ADLAM:
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_HEBREW:
    case G_UNICODE_SCRIPT_MANDAIC:
    case G_UNICODE_SCRIPT_NKO:
    case G_UNICODE_SCRIPT_SAMARITAN:
    case G_UNICODE_SCRIPT_SYRIAC:
    case G_UNICODE_SCRIPT_THAANA:
      return TRUE;
    default:
      return FALSE;
    }
}

/* An inscription begins where its words do, by their letters or else by its own direction; a column where the row does. */
static void
align_text (CofferKeyRow *self,
            GtkWidget    *text,
            const char   *words)
{
  gboolean across = coffer_key_row_words_are_rtl (words, is_rtl (text)) != is_rtl (GTK_WIDGET (self));

  gtk_inscription_set_xalign (GTK_INSCRIPTION (text), across != (text == self->size_text) ? 1 : 0);
}

/* Without words GTK 4.8 would speak the name of the text's class. */
static void
set_text (CofferKeyRow *self,
          GtkWidget    *text,
          const char   *words)
{
  gtk_inscription_set_text (GTK_INSCRIPTION (text), words);
  if (words != NULL && *words != '\0')
    align_text (self, text, words);
  else
    gtk_accessible_update_property (GTK_ACCESSIBLE (text), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Unknown"), -1);
}

static void
update_text (CofferKeyRow *self)
{
  const char *key = coffer_entry_get_display_key (self->entry);
  g_autofree char *size = coffer_key_row_format_size (coffer_entry_get_size (self->entry));
  g_autofree char *detail = coffer_key_row_format_detail (self->entry);

  if (self->named && g_strcmp0 (detail, self->detail) == 0 &&
      g_strcmp0 (key, gtk_inscription_get_text (GTK_INSCRIPTION (self->key_text))) == 0)
    return;

  g_free (self->detail);
  self->detail = g_steal_pointer (&detail);
  self->named = TRUE;
  set_text (self, self->key_text, key);
  set_text (self, self->size_text, size);
  set_text (self, self->type_text, coffer_entry_get_type_label (self->entry));
  if (self->detail_text != NULL)
    set_text (self, self->detail_text, self->detail);
  name_row (self, key);
}

/* What is known of an entry comes in several notifications at once: the first does it all. */
static void
update_cb (CofferKeyRow *self)
{
  update_text (self);
  coffer_key_picture_set_entry (self->plate, self->entry);
}

/* Asked for only under the pointer: gtk_widget_set_tooltip_text() would ask the display server where that is for each row. */
static gboolean
coffer_key_row_query_tooltip (GtkWidget  *widget,
                              int         x,
                              int         y,
                              gboolean    keyboard,
                              GtkTooltip *tooltip)
{
  CofferKeyRow *self = COFFER_KEY_ROW (widget);
  const char *problem = self->entry != NULL ? coffer_entry_get_error (self->entry) : NULL;

  if (problem == NULL && coffer_key_picture_is_broken (self->plate))
    problem = coffer_key_picture_broken_text ();
  gtk_tooltip_set_text (tooltip, problem);
  return problem != NULL;
}

void
coffer_key_row_set_entry (CofferKeyRow *self,
                          CofferEntry  *entry)
{
  g_return_if_fail (COFFER_IS_KEY_ROW (self));

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, update_cb, self);
  g_set_object (&self->entry, entry);
  self->named = FALSE;
  coffer_key_row_set_thumbnails (self, NULL);   /* until it is seen */
  if (entry == NULL)   /* and soon bound to another, or gone */
    {
      coffer_key_picture_set_entry (self->plate, NULL);
      return;
    }

  g_signal_connect_swapped (entry, "notify", G_CALLBACK (update_cb), self);
  update_cb (self);
}

CofferEntry *
coffer_key_row_get_entry (CofferKeyRow *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_ROW (self), NULL);

  return self->entry;
}

void
coffer_key_row_set_thumbnails (CofferKeyRow     *self,
                               CofferThumbnails *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_ROW (self));

  self->thumbnails = thumbnails;
  if (self->compact)
    coffer_key_picture_set_room (self->plate, thumbnails, COMPACT_PLATE_WIDTH, COMPACT_PLATE_HEIGHT);
  else
    coffer_key_picture_set_room (self->plate, thumbnails, PLATE_WIDTH, PLATE_HEIGHT);
}

/* Shape */

static GtkWidget *
add_text (CofferKeyRow             *self,
          GtkInscriptionOverflow    overflow,
          float                     xalign,
          const char *const        *classes)
{
  GtkWidget *text = g_object_new (GTK_TYPE_INSCRIPTION,
                                  "text-overflow", overflow,
                                  "xalign", xalign,
                                  "min-chars", 0,
                                  "nat-chars", 0,
                                  "css-classes", classes,
                                  NULL);

  gtk_widget_set_parent (text, GTK_WIDGET (self));
  return text;
}

void
coffer_key_row_update_columns (CofferKeyRow *self)
{
  g_return_if_fail (COFFER_IS_KEY_ROW (self));

  gtk_widget_set_visible (self->size_text, !self->compact && coffer_columns_get_visible (self->columns, COFFER_SORT_SIZE));
  gtk_widget_set_visible (self->type_text, !self->compact && coffer_columns_get_visible (self->columns, COFFER_SORT_TYPE));
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

void
coffer_key_row_set_compact (CofferKeyRow *self,
                            gboolean      compact)
{
  g_return_if_fail (COFFER_IS_KEY_ROW (self));

  if (compact == self->compact)
    return;

  self->compact = compact;
  if (compact && self->detail_text == NULL)
    {
      self->detail_text = add_text (self, GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END, 0, (const char *[]) { "detail", "num", NULL });
      set_text (self, self->detail_text, self->detail);
    }
  gtk_widget_set_visible (self->detail_text, compact);
  coffer_key_row_set_thumbnails (self, self->thumbnails);
  coffer_key_row_update_columns (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static int
measure_height (GtkWidget *child)
{
  int natural;

  gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, -1, NULL, &natural, NULL, NULL);
  return natural;
}

static void
coffer_key_row_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  CofferKeyRow *self = COFFER_KEY_ROW (widget);
  int lines;

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = (self->compact ? COMPACT_PLATE_WIDTH : PLATE_WIDTH) + PLATE_GAP + MIN_KEY_WIDTH;
      *natural = WIDEST;
      return;
    }
  lines = measure_height (self->key_text) + (self->compact ? measure_height (self->detail_text) : 0);
  *minimum = *natural = MAX (lines, self->compact ? COMPACT_PLATE_HEIGHT : PLATE_HEIGHT);
}

/* Puts a child into a box of the row; @x is from where the row begins for who reads it. */
static void
place (CofferKeyRow *self,
       GtkWidget    *child,
       int           x,
       int           y,
       int           width,
       int           height)
{
  int minimum;

  if (!gtk_widget_should_layout (child))
    return;
  gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  width = MAX (width, minimum);
  gtk_widget_size_allocate (child, &(GtkAllocation) { is_rtl (GTK_WIDGET (self)) ? gtk_widget_get_width (GTK_WIDGET (self)) - x - width : x, y, width, height }, -1);
}

static void
place_plate (CofferKeyRow *self,
             int           x,
             int           y,
             int           width)
{
  self->plate_x = is_rtl (GTK_WIDGET (self)) ? gtk_widget_get_width (GTK_WIDGET (self)) - x - width : x;
  self->plate_y = y;
}

static void
allocate_two_lines (CofferKeyRow *self,
                    int           width,
                    int           height)
{
  int x = COMPACT_PLATE_WIDTH + PLATE_GAP;
  int key_height = measure_height (self->key_text);
  int detail_height = measure_height (self->detail_text);
  int y = (height - key_height - detail_height) / 2;

  place_plate (self, 0, (height - COMPACT_PLATE_HEIGHT) / 2, COMPACT_PLATE_WIDTH);
  place (self, self->key_text, x, y, width - x, key_height);
  place (self, self->detail_text, x, y + key_height, width - x, detail_height);
}

static void
coffer_key_row_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  CofferKeyRow *self = COFFER_KEY_ROW (widget);
  const int before_key = PLATE_WIDTH + PLATE_GAP;
  CofferColumnBox boxes[COFFER_N_COLUMNS];
  const CofferColumnBox *key = &boxes[COFFER_SORT_KEY], *size = &boxes[COFFER_SORT_SIZE], *type = &boxes[COFFER_SORT_TYPE];
  int text_height, y;

  if (self->compact)
    {
      allocate_two_lines (self, width, height);
      return;
    }
  coffer_columns_lay_out (self->columns, width, boxes);
  text_height = measure_height (self->key_text);
  y = (height - text_height) / 2;
  place_plate (self, key->x, (height - PLATE_HEIGHT) / 2, PLATE_WIDTH);
  place (self, self->key_text, key->x + before_key, y, key->width - before_key, text_height);
  place (self, self->size_text, size->x, y, size->width, text_height);
  place (self, self->type_text, type->x, y, type->width, text_height);
}

static void
coffer_key_row_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  CofferKeyRow *self = COFFER_KEY_ROW (widget);

  coffer_key_picture_snapshot (self->plate, snapshot, self->plate_x, self->plate_y, PLATE_RADIUS, PLATE_ICON);
  GTK_WIDGET_CLASS (coffer_key_row_parent_class)->snapshot (widget, snapshot);
}

static void
coffer_key_row_dispose (GObject *object)
{
  CofferKeyRow *self = COFFER_KEY_ROW (object);

  if (self->plate != NULL)
    coffer_key_row_set_entry (self, NULL);
  g_clear_object (&self->columns);
  g_clear_pointer (&self->plate, coffer_key_picture_free);
  g_clear_pointer (&self->key_text, gtk_widget_unparent);
  g_clear_pointer (&self->size_text, gtk_widget_unparent);
  g_clear_pointer (&self->type_text, gtk_widget_unparent);
  g_clear_pointer (&self->detail_text, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_key_row_parent_class)->dispose (object);
}

static void
coffer_key_row_finalize (GObject *object)
{
  g_free (COFFER_KEY_ROW (object)->detail);

  G_OBJECT_CLASS (coffer_key_row_parent_class)->finalize (object);
}

static void
coffer_key_row_class_init (CofferKeyRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_key_row_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_key_row_finalize;
  widget_class->measure = coffer_key_row_measure;
  widget_class->size_allocate = coffer_key_row_size_allocate;
  widget_class->query_tooltip = coffer_key_row_query_tooltip;
  widget_class->snapshot = coffer_key_row_snapshot;
}

static void
coffer_key_row_init (CofferKeyRow *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  self->plate = coffer_key_picture_new (GTK_WIDGET (self), NULL);
  coffer_key_row_set_thumbnails (self, NULL);
  self->key_text = add_text (self, GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_MIDDLE, 0, NULL);
  gtk_widget_set_direction (self->key_text, GTK_TEXT_DIR_LTR);   /* "//." are bytes in an order, whatever is read here */
  self->size_text = add_text (self, GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END, 1, (const char *[]) { "num", NULL });
  self->type_text = add_text (self, GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END, 0, (const char *[]) { "dim-label", NULL });
}

GtkWidget *
coffer_key_row_new (CofferColumns *columns)
{
  CofferKeyRow *self;

  g_return_val_if_fail (COFFER_IS_COLUMNS (columns), NULL);

  self = g_object_new (COFFER_TYPE_KEY_ROW, NULL);
  self->columns = g_object_ref (columns);
  if (!coffer_columns_get_visible (columns, COFFER_SORT_SIZE) || !coffer_columns_get_visible (columns, COFFER_SORT_TYPE))
    coffer_key_row_update_columns (self);
  return GTK_WIDGET (self);
}
