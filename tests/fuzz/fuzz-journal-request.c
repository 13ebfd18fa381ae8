/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What comes over the varlink socket, up to the zero. */

#include "fuzz.h"
#include "journal/render.h"
#include "journal/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Request what = REQUEST_MAX;
        bool wants_answer;
        const char *method;
        size_t n = 0;
        bool is_call = request_parse((const char *)data, size, &what, &wants_answer);

        HOLDS(is_call == (what < REQUEST_MAX));
        HOLDS(!is_call || json_string_member((const char *)data, size, "method", &method, &n));
        HOLDS(!is_call ||
              (n <= size && method > (const char *)data && method[-1] == '"' && method[n] == '"'));
        return 0;
}
