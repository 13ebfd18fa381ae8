/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A service at a socket, and its clients, for tests/bench/activation.
 *
 *      served once             accepts one connection on descriptor 3, writes its stamp, ends
 *      served inetd [FD]       writes its stamp to FD (1)
 *      served serve [PORT]     four threads answer requests on descriptor 3 (or bind PORT themselves), each after a
 *                              millisecond of work, until SIGTERM; what has been accepted is answered
 *      served loop PORT ARG... the least super-server: for each connection fork, and exec itself with ARG... on it
 *      served knock PORT N     N times: connect, read the stamp, print the microseconds in between
 *      served load PORT N FILE N clients ask and ask again until FILE exists; prints: answered refused lost
 *
 * A stamp is what CLOCK_MONOTONIC said at the first line of main().
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define WORK_NSEC 1000000

static long long now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct sockaddr_in address_of(const char *port) {
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return a;
}

static int listen_at(const char *port) {
        struct sockaddr_in a = address_of(port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4096) < 0) {
                perror("listen");
                exit(1);
        }
        return fd;
}

static int connect_to(const char *port) {
        struct sockaddr_in a = address_of(port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
                int error = errno;

                close(fd);
                errno = error;
                return -1;
        }
        return fd;
}

static int listener, ending;

static void *serve(void *unused) {
        struct pollfd p[2] = { { .fd = listener, .events = POLLIN }, { .fd = ending, .events = POLLIN } };
        char request;
        int fd;

        while (poll(p, 2, -1) >= 0 && !p[1].revents) {
                fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (fd < 0)
                        continue;
                if (read(fd, &request, 1) == 1) {
                        nanosleep(&(struct timespec){ .tv_nsec = WORK_NSEC }, NULL);
                        if (write(fd, &request, 1) < 0)
                                perror("write");
                }
                close(fd);
        }
        return NULL;
}

static int serve_all(const char *port) {
        pthread_t threads[THREADS];
        sigset_t set;
        int got;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        listener = port ? listen_at(port) : 3;
        fcntl(listener, F_SETFL, O_NONBLOCK);
        ending = eventfd(0, EFD_CLOEXEC);
        for (int i = 0; i < THREADS; i++)
                pthread_create(threads + i, NULL, serve, NULL);
        sigwait(&set, &got);
        eventfd_write(ending, 1);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        return 0;
}

static int loop(char **argv) {
        int fd = listen_at(argv[2]);

        signal(SIGCHLD, SIG_IGN);
        for (;;) {
                int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

                if (c >= 0 && fork() == 0) {
                        dup2(c, 1);
                        execv("/proc/self/exe", argv + 2);
                        _exit(1);
                }
                close(c);
        }
}

static int knock(const char *port, int n) {
        for (int i = 0; i < n; i++) {
                long long begin, stamp;
                int fd;

                usleep(20000); /* the one before has ended */
                begin = now();
                fd = connect_to(port);
                if (fd < 0 || read(fd, &stamp, sizeof(stamp)) != sizeof(stamp)) {
                        perror("knock");
                        return 1;
                }
                printf("%lld\n", (stamp - begin) / 1000);
                close(fd);
        }
        return 0;
}

static atomic_long answered, refused, lost;
static const char *load_port, *load_end;

static void *ask(void *unused) {
        while (access(load_end, F_OK) < 0) {
                char c = 'x';
                int fd = connect_to(load_port);

                if (fd < 0) {
                        refused++;
                        usleep(1000);
                        continue;
                }
                if (write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1)
                        answered++;
                else
                        lost++;
                close(fd);
        }
        return NULL;
}

static int load(int n) {
        pthread_t threads[n];

        signal(SIGPIPE, SIG_IGN);
        for (int i = 0; i < n; i++)
                pthread_create(threads + i, NULL, ask, NULL);
        for (int i = 0; i < n; i++)
                pthread_join(threads[i], NULL);
        printf("%ld %ld %ld\n", answered, refused, lost);
        return 0;
}

int main(int argc, char **argv) {
        long long stamp = now();
        const char *what = argc > 1 ? argv[1] : "";
        int fd = 1;

        if (strcmp(what, "serve") == 0)
                return serve_all(argv[2]);
        if (strcmp(what, "loop") == 0)
                return loop(argv);
        if (strcmp(what, "knock") == 0)
                return knock(argv[2], atoi(argv[3]));
        if (strcmp(what, "load") == 0) {
                load_port = argv[2];
                load_end = argv[4];
                return load(atoi(argv[3]));
        }
        if (strcmp(what, "once") == 0)
                fd = accept(3, NULL, NULL);
        else if (argc > 2)
                fd = atoi(argv[2]);
        return write(fd, &stamp, sizeof(stamp)) != sizeof(stamp);
}
