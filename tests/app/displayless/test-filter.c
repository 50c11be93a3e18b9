/* SPDX-License-Identifier: MIT */
/* What a search lets through, and that it ends whatever is asked of it. */
#include "coffer-filter.h"

#include <string.h>

#define BYTES(literal) literal, sizeof (literal) - 1
#define MEGABYTE 1000000

typedef struct {
  const char *text;
  const char *key;
  gsize size;
  gboolean matches;
} Case;

static CofferFilter *
filter_new (CofferMatchMode  mode,
            const char      *text)
{
  g_autoptr(GError) error = NULL;
  CofferFilter *filter = coffer_filter_new (mode, text, 0, 0, G_MAXUINT64, &error);

  g_assert_no_error (error);
  g_assert_nonnull (filter);
  return filter;
}

/* Every key also at the very end of what may be read. */
static gboolean
matches (CofferFilter *filter,
         const char   *key,
         gsize         size)
{
  g_autofree char *copy = g_memdup2 (key, size);

  return coffer_filter_matches_key (filter, copy, size);
}

static void
check_cases (CofferMatchMode  mode,
             const Case      *cases,
             guint            n_cases)
{
  for (guint i = 0; i < n_cases; i++)
    {
      g_autoptr(CofferFilter) filter = filter_new (mode, cases[i].text);

      if (matches (filter, cases[i].key, cases[i].size) != cases[i].matches)
        g_error ("“%s” and “%s”: %s", cases[i].text, cases[i].key, cases[i].matches ? "no match" : "a match");
      g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 0);
    }
}

static char *
repeat (const char *part,
        gsize       size)
{
  char *text = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    text[i] = part[i % strlen (part)];
  text[size] = '\0';
  return text;
}

static void
contains_whatever_the_case (void)
{
  static const Case cases[] = {
    { "", BYTES (""), TRUE },
    { "", BYTES ("a"), TRUE },
    { "a", BYTES (""), FALSE },
    { "dawn", BYTES ("img/dawn.jpg"), TRUE },
    { "dawn", BYTES ("img/DAWN.jpg"), TRUE },
    { "DaWn", BYTES ("img/dAwN.jpg"), TRUE },
    { "dawn", BYTES ("dawn"), TRUE },
    { "dawn", BYTES ("daw"), FALSE },
    { "dawn", BYTES ("awn"), FALSE },
    { "dawn", BYTES ("dawdawdaw"), FALSE },
    { "dawn", BYTES ("dawdawn"), TRUE },
    { "0412", BYTES ("ridge-0412.jpg"), TRUE },
    { "0412", BYTES ("ridge-0421.jpg"), FALSE },
    { "a b", BYTES ("xA By"), TRUE },
    { "[", BYTES ("{"), FALSE },     /* a bit apart, like a letter and its other case */
    { "@", BYTES ("`"), FALSE },
    { "zq", BYTES ("QzZqQ"), TRUE },
    { "zzz", BYTES ("ZzZ"), TRUE },
    { "b", BYTES ("a\0B"), TRUE },
    { "ab", BYTES ("a\0b"), FALSE },
    { "a", BYTES ("\0\0"), FALSE },
  };

  check_cases (COFFER_MATCH_CONTAINS, cases, G_N_ELEMENTS (cases));
}

