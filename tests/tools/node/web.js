// SPDX-License-Identifier: LGPL-2.1-or-later
// An express and ws program as anybody writes it: it knows nothing of svinit. PORT, and PORT + 1 for WebSockets.
const express = require('express');
const { WebSocketServer } = require('ws');

const port = Number(process.env.PORT || 3000);
const app = express();
const release = process.env.RELEASE || 'old';

app.get('/', (request, response) => setTimeout(() => response.send(`${process.pid} ${release}`), Number(process.env.DELAY || 0)));
app.listen(port);
new WebSocketServer({ port: port + 1 }).on('connection', (socket) => {
  socket.on('message', (message) => socket.send(`${process.pid} ${message}`));
});
