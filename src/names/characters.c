/* SPDX-License-Identifier: MIT */
/* characters.c - the characters of names. */
#include "names.h"

/* The length of a sequence by its first byte, or 0, and the range of its second byte; further
 * ones are 80 to BF. Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte
 * Sequences". */
static size_t
utf8_length (unsigned char  first,
             unsigned char *low,
             unsigned char *high)
{
  *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (first >= 0xc2 && first <= 0xdf)
    return 2;
  if (first >= 0xe0 && first <= 0xef)
    return 3;
  if (first >= 0xf0 && first <= 0xf4)
    return 4;
  return 0;
}

size_t
names_utf8_next (const unsigned char *text,
                 size_t               size,
                 uint32_t            *code_point)
{
  unsigned char low, high;
  size_t length;
  uint32_t value;

  *code_point = text[0];
  if (text[0] < 0x80)
    return 1;
  *code_point = NAMES_NOT_UTF8;
  length = utf8_length (text[0], &low, &high);
  if (length == 0 || length > size || text[1] < low || text[1] > high)
    return 1;
  value = text[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++)
    {
      if ((text[i] & 0xc0) != 0x80)
        return 1;
      value = value << 6 | (text[i] & 0x3f);
    }
  *code_point = value;
  return length;
}

bool
names_is_unsafe (uint32_t code_point)
{
  return code_point < 0x20
         || (code_point >= 0x7f && code_point <= 0x9f)       /* DEL and C1 controls */
         || code_point == 0x61c                              /* Arabic letter mark */
         || code_point == 0x200e || code_point == 0x200f     /* left-, right-to-left mark */
         || (code_point >= 0x2028 && code_point <= 0x202e)   /* separators, embeddings, overrides */
         || (code_point >= 0x2066 && code_point <= 0x2069)   /* isolates */
         || code_point == NAMES_NOT_UTF8;
}

/* Letters come in two blocks, or a large one before its small one. What is not here is taken for different, which costs a
 * number on a memory stick at worst. Source: The Unicode Standard, CaseFolding.txt. */
uint32_t
names_fold (uint32_t code_point)
{
  uint32_t c = code_point;

  if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
    return c + 0x20;
  if (c >= 0x400 && c <= 0x40f)
    return c + 0x50;
  if (c == 0x178)
    return 0xff;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
    return c + (c & 1);
  if ((c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
      (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f))
    return c | 1;
  return c == 0x3c2 ? 0x3c3 : c;
}
