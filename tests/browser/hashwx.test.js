// HashWX as a browser runs it, against the verifier's interpreter and vectors. The engine is that of
// Node.js.
// Usage: node --test hashwx.test.js, with STILE_ASSETS and STILE_PAGE_DUMP. STILE_SEED repeats a run;
// STILE_HASHWX_FUNCTIONS and STILE_HASHWX_NONCES are how many functions are compared, and how many
// nonces of each.
'use strict';

const assert = require('node:assert');
const childProcess = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const v8 = require('node:v8');
const vm = require('node:vm');

const {hashwx, digestOf} = require('./stand_in');

const SEED = process.env.STILE_SEED || crypto.randomBytes(8).toString('hex');
const FUNCTIONS = Number(process.env.STILE_HASHWX_FUNCTIONS || 150);
const NONCES = Number(process.env.STILE_HASHWX_NONCES || 100);
const HASHWX = 3;
const FUNCTION = 65536;
const MASK = 2n ** 64n - 1n;

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
};

const bytes = (name, length) =>
  crypto.createHash('shake256', {outputLength: length}).update(`${SEED} ${name}`).digest();
const number = (name) => bytes(name, 4).readUInt32BE();
const split = (value) => [Number(value >> 32n), Number(value & 0xffffffffn)];
const plain = (found) => JSON.parse(JSON.stringify(found));

// ---- Sections 3.1 and 3.4 of the specification, for what a module leaves out

const left = (x, n) => (x << BigInt(n) | x >> BigInt(64 - n)) & MASK;

function sipRound(v) {
  v[0] = v[0] + v[1] & MASK;
  v[2] = v[2] + v[3] & MASK;
  v[1] = left(v[1], 13) ^ v[0];
  v[3] = left(v[3], 16) ^ v[2];
  v[0] = left(v[0], 32);
  v[2] = v[2] + v[1] & MASK;
  v[0] = v[0] + v[3] & MASK;
  v[1] = left(v[1], 17) ^ v[2];
  v[3] = left(v[3], 21) ^ v[0];
  v[2] = left(v[2], 32);
}

function start(seed, nonce) {
  const [k0, k1] = [seed.readBigUInt64LE(16), seed.readBigUInt64LE(24)];
  const v = [0x736f6d6570736575n ^ k0, 0x646f72616e646f6dn ^ k1, 0x6c7967656e657261n ^ k0,
             0x7465646279746573n ^ k1 ^ nonce];
  sipRound(v);
  v[0] ^= nonce;
  v[2] ^= 0xbbn;
  for (let i = 0; i < 3; i++) sipRound(v);
  const registers = [v[3], v[2], v[1], v[0]];
  [k0, k1, k0, k1].forEach((key, i) => { v[i] ^= key; });
  for (let i = 0; i < 4; i++) sipRound(v);
  registers.push(v[3], v[2], v[1], v[0]);
  return [...registers, registers[4] & ~7n | 3n, registers[7] & ~7n | 5n];
}

function finish(registers) {
  const [one, other] = [registers.slice(0, 4), registers.slice(4, 8)];
  sipRound(one);
  sipRound(other);
  return one[3] ^ other[3] ^ registers[9];
}

// Of the reference, where they are at hand.
const VECTORS = path.join(__dirname, '../../../shared/research/vectors/hashwx/vectors.json');

// [seed, nonce, hash]
function known() {
  const found = [];
  if (fs.existsSync(VECTORS)) {
    for (const {seed, hashes} of JSON.parse(fs.readFileSync(VECTORS, 'utf8')).cases) {
      for (const [nonce, hash] of Object.entries(hashes)) {
        found.push([Buffer.from(seed, 'hex'), BigInt(nonce), BigInt('0x' + hash)]);
      }
    }
  }
  const pairs = Array.from({length: 50}, (_, i) =>
    [bytes(`seed ${i}`, 32), bytes(`nonce ${i}`, 8).readBigUInt64BE()]);
  const hashes = hashwx(pairs);
  return [...found, ...pairs.map((pair, i) => [...pair, hashes[i]])];
}

// ---- Modules by themselves

