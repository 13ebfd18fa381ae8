#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Resource control: the scenarios of tests/resources on each kind of cgroup that this machine can show. The virtual
# machine runs the same list on cgroup v2 with all its controllers.

load helper

# Each promise that is not kept is shown with what svinit says about the unit.
scenarios_in() { # TIER RIG-OPTIONS
        local tier=$1
        shift
        boot --bind "$BATS_TEST_DIRNAME/../resources:/resources" --bind "${PROBE%/*}/ask:/usr/bin/ask" "$@"
        run inside /resources/inside "$tier"
        grep -E '^(not ok|# )' <<<"$output" || true
        [ "$status" = 0 ]
        stop
        [ "$exit_code" = 0 ]
}

@test "resource control on a hybrid of v1 and v2" {
        scenarios_in hybrid --cgroup hybrid
}

@test "resource control on v1" {
        scenarios_in v1 --cgroup v1
}

@test "resource control on v1 with few controllers" {
        scenarios_in v1-few --cgroup v1-few
}

@test "resource control without a cgroup: everything runs, what does not hold is listed" {
        scenarios_in none --cgroup none
}

@test "resource control with Docker's privileges and a read-only cgroup" {
        scenarios_in ro --cgroup ro --docker
}
