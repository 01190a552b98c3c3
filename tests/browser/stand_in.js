// A small site behind a gate that speaks docs/wire-format.md as far as a browser sees it. It keeps
// what it issued in memory and has knobs for what goes wrong. The page and its assets are the
// library's own.
'use strict';

const childProcess = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const NOTICE = {none: 0, tooEarly: 1, limited: 2, refused: 3, denied: 4, unavailable: 5,
                resend: 6, spent: 7};
const PUZZLES = {sha256: 1, wait: 2, hashwx: 3};
const MAX_64 = 2n ** 64n - 1n;

function dump(...words) {
  return childProcess.execFileSync(process.env.STILE_PAGE_DUMP, words.map(String));
}

// The hashes of [seed, nonce], as the verifier computes them.
function hashwx(pairs) {
  const input = pairs.map(([seed, nonce]) => `${seed.toString('hex')} ${nonce}\n`).join('');
  return childProcess.execFileSync(process.env.STILE_PAGE_DUMP, ['hashwx'], {input}).toString()
      .trim().split('\n').map((hash) => BigInt('0x' + hash));
}

// SHA-256 of the prefix, a part and eight bytes more.
function digestOf(prefix, part, bytes) {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(part);
  return crypto.createHash('sha256').update(prefix).update(number).update(bytes).digest();
}

// What each part's nonce comes to, to be compared with the target.
function sha256Of(prefix, parts, nonces) {
  return Array.from({length: parts}, (_, part) =>
    digestOf(prefix, part, nonces.subarray(8 * part, 8 * part + 8)).readBigUInt64BE(0));
}

function hashwxOf(prefix, parts, nonces) {
  return hashwx(Array.from({length: parts}, (_, part) => {
    const nonce = nonces.readBigUInt64BE(8 * part);
    const index = Buffer.alloc(8);
    index.writeBigUInt64BE(nonce >> 16n);
    return [digestOf(prefix, part, index), nonce];
  }));
}

class StandIn {
  // effort (of sha256), hashwxEffort, parts, waitMillis, lifetime (seconds); alternatives: which of
  // 'hashwx', 'sha256' and 'wait' are offered, in this order; missing: a pattern of assets that are
  // not there; assetPolicy, pagePolicy: the Content-Security-Policy of assets and of pages, if not
  // the library's; notice: what every page says; refuseFirst: so many solutions are refused;
  // deferFirst: for so many there is no room yet; answers: what a path of the origin answers with,
  // path -> [type, text], without a gate where the path begins with /open/.
  constructor(knobs = {}) {
    this.knobs = {
      effort: 400000, hashwxEffort: 60000, parts: 16, waitMillis: 5000, lifetime: 600, alternatives: ['sha256', 'wait'],
      title: 'One moment', contact: 'mailto:admin@example.org', privacy: '', logo: '',
      stylesheet: '', reference: '', answers: {}, ...knobs,
    };
    this.title = 'Origin';
    this.issued = new Map();
    this.counts = {pages: 0, origin: 0, early: 0, refused: 0, deferred: 0, hashwx: 0, sha256: 0,
                   wait: 0, asked: 0};
    this.solutions = new Set();  // Different ones that came.
    this.posted = [];  // Bodies that the origin got.
    this.languages = new Map();
    const policy = dump('policy', this.knobs.logo).toString();
    this.policy = this.knobs.pagePolicy || policy;
    this.assetPolicy = this.knobs.assetPolicy || policy;
    this.types = JSON.parse(
        fs.readFileSync(path.join(process.env.STILE_ASSETS, 'types.json'), 'utf8'));
  }