test('modules agree with vectors and the interpreter, wherever their state lies', () => {
  const all = known();
  console.log(`${all.length} hashes`);
  const memory = new WebAssembly.Memory({initial: 32});
  const input = all.map(([seed]) => `${seed.toString('hex')}\n`).join('');
  for (const address of [0, 1024, 2 ** 21 - 2128]) {
    const modules = childProcess.execFileSync(
        process.env.STILE_PAGE_DUMP, ['hashwx-modules', address],
        {input, maxBuffer: 2 ** 28});
    const size = modules.length / all.length;
    const state = new BigUint64Array(memory.buffer, address, 10);
    all.forEach(([seed, nonce, hash], i) => {
      const module = new WebAssembly.Module(modules.subarray(size * i, size * (i + 1)));
      state.set(start(seed, nonce));
      new WebAssembly.Instance(module, {e: {m: memory}}).exports.f();
      assert.strictEqual(finish([...state]), hash, `hash ${i} at ${address}`);
    });
  }
});

test('a module touches nothing but its state', () => {
  const [[seed, nonce]] = known();
  const module = childProcess.execFileSync(
      process.env.STILE_PAGE_DUMP, ['hashwx-modules', 4096], {input: seed.toString('hex')});
  const memory = new WebAssembly.Memory({initial: 1});
  const all = new Uint8Array(memory.buffer).fill(0xa5);
  new BigUint64Array(memory.buffer, 4096, 10).set(start(seed, nonce));
  new WebAssembly.Instance(new WebAssembly.Module(module), {e: {m: memory}}).exports.f();
  assert.ok(all.subarray(0, 4096).every((byte) => byte === 0xa5));
  assert.ok(all.subarray(4096 + 80 + 2048).every((byte) => byte === 0xa5));
});

// ---- Through the solver

const prefix = (tag, id, alternative) => Buffer.concat([
  Buffer.from('stile-hashwx-v1\0'), tag, id, Buffer.from([alternative]), Buffer.alloc(15)]);

function seedOf(tag, id, alternative, part, high, low) {
  const index = Buffer.alloc(8);
  index.writeBigUInt64BE((BigInt(high) << 32n | BigInt(low)) >> 16n);
  return digestOf(prefix(tag, id, alternative), part, index);
}

// The hashes of `count` nonces from (high, low) on, by the interpreter.
function hashes(tag, id, alternative, part, high, low, count) {
  return hashwx(Array.from({length: count}, (_, i) => [
    seedOf(tag, id, alternative, part, high, low + i),
    BigInt(high) << 32n | BigInt(low + i)]));
}

const TARGET = MASK / 100n;
const ALTERNATIVE = 1;
const challengeOf = (name) => [bytes(`${name} tag`, 16), bytes(`${name} id`, 16), ALTERNATIVE];
const prepare = (solver, name) => solver.prepare(...challengeOf(name), ...split(TARGET));

// Sees that a solver finds what the interpreter says is the first of `count` nonces to find.
function findsTheFirst(solver, name, part, high, low, count) {
  const all = hashes(...challengeOf(name), part, high, low, count);
  const first = all.findIndex((hash) => hash <= TARGET);
  assert.deepStrictEqual(
      plain(solver.search(part, high, low, count)),
      first < 0 ? {tried: count, nonce: null} : {tried: first + 1, nonce: [high, low + first]},
      `${name} of ${SEED}`);
}

