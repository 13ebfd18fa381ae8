/* SPDX-License-Identifier: LGPL-2.1-or-later */
'use strict';

/*
 * Helps a Node program to leave without losing a request. X-NodeDrain= loads it before the program, by NODE_OPTIONS; the
 * program needs to know nothing of it.
 *
 * Nothing is touched until it is time to leave: when svinit says so on the channel, or, without a channel, with the stop
 * signal that SVINIT_DRAIN_SIGNAL names. Then
 *   - all servers stop listening; what has been accepted is served;
 *   - answers from then on say "Connection: close", so that a connection that is busy ends with its next answer;
 *   - connections that are idle are left to their timeout: who closes one at once may meet the next request on its way;
 *   - HTTP/2 sessions are told to begin no new streams, and closed when what crossed that on its way has come;
 *   - a WebSocket of the package ws is closed (1001, going away) when the program has answered what it was handed. From
 *     then on it is handed no more: who sees the close sends again elsewhere what had no answer.
 * When the last connection is gone the channel is closed, or svinit told if its stop message is to come on it (what it
 * says has "stay" then), or the signal is given its ordinary effect.
 *
 * Runs on Node 16 and later; in grandchildren and threads it does nothing.
 */

const diagnostics = require('diagnostics_channel');
const net = require('net');

/* WebSockets are looked at now and then. Looks are counted, not time: what the program is late with is not over. */
const LOOK_MS = 10;
const PATIENCE = 200; /* looks; with a message that gets no answer, and with who has sent none since */
const SILENCE = 10; /* looks after the last answer, at least, for several may be owed, */
const SILENCE_TIMES = 3; /* or so many times as long as an answer took */
const CROSSING_MS = 1000; /* for HTTP/2 streams that are begun before it is read that no more are wanted */
const GOING_AWAY = 1001;
const OPEN = 1;

let draining = false;

/* Grandchildren are none of our business. */
function removeFromEnvironment() {
  const own = `--require=${__filename}`;
  const rest = (process.env.NODE_OPTIONS || '').split(' ').filter((word) => word !== own).join(' ');

  if (rest) process.env.NODE_OPTIONS = rest;
  else delete process.env.NODE_OPTIONS;
  delete process.env.SVINIT_DRAIN_SIGNAL;
}

/* ---- which connections there are ---- */

function handles(type) {
  return process._getActiveHandles().filter((handle) => handle instanceof type);
}

/* Nothing leads to them from the handles, which belong to the sockets below them. The inspector finds what there is. */
function tlsSockets() {
  const { Session } = require('inspector');
  const { TLSSocket } = require('tls');
  const inspector = new Session();
  const found = [];
  const ask = (method, parameters) => {
    let result;

    inspector.post(method, parameters, (error, answer) => { result = answer; });
    return result;
  };

  globalThis.svinitDrain = { type: TLSSocket.prototype, found };
  inspector.connect();
  try {
    const type = ask('Runtime.evaluate', { expression: 'svinitDrain.type' });
    const all = ask('Runtime.queryObjects', { prototypeObjectId: type.result.objectId });

    ask('Runtime.callFunctionOn', {
      objectId: all.objects.objectId, functionDeclaration: 'function () { svinitDrain.found.push(...this); }',
    });
  } finally {
    inspector.disconnect();
    delete globalThis.svinitDrain;
  }
  return found;
}

/* Those that servers have accepted. */
function acceptedSockets() {
  const sockets = handles(net.Socket).filter((socket) => socket.server);

  if (!sockets.some((socket) => socket.server._sharedCreds)) return sockets;
  try {
    return sockets.concat(tlsSockets().filter((socket) => socket.server && !socket.destroyed));
  } catch (error) { /* a Node without an inspector */
    process.emitWarning(`connections below TLS are left to their timeout: ${error.message}`, 'svinit');
    return sockets;
  }
}

/* What somebody has hung on the socket under a name that is not public. */
function attached(socket, isIt) {
  for (const key of Reflect.ownKeys(socket)) {
    const { value } = Object.getOwnPropertyDescriptor(socket, key);

    if (value && typeof value === 'object' && isIt(value, key)) return value;
  }
  return null;
}

/* ---- HTTP ---- */

/* Answers to requests that were sent without waiting for those before them stand in a row: only the last one may end it. */
function endWithAnswer(response) {
  const { socket, req } = response;

  if (!response.headersSent && (!socket || !socket.parser || socket.parser.incoming === req)) response.shouldKeepAlive = false;
}

function endWithAnswers(sockets) {
  const last = new WeakMap(); /* of each connection, the answer that is to end it */

  for (const socket of sockets) {
    const response = socket._httpMessage;

    if (!response) continue;
    endWithAnswer(response);
    if (!response.shouldKeepAlive) last.set(socket, response);
  }
  diagnostics.channel('http.server.request.start').subscribe(({ socket, response }) => {
    const before = last.get(socket);

    if (before && !before.headersSent) before.shouldKeepAlive = true;
    response.shouldKeepAlive = false;
    last.set(socket, response);
  });
}

/* ---- HTTP/2 ---- */

/*
 * RFC 9113, 6.8: a GOAWAY that excludes nothing comes first; the last stream is named when what had been sent before the
 * client read it has come. Node has no call for the first, and nghttp2 must not know of it: it would refuse what it still
 * has to serve.
 */
const GOAWAY = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/*
 * Below TLS it cannot be written between two writes of the session, so the last stream is named at once, and the client
 * has to begin later ones again elsewhere. Node sends it a little later: what it would take until then is held back.
 */
