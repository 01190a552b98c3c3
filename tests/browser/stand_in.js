// A small site behind a gate that speaks docs/wire-format.md as far as a browser sees it. It keeps
// what it issued in memory and has knobs for what goes wrong. The page and its assets are the
// library's own.
'use strict';

const childProcess = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const NOTICE = {none: 0, tooEarly: 1, limited: 2, refused: 3, denied: 4, unavailable: 5};
const SHA256 = 1;
const WAIT = 2;
const MAX_64 = 2n ** 64n - 1n;

function dump(...words) {
  return childProcess.execFileSync(process.env.STILE_PAGE_DUMP, words.map(String));
}

class StandIn {
  // effort, parts, waitMillis, lifetime (seconds); alternatives: which of 'sha256' and 'wait' are
  // offered, in this order; missing: a pattern of assets that are not there; notice: what every page
  // says; refuseFirst: so many solutions are refused.
  constructor(knobs = {}) {
    this.knobs = {
      effort: 400000, parts: 16, waitMillis: 5000, lifetime: 600, alternatives: ['sha256', 'wait'],
      title: 'One moment', contact: 'mailto:admin@example.org', ...knobs,
    };
    this.title = 'Origin';
    this.issued = new Map();
    this.counts = {pages: 0, origin: 0, early: 0, refused: 0, sha256: 0, wait: 0};
    this.policy = dump('policy').toString();
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

  issue(returnPath) {
    const {effort, parts, waitMillis, lifetime, alternatives} = this.knobs;
    const now = Date.now();
    const head = Buffer.alloc(54);
    head.set([1, 1, 1, alternatives.length]);
    crypto.randomFillSync(head, 4, 16);
    head.writeBigUInt64BE(BigInt(now), 20);
    head.writeUInt32BE(Math.floor(now / 1000) + lifetime, 28);
    const body = alternatives.map((puzzle) => {
      const alternative = Buffer.alloc(16);
      alternative[0] = puzzle === 'wait' ? WAIT : SHA256;
      alternative[1] = 1;
      alternative[2] = puzzle === 'wait' ? 0 : parts;
      alternative.writeBigUInt64BE(BigInt(puzzle === 'wait' ? waitMillis : effort), 4);
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

  // 'sha256', 'wait', 'early' or null.
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
    const {effort, parts} = this.knobs;
    if (puzzle !== 'sha256' || bytes[1] !== parts || bytes.length !== 2 + 8 * parts) return null;
    const prefix = Buffer.concat([
      Buffer.from('stile-sha256-v1\0'), token.subarray(-16), token.subarray(4, 20),
      Buffer.from([bytes[0]]), Buffer.alloc(15)]);
    const target = MAX_64 / BigInt(Math.ceil(effort / parts));
    for (let part = 0; part < parts; part++) {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(part);
      const digest = crypto.createHash('sha256').update(prefix).update(number)
          .update(bytes.subarray(2 + 8 * part, 10 + 8 * part)).digest();
      if (digest.readBigUInt64BE(0) > target) return null;
    }
    return 'sha256';
  }

  page(request, response, notice, challenge, waitMillis = this.knobs.waitMillis) {
    this.counts.pages++;
    const language = this.knobs.language ||
        (request.headers['accept-language'] || 'en').slice(0, 2);
    const index = this.knobs.alternatives.indexOf('wait');
    const body = dump(
        'page', NOTICE[notice], language, '/.stile', challenge, index < 0 ? 255 : index,
        Math.ceil(waitMillis / 1000), this.knobs.title, this.knobs.contact);
    response.writeHead(403, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': this.policy,
    });
    response.end(body);
  }

  redeem(request, response) {
    let text = '';
    request.on('data', (chunk) => { text += chunk; });
    request.on('end', () => {
      const form = new URLSearchParams(text);
      const challenge = form.get('challenge');
      const refuse = this.knobs.refuseFirst > this.counts.refused;
      const verdict = refuse ? null : this.judge(challenge, form.get('solution'));
      const known = this.issued.get(challenge);
      if (verdict === 'early') {
        this.counts.early++;
        const left = this.knobs.waitMillis - (Date.now() - known.now);
        this.page(request, response, 'tooEarly', challenge, left);
      } else if (!verdict) {
        this.counts.refused++;
        this.page(request, response, 'refused', this.issue(known ? known.returnPath : '/'));
      } else {
        this.counts[verdict]++;
        response.writeHead(303, {
          'Location': known.returnPath,
          'Cache-Control': 'no-store',
          'Set-Cookie': 'stile=cleared; Path=/; HttpOnly',
        });
        response.end();
      }
    });
  }

  serve(request, response) {
    const target = request.url;
    if (target === '/favicon.ico') {
      response.writeHead(404);
      response.end();
    } else if (target.startsWith('/.stile/assets/')) {
      const name = target.slice('/.stile/assets/'.length);
      const missing = !(name in this.types) || (this.knobs.missing && this.knobs.missing.test(name));
      response.writeHead(missing ? 404 : 200, missing ? {} : {
        'Content-Type': this.types[name],
        'Cache-Control': 'public, max-age=31536000, immutable',
        'Content-Security-Policy': this.policy,
      });
      response.end(missing ? '' : fs.readFileSync(path.join(process.env.STILE_ASSETS, name)));
    } else if (target === '/.stile/redeem' && request.method === 'POST') {
      this.redeem(request, response);
    } else if (this.knobs.notice) {
      const form = this.knobs.notice !== 'denied' && this.knobs.notice !== 'unavailable';
      this.page(request, response, this.knobs.notice, form ? this.issue('/') : '');
    } else if (/\bstile=cleared\b/.test(request.headers.cookie || '')) {
      this.counts.origin++;
      response.writeHead(200, {'Content-Type': 'text/html; charset=utf-8'});
      response.end('<!doctype html><title>Origin</title><p>This is the origin.');
    } else {
      this.page(request, response, 'none', this.issue(target));
    }
  }
}

module.exports = {StandIn};
