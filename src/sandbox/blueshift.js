// Stands in for cdn.getblueshift.com/blueshift.js: put the collector's address in the place of that host, and the
// vendor's page snippet works as it is. It writes the same query strings to unity.gif beside itself, and keeps the same
// cookie. Whatever a page asks of it, nothing is thrown into the page; what it cannot do it says in the console.
(function () {
  "use strict";
  var before = window.blueshift;
  if (before && before.isStandIn) return;

  function say(level, text) {
    try { console[level]("blueshift stand-in: " + text); } catch (ignored) { /* Nobody listens. */ }
  }

  function safely(name, work) {
    return function () {
      try {
        work.apply(null, arguments);
      } catch (error) {
        say("error", name + " was not sent: " + (error && error.message || "it cannot be written"));
      }
    };
  }

  // A module has no current script.
  var script = document.currentScript || document.querySelector('script[src*="blueshift.js"]');
  var pixel = new URL("unity.gif", script && script.src || location.href).href;

  var anonymous;
  function cookie() {
    try {
      var known = /(?:^|; )_bs=([^;]*)/.exec(document.cookie);
      var id = known ? decodeURIComponent(known[1]) : anonymous || (anonymous = uuid());
      document.cookie = "_bs=" + encodeURIComponent(id) + "; path=/; max-age=31536000; samesite=lax";
      return id;
    } catch (error) {
      // A frame without an origin of its own has no cookies.
      return anonymous || (anonymous = uuid());
    }
  }

  // crypto.randomUUID is missing on pages that did not come over https.
  function uuid() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.from(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function track(event, attributes) {
    var query = [];
    function put(name, value) { query.push(encodeURIComponent(name) + "=" + encodeURIComponent(value)); }
    if (window._blueshiftid) put("x", window._blueshiftid);
    else say("warn", "window._blueshiftid is not set, so " + event + " goes out without a key");
    put("t", Math.floor(Date.now() / 1000));
    put("e", event);
    put("r", document.referrer);
    put("z", Math.floor(Math.random() * 1e6));
    put("k", cookie());
    put("u", location.href);
    // Behind its own, so that an attribute named x does not take the place of the key.
    Object.keys(attributes || {}).forEach(function (name) {
      var value = attributes[name];
      if (value !== null && typeof value === "object") put(name + "_json", JSON.stringify(value));
      else if (value === null) put(name + "_json", "null");
      else put(name, value);
    });
    var image = new Image();
    image.onload = function () { tell(event, attributes, true); };
    image.onerror = function () {
      say("warn", event + " was refused or did not arrive: the collector's screen says why");
      tell(event, attributes, false);
    };
    image.src = pixel + "?" + query.join("&");
  }

  // For pages that show what was sent.
  function tell(event, attributes, isTaken) {
    var detail = { event: event, attributes: attributes, isTaken: isTaken };
    window.dispatchEvent(new CustomEvent("blueshift:answer", { detail: detail }));
  }

  function named(event) {
    return safely(event, function (attributes) { track(event, attributes); });
  }

  function run(call) {
    call = Array.prototype.slice.call(call);
    if (typeof api[call[0]] !== "function") learn(call[0]);
    api[call[0]].apply(api, call.slice(1));
  }

  // A name of the shop's own, of which the public material says nothing.
  function learn(name) {
    var send = named(name);
    api[name] = function (attributes) {
      say("info", name + "() is no documented method: it is sent as an event of that name");
      send(attributes);
    };
  }

  var api = {
    isStandIn: true,
    load: function () {},
    track: safely("the event", track),
    push: safely("a call", run),
    live: function () { say("info", "live() shows content of the platform, which is not imitated: nothing is shown"); },
    config: function () { say("info", "config() is for the platform's own script: nothing is changed"); }
  };
  ["identify", "pageload", "click", "capture", "retarget"].forEach(function (event) { api[event] = named(event); });

  // The snippet queues calls as [name, argument, …] until this script is there, in an array that has its methods.
  var queue = Array.isArray(before) ? before : [];
  Object.keys(queue).forEach(function (name) {
    if (typeof queue[name] === "function" && !Object.prototype.hasOwnProperty.call(api, name)) learn(name);
  });
  window.blueshift = api;
  queue.forEach(api.push);
})();
