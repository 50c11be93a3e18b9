/* SPDX-License-Identifier: MIT */
/*
 * The processes that draw, and what is said to them. One that is idle waits in `idle` for whoever takes it; one that was taken
 * belongs to that thread, which gives it back or ends it. A process ends by itself when its socket is closed, so none outlives the program.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-draw.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "coffer-draw-protocol.h"
#include "coffer-image-private.h"
#include "coffer-image-render.h"

#define PROGRAM "coffer-draw"
/* Of the processor: a busy machine is no fault of the picture. Most take some milliseconds. */
#define LIMIT_US (2 * G_USEC_PER_SEC)
#define PATIENT_LIMIT_US (30 * G_USEC_PER_SEC)
/* For one that waits, for whatever. */
#define LIMIT_WAIT_US (60 * G_USEC_PER_SEC)
#define LOOK_EVERY_MS 20
#define MAX_IDLE 8

typedef struct {
  pid_t pid;
  int socket;
  GList link;
} Drawer;

static GMutex lock;
static GQueue idle = G_QUEUE_INIT;   /* of drawers; by the lock */

/* ---- The process ---- */

/* Beside the program it lies only where that was built. */
static char *
find_program (void)
{
  const char *set = g_getenv ("COFFER_DRAW");
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self != NULL ? g_path_get_dirname (self) : NULL;
  g_autofree char *built = folder != NULL ? g_build_filename (folder, "draw", PROGRAM, NULL) : NULL;

  if (set != NULL)
    return g_strdup (set);
  if (built != NULL && access (built, X_OK) == 0)
    return g_steal_pointer (&built);

  return g_strdup (COFFER_LIBEXECDIR "/" PROGRAM);
}

static const char *
get_program (void)
{
  static char *program;

  if (g_once_init_enter (&program))
    g_once_init_leave (&program, find_program ());

  return program;
}

gboolean
coffer_draw_is_possible (void)
{
  return access (get_program (), X_OK) == 0;
}

static pid_t
spawn (int socket)
{
  char *argv[] = { (char *) PROGRAM, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, normal;
  pid_t pid;
  int rc;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, socket, STDOUT_FILENO);
  posix_spawnattr_init (&attributes);
  sigemptyset (&none);
  sigfillset (&normal);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &normal);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  rc = posix_spawn (&pid, get_program (), &actions, &attributes, argv, environ);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);

  return rc == 0 ? pid : -1;
}

static Drawer *
drawer_new (void)
{
  Drawer *self;
  int sockets[2];
  pid_t pid;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return NULL;

  pid = spawn (sockets[1]);
  close (sockets[1]);
  if (pid < 0)
    {
      close (sockets[0]);
      return NULL;
    }

  self = g_new0 (Drawer, 1);
  self->pid = pid;
  self->socket = sockets[0];
  self->link.data = self;
  fcntl (self->socket, F_SETFL, O_NONBLOCK);

  return self;
}

static void
drawer_end (Drawer *self)
{
  close (self->socket);
  kill (self->pid, SIGKILL);
  while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
    ;
  g_free (self);
}

static Drawer *
take_idle (void)
{
  GList *link;

  g_mutex_lock (&lock);
  link = g_queue_pop_head_link (&idle);
  g_mutex_unlock (&lock);

  return link != NULL ? link->data : NULL;
}

static void
give_back (Drawer *self)
{
  gboolean kept;

  g_mutex_lock (&lock);
  if ((kept = g_queue_get_length (&idle) < MAX_IDLE))
    g_queue_push_head_link (&idle, &self->link);
  g_mutex_unlock (&lock);
  if (!kept)
    drawer_end (self);
}

/* ---- What is said to it ---- */

typedef struct {
  Drawer *drawer;
  GCancellable *cancellable;
  gint64 deadline;
  gint64 processor_limit;   /* of the process, in its own µs */
} Talk;

