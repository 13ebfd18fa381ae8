/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What opens a stream connection, and what it becomes on its way to PID 1 and back. */

#include "fuzz.h"
#include "journal/stream.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        StreamInfo info, again;
        Buf b auto_buf = { 0 };
        int r;

        stream_info_init(&info);
        stream_info_init(&again);
        r = stream_header_parse((const char *)data, size, size % 2 == 0, &info);
        HOLDS(r <= (int)size && (r >= 0 || r == -EINVAL || r == -ENOMEM));
        if (r > 0) {
                HOLDS(data[r - 1] == '\n');
                HOLDS(info.priority >= 0 && info.priority <= 7);
                HOLDS(size % 2 == 0 || !info.unit);
                stream_info_format(&info, &b);
                stream_info_parse(&again, b.data, b.len);
                HOLDS(str_equal(info.unit, again.unit) && str_equal(info.identifier, again.identifier));
                HOLDS(info.priority == again.priority && info.facility == again.facility);
        }
        stream_info_parse(&again, (const char *)data, size);
        HOLDS(again.priority >= 0 && again.priority <= 7);
        stream_info_release(&info);
        stream_info_release(&again);
        return 0;
}
