// Measures solvers in one worker of Chromium each, in turn: ours for sha256 in its three forms and
// for hashwx, and @cap.js/wasm. The time is that of the processor, so that a busy machine spoils
// less; with hashwx it includes making and compiling a function for every 65,536 nonces. Every
// solver has solved something before, and Node.js or the verifier's interpreter has checked it.
// Prints medians, and the median of the ratios of each round.
//
//   node solver_rate.js [NAME=FOLDER...]
//
// NAME=FOLDER adds a build of @cap.js/wasm: a folder with cap_wasm.js and cap_wasm_bg.wasm.
// STILE_RATE_ROUNDS: rounds, 9 by default. Fails if the vector solver is not STILE_LEAST_RATIO, by
// default 1.5 times as fast as every peer; the rate of plain JavaScript depends on the machine and
// is only said.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const {SlowBrowser} = require('./chromium');
const {exactSeconds} = require('./cpu_limit');
const {digestOf, hashwx} = require('./stand_in');

const ROUNDS = Number(process.env.STILE_RATE_ROUNDS || 9);
const LEAST_RATIO = Number(process.env.STILE_LEAST_RATIO || 1.5);
const PLAIN_GOAL = 4;  // MH/s
const SALT = '0123456789abcdef0123456789abcdef';  // As long as those that the peer hands out.
const ASSETS = process.env.STILE_ASSETS;
const EASY = [0x10000, 0];  // A target that one of 65,536 nonces meets.
const HASHWX = 3;
const FUNCTION = 65536;

const asset = (pattern) =>
  path.join(ASSETS, fs.readdirSync(ASSETS).find((name) => pattern.test(name)));

// Answers {count} with the number of tries, and {easy} with the first nonce below 2^32 that meets
// the target EASY for part 0.
function ours(wasm, puzzle) {
  return `
    var document = {};
    importScripts('/files/worker.js');
    var ready = ${wasm ? `fetch('/files/${wasm}').then(r => r.arrayBuffer())` : 'Promise.resolve(null)'}
        .then(bytes => StileSolver(bytes, ${puzzle}));
    var part = 0;
    var search = (solver, part, end) => {
      for (var low = 0; low < end;) {
        var found = solver.search(part, 0, low, Math.min(end - low, ${FUNCTION}));
        low += found.tried;
        if (found.nonce) return found.nonce[1];
      }
      return low;
    };
    onmessage = event => ready.then(solver => {
      var target = event.data.easy ? [${EASY}] : [0, 0];
      solver.prepare(new Uint8Array(16), new Uint8Array(16), 0, target[0], target[1]);
      if (event.data.easy) return postMessage(search(solver, 0, 2 ** 32));
      for (var tried = 0; tried < event.data.count;) {
        tried += ${puzzle === HASHWX ? `search(solver, part = (part + 1) % 64, ${FUNCTION})` :
                   'solver.search(0, 0, 0, event.data.count).tried'};
      }
      postMessage(tried);
    });`;
}

// Whether \`low\` solves part 0 of an alternative whose tag and id are all zeros.
function isEasy(low, puzzle) {
  const name = puzzle === HASHWX ? 'stile-hashwx-v1\0' : 'stile-sha256-v1\0';
  const prefix = Buffer.concat([Buffer.from(name), Buffer.alloc(48)]);
  const nonce = Buffer.alloc(8);
  nonce.writeBigUInt64BE(BigInt(puzzle === HASHWX ? Math.floor(low / FUNCTION) : low));
  const digest = digestOf(prefix, 0, nonce);
  const hash = puzzle === HASHWX ? hashwx([[digest, BigInt(low)]])[0] : digest.readBigUInt64BE(0);
  return hash <= (BigInt(EASY[0]) << 32n | BigInt(EASY[1]));
}

// The peer looks for a hash; the first nonce with the one of nonce \`count\` - 1 is that one.
function peer(folder) {
  return `
    import initialize, {solve_pow} from '/peers/${folder}/cap_wasm.js';
    var ready = initialize('/peers/${folder}/cap_wasm_bg.wasm');
    onmessage = event => ready.then(() => {
      postMessage(Number(solve_pow('${SALT}', event.data.target)) + 1);
    });`;
}

