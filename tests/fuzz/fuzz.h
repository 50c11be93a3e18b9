/* SPDX-License-Identifier: MIT */
/**
 * fuzz.h - what the fuzz targets and those who drive them share.
 *
 * A target is a file fuzz-NAME.c with LLVMFuzzerTestOneInput(): it takes any bytes and must neither crash, hang nor leak, whatever
 * they are. libFuzzer drives it in a build with -Dfuzz=true (clang); in any build test-fuzz.c does, with the same
 * mutations from fixed seeds, so that each run is the same. Inputs to begin with, and those that once broke
 * something, are in corpus/NAME.
 */
#pragma once

#include <kvault.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the target. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
extern const char *const fuzz_name;
extern const unsigned fuzz_rounds;   /* mutations in a full run of the tests */
extern const bool fuzz_pages;        /* inputs are SQLite's pages: mutate them as such, too */

/* Ends the process and says why, as both drivers want it. */
#define fuzz_require(condition) ((condition) ? (void) 0 : fuzz_fail (__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail (const char *file, int line, const char *what);

/* ---- mutate.c ---- */

uint64_t fuzz_random (uint64_t *state);
/* Changes @bytes, of which there are @size and may be up to @room; returns how many there are then. */
size_t fuzz_mutate (uint8_t *bytes, size_t size, size_t room, uint64_t seed);

/* ---- drive.c ---- */

/* A folder of this process; gone when it ends well. */
const char *fuzz_folder (void);
/* A path in it. */
const char *fuzz_path (const char *name);
void        fuzz_write (const char *path, const void *bytes, size_t size);
/* A vault at @path is exactly @size of @bytes. */
bool        fuzz_is (const char *path, const void *bytes, size_t size);
/* Removes the file with its log and journal. */
void        fuzz_remove (const char *path);

/* What programs do with a file: view, check and save what they can, then write. Looking must change nothing. */
void fuzz_view (const char *path);
void fuzz_edit (const char *path);
