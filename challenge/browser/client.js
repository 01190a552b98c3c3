// Clears a single-page app in the background: docs/single-page-apps.md says how a site uses it.
// Built together with crew.js and challenge.js. Needs the browser's fetch; changes nothing unless
// install() is called.
var StileClient = (function () {
  'use strict';

  var CLEARED = 'stile-cleared';
  var MOST_FAILURES = 3;    // After so many in a row
  var REST = 60000;         // nothing is solved for so long. Milliseconds.
  var MOST_POSTS = 6;       // Of one solution for which there is no room yet,
  var SOON = 20;            // each at most so many seconds after the one before.
  var elder = window.StileClient;
  var plain = elder ? elder.plain : function (input, init) { return own.call(window, input, init); };
  var own = window.fetch;
  var waiting = null;       // The solve that is going on, for everyone.
  var clearedAt = 0;
  var failures = 0;
  var restUntil = 0;
  var heir = null;          // A newer version of this script, when this one's assets are gone.

  // Where the challenge of an answer is, or ''. An answer from elsewhere can't send anybody here.
  function addressOf(response) {
    if (response.status !== 403 && response.status !== 429) return '';
    var named = response.headers.get('Stile-Challenge');
    if (!named || new URL(response.url).origin !== location.origin) return '';
    var url = new URL(named, location.href);
    return url.origin === location.origin ? url.href : '';
  }

  // True if the answer is what was hoped for; counts what wasn't.
  function count(good) {
    failures = good ? 0 : failures + 1;
    if (failures >= MOST_FAILURES) {
      failures = 0;
      restUntil = Date.now() + REST;
    }
    return good;
  }

  function json(response) {
    if (!response.ok) throw new Error('Stile answered ' + response.status);
    return response.json();
  }

  function said() {
    try {
      localStorage.setItem(CLEARED, Date.now());
    } catch (refused) {
      // Other tabs finish by themselves.
    }
    return true;
  }

  // A promise of the solution, or of null if another tab was first.
  function solve(text, base) {
    return new Promise(function (resolve, reject) {
      var crew = null;
      function end(settle, value) {
        window.removeEventListener('storage', hear);
        if (crew) crew.stop();
        settle(value);
      }
      function hear(event) {
        if (event.key === CLEARED) end(resolve, null);
      }
      window.addEventListener('storage', hear);
      crew = StileChallenge.solve(StileChallenge.read(text), base, 0, {
        progress: function (fraction, seconds) {
          if (client.onprogress) client.onprogress(fraction, seconds);
        },
        done: function (solution) { end(resolve, solution); },
        failed: function () { end(reject, new Error('Stile could not work')); }
      });
    });
  }

  // The assets of this version are gone after an update of the server: its new version takes over.
  function renew(address, base) {
    return new Promise(function (resolve) {
      var script = document.createElement('script');
      script.src = base + 'client.js?' + Date.now();
      script.onerror = function () { resolve(false); };
      script.onload = function () {
        heir = window.StileClient;
        heir.onprogress = client.onprogress;
        resolve(heir.clear(address));
      };
      document.head.appendChild(script);
    });
  }

  // Sends a solution, and again where there is only no room for it yet.
  function post(address, options, tries) {
    return plain(address, options).then(function (response) {
      var later = +response.headers.get('Retry-After');
      if (response.status !== 429 || !later || later > SOON || tries === MOST_POSTS) return response;
      return new Promise(function (resolve) {
        setTimeout(resolve, 1000 * Math.max(later, tries));
      }).then(function () { return post(address, options, tries + 1); });
    });
  }

  function redeem(address) {
    var base = address.replace(/\/challenge(\?.*)?$/, '/assets/');
    var asked = null;
    var options = {
      headers: {'Accept': 'application/json'}, credentials: 'same-origin', cache: 'no-store'
    };
    return plain(address, options).then(json).then(function (answer) {
      asked = answer;
      return solve(answer.challenge, base);
    }).then(function (solution) {
      if (solution === null) return true;
      options.method = 'POST';
      options.headers['Content-Type'] = 'application/json';
      options.body = JSON.stringify({challenge: asked.challenge, solution: solution});
      return post(new URL(asked.redeem, address).href, options, 1).then(json)
          .then(function (answer) { return answer.cleared === true && said(); });
    }, function (failure) {
      if (!asked || elder) throw failure;
      return renew(address, base);
    });
  }

  // A promise of true if the browser is cleared for `address`, the value of a Stile-Challenge field;
  // of false if it can't be for now. Never rejects. One solve serves everyone who asks meanwhile.
  function clear(address) {
    if (heir) return heir.clear(address);
    if (Date.now() < restUntil) return Promise.resolve(false);
    if (!waiting) {
      waiting = redeem(new URL(address, location.href).href)
          .catch(function () { return count(false); })
          .then(function (cleared) {
            waiting = null;
            if (cleared) clearedAt = Date.now();
            return cleared;
          });
    }
    return waiting;
  }

  // fetch(), but a request that is asked for work is repeated once after it. Where that is not to
  // be had, the answer is the one that the site gave first.
  function stileFetch(input, init) {
    var request = null;
    var spare = null;
    try {
      request = new Request(input, init);
      spare = request.clone();
    } catch (odd) {
      return plain(input, init);
    }
    var began = Date.now();
    return plain(request).then(function (response) {
      var address = addressOf(response);
      if (!address || spare.credentials === 'omit') return response;
      return (clearedAt > began ? Promise.resolve(true) : clear(address)).then(function (cleared) {
        if (!cleared) return response;
        return plain(spare).then(function (second) {
          count(!addressOf(second));
          return second;
        }, function (failure) {
          if (failure.name === 'AbortError') throw failure;
          return response;
        });
      });
    });
  }

  var client = {
    fetch: stileFetch,
    clear: clear,
    plain: plain,
    onprogress: null,  // function (fraction, seconds left), for those who want to show it.
    // Has every fetch() of the page go this way. Returns a function that undoes it.
    install: function () {
      var before = window.fetch;
      window.fetch = stileFetch;
      return function () { window.fetch = before; };
    }
  };
  return client;
})();
