// Takes pictures of the page as visitors see it: node screenshots.js FOLDER [NAME...].
// Not a test; for eyes. tests/browser/CMakeLists.txt says what the environment holds.
'use strict';

const path = require('node:path');

const {Browser, HOST} = require('./chromium');
const {StandIn} = require('./stand_in');

const DESKTOP = {width: 900, height: 620};
const PHONE = {width: 360, height: 640};
const SLOW = {effort: 2 ** 40};  // Shows the work in progress for as long as it takes to look.

const PICTURES = {
  desktop: {knobs: SLOW},
  readme: {
    knobs: {effort: 2e8, parts: 64, contact: ''},
    options: {viewport: {width: 720, height: 400}},
    until: () => document.querySelector('progress').value > 0.45,
  },
  dark: {knobs: SLOW, options: {colorScheme: 'dark'}},
  phone: {knobs: SLOW, options: {viewport: PHONE}},
  german: {knobs: SLOW, options: {locale: 'de', viewport: PHONE}},
  arabic: {knobs: {...SLOW, title: ''}, options: {locale: 'ar'}},
  'arabic-dark-phone': {
    knobs: {...SLOW, title: ''}, options: {locale: 'ar', viewport: PHONE, colorScheme: 'dark'}},
  'no-script-soon': {options: {javaScriptEnabled: false}, wait: 2500},
  'no-script-ready': {options: {javaScriptEnabled: false}, wait: 5600},
  'no-script-phone': {
    options: {javaScriptEnabled: false, locale: 'de', viewport: PHONE}, wait: 5600},
  'no-script-only-work': {
    knobs: {alternatives: ['sha256']}, options: {javaScriptEnabled: false}, wait: 1500},
  'wait-only': {knobs: {alternatives: ['wait']}, wait: 2500},
  'too-early': {knobs: {notice: 'tooEarly'}, options: {javaScriptEnabled: false}, wait: 6000},
  limited: {knobs: {notice: 'limited', alternatives: ['wait'], waitMillis: 3600000}, wait: 1500},
  refused: {knobs: {notice: 'refused', ...SLOW}},
  denied: {knobs: {notice: 'denied'}},
  unavailable: {knobs: {notice: 'unavailable', contact: ''}},
  'cookies-off': {options: {cookiesOff: true}},
  'cookies-off-arabic': {
    knobs: {title: ''}, options: {cookiesOff: true, locale: 'ar', viewport: PHONE}},
  'long-title': {
    knobs: {...SLOW, title: 'A_Very_Long_Name_Without_Any_Space_'.repeat(4)},
    options: {viewport: PHONE}},
};

async function take(folder, name) {
  const {knobs = {}, options = {}, wait = 1500, until} = PICTURES[name];
  const site = await new StandIn(knobs).start();
  const browser = await Browser.open({viewport: DESKTOP, ...options});
  await browser.page.goto(`http://${HOST}:${site.port}/`);
  if (until) await browser.page.waitForFunction(until, null, {timeout: 300000});
  else await browser.page.waitForTimeout(wait);
  await browser.page.screenshot({path: path.join(folder, `${name}.png`)});
  await browser.close();
  await site.stop();
}

(async () => {
  const [folder, ...names] = process.argv.slice(2);
  for (const name of names.length ? names : Object.keys(PICTURES)) await take(folder, name);
})();
