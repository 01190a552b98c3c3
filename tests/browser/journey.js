// One visitor's way through the gate, in a real Chromium.
// Usage: node journey.js SITE CASE, where SITE is stand-in (stand_in.js) or gateway (stiled).
// Exits 77 if the case can't be run here.
'use strict';

const assert = require('node:assert');

const {Browser, HOST} = require('./chromium');

const PATIENCE = 60000;

let site = null;
let browser = null;

async function visit(target, options = {}) {
  browser = await Browser.open(options);
  await browser.page.goto(`http://${HOST}:${site.port}${target}`);
}

async function arrive() {
  // By hand, since a page without JavaScript can't be told to wait.
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    if (await browser.page.title().catch(() => '') === site.title) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never arrived');
}

function address() {
  return browser.page.url().replace(/^http:\/\/[^/]*/, '');
}

function text() {
  return browser.page.innerText('main');
}

// Passed by work, and nothing went wrong on the way.
function passedCleanly(kind) {
  assert.deepStrictEqual(browser.violations(), []);
  assert.deepStrictEqual(browser.errors, []);
  assert.deepStrictEqual(browser.shifts(), []);
  if (kind) assert.deepStrictEqual(browser.kinds(), [kind]);
}

// Waits for a while and sees that no page is asked for in it.
async function staysPut(milliseconds) {
  let asked = 0;
  browser.page.on('request', (request) => { asked += request.isNavigationRequest() ? 1 : 0; });
  await browser.page.waitForTimeout(milliseconds);
  assert.strictEqual(asked, 0, 'the page was loaded again');
}

