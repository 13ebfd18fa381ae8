/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/monit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DELAY_DEFAULT USEC_PER_SEC
#define DELAY_MIN (100 * USEC_PER_MSEC)
#define MESSAGE_SPAN (5 * USEC_PER_SEC)

typedef struct Monit {
        Ctl *ctl;
        Live screen;
        ServiceLook look;
        MonitLog log;
        MonitView view;
        char **names; /* borrowed; as typed */
        char *chosen; /* owned; the name, as rows come and go */
        ServiceSort sort;
        usec_t delay, message_until;
        const char *asked; /* the method that was asked for, until it is confirmed */
        char question[UNIT_NAME_MAX + 32], message[UNIT_NAME_MAX + 256], host[65];
} Monit;

/* Looking */

static void find_chosen(Monit *t) {
        MonitView *v = &t->view;
        size_t at = 0, rows;

        for (size_t i = 0; i < t->look.n; i++)
                if (str_equal(t->look.v[i].name, t->chosen))
                        at = i;
        v->chosen = at;
        rows = monit_rows(v);
        if (v->top > at)
                v->top = at;
        if (at >= v->top + rows)
                v->top = at + 1 - rows;
        v->top = MIN(v->top, t->look.n > rows ? t->look.n - rows : 0);
}

static int follow_log(Monit *t) {
        int r;

        if (t->view.chosen >= t->look.n)
                return 0;
        r = monit_log_open(&t->log, t->ctl, t->look.v[t->view.chosen].name, t->screen.width);
        return r == -ENOMEM ? r : 0; /* without a journal there is an empty log */
}

static int look(Monit *t) {
        ServiceLook now = { 0 };
        int code = services_read(t->ctl, t->names, t->ctl->all, &now);

        if (code != CTL_OK) {
                services_release(&now);
                return code;
        }
        services_rates(&now, &t->look);
        services_release(&t->look);
        t->look = now;
        services_sort(&t->look, t->sort, false);
        return CTL_OK;
}

static int show(Monit *t) {
        Buf b auto_buf = { 0 };
        int r;

        t->view.width = t->screen.width;
        t->view.height = t->screen.height;
        t->view.question = t->asked ? t->question : NULL;
        t->view.message = live_now() < t->message_until ? t->message : NULL;
        find_chosen(t);
        r = follow_log(t);
        monit_draw(&t->view, &b);
        if (r < 0 || b.error < 0)
                return ctl_print_error("%s", strerror(ENOMEM));
        live_draw(&t->screen, &b);
        return CTL_OK;
}

/* Doing */

static void say(Monit *t, const char *words, const char *more) {
        (void)snprintf(t->message, sizeof(t->message), "%s%s", words, more);
        t->message_until = usec_add(live_now(), MESSAGE_SPAN);
}

static void ask(Monit *t, const char *method, const char *words) {
        if (t->view.chosen >= t->look.n)
                return;
        t->asked = method;
        (void)snprintf(t->question, sizeof(t->question), "%s %s", words, t->look.v[t->view.chosen].name);
}

/* What comes of it is on the screen: nobody waits for the job. */
static void act(Monit *t) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        int r;

        if (t->view.chosen >= t->look.n)
                return;
        r = sd_bus_call_method(t->ctl->bus, SD1, SD1_PATH, SD1_MANAGER, t->asked, &error, NULL, "ss",
                               t->look.v[t->view.chosen].name, "replace");
        if (r < 0)
                say(t, "not done: ", error.message ?: strerror(-r));
        else
                say(t, "asked for: ", t->question);
}

static void move(Monit *t, long by) {
        long at = (long)t->view.chosen + by, last = (long)t->look.n - 1;

        if (last < 0)
                return;
        at = MAX(0L, MIN(at, last));
        (void)str_replace(&t->chosen, t->look.v[at].name);
        find_chosen(t);
}

