/* SPDX-License-Identifier: MIT */
/* Compiles if kvault.h is C++ too. */
#include <kvault.h>

int
main ()
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_cursor_options cursor_options = kvault_cursor_options ();

  return options.access == KVAULT_ACCESS_WRITE && options.table == nullptr
         && cursor_options.flags == 0 && KVAULT_OK == 0 ? 0 : 1;
}
