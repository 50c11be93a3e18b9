/* SPDX-License-Identifier: MIT */
/*
 * The floors of the program, enforced: what is newer than Debian 12 does not compile, what is deprecated there warns.
 * The compiler includes this file ahead of every source of src/app (app_args in meson.build there).
 */
#pragma once

#define GLIB_VERSION_MIN_REQUIRED GLIB_VERSION_2_74
#define GLIB_VERSION_MAX_ALLOWED GLIB_VERSION_2_74
#define GDK_VERSION_MIN_REQUIRED GDK_VERSION_4_8
#define GDK_VERSION_MAX_ALLOWED GDK_VERSION_4_8
#define ADW_VERSION_MIN_REQUIRED ADW_VERSION_1_2
#define ADW_VERSION_MAX_ALLOWED ADW_VERSION_1_2
