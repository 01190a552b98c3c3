// One visitor's way through the gate, in a real Chromium.
// Usage: node journey.js SITE CASE, where SITE is stand-in (stand_in.js) or gateway (stiled).
// Exits 77 if the case can't be run here.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const {Browser, HOST} = require('./chromium');

const PATIENCE = Number(process.env.STILE_PATIENCE) || 60000;
const AXE = path.join(process.env.STILE_NODE_MODULES || '', 'axe-core', 'axe.min.js');
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 48 48">' +
    '<path fill="#1b6b3f" d="M6 6h6v36H6zM36 6h6v36h-6zM6 16h36v5H6zM6 28h36v5H6z"/></svg>';

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

// What a site's first alternative for scripts has workers say that they are.
function best() {
  return site.puzzles.includes('hashwx') ? 'hashwx' : 'wasm';
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

// By axe-core's rules for WCAG 2.2 AA and its best practices.
async function hasNoViolations(what) {
  const found = await browser.page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const violations = found.violations.map(
      ({id, nodes}) => `${id}: ${nodes.map((node) => node.failureSummary + node.html).join()}`);
  assert.deepStrictEqual(violations, [], what);
  assert.ok(found.passes.length > 10, 'the checker was off');
}

// Answers a redemption as the site does, but for what `change` does to the answer's fields.
async function redeemThrough(change) {
  await browser.context.route('**/.stile/redeem', async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const headers = {...request.headers(), host: url.host};
    url.hostname = '127.0.0.1';
    const response = await route.fetch({url: url.href, maxRedirects: 0, headers});
    const kept = response.headers();
    change(kept);
    await route.fulfill({response, headers: kept});
  });
}

// A site with the app of docs/single-page-apps.md.
const APP_DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'single-page-apps.md');
function app() {
  const text = fs.readFileSync(APP_DOCUMENT, 'utf8');
  const block = (kind) => new RegExp('```' + kind + '\\n([^]*?)```').exec(text)[1];
  const answers = {
    '/open/app': ['text/html', block('html')],
    '/open/app.js': ['text/javascript', block('js')],
  };
  for (const name of ['first', 'second', 'third']) {
    answers[`/api/items/${name}`] = ['application/json', JSON.stringify({text: `the ${name}`})];
  }
  return answers;
}

// The bar only grows, and what is for visitors without JavaScript is out of sight meanwhile.
async function progressIsHonest(kind) {
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
  passedCleanly(kind);
}

const EVERYTHING = ['hashwx', 'sha256', 'wait'];
const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "worker-src 'self'; form-action 'self'";

// The workers' engine compiles the solver and none of the functions.
async function visitRefusingModules() {
  browser = await Browser.open();
  await browser.context.route('**/worker-*.js', async (route) => {
    const response = await fetch(`http://127.0.0.1:${site.port}${new URL(route.request().url()).pathname}`);
    await route.fulfill({
      contentType: 'text/javascript',
      headers: {'Content-Security-Policy': response.headers.get('Content-Security-Policy')},
      body: 'WebAssembly.Module = function () { throw new WebAssembly.CompileError("no"); };' +
          await response.text(),
    });
  });
  await browser.page.goto(`http://${HOST}:${site.port}/`);
}

