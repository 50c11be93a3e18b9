/* SPDX-License-Identifier: MIT */
/* What menus say of a step that can be taken back, or again. Main thread. */
#define G_LOG_DOMAIN "coffer-undo"

#include "coffer-undo-private.h"

#include <glib/gi18n-lib.h>

/* Of one key by its name. */
static const char *const undo_named[COFFER_UNDO_N_KINDS] = {
  [COFFER_UNDO_DELETION] = N_("_Undo Delete of “%s”"),
  [COFFER_UNDO_RENAMES] = N_("_Undo Rename of “%s”"),
  [COFFER_UNDO_VALUE] = N_("_Undo Replace of “%s”"),
};

static const char *const redo_named[COFFER_UNDO_N_KINDS] = {
  [COFFER_UNDO_DELETION] = N_("_Redo Delete of “%s”"),
  [COFFER_UNDO_RENAMES] = N_("_Redo Rename of “%s”"),
  [COFFER_UNDO_VALUE] = N_("_Redo Replace of “%s”"),
};

/* Of many by their number, for which there is one %s. */
static const char *
get_undo_words (CofferUndoKind  kind,
                guint n)
{
  switch (kind)
    {
    case COFFER_UNDO_RENAMES:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Rename of %s Key", "_Undo Rename of %s Keys", n);
    case COFFER_UNDO_ADDITIONS:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Adding %s File", "_Undo Adding %s Files", n);
    case COFFER_UNDO_MOVE:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Move of %s Key", "_Undo Move of %s Keys", n);
    case COFFER_UNDO_COPIES:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Copying of %s Key", "_Undo Copying of %s Keys", n);
    case COFFER_UNDO_DELETION:
    case COFFER_UNDO_VALUE:
    case COFFER_UNDO_N_KINDS:
    default:
      return g_dngettext (GETTEXT_PACKAGE, "_Undo Delete of %s Key", "_Undo Delete of %s Keys", n);
    }
}

static const char *
get_redo_words (CofferUndoKind  kind,
                guint n)
{
  switch (kind)
    {
    case COFFER_UNDO_RENAMES:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Rename of %s Key", "_Redo Rename of %s Keys", n);
    case COFFER_UNDO_ADDITIONS:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Adding %s File", "_Redo Adding %s Files", n);
    case COFFER_UNDO_MOVE:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Move of %s Key", "_Redo Move of %s Keys", n);
    case COFFER_UNDO_COPIES:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Copying of %s Key", "_Redo Copying of %s Keys", n);
    case COFFER_UNDO_DELETION:
    case COFFER_UNDO_VALUE:
    case COFFER_UNDO_N_KINDS:
    default:
      return g_dngettext (GETTEXT_PACKAGE, "_Redo Delete of %s Key", "_Redo Delete of %s Keys", n);
    }
}

static char *
fill_in (const char *format,
         const char *text)
{
  g_auto(GStrv) parts = g_strsplit (format, "%s", 2);

  return g_strjoinv (text, parts);
}

char *
coffer_undo_count_words (const char *words,
             guint       n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);

  return fill_in (words, number);
}

/* Underscores of a key are no mnemonics. */
static char *
name_key (CofferKey *key)
{
  g_autofree char *shown = coffer_key_to_display (key, 40);
  g_auto(GStrv) parts = g_strsplit (shown, "_", -1);

  return g_strjoinv ("__", parts);
}

guint
coffer_undo_step_get_n (const CofferUndoStep *step,
                        gboolean              redo)
{
  if (step->kind == COFFER_UNDO_DELETION)
    return coffer_deletion_get_n (step->what);
  if (step->kind == COFFER_UNDO_RENAMES)
    return coffer_renames_get_n (step->what);
  if (step->kind == COFFER_UNDO_ADDITIONS && step->move != NULL && !redo)
    return MAX (coffer_additions_count_undoable (step->what), coffer_move_get_n_gone (step->move));   /* some were there already */
  if (step->kind == COFFER_UNDO_ADDITIONS)
    return redo ? coffer_additions_count_taken (step->what) : coffer_additions_count_undoable (step->what);
  if (step->kind == COFFER_UNDO_MOVE)
    return redo ? coffer_move_get_n_there (step->move) : coffer_move_get_n_gone (step->move);
  return 1;
}

static CofferKey *
get_key (const CofferUndoStep *step)
{
  if (step->kind == COFFER_UNDO_DELETION)
    return coffer_deletion_peek_key (step->what);
  if (step->kind == COFFER_UNDO_RENAMES)
    return coffer_renames_get_key (step->what, 0);
  return step->key;
}

static CofferUndoKind
get_kind_of_words (const CofferUndoStep *step)
{
  if (step->move != NULL)
    return COFFER_UNDO_MOVE;
  return step->kind == COFFER_UNDO_ADDITIONS && coffer_additions_are_values (step->what) ? COFFER_UNDO_COPIES : step->kind;
}

char *
coffer_undo_describe (const CofferUndoStep *step,
                      gboolean              redo)
{
  guint n = coffer_undo_step_get_n (step, redo);
  CofferUndoKind kind = get_kind_of_words (step);
  const char *named = redo ? redo_named[step->kind] : undo_named[step->kind];
  g_autofree char *name = NULL;

  if (n != 1 || named == NULL)
    return coffer_undo_count_words (redo ? get_redo_words (kind, n) : get_undo_words (kind, n), n);
  name = name_key (get_key (step));
  return fill_in (_(named), name);
}
