// Times the captcha libraries for Node.js: a challenge made, a solution of it verified, a client
// recognised later. Prints JSON. Every result is checked; a wrong one ends the program.
//
//   node captcha_libraries.mjs FOLDER_WITH_NODE_MODULES [SECONDS_PER_REPETITION] [REPETITIONS]
//
// Time is CPU time of the whole process, its thread pool and garbage collection included, with 32
// operations in flight, as a busy server has them: fewer cost more each. What an operation needs is
// made beforehand.
import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [folder, seconds = '0.15', repetitions = '9'] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(folder), 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const versionOf = (name) =>
  JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'))).version;

const kInFlight = 32;

function must(holds, what) {
  if (!holds) throw new Error(`${what}: not the result that was expected`);
}

// Runs `operation(item)` for every item, kInFlight at a time.
async function runAll(items, operation) {
  for (let at = 0; at < items.length; at += kInFlight) {
    await Promise.all(items.slice(at, at + kInFlight).map(operation));
  }
}

// Returns what one operation costs in CPU and wall time, one figure for each repetition. Items are
// made by `prepare(count)` outside of the measured time, as many as fill `seconds`.
async function measure(prepare, operation) {
  let count = 64;
  const once = async () => {
    const items = await prepare(count);
    const wall = process.hrtime.bigint();
    const before = process.cpuUsage();
    await runAll(items, operation);
    const used = process.cpuUsage(before);
    const elapsed = Number(process.hrtime.bigint() - wall);
    return { cpu: ((used.user + used.system) * 1e3) / count, wall: elapsed / count };
  };
  await once();  // Warms up the compiler.
  const { cpu } = await once();
  count = Math.max(64, Math.min(4096, Math.round((Number(seconds) * 1e9) / cpu)));
  const runs = [];
  for (let i = 0; i < Number(repetitions); ++i) runs.push(await once());
  return { cpu_ns: runs.map((run) => run.cpu), wall_ns: runs.map((run) => run.wall) };
}

const numbers = (count) => Array.from({ length: count }, (_, i) => i);

async function altcha2(rows, version) {
  const { createChallenge, verifySolution, verifyServerSignature } = await load('altcha-lib');
  const { deriveKey } = await load('altcha-lib/algorithms/pbkdf2');
  const secrets = { hmacSignatureSecret: 's'.repeat(32), hmacKeySignatureSecret: 'k'.repeat(32) };
  const algorithm = 'PBKDF2/SHA-256';
  const later = () => new Date(Date.now() + 600_000);
  const plain = () => createChallenge({
    algorithm, cost: 5000, deriveKey, expiresAt: later(),
    hmacSignatureSecret: secrets.hmacSignatureSecret,
  });
  const known = (counter) =>
    createChallenge({ algorithm, cost: 5000, counter, deriveKey, expiresAt: later(), ...secrets });
  const payload = async (i) => {
    const challenge = await known(5000 + i);
    const nonce = Buffer.from(challenge.parameters.nonce, 'hex');
    const password = Buffer.concat([nonce, Buffer.alloc(4)]);
    password.writeUInt32BE(5000 + i, nonce.length);
    const { derivedKey } = await deriveKey(
      challenge.parameters, Buffer.from(challenge.parameters.salt, 'hex'), password);
    const solution = { counter: 5000 + i, derivedKey: Buffer.from(derivedKey).toString('hex') };
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
  };
  const verify = async (text) => {
    const { challenge, solution } = JSON.parse(Buffer.from(text, 'base64').toString());
    return verifySolution({ challenge, solution, deriveKey, ...secrets });
  };
  // What is expected of a good solution and a bad one.
  const good = await payload(0);
  must((await verify(good)).verified, 'altcha-lib verifySolution');
  const spoilt = JSON.parse(Buffer.from(good, 'base64'));
  spoilt.solution.derivedKey = spoilt.solution.derivedKey.replace(/^../, '00');
  const bad = await verify(Buffer.from(JSON.stringify(spoilt)).toString('base64'));
  must(!bad.verified, 'altcha-lib verifySolution of a wrong solution');

  rows.push({ group: 'issue', who: 'altcha-lib', version,
    what: 'createChallenge, PBKDF2 cost 5000, signed, no hidden counter',
    ...await measure(numbers, async () =>
      must((await plain()).signature?.length === 64, 'createChallenge')) });
  rows.push({ group: 'issue', who: 'altcha-lib', version,
    what: 'createChallenge as its README shows it: PBKDF2 cost 5000, hidden counter',
    ...await measure(numbers, async (i) =>
      must((await known(5000 + i)).parameters.keySignature?.length === 64, 'createChallenge')) });
  const many = [];
  await runAll(numbers(512), async (i) => { many[i] = await payload(i); });
  const some = (count) => numbers(count).map((i) => many[i % many.length]);
  rows.push({ group: 'redeem', who: 'altcha-lib', version,
    what: 'verifySolution from base64, 2 HMACs (hidden counter)',
    ...await measure(some, async (text) =>
      must((await verify(text)).verified, 'verifySolution')) });

  const secret = 'v'.repeat(32);
  const signed = (count) => numbers(count).map((i) => {
    const expire = Math.floor(Date.now() / 1000) + 3600;
    const data = `expire=${expire}&time=${expire - 3600}&verified=true&id=${i}&score=1.5`;
    const hash = createHash('sha256').update(data).digest();
    return Buffer.from(JSON.stringify({ algorithm: 'SHA-256', verificationData: data,
      signature: createHmac('sha256', secret).update(hash).digest('hex'), verified: true,
    })).toString('base64');
  });
  rows.push({ group: 'recognise', who: 'altcha-lib', version,
    what: 'verifyServerSignature of a signed verdict from base64; no cookie searched, no client compared',
    ...await measure(signed, async (text) => {
      const verdict = JSON.parse(Buffer.from(text, 'base64').toString());
      must((await verifyServerSignature({ payload: verdict, hmacSecret: secret })).verified,
        'verifyServerSignature');
    }) });
}

