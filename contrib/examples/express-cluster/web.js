// SPDX-License-Identifier: LGPL-2.1-or-later
// An ordinary program: listen() is answered by svinit, and all instances share the port.
'use strict';
const express = require('express');

const app = express();
let served = 0;

app.use((req, res, next) => { served++; next(); });
app.get('/', (req, res) => res.send(`instance ${process.env.NODE_APP_INSTANCE}\n`));
app.get('/health', (req, res) => res.send('well\n'));
app.listen(process.env.PORT);

// Below svinit there is a channel, as below PM2 and child_process.fork(); without one the program runs as well.
if (process.send) {
  process.on('message', message => { if (message.type === 'health') process.send({ type: 'well' }); });
  setInterval(() => process.send({ type: 'axm:monitor', data: { requests: { value: served } } }), 1000).unref();
}
