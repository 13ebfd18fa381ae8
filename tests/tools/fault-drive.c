/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Leads svinit through what people do with it while its memory is refused.
 *
 *      fault-drive [CASE...]   one allocation fails, then a later one, and so on until all is done without a refusal;
 *                              each time svinit answers, nothing is lost, and the next try succeeds. With FAULT_ALL=1
 *                              in the environment really each
 *      fault-drive chance SEED ROUNDS    one in fifty fails, through all cases
 *      fault-drive arm FIRST HOW_MANY    for what is to come; "arm 0 0": nothing fails any more.
 *                                        Before the boot too: on the file that $FAULT_FILE names
 *      fault-drive process ERROR         so does every fork and clone; 0: no more
 *      fault-drive seen                  how many were asked for and how many refused
 *
 * Runs inside the container, beside a svinit that has fault.c loaded.
 */

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))
#define NAME "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER NAME ".Manager"
#define UNITS "/etc/systemd/system"
#define PATIENCE 20      /* seconds: what takes longer hangs */
#define POINTS_MAX 20000 /* more, and a case has no end */
#define WELL "well.service"

static Faults *faults;
static sd_bus *bus;
static char job_wanted[128], job_result[32];
static unsigned neighbour;

static double now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void arm(uint64_t first, uint64_t how_many) {
        faults->memory = 0;
        faults->one_in = 0;
        faults->n_seen = faults->n_failed = 0;
        faults->first = first;
        faults->how_many = how_many;
        faults->memory = first > 0;
}

static void arm_chance(uint32_t one_in, uint64_t seed) {
        arm(0, 0);
        faults->seed = seed;
        faults->one_in = one_in;
        faults->memory = 1;
}

static void disarm(void) {
        faults->memory = 0;
        faults->process_error = 0;
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *path, *unit, *result;
        uint32_t id;

        if (sd_bus_message_is_signal(m, MANAGER, "JobRemoved") &&
            sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 && strcmp(path, job_wanted) == 0)
                snprintf(job_result, sizeof(job_result), "%s", result);
        return 0;
}

static int open_bus(void) {
        int r;

        sd_bus_close_unref(bus);
        bus = NULL;
        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = sd_bus_add_filter(bus, NULL, on_message, NULL);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, PATIENCE * 1000000ULL);
        return r;
}

/* What the peer said, or that it has gone. */
static int call(const char *path, const char *interface, const char *member, sd_bus_message **ret,
                const char *types, ...) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL, *answer = NULL;
        va_list ap;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, NAME, path, interface, member);
        va_start(ap, types);
        if (r >= 0 && types)
                r = sd_bus_message_appendv(m, types, ap);
        va_end(ap);
        if (r >= 0)
                r = sd_bus_call(bus, m, 0, &error, &answer);
        sd_bus_message_unref(m);
        if (r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_MEMORY))
                r = -ENOMEM;
        else if (r < 0 && getenv("FAULT_TALK"))
                printf("# %s: %s\n", member, error.message ? error.message : strerror(-r));
        sd_bus_error_free(&error);
        if (r >= 0 && ret)
                *ret = answer;
        else
                sd_bus_message_unref(answer);
        return r < 0 ? r : 0;
}

/* 0, -EREMOTEIO for a job that did not end well, what the call got, -ETIMEDOUT for a hang. */
static int job(const char *member, const char *unit) {
        double end = now() + PATIENCE;
        sd_bus_message *answer;
        const char *path;
        int r;

        job_result[0] = 0;
        r = call(MANAGER_PATH, MANAGER, member, &answer, "ss", unit, "replace");
        if (r < 0)
                return r;
        r = sd_bus_message_read(answer, "o", &path);
        snprintf(job_wanted, sizeof(job_wanted), "%s", r < 0 ? "" : path);
        sd_bus_message_unref(answer);
        /* The signal may have come while the call waited. */
        while (r >= 0 && !job_result[0] && now() < end) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, 100000);
        }
        if (r < 0)
                return r;
        if (!job_result[0])
                return -ETIMEDOUT;
        return strcmp(job_result, "done") == 0 ? 0 : -EREMOTEIO;
}

