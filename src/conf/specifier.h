/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Specifiers, systemd.unit(5): %n, %i, ... What depends on the machine comes
 * in as a table filled by the caller, so that this stays pure.
 */

#include "base/text.h"

#define SPECIFIER_TEXT_MAX (1024 * 1024) /* bytes of the result */

/* Borrowed strings, filled once at start. NULL: not known here, the specifier fails with -ENXIO. */
typedef struct SpecifierHost {
        const char *architecture;    /* %a x86-64 */
        const char *boot_id;         /* %b */
        const char *hostname;        /* %H; %l up to the first dot */
        const char *pretty_hostname; /* %q */
        const char *machine_id;      /* %m */
        const char *kernel;          /* %v */
        const char *os_id, *os_version_id, *os_build_id, *os_variant_id, *os_image_id,
                *os_image_version;                           /* %o %w %B %W %M %A */
        const char *user, *uid, *group, *gid, *home, *shell; /* of the manager: %u %U %g %G %h %s */
        const char *runtime_dir, *state_dir, *cache_dir, *logs_dir, *configuration_dir; /* %t %S %C %L %E */
        const char *tmp_dir, *var_tmp_dir;                                              /* %T %V */
} SpecifierHost;

typedef struct SpecifierContext {
        const SpecifierHost *host; /* borrowed; NULL: only what follows from the name */
        const char *unit;          /* full name: %n %N %p %P %i %I %j %J %f; NULL: those fail */
        const char *fragment_path; /* %y %Y; NULL: fail */
} SpecifierContext;

/*
 * 0; -EINVAL: unknown specifier, or the name has a broken escape; -ENXIO: no
 * value here; -ENOMEM; -E2BIG above SPECIFIER_TEXT_MAX. As in systemd 252 a
 * percent sign before anything but a letter or a digit stands for itself.
 */
int specifier_expand(const SpecifierContext *c, const char *text, char **ret);
