/* SPDX-License-Identifier: MIT */
/*
 * coffer-draw: draws pictures of kinds whose loaders can neither be stopped nor told how much memory to take, for a program that
 * ends this process when it has had enough. A drawing of a few hundred bytes can ask for hours and gigabytes, and for more than the
 * loader says beforehand. Talks over standard input and output (coffer-draw-protocol.h), opens nothing, ends with the program.
 */
#define G_LOG_DOMAIN "coffer-draw"

#include <coffer-color-profile.h>
#include <coffer-draw-protocol.h>
#include <coffer-image-fit.h>
#include <coffer-image-reduce.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "huge-png.h"

#define MAX_PIXELS (128 * 1000 * 1000)
#define MAX_MEMORY (768 << 20)
#define MAX_BYTES (64 << 20)
#define IDLE_MS 30000

typedef struct {
  const CofferDrawRequest *request;
  CofferDrawAnswer *answer;
  gboolean too_large;
} Drawing;

static gboolean
read_all (gpointer data,
          gsize    size)
{
  for (guint8 *p = data; size > 0;)
    {
      ssize_t n = read (STDIN_FILENO, p, size);

      if (n <= 0)
        return FALSE;
      p += n;
      size -= n;
    }

  return TRUE;
}

static gboolean
write_all (gconstpointer data,
           gsize         size)
{
  for (const guint8 *p = data; size > 0;)
    {
      ssize_t n = write (STDOUT_FILENO, p, size);

      if (n <= 0)
        return FALSE;
      p += n;
      size -= n;
    }

  return TRUE;
}

/* The size to draw at, of something turned as @orientation says. */
static void
fit (const CofferDrawRequest *request,
     int                      width,
     int                      height,
     int                      orientation,
     gboolean                 may_grow,
     int                     *fit_width,
     int                     *fit_height)
{
  gboolean on_side = coffer_image_is_on_side (orientation);
  int max_width = request->width, max_height = request->height;

  if (request->cover)
    coffer_image_cover (on_side ? height : width, on_side ? width : height, request->width, request->height, &max_width, &max_height);
  if (may_grow)
    coffer_image_enlarge (width, height, max_width, max_height, fit_width, fit_height);
  else
    coffer_image_fit (width, height, on_side ? max_height : max_width, on_side ? max_width : max_height, fit_width, fit_height);
}

static void
size_prepared_cb (GdkPixbufLoader *loader,
                  int              width,
                  int              height,
                  Drawing         *drawing)
{
  g_autofree char *name = gdk_pixbuf_format_get_name (gdk_pixbuf_loader_get_format (loader));

  drawing->answer->own_width = width;
  drawing->answer->own_height = height;
  drawing->answer->vector = g_str_equal (name, "svg");
  if (width <= 0 || height <= 0)
    return;

  if (drawing->answer->vector)
    {
      fit (drawing->request, width, height, 1, drawing->request->cover || drawing->request->enlarge, &width, &height);
      gdk_pixbuf_loader_set_size (loader, width, height);
    }
  else if ((gint64) width * height > MAX_PIXELS)
    {
      drawing->too_large = TRUE;
      gdk_pixbuf_loader_set_size (loader, 0, 0);   /* makes it give up before it allocates */
    }
}

static CofferDrawn
judge (Drawing      *drawing,
       const GError *error)
{
  if (drawing->too_large || g_error_matches (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY))
    return COFFER_DRAWN_TOO_LARGE;
  if (g_error_matches (error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE))
    return COFFER_DRAWN_NO_LOADER;

  return COFFER_DRAWN_BROKEN;
}

/* Returns: (transfer full) (nullable) */
static GdkPixbuf *
load (Drawing      *drawing,
      const char   *content_type,
      const guint8 *data)
{
  g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_mime_type (content_type, NULL);
  g_autoptr(GError) error = NULL;
  GdkPixbuf *pixbuf = NULL;
  gboolean ok;

  if (loader == NULL)
    loader = gdk_pixbuf_loader_new ();
  g_signal_connect (loader, "size-prepared", G_CALLBACK (size_prepared_cb), drawing);

  ok = gdk_pixbuf_loader_write (loader, data, drawing->request->size, &error);
  ok = gdk_pixbuf_loader_close (loader, error == NULL ? &error : NULL) && ok;
  if (ok)
    pixbuf = gdk_pixbuf_loader_get_pixbuf (loader);
  if (pixbuf != NULL)
    return g_object_ref (pixbuf);

  drawing->answer->drawn = judge (drawing, error);

  return NULL;
}

/* In base64, as GdkPixbuf has it. */
static void
note_profile (Drawing   *drawing,
              GdkPixbuf *pixbuf)
{
  const char *text = gdk_pixbuf_get_option (pixbuf, "icc-profile");
  g_autofree guchar *profile = NULL;
  g_autofree char *name = NULL;
  gsize len;

  if (text == NULL)
    return;

  profile = g_base64_decode (text, &len);
  name = coffer_color_profile_dup_name (profile, len);
  if (name != NULL)
    g_strlcpy (drawing->answer->profile, name, sizeof drawing->answer->profile);
}

