/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/property-text.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Properties that stand for a whole group of settings, or for half of one.
 */

static int read_pair(Reading *r, const char **a, const char **b) {
        return sd_bus_message_read(r->m, "(ss)", a, b);
}

/* Of records that each name their setting; no record at all takes everything back. */
static int reset_all(Reading *r, const char *const *keys) {
        int q = 0;

        for (; *keys && q >= 0; keys++) {
                r->row = reading_find_row(r, *keys);
                q = r->row ? reading_add(r, "") : 0;
        }
        return q;
}

/* "OnActiveUSec" of the wire is OnActiveSec= in a file. */
static const Directive *find_timer_row(const Reading *r, const char *base) {
        char key[32];
        size_t n = strlen(base);

        if (!str_ends_with(base, "USec") || n >= sizeof(key))
                return reading_find_row(r, base);
        (void)snprintf(key, sizeof(key), "%.*sSec", (int)(n - 4), base);
        return reading_find_row(r, key);
}

static bool is_timer_row(const Directive *d, bool calendar) {
        return d && str_equal(d->section, "Timer") && d->codec && d->codec->id == CODEC_timer_value &&
               (d->detail == TIMER_CALENDAR) == calendar;
}

static int add_span(Reading *r, const char *base, uint64_t usec) {
        char text[32];

        r->row = find_timer_row(r, base);
        if (!is_timer_row(r->row, false))
                return reading_refuse(r, "There is no such time to count from.");
        (void)snprintf(text, sizeof(text), "%" PRIu64 "us", usec);
        return reading_add(r, text);
}