static int unit_path(const char *unit, char *ret, size_t size) {
        char *p = NULL;
        int r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &p);

        snprintf(ret, size, "%s", p ? p : "");
        free(p);
        return r < 0 ? r : 0;
}

static int get(const char *unit, const char *interface, const char *property, const char *type, void *ret) {
        sd_bus_message *answer;
        char path[256];
        int r = unit_path(unit, path, sizeof(path));

        if (r >= 0)
                r = call(path, "org.freedesktop.DBus.Properties", "Get", &answer, "ss", interface, property);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(answer, 'v', type);
        if (r >= 0 && type[0] == 's') {
                const char *s = "";

                r = sd_bus_message_read(answer, "s", &s);
                snprintf(ret, 128, "%s", s);
        } else if (r >= 0)
                r = sd_bus_message_read(answer, type, ret);
        sd_bus_message_unref(answer);
        return r < 0 ? r : 0;
}

static unsigned main_pid(const char *unit) {
        uint32_t pid = 0;

        return get(unit, NAME ".Service", "MainPID", "u", &pid) < 0 ? 0 : pid;
}

static bool is_in_state(const char *unit, const char *state) {
        char got[128];

        return get(unit, NAME ".Unit", "ActiveState", "s", got) >= 0 && strcmp(got, state) == 0;
}

static void write_unit(const char *name, const char *text) {
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), UNITS "/%s", name);
        f = fopen(path, "w");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
                perror(path);
                exit(2);
        }
}

/* ---- the cases ---- */

static int op_connect(void) {
        int r = open_bus();

        return r < 0 ? r : call(MANAGER_PATH, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL);
}

static int op_get(void) {
        char state[128];

        return get(WELL, NAME ".Unit", "ActiveState", "s", state);
}

static int op_get_all(void) {
        char path[256];
        int r = unit_path(WELL, path, sizeof(path));

        return r < 0 ? r : call(path, "org.freedesktop.DBus.Properties", "GetAll", NULL, "s", "");
}

static int op_get_manager(void) {
        return call(MANAGER_PATH, "org.freedesktop.DBus.Properties", "GetAll", NULL, "s", MANAGER);
}

static int op_list(void) {
        return call(MANAGER_PATH, MANAGER, "ListUnits", NULL, NULL);
}

static int op_list_files(void) {
        return call(MANAGER_PATH, MANAGER, "ListUnitFiles", NULL, NULL);
}

static int op_subscribe(void) {
        int r = call(MANAGER_PATH, MANAGER, "Subscribe", NULL, NULL);

        return r < 0 ? r : call(MANAGER_PATH, MANAGER, "Unsubscribe", NULL, NULL);
}

static int op_load(void) {
        static unsigned n;
        char name[64];

        snprintf(name, sizeof(name), "loaded@%u.service", n++);
        return call(MANAGER_PATH, MANAGER, "LoadUnit", NULL, "s", name);
}

static int op_introspect(void) {
        return call(MANAGER_PATH, "org.freedesktop.DBus.Introspectable", "Introspect", NULL, NULL);
}

static int op_enable(void) {
        return call(MANAGER_PATH, MANAGER, "EnableUnitFiles", NULL, "asbb", 1, "plain.service", 0, 1);
}

static int op_disable(void) {
        return call(MANAGER_PATH, MANAGER, "DisableUnitFiles", NULL, "asb", 1, "plain.service", 0);
}

static void enable(void) {
        (void)op_enable();
}

static void disable(void) {
        (void)op_disable();
}

static int op_start(void) {
        return job("StartUnit", "plain.service");
}

static int op_stop(void) {
        return job("StopUnit", "plain.service");
}

static void start(void) {
        (void)op_start();
}

static void stop(void) {
        (void)op_stop();
}

static int op_restart(void) {
        return job("RestartUnit", "plain.service");
}

static int op_reload_unit(void) {
        return job("ReloadUnit", "plain.service");
}

/* Requirements, conditions, environment files, directories, credentials: all that a start may need. */
static int op_start_rich(void) {
        return job("StartUnit", "rich.service");
}

static void stop_rich(void) {
        (void)job("StopUnit", "needed.service");
        (void)job("StopUnit", "rich.service");
}

