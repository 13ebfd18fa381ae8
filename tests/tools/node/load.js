// SPDX-License-Identifier: LGPL-2.1-or-later
//
// load.js keep-alive|close|websocket PORT CLIENTS [PAUSE_MS [ADDRESS]]
//
// Clients that ask again as soon as they have an answer (and PAUSE_MS have passed), until SIGTERM; then one line of JSON.
// "begun" on stderr says that there were as many answers as clients: the load is on.
//
//      ok        answers
//      lost      requests that were sent and got no answer: the connection ended first
//      refused   connections that did not come about
//      longest   the longest time in ms for one answer, connecting included
//      shares    answers by the first word of each
//      killed    of processes that were killed: requests that were in flight in them, how many of these were lost
//
// "kill PID PORT..." on stdin kills a process that serves the clients with these ports. In flight in it is what has no
// answer when it is killed, and what is sent to it until its connections end: dying takes a while.
//
// A WebSocket that is closed in order (1000, 1001, 1012) is opened again, and what had no answer is sent again there: that
// is what the protocol asks of clients. It counts as moved, and as lost if the connection just broke.
const http = require('http');

const [mode, port, clients, pause = '0', host = '127.0.0.1'] = process.argv.slice(2);
const result = { ok: 0, lost: 0, refused: 0, moved: 0, longest: 0, shares: {}, killed: { inFlight: 0, lost: 0 } };
const PATIENCE_MS = 20000; // who gets no answer for so long never gets one
const TOLD = 100; // of the lost: who started us may read our stderr only at the end, and a full pipe would hold us up
const agent = new http.Agent({ keepAlive: mode === 'keep-alive', maxSockets: Number(clients) });
const inFlight = new Map(); // requests without an answer, by the port of the client: is it in a killed process?
const doomed = new Set(); // ports of connections to processes that were killed
let stopping = false;
let active = 0;

function answered(text, since) {
  const who = text.split(' ')[0];

  result.ok += 1;
  if (result.ok === Number(clients)) console.error('begun');
  result.longest = Math.max(result.longest, Date.now() - since);
  result.shares[who] = (result.shares[who] || 0) + 1;
}

function finish() {
  if (!stopping || active > 0) return;
  console.log(JSON.stringify(result));
  process.exit(0);
}

function next(client) {
  active -= 1;
  if (stopping) finish();
  else setTimeout(client, Number(pause));
}

function failed(error) {
  if (error.code === 'ECONNREFUSED') result.refused += 1;
  else {
    result.lost += 1;
    if (result.lost <= TOLD) console.error(new Date().toISOString(), error.message);
  }
}

function sent(socket, request) {
  request.port = socket.localPort;
  inFlight.set(request.port, doomed.has(request.port));
  if (doomed.has(request.port)) result.killed.inFlight += 1;
}

function connected(socket, request) {
  const port = socket.localPort;

  socket.once('close', () => doomed.delete(port));
  sent(socket, request);
}

function done(request) {
  const killed = inFlight.get(request.port);

  inFlight.delete(request.port);
  return killed;
}

function kill(pid, ports) {
  process.kill(pid, 'SIGKILL');
  ports.map(Number).forEach((p) => {
    doomed.add(p);
    if (!inFlight.has(p)) return;
    inFlight.set(p, true);
    result.killed.inFlight += 1;
  });
}

function ask() {
  const since = Date.now();

  if (stopping) return finish();
  active += 1;
  const request = http.get({ host, port, agent, path: '/' }, (response) => {
    let text = '';

    response.on('data', (chunk) => { text += chunk; });
    response.on('end', () => { done(request); answered(text, since); next(ask); });
    response.on('aborted', () => {
      if (done(request)) result.killed.lost += 1;
      failed(new Error('half an answer'));
      next(ask);
    });
  });
  request.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => connected(socket, request));
    else sent(socket, request);
  });
  request.setTimeout(PATIENCE_MS, () => request.destroy(new Error('no answer within 20 s')));
  request.on('error', (error) => {
    if (done(request)) result.killed.lost += 1;
    failed(error);
    setTimeout(() => next(ask), 20);
  });
  return undefined;
}

function talk() {
  const WebSocket = require(require.resolve('ws', { paths: [process.cwd(), __dirname] }));
  let since = 0; // of the message that has no answer yet
  let number = 0;

  function open() {
    const socket = new WebSocket(`ws://${host}:${port}/`, { handshakeTimeout: PATIENCE_MS });
    let up = false;
    let patience = null;
    const send = () => {
      if (stopping) {
        socket.removeAllListeners('close');
        socket.close();
        next(talk);
        return;
      }
      if (socket.readyState !== WebSocket.OPEN) return;
      if (since === 0) {
        number += 1;
        since = Date.now();
      }
      patience = setTimeout(() => socket.terminate(), PATIENCE_MS);
      socket.send(String(number));
    };

    socket.on('open', () => { up = true; send(); });
    socket.on('message', (data) => {
      const text = data.toString();

      if (Number(text.split(' ')[1]) !== number || since === 0) return;
      clearTimeout(patience);
      answered(text, since);
      since = 0;
      setTimeout(send, Number(pause));
    });
    socket.on('error', (error) => { if (!up) failed(error); });
    socket.on('close', (code) => {
      clearTimeout(patience);
      if (up && since > 0 && ![1000, 1001, 1012].includes(code)) failed(new Error(`closed with ${code}`));
      else if (up) result.moved += 1;
      if (stopping) next(talk);
      else setTimeout(open, up ? 0 : 20);
    });
  }

  active += 1;
  open();
}

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, pid, ...ports] = line.split(' ');

  if (word === 'kill') kill(Number(pid), ports);
});
process.on('SIGTERM', () => { stopping = true; finish(); });
for (let i = 0; i < Number(clients); i += 1) (mode === 'websocket' ? talk : ask)();
