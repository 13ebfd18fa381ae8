/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/append.h"

#include "unit/address-families.h"
#include "unit/system-calls.h"

#include <errno.h>
#include <stdio.h>

typedef int (*Appender)(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field);

int append_string(sd_bus_message *m, const char *s) {
        char *clean auto_free = NULL;

        if (!s)
                s = "";
        if (str_is_utf8(s, strlen(s)))
                return sd_bus_message_append_basic(m, 's', s);

        clean = strdup(s);
        if (!clean)
                return -ENOMEM;
        for (char *p = clean; *p; p++)
                if ((unsigned char)*p >= 0x80)
                        *p = '?';
        return sd_bus_message_append_basic(m, 's', clean);
}

int append_strv(sd_bus_message *m, char *const *l) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        STRV_FOREACH (it, l) {
                if (r >= 0)
                        r = append_string(m, *it);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int append_integer(sd_bus_message *m, char type, int64_t v) {
        union {
                uint8_t y;
                int16_t n;
                uint16_t q;
                int b, i;
                uint32_t u;
                int64_t x;
                uint64_t t;
        } value = { 0 };

        switch (type) {
        case 'b':
                value.b = v != 0;
                break;
        case 'y':
                value.y = (uint8_t)v;
                break;
        case 'n':
                value.n = (int16_t)v;
                break;
        case 'q':
                value.q = (uint16_t)v;
                break;
        case 'i':
                value.i = (int)v;
                break;
        case 'u':
                value.u = (uint32_t)v;
                break;
        case 'x':
                value.x = v;
                break;
        default:
                value.t = (uint64_t)v;
                break;
        }
        return sd_bus_message_append_basic(m, type, &value);
}

/* As written: for words chosen from a list, and for whatever is shown as a string. */
static int append_formatted(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        Buf b auto_buf = { 0 };
        int r;

        r = directive_format(d, s, &b);
        if (r < 0 || b.error < 0)
                return -ENOMEM;
        return append_string(m, b.data);
}

/* "file:/a" -> "file", as systemd says it; a descriptor's name has a property of its own. */
static int append_stream(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        Buf b auto_buf = { 0 };
        int r;

        r = directive_format(d, s, &b);
        if (r < 0 || b.error < 0)
                return -ENOMEM;
        b.data[strcspn(b.data, ":")] = 0;
        return append_string(m, b.data);
}

/* A row may show its number in another width than the codec's, or as a string. */
static int append_number(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field,
                         int64_t v) {
        char type = directive_signature(d)[0];

        return type == 's' ? append_formatted(m, d, s, field) : append_integer(m, type, v);
}

static int append_bool_field(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        return append_number(m, d, s, field, *(const bool *)field);
}

static int append_unsigned_field(sd_bus_message *m, const Directive *d, const UnitSpec *s,
                                 const void *field) {
        return append_number(m, d, s, field, *(const unsigned *)field);
}

static int append_int_field(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        return append_number(m, d, s, field, *(const int *)field);
}

static int append_u64_field(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        return append_number(m, d, s, field, (int64_t) * (const uint64_t *)field);
}

/* Rows may show text in a richer type than the codec keeps it in: the text is read once more. */
static int append_string_field(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        return append_text(m, directive_signature(d), field, *(char *const *)field ? 1 : 0);
}

static int append_strv_field(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        char *const *l = *(char *const *const *)field;

        if (str_equal(directive_signature(d), "as"))
                return append_strv(m, l);
        return append_text(m, directive_signature(d), (const char *const *)l, strv_length(l));
}

/* "name:link" is shown without the link, which is a property of its own. */
static int append_directories(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        STRV_FOREACH (it, *(char *const *const *)field) {
                char *name auto_free = strndup(*it, strcspn(*it, ":"));

                if (r >= 0)
                        r = name ? append_string(m, name) : -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_log_fields(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        int r = sd_bus_message_open_container(m, 'a', "ay");

        STRV_FOREACH (it, *(char *const *const *)field) {
                if (r >= 0)
                        r = sd_bus_message_append_array(m, 'y', *it, strlen(*it));
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_exit_statuses(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        const ExitStatusSet *set = field;
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "aiai")) < 0 ||
            (r = sd_bus_message_open_container(m, 'a', "i")) < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < set->n_codes; i++)
                r = append_integer(m, 'i', set->codes[i]);
        if (r < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;

        r = sd_bus_message_append_array(m, 'i', set->signals, set->n_signals * sizeof(int));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_input_data(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        const StdIo *io = field;

        return sd_bus_message_append_array(m, 'y', io->input_data, io->input_data_len);
}

static int append_cpus(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        const char *list = *(char *const *)field;

        /* What a word stands for is found by the child. */
        return append_cpu_mask(m, str_equal(list, d->choices) ? NULL : list);
}

/* a(st), a(ss) */
static int append_devices(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        const char *signature = directive_signature(d);
        int r = sd_bus_message_open_container(m, 'a', signature + 1);

        STRV_FOREACH (it, *(char *const *const *)field) {
                const char *value;
                char *device auto_free = strndup(*it, device_entry_split(*it, &value));
                uint64_t number = UINT64_MAX;

                if (r < 0 || !device)
                        return r < 0 ? r : -ENOMEM;
                (void)parse_u64(value, &number);
                r = signature[3] == 't' ? sd_bus_message_append(m, "(st)", device, number)
                                        : sd_bus_message_append(m, "(ss)", device, value);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The hard limit; the soft one is a Property row. */
static int append_rlimit(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        const RlimitPair *pair = *(RlimitPair *const *)field;

        return append_integer(m, 't', pair ? (int64_t)pair->hard : -1);
}

/* With groups spread out; an error of its own stands behind its name. */
static int append_system_calls(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        SystemCallSet set;
        int r = system_calls_resolve(*(char *const *const *)field, &set);

        if (r < 0)
                return r;
        if ((r = sd_bus_message_open_container(m, 'r', "bas")) < 0 ||
            (r = append_integer(m, 'b', set.allow)) < 0)
                goto finish;
        r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < set.n; i++) {
                const SystemCall *call = set.v + i;
                char text[64];

                if (call->error == SYSTEM_CALL_PLAIN)
                        (void)snprintf(text, sizeof(text), "%s", call->name);
                else if (call->error == SYSTEM_CALL_KILL)
                        (void)snprintf(text, sizeof(text), "%s:kill", call->name);
                else
                        (void)snprintf(text, sizeof(text), "%s:%s", call->name,
                                       strerrorname_np(call->error) ?: "0");
                r = append_string(m, text);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
finish:
        system_call_set_release(&set);
        return r;
}

static int append_address_families(sd_bus_message *m, const Directive *d, const UnitSpec *s,
                                   const void *field) {
        char *const *words = *(char *const *const *)field;
        AddressFamilies f = address_families_resolve(words);
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "bas")) < 0 ||
            (r = append_integer(m, 'b', f.allow)) < 0 || (r = sd_bus_message_open_container(m, 'a', "s")) < 0)
                return r;
        for (int family = 0; r >= 0 && family < ADDRESS_FAMILY_LIMIT; family++)
                if (f.set & UINT64_C(1) << family)
                        r = append_string(m, address_family_to_string(family));
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_mount_flags(sd_bus_message *m, const Directive *d, const UnitSpec *s, const void *field) {
        return append_integer(m, 't', (int64_t) * (const unsigned long *)field);
}

/* The names; the values are nobody's to read here. */
static int append_set_credentials(sd_bus_message *m, const Directive *d, const UnitSpec *s,
                                  const void *field) {
        int r = sd_bus_message_open_container(m, 'a', "(say)");

        STRV_FOREACH (it, *(char *const *const *)field) {
                char *name auto_free = strndup(*it, strcspn(*it, ":"));

                if (r < 0 || !name)
                        return r < 0 ? r : -ENOMEM;
                if ((r = sd_bus_message_open_container(m, 'r', "say")) >= 0 &&
                    (r = append_string(m, name)) >= 0 &&
                    (r = sd_bus_message_append_array(m, 'y', "", 0)) >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/*
 * Without an entry are the codecs whose fields are more than one member (a
 * list and its length): Property rows show those.
 */
static const Appender appenders[CODEC_MAX] = {
        [CODEC_boolean] = append_bool_field,
        [CODEC_delegate] = append_bool_field,
        [CODEC_unsigned] = append_unsigned_field,
        [CODEC_percent] = append_unsigned_field,
        [CODEC_mode] = append_unsigned_field,
        [CODEC_secure_bits] = append_unsigned_field,
        [CODEC_integer] = append_int_field,
        [CODEC_signal] = append_int_field,
        [CODEC_status] = append_int_field,
        [CODEC_syslog_facility] = append_int_field,
        [CODEC_syslog_level] = append_int_field,
        [CODEC_io_class] = append_int_field,
        [CODEC_cpu_policy] = append_int_field,
        [CODEC_ip_tos] = append_int_field,
        [CODEC_ip_protocol] = append_int_field,
        [CODEC_size] = append_u64_field,
        [CODEC_timespan] = append_u64_field,
        [CODEC_timeout] = append_u64_field,
        [CODEC_job_timeout] = append_u64_field,
        [CODEC_nanoseconds] = append_u64_field,
        [CODEC_capabilities] = append_u64_field,
        [CODEC_memory] = append_u64_field,
        [CODEC_tasks] = append_u64_field,
        [CODEC_cpu_weight] = append_u64_field,
        [CODEC_weight] = append_u64_field,
        [CODEC_v1_weight] = append_u64_field,
        [CODEC_cpu_quota] = append_u64_field,
        [CODEC_string] = append_string_field,
        [CODEC_reboot_argument] = append_string_field,
        [CODEC_choice] = append_string_field,
        [CODEC_interface] = append_string_field,
        [CODEC_congestion] = append_string_field,
        [CODEC_path] = append_string_field,
        [CODEC_pid_file] = append_string_field,
        [CODEC_account] = append_string_field,
        [CODEC_bus_name] = append_string_field,
        [CODEC_unit_name] = append_string_field,
        [CODEC_working_directory] = append_formatted,
        [CODEC_service_type] = append_formatted,
        [CODEC_exit_type] = append_formatted,
        [CODEC_restart] = append_formatted,
        [CODEC_restart_mode] = append_formatted,
        [CODEC_notify_access] = append_formatted,
        [CODEC_kill_mode] = append_formatted,
        [CODEC_oom_policy] = append_formatted,
        [CODEC_timeout_failure_mode] = append_formatted,
        [CODEC_emergency_action] = append_formatted,
        [CODEC_collect_mode] = append_formatted,
        [CODEC_job_mode] = append_formatted,
        [CODEC_preserve] = append_formatted,
        [CODEC_protect_system] = append_formatted,
        [CODEC_protect_home] = append_formatted,
        [CODEC_bind_ipv6_only] = append_formatted,
        [CODEC_timestamping] = append_formatted,
        [CODEC_std_input] = append_stream,
        [CODEC_std_output] = append_stream,
        [CODEC_paths] = append_strv_field,
        [CODEC_environment] = append_strv_field,
        [CODEC_variables] = append_strv_field,
        [CODEC_accounts] = append_strv_field,
        [CODEC_documentation] = append_strv_field,
        [CODEC_search_path] = append_strv_field,
        [CODEC_unit_names] = append_strv_field,
        [CODEC_mounts_for] = append_strv_field,
        [CODEC_directories] = append_directories,
        [CODEC_log_fields] = append_log_fields,
        [CODEC_exit_statuses] = append_exit_statuses,
        [CODEC_input_text] = append_input_data,
        [CODEC_input_data] = append_input_data,
        [CODEC_cpu_set] = append_cpus,
        [CODEC_controllers] = append_strv_field,
        [CODEC_device_policy] = append_formatted,
        [CODEC_device_value] = append_devices,
        [CODEC_device_allow] = append_devices,
        [CODEC_utmp_mode] = append_formatted,
        [CODEC_keyring_mode] = append_formatted,
        [CODEC_coredump_filter] = append_u64_field,
        [CODEC_system_calls] = append_system_calls,
        [CODEC_logged_calls] = append_system_calls,
        [CODEC_system_call_error] = append_int_field,
        [CODEC_architectures] = append_strv_field,
        [CODEC_address_families] = append_address_families,
        [CODEC_namespaces] = append_u64_field,
        [CODEC_mount_flags] = append_mount_flags,
        [CODEC_protect_proc] = append_formatted,
        [CODEC_proc_subset] = append_formatted,
        [CODEC_load_credential] = append_strv_field,
        [CODEC_import_credential] = append_strv_field,
        [CODEC_set_credential] = append_set_credentials,
        [CODEC_rlimit] = append_rlimit,
};

bool codec_is_appended(CodecId id) {
        return id < CODEC_MAX && appenders[id];
}

const char *directive_signature(const Directive *d) {
        const char *signature = d->signature ? d->signature : d->codec ? d->codec->signature : NULL;

        return str_is_empty(signature) ? NULL : signature;
}

/* A row without a field: what was assigned, else its initial value, else the signature's idea of nothing. */
static int append_setting(sd_bus_message *m, const Directive *d, const UnitSpec *s) {
        const char **values auto_free = NULL;
        size_t n = 0;

        values = calloc(s->n_settings + 1, sizeof(char *));
        if (!values)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_settings; i++)
                if (s->settings[i].row == d)
                        values[n++] = s->settings[i].value;
        if (n == 0 && d->initial)
                values[n++] = d->initial;

        return append_text(m, directive_signature(d), values, n);
}

int append_directive(sd_bus_message *m, const Directive *d, const UnitSpec *s) {
        const void *field;

        if (!d->codec)
                return append_setting(m, d, s);

        field = directive_field(d, s);
        if (codec_is_appended(d->codec->id) && (field || appenders[d->codec->id] == append_formatted))
                return appenders[d->codec->id](m, d, s, field);
        return append_text(m, directive_signature(d), NULL, 0);
}
