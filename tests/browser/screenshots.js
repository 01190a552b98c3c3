// Takes pictures of the page as visitors see it: node screenshots.js FOLDER [NAME...].
// A test sees that they can be taken; what is on them is for eyes. tests/browser/CMakeLists.txt says
// what the environment holds.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const {Browser, HOST} = require('./chromium');
const {StandIn} = require('./stand_in');

const DESKTOP = {width: 900, height: 620};
const PHONE = {width: 360, height: 640};
const SLOW = {effort: 2 ** 40};  // Shows the work in progress for as long as it takes to look.

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40" viewBox="0 0 120 40">' +
    '<path fill="#1b6b3f" d="M2 4h6v32H2zM32 4h6v32h-6zM2 12h36v5H2zM2 24h36v5H2z"/>' +
    '<path fill="#c98a1b" d="M52 12h60v6H52zM52 24h40v5H52z"/></svg>';
const OWN = {
  privacy: '/privacy', logo: '/open/logo.svg', reference: '6f1k-3Qx2-0a1b2c3d4e5f60718293a4b5c6d7',
  answers: {'/open/logo.svg': ['image/svg+xml', LOGO]},
};
const FORM = ['text/html',
  '<!doctype html><form method="post" action="/post"><input name="a" value="b"><button>'];

const PICTURES = {
  desktop: {knobs: SLOW},
  'all-of-a-site': {knobs: {...SLOW, ...OWN}},
  'all-of-a-site-phone': {knobs: {...SLOW, ...OWN}, options: {viewport: PHONE, colorScheme: 'dark'}},
  'all-of-a-site-arabic': {knobs: {...SLOW, ...OWN, title: ''}, options: {locale: 'ar'}},
  readme: {
    knobs: {effort: 2e8, parts: 64, contact: ''},
    options: {viewport: {width: 720, height: 400}},
    until: () => document.querySelector('progress').value > 0.45,
  },
  hashwx: {
    knobs: {alternatives: ['hashwx', 'sha256', 'wait'], hashwxEffort: 6e6, parts: 16},
    until: () => document.querySelector('progress').value > 0.3,
  },
  dark: {knobs: SLOW, options: {colorScheme: 'dark'}},
  phone: {knobs: SLOW, options: {viewport: PHONE}},
  german: {knobs: SLOW, options: {locale: 'de', viewport: PHONE}},
  arabic: {knobs: {...SLOW, title: ''}, options: {locale: 'ar'}},
  'arabic-dark-phone': {
    knobs: {...SLOW, title: ''}, options: {locale: 'ar', viewport: PHONE, colorScheme: 'dark'}},
  'hebrew-phone': {knobs: {...SLOW, ...OWN, title: ''}, options: {locale: 'he', viewport: PHONE}},
  japanese: {knobs: {...SLOW, title: ''}, options: {locale: 'ja', viewport: PHONE}},
  hindi: {knobs: {...SLOW, title: ''}, options: {locale: 'hi', viewport: PHONE}},
  resend: {knobs: {...OWN, ...SLOW, answers: {...OWN.answers, '/open/form': FORM}}, form: true},
  'resend-ready': {knobs: {...OWN, answers: {...OWN.answers, '/open/form': FORM}}, form: true, wait: 4000},
  'resend-no-script': {
    knobs: {answers: {'/open/form': FORM}}, form: true, wait: 6500,
    options: {javaScriptEnabled: false}},
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
  denied: {knobs: {...OWN, notice: 'denied'}},
  spent: {knobs: {...OWN, notice: 'spent'}},
  'spent-arabic-dark-phone': {
    knobs: {...OWN, notice: 'spent', title: ''},
    options: {locale: 'ar', viewport: PHONE, colorScheme: 'dark'}},
  unavailable: {knobs: {notice: 'unavailable', contact: '', reference: OWN.reference}},
  'cookies-off': {options: {cookiesOff: true}},
  'cookies-off-arabic': {
    knobs: {title: ''}, options: {cookiesOff: true, locale: 'ar', viewport: PHONE}},
  'long-title': {
    knobs: {...SLOW, title: 'A_Very_Long_Name_Without_Any_Space_'.repeat(4)},
    options: {viewport: PHONE}},
};

async function take(folder, name) {
  const {knobs = {}, options = {}, wait = 1500, until, form = false} = PICTURES[name];
  const site = await new StandIn(knobs).start();
  const browser = await Browser.open({viewport: DESKTOP, ...options});
  await browser.page.goto(`http://${HOST}:${site.port}/${form ? 'open/form' : ''}`);
  if (form) await browser.page.click('button');
  if (until) await browser.page.waitForFunction(until, null, {timeout: 300000});
  else await browser.page.waitForTimeout(wait);
  await browser.page.screenshot({path: path.join(folder, `${name}.png`)});
  await browser.close();
  await site.stop();
}

(async () => {
  if (!process.env.STILE_CHROMIUM || /NOTFOUND$/.test(process.env.STILE_CHROMIUM)) process.exit(77);
  const [folder, ...names] = process.argv.slice(2);
  fs.mkdirSync(folder, {recursive: true});
  for (const name of names.length ? names : Object.keys(PICTURES)) {
    await take(folder, name);
    if (fs.statSync(path.join(folder, `${name}.png`)).size < 4000) throw new Error(`${name} is empty`);
  }
})();