static void
contains_beyond_ascii (void)
{
  static const Case cases[] = {
    { "größe", BYTES ("die GRÖSSE"), TRUE },
    { "GRÖSSE", BYTES ("größe"), TRUE },
    { "ß", BYTES ("STRASSE"), TRUE },
    { "strasse", BYTES ("Straße"), TRUE },
    { "ẞ", BYTES ("straße"), TRUE },
    { "σ", BYTES ("ΣΊΣΥΦΟΣ"), TRUE },
    { "ς", BYTES ("σ"), TRUE },
    { "ж", BYTES ("Ж"), TRUE },
    { "日本", BYTES ("späť/日本/😀"), TRUE },
    { "日", BYTES ("img/a.png"), FALSE },
    { "png", BYTES ("日本.PNG"), TRUE },
    { "😀", BYTES ("😀"), TRUE },
    { "k", BYTES ("\xe2\x84\xaa"), TRUE },                  /* the Kelvin sign */
    /* Turkish letters are letters of their own in every language: İ is an i with a dot, ı is no i. */
    { "i", BYTES ("ı"), FALSE },
    { "I", BYTES ("ı"), FALSE },
    { "ı", BYTES ("I"), FALSE },
    { "ı", BYTES ("kıyı"), TRUE },
    { "İ", BYTES ("i"), FALSE },
    { "İstanbul", BYTES ("i\xcc\x87stanbul"), TRUE },
    /* A letter with a mark is the same in one piece and in two, and not the letter without. */
    { "e\xcc\x81", BYTES ("caf\xc3\xa9"), TRUE },
    { "\xc3\xa9", BYTES ("CAFE\xcc\x81"), TRUE },
    { "cafe", BYTES ("caf\xc3\xa9"), FALSE },
    { "cafe", BYTES ("cafe\xcc\x81"), FALSE },
    { "\xcc\x81", BYTES ("x\xcc\x81"), TRUE },              /* there is no x with it in one piece */
  };

  check_cases (COFFER_MATCH_CONTAINS, cases, G_N_ELEMENTS (cases));
}

static void
contains_among_bad_bytes (void)
{
  static const Case cases[] = {
    { "dawn", BYTES ("\xff\xfe/DAWN"), TRUE },
    { "dawn", BYTES ("da\xffwn"), FALSE },
    { "dawn", BYTES ("\xff" "dawn\xff"), TRUE },
    { "größe", BYTES ("\xffGRÖSSE\xff"), TRUE },
    { "ö", BYTES ("\xc3\xc3\x96"), TRUE },
    { "ö", BYTES ("\xc3"), FALSE },
    { "ö", BYTES ("\x96"), FALSE },
    { "ö", BYTES ("a\0Ö\0"), TRUE },
    { "a", BYTES ("\xed\xa0\x80" "A"), TRUE },
    { "\xef\xbf\xbd", BYTES ("\xff"), FALSE },              /* what they are shown as elsewhere */
  };

  check_cases (COFFER_MATCH_CONTAINS, cases, G_N_ELEMENTS (cases));
}

/* Against every place, by comparing byte by byte. */
static gboolean
contains_plainly (const char *key,
                  const char *text)
{
  g_autofree char *key_down = g_ascii_strdown (key, -1);
  g_autofree char *text_down = g_ascii_strdown (text, -1);

  return strstr (key_down, text_down) != NULL;
}

static void
contains_what_a_plain_loop_finds (void)
{
  static const char letters[] = "aAbBzZ09/";
  g_autoptr(GRand) rand = g_rand_new_with_seed (4);
  guint found = 0;

  for (guint i = 0; i < 40000; i++)
    {
      char text[8] = "", key[24] = "";
      g_autoptr(CofferFilter) filter = NULL;

      for (int n = g_rand_int_range (rand, 1, 5), k = 0; k < n; k++)
        text[k] = letters[g_rand_int_range (rand, 0, sizeof letters - 1)];
      for (int n = g_rand_int_range (rand, 0, 23), k = 0; k < n; k++)
        key[k] = letters[g_rand_int_range (rand, 0, sizeof letters - 1)];
      filter = filter_new (COFFER_MATCH_CONTAINS, text);
      g_assert_cmpint (matches (filter, key, strlen (key)), ==, contains_plainly (key, text));
      found += contains_plainly (key, text);
    }
  g_assert_cmpuint (found, >, 2000);
}

static void
contains_long_texts (void)
{
  static const gsize sizes[] = { 63, 64, 65, 500, 5000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *many = repeat ("a", sizes[i]);
      g_autofree char *text = g_strconcat (many, "B", NULL);
      g_autofree char *key = repeat ("A", MEGABYTE);
      g_autoptr(CofferFilter) filter = filter_new (COFFER_MATCH_CONTAINS, text);

      g_assert_false (matches (filter, key, MEGABYTE));
      key[MEGABYTE - 1] = 'b';
      g_assert_true (matches (filter, key, MEGABYTE));
      g_assert_false (matches (filter, many, sizes[i]));
      g_assert_true (matches (filter, text, sizes[i] + 1));
    }
}

