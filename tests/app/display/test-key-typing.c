/* SPDX-License-Identifier: MIT */
/* What typing in a list of keys adds up to; no widget, and no display. */
#include <coffer-key-typing.h>

static void
assert_typed (CofferKeyTyping *typing,
              guint            keyval,
              GdkModifierType  state,
              guint32          time,
              const char      *expected)
{
  g_autoptr(GBytes) typed = coffer_key_typing_press (typing, keyval, state, time);

  if (expected == NULL)
    g_assert_null (typed);
  else
    {
      g_assert_nonnull (typed);
      g_assert_cmpmem (g_bytes_get_data (typed, NULL), g_bytes_get_size (typed), expected, strlen (expected));
    }
}

/* However late the events are handled: here at once. */
static void
pauses_are_those_of_the_keyboard (void)
{
  g_autoptr(CofferKeyTyping) typing = coffer_key_typing_new ();

  assert_typed (typing, 'a', 0, 5000, "a");
  assert_typed (typing, 'b', 0, 6000, "ab");
  assert_typed (typing, 'c', 0, 7001, "c");
  assert_typed (typing, 'd', 0, G_MAXUINT32, "d");
  assert_typed (typing, 'e', 0, 500, "de");
}

static void
what_is_no_letter_is_no_typing (void)
{
  g_autoptr(CofferKeyTyping) typing = coffer_key_typing_new ();

  assert_typed (typing, ' ', 0, 5000, NULL);
  assert_typed (typing, 'a', GDK_CONTROL_MASK, 5000, NULL);
  assert_typed (typing, GDK_KEY_Left, 0, 5000, NULL);
  assert_typed (typing, GDK_KEY_udiaeresis, 0, 5000, "ü");
  assert_typed (typing, ' ', 0, 5100, "ü ");
  assert_typed (typing, ' ', 0, 6101, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/browse/key-typing/pauses-are-those-of-the-keyboard", pauses_are_those_of_the_keyboard);
  g_test_add_func ("/browse/key-typing/what-is-no-letter-is-no-typing", what_is_no_letter_is_no_typing);

  return g_test_run ();
}