function nameLastStream(session, { _handle: handle }) {
  handle.readStop();
  session.goaway();
  setTimeout(() => { if (!session.destroyed) handle.readStart(); }, LOOK_MS);
}

function leaveSession(session, socket) {
  if (session.closed || session.destroyed) return;
  if (socket._handle.bytesWritten === 0) { /* the first frame is not ours */
    setTimeout(leaveSession, LOOK_MS, session, socket);
    return;
  }
  if (session.encrypted) nameLastStream(session, socket);
  else socket.write(GOAWAY);
  setTimeout(() => session.close(), CROSSING_MS).unref();
}

function isServersSession(value) {
  return value.constructor && value.constructor.name === 'ServerHttp2Session';
}

function leaveSessions(sockets, servers) {
  for (const socket of sockets) {
    const session = attached(socket, isServersSession);

    if (session) leaveSession(session, socket);
  }
  for (const server of servers) server.on('session', (session) => setTimeout(() => session.close(), CROSSING_MS).unref());
}

/* ---- WebSockets ---- */

/* The object that the package ws has for this connection. */
function websocketOf(socket) {
  return attached(socket, (value, key) => key.description === 'websocket' && value._isServer && typeof value.close === 'function');
}

/*
 * Sees what comes and goes from now on. Whether something is owed from before shows only when a message has come and been
 * answered; then nothing more is handed on, and when no other answer follows, nothing is owed. A program that never
 * answers is handed everything until the close.
 */
function follow(websocket, socket) {
  const { emit } = websocket;
  let looks = 0;
  let written = socket.bytesWritten;
  let owing = -1; /* the look since which an answer is owed; -1: none is */
  let shut = -1; /* the look since which nothing is handed on; -1: it is */
  let last = 0; /* the look that saw an answer */
  let silence = SILENCE;

  function noteAnswers() {
    if (socket.bytesWritten === written) return;
    written = socket.bytesWritten;
    last = looks;
    if (owing < 0) return;
    silence = Math.min(Math.max(silence, SILENCE_TIMES * (looks - owing)), PATIENCE);
    shut = looks;
    owing = -1;
  }

  websocket.emit = function emitUnlessShut(event, ...rest) {
    noteAnswers();
    if (event === 'message' && shut >= 0) return true;
    if (event === 'message' && owing < 0) owing = looks;
    return emit.call(this, event, ...rest);
  };

  return function mayClose() {
    looks += 1;
    noteAnswers();
    if (shut >= 0) return looks - last >= silence || looks - shut >= 2 * silence;
    return looks - Math.max(owing, 0) > PATIENCE;
  };
}

function closeWebsockets(sockets, servers) {
  const upgraded = new Map(); /* to what is not seen yet: looks */
  const followed = new Map();
  const mayUpgrade = (server) => server.listenerCount('upgrade') > 0;

  for (const socket of sockets) {
    if (!socket.parser && mayUpgrade(socket.server)) upgraded.set(socket, 0);
  }
  for (const server of servers.filter(mayUpgrade)) server.on('upgrade', (request, socket) => upgraded.set(socket, 0));
  setInterval(() => {
    for (const [socket, looks] of upgraded) {
      const websocket = websocketOf(socket);

      upgraded.set(socket, looks + 1);
      if (websocket) followed.set(websocket, follow(websocket, socket));
      if (websocket || socket.destroyed || looks > PATIENCE) upgraded.delete(socket);
    }
    for (const [websocket, mayClose] of followed) {
      if (websocket.readyState === OPEN && !mayClose()) continue;
      followed.delete(websocket);
      websocket.close(GOING_AWAY, 'going away');
    }
  }, LOOK_MS).unref();
}

/* ---- leaving ---- */

/* http.Server's own close() would cut connections that are idle. */
function closeServers(servers, whenDone) {
  let open = 1;
  const closed = () => {
    open -= 1;
    if (open === 0) whenDone();
  };

  for (const server of servers) {
    if (!server.listening) continue;
    open += 1;
    net.Server.prototype.close.call(server, closed);
  }
  closed();
}

function drain(whenDone) {
  if (draining) return;
  draining = true;

  const servers = handles(net.Server);
  const sockets = acceptedSockets();

  endWithAnswers(sockets);
  closeServers(servers, whenDone);
  leaveSessions(sockets, servers);
  closeWebsockets(sockets, servers);
}

function leaveChannel() {
  const cluster = require('cluster');

  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  if (process.connected) process.disconnect();
}

/* The program is to hear by a message that it has to end. */
function tellDrained() {
  if (process.connected) process.send({ cmd: 'NODE_SVINIT', act: 'drained' });
}

function onInternalMessage(message) {
  if (!message || message.cmd !== 'NODE_SVINIT' || message.act !== 'drain') return;
  drain(message.stay ? tellDrained : leaveChannel);
}

/* The package signal-exit leaves the signal to others if there are any, and ends the program if there are none. */
function hasOtherListeners(signal) {
  const own = [process.__signal_exit_emitter__, globalThis[Symbol.for('signal-exit emitter')]]
    .reduce((sum, emitter) => sum + ((emitter && emitter.count) || 0), 1);

  return process.listenerCount(signal) > own;
}

/* A program with a handler of its own closes its servers itself; that its connections end is our part. */
function onSignal(signal) {
  if (hasOtherListeners(signal)) {
    if (!draining) endWithAnswers(acceptedSockets());
    draining = true;
    return;
  }
  drain(() => {
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  });
}

if (require('worker_threads').isMainThread) {
  const signal = process.env.SVINIT_DRAIN_SIGNAL;

  removeFromEnvironment();
  if (process.channel) process.on('internalMessage', onInternalMessage);
  else if (signal) process.on(signal, onSignal);
}
