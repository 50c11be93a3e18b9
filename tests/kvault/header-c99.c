/* SPDX-License-Identifier: MIT */
/* Compiles if kvault.h needs nothing but C99 and its own includes. */
#include <kvault.h>

int
main (void)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_cursor_options cursor_options = { 0 };

  return options.access == KVAULT_ACCESS_WRITE && options.table == NULL
         && cursor_options.flags == 0 && KVAULT_OK == 0 ? 0 : 1;
}
