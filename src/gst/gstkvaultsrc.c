/* SPDX-License-Identifier: MIT */
/* gstkvaultsrc.c - an element that plays a value in place.
 *
 * It knows URIs, states and errors; the bytes come from a GstKvaultRing, which reads ahead with a handle of its own, for viewing
 * only: nothing on the disk changes. GstBaseSrc calls start(), fill() and stop() on different threads but never two at
 * once. unlock() comes from any thread.
 */
#include "gstkvaultsrc.h"

#include "gstkvaultring.h"

#include <glib/gi18n-lib.h>
#include <kvault.h>

#define BLOCK_SIZE (256 * 1024)

GST_DEBUG_CATEGORY_STATIC (kvault_src_debug);
#define GST_CAT_DEFAULT kvault_src_debug

struct _GstKvaultSrc
{
  GstBaseSrc parent_instance;

  /* The object lock; fixed while the element runs. */
  char *uri;
  GstKvaultAddress *address;  /* or NULL */

  GstKvaultRing *ring;
};

enum {
  PROP_0,
  PROP_URI,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static GstStaticPadTemplate src_template =
  GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static void uri_handler_init (gpointer iface, gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstKvaultSrc, gst_kvault_src, GST_TYPE_BASE_SRC,
                               G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, uri_handler_init))

GST_ELEMENT_REGISTER_DEFINE (kvaultsrc, "kvaultsrc", GST_RANK_PRIMARY, GST_TYPE_KVAULT_SRC)

/* --- URIs -------------------------------------------------------------------------------- */

/* Takes @address; NULL for none. */
static gboolean
take_address (GstKvaultSrc     *self,
              const char       *uri,
              GstKvaultAddress *address)
{
  gboolean idle;

  GST_OBJECT_LOCK (self);
  idle = GST_STATE (self) <= GST_STATE_READY && GST_STATE_PENDING (self) <= GST_STATE_READY;
  if (idle)
    {
      g_free (self->uri);
      self->uri = g_strdup (uri);
      g_clear_pointer (&self->address, gst_kvault_address_free);
      self->address = address;
    }
  GST_OBJECT_UNLOCK (self);
  return idle;
}

static gboolean
gst_kvault_src_set_uri (GstURIHandler *handler,
                        const char    *uri,
                        GError       **error)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (handler);
  g_autoptr(GstKvaultAddress) address = uri != NULL ? gst_kvault_address_new (uri) : NULL;

  if (uri != NULL && address == NULL)
    {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "No address of a value in a vault: %s", uri);
      return FALSE;
    }
  if (!take_address (self, uri, address))
    {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE, "The address cannot change while it is read");
      return FALSE;
    }
  g_steal_pointer (&address);
  return TRUE;
}

static char *
gst_kvault_src_get_uri (GstURIHandler *handler)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (handler);
  char *uri;

  GST_OBJECT_LOCK (self);
  uri = g_strdup (self->uri);
  GST_OBJECT_UNLOCK (self);
  return uri;
}

static GstURIType
gst_kvault_src_get_uri_type (GType type)
{
  return GST_URI_SRC;
}

static const char *const *
gst_kvault_src_get_protocols (GType type)
{
  static const char *const protocols[] = { "kvault", NULL };

  return protocols;
}

static void
uri_handler_init (gpointer iface,
                  gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = gst_kvault_src_get_uri_type;
  handler->get_protocols = gst_kvault_src_get_protocols;
  handler->get_uri = gst_kvault_src_get_uri;
  handler->set_uri = gst_kvault_src_set_uri;
}

/* --- reading ----------------------------------------------------------------------------- */

/* On the thread that reads. */
static void
tell_waiting (gpointer data,
              gboolean waiting)
{
  GstKvaultSrc *self = data;
  GstStructure *structure = gst_structure_new (GST_KVAULT_SRC_WALKING, "walking", G_TYPE_BOOLEAN, waiting, NULL);

  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

static const char *
message_of (const GstKvaultFailure *failure,
            gboolean                opening)
{
  if (failure->result == KVAULT_NOTFOUND && opening)
    return _("The vault has no such key");
  if (failure->result == KVAULT_ESTALE && failure->is_deleted)
    return _("The value was deleted while it was played");
  if (failure->result == KVAULT_ESTALE)
    return _("The value was changed while it was played");
  return failure->message;
}

static GstResourceError
code_of (const GstKvaultFailure *failure,
         gboolean                opening)
{
  if (failure->result == KVAULT_NOTFOUND || failure->result == KVAULT_ENOENT || failure->is_deleted)
    return GST_RESOURCE_ERROR_NOT_FOUND;
  if (failure->result == KVAULT_EPERM)
    return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  if (failure->result == KVAULT_EBUSY)
    return GST_RESOURCE_ERROR_BUSY;
  return opening ? GST_RESOURCE_ERROR_OPEN_READ : GST_RESOURCE_ERROR_READ;
}

static void
post_error (GstKvaultSrc           *self,
            const GstKvaultFailure *failure,
            gboolean                opening)
{
  gst_element_message_full_with_details (GST_ELEMENT (self), GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, code_of (failure, opening),
                                         g_strdup (message_of (failure, opening)), g_strdup (kvault_result_name (failure->result)),
                                         __FILE__, G_STRFUNC, __LINE__,
                                         gst_structure_new ("details", "kvault-result", G_TYPE_INT, failure->result, NULL));
}

static gboolean
gst_kvault_src_stop (GstBaseSrc *src)
{
  gst_kvault_ring_close (GST_KVAULT_SRC (src)->ring);
  return TRUE;
}

static gboolean
gst_kvault_src_start (GstBaseSrc *src)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (src);
  GstKvaultFailure failure;

  if (self->address == NULL)
    {
      GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("%s", _("No address of a value was given")), (NULL));
      return FALSE;
    }
  if (!gst_kvault_ring_open (self->ring, self->address, &failure))
    {
      post_error (self, &failure, TRUE);
      return FALSE;
    }
  GST_DEBUG_OBJECT (self, "opened, %" G_GUINT64_FORMAT " bytes", gst_kvault_ring_size (self->ring));
  gst_base_src_set_dynamic_size (src, FALSE);
  return TRUE;
}

