// The solver, in its three forms, against Node.js's own SHA-256.
// Usage: node --test solver.test.js, with STILE_ASSETS naming the folder of the assets.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const vm = require('node:vm');

const ASSETS = process.env.STILE_ASSETS;
const asset = (pattern) => {
  const name = fs.readdirSync(ASSETS).find((file) => pattern.test(file));
  return fs.readFileSync(path.join(ASSETS, name));
};
const StileSolver = vm.runInNewContext(
    `var document = {};${asset(/^worker-.*js$/)};StileSolver`,
    {WebAssembly, Uint8Array, Uint32Array, Int32Array, DataView, Promise, Array, Object});

const FORMS = {
  'vector WebAssembly': asset(/^solver-simd-.*wasm$/),
  'scalar WebAssembly': asset(/^solver-[0-9a-f]{12}\.wasm$/),
  'plain JavaScript': null,
};
const KINDS = {'vector WebAssembly': 'wasm', 'scalar WebAssembly': 'wasm', 'plain JavaScript': 'js'};

// A number from a name: the tests are the same on every run.
const bytes = (name, length) =>
  crypto.createHash('shake256', {outputLength: length}).update(name).digest();

function prefix(tag, id, alternative) {
  return Buffer.concat([
    Buffer.from('stile-sha256-v1\0'), tag, id, Buffer.from([alternative]), Buffer.alloc(15)]);
}

function firstWords(tag, id, alternative, part, high, low) {
  const tail = Buffer.alloc(12);
  tail.writeUInt32BE(part, 0);
  tail.writeUInt32BE(high, 4);
  tail.writeUInt32BE(low, 8);
  return crypto.createHash('sha256').update(prefix(tag, id, alternative)).update(tail)
      .digest().readBigUInt64BE(0);
}

// The first nonce from (high, low) on that is at most `target`, by Node.js.
function expected(tag, id, alternative, target, part, high, low, count) {
  for (let i = 0; i < count; i++) {
    const carry = low + i >= 2 ** 32 ? 1 : 0;
    const at = [(high + carry) % 2 ** 32, (low + i) % 2 ** 32];
    if (firstWords(tag, id, alternative, part, at[0], at[1]) <= target) {
      return {tried: i + 1, nonce: at};
    }
  }
  return {tried: count, nonce: null};
}

const split = (target) => [Number(target >> 32n), Number(target & 0xffffffffn)];
const plain = (found) => JSON.parse(JSON.stringify(found));

for (const [form, wasm] of Object.entries(FORMS)) {
  const make = async () => StileSolver(wasm);

  test(`${form} is what runs`, async () => {
    assert.strictEqual((await make()).kind, KINDS[form]);
  });

  test(`${form} finds the same nonces as Node.js`, async () => {
    const solver = await make();
    for (let i = 0; i < 40; i++) {
      const tag = bytes(`tag ${i}`, 16);
      const id = bytes(`id ${i}`, 16);
      const alternative = i % 4;
      const part = i % 7 === 0 ? 63 : i;
      const high = bytes(`high ${i}`, 4).readUInt32BE();
      // Not over the end of the low half: callers stop there.
      const low = Math.min(bytes(`low ${i}`, 4).readUInt32BE(), 2 ** 32 - 4000);
      const target = (2n ** 64n - 1n) / 700n;
      solver.prepare(tag, id, alternative, ...split(target));
      assert.deepStrictEqual(
          plain(solver.search(part, high, low, 3999)),
          expected(tag, id, alternative, target, part, high, low, 3999), `case ${i}`);
    }
  });

  test(`${form} compares all 64 bits with the target`, async () => {
    const solver = await make();
    const tag = bytes('tag', 16);
    const id = bytes('id', 16);
    for (let i = 0; i < 20; i++) {
      const value = firstWords(tag, id, 0, i, 0, 5);
      solver.prepare(tag, id, 0, ...split(value));
      assert.deepStrictEqual(plain(solver.search(i, 0, 5, 1)), {tried: 1, nonce: [0, 5]});
      solver.prepare(tag, id, 0, ...split(value - 1n));
      assert.deepStrictEqual(plain(solver.search(i, 0, 5, 1)), {tried: 1, nonce: null});
    }
  });

  test(`${form} takes any number of nonces, also none`, async () => {
    const solver = await make();
    solver.prepare(bytes('tag', 16), bytes('id', 16), 1, 0, 0);
    for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 1001]) {
      assert.deepStrictEqual(plain(solver.search(3, 1, 9, count)), {tried: count, nonce: null});
    }
  });

  test(`${form} reaches the last nonce of the low half`, async () => {
    const solver = await make();
    const tag = bytes('tag', 16);
    const id = bytes('id', 16);
    const value = firstWords(tag, id, 2, 1, 0xffffffff, 0xffffffff);
    solver.prepare(tag, id, 2, ...split(value));
    const found = plain(solver.search(1, 0xffffffff, 0xfffffffa, 6));
    assert.deepStrictEqual(
        found, expected(tag, id, 2, value, 1, 0xffffffff, 0xfffffffa, 6));
    assert.notStrictEqual(found.nonce, null);
  });

  test(`${form} can be prepared again`, async () => {
    const solver = await make();
    const target = (2n ** 64n - 1n) / 50n;
    for (const name of ['a', 'b', 'a']) {
      solver.prepare(bytes(name, 16), bytes(name, 16), 0, ...split(target));
      assert.deepStrictEqual(
          plain(solver.search(0, 0, 0, 2000)),
          expected(bytes(name, 16), bytes(name, 16), 0, target, 0, 0, 0, 2000));
    }
  });
}

test('broken WebAssembly gives way to plain JavaScript', async () => {
  assert.strictEqual((await StileSolver(Buffer.from('nonsense'))).kind, 'js');
});
