// What is shipped is what a browser of 2018 understands (docs/page.md names them), is small, and can
// be read.
// Usage: node scripts.test.js, with STILE_ASSETS and STILE_NODE_MODULES.
'use strict';

const assert = require('node:assert');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const zlib = require('node:zlib');

const acorn = require(path.join(process.env.STILE_NODE_MODULES, 'acorn'));
const ASSETS = process.env.STILE_ASSETS;
const scripts = fs.readdirSync(ASSETS).filter((name) => name.endsWith('.js'));

test('there are scripts', () => assert.ok(scripts.length > 25, `${scripts}`));


// What a script may take from its surroundings: there since Safari 12, Chrome 61 and Firefox 60.
const GLOBALS = new Set([
  'Array', 'DataView', 'Date', 'Error', 'Int32Array', 'JSON', 'Math', 'MessageChannel', 'NaN', 'Object',
  'Promise', 'Request', 'URL', 'Uint32Array', 'Uint8Array', 'WebAssembly', 'Worker', 'XMLHttpRequest', 'String',
  'atob', 'btoa', 'clearInterval', 'document', 'localStorage', 'location', 'navigator', 'onmessage', 'parseInt',
  'performance', 'postMessage', 'sessionStorage', 'setInterval', 'setTimeout', 'undefined', 'window',
]);
// Newer than those, by name. Where a script only looks whether it is there, it says so in GUARDED.
const NEWER = new Set([
  'allSettled', 'any', 'at', 'finally', 'findLast', 'flat', 'flatMap', 'fromEntries', 'getOrInsert', 'hasOwn',
  'matchAll', 'replaceAll', 'replaceChildren', 'replaceWith', 'trimStart', 'trimEnd', 'toSorted',
  'toReversed', 'toggleAttribute', 'requestSubmit', 'prerendering', 'locks', 'clipboard', 'sendBeacon',
  'isConnected', 'timeOrigin', 'randomUUID', 'arrayBuffer', 'instantiateStreaming',
  'compileStreaming', 'scheduler', 'userAgentData', 'structuredClone', 'queueMicrotask',
  'withResolvers', 'groupBy', 'waitAsync',
]);
const GUARDED = new Set(['prerendering']);

function walk(node, visit) {
  if (!node || typeof node.type !== 'string') return;
  visit(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) value.forEach((child) => walk(child, visit));
    else if (value && typeof value.type === 'string') walk(value, visit);
  }
}

// {globals, members} that a script uses.
function namesIn(tree) {
  const declared = new Set();
  const used = new Set();
  const members = new Set();
  const notNames = new Set();
  walk(tree, (node) => {
    if (node.type === 'VariableDeclarator') declared.add(node.id.name);
    if (/Function/.test(node.type)) {
      if (node.id) declared.add(node.id.name);
      node.params.forEach((parameter) => declared.add(parameter.name));
    }
    if (node.type === 'CatchClause') declared.add(node.param.name);
    if (node.type === 'MemberExpression' && !node.computed) {
      members.add(node.property.name);
      notNames.add(node.property);
    }
    if (node.type === 'Property' && !node.computed) notNames.add(node.key);
    if (node.type === 'LabeledStatement' || node.label) notNames.add(node.label);
  });
  walk(tree, (node) => {
    if (node.type === 'Identifier' && !notNames.has(node)) used.add(node.name);
  });
  return {globals: [...used].filter((name) => !declared.has(name)), members: [...members]};
}

const read = (name) => fs.readFileSync(path.join(ASSETS, name), 'utf8');

for (const name of scripts) {
  const text = read(name);

  test(`${name} is ES2017`, () => {
    acorn.parse(text, {ecmaVersion: 8, sourceType: 'script'});
  });

  test(`${name} uses nothing newer than the browser floor`, () => {
    const {globals, members} = namesIn(acorn.parse(text, {ecmaVersion: 8, sourceType: 'script'}));
    const allowed = ['StileWork', 'StileWords'];  // Each other.
    assert.deepStrictEqual(
        globals.filter((global) => !GLOBALS.has(global) && !allowed.includes(global)), []);
    assert.deepStrictEqual(members.filter((one) => NEWER.has(one) && !GUARDED.has(one)), []);
  });

  test(`${name} needs no code from text, no secure context and no fetch`, () => {
    const own = name.startsWith('client') ? text.replace(/\bfetch\b/g, '') : text;
    assert.doesNotMatch(own, /\beval\b|new Function|crypto|\bfetch\b|innerHTML|document\.write/);
  });
}

