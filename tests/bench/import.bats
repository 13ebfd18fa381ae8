#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# svctl import pm2 beside PM2 itself: what the apps of one file find below both. Needs node and npm, which installs PM2
# (7.0.4) for the time being; $PM2 names one that is there. STAGE, RIG and PROBE as for tests/integration.

load ../integration/helper

setup_file() {
        [[ ! ${PM2:-} ]] || return 0
        npm install --silent --no-audit --no-fund --prefix "$BATS_FILE_TMPDIR/npm" pm2@7.0.4 3>&-
        export PM2=$BATS_FILE_TMPDIR/npm/node_modules/.bin/pm2
}

# Of each process: arguments, directory, user, the variables that the file gives, in a file of its own.
looks() {
        cat >"$T/out/look.js" <<'J'
const e = process.env, fs = require('fs');
const seen = [process.execArgv, process.argv.slice(2), process.cwd(), process.getuid(), e.A, e.O, e.PORT, e.NODE_APP_INSTANCE, e.PROFILE, typeof process.send];
const name = `${e.OUT}-${e.WHO}${e.NODE_APP_INSTANCE}`;
fs.writeFileSync(name + '.new', JSON.stringify(seen));
fs.renameSync(name + '.new', name);
setInterval(() => {}, 1000);
J
        cat >"$T/out/look.py" <<'P'
import os, sys, time
name = os.environ["OUT"] + "-" + os.environ["WHO"]
with open(name + ".new", "w") as f:
    f.write(repr([sys.argv[1:], os.getcwd(), os.getuid(), os.environ.get("A"), os.environ.get("PYTHONUNBUFFERED")]))
os.rename(name + ".new", name)
time.sleep(1e6)
P
        printf '%s\n' '#!/bin/sh' 'printf "%s\n" "$@" "$(pwd)" "$A" >"$OUT-$WHO.new"; mv "$OUT-$WHO.new" "$OUT-$WHO"; exec sleep infinity' >"$T/out/look.sh"
        chmod 755 "$T/out/look.sh"
        cat >"$T/out/ecosystem.config.js" <<'J'
const common = { cwd: process.env.HERE, autorestart: false };
const env = more => ({ OUT: process.env.OUT, ...more });
module.exports = { apps: [
  { ...common, name: 'fork', script: 'look.js', args: 'one "two words" --three=\'f o\' $HOME 100%', node_args: '--max-old-space-size=99 --no-warnings',
    env: env({ WHO: 'fork', A: 'x "y" $z %i', O: { a: [1, true] }, PORT: 1 }), env_production: { PROFILE: 'production' }, port: 8080 },
  { ...common, name: 'set', script: './look.js', args: ['a b', ''], instances: 2, exec_mode: 'fork', increment_var: 'PORT', env: env({ WHO: 'set', PORT: 3000 }) },
  { ...common, name: 'py', script: 'look.py', args: ['é', '\\n'], cwd: process.env.HERE + '/../usr', script: process.env.HERE + '/look.py', env: env({ WHO: 'py', A: 'a\nb' }) },
  { ...common, name: 'sh', script: 'look.sh', interpreter: 'none', args: '"a;b" \'c  d\'', env: env({ WHO: 'sh', A: '' }) },
  { ...common, name: 'line', script: process.env.HERE + '/look.sh "q r" $A', env: env({ WHO: 'line', A: 'v w' }) },
] };
J
}

@test "the apps of a file find the same below PM2 and as units" {
        looks
        mkdir "$T/out/theirs" "$T/out/ours" "$T/out/usr"
        chmod 755 "$T/out" # root evaluates what nobody else could have written
        # PM2 where the container has it: both sides see the same paths.
        boot --bind "$(cd "$(dirname "$(readlink -f "$PM2")")/../../.." && pwd):/opt"
        inside_sh 'cd /out && HERE=/out OUT=/out/ours/x /usr/lib/svinit/svinit-import pm2 ecosystem.config.js --profile=production --output=/etc/systemd/system' >/dev/null
        ctl daemon-reload
        run -0 ctl start fork set py sh line
        inside_sh 'cd /out && HOME=/root PM2_HOME=/run/pm2 HERE=/out OUT=/out/theirs/x /opt/node_modules/.bin/pm2 start ecosystem.config.js --env production' >/dev/null
        for f in fork0 set0 set1 py sh line; do
                wait_host test -e "$T/out/theirs/x-$f"
                wait_host test -e "$T/out/ours/x-$f"
                diff <(sed 's/ours/theirs/' "$T/out/ours/x-$f") "$T/out/theirs/x-$f"
        done
        inside_sh 'PM2_HOME=/run/pm2 /opt/node_modules/.bin/pm2 kill' >/dev/null
}
