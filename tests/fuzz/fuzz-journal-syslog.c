/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A syslog datagram: its pieces lie within it, in order. */

#include "fuzz.h"
#include "journal/parse-datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *buffer = malloc(size + 1);
        SyslogMessage m;

        if (!buffer)
                return 0;
        memcpy(buffer, data, size);
        buffer[size] = 0;
        syslog_parse(buffer, size, &m);
        HOLDS(m.priority >= 0 && m.priority <= 7 && m.facility >= 0 && m.facility <= 23);
        HOLDS(m.text.data >= buffer && m.text.data + m.text.size <= buffer + size);
        HOLDS(!memchr(m.text.data, 0, m.text.size));
        if (m.timestamp.data)
                HOLDS(m.timestamp.data >= buffer && m.timestamp.data + m.timestamp.size <= m.text.data);
        if (m.identifier.data)
                HOLDS(m.identifier.size > 0 && m.identifier.data + m.identifier.size <= m.text.data);
        if (m.pid.data)
                HOLDS(m.pid.data > m.identifier.data && m.pid.data + m.pid.size <= m.text.data);
        free(buffer);
        return 0;
}
