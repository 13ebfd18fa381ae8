/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/compose.h"

#include <errno.h>
#include <stdlib.h>

static Draft *draft_of(Compose *c, const char *service) {
        char *escaped auto_free = NULL, *unit auto_free = NULL;

        if (name_escape(service, &escaped) < 0 || str_printf(&unit, "%s.service", escaped) < 0) {
                c->import->error = -ENOMEM;
                return NULL;
        }
        return draft_find(c->import, unit);
}

/* What the one that is waited for must do so that its start means that. */
static void promise(Draft *d, const char *condition) {
        if (str_equal(condition, "service_healthy")) {
                if (!draft_has(d, "Service", "X-HealthCheck"))
                        draft_drop(d, "it is waited for until it is healthy, and no healthcheck of it was "
                                      "carried over");
                else if (!draft_has(d, "Service", "X-ReadyOn"))
                        draft_set(d, "Service", "X-ReadyOn", "health");
        } else if (str_equal(condition, "service_completed_successfully")) {
                if (!draft_has(d, "Service", "Type")) {
                        draft_set(d, "Service", "Type", "oneshot");
                        draft_set(d, "Service", "RemainAfterExit", "yes");
                }
        } else if (!str_equal(condition, "service_started")) {
                draft_drop(d, "the condition '%s' of those who wait for it", condition);
        }
}

static void wait_for(ComposeService *s, const char *name, Node *how) {
        const char *condition = node_text(map_get(&s->all->tree, how, "condition")) ?: "service_started";
        Draft *other = draft_of(s->all, name);
        bool required = true, restarted = false;

        if (!other) {
                draft_drop(s->draft, "depends_on %s, of which there is no unit", name);
                return;
        }
        (void)node_bool(map_get(&s->all->tree, how, "required"), &required);
        (void)node_bool(map_get(&s->all->tree, how, "restart"), &restarted);
        draft_set(s->draft, "Unit", required ? "Requires" : "Wants", other->name);
        draft_set(s->draft, "Unit", "After", other->name);
        if (restarted)
                draft_set(s->draft, "Unit", "PartOf", other->name);
        promise(other, condition);
}

static void write_waits(ComposeService *s) {
        Node *n = map_get(&s->all->tree, s->node, "depends_on");
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (map_read(&s->all->tree, n, &m) < 0)
                s->all->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++)
                wait_for(s, m.v[i].key, m.v[i].value);
        for (size_t i = 0; i < list_length(n); i++)
                if (node_text(list_at(&s->all->tree, n, i)))
                        wait_for(s, node_text(list_at(&s->all->tree, n, i)), NULL);
}

static void write_services(Compose *c, const Map *services) {
        for (size_t i = 0; i < services->n; i++) {
                ComposeService s = { .all = c, .node = services->v[i].value, .name = services->v[i].key };

                if (!import_is_wanted(c->import, s.name))
                        continue;
                if (!compose_has_command(&s)) {
                        import_drop(c->import,
                                    "%s (line %u): the file does not say which command its image '%s' runs",
                                    s.name, node_line(s.node),
                                    node_text(map_get(&c->tree, s.node, "image")) ?: "");
                        continue;
                }
                s.draft = draft_new(c->import, s.name, UNIT_SERVICE);
                if (s.draft)
                        compose_write_service(&s);
        }
        for (size_t i = 0; i < services->n; i++) {
                ComposeService s = { .all = c, .node = services->v[i].value, .name = services->v[i].key };

                s.draft = draft_of(c, s.name);
                if (s.draft)
                        write_waits(&s);
        }
}

static void drop_others(Compose *c) {
        static const char *const known[] = { "services", "version", "name", "networks", "volumes" };
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (map_read(&c->tree, tree_root(&c->tree), &m) < 0)
                c->import->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                bool is_known = str_starts_with(m.v[i].key, "x-");

                for (size_t k = 0; k < ELEMENTSOF(known); k++)
                        is_known |= str_equal(known[k], m.v[i].key);
                if (!is_known)
                        import_drop(c->import, "%s (line %u)", m.v[i].key, node_line(m.v[i].value));
        }
}

static int read_services(Compose *c) {
        Map services __attribute__((cleanup(map_release))) = { 0 };
        int r = map_read(&c->tree, map_get(&c->tree, tree_root(&c->tree), "services"), &services);

        if (r < 0)
                return r;
        if (services.n == 0)
                return import_fail(c->import, 0, "There are no services in it.");
        drop_others(c);
        write_services(c, &services);
        return c->import->error;
}

int import_compose(Import *im) {
        Compose c = { .import = im };
        Text text = { 0 };
        int r = import_directory_of(im, &c.directory);

        if (r >= 0)
                r = import_read_file(im, im->file, &text);
        if (r >= 0)
                r = tree_read(&c.tree, im->file, text.data, text.len, &im->report);
        if (r >= 0)
                r = compose_read_variables(&c);
        if (r >= 0)
                r = read_services(&c);
        free(text.data);
        tree_release(&c.tree);
        strv_free(c.variables);
        free(c.directory);
        return r;
}