static void scroll(Monit *t, bool back) {
        size_t lines = monit_lines(&t->view), page = MAX(lines, (size_t)2) - 1,
               most = t->log.n > lines ? t->log.n - lines : 0;

        t->log.back = back ? MIN(t->log.back + page, most) : t->log.back > page ? t->log.back - page : 0;
}

static void sort_by(Monit *t, ServiceSort sort) {
        t->sort = sort;
        services_sort(&t->look, sort, false);
}

/* false: the end */
static bool on_key(Monit *t, int key) {
        if (t->asked) {
                if (key == 'y' || key == 'Y')
                        act(t);
                t->asked = NULL;
                return true;
        }
        t->message_until = 0;
        switch (key) {
        case 'q':
                return false;
        case 'k':
        case LIVE_UP:
                move(t, -1);
                break;
        case 'j':
        case LIVE_DOWN:
                move(t, 1);
                break;
        case LIVE_HOME:
                move(t, -(long)t->look.n);
                break;
        case LIVE_LAST:
                move(t, (long)t->look.n);
                break;
        case LIVE_PAGE_UP:
                scroll(t, true);
                break;
        case LIVE_PAGE_DOWN:
                scroll(t, false);
                break;
        case 'r':
                ask(t, "RestartUnit", "restart");
                break;
        case 's':
                ask(t, "StartUnit", "start");
                break;
        case 'x':
                ask(t, "StopUnit", "stop");
                break;
        case 'c':
                sort_by(t, SERVICES_BY_CPU);
                break;
        case 'm':
                sort_by(t, SERVICES_BY_MEMORY);
                break;
        case 'n':
                sort_by(t, SERVICES_BY_NAME);
                break;
        default:
                break;
        }
        return true;
}

/* The exit code. */
static int run(Monit *t) {
        usec_t due = 0;
        int code = CTL_OK;

        for (;;) {
                if (live_now() >= due) {
                        /* The first rates soon. */
                        due = usec_add(live_now(), due == 0 ? MIN(t->delay, 2 * DELAY_MIN) : t->delay);
                        code = look(t);
                }
                if (code == CTL_OK && !t->chosen && t->look.n > 0)
                        (void)str_replace(&t->chosen, t->look.v[0].name);
                if (code == CTL_OK)
                        code = show(t);
                if (code != CTL_OK)
                        return code;
                switch (live_wait(&t->screen, due, t->log.j ? sd_journal_get_fd(t->log.j) : -1)) {
                case LIVE_OVER:
                        return CTL_OK;
                case LIVE_TYPED:
                        if (!on_key(t, t->screen.key))
                                return CTL_OK;
                        break;
                case LIVE_READY:
                        (void)monit_log_read(&t->log, t->ctl);
                        break;
                default:
                        break;
                }
        }
}

VERB(monit) {
        Monit t = { .ctl = c, .delay = DELAY_DEFAULT, .names = argv + 1 };
        int code;

        if (c->delay && (timespan_parse(c->delay, USEC_PER_SEC, &t.delay) < 0 || t.delay < DELAY_MIN ||
                         t.delay > USEC_PER_DAY)) {
                ctl_print_error("monit: '%s' is no delay of 100ms or more", c->delay);
                return CTL_USAGE;
        }
        if (!live_is_possible())
                return ctl_print_error(
                        "monit wants a terminal to draw on and keys to hear; 'svctl list' and 'svctl "
                        "logs -f' print");
        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (gethostname(t.host, sizeof(t.host) - 1) < 0)
                (void)snprintf(t.host, sizeof(t.host), "here");
        t.view = (MonitView){ .look = &t.look, .log = &t.log, .color = c->screen.color, .host = t.host };
        c->logs.no_hostname = true;
        if (live_begin(&t.screen, "monit") < 0)
                return CTL_FAILED;
        code = run(&t);
        live_end(&t.screen);
        if (code != CTL_OK) /* what was said of it is gone with the screen */
                ctl_print_error("monit: svinit does not answer any more");
        services_release(&t.look);
        monit_log_release(&t.log);
        free(t.chosen);
        return code;
}