/* Of what is given: the value from `skip` on. */
static guint64
given_size (GstKvaultSrc *self)
{
  guint64 size = gst_kvault_ring_size (self->ring);

  return size > self->address->skip ? size - self->address->skip : 0;
}

static gboolean
gst_kvault_src_get_size (GstBaseSrc *src,
                         guint64    *size)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (src);

  if (!gst_kvault_ring_is_open (self->ring))
    return FALSE;
  *size = given_size (self);
  return TRUE;
}

static gboolean
gst_kvault_src_is_seekable (GstBaseSrc *src)
{
  return TRUE;
}

/* Says that ranges cost alike, so that demuxers pull them and nothing is buffered between. */
static gboolean
gst_kvault_src_query (GstBaseSrc *src,
                      GstQuery   *query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_SCHEDULING)
    return GST_BASE_SRC_CLASS (gst_kvault_src_parent_class)->query (src, query);
  gst_query_set_scheduling (query, GST_SCHEDULING_FLAG_SEEKABLE, 1, -1, 0);
  gst_query_add_scheduling_mode (query, GST_PAD_MODE_PULL);
  gst_query_add_scheduling_mode (query, GST_PAD_MODE_PUSH);
  return TRUE;
}

static GstFlowReturn
gst_kvault_src_fill (GstBaseSrc *src,
                     guint64     offset,
                     guint       length,
                     GstBuffer  *buffer)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (src);
  guint64 size = given_size (self);
  GstKvaultFailure failure;
  GstMapInfo map;
  gboolean read;

  if (offset >= size)
    return GST_FLOW_EOS;
  length = MIN (length, size - offset);

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    {
      GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, (NULL), ("cannot write to a buffer"));
      return GST_FLOW_ERROR;
    }
  read = gst_kvault_ring_read (self->ring, map.data, self->address->skip + offset, length, &failure);
  gst_buffer_unmap (buffer, &map);
  if (!read && failure.result == KVAULT_ECANCELLED)
    return GST_FLOW_FLUSHING;
  if (!read)
    {
      post_error (self, &failure, FALSE);
      return GST_FLOW_ERROR;
    }
  gst_buffer_set_size (buffer, length);
  GST_BUFFER_OFFSET (buffer) = offset;
  GST_BUFFER_OFFSET_END (buffer) = offset + length;
  return GST_FLOW_OK;
}

static gboolean
gst_kvault_src_unlock (GstBaseSrc *src)
{
  gst_kvault_ring_set_flushing (GST_KVAULT_SRC (src)->ring, TRUE);
  return TRUE;
}

static gboolean
gst_kvault_src_unlock_stop (GstBaseSrc *src)
{
  gst_kvault_ring_set_flushing (GST_KVAULT_SRC (src)->ring, FALSE);
  return TRUE;
}

/* --- the object -------------------------------------------------------------------------- */

static void
gst_kvault_src_set_property (GObject      *object,
                             guint         id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  g_autoptr(GError) error = NULL;

  if (id != PROP_URI)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  if (!gst_kvault_src_set_uri (GST_URI_HANDLER (object), g_value_get_string (value), &error))
    GST_WARNING_OBJECT (object, "%s", error->message);
}

static void
gst_kvault_src_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  if (id == PROP_URI)
    g_value_take_string (value, gst_kvault_src_get_uri (GST_URI_HANDLER (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_kvault_src_finalize (GObject *object)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (object);

  gst_kvault_ring_free (self->ring);
  g_free (self->uri);
  g_clear_pointer (&self->address, gst_kvault_address_free);
  G_OBJECT_CLASS (gst_kvault_src_parent_class)->finalize (object);
}

static void
gst_kvault_src_class_init (GstKvaultSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (kvault_src_debug, "kvaultsrc", 0, "values of vaults");

  object_class->set_property = gst_kvault_src_set_property;
  object_class->get_property = gst_kvault_src_get_property;
  object_class->finalize = gst_kvault_src_finalize;
  base_class->start = gst_kvault_src_start;
  base_class->stop = gst_kvault_src_stop;
  base_class->get_size = gst_kvault_src_get_size;
  base_class->is_seekable = gst_kvault_src_is_seekable;
  base_class->query = gst_kvault_src_query;
  base_class->fill = gst_kvault_src_fill;
  base_class->unlock = gst_kvault_src_unlock;
  base_class->unlock_stop = gst_kvault_src_unlock_stop;

  props[PROP_URI] =
    g_param_spec_string ("uri", "URI", "Which value of which vault: kvault:///PATH?table=T&key=K&offset=N", NULL,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Vault value source", "Source/File",
                                         "Reads a value of a vault, at any place", "The Coffer authors");
}

static void
gst_kvault_src_init (GstKvaultSrc *self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_BYTES);
  gst_base_src_set_blocksize (GST_BASE_SRC (self), BLOCK_SIZE);
  self->ring = gst_kvault_ring_new (tell_waiting, self);
}

gboolean
gst_kvault_src_register (void)
{
  return GST_ELEMENT_REGISTER (kvaultsrc, NULL);
}
