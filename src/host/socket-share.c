/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which of several sockets on one port gets a new connection: a program of classic BPF, which the kernel runs for each
 * and which needs no privilege. It answers with a place in the kernel's list of these sockets.
 */

#include "host/sockets.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

#define RUNS_MAX 256 /* of places beside each other; a longer program would exceed net.core.optmem_max */
#define PROGRAM_MAX (24 + 3 * RUNS_MAX)
#define SPREAD 0x9E3779B1u /* a large odd number, so that neighbouring ports come out far apart */

typedef struct Program {
        struct sock_filter v[PROGRAM_MAX];
        unsigned short n;
} Program;

static int option(int fd, int name) {
        socklen_t n = sizeof(int);
        int v;

        return getsockopt(fd, SOL_SOCKET, name, &v, &n) < 0 ? -1 : v;
}

bool listen_is_shareable(int fd) {
        int domain = option(fd, SO_DOMAIN);

        return (domain == AF_INET || domain == AF_INET6) && option(fd, SO_REUSEPORT) == 1;
}

static void add(Program *p, struct sock_filter f) {
        p->v[p->n++] = f;
}

static void add_statement(Program *p, unsigned code, unsigned k) {
        add(p, (struct sock_filter)BPF_STMT((unsigned short)code, k));
}

/* Address and port of who sends, mixed: all datagrams of one sender go one way. Those with options before the ports are few. */
static void add_sender(Program *p) {
        add_statement(p, BPF_LD | BPF_B | BPF_ABS, (unsigned)SKF_NET_OFF);
        add_statement(p, BPF_ALU | BPF_AND | BPF_K, 0xF0);
        add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 4, 0));
        add_statement(p, BPF_LD | BPF_H | BPF_ABS, (unsigned)SKF_NET_OFF + 20);
        add_statement(p, BPF_MISC | BPF_TAX, 0);
        add_statement(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)SKF_NET_OFF + 12);
        add_statement(p, BPF_JMP | BPF_JA, 3);
        add_statement(p, BPF_LD | BPF_H | BPF_ABS, (unsigned)SKF_NET_OFF + 40);
        add_statement(p, BPF_MISC | BPF_TAX, 0);
        add_statement(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)SKF_NET_OFF + 20);
        add_statement(p, BPF_ALU | BPF_XOR | BPF_X, 0);
        add_statement(p, BPF_ALU | BPF_MUL | BPF_K, SPREAD);
        add_statement(p, BPF_ALU | BPF_RSH | BPF_K, 8);
}

/* The k-th of the places: they are compared by runs, so that the program is short when none is left out. */
static void add_places(Program *p, const unsigned *places, unsigned n) {
        for (unsigned begin = 0, end; begin < n; begin = end) {
                unsigned away = places[begin] - begin;

                for (end = begin + 1; end < n && places[end] - end == away; end++)
                        continue;
                if (end < n)
                        add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, end, away > 0 ? 2 : 1,
                                                            0));
                if (away > 0)
                        add_statement(p, BPF_ALU | BPF_ADD | BPF_K, away);
                add_statement(p, BPF_RET | BPF_A, 0);
        }
}

/* As many of them as the program has room for. */
static unsigned count_fitting(const unsigned *places, size_t n) {
        unsigned runs = 0, i;

        for (i = 0; i < n; i++)
                if ((i == 0 || places[i] != places[i - 1] + 1) && ++runs > RUNS_MAX)
                        break;
        return i;
}

int listen_select(int fd, const unsigned *places, size_t n) {
        unsigned fitting = count_fitting(places, n);
        struct sock_fprog f;
        Program p;

        ENSURE(fitting > 0, -EINVAL);
        p.n = 0;
        if (option(fd, SO_TYPE) == SOCK_DGRAM)
                add_sender(&p);
        else
                add_statement(&p, BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM));
        add_statement(&p, BPF_ALU | BPF_MOD | BPF_K, fitting);
        add_places(&p, places, fitting);
        f = (struct sock_fprog){ p.n, p.v };
        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &f, sizeof(f)) < 0 ? -errno : 0;
}
