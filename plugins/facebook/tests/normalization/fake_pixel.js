// A stand-in for a pixel script, with the same doors and our own few words behind them.
// ANSWERS, if there is one, holds the pairs to send for the first user, the second one, and so on,
// or null for no request.  Else it sends back what it was given, and how many users there were.
fbq.version = "0.0.1-fake";
(function () {
  var configured = {};
  var users = {};
  var count = 0;

  function hex(text) {
    return text.split("").map(function (unit) {
      return ("000" + unit.charCodeAt(0).toString(16)).slice(-4);
    }).join("");
  }

  function send(id) {
    var pairs = [["echo", hex(JSON.stringify(users[id]))], ["count", String(count)]];
    if (typeof ANSWERS !== "undefined") pairs = ANSWERS[count - 1];
    if (pairs === null) return;
    pairs = [["id", id], ["ev", "PageView"], ["dl", location.href]].concat(pairs.map(function (pair) {
      return ["ud[" + pair[0] + "]", pair[1]];
    }));
    var query = pairs.map(function (pair) { return pair.map(encodeURIComponent).join("="); }).join("&");
    new Image().src = "https://www.facebook.com/tr/?id=1&ev=ofAnotherPixel";
    if (query.length < 2048) {
      new Image().src = "https://www.facebook.com/tr/?" + query;
    } else {
      var form = new FormData();
      pairs.forEach(function (pair) { form.append(pair[0], pair[1]); });
      navigator.sendBeacon("https://www.facebook.com/tr/", form);
    }
  }

  fbq.registerPlugin = function (id, plugin) {
    plugin.plugin(fbq, { configLoaded: function (name) { configured[name] = true; } });
  };
  fbq.callMethod = function (what, id, user) {
    if (what === "init") { count += 1; users[id] = user; }
    if (what === "trackSingle" && configured.global_config && configured[id]) send(id);
  };
})();
