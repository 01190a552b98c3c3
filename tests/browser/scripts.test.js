// The scripts are ones that a browser of 2018 understands.
// Usage: node scripts.test.js, with STILE_ASSETS and STILE_NODE_MODULES.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const acorn = require(path.join(process.env.STILE_NODE_MODULES, 'acorn'));
const ASSETS = process.env.STILE_ASSETS;
const scripts = fs.readdirSync(ASSETS).filter((name) => name.endsWith('.js'));

test('there are scripts', () => assert.ok(scripts.length > 25, `${scripts}`));

for (const name of scripts) {
  const text = fs.readFileSync(path.join(ASSETS, name), 'utf8');

  test(`${name} is ES2017`, () => {
    acorn.parse(text, {ecmaVersion: 8, sourceType: 'script'});
  });

  test(`${name} needs no code from text, no secure context and no fetch`, () => {
    const own = name.startsWith('client') ? text.replace(/\bfetch\b/g, '') : text;
    assert.doesNotMatch(own, /\beval\b|new Function|crypto|\bfetch\b|innerHTML|document\.write/);
  });
}
