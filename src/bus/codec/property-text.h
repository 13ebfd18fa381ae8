/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The way back of append.h: a property as clients set it (name, D-Bus type,
 * value) becomes what a unit file would say, so that the directive's own
 * parser judges it and what is written to a file is what holds.
 *
 *      MemoryMax t 16777216     -> MemoryMax=16M
 *      ExecStart a(sasb) ...    -> ExecStart=-/bin/sh -c "..."
 *      TimersMonotonic a(st)    -> OnActiveSec=5s
 *
 * The row that has the property decides how; a table of readers, indexed by
 * D-Bus type, makes the text, and the codec says how numbers are written.
 * Properties that are no row's are few, and have a table of their own. One of
 * them, org.svinit.Settings, carries assignments as text: svctl needs no second
 * set of converters.
 *
 *      property-text.c     rows, numbers, single values
 *      property-list.c     arrays
 *      property-record.c   arrays of records
 *      property-command.c  command lines
 *      property-special.c  names without a row
 */

#include "manager/setting-text.h"

#include <systemd/sd-bus.h>

/* The reading of one property. */
typedef struct Reading {
        UnitType type;
        const char *name;
        const Directive *row; /* what the text is for */
        sd_bus_message *m;    /* stands before the value, inside of the variant */
        sd_bus_error *error;
        SettingTexts *texts;
} Reading;

/* There is no such property, or it cannot be set; with the setting that was perhaps meant. */
int property_refuse(sd_bus_error *error, UnitType type, const char *name);
/*
 * The message stands before a variant. 0; PROPERTY_UNKNOWN: no setting of this
 * type of unit has that name, and nothing was read; negative: the error is filled.
 */
#define PROPERTY_UNKNOWN 1
int property_to_text(UnitType type, const char *name, sd_bus_message *m, SettingTexts *texts,
                     sd_bus_error *error);

/* Between the files: 0 or negative with the error filled. */
typedef int (*ValueReader)(Reading *r);
int reading_add(Reading *r, const char *text); /* one assignment to the row */
int reading_add_buf(Reading *r, const Buf *b);
int reading_refuse(Reading *r, const char *why); /* "PROPERTY: why" */
const Directive *reading_find_row(const Reading *r, const char *key);
const Codec *reading_codec(const Reading *r);     /* the row's, or its syntax; NULL: neither */
typedef int (*ElementReader)(Reading *r, Buf *b); /* > 0: there was one */
int reading_lines(Reading *r, const char *element,
                  ElementReader read); /* each element is an assignment of its own */
int reading_words(Reading *r, const char *element,
                  ElementReader read);          /* all elements are words of one assignment */
int reading_add_word(Buf *b, const char *word); /* 1, -ENOMEM */
void buf_add_base64(Buf *b, const uint8_t *data, size_t n);
int read_commands(Reading *r, bool extended);
int read_string_array(Reading *r, char ***ret);

typedef struct WireReader {
        const char *signature;
        ValueReader read;
} WireReader;
extern const WireReader list_readers[], record_readers[],
        command_readers[]; /* ended by a row without a signature */
typedef struct SpecialProperty {
        const char *name, *signature;
        const char *key; /* of the row; NULL: the reader finds it */
        ValueReader read;
} SpecialProperty;
extern const SpecialProperty special_properties[];
