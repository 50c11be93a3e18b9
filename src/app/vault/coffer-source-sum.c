/* SPDX-License-Identifier: MIT */
/* Files that become values, added up on the way, and with a header before them. */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-source-sum.h"

#include <errno.h>
#include <unistd.h>

#define PIECE_SIZE (1 << 20)

void
coffer_source_sum_begin (CofferSourceSum *self)
{
  manifest_sum_init (&self->sum);
  self->summed = 0;
}

gboolean
coffer_source_sum_add (CofferSourceSum *self,
                       int              fd,
                       guint64          done)
{
  if (self->buffer == NULL)
    self->buffer = g_malloc (PIECE_SIZE);
  while (self->summed < done)
    {
      gssize n = pread (fd, self->buffer, MIN (PIECE_SIZE, done - self->summed), (off_t) self->summed);

      if (n <= 0 && errno != EINTR)
        return FALSE;
      if (n > 0)
        manifest_sum_add (&self->sum, self->buffer, (gsize) n);
      self->summed += n > 0 ? (guint64) n : 0;
    }
  return TRUE;
}

void
coffer_source_sum_get (const CofferSourceSum *self,
                       guint8                 sum[MANIFEST_SUM_SIZE])
{
  manifest_sum copy = self->sum;

  manifest_sum_end (&copy, sum);
}

void
coffer_source_sum_clear (CofferSourceSum *self)
{
  g_clear_pointer (&self->buffer, g_free);
}

static int
write_rest (kvault_writer       *writer,
            int                  fd,
            guint64              size,
            kvault_progress_func report,
            gpointer             data)
{
  g_autofree char *buffer = g_malloc (PIECE_SIZE);
  kvault_progress progress = { .keys_total = 1, .bytes_total = size };
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK && progress.bytes < size)
    {
      gssize n = read (fd, buffer, MIN (PIECE_SIZE, size - progress.bytes));

      if (n <= 0)
        return KVAULT_ERANGE;   /* it shrank, or cannot be read: it is another file than it was */
      rc = kvault_writer_write (writer, buffer, (gsize) n);
      progress.bytes += (guint64) n;
      if (rc == KVAULT_OK && report (&progress, data) != 0)
        rc = KVAULT_ECANCELLED;
    }
  return rc;
}

int
coffer_source_put (kvault               *vault,
                   GBytes               *key,
                   GBytes               *header,
                   int                   fd,
                   guint64               size,
                   kvault_progress_func  report,
                   gpointer              data)
{
  gsize key_size, header_size;
  gconstpointer key_data = g_bytes_get_data (key, &key_size);
  gconstpointer header_data = header != NULL ? g_bytes_get_data (header, &header_size) : NULL;
  kvault_writer *writer = NULL;
  int rc;

  if (header == NULL)
    return kvault_put_fd (vault, key_data, key_size, fd, size, report, data);
  rc = kvault_writer_open (vault, key_data, key_size, header_size + size, &writer);
  if (rc == KVAULT_OK)
    rc = kvault_writer_write (writer, header_data, header_size);
  if (rc == KVAULT_OK)
    rc = write_rest (writer, fd, size, report, data);
  if (rc == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  return rc;
}
