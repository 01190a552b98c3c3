// Solves the page's challenge and sends the form. Everything that it needs to know is in the
// challenge (docs/wire-format.md). Built together with crew.js.
(function () {
  'use strict';

  var TEXT = {/*TEXT*/};
  var SHA256 = 1;
  var WAIT = 2;
  var MOST_TRIES = 3;
  var TRIES_COUNT_FOR = 600000;
  var MEMORY = 'stile-tries';
  var WORDS = 0x100000000;

  var form = document.forms[0];
  var status = document.getElementById('status');
  var bar = form.querySelector('progress');
  var base = document.currentScript.src.replace(/[^\/]*$/, '');
  var challenge = read(form.elements.challenge.value);
  var opened = Date.now();
  var sent = false;
  var crew = null;

  // ---- The challenge

  function bytesOf(text) {
    var raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    var bytes = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
  }

  function read(text) {
    var bytes = bytesOf(text);
    var view = new DataView(bytes.buffer);
    var number = function (at) { return view.getUint32(at) * WORDS + view.getUint32(at + 4); };
    var count = bytes[3];
    var alternatives = [];
    for (var i = 0; i < count; i++) {
      var at = 54 + 16 * i;
      alternatives.push({index: i, puzzle: bytes[at], parts: bytes[at + 2], effort: number(at + 4)});
    }
    var path = 54 + 16 * count;
    var returnPath = String.fromCharCode.apply(
        null, bytes.subarray(path + 2, path + 2 + view.getUint16(path)));
    return {
      id: bytes.slice(4, 20),
      tag: bytes.slice(bytes.length - 16),
      lifetime: view.getUint32(28) * 1000 - number(20),
      alternatives: alternatives,
      returnPath: /^\/(?![\/\\])/.test(returnPath) ? returnPath : '/'
    };
  }

  // floor((2^64 - 1) / divisor) as two words; `divisor` is below 2^41.
  function target(divisor) {
    var high = 0, low = 0, rest = 0;
    for (var i = 63; i >= 0; i--) {
      rest = 2 * rest + 1;
      var bit = rest >= divisor ? 1 : 0;
      rest -= bit * divisor;
      if (i >= 32) high = 2 * high + bit;
      else low = 2 * low + bit;
    }
    return [high, low];
  }

  function write(index, nonces) {
    var bytes = new Uint8Array(2 + 8 * nonces.length);
    var view = new DataView(bytes.buffer);
    bytes[0] = index;
    bytes[1] = nonces.length;
    nonces.forEach(function (nonce, i) {
      view.setUint32(2 + 8 * i, nonce[0]);
      view.setUint32(6 + 8 * i, nonce[1]);
    });
    return btoa(String.fromCharCode.apply(null, bytes))
        .replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  }

  // ---- Tries that were made without asking. Kept in the tab: in its storage, else in its name.

  function recall() {
    var kept = null;
    try {
      kept = sessionStorage.getItem(MEMORY);
    } catch (refused) {
      kept = window.name.indexOf(MEMORY) === 0 ? window.name.slice(MEMORY.length) : null;
    }
    var parts = (kept || '').split('@');
    return Date.now() - parts[1] < TRIES_COUNT_FOR ? +parts[0] || 0 : 0;
  }

  function remember(tries) {
    var kept = tries + '@' + Date.now();
    try {
      sessionStorage.setItem(MEMORY, kept);
    } catch (refused) {
      window.name = MEMORY + kept;
    }
  }

  function keepsCookies() {
    try {
      document.cookie = MEMORY + '=0; SameSite=Lax';
      var kept = document.cookie.indexOf(MEMORY + '=') >= 0;
      document.cookie = MEMORY + '=; SameSite=Lax; Max-Age=0';
      return kept;
    } catch (refused) {
      return false;
    }
  }

  // ---- What is seen

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function show(fraction, text) {
    form.classList.add('working');
    bar.value = Math.max(bar.value, fraction);
    say(text);
  }

  function words(activity, seconds) {
    var left = seconds > 60 ? TEXT.minutes : seconds > 10 ? TEXT.minute :
               seconds > 2 ? TEXT.seconds : '';
    return activity + (left && TEXT.comma + left) + ' \u2026';
  }

  // Says what is wrong and leaves the next step to the visitor.
  function giveUp(text) {
    form.classList.add('working', 'stopped');
    say(text);
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = TEXT.again;
    button.onclick = function () {
      remember(0);
      again();
    };
    status.appendChild(button);
  }

  // ---- The way through

  // Asks for the page that the visitor wanted. Where this page is the answer to a form, loading
  // it again would send the form again.
  function again() {
    sent = true;
    var here = new URL(form.action).pathname.replace(/[^\/]*$/, '');
    if (location.pathname.indexOf(here) === 0) location.replace(challenge.returnPath);
    else location.reload();
  }

  function send(solution) {
    sent = true;
    remember(recall() + 1);
    show(1, TEXT.done);
    form.elements.solution.value = solution;
    form.action += location.hash;  // A redirect keeps it.
    form.submit();
  }

  function work(alternative) {
    var effort = Math.ceil(alternative.effort / alternative.parts);
    var words64 = target(effort);
    crew = StileCrew({
      tag: challenge.tag, id: challenge.id, alternative: alternative.index,
      parts: alternative.parts, effort: effort, high: words64[0], low: words64[1]
    }, {
      worker: base + '/*ASSET:worker.js*/',
      wasm: base + '/*ASSET:solver.wasm*/',
      simd: base + '/*ASSET:solver-simd.wasm*/'
    }, {
      progress: function (fraction, seconds) { show(fraction, words(TEXT.work, seconds)); },
      done: function (nonces) { send(write(alternative.index, nonces)); },
      failed: function () {  // The form is still there.
        form.classList.remove('working');
        say('');
      }
    });
  }

  function wait(alternative) {
    var seconds = parseInt(form.className.slice(1), 10) || alternative.effort / 1000;
    var timer = setInterval(function () {
      var passed = (Date.now() - opened) / 1000;
      var fraction = passed / seconds;
      if (sent || fraction >= 1) clearInterval(timer);
      if (sent) return;
      if (fraction >= 1) send(write(alternative.index, []));
      else show(fraction, words(TEXT.wait, seconds - passed));
    }, 100);
  }

  function expire() {
    var left = challenge.lifetime - Math.min(15000, challenge.lifetime / 10);
    if (sent || document.hidden || Date.now() - opened < left) return;
    if (crew) crew.stop();
    clearInterval(expiry);
    var tries = recall();
    if (tries >= MOST_TRIES) return giveUp(TEXT.stuck);
    remember(tries + 1);
    again();
  }

  // Back to a page that has done its work: see whether it is still needed.
  window.addEventListener('pageshow', function (event) {
    if (event.persisted && sent) again();
  });

  if (!keepsCookies()) return giveUp(TEXT.cookies);
  if (recall() >= MOST_TRIES) return giveUp(TEXT.stuck);
  var expiry = setInterval(expire, 1000);
  document.addEventListener('visibilitychange', expire);
  var known = challenge.alternatives.filter(function (alternative) {
    return alternative.puzzle === SHA256 && alternative.parts > 0;
  });
  if (known.length) return work(known[0]);
  known = challenge.alternatives.filter(function (alternative) {
    return alternative.puzzle === WAIT;
  });
  if (known.length) wait(known[0]);
})();
