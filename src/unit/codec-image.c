/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of settings that are not applied, or that a unit cannot have here:
 * images and their hashes, encrypted credentials, journal namespaces, netlink
 * sockets, kinds of file systems. Read all the same, so that `verify` finds the
 * mistake that systemd would find, and kept as text.
 */

#include <errno.h>

#include "unit/codec-util.h"

#define ROOT_HASH_MIN_DIGITS 32 /* 16 bytes */
#define LOG_NAMESPACE_MAX 222   /* with a machine id and a dot it is the name of a file */

static bool is_one_of(const char *const *names, const char *s, size_t n) {
        for (; *names; names++)
                if (strlen(*names) == n && strncmp(*names, s, n) == 0)
                        return true;
        return false;
}

/* The instance of systemd-journald@.service. */
static int log_namespace_parse(const CodecContext *c, const char *value, void *field) {
        static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.@";
        char *name auto_free = NULL;
        size_t n;
        int r;

        r = codec_expand(c, value, &name);
        if (r != 0)
                return r;
        n = strlen(name);
        if (n == 0 || n > LOG_NAMESPACE_MAX || name[strspn(name, allowed)] != 0)
                return -EINVAL;
        return text_keep(name, field);
}

TEXT_CODEC(log_namespace, .good = SAMPLES("", "app", "a.b"), .bad = SAMPLES("a/b", "a b"),
           .expects = "a name of letters, digits and :-_.@", .parse = log_namespace_parse);

static int keep_path(const CodecContext *c, const char *value, void *field) {
        char *path auto_free = NULL;
        int r = codec_expand(c, value, &path);

        if (r != 0)
                return r;
        return path_is_absolute(path) && path_is_safe(path) ? text_keep(path, field) : -EINVAL;
}

/* The digits, or the file that has them. */
static int verity_hash_parse(const CodecContext *c, const char *value, void *field) {
        size_t digits = 0;

        if (path_is_absolute(value))
                return keep_path(c, value, field);
        for (const char *p = value; *p; p++)
                if (strchr("0123456789abcdefABCDEF", *p))
                        digits++;
                else if (!strchr(" \t", *p))
                        return -EINVAL;
        return digits >= ROOT_HASH_MIN_DIGITS && digits % 2 == 0 ? text_keep(value, field) : -EINVAL;
}

TEXT_CODEC(verity_hash, .good = SAMPLES("", "/a/hash", "0123456789abcdef0123456789ABCDEF"),
           .bad = SAMPLES("0123", "hash", "0123456789abcdef0123456789abcdef0"),
           .expects = "32 or more hexadecimal digits, or the path of a file with them",
           .parse = verity_hash_parse);

static int check_base64(const char *s) {
        char *data auto_free = malloc(strlen(s) + 1);
        size_t n;

        return data ? base64_decode(s, data, &n) : -ENOMEM;
}

static int signature_file_parse(const CodecContext *c, const char *value, void *field) {
        const char *data = str_after(value, "base64:");
        int r;

        if (!data)
                return keep_path(c, value, field);
        r = check_base64(data);
        return r < 0 ? r : text_keep(value, field);
}

TEXT_CODEC(signature_file, .good = SAMPLES("", "/a/hash.p7s", "base64:Zm9v"),
           .bad = SAMPLES("hash.p7s", "base64:!"),
           .expects = "base64: with data behind it, or the path of a file with the signature",
           .parse = signature_file_parse);

/* "[PARTITION:]OPTIONS" once or more often, which end with the word. */
static bool image_options_are_valid(const char *s) {
        static const char *const partitions[] = {
                "root",           "usr",  "home",        "srv",        "esp",
                "xbootldr",       "swap", "root-verity", "usr-verity", "root-verity-sig",
                "usr-verity-sig", "tmp",  "var",         NULL
        };

        while (*s) {
                size_t n = strcspn(s, ":");

                if (n == 0 || s[n] == 0 || s[n + 1] == 0)
                        return true; /* of the root */
                if (!is_one_of(partitions, s, n))
                        return false;
                s += n + 1;
                s += strcspn(s, ":");
                s += *s == ':';
        }
        return true;
}