static int op_isolate(void) {
        return job("StartUnit", "some.target");
}

static void stop_some(void) {
        (void)job("StopUnit", "some.target");
}

static unsigned edition;

static void change_files(void) {
        char text[200];

        snprintf(text, sizeof(text),
                 "[Unit]\nDescription=edition %u\n[Service]\nExecStart=/bin/sleep infinity\n", ++edition);
        write_unit("changing.service", text);
        write_unit("well.service",
                   edition % 2 ? "[Unit]\nDescription=odd\n[Service]\nExecStart=/bin/sleep infinity\n"
                               : "[Service]\nExecStart=/bin/sleep infinity\n");
}

static int op_daemon_reload(void) {
        return call(MANAGER_PATH, MANAGER, "Reload", NULL, NULL);
}

static bool is_new_edition(void) {
        char got[128], want[32];

        snprintf(want, sizeof(want), "edition %u", edition);
        return get("changing.service", NAME ".Unit", "Description", "s", got) >= 0 && strcmp(got, want) == 0;
}

static int talk(const char *path) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        struct timeval patience = { .tv_sec = PATIENCE };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;
        char answer[64];

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || write(fd, "hello\n", 6) != 6)
                r = -errno;
        else if (read(fd, answer, sizeof(answer)) <= 0)
                r = errno == EAGAIN ? -ETIMEDOUT : -ECONNRESET;
        close(fd);
        return r;
}

/* Refused a service, the socket fails as a unit; who waits is told by its end. */
static int op_socket(void) {
        int r = job("StartUnit", "echo.socket");

        return r < 0 ? r : talk("/run/echo");
}

static void stop_socket(void) {
        (void)job("StopUnit", "echo.socket");
        (void)job("StopUnit", "echo.service");
}

static int op_accept(void) {
        int r = job("StartUnit", "each.socket");

        return r < 0 ? r : talk("/run/each");
}

static int wait_for(bool (*holds)(void)) {
        double end = now() + PATIENCE;

        while (now() < end) {
                if (holds())
                        return 0;
                usleep(2000);
        }
        return -ETIMEDOUT;
}

static bool timer_has_fired(void) {
        char got[128];

        if (!is_in_state("tick.timer", "active")) /* it may have failed, and says so */
                return true;
        return access("/out/ticked", F_OK) == 0 ||
               (get("tick.service", NAME ".Service", "Result", "s", got) >= 0 && strcmp(got, "success") != 0);
}

static int op_timer(void) {
        int r = job("StartUnit", "tick.timer");
        double end = now() + PATIENCE;

        /* Looked at from outside: a question costs svinit memory, too. */
        while (r >= 0 && access("/out/ticked", F_OK) < 0 && faults->n_failed == 0 && now() < end)
                usleep(500);
        if (r >= 0)
                usleep(3000);
        return r;
}

static void stop_timer(void) {
        (void)job("StopUnit", "tick.timer");
        (void)job("StopUnit", "tick.service");
        (void)unlink("/out/ticked");
}

static bool has_stored(void) {
        uint32_t n = 0;

        return get("store.service", NAME ".Service", "NFileDescriptorStore", "u", &n) >= 0 && n == 1;
}

/* A refused descriptor is closed, and its service not told; all else goes on. */
static int op_store(void) {
        double end = now() + PATIENCE;
        int r = job("StartUnit", "store.service");

        while (r >= 0 && access("/out/stored", F_OK) < 0 && faults->n_failed == 0 && now() < end)
                usleep(500);
        return r;
}

static void stop_store(void) {
        (void)job("StopUnit", "store.service");
        (void)unlink("/out/stored");
}

static unsigned crashed;

static void start_crasher(void) {
        (void)job("StartUnit", "crash.service");
        crashed = main_pid("crash.service");
}

static bool crasher_is_back(void) {
        unsigned pid = main_pid("crash.service");

        return pid > 0 && pid != crashed && kill((pid_t)pid, 0) == 0 &&
               is_in_state("crash.service", "active");
}

