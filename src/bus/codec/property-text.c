/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/property-text.h"

#include <errno.h>
#include <inttypes.h>

#include "bus/codec/append.h"

/* How the number of a codec is written. */
typedef enum NumberForm {
        FORM_PLAIN, /* as a decimal number; all bits of a "t" set: infinity */
        FORM_USEC,
        FORM_NSEC,
        FORM_OCTAL,
        FORM_FACILITY,   /* syslog's, not shifted */
        FORM_PROPORTION, /* of UINT32_MAX */
        FORM_INT,        /* as the codec formats an int or unsigned */
        FORM_U64,
        FORM_LONG,
} NumberForm;

static const NumberForm forms[CODEC_MAX] = {
        [CODEC_timespan] = FORM_USEC,
        [CODEC_timeout] = FORM_USEC,
        [CODEC_job_timeout] = FORM_USEC,
        [CODEC_nanoseconds] = FORM_NSEC,
        [CODEC_mode] = FORM_OCTAL,
        [CODEC_syslog_facility] = FORM_FACILITY,
        [CODEC_percentage] = FORM_PROPORTION,
        [CODEC_signal] = FORM_INT,
        [CODEC_status] = FORM_INT,
        [CODEC_secure_bits] = FORM_INT,
        [CODEC_syslog_level] = FORM_INT,
        [CODEC_io_class] = FORM_INT,
        [CODEC_cpu_policy] = FORM_INT,
        [CODEC_numa_policy] = FORM_INT,
        [CODEC_ip_tos] = FORM_INT,
        [CODEC_system_call_error] = FORM_INT,
        [CODEC_size] = FORM_U64,
        [CODEC_cpu_weight] = FORM_U64,
        [CODEC_weight] = FORM_U64,
        [CODEC_cpu_quota] = FORM_U64,
        [CODEC_capabilities] = FORM_U64,
        [CODEC_namespaces] = FORM_U64,
        [CODEC_coredump_filter] = FORM_U64,
        [CODEC_mount_flags] = FORM_LONG,
};

int reading_refuse(Reading *r, const char *why) {
        return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS, "%s: %s", r->name, why);
}

int reading_add(Reading *r, const char *text) {
        int q = setting_texts_add(r->texts, r->row, text);

        return q == -EINVAL ? reading_refuse(r, "The value cannot stand on one line of a unit file.") : q;
}

int reading_add_buf(Reading *r, const Buf *b) {
        return b->error < 0 ? b->error : reading_add(r, b->data ? b->data : "");
}

const Codec *reading_codec(const Reading *r) {
        return r->row->codec ? r->row->codec : r->row->syntax;
}

/* A number that the codec has no text for must not become the text for none. */
static bool int_is_known(const Reading *r, const char *text, int v) {
        static const SpecContext nothing;
        const CodecContext c = { .spec = &nothing, .row = r->row };
        int again = 0;

        if (text[0] == 0)
                return v == -1 || (v == 0 && reading_codec(r)->id == CODEC_secure_bits);
        return reading_codec(r)->parse(&c, text, &again) == 0 && again == v;
}

static int format_by_codec(Reading *r, NumberForm form, int64_t v, Buf *b) {
        union {
                int i;
                uint64_t t;
                unsigned long l;
        } field = { 0 };
        int q;

        if (form == FORM_INT)
                field.i = (int)v;
        else if (form == FORM_LONG)
                field.l = (unsigned long)v & ~0x4000ul; /* MS_REC is a matter of course */
        else
                field.t = (uint64_t)v;
        q = reading_codec(r)->format(r->row, &field, b);
        if (q < 0)
                return q;
        if (form == FORM_INT && !int_is_known(r, b->data ? b->data : "", field.i))
                return reading_refuse(r, "The number has no meaning here.");
        if (form == FORM_LONG && b->len == 0 && field.l != 0)
                return reading_refuse(r, "The flags have no meaning here.");
        return 0;
}

static int format_number(Reading *r, char type, int64_t v, Buf *b) {
        const Codec *codec = reading_codec(r);
        NumberForm form = codec ? forms[codec->id] : FORM_PLAIN;

        if (type == 't' && v == -1 && (form == FORM_USEC || form == FORM_NSEC || form == FORM_PLAIN))
                buf_add(b, "infinity");
        else if (form == FORM_USEC)
                buf_addf(b, "%" PRIu64 "us", (uint64_t)v);
        else if (form == FORM_NSEC)
                buf_addf(b, "%" PRIu64 "ns", (uint64_t)v);
        else if (form == FORM_OCTAL)
                buf_addf(b, "%04" PRIo64, v);
        else if (form == FORM_FACILITY)
                buf_addf(b, "%" PRIi64, v);
        else if (form == FORM_PROPORTION)
                buf_addf(b, "%.4g%%", (double)(uint32_t)v * 100 / UINT32_MAX);
        else if (form == FORM_PLAIN)
                buf_addf(b, type == 't' ? "%" PRIu64 : "%" PRIi64, v);
        else
                return format_by_codec(r, form, v, b);
        return b->error;
}