for (const [form, wasm] of Object.entries(FORMS)) {
  const make = async () => StileSolver(wasm, HASHWX);

  test(`${form} agrees with the interpreter on random functions and nonces`, async () => {
    console.log(`STILE_SEED=${SEED}: ${FUNCTIONS} functions of ${NONCES} nonces`);
    const {instance: {exports: e}} = await WebAssembly.instantiate(wasm, {});
    const at = e.exchange();
    const words = new Uint32Array(e.memory.buffer, at, 16);
    const slot = e.__indirect_function_table.grow(1);
    for (let i = 0; i < FUNCTIONS; i++) {
      const pairs = [];
      const found = [];
      const [tag, id] = [bytes(`tag ${i}`, 16), bytes(`id ${i}`, 16)];
      const [part, alternative, high] = [i % 64, i % 4, number(`high ${i}`)];
      const low = number(`low ${i}`) - number(`low ${i}`) % FUNCTION;
      new Uint8Array(e.memory.buffer, at, 32).set(Buffer.concat([tag, id]));
      e.hashwx_prepare(alternative, 0, 0);
      const size = e.hashwx_make(part, high, low);
      const module = new WebAssembly.Module(new Uint8Array(e.memory.buffer, words[11], size));
      e.__indirect_function_table.set(
          slot, new WebAssembly.Instance(module, {e: {m: e.memory}}).exports.f);
      const seed = seedOf(tag, id, alternative, part, high, low);
      for (let n = 0; n < NONCES; n++) {
        const nonce = low + number(`nonce ${i} ${n}`) % FUNCTION;
        e.hashwx_search(slot, high, nonce, 1);
        pairs.push([seed, BigInt(high) << 32n | BigInt(nonce)]);
        found.push(BigInt(words[12]) << 32n | BigInt(words[13]));
      }
      assert.deepStrictEqual(found, hashwx(pairs), `function ${i} of ${SEED}`);
    }
  });

  test(`${form} finds the first nonce that solves a part`, async () => {
    const solver = await make();
    for (let i = 0; i < 20; i++) {
      const low = number(`l${i}`) - number(`l${i}`) % FUNCTION;
      prepare(solver, `case ${i}`);
      findsTheFirst(solver, `case ${i}`, 3 * i, number(`h${i}`), low, 250);
    }
  });

  test(`${form} compares all 64 bits with the target`, async () => {
    const solver = await make();
    const [tag, id] = [bytes('tag', 16), bytes('id', 16)];
    for (let part = 0; part < 8; part++) {
      const [hash] = hashes(tag, id, 0, part, 0xffffffff, 0xffffffff, 1);
      solver.prepare(tag, id, 0, ...split(hash));
      assert.deepStrictEqual(plain(solver.search(part, 0xffffffff, 0xffffffff, 1)),
                             {tried: 1, nonce: [0xffffffff, 0xffffffff]});
      solver.prepare(tag, id, 0, ...split(hash - 1n));
      assert.deepStrictEqual(plain(solver.search(part, 0xffffffff, 0xffffffff, 1)),
                             {tried: 1, nonce: null});
    }
  });

  test(`${form} stops where a function ends and goes on with the next`, async () => {
    const solver = await make();
    solver.prepare(bytes('tag', 16), bytes('id', 16), 1, 0, 0);
    assert.deepStrictEqual(plain(solver.search(5, 7, FUNCTION - 3, 1000)), {tried: 3, nonce: null});
    prepare(solver, 'next');
    findsTheFirst(solver, 'next', 5, 7, FUNCTION - 3, 3);
    findsTheFirst(solver, 'next', 5, 7, FUNCTION, 500);
    findsTheFirst(solver, 'next', 5, 8, FUNCTION, 500);
    findsTheFirst(solver, 'next', 6, 8, FUNCTION, 500);
  });

  test(`${form} can be prepared again`, async () => {
    const solver = await make();
    for (const name of ['a', 'b', 'a']) {
      prepare(solver, name);
      findsTheFirst(solver, name, 0, 0, 0, 500);
    }
  });
}

// An engine collects when it likes; here it is told to.
test('of a thousand functions none is kept', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  const solver = await StileSolver(FORMS['scalar WebAssembly'], HASHWX);
  solver.prepare(bytes('tag', 16), bytes('id', 16), 0, 0, 0);
  const megabytes = [];
  for (let i = 1; i <= 1000; i++) {
    solver.search(0, i, 0, 100);
    if (i % 200) continue;
    for (let turn = 0; turn < 3; turn++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    megabytes.push(process.memoryUsage().rss / 2 ** 20);
  }
  console.log(`RSS in MB after each 200: ${megabytes.map(Math.round).join(' ')}`);
  assert.ok(megabytes[4] - megabytes[0] < 20, `${megabytes}`);
});

test('without WebAssembly there is no solver', async () => {
  await assert.rejects(StileSolver(null, HASHWX));
  await assert.rejects(StileSolver(Buffer.from('nonsense'), HASHWX));
});

test('a module that is refused ends the search', async () => {
  const refusing = vm.runInNewContext(
      `var document = {};${asset(/^worker-.*js$/)};StileSolver`,
      {WebAssembly: {...WebAssembly, instantiate: WebAssembly.instantiate,
                     Module: function () { throw new WebAssembly.CompileError('not here'); }},
       Uint8Array, Uint32Array, Int32Array, DataView, Promise, Array, Object});
  const solver = await refusing(FORMS['scalar WebAssembly'], HASHWX);
  solver.prepare(bytes('tag', 16), bytes('id', 16), 0, 0, 0);
  for (let i = 0; i < 2; i++) assert.throws(() => solver.search(0, 0, 0, 1), WebAssembly.CompileError);
});
