/* SPDX-License-Identifier: MIT */
/*
 * A regular expression: PCRE2's, as GRegex has it, on characters where a key is UTF-8 and on bytes where it is not. Any thread.
 *
 * An expression like (a+)+$ takes time exponential in the key, so PCRE2 counts the steps it goes back, up to a limit that is
 * written in front of what people typed. Of several limits the last one counts (tried with 10.42, whatever its manual says),
 * and (*UTF) among bytes, or (*NO_JIT) in GRegex, break things: settings are obeyed only at the very beginning of a
 * pattern, so an empty comment parts ours from any of theirs, which then are errors like any other.
 */
#define G_LOG_DOMAIN "coffer-filter"

#include "coffer-filter-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Steps back, some 4 ns each; a key of 500 bytes may be looked at from each byte to each other. The hurried limit is for when
 * key after key is too hard: a million take half a minute then. */
#define LIMITS(match) "(*LIMIT_MATCH=" match ")(*LIMIT_DEPTH=" match ")(*LIMIT_HEAP=16384)(?#)"
#define PATIENT_LIMITS LIMITS ("250000")
#define HURRIED_LIMITS LIMITS ("5000")

/* A key is one line, whatever is in it. */
#define OPTIONS (G_REGEX_OPTIMIZE | G_REGEX_DOTALL | G_REGEX_DOLLAR_ENDONLY)

enum { TEXT, BYTES, N_FORMS };

struct _CofferExpression {
  GRegex *forms[N_FORMS][2];   /* the second for haste; (nullable) what means nothing to bytes */
};

/*
 * GRegex tells where the error is only in words: the pattern, then a number and the reason, "… ‘(*LIMIT…)(?#)a(b’ at char
 * 60: missing terminating )". 0 if it is not found: a language may have it the other way round.
 */
static guint
find_position (const GError  *error,
               const char    *pattern,
               gsize          prefix_len,
               const char   **reason)
{
  const char *p = strstr (error->message, pattern);
  guint64 number;
  char *end;

  *reason = error->message;
  if (p == NULL)
    return 0;
  p += strlen (pattern);
  while (*p != '\0' && !g_ascii_isdigit (*p))
    p++;
  number = g_ascii_strtoull (p, &end, 10);
  if (end == p || number < prefix_len || number - prefix_len > G_MAXINT)
    return 0;
  *reason = end;
  while (**reason != '\0' && (g_ascii_ispunct (**reason) || g_ascii_isspace (**reason)))
    (*reason)++;
  return number - prefix_len + 1;
}

/* (nullable) what GLib has no better words for */
static char *
describe_error (int         code,
                const char *text,
                guint       position)
{
  gboolean closes = position <= g_utf8_strlen (text, -1) && *g_utf8_offset_to_pointer (text, position - 1) == ')';

  switch (code)
    {
    case G_REGEX_ERROR_UNMATCHED_PARENTHESIS:
      return closes ? g_strdup_printf (_("No ( for the ) at character %u"), position)
                    : g_strdup_printf (_("Missing ) at character %u"), position);
    case G_REGEX_ERROR_UNTERMINATED_CHARACTER_CLASS:
      return g_strdup_printf (_("Missing ] at character %u"), position);
    case G_REGEX_ERROR_NOTHING_TO_REPEAT:
      return g_strdup_printf (_("Nothing to repeat at character %u"), position);
    case G_REGEX_ERROR_STRAY_BACKSLASH:
      return g_strdup (_("Nothing follows the last \\"));
    case G_REGEX_ERROR_RANGE_OUT_OF_ORDER:
      return g_strdup_printf (_("A range goes backwards at character %u"), position);
    default:
      return NULL;
    }
}

/* One line for people in the place of GRegex's, which repeats the whole pattern. */
static GError *
error_for_people (const GError *error,
                  const char   *pattern,
                  const char   *text)
{
  const char *reason;
  guint position = find_position (error, pattern, strlen (pattern) - strlen (text), &reason);
  g_autofree char *line = position > 0 ? describe_error (error->code, text, position) : NULL;

  if (line == NULL && position > 0)
    /* Translators: "At character 5: unrecognized character follows \\" */
    line = g_strdup_printf (_("At character %u: %s"), position, reason);
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                              line != NULL ? line : _("This is not a regular expression"));
}

/* GRegex translates to machine code at the first match, and has no lock for it: that is here, before there are threads. */
static GRegex *
compile (const char          *limits,
         const char          *text,
         GRegexCompileFlags   flags,
         GError             **error)
{
  g_autofree char *pattern = g_strconcat (limits, text, NULL);
  g_autoptr(GError) reason = NULL;
  GRegex *regex = g_regex_new (pattern, OPTIONS | flags, 0, &reason);

  if (regex != NULL)
    g_regex_match (regex, "", 0, NULL);
  else
    g_propagate_error (error, error_for_people (reason, pattern, text));
  return regex;
}

CofferExpression *
coffer_expression_new (const char  *text,
                       GError     **error)
{
  GRegex *regex = compile (PATIENT_LIMITS, text, 0, error);
  CofferExpression *self;

  if (regex == NULL)
    return NULL;

  self = g_new0 (CofferExpression, 1);
  self->forms[TEXT][0] = regex;
  self->forms[TEXT][1] = compile (HURRIED_LIMITS, text, 0, NULL);
  self->forms[BYTES][0] = compile (PATIENT_LIMITS, text, G_REGEX_RAW, NULL);
  self->forms[BYTES][1] = compile (HURRIED_LIMITS, text, G_REGEX_RAW, NULL);
  return self;
}

void
coffer_expression_free (CofferExpression *self)
{
  for (int form = 0; form < N_FORMS; form++)
    for (int i = 0; i < 2; i++)
      g_clear_pointer (&self->forms[form][i], g_regex_unref);
  g_free (self);
}

/* To GLib a NUL is no part of a text; to us, and to PCRE2, it is. */
static gboolean
is_utf8 (const char *key,
         gsize       size)
{
  const char *end = key + size, *valid_end;

  if (coffer_bytes_are_ascii (key, size))
    return TRUE;
  for (const char *p = key; p < end; p = valid_end + 1)
    if (!g_utf8_validate_len (p, end - p, &valid_end) && *valid_end != '\0')
      return FALSE;
  return TRUE;
}

CofferVerdict
coffer_expression_match (const CofferExpression *self,
                         const char             *key,
                         gsize                   size,
                         gboolean                hurried)
{
  GRegex *regex = self->forms[is_utf8 (key, size) ? TEXT : BYTES][hurried ? 1 : 0];
  g_autoptr(GError) error = NULL;

  if (regex == NULL || size > G_MAXINT)
    return COFFER_VERDICT_NO;
  if (g_regex_match_full (regex, key, size, 0, 0, NULL, &error))
    return COFFER_VERDICT_YES;
  return error != NULL ? COFFER_VERDICT_GAVE_UP : COFFER_VERDICT_NO;
}