  async start() {
    this.server = http.createServer((request, response) => this.serve(request, response));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  // What solving one of the alternatives takes.
  effortOf(puzzle) {
    const {effort, hashwxEffort, waitMillis} = this.knobs;
    return {sha256: effort, hashwx: hashwxEffort, wait: waitMillis}[puzzle];
  }

  issue(returnPath) {
    const {parts, lifetime, alternatives} = this.knobs;
    const now = Date.now();
    const head = Buffer.alloc(54);
    head.set([1, 1, 1, alternatives.length]);
    crypto.randomFillSync(head, 4, 16);
    head.writeBigUInt64BE(BigInt(now), 20);
    head.writeUInt32BE(Math.floor(now / 1000) + lifetime, 28);
    const body = alternatives.map((puzzle) => {
      const alternative = Buffer.alloc(16);
      alternative[0] = PUZZLES[puzzle];
      alternative[1] = 1;
      alternative[2] = puzzle === 'wait' ? 0 : parts;
      alternative.writeBigUInt64BE(BigInt(this.effortOf(puzzle)), 4);
      alternative.writeUInt32BE(600, 12);
      return alternative;
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(returnPath.length);
    const token = Buffer.concat(
        [head, ...body, length, Buffer.from(returnPath), crypto.randomBytes(16)]);
    const text = token.toString('base64url');
    this.issued.set(text, {token, returnPath, now});
    return text;
  }

  // 'hashwx', 'sha256', 'wait', 'early' or null.
  judge(challenge, solution) {
    const known = this.issued.get(challenge);
    const bytes = Buffer.from(solution, 'base64url');
    if (!known || bytes.toString('base64url') !== solution) return null;
    if (Date.now() >= known.now + this.knobs.lifetime * 1000) return null;
    const {token} = known;
    const puzzle = this.knobs.alternatives[bytes[0]];
    if (puzzle === 'wait') {
      if (bytes.length !== 2 || bytes[1] !== 0) return null;
      return Date.now() - known.now >= this.knobs.waitMillis ? 'wait' : 'early';
    }
    const {parts} = this.knobs;
    if (!puzzle || bytes[1] !== parts || bytes.length !== 2 + 8 * parts) return null;
    const prefix = Buffer.concat([
      Buffer.from(`stile-${puzzle}-v1\0`), token.subarray(-16), token.subarray(4, 20),
      Buffer.from([bytes[0]]), Buffer.alloc(15)]);
    const target = MAX_64 / BigInt(Math.ceil(this.effortOf(puzzle) / parts));
    const found = puzzle === 'hashwx' ? hashwxOf : sha256Of;
    return found(prefix, parts, bytes.subarray(2)).every((hash) => hash <= target) ? puzzle : null;
  }

  // The translation for a request, as the library chooses it.
  languageOf(request) {
    const field = request.headers['accept-language'] || '';
    if (!this.languages.has(field)) {
      this.languages.set(field, dump('language', field).toString());
    }
    return this.languages.get(field);
  }

  page(request, response, notice, challenge, waitMillis = this.knobs.waitMillis) {
    this.counts.pages++;
    const index = this.knobs.alternatives.indexOf('wait');
    const {title, contact, privacy, logo, stylesheet, reference} = this.knobs;
    const body = dump(
        'page', NOTICE[notice], this.languageOf(request), '/.stile', challenge,
        index < 0 ? 255 : index, Math.ceil(waitMillis / 1000), title, contact, privacy, logo,
        stylesheet, reference);
    response.writeHead(this.knobs.status || 403, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': this.policy,
    });
    response.end(body);
  }

  json(response, status, value, more = {}) {
    response.writeHead(
        status, {'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...more});
    response.end(JSON.stringify(value));
  }

  redeem(request, response, text) {
    const isJson = /json/.test(request.headers['content-type']);
    const form = isJson ? new Map(Object.entries(JSON.parse(text))) : new URLSearchParams(text);
    const challenge = form.get('challenge');
    this.solutions.add(form.get('solution'));
    if (this.knobs.deferFirst > this.counts.deferred) {
      this.counts.deferred++;
      return this.json(response, 429, {cleared: false}, {'Retry-After': '1'});
    }
    const refuse = this.knobs.refuseFirst > this.counts.refused;
    const verdict = refuse ? null : this.judge(challenge, form.get('solution'));
    const known = this.issued.get(challenge);
    if (verdict === 'early') {
      this.counts.early++;
      const left = this.knobs.waitMillis - (Date.now() - known.now);
      if (isJson) this.json(response, 403, {cleared: false});
      else this.page(request, response, 'tooEarly', challenge, left);
    } else if (!verdict) {
      this.counts.refused++;
      if (isJson) this.json(response, 403, {cleared: false});
      else this.page(request, response, 'refused', this.issue(known ? known.returnPath : '/'));
    } else {
      this.counts[verdict]++;
      const cookie = {'Set-Cookie': 'stile=cleared; Path=/; HttpOnly'};
      if (isJson) return this.json(response, 200, {cleared: true}, cookie);
      response.writeHead(
          303, {'Location': known.returnPath, 'Cache-Control': 'no-store', ...cookie});
      response.end();
    }
  }

  asset(response, name) {
    const missing = !(name in this.types) || (this.knobs.missing && this.knobs.missing.test(name));
    response.writeHead(missing ? 404 : 200, missing ? {} : {
      'Content-Type': this.types[name],
      'Cache-Control': name === 'client.js' ? 'no-cache' : 'public, max-age=31536000, immutable',
      'Content-Security-Policy': this.assetPolicy,
    });
    response.end(missing ? '' : fs.readFileSync(path.join(process.env.STILE_ASSETS, name)));
  }

  origin(request, response, text) {
    this.counts.origin++;
    if (request.method === 'POST') this.posted.push(text);
    const [type, body] = this.knobs.answers[request.url] || [
      'text/html; charset=utf-8',
      '<!doctype html><html lang="en"><title>Origin</title><p>This is the origin.'];
    response.writeHead(200, {'Content-Type': type});
    response.end(body);
  }

  gated(request, response) {
    const target = request.url;
    // Browsers tell what they fetch for on safe origins only.
    if (!/text\/html/.test(request.headers.accept)) {
      const address = '/.stile/challenge?c=' + encodeURIComponent(target);
      return this.json(
          response, 403, {error: 'challenge', challenge: address}, {'Stile-Challenge': address});
    }
    const notice = request.method === 'POST' ? 'resend' : 'none';
    this.page(request, response, notice, this.issue(target));
  }

  serve(request, response) {
    let text = '';
    request.on('data', (chunk) => { text += chunk; });
    request.on('end', () => this.answer(request, response, text));
  }

  answer(request, response, text) {
    const target = request.url;
    if (target === '/favicon.ico') {
      response.writeHead(404);
      response.end();
    } else if (target.startsWith('/.stile/assets/')) {
      this.asset(response, target.slice('/.stile/assets/'.length).replace(/\?.*/, ''));
    } else if (target === '/.stile/redeem' && request.method === 'POST') {
      this.redeem(request, response, text);
    } else if (target.startsWith('/.stile/challenge')) {
      this.counts.asked++;
      this.json(response, 200, {challenge: this.issue('/'), redeem: '/.stile/redeem'});
    } else if (target.startsWith('/open/')) {
      this.origin(request, response, text);
    } else if (this.knobs.notice) {
      const form = !['denied', 'unavailable', 'spent'].includes(this.knobs.notice);
      this.page(request, response, this.knobs.notice, form ? this.issue('/') : '');
    } else if (/\bstile=cleared\b/.test(request.headers.cookie || '')) {
      this.origin(request, response, text);
    } else {
      this.gated(request, response);
    }
  }
}

module.exports = {StandIn, hashwx, digestOf};