static void
globs_fit_whole_keys (void)
{
  static const Case cases[] = {
    { "", BYTES ("anything"), TRUE },
    { "*", BYTES (""), TRUE },
    { "**", BYTES ("a"), TRUE },
    { "?", BYTES (""), FALSE },
    { "a", BYTES ("a"), TRUE },
    { "a", BYTES ("A"), FALSE },
    { "a", BYTES ("ab"), FALSE },
    { "a", BYTES ("ba"), FALSE },
    { "*.png", BYTES ("img/a.png"), TRUE },
    { "*.png", BYTES ("img/a.png.txt"), FALSE },
    { "*.png", BYTES (".png"), TRUE },
    { "*.png", BYTES ("a.pn"), FALSE },
    { "img/*", BYTES ("img/"), TRUE },
    { "img/*/?.png", BYTES ("img/2024/a.png"), TRUE },
    { "img/*/?.png", BYTES ("img/2024/ab.png"), FALSE },
    { "*ab*ab", BYTES ("abxxabab"), TRUE },
    { "*ab*ab", BYTES ("ab"), FALSE },
    { "a*b*c", BYTES ("abbbcbbc"), TRUE },
    { "a*b*c", BYTES ("acb"), FALSE },
    { "?", BYTES ("ä"), TRUE },
    { "?", BYTES ("😀"), TRUE },
    { "??", BYTES ("e\xcc\x81"), TRUE },
    { "?", BYTES ("\xff"), TRUE },
    { "??", BYTES ("\xc3\xff"), TRUE },
    { "a?c", BYTES ("a\0c"), TRUE },
    { "[abc]", BYTES ("b"), TRUE },
    { "[abc]", BYTES ("d"), FALSE },
    { "[a-c]x", BYTES ("cx"), TRUE },
    { "[c-a]", BYTES ("b"), FALSE },
    { "[!a-z]", BYTES ("5"), TRUE },
    { "[!a-z]", BYTES ("q"), FALSE },
    { "[^a-z]", BYTES ("q"), FALSE },
    { "[!a]", BYTES (""), FALSE },
    { "[!a]", BYTES ("\xff"), TRUE },
    { "[à-ü]", BYTES ("ö"), TRUE },
    { "[à-ü]", BYTES ("\xf6"), FALSE },      /* a byte is no character of that number */
    { "[]]", BYTES ("]"), TRUE },
    { "[]-a]", BYTES ("^"), TRUE },
    { "[!]]", BYTES ("]"), FALSE },
    { "[a-]", BYTES ("-"), TRUE },
    { "[-a]", BYTES ("-"), TRUE },
    { "[*]", BYTES ("*"), TRUE },
    { "[*]", BYTES ("a"), FALSE },
    { "[?]", BYTES ("?"), TRUE },
    { "[", BYTES ("["), TRUE },
    { "[a", BYTES ("[a"), TRUE },
    { "[]", BYTES ("[]"), TRUE },
    { "[!]", BYTES ("[!]"), TRUE },
    { "\\*", BYTES ("\\anything"), TRUE },
    { "*[0-9][0-9]", BYTES ("a1b23"), TRUE },
  };

  check_cases (COFFER_MATCH_GLOB, cases, G_N_ELEMENTS (cases));
}

static void
globs_end (void)
{
  static const struct {
    const char *text;
    gboolean matches;
  } cases[] = {
    { "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", FALSE },
    { "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*", TRUE },
    { "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", FALSE },
    { "a?a?a?a*aaaaaaaaaaaaaaaa[!b]b", FALSE },
    { "*?", TRUE },
  };
  g_autofree char *key = repeat ("a", MEGABYTE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferFilter) filter = filter_new (COFFER_MATCH_GLOB, cases[i].text);

      g_assert_cmpint (matches (filter, key, MEGABYTE), ==, cases[i].matches);
      g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 0);
    }
}

