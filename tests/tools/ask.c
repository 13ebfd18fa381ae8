/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The least client of the private socket: static, since in a virtual machine
 * without hardware help the start of systemctl takes longer than its question.
 *
 *      ask get UNIT PROPERTY...       values, a line each (lists: a line for each element)
 *      ask call METHOD STRING...      a method of the manager whose arguments are strings; prints a string reply
 *
 * The socket is below $XDG_RUNTIME_DIR for a user, else below /run. The exit
 * status is 0, 1 after an error (its text is on stderr), 2 when nobody answers.
 */

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define OBJECTS "/org/freedesktop/systemd1"

typedef struct Message {
        uint8_t bytes[65536];
        size_t n;
} Message;

static int bus;

static void nobody_answers(void) {
        fputs("ask: no answer\n", stderr);
        exit(2);
}

static void align(Message *m, size_t to) {
        while (m->n % to)
                m->bytes[m->n++] = 0;
}

static void put_u32(Message *m, uint32_t v) {
        align(m, 4);
        memcpy(m->bytes + m->n, &v, 4);
        m->n += 4;
}

static void put_text(Message *m, const char *s, bool signature) {
        size_t n = strlen(s);

        if (n > 4096)
                exit(1);
        if (signature)
                m->bytes[m->n++] = (uint8_t)n;
        else
                put_u32(m, (uint32_t)n);
        memcpy(m->bytes + m->n, s, n + 1);
        m->n += n + 1;
}

static void put_field(Message *m, uint8_t code, char type, const char *value) {
        align(m, 8);
        m->bytes[m->n++] = code;
        m->bytes[m->n++] = 1;
        m->bytes[m->n++] = (uint8_t)type;
        m->bytes[m->n++] = 0;
        put_text(m, value, type == 'g');
}

static void send_all(const void *bytes, size_t n) {
        for (const uint8_t *p = bytes; n > 0;) {
                ssize_t k = send(bus, p, n, MSG_NOSIGNAL);

                if (k <= 0)
                        nobody_answers();
                p += k;
                n -= (size_t)k;
        }
}

static void receive_all(void *bytes, size_t n) {
        if (n > 0 && recv(bus, bytes, n, MSG_WAITALL) != (ssize_t)n)
                nobody_answers();
}

static void connect_to_manager(void) {
        const char *own = getenv("XDG_RUNTIME_DIR");
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        char hello[128], uid[16], answer[128], *at = hello;

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/systemd/private", geteuid() && own ? own : "/run");
        bus = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bus < 0 || connect(bus, (struct sockaddr *)&sa, sizeof(sa)) < 0)
                nobody_answers();
        snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
        *at++ = 0;
        at += sprintf(at, "AUTH EXTERNAL ");
        for (const char *p = uid; *p; p++)
                at += sprintf(at, "%02x", (unsigned)*p);
        at += sprintf(at, "\r\nBEGIN\r\n");
        send_all(hello, (size_t)(at - hello));
        for (size_t n = 0; n < sizeof(answer); n++) {
                receive_all(answer + n, 1);
                if (answer[n] == '\n')
                        return;
        }
        nobody_answers();
}

/* Sends a call with string arguments; the reply's body in `m`, its type as the result, its signature in `signature`. */
static int call(const char *path, const char *interface, const char *method, char *const *args, Message *m,
                char signature[256]) {
        char types[32] = "";
        uint32_t length, serial = 1;
        Message body = { .n = 0 };

        *m = (Message){ .bytes = { 'l', 1, 0, 1 }, .n = 16 };
        for (size_t i = 0; args[i] && i + 1 < sizeof(types); i++) {
                strcat(types, "s");
                put_text(&body, args[i], false);
        }
        put_field(m, 1, 'o', path);
        put_field(m, 2, 's', interface);
        put_field(m, 3, 's', method);
        put_field(m, 6, 's', SYSTEMD);
        if (types[0])
                put_field(m, 8, 'g', types);
        length = (uint32_t)(m->n - 16);
        align(m, 8);
        memcpy(m->bytes + 4, &body.n, 4);
        memcpy(m->bytes + 8, &serial, 4);
        memcpy(m->bytes + 12, &length, 4);
        send_all(m->bytes, m->n);
        send_all(body.bytes, body.n);
        for (;;) { /* signals may come before it */
                uint8_t head[16], fields[65536];
                uint32_t n, fields_size;
                size_t padded;

                receive_all(head, 16);
                memcpy(&n, head + 4, 4);
                memcpy(&fields_size, head + 12, 4);
                padded = (fields_size + 7U) & ~(size_t)7;
                if (n >= sizeof(m->bytes) || padded > sizeof(fields))
                        nobody_answers();
                receive_all(fields, padded);
                receive_all(m->bytes, n);
                m->bytes[n] = 0;
                m->n = 0;
                if (head[1] != 2 && head[1] != 3)
                        continue;
                signature[0] = 0;
                for (size_t i = 0; i + 4 < fields_size;
                     i = (i + 7) & ~(size_t)7) { /* struct (yv), each aligned to 8 */
                        uint8_t code = fields[i], type = fields[i + 2];
                        uint32_t size;

                        i += 4;
                        if (type == 'g') {
                                if (code == 8)
                                        memcpy(signature, fields + i + 1, (size_t)fields[i] + 1);
                                i += fields[i] + 2U;
                                continue;
                        }
                        memcpy(&size, fields + i, 4);
                        i += type == 'u' ? 4 : 4 + size + 1;
                }
                return head[1];
        }
}

