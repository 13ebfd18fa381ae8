/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/spec-parts.h"

#include <errno.h>

#include "unit/codec.h"

static CommonSpec default_common;
static PolicySpec default_policy;
static InstallSpec default_install;
static ServiceSpec default_service;
static CommandsSpec default_commands;
static ExecSpec default_exec;
static SandboxSpec default_sandbox;
static KillSpec default_kill;
static CgroupSpec default_cgroup;
static SocketSpec default_socket;
static TimerSpec default_timer;
static PathSpec default_path;
static MountSpec default_mount;

static const struct {
        void *defaults;
        size_t size;
} parts[] = {
        [PART_COMMON] = { &default_common, sizeof(default_common) },
        [PART_POLICY] = { &default_policy, sizeof(default_policy) },
        [PART_INSTALL] = { &default_install, sizeof(default_install) },
        [PART_SERVICE] = { &default_service, sizeof(default_service) },
        [PART_COMMANDS] = { &default_commands, sizeof(default_commands) },
        [PART_EXEC] = { &default_exec, sizeof(default_exec) },
        [PART_SANDBOX] = { &default_sandbox, sizeof(default_sandbox) },
        [PART_KILL] = { &default_kill, sizeof(default_kill) },
        [PART_CGROUP] = { &default_cgroup, sizeof(default_cgroup) },
        [PART_SOCKET] = { &default_socket, sizeof(default_socket) },
        [PART_TIMER] = { &default_timer, sizeof(default_timer) },
        [PART_PATH] = { &default_path, sizeof(default_path) },
        [PART_MOUNT] = { &default_mount, sizeof(default_mount) },
};
_Static_assert(ELEMENTSOF(parts) == PART_MAX, "a default for each part");
_Static_assert(PART_MAX <= 16, "UnitSpec.shared has a bit for each");

const void *spec_default(PartId part) {
        return parts[part].defaults;
}

size_t spec_part_size(PartId part) {
        return parts[part].size;
}

static int parse_initial(const Directive *d) {
        static const SpecContext no_context;
        const CodecContext c = { .spec = &no_context, .row = d };

        if (!d->codec || d->whole || !d->initial)
                return 0;
        return d->codec->parse(&c, d->initial, (char *)parts[d->part].defaults + d->offset);
}

int spec_parts_init(void) {
        static bool done;
        int r;

        if (done)
                return 0;

        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++) {
                        r = parse_initial(d);
                        if (r == -ENOMEM)
                                return r;
                        ENSURE(r == 0, -EINVAL);
                }
        done = true;
        return 0;
}

static bool is_default(const UnitSpec *s, PartId part) {
        return s->parts[part] == parts[part].defaults;
}

bool spec_part_is_shared(const UnitSpec *s, PartId part) {
        return is_default(s, part) || (s->shared & 1U << part);
}

void *spec_part(UnitSpec *s, PartId part) {
        void *copy;

        if (!spec_part_is_shared(s, part))
                return (void *)s->parts[part]; /* const for the readers; the memory is ours */

        copy = malloc(parts[part].size);
        if (!copy)
                return NULL;
        memcpy(copy, s->parts[part], parts[part].size);
        if (s->shared & 1U << part)
                spec_unshare(s, part);
        s->parts[part] = copy;
        return copy;
}

const void *spec_field(const UnitSpec *s, const Directive *d) {
        return (const char *)s->parts[d->part] + d->offset;
}

static const void *default_field(const Directive *d) {
        return (const char *)parts[d->part].defaults + d->offset;
}

bool spec_field_is_default(const UnitSpec *s, const Directive *d) {
        if (!d->codec || d->whole || is_default(s, d->part))
                return true;
        return memcmp(spec_field(s, d), default_field(d), d->codec->size) == 0;
}

void spec_field_reset(void *part, const Directive *d) {
        void *field = (char *)part + d->offset;

        if (d->codec->release)
                d->codec->release(field);
        memcpy(field, default_field(d), d->codec->size);
        if (d->scale)
                memcpy((char *)part + d->scale, (const char *)parts[d->part].defaults + d->scale,
                       sizeof(uint64_t));
        if (d->given)
                *(bool *)((char *)part + d->given) = false;
}

/* The rows know what a part owns: a field that no row fills cannot own anything. */
void spec_parts_release(UnitSpec *s) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++)
                        if (d->codec && d->codec->release && !d->whole && !spec_part_is_shared(s, d->part))
                                d->codec->release((char *)s->parts[d->part] + d->offset);

        for (int part = 0; part < PART_MAX; part++) {
                if (s->shared & 1U << part)
                        spec_unshare(s, part);
                else if (!is_default(s, part))
                        free((void *)s->parts[part]);
                s->parts[part] = parts[part].defaults;
        }
}
