// Starts Chromium with a profile of its own, and notes what its pages and workers do.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const {chromium} = require(path.join(process.env.STILE_NODE_MODULES, 'playwright-core'));

// A name without a secure context, as most plain http sites have.
const HOST = 'shop.test';
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
];

// Runs in each page before its scripts. Tells `stileNote` of violations of the page's policy, of
// layout shifts and of what workers say.
function observe() {
  document.addEventListener('securitypolicyviolation', (event) => {
    window.stileNote({violation: `${event.violatedDirective} ${event.blockedURI}`});
  });
  try {
    new PerformanceObserver((list) => {
      for (const {value, sources} of list.getEntries()) {
        const nodes = sources.map(({node, previousRect, currentRect}) =>
          `${node && (node.id || node.nodeName)} ${JSON.stringify([previousRect, currentRect])}`);
        window.stileNote({shift: value, nodes, at: location.href});
      }
    }).observe({type: 'layout-shift', buffered: true});
  } catch (missing) {}
  const Real = window.Worker;
  if (!Real) return;
  let workers = 0;
  window.Worker = function (address, options) {
    const worker = new Real(address, options);
    const number = workers++;
    worker.addEventListener('message', (event) => {
      const {kind, tried, nonce} = event.data;
      window.stileNote({worker: number, at: performance.now(), kind, tried, solved: !!nonce});
    });
    return worker;
  };
}

// Nonces tried by each worker, in millions a second of the time that it was heard.
function ratesOf(notes) {
  const workers = new Map();
  for (const {worker, at, tried} of notes) {
    if (!tried) continue;
    const seen = workers.get(worker);
    if (seen) {
      seen.tried += tried;
      seen.last = at;
    } else {
      workers.set(worker, {first: at, last: at, tried: 0});
    }
  }
  return [...workers.values()].filter((seen) => seen.last > seen.first)
      .map((seen) => seen.tried / (seen.last - seen.first) / 1000);
}

class Browser {
  // options: those of playwright's launchPersistentContext, and
  //   flags        more arguments
  //   cookiesOff   the profile blocks all cookies
  //   before       functions to run in each page before the ones above
  static async open(options = {}) {
    const {flags = [], cookiesOff = false, before = [], ...rest} = options;
    const browser = new Browser();
    browser.profile = fs.mkdtempSync(path.join(os.tmpdir(), 'stile-chromium-'));
    browser.notes = [];
    browser.errors = [];
    if (cookiesOff) {
      fs.mkdirSync(path.join(browser.profile, 'Default'));
      fs.writeFileSync(path.join(browser.profile, 'Default', 'Preferences'), JSON.stringify(
          {profile: {default_content_setting_values: {cookies: 2}}}));
    }
    browser.context = await chromium.launchPersistentContext(browser.profile, {
      executablePath: process.env.STILE_CHROMIUM, headless: true, locale: 'en',
      args: [...ARGUMENTS, ...flags], ...rest,
    });
    await browser.context.exposeFunction('stileNote', (note) => { browser.notes.push(note); });
    for (const script of before) await browser.context.addInitScript(script);
    await browser.context.addInitScript(observe);
    browser.page = browser.context.pages()[0];
    browser.page.on('console', (message) => {
      // The status of the page itself is no news.
      if (message.type() === 'error' && !/status of 40[34]/.test(message.text())) {
        browser.errors.push(message.text());
      }
    });
    browser.page.on('pageerror', (error) => { browser.errors.push(String(error)); });
    return browser;
  }

  async close() {
    await this.context.close();
    fs.rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
  }

  kinds() {
    return [...new Set(this.notes.filter((note) => note.kind).map((note) => note.kind))];
  }

  violations() {
    return this.notes.filter((note) => note.violation).map((note) => note.violation);
  }

  // Layout shifts, with what moved from where to where.
  shifts() {
    return this.notes.filter((note) => note.shift);
  }

  rates() {
    return ratesOf(this.notes);
  }
}

// A Chromium whose process is known, so that it can be held back, for many visitors in turn.
class SlowBrowser {
  static async open(flags = []) {
    const browser = new SlowBrowser();
    browser.server = await chromium.launchServer(
        {executablePath: process.env.STILE_CHROMIUM, headless: true, args: [...ARGUMENTS, ...flags]});
    browser.pid = browser.server.process().pid;
    browser.connection = await chromium.connect(browser.server.wsEndpoint());
    return browser;
  }

  // A visitor whom nobody knows yet: {page, rates(), leave()}.
  async visit() {
    const notes = [];
    const context = await this.connection.newContext({locale: 'en'});
    await context.exposeFunction('stileNote', (note) => { notes.push(note); });
    await context.addInitScript(observe);
    const page = await context.newPage();
    return {page, rates: () => ratesOf(notes), leave: () => context.close()};
  }

  async close() {
    await this.connection.close();
    await this.server.close();
  }
}

module.exports = {Browser, SlowBrowser, HOST};
