#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl import: units from the files of other supervisors. What comes out is read by systemd-analyze and svctl verify
# without a word, and started.

load helper

import() { # FORMAT FILE OPTIONS, in $T/app
        (cd "$T/app" && "$STAGE/usr/lib/svinit/svinit-import" "$@")
}

app() { # FILE: what the supervisor would read
        mkdir -p "$T/app"
        chmod 755 "$T/app"
        cat >"$T/app/$1"
}

program() { # FILE
        app "$1"
        chmod 755 "$T/app/$1"
}

# Of the last output: the values of a key, one a line.
values() {
        grep "^$1=" <<<"$output" | cut -d= -f2-
}

good_for_all() { # FILES in $T/units
        run env SYSTEMD_UNIT_PATH="$T/units:$STAGE/usr/lib/svinit/system" systemd-analyze verify --man=no --recursive-errors=no "$@"
        [ "$(grep -v RestartMaxDelaySec <<<"$output")" = "" ] # younger than systemd 252
        run -0 env SYSTEMD_UNIT_PATH="$T/units:$STAGE/usr/lib/svinit/system" "$STAGE/usr/bin/svctl" verify "$@"
        [ "$(grep -v ': note: ' <<<"$output")" = "" ]
}

@test "pm2: an app is kept as PM2 keeps it, and what has no counterpart is said" {
        program app.js <<<'// nothing'
        app ecosystem.json <<'E'
{
	"apps": [{
		"name": "api", "script": "./app.js", "args": "--port 80 \"two words\" $HOME %i", "interpreter": "/bin/sh", "node_args": ["-e"],
		"env": { "A": "x \"y\"", "P": "50%", "N": 3, "O": { "a": [1, "2", true, null] } }, "env_production": { "A": "z" },
		"min_uptime": "2s", "max_restarts": 5, "restart_delay": 150, "stop_exit_codes": [0, 3], "kill_timeout": 3000, "treekill": false,
		"cron_restart": "30 4 * * 1-5", "max_memory_restart": "300M", "watch": ["src", "/etc/api"], "ignore_watch": "tmp *.bak",
		"out_file": "out.log", "error_file": "/dev/null", "log_date_format": "YYYY-MM-DD", "pid_file": "a b.pid", "namespace": "shop",
		"uid": "daemon", "vizion": false, "pmx": true, "nosuch": 1
	}, { "script": "app.js", "interpreter": "/bin/sh", "name": "w", "exp_backoff_restart_delay": 100, "autostart": false, "instances": 3, "exec_mode": "fork", "increment_var": "PORT", "port": 4000, "disable_logs": true }]
}
E
        run -0 --separate-stderr import pm2 ecosystem.json --only=api
        [[ $stderr == *"3 things could not be carried over"* ]]
        [[ $output == *"# not carried over: pmx (line 8): "* && $output == *"# not carried over: nosuch (line 8): PM2 has no such key"* && $output == *"# not carried over: the form of log lines (line 7): "* ]]
        diff - <(grep -v '^# not' <<<"$output") <<E
# api.service, made by 'svctl import' from ecosystem.json

[Unit]
Description=api
StartLimitIntervalSec=10s
StartLimitBurst=5
PartOf=shop.target

[Service]
ExecStart=:/bin/sh -e $T/app/app.js --port 80 "two words" \$HOME %%i
WorkingDirectory=$T/app
Environment="A=x \\"y\\""
Environment=P=50%%
Environment=N=3
Environment="O={\\"a\\":[1,\\"2\\",true,null]}"
User=daemon
KillSignal=SIGINT
TimeoutStopSec=3s
KillMode=process
Restart=always
RestartSec=150ms
X-StableSec=2s
RestartPreventExitStatus=0 3
X-RestartOnCalendar=Mon..Fri *-*-* 4:30:00
X-Watch=$T/app/src
X-Watch=/etc/api
X-WatchIgnore=tmp *.bak
X-MemoryRestart=300M
ExecStartPost=:/bin/sh -c "echo \\"\$MAINPID\\" >\\"\$0\\"" "$T/app/a b.pid"
StandardOutput=append:$T/app/out.log
StandardError=null

[X-Profile production]
Environment=A=z

[Install]
WantedBy=shop.target

# shop.target, made by 'svctl import' from ecosystem.json

[Unit]
Description=shop

[Install]
WantedBy=multi-user.target
E
        run -0 --separate-stderr import pm2 ecosystem.json --only=api --profile=production
        [[ $(values Environment) == *"A=z"* && $output != *X-Profile* ]]
        run -0 --separate-stderr import pm2 ecosystem.json --only=w --check
        [ "$(values RestartSec) $(values X-BackoffFactor) $(values RestartMaxDelaySec) $(values X-BackoffResetSec)" = "100ms 1.5 15s 30s" ]
        [ "$(values StartLimitBurst) $(values StartLimitIntervalSec) $(values X-StableSec)" = "16 16s 1s" ]
        [ "$(values X-Instances) $(values X-IncrementEnvironment) $(values Environment | tr '\n' ' ')" = "3 PORT NODE_APP_INSTANCE=%i PORT=4000 " ]
        [ "$(values StandardOutput)$(values StandardError) $(values WantedBy)" = "nullnull " ]
        run -1 import pm2 ecosystem.json --check
        run -0 import pm2 ecosystem.json --output="$T/units"
        good_for_all "$T"/units/*.service "$T/units/shop.target"
        run -1 import pm2 ecosystem.json --output="$T/units"
        [[ $output == *"--force overwrites it"* ]]
        run -0 import pm2 ecosystem.json --output="$T/units" --force
}

@test "pm2: YAML and programs; root runs no program that others could have written" {
        type node >/dev/null || skip "there is no node"
        program app.sh <<<'# nothing'
        app ecosystem.yml <<'E'
x-base: &base { script: app.sh, env: { A: "1", B: 1.10 } }
apps:
  - <<: *base
    name: one
    env: { A: yes }
E
        run -0 --separate-stderr import pm2 ecosystem.yml
        [ "$(values Environment)" = "A=yes" ]
        app eco.config.js <<<'console.log("noise"); module.exports = { apps: [{ name: "x", script: "app.sh", env: { FOO: process.env.FOO } }] }'
        app eco.mjs <<<'export default { apps: [{ name: "x", script: "app.sh", env: { FOO: process.env.FOO } }] }'
        app loose.json <<<'{ apps: [{ name: "x", script: "app.sh", env: { FOO: ["b", "ar"].join("") } }] } // as PM2 takes it'
        for f in eco.config.js eco.mjs loose.json; do
                FOO=bar run -0 --separate-stderr import pm2 "$f"
                [ "$(values Environment)" = "FOO=bar" ]
        done
        app broken.js <<<'throw new Error("so it is")'
        run -1 import pm2 broken.js
        [[ $output == *"so it is"* && $output == *"node could not evaluate it."* ]]
        chmod 777 "$T/app"
        run -1 import pm2 eco.config.js
        [[ $output == *"does not run what others can write"* ]]
        chmod 755 "$T/app"
        chown nobody "$T/app/eco.config.js"
        run -1 import pm2 eco.config.js
        [[ $output == *"does not run what others can write"* ]]
        run -1 import pm2 nosuch.json
        [[ $output == *"nosuch.json cannot be read: No such file or directory."* ]]
        app broken.json <<<'{ "apps": [ { '
        run -1 import pm2 broken.json
        [[ $output == *"broken.json:"*": This is neither YAML nor JSON: "* ]]
        app empty.json <<<'{}'
        run -0 --separate-stderr import pm2 empty.json
        [[ $output == *"which has no script"* ]]
        run -2 import nosuch empty.json
}

# What a process finds: its arguments, directory, user, mask and variables, in a file of its own below $OUT.
LOOK='printf "%s " "$0" "$@" "$(pwd)" "$(id -un)" "$(umask)" "A=$A" "B=$B" "P=$PORT" >"$OUT.$1"; mv "$OUT.$1" "$OUT-$1"; exec sleep infinity'

supervisord_conf() {
        mkdir -p "$T/app/conf.d"
        app supervisord.conf <<E
[unix_http_server]
file=$T/supervisor.sock
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=$T/supervisord.pid
environment=A="from above",OUT="%(ENV_OUT)s"
[include]
files = conf.d/*.conf

[program:set]
command=/bin/sh -c '${LOOK//%/%%}' look set%(process_num)d "two  words" 100%% ; a comment
process_name=%(program_name)s_%(process_num)02d
numprocs=2
environment=PORT="80%(process_num)s",B='b, "c"'
directory=/usr
user=daemon
umask=027
stopasgroup=true
killasgroup=true
[group:both]
programs=set,wide
E
        app conf.d/wide.conf <<E
[program:wide]
command=/bin/sh -c '${LOOK//%/%%}' look
  wide%(process_num)02d %(ENV_A)s %(here)s
process_name=w%(process_num)02d
numprocs=2
numprocs_start=7
environment=A=own
directory=/usr/lib
stopasgroup=true
killasgroup=true
priority=5
[eventlistener:none]
command=/bin/cat
autostart=false
events=TICK_60
E
}

@test "supervisord: its processes find what they find below supervisord itself" {
        type supervisord >/dev/null || skip "there is no supervisord"
        supervisord_conf
        mkdir "$T/out/theirs" "$T/out/ours"
        chmod 777 "$T/out/theirs" "$T/out/ours"
        OUT=/out/ours/x run -0 --separate-stderr import supervisord supervisord.conf --output="$T/units"
        [[ $stderr == *"[eventlistener:none]: it speaks supervisord's protocol of events"* && $stderr == *"1 thing could not"* ]]
        [ "$(cd "$T/units" && ls)" = $'both.target\nset.service\nw07.service\nw08.service' ]
        good_for_all "$T"/units/*
        [ "$(grep -h '^After=\|^X-Instances=' "$T/units/set.service")" = $'After=w07.service w08.service\nX-Instances=2' ]
        (cd "$T/app" && OUT=$T/out/theirs/x exec supervisord -c supervisord.conf) >"$T/supervisord.log" 2>&1 3>&- &
        theirs=$!
        boot
        run -0 ctl enable set w07 w08
        run -0 ctl start both.target
        for f in set0 set1 wide07 wide08; do
                wait_host test -e "$T/out/theirs/x-$f"
                wait_host test -e "$T/out/ours/x-$f"
                diff "$T/out/theirs/x-$f" "$T/out/ours/x-$f"
        done
        diff - <(cat "$T/out/ours/x-set1"; echo) <<<'look set1 two  words 100% /usr daemon 0027 A=from above B=b, "c P=801 '
        kill -TERM "$theirs"
        wait "$theirs" || true
}

@test "supervisord: how it restarts and stops, FastCGI, and what is wrong with a file" {
        app a.conf <<'E'
[supervisord]
minfds=2048
[program:a]
command=sleep "in finity"
autorestart=true
startsecs=5
startretries=7
stopsignal=quit
stopwaitsecs=20
stdout_logfile=/dev/stdout
stderr_logfile=NONE
[program:b]
command=sleep 1
exitcodes=0,2
startsecs=0
autostart=false
nosuch=1
[fcgi-program:php]
command=sleep 1
socket=unix:///run/%(program_name)s.sock
socket_owner=www-data:daemon
socket_mode=0700
socket_backlog=9
E
        run -0 --separate-stderr import supervisord a.conf --only=a
        diff - <(echo "$output") <<'E'
# a.service, made by 'svctl import' from a.conf
# what the process leaves behind is killed with it: killasgroup and stopasgroup are off

[Unit]
Description=a
StartLimitIntervalSec=infinity
StartLimitBurst=8

[Service]
ExecStart=/usr/bin/sleep "in finity"
LimitNOFILE=2048
Restart=always
RestartSec=1s
X-StableSec=5s
KillSignal=SIGQUIT
TimeoutStopSec=20s
KillMode=mixed
StandardOutput=journal+console
StandardError=null

[Install]
WantedBy=multi-user.target
E
        run -1 --separate-stderr import supervisord a.conf --only=b --check
        [[ $output == *"not carried over: nosuch (line 17): "* && $output != *WantedBy* ]]
        [ "$(values RestartPreventExitStatus)/$(values SuccessExitStatus)/$(values StartLimitIntervalSec)" = "0 2/2/0" ]
        run -0 --separate-stderr import supervisord a.conf --only=php
        [ "$(values ListenStream) $(values SocketUser) $(values SocketGroup) $(values SocketMode) $(values Backlog) $(values StandardInput)" = "/run/php.sock www-data daemon 0700 9 socket" ]
        app bad.conf <<<$'[supervisord]\n\nwhat is this'
        run -1 import supervisord bad.conf
        [[ $output == *"bad.conf:3: Neither a [section] nor key=value"* ]]
        app bad.conf <<<$'[program:x]\ncommand=true'
        run -1 import supervisord bad.conf
        [[ $output == *"There is no section [supervisord]"* ]]
        app bad.conf <<<$'[supervisord]\n[program:x]\ncommand=true %(nosuch)s\n'
        run -1 import supervisord bad.conf --check
        [[ $output == *"command (line 3): '%(nosuch)s', a name that supervisord does not know here"* ]]
}

@test "Procfile: a shell for each line, ports of their own, and .env" {
        app Procfile <<E
# comment
web: export OUT=/out/web; $LOOK

worker: export OUT=/out/worker; exec /bin/sh -c '$LOOK' look "100%" # 100%
not a line
E
        app .env <<'E'
export A="x\ny \"z\""
B='$HOME %i'
# comment
PORT=3000
bad line
E
        run -0 --separate-stderr import procfile Procfile --output="$T/units"
        [[ $stderr == *".env, line 5: NAME=VALUE was expected"* && $stderr == *"line 5: NAME: COMMAND was expected"* ]]
        sed -i "s,^WorkingDirectory=.*,WorkingDirectory=/usr," "$T"/units/*.service
        good_for_all "$T"/units/*
        boot
        run -0 ctl start web worker
        wait_host test -e "$T/out/web-"
        wait_host test -e "$T/out/worker-100%"
        diff - <(cat "$T/out/web-"; echo) <<<$'/bin/sh /usr root 0022 A=x\ny "z" B=$HOME %i P=3000 '
        diff - <(cat "$T/out/worker-100%"; echo) <<<$'look 100% /usr root 0022 A=x\ny "z" B=$HOME %i P=3100 '
}

@test "Procfile: one without a process is an error" {
        app Procfile <<<'# nothing yet'
        run -1 import procfile Procfile
        [[ $output == *"Procfile: There are no processes in it: NAME: COMMAND on each line." ]]
}

@test "compose: services are units, wait for each other and keep their limits" {
        app .env <<<$'TAG=from-file\nB="of .env"'
        app more.env <<<$'PORT=77'
        app compose.yaml <<E
x-common: &common { restart: unless-stopped, user: "daemon:daemon", working_dir: /usr }
services:
  web:
    <<: *common
    image: shop/web:\${TAG}
    entrypoint: [/bin/sh, -c, '${LOOK//$/\$\$}', look]
    command: web "\${A:-two  words}" \${TAG} 100%
    environment: { A: "\$\${TAG} \${TAG}", OUT: /out/web, PORT: 80, EMPTY: }
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully, restart: true }
      gone: { condition: service_started }
    deploy: { replicas: 1, resources: { limits: { cpus: '0.5', memory: 64M, pids: 99 }, reservations: { memory: 16m } } }
    ulimits: { nofile: { soft: 1024, hard: 2048 }, core: -1 }
    stop_grace_period: 1m30s
    stop_signal: SIGQUIT
    ports: ["80:80"]
    nosuch: 1
  db:
    command: sleep infinity
    restart: on-failure:3
    healthcheck: { test: ["CMD-SHELL", "test -e /out/db \$\$HOME"], interval: 1s, retries: 5 }
    env_file: [more.env, { path: none.env, required: false }]
    cap_drop: [NET_RAW, CAP_CHOWN]
    security_opt: [no-new-privileges]
    read_only: true
    tmpfs: /run/db:size=1m
    mem_limit: 100mb
    profiles: [full]
  migrate:
    command: ["sh", "-c", "touch /out/migrated"]
    environment: [B, OUT=/out/migrate]
  gone: { image: redis }
networks: {}
E
        A= run -0 --separate-stderr import compose compose.yaml
        [[ $output == *"# compose.yaml: not carried over: gone (line 33): the file does not say which command its image 'redis' runs"* ]]
        for dropped in "image (line 5): " "ports (line 17): " "nosuch (line 18): compose has no such key" "depends_on gone, of which there is no unit"; do
                [[ $output == *"# not carried over: $dropped"* ]]
        done
        [ "$(values CPUQuota) $(values TasksMax) $(values MemoryLow) $(values LimitNOFILE) $(values LimitCORE)" = "50% 99 16M 1024:2048 infinity" ]
        [ "$(values MemoryMax | tr '\n' ' ')$(values CapabilityBoundingSet) $(values TemporaryFileSystem)" = "64M 100M ~CAP_NET_RAW CAP_CHOWN /run/db:size=1m" ]
        [ "$(values X-HealthCheck)" = 'exec:/bin/sh -c "test -e /out/db $HOME"' ]
        [ "$(values X-HealthIntervalSec) $(values X-HealthFailures) $(values X-ReadyOn)" = "1s 5 health" ]
        [ "$(values EnvironmentFile | tr '\n' ' ')" = "$T/app/more.env -$T/app/none.env " ]
        [ "$(values PassEnvironment | tr '\n' ' ')$(values PartOf)" = "EMPTY migrate.service" ]
        grep -q '^Environment="B=of .env"$' <<<"$output"
        A= run -0 import compose compose.yaml --output="$T/units"
        good_for_all "$T"/units/*
        run -1 grep -q WantedBy "$T/units/db.service"
        # A program that is asked for its health is another matter: here db is only started.
        sed -i '/^X-\(Health\|ReadyOn\)/d; /^EnvironmentFile/d' "$T/units/db.service"
        boot
        run -0 ctl start web
        wait_host test -e "$T/out/web-web"
        diff - <(cat "$T/out/web-web"; echo) <<<'look web two  words from-file 100% /usr daemon 0022 A=${TAG} from-file B= P=80 '
        [ -e "$T/out/migrated" ]
        [ "$(show db ActiveState) $(show migrate SubState) $(show db NoNewPrivileges)" = "active exited yes" ]
        app empty.yaml <<<'services: {}'
        run -1 import compose empty.yaml
        app broken.yaml <<<$'services:\n  a: [\n'
        run -1 import compose broken.yaml
        [[ $output =~ broken.yaml:[34]:\ This\ is\ neither\ YAML\ nor\ JSON:\  ]]
}
