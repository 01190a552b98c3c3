// Solves the page's challenge, redeems the solution and asks for the page that the visitor wanted.
// Whatever goes wrong ends in a sentence and a button; at most three times it tries by itself.
// Built together with crew.js and challenge.js; the words come from a script of their own.
(function () {
  'use strict';

  var TEXT = window.StileWords || {};  // Without them it works all the same, and says nothing.
  var MOST_TRIES = 3;
  var TRIES_COUNT_FOR = 600000;
  var MEMORY = 'stile-tries';
  var CLEARED = 'stile-cleared';
  var PATIENCE = 20000;     // Milliseconds until a request that isn't answered is given up,
  var PAUSE = 2000;         // and from there to the next one.
  var SOON = 60;            // Seconds that a solution for which there is no room is kept at most,
  var MOST_DEFERRALS = 5;   // and how often it is sent again. A new one may have better luck.
  var WRONG_CLOCK = 3600000;

  var form = document.forms[0];
  var status = document.getElementById('status');
  var bar = form.querySelector('progress');
  var base = document.currentScript.src.replace(/[^\/]*$/, '');
  var resends = form.classList.contains('resend');
  var challenge = StileChallenge.read(form.elements.challenge.value);
  var opened = Date.now();
  var sent = false;         // The work is over, by whoever did it.
  var posts = 0;
  var deferrals = 0;
  var crew = null;
  var expiry = 0;

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
    if (status.textContent !== text) status.textContent = text || '';
  }

  function show(fraction, text) {
    form.classList.add('working');
    form.classList.remove('stopped');
    bar.value = Math.max(bar.value, fraction);
    say(text);
  }

  function words(activity, seconds) {
    var left = seconds > 60 ? TEXT.minutes : seconds > 10 ? TEXT.minute :
               seconds > 2 ? TEXT.seconds : '';
    return activity && activity + (left && TEXT.comma + left) + ' \u2026';
  }

  // Says how things are and leaves the next step to the visitor.
  function ask(text, label, then) {
    if (!label) return form.classList.remove('working');  // What is there without a script is back.
    form.classList.add('working', 'stopped');
    say(text);
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.onclick = then;
    status.appendChild(button);
  }

  function giveUp(text) {
    ask(text, TEXT.again, function () {
      remember(0);
      again();
    });
  }

  function stuck() {
    var wrong = Math.abs(opened - challenge.issued) > WRONG_CLOCK;
    giveUp(TEXT.stuck + (wrong ? ' ' + TEXT.clock : ''));
  }

  // Goes on by itself when the network is back.
  function offline(then) {
    function back() {
      window.removeEventListener('online', back);
      then();
    }
    window.addEventListener('online', back);
    ask(TEXT.offline, TEXT.again, back);
  }

  // ---- The way through

  function stop() {
    sent = true;
    clearInterval(expiry);
    if (crew) crew.stop();
  }

  // Asks for the page that the visitor wanted. Where this page is the answer to its own form,
  // loading it again would send that form again.
  function again() {
    if (navigator.onLine === false) return offline(again);
    stop();
    var here = new URL(form.action).pathname.replace(/[^\/]*$/, '');
    if (location.pathname.indexOf(here) === 0) {
      location.replace(challenge.returnPath + location.hash);
    } else {
      location.reload();
    }
  }

  // The browser asks before it sends a visitor's form again, so that is left to the visitor.
  function arrive() {
    if (!resends) {
      show(1, TEXT.done);
      return again();
    }
    ask(TEXT.sent, TEXT.resend, again);
  }

  function submit() {
    form.action += location.hash;  // A redirect keeps it.
    form.submit();
  }

  function redeem(waits) {
    var request = new XMLHttpRequest();
    posts++;
    request.open('POST', form.action);
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('Accept', 'application/json');
    request.timeout = PATIENCE;
    request.onloadend = function () {
      var repeat = function () { redeem(waits); };
      var later = +request.getResponseHeader('Retry-After');
      if (request.status === 200 && /"cleared":\s*true/.test(request.responseText)) {
        try {
          localStorage.setItem(CLEARED, Date.now());  // Other tabs hear of it.
        } catch (refused) {
          // They finish by themselves.
        }
        return arrive();
      }
      if (navigator.onLine === false && posts <= MOST_TRIES) return offline(repeat);
      if (!request.status && posts < MOST_TRIES) return setTimeout(repeat, PAUSE);
      if (!request.status && posts === MOST_TRIES) return offline(repeat);
      // The work is done, and there is only no room for it yet.
      if (request.status === 429 && !waits && later && later <= SOON && lives()) {
        if (deferrals === MOST_DEFERRALS && !resends) return again();
        posts = 0;
        return setTimeout(repeat, 1000 * Math.max(later, ++deferrals));
      }
      if (resends) return giveUp(TEXT.failed);
      if (request.status === 403 && !waits) return again();
      submit();  // As it goes without a script. The answer is a page.
    };
    request.send(JSON.stringify({
      challenge: form.elements.challenge.value, solution: form.elements.solution.value
    }));
  }

  function work() {
    crew = StileChallenge.solve(challenge, base, parseInt(form.className.slice(1), 10), {
      progress: function (fraction, seconds, waits) {
        if (!sent) show(fraction, words(waits ? TEXT.wait : TEXT.work, seconds));
      },
      done: function (solution, waits) {
        if (sent) return;
        sent = true;
        clearInterval(expiry);
        remember(recall() + 1);
        show(1, resends ? words(TEXT.work) : TEXT.done);
        form.elements.solution.value = solution;
        redeem(waits);
      },
      failed: function () {
        if (navigator.onLine === false) return offline(again);
        if (!form.querySelector('#wait button')) return giveUp(TEXT.failed);
        form.classList.remove('working');  // The form is still there.
        say('');
      }
    });
  }

  function lives() {
    return Date.now() - opened < challenge.lifetime - Math.min(15000, challenge.lifetime / 10);
  }

  function expire() {
    if (sent || document.hidden || lives()) return;
    stop();
    var tries = recall();
    if (resends || tries >= MOST_TRIES) return giveUp(TEXT.expired);
    remember(tries + 1);
    again();
  }

  // Another tab got through.
  function hear(event) {
    var tries = recall();
    if (event.key !== CLEARED || sent || tries >= MOST_TRIES) return;
    stop();
    remember(tries + 1);
    arrive();
  }

  function begin() {
    // Back to a page that was left: see whether it is still needed.
    window.addEventListener('pageshow', function (event) {
      if (event.persisted && !resends) again();
    });
    if (!keepsCookies()) return giveUp(TEXT.cookies);
    if (recall() >= MOST_TRIES) return stuck();
    window.addEventListener('storage', hear);
    expiry = setInterval(expire, 1000);
    document.addEventListener('visibilitychange', expire);
    work();
  }

  // A page that a browser only prepares does no work that nobody asked for.
  if (document.prerendering) {
    document.addEventListener('prerenderingchange', begin, {once: true});
  } else {
    begin();
  }
})();
