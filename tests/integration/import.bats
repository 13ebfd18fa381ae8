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
        [ "$(grep -v 'RestartSteps\|RestartMaxDelaySec' <<<"$output")" = "" ] # younger than systemd 252
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
		"out_file": "out.log", "error_file": "/dev/null", "pid_file": "a b.pid", "namespace": "shop",
		"uid": "daemon", "vizion": false, "pmx": true, "nosuch": 1
	}, { "script": "app.js", "interpreter": "/bin/sh", "name": "w", "exp_backoff_restart_delay": 100, "autostart": false, "instances": 3, "exec_mode": "fork", "increment_var": "PORT", "port": 4000, "disable_logs": true }]
}
E
        run -0 --separate-stderr import pm2 ecosystem.json --only=api
        [[ $stderr == *"2 things could not be carried over"* ]]
        [[ $output == *"# not carried over: pmx (line 8): "* && $output == *"# not carried over: nosuch (line 8): PM2 has no such key"* ]]
        diff - <(grep -v '^# not' <<<"$output") <<E
# api.service, made by 'svctl import' from ecosystem.json

[Unit]
Description=api
StartLimitIntervalSec=infinity
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
        [ "$(values RestartSec) $(values RestartSteps) $(values RestartMaxDelaySec) $(values X-StableSec)" = "100ms 13 15s 30s" ]
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
        [[ $output == *"root does not run what others can write"* ]]
        chmod 755 "$T/app"
        chown nobody "$T/app/eco.config.js"
        run -1 import pm2 eco.config.js
        [[ $output == *"root does not run what others can write"* ]]
        run -1 import pm2 nosuch.json
        [[ $output == *"nosuch.json cannot be read: No such file or directory."* ]]
        app broken.json <<<'{ "apps": [ { '
        run -1 import pm2 broken.json
        app empty.json <<<'{}'
        run -0 --separate-stderr import pm2 empty.json
        [[ $output == *"which has no script"* ]]
        run -2 import nosuch empty.json
}
