#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Crontabs become timers: svinit-cron-generator(8).

load helper

tables() {
        mkdir -p "$T/cron.d" "$T/spool"
        cat >"$T/cron.d/jobs" <<'C'
# m h dom mon dow user command
GREETING = "good morning"
MAILTO=admin@example.org
@reboot root echo "$GREETING, $LOGNAME in $PWD with $PATH"; cat; touch /out/booted%first line%second line
*/5 * 1 * mon nobody echo 100\% sure
61 * * * * root never
CRON_TZ=Asia/Tokyo
30 4 * * * root true
C
        echo '* * * * * root evil' >"$T/cron.d/writable"
        echo '* * * * * root evil' >"$T/cron.d/left.dpkg-old"
        chmod 644 "$T/cron.d/jobs" "$T/cron.d/left.dpkg-old"
        chmod 666 "$T/cron.d/writable"
        printf 'SHELL=/bin/bash\n@reboot id -un >/out/user; [[ $BASH_VERSION ]] && echo bash >>/out/user\n' >"$T/spool/nobody"
        echo '* * * * * evil' >"$T/spool/root"
        chown 65534 "$T/spool/nobody" "$T/spool/root"
        chmod 600 "$T/spool/nobody" "$T/spool/root"
}

boot_with_tables() {
        boot --bind "$T/cron.d:/etc/cron.d" --bind "$T/spool:/var/spool/cron/crontabs" "$@"
}

@test "jobs run at their times, as their users, with their input; mistakes are said and the others run" {
        tables
        boot_with_tables
        wait_host test -e "$T/out/booted"
        wait_host grep -q bash "$T/out/user"
        [ "$(cat "$T/out/user")" = "nobody
bash" ]
        wait_state cron-jobs-1.service inactive
        wait_host journal_has cron-jobs-1.service "second line"
        run journal _SYSTEMD_UNIT=cron-jobs-1.service
        [[ $output == *"good morning, root in /root with /usr/bin:/bin"*"first line"*"second line"* ]]
        [ "$(show cron-jobs-1 Result)/$(show cron-jobs-1.service SourcePath)" = success//etc/cron.d/jobs ]

        [ "$(inside systemctl list-units --all --plain --no-legend 'cron*.timer' | awk '{ print $1 }' | paste -sd' ')" = \
                "cron-jobs-1.timer cron-jobs-2.timer cron-jobs-3.timer crontab-nobody-1.timer" ]
        [[ $(show cron-jobs-2.timer TimersCalendar) == *"OnCalendar=*-*-01 *:00/5:00"*"OnCalendar=Mon *-*-* *:00/5:00"* ]]
        [[ $(show cron-jobs-3.timer TimersCalendar) == *"OnCalendar=*-*-* 04:30:00 Asia/Tokyo"* ]]
        [[ $(show cron-jobs-2 ExecStart) == *"echo 100% sure"* && $(show cron-jobs-2 User) = nobody ]]
        wait_logged '/etc/cron.d/jobs:6: ' SYSLOG_IDENTIFIER=svinit
        wait_logged 'belongs to user 65534 and not to root' SYSLOG_IDENTIFIER=svinit
        wait_logged '/etc/cron.d/jobs:3: ' SYSLOG_IDENTIFIER=svinit
        wait_logged '/etc/cron.d/writable: ' SYSLOG_IDENTIFIER=svinit
        run journal SYSLOG_IDENTIFIER=svinit
        [[ $output == *"/etc/cron.d/jobs:6: '61' is not a field of a schedule"* ]]
        [[ $output == *"/etc/cron.d/jobs:3: MAILTO=: No mail is sent to 'admin@example.org'"* ]]
        [[ $output == *"/etc/cron.d/writable: Others than its owner may write it (mode 0666"* ]]

        # A table that is changed counts from the next daemon-reload on.
        echo '@daily root echo new' >"$T/cron.d/jobs"
        ctl daemon-reload
        [[ $(show cron-jobs-1 ExecStart) == *"echo new"* ]]
        [ "$(show cron-jobs-3.timer LoadState)" = not-found ] || [ "$(show cron-jobs-3.timer ActiveState)" = active ]
}

@test "where a cron daemon is installed it runs the jobs, unless it is masked" {
        tables
        unit cron.service <<<$'[Service]\nExecStart=/bin/sleep infinity'
        boot_with_tables
        silent ctl list-units --all --plain --no-legend 'cron*.timer'
        rm "$T/units/cron.service"
        ln -s /dev/null "$T/units/cron.service"
        ctl daemon-reload
        [ "$(show cron-jobs-2.timer LoadState)" = loaded ]
}