static int read_integer(sd_bus_message *m, char type, int64_t *ret) {
        union {
                uint8_t y;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
        } v = { 0 };
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        *ret = type == 'y'                  ? v.y
               : type == 'n'                ? v.n
               : type == 'q'                ? v.q
               : type == 'i'                ? v.i
               : type == 'u' || type == 'b' ? (int64_t)v.u
                                            : v.x;
        return 0;
}

static int read_number(Reading *r) {
        Buf b auto_buf = { 0 };
        const char *contents;
        int64_t v = 0;
        char type;
        int q;

        if ((q = sd_bus_message_peek_type(r->m, &type, &contents)) < 0 ||
            (q = read_integer(r->m, type, &v)) < 0 || (q = format_number(r, type, v, &b)) < 0)
                return q;
        return reading_add_buf(r, &b);
}

/* "N" or "SOFT:HARD" as far as this message has said it, then the half that is said now. */
static int merge_limit(Reading *r, const char *value, bool soft) {
        SettingText *earlier = NULL;
        char *both auto_free = NULL;
        const char *colon;

        for (size_t i = 0; i < r->texts->n; i++)
                if (r->texts->v[i].row == r->row)
                        earlier = r->texts->v + i;
        if (!earlier)
                return reading_add(r, value);

        colon = strchr(earlier->value, ':');
        if (soft ? str_printf(&both, "%s:%s", value, colon ? colon + 1 : earlier->value) < 0
                 : str_printf(&both, "%.*s:%s", (int)strcspn(earlier->value, ":"), earlier->value, value) < 0)
                return -ENOMEM;
        return str_replace(&earlier->value, both);
}

static int read_limit(Reading *r) {
        Buf b auto_buf = { 0 };
        uint64_t v;
        int q = sd_bus_message_read_basic(r->m, 't', &v);

        if (q < 0)
                return q;
        if (v == UINT64_MAX)
                buf_add(&b, "infinity");
        else
                buf_addf(&b, "%" PRIu64, v);
        return b.error < 0 ? b.error : merge_limit(r, b.data, str_ends_with(r->name, "Soft"));
}

static int read_boolean(Reading *r) {
        int v, q = sd_bus_message_read_basic(r->m, 'b', &v);

        return q < 0 ? q : reading_add(r, v ? "yes" : "no");
}

static int read_text(Reading *r) {
        Buf b auto_buf = { 0 };
        const char *s;
        int q = sd_bus_message_read_basic(r->m, 's', &s);

        if (q < 0)
                return q;
        /* What is kept as text is not searched for specifiers. */
        if (r->row->codec)
                format_literal(s, &b);
        else
                buf_add(&b, s);
        return reading_add_buf(r, &b);
}

static const WireReader scalar_readers[] = {
        { "b", read_boolean }, { "s", read_text },
        { "y", read_number },  { "n", read_number },
        { "q", read_number },  { "i", read_number },
        { "u", read_number },  { "x", read_number },
        { "t", read_number },  { 0 },
};

/* Clients send some properties in another type than they are shown in. */
typedef struct OtherType {
        const char *name, *signature;
} OtherType;
static const OtherType other_types[] = {
        { "SELinuxContext", "s" },
        { "TimeoutSec", "t" },
};

static bool type_is_accepted(const Reading *r, const char *signature) {
        const Codec *codec = reading_codec(r);

        if (codec && codec->id == CODEC_commands)
                return str_equal(signature, "a(sasb)");
        for (size_t i = 0; i < ELEMENTSOF(other_types); i++)
                if (str_equal(r->name, other_types[i].name) && str_equal(signature, other_types[i].signature))
                        return true;
        return str_equal(signature, directive_signature(r->row));
}

static ValueReader find_reader(const Reading *r, const char *signature) {
        static const WireReader *const tables[] = { scalar_readers, list_readers, record_readers,
                                                    command_readers };
        const Codec *codec = reading_codec(r);

        if (codec && codec->id == CODEC_rlimit)
                return read_limit;
        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                for (const WireReader *w = tables[i]; w->signature; w++)
                        if (str_equal(w->signature, signature))
                                return w->read;
        return NULL;
}

static bool row_counts(const Directive *d, UnitType type) {
        if (d->alias_of || str_equal(d->section, "Install"))
                return false;
        if (d->types && !(d->types & UNIT_BIT(type)))
                return false;
        return str_equal(d->section, "Unit") || directive_counts_for(d, type);
}

