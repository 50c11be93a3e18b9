/* SPDX-License-Identifier: MIT */
/* The name of a colour profile, of both kinds, and of what is none. */
#include <coffer-color-profile.h>

#include <string.h>

#define TAG 144   /* behind the header, the count and one entry */

static void
put (guint8  *data,
     gsize    at,
     guint32  number)
{
  number = GUINT32_TO_BE (number);
  memcpy (data + at, &number, sizeof number);
}

/* A profile with one tag of @tag_len bytes. */
static guint8 *
profile_new (const char *tag,
             gsize       tag_len)
{
  guint8 *data = g_malloc0 (TAG + tag_len);

  put (data, 128, 1);
  memcpy (data + 132, "desc", 4);
  put (data, 136, TAG);
  put (data, 140, tag_len);
  memcpy (data + TAG, tag, tag_len);

  return data;
}

static void
assert_name (const char *tag,
             gsize       tag_len,
             const char *expected)
{
  g_autofree guint8 *data = profile_new (tag, tag_len);
  g_autofree char *name = coffer_color_profile_dup_name (data, TAG + tag_len);

  g_assert_cmpstr (name, ==, expected);
}

#define ASSERT_NAME(tag, expected) assert_name (tag, sizeof tag - 1, expected)

static void
test_tells_the_name (void)
{
  ASSERT_NAME ("desc\0\0\0\0\0\0\0\x0a" "Adobe RGB\0", "Adobe RGB");
  ASSERT_NAME ("mluc\0\0\0\0\0\0\0\1\0\0\0\x0c" "enUS\0\0\0\x04\0\0\0\x1c" "\0P\0003", "P3");
  ASSERT_NAME ("desc\0\0\0\0\0\0\0\x05" "a\nb \0", "a b");
}

static void
test_of_what_is_none_there_is_none (void)
{
  g_assert_null (coffer_color_profile_dup_name ((const guint8 *) "", 0));
  ASSERT_NAME ("desc\0\0\0\0\0\0\0\x01\0", NULL);
  ASSERT_NAME ("mluc\0\0\0\0\0\0\0\0", NULL);
  ASSERT_NAME ("mluc\0\0\0\0\0\0\0\1\0\0\0\x0c" "enUS\xff\xff\xff\xff\xff\xff\xff\xff", NULL);
  ASSERT_NAME ("text\0\0\0\0abc", NULL);
}

/* Each allocation ends where the profile does, for the sanitizers. */
static void
test_survives_an_end_anywhere (void)
{
  static const char tag[] = "mluc\0\0\0\0\0\0\0\1\0\0\0\x0c" "enUS\0\0\0\x04\0\0\0\x1c" "\0P\0003";
  g_autofree guint8 *data = profile_new (tag, sizeof tag - 1);

  for (gsize len = 0; len < TAG + sizeof tag - 1; len++)
    {
      g_autofree guint8 *cut = g_memdup2 (data, len);
      g_autofree char *name = coffer_color_profile_dup_name (cut, len);

      g_assert_cmpstr (name, !=, "P3");
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/preview/color-profile/tells-the-name", test_tells_the_name);
  g_test_add_func ("/preview/color-profile/of-what-is-none-there-is-none", test_of_what_is_none_there_is_none);
  g_test_add_func ("/preview/color-profile/survives-an-end-anywhere", test_survives_an_end_anywhere);

  return g_test_run ();
}
