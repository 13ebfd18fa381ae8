// SPDX-License-Identifier: LGPL-2.1-or-later
//
// drain.js HELPER KIND [signal]
//
// A program that is told to leave while it is under load, on the Node that runs this. The program knows nothing of it;
// it notes what it was handed, the clients what was answered. Exit code 0: what was handed was answered, and the program
// came to its end. It is told on its channel or, with "signal", has none and gets SIGTERM. Clients whose connection is ended in order ask no more, as there is nobody else to ask here.
const { fork, spawn } = require('child_process');
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const https = require('https');
const net = require('net');
const path = require('path');
const readline = require('readline');

const [helper, kind, signal] = process.argv.slice(2);
const directory = process.env.KEYS || '.'; // key.pem, cert.pem
const keys = () => ({ key: fs.readFileSync(path.join(directory, 'key.pem')), cert: fs.readFileSync(path.join(directory, 'cert.pem')) });
const ws = () => require(require.resolve('ws', { paths: [process.cwd(), __dirname, ...(process.env.NODE_PATH || '').split(':')] }));
const trusting = { rejectUnauthorized: false, servername: 'localhost' };

/* ---- the program: a server of the kind; its own words to the parent ---- */

function tell(message) {
  if (process.send) process.send(message);
  else process.stdout.write(`${JSON.stringify(message)}\n`);
}

const slowly = (delay) => (request, response) => {
  tell({ handed: request.url });
  setTimeout(() => response.end(request.url), delay);
};

function websockets(server, delay, reply = (socket, text) => socket.send(text)) {
  const { WebSocketServer } = ws();

  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (message) => {
    tell({ handed: message.toString() });
    setTimeout(() => reply(socket, message.toString()), delay);
  }));
  return server;
}

const programs = {
  'keep-alive': () => http.createServer(slowly(20)),
  // It does what it likes with the signal; its busy connections would not end by that. Idle ones it leaves alone.
  'own-handler': () => {
    const server = http.createServer(slowly(20));

    process.on('SIGTERM', () => net.Server.prototype.close.call(server));
    return server;
  },
  tls: () => https.createServer(keys(), slowly(20)),
  pipelined: () => http.createServer({ keepAliveTimeout: 500 }, slowly(50)), // its clients stop when they have the last answer
  streamed: () => http.createServer((request, response) => {
    let left = 20;
    const timer = setInterval(() => {
      left -= 1;
      response.write('.');
      if (left > 0) return;
      clearInterval(timer);
      response.end(request.url);
    }, 50);
    tell({ handed: request.url });
  }),
  http2: () => http2.createServer(slowly(20)),
  'http2-tls': () => http2.createSecureServer({ ...keys(), allowHTTP1: true }, slowly(20)),
  websocket: () => websockets(http.createServer(), 0),
  'websocket-slow': () => websockets(http.createServer(), 700),
  'websocket-pipelined': () => websockets(http.createServer(), 60),
  'websocket-idle': () => websockets(http.createServer(), 0),
  'websocket-tls': () => websockets(https.createServer(keys()), 5),
  // It asks a server of its parent's by a WebSocket of its own, which is not what is to be left.
  'websocket-client': () => {
    const upstream = new (ws())(`ws://127.0.0.1:${process.env.UPSTREAM}`);
    const asked = new Map();

    upstream.on('message', (data) => asked.get(data.toString()).end(data.toString()));
    return http.createServer((request, response) => {
      tell({ handed: request.url });
      asked.set(request.url, response);
      if (upstream.readyState === 1) upstream.send(request.url);
      else upstream.on('open', () => upstream.send(request.url));
    });
  },
  upgraded: () => http.createServer().on('upgrade', (request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.on('data', (data) => {
      tell({ handed: data.toString() });
      setTimeout(() => socket.write(data), 20);
    });
    socket.on('end', () => socket.end());
  }),
};

/* ---- the clients; each says when it is at work ---- */

const handed = new Set();
const sent = new Set();
const got = new Set();
const lost = [];
let number = 0;
let told = 0; // when
const CLIENTS = 8;

function next() {
  number += 1;
  sent.add(`/${number}`);
  return `/${number}`;
}

const gone = (error) => ['ECONNREFUSED', 'ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION'].includes(error.code);

function asker(module, agent, pause) {
  return (port, begun) => {
    const ask = () => {
      const url = next();
      const request = module.get({ port, host: '127.0.0.1', path: url, agent, ...trusting }, (response) => {
        let text = '';

        response.on('data', (data) => { text += data; });
        response.on('end', () => { got.add(text.replace(/\./g, '')); begun(); setTimeout(ask, pause); });
        response.on('aborted', () => lost.push(`${url}: half an answer`));
      });

      request.on('error', (error) => {
        if (gone(error)) sent.delete(url);
        else lost.push(`${url}: ${error.message}`);
      });
    };
    ask();
  };
}

/* Three at a time. */
function pipeline(port, begun) {
  const client = net.connect(port, '127.0.0.1');
  let answers = 0;
  let text = '';
  const ask = () => client.write([next(), next(), next()].map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));

  ask();
  client.on('data', (data) => {
    text += data;
    for (let match; (match = /\r\n\r\n(\/\d+)(?=\D|$)/.exec(text));) {
      got.add(match[1]);
      text = text.slice(match.index + match[0].length);
      answers += 1;
    }
    if (answers % 3 > 0) return;
    begun();
    if (!told) ask();
  });
  client.on('error', (error) => lost.push(error.message));
}