static const Directive *find_row(UnitType type, const char *name, bool by_key) {
        for (const Directive *const *t = directive_tables; *t; t++)
                for (const Directive *d = *t; d->key; d++)
                        if (row_counts(d, type) && str_equal(by_key ? d->key : directive_property(d), name))
                                return d;
        return NULL;
}

const Directive *reading_find_row(const Reading *r, const char *key) {
        return find_row(r->type, key, true);
}

/* MemoryMaxScale, TasksMaxScale: the same setting as a proportion. */
static int read_scale(Reading *r) {
        char text[32];
        uint32_t v;
        int q = sd_bus_message_read_basic(r->m, 'u', &v);

        if (q < 0)
                return q;
        (void)snprintf(text, sizeof(text), "%.4g%%", (double)v * 100 / UINT32_MAX);
        return reading_add(r, text);
}

static bool takes_percentage(const Directive *d) {
        const Codec *codec = d->codec ? d->codec : d->syntax;

        return codec && (codec->id == CODEC_memory || codec->id == CODEC_tasks);
}

typedef struct Derived { /* a suffix that makes another property of a row */
        const char *suffix, *signature;
        bool (*fits)(const Directive *d);
        ValueReader read;
} Derived;

static bool is_limit(const Directive *d) {
        return d->codec && d->codec->id == CODEC_rlimit;
}

static bool is_command(const Directive *d) {
        return d->codec && d->codec->id == CODEC_commands;
}

static int read_extended_commands(Reading *r) {
        return read_commands(r, true);
}

static const Derived derived[] = {
        { "Scale", "u", takes_percentage, read_scale },
        { "Soft", "t", is_limit, read_limit },
        { "Ex", "a(sasas)", is_command, read_extended_commands },
};

/* What reads the property, and the type it has to come in (NULL: as the row says). NULL: there is no such property. */
static ValueReader find_derived(Reading *r, const char **ret_signature) {
        for (size_t i = 0; i < ELEMENTSOF(derived); i++) {
                size_t n = strlen(r->name), k = strlen(derived[i].suffix);
                char stem[64];

                if (!str_ends_with(r->name, derived[i].suffix) || n - k >= sizeof(stem))
                        continue;
                memcpy(stem, r->name, n - k);
                stem[n - k] = 0;
                r->row = find_row(r->type, stem, false);
                if (!r->row || !derived[i].fits(r->row))
                        continue;
                *ret_signature = derived[i].signature;
                return derived[i].read;
        }
        return NULL;
}

static ValueReader find_special(Reading *r, const char **ret_signature) {
        for (const SpecialProperty *p = special_properties; p->name; p++) {
                if (!str_equal(p->name, r->name))
                        continue;
                r->row = p->key ? find_row(r->type, p->key, true) : NULL;
                if (p->key && !r->row)
                        continue;
                *ret_signature = p->signature;
                return p->read;
        }
        return find_derived(r, ret_signature);
}

static int refuse_type(Reading *r, const char *expected, const char *found) {
        return sd_bus_error_setf(r->error, SD_BUS_ERROR_INVALID_ARGS,
                                 "The property %s is of type '%s', not '%s'.", r->name, expected, found);
}

int property_refuse(sd_bus_error *error, UnitType type, const char *name) {
        const char *section, *near = directive_suggest(type, "Service", name, &section);

        if (!near || str_equal(near, name))
                return sd_bus_error_setf(error, SD_BUS_ERROR_PROPERTY_READ_ONLY,
                                         "Cannot set property %s, or unknown property.", name);
        return sd_bus_error_setf(error, SD_BUS_ERROR_PROPERTY_READ_ONLY,
                                 "Cannot set property %s, or unknown property. Did you mean %s=?", name,
                                 near);
}

int property_to_text(UnitType type, const char *name, sd_bus_message *m, SettingTexts *texts,
                     sd_bus_error *error) {
        Reading r = { .type = type, .name = name, .m = m, .error = error, .texts = texts };
        const char *contents, *expected = NULL;
        ValueReader read;
        char variant;
        int q;

        q = sd_bus_message_peek_type(m, &variant, &contents);
        if (q <= 0 || variant != 'v')
                return q < 0 ? q : -EINVAL;

        r.row = find_row(type, name, false);
        if (r.row && directive_signature(r.row)) {
                if (!type_is_accepted(&r, contents))
                        return refuse_type(&r, directive_signature(r.row), contents);
                read = find_reader(&r, contents);
        } else {
                read = find_special(&r, &expected);
                if (read && !str_equal(expected, contents))
                        return refuse_type(&r, expected, contents);
        }
        if (!read)
                return PROPERTY_UNKNOWN;

        if ((q = sd_bus_message_enter_container(m, 'v', contents)) < 0 || (q = read(&r)) < 0)
                return q;
        return sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 0;
}
