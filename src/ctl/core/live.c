/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/live.h"
#include "ctl/core/ctl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80
#define WIDTH_MAX 1000
#define SCREEN_ON "\033[?1049h\033[?25l"
#define SCREEN_OFF "\033[?25h\033[?1049l"
#define SCREEN_HOME "\033[H"
#define SCREEN_REST "\033[J"
#define LINE_REST "\033[K\r\n"
#define ESCAPE 27
#define ESCAPE_SPAN 50 /* ms: what follows it so soon belongs to it */

static volatile sig_atomic_t is_over, has_new_size, is_stopped;

static void on_end(int signal) {
        is_over = 1;
}

static void on_size(int signal) {
        has_new_size = 1;
}

static void on_stop(int signal) {
        is_stopped = 1;
}

bool live_is_possible(void) {
        return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void live_catch_signals(void) {
        const struct sigaction end = { .sa_handler = on_end }, size = { .sa_handler = on_size },
                               stop = { .sa_handler = on_stop };

        (void)sigaction(SIGINT, &end, NULL);
        (void)sigaction(SIGTERM, &end, NULL);
        (void)sigaction(SIGHUP, &end, NULL);
        (void)sigaction(SIGQUIT, &end, NULL);
        (void)sigaction(SIGWINCH, &size, NULL);
        (void)sigaction(SIGTSTP, &stop, NULL);
}

void live_measure(Live *l) {
        const char *columns = getenv("COLUMNS");
        struct winsize size;

        l->width = WIDTH_DEFAULT;
        l->height = 0;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0) {
                l->width = size.ws_col;
                l->height = l->on ? size.ws_row : 0;
        } else if (columns) {
                (void)parse_unsigned(columns, &l->width);
        }
        l->width = MIN(l->width, (unsigned)WIDTH_MAX);
}

/* No line buffer, no echo; signals stay. */
static void enter(Live *l) {
        struct termios raw = l->before;

        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        fputs(SCREEN_ON, stdout);
        fflush(stdout);
        l->on = true;
        live_measure(l);
}

static void leave(Live *l) {
        fputs(SCREEN_OFF, stdout);
        fflush(stdout);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &l->before);
        l->on = false;
}

int live_begin(Live *l, const char *verb) {
        live_catch_signals();
        if (tcgetattr(STDIN_FILENO, &l->before) < 0) {
                int r = -errno;

                ctl_print_error("%s: %s", verb, strerror(-r));
                return r;
        }
        enter(l);
        return 0;
}

void live_end(Live *l) {
        if (l->on)
                leave(l);
}

/* ^Z: the shell gets its terminal back, and we ours when it lets us go on. */
static void stand_still(Live *l) {
        if (l->on)
                leave(l);
        (void)raise(SIGSTOP);
        enter(l);
}

/* The last line gets no newline, which would scroll. */
void live_draw(const Live *l, const Buf *b) {
        Buf out auto_buf = { 0 };
        const char *end;

        buf_add(&out, SCREEN_HOME);
        for (const char *p = b->data; p && *p; p = end + 1) {
                end = strchrnul(p, '\n');
                buf_add_n(&out, p, (size_t)(end - p));
                if (!end[0] || !end[1])
                        break;
                buf_add(&out, LINE_REST);
        }
        buf_add(&out, "\033[K" SCREEN_REST);
        fwrite(out.data, 1, out.len, stdout);
        fflush(stdout);
}

usec_t live_now(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

/* One more byte of a sequence; 0: it does not come. */
static char next_byte(void) {
        struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
        char c;

        return poll(&p, 1, ESCAPE_SPAN) > 0 && read(STDIN_FILENO, &c, 1) == 1 ? c : 0;
}

/* "ESC [ A", "ESC O A", "ESC [ 5 ~" */
static int read_sequence(void) {
        char c = next_byte(), number = 0;

        if (c == 0)
                return ESCAPE;
        if (c != '[' && c != 'O')
                return LIVE_OTHER;
        while ((c = next_byte()) && ((c >= '0' && c <= '9') || c == ';'))
                number = number ?: c;
        switch (c == '~' ? number : c) {
        case 'A':
                return LIVE_UP;
        case 'B':
                return LIVE_DOWN;
        case 'H':
        case '1':
        case '7':
                return LIVE_HOME;
        case 'F':
        case '4':
        case '8':
                return LIVE_LAST;
        case '5':
                return LIVE_PAGE_UP;
        case '6':
                return LIVE_PAGE_DOWN;
        default:
                return LIVE_OTHER;
        }
}

static LiveEvent read_key(Live *l) {
        unsigned char c;

        if (read(STDIN_FILENO, &c, 1) != 1)
                return LIVE_OVER;
        l->key = c == ESCAPE ? read_sequence() : c < 128 ? c : LIVE_OTHER;
        return LIVE_TYPED;
}

LiveEvent live_wait(Live *l, usec_t due, int fd) {
        for (;;) {
                struct pollfd p[] = { { .fd = l->on ? STDIN_FILENO : -1, .events = POLLIN },
                                      { .fd = fd, .events = POLLIN } };
                usec_t span = usec_sub(due, live_now());
                struct timespec ts = { .tv_sec = (time_t)(span / USEC_PER_SEC),
                                       .tv_nsec = (long)(span % USEC_PER_SEC * NSEC_PER_USEC) };
                int n = span == 0 ? 0 : ppoll(p, 2, &ts, NULL);

                if (is_over)
                        return LIVE_OVER;
                if (is_stopped) {
                        is_stopped = 0;
                        stand_still(l);
                        return LIVE_SIZE;
                }
                if (has_new_size) {
                        has_new_size = 0;
                        live_measure(l);
                        return LIVE_SIZE;
                }
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        live_measure(l); /* a terminal whose size is set by others may send no signal */
                        return LIVE_DUE;
                }
                if (p[0].revents)
                        return read_key(l);
                return LIVE_READY;
        }
}
