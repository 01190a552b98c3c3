// Finds nonces for the puzzles `sha256` and `hashwx` (docs/wire-format.md). Loaded by worker.js, and
// by page.js itself where there are no workers. Offers StileSolver(bytes, puzzle), a promise of
//   kind                                        "hashwx"; "wasm" or "js" for sha256
//   prepare(tag, id, alternative, high, low)    high and low: the halves of the target
//   search(part, nonceHigh, nonceLow, count)    -> {tried: n, nonce: [high, low] or null}
// A search for hashwx stops where the next nonce has another function, and throws where the browser
// doesn't compile one. Without WebAssembly there is no solver for it, and the promise is rejected.
var StileSolver = (function () {
  'use strict';

  var ROUND = new Int32Array([/*ROUND*/]);
  var INITIAL = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  var NAME = 'stile-sha256-v1';
  var ONE_BIT = 0x80000000 | 0;
  var MESSAGE_BITS = 608;
  var HASHWX = 3;
  var NONCES_PER_FUNCTION = 65536;

  /*SEARCH*/

  function rotate(x, n) {
    return x >>> n | x << 32 - n;
  }
  function sigma0(x) {
    return rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3;
  }
  function sigma1(x) {
    return rotate(x, 17) ^ rotate(x, 19) ^ x >>> 10;
  }

  // Runs the first `rounds` rounds; returns the eight working values.
  function work(state, block, rounds) {
    var w = new Int32Array(64);
    var v = new Int32Array(state);
    for (var i = 0; i < rounds; i++) {
      w[i] = i < 16 ? block[i] : sigma1(w[i - 2]) + w[i - 7] + sigma0(w[i - 15]) + w[i - 16];
      var a = v[0], e = v[4];
      var t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (v[6] ^ e & (v[5] ^ v[6])) +
               ROUND[i] + w[i] | 0;
      var t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
               (a & v[1] | v[2] & (a | v[1])) | 0;
      v.copyWithin(1, 0, 7);
      v[4] += t1;
      v[0] = t1 + t2;
    }
    return v;
  }

  function compress(state, block) {
    var v = work(state, block, 64);
    for (var i = 0; i < 8; i++) v[i] += state[i];
    return v;
  }

  function plain() {
    var midstate, high, low;

    function solves(part, nonceHigh, nonceLow) {
      var block = new Int32Array(16);
      block.set([part, nonceHigh, nonceLow, ONE_BIT]);
      block[15] = MESSAGE_BITS;
      var digest = compress(midstate, block);
      var first = digest[0] >>> 0;
      return first < high || first === high && digest[1] >>> 0 <= low;
    }

    // What the search adds the low half of the nonce to, in the order that scan() reads.
    function fixed(part, nonceHigh) {
      var v = work(midstate, [part, nonceHigh], 2);
      var next = work(v, [0], 0);
      var a = v[0], e = v[4];
      var t1 = next[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
               (v[6] ^ e & (v[5] ^ v[6])) + ROUND[2] | 0;
      var t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
               (a & v[1] | v[2] & (a | v[1])) | 0;
      var w16 = sigma0(nonceHigh) + part | 0;
      return new Int32Array([
        t1 + t2, v[3] + t1, a, v[1], v[2], e, v[5],
        ROUND[3] + ONE_BIT + v[6], ROUND[4] + v[5], ROUND[5] + e,
        w16, sigma1(MESSAGE_BITS) + nonceHigh, sigma1(w16) + sigma0(ONE_BIT),
        sigma0(w16) + MESSAGE_BITS, midstate[0], high
      ]);
    }

    return {
      kind: 'js',
      prepare: function (tag, id, alternative, targetHigh, targetLow) {
        var bytes = new Uint8Array(64);
        for (var i = 0; i < NAME.length; i++) bytes[i] = NAME.charCodeAt(i);
        bytes.set(tag, 16);
        bytes.set(id, 32);
        bytes[48] = alternative;
        var view = new DataView(bytes.buffer);
        var block = [];
        for (i = 0; i < 16; i++) block.push(view.getInt32(4 * i));
        midstate = compress(INITIAL, block);
        high = targetHigh;
        low = targetLow;
      },
      search: function (part, nonceHigh, nonceLow, count) {
        var x = fixed(part, nonceHigh | 0);
        var tried = 0;
        while (tried < count) {
          tried += scan(x, nonceLow + tried | 0, count - tried);
          if (tried < count) {
            tried++;
            var nonce = nonceLow + tried - 1;
            if (solves(part, nonceHigh, nonce)) return {tried: tried, nonce: [nonceHigh, nonce]};
          }
        }
        return {tried: tried, nonce: null};
      }
    };
  }

  function preparing(e, at, prepare) {
    return function (tag, id, alternative, targetHigh, targetLow) {
      var bytes = new Uint8Array(e.memory.buffer, at, 32);
      bytes.set(tag, 0);
      bytes.set(id, 16);
      prepare(alternative, targetHigh, targetLow);
    };
  }

  function answer(solved, words) {
    return {tried: words[10], nonce: solved ? [words[8], words[9]] : null};
  }

  function compiled(e) {
    var at = e.exchange();
    return {
      kind: 'wasm',
      prepare: preparing(e, at, e.prepare),
      search: function (part, nonceHigh, nonceLow, count) {
        var solved = e.search(part, nonceHigh, nonceLow, count);
        return answer(solved, new Uint32Array(e.memory.buffer, at, 16));
      }
    };
  }

  // Each function is a module of its own, compiled at once: it is small.
  function compiling(e) {
    var at = e.exchange();
    var words = new Uint32Array(e.memory.buffer, at, 16);
    var table = e.__indirect_function_table;
    var slot = table.grow(1);
    var prepare = preparing(e, at, e.hashwx_prepare);
    var current = '';

    function use(part, nonceHigh, nonceLow) {
      var wanted = [part, nonceHigh, nonceLow >>> 16].join();
      if (current === wanted) return;
      current = '';
      var size = e.hashwx_make(part, nonceHigh, nonceLow);
      var module = new WebAssembly.Module(new Uint8Array(e.memory.buffer, words[11], size));
      table.set(slot, new WebAssembly.Instance(module, {e: {m: e.memory}}).exports.f);
      current = wanted;
    }

    return {
      kind: 'hashwx',
      prepare: function (tag, id, alternative, targetHigh, targetLow) {
        prepare(tag, id, alternative, targetHigh, targetLow);
        current = '';
      },
      search: function (part, nonceHigh, nonceLow, count) {
        use(part, nonceHigh, nonceLow);
        var left = NONCES_PER_FUNCTION - nonceLow % NONCES_PER_FUNCTION;
        return answer(e.hashwx_search(slot, nonceHigh, nonceLow, Math.min(count, left)), words);
      }
    };
  }

  return function (bytes, puzzle) {
    if (puzzle !== HASHWX && (!bytes || typeof WebAssembly !== 'object')) {
      return Promise.resolve(plain());
    }
    return Promise.resolve(bytes).then(function (code) {
      return WebAssembly.instantiate(code, {});
    }).then(function (module) {
      return (puzzle === HASHWX ? compiling : compiled)(module.instance.exports);
    }).catch(function (refused) {
      if (puzzle === HASHWX) throw refused;
      return plain();
    });
  };
})();
