/* SPDX-License-Identifier: MIT */
/*
 * The languages of GtkSourceView. To know them it reads two hundred files, and 16 to 150 ms (HTML) go by until the rules of one
 * are read; both are done on one thread, which alone touches the manager of these languages.
 *
 * GtkSourceView locks nothing, but keeps the rules with the language, as long as a buffer has it: a buffer made here keeps them for
 * good. The main thread gets languages whose rules are there, and adds nothing to them. What the two have in common is the scheme
 * of colours that each buffer begins with; it is only looked up here once the main thread has its own, and taken away at once.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-text-language.h"

typedef struct {
  char *name;
  char *content_type;
} Wanted;

static void
wanted_free (gpointer data)
{
  Wanted *wanted = data;

  g_free (wanted->name);
  g_free (wanted->content_type);
  g_free (wanted);
}

/* The thread. The type is of use where it says more than that this is a text; a key may be empty, or end with a separator. */
static GtkSourceLanguage *
guess (const Wanted *wanted)
{
  static GtkSourceLanguageManager *manager = NULL;
  const char *type = g_strcmp0 (wanted->content_type, "text/plain") != 0 ? wanted->content_type : NULL;
  const char *name = type == NULL && wanted->name != NULL && *wanted->name != '\0' ? wanted->name : NULL;
  GtkSourceLanguage *language;

  if (type == NULL && name == NULL)
    return NULL;

  if (manager == NULL)
    manager = gtk_source_language_manager_new ();

  language = gtk_source_language_manager_guess_language (manager, name, type);
  /* Its "python" is Python 2. */
  if (language != NULL && g_str_equal (gtk_source_language_get_id (language), "python"))
    language = gtk_source_language_manager_get_language (manager, "python3");

  return language;
}

/* The thread. Setting the language ends with an idle of the main loop, which finds nothing to do. */
static void
read_rules (GtkSourceLanguage *language)
{
  static GHashTable *kept = NULL;
  GtkSourceBuffer *buffer;

  if (kept == NULL)
    kept = g_hash_table_new (NULL, NULL);
  if (g_hash_table_contains (kept, language))
    return;

  buffer = gtk_source_buffer_new (NULL);
  gtk_source_buffer_set_style_scheme (buffer, NULL);
  gtk_source_buffer_set_language (buffer, language);
  g_hash_table_insert (kept, language, buffer);
}

static void
find_worker (gpointer data,
             gpointer unused)
{
  g_autoptr(GTask) task = data;
  GtkSourceLanguage *language;

  if (g_task_return_error_if_cancelled (task))
    return;

  language = guess (g_task_get_task_data (task));
  if (language != NULL)
    read_rules (language);
  g_task_return_pointer (task, language, NULL);
}

void
coffer_text_language_find_async (const char          *name,
                                 const char          *content_type,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  static GThreadPool *thread = NULL;
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Wanted *wanted = g_new (Wanted, 1);

  *wanted = (Wanted) { g_strdup (name), g_strdup (content_type) };
  g_task_set_source_tag (task, coffer_text_language_find_async);
  g_task_set_task_data (task, wanted, wanted_free);
  if (thread == NULL)
    thread = g_thread_pool_new (find_worker, NULL, 1, FALSE, NULL);
  g_thread_pool_push (thread, task, NULL);
}

GtkSourceLanguage *
coffer_text_language_find_finish (GAsyncResult  *result,
                                  GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, coffer_text_language_find_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