function session(scheme, streams) {
  return (port, begun) => {
    const client = http2.connect(`${scheme}://127.0.0.1:${port}`, trusting);
    const ask = () => {
      if (client.closed || client.destroyed) return;
      const url = next();
      const stream = client.request({ ':path': url });
      let text = '';

      stream.on('data', (data) => { text += data; });
      stream.on('end', () => { if (text) { got.add(text); begun(); setTimeout(ask, 2); } });
      stream.on('error', (error) => {
        if (gone(error) || stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) sent.delete(url);
        else lost.push(`${url}: ${error.message}`);
      });
    };

    client.on('error', (error) => { if (!gone(error)) lost.push(`session: ${error.message}`); });
    for (let i = 0; i < streams; i += 1) ask();
  };
}

function socket(scheme, window, pause) {
  return (port, begun) => {
    const client = new (ws())(`${scheme}://127.0.0.1:${port}`, trusting);
    const unanswered = new Set();
    const ask = () => {
      const text = next();

      if (client.readyState !== 1) {
        sent.delete(text);
        return;
      }
      unanswered.add(text);
      client.send(text);
    };

    client.on('open', () => {
      if (window === 0) begun();
      for (let i = 0; i < window; i += 1) ask();
    });
    client.on('message', (data) => {
      got.add(data.toString());
      unanswered.delete(data.toString());
      begun();
      setTimeout(ask, pause);
    });
    client.on('close', (code) => {
      if (code === 1001) for (const text of unanswered) { if (!handed.has(text)) sent.delete(text); }
      else lost.push(`closed with ${code}`);
    });
    client.on('error', (error) => lost.push(error.message));
  };
}

function echo(port, begun) {
  const client = net.connect(port, '127.0.0.1');
  let answers = 0;

  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  client.on('data', (data) => {
    if (data.toString().startsWith('/')) got.add(data.toString());
    begun();
    answers += 1;
    if (answers < 20) client.write(next());
    else client.end();
  });
  client.on('error', (error) => lost.push(error.message));
}

const agent = (module) => new module.Agent({ keepAlive: true, maxSockets: 8 });
const clients = {
  'keep-alive': asker(http, agent(http), 2),
  'own-handler': asker(http, agent(http), 2),
  tls: asker(https, agent(https), 2),
  pipelined: pipeline,
  streamed: asker(http, agent(http), 0),
  http2: session('http', 8),
  'http2-tls': session('https', 1),
  websocket: socket('ws', 1, 5),
  'websocket-slow': socket('ws', 1, 0),
  'websocket-pipelined': socket('ws', 4, 1),
  'websocket-idle': socket('ws', 0, 0),
  'websocket-tls': socket('wss', 1, 5),
  'websocket-client': asker(http, agent(http), 2),
  upgraded: echo,
};

/* ---- both ---- */

function program() {
  const server = programs[process.argv[3]]();

  process.on('disconnect', () => process.exit(0)); // as svinit's stop does
  server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
}

/* What the program has written may still be on its way. */
function judge(end, until) {
  const unanswered = [...handed].filter((text) => !got.has(text));
  const missing = [...sent].filter((text) => !got.has(text) && !handed.has(text));
  const bad = lost.length > 0 || unanswered.length > 0 || missing.length > 0 || end !== (signal && kind !== 'own-handler' ? 'SIGTERM' : 0);

  if (bad && Date.now() < until) {
    setTimeout(judge, 20, end, until);
    return;
  }
  console.log(`${process.version} ${kind}: ${got.size} answers, ${Date.now() - told} ms until the end: ${end}`);
  if (bad) console.log(`lost: ${lost}; handed and not answered: ${unanswered}; sent and not answered: ${missing}`);
  process.exit(bad ? 1 : 0);
}

function begin(env, onMessage) {
  if (!signal) return fork(__filename, ['program', kind], { execArgv: [], env }).on('message', onMessage);

  const child = spawn(process.execPath, [__filename, 'program', kind], {
    env: { ...env, SVINIT_DRAIN_SIGNAL: 'SIGTERM' }, stdio: ['ignore', 'pipe', 'inherit'],
  });

  readline.createInterface(child.stdout).on('line', (line) => onMessage(JSON.parse(line)));
  return child;
}

function test(upstream) {
  const child = begin({ ...process.env, NODE_OPTIONS: `--require=${helper}`, UPSTREAM: String(upstream) }, (message) => {
    if (message.handed) handed.add(message.handed);
    if (!message.port) return;
    const begun = new Set();

    for (let i = 0; i < CLIENTS; i += 1) {
      clients[kind](message.port, () => {
        begun.add(i);
        if (begun.size < CLIENTS || told) return;
        told = Date.now();
        if (signal) child.kill();
        else child.send({ cmd: 'NODE_SVINIT', act: 'drain' });
      });
    }
  });
  child.on('exit', (code, by) => judge(by || code, Date.now() + 10000));
}

if (helper === 'program') program();
else if (kind === 'websocket-client') {
  const server = new (ws().WebSocketServer)({ port: 0, host: '127.0.0.1' }, () => test(server.address().port));

  server.on('connection', (peer) => peer.on('message', (message) => setTimeout(() => peer.send(message.toString()), 300)));
} else test(0);