static gboolean
is_huge_png (const Drawing *drawing,
             const guint8  *data)
{
  guint32 width, height;

  return draw_png_get_size (data, drawing->request->size, &width, &height) && (guint64) width * height > MAX_PIXELS;
}

/* Returns: (transfer full) (nullable): the pixels, if it is drawn */
static guint32 *
draw_huge_png (Drawing      *drawing,
               const guint8 *data)
{
  CofferDrawAnswer *answer = drawing->answer;
  guint32 *pixels;
  int width, height;

  draw_png_get_size (data, drawing->request->size, &answer->own_width, &answer->own_height);
  fit (drawing->request, answer->own_width, answer->own_height, 1, FALSE, &width, &height);
  pixels = draw_png_reduce (data, drawing->request->size, MAX (width, 1), MAX (height, 1));
  if (pixels == NULL)
    {
      answer->drawn = COFFER_DRAWN_TOO_LARGE;
      return NULL;
    }

  answer->width = MAX (width, 1);
  answer->height = MAX (height, 1);

  return pixels;
}

/* Returns: (transfer full) (nullable): the pixels, if it is drawn */
static guint32 *
draw (Drawing      *drawing,
      const char   *content_type,
      const guint8 *data)
{
  CofferDrawAnswer *answer = drawing->answer;
  g_autoptr(GdkPixbuf) pixbuf = load (drawing, content_type, data);
  const char *orientation = pixbuf != NULL ? gdk_pixbuf_get_option (pixbuf, "orientation") : NULL;
  guint32 *pixels;
  int width, height;

  if (pixbuf == NULL)
    return NULL;

  answer->orientation = orientation != NULL ? CLAMP (atoi (orientation), 1, 8) : 1;
  fit (drawing->request, gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf), answer->orientation, FALSE, &width, &height);
  if (answer->own_width == 0 || answer->own_height == 0)
    {
      answer->own_width = gdk_pixbuf_get_width (pixbuf);
      answer->own_height = gdk_pixbuf_get_height (pixbuf);
    }

  pixels = width <= COFFER_DRAW_MAX_SIDE && height <= COFFER_DRAW_MAX_SIDE ? g_try_new (guint32, (gsize) width * height) : NULL;
  if (pixels == NULL || !coffer_image_reduce (pixbuf, pixels, width, height, NULL))
    {
      g_free (pixels);
      answer->drawn = COFFER_DRAWN_TOO_LARGE;
      return NULL;
    }

  answer->width = width;
  answer->height = height;
  note_profile (drawing, pixbuf);

  return pixels;
}

static gboolean
serve (const CofferDrawRequest *request)
{
  CofferDrawAnswer answer = { .magic = COFFER_DRAW_MAGIC, .orientation = 1 };
  Drawing drawing = { request, &answer, FALSE };
  char content_type[COFFER_DRAW_MAX_TYPE + 1] = "";
  g_autofree guint8 *data = g_try_malloc (MAX (request->size, 1));
  g_autofree guint32 *pixels = NULL;

  if (data == NULL || !read_all (content_type, request->type_size) || !read_all (data, request->size))
    return FALSE;

  pixels = is_huge_png (&drawing, data) ? draw_huge_png (&drawing, data) : draw (&drawing, content_type, data);

  return write_all (&answer, sizeof answer) && write_all (pixels, (gsize) answer.width * answer.height * sizeof *pixels);
}

/* An idle process goes after a while. */
static gboolean
wait_for_request (void)
{
  struct pollfd fd = { STDIN_FILENO, POLLIN, 0 };

  return poll (&fd, 1, IDLE_MS) > 0;
}

static gboolean
is_sane (const CofferDrawRequest *request)
{
  return request->magic == COFFER_DRAW_MAGIC && request->type_size <= COFFER_DRAW_MAX_TYPE && request->size <= MAX_BYTES &&
         request->width > 0 && request->width <= COFFER_DRAW_MAX_SIDE && request->height > 0 && request->height <= COFFER_DRAW_MAX_SIDE;
}

static void
limit (int     resource,
       guint64 value)
{
  struct rlimit most = { value, value };

  setrlimit (resource, &most);
}

/* What a loader says is for nobody. */
static void
log_nothing (const char     *domain,
             GLogLevelFlags  level,
             const char     *message,
             gpointer        data)
{
}

int
main (int    argc,
      char **argv)
{
  CofferDrawRequest request;

#ifndef __SANITIZE_ADDRESS__   /* which takes terabytes for itself */
  limit (RLIMIT_DATA, MAX_MEMORY);
#endif
  signal (SIGXFSZ, SIG_IGN);
  limit (RLIMIT_FSIZE, 0);
  limit (RLIMIT_CORE, 0);
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  mallopt (M_ARENA_MAX, 2);
  g_log_set_default_handler (log_nothing, NULL);

  while (wait_for_request () && read_all (&request, sizeof request) && is_sane (&request) && serve (&request))
    malloc_trim (0);

  return 0;
}