/* Its successor writes its number: nobody asks svinit meanwhile. */
static int op_crash(void) {
        double end = now() + PATIENCE;

        (void)unlink("/out/crash.pid");
        if (crashed == 0 || kill((pid_t)crashed, SIGKILL) < 0)
                return -ESRCH;
        while (access("/out/crash.pid", F_OK) < 0 && faults->n_failed == 0 && now() < end)
                usleep(500);
        usleep(1000);
        return now() < end ? 0 : -ETIMEDOUT;
}

typedef struct Case {
        const char *name;
        void (*before)(void); /* as often as it is tried */
        int (*op)(void);
        bool (*after)(void); /* holds in the end, when memory is there again; may ask */
        bool is_news;        /* it must come to that by itself; else it is tried again */
        bool is_dear;        /* thousands of allocations, most of them for one file as for the other */
} Case;

static const Case cases[] = {
        { "connect", NULL, op_connect },
        { "get", NULL, op_get },
        { "get-all", NULL, op_get_all },
        { "get-manager", NULL, op_get_manager },
        { "list", NULL, op_list },
        { "list-files", NULL, op_list_files, .is_dear = true },
        { "subscribe", NULL, op_subscribe },
        { "load", NULL, op_load },
        { "introspect", NULL, op_introspect },
        { "enable", disable, op_enable },
        { "disable", enable, op_disable },
        { "start", stop, op_start },
        { "stop", start, op_stop },
        { "restart", start, op_restart },
        { "reload", start, op_reload_unit },
        { "start-rich", stop_rich, op_start_rich, .is_dear = true },
        { "isolate", stop_some, op_isolate },
        { "daemon-reload", change_files, op_daemon_reload, is_new_edition, .is_dear = true },
        { "socket", stop_socket, op_socket },
        { "accept", NULL, op_accept },
        { "timer", stop_timer, op_timer, timer_has_fired },
        { "store", stop_store, op_store, has_stored },
        { "crash", start_crasher, op_crash, crasher_is_back, true },
};

static bool is_graceful(int r) {
        return r == 0 || r == -ENOMEM || r == -EREMOTEIO || r == -ECONNRESET || r == -ENOTCONN ||
               r == -EPIPE || r == -ECONNREFUSED || r == -ECONNABORTED;
}

static bool no_jobs(void) {
        sd_bus_message *answer;
        int r = call(MANAGER_PATH, MANAGER, "ListJobs", &answer, NULL);

        if (r < 0) {
                (void)open_bus();
                return false;
        }
        r = sd_bus_message_enter_container(answer, 'a', "(usssoo)");
        r = r < 0 ? r : sd_bus_message_at_end(answer, 0);
        sd_bus_message_unref(answer);
        return r > 0;
}

static bool failed(const char *name, uint64_t n, const char *what) {
        printf("not ok - %s: at allocation %llu: %s\n", name, (unsigned long long)n, what);
        return false;
}

static bool is_sound(const char *name, uint64_t n) {
        if (wait_for(no_jobs) < 0)
                return failed(name, n, "jobs do not end");
        if (main_pid(WELL) != neighbour || !is_in_state(WELL, "active") || kill((pid_t)neighbour, 0) < 0)
                return failed(name, n, "a running service was lost");
        return true;
}

/* With memory again: what was refused is done, by itself or at the next try. */
static bool is_made_good(const Case *c, uint64_t n) {
        if (c->is_news)
                return wait_for(c->after) >= 0 || failed(c->name, n, "it did not come back by itself");
        for (unsigned i = 0; i < 2; i++) {
                int r;

                if (c->after && c->before)
                        c->before();
                r = c->op();

                /* The first try may meet what is left of the refusal: a failed socket, a connection that ends. */
                if (r == 0 && (!c->after || wait_for(c->after) >= 0))
                        return true;
                if (open_bus() < 0)
                        break;
                if (c->before)
                        c->before();
        }
        return failed(c->name, n, "the next try fails as well");
}

