/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directives: a row is all there is to know about a setting. Parser,
 * defaults, `show`, D-Bus, `verify` and the manual walk the rows.
 *
 * The rows stand in directive-*.c, one table for each manual page of systemd;
 * directive_find() knows in which sections a shared table counts ([Service],
 * [Socket], [Mount], [Swap] share exec, kill and cgroup rows).
 */

#include "unit/codec.h"
#include "unit/spec.h"

typedef enum Support {
        SUPPORT_FULL,    /* done as the manual says */
        SUPPORT_PARTIAL, /* done as far as `limit` says */
        SUPPORT_IGNORED, /* known, kept and shown, without effect */
        SUPPORT_REFUSED, /* a unit that sets it does not start: ignoring it would be unsafe */
        SUPPORT_MAX,
} Support;
const char *support_to_string(Support s); /* full partial ignored refused */

struct Directive {
        const char
                *section; /* "Unit" "Service" ... ; "*exec" "*kill" "*cgroup": the sections that share them */
        const char *key;
        const Codec *codec;  /* NULL: text kept in UnitSpec.settings */
        const Codec *syntax; /* without a codec: what the text must be; NULL: anything */
        const char *choices; /* with the codec or syntax choice: the words, separated by blanks */
        /* Narrow, for there are hundreds of rows, and PID 1 has a copy of each: addresses are relocated. */
        uint16_t offset; /* of the field in the part */
        uint16_t types;  /* of a shared table: UNIT_BIT() of the types that heed the setting; 0: all */
        uint16_t given;  /* offset in the part of a bool: the setting was given; 0: there is none */
        uint16_t
                scale; /* offset in the part of a uint64_t: the value as 1/10000 of the whole; 0: there is none */
        PartId part : 8;
        Support support : 8;
        uint8_t outcome; /* what becomes of it where: a Need of unit/privilege.h or a Way of unit/resource.h */
        bool whole;      /* the codec gets the UnitSpec itself */
        bool list;       /* several assignments add up, an empty one resets */
        bool vital;      /* a mistake in the value makes the whole unit unusable */
        bool filled;     /* no file may leave the value empty, though the codec could reset it */
        int detail;      /* what else the codec must know: DEP_AFTER, TIMER_BOOT, LISTEN_STREAM ... */
        int minimum, maximum;    /* of numbers; both 0: any */
        const char *initial;     /* the default as users write it; NULL: the zero value */
        const char *property;    /* D-Bus name where it differs from the key; "" when it is no property */
        const char *signature;   /* D-Bus type, for rows without codec and where the codec's is not right */
        const char *limit;       /* for anything but SUPPORT_FULL: what is not done, and why */
        const char *summary;     /* one sentence */
        const char *alias_of;    /* an older spelling of that key in the same or the [Unit] section */
        const char *replaced_by; /* the key is going out of use, so its use is warned of: what to write */
};

#define UNIT_BIT(type) (1U << (type))

/*
 * FIELD(codec, part.member): codec, part and offset, refused at compile time
 * when the member has not the codec's type. Parts are named as in UnitSpec.
 */
#define PART_TYPE_common CommonSpec
#define PART_TYPE_policy PolicySpec
#define PART_TYPE_install InstallSpec
#define PART_TYPE_service ServiceSpec
#define PART_TYPE_commands CommandsSpec
#define PART_TYPE_exec ExecSpec
#define PART_TYPE_sandbox SandboxSpec
#define PART_TYPE_kill KillSpec
#define PART_TYPE_cgroup CgroupSpec
#define PART_TYPE_socket SocketSpec
#define PART_TYPE_timer TimerSpec
#define PART_TYPE_path PathSpec
#define PART_TYPE_mount MountSpec
#define PART_ID_common PART_COMMON
#define PART_ID_policy PART_POLICY
#define PART_ID_install PART_INSTALL
#define PART_ID_service PART_SERVICE
#define PART_ID_commands PART_COMMANDS
#define PART_ID_exec PART_EXEC
#define PART_ID_sandbox PART_SANDBOX
#define PART_ID_kill PART_KILL
#define PART_ID_cgroup PART_CGROUP
#define PART_ID_socket PART_SOCKET
#define PART_ID_timer PART_TIMER
#define PART_ID_path PART_PATH
#define PART_ID_mount PART_MOUNT
#define SAME_TYPE_OR_FAIL(a, b)                                                                              \
        (0 * sizeof(struct {                                                                                 \
                 _Static_assert(__builtin_types_compatible_p(a, b), "the codec is for another type");        \
                 char c_;                                                                                    \
         }))
#define FIELD(codec_name, part_name, member)                                                                 \
        .codec = &codec_##codec_name, .part = PART_ID_##part_name,                                           \
        .offset = offsetof(PART_TYPE_##part_name, member) +                                                  \
                  SAME_TYPE_OR_FAIL(__typeof__(((PART_TYPE_##part_name *)0)->member),                        \
                                    codec_##codec_name##_type)
#define SYNTAX(codec_name) .syntax = &codec_##codec_name
#define WHOLE(codec_name) .codec = &codec_##codec_name, .whole = true
#define GIVEN(part_name, member)                                                                             \
        .given = offsetof(PART_TYPE_##part_name, member) +                                                   \
                 SAME_TYPE_OR_FAIL(__typeof__(((PART_TYPE_##part_name *)0)->member), bool)
#define SCALE(part_name, member)                                                                             \
        .scale = offsetof(PART_TYPE_##part_name, member) +                                                   \
                 SAME_TYPE_OR_FAIL(__typeof__(((PART_TYPE_##part_name *)0)->member), uint64_t)

/* A table, ended by a row without a key. */
extern const Directive *const directive_tables[]; /* NULL-terminated */

const Directive *directive_find(const char *section, const char *key); /* follows no alias; NULL: unknown */
bool directive_section_is_known(const char *section,
                                UnitType type);               /* may this section stand in this type? */
bool directive_counts_for(const Directive *d, UnitType type); /* is it a property of this type? */
/*
 * The value as users would write it, from the spec. Values that need several
 * assignments come as several lines: one spec_assign() for each gives the same
 * spec again; an empty text is an assignment as well. 0 or -ENOMEM.
 */
int directive_format(const Directive *d, const UnitSpec *s, Buf *b);
/* The row an old spelling stands for, or the row itself. */
const Directive *directive_resolve(const Directive *d);
/* The known key that was probably meant, in *ret_section (which may differ from `section`); NULL: nothing is near. */
const char *directive_suggest(UnitType type, const char *section, const char *key, const char **ret_section);
const char *directive_suggest_section(UnitType type, const char *section); /* the same for a section */
const char *directive_property(const Directive *d); /* D-Bus name, NULL when it is none */
const void *directive_field(const Directive *d,
                            const UnitSpec *s); /* for typed readers such as the bus; NULL without a field */
uint64_t directive_share(const Directive *d,
                         const UnitSpec *s); /* 1/10000 of the whole; LIMIT_UNSET: it is no share */

/* All rows that were assigned in this spec and are not SUPPORT_FULL, in file order. */
typedef void (*SettingVisitor)(const Directive *d, const char *value, const char *file, unsigned line,
                               void *userdata);
void spec_visit_unapplied(const UnitSpec *s, SettingVisitor visit, void *userdata);

/* How many settings there are of each class; older spellings are counted apart. */
typedef struct DirectiveCounts {
        unsigned of[SUPPORT_MAX], old_spellings;
} DirectiveCounts;
DirectiveCounts directives_count(void);
/* Every row as one line: key, section, syntax, default, support, limit, summary, separated by tabs. */
void directives_dump(Buf *b);