function candidates() {
  const found = [
    {name: 'stile, WebAssembly with vectors', script: ours('simd.wasm', 1), count: 6000000},
    {name: 'stile, WebAssembly', script: ours('scalar.wasm', 1), count: 2400000},
    {name: 'stile, plain JavaScript', script: ours(null, 1), count: 2400000},
    {name: 'stile, hashwx', script: ours('scalar.wasm', HASHWX), count: 6 * FUNCTION, puzzle: HASHWX},
  ];
  const peers = new Map(process.argv.slice(2).map((word) => word.split('=')));
  const installed = path.join(process.env.STILE_NODE_MODULES, '@cap.js', 'wasm');
  const {version} = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
  peers.set(version, path.join(installed, 'browser'));
  for (const [name, folder] of peers) {
    found.push({name: `@cap.js/wasm ${name}`, script: peer(name), count: 3000000, folder, peer: name});
  }
  return found;
}

function serve(all) {
  const files = {
    'worker.js': asset(/^worker-/), 'simd.wasm': asset(/^solver-simd-/),
    'scalar.wasm': asset(/^solver-[0-9a-f]{12}\./),
  };
  const type = (name) => name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
  return http.createServer((request, response) => {
    const [, room, key, name] = request.url.split('/');
    let body = '<!doctype html><title>rates</title>';
    let kind = 'text/html';
    if (room === 'workers') [body, kind] = [all[key].script, 'text/javascript'];
    if (room === 'files') [body, kind] = [fs.readFileSync(files[key]), type(key)];
    if (room === 'peers') {
      const {folder} = all.find((one) => one.peer === key);
      [body, kind] = [fs.readFileSync(path.join(folder, path.basename(name))), type(name)];
    }
    response.writeHead(200, {'Content-Type': kind});
    response.end(body);
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

async function main() {
  const all = candidates();
  const server = serve(all);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await SlowBrowser.open();
  const {page} = await browser.visit();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate((modules) => {
    window.workers = modules.map(
        (module, i) => new Worker(`/workers/${i}`, {type: module ? 'module' : 'classic'}));
    window.failures = window.workers.map((worker) => new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
    }));
    window.measure = (i, message) => Promise.race([window.failures[i], new Promise((resolve) => {
      window.workers[i].onmessage = (event) => resolve(event.data);
      window.workers[i].postMessage(message);
    })]);
  }, all.map((one) => !!one.peer));
  const once = async (i, count) => {
    const target = crypto.createHash('sha256').update(SALT + (count - 1)).digest('hex').slice(0, 16);
    const before = exactSeconds(browser.pid);
    const tried = await page.evaluate(
        ([number, message]) => window.measure(number, message), [i, {count, target}]);
    if (tried !== count) throw new Error(`${all[i].name} tried ${tried} of ${count}`);
    return tried / (exactSeconds(browser.pid) - before) / 1e6;
  };
  for (let i = 0; i < all.length; i++) {
    all[i].rates = [];
    if (all[i].peer) continue;
    const low = await page.evaluate((number) => window.measure(number, {easy: true}), i);
    if (!isEasy(low, all[i].puzzle)) throw new Error(`${all[i].name} found a wrong nonce`);
  }
  for (let round = -2; round < ROUNDS; round++) {  // Two to warm up: optimizers take their time.
    for (let i = 0; i < all.length; i++) {
      const rate = await once(i, all[i].count);
      if (round >= 0) all[i].rates.push(rate);
    }
  }
  await browser.close();
  server.close();
  report(all);
}

function report(all) {
  const [fastest, , plain] = all;
  for (const one of all) {
    const ratio = median(one.rates.map((rate, i) => fastest.rates[i] / rate));
    const compared = one.puzzle === HASHWX ? '' : `   vectors are ${ratio.toFixed(2)} times as fast`;
    console.log(
        `${one.name.padEnd(34)} ${median(one.rates).toFixed(2).padStart(6)} MH/s${compared}`);
    if (one.peer && ratio < LEAST_RATIO) {
      console.error(`less than ${LEAST_RATIO} times as fast as ${one.name}`);
      process.exitCode = 1;
    }
  }
  const met = median(plain.rates) >= PLAIN_GOAL;
  console.log(`plain JavaScript ${met ? 'reaches' : 'does not reach'} ${PLAIN_GOAL} MH/s here; ` +
              `${ROUNDS} rounds`);
}

main();
