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
 *   - a WebSocket of the package ws is closed (1001, going away) between an answer and the next message.
 * When the last connection is gone the channel is closed, or the signal is given its ordinary effect.
 *
 * Runs on Node 16 and later; in grandchildren and threads it does nothing.
 */

const diagnostics = require('diagnostics_channel');
const net = require('net');

const LOOK_MS = 10; /* between two looks at WebSockets */
const WEBSOCKET_PATIENCE_MS = 2000; /* for those that are never between two messages */
const GOING_AWAY = 1001;

let draining = false;

/* Grandchildren are none of our business. */
function removeFromEnvironment() {
  const own = `--require=${__filename}`;
  const rest = (process.env.NODE_OPTIONS || '').split(' ').filter((word) => word !== own).join(' ');

  if (rest) process.env.NODE_OPTIONS = rest;
  else delete process.env.NODE_OPTIONS;
  delete process.env.SVINIT_DRAIN_SIGNAL;
}

function handles(type) {
  return process._getActiveHandles().filter((handle) => handle instanceof type);
}

function endWithAnswer(response) {
  if (response && !response.headersSent) response.shouldKeepAlive = false;
}

/* The object that the package ws has for this connection. */
function websocketOf(socket) {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const value = socket[symbol];

    if (symbol.description === 'websocket' && value && typeof value.close === 'function') return value;
  }
  return null;
}

/* Quiet: what came last was ours, and nothing has happened since the last look. */
function watch(socket) {
  const seen = { read: socket.bytesRead, written: socket.bytesWritten, answered: true, since: Date.now() };

  return () => {
    const read = socket.bytesRead !== seen.read;
    const written = socket.bytesWritten !== seen.written;

    if (written) seen.answered = true;
    else if (read) seen.answered = false;
    seen.read = socket.bytesRead;
    seen.written = socket.bytesWritten;
    return (seen.answered && !read && !written && socket.writableLength === 0) ||
      Date.now() - seen.since > WEBSOCKET_PATIENCE_MS;
  };
}

function closeWebsockets(sockets) {
  let left = sockets
    .map((socket) => ({ websocket: websocketOf(socket), isQuiet: watch(socket) }))
    .filter((entry) => entry.websocket);
  const look = setInterval(() => {
    left = left.filter((entry) => {
      if (!entry.isQuiet()) return true;
      entry.websocket.close(GOING_AWAY, 'going away');
      return false;
    });
    if (left.length === 0) clearInterval(look);
  }, LOOK_MS);
}

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
  const sockets = handles(net.Socket);

  if (draining) return;
  draining = true;
  diagnostics.channel('http.server.request.start').subscribe(({ response }) => endWithAnswer(response));
  for (const socket of sockets) endWithAnswer(socket._httpMessage);
  closeServers(handles(net.Server), whenDone);
  closeWebsockets(sockets);
}

function leaveChannel() {
  const cluster = require('cluster');

  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  if (process.connected) process.disconnect();
}

function onInternalMessage(message) {
  if (message && message.cmd === 'NODE_SVINIT' && message.act === 'drain') drain(leaveChannel);
}

/* A program with a handler of its own closes its servers itself; that its connections end is our part. */
function onSignal(signal) {
  const alone = process.listenerCount(signal) === 1;

  if (!alone) {
    if (!draining) diagnostics.channel('http.server.request.start').subscribe(({ response }) => endWithAnswer(response));
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
