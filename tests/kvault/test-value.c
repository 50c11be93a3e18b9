/* SPDX-License-Identifier: MIT */
/* What a value is: its header and its media type: value.c. */
#include "kvtest.h"

static const uint8_t header[KVAULT_HEADER_SIZE] = { 0x89, 'K', 1, 3, 0, 0, 0, 0, 'V', 'K' };

static kvault_value_info
parse (kvault_section_kind  kind,
       const void          *head,
       size_t               len)
{
  kvault_value_info info = { 77, (kvault_encoding) 77, 77, 77 };
  uint8_t *exact = malloc (len > 0 ? len : 1); /* so that a sanitizer sees one byte too many */

  memcpy (exact, head, len);
  kvault_value_parse (kind, exact, len, &info);
  free (exact);
  return info;
}

static void
assert_raw (kvault_value_info info)
{
  assert_int (info.has_header, ==, 0);
  assert_int (info.encoding, ==, KVAULT_ENCODING_RAW);
  assert_int (info.flags, ==, 0);
  assert_int (info.data_offset, ==, 0);
}

static void
recognises_every_encoding (void)
{
  static const char *const names[] = { "raw", "pickle", "datapacker", "json", "msgpack", "cbor",
                                       "text" };

  for (uint8_t i = 0; i < KVTEST_N (names); i++)
    {
      uint8_t head[KVAULT_HEADER_SIZE + 3];
      kvault_value_info info;

      memcpy (head, header, sizeof header);
      head[3] = i;
      for (size_t len = KVAULT_HEADER_SIZE; len <= sizeof head; len++)
        {
          info = parse (KVAULT_SECTION_V2, head, len);
          assert_true (info.has_header);
          assert_int (info.encoding, ==, i);
          assert_int (info.flags, ==, 0);
          assert_int (info.data_offset, ==, KVAULT_HEADER_SIZE);
        }
      assert_str (kvault_encoding_name ((kvault_encoding) i), names[i]);
    }
}

static void
takes_near_misses_as_raw (void)
{
  static const struct { unsigned at; uint8_t byte; } misses[] = {
    { 0, 0x88 }, { 0, 0 }, { 1, 'k' }, { 1, 0 }, { 2, 0 }, { 2, 2 }, { 2, 0xff }, { 3, 7 },
    { 3, 0x80 }, { 3, 0xff }, { 5, 1 }, { 6, 1 }, { 7, 0x80 }, { 8, 'v' }, { 8, 'K' }, { 9, 'V' },
    { 9, 0 },
  };
  uint8_t head[KVAULT_HEADER_SIZE];

  for (size_t i = 0; i < KVTEST_N (misses); i++)
    {
      memcpy (head, header, sizeof head);
      head[misses[i].at] = misses[i].byte;
      assert_raw (parse (KVAULT_SECTION_V2, head, sizeof head));
    }
  for (size_t len = 0; len < KVAULT_HEADER_SIZE; len++)
    assert_raw (parse (KVAULT_SECTION_V2, header, len));
}

static void
keeps_flags_as_stored (void)
{
  uint8_t head[KVAULT_HEADER_SIZE];

  memcpy (head, header, sizeof head);
  head[4] = 3;
  assert_true (parse (KVAULT_SECTION_V2, head, sizeof head).has_header);
  assert_int (parse (KVAULT_SECTION_V2, head, sizeof head).flags, ==, 3);
}

static void
old_vaults_have_no_headers (void)
{
  assert_raw (parse (KVAULT_SECTION_V1, header, sizeof header));
}

static void
takes_no_bytes (void)
{
  kvault_value_info info;

  kvault_value_parse (KVAULT_SECTION_V2, NULL, 0, &info);
  assert_raw (info);
}

/* What 0.8.6 wrote: keys tell the encoding. */
static void
recognises_what_kohakuvault_packed (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v086_media_autopack.db"), KVAULT_ACCESS_VIEW);
  unsigned found[7] = { 0 }, raw = 0;
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      kvault_value_info info;
      size_t size;
      void *value;

      assert_ok (vault, kvault_get (vault, entry->key, entry->key_size, &value, &size));
      kvault_value_parse (KVAULT_SECTION_V2, value, size, &info);
      if (info.has_header)
        found[info.encoding]++;
      else
        raw++;
      kvault_free (value);
    }
  kvault_cursor_close (cursor);
  kvault_close (vault);
  assert_int (raw, >=, 20);
  printf ("# %u raw", raw);
  for (unsigned i = KVAULT_ENCODING_PICKLE; i <= KVAULT_ENCODING_TEXT; i++)
    printf (", %u %s", found[i], kvault_encoding_name ((kvault_encoding) i));
  putchar ('\n');
  assert_int (found[KVAULT_ENCODING_PICKLE], >, 0);
  assert_int (found[KVAULT_ENCODING_DATAPACKER], >, 0);
  assert_int (found[KVAULT_ENCODING_JSON] + found[KVAULT_ENCODING_MSGPACK], >, 0);
}

