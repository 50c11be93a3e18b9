/* SPDX-License-Identifier: MIT */
/* What a value is, told from its first bytes. */
#include "coffer-value.h"

#include <kvault.h>
#include <string.h>

#define BYTES(literal) literal, sizeof (literal) - 1
#define HEADER(encoding) "\x89K\x01" encoding "\0\0\0\0VK"

static void
names_types (void)
{
  static const struct {
    const char *data;
    gsize size;
    const char *content_type;
    const char *label;
    const char *stored_as;
  } cases[] = {
    { BYTES (""), "application/x-zerosize", "Empty", "Raw bytes, no header" },
    { BYTES ("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"), "image/jpeg", "JPEG", "Raw bytes, no header" },
    { BYTES ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png", "PNG", "Raw bytes, no header" },
    { BYTES ("GIF89a\1\0\1\0"), "image/gif", "GIF", "Raw bytes, no header" },
    { BYTES ("grüße, one and all\n"), "text/plain", "Text", "Raw bytes, no header" },
    { BYTES ("caf\xe9"), "application/octet-stream", "Data", "Raw bytes, no header" },
    { BYTES ("\0\1\2\3\4\5\6\7"), "application/octet-stream", "Data", "Raw bytes, no header" },
    { BYTES ("\x89K but no header"), "application/octet-stream", "Data", "Raw bytes, no header" },
    { BYTES (HEADER ("\0") "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png", "PNG", "Raw bytes behind a header" },
    { BYTES (HEADER ("\0")), "application/x-zerosize", "Empty", "Raw bytes behind a header" },
    { BYTES (HEADER ("\1") "\x80\4N."), "application/x-python-pickle", "Pickle", "Pickle behind a header" },
    { BYTES (HEADER ("\2") "\x2a\0\0\0\0\0\0\0"), "application/x-datapacker", "Number", "Packed numbers behind a header" },
    { BYTES (HEADER ("\2") "\5\1\2\0\0\0\7\x9"), "application/x-datapacker", "Array", "Packed numbers behind a header" },
    { BYTES (HEADER ("\2") "\5\1\2\0\0\0\0\0"), "application/x-datapacker", "Number", "Packed numbers behind a header" },
    { BYTES (HEADER ("\2") "\5\1\3\0\0\0\1\2\3"), "application/x-datapacker", "Array", "Packed numbers behind a header" },
    { BYTES (HEADER ("\3") "{}"), "application/json", "JSON", "JSON behind a header" },
    { BYTES (HEADER ("\4") "\x80"), "application/vnd.msgpack", "MessagePack", "MessagePack behind a header" },
    { BYTES (HEADER ("\5") "\xa0"), "application/cbor", "CBOR", "CBOR behind a header" },
    { BYTES (HEADER ("\6") "text"), "text/plain", "Text", "UTF-8 text behind a header" },
    { BYTES (HEADER ("\6")), "text/plain", "Text", "UTF-8 text behind a header" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferValueFacts) facts =
        coffer_value_facts_new (KVAULT_SECTION_V2, cases[i].data, cases[i].size, cases[i].size);
      const char *content_type, *label;

      g_test_message ("case %u", i);
      g_assert_cmpstr (facts->content_type, ==, cases[i].content_type);
      g_assert_cmpstr (facts->type_label, ==, cases[i].label);
      g_assert_cmpstr (facts->stored_as, ==, cases[i].stored_as);
      g_assert_cmpstr (facts->description, !=, "");
      g_assert_cmpint (facts->size, ==, cases[i].size);
      g_assert_cmpint (facts->data_offset, ==, facts->has_header ? KVAULT_HEADER_SIZE : 0);

      coffer_value_classify (KVAULT_SECTION_V2, cases[i].data, cases[i].size, cases[i].size, &content_type, &label);
      g_assert_cmpstr (content_type, ==, cases[i].content_type);
      g_assert_true (label == g_intern_string (cases[i].label));
    }
}

static void
takes_old_tables_as_raw (void)
{
  static const char data[] = HEADER ("\3") "{}";
  g_autoptr(CofferValueFacts) facts = coffer_value_facts_new (KVAULT_SECTION_V1, data, sizeof data - 1, sizeof data - 1);

  g_assert_false (facts->has_header);
  g_assert_cmpint (facts->data_offset, ==, 0);
  g_assert_cmpint (facts->encoding, ==, KVAULT_ENCODING_RAW);
  g_assert_cmpstr (facts->stored_as, ==, "Raw bytes, no header");
}

static void
takes_old_encodings_as_text (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  const char *content_type, *label;

  coffer_value_classify (KVAULT_SECTION_V2, "caf\xc3", 4, 5, &content_type, &label);   /* cut in a character */
  g_assert_cmpstr (content_type, ==, "text/plain");

  while (text->len < 200)
    g_string_append (text, "\xc4pfel und B\xe4ume. ");
  coffer_value_classify (KVAULT_SECTION_V2, text->str, text->len, text->len, &content_type, &label);
  g_assert_cmpstr (content_type, ==, "text/plain");
}

static void
copies_facts (void)
{
  g_autoptr(CofferValueFacts) facts = coffer_value_facts_new (KVAULT_SECTION_V2, "hello", 5, 5000);
  g_autoptr(CofferValueFacts) copy = coffer_value_facts_copy (facts);

  g_assert_cmpint (copy->size, ==, 5000);
  g_assert_cmpstr (copy->content_type, ==, facts->content_type);
  g_assert_true (copy->content_type != facts->content_type);
  g_assert_cmpstr (copy->description, ==, facts->description);
}

/* Every start of every kind of header, cut anywhere: nothing is read behind the end. */
static void
bears_any_head (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (7);

  for (guint i = 0; i < 20000; i++)
    {
      gsize len = g_rand_int_range (random, 0, 24);
      g_autofree guint8 *head = g_malloc (len);
      const char *content_type, *label;

      for (gsize k = 0; k < len; k++)
        head[k] = g_rand_int_range (random, 0, 3) == 0 ? g_rand_int (random) : (guint8) (HEADER ("\2") "\5\1\2\0\0\0\1\1")[k % 18];
      coffer_value_classify (KVAULT_SECTION_V2, head, len, len + (i % 3), &content_type, &label);
      g_assert_nonnull (content_type);
      g_assert_true (g_utf8_validate (label, -1, NULL) && *label != '\0');
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/value/names-types", names_types);
  g_test_add_func ("/value/takes-old-tables-as-raw", takes_old_tables_as_raw);
  g_test_add_func ("/value/takes-old-encodings-as-text", takes_old_encodings_as_text);
  g_test_add_func ("/value/copies-facts", copies_facts);
  g_test_add_func ("/value/bears-any-head", bears_any_head);
  return g_test_run ();
}