async function altcha1(rows, version) {
  const { createChallenge, verifySolution } = await load('altcha-lib/v1');
  const hmacKey = 'h'.repeat(32);
  const make = (number) => createChallenge({
    hmacKey, number, maxnumber: 100_000, expires: new Date(Date.now() + 600_000) });
  const payload = async (number) => Buffer.from(JSON.stringify(
    { ...await make(number), number })).toString('base64');
  must(!await verifySolution(Buffer.from(JSON.stringify(
    { ...await make(5), number: 6 })).toString('base64'), hmacKey), 'altcha-lib/v1 of a wrong number');
  const payloads = async (count) => Promise.all(numbers(count).map((i) => payload(40_000 + i)));
  rows.push({ group: 'issue', who: 'altcha-lib', version,
    what: 'createChallenge of protocol 1, SHA-256',
    ...await measure(numbers, async (i) =>
      must((await make(i)).signature?.length === 64, 'createChallenge of v1')) });
  rows.push({ group: 'redeem', who: 'altcha-lib', version,
    what: 'verifySolution of protocol 1 from base64, SHA-256 and HMAC',
    ...await measure(payloads, async (text) =>
      must(await verifySolution(text, hmacKey), 'verifySolution of v1')) });
}

// The first number that solves part `i` of a challenge, or with `solves` false one that doesn't.
function partNonce(token, i, solves = true) {
  const salt = prng(`${token}${i}`, 32);
  const target = prng(`${token}${i}d`, 1);
  for (let nonce = 0; ; ++nonce) {
    const hash = createHash('sha256').update(salt + nonce).digest('hex');
    if (hash.startsWith(target) === solves) return nonce;
  }
}

// The text that a part's salt and target are made of: 32-bit FNV-1a, then xorshift.
function prng(seed, length) {
  let state = 2166136261;
  for (const character of seed) {
    state = Math.imul(state ^ character.charCodeAt(0), 16777619);
  }
  let text = '';
  while (text.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    text += (state >>> 0).toString(16).padStart(8, '0');
  }
  return text.slice(0, length);
}

async function cap(rows, version) {
  const { default: Cap } = await load('@cap.js/server');
  const server = new Cap({ noFSState: true });
  const kParts = 50;
  const easy = { challengeCount: kParts, challengeSize: 32, challengeDifficulty: 1 };
  const solved = async () => {
    const { token } = await server.createChallenge(easy);
    return { token, solutions: numbers(kParts).map((i) => partNonce(token, i + 1)) };
  };
  const wrong = await solved();
  wrong.solutions[kParts - 1] = partNonce(wrong.token, kParts, false);
  must((await server.redeemChallenge(await solved())).success, '@cap.js/server redeemChallenge');
  must(!(await server.redeemChallenge(wrong)).success, 'redeemChallenge of a wrong solution');
  must(!(await server.validateToken('0123456789abcdef:00')).success, 'validateToken of a forged token');

  rows.push({ group: 'issue', who: '@cap.js/server', version,
    what: 'createChallenge, 50 parts, kept in memory',
    ...await measure((count) => { server.config.state.challengesList = {}; return numbers(count); },
      async () => must((await server.createChallenge()).token.length === 50, 'createChallenge')) });
  const tokens = [];
  const many = async (count) => {
    const solutions = [];
    for (let i = 0; i < Math.min(count, 512); ++i) solutions.push(await solved());
    return solutions;
  };
  const redeem = async (solution) => {
    const { success, token } = await server.redeemChallenge(solution);
    must(success, 'redeemChallenge');
    if (tokens.length < 1024) tokens.push(token);
  };
  const kCount = 256;
  await runAll(await many(kCount), redeem);
  const runs = { cpu_ns: [], wall_ns: [] };
  for (let i = 0; i < Number(repetitions); ++i) {
    const items = await many(kCount);
    const wall = process.hrtime.bigint();
    const before = process.cpuUsage();
    await runAll(items, redeem);
    const used = process.cpuUsage(before);
    runs.cpu_ns.push(((used.user + used.system) * 1e3) / kCount);
    runs.wall_ns.push(Number(process.hrtime.bigint() - wall) / kCount);
  }
  rows.push({ group: 'redeem', who: '@cap.js/server', version,
    what: 'redeemChallenge, 50 parts (its default), state in memory', ...runs });
  rows.push({ group: 'recognise', who: '@cap.js/server', version,
    what: 'validateToken that is kept, state in memory; no cookie searched, no client compared',
    ...await measure((count) => numbers(count).map((i) => tokens[i % tokens.length]),
      async (token) => must((await server.validateToken(token, { keepToken: true })).success,
        'validateToken')) });
}

const rows = [];
const altchaVersion = versionOf('altcha-lib');
await altcha2(rows, altchaVersion);
await altcha1(rows, altchaVersion);
await cap(rows, versionOf('@cap.js/server'));
process.stdout.write(JSON.stringify({ node: process.version, rows }) + '\n');
process.exit(0);  // @cap.js/server waits for signals.
