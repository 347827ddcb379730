// Stands in for cdn.getblueshift.com/blueshift.js: put the collector's address in the place of that host, and the
// vendor's page snippet works as it is. It writes the same query strings to /unity.gif, and keeps the same cookie.
(function () {
  "use strict";
  var script = document.currentScript || { src: location.href };
  var pixel = new URL("/unity.gif", script.src).href;

  function cookie() {
    var known = /(?:^|; )_bs=([^;]*)/.exec(document.cookie);
    var id = known ? decodeURIComponent(known[1]) : uuid();
    document.cookie = "_bs=" + encodeURIComponent(id) + "; path=/; max-age=31536000; samesite=lax";
    return id;
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
    var fields = {
      x: window._blueshiftid, t: Math.floor(Date.now() / 1000), e: event, r: document.referrer,
      z: Math.floor(Math.random() * 1e6), k: cookie(), u: location.href
    };
    Object.keys(attributes || {}).forEach(function (name) {
      var value = attributes[name];
      if (value !== null && typeof value !== "object") fields[name] = value;
      else fields[name + "_json"] = JSON.stringify(value);
    });
    var query = Object.keys(fields).map(function (name) {
      return encodeURIComponent(name) + "=" + encodeURIComponent(fields[name]);
    });
    new Image().src = pixel + "?" + query.join("&");
  }

  function named(event) {
    return function (attributes) { track(event, attributes); };
  }

  var api = { load: function () {}, track: track };
  ["identify", "pageload", "click", "capture", "retarget"].forEach(function (event) { api[event] = named(event); });

  // The snippet queues calls as [name, argument, …] until this script is there.
  var queued = Array.isArray(window.blueshift) ? window.blueshift : [];
  window.blueshift = api;
  queued.forEach(function (call) {
    if (api[call[0]]) api[call[0]].apply(api, call.slice(1));
  });
})();
