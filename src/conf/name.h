/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Unit names: systemd.unit(5), "prefix.type", "prefix@.type", "prefix@instance.type".
 */

#include "base/text.h"

#define UNIT_NAME_MAX 255 /* bytes, with the suffix */

typedef enum UnitType {
        UNIT_SERVICE,
        UNIT_SOCKET,
        UNIT_TARGET,
        UNIT_DEVICE,
        UNIT_MOUNT,
        UNIT_AUTOMOUNT,
        UNIT_SWAP,
        UNIT_TIMER,
        UNIT_PATH,
        UNIT_SLICE,
        UNIT_SCOPE,
        UNIT_TYPE_MAX,
        UNIT_TYPE_INVALID = -1,
} UnitType;

const char *unit_type_to_string(UnitType t); /* "service" */
UnitType unit_type_from_string(const char *s);

typedef enum NameKind {    /* flags */
        NAME_PLAIN = 1,    /* no @ */
        NAME_TEMPLATE = 2, /* foo@.service */
        NAME_INSTANCE = 4, /* foo@bar.service */
        NAME_ANY = 7,
} NameKind;

bool name_is_valid(const char *name, NameKind kinds);
UnitType name_type(const char *name);            /* UNIT_TYPE_INVALID when there is no known suffix */
NameKind name_kind(const char *name);            /* of a valid name */
int name_prefix(const char *name, char **ret);   /* before the @, or before the suffix */
int name_instance(const char *name, char **ret); /* NULL when there is none */
int name_prefix_and_instance(const char *name, char **ret); /* all before the suffix */
int name_template(const char *name,
                  char **ret); /* foo@bar.service -> foo@.service; -EINVAL for plain names */
int name_with_instance(const char *name_template, const char *instance, char **ret);
int name_change_type(const char *name, UnitType t, char **ret);
int name_mangle(const char *text, UnitType default_type,
                char **ret); /* what people type: suffix added, path -> mount */

int name_escape(const char *text, char **ret);                /* systemd-escape */
int name_unescape(const char *text, char **ret);              /* -EINVAL on a broken escape */
int name_path_escape(const char *path, char **ret);           /* systemd-escape --path */
int name_path_unescape(const char *text, char **ret);         /* "/..." */
int name_from_path(const char *path, UnitType t, char **ret); /* "/var/lib" -> "var-lib.mount" */
int name_slice_parent(const char *slice,
                      char **ret); /* a-b.slice -> a.slice; a.slice -> -.slice; -.slice -> NULL */
