// Every case of journey.js is a test, and none that isn't.
// Usage: node check_journeys.js EVERYWHERE... -- STAND_IN_ONLY...
'use strict';

const assert = require('node:assert');

const {CASES} = require('./journey');

const words = process.argv.slice(2);
const cut = words.indexOf('--');
const named = (wanted) => Object.keys(CASES).filter((name) => !!CASES[name].only === wanted).sort();
assert.deepStrictEqual(words.slice(0, cut).sort(), named(false));
assert.deepStrictEqual(words.slice(cut + 1).sort(), named(true));
