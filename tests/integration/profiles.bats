#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Profiles: sections [X-Profile NAME], chosen by SVINIT_PROFILE, X-Profile=, svctl set-profile and --profile=.

load helper

web() {
        printf '%s\n' '[Service]' Environment=MODE=development X-Instances=1 \
                'ExecStart=/bin/sh -c "echo $MODE >/out/web%i; exec sleep infinity"' \
                '[X-Profile production]' Environment=MODE=production X-Instances=2 \
                '[X-Profile canary]' Environment=MODE=canary X-Instances=2 "$@" | unit web.service
}

modes() { # N...: what these instances were started with
        local i
        for i; do cat "$T/out/web$i"; done | tr '\n' ' '
}

@test "a profile is the default for all, chosen for one unit or instance, shown, and taken back" {
        web
        unit plain.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        unit other.service <<<$'[Service]\nExecStart=/bin/sleep infinity\n[X-Profile staging]\nNice=1'
        boot --env SVINIT_PROFILE=production
        run -0 ctl start web plain other
        for i in 0 1; do wait_host test -s "$T/out/web$i"; done
        [ "$(modes 0 1)" = "production production " ]
        [ "$(show web Profile)/$(show plain Profile)" = production/ ]
        wait_logged 'There is no \[X-Profile production\] here, only staging' SYSLOG_IDENTIFIER=svinit
        run -1 logged 'X-Profile.*plain.service' SYSLOG_IDENTIFIER=svinit
        run -0 inside svctl status web
        [[ $output == *"Profile: production"* ]]
        # One instance has another; until the next boot counts more than for good.
        run -0 inside svctl set-profile web@1 canary
        [ "$output" = 'web@1.service: profile canary, from its next start on' ]
        rm "$T"/out/web*
        run -0 inside svctl set-profile web canary
        run -0 inside svctl restart --profile=production web
        for i in 0 1; do wait_host test -s "$T/out/web$i"; done
        [ "$(modes 0 1)" = "production canary " ]
        run -0 inside svctl cat web
        [[ $output == *"# Profile: production"*X-Profile=canary*X-Profile=production* ]]
        # A roll brings another one, an instance at a time.
        rm "$T"/out/web*
        run -0 inside svctl set-profile web@1 ""
        run -0 inside svctl roll --profile=canary web
        for i in 0 1; do wait_host test -s "$T/out/web$i"; done
        [ "$(modes 0 1)" = "canary canary " ]
        run -1 inside svctl roll --profile=blue web
        # Nothing chosen is what SVINIT_PROFILE says.
        run -0 inside svctl set-profile web canary
        [ "$(show web Profile)" = canary ] # for good is also from now on
        run -0 inside svctl set-profile web ""
        run -0 inside svctl set-profile web@1 ""
        [ "$(show web Profile)/$(show web@1 Profile)" = production/production ]
        inside test ! -e /etc/systemd/system.control/web.service.d -a ! -e /run/systemd/system.control/web.service.d
        run -1 inside svctl set-profile web blue
        [[ $output == *"web.service has no [X-Profile blue], only production, canary"* ]]
        run -1 inside svctl start --profile=blue plain
        [[ $output == *"plain.service has no section [X-Profile NAME]"* ]]
        run -2 inside svctl stop --profile=canary web
        [ "$(inside svctl complete set-profile web '')" = $'production\ncanary' ]
}

@test "an instance has an environment of its own; verify knows the profiles" {
        web 'X-Nothing=1' 'Nise=3'
        mkdir -p "$T/units/web@1.service.d"
        echo $'[Service]\nEnvironment=MODE=mine' >"$T/units/web@1.service.d/mine.conf"
        unit some.service <<<$'[Service]\nType=oneshot\nX-PassManagerEnvironment=APP_*\nExecStart=/bin/sh -c "echo $$APP_A $${SECRET-none} >/out/some"'
        boot --env APP_A=a --env SECRET=s
        run -0 ctl start some
        [ "$(<"$T/out/some")" = "a none" ]
        run -0 inside svctl start --profile=production web
        for i in 0 1; do wait_host test -s "$T/out/web$i"; done
        [ "$(modes 0 1)" = "production mine " ]
        run -1 inside svctl verify web.service
        [[ $output == *"Unknown key 'Nise'"* ]]
        run -1 inside env SVINIT_PROFILE=none svctl verify other.service
        unit good.service <<<$'[Service]\nExecStart=/bin/true\n[X-Profile a]\nNice=1'
        run -0 inside env SVINIT_PROFILE=a svctl verify good.service
        run -1 inside env SVINIT_PROFILE=none svctl verify good.service
        [[ $output == *"There is no [X-Profile none] here, only a"* ]]
        systemd-analyze verify --man=no "$T/units/good.service" 2>&1 | grep -q X-Profile && false
        stop
        [ "$exit_code" = 0 ]
}