// The knobs are the stand-in's; the gateway has those of its configuration.
const CASES = {
  pass: {
    async run() {
      await visit('/');
      await arrive();
      passedCleanly('wasm');
      assert.ok(browser.rates().length >= 1, 'no worker was heard');
    },
  },

  'deep-link-kept': {
    async run() {
      await visit('/a/deep/page?with=a%20query&and=more#and-a-fragment');
      await arrive();
      assert.strictEqual(address(), '/a/deep/page?with=a%20query&and=more#and-a-fragment');
      passedCleanly('wasm');
    },
  },

  'no-script': {
    async run() {
      await visit('/read/me?x=1', {javaScriptEnabled: false});
      const opened = Date.now();
      const button = browser.page.locator('button');
      assert.ok(!await button.isVisible(), 'the button is there too early');
      await button.waitFor({state: 'visible', timeout: PATIENCE});
      assert.ok(Date.now() - opened > 4000, 'the button came too early');
      assert.match(await text(), /wait 5 seconds, then press the button/);
      await button.click();
      await arrive();
      assert.strictEqual(address(), '/read/me?x=1');
    },
  },

  'no-script-too-early': {
    async run() {
      await visit('/', {javaScriptEnabled: false});
      // As a browser without animations shows it.
      await browser.page.addStyleTag({content: '* { animation: none !important; }'})
          .catch(() => {});
      await browser.page.locator('form').evaluate((form) => form.submit());
      await browser.page.waitForLoadState();
      assert.match(await text(), /too early/);
      const button = browser.page.locator('button');
      await button.waitFor({state: 'visible', timeout: PATIENCE});
      await button.click();
      await arrive();
    },
  },

  'workers-missing': {
    async run() {
      await visit('/', {before: [() => { delete window.Worker; }]});
      await arrive();
      passedCleanly();
      assert.deepStrictEqual(browser.kinds(), []);
    },
  },

  'workers-refused': {
    async run() {
      await visit('/', {before: [() => {
        window.Worker = function () { throw new Error('no workers here'); };
      }]});
      await arrive();
      passedCleanly();
      assert.deepStrictEqual(browser.kinds(), []);
    },
  },

  'workers-crash': {
    async run() {
      // They begin, and fail one after the other.
      await visit('/', {before: [() => {
        const Real = window.Worker;
        window.Worker = function (address) {
          const worker = new Real(address);
          setTimeout(() => worker.dispatchEvent(new ErrorEvent('error')), 1);
          return worker;
        };
      }]});
      await arrive();
      passedCleanly();
    },
  },

  'workers-silent': {
    async run() {
      await visit('/', {before: [() => {
        window.Worker = function () {
          this.postMessage = this.terminate = this.addEventListener = () => {};
        };
      }]});
      await arrive();
      passedCleanly();
    },
  },

  'webassembly-off': {
    async run() {
      await visit('/', {before: [() => { delete window.WebAssembly; }]});
      await arrive();
      passedCleanly('js');
    },
  },

  // V8 without any compiler has no WebAssembly anywhere; and it is slow.
  'compilers-off': {
    only: 'stand-in',
    knobs: {effort: 20000},
    async run() {
      await visit('/', {flags: ['--js-flags=--jitless']});
      await arrive();
      passedCleanly('js');
    },
  },

  'webassembly-broken': {
    async run() {
      await visit('/', {before: [() => {
        const open = XMLHttpRequest.prototype.open;
        XMLHttpRequest.prototype.open = function (method, address) {
          return open.call(this, method, address.replace(/\.wasm$/, '.gone'));
        };
      }]});
      await arrive();
      passedCleanly('js');
    },
  },

  'vectors-off': {
    async run() {
      const asked = [];
      browser = await Browser.open({flags: ['--js-flags=--no-enable-ssse3 --no-enable-sse4-1']});
      browser.page.on('request', (request) => asked.push(request.url()));
      await browser.page.goto(`http://${HOST}:${site.port}/`);
      await arrive();
      passedCleanly('wasm');
      assert.ok(asked.some((url) => /\/solver-[0-9a-f]{12}\.wasm$/.test(url)), `${asked}`);
      assert.ok(!asked.some((url) => /\/solver-simd/.test(url)));
    },
  },

  'cookies-off': {
    async run() {
      await visit('/', {cookiesOff: true});
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /Please allow cookies for this site, then try again/);
      await staysPut(3000);
      assert.strictEqual(browser.kinds().length, 0, 'it worked in vain');
    },
  },

  // A proxy or an add-on drops the clearance, and the browser can't know.
  'clearance-lost': {
    async run() {
      browser = await Browser.open();
      let redeemed = 0;
      await browser.context.route('**/.stile/redeem', async (route) => {
        redeemed++;
        const request = route.request();
        const url = new URL(request.url());
        const headers = {...request.headers(), host: url.host};
        url.hostname = '127.0.0.1';
        const response = await route.fetch({url: url.href, maxRedirects: 0, headers});
        const kept = response.headers();
        delete kept['set-cookie'];
        await route.fulfill({response, headers: kept});
      });
      await browser.page.goto(`http://${HOST}:${site.port}/some/page`);
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /three times.*Please allow cookies/s);
      await staysPut(3000);
      assert.strictEqual(redeemed, 3);
      // And on from there by hand.
      await browser.context.unroute('**/.stile/redeem');
      await browser.page.click('#status button');
      await arrive();
      assert.strictEqual(address(), '/some/page');
    },
  },

  'back-button': {
    async run() {
      await visit('/first');
      await arrive();
      await browser.page.goto(`http://${HOST}:${site.port}/second`);
      await browser.page.goBack();
      await arrive();
      await browser.page.goBack().catch(() => {});
      await browser.page.waitForTimeout(1000);
      if (address().startsWith('/')) await arrive();
    },
  },

  // ---- What only the stand-in can be told to do

  'expired-while-open': {
    only: 'stand-in',
    knobs: {effort: 2 ** 40, lifetime: 3},
    async run() {
      await visit('/slow');
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      await staysPut(4000);
      assert.strictEqual(site.counts.pages, 4, 'the first and three more');
      assert.strictEqual(address(), '/slow');
    },
  },

  'refused-and-again': {
    only: 'stand-in',
    async run() {
      site.knobs.refuseFirst = 2;
      await visit('/page');
      await arrive();
      assert.strictEqual(site.counts.refused, 2);
      assert.strictEqual(address(), '/page');
      passedCleanly('wasm');
    },
  },

  'wait-is-all-there-is': {
    only: 'stand-in',
    knobs: {alternatives: ['wait'], waitMillis: 2000},
    async run() {
      await visit('/');
      await arrive();
      assert.strictEqual(site.counts.wait, 1);
      assert.strictEqual(site.counts.early, 0);
    },
  },

  'solver-missing': {
    only: 'stand-in',
    knobs: {missing: /^worker-/},
    async run() {
      // The form stays, as it is for those without JavaScript.
      await visit('/');
      const button = browser.page.locator('#wait button');
      await button.waitFor({state: 'visible', timeout: PATIENCE});
      await button.click();
      await arrive();
      assert.strictEqual(site.counts.wait, 1);
    },
  },

  'work-stops-halfway': {
    only: 'stand-in',
    knobs: {missing: /^worker-/},
    async run() {
      // The form comes back when nothing is heard any more.
      await visit('/', {before: [() => {
        window.Worker = function () {
          this.terminate = this.addEventListener = () => {};
          this.postMessage = (message) => {
            if (message.part === 0) {
              setTimeout(() => this.onmessage({data: {part: 0, tried: 9, nonce: null}}), 100);
            }
          };
        };
      }]});
      await browser.page.waitForSelector('form.working');
      const button = browser.page.locator('#wait button');
      assert.ok(!await button.isVisible());
      await button.waitFor({state: 'visible', timeout: PATIENCE});
      await button.click();
      await arrive();
      assert.strictEqual(site.counts.wait, 1);
    },
  },

  'script-missing': {
    only: 'stand-in',
    knobs: {missing: /^page-.*js$/},
    async run() {
      await visit('/');
      const button = browser.page.locator('#wait button');
      await button.waitFor({state: 'visible', timeout: PATIENCE});
      await button.click();
      await arrive();
    },
  },

  'style-missing': {
    only: 'stand-in',
    knobs: {missing: /css$/},
    async run() {
      await visit('/', {javaScriptEnabled: false});
      assert.ok(await browser.page.locator('button').isVisible(), 'no button without a style');
    },
  },

  'framed-by-the-site-itself': {
    only: 'stand-in',
    async run() {
      await visit('/');
      await arrive();
      await browser.context.clearCookies();
      await browser.page.evaluate(() => {
        const frame = document.createElement('iframe');
        frame.src = '/inside';
        document.body.appendChild(frame);
      });
      const inside = await (await browser.page.waitForSelector('iframe')).contentFrame();
      await inside.waitForFunction((title) => document.title === title, site.title);
    },
  },

  'progress-is-honest': {
    only: 'stand-in',
    knobs: {effort: 6000000},
    async run() {
      browser = await Browser.open({before: [() => {
        addEventListener('DOMContentLoaded', () => {
          const bar = document.querySelector('progress');
          if (!bar) return;
          setInterval(() => window.stileNote({
            bar: bar.value, seen: getComputedStyle(bar).visibility,
            wait: getComputedStyle(document.getElementById('wait')).visibility,
          }), 20);
        });
      }]});
      await browser.page.goto(`http://${HOST}:${site.port}/`);
      await arrive();
      const bars = browser.notes.filter((note) => note.bar !== undefined);
      const values = bars.map((note) => note.bar);
      assert.deepStrictEqual(values, [...values].sort((a, b) => a - b), 'it went back');
      assert.ok(values.filter((value) => value > 0.1 && value < 0.9).length > 3, `${values}`);
      const working = bars.filter((note) => note.bar > 0);
      assert.ok(working.every((note) => note.seen === 'visible' && note.wait === 'hidden'));
      passedCleanly('wasm');
    },
  },

  'right-to-left': {
    only: 'stand-in',
    knobs: {effort: 2 ** 40},
    async run() {
      await visit('/', {locale: 'ar'});
      await browser.page.waitForSelector('form.working');
      const seen = await browser.page.evaluate(() => {
        const root = document.documentElement;
        const text = document.querySelector('#status').getBoundingClientRect();
        const range = document.createRange();
        range.selectNodeContents(document.querySelector('#status'));
        const words = range.getBoundingClientRect();
        return {
          lang: root.lang, dir: root.dir, direction: getComputedStyle(root).direction,
          atTheRight: text.right - words.right < 2 && words.left - text.left > 50,
        };
      });
      assert.deepStrictEqual(
          seen, {lang: 'ar', dir: 'rtl', direction: 'rtl', atTheRight: true});
    },
  },

  'readable-in-both-schemes': {
    only: 'stand-in',
    async run() {
      for (const colorScheme of ['light', 'dark']) {
        if (browser) await browser.close();
        await visit('/', {colorScheme, javaScriptEnabled: false});
        const ratios = await browser.page.evaluate(contrasts);
        for (const [what, ratio, least] of ratios) {
          assert.ok(ratio >= least, `${colorScheme} ${what}: ${ratio}`);
        }
      }
    },
  },

  'keyboard-and-narrow-screen': {
    only: 'stand-in',
    async run() {
      await visit('/', {javaScriptEnabled: false, viewport: {width: 320, height: 480}});
      await browser.page.locator('button').waitFor({state: 'visible', timeout: PATIENCE});
      await browser.page.keyboard.press('Tab');
      const seen = await browser.page.evaluate(() => ({
        tag: document.activeElement.tagName,
        outline: getComputedStyle(document.activeElement).outlineStyle === 'none' ? 0 :
            parseFloat(getComputedStyle(document.activeElement).outlineWidth),
        sideways: document.documentElement.scrollWidth > innerWidth,
        height: document.activeElement.getBoundingClientRect().height,
      }));
      assert.strictEqual(seen.tag, 'BUTTON');
      assert.ok(seen.outline >= 2, 'the focus is not seen');
      assert.ok(!seen.sideways, 'it scrolls sideways');
      assert.ok(seen.height >= 40, 'too small to touch');
      await browser.page.keyboard.press('Enter');
      await arrive();
    },
  },
};

