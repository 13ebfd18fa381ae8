/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ConditionFirmware=: how the machine was started, what its device tree and its SMBIOS tables say. */

#include "conf/words.h"
#include "host/condition-internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define OPERATOR_CHARS "!<=>$"

/* What stands in "NAME(...)"; NULL: it is something else. */
static char *argument_of(const char *parameter, const char *name) {
        const char *rest = str_after(parameter, name);
        size_t n = rest ? strlen(rest) : 0;

        return n >= 2 && rest[0] == '(' && rest[n - 1] == ')' ? strndup(rest + 1, n - 2) : NULL;
}

/* The file is a list of strings, each ended by NUL. */
static int device_tree_is_compatible(const char *wanted) {
        char text[4096];
        int n = proc_read("/proc/device-tree/compatible", text, sizeof(text));

        for (const char *p = text; n > 0 && p < text + n; p += strlen(p) + 1)
                if (str_equal(p, wanted))
                        return 1;
        return 0;
}

/* FIELD OPERATOR VALUE */
static int smbios_field(char *expression) {
        size_t n = strcspn(expression, OPERATOR_CHARS);
        const char *p = expression + n;
        Operator o = operator_take(&p, true);
        char *value auto_free = NULL, *field;
        char path[PATH_MAX], text[1024];
        int r;

        if (n == 0 || o == OPERATOR_NONE)
                return -EINVAL;
        r = words_next(&p, WORDS_QUOTES, &value);
        if (r < 0)
                return r;
        if (r == 0 || p[strspn(p, " \t\n\r")] != 0)
                return -EINVAL;
        expression[n] = 0;
        field = str_strip(expression);
        if (!*field || strchr(field, '/') || str_equal(field, ".") || str_equal(field, ".."))
                return -EINVAL;
        (void)snprintf(path, sizeof(path), "/sys/class/dmi/id/%.255s", field);
        r = proc_read(path, text, sizeof(text));
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        text[strcspn(text, "\n")] = 0;
        return operator_holds_text(o, text, value);
}

int condition_firmware(const HostInfo *h, const char *parameter) {
        char *compatible auto_free = argument_of(parameter, "device-tree-compatible");
        char *field auto_free = argument_of(parameter, "smbios-field");

        if (str_equal(parameter, "uefi"))
                return access("/sys/firmware/efi/efivars", F_OK) >= 0;
        if (str_equal(parameter, "device-tree"))
                return access("/sys/firmware/devicetree", F_OK) >= 0;
        if (compatible)
                return device_tree_is_compatible(compatible);
        return field ? smbios_field(field) : 0;
}
