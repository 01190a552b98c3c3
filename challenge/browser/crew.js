// Shares out the parts of one alternative among workers, one for each core, and goes on without
// them where they are missing or fail. StileCrew(job, assets, on) starts at once.
//   job     {puzzle, tag, id, alternative, parts, high, low, effort}
//                                  effort: expected tries of one part
//   assets  {worker, wasm, simd}   addresses
//   on      {progress(fraction, seconds left), done(nonces), failed()}
function StileCrew(job, assets, on) {
  'use strict';

  var MOST_WORKERS = 8;
  var AHEAD = 2;            // Parts that a lane holds: the one it works on, and the next.
  var WORKER_SLICE = 40;    // Milliseconds between two messages of a worker,
  var PAGE_SLICE = 12;      // and between two turns of the page itself.
  var QUIET = 5;            // After so many seconds without a message the page works too,
  var HOPELESS = 20;        // and after so many it gives up.
  var PAGE_LANE = 255;

  // The smallest module with a vector instruction: () -> v128, i32x4.splat of 0.
  var VECTORS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65,
                 0, 253, 17, 11];

  var lanes = [];
  var nonces = [];
  var tried = [];
  var hands = [];           // Lanes that hold the part.
  var solved = 0;
  var total = 0;
  var began = 0;
  var quiet = 0;            // Counted, not read off a clock: computers sleep.
  var wasm = null;
  var started = false;
  var over = false;
  var alone = false;        // The page itself works.

  for (var p = 0; p < job.parts; p++) {
    nonces.push(null);
    tried.push(0);
    hands.push(0);
  }

  // Goes on with the others. Without any, `then` is done.
  function lose(lane, then) {
    lane.end();
    lane.parts.forEach(function (part) { hands[part]--; });
    lane.parts = [];
    lanes = lanes.filter(function (other) { return other !== lane; });
    if (started && !lanes.length) then();
  }

  // Gives a lane the unsolved parts that the fewest others hold.
  function fill(lane) {
    while (lane.parts.length < AHEAD) {
      var best = -1;
      for (var i = 0; i < job.parts; i++) {
        if (nonces[i] || lane.parts.indexOf(i) >= 0) continue;
        if (best < 0 || hands[i] < hands[best]) best = i;
      }
      if (best < 0) return;
      hands[best]++;
      lane.parts.push(best);
      lane.send({part: best});
    }
  }

  function solve(part, nonce, by) {
    nonces[part] = nonce;
    solved++;
    lanes.forEach(function (lane) {
      var at = lane.parts.indexOf(part);
      if (at < 0) return;
      lane.parts.splice(at, 1);
      hands[part]--;
      if (lane !== by) lane.send({drop: part});
      fill(lane);
    });
  }

  function report() {
    var sum = solved;
    for (var i = 0; i < job.parts; i++) {
      if (!nonces[i]) sum += 1 - Math.exp(-tried[i] / job.effort);
    }
    // What is left doesn't shrink with what was tried in vain.
    var rate = total / Math.max(Date.now() - began, 1);
    var left = (job.parts - solved) * job.effort / rate / 1000;
    on.progress(sum / job.parts, Date.now() - began > 300 ? left : NaN);
  }

  function hear(lane, message) {
    if (over) return;
    quiet = 0;
    if (message.kind) return;
    if (message.refused) return lose(lane, fail);  // The page itself can't do more.
    if (!began) began = Date.now();
    tried[message.part] += message.tried;
    total += message.tried;
    if (message.nonce && !nonces[message.part]) solve(message.part, message.nonce, lane);
    report();
    if (solved === job.parts) {
      stop();
      on.done(nonces);
    }
  }

  function begin(lane, number, slice) {
    if (lane.begun) return;
    lane.begun = true;
    lane.send({
      wasm: wasm, puzzle: job.puzzle, tag: job.tag, id: job.id, alternative: job.alternative,
      high: job.high, low: job.low, lane: number, slice: slice
    });
    fill(lane);
  }

  function stop() {
    over = true;
    clearInterval(watch);
    lanes.forEach(function (lane) { lane.end(); });
  }

  function fail() {
    if (over) return;
    stop();
    on.failed();
  }

  function workHere() {
    if (alone || over) return;
    alone = true;
    var script = document.createElement('script');
    script.src = assets.worker;
    script.onerror = fail;
    script.onload = function () {
      if (over) return;
      var lane = {parts: [], end: function () {}};
      var receive = StileWork(function (message) { hear(lane, message); });
      lane.send = function (message) {
        if (!over) receive(message);
      };
      lanes.push(lane);
      begin(lane, PAGE_LANE, PAGE_SLICE);
    };
    document.head.appendChild(script);
  }

  function hire() {
    var worker = new Worker(assets.worker);
    var lane = {
      parts: [],
      send: function (message) { worker.postMessage(message); },
      end: function () { worker.terminate(); }
    };
    worker.onmessage = function (event) { hear(lane, event.data); };
    worker.onerror = worker.onmessageerror = function () { lose(lane, workHere); };
    lanes.push(lane);
  }

  function load(address, then) {
    var request = new XMLHttpRequest();
    request.open('GET', address);
    request.responseType = 'arraybuffer';
    request.timeout = QUIET * 1000;
    request.onloadend = function () { then(request.status === 200 ? request.response : null); };
    request.send();
  }

  function start(bytes) {
    wasm = bytes;
    started = true;
    lanes.slice().forEach(function (lane, number) { begin(lane, number, WORKER_SLICE); });
    if (!lanes.length) workHere();
  }

  var watch = setInterval(function () {
    quiet++;
    if (quiet > HOPELESS) fail();
    else if (quiet > QUIET) workHere();
  }, 1000);

  try {
    var cores = Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 2));
    while (lanes.length < cores) hire();
  } catch (missing) {
    // Whoever was hired works; if nobody was, start() has the page work.
  }
  var compiled = typeof WebAssembly === 'object';
  try {
    compiled = compiled && WebAssembly.validate(new Uint8Array(VECTORS)) ? 'simd' : compiled && 'wasm';
  } catch (refused) {
    compiled = false;
  }
  if (compiled) load(assets[compiled], start);
  else start(null);

  return {stop: stop};
}
