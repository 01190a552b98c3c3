// A challenge as docs/wire-format.md writes it, and the work on it. Built together with crew.js.
var StileChallenge = (function () {
  'use strict';

  var SHA256 = 1;
  var WAIT = 2;
  var HASHWX = 3;
  var BEST = [HASHWX, SHA256, WAIT];
  var WORDS = 0x100000000;

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
      issued: number(20),
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

  // The smallest module with a number of 64 bits: () -> (), i64.const 0 and drop.
  var WIDE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 0, 66, 0, 26, 11];

  function compiles() {
    try {
      return WebAssembly.validate(new Uint8Array(WIDE));
    } catch (missing) {
      return false;
    }
  }

  function work(challenge, alternative, base, on) {
    var effort = Math.ceil(alternative.effort / alternative.parts);
    var words = target(effort);
    return StileCrew({
      puzzle: alternative.puzzle,
      tag: challenge.tag, id: challenge.id, alternative: alternative.index,
      parts: alternative.parts, effort: effort, high: words[0], low: words[1]
    }, {
      worker: base + '/*ASSET:worker.js*/',
      wasm: base + '/*ASSET:solver.wasm*/',
      simd: base + '/*ASSET:solver-simd.wasm*/'
    }, {
      progress: function (fraction, seconds) { on.progress(fraction, seconds, false); },
      done: function (nonces) { on.done(write(alternative.index, nonces), false); },
      failed: on.failed
    });
  }

  // By a clock that nobody sets.
  function wait(alternative, seconds, on) {
    var began = performance.now();
    var timer = setInterval(function () {
      var passed = (performance.now() - began) / 1000;
      if (passed < seconds) return on.progress(passed / seconds, seconds - passed, true);
      clearInterval(timer);
      on.done(write(alternative.index, []), true);
    }, 100);
    return {stop: function () { clearInterval(timer); }};
  }

  // What a script can work on here, the best first.
  function choices(challenge) {
    var able = compiles();
    return challenge.alternatives.filter(function (alternative) {
      if (alternative.puzzle === HASHWX && !able) return false;
      return BEST.indexOf(alternative.puzzle) >= 0 &&
             (alternative.puzzle === WAIT || alternative.parts > 0);
    }).sort(function (one, other) {
      return BEST.indexOf(one.puzzle) - BEST.indexOf(other.puzzle) || one.index - other.index;
    });
  }

  // Starts on the alternative that a script does best, and goes on to the next one where this
  // browser turns out not to compile what hashwx takes. `base` is the address of the assets'
  // folder; `seconds` is how long to wait where waiting is all there is, 0 for as long as the
  // challenge says.
  //   on  {progress(fraction, seconds left, waits), done(solution, waits), failed()}
  // Returns {stop()}.
  function solve(challenge, base, seconds, on) {
    var left = choices(challenge);
    var crew = {stop: function () {}};

    function next() {
      var best = left.shift();
      if (!best) return on.failed();
      if (best.puzzle === WAIT) {
        crew = wait(best, seconds || best.effort / 1000, on);
      } else {
        crew = work(challenge, best, base, {
          progress: on.progress, done: on.done,
          failed: best.puzzle === HASHWX && left.length ? next : on.failed
        });
      }
    }

    next();
    return {stop: function () { crew.stop(); }};
  }

  return {read: read, solve: solve};
})();
