/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the argument of a verb or an option may be: completion offers that. */

typedef enum WordKind {
        WORDS_NONE,
        WORDS_CHOICE, /* those of an option's row */
        WORDS_UNITS,  /* in memory */
        WORDS_DOWN,   /* that can be started */
        WORDS_UP,     /* that can be stopped */
        WORDS_RELOADABLE,
        WORDS_FAILED,
        WORDS_FROZEN,
        WORDS_SERVICES,
        WORDS_TARGETS,
        WORDS_KNOWN, /* in memory, or as a file */
        WORDS_TEMPLATES,
        WORDS_UNIT_FILES,
        WORDS_DISABLED, /* unit files of this state */
        WORDS_ENABLED,
        WORDS_MASKED,
        WORDS_FILES, /* paths */
        WORDS_FILES_AND_UNITS,
        WORDS_SERVICES_THEN_DEPLOY,
        WORDS_FORMAT_THEN_FILES, /* of import */
        WORDS_COMMANDS,
        WORDS_CHECKS, /* of analyze, then units */
        WORDS_JOBS,
        WORDS_VARIABLES,       /* of the manager */
        WORDS_OWN_VARIABLES,   /* of the caller */
        WORDS_SETTINGS,        /* a unit, then what set-property changes */
        WORDS_UNIT_THEN_FILES, /* a unit, then paths */
        WORDS_UNIT_THEN_PROFILES,
        WORDS_TARGET_THEN_FILES, /* a target, then unit files */
        WORDS_SERVICE_THEN_LEVEL,
        WORDS_SERVICE_THEN_LOG_TARGET,
        WORDS_LEVELS,
        WORDS_LOG_TARGETS,
        WORDS_BOOLEANS,
        WORDS_CONTAINERS,
        WORDS_JOB_MODES,
        WORDS_JOB_TYPES,
        WORDS_PRESET_MODES,
        WORDS_SIGNALS,
        WORDS_TYPES,
        WORDS_STATES,
        WORDS_PROPERTIES,
        WORDS_KINDS, /* of units that generate knows, then paths */
        WORD_KIND_MAX,
} WordKind;