/* ---- Types ---- */

static bool
is_one_of (const char *type,
           const char *types)
{
  const char *at = strstr (types, type);

  return at != NULL && (at == types || at[-1] == '|')
         && (at[strlen (type)] == '\0' || at[strlen (type)] == '|');
}

static void
check_guess (const char *what,
             const void *head,
             size_t      len,
             const char *types)
{
  const char *guess = kvault_guess_type (head, len);

  if (!is_one_of (guess, types))
    kvtest_fail (__FILE__, __LINE__, "%s is %s, not %s", what, guess, types);
}

static bool
ends_in (const char *text,
         const char *ending)
{
  size_t size = strlen (text), n = strlen (ending);

  return size >= n && strcmp (text + size - n, ending) == 0;
}

static void
guesses_media_in_fixtures (void)
{
  static const struct { const char *ending, *types; } endings[] = {
    { ".png", "image/png" }, { ".gif", "image/gif" }, { ".webp", "image/webp" },
    { ".jpg", "image/jpeg" }, { ".bmp", "image/bmp" }, { ".tiff", "image/tiff" },
    { ".avif", "image/avif" }, { ".svg", "image/svg+xml" },
    { ".svgz", "application/gzip|image/svg+xml-compressed" },
    { ".mp4", "video/mp4" }, { ".webm", "video/webm" }, { ".mkv", "video/x-matroska" },
    { ".m4a", "audio/mp4|audio/x-m4a" }, { ".mp3", "audio/mpeg" },
    { ".ogg", "audio/ogg|audio/x-vorbis+ogg" }, { ".opus", "audio/ogg|audio/x-opus+ogg" },
    { ".flac", "audio/flac" }, { ".wav", "audio/x-wav|audio/wav|audio/vnd.wave" },
    { ".zip", "application/zip" }, { ".pdf", "application/pdf" },
    { "note.txt", "text/plain" }, { "note_crlf_bom.txt", "text/plain" },
    /* no UTF-8: a guess may go either way, but not to a medium */
    { "note_latin1.txt", "text/plain|application/octet-stream" },
    { "note_sjis.txt", "text/plain|application/octet-stream" },
    { "note_utf16le.txt", "text/plain|application/octet-stream" },
    { ".md", "text/plain" }, { ".csv", "text/plain" }, { ".json", "application/json|text/plain" },
    { ".xml", "application/xml|text/xml|text/plain" }, { ".html", "text/html" },
    { ".bin", "application/octet-stream" },
  };
  kvault *vault = kvtest_open (kvtest_fixture ("v010_media.db"), KVAULT_ACCESS_VIEW);
  unsigned matched = 0;
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      char *key = kvtest_format ("%.*s", (int) entry->key_size, (const char *) entry->key);
      void *value;
      size_t size;

      if (strncmp (key, "left/", 5) == 0)
        continue;
      assert_ok (vault, kvault_get (vault, entry->key, entry->key_size, &value, &size));
      for (size_t i = 0; i < KVTEST_N (endings); i++)
        if (ends_in (key, endings[i].ending))
          {
            /* 512 bytes are said to be enough, and more must not change the answer. */
            check_guess (key, value, size < 512 ? size : 512, endings[i].types);
            if (strncmp (endings[i].types, "text/", 5) != 0)
              check_guess (key, value, size, endings[i].types);
            matched++;
          }
      kvault_free (value);
    }
  kvault_cursor_close (cursor);
  kvault_close (vault);
  assert_int (matched, >=, 40);
}

#define SIGNATURE(bytes, types) { #bytes, bytes, sizeof bytes - 1, types }