static void
globs_too_long_are_given_up (void)
{
  g_autofree char *key = repeat ("a", MEGABYTE);
  g_autofree char *many = repeat ("a", 50000);
  g_autofree char *text = g_strconcat ("*", many, "b", NULL);
  g_autoptr(CofferFilter) filter = filter_new (COFFER_MATCH_GLOB, text);

  g_assert_false (matches (filter, key, MEGABYTE));
  g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 1);
}

static void
expressions_match_text_and_bytes (void)
{
  static const Case cases[] = {
    { "", BYTES ("a"), TRUE },
    { "^$", BYTES (""), TRUE },
    { "a+", BYTES ("baaa"), TRUE },
    { "^a", BYTES ("ba"), FALSE },
    { "a$", BYTES ("a\n"), FALSE },
    { "A", BYTES ("a"), FALSE },
    { "(?i)A", BYTES ("a"), TRUE },
    { "(?i)ä", BYTES ("Ä"), TRUE },
    { "a|b", BYTES ("xb"), TRUE },
    { "^a|b$", BYTES ("xb"), TRUE },
    { "a.c", BYTES ("a\nc"), TRUE },
    { "a.c", BYTES ("a\0c"), TRUE },
    { "^.$", BYTES ("ä"), TRUE },
    { "^.$", BYTES ("日"), TRUE },
    { "^..$", BYTES ("\xff\xfe"), TRUE },
    { "^...$", BYTES ("\xff\0\xc3"), TRUE },
    { "\\d{4}", BYTES ("\xff" "2024"), TRUE },
    { "ä", BYTES ("\xff\xc3\xa4"), TRUE },
    { "^.", BYTES ("ä\0"), TRUE },
    { "^..$", BYTES ("ä\0"), TRUE },
    { "\\x{65e5}", BYTES ("日"), TRUE },
    { "\\x{65e5}", BYTES ("\xff日"), FALSE },        /* no byte has that number */
    { "\\p{Lu}", BYTES ("É"), TRUE },
    { "(?x) a b # remark", BYTES ("ab"), TRUE },
    { "\\Qa.b", BYTES ("a.b"), TRUE },
    { "(a)(?=b)\\1?", BYTES ("ab"), TRUE },
    { "^(?:b(*ACCEPT)c)", BYTES ("b"), TRUE },
  };

  check_cases (COFFER_MATCH_REGEX, cases, G_N_ELEMENTS (cases));
}

