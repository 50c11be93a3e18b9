/* SPDX-License-Identifier: MIT */
/* Files that become values, added up on the way, and with a header before them; and how a value is known again. */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-source-sum.h"

#include <errno.h>
#include <unistd.h>

#define PIECE_SIZE (1 << 20)

void
coffer_print_begin (CofferPrint *self)
{
  if (self->state == NULL && (self->state = XXH3_createState ()) == NULL)
    g_error ("no memory for a print");
  XXH3_128bits_reset (self->state);
}

void
coffer_print_add (CofferPrint  *self,
                  gconstpointer data,
                  gsize         size)
{
  if (size > 0)
    XXH3_128bits_update (self->state, data, size);
}

void
coffer_print_get (const CofferPrint *self,
                  guint64            print[2])
{
  XXH128_hash_t hash = XXH3_128bits_digest (self->state);

  print[0] = hash.low64;
  print[1] = hash.high64;
}

void
coffer_print_clear (CofferPrint *self)
{
  XXH3_freeState (g_steal_pointer (&self->state));
}

void
coffer_source_sum_begin (CofferSourceSum *self,
                         gboolean         sums,
                         GBytes          *header)
{
  self->sums = sums;
  self->summed = 0;
  manifest_sum_init (&self->sum);
  coffer_print_begin (&self->print);
  if (header != NULL)
    coffer_print_add (&self->print, g_bytes_get_data (header, NULL), g_bytes_get_size (header));
}

void
coffer_source_sum_take (CofferSourceSum *self,
                        gconstpointer    data,
                        gsize            size)
{
  if (self->sums)
    manifest_sum_add (&self->sum, data, size);
  coffer_print_add (&self->print, data, size);
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

      if (n == 0 || (n < 0 && errno != EINTR))
        return FALSE;
      if (n > 0)
        coffer_source_sum_take (self, self->buffer, (gsize) n);
      self->summed += n > 0 ? (guint64) n : 0;
    }
  return TRUE;
}

gboolean
coffer_source_sum_add_value (CofferSourceSum *self,
                             kvault_blob     *value,
                             guint64          done)
{
  if (self->buffer == NULL)
    self->buffer = g_malloc (PIECE_SIZE);
  while (self->summed < done)
    {
      gsize len = MIN (PIECE_SIZE, done - self->summed);

      if (kvault_blob_read (value, self->buffer, len, self->summed) != KVAULT_OK)
        return FALSE;
      coffer_source_sum_take (self, self->buffer, len);
      self->summed += len;
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
  coffer_print_clear (&self->print);
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
