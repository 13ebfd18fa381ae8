/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A codec is one syntax of values: text to field and back. `codec_X_type` is
 * the C type of the field it fills; `signature` the D-Bus type in which the
 * bus appends such a field (bus/ has the appender, indexed by id).
 */

#include "unit/spec.h"

typedef struct CodecContext {
        const SpecContext *spec;
        UnitSpec *unit; /* for WHOLE codecs and names */
        const Directive *row;
        const Assignment *place; /* for findings of its own; NULL while defaults are parsed */
        const char *word;        /* the part of place->value that is being read; NULL: all of it */
        bool forgiven;           /* what is wrong here does no harm: a "-" stands before it */
} CodecContext;

#define CODEC_SAID 1 /* refused, and the report says why */

typedef enum CodecId {
#define CODEC(name, type, signature, words) CODEC_##name,
#include "unit/codec.def"
#undef CODEC
        CODEC_MAX,
} CodecId;

typedef struct Codec {
        CodecId id;
        const char *name;      /* as the manual calls it: "time span" */
        const char *signature; /* D-Bus; "": no property by itself */
        const char *expects;   /* for errors: "a time span such as 5s or 1min 30s" */
        size_t size;           /* of the field */
        bool empty_resets;     /* an empty value brings the default back; parse() never sees it */
        bool filled;           /* ... which only format() may give: in a file it is a mistake */
        bool lines;            /* format() writes one assignment on each line, else a single one */
        /* 0; -EINVAL (`expects` is said); CODEC_SAID; -ENOMEM. The field is unchanged then, save for good parts of a list. */
        int (*parse)(const CodecContext *c, const char *value, void *field);
        int (*format)(const Directive *row, const void *field,
                      Buf *b);           /* text that parse() accepts; 0 or -ENOMEM */
        void (*release)(void *field);    /* NULL: owns nothing. May be called twice */
        bool (*owns)(const void *field); /* is there something to release? NULL: in all but the default */
        const char *const *good, *const *bad; /* samples */
} Codec;

/* Detail of a row with the syntax device_value. */
typedef enum DeviceValue {
        DEVICE_WEIGHT,
        DEVICE_BLOCK_WEIGHT, /* of cgroup v1 */
        DEVICE_LATENCY,
        DEVICE_RATE,
} DeviceValue;

/* Detail of a row with the codec rlimit: what the limit counts. */
typedef enum RlimitKind {
        RLIMIT_KIND_NUMBER,
        RLIMIT_KIND_BYTES,
        RLIMIT_KIND_SECONDS,
        RLIMIT_KIND_USEC,
        RLIMIT_KIND_NICE,
} RlimitKind;

#define CODEC(name, type, signature, words) extern const Codec codec_##name;
#include "unit/codec.def"
#undef CODEC
#define CODEC(name, type, signature, words) typedef type codec_##name##_type;
#include "unit/codec.def"
#undef CODEC

/* As OpenFile= has it. */
void open_file_format(const char *path, const char *name, unsigned flags, Buf *b);
/* What parse() reads back as `text`: % doubled ... */
void format_literal(const char *text, Buf *b);
/* ... and quoted as one word. 0 or -ENOMEM. */
int format_word(const char *word, Buf *b);