// Contrast by WCAG 2.1 of the page's texts and controls with what is behind them. Runs in the page.
function contrasts() {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = parse(color).map((part) => {
      const value = part / 255;
      return value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const style = (selector) => getComputedStyle(document.querySelector(selector));
  const card = style('main').backgroundColor;
  return [
    ['heading', ratio(style('h1').color, card), 4.5],
    ['notice', ratio(style('main > p').color, card), 4.5],
    ['status', ratio(style('#status').color, card), 4.5],
    ['wait', ratio(style('#wait').color, card), 4.5],
    ['link', ratio(style('a').color, card), 4.5],
    ['button text', ratio(style('button').color, style('button').backgroundColor), 4.5],
    ['button', ratio(style('button').backgroundColor, card), 3],
    ['bar', ratio(style('progress').color, style('progress').backgroundColor), 3],
  ];
}

async function open(kind, knobs) {
  if (kind === 'stand-in') {
    const {StandIn} = require('./stand_in');
    return new StandIn(knobs).start();
  }
  const {Gateway} = require('./gateway');
  return new Gateway().start();
}

async function main() {
  const [kind, name] = process.argv.slice(2);
  const found = CASES[name];
  if (process.argv[2] === 'list') {
    for (const [key, {only}] of Object.entries(CASES)) console.log(only || 'both', key);
    return;
  }
  if (!found || (found.only && found.only !== kind)) throw new Error(`no such case: ${kind} ${name}`);
  if (!process.env.STILE_CHROMIUM || /NOTFOUND$/.test(process.env.STILE_CHROMIUM)) {
    console.log('skipped: there is no Chromium; install the package chromium');
    process.exit(77);
  }
  site = await open(kind, found.knobs);
  try {
    await found.run();
    console.log(`${kind} ${name}: passed ${JSON.stringify(site.counts || {})}`);
  } catch (failure) {
    process.exitCode = 1;
    console.error(failure);
    if (browser) {
      console.error('at', browser.page.url(), await text().catch(() => ''));
      console.error('errors', browser.errors, 'violations', browser.violations());
    }
    console.error('site', site.counts, site.log ? site.log() : '');
  } finally {
    if (browser) await browser.close();
    await site.stop();
  }
}

module.exports = {CASES};
if (require.main === module) main();