static bool try_at(const Case *c, uint64_t n, bool *ret_over, unsigned *n_refused) {
        char what[100];
        bool refused;
        int r;

        if (c->before)
                c->before();
        arm(n, 1);
        r = c->op();
        disarm();
        refused = faults->n_failed > 0;
        *ret_over = !refused;
        if (!refused && r != 0) {
                snprintf(what, sizeof(what), "not refused, and yet: %s", strerror(-r));
                return failed(c->name, n, what);
        }
        *n_refused += r != 0;
        if (!is_graceful(r)) {
                snprintf(what, sizeof(what), "%s",
                         r == -ETIMEDOUT ? "who asked is not answered" : strerror(-r));
                return failed(c->name, n, what);
        }
        if (r != 0 && open_bus() < 0)
                return failed(c->name, n, "no connection");
        return is_sound(c->name, n) && is_made_good(c, n) && is_sound(c->name, n);
}

/* Every one of them takes minutes; their places lie close together where most is decided. */
static uint64_t next_point(const Case *c, uint64_t n) {
        return getenv("FAULT_ALL") ? n + 1 : n + 1 + n / (c->is_dear ? 4 : 20);
}

static bool run_case(const Case *c) {
        unsigned n_refused = 0, n_tried = 0;
        double begin = now();
        bool over = false;

        if (open_bus() < 0)
                return failed(c->name, 0, "no connection");
        for (uint64_t n = 1; !over && n < POINTS_MAX; n = next_point(c, n), n_tried++) {
                if (!try_at(c, n, &over, &n_refused))
                        return false;
        }
        if (n_tried < 2)
                return failed(c->name, 1, "nothing was asked for: the faults are not there");
        printf("ok - %s: %u allocations refused, %u times told who asked, %.1f s\n", c->name, n_tried - 1,
               n_refused, now() - begin);
        return true;
}

static bool run_chance(uint64_t seed, unsigned rounds) {
        uint64_t refused = 0;

        for (unsigned i = 0; i < rounds; i++)
                for (size_t k = 0; k < ELEMENTSOF(cases); k++) {
                        const Case *c = cases + k;
                        int r;

                        if (open_bus() < 0)
                                return failed(c->name, i, "no connection");
                        if (c->before)
                                c->before();
                        arm_chance(50, seed + i * 1000 + k);
                        r = c->op();
                        disarm();
                        refused += faults->n_failed;
                        if (!is_graceful(r))
                                return failed(c->name, seed + i * 1000 + k, strerror(-r));
                        if (open_bus() < 0)
                                return failed(c->name, i, "no connection");
                        if (!is_sound(c->name, i) || !is_made_good(c, i))
                                return false;
                }
        printf("ok - by chance: %llu allocations refused\n", (unsigned long long)refused);
        return true;
}

static const Case *find_case(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (strcmp(cases[i].name, name) == 0)
                        return cases + i;
        fprintf(stderr, "no case %s\n", name);
        exit(2);
}

static void map_faults(void) {
        const char *path = getenv("FAULT_FILE") ?: FAULT_FILE;
        int fd = open(path, O_RDWR | O_CLOEXEC);

        faults = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (faults == MAP_FAILED) {
                perror(path);
                exit(2);
        }
}

int main(int argc, char **argv) {
        bool ok = true;

        map_faults();
        setvbuf(stdout, NULL, _IOLBF, 0);
        signal(SIGPIPE, SIG_IGN);
        if (argc == 4 && strcmp(argv[1], "arm") == 0) {
                arm(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
                return 0;
        }
        if (argc == 3 && strcmp(argv[1], "process") == 0) {
                faults->process_error = (uint32_t)strtoul(argv[2], NULL, 10);
                return 0;
        }
        if (argc == 2 && strcmp(argv[1], "seen") == 0) {
                printf("%llu %llu\n", (unsigned long long)faults->n_seen,
                       (unsigned long long)faults->n_failed);
                return 0;
        }
        if (!faults->ready || open_bus() < 0 || (neighbour = main_pid(WELL)) == 0) {
                fprintf(stderr, "%s does not run, or svinit is without faults\n", WELL);
                return 2;
        }
        if (argc == 4 && strcmp(argv[1], "chance") == 0)
                return run_chance(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10)) ? 0 : 1;
        for (int i = 1; i < argc; i++)
                ok = run_case(find_case(argv[i])) && ok;
        for (size_t i = 0; argc == 1 && i < ELEMENTSOF(cases); i++)
                ok = run_case(cases + i) && ok;
        return ok ? 0 : 1;
}
