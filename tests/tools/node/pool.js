// SPDX-License-Identifier: LGPL-2.1-or-later
// node pool.js TASKS WORKERS WORKER.js: a pool as one writes it with child_process.fork(), one task in each worker at a
// time. Prints how long all took, in seconds, and the tasks' own times in milliseconds, as one JSON text.
const { fork } = require('child_process');
const [tasks, workers, script] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const times = [], all = [];
let next = 0, up = 0, began;

function give(worker) {
        if (next === tasks) return worker.kill();
        worker.since = process.hrtime.bigint();
        worker.task = next++;
        worker.send({ task: worker.task });
}

for (let i = 0; i < workers; i++) {
        const worker = fork(script);
        worker.on('message', m => {
                if (m === 'ready') {
                        if (++up < workers) return;
                        began = process.hrtime.bigint();
                        return all.forEach(give);
                }
                if (m.done !== worker.task) throw new Error(`${worker.task}: ${JSON.stringify(m)}`);
                times.push(Number(process.hrtime.bigint() - worker.since) / 1e6);
                if (times.length === tasks)
                        console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - began) / 1e9, times }));
                give(worker);
        });
        all.push(worker);
}
