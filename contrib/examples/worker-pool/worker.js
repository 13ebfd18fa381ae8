// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes a number and says by what it can be divided. One task at a time: svctl call keeps the others waiting.
'use strict';

process.on('message', n => {
  let divisor = 2;
  while (divisor * divisor <= n && n % divisor !== 0)
    divisor++;
  process.send({ n, divisor: divisor * divisor > n ? n : divisor });
});
process.send('ready');