static const struct { const char *name, *head; size_t len; const char *types; } signatures[] = {
  SIGNATURE ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
  SIGNATURE ("\xff\xd8\xff\xe1\0\x10" "Exif\0\0", "image/jpeg"),
  SIGNATURE ("GIF87a\1\0\1\0", "image/gif"),
  SIGNATURE ("GIF89a\1\0\1\0", "image/gif"),
  SIGNATURE ("RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
  SIGNATURE ("RIFF\x24\0\0\0WAVEfmt ", "audio/x-wav|audio/wav|audio/vnd.wave"),
  SIGNATURE ("II*\0\x08\0\0\0", "image/tiff"),
  SIGNATURE ("MM\0*\0\0\0\x08", "image/tiff"),
  SIGNATURE ("\0\0\0\x1c" "ftypavif\0\0\0\0avifmif1", "image/avif"),
  SIGNATURE ("\0\0\0\x18" "ftypheic\0\0\0\0mif1heic", "image/heic|image/heif"),
  SIGNATURE ("\0\0\0\x18" "ftypmif1\0\0\0\0mif1heic", "image/heic|image/heif"),
  SIGNATURE ("\0\0\0\x18" "ftypisom\0\0\2\0isomiso2", "video/mp4"),
  SIGNATURE ("\0\0\0\x18" "ftypmp42\0\0\0\0mp42isom", "video/mp4"),
  SIGNATURE ("\0\0\0\x14" "ftypqt  \0\0\0\0qt  ", "video/quicktime"),
  SIGNATURE ("\0\0\0\x18" "ftypM4A \0\0\0\0M4A mp42", "audio/mp4|audio/x-m4a"),
  SIGNATURE ("fLaC\0\0\0\"", "audio/flac"),
  SIGNATURE ("ID3\4\0\0\0\0\0\0", "audio/mpeg"),
  SIGNATURE ("%PDF-1.7\n", "application/pdf"),
  SIGNATURE ("PK\3\4\x14\0\0\0\x08\0", "application/zip"),
  SIGNATURE ("\x1f\x8b\x08\0\0\0\0\0\0\3", "application/gzip"),
  SIGNATURE ("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
  SIGNATURE ("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
             "image/svg+xml"),
  SIGNATURE ("\xef\xbb\xbfhello", "text/plain"),
  SIGNATURE ("hello, w\xc3\xb6rld\n", "text/plain"),
  SIGNATURE ("\0\1\2\3\4\5\6\7", "application/octet-stream"),
  SIGNATURE ("\x89PNG", "application/octet-stream"),
  SIGNATURE ("", "application/x-zerosize"),
};

static void
guesses_by_signature (void)
{
  for (size_t i = 0; i < KVTEST_N (signatures); i++)
    check_guess (signatures[i].name, signatures[i].head, signatures[i].len, signatures[i].types);
}

/* The first 512 bytes may end inside a character. */
static void
takes_text_cut_in_a_character (void)
{
  char text[512];

  for (unsigned shift = 0; shift < 4; shift++)
    {
      memset (text, 'x', sizeof text);
      for (size_t i = shift; i + 4 <= sizeof text; i += 4)
        memcpy (text + i, "\U0001f600", 4);
      memcpy (text + sizeof text - (4 - shift) % 4, "\U0001f600", (4 - shift) % 4);
      check_guess ("cut text", text, sizeof text, "text/plain");
    }
}

static void
never_reads_past_the_end (void)
{
  uint64_t seed = 1;

  for (size_t i = 0; i < KVTEST_N (signatures); i++)
    for (size_t len = 0; len <= signatures[i].len; len++)
      {
        char *exact = malloc (len > 0 ? len : 1);

        memcpy (exact, signatures[i].head, len);
        assert_true (strchr (kvault_guess_type (exact, len), '/') != NULL);
        free (exact);
      }
  for (unsigned i = 0; i < 20000; i++)
    {
      size_t n = kvtest_random (&seed) % KVTEST_N (signatures);
      size_t len = kvtest_random (&seed) % 64;
      char *head = malloc (len + 1);

      kvtest_fill (head, len, i);
      memcpy (head, signatures[n].head, len < signatures[n].len ? len : signatures[n].len);
      if (len > 0)
        head[kvtest_random (&seed) % len] ^= (char) (1 << kvtest_random (&seed) % 8);
      head = realloc (head, len > 0 ? len : 1);
      assert_true (strchr (kvault_guess_type (head, len), '/') != NULL);
      free (head);
    }
}

static const KvTest tests[] = {
  { "/kvault/value/recognises-every-encoding", recognises_every_encoding },
  { "/kvault/value/takes-near-misses-as-raw", takes_near_misses_as_raw },
  { "/kvault/value/keeps-flags-as-stored", keeps_flags_as_stored },
  { "/kvault/value/old-vaults-have-no-headers", old_vaults_have_no_headers },
  { "/kvault/value/takes-no-bytes", takes_no_bytes },
  { "/kvault/value/recognises-what-kohakuvault-packed", recognises_what_kohakuvault_packed },
  { "/kvault/value/guesses-media-in-fixtures", guesses_media_in_fixtures },
  { "/kvault/value/guesses-by-signature", guesses_by_signature },
  { "/kvault/value/takes-text-cut-in-a-character", takes_text_cut_in_a_character },
  { "/kvault/value/never-reads-past-the-end", never_reads_past_the_end },
};

KVTEST_MAIN (tests)