static void
wrong_texts_are_explained (void)
{
  static const struct {
    CofferMatchMode mode;
    const char *text;
    const char *message;
  } cases[] = {
    { COFFER_MATCH_REGEX, "(abc", "Missing ) at character 5" },
    { COFFER_MATCH_REGEX, "ä(b", "Missing ) at character 4" },
    { COFFER_MATCH_REGEX, "a)", "No ( for the ) at character 2" },
    { COFFER_MATCH_REGEX, "[a", "Missing ] at character 3" },
    { COFFER_MATCH_REGEX, "*a", "Nothing to repeat at character 1" },
    { COFFER_MATCH_REGEX, "a**", "Nothing to repeat at character 3" },
    { COFFER_MATCH_REGEX, "a\\", "Nothing follows the last \\" },
    { COFFER_MATCH_REGEX, "[z-a]", "A range goes backwards at character 4" },
    { COFFER_MATCH_REGEX, "(?z)", "At character 3: *" },
    { COFFER_MATCH_REGEX, "at char 99: (", "Missing ) at character 14" },
    /* A setting of PCRE2's own is none in an expression. */
    { COFFER_MATCH_REGEX, "(*LIMIT_MATCH=4000000000)(a+)+$", "At character *" },
    { COFFER_MATCH_REGEX, "(*UTF)a", "At character *" },
    { COFFER_MATCH_REGEX, "(*NO_JIT)a", "At character *" },
    { COFFER_MATCH_BYTES, "f", "A byte is two hexadecimal digits" },
    { COFFER_MATCH_BYTES, "ff d", "A byte is two hexadecimal digits" },
    { COFFER_MATCH_BYTES, "f fd", "A byte is two hexadecimal digits" },
    { COFFER_MATCH_BYTES, "0x", "A byte is two hexadecimal digits" },
    { COFFER_MATCH_BYTES, "fg", "“g” is not a hexadecimal digit" },
    { COFFER_MATCH_BYTES, "ffü", "“ü” is not a hexadecimal digit" },
    { COFFER_MATCH_BYTES, "0xff0xd8", "“x” is not a hexadecimal digit" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (coffer_filter_new (cases[i].mode, cases[i].text, 0, 0, G_MAXUINT64, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      if (!g_pattern_match_simple (cases[i].message, error->message))
        g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static void
hard_expressions_are_given_up (void)
{
  static const char *const texts[] = { "(a+)+$", "^(?:a|aa|aaa)+$", "^(a|a)*$", "(?:a*)*b$", "^(?:a?){30}a{4000}b$" };
  g_autofree char *key = repeat ("a", 4000);
  g_autofree char *bad_key = repeat ("a", 4000);

  key[3999] = '!';
  memcpy (bad_key + 3998, "!\xff", 2);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(CofferFilter) filter = filter_new (COFFER_MATCH_REGEX, texts[i]);

      g_assert_false (matches (filter, key, 4000));
      g_assert_false (matches (filter, bad_key, 4000));
      g_assert_cmpuint (coffer_filter_get_gave_up (filter), <=, 2);
    }
}

static void
catastrophe_is_counted (void)
{
  g_autoptr(CofferFilter) filter = filter_new (COFFER_MATCH_REGEX, "^(a+)+$");
  g_autofree char *key = repeat ("a", 40);
  g_autofree char *bad_key = repeat ("a", 40);

  key[39] = bad_key[38] = 'b';
  bad_key[39] = '\xff';
  for (guint i = 0; i < 3; i++)
    g_assert_false (matches (filter, key, 40));
  g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 3);
  g_assert_false (matches (filter, bad_key, 40));
  g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 4);
  g_assert_true (matches (filter, key, 39));
  g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 4);

  /* Less is tried after many, but the easy ones still match. */
  for (guint i = 0; i < 600; i++)
    g_assert_false (matches (filter, key, 40));
  g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 604);
  g_assert_true (matches (filter, key, 39));
  g_assert_false (matches (filter, BYTES ("aab")));
  g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, 604);
}

static void
long_keys_meet_expressions (void)
{
  static const struct {
    const char *text;
    gboolean matches;
  } cases[] = {
    { "b$", TRUE },
    { "^a+b$", TRUE },
    { "[^a]", TRUE },
    { "^(?:a|b)+$", TRUE },
    { "c", FALSE },
  };
  g_autofree char *key = repeat ("a", MEGABYTE);

  key[MEGABYTE - 1] = 'b';
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferFilter) filter = filter_new (COFFER_MATCH_REGEX, cases[i].text);
      gboolean found = matches (filter, key, MEGABYTE);

      g_assert_true (found == cases[i].matches || coffer_filter_get_gave_up (filter) == 1);
    }
}

static void
bytes_are_found (void)
{
  static const Case cases[] = {
    { "", BYTES ("a"), TRUE },
    { "  ", BYTES ("a"), TRUE },
    { "ff d8 0a", BYTES ("x\xff\xd8\n"), TRUE },
    { "0xffd8", BYTES ("\xff\xd8"), TRUE },
    { "FFD8", BYTES ("\xff\xd8"), TRUE },
    { " 0Xff,0xd8 ", BYTES ("\xff\xd8"), TRUE },
    { "ffd8", BYTES ("\xff"), FALSE },
    { "ffd8", BYTES (""), FALSE },
    { "00", BYTES ("a\0b"), TRUE },
    { "00", BYTES ("ab"), FALSE },
    { "61", BYTES ("A"), FALSE },
    { "c3", BYTES ("ä"), TRUE },
  };

  check_cases (COFFER_MATCH_BYTES, cases, G_N_ELEMENTS (cases));
}

