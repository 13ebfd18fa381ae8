/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First byte: the flags. The rest: the text to take apart. */

#include "conf/words.h"
#include "fuzz.h"

#include <errno.h>

static void quoted_words_are_read_back(char *const *words) {
        char **again auto_strv = NULL;
        Buf b auto_buf = { 0 };

        buf_add(&b, "");
        STRV_FOREACH (w, words) {
                HOLDS(words_quote(*w, &b) == 0);
                buf_add_char(&b, ' ');
        }
        HOLDS(words_split(b.data, WORDS_QUOTES | WORDS_UNESCAPE, &again) == 0 && strv_equal(words, again));
}

static void text_is_used_up(const char *text, WordsFlags flags) {
        const char *p = text, *before = p;
        char *word;
        int r;

        while ((r = words_next(&p, flags, &word)) > 0) {
                HOLDS(p > before);
                before = p;
                free(word);
        }
        HOLDS(r == -EINVAL || *p == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char **words auto_strv = NULL;
        char *text auto_free = NULL;
        int r;

        if (size == 0)
                return 0;
        text = fuzz_string(data + 1, size - 1);
        text_is_used_up(text, data[0] & 15);
        r = words_split(text, data[0] & 15, &words);
        HOLDS(r == 0 || r == -EINVAL);
        /* Without escapes to undo, and with open quotes closed, there is nothing to refuse. */
        HOLDS(r == 0 || (data[0] & (WORDS_UNESCAPE | WORDS_UNESCAPE_RELAX)) || !(data[0] & WORDS_RELAX));
        if (r == 0)
                quoted_words_are_read_back(words);
        return 0;
}
