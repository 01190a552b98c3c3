// What one worker of Chromium tries in a second of each puzzle, with the page's own solver: HashWX
// by WebAssembly modules that are written while it runs, SHA-256 with vectors, without, and in plain
// JavaScript. And on a page's main thread, as it is and slowed as Chromium's developer tools slow a
// processor (workers can't be). Prints JSON.
//
//   STILE_ASSETS=... STILE_NODE_MODULES=... STILE_CHROMIUM=... node bench/attack/browser.js
//
// A worker's time is the processor's, so that a busy machine spoils less; the main thread's is the
// clock's, since a slowed thread sleeps. STILE_RATE_ROUNDS: rounds, 7 by default.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const tests = path.join(__dirname, '..', '..', 'tests', 'browser');
const {SlowBrowser} = require(path.join(tests, 'chromium'));
const {exactSeconds} = require(path.join(tests, 'cpu_limit'));

const ROUNDS = Number(process.env.STILE_RATE_ROUNDS || 7);
const SLOWED = 6;
const FUNCTION = 65536;
const [SHA256, HASHWX] = [1, 3];
const ASSETS = process.env.STILE_ASSETS;

const asset = (pattern) =>
  path.join(ASSETS, fs.readdirSync(ASSETS).find((name) => pattern.test(name)));
const FILES = {
  'worker.js': asset(/^worker-/), 'simd.wasm': asset(/^solver-simd-/),
  'scalar.wasm': asset(/^solver-[0-9a-f]{12}\./),
};

// `count` nonces a turn, `few` on a thread that is slowed.
const SOLVERS = [
  {puzzle: 'hashwx', engine: 'WebAssembly, compiled', number: HASHWX, wasm: 'simd.wasm',
   count: 16 * FUNCTION, few: 2 * FUNCTION},
  {puzzle: 'sha256', engine: 'WebAssembly with vectors', number: SHA256, wasm: 'simd.wasm',
   count: 16 << 20, few: 2 << 20},
  {puzzle: 'sha256', engine: 'WebAssembly', number: SHA256, wasm: 'scalar.wasm',
   count: 6 << 20, few: 1 << 20},
  {puzzle: 'sha256', engine: 'plain JavaScript', number: SHA256, wasm: null,
   count: 4 << 20, few: 1 << 19},
];

// Defines tries(count), a promise of how many were tried. Nothing meets a target of 0, so each turn
// goes on with nonces, and functions, that are new.
function program({number, wasm}) {
  return `
    var high = 0;
    var ready = ${wasm ? `fetch('/files/${wasm}').then(r => r.arrayBuffer())`
                       : 'Promise.resolve(null)'}
        .then(bytes => StileSolver(bytes, ${number})).then(solver => {
          solver.prepare(new Uint8Array(16), new Uint8Array(16), 0, 0, 0);
          return solver;
        });
    function tries(count) {
      return ready.then(solver => {
        high++;
        var tried = 0;
        while (tried < count) tried += solver.search(0, high, tried, count - tried).tried;
        return tried;
      });
    }`;
}
const workerOf = (solver) => `
    var document = {};
    importScripts('/files/worker.js');
    ${program(solver)}
    onmessage = event => tries(event.data).then(postMessage);`;
const pageOf = (solver) => `<!doctype html><title>rates</title><script src="/files/worker.js"></script>
    <script>${program(solver)}</script>`;

function serve() {
  return http.createServer((request, response) => {
    const [, room, name] = request.url.split('/');
    let [body, type] = ['<!doctype html><title>rates</title>', 'text/html'];
    if (room === 'workers') [body, type] = [workerOf(SOLVERS[name]), 'text/javascript'];
    if (room === 'pages') [body, type] = [pageOf(SOLVERS[name]), 'text/html'];
    if (room === 'files') {
      [body, type] = [fs.readFileSync(FILES[name]),
                      name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'];
    }
    response.writeHead(200, {'Content-Type': type});
    response.end(body);
  });
}

// Rounds of one solver, two more to warm up, of which `once` gives the rate of each.
async function ratesOf(once) {
  const rates = [];
  for (let round = -2; round < ROUNDS; round++) {
    const rate = await once();
    if (round >= 0) rates.push(rate / 1e6);
  }
  return {repeats: rates};
}

async function inWorker(browser, address, i) {
  const {page, leave} = await browser.visit();
  await page.goto(`${address}/`);
  await page.evaluate((number) => {
    window.worker = new Worker(`/workers/${number}`);
    window.measure = (count) => new Promise((resolve, reject) => {
      window.worker.onerror = (event) => reject(new Error(event.message));
      window.worker.onmessage = (event) => resolve(event.data);
      window.worker.postMessage(count);
    });
  }, i);
  const {count} = SOLVERS[i];
  const rates = await ratesOf(async () => {
    const before = exactSeconds(browser.pid);
    const tried = await page.evaluate((number) => window.measure(number), count);
    if (tried !== count) throw new Error(`${SOLVERS[i].engine} tried ${tried} of ${count}`);
    return tried / (exactSeconds(browser.pid) - before);
  });
  await leave();
  return rates;
}

async function onMainThread(browser, address, i, slowed) {
  const {page, leave} = await browser.visit();
  await page.goto(`${address}/pages/${i}`);
  await page.evaluate(() => window.tries(1 << 16));
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', {rate: slowed});
  const rates = await ratesOf(() => page.evaluate(async (count) => {
    const began = performance.now();
    const tried = await window.tries(count);
    return tried / (performance.now() - began) * 1000;
  }, SOLVERS[i].few));
  await leave();
  return rates;
}

async function main() {
  const server = serve();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  const browser = await SlowBrowser.open();
  const results = [];
  for (let i = 0; i < SOLVERS.length; i++) {
    const {puzzle, engine} = SOLVERS[i];
    const add = (where, rates) => results.push({puzzle, engine, where, ...rates});
    add('worker', await inWorker(browser, address, i));
    if (i > 1) continue;  // What visitors' browsers run.
    add('main thread', await onMainThread(browser, address, i, 1));
    add(`main thread, slowed ${SLOWED}x`, await onMainThread(browser, address, i, SLOWED));
  }
  const version = browser.connection.version();
  await browser.close();
  server.close();
  console.log(JSON.stringify({browser: `Chromium ${version}`, slowed: SLOWED, results}, null, 1));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