static void
types_fall_into_groups (void)
{
  static const struct {
    const char *type;
    guint group;
  } cases[] = {
    { "image/jpeg", COFFER_GROUP_IMAGE },
    { "image/svg+xml", COFFER_GROUP_IMAGE },
    { "video/mp4", COFFER_GROUP_VIDEO },
    { "application/x-matroska", COFFER_GROUP_VIDEO },
    { "audio/x-vorbis+ogg", COFFER_GROUP_AUDIO },
    { "application/ogg", COFFER_GROUP_AUDIO },
    { "text/plain", COFFER_GROUP_TEXT },
    { "text/html", COFFER_GROUP_TEXT },
    { "application/xml", COFFER_GROUP_TEXT },
    { "application/xhtml+xml", COFFER_GROUP_TEXT },
    { "application/json", COFFER_GROUP_DATA },
    { "application/geo+json", COFFER_GROUP_DATA },
    { "application/vnd.msgpack", COFFER_GROUP_DATA },
    { "application/cbor", COFFER_GROUP_DATA },
    { "application/x-python-pickle", COFFER_GROUP_DATA },
    { "application/x-datapacker", COFFER_GROUP_DATA },
    { "application/zip", COFFER_GROUP_OTHER },
    { "application/octet-stream", COFFER_GROUP_OTHER },
    { "application/x-zerosize", COFFER_GROUP_OTHER },
    { "", COFFER_GROUP_OTHER },
    { NULL, COFFER_GROUP_OTHER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint groups = 0; groups < 1 << 6; groups++)
      {
        g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, "", groups, 0, G_MAXUINT64, NULL);

        g_assert_cmpint (coffer_filter_wants_types (filter), ==, groups != 0);
        g_assert_cmpint (coffer_filter_matches_value (filter, cases[i].type, 5), ==,
                         groups == 0 || (groups & cases[i].group) != 0);
      }
}

static void
sizes_are_a_range (void)
{
  static const struct {
    guint64 min, max, size;
    gboolean matches;
  } cases[] = {
    { 0, G_MAXUINT64, 0, TRUE },
    { 0, G_MAXUINT64, G_MAXUINT64, TRUE },
    { 1, G_MAXUINT64, 0, FALSE },
    { 1, G_MAXUINT64, 1, TRUE },
    { 0, 0, 0, TRUE },
    { 0, 0, 1, FALSE },
    { 10, 20, 9, FALSE },
    { 10, 20, 10, TRUE },
    { 10, 20, 20, TRUE },
    { 10, 20, 21, FALSE },
    { 20, 10, 15, FALSE },
    { 1, G_MAXUINT64, G_MAXUINT64, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, "", 0, cases[i].min, cases[i].max, NULL);

      g_assert_cmpint (coffer_filter_wants_sizes (filter), ==, cases[i].min > 0 || cases[i].max < G_MAXUINT64);
      g_assert_cmpint (coffer_filter_matches_value (filter, NULL, cases[i].size), ==, cases[i].matches);
    }
}

static void
equal_filters_let_the_same_through (void)
{
  g_autoptr(CofferFilter) dawn = filter_new (COFFER_MATCH_CONTAINS, "dawn");
  g_autoptr(CofferFilter) again = filter_new (COFFER_MATCH_CONTAINS, "dawn");
  g_autoptr(CofferFilter) glob = filter_new (COFFER_MATCH_GLOB, "dawn");
  g_autoptr(CofferFilter) images = coffer_filter_new (COFFER_MATCH_CONTAINS, "dawn", COFFER_GROUP_IMAGE, 0, G_MAXUINT64, NULL);
  g_autoptr(CofferFilter) large = coffer_filter_new (COFFER_MATCH_CONTAINS, "dawn", 0, 1000000, G_MAXUINT64, NULL);
  g_autoptr(CofferFilter) all = filter_new (COFFER_MATCH_CONTAINS, "");
  g_autoptr(CofferFilter) all_bytes = filter_new (COFFER_MATCH_BYTES, " ");
  CofferFilter *different[] = { dawn, glob, images, large, all };

  for (guint i = 0; i < G_N_ELEMENTS (different); i++)
    for (guint j = 0; j < G_N_ELEMENTS (different); j++)
      g_assert_cmpint (coffer_filter_equal (different[i], different[j]), ==, i == j);
  g_assert_true (coffer_filter_equal (dawn, again));
  g_assert_true (coffer_filter_equal (all, all_bytes));
  g_assert_true (coffer_filter_equal (all, NULL));
  g_assert_true (coffer_filter_equal (NULL, NULL));
  g_assert_false (coffer_filter_equal (NULL, images));
  g_assert_false (coffer_filter_has_pattern (all_bytes));
  g_assert_true (coffer_filter_has_pattern (glob));
  g_assert_cmpstr (coffer_filter_get_text (glob), ==, "dawn");
  g_assert_cmpint (coffer_filter_get_mode (glob), ==, COFFER_MATCH_GLOB);
  g_assert_cmpuint (coffer_filter_get_groups (images), ==, COFFER_GROUP_IMAGE);
  g_assert_cmpuint (coffer_filter_get_min_size (large), ==, 1000000);
  g_assert_cmpuint (coffer_filter_get_max_size (large), ==, G_MAXUINT64);
}

