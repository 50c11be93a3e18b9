/* SPDX-License-Identifier: MIT */
/*
 * Put down by GStreamer's streaming threads, looked up by the main one, by the lock. Words are cleaned as they come: they are a
 * file's, and a label would draw letters of a kilometre if told to.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-cues.h"

#include <string.h>

/* More than films have. */
#define N_CUES_MAX 8192
#define LETTERS_MAX 1000
/* Beyond that it is no markup that somebody wrote. */
#define MARKUP_MAX (8 << 10)

typedef struct {
  gint64 start;
  gint64 end;       /* -1: until the next */
  char *words;      /* markup; may be empty */
} Cue;

struct _CofferCues {
  gatomicrefcount ref_count;
  GMutex lock;
  GPtrArray *tracks;   /* by the lock; arrays of cues, by start */
};

static void
clear_cue (gpointer data)
{
  g_free (((Cue *) data)->words);
}

static GArray *
track_new (void)
{
  GArray *cues = g_array_new (FALSE, FALSE, sizeof (Cue));

  g_array_set_clear_func (cues, clear_cue);

  return cues;
}

CofferCues *
coffer_cues_new (void)
{
  CofferCues *self = g_new0 (CofferCues, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  return self;
}

CofferCues *
coffer_cues_ref (CofferCues *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
coffer_cues_unref (CofferCues *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->tracks);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- Words ---- */

typedef struct {
  GString *words;
  glong n_letters;
} Cleaning;

static void
add_letters (Cleaning   *cleaning,
             const char *text,
             gsize       size)
{
  g_autofree char *valid = g_utf8_make_valid (text, size);
  glong n = MIN (g_utf8_strlen (valid, -1), LETTERS_MAX - cleaning->n_letters);
  g_autofree char *escaped = g_markup_escape_text (valid, g_utf8_offset_to_pointer (valid, n) - valid);

  cleaning->n_letters += n;
  g_string_append (cleaning->words, escaped);
}

static gboolean
is_kept (const char *element)
{
  static const char *const kept[] = { "b", "i", "u", "s", NULL };

  return g_strv_contains (kept, element);
}

static void
start_element (GMarkupParseContext  *context,
               const char           *element,
               const char          **names,
               const char          **values,
               gpointer              data,
               GError              **error)
{
  Cleaning *cleaning = data;

  if (is_kept (element))
    g_string_append_printf (cleaning->words, "<%s>", element);
}

static void
end_element (GMarkupParseContext  *context,
             const char           *element,
             gpointer              data,
             GError              **error)
{
  Cleaning *cleaning = data;

  if (is_kept (element))
    g_string_append_printf (cleaning->words, "</%s>", element);
}

static void
letters (GMarkupParseContext  *context,
         const char           *text,
         gsize                 size,
         gpointer              data,
         GError              **error)
{
  add_letters (data, text, size);
}

static gboolean
clean_markup (Cleaning   *cleaning,
              const char *markup,
              gsize       size)
{
  static const GMarkupParser parser = { .start_element = start_element, .end_element = end_element, .text = letters };
  g_autoptr(GMarkupParseContext) context = NULL;

  if (size > MARKUP_MAX)
    return FALSE;

  context = g_markup_parse_context_new (&parser, 0, cleaning, NULL);

  return g_markup_parse_context_parse (context, "<markup>", -1, NULL) &&
         g_markup_parse_context_parse (context, markup, size, NULL) &&
         g_markup_parse_context_parse (context, "</markup>", -1, NULL) &&
         g_markup_parse_context_end_parse (context, NULL);
}

/* What is called markup and is none is shown as it stands. */
static char *
dup_clean (const char *words,
           gsize       size,
           gboolean    markup)
{
  Cleaning cleaning = { g_string_new (NULL), 0 };

  size = strnlen (words, size);
  if (!markup || !clean_markup (&cleaning, words, size))
    {
      g_string_truncate (cleaning.words, 0);
      cleaning.n_letters = 0;
      add_letters (&cleaning, words, size);
    }

  return g_strstrip (g_string_free (cleaning.words, FALSE));
}

/* ---- Times ---- */

/* Of cues that begin at the same time the last that came is behind the others. @words (transfer full) */
static void
insert (GArray *cues,
        gint64  start,
        gint64  end,
        char   *words)
{
  Cue cue = { start, end, words };
  guint i = cues->len;

  for (; i > 0; i--)
    {
      Cue *before = &g_array_index (cues, Cue, i - 1);

      if (before->start < start)
        break;
      if (before->start == start && g_str_equal (before->words, words))
        {
          g_free (words);
          return;
        }
    }
  while (i < cues->len && g_array_index (cues, Cue, i).start == start)
    i++;
  g_array_insert_val (cues, i, cue);
  if (cues->len > N_CUES_MAX)
    g_array_remove_index (cues, i < cues->len / 2 ? cues->len - 1 : 0);   /* far from where it plays */
}

void
coffer_cues_add (CofferCues *self,
                 guint       track,
                 gint64      start,
                 gint64      end,
                 const char *text,
                 gsize       size,
                 gboolean    markup)
{
  char *words = dup_clean (text, size, markup);

  g_mutex_lock (&self->lock);
  while (self->tracks->len <= track)
    g_ptr_array_add (self->tracks, track_new ());
  insert (g_ptr_array_index (self->tracks, track), start, end, words);
  g_mutex_unlock (&self->lock);
}

static guint
count_begun (GArray *cues,
             gint64  position)
{
  guint n = 0;

  while (n < cues->len && g_array_index (cues, Cue, n).start <= position)
    n++;

  return n;
}

static void
add_seen (GString *words,
          GArray  *cues,
          gint64   position)
{
  guint n = count_begun (cues, position);

  /* However many are said to be seen at once: a label lays all of it out. */
  for (guint i = 0; i < n && words->len <= LETTERS_MAX; i++)
    {
      const Cue *cue = &g_array_index (cues, Cue, i);

      if ((cue->end < 0 ? i + 1 < n : cue->end <= position) || *cue->words == '\0')
        continue;

      if (words->len > 0)
        g_string_append_c (words, '\n');
      g_string_append (words, cue->words);
    }
}

char *
coffer_cues_dup_at (CofferCues *self,
                    guint       track,
                    gint64      position)
{
  g_autoptr(GString) words = g_string_new (NULL);

  g_mutex_lock (&self->lock);
  if (track < self->tracks->len)
    add_seen (words, g_ptr_array_index (self->tracks, track), position);
  g_mutex_unlock (&self->lock);

  return words->len > 0 ? g_strdup (words->str) : NULL;
}

gint64
coffer_cues_get_end (CofferCues *self)
{
  gint64 end = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->tracks->len; i++)
    {
      GArray *cues = g_ptr_array_index (self->tracks, i);

      for (guint j = 0; j < cues->len; j++)
        end = MAX (end, MAX (g_array_index (cues, Cue, j).start, g_array_index (cues, Cue, j).end));
    }
  g_mutex_unlock (&self->lock);

  return end;
}
