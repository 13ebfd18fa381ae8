/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the codecs share: findings in one voice, specifiers, words, paths.
 * Internal to src/unit.
 *
 * A codec that knows nothing better than "this is not X" returns -EINVAL and
 * leaves the words to its caller. Where it knows more, it calls codec_refuse()
 * and returns that result.
 */

#include "conf/words.h"
#include "unit/codec.h"
#include "unit/directive.h"

/* The part of a Codec that codec.def knows. */
#define CODEC(name, type, signature, words)                                                                  \
        static const char codec_##name##_signature[] __attribute__((unused)) = signature;                    \
        static const char codec_##name##_words[] __attribute__((unused)) = words;
#include "unit/codec.def"
#undef CODEC
#define CODEC_OF(n)                                                                                          \
        .id = CODEC_##n, .name = codec_##n##_words, .signature = codec_##n##_signature,                      \
        .size = sizeof(codec_##n##_type)
#define SAMPLES(...) ((const char *const[]){ __VA_ARGS__, NULL })

const char *codec_expects(const Directive *row); /* what the row's codec, or its syntax, expects */
/* Says `format` and what follows from it ("the default is kept"). CODEC_SAID. */
int codec_refuse(const CodecContext *c, const char *format, ...) PRINTF_LIKE(2, 3);
/* "'VALUE' is not WHAT", as codec_refuse(). */
int codec_refuse_value(const CodecContext *c, const char *value, const char *expects);
/* Something worth knowing that changes nothing. */
void codec_note(const CodecContext *c, Severity severity, const char *format, ...) PRINTF_LIKE(3, 4);

/* Replaces the specifiers. 0, CODEC_SAID, -ENOMEM. */
int codec_expand(const CodecContext *c, const char *text, char **ret);
/* The same for what has to be an absolute path; simplified. -EINVAL when it is none. */
int codec_expand_path(const CodecContext *c, const char *text, char **ret);

/* One word of a list: 0; -EINVAL: "not what is expected"; CODEC_SAID; -ENOMEM. The word has no specifiers left. */
typedef int (*WordHandler)(const CodecContext *c, const char *word, void *field);
/* Bad words are reported one by one and left out. 0; CODEC_SAID when there was one; -ENOMEM. */
int codec_for_each_word(const CodecContext *c, const char *value, WordsFlags flags, WordHandler handler,
                        void *field);

/* codec-exec.c. One command of *p: 1: another follows; 0: it was the last one; -EINVAL: said; -ENOMEM. */
int command_parse(const CodecContext *c, const char **p, Command *command);
int command_format(const Command *command, Buf *b);
void command_release(Command *command);

int format_words(char *const *words, Buf *b); /* format_word() of each */
/* Lines, one for each assignment: a newline before all but the first. */
void format_line_break(Buf *b, size_t start);
int format_end(Buf *b); /* the buffer's result */

/* Codecs of rows without a field: the text is read for its mistakes, and kept. */
int text_keep(const char *value, void *field); /* 0 or -ENOMEM */
int text_format(const Directive *row, const void *field, Buf *b);
#define TEXT_CODEC(name_, ...)                                                                               \
        const Codec codec_##name_ = { CODEC_OF(name_), .empty_resets = true, .format = text_format,          \
                                      .release = release_string, __VA_ARGS__ }
int base64_decode(const char *s, char *out, size_t *ret); /* 0 or -EINVAL; `out` has room for the text */

void release_string(void *field); /* char ** */
void release_strv(void *field);   /* char *** */

bool path_is_absolute(const char *p);
bool path_is_safe(const char *p);       /* no control characters, not longer than the kernel takes */
bool path_is_normalized(const char *p); /* no "." or ".." among its components */
void path_simplify(char *p);            /* in place: no double slash, no "." component, no slash at the end */
bool account_is_valid(const char *s);   /* the name or number of a user or group */
bool controller_is_known(const char *name); /* of control groups, as Delegate= names them */
/* "/var/run/x" becomes "/run/x", with a warning. 0 or -ENOMEM. */
int path_leave_var_run(const CodecContext *c, char **path);
