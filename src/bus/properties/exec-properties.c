/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block of systemd.exec(5) as far as it follows from more than one member
 * of the spec, or has no directive of its own.
 */

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>

#include "bus/codec/append.h"
#include "bus/tables.h"

#define SOFT 0x100

/* arg: the resource, and SOFT. A limit that is not set is the one svinit passes on. */
static int get_rlimit(Object *o, const Property *p, sd_bus_message *m) {
        int resource = (int)(p->arg & ~(size_t)SOFT);
        const RlimitPair *pair = o->unit->spec->exec->rlimits[resource];
        struct rlimit inherited = { RLIM_INFINITY, RLIM_INFINITY };
        bool soft = p->arg & SOFT;

        if (!pair && resource == RLIMIT_NOFILE)
                pair = &o->manager->host.original_nofile;
        if (pair)
                return append_integer(m, 't', (int64_t)(soft ? pair->soft : pair->hard));

        (void)getrlimit((__rlimit_resource_t)resource, &inherited);
        return append_integer(m, 't', (int64_t)(soft ? inherited.rlim_cur : inherited.rlim_max));
}

static int get_environment_files(Object *o, const Property *p, sd_bus_message *m) {
        const ExecSpec *e = o->unit->spec->exec;
        int r = sd_bus_message_open_container(m, 'a', "(sb)");

        for (size_t i = 0; r >= 0 && i < e->n_environment_files; i++) {
                const EnvironmentFile *f = &e->environment_files[i];

                if ((r = sd_bus_message_open_container(m, 'r', "sb")) >= 0 &&
                    (r = append_string(m, f->path)) >= 0 && (r = append_integer(m, 'b', f->optional)) >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_symlink(sd_bus_message *m, const char *name, size_t length) {
        char *target auto_free = strndup(name, length);
        int r;

        if (!target)
                return -ENOMEM;
        if ((r = sd_bus_message_open_container(m, 'r', "sst")) < 0 || (r = append_string(m, target)) < 0 ||
            (r = append_string(m, name + length + 1)) < 0 || (r = append_integer(m, 't', 0)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* arg: the DirectoryKind; the entries written "name:link". */
static int get_symlinks(Object *o, const Property *p, sd_bus_message *m) {
        int r = sd_bus_message_open_container(m, 'a', "(sst)");

        STRV_FOREACH (it, o->unit->spec->exec->directories[p->arg].names) {
                size_t length = strcspn(*it, ":");

                if (r >= 0 && (*it)[length] != 0)
                        r = append_symlink(m, *it, length);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_syslog_priority(Object *o, const Property *p, sd_bus_message *m) {
        const ExecSpec *e = o->unit->spec->exec;

        return append_integer(m, 'i', e->syslog_facility | e->syslog_level);
}

/* The number of the facility, without the room for the level. */
static int get_syslog_facility(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'i', o->unit->spec->exec->syslog_facility >> 3);
}

/* arg: offset of a set of capabilities in ExecSpec; "all" is all that this kernel interface knows. */
static int get_capabilities(Object *o, const Property *p, sd_bus_message *m) {
        const uint64_t *set = (const uint64_t *)((const char *)o->unit->spec->exec + p->arg);

        return append_integer(m, 't', (int64_t)(*set & ((UINT64_C(2) << CAP_LAST_CAP) - 1)));
}

static int get_same_process_group(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', o->unit->spec->exec->same_process_group);
}

/* "fd:NAME" of the three streams; only a named descriptor has one. */
static int get_input_fd(Object *o, const Property *p, sd_bus_message *m) {
        const StdIo *io = &o->unit->spec->exec->io;

        return append_string(m, io->input == INPUT_NAMED_FD ? io->input_file : NULL);
}

static int get_output_fd(Object *o, const Property *p, sd_bus_message *m) {
        const StdIo *io = &o->unit->spec->exec->io;

        return append_string(m, io->output == OUTPUT_NAMED_FD ? io->output_file : NULL);
}

static int get_error_fd(Object *o, const Property *p, sd_bus_message *m) {
        const StdIo *io = &o->unit->spec->exec->io;

        return append_string(m, io->error == OUTPUT_NAMED_FD ? io->error_file : NULL);
}

static int get_numa_policy(Object *o, const Property *p, sd_bus_message *m) {
        const ExecSpec *e = o->unit->spec->exec;

        return append_integer(m, 'i', e->numa_set ? e->numa_policy : -1);
}

static int get_affinity_from_numa(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', str_equal(o->unit->spec->exec->cpu_affinity, "numa"));
}

/* Not given: what the kernel starts with, core(5). */
static int get_coredump_filter(Object *o, const Property *p, sd_bus_message *m) {
        const ExecSpec *e = o->unit->spec->exec;

        return append_integer(m, 't', e->coredump_filter_set ? (int64_t)e->coredump_filter : 0x33);
}

#define LIMIT(n, resource)                                                                                   \
        { "Limit" n, "t", get_rlimit, resource, PROPERTY_CONST }, {                                          \
                "Limit" n "Soft", "t", get_rlimit, resource | SOFT, PROPERTY_CONST                           \
        }

const Property exec_properties[] = {
        { "EnvironmentFiles", "a(sb)", get_environment_files, 0, PROPERTY_CONST },
        LIMITS,
        { "SameProcessGroup", "b", get_same_process_group, 0, PROPERTY_CONST },
        { "CPUAffinityFromNUMA", "b", get_affinity_from_numa, 0, PROPERTY_CONST },
        { "StandardInputFileDescriptorName", "s", get_input_fd, 0, PROPERTY_CONST },
        { "StandardOutputFileDescriptorName", "s", get_output_fd, 0, PROPERTY_CONST },
        { "StandardErrorFileDescriptorName", "s", get_error_fd, 0, PROPERTY_CONST },
        TEXT("RootHashPath", "", PROPERTY_CONST),
        TEXT("RootHashSignaturePath", "", PROPERTY_CONST),
        { "SyslogFacility", "i", get_syslog_facility, 0, PROPERTY_CONST },
        { "CapabilityBoundingSet", "t", get_capabilities, offsetof(ExecSpec, capability_bounding),
          PROPERTY_CONST },
        { "AmbientCapabilities", "t", get_capabilities, offsetof(ExecSpec, capability_ambient),
          PROPERTY_CONST },
        /* What would do something if it were applied; it is not, and these are the values for that. */
        { "NUMAPolicy", "i", get_numa_policy, 0, PROPERTY_CONST },
        { "CoredumpFilter", "t", get_coredump_filter, 0, PROPERTY_CONST },
        { "SyslogPriority", "i", get_syslog_priority, 0, PROPERTY_CONST },
        { "RuntimeDirectorySymlink", "a(sst)", get_symlinks, DIRECTORY_RUNTIME, PROPERTY_CONST },
        { "StateDirectorySymlink", "a(sst)", get_symlinks, DIRECTORY_STATE, PROPERTY_CONST },
        { "CacheDirectorySymlink", "a(sst)", get_symlinks, DIRECTORY_CACHE, PROPERTY_CONST },
        { "LogsDirectorySymlink", "a(sst)", get_symlinks, DIRECTORY_LOGS, PROPERTY_CONST },
        { 0 },
};