#define N_KEYS 1000

/* How many of the keys a thread finds. */
static gpointer
count_worker (gpointer data)
{
  guint n = 0;

  for (guint i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = i % 100 == 0 ? g_strdup ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")
                                          : g_strdup_printf (i % 3 == 0 ? "Größe %u" : i % 3 == 1 ? "user:%u" : "\xff%u", i);

      n += coffer_filter_matches_key (data, key, strlen (key));
    }
  return GUINT_TO_POINTER (n);
}

static void
threads_share_a_filter (void)
{
  static const struct {
    CofferMatchMode mode;
    const char *text;
    gboolean hard;
  } cases[] = {
    { COFFER_MATCH_CONTAINS, "grösse 1" },
    { COFFER_MATCH_GLOB, "*[!a-z]7*" },
    { COFFER_MATCH_REGEX, "^.*7$" },
    { COFFER_MATCH_REGEX, "^(?:a+)+$|7$", TRUE },
    { COFFER_MATCH_BYTES, "31" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferFilter) alone = filter_new (cases[i].mode, cases[i].text);
      g_autoptr(CofferFilter) filter = filter_new (cases[i].mode, cases[i].text);
      gpointer n = count_worker (alone);
      GThread *threads[4];

      g_assert_cmpuint (GPOINTER_TO_UINT (n), >, 0);
      for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
        threads[k] = g_thread_new ("count", count_worker, filter);
      for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
        g_assert_true (g_thread_join (threads[k]) == n);
      g_assert_cmpuint (coffer_filter_get_gave_up (filter), ==, cases[i].hard ? 4 * N_KEYS / 100 : 0);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/contains-whatever-the-case", contains_whatever_the_case);
  g_test_add_func ("/filter/contains-beyond-ascii", contains_beyond_ascii);
  g_test_add_func ("/filter/contains-among-bad-bytes", contains_among_bad_bytes);
  g_test_add_func ("/filter/contains-what-a-plain-loop-finds", contains_what_a_plain_loop_finds);
  g_test_add_func ("/filter/contains-long-texts", contains_long_texts);
  g_test_add_func ("/filter/globs-fit-whole-keys", globs_fit_whole_keys);
  g_test_add_func ("/filter/globs-end", globs_end);
  g_test_add_func ("/filter/globs-too-long-are-given-up", globs_too_long_are_given_up);
  g_test_add_func ("/filter/expressions-match-text-and-bytes", expressions_match_text_and_bytes);
  g_test_add_func ("/filter/wrong-texts-are-explained", wrong_texts_are_explained);
  g_test_add_func ("/filter/hard-expressions-are-given-up", hard_expressions_are_given_up);
  g_test_add_func ("/filter/catastrophe-is-counted", catastrophe_is_counted);
  g_test_add_func ("/filter/long-keys-meet-expressions", long_keys_meet_expressions);
  g_test_add_func ("/filter/bytes-are-found", bytes_are_found);
  g_test_add_func ("/filter/types-fall-into-groups", types_fall_into_groups);
  g_test_add_func ("/filter/sizes-are-a-range", sizes_are_a_range);
  g_test_add_func ("/filter/equal-filters-let-the-same-through", equal_filters_let_the_same_through);
  g_test_add_func ("/filter/threads-share-a-filter", threads_share_a_filter);
  return g_test_run ();
}