test('a name that is too new is found', () => {
  const tree = acorn.parse('function f(a) { return structuredClone(a.flat()); }', {ecmaVersion: 8});
  assert.deepStrictEqual(namesIn(tree), {globals: ['structuredClone'], members: ['flat']});
});

// ---- The style sheet

const style = read(fs.readdirSync(ASSETS).find((name) => /^page-.*css$/.test(name)));

test('the style sheet uses nothing newer than the browser floor', () => {
  // Flexible boxes know no gap in 2018; an unknown pseudo-class drops its whole rule.
  assert.doesNotMatch(style, /[;{]gap:|row-gap|inset|aspect-ratio|:is\(|:where\(|:has\(|:focus-visible|clamp\(/);
  assert.doesNotMatch(style, /\b(min|max)\(|(margin|padding|border)-(inline|block)|@layer|@container|@supports/);
  assert.doesNotMatch(style, /color-mix|oklch|lch\(|accent-color|overflow-wrap:anywhere|place-|url\(|@import/);
});

// The custom properties of each scheme, as [red, green, blue].
function schemes() {
  const properties = (block) => {
    const found = {};
    for (const [, name, color] of block.matchAll(/--([a-z-]+):#([0-9a-f]+)/g)) {
      const full = color.length === 3 ? color.replace(/./g, '$&$&') : color;
      found[name] = full.match(/../g).map((part) => parseInt(part, 16));
    }
    return found;
  };
  const dark = style.indexOf('@media (prefers-color-scheme:dark)');
  assert.ok(dark > 0, 'there is no dark scheme');
  const light = properties(style.slice(0, dark));
  const end = style.indexOf('}}', dark);
  return {light, dark: {...light, ...properties(style.slice(dark, end))}};
}

// By WCAG 2.2, "contrast ratio".
function contrast(one, other) {
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('contrast is computed as WCAG computes it', () => {
  assert.strictEqual(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.ok(Math.abs(contrast([0x77, 0x77, 0x77], [255, 255, 255]) - 4.48) < 0.01);
});

for (const [scheme, colors] of Object.entries(schemes())) {
  const pairs = [
    ['text', 'card', 4.5], ['quiet', 'card', 4.5], ['accent', 'card', 4.5],
    ['on-accent', 'accent', 4.5], ['accent', 'line', 3], ['text', 'ground', 4.5],
  ];
  for (const [front, back, least] of pairs) {
    test(`${scheme}: ${front} on ${back} has a contrast of ${least}`, () => {
      const ratio = contrast(colors[front], colors[back]);
      assert.ok(ratio >= least, `${ratio}`);
    });
  }
}

test('whoever wants less motion gets none', () => {
  const at = style.indexOf('@media (prefers-reduced-motion:reduce)');
  assert.match(style.slice(at), /form::before\{display:none\}/);
});

// ---- Sizes

const compressed = (text) => zlib.gzipSync(text).length;

test('what comes before the solver is at most 16 KB compressed, in every language', () => {
  const page = read(scripts.find((name) => /^page-/.test(name)));
  const dump = (...words) => childProcess.execFileSync(process.env.STILE_PAGE_DUMP, words.map(String));
  const challenge = 'x'.repeat(1206);
  for (const name of scripts.filter((script) => /^words-/.test(script))) {
    const language = /^words-(.*)-[0-9a-f]{12}\.js$/.exec(name)[1];
    const html = dump('page', 0, language, '/.stile', challenge, 1, 5, 'A title', 'https://e.org/c',
                      '/privacy', '/logo.svg', '/site.css', 'k3-7Qx2-0a1b2c');
    assert.ok(html.length <= 3072, `${language}: ${html.length}`);
    const sum = compressed(html) + compressed(style) + compressed(page) + compressed(read(name));
    assert.ok(sum <= 16384, `${language}: ${sum}`);
    if (language === 'en' || language === 'el') console.log(`${language}: ${sum} bytes of 16384`);
  }
});

test('the client for single-page apps is at most 6 KB compressed', () => {
  const size = compressed(read('client.js'));
  assert.ok(size <= 6144, `${size}`);
});
