/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker of Node's cluster module asks for: an address that PID 1 can check, or an error that the program meets. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "apps/cluster.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static int parse(const char *members, ClusterQuestion *ret) {
        char text[512];
        json_t *m;
        int r;

        snprintf(text, sizeof(text), "{\"seq\": 7, \"index\": 0, %s}", members);
        m = json_loads(text, 0, NULL);
        assert_non_null(m);
        *ret = (ClusterQuestion){ 0 };
        r = cluster_parse_question(m, ret);
        json_decref(m);
        return r;
}

static void expect(const char *members, int expected) {
        ClusterQuestion q;

        assert_int_equal(parse(members, &q), expected);
        free(q.key);
}

static void addresses_of_node_are_addresses_of_the_kernel(void **state) {
        ClusterQuestion q;
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&q.text.address;
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&q.text.address;

        assert_int_equal(parse("\"address\": null, \"port\": 3000, \"addressType\": 4, \"fd\": null", &q), 0);
        assert_true(q.text.any && q.text.kind == SOCK_STREAM && q.text.fd == -1 && q.seq == 7);
        assert_int_equal(v6->sin6_family, AF_INET6);
        assert_int_equal(ntohs(v6->sin6_port), 3000);
        assert_string_equal(q.key, ":3000:4::0");
        free(q.key);
        assert_int_equal(
                parse("\"address\": \"127.0.0.1\", \"port\": 0, \"addressType\": 4, \"index\": 3", &q), 0);
        assert_true(!q.text.any && v4->sin_family == AF_INET && v4->sin_port == 0 && q.text.index == 3);
        assert_int_equal(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
        free(q.key);
        assert_int_equal(parse("\"address\": \"::1\", \"port\": 80, \"addressType\": 6, \"flags\": 1", &q),
                         0);
        assert_true(q.text.ipv6_only && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr));
        free(q.key);
        assert_int_equal(
                parse("\"address\": \"0.0.0.0\", \"port\": 53, \"addressType\": \"udp4\", \"fd\": -1", &q),
                0);
        assert_true(q.text.kind == SOCK_DGRAM && v4->sin_family == AF_INET);
        free(q.key);
}

static void names_in_the_file_system_and_without_a_file(void **state) {
        ClusterQuestion q;
        const struct sockaddr_un *un = (const struct sockaddr_un *)&q.text.address;

        assert_int_equal(parse("\"address\": \"/run/x\", \"port\": -1, \"addressType\": -1", &q), 0);
        assert_string_equal(un->sun_path, "/run/x");
        assert_int_equal(q.text.address_length, offsetof(struct sockaddr_un, sun_path) + 7);
        free(q.key);
        expect("\"address\": \"x\", \"addressType\": -1", -EACCES);
        expect("\"address\": \"\", \"addressType\": -1", -EADDRNOTAVAIL);
        expect("\"address\": \"/0123456789012345678901234567890123456789012345678901234567890123456789"
               "01234567890123456789012345678901234567\", \"addressType\": -1",
               -ENAMETOOLONG);
}

static void a_descriptor_needs_no_address(void **state) {
        ClusterQuestion q;

        assert_int_equal(parse("\"address\": null, \"port\": null, \"addressType\": null, \"fd\": 3", &q), 0);
        assert_true(q.text.fd == 3 && q.text.address_length == 0);
        free(q.key);
        expect("\"fd\": 3000000000", -EBADF);
}

static void what_is_no_address_is_an_error_of_the_program(void **state) {
        expect("\"address\": \"localhost\", \"port\": 1, \"addressType\": 4", -EADDRNOTAVAIL);
        expect("\"address\": null, \"port\": 65536, \"addressType\": 4", -EADDRNOTAVAIL);
        expect("\"address\": null, \"port\": -2, \"addressType\": 6", -EADDRNOTAVAIL);
        expect("\"address\": null, \"port\": 1, \"addressType\": 5", -EADDRNOTAVAIL);
        expect("\"address\": \"1.2.3.4\", \"port\": 1, \"addressType\": \"udp5\"", -EADDRNOTAVAIL);
        expect("\"address\": 4, \"port\": [], \"addressType\": {}", -EADDRNOTAVAIL);
        expect("\"index\": -1, \"port\": 1, \"addressType\": 4", -ERANGE);
        expect("\"seq\": \"7\", \"port\": 1, \"addressType\": 4", -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(addresses_of_node_are_addresses_of_the_kernel),
                cmocka_unit_test(names_in_the_file_system_and_without_a_file),
                cmocka_unit_test(a_descriptor_needs_no_address),
                cmocka_unit_test(what_is_no_address_is_an_error_of_the_program),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