static int image_option_handle(const CodecContext *c, const char *word, void *field) {
        return image_options_are_valid(word) ? text_keep(word, field) : -EINVAL;
}

static int image_options_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, WORDS_QUOTES | WORDS_UNESCAPE, image_option_handle, field);
}

TEXT_CODEC(image_options, .good = SAMPLES("", "ro", "root:ro,nodev usr:noexec"), .bad = SAMPLES("disk:ro"),
           .expects = "mount options, perhaps with a partition such as root: before them",
           .parse = image_options_parse);

/* [-]IMAGE[:TO][:OPTIONS]; with a detail of the row there must be a TO. */
static int image_handle(const CodecContext *c, const char *word, void *field) {
        char *path auto_free = NULL;

        for (int i = 0; i <= c->row->detail; i++) {
                size_t n;

                word += i == 0 && *word == '-';
                n = strcspn(word, ":");
                free(path);
                path = strndup(word, n);
                if (!path)
                        return -ENOMEM;
                if (!path_is_absolute(path) || !path_is_safe(path))
                        return -EINVAL;
                path_simplify(path);
                if (!path_is_normalized(path))
                        return codec_refuse(c, "'%.120s' has '..' in it", path);
                word += n + (word[n] == ':');
        }
        return image_options_are_valid(word) ? text_keep(path, field) : -EINVAL;
}

static int images_parse(const CodecContext *c, const char *value, void *field) {
        return codec_for_each_word(c, value, WORDS_QUOTES, image_handle, field);
}

TEXT_CODEC(images, .good = SAMPLES(""), .bad = SAMPLES("app.raw", "-app.raw"),
           .expects = "the absolute path of an image (MountImages=: with :PATH behind it), perhaps with "
                      ":OPTIONS",
           .parse = images_parse);

static int format_as_set_credential(const Directive *row, const void *field, Buf *b) {
        return codec_set_credential.format(row, field, b);
}

static int encrypted_credential_parse(const CodecContext *c, const char *value, void *field) {
        const char *data = strchr(value, ':');
        int r;

        if (!data)
                return -EINVAL;
        r = check_base64(data + 1);
        return r != 0 ? r : codec_set_credential.parse(c, value, field);
}

const Codec codec_encrypted_credential = {
        CODEC_OF(encrypted_credential),
        .expects = "NAME:DATA with base64 data, as systemd-creds encrypt prints it",
        .empty_resets = true,
        .lines = true,
        .parse = encrypted_credential_parse,
        .format = format_as_set_credential,
        .release = release_strv,
        .good = SAMPLES("", "key:Zm9v"),
        .bad = SAMPLES("key", "a/b:Zm9v", "key:!"),
};

static int file_system_handle(const CodecContext *c, const char *word, void *field) {
        static const char *const groups[] = {
                "@basic-api", "@auxiliary-api",  "@common-block", "@historical-block", "@known",
                "@network",   "@privileged-api", "@security",     "@temporary",        NULL
        };

        return word[0] != '@' || is_one_of(groups, word, strlen(word)) ? text_keep(word, field) : -EINVAL;
}

/* These have no specifiers. */
static int file_systems_parse(const CodecContext *c, const char *value, void *field) {
        char **words auto_strv = NULL;
        int r;

        r = words_split(value + (value[0] == '~'), WORDS_QUOTES, &words);
        STRV_FOREACH (w, words)
                if (r == 0)
                        r = file_system_handle(c, *w, field);
        return r;
}

TEXT_CODEC(file_systems, .good = SAMPLES("", "ext4 tmpfs", "~@network"), .bad = SAMPLES("@disk", "'ext4"),
           .expects = "a kind of file system such as ext4, or a group such as @network",
           .parse = file_systems_parse);
