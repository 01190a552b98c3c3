// Visitors with a slow machine: the whole of Chromium gets a sixth of a core. A visitor without the
// limit first, then a new one each time with it: 3 or, in the full tier, 30. Prints the median and
// the 95th percentile of the time from the first request to the page behind the gate, the rate of
// each worker, and the share of a core that was used, which must be what the limit says.
// Usage: node slowed.js
'use strict';

const {SlowBrowser, HOST} = require('./chromium');
const {CpuLimit} = require('./cpu_limit');

const RUNS = process.env.STILE_TEST_TIER === 'full' ? 30 : 3;
const SHARE = 1 / 6;
const TOLERANCE = 1.25;

async function pass(site, browser, share) {
  const visitor = await browser.visit();
  const limit = new CpuLimit(browser.pid, share);
  try {
    const began = Date.now();
    await visitor.page.goto(`http://${HOST}:${site.port}/slow?run=1`, {timeout: 120000});
    await visitor.page.waitForFunction(
        (title) => document.title === title, site.title, {timeout: 120000});
    const seconds = (Date.now() - began) / 1000;
    const used = limit.measured();
    const rates = visitor.rates();
    if (!rates.length) throw new Error('no worker was heard');
    return {seconds, used, rates};
  } finally {
    limit.stop();
    await visitor.leave();
  }
}

function say(name, {seconds, rates, used}) {
  console.log(`${name}: ${seconds.toFixed(2)} s; ${(100 * used).toFixed(0)} % of a core; ` +
              `MH/s of each worker: ${rates.map((rate) => rate.toFixed(2)).join(' ')}`);
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const quantile = (values, part) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
};

function check(free, runs) {
  const times = runs.map((run) => run.seconds);
  const used = quantile(runs.map((run) => run.used), 0.5);
  const slower = sum(free.rates) / quantile(runs.map((run) => sum(run.rates)), 0.5);
  console.log(`${runs.length} runs with ${(100 * SHARE).toFixed(0)} % of a core: median ` +
              `${quantile(times, 0.5).toFixed(2)} s, p95 ${quantile(times, 0.95).toFixed(2)} s; ` +
              `used ${(100 * used).toFixed(0)} %, against ${(100 * free.used).toFixed(0)} % ` +
              `without the limit; the workers were ${slower.toFixed(1)} times slower`);
  if (used > SHARE * TOLERANCE) throw new Error('the limit was not kept');
}

async function main() {
  const {Gateway} = require('./gateway');
  const {StandIn} = require('./stand_in');
  const site = await (process.env.STILE_STILED ? new Gateway() :
                      new StandIn({effort: 4000000})).start();
  const browser = await SlowBrowser.open();
  try {
    await pass(site, browser, Infinity);  // Fills the caches of compiled code.
    const free = await pass(site, browser, Infinity);
    say('without a limit', free);
    const runs = [];
    for (let i = 1; i <= RUNS; i++) {
      runs.push(await pass(site, browser, SHARE));
      say(`run ${i}`, runs[runs.length - 1]);
    }
    check(free, runs);
  } catch (failure) {
    process.exitCode = 1;
    console.error(failure, site.log ? site.log() : '');
  } finally {
    await browser.close();
    await site.stop();
  }
}

main();
