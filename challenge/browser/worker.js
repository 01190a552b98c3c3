// Works on parts of one challenge. In a worker it talks with crew.js by messages; where there are
// no workers, crew.js calls StileWork itself.
//   in   {wasm, puzzle, tag, id, alternative, high, low, lane, slice}
//                              first: the job; slice: milliseconds
//        {part}                work on this part too
//        {drop}                this part is solved elsewhere
//   out  {kind}                ready
//        {part, tried, nonce}  nonce: [high, low], or null
//        {refused}             this browser can't do the job
// A lane is one of 256 ways to begin a nonce, so that no two workers try the same one.
function StileWork(post) {
  'use strict';

  var LANES = 256;
  var WORDS = 0x100000000;
  var job = null;
  var solver = null;
  var parts = [];
  var reached = {};
  var count = 4096;         // Nonces of one slice.
  var running = false;
  var turn = new MessageChannel();
  turn.port1.onmessage = step;

  function run() {
    if (!running && solver && parts.length) {
      running = true;
      turn.port2.postMessage(0);
    }
  }

  function refuse() {
    parts = [];
    solver = null;
    post({refused: true});
  }

  // One slice of work; then messages have their turn.
  function step() {
    running = false;
    if (!parts.length) return;
    try {
      slice();
    } catch (refused) {
      refuse();
    }
  }

  function slice() {
    var part = parts[0];
    var at = reached[part] || (reached[part] = {high: job.lane, low: 0});
    var began = performance.now();
    var asked = Math.min(count, WORDS - at.low);
    var found = solver.search(part, at.high, at.low, asked);
    var took = performance.now() - began;
    at.low += found.tried;
    if (at.low >= WORDS) {
      at.low = 0;
      at.high += LANES;
    }
    var factor = Math.min(2, job.slice / took || 2);
    if (found.nonce) parts.shift();
    else if (factor < 1 || found.tried === asked) {
      count = Math.max(1024, Math.min(1 << 24, found.tried * factor | 0));
    }
    post({part: part, tried: found.tried, nonce: found.nonce});
    run();
  }

  return function (message) {
    if (message.tag) {
      job = message;
      StileSolver(job.wasm, job.puzzle).then(function (ready) {
        ready.prepare(job.tag, job.id, job.alternative, job.high, job.low);
        solver = ready;
        post({kind: solver.kind});
        run();
      }).catch(refuse);
    } else if (message.part >= 0) {
      parts.push(message.part);
      run();
    } else if (message.drop >= 0) {
      parts = parts.filter(function (part) { return part !== message.drop; });
    }
  };
}

if (typeof document === 'undefined') {
  (function () {
    var receive = StileWork(function (message) { postMessage(message); });
    onmessage = function (event) { receive(event.data); };
  })();
}