// The knobs are the stand-in's; the gateway has those of its configuration.
const CASES = {
  pass: {
    async run() {
      await visit('/');
      await arrive();
      passedCleanly(best());
      assert.ok(browser.rates().length >= 1, 'no worker was heard');
    },
  },

  'deep-link-kept': {
    async run() {
      await visit('/a/deep/page?with=a%20query&and=more#and-a-fragment');
      await arrive();
      assert.strictEqual(address(), '/a/deep/page?with=a%20query&and=more#and-a-fragment');
      passedCleanly(best());
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
      // For what it says, since the page that was sent away is a loaded one too.
      await browser.page.getByText(/too early/).waitFor({timeout: PATIENCE});
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
      passedCleanly(best());
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
      await redeemThrough((fields) => {
        redeemed++;
        delete fields['set-cookie'];
      });
      await browser.page.goto(`http://${HOST}:${site.port}/some/page`);
      await browser.page.locator('#status button').waitFor({timeout: 2 * PATIENCE});
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

  'fetch-off': {
    async run() {
      await visit('/', {before: [() => { delete window.fetch; }]});
      await arrive();
      passedCleanly(best());
    },
  },

  'storage-off': {
    async run() {
      await visit('/', {before: [() => {
        for (const name of ['localStorage', 'sessionStorage']) {
          Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }});
        }
      }]});
      await arrive();
      passedCleanly(best());
    },
  },

  'clock-wrong': {
    async run() {
      await visit('/', {before: [() => {
        const now = Date.now;
        Date.now = () => now() + 4e11;
      }]});
      await arrive();
      passedCleanly(best());
    },
  },

  // A browser that prepares a page does no work before somebody looks at it.
  prerendered: {
    async run() {
      await visit('/', {before: [() => {
        let hidden = true;
        Object.defineProperty(document, 'prerendering', {get: () => hidden, configurable: true});
        window.look = () => {
          hidden = false;
          document.dispatchEvent(new Event('prerenderingchange'));
        };
      }]});
      await staysPut(1500);
      assert.deepStrictEqual(browser.kinds(), []);
      await browser.page.evaluate(() => window.look());
      await arrive();
    },
  },

  // What a page of the site does when its clearance is gone.
  'app-on-any-page': {
    async run() {
      await visit('/');
      await arrive();
      await browser.context.clearCookies();
      const script = `http://${HOST}:${site.port}/.stile/assets/client.js`;
      await browser.page.addScriptTag({url: script});
      const statuses = await browser.page.evaluate(() => Promise.all([
        fetch('/data?n=1').then((response) => response.status),
        StileClient.fetch('/data?n=2').then((response) => response.status),
        StileClient.fetch('/data?n=3').then((response) => response.status),
      ]));
      assert.strictEqual(statuses[0], 403, 'nothing asked for work');
      assert.ok(statuses[1] !== 403 && statuses[2] !== 403, `${statuses}`);
    },
  },

  // ---- What only the stand-in can be told to do

  'hashwx-first': {
    only: 'stand-in',
    knobs: {alternatives: ['wait', 'sha256', 'hashwx']},
    async run() {
      await visit('/');
      await arrive();
      passedCleanly('hashwx');
      assert.strictEqual(site.counts.hashwx, 1);
    },
  },

  // Each part takes several functions.
  'hashwx-of-many-functions': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, hashwxEffort: 600000, parts: 4},
    async run() {
      await visit('/');
      await arrive();
      passedCleanly('hashwx');
      assert.strictEqual(site.counts.hashwx, 1);
    },
  },

  'hashwx-progress-is-honest': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, hashwxEffort: 500000},
    run: () => progressIsHonest('hashwx'),
  },

  'hashwx-without-workers': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING},
    async run() {
      await visit('/', {before: [() => { delete window.Worker; }]});
      await arrive();
      passedCleanly();
      assert.strictEqual(site.counts.hashwx, 1);
    },
  },

  'hashwx-by-an-app': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, answers: app()},
    async run() {
      await visit('/open/app');
      await browser.page.waitForFunction(
          () => document.querySelectorAll('li').length === 3, null, {timeout: PATIENCE});
      assert.strictEqual(site.counts.hashwx, 1);
      passedCleanly('hashwx');
    },
  },

  // The work isn't done a second time.
  'no-room-at-first': {
    only: 'stand-in',
    knobs: {deferFirst: 2},
    async run() {
      await visit('/some/page');
      await arrive();
      assert.strictEqual(site.counts.deferred, 2);
      assert.strictEqual(site.solutions.size, 1);
      assert.strictEqual(site.counts.pages, 1);
    },
  },

  'no-room-for-an-app-at-first': {
    only: 'stand-in',
    knobs: {deferFirst: 2, answers: app()},
    async run() {
      await visit('/open/app');
      await browser.page.waitForFunction(
          () => document.querySelectorAll('li').length === 3, null, {timeout: PATIENCE});
      assert.strictEqual(site.counts.deferred, 2);
      assert.strictEqual(site.solutions.size, 1);
    },
  },

  'hashwx-and-webassembly-off': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING},
    async run() {
      await visit('/', {before: [() => { delete window.WebAssembly; }]});
      await arrive();
      passedCleanly('js');
      assert.strictEqual(site.counts.sha256, 1);
    },
  },

  // In workers there is none either.
  'hashwx-and-compilers-off': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, effort: 20000},
    async run() {
      await visit('/', {flags: ['--js-flags=--jitless']});
      await arrive();
      passedCleanly('js');
      assert.strictEqual(site.counts.sha256, 1);
    },
  },

  // Workers find out what the page couldn't see: the solver compiles, and functions don't.
  'hashwx-modules-refused': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING},
    async run() {
      await visitRefusingModules();
      await arrive();
      passedCleanly();
      assert.deepStrictEqual(browser.kinds().sort(), ['hashwx', 'wasm']);
      assert.deepStrictEqual([site.counts.hashwx, site.counts.sha256], [0, 1]);
    },
  },

  'hashwx-modules-refused-and-wait-is-left': {
    only: 'stand-in',
    knobs: {alternatives: ['hashwx', 'wait'], waitMillis: 2000},
    async run() {
      await visitRefusingModules();
      await arrive();
      passedCleanly('hashwx');
      assert.deepStrictEqual([site.counts.hashwx, site.counts.wait], [0, 1]);
    },
  },

  // Something between here and there has tightened the policy of what workers may do.
  'hashwx-forbidden-by-policy': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, assetPolicy: "default-src 'none'; script-src 'self'"},
    async run() {
      await visit('/');
      await arrive();
      assert.deepStrictEqual(browser.kinds(), ['js']);
      assert.deepStrictEqual([site.counts.hashwx, site.counts.sha256], [0, 1]);
    },
  },

  // A worker has the policy of its own address, so a strict page doesn't forbid it anything;
  'hashwx-from-a-strict-page': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, pagePolicy: STRICT},
    async run() {
      await visit('/');
      await arrive();
      passedCleanly('hashwx');
      assert.strictEqual(site.counts.hashwx, 1);
    },
  },

  // and without workers it is the page that is forbidden.
  'hashwx-on-a-strict-page-without-workers': {
    only: 'stand-in',
    knobs: {alternatives: EVERYTHING, pagePolicy: STRICT},
    async run() {
      await visit('/', {before: [() => { delete window.Worker; }]});
      await arrive();
      assert.deepStrictEqual([site.counts.hashwx, site.counts.sha256], [0, 1]);
    },
  },


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
    run: () => progressIsHonest('wasm'),
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

  'from-the-page-cache': {
    only: 'stand-in',
    knobs: {effort: 2 ** 40},
    async run() {
      // A page that was left, and a visitor who was let through elsewhere meanwhile.
      await visit('/page');
      await browser.page.waitForSelector('form.working');
      await browser.context.addCookies(
          [{name: 'stile', value: 'cleared', url: `http://${HOST}:${site.port}/`}]);
      await browser.page.evaluate(
          () => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true})));
      await arrive();
      assert.strictEqual(address(), '/page');
    },
  },

  'words-missing': {
    only: 'stand-in',
    knobs: {missing: /^words-/, alternatives: ['sha256']},
    async run() {
      await visit('/');
      await arrive();
    },
  },

  'app-shares-with-other-tabs': {
    only: 'stand-in',
    knobs: {effort: 2 ** 40, answers: {...app(), '/open/app.js': ['text/javascript', '']}},
    async run() {
      await visit('/open/app');
      const first = browser.page.evaluate(
          async () => (await StileClient.fetch('/api/items/first')).status);
      while (site.counts.asked < 1) await browser.page.waitForTimeout(50);
      site.knobs.effort = 1000;
      const other = await browser.context.newPage();
      await other.goto(`http://${HOST}:${site.port}/open/app`);
      const second = await other.evaluate(
          async () => (await StileClient.fetch('/api/items/second')).status);
      assert.deepStrictEqual([await first, second], [200, 200]);
      assert.strictEqual(site.counts.sha256, 1);
    },
  },

  'nothing-works-at-all': {
    only: 'stand-in',
    knobs: {missing: /^worker-/, alternatives: ['sha256']},
    async run() {
      await visit('/');
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /did not work.*another browser/s);
      await staysPut(3000);
      site.knobs.missing = null;
      await browser.page.click('#status button');
      await arrive();
    },
  },

  'clock-wrong-and-nothing-sticks': {
    only: 'stand-in',
    async run() {
      browser = await Browser.open({before: [() => {
        const now = Date.now;
        Date.now = () => now() + 4e11;
      }]});
      await redeemThrough((fields) => { delete fields['set-cookie']; });
      await browser.page.goto(`http://${HOST}:${site.port}/`);
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /three times.*The clock of this device/s);
    },
  },

  'another-tab-was-first': {
    only: 'stand-in',
    knobs: {effort: 2 ** 40},
    async run() {
      await visit('/slow');
      await browser.page.waitForSelector('form.working');
      site.knobs.effort = 1000;
      const other = await browser.context.newPage();
      await other.goto(`http://${HOST}:${site.port}/quick`);
      await arrive();
      assert.strictEqual(address(), '/slow');
      assert.strictEqual(site.counts.sha256, 1);
    },
  },

  'another-tab-was-first-in-vain': {
    only: 'stand-in',
    knobs: {effort: 2 ** 40},
    async run() {
      // However often another tab says so: three times it is believed.
      await visit('/slow');
      const other = await browser.context.newPage();
      await other.goto(`http://${HOST}:${site.port}/open/other`);
      for (let i = 0; i < 5; i++) {
        await browser.page.waitForSelector('form.working');
        await other.evaluate((n) => localStorage.setItem('stile-cleared', n), i);
        await browser.page.waitForTimeout(700);
      }
      assert.strictEqual(site.counts.pages, 4, 'the first and three more');
    },
  },

  'network-gone': {
    only: 'stand-in',
    knobs: {alternatives: ['wait'], waitMillis: 2000},
    async run() {
      await visit('/page');
      await browser.page.waitForSelector('form.working');
      await browser.context.setOffline(true);
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /cannot be reached.*check your connection/s);
      await staysPut(1500);
      await browser.context.setOffline(false);
      await arrive();
      assert.strictEqual(address(), '/page');
    },
  },

  'site-unreachable-for-a-while': {
    only: 'stand-in',
    async run() {
      browser = await Browser.open();
      let asked = 0;
      await browser.context.route('**/.stile/redeem', (route) => {
        asked++;
        return route.abort('connectionrefused');
      });
      await browser.page.goto(`http://${HOST}:${site.port}/page`);
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /cannot be reached/);
      assert.strictEqual(asked, 3);
      await staysPut(3000);
      assert.strictEqual(asked, 3);
      await browser.context.unroute('**/.stile/redeem');
      await browser.page.click('#status button');
      await arrive();
    },
  },

  // Something between here and there takes no JSON.
  'json-refused': {
    only: 'stand-in',
    async run() {
      browser = await Browser.open();
      await browser.context.route('**/.stile/redeem', (route) => {
        const json = /json/.test(route.request().headers()['content-type']);
        return json ? route.fulfill({status: 415, body: ''}) : route.continue();
      });
      await browser.page.goto(`http://${HOST}:${site.port}/page#part`);
      await arrive();
      assert.strictEqual(address(), '/page#part');
    },
  },

  resend: {
    only: 'stand-in',
    knobs: {answers: {'/open/form': ['text/html',
      '<!doctype html><form method="post" action="/post"><input name="a" value="b&c"><button>']}},
    async run() {
      await visit('/open/form');
      await browser.page.click('button');
      await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
      assert.match(await text(), /has not been passed on.*send your request again/s);
      assert.deepStrictEqual(site.posted, []);
      await staysPut(2000);
      await browser.page.click('#status button');
      await arrive();
      assert.deepStrictEqual(site.posted, ['a=b%26c']);
      assert.strictEqual(address(), '/post');
      assert.deepStrictEqual(browser.violations(), []);
      assert.deepStrictEqual(browser.errors, []);
    },
  },

  'resend-without-script': {
    only: 'stand-in',
    knobs: {waitMillis: 2000, answers: {'/open/form': ['text/html',
      '<!doctype html><form method="post" action="/post"><input name="a" value="b"><button>']}},
    async run() {
      await visit('/open/form', {javaScriptEnabled: false});
      await browser.page.click('button');
      const button = browser.page.locator('#wait button');
      await button.waitFor({state: 'visible', timeout: PATIENCE});
      assert.match(await text(), /has not been passed on.*back button and send it again/s);
      await button.click();
      await arrive();
      assert.deepStrictEqual(site.posted, []);
      await browser.page.goto(`http://${HOST}:${site.port}/open/form`);
      await browser.page.click('button');
      await arrive();
      assert.deepStrictEqual(site.posted, ['a=b']);
    },
  },

  'app-example': {
    only: 'stand-in',
    knobs: {answers: app()},
    async run() {
      await visit('/open/app');
      await browser.page.waitForFunction(
          () => document.querySelectorAll('li').length === 3, null, {timeout: PATIENCE});
      const items = await browser.page.locator('li').allTextContents();
      assert.deepStrictEqual(items.sort(), ['the first', 'the second', 'the third']);
      assert.strictEqual(site.counts.asked, 1);
      assert.strictEqual(site.counts.sha256, 1);
    },
  },

  'app-sends-its-body-again': {
    only: 'stand-in',
    knobs: {answers: {...app(), '/open/app.js': ['text/javascript', '']}},
    async run() {
      await visit('/open/app');
      const status = await browser.page.evaluate(async () => {
        const undo = StileClient.install();
        const response = await fetch('/api/items/first', {method: 'POST', body: 'all of it'});
        undo();
        const plain = window.fetch;
        return [response.status, /native code/.test(Function.prototype.toString.call(plain))];
      });
      assert.deepStrictEqual(status, [200, true]);
      assert.deepStrictEqual(site.posted, ['all of it']);
    },
  },

  'app-never-loops': {
    only: 'stand-in',
    knobs: {answers: {...app(), '/open/app.js': ['text/javascript', '']}},
    async run() {
      browser = await Browser.open();
      await redeemThrough((fields) => { delete fields['set-cookie']; });
      await browser.page.goto(`http://${HOST}:${site.port}/open/app`);
      const statuses = await browser.page.evaluate(async () => {
        const all = [];
        for (let i = 0; i < 6; i++) all.push((await StileClient.fetch('/api/items/first')).status);
        return all;
      });
      assert.deepStrictEqual(statuses, [403, 403, 403, 403, 403, 403]);
      assert.strictEqual(site.counts.sha256, 3, 'it should have rested after three');
    },
  },

  // The server was updated while the app was open.
  'app-outlives-an-update': {
    only: 'stand-in',
    knobs: {missing: /^worker-/, answers: {...app(), '/open/app.js': ['text/javascript', '']}},
    async run() {
      await visit('/open/app');
      let asked = 0;
      browser.page.on('request', (request) => {
        if (!/client\.js\?/.test(request.url())) return;
        asked++;
        site.knobs.missing = null;
      });
      const statuses = await browser.page.evaluate(async () => {
        const old = StileClient;
        const all = [];
        for (let i = 0; i < 2; i++) all.push((await old.fetch('/api/items/first')).status);
        return all;
      });
      assert.deepStrictEqual(statuses, [200, 200]);
      assert.strictEqual(asked, 1);
    },
  },

  'accessible': {
    only: 'stand-in',
    knobs: {
      effort: 2 ** 40, privacy: '/privacy', logo: '/open/logo.svg', reference: 'k3-7Qx2-0a1b2c',
      answers: {'/open/logo.svg': ['image/svg+xml', LOGO]},
    },
    async run() {
      browser = await Browser.open();
      await browser.context.addInitScript({path: AXE});
      const kinds = ['none', 'tooEarly', 'limited', 'refused', 'denied', 'unavailable', 'resend',
                     'spent'];
      const looks = [['en', 'light'], ['en', 'dark'], ['ar', 'light'], ['he', 'dark']];
      for (const [language, colorScheme] of looks) {
        await browser.page.setExtraHTTPHeaders({'Accept-Language': language});
        await browser.page.emulateMedia({colorScheme});
        for (const notice of kinds) {
          site.knobs.notice = notice;
          await browser.page.goto(`http://${HOST}:${site.port}/`);
          await hasNoViolations(`${language} ${colorScheme} ${notice}`);
        }
      }
      assert.deepStrictEqual(browser.violations(), []);
    },
  },

  'accessible-when-stuck': {
    only: 'stand-in',
    knobs: {reference: 'k3-7Qx2-0a1b2c'},
    async run() {
      browser = await Browser.open({cookiesOff: true});
      await browser.context.addInitScript({path: AXE});
      for (const colorScheme of ['light', 'dark']) {
        await browser.page.emulateMedia({colorScheme});
        await browser.page.goto(`http://${HOST}:${site.port}/`);
        await browser.page.locator('#status button').waitFor({timeout: PATIENCE});
        await hasNoViolations(`stuck ${colorScheme}`);
      }
    },
  },

  'accessible-without-script': {
    only: 'stand-in',
    knobs: {waitMillis: 2000, missing: /^page-.*js$/},
    async run() {
      // The checker itself is a script, so it is the page's own one that is missing.
      browser = await Browser.open();
      await browser.context.addInitScript({path: AXE});
      await browser.page.goto(`http://${HOST}:${site.port}/`);
      await browser.page.locator('#wait button').waitFor({state: 'visible', timeout: PATIENCE});
      await hasNoViolations('without a script');
    },
  },

  'less-motion': {
    only: 'stand-in',
    async run() {
      await visit('/', {javaScriptEnabled: false, reducedMotion: 'reduce'});
      const bar = await browser.page.evaluate(
          () => getComputedStyle(document.querySelector('form'), '::before').display);
      assert.strictEqual(bar, 'none');
      await browser.page.locator('#wait button').waitFor({state: 'visible', timeout: PATIENCE});
    },
  },

  'site-adds-its-own': {
    only: 'stand-in',
    knobs: {
      effort: 2 ** 40, privacy: '/privacy', logo: '/open/logo.svg', stylesheet: '/open/site.css',
      reference: 'k3-7Qx2-0a1b2c',
      answers: {
        '/open/logo.svg': ['image/svg+xml', LOGO],
        '/open/site.css': ['text/css', 'h1 { color: rgb(1, 2, 3); }'],
      },
    },
    async run() {
      await visit('/');
      await browser.page.waitForSelector('form.working');
      const seen = await browser.page.evaluate(() => {
        const code = document.querySelector('code');
        code.focus();
        return {
          logo: document.querySelector('img').naturalWidth > 0,
          color: getComputedStyle(document.querySelector('h1')).color,
          select: getComputedStyle(code).userSelect,
          links: document.querySelectorAll('footer a').length,
        };
      });
      assert.deepStrictEqual(
          seen, {logo: true, color: 'rgb(1, 2, 3)', select: 'all', links: 2});
      assert.deepStrictEqual(browser.violations(), []);
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

// The names of the puzzles that a site offers.
async function puzzlesOf(port) {
  const answer = await fetch(
      `http://127.0.0.1:${port}/.stile/challenge`, {headers: {Accept: 'application/json'}});
  return (await answer.json()).alternatives.map(({puzzle}) => puzzle);
}

async function open(kind, knobs) {
  if (kind === 'stand-in') {
    const {StandIn} = require('./stand_in');
    const opened = await new StandIn(knobs).start();
    opened.puzzles = opened.knobs.alternatives;
    return opened;
  }
  const {Gateway} = require('./gateway');
  const {Proxied} = require('./proxied');
  const opened = await (kind === 'gateway' ? new Gateway() : new Proxied(kind)).start();
  opened.puzzles = await puzzlesOf(opened.port);
  return opened;
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