static int read_timers_monotonic(Reading *r) {
        static const char *const keys[] = { "OnActiveSec", NULL };
        const char *base;
        uint64_t usec;
        bool any = false;
        int q = sd_bus_message_enter_container(r->m, 'a', "(st)");

        while (q >= 0 && (q = sd_bus_message_read(r->m, "(st)", &base, &usec)) > 0) {
                any = true;
                q = add_span(r, base, usec);
        }
        if (q >= 0 && !any)
                q = reset_all(r, keys);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

static int read_timer_span(Reading *r) {
        uint64_t usec;
        int q = sd_bus_message_read_basic(r->m, 't', &usec);

        return q < 0 ? q : add_span(r, r->name, usec);
}

static int add_calendar(Reading *r, const char *base, const char *text) {
        Buf b auto_buf = { 0 };

        r->row = reading_find_row(r, base);
        if (!is_timer_row(r->row, true))
                return reading_refuse(r, "There is no such kind of calendar event.");
        format_literal(text, &b);
        return reading_add_buf(r, &b);
}

static int read_timers_calendar(Reading *r) {
        static const char *const keys[] = { "OnCalendar", NULL };
        const char *base, *text;
        bool any = false;
        int q = sd_bus_message_enter_container(r->m, 'a', "(ss)");

        while (q >= 0 && (q = read_pair(r, &base, &text)) > 0) {
                any = true;
                q = add_calendar(r, base, text);
        }
        if (q >= 0 && !any)
                q = reset_all(r, keys);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

static int read_on_calendar(Reading *r) {
        const char *text;
        int q = sd_bus_message_read_basic(r->m, 's', &text);

        return q < 0 ? q : add_calendar(r, "OnCalendar", text);
}

/* Records of a setting's name and its value. */
static int read_named(Reading *r, CodecId codec, const char *prefix, const char *const *keys) {
        const char *kind, *value;
        bool any = false;
        int q = sd_bus_message_enter_container(r->m, 'a', "(ss)");

        while (q >= 0 && (q = read_pair(r, &kind, &value)) > 0) {
                Buf b auto_buf = { 0 };
                char key[64];

                any = true;
                (void)snprintf(key, sizeof(key), "%s%.40s", prefix, kind);
                r->row = reading_find_row(r, key);
                if (!r->row || (r->row->codec && r->row->codec->id != codec))
                        return reading_refuse(r, "There is no such kind.");
                format_literal(value, &b);
                q = reading_add_buf(r, &b);
        }
        if (q >= 0 && !any)
                q = reset_all(r, keys);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

static int read_paths(Reading *r) {
        static const char *const keys[] = { "PathExists", NULL };

        return read_named(r, CODEC_path_watch, "", keys);
}

static int read_listen(Reading *r) {
        static const char *const keys[] = { "ListenStream", NULL };

        return read_named(r, CODEC_listen, "Listen", keys);
}

static int add_condition(Reading *r, const char *type, int trigger, int negate, const char *parameter) {
        Buf b auto_buf = { 0 };

        r->row = reading_find_row(r, type);
        if (!r->row || !r->row->codec || r->row->codec->id != CODEC_conditions)
                return reading_refuse(r, "There is no such condition.");
        buf_addf(&b, "%s%s", trigger ? "|" : "", negate ? "!" : "");
        format_literal(parameter, &b);
        return reading_add_buf(r, &b);
}

static int read_conditions(Reading *r) {
        const char *const keys[] = { str_equal(r->name, "Asserts") ? "AssertPathExists"
                                                                   : "ConditionPathExists",
                                     NULL };
        const char *type, *parameter;
        int trigger, negate, q = sd_bus_message_enter_container(r->m, 'a', "(sbbs)");
        bool any = false;

        while (q >= 0 &&
               (q = sd_bus_message_read(r->m, "(sbbs)", &type, &trigger, &negate, &parameter)) > 0) {
                any = true;
                q = add_condition(r, type, trigger, negate, parameter);
        }
        if (q >= 0 && !any)
                q = reset_all(r, keys);
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

/* What stands before the value in the file follows from the property's name. */
static const struct {
        const char *suffix, *prefix;
} stream_kinds[] = {
        { "FileDescriptorName", "fd:" },
        { "FileToAppend", "append:" },
        { "FileToTruncate", "truncate:" },
        { "File", "file:" },
};

static int read_stream(Reading *r) {
        Buf b auto_buf = { 0 };
        const char *value;
        int q = sd_bus_message_read_basic(r->m, 's', &value);

        if (q < 0)
                return q;
        for (size_t i = 0; value[0] && b.len == 0 && i < ELEMENTSOF(stream_kinds); i++)
                if (str_ends_with(r->name, stream_kinds[i].suffix))
                        buf_add(&b, stream_kinds[i].prefix);
        format_literal(value, &b);
        return reading_add_buf(r, &b);
}

static int read_plain(Reading *r) {
        const char *value;
        int q = sd_bus_message_read_basic(r->m, 's', &value);

        return q < 0 ? q : reading_add(r, value);
}

static int read_numa_affinity(Reading *r) {
        int v, q = sd_bus_message_read_basic(r->m, 'b', &v);

        return q < 0 ? q : reading_add(r, v ? "numa" : "");
}

static int read_controllers(Reading *r) {
        char **names auto_strv = NULL;
        Buf b auto_buf = { 0 };
        int q = read_string_array(r, &names);

        if (q < 0)
                return q;
        STRV_FOREACH (n, names)
                buf_addf(&b, "%s%s", b.len > 0 ? " " : "", *n);
        return reading_add_buf(r, &b);
}

/* RuntimeDirectorySymlink: a directory and one more name of it. */
static int read_directory_links(Reading *r) {
        const char *directory, *link;
        uint64_t flags;
        int q = sd_bus_message_enter_container(r->m, 'a', "(sst)");

        while (q >= 0 && (q = sd_bus_message_read(r->m, "(sst)", &directory, &link, &flags)) > 0) {
                char *both auto_free = NULL;
                Buf b auto_buf = { 0 };

                if (strchr(directory, ':') || strchr(link, ':'))
                        return reading_refuse(r, "A colon cannot be part of the name.");
                if (str_printf(&both, "%s:%s", directory, link) < 0 || format_word(both, &b) < 0)
                        return -ENOMEM;
                q = reading_add_buf(r, &b);
        }
        return q < 0 ? q : sd_bus_message_exit_container(r->m);
}

/* Where a percent sign is part of the number, and where it begins a specifier. */
static bool counts_in_percent(const Reading *r) {
        static const CodecId codecs[] = { CODEC_memory,  CODEC_tasks,      CODEC_cpu_quota,
                                          CODEC_percent, CODEC_percentage, CODEC_instances };

        for (size_t i = 0; i < ELEMENTSOF(codecs); i++)
                if (reading_codec(r) && reading_codec(r)->id == codecs[i])
                        return true;
        return false;
}

static int add_setting(Reading *r, const char *assignment) {
        const char *value = strchr(assignment, '=');
        char *key auto_free = value ? strndup(assignment, (size_t)(value - assignment)) : NULL;
        Buf b auto_buf = { 0 };

        if (!key)
                return value ? -ENOMEM : reading_refuse(r, "A setting is written KEY=VALUE.");
        r->name = key;
        r->row = reading_find_row(r, key);
        if (!r->row)
                return property_refuse(r->error, r->type, key);
        if (counts_in_percent(r))
                buf_add(&b, value + 1);
        else
                format_literal(value + 1, &b);
        return reading_add_buf(r, &b);
}

/* svctl's: assignments as they stand in a file, but for specifiers. */
static int read_settings(Reading *r) {
        const char *name = r->name;
        char **l auto_strv = NULL;
        int q = read_string_array(r, &l);

        STRV_FOREACH (s, l)
                if (q >= 0)
                        q = add_setting(r, *s);
        r->name = name;
        return q;
}

const SpecialProperty special_properties[] = {
        { "org.svinit.Settings", "as", NULL, read_settings },
        { "TimersMonotonic", "a(st)", NULL, read_timers_monotonic },
        { "TimersCalendar", "a(ss)", NULL, read_timers_calendar },
        { "OnActiveUSec", "t", NULL, read_timer_span },
        { "OnBootUSec", "t", NULL, read_timer_span },
        { "OnStartupUSec", "t", NULL, read_timer_span },
        { "OnUnitActiveUSec", "t", NULL, read_timer_span },
        { "OnUnitInactiveUSec", "t", NULL, read_timer_span },
        { "OnCalendar", "s", NULL, read_on_calendar },
        { "Paths", "a(ss)", "PathExists", read_paths },
        { "Listen", "a(ss)", "ListenStream", read_listen },
        { "Conditions", "a(sbbs)", NULL, read_conditions },
        { "Asserts", "a(sbbs)", NULL, read_conditions },
        { "StandardInputFileDescriptorName", "s", "StandardInput", read_stream },
        { "StandardOutputFileDescriptorName", "s", "StandardOutput", read_stream },
        { "StandardErrorFileDescriptorName", "s", "StandardError", read_stream },
        { "StandardInputFile", "s", "StandardInput", read_stream },
        { "StandardOutputFile", "s", "StandardOutput", read_stream },
        { "StandardOutputFileToAppend", "s", "StandardOutput", read_stream },
        { "StandardOutputFileToTruncate", "s", "StandardOutput", read_stream },
        { "StandardErrorFile", "s", "StandardError", read_stream },
        { "StandardErrorFileToAppend", "s", "StandardError", read_stream },
        { "StandardErrorFileToTruncate", "s", "StandardError", read_stream },
        { "RootHashPath", "s", "RootHash", read_plain },
        { "RootHashSignaturePath", "s", "RootHashSignature", read_plain },
        { "CPUAffinityFromNUMA", "b", "CPUAffinity", read_numa_affinity },
        { "DelegateControllers", "as", "Delegate", read_controllers },
        { "RuntimeDirectorySymlink", "a(sst)", "RuntimeDirectory", read_directory_links },
        { "StateDirectorySymlink", "a(sst)", "StateDirectory", read_directory_links },
        { "CacheDirectorySymlink", "a(sst)", "CacheDirectory", read_directory_links },
        { "LogsDirectorySymlink", "a(sst)", "LogsDirectory", read_directory_links },
        { 0 },
};