static const char *take_text(Message *m) {
        const char *s;
        uint32_t n;

        m->n = (m->n + 3) & ~(size_t)3;
        memcpy(&n, m->bytes + m->n, 4);
        s = (const char *)m->bytes + m->n + 4;
        m->n += 4 + n + 1;
        return s;
}

static void print_value(Message *m, const char *type) {
        uint64_t wide;
        uint32_t narrow;

        if (type[0] == 't' || type[0] == 'x') {
                m->n = (m->n + 7) & ~(size_t)7;
                memcpy(&wide, m->bytes + m->n, 8);
                printf("%llu\n", (unsigned long long)wide);
        } else if (type[0] == 'u' || type[0] == 'i' || type[0] == 'b') {
                m->n = (m->n + 3) & ~(size_t)3;
                memcpy(&narrow, m->bytes + m->n, 4);
                printf("%u\n", narrow);
        } else if (type[0] == 's' || type[0] == 'o')
                puts(take_text(m));
        else if (strcmp(type, "as") == 0) {
                m->n = (m->n + 3) & ~(size_t)3;
                memcpy(&narrow, m->bytes + m->n, 4);
                m->n += 4;
                for (size_t end = m->n + narrow; m->n < end;)
                        puts(take_text(m));
        } else
                printf("(%s)\n", type);
}

static void path_of(const char *unit, char *path, size_t size) {
        size_t n = (size_t)snprintf(path, size, OBJECTS "/unit/");

        for (; *unit && n + 4 < size; unit++)
                n += (size_t)snprintf(path + n, size - n, isalnum((unsigned char)*unit) ? "%c" : "_%02x",
                                      (unsigned char)*unit);
}

static bool get(const char *unit, char *property) {
        const char *dot = strrchr(unit, '.');
        char path[512], own[64], signature[256], type[256];
        char *interfaces[] = { (char *)(SYSTEMD ".Unit"), own, (char *)"org.svinit.Unit" };
        static Message m;

        path_of(unit, path, sizeof(path));
        snprintf(own, sizeof(own), SYSTEMD ".%c%s", dot ? toupper((unsigned char)dot[1]) : 'U',
                 dot ? dot + 2 : "nit");
        for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
                char *args[] = { interfaces[i], property, NULL };

                if (call(path, "org.freedesktop.DBus.Properties", "Get", args, &m, signature) != 2)
                        continue;
                memcpy(type, m.bytes + 1, (size_t)m.bytes[0] + 1);
                m.n = m.bytes[0] + 2U;
                print_value(&m, type);
                return true;
        }
        fprintf(stderr, "ask: %s of %s: %s\n", property, unit, take_text(&m));
        return false;
}

int main(int argc, char **argv) {
        char signature[256];
        bool ok = true;
        static Message m;

        if (argc < 4 && !(argc == 3 && strcmp(argv[1], "call") == 0))
                return 1;
        connect_to_manager();
        if (strcmp(argv[1], "get") == 0) {
                for (int i = 3; i < argc; i++)
                        ok = get(argv[2], argv[i]) && ok;
                return !ok;
        }
        if (call(OBJECTS, SYSTEMD ".Manager", argv[2], argv + 3, &m, signature) == 2) {
                if (signature[0])
                        print_value(&m, signature);
                return 0;
        }
        fprintf(stderr, "ask: %s: %s\n", argv[2], signature[0] == 's' ? take_text(&m) : "refused");
        return 1;
}
