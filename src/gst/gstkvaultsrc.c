/* SPDX-License-Identifier: MIT */
/* gstkvaultsrc.c - an element that plays a value in place.
 *
 * The element opens a handle of its own in start() and closes it in stop(), for viewing
 * only: nothing on the disk changes. GstBaseSrc calls start(), fill() and stop() on
 * different threads but never two at once, which is what a kvault handle asks for. What was
 * parsed from the URI is guarded by the object lock and fixed while the element runs.
 * unlock() comes from any thread: it sets a flag that the library asks for while it waits
 * or walks, so it is not lost when it comes just before a call.
 *
 * While the element runs it holds a read transaction; see CAVEATS in kvault.h.
 */
#include "gstkvaultsrc.h"

#include <kvault.h>
#include <string.h>

/* Starting happens on the thread that changes the state, often one that draws. */
#define BUSY_TIMEOUT_MS 1000
#define BLOCK_SIZE (256 * 1024)

GST_DEBUG_CATEGORY_STATIC (kvault_src_debug);
#define GST_CAT_DEFAULT kvault_src_debug

struct _GstKvaultSrc
{
  GstBaseSrc parent_instance;

  /* The object lock. */
  char *uri;
  char *path;
  char *table;   /* or NULL */
  GBytes *key;
  guint64 skip;  /* bytes that are left out at the beginning */

  /* From start() to stop(). */
  kvault *vault;
  kvault_blob *blob;

  int flushing;  /* atomic */
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

static GBytes *
decode (const char *start,
        const char *end,
        gboolean    may_have_nul)
{
  g_autoptr(GBytes) bytes = g_uri_unescape_bytes (start, end - start, NULL, NULL);

  if (bytes == NULL)
    return NULL;
  if (!may_have_nul && memchr (g_bytes_get_data (bytes, NULL), '\0', g_bytes_get_size (bytes)) != NULL)
    return NULL;
  return g_steal_pointer (&bytes);
}

static char *
decode_text (const char *start,
             const char *end)
{
  g_autoptr(GBytes) bytes = start < end ? decode (start, end, FALSE) : NULL;

  if (bytes == NULL)
    return NULL;
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* Parameters with other names are for readers to come. */
static gboolean
parse_query (const char *query,
             char      **table,
             GBytes    **key,
             guint64    *skip)
{
  g_auto(GStrv) parameters = g_strsplit (query, "&", -1);

  for (char **parameter = parameters; *parameter != NULL; parameter++)
    {
      const char *end = *parameter + strlen (*parameter);

      if (g_str_has_prefix (*parameter, "key=") && *key == NULL)
        {
          if ((*key = decode (*parameter + strlen ("key="), end, TRUE)) == NULL)
            return FALSE;
        }
      else if (g_str_has_prefix (*parameter, "table=") && *table == NULL)
        {
          if ((*table = decode_text (*parameter + strlen ("table="), end)) == NULL)
            return FALSE;
        }
      else if (g_str_has_prefix (*parameter, "offset=") &&
               !g_ascii_string_to_unsigned (*parameter + strlen ("offset="), 10, 0, G_MAXINT64, skip, NULL))
        return FALSE;
    }
  return *key != NULL;
}

static gboolean
parse_uri (const char *uri,
           char      **path,
           char      **table,
           GBytes    **key,
           guint64    *skip)
{
  const char *start, *query;

  if (!gst_uri_has_protocol (uri, "kvault") || strchr (uri, '#') != NULL)
    return FALSE;
  start = strchr (uri, ':') + 1;
  if (!g_str_has_prefix (start, "///"))
    return FALSE;
  start += strlen ("//");
  if ((query = strchr (start, '?')) == NULL)
    return FALSE;
  *path = decode_text (start, query);
  return *path != NULL && parse_query (query + 1, table, key, skip);
}

/* Takes the parts; all NULL for no address. */
static gboolean
take_address (GstKvaultSrc *self,
              const char   *uri,
              char         *path,
              char         *table,
              GBytes       *key,
              guint64       skip)
{
  gboolean idle;

  GST_OBJECT_LOCK (self);
  idle = GST_STATE (self) <= GST_STATE_READY && GST_STATE_PENDING (self) <= GST_STATE_READY;
  if (idle)
    {
      g_free (self->uri);
      self->uri = g_strdup (uri);
      g_free (self->path);
      self->path = path;
      g_free (self->table);
      self->table = table;
      g_clear_pointer (&self->key, g_bytes_unref);
      self->key = key;
      self->skip = skip;
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
  g_autofree char *path = NULL;
  g_autofree char *table = NULL;
  g_autoptr(GBytes) key = NULL;
  guint64 skip = 0;

  if (uri != NULL && !parse_uri (uri, &path, &table, &key, &skip))
    {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "No address of a value in a vault: %s", uri);
      return FALSE;
    }
  if (!take_address (self, uri, path, table, key, skip))
    {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE, "The address cannot change while it is read");
      return FALSE;
    }
  path = table = NULL;
  key = NULL;
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

static void
post_error (GstKvaultSrc *self,
            int           result,
            const char   *message)
{
  const char *name = kvault_result_name (result);

  switch (result)
    {
    case KVAULT_NOTFOUND:
    case KVAULT_ENOENT:
      GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("%s", message), ("%s", name));
      break;
    case KVAULT_EPERM:
      GST_ELEMENT_ERROR (self, RESOURCE, NOT_AUTHORIZED, ("%s", message), ("%s", name));
      break;
    case KVAULT_EBUSY:
      GST_ELEMENT_ERROR (self, RESOURCE, BUSY, ("%s", message), ("%s", name));
      break;
    default:
      if (self->blob == NULL)
        GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", message), ("%s", name));
      else
        GST_ELEMENT_ERROR (self, RESOURCE, READ, ("%s", message), ("%s", name));
    }
}

static int
is_flushing (void *data)
{
  GstKvaultSrc *self = data;

  return g_atomic_int_get (&self->flushing);
}

static gboolean
gst_kvault_src_stop (GstBaseSrc *src)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (src);

