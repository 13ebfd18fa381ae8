#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svinit-pm2(7): all that PM2 7 has is in it, all that it names is there, and what it says is what happens.

load helper

page=$BATS_TEST_DIRNAME/../../man/svinit-pm2.7
svctl=$STAGE/usr/bin/svctl

# pm2 --help of 7.0.4, with the short names, and its other programs.
commands=(start trigger deploy startOrRestart startOrReload pid create startOrGracefulReload stop restart scale
        profile:mem profile:cpu reload id inspect delete sendSignal ping updatePM2 update install module:update module:generate
        uninstall package publish set multiset get conf config unset report link unlink monitor unmonitor open plus login
        logout register web dump cleardump send attach resurrect unstartup startup logrotate ecosystem init reset describe
        desc info show env list l ps status ls jlist prettylist sysinfos slist monit imonit dashboard dash flush reloadLogs
        logs kill pull forward backward deepUpdate serve autoinstall examples save gracefulReload heapdump
        pm2-runtime pm2-dev)
# The keys of its schema (lib/API/schema.json) that say something of an app.
keys=(script name cwd args exec_interpreter interpreter node_args interpreter_args execute_command namespace name_prefix
        append_env_to_name env filter_env instances exec_mode instance_var increment_var port wait_ready listen_timeout
        kill_timeout kill_retry_time shutdown_with_message treekill autorestart autostart stop_exit_codes min_uptime
        max_restarts restart_delay exp_backoff_restart_delay max_memory_restart cron_restart watch ignore_watch watch_delay
        out_file error_file log_file merge_logs disable_logs log_date_format time log_type pid_file uid gid user username
        source_map_support pmx automation vizion trace io)

# The cells of its tables, a row in a line: "left<tab>right".
rows() {
        awk '/^T\{$/ { cell = ""; on = 1; next }
             /^T\}\|T\{$/ { left = cell; cell = ""; next }
             /^T\}$/ { print left "\t" cell; on = 0; next }
             on { cell = cell (cell ? " " : "") $0 }' "$page" | sed 's/\\-/-/g'
}

@test "svinit-pm2(7) has all of PM2's commands and keys" {
        rows >"$T/rows"
        for c in "${commands[@]}" "${keys[@]}"; do
                cut -f1 "$T/rows" | grep -qE -- "(^|[ ,])${c}($|[ ,])" || { echo "not there: $c"; return 1; }
        done
}

# In "svctl VERB ... --option", up to the comma or colon that ends it.
svctl_calls() {
        cut -f2 "$T/rows" | grep -oE "svctl [a-z][^,:;|&]*"
        sed -n 's/\\-/-/g; s/^\.B svctl /svctl /p' "$page"
}

@test "svinit-pm2(7): each verb, option and setting that it names is there" {
        rows >"$T/rows"
        "$svctl" complete -- '' | cut -f1 >"$T/verbs"
        "$svctl" dump-directives | cut -f1 | sort -u >"$T/directives"
        svctl_calls >"$T/calls"
        [ "$(wc -l <"$T/calls")" -gt 40 ]
        while read -r _ verb rest; do
                grep -qx -- "$verb" "$T/verbs" || { echo "no verb: $verb"; return 1; }
                for o in $(grep -oE -- '(^| )--[a-z-]+' <<<"$rest"); do
                        "$svctl" complete -- "$verb" "$o" | grep -qE -- "^$o(=|$|[[:space:]])" || { echo "no option: $verb $o"; return 1; }
                done
        done <"$T/calls"
        for k in $(cut -f2 "$T/rows" | grep -oE '\b(X-)?[A-Z][A-Za-z]+=' | tr -d = | sort -u); do
                case $k in
                KEY | TEXT | NODE_ENV | NODE_OPTIONS | SystemMaxUse) ;; # stand for others, or belong elsewhere
                *) grep -qx -- "$k" "$T/directives" || { echo "no setting: $k"; return 1; } ;;
                esac
        done
}

log_has() {
        inside svctl logs -o cat "$1" | grep -qF -- "$2"
}

the_app() {
        mkdir "$T/out/app"
        cat >"$T/out/app/app.js" <<'J'
console.log('up as ' + process.env.NODE_ENV);
process.on('SIGUSR2', () => console.log('got USR2'));
process.stdin.on('data', d => console.log('read ' + String(d).trim()));
setInterval(() => {}, 1000);
J
        cat >"$T/out/app/ecosystem.json" <<'J'
{ "apps": [ { "name": "eco", "script": "./app.js", "env": { "NODE_ENV": "development" }, "env_production": { "NODE_ENV": "production" } },
            { "name": "other", "script": "./app.js" } ] }
J
        printf '%s\n' '[Socket]' 'ListenFIFO=/run/talk.stdin' >"$T/units/talk.socket"
        printf '%s\n' '[Unit]' 'Requires=talk.socket' 'After=talk.socket' '[Service]' 'ExecStart=/bin/cat' 'StandardInput=socket' 'StandardOutput=journal' >"$T/units/talk.service"
}

