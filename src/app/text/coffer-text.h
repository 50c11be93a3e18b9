/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** An encoding to choose: its name for iconv, and for people. */
typedef struct {
  const char *charset;
  const char *title;
} CofferTextEncoding;

/** Those that a person may choose, in the order of menus. Returns: (transfer none) (array length=n) */
const CofferTextEncoding *coffer_text_get_encodings (guint *n);

/** Returns: (transfer none): the title of a charset of that list; the charset itself if it is none of them */
const char *coffer_text_get_title (const char *charset);

/**
 * Which encoding bytes are in, from a byte order mark, by being valid, by where their zeros are, by what they would say.
 *
 * @bytes   the beginning of a value
 * @whole   whether that is all of it; a character may be cut short at the end otherwise
 *
 * Returns: (transfer none): a charset of the list above, always: anything is Latin of some kind
 */
const char *coffer_text_guess_charset (const guint8 *bytes,
                                       gsize         len,
                                       gboolean      whole);

/** Whether bytes that no type was found for are UTF-16 or UTF-32: by their mark, where their zeros are, what they would say. */
gboolean    coffer_text_is_utf16_or_32 (const guint8 *bytes,
                                        gsize         len);

/** Whether bytes that no type was found for are UTF-8 but for a few control characters, as logs have them. */
gboolean    coffer_text_is_mostly_text (const guint8 *bytes,
                                        gsize         len);

/** Whether these are UTF-8 without control characters; a character may be cut short at the end unless @whole. */
gboolean    coffer_text_is_utf8       (const guint8 *bytes,
                                       gsize         len,
                                       gboolean      whole);

/** The character that breaks lines for display alone: PARAGRAPH SEPARATOR. */
#define COFFER_TEXT_BREAK "\342\200\251"

/** A text on its way from bytes to the screen; set all to 0 but @charset and @max_line. */
typedef struct {
  const char *charset;
  guint       max_line;     /* characters; a longer line is broken for display by COFFER_TEXT_BREAK */

  guint64     n_lines;      /* that end so far */
  guint64     n_invalid;    /* bytes that are no character and shown as \xNN */
  guint64     n_broken;     /* breaks that are not in the value */

  /*< private >*/
  guint       column;
  gboolean    begun;
  gboolean    after_cr;
} CofferText;

/**
 * Turn bytes into UTF-8 for display: each end of line is "\n", what is no character \xNN, no line longer than
 * max_line. Any thread.
 *
 * @bytes   what follows that which was used up before
 * @is_end  nothing follows: also a character that is cut short is shown
 * @n_used  (out) bytes that need not come again
 *
 * Returns: (transfer full): valid UTF-8
 */
GString    *coffer_text_decode        (CofferText   *self,
                                       const guint8 *bytes,
                                       gsize         len,
                                       gboolean      is_end,
                                       gsize        *n_used);

G_END_DECLS