static gint64
processor_time (Drawer *drawer)
{
  struct timespec time;
  clockid_t clock;

  if (clock_getcpuclockid (drawer->pid, &clock) != 0 || clock_gettime (clock, &time) != 0)
    return 0;

  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void
set_broken (GError     **error,
            const char  *why)
{
  g_set_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN, _("The picture is damaged: %s"), why);
}

/* Until the socket can be used. */
static gboolean
wait_for (Talk    *self,
          short    events,
          GError **error)
{
  struct pollfd fd = { self->drawer->socket, events, 0 };
  int n;

  while ((n = poll (&fd, 1, LOOK_EVERY_MS)) == 0 || (n < 0 && errno == EINTR))
    {
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      if (processor_time (self->drawer) > self->processor_limit || g_get_monotonic_time () > self->deadline)
        {
          g_set_error_literal (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_SLOW, _("It takes too long to draw, and was given up"));
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
say (Talk           *self,
     gconstpointer   data,
     gsize           size,
     GError        **error)
{
  for (const guint8 *p = data; size > 0;)
    {
      ssize_t n = send (self->drawer->socket, p, size, MSG_NOSIGNAL);

      if (n > 0)
        {
          p += n;
          size -= n;
        }
      else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        {
          set_broken (error, g_strerror (errno));
          return FALSE;
        }
      else if (!wait_for (self, POLLOUT, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
hear (Talk     *self,
      gpointer  data,
      gsize     size,
      GError  **error)
{
  for (guint8 *p = data; size > 0;)
    {
      ssize_t n = recv (self->drawer->socket, p, size, 0);

      if (n > 0)
        {
          p += n;
          size -= n;
        }
      else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        {
          set_broken (error, _("drawing it failed"));
          return FALSE;
        }
      else if (!wait_for (self, POLLIN, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
ask (Talk              *self,
     const char        *content_type,
     GBytes            *bytes,
     int                width,
     int                height,
     CofferImageFlags   flags,
     GError           **error)
{
  const CofferDrawRequest request = {
    .magic = COFFER_DRAW_MAGIC,
    .width = MIN (width, COFFER_DRAW_MAX_SIDE),
    .height = MIN (height, COFFER_DRAW_MAX_SIDE),
    .cover = (flags & COFFER_IMAGE_COVER) != 0,
    .enlarge = (flags & COFFER_IMAGE_ENLARGE) != 0,
    .type_size = MIN (strlen (content_type), COFFER_DRAW_MAX_TYPE),
    .size = g_bytes_get_size (bytes),
  };

  return say (self, &request, sizeof request, error) && say (self, content_type, request.type_size, error) &&
         say (self, g_bytes_get_data (bytes, NULL), request.size, error);
}

/* It drew what a stranger wrote, so it may be one itself. */
static gboolean
is_sane (const CofferDrawAnswer *answer,
         int                     max_side)
{
  return answer->magic == COFFER_DRAW_MAGIC && answer->width <= (guint) max_side && answer->height <= (guint) max_side &&
         (answer->drawn == COFFER_DRAWN) == (answer->width > 0 && answer->height > 0) &&
         answer->own_width <= G_MAXINT && answer->own_height <= G_MAXINT && answer->orientation >= 1 && answer->orientation <= 8;
}

/* @pixels: (out) (transfer full): NULL if it was not drawn */
static gboolean
hear_answer (Talk              *self,
             int                max_side,
             CofferDrawAnswer  *answer,
             guint32          **pixels,
             GError           **error)
{
  gsize n;

  if (!hear (self, answer, sizeof *answer, error))
    return FALSE;
  if (!is_sane (answer, max_side))
    {
      set_broken (error, _("drawing it failed"));
      return FALSE;
    }
  if (answer->drawn != COFFER_DRAWN)
    return TRUE;

  n = (gsize) answer->width * answer->height;
  if ((*pixels = g_try_new (guint32, n)) == NULL)
    {
      coffer_image_set_no_memory (error);
      return FALSE;
    }

  return hear (self, *pixels, n * sizeof **pixels, error);
}

/* One that is idle may have ended meanwhile, and is not asked to draw what another one would not survive: it is looked at first. */
static gboolean
is_there (Drawer *drawer)
{
  char byte;

  return recv (drawer->socket, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

static Drawer *
take_drawer (const char  *content_type,
             GError     **error)
{
  Drawer *drawer;

  while ((drawer = take_idle ()) != NULL)
    {
      if (is_there (drawer))
        return drawer;
      drawer_end (drawer);
    }

  if ((drawer = drawer_new ()) == NULL)
    coffer_image_set_no_loader (content_type, error);

  return drawer;
}

static gboolean
talk (const char        *content_type,
      GBytes            *bytes,
      int                width,
      int                height,
      CofferImageFlags   flags,
      CofferDrawAnswer  *answer,
      guint32          **pixels,
      GCancellable      *cancellable,
      GError           **error)
{
  Talk self = { .cancellable = cancellable, .deadline = g_get_monotonic_time () + LIMIT_WAIT_US };

  if ((self.drawer = take_drawer (content_type, error)) == NULL)
    return FALSE;

  self.processor_limit = processor_time (self.drawer) + (flags & COFFER_IMAGE_PATIENT ? PATIENT_LIMIT_US : LIMIT_US);
  if (!ask (&self, content_type, bytes, width, height, flags, error) ||
      !hear_answer (&self, 2 * MAX (width, height), answer, pixels, error))
    {
      drawer_end (self.drawer);
      return FALSE;
    }

  give_back (self.drawer);

  return TRUE;
}

/* Returns: (transfer full) (nullable) */
static char *
dup_profile (const CofferDrawAnswer *answer)
{
  g_autofree char *name = g_strndup (answer->profile, sizeof answer->profile);

  return *name != '\0' ? g_utf8_make_valid (name, -1) : NULL;
}

static void
set_failure (const CofferDrawAnswer  *answer,
             const char              *content_type,
             GError                 **error)
{
  if (answer->drawn == COFFER_DRAWN_NO_LOADER)
    coffer_image_set_no_loader (content_type, error);
  else if (answer->drawn != COFFER_DRAWN_TOO_LARGE)
    set_broken (error, _("drawing it failed"));
  else if ((guint64) answer->own_width * answer->own_height > 0)
    coffer_image_set_too_large (answer->own_width, answer->own_height, error);
  else
    coffer_image_set_no_memory (error);
}

gboolean
coffer_draw (CofferImage       *image,
             const char        *content_type,
             GBytes            *bytes,
             int                max_width,
             int                max_height,
             CofferImageFlags   flags,
             GCancellable      *cancellable,
             GError           **error)
{
  g_autofree guint32 *pixels = NULL;
  CofferDrawAnswer answer;
  gboolean on_side;

  *image = (CofferImage) { .orientation = 1 };
  g_return_val_if_fail (max_width > 0 && max_height > 0, FALSE);
  g_return_val_if_fail (g_bytes_get_size (bytes) <= COFFER_DRAW_MAX_SIZE, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !talk (content_type, bytes, max_width, max_height, flags, &answer, &pixels, cancellable, error))
    return FALSE;

  on_side = coffer_image_is_on_side (answer.orientation);
  image->width = on_side ? answer.own_height : answer.own_width;
  image->height = on_side ? answer.own_width : answer.own_height;
  image->orientation = answer.orientation;
  image->vector = answer.vector != 0;
  image->profile = dup_profile (&answer);
  if (pixels == NULL)
    {
      set_failure (&answer, content_type, error);
      return FALSE;
    }

  image->texture = coffer_image_finish (g_steal_pointer (&pixels), answer.width, answer.height, image->orientation,
                                        &image->opaque, &image->pixels);
  if (image->texture == NULL)
    coffer_image_set_no_memory (error);

  return image->texture != NULL;
}
