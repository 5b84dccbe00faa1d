// Stands in for Meta's pixel script: takes the documented calls of fbq, and asks for the picture that each event is.
// https://developers.facebook.com/docs/meta-pixel/reference
(function () {
  "use strict";
  var pixels = [];
  var PUNCTUATION = /[\s!-\/:-@\[-`{-~]/g;
  var rules = {
    em: function (text) { return text.trim().toLowerCase(); },
    ph: function (text) { return text.replace(/[^0-9]/g, "").replace(/^0+/, ""); },
    fn: function (text) { return text.replace(PUNCTUATION, "").toLowerCase(); },
    ct: function (text) { return text.toLowerCase().replace(/[^a-z0-9]/g, ""); },
    zp: function (text) { return text.toLowerCase().split("-")[0].trim(); },
    external_id: function (text) { return text.replace(/\s/g, "").toLowerCase(); }
  };
  rules.ln = rules.fn;

  function hash(key, value) {
    var text = (rules[key] || function (other) { return other.trim().toLowerCase(); })(String(value));
    return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then(function (digest) {
      return Array.from(new Uint8Array(digest), function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
    });
  }

  function track(name, parameters, options) {
    pixels.forEach(function (pixel) {
      var query = new URLSearchParams({id: pixel.id, ev: name, dl: location.href});
      if (options && (options.eventID || options.event_id)) { query.set("eid", options.eventID || options.event_id); }
      Object.entries(parameters || {}).forEach(function (pair) {
        query.set("cd[" + pair[0] + "]", typeof pair[1] === "object" ? JSON.stringify(pair[1]) : pair[1]);
      });
      var user = Object.entries(pixel.user);
      Promise.all(user.map(function (pair) { return hash(pair[0], pair[1]); })).then(function (hashes) {
        user.forEach(function (pair, index) { query.set("ud[" + pair[0] + "]", hashes[index]); });
        new Image().src = "/tr/?" + query;
      });
    });
  }

  var calls = {
    init: function (id, user) {
      var known = pixels.find(function (pixel) { return pixel.id === id; });
      if (!known) { pixels.push({id: id, user: user || {}}); } // a second one is ignored, as 2.9.324 does
    },
    track: track,
    trackCustom: track
  };
  window.fbq.callMethod = function (method) { calls[method].apply(null, Array.prototype.slice.call(arguments, 1)); };
  window.fbq.queue.splice(0).forEach(function (call) { window.fbq.callMethod.apply(null, call); });
  if (!/_fbp=/.test(document.cookie)) {
    document.cookie = "_fbp=fb.0." + Date.now() + "." + Math.floor(Math.random() * 2147483647) + "; path=/; max-age=7776000";
  }
})();
