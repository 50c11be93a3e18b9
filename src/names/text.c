/* SPDX-License-Identifier: MIT */
/* text.c - text that grows, and numbers in it. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
names_text_add (names_text *self,
                const void *data,
                size_t      size)
{
  size_t wanted = self->room > 0 ? self->room : 256;
  char *grown;

  while (wanted < self->size + size + 1)
    wanted *= 2;
  if (wanted > self->room)
    {
      if ((grown = realloc (self->data, wanted)) == NULL)
        return false;
      self->data = grown;
      self->room = wanted;
    }
  memcpy (self->data + self->size, data, size);
  self->size += size;
  self->data[self->size] = '\0';
  return true;
}

void
names_text_cut (names_text *self,
                size_t      size)
{
  self->size = size;
  self->data[size] = '\0';
}

void
names_text_clear (names_text *self)
{
  free (self->data);
  *self = (names_text) { NULL };
}

/* Where the extension of the last part begins, or the end. */
static size_t
extension_start (const names_text *text,
                 size_t            from)
{
  size_t i = text->size;

  while (i > from && text->data[i - 1] != '/' && text->data[i - 1] != '.')
    i--;
  if (i <= from + 1 || text->data[i - 1] != '.' || text->data[i - 2] == '/'
      || i == text->size || text->size - i > NAMES_ENDING_MAX)
    return text->size;
  return i - 1;
}

bool
names_number (names_text *text,
              size_t      from,
              unsigned    number)
{
  size_t start = extension_start (text, from), size = text->size - start;
  char extension[NAMES_ENDING_MAX + 1];
  char suffix[32];
  int length = snprintf (suffix, sizeof suffix, " (%u)", number);

  memcpy (extension, text->data + start, size);
  text->size = start;
  return names_text_add (text, suffix, (size_t) length) && names_text_add (text, extension, size);
}
