/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-waveform.h"

#define BAR 3
#define GAP 2
#define BAR_MIN 3
#define FAINT .38f

struct _CofferWaveform
{
  GtkWidget parent_instance;

  GArray *peaks;     /* of float; those known */
  guint n;           /* all there will be */
  double part;
};

G_DEFINE_FINAL_TYPE (CofferWaveform, coffer_waveform, GTK_TYPE_WIDGET)

/* The loudest of what a bar stands for; -1 if that is not known yet. */
static float
peak_of (CofferWaveform *self,
         int             bar,
         int             n_bars)
{
  guint from = (guint64) bar * self->n / n_bars, to = MAX (from + 1, (guint64) (bar + 1) * self->n / n_bars);
  float peak = 0;

  if (from >= self->peaks->len)
    return -1;

  for (guint i = from; i < MIN (to, self->peaks->len); i++)
    peak = MAX (peak, g_array_index (self->peaks, float, i));

  return peak;
}

static void
append_bar (GtkSnapshot   *snapshot,
            const GdkRGBA *color,
            float          x,
            float          y,
            float          height)
{
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (x, y, BAR, height), BAR / 2.f);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, color, &outline.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
coffer_waveform_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  CofferWaveform *self = COFFER_WAVEFORM (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  int n_bars = MAX (1, (width + GAP) / (BAR + GAP));
  GdkRGBA color, faint;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  faint = color;
  faint.alpha *= FAINT;
  for (int i = 0; i < n_bars && self->n > 0; i++)
    {
      float peak = peak_of (self, i, n_bars);
      float bar = MAX (BAR_MIN, peak * height);

      append_bar (snapshot, (i + .5) / n_bars <= self->part ? &color : &faint, i * (BAR + GAP), (height - bar) / 2, bar);
    }
}

static void
coffer_waveform_finalize (GObject *object)
{
  g_array_unref (COFFER_WAVEFORM (object)->peaks);

  G_OBJECT_CLASS (coffer_waveform_parent_class)->finalize (object);
}

static void
coffer_waveform_class_init (CofferWaveformClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_waveform_finalize;

  widget_class->snapshot = coffer_waveform_snapshot;
  gtk_widget_class_set_css_name (widget_class, "waveform");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
coffer_waveform_init (CofferWaveform *self)
{
  self->peaks = g_array_new (FALSE, FALSE, sizeof (float));
}

void
coffer_waveform_set_peaks (CofferWaveform *self,
                           const float    *peaks,
                           guint           n,
                           guint           n_known)
{
  g_return_if_fail (COFFER_IS_WAVEFORM (self));

  g_array_set_size (self->peaks, 0);
  if (n_known > 0)
    g_array_append_vals (self->peaks, peaks, n_known);
  self->n = n;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
coffer_waveform_set_part (CofferWaveform *self,
                          double          part)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));

  g_return_if_fail (COFFER_IS_WAVEFORM (self));

  if ((int) (part * width / (BAR + GAP)) != (int) (self->part * width / (BAR + GAP)))
    gtk_widget_queue_draw (GTK_WIDGET (self));
  self->part = part;
}