  g_clear_pointer (&self->blob, kvault_blob_close);
  g_clear_pointer (&self->vault, kvault_close);
  return TRUE;
}

static gboolean
gst_kvault_src_start (GstBaseSrc *src)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (src);
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error error;
  int rc;

  if (self->key == NULL)
    {
      GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("No address of a value was given"), (NULL));
      return FALSE;
    }
  options.access = KVAULT_ACCESS_VIEW;
  options.table = self->table;
  options.busy_timeout_ms = BUSY_TIMEOUT_MS;
  options.is_cancelled = is_flushing;
  options.is_cancelled_data = self;
  if ((rc = kvault_open (self->path, &options, &self->vault, &error)) != KVAULT_OK)
    {
      post_error (self, rc, error.message);
      return FALSE;
    }
  rc = kvault_blob_open (self->vault, g_bytes_get_data (self->key, NULL), g_bytes_get_size (self->key), &self->blob);
  if (rc != KVAULT_OK)
    {
      post_error (self, rc, rc == KVAULT_NOTFOUND ? "The vault has no such key" : kvault_errmsg (self->vault));
      gst_kvault_src_stop (src);
      return FALSE;
    }
  GST_DEBUG_OBJECT (self, "opened, %" G_GUINT64_FORMAT " bytes", kvault_blob_size (self->blob));
  gst_base_src_set_dynamic_size (src, FALSE);
  return TRUE;
}

/* Of what is given: the value from `skip` on. */
static guint64
given_size (GstKvaultSrc *self)
{
  guint64 size = kvault_blob_size (self->blob);

  return size > self->skip ? size - self->skip : 0;
}

static gboolean
gst_kvault_src_get_size (GstBaseSrc *src,
                         guint64    *size)
{
  GstKvaultSrc *self = GST_KVAULT_SRC (src);

  if (self->blob == NULL)
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
  GstMapInfo map;
  int rc;

  if (is_flushing (self))
    return GST_FLOW_FLUSHING;
  if (offset >= size)
    return GST_FLOW_EOS;
  length = MIN (length, size - offset);

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    {
      GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, (NULL), ("cannot write to a buffer"));
      return GST_FLOW_ERROR;
    }
  rc = kvault_blob_read (self->blob, map.data, length, self->skip + offset);
  gst_buffer_unmap (buffer, &map);
  if (rc == KVAULT_ECANCELLED)
    return GST_FLOW_FLUSHING;
  if (rc != KVAULT_OK)
    {
      post_error (self, rc, kvault_errmsg (self->vault));
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
  g_atomic_int_set (&GST_KVAULT_SRC (src)->flushing, TRUE);
  return TRUE;
}

static gboolean
gst_kvault_src_unlock_stop (GstBaseSrc *src)
{
  g_atomic_int_set (&GST_KVAULT_SRC (src)->flushing, FALSE);
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

  g_free (self->uri);
  g_free (self->path);
  g_free (self->table);
  g_clear_pointer (&self->key, g_bytes_unref);
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
}

gboolean
gst_kvault_src_register (void)
{
  return GST_ELEMENT_REGISTER (kvaultsrc, NULL);
}
