// The parts of a browser that a pixel script needs to start and to send.
// There is no network: requests are recorded instead of sent.
(function (page) {
  "use strict";
  var requests = [];

  function nothing() {}
  function none() { return null; }
  function empty() { return []; }

  function Element(name) {
    this.tagName = String(name).toUpperCase();
    this.style = {};
    this.attributes = {};
  }
  Element.prototype = {
    constructor: Element,
    addEventListener: nothing,
    removeEventListener: nothing,
    setAttribute: function (key, value) { this.attributes[key] = String(value); },
    getAttribute: function (key) { return key in this.attributes ? this.attributes[key] : null; },
    appendChild: function (child) { return child; },
    insertBefore: function (child) { return child; },
    removeChild: function (child) { return child; },
    querySelector: none,
    querySelectorAll: empty
  };

  function Storage() { this.items = {}; }
  Storage.prototype = {
    getItem: function (key) { return key in this.items ? this.items[key] : null; },
    setItem: function (key, value) { this.items[key] = String(value); },
    removeItem: function (key) { delete this.items[key]; }
  };

  function FormData() { this.pairs = []; }
  FormData.prototype.append = function (key, value) { this.pairs.push([String(key), String(value)]); };

  // Short requests leave as the address of an image, long ones as a beacon with a form.
  function Image() {}
  Object.defineProperty(Image.prototype, "src", {
    get: function () { return ""; },
    set: function (address) {
      requests.push(address.slice(address.indexOf("?") + 1).split("&").map(function (pair) {
        var at = pair.indexOf("=");
        return [decodeURIComponent(pair.slice(0, at)), decodeURIComponent(pair.slice(at + 1))];
      }));
    }
  });
  function sendBeacon(address, form) {
    requests.push(form.pairs);
    return true;
  }

  // The script draws lots for experiments; the same lots every time make a run repeatable.
  var state = 1;
  Math.random = function () {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };

  var script = new Element("script");
  script.src = "https://connect.facebook.net/en_US/fbevents.js";
  script.parentNode = new Element("head");

  page.window = page.self = page.top = page.parent = page;
  page.Element = page.Node = page.HTMLElement = page.HTMLInputElement = Element;
  page.FormData = FormData;
  page.Image = Image;
  page.console = { log: nothing, info: nothing, warn: nothing, error: nothing };
  page.history = { pushState: nothing, replaceState: nothing };
  page.localStorage = new Storage();
  page.sessionStorage = new Storage();
  page.location = {
    href: "https://shop.example/", origin: "https://shop.example", protocol: "https:",
    host: "shop.example", hostname: "shop.example", pathname: "/", search: "", hash: ""
  };
  page.navigator = { userAgent: "Mozilla/5.0", vendor: "", platform: "", sendBeacon: sendBeacon };
  page.performance = { now: function () { return 0; }, timing: {}, getEntriesByType: empty };
  page.screen = { width: 1920, height: 1080 };
  page.addEventListener = page.removeEventListener = page.postMessage = nothing;
  page.setTimeout = page.setInterval = function () { return 0; };
  page.clearTimeout = page.clearInterval = nothing;
  page.document = {
    readyState: "complete", visibilityState: "visible", hidden: false, referrer: "", cookie: "",
    location: page.location, currentScript: script,
    head: new Element("head"), body: new Element("body"), documentElement: new Element("html"),
    createElement: function (name) { return new Element(name); },
    getElementsByTagName: function (name) { return name === "script" ? [script] : []; },
    getElementById: none, querySelector: none, querySelectorAll: empty,
    addEventListener: nothing, removeEventListener: nothing
  };

  // What a page's own snippet sets up before the script arrives.
  var fbq = page.fbq = page._fbq = function () {
    if (fbq.callMethod) fbq.callMethod.apply(fbq, arguments);
    else fbq.queue.push(arguments);
  };
  fbq.push = fbq;
  fbq.loaded = true;
  fbq.version = "2.0";
  fbq.queue = [];
  fbq.disablePushState = true;

  // Scripts wait for settings made in Events Manager; here there are none to wait for.
  function configure(id) {
    fbq.registerPlugin(id, {
      __fbEventsPlugin: 1,
      plugin: function (fbq, instance) { instance.configLoaded(id); }
    });
  }
  page.__start = function () {
    configure("global_config");
    return String(fbq.version);
  };

  // Returns what a new pixel sends of a user: [["em", "…"], …], or null when it sends no request.
  var last = 1e14;
  function userData(user) {
    var id = String(++last);
    requests = [];
    configure(id);
    fbq("set", "autoConfig", false, id);
    fbq("init", id, user);
    fbq("trackSingle", id, "PageView");
    var own = requests.filter(function (pairs) {
      return pairs.some(function (pair) { return pair[0] === "id" && pair[1] === id; });
    });
    return own.length === 0 ? null : own[0].filter(function (pair) {
      return /^ud\[.*\]$/.test(pair[0]);
    }).map(function (pair) { return [pair[0].slice(3, -1), pair[1]]; });
  }
  page.__userData = function (users) { return JSON.stringify(JSON.parse(users).map(userData)); };
})(globalThis);
