(function (window, document, settings) {
  "use strict";
  if (window.capi) { return; }

  // Calls of fbq wait in its queue until Meta's script is there, which then sets fbq.callMethod.
  function loadPixel() {
    if (window.fbq) { return; }
    var fbq = window.fbq = function () {
      if (fbq.callMethod) { fbq.callMethod.apply(fbq, arguments); } else { fbq.queue.push(arguments); }
    };
    fbq.push = fbq;
    fbq.queue = [];
    fbq.loaded = true;
    fbq.version = "2.0";
    window._fbq = window._fbq || fbq;
    var script = document.createElement("script");
    script.async = true;
    script.src = settings.script;
    document.head.appendChild(script);
  }

  function newId() {
    if (window.crypto.randomUUID) { return window.crypto.randomUUID(); }
    var bytes = window.crypto.getRandomValues(new Uint8Array(16)); // on pages without TLS
    return Array.prototype.map.call(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
  }

  var memory = {};
  function stored(key, value) {
    try {
      if (value !== undefined) { window.localStorage.setItem(key, value); }
      return window.localStorage.getItem(key);
    } catch (refused) { // storage is switched off: the ids live as long as the page
      if (value !== undefined) { memory[key] = value; }
      return memory[key] || null;
    }
  }

  var traits = {};
  function anonymousId() { return stored("capi_anonymous_id") || stored("capi_anonymous_id", newId()); }

  // The same person as on the server: it reads these keys of the traits, and the same ids.
  function matching() {
    var address = traits.address || {};
    var words = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(traits.name || "") || [];
    var known = {
      em: traits.email,
      ph: traits.phone,
      fn: traits.firstName || traits.first_name || words[1],
      ln: traits.lastName || traits.last_name || words[2],
      ge: traits.gender,
      db: traits.birthday,
      ct: address.city,
      st: address.state,
      zp: address.postalCode || address.postal_code || address.zip,
      country: address.country,
      external_id: stored("capi_user_id") || anonymousId()
    };
    Object.keys(known).forEach(function (key) { if (!known[key]) { delete known[key]; } });
    return known;
  }

  function isThere(value) { return value !== undefined && value !== null && value !== ""; }
  function first(properties, names) {
    for (var index = 0; index < (names || []).length; index++) {
      if (isThere(properties[names[index]])) { return properties[names[index]]; }
    }
  }

  function contents(properties) {
    var listed = properties.products && properties.products.length ? properties.products : [properties];
    var ids = listed === properties.products ? ["product_id", "sku", "id"] : ["product_id", "sku"];
    return listed.filter(function (product) { return product && isThere(first(product, ids)); }).map(function (product) {
      var content = {id: String(first(product, ids))};
      if (isThere(product.quantity)) { content.quantity = Number(product.quantity); }
      if (isThere(product.price)) { content.item_price = Number(product.price); }
      return content;
    });
  }

  function parameters(properties, fields) {
    var result = {};
    Object.keys(fields).forEach(function (key) {
      var value = first(properties, fields[key]);
      if (isThere(value)) { result[key] = value; }
    });
    if (isThere(result.value)) { result.value = Number(result.value); }
    if (isThere(result.currency)) { result.currency = String(result.currency).trim().toUpperCase(); }
    var products = fields.contents ? contents(properties) : [];
    if (!products.length) { delete result.content_type; }
    if (products.length) {
      result.contents = products;
      result.content_ids = products.map(function (content) { return content.id; });
      result.content_type = result.content_type || "product";
      if (fields.num_items && !isThere(result.num_items)) {
        result.num_items = products.reduce(function (sum, content) { return sum + (content.quantity || 1); }, 0);
      }
    }
    return result;
  }

  function cookie(name) {
    var found = new RegExp("(?:^|; )" + name + "=([^;]*)").exec(document.cookie);
    return found ? found[1] : undefined;
  }

  function event(type, fields, options) {
    var now = new Date().toISOString();
    var page = window.location;
    var result = {
      type: type,
      messageId: options.messageId || newId(),
      timestamp: now,
      sentAt: now,
      userId: stored("capi_user_id") || undefined,
      anonymousId: anonymousId(),
      context: {
        page: {
          url: page.href, path: page.pathname, search: page.search, title: document.title, referrer: document.referrer
        },
        userAgent: window.navigator.userAgent,
        locale: window.navigator.language,
        traits: traits,
        fbp: cookie("_fbp"),
        fbc: cookie("_fbc")
      }
    };
    Object.keys(fields).forEach(function (key) { result[key] = fields[key]; });
    return result;
  }

  // As plain text, so that the browser needs not ask the server before it sends.
  function send(body) {
    if (!settings.endpoint) { return; }
    body = JSON.stringify(Object.assign({writeKey: settings.writeKey}, body));
    var request = {method: "POST", body: body, keepalive: true, headers: {"Content-Type": "text/plain"}};
    window.fetch(settings.endpoint + "/v1/" + JSON.parse(body).type, request).catch(function () {});
  }

  function both(type, name, properties, options) {
    var fields = {properties: properties};
    if (name) { fields[type === "track" ? "event" : "name"] = name; }
    var both = event(type, fields, options);
    whenAllowed(function () {
      init();
      (settings.events[type === "track" ? "track " + name : type] || []).forEach(function (call) {
        window.fbq(call.method, call.name, parameters(properties, call.fields), {eventID: both.messageId});
      });
      if (options.send !== false) { send(both); }
    });
    return both;
  }

  var isAllowed = !settings.waitForConsent;
  var waiting = [];
  function whenAllowed(call) { if (isAllowed) { call(); } else { waiting.push(call); } }

  // As late as possible: the pixel takes what it is told of a person with its first init, and never again.
  var isInitialized = false;
  function init() {
    if (isInitialized) { return; }
    isInitialized = true;
    window.fbq("init", settings.pixelId, matching());
  }

  window.capi = {
    grant: function () {
      if (isAllowed) { return; }
      isAllowed = true;
      loadPixel();
      waiting.splice(0).forEach(function (call) { call(); });
    },
    identify: function (userId, known, options) {
      if (isThere(userId)) { stored("capi_user_id", String(userId)); }
      traits = Object.assign({}, traits, known);
      var result = event("identify", {traits: traits}, options || {});
      whenAllowed(function () { if (!options || options.send !== false) { send(result); } });
      return result;
    },
    page: function (properties, options) { return both("page", undefined, properties || {}, options || {}); },
    track: function (name, properties, options) { return both("track", name, properties || {}, options || {}); }
  };
  if (isAllowed) { loadPixel(); }
})(window, document, SETTINGS);