app() {
        nsenter -t "$init_pid" -m -u -i -n -p -- sh -c 'cd /out/app && exec "$@"' sh "$@"
}

starts() {
        app svctl run -q --unit=app --collect -d -E NODE_ENV=transient node app.js
        wait_host log_has app 'up as transient'
        inside svctl stop app
        [ "$(show app.service LoadState)" = not-found ]
        app svctl run -q --unit=many --instances=2 -d -p X-MemoryRestart=300M -p X-RestartOnCalendar=daily node app.js
        [ "$(inside svctl is-active many@0 many@1)" = $'active\nactive' ]
        inside svctl scale -q many 3
        inside svctl scale -q many -1
        [ "$(inside svctl list many -o cat)" = $'many.service\nmany@0.service\nmany@1.service' ]
        inside svctl stop many
        app svctl generate node -u web -o /etc/systemd/system -- app.js
        inside svctl enable --now -q web
        wait_host log_has web 'up as production'
}

imports() {
        app svctl import pm2 ecosystem.json --output=/etc/systemd/system --only=eco --profile=production
        inside svctl daemon-reload
        inside svctl start eco
        wait_host log_has eco 'up as production'
        [ "$(show other.service LoadState)" = not-found ]
        inside svctl disable --now -q eco
}

has_come_up() {
        inside svctl logs -o cat "_PID=$(show web.service MainPID)" | grep -q '^up as'
}

controls() {
        local pid
        pid=$(inside svctl show -p MainPID --value web)
        inside svctl restart web
        [ "$(inside svctl show -p MainPID --value web)" != "$pid" ]
        inside svctl roll web
        inside svctl stop 'we*'
        inside svctl roll --or-start web
        inside svctl is-active -q web
        wait_host has_come_up # what has no handler yet dies of the signal
        inside svctl kill -s USR2 web
        wait_host log_has web 'got USR2'
        inside svctl kill -s USR1 --kill-whom=main web
        wait_host log_has web 'Debugger listening'
        inside svctl start talk
        inside sh -c 'echo one line >/run/talk.stdin'
        wait_host log_has talk 'one line'
        inside svctl restart talk
        inside sh -c 'echo another >/run/talk.stdin'
        wait_host log_has talk another
        app svctl run -q --unit=ill -p Restart=on-failure -p RestartSec=10ms sh -c 'exit 1'
        wait_state ill.service failed
        [ "$(show ill.service NRestarts)" -gt 0 ]
        inside svctl reset-failed ill
}

shows() {
        [ "$(inside svctl list -o json web | jq -r '.[0].unit')" = web.service ]
        inside svctl list --sort=memory | grep -q '  web.service'
        inside svctl status web | grep -q 'Main PID: '
        inside svctl env web | grep -qx NODE_ENV=production
        inside svctl status | grep -q 'State: '
        inside svctl doctor >/dev/null
        inside svctl metrics | grep -q 'unit="web.service"'
        inside svctl analyze dump | grep -q web.service
        inside svctl is-system-running >/dev/null || true
        inside svctl logs -n 5 -o short-iso-precise web | grep -q 'Debugger listening'
        inside svctl logs -o json --grep='got USR2' web | grep -q '"MESSAGE"'
}

changes() {
        inside svctl set-property web MemoryMax=200M CPUWeight=50
        [ "$(show web.service MemoryMax)" = 209715200 ]
        inside svctl cat web | grep -q '^MemoryMax=200M'
        inside svctl revert web 2>/dev/null
        [ "$(show web.service MemoryMax)" != 209715200 ]
}

saves() {
        inside svctl save >/dev/null
        inside svctl enable -q saved.target
        inside svctl stop web
        inside svctl start saved.target
        inside svctl is-active -q web
        inside svctl disable -q saved.target
        inside svctl save --clear >/dev/null
}

ends() {
        local pid
        pid=$(show web.service MainPID)
        inside svctl daemon-reload
        [ "$(show web.service MainPID)" = "$pid" ]
        inside svctl logs --rotate --vacuum-time=1us
        run ! log_has web 'got USR2'
        inside svctl disable --now -q web
        inside svctl exit 7 || true
        wait_gone
        [ "$exit_code" = 7 ]
}

@test "what PM2's commands do is done by those that the page names for them" {
        the_app
        boot --cgroup hybrid
        starts
        imports
        controls
        shows
        changes
        saves
        ends
}
